-- What health_check() looks for in the outbox.

CREATE FUNCTION offerengine_internal.outbox_problems(check_name text) RETURNS SETOF offerengine_internal.health_problem
LANGUAGE plpgsql STABLE PARALLEL UNSAFE COST 100000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    CASE outbox_problems.check_name
    WHEN 'outbox' THEN
        RETURN QUERY
        SELECT 'outbox', format('document %s waits for %s, which is not queued', o.id, o.waits_for)
          FROM offerengine.loyalty_outbox o
         WHERE o.waits_for IS NOT NULL
           AND NOT EXISTS (SELECT FROM offerengine.loyalty_outbox w
                            WHERE w.customer_reference = o.customer_reference AND w.id = o.waits_for
                              AND w.state IN ('queued', 'retry', 'waiting'))
        UNION ALL
        SELECT 'outbox', format('document %s is queued, and sent', o.id)
          FROM offerengine.loyalty_outbox o
          JOIN offerengine.loyalty_sent_order t ON t.customer_reference = o.customer_reference AND t.id = o.id
        UNION ALL
        SELECT 'outbox', format('document %s is not that of its order %s', d.id, d.order_id)
          FROM (SELECT o.customer_reference, o.id, o.order_id, o.send_as FROM offerengine.loyalty_outbox o
                UNION ALL
                SELECT t.customer_reference, t.id, t.order_id, t.send_as FROM offerengine.loyalty_sent_order t) AS d
          LEFT JOIN offerengine.sales_order s ON s.customer_reference = d.customer_reference AND s.order_id = d.order_id
         WHERE d.id IS DISTINCT FROM CASE d.send_as WHEN 'order' THEN s.order_document_id ELSE s.return_document_id END;
    WHEN 'sent_partitions' THEN
        RETURN QUERY
        SELECT 'sent_partitions', to_char(m.month, 'YYYY-MM') || ' has none'
          FROM (SELECT date_trunc('month', now() AT TIME ZONE 'UTC') + n * interval '1 month' AS month
                  FROM generate_series(0, 1) AS n) AS m
         WHERE NOT EXISTS (SELECT FROM pg_class c
                            WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relispartition
                              AND c.relname = offerengine_internal.sent_partition(m.month))
        UNION ALL
        SELECT 'sent_partitions', format('document %s waits for one', o.id)
          FROM offerengine.loyalty_outbox o
         WHERE o.state <> 'queued' AND o.state = 'sent';
    ELSE
        NULL;
    END CASE;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.outbox_problems(text) IS
    'What one check of health_check() finds in the outbox of the loyalty programme. No row for another check.';
