-- The outbox of the loyalty programme: documents that are to be delivered, and those that were. Every key starts with the customer,
-- ids are UUIDs, so that these tables can be sharded by customer.

-- fillfactor: a claim changes no column that an index has, so that it stays within the page where there is room.
CREATE TABLE offerengine.loyalty_outbox (
    customer_reference text COLLATE "C" NOT NULL,
    id                 uuid NOT NULL,
    order_id           uuid NOT NULL,
    send_as            text COLLATE "C" NOT NULL,
    state              text COLLATE "C" NOT NULL DEFAULT 'queued',
    payload            jsonb NOT NULL,
    enqueued_at        timestamptz NOT NULL,
    due_at             timestamptz,
    attempts           integer NOT NULL DEFAULT 0,
    leased_until       timestamptz,
    not_before         timestamptz,
    waits_for          uuid,
    first_sent_at      timestamptz,
    sent_at            timestamptz,
    last_error         text,
    discarded_at       timestamptz,
    discarded_by       text,
    discard_reason     text,
    PRIMARY KEY (customer_reference, id),
    CONSTRAINT loyalty_outbox_send_as CHECK (send_as = ANY ('{order,return}')),
    CONSTRAINT loyalty_outbox_state CHECK (state = ANY ('{queued,retry,waiting,sent,discarded}')),
    CONSTRAINT loyalty_outbox_attempts CHECK (attempts >= 0),
    CONSTRAINT loyalty_outbox_due CHECK ((state = 'waiting') = (due_at IS NULL)),
    CONSTRAINT loyalty_outbox_retry CHECK ((state = 'retry') = (not_before IS NOT NULL)),
    CONSTRAINT loyalty_outbox_waiting CHECK ((state = 'waiting') = (waits_for IS NOT NULL)),
    CONSTRAINT loyalty_outbox_leased CHECK (leased_until IS NULL OR state = ANY ('{queued,retry}')),
    CONSTRAINT loyalty_outbox_sent CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT loyalty_outbox_discarded CHECK ((state = 'discarded') = (discarded_at IS NOT NULL)
                                               AND (discarded_at IS NULL) = (discarded_by IS NULL)
                                               AND (discarded_at IS NOT NULL OR discard_reason IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX loyalty_outbox_queued ON offerengine.loyalty_outbox (id) WHERE state = 'queued';
CREATE INDEX loyalty_outbox_retry ON offerengine.loyalty_outbox (not_before) WHERE state = 'retry';
CREATE INDEX loyalty_outbox_other ON offerengine.loyalty_outbox (id) WHERE state <> 'queued';
CREATE INDEX loyalty_outbox_waits_for ON offerengine.loyalty_outbox (customer_reference, waits_for) WHERE waits_for IS NOT NULL;
COMMENT ON TABLE offerengine.loyalty_outbox IS
    'Documents for the loyalty programme that are not delivered yet, one row an order that is sent as an order or as a return. '
    'Written by loyalty_enqueue() and its kind in the transaction of whoever changes the order; what was delivered goes to '
    'loyalty_sent_order.';
COMMENT ON COLUMN offerengine.loyalty_outbox.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.loyalty_outbox.id IS
    'The document, a UUIDv7: the idempotency key that goes along with every try, for ever.';
COMMENT ON COLUMN offerengine.loyalty_outbox.order_id IS 'The order that it tells of.';
COMMENT ON COLUMN offerengine.loyalty_outbox.send_as IS 'order or return: whether it earns, or takes back.';
COMMENT ON COLUMN offerengine.loyalty_outbox.state IS
    'queued (claimable, in the order of the ids), retry (claimable from not_before on: a try has failed, or it was released or '
    'named again later), waiting (for waits_for), sent (its partition of loyalty_sent_order is missing), discarded.';
COMMENT ON COLUMN offerengine.loyalty_outbox.payload IS
    'What is delivered, as doc/loyalty-document.schema.json describes it; the same on every try.';
COMMENT ON COLUMN offerengine.loyalty_outbox.enqueued_at IS 'When it was queued, or resent, last.';
COMMENT ON COLUMN offerengine.loyalty_outbox.due_at IS
    'When it should have been delivered: 30 minutes after it was queued, or released. It stays claimable afterwards. NULL: it '
    'waits.';
COMMENT ON COLUMN offerengine.loyalty_outbox.attempts IS 'How often it was claimed; the number of the newest try is its fence.';
COMMENT ON COLUMN offerengine.loyalty_outbox.leased_until IS
    'Until when nobody else claims it; NULL: it was not claimed since it was queued, or the try has failed.';
COMMENT ON COLUMN offerengine.loyalty_outbox.not_before IS 'In state retry: the instant from which on it is claimable; NULL else.';
COMMENT ON COLUMN offerengine.loyalty_outbox.waits_for IS
    'In state waiting: the document of the same customer after which it follows; NULL else.';
COMMENT ON COLUMN offerengine.loyalty_outbox.first_sent_at IS
    'When it was delivered and booked, before it was resent; NULL: it was not yet.';
COMMENT ON COLUMN offerengine.loyalty_outbox.sent_at IS 'In state sent: when it was delivered; NULL else.';
COMMENT ON COLUMN offerengine.loyalty_outbox.last_error IS 'What the last try that failed said; NULL: none has.';
COMMENT ON COLUMN offerengine.loyalty_outbox.discarded_at IS 'In state discarded: when; NULL else.';
COMMENT ON COLUMN offerengine.loyalty_outbox.discarded_by IS 'The role that discarded it; NULL: nobody.';
COMMENT ON COLUMN offerengine.loyalty_outbox.discard_reason IS 'Why it was discarded; NULL: nobody said, or it was not.';

CREATE TABLE offerengine.loyalty_sent_order (
    customer_reference text COLLATE "C" NOT NULL,
    id                 uuid NOT NULL,
    order_id           uuid NOT NULL,
    send_as            text COLLATE "C" NOT NULL CHECK (send_as = ANY ('{order,return}')),
    payload            jsonb NOT NULL,
    enqueued_at        timestamptz NOT NULL,
    due_at             timestamptz NOT NULL,
    attempts           integer NOT NULL,
    last_error         text,
    first_sent_at      timestamptz NOT NULL,
    sent_at            timestamptz NOT NULL,
    PRIMARY KEY (customer_reference, id)
) PARTITION BY RANGE (id);
CREATE INDEX loyalty_sent_order_id ON offerengine.loyalty_sent_order (id);
COMMENT ON TABLE offerengine.loyalty_sent_order IS
    'Documents that the loyalty programme has: partitions by month of their making, made ahead of time by migrate() and '
    'loyalty_maintain(). Old ones may be detached: that an order was sent is known without them.';
COMMENT ON COLUMN offerengine.loyalty_sent_order.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.loyalty_sent_order.id IS 'The document, a UUIDv7, in whose range its partition is.';
COMMENT ON COLUMN offerengine.loyalty_sent_order.order_id IS 'The order that it tells of.';
COMMENT ON COLUMN offerengine.loyalty_sent_order.send_as IS 'order or return.';
COMMENT ON COLUMN offerengine.loyalty_sent_order.payload IS 'What was delivered.';
COMMENT ON COLUMN offerengine.loyalty_sent_order.enqueued_at IS 'When it was queued, or resent, last.';
COMMENT ON COLUMN offerengine.loyalty_sent_order.due_at IS 'When it should have been delivered.';
COMMENT ON COLUMN offerengine.loyalty_sent_order.attempts IS 'How often it was claimed.';
COMMENT ON COLUMN offerengine.loyalty_sent_order.last_error IS 'What the last try that failed said; NULL: none has.';
COMMENT ON COLUMN offerengine.loyalty_sent_order.first_sent_at IS 'When it was delivered first, and booked.';
COMMENT ON COLUMN offerengine.loyalty_sent_order.sent_at IS 'When it was delivered last.';

CREATE TABLE offerengine.loyalty_rule (
    loyalty_rule_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    order_type      integer NOT NULL,
    status          numeric,
    send_as         text COLLATE "C" NOT NULL,
    CONSTRAINT loyalty_rule_key UNIQUE NULLS NOT DISTINCT (order_type, status),
    CONSTRAINT loyalty_rule_type CHECK (order_type BETWEEN 1 AND 15),
    CONSTRAINT loyalty_rule_status CHECK (status > '-Infinity' AND status < 'Infinity'),
    CONSTRAINT loyalty_rule_send_as CHECK (send_as = ANY ('{order,return,skip}'))
);
COMMENT ON TABLE offerengine.loyalty_rule IS
    'Which orders the loyalty programme is told of by themselves: whenever an order changes, as its type and status then say. No '
    'row: none.';
COMMENT ON COLUMN offerengine.loyalty_rule.loyalty_rule_id IS 'Number of the rule.';
COMMENT ON COLUMN offerengine.loyalty_rule.order_type IS 'Type of order, 1 to 15.';
COMMENT ON COLUMN offerengine.loyalty_rule.status IS
    'Status in the merchant''s own numbers (7 and 7.1 differ); NULL: every status that has no rule of its own, and none.';
COMMENT ON COLUMN offerengine.loyalty_rule.send_as IS
    'order, return or skip (not sent): the merchant decides what counts as a return.';

CREATE TABLE offerengine.loyalty_idle (
    is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    is_armed boolean NOT NULL DEFAULT false
);
INSERT INTO offerengine.loyalty_idle DEFAULT VALUES;
COMMENT ON TABLE offerengine.loyalty_idle IS
    'One row a node: whether a worker has found nothing to deliver and wants to be told of the next document.';
COMMENT ON COLUMN offerengine.loyalty_idle.is_only IS 'True: there is one row.';
COMMENT ON COLUMN offerengine.loyalty_idle.is_armed IS
    'A claim that found nothing sets it; whoever queues a document then, and gets the row without waiting, takes it back and '
    'notifies channel offerengine_loyalty.';

-- A buyer waits for it.
SELECT offerengine_internal.compress_quickly('loyalty_outbox', 'payload'),
       offerengine_internal.compress_quickly('loyalty_sent_order', 'payload');

SELECT offerengine_internal.constrain('loyalty_outbox', '{customer_reference}', NULL, NULL),
       offerengine_internal.constrain('loyalty_sent_order', '{customer_reference}', NULL, NULL),
       offerengine_internal.constrain('loyalty_rule', NULL, NULL, '{loyalty_rule_id}');
