-- That library and schema fit is found once: not again and again by who only gets refusals, and again
-- after a transaction that may have changed the schema was rolled back.
DO $$
DECLARE
    scans bigint[] := '{}';
BEGIN
    FOR n IN 1 .. 3 LOOP
        BEGIN
            PERFORM offerengine.purchase('anna', 'nope', 'nope', 'EUR');
        EXCEPTION WHEN invalid_parameter_value THEN
            scans := scans || pg_stat_get_xact_numscans('offerengine.schema_migration'::regclass);
        END;
    END LOOP;
    PERFORM set_config('t.reading', (scans[2] - scans[1]) || ' ' || (scans[3] - scans[2]), false);
END $$;
BEGIN;
SELECT plan(2);
SELECT is(current_setting('t.reading'), '0 0', 'who has written nothing is refused, and it stands what was found');

-- Here the transaction has written: what was found in a block is found once more after the block.
CREATE TEMP TABLE written ();
SELECT txid_current() \g /dev/null
DO $$
DECLARE
    scans bigint[] := '{}';
BEGIN
    FOR n IN 1 .. 3 LOOP
        BEGIN
            COMMENT ON SCHEMA offerengine IS 'changed';
            PERFORM offerengine.purchase('anna', 'nope', 'nope', 'EUR');
        EXCEPTION WHEN invalid_parameter_value THEN
            scans := scans || pg_stat_get_xact_numscans('offerengine.schema_migration'::regclass);
        END;
    END LOOP;
    PERFORM set_config('t.writing', ((scans[2] - scans[1]) > 0)::text || ' ' || ((scans[3] - scans[2]) > 0)::text, true);
END $$;
SELECT is(current_setting('t.writing'), 'true true', 'who may have changed the schema has it found again');
SELECT * FROM finish();
ROLLBACK;
