-- What may be a reference, SKU, code or key, and what may be a title: the rule, stated once, for columns and for writers.
--
-- Patterns are written with ~ for the backslash, which no literal of ours contains: what a backslash means in one depends on
-- standard_conforming_strings (not in one that format() makes of %L). A column's constraint is plain SQL with nothing of the
-- extension in it.

CREATE FUNCTION offerengine_internal.character_class(kind text, encoding text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    -- Control characters of Unicode; blanks: its white space, and what has no width. Windows has letters and signs where ISO and
    -- Unicode have control characters, but the same no-break space; elsewhere those numbers are letters, or parts of some.
    is_unicode CONSTANT boolean := encoding ~ '^(UTF8|LATIN|ISO)';
    control    CONSTANT text := '~x1-~x1F~x7F' || CASE WHEN is_unicode THEN '-~x9F' ELSE '' END;
    wide       CONSTANT text := CASE
        WHEN is_unicode THEN '~xA0~x1680~x180E~x2000-~x200F~x2028-~x202F~x205F-~x206F~x3000~xFEFF'
        WHEN encoding ~ '^WIN(125|874)' THEN '~xA0' ELSE '' END;
BEGIN
    RETURN CASE kind WHEN 'control' THEN control WHEN 'blank' THEN ' ' || wide WHEN 'unseen' THEN control || wide END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.character_class(text, text) IS
    'Inside of a bracket expression, for a database of this encoding: kind control, control characters; blank, other white space '
    'and characters without width; unseen, all of them but the blank of ASCII. With ~ for the backslash.';

CREATE FUNCTION offerengine_internal.character_pattern(kind text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- A database never changes its encoding.
    RETURN replace('[' || offerengine_internal.character_class(kind, getdatabaseencoding()) || ']', '~', chr(92));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.character_pattern(text) IS
    'A regular expression that matches one character of character_class(kind) in this database.';

CREATE FUNCTION offerengine_internal.character_condition(column_name text, form text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    of_encoding CONSTANT text[] := ARRAY(
        SELECT replace(format(form, offerengine_internal.character_class('control', e.encoding),
                                    offerengine_internal.character_class('blank', e.encoding)), '~', chr(92))
          FROM unnest('{UTF8,WIN1252,SQL_ASCII}'::text[]) WITH ORDINALITY AS e (encoding, place) ORDER BY e.place);
BEGIN
    -- A dump goes into databases of other encodings. As short as can be: every statement that writes a row reads the conditions of
    -- its table from their text, byte by byte, which for most rows is more work than to write them.
    RETURN format('%1$I !~ CASE WHEN pg_catalog.getdatabaseencoding() ~ ''^(UTF8|LATIN|ISO)'' THEN %2$L '
                  'WHEN pg_catalog.getdatabaseencoding() ~ ''^WIN(125|874)'' THEN %3$L ELSE %4$L END',
                  column_name, of_encoding[1], of_encoding[2], of_encoding[3]);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.character_condition(text, text) IS
    'The condition that a column does not match a regular expression, in whatever encoding: %1$s stands for control characters, '
    '%2$s for blanks, as character_class() has them.';

CREATE FUNCTION offerengine_internal.code_condition(column_name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN format('pg_catalog.octet_length(%I) <= 255 AND ', column_name)
           || offerengine_internal.character_condition(column_name, '[%1$s]|^[%2$s]|[%2$s]$|^$');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.code_condition(text) IS
    'The condition that a column of references, SKUs, codes or keys meets: 1 to 255 bytes, no white space at either end, no '
    'control character. For migrations.';

CREATE FUNCTION offerengine_internal.title_condition(column_name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN format('pg_catalog.char_length(%1$I) <= 255 AND ', column_name)
           || offerengine_internal.character_condition(column_name, '[%1$s]');
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

CREATE FUNCTION offerengine_internal.is_plain_code(value text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_is_plain_code_sql' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.is_plain_code(text) IS
    'Whether a value surely can be a reference, SKU, code or key, as most can: of printable ASCII. Else code_problem() tells.';

CREATE FUNCTION offerengine_internal.code_problem(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    blank text;
BEGIN
    IF offerengine_internal.is_plain_code(value) THEN
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
    cut    text := left(value, 80);
BEGIN
    IF cut = value AND value !~ unseen THEN
        RETURN value;
    ELSIF cut <> value AND getdatabaseencoding() = 'SQL_ASCII' THEN
        -- No part of a letter goes to a client that asks for UTF-8.
        cut := regexp_replace(cut, format('[%s-%s][%s-%s]*$', chr(192), chr(255), chr(128), chr(191)), '');
    END IF;
    RETURN (SELECT string_agg(
                       CASE WHEN c.letter ~ unseen
                            THEN chr(92) || 'u'
                                 || lpad(upper(to_hex(ascii(c.letter))), 4, '0')
                            ELSE c.letter END, '' ORDER BY c.ordinality)
              FROM regexp_split_to_table(cut, '') WITH ORDINALITY AS c (letter, ordinality))
           || CASE WHEN cut <> value THEN '...' ELSE '' END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.shown(text) IS
    'A value as a message shows it: at most 80 characters, and what cannot be seen as backslash, u and its number.';

CREATE FUNCTION offerengine_internal.judge_reference(value text, what text) RETURNS void
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
COMMENT ON FUNCTION offerengine_internal.judge_reference(text, text) IS
    'What check_reference() does with a value that is not plain.';

CREATE FUNCTION offerengine_internal.check_reference(value text, what text) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_check_reference' LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.check_reference(text, text) IS
    'Refuses a value that cannot be a reference, SKU, code or key (22023), saying what it was meant to be; NULL passes. What is '
    'plain, as most are, passes without a path being set for it.';

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

CREATE FUNCTION offerengine_internal.judge_title(value text, what text) RETURNS void
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
COMMENT ON FUNCTION offerengine_internal.judge_title(text, text) IS 'What check_title() does with a value that is not plain.';

CREATE FUNCTION offerengine_internal.check_title(value text, what text) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_check_title' LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.check_title(text, text) IS
    'Refuses a value that cannot be a title or name (22023), saying what it was meant to be; NULL passes.';

CREATE FUNCTION offerengine_internal.check_note(note text, what text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 AS $oe_body$
BEGIN
    IF char_length(note) > 1000 THEN
        RAISE EXCEPTION '% has % characters', what, char_length(note) USING ERRCODE = '22023', HINT = 'It may have 1000.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_note(text, text) IS
    'Refuses a note or a reason of more than 1000 characters (22023), as the constraints of its columns have it; NULL passes. '
    'what: whose it is.';
