-- What the catalogue's triggers keep right, stated once as views.

-- Every pair of offer and store, whether sold there or not: an importer computes rows from it before it inserts them.
CREATE OR REPLACE VIEW offerengine.offer_store_expected AS
SELECT o.offer_id,
       s.store_code,
       CASE WHEN shown.ever THEN shown.first_instant ELSE 'infinity'::pg_catalog.timestamptz END AS shown_from,
       CASE WHEN shown.ever THEN shown.end_instant ELSE '-infinity'::pg_catalog.timestamptz END AS shown_to,
       o.product_id,
       p.abstract_product_id,
       o.merchant_id,
       p.sku,
       o.offer_reference,
       COALESCE(o.title, p.name) AS title,
       o.offer_type,
       o.management,
       o.price_sheet_id
  FROM offerengine.offer o
  JOIN offerengine.product p ON p.product_id = o.product_id
 CROSS JOIN offerengine.store s
  LEFT JOIN offerengine.abstract_product_store a
         ON a.abstract_product_id = p.abstract_product_id AND a.store_code = s.store_code
 CROSS JOIN LATERAL (
       SELECT GREATEST(o.valid_from, p.valid_from) AS first_instant,
              LEAST(o.valid_to, p.valid_to) AS end_instant,
              o.approval_status = 'approved' AND o.is_active AND p.is_active AND a.store_code IS NOT NULL
              AND GREATEST(o.valid_from, p.valid_from) < LEAST(o.valid_to, p.valid_to) AS ever) AS shown;
COMMENT ON VIEW offerengine.offer_store_expected IS
    'What a row of offer_store says if the offer is sold in the store, for every pair of offer and store: the rule of the '
    'projection, stated once. Triggers and imports write it, health_check() compares with it. Join it by offer_id and store_code.';
COMMENT ON COLUMN offerengine.offer_store_expected.offer_id IS 'The offer.';
COMMENT ON COLUMN offerengine.offer_store_expected.store_code IS 'The store.';
COMMENT ON COLUMN offerengine.offer_store_expected.shown_from IS 'As offer_store.shown_from should be.';
COMMENT ON COLUMN offerengine.offer_store_expected.shown_to IS 'As offer_store.shown_to should be.';
COMMENT ON COLUMN offerengine.offer_store_expected.product_id IS 'As offer_store.product_id should be.';
COMMENT ON COLUMN offerengine.offer_store_expected.abstract_product_id IS 'As offer_store.abstract_product_id should be.';
COMMENT ON COLUMN offerengine.offer_store_expected.merchant_id IS 'As offer_store.merchant_id should be.';
COMMENT ON COLUMN offerengine.offer_store_expected.sku IS 'As offer_store.sku should be.';
COMMENT ON COLUMN offerengine.offer_store_expected.offer_reference IS 'As offer_store.offer_reference should be.';
COMMENT ON COLUMN offerengine.offer_store_expected.title IS 'As offer_store.title should be.';
COMMENT ON COLUMN offerengine.offer_store_expected.offer_type IS 'As offer_store.offer_type should be.';
COMMENT ON COLUMN offerengine.offer_store_expected.management IS 'As offer_store.management should be.';
COMMENT ON COLUMN offerengine.offer_store_expected.price_sheet_id IS 'As offer_store.price_sheet_id should be.';

-- One branch for each pattern of NULLs, so that every branch is an index range: a product may carry 40,000 contract prices.
CREATE OR REPLACE VIEW offerengine.uncovered_tier AS
SELECT t.price_id,
       t.abstract_product_id,
       t.product_id,
       t.offer_id,
       t.merchant_relationship_id,
       t.store_code,
       t.currency_code,
       t.price_type,
       t.min_quantity,
       t.valid_from,
       t.valid_to
  FROM offerengine.price t
 WHERE t.min_quantity > 1
   AND NOT COALESCE((
       SELECT pg_catalog.range_agg(pg_catalog.tstzrange(base.valid_from, base.valid_to))
         FROM (SELECT b.valid_from, b.valid_to FROM offerengine.price b
                WHERE b.product_id = t.product_id AND b.offer_id = t.offer_id
                  AND b.merchant_relationship_id = t.merchant_relationship_id
                  AND b.store_code = t.store_code AND b.currency_code = t.currency_code
                  AND b.price_type = t.price_type AND b.min_quantity = 1
               UNION ALL
               SELECT b.valid_from, b.valid_to FROM offerengine.price b
                WHERE b.product_id = t.product_id AND b.offer_id = t.offer_id
                  AND t.merchant_relationship_id IS NULL AND b.merchant_relationship_id IS NULL
                  AND b.store_code = t.store_code AND b.currency_code = t.currency_code
                  AND b.price_type = t.price_type AND b.min_quantity = 1
               UNION ALL
               SELECT b.valid_from, b.valid_to FROM offerengine.price b
                WHERE b.product_id = t.product_id AND t.offer_id IS NULL AND b.offer_id IS NULL
                  AND b.merchant_relationship_id = t.merchant_relationship_id
                  AND b.store_code = t.store_code AND b.currency_code = t.currency_code
                  AND b.price_type = t.price_type AND b.min_quantity = 1
               UNION ALL
               SELECT b.valid_from, b.valid_to FROM offerengine.price b
                WHERE b.product_id = t.product_id AND t.offer_id IS NULL AND b.offer_id IS NULL
                  AND t.merchant_relationship_id IS NULL AND b.merchant_relationship_id IS NULL
                  AND b.store_code = t.store_code AND b.currency_code = t.currency_code
                  AND b.price_type = t.price_type AND b.min_quantity = 1
               UNION ALL
               SELECT b.valid_from, b.valid_to FROM offerengine.price b
                WHERE b.abstract_product_id = t.abstract_product_id
                  AND b.merchant_relationship_id = t.merchant_relationship_id
                  AND b.store_code = t.store_code AND b.currency_code = t.currency_code
                  AND b.price_type = t.price_type AND b.min_quantity = 1
               UNION ALL
               SELECT b.valid_from, b.valid_to FROM offerengine.price b
                WHERE b.abstract_product_id = t.abstract_product_id
                  AND t.merchant_relationship_id IS NULL AND b.merchant_relationship_id IS NULL
                  AND b.store_code = t.store_code AND b.currency_code = t.currency_code
                  AND b.price_type = t.price_type AND b.min_quantity = 1) AS base
       ) @> pg_catalog.tstzrange(t.valid_from, t.valid_to), false);
COMMENT ON VIEW offerengine.uncovered_tier IS
    'Tiers (min_quantity above 1) whose window is not covered by base prices (min_quantity 1) of the same owner, relationship, '
    'store, currency and type together. Empty after every commit: the rule of the tiers, stated once.';
COMMENT ON COLUMN offerengine.uncovered_tier.price_id IS 'The tier.';
COMMENT ON COLUMN offerengine.uncovered_tier.abstract_product_id IS 'As price.abstract_product_id.';
COMMENT ON COLUMN offerengine.uncovered_tier.product_id IS 'As price.product_id.';
COMMENT ON COLUMN offerengine.uncovered_tier.offer_id IS 'As price.offer_id.';
COMMENT ON COLUMN offerengine.uncovered_tier.merchant_relationship_id IS 'As price.merchant_relationship_id.';
COMMENT ON COLUMN offerengine.uncovered_tier.store_code IS 'As price.store_code.';
COMMENT ON COLUMN offerengine.uncovered_tier.currency_code IS 'As price.currency_code.';
COMMENT ON COLUMN offerengine.uncovered_tier.price_type IS 'As price.price_type.';
COMMENT ON COLUMN offerengine.uncovered_tier.min_quantity IS 'As price.min_quantity.';
COMMENT ON COLUMN offerengine.uncovered_tier.valid_from IS 'As price.valid_from.';
COMMENT ON COLUMN offerengine.uncovered_tier.valid_to IS 'As price.valid_to.';
