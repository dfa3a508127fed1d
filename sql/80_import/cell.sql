-- How the import reads a cell: each kind has a function that gives the value, or NULL, and one that says what is wrong with
-- it, or NULL. None of them raises. They are C or SQL expressions, which the planner folds into the statement.

CREATE FUNCTION offerengine_internal.import_cell(value text) RETURNS text
    AS 'MODULE_PATHNAME', 'oe_import_cell' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.import_cell(text) IS
    'What a cell says, without blanks around it, no-break spaces among them; NULL when it is empty or not given.';

CREATE FUNCTION offerengine_internal.import_required_problem(value text) RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN offerengine_internal.import_cell($1) IS NULL THEN 'a value is required' END;
COMMENT ON FUNCTION offerengine_internal.import_required_problem(text) IS
    'Says that a value is required when the cell is empty; else NULL.';

CREATE FUNCTION offerengine_internal.import_is_plain(value text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_import_is_plain' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.import_is_plain(text) IS
    'True when a cell has 1 to 255 bytes, all of them letters, digits, signs and blanks of ASCII: most have, and '
    'code_problem() and '
    'title_problem() find nothing wrong with them.';

CREATE FUNCTION offerengine_internal.import_code_problem(value text) RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN offerengine_internal.import_cell($1) IS NULL THEN 'a value is required'
                WHEN NOT offerengine_internal.import_is_plain($1)
                THEN offerengine_internal.code_problem(offerengine_internal.import_cell($1))
           END;
COMMENT ON FUNCTION offerengine_internal.import_code_problem(text) IS
    'What is wrong with a reference, SKU, code or key: none is given, or it cannot be one; NULL: nothing.';

CREATE FUNCTION offerengine_internal.import_title_problem(value text) RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN NOT offerengine_internal.import_is_plain($1)
                THEN offerengine_internal.title_problem(offerengine_internal.import_cell($1)) END;
COMMENT ON FUNCTION offerengine_internal.import_title_problem(text) IS
    'What is wrong with a title or name; NULL: nothing, or the cell is empty.';

CREATE FUNCTION offerengine_internal.import_unknown_problem(value text, thing text) RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN COALESCE(offerengine_internal.import_code_problem($1), 'unknown ' || $2);
COMMENT ON FUNCTION offerengine_internal.import_unknown_problem(text, text) IS
    'What is wrong with a reference to a thing, a store or an offer, that was not found.';

CREATE FUNCTION offerengine_internal.import_flag(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE pg_catalog.lower(offerengine_internal.import_cell($1))
               WHEN '1' THEN true WHEN 'true' THEN true WHEN 'yes' THEN true
               WHEN '0' THEN false WHEN 'false' THEN false WHEN 'no' THEN false
           END;
COMMENT ON FUNCTION offerengine_internal.import_flag(text) IS
    'A yes or no: 1, true, yes, 0, false, no; NULL when the cell is empty or says something else.';

CREATE FUNCTION offerengine_internal.import_flag_problem(value text) RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN offerengine_internal.import_cell($1) IS NOT NULL AND offerengine_internal.import_flag($1) IS NULL
                THEN 'must be 1 or 0 (or true, false, yes, no)' END;
COMMENT ON FUNCTION offerengine_internal.import_flag_problem(text) IS
    'What is wrong with a yes or no; NULL: nothing, or the cell is empty.';

CREATE FUNCTION offerengine_internal.import_amount(value text) RETURNS bigint
    AS 'MODULE_PATHNAME', 'oe_import_amount' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.import_amount(text) IS 'An amount in minor units; NULL when the cell is empty or is none.';

CREATE FUNCTION offerengine_internal.import_amount_problem(value text) RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN offerengine_internal.import_amount($1) IS NOT NULL OR offerengine_internal.import_cell($1) IS NULL THEN NULL
                WHEN offerengine_internal.import_cell($1) ~ '^[0-9]+$'
                THEN 'is beyond the largest amount, 9223372036854775807'
                WHEN offerengine_internal.import_cell($1) ~ '^-[0-9]+([.,][0-9]+)?$' THEN 'must not be below 0'
                ELSE 'must be a whole number of minor units (1099 for 10.99)'
           END;
COMMENT ON FUNCTION offerengine_internal.import_amount_problem(text) IS
    'What is wrong with an amount; NULL: nothing, or the cell is empty.';

CREATE FUNCTION offerengine_internal.import_quantity(value text) RETURNS numeric
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN offerengine_internal.import_cell($1) ~ '^[0-9]{1,18}([.][0-9]{1,10})?$'
                THEN offerengine_internal.import_cell($1)::numeric END;
COMMENT ON FUNCTION offerengine_internal.import_quantity(text) IS 'A quantity in stock; NULL when the cell is empty or is none.';

CREATE FUNCTION offerengine_internal.import_quantity_problem(value text) RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN offerengine_internal.import_cell($1) IS NULL OR offerengine_internal.import_quantity($1) IS NOT NULL THEN NULL
                WHEN offerengine_internal.import_cell($1) ~ '^-[0-9]' THEN 'must not be below 0'
                ELSE 'must be a number of at most 18 digits before the point and 10 after it'
           END;
COMMENT ON FUNCTION offerengine_internal.import_quantity_problem(text) IS
    'What is wrong with a quantity; NULL: nothing, or the cell is empty.';

CREATE FUNCTION offerengine_internal.import_status(value text) RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE pg_catalog.replace(pg_catalog.lower(offerengine_internal.import_cell($1)), '-', '_')
               WHEN 'waiting_for_approval' THEN 'waiting_for_approval'
               WHEN 'approved' THEN 'approved'
               WHEN 'denied' THEN 'denied'
           END;
COMMENT ON FUNCTION offerengine_internal.import_status(text) IS
    'An approval status, dashes counting as underscores; NULL when the cell is empty or says something else.';

CREATE FUNCTION offerengine_internal.import_status_problem(value text) RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN offerengine_internal.import_cell($1) IS NOT NULL AND offerengine_internal.import_status($1) IS NULL
                THEN 'must be waiting_for_approval, approved or denied' END;
COMMENT ON FUNCTION offerengine_internal.import_status_problem(text) IS
    'What is wrong with an approval status; NULL: nothing, or the cell is empty.';

CREATE FUNCTION offerengine_internal.import_localized(value text, en_us text, de_de text, dynamic jsonb, prefix text) RETURNS text
LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 10
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN COALESCE(offerengine_internal.import_cell(value), offerengine_internal.import_cell(en_us),
        offerengine_internal.import_cell(de_de),
                    (SELECT offerengine_internal.import_cell(d.value)
                       FROM jsonb_each_text(CASE WHEN jsonb_typeof(dynamic) = 'object' THEN dynamic END) AS d
                      WHERE starts_with(d.key, prefix) AND offerengine_internal.import_cell(d.value) IS NOT NULL
                      ORDER BY d.key COLLATE "C" LIMIT 1));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_localized(text, text, text, jsonb, text) IS
    'One text out of columns for several locales: the plain one, else en_US, else de_DE, else the first other one.';

CREATE FUNCTION offerengine_internal.import_object_problem(dynamic jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN pg_catalog.jsonb_typeof($1) NOT IN ('object', 'null') THEN 'must be a JSON object of texts by header' END;
COMMENT ON FUNCTION offerengine_internal.import_object_problem(jsonb) IS
    'What is wrong with the columns that a staging table has no place for; NULL: nothing, or there are none.';

CREATE FUNCTION offerengine_internal.import_read_instant(value text, time_zone text, edge text) RETURNS timestamptz
LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 20
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    part      text[];
    local_day date;
    local_at  timestamp;
    at_zone   timestamptz;
BEGIN
    part := regexp_match(offerengine_internal.import_cell(value),
        '^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}(?:[.][0-9]{1,9})?))? *'
        '(?:(Z)|([+-])([0-9]{2}):?([0-9]{2})?)?)?$');
    IF part IS NULL OR part[1]::integer = 0 OR part[2]::integer NOT BETWEEN 1 AND 12
       OR part[3]::integer NOT BETWEEN 1 AND
          extract(day FROM make_date(part[1]::integer, part[2]::integer, 1) + interval '1 month - 1 day')::integer
       OR part[4]::integer > 23 OR part[5]::integer > 59 OR part[6]::numeric >= 60
       OR part[9]::integer > 15 OR part[10]::integer > 59 THEN
        RETURN NULL;
    END IF;

    local_day := make_date(part[1]::integer, part[2]::integer, part[3]::integer);
    IF part[4] IS NULL THEN
        RETURN (local_day + CASE WHEN edge = 'from' THEN 0 ELSE 1 END)::timestamp AT TIME ZONE time_zone;
    END IF;
    local_at := local_day + make_time(part[4]::integer, part[5]::integer, COALESCE(part[6], '0')::double precision);
    IF part[7] IS NOT NULL THEN
        at_zone := local_at AT TIME ZONE 'UTC';
    ELSIF part[8] IS NOT NULL THEN
        at_zone := (local_at - (part[8] || '1')::integer
                    * make_interval(hours => part[9]::integer, mins => COALESCE(part[10], '0')::integer)) AT TIME ZONE 'UTC';
    ELSE
        at_zone := local_at AT TIME ZONE time_zone;
    END IF;
    RETURN CASE WHEN edge = 'to_included' THEN date_trunc('second', at_zone, 'UTC') + interval '1 second' ELSE at_zone END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_read_instant(text, text, text) IS
    'What import_instant() reads in a cell that says something.';

CREATE FUNCTION offerengine_internal.import_instant(value text, time_zone text, edge text) RETURNS timestamptz
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN offerengine_internal.import_cell($1) IS NOT NULL THEN offerengine_internal.import_read_instant($1, $2, $3) END;
COMMENT ON FUNCTION offerengine_internal.import_instant(text, text, text) IS
    'An instant: a date, or a date and a time with or without zone (then time_zone). edge says what it is: from, to (a date '
    'alone '
    'is its next midnight) or to_included (the next full second). NULL when the cell is empty or no such instant.';

CREATE FUNCTION offerengine_internal.import_instant_problem(value text, time_zone text) RETURNS text
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN offerengine_internal.import_cell($1) IS NULL
                     OR offerengine_internal.import_read_instant($1, $2, 'from') IS NOT NULL THEN NULL
                WHEN $2 IS NULL AND offerengine_internal.import_read_instant($1, 'UTC', 'from') IS NOT NULL
                THEN 'has no time zone, and the row does not name a store, or stores of one zone, whose it could be'
                ELSE 'must be a date or a time such as 2026-01-31, 2026-01-31 12:00:00 or 2026-01-31T12:00:00+01:00'
           END;
COMMENT ON FUNCTION offerengine_internal.import_instant_problem(text, text) IS
    'What is wrong with an instant; NULL: nothing, or the cell is empty. time_zone NULL: the row names no store to take it from.';

CREATE FUNCTION offerengine_internal.import_read_count_problem(value text, time_zone text) RETURNS text
LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 20
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- A count belongs to a warehouse, which has no zone.
    RETURN coalesce(offerengine_internal.import_instant_problem(value, nullif(time_zone, 'store')),
                    CASE WHEN offerengine_internal.import_instant(value, nullif(time_zone, 'store'), 'from') > clock_timestamp()
                         THEN 'is still to come' END);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_read_count_problem(text, text) IS
    'What import_count_problem() finds wrong with a cell that says something.';

CREATE FUNCTION offerengine_internal.import_count_problem(value text, time_zone text) RETURNS text
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN offerengine_internal.import_cell($1) IS NOT NULL
                THEN offerengine_internal.import_read_count_problem($1, $2) END;
COMMENT ON FUNCTION offerengine_internal.import_count_problem(text, text) IS
    'What is wrong with the instant of a count; NULL: nothing, or the cell is empty.';

CREATE FUNCTION offerengine_internal.import_json(value text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 20
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN offerengine_internal.import_cell(value)::jsonb;
EXCEPTION
    WHEN data_exception OR program_limit_exceeded OR feature_not_supported THEN
        RETURN NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_json(text) IS 'A JSON value; NULL when the cell is empty or is none.';

CREATE FUNCTION offerengine_internal.import_json_problem(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 20
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    context text;
    seen    text[];
    lines   text[];
    line_no integer;
    place   integer;
BEGIN
    PERFORM offerengine_internal.import_cell(value)::jsonb;
    RETURN NULL;
EXCEPTION
    WHEN data_exception OR program_limit_exceeded OR feature_not_supported THEN
        -- The server says the line and the text that ends with what it stumbled over, in whatever language it speaks.
        GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
        seen := regexp_match(split_part(context, chr(10), 1), '^[^0-9]*([0-9]+): (?:[.]{3})?(.*?)(?:[.]{3})?$');
        lines := string_to_array(value, chr(10));
        line_no := CASE WHEN length(seen[1]) < 9 THEN seen[1]::integer END;
        place := NULLIF(position(seen[2] IN lines[line_no]), 0) + length(seen[2]) - 1;
        RETURN 'is not valid JSON' || COALESCE(CASE WHEN cardinality(lines) > 1 THEN ' in line ' || line_no || ',' ELSE '' END
                                               || ' at character ' || place, '');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_json_problem(text) IS
    'Says that a cell is not valid JSON, and where; NULL: it is, or it is empty.';

CREATE TYPE offerengine_internal.import_tier AS (
    position     integer,
    min_quantity integer,
    net_amount   bigint,
    gross_amount bigint,
    value        text,
    message      text
);
COMMENT ON TYPE offerengine_internal.import_tier IS
    'One tier of a cell with volume prices: amounts in minor units; message says what is wrong with value, NULL: nothing.';

CREATE FUNCTION offerengine_internal.import_tiers(volume_prices text) RETURNS SETOF offerengine_internal.import_tier
LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 50 ROWS 3
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    tiers jsonb := offerengine_internal.import_json(volume_prices);
BEGIN
    IF tiers IS NULL AND offerengine_internal.import_cell(volume_prices) IS NOT NULL THEN
        RETURN NEXT ROW(0, NULL, NULL, NULL, volume_prices,
                offerengine_internal.import_json_problem(volume_prices)
                || '; its tiers are not loaded')::offerengine_internal.import_tier;
    ELSIF jsonb_typeof(tiers) IS DISTINCT FROM 'array' AND jsonb_typeof(tiers) IS DISTINCT FROM 'null' THEN
        IF tiers IS NOT NULL THEN
            RETURN NEXT ROW(0, NULL, NULL, NULL, volume_prices,
                    'must be a JSON array of tiers; they are not loaded')::offerengine_internal.import_tier;
        END IF;
    ELSIF jsonb_typeof(tiers) = 'array' THEN
        RETURN QUERY
        SELECT t.position::integer,
               t.min_quantity,
               offerengine_internal.import_amount(t.net), offerengine_internal.import_amount(t.gross), t.tier::text,
               'tier ' || t.position || ': ' || CASE
                   WHEN jsonb_typeof(t.tier) <> 'object' THEN 'must be an object with quantity, net_price and gross_price'
                   WHEN t.min_quantity IS NULL OR t.min_quantity < 2
                   THEN 'quantity must be a whole number from 2 to 999999999'
                   WHEN offerengine_internal.import_amount_problem(t.net) IS NOT NULL
                   THEN 'net_price ' || offerengine_internal.import_amount_problem(t.net)
                   WHEN offerengine_internal.import_amount_problem(t.gross) IS NOT NULL
                   THEN 'gross_price ' || offerengine_internal.import_amount_problem(t.gross)
                   WHEN offerengine_internal.import_cell(t.net) IS NULL AND offerengine_internal.import_cell(t.gross) IS NULL
                   THEN 'has neither a net nor a gross price'
                   WHEN t.is_repeated THEN 'the cell names quantity ' || t.min_quantity || ' more than once'
               END
          FROM (SELECT a.position, a.tier, q.min_quantity,
                       a.tier ->> 'net_price' AS net, a.tier ->> 'gross_price' AS gross,
                       count(*) OVER (PARTITION BY q.min_quantity) > 1 AS is_repeated
                  FROM jsonb_array_elements(tiers) WITH ORDINALITY AS a (tier, position)
                 CROSS JOIN LATERAL (SELECT CASE WHEN a.tier ->> 'quantity' ~ '^[0-9]{1,9}$'
                                                 THEN (a.tier ->> 'quantity')::integer END) AS q (min_quantity)) AS t
         ORDER BY t.position;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_tiers(text) IS
    'The tiers of a cell with volume prices, each with what is wrong with it; one row with position 0 when the cell as a whole '
    'is malformed.';
