-- What is called off before it has shipped or begun, by line and quantity.

CREATE TYPE offerengine.order_cancellation AS (
    line_no         integer,
    offer_reference text,
    outcome         text,
    quantity        integer,
    amount          bigint,
    subscription_id uuid
);
COMMENT ON TYPE offerengine.order_cancellation IS
    'What became of pieces of a line when the order was cancelled: outcome cancelled (now; amount: what of the order''s total they '
    'are, in minor units), was_cancelled (before), shipped or returned (they stay), running (a subscription or time pass that has '
    'begun: it stays) or ended (it has run).';

CREATE FUNCTION offerengine.cancel_order(
    customer_reference text,
    order_id           uuid,
    line_no            integer DEFAULT NULL,
    quantity           integer DEFAULT NULL,
    channel            text DEFAULT NULL,
    reason             text DEFAULT NULL,
    key                text DEFAULT NULL)
RETURNS SETOF offerengine.order_cancellation
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3;
COMMENT ON FUNCTION offerengine.cancel_order(text, uuid, integer, integer, text, text, text) IS
    'Cancels what of an order has not shipped: of all lines, or of one (line_no), all open pieces or so many (quantity). A '
    'subscription that has not begun ends before it does, and switches that hang on it are planned anew; one that runs, and a '
    'time pass that has begun, stay and are named. What the pieces held of stock is free again; an order of which nothing is left '
    'reserves nothing any more. Where the loyalty programme was told of the order already, what is cancelled gets a '
    'credit note, a document of order_type 4 that order_documents() lists and a loyalty_rule may send. Each line that would be '
    'cancelled is asked for operation cancel through the channel (left out: self_service for a storefront, backend for everybody '
    'else); if one refuses, nothing is cancelled. Called again it finds nothing left; with a quantity, key makes it happen once. '
    'A merchant cancels lines of its own, and knows of no others. OE020: no such order, or line; OE011: an offer does not allow '
    'it; OE050: more pieces than are open; OE051: a return is not cancelled; OE013: the key stands for something else; 42501: a '
    'foreign channel; 22023, 22004: arguments.';

CREATE FUNCTION offerengine_internal.do_cancel_order(
    customer_reference text, order_id uuid, line_no integer, quantity integer, channel text, reason text, key text)
RETURNS SETOF offerengine.order_cancellation
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted_channel CONSTANT text := offerengine_internal.channel_of_caller(do_cancel_order.channel);
    asked          CONSTANT jsonb := jsonb_build_object('line_no', do_cancel_order.line_no, 'quantity', do_cancel_order.quantity);
    kept_key       CONSTANT text := offerengine_internal.key_of_caller(do_cancel_order.key);
    stored         offerengine_internal.stored_order;
    done           jsonb;
    answer         offerengine.order_cancellation[] := '{}';
    outcome        offerengine.order_cancellation;
    line           offerengine_internal.piece_counts;
BEGIN
    PERFORM offerengine_internal.check_channel(wanted_channel, true);
    PERFORM offerengine_internal.check_note(do_cancel_order.reason, 'the reason of a cancellation');
    IF do_cancel_order.quantity IS NOT NULL AND do_cancel_order.line_no IS NULL THEN
        RAISE EXCEPTION 'a quantity, %, needs line_no', do_cancel_order.quantity
            USING ERRCODE = '22023', HINT = 'Without line_no all that is open is cancelled.';
    END IF;
    IF do_cancel_order.quantity < 1 THEN
        RAISE EXCEPTION 'quantity must be at least 1, not %', do_cancel_order.quantity USING ERRCODE = '22023';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_cancel_order.customer_reference);
    stored := offerengine_internal.stored_order(do_cancel_order.customer_reference, do_cancel_order.order_id);
    done := offerengine_internal.done_before(stored.customer_reference, stored.order_id, kept_key, 'cancelled', asked);
    IF done IS NOT NULL THEN
        RETURN QUERY
        SELECT a.* FROM jsonb_populate_recordset(NULL::offerengine.order_cancellation, done -> 'lines') AS a;
        RETURN;
    END IF;
    IF offerengine_internal.is_return(stored.order_type) THEN
        RAISE EXCEPTION 'order "%" is a document of type %: it is not cancelled', stored.order_reference, stored.order_type
            USING ERRCODE = 'OE051', HINT = 'What came back stays back; order_documents() says which order it belongs to.';
    END IF;

    FOR line IN
        SELECT p.* FROM offerengine_internal.piece_counts(stored.customer_reference, stored.order_id, do_cancel_order.line_no) AS p
    LOOP
        FOREACH outcome IN ARRAY offerengine_internal.cancel_line(stored, line, do_cancel_order.quantity, wanted_channel,
                                                                  do_cancel_order.reason) LOOP
            answer := array_append(answer, outcome);
        END LOOP;
    END LOOP;
    answer := offerengine_internal.take_cancelled(stored.customer_reference, stored.order_id, answer);
    IF EXISTS (SELECT FROM unnest(answer) AS a WHERE a.outcome = 'cancelled') THEN
        PERFORM offerengine_internal.order_changed(
                    stored.customer_reference, stored.order_id, 'cancelled', wanted_channel,
                    jsonb_build_object('asked', asked, 'lines', to_jsonb(answer), 'reason', do_cancel_order.reason),
                    kept_key);
        PERFORM offerengine_internal.credit_cancelled(stored, answer, wanted_channel);
    END IF;
    -- Also where nothing was left to cancel: a parcel that nobody told the order of may have come to nothing since.
    PERFORM offerengine_internal.give_up_stock(stored, ARRAY(SELECT DISTINCT a.line_no FROM unnest(answer) AS a));
    RETURN QUERY SELECT a.* FROM unnest(answer) AS a;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cancel_order(text, uuid, integer, integer, text, text, text) IS
    'cancel_order, run as the owner.';

CREATE FUNCTION offerengine_internal.give_up_stock(stored offerengine_internal.stored_order, line_nos integer[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    line  record;
    known record;
BEGIN
    SELECT bool_and(l.quantity_cancelled = l.quantity) AS is_whole,
           array_agg(l.line_no ORDER BY l.line_no) FILTER (WHERE l.line_no = ANY (give_up_stock.line_nos)) AS line_nos,
           array_agg(l.quantity - l.quantity_cancelled - l.quantity_returned ORDER BY l.line_no)
               FILTER (WHERE l.line_no = ANY (give_up_stock.line_nos)) AS quantities,
           bool_or(EXISTS (SELECT FROM offerengine.offer_stock k WHERE k.offer_id = l.offer_id)) AS is_stocked
      INTO line
      FROM offerengine.order_line l
     WHERE l.customer_reference = stored.customer_reference AND l.order_id = stored.order_id;
    SELECT s.customer_reference INTO known FROM offerengine.stock_order s WHERE s.order_id = stored.order_id;
    IF line.is_whole AND (FOUND OR line.is_stocked)
       AND coalesce(known.customer_reference, stored.customer_reference) = stored.customer_reference THEN
        PERFORM offerengine_internal.release_order(stored.order_id, NULL, true, stored.customer_reference);
    ELSE
        PERFORM offerengine_internal.keep_stock(stored.customer_reference, stored.order_id, line.line_nos, line.quantities);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.give_up_stock(offerengine_internal.stored_order, integer[]) IS
    'Of an order of which pieces of these lines were to be cancelled: what they hold beyond the pieces that are left is free '
    'again. An order of which none is left gets no stock any more, also where it had none. The caller holds the customer and '
    'takes no lock after this.';

CREATE FUNCTION offerengine_internal.cancel_line(
    stored offerengine_internal.stored_order, line offerengine_internal.piece_counts, quantity integer, channel text, reason text)
RETURNS offerengine.order_cancellation[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    open   CONSTANT integer := line.quantity - line.cancelled - greatest(line.shipped, line.returned);
    pieces CONSTANT integer := coalesce(cancel_line.quantity, open);
    begun  text;
BEGIN
    begun := offerengine_internal.begun(stored, line);
    IF begun IS NOT NULL AND open > 0 THEN
        RETURN ARRAY[ROW(line.line_no, line.offer_reference, begun, open, NULL, line.subscription_id)]
               ::offerengine.order_cancellation[];
    END IF;
    IF pieces > open THEN
        RAISE EXCEPTION '% pieces of line % of order "%" cannot be cancelled: % were ordered, % have shipped, % were cancelled, % '
                        'came back', pieces, line.line_no, stored.order_reference, line.quantity, line.shipped, line.cancelled,
                        line.returned
            USING ERRCODE = 'OE050', HINT = 'return_order() takes back what has shipped.';
    END IF;
    IF pieces > 0 THEN
        PERFORM offerengine_internal.assert_operation(line.offer_id, 'cancel', cancel_line.channel);
        IF line.subscription_id IS NOT NULL THEN
            PERFORM offerengine_internal.cancel_future(
                        stored, line, pieces = open, pieces, cancel_line.channel, cancel_line.reason);
        END IF;
    END IF;
    RETURN ARRAY(
        SELECT ROW(line.line_no, line.offer_reference, o.outcome, o.quantity, NULL,
                   line.subscription_id)::offerengine.order_cancellation
          FROM (VALUES (1, 'cancelled', pieces),
                       (2, 'was_cancelled', CASE WHEN cancel_line.quantity IS NULL THEN line.cancelled END),
                       (3, 'shipped', CASE WHEN cancel_line.quantity IS NULL
                                           THEN greatest(line.shipped - line.returned, 0) END),
                       (4, 'returned', CASE WHEN cancel_line.quantity IS NULL THEN line.returned END))
               AS o (place, outcome, quantity)
         WHERE o.quantity > 0
         ORDER BY o.place);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.cancel_line(
    offerengine_internal.stored_order, offerengine_internal.piece_counts, integer, text, text) IS
    'Judges that so many open pieces of a line (NULL: all) may be cancelled, ends what of a subscription they are, and answers '
    'what becomes of them and of the others, without amounts. The caller holds the customer and takes the pieces. OE050: more '
    'than are open; OE011: the offer does not allow it.';

CREATE FUNCTION offerengine_internal.take_cancelled(
    customer_reference text, order_id uuid, answer offerengine.order_cancellation[])
RETURNS offerengine.order_cancellation[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    parts CONSTANT bigint[] := offerengine_internal.take_pieces(
        take_cancelled.customer_reference, take_cancelled.order_id,
        ARRAY(SELECT ROW(a.line_no, a.quantity)::offerengine_internal.taken_pieces
                FROM unnest(answer) WITH ORDINALITY AS a WHERE a.outcome = 'cancelled' ORDER BY a.ordinality),
        false);
BEGIN
    RETURN ARRAY(
        SELECT ROW(a.line_no, a.offer_reference, a.outcome, a.quantity,
                   CASE WHEN a.outcome = 'cancelled'
                        THEN parts[count(*) FILTER (WHERE a.outcome = 'cancelled') OVER (ORDER BY a.ordinality)] END,
                   a.subscription_id)::offerengine.order_cancellation
          FROM unnest(answer) WITH ORDINALITY AS a
         ORDER BY a.ordinality);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_cancelled(text, uuid, offerengine.order_cancellation[]) IS
    'Takes the pieces that this answer of cancel_order() names as cancelled, and answers it with their amounts.';

CREATE FUNCTION offerengine_internal.credit_cancelled(
    stored offerengine_internal.stored_order, answer offerengine.order_cancellation[], channel text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    document CONSTANT uuid := offerengine.uuid_v7();
BEGIN
    IF NOT offerengine_internal.is_told(stored.customer_reference, stored.order_id) THEN
        RETURN;
    END IF;
    PERFORM offerengine_internal.make_document(stored, document, 4, NULL, 'cancellation');
    PERFORM offerengine_internal.document_line(
                stored, document, a.place::integer, a.line_no, a.quantity, a.amount, false, NULL)
       FROM (SELECT c.line_no, c.quantity, c.amount, row_number() OVER (ORDER BY c.ordinality) AS place
               FROM unnest(answer) WITH ORDINALITY AS c
              WHERE c.outcome = 'cancelled') AS a;
    PERFORM offerengine_internal.order_changed(stored.customer_reference, document, 'placed', credit_cancelled.channel);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.credit_cancelled(
    offerengine_internal.stored_order, offerengine.order_cancellation[], text) IS
    'Makes the credit note of pieces that this answer of cancel_order() names as cancelled, where the loyalty programme was told '
    'of their order before. The caller holds the customer and has called order_changed() for the order.';

CREATE FUNCTION offerengine_internal.begun(
    stored offerengine_internal.stored_order, line offerengine_internal.piece_counts) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    today CONSTANT date := offerengine_internal.local_date(
        clock_timestamp(), coalesce((SELECT k.time_zone FROM offerengine.store k WHERE k.store_code = stored.store_code), 'UTC'));
    own   record;
BEGIN
    IF line.subscription_id IS NULL THEN
        RETURN CASE WHEN line.ends_on <= today THEN 'ended' WHEN line.starts_on <= today THEN 'running' END;
    END IF;
    -- What followed it, by a sales rule, is of the same purchase.
    SELECT bool_or(s.subscription_id = line.subscription_id AND s.starts_on > today) AS is_future,
           bool_or(s.starts_on <= today AND (s.ends_on IS NULL OR s.ends_on > today)) AS runs
      INTO own
      FROM offerengine.subscription s
     WHERE s.customer_reference = stored.customer_reference AND s.chain_id = line.subscription_id
       AND NOT s.is_ignored AND s.starts_on IS DISTINCT FROM s.ends_on;
    RETURN CASE WHEN own.runs THEN 'running' WHEN own.is_future THEN NULL ELSE 'ended' END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.begun(offerengine_internal.stored_order, offerengine_internal.piece_counts) IS
    'Why a line is not cancelled any more: running, since its subscription or time pass has begun; ended, since it has run or '
    'never will; NULL: neither. Today counts in the order''s store.';

CREATE FUNCTION offerengine_internal.cancel_future(
    stored offerengine_internal.stored_order, line offerengine_internal.piece_counts, is_all boolean, pieces integer, channel text,
    reason text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    acted  CONSTANT offerengine_internal.acted_subscription := offerengine_internal.acted_subscription(
        stored.customer_reference, line.subscription_id, NULL, 'cancel', cancel_future.channel);
    before CONSTANT integer := offerengine_internal.quantity_on(stored.customer_reference, line.subscription_id, acted.starts_on);
BEGIN
    IF is_all OR before <= pieces THEN
        PERFORM offerengine_internal.cancel(stored.customer_reference, line.subscription_id, 'immediate', NULL,
                                            cancel_future.channel, NULL, cancel_future.reason, true);
        RETURN;
    END IF;
    -- As change_subscription() does before the start: it counts from today, so also when the start moves.
    DELETE FROM offerengine.subscription_quantity q
     WHERE q.customer_reference = stored.customer_reference AND q.subscription_id = line.subscription_id;
    INSERT INTO offerengine.subscription_quantity (customer_reference, subscription_id, effective_on, quantity)
    VALUES (stored.customer_reference, line.subscription_id, acted.today, before - pieces);
    PERFORM offerengine_internal.record_event(
                stored.customer_reference, line.subscription_id, 'quantity_changed', acted.starts_on, cancel_future.channel,
                jsonb_build_object('quantity', before - pieces, 'quantity_before', before, 'reason', cancel_future.reason));
    PERFORM offerengine_internal.replan(stored.customer_reference, acted.today);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.cancel_future(
    offerengine_internal.stored_order, offerengine_internal.piece_counts, boolean, integer, text, text) IS
    'Takes pieces of a subscription that has not begun away, or ends it before it begins, and plans the timeline anew. The caller '
    'holds the customer.';

CREATE FUNCTION offerengine_internal.cancel_unbegun(customer_reference text, subscription_id uuid, channel text, reason text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    line   record;
    answer offerengine.order_cancellation[];
BEGIN
    -- Most run, and then no more is read: what is read weighs in serializable transactions.
    PERFORM FROM offerengine.subscription s
      WHERE s.customer_reference = cancel_unbegun.customer_reference AND s.subscription_id = cancel_unbegun.subscription_id
        AND s.starts_on = s.ends_on;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT l.order_id, l.line_no, l.subscription_id, o.offer_reference::text,
           l.quantity - l.quantity_cancelled - greatest(l.quantity_shipped, l.quantity_returned) AS open
      INTO line
      FROM offerengine.subscription s
      JOIN offerengine.subscription h ON h.customer_reference = s.customer_reference AND h.subscription_id = s.chain_id
      JOIN offerengine.order_line l
        ON l.customer_reference = h.customer_reference AND l.order_id = h.order_id AND l.line_no = h.line_no
      JOIN offerengine.offer o ON o.offer_id = l.offer_id
     WHERE s.customer_reference = cancel_unbegun.customer_reference AND s.subscription_id = cancel_unbegun.subscription_id;
    IF line.open > 0
       AND NOT EXISTS (SELECT FROM offerengine.subscription s
                        WHERE s.customer_reference = cancel_unbegun.customer_reference AND s.chain_id = line.subscription_id
                          AND NOT s.is_ignored AND s.starts_on IS DISTINCT FROM s.ends_on) THEN
        answer := offerengine_internal.take_cancelled(
            cancel_unbegun.customer_reference, line.order_id,
            ARRAY[ROW(line.line_no, line.offer_reference, 'cancelled', line.open, NULL, line.subscription_id)]
            ::offerengine.order_cancellation[]);
        PERFORM offerengine_internal.order_changed(
                    cancel_unbegun.customer_reference, line.order_id, 'cancelled', cancel_unbegun.channel,
                    jsonb_build_object('lines', to_jsonb(answer), 'reason', cancel_unbegun.reason));
        PERFORM offerengine_internal.credit_cancelled(o, answer, cancel_unbegun.channel)
           FROM offerengine_internal.stored_order(cancel_unbegun.customer_reference, line.order_id) AS o;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.cancel_unbegun(text, uuid, text, text) IS
    'When a subscription was cancelled so that neither it nor what it followed or is followed by ever runs: cancels what is open '
    'of the line that it was sold as, as cancel_order() would have. The caller holds the customer.';
