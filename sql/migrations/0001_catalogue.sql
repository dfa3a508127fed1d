-- The catalogue: stores and currencies, merchants, products, offers and where they are sold, prices and their past.
-- Amounts are in minor units of the currency; validity is half-open [valid_from, valid_to).

CREATE TABLE offerengine.currency (
    currency_code text COLLATE "C" PRIMARY KEY CHECK (currency_code ~ '^[A-Z]{3}$'),
    exponent      integer NOT NULL CHECK (exponent BETWEEN 0 AND 4),
    name          text NOT NULL,
    minor_unit    numeric
                  GENERATED ALWAYS AS (pg_catalog.round(pg_catalog.power(10::numeric, -exponent), exponent)) STORED
);
COMMENT ON TABLE offerengine.currency IS 'Currencies of ISO 4217.';
COMMENT ON COLUMN offerengine.currency.currency_code IS 'ISO 4217 code, three capital letters.';
COMMENT ON COLUMN offerengine.currency.exponent IS
    'Digits of the minor unit: 2 for EUR, so 1099 is 10.99; 0 for JPY, 3 for KWD.';
COMMENT ON COLUMN offerengine.currency.name IS 'English name of the currency.';
COMMENT ON COLUMN offerengine.currency.minor_unit IS
    'What a minor unit is worth, with the digits of the currency: 0.01 for EUR. An amount times this is its value.';

CREATE TABLE offerengine.country (
    country_code text COLLATE "C" PRIMARY KEY CHECK (country_code ~ '^[A-Z]{2}$'),
    name         text NOT NULL,
    eu_from      date,
    eu_to        date,
    CONSTRAINT country_eu CHECK (eu_from < eu_to)
);
COMMENT ON TABLE offerengine.country IS 'Countries of ISO 3166-1: what a function takes as a country.';
COMMENT ON COLUMN offerengine.country.country_code IS 'ISO 3166-1 alpha-2 code, two capital letters.';
COMMENT ON COLUMN offerengine.country.name IS 'English short name of the country.';
COMMENT ON COLUMN offerengine.country.eu_from IS 'First day as a member of the European Union; NULL: never was one.';
COMMENT ON COLUMN offerengine.country.eu_to IS 'First day on which it was one no longer; NULL: still is one, or never was.';

CREATE TABLE offerengine.store (
    store_code            text COLLATE "C" PRIMARY KEY,
    name                  text NOT NULL,
    time_zone             text NOT NULL DEFAULT 'UTC',
    default_country       text COLLATE "C" REFERENCES offerengine.country,
    price_inheritance     text COLLATE "C" NOT NULL DEFAULT 'all_or_nothing'
                          CHECK (price_inheritance IN ('all_or_nothing', 'per_type')),
    contract_price_policy text COLLATE "C" NOT NULL DEFAULT 'contract_first'
                          CHECK (contract_price_policy IN ('contract_first', 'lowest', 'offer_first')),
    contract_scope        text COLLATE "C" NOT NULL DEFAULT 'own_merchant'
                          CHECK (contract_scope IN ('own_merchant', 'any_merchant')),
    max_hold              interval NOT NULL DEFAULT '30 minutes' CHECK (max_hold > '0')
);
COMMENT ON TABLE offerengine.store IS 'Stores (sales channels) and how prices are resolved in them.';
COMMENT ON COLUMN offerengine.store.store_code IS 'Code by which functions name the store.';
COMMENT ON COLUMN offerengine.store.name IS 'Name for people.';
COMMENT ON COLUMN offerengine.store.time_zone IS 'A name in pg_timezone_names; dates of subscriptions are dates in this zone.';
COMMENT ON COLUMN offerengine.store.default_country IS
    'ISO 3166-1 alpha-2 code of the country assumed when a question names none; NULL: none.';
COMMENT ON COLUMN offerengine.store.price_inheritance IS
    'all_or_nothing: an offer with any own price takes no price of its product; per_type: it lacks only the types and modes '
    'it has.';
COMMENT ON COLUMN offerengine.store.contract_price_policy IS
    'contract_first: a contract price hides default prices; lowest: the lower of the two; offer_first: an offer''s own '
    'default price beats contracts.';
COMMENT ON COLUMN offerengine.store.contract_scope IS
    'own_merchant: contract prices count on offers of the contract''s merchant only; any_merchant: on every offer.';
COMMENT ON COLUMN offerengine.store.max_hold IS
    'How long a storefront may hold a cart, counted from the first of its holds that follow one another; also how long a cart is '
    'held where nobody says until when.';

CREATE TABLE offerengine.store_currency (
    store_code    text COLLATE "C" NOT NULL REFERENCES offerengine.store,
    currency_code text COLLATE "C" NOT NULL REFERENCES offerengine.currency,
    is_default    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (store_code, currency_code)
);
CREATE UNIQUE INDEX store_currency_one_default ON offerengine.store_currency (store_code) WHERE is_default;
CREATE INDEX store_currency_currency ON offerengine.store_currency (currency_code);
COMMENT ON TABLE offerengine.store_currency IS 'Currencies that a store carries; one of them may be its default.';
COMMENT ON COLUMN offerengine.store_currency.store_code IS 'The store.';
COMMENT ON COLUMN offerengine.store_currency.currency_code IS 'The currency.';
COMMENT ON COLUMN offerengine.store_currency.is_default IS 'The store''s default currency; at most one a store.';

CREATE TABLE offerengine.merchant (
    merchant_id          bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    merchant_reference   text COLLATE "C" NOT NULL UNIQUE,
    name                 text NOT NULL,
    description          text,
    url                  text,
    approval_status      text COLLATE "C" NOT NULL DEFAULT 'waiting_for_approval'
                         CHECK (approval_status IN ('waiting_for_approval', 'approved', 'denied')),
    is_active            boolean NOT NULL DEFAULT true,
    reapprove_on_change  boolean NOT NULL DEFAULT false,
    four_eyes            boolean NOT NULL DEFAULT false,
    price_review_percent numeric CHECK (price_review_percent >= 0 AND price_review_percent < 'Infinity'),
    stock_means          text COLLATE "C" NOT NULL DEFAULT 'on_shelf' CHECK (stock_means IN ('on_shelf', 'free')),
    created_by           text NOT NULL DEFAULT CURRENT_USER,
    created_at           timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at           timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE offerengine.merchant IS 'Merchants, who offer products.';
COMMENT ON COLUMN offerengine.merchant.merchant_id IS 'Internal id.';
COMMENT ON COLUMN offerengine.merchant.merchant_reference IS 'Reference by which functions name the merchant.';
COMMENT ON COLUMN offerengine.merchant.name IS 'Name shown to shoppers.';
COMMENT ON COLUMN offerengine.merchant.description IS 'Description of the merchant''s profile.';
COMMENT ON COLUMN offerengine.merchant.url IS 'Address of the merchant''s profile page.';
COMMENT ON COLUMN offerengine.merchant.approval_status IS
    'waiting_for_approval, approved or denied; moved by approve_merchant and deny_merchant.';
COMMENT ON COLUMN offerengine.merchant.is_active IS
    'False hides all offers of the merchant at commit; moved by suspend_merchant and reinstate_merchant.';
COMMENT ON COLUMN offerengine.merchant.reapprove_on_change IS
    'The merchant''s own change to price, title, validity or stores of an approved offer sends it back to waiting_for_approval.';
COMMENT ON COLUMN offerengine.merchant.four_eyes IS 'Who created an offer cannot approve it.';
COMMENT ON COLUMN offerengine.merchant.price_review_percent IS
    'With reapprove_on_change, a price change up to this many percent needs no new approval; NULL: every change does.';
COMMENT ON COLUMN offerengine.merchant.stock_means IS
    'What its counts of stock say: on_shelf, all that lies there; free: its own system has taken confirmed orders off already.';
COMMENT ON COLUMN offerengine.merchant.created_by IS 'The role that created the merchant.';
COMMENT ON COLUMN offerengine.merchant.created_at IS 'When the row was made.';
COMMENT ON COLUMN offerengine.merchant.updated_at IS 'When the row was changed last.';

CREATE TABLE offerengine.merchant_store (
    merchant_id bigint NOT NULL REFERENCES offerengine.merchant,
    store_code  text COLLATE "C" NOT NULL REFERENCES offerengine.store,
    PRIMARY KEY (merchant_id, store_code)
);
CREATE INDEX merchant_store_store ON offerengine.merchant_store (store_code);
COMMENT ON TABLE offerengine.merchant_store IS
    'Stores that a merchant''s warehouses deliver to; plays no part in visibility.';
COMMENT ON COLUMN offerengine.merchant_store.merchant_id IS 'The merchant.';
COMMENT ON COLUMN offerengine.merchant_store.store_code IS 'The store.';

CREATE TABLE offerengine.abstract_product (
    abstract_product_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    abstract_sku        text COLLATE "C" NOT NULL UNIQUE,
    name                text
);
COMMENT ON TABLE offerengine.abstract_product IS 'Abstract products: what the variants of a product have in common.';
COMMENT ON COLUMN offerengine.abstract_product.abstract_product_id IS 'Internal id.';
COMMENT ON COLUMN offerengine.abstract_product.abstract_sku IS 'Stock keeping unit of the abstract product.';
COMMENT ON COLUMN offerengine.abstract_product.name IS 'Name for people.';

CREATE TABLE offerengine.abstract_product_store (
    abstract_product_id bigint NOT NULL REFERENCES offerengine.abstract_product,
    store_code          text COLLATE "C" NOT NULL REFERENCES offerengine.store,
    PRIMARY KEY (abstract_product_id, store_code)
);
CREATE INDEX abstract_product_store_store ON offerengine.abstract_product_store (store_code);
COMMENT ON TABLE offerengine.abstract_product_store IS
    'Stores in which an abstract product, and so its products'' offers, may be shown.';
COMMENT ON COLUMN offerengine.abstract_product_store.abstract_product_id IS 'The abstract product.';
COMMENT ON COLUMN offerengine.abstract_product_store.store_code IS 'The store.';

CREATE TABLE offerengine.product (
    product_id          bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    sku                 text COLLATE "C" NOT NULL UNIQUE,
    abstract_product_id bigint NOT NULL REFERENCES offerengine.abstract_product,
    name                text,
    is_active           boolean NOT NULL DEFAULT true,
    valid_from          timestamptz NOT NULL DEFAULT '-infinity',
    valid_to            timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT product_validity CHECK (valid_from < valid_to)
);
CREATE INDEX product_abstract_product ON offerengine.product (abstract_product_id);
COMMENT ON TABLE offerengine.product IS 'Concrete products: what an offer sells.';
COMMENT ON COLUMN offerengine.product.product_id IS 'Internal id.';
COMMENT ON COLUMN offerengine.product.sku IS 'Stock keeping unit; never changes.';
COMMENT ON COLUMN offerengine.product.abstract_product_id IS 'The abstract product it is a variant of.';
COMMENT ON COLUMN offerengine.product.name IS 'Name for people; searched by search_offers.';
COMMENT ON COLUMN offerengine.product.is_active IS 'False hides every offer of the product.';
COMMENT ON COLUMN offerengine.product.valid_from IS 'First instant at which offers of the product may be shown.';
COMMENT ON COLUMN offerengine.product.valid_to IS 'First instant at which they may be shown no longer.';

CREATE TABLE offerengine.offer (
    offer_id               bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    offer_reference        text COLLATE "C" NOT NULL UNIQUE,
    product_id             bigint NOT NULL REFERENCES offerengine.product,
    merchant_id            bigint NOT NULL REFERENCES offerengine.merchant,
    merchant_sku           text COLLATE "C",
    title                  text,
    offer_type             text COLLATE "C" NOT NULL DEFAULT 'product'
                           CHECK (offer_type IN ('product', 'time_pass', 'subscription', 'credit', 'add_on', 'gift_voucher')),
    management             text COLLATE "C" NOT NULL DEFAULT 'standard'
                           CHECK (management IN ('standard', 'externally_managed', 'externally_invoiced')),
    approval_status        text COLLATE "C" NOT NULL DEFAULT 'waiting_for_approval'
                           CHECK (approval_status IN ('waiting_for_approval', 'approved', 'denied')),
    is_active              boolean NOT NULL DEFAULT true,
    valid_from             timestamptz NOT NULL DEFAULT '-infinity',
    valid_to               timestamptz NOT NULL DEFAULT 'infinity',
    price_sheet_id         bigint,
    pass_duration          interval,
    is_shipped             boolean,
    order_minimum          integer CHECK (order_minimum >= 1),
    order_step             integer CHECK (order_step >= 1),
    order_maximum          integer CHECK (order_maximum >= 1),
    customer_limit         integer CHECK (customer_limit >= 1),
    customer_limit_counts  text COLLATE "C" NOT NULL DEFAULT 'ever' CHECK (customer_limit_counts IN ('ever', 'running')),
    version                integer NOT NULL DEFAULT 1,
    created_by             text NOT NULL DEFAULT CURRENT_USER,
    created_by_acting_user text,
    created_at             timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at             timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT offer_validity CHECK (valid_from < valid_to),
    CONSTRAINT offer_pass_duration CHECK (
        pass_duration IS NULL
        OR (offer_type = 'time_pass'
            AND pg_catalog.isfinite(pass_duration) AND pass_duration > '0'
            AND pg_catalog.date_trunc('day', pass_duration) = pass_duration
            AND LEAST(EXTRACT(year FROM pass_duration), EXTRACT(month FROM pass_duration), EXTRACT(day FROM pass_duration)) >= 0)),
    CONSTRAINT offer_order_quantity CHECK (order_minimum <= order_maximum),
    CONSTRAINT offer_order_step CHECK (order_minimum IS NOT NULL OR order_step <= order_maximum),
    CONSTRAINT offer_customer_limit CHECK (customer_limit_counts = 'ever' OR offer_type = 'subscription'),
    CONSTRAINT offer_merchant_sku UNIQUE (merchant_id, merchant_sku),
    CONSTRAINT offer_product UNIQUE (product_id, offer_id)
) WITH (fillfactor = 90);
CREATE INDEX offer_undecided ON offerengine.offer (approval_status, offer_id) WHERE approval_status <> 'approved';
COMMENT ON TABLE offerengine.offer IS 'Offers: one merchant sells one product.';
COMMENT ON COLUMN offerengine.offer.offer_id IS 'Internal id.';
COMMENT ON COLUMN offerengine.offer.offer_reference IS
    'Reference by which functions name the offer; given once, never changed; left out it becomes offer<id>.';
COMMENT ON COLUMN offerengine.offer.product_id IS 'The product; never changes.';
COMMENT ON COLUMN offerengine.offer.merchant_id IS 'The merchant; never changes.';
COMMENT ON COLUMN offerengine.offer.merchant_sku IS
    'The merchant''s own stock keeping unit, unique per merchant; not shown to shoppers.';
COMMENT ON COLUMN offerengine.offer.title IS 'Title shown to shoppers; NULL: the product''s name speaks.';
COMMENT ON COLUMN offerengine.offer.offer_type IS 'product, time_pass, subscription, credit, add_on or gift_voucher.';
COMMENT ON COLUMN offerengine.offer.management IS
    'standard, externally_managed or externally_invoiced: who runs sale and billing; fixed at the first approval.';
COMMENT ON COLUMN offerengine.offer.approval_status IS 'waiting_for_approval, approved or denied; moved by the operator only.';
COMMENT ON COLUMN offerengine.offer.is_active IS 'False hides the offer, also inside its validity; moved by merchant and operator.';
COMMENT ON COLUMN offerengine.offer.valid_from IS 'First instant at which the offer may be shown.';
COMMENT ON COLUMN offerengine.offer.valid_to IS 'First instant at which it may be shown no longer.';
COMMENT ON COLUMN offerengine.offer.price_sheet_id IS
    'Price sheet that prices the offer instead of price rows; NULL for a subscription, which its contracts'' sheets price.';
COMMENT ON COLUMN offerengine.offer.pass_duration IS
    'How long a time pass runs from its first day: years, months and days. NULL: no time pass, or one that has no end.';
COMMENT ON COLUMN offerengine.offer.is_shipped IS 'Whether it is delivered as a parcel; NULL: a product is, nothing else.';
COMMENT ON COLUMN offerengine.offer.order_minimum IS 'Fewest pieces that an order can have of it; NULL: order_step, else one.';
COMMENT ON COLUMN offerengine.offer.order_step IS
    'An order has order_minimum pieces and so many times order_step more; NULL: any number more.';
COMMENT ON COLUMN offerengine.offer.order_maximum IS 'Most pieces that an order can have of it; NULL: any number.';
COMMENT ON COLUMN offerengine.offer.customer_limit IS
    'Most pieces that a customer can have of it, as customer_limit_counts; NULL: any number.';
COMMENT ON COLUMN offerengine.offer.customer_limit_counts IS
    'ever: pieces bought and not cancelled or returned; running: of a subscription, pieces that run at once.';
COMMENT ON COLUMN offerengine.offer.version IS
    'Counts the changes of the offer, its own prices, its stores and its steps; set by trigger.';
COMMENT ON COLUMN offerengine.offer.created_by IS 'The role that created the offer; set by trigger.';
COMMENT ON COLUMN offerengine.offer.created_by_acting_user IS 'offerengine.acting_user at that time; NULL: none was set.';
COMMENT ON COLUMN offerengine.offer.created_at IS 'When the offer was created; set by trigger.';
COMMENT ON COLUMN offerengine.offer.updated_at IS 'When offer, own prices or stores changed last; set by trigger.';

CREATE TABLE offerengine.offer_store (
    offer_id            bigint NOT NULL REFERENCES offerengine.offer,
    store_code          text COLLATE "C" NOT NULL REFERENCES offerengine.store,
    shown_from          timestamptz NOT NULL DEFAULT 'infinity',
    shown_to            timestamptz NOT NULL DEFAULT '-infinity',
    product_id          bigint NOT NULL DEFAULT 0,
    abstract_product_id bigint NOT NULL DEFAULT 0,
    merchant_id         bigint NOT NULL DEFAULT 0,
    sku                 text COLLATE "C" NOT NULL DEFAULT '',
    offer_reference     text COLLATE "C" NOT NULL DEFAULT '',
    title               text,
    offer_type          text COLLATE "C" NOT NULL DEFAULT '',
    management          text COLLATE "C" NOT NULL DEFAULT '',
    price_sheet_id      bigint,
    PRIMARY KEY (offer_id, store_code)
) WITH (fillfactor = 90);
CREATE INDEX offer_store_reference ON offerengine.offer_store (offer_reference, store_code);
CREATE INDEX offer_store_sku ON offerengine.offer_store (sku, store_code)
    INCLUDE (offer_id, shown_from, shown_to, product_id, abstract_product_id, merchant_id, price_sheet_id, offer_reference, title,
             offer_type, management);
CREATE INDEX offer_store_store ON offerengine.offer_store (store_code);
COMMENT ON TABLE offerengine.offer_store IS
    'Stores in which an offer is sold, with a projection of what listing needs. Only offer_id and store_code are for writers; '
    'the rest is overwritten by triggers of offer, offer_store, offer_step, product, product_contract and '
    'abstract_product_store.';
COMMENT ON COLUMN offerengine.offer_store.offer_id IS 'The offer.';
COMMENT ON COLUMN offerengine.offer_store.store_code IS 'The store.';
COMMENT ON COLUMN offerengine.offer_store.shown_from IS
    'First instant at which the offer is shown, its merchant permitting: the later start of the offer''s and the product''s '
    'validity. infinity (and shown_to -infinity) when it is never shown: offer not approved or not active, product not '
    'active, abstract product not in the store, or windows that do not meet.';
COMMENT ON COLUMN offerengine.offer_store.shown_to IS 'First instant at which the offer is shown no longer: the earlier end.';
COMMENT ON COLUMN offerengine.offer_store.product_id IS 'offer.product_id.';
COMMENT ON COLUMN offerengine.offer_store.abstract_product_id IS 'product.abstract_product_id.';
COMMENT ON COLUMN offerengine.offer_store.merchant_id IS 'offer.merchant_id.';
COMMENT ON COLUMN offerengine.offer_store.sku IS 'product.sku.';
COMMENT ON COLUMN offerengine.offer_store.offer_reference IS 'offer.offer_reference.';
COMMENT ON COLUMN offerengine.offer_store.title IS 'offer.title, else product.name.';
COMMENT ON COLUMN offerengine.offer_store.offer_type IS 'offer.offer_type.';
COMMENT ON COLUMN offerengine.offer_store.management IS 'offer.management.';
COMMENT ON COLUMN offerengine.offer_store.price_sheet_id IS
    'The price sheet that prices the offer: of a subscription that of its first step''s contract, else offer.price_sheet_id.';

CREATE TABLE offerengine.price_type (
    price_type text COLLATE "C" PRIMARY KEY,
    name       text NOT NULL
);
COMMENT ON TABLE offerengine.price_type IS 'Kinds of prices.';
COMMENT ON COLUMN offerengine.price_type.price_type IS 'Code: DEFAULT is the sales price, ORIGINAL the struck-through price.';
COMMENT ON COLUMN offerengine.price_type.name IS 'Name for people.';
INSERT INTO offerengine.price_type VALUES ('DEFAULT', 'Sales price'), ('ORIGINAL', 'Struck-through price');

CREATE TABLE offerengine.merchant_relationship (
    merchant_relationship_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    relationship_key         text COLLATE "C" NOT NULL UNIQUE,
    merchant_id              bigint NOT NULL REFERENCES offerengine.merchant,
    CONSTRAINT merchant_relationship_of_merchant UNIQUE (merchant_relationship_id, merchant_id)
);
CREATE INDEX merchant_relationship_merchant ON offerengine.merchant_relationship (merchant_id);
COMMENT ON TABLE offerengine.merchant_relationship IS 'Contracts between a merchant and buyers; prices may belong to one.';
COMMENT ON COLUMN offerengine.merchant_relationship.merchant_relationship_id IS 'Internal id.';
COMMENT ON COLUMN offerengine.merchant_relationship.relationship_key IS 'Key by which functions name the relationship.';
COMMENT ON COLUMN offerengine.merchant_relationship.merchant_id IS 'The merchant.';

CREATE TABLE offerengine.merchant_relationship_assignee (
    merchant_relationship_id bigint NOT NULL,
    buyer                    text COLLATE "C" NOT NULL,
    merchant_id              bigint NOT NULL,
    PRIMARY KEY (merchant_relationship_id, buyer),
    CONSTRAINT merchant_relationship_assignee_relationship FOREIGN KEY (merchant_relationship_id, merchant_id)
        REFERENCES offerengine.merchant_relationship (merchant_relationship_id, merchant_id)
);
CREATE INDEX merchant_relationship_assignee_buyer
    ON offerengine.merchant_relationship_assignee (buyer, merchant_id, merchant_relationship_id);
COMMENT ON TABLE offerengine.merchant_relationship_assignee IS 'Buyers to whom a relationship''s prices apply.';
COMMENT ON COLUMN offerengine.merchant_relationship_assignee.merchant_relationship_id IS 'The relationship.';
COMMENT ON COLUMN offerengine.merchant_relationship_assignee.buyer IS 'A customer reference or the key of a business unit.';
COMMENT ON COLUMN offerengine.merchant_relationship_assignee.merchant_id IS
    'The relationship''s merchant, filled in by trigger: prices ask for a buyer''s relationships with one merchant.';

CREATE TABLE offerengine.price (
    price_id                 bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    abstract_product_id      bigint REFERENCES offerengine.abstract_product,
    product_id               bigint REFERENCES offerengine.product,
    offer_id                 bigint,
    merchant_relationship_id bigint REFERENCES offerengine.merchant_relationship,
    store_code               text COLLATE "C" NOT NULL REFERENCES offerengine.store,
    currency_code            text COLLATE "C" NOT NULL REFERENCES offerengine.currency,
    price_type               text COLLATE "C" NOT NULL DEFAULT 'DEFAULT' REFERENCES offerengine.price_type,
    min_quantity             integer NOT NULL DEFAULT 1 CHECK (min_quantity >= 1),
    net_amount               bigint CHECK (net_amount >= 0),
    gross_amount             bigint CHECK (gross_amount >= 0),
    valid_from               timestamptz NOT NULL DEFAULT '-infinity',
    valid_to                 timestamptz NOT NULL DEFAULT 'infinity',
    recorded_at              timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT price_owner CHECK ((abstract_product_id IS NULL) <> (product_id IS NULL)
                                  AND (offer_id IS NULL OR product_id IS NOT NULL)),
    CONSTRAINT price_amount CHECK (net_amount IS NOT NULL OR gross_amount IS NOT NULL),
    CONSTRAINT price_validity CHECK (valid_from < valid_to),
    CONSTRAINT price_offer FOREIGN KEY (product_id, offer_id) REFERENCES offerengine.offer (product_id, offer_id)
);
CREATE UNIQUE INDEX price_product_key
    ON offerengine.price (product_id, store_code, currency_code, merchant_relationship_id, offer_id,
                          price_type, min_quantity, valid_from, valid_to)
    INCLUDE (price_id, net_amount, gross_amount) NULLS NOT DISTINCT
    WHERE product_id IS NOT NULL;
CREATE UNIQUE INDEX price_abstract_key
    ON offerengine.price (abstract_product_id, store_code, currency_code, merchant_relationship_id,
                          price_type, min_quantity, valid_from, valid_to)
    INCLUDE (price_id, net_amount, gross_amount) NULLS NOT DISTINCT
    WHERE abstract_product_id IS NOT NULL;
CREATE INDEX price_relationship ON offerengine.price (merchant_relationship_id) WHERE merchant_relationship_id IS NOT NULL;
COMMENT ON TABLE offerengine.price IS
    'Prices of abstract products, products and offers. Exactly one owner: the offer, else the product, else the abstract product.';
COMMENT ON COLUMN offerengine.price.price_id IS 'Internal id.';
COMMENT ON COLUMN offerengine.price.abstract_product_id IS 'Owner of an abstract product''s price; else NULL.';
COMMENT ON COLUMN offerengine.price.product_id IS
    'Owner of a product''s price; the offer''s product (filled in by trigger) when offer_id is given.';
COMMENT ON COLUMN offerengine.price.offer_id IS 'Owner of an offer''s price; else NULL.';
COMMENT ON COLUMN offerengine.price.merchant_relationship_id IS
    'Contract price: applies to the assignees of this relationship only; NULL: default price.';
COMMENT ON COLUMN offerengine.price.store_code IS 'The store it applies in.';
COMMENT ON COLUMN offerengine.price.currency_code IS
    'ISO 4217 code; need not be one that the store carries (view unreachable_price).';
COMMENT ON COLUMN offerengine.price.price_type IS 'DEFAULT, ORIGINAL or another row of price_type.';
COMMENT ON COLUMN offerengine.price.min_quantity IS 'Quantity from which this price applies; above 1 it is a tier.';
COMMENT ON COLUMN offerengine.price.net_amount IS 'Price without tax, in minor units; NULL: no price in this mode; 0 is a price.';
COMMENT ON COLUMN offerengine.price.gross_amount IS 'Price with tax, in minor units; NULL: no price in this mode; 0 is a price.';
COMMENT ON COLUMN offerengine.price.valid_from IS
    'First instant at which the price applies. Among rows in effect that differ in their windows alone one with an end goes '
    'before one without, then the later start, then the earlier end.';
COMMENT ON COLUMN offerengine.price.valid_to IS 'First instant at which it applies no longer.';
COMMENT ON COLUMN offerengine.price.recorded_at IS
    'When the row was told, or changed last; set by trigger on a change. It plays no part in which price counts.';

CREATE TABLE offerengine.price_history (
    price_history_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    price_id                 bigint NOT NULL,
    abstract_product_id      bigint,
    product_id               bigint,
    offer_id                 bigint,
    merchant_relationship_id bigint,
    store_code               text COLLATE "C" NOT NULL,
    currency_code            text COLLATE "C" NOT NULL,
    price_type               text COLLATE "C" NOT NULL,
    min_quantity             integer NOT NULL,
    net_amount               bigint,
    gross_amount             bigint,
    valid_from               timestamptz NOT NULL,
    valid_to                 timestamptz NOT NULL,
    recorded_at              timestamptz NOT NULL DEFAULT '-infinity',
    recorded_until           timestamptz NOT NULL,
    operation                text COLLATE "C" NOT NULL CHECK (operation IN ('update', 'delete')),
    changed_by               text NOT NULL,
    acting_user              text
);
CREATE INDEX price_history_price ON offerengine.price_history (price_id, recorded_until, price_history_id);
CREATE INDEX price_history_product
    ON offerengine.price_history (product_id, store_code, currency_code, merchant_relationship_id, offer_id,
                                  price_id NULLS FIRST)
    WHERE product_id IS NOT NULL;
CREATE INDEX price_history_abstract
    ON offerengine.price_history (abstract_product_id, store_code, currency_code, merchant_relationship_id,
                                  price_id NULLS FIRST)
    WHERE abstract_product_id IS NOT NULL;
COMMENT ON TABLE offerengine.price_history IS
    'What a price row said before it was changed or deleted, and until when. Append-only; written by trigger. A question about '
    'an instant before now takes, of each price_id, the row here with the smallest recorded_until after that instant, else '
    'the price row itself.';
COMMENT ON COLUMN offerengine.price_history.price_history_id IS 'Internal id.';
COMMENT ON COLUMN offerengine.price_history.price_id IS 'The price row, which may be gone.';
COMMENT ON COLUMN offerengine.price_history.abstract_product_id IS 'As price.abstract_product_id was.';
COMMENT ON COLUMN offerengine.price_history.product_id IS 'As price.product_id was.';
COMMENT ON COLUMN offerengine.price_history.offer_id IS 'As price.offer_id was.';
COMMENT ON COLUMN offerengine.price_history.merchant_relationship_id IS 'As price.merchant_relationship_id was.';
COMMENT ON COLUMN offerengine.price_history.store_code IS 'As price.store_code was.';
COMMENT ON COLUMN offerengine.price_history.currency_code IS 'As price.currency_code was.';
COMMENT ON COLUMN offerengine.price_history.price_type IS 'As price.price_type was.';
COMMENT ON COLUMN offerengine.price_history.min_quantity IS 'As price.min_quantity was.';
COMMENT ON COLUMN offerengine.price_history.net_amount IS 'As price.net_amount was, in minor units.';
COMMENT ON COLUMN offerengine.price_history.gross_amount IS 'As price.gross_amount was, in minor units.';
COMMENT ON COLUMN offerengine.price_history.valid_from IS 'As price.valid_from was.';
COMMENT ON COLUMN offerengine.price_history.valid_to IS 'As price.valid_to was.';
COMMENT ON COLUMN offerengine.price_history.recorded_at IS 'As price.recorded_at was: since then the price row said this.';
COMMENT ON COLUMN offerengine.price_history.recorded_until IS 'The instant of the change: until then the price row said this.';
COMMENT ON COLUMN offerengine.price_history.operation IS 'update or delete.';
COMMENT ON COLUMN offerengine.price_history.changed_by IS 'The role that changed the price row.';
COMMENT ON COLUMN offerengine.price_history.acting_user IS 'offerengine.acting_user at that time; NULL: none was set.';

-- What may be a reference, a title and an id. Columns that refer to another table take what that table takes.
SELECT offerengine_internal.constrain('currency', NULL, '{name}', NULL),
       offerengine_internal.constrain('country', NULL, '{name}', NULL),
       offerengine_internal.constrain('store', '{store_code}', '{name}', NULL),
       offerengine_internal.constrain('merchant', '{merchant_reference}', '{name}', '{merchant_id}'),
       offerengine_internal.constrain('abstract_product', '{abstract_sku}', '{name}', '{abstract_product_id}'),
       offerengine_internal.constrain('product', '{sku}', '{name}', '{product_id}'),
       offerengine_internal.constrain('offer', '{offer_reference,merchant_sku}', '{title}', '{offer_id}'),
       offerengine_internal.constrain('price_type', '{price_type}', '{name}', NULL),
       offerengine_internal.constrain('merchant_relationship', '{relationship_key}', NULL, '{merchant_relationship_id}'),
       offerengine_internal.constrain('merchant_relationship_assignee', '{buyer}', NULL, NULL),
       offerengine_internal.constrain('price', NULL, NULL, '{price_id}');
