-- Listings: the visible offers of a product with their prices, cheapest first.

CREATE FUNCTION offerengine.list_offers(
    sku                  text,
    store                text,
    currency             text,
    price_mode           text DEFAULT 'gross',
    quantity             integer DEFAULT 1,
    buyer                text DEFAULT NULL,
    country              text DEFAULT NULL,
    at                   timestamptz DEFAULT pg_catalog.now(),
    customer_reference   text DEFAULT NULL,
    include_availability boolean DEFAULT false,
    order_by             text DEFAULT 'price')
RETURNS SETOF offerengine.offer_listing
AS 'MODULE_PATHNAME', 'oe_list_offers' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 100 ROWS 10;
COMMENT ON FUNCTION offerengine.list_offers(
    text, text, text, text, integer, text, text, timestamptz, text, boolean, text) IS
    'The visible offers of a product, each priced as resolve_price does, amounts in minor units of the currency: lowest amount '
    'first, offers without a price last, ties by offer_reference; with order_by availability never-out-of-stock ones first, '
    'then most available, then by price. is_default marks the cheapest whatever the order. original_amount is the price of type '
    'ORIGINAL of the level that amount comes from; with price_inheritance per_type, where it would be taken from that level. '
    'is_purchasable: there is a price, and operation_policy allows the checkout. available is NULL unless include_availability, '
    'and then, or ordered by availability, is_purchasable asks for it too. next_amount and next_from tell of a subscription '
    'whose first step is not the last what a piece costs for an accounting period of the second, and on which day that begins '
    'if it is bought at that instant; price_plan() tells all steps. With a customer_reference an offer that is a target of a '
    'sales rule is listed as what redirect_offer answers, if that is visible, and every answer once: redirected_from is then '
    'the offer that it stands for (of several the first), NULL where the answer is itself one of the product''s offers. Unknown '
    'sku: no rows. Errors: as resolve_price; 22023 unknown order_by, or a sku in braces: an array that lacks its cast (a '
    'product that is named so is listed by list_offers_many).';

CREATE FUNCTION offerengine.list_offers(
    skus                 text[],
    store                text,
    currency             text,
    price_mode           text DEFAULT 'gross',
    quantity             integer DEFAULT 1,
    buyer                text DEFAULT NULL,
    country              text DEFAULT NULL,
    at                   timestamptz DEFAULT pg_catalog.now(),
    customer_reference   text DEFAULT NULL,
    include_availability boolean DEFAULT false,
    order_by             text DEFAULT 'price')
RETURNS SETOF offerengine.offer_listing
AS 'MODULE_PATHNAME', 'oe_list_offers_of_many' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 500 ROWS 100;
COMMENT ON FUNCTION offerengine.list_offers(
    text[], text, text, text, integer, text, text, timestamptz, text, boolean, text) IS
    'As list_offers of one product, for many: products in the order asked, one that is asked for twice at its first place.';

CREATE FUNCTION offerengine.list_offers_many(
    skus                 text[],
    store                text,
    currency             text,
    price_mode           text DEFAULT 'gross',
    quantity             integer DEFAULT 1,
    buyer                text DEFAULT NULL,
    country              text DEFAULT NULL,
    at                   timestamptz DEFAULT pg_catalog.now(),
    customer_reference   text DEFAULT NULL,
    include_availability boolean DEFAULT false,
    order_by             text DEFAULT 'price')
RETURNS SETOF offerengine.offer_listing
AS 'MODULE_PATHNAME', 'oe_list_offers_of_many' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 500 ROWS 100;
COMMENT ON FUNCTION offerengine.list_offers_many(
    text[], text, text, text, integer, text, text, timestamptz, text, boolean, text) IS
    'list_offers of many products, by a name that needs no cast: drivers that send an array without saying its type mean this '
    'one.';

CREATE FUNCTION offerengine.rank_products(
    skus                 text[],
    store                text,
    currency             text,
    price_mode           text DEFAULT 'gross',
    quantity             integer DEFAULT 1,
    buyer                text DEFAULT NULL,
    country              text DEFAULT NULL,
    at                   timestamptz DEFAULT pg_catalog.now(),
    order_by             text DEFAULT 'price',
    max_rows             integer DEFAULT 20,
    skip                 integer DEFAULT 0)
RETURNS SETOF offerengine.ranked_product
AS 'MODULE_PATHNAME', 'oe_rank_products' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 10000 ROWS 20;
COMMENT ON FUNCTION offerengine.rank_products(
    text[], text, text, text, integer, text, text, timestamptz, text, integer, integer) IS
    'A page of a category by the customer''s own prices: max_rows of the products after skip, ordered by order_by: price (the '
    'lowest amount of each, as list_offers of the quantity, buyer and country has it), price_descending (the same amount, highest '
    'first) or availability (what never runs out first, then what there is most of, then by price). Ties by sku; products '
    'without a price come last of their kind; products without a visible offer are left out and not counted in total, one that is '
    'named twice is ranked once. offer_reference and amount are those of the first offer of the product''s listing: the cheapest, '
    'or with order_by availability the most available. A page beyond the end is empty. Errors: as resolve_price; 22023 unknown '
    'order_by, max_rows or skip below 0.';

CREATE FUNCTION offerengine.default_offer(
    sku                  text,
    store                text,
    currency             text,
    price_mode           text DEFAULT 'gross',
    quantity             integer DEFAULT 1,
    buyer                text DEFAULT NULL,
    country              text DEFAULT NULL,
    at                   timestamptz DEFAULT pg_catalog.now(),
    customer_reference   text DEFAULT NULL,
    include_availability boolean DEFAULT false,
    order_by             text DEFAULT 'price',
    selected_offer       text DEFAULT NULL)
RETURNS SETOF offerengine.offer_listing
AS 'MODULE_PATHNAME', 'oe_default_offer' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 100 ROWS 1;
COMMENT ON FUNCTION offerengine.default_offer(
    text, text, text, text, integer, text, text, timestamptz, text, boolean, text, text) IS
    'The row of list_offers for the selected offer, or for what it is listed as, when it is among the visible offers of the '
    'product, else no row; with none selected the default one, no row when nothing has a price. Errors: as list_offers.';
