-- What the loyalty programme is told of an order, as a query.

-- One plan for all documents, also where it is made before there are many orders: by the keys, whatever the sizes were then.
CREATE OR REPLACE FUNCTION offerengine_internal.spec_document_payload(
    customer_reference text, order_id uuid, id uuid, send_as text)
RETURNS jsonb
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $oe_document$
DECLARE
    payload jsonb;
BEGIN
    SELECT jsonb_build_object(
               'document_id', spec_document_payload.id, 'document', spec_document_payload.send_as,
               'customer_reference', s.customer_reference,
               'order_id', s.order_id, 'order_reference', s.order_reference, 'order_type', s.order_type, 'status', s.status,
               'origin', s.origin, 'external_system', s.external_system, 'external_reference', s.external_reference,
               'store', s.store_code, 'country', s.country_code, 'currency', s.currency_code, 'exponent', c.exponent,
               'price_mode', s.price_mode, 'placed_at', offerengine_internal.json_time(s.placed_at),
               'total_amount', s.total_amount, 'cancelled_amount', s.cancelled_amount, 'returned_amount', s.returned_amount,
               'points_redeemed', s.points_redeemed, 'points_amount', s.points_amount,
               'parent', CASE WHEN p.order_id IS NOT NULL THEN jsonb_build_object(
                   'order_id', p.order_id, 'order_reference', p.order_reference, 'order_type', p.order_type, 'status', p.status,
                   'document_id', p.order_document_id, 'placed_at', offerengine_internal.json_time(p.placed_at),
                   'total_amount', p.total_amount, 'cancelled_amount', p.cancelled_amount,
                   'returned_amount', p.returned_amount, 'points_redeemed', p.points_redeemed,
                   'points_amount', p.points_amount) END,
               'lines', coalesce(l.lines, '[]'))
      INTO payload
      FROM offerengine.sales_order s
      LEFT JOIN offerengine.currency c ON c.currency_code = s.currency_code
      LEFT JOIN offerengine.sales_order p
             ON p.customer_reference = s.customer_reference AND p.order_id = s.parent_order_id
     CROSS JOIN LATERAL (
           SELECT jsonb_agg(jsonb_build_object(
                      'line_no', l.line_no, 'offer_reference', o.offer_reference, 'sku', r.sku, 'offer_type', o.offer_type,
                      'merchant_reference', m.merchant_reference, 'quantity', l.quantity, 'unit_amount', l.unit_amount,
                      'line_amount', l.line_amount, 'other_amount', l.other_amount,
                      'quantity_cancelled', l.quantity_cancelled, 'quantity_returned', l.quantity_returned,
                      'cancelled_amount', l.cancelled_amount, 'returned_amount', l.returned_amount,
                      'parent_line_no', l.parent_line_no, 'parent_amount', l.parent_amount,
                      'subscription_id', l.subscription_id, 'starts_on', offerengine_internal.json_day(l.starts_on),
                      'ends_on', offerengine_internal.json_day(l.ends_on)) ORDER BY l.line_no) AS lines
             FROM offerengine.order_line l
             JOIN offerengine.offer o ON o.offer_id = l.offer_id
             JOIN offerengine.product r ON r.product_id = o.product_id
             JOIN offerengine.merchant m ON m.merchant_id = l.merchant_id
            WHERE l.customer_reference = s.customer_reference AND l.order_id = s.order_id) AS l
     WHERE s.customer_reference = spec_document_payload.customer_reference AND s.order_id = spec_document_payload.order_id;
    RETURN payload;
END
$oe_document$;
COMMENT ON FUNCTION offerengine_internal.spec_document_payload(text, uuid, uuid, text) IS
    'Specification of document_payload.';
