-- What decisions rely on of tables, columns and indexes is looked at where it is looked up: where it is not as migrate() made it,
-- the specification answers, and health_check() says why. What is remembered is forgotten when it must be, and only then.
BEGIN;
SET LOCAL offerengine.fast_path = on;
SET LOCAL client_min_messages = warning;
SELECT plan(31);

INSERT INTO offerengine.store (store_code, name) VALUES ('R-1', 'test'), ('R-2', 'test');
INSERT INTO offerengine.store_currency VALUES ('R-1', 'EUR', true), ('R-2', 'EUR', true);
INSERT INTO offerengine.merchant (merchant_reference, name, approval_status) VALUES ('R-M', 'Merchant', 'approved');
INSERT INTO offerengine.abstract_product (abstract_sku) VALUES ('R-A');
INSERT INTO offerengine.abstract_product_store (abstract_product_id, store_code)
SELECT a.abstract_product_id, s FROM offerengine.abstract_product a, unnest('{R-1,R-2}'::text[]) s WHERE a.abstract_sku = 'R-A';
INSERT INTO offerengine.product (sku, abstract_product_id)
SELECT 'R-P', a.abstract_product_id FROM offerengine.abstract_product a WHERE a.abstract_sku = 'R-A';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status)
SELECT 'R-O', p.product_id, m.merchant_id, 'approved'
  FROM offerengine.product p, offerengine.merchant m WHERE p.sku = 'R-P' AND m.merchant_reference = 'R-M';
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, s FROM offerengine.offer o, unnest('{R-1,R-2}'::text[]) s WHERE o.offer_reference = 'R-O';
INSERT INTO offerengine.price (product_id, store_code, currency_code, gross_amount)
SELECT p.product_id, s.store_code, 'EUR', CASE s.store_code WHEN 'R-1' THEN 100 ELSE 200 END
  FROM offerengine.product p, offerengine.store s WHERE p.sku = 'R-P' AND s.store_code LIKE 'R-_';

CREATE FUNCTION pg_temp.problems() RETURNS SETOF text LANGUAGE sql VOLATILE AS
$$ SELECT h.detail FROM offerengine.health_check() h WHERE NOT h.ok $$;
CREATE FUNCTION pg_temp.amounts() RETURNS text LANGUAGE sql VOLATILE AS
$$ SELECT (offerengine.resolve_price('R-O', 'R-1', 'EUR')).amount || ' ' || (offerengine.resolve_price('R-O', 'R-2', 'EUR')).amount
       || ' ' || (SELECT string_agg(l.amount::text, ',') FROM offerengine.list_offers('R-P', 'R-1', 'EUR') l) $$;
SELECT is(pg_temp.amounts(), '100 200 100', 'prices as they are');
SELECT is_empty('SELECT pg_temp.problems()', 'and nothing to find');

-- The constraint goes, and NULL comes: the server survives, and both paths say what the specification says.
SAVEPOINT s;
ALTER TABLE offerengine.store ALTER price_inheritance DROP NOT NULL;
SELECT results_eq('SELECT pg_temp.problems()', ARRAY['1 found: store.price_inheritance may be NULL'], 'a lost NOT NULL is found');
UPDATE offerengine.store SET price_inheritance = NULL WHERE store_code = 'R-1';
SELECT is(pg_temp.amounts(), '100 200 100', 'a NULL where none may be');
ROLLBACK TO s;

-- The same for every column: all that decisions read and no key holds, so that none of them is believed to be filled.
SAVEPOINT s;
DO $test$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT format('ALTER TABLE %s ALTER %I DROP NOT NULL', a.attrelid::regclass, a.attname)
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition AND a.attnum > 0 AND a.attnotnull
           AND a.attidentity = ''
           AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND
                             a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) LOOP
        EXECUTE statement;
    END LOOP;
END $test$;
SELECT set_eq('SELECT p.problem FROM offerengine_internal.probe_problems() p',
    $$SELECT c || ' may be NULL' FROM unnest('{
        operation_policy.is_allowed,operation_policy.channels,operation_policy.one_step,merchant_relationship_assignee.merchant_id,
        merchant.approval_status, merchant.is_active, merchant.merchant_reference, merchant.name,
        merchant_relationship.merchant_id, merchant_relationship.relationship_key,
        offer.approval_status, offer.customer_limit_counts, offer.is_active, offer.management, offer.merchant_id, offer.offer_reference, offer.offer_type, offer.product_id,
        offer.valid_from, offer.valid_to,
        offer_store.abstract_product_id, offer_store.management, offer_store.merchant_id, offer_store.offer_reference,
        offer_store.offer_type, offer_store.product_id, offer_store.shown_from, offer_store.shown_to, offer_store.sku,
        price_history.currency_code, price_history.min_quantity, price_history.price_id, price_history.price_type, price_history.recorded_until,
        price_history.store_code, price_history.valid_from, price_history.valid_to,
        price.currency_code, price.min_quantity, price.price_type, price.store_code, price.valid_from, price.valid_to,
        price_segment.priority,
        price_sheet_price.currency_code, price_sheet_price.price_sheet_id, price_sheet_price.valid_from,
        product.abstract_product_id, product.is_active, product.sku, product.valid_from, product.valid_to,
        sales_rule.advantage_offer_id, sales_rule.cancelled_source, sales_rule.regular_offer_id, sales_rule.valid_to,
        store.contract_price_policy, store.contract_scope, store.price_inheritance, store.time_zone,
        offer_stock.is_never_out_of_stock, offer_stock.quantity, offer_stock.safety_quantity, stock_held.held, warehouse.is_active, order_line.merchant_id, order_line.offer_id,
        subscription.is_ignored, subscription.offer_id, subscription.starts_on, subscription.store_code}'::text[]) c$$,
    'every column that decisions read without asking for NULL');
SELECT is(pg_temp.amounts(), '100 200 100', 'and prices as before');
ROLLBACK TO s;

-- Types and collations, as a restored or hand-made table may have them.
SAVEPOINT s;
UPDATE pg_attribute SET attcollation = 'pg_catalog."POSIX"'::regcollation
 WHERE attrelid = 'offerengine.store'::regclass AND attname = 'contract_scope';
SELECT results_eq('SELECT pg_temp.problems()', ARRAY['1 found: store.contract_scope is not in collation "C"'], 'another collation');
ROLLBACK TO s;
SAVEPOINT s;
UPDATE pg_attribute SET attcollation = 'pg_catalog."C"'::regcollation
 WHERE attrelid = 'offerengine.offer_store'::regclass AND attname = 'title';
SELECT is_empty('SELECT pg_temp.problems()', 'text for people is in any collation');
ROLLBACK TO s;
SAVEPOINT s;
ALTER TABLE offerengine.subscription RENAME is_ignored TO ignored;
SELECT results_eq($$SELECT p.problem FROM offerengine_internal.probe_problems() p$$,
    ARRAY['subscription.is_ignored is missing'], 'a column of another name');
ROLLBACK TO s;

-- Indexes of the right name that are something else. A specification that lies tells the paths apart.
SAVEPOINT lying;
CREATE OR REPLACE FUNCTION offerengine_internal.spec_offer_is_visible(offer_reference text, store text, at timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false';
CREATE FUNCTION pg_temp.path() RETURNS text LANGUAGE sql VOLATILE AS
$$ SELECT CASE WHEN offerengine.offer_is_visible('R-O', 'R-1') THEN 'probes' ELSE 'sql' END $$;
SELECT is(pg_temp.path(), 'probes', 'ordinary tables are probed');
SAVEPOINT s;
ALTER TABLE offerengine.merchant ALTER is_active DROP NOT NULL;
SELECT is(pg_temp.path(), 'sql', 'a column that may be NULL: aside');
ROLLBACK TO s;
SELECT is(pg_temp.path(), 'probes', 'not any more: probed');
SAVEPOINT s;
DROP INDEX offerengine.offer_store_reference;
CREATE INDEX offer_store_reference ON offerengine.offer_store (offer_reference text_pattern_ops, store_code);
SELECT is(pg_temp.path(), 'sql', 'an index of another operator class: aside');
SELECT results_eq($$SELECT DISTINCT p.problem FROM offerengine_internal.probe_problems() p$$,
    ARRAY['offer_store_reference is not as migrate() made it'], 'and found');
ROLLBACK TO s;

-- Another schema in the place of ours, with tables that are not as migrate() made them.
SAVEPOINT s;
SELECT is(pg_temp.path(), 'probes', 'the tables are remembered');
ALTER SCHEMA offerengine RENAME TO r_old;
CREATE SCHEMA offerengine;
DO $test$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'r_old'::regnamespace AND c.relkind = 'r' LOOP
        EXECUTE format('CREATE TABLE offerengine.%I (LIKE r_old.%I)', name, name);
    END LOOP;
    INSERT INTO offerengine.schema_migration SELECT * FROM r_old.schema_migration;
    INSERT INTO offerengine.store SELECT * FROM r_old.store;
END $test$;
SELECT is(r_old.offer_is_visible('R-O', 'R-1'), false, 'other tables under the name are looked at, not those from before');
ROLLBACK TO s;
SELECT is(pg_temp.path(), 'probes', 'taken back: as before');
ROLLBACK TO lying;

SAVEPOINT s;
DROP INDEX offerengine.price_product_key;
CREATE UNIQUE INDEX price_product_key
    ON offerengine.price (product_id, store_code, currency_code, merchant_relationship_id, offer_id, price_type, min_quantity, valid_from)
    NULLS NOT DISTINCT WHERE product_id IS NOT NULL AND store_code = 'R-1';
SELECT is(pg_temp.amounts(), '100 200 100', 'prices that a smaller partial index lacks are found');
SELECT results_eq('SELECT pg_temp.problems()', ARRAY['1 found: price_product_key is not as migrate() made it'], 'and it is named');
ROLLBACK TO s;
SAVEPOINT s;
ALTER TABLE offerengine.merchant RENAME CONSTRAINT merchant_pkey TO merchant_key;
SELECT is(pg_temp.amounts(), '100 200 100', 'prices without a key under its name');
SELECT results_eq('SELECT pg_temp.problems()', ARRAY['1 found: merchant_pkey is missing'], 'which is missed');
ROLLBACK TO s;

-- Another name for a schema, and another schema in its place.
CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text LANGUAGE plpgsql AS $test$
DECLARE
    hint text;
BEGIN
    EXECUTE statement;
    RETURN 'answered';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN SQLSTATE || ': ' || SQLERRM || ' (' || hint || ')';
END
$test$;
-- What a role is to the marketplace must be known.
SAVEPOINT s;
CREATE ROLE r_shop;
SELECT offerengine.grant_access('r_shop', 'storefront') \g /dev/null
ALTER TABLE offerengine.actor ALTER kind DROP NOT NULL;
SET LOCAL session_replication_role = replica;
UPDATE offerengine.actor SET kind = NULL WHERE role_name = 'r_shop';
SET LOCAL ROLE r_shop;
SELECT throws_ok($$SELECT offerengine.offer_is_visible('R-O', 'R-1', '2020-01-01 UTC')$$, '55000',
    'role "r_shop" stands in table offerengine.actor without a kind', 'a role without a kind is refused');
ROLLBACK TO s;

SAVEPOINT s;
ALTER SCHEMA offerengine RENAME TO r_renamed;
SELECT is(pg_temp.refusal($$SELECT r_renamed.resolve_price('R-O', 'R-1', 'EUR')$$),
    '55000: schema offerengine does not exist (The extension is there, so it was renamed: give it its name back with '
    'ALTER SCHEMA.)', 'a schema of another name is told so');
ALTER SCHEMA r_renamed RENAME TO offerengine;
SELECT is(pg_temp.amounts(), '100 200 100', 'named back, it answers');
ALTER SCHEMA offerengine_internal RENAME TO r_renamed;
SELECT is(pg_temp.refusal($$SELECT offerengine.resolve_price('R-O', 'R-1', 'EUR')$$),
    '55000: schema offerengine_internal does not exist (The extension is there, so it was renamed: give it its name back '
    'with ALTER SCHEMA.)', 'likewise the other one');
SELECT is(pg_temp.refusal($$SELECT offerengine.orders('R-C')$$),
    '55000: schema offerengine_internal does not exist (The extension is there, so it was renamed: give it its name back '
    'with ALTER SCHEMA.)', 'also for functions that run as the owner');
ALTER SCHEMA r_renamed RENAME TO offerengine_internal;
SELECT is(pg_temp.amounts(), '100 200 100', 'named back, it answers');
ROLLBACK TO s;

-- How often it is asked whether the tables fit: each time reads schema_migration once.
CREATE FUNCTION pg_temp.checks() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT pg_stat_get_xact_numscans('offerengine.schema_migration'::regclass) $$;
CREATE FUNCTION pg_temp.fail_after_asking(n integer) RETURNS bigint LANGUAGE plpgsql AS $test$
DECLARE
    before bigint := pg_temp.checks();
BEGIN
    FOR i IN 1 .. n LOOP
        BEGIN
            PERFORM offerengine.offer_is_visible('R-O', 'R-1');
            RAISE EXCEPTION USING ERRCODE = 'YY001';
        EXCEPTION WHEN SQLSTATE 'YY001' THEN
            NULL;
        END;
    END LOOP;
    RETURN pg_temp.checks() - before;
END
$test$;
SELECT offerengine.offer_is_visible('R-O', 'R-1') AS asked \gset
SELECT is(pg_temp.fail_after_asking(20), 0::bigint, 'a subtransaction that aborts does not forget what was known before it');
SAVEPOINT s;
DELETE FROM offerengine.schema_migration m WHERE m.kind = 'migration';
SAVEPOINT t;
INSERT INTO offerengine.schema_migration (name, kind, checksum)
SELECT s.name, s.kind, '' FROM offerengine_internal.schema_source() s WHERE s.kind = 'migration';
SELECT ok(offerengine.offer_is_visible('R-O', 'R-1'), 'what a subtransaction makes fit');
ROLLBACK TO t;
SELECT alike(pg_temp.refusal($$SELECT offerengine.offer_is_visible('R-O', 'R-1')$$), '55000: the tables of offerengine are not there yet%',
    'does not fit when it is rolled back');
ROLLBACK TO s;
SELECT is(pg_temp.amounts(), '100 200 100', 'and fits again');

SELECT * FROM finish();
ROLLBACK;
