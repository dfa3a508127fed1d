-- What all specs share: the tables, made once, and a procedure that empties them after each permutation.
SET client_min_messages = warning;
SELECT to_regclass('offerengine.offer') IS NULL AS is_new \gset
\if :is_new
CALL offerengine.migrate();
-- What migrate() fills stays.
CREATE TABLE given AS
SELECT c.oid FROM pg_class c
 WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0;

-- Leaves the tables as migrate() made them, page for page: what SERIALIZABLE takes for a conflict depends on pages. A table without
-- one is that already, and most are, so TRUNCATE takes those alone that have been written to. The others refer to them, which
-- TRUNCATE refuses, and append-only tables refuse it always: for as long as it takes, no table says that it has triggers.
CREATE PROCEDURE wipe() LANGUAGE plpgsql AS $$
DECLARE
    written oid[];
BEGIN
    SELECT array_agg(c.oid) INTO written
      FROM pg_class c
     WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0
       AND c.oid NOT IN (SELECT g.oid FROM given g);
    IF written IS NOT NULL THEN
        UPDATE pg_class c SET relhastriggers = false WHERE c.oid = ANY (written);
        EXECUTE (SELECT 'TRUNCATE ' || string_agg(t::regclass::text, ', ') FROM unnest(written) t);
        UPDATE pg_class c SET relhastriggers = true WHERE c.oid = ANY (written);
    END IF;
    DELETE FROM offerengine.import_turn t WHERE t.merchant_id IS NOT NULL;
    PERFORM setval(q.seqrelid::regclass, 1, false)
       FROM pg_sequence q
       JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = q.seqrelid AND d.deptype = 'i'
       JOIN pg_class c
         ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid AND c.relnamespace = 'offerengine'::regnamespace
      WHERE c.oid NOT IN (SELECT g.oid FROM given g) AND pg_sequence_last_value(q.seqrelid) IS NOT NULL;
END
$$;

-- How many checks find something. The two that compare every function and policy with what migrate() makes take longer than all
-- others together, and no spec changes any.
CREATE FUNCTION problems_found() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT count(*) FROM offerengine_internal.health_checks() k CROSS JOIN LATERAL offerengine.health_check(k.check_name) h
             WHERE k.check_name NOT IN ('objects', 'row_security') AND NOT h.ok);
END
$$;
\endif

-- What the spec before left: rows where it failed in its setup, and views, which CREATE OR REPLACE cannot give other columns.
CALL wipe();
SELECT format('DROP VIEW IF EXISTS %s CASCADE', c.oid::regclass)
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v' \gexec
