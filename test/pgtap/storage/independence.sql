-- Answers depend on question and data alone: not on the session's settings, its search_path or the caller's privileges.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();
-- Where a plan is made without what it needs, its cost is beyond everything, and compiling each would take most of the time.
SET LOCAL jit = off;

INSERT INTO given_price (item, owner, type, tier, contract, gross, net, since, until) VALUES
    ('lamp', 'offer', 'DEFAULT', 1, NULL, 1000, 840, '-infinity', 'infinity'),
    ('lamp', 'offer', 'DEFAULT', 1, NULL, 900, NULL, '2025-01-01Z', 'infinity'),
    ('lamp', 'offer', 'DEFAULT', 1, NULL, 1, NULL, '2031-06-01 12:00Z', '2031-06-02 12:00Z'),
    ('lamp', 'offer', 'DEFAULT', 10, NULL, 800, NULL, '-infinity', 'infinity'),
    ('lamp', 'offer', 'ORIGINAL', 1, NULL, 1200, NULL, '-infinity', 'infinity'),
    ('lamp', 'offer', 'DEFAULT', 1, 'gold', 850, NULL, '-infinity', 'infinity'),
    ('lamp', 'product', 'DEFAULT', 1, NULL, 950, NULL, '-infinity', 'infinity'),
    ('lamp', 'abstract', 'DEFAULT', 1, NULL, 990, NULL, '-infinity', 'infinity');
INSERT INTO given_item (name, merchant, same_as) VALUES ('lamp-bolt', 'bolt', 'lamp'), ('lamp-spring', 'cord', 'lamp');
UPDATE offerengine.offer SET valid_from = '2031-06-01 12:00Z', valid_to = '2031-06-02 12:00Z' WHERE offer_reference = 'lamp-spring';
UPDATE offerengine.price p SET gross_amount = 1001 FROM offerengine.offer o
 WHERE o.offer_id = p.offer_id AND o.offer_reference = 'lamp' AND p.gross_amount = 1000;
SET CONSTRAINTS ALL IMMEDIATE;

-- Each question is a call without any operator, so that a foreign search_path reaches the engine and not this test.
CREATE TEMP TABLE question (n integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text, call text);
INSERT INTO question (kind, call) VALUES
    ('visible', $$offerengine.offer_is_visible('lamp', 'shop')$$),
    ('visible', $$offerengine.offer_is_visible('lamp-spring', 'shop')$$),
    ('price', $$offerengine.resolve_price('lamp', 'shop', 'EUR')$$),
    ('price', $$offerengine.resolve_price('lamp', 'shop', 'EUR', 'gross', 10)$$),
    ('price', $$offerengine.resolve_price('lamp', 'shop', 'EUR', 'gross', 1, 'anna')$$),
    ('price', $$offerengine.resolve_price('lamp-bolt', 'shop+any_merchant+per_type', 'EUR', 'net')$$),
    ('price', $$offerengine.resolve_price('lamp-spring', 'shop', 'EUR')$$),
    ('price', $$offerengine.resolve_price('none', 'shop', 'EUR')$$),
    ('price', $$offerengine.resolve_product_price('lamp-p', 'shop', 'EUR')$$),
    ('step', $$offerengine.explain_price('lamp', 'shop', 'EUR', 'gross', 10, 'anna')$$),
    ('condition', $$offerengine.explain_visibility('lamp-spring', 'shop')$$),
    ('tier', $$offerengine.price_ladder('lamp', 'shop+lowest', 'EUR', buyer => 'anna')$$),
    ('listing', $$offerengine.list_offers('lamp-p', 'shop', 'EUR')$$),
    ('listing', $$offerengine.list_offers('{lamp-p}'::pg_catalog.text[], 'shop', 'EUR', include_availability => true,
                                          order_by => 'availability')$$),
    ('listing', $$offerengine.default_offer('lamp-p', 'shop', 'EUR')$$);
-- The same at other instants, which are written with their zone: past and future.
INSERT INTO question (kind, call)
SELECT q.kind, left(q.call, -1) || format(', at => %L::pg_catalog.timestamptz)', i.at)
  FROM question q, unnest('{2021-06-01 12:00:00+00,2031-06-01 11:59:59.999999+00,2031-06-01 12:00:00+00}'::text[]) AS i (at)
 ORDER BY i.at, q.n;
CREATE TEMP TABLE answer (setting text, n integer, visible boolean[], price offerengine.price_result[], step offerengine.price_step[],
                          condition offerengine.visibility_condition[], tier offerengine.price_tier[],
                          listing offerengine.offer_listing[]);
GRANT ALL ON answer TO PUBLIC;
CREATE FUNCTION pg_temp.ask(setting text, role text, VARIADIC settings text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    statements text[] := array(SELECT format('INSERT INTO pg_temp.answer (setting, n, %I)
                                              SELECT %L, %s, pg_catalog.array_agg(x) FROM %s AS x',
                                             q.kind, ask.setting, q.n, q.call) FROM question q ORDER BY q.n);
    names      text[] := array(SELECT split_part(s, '=', 1) FROM unnest(settings) AS s);
    value_of   text[] := array(SELECT substr(s, strpos(s, '=') + 1) FROM unnest(settings) AS s);
    old_values text[] := array(SELECT current_setting(split_part(s, '=', 1)) FROM unnest(settings) AS s);
    statement  text;
BEGIN
    IF role IS NOT NULL THEN
        PERFORM set_config('role', role, true);
    END IF;
    PERFORM pg_catalog.set_config(s.name, s.value, true) FROM unnest(names, value_of) AS s (name, value);
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
    PERFORM pg_catalog.set_config('search_path', '"$user", public', true);
    PERFORM set_config(s.name, s.value, true) FROM unnest(names, old_values) AS s (name, value);
    PERFORM set_config('role', 'none', true);
END
$$;
CREATE FUNCTION pg_temp.same(setting text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT is((SELECT string_agg(q.call, ' | ' ORDER BY q.n)
                 FROM question q
                 JOIN answer a ON a.n = q.n AND a.setting = 'plain'
                 LEFT JOIN answer b ON b.n = q.n AND b.setting = same.setting
                WHERE (a.visible, a.price, a.step, a.condition, a.tier, a.listing)
                      IS DISTINCT FROM (b.visible, b.price, b.step, b.condition, b.tier, b.listing)),
              NULL, 'the same answers: ' || same.setting)
$$;

SELECT pg_temp.ask('plain', NULL);
SELECT is((SELECT count(*) FROM answer), (SELECT count(*) FROM question), 'every question is answered');
SELECT is((SELECT count(*) FROM answer a WHERE a.visible[1] OR (a.price[1]).amount > 0 OR (a.step[1]).step = 1
              OR NOT (a.condition[7]).holds OR (a.tier[1]).amount > 0 OR (a.listing[1]).amount > 0) > 40, true,
          'with something in most of them');

-- Session settings.
SELECT pg_temp.ask('TimeZone Kiritimati', NULL, 'TimeZone=Pacific/Kiritimati');
SELECT pg_temp.ask('TimeZone New York', NULL, 'TimeZone=America/New_York');
SELECT pg_temp.ask('DateStyle German', NULL, 'DateStyle=German, DMY');
SELECT pg_temp.ask('DateStyle SQL', NULL, 'DateStyle=SQL, MDY', 'IntervalStyle=iso_8601');
SELECT pg_temp.ask('no index scans', NULL, 'enable_indexscan=off', 'enable_bitmapscan=off', 'enable_indexonlyscan=off');
SELECT pg_temp.ask('no nested loops', NULL, 'enable_nestloop=off', 'enable_hashjoin=off');
SELECT pg_temp.ask('strings and nulls', NULL, 'transform_null_equals=on', 'array_nulls=off', 'quote_all_identifiers=on',
                   'extra_float_digits=-15', 'bytea_output=escape', 'xmlbinary=hex');
SELECT pg_temp.ask('fast path off', NULL, 'offerengine.fast_path=off');
SELECT pg_temp.ask('fast path on', NULL, 'offerengine.fast_path=on');
SELECT pg_temp.ask('acting user', NULL, 'offerengine.acting_user=someone');
SELECT pg_temp.same(a.setting) FROM answer a WHERE a.setting <> 'plain' GROUP BY a.setting ORDER BY a.setting;
DELETE FROM answer WHERE setting <> 'plain';

-- A schema in front with operators, functions, tables and types of its own that answer wrongly.
CREATE SCHEMA hostile;
CREATE FUNCTION hostile.now() RETURNS timestamptz LANGUAGE sql AS $$SELECT '1999-01-01Z'::timestamptz$$;
CREATE FUNCTION hostile.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$SELECT '1999-01-01Z'::timestamptz$$;
CREATE FUNCTION hostile.coalesce_bigint(bigint, bigint) RETURNS bigint LANGUAGE sql AS $$SELECT 13::bigint$$;
CREATE FUNCTION hostile.lower(text) RETURNS text LANGUAGE sql AS $$SELECT 'hostile'$$;
CREATE FUNCTION hostile.format(text, VARIADIC "any") RETURNS text LANGUAGE internal AS 'text_format' STABLE;
CREATE FUNCTION hostile.min(bigint) RETURNS bigint LANGUAGE sql AS $$SELECT 13::bigint$$;
CREATE FUNCTION hostile.count(bigint) RETURNS bigint LANGUAGE sql AS $$SELECT 0::bigint$$;
DO $$
DECLARE
    name text;
    operand regtype;
BEGIN
    FOREACH operand IN ARRAY '{text,bigint,integer,timestamptz,boolean,numeric}'::regtype[] LOOP
        EXECUTE format('CREATE FUNCTION hostile.never(%1$s, %1$s) RETURNS boolean LANGUAGE sql IMMUTABLE AS ''SELECT false''', operand);
        FOREACH name IN ARRAY '{=,<>,<,<=,>,>=}'::text[] LOOP
            EXECUTE format('CREATE OPERATOR hostile.%1$s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = hostile.never)', name, operand);
        END LOOP;
    END LOOP;
    FOREACH name IN ARRAY '{store,currency,store_currency,merchant,product,abstract_product,offer,offer_store,price,price_type,
                            merchant_relationship,price_history,visible_offer}'::text[] LOOP
        EXECUTE format('CREATE TABLE hostile.%I (LIKE offerengine.%1$I)', name);
    END LOOP;
    EXECUTE 'CREATE TYPE hostile.price_result AS (amount text)';
END
$$;
SELECT pg_temp.ask('hostile schema in front', NULL, 'search_path=hostile, pg_catalog, offerengine');
SELECT pg_temp.ask('hostile schema, fast path off', NULL, 'offerengine.fast_path=off', 'search_path=hostile, pg_catalog');
SELECT pg_temp.ask('empty search_path', NULL, 'search_path=');
SELECT pg_temp.same(a.setting) FROM answer a WHERE a.setting <> 'plain' GROUP BY a.setting ORDER BY a.setting;
DELETE FROM answer WHERE setting <> 'plain';

-- Temporary tables hide nothing either.
CREATE TEMP TABLE price (LIKE offerengine.price);
CREATE TEMP TABLE offer_store (LIKE offerengine.offer_store);
CREATE TEMP TABLE store (LIKE offerengine.store);
SELECT pg_temp.ask('temporary tables of the same names', NULL, 'search_path=pg_temp, offerengine, pg_catalog');
SELECT pg_temp.same('temporary tables of the same names');
DELETE FROM answer WHERE setting <> 'plain';
DROP TABLE pg_temp.price, pg_temp.offer_store, pg_temp.store;

-- EXECUTE is the permission: a role with nothing else gets the same answers, on both paths.
CREATE ROLE oe_test_reader;
CREATE ROLE oe_test_stranger;
GRANT USAGE ON SCHEMA offerengine TO oe_test_reader, oe_test_stranger;
DO $$
DECLARE
    routine regprocedure;
BEGIN
    FOR routine IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)
                      AND p.proname IN ('offer_is_visible', 'explain_visibility', 'resolve_price', 'resolve_product_price',
                                        'price_ladder', 'explain_price', 'list_offers', 'default_offer') LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO oe_test_reader', routine);
    END LOOP;
END
$$;
SELECT pg_temp.ask('a role that may only execute', 'oe_test_reader');
SELECT pg_temp.ask('a role that may only execute, fast path off', 'oe_test_reader', 'offerengine.fast_path=off');
SELECT pg_temp.ask('a role that may only execute, row_security off', 'oe_test_reader', 'row_security=off');
SELECT pg_temp.same(a.setting) FROM answer a WHERE a.setting <> 'plain' GROUP BY a.setting ORDER BY a.setting;

-- SQLSTATE of a statement run as a role; NULL: none.
CREATE FUNCTION pg_temp.sqlstate_as(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('role', role, true);
    EXECUTE statement;
    PERFORM set_config('role', 'none', true);
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
SELECT is(pg_temp.sqlstate_as('oe_test_reader', 'SELECT * FROM offerengine.' || t), '42501', 'it cannot read ' || t)
  FROM unnest('{price,offer,offer_store,price_history,merchant_relationship_assignee}'::text[]) AS t;
SELECT is(pg_temp.sqlstate_as('oe_test_stranger', 'SELECT ' || q.call), '42501', 'without EXECUTE nothing is answered: ' || q.call)
  FROM question q WHERE q.n <= 15;
SELECT is(current_user::text, session_user::text, 'the caller''s identity is back');

SELECT * FROM finish();
ROLLBACK;
