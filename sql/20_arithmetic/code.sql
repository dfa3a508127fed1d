-- What may be a reference, SKU, code or key, and what may be a title: the rule, stated once, for columns and for writers.
--
-- Patterns are written with ~ for the backslash, which no literal of ours contains: what a backslash means in one depends on
-- standard_conforming_strings. A column's constraint is plain SQL with nothing of the extension in it.

CREATE FUNCTION offerengine_internal.character_class(kind text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    -- Control characters of Unicode; blanks: its white space, and what has no width.
    control CONSTANT text := '~u0001-~u001F~u007F-~u009F';
    blank   CONSTANT text := ' ~u00A0~u1680~u180E~u2000-~u200F~u2028-~u202F~u205F-~u206F~u3000~uFEFF';
BEGIN
    RETURN CASE kind WHEN 'control' THEN control WHEN 'blank' THEN blank WHEN 'unseen' THEN control || ltrim(blank, ' ') END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.character_class(text) IS
    'Inside of a bracket expression: kind control, control characters; blank, other white space and characters without width; '
    'unseen, all of them but the blank of ASCII. With ~ for the backslash.';

CREATE FUNCTION offerengine_internal.character_pattern(kind text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN replace('[' || offerengine_internal.character_class(kind) || ']', '~', chr(92));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.character_pattern(text) IS
    'A regular expression that matches one character of character_class(kind).';

CREATE FUNCTION offerengine_internal.code_condition(column_name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN format(
        'pg_catalog.octet_length(%1$I) >= 1 AND pg_catalog.octet_length(%1$I) <= 255 '
        'AND %1$I !~ pg_catalog.replace(%2$L, %3$L, pg_catalog.chr(92))',
        column_name,
        format('[%1$s]|^[%2$s]|[%2$s]$', offerengine_internal.character_class('control'),
                          offerengine_internal.character_class('blank')), '~');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.code_condition(text) IS
    'The condition that a column of references, SKUs, codes or keys meets: 1 to 255 bytes, no white space at either end, no '
    'control character. For migrations.';

CREATE FUNCTION offerengine_internal.title_condition(column_name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN format(
        'pg_catalog.char_length(%1$I) <= 255 AND %1$I !~ pg_catalog.replace(%2$L, %3$L, pg_catalog.chr(92))',
        column_name, format('[%s]', offerengine_internal.character_class('control')), '~');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.title_condition(text) IS
    'The condition that a column of titles or names meets: at most 255 characters, no control character. For migrations.';

CREATE FUNCTION offerengine_internal.constrain(relation text, codes text[], titles text[], ids text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    clauses text;
BEGIN
    SELECT string_agg(format('ADD CONSTRAINT %I CHECK (%s)', relation || '_' || c.name || '_' || c.kind, c.condition), ', ')
      INTO clauses
      FROM (SELECT n.name, 'code' AS kind, offerengine_internal.code_condition(n.name) AS condition
              FROM unnest(codes) AS n (name)
             UNION ALL
            SELECT n.name, 'title', offerengine_internal.title_condition(n.name) FROM unnest(titles) AS n (name)
             UNION ALL
            SELECT n.name, 'given', format('%I BETWEEN 1 AND 9223372036854775806', n.name) FROM unnest(ids) AS n (name)) AS c;
    EXECUTE format('ALTER TABLE offerengine.%I %s', relation, clauses);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.constrain(text, text[], text[], text[]) IS
    'For migrations: constrains columns of a table to what may be a code, a title or an id (what a sequence gives: neither zero '
    'nor less, nor the largest number that there is).';

CREATE FUNCTION offerengine_internal.code_problem(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    blank text;
BEGIN
    -- Most are of ASCII.
    IF octet_length(value) <= 255 AND value ~ '^[!-~]([ -~]*[!-~])?$' THEN
        RETURN NULL;
    END IF;
    blank := offerengine_internal.character_pattern('blank');
    RETURN CASE WHEN value = '' THEN 'is empty'
                WHEN octet_length(value) > 255 THEN 'is longer than 255 bytes'
                WHEN value ~ offerengine_internal.character_pattern('control') THEN 'contains a control character'
                WHEN value ~ ('^' || blank || '|' || blank || '$') THEN 'begins or ends with white space' END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.code_problem(text) IS
    'Why a value cannot be a reference, SKU, code or key, in words that follow the value; NULL: it can.';

CREATE FUNCTION offerengine_internal.title_problem(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN CASE WHEN char_length(value) > 255 THEN 'is longer than 255 characters'
                WHEN value ~ offerengine_internal.character_pattern('control') THEN 'contains a control character' END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.title_problem(text) IS
    'Why a value cannot be a title or name, in words that follow the value; NULL: it can.';

CREATE FUNCTION offerengine_internal.shown(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    unseen CONSTANT text := offerengine_internal.character_pattern('unseen');
BEGIN
    IF char_length(value) <= 80 AND value !~ unseen THEN
        RETURN value;
    END IF;
    RETURN (SELECT string_agg(
                       CASE WHEN c.letter ~ unseen
                            THEN chr(92) || 'u'
                                 || lpad(upper(to_hex(ascii(c.letter))), 4, '0')
                            ELSE c.letter END, '' ORDER BY c.ordinality)
              FROM regexp_split_to_table(left(value, 80), '') WITH ORDINALITY AS c (letter, ordinality))
           || CASE WHEN char_length(value) > 80 THEN '...' ELSE '' END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.shown(text) IS
    'A value as a message shows it: at most 80 characters, and what cannot be seen as backslash, u and its number.';

CREATE FUNCTION offerengine_internal.check_reference(value text, what text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    problem CONSTANT text := offerengine_internal.code_problem(value);
BEGIN
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION '% "%" %', what, offerengine_internal.shown(value), problem
            USING ERRCODE = '22023',
                  HINT = 'References, SKUs, codes and keys have 1 to 255 bytes, no white space at either end and no control '
                         'characters.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_reference(text, text) IS
    'Refuses a value that cannot be a reference, SKU, code or key (22023), saying what it was meant to be; NULL passes.';

CREATE FUNCTION offerengine_internal.check_key(value text, what text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF value IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', what USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.check_reference(value, what);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_key(text, text) IS
    'check_reference() of what names the row that a writer is to make or change: NULL is refused, too (22004).';

CREATE FUNCTION offerengine_internal.check_dimensions(given text[], what text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF array_ndims(given) > 1 THEN
        RAISE EXCEPTION '% must be a list, not an array of % dimensions', what, array_ndims(given)
            USING ERRCODE = '22023';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_dimensions(text[], text) IS 'Refuses an array of several dimensions (22023).';

CREATE FUNCTION offerengine_internal.check_list(given text[], what text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.check_dimensions(given, what);
    IF array_position(given, NULL) IS NOT NULL THEN
        RAISE EXCEPTION '% must not contain NULL', what USING ERRCODE = '22004';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_list(text[], text) IS
    'Refuses an array of several dimensions (22023) and one with NULL in it (22004); NULL, a list that was not given, passes.';

CREATE FUNCTION offerengine_internal.check_references(given text[], what text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.check_dimensions(given, what);
    PERFORM offerengine_internal.check_reference(g.value, what)
       FROM unnest(given) AS g (value) WHERE offerengine_internal.code_problem(g.value) IS NOT NULL LIMIT 1;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_references(text[], text) IS
    'check_reference() for each of a list; an array of several dimensions is refused (22023).';

CREATE FUNCTION offerengine_internal.check_choice(value text, what text, choices text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF NOT value = ANY (choices) THEN
        RAISE EXCEPTION 'unknown % "%"', what, offerengine_internal.shown(value)
            USING ERRCODE = '22023',
                  HINT = format('It is %s or %s.', array_to_string(trim_array(choices, 1), ', '), choices[cardinality(choices)]);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_choice(text, text, text[]) IS
    'Refuses a value that is none of these (22023), saying what it was meant to be; NULL passes.';

CREATE FUNCTION offerengine_internal.check_title(value text, what text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    problem CONSTANT text := offerengine_internal.title_problem(value);
BEGIN
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION '% "%" %', what, offerengine_internal.shown(value), problem
            USING ERRCODE = '22023', HINT = 'Titles and names have at most 255 characters and no control characters.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_title(text, text) IS
    'Refuses a value that cannot be a title or name (22023), saying what it was meant to be; NULL passes.';
