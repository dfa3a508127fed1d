-- A path is pinned where the engine is entered; what only pinned functions call has none of its own, since setting one costs more than
-- most of them do. Whoever enters the engine otherwise (a privilege, a view, a trigger, a default) finds nothing that is not pinned.
BEGIN;
SELECT plan(8);

CREATE TEMP TABLE loose AS
SELECT p.oid, p.proname, p.prosrc
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
 WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND l.lanname IN ('plpgsql', 'sql')
   AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS s (setting) WHERE s.setting LIKE 'search_path=%') AND p.prosrc <> '';
SELECT cmp_ok((SELECT count(*) FROM loose WHERE proname IN ('sell_cart', 'cart_lines', 'place_order', 'take_customer')), '=', 4::bigint,
              'what a checkout is made of sets no path');
SELECT is_empty($$SELECT f.proname FROM loose f JOIN pg_catalog.pg_proc p USING (oid)
                   WHERE p.pronamespace <> 'offerengine_internal'::regnamespace OR f.proname LIKE 'do\_%'$$,
                'what users call is pinned, and what C runs for them');
SELECT is_empty($$SELECT f.proname, a.grantee::regrole FROM loose f JOIN pg_catalog.pg_proc p USING (oid)
                         CROSS JOIN aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
                   WHERE a.grantee <> p.proowner$$, 'nobody may execute what is not, but the owner');
SELECT is_empty($$SELECT f.proname, a.kind FROM loose f JOIN offerengine_internal.access() a ON a.object = 'function' AND a.name = f.proname
                   WHERE a.kind IS NOT NULL$$, 'nor will anybody who is given access');
SELECT is_empty($$SELECT f.proname, d.classid::regclass FROM loose f JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = f.oid
                   WHERE d.classid <> 'pg_proc'::regclass$$, 'no view, trigger, condition or default calls it');
SELECT is_empty($$SELECT f.proname, d.objid::regprocedure FROM loose f JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = f.oid
                   WHERE d.classid = 'pg_proc'::regclass$$, 'nor a function whose body is parsed, which has no path at all');
SELECT is_empty($$SELECT f.proname FROM loose f JOIN pg_catalog.pg_proc p USING (oid) WHERE p.prosecdef OR p.prorettype = 'trigger'::regtype$$,
                'it changes no identity, and is no trigger');
SELECT is_empty($$
    SELECT p.proname, f.proname FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang, loose f
     WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND l.lanname IN ('plpgsql', 'sql')
       AND p.prosrc ~ ('\moffer' || 'engine(_internal)?\.' || f.proname || '\(') AND p.oid NOT IN (SELECT g.oid FROM loose g)
       AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS s (setting) WHERE s.setting ~ '^search_path=pg_catalog, pg_temp$')
     ORDER BY 1, 2$$, 'and all that call it are pinned to the system''s schema, or are called so themselves');
SELECT * FROM finish();
ROLLBACK;
