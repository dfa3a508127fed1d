-- What looking at a cart and buying it reads: in proportion to its lines, whatever other carts there are; prices by one call, and
-- the catalogue never as a whole. Rows and index entries, counted.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/cart.psql
\ir ../include/cost.psql
SELECT no_plan();
SET LOCAL track_functions = 'all';
INSERT INTO offerengine.product (sku, abstract_product_id, name)
SELECT 'k' || n, p.abstract_product_id, 'A book' FROM generate_series(1, 400) AS n, offerengine.product p WHERE p.sku = 'P-BOOK';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status, customer_limit, order_maximum)
SELECT p.sku, p.product_id, m.merchant_id, 'approved', CASE WHEN p.product_id % 2 = 0 THEN 100 END, 50
  FROM offerengine.product p, offerengine.merchant m WHERE p.sku ~ '^k[0-9]+$' AND m.merchant_reference = 'p-guest';
INSERT INTO offerengine.offer_store (offer_id, store_code) SELECT o.offer_id, 'P-DE' FROM offerengine.offer o WHERE o.offer_reference ~ '^k[0-9]+$';
INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, gross_amount)
SELECT o.product_id, o.offer_id, 'P-DE', 'EUR', o.offer_id FROM offerengine.offer o WHERE o.offer_reference ~ '^k[0-9]+$';
SELECT offerengine.put_warehouse('w', stores => '{P-DE}') \g /dev/null
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity)
SELECT o.offer_id, w.warehouse_id, 100000 FROM offerengine.offer o, offerengine.warehouse w WHERE o.offer_reference ~ '^k[0-9]+$' AND w.name = 'w';
-- Where nothing was ever held the first holds are found by reading the few that there are.
INSERT INTO offerengine.stock_held (offer_id, warehouse_id, held) SELECT s.offer_id, s.warehouse_id, 0 FROM offerengine.offer_stock s;
SET CONSTRAINTS ALL IMMEDIATE;
CREATE FUNCTION pg_temp.cart_of(customer text, lines integer) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    made CONSTANT uuid := offerengine.cart_create(customer, 'P-DE', 'EUR');
BEGIN
    PERFORM offerengine.cart_add(customer, made, 'k' || n, 1 + n % 3) FROM generate_series(1, lines) AS n;
    RETURN made;
END
$$;
SELECT pg_temp.cart_of('few', 10) AS few, pg_temp.cart_of('more', 20) AS more, pg_temp.cart_of('many', 200) AS many \gset
\ir ../include/compact.psql

-- Of the last of several calls, each taken back: what it read, what it wrote, and how often it asked for prices.
CREATE FUNCTION pg_temp.cost(call text) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    before bigint[];
    answer text;
    rows   bigint;
BEGIN
    FOR i IN 1..7 LOOP
        BEGIN
            before := ARRAY[pg_temp.rows_read(), pg_temp.rows_written(), pg_temp.calls('sold_offers', 'resolve_price')];
            EXECUTE 'SELECT count(*) FROM offerengine.' || call INTO rows;
            RAISE EXCEPTION 'taken back' USING ERRCODE = 'XX999', DETAIL = ARRAY[
                pg_temp.rows_read() - before[1], pg_temp.rows_written() - before[2], pg_temp.calls('sold_offers', 'resolve_price') - before[3]]::text;
        EXCEPTION WHEN SQLSTATE 'XX999' THEN
            GET STACKED DIAGNOSTICS answer = PG_EXCEPTION_DETAIL;
        END;
    END LOOP;
    RETURN answer::bigint[];
END
$$;
CREATE TEMP TABLE cost AS
SELECT f.name, c.lines, format(f.call, c.customer, c.cart) AS call, pg_temp.cost(format(f.call, c.customer, c.cart)) AS small, NULL::bigint[] AS large
  FROM (VALUES ('items', 'cart_items(%L, %L)'), ('totals', 'cart_totals(%L, %L)'), ('validate', 'cart_validate(%L, %L)'),
               ('hold', 'cart_hold(%L, %L, ''2100-01-01'')'), ('checkout', 'cart_checkout(%L, %L)')) AS f (name, call),
       (VALUES ('few', 10, :'few'), ('more', 20, :'more'), ('many', 200, :'many')) AS c (customer, lines, cart);
SELECT is(c.small[3], 1::bigint, format('%s of %s lines asks for prices once', c.name, c.lines)) FROM cost c ORDER BY c.name, c.lines;
SELECT cmp_ok(t.small[1] / 200, '<=', CASE t.name WHEN 'checkout' THEN 120 WHEN 'hold' THEN 70 ELSE 40 END::bigint, format('%s: %s rows a line', t.name, t.small[1] / 200)) FROM cost t WHERE t.lines = 200 ORDER BY t.name;
-- A line of an order, a hold and its place; the line of the cart goes.
SELECT cmp_ok((t.small[2] - f.small[2]) / 190, '<=', 4::bigint, format('%s: %s rows written for 200 lines', t.name, t.small[2])) FROM cost t JOIN cost f USING (name) WHERE t.lines = 200 AND f.lines = 10 ORDER BY t.name;
SELECT is(t.small[2], 0::bigint, t.name || ' writes nothing') FROM cost t WHERE t.name IN ('items', 'totals', 'validate') ORDER BY t.name, t.lines;

-- Other carts, and other customers' orders: of 3000 carts with 15000 lines none is read (rows that were taken back weigh a little).
INSERT INTO offerengine.customer_timeline (customer_reference) SELECT 'other ' || n FROM generate_series(1, 3000) AS n;
INSERT INTO offerengine.cart (customer_reference, cart_id, store_code, currency_code, price_mode, last_line_no)
SELECT 'other ' || n, offerengine.uuid_v7(), 'P-DE', 'EUR', 'gross', 5 FROM generate_series(1, 3000) AS n;
INSERT INTO offerengine.cart_line (customer_reference, cart_id, line_no, offer_reference, quantity)
SELECT c.customer_reference, c.cart_id, n, 'k' || n, 1 FROM offerengine.cart c, generate_series(1, 5) AS n WHERE c.customer_reference LIKE 'other %';
INSERT INTO offerengine.sales_order (customer_reference, order_id, store_code, currency_code)
SELECT c.customer_reference, c.cart_id, 'P-DE', 'EUR' FROM offerengine.cart c WHERE c.customer_reference LIKE 'other %';
INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, quantity)
SELECT l.customer_reference, l.cart_id, l.line_no, o.offer_id, o.merchant_id, 1 FROM offerengine.cart_line l JOIN offerengine.offer o USING (offer_reference) WHERE l.customer_reference LIKE 'other %';
\ir ../include/analyze.psql
UPDATE cost c SET large = pg_temp.cost(c.call);
SELECT cmp_ok(c.large[1], '<=', c.small[1] + 2000, format('%s of %s lines: %s rows beside 3000 other carts, %s without', c.name, c.lines, c.large[1], c.small[1])) FROM cost c ORDER BY c.name, c.lines;
-- Rules are looked for, and taken, where a line is a subscription; a cart that was never held has nothing of a hold to remove.
CREATE FUNCTION pg_temp.sells(customer text, VARIADIC offers text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    made   CONSTANT uuid := offerengine.cart_create(customer, 'P-DE', 'EUR');
    before bigint[];
BEGIN
    PERFORM offerengine.cart_add(customer, made, o) FROM unnest(offers) AS o;
    before := ARRAY[pg_temp.calls('share_cart_rules'), pg_temp.calls('rules_of_targets', 'redirect_lines'), pg_temp.calls('sum_order_up'),
                    pg_stat_get_xact_numscans('offerengine.cart_hold_pkey'::regclass), pg_temp.calls('sold_lines')];
    PERFORM FROM offerengine.cart_checkout(customer, made);
    RETURN format('%s %s %s %s %s', pg_temp.calls('share_cart_rules') - before[1],
                  (pg_temp.calls('rules_of_targets', 'redirect_lines') > before[2])::integer, pg_temp.calls('sum_order_up') - before[3],
                  pg_stat_get_xact_numscans('offerengine.cart_hold_pkey'::regclass) - before[4], pg_temp.calls('sold_lines') - before[5]);
END
$$;
SELECT is(pg_temp.sells('rules 1', 'k1', 'k2'), '0 0 0 0 0', 'neither rules, sums nor holds are read for what has none');
SELECT is(pg_temp.sells('rules 2', 'k1', 'base'), '1 1 0 0 0', 'rules are where a line is a subscription');
-- A small cart is not planned anew at every call, though its own plans look cheaper.
SELECT is_empty($$SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'offerengine_internal'::regnamespace
                     AND p.proname IN ('do_cart_items', 'do_cart_totals', 'do_cart_shipments', 'do_cart_validate', 'do_cart_best_offers', 'do_cart_hold', 'do_cart_checkout', 'do_cart_add',
                                       'do_list_items', 'do_list_to_cart', 'do_reorder')
                     AND NOT 'plan_cache_mode=force_generic_plan' = ANY (p.proconfig)$$, 'generic plans');
SELECT * FROM finish();
ROLLBACK;
