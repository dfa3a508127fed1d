-- Prices as a percentage of what is in force, for set_prices(): of offers, SKUs or a merchant.

CREATE FUNCTION offerengine_internal.hold_offers_of_prices(prices jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $oe_body$
DECLARE
    merchants bigint[];
    offers    bigint[];
BEGIN
    merchants := ARRAY(
        SELECT (SELECT m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference = e.value ->> 'merchant_reference')
          FROM jsonb_array_elements(prices) AS e WHERE e.value ? 'percent' AND e.value ->> 'merchant_reference' IS NOT NULL);
    offers := ARRAY(
        SELECT (SELECT o.offer_id FROM offerengine.offer o WHERE o.offer_reference = r.reference)
          FROM jsonb_array_elements(prices) AS e
         CROSS JOIN LATERAL (
               SELECT e.value ->> 'offer_reference'
                UNION ALL
               SELECT jsonb_array_elements_text(
                          CASE jsonb_typeof(e.value -> 'offer_references') WHEN 'array' THEN e.value -> 'offer_references' END))
               AS r (reference)
         WHERE e.value ? 'percent' AND r.reference IS NOT NULL);
    IF merchants <> '{}' THEN
        offers := offers || ARRAY(SELECT o.offer_id FROM offerengine.offer o WHERE o.merchant_id = ANY (merchants));
    END IF;
    IF offers <> '{}' THEN
        PERFORM FROM offerengine.offer o WHERE o.offer_id = ANY (offers) ORDER BY o.offer_id FOR NO KEY UPDATE;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.hold_offers_of_prices(jsonb) IS
    'Locks all offers that the percentages of a call of set_prices() are about, in order of offer_id, before any is computed.';

CREATE FUNCTION offerengine_internal.prices_in_force(
    owner offerengine_internal.price_owner, store text, currency text, instant timestamptz, ends_at timestamptz)
RETURNS SETOF offerengine_internal.price_window
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 ROWS 2 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT DISTINCT ON (w.min_quantity) w.*
      FROM offerengine_internal.price_windows(owner, prices_in_force.store, prices_in_force.currency, 'DEFAULT') AS w
     WHERE w.valid_from <= instant AND instant < w.valid_to
       AND NOT (w.valid_from = instant AND CASE WHEN ends_at IS NULL THEN w.valid_to > now() ELSE w.valid_to = ends_at END)
     ORDER BY w.min_quantity, w.valid_to = 'infinity', w.valid_from DESC, w.valid_to;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.prices_in_force(offerengine_internal.price_owner, text, text, timestamptz, timestamptz)
IS
    'Of each tier the sales price of exactly this owner and contract that is in force at an instant, without the row that '
    'set_price(valid_from => instant, valid_to => ends_at) would be about.';

CREATE FUNCTION offerengine_internal.inherited_prices(
    owner offerengine_internal.price_owner, store text, currency text, instant timestamptz, ends_at timestamptz)
RETURNS SETOF offerengine_internal.price_window
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 ROWS 2 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    product  CONSTANT offerengine_internal.price_owner := ROW(NULL, owner.product_id, NULL, owner.merchant_relationship_id);
    abstract CONSTANT offerengine_internal.price_owner := ROW(
        (SELECT p.abstract_product_id FROM offerengine.product p WHERE p.product_id = owner.product_id), NULL, NULL,
        owner.merchant_relationship_id);
BEGIN
    -- Each mode comes from the product where that has one, else from the abstract product.
    RETURN QUERY
    SELECT NULL::bigint, COALESCE(o.min_quantity, a.min_quantity), instant, ends_at,
           CASE WHEN bool_or(o.net_amount IS NOT NULL) OVER () THEN o.net_amount ELSE a.net_amount END,
           CASE WHEN bool_or(o.gross_amount IS NOT NULL) OVER () THEN o.gross_amount ELSE a.gross_amount END
      FROM offerengine_internal.prices_in_force(product, inherited_prices.store, inherited_prices.currency, instant, ends_at) AS o
      FULL JOIN offerengine_internal.prices_in_force(abstract, inherited_prices.store, inherited_prices.currency, instant, ends_at)
                AS a ON a.min_quantity = o.min_quantity;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.inherited_prices(offerengine_internal.price_owner, text, text, timestamptz, timestamptz)
IS
    'The sales prices, tier by tier, that an offer without own ones has from its product or abstract product.';

CREATE TYPE offerengine_internal.percent_owner AS (
    offer_reference text,
    sku             text,
    abstract_sku    text,
    owner           offerengine_internal.price_owner,
    is_named        boolean
);
COMMENT ON TYPE offerengine_internal.percent_owner IS
    'Whose prices a percentage of set_prices() is about, and whether it was named, and not its merchant.';

CREATE FUNCTION offerengine_internal.percent_owners(entry jsonb) RETURNS offerengine_internal.percent_owner[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $oe_body$
DECLARE
    offers   CONSTANT text[] := ARRAY(SELECT jsonb_array_elements_text(COALESCE(NULLIF(entry -> 'offer_references', 'null'), '[]')))
                                || array_remove(ARRAY[entry ->> 'offer_reference'], NULL);
    skus     CONSTANT text[] := ARRAY(SELECT jsonb_array_elements_text(COALESCE(NULLIF(entry -> 'skus', 'null'), '[]')))
                                || array_remove(ARRAY[entry ->> 'sku'], NULL);
    merchant CONSTANT text := entry ->> 'merchant_reference';
    wrong    record;
BEGIN
    PERFORM offerengine_internal.check_references(offers, 'offer_reference'), offerengine_internal.check_references(skus, 'sku'),
            offerengine_internal.check_reference(merchant, 'merchant_reference'),
            offerengine_internal.check_reference(entry ->> 'abstract_sku', 'abstract_sku');
    IF (offers <> '{}')::integer + (entry ->> 'abstract_sku' IS NOT NULL)::integer
       + (skus <> '{}' OR merchant IS NOT NULL)::integer <> 1 THEN
        RAISE EXCEPTION 'a percentage is for offers, for SKUs, for an abstract SKU or for a merchant' USING ERRCODE = '22023',
            HINT = 'Give offer_references, skus, abstract_sku, or merchant_reference, the latter with or without skus.';
    END IF;
    SELECT u.what, u.name INTO wrong
      FROM (SELECT 'offer' AS what, r AS name FROM unnest(offers) AS r
             WHERE NOT EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_reference = r)
             UNION ALL
            SELECT 'product', r FROM unnest(skus) AS r
             WHERE NOT EXISTS (SELECT FROM offerengine.product p WHERE p.sku = r)
             UNION ALL
            SELECT 'merchant', merchant WHERE merchant IS NOT NULL
               AND NOT EXISTS (SELECT FROM offerengine.merchant m WHERE m.merchant_reference = merchant)
             UNION ALL
            SELECT 'abstract product', entry ->> 'abstract_sku' WHERE entry ->> 'abstract_sku' IS NOT NULL
               AND NOT EXISTS (SELECT FROM offerengine.abstract_product a WHERE a.abstract_sku = entry ->> 'abstract_sku')) AS u
     LIMIT 1;
    IF FOUND THEN
        PERFORM offerengine_internal.raise_unknown(wrong.what, wrong.name);
    END IF;

    RETURN ARRAY(
        SELECT ROW(x.offer_reference, x.sku, x.abstract_sku, x.owner, x.is_named)::offerengine_internal.percent_owner
          FROM (SELECT o.offer_reference, NULL::text AS sku, NULL::text AS abstract_sku,
                       ROW(NULL, o.product_id, o.offer_id, NULL)::offerengine_internal.price_owner AS owner, true AS is_named
                  FROM offerengine.offer o WHERE o.offer_reference = ANY (offers)
                 UNION ALL
                SELECT o.offer_reference, NULL, NULL,
                       ROW(NULL, o.product_id, o.offer_id, NULL)::offerengine_internal.price_owner, false
                  FROM offerengine.merchant m
                  JOIN offerengine.offer o ON o.merchant_id = m.merchant_id
                  JOIN offerengine.offer_store s ON s.offer_id = o.offer_id AND s.store_code = entry ->> 'store'
                 WHERE m.merchant_reference = merchant AND s.price_sheet_id IS NULL AND o.offer_type <> 'subscription'
                   AND (skus = '{}' OR s.sku = ANY (skus))
                 UNION ALL
                SELECT NULL, p.sku, a.abstract_sku, ROW(NULL, p.product_id, NULL, NULL)::offerengine_internal.price_owner, true
                  FROM offerengine.product p
                  JOIN offerengine.abstract_product a ON a.abstract_product_id = p.abstract_product_id
                 WHERE p.sku = ANY (skus) AND merchant IS NULL
                 UNION ALL
                SELECT NULL, NULL, a.abstract_sku,
                       ROW(a.abstract_product_id, NULL, NULL, NULL)::offerengine_internal.price_owner, true
                  FROM offerengine.abstract_product a WHERE a.abstract_sku = entry ->> 'abstract_sku') AS x
         ORDER BY x.offer_reference, x.sku, x.abstract_sku);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.percent_owners(jsonb) IS
    'The offers, products or the abstract product that a percentage of set_prices() names. OE020: one is unknown; 22023: none is '
    'named, or some of several kinds.';

CREATE FUNCTION offerengine_internal.percent_settings(entry jsonb, starts_at timestamptz, ends_at timestamptz)
RETURNS offerengine_internal.price_setting[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    only_key  CONSTANT text := entry ->> 'relationship_key';
    owners    offerengine_internal.percent_owner[];
    target    offerengine_internal.percent_owner;
    contract  record;
    settings  offerengine_internal.price_setting[] := '{}';
    found     offerengine_internal.price_setting[];
    found_any boolean;
BEGIN
    -- Refuses an unknown store or currency before anything is looked up by them.
    PERFORM offerengine_internal.check_price_place(entry ->> 'store', entry ->> 'currency');
    IF starts_at IS NULL OR NOT isfinite(starts_at) THEN
        RAISE EXCEPTION 'a percentage needs valid_from: it is taken of what is in force at that instant'
            USING ERRCODE = '22004', HINT = 'The same window again changes nothing.';
    END IF;
    IF (entry ->> 'percent')::numeric NOT BETWEEN -100 AND 1000000 THEN
        RAISE EXCEPTION 'percent % is not from -100 to 1000000', entry ->> 'percent' USING ERRCODE = '22023';
    END IF;
    IF COALESCE(entry ->> 'price_type', 'DEFAULT') <> 'DEFAULT' THEN
        RAISE EXCEPTION 'a percentage is for prices of type DEFAULT, not "%"', offerengine_internal.shown(entry ->> 'price_type')
            USING ERRCODE = '22023';
    END IF;
    PERFORM offerengine_internal.check_reference(only_key, 'relationship_key');
    IF only_key IS NOT NULL
       AND NOT EXISTS (SELECT FROM offerengine.merchant_relationship r WHERE r.relationship_key = only_key) THEN
        PERFORM offerengine_internal.raise_unknown('merchant relationship', only_key);
    END IF;

    owners := offerengine_internal.percent_owners(entry);
    FOREACH target IN ARRAY owners LOOP
        found_any := false;
        FOR contract IN
            SELECT NULL::bigint AS id, NULL::text AS key WHERE only_key IS NULL
            UNION ALL
            SELECT r.merchant_relationship_id, r.relationship_key
              FROM offerengine_internal.contracts_with_prices(target, entry ->> 'store', entry ->> 'currency') AS c (id)
              JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = c.id
             WHERE CASE WHEN only_key IS NULL THEN (entry ->> 'contracts')::boolean ELSE r.relationship_key = only_key END
        LOOP
            target.owner.merchant_relationship_id := contract.id;
            found := offerengine_internal.scaled_prices(target, contract.key, entry, starts_at, ends_at);
            found_any := found_any OR found <> '{}';
            settings := settings || found;
        END LOOP;
        IF NOT found_any AND target.is_named THEN
            RAISE EXCEPTION '% has no price in % and % at that instant',
                COALESCE('offer "' || target.offer_reference || '"', 'product "' || target.sku || '"',
                         'abstract product "' || target.abstract_sku || '"'), entry ->> 'store', entry ->> 'currency'
                USING ERRCODE = 'OE009', HINT = 'Set one by its amount.';
        END IF;
    END LOOP;
    RETURN settings;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.percent_settings(jsonb, timestamptz, timestamptz) IS
    'The prices that an object of set_prices() with a percentage asks for.';

CREATE FUNCTION offerengine_internal.check_price_place(store text, currency text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF store IS NULL OR currency IS NULL THEN
        RAISE EXCEPTION 'store and currency must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF NOT EXISTS (SELECT FROM offerengine.store k WHERE k.store_code = check_price_place.store) THEN
        PERFORM offerengine_internal.raise_unknown('store', store);
    END IF;
    IF NOT EXISTS (SELECT FROM offerengine.currency c WHERE c.currency_code = check_price_place.currency) THEN
        PERFORM offerengine_internal.raise_unknown('currency', currency);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_price_place(text, text) IS
    'Refuses an unknown store or currency (22023), and NULL (22004).';

CREATE FUNCTION offerengine_internal.contracts_with_prices(target offerengine_internal.percent_owner, store text, currency text)
RETURNS SETOF bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 ROWS 10
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $oe_body$
BEGIN
    -- An offer inherits those of its own merchant only: a contract price of an offer belongs to its merchant.
    RETURN QUERY
    SELECT DISTINCT x.merchant_relationship_id
      FROM offerengine.price x
     WHERE x.product_id = (target.owner).product_id AND x.store_code = contracts_with_prices.store
       AND x.currency_code = contracts_with_prices.currency AND x.merchant_relationship_id IS NOT NULL
       AND (x.offer_id IS NULL OR x.offer_id = (target.owner).offer_id)
       AND ((target.owner).offer_id IS NULL
            OR EXISTS (SELECT FROM offerengine.merchant_relationship r
                         JOIN offerengine.offer o ON o.merchant_id = r.merchant_id
                        WHERE r.merchant_relationship_id = x.merchant_relationship_id AND o.offer_id = (target.owner).offer_id))
    UNION
    SELECT x.merchant_relationship_id
      FROM offerengine.price x
     WHERE x.abstract_product_id = (target.owner).abstract_product_id AND x.store_code = contracts_with_prices.store
       AND x.currency_code = contracts_with_prices.currency AND x.merchant_relationship_id IS NOT NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.contracts_with_prices(offerengine_internal.percent_owner, text, text) IS
    'Relationships with prices of the owner, or of the product of an offer, in a store and currency.';

CREATE FUNCTION offerengine_internal.scaled_prices(
    target offerengine_internal.percent_owner, relationship_key text, entry jsonb, starts_at timestamptz, ends_at timestamptz)
RETURNS offerengine_internal.price_setting[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    factor   CONSTANT numeric := 100 + (entry ->> 'percent')::numeric;
    store    CONSTANT text := entry ->> 'store';
    currency CONSTANT text := entry ->> 'currency';
    source   offerengine_internal.price_window[];
BEGIN
    source := ARRAY(SELECT w FROM offerengine_internal.prices_in_force(target.owner, store, currency, starts_at, ends_at) AS w);
    IF source = '{}' AND target.offer_reference IS NOT NULL
       AND NOT offerengine_internal.has_own_prices(target.owner, store, currency, starts_at, ends_at) THEN
        source := ARRAY(SELECT w FROM offerengine_internal.inherited_prices(target.owner, store, currency, starts_at, ends_at) AS w
                         WHERE num_nonnulls(w.net_amount, w.gross_amount) > 0);
        IF source <> '{}' AND relationship_key IS NULL THEN
            PERFORM offerengine_internal.tell_hidden_contracts(target, store, currency, starts_at);
        END IF;
    ELSIF source = '{}' AND target.sku IS NOT NULL THEN
        -- The product's price is its abstract product's: that is where it is written.
        target.owner := ROW((SELECT a.abstract_product_id FROM offerengine.abstract_product a
                              WHERE a.abstract_sku = target.abstract_sku), NULL, NULL, (target.owner).merchant_relationship_id);
        target.sku := NULL;
        source := ARRAY(SELECT w FROM offerengine_internal.prices_in_force(target.owner, store, currency, starts_at, ends_at) AS w);
    END IF;
    PERFORM FROM unnest(source) AS w WHERE GREATEST(w.net_amount, w.gross_amount) * factor / 100 > 999999999999999999;
    IF FOUND THEN
        RAISE EXCEPTION 'percent % makes an amount of more than 18 digits', entry ->> 'percent' USING ERRCODE = '22003';
    END IF;
    RETURN ARRAY(
        SELECT ROW(target.offer_reference, target.sku,
                   CASE WHEN target.offer_reference IS NULL AND target.sku IS NULL THEN target.abstract_sku END,
                   scaled_prices.relationship_key, store, currency, 'DEFAULT', w.min_quantity, starts_at, ends_at,
                   round(w.net_amount * factor / 100)::bigint, round(w.gross_amount * factor / 100)::bigint, true, true)
               ::offerengine_internal.price_setting
          FROM unnest(source) AS w ORDER BY w.min_quantity);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.scaled_prices(
    offerengine_internal.percent_owner, text, jsonb, timestamptz, timestamptz) IS
    'The percentage of every tier of one owner and contract, rounded half away from zero: of an offer''s own prices, else of those '
    'it inherits; of a product''s own prices, else of its abstract product''s, to be written there. 22003: too much.';

CREATE FUNCTION offerengine_internal.has_own_prices(
    owner offerengine_internal.price_owner, store text, currency text, instant timestamptz, ends_at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $oe_body$
BEGIN
    RETURN EXISTS (
        SELECT FROM offerengine.price x
          JOIN offerengine.store s ON s.store_code = has_own_prices.store
         WHERE x.product_id = owner.product_id AND x.offer_id = owner.offer_id AND x.store_code = has_own_prices.store
           AND x.currency_code = has_own_prices.currency AND x.valid_from <= instant AND instant < x.valid_to
           AND x.merchant_relationship_id IS NULL AND (s.price_inheritance = 'all_or_nothing' OR x.price_type = 'DEFAULT')
           AND NOT (x.price_type = 'DEFAULT' AND x.valid_from = instant
                    AND CASE WHEN ends_at IS NULL THEN x.valid_to > now() ELSE x.valid_to = ends_at END));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.has_own_prices(offerengine_internal.price_owner, text, text, timestamptz, timestamptz) IS
    'True when an offer has prices of its own, so that its product''s do not count, without the row that a percentage would be '
    'about.';

CREATE FUNCTION offerengine_internal.tell_hidden_contracts(
    target offerengine_internal.percent_owner, store text, currency text, instant timestamptz) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $oe_body$
DECLARE
    contracts text[];
BEGIN
    contracts := ARRAY(
        SELECT DISTINCT r.relationship_key
          FROM (SELECT x.merchant_relationship_id FROM offerengine.price x
                 WHERE x.product_id = (target.owner).product_id AND x.store_code = tell_hidden_contracts.store
                   AND x.currency_code = tell_hidden_contracts.currency AND x.merchant_relationship_id IS NOT NULL
                   AND x.offer_id IS NULL AND x.valid_from <= instant AND instant < x.valid_to
                 UNION
                SELECT x.merchant_relationship_id FROM offerengine.product p
                  JOIN offerengine.price x ON x.abstract_product_id = p.abstract_product_id
                 WHERE p.product_id = (target.owner).product_id AND x.store_code = tell_hidden_contracts.store
                   AND x.currency_code = tell_hidden_contracts.currency AND x.merchant_relationship_id IS NOT NULL
                   AND x.valid_from <= instant AND instant < x.valid_to
                 LIMIT 100) AS c
          JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = c.merchant_relationship_id
         ORDER BY r.relationship_key LIMIT 4);
    IF contracts <> '{}' THEN
        RAISE NOTICE 'the new price of offer "%" in % and % hides contract prices of its product: %', target.offer_reference,
            tell_hidden_contracts.store, tell_hidden_contracts.currency,
            array_to_string(contracts[1:3], ', ') || CASE WHEN cardinality(contracts) > 3 THEN ' and more' ELSE '' END;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.tell_hidden_contracts(offerengine_internal.percent_owner, text, text, timestamptz) IS
    'Tells by NOTICE which contract prices of its product an offer hides that had no price of its own and gets one.';
