-- An import again changes nothing; the last row of a key wins; a dry run says the same and writes nothing.
BEGIN;
\ir ../include/import.psql
SELECT no_plan();

CREATE FUNCTION pg_temp.fill(gross text DEFAULT '1190') RETURNS void LANGUAGE sql AS $$
    INSERT INTO offerengine.import_merchant_product_offer
           (product_offer_reference, concrete_sku, merchant_reference, merchant_sku, is_active, approval_status) VALUES
        ('IT-1', 'IT-P', 'IT-M1', 'sku1', '1', 'approved'), ('IT-2', 'IT-P', 'IT-M2', 'sku1', '0', '');
    INSERT INTO offerengine.import_merchant_product_offer_store (product_offer_reference, store_name) VALUES
        ('IT-1', 'IT-DE'), ('IT-2', 'IT-DE'), ('IT-1', 'IT-DE');
    INSERT INTO offerengine.import_price_product_offer
           (product_offer_reference, price_type, store, currency, value_net, value_gross, price_data_volume_prices) VALUES
        ('IT-1', 'DEFAULT', 'IT-DE', 'EUR', '1', '2', '[{"quantity": 9, "net_price": 1}]'),
        ('IT-1', 'DEFAULT', 'IT-DE', 'EUR', '1000', gross, '[{"quantity": 5, "net_price": 900, "gross_price": "1071"}]');
    INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity, is_never_out_of_stock) VALUES
        ('IT-1', 'IT-W1', '1', '0'), ('IT-1', 'IT-W1', '7', '0');
    INSERT INTO offerengine.import_product_offer_validity (product_offer_reference, valid_from, valid_to) VALUES ('IT-1', '', '2040-12-31')
    $$;
-- Everything that an import of offers writes, as one text.
CREATE FUNCTION pg_temp.content() RETURNS text LANGUAGE sql AS $$
    SELECT concat((SELECT string_agg(o::text, '' ORDER BY o.offer_id) FROM offerengine.offer o),
                  (SELECT string_agg(s::text, '' ORDER BY s.offer_id, s.store_code) FROM offerengine.offer_store s),
                  (SELECT string_agg(p::text, '' ORDER BY p.price_id) FROM offerengine.price p),
                  (SELECT string_agg(s::text, '' ORDER BY s.offer_id, s.warehouse_id) FROM offerengine.offer_stock s),
                  (SELECT count(*) FROM offerengine.price_history), (SELECT count(*) FROM offerengine.offer_approval)) $$;
CREATE TEMP TABLE first_time (line text PRIMARY KEY);
INSERT INTO first_time VALUES ('merchant_product_offer 2/2/0/0/0'), ('merchant_product_offer_store 3/2/0/1/0'),
    ('price_product_offer 2/1/0/1/0'), ('product_offer_stock 2/1/0/1/0'), ('product_offer_validity 1/1/0/0/0');

SELECT offerengine.import_begin() > 0 AS began \gset
SELECT pg_temp.fill();
SELECT pg_temp.content() AS before \gset
SELECT set_eq('SELECT pg_temp.run(dry_run => true)', 'SELECT line FROM first_time', 'a dry run says what would happen');
SELECT is(pg_temp.content(), :'before', 'and writes nothing');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'notice merchant_product_offer_store:2 - "": a later row says the same store of an offer again and was used: merchant_product_offer_store, line 4',
    'notice price_product_offer:2 - "": a later row says the same price again and was used: price_product_offer, line 3',
    'notice product_offer_stock:2 - "": a later row says the same stock again and was used: product_offer_stock, line 3'],
    'but what it has to say: repeated rows');
SELECT set_eq('SELECT pg_temp.run()', 'SELECT line FROM first_time', 'the run itself says the same');
SELECT set_eq($$ SELECT pg_temp.prices('IT-1') $$, ARRAY['IT-DE EUR DEFAULT 1 1000/1190', 'IT-DE EUR DEFAULT 5 900/1071'],
              'the last row of a price wins, with its tiers');
SELECT results_eq($$ SELECT o.version, o.valid_to, o.is_active, s.shown_to FROM offerengine.offer o JOIN offerengine.offer_store s USING (offer_id)
                      WHERE o.offer_reference LIKE 'IT-%' ORDER BY o.offer_reference $$,
                  $$ VALUES (1, '2041-01-01 00:00+00'::timestamptz, true, '2041-01-01 00:00+00'::timestamptz),
                            (1, 'infinity', false, '-infinity') $$, 'new offers stay at version 1 and are projected');
SELECT is((SELECT s.quantity FROM offerengine.offer_stock s JOIN offerengine.offer o USING (offer_id) WHERE o.offer_reference = 'IT-1'), 7::numeric,
          'the last stock wins');

SELECT pg_temp.content() AS after \gset
SELECT set_eq('SELECT pg_temp.run()', $$ SELECT format('%s %s/0/0/%s/0', r.file, r.rows_read, r.rows_read) FROM offerengine.import_run() r $$,
              'the same import again changes nothing');
SELECT is(pg_temp.content(), :'after', 'not a version, not a history row');
SELECT offerengine.import_end();
SELECT is((SELECT count(*) FROM offerengine.import_price_product_offer), 0::bigint, 'import_end() removes the staging rows');

-- A changed price is one update; what it said before stays in the history.
UPDATE offerengine.offer o SET title = 'First' WHERE o.offer_reference LIKE 'IT-%';
SELECT offerengine.import_begin() > 0 AS began \gset
SELECT pg_temp.fill('1191');
SELECT ok('price_product_offer 2/0/1/1/0' IN (SELECT pg_temp.run()), 'a changed price is updated');
SELECT results_eq($$ SELECT h.gross_amount, h.operation FROM offerengine.price_history h JOIN offerengine.offer o USING (offer_id)
                      WHERE o.offer_reference = 'IT-1' $$, $$ VALUES (1190::bigint, 'update' COLLATE "C") $$, 'and its past is kept');
SELECT is((SELECT o.version FROM offerengine.offer o WHERE o.offer_reference = 'IT-1'), 3, 'and the version raised');
SELECT is((SELECT o.version FROM offerengine.offer o WHERE o.offer_reference = 'IT-2'), 2, 'of that offer only');
SELECT offerengine.import_end();

-- An empty cell is no value, a column that the file does not have leaves the value alone.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, merchant_sku, title) VALUES ('IT-1', NULL, 'A title'), ('IT-2', '', NULL);
SELECT set_eq('SELECT pg_temp.run()', ARRAY['merchant_product_offer 2/0/2/0/0'], 'both offers change');
SELECT results_eq($$ SELECT o.merchant_sku, o.title FROM offerengine.offer o WHERE o.offer_reference LIKE 'IT-%' ORDER BY o.offer_reference $$,
                  $$ VALUES ('sku1' COLLATE "C", 'A title'), (NULL, 'First') $$, 'what is not given stays, what is empty goes');
SELECT offerengine.import_end();

-- A merchant's SKU changes hands within one import.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference, merchant_sku) VALUES
    ('IT-3', 'IT-P', 'IT-M1', 'sku3');
SELECT is(pg_temp.run(), 'merchant_product_offer 1/1/0/0/0', 'a third offer');
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, merchant_sku) VALUES ('IT-1', 'sku3'), ('IT-3', 'sku1');
SELECT is(pg_temp.run(), 'merchant_product_offer 3/0/2/1/0', 'and its SKU for that of the first');
SELECT results_eq($$ SELECT o.offer_reference, o.merchant_sku FROM offerengine.offer o WHERE o.offer_reference IN ('IT-1', 'IT-3') ORDER BY 1 $$,
                  $$ VALUES ('IT-1' COLLATE "C", 'sku3' COLLATE "C"), ('IT-3', 'sku1') $$, 'they have changed hands');
SELECT offerengine.import_end();

-- A store's new default currency takes the old one's place; a relationship's assignees are the whole set.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_currency_store (currency_code, store_name, is_default) VALUES ('CHF', 'IT-DE', '1');
INSERT INTO offerengine.import_merchant_relationship VALUES (DEFAULT, DEFAULT, DEFAULT, DEFAULT, 'it-r', 'IT-M1', 'a;b');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['currency_store 1/0/1/0/0', 'merchant_relationship 1/1/0/0/0'], 'a default and a relationship');
SELECT results_eq($$ SELECT c.currency_code FROM offerengine.store_currency c WHERE c.store_code = 'IT-DE' AND c.is_default $$,
                  $$ VALUES ('CHF' COLLATE "C") $$, 'one default');
INSERT INTO offerengine.import_merchant_relationship VALUES (DEFAULT, DEFAULT, DEFAULT, DEFAULT, 'it-r', 'IT-M1', 'b;c');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['currency_store 1/0/0/1/0', 'merchant_relationship 2/0/1/1/0'], 'other assignees');
SELECT results_eq($$ SELECT a.buyer FROM offerengine.merchant_relationship_assignee a JOIN offerengine.merchant_relationship r USING (merchant_relationship_id)
                      WHERE r.relationship_key = 'it-r' ORDER BY 1 $$, $$ VALUES ('b' COLLATE "C"), ('c') $$, 'the whole set');

SELECT is((SELECT count(*) FROM offerengine_internal.offer_store_expected e JOIN offerengine.offer_store s USING (offer_id, store_code)
            WHERE (s.shown_from, s.shown_to, s.sku, s.title) IS DISTINCT FROM (e.shown_from, e.shown_to, e.sku, e.title)), 0::bigint,
          'the projection is right');
SELECT * FROM finish();
ROLLBACK;
