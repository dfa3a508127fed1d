-- Everything that is kept of a person, as one document: for the person, and for another database.

CREATE FUNCTION offerengine.customer_export(customer_reference text) RETURNS jsonb
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION offerengine.customer_export(text) IS
    'Everything kept under a reference, as one JSON object, the same in every session: format (offerengine.customer), version (1) '
    'and customer_reference; under the name of each table with rows of customers (sales_order, order_line, order_event, '
    'subscription, cart, stock_hold ...) an array of its rows in the order of their keys, with the columns as the reference has '
    'them, but that the customer''s own reference is left out and ids of the catalogue are names: offer, merchant, warehouse, '
    'price_sheet, sales_rule, granted_regular_offer, restarting_rules, granted_tags, and price as an object. customer_timeline '
    'has the references that were merged into this one. named: in which tables and columns else the customer is named, as buyer, '
    'acting user, or in staging rows and messages of imports, and the rows; a hot standby has no staging rows. Amounts are whole '
    'numbers of minor units, instants in '
    'UTC to the microsecond, an open end is infinity. It reads whole histories for the sake of named. OE100: nothing is kept of '
    'the customer; OE059: the customer has become another one, whose export has it all; 22023: no reference; 22004: NULL.';

CREATE FUNCTION offerengine_internal.do_customer_export(customer_reference text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 1000000
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' AS $oe_body$
DECLARE
    become   text;
    document jsonb;
    named    jsonb;
BEGIN
    IF do_customer_export.customer_reference IS NULL THEN
        RAISE EXCEPTION 'customer_reference must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.check_reference(do_customer_export.customer_reference, 'customer_reference');
    SELECT t.merged_into INTO become
      FROM offerengine.customer_timeline t WHERE t.customer_reference = do_customer_export.customer_reference;
    PERFORM offerengine_internal.refuse_merged(do_customer_export.customer_reference, become);
    document := offerengine_internal.exported_rows(do_customer_export.customer_reference);
    named := offerengine_internal.exported_mentions(do_customer_export.customer_reference);
    IF document IS NULL AND named = '[]'
       AND NOT EXISTS (SELECT FROM offerengine.customer_timeline t
                        WHERE t.customer_reference = do_customer_export.customer_reference) THEN
        RAISE EXCEPTION 'nothing is kept of customer "%"', offerengine_internal.shown(do_customer_export.customer_reference)
            USING ERRCODE = 'OE100', HINT = 'References are compared letter by letter.';
    END IF;
    RETURN jsonb_build_object('format', 'offerengine.customer', 'version', 1,
                              'customer_reference', do_customer_export.customer_reference, 'named', named)
           || (SELECT jsonb_object_agg(t.relation, coalesce(document -> t.relation, '[]'))
                 FROM offerengine_internal.person_relations() AS t);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_customer_export(text) IS 'customer_export, run as the owner.';

CREATE FUNCTION offerengine_internal.exported_row(relation text, with_reference boolean) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN (SELECT format('to_jsonb(r) - %L::text[]',
                          coalesce(array_agg(c.column_name)
                                   FILTER (WHERE c.treatment = 'engine' OR k.kind IS NOT NULL
                                                 OR (c.treatment = 'reference' AND NOT with_reference)), '{}'))
                   || coalesce(' || jsonb_build_object(' || string_agg(
                          format('%L, (%s)', offerengine_internal.person_key(c.column_name, c.treatment),
                                 replace(k.name_sql, '%s', format('r.%I', c.column_name))), ', ')
                          FILTER (WHERE k.kind IS NOT NULL) || ')', '')
              FROM offerengine_internal.person_columns(exported_row.relation) AS c
              LEFT JOIN offerengine_internal.person_kinds() AS k ON k.kind = c.treatment AND NOT k.plain);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.exported_row(text, boolean) IS
    'Row r of a table as an export has it, as an expression; with the column that says whose it is, or without.';

CREATE FUNCTION offerengine_internal.exported_rows(customer_reference text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    part     offerengine_internal.person_relation;
    rows     jsonb;
    document jsonb;
BEGIN
    FOR part IN SELECT t.* FROM offerengine_internal.person_relations() AS t ORDER BY t.place LOOP
        EXECUTE format('SELECT jsonb_agg(%s ORDER BY %s) FROM offerengine.%I r WHERE %s',
                       offerengine_internal.exported_row(part.relation, part.relation = 'customer_timeline'),
                       offerengine_internal.key_columns(part.relation), part.relation, part.whose)
           INTO rows USING exported_rows.customer_reference;
        IF rows IS NOT NULL THEN
            document := coalesce(document, '{}') || jsonb_build_object(part.relation, rows);
        END IF;
    END LOOP;
    RETURN document;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.exported_rows(text) IS
    'The rows of a customer by table, tables without any left out; NULL: there are none. TimeZone is UTC.';

CREATE FUNCTION offerengine_internal.key_columns(relation text) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- Ids of the catalogue are other ones in another database.
    RETURN (SELECT string_agg(coalesce('(' || replace(k.name_sql, '%s', format('r.%I', a.attname)) || ')',
                                       format('r.%I', a.attname)), ', ' ORDER BY u.place)
              FROM pg_index i
             CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS u (attnum, place)
              JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum
              LEFT JOIN offerengine_internal.person_columns(key_columns.relation) AS c ON c.column_name = a.attname
              LEFT JOIN offerengine_internal.person_kinds() AS k ON k.kind = c.treatment AND NOT k.plain
             WHERE i.indrelid = format('offerengine.%I', key_columns.relation)::regclass AND i.indisprimary
               AND u.place <= i.indnkeyatts);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.key_columns(text) IS
    'The columns of a table''s primary key, of row r, to order by: by their names, where they are ids of the catalogue.';

CREATE FUNCTION offerengine_internal.exported_mentions(customer_reference text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 1000000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    names    CONSTANT text[] := exported_mentions.customer_reference
                                || offerengine_internal.former_references(exported_mentions.customer_reference);
    mention  offerengine_internal.mention;
    rows     jsonb;
    mentions jsonb := '[]';
BEGIN
    FOR mention IN SELECT m.* FROM offerengine_internal.mentions(names) AS m LOOP
        EXECUTE format('SELECT jsonb_agg(to_jsonb(r) ORDER BY %s) FROM offerengine.%I r WHERE NOT (%s) AND ',
                       offerengine_internal.key_columns(mention.relation), mention.relation,
                       coalesce((SELECT t.whose FROM offerengine_internal.person_relations() AS t
                                  WHERE t.relation = mention.relation), 'false'))
                || (SELECT offerengine_internal.mention_condition(c.treatment, c.column_name)
                      FROM offerengine_internal.person_columns(mention.relation) AS c
                     WHERE c.column_name = mention.column_name)
           INTO rows USING exported_mentions.customer_reference, ''::text, names;
        IF rows IS NOT NULL THEN
            mentions := mentions || jsonb_build_object('table', mention.relation, 'column', mention.column_name, 'rows', rows);
        END IF;
    END LOOP;
    RETURN mentions;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.exported_mentions(text) IS
    'Rows that are not the customer''s and name the customer, or a reference that was merged into it. TimeZone is UTC.';
