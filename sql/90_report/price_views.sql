-- The history of prices in references: who changed what, and when. It reads with its owner's rights and shows of what belongs to a
-- merchant only what the current role may see (seen_merchant).

-- One row a change. What a version said after a change is what the next version of the same price_id said before its own change,
-- else the row as it is now.
CREATE OR REPLACE VIEW offerengine_internal.told_price AS
SELECT h.price_id,
       h.abstract_product_id,
       h.product_id,
       h.offer_id,
       h.merchant_relationship_id,
       h.store_code,
       h.currency_code,
       h.price_type,
       h.min_quantity,
       h.net_amount,
       h.gross_amount,
       h.valid_from,
       h.valid_to,
       h.recorded_at,
       h.recorded_until,
       h.price_history_id,
       h.operation,
       h.changed_by,
       h.acting_user
  FROM offerengine.price_history h
 UNION ALL
SELECT p.price_id,
       p.abstract_product_id,
       p.product_id,
       p.offer_id,
       p.merchant_relationship_id,
       p.store_code,
       p.currency_code,
       p.price_type,
       p.min_quantity,
       p.net_amount,
       p.gross_amount,
       p.valid_from,
       p.valid_to,
       p.recorded_at,
       'infinity'::timestamptz,
       NULL,
       NULL,
       NULL,
       NULL
  FROM offerengine.price p;
COMMENT ON VIEW offerengine_internal.told_price IS
    'Every version of every price row: what the history keeps, and the row as it is now (recorded_until infinity). Internal.';
COMMENT ON COLUMN offerengine_internal.told_price.price_id IS 'The price row.';
COMMENT ON COLUMN offerengine_internal.told_price.abstract_product_id IS 'As price.abstract_product_id.';
COMMENT ON COLUMN offerengine_internal.told_price.product_id IS 'As price.product_id.';
COMMENT ON COLUMN offerengine_internal.told_price.offer_id IS 'As price.offer_id.';
COMMENT ON COLUMN offerengine_internal.told_price.merchant_relationship_id IS 'As price.merchant_relationship_id.';
COMMENT ON COLUMN offerengine_internal.told_price.store_code IS 'As price.store_code.';
COMMENT ON COLUMN offerengine_internal.told_price.currency_code IS 'As price.currency_code.';
COMMENT ON COLUMN offerengine_internal.told_price.price_type IS 'As price.price_type.';
COMMENT ON COLUMN offerengine_internal.told_price.min_quantity IS 'As price.min_quantity.';
COMMENT ON COLUMN offerengine_internal.told_price.net_amount IS 'As price.net_amount.';
COMMENT ON COLUMN offerengine_internal.told_price.gross_amount IS 'As price.gross_amount.';
COMMENT ON COLUMN offerengine_internal.told_price.valid_from IS 'As price.valid_from.';
COMMENT ON COLUMN offerengine_internal.told_price.valid_to IS 'As price.valid_to.';
COMMENT ON COLUMN offerengine_internal.told_price.recorded_at IS 'Since when the row said this.';
COMMENT ON COLUMN offerengine_internal.told_price.recorded_until IS 'Until when it did; infinity: it still does.';
COMMENT ON COLUMN offerengine_internal.told_price.price_history_id IS 'The row of price_history; NULL: the row as it is now.';
COMMENT ON COLUMN offerengine_internal.told_price.operation IS 'What ended the version: update or delete; NULL: nothing yet.';
COMMENT ON COLUMN offerengine_internal.told_price.changed_by IS 'Who ended it.';
COMMENT ON COLUMN offerengine_internal.told_price.acting_user IS 'offerengine.acting_user at that time.';

CREATE OR REPLACE VIEW offerengine.price_change WITH (security_barrier = true) AS
SELECT NULLIF(x.changed_at, '-infinity') AS changed_at,
       x.operation,
       x.changed_by,
       x.acting_user,
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
       x.old_net_amount,
       round(x.old_net_amount / power(10::numeric, c.exponent), c.exponent) AS old_net_value,
       x.new_net_amount,
       round(x.new_net_amount / power(10::numeric, c.exponent), c.exponent) AS new_net_value,
       x.old_gross_amount,
       round(x.old_gross_amount / power(10::numeric, c.exponent), c.exponent) AS old_gross_value,
       x.new_gross_amount,
       round(x.new_gross_amount / power(10::numeric, c.exponent), c.exponent) AS new_gross_value,
       NULLIF(x.old_valid_from, '-infinity') AS old_valid_from,
       NULLIF(x.old_valid_to, 'infinity') AS old_valid_to,
       NULLIF(x.new_valid_from, '-infinity') AS new_valid_from,
       NULLIF(x.new_valid_to, 'infinity') AS new_valid_to
  FROM (
        SELECT v.recorded_at AS changed_at, 'insert' COLLATE "C" AS operation, NULL::text AS changed_by, NULL::text AS acting_user,
               v.price_id, v.abstract_product_id, v.product_id, v.offer_id, v.merchant_relationship_id,
               v.store_code, v.currency_code, v.price_type, v.min_quantity,
               NULL::bigint AS old_net_amount, v.net_amount AS new_net_amount,
               NULL::bigint AS old_gross_amount, v.gross_amount AS new_gross_amount,
               NULL::timestamptz AS old_valid_from, v.valid_from AS new_valid_from,
               NULL::timestamptz AS old_valid_to, v.valid_to AS new_valid_to
          FROM offerengine_internal.told_price v
         WHERE NOT EXISTS (SELECT FROM offerengine.price_history e
                            WHERE e.price_id = v.price_id
                              AND (e.recorded_until, e.price_history_id)
                                  < (v.recorded_until, coalesce(v.price_history_id, 9223372036854775807)))
        UNION ALL
        SELECT h.recorded_until, h.operation, h.changed_by, h.acting_user,
               h.price_id, h.abstract_product_id, h.product_id, h.offer_id, h.merchant_relationship_id,
               h.store_code, h.currency_code, h.price_type, h.min_quantity,
               h.net_amount AS old_net_amount, n.net_amount AS new_net_amount,
               h.gross_amount AS old_gross_amount, n.gross_amount AS new_gross_amount,
               h.valid_from AS old_valid_from, n.valid_from AS new_valid_from,
               h.valid_to AS old_valid_to, n.valid_to AS new_valid_to
          FROM offerengine.price_history h
          LEFT JOIN LATERAL (
                SELECT v.net_amount, v.gross_amount, v.valid_from, v.valid_to
                  FROM offerengine_internal.told_price v
                 WHERE h.operation = 'update' AND v.price_id = h.price_id
                   AND (v.recorded_until, coalesce(v.price_history_id, 9223372036854775807))
                       > (h.recorded_until, h.price_history_id)
                 ORDER BY v.recorded_until, v.price_history_id LIMIT 1) AS n ON true) AS x
  JOIN offerengine.currency c ON c.currency_code = x.currency_code
  LEFT JOIN offerengine.offer o ON o.offer_id = x.offer_id AND o.product_id = x.product_id
  LEFT JOIN offerengine.product d ON d.product_id = x.product_id
  LEFT JOIN offerengine.abstract_product k ON k.abstract_product_id = x.abstract_product_id
  LEFT JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = x.merchant_relationship_id
  LEFT JOIN offerengine_internal.seen_merchant m ON m.merchant_id = coalesce(o.merchant_id, r.merchant_id)
 WHERE m.merchant_id IS NOT NULL
    OR (x.offer_id IS NULL AND x.merchant_relationship_id IS NULL);
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
