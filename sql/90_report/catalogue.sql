-- A copy of the catalogue by logical replication: how far it is, and waiting for it.

CREATE FUNCTION offerengine_internal.applied_lsn(subscription oid) RETURNS pg_lsn
    AS 'MODULE_PATHNAME', 'oe_applied_lsn' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION offerengine_internal.applied_lsn(oid) IS
    'Up to which position of its publisher a subscription has applied commits; NULL: none yet. On a standby, too, as it replays.';

CREATE FUNCTION offerengine_internal.catalogue_has(lsn pg_lsn) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL RESTRICTED COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    has boolean;
BEGIN
    -- A keepalive message says that all before its position has been sent, and comes after it.
    SELECT bool_and(coalesce(greatest(offerengine_internal.applied_lsn(s.oid), w.latest_end_lsn) >= catalogue_has.lsn, false)
                    AND NOT EXISTS (SELECT FROM pg_subscription_rel r
                                     WHERE r.srsubid = s.oid AND r.srsubstate NOT IN ('r', 's')))
      INTO has
      FROM pg_subscription s
      LEFT JOIN pg_stat_subscription w ON w.subid = s.oid AND w.relid IS NULL AND w.pid IS NOT NULL
     WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
       AND EXISTS (SELECT FROM pg_subscription_rel r
                     JOIN pg_class c ON c.oid = r.srrelid
                    WHERE r.srsubid = s.oid AND c.relnamespace = 'offerengine'::regnamespace);
    RETURN coalesce(has, CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END >= lsn);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.catalogue_has(pg_lsn) IS
    'Whether all that the catalogue had committed up to a position is here: by every subscription that fills tables of ours or, '
    'where there is none, in this server itself.';

CREATE FUNCTION offerengine.wait_for_catalogue(lsn pg_lsn, timeout interval DEFAULT '10 seconds') RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL RESTRICTED COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    until CONSTANT timestamptz := clock_timestamp() + timeout;
BEGIN
    PERFORM offerengine_internal.require_schema();
    IF lsn IS NULL OR timeout IS NULL THEN
        RAISE EXCEPTION 'lsn and timeout must not be NULL' USING ERRCODE = '22004';
    END IF;
    WHILE NOT offerengine_internal.catalogue_has(lsn) LOOP
        IF clock_timestamp() >= until THEN
            RETURN false;
        END IF;
        PERFORM pg_sleep(0.005);
    END LOOP;
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.wait_for_catalogue(pg_lsn, interval) IS
    'Waits until what the catalogue''s server had committed up to a position is here, and answers true; false: it was not within '
    'timeout. lsn: pg_current_wal_lsn() there, asked after the commit. In a database with subscriptions that fill tables of ours '
    'all of them count, on a standby as it replays them; in one without, the server itself, so that the same call serves on the '
    'catalogue and its standbys. Transactions that began before do not see more than they did (REPEATABLE READ). 22004: NULL.';
