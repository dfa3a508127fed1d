-- What there is to say of an offer, stated once as views: which sheet prices it, the conditions of its visibility, and its row
-- in offer_store.

CREATE OR REPLACE VIEW offerengine_internal.offer_sheet AS
SELECT o.offer_id,
       o.offer_reference,
       o.product_id,
       o.merchant_id,
       o.title,
       o.offer_type,
       o.management,
       o.approval_status,
       o.is_active,
       o.valid_from,
       o.valid_to,
       CASE WHEN o.offer_type = 'subscription'
            THEN (SELECT c.price_sheet_id
                    FROM offerengine.offer_step s
                    JOIN offerengine.product_contract c ON c.product_contract_id = s.product_contract_id
                   WHERE s.offer_id = o.offer_id
                     AND s.step_no = 1)
            ELSE o.price_sheet_id END AS price_sheet_id
  FROM offerengine.offer o;
COMMENT ON VIEW offerengine_internal.offer_sheet IS
    'Every offer with the price sheet that prices it. Internal: shows all merchants'' offers.';
COMMENT ON COLUMN offerengine_internal.offer_sheet.offer_id IS 'offer.offer_id.';
COMMENT ON COLUMN offerengine_internal.offer_sheet.offer_reference IS 'offer.offer_reference.';
COMMENT ON COLUMN offerengine_internal.offer_sheet.product_id IS 'offer.product_id.';
COMMENT ON COLUMN offerengine_internal.offer_sheet.merchant_id IS 'offer.merchant_id.';
COMMENT ON COLUMN offerengine_internal.offer_sheet.title IS 'offer.title.';
COMMENT ON COLUMN offerengine_internal.offer_sheet.offer_type IS 'offer.offer_type.';
COMMENT ON COLUMN offerengine_internal.offer_sheet.management IS 'offer.management.';
COMMENT ON COLUMN offerengine_internal.offer_sheet.approval_status IS 'offer.approval_status.';
COMMENT ON COLUMN offerengine_internal.offer_sheet.is_active IS 'offer.is_active.';
COMMENT ON COLUMN offerengine_internal.offer_sheet.valid_from IS 'offer.valid_from.';
COMMENT ON COLUMN offerengine_internal.offer_sheet.valid_to IS 'offer.valid_to.';
COMMENT ON COLUMN offerengine_internal.offer_sheet.price_sheet_id IS
    'The price sheet that prices the offer: of a subscription that of its first step''s contract, else offer.price_sheet_id; NULL: '
    'none, prices of its own and its product''s count.';

CREATE OR REPLACE VIEW offerengine_internal.offer_condition AS
SELECT o.offer_id,
       o.offer_reference,
       s.store_code,
       o.product_id,
       p.abstract_product_id,
       o.merchant_id,
       p.sku,
       coalesce(o.title, p.name) AS title,
       o.offer_type,
       o.management,
       o.price_sheet_id,
       m.merchant_reference,
       m.name AS merchant_name,
       m.is_active AS merchant_active,
       m.approval_status = 'approved' AS merchant_approved,
       o.approval_status = 'approved' AS offer_approved,
       o.is_active AS offer_active,
       os.offer_id IS NOT NULL AS offer_store,
       aps.abstract_product_id IS NOT NULL AS product_store,
       o.valid_from AS offer_valid_from,
       o.valid_to AS offer_valid_to,
       p.is_active AS product_active,
       p.valid_from AS product_valid_from,
       p.valid_to AS product_valid_to,
       o.approval_status,
       p.name AS product_name
  FROM offerengine_internal.offer_sheet o
  -- Every offer has a merchant: an outer join, so that who does not ask about it does not read it.
  LEFT JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id
  JOIN offerengine.product p ON p.product_id = o.product_id
 CROSS JOIN offerengine.store s
  LEFT JOIN offerengine.offer_store os ON os.offer_id = o.offer_id AND os.store_code = s.store_code
  LEFT JOIN offerengine.abstract_product_store aps
         ON aps.abstract_product_id = p.abstract_product_id AND aps.store_code = s.store_code;
COMMENT ON VIEW offerengine_internal.offer_condition IS
    'Every offer in every store, with the conditions of its visibility: true or false where they do not depend on the instant, '
    'else the window. Internal: shows all merchants'' offers.';
COMMENT ON COLUMN offerengine_internal.offer_condition.offer_id IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.offer_condition.offer_reference IS 'offer.offer_reference.';
COMMENT ON COLUMN offerengine_internal.offer_condition.store_code IS 'The store.';
COMMENT ON COLUMN offerengine_internal.offer_condition.product_id IS 'The product that the offer sells.';
COMMENT ON COLUMN offerengine_internal.offer_condition.abstract_product_id IS 'The abstract product of that product.';
COMMENT ON COLUMN offerengine_internal.offer_condition.merchant_id IS 'The merchant whose offer it is.';
COMMENT ON COLUMN offerengine_internal.offer_condition.sku IS 'product.sku.';
COMMENT ON COLUMN offerengine_internal.offer_condition.title IS 'offer.title, else product.name.';
COMMENT ON COLUMN offerengine_internal.offer_condition.offer_type IS 'offer.offer_type.';
COMMENT ON COLUMN offerengine_internal.offer_condition.management IS 'offer.management.';
COMMENT ON COLUMN offerengine_internal.offer_condition.price_sheet_id IS
    'The price sheet that prices the offer: of a subscription that of its first step''s contract, else offer.price_sheet_id.';
COMMENT ON COLUMN offerengine_internal.offer_condition.merchant_reference IS 'merchant.merchant_reference.';
COMMENT ON COLUMN offerengine_internal.offer_condition.merchant_name IS 'merchant.name.';
COMMENT ON COLUMN offerengine_internal.offer_condition.merchant_active IS 'The merchant is active.';
COMMENT ON COLUMN offerengine_internal.offer_condition.merchant_approved IS 'The merchant is approved.';
COMMENT ON COLUMN offerengine_internal.offer_condition.offer_approved IS 'The offer is approved.';
COMMENT ON COLUMN offerengine_internal.offer_condition.offer_active IS 'The offer is active.';
COMMENT ON COLUMN offerengine_internal.offer_condition.offer_store IS 'The offer is sold in the store.';
COMMENT ON COLUMN offerengine_internal.offer_condition.product_store IS 'The product''s abstract product is in the store.';
COMMENT ON COLUMN offerengine_internal.offer_condition.offer_valid_from IS 'Start of the offer''s validity.';
COMMENT ON COLUMN offerengine_internal.offer_condition.offer_valid_to IS 'End of the offer''s validity, itself outside.';
COMMENT ON COLUMN offerengine_internal.offer_condition.product_active IS 'The product is active.';
COMMENT ON COLUMN offerengine_internal.offer_condition.product_valid_from IS 'Start of the product''s validity.';
COMMENT ON COLUMN offerengine_internal.offer_condition.product_valid_to IS 'End of the product''s validity, itself outside.';
COMMENT ON COLUMN offerengine_internal.offer_condition.approval_status IS 'offer.approval_status.';
COMMENT ON COLUMN offerengine_internal.offer_condition.product_name IS 'product.name.';

-- Every pair of offer and store, whether sold there or not: an importer computes rows from it before it inserts them.
CREATE OR REPLACE VIEW offerengine_internal.offer_store_expected AS
SELECT c.offer_id,
       c.store_code,
       CASE WHEN shown.ever THEN shown.first_instant ELSE 'infinity'::pg_catalog.timestamptz END AS shown_from,
       CASE WHEN shown.ever THEN shown.end_instant ELSE '-infinity'::pg_catalog.timestamptz END AS shown_to,
       c.product_id,
       c.abstract_product_id,
       c.merchant_id,
       c.sku,
       c.offer_reference,
       c.title,
       c.offer_type,
       c.management,
       c.price_sheet_id
  FROM offerengine_internal.offer_condition c
 CROSS JOIN LATERAL (
       SELECT GREATEST(c.offer_valid_from, c.product_valid_from) AS first_instant,
              LEAST(c.offer_valid_to, c.product_valid_to) AS end_instant,
              c.offer_approved AND c.offer_active AND c.product_active AND c.product_store
              AND GREATEST(c.offer_valid_from, c.product_valid_from) < LEAST(c.offer_valid_to, c.product_valid_to) AS ever)
       AS shown;
COMMENT ON VIEW offerengine_internal.offer_store_expected IS
    'What a row of offer_store says if the offer is sold in the store, for every pair of offer and store: the rule of the '
    'projection, stated once. Triggers and imports write it, health_check() compares with it. Join it by offer_id and store_code.';
COMMENT ON COLUMN offerengine_internal.offer_store_expected.offer_id IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.offer_store_expected.store_code IS 'The store.';
COMMENT ON COLUMN offerengine_internal.offer_store_expected.shown_from IS 'As offer_store.shown_from should be.';
COMMENT ON COLUMN offerengine_internal.offer_store_expected.shown_to IS 'As offer_store.shown_to should be.';
COMMENT ON COLUMN offerengine_internal.offer_store_expected.product_id IS 'As offer_store.product_id should be.';
COMMENT ON COLUMN offerengine_internal.offer_store_expected.abstract_product_id IS 'As offer_store.abstract_product_id should be.';
COMMENT ON COLUMN offerengine_internal.offer_store_expected.merchant_id IS 'As offer_store.merchant_id should be.';
COMMENT ON COLUMN offerengine_internal.offer_store_expected.sku IS 'As offer_store.sku should be.';
COMMENT ON COLUMN offerengine_internal.offer_store_expected.offer_reference IS 'As offer_store.offer_reference should be.';
COMMENT ON COLUMN offerengine_internal.offer_store_expected.title IS 'As offer_store.title should be.';
COMMENT ON COLUMN offerengine_internal.offer_store_expected.offer_type IS 'As offer_store.offer_type should be.';
COMMENT ON COLUMN offerengine_internal.offer_store_expected.management IS 'As offer_store.management should be.';
COMMENT ON COLUMN offerengine_internal.offer_store_expected.price_sheet_id IS 'As offer_store.price_sheet_id should be.';
