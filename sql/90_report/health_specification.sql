-- What health_check() looks for in the data: each rule that triggers hold, recomputed from the tables, and what is allowed but
-- probably not meant.

CREATE OR REPLACE FUNCTION offerengine_internal.catalogue_problems(check_name text)
RETURNS SETOF offerengine_internal.health_problem
LANGUAGE plpgsql STABLE PARALLEL UNSAFE COST 1000000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $oe_problems$
DECLARE
    key record;
BEGIN
    CASE catalogue_problems.check_name
    WHEN 'projection' THEN
        RETURN QUERY
        SELECT 'projection', os.offer_id || ' in ' || os.store_code
          FROM offerengine.offer_store os
          JOIN offerengine_internal.offer_store_expected e ON e.offer_id = os.offer_id AND e.store_code = os.store_code
         WHERE (os.shown_from, os.shown_to, os.product_id, os.abstract_product_id, os.merchant_id, os.sku, os.offer_reference,
                os.title, os.offer_type, os.management, os.price_sheet_id)
               IS DISTINCT FROM
               (e.shown_from, e.shown_to, e.product_id, e.abstract_product_id, e.merchant_id, e.sku, e.offer_reference,
                e.title, e.offer_type, e.management, e.price_sheet_id);
    WHEN 'tiers' THEN
        -- uncovered_tier says which. It is asked about those that no base price of their product covers alone, since what one
        -- covers, as most are, can be found by hashing: equalities that take NULLs for equal.
        RETURN QUERY
        WITH suspect AS MATERIALIZED (
            SELECT t.price_id
              FROM offerengine.price t
             WHERE t.min_quantity > 1
               AND NOT EXISTS (SELECT FROM offerengine.price b
                                WHERE b.product_id = t.product_id
                                  AND (b.offer_id IS NULL) = (t.offer_id IS NULL)
                                  AND coalesce(b.offer_id, 0) = coalesce(t.offer_id, 0)
                                  AND (b.merchant_relationship_id IS NULL) = (t.merchant_relationship_id IS NULL)
                                  AND coalesce(b.merchant_relationship_id, 0) = coalesce(t.merchant_relationship_id, 0)
                                  AND b.store_code = t.store_code
                                  AND b.currency_code = t.currency_code
                                  AND b.price_type = t.price_type
                                  AND b.min_quantity = 1
                                  AND b.valid_from <= t.valid_from
                                  AND t.valid_to <= b.valid_to))
        SELECT 'tiers', 'price ' || u.price_id
          FROM suspect s
         CROSS JOIN LATERAL (SELECT t.price_id FROM offerengine_internal.uncovered_tier t
                              WHERE t.price_id = s.price_id OFFSET 0) u;
    WHEN 'overlapping_prices' THEN
        -- Both end, neither within the other, and not over yet: the end of the one was probably meant to be the start of the
        -- other. One that ends lies across the start of one without an end as a sale does across a new list price. Arrays, whose
        -- equality takes NULLs for equal and can be hashed.
        RETURN QUERY
        SELECT 'overlapping_prices', 'price ' || p.price_id || ' and ' || l.price_id
          FROM offerengine.price p
          JOIN offerengine.price l
            ON ARRAY[l.abstract_product_id, l.product_id, l.offer_id, l.merchant_relationship_id]
               = ARRAY[p.abstract_product_id, p.product_id, p.offer_id, p.merchant_relationship_id]
           AND l.store_code = p.store_code
           AND l.currency_code = p.currency_code
           AND l.price_type = p.price_type
           AND l.min_quantity = p.min_quantity
         WHERE p.valid_from < l.valid_from
           AND l.valid_from < p.valid_to
           AND p.valid_to < l.valid_to
           AND l.valid_to < 'infinity'
           AND p.valid_to < 'infinity' -- follows, but spares reading the rows without an end twice
           AND p.valid_to > now();
    WHEN 'unreachable_prices' THEN
        RETURN QUERY
        SELECT 'unreachable_prices', 'price ' || p.price_id || ' (' || p.currency_code || ' in ' || p.store_code || ')'
          FROM offerengine.price p
         WHERE NOT EXISTS (SELECT FROM offerengine.store_currency s
                            WHERE s.store_code = p.store_code AND s.currency_code = p.currency_code);
    WHEN 'foreign_contracts' THEN
        RETURN QUERY
        SELECT 'foreign_contracts', 'price ' || p.price_id || ' of offer ' || o.offer_reference
          FROM offerengine.price p
          JOIN offerengine.offer o ON o.offer_id = p.offer_id
          JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = p.merchant_relationship_id
         WHERE r.merchant_id <> o.merchant_id;
    WHEN 'store_currencies' THEN
        RETURN QUERY
        SELECT 'store_currencies', s.store_code
          FROM offerengine.store s
         WHERE NOT EXISTS (SELECT FROM offerengine.store_currency c WHERE c.store_code = s.store_code);
    WHEN 'time_zones' THEN
        RETURN QUERY
        SELECT 'time_zones', s.time_zone || ' of ' || s.store_code
          FROM offerengine.store s
         WHERE s.time_zone NOT IN (SELECT z.name FROM pg_timezone_names z);
    WHEN 'actors' THEN
        RETURN QUERY
        SELECT 'actors', a.role_name || ' (' || a.kind || ')'
          FROM offerengine.actor a
         WHERE offerengine_internal.actor_role(a.role_name, a.role_oid, a.granted_in) IS NULL;
    WHEN 'timelines' THEN
        RETURN QUERY
        SELECT 'timelines', 'subscription ' || s.subscription_id || ' does not begin where its predecessor ends'
          FROM offerengine.subscription s
          JOIN offerengine.subscription p
            ON p.customer_reference = s.customer_reference AND p.subscription_id = s.predecessor_id
         WHERE NOT s.is_ignored
           AND s.starts_on IS DISTINCT FROM p.ends_on
        UNION ALL
        -- Planned once more from the facts, the timeline is what it is.
        SELECT 'timelines',
               format('customer %s: offer %s %s%s', c.customer_reference, p.offer_reference, p.change, ' on ' || p.effective_on)
          FROM (SELECT DISTINCT s.customer_reference
                  FROM offerengine.subscription s WHERE s.granted_regular_offer_id IS NOT NULL) c
         CROSS JOIN LATERAL offerengine_internal.plan_timeline(
               c.customer_reference, offerengine_internal.local_date(now(), 'UTC'), false) p;
    WHEN 'orders' THEN
        RETURN QUERY
        SELECT 'orders', format('order "%s" of customer "%s" differs from its lines', s.order_reference, s.customer_reference)
          FROM offerengine.sales_order s
          LEFT JOIN (SELECT l.customer_reference, l.order_id, sum(l.line_amount) AS total, sum(l.cancelled_amount) AS cancelled,
                            sum(l.returned_amount) AS returned
                       FROM offerengine.order_line l GROUP BY l.customer_reference, l.order_id) l
                 ON l.customer_reference = s.customer_reference AND l.order_id = s.order_id
         WHERE (s.total_amount <> coalesce(l.total, 0) AND s.origin <> 'document')
            OR s.cancelled_amount <> coalesce(l.cancelled, 0)
            OR s.returned_amount <> coalesce(l.returned, 0)
        UNION ALL
        SELECT 'orders', format('line %s of order "%s" of customer "%s" differs from what came back of it', l.line_no,
                                s.order_reference, s.customer_reference)
          FROM offerengine.order_line l
          JOIN offerengine.sales_order s ON s.customer_reference = l.customer_reference AND s.order_id = l.order_id
          LEFT JOIN (SELECT d.customer_reference, d.parent_order_id, r.parent_line_no, sum(r.quantity) AS quantity,
                            coalesce(sum(coalesce(r.parent_amount, r.line_amount)), 0) AS amount
                       FROM offerengine.sales_order d
                       JOIN offerengine.order_line r
                         ON r.customer_reference = d.customer_reference AND r.order_id = d.order_id
                      WHERE r.parent_line_no IS NOT NULL
                      GROUP BY d.customer_reference, d.parent_order_id, r.parent_line_no) b
                 ON b.customer_reference = l.customer_reference AND b.parent_order_id = l.order_id AND b.parent_line_no = l.line_no
         WHERE l.quantity_returned <> coalesce(b.quantity, 0)
            OR l.returned_amount <> coalesce(b.amount, 0);
    WHEN 'steps' THEN
        RETURN QUERY
        SELECT 'steps', 'offer ' || p.offer_reference || ' ' || p.problem
          FROM offerengine_internal.offer_step_problem p
         WHERE p.is_refused;
    WHEN 'sales_rules' THEN
        RETURN QUERY
        SELECT 'sales_rules', p.problem
          FROM offerengine_internal.sales_rule_problem p
         WHERE p.counts
        UNION ALL
        SELECT 'sales_rules', 'cycle of ' || string_agg(format('"%s"', r.title), ' -> ' ORDER BY c.place)
          FROM unnest(offerengine_internal.rule_cycle(ARRAY(SELECT a.sales_rule_id FROM offerengine.sales_rule a ORDER BY 1)))
               WITH ORDINALITY c (sales_rule_id, place)
          JOIN offerengine.sales_rule r ON r.sales_rule_id = c.sales_rule_id
        HAVING count(*) > 0;
    WHEN 'stock' THEN
        RETURN QUERY
        SELECT 'stock', format('offer %s in warehouse %s holds %s, not %s', coalesce(h.offer_id, k.offer_id),
                               coalesce(h.warehouse_id, k.warehouse_id), coalesce(h.held, 0), coalesce(k.held, 0))
          FROM offerengine.stock_held h
          FULL JOIN (SELECT s.offer_id, s.warehouse_id, sum(s.quantity - s.shipped) AS held
                       FROM offerengine.stock_hold s
                      WHERE s.state IN ('held', 'confirmed')
                      GROUP BY s.offer_id, s.warehouse_id) k ON k.offer_id = h.offer_id AND k.warehouse_id = h.warehouse_id
         WHERE coalesce(h.held, 0) <> coalesce(k.held, 0)
        UNION ALL
        SELECT 'stock', format('line %s of order %s has shipped %s from warehouse %s, not %s', h.line_no, h.order_id, h.shipped,
                               h.warehouse_id, coalesce(p.shipped, 0))
          FROM offerengine.stock_hold h
          LEFT JOIN (SELECT s.order_id, s.line_no, s.warehouse_id, sum(s.quantity) AS shipped
                       FROM offerengine.stock_parcel s
                      WHERE s.undone_at IS NULL
                      GROUP BY s.order_id, s.line_no, s.warehouse_id) p
            ON p.order_id = h.order_id AND p.line_no = h.line_no AND p.warehouse_id = h.warehouse_id
         WHERE h.shipped <> coalesce(p.shipped, 0)
        UNION ALL
        -- Whoever reads what is free looks for holds that have run out from next_expiry on only.
        SELECT 'stock', format('a hold of order %s runs out at %s, before offer %s in warehouse %s expects any', s.order_id,
                               s.expires_at, s.offer_id, s.warehouse_id)
          FROM offerengine.stock_hold s
          LEFT JOIN offerengine.stock_held h ON h.offer_id = s.offer_id AND h.warehouse_id = s.warehouse_id
         WHERE s.state = 'held' AND s.expires_at < coalesce(h.next_expiry, 'infinity');
    WHEN 'references' THEN
        -- The keys that do not lock what they refer to: those to tables whose guard names theirs.
        FOR key IN
            SELECT k.conname, c.relname, a.attname, k.confrelid::regclass AS referred, b.attname AS referred_column
              FROM pg_constraint k
              JOIN pg_class c ON c.oid = k.conrelid
              JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
              JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
             WHERE k.contype = 'f' AND k.connamespace = 'offerengine'::regnamespace AND cardinality(k.conkey) = 1
               AND EXISTS (SELECT FROM pg_trigger t
                            WHERE t.tgrelid = k.confrelid
                              AND t.tgfoid = 'offerengine_internal.await_writers'::regproc
                              AND strpos(pg_get_triggerdef(t.oid), quote_literal(c.relname)) > 0)
             ORDER BY k.conname
        LOOP
            RETURN QUERY EXECUTE format(
                'SELECT ''references'', %1$L || '': '' || %2$L || '' ('' || r.%3$I || '')'' '
                'FROM (SELECT DISTINCT s.%3$I FROM offerengine.%2$I s WHERE s.%3$I IS NOT NULL) r '
                'WHERE NOT EXISTS (SELECT FROM %4$s t WHERE t.%5$I = r.%3$I)',
                key.conname, key.relname, key.attname, key.referred, key.referred_column);
        END LOOP;
    WHEN 'points' THEN
        RETURN QUERY
        SELECT 'points', p.problem FROM offerengine_internal.points_problems() AS p (problem);
    ELSE
        NULL;
    END CASE;
END
$oe_problems$;
COMMENT ON FUNCTION offerengine_internal.catalogue_problems(text) IS
    'The rows that one check of health_check() finds, with their keys: what the others ask is neither read nor '
    'planned. timelines plans the timeline of every customer who was granted an advantage.';
