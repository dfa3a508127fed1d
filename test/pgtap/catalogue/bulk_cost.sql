-- Statements that write many rows read a bounded number of rows for each, also where statistics say that a table has none
-- though it is about to be filled: it was analysed when it was empty, or when all its rows were of a transaction that did
-- not commit. The engine's own statements and plans without number are planned for large tables then.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
\set n 2000

CREATE FUNCTION pg_temp.rows_read() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(pg_stat_get_xact_tuples_returned(c.oid))::bigint FROM pg_class c
     WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind IN ('r', 'i') $$;
CREATE FUNCTION pg_temp.cost(statement text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint := pg_temp.rows_read();
BEGIN
    EXECUTE statement;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN pg_temp.rows_read() - before;
END
$$;
CREATE TABLE pg_temp.step (line serial, rows_written integer, statement text);
INSERT INTO pg_temp.step (rows_written, statement)
SELECT s.rows_written, replace(s.statement, ':n', :n::text) FROM (VALUES
(:n / 10, $$INSERT INTO offerengine.abstract_product (abstract_sku) SELECT 'c-a' || i FROM generate_series(1, :n / 10) i$$),
(:n / 10, $$INSERT INTO offerengine.abstract_product_store SELECT a.abstract_product_id, 'C-DE' FROM offerengine.abstract_product a WHERE a.abstract_sku ~ '^c-a'$$),
(:n, $$INSERT INTO offerengine.product (sku, abstract_product_id)
       SELECT 'c-g' || i, a.abstract_product_id FROM generate_series(1, :n) i JOIN offerengine.abstract_product a ON a.abstract_sku = 'c-a' || i % (:n / 10) + 1$$),
(:n, $$INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id)
       SELECT p.sku, p.product_id, pg_temp.merchant('c-one') FROM offerengine.product p WHERE p.sku ~ '^c-g'$$),
(:n, $$INSERT INTO offerengine.offer_store (offer_id, store_code) SELECT o.offer_id, 'C-DE' FROM offerengine.offer o WHERE o.offer_reference ~ '^c-g'$$),
(:n, $$INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, net_amount)
       SELECT o.product_id, o.offer_id, 'C-DE', 'EUR', 100 FROM offerengine.offer o WHERE o.offer_reference ~ '^c-g'$$),
(:n, $$INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, min_quantity, net_amount)
       SELECT o.product_id, o.offer_id, 'C-DE', 'EUR', 10, 50 FROM offerengine.offer o WHERE o.offer_reference ~ '^c-g'$$),
(:n, $$SELECT offerengine.approve_offers(array_agg(o.offer_reference)) FROM offerengine.offer o WHERE o.offer_reference ~ '^c-g'$$),
(:n, $$UPDATE offerengine.price p SET net_amount = 101 FROM offerengine.offer o WHERE o.offer_id = p.offer_id AND o.offer_reference ~ '^c-g' AND p.min_quantity = 1$$),
(:n, $$UPDATE offerengine.offer SET title = 'x' WHERE offer_reference ~ '^c-g'$$),
(:n, $$UPDATE offerengine.product SET is_active = false WHERE sku ~ '^c-g'$$),
(:n, $$DELETE FROM offerengine.abstract_product_store s USING offerengine.abstract_product a
        WHERE a.abstract_product_id = s.abstract_product_id AND a.abstract_sku ~ '^c-a'$$),
(:n, $$DELETE FROM offerengine.price p USING offerengine.offer o WHERE o.offer_id = p.offer_id AND o.offer_reference ~ '^c-g' AND p.min_quantity = 10$$),
(:n, $$DELETE FROM offerengine.offer_store s USING offerengine.offer o WHERE o.offer_id = s.offer_id AND o.offer_reference ~ '^c-g'$$),
(:n, $$UPDATE offerengine.merchant SET reapprove_on_change = true WHERE merchant_reference = 'c-one'$$),
(:n, $$UPDATE offerengine.price p SET net_amount = 201 FROM offerengine.offer o WHERE o.offer_id = p.offer_id AND o.offer_reference ~ '^c-g'$$)
) s (rows_written, statement);

-- The rows of a load that is taken back are what ANALYZE finds: dead, all of them.
SAVEPOINT nothing;
\ir ../include/catalogue.psql
SELECT pg_temp.cost(s.statement) FROM pg_temp.step s WHERE s.line <= 7 ORDER BY s.line \g /dev/null
ROLLBACK TO nothing;
\ir ../include/analyze.psql
SELECT is((SELECT array_agg(DISTINCT c.reltuples) FROM pg_class c
            WHERE c.oid = ANY (ARRAY['offer', 'offer_store', 'product', 'price', 'abstract_product']::text[]::regclass[])), '{0}',
          'statistics say that there are no rows') FROM set_config('search_path', 'offerengine, public', true);
RESET search_path;
\ir ../include/catalogue.psql
SELECT cmp_ok(pg_temp.cost(s.statement) / s.rows_written, '<', 200::bigint, 'rows read for each row of: ' || regexp_replace(s.statement, '\s+', ' ', 'g'))
  FROM (SELECT * FROM pg_temp.step ORDER BY line) s;
SELECT * FROM finish();
ROLLBACK;
