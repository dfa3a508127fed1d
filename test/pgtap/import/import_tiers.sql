-- A cell of volume prices says all tiers of its price: fewer, none or an empty cell take the others away, a bad one takes nothing.
BEGIN;
\ir ../include/import.psql
SELECT no_plan();

SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference, approval_status)
SELECT 'IT-' || i, 'IT-P', 'IT-M1', 'approved' FROM generate_series(1, 9) AS i;
INSERT INTO offerengine.import_merchant_product_offer_store (product_offer_reference, store_name) VALUES ('IT-1', 'IT-DE');
INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_net, price_data_volume_prices)
SELECT 'IT-' || i, 'IT-DE', 'EUR', '1500', '[{"quantity": 10, "net_price": 1400}, {"quantity": 20, "net_price": 1350}]' FROM generate_series(1, 9) AS i;
INSERT INTO offerengine.import_product_price (abstract_sku, concrete_sku, store, currency, value_net, price_data_volume_prices) VALUES
    ('IT-A', '', 'IT-DE', 'EUR', '1500', '[{"quantity": 10, "net_price": 1400}]'), ('', 'IT-P', 'IT-DE', 'EUR', '1500', '[{"quantity": 10, "net_price": 1400}]');
SELECT is((SELECT sum(r.rows_failed) FROM offerengine.import_run() r), 0::numeric, 'the first day');
SELECT offerengine.import_end();

-- The next day: an empty cell, no list, a shorter one, a bad one, one quantity twice, a column that is not there.
CREATE FUNCTION pg_temp.next_day(dry_run boolean DEFAULT false) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine.import_begin();
    INSERT INTO offerengine.import_price_product_offer (line_no, product_offer_reference, store, currency, value_net, price_data_volume_prices) VALUES
        (1, 'IT-1', 'IT-DE', 'EUR', '1300', ''), (2, 'IT-2', 'IT-DE', 'EUR', '1300', '[]'), (3, 'IT-3', 'IT-DE', 'EUR', '1500', ' '),
        (4, 'IT-4', 'IT-DE', 'EUR', '1500', '[{"quantity": 20, "net_price": 1350}]'), (5, 'IT-5', 'IT-DE', 'EUR', '1300', '[{"quantity": 10'),
        (6, 'IT-6', 'IT-DE', 'EUR', '1300', '[{"quantity": "30", "net_price": 1}, {"quantity": "030", "net_price": 2}, {"quantity": 20, "net_price": 9}]'),
        (7, 'IT-7', 'IT-DE', 'EUR', '1300', NULL), (8, 'IT-8', 'IT-DE', 'EUR', '1300', 'null');
    INSERT INTO offerengine.import_combined_merchant_product_offer (line_no, product_offer_reference, dynamic) VALUES
        (1, 'IT-9', '{"price.IT-DE.DEFAULT.EUR.value_net": "1300", "price.IT-DE.DEFAULT.EUR.volume_prices": ""}');
    INSERT INTO offerengine.import_product_price (line_no, abstract_sku, concrete_sku, store, currency, value_net, price_data_volume_prices) VALUES
        (1, 'IT-A', '', 'IT-DE', 'EUR', '1300', ''), (2, '', 'IT-P', 'IT-DE', 'EUR', '1300', '[{"quantity": 5, "net_price": 1200}]');
    RETURN QUERY SELECT r.file || ' ' || concat_ws('/', r.rows_read, r.rows_inserted, r.rows_updated, r.rows_unchanged, r.rows_failed, r.rows_ended)
                   FROM offerengine.import_run(dry_run => next_day.dry_run) r;
    PERFORM offerengine.import_end();
END $$;
SELECT set_eq('SELECT pg_temp.next_day(true)', ARRAY['price_product_offer 8/0/6/0/2/0', 'combined_merchant_product_offer 1/0/1/0/0/0', 'product_price 2/1/1/0/0/0'],
              'a dry run: rows that take tiers away are changes');
SELECT set_eq('SELECT pg_temp.next_day()', ARRAY['price_product_offer 8/0/6/0/2/0', 'combined_merchant_product_offer 1/0/1/0/0/0', 'product_price 2/1/1/0/0/0'],
              'so does a run');
CREATE FUNCTION pg_temp.net(reference text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(p.min_quantity || ':' || p.net_amount, ' ' ORDER BY p.min_quantity)
      FROM offerengine.price p JOIN offerengine.offer o USING (offer_id) WHERE o.offer_reference = reference AND p.valid_to > now() $$;
SELECT is(pg_temp.net(v.reference), v.expected, v.what) FROM (VALUES
    ('IT-1', '1:1300', 'an empty cell'), ('IT-2', '1:1300', 'an empty list'), ('IT-3', '1:1500', 'a blank cell, the base price as it was'),
    ('IT-4', '1:1500 20:1350', 'a shorter list'), ('IT-5', '1:1300 10:1400 20:1350', 'a malformed cell: the base price, and the tiers stay'),
    ('IT-6', '1:1300 10:1400 20:9', 'one quantity twice costs that quantity, and none is taken away'),
    ('IT-7', '1:1300 10:1400 20:1350', 'no column'), ('IT-8', '1:1300', 'null'), ('IT-9', '1:1300', 'a column by store')) AS v (reference, expected, what);
SELECT is((SELECT l.amount FROM offerengine.list_offers('IT-P', 'IT-DE', 'EUR', 'net', 10) l WHERE l.offer_reference = 'IT-1'), 1300::bigint,
          'ten pieces pay the base price');
SELECT is((SELECT string_agg(concat(p.abstract_product_id IS NOT NULL, ' ', p.min_quantity, ':', p.net_amount), ', ' ORDER BY p.abstract_product_id IS NULL, p.min_quantity)
             FROM offerengine.price p LEFT JOIN offerengine.product r USING (product_id) WHERE p.offer_id IS NULL AND p.valid_to > now()
              AND (r.sku = 'IT-P' OR p.abstract_product_id IN (SELECT a.abstract_product_id FROM offerengine.abstract_product a WHERE a.abstract_sku = 'IT-A'))),
          't 1:1300, f 1:1300, f 5:1200', 'prices of abstract products and of products');
SELECT set_eq('SELECT pg_temp.next_day()', ARRAY['price_product_offer 8/0/0/6/2/0', 'combined_merchant_product_offer 1/0/0/1/0/0', 'product_price 2/0/0/2/0/0'],
              'the same again changes nothing');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT is((SELECT count(*) FROM offerengine_internal.uncovered_tier), 0::bigint, 'every tier has its base price');

-- One row that says one thing in two columns.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_combined_merchant_product_offer (product_offer_reference, merchant_product_offer_store_store_name, price_product_offer_store,
    price_product_offer_currency, price_product_offer_value_net, product_offer_stock_stock_name, product_offer_stock_quantity, dynamic) VALUES
    ('IT-1', 'IT-DE;IT-DE ', 'IT-DE', 'CHF', '1', '', '', '{"price.IT-DE.DEFAULT.CHF.value_net": "2"}'),
    ('IT-2', '', '', '', '', 'IT-W1', '1', '{"stock.IT-W1.quantity": "2"}'), ('IT-3', '', '', '', ' ', 'IT-W1', '1', '{}');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['combined_merchant_product_offer 3/1/0/0/2'], 'fails, and nothing else does');
SELECT set_eq('SELECT pg_temp.said()', ARRAY['error combined_merchant_product_offer:2 - "": several columns of the row say the same price',
    'error combined_merchant_product_offer:3 - "": several columns of the row say the same stock'], 'as said');
SELECT offerengine.import_end();

-- Times without a zone in that of the row's store.
SELECT offerengine.import_begin(time_zone => 'store') > 0 AS began \gset
INSERT INTO offerengine.store (store_code, name, time_zone) VALUES ('IT-US', 'USA', 'America/New_York');
INSERT INTO offerengine.store_currency VALUES ('IT-US', 'EUR', true);
INSERT INTO offerengine.import_product_price_schedule (concrete_sku, store, currency, value_net, from_included, to_included) VALUES
    ('IT-P', 'IT-DE', 'EUR', '70', '2031-01-01', '2031-01-31'), ('IT-P', 'IT-US', 'EUR', '71', '2031-01-01', '2031-01-31 23:59:59'),
    ('IT-P', 'IT-US', 'EUR', '72', '2032-01-01T00:00:00Z', '2032-01-31');
INSERT INTO offerengine.import_product_offer_validity (product_offer_reference, valid_from, valid_to) VALUES
    ('IT-1', '2031-01-01', ''), ('IT-2', '2031-01-01T00:00:00Z', '');
INSERT INTO offerengine.import_combined_merchant_product_offer (product_offer_reference, merchant_product_offer_store_store_name,
    product_offer_validity_valid_from) VALUES ('IT-3', 'IT-DE;IT-AT', '2031-01-01'), ('IT-4', 'IT-US', '2031-01-01');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['product_price_schedule 3/3/0/0/0', 'product_offer_validity 2/0/1/0/1', 'combined_merchant_product_offer 2/1/0/0/1'],
              'rows that name stores of one zone');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'error product_offer_validity:2 valid_from "2031-01-01": has no time zone, and the row does not name a store, or stores of one zone, whose it could be',
    'error combined_merchant_product_offer:2 product_offer_validity.valid_from "2031-01-01": has no time zone, and the row does not name a store, or stores '
    'of one zone, whose it could be'], 'the others say so');
SELECT set_eq($$ SELECT format('%s %s', p.net_amount, p.valid_from AT TIME ZONE 'UTC') FROM offerengine.price p WHERE p.net_amount IN (70, 71, 72) $$,
    ARRAY['70 2030-12-31 23:00:00', '71 2031-01-01 05:00:00', '72 2032-01-01 00:00:00'], 'midnight of the store');
SELECT set_eq($$ SELECT p.valid_to FROM offerengine.price p WHERE p.net_amount IN (70, 71) $$,
    ARRAY['2031-02-01 00:00+01'::timestamptz, '2031-02-01 00:00-05'], 'and its last second');
SELECT offerengine.import_end();

-- The guard of mode replace, which the loader sets: 7 of 20 prices are 35 percent.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference)
SELECT 'IT-G' || i, 'IT-P', 'IT-M2' FROM generate_series(1, 20) AS i;
INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_net)
SELECT 'IT-G' || i, 'IT-DE', 'EUR', '1' FROM generate_series(1, 20) AS i;
SELECT is((SELECT sum(r.rows_failed) FROM offerengine.import_run() r), 0::numeric, 'twenty prices');
SELECT offerengine.import_end();
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_net)
SELECT 'IT-G' || i, 'IT-DE', 'EUR', '1' FROM generate_series(1, 13) AS i;
SET LOCAL offerengine.import_max_ended = '34.9';
SELECT throws_ok($$ SELECT offerengine.import_run(mode => 'replace') $$, 'OE026', 'the files would end 7 of the 20 prices of merchant "IT-M2"', 'too many');
SELECT throws_ok($$ SELECT offerengine.import_run(mode => 'replace', dry_run => true) $$, 'OE026', NULL, 'in a dry run too');
SET LOCAL offerengine.import_max_ended = '35';
SELECT is((SELECT r.rows_ended FROM offerengine.import_run(mode => 'replace') r), 7::bigint, 'as many as may');
SELECT * FROM finish();
ROLLBACK;
