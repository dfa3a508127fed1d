-- What of the merchants' business the current role sees: report views join these, policies ask them.

CREATE OR REPLACE VIEW offerengine_internal.seen_merchant AS
SELECT m.merchant_id,
       m.merchant_reference,
       m.name,
       m.approval_status,
       m.is_active
  FROM offerengine.merchant m
 WHERE (SELECT offerengine_internal.reads_all())
    OR m.merchant_id = ANY ((SELECT offerengine_internal.acting_merchants())::bigint[]);
COMMENT ON VIEW offerengine_internal.seen_merchant IS
    'The merchants whose offers, prices and stock the current role sees in report views: all for operators and reporting, its own '
    'for a merchant. Internal.';
COMMENT ON COLUMN offerengine_internal.seen_merchant.merchant_id IS 'The merchant.';
COMMENT ON COLUMN offerengine_internal.seen_merchant.merchant_reference IS 'merchant.merchant_reference.';
COMMENT ON COLUMN offerengine_internal.seen_merchant.name IS 'merchant.name.';
COMMENT ON COLUMN offerengine_internal.seen_merchant.approval_status IS 'merchant.approval_status.';
COMMENT ON COLUMN offerengine_internal.seen_merchant.is_active IS 'merchant.is_active.';

CREATE OR REPLACE VIEW offerengine_internal.seen_offer WITH (security_barrier = true) AS
SELECT o.offer_id
  FROM offerengine.offer o
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = o.merchant_id;
COMMENT ON VIEW offerengine_internal.seen_offer IS 'Offers of the merchants in seen_merchant. Internal.';
COMMENT ON COLUMN offerengine_internal.seen_offer.offer_id IS 'The offer.';

CREATE OR REPLACE VIEW offerengine_internal.seen_relationship WITH (security_barrier = true) AS
SELECT r.merchant_relationship_id
  FROM offerengine.merchant_relationship r
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = r.merchant_id;
COMMENT ON VIEW offerengine_internal.seen_relationship IS 'Relationships of the merchants in seen_merchant. Internal.';
COMMENT ON COLUMN offerengine_internal.seen_relationship.merchant_relationship_id IS 'The relationship.';
