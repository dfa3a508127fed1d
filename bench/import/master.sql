-- What the offers of the benchmark stand on: 3 stores, 100 merchants, a warehouse, a tenth as many products as offers.
INSERT INTO offerengine.store (store_code, name) VALUES ('DE', 'Germany'), ('AT', 'Austria'), ('US', 'United States');
INSERT INTO offerengine.store_currency SELECT s.store_code, 'EUR', true FROM offerengine.store s;
INSERT INTO offerengine.merchant (merchant_reference, name, approval_status)
SELECT 'M' || n, 'Merchant ' || n, 'approved' FROM pg_catalog.generate_series(0, 99) AS n;
INSERT INTO offerengine.abstract_product (abstract_sku)
SELECT 'A' || n FROM pg_catalog.generate_series(0, :offers / 10) AS n;
INSERT INTO offerengine.product (sku, abstract_product_id, name)
SELECT 'P' || pg_catalog.substr(a.abstract_sku, 2), a.abstract_product_id, 'Product ' || a.abstract_sku FROM offerengine.abstract_product a;
INSERT INTO offerengine.abstract_product_store
SELECT a.abstract_product_id, s.store_code FROM offerengine.abstract_product a CROSS JOIN offerengine.store s;
INSERT INTO offerengine.warehouse (name) VALUES ('central');
INSERT INTO offerengine.warehouse_store SELECT w.warehouse_id, s.store_code FROM offerengine.warehouse w CROSS JOIN offerengine.store s;
ANALYZE;
