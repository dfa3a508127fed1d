-- Many orders of other systems at once, each with an outcome.

CREATE TYPE offerengine.import_outcome AS (
    "position"         integer,
    customer_reference text,
    external_system    text,
    external_reference text,
    outcome            text,
    order_id           uuid,
    error_code         text,
    detail             text
);
COMMENT ON TYPE offerengine.import_outcome IS
    'What became of one order that import_orders() was told, from 1 on, with what named it, as it was written: outcome inserted, '
    'changed, unchanged or refused, the order, and of a refused one the SQLSTATE and the message that import_order() of this one '
    'would give.';

CREATE FUNCTION offerengine.import_orders(orders jsonb) RETURNS SETOF offerengine.import_outcome
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 5000;
COMMENT ON FUNCTION offerengine.import_orders(jsonb) IS
    'Records many orders: an array of objects whose keys are the arguments of import_order(), each as import_order() with these '
    'would, with an outcome each, in the order of the array; of several for one order the later ones count on. A key left out, or '
    'null, is an argument left out. Days are written 2025-12-31; an instant without a zone is UTC. What is refused, an unknown or '
    'malformed key too, leaves the others alone; the same array again changes nothing. Customers are locked in the order of their '
    'references until the end of the transaction: tens of thousands of orders a call are well. 22023: not an array; 22004: NULL.';

CREATE FUNCTION offerengine_internal.do_import_orders(orders jsonb) RETURNS SETOF offerengine.import_outcome
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 5000
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $oe_body$
DECLARE
    -- New orders are written many at a time, which costs a fraction. What may meet another order of the array is not put off.
    written_at CONSTANT integer := 500;
    outcomes   offerengine.import_outcome[] := '{}';
    entries    offerengine_internal.order_entry[] := '{}';
    said       offerengine.import_outcome[] := '{}';
    -- Places that were judged, and what they are.
    place_keys jsonb[] := '{}';
    places     offerengine_internal.order_place[] := '{}';
    place      offerengine_internal.order_place;
    place_key  jsonb;
    told       offerengine_internal.order_told;
    entry      offerengine_internal.order_entry;
    recorded   offerengine_internal.order_recorded;
    outcome    offerengine.import_outcome;
    held       text;
    asked      record;
BEGIN
    IF do_import_orders.orders IS NULL THEN
        RAISE EXCEPTION 'orders must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF jsonb_typeof(do_import_orders.orders) <> 'array' THEN
        RAISE EXCEPTION 'orders must be a JSON array, not %', jsonb_typeof(do_import_orders.orders) USING ERRCODE = '22023';
    END IF;
    FOR asked IN
        SELECT e.ordinality::integer AS place, e.value,
               count(*) OVER (PARTITION BY e.value -> 'customer_reference', e.value -> 'external_system',
                                           e.value -> 'external_reference') > 1
               OR (e.value ->> 'order_reference' IS NOT NULL
                   AND count(*) OVER (PARTITION BY e.value -> 'customer_reference', e.value -> 'order_reference') > 1)
                   AS meets_others
          FROM jsonb_array_elements(do_import_orders.orders) WITH ORDINALITY AS e
         ORDER BY e.value ->> 'customer_reference' COLLATE "C", e.ordinality
    LOOP
        outcome := ROW(asked.place, asked.value ->> 'customer_reference', asked.value ->> 'external_system',
                       asked.value ->> 'external_reference', NULL, NULL, NULL, NULL);
        IF asked.meets_others OR cardinality(entries) >= written_at THEN
            outcomes := outcomes || offerengine_internal.write_told(entries, said);
            entries := '{}';
            said := '{}';
        END IF;
        BEGIN
            told := offerengine_internal.order_from_json(asked.value);
            place_key := jsonb_build_array(told.offer_reference, told.store, told.currency, told.country);
            place := places[array_position(place_keys, place_key)];
            IF place IS NULL THEN
                place := offerengine_internal.judge_place(told.offer_reference, told.store, told.currency, told.country);
                IF cardinality(places) < 100 THEN
                    place_keys := place_keys || place_key;
                    places := places || place;
                END IF;
            END IF;
            entry := offerengine_internal.judge_order(told, place);
            IF held IS DISTINCT FROM told.customer_reference OR held IS NULL THEN
                PERFORM offerengine_internal.lock_customer(told.customer_reference);
            END IF;
            recorded := offerengine_internal.told_before(told, entry.said);
            outcome.outcome := recorded.outcome;
            outcome.order_id := recorded.order_id;
            entry.order_id := recorded.order_id;
            IF recorded.outcome = 'inserted' AND asked.meets_others THEN
                PERFORM offerengine_internal.write_orders(ARRAY[entry]);
            END IF;
            -- Not before: what is refused gives the customer free again.
            held := told.customer_reference;
        EXCEPTION WHEN OTHERS THEN
            IF NOT offerengine_internal.refuses_one_order(SQLSTATE) THEN
                RAISE;
            END IF;
            outcome := offerengine_internal.refused(outcome, SQLSTATE, SQLERRM);
        END;
        IF outcome.outcome = 'inserted' AND NOT asked.meets_others THEN
            entries := entries || entry;
            said := said || outcome;
        ELSE
            outcomes := outcomes || outcome;
        END IF;
    END LOOP;
    outcomes := outcomes || offerengine_internal.write_told(entries, said);
    RETURN QUERY SELECT o.* FROM unnest(outcomes) AS o ORDER BY o."position";
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_import_orders(jsonb) IS 'import_orders, run as the owner.';

CREATE FUNCTION offerengine_internal.refuses_one_order(error_code text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN error_code ~ '^(OE|22|23)';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuses_one_order(text) IS
    'Whether an error is about the order that met it; others (a deadlock, a snapshot that is too old, a cancelled query) say '
    'nothing about it alone and end all.';

CREATE FUNCTION offerengine_internal.refused(outcome offerengine.import_outcome, error_code text, detail text)
RETURNS offerengine.import_outcome
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN ROW(outcome."position", outcome.customer_reference, outcome.external_system, outcome.external_reference, 'refused',
               NULL, refused.error_code, refused.detail)::offerengine.import_outcome;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refused(offerengine.import_outcome, text, text) IS
    'The outcome of an order that was refused.';

CREATE FUNCTION offerengine_internal.write_told(
    entries offerengine_internal.order_entry[], said offerengine.import_outcome[])
RETURNS offerengine.import_outcome[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF cardinality(entries) = 0 THEN
        RETURN said;
    END IF;
    BEGIN
        PERFORM offerengine_internal.write_orders(entries);
        RETURN said;
    EXCEPTION WHEN OTHERS THEN
        IF NOT offerengine_internal.refuses_one_order(SQLSTATE) THEN
            RAISE;
        END IF;
        IF cardinality(entries) = 1 THEN
            RETURN ARRAY[offerengine_internal.refused(said[1], SQLSTATE, SQLERRM)];
        END IF;
    END;
    -- One of them cannot be written: which one is found by halves.
    RETURN offerengine_internal.write_told(entries[:cardinality(entries) / 2], said[:cardinality(entries) / 2])
           || offerengine_internal.write_told(entries[cardinality(entries) / 2 + 1:], said[cardinality(entries) / 2 + 1:]);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.write_told(
    offerengine_internal.order_entry[], offerengine.import_outcome[]) IS
    'Writes new orders, and answers their outcomes: those that cannot be written are refused.';

CREATE FUNCTION offerengine_internal.order_from_json(entry jsonb) RETURNS offerengine_internal.order_told
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' AS $oe_body$
DECLARE
    wrong text;
BEGIN
    IF jsonb_typeof(entry) <> 'object' THEN
        RAISE EXCEPTION 'an order must be a JSON object, not %', jsonb_typeof(entry) USING ERRCODE = '22023';
    END IF;
    SELECT format('unknown or malformed "%s": %s', offerengine_internal.shown(field.key),
                  offerengine_internal.shown(field.value::text)) INTO wrong
      FROM jsonb_each(entry) AS field
     WHERE CASE
               WHEN field.key IN ('customer_reference', 'external_system', 'external_reference', 'offer_reference', 'store',
                                  'currency', 'country', 'order_reference')
                   THEN jsonb_typeof(field.value) NOT IN ('string', 'null')
               WHEN field.key = 'quantity' THEN field.value::text !~ '^(-?[0-9]{1,9}|null)$'
               WHEN field.key = 'unit_amount' THEN field.value::text !~ '^(-?[0-9]{1,18}|null)$'
               WHEN field.key = 'status' THEN jsonb_typeof(field.value) NOT IN ('number', 'null')
               WHEN field.key IN ('starts_on', 'ends_on', 'anchor_on')
                   THEN field.value::text !~ '^("[0-9]{4}-[0-9]{2}-[0-9]{2}"|null)$'
               WHEN field.key = 'placed_at' THEN field.value::text !~ '^("[0-9]{4}-[0-9]{2}-[0-9]{2}[T 0-9:.,+Zz-]*"|null)$'
               ELSE true
           END
     ORDER BY field.key LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong
            USING ERRCODE = '22023',
                  HINT = 'Keys are the arguments of import_order(). quantity and unit_amount are whole numbers, days are '
                         '"2025-12-31", instants "2025-12-31 18:00:00+01".';
    END IF;
    RETURN ROW(entry ->> 'customer_reference', entry ->> 'external_system', entry ->> 'external_reference',
               entry ->> 'offer_reference', entry ->> 'store', entry ->> 'currency', entry ->> 'country',
               (entry ->> 'quantity')::integer, (entry ->> 'starts_on')::date, (entry ->> 'ends_on')::date,
               (entry ->> 'anchor_on')::date, (entry ->> 'unit_amount')::bigint, (entry ->> 'placed_at')::timestamptz,
               entry ->> 'order_reference', (entry ->> 'status')::numeric)::offerengine_internal.order_told;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.order_from_json(jsonb) IS
    'An object of import_orders() as arguments of import_order(). 22023: no object, an unknown or malformed key; 22007, 22008: no '
    'day, no instant.';
