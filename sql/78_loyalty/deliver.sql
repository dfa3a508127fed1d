-- What becomes of a document that was claimed, and what an operator does about one.

CREATE FUNCTION offerengine.loyalty_sent(id uuid, customer_reference text DEFAULT NULL) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.loyalty_sent(uuid, text) IS
    'Takes note that a document was delivered, whoever did it, and books its points; true: this call did, false: it was noted '
    'before. So also for a try whose lease is over, and for a document that was discarded meanwhile: the programme has it. Returns '
    'that wait for it are released. customer_reference: as loyalty_claim() answered it. OE020: there is no such document; 22004: '
    'id is NULL.';

CREATE FUNCTION offerengine.loyalty_sent_many(ids uuid[], customer_references text[] DEFAULT NULL) RETURNS integer
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 50000;
COMMENT ON FUNCTION offerengine.loyalty_sent_many(uuid[], text[]) IS
    'Takes note that documents were delivered, as loyalty_sent() does of one, and answers of how many this call did; all or, where '
    'one cannot be noted, none. It takes their customers until the end of the transaction, in the order of their references, and '
    'costs a fraction of as many calls of loyalty_sent(). customer_references: as loyalty_claim() answered them, one for each id, '
    'or NULL. OE020: there is no such document; 22023: not as many customers as ids; 22004: ids is NULL, or one of them.';

CREATE FUNCTION offerengine.loyalty_failed(
    id                 uuid,
    error              text,
    attempt            integer DEFAULT NULL,
    customer_reference text DEFAULT NULL,
    retry_after        interval DEFAULT NULL)
RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.loyalty_failed(uuid, text, integer, text, interval) IS
    'Takes note that a try to deliver has failed, and why: the document is claimable again after a pause that grows with the '
    'tries (10 seconds, 20, 40 ... at most 10 minutes; the last within the 30 minutes is a minute before they are over), or '
    'after retry_after, where that is given: what a receiver asks for, or 0 to give back what was not tried. attempt: as '
    'loyalty_claim() answered it; one that is not the newest changes nothing. False: nothing was changed, so also where it was '
    'sent, waits or was discarded. customer_reference: as loyalty_claim() answered it. OE020: there is no such document; 22023: '
    'retry_after below 0 or above 7 days; 22004: id is NULL.';

CREATE FUNCTION offerengine.loyalty_retry(id uuid, customer_reference text DEFAULT NULL) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.loyalty_retry(uuid, text) IS
    'Makes a document whose try has failed claimable at once. False: it is so, or is being delivered, waits, was sent or '
    'discarded. OE020: there is no such document; 22004: id is NULL.';

CREATE FUNCTION offerengine.loyalty_discard(id uuid, reason text, customer_reference text DEFAULT NULL) RETURNS integer
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.loyalty_discard(uuid, text, text) IS
    'Gives a document up that is not to be delivered, and with a main order the returns that wait for it; answers how many '
    'documents that were. Nothing is booked. It stays known, with who discarded it and why; loyalty_resend() queues it again. 0: '
    'it was sent or discarded before. OE090: it is being delivered at this moment; OE020: there is no such document; 22023: a '
    'reason that is empty, or over 1000 characters; 22004: id or reason is NULL.';

CREATE FUNCTION offerengine.loyalty_resend(order_reference text) RETURNS SETOF offerengine.loyalty_enqueued
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 1;
COMMENT ON FUNCTION offerengine.loyalty_resend(text) IS
    'Delivers an order once more that was sent, or discarded, with what it says now, under the same idempotency key: a receiver '
    'that has it knows it again, one that has lost it takes it, and points are booked once. Of several customers who have an order '
    'of this reference all are meant. One that is queued is a duplicate, one that never was is queued. 22004: NULL.';

CREATE FUNCTION offerengine_internal.retry_pause(attempts integer, due_at timestamptz, at timestamptz) RETURNS interval
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    pause CONSTANT interval := least(interval '10 seconds' * power(2, least(greatest(attempts, 1), 10) - 1), interval '10 minutes');
    last  CONSTANT timestamptz := due_at - interval '1 minute';
BEGIN
    RETURN CASE WHEN at < last AND at + pause > last THEN last - at ELSE pause END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.retry_pause(integer, timestamptz, timestamptz) IS
    'How long after the failure of its try number attempts, at an instant, a document is tried again.';

-- Plans that know the values look cheaper, and would be made anew in every call, at twice its cost.
CREATE FUNCTION offerengine_internal.do_loyalty_sent(id uuid, customer_reference text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    document CONSTANT offerengine_internal.outbox_document := offerengine_internal.hold_document(
        do_loyalty_sent.id, do_loyalty_sent.customer_reference);
BEGIN
    IF document.state IS NULL OR document.state = 'sent' THEN
        RETURN false;
    END IF;
    IF document.first_sent_at IS NULL THEN
        PERFORM offerengine_internal.book_document(document.customer_reference, document.order_id, document.id);
    END IF;
    -- One that waited itself lets nobody go before what it waited for.
    PERFORM offerengine_internal.release_next(document.customer_reference, document.id, document.waits_for),
            offerengine_internal.note_sent(ARRAY[document.customer_reference], ARRAY[document.id]);
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_sent(uuid, text) IS 'loyalty_sent, run as the owner.';

CREATE TYPE offerengine_internal.plain_orders AS (
    customer_references text[],
    ids                 uuid[],
    order_ids           uuid[],
    are_first           boolean[]
);
COMMENT ON TYPE offerengine_internal.plain_orders IS
    'Documents that can be noted together, an element each. are_first: whether it was never delivered before.';

CREATE FUNCTION offerengine_internal.do_loyalty_sent_many(ids uuid[], customer_references text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 50000 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    wanted uuid[];
    owners text[];
    taken  text[] := '{}';
    next   text[];
    plain  offerengine_internal.plain_orders;
    mixed  text[];
    earns  offerengine_internal.plain_orders;
    booked uuid[];
    other  record;
    noted  integer;
BEGIN
    IF do_loyalty_sent_many.ids IS NULL OR EXISTS (SELECT FROM unnest(do_loyalty_sent_many.ids) AS u (id) WHERE u.id IS NULL) THEN
        RAISE EXCEPTION 'ids must not be NULL, nor have one that is' USING ERRCODE = '22004';
    END IF;
    IF cardinality(do_loyalty_sent_many.customer_references) <> cardinality(do_loyalty_sent_many.ids) THEN
        RAISE EXCEPTION '% ids need as many customers, not %', cardinality(do_loyalty_sent_many.ids),
                        cardinality(do_loyalty_sent_many.customer_references) USING ERRCODE = '22023';
    END IF;
    SELECT array_agg(u.id ORDER BY u.place), array_agg(u.customer_reference ORDER BY u.place) INTO wanted, owners
      FROM (SELECT DISTINCT ON (u.id) u.id, u.customer_reference, u.place
              FROM unnest(do_loyalty_sent_many.ids, do_loyalty_sent_many.customer_references)
                   WITH ORDINALITY AS u (id, customer_reference, place)
             ORDER BY u.id, u.place) AS u;
    IF wanted IS NULL THEN
        RETURN 0;
    END IF;
    -- Until all are taken: a merge may have moved documents before.
    LOOP
        owners := offerengine_internal.find_documents(wanted, owners);
        next := ARRAY(SELECT unnest(owners) EXCEPT SELECT unnest(taken));
        EXIT WHEN next = '{}';
        PERFORM offerengine_internal.take_customers(next);
        taken := taken || next;
    END LOOP;
    plain := offerengine_internal.hold_plain_orders(wanted, owners);
    noted := cardinality(plain.ids);
    -- Of a customer together or not at all: what one earns and what another one takes back depends on which comes first.
    mixed := ARRAY(
        SELECT u.customer_reference
          FROM unnest(wanted, owners) AS u (id, customer_reference)
          LEFT JOIN unnest(plain.ids) AS p (id) ON p.id = u.id
         WHERE p.id IS NULL);
    -- Who takes no part earns by what makes him a member, and by what comes after it.
    SELECT coalesce(array_agg(e.customer_reference ORDER BY e.place), '{}'), coalesce(array_agg(e.id ORDER BY e.place), '{}'),
           coalesce(array_agg(e.order_id ORDER BY e.place), '{}')
      INTO earns.customer_references, earns.ids, earns.order_ids
      FROM (SELECT u.place, p.customer_reference, p.id, p.order_id,
                   bool_or(p.may_be_booked) OVER (PARTITION BY p.customer_reference ORDER BY u.place) AS takes_part
              FROM unnest(plain.customer_references, plain.ids, plain.order_ids, plain.are_first,
                          offerengine_internal.may_be_booked(plain.customer_references, plain.order_ids))
                   AS p (customer_reference, id, order_id, is_first, may_be_booked)
              JOIN unnest(wanted) WITH ORDINALITY AS u (id, place) ON u.id = p.id
             WHERE p.is_first) AS e
     WHERE e.takes_part OR e.customer_reference = ANY (mixed);
    booked := offerengine_internal.book_orders(earns.customer_references, earns.order_ids, earns.ids, owners, mixed);
    -- In the order of whose points they are, so that two who take several do not wait for each other.
    FOR other IN
        SELECT u.customer_reference, u.id, e.order_id
          FROM unnest(wanted, owners) WITH ORDINALITY AS u (id, customer_reference, place)
          LEFT JOIN unnest(plain.ids) AS p (id) ON p.id = u.id
          LEFT JOIN unnest(earns.ids, earns.order_ids) AS e (id, order_id) ON e.id = u.id
          LEFT JOIN unnest(booked) AS b (id) ON b.id = u.id
         WHERE b.id IS NULL AND (p.id IS NULL OR e.id IS NOT NULL)
         ORDER BY coalesce((offerengine_internal.find_points(u.customer_reference)).customer_reference, u.customer_reference)
                      COLLATE "C", u.place
    LOOP
        IF other.order_id IS NOT NULL THEN
            PERFORM offerengine_internal.book_document(other.customer_reference, other.order_id, other.id);
        ELSIF offerengine_internal.do_loyalty_sent(other.id, other.customer_reference) THEN
            noted := noted + 1;
        END IF;
    END LOOP;
    IF plain.ids <> '{}' THEN
        PERFORM offerengine_internal.note_sent(plain.customer_references, plain.ids);
    END IF;
    RETURN noted;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_sent_many(uuid[], text[]) IS 'loyalty_sent_many, run as the owner.';

-- The planner does not know how few they are.
CREATE FUNCTION offerengine_internal.find_documents(ids uuid[], customer_references text[]) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $oe_body$
DECLARE
    owners  text[];
    missing integer;
BEGIN
    owners := ARRAY(
        SELECT coalesce(o.customer_reference, offerengine_internal.find_document(u.id, u.customer_reference))
          FROM unnest(find_documents.ids, find_documents.customer_references)
               WITH ORDINALITY AS u (id, customer_reference, place)
          LEFT JOIN offerengine.loyalty_outbox o ON o.customer_reference = u.customer_reference AND o.id = u.id
         ORDER BY u.place);
    missing := array_position(owners, NULL);
    IF missing IS NOT NULL THEN
        PERFORM offerengine_internal.refuse_unknown_document(find_documents.ids[missing]);
    END IF;
    RETURN owners;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.find_documents(uuid[], text[]) IS
    'The customers who have documents, as find_document() finds each. OE020: nobody has one of them.';

CREATE FUNCTION offerengine_internal.hold_plain_orders(ids uuid[], customer_references text[])
RETURNS offerengine_internal.plain_orders
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $oe_body$
DECLARE
    plain offerengine_internal.plain_orders;
BEGIN
    WITH held AS MATERIALIZED (
        SELECT o.customer_reference, o.id, o.order_id, o.send_as, o.state, o.first_sent_at
          FROM unnest(hold_plain_orders.ids, hold_plain_orders.customer_references) AS u (id, customer_reference)
          JOIN offerengine.loyalty_outbox o ON o.customer_reference = u.customer_reference AND o.id = u.id
           FOR NO KEY UPDATE OF o)
    SELECT coalesce(array_agg(h.customer_reference), '{}'), coalesce(array_agg(h.id), '{}'), coalesce(array_agg(h.order_id), '{}'),
           coalesce(array_agg(h.first_sent_at IS NULL), '{}')
      INTO plain
      FROM held h
     WHERE h.send_as = 'order' AND h.state <> 'sent'
       AND NOT EXISTS (SELECT FROM offerengine.loyalty_outbox w
                        WHERE w.customer_reference = h.customer_reference AND w.waits_for = h.id);
    RETURN plain;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.hold_plain_orders(uuid[], text[]) IS
    'Takes the rows of documents, and answers those that are not sent, tell of orders and let nobody go that waits: what becomes '
    'of others does not depend on when these are noted, but on what is booked. The caller holds the customers.';

CREATE FUNCTION offerengine_internal.release_next(customer_reference text, id uuid, waits_for uuid DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    released_at CONSTANT timestamptz := clock_timestamp();
BEGIN
    IF release_next.waits_for IS NOT NULL THEN
        UPDATE offerengine.loyalty_outbox o SET waits_for = release_next.waits_for
         WHERE o.customer_reference = release_next.customer_reference AND o.waits_for = release_next.id;
        RETURN;
    END IF;
    -- Not as queued: its id is older than where claims are.
    UPDATE offerengine.loyalty_outbox o
       SET state = 'retry', waits_for = NULL, not_before = released_at, due_at = released_at + interval '30 minutes'
     WHERE o.customer_reference = release_next.customer_reference AND o.waits_for = release_next.id;
    IF FOUND THEN
        PERFORM offerengine_internal.notify_idle();
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.release_next(text, uuid, uuid) IS
    'What waits for a document that is gone waits for another one (waits_for), or is claimable and due in 30 minutes. The caller '
    'holds the customer.';

CREATE FUNCTION offerengine_internal.do_loyalty_failed(
    id uuid, error text, attempt integer, customer_reference text, retry_after interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    failed_at CONSTANT timestamptz := clock_timestamp();
    document  offerengine_internal.outbox_document;
BEGIN
    IF do_loyalty_failed.retry_after < '0' OR do_loyalty_failed.retry_after > '7 days' THEN
        RAISE EXCEPTION 'retry_after must be 0 to 7 days, not %', do_loyalty_failed.retry_after USING ERRCODE = '22023';
    END IF;
    document := offerengine_internal.hold_document(do_loyalty_failed.id, do_loyalty_failed.customer_reference);
    IF document.state IS NULL OR document.state NOT IN ('queued', 'retry')
       OR document.attempts <> coalesce(do_loyalty_failed.attempt, document.attempts) THEN
        RETURN false;
    END IF;
    UPDATE offerengine.loyalty_outbox o
       SET state = 'retry', leased_until = NULL, last_error = left(do_loyalty_failed.error, 1000),
           not_before = failed_at + coalesce(do_loyalty_failed.retry_after,
                                             offerengine_internal.retry_pause(o.attempts, o.due_at, failed_at))
     WHERE o.customer_reference = document.customer_reference AND o.id = document.id;
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_failed(uuid, text, integer, text, interval) IS
    'loyalty_failed, run as the owner.';

CREATE FUNCTION offerengine_internal.is_leased(document offerengine_internal.outbox_document) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN coalesce(document.leased_until > clock_timestamp(), false);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.is_leased(offerengine_internal.outbox_document) IS
    'Whether somebody is delivering a document at this moment.';

CREATE FUNCTION offerengine_internal.do_loyalty_retry(id uuid, customer_reference text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    document CONSTANT offerengine_internal.outbox_document := offerengine_internal.hold_document(
        do_loyalty_retry.id, do_loyalty_retry.customer_reference);
BEGIN
    IF offerengine_internal.is_leased(document) THEN
        RETURN false;
    END IF;
    UPDATE offerengine.loyalty_outbox o SET not_before = clock_timestamp()
     WHERE o.customer_reference = document.customer_reference AND o.id = document.id
       AND o.state = 'retry' AND o.not_before > clock_timestamp();
    IF FOUND THEN
        PERFORM offerengine_internal.notify_idle();
    END IF;
    RETURN FOUND;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_retry(uuid, text) IS 'loyalty_retry, run as the owner.';

CREATE FUNCTION offerengine_internal.do_loyalty_discard(id uuid, reason text, customer_reference text) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    document  offerengine_internal.outbox_document;
    next      uuid;
    discarded integer := 0;
BEGIN
    IF do_loyalty_discard.reason IS NULL THEN
        RAISE EXCEPTION 'reason must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF char_length(btrim(do_loyalty_discard.reason)) NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'a reason has 1 to 1000 characters' USING ERRCODE = '22023';
    END IF;
    document := offerengine_internal.hold_document(do_loyalty_discard.id, do_loyalty_discard.customer_reference);
    IF document.state IS NULL OR document.state IN ('sent', 'discarded') THEN
        RETURN 0;
    END IF;
    IF offerengine_internal.is_leased(document) THEN
        RAISE EXCEPTION 'document % is being delivered', document.id
            USING ERRCODE = 'OE090',
                  DETAIL = format('It is leased for %s more.',
                                  date_trunc('second', document.leased_until - clock_timestamp() + interval '999 milliseconds')),
                  HINT = 'Try again when the lease is over; it may be sent by then.';
    END IF;
    next := document.id;
    IF document.send_as = 'return' THEN
        PERFORM offerengine_internal.discard_document(document.customer_reference, next, do_loyalty_discard.reason);
        PERFORM offerengine_internal.release_next(document.customer_reference, document.id, document.waits_for);
        RETURN 1;
    END IF;
    LOOP
        PERFORM offerengine_internal.discard_document(document.customer_reference, next, do_loyalty_discard.reason);
        discarded := discarded + 1;
        SELECT o.id INTO next
          FROM offerengine.loyalty_outbox o
         WHERE o.customer_reference = document.customer_reference AND o.waits_for = next;
        EXIT WHEN NOT FOUND;
    END LOOP;
    RETURN discarded;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_discard(uuid, text, text) IS 'loyalty_discard, run as the owner.';

CREATE FUNCTION offerengine_internal.discard_document(customer_reference text, id uuid, reason text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    UPDATE offerengine.loyalty_outbox o
       SET state = 'discarded', discarded_at = clock_timestamp(), discarded_by = offerengine_internal.calling_role(),
           discard_reason = discard_document.reason, leased_until = NULL, not_before = NULL, waits_for = NULL,
           due_at = coalesce(o.due_at, clock_timestamp())
     WHERE o.customer_reference = discard_document.customer_reference AND o.id = discard_document.id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.discard_document(text, uuid, text) IS
    'Gives one document up. The caller holds the customer.';

CREATE FUNCTION offerengine_internal.do_loyalty_resend(order_reference text) RETURNS SETOF offerengine.loyalty_enqueued
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF do_loyalty_resend.order_reference IS NULL THEN
        RAISE EXCEPTION 'order_reference must not be NULL' USING ERRCODE = '22004';
    END IF;
    RETURN QUERY
    SELECT r.* FROM offerengine_internal.for_named_orders(ARRAY[do_loyalty_resend.order_reference], true) AS r;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_resend(text) IS 'loyalty_resend, run as the owner.';

CREATE FUNCTION offerengine_internal.resend_order(customer_reference text, order_id uuid)
RETURNS SETOF offerengine.loyalty_enqueued
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 2000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    document record;
    answer   offerengine.loyalty_enqueued;
    known    boolean := false;
BEGIN
    FOR document IN
        SELECT s.order_reference, d.id, d.send_as
          FROM offerengine.sales_order s
         CROSS JOIN LATERAL (VALUES (1, s.order_document_id, 'order'), (2, s.return_document_id, 'return'))
                    AS d (place, id, send_as)
         WHERE s.customer_reference = resend_order.customer_reference AND s.order_id = resend_order.order_id
           AND d.id IS NOT NULL
         ORDER BY d.place
    LOOP
        known := true;
        answer := offerengine_internal.resend_document(
            resend_order.customer_reference, resend_order.order_id, document.id, document.send_as);
        answer.order_reference := document.order_reference;
        RETURN NEXT answer;
    END LOOP;
    IF NOT known THEN
        RETURN NEXT offerengine_internal.enqueue_order(resend_order.customer_reference, resend_order.order_id);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.resend_order(text, uuid) IS
    'Delivers the documents of an order once more, or queues it where it has none. The caller holds the customer.';

CREATE FUNCTION offerengine_internal.resend_document(customer_reference text, order_id uuid, id uuid, send_as text)
RETURNS offerengine.loyalty_enqueued
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 2000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    answer offerengine.loyalty_enqueued := ROW(NULL, 'queued', NULL, resend_document.customer_reference, resend_document.id);
    old    record;
    before uuid;
BEGIN
    SELECT o.state, o.attempts, o.first_sent_at INTO old
      FROM offerengine.loyalty_outbox o
     WHERE o.customer_reference = resend_document.customer_reference AND o.id = resend_document.id
       FOR NO KEY UPDATE;
    IF old.state IN ('queued', 'retry', 'waiting') THEN
        answer.outcome := 'duplicate';
        answer.detail := 'it is queued';
        RETURN answer;
    ELSIF FOUND THEN
        DELETE FROM offerengine.loyalty_outbox o
         WHERE o.customer_reference = resend_document.customer_reference AND o.id = resend_document.id;
    ELSE
        DELETE FROM offerengine.loyalty_sent_order t
         WHERE t.customer_reference = resend_document.customer_reference AND t.id = resend_document.id
        RETURNING 'sent', t.attempts, t.first_sent_at INTO old;
        IF NOT FOUND THEN
            -- Its partition was taken away: it was sent, more is not known.
            SELECT 'sent' AS state, 1 AS attempts, clock_timestamp() AS first_sent_at INTO old;
        END IF;
    END IF;
    IF old.first_sent_at IS NULL AND resend_document.send_as = 'return' THEN
        before := offerengine_internal.document_before(
            resend_document.customer_reference,
            offerengine_internal.main_order_of(resend_document.customer_reference, resend_document.order_id), resend_document.id);
    END IF;
    IF before IS NOT NULL THEN
        answer.outcome := 'waiting';
        answer.detail := 'its main order, or an earlier return of it, is not delivered yet';
    END IF;
    -- Not as queued: its id is older than where claims are.
    PERFORM offerengine_internal.put_document(
                resend_document.customer_reference, resend_document.order_id, resend_document.send_as, resend_document.id,
                CASE WHEN before IS NULL THEN 'retry' ELSE 'waiting' END, before, old.attempts, old.first_sent_at);
    RETURN answer;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.resend_document(text, uuid, uuid, text) IS
    'Puts a document that was sent or discarded back into the outbox, under its id. The caller holds the customer.';
