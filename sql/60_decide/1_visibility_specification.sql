-- The specification of visibility: nine conditions, each written once, from the base tables. Report views and the decisions'
-- SQL path read it; the fast path must agree with it.

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
       CASE WHEN o.offer_type = 'subscription'
            THEN (SELECT c.price_sheet_id
                    FROM offerengine.offer_step s
                    JOIN offerengine.product_contract c ON c.product_contract_id = s.product_contract_id
                   WHERE s.offer_id = o.offer_id
                     AND s.step_no = 1)
            ELSE o.price_sheet_id END AS price_sheet_id,
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
  FROM offerengine.offer o
  JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id
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

CREATE OR REPLACE VIEW offerengine_internal.offer_window AS
SELECT c.offer_id,
       c.offer_reference,
       c.store_code,
       c.product_id,
       c.abstract_product_id,
       c.merchant_id,
       c.sku,
       c.title,
       c.offer_type,
       c.management,
       c.price_sheet_id,
       c.merchant_reference,
       c.merchant_name,
       greatest(c.offer_valid_from, c.product_valid_from) AS shown_from,
       least(c.offer_valid_to, c.product_valid_to) AS shown_to
  FROM offerengine_internal.offer_condition c
 WHERE c.merchant_active
   AND c.merchant_approved
   AND c.offer_approved
   AND c.offer_active
   AND c.offer_store
   AND c.product_store
   AND c.product_active;
COMMENT ON VIEW offerengine_internal.offer_window IS
    'Offers and stores for which every condition holds that does not depend on the instant: the offer is visible there at every '
    'instant in [shown_from, shown_to). Internal: shows all merchants'' offers.';
COMMENT ON COLUMN offerengine_internal.offer_window.offer_id IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.offer_window.offer_reference IS 'offer.offer_reference.';
COMMENT ON COLUMN offerengine_internal.offer_window.store_code IS 'The store.';
COMMENT ON COLUMN offerengine_internal.offer_window.product_id IS 'The product that the offer sells.';
COMMENT ON COLUMN offerengine_internal.offer_window.abstract_product_id IS 'The abstract product of that product.';
COMMENT ON COLUMN offerengine_internal.offer_window.merchant_id IS 'The merchant whose offer it is.';
COMMENT ON COLUMN offerengine_internal.offer_window.sku IS 'product.sku.';
COMMENT ON COLUMN offerengine_internal.offer_window.title IS 'offer.title, else product.name.';
COMMENT ON COLUMN offerengine_internal.offer_window.offer_type IS 'offer.offer_type.';
COMMENT ON COLUMN offerengine_internal.offer_window.management IS 'offer.management.';
COMMENT ON COLUMN offerengine_internal.offer_window.price_sheet_id IS 'The price sheet that prices the offer; NULL: none.';
COMMENT ON COLUMN offerengine_internal.offer_window.merchant_reference IS 'merchant.merchant_reference.';
COMMENT ON COLUMN offerengine_internal.offer_window.merchant_name IS 'merchant.name.';
COMMENT ON COLUMN offerengine_internal.offer_window.shown_from IS
    'First instant at which the offer is visible: the later start of offer and product.';
COMMENT ON COLUMN offerengine_internal.offer_window.shown_to IS
    'First instant at which it is visible no longer: the earlier end. Not after shown_from: the two windows never meet.';

CREATE OR REPLACE FUNCTION offerengine_internal.spec_offer_is_visible(offer_reference text, store text, at timestamptz)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE COST 200
BEGIN ATOMIC
    SELECT EXISTS (SELECT
                     FROM offerengine_internal.offer_window w
                    WHERE w.offer_reference = spec_offer_is_visible.offer_reference
                      AND w.store_code = spec_offer_is_visible.store
                      AND w.shown_from <= spec_offer_is_visible.at
                      AND spec_offer_is_visible.at < w.shown_to);
END;
COMMENT ON FUNCTION offerengine_internal.spec_offer_is_visible(text, text, timestamptz) IS
    'Specification of offer_is_visible: true when all nine conditions hold at the instant, read from the base tables. Unknown '
    'or NULL offer: false.';
