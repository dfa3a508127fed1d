-- Periods from an anchor, and days in time zones. The table of cases first, then properties over random anchors, periods
-- and days; a failure prints the seed, and SEED=0.123 draws the same again.
BEGIN;
SELECT no_plan();
\ir ../include/seed.psql

-- Boundaries: anchor, period, k, expected.
CREATE TEMP TABLE boundary (anchor date, period interval, k integer, expected date);
INSERT INTO boundary VALUES
    -- The anchor's day comes back after a shorter month.
    ('2024-01-31', '1 month', 0, '2024-01-31'), ('2024-01-31', '1 month', 1, '2024-02-29'), ('2024-01-31', '1 month', 2, '2024-03-31'),
    ('2024-01-31', '1 month', 3, '2024-04-30'), ('2024-01-31', '1 month', 11, '2024-12-31'), ('2024-01-31', '1 month', 12, '2025-01-31'),
    ('2024-01-31', '1 month', 13, '2025-02-28'), ('2024-01-31', '1 month', -1, '2023-12-31'), ('2024-01-31', '1 month', -2, '2023-11-30'),
    ('2024-01-31', '1 month', -11, '2023-02-28'), ('2024-01-31', '1 month', -47, '2020-02-29'),
    ('2024-01-30', '1 month', 1, '2024-02-29'), ('2024-01-30', '1 month', 2, '2024-03-30'), ('2023-01-30', '1 month', 1, '2023-02-28'),
    ('2024-01-29', '1 month', 1, '2024-02-29'), ('2024-01-29', '1 month', 13, '2025-02-28'), ('2024-01-29', '1 month', 14, '2025-03-29'),
    ('2024-01-28', '1 month', 1, '2024-02-28'), ('2024-01-28', '1 month', 13, '2025-02-28'),
    -- From the end of a short month it is that day, not the end.
    ('2024-02-29', '1 month', 1, '2024-03-29'), ('2023-02-28', '1 month', 1, '2023-03-28'), ('2024-04-30', '1 month', 1, '2024-05-30'),
    -- Years, and which of them are leap years.
    ('2024-02-29', '1 year', 1, '2025-02-28'), ('2024-02-29', '1 year', 3, '2027-02-28'), ('2024-02-29', '1 year', 4, '2028-02-29'),
    ('2024-02-29', '1 year', -4, '2020-02-29'), ('2024-02-29', '1 year', -1, '2023-02-28'), ('2024-02-29', '4 years', 19, '2100-02-28'),
    ('2024-02-29', '4 years', 20, '2104-02-29'), ('2000-02-29', '1 year', -100, '1900-02-28'), ('2000-02-29', '100 years', 4, '2400-02-29'),
    ('1900-01-31', '1 month', 1, '1900-02-28'), ('2000-01-31', '1 month', 1, '2000-02-29'), ('2100-01-31', '1 month', 1, '2100-02-28'),
    ('2023-02-28', '1 year', 1, '2024-02-28'), ('2024-12-31', '2 months', 1, '2025-02-28'), ('2024-11-30', '3 months', 1, '2025-02-28'),
    ('2024-08-31', '6 months', 1, '2025-02-28'), ('2024-08-31', '6 months', -1, '2024-02-29'), ('2024-08-31', '1 year 6 months', 1, '2026-02-28'),
    ('2024-05-15', '12 months', 2, '2026-05-15'), ('2024-05-15', '1 year', 2, '2026-05-15'),
    -- Days and weeks.
    ('2024-02-28', '1 day', 1, '2024-02-29'), ('2024-02-28', '1 day', 2, '2024-03-01'), ('2023-02-28', '1 day', 1, '2023-03-01'),
    ('2024-01-01', '1 day', 366, '2025-01-01'), ('2023-01-01', '1 day', 365, '2024-01-01'), ('2024-01-01', '1 day', -1, '2023-12-31'),
    ('2024-01-31', '1 week', 4, '2024-02-28'), ('2024-01-31', '1 week', 5, '2024-03-06'), ('2024-01-31', '2 weeks', -1, '2024-01-17'),
    ('2024-01-31', '30 days', 1, '2024-03-01'), ('2024-03-31', '28 days', -1, '2024-03-03'), ('2024-10-20', '7 days', 1, '2024-10-27'),
    -- Around the first year, and as far as type date goes.
    ('0001-01-31', '1 month', -1, '0001-12-31 BC'), ('0004-02-29', '1 year', -4, '0001-02-28 BC'::date + 1),
    ('0001-02-28 BC'::date + 1, '1 year', 1, '0001-02-28'), ('0005-02-28 BC'::date + 1, '1 year', 4, '0001-02-28 BC'::date + 1),
    ('4714-11-24 BC', '1 day', 0, '4714-11-24 BC'), ('4714-12-24 BC', '1 month', -1, '4714-11-24 BC'),
    ('5874897-12-31', '1 day', 0, '5874897-12-31'), ('5874897-11-30', '1 month', 1, '5874897-12-30'),
    ('4714-11-24 BC', '1 day', 2147483493, '5874897-12-31'), ('5874897-12-31', '1 day', -2147483493, '4714-11-24 BC'),
    ('2024-01-31', '2147483647 days', 0, '2024-01-31'), ('2024-01-31', '2147483647 months', 0, '2024-01-31');
SELECT is(offerengine.period_boundary(b.anchor, b.period, b.k), b.expected, format('%s and %s times %s', b.anchor, b.k, b.period))
  FROM boundary b;
SELECT is(offerengine.period_index(b.anchor, b.period, b.expected), b.k, format('%s is %s times %s from %s', b.expected, b.k, b.period, b.anchor))
  FROM boundary b;
SELECT is(array(SELECT offerengine.period_boundary('2023-12-31', '1 month', k) FROM generate_series(0, 12) k),
          '{2023-12-31,2024-01-31,2024-02-29,2024-03-31,2024-04-30,2024-05-31,2024-06-30,2024-07-31,2024-08-31,2024-09-30,2024-10-31,2024-11-30,2024-12-31}'::date[],
          'a year of month ends');

-- Which period a day is in: anchor, period, day, number, first day, first day of the next.
CREATE TEMP TABLE contained (anchor date, period interval, on_date date, k integer, from_date date, to_date date);
INSERT INTO contained VALUES
    ('2024-01-31', '1 month', '2024-01-31', 0, '2024-01-31', '2024-02-29'), ('2024-01-31', '1 month', '2024-01-30', -1, '2023-12-31', '2024-01-31'),
    ('2024-01-31', '1 month', '2024-02-28', 0, '2024-01-31', '2024-02-29'), ('2024-01-31', '1 month', '2024-02-29', 1, '2024-02-29', '2024-03-31'),
    ('2024-01-31', '1 month', '2024-03-30', 1, '2024-02-29', '2024-03-31'), ('2024-01-31', '1 month', '2024-03-31', 2, '2024-03-31', '2024-04-30'),
    ('2024-01-31', '1 month', '2024-04-29', 2, '2024-03-31', '2024-04-30'), ('2024-01-31', '1 month', '2024-04-30', 3, '2024-04-30', '2024-05-31'),
    ('2024-01-31', '1 month', '2025-02-27', 12, '2025-01-31', '2025-02-28'), ('2024-01-31', '1 month', '2025-02-28', 13, '2025-02-28', '2025-03-31'),
    ('2024-01-31', '3 months', '2024-03-31', 0, '2024-01-31', '2024-04-30'), ('2024-01-31', '3 months', '2024-04-30', 1, '2024-04-30', '2024-07-31'),
    ('2024-01-31', '3 months', '2023-10-30', -2, '2023-07-31', '2023-10-31'), ('2024-01-31', '3 months', '2023-10-31', -1, '2023-10-31', '2024-01-31'),
    ('2024-02-29', '1 year', '2025-02-27', 0, '2024-02-29', '2025-02-28'), ('2024-02-29', '1 year', '2025-02-28', 1, '2025-02-28', '2026-02-28'),
    ('2024-02-29', '1 year', '2028-02-28', 3, '2027-02-28', '2028-02-29'), ('2024-02-29', '1 year', '2028-02-29', 4, '2028-02-29', '2029-02-28'),
    ('2024-02-29', '1 year', '2100-02-28', 76, '2100-02-28', '2101-02-28'), ('2024-02-29', '1 year', '1900-02-28', -124, '1900-02-28', '1901-02-28'),
    ('2025-01-20', '1 month', '2025-03-15', 1, '2025-02-20', '2025-03-20'), ('2025-01-10', '1 month', '2025-03-15', 2, '2025-03-10', '2025-04-10'),
    ('2024-01-01', '1 week', '2024-01-07', 0, '2024-01-01', '2024-01-08'), ('2024-01-01', '1 week', '2024-01-08', 1, '2024-01-08', '2024-01-15'),
    ('2024-01-01', '1 week', '2023-12-31', -1, '2023-12-25', '2024-01-01'), ('2024-01-01', '1 week', '2023-12-25', -1, '2023-12-25', '2024-01-01'),
    ('2024-01-01', '1 week', '2023-12-24', -2, '2023-12-18', '2023-12-25'), ('2024-01-01', '1 day', '2024-02-29', 59, '2024-02-29', '2024-03-01'),
    ('2024-01-01', '30 days', '2024-03-01', 2, '2024-03-01', '2024-03-31');
SELECT is(offerengine.period_index(c.anchor, c.period, c.on_date), c.k, format('%s in %s from %s: number', c.on_date, c.period, c.anchor))
  FROM contained c;
SELECT is(offerengine.period_containing(c.anchor, c.period, c.on_date), daterange(c.from_date, c.to_date),
          format('%s in %s from %s: range', c.on_date, c.period, c.anchor))
  FROM contained c;
-- The number is known even where a boundary of that period is no date.
SELECT is(offerengine.period_index('2024-01-31', '1 month', '4714-11-24 BC'), -80835, 'the first day of type date');
SELECT is(offerengine.period_index('2024-01-31', '1 month', '5874897-12-31'), 70474487, 'the last day of type date');
SELECT is(offerengine.period_index('4714-11-24 BC', '1 day', '5874897-12-31'), 2147483493, 'from the first day to the last one');
SELECT is(offerengine.period_index('5874897-12-31', '1 day', '4714-11-24 BC'), -2147483493, 'and back');
SELECT is(offerengine.period_index('2024-01-31', '2147483647 days', '2024-01-30'), -1, 'a long period');
SELECT is(offerengine.period_index('2024-01-31', '2147483647 months', '2024-01-31'), 0, 'a longer one');

-- Refused: periods that are none, days that are none.
SELECT throws_ok(format('SELECT offerengine.%s', format(f.call, p.period)), '22023', format('invalid period "%s"', p.shown),
                 format('%s: %s', split_part(f.call, '(', 1), p.period))
  FROM (VALUES ($$period_boundary('2024-01-31', %L, 0)$$), ($$period_index('2024-01-31', %L, '2024-01-31')$$),
               ($$period_containing('2024-01-31', %L, '2024-01-31')$$)) AS f (call),
       (VALUES ('0', '00:00:00'), ('-1 day', '-1 days'), ('-1 month', '-1 mons'), ('1 month 1 day', '1 mon 1 day'),
               ('1 month -30 days', '1 mon -30 days'), ('-1 month 31 days', '-1 mons +31 days'), ('24 hours', '24:00:00'),
               ('1 day 1 microsecond', '1 day 00:00:00.000001'), ('1 month -1 second', '1 mon -00:00:01'), ('1.5 days', '1 day 12:00:00'),
               ('1.5 months', '1 mon 15 days')) AS p (period, shown);
SELECT throws_ok(format('SELECT offerengine.%s', f.call), '22023', f.argument || ' must not be infinite', f.call)
  FROM (VALUES ($$period_boundary('infinity', '1 day', 1)$$, 'anchor'), ($$period_boundary('-infinity', '1 month', 0)$$, 'anchor'),
               ($$period_index('infinity', '1 month', '2024-01-31')$$, 'anchor'), ($$period_index('2024-01-31', '1 day', '-infinity')$$, 'on_date'),
               ($$period_containing('2024-01-31', '1 month', 'infinity')$$, 'on_date'),
               ($$period_containing('-infinity', '1 day', 'infinity')$$, 'anchor')) AS f (call, argument);
SELECT throws_ok(format('SELECT offerengine.%s', call), '22008', NULL, call)
  FROM unnest(ARRAY[$$period_boundary('5874897-12-31', '1 day', 1)$$, $$period_boundary('4714-11-24 BC', '1 day', -1)$$,
                    $$period_boundary('5874897-12-31', '1 month', 1)$$, $$period_boundary('4714-11-24 BC', '1 month', -1)$$,
                    $$period_boundary('4714-12-23 BC', '1 month', -1)$$, $$period_boundary('2024-01-31', '2147483647 days', 2147483647)$$,
                    $$period_boundary('2024-01-31', '2147483647 days', -2147483648)$$,
                    $$period_boundary('2024-01-31', '2147483647 months', 2147483647)$$,
                    $$period_boundary('2024-01-31', '2147483647 months', -2147483648)$$, $$period_boundary('2024-01-31', '1 day', 2147483647)$$,
                    $$period_boundary('2024-01-31', '1 year', 5872874)$$, $$period_containing('2024-01-31', '1 month', '4714-11-24 BC')$$,
                    $$period_containing('2024-01-31', '1 month', '5874897-12-31')$$, $$period_containing('2024-01-01', '1 day', '5874897-12-31')$$]) call;
SELECT throws_ok($$SELECT offerengine.period_boundary('2024-01-31', '1 year', 5872874)$$, '22008',
                 'date out of range: 5872874 times "1 year" from 2024-01-31', 'says from what');
CREATE FUNCTION pg_temp.advice(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint   text;
BEGIN
    EXECUTE statement;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN detail || hint;
END
$$;
SELECT matches(pg_temp.advice($$SELECT offerengine.period_boundary('2024-01-31', '24 hours', 1)$$), '^A period is .*\.Weeks are days .*\.$',
               'what a period is, and how to write one');
SELECT is(offerengine.period_boundary('2024-01-31', NULL, 1), NULL, 'NULL for NULL');

-- Properties. Half of the anchors are month ends, a tenth of all may lie far away.
CREATE TEMP TABLE drawn AS
SELECT d.anchor, CASE WHEN d.unit < 0.6 THEN make_interval(months => d.size) ELSE make_interval(days => d.size) END AS period,
       d.unit < 0.6 AS in_months, d.size, CASE WHEN d.size > 24 THEN d.k / 10 ELSE d.k END AS k, d.anchor + d.distance AS on_date
  FROM (SELECT random() AS unit, (ARRAY[1, 1, 2, 3, 6, 12, 24, 1 + floor(random() * 400)::integer])[1 + floor(random() * 8)::integer] AS size,
               floor(random() * 1001)::integer - 500 AS k, floor(random() * 40001)::integer - 20000 AS distance,
               CASE WHEN random() < 0.5
                    THEN (date_trunc('month', date '1880-01-01' + floor(random() * 90000)::integer) - interval '1 day')::date
                    WHEN random() < 0.8 THEN date '1880-01-01' + floor(random() * 90000)::integer
                    ELSE date '2000-01-01 BC' + floor(random() * 100000000)::integer END AS anchor
          FROM generate_series(1, 5000)) d;
SELECT cmp_ok((SELECT count(*) FROM drawn WHERE in_months AND extract(day FROM anchor) > 28), '>', 750::bigint, 'month ends are drawn');

CREATE FUNCTION pg_temp.month_of(day date) RETURNS integer LANGUAGE sql AS $$
    SELECT ((extract(year FROM $1) + CASE WHEN extract(year FROM $1) < 0 THEN 1 ELSE 0 END) * 12 + extract(month FROM $1))::integer $$;
CREATE FUNCTION pg_temp.violated(condition text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT d::text FROM (SELECT d.*, offerengine.period_boundary(anchor, period, k) AS b,
                                   offerengine.period_boundary(anchor, period, k + 1) AS next_b,
                                   offerengine.period_index(anchor, period, on_date) AS i,
                                   offerengine.period_containing(anchor, period, on_date) AS r FROM drawn d) d
                                  WHERE (%s) IS NOT TRUE LIMIT 3', condition);
END
$$;
SELECT is_empty(format('SELECT pg_temp.violated(%L)', p.condition), format('%s, seed %s', p.name, :'seed'))
  FROM (VALUES
    ('the next boundary is later', 'b < next_b'),
    ('months keep the anchor''s day, or end with the month',
     'CASE WHEN in_months THEN extract(day FROM b) = least(extract(day FROM anchor),
                                                           extract(day FROM date_trunc(''month'', b::timestamp) + interval ''1 month -1 day''))
           ELSE (b - anchor) % size = 0 END'),
    ('a boundary is so many periods away',
     'CASE WHEN in_months THEN pg_temp.month_of(b) - pg_temp.month_of(anchor) ELSE b - anchor END = k * size'),
    ('as PostgreSQL adds to the anchor',
     'b = CASE WHEN in_months THEN (anchor::timestamp + make_interval(months => k * size))::date ELSE anchor + k * size END'),
    ('a boundary is in the period that it begins', 'offerengine.period_index(anchor, period, b) = k'),
    ('the day before is in the one before', 'offerengine.period_index(anchor, period, b - 1) = k - 1'),
    ('the day before the next boundary is in it', 'offerengine.period_index(anchor, period, next_b - 1) = k'),
    ('a day is in its period',
     'offerengine.period_boundary(anchor, period, i) <= on_date AND on_date < offerengine.period_boundary(anchor, period, i + 1)'),
    ('the range is that period', 'r = daterange(offerengine.period_boundary(anchor, period, i), offerengine.period_boundary(anchor, period, i + 1))'),
    ('the range contains the day', 'r @> on_date'),
    ('every day of the range has the same one',
     'offerengine.period_containing(anchor, period, lower(r)) = r AND offerengine.period_containing(anchor, period, upper(r) - 1) = r'),
    ('one period or many: the boundaries of n periods are among those of one',
     'offerengine.period_boundary(anchor, make_interval(months => CASE WHEN in_months THEN 1 ELSE 0 END, days => CASE WHEN in_months THEN 0 ELSE 1 END),
                                  k * size) = b')) AS p (name, condition);
-- The number, found by counting.
SELECT is_empty(format($$
    SELECT d.anchor, d.period, d.on_date, d.found, offerengine.period_index(d.anchor, d.period, d.on_date)
      FROM (SELECT c.*, (SELECT max(k) FROM generate_series(-60, 60) k WHERE (c.anchor::timestamp + k * c.period)::date <= c.on_date) AS found
              FROM (SELECT anchor, period, anchor + (k %% 1000) AS on_date FROM drawn WHERE size IN (1, 2, 3) AND in_months LIMIT 3000) c) d
     WHERE d.found <> offerengine.period_index(d.anchor, d.period, d.on_date) LIMIT 3 $$), 'by counting, seed ' || :'seed');

-- Days in time zones: zone, day, its first instant.
CREATE TEMP TABLE day_start (zone text, day date, expected timestamptz);
INSERT INTO day_start VALUES
    ('UTC', '2024-06-01', '2024-06-01 00:00+00'), ('Europe/Berlin', '2024-01-15', '2024-01-14 23:00+00'), ('Europe/Berlin', '2024-07-15', '2024-07-14 22:00+00'),
    -- The clock changes in the small hours: days of 23 and of 25 hours.
    ('Europe/Berlin', '2024-03-31', '2024-03-30 23:00+00'), ('Europe/Berlin', '2024-04-01', '2024-03-31 22:00+00'),
    ('Europe/Berlin', '2024-10-27', '2024-10-26 22:00+00'), ('Europe/Berlin', '2024-10-28', '2024-10-27 23:00+00'),
    ('America/New_York', '2024-03-10', '2024-03-10 05:00+00'), ('America/New_York', '2024-03-11', '2024-03-11 04:00+00'),
    ('America/New_York', '2024-11-03', '2024-11-03 04:00+00'), ('America/New_York', '2024-11-04', '2024-11-04 05:00+00'),
    ('Australia/Lord_Howe', '2024-10-06', '2024-10-05 13:30+00'), ('Australia/Lord_Howe', '2024-10-07', '2024-10-06 13:00+00'),
    ('Asia/Kathmandu', '2024-07-01', '2024-06-30 18:15+00'), ('Pacific/Kiritimati', '2024-07-01', '2024-06-30 10:00+00'),
    -- Forward at midnight: the day begins at one.
    ('America/Sao_Paulo', '2018-11-03', '2018-11-03 03:00+00'), ('America/Sao_Paulo', '2018-11-04', '2018-11-04 03:00+00'),
    ('America/Sao_Paulo', '2018-11-05', '2018-11-05 02:00+00'), ('Africa/Cairo', '2010-04-30', '2010-04-29 22:00+00'),
    ('Africa/Cairo', '2014-05-16', '2014-05-15 22:00+00'), ('Asia/Tehran', '2022-03-22', '2022-03-21 20:30+00'),
    ('America/Havana', '2024-03-10', '2024-03-10 05:00+00'), ('Asia/Beirut', '2024-03-31', '2024-03-30 22:00+00'),
    -- Back at midnight: the day before has its last hour twice, and the day begins after the second one.
    ('America/Sao_Paulo', '2018-02-17', '2018-02-17 02:00+00'), ('America/Sao_Paulo', '2018-02-18', '2018-02-18 03:00+00'),
    ('Asia/Tehran', '2021-09-22', '2021-09-21 20:30+00'),
    -- Back at one to midnight: the day has its first hour twice, and begins with the first one.
    ('America/Havana', '2024-11-03', '2024-11-03 04:00+00'), ('America/Havana', '2024-11-04', '2024-11-04 05:00+00'),
    -- Back at a minute past midnight: the day begins, is the day before once more, and goes on.
    ('America/St_Johns', '2006-10-29', '2006-10-29 02:30+00'), ('America/St_Johns', '2006-10-30', '2006-10-30 03:30+00'),
    -- Days that were left out: empty. A day that came twice: from its first time on.
    ('Pacific/Apia', '2011-12-29', '2011-12-29 10:00+00'), ('Pacific/Apia', '2011-12-30', '2011-12-30 10:00+00'),
    ('Pacific/Apia', '2011-12-31', '2011-12-30 10:00+00'), ('Pacific/Apia', '2012-01-01', '2011-12-31 10:00+00'),
    ('Pacific/Kwajalein', '1993-08-21', '1993-08-21 12:00+00'), ('Pacific/Kwajalein', '1993-08-22', '1993-08-21 12:00+00'),
    ('Pacific/Kwajalein', '1969-09-30', '1969-09-29 13:00+00'), ('Pacific/Kwajalein', '1969-10-01', '1969-10-01 12:00+00'),
    ('America/Juneau', '1867-10-19', '1867-10-18 08:57:41+00'),
    -- Before the zone's first rule, and after its last one.
    ('America/New_York', '0001-01-01', '0001-01-01 04:56:02+00'), ('Europe/Berlin', '2050-07-01', '2050-06-30 22:00+00'),
    ('Europe/Berlin', '2400-07-01', '2400-06-30 22:00+00'), ('Europe/Berlin', '2400-12-01', '2400-11-30 23:00+00'),
    ('UTC', '4714-11-24 BC', '4714-11-24 00:00+00 BC'), ('UTC', '294276-12-31', '294276-12-31 00:00+00'),
    ('UTC', 'infinity', 'infinity'), ('Europe/Berlin', '-infinity', '-infinity');
SELECT is(offerengine_internal.day_start(d.day, d.zone), d.expected, format('start of %s in %s', d.day, d.zone)) FROM day_start d;

-- The date at an instant: zone, instant, expected.
CREATE TEMP TABLE local_date (zone text, at timestamptz, expected date);
INSERT INTO local_date VALUES
    ('UTC', '2024-02-29 23:59:59.999999+00', '2024-02-29'), ('UTC', '2024-03-01 00:00+00', '2024-03-01'),
    ('Europe/Berlin', '2024-03-30 22:59:59.999999+00', '2024-03-30'), ('Europe/Berlin', '2024-03-30 23:00+00', '2024-03-31'),
    ('Europe/Berlin', '2024-03-31 21:59:59.999999+00', '2024-03-31'), ('Europe/Berlin', '2024-03-31 22:00+00', '2024-04-01'),
    ('Europe/Berlin', '2024-10-27 22:59:59+00', '2024-10-27'), ('Europe/Berlin', '2024-10-27 23:00+00', '2024-10-28'),
    ('America/New_York', '2025-01-01 04:59:59+00', '2024-12-31'), ('America/New_York', '2025-01-01 05:00+00', '2025-01-01'),
    ('America/Sao_Paulo', '2018-11-04 02:59:59.999999+00', '2018-11-03'), ('America/Sao_Paulo', '2018-11-04 03:00+00', '2018-11-04'),
    ('America/Sao_Paulo', '2018-02-18 02:00+00', '2018-02-17'), ('America/Sao_Paulo', '2018-02-18 02:59:59.999999+00', '2018-02-17'),
    ('America/Sao_Paulo', '2018-02-18 03:00+00', '2018-02-18'),
    ('America/St_Johns', '2006-10-29 02:29:59+00', '2006-10-28'), ('America/St_Johns', '2006-10-29 02:30:59+00', '2006-10-29'),
    ('America/St_Johns', '2006-10-29 02:31+00', '2006-10-28'), ('America/St_Johns', '2006-10-29 03:30+00', '2006-10-29'),
    ('Pacific/Apia', '2011-12-30 09:59:59+00', '2011-12-29'), ('Pacific/Apia', '2011-12-30 10:00+00', '2011-12-31'),
    ('Pacific/Kiritimati', '2024-01-01 10:00+00', '2024-01-02'), ('Pacific/Pago_Pago', '2024-01-01 10:59:59+00', '2023-12-31'),
    ('America/New_York', '1800-01-01 04:56:01+00', '1799-12-31'), ('America/New_York', '1800-01-01 04:56:02+00', '1800-01-01'),
    ('Pacific/Kiritimati', '294276-12-31 12:00+00', '294277-01-01'), ('europe/BERLIN', '2024-03-30 23:00+00', '2024-03-31'),
    ('UTC', 'infinity', 'infinity'), ('Europe/Berlin', '-infinity', '-infinity');
SELECT is(offerengine_internal.local_date(l.at, l.zone), l.expected, format('%s in %s', l.at, l.zone)) FROM local_date l;

SELECT throws_ok(format('SELECT offerengine_internal.%s', format(f.call, z.zone)), '22023', format('unknown time zone "%s"', z.zone), format('%s: "%s"', f.call, z.zone))
  FROM (VALUES ($$local_date('2024-01-31 00:00+00', %L)$$), ($$day_start('2024-01-31', %L)$$), ($$local_date('infinity', %L)$$),
               ($$day_start('-infinity', %L)$$)) AS f (call),
       (VALUES ('Europe/Berln'), (''), ('Nowhere'), ('CEST'), ('../UTC'), ('right/UTC'), (repeat('x', 1000))) AS z (zone);
SELECT throws_ok(format('SELECT offerengine_internal.%s', call), '22008', NULL, call)
  FROM unnest(ARRAY[$$day_start('294277-01-02', 'UTC')$$, $$day_start('5874897-12-31', 'Europe/Berlin')$$,
                    $$day_start('4714-11-24 BC', 'Asia/Tokyo')$$, $$day_start('294277-01-01', 'America/New_York')$$,
                    $$local_date('4714-11-24 00:00+00 BC', 'America/New_York')$$]) call;

-- Every zone, at random instants, as PostgreSQL has it. (Names that are abbreviations as well mean those to AT TIME ZONE.)
CREATE TEMP TABLE zone AS
SELECT z.name FROM pg_timezone_names z
 WHERE NOT EXISTS (SELECT FROM pg_timezone_abbrevs a WHERE a.abbrev = upper(z.name));
SELECT is_empty(format($$
    SELECT d.name, d.at, offerengine_internal.local_date(d.at, d.name)
      FROM (SELECT z.name, timestamptz '1850-01-01 00:00+00' + random() * interval '300 years' AS at FROM zone z, generate_series(1, 25)) d
     WHERE offerengine_internal.local_date(d.at, d.name) <> (d.at AT TIME ZONE d.name)::date LIMIT 3 $$), 'dates in every zone, seed ' || :'seed');

-- Every zone, on random days: what begins there is that day, and was not it before. A left-out day has nothing to begin with.
SELECT is_empty(format($$
    SELECT d.name, d.day, offerengine_internal.day_start(d.day, d.name)
      FROM (SELECT z.name, date '1850-01-01' + floor(random() * 110000)::integer AS day FROM zone z, generate_series(1, 25)) d
     WHERE offerengine_internal.day_start(d.day, d.name) <> offerengine_internal.day_start(d.day + 1, d.name)
       AND (offerengine_internal.local_date(offerengine_internal.day_start(d.day, d.name), d.name),
            offerengine_internal.local_date(offerengine_internal.day_start(d.day, d.name) - interval '1 microsecond', d.name)) <> (d.day, d.day - 1)
     LIMIT 3 $$), 'days in every zone, seed ' || :'seed');

-- Changes of the clock in zones that know many kinds of them: every day that is no 24 hours long, with those around it.
CREATE TEMP TABLE change AS
SELECT DISTINCT s.name, s.day + d AS day, offerengine_internal.day_start(s.day + d, s.name) AS start
  FROM (SELECT z.name, g::date AS day,
               (g AT TIME ZONE z.name) - lag(g AT TIME ZONE z.name) OVER (PARTITION BY z.name ORDER BY g) <> interval '24 hours' AS is_change
          FROM unnest(ARRAY['Africa/Cairo', 'Africa/Casablanca', 'America/Asuncion', 'America/Havana', 'America/Nuuk', 'America/Sao_Paulo',
                            'America/St_Johns', 'Asia/Amman', 'Asia/Beirut', 'Asia/Gaza', 'Asia/Tehran', 'Australia/Lord_Howe',
                            'Europe/Berlin', 'Europe/Dublin', 'Pacific/Apia', 'Pacific/Kwajalein']) AS z (name),
               generate_series(timestamp '1965-01-01', '2040-01-01', '1 day') g) s
 CROSS JOIN generate_series(-2, 1) d
 WHERE s.is_change;
SELECT cmp_ok((SELECT count(*) FROM change), '>', 4000::bigint, 'changes are found');
SELECT is(array(SELECT format('%s %s', c.name, c.day) FROM change c WHERE (c.start AT TIME ZONE c.name)::date <> c.day ORDER BY 1),
          ARRAY['Pacific/Apia 2011-12-30', 'Pacific/Kwajalein 1993-08-21'], 'a day begins with itself, but for those that were left out');
SELECT is_empty($$
    SELECT c.name, c.day, c.start, t.at
      FROM change c, LATERAL (SELECT c.start - m * interval '1 minute' AS at FROM generate_series(1, 90) m
                              UNION ALL SELECT c.start - h * interval '1 hour' FROM generate_series(2, 50) h
                              UNION ALL SELECT c.start - interval '1 microsecond') t
     WHERE (t.at AT TIME ZONE c.name)::date >= c.day LIMIT 3 $$, 'and had not begun before');
SELECT is_empty($$
    SELECT c.name, c.day, c.start, n.start FROM change c JOIN change n ON n.name = c.name AND n.day = c.day + 1
     WHERE c.start >= n.start AND (c.name, c.day) NOT IN (('Pacific/Apia', '2011-12-30'), ('Pacific/Kwajalein', '1993-08-21')) $$,
    'days follow one another');

-- No setting of the session counts.
CREATE FUNCTION pg_temp.answers() RETURNS text LANGUAGE sql AS $$
    SELECT md5(string_agg(extract(epoch FROM d)::text, ' ' ORDER BY t, n)) FROM (
        SELECT 'b' AS t, row_number() OVER (ORDER BY b.*) AS n, offerengine.period_boundary(b.anchor, b.period, b.k) AS d FROM boundary b
        UNION ALL SELECT 'f', row_number() OVER (ORDER BY c.*), lower(offerengine.period_containing(c.anchor, c.period, c.on_date)) FROM contained c
        UNION ALL SELECT 't', row_number() OVER (ORDER BY c.*), upper(offerengine.period_containing(c.anchor, c.period, c.on_date)) FROM contained c
        UNION ALL SELECT 'i', row_number() OVER (ORDER BY c.*), date '2000-01-01' + offerengine.period_index(c.anchor, c.period, c.on_date) FROM contained c
        UNION ALL SELECT 'l', row_number() OVER (ORDER BY l.*), offerengine_internal.local_date(l.at, l.zone) FROM local_date l) a
$$;
CREATE FUNCTION pg_temp.starts() RETURNS timestamptz[] LANGUAGE sql AS $$
    SELECT array_agg(offerengine_internal.day_start(d.day, d.zone) ORDER BY d.*) FROM day_start d $$;
CREATE TEMP TABLE usual AS SELECT pg_temp.answers() AS answers, pg_temp.starts() AS starts;
CREATE FUNCTION pg_temp.same_with(name text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    old  text := current_setting(name);
    same boolean;
BEGIN
    PERFORM set_config(name, value, true);
    same := (SELECT pg_temp.answers() = u.answers AND pg_temp.starts() = u.starts FROM pg_temp.usual u);
    PERFORM set_config(name, old, true);
    RETURN ok(same, format('%s = %s', name, value));
END
$$;
SELECT pg_temp.same_with(s.name, s.value)
  FROM (VALUES ('TimeZone', 'Asia/Tokyo'), ('TimeZone', 'America/Sao_Paulo'), ('TimeZone', 'Pacific/Apia'), ('TimeZone', 'UTC'),
               ('DateStyle', 'German, DMY'), ('DateStyle', 'SQL, MDY'), ('DateStyle', 'Postgres, YMD'),
               ('IntervalStyle', 'iso_8601'), ('IntervalStyle', 'sql_standard'), ('timezone_abbreviations', 'Australia'),
               ('search_path', 'pg_temp'), ('lc_time', 'C')) AS s (name, value);
-- A window as messages say it: in the zone that is named, else the session's; open ends, infinite or NULL, are left out.
SET LOCAL timezone = 'Asia/Kathmandu';
SELECT is(offerengine_internal.local_window(w.valid_from::timestamptz, w.valid_to::timestamptz, w.zone), w.said, w.said)
  FROM (VALUES ('2025-01-01 00:00+00', '2025-07-01 00:00+00', 'Europe/Berlin', 'valid from 2025-01-01 01:00:00+01 to 2025-07-01 02:00:00+02'),
               ('2025-01-01 00:00+00', '2025-07-01 00:00:00.5+00', NULL, 'valid from 2025-01-01 05:45:00+05:45 to 2025-07-01 05:45:00.5+05:45'),
               ('2025-01-01 00:00+00', 'infinity', 'America/New_York', 'valid from 2024-12-31 19:00:00-05 on'),
               ('2025-01-01 00:00+00', NULL, 'UTC', 'valid from 2025-01-01 00:00:00+00 on'),
               ('-infinity', '2025-07-01 00:00+00', 'UTC', 'valid until 2025-07-01 00:00:00+00'),
               (NULL, 'infinity', NULL, 'always valid')) AS w (valid_from, valid_to, zone, said);
SET LOCAL timezone = '<+02>-02';
SELECT is(offerengine_internal.local_window('2025-01-01 00:00+00', NULL, NULL), 'valid from 2025-01-01 02:00:00+02 on', 'a session without a zone that has a name');

-- Names that are listed are those of pg_timezone_names, in their letters; the files are read once, not for each name, nor for each
-- name that is none. (A file is one system call that reads, or more.)
SELECT is_empty($$SELECT z.name FROM pg_timezone_names z WHERE NOT offerengine_internal.zone_is_listed(z.name)$$, 'what is listed is');
SELECT is_empty($$SELECT n.name FROM (SELECT lower(z.name) AS name FROM pg_timezone_names z UNION SELECT upper(z.name) FROM pg_timezone_names z
                          UNION SELECT '<' || z.abbrev || '>-02' FROM pg_timezone_names z
                          UNION VALUES (''), ('CEST'), ('FOO3BAR'), ('+02'), ('../UTC'), ('right/UTC'), ('Europe/Berlin '), (repeat('x', 1000))) AS n
                   WHERE offerengine_internal.zone_is_listed(n.name) <> EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = n.name)$$,
                'what is not is not');
SELECT offerengine_internal.zone_is_listed('Asia/Tokyo') \g /dev/null
CREATE FUNCTION pg_temp.reads() RETURNS bigint LANGUAGE sql AS $$ SELECT substring(pg_read_file('/proc/self/io') FROM 'syscr: ([0-9]+)')::bigint $$;
SELECT pg_temp.reads() AS before \gset
SELECT count(offerengine_internal.zone_is_listed((ARRAY['Asia/Tokyo', 'Europe/Berlin', 'Mars/Olympus'])[1 + i % 3])) FROM generate_series(1, 300) AS i \g /dev/null
-- An unknown name is looked for by itself each time.
SELECT cmp_ok(pg_temp.reads() - :before, '<', 400::bigint, '300 look-ups read no list of zones');
INSERT INTO offerengine.store (store_code, name, time_zone) SELECT 'zone-' || i, 'x', 'Europe/Vienna' FROM generate_series(1, 3) AS i;
SELECT pg_temp.reads() AS before \gset
INSERT INTO offerengine.store (store_code, name, time_zone) SELECT 'zone+' || i, 'x', 'Europe/Vienna' FROM generate_series(1, 300) AS i;
SELECT cmp_ok(pg_temp.reads() - :before, '<', 400::bigint, 'nor do 300 stores');

SET LOCAL timezone_abbreviations = 'India';
SELECT throws_ok($$SELECT offerengine_internal.local_date('2024-01-31 00:00+00', 'IST')$$, '22023', 'unknown time zone "IST"',
                 'an abbreviation is no zone, whatever the session calls it');

SELECT * FROM finish();
ROLLBACK;
