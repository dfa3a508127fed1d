-- Writers by natural key. They run with the caller's rights and change nothing, not even a version, when nothing differs.
-- An argument that is left out (or NULL) keeps what is stored. Locks: abstract product, product, offer, then its rows.

CREATE FUNCTION offerengine.set_offer_stores(offer_reference text, stores text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target  bigint;
    product bigint;
    unknown text;
BEGIN
    PERFORM offerengine_internal.require_schema();
    IF set_offer_stores.stores IS NULL OR pg_catalog.array_position(set_offer_stores.stores, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'stores must not be NULL or contain NULL'
            USING ERRCODE = '22004', HINT = 'An empty array takes the offer out of every store.';
    END IF;
    SELECT s.code INTO unknown
      FROM pg_catalog.unnest(set_offer_stores.stores) AS s (code)
     WHERE NOT EXISTS (SELECT FROM offerengine.store k WHERE k.store_code = s.code)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'unknown store "%"', unknown USING ERRCODE = '22023', HINT = 'Table store lists the stores.';
    END IF;

    SELECT o.offer_id, o.product_id INTO target, product
      FROM offerengine.offer o WHERE o.offer_reference = set_offer_stores.offer_reference;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown offer "%"', set_offer_stores.offer_reference USING ERRCODE = 'OE020';
    END IF;
    PERFORM offerengine_internal.share_products(ARRAY[product]);
    PERFORM FROM offerengine.offer o WHERE o.offer_id = target FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the current role may not change offer "%"', set_offer_stores.offer_reference USING ERRCODE = '42501';
    END IF;

    PERFORM offerengine_internal.delete_offer_stores(array_agg(os.offer_id), array_agg(os.store_code))
       FROM offerengine.offer_store os
      WHERE os.offer_id = target AND NOT os.store_code = ANY (set_offer_stores.stores);
    INSERT INTO offerengine.offer_store (offer_id, store_code)
    SELECT DISTINCT target, s.code
      FROM pg_catalog.unnest(set_offer_stores.stores) AS s (code)
     WHERE NOT EXISTS (SELECT FROM offerengine.offer_store os WHERE os.offer_id = target AND os.store_code = s.code)
        ON CONFLICT DO NOTHING;
    RETURN target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.set_offer_stores(text, text[]) IS
    'Sells the offer in exactly these stores; an empty array takes it out of all. Answers its offer_id. OE020: unknown offer; '
    '22023: unknown store; 22004: NULL.';

CREATE FUNCTION offerengine.put_offer(
    offer_reference    text DEFAULT NULL,
    sku                text DEFAULT NULL,
    merchant_reference text DEFAULT NULL,
    stores             text[] DEFAULT NULL,
    merchant_sku       text DEFAULT NULL,
    title              text DEFAULT NULL,
    offer_type         text DEFAULT NULL,
    management         text DEFAULT NULL,
    is_active          boolean DEFAULT NULL,
    valid_from         timestamptz DEFAULT NULL,
    valid_to           timestamptz DEFAULT NULL,
    price_sheet        text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored          record;
    wanted_product  bigint;
    wanted_merchant bigint;
    wanted_sheet    bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    IF put_offer.sku IS NOT NULL THEN
        SELECT p.product_id INTO wanted_product FROM offerengine.product p WHERE p.sku = put_offer.sku;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'unknown product "%"', put_offer.sku USING ERRCODE = 'OE020';
        END IF;
    END IF;
    IF put_offer.merchant_reference IS NOT NULL THEN
        SELECT m.merchant_id INTO wanted_merchant
          FROM offerengine.merchant m WHERE m.merchant_reference = put_offer.merchant_reference;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'unknown merchant "%"', put_offer.merchant_reference USING ERRCODE = 'OE020';
        END IF;
    END IF;
    IF put_offer.price_sheet <> '' THEN
        SELECT h.price_sheet_id INTO wanted_sheet FROM offerengine.price_sheet h WHERE h.code = put_offer.price_sheet;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'unknown price sheet "%"', put_offer.price_sheet USING ERRCODE = 'OE020';
        END IF;
    END IF;

    -- A second round only when another session has just inserted the same reference.
    FOR round IN 1..2 LOOP
        SELECT o.* INTO stored FROM offerengine.offer o WHERE o.offer_reference = put_offer.offer_reference;
        IF FOUND THEN
            PERFORM offerengine_internal.share_products(ARRAY[stored.product_id]) WHERE put_offer.stores IS NOT NULL;
            PERFORM FROM offerengine.offer o WHERE o.offer_id = stored.offer_id FOR NO KEY UPDATE;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'the current role may not change offer "%"', put_offer.offer_reference USING ERRCODE = '42501';
            END IF;
            EXIT;
        END IF;
        IF wanted_product IS NULL OR wanted_merchant IS NULL THEN
            RAISE EXCEPTION 'a new offer needs sku and merchant_reference'
                USING ERRCODE = '22004', HINT = pg_catalog.format('There is no offer %L yet.', put_offer.offer_reference);
        END IF;
        PERFORM offerengine_internal.share_products(ARRAY[wanted_product]) WHERE put_offer.stores IS NOT NULL;
        INSERT INTO offerengine.offer AS o
               (offer_reference, product_id, merchant_id, merchant_sku, title, offer_type, management, is_active,
                valid_from, valid_to, price_sheet_id)
        VALUES (put_offer.offer_reference, wanted_product, wanted_merchant, NULLIF(put_offer.merchant_sku, ''),
                NULLIF(put_offer.title, ''), COALESCE(put_offer.offer_type, 'product'),
                COALESCE(put_offer.management, 'standard'), COALESCE(put_offer.is_active, true),
                COALESCE(put_offer.valid_from, '-infinity'), COALESCE(put_offer.valid_to, 'infinity'), wanted_sheet)
            ON CONFLICT ON CONSTRAINT offer_offer_reference_key DO NOTHING
        RETURNING o.* INTO stored;
        EXIT WHEN FOUND;
    END LOOP;
    IF stored.offer_id IS NULL THEN
        RAISE EXCEPTION 'offer_reference "%" is taken', put_offer.offer_reference USING ERRCODE = '23505';
    END IF;

    IF stored.product_id <> wanted_product OR stored.merchant_id <> wanted_merchant THEN
        RAISE EXCEPTION 'product and merchant of offer "%" never change', stored.offer_reference
            USING ERRCODE = 'OE004', HINT = 'Make a new offer and deactivate this one.';
    END IF;
    UPDATE offerengine.offer o
       SET merchant_sku = changed.merchant_sku, title = changed.title, offer_type = changed.offer_type,
           management = changed.management, is_active = changed.is_active,
           valid_from = changed.valid_from, valid_to = changed.valid_to, price_sheet_id = changed.price_sheet_id
      FROM (SELECT NULLIF(COALESCE(put_offer.merchant_sku, now_stored.merchant_sku), '') AS merchant_sku,
                   NULLIF(COALESCE(put_offer.title, now_stored.title), '') AS title,
                   COALESCE(put_offer.offer_type, now_stored.offer_type) AS offer_type,
                   COALESCE(put_offer.management, now_stored.management) AS management,
                   COALESCE(put_offer.is_active, now_stored.is_active) AS is_active,
                   COALESCE(put_offer.valid_from, now_stored.valid_from) AS valid_from,
                   COALESCE(put_offer.valid_to, now_stored.valid_to) AS valid_to,
                   CASE WHEN put_offer.price_sheet IS NULL THEN now_stored.price_sheet_id ELSE wanted_sheet END
                   AS price_sheet_id
              FROM offerengine.offer now_stored WHERE now_stored.offer_id = stored.offer_id) AS changed
     WHERE o.offer_id = stored.offer_id
       AND (o.merchant_sku, o.title, o.offer_type, o.management, o.is_active, o.valid_from, o.valid_to, o.price_sheet_id)
           IS DISTINCT FROM
           (changed.merchant_sku, changed.title, changed.offer_type, changed.management, changed.is_active,
            changed.valid_from, changed.valid_to, changed.price_sheet_id);
    IF put_offer.stores IS NOT NULL THEN
        PERFORM offerengine.set_offer_stores(stored.offer_reference, put_offer.stores);
    END IF;
    RETURN stored.offer_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_offer(
    text, text, text, text[], text, text, text, text, boolean, timestamptz, timestamptz, text) IS
    'Creates the offer or changes it, by offer_reference, and answers its offer_id. Left out: a new offer gets offer<id> as '
    'reference, offer_type product, management standard, is_active true and an open validity; a stored one keeps what it has. '
    'An empty string clears title, merchant_sku and price_sheet. stores, when given, is the whole set. sku and '
    'merchant_reference are needed for a new offer (22004) and never change (OE004), nor does management once the offer was '
    'approved. OE020: unknown product, merchant or price sheet; 22023: unknown store; OE019: a subscription with a price sheet '
    'or own prices, another type with steps, or with a price sheet and own prices.';

CREATE FUNCTION offerengine.set_offer_active(offer_reference text, is_active boolean) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target bigint;
BEGIN
    PERFORM offerengine.set_offer_active(ARRAY[set_offer_active.offer_reference], set_offer_active.is_active);
    SELECT o.offer_id INTO target
      FROM offerengine.offer o WHERE o.offer_reference = set_offer_active.offer_reference;
    RETURN target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.set_offer_active(text, boolean) IS
    'Activates or deactivates the offer, whatever its approval, and answers its offer_id. OE020: unknown offer; 22004: NULL.';

CREATE FUNCTION offerengine.set_offer_active(offer_references text[], is_active boolean) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    unknown text;
    changed integer;
BEGIN
    PERFORM offerengine_internal.require_schema();
    IF set_offer_active.offer_references IS NULL OR set_offer_active.is_active IS NULL THEN
        RAISE EXCEPTION 'offer references and is_active must not be NULL' USING ERRCODE = '22004';
    END IF;
    SELECT COALESCE(r.reference, 'NULL') INTO unknown
      FROM pg_catalog.unnest(set_offer_active.offer_references) AS r (reference)
     WHERE NOT EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_reference = r.reference)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'unknown offer "%"', unknown USING ERRCODE = 'OE020';
    END IF;

    PERFORM FROM offerengine.offer o
      WHERE o.offer_reference = ANY (set_offer_active.offer_references)
      ORDER BY o.offer_id FOR NO KEY UPDATE;
    UPDATE offerengine.offer o SET is_active = set_offer_active.is_active
     WHERE o.offer_reference = ANY (set_offer_active.offer_references) AND o.is_active <> set_offer_active.is_active;
    GET DIAGNOSTICS changed = ROW_COUNT;
    PERFORM FROM offerengine.offer o
      WHERE o.offer_reference = ANY (set_offer_active.offer_references) AND o.is_active <> set_offer_active.is_active;
    IF FOUND THEN
        RAISE EXCEPTION 'the current role may not change all of these offers' USING ERRCODE = '42501';
    END IF;
    RETURN changed;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.set_offer_active(text[], boolean) IS
    'Activates or deactivates all these offers, or none when one is unknown (OE020), locking in order of offer_id. Answers how '
    'many changed. 22004: NULL.';

CREATE TYPE offerengine_internal.price_setting AS (
    offer_reference  text,
    sku              text,
    abstract_sku     text,
    relationship_key text,
    store            text,
    currency         text,
    price_type       text,
    min_quantity     integer,
    valid_from       timestamptz,
    valid_to         timestamptz,
    net_amount       bigint,
    gross_amount     bigint,
    sets_net         boolean,
    sets_gross       boolean
);
COMMENT ON TYPE offerengine_internal.price_setting IS
    'One price as set_price and set_prices are told it; sets_net and sets_gross say whether an amount was given, NULL included.';

CREATE TYPE offerengine_internal.price_target AS (
    line                     integer,
    is_last                  boolean,
    price_id                 bigint,
    abstract_product_id      bigint,
    product_id               bigint,
    offer_id                 bigint,
    merchant_relationship_id bigint,
    setting                  offerengine_internal.price_setting
);
COMMENT ON TYPE offerengine_internal.price_target IS
    'A price_setting with the ids it names, the row it finds (price_id, NULL: none yet), and whether it is the last of its key.';

CREATE FUNCTION offerengine_internal.check_price_settings(settings offerengine_internal.price_setting[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    found_code    text;
    found_message text;
BEGIN
    SELECT problem.code, problem.message INTO found_code, found_message
      FROM pg_catalog.unnest(check_price_settings.settings) WITH ORDINALITY AS s
      CROSS JOIN LATERAL (VALUES
          (1, pg_catalog.num_nonnulls(s.offer_reference, s.sku, s.abstract_sku) <> 1, '22023',
              pg_catalog.format('a price has one owner: offer_reference %s, sku %s, abstract_sku %s',
                                pg_catalog.quote_nullable(s.offer_reference), pg_catalog.quote_nullable(s.sku),
                                pg_catalog.quote_nullable(s.abstract_sku))),
          (2, s.store IS NULL OR s.currency IS NULL, '22004', 'store and currency must not be NULL'),
          (3, NOT EXISTS (SELECT FROM offerengine.store k WHERE k.store_code = s.store), '22023',
              pg_catalog.format('unknown store "%s"', s.store)),
          (4, NOT EXISTS (SELECT FROM offerengine.currency c WHERE c.currency_code = s.currency), '22023',
              pg_catalog.format('unknown currency "%s"', s.currency)),
          (5, NOT EXISTS (SELECT FROM offerengine.price_type t WHERE t.price_type = s.price_type), '22023',
              pg_catalog.format('unknown price type "%s"', s.price_type)),
          (6, s.offer_reference IS NOT NULL
              AND NOT EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_reference = s.offer_reference), 'OE020',
              pg_catalog.format('unknown offer "%s"', s.offer_reference)),
          (7, s.sku IS NOT NULL AND NOT EXISTS (SELECT FROM offerengine.product p WHERE p.sku = s.sku), 'OE020',
              pg_catalog.format('unknown product "%s"', s.sku)),
          (8, s.abstract_sku IS NOT NULL
              AND NOT EXISTS (SELECT FROM offerengine.abstract_product a WHERE a.abstract_sku = s.abstract_sku), 'OE020',
              pg_catalog.format('unknown abstract product "%s"', s.abstract_sku)),
          (9, s.relationship_key IS NOT NULL
              AND NOT EXISTS (SELECT FROM offerengine.merchant_relationship r
                               WHERE r.relationship_key = s.relationship_key), 'OE020',
              pg_catalog.format('unknown merchant relationship "%s"', s.relationship_key)),
          (10, s.min_quantity < 1, '22023', pg_catalog.format('min_quantity %s is below 1', s.min_quantity)),
          (11, s.net_amount < 0 OR s.gross_amount < 0, '22023',
               pg_catalog.format('an amount is below 0: net_amount %s, gross_amount %s', s.net_amount, s.gross_amount))
      ) AS problem (step, applies, code, message)
     WHERE problem.applies
     ORDER BY s.ordinality, problem.step
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', found_message USING ERRCODE = found_code;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_price_settings(offerengine_internal.price_setting[]) IS
    'Refuses the first setting that names something unknown (OE020; 22023 for store, currency and type) or is out of range '
    '(22023).';

CREATE FUNCTION offerengine_internal.price_targets(settings offerengine_internal.price_setting[])
RETURNS offerengine_internal.price_target[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    targets offerengine_internal.price_target[];
BEGIN
    SELECT pg_catalog.array_agg(ROW(named.line, named.is_last, existing.price_id, named.abstract_product_id, named.product_id,
                                    named.offer_id, named.merchant_relationship_id,
                                        named.setting)::offerengine_internal.price_target
                                ORDER BY named.line)
      INTO targets
      FROM (SELECT s.ordinality::integer AS line,
                   s.setting,
                   a.abstract_product_id,
                   COALESCE(o.product_id, p.product_id) AS product_id,
                   o.offer_id,
                   r.merchant_relationship_id,
                   pg_catalog.row_number() OVER (
                       PARTITION BY a.abstract_product_id, o.offer_id, p.product_id, r.merchant_relationship_id,
                                    (s.setting).store, (s.setting).currency, (s.setting).price_type,
                                    (s.setting).min_quantity, (s.setting).valid_from
                       ORDER BY s.ordinality DESC) = 1 AS is_last
              FROM (SELECT g.ordinality, price_targets.settings[g.ordinality] AS setting
                      FROM pg_catalog.generate_subscripts(price_targets.settings, 1) AS g (ordinality)) AS s
              LEFT JOIN offerengine.offer o ON o.offer_reference = (s.setting).offer_reference
              LEFT JOIN offerengine.product p ON p.sku = (s.setting).sku
              LEFT JOIN offerengine.abstract_product a ON a.abstract_sku = (s.setting).abstract_sku
              LEFT JOIN offerengine.merchant_relationship r ON r.relationship_key = (s.setting).relationship_key) AS named
      LEFT JOIN LATERAL (
            SELECT x.price_id FROM offerengine.price x
             WHERE x.product_id = named.product_id AND x.offer_id IS NOT DISTINCT FROM named.offer_id
               AND x.merchant_relationship_id = named.merchant_relationship_id
               AND x.store_code = (named.setting).store AND x.currency_code = (named.setting).currency
               AND x.price_type = (named.setting).price_type AND x.min_quantity = (named.setting).min_quantity
               AND x.valid_from = (named.setting).valid_from
            UNION ALL
            SELECT x.price_id FROM offerengine.price x
             WHERE x.product_id = named.product_id AND x.offer_id IS NOT DISTINCT FROM named.offer_id
               AND named.merchant_relationship_id IS NULL AND x.merchant_relationship_id IS NULL
               AND x.store_code = (named.setting).store AND x.currency_code = (named.setting).currency
               AND x.price_type = (named.setting).price_type AND x.min_quantity = (named.setting).min_quantity
               AND x.valid_from = (named.setting).valid_from
            UNION ALL
            SELECT x.price_id FROM offerengine.price x
             WHERE x.abstract_product_id = named.abstract_product_id
               AND x.merchant_relationship_id = named.merchant_relationship_id
               AND x.store_code = (named.setting).store AND x.currency_code = (named.setting).currency
               AND x.price_type = (named.setting).price_type AND x.min_quantity = (named.setting).min_quantity
               AND x.valid_from = (named.setting).valid_from
            UNION ALL
            SELECT x.price_id FROM offerengine.price x
             WHERE x.abstract_product_id = named.abstract_product_id
               AND named.merchant_relationship_id IS NULL AND x.merchant_relationship_id IS NULL
               AND x.store_code = (named.setting).store AND x.currency_code = (named.setting).currency
               AND x.price_type = (named.setting).price_type AND x.min_quantity = (named.setting).min_quantity
               AND x.valid_from = (named.setting).valid_from) AS existing ON true;
    RETURN targets;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.price_targets(offerengine_internal.price_setting[]) IS
    'Looks up what the settings name, and the price rows that they are about as of now.';

CREATE FUNCTION offerengine_internal.set_prices(settings offerengine_internal.price_setting[]) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    targets offerengine_internal.price_target[];
    bare    offerengine_internal.price_target;
BEGIN
    PERFORM offerengine_internal.check_price_settings(set_prices.settings);
    PERFORM FROM offerengine.offer o
      WHERE o.offer_reference IN (SELECT s.offer_reference FROM pg_catalog.unnest(set_prices.settings) AS s)
      ORDER BY o.offer_id FOR NO KEY UPDATE;

    -- What this call or, meanwhile, another session has inserted is found, and changed where it differs, in the next round.
    FOR round IN 1..3 LOOP
        targets := offerengine_internal.price_targets(set_prices.settings);
        UPDATE offerengine.price p
           SET net_amount = CASE WHEN (t.setting).sets_net THEN (t.setting).net_amount ELSE p.net_amount END,
               gross_amount = CASE WHEN (t.setting).sets_gross THEN (t.setting).gross_amount ELSE p.gross_amount END,
               valid_to = COALESCE((t.setting).valid_to, p.valid_to)
          FROM pg_catalog.unnest(targets) AS t
         WHERE p.price_id = t.price_id AND t.is_last
           AND ((t.setting).sets_net AND (t.setting).net_amount IS DISTINCT FROM p.net_amount
                OR (t.setting).sets_gross AND (t.setting).gross_amount IS DISTINCT FROM p.gross_amount
                OR (t.setting).valid_to <> p.valid_to);
        PERFORM FROM pg_catalog.unnest(targets) AS t
           JOIN offerengine.price p ON p.price_id = t.price_id
          WHERE t.is_last
            AND ((t.setting).sets_net AND (t.setting).net_amount IS DISTINCT FROM p.net_amount
                 OR (t.setting).sets_gross AND (t.setting).gross_amount IS DISTINCT FROM p.gross_amount
                 OR (t.setting).valid_to <> p.valid_to);
        IF FOUND THEN
            RAISE EXCEPTION 'the current role may not change this price' USING ERRCODE = '42501';
        END IF;
        EXIT WHEN NOT EXISTS (SELECT FROM pg_catalog.unnest(targets) AS t WHERE t.price_id IS NULL);

        SELECT t.* INTO bare FROM pg_catalog.unnest(targets) AS t
         WHERE t.is_last AND t.price_id IS NULL
           AND (t.setting).net_amount IS NULL AND (t.setting).gross_amount IS NULL LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'a new price needs net_amount or gross_amount'
                USING ERRCODE = '22004', HINT = 'To take a price away, call end_price().';
        END IF;
        INSERT INTO offerengine.price
               (abstract_product_id, product_id, offer_id, merchant_relationship_id, store_code, currency_code, price_type,
                min_quantity, net_amount, gross_amount, valid_from, valid_to)
        SELECT t.abstract_product_id, t.product_id, t.offer_id, t.merchant_relationship_id, (t.setting).store,
               (t.setting).currency, (t.setting).price_type, (t.setting).min_quantity, (t.setting).net_amount,
               (t.setting).gross_amount, (t.setting).valid_from, COALESCE((t.setting).valid_to, 'infinity')
          FROM pg_catalog.unnest(targets) AS t
         WHERE t.is_last AND t.price_id IS NULL
         ORDER BY t.line
            ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN ARRAY(SELECT t.price_id FROM pg_catalog.unnest(targets) AS t ORDER BY t.line);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.set_prices(offerengine_internal.price_setting[]) IS
    'Writes prices in sets: one UPDATE for those that are there and differ, one INSERT for the others. Answers their price_ids '
    'in the order of the settings. Of several settings of one key the last one counts.';

CREATE FUNCTION offerengine.set_price(
    store            text,
    currency         text,
    net_amount       bigint DEFAULT NULL,
    gross_amount     bigint DEFAULT NULL,
    offer_reference  text DEFAULT NULL,
    sku              text DEFAULT NULL,
    abstract_sku     text DEFAULT NULL,
    relationship_key text DEFAULT NULL,
    price_type       text DEFAULT 'DEFAULT',
    min_quantity     integer DEFAULT 1,
    valid_from       timestamptz DEFAULT NULL,
    valid_to         timestamptz DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.require_schema();
    RETURN (offerengine_internal.set_prices(ARRAY[ROW(
        set_price.offer_reference, set_price.sku, set_price.abstract_sku, set_price.relationship_key, set_price.store,
        set_price.currency, COALESCE(set_price.price_type, 'DEFAULT'), COALESCE(set_price.min_quantity, 1),
        COALESCE(set_price.valid_from, '-infinity'), set_price.valid_to, set_price.net_amount, set_price.gross_amount,
        set_price.net_amount IS NOT NULL, set_price.gross_amount IS NOT NULL)::offerengine_internal.price_setting]))[1];
END
$oe_body$;
COMMENT ON FUNCTION offerengine.set_price(text, text, bigint, bigint, text, text, text, text, text, integer, timestamptz,
    timestamptz) IS
    'Sets one price, in minor units, and answers its price_id. Exactly one of offer_reference, sku and abstract_sku owns it '
    '(22023). The row is the one of this owner, relationship_key, store, currency, price_type, min_quantity and valid_from '
    '(left out: -infinity). An amount left out, and valid_to left out, keep what is stored (a new row: no price in that mode, '
    'open end); to clear one amount give an explicit null to set_prices(). OE020: unknown owner or relationship; 22023: '
    'unknown store, currency or type; OE005 at commit: a tier without base price.';

CREATE FUNCTION offerengine_internal.price_settings_from_json(prices jsonb) RETURNS offerengine_internal.price_setting[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' AS $oe_body$
DECLARE
    known CONSTANT text[] := ARRAY['store', 'currency', 'net_amount', 'gross_amount', 'offer_reference', 'sku',
        'abstract_sku', 'relationship_key', 'price_type', 'min_quantity', 'valid_from', 'valid_to'];
    wrong text;
BEGIN
    IF prices IS NULL THEN
        RAISE EXCEPTION 'prices must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF pg_catalog.jsonb_typeof(prices) <> 'array' THEN
        RAISE EXCEPTION 'prices must be a JSON array, not %', pg_catalog.jsonb_typeof(prices) USING ERRCODE = '22023';
    END IF;
    SELECT pg_catalog.format('price %s must be a JSON object, not %s', e.ordinality, pg_catalog.jsonb_typeof(e.value))
      INTO wrong
      FROM pg_catalog.jsonb_array_elements(prices) WITH ORDINALITY AS e
     WHERE pg_catalog.jsonb_typeof(e.value) <> 'object' ORDER BY e.ordinality LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = '22023';
    END IF;
    SELECT pg_catalog.format('price %s has an unknown or malformed "%s": %s', e.ordinality, field.key, field.value)
      INTO wrong
      FROM pg_catalog.jsonb_array_elements(prices) WITH ORDINALITY AS e
     CROSS JOIN LATERAL pg_catalog.jsonb_each(e.value) AS field
     WHERE CASE
               WHEN field.key <> ALL (known) THEN true
               WHEN pg_catalog.jsonb_typeof(field.value) = 'null' THEN false
               WHEN field.key IN ('net_amount', 'gross_amount', 'min_quantity')
                   THEN field.value::text !~ '^-?[0-9]+$'
               ELSE pg_catalog.jsonb_typeof(field.value) <> 'string'
           END
     ORDER BY e.ordinality LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong
            USING ERRCODE = '22023', HINT = 'Keys are the arguments of set_price(); amounts and min_quantity are whole numbers.';
    END IF;
    RETURN ARRAY(
        SELECT ROW(e.value ->> 'offer_reference', e.value ->> 'sku', e.value ->> 'abstract_sku',
                   e.value ->> 'relationship_key', e.value ->> 'store', e.value ->> 'currency',
                   COALESCE(e.value ->> 'price_type', 'DEFAULT'), COALESCE((e.value ->> 'min_quantity')::integer, 1),
                   COALESCE((e.value ->> 'valid_from')::timestamptz, '-infinity'), (e.value ->> 'valid_to')::timestamptz,
                   (e.value ->> 'net_amount')::bigint, (e.value ->> 'gross_amount')::bigint,
                   e.value ? 'net_amount', e.value ? 'gross_amount')::offerengine_internal.price_setting
          FROM pg_catalog.jsonb_array_elements(prices) WITH ORDINALITY AS e
         ORDER BY e.ordinality);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.price_settings_from_json(jsonb) IS
    'Reads the argument of set_prices(); an instant without a zone is UTC. 22023: not an array of objects, or an unknown or '
    'malformed key.';

CREATE FUNCTION offerengine.set_prices(prices jsonb) RETURNS SETOF bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.require_schema();
    RETURN QUERY SELECT written.price_id FROM pg_catalog.unnest(
        offerengine_internal.set_prices(offerengine_internal.price_settings_from_json(set_prices.prices))) AS written (price_id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine.set_prices(jsonb) IS
    'Sets many prices at once: an array of objects whose keys are the arguments of set_price(). A key left out keeps what is '
    'stored; net_amount or gross_amount given as null is cleared. Of several objects for one price the last one counts. An '
    'instant without a zone is UTC. Answers the price_ids in order; all are set or none. Errors as set_price(); 22023: not an '
    'array of objects, unknown or malformed keys.';

CREATE FUNCTION offerengine.end_price(
    store            text,
    currency         text,
    offer_reference  text DEFAULT NULL,
    sku              text DEFAULT NULL,
    abstract_sku     text DEFAULT NULL,
    relationship_key text DEFAULT NULL,
    price_type       text DEFAULT 'DEFAULT',
    min_quantity     integer DEFAULT NULL,
    valid_from       timestamptz DEFAULT NULL,
    valid_to         timestamptz DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted offerengine_internal.price_setting;
    owner  offerengine_internal.price_target;
    ending bigint[];
    ends_at CONSTANT timestamptz := COALESCE(end_price.valid_to, pg_catalog.now());
BEGIN
    PERFORM offerengine_internal.require_schema();
    wanted := ROW(end_price.offer_reference, end_price.sku, end_price.abstract_sku, end_price.relationship_key, end_price.store,
                  end_price.currency, COALESCE(end_price.price_type, 'DEFAULT'), COALESCE(end_price.min_quantity, 1),
                  COALESCE(end_price.valid_from, '-infinity'), NULL, NULL, NULL, false, false);
    PERFORM offerengine_internal.check_price_settings(ARRAY[wanted]);
    PERFORM FROM offerengine.offer o WHERE o.offer_reference = end_price.offer_reference FOR NO KEY UPDATE;
    owner := (offerengine_internal.price_targets(ARRAY[wanted]))[1];

    ending := ARRAY(
        SELECT x.price_id
          FROM (SELECT p.* FROM offerengine.price p WHERE p.product_id = owner.product_id
                UNION ALL
                SELECT p.* FROM offerengine.price p WHERE p.abstract_product_id = owner.abstract_product_id) AS x
         WHERE x.offer_id IS NOT DISTINCT FROM owner.offer_id
           AND x.merchant_relationship_id IS NOT DISTINCT FROM owner.merchant_relationship_id
           AND x.store_code = wanted.store AND x.currency_code = wanted.currency AND x.price_type = wanted.price_type
           AND (end_price.min_quantity IS NULL OR x.min_quantity = end_price.min_quantity)
           AND CASE WHEN end_price.valid_from IS NULL THEN x.valid_from < ends_at ELSE x.valid_from = end_price.valid_from END
           AND x.valid_to > ends_at
         ORDER BY x.min_quantity, x.valid_from);
    IF ending = '{}' THEN
        RAISE EXCEPTION 'there is no such price to end at %', ends_at
            USING ERRCODE = 'OE020', HINT = 'A price that is yet to come is ended by naming its valid_from.';
    END IF;
    PERFORM offerengine_internal.delete_prices(array_agg(p.price_id))
       FROM offerengine.price p WHERE p.price_id = ANY (ending) AND p.valid_from >= ends_at;
    UPDATE offerengine.price p SET valid_to = ends_at WHERE p.price_id = ANY (ending) AND p.valid_from < ends_at;
    PERFORM FROM offerengine.price p WHERE p.price_id = ANY (ending) AND p.valid_to > ends_at;
    IF FOUND THEN
        RAISE EXCEPTION 'the current role may not end this price' USING ERRCODE = '42501';
    END IF;
    RETURN ending[1];
END
$oe_body$;
COMMENT ON FUNCTION offerengine.end_price(text, text, text, text, text, text, text, integer, timestamptz, timestamptz) IS
    'Ends prices of one owner, relationship, store, currency and price_type at valid_to (left out: now). min_quantity left out: '
    'the base price with its tiers. valid_from left out: every row in force at that instant; given: the row that starts then, '
    'which is deleted when it would start at or after its end. Answers the price_id of the first row. OE020: no such price.';
