-- What CREATE EXTENSION and migrate() say and make, and that a second migrate() changes nothing.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS offerengine CASCADE;
DROP SCHEMA IF EXISTS offerengine CASCADE;
DROP EXTENSION IF EXISTS pg_trgm;
RESET client_min_messages;

CREATE EXTENSION offerengine;
CREATE EXTENSION offerengine CASCADE;
SELECT offerengine.version() = e.extversion AS library_fits, e.extrelocatable, n.nspname
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'offerengine';

-- What \dx+ lists, without the array types that PostgreSQL 17 and later list beside their element types.
SELECT pg_describe_object(d.classid, d.objid, 0) COLLATE "C" AS "Object description"
  FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
 WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'offerengine'
   AND NOT EXISTS (SELECT FROM pg_type t WHERE d.classid = 'pg_type'::regclass AND t.oid = d.objid AND t.typelem <> 0)
 ORDER BY 1;

-- The extension owns code; no table, view, trigger or policy is there yet.
SELECT count(*) AS relations FROM pg_class
 WHERE relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal')) AND relkind <> 'c';

CALL offerengine.migrate();
SELECT relkind, relname COLLATE "C" AS relname FROM pg_class
 WHERE relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal')) AND relkind IN ('r', 'v', 'm', 'p', 'f')
   AND NOT relispartition ORDER BY 1, 2;
SELECT c.relname COLLATE "C" AS relname, t.tgname COLLATE "C" AS trigger, t.tgenabled
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal')) AND NOT t.tgisinternal ORDER BY 1, 2;
SELECT tablename COLLATE "C" AS relname, policyname COLLATE "C" AS policy, cmd FROM pg_policies
 WHERE schemaname IN ('offerengine', 'offerengine_internal') ORDER BY 1, 2;
SELECT name, kind FROM offerengine.schema_migration ORDER BY name;

-- No object that migrate() made belongs to the extension.
SELECT count(*) AS tables_of_the_extension
  FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
 WHERE d.deptype = 'e' AND e.extname = 'offerengine' AND d.classid = 'pg_class'::regclass;

-- PUBLIC may do nothing at all, neither with code nor with tables.
SELECT p.oid::regprocedure AS open_to_public FROM pg_proc p
 WHERE p.pronamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal'))
   AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0);
SELECT c.oid::regclass AS open_to_public FROM pg_class c
 WHERE c.relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal'))
   AND EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee = 0);

-- Again: not one catalogue row, and not one row of a seeded table, is written anew.
CREATE TEMP VIEW written AS
SELECT 'pg_class' AS catalogue, oid::text AS row, xmin::text AS version
  FROM pg_class WHERE relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal'))
UNION ALL SELECT 'pg_proc', oid::text, xmin::text FROM pg_proc WHERE pronamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal'))
UNION ALL SELECT 'pg_trigger', t.oid::text, t.xmin::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
           WHERE c.relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal'))
UNION ALL SELECT 'pg_policy', p.oid::text, p.xmin::text FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
           WHERE c.relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal'))
UNION ALL SELECT 'pg_constraint', oid::text, xmin::text FROM pg_constraint WHERE connamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal'))
UNION ALL SELECT 'schema_migration', name, xmin::text FROM offerengine.schema_migration
UNION ALL SELECT 'currency', currency_code, xmin::text FROM offerengine.currency;
CREATE TEMP TABLE before_second AS TABLE written;
CALL offerengine.migrate();
SELECT catalogue, count(*) AS differences
  FROM before_second b FULL JOIN written a USING (catalogue, row)
 WHERE a.version IS DISTINCT FROM b.version GROUP BY 1 ORDER BY 1;
SELECT count(*) > 500 AS compared FROM before_second;

SELECT * FROM offerengine.health_check() WHERE NOT ok;
