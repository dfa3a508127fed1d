-- Approval of offers and merchants: one row a transition, never changed.

CREATE TABLE offerengine.offer_approval (
    offer_approval_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    offer_id          bigint NOT NULL REFERENCES offerengine.offer,
    from_status       text COLLATE "C" NOT NULL,
    to_status         text COLLATE "C" NOT NULL,
    decided_by        text NOT NULL,
    acting_user       text,
    decided_at        timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    reason            text,
    version           integer NOT NULL,
    changed_fields    text[]
);
CREATE INDEX offer_approval_offer ON offerengine.offer_approval (offer_id, version, offer_approval_id);
COMMENT ON TABLE offerengine.offer_approval IS
    'One row for each transition of an offer''s approval status, written by trigger in the transaction that moves it; '
    'append-only. View approval_history shows it with references.';
COMMENT ON COLUMN offerengine.offer_approval.offer_approval_id IS
    'Internal id; rises in the order of writing. What was decided last about an offer has its highest version.';
COMMENT ON COLUMN offerengine.offer_approval.offer_id IS 'The offer.';
COMMENT ON COLUMN offerengine.offer_approval.from_status IS 'Status before.';
COMMENT ON COLUMN offerengine.offer_approval.to_status IS 'Status after.';
COMMENT ON COLUMN offerengine.offer_approval.decided_by IS 'The role that moved it.';
COMMENT ON COLUMN offerengine.offer_approval.acting_user IS 'offerengine.acting_user at that time; NULL: none was set.';
COMMENT ON COLUMN offerengine.offer_approval.decided_at IS 'When it was moved.';
COMMENT ON COLUMN offerengine.offer_approval.reason IS
    'The reason given; for a re-approval made by the engine, which fields changed.';
COMMENT ON COLUMN offerengine.offer_approval.version IS 'offer.version after the transition.';
COMMENT ON COLUMN offerengine.offer_approval.changed_fields IS
    'What the merchant changed, when the engine asked for a new approval; else NULL.';

CREATE TABLE offerengine.merchant_approval (
    merchant_approval_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant_id          bigint NOT NULL REFERENCES offerengine.merchant,
    from_status          text COLLATE "C" NOT NULL,
    to_status            text COLLATE "C" NOT NULL,
    decided_by           text NOT NULL,
    acting_user          text,
    decided_at           timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    reason               text
);
CREATE INDEX merchant_approval_merchant ON offerengine.merchant_approval (merchant_id, merchant_approval_id);
COMMENT ON TABLE offerengine.merchant_approval IS
    'One row for each transition of a merchant''s approval status and for each suspension (active to suspended) and '
    'reinstatement (suspended to active); append-only, written by trigger.';
COMMENT ON COLUMN offerengine.merchant_approval.merchant_approval_id IS
    'Internal id; rises in the order of the decisions about one merchant.';
COMMENT ON COLUMN offerengine.merchant_approval.merchant_id IS 'The merchant.';
COMMENT ON COLUMN offerengine.merchant_approval.from_status IS
    'Before: waiting_for_approval, approved, denied; or active, suspended.';
COMMENT ON COLUMN offerengine.merchant_approval.to_status IS 'After: likewise.';
COMMENT ON COLUMN offerengine.merchant_approval.decided_by IS 'The role that moved it.';
COMMENT ON COLUMN offerengine.merchant_approval.acting_user IS 'offerengine.acting_user at that time; NULL: none was set.';
COMMENT ON COLUMN offerengine.merchant_approval.decided_at IS 'When it was moved.';
COMMENT ON COLUMN offerengine.merchant_approval.reason IS 'The reason given.';
