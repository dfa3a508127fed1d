-- What health_check('points') looks for: every sum of the ledger, recomputed.

CREATE FUNCTION offerengine_internal.points_problems() RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT format('order "%s" of customer "%s" says that %s points paid %s, not %s and %s', s.order_reference,
                  s.customer_reference, s.points_redeemed, s.points_amount, coalesce(d.points, 0), coalesce(d.amount, 0))
      FROM offerengine.sales_order s
      LEFT JOIN offerengine.loyalty_member m ON m.customer_reference = s.customer_reference
      LEFT JOIN (SELECT r.customer_reference, r.order_id, sum(r.points) AS points, sum(r.amount) AS amount
                   FROM offerengine.loyalty_document r
                  WHERE r.kind = 'redemption' AND r.order_id IS NOT NULL
                  GROUP BY r.customer_reference, r.order_id) AS d
             ON d.customer_reference = coalesce(m.merged_into, s.customer_reference) AND d.order_id = s.order_id
     WHERE (s.points_redeemed, s.points_amount) <> (coalesce(d.points, 0), coalesce(d.amount, 0));

    RETURN QUERY
    SELECT format('%s %s of customer "%s" is over %s points, not %s', d.kind, d.document_id, d.customer_reference, d.points,
                  coalesce(e.points, 0))
      FROM offerengine.loyalty_document d
      LEFT JOIN (SELECT n.customer_reference, n.document_id, n.kind, sum(n.points) AS points
                   FROM offerengine.loyalty_entry n
                  GROUP BY n.customer_reference, n.document_id, n.kind) AS e
             ON e.customer_reference = d.customer_reference AND e.document_id = d.document_id
            AND e.kind = CASE d.kind WHEN 'redemption' THEN 'redeemed' ELSE 'adjusted' END
     WHERE d.kind IN ('redemption', 'adjustment')
       AND d.points <> CASE d.kind WHEN 'redemption' THEN -1 ELSE 1 END * coalesce(e.points, 0);

    RETURN QUERY
    SELECT format('lot %s of customer "%s" has no entry of the document that made it', l.lot_id, l.customer_reference)
      FROM offerengine.loyalty_lot l
     WHERE NOT EXISTS (SELECT FROM offerengine.loyalty_entry e
                        WHERE e.customer_reference = l.customer_reference AND e.lot_id = l.lot_id
                          AND e.document_id = l.document_id);

    RETURN QUERY
    SELECT format('entry %s of customer "%s" takes back %s points of %s', r.entry_id, r.customer_reference, -b.points, r.points)
      FROM (SELECT e.customer_reference, e.reverses_entry_id, sum(e.points) AS points
              FROM offerengine.loyalty_entry e
             WHERE e.kind IN ('redeemed', 'order_points')
               AND e.reverses_entry_id IS NOT NULL
             GROUP BY e.customer_reference, e.reverses_entry_id) AS b
      JOIN offerengine.loyalty_entry r ON r.customer_reference = b.customer_reference AND r.entry_id = b.reverses_entry_id
     WHERE sign(b.points) = sign(r.points) OR abs(b.points) > abs(r.points);

    RETURN QUERY
    SELECT format('what order %s of customer "%s" holds is %s points, not %s', h.order_id, h.customer_reference, h.points,
                  coalesce(p.points, 0))
      FROM offerengine.loyalty_hold h
      LEFT JOIN (SELECT l.customer_reference, l.order_id, sum(l.points) AS points
                   FROM offerengine.loyalty_hold_lot l GROUP BY l.customer_reference, l.order_id) AS p
             ON p.customer_reference = h.customer_reference AND p.order_id = h.order_id
     WHERE h.points <> coalesce(p.points, 0);

    -- What was taken back of an order is what came back, or was cancelled, of it: asked once more, nothing is left to take. Not of
    -- what has been told otherwise or paid with points since it was booked: of that the next return has its part.
    RETURN QUERY
    SELECT format('what order "%s" of customer "%s" has lost by what came back differs by %s points', s.order_reference,
                  s.customer_reference, sum(p.points))
      FROM offerengine.loyalty_document d
      JOIN offerengine.sales_order s ON s.order_id = d.order_id
      LEFT JOIN offerengine.loyalty_member m ON m.customer_reference = s.customer_reference
     CROSS JOIN LATERAL offerengine_internal.plan_return(
                            d.customer_reference, offerengine_internal.points_order(s.customer_reference, s.order_id), 0, 0,
                            d.dated_at) AS p
     WHERE d.kind = 'order'
       AND coalesce(m.merged_into, s.customer_reference) = d.customer_reference
       AND s.total_amount - d.cancelled_amount = d.amount
       AND (s.cancelled_amount > d.cancelled_amount
            OR EXISTS (SELECT FROM offerengine.loyalty_document b
                        WHERE b.customer_reference = d.customer_reference AND b.parent_order_id = d.order_id
                          AND b.kind = 'return'))
       AND NOT EXISTS (SELECT FROM offerengine.loyalty_document r
                        WHERE r.customer_reference = d.customer_reference AND r.order_id = d.order_id
                          AND r.kind = 'redemption' AND r.document_id > d.document_id)
     GROUP BY s.customer_reference, s.order_id, s.order_reference;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.points_problems() IS
    'Where the ledger of points does not add up, in words; for health_check().';
