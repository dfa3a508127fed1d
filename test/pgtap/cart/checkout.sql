-- A cart is held, paid and becomes an order: all of it or nothing, once.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/cart.psql
SELECT no_plan();
SELECT offerengine.put_warehouse('w', stores => '{P-DE}'), offerengine.set_stock('book', 'w', 10), offerengine.set_stock('guest-book', 'w', 10) \g /dev/null
CREATE FUNCTION pg_temp.stock(offer text) RETURNS text LANGUAGE sql AS $$SELECT format('%s/%s', a.reserved, a.available) FROM offerengine.offer_availability(offer, 'P-DE') a$$;
CREATE FUNCTION pg_temp.holds(id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', h.line_no, h.quantity, h.state), ', ' ORDER BY h.line_no) FROM offerengine.stock_hold h WHERE h.order_id = id
$$;
-- Lets a hold run out, as time would.
CREATE FUNCTION pg_temp.run_out(customer text, n integer) RETURNS void LANGUAGE sql AS $$
    UPDATE offerengine.cart_hold h SET expires_at = statement_timestamp() - interval '1 second', first_held_at = statement_timestamp() - interval '40 minutes'
     WHERE h.customer_reference = customer AND h.cart_id = pg_temp.cart(n);
    UPDATE offerengine.stock_hold h SET expires_at = statement_timestamp() - interval '1 second'
      FROM offerengine.cart c WHERE c.customer_reference = customer AND c.cart_id = pg_temp.cart(n) AND h.order_id = c.order_id AND h.state = 'held';
    UPDATE offerengine.stock_held s SET next_expiry = statement_timestamp() - interval '1 second'
     WHERE EXISTS (SELECT FROM offerengine.stock_hold h JOIN offerengine.cart c USING (order_id) WHERE c.customer_reference = customer AND c.cart_id = pg_temp.cart(n)
                      AND h.state = 'held' AND h.offer_id = s.offer_id AND h.warehouse_id = s.warehouse_id)
$$;
CREATE FUNCTION pg_temp.sold(customer text, n integer, more text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT string_agg(concat_ws('' '', c.line_no, coalesce(c.redirected_from || ''>'', '''') || c.offer_reference, c.quantity, ''x'', c.unit_amount, ''='', c.line_amount), '', ''
                                      ORDER BY c.ordinality) FROM offerengine.cart_checkout(%L, %L%s) WITH ORDINALITY c', customer, pg_temp.cart(n), more) INTO answer;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || regexp_replace(SQLERRM, '00000000-0000-7000-9000-0000000000..', '<cart>', 'g');
END
$$;

-- A checkout: lines under the numbers of the cart, each with the row that its price came from, stock for good.
SELECT pg_temp.new_cart('anna', 1), pg_temp.fill('anna', 1, 'guest-book', 'book x2 #ink', 'pass @2100-02-01', 'book x1'), offerengine.cart_remove('anna', pg_temp.cart(1), 1) \g /dev/null
SELECT is(pg_temp.sold('anna', 1, $$, order_id => pg_temp.cart(51), expected_total => 6499$$), 'OE010 cart <cart> costs 6500 now, not 6499', 'another total');
SELECT is_empty($$SELECT * FROM offerengine.orders('anna')$$, 'is no order');
SELECT is(pg_temp.stock('book'), '0/10', 'and no stock');
SELECT is(pg_temp.sold('anna', 1, $$, order_id => pg_temp.cart(51), expected_total => 6500, order_reference => 'A-1', note => 'ring twice'$$),
    '2 book 2 x 2000 = 4000, 3 pass 1 x 500 = 500, 4 book 1 x 2000 = 2000', 'sold');
SELECT is(pg_temp.stock('book') || ' ' || pg_temp.holds(pg_temp.cart(51)), '3/7 2 2 confirmed, 4 1 confirmed', 'stock is taken for good');
SELECT is((SELECT row(o.order_reference, o.total_amount, o.lines, s.note, s.origin, s.price_mode, s.country_code, s.placed_at = now())::text
             FROM offerengine.orders('anna') o JOIN offerengine.sales_order s USING (order_id)), '(A-1,6500,3,"ring twice",purchase,gross,DE,t)', 'the order');
SELECT results_eq($$SELECT l.line_no, l.note, l.starts_on, l.price_source, l.price_id = p.price_id, l.other_amount FROM offerengine.order_line l
                      JOIN offerengine.price p ON p.offer_id = l.offer_id AND p.min_quantity = 1 WHERE l.order_id = pg_temp.cart(51) ORDER BY l.line_no$$,
    $$VALUES (2, 'ink', NULL::date, 'offer' COLLATE "C", true, 1700::bigint), (3, NULL, '2100-02-01', 'offer', true, NULL), (4, NULL, NULL, 'offer', true, 1700)$$, 'and its lines');
SELECT results_eq($$SELECT e.event, e.channel FROM offerengine.order_event e WHERE e.order_id = pg_temp.cart(51)$$, $$VALUES ('placed' COLLATE "C", 'checkout' COLLATE "C")$$, 'one change of one order');
SELECT is(pg_temp.sold('anna', 1, $$, expected_total => 1$$), '2 book 2 x 2000 = 4000, 3 pass 1 x 500 = 500, 4 book 1 x 2000 = 2000', 'again, without an id');
SELECT is(pg_temp.sold('anna', 1, $$, order_id => pg_temp.cart(51)$$), '2 book 2 x 2000 = 4000, 3 pass 1 x 500 = 500, 4 book 1 x 2000 = 2000', 'and with it');
SELECT is(pg_temp.sold('anna', 1, $$, order_id => pg_temp.cart(52)$$), 'OE013 cart <cart> has become order <cart>, not <cart>', 'another one is refused');
SELECT is((SELECT count(*) FROM offerengine.orders('anna')), 1::bigint, 'there is one order');
SELECT is(pg_temp.cart_try(statement), answer, statement) FROM (VALUES
    ($$SELECT offerengine.cart_add('anna', pg_temp.cart(1), 'book')$$, 'OE082 cart <cart> has become order <cart>'),
    ($$SELECT offerengine.cart_update('anna', pg_temp.cart(1), 2, 5)$$, 'OE082 cart <cart> has become order <cart>'),
    ($$SELECT offerengine.cart_remove('anna', pg_temp.cart(1), 2)$$, 'OE082 cart <cart> has become order <cart>'),
    ($$SELECT offerengine.cart_set_buyer('anna', pg_temp.cart(1), 'x')$$, 'OE082 cart <cart> has become order <cart>'),
    ($$SELECT offerengine.cart_hold('anna', pg_temp.cart(1), NULL)$$, 'OE082 cart <cart> has become order <cart>'),
    ($$SELECT count(*) FROM offerengine.cart_items('anna', pg_temp.cart(1))$$, '0'),
    ($$SELECT count(*) FROM offerengine.carts('anna')$$, '0'),
    ($$SELECT offerengine.cart_totals('anna', pg_temp.cart(1)) IS NULL$$, 'true')) AS c (statement, answer);

-- What is refused, with nothing written.
SELECT pg_temp.new_cart('bert', 2) \g /dev/null
SELECT is(pg_temp.sold('bert', 2), 'OE080 cart <cart> is empty', 'an empty cart');
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_hold('bert', pg_temp.cart(2), NULL)$$), 'OE080 cart <cart> is empty', 'is not held either');
SELECT is(pg_temp.sold('cora', 2), 'OE020 customer "cora" has no cart <cart>', 'somebody else''s');
SELECT is(pg_temp.fill('bert', 2, 'book x8', 'guest-book', 'pass'), '1 2 3', 'eight of seven');
SELECT offerengine.set_offer_active('guest-book', false) \g /dev/null
SELECT is(regexp_replace(pg_temp.sold('bert', 2), ' at 2[-0-9:.+ ]*', ''),
    'OE081 cart <cart> cannot be sold: line 1, offer "book": not_available (8 wanted, 7 left); line 2, offer "guest-book": not_visible ("guest-book" is not visible in store P-DE)', 'with problems');
CREATE FUNCTION pg_temp.detail(statement text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE statement;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS answer = PG_EXCEPTION_DETAIL;
    RETURN answer;
END
$$;
SELECT is((SELECT jsonb_agg(p - 'detail') FROM jsonb_array_elements(pg_temp.detail($$SELECT offerengine.cart_hold('bert', pg_temp.cart(2), NULL)$$) -> 'problems') p),
    '[{"line_no": 1, "problem": "not_available", "offer_reference": "book"}, {"line_no": 2, "problem": "not_visible", "offer_reference": "guest-book"}]', 'as values, too');
SELECT is(pg_temp.detail($$SELECT offerengine.cart_checkout('bert', pg_temp.cart(2), expected_total => 5) FROM offerengine.cart_update('bert', pg_temp.cart(2), 1, 7), offerengine.cart_remove('bert', pg_temp.cart(2), 2)$$),
    '{"total": 14500, "currency": "EUR", "expected_total": 5}', 'and a total');
SELECT offerengine.set_offer_active('guest-book', true) \g /dev/null
SELECT is(pg_temp.sold('bert', 2, more), answer, more) FROM (VALUES
    (', points => -1', '22023 -1 points cannot be redeemed'), (', channel => ''shop''', '22023 unknown channel "shop"'),
    (', at => ''infinity''', '22023 nothing is bought at infinity'), (', note => repeat(''x'', 1001)', '22023 the note of an order has 1001 characters'),
    (', order_reference => '' x''', '22023 order_reference " x" begins or ends with white space')) AS c (more, answer);
SELECT is_empty($$SELECT * FROM offerengine.orders('bert')$$, 'nobody has bought');
SELECT is(pg_temp.lines('bert', 2), '1 book 8, 2 guest-book 1, 3 pass 1', 'and the cart is as it was');
SELECT offerengine.cart_update('bert', pg_temp.cart(2), 1, 1) \g /dev/null
SELECT offerengine.purchase('bert', 'pass', 'P-DE', 'EUR', order_id => pg_temp.cart(53), order_reference => 'B-1') \g /dev/null
SELECT is(pg_temp.sold('bert', 2, more), answer, more) FROM (VALUES
    (', order_id => pg_temp.cart(53)', 'OE013 order id <cart> stands for something else'), (', order_id => pg_temp.cart(51)', 'OE013 order id <cart> stands for something else'),
    (', order_reference => ''B-1''', 'OE013 order reference "B-1" of customer "bert" stands for order <cart> already'),
    (', points => 1', 'OE096 customer "bert" takes no part in the loyalty programme')) AS c (more, answer);
SELECT is(pg_temp.holds(pg_temp.cart(51)), '2 2 confirmed, 4 1 confirmed', 'what another customer''s order holds stays');
SELECT is(pg_temp.sold('bert', 2), '1 book 1 x 2000 = 2000, 2 guest-book 1 x 1000 = 1000, 3 pass 1 x 500 = 500', 'then it is sold');

-- A hold: stock, prices, redirects and visibility as of its instant.
SELECT pg_temp.new_cart('dora', 3), pg_temp.fill('dora', 3, 'book x2', 'adv', 'base') \g /dev/null
SELECT is((SELECT row(h.order_id, h.amount, h.expires_at)::text FROM offerengine.cart_hold('dora', pg_temp.cart(3), '2100-01-01 12:00+00', pg_temp.cart(54)) h),
    row(pg_temp.cart(54), 6300, '2100-01-01 12:00+00'::timestamptz)::text, 'is held');
SELECT is(pg_temp.stock('book') || ' ' || pg_temp.holds(pg_temp.cart(54)), '6/4 1 2 held', 'with its pieces');
SELECT is((SELECT i.available FROM offerengine.cart_items('dora', pg_temp.cart(3)) i WHERE i.line_no = 1), 6::numeric, 'which do not count against it');
SELECT is((SELECT row(t.order_id, t.held_until)::text FROM offerengine.cart_totals('dora', pg_temp.cart(3)) t), row(pg_temp.cart(54), '2100-01-01 12:00+00'::timestamptz)::text, 'the total says so');
SELECT is((SELECT row(c.order_id, c.held_until)::text FROM offerengine.carts('dora') c), row(pg_temp.cart(54), '2100-01-01 12:00+00'::timestamptz)::text, 'and the list');
SELECT offerengine.set_price('P-DE', 'EUR', NULL, 2500, offer_reference => 'book'), pg_temp.ask('adv', '* 350 2001-01-01'), offerengine.set_offer_active('base', false),
       offerengine.set_stock('book', 'w', 6) \g /dev/null
UPDATE offerengine.offer SET order_minimum = 3 WHERE offer_reference = 'book';
SELECT is(pg_temp.items('dora', 3), '1 book 2 x 2000 = 4000, 2 adv 1 x 300 = 300, 3 base 1 x 2000 = 2000', 'as it was fixed');
SELECT is((SELECT row(h.order_id, h.amount, h.expires_at)::text FROM offerengine.cart_hold('dora', pg_temp.cart(3), '2100-01-01 13:00+00') h),
    row(pg_temp.cart(54), 6300, '2100-01-01 13:00+00'::timestamptz)::text, 'again: its end moves');
SELECT is((SELECT max(h.expires_at) FROM offerengine.stock_hold h WHERE h.order_id = pg_temp.cart(54)), '2100-01-01 13:00+00'::timestamptz, 'that of its pieces, too');
SELECT is((SELECT h.expires_at FROM offerengine.cart_hold('dora', pg_temp.cart(3), '2100-01-01 11:00+00') h), '2100-01-01 11:00+00'::timestamptz, 'to and fro');
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_hold('dora', pg_temp.cart(3), '2100-01-01', pg_temp.cart(55))$$), 'OE013 cart <cart> is held as order <cart>, not <cart>', 'under one id');
SELECT is(pg_temp.sold('dora', 3, ', order_id => pg_temp.cart(55)'), 'OE013 cart <cart> is held as order <cart>, not <cart>', 'ever');
SELECT is(pg_temp.sold('dora', 3, ', expected_total => 6300'), '1 book 2 x 2000 = 4000, 2 adv 1 x 300 = 300, 3 base 1 x 2000 = 2000', 'and is sold so');
SELECT is(pg_temp.holds(pg_temp.cart(54)) || ' ' || (SELECT s.state FROM offerengine.stock_order s WHERE s.order_id = pg_temp.cart(54)), '1 2 confirmed confirmed', 'for good');
SELECT is((SELECT string_agg(p.amount::text, ' ') FROM offerengine.subscription_step p JOIN offerengine.subscription s USING (customer_reference, subscription_id)
            WHERE s.customer_reference = 'dora' AND s.offer_id = pg_temp.offer('adv')), '300', 'the subscription costs what was fixed');
SELECT offerengine.set_price('P-DE', 'EUR', NULL, 2000, offer_reference => 'book'), pg_temp.ask('adv', '* 300 2001-01-01'), offerengine.set_offer_active('base', true),
       offerengine.set_stock('book', 'w', 10) \g /dev/null
UPDATE offerengine.offer SET order_minimum = NULL WHERE offer_reference = 'book';

-- It ends by itself: then what is true now counts, and others get the pieces.
SELECT pg_temp.new_cart('emil', 4), pg_temp.fill('emil', 4, 'book x4') \g /dev/null
SELECT is((SELECT h.amount FROM offerengine.cart_hold('emil', pg_temp.cart(4), '2100-01-01', pg_temp.cart(56)) h), 8000::bigint, 'the last four');
SELECT is(pg_temp.stock('book'), '10/0', 'are his');
SELECT pg_temp.run_out('emil', 4), offerengine.set_price('P-DE', 'EUR', NULL, 2100, offer_reference => 'book') \g /dev/null
SELECT is(pg_temp.items('emil', 4), '1 book 4 x 2100 = 8400', 'when it has ended');
SELECT is((SELECT t.held_until FROM offerengine.cart_totals('emil', pg_temp.cart(4)) t), NULL, 'nothing is held');
SELECT is(pg_temp.sold('emil', 4, ', expected_total => 8000'), 'OE010 cart <cart> costs 8400 now, not 8000', 'nor fixed');
SELECT pg_temp.new_cart('frida', 5), pg_temp.fill('frida', 5, 'book x3') \g /dev/null
SELECT is(pg_temp.sold('frida', 5), '1 book 3 x 2100 = 6300', 'somebody else is quicker');
SELECT is(pg_temp.sold('emil', 4), 'OE081 cart <cart> cannot be sold: line 1, offer "book": not_available (4 wanted, 1 left)', 'and he is late');
SELECT is(offerengine.cart_update('emil', pg_temp.cart(4), 1, 1), 1, 'for four');
SELECT is((SELECT row(h.order_id, h.amount)::text FROM offerengine.cart_hold('emil', pg_temp.cart(4), '2100-01-01') h), row(pg_temp.cart(56), 2100)::text, 'one is left, under the same id');
SELECT is(pg_temp.holds(pg_temp.cart(56)), '1 1 held', 'and is held');

-- A changed cart: nothing is fixed any more, the changed line holds nothing, the others do.
SELECT offerengine.set_stock('book', 'w', 20) \g /dev/null
SELECT pg_temp.new_cart('gina', 6), pg_temp.fill('gina', 6, 'book x2', 'guest-book x3'), offerengine.cart_hold('gina', pg_temp.cart(6), '2100-01-01', pg_temp.cart(57)) \g /dev/null
SELECT is(pg_temp.holds(pg_temp.cart(57)), '1 2 held, 2 3 held', 'two lines');
SELECT offerengine.cart_update('gina', pg_temp.cart(6), 1, 3) \g /dev/null
SELECT is(pg_temp.holds(pg_temp.cart(57)), '1 2 released, 2 3 held', 'one changes');
SELECT offerengine.set_price('P-DE', 'EUR', NULL, 2200, offer_reference => 'book') \g /dev/null
SELECT is(pg_temp.items('gina', 6), '1 book 3 x 2200 = 6600, 2 guest-book 3 x 1000 = 3000', 'and costs what it costs now');
SELECT is((SELECT row(h.order_id, h.amount)::text FROM offerengine.cart_hold('gina', pg_temp.cart(6), '2100-01-02') h), row(pg_temp.cart(57), 9600)::text, 'held anew');
SELECT is(pg_temp.holds(pg_temp.cart(57)), '1 3 held, 2 3 held', 'as it is');
SELECT is((SELECT min(h.expires_at) FROM offerengine.stock_hold h WHERE h.order_id = pg_temp.cart(57)), '2100-01-02'::timestamptz, 'all of it until the new end');
SELECT is(offerengine.cart_change_offer('gina', pg_temp.cart(6), 2, 'book'), 1, 'the same offer twice is one line');
SELECT is(pg_temp.holds(pg_temp.cart(57)) || ' ' || pg_temp.lines('gina', 6), '1 3 released, 2 3 released 1 book 6', 'that holds nothing of either');
SELECT offerengine.cart_hold('gina', pg_temp.cart(6), '2100-01-02') \g /dev/null
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_add('gina', pg_temp.cart(6), 'guest-book')$$), '3', 'one more line');
SELECT is(pg_temp.holds(pg_temp.cart(57)), '1 6 held, 2 3 released', 'leaves the others');
SELECT ok(offerengine.cart_remove('gina', pg_temp.cart(6), 1), 'one that goes');
SELECT is(pg_temp.holds(pg_temp.cart(57)), '1 6 released, 2 3 released', 'frees its own');
SELECT is(pg_temp.sold('gina', 6), '3 guest-book 1 x 1000 = 1000', 'sold without a hold that fits');
SELECT is(pg_temp.holds(pg_temp.cart(57)), '1 6 released, 2 3 released, 3 1 confirmed', 'under the id that it had');
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_hold('gina', pg_temp.cart(6), '2025-01-01')$$), '22023 nothing is held until ' || '2025-01-01'::timestamptz || ', which is past', 'not until yesterday');

-- Whoever releases the stock of the order to come has given the hold up: the cart goes on under another id.
SELECT pg_temp.new_cart('gina', 17), pg_temp.fill('gina', 17, 'book x2'), offerengine.cart_hold('gina', pg_temp.cart(17), '2100-01-01', pg_temp.cart(61)) \g /dev/null
SELECT offerengine.set_price('P-DE', 'EUR', NULL, 2300, offer_reference => 'book'), offerengine.release_stock(pg_temp.cart(61)) \g /dev/null
SELECT is(pg_temp.items('gina', 17), '1 book 2 x 2300 = 4600', 'nothing is fixed any more');
SELECT is((SELECT row(h.order_id = pg_temp.cart(62), h.amount)::text FROM offerengine.cart_hold('gina', pg_temp.cart(17), '2100-01-01', pg_temp.cart(62)) h), '(t,4600)', 'it is held anew');
SELECT is(pg_temp.sold('gina', 17, ', order_id => pg_temp.cart(61)'), 'OE013 cart <cart> is held as order <cart>, not <cart>', 'the old one is no more');
SELECT is(pg_temp.sold('gina', 17) || ' ' || pg_temp.holds(pg_temp.cart(62)), '1 book 2 x 2300 = 4600 1 2 confirmed', 'and sold');
SELECT offerengine.set_price('P-DE', 'EUR', NULL, 2200, offer_reference => 'book') \g /dev/null
SELECT pg_temp.new_cart('gina', 28), pg_temp.fill('gina', 28, 'book'), offerengine.cart_hold('gina', pg_temp.cart(28), '2100-01-01', pg_temp.cart(78)),
       offerengine.release_stock(pg_temp.cart(78)) \g /dev/null
SELECT is(pg_temp.sold('gina', 28), '1 book 1 x 2200 = 2200', 'one that is not held anew is sold as well');
SELECT is_empty($$SELECT h.cart_id FROM offerengine.cart_hold h WHERE h.customer_reference = 'gina' AND h.cart_id IN (pg_temp.cart(17), pg_temp.cart(28))
                  UNION ALL
                  SELECT l.cart_id FROM offerengine.cart_hold_line l WHERE l.customer_reference = 'gina' AND l.cart_id IN (pg_temp.cart(17), pg_temp.cart(28))$$,
    'nothing is left of what was held');

-- All or nothing: one line that is sold out.
SELECT offerengine.set_stock('guest-book', 'w', 0) \g /dev/null
SELECT pg_temp.new_cart('hugo', 7), pg_temp.fill('hugo', 7, 'book', 'guest-book') \g /dev/null
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_hold('hugo', pg_temp.cart(7), '2100-01-01', pg_temp.cart(58))$$),
    'OE081 cart <cart> cannot be sold: line 2, offer "guest-book": not_available (1 wanted, 0 left)', 'one is not there');
SELECT is(pg_temp.holds(pg_temp.cart(58)), NULL, 'none is held');
SELECT is((SELECT c.order_id FROM offerengine.carts('hugo') c), NULL, 'and it has no order');

-- Limits are judged once more at the checkout of a held cart: two carts of one trial.
UPDATE offerengine.offer SET customer_limit = 1 WHERE offer_reference = 'base-2';
SELECT pg_temp.new_cart('ida', n), pg_temp.fill('ida', n, 'base-2'), offerengine.cart_hold('ida', pg_temp.cart(n), '2100-01-01') FROM generate_series(8, 9) AS n \g /dev/null
SELECT is(pg_temp.sold('ida', 8), '1 base-2 1 x 1500 = 1500', 'the first');
SELECT is(pg_temp.sold('ida', 9), 'OE081 cart <cart> cannot be sold: line 1, offer "base-2": limit_reached (a customer can have 1 of it, has 1 and wants 1)', 'and only');

-- Subscriptions of one cart cover one another, whatever their order, and are planned as if bought one by one.
SELECT pg_temp.new_cart('karl', 10), pg_temp.fill('karl', 10, 'adv @2100-02-01', 'finite @2100-01-10') \g /dev/null
SELECT is(pg_temp.sold('karl', 10), '1 adv 1 x 300 = 300, 2 finite 1 x 1800 = 1800', 'the base behind the advantage');
SELECT is(pg_temp.course('karl'), 'finite 2100-01-10..2100-04-10, adv 2100-02-01..2100-05-01, reg 2100-05-01..', 'covers it while it runs');
SELECT is((SELECT string_agg(o.offer_reference || ' ' || (s.granted_regular_offer_id IS NOT NULL), ', ' ORDER BY o.offer_reference) FROM offerengine.subscription s JOIN offerengine.offer o USING (offer_id)
            WHERE s.customer_reference = 'karl' AND s.origin = 'purchase'), 'adv true, finite false', 'as a grant');
SELECT is_empty($$SELECT FROM offerengine.subscription s WHERE s.customer_reference = 'karl' AND s.is_ignored$$, 'nothing was planned in between');
SELECT pg_temp.new_cart('lena', 11), pg_temp.fill('lena', 11, 'adv') \g /dev/null
SELECT is(pg_temp.sold('lena', 11), '1 adv>reg 1 x 800 = 800', 'without one');
-- The first answer is the one that is given ever after: every column, of redirected lines, too.
SELECT pg_temp.new_cart('nora', 29), pg_temp.fill('nora', 29, 'adv', 'book x2 #ink', 'pass @2100-02-01') \g /dev/null
SELECT jsonb_agg(c ORDER BY c.line_no) AS first FROM offerengine.cart_checkout('nora', pg_temp.cart(29), order_reference => 'N-1') c \gset
SELECT is((SELECT jsonb_agg(c ORDER BY c.line_no) FROM offerengine.cart_checkout('nora', pg_temp.cart(29)) c), :'first'::jsonb, 'the same answer again');
SELECT is(jsonb_path_query_array(:'first', '$[*].line_no') || jsonb_path_query_array(:'first', '$[*].redirected_from')
          || to_jsonb((:'first'::jsonb -> 0 ->> 'subscription_id') IN (SELECT s.subscription_id::text FROM offerengine.subscription s WHERE s.customer_reference = 'nora')),
          '[1, 2, 3, "adv", null, null, true]', 'which says what was sold');

-- Roles: what a storefront may, and what is nobody's business.
CREATE ROLE k_storefront; CREATE ROLE k_merchant; CREATE ROLE k_reporting;
SELECT offerengine.grant_access('k_storefront', 'storefront'), offerengine.grant_access('k_merchant', 'merchant', 'p-house'), offerengine.grant_access('k_reporting', 'reporting') \g /dev/null
CREATE FUNCTION pg_temp.as_role(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    BEGIN
        EXECUTE statement INTO answer;
    EXCEPTION WHEN OTHERS THEN
        answer := SQLSTATE || ' ' || SQLERRM;
    END;
    RESET ROLE;
    RETURN answer;
END
$$;
SELECT pg_temp.new_cart('mona', 12), pg_temp.fill('mona', 12, 'book'), pg_temp.new_cart('mona', 13) \g /dev/null
SELECT is(pg_temp.as_role('k_storefront', statement), answer, statement) FROM (VALUES
    ($$SELECT offerengine.cart_add('mona', '00000000-0000-7000-9000-000000000012', 'pass')$$, '2'),
    ($$SELECT count(*) FROM offerengine.cart_items('mona', '00000000-0000-7000-9000-000000000012')$$, '2'),
    ($$SELECT count(*) FROM offerengine.cart_items('mona', '00000000-0000-7000-9000-000000000012', '2100-01-01')$$, '42501 role "k_storefront" may ask about now only'),
    ($$SELECT count(*) FROM offerengine.cart_validate('mona', '00000000-0000-7000-9000-000000000012', '2100-01-01')$$, '42501 role "k_storefront" may ask about now only'),
    ($$SELECT count(*) FROM offerengine.cart_shipments('mona', '00000000-0000-7000-9000-000000000012', '2100-01-01')$$, '42501 role "k_storefront" may ask about now only'),
    ($$SELECT offerengine.cart_totals('mona', '00000000-0000-7000-9000-000000000012', '2100-01-01')$$, '42501 role "k_storefront" may ask about now only'),
    ($$SELECT h.expires_at BETWEEN now() + interval '30 minutes' AND clock_timestamp() + interval '30 minutes' FROM offerengine.cart_hold('mona', '00000000-0000-7000-9000-000000000012', now() + interval '1 day') h$$, 'true'),
    ($$SELECT h.expires_at < clock_timestamp() + interval '30 minutes' FROM offerengine.cart_hold('mona', '00000000-0000-7000-9000-000000000012', NULL) h$$, 'true'),
    ($$SELECT h.expires_at = now() + interval '10 minutes' FROM offerengine.cart_hold('mona', '00000000-0000-7000-9000-000000000012', now() + interval '10 minutes') h$$, 'true'),
    ($$SELECT offerengine.cart_checkout('mona', '00000000-0000-7000-9000-000000000012', at => now() - interval '1 day')$$, '42501 role "k_storefront" may not buy at another instant than now'),
    ($$SELECT offerengine.cart_checkout('mona', '00000000-0000-7000-9000-000000000012', channel => 'backend')$$, '42501 role "k_storefront" may not use channel backend'),
    ($$SELECT offerengine.cart_expire(now())$$, '42501 permission denied for function cart_expire'),
    ($$SELECT count(*) FROM offerengine.cart$$, '42501 permission denied for table cart'),
    ($$SELECT count(*) FROM offerengine.cart_checkout('mona', '00000000-0000-7000-9000-000000000012')$$, '2')) AS c (statement, answer);
SELECT is(pg_temp.as_role(role, statement), '42501 permission denied for ' || denied, role || ': ' || statement) FROM unnest('{k_merchant,k_reporting}'::text[]) AS role, (VALUES
    ($$SELECT * FROM offerengine.cart_items('mona', '00000000-0000-7000-9000-000000000012')$$, 'function cart_items'), ($$SELECT * FROM offerengine.carts('mona')$$, 'function carts'),
    ($$SELECT * FROM offerengine.cart_line$$, 'table cart_line')) AS c (statement, denied);
-- A hold that has ended is not the first of those that follow it; one that lasts is.
SELECT pg_temp.fill('mona', 13, 'pass'), offerengine.cart_hold('mona', pg_temp.cart(13), now() + interval '1 hour') \g /dev/null
UPDATE offerengine.cart_hold SET first_held_at = first_held_at - interval '20 minutes' WHERE cart_id = pg_temp.cart(13);
SELECT is(pg_temp.as_role('k_storefront', $$SELECT h.expires_at < clock_timestamp() + interval '11 minutes' FROM offerengine.cart_hold('mona', '00000000-0000-7000-9000-000000000013', NULL) h$$), 'true', 'counted from the first');
SELECT offerengine.cart_update('mona', pg_temp.cart(13), 1, 2) \g /dev/null
SELECT is(pg_temp.as_role('k_storefront', $$SELECT h.expires_at < clock_timestamp() + interval '11 minutes' FROM offerengine.cart_hold('mona', '00000000-0000-7000-9000-000000000013', NULL) h$$), 'true', 'also when the cart has changed');
SELECT pg_temp.run_out('mona', 13) \g /dev/null
SELECT is(pg_temp.as_role('k_storefront', $$SELECT h.expires_at > clock_timestamp() + interval '29 minutes' FROM offerengine.cart_hold('mona', '00000000-0000-7000-9000-000000000013', NULL) h$$), 'true', 'until it has ended');
SELECT is(offerengine.put_store('P-DE', max_hold => '5 minutes'), 'P-DE', 'a store that holds for less');
UPDATE offerengine.cart_hold SET first_held_at = clock_timestamp() WHERE cart_id = pg_temp.cart(13);
SELECT is(pg_temp.as_role('k_storefront', $$SELECT h.expires_at < clock_timestamp() + interval '5 minutes' FROM offerengine.cart_hold('mona', '00000000-0000-7000-9000-000000000013', now() + interval '1 hour') h$$), 'true', 'does');
SELECT throws_ok($$SELECT offerengine.put_store('P-DE', max_hold => '0')$$, '22023', 'a cart cannot be held for 00:00:00', 'but not for nothing');
SELECT is((SELECT s.max_hold FROM offerengine.store s WHERE s.store_code = offerengine.put_store('P-DE')), '5 minutes'::interval, 'what is left out stays');
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_hold('mona', pg_temp.cart(13), 'infinity')$$), '22023 a cart is not held until infinity', 'for ever');

-- Other customers' stock under an id that somebody names.
SELECT pg_temp.new_cart('nora', 14), pg_temp.fill('nora', 14, 'book'), offerengine.cart_hold('nora', pg_temp.cart(14), '2100-01-01', pg_temp.cart(59)) \g /dev/null
SELECT pg_temp.new_cart('otto', 15), pg_temp.fill('otto', 15, 'book x2') \g /dev/null
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_hold('otto', pg_temp.cart(15), '2100-01-01', pg_temp.cart(59))$$), 'OE013 order id <cart> stands for something else', 'another customer''s cart');
SELECT is(pg_temp.sold('otto', 15, ', order_id => pg_temp.cart(59)'), 'OE013 order id <cart> stands for something else', 'is not bought');
SELECT is(pg_temp.holds(pg_temp.cart(59)), '1 1 held', 'nor let go');
SELECT pg_temp.new_cart('nora', 16), pg_temp.fill('nora', 16, 'pass') \g /dev/null
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_hold('nora', pg_temp.cart(16), '2100-01-01', pg_temp.cart(59))$$), 'OE013 order id <cart> stands for something else', 'one order is of one cart');

-- Idle carts.
UPDATE offerengine.cart SET changed_at = now() - interval '100 days' WHERE cart_id IN (pg_temp.cart(1), pg_temp.cart(14), pg_temp.cart(15));
SELECT throws_ok($$SELECT offerengine.cart_expire('2100-01-01')$$, '22023', NULL, 'not those to come');
SELECT throws_ok($$SELECT offerengine.cart_expire(now(), 0)$$, '22023', NULL, 'not none');
SELECT throws_ok($$SELECT offerengine.cart_expire(NULL)$$, '22004', NULL, 'not any');
SELECT is(offerengine.cart_expire(now() - interval '99 days', 1), 1, 'one');
SELECT is(offerengine.cart_expire(now() - interval '99 days'), 1, 'and the other: a held one stays');
SELECT is((SELECT string_agg(c.cart_id::text, ' ') FROM offerengine.cart c WHERE c.changed_at < now() - interval '99 days'), pg_temp.cart(14)::text, 'that one');
SELECT is(pg_temp.order_of('anna', pg_temp.cart(51)), '2 book 2 = 4000, 3 pass 1 = 500, 4 book 1 = 2000', 'the order of a cart that is gone');
SELECT is(pg_temp.sold('anna', 1), 'OE020 customer "anna" has no cart <cart>', 'is not made twice');

SELECT is_empty('SELECT h.check_name, h.detail FROM offerengine.health_check() AS h WHERE NOT h.ok', 'nothing to complain about');
SELECT * FROM finish();
ROLLBACK;
