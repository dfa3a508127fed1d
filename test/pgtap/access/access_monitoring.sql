-- What a role of kind monitoring may: figures of the whole, and no row of it.
BEGIN;
\ir ../include/attack.psql
SELECT no_plan();

-- Everything that can be read is tried, whatever the grants say.
CREATE TEMP TABLE tried AS
SELECT c.relname::text AS name, pg_temp.try_as('t_monitoring', format('SELECT count(x.*::text) FROM %s AS x', c.oid::regclass)) AS told
  FROM pg_class c
 WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'f');
SELECT set_eq($$SELECT t.name FROM tried t WHERE t.told <> '42501'$$,
    $$SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'v' AND starts_with(c.relname, 'monitor_')$$,
    'monitoring reads the views to watch, and nothing else');
SELECT is((SELECT string_agg(t.name || ': ' || t.told, ', ') FROM tried t WHERE t.told !~ '^([0-9]+|42501)$'), NULL, 'none of them fails');

-- The marketplace of attack.psql is full of secrets of t-other; customers and offers have names, and amounts.
CREATE TEMP TABLE told AS
SELECT t.name, pg_temp.try_as('t_monitoring', format('SELECT string_agg(x.*::text, E''\n'') FROM offerengine.%I AS x', t.name)) AS answer
  FROM tried t WHERE t.told <> '42501'
UNION ALL
SELECT 'health_check', pg_temp.try_as('t_monitoring', $$SELECT string_agg(x.*::text, E'\n') FROM offerengine.health_check(quick => true) AS x$$);
SELECT is((SELECT string_agg(t.name, ', ') FROM told t WHERE t.answer ~ 'Zq7|770[0-9]{2}|t-c|t-own|t-buyer|Chair|T-P'), NULL,
          'and none names a customer, a merchant, an offer or a price');
SELECT cmp_ok((SELECT length(t.answer) FROM told t WHERE t.name = 'health_check'), '>', 500, 'quick checks are told');

-- The other checks are not, whatever else the role reads.
SELECT is(pg_temp.try_as(r.role, 'SELECT count(*) FROM offerengine.health_check(' || c.arguments || ')'), r.told, r.role || ': ' || c.arguments)
  FROM (VALUES (''), ('NULL, NULL'), ('quick => false'), ($$'projection'$$), ($$'projection', true$$), ($$'actors', true$$), ($$'none', true$$)) AS c (arguments),
       (VALUES ('t_monitoring', '42501'), ('t_reporting', '42501')) AS r (role, told);
SELECT offerengine.grant_access('t_monitoring', 'reporting') \g /dev/null
SELECT is(pg_temp.try_as('t_monitoring', 'SELECT count(*) FROM offerengine.health_check()'), '42501', 'reporting and monitoring together neither');
SET LOCAL ROLE t_monitoring;
SELECT throws_ok('SELECT * FROM offerengine.health_check()', '42501', 'role "t_monitoring" may ask for the quick checks only', 'and why');
RESET ROLE;
SELECT offerengine.grant_access('t_operator', 'monitoring') \g /dev/null
SELECT is(pg_temp.try_as('t_operator', $$SELECT count(*) FROM offerengine.health_check('projection')$$), '1', 'an operator asks for any');

-- It acts for nobody.
SELECT is(pg_temp.try_as('t_monitoring', 'SELECT offerengine_internal.is_operator()'), '42501', 'it is no operator');
SELECT offerengine.revoke_access('t_monitoring', 'reporting') \g /dev/null
SELECT is(pg_temp.try_as('t_monitoring', 'SELECT count(*) FROM offerengine.price_list'), '42501', 'what another kind gave goes with it');
SELECT is(pg_temp.try_as('t_monitoring', 'SELECT count(*) FROM offerengine.monitor_version'), '1', 'what its own gives stays');
SELECT offerengine.revoke_access('t_monitoring', 'monitoring') \g /dev/null
SELECT is(pg_temp.try_as('t_monitoring', 'SELECT count(*) FROM offerengine.monitor_version'), '42501', 'and goes');
SELECT * FROM finish();
ROLLBACK;
