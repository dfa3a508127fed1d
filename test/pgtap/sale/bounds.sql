-- What bounds an order: how long what people say of it may be, what it can be worth after some of it came back, which documents ask for
-- a delivery, and how many pieces of one offer it can have.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
SELECT no_plan();

-- Notes and reasons: a thousand characters, whatever their bytes, by writers and by the tables.
CREATE FUNCTION pg_temp.put_note(n integer) RETURNS text LANGUAGE sql AS $$
    SELECT format($f$SELECT offerengine.put_order('anna', 'N-%s', currency => 'EUR', lines => '[{"offer_reference": "book", "note": "%s"}]')$f$, $1, repeat('ä', $1)) $$;
SELECT pg_temp.told('anna', 'C-1', NULL, 'book x9 =9000') \g /dev/null
SELECT offerengine.purchase('anna', 'base', 'P-DE', 'EUR', starts_on => '2100-01-10') \g /dev/null
CREATE FUNCTION pg_temp.cancel_reason(n integer) RETURNS text LANGUAGE sql AS $$
    SELECT format($f$SELECT offerengine.cancel_order('anna', %L, 1, 1, reason => repeat('ä', %s))$f$, pg_temp.id('anna', 'C-1'), $1) $$;
CREATE FUNCTION pg_temp.end_reason(n integer, call text DEFAULT 'cancel_subscription') RETURNS text LANGUAGE sql AS $$
    SELECT format($f$SELECT offerengine.%s('anna', %L, reason => repeat('ä', %s))$f$, $2, s.subscription_id, $1) FROM offerengine.subscription s WHERE s.customer_reference = 'anna' $$;
SELECT throws_ok(pg_temp.put_note(1001), '22023', 'the note of a line has 1001 characters', 'a note of an order''s line');
SELECT throws_ok(pg_temp.cancel_reason(1001), '22023', 'the reason of a cancellation has 1001 characters', 'why pieces are cancelled');
SELECT throws_ok(pg_temp.end_reason(1001, c), '22023', 'the reason of a cancellation has 1001 characters', c) FROM unnest('{cancel_subscription,preview_cancellation}'::text[]) AS c;
SELECT lives_ok(s, 'a thousand: ' || left(s, 40)) FROM unnest(ARRAY[pg_temp.put_note(1000), pg_temp.cancel_reason(1000), pg_temp.end_reason(1000, 'preview_cancellation'), pg_temp.end_reason(1000)]) AS s;
SELECT is((SELECT char_length(s.cancel_reason) FROM offerengine.subscription s WHERE s.customer_reference = 'anna'), 1000, 'is kept');
SELECT throws_ok(format('UPDATE offerengine.%I SET %I = repeat(''x'', 1001) WHERE customer_reference = ''anna''', c.relation, c.name), '23514', NULL, c.relation || '.' || c.name)
  FROM (VALUES ('sales_order', 'note'), ('order_line', 'note'), ('subscription', 'cancel_reason')) AS c (relation, name);

-- An import lowers what an order costs, but not below what was given back of it.
CREATE FUNCTION pg_temp.costs(reference text, quantity integer, unit_amount bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    known uuid := (SELECT s.order_id FROM offerengine.sales_order s WHERE s.external_reference = costs.reference);
BEGIN
    PERFORM offerengine.import_order('bert', 'sys', costs.reference, 'foreign-book', 'P-DE', 'EUR', quantity => costs.quantity, unit_amount => costs.unit_amount,
                                     order_reference => costs.reference);
    RETURN (SELECT format('%s, %s off, %s back', s.total_amount, s.cancelled_amount, s.returned_amount) FROM offerengine.sales_order s WHERE s.external_reference = costs.reference);
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || replace(SQLERRM, known::text, '<id>');
END
$$;
SELECT is(pg_temp.costs('I-1', 3, 1000), '3000, 0 off, 0 back', 'three at 10.00');
SELECT is(pg_temp.back('bert', 'I-1', '[{"line_no": 1, "quantity": 2}]', 'k'), '1: 2 of 1 = 2000 / 2000', 'two come back');
SELECT is(pg_temp.costs('I-1', c.quantity, c.unit_amount), c.answer, format('%s at %s', c.quantity, c.unit_amount)) FROM (VALUES
    (3, 666, 'OE013 order <id> of customer "bert" cannot have an amount of 1998: 2000 of it were cancelled or came back'),
    (2, 999, 'OE013 order <id> of customer "bert" cannot have an amount of 1998: 2000 of it were cancelled or came back'),
    (3, 0, 'OE013 order <id> of customer "bert" cannot have an amount of 0: 2000 of it were cancelled or came back'),
    (3, 667, '2001, 0 off, 2000 back'), (4, 500, '2000, 0 off, 2000 back'), (2, 1000, '2000, 0 off, 2000 back')) AS c (quantity, unit_amount, answer);
SELECT is(pg_temp.costs('I-2', 3, 5), '15, 0 off, 0 back', 'of which nothing came back');
SELECT is(pg_temp.costs('I-2', 3, 0), '0, 0 off, 0 back', 'may cost nothing');

-- What tells of a delivery asks for none; what is a sale does.
SELECT pg_temp.told('dora', 'D-1', NULL, 'book x3 =3000') \g /dev/null
SELECT offerengine.put_order('dora', 'D-T' || t, order_type => t, currency => 'EUR', parent_reference => 'D-1', lines => '[{"offer_reference": "book", "quantity": 2}]')
  FROM generate_series(1, 15) AS t \g /dev/null
SELECT is((SELECT string_agg(v.order_type || ':' || v.quantity_open, ' ' ORDER BY v.order_type) FROM offerengine.merchant_order v WHERE v.customer_reference = 'dora' AND v.order_reference <> 'D-1'),
          '1:2 2:0 3:0 4:0 5:0 6:0 7:2 8:2 9:2 10:2 11:0 12:2 13:0 14:2 15:2', 'merchant_order');
SELECT is((SELECT string_agg(v.order_type || ':' || v.quantity_open, ' ' ORDER BY v.order_type) FROM offerengine.order_line_overview v WHERE v.customer_reference = 'dora' AND v.order_reference <> 'D-1'),
          '1:2 2:0 3:0 4:0 5:0 6:0 7:2 8:2 9:2 10:2 11:0 12:2 13:0 14:2 15:2', 'order_line_overview');
SELECT is((SELECT string_agg(t.t::text, ' ' ORDER BY t.t) FROM generate_series(1, 15) AS t, offerengine.order_shipments('dora', pg_temp.id('dora', 'D-T' || t.t))),
          '1 7 8 9 10 12 14 15', 'order_shipments');
SELECT throws_ok(format('SELECT offerengine.ship_order(''dora'', %L%s)', pg_temp.id('dora', 'D-T' || t), m), 'OE051', format('order "D-T%s" is a document of type %s: it is not shipped', t, t),
                 'type ' || t || ' is not shipped' || m)
  FROM unnest('{2,11,13}'::integer[]) AS t, unnest(ARRAY['', ', ''[{"line_no": 1, "quantity": 1}]''']) AS m;

-- More pieces of one offer than an integer counts, where it never runs out.
SELECT offerengine.put_warehouse('p-always', '{p-house}', '{P-DE}') \g /dev/null
SELECT offerengine.set_stock('book', 'p-always', 1, is_never_out_of_stock => true) \g /dev/null
SELECT throws_ok($$SELECT offerengine.reserve_order_stock('00000000-0000-7000-8000-0000000000aa', 'P-DE', (
        SELECT jsonb_agg(jsonb_build_object('line_no', i, 'offer_reference', 'book', 'quantity', 999999999)) FROM generate_series(1, 3) AS i))$$,
    '22003', '2999999997 pieces of offer "book" are more than an order can have', 'three lines of one order');
SELECT lives_ok($$SELECT offerengine.reserve_order_stock('00000000-0000-7000-8000-0000000000aa', 'P-DE', (
        SELECT jsonb_agg(jsonb_build_object('line_no', i, 'offer_reference', 'book', 'quantity', CASE i WHEN 3 THEN 147483649 ELSE 999999999 END)) FROM generate_series(1, 3) AS i))$$,
    'as many as an integer counts');
SELECT offerengine.cart_create('fred', 'P-DE', 'EUR') AS cart \gset
SELECT offerengine.cart_add('fred', :'cart', 'book', 2147483647), offerengine.cart_add('fred', :'cart', 'book', 1, note => 'one more') \g /dev/null
SELECT throws_ok(format($$SELECT offerengine.%s('fred', %L%s)$$, c.call, :'cart', c.more), '22003', '2147483648 pieces of offer "book" are more than an order can have', c.call)
  FROM (VALUES ('cart_hold', ', now() + interval ''5 minutes'''), ('cart_checkout', '')) AS c (call, more);
SELECT * FROM finish();
ROLLBACK;
