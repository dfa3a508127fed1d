-- What a page shows of an offer and its merchant, and the price that an announced reduction refers to.

CREATE TYPE offerengine.offer_detail AS (
    offer_reference    text,
    sku                text,
    title              text,
    product_name       text,
    merchant_reference text,
    merchant_name      text,
    stores             text[],
    valid_from         timestamptz,
    valid_to           timestamptz,
    amount             bigint,
    original_amount    bigint,
    currency           text,
    available          numeric,
    is_purchasable     boolean
);
COMMENT ON TYPE offerengine.offer_detail IS
    'Answer of offer_details: title (else the product''s name), the stores in which the offer is sold and its validity, amounts '
    'in minor units of currency as list_offers answers them, pieces available in the store.';

CREATE TYPE offerengine.merchant_profile AS (
    merchant_reference text,
    name               text,
    description        text,
    url                text,
    stores             text[]
);
COMMENT ON TYPE offerengine.merchant_profile IS
    'Answer of merchant_profile: what shoppers may know of a merchant; stores are those that its warehouses deliver to.';

CREATE FUNCTION offerengine.offer_details(
    offer_reference text, store text, currency text, price_mode text DEFAULT 'gross', quantity integer DEFAULT 1,
    buyer text DEFAULT NULL, country text DEFAULT NULL, at timestamptz DEFAULT pg_catalog.now())
RETURNS offerengine.offer_detail
    AS 'MODULE_PATHNAME', 'oe_offer_details' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION offerengine.offer_details(text, text, text, text, integer, text, text, timestamptz) IS
    'One offer as its page shows it: amounts in minor units for the quantity, buyer and instant, and availability now. Every '
    'column is NULL when the offer is not visible in the store at the instant or not known. 22023: unknown store, currency or '
    'price mode, quantity below 1; 22004: store or currency NULL; 42501: a storefront asks for another instant than now.';

CREATE FUNCTION offerengine.merchant_profile(merchant_reference text)
RETURNS offerengine.merchant_profile
    AS 'MODULE_PATHNAME', 'oe_merchant_profile' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION offerengine.merchant_profile(text) IS
    'Name, description, address and stores of a merchant. Every column is NULL when the merchant is not known, not approved or '
    'not active.';

CREATE TYPE offerengine.prior_price AS (sku text, offer_reference text, amount bigint, lowest_prior_amount bigint);
COMMENT ON TYPE offerengine.prior_price IS
    'Answer of lowest_prior_prices: what an offer costs and what lowest_prior_price() says of it, in minor units.';

CREATE FUNCTION offerengine_internal.days_before(store text, began timestamptz, days integer) RETURNS timestamptz
LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN (SELECT (began AT TIME ZONE s.time_zone - make_interval(days => days_before.days)) AT TIME ZONE s.time_zone
              FROM offerengine.store s
             WHERE s.store_code = days_before.store);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.days_before(text, timestamptz, integer) IS
    'The instant so many calendar days before another, in the time zone of the store.';

CREATE FUNCTION offerengine_internal.lowest_prior_price(
    offer_reference text, store text, currency text, price_mode text, days integer, at timestamptz)
RETURNS bigint
LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    current_amount CONSTANT bigint :=
        (offerengine_internal.spec_resolve_price($1, $2, $3, $4, 1, NULL, NULL, 'DEFAULT', $6)).amount;
    began          timestamptz := at;
    window_from    timestamptz;
    change_instant timestamptz;
    earlier_amount bigint;
    lowest         bigint;
BEGIN
    IF current_amount IS NULL THEN
        RETURN NULL;
    END IF;

    -- From one change to the one before it the price is one: what it is at a change, it is until the next.
    FOR change_instant IN
        SELECT i.instant FROM offerengine_internal.price_change_instants($1, $2, $3) AS i (instant)
         WHERE i.instant <= $6
         ORDER BY i.instant DESC
    LOOP
        earlier_amount := (offerengine_internal.spec_resolve_price($1, $2, $3, $4, 1, NULL, NULL, 'DEFAULT',
            change_instant)).amount;
        IF window_from IS NULL AND earlier_amount IS NOT DISTINCT FROM current_amount THEN
            began := change_instant;
            CONTINUE;
        END IF;

        IF window_from IS NULL THEN
            window_from := offerengine_internal.days_before($2, began, $5);
        END IF;
        lowest := least(lowest, earlier_amount);
        EXIT WHEN change_instant <= window_from;
    END LOOP;
    RETURN lowest;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.lowest_prior_price(text, text, text, text, integer, timestamptz) IS
    'lowest_prior_price for checked arguments, run as the owner. Evaluates the price only at instants at which it can have '
    'changed, from at back to the first day of the window.';

CREATE FUNCTION offerengine.lowest_prior_price(
    offer_reference text, store text, currency text, price_mode text DEFAULT 'gross', days integer DEFAULT 30,
    at timestamptz DEFAULT pg_catalog.now())
RETURNS bigint
    AS 'MODULE_PATHNAME', 'oe_lowest_prior_price' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION offerengine.lowest_prior_price(text, text, text, text, integer, timestamptz) IS
    'Lowest amount, in minor units, at which one piece was sold to an anonymous buyer during the days before the current price '
    'began, which was at the last instant up to at at which that price changed. Days are calendar days in the store''s time '
    'zone; times without a price do not count. NULL: no price at the instant, none in those days, or the price never changed. '
    'Past prices come from price_history. 22023: unknown store, currency or price mode, days below 1; 22004: store or currency '
    'NULL; 42501: a storefront asks for another instant than now.';

CREATE FUNCTION offerengine_internal.spec_lowest_prior_prices(
    skus text[], store text, currency text, price_mode text, days integer, at timestamptz)
RETURNS SETOF offerengine.prior_price
LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 100000 ROWS 50
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT l.sku, l.offer_reference, l.amount,
           CASE WHEN l.amount IS NOT NULL THEN
                offerengine_internal.lowest_prior_price(l.offer_reference, $2, $3, $4, $5, $6) END
      FROM offerengine_internal.spec_list_offers($1, $2, $3, $4, 1, NULL, NULL, $6, NULL, false, 'price') l;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.spec_lowest_prior_prices(text[], text, text, text, integer, timestamptz) IS
    'Specification of lowest_prior_prices.';

CREATE FUNCTION offerengine.lowest_prior_prices(
    skus text[], store text, currency text, price_mode text DEFAULT 'gross', days integer DEFAULT 30,
    at timestamptz DEFAULT pg_catalog.now())
RETURNS SETOF offerengine.prior_price
    AS 'MODULE_PATHNAME', 'oe_lowest_prior_prices' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 100000 ROWS 50;
COMMENT ON FUNCTION offerengine.lowest_prior_prices(text[], text, text, text, integer, timestamptz) IS
    'Every visible offer of these products, in the order of list_offers_many(), with its amount for one piece and an anonymous '
    'buyer and what lowest_prior_price() says of it, in minor units: a page in one call. amount NULL: no price at the instant; '
    'lowest_prior_amount NULL: as there. A SKU named twice is answered once; one without visible offers has no rows. 22023: '
    'unknown store, currency or price mode, days below 1, an array of several dimensions; 22004: store or currency NULL; 42501: a '
    'storefront asks for another instant than now.';
