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
    external_reference text
);
COMMENT ON TYPE offerengine.order_summary IS 'An order with the number of its lines; total_amount in minor units of currency.';

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
    note               text
);
COMMENT ON TYPE offerengine.order_item IS
    'A line of an order as it was sold, amounts in minor units of currency; title is the offer''s, else its product''s name.';

CREATE TYPE offerengine.order_shipment AS (merchant_reference text, lines integer, quantity bigint, amount bigint);
COMMENT ON TYPE offerengine.order_shipment IS
    'What one merchant delivers of an order: how many lines, pieces, and their amount in minor units.';

CREATE FUNCTION offerengine.orders(customer_reference text) RETURNS SETOF offerengine.order_summary
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION offerengine.orders(text) IS 'The customer''s orders, newest first. An unknown customer has none.';

CREATE FUNCTION offerengine.order_items(customer_reference text, order_id uuid) RETURNS SETOF offerengine.order_item
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 5;
COMMENT ON FUNCTION offerengine.order_items(text, uuid) IS
    'The lines of an order. No row for an order that the customer does not have.';

CREATE FUNCTION offerengine.order_shipments(customer_reference text, order_id uuid) RETURNS SETOF offerengine.order_shipment
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 3;
COMMENT ON FUNCTION offerengine.order_shipments(text, uuid) IS
    'The lines of an order, one group a merchant, by merchant_reference.';

CREATE FUNCTION offerengine_internal.do_orders(customer_reference text) RETURNS SETOF offerengine.order_summary
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT s.order_id, s.order_reference::text, s.order_type, s.status, s.store_code::text, s.currency_code::text, s.total_amount,
           s.placed_at,
           (SELECT count(*)::integer FROM offerengine.order_line l
             WHERE l.customer_reference = s.customer_reference AND l.order_id = s.order_id),
           s.external_system::text, s.external_reference::text
      FROM offerengine.sales_order s
     WHERE s.customer_reference = do_orders.customer_reference
     ORDER BY s.placed_at DESC, s.order_id DESC;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_orders(text) IS 'orders, run as the owner.';

CREATE FUNCTION offerengine_internal.do_order_items(customer_reference text, order_id uuid) RETURNS SETOF offerengine.order_item
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT l.line_no, o.offer_reference::text, p.sku::text, coalesce(o.title, p.name), m.merchant_reference::text, l.quantity,
           l.unit_amount, l.line_amount, s.currency_code::text, l.price_source::text, l.redirected_from::text, l.message,
           l.subscription_id, l.starts_on, l.ends_on, l.note
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
    SELECT m.merchant_reference::text, count(*)::integer, sum(l.quantity)::bigint, sum(l.line_amount)::bigint
      FROM offerengine.order_line l
      JOIN offerengine.merchant m ON m.merchant_id = l.merchant_id
     WHERE l.customer_reference = do_order_shipments.customer_reference AND l.order_id = do_order_shipments.order_id
     GROUP BY m.merchant_reference
     ORDER BY m.merchant_reference;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_order_shipments(text, uuid) IS 'order_shipments, run as the owner.';
