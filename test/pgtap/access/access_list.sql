-- The one list of privileges against what there is: nothing missing, nothing more, nothing for PUBLIC.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();

CREATE TEMP VIEW callable AS
SELECT p.oid, p.proname::text AS name, p.pronamespace = 'offerengine_internal'::regnamespace AS internal FROM pg_proc p
 WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND p.prorettype <> 'trigger'::regtype;
CREATE TEMP VIEW readable AS
SELECT c.oid, c.relname::text AS name, c.relnamespace = 'offerengine_internal'::regnamespace AS internal FROM pg_class c
 WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
   AND NOT c.relispartition;

SELECT is_empty($$ SELECT c.name FROM callable c WHERE NOT c.internal
                   EXCEPT SELECT a.name FROM offerengine_internal.access() a WHERE a.object = 'function' $$,
                'every public function and procedure is in the list');
SELECT is_empty($$ SELECT r.name FROM readable r WHERE NOT r.internal
                   EXCEPT SELECT a.name FROM offerengine_internal.access() a WHERE a.object = 'table' $$,
                'every table and view is in the list');
SELECT is_empty($$ SELECT a.name FROM offerengine_internal.access() a WHERE a.object = 'function'
                   AND NOT EXISTS (SELECT FROM callable c WHERE c.name = a.name AND c.internal = a.internal) $$,
                'every function in the list exists');
SELECT is_empty($$ SELECT a.name, a.internal FROM offerengine_internal.access() a WHERE a.object = 'table'
                   EXCEPT SELECT r.name, r.internal FROM readable r $$,
                'every table and view in the list exists');
SELECT is_empty($$ SELECT a.object, a.name, a.internal, a.kind FROM offerengine_internal.access() a GROUP BY 1, 2, 3, 4 HAVING count(*) > 1 $$,
    'nothing is listed twice');

SELECT is_empty($$ SELECT a.name FROM offerengine_internal.access() a WHERE a.object = 'function' AND a.internal
                   AND coalesce(length(a.reason), 0) < 20 $$, 'every internal function that a role executes has a reason');

-- Who reads a view executes the functions of ours that it and the views under it call, but for what the planner takes for true.
CREATE TEMP VIEW view_calls AS
WITH RECURSIVE used AS (
    SELECT a.kind, c.oid AS view_oid
      FROM offerengine_internal.access() a
      JOIN pg_class c ON c.relnamespace = offerengine_internal.namespace_of(a) AND c.relname = a.name AND c.relkind = 'v'
     WHERE a.object = 'table'
    UNION
    SELECT u.kind, d.refobjid
      FROM used u
      JOIN pg_rewrite r ON r.ev_class = u.view_oid
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
      JOIN pg_class c ON c.oid = d.refobjid AND c.relkind = 'v')
SELECT DISTINCT u.kind, p.oid::regprocedure AS function, p.proname::text AS name
  FROM used u
  JOIN pg_rewrite r ON r.ev_class = u.view_oid
  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_proc'::regclass
  JOIN pg_proc p ON p.oid = d.refobjid AND p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)
                AND p.prosupport <> 'offerengine_internal.planned_is_loaded'::regproc;
SELECT cmp_ok((SELECT count(*) FROM view_calls), '>', 10::bigint, 'views call functions of ours');
SELECT is_empty($$ SELECT v.kind, v.name FROM view_calls v EXCEPT
                   SELECT a.kind, a.name FROM offerengine_internal.access() a WHERE a.object = 'function' $$,
                'and these are listed for whoever reads the views');

-- An internal function is listed for a kind because something that runs with the rights of such a role names it: a function in SQL
-- or PL/pgSQL that it may execute, a trigger or policy of a table that it reads or writes, or a view.
CREATE TEMP VIEW named_in AS
SELECT p.proname::text AS caller, p.pronamespace = 'offerengine_internal'::regnamespace AS internal, m[1] AS name
  FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang AND l.lanname IN ('sql', 'plpgsql'),
       regexp_matches(pg_get_functiondef(p.oid), 'offerengine_internal[.]([a-z_0-9]+)[(]', 'g') AS m
 WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND p.prokind IN ('f', 'p');
CREATE TEMP VIEW needed AS
WITH RECURSIVE reached AS (
    SELECT a.kind, a.name, false AS internal
      FROM offerengine_internal.access() a WHERE a.object = 'function' AND NOT a.internal AND a.kind IS NOT NULL
    UNION
    SELECT v.kind, v.name, true FROM view_calls v
    UNION
    SELECT a.kind, m[1], true
      FROM offerengine_internal.access() a
      JOIN pg_policy y ON y.polrelid = to_regclass('offerengine.' || quote_ident(a.name)),
           regexp_matches(concat(pg_get_expr(y.polqual, y.polrelid), pg_get_expr(y.polwithcheck, y.polrelid)),
                          'offerengine_internal[.]([a-z_0-9]+)[(]', 'g') AS m
     WHERE a.object = 'table'
    UNION
    SELECT a.kind, n.name, true
      FROM offerengine_internal.access() a
      JOIN pg_trigger t ON t.tgrelid = to_regclass('offerengine.' || quote_ident(a.name)) AND NOT t.tgisinternal
      JOIN pg_proc p ON p.oid = t.tgfoid
      JOIN named_in n ON n.caller = p.proname
     WHERE a.object = 'table' AND a.privileges <> 'SELECT'
    UNION
    SELECT r.kind, n.name, true
      FROM reached r
      JOIN named_in n ON n.caller = r.name AND n.internal = r.internal
     WHERE NOT r.internal
        OR EXISTS (SELECT FROM offerengine_internal.access() a
                    WHERE a.object = 'function' AND a.internal AND a.name = r.name AND a.kind = r.kind))
SELECT DISTINCT r.kind, r.name FROM reached r;
SELECT is_empty($$ SELECT a.kind, a.name FROM offerengine_internal.access() a WHERE a.object = 'function' AND a.internal
                   EXCEPT SELECT n.kind, n.name FROM needed n $$,
                'no internal function is listed for a kind that does not need it');

-- Each kind has what is listed and nothing else.
CREATE TEMP TABLE kind (kind text, role text);
INSERT INTO kind VALUES ('operator', 't_operator'), ('merchant', 't_merchant'), ('storefront', 't_storefront'),
    ('reporting', 't_reporting'), ('monitoring', 't_monitoring'),
                        (NULL, 't_nobody');
SELECT set_eq(
    format($$ SELECT c.name, c.internal FROM callable c WHERE has_function_privilege(%L, c.oid, 'EXECUTE') $$, k.role),
    format($$ SELECT a.name, a.internal FROM offerengine_internal.access() a
        WHERE a.object = 'function' AND a.kind = %L $$, k.kind),
    format('%s: functions', coalesce(k.kind, 'nobody')))
  FROM kind k;
SELECT set_eq(
    format($$ SELECT r.name, r.internal FROM readable r WHERE has_any_column_privilege(%L, r.oid, 'SELECT') $$, k.role),
    format($$ SELECT a.name, a.internal FROM offerengine_internal.access() a WHERE a.object = 'table' AND a.kind = %L $$, k.kind),
    format('%s: tables and views', coalesce(k.kind, 'nobody')))
  FROM kind k;
SELECT set_eq(
    format($$ SELECT r.name, r.internal FROM readable r WHERE has_any_column_privilege(%1$L, r.oid, 'INSERT, UPDATE')
        OR has_table_privilege(%1$L, r.oid, 'DELETE') $$, k.role),
    format($$ SELECT a.name, a.internal FROM offerengine_internal.access() a
        WHERE a.object = 'table' AND a.kind = %L AND a.privileges ~ 'INSERT|UPDATE|DELETE' $$, k.kind),
    format('%s: what it writes', coalesce(k.kind, 'nobody')))
  FROM kind k;
SELECT is_empty(format($$ SELECT r.name FROM readable r
    WHERE has_table_privilege(%L, r.oid, 'TRUNCATE, TRIGGER, REFERENCES') $$, k.role),
                format('%s: truncates nothing', coalesce(k.kind, 'nobody')))
  FROM kind k;
SELECT ok(NOT has_schema_privilege(k.role, 'offerengine', 'CREATE')
          AND has_schema_privilege(k.role, 'offerengine', 'USAGE') = (k.kind IS NOT NULL),
          format('%s: schema', coalesce(k.kind, 'nobody')))
  FROM kind k;
SELECT is_empty($$ SELECT c.name FROM callable c
    WHERE c.name IN ('execute_as_owner', 'bulk_begin', 'touch_offers', 'project_offers', 'apply_grants')
                   AND EXISTS (SELECT FROM kind k WHERE has_function_privilege(k.role, c.oid, 'EXECUTE')) $$,
                'what runs as the owner is the owner''s');

-- PUBLIC.
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                    WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND a.grantee = 0 $$, 'PUBLIC executes nothing');
SELECT is_empty($$ SELECT c.oid::regclass FROM pg_class c, aclexplode(c.relacl) a
                    WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND a.grantee = 0 $$, 'PUBLIC reads nothing');
SELECT is_empty($$ SELECT c.oid::regclass FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid, aclexplode(t.attacl) a
                    WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND a.grantee = 0 $$, 'not even a column');
SELECT is_empty($$ SELECT a.privilege_type FROM pg_namespace n, aclexplode(n.nspacl) a
    WHERE n.nspname IN ('offerengine', 'offerengine_internal') AND a.grantee = 0 $$,
                'PUBLIC does not see the schema');
SELECT is_empty($$ SELECT t.oid::regtype FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c',
                          aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) a
                    WHERE t.typnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND a.grantee = 0 $$, 'PUBLIC uses no type');

-- Row-level security: enabled where a merchant writes or reads a merchant's rows, never forced.
SELECT is_empty($$ SELECT a.name FROM offerengine_internal.access() a
    JOIN pg_class c ON c.oid = to_regclass('offerengine.' || quote_ident(a.name))
                    WHERE a.object = 'table' AND a.kind = 'merchant' AND c.relkind = 'r' AND NOT c.relrowsecurity
                      AND (a.privileges <> 'SELECT' OR EXISTS (SELECT FROM pg_attribute t
                          WHERE t.attrelid = c.oid AND t.attname IN ('merchant_id', 'offer_id'))) $$,
                'every table with a merchant''s rows has row-level security');
SELECT is_empty($$ SELECT c.relname FROM pg_class c
    WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relforcerowsecurity $$, 'never forced');

SELECT * FROM finish();
ROLLBACK;
