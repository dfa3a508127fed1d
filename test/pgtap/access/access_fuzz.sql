-- Every public function, called with whatever its argument types can hold, as each kind of role: it answers, or it refuses with a
-- code of the list. Nothing internal comes out, no identity stays changed, and what one call wrote is undone before the next.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();
SELECT pg_temp.make_offer('t-1'), pg_temp.make_offer('t-2', 't-other') \g /dev/null
SELECT offerengine.approve_offers('{t-1,t-2}') \g /dev/null
SELECT setseed(0.25);

-- What is passed, by type: things that there are, and things that there cannot be.
CREATE TEMP TABLE given (type regtype, value text);
INSERT INTO given
SELECT q.type::regtype, q.value FROM (
SELECT 'text', v FROM unnest(ARRAY['t-1', 't-2', 'T-P', 'T-A', 't-own', 'T-DE', 'EUR', 'DE', 'net', 'gross', 'backend', 'checkout', 'import',
    'system', 'cancel', 'approved', 'DEFAULT', 'rule', 'subscription', 'regular', 'operator', '', ' ', 'x', $$' OR 1=1 --$$, '$oe_body$', '%s', '\',
    repeat('y', 300), repeat('z', 3000), U&'\00A0', U&'\2028', E'\n', 'NULL', '{', '9999-12-31', chr(1114111)]) AS v
UNION ALL SELECT 'integer', v FROM unnest('{-2147483648,-1,0,1,2,10,1000,2147483647}'::text[]) AS v
UNION ALL SELECT 'bigint', v FROM unnest('{-9223372036854775808,-1,0,1,99,9223372036854775807}'::text[]) AS v
UNION ALL SELECT 'numeric', v FROM unnest('{-1,0,1.5,NaN,Infinity,1e100,0.0000000001}'::text[]) AS v
UNION ALL SELECT 'boolean', v FROM unnest('{true,false}'::text[]) AS v
UNION ALL SELECT 'date', v FROM unnest('{-infinity,4713-01-01 BC,0001-01-01 BC,2024-02-29,2031-06-01,5874897-12-31,infinity}'::text[]) AS v
UNION ALL SELECT 'timestamptz', v FROM unnest('{-infinity,4713-01-01 00:00+00 BC,2024-02-29 12:00+00,2031-06-01 00:00+00,294276-12-31 23:59:59+00,infinity}'::text[]) AS v
UNION ALL SELECT 'interval', v FROM unnest('{0,1 day,1 month,1 year,-1 month,1 month 1 day,178000000 years,1 second}'::text[]) AS v
UNION ALL SELECT 'uuid', v FROM unnest('{00000000-0000-0000-0000-000000000000,ffffffff-ffff-ffff-ffff-ffffffffffff}'::text[]) AS v
UNION ALL SELECT 'jsonb', v FROM unnest(ARRAY['null', '[]', '{}', '[1]', '[null]', '"x"', '[{}]', '[{"store": 1}]', '[[[]]]',
    '[{"store": "T-DE", "currency": "EUR", "offer_reference": "t-1", "net_amount": 1e30}]', '[{"gross_amount": 1, "currency": "EUR", "valid_from": "infinity"}]']) AS v
UNION ALL SELECT 'text[]', v FROM unnest(ARRAY['{}', '{NULL}', '{t-1}', '{t-1,t-1,t-2}', '{T-DE,T-AT}', '{T-P}', '{{a,b},{c,d}}', '[5:6]={T-P,x}', '{""}']) AS v
UNION ALL SELECT 'integer[]', v FROM unnest(ARRAY['{}', '{NULL}', '{1}', '{1,2,3}', '{{1},{2}}', '{-2147483648}']) AS v
UNION ALL SELECT 'bigint[]', v FROM unnest(ARRAY['{}', '{NULL}', '{1}', '{{1},{2}}', '{9223372036854775807}']) AS v
UNION ALL SELECT 'regrole', v FROM unnest('{t_nobody,0}'::text[]) AS v) AS q (type, value);

CREATE TEMP TABLE target AS
SELECT p.oid, p.proname::text AS name, p.pronamespace::regnamespace AS schema, p.proargtypes::oid[] AS types
  FROM pg_proc p
 WHERE (p.pronamespace = 'offerengine'::regnamespace
        OR p.pronamespace = 'offerengine_internal'::regnamespace AND p.proname !~ '^(import_|do_)'
           AND EXISTS (SELECT FROM offerengine_internal.access() a WHERE a.internal AND a.object = 'function' AND a.name = p.proname))
   AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
   -- Answers a row a period, and from one end of the calendar to the other there are two thousand million days.
   AND p.proname <> 'period_numbers'
   AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) AS t (type) WHERE t.type NOT IN (SELECT g.type FROM given g));

-- The codes of doc/errors.md. Internal functions leave it to PostgreSQL to say that a value is wrong: their callers ask first.
CREATE TEMP TABLE fine (code text);
INSERT INTO fine SELECT unnest('{0A000,22003,22004,22008,22023,23503,23505,23514,40001,42501,55000}'::text[])
          UNION ALL SELECT 'OE' || to_char(n, 'FM000') FROM generate_series(1, 49) AS n
          UNION ALL SELECT 'OE' || n FROM generate_series(100, 104) AS n
          UNION ALL SELECT 'OE' || to_char(n, 'FM000') FROM generate_series(95, 97) AS n;

CREATE TEMP TABLE outcome (role text, call text, code text, message text);
CREATE FUNCTION pg_temp.fuzz(role text, rounds integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    called  record;
    code    text;
    message text;
BEGIN
    FOR called IN
        SELECT format('SELECT count(*) FROM %s.%I(%s) AS x', t.schema, t.name,
                      (SELECT string_agg(coalesce(quote_literal(v.value), 'NULL') || '::' || a.type::regtype, ', ' ORDER BY a.place)
                         FROM unnest(t.types) WITH ORDINALITY AS a (type, place)
                        CROSS JOIN LATERAL (SELECT CASE WHEN random() > 0.12 THEN
                                   (array_agg(g.value ORDER BY g.value COLLATE "C"))[1 + floor(random() * count(*) + t.n * 0)::integer] END AS value
                              FROM given g WHERE g.type = a.type) AS v)) AS call
          FROM (SELECT t.*, n FROM target t, generate_series(1, rounds) AS n
                 WHERE n = 1 OR cardinality(t.types) > 0
                 ORDER BY t.schema::text, t.name, t.types::text, n) AS t
    LOOP
        BEGIN
            EXECUTE format('SET LOCAL ROLE %I', role);
            EXECUTE called.call;
            SET CONSTRAINTS ALL IMMEDIATE;
            RAISE SQLSTATE 'BACK0';
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
        END;
        IF current_user <> session_user THEN
            RAISE EXCEPTION 'identity stays changed after %', called.call;
        END IF;
        INSERT INTO outcome VALUES (role, called.call, code, message);
    END LOOP;
END
$$;
SET LOCAL client_min_messages = error;
SELECT pg_temp.fuzz(r.role, r.rounds) FROM (VALUES ('t_operator', 14), ('t_merchant', 10), ('t_storefront', 8), ('t_reporting', 2), ('t_nobody', 1))
    AS r (role, rounds) \g /dev/null
SELECT pg_temp.fuzz(session_user::text, 6) \g /dev/null
RESET client_min_messages;

SELECT cmp_ok(count(*), '>', 3000::bigint, 'calls were made') FROM outcome;
SELECT cmp_ok(count(*), '>', 150::bigint, 'some of which were answered') FROM outcome o WHERE o.code = 'BACK0';
SELECT is((SELECT string_agg(format('%s %s: %s [%s]', w.code, w.message, w.call, w.role), E'\n')
             FROM (SELECT DISTINCT ON (o.code, o.message) o.* FROM outcome o
                    WHERE o.code <> 'BACK0' AND o.code NOT IN (SELECT f.code FROM fine f)
                      AND NOT (o.call LIKE '%offerengine@_internal.%' ESCAPE '@' AND o.code ~ '^2[23]') ORDER BY o.code, o.message LIMIT 20) AS w),
          NULL, 'every refusal is one of the list');
SELECT is((SELECT string_agg(DISTINCT o.role || ' ' || o.code, ', ') FROM outcome o WHERE o.role IN ('t_nobody') AND o.code <> '42501'), NULL,
    'who has no access is refused everything');

SELECT * FROM finish();
ROLLBACK;
