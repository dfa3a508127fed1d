-- What decisions answer: one named composite each, so that (f(...)).column works anywhere.

CREATE TYPE offerengine.price_result AS (
    amount           bigint,
    currency         text,
    price_source     text,
    price_type       text,
    min_quantity     integer,
    relationship_key text,
    price_id         bigint,
    reason           text,
    detail           text
);
COMMENT ON TYPE offerengine.price_result IS
    'Answer of resolve_price: amount in minor units of currency (NULL: no price, then reason is unknown_offer, not_visible or '
    'no_price), price_source offer, product, abstract_product or price_sheet, the tier, contract and row it comes from, and '
    'detail in words: why there is no price, and that the store does not carry the currency.';

CREATE TYPE offerengine.cart_price AS (
    "position"       integer,
    offer_reference  text,
    amount           bigint,
    currency         text,
    price_source     text,
    price_type       text,
    min_quantity     integer,
    relationship_key text,
    price_id         bigint,
    reason           text,
    detail           text
);
COMMENT ON TYPE offerengine.cart_price IS
    'One place of resolve_prices, from 1 on, with the reference that was asked there and what resolve_price answers.';

CREATE TYPE offerengine.price_step AS (
    step             integer,
    level            text,
    price_id         bigint,
    relationship_key text,
    price_type       text,
    min_quantity     integer,
    amount           bigint,
    valid_from       timestamptz,
    valid_to         timestamptz,
    outcome          text,
    detail           text
);
COMMENT ON TYPE offerengine.price_step IS
    'One candidate row of explain_price: its window, NULL for an open end, and outcome: chosen, or why it was not.';

CREATE TYPE offerengine.price_tier AS (
    min_quantity     integer,
    amount           bigint,
    price_source     text,
    relationship_key text,
    note             text
);
COMMENT ON TYPE offerengine.price_tier IS
    'One threshold of price_ladder: from min_quantity on, one piece costs amount (minor units).';

CREATE TYPE offerengine_internal.placed_tier AS (
    place            integer,
    min_quantity     integer,
    amount           bigint,
    price_source     text,
    relationship_key text,
    note             text
);
COMMENT ON TYPE offerengine_internal.placed_tier IS 'A price_tier of one of several offers, with its place among them, from 1.';

CREATE TYPE offerengine.visibility_condition AS (
    condition text,
    holds     boolean,
    detail    text
);
COMMENT ON TYPE offerengine.visibility_condition IS
    'One condition of explain_visibility, whether it holds, and in words what is and what would be needed.';

CREATE TYPE offerengine.offer_listing AS (
    sku                text,
    offer_reference    text,
    title              text,
    merchant_reference text,
    merchant_name      text,
    amount             bigint,
    original_amount    bigint,
    currency           text,
    price_source       text,
    min_quantity       integer,
    is_default         boolean,
    redirected_from    text,
    available          numeric,
    is_purchasable     boolean,
    next_amount        bigint,
    next_from          date
);
COMMENT ON TYPE offerengine.offer_listing IS
    'One visible offer of list_offers and default_offer; amounts in minor units of currency, NULL: no price. next_amount and '
    'next_from say what a subscription costs, and from which day, when its first step, a trial say, is over; NULL: no step '
    'follows.';

CREATE TYPE offerengine.ranked_product AS (
    "position"      integer,
    sku             text,
    offer_reference text,
    amount          bigint,
    lowest_amount   bigint,
    highest_amount  bigint,
    offers          integer,
    total           integer
);
COMMENT ON TYPE offerengine.ranked_product IS
    'One product of rank_products: its place among all of them, the offer that it is shown with and what that costs, the lowest '
    'and the highest amount of its visible offers, how many these are, and how many products were ranked. Amounts in minor units, '
    'NULL: no price.';
