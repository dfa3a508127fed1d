-- A store that carries few offers, one product in 99, in the catalogue of generate.sql.
\set ON_ERROR_STOP on
\set QUIET on
INSERT INTO offerengine.store (store_code, name) VALUES ('few', 'Few');
INSERT INTO offerengine.store_currency VALUES ('few', 'EUR', true);
INSERT INTO offerengine.abstract_product_store SELECT n, 'few' FROM generate_series(1, :products, 99) n;
INSERT INTO offerengine.offer_store (offer_id, store_code) SELECT n, 'few' FROM generate_series(1, :products, 99) n;
VACUUM (ANALYZE) offerengine.abstract_product_store, offerengine.offer_store;
