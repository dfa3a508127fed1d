-- Queueing: orders become documents for the loyalty programme, in the transaction of whoever names or changes them.
--
-- Locks: customer, order, row of the outbox, points; what is looked at is looked at behind the lock of the customer, under which
-- all documents of a customer are queued, sent, failed, discarded and moved. A claim alone takes no customer: it takes rows that
-- are free, waits for nobody, and is waited for until its statement is over.

CREATE FUNCTION offerengine.loyalty_enqueue(order_references text) RETURNS SETOF offerengine.loyalty_enqueued
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10;
COMMENT ON FUNCTION offerengine.loyalty_enqueue(text) IS
    'Queues orders for the loyalty programme by their references, separated by commas; blanks around them and empty ones do not '
    'count. Answers one row a reference, in this order, and one for each customer who has it. Whatever is named is sent, whatever '
    'its type and status: 3 to 6 as a return, else as an order. A return waits for its main order; one that was never queued is '
    'queued with it, as the detail says. Nothing is refused for what one reference is. 22004: NULL.';

CREATE FUNCTION offerengine.loyalty_enqueue(order_references text[]) RETURNS SETOF offerengine.loyalty_enqueued
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10;
COMMENT ON FUNCTION offerengine.loyalty_enqueue(text[]) IS
    'As the one that takes text: a reference an element, as it stands, commas included. An element that is NULL is invalid.';

CREATE FUNCTION offerengine.loyalty_enqueue_where(
    starting_at    timestamptz,
    order_types    integer[] DEFAULT NULL,
    statuses       numeric[] DEFAULT NULL,
    ending_at      timestamptz DEFAULT NULL,
    enrolled_until date DEFAULT NULL)
RETURNS SETOF offerengine.loyalty_enqueued
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 100;
COMMENT ON FUNCTION offerengine.loyalty_enqueue_where(timestamptz, integer[], numeric[], timestamptz, date) IS
    'Queues the orders that were placed from starting_at on, before ending_at, of these types and exactly these statuses (7 is not '
    '7.1), of customers who had enrolled by the end of day enrolled_until (loyalty_member.enrolled_on; also who has left since, or '
    'whose points are locked), and answers a row each, oldest first. What is left out is any, an empty array none. It takes their '
    'customers until the end of the transaction: name periods of a size that is soon done. 22004: starting_at is NULL.';

CREATE FUNCTION offerengine_internal.notify_idle() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- Never at a buyer's cost: a transaction that notifies cannot be prepared, and in a snapshot of its own the row that somebody
    -- has changed is no row to skip but a 40001. Workers look each second anyway.
    IF current_setting('max_prepared_transactions') <> '0' OR current_setting('transaction_isolation') <> 'read committed' THEN
        RETURN;
    END IF;
    PERFORM FROM offerengine.loyalty_idle i WHERE i.is_armed FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
        UPDATE offerengine.loyalty_idle SET is_armed = false;
        PERFORM pg_notify('offerengine_loyalty', '');
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.notify_idle() IS
    'Wakes idle workers by one NOTIFY, if one has asked for it since the last and the flag is to be had without waiting. Where '
    'transactions can be prepared, or in REPEATABLE READ and above, it does nothing.';

CREATE FUNCTION offerengine_internal.put_document(
    customer_reference text, order_id uuid, send_as text, id uuid, state text, waits_for uuid, attempts integer DEFAULT 0,
    first_sent_at timestamptz DEFAULT NULL, payload jsonb DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    queued_at CONSTANT timestamptz := clock_timestamp();
BEGIN
    INSERT INTO offerengine.loyalty_outbox
           (customer_reference, id, order_id, send_as, state, payload, enqueued_at, due_at, not_before, waits_for, attempts,
            first_sent_at)
    VALUES (put_document.customer_reference, put_document.id, put_document.order_id, put_document.send_as, put_document.state,
            coalesce(put_document.payload, offerengine_internal.document_payload(
                put_document.customer_reference, put_document.order_id, put_document.id, put_document.send_as)),
            queued_at, CASE WHEN put_document.state <> 'waiting' THEN queued_at + interval '30 minutes' END,
            CASE WHEN put_document.state = 'retry' THEN queued_at END, put_document.waits_for, put_document.attempts,
            put_document.first_sent_at);
    IF put_document.state <> 'waiting' THEN
        PERFORM offerengine_internal.notify_idle();
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.put_document(text, uuid, text, uuid, text, uuid, integer, timestamptz, jsonb) IS
    'Puts a document into the outbox, due in 30 minutes unless it waits. payload NULL: the order as it is. The caller holds the '
    'customer.';

CREATE FUNCTION offerengine_internal.document_before(customer_reference text, main_order_id uuid, id uuid) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    before uuid;
BEGIN
    -- The documents of one main order that are not delivered stand in a row: the last is the one for which none waits.
    SELECT o.id INTO before
      FROM (SELECT unnest(ARRAY[m.order_document_id, m.return_document_id]) AS id
              FROM offerengine.sales_order m
             WHERE m.customer_reference = document_before.customer_reference AND m.order_id = document_before.main_order_id
            UNION ALL
            SELECT r.return_document_id
              FROM offerengine.sales_order r
             WHERE r.customer_reference = document_before.customer_reference
               AND r.parent_order_id = document_before.main_order_id) AS f
      JOIN offerengine.loyalty_outbox o ON o.customer_reference = document_before.customer_reference AND o.id = f.id
     WHERE o.state IN ('queued', 'retry', 'waiting') AND o.first_sent_at IS NULL AND o.id <> document_before.id
       AND NOT EXISTS (SELECT FROM offerengine.loyalty_outbox w
                        WHERE w.customer_reference = o.customer_reference AND w.waits_for = o.id AND w.id <> document_before.id)
     ORDER BY o.id DESC LIMIT 1;
    RETURN before;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.document_before(text, uuid, uuid) IS
    'The document after which the return of this id has to follow: the last of its main order and of the other returns of it that '
    'are not delivered yet; NULL: none. The caller holds the customer.';

CREATE FUNCTION offerengine_internal.main_order_of(customer_reference text, order_id uuid) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    main uuid;
BEGIN
    SELECT p.order_id INTO main
      FROM offerengine.sales_order s
      JOIN offerengine.sales_order p ON p.customer_reference = s.customer_reference AND p.order_id = s.parent_order_id
     WHERE s.customer_reference = main_order_of.customer_reference AND s.order_id = main_order_of.order_id
       AND s.order_document_id IS NULL AND NOT offerengine_internal.is_return(p.order_type);
    RETURN coalesce(main, main_order_of.order_id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.main_order_of(text, uuid) IS
    'The order of which a return takes something back: itself where it was told of as an order before, else its parent, unless '
    'that is a return as well; itself where there is none.';

CREATE FUNCTION offerengine_internal.enqueue_order(customer_reference text, order_id uuid, send_as text DEFAULT NULL)
RETURNS offerengine.loyalty_enqueued
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 2000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    sent_as text := enqueue_order.send_as;
    told    record;
    main    uuid;
    before  uuid;
    answer  offerengine.loyalty_enqueued;
BEGIN
    SELECT s.order_reference, s.order_type, s.order_document_id, s.return_document_id INTO told
      FROM offerengine.sales_order s
     WHERE s.customer_reference = enqueue_order.customer_reference AND s.order_id = enqueue_order.order_id;
    sent_as := coalesce(sent_as, CASE WHEN offerengine_internal.is_return(told.order_type) THEN 'return' ELSE 'order' END);
    answer.order_reference := told.order_reference;
    answer.customer_reference := enqueue_order.customer_reference;
    answer.id := CASE sent_as WHEN 'order' THEN told.order_document_id ELSE told.return_document_id END;
    IF answer.id IS NOT NULL THEN
        answer.outcome := 'duplicate';
        answer.detail := offerengine_internal.renew_document(
            enqueue_order.customer_reference, enqueue_order.order_id, answer.id, sent_as);
        RETURN answer;
    END IF;

    answer.id := offerengine.uuid_v7();
    answer.outcome := 'queued';
    IF sent_as = 'return' THEN
        main := offerengine_internal.main_order_of(enqueue_order.customer_reference, enqueue_order.order_id);
        -- One that is its own main order, and was never told of, has nothing to take back.
        PERFORM FROM offerengine.sales_order m
          WHERE m.customer_reference = enqueue_order.customer_reference AND m.order_id = main
            AND main <> enqueue_order.order_id AND m.order_document_id IS NULL;
        IF FOUND THEN
            PERFORM offerengine_internal.enqueue_order(enqueue_order.customer_reference, main, 'order');
            answer.detail := 'its main order was never queued and is queued with it';
            answer.id := offerengine.uuid_v7();
        END IF;
        before := offerengine_internal.document_before(enqueue_order.customer_reference, main, answer.id);
        IF before IS NOT NULL THEN
            answer.outcome := 'waiting';
            answer.detail := coalesce(answer.detail, 'its main order, or an earlier return of it, is not delivered yet');
        END IF;
    END IF;
    UPDATE offerengine.sales_order s
       SET order_document_id = CASE WHEN sent_as = 'order' THEN answer.id ELSE s.order_document_id END,
           return_document_id = CASE WHEN sent_as = 'return' THEN answer.id ELSE s.return_document_id END
     WHERE s.customer_reference = enqueue_order.customer_reference AND s.order_id = enqueue_order.order_id;
    PERFORM offerengine_internal.put_document(
                enqueue_order.customer_reference, enqueue_order.order_id, sent_as, answer.id,
                CASE answer.outcome WHEN 'queued' THEN 'queued' ELSE 'waiting' END, before);
    RETURN answer;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.enqueue_order(text, uuid, text) IS
    'Queues an order that there is as order or return (NULL: as its type says), unless it is or was so. The caller holds the '
    'customer.';

CREATE FUNCTION offerengine_internal.renew_document(customer_reference text, order_id uuid, id uuid, send_as text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    document record;
    renewed  jsonb;
BEGIN
    -- Behind a claim that has it at this moment: what was handed out stays as it is.
    SELECT o.state, o.attempts, o.payload INTO document
      FROM offerengine.loyalty_outbox o
     WHERE o.customer_reference = renew_document.customer_reference AND o.id = renew_document.id
       FOR NO KEY UPDATE;
    IF NOT FOUND OR document.state = 'sent' THEN
        RETURN 'it was sent: loyalty_resend() sends it once more';
    ELSIF document.state = 'discarded' THEN
        RETURN 'it was discarded: loyalty_resend() queues it again';
    ELSIF document.attempts > 0 THEN
        RETURN 'it is queued, and was handed out as it was then';
    END IF;
    renewed := offerengine_internal.document_payload(
        renew_document.customer_reference, renew_document.order_id, renew_document.id, renew_document.send_as);
    IF renewed <> document.payload THEN
        UPDATE offerengine.loyalty_outbox o SET payload = renewed
         WHERE o.customer_reference = renew_document.customer_reference AND o.id = renew_document.id;
    END IF;
    RETURN 'it is queued';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.renew_document(text, uuid, uuid, text) IS
    'Makes a queued document that nobody has claimed yet say what its order says now, and answers in words what the document is. '
    'The caller holds the customer.';

CREATE FUNCTION offerengine_internal.is_told(customer_reference text, order_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    document uuid;
BEGIN
    SELECT s.order_document_id INTO document
      FROM offerengine.sales_order s
     WHERE s.customer_reference = is_told.customer_reference AND s.order_id = is_told.order_id;
    IF document IS NULL THEN
        RETURN false;
    END IF;
    -- Also where no rule sends the order as it is now: what nobody has claimed yet tells of the change itself.
    PERFORM offerengine_internal.renew_document(is_told.customer_reference, is_told.order_id, document, 'order');
    RETURN NOT EXISTS (SELECT FROM offerengine.loyalty_outbox o
                        WHERE o.customer_reference = is_told.customer_reference AND o.id = document
                          AND o.first_sent_at IS NULL AND (o.attempts = 0 OR o.state = 'discarded'));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.is_told(text, uuid) IS
    'Whether the loyalty programme was told of an order, or is being told, as it was before this transaction: its document was '
    'handed out. One that was not, or was given up, tells of the order as it is now, whenever it goes. The caller holds the '
    'customer and has written the change.';

CREATE FUNCTION offerengine_internal.take_customers(customer_references text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- A snapshot of one's own asks more of each.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM offerengine_internal.take_customer(c.customer_reference)
           FROM (SELECT DISTINCT u.customer_reference COLLATE "C" AS customer_reference
                   FROM unnest(take_customers.customer_references) AS u (customer_reference) ORDER BY 1) AS c;
        RETURN;
    END IF;
    INSERT INTO offerengine.customer_timeline AS t (customer_reference)
    SELECT DISTINCT u.customer_reference COLLATE "C" FROM unnest(take_customers.customer_references) AS u (customer_reference)
     ORDER BY 1
        ON CONFLICT ON CONSTRAINT customer_timeline_pkey DO UPDATE
       SET version = t.version + 1, changed_at = clock_timestamp();
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_customers(text[]) IS
    'Takes customers, whose references are those of rows that there are, until the end of the transaction, in the order of their '
    'references.';

CREATE FUNCTION offerengine_internal.do_loyalty_enqueue(order_references text) RETURNS SETOF offerengine.loyalty_enqueued
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF do_loyalty_enqueue.order_references IS NULL THEN
        RAISE EXCEPTION 'order_references must not be NULL' USING ERRCODE = '22004';
    END IF;
    RETURN QUERY
    SELECT e.* FROM offerengine_internal.do_loyalty_enqueue(ARRAY(
        SELECT n.order_reference
          FROM string_to_table(do_loyalty_enqueue.order_references, ',') WITH ORDINALITY AS t (listed, place)
         CROSS JOIN LATERAL (SELECT btrim(t.listed, concat(' ', chr(9), chr(10), chr(13))) AS order_reference) AS n
         WHERE n.order_reference <> ''
         ORDER BY t.place)) AS e;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_enqueue(text) IS 'loyalty_enqueue, run as the owner.';

CREATE FUNCTION offerengine_internal.do_loyalty_enqueue(order_references text[]) RETURNS SETOF offerengine.loyalty_enqueued
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF do_loyalty_enqueue.order_references IS NULL THEN
        RAISE EXCEPTION 'order_references must not be NULL' USING ERRCODE = '22004';
    END IF;
    RETURN QUERY
    SELECT e.* FROM offerengine_internal.for_named_orders(do_loyalty_enqueue.order_references, false) AS e;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_enqueue(text[]) IS 'loyalty_enqueue, run as the owner.';

CREATE FUNCTION offerengine_internal.for_named_orders(order_references text[], resend boolean)
RETURNS SETOF offerengine.loyalty_enqueued
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    taken  text[] := '{}';
    owners text[];
    named  record;
    found  record;
    any_of boolean;
BEGIN
    -- Until all are taken: a merge may have moved orders before.
    LOOP
        owners := ARRAY(
            SELECT DISTINCT s.customer_reference
              FROM unnest(for_named_orders.order_references) AS n (order_reference)
              JOIN offerengine.sales_order s ON s.order_reference = n.order_reference);
        EXIT WHEN owners <@ taken;
        PERFORM offerengine_internal.take_customers(ARRAY(SELECT unnest(owners) EXCEPT SELECT unnest(taken)));
        taken := taken || owners;
    END LOOP;

    FOR named IN
        SELECT n.order_reference, offerengine_internal.code_problem(n.order_reference) AS problem
          FROM unnest(for_named_orders.order_references) WITH ORDINALITY AS n (order_reference, place)
         ORDER BY n.place
    LOOP
        IF named.order_reference IS NULL OR named.problem IS NOT NULL THEN
            RETURN NEXT ROW(named.order_reference, 'invalid', coalesce(named.problem, 'is NULL'), NULL, NULL)
                        ::offerengine.loyalty_enqueued;
            CONTINUE;
        END IF;
        any_of := false;
        FOR found IN
            SELECT s.customer_reference, s.order_id
              FROM offerengine.sales_order s
             WHERE s.order_reference = named.order_reference
             ORDER BY s.customer_reference
        LOOP
            any_of := true;
            IF for_named_orders.resend THEN
                RETURN QUERY SELECT r.* FROM offerengine_internal.resend_order(found.customer_reference, found.order_id) AS r;
            ELSE
                RETURN NEXT offerengine_internal.enqueue_order(found.customer_reference, found.order_id);
            END IF;
        END LOOP;
        IF NOT any_of THEN
            RETURN NEXT ROW(named.order_reference, 'unknown', 'no customer has such an order', NULL, NULL)
                        ::offerengine.loyalty_enqueued;
        END IF;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.for_named_orders(text[], boolean) IS
    'Takes the customers who have orders of these references, and queues, or resends, each.';

CREATE FUNCTION offerengine_internal.do_loyalty_enqueue_where(
    starting_at timestamptz, order_types integer[], statuses numeric[], ending_at timestamptz, enrolled_until date)
RETURNS SETOF offerengine.loyalty_enqueued
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    taken  text[] := '{}';
    owners text[];
    wanted offerengine_internal.wanted_order[];
    found  offerengine_internal.wanted_order;
BEGIN
    IF do_loyalty_enqueue_where.starting_at IS NULL THEN
        RAISE EXCEPTION 'starting_at must not be NULL' USING ERRCODE = '22004', HINT = 'It is -infinity for all that there are.';
    END IF;
    -- Once more behind the locks, as enrolments, types and statuses are then.
    LOOP
        wanted := ARRAY(
            SELECT w FROM offerengine_internal.wanted_orders(
                              do_loyalty_enqueue_where.starting_at, do_loyalty_enqueue_where.order_types,
                              do_loyalty_enqueue_where.statuses, do_loyalty_enqueue_where.ending_at,
                              do_loyalty_enqueue_where.enrolled_until) AS w);
        owners := ARRAY(SELECT DISTINCT w.customer_reference FROM unnest(wanted) AS w);
        EXIT WHEN NOT EXISTS (SELECT unnest(owners) EXCEPT SELECT unnest(taken));
        PERFORM offerengine_internal.take_customers(ARRAY(SELECT unnest(owners) EXCEPT SELECT unnest(taken)));
        taken := taken || owners;
    END LOOP;
    FOREACH found IN ARRAY wanted LOOP
        RETURN NEXT offerengine_internal.enqueue_order(found.customer_reference, found.order_id);
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_enqueue_where(timestamptz, integer[], numeric[], timestamptz, date) IS
    'loyalty_enqueue_where, run as the owner.';

CREATE TYPE offerengine_internal.wanted_order AS (customer_reference text, order_id uuid);
COMMENT ON TYPE offerengine_internal.wanted_order IS 'An order that a filter has found.';

CREATE FUNCTION offerengine_internal.wanted_orders(
    starting_at timestamptz, order_types integer[], statuses numeric[], ending_at timestamptz, enrolled_until date)
RETURNS SETOF offerengine_internal.wanted_order
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF wanted_orders.enrolled_until IS NULL THEN
        RETURN QUERY
        SELECT s.customer_reference::text, s.order_id
          FROM offerengine.sales_order s
         WHERE s.placed_at >= wanted_orders.starting_at
           AND (wanted_orders.ending_at IS NULL OR s.placed_at < wanted_orders.ending_at)
           AND (wanted_orders.order_types IS NULL OR s.order_type = ANY (wanted_orders.order_types))
           AND (wanted_orders.statuses IS NULL OR s.status = ANY (wanted_orders.statuses))
         ORDER BY s.placed_at, s.customer_reference, s.order_id;
    ELSE
        RETURN QUERY
        SELECT s.customer_reference::text, s.order_id
          FROM offerengine.sales_order s
          JOIN offerengine.loyalty_member m ON m.customer_reference = s.customer_reference
         WHERE s.placed_at >= wanted_orders.starting_at
           AND (wanted_orders.ending_at IS NULL OR s.placed_at < wanted_orders.ending_at)
           AND (wanted_orders.order_types IS NULL OR s.order_type = ANY (wanted_orders.order_types))
           AND (wanted_orders.statuses IS NULL OR s.status = ANY (wanted_orders.statuses))
           AND m.enrolled_on <= wanted_orders.enrolled_until
         ORDER BY s.placed_at, s.customer_reference, s.order_id;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.wanted_orders(timestamptz, integer[], numeric[], timestamptz, date) IS
    'The orders that loyalty_enqueue_where() is about, oldest first; those of members who had enrolled by a day, where one is '
    'named.';
