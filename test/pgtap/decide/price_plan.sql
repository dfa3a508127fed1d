-- price_plan: what each step costs, from when to when; uncovered_countries: where a sheet asks nothing.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();

INSERT INTO offerengine.store (store_code, name, time_zone, default_country)
VALUES ('L-DE', 'Berlin', 'Europe/Berlin', 'DE'), ('L-AK', 'Auckland', 'Pacific/Auckland', NULL), ('L-MW', 'Midway', 'Pacific/Midway', 'US');
INSERT INTO offerengine.abstract_product_store (abstract_product_id, store_code)
SELECT a.abstract_product_id, s.store_code FROM offerengine.abstract_product a, offerengine.store s
 WHERE a.abstract_sku = 'T-A' AND s.store_code LIKE 'L-%';
SELECT offerengine.put_price_segment('L-EU', countries => '{DE,AT}') \g /dev/null
SELECT offerengine.put_price_sheet('L-TRIAL', prices => '[
           {"currency": "EUR", "net_amount": 0, "gross_amount": 0}, {"currency": "EUR", "net_amount": 100, "gross_amount": 119, "valid_from": "2025-06-01"}]'),
       offerengine.put_price_sheet('L-YEAR', prices => '[
           {"currency": "EUR", "segment": "L-EU", "net_amount": 900, "gross_amount": 1071}, {"currency": "EUR", "net_amount": 1000},
           {"currency": "USD", "gross_amount": 2000},
           {"currency": "EUR", "segment": "L-EU", "net_amount": 800, "gross_amount": 952, "valid_from": "2025-06-01"}]') \g /dev/null
SELECT offerengine.put_contract('L-14', NULL, '14 days', '14 days', NULL, '14 days', 'L-TRIAL'),
       offerengine.put_contract('L-MONTH', NULL, '1 month', '1 month', NULL, '1 month', 'L-TRIAL'),
       offerengine.put_contract('L-1Y', NULL, '1 year', '1 month', '3 months', '1 year', 'L-YEAR'),
       offerengine.put_contract('L-OPEN', NULL, '1 month', '1 month', NULL, NULL, 'L-YEAR') \g /dev/null
CREATE FUNCTION pg_temp.subscription(reference text, contracts text[], stores text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine.put_offer(reference, 'T-P', 't-own', stores, offer_type => 'subscription');
    PERFORM offerengine.set_offer_steps(reference, contracts);
    PERFORM offerengine.approve_offer(reference);
END
$$;
SELECT pg_temp.subscription('l-three', '{L-14,L-1Y,L-OPEN}', '{L-DE}'), pg_temp.subscription('l-open', '{L-OPEN}', '{L-DE,L-AK}'),
       pg_temp.subscription('l-ends', '{L-1Y}', '{L-DE}'), pg_temp.subscription('l-clamped', '{L-MONTH,L-MONTH,L-MONTH}', '{L-DE}') \g /dev/null
SELECT offerengine.put_offer('l-waits', 'T-P', 't-own', '{L-DE}', offer_type => 'subscription'),
       offerengine.set_offer_steps('l-waits', '{L-OPEN}'),
       offerengine.put_offer('l-sheet', 'T-P', 't-own', '{L-DE}', price_sheet => 'L-YEAR'),
       offerengine.put_offer('l-nowhere', 'T-P', 't-own', offer_type => 'subscription'),
       offerengine.set_offer_steps('l-nowhere', '{L-OPEN}') \g /dev/null

-- Each step as 'step amount period term duration first last', or the SQLSTATE and message.
CREATE FUNCTION pg_temp.plan(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT string_agg(concat_ws('' '', p.step_no, coalesce(p.amount::text, ''-''), replace(p.accounting_period::text, '' '', ''''), '
                   'replace(p.term::text, '' '', ''''), coalesce(replace(p.duration::text, '' '', ''''), ''-''), p.starts_on, p.ends_on), '' / '' ORDER BY p.step_no) '
                   'FROM offerengine.price_plan(%s) p', arguments) INTO answer;
    RETURN coalesce(answer, 'none');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
CREATE TEMP TABLE planned (line serial, arguments text, said text);
INSERT INTO planned (arguments, said) VALUES
    ($$'l-three', 'EUR', on_date => '2025-01-20'$$,
        '1 0 14days 14days 14days 2025-01-20 2025-02-03 / 2 1071 1mon 1year 1year 2025-02-03 2026-02-03 / 3 1071 1mon 1mon - 2026-02-03'),
    -- all steps cost what is asked on the day of the purchase, also those that begin after a new price
    ($$'l-three', 'EUR', on_date => '2025-05-31', price_mode => 'net'$$,
        '1 0 14days 14days 14days 2025-05-31 2025-06-14 / 2 900 1mon 1year 1year 2025-06-14 2026-06-14 / 3 900 1mon 1mon - 2026-06-14'),
    ($$'l-three', 'EUR', on_date => '2025-06-01', price_mode => 'net'$$,
        '1 100 14days 14days 14days 2025-06-01 2025-06-15 / 2 800 1mon 1year 1year 2025-06-15 2026-06-15 / 3 800 1mon 1mon - 2026-06-15'),
    -- a step without a price in mode, country or currency
    ($$'l-three', 'EUR', 'CH', '2025-01-20', price_mode => 'gross'$$,
        '1 0 14days 14days 14days 2025-01-20 2025-02-03 / 2 - 1mon 1year 1year 2025-02-03 2026-02-03 / 3 - 1mon 1mon - 2026-02-03'),
    ($$'l-three', 'EUR', 'CH', '2025-01-20', price_mode => 'net'$$,
        '1 0 14days 14days 14days 2025-01-20 2025-02-03 / 2 1000 1mon 1year 1year 2025-02-03 2026-02-03 / 3 1000 1mon 1mon - 2026-02-03'),
    ($$'l-three', 'USD', 'CH', '2025-01-20'$$,
        '1 - 14days 14days 14days 2025-01-20 2025-02-03 / 2 2000 1mon 1year 1year 2025-02-03 2026-02-03 / 3 2000 1mon 1mon - 2026-02-03'),
    ($$'l-ends', 'EUR', on_date => '2024-02-29'$$,  '1 1071 1mon 1year 1year 2024-02-29 2025-02-28'),
    -- each step is counted from where the one before it ends
    ($$'l-clamped', 'EUR', on_date => '2025-01-31'$$,
        '1 0 1mon 1mon 1mon 2025-01-31 2025-02-28 / 2 0 1mon 1mon 1mon 2025-02-28 2025-03-28 / 3 0 1mon 1mon 1mon 2025-03-28 2025-04-28'),
    -- which store: its country
    ($$'l-open', 'EUR', on_date => '2025-01-20'$$,                    '22023 the offer is sold in 2 stores: name one'),
    ($$'l-open', 'EUR', on_date => '2025-01-20', store => 'L-DE'$$,   '1 1071 1mon 1mon - 2025-01-20'),
    ($$'l-open', 'EUR', on_date => '2025-01-20', store => 'L-AK'$$,   '1 - 1mon 1mon - 2025-01-20'),
    ($$'l-open', 'EUR', on_date => '2025-01-20', store => 'L-AK', price_mode => 'net'$$, '1 1000 1mon 1mon - 2025-01-20'),
    ($$'l-open', 'EUR', 'AT', '2025-01-20', 'L-AK'$$,                 '1 1071 1mon 1mon - 2025-01-20'),
    ($$'l-open', 'EUR', 'AT', '2025-01-20', 'L-MW', NULL$$,           '1 1071 1mon 1mon - 2025-01-20'),
    ($$'l-nowhere', 'EUR'$$,                                          '22023 the offer is sold in 0 stores: name one'),
    ($$'l-nowhere', 'EUR', on_date => '2025-01-20', store => 'L-DE'$$, '1 1071 1mon 1mon - 2025-01-20'),
    -- an offer that waits is planned as it would be
    ($$'l-waits', 'EUR', on_date => '2025-01-20'$$,                   '1 1071 1mon 1mon - 2025-01-20'),
    ($$'l-sheet', 'EUR'$$,                                            'none'),
    ($$'l-none', 'EUR'$$,                                             'none'),
    ($$NULL, 'EUR'$$,                                                 'none'),
    ($$'l-three', NULL$$,                                             '22004 currency must not be NULL'),
    ($$'l-three', 'EURO'$$,                                           '22023 unknown currency "EURO"'),
    ($$'l-three', 'EUR', price_mode => 'both'$$,                      '22023 unknown price mode "both"'),
    ($$'l-three', 'EUR', store => 'L-XX'$$,                           '22023 unknown store "L-XX"'),
    ($$'l-none', 'EUR', store => 'L-XX'$$,                            '22023 unknown store "L-XX"'),
    ($$'l-three', 'EUR', on_date => 'infinity'$$,                     '22023 the day infinity is no day');
SELECT is(pg_temp.plan(p.arguments), p.said, 'price_plan: ' || p.arguments) FROM (SELECT * FROM planned ORDER BY line) p;

-- Today is the store's: Auckland is a day or two ahead of Midway.
SELECT is(p.starts_on, (now() AT TIME ZONE s.time_zone)::date, 'today in ' || s.store_code)
  FROM offerengine.store s CROSS JOIN LATERAL offerengine.price_plan('l-open', 'EUR', store => s.store_code) p WHERE s.store_code LIKE 'L-%';

-- The first step costs what resolve_price says on that day.
SELECT is((SELECT p.amount FROM offerengine.price_plan('l-three', 'EUR', c.country, c.day, price_mode => 'net') p WHERE p.step_no = 1),
          (offerengine.resolve_price('l-three', 'L-DE', 'EUR', 'net', country => c.country, at => offerengine_internal.day_start(c.day, 'Europe/Berlin'))).amount,
          format('as resolve_price: %s on %s', c.country, c.day))
  FROM (VALUES (NULL, '2025-05-31'::date), ('CH', '2025-06-01'), ('AT', '2100-01-01')) c (country, day);

-- Who may ask: a storefront today only, and about visible offers; nobody needs a table.
SELECT is(pg_temp.try_as(r.role, format('SELECT count(*) FROM offerengine.price_plan(%s)', r.arguments)), r.outcome, r.role || ': ' || r.arguments)
  FROM (VALUES
    ('t_storefront', $$'l-three', 'EUR'$$,                                              '3'),
    ('t_storefront', $$'l-three', 'EUR', on_date => (now() AT TIME ZONE 'Europe/Berlin')::date$$, '3'),
    ('t_storefront', $$'l-three', 'EUR', on_date => (now() AT TIME ZONE 'Europe/Berlin')::date + 1$$, '42501'),
    ('t_storefront', $$'l-three', 'EUR', on_date => (now() AT TIME ZONE 'Europe/Berlin')::date - 1$$, '42501'),
    ('t_storefront', $$'l-waits', 'EUR'$$,                                              '0'),
    ('t_storefront', $$'l-nowhere', 'EUR'$$,                                            '0'),
    ('t_storefront', $$'l-open', 'EUR'$$,                                               '22023'),
    ('t_storefront', $$'l-three', 'EUR', store => 'L-AK'$$,                             '0'),
    ('t_operator',   $$'l-waits', 'EUR', on_date => '2100-01-01'$$,                     '1'),
    ('t_merchant',   $$'l-three', 'EUR'$$,                                              '42501'),
    ('t_reporting',  $$'l-three', 'EUR'$$,                                              '42501'),
    ('t_nobody',     $$'l-three', 'EUR'$$,                                              '42501')
  ) AS r (role, arguments, outcome);

-- A listing shows what follows the first step: its price for the country and mode, asked on the day of the purchase, and its first day
-- if bought at that instant in the store. By probes and by SQL, in a listing of one, of many, and for the chosen one.
CREATE FUNCTION pg_temp.follows(reference text, arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
    said   text;
    call   text;
BEGIN
    FOREACH call IN ARRAY ARRAY['list_offers(''T-P'',', 'list_offers(ARRAY[''T-P'', ''T-NONE''],', 'default_offer(selected_offer => ' || quote_literal(reference) || ', sku => ''T-P'', store =>'] LOOP
        EXECUTE format('SELECT concat_ws('' '', coalesce(l.amount::text, ''-''), coalesce(l.next_amount::text, ''-''), coalesce(l.next_from::text, ''-'')) FROM offerengine.%s %s) l '
                       'WHERE l.offer_reference = %L', call, CASE WHEN call LIKE 'default%' THEN replace(arguments, ', ''EUR''', ', currency => ''EUR''') ELSE arguments END, reference) INTO answer;
        IF answer IS DISTINCT FROM coalesce(said, answer) THEN
            RETURN said || ' but ' || coalesce(answer, 'NULL') || ' by ' || call;
        END IF;
        said := answer;
    END LOOP;
    RETURN coalesce(said, 'none');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT offerengine.put_offer('l-three', stores => '{L-DE,L-MW,L-AK}'), offerengine.put_offer('l-plain', 'T-P', 't-own', '{L-DE}'),
       offerengine.set_price('L-DE', 'EUR', 1, 2, offer_reference => 'l-plain'), offerengine.approve_offer('l-plain') \g /dev/null
CREATE TEMP TABLE following (line serial, reference text, arguments text, said text);
INSERT INTO following (reference, arguments, said) VALUES
    ('l-three',   $$'L-DE', 'EUR', at => '2025-01-20 12:00Z'$$,                                    '0 1071 2025-02-03'),
    ('l-three',   $$'L-DE', 'EUR', price_mode => 'net', at => '2025-01-20 12:00Z'$$,               '0 900 2025-02-03'),
    ('l-three',   $$'L-DE', 'EUR', price_mode => 'net', country => 'CH', at => '2025-01-20 12:00Z'$$, '0 1000 2025-02-03'),
    ('l-three',   $$'L-DE', 'EUR', country => 'CH', at => '2025-01-20 12:00Z'$$,                   '0 - 2025-02-03'),
    ('l-three',   $$'L-DE', 'EUR', quantity => 7, at => '2025-01-20 12:00Z'$$,                     '0 1071 2025-02-03'),
    -- the price of the day of the purchase, also for a step that begins after a new price; the day is the store's
    ('l-three',   $$'L-DE', 'EUR', at => '2025-05-31 21:59:59Z'$$,                                 '0 1071 2025-06-14'),
    ('l-three',   $$'L-DE', 'EUR', at => '2025-05-31 22:00Z'$$,                                    '119 952 2025-06-15'),
    ('l-three',   $$'L-MW', 'EUR', country => 'AT', at => '2025-06-01 10:59Z'$$,                   '0 1071 2025-06-14'),
    ('l-three',   $$'L-MW', 'EUR', country => 'AT', at => '2025-06-01 11:00Z'$$,                   '119 952 2025-06-15'),
    ('l-three',   $$'L-AK', 'EUR', at => '2025-01-20 12:00Z'$$,                                    '0 - 2025-02-04'),
    ('l-clamped', $$'L-DE', 'EUR', at => '2025-01-31 12:00Z'$$,                                    '0 0 2025-02-28'),
    ('l-ends',    $$'L-DE', 'EUR', at => '2025-01-31 12:00Z'$$,                                    '1071 - -'),
    ('l-open',    $$'L-DE', 'EUR', at => '2025-01-31 12:00Z'$$,                                    '1071 - -'),
    ('l-plain',   $$'L-DE', 'EUR', at => '2099-01-31 12:00Z'$$,                                    '2 - -'),
    ('l-three',   $$'L-DE', 'EUR', at => 'infinity'$$,                                             'none'),
    ('l-three',   $$'L-DE', 'EUR', at => '-infinity'$$,                                            '0 - -');
SET LOCAL offerengine.fast_path = on;
SELECT is(pg_temp.follows(f.reference, f.arguments), f.said, 'probes: ' || f.reference || ' ' || f.arguments) FROM (SELECT * FROM following ORDER BY line) f;
SET LOCAL offerengine.fast_path = off;
SELECT is(pg_temp.follows(f.reference, f.arguments), f.said, 'SQL: ' || f.reference || ' ' || f.arguments) FROM (SELECT * FROM following ORDER BY line) f;
RESET offerengine.fast_path;
SELECT is(pg_temp.try_as('t_storefront', $$SELECT l.next_amount || ' ' || l.next_from - (now() AT TIME ZONE 'Europe/Berlin')::date FROM offerengine.list_offers('T-P', 'L-DE', 'EUR') l
              WHERE l.offer_reference = 'l-three'$$), '952 14', 'to a storefront');

-- uncovered_countries.
SELECT offerengine.put_price_segment('L-NO', countries => '{NO}'), offerengine.put_price_segment('L-SE', countries => '{SE}') \g /dev/null
SELECT offerengine.put_price_sheet('L-PART', prices => '[
    {"currency": "EUR", "segment": "L-EU", "net_amount": 1}, {"currency": "NOK", "segment": "L-NO", "gross_amount": 0, "valid_from": "2025-06-01"},
    {"currency": "EUR", "segment": "L-SE", "net_amount": 1, "valid_from": "2999-01-01"}, {"currency": "USD", "net_amount": 1, "valid_from": "2998-01-01"}]'),
       offerengine.put_price_sheet('L-EMPTY') \g /dev/null
CREATE FUNCTION pg_temp.uncovered(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT string_agg(u, '' '') FROM offerengine.uncovered_countries(%s) u', arguments) INTO answer;
    RETURN coalesce(answer, 'none');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT is(pg_temp.uncovered(c.arguments), c.said, 'uncovered_countries: ' || c.arguments)
  FROM (VALUES
    ($$'L-PART', '{SE,DE,NO,AT,CH,SE}'$$,                           'SE CH'),
    ($$'L-PART', '{SE,DE,NO}', 'EUR'$$,                             'SE NO'),
    ($$'L-PART', '{SE,DE,NO}', 'NOK'$$,                             'SE DE'),
    ($$'L-PART', '{SE,DE,NO}', on_date => '2025-05-31'$$,           'SE NO'),
    ($$'L-PART', '{SE,DE,NO}', on_date => '2025-06-01'$$,           'SE'),
    ($$'L-PART', '{SE,DE,NO}', on_date => '2997-12-31'$$,           'SE'),
    ($$'L-PART', '{SE,DE,NO}', on_date => '2998-01-01'$$,           'none'),
    ($$'L-PART', '{SE,DE,NO}', 'EUR', '2999-01-01'$$,               'NO'),
    ($$'L-PART', '{SE,DE,NO}', 'GBP'$$,                             'SE DE NO'),
    ($$'L-EMPTY', '{SE,DE,NULL}'$$,                                 'SE DE'),
    ($$'L-EMPTY', '{}'$$,                                           'none'),
    ($$'L-PART', '{se}'$$,                                          '22023 unknown country "se"'),
    ($$'L-PART', NULL$$,                                            '22004 countries must not be NULL'),
    ($$'L-XX', '{SE}'$$,                                            'OE020 unknown price sheet "L-XX"'),
    ($$NULL, '{SE}'$$,                                              'OE020 unknown price sheet "<NULL>"'),
    ($$'L-PART', '{SE}', 'EURO'$$,                                  '22023 unknown currency "EURO"')
  ) AS c (arguments, said);
SELECT is(pg_temp.try_as(r.role, 'SELECT offerengine.uncovered_countries(''L-EMPTY'', ''{SE}'')'), r.outcome, r.role || ': uncovered_countries')
  FROM (VALUES ('t_operator', 'SE'), ('t_merchant', 'SE'), ('t_storefront', '42501'), ('t_reporting', '42501'), ('t_nobody', '42501')) AS r (role, outcome);

SELECT * FROM finish();
ROLLBACK;
