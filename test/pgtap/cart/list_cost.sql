-- What lists cost: in proportion to their lines, whatever other lists there are; prices by one call. Rows and index entries, counted.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/cart.psql
\ir ../include/list.psql
\ir ../include/cost.psql
SELECT no_plan();
SET LOCAL track_functions = 'all';
INSERT INTO offerengine.product (sku, abstract_product_id, name)
SELECT 'K' || n, p.abstract_product_id, 'A book' FROM generate_series(1, 1000) AS n, offerengine.product p WHERE p.sku = 'P-BOOK';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status)
SELECT lower(p.sku), p.product_id, m.merchant_id, 'approved' FROM offerengine.product p, offerengine.merchant m WHERE p.sku ~ '^K[0-9]+$' AND m.merchant_reference = 'p-guest';
INSERT INTO offerengine.offer_store (offer_id, store_code) SELECT o.offer_id, 'P-DE' FROM offerengine.offer o WHERE o.offer_reference ~ '^k[0-9]+$';
INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, gross_amount)
SELECT o.product_id, o.offer_id, 'P-DE', 'EUR', o.offer_id FROM offerengine.offer o WHERE o.offer_reference ~ '^k[0-9]+$';
SELECT offerengine.put_warehouse('w', stores => '{P-DE}') \g /dev/null
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity)
SELECT o.offer_id, w.warehouse_id, 100000 FROM offerengine.offer o, offerengine.warehouse w WHERE o.offer_reference ~ '^k[0-9]+$' AND w.name = 'w';
INSERT INTO offerengine.stock_held (offer_id, warehouse_id, held) SELECT s.offer_id, s.warehouse_id, 0 FROM offerengine.offer_stock s;
SET CONSTRAINTS ALL IMMEDIATE;
-- By one statement: every version of a row that one transaction has made is read until it ends.
CREATE FUNCTION pg_temp.list_of(customer text, lines integer) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    made CONSTANT uuid := offerengine.list_create(customer, 'shopping_list', 'x', 'P-DE');
BEGIN
    INSERT INTO offerengine.customer_list_line (customer_reference, list_id, line_no, offer_reference, sku, merchant_reference, quantity)
    SELECT customer, made, n, 'k' || n, 'K' || n, 'p-guest', 1 + n % 3 FROM generate_series(1, lines) AS n;
    UPDATE offerengine.customer_list l SET last_line_no = lines WHERE l.list_id = made;
    RETURN made;
END
$$;
CREATE TEMP TABLE kept AS
SELECT c.customer, c.lines, pg_temp.list_of(c.customer, c.lines) AS list, offerengine.cart_create(c.customer, 'P-DE', 'EUR') AS cart, offerengine.uuid_v7() AS order_id
  FROM (VALUES ('few', 10), ('more', 100), ('many', 1000)) AS c (customer, lines);
-- What was ordered once, to be ordered again.
INSERT INTO offerengine.sales_order (customer_reference, order_id, store_code, currency_code) SELECT k.customer, k.order_id, 'P-DE', 'EUR' FROM kept k;
INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, quantity)
SELECT k.customer, k.order_id, n, o.offer_id, o.merchant_id, 1 FROM kept k, generate_series(1, k.lines) AS n JOIN offerengine.offer o ON o.offer_reference = 'k' || n;
\ir ../include/compact.psql

-- Of the last of several calls, each taken back: rows read, rows written, calls for prices, and rows answered.
CREATE FUNCTION pg_temp.cost(call text) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    before bigint[];
    answer text;
    rows   bigint;
BEGIN
    FOR i IN 1..3 LOOP
        BEGIN
            before := ARRAY[pg_temp.rows_read(), pg_temp.rows_written(), pg_temp.calls('sold_offers', 'resolve_price', 'list_offers_many')];
            EXECUTE 'SELECT count(*) FROM offerengine.' || call INTO rows;
            RAISE EXCEPTION 'taken back' USING ERRCODE = 'XX999', DETAIL = ARRAY[
                pg_temp.rows_read() - before[1], pg_temp.rows_written() - before[2], pg_temp.calls('sold_offers', 'resolve_price', 'list_offers_many') - before[3], rows]::text;
        EXCEPTION WHEN SQLSTATE 'XX999' THEN
            GET STACKED DIAGNOSTICS answer = PG_EXCEPTION_DETAIL;
        END;
    END LOOP;
    RETURN answer::bigint[];
END
$$;
-- How many calls for prices each has, rows read and rows written a line at most. A quick order lists the products, which the
-- specification does by joins of more tables than probes ask, and prices what it found: 70 rows by their keys, and four times a table
-- that is so small, whatever the catalogue, that its one page is read instead of a key.
SELECT current_setting('offerengine.fast_path')::boolean AS is_fast,
       (SELECT 2 * count(*) FROM offerengine.store) + (SELECT count(*) FROM offerengine.operation_policy) + (SELECT count(*) FROM offerengine.offer_step) AS small_tables,
       (SELECT count(*) FROM offerengine.country) AS countries \gset
CREATE TEMP TABLE cost AS
SELECT f.*, k.lines, c.call, pg_temp.cost(c.call) AS small, NULL::bigint[] AS large
  FROM (VALUES ('items', 'list_items(%1$L, %2$L)', 1, 40, 0), ('add', 'list_add(%1$L, %2$L, ''k7'')', 0, NULL, NULL), ('to cart', 'list_to_cart(%1$L, %2$L, %3$L)', 1, 40, 2),
               ('reorder', 'reorder(%1$L, %4$L, %3$L)', 1, 40, 2),
               ('quick order', 'quick_order(%1$L, %3$L, (SELECT jsonb_agg(jsonb_build_object(''sku'', ''K'' || n)) FROM generate_series(1, %5$s) AS n))', 2, CASE WHEN :'is_fast' THEN 60 ELSE least(130, 70 + :small_tables) END, 2)) AS f (name, call_of, prices, reads, writes),
       kept k, LATERAL (SELECT format(f.call_of, k.customer, k.list, k.cart, k.order_id, k.lines) AS call) AS c;
SELECT is(c.small[3:4], ARRAY[c.prices, CASE WHEN c.name = 'add' THEN 1 ELSE c.lines END]::bigint[], format('%s of %s lines asks for prices %s times, for all', c.name, c.lines, c.prices)) FROM cost c ORDER BY c.name, c.lines;
SELECT cmp_ok(c.small[1] / c.lines, '<=', c.reads::bigint, format('%s: %s rows a line of %s', c.name, c.small[1] / c.lines, c.lines)) FROM cost c WHERE c.lines = 1000 AND c.reads IS NOT NULL ORDER BY c.name;
SELECT cmp_ok((t.small[2] - f.small[2]) / 990, '<=', t.writes::bigint, format('%s: %s rows written for %s lines', t.name, t.small[2], t.lines))
  FROM cost t JOIN cost f USING (name) WHERE t.lines = 1000 AND f.lines = 10 AND t.writes IS NOT NULL ORDER BY t.name;
SELECT is(c.small[2], 0::bigint, c.name || ' writes nothing') FROM cost c WHERE c.name = 'items' ORDER BY c.lines;
SELECT cmp_ok(t.small[1], '<=', f.small[1] + 1010, format('add: %s rows beside 1000 lines, %s beside 10', t.small[1], f.small[1])) FROM cost t JOIN cost f USING (name) WHERE t.name = 'add' AND t.lines = 1000 AND f.lines = 10;
-- Each item and offer is judged once, not each item with every offer.
SELECT pg_stat_get_xact_function_calls('offerengine_internal.is_allowed'::regproc) AS judged \gset
SELECT count(*) FROM kept k, offerengine.quick_order('many', k.cart, (SELECT jsonb_agg(jsonb_build_object('sku', 'K' || n)) FROM generate_series(1, 1000) AS n), preview => true) WHERE k.customer = 'many' \g /dev/null
SELECT cmp_ok(pg_stat_get_xact_function_calls('offerengine_internal.is_allowed'::regproc) - :judged, '<=', 2000::bigint, 'quick order: merchants are compared once an item');

-- Other lists: of 3000 with 15000 lines none is read (rows that were taken back weigh a little, and the specification looks up
-- the country by its key or, after an ANALYZE, by reading the few pages of countries once a call).
INSERT INTO offerengine.customer_timeline (customer_reference) SELECT 'other ' || n FROM generate_series(1, 3000) AS n;
INSERT INTO offerengine.customer_list (customer_reference, list_id, kind, name, store_code, last_line_no)
SELECT 'other ' || n, offerengine.uuid_v7(), 'wishlist', 'x', 'P-DE', 5 FROM generate_series(1, 3000) AS n;
INSERT INTO offerengine.customer_list_line (customer_reference, list_id, line_no, offer_reference, sku, merchant_reference, quantity)
SELECT c.customer_reference, c.list_id, n, 'k' || n, 'K' || n, 'p-guest', 1 FROM offerengine.customer_list c, generate_series(1, 5) AS n WHERE c.customer_reference LIKE 'other %';
\ir ../include/compact.psql
UPDATE cost c SET large = pg_temp.cost(c.call);
SELECT cmp_ok(c.large[1], '<=', c.small[1] + 2 * c.lines + CASE WHEN :'is_fast' THEN 50 ELSE least(300, 50 + :countries) END, format('%s of %s lines: %s rows beside 3000 other lists, %s without', c.name, c.lines, c.large[1], c.small[1])) FROM cost c ORDER BY c.name, c.lines;
-- What goes into a full cart: each line of it is read, not once for every line that comes.
SELECT offerengine.list_to_cart('many', k.list, k.cart) FROM kept k WHERE k.customer = 'many' \g /dev/null
SELECT cmp_ok(c.small[1] / 1000, '<=', 40::bigint, format('twice: %s rows a line', c.small[1] / 1000)) FROM (SELECT pg_temp.cost(c.call) AS small FROM cost c WHERE c.name = 'to cart' AND c.lines = 1000) AS c;
SELECT * FROM finish();
ROLLBACK;
