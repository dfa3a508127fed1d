-- A few rows of a large catalogue: an import reads what they name, not whole tables. Rows are counted, never time.
BEGIN;
\ir ../include/import.psql
SELECT no_plan();

-- Rows read of tables so far in this transaction, through indexes or by scanning them.
CREATE FUNCTION pg_temp.rows_of(VARIADIC tables text[]) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT sum(pg_stat_get_xact_tuples_returned(r.oid) + pg_stat_get_xact_tuples_fetched(r.oid))::bigint
      FROM (SELECT t::regclass AS oid FROM unnest($1) t
            UNION ALL SELECT i.indexrelid FROM pg_index i, unnest($1) t WHERE i.indrelid = t::regclass) r
$$;
CREATE FUNCTION pg_temp.fill(numbers int4range, gross text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO offerengine.import_merchant_product_offer_store (product_offer_reference, store_name)
    SELECT 'IT-' || n, 'IT-DE' FROM generate_series(lower(numbers), upper(numbers) - 1) n;
    INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_gross)
    SELECT 'IT-' || n, 'IT-DE', 'EUR', gross FROM generate_series(lower(numbers), upper(numbers) - 1) n;
    INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity)
    SELECT 'IT-' || n, 'IT-W1', gross FROM generate_series(lower(numbers), upper(numbers) - 1) n
$$;

-- The catalogue, as an import of it leaves it.
SET LOCAL session_replication_role = replica;
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, merchant_sku, approval_status)
SELECT 'IT-' || n, p.product_id, m.merchant_id, 'sku' || n, 'approved'
  FROM generate_series(1, 40000) n, offerengine.product p, offerengine.merchant m
 WHERE p.sku = 'IT-P' AND m.merchant_reference = 'IT-M1';
INSERT INTO offerengine.offer_store (offer_id, store_code, shown_from, shown_to, product_id, abstract_product_id, merchant_id, sku,
                                     offer_reference, offer_type, management)
SELECT o.offer_id, 'IT-DE', o.valid_from, o.valid_to, o.product_id, p.abstract_product_id, o.merchant_id, p.sku, o.offer_reference,
       o.offer_type, o.management
  FROM offerengine.offer o JOIN offerengine.product p USING (product_id) WHERE p.sku = 'IT-P';
INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, gross_amount)
SELECT o.product_id, o.offer_id, 'IT-DE', 'EUR', 100 FROM offerengine.offer_store s JOIN offerengine.offer o USING (offer_id) WHERE s.sku = 'IT-P';
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity)
SELECT s.offer_id, w.warehouse_id, 100 FROM offerengine.offer_store s, offerengine.warehouse w WHERE s.sku = 'IT-P' AND w.name = 'IT-W1';
SET LOCAL session_replication_role = origin;
ANALYZE offerengine.offer, offerengine.offer_store, offerengine.price, offerengine.offer_stock, offerengine.store, offerengine.warehouse;
-- As it is where tables lie in memory or on flash, so that few rows are enough to tell.
SET LOCAL random_page_cost = 1.1;

SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer
       (product_offer_reference, concrete_sku, merchant_reference, merchant_sku, is_active, approval_status)
VALUES ('IT-40001', 'IT-P', 'IT-M1', 'sku40001', '1', 'approved');
SELECT pg_temp.fill('[39982,40002)', '200');
SELECT pg_temp.rows_of('offerengine.offer_store') AS stores, pg_temp.rows_of('offerengine.offer_stock') AS stocks,
       pg_temp.rows_of('offerengine.price') AS prices \gset
SELECT set_eq('SELECT pg_temp.run(dry_run => true)', ARRAY['merchant_product_offer 1/1/0/0/0', 'merchant_product_offer_store 20/1/0/19/0',
    'price_product_offer 20/1/19/0/0', 'product_offer_stock 20/1/19/0/0'], 'what differs next day');
SELECT cmp_ok(pg_temp.rows_of('offerengine.offer_store') - :stores, '<=', 200::bigint, 'of the stores of offers twenty are looked up');
SELECT cmp_ok(pg_temp.rows_of('offerengine.offer_stock') - :stocks, '<=', 200::bigint, 'of their stock');
SELECT cmp_ok(pg_temp.rows_of('offerengine.price') - :prices, '<=', 500::bigint, 'of their prices');

SELECT * FROM finish();
ROLLBACK;
