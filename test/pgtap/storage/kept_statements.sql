-- The engine's kept statements: they walk indexes whatever the session's settings and the size of the tables say, are planned anew
-- after an invalidation, also while they run, and leave the session's settings to triggers of others.
BEGIN;
\ir ../include/catalogue.psql
SELECT no_plan();
SELECT pg_temp.make_offer('c-' || n) FROM generate_series(1, 20) AS n \g /dev/null
INSERT INTO offerengine.offer_store (offer_id, store_code) SELECT o.offer_id, 'C-DE' FROM offerengine.offer o WHERE o.offer_reference LIKE 'c-%';
ANALYZE offerengine.offer, offerengine.offer_store, offerengine.product, offerengine.abstract_product_store, offerengine.merchant, offerengine.store;

-- Sequential scans of the projection and of the stores of products, which only the engine's statements read here.
CREATE FUNCTION pg_temp.scans() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(t.seq_scan)::bigint FROM pg_stat_xact_user_tables t
     WHERE t.schemaname = 'offerengine' AND t.relname IN ('offer_store', 'abstract_product_store')
$$;
SELECT pg_temp.scans() AS before \gset
UPDATE offerengine.offer SET title = 'a' WHERE offer_reference = 'c-1';
SELECT is(pg_temp.scans() - :before, 0::bigint, 'a small table is read by index');
GRANT SELECT ON offerengine.offer, offerengine.offer_store, offerengine.product TO pg_monitor;
UPDATE offerengine.offer SET title = 'b' WHERE offer_reference = 'c-1';
SELECT is(pg_temp.scans() - :before, 0::bigint, 'also after the plan was invalidated');
CREATE FUNCTION pg_temp.invalidate_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    REVOKE SELECT ON offerengine.offer, offerengine.offer_store, offerengine.product FROM pg_monitor;
    RETURN NULL;
END
$$;
CREATE TRIGGER aa_invalidate AFTER UPDATE ON offerengine.offer FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.invalidate_first();
UPDATE offerengine.offer SET title = 'c' WHERE offer_reference = 'c-1';
DROP TRIGGER aa_invalidate ON offerengine.offer;
SELECT is(pg_temp.scans() - :before, 0::bigint, 'and where that happens in the statement that then needs it');

CREATE TEMP SEQUENCE kept;
-- A trigger invalidates the statement that runs, and runs it once more.
CREATE FUNCTION pg_temp.invalidate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number integer := regexp_replace(NEW.offer_reference, '[^0-9]', '', 'g');
BEGIN
    IF number < 20 THEN
        GRANT SELECT ON offerengine.offer, offerengine.offer_store, offerengine.product TO pg_monitor;
        REVOKE SELECT ON offerengine.offer, offerengine.offer_store, offerengine.product FROM pg_monitor;
        UPDATE offerengine.offer SET title = OLD.title || number WHERE offer_reference = 'c-' || number + 1;
        -- Takes the memory that a plan which was freed would have left.
        FOR i IN 1..3 + number % 5 LOOP
            EXECUTE format('PREPARE k_%s AS SELECT %L', nextval('pg_temp.kept'), repeat('x', 100 + i));
        END LOOP;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER zz_invalidate AFTER UPDATE ON offerengine.offer_store FOR EACH ROW WHEN (OLD.title IS DISTINCT FROM NEW.title)
    EXECUTE FUNCTION pg_temp.invalidate();
DO $$
BEGIN
    FOR n IN REVERSE 19..1 LOOP
        UPDATE offerengine.offer SET title = 'start ' || n WHERE offer_reference = 'c-' || n;
    END LOOP;
END
$$;
DROP TRIGGER zz_invalidate ON offerengine.offer_store;
SELECT is(pg_temp.wrong_rows(), 0::bigint, 'nineteen runs inside one another, each invalidated while it runs');
SELECT is(count(*), 20::bigint, 'each has written what it should') FROM offerengine.offer o
  JOIN offerengine.offer_store os ON os.offer_id = o.offer_id AND os.title = o.title WHERE o.offer_reference LIKE 'c-%';

DEALLOCATE ALL;
SELECT * FROM finish();
ROLLBACK;
