-- Prices: what a buyer pays for a quantity of an offer, here and now, and why.

CREATE FUNCTION offerengine.resolve_price(
    offer_reference text,
    store           text,
    currency        text,
    price_mode      text DEFAULT 'gross',
    quantity        integer DEFAULT 1,
    buyer           text DEFAULT NULL,
    country         text DEFAULT NULL,
    price_type      text DEFAULT 'DEFAULT',
    at              timestamptz DEFAULT pg_catalog.now())
RETURNS offerengine.price_result
AS 'MODULE_PATHNAME', 'oe_resolve_price' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION offerengine.resolve_price(text, text, text, text, integer, text, text, text, timestamptz) IS
    'Price of one piece of the offer for the quantity, in minor units of the currency. amount NULL comes with reason '
    'unknown_offer, not_visible or no_price and detail in words; currency and price_type are those of the question. price_mode '
    'is net or gross; buyer is who contract prices are for, NULL: anonymous. Of rows that differ in their windows alone one with '
    'an end goes before one without, then the later start, then the earlier end. For an instant before now, price rows that '
    'were changed or deleted since count as they were then. A currency that the store does not carry may be asked for; detail '
    'says so. Errors: 22004 store or currency is NULL; 22023 unknown store, '
    'currency, price mode or price type, quantity below 1; 42501 a storefront asks for another instant than now.';

CREATE FUNCTION offerengine.resolve_prices(
    offer_references text[],
    store            text,
    currency         text,
    price_mode       text DEFAULT 'gross',
    quantities       integer[] DEFAULT NULL,
    buyer            text DEFAULT NULL,
    country          text DEFAULT NULL,
    price_type       text DEFAULT 'DEFAULT',
    at               timestamptz DEFAULT pg_catalog.now())
RETURNS SETOF offerengine.cart_price
AS 'MODULE_PATHNAME', 'oe_resolve_prices' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 500 ROWS 20;
COMMENT ON FUNCTION offerengine.resolve_prices(
    text[], text, text, text, integer[], text, text, text, timestamptz) IS
    'resolve_price of a whole cart or watch list in one call: one row for each place of offer_references, in that order and '
    'counted from 1, also for an unknown offer and for NULL. quantities has one element for each of them, or is left out: 1 '
    'each, as is a NULL element. Amounts in minor units of the currency. Errors: as resolve_price; 22023 quantities of another '
    'length, an array of several dimensions.';

CREATE FUNCTION offerengine.resolve_product_price(
    sku             text,
    store           text,
    currency        text,
    price_mode      text DEFAULT 'gross',
    quantity        integer DEFAULT 1,
    buyer           text DEFAULT NULL,
    country         text DEFAULT NULL,
    price_type      text DEFAULT 'DEFAULT',
    at              timestamptz DEFAULT pg_catalog.now())
RETURNS offerengine.price_result
AS 'MODULE_PATHNAME', 'oe_resolve_product_price' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION offerengine.resolve_product_price(text, text, text, text, integer, text, text, text, timestamptz) IS
    'As resolve_price for a product without an offer: its own price, else its abstract product''s. Contract prices count only '
    'where the store''s contract_scope is any_merchant. amount NULL comes with reason unknown_product, not_visible (product not '
    'active, outside its validity, or its abstract product not in the store) or no_price. Errors: as resolve_price.';

CREATE FUNCTION offerengine.price_ladder(
    offer_reference text,
    store           text,
    currency        text,
    price_mode      text DEFAULT 'gross',
    buyer           text DEFAULT NULL,
    country         text DEFAULT NULL,
    price_type      text DEFAULT 'DEFAULT',
    at              timestamptz DEFAULT pg_catalog.now())
RETURNS SETOF offerengine.price_tier
AS 'MODULE_PATHNAME', 'oe_price_ladder' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 50 ROWS 4;
COMMENT ON FUNCTION offerengine.price_ladder(text, text, text, text, text, text, text, timestamptz) IS
    'The quantities at which what resolve_price answers changes (amount or contract), ascending, from the lowest that has a '
    'price; amounts in minor units of the currency. note tier_above_lower_price: a lower tier of the same prices would cost '
    'less. No rows for an offer that is unknown, not visible or without a price. Errors: as resolve_price.';

CREATE FUNCTION offerengine_internal.price_ladders(
    offer_references text[],
    store            text,
    currency         text,
    price_mode       text,
    buyer            text,
    country          text,
    price_type       text,
    at               timestamptz)
RETURNS SETOF offerengine_internal.placed_tier
AS 'MODULE_PATHNAME', 'oe_price_ladders' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 500 ROWS 20;
COMMENT ON FUNCTION offerengine_internal.price_ladders(text[], text, text, text, text, text, text, timestamptz) IS
    'price_ladder of many offers in one call, in the order of their places. Errors: as price_ladder; 22023 an array of several '
    'dimensions.';

CREATE FUNCTION offerengine.explain_price(
    offer_reference text,
    store           text,
    currency        text,
    price_mode      text DEFAULT 'gross',
    quantity        integer DEFAULT 1,
    buyer           text DEFAULT NULL,
    country         text DEFAULT NULL,
    price_type      text DEFAULT 'DEFAULT',
    at              timestamptz DEFAULT pg_catalog.now())
RETURNS SETOF offerengine.price_step
AS 'MODULE_PATHNAME', 'oe_explain_price' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 100 ROWS 10;
COMMENT ON FUNCTION offerengine.explain_price(text, text, text, text, integer, text, text, text, timestamptz) IS
    'Every candidate row of resolve_price and what became of it, also for an offer that is not visible: outcome chosen (exactly '
    'one when there is a price), other_window, superseded, level_not_used, other_type, no_amount_in_mode, tier_not_reached, '
    'lower_tier, contract_preferred, default_preferred, higher_amount, or contract_not_applicable for a contract of the '
    'buyer that does not count here. Ordered by level, contract (default rows first), price_type, min_quantity, window; its '
    'open ends are NULL. detail says instants in the zone of the store. '
    'No rows for an unknown offer. Other buyers'' contracts are not shown; a merchant''s role is shown none of other merchants, '
    'and the price as if there were none. Errors: as resolve_price; 42501 a merchant asks about '
    'another merchant''s offer.';
