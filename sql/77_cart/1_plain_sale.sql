-- The lines of most carts are sold as they stand: such a cart is judged, priced and made lines of an order of in one pass.

CREATE TYPE offerengine_internal.cart_sale AS (
    lines             offerengine_internal.sale_line[],
    wants             offerengine_internal.stock_want[],
    total             bigint,
    in_one            boolean,
    has_subscriptions boolean
);
COMMENT ON TYPE offerengine_internal.cart_sale IS
    'What a cart is sold as: lines; wants: what they want of stock (NULL: nothing), in_one: each from its only_place; total: the '
    'sum of the lines; has_subscriptions: some line begins one.';

CREATE FUNCTION offerengine_internal.plain_sale(
    offer_references text[], store text, currency text, price_mode text, quantities integer[], buyer text, country text,
    at timestamptz, channel text, line_nos integer[], notes text[], days date[], sold_on date)
RETURNS offerengine_internal.cart_sale
    AS 'MODULE_PATHNAME', 'oe_plain_sale' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED COST 1000;
COMMENT ON FUNCTION offerengine_internal.plain_sale(
    text[], text, text, text, integer[], text, text, timestamptz, text, integer[], text[], date[], date) IS
    'What the lines of a cart that was never held are sold as, where that takes no judgement: cart_lines() would refuse none of '
    'them, and none is a subscription, is priced by a sheet or has a customer_limit. NULL: cart_lines() tells. The '
    'lines are given by their numbers, each with its note and first day (days; NULL: sold_on). For whoever runs as the owner. '
    'Errors: as resolve_prices.';
