-- The database of the fuzzer: the marketplace that the attack tests use, kept; what to call, with what, under which settings; and on
-- every table triggers that call again. To be read by psql from this folder, in a database with pgTAP and a migrated schema.
\set ON_ERROR_STOP on
BEGIN;
\ir ../pgtap/include/attack.psql
CREATE SCHEMA fuzz;
CREATE TABLE fuzz.value (type regtype NOT NULL, value text NOT NULL);
CREATE TABLE fuzz.setting (name text NOT NULL, value text NOT NULL);
CREATE TABLE fuzz.target (
    name      text NOT NULL,
    statement text NOT NULL,
    direct    oid NOT NULL DEFAULT 0,
    types     oid[] NOT NULL,
    samples   text[] NOT NULL,
    is_row    boolean NOT NULL DEFAULT false);
CREATE TABLE fuzz.outcome (first bigint, name text, code text, calls bigint, example bigint, message text);
CREATE TABLE fuzz.memory (pid integer DEFAULT pg_backend_pid(), calls bigint, bytes numeric);
CREATE FUNCTION fuzz.run(first bigint, calls bigint, OUT name text, OUT code text, OUT calls_made bigint, OUT example bigint, OUT message text)
    RETURNS SETOF record LANGUAGE c STRICT VOLATILE AS 'oe_fuzz', 'fuzz_run';
CREATE FUNCTION fuzz.nest() RETURNS trigger LANGUAGE c VOLATILE AS 'oe_fuzz', 'fuzz_nest';
GRANT USAGE ON SCHEMA fuzz TO PUBLIC;

-- Values of each type: what exists in the marketplace, and what nobody means.
INSERT INTO fuzz.value
SELECT v.type::regtype, v.value FROM (
    SELECT 'text' AS type, NULL AS value
    UNION ALL SELECT 'text', unnest(ARRAY['', ' ', 'x', '%', '_', '\', '%s%n', '";--', '$tag$', '{', 'NULL', 'infinity', 'now', 'today', 'UTC', 'Europe/Berlin', 'net', 'gross',
        'cancel', 'approved', 'denied', 'waiting_for_approval', 'operator', 'merchant', 'wishlist', 'advantage', 'regular', 'rule', 'price', 'name', 'offerengine.price',
        'AAAAAAAA-AAAA-AAAA-AAAA-AAAAAAAAAAAA', E'a\u200bb', E'\u00a0', E'\x01', E'\U0010ffff', E'e\u0301', '1', '-1', '1e9', '2031-06-01', '9999-12-31', '10:5,100:3',
        repeat('x', 63), repeat('x', 64), repeat('x', 255), repeat('x', 300), repeat('x', 3000), repeat('(', 3000), repeat('ab ', 30000), repeat(E'\u00e4', 500000)])
    UNION ALL SELECT 'text', m.value FROM meant m
    UNION ALL SELECT 'text', o.offer_reference FROM offerengine.offer o
    UNION ALL SELECT 'integer', unnest('{-2147483648,-1,0,1,2,3,10,1000,2147483647}'::text[])
    UNION ALL SELECT 'smallint', unnest('{-32768,-1,0,1,2,32767}'::text[])
    UNION ALL SELECT 'bigint', unnest('{-9223372036854775808,-1,0,1,2,3,4294967296,9223372036854775807}'::text[])
    UNION ALL SELECT 'bigint', o.offer_id::text FROM offerengine.offer o
    UNION ALL SELECT 'numeric', unnest(ARRAY['NaN', 'Infinity', '-Infinity', '0', '-1', '1', '10', '1.5', '100', '0.0000000001', '1e1000', '1e-1000', repeat('9', 10000)])
    UNION ALL SELECT 'date', unnest(ARRAY['infinity', '-infinity', '4713-01-01 BC', '0001-01-01', '1970-01-01', '2024-02-29', '2031-01-31', '2031-06-01', '5874897-12-31'])
    UNION ALL SELECT t, unnest(ARRAY['infinity', '-infinity', '4713-01-01 00:00+00 BC', '1970-01-01Z', '2024-02-29 12:00Z', '2031-03-30 02:30Z', '2031-06-01Z', '294276-12-31 23:59:59.999999+00'])
                FROM unnest('{timestamptz,timestamp}'::text[]) AS t
    UNION ALL SELECT 'timestamptz', unnest(ARRAY[now()::text, (now() + interval '10 minutes')::text])
    UNION ALL SELECT 'interval', unnest(ARRAY['0', '1 day', '1 month', '1 year', '-1 day', '178000000 years', '-178000000 years', '2147483647 days', '1 microsecond', '1 month -1 day'])
    UNION ALL SELECT 'uuid', unnest(ARRAY['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '00000000-0000-7000-8000-00000000000a',
        '00000000-0000-7000-8000-00000000000b', '00000000-0000-7000-8000-00000000000c', :'order_id', :'subscription_id'])
    UNION ALL SELECT 'jsonb', unnest(ARRAY['null', '{}', '[]', '7', '"x"', '[null]', '[[]]', '[{}]', '[{"line_no": 1e30, "quantity": -1}]', '[{"offer_reference": null, "quantity": 1.5}]',
        '[{"line_no": 1, "quantity": 1}]', '[{"offer_reference": "t-own-1", "quantity": 1}]', '[{"store": {}, "currency": [], "net_amount": true}]',
        repeat('[', 5000) || repeat(']', 5000), format('[{"%s": 1}]', repeat('k', 100000))])
    UNION ALL SELECT 'text[]', unnest(ARRAY['{}', '{NULL}', '{t-own-1}', '{t-own-1,t-own-1,t-other-1}', '{T-DE,T-AT}', '{T-P}', '{{a,b},{c,d}}', '[5:6]={T-P,x}',
        '[-2147483648:-2147483647]={a,b}', '{""}', array_fill('t-own-1'::text, '{2000}')::text])
    UNION ALL SELECT t, unnest(ARRAY['{}', '{NULL}', '{1}', '{1,2,3}', '{{1,2},{3,4}}', '[5:6]={1,2}']) FROM unnest('{integer[],bigint[],numeric[]}'::text[]) AS t
    UNION ALL SELECT 'bigint[]', array_agg(o.offer_id)::text FROM offerengine.offer o
    UNION ALL SELECT 'uuid[]', unnest(ARRAY['{}', '{NULL}', '{{00000000-0000-0000-0000-000000000000},{ffffffff-ffff-ffff-ffff-ffffffffffff}}'])
    UNION ALL SELECT 'boolean', unnest('{false,true}'::text[])
    UNION ALL SELECT 'regrole', unnest('{0,t_nobody,t_operator,t_merchant}'::text[])
    UNION ALL SELECT 'oid', unnest('{0,1,4294967295}'::text[])
    UNION ALL SELECT 'xid', unnest('{0,1,2,3,4294967295}'::text[])
    UNION ALL SELECT t, c.oid::text FROM pg_class c, unnest('{oid,regclass}'::text[]) AS t WHERE c.relnamespace = 'offerengine'::regnamespace OR c.relname IN ('pg_class', 'pg_stats')
    UNION ALL SELECT 'regclass', unnest('{0,1}'::text[])
    UNION ALL SELECT 'tid[]', unnest(ARRAY['{}', '{"(0,1)"}', '{"(4294967295,65535)",NULL}'])
    UNION ALL SELECT 'tsquery', unnest(ARRAY['', 'chair', '!chair', 'chair & !red', 'cha:*', 'a <-> b <2> c', '(a | b) & !(c <-> d)'])
    -- Keys of JSON.
    UNION ALL SELECT 'name', k.key FROM pg_proc p, LATERAL regexp_matches(p.prosrc, $$->>? *'([a-z_]+)'$$, 'g') AS m (m), LATERAL (SELECT m.m[1]) AS k (key)
               WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)
    UNION ALL SELECT 'name', m.argument FROM meant m WHERE length(m.argument) < 64
    ) AS v WHERE v.value IS NOT NULL GROUP BY 1, 2;

INSERT INTO fuzz.setting VALUES
    ('offerengine.fast_path', 'on'), ('offerengine.fast_path', 'off'), ('offerengine.fast_path', 'off'), ('offerengine.acting_user', 'somebody'),
    ('offerengine.acting_user', repeat('y', 5000)), ('offerengine.import_id', '1'), ('offerengine.import_id', 'x'), ('offerengine.import_file', 'file'),
    ('offerengine.import_max_ended', '0'), ('offerengine.import_max_ended', '-1e400'), ('offerengine.import_progress', 'on'), ('offerengine.early_release', 'on'),
    ('offerengine.early_release', 'off'), ('TimeZone', 'UTC'), ('TimeZone', 'Pacific/Apia'), ('TimeZone', 'America/St_Johns'), ('TimeZone', '<X>+167'),
    ('DateStyle', 'SQL, DMY'), ('DateStyle', 'German'), ('DateStyle', 'Postgres, MDY'), ('IntervalStyle', 'sql_standard'), ('IntervalStyle', 'iso_8601'),
    ('search_path', ''), ('search_path', 'pg_temp, pg_catalog'), ('search_path', 'fuzz, public'), ('search_path', 'nowhere'), ('bytea_output', 'escape'),
    ('standard_conforming_strings', 'off'), ('extra_float_digits', '-15'), ('row_security', 'off'), ('work_mem', '64kB'), ('enable_seqscan', 'off'),
    ('enable_indexscan', 'off'), ('enable_nestloop', 'off'), ('plan_cache_mode', 'force_generic_plan'), ('plan_cache_mode', 'force_custom_plan'),
    ('check_function_bodies', 'off'), ('default_transaction_read_only', 'on'), ('session_replication_role', 'replica'), ('xmloption', 'document'),
    ('array_nulls', 'off'), ('client_min_messages', 'error'), ('lock_timeout', '1'), ('max_stack_depth', '100'), ('quote_all_identifiers', 'on');

-- The sample of an argument, unless its type cannot hold it: names of internal functions' arguments mean other things now and then.
CREATE FUNCTION pg_temp.fitting(argument text, type oid, f text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text := pg_temp.meant_value(argument, type, f);
BEGIN
    EXECUTE format('SELECT %L::%s', value, type::regtype);
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END
$$;

-- Functions: every public one and every one in C, by a statement, as a set and as a value; those in C that answer one value or are
-- for triggers also by fmgr. Left out is what takes or answers pointers, and what ends transactions.
WITH called AS (
    SELECT p.*, l.lanname = 'c' AS is_c, p.proargtypes::oid[] AS types,
           ARRAY(SELECT pg_temp.fitting(coalesce(p.proargnames[a.place], ''), a.type, p.proname)
                   FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, place) ORDER BY a.place) AS samples,
           format('%I.%I(%s)', n.nspname, p.proname,
                  (SELECT string_agg('$' || a.place, ', ' ORDER BY a.place) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, place))) AS call
      FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE p.prokind = 'f' AND 'internal'::regtype <> ALL (p.proargtypes::oid[])
       AND (n.nspname = 'offerengine' OR n.nspname = 'offerengine_internal' AND l.lanname = 'c'))
INSERT INTO fuzz.target (name, statement, direct, types, samples)
SELECT c.oid::regprocedure::text, 'SELECT * FROM ' || c.call, 0, c.types, c.samples FROM called c WHERE c.prorettype <> 'trigger'::regtype
UNION ALL
SELECT c.oid::regprocedure::text, 'SELECT ' || c.call, 0, c.types, c.samples FROM called c WHERE c.prorettype <> 'trigger'::regtype
UNION ALL
SELECT c.oid::regprocedure::text || ' by fmgr', '', c.oid, c.types, c.samples FROM called c WHERE c.is_c AND NOT c.proretset;

-- Rows: each column of each table changed to any value in some rows, a row inserted like another but for that column, rows deleted.
WITH relation AS (
    SELECT c.oid, c.oid::regclass::text AS name FROM pg_class c WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'r' AND c.relname <> 'schema_migration'),
written AS (
    SELECT r.*, a.attname, a.atttypid, a.attnum FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid
     WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a')
INSERT INTO fuzz.target (name, statement, types, samples, is_row)
SELECT 'UPDATE ' || w.name,
       format('UPDATE %s AS t SET %I = $1 WHERE t.ctid = ANY (ARRAY(SELECT ctid FROM %1$s OFFSET (@ $2::bigint) %% 5 LIMIT 1 + (@ $3::bigint) %% 5))', w.name, w.attname),
       ARRAY[w.atttypid, 'integer'::regtype, 'integer'::regtype], ARRAY[NULL, '0', '0'], true FROM written w
UNION ALL
SELECT 'INSERT ' || w.name,
       format('INSERT INTO %s (%s) OVERRIDING USER VALUE SELECT %s FROM %1$s OFFSET (@ $2::bigint) %% 5 LIMIT 1 + (@ $3::bigint) %% 5', w.name,
              (SELECT string_agg(quote_ident(o.attname), ', ' ORDER BY o.attnum) FROM written o WHERE o.oid = w.oid),
              (SELECT string_agg(CASE WHEN o.attnum = w.attnum THEN '$1' ELSE quote_ident(o.attname) END, ', ' ORDER BY o.attnum) FROM written o WHERE o.oid = w.oid)),
       ARRAY[w.atttypid, 'integer'::regtype, 'integer'::regtype], ARRAY[NULL, '0', '0'], true FROM written w
UNION ALL
SELECT 'DELETE ' || r.name, format('DELETE FROM %s AS t WHERE t.ctid = ANY (ARRAY(SELECT ctid FROM %1$s OFFSET (@ $1::bigint) %% 5 LIMIT 1 + (@ $2::bigint) %% 5))', r.name),
       '{integer,integer}'::regtype[], '{0,0}', true FROM relation r
UNION ALL
SELECT 'TRUNCATE ' || r.name, 'TRUNCATE ' || r.name || ' CASCADE', '{}', '{}', true FROM relation r
UNION ALL
SELECT 'SELECT ' || c.oid::regclass::text, 'SELECT * FROM ' || c.oid::regclass::text, '{}', '{}', true
  FROM pg_class c WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind IN ('r', 'v');

DO $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT c.oid::regclass AS name FROM pg_class c
              WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'r' AND c.relname <> 'schema_migration' LOOP
        EXECUTE format('CREATE TRIGGER zz_nest AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION fuzz.nest()', r.name);
        EXECUTE format('CREATE TRIGGER zz_nest_all AFTER INSERT OR UPDATE OR DELETE ON %s EXECUTE FUNCTION fuzz.nest()', r.name);
        -- Between the lock that ON CONFLICT DO UPDATE takes and its update, an update of the same row that is rolled back trips an
        -- assertion of PostgreSQL's own heap_update(), with no extension: there such triggers would end every run.
        CONTINUE WHEN current_setting('debug_assertions') = 'on';
        EXECUTE format('CREATE TRIGGER "AA_nest" BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION fuzz.nest()', r.name);
    END LOOP;
END
$$;
COMMIT;
VACUUM ANALYZE;
