-- A merchant's import touches its own offers and warehouses; its new offers wait; its changes to approved offers ask for approval.
BEGIN;
\ir ../include/import.psql
SELECT no_plan();
CREATE ROLE it_merchant;
CREATE ROLE it_operator;
CREATE ROLE it_nobody;
SELECT offerengine.grant_access('it_merchant', 'merchant', 'IT-M1'), offerengine.grant_access('it_operator', 'operator') \g /dev/null
GRANT USAGE ON SCHEMA public TO it_merchant, it_operator;

-- The operator's own import makes an approved offer of each merchant.
SET LOCAL ROLE it_operator;
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference, approval_status) VALUES
    ('IT-1', 'IT-P', 'IT-M1', 'approved'), ('IT-2', 'IT-P', 'IT-M2', 'approved');
INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_net, price_data_volume_prices) VALUES
    ('IT-1', 'IT-DE', 'EUR', '1000', '[{"quantity": 5, "net_price": 900}]'), ('IT-2', 'IT-DE', 'EUR', '1000', '');
INSERT INTO offerengine.import_merchant_product_offer_store (product_offer_reference, store_name) VALUES ('IT-1', 'IT-DE'), ('IT-2', 'IT-DE');
INSERT INTO offerengine.import_merchant (merchant_reference, merchant_name) VALUES ('IT-M1', 'Own');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['merchant 1/0/1/0/0', 'merchant_product_offer 2/2/0/0/0', 'merchant_product_offer_store 2/2/0/0/0',
    'price_product_offer 2/2/0/0/0'], 'a granted operator imports for all');
SELECT results_eq($$ SELECT o.created_by, o.approval_status FROM offerengine.offer o WHERE o.offer_reference = 'IT-1' $$,
                  $$ VALUES ('it_operator', 'approved' COLLATE "C") $$, 'in its own name');
SELECT offerengine.import_end();
RESET ROLE;
UPDATE offerengine.merchant m SET reapprove_on_change = true WHERE m.merchant_reference = 'IT-M1';

-- A sequence that somebody has set back: without a turn of its own an import does not run beside others.
SAVEPOINT s;
SELECT setval('offerengine.import_turn_import_turn_id_seq', (SELECT t.import_turn_id FROM offerengine.import_turn t WHERE t.merchant_id IS NULL), false) \g /dev/null
SET LOCAL ROLE it_merchant;
SELECT offerengine.import_begin() > 0 AS began \gset
SELECT throws_ok('SELECT offerengine.import_run()', '23505', NULL, 'an import that cannot have its turn is refused');
ROLLBACK TO s;

SET LOCAL ROLE it_merchant;
SELECT throws_ok($$ SELECT offerengine.import_begin('IT-M2') $$, '42501', 'role "it_merchant" may not import for merchant "IT-M2"');
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer
       (product_offer_reference, concrete_sku, merchant_reference, approval_status, title) VALUES
    ('IT-1', 'IT-P', 'IT-M1', 'approved', 'Better'), ('IT-2', 'IT-P', 'IT-M2', '', 'Mine'), ('IT-2', 'IT-P', '', '', 'Mine too'),
    ('IT-3', 'IT-Q', '', 'approved', 'New');
INSERT INTO offerengine.import_merchant_product_offer_store (product_offer_reference, store_name) VALUES ('IT-3', 'IT-DE'), ('IT-2', 'IT-AT');
INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_net, price_data_volume_prices) VALUES
    ('IT-3', 'IT-DE', 'EUR', '500', '[{"quantity": 5, "net_price": 400}]'), ('IT-2', 'IT-DE', 'EUR', '1', '');
INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity, is_never_out_of_stock) VALUES
    ('IT-1', 'IT-W1', '5', '0'), ('IT-1', 'IT-W2', '5', '0'), ('IT-2', 'IT-W1', '5', '0');
INSERT INTO offerengine.import_product_offer_validity (product_offer_reference, valid_from, valid_to) VALUES ('IT-2', '', '2030-01-01');
INSERT INTO offerengine.import_store (name) VALUES ('IT-NEW');
INSERT INTO offerengine.import_product_price (concrete_sku, store, currency, value_net) VALUES ('IT-P', 'IT-DE', 'EUR', '1');
SELECT set_eq('SELECT pg_temp.run(dry_run => true)', ARRAY['store 1/0/0/0/1', 'product_price 1/0/0/0/1', 'merchant_product_offer 4/1/1/0/2',
    'merchant_product_offer_store 2/1/0/0/1', 'price_product_offer 2/1/0/0/1', 'product_offer_stock 3/1/0/0/2', 'product_offer_validity 1/0/0/0/1'],
    'a dry run says so');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['store 1/0/0/0/1', 'product_price 1/0/0/0/1', 'merchant_product_offer 4/1/1/0/2',
    'merchant_product_offer_store 2/1/0/0/1', 'price_product_offer 2/1/0/0/1', 'product_offer_stock 3/1/0/0/2', 'product_offer_validity 1/0/0/0/1'],
    'what is its own loads');
SELECT is((SELECT count(*) FROM pg_temp.said() AS s (line) WHERE s.line LIKE 'error%'), 9::bigint, 'and nothing else: nine errors');
SELECT ok('error product_offer_stock:3 stock_name "IT-W2": unknown warehouse of the merchant' IN (SELECT pg_temp.said()), 'another''s warehouse');
SELECT ok('error store:2 - "": a merchant''s import carries offers, their stores, prices, stock and validity only' IN (SELECT pg_temp.said()), 'an operator''s file');
SELECT ok(EXISTS (SELECT FROM pg_temp.said() AS s (line) WHERE s.line LIKE 'warning merchant_product_offer:5 approval_status "approved": %waits for approval'),
          'a status');
SELECT ok('error price_product_offer:3 product_offer_reference "IT-2": unknown offer' IN (SELECT pg_temp.said()), 'another''s offer is not even known');
RESET ROLE;
SELECT results_eq($$ SELECT o.offer_reference, o.approval_status, o.title FROM offerengine.offer o WHERE o.offer_reference LIKE 'IT-%' ORDER BY 1 $$,
    $$ VALUES ('IT-1' COLLATE "C", 'waiting_for_approval' COLLATE "C", 'Better'), ('IT-2', 'approved', NULL), ('IT-3', 'waiting_for_approval', 'New') $$,
    'its approved offer waits again, the other merchant''s is as it was');
SELECT set_eq($$ SELECT pg_temp.prices('IT-2') $$, ARRAY['IT-DE EUR DEFAULT 1 1000/-'], 'and so is its price');
SELECT set_eq($$ SELECT pg_temp.prices('IT-3') $$, ARRAY['IT-DE EUR DEFAULT 1 500/-', 'IT-DE EUR DEFAULT 5 400/-'], 'a merchant loads tiers');
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
SELECT is((SELECT count(*) FROM offerengine.price p JOIN offerengine.product USING (product_id) WHERE sku = 'IT-P' AND offer_id IS NULL), 0::bigint, 'no product price');

-- It sees its own imports only.
SET LOCAL ROLE it_merchant;
SELECT is((SELECT count(DISTINCT i.import_id) FROM offerengine.import i), 1::bigint, 'a merchant''s role sees its own imports');
SELECT throws_ok(format('SELECT offerengine.import_run(%s)', current_setting('offerengine.import_id')::bigint - 1), 'OE020',
                 format('import %s does not exist', current_setting('offerengine.import_id')::bigint - 1));
SELECT offerengine.import_end();
RESET ROLE;

-- An operator opens an import for a merchant: the same limits.
SET LOCAL ROLE it_operator;
SELECT offerengine.import_begin('IT-M1') > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference, title) VALUES
    ('IT-1', 'IT-P', 'IT-M1', 'Best'), ('IT-2', 'IT-P', 'IT-M2', 'Not mine'), ('IT-2', '', '', 'Nor this');
INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity) VALUES ('IT-1', 'IT-W2', '5');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['merchant_product_offer 3/0/1/0/2', 'product_offer_stock 1/0/0/0/1'], 'one of three');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'error merchant_product_offer:3 merchant_reference "IT-M2": the import is another merchant''s',
    'error merchant_product_offer:4 concrete_sku "": a value is required for a new offer',
    'error product_offer_stock:2 stock_name "IT-W2": unknown warehouse of the merchant'],
    'what the merchant does not see is unknown to its import, whoever runs it: it reads the messages');
SELECT offerengine.import_end();
RESET ROLE;

-- No message of it names what the merchant does not see, nor the product of another merchant's offer.
SET LOCAL ROLE it_operator;
SELECT offerengine.import_begin('IT-M1') > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference) VALUES
    ('IT-2', 'IT-Q', ''), ('IT-4', 'IT-Q', 'IT-M2'), ('IT-5', 'IT-Q', 'IT-NONE');
INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_net) VALUES ('IT-2', 'IT-DE', 'EUR', '1');
INSERT INTO offerengine.import_product_offer_validity (product_offer_reference, valid_to) VALUES ('IT-2', '2031-01-01');
INSERT INTO offerengine.import_merchant_product_offer_store (product_offer_reference, store_name) VALUES ('IT-2', 'IT-DE');
SELECT set_eq('SELECT pg_temp.run(dry_run => true)', ARRAY['merchant_product_offer 3/0/0/0/3', 'merchant_product_offer_store 1/0/0/0/1',
    'price_product_offer 1/0/0/0/1', 'product_offer_validity 1/0/0/0/1'], 'a dry run says what a run would');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'error merchant_product_offer:2 product_offer_reference "IT-2": the reference is taken; use another one',
    'error merchant_product_offer:3 merchant_reference "IT-M2": the import is another merchant''s',
    'error merchant_product_offer:4 merchant_reference "IT-NONE": the import is another merchant''s',
    'error price_product_offer:2 product_offer_reference "IT-2": unknown offer',
    'error product_offer_validity:2 product_offer_reference "IT-2": unknown offer',
    'error merchant_product_offer_store:2 product_offer_reference "IT-2": unknown offer'],
    'a merchant that is there and one that is not read alike, and no product of a hidden offer is named');
SELECT offerengine.import_end();
RESET ROLE;

-- Sales rules are not a merchant's to see: it learns that its own offer is a target, and nothing of others.
INSERT INTO offerengine.price_sheet (code) VALUES ('it-sheet');
INSERT INTO offerengine.product_contract (code, term, accounting_period, price_sheet_id)
SELECT 'it-monthly', '1 month', '1 month', s.price_sheet_id FROM offerengine.price_sheet s WHERE s.code = 'it-sheet';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, offer_type)
SELECT r.reference, p.product_id, m.merchant_id, 'subscription'
  FROM (VALUES ('IT-ADV', 'IT-M1'), ('IT-REG', 'IT-M2')) AS r (reference, merchant), offerengine.product p, offerengine.merchant m
 WHERE p.sku = 'IT-P' AND m.merchant_reference = r.merchant;
SELECT offerengine.set_offer_steps(r.reference, ARRAY['it-monthly']) FROM unnest(ARRAY['IT-ADV', 'IT-REG']) AS r (reference) \g /dev/null
SELECT offerengine.put_rule('it-secret-rule', ARRAY['it-tag'], 'IT-ADV', 'IT-REG') \g /dev/null
CREATE TEMP TABLE others (import_id bigint);
GRANT SELECT ON others TO it_merchant;
SELECT offerengine.import_begin() AS opened \gset
INSERT INTO others VALUES (:opened);
SET LOCAL ROLE it_merchant;
SELECT offerengine.import_begin() AS own \gset
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, management) VALUES
    ('IT-ADV', 'externally_managed'), ('IT-REG', 'externally_managed'), ('IT-UNUSED', '');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['merchant_product_offer 3/0/0/0/3'], 'neither changes');
SELECT set_eq($$ SELECT s.line FROM pg_temp.said() AS s (line) WHERE s.line LIKE '%management%' $$, ARRAY[
    'error merchant_product_offer:2 management "externally_managed": the offer is the advantage offer of a sales rule: '
    'no offer that is externally_managed allows rule_target'], 'why, without the rule');
SELECT is_empty($$ SELECT s.line FROM pg_temp.said() AS s (line) WHERE s.line LIKE '%secret%' $$, 'no message names it');
SELECT results_eq(format('SELECT o.offer_reference, t.management FROM offerengine_internal.import_target_problems(%s) t
                            JOIN offerengine.offer o USING (offer_id)', :own),
    $$ VALUES ('IT-ADV' COLLATE "C", 'externally_managed') $$, 'asked directly, it tells of own offers');
SELECT is_empty(format('SELECT t.message FROM offerengine_internal.import_target_problems(%s) t WHERE t.message ~ ''secret''', :own), 'and no rule');
SELECT is(offerengine_internal.import_taken_rows(:own), ARRAY[(15::bigint << 48) + (
    SELECT s.row_no FROM offerengine.import_merchant_product_offer s WHERE s.product_offer_reference = 'IT-REG' AND s.import_id = :own)],
    'taken are references that the import names');
SELECT throws_ok(format('SELECT offerengine_internal.%s(%s)', f, o.import_id), 'OE020', format('import %s does not exist', o.import_id),
                 format('%s() judges its caller', f))
  FROM others o, unnest(ARRAY['import_target_problems', 'import_taken_rows', 'import_take_turn']) AS f;
SELECT throws_ok(format('SELECT offerengine_internal.%s', f), '42501', NULL, format('%s is not a merchant''s', f))
  FROM unnest(ARRAY['do_import_target_problems(1)', 'do_import_taken_rows(1)', 'do_import_take_turn(1)', 'begin_bulk_import()',
                    'end_bulk_import(NULL)', 'import_write_master_data()', 'import_write_products()']) AS f;
SELECT throws_ok('SELECT FROM offerengine.import_turn FOR UPDATE', '42501', NULL, 'nor is what imports wait on');
SELECT offerengine.import_end();
RESET ROLE;
SET LOCAL ROLE it_nobody;
SELECT throws_ok('SELECT offerengine.import_begin()', '42501');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
