-- Row shapes that the SQL specification of the decisions (sql/repeatable/30_*.sql, 31_spec_price.sql) passes on.

CREATE TYPE offerengine_internal.price_question AS (
    offer_id            bigint,
    product_id          bigint,
    abstract_product_id bigint,
    merchant_id         bigint,
    store               text,
    currency            text,
    price_mode          text,
    price_type          text,
    quantity            integer,
    buyer               text,
    at                  timestamptz,
    level               text
);
COMMENT ON TYPE offerengine_internal.price_question IS
    'What a price is asked for. offer_id and merchant_id are NULL for a product without an offer, buyer for an anonymous one; '
    'quantity NULL asks for every quantity at which a price begins, level NULL for the level that the store''s rules choose.';

CREATE TYPE offerengine_internal.price_version AS (
    price_id                 bigint,
    abstract_product_id      bigint,
    product_id               bigint,
    offer_id                 bigint,
    merchant_relationship_id bigint,
    price_type               text,
    min_quantity             integer,
    net_amount               bigint,
    gross_amount             bigint,
    valid_from               timestamptz,
    valid_to                 timestamptz
);
COMMENT ON TYPE offerengine_internal.price_version IS 'A price row as it was, or is, at the instant of a question.';

CREATE TYPE offerengine_internal.price_candidate AS (
    level                    text,
    merchant_relationship_id bigint,
    relationship_key         text,
    price_type               text,
    min_quantity             integer,
    amount                   bigint,
    price_id                 bigint,
    valid_from               timestamptz,
    valid_to                 timestamptz
);
COMMENT ON TYPE offerengine_internal.price_candidate IS
    'A price row that could answer a question: level offer, product or abstract_product; amount in the mode asked for, in minor '
    'units, NULL where the row has none.';

CREATE TYPE offerengine_internal.price_choice AS (
    quantity                 integer,
    level                    text,
    merchant_relationship_id bigint,
    relationship_key         text,
    min_quantity             integer,
    amount                   bigint,
    price_id                 bigint,
    is_above_lower_tier      boolean
);
COMMENT ON TYPE offerengine_internal.price_choice IS
    'The price of one piece at quantity, in minor units; is_above_lower_tier: a lower tier of the same contract would be cheaper.';

CREATE TYPE offerengine_internal.sheet_row AS (
    price_sheet_price_id bigint,
    price_segment_id     bigint,
    net_amount           bigint,
    gross_amount         bigint,
    valid_from           date,
    valid_from_existing  date,
    priority             integer
);
COMMENT ON TYPE offerengine_internal.sheet_row IS
    'A price of a sheet, stored (with its id) or to be; amounts in minor units, priority that of its segment.';

CREATE TYPE offerengine_internal.sheet_choice AS (
    price_sheet_price_id bigint,
    amount               bigint,
    other_amount         bigint
);
COMMENT ON TYPE offerengine_internal.sheet_choice IS
    'The row of a price sheet that counts, with its amount in minor units, and the one in the other price mode (NULL: none).';

CREATE TYPE offerengine_internal.charged_part AS (
    first_day    date,
    end_day      date,
    amount       bigint,
    other_amount bigint
);
COMMENT ON TYPE offerengine_internal.charged_part IS
    'An accounting period that begins on a day of [first_day, end_day) costs amount a piece, in minor units, and other_amount in '
    'the other price mode; NULL: no price.';

CREATE TYPE offerengine_internal.next_step AS (
    offer_id  bigint,
    amount    bigint,
    starts_on date
);
COMMENT ON TYPE offerengine_internal.next_step IS
    'What follows the first step of a subscription: from which day, and at which amount in minor units (NULL: no price).';

CREATE TYPE offerengine_internal.listed_offer AS (
    offer_reference text,
    listed_as       text
);
COMMENT ON TYPE offerengine_internal.listed_offer IS 'A visible offer and the offer as which it is listed.';

CREATE TYPE offerengine_internal.redirecting_rule AS (
    sales_rule_id      bigint,
    advantage_offer_id bigint,
    regular_offer_id   bigint,
    matched_text       text,
    unmatched_text     text
);
COMMENT ON TYPE offerengine_internal.redirecting_rule IS 'The rule that counts for an offer, and what of it an answer needs.';
