-- What a customer has ordered.

CREATE TYPE offerengine.order_summary AS (
    order_id           uuid,
    order_reference    text,
    order_type         integer,
    status             numeric,
    store              text,
    currency           text,
    total_amount       bigint,
    placed_at          timestamptz,
    lines              integer,
    external_system    text,
    external_reference text,
    quantity           bigint,
    quantity_shipped   bigint,
    quantity_cancelled bigint,
    quantity_returned  bigint,
    cancelled_amount   bigint,
    returned_amount    bigint,
    parent_order_id    uuid,
    parent_reference   text,
    points_redeemed    integer,
    points_amount      bigint
);
COMMENT ON TYPE offerengine.order_summary IS
    'An order with the number of its lines and pieces: how many were ordered, have shipped, were cancelled and came back. '
    'total_amount is what it was placed over, cancelled_amount and returned_amount what of it was given up since, in minor units '
    'of currency. parent_order_id and parent_reference: the order that a return, credit note or delivery belongs to. '
    'points_redeemed, points_amount: points that the customer paid with, and what of the total they have paid.';

CREATE TYPE offerengine.order_item AS (
    line_no            integer,
    offer_reference    text,
    sku                text,
    title              text,
    merchant_reference text,
    quantity           integer,
    unit_amount        bigint,
    line_amount        bigint,
    currency           text,
    price_source       text,
    redirected_from    text,
    message            text,
    subscription_id    uuid,
    starts_on          date,
    ends_on            date,
    note               text,
    quantity_shipped   integer,
    quantity_cancelled integer,
    quantity_returned  integer,
    cancelled_amount   bigint,
    returned_amount    bigint,
    parent_line_no     integer,
    restock            boolean,
    offer_type         text
);
COMMENT ON TYPE offerengine.order_item IS
    'A line of an order as it was sold, amounts in minor units of currency; title is the offer''s, else its product''s name. '
    'quantity_shipped, _cancelled and _returned: what has become of its pieces; cancelled_amount and returned_amount: what of the '
    'order''s total these are; starts_on and ends_on: the days of a time pass; offer_type: what was sold. parent_line_no and '
    'restock: of a return, the line whose pieces came back, and whether they go back '
    'into stock.';

CREATE TYPE offerengine.order_shipment AS (
    merchant_reference text,
    lines              integer,
    quantity           bigint,
    amount             bigint,
    quantity_open      bigint,
    quantity_shipped   bigint,
    quantity_cancelled bigint,
    quantity_returned  bigint
);
COMMENT ON TYPE offerengine.order_shipment IS
    'What one merchant delivers of an order: how many lines, pieces, and their amount in minor units, as ordered; of these pieces '
    'how many are still to be delivered (quantity_open), have shipped, were cancelled and came back. A piece that came back is not '
    'open, whether its shipping was reported or not.';

CREATE FUNCTION offerengine.orders(customer_reference text) RETURNS SETOF offerengine.order_summary
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION offerengine.orders(text) IS
    'The customer''s orders and what else there is of documents (returns, credit notes, deliveries), newest first. An unknown '
    'customer has none.';

CREATE FUNCTION offerengine.order_documents(customer_reference text, order_id uuid) RETURNS SETOF offerengine.order_summary
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 2;
COMMENT ON FUNCTION offerengine.order_documents(text, uuid) IS
    'The documents that belong together, whichever of them is named: the main order first, then its returns, credit notes and '
    'deliveries, oldest first. No row for an order that the customer does not have.';

CREATE FUNCTION offerengine.order_items(customer_reference text, order_id uuid) RETURNS SETOF offerengine.order_item
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 5;
COMMENT ON FUNCTION offerengine.order_items(text, uuid) IS
    'The lines of an order, with what has become of their pieces. No row for an order that the customer does not have.';

CREATE FUNCTION offerengine.order_shipments(customer_reference text, order_id uuid) RETURNS SETOF offerengine.order_shipment
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 3;
COMMENT ON FUNCTION offerengine.order_shipments(text, uuid) IS
    'What is delivered of an order, one group a merchant, by merchant_reference: the lines whose offer is shipped '
    '(offer.is_shipped; not said: a product is), with what has become of their pieces. A return has no row.';

CREATE FUNCTION offerengine_internal.do_orders(customer_reference text) RETURNS SETOF offerengine.order_summary
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT o.* FROM offerengine_internal.order_summaries(do_orders.customer_reference) AS o
     ORDER BY o.placed_at DESC, o.order_id DESC;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_orders(text) IS 'orders, run as the owner.';

CREATE FUNCTION offerengine_internal.do_order_documents(customer_reference text, order_id uuid)
RETURNS SETOF offerengine.order_summary
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 2 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    family uuid[];
BEGIN
    WITH RECURSIVE below AS (
        SELECT a.order_id FROM offerengine_internal.orders_above(do_order_documents.customer_reference,
                                                                 do_order_documents.order_id) AS a
        UNION
        SELECT c.order_id
          FROM below b
          JOIN offerengine.sales_order c
            ON c.customer_reference = do_order_documents.customer_reference AND c.parent_order_id = b.order_id)
    SELECT array_agg(b.order_id) INTO family FROM below b;
    RETURN QUERY
    SELECT o.* FROM offerengine_internal.order_summaries(do_order_documents.customer_reference, coalesce(family, '{}')) AS o
     ORDER BY o.parent_order_id IS NOT NULL, o.placed_at, o.order_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_order_documents(text, uuid) IS 'order_documents, run as the owner.';

CREATE FUNCTION offerengine_internal.order_summaries(customer_reference text, order_ids uuid[] DEFAULT NULL)
RETURNS SETOF offerengine.order_summary
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT s.order_id, s.order_reference::text, s.order_type, s.status, s.store_code::text, s.currency_code::text, s.total_amount,
           s.placed_at, l.lines, s.external_system::text, s.external_reference::text, l.quantity, l.shipped, l.cancelled,
           l.returned, s.cancelled_amount, s.returned_amount, s.parent_order_id, p.order_reference::text,
           s.points_redeemed, s.points_amount
      FROM offerengine.sales_order s
      LEFT JOIN offerengine.sales_order p
             ON p.customer_reference = s.customer_reference AND p.order_id = s.parent_order_id
     CROSS JOIN LATERAL (
           SELECT count(*)::integer AS lines, coalesce(sum(l.quantity), 0) AS quantity,
                  coalesce(sum(l.quantity_shipped), 0) AS shipped, coalesce(sum(l.quantity_cancelled), 0) AS cancelled,
                  coalesce(sum(l.quantity_returned), 0) AS returned
             FROM offerengine.order_line l
            WHERE l.customer_reference = s.customer_reference AND l.order_id = s.order_id) AS l
     WHERE s.customer_reference = order_summaries.customer_reference
       AND (order_summaries.order_ids IS NULL OR s.order_id = ANY (order_summaries.order_ids));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.order_summaries(text, uuid[]) IS
    'The customer''s orders, all or those of these ids, in no order.';

CREATE FUNCTION offerengine_internal.do_order_items(customer_reference text, order_id uuid) RETURNS SETOF offerengine.order_item
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT l.line_no, o.offer_reference::text, p.sku::text, coalesce(o.title, p.name), m.merchant_reference::text, l.quantity,
           l.unit_amount, l.line_amount, s.currency_code::text, l.price_source::text, l.redirected_from::text, l.message,
           l.subscription_id, l.starts_on, l.ends_on, l.note, l.quantity_shipped, l.quantity_cancelled, l.quantity_returned,
           l.cancelled_amount, l.returned_amount, l.parent_line_no, l.restock, o.offer_type::text
      FROM offerengine.sales_order s
      JOIN offerengine.order_line l ON l.customer_reference = s.customer_reference AND l.order_id = s.order_id
      JOIN offerengine.offer o ON o.offer_id = l.offer_id
      JOIN offerengine.product p ON p.product_id = o.product_id
      JOIN offerengine.merchant m ON m.merchant_id = l.merchant_id
     WHERE s.customer_reference = do_order_items.customer_reference AND s.order_id = do_order_items.order_id
     ORDER BY l.line_no;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_order_items(text, uuid) IS 'order_items, run as the owner.';

CREATE FUNCTION offerengine_internal.do_order_shipments(customer_reference text, order_id uuid)
RETURNS SETOF offerengine.order_shipment
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT m.merchant_reference::text, count(*)::integer, sum(l.quantity), sum(l.line_amount)::bigint,
           sum(offerengine_internal.pieces_to_deliver(s.order_type, o.is_shipped, o.offer_type, l.quantity, l.quantity_shipped,
               l.quantity_cancelled, l.quantity_returned)),
           sum(l.quantity_shipped), sum(l.quantity_cancelled), sum(l.quantity_returned)
      FROM offerengine.sales_order s
      JOIN offerengine.order_line l ON l.customer_reference = s.customer_reference AND l.order_id = s.order_id
      JOIN offerengine.offer o ON o.offer_id = l.offer_id
      JOIN offerengine.merchant m ON m.merchant_id = l.merchant_id
     WHERE s.customer_reference = do_order_shipments.customer_reference AND s.order_id = do_order_shipments.order_id
       AND NOT offerengine_internal.is_return(s.order_type) AND NOT offerengine_internal.is_delivery(s.order_type)
       AND offerengine_internal.offer_is_shipped(o.is_shipped, o.offer_type)
     GROUP BY m.merchant_reference
     ORDER BY m.merchant_reference;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_order_shipments(text, uuid) IS 'order_shipments, run as the owner.';
