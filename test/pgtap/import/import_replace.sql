-- Mode replace ends what the files no longer name, for the merchants and the stores that they do name, and nothing else.
BEGIN;
\ir ../include/import.psql
SELECT no_plan();

SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference) VALUES
    ('IT-1', 'IT-P', 'IT-M1'), ('IT-2', 'IT-P', 'IT-M1'), ('IT-3', 'IT-P', 'IT-M2');
INSERT INTO offerengine.import_merchant_product_offer_store (product_offer_reference, store_name)
SELECT o, s FROM unnest(ARRAY['IT-1', 'IT-2', 'IT-3']) AS o, unnest(ARRAY['IT-DE', 'IT-AT']) AS s;
INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, price_type, value_net, price_data_volume_prices)
SELECT o, s, 'EUR', t, '100', '[{"quantity": 5, "net_price": 90}]'
  FROM unnest(ARRAY['IT-1', 'IT-2', 'IT-3']) AS o, unnest(ARRAY['IT-DE', 'IT-AT']) AS s, unnest(ARRAY['DEFAULT', 'ORIGINAL']) AS t;
INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity)
SELECT o, w, '5' FROM unnest(ARRAY['IT-1', 'IT-2', 'IT-3']) AS o, unnest(ARRAY['IT-W1', 'IT-W2']) AS w;
INSERT INTO offerengine.import_product_price (concrete_sku, store, currency, value_net) VALUES
    ('IT-P', 'IT-DE', 'EUR', '100'), ('IT-Q', 'IT-DE', 'EUR', '100'), ('IT-Q', 'IT-AT', 'EUR', '100');
INSERT INTO offerengine.import_product_price_schedule (concrete_sku, store, currency, value_net, from_included, to_included) VALUES
    ('IT-P', 'IT-DE', 'EUR', '70', '2031-01-01', '2031-01-31'), ('IT-P', 'IT-DE', 'EUR', '71', '2032-01-01', '2032-01-31');
SELECT is((SELECT sum(r.rows_failed) FROM offerengine.import_run() r), 0::numeric, 'a full load');
SELECT offerengine.import_end();
-- A promotion that no file names.
SELECT offerengine.set_price('IT-DE', 'EUR', 50, offer_reference => 'IT-1', valid_from => '2031-06-01', valid_to => '2031-07-01') > 0 AS priced \gset

CREATE FUNCTION pg_temp.ended() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s %s', r.file, r.rows_ended) FROM offerengine.import_run(mode => 'replace') r WHERE r.rows_ended > 0 $$;
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer_store (product_offer_reference, store_name) VALUES ('IT-1', 'IT-DE');
INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, price_type, value_net, price_data_volume_prices) VALUES
    ('IT-1', 'IT-DE', 'EUR', 'DEFAULT', '100', ''), ('IT-1', 'IT-DE', 'EUR', 'ORIGINAL', 'x', '');
INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity) VALUES ('IT-1', 'IT-W1', '5');
INSERT INTO offerengine.import_product_price (concrete_sku, store, currency, value_net) VALUES ('IT-P', 'IT-DE', 'EUR', '100');
INSERT INTO offerengine.import_product_price_schedule (concrete_sku, store, currency, value_net, from_included, to_included) VALUES
    ('IT-P', 'IT-DE', 'EUR', '70', '2031-01-01', '2031-01-31');
SELECT set_eq($$ SELECT format('%s %s', r.file, r.rows_ended) FROM offerengine.import_run(dry_run => true, mode => 'replace') r WHERE r.rows_ended > 0 $$,
    ARRAY['price_product_offer 5', 'merchant_product_offer_store 1', 'product_offer_stock 1', 'product_price 1', 'product_price_schedule 1'],
    'a dry run counts what would end');
SELECT is((SELECT count(*) FROM offerengine.price p WHERE p.valid_to = now()), 0::bigint, 'and ends nothing');
SELECT set_eq('SELECT pg_temp.ended()', ARRAY['price_product_offer 5', 'merchant_product_offer_store 1', 'product_offer_stock 1', 'product_price 1',
    'product_price_schedule 1'], 'what is not named ends');
SELECT set_eq($$ SELECT pg_temp.prices('IT-1') $$, ARRAY['IT-DE EUR DEFAULT 1 100/-', 'IT-DE EUR DEFAULT 1 50/-',
    'IT-DE EUR ORIGINAL 1 100/-', 'IT-DE EUR ORIGINAL 5 90/-', 'IT-AT EUR DEFAULT 1 100/-', 'IT-AT EUR DEFAULT 5 90/-',
    'IT-AT EUR ORIGINAL 1 100/-', 'IT-AT EUR ORIGINAL 5 90/-'],
    'a tier ends; another store, a promotion, and what a refused row names stay');
SELECT set_eq($$ SELECT pg_temp.prices('IT-2') WHERE true $$, ARRAY['IT-AT EUR DEFAULT 1 100/-', 'IT-AT EUR DEFAULT 5 90/-',
    'IT-AT EUR ORIGINAL 1 100/-', 'IT-AT EUR ORIGINAL 5 90/-'], 'an offer of the merchant that is not named has no price in the store');
SELECT is((SELECT count(*) FROM pg_temp.prices('IT-3')), 8::bigint, 'another merchant''s prices stay');
SELECT set_eq($$ SELECT o.offer_reference || ' ' || s.store_code FROM offerengine.offer_store s JOIN offerengine.offer o USING (offer_id)
                  WHERE o.offer_reference LIKE 'IT-%' $$,
    ARRAY['IT-1 IT-DE', 'IT-1 IT-AT', 'IT-2 IT-AT', 'IT-3 IT-DE', 'IT-3 IT-AT'], 'stores');
SELECT set_eq($$ SELECT format('%s %s %s', o.offer_reference, w.name, s.quantity) FROM offerengine.offer_stock s JOIN offerengine.offer o USING (offer_id)
                   JOIN offerengine.warehouse w USING (warehouse_id) WHERE o.offer_reference LIKE 'IT-%' $$,
    ARRAY['IT-1 IT-W1 5', 'IT-1 IT-W2 5', 'IT-2 IT-W1 0', 'IT-2 IT-W2 5', 'IT-3 IT-W1 5', 'IT-3 IT-W2 5'], 'stock');
SELECT set_eq($$ SELECT format('%s %s %s', p.sku, r.store_code, r.net_amount) FROM offerengine.price r JOIN offerengine.product p USING (product_id)
                  WHERE r.offer_id IS NULL AND p.sku LIKE 'IT-%' AND r.valid_to > now() $$,
    ARRAY['IT-P IT-DE 100', 'IT-P IT-DE 70', 'IT-Q IT-AT 100'], 'prices of products, with and without a window');
SELECT is_empty('SELECT pg_temp.ended()', 'the same replace again ends nothing');
SELECT offerengine.import_end();

-- Named again, a price runs again, and its tiers need it.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_net, price_data_volume_prices) VALUES
    ('IT-2', 'IT-DE', 'EUR', '100', '[{"quantity": 5, "net_price": 90}]');
SELECT is(pg_temp.run(), 'price_product_offer 1/1/0/0/0', 'an ended price stays ended: what is named is a new one');
SELECT ok('IT-DE EUR DEFAULT 5 90/-' IN (SELECT pg_temp.prices('IT-2')), 'and runs again with its tier');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT is((SELECT count(*) FROM offerengine_internal.uncovered_tier), 0::bigint, 'every tier has its base price');
SELECT * FROM finish();
ROLLBACK;
