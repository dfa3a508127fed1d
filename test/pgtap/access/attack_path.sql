-- Whoever calls chooses the path along which names are looked for, and may have laid things there: operators, functions, casts,
-- collations and types with names of PostgreSQL's, tables and types of his session with names of ours. No statement of ours meets
-- one, whoever calls what, on both paths: each trap that is stepped into counts.
BEGIN;
\ir ../include/attack.psql
SELECT plan(11);

CREATE SCHEMA trap;
GRANT USAGE ON SCHEMA trap TO PUBLIC;
CREATE SEQUENCE trap.sprung;
GRANT ALL ON SEQUENCE trap.sprung TO PUBLIC;
-- Every operator between types that occur here, for which PostgreSQL has one of exactly these types or none.
CREATE FUNCTION trap.spring() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$ BEGIN PERFORM nextval('trap.sprung'); END $$;
DO $$
DECLARE
    types   text[] := '{text,bigint,integer,smallint,numeric,boolean,date,timestamptz,interval,uuid,jsonb,oid,name,regclass,regproc,regrole,regnamespace,regtype,"char",text[],bigint[],integer[],uuid[]}';
    l       text;
    r       text;
    symbol  text;
    made    record;
BEGIN
    FOREACH l IN ARRAY types LOOP
        FOREACH r IN ARRAY types LOOP
            EXECUTE format('CREATE FUNCTION trap.springs(%s, %s) RETURNS boolean LANGUAGE plpgsql AS ''BEGIN PERFORM trap.spring(); RETURN NULL; END''', l, r);
            FOREACH symbol IN ARRAY '{=,<>,<,<=,>,>=,||,~,&&,@>,<@,+,-,*,/,%,->,->>,~~,@@}'::text[] LOOP
                EXECUTE format('CREATE OPERATOR trap.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = trap.springs)', symbol, l, r);
            END LOOP;
        END LOOP;
    END LOOP;
    -- Every function of PostgreSQL that our code may name, of up to three arguments, with the same types, and for those that take
    -- anything, with types that fit better.
    FOR made IN
        SELECT DISTINCT p.proname, s.signature
          FROM pg_proc p
         CROSS JOIN LATERAL (SELECT string_agg(CASE WHEN t.type::regtype::text ~ '^any|"any"' THEN f.fit || CASE WHEN t.type = 'anyarray'::regtype THEN '[]' ELSE '' END
                                                    ELSE t.type::regtype::text END, ', ' ORDER BY t.place) AS signature
                               FROM unnest('{text,bigint,integer,timestamptz,jsonb,uuid,oid}'::text[]) AS f (fit),
                                    unnest(p.proargtypes) WITH ORDINALITY AS t (type, place) GROUP BY f.fit) AS s
         WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind IN ('f', 'a') AND p.pronargs BETWEEN 1 AND 3 AND NOT p.proretset
           AND p.proname ~ '^(abs|age|array_|bool_|btrim|cardinality|ceil|char_length|chr|clock_timestamp|coalesce|concat|count|current_setting|date_|div|extract|floor|format|gen_random|greatest|hash|isfinite|json|least|left|length|lower|lpad|ltrim|make_|max|md5|min|mod|nextval|now|num|octet|position|power|quote_|regexp_|repeat|replace|reverse|right|round|rpad|rtrim|set_config|sign|split_part|starts_with|strpos|substr|sum|timezone|to_|translate|trim|trunc|txid|unnest|upper|uuid|width)'
           AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) AS t (type) WHERE t.type IN ('internal'::regtype, 'cstring'::regtype, 'anyrange'::regtype, 'anymultirange'::regtype, 'anyenum'::regtype))
    LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION trap.%I(%s) RETURNS text LANGUAGE plpgsql AS ''BEGIN PERFORM trap.spring(); RETURN NULL; END''', made.proname, made.signature);
        EXCEPTION WHEN duplicate_function OR undefined_object OR syntax_error THEN NULL;
        END;
    END LOOP;
    FOR made IN SELECT DISTINCT c.relname FROM pg_class c WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'v') LOOP
        EXECUTE format('CREATE VIEW trap.%I AS SELECT trap.springs(1, 1) AS sprung', made.relname);
        EXECUTE format('CREATE TEMP TABLE %I (sprung integer)', made.relname);
    END LOOP;
    FOR made IN SELECT DISTINCT p.proname FROM pg_proc p WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND p.prokind = 'f' LOOP
        EXECUTE format('CREATE FUNCTION trap.%I(VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS ''BEGIN PERFORM trap.spring(); RETURN NULL; END''', made.proname);
    END LOOP;
END
$$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA trap TO PUBLIC;
CREATE COLLATION trap."C" (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
CREATE COLLATION trap."default" (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
CREATE CAST (text AS regrole) WITH INOUT AS ASSIGNMENT;
CREATE TYPE trap.text AS (sprung boolean);
CREATE TYPE trap.bigint AS ENUM ('sprung');
CREATE DOMAIN trap.jsonb AS integer CHECK (trap.springs(VALUE, VALUE));
CREATE DOMAIN trap.uuid AS integer;
CREATE DOMAIN trap.date AS integer;
CREATE DOMAIN trap.timestamptz AS integer;
CREATE DOMAIN trap.regclass AS integer;
CREATE DOMAIN trap.oid AS integer;
-- Of the session itself, first on the path.
CREATE TYPE pg_temp.text AS (sprung boolean);
CREATE DOMAIN pg_temp.uuid AS integer;
CREATE DOMAIN pg_temp.date AS integer;
CREATE DOMAIN pg_temp.jsonb AS integer;
CREATE DOMAIN pg_temp.timestamptz AS integer;
CREATE DOMAIN pg_temp.regclass AS integer;
CREATE DOMAIN pg_temp.regrole AS integer;

-- That the traps work.
SELECT set_config('search_path', 'trap, pg_catalog', true) \g /dev/null
SELECT 1::pg_catalog.int4 = 1::pg_catalog.int4, pg_catalog.length(lower('x'::pg_catalog.text)) \g /dev/null
SELECT pg_catalog.set_config('search_path', 'public, pg_catalog, pg_temp', true) \g /dev/null
SELECT cmp_ok(last_value, '>=', 2::pg_catalog.int8, 'traps are sprung by operators and functions') FROM trap.sprung;
CREATE FUNCTION pg_temp.sprung() RETURNS pg_catalog.text LANGUAGE plpgsql AS $$
DECLARE
    n pg_catalog.int8 := (SELECT last_value FROM trap.sprung WHERE is_called);
BEGIN
    PERFORM setval('trap.sprung', 1, false);
    RETURN n;
END
$$;
SELECT pg_temp.sprung() \g /dev/null

-- Every function with its sample, plainly and along each path.
CREATE TEMP TABLE along (place pg_catalog.int4, path pg_catalog.text, setting pg_catalog.text);
INSERT INTO along VALUES (1, NULL, 'on'), (2, 'trap, pg_catalog, offerengine, offerengine_internal', 'on'), (3, 'pg_temp, trap, pg_catalog', 'on'), (4, NULL, 'off'), (5, 'trap, pg_catalog, pg_temp', 'off'), (6, '', 'off');
CREATE FUNCTION pg_temp.all_along(a along) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t record;
BEGIN
    PERFORM set_config('offerengine.fast_path', a.setting, true);
    FOR t IN SELECT g.*, g AS whole, r.role FROM pg_temp.target g, unnest('{t_storefront,t_merchant,t_operator}'::pg_catalog.text[]) AS r (role)
              WHERE has_function_privilege(r.role, g.oid, 'EXECUTE') ORDER BY r.role, g.oid LOOP
        PERFORM pg_temp.attempt(t.role, pg_temp.call(t.whole, t.sample), t.name, a.place, a.path);
    END LOOP;
END
$$;
SELECT pg_temp.all_along(a) FROM along a ORDER BY a.place \g /dev/null
SELECT is(pg_temp.sprung(), NULL, 'no trap is sprung by any function');
SELECT cmp_ok((SELECT count(*) FROM outcome o WHERE o.code = 'BACK0' AND o.place = 2), '>', 150::pg_catalog.int8, 'most are answered');
SELECT is((SELECT string_agg(format('%s %s along %s, %s [%s]: %s', o.code, left(o.message, 200), a.path, a.setting, o.role, left(o.call, 200)), E'\n')
             FROM (SELECT o.* FROM outcome o JOIN outcome p ON p.call = o.call AND p.role = o.role AND p.place = 1
                    WHERE o.place > 1 AND (o.code, o.message) IS DISTINCT FROM (p.code, p.message) ORDER BY o.n LIMIT 20) o JOIN along a ON a.place = o.place), NULL, 'as without them');
SELECT is((SELECT string_agg(format('%s along %s, %s [%s]', left(o.call, 200), a.path, a.setting, o.role), E'\n')
             FROM (SELECT o.* FROM outcome o JOIN outcome p ON p.call = o.call AND p.role = o.role AND p.place = 1
                     JOIN pg_temp.target t ON t.name = o.name
                    WHERE o.place > 1 AND NOT t.writes AND o.answer IS DISTINCT FROM p.answer ORDER BY o.n LIMIT 20) o JOIN along a ON a.place = o.place), NULL, 'with the same answers');

-- Tables and views, by plain statements of whoever has them: policies, triggers, defaults and conditions are bound already.
CREATE FUNCTION pg_temp.statement_along(role pg_catalog.text, statement pg_catalog.text) RETURNS pg_catalog.text LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        PERFORM pg_catalog.set_config('role', role, true);
        PERFORM pg_catalog.set_config('search_path', 'pg_temp, trap, pg_catalog', true);
        EXECUTE statement;
        SET CONSTRAINTS ALL IMMEDIATE;
        RAISE SQLSTATE 'BACK0';
    EXCEPTION WHEN OTHERS THEN
        RETURN CASE WHEN SQLSTATE <> 'BACK0' THEN SQLSTATE || ' ' || SQLERRM END;
    END;
END
$$;
SELECT is((SELECT string_agg(pg_temp.statement_along(r.role, format('TABLE %s.%I', c.relnamespace::pg_catalog.regnamespace, c.relname)), E'\n')
             FROM pg_class c, unnest('{t_merchant,t_operator,t_reporting}'::pg_catalog.text[]) AS r (role)
            WHERE c.relnamespace IN ('offerengine'::pg_catalog.regnamespace, 'offerengine_internal'::pg_catalog.regnamespace) AND c.relkind IN ('r', 'p', 'v')
              AND has_table_privilege(r.role, c.oid, 'SELECT')), NULL, 'tables and views are read');
SELECT is(pg_temp.statement_along(s.role, s.statement), NULL, s.role || ': ' || s.statement)
  FROM (VALUES ('t_merchant', 'UPDATE offerengine.offer SET title = pg_catalog.concat(title, ''!'')'), ('t_merchant', 'UPDATE offerengine.price SET net_amount = 5, gross_amount = 6'),
               ('t_operator', 'UPDATE offerengine.offer_store SET store_code = store_code'),
               ('t_operator', 'INSERT INTO offerengine.store (store_code, name, time_zone) VALUES (''T-X'', ''X'', ''UTC'')')) AS s (role, statement);
SELECT is(pg_temp.sprung(), NULL, 'and no trap is sprung by these');
SELECT * FROM finish();
ROLLBACK;
