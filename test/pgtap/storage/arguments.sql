-- Every function in C, granted or not, is called with NULL for everything and with what nobody means to pass; every trigger function
-- in C is attached to tables that it is not made for. Each answers, or refuses in words; none raises an internal error, and the
-- server is there afterwards.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(8);

CREATE TEMP TABLE odd (type regtype, value text);
INSERT INTO odd SELECT t.type::regtype, v.value FROM (VALUES
    ('text', ARRAY['', ' ', 'approved', 'net', 'DE', 'EUR', 'DEFAULT', E'\u00e4\n\t"''{}', 'infinity', '-1', repeat('x', 100000)]),
    ('integer', '{0,1,-1,2147483647,-2147483648}'),
    ('bigint', '{0,1,-1,9223372036854775807,-9223372036854775808}'),
    ('numeric', '{0,7.1,-1,NaN,Infinity,-Infinity,1e1000}'),
    ('numeric[]', ARRAY['{}', '{NULL}', '{{1,2},{3,4}}', '[5:6]={7,7.1}', '{NaN,Infinity}']),
    ('boolean', '{true,false}'),
    ('uuid', '{00000000-0000-0000-0000-000000000000,ffffffff-ffff-ffff-ffff-ffffffffffff}'),
    ('uuid[]', ARRAY['{}', '{NULL}', '{{00000000-0000-0000-0000-000000000000},{ffffffff-ffff-ffff-ffff-ffffffffffff}}', '[5:5]={00000000-0000-0000-0000-000000000000}']),
    ('date', '{infinity,-infinity,2024-02-29,"4713-01-01 BC",5874897-12-31}'),
    ('timestamptz', '{infinity,-infinity,2024-02-29 00:00+00,"4713-01-01 00:00:00+00 BC",294276-12-31 23:59:59.999999+00,now}'),
    ('interval', '{0,1 month,-1 month,"178000000 years",-178000000 years,"1 month -30 days",2147483647 days,1 microsecond}'),
    ('text[]', ARRAY['{}', '{NULL}', '{{a,b},{c,d}}', '[5:6]={a,b}', '{"",a,a,NULL}']),
    ('integer[]', ARRAY['{}', '{NULL}', '{{1,2},{3,4}}', '[-5:-4]={1,-1}', '{2147483647}']),
    ('boolean[]', ARRAY['{}', '{NULL}', '{{t,f},{f,t}}', '[-5:-4]={t,f}']),
    ('date[]', ARRAY['{}', '{NULL}', '{{2024-02-29,infinity},{-infinity,2024-02-29}}', '[-5:-5]={5874897-12-31}']),
    ('jsonb', ARRAY['{}', '[]', 'null', '7', '[null]', '[[]]', '[{}]', '[{"currency": "EUR", "net_amount": 1}]', '[{"customer_reference": ""}]', '[{"line_no": 1, "quantity": 1}]', '[{"offer_reference": "", "unit_amount": 1}]']),
    ('oid', ARRAY['0', '10', '4294967295']),
    ('regclass', ARRAY['0', 'offerengine.offer', '4294967295']),
    ('tsquery', ARRAY['', '''a''', '''a'' & ''b'':*', '!''a'' | ''b'' <-> ''c'':A']),
    ('xid', ARRAY['0', '1', '2', '3', '2147483648', '4294967295']),
    ('bigint[]', ARRAY['{}', '{NULL}', '{{1,2},{3,4}}', '[-5:-4]={1,-1}', '{9223372036854775807,0,-9223372036854775808}']))
    AS t (type, list), unnest(t.list::text[]) AS v (value);
INSERT INTO odd SELECT DISTINCT o.type, NULL FROM odd o;

CREATE TEMP TABLE subject AS
SELECT p.oid::regprocedure AS function, p.oid::regproc AS name, p.proargtypes::oid[] AS types, p.prorettype = 'trigger'::regtype AS is_trigger
  FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
 WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND l.lanname = 'c'
   AND p.prorettype <> 'internal'::regtype; -- SQL cannot call these
SELECT cmp_ok((SELECT count(*) FROM subject), '>', 100::bigint, 'functions in C are found');
SELECT is_empty($$SELECT s.function, t.type::regtype FROM subject s, unnest(s.types) AS t (type)
                   WHERE NOT s.is_trigger AND t.type NOT IN (SELECT o.type FROM odd o)$$, 'every type has odd values');

-- What a call came to: NULL for an answer, else the SQLSTATE. Everything that it did is taken back.
CREATE TEMP TABLE outcome (function regprocedure, call text, state text, message text);
CREATE FUNCTION pg_temp.try(f regprocedure, statement text) RETURNS void LANGUAGE plpgsql AS $test$
BEGIN
    BEGIN
        EXECUTE statement;
        RAISE EXCEPTION USING ERRCODE = 'YY001';
    EXCEPTION
        WHEN SQLSTATE 'YY001' THEN
            INSERT INTO outcome VALUES (f, left(statement, 500), NULL, NULL);
        WHEN OTHERS THEN
            INSERT INTO outcome VALUES (f, left(statement, 500), SQLSTATE, SQLERRM);
    END;
END
$test$;
CREATE FUNCTION pg_temp.call(s subject, value_of text[]) RETURNS text LANGUAGE sql AS
$$ SELECT format('SELECT * FROM %s(%s)', s.name,
                 (SELECT coalesce(string_agg(format('%L::%s', value_of[t.place], t.type::regtype), ', ' ORDER BY t.place), '')
                    FROM unnest(s.types) WITH ORDINALITY AS t (type, place))) $$;

SELECT pg_temp.try(s.function, pg_temp.call(s, '{}')) FROM subject s WHERE NOT s.is_trigger \g /dev/null
SELECT is((SELECT count(DISTINCT o.function) FROM outcome o), (SELECT count(*) FROM subject s WHERE NOT s.is_trigger),
    'every function was called with NULL for all arguments');

-- Known stores, offers and customers, so that calls come further than the first check.
INSERT INTO offerengine.store (store_code, name) VALUES ('DE', 'test');
INSERT INTO offerengine.store_currency VALUES ('DE', 'EUR', true);
INSERT INTO offerengine.merchant (merchant_reference, name, approval_status) VALUES ('approved', 'M', 'approved');
INSERT INTO offerengine.abstract_product (abstract_sku) VALUES ('approved');
INSERT INTO offerengine.abstract_product_store SELECT abstract_product_id, 'DE' FROM offerengine.abstract_product;
INSERT INTO offerengine.product (sku, abstract_product_id)
SELECT 'approved', abstract_product_id FROM offerengine.abstract_product WHERE abstract_sku = 'approved';
SELECT offerengine.put_offer('approved', 'approved', 'approved', '{DE}') \g /dev/null
SELECT offerengine.set_price('DE', 'EUR', 100, 119, offer_reference => 'approved') \g /dev/null
SELECT offerengine.approve_offer('approved') \g /dev/null

-- Each value of each argument beside NULLs, and random ones for all; where a code is wanted most often a known one.
SELECT pg_temp.try(s.function, pg_temp.call(s, array_fill(NULL::text, ARRAY[(t.place - 1)::integer]) || o.value))
  FROM subject s, unnest(s.types) WITH ORDINALITY AS t (type, place)
  JOIN odd o ON o.type = t.type
 WHERE NOT s.is_trigger AND o.value IS NOT NULL \g /dev/null
SELECT setseed(0.5) \g /dev/null
SELECT pg_temp.try(s.function, pg_temp.call(s,
           (SELECT array_agg(CASE WHEN t.type = 'text'::regtype AND random() < 0.7
                                  THEN (ARRAY['approved', 'DE', 'EUR', 'gross'])[CASE WHEN random() < 0.8 THEN least(t.place, 4)
                                                                                      ELSE 1 + floor(4 * random()) END]
                                  ELSE (SELECT o.value FROM odd o WHERE o.type = t.type AND n > 0 ORDER BY random() LIMIT 1) END
                             ORDER BY t.place)
              FROM unnest(s.types) WITH ORDINALITY AS t (type, place))))
  FROM subject s, generate_series(1, 60) n
 WHERE NOT s.is_trigger AND s.types <> '{}' \g /dev/null
SELECT cmp_ok((SELECT count(*) FROM outcome), '>', 4000::bigint, 'calls with odd values');
SELECT cmp_ok((SELECT count(*) FROM outcome o WHERE o.state IS NULL), '>', 500::bigint, 'some of which are answered');
SELECT is_empty($$SELECT o.state, o.message, min(o.call) FROM outcome o
                   WHERE o.state ~ '^(XX|58|53)' OR o.message ~ 'cache lookup|OID' GROUP BY 1, 2$$, 'none raises an internal error');

-- Triggers on other tables: one that is somebody's, and two of our schema that have all our columns in another type.
CREATE TABLE public.arguments_plain (a integer, b text);
DO $test$
DECLARE
    columns text := (SELECT string_agg(DISTINCT format('%I', a.attname), ' TYPE, ')
                       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                      WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped) || ' TYPE';
    s subject;
    name text;
    timing text;
    event text;
BEGIN
    EXECUTE format('CREATE TABLE offerengine.arguments_text (%s)', replace(columns, 'TYPE', 'text'));
    EXECUTE format('CREATE TABLE offerengine.arguments_bigint (%s)', replace(columns, 'TYPE', 'bigint'));
    EXECUTE 'INSERT INTO public.arguments_plain VALUES (1, ''x'')';
    EXECUTE format('INSERT INTO offerengine.arguments_text SELECT %s FROM unnest(''{x,y}''::text[]) v',
                   (SELECT string_agg('v', ', ') FROM pg_attribute a WHERE a.attrelid = 'offerengine.arguments_text'::regclass AND a.attnum > 0));
    EXECUTE format('INSERT INTO offerengine.arguments_bigint SELECT %s FROM generate_series(7, 8) v',
                   (SELECT string_agg('v', ', ') FROM pg_attribute a WHERE a.attrelid = 'offerengine.arguments_bigint'::regclass AND a.attnum > 0));
    FOREACH name IN ARRAY '{public.arguments_plain,offerengine.arguments_text,offerengine.arguments_bigint}'::text[] LOOP
        FOR s IN SELECT * FROM subject WHERE is_trigger LOOP
            FOREACH timing IN ARRAY '{BEFORE,AFTER}'::text[] LOOP
                FOREACH event IN ARRAY '{ROW,STATEMENT}'::text[] LOOP
                    PERFORM pg_temp.try(s.function, format(
                        'CREATE TRIGGER t %1$s INSERT OR UPDATE OR DELETE ON %2$s FOR EACH %3$s EXECUTE FUNCTION %4$s(%5$s);'
                        || v.statement || '; SET CONSTRAINTS ALL IMMEDIATE',
                        timing, name, event, s.name, CASE WHEN n = 1 THEN 'approval_status, b' ELSE '' END))
                       FROM generate_series(0, 1) n,
                            unnest(ARRAY['INSERT INTO %2$s SELECT * FROM %2$s', 'DELETE FROM %2$s',
                                         'INSERT INTO %2$s DEFAULT VALUES']) AS v (statement);
                END LOOP;
            END LOOP;
            -- Transition tables of both rows and an update that changes every column to NULL.
            PERFORM pg_temp.try(s.function, format(
                'CREATE TRIGGER t AFTER UPDATE ON %1$s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION %2$s(); UPDATE %1$s SET %3$s', name, s.name, c.assignment)),
                    pg_temp.try(s.function, format(
                'CREATE TRIGGER t AFTER UPDATE ON %1$s FOR EACH ROW EXECUTE FUNCTION %2$s(approval_status);
                    UPDATE %1$s SET %3$s', name, s.name, c.assignment)),
                    pg_temp.try(s.function, format(
                'CREATE TRIGGER t BEFORE UPDATE ON %1$s FOR EACH ROW EXECUTE FUNCTION %2$s();
                    UPDATE %1$s SET %3$s', name, s.name, c.assignment)),
                    pg_temp.try(s.function, format(
                'CREATE TRIGGER t BEFORE TRUNCATE ON %1$s FOR EACH STATEMENT EXECUTE FUNCTION %2$s(); TRUNCATE %1$s',
                    name, s.name))
               FROM (SELECT string_agg(format('%I = NULL', a.attname), ', ') AS assignment FROM pg_attribute a
                      WHERE a.attrelid = name::regclass AND a.attnum > 0) c;
        END LOOP;
    END LOOP;
END $test$;
SELECT cmp_ok((SELECT count(*) FROM outcome o JOIN subject s USING (function) WHERE s.is_trigger), '>', 2000::bigint,
    'trigger functions on tables that they are not made for');
SELECT is_empty($$SELECT o.state, o.message, min(o.call) FROM outcome o JOIN subject s USING (function)
                   WHERE s.is_trigger AND (o.state ~ '^(XX|58|53)' OR o.message ~ 'cache lookup|OID') GROUP BY 1, 2$$,
    'none raises an internal error');

SELECT * FROM finish();
ROLLBACK;
