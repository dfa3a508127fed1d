-- CHECK constraints are read once a session: they hold in every later statement, and what is changed of them counts at once.
BEGIN;
\ir ../include/catalogue.psql
SELECT plan(17);
SELECT pg_temp.make_offer('c-1') \g /dev/null
INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount) SELECT o.offer_id, 'C-DE', 'EUR', 100 FROM offerengine.offer o WHERE o.offer_reference = 'c-1';

PREPARE amount(bigint) AS UPDATE offerengine.price SET net_amount = $1 WHERE currency_code = 'EUR' AND store_code = 'C-DE';
SELECT lives_ok('EXECUTE amount(101)', 'a statement reads the conditions');
SELECT throws_ok('EXECUTE amount(-1)', '23514', 'new row for relation "price" violates check constraint "price_net_amount_check"', 'the next one is held to them');
SELECT throws_ok('EXECUTE amount(NULL)', '23514', 'new row for relation "price" violates check constraint "price_amount"', 'and to the others');
SELECT throws_ok($$INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount, min_quantity)
                   SELECT o.product_id, 'C-DE', 'EUR', 1, 0 FROM offerengine.offer o WHERE o.offer_reference = 'c-1'$$,
                 '23514', 'new row for relation "price" violates check constraint "price_min_quantity_check"', 'so is an INSERT');

ALTER TABLE offerengine.price ADD CONSTRAINT own_limit CHECK (net_amount < 1000);
SELECT throws_ok('EXECUTE amount(1000)', '23514', 'new row for relation "price" violates check constraint "own_limit"', 'a new condition counts at once');
ALTER TABLE offerengine.price DROP CONSTRAINT own_limit, ADD CONSTRAINT own_limit CHECK (net_amount < 2000);
SELECT lives_ok('EXECUTE amount(1000)', 'and one of the same name that says something else');
SELECT throws_ok('EXECUTE amount(2000)', '23514', NULL, 'in either direction');
ALTER TABLE offerengine.price DROP CONSTRAINT own_limit;
SELECT lives_ok('EXECUTE amount(2000)', 'one that is gone does not');

-- What somebody may replace is asked anew.
CREATE FUNCTION pg_temp.may_be(amount bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT amount < 3000';
ALTER TABLE offerengine.price ADD CONSTRAINT own_rule CHECK (pg_temp.may_be(net_amount));
SELECT throws_ok('EXECUTE amount(3000)', '23514', 'new row for relation "price" violates check constraint "own_rule"', 'a condition may call a function');
SELECT lives_ok('EXECUTE amount(2999)', 'which lets others through');
CREATE OR REPLACE FUNCTION pg_temp.may_be(amount bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT amount < 4000';
SELECT lives_ok('EXECUTE amount(3000)', 'and says something else when it is replaced');
SELECT throws_ok('EXECUTE amount(-1)', '23514', 'new row for relation "price" violates check constraint "price_net_amount_check"', 'the table''s own conditions still count');
ALTER TABLE offerengine.price DROP CONSTRAINT own_rule;
SELECT throws_ok('EXECUTE amount(-1)', '23514', 'new row for relation "price" violates check constraint "price_net_amount_check"', 'and without it');

-- A condition that cannot be computed leaves nothing behind, however often it is tried.
CREATE FUNCTION pg_temp.contexts() RETURNS TABLE (n bigint, bytes numeric) LANGUAGE sql AS
    $$SELECT count(*), sum(c.used_bytes) FROM pg_backend_memory_contexts c WHERE c.name LIKE 'offerengine checks' OR c.name = 'TopMemoryContext'$$;
ALTER TABLE offerengine.price ADD CONSTRAINT zz_error CHECK (min_quantity > 1 / 0) NOT VALID;
SELECT throws_ok('EXECUTE amount(100)', '22012', 'division by zero', 'a condition that cannot be computed fails the statement');
CREATE TEMP TABLE before AS SELECT c.* FROM pg_temp.contexts() c;
DO $$
BEGIN
    FOR i IN 1 .. 100 LOOP
        BEGIN
            UPDATE offerengine.price SET net_amount = 100 WHERE currency_code = 'EUR' AND store_code = 'C-DE';
            RAISE 'it went through';
        EXCEPTION WHEN division_by_zero THEN
            NULL;
        END;
    END LOOP;
END
$$;
SELECT is((SELECT c.n FROM pg_temp.contexts() c), (SELECT b.n FROM before b), 'it leaves no memory context behind');
SELECT cmp_ok((SELECT c.bytes FROM pg_temp.contexts() c) - (SELECT b.bytes FROM before b), '<', 100000::numeric, 'and no memory');
ALTER TABLE offerengine.price DROP CONSTRAINT zz_error;
SELECT throws_ok('EXECUTE amount(-1)', '23514', 'new row for relation "price" violates check constraint "price_net_amount_check"', 'without it the others count');
SELECT * FROM finish();
ROLLBACK;
