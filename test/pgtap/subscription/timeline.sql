-- What subscription_timeline() says of each subscription on each day: status, next boundary, amount, reason; and the timeline drawn.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

SELECT pg_temp.sell('steps', 0, duration => '1 month'), pg_temp.sell('steps-2', 1200, '3 months', '1 month', '14 days', '6 months'),
       offerengine.set_offer_steps('steps', '{p-steps,p-steps-2}'),
       pg_temp.sell('weekly', 100, '4 weeks', '1 week', '0'), pg_temp.sell('adv-r', 100), pg_temp.sell('reg-r', 200),
       pg_temp.rule('anew', 'BASE', 'adv-r', 'reg-r', 'restart_period') \g /dev/null

-- Status and the next boundary, from the day before the first to the day after the last.
CREATE FUNCTION pg_temp.on_day(customer text, day date) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', t.offer_reference, t.status, to_char(t.next_boundary, 'YYYY-MM-DD')), ', ' ORDER BY t.ordinality)
      FROM offerengine.subscription_timeline($1, $2) WITH ORDINALITY AS t
$$;
SELECT pg_temp.live('base', '{buy base 2025-01-31,cancel base 2025-04-10 at 2025-05-15}'), pg_temp.live('steps', '{buy steps 2025-01-31}'),
       pg_temp.live('weekly', '{buy weekly 2025-03-24}'),
       pg_temp.live('switch', '{buy base 2025-01-10,buy adv 2025-01-31,cancel base 2025-02-05}'),
       pg_temp.live('ignored', '{buy base 2025-01-10,buy adv 2025-01-31,cancel base 2025-02-05,withdraw base 2025-02-06}'),
       pg_temp.live('never', '{buy base 2025-03-10 at 2025-01-01,cancel base 2025-02-01 immediate}') \g /dev/null
SELECT is(pg_temp.on_day(c.customer, c.day::date), c.answer, format('%s on %s', c.customer, c.day))
  FROM (VALUES
    ('base',    '2025-01-30', 'base future 2025-01-31'),
    ('base',    '2025-01-31', 'base active 2025-02-28'),
    ('base',    '2025-02-27', 'base active 2025-02-28'),
    ('base',    '2025-02-28', 'base active 2025-03-31'),
    ('base',    '2025-03-31', 'base active 2025-04-30'),
    ('base',    '2025-04-30', 'base active 2025-05-15'),
    ('base',    '2025-05-14', 'base active 2025-05-15'),
    ('base',    '2025-05-15', 'base inactive'),
    ('base',    '2100-01-01', 'base inactive'),
    ('steps',   '2025-01-01', 'steps future 2025-01-31'),
    ('steps',   '2025-02-27', 'steps active 2025-02-28'),
    ('steps',   '2025-02-28', 'steps active 2025-03-28'),
    ('steps',   '2025-08-27', 'steps active 2025-08-28'),
    ('steps',   '2025-08-28', 'steps inactive'),
    ('weekly',  '2025-03-30', 'weekly active 2025-03-31'),
    ('weekly',  '2025-03-31', 'weekly active 2025-04-07'),
    ('switch',  '2025-01-09', 'base future 2025-01-10, adv future 2025-01-31, reg future 2025-02-28'),
    ('switch',  '2025-01-10', 'base active 2025-02-10, adv future 2025-01-31, reg future 2025-02-28'),
    ('switch',  '2025-02-10', 'base inactive, adv active 2025-02-28, reg future 2025-02-28'),
    ('switch',  '2025-02-27', 'base inactive, adv active 2025-02-28, reg future 2025-02-28'),
    ('switch',  '2025-02-28', 'base inactive, adv inactive, reg active 2025-03-31'),
    ('ignored', '2025-01-01', 'base future 2025-01-10, adv future 2025-01-31, reg ignored'),
    ('ignored', '2025-03-15', 'base active 2025-04-10, adv active 2025-03-31, reg ignored'),
    ('never',   '2025-03-09', 'base ignored'),
    ('never',   '2025-03-10', 'base ignored')) AS c (customer, day, answer);
-- Today where no day is named, in the store of each: it is never the same day in both.
SELECT pg_temp.live('today', ARRAY['buy base 2025-01-10 in P-KI', 'buy base-2 2025-01-10 in P-AS',
                                   'cancel base 2025-02-01 at ' || (clock_timestamp() AT TIME ZONE 'Pacific/Kiritimati')::date,
                                   'cancel base-2 2025-02-01 at ' || (clock_timestamp() AT TIME ZONE 'Pacific/Kiritimati')::date]) \g /dev/null
SELECT is((SELECT string_agg(t.offer_reference || ' ' || t.status, ', ' ORDER BY t.offer_reference) FROM offerengine.subscription_timeline('today') AS t),
          'base inactive, base-2 active', 'they end on one day, which it is in one store only');
SELECT is_empty($$ SELECT FROM offerengine.subscription_timeline('nobody we know') $$, 'an unknown customer has none');
SELECT is_empty($$ SELECT FROM offerengine.subscription_timeline(NULL) $$, 'nor has NULL');
SELECT throws_ok(format($$ SELECT FROM offerengine.subscription_timeline('base', %L) $$, c.day), '22023', format('the day %s is no day', c.day), c.day)
  FROM (VALUES ('infinity'), ('-infinity')) AS c (day);

-- In the order of chains by their first day, then of starts; linked to what comes before and after; with the reason in words.
SELECT pg_temp.live('links', '{buy base 2025-01-10,buy base-2 2025-03-01 at 2025-01-11,buy adv-r 2025-01-20,import foreign X 2024-12-01 2025-01-01,
                               cancel base 2025-02-15 immediate,cancel base-2 2025-03-05,buy weekly 2025-02-01}'::text[]) \g /dev/null
SELECT pg_temp.same_rows(
    $$ SELECT t.offer_reference, t.starts_on, t.ends_on, t.cancelled_on, t.reason,
              (SELECT p.offer_reference || ' ' || p.starts_on FROM offerengine.subscription_timeline('links', '2025-01-01') p WHERE p.subscription_id = t.predecessor_id),
              (SELECT n.offer_reference || ' ' || n.starts_on FROM offerengine.subscription_timeline('links', '2025-01-01') n WHERE n.subscription_id = t.successor_id),
              (SELECT f.offer_reference FROM offerengine.subscription_timeline('links', '2025-01-01') f WHERE f.subscription_id = t.chain_id)
         FROM offerengine.subscription_timeline('links', '2025-01-01') WITH ORDINALITY AS t ORDER BY t.ordinality $$,
    $$ VALUES ('foreign', date '2024-12-01', date '2025-01-01', NULL::date, 'managed by sys as "X"', NULL, NULL, 'foreign'),
              ('base', '2025-01-10', '2025-02-15', '2025-02-15', 'cancelled immediately', NULL, NULL, 'base'),
              ('adv-r', '2025-01-20', '2025-02-15', NULL, 'granted by rule "anew"', NULL, 'adv-r 2025-02-15', 'adv-r'),
              ('adv-r', '2025-02-15', '2025-04-15', NULL, 'the base was cancelled immediately (rule "anew")', 'adv-r 2025-01-20', 'reg-r 2025-04-15', 'adv-r'),
              ('reg-r', '2025-04-15', NULL, NULL, 'the base of the advantage ends (rule "anew")', 'adv-r 2025-02-15', NULL, 'adv-r'),
              ('weekly', '2025-02-01', NULL, NULL, NULL, NULL, NULL, 'weekly'),
              ('base-2', '2025-03-01', '2025-04-01', '2025-03-05', 'cancelled regularly', NULL, NULL, 'base-2') $$, 'links and reasons');
SELECT offerengine.cancel_subscription('links', pg_temp.sub('links', 'weekly'), 'at_date', '2025-02-02', ends_on => '2025-03-03', reason => 'too dear') \g /dev/null
SELECT is((SELECT t.reason FROM offerengine.subscription_timeline('links') AS t WHERE t.offer_reference = 'weekly'), 'cancelled at a date: too dear', 'its reason');
SELECT is((SELECT string_agg(DISTINCT t.reason, ', ') FROM offerengine.subscription_timeline('ignored') AS t WHERE t.status = 'ignored'),
          'the base goes on, so nothing follows here', 'an ignored successor');

-- Amounts: fixed at the purchase, raised for periods that begin on the day or later by rows that begin after the purchase.
SELECT pg_temp.ask('base', '* 2000 2020-01-01', '* 2050 2025-01-09 2025-01-10', '* 2100 2025-02-01 2025-04-15', '* 2200 2025-03-01', '* 1900 2025-05-01 2025-07-10',
                           'AT 1800 2020-01-01', 'AT 1850 2025-02-01 2025-03-10', 'CH 3000 2025-02-01 2025-03-10'),
       pg_temp.ask('steps', '* 0 2020-01-01', '* 10 2025-02-01 2025-02-01'),
       pg_temp.ask('steps-2', '* 1200 2020-01-01', '* 1300 2025-02-01 2025-03-29', '* 1400 2025-03-01 2025-05-01'),
       pg_temp.ask('adv', '* 300 2020-01-01', '* 350 2025-03-01 2025-03-01'),
       pg_temp.ask('reg', '* 800 2020-01-01', '* 850 2025-04-01 2025-04-20', '* 900 2025-05-01 2025-05-21') \g /dev/null
SELECT offerengine.purchase('amount ' || c.n, c.offer, 'P-DE', 'EUR', c.country, 3, c.mode, starts_on => c.starts_on::date, at => c.at::timestamptz)
  FROM (VALUES (1, 'base', NULL, 'gross', '2025-01-10', NULL), (2, 'base', 'AT', 'gross', '2025-01-10', NULL), (3, 'base', 'CH', 'gross', '2025-01-10', NULL),
               (4, 'base', NULL, 'net', '2025-01-10', NULL), (5, 'base', NULL, 'gross', '2025-01-10', '2025-01-09 12:00Z'),
               (6, 'base', NULL, 'gross', '2025-04-15', NULL), (7, 'base', NULL, 'gross', '2025-04-15', '2025-04-14 12:00Z'),
               (8, 'steps', NULL, 'gross', '2025-01-31', NULL), (9, 'base', NULL, 'gross', '2025-01-10', NULL), (9, 'adv', NULL, 'gross', '2025-01-20', NULL))
       AS c (n, offer, country, mode, starts_on, at) \g /dev/null
SELECT pg_temp.live('amount 9', '{cancel base 2025-03-15}'), pg_temp.live('amount 10', '{buy steps 2025-01-31,cancel steps 2025-02-01}') \g /dev/null
SELECT is((SELECT t.amount FROM offerengine.subscription_timeline('amount ' || c.n, c.day::date) AS t WHERE t.offer_reference = c.offer), c.amount::bigint,
          format('%s: %s on %s, %s', c.n, c.offer, c.day, c.why))
  FROM (VALUES
    (1, 'base', '2024-12-01', 2050, 'before the start what the first period costs'),
    (1, 'base', '2025-01-10', 2050, 'what was asked on the day of the purchase'),
    (1, 'base', '2025-04-14', 2050, 'a new price for others'),
    (1, 'base', '2025-04-20', 2050, 'the period began before the raise'),
    (1, 'base', '2025-05-09', 2050, 'its last day'),
    (1, 'base', '2025-05-10', 2100, 'the first period that begins after the raise'),
    (1, 'base', '2025-07-09', 2100, 'until the next'),
    (1, 'base', '2025-07-10', 1900, 'a raise on the very day; it may be a cut'),
    (1, 'base', '2100-01-01', 1900, 'the newest for ever'),
    (2, 'base', '2025-03-09', 1800, 'its segment'),
    (2, 'base', '2025-03-10', 1850, 'a raise in its segment'),
    (2, 'base', '2025-08-10', 1850, 'raises everywhere else are none here'),
    (3, 'base', '2025-03-09', 2050, 'bought before its segment had a price'),
    (3, 'base', '2025-03-10', 3000, 'raised when it has one'),
    (4, 'base', '2025-05-10', 1890, 'net'),
    (5, 'base', '2025-02-10', 2050, 'bought the day before: the row of that day is asked of new customers'),
    (6, 'base', '2025-04-15', 2200, 'bought when new customers paid that'),
    (6, 'base', '2025-05-15', 2200, 'a raise that began on the day of the purchase is none'),
    (6, 'base', '2025-07-15', 1900, 'a later one is'),
    (7, 'base', '2025-04-15', 2100, 'bought the day before, it is one already'),
    (7, 'base', '2025-04-01', 2100, 'also asked before it begins'),
    (8, 'steps', '2025-02-01', 0,    'the trial goes on as sold'),
    (8, 'steps', '2025-02-28', 1200, 'the second step as sold'),
    (8, 'steps', '2025-03-28', 1200, 'the day before the raise'),
    (8, 'steps', '2025-04-28', 1300, 'raised'),
    (8, 'steps', '2025-05-28', 1400, 'raised again'),
    (8, 'steps', '2026-01-01', 1400, 'after the end what the last period cost'),
    (10, 'steps', '2025-06-01', 0,   'ended with the trial'),
    (9, 'base', '2025-06-01', 2050, 'ended before the raise'),
    (9, 'adv', '2025-03-19', 300,   'an advantage'),
    (9, 'adv', '2025-03-20', 350,   'raised'),
    (9, 'adv', '2025-06-01', 350,   'its last period'),
    (9, 'reg', '2025-03-15', 850,   'what will be asked on its first day'),
    (9, 'reg', '2025-04-20', 850,   'is what it costs then'),
    (9, 'reg', '2025-05-20', 850,   'before the raise'),
    (9, 'reg', '2025-06-20', 900,   'after it')) AS c (n, offer, day, amount, why);

-- Drawn. Sixty days: one column a day. What is past is =, what is planned -, the day of a cancellation |.
SELECT pg_temp.live('drawn', '{buy base 2025-01-10,buy adv 2025-01-20,cancel base 2025-02-14,buy base-2 2100-01-10,buy finite 2024-09-15,
                               buy finite 2025-02-14 at 2025-02-01,cancel finite 2025-02-02 immediate}'::text[]) \g /dev/null
SELECT pg_temp.live('drawn now', ARRAY['buy weekly ' || (clock_timestamp() AT TIME ZONE 'Pacific/Kiritimati')::date - 5 || ' in P-KI']) \g /dev/null
CREATE FUNCTION pg_temp.drawn(customer text, from_date date, to_date date) RETURNS text LANGUAGE sql AS $$
    SELECT E'\n' || string_agg(g || '.', E'\n') FROM offerengine.subscription_gantt($1, $2, $3) AS g
$$;
SELECT is(pg_temp.drawn(c.customer, c.from_date::date, c.to_date::date), c.drawing, format('%s from %s to %s', c.customer, c.from_date, c.to_date))
  FROM (VALUES
    ('drawn', '2025-01-01', '2025-03-02', '
     2025-01                        2025-02.
base          ===================================|=============== 2025-01-10 to 2025-03-10.
adv                     ========================================= 2025-01-20 to 2025-03-20.'),
    ('drawn', '2024-12-01', '2024-12-21', '
       2024-12.
finite ==============       2024-09-15 to 2024-12-15.'),
    ('drawn', '2025-03-09', '2025-03-11', '
     2025-03.
base =  2025-01-10 to 2025-03-10.
adv  == 2025-01-20 to 2025-03-20.'),
    ('drawn', '2025-03-19', '2025-03-20', '
    2025-03.
adv = 2025-01-20 to 2025-03-20.'),
    ('drawn', '2099-12-15', '2100-02-13', '
       2099-12          2100-01                        2100-02.
reg    ------------------------------------------------------------ 2025-03-20 to open.
base-2                           ---------------------------------- 2100-01-10 to open.'),
    ('drawn', '2025-01-01', '2026-01-01', '
     2025-01  2025-03   2025-05   2025-07    2025-09   2025-11.
base  ======|====                                                 2025-01-10 to 2025-03-10.
adv     ==========                                                2025-01-20 to 2025-03-20.
reg              ================================================ 2025-03-20 to open.'),
    ('drawn', '2023-01-01', '2023-12-31', '
 2023-01  2023-03   2023-05   2023-07    2023-09   2023-11.'),
    ('nobody we know', '2025-01-01', '2025-01-08', '
 2025-01.')) AS c (customer, from_date, to_date, drawing);
SELECT is(substr(g, 1, 67), 'weekly ' || repeat(' ', 5) || repeat('=', 6) || repeat('-', 49), 'today is past')
  FROM offerengine.subscription_gantt('drawn now', (clock_timestamp() AT TIME ZONE 'Pacific/Kiritimati')::date - 10,
                                      (clock_timestamp() AT TIME ZONE 'Pacific/Kiritimati')::date + 50) WITH ORDINALITY AS d (g, line)
 WHERE d.line = 2;
SELECT pg_temp.live('last day', '{buy base 2025-12-31}') \g /dev/null
SELECT is(pg_temp.drawn('last day', '2025-01-01', '2026-01-01'), '
     2025-01  2025-03   2025-05   2025-07    2025-09   2025-11.
base                                                            = 2025-12-31 to open.', 'not even the last day is lost');
SELECT is(pg_temp.outcome(format('SELECT offerengine.subscription_gantt(''drawn'', %s)', c.days)), c.answer, c.days)
  FROM (VALUES ($$NULL, '2025-01-01'$$, '22004 from_date and to_date must not be NULL'), ($$'2025-01-01', NULL$$, '22004 from_date and to_date must not be NULL'),
               ($$'2025-01-01', '2025-01-01'$$, '22023 nothing lies between 2025-01-01 and 2025-01-01'),
               ($$'2025-01-02', '2025-01-01'$$, '22023 nothing lies between 2025-01-02 and 2025-01-01'),
               ($$'2025-01-01', '2125-01-03'$$, '22023 36526 days are more than are drawn'),
               ($$'4713-01-01 BC', '5874897-12-31'$$, '22023 2147483455 days are more than are drawn'),
               ($$'5874897-12-31', '300000-01-01'$$, '22023 nothing lies between 5874897-12-31 and 300000-01-01'),
               ($$'2025-01-01', 'infinity'$$, '22023 nothing lies between 2025-01-01 and infinity'),
               ($$'-infinity', '2025-01-01'$$, '22023 nothing lies between -infinity and 2025-01-01')) AS c (days, answer);

SELECT is((SELECT count(*) FROM offerengine.subscription_gantt('nobody', '2025-01-01', '2125-01-02')), 1::bigint, 'a hundred years');
SELECT is((SELECT rtrim(g) FROM offerengine.subscription_gantt('nobody', '300000-12-31', '300001-01-08') g), ' 300000-12', 'days that no instant knows');

-- The C function behind it checks what it is told, whoever may call it.
SELECT is(regexp_replace(pg_temp.outcome(format('SELECT offerengine_internal.plan_timeline(%s)', c.arguments)), '[0-9a-f]{8}-[0-9a-f-]{27}', 'S', 'g'),
          c.answer, c.arguments)
  FROM (SELECT pg_temp.live('planned', '{"buy base 2025-01-10"}'), pg_temp.sub('planned', 'base') AS id) AS s
 CROSS JOIN LATERAL (VALUES
    ($$NULL, '2025-01-01', false$$, '22004 customer_reference, acted_on and is_written must not be NULL'),
    ($$'planned', NULL, false$$, '22004 customer_reference, acted_on and is_written must not be NULL'),
    ($$'planned', '2025-01-01', NULL$$, '22004 customer_reference, acted_on and is_written must not be NULL'),
    ($$'planned', 'infinity', false$$, '22023 acted_on must be finite'),
    (format($$'planned', '2025-01-01', false, %L, '-infinity', 'regular'$$, s.id), '22023 cancelled_on must be finite'),
    (format($$'planned', '2025-01-01', false, %L, '2025-02-01', 'at_date', 'infinity'$$, s.id), '22023 cancel_ends_on must be finite'),
    (format($$'planned', '2025-01-01', false, %L, '2025-02-01', 'sometime'$$, s.id), '22023 unknown mode of cancellation "sometime"'),
    (format($$'planned', '2025-01-01', false, %L, '2025-02-01', ''$$, s.id), '22023 unknown mode of cancellation ""'),
    (format($$'planned', '2025-01-01', false, %L, NULL, 'regular'$$, s.id), '22004 a cancellation needs subscription_id and cancelled_on'),
    ($$'planned', '2025-01-01', false, NULL, '2025-02-01', 'regular'$$, '22004 a cancellation needs subscription_id and cancelled_on'),
    (format($$'planned', '2025-01-01', false, %L, '2025-02-01'$$, s.id), '22004 cancelled_on needs cancel_mode'),
    (format($$'planned', '2025-01-01', false, %L, '2025-02-01', 'at_date'$$, s.id), '22023 cancel_mode at_date, and no other, has cancel_ends_on'),
    (format($$'planned', '2025-01-01', false, %L, '2025-02-01', 'regular', '2025-03-01'$$, s.id),
     '22023 cancel_mode at_date, and no other, has cancel_ends_on'),
    ($$'planned', '2025-01-01', false, '00000000-0000-7000-8000-000000000000', '2025-02-01', 'regular'$$, 'OE020 customer "planned" has no subscription S'),
    (format($$'planned', '2025-01-01', false, %L, '2025-02-01', 'regular', NULL, NULL, '{{1},{2}}'$$, s.id), '(S,base,ends,2025-02-10,2025-01-10,S,,' ||
        (SELECT p.price_sheet_id FROM offerengine.price_sheet p WHERE p.code = 'p-base') || ')')) AS c (arguments, answer);

SELECT * FROM finish();
ROLLBACK;
