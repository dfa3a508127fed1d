-- Stock where it is sold: purchases take it, listings tell of it, imports count it, and each role does its part only.
BEGIN;
\ir ../include/stock.psql
SELECT no_plan();
\set fine 'What is held of every offer is the sum of its holds, and what has shipped that of its parcels.'
INSERT INTO offerengine.store_currency (store_code, currency_code) VALUES ('C-DE', 'EUR');
SELECT offerengine.set_price('C-DE', 'EUR', 1, 100, o) FROM unnest('{c-o1,c-o2,c-o3}'::text[]) AS o \g /dev/null
SET CONSTRAINTS ALL IMMEDIATE;
SELECT offerengine.set_stock('c-o1', 'c-wa', 3), offerengine.set_stock('c-o1', 'c-wb', 2) \g /dev/null

-- Purchases: the pieces are sold for good, and none beyond them.
SELECT is((SELECT p.line_amount FROM offerengine.purchase('anna', 'c-o1', 'C-DE', 'EUR', quantity => 4, order_id => pg_temp.order_id(1)) p), 400::bigint, 'four');
SELECT is(pg_temp.available() || pg_temp.holds(1), '(5,4,1,f)1 c-wa 0/3 confirmed, 1 c-wb 0/1 confirmed', 'are sold out of two warehouses');
SELECT is((SELECT count(*) FROM offerengine.purchase('anna', 'c-o1', 'C-DE', 'EUR', quantity => 4, order_id => pg_temp.order_id(1))), 1::bigint, 'the same again');
SELECT is(pg_temp.available(), '(5,4,1,f)', 'takes nothing');
SELECT throws_ok($$SELECT offerengine.purchase('anna', 'c-o1', 'C-DE', 'EUR', quantity => 2)$$, 'OE064',
    'offer "c-o1" is sold out in store C-DE: 2 wanted, 1 left', 'two of one');
SELECT is((SELECT count(*) FROM offerengine.sales_order s WHERE s.customer_reference = 'anna'), 1::bigint, 'leave no order');
SELECT is((SELECT count(*) FROM offerengine.purchase('anna', 'c-o1', 'C-DE', 'EUR', quantity => 1000, reserve => false)), 1::bigint, 'the back office may');
SELECT is(pg_temp.available(), '(5,4,1,f)', 'which is nobody''s stock');
SELECT is((SELECT count(*) FROM offerengine.purchase('anna', 'c-o1', 'C-DE', 'EUR', reserve => NULL)), 1::bigint, 'NULL is the default');
SELECT is(pg_temp.available(), '(5,5,0,f)', 'and takes the last');
SELECT is((SELECT count(*) FROM offerengine.purchase('anna', 'c-o3', 'C-DE', 'EUR', quantity => 1000)), 1::bigint, 'what nobody counts is sold without');
SELECT offerengine.set_stock('c-o3', 'c-wa', 0) \g /dev/null
SELECT is(pg_temp.try($$SELECT offerengine.purchase('anna', 'c-o3', 'C-DE', 'EUR')$$), 'OE064', 'until somebody does');
-- What was reserved under the order's id before is what it sells.
SELECT offerengine.set_stock('c-o2', 'c-wa', 2), pg_temp.reserve(2, 1, 2, 'c-o2', clock_timestamp() + interval '1 hour') \g /dev/null
SELECT is(pg_temp.try($$SELECT offerengine.purchase('bert', 'c-o2', 'C-DE', 'EUR')$$), 'OE064', 'nobody else gets it');
SELECT is((SELECT count(*) FROM offerengine.purchase('anna', 'c-o2', 'C-DE', 'EUR', quantity => 2, order_id => pg_temp.order_id(2))), 1::bigint, 'its order does');
SELECT is(pg_temp.holds(2), '1 c-wa 0/2 confirmed', 'and has it for good');
SELECT offerengine.release_stock(pg_temp.order_id(3)) \g /dev/null
SELECT offerengine.set_stock('c-o2', 'c-wa', 9) \g /dev/null
SELECT is(pg_temp.try($$SELECT offerengine.purchase('anna', 'c-o2', 'C-DE', 'EUR', order_id => pg_temp.order_id(3))$$), 'OE066', 'an order id that was cancelled before');
SELECT is(pg_temp.health(), :'fine', 'holds add up');

-- Listings: the same on both paths. Halves of two warehouses are no piece; what is held is not free, what has run out is.
SELECT offerengine.set_stock('c-o1', 'c-wa', 4.5), offerengine.set_stock('c-o1', 'c-wb', 2.5) \g /dev/null
CREATE FUNCTION pg_temp.listed(quantity integer, fast text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('offerengine.fast_path', fast, true);
    RETURN (SELECT format('%s %s', l.available, l.is_purchasable)
              FROM offerengine.list_offers('C-P1'::text, 'C-DE', 'EUR', quantity => listed.quantity, include_availability => true) l
             WHERE l.offer_reference = 'c-o1')
        || (SELECT format(' %s %s', d.available, d.is_purchasable)
              FROM offerengine.offer_details('c-o1', 'C-DE', 'EUR', quantity => listed.quantity) d);
END $$;
CREATE FUNCTION pg_temp.by_availability(fast text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('offerengine.fast_path', fast, true);
    RETURN (SELECT string_agg(l.offer_reference || ' ' || l.is_purchasable, ', ') FROM offerengine.list_offers('C-P1'::text, 'C-DE', 'EUR', order_by => 'availability') l);
END $$;
SELECT is(pg_temp.listed(v.n, f.fast), v.answer, format('%s of 4.5 and 2.5, five of them sold, fast path %s', v.n, f.fast))
  FROM (VALUES (1, '2.0 t 2.0 t'), (2, '2.0 f 2.0 f')) AS v (n, answer), unnest('{on,off}'::text[]) AS f (fast);
SELECT offerengine.set_stock('c-o1', 'c-wa', 10), offerengine.set_stock('c-o1', 'c-wb', 10), pg_temp.reserve(4, 1, 11, until => clock_timestamp() + interval '1 hour') \g /dev/null
SELECT is(pg_temp.listed(5, f), '4 f 4 f', 'held: fast path ' || f) FROM unnest('{on,off}'::text[]) AS f;
SELECT is(pg_temp.by_availability(f), 'c-o2 true, c-o1 true, c-o3 false', 'seven, four, none, which is not sold: fast path ' || f) FROM unnest('{on,off}'::text[]) AS f;
SELECT pg_temp.run_out(4) \g /dev/null
SELECT is(pg_temp.listed(15, f), '15 t 15 t', 'run out: fast path ' || f) FROM unnest('{on,off}'::text[]) AS f;
SELECT is(pg_temp.by_availability(f), 'c-o1 true, c-o2 true, c-o3 false', 'fifteen, seven, none: fast path ' || f) FROM unnest('{on,off}'::text[]) AS f;
SELECT offerengine.set_stock('c-o1', 'c-wa', safety_quantity => 10) \g /dev/null
SELECT is(pg_temp.listed(9, f), '8 f 8 f', 'kept back: fast path ' || f) FROM unnest('{on,off}'::text[]) AS f;
SELECT is((SELECT format('%s %s %s', s.in_stock, s.reserved, s.available) FROM offerengine.stock_overview s WHERE s.offer_reference = 'c-o1' AND s.store_code = 'C-DE'),
    '20 5 8', 'the report says so, too');
-- What reserving finds is what listings tell: one formula, asked in two places.
SELECT is((SELECT sum(s.pieces) FROM offerengine_internal.stock_shares(o.offer_id, 'C-DE', 1000, statement_timestamp()) s), a.pieces, o.offer_reference)
  FROM offerengine.offer o JOIN offerengine_internal.offer_store_availability a USING (offer_id) WHERE o.offer_reference LIKE 'c-o_' AND a.store_code = 'C-DE';

-- An import counts, whatever is held; a cell that says nothing keeps what is there, also what has shipped since it was planned.
INSERT INTO offerengine.merchant_warehouse (merchant_id, warehouse_id)
SELECT pg_temp.merchant('c-one'), w.warehouse_id FROM offerengine.warehouse w WHERE w.name = 'c-wa';
SELECT offerengine.ship_stock(pg_temp.order_id(2), 1, 2, 'p') \g /dev/null
UPDATE offerengine.stock_parcel SET shipped_at = now() - interval '10 minutes';
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity, is_never_out_of_stock, counted_at, safety_quantity) VALUES
    ('c-o2', 'c-wa', '20', NULL, to_char(now() AT TIME ZONE 'UTC' - interval '1 hour', 'YYYY-MM-DD HH24:MI:SS'), NULL), ('c-o1', 'c-wb', NULL, '1', NULL, NULL),
    ('c-o3', 'c-wa', '1', NULL, '2999-01-01', NULL), ('c-o3', 'c-wb', '1', NULL, 'yesterday', NULL), ('c-o2', 'c-wb', NULL, NULL, NULL, '-1'),
    ('c-o2', 'c-wb', NULL, '1', '2020-01-01', NULL);
SELECT is((SELECT format('%s/%s/%s/%s', r.rows_inserted, r.rows_updated, r.rows_unchanged, r.rows_failed) FROM offerengine.import_run() r
            WHERE r.file = 'product_offer_stock'), '0/2/0/4', 'two are written, four refused');
SELECT set_eq($$SELECT format('%s %s %s', e.line, e.column_name, e.message) FROM offerengine.import_error e WHERE e.file = 'product_offer_stock'$$,
    ARRAY['4 counted_at is still to come', '5 counted_at must be a date or a time such as 2026-01-31, 2026-01-31 12:00:00 or 2026-01-31T12:00:00+01:00',
          '6 safety_quantity must not be below 0', '7 quantity a value is required'], 'for their instants, for what is kept back, and for a count of nothing');
SELECT is(pg_temp.available('c-o2') || pg_temp.available(), '(18,0,18,f)(20,5,8,t)', 'twenty without the two that have shipped since');
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity, counted_at) VALUES
    ('c-o2', 'c-wa', '20', to_char(now() AT TIME ZONE 'UTC' - interval '1 hour', 'YYYY-MM-DD HH24:MI:SS'));
SELECT is((SELECT format('%s/%s/%s/%s', r.rows_inserted, r.rows_updated, r.rows_unchanged, r.rows_failed) FROM offerengine.import_run() r
            WHERE r.file = 'product_offer_stock'), '0/0/1/0', 'once more nothing changes');

-- What is kept back, alone or with a count, in its own file and in both styles of the combined one. A count that is the first of its
-- place is one, too: for a merchant whose system has taken confirmed orders off, these are added.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity, safety_quantity) VALUES ('c-o2', 'c-wa', NULL, '7'), ('c-o3', 'c-wb', '9', '2');
SELECT is((SELECT format('%s/%s/%s/%s', r.rows_inserted, r.rows_updated, r.rows_unchanged, r.rows_failed) FROM offerengine.import_run() r
            WHERE r.file = 'product_offer_stock'), '1/1/0/0', 'kept back');
SELECT is(pg_temp.available('c-o2') || pg_temp.available('c-o3'), '(18,0,11,f)(9,0,7,f)', 'is not sold');
CREATE FUNCTION pg_temp.counted_in(place text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', k.quantity, k.safety_quantity) FROM offerengine.offer_stock k JOIN offerengine.warehouse w USING (warehouse_id)
     WHERE k.offer_id = pg_temp.offer('c-o2') AND w.name = counted_in.place
$$;
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_combined_merchant_product_offer (product_offer_reference, product_offer_stock_stock_name, product_offer_stock_quantity,
    product_offer_stock_safety_quantity, product_offer_stock_counted_at) VALUES
    ('c-o2', 'c-wa', '30', '3', to_char(now() AT TIME ZONE 'UTC' - interval '1 hour', 'YYYY-MM-DD HH24:MI:SS'));
INSERT INTO offerengine.import_combined_merchant_product_offer (product_offer_reference, dynamic) VALUES
    ('c-o2', jsonb_build_object('stock.c-wb.quantity', '5', 'stock.c-wb.safety_quantity', '1', 'stock.c-wb.counted_at', '2020-01-01'));
SELECT is((SELECT format('%s/%s/%s/%s', r.rows_inserted, r.rows_updated, r.rows_unchanged, r.rows_failed) FROM offerengine.import_run() r
            WHERE r.file = 'combined_merchant_product_offer'), '1/1/0/0', 'combined');
SELECT is(pg_temp.counted_in('c-wa') || ', ' || pg_temp.counted_in('c-wb'), '28 3, 5 1', 'counted before two shipped, and kept back');
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_combined_merchant_product_offer (product_offer_reference, dynamic) VALUES
    ('c-o2', jsonb_build_object('stock.c-wb.quantity', '5', 'stock.c-wb.counted_at', '2999-01-01'));
SELECT is((SELECT r.rows_failed FROM offerengine.import_run() r WHERE r.file = 'combined_merchant_product_offer'), 1::bigint, 'a count to come');
SELECT set_eq($$SELECT e.column_name || ' ' || e.message FROM offerengine.import_error e WHERE e.file = 'combined_merchant_product_offer'$$,
    ARRAY['stock.c-wb.counted_at is still to come'], 'is named');
SELECT offerengine.put_merchant('c-one', stock_means => 'free'), pg_temp.reserve(7, 1, 4, 'c-o2'), offerengine.confirm_stock(pg_temp.order_id(7)) \g /dev/null
SELECT is(pg_temp.holds(7), '1 c-wa 0/4 confirmed', 'four are confirmed in one');
SELECT offerengine.remove_stock('c-o2', 'c-wa'), offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity) VALUES ('c-o2', 'c-wa', '10');
SELECT is((SELECT r.rows_inserted FROM offerengine.import_run() r WHERE r.file = 'product_offer_stock'), 1::bigint, 'which is counted anew');
SELECT is(pg_temp.counted_in('c-wa'), '14 0', 'beside these');
SELECT offerengine.put_merchant('c-one', stock_means => 'on_shelf'), offerengine.release_stock(pg_temp.order_id(7)), offerengine.remove_stock('c-o2', 'c-wb'),
       offerengine.remove_stock('c-o3', 'c-wb'), offerengine.set_stock('c-o2', 'c-wa', 18, safety_quantity => 0) \g /dev/null

-- Roles.
CREATE ROLE c_merchant; CREATE ROLE c_storefront; CREATE ROLE c_operator;
SELECT offerengine.grant_access('c_merchant', 'merchant', 'c-one'), offerengine.grant_access('c_storefront', 'storefront'),
       offerengine.grant_access('c_operator', 'operator') \g /dev/null
GRANT USAGE ON SCHEMA public TO c_merchant, c_storefront;
CREATE FUNCTION pg_temp.try_as(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    EXECUTE statement INTO answer;
    RESET ROLE;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
SELECT offerengine.set_stock('c-o3', 'c-wa', 5), pg_temp.reserve(5, 1, 2, 'c-o3'), pg_temp.reserve(6, 1, 2, 'c-o2') \g /dev/null
SELECT is(pg_temp.try_as(v.role, v.statement), v.outcome, v.role || ': ' || v.statement)
  FROM (VALUES
    ('c_storefront', $$SELECT offerengine.reserve_stock('00000000-0000-7000-8000-000000000010', 1, 'c-o2', 'C-DE', 1)$$, 'true'),
    ('c_storefront', $$SELECT offerengine.extend_stock('00000000-0000-7000-8000-000000000010', now() + interval '1 hour')$$, 'true'),
    ('c_storefront', $$SELECT offerengine.release_stock('00000000-0000-7000-8000-000000000010', 1)$$, 'true'),
    ('c_storefront', $$SELECT offerengine.release_stock('00000000-0000-7000-8000-000000000001', 1)$$, '42501'),
    ('c_storefront', $$SELECT count(*) FROM offerengine.allocate_stock('c-o2', 'C-DE', 1)$$, '1'),
    ('c_storefront', $$SELECT offerengine.ship_stock('00000000-0000-7000-8000-000000000006', 1, 1, 'p')$$, '42501'),
    ('c_storefront', $$SELECT count(*) FROM offerengine.purchase('c', 'c-o2', 'C-DE', 'EUR', reserve => false)$$, '42501'),
    ('c_storefront', $$SELECT count(*) FROM offerengine.stock_hold$$, '42501'),
    ('c_merchant', $$SELECT offerengine.ship_stock('00000000-0000-7000-8000-000000000006', 1, 1, 'p')$$, 'true'),
    ('c_merchant', $$SELECT offerengine.ship_stock('00000000-0000-7000-8000-000000000006', 1, 1, 'p')$$, 'false'),
    ('c_merchant', $$SELECT offerengine.ship_stock('00000000-0000-7000-8000-000000000005', 1, 1, 'p')$$, 'OE020'),
    ('c_merchant', $$SELECT offerengine.unship_stock('00000000-0000-7000-8000-000000000005', 1, 'p')$$, 'OE020'),
    ('c_merchant', $$SELECT offerengine.unship_stock('00000000-0000-7000-8000-000000000006', 1, 'p')$$, 'true'),
    ('c_merchant', $$SELECT offerengine.reserve_stock('00000000-0000-7000-8000-000000000011', 1, 'c-o2', 'C-DE', 1)$$, '42501'),
    ('c_merchant', $$SELECT count(*) FROM offerengine.stock_hold h JOIN offerengine.offer o USING (offer_id) WHERE o.offer_reference = 'c-o3'$$, '0'),
    ('c_merchant', $$SELECT count(*) FROM offerengine.stock_hold h WHERE h.order_id = '00000000-0000-7000-8000-000000000005'$$, '0'),
    ('c_merchant', $$SELECT count(*) FROM offerengine.stock_hold h WHERE h.order_id = '00000000-0000-7000-8000-000000000006'$$, '1'),
    ('c_merchant', $$SELECT count(*) FROM offerengine.stock_parcel$$, '2'),
    ('c_merchant', $$SELECT count(*) FROM offerengine.stock_held$$, '42501'),
    ('c_merchant', $$SELECT offerengine.set_stock('c-o2', 'c-wa', 20, counted_at => now() - interval '1 hour')::text || ''$$, ''),
    ('c_operator', $$SELECT offerengine.ship_stock('00000000-0000-7000-8000-000000000005', 1, 1, 'p')$$, 'true'),
    ('c_operator', $$SELECT count(*) FROM offerengine.stock_held$$, '4'),
    ('c_operator', $$SELECT count(*) FROM offerengine.stock_shortage$$, '0')) AS v (role, statement, outcome);
SELECT is((SELECT k.quantity FROM offerengine.offer_stock k JOIN offerengine.warehouse w USING (warehouse_id)
            WHERE k.offer_id = pg_temp.offer('c-o2') AND w.name = 'c-wa'), 18::numeric, 'the merchant''s count is without what has shipped');
SELECT is(pg_temp.health(), :'fine', 'holds add up');
SELECT * FROM finish();
ROLLBACK;
