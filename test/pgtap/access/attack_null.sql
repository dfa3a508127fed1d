-- Every public function with NULL for every argument, for each of them, and for all but one, as each kind of role: an answer, or a
-- refusal of the list in words that name nothing of how we are made. Generated from the catalog: a new function is attacked, too.
BEGIN;
\ir ../include/attack.psql
SELECT plan(6);

SELECT is((SELECT string_agg(DISTINCT a.type::regtype::text, ', ') FROM target t, unnest(t.types, t.sample) AS a (type, value)
            WHERE a.value IS NULL AND t.name NOT LIKE '%access' AND t.name <> 'put_offer'), NULL, 'every type has a sample');
SELECT pg_temp.attempt(r.role, pg_temp.call(t, '{}'), t.name) FROM target t, unnest('{t_operator,t_merchant,t_storefront,t_reporting,t_monitoring,t_nobody}'::text[] || session_user::text) AS r (role)
 ORDER BY r.role, t.oid \g /dev/null
SELECT pg_temp.attempt(r.role, pg_temp.call(t, pg_temp.with_value(g.given, a.place, g.value)), t.name, a.place)
  FROM target t, unnest(ARRAY['t_merchant', 't_storefront', session_user::text]) AS r (role),
       unnest(t.sample) WITH ORDINALITY AS a (value, place),
       LATERAL (VALUES (t.sample, NULL), (array_fill(NULL::text, ARRAY[cardinality(t.sample)]), a.value)) AS g (given, value)
 WHERE r.role = session_user OR has_function_privilege(r.role, t.oid, 'EXECUTE')
 ORDER BY r.role, t.oid, a.place \g /dev/null

SELECT is((SELECT count(DISTINCT o.name) FROM outcome o), (SELECT count(DISTINCT t.name) FROM target t), 'every public function is called');
SELECT cmp_ok((SELECT count(*) FROM outcome o WHERE o.code = 'BACK0'), '>', 500::bigint, 'many of the calls are answered');
SELECT is((SELECT string_agg(format('%s %s: %s [%s]', w.code, w.message, w.call, w.role), E'\n')
             FROM (SELECT DISTINCT ON (o.code, o.name) o.* FROM outcome o WHERE o.code NOT IN (SELECT f.code FROM fine f) ORDER BY o.code, o.name LIMIT 20) w),
          NULL, 'every refusal has a code of the list');
SELECT is((SELECT string_agg(format('%s %s: %s [%s]', w.code, w.message, w.call, w.role), E'\n')
             FROM (SELECT DISTINCT ON (o.code, o.name) o.* FROM outcome o WHERE o.code <> 'BACK0' AND pg_temp.names_internals(o.message) ORDER BY o.code, o.name LIMIT 20) w),
          NULL, 'and says nothing of how we are made');
SELECT is((SELECT string_agg(DISTINCT o.code || ' ' || o.message, ', ') FROM outcome o WHERE o.role = 't_nobody' AND o.code <> '42501'), NULL,
          'who has no access is refused everything');
SELECT * FROM finish();
ROLLBACK;
