-- What the offers of a cart are, cost and have: all that selling them asks about offers, in one pass.

CREATE TYPE offerengine_internal.sold_offer AS (
    "position"            integer,
    offer_id              bigint,
    offer_reference       text,
    merchant_id           bigint,
    merchant_reference    text,
    merchant_name         text,
    sku                   text,
    title                 text,
    offer_type            text,
    is_shipped            boolean,
    pass_duration         interval,
    is_sellable           boolean,
    order_minimum         integer,
    order_step            integer,
    order_maximum         integer,
    customer_limit        integer,
    customer_limit_counts text,
    wanted                bigint,
    amount                bigint,
    other_amount          bigint,
    price_source          text,
    price_id              bigint,
    reason                text,
    detail                text,
    is_counted            boolean,
    available             numeric,
    pieces                numeric,
    only_place            bigint
);
COMMENT ON TYPE offerengine_internal.sold_offer IS
    'One place of sold_offers, from 1 on: the offer, visible or not (NULL: there is none), title its own or its product''s name; '
    'is_sellable: operation_policy lets the channel sell it, whatever its steps (else operation_refusal() tells); wanted: how many '
    'pieces all places want of it; amount to detail as resolve_prices has them; is_counted: some warehouse counts '
    'it, then available is what there is of it in the store, and pieces what of that can be sold (NULL: any quantity). only_place: '
    'the warehouse of an offer that is in one place only in the store, where that has as many pieces free as all places want; '
    'NULL: stock_shares() tells.';

CREATE FUNCTION offerengine_internal.sold_offers(
    offer_references text[], store text, currency text, price_mode text, quantities integer[], buyer text, country text,
    at timestamptz, channel text, is_priced boolean, with_other boolean,
    no_subscriptions boolean)
RETURNS SETOF offerengine_internal.sold_offer
    AS 'MODULE_PATHNAME', 'oe_sold_offers' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED COST 1000 ROWS 10;
COMMENT ON FUNCTION offerengine_internal.sold_offers(
    text[], text, text, text, integer[], text, text, timestamptz, text, boolean, boolean, boolean) IS
    'What offers are, have in the store and, where is_priced, cost: one row for each place of offer_references, in that order, '
    'amounts in minor units of the currency for one piece at the quantity of the place. with_other: with what the row of price '
    'that each amount came from asks in the other price mode (other_amount()), of price sheets not. no_subscriptions: no row at '
    'all where one of them is a subscription. For whoever runs as the owner. Errors: as resolve_prices.';
