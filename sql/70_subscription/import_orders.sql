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
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 1000;
COMMENT ON FUNCTION offerengine.import_orders(jsonb) IS
    'Records many orders: an array of objects whose keys are the arguments of import_order(), each as import_order() with these '
    'would, with an outcome each, in the order of the array; of several for one order the later ones count on. A key left out, or '
    'null, is an argument left out. Days are written 2025-12-31; an instant without a zone is UTC. What is refused, an unknown or '
    'malformed key too, leaves the others alone; the same array again changes nothing. Customers are locked in the order of their '
    'references until the end of the transaction: tens of thousands of orders a call are well. 22023: not an array; 22004: NULL.';

CREATE FUNCTION offerengine_internal.do_import_orders(orders jsonb) RETURNS SETOF offerengine.import_outcome
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 1000
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $oe_body$
DECLARE
    outcomes offerengine.import_outcome[] := '{}';
    held     text;
    asked    record;
    recorded offerengine_internal.order_recorded;
    said     offerengine.import_outcome;
BEGIN
    IF do_import_orders.orders IS NULL THEN
        RAISE EXCEPTION 'orders must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF jsonb_typeof(do_import_orders.orders) <> 'array' THEN
        RAISE EXCEPTION 'orders must be a JSON array, not %', jsonb_typeof(do_import_orders.orders) USING ERRCODE = '22023';
    END IF;
    FOR asked IN
        SELECT e.ordinality::integer AS place, e.value
          FROM jsonb_array_elements(do_import_orders.orders) WITH ORDINALITY AS e
         ORDER BY e.value ->> 'customer_reference' COLLATE "C", e.ordinality
    LOOP
        said := ROW(asked.place, asked.value ->> 'customer_reference', asked.value ->> 'external_system',
                    asked.value ->> 'external_reference', NULL, NULL, NULL, NULL);
        BEGIN
            recorded := offerengine_internal.record_order(
                            offerengine_internal.order_from_json(asked.value), coalesce(held = said.customer_reference, false));
            said.outcome := recorded.outcome;
            said.order_id := recorded.order_id;
            -- Not before: what is refused gives the customer free again.
            held := said.customer_reference;
        EXCEPTION WHEN OTHERS THEN
            -- What says nothing about this one alone (a deadlock, a snapshot that is too old, a cancelled query) ends all.
            IF SQLSTATE !~ '^(OE|22|23)' THEN
                RAISE;
            END IF;
            said.outcome := 'refused';
            said.error_code := SQLSTATE;
            said.detail := SQLERRM;
        END;
        outcomes := outcomes || said;
    END LOOP;
    RETURN QUERY SELECT o.* FROM unnest(outcomes) AS o ORDER BY o."position";
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_import_orders(jsonb) IS 'import_orders, run as the owner.';

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
