-- Combined files, in both styles of header: an offer goes over several rows, and each row's parts stand for themselves.
BEGIN;
\ir ../include/import.psql
SELECT no_plan();

SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_combined_merchant_product_offer
    (product_offer_reference, merchant_product_offer_concrete_sku, merchant_product_offer_merchant_reference, merchant_product_offer_merchant_sku,
     merchant_product_offer_is_active, merchant_product_offer_approval_status, merchant_product_offer_store_store_name, product_offer_stock_stock_name,
     product_offer_stock_quantity, product_offer_stock_is_never_out_of_stock, price_product_offer_price_type, price_product_offer_store,
     price_product_offer_currency, price_product_offer_value_net, price_product_offer_value_gross, price_product_offer_price_data_volume_prices,
     product_offer_validity_valid_from, product_offer_validity_valid_to) VALUES
    ('IT-1', 'IT-P', 'IT-M1', 'sku1', '1', 'approved', 'IT-DE', 'IT-W1', '100', '1', 'DEFAULT', 'IT-DE', 'EUR', '50', '70', '', '', ''),
    ('IT-1', '', '', '', '', '', '', '', '', '', 'ORIGINAL', 'IT-DE', 'EUR', '150', '170', '', '', ''),
    ('IT-1', '', '', '', '', '', 'IT-AT', '', '', '', '', '', '', '', '', '', '', ''),
    ('IT-1', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', ''),
    ('IT-1', '', '', '', '', '', 'IT-XX', 'IT-W2', '5', '', 'DEFAULT', 'IT-DE', 'EUR', '51', '71', '[{"quantity": 5, "net_price": 40}]', '', ''),
    ('IT-2', 'IT-Q', 'IT-M2', '', '1', 'approved', 'IT-DE;IT-AT', '', '', '', '', '', '', '', '', '', '2021-01-01', '2040-12-01 00:00:00.000000'),
    ('IT-3', '', '', '', '', '', 'IT-DE', 'IT-W1', '1', '0', 'DEFAULT', 'IT-DE', 'EUR', '1', '', '', '2030-01-01', '');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['combined_merchant_product_offer 7/4/0/1/2'], 'four rows bring something, one says nothing, two have errors');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'notice combined_merchant_product_offer:2 - "": a later row says the same price again and was used: combined_merchant_product_offer, line 6',
    'error combined_merchant_product_offer:6 merchant_product_offer_store.store_name "IT-XX": unknown store',
    'error combined_merchant_product_offer:8 product_offer_reference "IT-3": unknown offer'], 'an unknown offer is said once');
SELECT set_eq($$ SELECT pg_temp.prices('IT-1') $$, ARRAY['IT-DE EUR DEFAULT 1 51/71', 'IT-DE EUR DEFAULT 5 40/-', 'IT-DE EUR ORIGINAL 1 150/170'],
              'prices; the good parts of a row with an error load');
SELECT set_eq($$ SELECT format('%s %s %s %s', o.offer_reference, o.merchant_sku, o.valid_from AT TIME ZONE 'UTC', s.store_code)
                   FROM offerengine.offer o JOIN offerengine.offer_store s USING (offer_id) WHERE o.offer_reference LIKE 'IT-%' $$,
    ARRAY['IT-1 sku1 -infinity IT-DE', 'IT-1 sku1 -infinity IT-AT', 'IT-2  2021-01-01 00:00:00 IT-DE', 'IT-2  2021-01-01 00:00:00 IT-AT'],
    'offers and their stores');
SELECT set_eq($$ SELECT format('%s %s %s', w.name, s.quantity, s.is_never_out_of_stock) FROM offerengine.offer_stock s JOIN offerengine.offer o USING (offer_id)
                   JOIN offerengine.warehouse w USING (warehouse_id) WHERE o.offer_reference = 'IT-1' $$, ARRAY['IT-W1 100 t', 'IT-W2 5 f'], 'stock');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['combined_merchant_product_offer 7/0/0/5/2'], 'again: nothing changes');
SELECT offerengine.import_end();

-- The other style: a column a price and a warehouse.
SELECT offerengine.import_begin('IT-M1') > 0 AS began \gset
INSERT INTO offerengine.import_combined_merchant_product_offer
    (product_offer_reference, merchant_product_offer_concrete_sku, merchant_product_offer_is_active, merchant_product_offer_store_store_name, dynamic) VALUES
    ('IT-4', 'IT-P', '1', 'IT-DE', '{"price.IT-DE.DEFAULT.EUR.value_net": "100", "price.IT-DE.DEFAULT.EUR.value_gross": "119",
        "price.IT-DE.DEFAULT.EUR.volume_prices": "[{\"quantity\": 3, \"net_price\": 90}]", "price.IT-DE.ORIGINAL.EUR.value_gross": "130",
        "price.IT-AT.DEFAULT.EUR.value_net": "", "stock.IT-W1.quantity": "4", "stock.IT-W1.is_never_out_of_stock": "0", "stock.IT-W2.quantity": ""}'),
    ('IT-5', 'IT-P', '1', 'IT-DE', '{"price.IT-DE.DEFAULT.XXX.value_net": "1", "price.IT-DE.DEFAULT.EUR.value_net": "1.5", "stock.IT-W9.quantity": "1",
        "stock.IT-W1.quantity": "many"}');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['combined_merchant_product_offer 2/1/0/0/1'], 'one good row, one with errors');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'error combined_merchant_product_offer:3 price.IT-DE.DEFAULT.XXX "XXX": unknown currency',
    'error combined_merchant_product_offer:3 price.IT-DE.DEFAULT.EUR.value_net "1.5": must be a whole number of minor units (1099 for 10.99)',
    'error combined_merchant_product_offer:3 stock.IT-W9 "IT-W9": unknown warehouse of the merchant',
    'error combined_merchant_product_offer:3 stock.IT-W1.quantity "many": must be a number of at most 18 digits before the point and 10 after it'],
    'errors name the column of the file');
SELECT set_eq($$ SELECT pg_temp.prices('IT-4') $$, ARRAY['IT-DE EUR DEFAULT 1 100/119', 'IT-DE EUR DEFAULT 3 90/-', 'IT-DE EUR ORIGINAL 1 -/130'], 'prices');
SELECT is((SELECT s.quantity FROM offerengine.offer_stock s JOIN offerengine.offer o USING (offer_id) WHERE o.offer_reference = 'IT-4'), 4::numeric, 'stock');
SELECT * FROM finish();
ROLLBACK;
