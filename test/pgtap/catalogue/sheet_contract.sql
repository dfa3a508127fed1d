-- Writers of price segments, price sheets and contracts: what they write, keep and refuse; and the rules of contracts, which plain
-- statements meet as constraints.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();

-- What a statement answers, or its SQLSTATE and message.
CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE statement INTO answer;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;

-- Segments.
CREATE FUNCTION pg_temp.segment(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before text;
    answer text;
BEGIN
    SELECT string_agg(concat(s.xmin, s.ctid), ' ') INTO before FROM offerengine.price_segment s WHERE s.code = 'T-S';
    EXECUTE 'SELECT offerengine.put_price_segment(''T-S''' || arguments || ')';
    SELECT concat_ws(' ', s.title, s.priority,
                     (SELECT string_agg(c.country_code, ',' ORDER BY c.country_code) FROM offerengine.price_segment_country c
                       WHERE c.price_segment_id = s.price_segment_id))
      INTO answer FROM offerengine.price_segment s WHERE s.code = 'T-S';
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT is(pg_temp.segment(c.arguments), c.outcome, 'put_price_segment: ' || c.arguments)
  FROM (VALUES
    ('',                                        '100'),
    (', ''Alps'', 20, ''{DE,AT,DE}''',          'Alps 20 AT,DE'),
    ('',                                        'Alps 20 AT,DE'),
    (', countries => ''{CH,AT}''',              'Alps 20 AT,CH'),
    (', title => ''''',                         '20 AT,CH'),
    (', priority => 1',                         '1 AT,CH'),
    (', priority => 1000, countries => ''{}''', '1000'),
    (', priority => 0',                         '22023 priority 0 is not from 1 to 1000'),
    (', priority => 1001',                      '22023 priority 1001 is not from 1 to 1000'),
    (', countries => ''{DE,at}''',              '22023 unknown country "at"'),
    (', countries => ''{DEU}''',                '22023 unknown country "DEU"'),
    (', countries => ARRAY[NULL]',              '22004 countries must not contain NULL')
  ) AS c (arguments, outcome);
SELECT is(pg_temp.outcome($$SELECT offerengine.put_price_segment(NULL)$$), '22004 code of a price segment must not be NULL', 'no code');
SELECT is(pg_temp.outcome($$SELECT offerengine.put_price_segment('')$$), '22023 code of a price segment "" is empty', 'an empty code');
SELECT is(offerengine.put_price_segment('T-S'), s.price_segment_id, 'put_price_segment answers the id')
  FROM offerengine.price_segment s WHERE s.code = 'T-S';

-- Sheets: currency, segment or *, net, gross, from, existing, in the order of the key; numbers stand for ids, counted from the first.
CREATE FUNCTION pg_temp.sheet(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE 'SELECT offerengine.put_price_sheet(''T-H''' || arguments || ')';
    SELECT concat_ws(' / ', h.title, (SELECT string_agg(concat_ws(' ', p.currency_code, coalesce(s.code, '*'), coalesce(p.net_amount::text, '-'),
                                        coalesce(p.gross_amount::text, '-'), p.valid_from, p.valid_from_existing), ' / '
                              ORDER BY p.currency_code, s.code NULLS FIRST, p.valid_from)
              FROM offerengine.price_sheet_price p LEFT JOIN offerengine.price_segment s USING (price_segment_id)
             WHERE p.price_sheet_id = h.price_sheet_id))
      INTO answer FROM offerengine.price_sheet h WHERE h.code = 'T-H';
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
CREATE TEMP TABLE sheet_case (line serial, arguments text, outcome text);
INSERT INTO sheet_case (arguments, outcome) VALUES
    ('',              ''),
    (', ''Basic''',   'Basic'),
    (', prices => ''[{"currency": "EUR", "net_amount": 0, "valid_from": "2025-01-01"}]''', 'Basic / EUR * 0 - 2025-01-01'),
    ('',              'Basic / EUR * 0 - 2025-01-01'),
    (', prices => ''[{"currency": "EUR", "net_amount": 100, "gross_amount": 119, "valid_from": "2025-01-01", "valid_from_existing": "2025-01-01"},
                     {"currency": "EUR", "segment": "T-S", "gross_amount": 95, "valid_from": "2025-02-28"},
                     {"currency": "CHF", "segment": null, "net_amount": 1, "gross_amount": null, "valid_from_existing": null}]''',
        'Basic / CHF * 1 - -infinity / EUR * 100 119 2025-01-01 2025-01-01 / EUR T-S - 95 2025-02-28'),
    (', title => '''', prices => ''[{"currency": "EUR", "segment": "T-S", "gross_amount": 96, "valid_from": "2025-02-28"}]''',
        'EUR T-S - 96 2025-02-28'),
    (', prices => ''{}''',                 '22023 prices must be a JSON array, not object'),
    (', prices => ''[1]''',                '22023 price 1 must be a JSON object, not number'),
    (', prices => ''[{"currency": "EUR", "net_amount": 1, "amount": 2}]''', '22023 price 1 has an unknown or malformed "amount": 2'),
    (', prices => ''[{"currency": "EUR", "net_amount": -1}]''',  '22023 price 1 has an unknown or malformed "net_amount": -1'),
    (', prices => ''[{"currency": "EUR", "net_amount": 1.5}]''', '22023 price 1 has an unknown or malformed "net_amount": 1.5'),
    (', prices => ''[{"currency": "EUR", "net_amount": "1"}]''', '22023 price 1 has an unknown or malformed "net_amount": "1"'),
    (', prices => ''[{"currency": 978, "net_amount": 1}]''',     '22023 price 1 has an unknown or malformed "currency": 978'),
    (', prices => ''[{"currency": "EUR", "net_amount": 1, "valid_from": "31.12.2025"}]''',
        '22023 price 1 has an unknown or malformed "valid_from": "31.12.2025"'),
    (', prices => ''[{"currency": "EUR", "net_amount": 1, "valid_from": "2025-02-29"}]''',
        '22023 a price has a day that is none: date/time field value out of range: "2025-02-29"'),
    (', prices => ''[{"net_amount": 1}]''',        '22004 price 1: currency must not be NULL'),
    (', prices => ''[{"currency": "EURO", "net_amount": 1}]''', '22023 price 1: unknown currency "EURO"'),
    (', prices => ''[{"currency": "EUR", "net_amount": 1}, {"currency": "EUR", "segment": "T-X", "net_amount": 1}]''',
        'OE020 price 2: unknown price segment "T-X"'),
    (', prices => ''[{"currency": "EUR"}]''',      '22004 price 1: net_amount or gross_amount is needed'),
    (', prices => ''[{"currency": "EUR", "net_amount": 1, "valid_from": "2025-01-02", "valid_from_existing": "2025-01-01"}]''',
        '22023 price 1: valid_from_existing 2025-01-01 is before valid_from 2025-01-02'),
    (', prices => ''[{"currency": "EUR", "net_amount": 1}, {"currency": "CHF", "net_amount": 1}, {"currency": "EUR", "net_amount": 2}]''',
        '22023 price 3: price 1 has the same segment, currency and valid_from'),
    ('',              'EUR T-S - 96 2025-02-28'),
    (', prices => ''[]''', '');
SELECT is(pg_temp.sheet(c.arguments), c.outcome, 'put_price_sheet: ' || regexp_replace(c.arguments, '\s+', ' ', 'g'))
  FROM (SELECT * FROM sheet_case ORDER BY line) AS c;
SELECT is(pg_temp.outcome($$SELECT offerengine.put_price_sheet(NULL)$$), '22004 code of a price sheet must not be NULL', 'no code');

-- A price keeps its id while its key stays; what does not differ is not written.
SELECT offerengine.put_price_sheet('T-H', prices => '[{"currency": "EUR", "net_amount": 1}, {"currency": "CHF", "net_amount": 2}]') \g /dev/null
CREATE TEMP TABLE kept AS SELECT p.price_sheet_price_id, p.currency_code, p.ctid AS place FROM offerengine.price_sheet_price p
  JOIN offerengine.price_sheet h USING (price_sheet_id) WHERE h.code = 'T-H';
SELECT offerengine.put_price_sheet('T-H', prices => '[{"currency": "CHF", "net_amount": 2}, {"currency": "EUR", "net_amount": 3}]') \g /dev/null
SELECT results_eq($$ SELECT k.currency_code, p.net_amount, p.ctid = k.place FROM kept k JOIN offerengine.price_sheet_price p
                       USING (price_sheet_price_id) ORDER BY 1 $$,
                  $$ VALUES ('CHF' COLLATE "C", 2::bigint, true), ('EUR', 3, false) $$, 'ids stay, and what does not differ');

-- add_sheet_price: one price, added or changed, the others as they were; it says what put_price_sheet says.
SELECT offerengine.put_price_segment('T-ADD', countries => '{DE}'), offerengine.put_price_sheet('T-ADD', prices => '[{"currency": "EUR", "net_amount": 100},
           {"segment": "T-ADD", "currency": "EUR", "net_amount": 90, "gross_amount": 99, "valid_from": "2025-01-01", "valid_from_existing": "2025-02-01"}]') \g /dev/null
CREATE FUNCTION pg_temp.add(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    added bigint;
BEGIN
    EXECUTE format('SELECT offerengine.add_sheet_price(%s)', arguments) INTO added;
    RETURN (SELECT string_agg(concat_ws(' ', CASE WHEN p.price_sheet_price_id = added THEN '>' END, p.currency_code, coalesce(s.code, '*'),
                                        coalesce(p.net_amount::text, '-'), coalesce(p.gross_amount::text, '-'), nullif(p.valid_from, '-infinity'), p.valid_from_existing),
                              ', ' ORDER BY p.currency_code, s.code NULLS FIRST, p.valid_from)
              FROM offerengine.price_sheet_price p JOIN offerengine.price_sheet h ON h.price_sheet_id = p.price_sheet_id AND h.code = 'T-ADD'
              LEFT JOIN offerengine.price_segment s ON s.price_segment_id = p.price_segment_id);
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT is(pg_temp.add(c.arguments), c.outcome, 'add_sheet_price: ' || c.arguments)
  FROM (VALUES
    ($$'T-ADD', NULL, 'EUR', 110, 120, '2025-06-01', '2025-07-01'$$,
     'EUR * 100 -, > EUR * 110 120 2025-06-01 2025-07-01, EUR T-ADD 90 99 2025-01-01 2025-02-01'),
    ($$'T-ADD', 'T-ADD', 'EUR', 91, valid_from => '2025-01-01'$$,
     'EUR * 100 -, EUR * 110 120 2025-06-01 2025-07-01, > EUR T-ADD 91 99 2025-01-01 2025-02-01'),
    ($$'T-ADD', 'T-ADD', 'EUR', gross_amount => 98, valid_from => '2025-01-01', valid_from_existing => '2025-03-01'$$,
     'EUR * 100 -, EUR * 110 120 2025-06-01 2025-07-01, > EUR T-ADD 91 98 2025-01-01 2025-03-01'),
    ($$'T-ADD', currency => 'EUR', gross_amount => 0$$, '> EUR * 100 0, EUR * 110 120 2025-06-01 2025-07-01, EUR T-ADD 91 98 2025-01-01 2025-03-01'),
    ($$'T-ADD', currency => 'CHF', gross_amount => 9223372036854775807$$,
     '> CHF * - 9223372036854775807, EUR * 100 0, EUR * 110 120 2025-06-01 2025-07-01, EUR T-ADD 91 98 2025-01-01 2025-03-01'),
    ($$'T-ADD', 'T-NONE', 'EUR', 1$$,                        'OE020 unknown price segment "T-NONE"'),
    ($$'T-NONE', NULL, 'EUR', 1$$,                           'OE020 unknown price sheet "T-NONE"'),
    ($$NULL, NULL, 'EUR', 1$$,                               '22004 code of a price sheet must not be NULL'),
    ($$'T-ADD', NULL, NULL, 1$$,                             '22004 currency must not be NULL'),
    ($$'T-ADD', NULL, 'XYZ', 1$$,                            '22023 unknown currency "XYZ"'),
    ($$'T-ADD', NULL, 'USD'$$,                               '22004 net_amount or gross_amount is needed'),
    ($$'T-ADD', NULL, 'EUR', -1$$,                           '22023 an amount is below 0: -1'),
    ($$'T-ADD', NULL, 'EUR', 1, -2$$,                        '22023 an amount is below 0: -2'),
    ($$'T-ADD', NULL, 'EUR', 1, 2, 'infinity'$$,             '22023 the day infinity is no day'),
    ($$'T-ADD', NULL, 'EUR', 1, 2, NULL, '-infinity'$$,      '22023 the day -infinity is no day'),
    ($$'T-ADD', NULL, 'EUR', 1, 2, '2025-01-02', '2025-01-01'$$, '22023 valid_from_existing 2025-01-01 is before valid_from 2025-01-02'),
    ($$'T-ADD', 'T-ADD', 'EUR', 1, NULL, '2025-01-01', '2024-12-31'$$, '22023 valid_from_existing 2024-12-31 is before valid_from 2025-01-01')) AS c (arguments, outcome);

-- Rules of contracts: term, accounting period, notice, duration; what put_contract says, and which constraint a plain INSERT meets.
CREATE TEMP TABLE rule (line serial, terms text, constraint_name text, says text);
INSERT INTO rule (terms, constraint_name, says) VALUES
    ('1 month|1 month|0|0',          '', ''),
    ('1 year|1 month|0|0',           '', ''),
    ('1 month|1 year|0|0',           '', ''),
    ('1 month|1 month|27 days|0',    '', ''),
    ('1 month|1 month|28 days|0',    'notice', 'the cancellation notice is not shorter than the term'),
    ('1 month|1 month|4 weeks|0',    'notice', 'the cancellation notice is not shorter than the term'),
    ('31 days|31 days|1 month|0',    'notice', 'the cancellation notice is not shorter than the term'),
    ('32 days|32 days|1 month|0',    '', ''),
    ('1 month|1 month|1 month|0',    'notice', 'the cancellation notice is not shorter than the term'),
    ('2 months|1 month|1 month|0',   '', ''),
    ('7 days|7 days|6 days|0',       '', ''),
    ('1 week|1 week|7 days|0',       'notice', 'the cancellation notice is not shorter than the term'),
    ('36 hours|1 day|0|0',           'no_time', 'an interval has a time of day, or no end'),
    ('1 day|1 day 12:00|0|0',        'no_time', 'an interval has a time of day, or no end'),
    ('24 hours|1 month|0|0',         'no_time', 'an interval has a time of day, or no end'),
    ('1 month|1 month|1 hour|0',     'no_time', 'an interval has a time of day, or no end'),
    ('1 month|1 month|0|1 second',   'no_time', 'an interval has a time of day, or no end'),
    ('-1 month|1 month|0|0',         'not_negative', 'an interval is below zero'),
    ('1 month|1 month -1 day|0|0',   'not_negative', 'an interval is below zero'),
    ('1 month|1 month|-1 day|0',     'not_negative', 'an interval is below zero'),
    ('1 month|1 month|0|-1 month',   'not_negative', 'an interval is below zero'),
    ('1 month|1 month|0|1 month -30 days', 'not_negative', 'an interval is below zero'),
    ('1 month 1 day|1 month|0|0',    'one_family', 'an interval is months and days at once'),
    ('1 month|1 month|0|1 year 3 days', 'one_family', 'an interval is months and days at once'),
    ('0|1 month|0|0',                'positive', 'term and accounting period are not both longer than nothing'),
    ('1 month|0|0|0',                'positive', 'term and accounting period are not both longer than nothing'),
    ('1 month|30 days|0|0',          'same_family', 'term and accounting period are not of one family'),
    ('28 days|1 month|0|0',          'same_family', 'term and accounting period are not of one family'),
    ('2 months|3 months|0|0',        'divides', 'neither of term and accounting period divides the other'),
    ('6 weeks|4 weeks|0|0',          'divides', 'neither of term and accounting period divides the other'),
    ('2 weeks|4 weeks|0|0',          '', ''),
    ('1 month|1 month|0|1 year',     '', ''),
    ('2 months|4 months|0|4 months', '', ''),
    ('2 months|4 months|0|2 months', 'duration', 'the duration is not a multiple of term and accounting period'),
    ('4 months|2 months|0|6 months', 'duration', 'the duration is not a multiple of term and accounting period'),
    ('1 month|1 month|0|30 days',    'duration', 'the duration is not a multiple of term and accounting period'),
    ('7 days|7 days|0|1 month',      'duration', 'the duration is not a multiple of term and accounting period'),
    ('7 days|7 days|0|28 days',      '', ''),
    ('7 days|7 days|0|15 days',      'duration', 'the duration is not a multiple of term and accounting period');
CREATE FUNCTION pg_temp.put(terms text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    broken text;
BEGIN
    PERFORM offerengine.put_contract('T-C', 'Rule', terms[1]::interval, terms[2]::interval, terms[3]::interval, terms[4]::interval, 'T-H');
    DELETE FROM offerengine.product_contract c WHERE c.code = 'T-C';
    RETURN '';
EXCEPTION WHEN SQLSTATE 'OE018' THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    RETURN replace(broken, 'product_contract_', '') || ': '
           || (regexp_match(SQLERRM, '^contract "T-C": (.*) \(term .*, accounting period .*, cancellation notice .*, duration .*\)$'))[1];
END
$$;
CREATE FUNCTION pg_temp.plain(terms text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    broken text;
BEGIN
    INSERT INTO offerengine.product_contract (code, term, accounting_period, cancellation_notice, duration, price_sheet_id)
    SELECT 'T-C', terms[1]::interval, terms[2]::interval, terms[3]::interval, terms[4]::interval, h.price_sheet_id
      FROM offerengine.price_sheet h WHERE h.code = 'T-H';
    DELETE FROM offerengine.product_contract c WHERE c.code = 'T-C';
    RETURN '';
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    RETURN replace(broken, 'product_contract_', '');
END
$$;
SELECT is(pg_temp.put(string_to_array(r.terms, '|')), r.constraint_name || CASE WHEN r.says <> '' THEN ': ' || r.says ELSE '' END,
          'put_contract ' || r.terms)
  FROM (SELECT * FROM rule ORDER BY line) AS r;
SELECT is(pg_temp.plain(string_to_array(r.terms, '|')), r.constraint_name, 'INSERT ' || r.terms)
  FROM (SELECT * FROM rule ORDER BY line) AS r;
-- A preview refuses what put_contract would, in the same words.
CREATE FUNCTION pg_temp.says(call text, terms text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    broken text;
BEGIN
    EXECUTE format('SELECT count(*) FROM offerengine.%s(''T-C'', NULL, %L, %L, %L, %L, ''T-H'')', call, terms[1], terms[2], terms[3], terms[4]);
    DELETE FROM offerengine.product_contract c WHERE c.code = 'T-C';
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    RETURN SQLSTATE || ' ' || broken || ' ' || SQLERRM;
END
$$;
SELECT is(pg_temp.says('preview_contract', t.terms), pg_temp.says('put_contract', t.terms), 'preview_contract ' || t.terms::text)
  FROM (SELECT string_to_array(r.terms, '|') AS terms FROM (SELECT * FROM rule ORDER BY line) AS r
        UNION ALL VALUES ('{NULL,1 month,0,0}'::text[]), ('{1 month,NULL,0,0}')) AS t;
SELECT is(pg_temp.says('preview_contract', '{1 month,1 month,1 month,0}'),
          'OE018 product_contract_notice contract "T-C": the cancellation notice is not shorter than the term '
          '(term 1 mon, accounting period 1 mon, cancellation notice 1 mon, duration until cancelled)', 'for example');
SELECT is(pg_temp.says('preview_contract', '{1 month,1 month,0,0}'), 'ok', 'or nothing');
SELECT is((SELECT count(*) FROM offerengine.product_contract c WHERE c.code = 'T-C'), 0::bigint, 'and writes nothing');
SELECT set_eq('SELECT DISTINCT ''product_contract_'' || constraint_name FROM rule WHERE constraint_name <> ''''',
              $$SELECT conname::text FROM pg_constraint
                 WHERE conrelid = 'offerengine.product_contract'::regclass AND contype = 'c' AND conname !~ '_(code|title|given)$'$$,
              'every rule has a case');
SET LOCAL intervalstyle = 'sql_standard';
SELECT is(pg_temp.outcome($$SELECT offerengine.put_contract('T-C', NULL, '1 month', '1 month', '1 month', NULL, 'T-H')$$),
          'OE018 contract "T-C": the cancellation notice is not shorter than the term (term 1 mon, accounting period 1 mon, '
          'cancellation notice 1 mon, duration until cancelled)', 'the values are named, whatever the session''s style is');
SET LOCAL intervalstyle = 'postgres';

-- Until cancelled is NULL where contracts are listed.
SELECT offerengine.put_contract('T-L-OPEN', 'Open', '1 month', '1 month', '7 days', NULL, 'T-H'), offerengine.put_contract('T-L-YEAR', NULL, '1 year', '1 month', NULL, '1 year', 'T-H') \g /dev/null
SELECT is((SELECT string_agg(concat_ws('|', l.contract, l.title, l.term, l.accounting_period, l.cancellation_notice, coalesce(l.duration::text, 'NULL'), l.price_sheet, l.offers), ', '
                             ORDER BY l.contract) FROM offerengine.contract_list l WHERE l.contract LIKE 'T-L-%'),
          'T-L-OPEN|Open|1 mon|1 mon|7 days|NULL|T-H|0, T-L-YEAR|1 year|1 mon|00:00:00|1 year|T-H|0', 'contract_list');

-- put_contract: new, kept, changed.
SELECT offerengine.put_price_sheet('T-H2') \g /dev/null
CREATE FUNCTION pg_temp.contract(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE 'SELECT offerengine.put_contract(''T-C''' || arguments || ')';
    SELECT concat_ws('|', c.title, c.term, c.accounting_period, c.cancellation_notice, c.duration, h.code)
      INTO answer FROM offerengine.product_contract c JOIN offerengine.price_sheet h USING (price_sheet_id) WHERE c.code = 'T-C';
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT is(pg_temp.contract(c.arguments), c.outcome, 'put_contract: ' || c.arguments)
  FROM (VALUES
    ('',                                                     '22004 a new contract needs term, accounting_period and price_sheet'),
    (', term => ''1 year'', accounting_period => ''1 month''', '22004 a new contract needs term, accounting_period and price_sheet'),
    (', ''Yearly'', ''1 year'', ''1 month'', price_sheet => ''T-H''', 'Yearly|1 year|1 mon|00:00:00|00:00:00|T-H'),
    ('',                                                     'Yearly|1 year|1 mon|00:00:00|00:00:00|T-H'),
    (', cancellation_notice => ''3 months''',                'Yearly|1 year|1 mon|3 mons|00:00:00|T-H'),
    (', title => '''', duration => ''2 years''',             '1 year|1 mon|3 mons|2 years|T-H'),
    (', price_sheet => ''T-H2''',                            '1 year|1 mon|3 mons|2 years|T-H2'),
    (', term => ''1 month''',                                'OE018 contract "T-C": the cancellation notice is not shorter than the term '
                                                             '(term 1 mon, accounting period 1 mon, cancellation notice 3 mons, duration 2 years)'),
    (', price_sheet => ''T-X''',                             'OE020 unknown price sheet "T-X"'),
    ('',                                                     '1 year|1 mon|3 mons|2 years|T-H2')
  ) AS c (arguments, outcome);
SELECT is(pg_temp.outcome($$SELECT offerengine.put_contract(NULL)$$), '22004 code of a contract must not be NULL', 'no code');
SELECT is(pg_temp.outcome($$UPDATE offerengine.product_contract SET term = '1 month' WHERE code = 'T-C'$$),
          '23514 new row for relation "product_contract" violates check constraint "product_contract_notice"', 'a plain UPDATE is held, too');
SELECT offerengine.put_contract('T-C', term => '12 months') \g /dev/null
SELECT is(c.term::text, '1 year', 'twelve months are a year') FROM offerengine.product_contract c WHERE c.code = 'T-C';
-- 30 days equal a month where intervals are compared, and are none.
SELECT is(pg_temp.outcome($$SELECT offerengine.put_contract('T-D', NULL, '30 days', '30 days', NULL, NULL, 'T-H') IS NOT NULL$$), 'true', '30 days');
SELECT offerengine.put_contract('T-D', term => '1 month', accounting_period => '1 month') \g /dev/null
SELECT is(ROW(c.term, c.accounting_period)::text, '("1 mon","1 mon")', 'become a month') FROM offerengine.product_contract c WHERE c.code = 'T-D';

-- Operators write, merchants read, others neither.
SELECT is(pg_temp.try_as(r.role, r.statement), r.outcome, r.role || ': ' || r.statement)
  FROM (VALUES
    ('t_operator',   'SELECT offerengine.put_price_segment(''T-A'', countries => ''{DE}'') > 0',                'true'),
    ('t_operator',   'SELECT offerengine.put_price_sheet(''T-A'', prices => ''[{"currency": "EUR", "net_amount": 1}]'') > 0', 'true'),
    ('t_operator',   'SELECT offerengine.put_contract(''T-A'', ''t'', ''1 month'', ''1 month'', price_sheet => ''T-A'') > 0', 'true'),
    ('t_operator',   'SELECT offerengine.put_contract(''T-A'', term => ''1 day'') > 0',                         'OE018'),
    ('t_merchant',   'SELECT offerengine.put_price_segment(''T-A'')',                                           '42501'),
    ('t_merchant',   'SELECT offerengine.put_price_sheet(''T-A'')',                                             '42501'),
    ('t_merchant',   'SELECT offerengine.put_contract(''T-A'')',                                                '42501'),
    ('t_merchant',   'UPDATE offerengine.price_sheet_price SET net_amount = 0',                                 '42501'),
    ('t_merchant',   'SELECT count(*) > 0 FROM offerengine.price_sheet_price',                                  'true'),
    ('t_merchant',   'SELECT count(*) > 0 FROM offerengine.product_contract',                                   'true'),
    ('t_storefront', 'SELECT count(*) FROM offerengine.price_sheet_price',                                      '42501'),
    ('t_storefront', 'SELECT offerengine.put_price_sheet(''T-A'')',                                             '42501'),
    ('t_nobody',     'SELECT offerengine.put_price_sheet(''T-A'')',                                             '42501')
  ) AS r (role, statement, outcome);

SELECT * FROM finish();
ROLLBACK;
