-- Points of the loyalty programme: what an order earns, who takes part, and the ledger. Every key of the customer side starts with
-- the customer, ids are UUIDs, so that these tables can be sharded by customer. What happened stands in three tables that only
-- grow: a document says what was booked and why, a lot is points that open and end together, an entry is what a document did to a
-- lot.

CREATE TABLE offerengine.loyalty_program (
    currency_code     text COLLATE "C" PRIMARY KEY REFERENCES offerengine.currency,
    revenue_per_point bigint NOT NULL,
    value_per_point   bigint NOT NULL,
    locked_days       integer NOT NULL DEFAULT 0,
    expiry_days       integer,
    order_points      integer NOT NULL DEFAULT 0,
    grace_days        integer NOT NULL DEFAULT 0,
    auto_enroll       boolean NOT NULL DEFAULT true,
    CONSTRAINT loyalty_program_amounts CHECK (revenue_per_point >= 1 AND value_per_point >= 0),
    CONSTRAINT loyalty_program_days CHECK (locked_days >= 0 AND locked_days <= 36500 AND expiry_days >= 1 AND expiry_days <= 36500
                                           AND grace_days >= 0 AND grace_days <= 36500),
    CONSTRAINT loyalty_program_order_points CHECK (order_points BETWEEN 0 AND 1000000000)
);
COMMENT ON TABLE offerengine.loyalty_program IS
    'What an order in a currency earns and what a point pays; an order in a currency without a row earns nothing. Gross totals '
    'count, less what points paid.';
COMMENT ON COLUMN offerengine.loyalty_program.currency_code IS 'The currency of the orders.';
COMMENT ON COLUMN offerengine.loyalty_program.revenue_per_point IS
    'For how much a point is earned, in minor units; the points of an order are rounded commercially.';
COMMENT ON COLUMN offerengine.loyalty_program.value_per_point IS
    'What a point pays, in minor units: as it is now, for all points, whenever they were earned.';
COMMENT ON COLUMN offerengine.loyalty_program.locked_days IS
    'So many times 24 hours after an order was placed its points can be redeemed.';
COMMENT ON COLUMN offerengine.loyalty_program.expiry_days IS
    'So many times 24 hours after an order was placed, or booked if that is later, its points end; NULL: never.';
COMMENT ON COLUMN offerengine.loyalty_program.order_points IS
    'Points that each order earns beside those for its total; they are taken back with its last part.';
COMMENT ON COLUMN offerengine.loyalty_program.grace_days IS
    'So many times 24 hours after a return points that it gives back can be redeemed at least.';
COMMENT ON COLUMN offerengine.loyalty_program.auto_enroll IS
    'Whether a customer who never took part does so with the first order that is booked.';

CREATE TABLE offerengine.loyalty_extra (
    tag    text COLLATE "C" PRIMARY KEY,
    points integer,
    factor numeric,
    CONSTRAINT loyalty_extra_one CHECK (pg_catalog.num_nonnulls(points, factor) = 1),
    CONSTRAINT loyalty_extra_points CHECK (points BETWEEN 0 AND 1000000),
    CONSTRAINT loyalty_extra_factor CHECK (factor >= 0 AND factor <= 1000 AND pg_catalog.scale(factor) <= 4)
);
COMMENT ON TABLE offerengine.loyalty_extra IS
    'What offers with a tag earn beside, or instead of, what their amount does. Of an offer with several tags all count: points '
    'add up, and so does what each factor gives beyond 1.';
COMMENT ON COLUMN offerengine.loyalty_extra.tag IS 'Name of the tag, of whatever category.';
COMMENT ON COLUMN offerengine.loyalty_extra.points IS 'Points for each piece; NULL: the factor counts.';
COMMENT ON COLUMN offerengine.loyalty_extra.factor IS
    'How often the amount of the line counts: 2 doubles it, 0 makes it earn nothing; NULL: the points count.';

CREATE TABLE offerengine.loyalty_member (
    customer_reference text COLLATE "C" PRIMARY KEY,
    enrolled_on        date NOT NULL,
    state              text COLLATE "C" NOT NULL DEFAULT 'active',
    changed_at         timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    merged_into        text COLLATE "C",
    CONSTRAINT loyalty_member_enrolled_on CHECK (pg_catalog.isfinite(enrolled_on)),
    CONSTRAINT loyalty_member_state CHECK (state = ANY ('{active,locked,inactive}')),
    CONSTRAINT loyalty_member_merged CHECK (merged_into IS NULL OR (state = 'inactive' AND merged_into <> customer_reference))
);
CREATE INDEX loyalty_member_enrolled ON offerengine.loyalty_member (enrolled_on);
CREATE INDEX loyalty_member_merged_into ON offerengine.loyalty_member (merged_into) WHERE merged_into IS NOT NULL;
COMMENT ON TABLE offerengine.loyalty_member IS
    'Who takes part in the loyalty programme, or once did. The row is held by whoever writes the customer''s points.';
COMMENT ON COLUMN offerengine.loyalty_member.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.loyalty_member.enrolled_on IS
    'The day of the enrolment; of one that has left and come back, the last.';
COMMENT ON COLUMN offerengine.loyalty_member.state IS
    'active (earns and redeems), locked (earns, and redeems nothing), inactive (has left: earns and redeems nothing).';
COMMENT ON COLUMN offerengine.loyalty_member.changed_at IS 'When the points or the state were written last.';
COMMENT ON COLUMN offerengine.loyalty_member.merged_into IS
    'The customer who has the points since loyalty_merge(), and to whom what orders of this one earn and give back goes; NULL: the '
    'customer has points of his own.';

CREATE TABLE offerengine.loyalty_document (
    customer_reference text COLLATE "C" NOT NULL REFERENCES offerengine.loyalty_member,
    document_id        uuid NOT NULL,
    kind               text COLLATE "C" NOT NULL,
    order_id           uuid,
    parent_order_id    uuid,
    currency_code      text COLLATE "C" REFERENCES offerengine.currency,
    points             bigint,
    amount             bigint,
    quantity           bigint,
    cancelled_amount   bigint NOT NULL DEFAULT 0,
    cancelled_quantity bigint NOT NULL DEFAULT 0,
    action_key         text COLLATE "C",
    reason             text,
    dated_at           timestamptz NOT NULL,
    booked_at          timestamptz NOT NULL,
    recorded_by        text NOT NULL,
    acting_user        text,
    PRIMARY KEY (customer_reference, document_id),
    CONSTRAINT loyalty_document_kind CHECK (kind = ANY ('{order,return,cancellation,redemption,adjustment}')),
    CONSTRAINT loyalty_document_order CHECK (order_id IS NOT NULL OR kind = ANY ('{redemption,adjustment}')),
    CONSTRAINT loyalty_document_points CHECK ((points IS NOT NULL) = (kind = ANY ('{redemption,adjustment}'))),
    CONSTRAINT loyalty_document_amounts CHECK (LEAST(amount, quantity, cancelled_amount, cancelled_quantity) >= 0)
);
CREATE UNIQUE INDEX loyalty_document_booked ON offerengine.loyalty_document (customer_reference, order_id, kind)
    WHERE kind IN ('order', 'return');
CREATE INDEX loyalty_document_order ON offerengine.loyalty_document (customer_reference, order_id);
CREATE INDEX loyalty_document_parent ON offerengine.loyalty_document (customer_reference, parent_order_id)
    WHERE parent_order_id IS NOT NULL;
CREATE UNIQUE INDEX loyalty_document_action ON offerengine.loyalty_document (customer_reference, action_key)
    WHERE action_key IS NOT NULL;
COMMENT ON TABLE offerengine.loyalty_document IS
    'What was booked, also where it came to nothing: so that it is booked once. Append-only, but that points move with who becomes '
    'another customer, and that customer_erase() takes a person out of it.';
COMMENT ON COLUMN offerengine.loyalty_document.customer_reference IS 'Whose points.';
COMMENT ON COLUMN offerengine.loyalty_document.document_id IS
    'Id: of what an order or return did, that of the document which told the loyalty programme of it.';
COMMENT ON COLUMN offerengine.loyalty_document.kind IS
    'order (earns), return (takes back, and gives redeemed points back), cancellation (does that for what was cancelled), '
    'redemption, adjustment.';
COMMENT ON COLUMN offerengine.loyalty_document.order_id IS
    'The order or return; of a redemption the order that was paid for, NULL: none.';
COMMENT ON COLUMN offerengine.loyalty_document.parent_order_id IS 'Of a return: its main order; NULL: it has none.';
COMMENT ON COLUMN offerengine.loyalty_document.currency_code IS 'Currency of the amount; NULL: there is none.';
COMMENT ON COLUMN offerengine.loyalty_document.points IS
    'Of a redemption or adjustment: the points that were asked for; NULL else.';
COMMENT ON COLUMN offerengine.loyalty_document.amount IS
    'In minor units: of an order what it was over when it was booked, without what was cancelled; of a return what of its main '
    'order''s total it is; of a redemption what the points paid. NULL: nothing to say.';
COMMENT ON COLUMN offerengine.loyalty_document.quantity IS
    'Of an order or return: pieces, likewise; NULL: it is neither, or does not tell them.';
COMMENT ON COLUMN offerengine.loyalty_document.cancelled_amount IS
    'Of an order: what of its total was cancelled when it was booked, in minor units.';
COMMENT ON COLUMN offerengine.loyalty_document.cancelled_quantity IS
    'Of an order: how many pieces were cancelled when it was booked.';
COMMENT ON COLUMN offerengine.loyalty_document.action_key IS
    'Key by which a redemption or adjustment is done once; NULL: none was given.';
COMMENT ON COLUMN offerengine.loyalty_document.reason IS 'Of an adjustment: why; NULL: nobody said.';
COMMENT ON COLUMN offerengine.loyalty_document.dated_at IS 'The instant as of which it counts: when an order or return was placed.';
COMMENT ON COLUMN offerengine.loyalty_document.booked_at IS 'When it was booked.';
COMMENT ON COLUMN offerengine.loyalty_document.recorded_by IS 'The role that acted.';
COMMENT ON COLUMN offerengine.loyalty_document.acting_user IS 'offerengine.acting_user at that time; NULL: none was set.';

CREATE TABLE offerengine.loyalty_lot (
    customer_reference text COLLATE "C" NOT NULL,
    lot_id             uuid NOT NULL,
    document_id        uuid NOT NULL,
    kind               text COLLATE "C" NOT NULL,
    currency_code      text COLLATE "C" REFERENCES offerengine.currency,
    origin_lot_id      uuid,
    dated_at           timestamptz NOT NULL,
    opens_at           timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL,
    PRIMARY KEY (customer_reference, lot_id),
    CONSTRAINT loyalty_lot_document FOREIGN KEY (customer_reference, document_id) REFERENCES offerengine.loyalty_document,
    CONSTRAINT loyalty_lot_origin FOREIGN KEY (customer_reference, origin_lot_id) REFERENCES offerengine.loyalty_lot,
    CONSTRAINT loyalty_lot_kind CHECK (kind = ANY ('{earned,adjusted,given_back}')),
    CONSTRAINT loyalty_lot_origin_named CHECK ((kind = 'given_back') = (origin_lot_id IS NOT NULL)),
    CONSTRAINT loyalty_lot_window CHECK (dated_at <= opens_at AND dated_at <= expires_at)
);
CREATE INDEX loyalty_lot_document_id ON offerengine.loyalty_lot (customer_reference, document_id);
CREATE INDEX loyalty_lot_ends ON offerengine.loyalty_lot (expires_at);
COMMENT ON TABLE offerengine.loyalty_lot IS
    'Points that open and end together. What is left of them is the sum of their entries; at their end nothing is written: what is '
    'left then counts no longer, unless it is below zero. Append-only.';
COMMENT ON COLUMN offerengine.loyalty_lot.customer_reference IS 'Whose points.';
COMMENT ON COLUMN offerengine.loyalty_lot.lot_id IS 'Id, a UUIDv7.';
COMMENT ON COLUMN offerengine.loyalty_lot.document_id IS 'The document that made it.';
COMMENT ON COLUMN offerengine.loyalty_lot.kind IS
    'earned (by an order), adjusted (by loyalty_adjust), given_back (redeemed points of an order that came back).';
COMMENT ON COLUMN offerengine.loyalty_lot.currency_code IS 'Currency of the order that earned them; NULL: none did.';
COMMENT ON COLUMN offerengine.loyalty_lot.origin_lot_id IS
    'Of what was given back: the lot from which it had been redeemed; NULL else.';
COMMENT ON COLUMN offerengine.loyalty_lot.dated_at IS 'The instant from which on they are there.';
COMMENT ON COLUMN offerengine.loyalty_lot.opens_at IS 'The instant from which on they can be redeemed.';
COMMENT ON COLUMN offerengine.loyalty_lot.expires_at IS 'The instant from which on they count no longer; infinity: never.';

CREATE TABLE offerengine.loyalty_entry (
    customer_reference text COLLATE "C" NOT NULL,
    entry_id           uuid NOT NULL,
    document_id        uuid NOT NULL,
    kind               text COLLATE "C" NOT NULL,
    lot_id             uuid NOT NULL,
    points             bigint NOT NULL CHECK (points <> 0),
    reverses_entry_id  uuid,
    dated_at           timestamptz NOT NULL,
    PRIMARY KEY (customer_reference, entry_id),
    CONSTRAINT loyalty_entry_once UNIQUE (customer_reference, document_id, kind, lot_id),
    CONSTRAINT loyalty_entry_document FOREIGN KEY (customer_reference, document_id) REFERENCES offerengine.loyalty_document,
    CONSTRAINT loyalty_entry_lot FOREIGN KEY (customer_reference, lot_id) REFERENCES offerengine.loyalty_lot,
    CONSTRAINT loyalty_entry_reverses FOREIGN KEY (customer_reference, reverses_entry_id) REFERENCES offerengine.loyalty_entry,
    CONSTRAINT loyalty_entry_kind CHECK (kind = ANY ('{earned,order_points,extra,redeemed,adjusted}'))
);
CREATE INDEX loyalty_entry_of_lot ON offerengine.loyalty_entry (customer_reference, lot_id);
CREATE INDEX loyalty_entry_reversed ON offerengine.loyalty_entry (customer_reference, reverses_entry_id)
    WHERE reverses_entry_id IS NOT NULL;
COMMENT ON TABLE offerengine.loyalty_entry IS 'What a document did to a lot of points. Append-only.';
COMMENT ON COLUMN offerengine.loyalty_entry.customer_reference IS 'Whose points.';
COMMENT ON COLUMN offerengine.loyalty_entry.entry_id IS 'Id, a UUIDv7.';
COMMENT ON COLUMN offerengine.loyalty_entry.document_id IS 'The document.';
COMMENT ON COLUMN offerengine.loyalty_entry.kind IS
    'earned (by the total), order_points (with the order), extra (by tags), redeemed, adjusted; what reverses an entry is of its '
    'kind.';
COMMENT ON COLUMN offerengine.loyalty_entry.lot_id IS 'The lot.';
COMMENT ON COLUMN offerengine.loyalty_entry.points IS 'How many points came (above 0) or went (below 0).';
COMMENT ON COLUMN offerengine.loyalty_entry.reverses_entry_id IS
    'The entry that it takes back, wholly or in part; of redeemed points the one by which they went from the lot''s origin. NULL: '
    'none.';
COMMENT ON COLUMN offerengine.loyalty_entry.dated_at IS 'The instant from which on it counts.';

CREATE TABLE offerengine.loyalty_hold (
    customer_reference text COLLATE "C" NOT NULL REFERENCES offerengine.loyalty_member,
    order_id           uuid NOT NULL,
    points             integer NOT NULL CHECK (points >= 1),
    held_at            timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL,
    PRIMARY KEY (customer_reference, order_id)
);
COMMENT ON TABLE offerengine.loyalty_hold IS
    'Points that are held for an order while the customer pays the rest. A hold ends by itself at expires_at; the row may stay.';
COMMENT ON COLUMN offerengine.loyalty_hold.customer_reference IS 'Whose points.';
COMMENT ON COLUMN offerengine.loyalty_hold.order_id IS 'The order that they are to pay for, which may be to come.';
COMMENT ON COLUMN offerengine.loyalty_hold.points IS 'How many.';
COMMENT ON COLUMN offerengine.loyalty_hold.held_at IS 'When they were held.';
COMMENT ON COLUMN offerengine.loyalty_hold.expires_at IS 'The instant from which on nothing is held.';

CREATE TABLE offerengine.loyalty_hold_lot (
    customer_reference text COLLATE "C" NOT NULL,
    order_id           uuid NOT NULL,
    lot_id             uuid NOT NULL,
    points             bigint NOT NULL CHECK (points >= 1),
    PRIMARY KEY (customer_reference, order_id, lot_id),
    CONSTRAINT loyalty_hold_lot_hold FOREIGN KEY (customer_reference, order_id) REFERENCES offerengine.loyalty_hold,
    CONSTRAINT loyalty_hold_lot_lot FOREIGN KEY (customer_reference, lot_id) REFERENCES offerengine.loyalty_lot
);
CREATE INDEX loyalty_hold_lot_of_lot ON offerengine.loyalty_hold_lot (customer_reference, lot_id);
COMMENT ON TABLE offerengine.loyalty_hold_lot IS
    'The lots of which a hold has its points: they stay its own when the lot ends before the hold does.';
COMMENT ON COLUMN offerengine.loyalty_hold_lot.customer_reference IS 'Whose points.';
COMMENT ON COLUMN offerengine.loyalty_hold_lot.order_id IS 'The order of the hold.';
COMMENT ON COLUMN offerengine.loyalty_hold_lot.lot_id IS 'The lot.';
COMMENT ON COLUMN offerengine.loyalty_hold_lot.points IS 'How many of its points.';

SELECT offerengine_internal.constrain('loyalty_extra', '{tag}', NULL, NULL),
       offerengine_internal.constrain('loyalty_member', '{customer_reference,merged_into}', NULL, NULL),
       offerengine_internal.constrain('loyalty_document', '{customer_reference,action_key}', NULL, NULL),
       offerengine_internal.constrain('loyalty_hold', '{customer_reference}', NULL, NULL);
