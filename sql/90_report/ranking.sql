-- What report views need that no table says.

CREATE TYPE offerengine_internal.ranked_offer AS (
    currency        text,
    price_mode      text,
    offer_id        bigint,
    title           text,
    merchant_name   text,
    amount          bigint,
    place           bigint,
    offers          bigint
);
COMMENT ON TYPE offerengine_internal.ranked_offer IS
    'A visible offer of a product: its price in minor units, in the currency and gross or net, its place by price among all '
    'visible offers of the product, and how many these are.';

CREATE FUNCTION offerengine_internal.report_offers(sku text, store text, currencies text[])
RETURNS SETOF offerengine_internal.ranked_offer
    AS 'MODULE_PATHNAME', 'oe_report_offers' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 300 ROWS 40;
COMMENT ON FUNCTION offerengine_internal.report_offers(text, text, text[]) IS
    'list_offers of one product, now, for an anonymous buyer of one piece, ranked by price, in each of the currencies, gross '
    'and net. Who reads a view may also call the functions in it, so a merchant is shown its own offers only, and a role of no '
    'kind none. 22023: unknown store or currency.';

CREATE FUNCTION offerengine_internal.report_is_priced(
    offer_reference text, store text, currency text, offer_id bigint, product_id bigint, abstract_product_id bigint,
    has_sheet boolean)
RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_report_is_priced' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.report_is_priced(text, text, text, bigint, bigint, bigint, boolean) IS
    'Whether resolve_price has an amount, gross or net, of a visible offer now, for an anonymous buyer of one piece; offer_id, '
    'product_id, abstract_product_id and whether a price sheet prices it are as offer_window says. What is read of a product is '
    'kept for the next call, so offers of a product should be asked about one after the other. Who reads a view may also call '
    'the functions in it, so a role is told of the offers that the views show it; NULL for others.';
