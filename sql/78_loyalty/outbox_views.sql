-- Views of the outbox.

CREATE OR REPLACE VIEW offerengine.loyalty_backlog AS
SELECT o.id, offerengine_internal.document_order_reference(o.payload) COLLATE "C" AS order_reference,
       CASE WHEN o.leased_until > pg_catalog.clock_timestamp() THEN 'claimed'
            WHEN o.state = 'retry' AND o.last_error IS NOT NULL THEN 'failing'
            WHEN o.state IN ('queued', 'retry') THEN 'queued'
            ELSE o.state END AS state,
       o.enqueued_at, o.due_at, o.attempts, o.last_error, o.customer_reference, o.send_as, o.order_id, o.not_before, o.leased_until,
       o.waits_for, o.first_sent_at IS NOT NULL AS is_resent
  FROM offerengine.loyalty_outbox o
 WHERE o.state IN ('queued', 'retry', 'waiting')
   AND offerengine_internal.is_loaded();
COMMENT ON VIEW offerengine.loyalty_backlog IS 'What is to be delivered to the loyalty programme and is not yet.';
COMMENT ON COLUMN offerengine.loyalty_backlog.id IS 'The document, its idempotency key.';
COMMENT ON COLUMN offerengine.loyalty_backlog.order_reference IS 'The order that it tells of.';
COMMENT ON COLUMN offerengine.loyalty_backlog.state IS
    'queued, claimed (being delivered at this moment), failing (its last try has failed) or waiting (for waits_for).';
COMMENT ON COLUMN offerengine.loyalty_backlog.enqueued_at IS 'When it was queued last.';
COMMENT ON COLUMN offerengine.loyalty_backlog.due_at IS 'When it should be delivered; NULL: it waits.';
COMMENT ON COLUMN offerengine.loyalty_backlog.attempts IS 'How often it was claimed.';
COMMENT ON COLUMN offerengine.loyalty_backlog.last_error IS 'What the last try that failed said; NULL: none has.';
COMMENT ON COLUMN offerengine.loyalty_backlog.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.loyalty_backlog.send_as IS 'order or return.';
COMMENT ON COLUMN offerengine.loyalty_backlog.order_id IS 'The order.';
COMMENT ON COLUMN offerengine.loyalty_backlog.not_before IS
    'From when on it is tried again; NULL: it was queued and not tried, or waits.';
COMMENT ON COLUMN offerengine.loyalty_backlog.leased_until IS 'Until when it is somebody''s who delivers it; NULL: nobody''s.';
COMMENT ON COLUMN offerengine.loyalty_backlog.waits_for IS 'The document that it follows; NULL: none.';
COMMENT ON COLUMN offerengine.loyalty_backlog.is_resent IS 'Whether it was delivered before, and is once more.';

CREATE OR REPLACE VIEW offerengine.loyalty_late AS
SELECT b.id, b.order_reference, b.state, b.enqueued_at, b.due_at, b.attempts, b.last_error, b.customer_reference, b.send_as,
       b.order_id, b.not_before, b.leased_until, b.waits_for, b.is_resent
  FROM offerengine.loyalty_backlog b
 WHERE b.due_at < pg_catalog.clock_timestamp();
COMMENT ON VIEW offerengine.loyalty_late IS
    'What should have been delivered to the loyalty programme and is not: still tried; loyalty_retry() and loyalty_discard() are '
    'for the operator.';
COMMENT ON COLUMN offerengine.loyalty_late.id IS 'The document, its idempotency key.';
COMMENT ON COLUMN offerengine.loyalty_late.order_reference IS 'The order that it tells of.';
COMMENT ON COLUMN offerengine.loyalty_late.state IS 'queued, claimed or failing, as in loyalty_backlog.';
COMMENT ON COLUMN offerengine.loyalty_late.enqueued_at IS 'When it was queued last.';
COMMENT ON COLUMN offerengine.loyalty_late.due_at IS 'When it should have been delivered.';
COMMENT ON COLUMN offerengine.loyalty_late.attempts IS 'How often it was claimed.';
COMMENT ON COLUMN offerengine.loyalty_late.last_error IS 'What the last try that failed said; NULL: none has.';
COMMENT ON COLUMN offerengine.loyalty_late.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.loyalty_late.send_as IS 'order or return.';
COMMENT ON COLUMN offerengine.loyalty_late.order_id IS 'The order.';
COMMENT ON COLUMN offerengine.loyalty_late.not_before IS 'From when on it is tried again; NULL: it was queued and not tried.';
COMMENT ON COLUMN offerengine.loyalty_late.leased_until IS 'Until when it is somebody''s who delivers it; NULL: nobody''s.';
COMMENT ON COLUMN offerengine.loyalty_late.waits_for IS 'NULL: nothing that is late waits.';
COMMENT ON COLUMN offerengine.loyalty_late.is_resent IS 'Whether it was delivered before, and is once more.';
