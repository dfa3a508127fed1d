-- The one point through which every change of an order goes, and what its writers have in common.
--
-- Whoever writes rows of sales_order or order_line, for whatever reason (a purchase, an import, a document from elsewhere, a
-- status, a cancellation, a return, a shipment, a merge), ends its change of an order with one call of order_changed(). That call
-- guarantees, and whoever comes after it may rely on:
--
--   * the customer is held (lock_customer), the rows of this change are all written, and the identity is the owner's: so what is
--     read of the order there is what this transaction will commit, and no other change of it comes between;
--   * sales_order.cancelled_amount and returned_amount are the sums of its lines, and total_amount is the sum of their
--     line_amount unless the order is a document from elsewhere, whose total is as it was told;
--   * order_event has one row more, which names the event, the channel, who acted and, as detail, what the action was;
--   * it is called once a change, and never for an action that changed nothing (a retry by order id, reference or key): what hangs
--     in here need not ask whether it has been there already;
--   * a return is two changes: of the order whose pieces came back (event returned), then of the document that was made (event
--     placed), in this order; so is a cancellation (event cancelled) that makes a credit note.
--
-- What hangs in here (the loyalty programme: loyalty_event) is called at the end of order_changed(). It takes its locks after the
-- customer's and writes no line. A merge of customers hangs in for itself: what belongs to an order moves behind it. Who sells asks
-- beforehand what the programme is to be told (loyalty_rule_of), so that the order is written once, with its document's id.

CREATE FUNCTION offerengine_internal.order_changed(
    customer_reference text, order_id uuid, event text, channel text DEFAULT NULL, detail jsonb DEFAULT NULL,
    action_key text DEFAULT NULL, send_as text DEFAULT NULL, document_id uuid DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 AS $oe_body$
DECLARE
    is_cancelled boolean;
BEGIN
    -- Who has just made an order has written its sums, and nothing of it is cancelled.
    IF order_changed.send_as IS NULL THEN
        is_cancelled := offerengine_internal.sum_order_up(order_changed.customer_reference, order_changed.order_id);
    END IF;
    INSERT INTO offerengine.order_event
           (customer_reference, event_id, order_id, event, channel, action_key, detail, recorded_by, acting_user)
    VALUES (order_changed.customer_reference, offerengine.uuid_v7(), order_changed.order_id, order_changed.event,
            order_changed.channel, order_changed.action_key, order_changed.detail, offerengine_internal.calling_role(),
            offerengine_internal.acting_user());
    IF order_changed.document_id IS NOT NULL THEN
        PERFORM offerengine_internal.put_document(
                    order_changed.customer_reference, order_changed.order_id, order_changed.send_as, order_changed.document_id,
                    'queued', NULL);
    ELSIF order_changed.send_as IS NULL AND order_changed.event <> 'customer_changed' THEN
        PERFORM offerengine_internal.loyalty_event(order_changed.customer_reference, order_changed.order_id);
    END IF;
    IF is_cancelled AND order_changed.event IN ('cancelled', 'customer_changed') THEN
        PERFORM offerengine_internal.take_back_cancelled(order_changed.customer_reference, order_changed.order_id);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.order_changed(text, uuid, text, text, jsonb, text, text, uuid) IS
    'Ends a change of an order: keeps its sums, writes one row of order_event and queues what the loyalty programme is to be '
    'told. The caller is the owner, holds the customer and has written everything else. event: as order_event_event lists them; '
    'detail: what the action was; action_key: by which it is done once only. Of an order without a parent that the caller has '
    'just made, with the sum of its lines as total: send_as, what loyalty_rule_of() says of it, and document_id, which the order '
    'has by that. 22003: the lines are more than an amount can say.';

CREATE FUNCTION offerengine_internal.sum_order_up(customer_reference text, order_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    sums record;
BEGIN
    SELECT l.total, l.cancelled, l.returned, l.is_cancelled,
           (s.total_amount <> l.total AND s.origin <> 'document') OR s.cancelled_amount <> l.cancelled
           OR s.returned_amount <> l.returned AS differ
      INTO sums
      FROM offerengine.sales_order s
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(l.line_amount), 0) AS total, coalesce(sum(l.cancelled_amount), 0) AS cancelled,
                  coalesce(sum(l.returned_amount), 0) AS returned,
                  coalesce(bool_or(l.quantity_cancelled > 0), false) AS is_cancelled
             FROM offerengine.order_line l
            WHERE l.customer_reference = sum_order_up.customer_reference AND l.order_id = sum_order_up.order_id) AS l
     WHERE s.customer_reference = sum_order_up.customer_reference AND s.order_id = sum_order_up.order_id;
    IF sums.differ THEN
        UPDATE offerengine.sales_order s
           SET total_amount = CASE WHEN s.origin = 'document' THEN s.total_amount
                                   ELSE offerengine_internal.total_of_lines(sums.total, s.order_reference) END,
               cancelled_amount = sums.cancelled, returned_amount = sums.returned
         WHERE s.customer_reference = sum_order_up.customer_reference AND s.order_id = sum_order_up.order_id;
    END IF;
    RETURN sums.is_cancelled;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.sum_order_up(text, uuid) IS
    'Makes the sums of an order those of its lines, where they are not, and answers whether pieces of it are cancelled. The caller '
    'holds the customer. 22003: the lines are more than an amount can say.';

CREATE FUNCTION offerengine_internal.amount_of(total numeric, what text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 AS $oe_body$
BEGIN
    IF total > 9223372036854775807 THEN
        RAISE EXCEPTION '% sum up to %, more than an amount can say', what, total USING ERRCODE = '22003';
    END IF;
    RETURN total;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.amount_of(numeric, text) IS
    'A sum of amounts as an amount; what: whose they are, for the message. 22003: more than an amount can say.';

CREATE FUNCTION offerengine_internal.total_of_lines(total numeric, order_reference text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 AS $oe_body$
BEGIN
    RETURN offerengine_internal.amount_of(total, format('the lines of order "%s"', order_reference));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.total_of_lines(numeric, text) IS
    'What the lines of an order sum up to, as an amount. 22003: more than an amount can say.';

CREATE TYPE offerengine_internal.order_above AS (order_id uuid, parent_order_id uuid);
COMMENT ON TYPE offerengine_internal.order_above IS 'An order and the one that it belongs to.';

CREATE FUNCTION offerengine_internal.check_order_type(order_type integer) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF order_type NOT BETWEEN 1 AND 15 THEN
        RAISE EXCEPTION 'unknown order type %', order_type
            USING ERRCODE = '22023',
                  HINT = 'Types are 1 sales order, 2 delivery, 3 return, 4 credit note, 5 warranty, 6 repair, 7 offer, 8 advance '
                         'order, 9 multi order, 10 multi credit note, 11 multi delivery, 12 reorder, 13 partial delivery, 14 '
                         'subscription and 15 redistribution.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_order_type(integer) IS
    'Refuses what is no type of an order (22023); NULL passes.';

CREATE FUNCTION offerengine_internal.check_order_status(status numeric) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF status IN ('NaN', 'Infinity', '-Infinity') THEN
        RAISE EXCEPTION 'the status of an order is a number, not %', status
            USING ERRCODE = '22023', HINT = 'Any number of the merchant''s own, with or without decimals: 7 and 7.1 differ.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_order_status(numeric) IS
    'Refuses what is no status of an order (22023): infinity and not-a-number; NULL passes.';

CREATE TYPE offerengine_internal.stored_order AS (
    customer_reference text,
    order_id           uuid,
    order_reference    text,
    order_type         integer,
    status             numeric,
    store_code         text,
    currency_code      text,
    country_code       text,
    price_mode         text,
    total_amount       bigint,
    placed_at          timestamptz,
    parent_order_id    uuid,
    external_system    text,
    external_reference text,
    origin             text
);
COMMENT ON TYPE offerengine_internal.stored_order IS 'An order that somebody acts on, as sales_order has it.';

CREATE FUNCTION offerengine_internal.stored_order(customer_reference text, order_id uuid)
RETURNS offerengine_internal.stored_order
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    merchants CONSTANT bigint[] := offerengine_internal.called_for_merchants();
    stored    offerengine_internal.stored_order;
BEGIN
    IF stored_order.customer_reference IS NULL OR stored_order.order_id IS NULL THEN
        RAISE EXCEPTION 'customer_reference and order_id must not be NULL' USING ERRCODE = '22004';
    END IF;
    SELECT s.customer_reference, s.order_id, s.order_reference, s.order_type, s.status, s.store_code, s.currency_code,
           s.country_code, s.price_mode, s.total_amount, s.placed_at, s.parent_order_id, s.external_system, s.external_reference,
           s.origin
      INTO stored
      FROM offerengine.sales_order s
     WHERE s.customer_reference = stored_order.customer_reference AND s.order_id = stored_order.order_id
       AND (merchants IS NULL
            OR EXISTS (SELECT FROM offerengine.order_line l
                        WHERE l.customer_reference = s.customer_reference AND l.order_id = s.order_id
                          AND l.merchant_id = ANY (merchants)));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'customer "%" has no order %', offerengine_internal.shown(stored_order.customer_reference),
                        stored_order.order_id
            USING ERRCODE = 'OE020', HINT = 'orders() lists them.';
    END IF;
    RETURN stored;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.stored_order(text, uuid) IS
    'The order of a customer that a writer is about. OE020: there is none, or a merchant calls and has no line in it; 22004: NULL.';

CREATE FUNCTION offerengine_internal.check_order_reference(customer_reference text, order_reference text, order_id uuid)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 AS $oe_body$
DECLARE
    taken uuid;
BEGIN
    IF check_order_reference.order_reference IS NULL THEN
        RETURN;
    END IF;
    PERFORM offerengine_internal.check_reference(check_order_reference.order_reference, 'order_reference');
    SELECT s.order_id INTO taken
      FROM offerengine.sales_order s
     WHERE s.customer_reference = check_order_reference.customer_reference
       AND s.order_reference = check_order_reference.order_reference
       AND s.order_id IS DISTINCT FROM check_order_reference.order_id;
    IF FOUND THEN
        RAISE EXCEPTION 'order reference "%" of customer "%" stands for order % already', check_order_reference.order_reference,
                        check_order_reference.customer_reference, taken
            USING ERRCODE = 'OE013', HINT = 'Use a new reference for a new order.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_order_reference(text, text, uuid) IS
    'Refuses what cannot be a reference (22023), and the reference of another order of the customer (OE013); NULL passes. The '
    'caller holds the customer.';

CREATE FUNCTION offerengine_internal.orders_above(customer_reference text, order_id uuid)
RETURNS SETOF offerengine_internal.order_above
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 ROWS 2 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- UNION: also where somebody's own statements have made a circle of parents.
    RETURN QUERY
    WITH RECURSIVE above AS (
        SELECT s.order_id, s.parent_order_id
          FROM offerengine.sales_order s
         WHERE s.customer_reference = orders_above.customer_reference AND s.order_id = orders_above.order_id
        UNION
        SELECT p.order_id, p.parent_order_id
          FROM above a
          JOIN offerengine.sales_order p
            ON p.customer_reference = orders_above.customer_reference AND p.order_id = a.parent_order_id)
    SELECT a.order_id, a.parent_order_id FROM above a;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.orders_above(text, uuid) IS
    'An order, the one that it belongs to, the one that this belongs to, and so on.';

CREATE FUNCTION offerengine_internal.is_return(order_type integer) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN order_type BETWEEN 3 AND 6;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.is_return(integer) IS
    'Whether a document of this type takes something of its main order back: return, credit note, warranty and repair.';

CREATE FUNCTION offerengine_internal.is_delivery(order_type integer) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN order_type IN (2, 11, 13);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.is_delivery(integer) IS
    'Whether a document of this type tells of a delivery of its main order: delivery, multi delivery, partial delivery. It asks '
    'for none.';

CREATE FUNCTION offerengine_internal.offer_is_shipped(is_shipped boolean, offer_type text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN coalesce(is_shipped, offer_type = 'product');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.offer_is_shipped(boolean, text) IS
    'Whether an offer is delivered as a parcel: as offer.is_shipped says; NULL: a product is, nothing else.';
