-- What runs with other rights than the caller's, from the catalog: which functions, whose, along which path; views, policies,
-- defaults, conditions, index expressions and triggers, none of which takes a caller's function or name.
BEGIN;
\ir ../include/attack.psql
SELECT no_plan();
SELECT r.rolname AS owner, r.oid AS owner_oid FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'offerengine' \gset
CREATE TEMP VIEW ours AS
SELECT p.*, l.lanname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace);

SELECT set_eq($$SELECT o.proname::text FROM ours o WHERE o.prosecdef$$,
    '{import_analyze,import_measure,import_deleted,begin_bulk_import,end_bulk_import,do_check_offer_references,do_check_offer_store_references,do_check_price_references,do_check_offer_approval_references,do_check_offer_stock_references}'::text[],
    'these run with their owner''s rights, and no others');
SELECT is_empty($$SELECT o.oid::regprocedure FROM ours o WHERE o.prosecdef AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(o.proconfig, '{}'))$$, 'along a path of their own');
SELECT is_empty(format($$SELECT o.oid::regprocedure FROM ours o WHERE o.prosecdef AND o.proowner <> %s$$, :owner_oid), 'they are the schema''s owner''s, and run as him, not as a superuser');
SELECT is_empty($$SELECT o.oid::regprocedure FROM ours o WHERE o.proname LIKE 'do\_%' AND o.lanname IN ('sql', 'plpgsql')
                     AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(o.proconfig, '{}'))$$, 'what C runs as the owner has a path of its own, too');
SELECT is_empty($$SELECT o.oid::regprocedure, a.grantee::regrole FROM ours o, aclexplode(o.proacl) a
                   WHERE a.grantee <> o.proowner AND (o.proname LIKE 'do\_%' OR o.proname IN ('execute_as_owner', 'admit_owner', 'bring_schema_up', 'record_access', 'strike_access', 'record_migration'))$$,
                'and nobody executes it himself');
SELECT is_empty($$SELECT o.oid::regprocedure FROM ours o WHERE EXISTS (SELECT FROM unnest(coalesce(o.proconfig, '{}')) AS s (setting)
                     WHERE s.setting LIKE 'search_path=%' AND s.setting <> 'search_path=pg_catalog, pg_temp')$$, 'no path but the system''s is pinned');
SELECT is_empty($$SELECT o.oid::regprocedure FROM ours o WHERE o.proleakproof$$, 'no function claims to be leakproof');

-- Code that callers give: no function that they execute takes a name of an object, a query, or any type.
SELECT is_empty($$SELECT o.oid::regprocedure FROM ours o, unnest(o.proargtypes) AS t (type), unnest('{t_operator,t_merchant,t_storefront,t_reporting}'::text[]) AS r (role)
                   WHERE o.pronamespace = 'offerengine'::regnamespace AND has_function_privilege(r.role, o.oid, 'EXECUTE')
                     AND t.type::regtype::text ~ '^(reg|any|cstring|internal|record|refcursor)'$$, 'no function that a role executes takes a name of an object or any type');

-- Views and policies.
SELECT is_empty($$SELECT c.oid::regclass, r.role FROM pg_class c, unnest('{t_merchant}'::text[]) AS r (role)
                   WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relkind = 'v' AND has_any_column_privilege(r.role, c.oid, 'SELECT')
                     AND EXISTS (SELECT FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
                                   JOIN pg_class t ON t.oid = d.refobjid AND (t.relrowsecurity OR t.relname LIKE 'seen%') WHERE w.ev_class = c.oid)
                     AND NOT coalesce(c.reloptions, '{}') && '{security_barrier=true,security_invoker=true}'$$, 'a view over rows of merchants is a barrier, or reads with the reader''s rights');
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'f') AND NOT c.relrowsecurity
                     AND has_any_column_privilege('t_merchant', c.oid, 'SELECT, INSERT, UPDATE')
                     AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('merchant_id', 'offer_id', 'merchant_relationship_id', 'customer_reference') AND a.attnum > 0)$$,
                'a merchant reads no table of merchants'' rows without a policy');
SELECT is_empty($$SELECT p.polname, p.polrelid::regclass FROM pg_policy p WHERE p.polrelid::regclass::text LIKE 'offerengine%' AND (NOT p.polpermissive OR p.polroles <> '{0}')$$,
                'policies are for every role, and ask who it is');
SELECT is_empty($$SELECT DISTINCT p.oid::regprocedure FROM pg_depend d JOIN pg_proc p ON d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
                   WHERE d.classid = 'pg_policy'::regclass AND p.pronamespace <> 'pg_catalog'::regnamespace
                     AND p.oid NOT IN ('offerengine_internal.is_operator()'::regprocedure, 'offerengine_internal.reads_all()'::regprocedure, 'offerengine_internal.acting_merchants()'::regprocedure)
                     AND EXISTS (SELECT FROM pg_policy y WHERE y.oid = d.objid AND y.polrelid::regclass::text LIKE 'offerengine%')$$, 'they call what tells the reader about himself, and nothing else');

-- Defaults, conditions, index expressions: nothing that a caller could have made.
SELECT is_empty($$SELECT d.classid::regclass, pg_describe_object(d.classid, d.objid, d.objsubid), p.oid::regprocedure
                    FROM pg_depend d JOIN pg_proc p ON d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
                   WHERE p.pronamespace NOT IN ('pg_catalog'::regnamespace) AND p.oid NOT IN (SELECT o.oid FROM ours o)
                     AND ((d.classid = 'pg_attrdef'::regclass AND EXISTS (SELECT FROM pg_attrdef a JOIN pg_class c ON c.oid = a.adrelid WHERE a.oid = d.objid AND c.relnamespace::regnamespace::text LIKE 'offerengine%'))
                       OR (d.classid = 'pg_constraint'::regclass AND EXISTS (SELECT FROM pg_constraint c WHERE c.oid = d.objid AND c.connamespace::regnamespace::text LIKE 'offerengine%'))
                       OR (d.classid = 'pg_trigger'::regclass AND EXISTS (SELECT FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid WHERE g.oid = d.objid AND c.relnamespace::regnamespace::text LIKE 'offerengine%')))$$,
                'defaults, conditions and triggers call PostgreSQL''s functions and ours');
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relowner <> (SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = 'offerengine')$$,
                'every relation is the schema''s owner''s');
SELECT is_empty($$SELECT n.nspname, a.grantee::regrole FROM pg_namespace n, aclexplode(n.nspacl) a
                   WHERE n.nspname IN ('offerengine', 'offerengine_internal') AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner$$, 'and he alone makes things in our schemas');

-- Who may create temporary objects or has a schema of his own attaches nothing to ours.
CREATE SCHEMA t_own AUTHORIZATION t_merchant;
SELECT is(pg_temp.try_as('t_merchant', s.statement), s.outcome, s.statement)
  FROM (VALUES
    ('CREATE FUNCTION t_own.f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RETURN NULL; END $f$', '0 rows'),
    ('CREATE TRIGGER t AFTER UPDATE ON offerengine.offer FOR EACH ROW EXECUTE FUNCTION t_own.f()', '42501'),
    ('CREATE TRIGGER t INSTEAD OF UPDATE ON offerengine.visible_offer FOR EACH ROW EXECUTE FUNCTION t_own.f()', '42501'),
    ('CREATE TABLE t_own.child () INHERITS (offerengine.offer)', '42501'),
    ('CREATE TABLE t_own.refers (offer_id bigint REFERENCES offerengine.offer)', '42501'),
    ('CREATE RULE r AS ON INSERT TO offerengine.offer DO ALSO NOTIFY x', '42501'),
    ('CREATE POLICY p ON offerengine.offer USING (true)', '42501'),
    ('ALTER TABLE offerengine.offer DISABLE ROW LEVEL SECURITY', '42501'),
    ('ALTER TABLE offerengine.offer DISABLE TRIGGER ALL', '42501'),
    ('ALTER TABLE offerengine.offer ALTER COLUMN title SET DEFAULT ''x''', '42501'),
    ('CREATE INDEX ON offerengine.offer (offer_id)', '42501'),
    ('CREATE STATISTICS t_own.s ON offer_id, title FROM offerengine.offer', '42501'),
    ('CREATE OR REPLACE VIEW offerengine.visible_offer AS SELECT 1', '42501'),
    ('CREATE OR REPLACE FUNCTION offerengine.version() RETURNS text LANGUAGE sql AS $f$ SELECT ''x'' $f$', '42501'),
    ('CREATE FUNCTION offerengine_internal.f() RETURNS integer LANGUAGE sql AS $f$ SELECT 1 $f$', '42501'),
    ('CREATE TABLE offerengine.t (a integer)', '42501'),
    ('TRUNCATE offerengine.offer', '42501'),
    ('SET session_replication_role = replica', '42501'),
    ('SELECT offerengine_internal.execute_as_owner(''SELECT 1'')::text', '42501'),
    ('CREATE TEMP TABLE offer (a integer)', '0 rows'),
    ('CREATE EXTENSION offerengine', '42710'),
    ('DROP EXTENSION offerengine', '42501'),
    ('ALTER EXTENSION offerengine ADD SCHEMA t_own', '42501'),
    ('ALTER EXTENSION offerengine UPDATE', '42501'),
    ('COMMENT ON TABLE offerengine.offer IS ''x''', '42501'),
    ('ANALYZE offerengine.sales_order', '0 rows')) AS s (statement, outcome);
-- A policy that cannot apply is an error, not a way around it.
SET LOCAL row_security = off;
SELECT is(pg_temp.try_as('t_merchant', 'SELECT count(*) FROM offerengine.offer'), '42501', 'with row_security = off a merchant reads nothing');
SELECT * FROM finish();
ROLLBACK;
