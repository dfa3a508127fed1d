-- The history of prices in references: who changed what, and when. It reads with its owner's rights and shows of what belongs to a
-- merchant only what the current role may see (seen_merchant). Each branch looks up its references by itself, so that a filter by
-- one of them reaches the index of its table.

CREATE OR REPLACE VIEW offerengine.price_change WITH (security_barrier = true) AS
SELECT NULLIF(x.recorded_at, '-infinity') AS changed_at,
       'insert' COLLATE "C" AS operation,
       NULL::text AS changed_by,
       NULL::text AS acting_user,
       x.price_id,
       CASE WHEN x.offer_id IS NOT NULL THEN 'offer'
            WHEN x.product_id IS NOT NULL THEN 'product'
            ELSE 'abstract_product' END COLLATE "C" AS owner,
       o.offer_reference,
       d.sku,
       k.abstract_sku,
       m.merchant_reference,
       r.relationship_key,
       x.store_code,
       x.currency_code,
       x.price_type,
       x.min_quantity,
       NULL::bigint AS old_net_amount,
       NULL::numeric AS old_net_value,
       x.net_amount AS new_net_amount,
       x.net_amount * c.minor_unit AS new_net_value,
       NULL::bigint AS old_gross_amount,
       NULL::numeric AS old_gross_value,
       x.gross_amount AS new_gross_amount,
       x.gross_amount * c.minor_unit AS new_gross_value,
       NULL::timestamptz AS old_valid_from,
       NULL::timestamptz AS old_valid_to,
       NULLIF(x.valid_from, '-infinity') AS new_valid_from,
       NULLIF(x.valid_to, 'infinity') AS new_valid_to
  FROM offerengine.price x
  JOIN offerengine.currency c ON c.currency_code = x.currency_code
  LEFT JOIN offerengine.offer o ON o.offer_id = x.offer_id AND o.product_id = x.product_id
  LEFT JOIN offerengine.product d ON d.product_id = x.product_id
  LEFT JOIN offerengine.abstract_product k ON k.abstract_product_id = x.abstract_product_id
  LEFT JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = x.merchant_relationship_id
  LEFT JOIN offerengine_internal.seen_merchant m ON m.merchant_id = coalesce(o.merchant_id, r.merchant_id)
 WHERE (m.merchant_id IS NOT NULL OR (x.offer_id IS NULL AND x.merchant_relationship_id IS NULL))
   AND NOT EXISTS (SELECT FROM offerengine.price_history e WHERE e.price_id = x.price_id)
UNION ALL
SELECT NULLIF(x.recorded_at, '-infinity'),
       'insert' COLLATE "C",
       NULL,
       NULL,
       x.price_id,
       CASE WHEN x.offer_id IS NOT NULL THEN 'offer'
            WHEN x.product_id IS NOT NULL THEN 'product'
            ELSE 'abstract_product' END COLLATE "C",
       o.offer_reference,
       d.sku,
       k.abstract_sku,
       m.merchant_reference,
       r.relationship_key,
       x.store_code,
       x.currency_code,
       x.price_type,
       x.min_quantity,
       NULL::bigint,
       NULL::numeric,
       x.net_amount,
       x.net_amount * c.minor_unit,
       NULL::bigint,
       NULL::numeric,
       x.gross_amount,
       x.gross_amount * c.minor_unit,
       NULL::timestamptz,
       NULL::timestamptz,
       NULLIF(x.valid_from, '-infinity'),
       NULLIF(x.valid_to, 'infinity')
  FROM offerengine.price_history x
  JOIN offerengine.currency c ON c.currency_code = x.currency_code
  LEFT JOIN offerengine.offer o ON o.offer_id = x.offer_id AND o.product_id = x.product_id
  LEFT JOIN offerengine.product d ON d.product_id = x.product_id
  LEFT JOIN offerengine.abstract_product k ON k.abstract_product_id = x.abstract_product_id
  LEFT JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = x.merchant_relationship_id
  LEFT JOIN offerengine_internal.seen_merchant m ON m.merchant_id = coalesce(o.merchant_id, r.merchant_id)
 WHERE (m.merchant_id IS NOT NULL OR (x.offer_id IS NULL AND x.merchant_relationship_id IS NULL))
   AND NOT EXISTS (SELECT FROM offerengine.price_history e
                    WHERE e.price_id = x.price_id
                      AND (e.recorded_until, e.price_history_id) < (x.recorded_until, x.price_history_id))
UNION ALL
SELECT x.recorded_until,
       x.operation,
       x.changed_by,
       x.acting_user,
       x.price_id,
       CASE WHEN x.offer_id IS NOT NULL THEN 'offer'
            WHEN x.product_id IS NOT NULL THEN 'product'
            ELSE 'abstract_product' END COLLATE "C",
       o.offer_reference,
       d.sku,
       k.abstract_sku,
       m.merchant_reference,
       r.relationship_key,
       x.store_code,
       x.currency_code,
       x.price_type,
       x.min_quantity,
       x.net_amount,
       x.net_amount * c.minor_unit,
       n.net_amount,
       n.net_amount * c.minor_unit,
       x.gross_amount,
       x.gross_amount * c.minor_unit,
       n.gross_amount,
       n.gross_amount * c.minor_unit,
       NULLIF(x.valid_from, '-infinity'),
       NULLIF(x.valid_to, 'infinity'),
       NULLIF(n.valid_from, '-infinity'),
       NULLIF(n.valid_to, 'infinity')
  FROM offerengine.price_history x
  LEFT JOIN LATERAL (
       SELECT v.net_amount, v.gross_amount, v.valid_from, v.valid_to
         FROM (SELECT h.recorded_until, h.price_history_id, h.net_amount, h.gross_amount, h.valid_from, h.valid_to
                 FROM offerengine.price_history h
                WHERE h.price_id = x.price_id
                  AND (h.recorded_until, h.price_history_id) > (x.recorded_until, x.price_history_id)
                UNION ALL
               SELECT 'infinity'::timestamptz AS recorded_until, NULL::bigint AS price_history_id, p.net_amount, p.gross_amount,
                      p.valid_from, p.valid_to
                 FROM offerengine.price p WHERE p.price_id = x.price_id) AS v
        WHERE x.operation = 'update'
        ORDER BY v.recorded_until, v.price_history_id LIMIT 1) AS n ON true
  JOIN offerengine.currency c ON c.currency_code = x.currency_code
  LEFT JOIN offerengine.offer o ON o.offer_id = x.offer_id AND o.product_id = x.product_id
  LEFT JOIN offerengine.product d ON d.product_id = x.product_id
  LEFT JOIN offerengine.abstract_product k ON k.abstract_product_id = x.abstract_product_id
  LEFT JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = x.merchant_relationship_id
  LEFT JOIN offerengine_internal.seen_merchant m ON m.merchant_id = coalesce(o.merchant_id, r.merchant_id)
 WHERE (m.merchant_id IS NOT NULL OR (x.offer_id IS NULL AND x.merchant_relationship_id IS NULL));
COMMENT ON VIEW offerengine.price_change IS
    'What became of prices: one row for each that was told, changed or deleted, with what it said before and after. A merchant '
    'sees those of its own offers and contracts, and the default prices of products.';
COMMENT ON COLUMN offerengine.price_change.changed_at IS 'When it was told; NULL: before times were kept.';
COMMENT ON COLUMN offerengine.price_change.operation IS 'insert, update or delete.';
COMMENT ON COLUMN offerengine.price_change.changed_by IS
    'The role that changed it; NULL for insert: price rows do not say who made them.';
COMMENT ON COLUMN offerengine.price_change.acting_user IS 'offerengine.acting_user at that time; NULL: none was set.';
COMMENT ON COLUMN offerengine.price_change.price_id IS 'The price row, which may be gone.';
COMMENT ON COLUMN offerengine.price_change.owner IS 'offer, product or abstract_product.';
COMMENT ON COLUMN offerengine.price_change.offer_reference IS 'The offer that owns it; NULL: a product does.';
COMMENT ON COLUMN offerengine.price_change.sku IS
    'The product that owns it, or whose offer does; NULL: an abstract product does.';
COMMENT ON COLUMN offerengine.price_change.abstract_sku IS 'The abstract product that owns it; else NULL.';
COMMENT ON COLUMN offerengine.price_change.merchant_reference IS
    'Merchant of the offer, else of the contract; NULL: a default price of a product.';
COMMENT ON COLUMN offerengine.price_change.relationship_key IS 'The contract; NULL: a default price.';
COMMENT ON COLUMN offerengine.price_change.store_code IS 'The store.';
COMMENT ON COLUMN offerengine.price_change.currency_code IS 'Currency of the amounts.';
COMMENT ON COLUMN offerengine.price_change.price_type IS 'DEFAULT, ORIGINAL or another row of price_type.';
COMMENT ON COLUMN offerengine.price_change.min_quantity IS 'Quantity from which it applies.';
COMMENT ON COLUMN offerengine.price_change.old_net_amount IS 'Net amount before, in minor units; NULL: none, or no row.';
COMMENT ON COLUMN offerengine.price_change.old_net_value IS 'The same in major units.';
COMMENT ON COLUMN offerengine.price_change.new_net_amount IS 'Net amount after, in minor units; NULL: none, or no row.';
COMMENT ON COLUMN offerengine.price_change.new_net_value IS 'The same in major units.';
COMMENT ON COLUMN offerengine.price_change.old_gross_amount IS 'Gross amount before, in minor units; NULL: none, or no row.';
COMMENT ON COLUMN offerengine.price_change.old_gross_value IS 'The same in major units.';
COMMENT ON COLUMN offerengine.price_change.new_gross_amount IS 'Gross amount after, in minor units; NULL: none, or no row.';
COMMENT ON COLUMN offerengine.price_change.new_gross_value IS 'The same in major units.';
COMMENT ON COLUMN offerengine.price_change.old_valid_from IS 'First instant of the window before; NULL: open, or no row.';
COMMENT ON COLUMN offerengine.price_change.old_valid_to IS 'End of the window before, itself outside; NULL: open, or no row.';
COMMENT ON COLUMN offerengine.price_change.new_valid_from IS 'First instant of the window after; NULL: open, or no row.';
COMMENT ON COLUMN offerengine.price_change.new_valid_to IS 'End of the window after, itself outside; NULL: open, or no row.';
