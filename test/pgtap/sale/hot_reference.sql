-- Orders, subscriptions and carts refer to rows of the catalogue by foreign keys that lock none of them (isolation spec hot_reference), and
-- else are what foreign keys are.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

CREATE FUNCTION pg_temp.order_in(store text, currency text DEFAULT 'EUR') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message    text;
    detail     text;
    constraint_name text;
    table_name text;
BEGIN
    INSERT INTO offerengine.sales_order (customer_reference, order_id, store_code, currency_code) VALUES ('c', offerengine.uuid_v7(), store, currency);
    RETURN 'placed';
EXCEPTION WHEN foreign_key_violation THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, constraint_name = CONSTRAINT_NAME, table_name = TABLE_NAME;
    RETURN concat_ws(' / ', message, detail, constraint_name, table_name);
END $$;

-- What the key says.
SELECT is(pg_temp.order_in('P-XX'), 'insert or update on table "sales_order" violates foreign key constraint "sales_order_store_code_fkey" / '
                                    'Key (store_code)=(P-XX) is not present in table "store". / sales_order_store_code_fkey / sales_order', 'no such store');
SELECT is(pg_temp.order_in('P-DE', 'XXX'), 'insert or update on table "sales_order" violates foreign key constraint "sales_order_currency_code_fkey" / '
                                           'Key (currency_code)=(XXX) is not present in table "currency". / sales_order_currency_code_fkey / sales_order', 'no such currency');
SELECT is(pg_temp.order_in(NULL), 'placed', 'none need be named');
SELECT throws_ok($$ UPDATE offerengine.sales_order SET store_code = 'P-XX' WHERE customer_reference = 'c' $$, '23503', NULL, 'nor is one moved there');
SELECT lives_ok($$ UPDATE offerengine.sales_order SET store_code = 'P-AS' WHERE customer_reference = 'c' AND store_code IS NULL $$, 'but where there is one');
SELECT throws_ok($$ DELETE FROM offerengine.store WHERE store_code = 'P-AS' $$, '23503', NULL, 'a store is not deleted that an order names');
INSERT INTO offerengine.store (store_code, name) VALUES ('P-NO', 'None'), ('P-ON', 'One');
SELECT is(pg_temp.order_in('P-ON'), 'placed', 'a store of the same transaction');
SELECT throws_ok($$ UPDATE offerengine.store SET store_code = 'P-OFF' WHERE store_code = 'P-ON' $$, '23503',
                 'update or delete on table "store" violates foreign key constraint "sales_order_store_code_fkey" on table "sales_order"', 'nor does it get another code');
SELECT lives_ok($$ UPDATE offerengine.store SET store_code = 'P-NN' WHERE store_code = 'P-NO' $$, 'one that nobody names does');
SELECT alike(pg_temp.order_in('P-NO'), 'insert or update%', 'and is not found by the old one');
SELECT lives_ok($$ DELETE FROM offerengine.store WHERE store_code = 'P-NN' $$, 'and is deleted');
SELECT alike(pg_temp.order_in('P-NN'), 'insert or update%', 'for good');
SELECT name FROM offerengine.store WHERE store_code = 'P-ON' FOR UPDATE \g /dev/null
SELECT is(pg_temp.order_in('P-ON'), 'placed', 'who has locked the store himself does not wait');
SELECT throws_ok($$ TRUNCATE offerengine.currency $$, '0A000', NULL, 'a table that orders refer to is not truncated');
INSERT INTO offerengine.store (store_code, name) VALUES ('P-ZZ', 'Last');
CREATE TRIGGER wrong AFTER DELETE ON offerengine.store FOR EACH ROW EXECUTE FUNCTION offerengine_internal.await_writers('sales_order');
SELECT throws_ok($$ DELETE FROM offerengine.store WHERE store_code = 'P-ZZ' $$, '39P01', NULL, 'a guard that comes after the row is no guard');
DROP TRIGGER wrong ON offerengine.store;

-- A role that may write orders, and of our schemas has that of the tables only.
CREATE ROLE t_loader;
GRANT USAGE ON SCHEMA offerengine TO t_loader;
GRANT INSERT ON offerengine.sales_order TO t_loader;
CREATE FUNCTION pg_temp.load(store text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text := 'loaded';
BEGIN
    BEGIN
        SET LOCAL ROLE t_loader;
        INSERT INTO offerengine.sales_order (customer_reference, order_id, store_code, currency_code) VALUES ('l', gen_random_uuid(), store, 'EUR');
    EXCEPTION WHEN OTHERS THEN
        answer := SQLSTATE;
    END;
    RESET ROLE;
    RETURN answer;
END $$;
SELECT is(pg_temp.load('P-DE'), 'loaded', 'a role without our functions writes an order');
SELECT is(pg_temp.load('P-XX'), '23503', 'of a store that is there');

-- A row is locked where its guard does not wait for every loss of the key.
CREATE FUNCTION pg_temp.locked(store text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO offerengine.store (store_code, name) VALUES (store, 'Fresh');
    PERFORM pg_temp.order_in(store);
    RETURN (SELECT s.xmax <> '0' FROM offerengine.store s WHERE s.store_code = store);
END $$;
SELECT is(pg_temp.locked('P-L1'), false, 'a guarded row is not locked');
CREATE OR REPLACE TRIGGER store_await_sales BEFORE DELETE OR UPDATE OF name ON offerengine.store
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.await_writers('sales_order');
SELECT is(pg_temp.locked('P-L2'), true, 'one whose guard is about another column is');
CREATE OR REPLACE TRIGGER store_await_sales BEFORE DELETE OR UPDATE OF store_code ON offerengine.store
    FOR EACH ROW WHEN (OLD.name <> 'Fresh') EXECUTE FUNCTION offerengine_internal.await_writers('sales_order');
SELECT is(pg_temp.locked('P-L3'), true, 'and one whose guard is about some rows');
CREATE OR REPLACE TRIGGER store_await_sales BEFORE DELETE OR UPDATE OF store_code ON offerengine.store
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.await_writers('sales_order', 'subscription');
SELECT is(pg_temp.locked('P-L4'), false, 'not with its own again');

-- Who fires no triggers checks nothing, as with any key, and health_check() finds it.
SELECT is(h.ok, true, 'all that is named is there') FROM offerengine.health_check('references') AS h;
SET LOCAL session_replication_role = replica;
SELECT is(pg_temp.order_in('P-GONE'), 'placed', 'a replica takes what it gets');
SET LOCAL session_replication_role = origin;
SELECT is(h.detail, '1 found: sales_order_store_code_fkey: sales_order (P-GONE)', 'health_check() names it') FROM offerengine.health_check('references') AS h;

-- Every key from a customer's rows to the catalogue has its guard, but for rules: they are locked on purpose.
SELECT is_empty($$
    SELECT k.conname FROM pg_constraint k
     WHERE k.contype = 'f' AND k.connamespace = 'offerengine'::regnamespace AND k.confrelid <> 'offerengine.sales_rule'::regclass
       AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attname = 'customer_reference')
       AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = k.confrelid AND a.attname = 'customer_reference')
       AND NOT EXISTS (SELECT FROM pg_trigger t
                        WHERE t.tgrelid = k.confrelid AND t.tgfoid = 'offerengine_internal.await_writers'::regproc
                          AND strpos(pg_get_triggerdef(t.oid), quote_literal((SELECT c.relname FROM pg_class c WHERE c.oid = k.conrelid))) > 0
                          AND t.tgattr::text = k.confkey[1]::text) $$, 'no key is forgotten');

SELECT * FROM finish();
ROLLBACK;
