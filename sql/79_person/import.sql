-- A customer comes from another database: an export is put in as it is, by the names that the catalogue has here.

CREATE TYPE offerengine.customer_imported AS (customer_reference text, orders integer, subscriptions integer);
COMMENT ON TYPE offerengine.customer_imported IS
    'A customer that was put in, with how many orders (returns and other documents included) and subscriptions; both 0 when all of '
    'it was here before.';

CREATE FUNCTION offerengine.customer_import(document jsonb) RETURNS offerengine.customer_imported
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000000;
COMMENT ON FUNCTION offerengine.customer_import(jsonb) IS
    'Puts what customer_export() has written into this database, where the same catalogue is: all of it, under the same ids, with '
    'histories as they were, so that every question about the customer has the answer that it had there. customer_timeline notes '
    'who did it, and when. Offers, merchants, stores, rules and the like are found by their names; rows of prices that are not '
    'here any more leave price_id empty. What orders and carts hold there they hold here, too: these pieces are promised, whether '
    'there are enough or not (stock_shortage tells); where this database has the order''s stock already, it stays as it is. '
    'Documents that the loyalty programme does not have yet are to be delivered from here, too, under the same ids, so that it '
    'takes them once; partitions for sent ones are made. named is not put in: whom the catalogue names belongs to the catalogue. '
    'The same again changes nothing. OE103: something of the catalogue is not here, all of it in DETAIL; OE013: the customer is '
    'here with something else, or an order''s stock is another customer''s; OE059: a reference has become another customer here; '
    'OE104: a row cannot be; 22023: no such document; 22004: NULL.';

CREATE FUNCTION offerengine_internal.do_customer_import(document jsonb) RETURNS offerengine.customer_imported
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000000
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' AS $oe_body$
DECLARE
    imported offerengine.customer_imported;
BEGIN
    PERFORM offerengine_internal.check_export(do_customer_import.document);
    imported.customer_reference := do_customer_import.document ->> 'customer_reference';
    imported.orders := 0;
    imported.subscriptions := 0;
    PERFORM offerengine_internal.refuse_missing(do_customer_import.document);
    IF NOT offerengine_internal.take_imported(do_customer_import.document) THEN
        RETURN imported;
    END IF;
    PERFORM offerengine_internal.put_export(imported.customer_reference, do_customer_import.document);
    UPDATE offerengine.customer_timeline t
       SET imported_at = clock_timestamp(), imported_by = offerengine_internal.calling_role(),
           importing_user = offerengine_internal.acting_user()
     WHERE t.customer_reference = imported.customer_reference;
    imported.orders := jsonb_array_length(coalesce(do_customer_import.document -> 'sales_order', '[]'));
    imported.subscriptions := jsonb_array_length(coalesce(do_customer_import.document -> 'subscription', '[]'));
    -- Stock is last, as ever.
    PERFORM offerengine_internal.put_exported_stock(imported.customer_reference, do_customer_import.document);
    RETURN imported;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_customer_import(jsonb) IS 'customer_import, run as the owner.';

CREATE FUNCTION offerengine_internal.check_export(document jsonb) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wrong text;
BEGIN
    IF document IS NULL THEN
        RAISE EXCEPTION 'document must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF jsonb_typeof(document) <> 'object' OR document ->> 'format' IS DISTINCT FROM 'offerengine.customer' THEN
        RAISE EXCEPTION 'the document is no export of a customer'
            USING ERRCODE = '22023', HINT = 'customer_export() writes one: an object whose format is offerengine.customer.';
    END IF;
    IF document -> 'version' IS DISTINCT FROM '1' THEN
        RAISE EXCEPTION 'an export of version % is not known here', offerengine_internal.shown((document -> 'version')::text)
            USING ERRCODE = '22023', HINT = 'This one knows version 1.';
    END IF;
    IF jsonb_typeof(document -> 'customer_reference') IS DISTINCT FROM 'string' THEN
        RAISE EXCEPTION 'the export says no customer_reference' USING ERRCODE = '22023';
    END IF;
    PERFORM offerengine_internal.check_reference(document ->> 'customer_reference', 'customer_reference');
    -- An erasure goes through histories to their depths.
    IF jsonb_path_exists(document - 'named', 'lax $.**{30}') THEN
        RAISE EXCEPTION 'the export is nested deeper than any customer is' USING ERRCODE = '22023';
    END IF;
    SELECT k.key INTO wrong
      FROM jsonb_each(document) AS k
      LEFT JOIN offerengine_internal.person_relations() AS t ON t.relation = k.key
     WHERE CASE WHEN t.relation IS NULL
                THEN k.key NOT IN ('format', 'version', 'customer_reference', 'named')
                ELSE jsonb_typeof(k.value) <> 'array' OR jsonb_path_exists(k.value, 'strict $[*] ? (@.type() != "object")') END
     ORDER BY k.key COLLATE "C" LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the export has a part "%" that is unknown, or no array of objects', offerengine_internal.shown(wrong)
            USING ERRCODE = '22023';
    END IF;
    SELECT t.relation || '.' || k.key INTO wrong
      FROM offerengine_internal.person_relations() AS t
     CROSS JOIN LATERAL (
           SELECT array_agg(offerengine_internal.person_key(c.column_name, c.treatment)) AS keys
             FROM offerengine_internal.person_columns(t.relation) AS c
            WHERE c.treatment <> 'engine' AND (c.treatment <> 'reference' OR t.relation = 'customer_timeline')
           OFFSET 0) AS known
     CROSS JOIN LATERAL jsonb_array_elements(document -> t.relation) AS r (j)
     CROSS JOIN LATERAL jsonb_object_keys(r.j) AS k (key)
     WHERE k.key <> ALL (known.keys)
     ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'rows of the export have no "%"', offerengine_internal.shown(wrong)
            USING ERRCODE = '22023', HINT = 'Each row has the columns that customer_export() has written.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_export(jsonb) IS
    'Refuses what is no export of a customer in a version that is known here (22023; NULL: 22004). What its rows say is not '
    'judged.';

CREATE FUNCTION offerengine_internal.refuse_missing(document jsonb) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    part    record;
    lost    jsonb;
    missing jsonb := '{}';
BEGIN
    FOR part IN
        SELECT t.relation, k.kind, offerengine_internal.person_key(c.column_name, c.treatment) AS key, k.id_sql
          FROM offerengine_internal.person_relations() AS t
         CROSS JOIN LATERAL offerengine_internal.person_columns(t.relation) AS c
          JOIN offerengine_internal.person_kinds() AS k ON k.kind = c.treatment
         -- A row of prices may be gone, what was sold at it stays sold.
         WHERE k.kind <> 'price' AND refuse_missing.document ? t.relation
         ORDER BY t.place
    LOOP
        EXECUTE format('SELECT jsonb_agg(m.name) FROM (SELECT DISTINCT r.j -> %1$L AS name FROM jsonb_array_elements($1) AS r (j) '
                       'WHERE jsonb_typeof(r.j -> %1$L) <> ''null'') AS m WHERE (', part.key)
                || CASE WHEN part.kind IN ('rules', 'tags')
                        THEN 'CASE WHEN jsonb_typeof(m.name) <> ''array'' THEN NULL WHEN m.name = ''[]'' THEN m.name ELSE ('
                             || replace(part.id_sql, '%s', 'm.name') || ') END'
                        ELSE replace(part.id_sql, '%s', 'm.name') END
                || ') IS NULL'
           INTO lost USING refuse_missing.document -> part.relation;
        IF lost IS NOT NULL THEN
            missing := missing || jsonb_build_object(part.kind, (
                SELECT jsonb_agg(DISTINCT n.name)
                  FROM jsonb_array_elements(coalesce(missing -> part.kind, '[]') || lost) AS n (name)));
        END IF;
    END LOOP;
    IF missing <> '{}' THEN
        RAISE EXCEPTION 'not in this catalogue: %',
                        (SELECT string_agg(format('%s %s%s', m.key, offerengine_internal.shown(m.value ->> 0),
                                                  CASE jsonb_array_length(m.value) WHEN 1 THEN ''
                                                       ELSE format(' and %s more', jsonb_array_length(m.value) - 1) END), ', '
                                           ORDER BY m.key)
                           FROM jsonb_each(missing) AS m)
            USING ERRCODE = 'OE103', DETAIL = jsonb_build_object('missing', missing)::text,
                  HINT = 'Bring the catalogue here first, DETAIL names all that is missing.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_missing(jsonb) IS
    'Refuses an export whose rows refer to what this catalogue does not have (OE103), and names it all.';

CREATE FUNCTION offerengine_internal.take_imported(document jsonb) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    reference CONSTANT text := document ->> 'customer_reference';
    taken     text;
    become    text;
    present   jsonb;
BEGIN
    -- The customer and those merged into it, in the order of their references.
    FOR taken IN SELECT n.name
                   FROM (SELECT reference UNION
                         SELECT r.j ->> 'customer_reference'
                           FROM jsonb_array_elements(coalesce(document -> 'customer_timeline', '[]')) AS r (j)) AS n (name)
                  ORDER BY n.name COLLATE "C" LOOP
        IF taken = reference THEN
            become := offerengine_internal.take_customer(taken);
        ELSE
            PERFORM FROM offerengine.customer_timeline t WHERE t.customer_reference = taken FOR UPDATE;
        END IF;
    END LOOP;
    PERFORM offerengine_internal.refuse_merged(reference, become);
    present := offerengine_internal.exported_rows(reference);
    IF present IS NULL THEN
        RETURN true;
    END IF;
    IF present <> (SELECT jsonb_object_agg(k.key, k.value)
                     FROM jsonb_each(document) AS k
                    WHERE k.key NOT IN ('format', 'version', 'customer_reference', 'named') AND k.value <> '[]') THEN
        RAISE EXCEPTION 'customer "%" is here already, and not as the export says', reference
            USING ERRCODE = 'OE013', HINT = 'A customer is put in where nothing is kept under the reference.';
    END IF;
    RETURN false;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_imported(jsonb) IS
    'Takes the customer of an export; false: all of it is here. OE013: the customer has something else; OE059: it has become '
    'another one. TimeZone is UTC.';

CREATE FUNCTION offerengine_internal.put_rows(relation text, customer_reference text, rows jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    statement text;
BEGIN
    SELECT format('INSERT INTO offerengine.%1$I (%2$s) SELECT %3$s FROM jsonb_array_elements($2) AS e (j) '
                  'CROSS JOIN LATERAL jsonb_populate_record(NULL::offerengine.%1$I, e.j || jsonb_build_object(%4$s)) AS p',
                  put_rows.relation, string_agg(format('%I', c.column_name), ', '),
                  string_agg(format('p.%I', c.column_name), ', '),
                  string_agg(CASE WHEN c.treatment = 'reference' THEN format('%L, $1', c.column_name)
                                  ELSE format('%L, (%s)', c.column_name, replace(
                                      CASE WHEN c.treatment IN ('rules', 'tags')
                                           THEN 'CASE WHEN %s = ''[]'' THEN %s WHEN jsonb_typeof(%s) = ''array'' THEN ('
                                                || k.id_sql || ') END'
                                           ELSE k.id_sql END,
                                      '%s', format('(e.j -> %L)',
                                                   offerengine_internal.person_key(c.column_name, c.treatment)))) END,
                             ', ') FILTER (WHERE k.kind IS NOT NULL
                                                 OR (c.treatment = 'reference' AND put_rows.relation <> 'customer_timeline')))
      INTO statement
      FROM offerengine_internal.person_columns(put_rows.relation) AS c
      LEFT JOIN offerengine_internal.person_kinds() AS k ON k.kind = c.treatment AND NOT k.plain
     WHERE c.treatment <> 'engine';
    BEGIN
        EXECUTE statement USING put_rows.customer_reference, put_rows.rows;
    EXCEPTION
        WHEN data_exception OR integrity_constraint_violation THEN
            RAISE EXCEPTION 'a row of % in the export cannot be: %', put_rows.relation, offerengine_internal.shown(SQLERRM)
                USING ERRCODE = 'OE104', HINT = 'The export is not as customer_export() has written it.';
    END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.put_rows(text, text, jsonb) IS
    'Writes rows of an export into their table. OE104: one cannot be.';

CREATE FUNCTION offerengine_internal.make_partitions_for(rows jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- Of the years in which documents are made: what cannot be one has no partition, and is refused for that.
    PERFORM offerengine_internal.make_sent_partition(m.month)
       FROM (SELECT DISTINCT offerengine_internal.month_of((r.j ->> 'id')::uuid) AS month
               FROM jsonb_array_elements(coalesce(make_partitions_for.rows, '[]')) AS r (j)
              WHERE r.j ->> 'id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') AS m
      WHERE m.month BETWEEN '2020-01-01' AND (now() + interval '1 year') AT TIME ZONE 'UTC'
      ORDER BY m.month;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.make_partitions_for(jsonb) IS
    'Makes the partitions that sent documents of an export need and this database has not. The caller is the owner.';

CREATE FUNCTION offerengine_internal.put_export(customer_reference text, document jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    part   record;
    former text;
BEGIN
    SELECT r.j ->> 'customer_reference' INTO former
      FROM jsonb_array_elements(document -> 'customer_timeline') AS r (j)
      JOIN offerengine.customer_timeline t ON t.customer_reference = r.j ->> 'customer_reference'
     ORDER BY t.customer_reference LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'reference "%", which became this customer there, is used here', offerengine_internal.shown(former)
            USING ERRCODE = 'OE013', HINT = 'Merge that one first, or erase it.';
    END IF;
    PERFORM offerengine_internal.make_partitions_for(document -> 'loyalty_sent_order');
    FOR part IN SELECT t.relation, document -> t.relation AS rows
                  FROM offerengine_internal.person_relations() AS t
                 WHERE t.relation !~ '^stock_' AND document -> t.relation <> '[]'
                 ORDER BY t.place LOOP
        PERFORM offerengine_internal.put_rows(part.relation, put_export.customer_reference, part.rows);
    END LOOP;
    SELECT m.merged_into INTO former
      FROM offerengine.loyalty_member m
     WHERE m.customer_reference = put_export.customer_reference AND m.merged_into IS NOT NULL
       AND NOT EXISTS (SELECT FROM offerengine.loyalty_member h WHERE h.customer_reference = m.merged_into);
    IF FOUND THEN
        RAISE EXCEPTION 'the points of customer "%" have gone to customer "%", whose points are not here',
                        put_export.customer_reference, offerengine_internal.shown(former)
            USING ERRCODE = 'OE104', HINT = 'Put that customer in first: orders of this one go on earning there.';
    END IF;
    IF cardinality(offerengine_internal.former_references(put_export.customer_reference))
       <> jsonb_array_length(coalesce(document -> 'customer_timeline', '[]')) THEN
        RAISE EXCEPTION 'the export has references of customer_timeline that did not become customer "%"',
                        put_export.customer_reference
            USING ERRCODE = 'OE104', HINT = 'The export is not as customer_export() has written it.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.put_export(text, jsonb) IS
    'Writes the rows of an export but those of stock. The caller holds the customer, who has none. OE013: a reference that was '
    'merged into the customer is used here; OE104: a row cannot be.';

CREATE FUNCTION offerengine_internal.put_exported_stock(customer_reference text, document jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    present uuid[];
    other   uuid;
    ids     uuid[];
    part    text;
BEGIN
    -- One form of each id, since rows of the export are told apart by it.
    SELECT r.j ->> 'order_id' INTO part
      FROM jsonb_array_elements(document -> 'stock_order') AS r (j)
     WHERE r.j ->> 'order_id' !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' IS NOT FALSE LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a row of stock_order in the export cannot be: "%" is no id', offerengine_internal.shown(part)
            USING ERRCODE = 'OE104', HINT = 'The export is not as customer_export() has written it.';
    END IF;
    ids := ARRAY(SELECT (r.j ->> 'order_id')::uuid FROM jsonb_array_elements(document -> 'stock_order') AS r (j));
    PERFORM FROM offerengine.stock_order s WHERE s.order_id = ANY (ids) ORDER BY s.order_id FOR UPDATE;
    SELECT array_agg(s.order_id), (array_agg(s.order_id ORDER BY s.order_id)
                                       FILTER (WHERE s.customer_reference <> put_exported_stock.customer_reference))[1]
      INTO present, other
      FROM offerengine.stock_order s WHERE s.order_id = ANY (ids);
    IF other IS NOT NULL THEN
        RAISE EXCEPTION 'the stock of order % is another customer''s', other USING ERRCODE = 'OE013';
    END IF;
    UPDATE offerengine.stock_order s SET customer_reference = put_exported_stock.customer_reference
     WHERE s.order_id = ANY (present) AND s.customer_reference IS NULL;

    FOREACH part IN ARRAY '{stock_order,stock_hold,stock_parcel}'::text[] LOOP
        PERFORM offerengine_internal.put_rows(part, put_exported_stock.customer_reference, n.rows)
           FROM (SELECT jsonb_agg(r.j) AS rows FROM jsonb_array_elements(document -> part) AS r (j)
                  WHERE r.j ->> 'order_id' <> ALL (coalesce(present::text[], '{}'))) AS n
          WHERE n.rows IS NOT NULL;
    END LOOP;
    SELECT h.j ->> 'order_id' INTO part
      FROM jsonb_array_elements(coalesce(document -> 'stock_hold', '[]') || coalesce(document -> 'stock_parcel', '[]')) AS h (j)
     WHERE h.j ->> 'order_id' <> ALL (ids::text[]) ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the export has stock of order %, which it does not have itself', offerengine_internal.shown(part)
            USING ERRCODE = 'OE104', HINT = 'The export is not as customer_export() has written it.';
    END IF;
    INSERT INTO offerengine.stock_held AS s (offer_id, warehouse_id, held, next_expiry)
    SELECT h.offer_id, h.warehouse_id, sum(h.quantity - h.shipped), min(h.expires_at)
      FROM offerengine.stock_hold h
     WHERE h.order_id = ANY (ids) AND h.order_id <> ALL (coalesce(present, '{}')) AND h.state IN ('held', 'confirmed')
     GROUP BY h.offer_id, h.warehouse_id
     ORDER BY h.offer_id, h.warehouse_id
        ON CONFLICT ON CONSTRAINT stock_held_pkey DO UPDATE
       SET held = s.held + excluded.held, next_expiry = least(s.next_expiry, excluded.next_expiry);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.put_exported_stock(text, jsonb) IS
    'Promises here what the orders and carts of an export hold, but where this database has their stock already. The caller '
    'holds the customer and takes no lock after this. OE013: it is another customer''s; OE104: a row cannot be.';
