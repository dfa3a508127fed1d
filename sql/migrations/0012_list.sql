-- Lists: what a customer wants to remember, with the offer that was chosen and its merchant. Keyed like carts; a list never stands
-- in the way of the catalogue.

CREATE TABLE offerengine.customer_list (
    customer_reference text COLLATE "C" NOT NULL,
    list_id            uuid NOT NULL,
    kind               text COLLATE "C" NOT NULL CHECK (kind = ANY ('{wishlist,shopping_list}')),
    name               text NOT NULL CHECK (name <> ''),
    store_code         text COLLATE "C" REFERENCES offerengine.store,
    currency_code      text COLLATE "C" REFERENCES offerengine.currency,
    country_code       text COLLATE "C" REFERENCES offerengine.country,
    price_mode         text COLLATE "C" CHECK (price_mode = ANY ('{net,gross}')),
    buyer              text COLLATE "C",
    last_line_no       integer NOT NULL DEFAULT 0 CHECK (last_line_no >= 0),
    created_at         timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    changed_at         timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (customer_reference, list_id)
);
COMMENT ON TABLE offerengine.customer_list IS 'Lists of customers: what they wish for, and what they buy again and again.';
COMMENT ON COLUMN offerengine.customer_list.customer_reference IS 'The customer, or guest.';
COMMENT ON COLUMN offerengine.customer_list.list_id IS 'Id, given by the caller or minted as UUIDv7.';
COMMENT ON COLUMN offerengine.customer_list.kind IS 'wishlist or shopping_list: where an application shows it.';
COMMENT ON COLUMN offerengine.customer_list.name IS 'Its name, as the customer has chosen it.';
COMMENT ON COLUMN offerengine.customer_list.store_code IS
    'The store in which its offers are shown and priced; NULL: of no store, as list_items() tells.';
COMMENT ON COLUMN offerengine.customer_list.currency_code IS 'Currency of its prices; NULL: the first one of the store.';
COMMENT ON COLUMN offerengine.customer_list.country_code IS
    'Country for its prices, ISO 3166-1 alpha-2; NULL: that of the store.';
COMMENT ON COLUMN offerengine.customer_list.price_mode IS
    'net or gross: what its prices are; NULL: gross, or as the cart that it is shown beside.';
COMMENT ON COLUMN offerengine.customer_list.buyer IS 'Whose contract prices count; NULL: nobody''s.';
COMMENT ON COLUMN offerengine.customer_list.last_line_no IS 'The last number that was given to a line; none is given twice.';
COMMENT ON COLUMN offerengine.customer_list.created_at IS 'When it was made.';
COMMENT ON COLUMN offerengine.customer_list.changed_at IS 'When anything of it was changed last.';

CREATE TABLE offerengine.customer_list_line (
    customer_reference text COLLATE "C" NOT NULL,
    list_id            uuid NOT NULL,
    line_no            integer NOT NULL CHECK (line_no >= 1),
    offer_reference    text COLLATE "C" NOT NULL,
    sku                text COLLATE "C" NOT NULL,
    merchant_reference text COLLATE "C" NOT NULL,
    quantity           integer NOT NULL CHECK (quantity >= 1),
    note               text CHECK (pg_catalog.char_length(note) BETWEEN 1 AND 1000),
    added_at           timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (customer_reference, list_id, line_no),
    CONSTRAINT customer_list_line_list FOREIGN KEY (customer_reference, list_id) REFERENCES offerengine.customer_list
);
COMMENT ON TABLE offerengine.customer_list_line IS
    'Lines of lists: so many pieces of an offer, with what the customer says of them. The same offer with the same note is one '
    'line. It stays when the offer is hidden or gone.';
COMMENT ON COLUMN offerengine.customer_list_line.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.customer_list_line.list_id IS 'The list.';
COMMENT ON COLUMN offerengine.customer_list_line.line_no IS 'Number of the line.';
COMMENT ON COLUMN offerengine.customer_list_line.offer_reference IS 'The offer.';
COMMENT ON COLUMN offerengine.customer_list_line.sku IS 'What it offered when it was added: told when the offer is gone.';
COMMENT ON COLUMN offerengine.customer_list_line.merchant_reference IS
    'Whose offer it was when it was added: told when the offer is gone.';
COMMENT ON COLUMN offerengine.customer_list_line.quantity IS 'Pieces.';
COMMENT ON COLUMN offerengine.customer_list_line.note IS 'Note of the customer; NULL: none.';
COMMENT ON COLUMN offerengine.customer_list_line.added_at IS 'When it was put in.';

CREATE TABLE offerengine.customer_list_key (
    customer_reference text COLLATE "C" NOT NULL,
    list_id            uuid NOT NULL,
    line_key           text COLLATE "C" NOT NULL,
    line_no            integer NOT NULL,
    asked              jsonb NOT NULL,
    PRIMARY KEY (customer_reference, list_id, line_key),
    CONSTRAINT customer_list_key_list FOREIGN KEY (customer_reference, list_id) REFERENCES offerengine.customer_list
);
COMMENT ON TABLE offerengine.customer_list_key IS
    'Keys under which something was put into a list: the same once more adds nothing.';
COMMENT ON COLUMN offerengine.customer_list_key.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.customer_list_key.list_id IS 'The list.';
COMMENT ON COLUMN offerengine.customer_list_key.line_key IS 'The key, as the caller has chosen it.';
COMMENT ON COLUMN offerengine.customer_list_key.line_no IS 'The line to which it was added, which may be gone since.';
COMMENT ON COLUMN offerengine.customer_list_key.asked IS 'What was added: offer or SKU, quantity and note.';

SELECT offerengine_internal.constrain('customer_list', '{customer_reference,buyer}', '{name}', NULL),
       offerengine_internal.constrain('customer_list_line', '{customer_reference,offer_reference,sku,merchant_reference}', NULL,
                                      NULL),
       offerengine_internal.constrain('customer_list_key', '{customer_reference,line_key}', NULL, NULL);
