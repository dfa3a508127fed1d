-- What keeps tables of the catalogue from becoming reference tables of Citus, which creates on each node a table with all that it
-- depends on, and refuses where that is a circle ("circular dependencies between distributed objects"). Walked as it walks: a table
-- needs what its policies, triggers and defaults call, a function the row types of its signature and what its SQL-standard body
-- reads, a row type its table, a view what it reads; bodies of plpgsql are not tracked. Tables that foreign keys connect go together.
BEGIN;
SELECT plan(7);

CREATE TEMP TABLE edge AS
WITH object AS (
    SELECT 'pg_class'::regclass AS classid, c.oid AS objid, c.relname::text AS name FROM pg_class c
     WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'v')
    UNION ALL SELECT 'pg_proc'::regclass, p.oid, p.proname || '()' FROM pg_proc p
     WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)
    UNION ALL SELECT 'pg_type'::regclass, t.oid, 'type ' || t.typname FROM pg_type t
     WHERE t.typnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)),
-- What hangs on a table is the table's: pg_depend says what the part needs.
part AS (
    SELECT 'pg_policy'::regclass AS classid, oid AS objid, polrelid AS relid, 'policy' AS kind FROM pg_policy
    UNION ALL SELECT 'pg_trigger'::regclass, oid, tgrelid, 'trigger' FROM pg_trigger
    UNION ALL SELECT 'pg_attrdef'::regclass, oid, adrelid, 'default' FROM pg_attrdef
    UNION ALL SELECT 'pg_constraint'::regclass, oid, conrelid, 'check' FROM pg_constraint WHERE contype = 'c'
    UNION ALL SELECT 'pg_rewrite'::regclass, oid, ev_class, 'view' FROM pg_rewrite)
SELECT a.name AS a, b.name AS b, coalesce(p.kind, 'itself') AS kind
  FROM pg_depend d
  LEFT JOIN part p ON p.classid = d.classid AND p.objid = d.objid
  JOIN object a ON a.classid = CASE WHEN p.objid IS NULL THEN d.classid ELSE 'pg_class'::regclass END AND a.objid = coalesce(p.relid, d.objid)
  JOIN object b ON b.classid = d.refclassid AND b.objid = d.refobjid
 WHERE d.deptype IN ('n', 'a', 'i') AND (a.name <> b.name)
   -- A table has its row type, not the other way round; for who needs the row type it is the table.
   AND NOT (d.deptype = 'i' AND d.classid = 'pg_class'::regclass)
 GROUP BY 1, 2, 3;

-- The walk sees each kind of step at all.
SELECT ok(EXISTS (SELECT FROM edge WHERE kind = k), format('a %s leads somewhere', k)) FROM unnest('{policy,trigger,view,itself}'::text[]) k;

CREATE FUNCTION pg_temp.needing_themselves() RETURNS SETOF text LANGUAGE sql AS $$
    WITH RECURSIVE r AS (SELECT e.a, e.b FROM edge e UNION SELECT r.a, e.b FROM r JOIN edge e ON e.a = r.b)
    SELECT r.a FROM r WHERE r.a = r.b $$;
SELECT is_empty('SELECT * FROM pg_temp.needing_themselves()', 'nothing needs itself');

-- With foreign keys there is one circle: who sees a warehouse is asked of two tables whose rows name one.
INSERT INTO edge SELECT DISTINCT c.relname, f.relname, 'key' FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
 WHERE k.contype = 'f' AND c.relnamespace = 'offerengine'::regnamespace AND c.oid <> f.oid;
SELECT set_eq('SELECT * FROM pg_temp.needing_themselves()', '{warehouse,merchant_warehouse,offer_stock}'::text[], 'by foreign keys three tables do');
DELETE FROM edge WHERE a = 'warehouse' AND kind = 'policy';
SELECT is_empty('SELECT * FROM pg_temp.needing_themselves()', 'for the policy of one of them alone');
SELECT * FROM finish();
ROLLBACK;
