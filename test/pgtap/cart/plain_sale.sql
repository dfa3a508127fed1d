-- A cart whose lines are sold as they stand becomes lines of an order in one pass of probes (plain_sale); of every other cart that says
-- nothing, and cart_lines() judges. Both ways the same is sold.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/cart.psql
SELECT no_plan();
SET LOCAL offerengine.fast_path = on;

-- Priced 1000 by their product: what is bound to quantities or a limit, what is not sold, what somebody counts.
SELECT offerengine.put_offer(r, 'P-BOOK', 'p-guest', '{P-DE}'), offerengine.approve_offer(r)
  FROM unnest('{least,step,most,all,limited,hidden,dear,one,two,never,own,late}'::text[]) AS r \g /dev/null
UPDATE offerengine.offer SET order_minimum = 3 WHERE offer_reference = 'least';
UPDATE offerengine.offer SET order_step = 4 WHERE offer_reference = 'step';
UPDATE offerengine.offer SET order_maximum = 5 WHERE offer_reference = 'most';
UPDATE offerengine.offer SET order_minimum = 3, order_step = 2, order_maximum = 9 WHERE offer_reference = 'all';
UPDATE offerengine.offer SET customer_limit = 5 WHERE offer_reference = 'limited';
SELECT offerengine.set_offer_active('{hidden}'::text[], false), offerengine.set_price('P-DE', 'EUR', NULL, 4611686018427387904, offer_reference => 'dear'),
       offerengine.put_offer('unpriced', 'P-DIGITAL', 'p-guest', '{P-DE}'), offerengine.approve_offer('unpriced'),
       offerengine.put_price_sheet('ps', prices => '[{"currency": "EUR", "gross_amount": 77}]'), offerengine.put_contract('ps', NULL, '1 month', '1 month', '1 day', '0', 'ps'),
       offerengine.put_offer('sheeted', 'P-BOOK', 'p-house', '{P-DE}', price_sheet => 'ps'), offerengine.approve_offer('sheeted'),
       offerengine.put_warehouse('w', stores => '{P-DE}'), offerengine.put_warehouse('w2', stores => '{P-DE}'), offerengine.put_warehouse('w3', '{p-guest}') \g /dev/null
INSERT INTO offerengine.merchant_store (merchant_id, store_code) SELECT m.merchant_id, 'P-DE' FROM offerengine.merchant m WHERE m.merchant_reference = 'p-guest' ON CONFLICT DO NOTHING;
SELECT offerengine.set_stock(s.offer, s.place, s.pieces) FROM (VALUES ('one', 'w', 10.5), ('two', 'w', 3), ('two', 'w2', 4), ('own', 'w3', 5), ('late', 'w2', 6)) AS s (offer, place, pieces) \g /dev/null
SELECT offerengine.set_stock('never', 'w', 0, is_never_out_of_stock => true) \g /dev/null
INSERT INTO offerengine.stock_held (offer_id, warehouse_id, held, next_expiry)
SELECT pg_temp.offer('late'), w.warehouse_id, 2, '2020-01-01Z' FROM offerengine.warehouse w WHERE w.name = 'w2';

-- "offer [xN] [@day] [#note]" as lines 10, 20 ...: total, whether each has its only place, lines, what they want of stock.
CREATE FUNCTION pg_temp.plain(VARIADIC lines text[]) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN p.lines IS NOT NULL THEN
               concat_ws(' | ', p.total, p.in_one, p.has_subscriptions,
                         (SELECT string_agg(concat_ws(' ', l.line_no, l.offer_reference, l.quantity, 'x', l.unit_amount, l.other_amount, '=', l.line_amount, l.price_source,
                                                      to_char(l.first_day, 'YYYY-MM-DD'), '#' || l.note), ', ' ORDER BY l.ordinality) FROM unnest(p.lines) WITH ORDINALITY AS l),
                         (SELECT string_agg(concat_ws(' ', t.line_no, o.offer_reference, t.quantity, h.name), ', ' ORDER BY t.ordinality)
                            FROM unnest(p.wants) WITH ORDINALITY AS t JOIN offerengine.offer o USING (offer_id) LEFT JOIN offerengine.warehouse h ON h.warehouse_id = t.only_place)) END
      FROM (SELECT array_agg(split_part(l, ' ', 1) ORDER BY n) AS offers, array_agg(coalesce(substring(l FROM ' x(\d+)')::integer, 1) ORDER BY n) AS quantities,
                   array_agg(n::integer * 10 ORDER BY n) AS nos, array_agg(substring(l FROM ' #(.*)') ORDER BY n) AS notes, array_agg(substring(l FROM ' @(\S+)')::date ORDER BY n) AS days
              FROM unnest(lines) WITH ORDINALITY AS g (l, n)) AS g,
           offerengine_internal.plain_sale(g.offers, 'P-DE', 'EUR', 'gross', g.quantities, NULL, 'DE', now(), 'checkout', g.nos, g.notes, g.days, '2100-01-05') AS p
$$;
SELECT is(pg_temp.plain('book x2 #ink', 'guest-book', 'pass @2100-02-01', 'book x9 @2000-01-01'),
    '23500 | f | 10 book 2 x 2000 1700 = 4000 offer 2100-01-05 #ink, 20 guest-book 1 x 1000 = 1000 product 2100-01-05, 30 pass 1 x 500 = 500 offer 2100-02-01, '
    || '40 book 9 x 2000 1700 = 18000 offer 2100-01-05', 'lines as they are sold');
SELECT is(pg_temp.plain('book x10'), '18000 | f | 10 book 10 x 1800 1500 = 18000 offer 2100-01-05', 'a price from ten pieces on');
SELECT is(pg_temp.plain('one x4', 'book', 'one x6'),
    '12000 | t | f | 10 one 4 x 1000 = 4000 product 2100-01-05, 20 book 1 x 2000 1700 = 2000 offer 2100-01-05, 30 one 6 x 1000 = 6000 product 2100-01-05 | 10 one 4 w, 30 one 6 w',
    'what is in one place');
SELECT is(pg_temp.plain('one', 'two x7', 'never x999', 'own x5'),
    '1012000 | f | f | 10 one 1 x 1000 = 1000 product 2100-01-05, 20 two 7 x 1000 = 7000 product 2100-01-05, 30 never 999 x 1000 = 999000 product 2100-01-05, '
    || '40 own 5 x 1000 = 5000 product 2100-01-05 | 10 one 1 w, 20 two 7, 30 never 999, 40 own 5', 'what is in several, never runs out, or is its merchant''s');
SELECT is(split_part(pg_temp.plain(VARIADIC ok.lines), ' | ', 1), ok.total, 'plain: ' || array_to_string(ok.lines, ', ')) FROM (VALUES
    ('{least x3}'::text[], '3000'), ('{least x1,least x2}', '3000'), ('{step x4}', '4000'), ('{step x8}', '8000'), ('{most x5}', '5000'), ('{most}', '1000'), ('{all x3}', '3000'),
    ('{all x9}', '9000'), ('{all x4,all x3}', '7000'), ('{dear}', '4611686018427387904'), ('{late x4}', '4000')) AS ok (lines, total);
SELECT is(pg_temp.plain(VARIADIC no.lines), NULL, 'not plain: ' || array_to_string(no.lines, ', ')) FROM (VALUES
    ('{base}'::text[]), ('{book,base}'), ('{nowhere}'), ('{hidden}'), ('{unpriced}'), ('{sheeted}'), ('{foreign-pass}'), ('{limited}'),
    ('{least x2}'), ('{step}'), ('{step x6}'), ('{most x6}'), ('{most x3,most x3}'), ('{all x2}'), ('{all x4}'), ('{all x11}'),
    ('{one x11}'), ('{one x4,one x7}'), ('{two x8}'), ('{own x6}'), ('{late x5}'), ('{dear x2}'), ('{dear,dear}')) AS no (lines);
SELECT is((offerengine_internal.plain_sale(NULL, 'P-DE', 'EUR', 'gross', NULL, NULL, 'DE', now(), 'checkout', NULL, NULL, NULL, '2100-01-05')).total, NULL, 'an empty cart');
SELECT throws_ok($$SELECT offerengine_internal.plain_sale('{book}', 'P-DE', 'EUR', 'gross', '{1}', NULL, 'DE', now(), 'checkout', '{1,2}', '{NULL}', '{NULL}', '2100-01-05')$$, '22023',
    'line_nos has 2 elements, offer_references has 1', 'lists of different length');

-- Everything that a checkout leaves behind, taken back; ids left out.
CREATE FUNCTION pg_temp.leaves(path text, VARIADIC adds text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM set_config('offerengine.fast_path', path, true), pg_temp.new_cart('leaver', 1), pg_temp.fill('leaver', 1, VARIADIC adds);
    PERFORM FROM offerengine.cart_checkout('leaver', pg_temp.cart(1));
    SELECT concat_ws(E'\n', (SELECT string_agg((to_jsonb(l) - '{order_id,subscription_id}'::text[])::text, ' ' ORDER BY l.line_no) FROM offerengine.order_line l WHERE l.customer_reference = 'leaver'),
                     (SELECT string_agg((to_jsonb(s) - '{order_id,order_reference}'::text[])::text, ' ') FROM offerengine.sales_order s WHERE s.customer_reference = 'leaver'),
                     (SELECT string_agg((to_jsonb(h) - '{order_id,confirmed_at}'::text[])::text, ' ' ORDER BY h.line_no, h.warehouse_id) FROM offerengine.stock_hold h
                        JOIN offerengine.sales_order s USING (order_id) WHERE s.customer_reference = 'leaver'),
                     (SELECT string_agg(concat_ws(' ', h.offer_id, h.warehouse_id, h.held), ', ' ORDER BY h.offer_id, h.warehouse_id) FROM offerengine.stock_held h WHERE h.held > 0),
                     (SELECT string_agg(concat_ws(' ', k.state, k.store_code, k.customer_reference), ', ') FROM offerengine.stock_order k JOIN offerengine.sales_order s USING (order_id)
                       WHERE s.customer_reference = 'leaver'),
                     (SELECT count(*) FROM offerengine.cart_line c WHERE c.customer_reference = 'leaver'),
                     (SELECT c.order_id = s.order_id AND c.ordered_at IS NOT NULL FROM offerengine.cart c JOIN offerengine.sales_order s USING (customer_reference) WHERE c.customer_reference = 'leaver'))
      INTO answer;
    RAISE EXCEPTION 'taken back' USING ERRCODE = 'XX999', DETAIL = answer;
EXCEPTION
    WHEN SQLSTATE 'XX999' THEN
        GET STACKED DIAGNOSTICS answer = PG_EXCEPTION_DETAIL;
        RETURN answer;
    WHEN OTHERS THEN
        RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT is(pg_temp.leaves('on', VARIADIC c.adds), pg_temp.leaves('off', VARIADIC c.adds), 'both ways: ' || array_to_string(c.adds, ', ')) FROM (VALUES
    ('{book x2 #ink,guest-book,pass @2100-02-01}'::text[]), ('{one x4,book,one x6 #second}'), ('{two x7,one}'), ('{never x9}'), ('{own x2,late x4}'), ('{all x5,step x4}'),
    ('{one x11}'), ('{dear,dear #two}'), ('{limited x5,book}'), ('{limited x6}'), ('{sheeted,one}'), ('{least x2}')) AS c (adds);
SELECT is((SELECT jsonb_agg(s.h -> 'quantity') FROM (SELECT to_jsonb(h) AS h FROM offerengine.stock_hold h) AS s), NULL, 'all of it was taken back');
SET LOCAL offerengine.fast_path = off;
SELECT is(pg_temp.plain('book'), NULL, 'without the fast path cart_lines() tells');
SELECT * FROM finish();
ROLLBACK;
