-- Claiming: workers take documents to deliver, each for a while. A claim takes no customer and waits for nobody.

CREATE TYPE offerengine.loyalty_claimed AS (
    id                 uuid,
    customer_reference text,
    order_reference    text,
    payload            jsonb,
    attempts           integer,
    due_at             timestamptz
);
COMMENT ON TYPE offerengine.loyalty_claimed IS
    'A document to deliver. id: the idempotency key, the same on every try; customer_reference: goes along to loyalty_sent() and '
    'loyalty_failed(); attempts: the number of this try, its fence; due_at: when it should be delivered.';

CREATE FUNCTION offerengine.loyalty_claim(batch integer DEFAULT 10, lease interval DEFAULT '1 minute')
RETURNS SETOF offerengine.loyalty_claimed
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION offerengine.loyalty_claim(integer, interval) IS
    'Takes at most so many documents, for as long as the lease: until then nobody else gets them. Those that were queued come '
    'first, oldest first, and at most about half are those that were tried or released before. Then it is delivered and '
    'loyalty_sent(), or not and loyalty_failed(); what neither is told of is claimable again when the lease is over. Commit before '
    'delivering. A return comes after its main order was sent, everything else in no order of a customer''s. A claim that finds '
    'nothing lets the next document be told by NOTIFY offerengine_loyalty; look each second all the same. 22023: a batch that is '
    'not 1 to 10000, a lease that is not above 0 and up to a day.';

CREATE FUNCTION offerengine_internal.outbox_walk_from() RETURNS uuid
    AS 'MODULE_PATHNAME', 'oe_outbox_walk_from' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.outbox_walk_from() IS
    'Behind which id this backend''s claim looks for queued documents: what it has seen before is not walked again but once in a '
    'while, at most each second, and the more seldom the longer that takes (then: the nil UUID).';

CREATE FUNCTION offerengine_internal.outbox_walked(last_id uuid, is_exhausted boolean) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_outbox_walked' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.outbox_walked(uuid, boolean) IS
    'Ends a walk: the last id that it took, NULL: none, and whether it has come to the end of what is queued.';

CREATE FUNCTION offerengine_internal.outbox_walk_anew(in_seconds integer DEFAULT 0) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_outbox_walk_anew' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.outbox_walk_anew(integer) IS
    'Lets the next claim of this backend that comes so many seconds from now look at all that is queued, whatever it has seen '
    'before.';

CREATE FUNCTION offerengine_internal.outbox_turn() RETURNS integer
    AS 'MODULE_PATHNAME', 'oe_outbox_turn' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.outbox_turn() IS '0 and 1 by turns: whose turn it is in claims of one document.';

-- Plans that know the values look cheaper, and would be made anew in every call, at twice its cost.
CREATE FUNCTION offerengine_internal.do_loyalty_claim(batch integer, lease interval) RETURNS SETOF offerengine.loyalty_claimed
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    wanted CONSTANT integer := coalesce(do_loyalty_claim.batch, 10);
    ends   CONSTANT interval := coalesce(do_loyalty_claim.lease, '1 minute');
    again  tid[];
    fresh  tid[];
    until  timestamptz;
BEGIN
    IF wanted NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'batch must be 1 to 10000, not %', wanted USING ERRCODE = '22023';
    END IF;
    IF ends <= '0' OR ends > '1 day' THEN
        RAISE EXCEPTION 'lease must be above 0 and up to a day, not %', ends USING ERRCODE = '22023';
    END IF;
    -- A lease that a crash forgets would be given to somebody else while it lasts.
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'local', true);
    END IF;
    again := offerengine_internal.free_retries((wanted + offerengine_internal.outbox_turn()) / 2);
    fresh := offerengine_internal.free_queued(wanted - cardinality(again));
    IF cardinality(fresh) + cardinality(again) < wanted THEN
        again := again || offerengine_internal.free_retries(wanted - cardinality(fresh) - cardinality(again), again);
    END IF;
    IF cardinality(fresh) + cardinality(again) = 0 THEN
        PERFORM offerengine_internal.arm_notify();
        RETURN;
    END IF;
    until := clock_timestamp() + ends;
    RETURN QUERY
    WITH claimed AS (
        UPDATE offerengine.loyalty_outbox o
           SET attempts = o.attempts + 1, leased_until = until
         WHERE o.ctid = ANY (fresh)
        RETURNING o.id, o.customer_reference::text, o.payload, o.attempts, o.due_at),
    claimed_again AS (
        UPDATE offerengine.loyalty_outbox o
           SET attempts = o.attempts + 1, leased_until = until, not_before = until
         WHERE o.ctid = ANY (again)
        RETURNING o.id, o.customer_reference::text, o.payload, o.attempts, o.due_at)
    SELECT c.id, c.customer_reference, offerengine_internal.document_order_reference(c.payload), c.payload, c.attempts, c.due_at
      FROM (TABLE claimed UNION ALL TABLE claimed_again) AS c
     ORDER BY c.id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_claim(integer, interval) IS 'loyalty_claim, run as the owner.';

-- The planner takes a LIMIT that it does not know for a tenth of the table, and would sort all of it.
CREATE FUNCTION offerengine_internal.free_queued(most integer) RETURNS tid[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $oe_body$
DECLARE
    walk_from uuid;
    ids       uuid[];
    rows      tid[];
BEGIN
    -- A walk that takes nothing would be the one from the start for a while.
    IF free_queued.most < 1 THEN
        RETURN '{}';
    END IF;
    walk_from := offerengine_internal.outbox_walk_from();
    SELECT array_agg(f.row), array_agg(f.id) INTO rows, ids
      FROM (SELECT o.ctid AS row, o.id
              FROM offerengine.loyalty_outbox o
             WHERE o.state = 'queued' AND o.id > walk_from
               AND (o.leased_until IS NULL OR o.leased_until <= clock_timestamp())
             ORDER BY o.id
             LIMIT free_queued.most
               FOR NO KEY UPDATE SKIP LOCKED) AS f;
    PERFORM offerengine_internal.outbox_walked(ids[cardinality(ids)], coalesce(cardinality(ids), 0) < free_queued.most);
    RETURN coalesce(rows, '{}');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.free_queued(integer) IS
    'Locks so many queued documents that nobody has leased or locked, oldest first, from where this backend''s walk stands, and '
    'answers where their rows are.';

CREATE FUNCTION offerengine_internal.free_retries(most integer, known tid[] DEFAULT '{}') RETURNS tid[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $oe_body$
DECLARE
    -- Not in the statement, where the index would not be asked for what changes from row to row.
    claimed_at CONSTANT timestamptz := clock_timestamp();
BEGIN
    IF free_retries.most < 1 THEN
        RETURN '{}';
    END IF;
    RETURN ARRAY(
        SELECT f.row
          FROM (SELECT o.ctid AS row
                  FROM offerengine.loyalty_outbox o
                 WHERE o.state = 'retry' AND o.not_before <= claimed_at AND o.ctid <> ALL (free_retries.known)
                 ORDER BY o.not_before
                 LIMIT free_retries.most
                   FOR NO KEY UPDATE SKIP LOCKED) AS f);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.free_retries(integer, tid[]) IS
    'Locks so many documents whose next try is due and that nobody has locked, but those that are known, and answers where their '
    'rows are.';

CREATE FUNCTION offerengine_internal.arm_notify() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- Workers that have found nothing once are idle for long: they write once.
    PERFORM FROM offerengine.loyalty_idle i WHERE NOT i.is_armed FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
        UPDATE offerengine.loyalty_idle SET is_armed = true;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.arm_notify() IS
    'Notes that a worker is idle, so that the next document is told of by NOTIFY; does nothing where that is noted, or the flag '
    'would have to be waited for.';
