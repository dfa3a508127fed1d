-- The customer side: orders and subscriptions. Every key starts with customer_reference, ids are UUIDs, so that these tables
-- can be sharded by customer.

CREATE TABLE offerengine.customer_timeline (
    customer_reference text COLLATE "C" PRIMARY KEY,
    version            bigint NOT NULL DEFAULT 1,
    changed_at         timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    merged_into        text COLLATE "C",
    merged_at          timestamptz,
    merged_by          text,
    merging_user       text,
    CONSTRAINT customer_timeline_not_own CHECK (merged_into <> customer_reference),
    CONSTRAINT customer_timeline_merged CHECK ((merged_into IS NULL) = (merged_at IS NULL)
                                               AND (merged_into IS NULL) = (merged_by IS NULL)
                                               AND (merged_into IS NOT NULL OR merging_user IS NULL))
);
CREATE INDEX customer_timeline_merged_into ON offerengine.customer_timeline (merged_into) WHERE merged_into IS NOT NULL;
COMMENT ON TABLE offerengine.customer_timeline IS
    'One row a customer, held by every action for the customer: two actions for one customer follow one another, and in '
    'REPEATABLE READ the second gets 40001. A customer that customer_merge() has made another one of says which.';
COMMENT ON COLUMN offerengine.customer_timeline.customer_reference IS 'The customer, as the application names it.';
COMMENT ON COLUMN offerengine.customer_timeline.version IS 'How many actions there have been.';
COMMENT ON COLUMN offerengine.customer_timeline.changed_at IS 'When the last action took the row.';
COMMENT ON COLUMN offerengine.customer_timeline.merged_into IS
    'The customer that this one has become: everything is there, and nothing new is done under this reference. NULL: none.';
COMMENT ON COLUMN offerengine.customer_timeline.merged_at IS 'When that was.';
COMMENT ON COLUMN offerengine.customer_timeline.merged_by IS 'The role that did it.';
COMMENT ON COLUMN offerengine.customer_timeline.merging_user IS 'offerengine.acting_user at that time; NULL: none was set.';

CREATE TABLE offerengine.sales_order (
    customer_reference text COLLATE "C" NOT NULL,
    order_id           uuid NOT NULL,
    order_reference    text COLLATE "C",
    order_type         integer NOT NULL DEFAULT 1,
    status             numeric,
    store_code         text COLLATE "C" REFERENCES offerengine.store,
    currency_code      text COLLATE "C" REFERENCES offerengine.currency,
    country_code       text COLLATE "C" REFERENCES offerengine.country,
    price_mode         text COLLATE "C" CHECK (price_mode = ANY ('{net,gross}')),
    total_amount       bigint NOT NULL DEFAULT 0,
    placed_at          timestamptz NOT NULL DEFAULT pg_catalog.now(),
    parent_order_id    uuid,
    external_system    text COLLATE "C",
    external_reference text COLLATE "C",
    imported           jsonb,
    origin             text COLLATE "C" NOT NULL DEFAULT 'document',
    cancelled_amount   bigint NOT NULL DEFAULT 0,
    returned_amount    bigint NOT NULL DEFAULT 0,
    points_redeemed    integer NOT NULL DEFAULT 0,
    points_amount      bigint NOT NULL DEFAULT 0,
    note               text CHECK (pg_catalog.char_length(note) <= 1000),
    order_document_id  uuid,
    return_document_id uuid,
    PRIMARY KEY (customer_reference, order_id),
    CONSTRAINT sales_order_type CHECK (order_type BETWEEN 1 AND 15),
    CONSTRAINT sales_order_status CHECK (status > '-Infinity' AND status < 'Infinity'),
    CONSTRAINT sales_order_origin CHECK (origin = ANY ('{purchase,import,document,return,cancellation}')),
    CONSTRAINT sales_order_total CHECK (total_amount >= 0),
    CONSTRAINT sales_order_given_back CHECK (LEAST(cancelled_amount, returned_amount) >= 0),
    CONSTRAINT sales_order_points CHECK (points_redeemed >= 0 AND points_amount >= 0),
    CONSTRAINT sales_order_not_own_parent CHECK (parent_order_id <> order_id),
    CONSTRAINT sales_order_parent FOREIGN KEY (customer_reference, parent_order_id) REFERENCES offerengine.sales_order,
    CONSTRAINT sales_order_external_pair CHECK ((external_system IS NULL) = (external_reference IS NULL))
);
-- Partial, so that an order is never looked up by its id in these: where few customers have many orders, and before statistics know
-- it, the first column alone looks as good as the whole primary key.
CREATE UNIQUE INDEX sales_order_reference ON offerengine.sales_order (customer_reference, order_reference)
    WHERE order_reference IS NOT NULL;
CREATE UNIQUE INDEX sales_order_external ON offerengine.sales_order (customer_reference, external_system, external_reference)
    WHERE external_reference IS NOT NULL;
CREATE INDEX sales_order_placed ON offerengine.sales_order (placed_at);
CREATE INDEX sales_order_order_reference ON offerengine.sales_order (order_reference);
CREATE INDEX sales_order_parent_order ON offerengine.sales_order (customer_reference, parent_order_id)
    WHERE parent_order_id IS NOT NULL;
COMMENT ON TABLE offerengine.sales_order IS 'Orders, and what else the loyalty programme counts as one.';
COMMENT ON COLUMN offerengine.sales_order.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.sales_order.order_id IS 'Id, given by the caller as idempotency key or minted as UUIDv7.';
COMMENT ON COLUMN offerengine.sales_order.order_reference IS 'Reference for people; the id where the caller gives none.';
COMMENT ON COLUMN offerengine.sales_order.order_type IS
    '1 sales order, 2 delivery, 3 return, 4 credit note, 5 warranty, 6 repair, 7 offer, 8 advance order, 9 multi order, 10 multi '
    'credit note, 11 multi delivery, 12 reorder, 13 partial delivery, 14 subscription, 15 redistribution.';
COMMENT ON COLUMN offerengine.sales_order.status IS 'Status in the merchant''s own numbers (7 and 7.1 differ); NULL: none.';
COMMENT ON COLUMN offerengine.sales_order.store_code IS 'Store in which it was placed.';
COMMENT ON COLUMN offerengine.sales_order.currency_code IS 'Currency of its amounts.';
COMMENT ON COLUMN offerengine.sales_order.country_code IS 'Country of the customer, ISO 3166-1 alpha-2; NULL: none named.';
COMMENT ON COLUMN offerengine.sales_order.price_mode IS 'net or gross: what its amounts are.';
COMMENT ON COLUMN offerengine.sales_order.total_amount IS
    'What it was placed over, in minor units, never below 0: order_type says which way it goes. Of what was sold here the sum of '
    'its lines (a line without an amount counts 0), of a document from elsewhere what that said. Cancellations and returns leave '
    'it as it is.';
COMMENT ON COLUMN offerengine.sales_order.placed_at IS 'The instant at which it counts as placed.';
COMMENT ON COLUMN offerengine.sales_order.parent_order_id IS 'The order that a return or delivery belongs to.';
COMMENT ON COLUMN offerengine.sales_order.external_system IS 'System that an imported order comes from; NULL: not imported.';
COMMENT ON COLUMN offerengine.sales_order.external_reference IS 'Its reference there.';
COMMENT ON COLUMN offerengine.sales_order.imported IS
    'What import_order() said of it, each thing as it was said last: the same again is no change; NULL: not imported.';
COMMENT ON COLUMN offerengine.sales_order.origin IS
    'purchase (sold here), import (import_order), document (put_order), return (return_order) or cancellation (cancel_order).';
COMMENT ON COLUMN offerengine.sales_order.cancelled_amount IS 'Sum of what its lines have cancelled, in minor units.';
COMMENT ON COLUMN offerengine.sales_order.returned_amount IS
    'Sum of what its lines have returned, in minor units.';
COMMENT ON COLUMN offerengine.sales_order.points_redeemed IS 'Points that the customer paid with.';
COMMENT ON COLUMN offerengine.sales_order.points_amount IS 'What the points paid, in minor units of the currency.';
COMMENT ON COLUMN offerengine.sales_order.note IS 'What the customer says of the order as a whole; NULL: nothing.';
COMMENT ON COLUMN offerengine.sales_order.order_document_id IS
    'The document by which the loyalty programme is told of it as an order, queued once, ever; NULL: it never was.';
COMMENT ON COLUMN offerengine.sales_order.return_document_id IS
    'The document by which the loyalty programme is told of it as a return, likewise; NULL: it never was.';

CREATE TABLE offerengine.order_line (
    customer_reference text COLLATE "C" NOT NULL,
    order_id           uuid NOT NULL,
    line_no            integer NOT NULL CHECK (line_no >= 1),
    offer_id           bigint NOT NULL REFERENCES offerengine.offer,
    merchant_id        bigint NOT NULL REFERENCES offerengine.merchant,
    quantity           integer NOT NULL DEFAULT 1 CHECK (quantity >= 1),
    unit_amount        bigint,
    other_amount       bigint,
    line_amount        bigint,
    price_id           bigint,
    price_source       text COLLATE "C" CHECK (price_source = ANY ('{offer,product,abstract_product,price_sheet}')),
    redirected_from    text COLLATE "C",
    message            text,
    subscription_id    uuid,
    starts_on          date,
    ends_on            date,
    note               text CHECK (pg_catalog.char_length(note) <= 1000),
    quantity_shipped   integer NOT NULL DEFAULT 0,
    quantity_cancelled integer NOT NULL DEFAULT 0,
    quantity_returned  integer NOT NULL DEFAULT 0,
    cancelled_amount   bigint NOT NULL DEFAULT 0,
    returned_amount    bigint NOT NULL DEFAULT 0,
    parent_line_no     integer,
    parent_amount      bigint,
    restock            boolean,
    PRIMARY KEY (customer_reference, order_id, line_no),
    CONSTRAINT order_line_order FOREIGN KEY (customer_reference, order_id) REFERENCES offerengine.sales_order,
    CONSTRAINT order_line_dates CHECK (starts_on < ends_on),
    CONSTRAINT order_line_counts CHECK (LEAST(quantity_shipped, quantity_cancelled, quantity_returned) >= 0),
    CONSTRAINT order_line_shipped CHECK (quantity_shipped::bigint + quantity_cancelled <= quantity),
    CONSTRAINT order_line_returned CHECK (quantity_returned::bigint + quantity_cancelled <= quantity),
    CONSTRAINT order_line_amounts CHECK (LEAST(unit_amount, other_amount, line_amount) >= 0),
    CONSTRAINT order_line_given_back CHECK (LEAST(cancelled_amount, returned_amount) >= 0),
    CONSTRAINT order_line_parent_amount CHECK (parent_amount IS NULL OR (parent_amount >= 0 AND parent_line_no IS NOT NULL))
);
CREATE INDEX order_line_offer ON offerengine.order_line (offer_id);
CREATE INDEX order_line_merchant ON offerengine.order_line (merchant_id);
COMMENT ON TABLE offerengine.order_line IS 'Lines of orders, as they were sold.';
COMMENT ON COLUMN offerengine.order_line.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.order_line.order_id IS 'The order.';
COMMENT ON COLUMN offerengine.order_line.line_no IS '1 to n.';
COMMENT ON COLUMN offerengine.order_line.offer_id IS 'The offer that was sold.';
COMMENT ON COLUMN offerengine.order_line.merchant_id IS 'Its merchant.';
COMMENT ON COLUMN offerengine.order_line.quantity IS 'Pieces.';
COMMENT ON COLUMN offerengine.order_line.unit_amount IS
    'Price of a piece as sold, in minor units; of a subscription, per accounting period of its first step. NULL: imported '
    'without.';
COMMENT ON COLUMN offerengine.order_line.other_amount IS
    'What the row that the price came from asked in the other price mode; NULL: nothing, or unit_amount was told and not read.';
COMMENT ON COLUMN offerengine.order_line.line_amount IS 'unit_amount times quantity.';
COMMENT ON COLUMN offerengine.order_line.price_id IS
    'The row that the price came from: of price, or of price_sheet_price where price_source says so.';
COMMENT ON COLUMN offerengine.order_line.price_source IS 'offer, product, abstract_product or price_sheet.';
COMMENT ON COLUMN offerengine.order_line.redirected_from IS 'Reference of the offer that was asked for, where a rule gave another.';
COMMENT ON COLUMN offerengine.order_line.message IS 'What the rule told the customer.';
COMMENT ON COLUMN offerengine.order_line.subscription_id IS 'The subscription that the line began; NULL: none.';
COMMENT ON COLUMN offerengine.order_line.starts_on IS 'First day of a time pass; NULL: none.';
COMMENT ON COLUMN offerengine.order_line.ends_on IS
    'First day on which a time pass counts no longer; NULL: no time pass, or one without an end.';
COMMENT ON COLUMN offerengine.order_line.note IS 'Note of the customer.';
COMMENT ON COLUMN offerengine.order_line.quantity_shipped IS
    'Pieces that have shipped; a piece that has is not cancelled any more.';
COMMENT ON COLUMN offerengine.order_line.quantity_cancelled IS
    'Pieces that were cancelled before they shipped: they are neither shipped nor returned.';
COMMENT ON COLUMN offerengine.order_line.quantity_returned IS
    'Pieces that came back: of those that were not cancelled, whether their shipping was reported or not.';
COMMENT ON COLUMN offerengine.order_line.cancelled_amount IS 'What of the order''s total the cancelled pieces are, in minor units.';
COMMENT ON COLUMN offerengine.order_line.returned_amount IS
    'What of the order''s total the returned pieces are, in minor units: what its returns say, each line by parent_amount, else by '
    'line_amount.';
COMMENT ON COLUMN offerengine.order_line.parent_line_no IS
    'Of a return: the line of the parent order whose pieces came back; NULL: none did with this line.';
COMMENT ON COLUMN offerengine.order_line.parent_amount IS
    'Of a return that put_order() told of, whose own amounts are as told: what of the parent order''s total the pieces are, in '
    'minor units; NULL: line_amount says it, or nothing came back with this line.';
COMMENT ON COLUMN offerengine.order_line.restock IS
    'Of a return: whether its pieces go back into stock; NULL: not made by return_order().';

CREATE TABLE offerengine.order_event (
    customer_reference text COLLATE "C" NOT NULL,
    event_id           uuid NOT NULL,
    order_id           uuid NOT NULL,
    event              text COLLATE "C" NOT NULL,
    channel            text COLLATE "C",
    action_key         text COLLATE "C",
    detail             jsonb,
    recorded_by        text NOT NULL,
    acting_user        text,
    recorded_at        timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (customer_reference, event_id),
    CONSTRAINT order_event_key UNIQUE (customer_reference, order_id, action_key),
    CONSTRAINT order_event_event CHECK (event = ANY ('{placed,imported,import_changed,told,status_changed,shipped,unshipped,'
                                                     'returned,cancelled,customer_changed,redeemed}'))
);
COMMENT ON TABLE offerengine.order_event IS
    'What happened to orders, one row a change, written in the same transaction; append-only, but that a merge of customers moves '
    'it.';
COMMENT ON COLUMN offerengine.order_event.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.order_event.event_id IS 'Id, a UUIDv7: ascending in the order of the events of a session.';
COMMENT ON COLUMN offerengine.order_event.order_id IS 'The order.';
COMMENT ON COLUMN offerengine.order_event.event IS
    'placed (sold here, or made as a return), imported, import_changed, told (by put_order), status_changed, shipped, unshipped '
    '(a shipment that was none), returned (of the order whose pieces came back), cancelled, customer_changed (moved by '
    'customer_merge, or found by it to be told twice), redeemed (points paid for it).';
COMMENT ON COLUMN offerengine.order_event.channel IS 'checkout, backend, self_service, import or system; NULL: none was named.';
COMMENT ON COLUMN offerengine.order_event.action_key IS
    'Key by which this order is cancelled, returned or shipped once only; NULL: none was given.';
COMMENT ON COLUMN offerengine.order_event.detail IS 'What was before and after, lines and reasons.';
COMMENT ON COLUMN offerengine.order_event.recorded_by IS 'The role that acted.';
COMMENT ON COLUMN offerengine.order_event.acting_user IS 'offerengine.acting_user at that time; NULL: none was set.';
COMMENT ON COLUMN offerengine.order_event.recorded_at IS 'When it was recorded.';

-- The primary key carries what redirect_offer reads of a subscription, so that it need not fetch rows that lie apart.
CREATE TABLE offerengine.subscription (
    customer_reference       text COLLATE "C" NOT NULL,
    subscription_id          uuid NOT NULL,
    offer_id                 bigint NOT NULL REFERENCES offerengine.offer,
    order_id                 uuid,
    line_no                  integer,
    chain_id                 uuid NOT NULL,
    predecessor_id           uuid,
    sales_rule_id            bigint REFERENCES offerengine.sales_rule,
    store_code               text COLLATE "C" NOT NULL REFERENCES offerengine.store,
    currency_code            text COLLATE "C" NOT NULL REFERENCES offerengine.currency,
    country_code             text COLLATE "C" REFERENCES offerengine.country,
    price_mode               text COLLATE "C" NOT NULL DEFAULT 'gross' CHECK (price_mode = ANY ('{net,gross}')),
    quantity                 integer NOT NULL CHECK (quantity >= 1),
    purchased_on             date NOT NULL,
    anchor_on                date NOT NULL,
    starts_on                date NOT NULL,
    ends_on                  date,
    agreed_ends_on           date,
    cancelled_on             date,
    cancelled_since          date,
    cancel_mode              text COLLATE "C" CHECK (cancel_mode = ANY ('{regular,immediate,at_date}')),
    cancel_ends_on           date,
    cancel_reason            text CHECK (pg_catalog.char_length(cancel_reason) <= 1000),
    cancelled_period_ends_on date,
    cancels_itself           boolean NOT NULL DEFAULT false,
    restarting_rule_ids      bigint[],
    granted_regular_offer_id bigint REFERENCES offerengine.offer,
    granted_tag_ids          bigint[],
    granted_cancelled_source text COLLATE "C" CHECK (granted_cancelled_source = ANY ('{until_end,same_period}')),
    origin                   text COLLATE "C" NOT NULL DEFAULT 'purchase'
                             CHECK (origin = ANY ('{purchase,import,switch,restart}')),
    is_ignored               boolean NOT NULL DEFAULT false,
    external_system          text COLLATE "C",
    external_reference       text COLLATE "C",
    created_at               timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (customer_reference, subscription_id)
        INCLUDE (offer_id, store_code, starts_on, ends_on, cancelled_on, cancelled_period_ends_on, is_ignored,
                 granted_regular_offer_id),
    CONSTRAINT subscription_line FOREIGN KEY (customer_reference, order_id, line_no) REFERENCES offerengine.order_line,
    CONSTRAINT subscription_predecessor FOREIGN KEY (customer_reference, predecessor_id) REFERENCES offerengine.subscription,
    CONSTRAINT subscription_successor UNIQUE (customer_reference, predecessor_id, origin),
    CONSTRAINT subscription_external UNIQUE (customer_reference, external_system, external_reference),
    CONSTRAINT subscription_dates CHECK (starts_on <= ends_on),
    CONSTRAINT subscription_cancelled CHECK ((cancelled_on IS NULL) = (cancel_mode IS NULL)
                                             AND (cancelled_since IS NULL OR cancelled_on IS NOT NULL)
                                             AND cancelled_since <= cancelled_on),
    CONSTRAINT subscription_grant CHECK (granted_regular_offer_id IS NULL
                                         OR (sales_rule_id IS NOT NULL AND granted_tag_ids IS NOT NULL
                                             AND granted_cancelled_source IS NOT NULL))
);
CREATE INDEX subscription_order ON offerengine.subscription (customer_reference, order_id, line_no);
CREATE INDEX subscription_offer ON offerengine.subscription (offer_id);
-- In this order, so that the first grant that stands in the way of a change is found without reading the others.
CREATE INDEX subscription_rule ON offerengine.subscription (sales_rule_id, customer_reference, subscription_id)
    WHERE sales_rule_id IS NOT NULL;
CREATE INDEX subscription_granted_regular ON offerengine.subscription (granted_regular_offer_id)
    WHERE granted_regular_offer_id IS NOT NULL;
CREATE INDEX subscription_days ON offerengine.subscription (starts_on, ends_on);
COMMENT ON TABLE offerengine.subscription IS
    'Subscriptions. What customers bought and cancelled are facts; what a sales rule makes of them (ends by a switch, restarted '
    'advantages and regular successors) is computed anew in each transaction that changes a fact.';
COMMENT ON COLUMN offerengine.subscription.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.subscription.subscription_id IS 'Id, a UUIDv7.';
COMMENT ON COLUMN offerengine.subscription.offer_id IS 'The subscription offer.';
COMMENT ON COLUMN offerengine.subscription.order_id IS 'The order that began the chain.';
COMMENT ON COLUMN offerengine.subscription.line_no IS 'Its line.';
COMMENT ON COLUMN offerengine.subscription.chain_id IS 'What one purchase has become, advantage and successors, shares it.';
COMMENT ON COLUMN offerengine.subscription.predecessor_id IS
    'The subscription that this one follows; NULL: the first of its chain.';
COMMENT ON COLUMN offerengine.subscription.sales_rule_id IS
    'The rule that granted it as advantage, or made it the successor of one; NULL: none.';
COMMENT ON COLUMN offerengine.subscription.store_code IS 'The store; its time zone says which day it is.';
COMMENT ON COLUMN offerengine.subscription.currency_code IS 'Currency of its prices.';
COMMENT ON COLUMN offerengine.subscription.country_code IS 'Country for its prices; NULL: that of the store.';
COMMENT ON COLUMN offerengine.subscription.price_mode IS 'net or gross: which amount is charged.';
COMMENT ON COLUMN offerengine.subscription.quantity IS 'Pieces from its start on; subscription_quantity tells changes.';
COMMENT ON COLUMN offerengine.subscription.purchased_on IS 'Day of the purchase in the store; of a successor, its first day.';
COMMENT ON COLUMN offerengine.subscription.anchor_on IS 'Day from which terms and accounting periods count.';
COMMENT ON COLUMN offerengine.subscription.starts_on IS 'First day.';
COMMENT ON COLUMN offerengine.subscription.ends_on IS
    'First day on which it runs no longer, by agreement or by a switch; NULL: open. Equal to starts_on: it never runs.';
COMMENT ON COLUMN offerengine.subscription.agreed_ends_on IS
    'The end without any switch: by cancellation, duration or as imported; NULL: none.';
COMMENT ON COLUMN offerengine.subscription.cancelled_on IS 'Day of its cancellation; NULL: not cancelled.';
COMMENT ON COLUMN offerengine.subscription.cancelled_since IS
    'The earliest day of its cancellations, where it was cancelled more than once; NULL: cancelled_on. An advantage cancelled '
    'by the day of its switch has none.';
COMMENT ON COLUMN offerengine.subscription.cancels_itself IS
    'True when it was itself cancelled, or a cancellation of it withdrawn. A successor of which that is false has the '
    'cancellation of the subscription that it follows, as far as there is one.';
COMMENT ON COLUMN offerengine.subscription.cancel_mode IS 'regular, immediate or at_date.';
COMMENT ON COLUMN offerengine.subscription.cancel_ends_on IS 'The day that a cancellation at_date names.';
COMMENT ON COLUMN offerengine.subscription.cancel_reason IS 'The reason given.';
COMMENT ON COLUMN offerengine.subscription.cancelled_period_ends_on IS
    'End of the accounting period in which it was cancelled, to which it counts as base where a rule says same_period.';
COMMENT ON COLUMN offerengine.subscription.restarting_rule_ids IS
    'Rules that had immediate_policy restart_period when this base was cancelled immediately.';
COMMENT ON COLUMN offerengine.subscription.granted_regular_offer_id IS
    'Of an advantage: the regular offer as the rule named it at the purchase; NULL: not granted by a rule.';
COMMENT ON COLUMN offerengine.subscription.granted_tag_ids IS 'Of an advantage: the tags of the rule at the purchase.';
COMMENT ON COLUMN offerengine.subscription.granted_cancelled_source IS
    'Of an advantage: cancelled_source of the rule at the purchase.';
COMMENT ON COLUMN offerengine.subscription.origin IS
    'purchase, import, switch (the regular offer that follows an advantage) or restart (the advantage begun anew).';
COMMENT ON COLUMN offerengine.subscription.is_ignored IS
    'A planned successor that the bases of today leave no room for; it never runs unless they change again.';
COMMENT ON COLUMN offerengine.subscription.external_system IS 'System that manages it; NULL: this one.';
COMMENT ON COLUMN offerengine.subscription.external_reference IS 'Its reference there.';
COMMENT ON COLUMN offerengine.subscription.created_at IS 'When the row was made.';

CREATE TABLE offerengine.subscription_step (
    customer_reference  text COLLATE "C" NOT NULL,
    subscription_id     uuid NOT NULL,
    step_no             integer NOT NULL CHECK (step_no >= 1),
    anchor_on           date NOT NULL,
    starts_on           date NOT NULL,
    ends_on             date,
    term                interval NOT NULL,
    accounting_period   interval NOT NULL,
    cancellation_notice interval NOT NULL,
    price_sheet_id      bigint NOT NULL REFERENCES offerengine.price_sheet,
    amount              bigint,
    other_amount        bigint,
    PRIMARY KEY (customer_reference, subscription_id, step_no),
    CONSTRAINT subscription_step_subscription FOREIGN KEY (customer_reference, subscription_id)
        REFERENCES offerengine.subscription ON DELETE CASCADE,
    CONSTRAINT subscription_step_dates CHECK (starts_on < ends_on)
);
CREATE INDEX subscription_step_sheet ON offerengine.subscription_step (price_sheet_id);
COMMENT ON TABLE offerengine.subscription_step IS 'The steps of a subscription with their terms and prices as sold.';
COMMENT ON COLUMN offerengine.subscription_step.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.subscription_step.subscription_id IS 'The subscription.';
COMMENT ON COLUMN offerengine.subscription_step.step_no IS '1 to n.';
COMMENT ON COLUMN offerengine.subscription_step.anchor_on IS
    'Day from which its terms and periods count: the subscription''s anchor plus the durations before it.';
COMMENT ON COLUMN offerengine.subscription_step.starts_on IS 'First day of the step.';
COMMENT ON COLUMN offerengine.subscription_step.ends_on IS
    'First day of the next step, or end of the last; NULL: until cancelled.';
COMMENT ON COLUMN offerengine.subscription_step.term IS 'As product_contract.term at the purchase.';
COMMENT ON COLUMN offerengine.subscription_step.accounting_period IS 'As product_contract.accounting_period at the purchase.';
COMMENT ON COLUMN offerengine.subscription_step.cancellation_notice IS 'As product_contract.cancellation_notice at the purchase.';
COMMENT ON COLUMN offerengine.subscription_step.price_sheet_id IS 'As product_contract.price_sheet_id at the purchase.';
COMMENT ON COLUMN offerengine.subscription_step.amount IS
    'Price of a piece per accounting period as fixed at the purchase, in minor units. NULL: what the sheet asks of new '
    'customers on the first day of the subscription.';
COMMENT ON COLUMN offerengine.subscription_step.other_amount IS
    'What the row that amount comes from asked in the other price mode; NULL: nothing, or amount was told and not read.';

CREATE TABLE offerengine.subscription_quantity (
    customer_reference text COLLATE "C" NOT NULL,
    subscription_id    uuid NOT NULL,
    effective_on       date NOT NULL,
    quantity           integer NOT NULL CHECK (quantity >= 1),
    PRIMARY KEY (customer_reference, subscription_id, effective_on),
    CONSTRAINT subscription_quantity_subscription FOREIGN KEY (customer_reference, subscription_id)
        REFERENCES offerengine.subscription ON DELETE CASCADE
);
COMMENT ON TABLE offerengine.subscription_quantity IS 'Changes of a subscription''s quantity.';
COMMENT ON COLUMN offerengine.subscription_quantity.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.subscription_quantity.subscription_id IS 'The subscription.';
COMMENT ON COLUMN offerengine.subscription_quantity.effective_on IS 'First day with this quantity.';
COMMENT ON COLUMN offerengine.subscription_quantity.quantity IS 'Pieces from that day on.';

CREATE TABLE offerengine.subscription_event (
    customer_reference text COLLATE "C" NOT NULL,
    event_id           uuid NOT NULL,
    subscription_id    uuid NOT NULL,
    event              text COLLATE "C" NOT NULL,
    effective_on       date,
    channel            text COLLATE "C",
    detail             jsonb,
    recorded_by        text NOT NULL,
    acting_user        text,
    recorded_at        timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (customer_reference, event_id)
);
CREATE INDEX subscription_event_subscription ON offerengine.subscription_event (customer_reference, subscription_id);
COMMENT ON TABLE offerengine.subscription_event IS
    'What happened to subscriptions, one row a change, written in the same transaction; append-only, but that a merge of customers '
    'moves it.';
COMMENT ON COLUMN offerengine.subscription_event.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.subscription_event.event_id IS 'Id, a UUIDv7: ascending in the order of the events of a session.';
COMMENT ON COLUMN offerengine.subscription_event.subscription_id IS 'The subscription.';
COMMENT ON COLUMN offerengine.subscription_event.event IS
    'purchased, imported, import_changed, cancelled, withdrawn, quantity_changed, customer_changed (moved by customer_merge), '
    'duplicate (an import that customer_merge found twice); as consequences starts, ends, moved, ignored.';
COMMENT ON COLUMN offerengine.subscription_event.effective_on IS 'The day from which it counts; NULL: none.';
COMMENT ON COLUMN offerengine.subscription_event.channel IS 'checkout, backend, self_service, import or system.';
COMMENT ON COLUMN offerengine.subscription_event.detail IS 'What was before and after, and reasons.';
COMMENT ON COLUMN offerengine.subscription_event.recorded_by IS 'The role that acted.';
COMMENT ON COLUMN offerengine.subscription_event.acting_user IS 'offerengine.acting_user at that time; NULL: none was set.';
COMMENT ON COLUMN offerengine.subscription_event.recorded_at IS 'When it was recorded.';

CREATE TABLE offerengine.subscription_invoice (
    customer_reference text COLLATE "C" NOT NULL,
    subscription_id    uuid NOT NULL,
    period_start       date NOT NULL,
    invoice_reference  text COLLATE "C" NOT NULL,
    amount             bigint NOT NULL,
    quantity           integer NOT NULL CHECK (quantity >= 1),
    other_amount       bigint,
    marked_at          timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (customer_reference, subscription_id, period_start),
    CONSTRAINT subscription_invoice_total CHECK (amount::numeric * quantity <= 9223372036854775807),
    CONSTRAINT subscription_invoice_subscription FOREIGN KEY (customer_reference, subscription_id)
        REFERENCES offerengine.subscription
);
COMMENT ON TABLE offerengine.subscription_invoice IS 'Accounting periods that have been invoiced.';
COMMENT ON COLUMN offerengine.subscription_invoice.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.subscription_invoice.subscription_id IS 'The subscription.';
COMMENT ON COLUMN offerengine.subscription_invoice.period_start IS 'First day of the accounting period.';
COMMENT ON COLUMN offerengine.subscription_invoice.invoice_reference IS 'The invoice.';
COMMENT ON COLUMN offerengine.subscription_invoice.amount IS 'What a piece was invoiced with, in minor units.';
COMMENT ON COLUMN offerengine.subscription_invoice.quantity IS 'How many pieces were invoiced.';
COMMENT ON COLUMN offerengine.subscription_invoice.other_amount IS
    'What a piece cost in the other price mode; NULL: unknown.';
COMMENT ON COLUMN offerengine.subscription_invoice.marked_at IS 'When it was marked.';

CREATE TABLE offerengine.subscription_settlement (
    customer_reference text COLLATE "C" NOT NULL,
    subscription_id    uuid NOT NULL,
    period_start       date NOT NULL,
    invoice_reference  text COLLATE "C" NOT NULL,
    amount             bigint NOT NULL CHECK (amount <> 0),
    settled_at         timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (customer_reference, subscription_id, period_start, invoice_reference),
    CONSTRAINT subscription_settlement_invoice FOREIGN KEY (customer_reference, subscription_id, period_start)
        REFERENCES offerengine.subscription_invoice
);
COMMENT ON TABLE offerengine.subscription_settlement IS
    'Credit notes and further invoices by which an invoiced accounting period was settled.';
COMMENT ON COLUMN offerengine.subscription_settlement.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.subscription_settlement.subscription_id IS 'The subscription.';
COMMENT ON COLUMN offerengine.subscription_settlement.period_start IS 'First day of the accounting period.';
COMMENT ON COLUMN offerengine.subscription_settlement.invoice_reference IS 'The credit note or further invoice.';
COMMENT ON COLUMN offerengine.subscription_settlement.amount IS 'What it is over, in minor units; below 0: a credit note.';
COMMENT ON COLUMN offerengine.subscription_settlement.settled_at IS 'When it was booked.';

CREATE TABLE offerengine.order_line_invoice (
    customer_reference text COLLATE "C" NOT NULL,
    order_id           uuid NOT NULL,
    line_no            integer NOT NULL,
    invoice_reference  text COLLATE "C" NOT NULL,
    amount             bigint NOT NULL,
    quantity           integer NOT NULL CHECK (quantity >= 1),
    other_amount       bigint,
    line_amount        bigint NOT NULL CHECK (line_amount >= 0),
    marked_at          timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (customer_reference, order_id, line_no),
    CONSTRAINT order_line_invoice_line FOREIGN KEY (customer_reference, order_id, line_no) REFERENCES offerengine.order_line
);
COMMENT ON TABLE offerengine.order_line_invoice IS 'One-off lines of orders that have been invoiced.';
COMMENT ON COLUMN offerengine.order_line_invoice.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.order_line_invoice.order_id IS 'The order.';
COMMENT ON COLUMN offerengine.order_line_invoice.line_no IS 'Its line.';
COMMENT ON COLUMN offerengine.order_line_invoice.invoice_reference IS 'The invoice.';
COMMENT ON COLUMN offerengine.order_line_invoice.amount IS 'What a piece was invoiced with, in minor units.';
COMMENT ON COLUMN offerengine.order_line_invoice.quantity IS
    'How many pieces were invoiced: those that were neither cancelled nor returned by then.';
COMMENT ON COLUMN offerengine.order_line_invoice.other_amount IS 'What a piece cost in the other price mode; NULL: unknown.';
COMMENT ON COLUMN offerengine.order_line_invoice.line_amount IS 'What all these pieces were invoiced with, in minor units.';
COMMENT ON COLUMN offerengine.order_line_invoice.marked_at IS 'When it was marked.';

CREATE TABLE offerengine.order_line_settlement (
    customer_reference text COLLATE "C" NOT NULL,
    order_id           uuid NOT NULL,
    line_no            integer NOT NULL,
    invoice_reference  text COLLATE "C" NOT NULL,
    amount             bigint NOT NULL CHECK (amount <> 0),
    settled_at         timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (customer_reference, order_id, line_no, invoice_reference),
    CONSTRAINT order_line_settlement_invoice FOREIGN KEY (customer_reference, order_id, line_no)
        REFERENCES offerengine.order_line_invoice
);
COMMENT ON TABLE offerengine.order_line_settlement IS
    'Credit notes and further invoices by which an invoiced line was settled.';
COMMENT ON COLUMN offerengine.order_line_settlement.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.order_line_settlement.order_id IS 'The order.';
COMMENT ON COLUMN offerengine.order_line_settlement.line_no IS 'Its line.';
COMMENT ON COLUMN offerengine.order_line_settlement.invoice_reference IS 'The credit note or further invoice.';
COMMENT ON COLUMN offerengine.order_line_settlement.amount IS 'What it is over, in minor units; below 0: a credit note.';
COMMENT ON COLUMN offerengine.order_line_settlement.settled_at IS 'When it was booked.';

-- What may be a reference. Columns that refer to another table take what that table takes.
SELECT offerengine_internal.constrain('customer_timeline', '{customer_reference,merged_into}', NULL, NULL),
       offerengine_internal.constrain('sales_order', '{customer_reference,order_reference,external_system,external_reference}',
                                      NULL, NULL),
       offerengine_internal.constrain('order_event', '{customer_reference,action_key}', NULL, NULL),
       offerengine_internal.constrain('order_line', '{redirected_from}', NULL, NULL),
       offerengine_internal.constrain('subscription', '{customer_reference,external_system,external_reference}', NULL, NULL),
       offerengine_internal.constrain('subscription_event', '{customer_reference}', NULL, NULL),
       offerengine_internal.constrain('subscription_invoice', '{invoice_reference}', NULL, NULL),
       offerengine_internal.constrain('subscription_settlement', '{invoice_reference}', NULL, NULL),
       offerengine_internal.constrain('order_line_invoice', '{invoice_reference}', NULL, NULL),
       offerengine_internal.constrain('order_line_settlement', '{invoice_reference}', NULL, NULL);
