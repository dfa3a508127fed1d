-- What a subscription costs step by step, and where a price sheet asks nothing. C functions that run the plpgsql of the same name
-- behind two underscores as the owner of the schema (src/customer.c).

CREATE TYPE offerengine.price_plan_step AS (
    step_no           integer,
    amount            bigint,
    accounting_period interval,
    term              interval,
    duration          interval,
    starts_on         date,
    ends_on           date
);
COMMENT ON TYPE offerengine.price_plan_step IS
    'One step of price_plan: amount in minor units per piece and accounting period (NULL: no price), the terms of its contract '
    '(duration NULL: until cancelled), its first day and the first day of the next one (NULL: until cancelled).';

CREATE FUNCTION offerengine.price_plan(
    offer_reference text,
    currency        text,
    country         text DEFAULT NULL,
    on_date         date DEFAULT NULL,
    store           text DEFAULT NULL,
    price_mode      text DEFAULT 'gross')
RETURNS SETOF offerengine.price_plan_step
AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1000 ROWS 2;
COMMENT ON FUNCTION offerengine.price_plan(text, text, text, date, text, text) IS
    'The steps of a subscription offer that is bought on on_date (left out: today in the store) and begins that day, in their '
    'order, each with what it costs new customers on that day in the country (left out: the store''s): what a purchase fixes. '
    'store left out: the only one that the offer is sold in. No rows for an unknown offer or one without steps, and for a '
    'storefront none for an offer that is not visible. 22004: currency NULL; 22023: unknown currency, store or price mode, an '
    'infinite day, no store named and the offer not in exactly one; 42501: a storefront asks for another day than today.';

CREATE FUNCTION offerengine_internal.do_price_plan(
    offer_reference text, currency text, country text, on_date date, store text, price_mode text)
RETURNS SETOF offerengine.price_plan_step
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 2 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted_mode CONSTANT text := coalesce(do_price_plan.price_mode, 'gross');
    asked_offer bigint;
    sold_in     text := do_price_plan.store;
    zone        text;
    today       date;
    day         date;
BEGIN
    PERFORM offerengine_internal.check_sale_arguments(do_price_plan.currency, do_price_plan.country, wanted_mode, 1);
    IF do_price_plan.store IS NOT NULL THEN
        PERFORM offerengine_internal.time_zone_of(do_price_plan.store);
    END IF;
    SELECT o.offer_id INTO asked_offer FROM offerengine.offer o WHERE o.offer_reference = do_price_plan.offer_reference;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- What a storefront may not see, it does not learn the stores of either.
    IF offerengine_internal.called_by_storefront()
       AND NOT EXISTS (SELECT FROM offerengine_internal.offer_window w
                        WHERE w.offer_id = asked_offer AND w.store_code = coalesce(sold_in, w.store_code)
                          AND w.shown_from <= now() AND now() < w.shown_to) THEN
        RETURN;
    END IF;
    IF sold_in IS NULL THEN
        sold_in := offerengine_internal.only_store_of(asked_offer);
    END IF;
    zone := offerengine_internal.time_zone_of(sold_in);
    today := offerengine_internal.local_date(now(), zone);
    day := coalesce(do_price_plan.on_date, today);
    IF NOT isfinite(day) THEN
        RAISE EXCEPTION 'the day % is no day', day USING ERRCODE = '22023';
    END IF;
    PERFORM offerengine_internal.check_reading_day(day, today);

    RETURN QUERY
    SELECT p.step_no, h.amount, p.accounting_period, p.term, nullif(c.duration, '0'), p.starts_on, p.ends_on
      FROM offerengine_internal.place_steps(asked_offer, day, day) AS p
      JOIN offerengine.offer_step s ON s.offer_id = asked_offer AND s.step_no = p.step_no
      JOIN offerengine.product_contract c ON c.product_contract_id = s.product_contract_id
      JOIN offerengine.store t ON t.store_code = sold_in
      LEFT JOIN LATERAL offerengine_internal.sheet_price(
                p.price_sheet_id, do_price_plan.currency, wanted_mode, coalesce(do_price_plan.country, t.default_country), day) AS h
             ON true
     ORDER BY p.step_no;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_price_plan(text, text, text, date, text, text) IS 'price_plan, run as the owner.';

CREATE FUNCTION offerengine_internal.only_store_of(offer_id bigint) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stores CONSTANT text[] := ARRAY(SELECT os.store_code FROM offerengine.offer_store os
                                     WHERE os.offer_id = only_store_of.offer_id ORDER BY os.store_code);
BEGIN
    IF cardinality(stores) <> 1 THEN
        RAISE EXCEPTION 'the offer is sold in % stores: name one', cardinality(stores)
            USING ERRCODE = '22023', HINT = 'Stores: ' || coalesce(nullif(array_to_string(stores, ', '), ''), 'none') || '.';
    END IF;
    RETURN stores[1];
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.only_store_of(bigint) IS
    'The store that an offer is sold in. Raises 22023 when there is none or more than one.';

CREATE FUNCTION offerengine.uncovered_countries(
    price_sheet_code text,
    countries        text[],
    currency         text DEFAULT NULL,
    on_date          date DEFAULT NULL)
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION offerengine.uncovered_countries(text, text[], text, date) IS
    'Those of the countries, each once and in their order, for which the price sheet has no row on on_date (left out: today in '
    'UTC): none for everywhere and none for a segment that contains the country, in the currency (left out: in any). What a row '
    'says in one price mode covers the country. OE020: unknown price sheet; 22004: countries NULL; 22023: unknown currency, a '
    'country that is no ISO 3166-1 alpha-2 code.';

CREATE FUNCTION offerengine_internal.do_uncovered_countries(price_sheet_code text, countries text[], currency text, on_date date)
RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    day   CONSTANT date := coalesce(do_uncovered_countries.on_date, offerengine_internal.local_date(now(), 'UTC'));
    sheet bigint;
BEGIN
    IF do_uncovered_countries.countries IS NULL THEN
        RAISE EXCEPTION 'countries must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF array_ndims(do_uncovered_countries.countries) > 1 THEN
        RAISE EXCEPTION 'countries must be an array of one dimension, not of %', array_ndims(do_uncovered_countries.countries)
            USING ERRCODE = '22023';
    END IF;
    PERFORM offerengine_internal.check_countries(array_remove(do_uncovered_countries.countries, NULL));
    IF NOT EXISTS (SELECT FROM offerengine.currency c WHERE c.currency_code = do_uncovered_countries.currency)
       AND do_uncovered_countries.currency IS NOT NULL THEN
        PERFORM offerengine_internal.raise_unknown('currency', do_uncovered_countries.currency);
    END IF;
    SELECT h.price_sheet_id INTO sheet FROM offerengine.price_sheet h WHERE h.code = do_uncovered_countries.price_sheet_code;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('price sheet', do_uncovered_countries.price_sheet_code);
    END IF;

    RETURN QUERY
    SELECT a.country
      FROM (SELECT u.country, min(u.place) AS place
              FROM unnest(do_uncovered_countries.countries) WITH ORDINALITY AS u (country, place)
             WHERE u.country IS NOT NULL
             GROUP BY u.country) AS a
     WHERE NOT EXISTS (SELECT FROM offerengine.price_sheet_price p
                        WHERE p.price_sheet_id = sheet
                          AND p.currency_code = coalesce(do_uncovered_countries.currency, p.currency_code)
                          AND p.valid_from <= day
                          AND (p.price_segment_id IS NULL
                               OR EXISTS (SELECT FROM offerengine.price_segment_country c
                                           WHERE c.price_segment_id = p.price_segment_id AND c.country_code = a.country)))
     ORDER BY a.place;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_uncovered_countries(text, text[], text, date) IS
    'uncovered_countries, run as the owner.';
