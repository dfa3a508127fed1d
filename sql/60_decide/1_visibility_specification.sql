-- The specification of visibility, from the nine conditions that offer_condition states. Report views and the decisions' SQL
-- path read it; the fast path must agree with it.

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

-- What the fast path reads, for those that look through many offers. health_check() holds it against the conditions.
CREATE OR REPLACE VIEW offerengine_internal.offer_shown AS
SELECT s.offer_id,
       s.store_code,
       s.merchant_id,
       s.sku,
       s.offer_reference,
       s.shown_from,
       s.shown_to
  FROM offerengine.offer_store s
  JOIN offerengine.merchant m ON m.merchant_id = s.merchant_id
 WHERE m.is_active
   AND m.approval_status = 'approved';
COMMENT ON VIEW offerengine_internal.offer_shown IS
    'offer_window from the projection in offer_store. Internal: shows all merchants'' offers.';
COMMENT ON COLUMN offerengine_internal.offer_shown.offer_id IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.offer_shown.store_code IS 'The store.';
COMMENT ON COLUMN offerengine_internal.offer_shown.merchant_id IS 'The merchant whose offer it is.';
COMMENT ON COLUMN offerengine_internal.offer_shown.sku IS 'product.sku.';
COMMENT ON COLUMN offerengine_internal.offer_shown.offer_reference IS 'offer.offer_reference.';
COMMENT ON COLUMN offerengine_internal.offer_shown.shown_from IS 'First instant at which the offer is visible.';
COMMENT ON COLUMN offerengine_internal.offer_shown.shown_to IS 'First instant at which it is visible no longer.';

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
