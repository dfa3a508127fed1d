-- Price segments, price sheets, product contracts and the steps of subscriptions: trigger functions and writers by natural key.
-- An argument that is left out (or NULL) keeps what is stored. Locks: contract, offer, then its steps.

CREATE FUNCTION offerengine_internal.offer_step_changed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_offer_step_changed' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.offer_step_changed() IS
    'After any write to offer_step (transition tables): holds the contracts, raises the offers'' versions, projects the sheet of '
    'the first step into offer_store, and refuses steps of offers that are no subscriptions (OE019).';

CREATE FUNCTION offerengine_internal.contract_changed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_contract_changed' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.contract_changed() IS
    'After an UPDATE of product_contract (transition tables): locks the offers that have it as a step, projects the price sheet, '
    'and refuses to leave a step that another one follows without a duration (OE019).';

CREATE FUNCTION offerengine_internal.steps_check() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_steps_check' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.steps_check() IS
    'Refuses a row of offer or offer_step after which view offer_step_problem has something against the offer (OE019).';

CREATE FUNCTION offerengine_internal.check_steps(offer_ids bigint[]) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_check_steps_sql' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.check_steps(bigint[]) IS
    'Raises OE019 for the first of these offers that view offer_step_problem refuses, without waiting for the commit. The caller '
    'holds the offers.';

CREATE FUNCTION offerengine.put_price_segment(
    code      text,
    title     text DEFAULT NULL,
    priority  integer DEFAULT NULL,
    countries text[] DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_code('price segment', put_price_segment.code);
    PERFORM offerengine_internal.check_title(put_price_segment.title, 'title');
    IF put_price_segment.priority NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'priority % is not from 1 to 1000', put_price_segment.priority USING ERRCODE = '22023';
    END IF;
    PERFORM offerengine_internal.check_countries(put_price_segment.countries);

    INSERT INTO offerengine.price_segment (code, title, priority)
    SELECT put_price_segment.code, NULLIF(put_price_segment.title, ''), COALESCE(put_price_segment.priority, 100)
     WHERE NOT EXISTS (SELECT FROM offerengine.price_segment s WHERE s.code = put_price_segment.code)
        ON CONFLICT ON CONSTRAINT price_segment_code_key DO NOTHING;
    SELECT s.price_segment_id INTO STRICT target
      FROM offerengine.price_segment s WHERE s.code = put_price_segment.code FOR NO KEY UPDATE;
    UPDATE offerengine.price_segment s
       SET title = changed.title, priority = changed.priority
      FROM (SELECT NULLIF(COALESCE(put_price_segment.title, k.title), '') AS title,
                   COALESCE(put_price_segment.priority, k.priority) AS priority
              FROM offerengine.price_segment k WHERE k.price_segment_id = target) AS changed
     WHERE s.price_segment_id = target
       AND (s.title, s.priority) IS DISTINCT FROM (changed.title, changed.priority);

    IF put_price_segment.countries IS NOT NULL THEN
        DELETE FROM offerengine.price_segment_country c
         WHERE c.price_segment_id = target AND NOT c.country_code = ANY (put_price_segment.countries);
        INSERT INTO offerengine.price_segment_country (price_segment_id, country_code)
        SELECT DISTINCT target, n.country
          FROM pg_catalog.unnest(put_price_segment.countries) AS n (country)
         WHERE NOT EXISTS (SELECT FROM offerengine.price_segment_country c
                            WHERE c.price_segment_id = target AND c.country_code = n.country);
    END IF;
    RETURN target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_price_segment(text, text, integer, text[]) IS
    'Creates the price segment or changes it, by code, and answers its price_segment_id. Left out: a new one gets priority 100 and '
    'no country; a stored one keeps what it has. countries, when given, is the whole set. An empty title clears it. Errors: 22004 '
    'no code, a country that is NULL; 22023 a priority outside of 1 to 1000, a country that is none of table country (EU and UK '
    'are none; eu_countries() answers those of the Union), a code or title that cannot be one.';

CREATE FUNCTION offerengine_internal.check_code(kind text, code text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.check_key(check_code.code, 'code of a ' || check_code.kind);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_code(text, text) IS
    'Refuses a code that is NULL (22004) or that cannot be one (22023).';

CREATE TYPE offerengine_internal.sheet_setting AS (
    place               bigint,
    segment             text,
    currency            text,
    net_amount          bigint,
    gross_amount        bigint,
    valid_from          date,
    valid_from_existing date,
    price_segment_id    bigint
);
COMMENT ON TYPE offerengine_internal.sheet_setting IS
    'One price as put_price_sheet is told it, with its place in the array and the segment that it names (NULL: everywhere).';

CREATE FUNCTION offerengine_internal.sheet_settings_from_json(prices jsonb) RETURNS offerengine_internal.sheet_setting[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $oe_body$
DECLARE
    known CONSTANT text[] := ARRAY['segment', 'currency', 'net_amount', 'gross_amount', 'valid_from', 'valid_from_existing'];
    wrong text;
BEGIN
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
    SELECT pg_catalog.format('price %s has an unknown or malformed "%s": %s', e.ordinality,
                             offerengine_internal.shown(field.key), offerengine_internal.shown(field.value::pg_catalog.text))
      INTO wrong
      FROM pg_catalog.jsonb_array_elements(prices) WITH ORDINALITY AS e
     CROSS JOIN LATERAL pg_catalog.jsonb_each(e.value) AS field
     WHERE CASE
               WHEN field.key <> ALL (known) THEN true
               WHEN pg_catalog.jsonb_typeof(field.value) = 'null' THEN false
               WHEN field.key IN ('net_amount', 'gross_amount') THEN field.value::text !~ '^[0-9]{1,18}$'
               WHEN pg_catalog.jsonb_typeof(field.value) <> 'string' THEN true
               WHEN field.key IN ('valid_from', 'valid_from_existing')
                   THEN field.value #>> '{}' !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
               ELSE false
           END
     ORDER BY e.ordinality LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong
            USING ERRCODE = '22023',
                  HINT = 'Keys are segment, currency, net_amount, gross_amount, valid_from and valid_from_existing; amounts are '
                         'whole numbers, days are written 2025-12-31.';
    END IF;
    RETURN ARRAY(
        SELECT ROW(e.ordinality, e.value ->> 'segment', e.value ->> 'currency', (e.value ->> 'net_amount')::bigint,
                   (e.value ->> 'gross_amount')::bigint, COALESCE((e.value ->> 'valid_from')::date, '-infinity'),
                   (e.value ->> 'valid_from_existing')::date, s.price_segment_id)::offerengine_internal.sheet_setting
          FROM pg_catalog.jsonb_array_elements(prices) WITH ORDINALITY AS e
          LEFT JOIN offerengine.price_segment s ON s.code = e.value ->> 'segment'
         ORDER BY e.ordinality);
EXCEPTION WHEN datetime_field_overflow THEN
    RAISE EXCEPTION 'a price has a day that is none: %', SQLERRM USING ERRCODE = '22023';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.sheet_settings_from_json(jsonb) IS
    'Reads the prices given to put_price_sheet(). 22023: not an array of objects, or an unknown or malformed key.';

CREATE FUNCTION offerengine_internal.check_sheet_settings(settings offerengine_internal.sheet_setting[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $oe_body$
DECLARE
    found_code    text;
    found_message text;
BEGIN
    SELECT problem.code, pg_catalog.concat('price ' || s.place || ': ', problem.message) INTO found_code, found_message
      FROM (SELECT g.*, pg_catalog.min(g.place) OVER (PARTITION BY g.segment, g.currency, g.valid_from) AS first_place
              FROM pg_catalog.unnest(check_sheet_settings.settings) AS g) AS s
     CROSS JOIN LATERAL (VALUES
          (1, s.currency IS NULL, '22004', 'currency must not be NULL'),
          (2, NOT EXISTS (SELECT FROM offerengine.currency c WHERE c.currency_code = s.currency), '22023',
              offerengine_internal.unknown_text('currency', s.currency)),
          (3, s.segment IS NOT NULL AND s.price_segment_id IS NULL, 'OE020',
              offerengine_internal.unknown_text('price segment', s.segment)),
          (4, s.net_amount IS NULL AND s.gross_amount IS NULL, '22004', 'net_amount or gross_amount is needed'),
          (5, s.net_amount < 0 OR s.gross_amount < 0, '22023',
              pg_catalog.format('an amount is below 0: %s', LEAST(s.net_amount, s.gross_amount))),
          (6, s.valid_from = 'infinity' OR NOT pg_catalog.isfinite(s.valid_from_existing), '22023',
              pg_catalog.format('the day %s is no day', CASE WHEN s.valid_from = 'infinity' THEN s.valid_from
                                                             ELSE s.valid_from_existing END)),
          (7, s.valid_from_existing < s.valid_from, '22023',
              pg_catalog.format('valid_from_existing %s is before valid_from %s', s.valid_from_existing, s.valid_from)),
          (8, s.place > s.first_place, '22023',
              pg_catalog.format('price %s has the same segment, currency and valid_from', s.first_place))
      ) AS problem (step, applies, code, message)
     WHERE problem.applies
     ORDER BY s.place, problem.step
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', found_message USING ERRCODE = found_code;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_sheet_settings(offerengine_internal.sheet_setting[]) IS
    'Refuses the first price of a sheet that cannot be stored, naming its place where it has one.';

CREATE FUNCTION offerengine_internal.write_sheet_settings(
    price_sheet_id bigint, settings offerengine_internal.sheet_setting[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    UPDATE offerengine.price_sheet_price p
       SET net_amount = s.net_amount, gross_amount = s.gross_amount, valid_from_existing = s.valid_from_existing
      FROM pg_catalog.unnest(write_sheet_settings.settings) AS s
     WHERE p.price_sheet_id = write_sheet_settings.price_sheet_id
       AND p.price_segment_id IS NOT DISTINCT FROM s.price_segment_id
       AND p.currency_code = s.currency AND p.valid_from = s.valid_from
       AND (p.net_amount, p.gross_amount, p.valid_from_existing)
           IS DISTINCT FROM (s.net_amount, s.gross_amount, s.valid_from_existing);
    INSERT INTO offerengine.price_sheet_price
           (price_sheet_id, price_segment_id, currency_code, net_amount, gross_amount, valid_from, valid_from_existing)
    SELECT write_sheet_settings.price_sheet_id, s.price_segment_id, s.currency, s.net_amount, s.gross_amount, s.valid_from,
           s.valid_from_existing
      FROM pg_catalog.unnest(write_sheet_settings.settings) AS s
     WHERE NOT EXISTS (SELECT FROM offerengine.price_sheet_price p
                        WHERE p.price_sheet_id = write_sheet_settings.price_sheet_id
                          AND p.price_segment_id IS NOT DISTINCT FROM s.price_segment_id
                          AND p.currency_code = s.currency AND p.valid_from = s.valid_from)
     ORDER BY s.place;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.write_sheet_settings(bigint, offerengine_internal.sheet_setting[]) IS
    'Writes prices of a sheet that check_sheet_settings has passed: those that differ, and those that are not there. The caller '
    'holds the sheet.';

CREATE FUNCTION offerengine.put_price_sheet(code text, title text DEFAULT NULL, prices jsonb DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    settings offerengine_internal.sheet_setting[];
    target   bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_code('price sheet', put_price_sheet.code);
    PERFORM offerengine_internal.check_title(put_price_sheet.title, 'title');
    IF put_price_sheet.prices IS NOT NULL THEN
        settings := offerengine_internal.sheet_settings_from_json(put_price_sheet.prices);
        PERFORM offerengine_internal.check_sheet_settings(settings);
    END IF;

    INSERT INTO offerengine.price_sheet (code, title)
    SELECT put_price_sheet.code, NULLIF(put_price_sheet.title, '')
     WHERE NOT EXISTS (SELECT FROM offerengine.price_sheet h WHERE h.code = put_price_sheet.code)
        ON CONFLICT ON CONSTRAINT price_sheet_code_key DO NOTHING;
    SELECT h.price_sheet_id INTO STRICT target
      FROM offerengine.price_sheet h WHERE h.code = put_price_sheet.code FOR NO KEY UPDATE;
    UPDATE offerengine.price_sheet h SET title = NULLIF(put_price_sheet.title, '')
     WHERE h.price_sheet_id = target AND h.title IS DISTINCT FROM NULLIF(COALESCE(put_price_sheet.title, h.title), '');
    IF put_price_sheet.prices IS NULL THEN
        RETURN target;
    END IF;

    DELETE FROM offerengine.price_sheet_price p
     WHERE p.price_sheet_id = target
       AND NOT EXISTS (SELECT FROM pg_catalog.unnest(settings) AS s
                        WHERE s.price_segment_id IS NOT DISTINCT FROM p.price_segment_id
                          AND s.currency = p.currency_code AND s.valid_from = p.valid_from);
    PERFORM offerengine_internal.write_sheet_settings(target, settings);
    RETURN target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_price_sheet(text, text, jsonb) IS
    'Creates the price sheet or changes it, by code, and answers its price_sheet_id. prices, when given, is the whole set: an '
    'array of objects {"segment": code (left out: everywhere), "currency", "net_amount", "gross_amount" (minor units, at least '
    'one), "valid_from" (left out: always), "valid_from_existing" (left out: never asked of running subscriptions)}, one a '
    'segment, currency and valid_from. An empty title clears it. Errors: 22004 no code, currency or amount; OE020 unknown segment; '
    '22023 unknown currency, unknown or malformed key, a key twice, valid_from_existing before valid_from.';

CREATE FUNCTION offerengine.add_sheet_price(
    code                text,
    segment             text DEFAULT NULL,
    currency            text DEFAULT NULL,
    net_amount          bigint DEFAULT NULL,
    gross_amount        bigint DEFAULT NULL,
    valid_from          date DEFAULT NULL,
    valid_from_existing date DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    setting offerengine_internal.sheet_setting;
    sheet   bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_code('price sheet', add_sheet_price.code);
    PERFORM offerengine_internal.check_reference(add_sheet_price.segment, 'segment');
    SELECT h.price_sheet_id INTO sheet
      FROM offerengine.price_sheet h WHERE h.code = add_sheet_price.code FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('price sheet', add_sheet_price.code,
            'put_price_sheet() creates one.');
    END IF;
    setting.segment := add_sheet_price.segment;
    setting.currency := add_sheet_price.currency;
    setting.valid_from := COALESCE(add_sheet_price.valid_from, '-infinity');
    SELECT s.price_segment_id INTO setting.price_segment_id
      FROM offerengine.price_segment s WHERE s.code = add_sheet_price.segment;
    SELECT COALESCE(add_sheet_price.net_amount, p.net_amount), COALESCE(add_sheet_price.gross_amount, p.gross_amount),
           COALESCE(add_sheet_price.valid_from_existing, p.valid_from_existing)
      INTO setting.net_amount, setting.gross_amount, setting.valid_from_existing
      FROM (SELECT sheet AS price_sheet_id) AS k
      LEFT JOIN offerengine.price_sheet_price p
             ON p.price_sheet_id = k.price_sheet_id AND p.currency_code = setting.currency AND p.valid_from = setting.valid_from
            AND CASE WHEN setting.segment IS NULL THEN p.price_segment_id IS NULL
                     ELSE p.price_segment_id = setting.price_segment_id END;
    PERFORM offerengine_internal.check_sheet_settings(ARRAY[setting]);
    PERFORM offerengine_internal.write_sheet_settings(sheet, ARRAY[setting]);
    RETURN (SELECT p.price_sheet_price_id
              FROM offerengine.price_sheet_price p
             WHERE p.price_sheet_id = sheet AND p.price_segment_id IS NOT DISTINCT FROM setting.price_segment_id
               AND p.currency_code = setting.currency AND p.valid_from = setting.valid_from);
END
$oe_body$;
COMMENT ON FUNCTION offerengine.add_sheet_price(text, text, text, bigint, bigint, date, date) IS
    'Adds one price to a price sheet, or changes the one of the same segment (left out: everywhere), currency and valid_from (left '
    'out: always), and leaves its others alone; answers its price_sheet_price_id, which resolve_price answers as price_id. '
    'Amounts in minor units. What is left out keeps what is stored; put_price_sheet() takes an amount or a day away. Errors: OE020 '
    'unknown price sheet or segment; others as put_price_sheet.';

CREATE FUNCTION offerengine_internal.refuse_contract(
    code text, broken text, term interval, accounting_period interval, cancellation_notice interval, duration interval)
RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10
SET search_path = pg_catalog, pg_temp SET intervalstyle = 'postgres' AS $oe_body$
DECLARE
    found_rule text;
    found_hint text;
BEGIN
    SELECT r.rule, r.hint INTO found_rule, found_hint
      FROM (VALUES
          ('product_contract_no_time', 'an interval has a time of day, or no end',
              'Intervals are whole days, weeks, months or years; a day is "1 day", never "24 hours".'),
          ('product_contract_not_negative', 'an interval is below zero',
              'Term and accounting period are longer than nothing, notice and duration at least zero.'),
          ('product_contract_one_family', 'an interval is months and days at once',
              'Each is either days and weeks or months and years.'),
          ('product_contract_positive', 'term and accounting period are not both longer than nothing',
              'A contract that may be cancelled every day has a term of 1 day.'),
          ('product_contract_same_family', 'term and accounting period are not of one family',
              'Both are days and weeks, or both are months and years.'),
          ('product_contract_divides', 'neither of term and accounting period divides the other',
              'A year with months, two weeks with four: one is a multiple of the other.'),
          ('product_contract_duration', 'the duration is not a multiple of term and accounting period',
              'Zero means that the step lasts until it is cancelled.'),
          ('product_contract_notice', 'the cancellation notice is not shorter than the term',
              'Where one is days and the other months, a month counts 28 days as term and 31 days as notice.'))
          AS r (name, rule, hint)
     WHERE r.name = refuse_contract.broken;
    IF FOUND THEN
        RAISE EXCEPTION 'contract "%": % (term %, accounting period %, cancellation notice %, duration %)',
            refuse_contract.code, found_rule, refuse_contract.term, refuse_contract.accounting_period,
            COALESCE(NULLIF(refuse_contract.cancellation_notice, '0')::text, 'none'),
            COALESCE(NULLIF(refuse_contract.duration, '0')::text, 'until cancelled')
            USING ERRCODE = 'OE018', HINT = found_hint, SCHEMA = 'offerengine', TABLE = 'product_contract',
                  CONSTRAINT = refuse_contract.broken;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_contract(text, text, interval, interval, interval, interval) IS
    'Says in words which constraint of product_contract these terms break (OE018); silent about a constraint that is not the '
    'engine''s.';

CREATE TYPE offerengine_internal.contract AS (
    product_contract_id bigint,
    title               text,
    term                interval,
    accounting_period   interval,
    cancellation_notice interval,
    duration            interval,
    price_sheet_id      bigint
);
COMMENT ON TYPE offerengine_internal.contract IS 'A row of product_contract as put_contract finds it, or is to leave it.';

CREATE FUNCTION offerengine_internal.wanted_contract(
    code text, title text, term interval, accounting_period interval, cancellation_notice interval, duration interval,
    price_sheet text, stored offerengine_internal.contract)
RETURNS offerengine_internal.contract
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted offerengine_internal.contract;
BEGIN
    IF wanted_contract.price_sheet IS NOT NULL THEN
        SELECT h.price_sheet_id INTO wanted.price_sheet_id
          FROM offerengine.price_sheet h WHERE h.code = wanted_contract.price_sheet;
        IF NOT FOUND THEN
            PERFORM offerengine_internal.raise_unknown('price sheet', wanted_contract.price_sheet);
        END IF;
    END IF;
    IF stored.product_contract_id IS NULL
       AND (wanted_contract.term IS NULL OR wanted_contract.accounting_period IS NULL OR wanted.price_sheet_id IS NULL) THEN
        RAISE EXCEPTION 'a new contract needs term, accounting_period and price_sheet'
            USING ERRCODE = '22004', HINT = pg_catalog.format('There is no contract %L yet.', wanted_contract.code);
    END IF;
    wanted.product_contract_id := stored.product_contract_id;
    wanted.title := NULLIF(COALESCE(wanted_contract.title, stored.title), '');
    wanted.term := COALESCE(wanted_contract.term, stored.term);
    wanted.accounting_period := COALESCE(wanted_contract.accounting_period, stored.accounting_period);
    wanted.cancellation_notice := COALESCE(wanted_contract.cancellation_notice, stored.cancellation_notice, '0');
    wanted.duration := COALESCE(wanted_contract.duration, stored.duration, '0');
    wanted.price_sheet_id := COALESCE(wanted.price_sheet_id, stored.price_sheet_id);
    RETURN wanted;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.wanted_contract(
    text, text, interval, interval, interval, interval, text, offerengine_internal.contract) IS
    'The contract as put_contract() is to leave it, with what is left out from the stored one (NULL: a new one). OE020: unknown '
    'price sheet; 22004: a new one without term, accounting period or price sheet.';

CREATE FUNCTION offerengine.put_contract(
    code                text,
    title               text DEFAULT NULL,
    term                interval DEFAULT NULL,
    accounting_period   interval DEFAULT NULL,
    cancellation_notice interval DEFAULT NULL,
    duration            interval DEFAULT NULL,
    price_sheet         text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted offerengine_internal.contract;
    stored offerengine_internal.contract;
    broken text;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_code('contract', put_contract.code);
    PERFORM offerengine_internal.check_title(put_contract.title, 'title');
    PERFORM offerengine_internal.check_reference(put_contract.price_sheet, 'price_sheet');

    -- A second round only when another session has just inserted the same code.
    FOR round IN 1..2 LOOP
        SELECT c.product_contract_id, c.title, c.term, c.accounting_period, c.cancellation_notice, c.duration, c.price_sheet_id
          INTO stored FROM offerengine.product_contract c WHERE c.code = put_contract.code FOR NO KEY UPDATE;
        wanted := offerengine_internal.wanted_contract(
            put_contract.code, put_contract.title, put_contract.term, put_contract.accounting_period,
            put_contract.cancellation_notice, put_contract.duration, put_contract.price_sheet, stored);
        BEGIN
            IF stored.product_contract_id IS NULL THEN
                INSERT INTO offerengine.product_contract
                       (code, title, term, accounting_period, cancellation_notice, duration, price_sheet_id)
                VALUES (put_contract.code, wanted.title, wanted.term, wanted.accounting_period, wanted.cancellation_notice,
                        wanted.duration, wanted.price_sheet_id)
                    ON CONFLICT ON CONSTRAINT product_contract_code_key DO NOTHING
                RETURNING product_contract_id INTO stored.product_contract_id;
            ELSE
                UPDATE offerengine.product_contract c
                   SET title = wanted.title, term = wanted.term, accounting_period = wanted.accounting_period,
                       cancellation_notice = wanted.cancellation_notice, duration = wanted.duration,
                       price_sheet_id = wanted.price_sheet_id
                 WHERE c.product_contract_id = stored.product_contract_id
                   AND (stored.title, stored.term::text, stored.accounting_period::text, stored.cancellation_notice::text,
                        stored.duration::text, stored.price_sheet_id)
                       IS DISTINCT FROM
                       (wanted.title, wanted.term::text, wanted.accounting_period::text, wanted.cancellation_notice::text,
                        wanted.duration::text, wanted.price_sheet_id);
            END IF;
        EXCEPTION WHEN check_violation THEN
            GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
            PERFORM offerengine_internal.refuse_contract(put_contract.code, broken, wanted.term, wanted.accounting_period,
                                                 wanted.cancellation_notice, wanted.duration);
            RAISE;
        END;
        EXIT WHEN stored.product_contract_id IS NOT NULL;
    END LOOP;
    RETURN stored.product_contract_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.put_contract(text, text, interval, interval, interval, interval, text) IS
    'Creates the product contract or changes it, by code, and answers its product_contract_id. A new one needs term, '
    'accounting_period and price_sheet (22004); left out, cancellation_notice is zero and duration zero: until cancelled. An empty '
    'title clears it. What is sold already keeps the terms that it was sold with. Errors: 22004 no code; OE020 unknown price '
    'sheet; OE018 terms that do not go together, naming the rule; OE019 no duration for a step that another one follows.';

CREATE FUNCTION offerengine.set_offer_steps(offer_reference text, contract_codes text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target    bigint;
    contracts bigint[];
    missing   integer[];
    unknown   text;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_reference(set_offer_steps.offer_reference, 'offer_reference');
    PERFORM offerengine_internal.check_references(set_offer_steps.contract_codes, 'contract_codes');
    IF set_offer_steps.contract_codes IS NULL
       OR pg_catalog.array_position(set_offer_steps.contract_codes, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'contract_codes must not be NULL or contain NULL'
            USING ERRCODE = '22004', HINT = 'An empty array takes all steps away.';
    END IF;
    SELECT s.code INTO unknown
      FROM pg_catalog.unnest(set_offer_steps.contract_codes) AS s (code)
     WHERE NOT EXISTS (SELECT FROM offerengine.product_contract c WHERE c.code = s.code)
     LIMIT 1;
    IF FOUND THEN
        PERFORM offerengine_internal.raise_unknown('contract', unknown);
    END IF;
    SELECT o.offer_id INTO target FROM offerengine.offer o WHERE o.offer_reference = set_offer_steps.offer_reference;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('offer', set_offer_steps.offer_reference);
    END IF;

    PERFORM FROM offerengine.product_contract c
      WHERE c.code = ANY (set_offer_steps.contract_codes) ORDER BY c.product_contract_id FOR SHARE;
    PERFORM FROM offerengine.offer o WHERE o.offer_id = target FOR NO KEY UPDATE;
    contracts := ARRAY(SELECT c.product_contract_id
                         FROM pg_catalog.unnest(set_offer_steps.contract_codes) WITH ORDINALITY AS s (code, step_no)
                         JOIN offerengine.product_contract c ON c.code = s.code ORDER BY s.step_no);

    DELETE FROM offerengine.offer_step s
     WHERE s.offer_id = target AND s.step_no > pg_catalog.cardinality(contracts);
    UPDATE offerengine.offer_step s SET product_contract_id = contracts[s.step_no]
     WHERE s.offer_id = target AND s.product_contract_id <> contracts[s.step_no];
    missing := ARRAY(
        SELECT n.step_no FROM pg_catalog.generate_series(1, pg_catalog.cardinality(contracts)) AS n (step_no)
         WHERE NOT EXISTS (SELECT FROM offerengine.offer_step s WHERE s.offer_id = target AND s.step_no = n.step_no));
    INSERT INTO offerengine.offer_step (offer_id, step_no, product_contract_id)
    SELECT target, m.step_no, contracts[m.step_no] FROM pg_catalog.unnest(missing) AS m (step_no);
    PERFORM offerengine_internal.check_steps(ARRAY[target]);
    RETURN target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.set_offer_steps(text, text[]) IS
    'Gives a subscription offer exactly these steps, by the codes of their contracts in their order; an empty array takes all '
    'away. Answers its offer_id. Errors: OE020 unknown offer or contract; 22004 NULL; OE019 an offer that is no subscription; an '
    'approved one that would be left without steps, or with a contract without duration before the last.';
