-- Carts: what a customer is about to buy. Every key starts with the customer, ids are UUIDs, so that these tables can be sharded by
-- customer. An offer is named by its reference, as the customer has put it in: a cart never stands in the way of the catalogue.

CREATE TABLE offerengine.cart (
    customer_reference text COLLATE "C" NOT NULL,
    cart_id            uuid NOT NULL,
    store_code         text COLLATE "C" NOT NULL REFERENCES offerengine.store,
    currency_code      text COLLATE "C" NOT NULL REFERENCES offerengine.currency,
    country_code       text COLLATE "C" REFERENCES offerengine.country,
    price_mode         text COLLATE "C" NOT NULL CHECK (price_mode = ANY ('{net,gross}')),
    buyer              text COLLATE "C",
    last_line_no       integer NOT NULL DEFAULT 0 CHECK (last_line_no >= 0),
    order_id           uuid,
    ordered_at         timestamptz,
    merged_into        uuid,
    created_at         timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    changed_at         timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (customer_reference, cart_id),
    CONSTRAINT cart_ordered CHECK (ordered_at IS NULL OR order_id IS NOT NULL),
    CONSTRAINT cart_merged CHECK (merged_into IS NULL OR ordered_at IS NULL)
);
CREATE UNIQUE INDEX cart_order ON offerengine.cart (customer_reference, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX cart_changed ON offerengine.cart (changed_at);
COMMENT ON TABLE offerengine.cart IS
    'Carts. One that has become an order, or part of another cart, stays for a while without lines, so that who asks again is '
    'answered; cart_expire() removes what nobody has touched for long.';
COMMENT ON COLUMN offerengine.cart.customer_reference IS 'The customer, or guest.';
COMMENT ON COLUMN offerengine.cart.cart_id IS 'Id, given by the caller or minted as UUIDv7.';
COMMENT ON COLUMN offerengine.cart.store_code IS 'The store in which it is bought.';
COMMENT ON COLUMN offerengine.cart.currency_code IS 'Currency of its amounts.';
COMMENT ON COLUMN offerengine.cart.country_code IS 'Country for its prices, ISO 3166-1 alpha-2; NULL: that of the store.';
COMMENT ON COLUMN offerengine.cart.price_mode IS 'net or gross: what its amounts are.';
COMMENT ON COLUMN offerengine.cart.buyer IS 'Whose contract prices count; NULL: nobody''s.';
COMMENT ON COLUMN offerengine.cart.last_line_no IS 'The last number that was given to a line; none is given twice.';
COMMENT ON COLUMN offerengine.cart.order_id IS
    'The order that it is to become, from its first hold on, or has become; NULL: none yet. A cart becomes this one, ever.';
COMMENT ON COLUMN offerengine.cart.ordered_at IS 'When it became an order; NULL: it has not.';
COMMENT ON COLUMN offerengine.cart.merged_into IS
    'The cart that its lines went to, of the same customer or of the one whom the customer has become since; NULL: none.';
COMMENT ON COLUMN offerengine.cart.created_at IS 'When it was made.';
COMMENT ON COLUMN offerengine.cart.changed_at IS 'When anything of it was changed last.';

CREATE TABLE offerengine.cart_line (
    customer_reference text COLLATE "C" NOT NULL,
    cart_id            uuid NOT NULL,
    line_no            integer NOT NULL CHECK (line_no >= 1),
    offer_reference    text COLLATE "C" NOT NULL,
    quantity           integer NOT NULL CHECK (quantity >= 1),
    note               text CHECK (pg_catalog.char_length(note) BETWEEN 1 AND 1000),
    starts_on          date CHECK (pg_catalog.isfinite(starts_on)),
    PRIMARY KEY (customer_reference, cart_id, line_no),
    CONSTRAINT cart_line_cart FOREIGN KEY (customer_reference, cart_id) REFERENCES offerengine.cart
);
COMMENT ON TABLE offerengine.cart_line IS
    'Lines of carts: so many pieces of an offer, with what the customer says of them. The same offer with the same note from the '
    'same day on is one line.';
COMMENT ON COLUMN offerengine.cart_line.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.cart_line.cart_id IS 'The cart.';
COMMENT ON COLUMN offerengine.cart_line.line_no IS 'Number of the line, also in the order that the cart becomes.';
COMMENT ON COLUMN offerengine.cart_line.offer_reference IS 'The offer that was put in; sales rules may sell another instead.';
COMMENT ON COLUMN offerengine.cart_line.quantity IS 'Pieces.';
COMMENT ON COLUMN offerengine.cart_line.note IS 'Note of the customer, an engraving, say; NULL: none.';
COMMENT ON COLUMN offerengine.cart_line.starts_on IS
    'First day of a subscription or time pass; NULL, or past when it is bought: the day on which that is.';

CREATE TABLE offerengine.cart_key (
    customer_reference text COLLATE "C" NOT NULL,
    cart_id            uuid NOT NULL,
    line_key           text COLLATE "C" NOT NULL,
    line_no            integer,
    asked              jsonb NOT NULL,
    answer             jsonb,
    PRIMARY KEY (customer_reference, cart_id, line_key),
    CONSTRAINT cart_key_cart FOREIGN KEY (customer_reference, cart_id) REFERENCES offerengine.cart,
    CONSTRAINT cart_key_answer CHECK ((line_no IS NULL) <> (answer IS NULL))
);
COMMENT ON TABLE offerengine.cart_key IS 'Keys under which something was put into a cart: the same once more adds nothing.';
COMMENT ON COLUMN offerengine.cart_key.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.cart_key.cart_id IS 'The cart.';
COMMENT ON COLUMN offerengine.cart_key.line_key IS 'The key, as the caller has chosen it.';
COMMENT ON COLUMN offerengine.cart_key.line_no IS
    'The line to which it was added, which may be gone since; NULL: several at once.';
COMMENT ON COLUMN offerengine.cart_key.asked IS
    'What was added: offer, quantity, note and first day; or the list, the order or the items.';
COMMENT ON COLUMN offerengine.cart_key.answer IS 'What was answered of several at once; NULL: one line.';

CREATE TABLE offerengine.cart_hold (
    customer_reference text COLLATE "C" NOT NULL,
    cart_id            uuid NOT NULL,
    first_held_at      timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL,
    fixed_at           timestamptz,
    amount             bigint CHECK (amount >= 0),
    PRIMARY KEY (customer_reference, cart_id),
    CONSTRAINT cart_hold_cart FOREIGN KEY (customer_reference, cart_id) REFERENCES offerengine.cart,
    CONSTRAINT cart_hold_fixed CHECK ((fixed_at IS NULL) = (amount IS NULL))
);
COMMENT ON TABLE offerengine.cart_hold IS
    'The hold of a cart: until when its pieces are reserved, and what it was fixed at. It ends by itself at expires_at; the row '
    'may stay.';
COMMENT ON COLUMN offerengine.cart_hold.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.cart_hold.cart_id IS 'The cart.';
COMMENT ON COLUMN offerengine.cart_hold.first_held_at IS
    'When the first hold began of those that followed one another without an end between them.';
COMMENT ON COLUMN offerengine.cart_hold.expires_at IS 'The instant from which on nothing is held or fixed.';
COMMENT ON COLUMN offerengine.cart_hold.fixed_at IS
    'The instant as of which prices, redirects and visibility count (lines in cart_hold_line); NULL: the cart was changed since.';
COMMENT ON COLUMN offerengine.cart_hold.amount IS 'What a checkout within the hold costs, in minor units; NULL with fixed_at.';

CREATE TABLE offerengine.cart_hold_line (
    customer_reference text COLLATE "C" NOT NULL,
    cart_id            uuid NOT NULL,
    line_no            integer NOT NULL,
    offer_id           bigint NOT NULL,
    unit_amount        bigint NOT NULL CHECK (unit_amount >= 0),
    other_amount       bigint CHECK (other_amount >= 0),
    price_id           bigint,
    price_source       text COLLATE "C" NOT NULL
                       CHECK (price_source = ANY ('{offer,product,abstract_product,price_sheet}')),
    sales_rule_id      bigint,
    is_matched         boolean NOT NULL,
    message            text,
    step_amounts       bigint[],
    other_step_amounts bigint[],
    PRIMARY KEY (customer_reference, cart_id, line_no),
    CONSTRAINT cart_hold_line_hold FOREIGN KEY (customer_reference, cart_id) REFERENCES offerengine.cart_hold,
    CONSTRAINT cart_hold_line_matched CHECK (NOT is_matched OR sales_rule_id IS NOT NULL)
);
COMMENT ON TABLE offerengine.cart_hold_line IS 'What the lines of a held cart were fixed at.';
COMMENT ON COLUMN offerengine.cart_hold_line.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.cart_hold_line.cart_id IS 'The cart.';
COMMENT ON COLUMN offerengine.cart_hold_line.line_no IS 'The line.';
COMMENT ON COLUMN offerengine.cart_hold_line.offer_id IS 'The offer that is sold.';
COMMENT ON COLUMN offerengine.cart_hold_line.unit_amount IS 'What a piece of it costs, in minor units.';
COMMENT ON COLUMN offerengine.cart_hold_line.other_amount IS
    'What the same row asks in the other price mode, in minor units; NULL: nothing.';
COMMENT ON COLUMN offerengine.cart_hold_line.price_id IS
    'The row that the price comes from: of price, or of price_sheet_price where price_source says so.';
COMMENT ON COLUMN offerengine.cart_hold_line.price_source IS 'offer, product, abstract_product or price_sheet.';
COMMENT ON COLUMN offerengine.cart_hold_line.sales_rule_id IS 'The rule that chose the offer; NULL: none.';
COMMENT ON COLUMN offerengine.cart_hold_line.is_matched IS 'Whether it is the advantage of the rule.';
COMMENT ON COLUMN offerengine.cart_hold_line.message IS 'What the rule tells the customer.';
COMMENT ON COLUMN offerengine.cart_hold_line.step_amounts IS
    'Of a subscription: what a piece costs in each of its steps, in minor units, the first one first; NULL: no subscription.';
COMMENT ON COLUMN offerengine.cart_hold_line.other_step_amounts IS 'The same in the other price mode.';

SELECT offerengine_internal.constrain('cart', '{customer_reference,buyer}', NULL, NULL),
       offerengine_internal.constrain('cart_line', '{customer_reference,offer_reference}', NULL, NULL),
       offerengine_internal.constrain('cart_key', '{customer_reference,line_key}', NULL, NULL),
       offerengine_internal.constrain('cart_hold', '{customer_reference}', NULL, NULL),
       offerengine_internal.constrain('cart_hold_line', '{customer_reference}', NULL, NULL);
