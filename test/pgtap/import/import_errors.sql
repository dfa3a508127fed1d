-- Every error of every row is reported with its line, column, value and reason, and the good rows load.
BEGIN;
\ir ../include/import.psql
SELECT no_plan();

SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer
       (product_offer_reference, concrete_sku, merchant_reference, merchant_sku, is_active, approval_status) VALUES
    ('IT-1', 'IT-P', 'IT-M1', 'sku1', '1', 'approved'),
    ('IT-2', 'IT-NONE', 'IT-NOBODY', '', 'maybe', 'fine'),
    ('', 'IT-P', 'IT-M1', '', '1', ''),
    ('IT-3', 'IT-P', 'IT-M1', 'sku1', '1', ''),
    ('IT-4', '', '', '', '1', ''),
    ('IT-5', 'IT-Q', 'IT-M2', 'sku1', 'TRUE', 'waiting-for-approval');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['merchant_product_offer 6/2/0/0/4'], 'two of six offers load');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'error merchant_product_offer:3 concrete_sku "IT-NONE": unknown product',
    'error merchant_product_offer:3 merchant_reference "IT-NOBODY": unknown merchant',
    'error merchant_product_offer:3 is_active "maybe": must be 1 or 0 (or true, false, yes, no)',
    'error merchant_product_offer:3 approval_status "fine": must be waiting_for_approval, approved or denied',
    'error merchant_product_offer:4 product_offer_reference "": a value is required',
    'error merchant_product_offer:5 merchant_sku "sku1": the merchant''s offer "IT-1" has it already',
    'error merchant_product_offer:6 concrete_sku "": a value is required for a new offer',
    'error merchant_product_offer:6 merchant_reference "": a value is required for a new offer'], 'all errors of each row');
SELECT results_eq($$ SELECT o.offer_reference, o.approval_status FROM offerengine.offer o WHERE o.offer_reference LIKE 'IT-%' ORDER BY 1 $$,
                  $$ VALUES ('IT-1' COLLATE "C", 'approved' COLLATE "C"), ('IT-5', 'waiting_for_approval') $$, 'the good ones are there');
SELECT offerengine.import_end();

-- An offer keeps its product, merchant and status; the file and line are the loader's when it gives them.
SELECT offerengine.import_begin() > 0 AS began \gset
SET LOCAL offerengine.import_file = 'de/offers.csv';
INSERT INTO offerengine.import_merchant_product_offer
       (line_no, product_offer_reference, concrete_sku, merchant_reference, merchant_sku, is_active, approval_status, offer_type) VALUES
    (12, 'IT-1', 'IT-Q', 'IT-M2', NULL, '1', 'approved', NULL),
    (14, 'IT-1', 'IT-P', 'IT-M1', NULL, '1', 'denied', NULL),
    (15, 'IT-5', NULL, NULL, NULL, NULL, NULL, 'lease');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['merchant_product_offer 3/0/0/1/2'], 'nothing changes');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'error de/offers.csv:12 concrete_sku "IT-Q": the offer is one of product "IT-P", which never changes',
    'error de/offers.csv:12 merchant_reference "IT-M2": the offer is merchant "IT-M1"''s, which never changes',
    'warning de/offers.csv:14 approval_status "denied": the offer exists and is approved, which an import does not change',
    'error de/offers.csv:15 offer_type "lease": must be product, time_pass, subscription, credit, add_on or gift_voucher'],
    'what never changes, and a status that is not applied');
SELECT offerengine.import_end();
RESET offerengine.import_file;

-- Management: what a type cannot have, and what is fixed since the first approval. IT-5 waits, and may still change.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer
       (product_offer_reference, concrete_sku, merchant_reference, offer_type, management) VALUES
    ('IT-1', '', '', 'time_pass', 'externally_invoiced'), ('IT-5', '', '', '', 'externally_managed'),
    ('IT-6', 'IT-P', 'IT-M1', 'credit', 'externally_invoiced'), ('IT-7', 'IT-P', 'IT-M1', 'gift_voucher', 'externally_managed'),
    ('IT-8', 'IT-P', 'IT-M1', 'gift_voucher', 'externally_invoiced');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['merchant_product_offer 5/1/1/0/3'], 'one is new, one changes');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'error merchant_product_offer:2 management "externally_invoiced": the offer is standard, which is fixed since its first approval',
    'error merchant_product_offer:4 management "externally_invoiced": an offer of type credit cannot be externally_invoiced',
    'error merchant_product_offer:5 management "externally_managed": an offer of type gift_voucher cannot be externally_managed'],
    'management that cannot be');
SELECT offerengine.import_end();

-- Subscriptions are priced by the sheets of their steps: no prices of their own, and no approval before the steps.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer
       (product_offer_reference, concrete_sku, merchant_reference, approval_status, offer_type) VALUES
    ('IT-10', 'IT-P', 'IT-M1', 'approved', 'subscription'), ('IT-1', '', '', '', 'subscription'),
    ('IT-11', 'IT-P', 'IT-M1', 'denied', 'subscription');
INSERT INTO offerengine.import_price_product_offer
       (product_offer_reference, price_type, store, currency, value_net, value_gross, price_data_volume_prices) VALUES
    ('IT-10', 'DEFAULT', 'IT-DE', 'EUR', '100', '', '[{"quantity":5,"net_price":90}]'), ('IT-5', 'DEFAULT', 'IT-DE', 'EUR', '100', '', '');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['merchant_product_offer 3/2/0/0/1', 'price_product_offer 2/1/0/0/1'],
              'new subscriptions load, a price of one does not');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'warning merchant_product_offer:2 approval_status "approved": a new subscription waits for its steps',
    'error merchant_product_offer:3 offer_type "subscription": the offer is of type product, and subscriptions are priced in another way',
    'error price_product_offer:2 product_offer_reference "IT-10": the offer is priced by a price sheet and takes no prices of its own'],
    'what a subscription does not take');
SELECT results_eq($$ SELECT o.offer_reference, o.approval_status FROM offerengine.offer o WHERE o.offer_reference ~ '^IT-1[01]$' ORDER BY 1 $$,
                  $$ VALUES ('IT-10' COLLATE "C", 'waiting_for_approval' COLLATE "C"), ('IT-11', 'denied') $$, 'approved waits, denied is denied');
SELECT offerengine.import_end();
SELECT offerengine.put_price_sheet('IT-SHEET') > 0 AS made \gset
SELECT offerengine.put_offer('IT-8', price_sheet => 'IT-SHEET') > 0 AS changed \gset
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, offer_type) VALUES ('IT-11', 'product'), ('IT-8', 'product');
INSERT INTO offerengine.import_price_product_offer
       (product_offer_reference, price_type, store, currency, value_net, value_gross) VALUES ('IT-8', 'DEFAULT', 'IT-DE', 'EUR', '100', '');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['merchant_product_offer 2/0/1/0/1', 'price_product_offer 1/0/0/0/1'],
              'nor does one of an offer with a price sheet');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'error merchant_product_offer:2 offer_type "product": the offer is of type subscription, and subscriptions are priced in another way',
    'error price_product_offer:2 product_offer_reference "IT-8": the offer is priced by a price sheet and takes no prices of its own'],
    'as said');
SELECT offerengine.import_end();

-- A waiting offer that a sales rule gives to customers cannot be sold elsewhere.
INSERT INTO offerengine.price_sheet (code) VALUES ('it-sheet');
INSERT INTO offerengine.product_contract (code, term, accounting_period, price_sheet_id)
SELECT 'it-monthly', '1 month', '1 month', s.price_sheet_id FROM offerengine.price_sheet s WHERE s.code = 'it-sheet';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, offer_type)
SELECT r.reference, o.product_id, o.merchant_id, 'subscription'
  FROM unnest(ARRAY['IT-ADV', 'IT-REG']) AS r (reference), offerengine.offer o WHERE o.offer_reference = 'IT-1';
SELECT offerengine.set_offer_steps(r.reference, ARRAY['it-monthly']) FROM unnest(ARRAY['IT-ADV', 'IT-REG']) AS r (reference) \g /dev/null
SELECT offerengine.put_rule('it-rule', ARRAY['it-tag'], 'IT-ADV', 'IT-REG') \g /dev/null
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference, management) VALUES
    ('IT-ADV', '', '', 'externally_managed'), ('IT-REG', '', '', 'externally_invoiced');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['merchant_product_offer 2/0/1/0/1'], 'one target changes');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'error merchant_product_offer:2 management "externally_managed": the offer is the advantage offer of sales rule "it-rule": '
    'no offer that is externally_managed allows rule_target'], 'the other does not');
SELECT offerengine.import_end();

-- What hangs on offers.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer_store (product_offer_reference, store_name) VALUES
    ('IT-1', 'IT-DE'), ('IT-9', 'IT-XX'), ('', '');
INSERT INTO offerengine.import_price_product_offer
       (product_offer_reference, price_type, store, currency, value_net, value_gross) VALUES
    ('IT-1', 'DEFAULT', 'IT-DE', 'EUR', '0', ''),
    ('IT-9', 'SPECIAL', 'IT-XX', 'EURO', '10.99', '-1'),
    ('IT-1', '', 'IT-DE', 'CHF', '9223372036854775808', '9223372036854775807'),
    ('IT-1', 'ORIGINAL', 'IT-DE', 'CHF', '', ''),
    ('', 'ORIGINAL', '', '', '1', 'many');
INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity, is_never_out_of_stock) VALUES
    ('IT-1', 'IT-W1', '2.5', '0'), ('IT-1', 'IT-W9', '-1', 'x'), ('IT-1', 'IT-W2', 'Infinity', '1'), ('IT-1', 'IT-W2', '', '');
INSERT INTO offerengine.import_product_offer_validity (product_offer_reference, valid_from, valid_to) VALUES
    ('IT-1', '2030-01-01', '2029-12-31'), ('IT-1', 'tomorrow', '2023-02-29'), ('IT-9', '', '');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['merchant_product_offer_store 3/1/0/0/2', 'price_product_offer 5/1/0/0/4',
    'product_offer_stock 4/1/0/0/3', 'product_offer_validity 3/0/0/0/3'], 'one good row of each loads');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'error merchant_product_offer_store:3 product_offer_reference "IT-9": unknown offer',
    'error merchant_product_offer_store:3 store_name "IT-XX": unknown store',
    'error merchant_product_offer_store:4 product_offer_reference "": a value is required',
    'error merchant_product_offer_store:4 store_name "": a value is required',
    'error price_product_offer:3 product_offer_reference "IT-9": unknown offer',
    'error price_product_offer:3 price_type "SPECIAL": unknown price type',
    'error price_product_offer:3 store "IT-XX": unknown store',
    'error price_product_offer:3 currency "EURO": unknown currency',
    'error price_product_offer:3 value_net "10.99": must be a whole number of minor units (1099 for 10.99)',
    'error price_product_offer:3 value_gross "-1": must not be below 0',
    'error price_product_offer:4 value_net "9223372036854775808": is beyond the largest amount, 9223372036854775807',
    'error price_product_offer:5 value_net "": a net or a gross amount is required',
    'error price_product_offer:6 product_offer_reference "": a value is required',
    'error price_product_offer:6 store "": a value is required',
    'error price_product_offer:6 currency "": a value is required',
    'error price_product_offer:6 value_gross "many": must be a whole number of minor units (1099 for 10.99)',
    'error product_offer_stock:3 stock_name "IT-W9": unknown warehouse',
    'error product_offer_stock:3 quantity "-1": must not be below 0',
    'error product_offer_stock:3 is_never_out_of_stock "x": must be 1 or 0 (or true, false, yes, no)',
    'error product_offer_stock:4 quantity "Infinity": must be a number of at most 18 digits before the point and 10 after it',
    'error product_offer_stock:5 quantity "": a value is required',
    'error product_offer_validity:2 valid_to "2029-12-31": must be after valid_from',
    'error product_offer_validity:3 valid_from "tomorrow": must be a date or a time such as 2026-01-31, 2026-01-31 12:00:00 or 2026-01-31T12:00:00+01:00',
    'error product_offer_validity:3 valid_to "2023-02-29": must be a date or a time such as 2026-01-31, 2026-01-31 12:00:00 or 2026-01-31T12:00:00+01:00',
    'error product_offer_validity:4 product_offer_reference "IT-9": unknown offer'], 'every error of every row');
SELECT set_eq($$ SELECT pg_temp.prices('IT-1') $$, ARRAY['IT-DE EUR DEFAULT 1 0/-'], 'an empty price is none, 0 is one');
SELECT offerengine.import_end();

-- What offers stand on.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_store (name) VALUES ('IT-US'), ('');
INSERT INTO offerengine.import_currency_store (currency_code, store_name, is_default) VALUES
    ('USD', 'IT-US', '1'), ('XXX', 'IT-US', '0'), ('EUR', 'IT-YY', 'perhaps'), ('EUR', 'IT-US', '1');
INSERT INTO offerengine.import_store_context (store_name, application_context_collection) VALUES
    ('IT-US', '{"application_contexts": [{"application": "yves", "timezone": "UTC"}, {"application": null, "timezone": "America/New_York"}]}'),
    ('IT-US', '{"application_contexts": [{"application": null, "timezone": "Mars/Olympus"}]}'), ('IT-US', '{oops'), ('IT-ZZ', '{}');
INSERT INTO offerengine.import_merchant (merchant_reference, merchant_name, status, is_active) VALUES
    ('IT-M3', 'Three', 'waiting-for-approval', '0'), ('IT-M4', '', 'hired', '2'), ('IT-M1', 'Won', 'denied', '1');
INSERT INTO offerengine.import_product_abstract (abstract_sku, name) VALUES ('IT-B', 'Bee'), (' ', '');
INSERT INTO offerengine.import_product_concrete (abstract_sku, concrete_sku, is_active, valid_to) VALUES
    ('IT-B', 'IT-R', '1', '2030-06-30'), ('IT-C', '', 'x', 'x');
INSERT INTO offerengine.import_product_abstract_store (abstract_sku, store_name) VALUES ('IT-B', 'IT-US'), ('IT-C', 'IT-ZZ');
INSERT INTO offerengine.import_merchant_store (merchant_reference, store_name) VALUES ('IT-M3', 'IT-US'), ('IT-M9', 'IT-US');
INSERT INTO offerengine.import_warehouse (name, is_active) VALUES ('IT-W3', '1'), ('', 'x');
INSERT INTO offerengine.import_merchant_stock (merchant_reference, stock_name) VALUES ('IT-M3', 'IT-W4'), ('IT-M9', '');
INSERT INTO offerengine.import_warehouse_store (warehouse_name, store_name) VALUES ('IT-W3', 'IT-US'), ('IT-W9', 'IT-US');
INSERT INTO offerengine.import_merchant_relationship (merchant_relation_key, merchant_reference, company_business_unit_assignee_keys) VALUES
    ('it-r1', 'IT-M3', 'b; a;;b'), ('', 'IT-M9', '');
INSERT INTO offerengine.import_product_price (abstract_sku, concrete_sku, price_type, store, currency, value_net, value_gross) VALUES
    ('IT-B', '', 'DEFAULT', 'IT-US', 'USD', '100', '110'), ('', '', '', 'IT-US', 'USD', '1', ''), ('IT-A', 'IT-R', '', 'IT-US', 'USD', '1', ''),
    ('', 'IT-R', '', 'IT-US', 'USD', '90', NULL), ('IT-Z', 'IT-Z', '', 'IT-US', 'USD', '1', '');
INSERT INTO offerengine.import_price_product_merchant_relationship (merchant_relation_key, abstract_sku, concrete_sku, price_type, store, currency, price_net, price_gross) VALUES
    ('it-r1', 'IT-B', '', '', 'IT-US', 'USD', '80', ''), ('it-r9', 'IT-B', '', '', 'IT-US', 'USD', '', '1.5'), ('', 'IT-B', '', '', 'IT-US', 'USD', '1', '');
INSERT INTO offerengine.import_product_price_schedule (abstract_sku, concrete_sku, price_type, store, currency, value_net, value_gross, from_included, to_included) VALUES
    ('IT-B', '', '', 'IT-US', 'USD', '70', '', '2031-01-01', '2031-01-31'), ('IT-B', '', '', 'IT-US', 'USD', '70', '', '', '2031-01-31'),
    ('IT-B', '', '', 'IT-US', 'USD', '70', '', '2031-02-01', '2031-01-01');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['store 2/1/0/0/1', 'currency_store 4/2/0/0/2', 'store_context 4/0/1/0/3', 'merchant 3/1/1/0/1',
    'product_abstract 2/1/0/0/1', 'product_concrete 2/1/0/0/1', 'product_abstract_store 2/1/0/0/1', 'merchant_store 2/1/0/0/1',
    'warehouse 2/1/0/0/1', 'merchant_stock 2/1/0/0/1', 'warehouse_store 2/1/0/0/1', 'merchant_relationship 2/1/0/0/1',
    'product_price 5/2/0/0/3', 'price_product_merchant_relationship 3/1/0/0/2', 'product_price_schedule 3/1/0/0/2'], 'the good rows load');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'error store:3 name "": a value is required',
    'notice currency_store:2 is_default "1": a store has one default currency; a later row says another: currency_store, line 5',
    'error currency_store:3 currency_code "XXX": unknown currency',
    'error currency_store:4 store_name "IT-YY": unknown store',
    'error currency_store:4 is_default "perhaps": must be 1 or 0 (or true, false, yes, no)',
    'error store_context:3 application_context_collection "{"application_contexts": [{"application": null, "timezone": "Mars/Olympus"}]}": unknown time zone "Mars/Olympus"',
    'error store_context:4 application_context_collection "{oops": is not valid JSON at character 5',
    'error store_context:5 store_name "IT-ZZ": unknown store',
    'error store_context:5 application_context_collection "{}": application_contexts names no timezone',
    'error merchant:3 merchant_name "": a value is required',
    'error merchant:3 status "hired": must be waiting_for_approval, approved or denied',
    'error merchant:3 is_active "2": must be 1 or 0 (or true, false, yes, no)',
    'warning merchant:4 status "denied": the merchant exists and is approved, which an import does not change',
    'error product_abstract:3 abstract_sku " ": a value is required',
    'error product_concrete:3 abstract_sku "IT-C": unknown abstract product',
    'error product_concrete:3 concrete_sku "": a value is required',
    'error product_concrete:3 is_active "x": must be 1 or 0 (or true, false, yes, no)',
    'error product_concrete:3 valid_to "x": must be a date or a time such as 2026-01-31, 2026-01-31 12:00:00 or 2026-01-31T12:00:00+01:00',
    'error product_abstract_store:3 abstract_sku "IT-C": unknown abstract product',
    'error product_abstract_store:3 store_name "IT-ZZ": unknown store',
    'error merchant_store:3 merchant_reference "IT-M9": unknown merchant',
    'error warehouse:3 name "": a value is required',
    'error warehouse:3 is_active "x": must be 1 or 0 (or true, false, yes, no)',
    'error merchant_stock:3 merchant_reference "IT-M9": unknown merchant',
    'error merchant_stock:3 stock_name "": a value is required',
    'error warehouse_store:3 warehouse_name "IT-W9": unknown warehouse',
    'error merchant_relationship:3 merchant_relation_key "": a value is required',
    'error merchant_relationship:3 merchant_reference "IT-M9": unknown merchant',
    'error product_price:3 abstract_sku "": abstract_sku or concrete_sku is required',
    'error product_price:4 abstract_sku "IT-A": the product is a variant of another abstract product',
    'error product_price:6 abstract_sku "IT-Z": unknown abstract product',
    'error product_price:6 concrete_sku "IT-Z": unknown product',
    'error price_product_merchant_relationship:3 merchant_relation_key "it-r9": unknown relationship',
    'error price_product_merchant_relationship:3 price_gross "1.5": must be a whole number of minor units (1099 for 10.99)',
    'error price_product_merchant_relationship:4 merchant_relation_key "": a value is required',
    'error product_price_schedule:3 from_included "": a value is required',
    'error product_price_schedule:4 to_included "2031-01-01": must not be before from_included'], 'every error of every row');
SELECT results_eq($$ SELECT s.time_zone, array_agg(c.currency_code ORDER BY 1), max(c.currency_code) FILTER (WHERE c.is_default)
                       FROM offerengine.store s JOIN offerengine.store_currency c USING (store_code) WHERE s.store_code = 'IT-US' GROUP BY 1 $$,
                  $$ VALUES ('America/New_York', '{EUR,USD}'::text[] COLLATE "C", 'EUR' COLLATE "C") $$, 'a store with its zone and currencies');
SELECT results_eq($$ SELECT a.buyer FROM offerengine.merchant_relationship r JOIN offerengine.merchant_relationship_assignee a USING (merchant_relationship_id)
                      WHERE r.relationship_key = 'it-r1' ORDER BY 1 $$, $$ VALUES ('a' COLLATE "C"), ('b') $$, 'assignees are separated by semicolons');
SELECT results_eq($$ SELECT p.valid_to FROM offerengine.product p WHERE p.sku = 'IT-R' $$, $$ VALUES ('2030-07-01 00:00+00'::timestamptz) $$,
                  'a last day is a whole day');
SELECT is((SELECT count(*) FROM offerengine.merchant m JOIN offerengine.merchant_warehouse USING (merchant_id) JOIN offerengine.warehouse w USING (warehouse_id)
            WHERE m.merchant_reference = 'IT-M3' AND w.name = 'IT-W4' AND w.is_active), 1::bigint, 'a merchant''s warehouse is made');

-- What the loader could not read is reported with the rest.
INSERT INTO offerengine.import_unreadable_row (file, source_file, line_no, value, message) VALUES ('store', 'x/store.csv', 7, 'a,"b', 'the quotes do not match');
SELECT is((SELECT r.rows_failed FROM offerengine.import_run() r WHERE r.file = 'store'), 2::bigint, 'a row that could not be read has failed');
SELECT ok('error x/store.csv:7 - "a,"b": the quotes do not match' IN (SELECT pg_temp.said()), 'and is reported');
SELECT offerengine.import_end();

-- Calls that make no sense.
SELECT throws_ok($$ SELECT offerengine.import_begin(time_zone => 'Mars/Olympus') $$, '22023', 'unknown time zone "Mars/Olympus"');
SELECT throws_ok($$ SELECT offerengine.import_begin('IT-NOBODY') $$, 'OE020', 'merchant "IT-NOBODY" does not exist');
SELECT throws_ok($$ SELECT offerengine.import_run() $$, 'OE023', 'this session has opened no import');
SET LOCAL offerengine.import_id = 'none';
SELECT throws_ok($$ SELECT offerengine.import_run() $$, 'OE023', 'this session has opened no import', 'a setting that is no id opens none');
SET LOCAL offerengine.import_id = '';
SELECT throws_ok($$ SELECT offerengine.import_run(-1) $$, 'OE020', 'import -1 does not exist');
SELECT throws_ok($$ SELECT offerengine.import_end() $$, 'OE023', 'this session has opened no import');
SELECT offerengine.import_begin() > 0 AS began \gset
SELECT throws_ok($$ SELECT offerengine.import_run(mode => 'merge') $$, '22023', 'unknown import mode "merge"');
SELECT is_empty('SELECT pg_temp.run()', 'an import without rows says nothing');

-- A trigger of the administrator that an import fires does not run another one.
CREATE FUNCTION pg_temp.it_nested() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM offerengine.import_run(); RETURN NULL; END $$;
CREATE TRIGGER it_nested AFTER INSERT ON offerengine.product FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.it_nested();
INSERT INTO offerengine.import_product_concrete (abstract_sku, concrete_sku) VALUES ('IT-A', 'IT-NESTED');
SELECT throws_ok('SELECT offerengine.import_run()', 'OE024', 'an import of this transaction is running already');
DROP TRIGGER it_nested ON offerengine.product;

-- Deleted, an import takes what was said about it and what was staged for it along.
SELECT current_setting('offerengine.import_id')::bigint AS gone \gset
INSERT INTO offerengine.import_store (name) VALUES ('');
INSERT INTO offerengine.import_unreadable_row (file, message) VALUES ('store', 'no');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['store 2/0/0/0/2', 'product_concrete 1/1/0/0/0'], 'two errors');
DELETE FROM offerengine.import i WHERE i.import_id = :gone;
SELECT is_empty(format($$ SELECT m.message FROM offerengine.import_message m WHERE m.import_id = %1$s
    UNION ALL SELECT s.name FROM offerengine.import_store s WHERE s.import_id = %1$s
    UNION ALL SELECT s.concrete_sku FROM offerengine.import_product_concrete s WHERE s.import_id = %1$s
    UNION ALL SELECT u.message FROM offerengine.import_unreadable_row u WHERE u.import_id = %1$s $$, :gone), 'nothing of a deleted import stays');

SELECT * FROM finish();
ROLLBACK;
