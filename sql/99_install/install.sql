-- Last of the script: nothing is open to PUBLIC, and whoever installs is told the one call that is left to make.

REVOKE ALL ON ALL ROUTINES IN SCHEMA offerengine, offerengine_internal FROM PUBLIC;

DO $oe_body$
DECLARE
    composite pg_catalog.regtype;
BEGIN
    FOR composite IN SELECT t.oid FROM pg_catalog.pg_type t JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
                      WHERE t.typnamespace IN ('offerengine'::pg_catalog.regnamespace,
                                               'offerengine_internal'::pg_catalog.regnamespace)
                        AND c.relkind = 'c' LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON TYPE %s FROM PUBLIC', composite);
    END LOOP;
END
$oe_body$;

SELECT offerengine_internal.admit_owner();

SELECT offerengine_internal.announce_version();

SET LOCAL client_min_messages = notice;
DO $oe_body$
BEGIN
    RAISE NOTICE 'offerengine % is installed; CALL offerengine.migrate() creates or upgrades its tables', offerengine.version();
    IF offerengine_internal.owner() <> CURRENT_USER::pg_catalog.regrole THEN
        RAISE NOTICE 'schema offerengine was there and belongs to role %, who will own the tables', offerengine_internal.owner();
    END IF;
END
$oe_body$;
