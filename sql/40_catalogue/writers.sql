-- Writers by natural key. They run with the caller's rights and change nothing, not even a version, when nothing differs.
-- An argument that is left out (or NULL) keeps what is stored. Locks: abstract product, product, offer, then its rows.

CREATE FUNCTION offerengine_internal.write_offer_stores(offer_id bigint, stores text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    there CONSTANT text[] := ARRAY(
        SELECT os.store_code FROM offerengine.offer_store os WHERE os.offer_id = write_offer_stores.offer_id);
    gone  CONSTANT text[] := ARRAY(SELECT t.code FROM unnest((SELECT there)) AS t (code) WHERE NOT t.code = ANY (stores));
BEGIN
    IF cardinality(gone) > 0 THEN
        PERFORM offerengine_internal.delete_offer_stores(array_fill(write_offer_stores.offer_id, ARRAY[cardinality(gone)]), gone);
    END IF;
    IF NOT there @> stores THEN
        INSERT INTO offerengine.offer_store (offer_id, store_code)
        SELECT DISTINCT write_offer_stores.offer_id, s.code
          FROM unnest((SELECT stores)) AS s (code)
         WHERE NOT s.code = ANY (there)
            ON CONFLICT DO NOTHING;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.write_offer_stores(bigint, text[]) IS
    'Sells an offer, which the caller holds, in exactly these stores, which there are.';

CREATE FUNCTION offerengine.set_offer_stores(offer_reference text, stores text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target  bigint;
    product bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_reference(set_offer_stores.offer_reference, 'offer_reference');
    PERFORM offerengine_internal.check_stores(set_offer_stores.stores);

    SELECT o.offer_id, o.product_id INTO target, product
      FROM offerengine.offer o WHERE o.offer_reference = set_offer_stores.offer_reference;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('offer', set_offer_stores.offer_reference);
    END IF;
    PERFORM offerengine_internal.share_products(ARRAY[product]);
    PERFORM FROM offerengine.offer o WHERE o.offer_id = target FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the current role may not change offer "%"', set_offer_stores.offer_reference USING ERRCODE = '42501';
    END IF;

    PERFORM offerengine_internal.write_offer_stores(target, set_offer_stores.stores);
    RETURN target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.set_offer_stores(text, text[]) IS
    'Sells the offer in exactly these stores; an empty array takes it out of all. Answers its offer_id. OE020: unknown offer; '
    '22023: unknown store; 22004: NULL.';

CREATE FUNCTION offerengine_internal.shown_window(store text, valid_from timestamptz, valid_to timestamptz) RETURNS text
LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN offerengine_internal.local_window(shown_window.valid_from, shown_window.valid_to,
        (SELECT s.time_zone FROM offerengine.store s WHERE s.store_code = shown_window.store));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.shown_window(text, timestamptz, timestamptz) IS
    'The window of a price as messages say it, in the time zone of its store.';

CREATE FUNCTION offerengine_internal.check_stores(stores text[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    unknown text;
BEGIN
    PERFORM offerengine_internal.check_dimensions(check_stores.stores, 'stores');
    IF check_stores.stores IS NULL OR array_position(check_stores.stores, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'stores must not be NULL or contain NULL'
            USING ERRCODE = '22004', HINT = 'An empty array stands for no store at all.';
    END IF;
    SELECT s.code INTO unknown
      FROM unnest((SELECT check_stores.stores)) AS s (code)
     WHERE NOT EXISTS (SELECT FROM offerengine.store k WHERE k.store_code = s.code)
     LIMIT 1;
    IF FOUND THEN
        PERFORM offerengine_internal.raise_unknown('store', unknown);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_stores(text[]) IS
    'Refuses a list of stores that is NULL or has NULL in it (22004), that has several dimensions or an unknown store (22023).';

CREATE FUNCTION offerengine_internal.check_validity(valid_from timestamptz, valid_to timestamptz, what text, hint text)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF valid_from >= valid_to THEN
        RAISE EXCEPTION 'valid_to is not behind valid_from: % cannot be %',
            what, offerengine_internal.local_window(valid_from, valid_to, NULL)
            USING ERRCODE = '22023', HINT = hint;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_validity(timestamptz, timestamptz, text, text) IS
    'Refuses a validity that ends before it begins (22023), saying of what, and with the hint.';

CREATE TYPE offerengine_internal.offer_setting AS (
    merchant_sku   text,
    title          text,
    offer_type     text,
    management     text,
    is_active      boolean,
    valid_from     timestamptz,
    valid_to       timestamptz,
    price_sheet_id bigint,
    pass_duration  interval,
    is_shipped     boolean
);
COMMENT ON TYPE offerengine_internal.offer_setting IS 'What of an offer may change, as put_offer is to leave it.';

CREATE FUNCTION offerengine_internal.check_offer(
    wanted offerengine_internal.offer_setting, of_offer bigint, of_merchant bigint) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    other text;
BEGIN
    PERFORM offerengine_internal.check_choice(wanted.offer_type, 'offer type',
                                              '{product,time_pass,subscription,credit,add_on,gift_voucher}');
    PERFORM offerengine_internal.check_choice(wanted.management, 'management',
                                              '{standard,externally_managed,externally_invoiced}');
    IF wanted.offer_type IN ('credit', 'add_on') AND wanted.management <> 'standard'
       OR wanted.offer_type = 'gift_voucher' AND wanted.management = 'externally_managed' THEN
        RAISE EXCEPTION 'an offer of type % cannot be %', wanted.offer_type, wanted.management
            USING ERRCODE = '22023',
                  HINT = 'credit and add_on are standard, a gift_voucher is standard or externally_invoiced.';
    END IF;
    PERFORM offerengine_internal.check_validity(wanted.valid_from, wanted.valid_to, 'an offer',
                                                'To hide an offer, call set_offer_active().');
    IF wanted.pass_duration IS NOT NULL AND wanted.offer_type <> 'time_pass' THEN
        RAISE EXCEPTION 'an offer of type % runs for no pass_duration, %', wanted.offer_type, wanted.pass_duration
            USING ERRCODE = '22023', HINT = 'A time_pass does. pass_duration => ''0'' takes it away.';
    END IF;
    SELECT o.offer_reference INTO other
      FROM offerengine.offer o
     WHERE o.merchant_id = of_merchant AND o.merchant_sku = wanted.merchant_sku AND o.offer_id IS DISTINCT FROM of_offer;
    IF FOUND THEN
        RAISE EXCEPTION 'merchant_sku "%" is taken by offer "%"', wanted.merchant_sku, other
            USING ERRCODE = '23505', SCHEMA = 'offerengine', TABLE = 'offer', CONSTRAINT = 'offer_merchant_sku';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_offer(offerengine_internal.offer_setting, bigint, bigint) IS
    'Says in words what constraints of offer would refuse: 22023 for type, management, validity and a duration of what is no time '
    'pass, 23505 for a merchant_sku that another offer of the merchant has.';

CREATE FUNCTION offerengine_internal.check_pass_duration(pass_duration interval) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- Part by part: 1 month less 30 days is an interval of nothing, and 24 hours are one of a day.
    IF NOT isfinite(check_pass_duration.pass_duration)
       OR extract(epoch FROM date_trunc('day', check_pass_duration.pass_duration) - check_pass_duration.pass_duration) <> 0
       OR least(extract(year FROM check_pass_duration.pass_duration), extract(month FROM check_pass_duration.pass_duration),
                extract(day FROM check_pass_duration.pass_duration)) < 0 THEN
        RAISE EXCEPTION 'pass_duration must be years, months and days, not %', check_pass_duration.pass_duration
            USING ERRCODE = '22023', HINT = 'Zero is a time pass without an end.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_pass_duration(interval) IS
    'Refuses how long no time pass runs (22023): with hours or less, below zero in any part, infinite; zero and NULL pass.';

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
    price_sheet        text DEFAULT NULL,
    pass_duration      interval DEFAULT NULL,
    is_shipped         boolean DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored          record;
    wanted          offerengine_internal.offer_setting;
    wanted_product  bigint;
    wanted_merchant bigint;
    wanted_sheet    bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_reference(put_offer.offer_reference, 'offer_reference');
    PERFORM offerengine_internal.check_reference(put_offer.sku, 'sku');
    PERFORM offerengine_internal.check_reference(put_offer.merchant_reference, 'merchant_reference');
    PERFORM offerengine_internal.check_reference(NULLIF(put_offer.merchant_sku, ''), 'merchant_sku');
    PERFORM offerengine_internal.check_reference(NULLIF(put_offer.price_sheet, ''), 'price_sheet');
    PERFORM offerengine_internal.check_title(put_offer.title, 'title');
    IF put_offer.pass_duration IS NOT NULL THEN
        PERFORM offerengine_internal.check_pass_duration(put_offer.pass_duration);
    END IF;
    IF put_offer.stores IS NOT NULL THEN
        PERFORM offerengine_internal.check_stores(put_offer.stores);
    END IF;
    IF put_offer.sku IS NOT NULL THEN
        SELECT p.product_id INTO wanted_product FROM offerengine.product p WHERE p.sku = put_offer.sku;
        IF NOT FOUND THEN
            PERFORM offerengine_internal.raise_unknown('product', put_offer.sku);
        END IF;
    END IF;
    IF put_offer.merchant_reference IS NOT NULL THEN
        SELECT m.merchant_id INTO wanted_merchant
          FROM offerengine.merchant m WHERE m.merchant_reference = put_offer.merchant_reference;
        IF NOT FOUND THEN
            PERFORM offerengine_internal.raise_unknown('merchant', put_offer.merchant_reference);
        END IF;
    END IF;
    IF put_offer.price_sheet <> '' THEN
        SELECT h.price_sheet_id INTO wanted_sheet FROM offerengine.price_sheet h WHERE h.code = put_offer.price_sheet;
        IF NOT FOUND THEN
            PERFORM offerengine_internal.raise_unknown('price sheet', put_offer.price_sheet);
        END IF;
    END IF;

    -- A second round only when another session has just inserted the same reference.
    FOR round IN 1..2 LOOP
        SELECT o.* INTO stored FROM offerengine.offer o WHERE o.offer_reference = put_offer.offer_reference;
        IF FOUND THEN
            PERFORM offerengine_internal.share_products(ARRAY[stored.product_id]) WHERE put_offer.stores IS NOT NULL;
            SELECT o.* INTO stored FROM offerengine.offer o WHERE o.offer_id = stored.offer_id FOR NO KEY UPDATE;
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
        wanted := ROW(NULLIF(put_offer.merchant_sku, ''), NULLIF(put_offer.title, ''),
                      COALESCE(put_offer.offer_type, 'product'), COALESCE(put_offer.management, 'standard'),
                      COALESCE(put_offer.is_active, true), COALESCE(put_offer.valid_from, '-infinity'),
                      COALESCE(put_offer.valid_to, 'infinity'), wanted_sheet, NULLIF(put_offer.pass_duration, '0'),
                      put_offer.is_shipped);
        PERFORM offerengine_internal.check_offer(wanted, NULL, wanted_merchant);
        INSERT INTO offerengine.offer AS o
               (offer_reference, product_id, merchant_id, merchant_sku, title, offer_type, management, is_active,
                valid_from, valid_to, price_sheet_id, pass_duration, is_shipped)
        VALUES (put_offer.offer_reference, wanted_product, wanted_merchant, wanted.*)
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
    wanted := ROW(NULLIF(COALESCE(put_offer.merchant_sku, stored.merchant_sku), ''),
                  NULLIF(COALESCE(put_offer.title, stored.title), ''), COALESCE(put_offer.offer_type, stored.offer_type),
                  COALESCE(put_offer.management, stored.management), COALESCE(put_offer.is_active, stored.is_active),
                  COALESCE(put_offer.valid_from, stored.valid_from), COALESCE(put_offer.valid_to, stored.valid_to),
                  CASE WHEN put_offer.price_sheet IS NULL THEN stored.price_sheet_id ELSE wanted_sheet END,
                  NULLIF(COALESCE(put_offer.pass_duration, stored.pass_duration), '0'),
                  COALESCE(put_offer.is_shipped, stored.is_shipped));
    -- A month and 30 days compare as equal, and are not.
    IF wanted IS DISTINCT FROM ROW(stored.merchant_sku, stored.title, stored.offer_type, stored.management, stored.is_active,
                                   stored.valid_from, stored.valid_to, stored.price_sheet_id, stored.pass_duration,
                                   stored.is_shipped)::offerengine_internal.offer_setting
       OR wanted.pass_duration::text IS DISTINCT FROM stored.pass_duration::text THEN
        PERFORM offerengine_internal.check_offer(wanted, stored.offer_id, stored.merchant_id);
        UPDATE offerengine.offer o
           SET (merchant_sku, title, offer_type, management, is_active, valid_from, valid_to, price_sheet_id, pass_duration,
                is_shipped) = (SELECT wanted.*)
         WHERE o.offer_id = stored.offer_id;
    END IF;
    IF put_offer.stores IS NOT NULL THEN
        PERFORM offerengine_internal.write_offer_stores(stored.offer_id, put_offer.stores);
    END IF;
    RETURN stored.offer_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_offer(
    text, text, text, text[], text, text, text, text, boolean, timestamptz, timestamptz, text, interval, boolean) IS
    'Creates the offer or changes it, by offer_reference, and answers its offer_id. Left out: a new offer gets offer<id> as '
    'reference, offer_type product, management standard, is_active true and an open validity; a stored one keeps what it has. '
    'An empty string clears title, merchant_sku and price_sheet. pass_duration: how long a time pass runs from its first day, in '
    'years, months and days (left out or zero: it has no end; what was sold keeps its end). is_shipped: whether it is delivered '
    'as a parcel (never given: a product is, nothing else). stores, when given, is the whole set. sku and '
    'merchant_reference are needed for a new offer (22004) and never change (OE004), nor does management once the offer was '
    'approved. OE020: unknown product, merchant or price sheet; 22023: unknown store, type or management, a type that the '
    'management does not go with, a validity that ends before it begins, a pass_duration of what is no time pass or with parts '
    'below zero or of less than a day, a reference or title that cannot be one; 23505: a '
    'merchant_sku of another offer; OE019: a subscription with a price sheet '
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
    PERFORM offerengine_internal.check_references(set_offer_active.offer_references, 'offer_reference');
    IF set_offer_active.offer_references IS NULL OR set_offer_active.is_active IS NULL THEN
        RAISE EXCEPTION 'offer references and is_active must not be NULL' USING ERRCODE = '22004';
    END IF;
    SELECT COALESCE(r.reference, 'NULL') INTO unknown
      FROM pg_catalog.unnest(set_offer_active.offer_references) AS r (reference)
     WHERE NOT EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_reference = r.reference)
     LIMIT 1;
    IF FOUND THEN
        PERFORM offerengine_internal.raise_unknown('offer', unknown);
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
