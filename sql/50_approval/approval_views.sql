-- Report views of approval: what waits, and what was decided. They read as 40_views.sql says.

CREATE OR REPLACE VIEW offerengine.approval_history WITH (security_barrier = true) AS
SELECT o.offer_reference, a.from_status, a.to_status, a.decided_by, a.acting_user, a.decided_at, a.reason
  FROM offerengine.offer_approval a
  JOIN offerengine.offer o ON o.offer_id = a.offer_id
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = o.merchant_id
 ORDER BY a.offer_approval_id;
COMMENT ON VIEW offerengine.approval_history IS
    'One row for each transition of an offer''s approval status, oldest first; creation as waiting is none. A '
    'merchant sees that of its own offers.';
COMMENT ON COLUMN offerengine.approval_history.offer_reference IS 'The offer.';
COMMENT ON COLUMN offerengine.approval_history.from_status IS 'Status before.';
COMMENT ON COLUMN offerengine.approval_history.to_status IS 'Status after.';
COMMENT ON COLUMN offerengine.approval_history.decided_by IS
    'The role that moved it; for a re-approval, the one that changed the offer.';
COMMENT ON COLUMN offerengine.approval_history.acting_user IS 'offerengine.acting_user at that time; NULL: none was set.';
COMMENT ON COLUMN offerengine.approval_history.decided_at IS 'When it was moved.';
COMMENT ON COLUMN offerengine.approval_history.reason IS
    'The reason given, NULL when none was; for a re-approval the fields that the merchant changed, as changed: title,validity.';

CREATE OR REPLACE VIEW offerengine.merchant_history WITH (security_barrier = true) AS
SELECT m.merchant_reference, a.from_status, a.to_status, a.decided_by, a.acting_user, a.decided_at, a.reason
  FROM offerengine.merchant_approval a
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = a.merchant_id
 ORDER BY a.merchant_approval_id;
COMMENT ON VIEW offerengine.merchant_history IS
    'One row for each transition of a merchant''s approval status, each suspension and each reinstatement, oldest first. A '
    'merchant sees its own.';
COMMENT ON COLUMN offerengine.merchant_history.merchant_reference IS 'The merchant.';
COMMENT ON COLUMN offerengine.merchant_history.from_status IS
    'Before: waiting_for_approval, approved or denied; of a suspension or reinstatement active or suspended.';
COMMENT ON COLUMN offerengine.merchant_history.to_status IS 'After: likewise.';
COMMENT ON COLUMN offerengine.merchant_history.decided_by IS 'The role that decided.';
COMMENT ON COLUMN offerengine.merchant_history.acting_user IS 'offerengine.acting_user at that time; NULL: none was set.';
COMMENT ON COLUMN offerengine.merchant_history.decided_at IS 'When it was decided.';
COMMENT ON COLUMN offerengine.merchant_history.reason IS 'The reason given; NULL: none.';

CREATE OR REPLACE VIEW offerengine.approval_queue WITH (security_barrier = true) AS
SELECT o.offer_reference,
       p.sku,
       p.name AS product_name,
       m.merchant_reference,
       CASE WHEN o.approval_status = 'denied' THEN 'resubmitted'
            WHEN last.to_status = 'waiting_for_approval' THEN 'changed'
            ELSE 'new'
       END AS kind,
       o.version,
       CASE WHEN o.approval_status = 'denied' THEN o.updated_at
            ELSE COALESCE(last.decided_at, o.created_at)
       END AS waiting_since,
       ARRAY(SELECT s.store_code FROM offerengine.offer_store s
              WHERE s.offer_id = o.offer_id AND offerengine_internal.is_loaded() ORDER BY s.store_code) AS stores,
       last.reason AS last_reason
  FROM offerengine.offer o
  JOIN offerengine.product p ON p.product_id = o.product_id
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = o.merchant_id
  LEFT JOIN LATERAL (
       SELECT a.to_status, a.decided_at, a.reason, a.version
         FROM offerengine.offer_approval a
        WHERE a.offer_id = o.offer_id
        ORDER BY a.version DESC, a.offer_approval_id DESC
        LIMIT 1) AS last ON true
 WHERE o.approval_status <> 'approved' -- what offer_undecided indexes
   AND (o.approval_status = 'waiting_for_approval' OR o.version > last.version)
 ORDER BY waiting_since, o.offer_reference;
COMMENT ON VIEW offerengine.approval_queue IS
    'Offers that wait for an operator, the longest-waiting first: new ones, approved ones that their merchant changed, and '
    'denied ones that were changed since. A merchant sees its own.';
COMMENT ON COLUMN offerengine.approval_queue.offer_reference IS 'The offer.';
COMMENT ON COLUMN offerengine.approval_queue.sku IS 'Its product.';
COMMENT ON COLUMN offerengine.approval_queue.product_name IS 'Name of the product.';
COMMENT ON COLUMN offerengine.approval_queue.merchant_reference IS 'Its merchant.';
COMMENT ON COLUMN offerengine.approval_queue.kind IS
    'new: never decided; changed: was approved, and its merchant changed it; resubmitted: was denied, and was changed since.';
COMMENT ON COLUMN offerengine.approval_queue.version IS
    'Version to review; given as reviewed_version, a decision about another one is refused.';
COMMENT ON COLUMN offerengine.approval_queue.waiting_since IS
    'Creation, the change that asked for approval again, or (resubmitted) the last change.';
COMMENT ON COLUMN offerengine.approval_queue.stores IS 'Stores in which it is to be sold, in order.';
COMMENT ON COLUMN offerengine.approval_queue.last_reason IS
    'Reason of the last decision: why it was denied, or which fields changed; NULL for a new one.';
