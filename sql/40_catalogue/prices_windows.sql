-- Which row of its owner's a setting of a price is about.

CREATE FUNCTION offerengine_internal.windows_of_tier(
    owner offerengine_internal.price_owner, store text, currency text, price_type text, tier integer, first_from timestamptz,
    last_from timestamptz)
RETURNS SETOF offerengine_internal.price_window
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 ROWS 5
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $oe_body$
BEGIN
    -- As price_windows(). The tier stands there as one value, since the range of instants ends no scan of several tiers.
    IF owner.offer_id IS NOT NULL AND owner.merchant_relationship_id IS NOT NULL THEN
        RETURN QUERY
        SELECT x.price_id, x.min_quantity, x.valid_from, x.valid_to, x.net_amount, x.gross_amount
          FROM offerengine.price x
         WHERE x.product_id = owner.product_id AND x.offer_id = owner.offer_id
           AND x.merchant_relationship_id = owner.merchant_relationship_id
           AND x.store_code = windows_of_tier.store AND x.currency_code = windows_of_tier.currency
           AND x.price_type = windows_of_tier.price_type AND x.min_quantity = tier
           AND x.valid_from BETWEEN first_from AND last_from;
    ELSIF owner.offer_id IS NOT NULL THEN
        RETURN QUERY
        SELECT x.price_id, x.min_quantity, x.valid_from, x.valid_to, x.net_amount, x.gross_amount
          FROM offerengine.price x
         WHERE x.product_id = owner.product_id AND x.offer_id = owner.offer_id
           AND x.merchant_relationship_id IS NULL
           AND x.store_code = windows_of_tier.store AND x.currency_code = windows_of_tier.currency
           AND x.price_type = windows_of_tier.price_type AND x.min_quantity = tier
           AND x.valid_from BETWEEN first_from AND last_from;
    ELSIF owner.product_id IS NOT NULL AND owner.merchant_relationship_id IS NOT NULL THEN
        RETURN QUERY
        SELECT x.price_id, x.min_quantity, x.valid_from, x.valid_to, x.net_amount, x.gross_amount
          FROM offerengine.price x
         WHERE x.product_id = owner.product_id AND x.offer_id IS NULL
           AND x.merchant_relationship_id = owner.merchant_relationship_id
           AND x.store_code = windows_of_tier.store AND x.currency_code = windows_of_tier.currency
           AND x.price_type = windows_of_tier.price_type AND x.min_quantity = tier
           AND x.valid_from BETWEEN first_from AND last_from;
    ELSIF owner.product_id IS NOT NULL THEN
        RETURN QUERY
        SELECT x.price_id, x.min_quantity, x.valid_from, x.valid_to, x.net_amount, x.gross_amount
          FROM offerengine.price x
         WHERE x.product_id = owner.product_id AND x.offer_id IS NULL
           AND x.merchant_relationship_id IS NULL
           AND x.store_code = windows_of_tier.store AND x.currency_code = windows_of_tier.currency
           AND x.price_type = windows_of_tier.price_type AND x.min_quantity = tier
           AND x.valid_from BETWEEN first_from AND last_from;
    ELSIF owner.merchant_relationship_id IS NOT NULL THEN
        RETURN QUERY
        SELECT x.price_id, x.min_quantity, x.valid_from, x.valid_to, x.net_amount, x.gross_amount
          FROM offerengine.price x
         WHERE x.abstract_product_id = owner.abstract_product_id
           AND x.merchant_relationship_id = owner.merchant_relationship_id
           AND x.store_code = windows_of_tier.store AND x.currency_code = windows_of_tier.currency
           AND x.price_type = windows_of_tier.price_type AND x.min_quantity = tier
           AND x.valid_from BETWEEN first_from AND last_from;
    ELSE
        RETURN QUERY
        SELECT x.price_id, x.min_quantity, x.valid_from, x.valid_to, x.net_amount, x.gross_amount
          FROM offerengine.price x
         WHERE x.abstract_product_id = owner.abstract_product_id
           AND x.merchant_relationship_id IS NULL
           AND x.store_code = windows_of_tier.store AND x.currency_code = windows_of_tier.currency
           AND x.price_type = windows_of_tier.price_type AND x.min_quantity = tier
           AND x.valid_from BETWEEN first_from AND last_from;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.windows_of_tier(
    offerengine_internal.price_owner, text, text, text, integer, timestamptz, timestamptz) IS
    'Of price_windows() those of one min_quantity whose first instant is in this range, both ends included; no other is read.';

CREATE FUNCTION offerengine_internal.window_of_setting(
    owner offerengine_internal.price_owner, setting offerengine_internal.price_setting)
RETURNS offerengine_internal.price_window
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    starts_at  CONSTANT timestamptz := COALESCE(setting.valid_from, '-infinity');
    ends_at    CONSTANT timestamptz := COALESCE(setting.valid_to, 'infinity');
    by_start   CONSTANT boolean := setting.valid_from IS NOT NULL AND setting.valid_to IS NULL;
    is_open    CONSTANT boolean := setting.valid_from IS NULL AND setting.valid_to IS NULL;
    -- Only what has begun may go on without an end.
    last_from  CONSTANT timestamptz := CASE WHEN is_open THEN clock_timestamp() ELSE starts_at END;
    row_now    offerengine_internal.price_window;
    meant      offerengine_internal.price_window;
    running    offerengine_internal.price_window;
    many       boolean := false;
    had_row    boolean := false;
BEGIN
    -- No more is read than may be meant, so that many windows of one owner cost no more than as many owners.
    FOR row_now IN
        SELECT w.* FROM offerengine_internal.windows_of_tier(owner, setting.store, setting.currency, setting.price_type,
                                                             setting.min_quantity, starts_at, last_from) AS w
    LOOP
        IF row_now.valid_from = starts_at
           AND (CASE WHEN by_start THEN row_now.valid_to > now() ELSE row_now.valid_to = ends_at END) THEN
            many := many OR meant.price_id IS NOT NULL;
            meant := row_now;
        END IF;
        had_row := had_row OR row_now.valid_from = '-infinity';
        IF row_now.valid_to = 'infinity' AND (running.valid_from >= row_now.valid_from) IS NOT TRUE THEN
            running := row_now;
        END IF;
    END LOOP;
    IF many THEN
        RAISE EXCEPTION 'several prices begin then: %',
            (SELECT string_agg(offerengine_internal.shown_window(setting.store, w.valid_from, w.valid_to), ', ' ORDER BY w.valid_to)
               FROM offerengine_internal.windows_of_tier(owner, setting.store, setting.currency, setting.price_type,
                                                         setting.min_quantity, starts_at, starts_at) AS w
              WHERE w.valid_to > now())
            USING ERRCODE = 'OE021', HINT = 'Give valid_to, too; an open end is infinity.';
    ELSIF meant.price_id IS NOT NULL THEN
        RETURN meant;
    END IF;

    -- What was valid without an end and has been ended, for a new tier its base price, goes on with a row from now on, which a
    -- second call finds again, also one that has waited for the first.
    IF is_open
       AND (had_row
            OR (SELECT NOT bool_or(b.valid_to = 'infinity')
                  FROM offerengine_internal.windows_of_tier(owner, setting.store, setting.currency, setting.price_type, 1,
                                                            '-infinity', '-infinity') AS b)) THEN
        RETURN CASE WHEN running.price_id IS NOT NULL THEN running
                    ELSE ROW(NULL, setting.min_quantity, now(), ends_at, NULL, NULL)::offerengine_internal.price_window END;
    END IF;
    RETURN ROW(NULL, setting.min_quantity, starts_at, ends_at, NULL, NULL)::offerengine_internal.price_window;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.window_of_setting(offerengine_internal.price_owner, offerengine_internal.price_setting)
IS  'Which row a price is about. Both ends given: the row of exactly this window (valid_from left out: without a start). '
    'valid_from alone: the row that begins then and has not ended (several: OE021), else a new one without an end. Neither: the '
    'row without both ends; where that has been ended, the one without an end that is in force, else a new one from now on.';
