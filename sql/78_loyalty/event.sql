-- Orders that go to the loyalty programme by themselves, and what a merge of customers does to their documents.

CREATE FUNCTION offerengine.loyalty_event(customer_reference text, order_id uuid) RETURNS offerengine.loyalty_enqueued
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.loyalty_event(text, uuid) IS
    'Tells that an order has changed: it is queued as loyalty_rule says for its type and status (a rule of that status goes before '
    'one for every status), once as an order and once as a return; one that is queued and was not claimed yet tells what the order '
    'says now. Whatever changes an order here does this by itself; it is for orders that statements of one''s own have changed. '
    'outcome skipped: no rule sends it. OE020: the customer has no such order; OE059: the customer has become another one; 22004: '
    'NULL.';

CREATE FUNCTION offerengine_internal.do_loyalty_event(customer_reference text, order_id uuid) RETURNS offerengine.loyalty_enqueued
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored offerengine_internal.stored_order;
BEGIN
    PERFORM offerengine_internal.lock_customer(do_loyalty_event.customer_reference);
    stored := offerengine_internal.stored_order(do_loyalty_event.customer_reference, do_loyalty_event.order_id);
    RETURN coalesce(offerengine_internal.loyalty_event(stored.customer_reference, stored.order_id),
                    ROW(stored.order_reference, 'skipped', 'no rule sends it', stored.customer_reference, NULL)
                    ::offerengine.loyalty_enqueued);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_event(text, uuid) IS 'loyalty_event, run as the owner.';

CREATE FUNCTION offerengine_internal.loyalty_rule_of(order_type integer, status numeric) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 AS $oe_body$
DECLARE
    says text;
BEGIN
    SELECT r.send_as INTO says
      FROM offerengine.loyalty_rule r
     WHERE r.order_type = loyalty_rule_of.order_type AND (r.status IS NULL OR r.status = loyalty_rule_of.status)
     ORDER BY r.status IS NULL LIMIT 1;
    RETURN coalesce(says, 'skip');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.loyalty_rule_of(integer, numeric) IS
    'How the loyalty programme is told of an order of this type and status (NULL: none) by itself: order, return or skip, as '
    'loyalty_rule says; the rule of that status goes before one for every status, and without one it is told nothing.';

CREATE FUNCTION offerengine_internal.loyalty_event(customer_reference text, order_id uuid) RETURNS offerengine.loyalty_enqueued
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    told    record;
    send_as text;
BEGIN
    -- One after the other: a join may read orders of others, which weighs in serializable transactions.
    SELECT s.order_type, s.status INTO told
      FROM offerengine.sales_order s
     WHERE s.customer_reference = loyalty_event.customer_reference AND s.order_id = loyalty_event.order_id;
    send_as := offerengine_internal.loyalty_rule_of(told.order_type, told.status);
    IF send_as = 'skip' THEN
        RETURN NULL;
    END IF;
    RETURN offerengine_internal.enqueue_order(loyalty_event.customer_reference, loyalty_event.order_id, send_as);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.loyalty_event(text, uuid) IS
    'Queues an order that has changed, as the rule for its type and status says; NULL: none sends it. The caller holds the '
    'customer.';

CREATE FUNCTION offerengine_internal.move_documents(
    customer_reference text, from_customer_reference text, orders offerengine_internal.moved_order[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    WITH moved AS MATERIALIZED (SELECT m.order_id, m.new_id FROM unnest(move_documents.orders) AS m)
    UPDATE offerengine.loyalty_outbox o
       SET customer_reference = move_documents.customer_reference,
           order_id = coalesce((SELECT m.new_id FROM moved m WHERE m.order_id = o.order_id), o.order_id)
     WHERE o.customer_reference = move_documents.from_customer_reference;
    WITH moved AS MATERIALIZED (SELECT m.order_id, m.new_id FROM unnest(move_documents.orders) AS m)
    UPDATE offerengine.loyalty_sent_order t
       SET customer_reference = move_documents.customer_reference,
           order_id = coalesce((SELECT m.new_id FROM moved m WHERE m.order_id = t.order_id), t.order_id)
     WHERE t.customer_reference = move_documents.from_customer_reference;
    -- What was handed out once is the same for ever.
    PERFORM offerengine_internal.renew_document(move_documents.customer_reference, o.order_id, o.id, o.send_as)
       FROM offerengine.loyalty_outbox o
       JOIN unnest(move_documents.orders) AS m ON m.new_id = o.order_id
      WHERE o.customer_reference = move_documents.customer_reference;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.move_documents(text, text, offerengine_internal.moved_order[]) IS
    'Gives a customer the documents of another one, whose orders have been moved; those that nobody has claimed yet tell of the '
    'customer that they have now. The caller holds both.';
