-- Documents that were delivered stand in partitions by month, made ahead of time: making one takes the parent table for itself, so
-- nobody who sells or delivers does it.

CREATE TYPE offerengine.loyalty_maintenance AS (partitions integer, moved integer);
COMMENT ON TYPE offerengine.loyalty_maintenance IS
    'What loyalty_maintain() has done: how many partitions it made, and how many sent documents it moved into one.';

CREATE FUNCTION offerengine.loyalty_maintain(months_ahead integer DEFAULT 3, batch integer DEFAULT 1000)
RETURNS offerengine.loyalty_maintenance
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION offerengine.loyalty_maintain(integer, integer) IS
    'Makes the partitions of loyalty_sent_order that are missing of this month and of so many to come, and of those that sent '
    'documents wait for, and moves at most so many of these. migrate() makes partitions as well; the worker calls this once in a '
    'while. 22023: months_ahead that is not 0 to 120, a batch below 1.';

CREATE FUNCTION offerengine_internal.uuid_at(at timestamptz) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN rpad(lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0'), 32, '0')::uuid;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.uuid_at(timestamptz) IS
    'A bound: less than every UUID of version 7 that is made at this instant or later, greater than those from before.';

CREATE FUNCTION offerengine_internal.month_of(id uuid) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN date_trunc('month', timestamp '1970-01-01'
                               + (('x' || left(replace(month_of.id::text, '-', ''), 12))::bit(48)::bigint / 1000)
                                 * interval '1 second');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.month_of(uuid) IS 'The month, in UTC, in which a UUID of version 7 was made.';

CREATE FUNCTION offerengine_internal.sent_partition(month timestamp) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN 'loyalty_sent_order_' || to_char(month, 'YYYYMM');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.sent_partition(timestamp) IS 'Name of the partition of loyalty_sent_order of a month.';

CREATE FUNCTION offerengine_internal.make_sent_partition(month timestamp) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    name CONSTANT text := format('offerengine.%I', offerengine_internal.sent_partition(month));
BEGIN
    -- One that was detached keeps its name, and stays detached.
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Two at once follow one another; readers and writers go on.
    LOCK TABLE offerengine.loyalty_sent_order IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %s (LIKE offerengine.loyalty_sent_order INCLUDING DEFAULTS INCLUDING CONSTRAINTS '
                   'INCLUDING INDEXES INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING COMMENTS)', name);
    EXECUTE format('COMMENT ON TABLE %s IS %L', name,
                   format('Partition of loyalty_sent_order: documents made in %s, UTC.', to_char(month, 'YYYY-MM')));
    EXECUTE format('ALTER TABLE offerengine.loyalty_sent_order ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', name,
                   offerengine_internal.uuid_at(month AT TIME ZONE 'UTC'),
                   offerengine_internal.uuid_at((month + interval '1 month') AT TIME ZONE 'UTC'));
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.make_sent_partition(timestamp) IS
    'Makes the partition of a month where there is no table of its name, and answers whether it did. The caller is the owner.';

CREATE FUNCTION offerengine_internal.make_sent_partitions(months_ahead integer) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    this_month CONSTANT timestamp := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC');
    wanted     timestamp;
    made       integer := 0;
BEGIN
    FOR wanted IN
        SELECT this_month + n * interval '1 month' FROM generate_series(0, make_sent_partitions.months_ahead) AS n
        UNION
        SELECT offerengine_internal.month_of(o.id) FROM offerengine.loyalty_outbox o WHERE o.state <> 'queued' AND o.state = 'sent'
        ORDER BY 1
    LOOP
        made := made + offerengine_internal.make_sent_partition(wanted)::integer;
    END LOOP;
    RETURN made;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.make_sent_partitions(integer) IS
    'Makes the partitions that are missing of this month, of so many to come, and of what waits for one, and answers how many. The '
    'caller is the owner.';

CREATE FUNCTION offerengine_internal.have_partitions(ids uuid[]) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    oldest uuid;
    newest uuid;
    month  timestamp;
    name   text;
BEGIN
    -- Ids are in the order of their months.
    SELECT (array_agg(u.id ORDER BY u.id))[1], (array_agg(u.id ORDER BY u.id DESC))[1] INTO oldest, newest
      FROM unnest(have_partitions.ids) AS u (id);
    month := offerengine_internal.month_of(oldest);
    WHILE month <= offerengine_internal.month_of(newest) LOOP
        name := offerengine_internal.sent_partition(month);
        PERFORM FROM pg_class c WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relispartition AND c.relname = name;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
        month := month + interval '1 month';
    END LOOP;
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.have_partitions(uuid[]) IS
    'Whether there is a partition of loyalty_sent_order, by its name, for every month from the oldest of documents to the newest.';

CREATE FUNCTION offerengine_internal.move_sent(customer_reference text, id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- Most have one, and need no subtransaction to find that out.
    IF offerengine_internal.have_partitions(ARRAY[move_sent.id]) THEN
        PERFORM offerengine_internal.write_sent(ARRAY[move_sent.customer_reference], ARRAY[move_sent.id]);
        RETURN true;
    END IF;
    BEGIN
        PERFORM offerengine_internal.write_sent(ARRAY[move_sent.customer_reference], ARRAY[move_sent.id]);
        RETURN true;
    EXCEPTION WHEN check_violation THEN
        RETURN false;
    END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.move_sent(text, uuid) IS
    'Moves a document that was sent to loyalty_sent_order, where it has a partition; false: it has none, and stays for now. The '
    'caller holds the customer.';

-- The planner does not know how few they are.
CREATE FUNCTION offerengine_internal.write_sent(customer_references text[], ids uuid[], noted_at timestamptz DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $oe_body$
BEGIN
    WITH sent AS (
        DELETE FROM offerengine.loyalty_outbox o
         USING unnest(write_sent.customer_references, write_sent.ids) AS n (customer_reference, id)
         WHERE o.customer_reference = n.customer_reference AND o.id = n.id
           AND (write_sent.noted_at IS NOT NULL OR o.state = 'sent')
        RETURNING o.customer_reference, o.id, o.order_id, o.send_as, o.payload, o.enqueued_at, o.due_at, o.attempts, o.last_error,
                  o.first_sent_at, o.sent_at)
    INSERT INTO offerengine.loyalty_sent_order
           (customer_reference, id, order_id, send_as, payload, enqueued_at, due_at, attempts, last_error, first_sent_at, sent_at)
    SELECT s.customer_reference, s.id, s.order_id, s.send_as, s.payload, s.enqueued_at, coalesce(s.due_at, write_sent.noted_at),
           s.attempts, s.last_error, coalesce(s.first_sent_at, write_sent.noted_at), coalesce(write_sent.noted_at, s.sent_at)
      FROM sent s;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.write_sent(text[], uuid[], timestamptz) IS
    'Moves documents to loyalty_sent_order: those that are sent or, with noted_at, those that are so from then on. The caller '
    'holds their customers. 23514: one has no partition there.';

CREATE FUNCTION offerengine_internal.note_sent(customer_references text[], ids uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $oe_body$
DECLARE
    noted_at CONSTANT timestamptz := clock_timestamp();
BEGIN
    IF offerengine_internal.have_partitions(note_sent.ids) THEN
        PERFORM offerengine_internal.write_sent(note_sent.customer_references, note_sent.ids, noted_at);
        RETURN;
    END IF;
    UPDATE offerengine.loyalty_outbox o
       SET state = 'sent', sent_at = noted_at, first_sent_at = coalesce(o.first_sent_at, noted_at),
           leased_until = NULL, not_before = NULL, waits_for = NULL, due_at = coalesce(o.due_at, noted_at),
           discarded_at = NULL, discarded_by = NULL, discard_reason = NULL
      FROM unnest(note_sent.customer_references, note_sent.ids) AS n (customer_reference, id)
     WHERE o.customer_reference = n.customer_reference AND o.id = n.id;
    PERFORM offerengine_internal.move_sent(n.customer_reference, n.id)
       FROM unnest(note_sent.customer_references, note_sent.ids) AS n (customer_reference, id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.note_sent(text[], uuid[]) IS
    'Takes note that documents of the outbox were delivered: they go to loyalty_sent_order or, where one has no partition there, '
    'are sent where they stand. The caller holds their customers, has booked them and let go what waited for them.';

CREATE FUNCTION offerengine_internal.do_loyalty_maintain(months_ahead integer, batch integer)
RETURNS offerengine.loyalty_maintenance
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    ahead  CONSTANT integer := coalesce(do_loyalty_maintain.months_ahead, 3);
    most   CONSTANT integer := coalesce(do_loyalty_maintain.batch, 1000);
    done   offerengine.loyalty_maintenance := ROW(0, 0);
    waiter record;
BEGIN
    IF ahead NOT BETWEEN 0 AND 120 THEN
        RAISE EXCEPTION 'months_ahead must be 0 to 120, not %', ahead USING ERRCODE = '22023';
    END IF;
    IF most < 1 THEN
        RAISE EXCEPTION 'batch must be at least 1, not %', most USING ERRCODE = '22023';
    END IF;
    done.partitions := offerengine_internal.make_sent_partitions(ahead);
    FOR waiter IN
        SELECT f.customer_reference, f.id
          FROM (SELECT o.customer_reference, o.id FROM offerengine.loyalty_outbox o
                 WHERE o.state <> 'queued' AND o.state = 'sent' ORDER BY o.id LIMIT most) AS f
         ORDER BY f.customer_reference, f.id
    LOOP
        PERFORM offerengine_internal.take_customer(waiter.customer_reference);
        done.moved := done.moved + offerengine_internal.move_sent(waiter.customer_reference, waiter.id)::integer;
    END LOOP;
    RETURN done;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_maintain(integer, integer) IS 'loyalty_maintain, run as the owner.';
