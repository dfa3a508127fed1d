-- What the cheapest way to a cart reads: in proportion to the offers of its SKUs, whatever the quantity and whatever else there is;
-- prices by two calls. Rows and index entries, counted.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/cart.psql
\ir ../include/offers.psql
\ir ../include/cost.psql
SELECT no_plan();
SET LOCAL track_functions = 'all';
SELECT pg_temp.product('few'), pg_temp.product('many') \g /dev/null
INSERT INTO offerengine.merchant (merchant_reference, name, approval_status) SELECT 'x' || n, 'x' || n, 'approved' FROM generate_series(1, 100) AS n;
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status)
SELECT p.sku || n, p.product_id, m.merchant_id, 'approved' FROM (VALUES ('few', 10), ('many', 100)) AS s (sku, offers) JOIN offerengine.product p USING (sku),
       generate_series(1, s.offers) AS n, offerengine.merchant m WHERE m.merchant_reference = 'x' || n;
INSERT INTO offerengine.offer_store (offer_id, store_code) SELECT o.offer_id, 'P-DE' FROM offerengine.offer o WHERE o.offer_reference ~ '^(few|many)\d';
INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, gross_amount, min_quantity)
SELECT o.product_id, o.offer_id, 'P-DE', 'EUR', 1000 + substring(o.offer_reference FROM '\d+')::integer % 7 - 5 * t, t FROM offerengine.offer o, unnest('{1,10,100}'::integer[]) AS t WHERE o.offer_reference ~ '^(few|many)\d';
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity)
SELECT o.offer_id, w.warehouse_id, 30000 + substring(o.offer_reference FROM '\d+')::integer FROM offerengine.offer o, offerengine.warehouse w WHERE o.offer_reference ~ '^(few|many)\d' AND w.name = 'w';
INSERT INTO offerengine.stock_held (offer_id, warehouse_id, held) SELECT s.offer_id, s.warehouse_id, 0 FROM offerengine.offer_stock s;
-- Offers of other SKUs, of a thousand merchants, so that no table is so small that it is read as a whole.
CREATE FUNCTION pg_temp.others(part integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO offerengine.merchant (merchant_reference, name, approval_status) SELECT 'y' || $1 || '-' || n, 'y', 'approved' FROM generate_series(1, 1000) AS n;
    INSERT INTO offerengine.product (sku, abstract_product_id, name) SELECT 'q' || $1 || '-' || n, a.abstract_product_id, 'q' FROM generate_series(1, 1000) AS n, offerengine.abstract_product a WHERE a.abstract_sku = 'P-A';
    INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status)
    SELECT p.sku, p.product_id, m.merchant_id, 'approved' FROM offerengine.product p, offerengine.merchant m WHERE p.sku ~ ('^q' || $1) AND m.merchant_reference = 'y' || substring(p.sku FROM 2);
    INSERT INTO offerengine.offer_store (offer_id, store_code) SELECT o.offer_id, 'P-DE' FROM offerengine.offer o WHERE o.offer_reference ~ ('^q' || $1);
    INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity) SELECT o.offer_id, w.warehouse_id, 5 FROM offerengine.offer o, offerengine.warehouse w WHERE o.offer_reference ~ ('^q' || $1) AND w.name = 'w';
    INSERT INTO offerengine.stock_held (offer_id, warehouse_id, held) SELECT s.offer_id, s.warehouse_id, 0 FROM offerengine.offer_stock s ON CONFLICT DO NOTHING;
$$;
SELECT pg_temp.others(1) \g /dev/null
SET CONSTRAINTS ALL IMMEDIATE;
SELECT pg_temp.new_cart('anna', 1), pg_temp.fill('anna', 1, 'few1 x100000'), pg_temp.new_cart('anna', 2), pg_temp.fill('anna', 2, 'many1 x10'), pg_temp.new_cart('anna', 3), pg_temp.fill('anna', 3, 'many1 x1000000') \g /dev/null
\ir ../include/compact.psql

-- Rows, calls for prices and rows of the answer of the last of some calls.
CREATE FUNCTION pg_temp.cost(n integer, most integer DEFAULT NULL) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    before bigint[];
    found  bigint;
BEGIN
    FOR i IN 1..7 LOOP
        before := ARRAY[pg_temp.rows_read(), pg_temp.calls('resolve_price', 'sold_offers', 'price_ladder', 'price_ladders', 'list_offers', 'list_offers_many', 'default_offer')];
        SELECT count(b.best_offer_reference) INTO found FROM offerengine.cart_best_offers('anna', pg_temp.cart(n), max_merchants => most) b WHERE b.is_exact;
    END LOOP;
    RETURN ARRAY[pg_temp.rows_read() - before[1], pg_temp.calls('resolve_price', 'sold_offers', 'price_ladder', 'price_ladders', 'list_offers', 'list_offers_many', 'default_offer') - before[2], found];
END
$$;
CREATE TEMP TABLE cost AS SELECT n, pg_temp.cost(n) AS small, NULL::bigint[] AS large FROM generate_series(1, 3) AS n;
SELECT is(c.small[2], 2::bigint, format('cart %s: prices of the lines and of their offers, a call each', c.n)) FROM cost c ORDER BY c.n;
SELECT is((SELECT c.small[3] FROM cost c WHERE c.n = n.n), n.offers, format('cart %s: over %s offers', n.n, n.offers)) FROM (VALUES (1, 4::bigint), (2, 1), (3, 34)) AS n (n, offers);
SELECT cmp_ok(c.small[1] / 100, '<=', 35::bigint, format('%s rows of 100 offers', c.small[1])) FROM cost c WHERE c.n = 3;
SELECT cmp_ok(c.small[1], '<=', (SELECT d.small[1] + 200 FROM cost d WHERE d.n = 2), 'a million pieces read what ten do') FROM cost c WHERE c.n = 3;
SELECT cmp_ok((pg_temp.cost(3, 34))[1], '<=', c.small[1] + 200, 'also with a most of merchants') FROM cost c WHERE c.n = 3;

-- As many offers of other SKUs again, other carts: none of them is read.
SELECT pg_temp.others(2) \g /dev/null
INSERT INTO offerengine.cart (customer_reference, cart_id, store_code, currency_code, price_mode, last_line_no) SELECT 'other ' || n, offerengine.uuid_v7(), 'P-DE', 'EUR', 'gross', 1 FROM generate_series(1, 2000) AS n;
INSERT INTO offerengine.cart_line (customer_reference, cart_id, line_no, offer_reference, quantity) SELECT c.customer_reference, c.cart_id, 1, 'many1', 1 FROM offerengine.cart c WHERE c.customer_reference LIKE 'other %';
SET CONSTRAINTS ALL IMMEDIATE;
\ir ../include/analyze.psql
UPDATE cost c SET large = pg_temp.cost(c.n);
SELECT cmp_ok(c.large[1], '<=', c.small[1] + 500, format('cart %s: %s rows beside 1000 more offers and 2000 carts, %s without', c.n, c.large[1], c.small[1])) FROM cost c ORDER BY c.n;
SELECT * FROM finish();
ROLLBACK;
