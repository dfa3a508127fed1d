-- When a cancelled subscription ends: terms, notices, steps and durations day by day; what a preview says; what is taken back.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

-- Offers by their terms. "steps" begins with a trial month, "three" with two weeks and then two months.
SELECT pg_temp.sell('no-notice', 100, notice => '0'), pg_temp.sell('fortnight', 100, notice => '14 days'),
       pg_temp.sell('long-notice', 100, notice => '27 days'),
       pg_temp.sell('quarter', 100, '3 months', '1 month', '1 month'), pg_temp.sell('year', 100, '1 year', '1 month', '3 months'),
       pg_temp.sell('leap', 100, '1 year', '1 year'), pg_temp.sell('weeks', 100, '4 weeks', '1 week', '2 weeks'),
       pg_temp.sell('days', 100, '10 days', '10 days', '3 days'),
       pg_temp.sell('term-of-three', 100, '3 months', '1 month', '1 day', '6 months'),
       pg_temp.sell('finite-notice', 100, '1 month', '1 month', '20 days', '3 months'),
       pg_temp.sell('steps', 0, duration => '1 month'), pg_temp.sell('three', 0, '1 week', '1 week', '0', '2 weeks') \g /dev/null
SELECT offerengine.put_contract('p-then-quarter', NULL, '3 months', '1 month', '14 days', '0', 'p-base'),
       offerengine.put_contract('p-then-two', NULL, '1 month', '1 month', '1 day', '2 months', 'p-base-2'),
       offerengine.put_contract('p-then-year', NULL, '1 year', '1 month', '1 day', '0', 'p-base') \g /dev/null
SELECT offerengine.set_offer_steps('steps', '{p-steps,p-then-quarter}'),
       offerengine.set_offer_steps('three', '{p-three,p-then-two,p-then-year}') \g /dev/null

-- The day on which a subscription ends that was bought to begin on a day and is cancelled on another; at: bought on a third.
CREATE FUNCTION pg_temp.ends(offer text, starts_on text, day text, mode text DEFAULT 'regular', ends_on text DEFAULT NULL,
                             at text DEFAULT NULL)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    customer text := pg_temp.live('buyer ' || nextval('pg_temp.customer_no'),
                                  ARRAY[concat_ws(' ', 'buy', offer, starts_on, 'at ' || at)]);
BEGIN
    RETURN (SELECT to_char(c.effective_on, 'YYYY-MM-DD')
              FROM offerengine.cancel_subscription(customer, pg_temp.sub(customer, offer), mode, day::date,
                                                   ends_on => ends_on::date) AS c);
END
$$;

SELECT is(pg_temp.ends(c.offer, c.starts_on, c.day), c.ends_on, format('%s from %s, cancelled on %s', c.offer, c.starts_on, c.day))
  FROM (VALUES
    -- The first end of a term that the day is further than the notice away from.
    ('base',        '2025-01-10', '2025-01-10', '2025-02-10'),
    ('base',        '2025-01-10', '2025-03-15', '2025-04-10'),
    ('base',        '2025-01-10', '2025-04-08', '2025-04-10'),
    ('base',        '2025-01-10', '2025-04-09', '2025-05-10'),
    ('base',        '2025-01-10', '2025-04-10', '2025-05-10'),
    ('base',        '2025-01-10', '2025-04-11', '2025-05-10'),
    ('no-notice',   '2025-01-10', '2025-04-09', '2025-04-10'),
    ('no-notice',   '2025-01-10', '2025-04-10', '2025-05-10'),
    ('fortnight',   '2025-01-10', '2025-03-26', '2025-04-10'),
    ('fortnight',   '2025-01-10', '2025-03-27', '2025-05-10'),
    ('long-notice', '2025-03-10', '2025-03-13', '2025-04-10'),
    ('long-notice', '2025-03-10', '2025-03-14', '2025-05-10'),
    -- In months, from the anchor's day as far as the month has it.
    ('base',        '2025-01-31', '2025-02-01', '2025-02-28'),
    ('base',        '2025-01-31', '2025-02-26', '2025-02-28'),
    ('base',        '2025-01-31', '2025-02-27', '2025-03-31'),
    ('base',        '2024-01-31', '2024-02-27', '2024-02-29'),
    ('base',        '2024-01-31', '2024-02-28', '2024-03-31'),
    ('base',        '2025-03-30', '2025-03-31', '2025-04-30'),
    ('quarter',     '2024-11-30', '2025-01-27', '2025-02-28'),
    ('quarter',     '2024-11-30', '2025-01-28', '2025-05-30'),
    ('year',        '2025-01-31', '2025-10-30', '2026-01-31'),
    ('year',        '2025-01-31', '2025-10-31', '2027-01-31'),
    ('leap',        '2024-02-29', '2024-03-01', '2025-02-28'),
    ('leap',        '2024-02-29', '2025-02-26', '2025-02-28'),
    ('leap',        '2024-02-29', '2025-02-27', '2026-02-28'),
    ('leap',        '2024-02-29', '2027-03-05', '2028-02-29'),
    -- In days: clocks that change on 30 March are nothing to a day.
    ('weeks',       '2025-03-03', '2025-03-16', '2025-03-31'),
    ('weeks',       '2025-03-03', '2025-03-17', '2025-04-28'),
    ('days',        '2025-01-01', '2025-01-07', '2025-01-11'),
    ('days',        '2025-01-01', '2025-01-08', '2025-01-21'),
    -- Never later than it would have ended anyway.
    ('finite',         '2025-01-10', '2025-02-15', '2025-03-10'),
    ('finite',         '2025-01-10', '2025-03-15', '2025-04-10'),
    ('finite',         '2025-01-10', '2025-04-09', '2025-04-10'),
    ('finite-notice',  '2025-01-10', '2025-02-15', '2025-03-10'),
    ('finite-notice',  '2025-01-10', '2025-03-25', '2025-04-10'),
    ('term-of-three',  '2025-01-10', '2025-02-15', '2025-04-10'),
    ('term-of-three',  '2025-01-10', '2025-04-09', '2025-07-10'),
    ('term-of-three',  '2025-01-10', '2025-07-09', '2025-07-10'),
    -- Term, notice and grid are those of the step that runs on the day; each step counts from where the one before ended.
    ('steps', '2025-01-31', '2025-02-01', '2025-02-28'),
    ('steps', '2025-01-31', '2025-02-27', '2025-02-28'),
    ('steps', '2025-01-31', '2025-02-28', '2025-05-28'),
    ('steps', '2025-01-31', '2025-05-13', '2025-05-28'),
    ('steps', '2025-01-31', '2025-05-14', '2025-08-28'),
    ('three', '2025-02-20', '2025-02-20', '2025-02-27'),
    ('three', '2025-02-20', '2025-02-26', '2025-02-27'),
    ('three', '2025-02-20', '2025-03-05', '2025-03-06'),
    ('three', '2025-02-20', '2025-03-06', '2025-04-06'),
    ('three', '2025-02-20', '2025-04-04', '2025-04-06'),
    ('three', '2025-02-20', '2025-05-05', '2025-05-06'),
    ('three', '2025-02-20', '2025-05-06', '2026-05-06')) AS c (offer, starts_on, day, ends_on);

-- Before the first day: the first step's terms, and one of them at least.
SELECT is(pg_temp.ends(c.offer, '2025-03-10', c.day, at => '2025-01-01'), c.ends_on,
          format('%s from 10 March, cancelled on %s', c.offer, c.day))
  FROM (VALUES ('base', '2025-01-02', '2025-04-10'), ('base', '2025-03-09', '2025-04-10'), ('steps', '2025-01-02', '2025-04-10'),
               ('long-notice', '2025-03-09', '2025-04-10'), ('finite', '2025-01-02', '2025-04-10'))
       AS c (offer, day, ends_on);

-- Immediately, and at a date.
SELECT is(pg_temp.ends(c.offer, '2025-03-10', c.day, c.mode, c.asked_for, c.at), c.ends_on,
          format('%s from 10 March, %s', c.offer, concat_ws(' ', c.mode, 'on', c.day, c.asked_for)))
  FROM (VALUES
    ('base',   '2025-04-02', 'immediate', NULL,         NULL,         '2025-04-02'),
    ('base',   '2025-03-10', 'immediate', NULL,         NULL,         '2025-03-10'),
    ('base',   '2025-03-01', 'immediate', NULL,         '2025-02-01', '2025-03-10'),
    ('year',   '2025-03-11', 'immediate', NULL,         NULL,         '2025-03-11'),
    ('steps',  '2025-04-09', 'immediate', NULL,         NULL,         '2025-04-09'),
    ('base',   '2025-04-02', 'at_date',   '2025-04-02', NULL,         '2025-04-02'),
    ('base',   '2025-04-02', 'at_date',   '2025-04-03', NULL,         '2025-04-03'),
    ('base',   '2025-04-02', 'at_date',   '2031-12-31', NULL,         '2031-12-31'),
    ('finite', '2025-04-02', 'at_date',   '2025-06-09', NULL,         '2025-06-09'),
    ('finite', '2025-04-02', 'at_date',   '2025-06-11', NULL,         '2025-06-10'),
    ('base',   '2025-02-10', 'at_date',   '2025-02-20', '2025-02-01', '2025-03-10')) AS c (offer, day, mode, asked_for, at, ends_on);
SELECT pg_temp.live('never', '{buy base 2025-03-10 at 2025-02-01,cancel base 2025-03-01 immediate}') \g /dev/null
SELECT is((SELECT string_agg(t.status || coalesce(t.next_boundary::text, ''), ' ')
             FROM offerengine.subscription_timeline('never', c.day::date) AS t), 'ignored',
          'ended when it would have begun: it never runs, whatever the day: ' || c.day)
  FROM (VALUES ('2025-03-01'), ('2025-03-10'), ('2025-03-11')) AS c (day);

-- Left out: regularly, today in the store.
SELECT pg_temp.live('today', '{buy base 2025-01-10 in P-KI,buy finite 2025-01-10}') \g /dev/null
SELECT offerengine.cancel_subscription('today', pg_temp.sub('today', 'base')) \g /dev/null
SELECT pg_temp.same_rows(
    $$ SELECT s.cancelled_on, s.cancel_mode FROM offerengine.subscription s
        WHERE s.customer_reference = 'today' AND s.cancelled_on IS NOT NULL $$,
    $$ VALUES ((clock_timestamp() AT TIME ZONE 'Pacific/Kiritimati')::date, 'regular') $$,
    'mode and day left out: regularly, today in the store');

-- The answer begins with the subscription itself, whatever else becomes of it.
SELECT pg_temp.live('first', '{buy base 2025-01-10,buy adv 2025-01-20,buy finite 2025-01-10,cancel base 2025-03-15}') \g /dev/null
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE 'SELECT string_agg(concat_ws('' '', c.change, c.offer_reference, to_char(c.effective_on, ''YYYY-MM-DD'')), '', ''
                               ORDER BY c.ordinality) FROM offerengine.' || statement || ' WITH ORDINALITY AS c' INTO answer;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || regexp_replace(SQLERRM, '[0-9a-f]{8}-[0-9a-f-]{27}', 'S');
END
$$;
CREATE FUNCTION pg_temp.cancel(customer text, named text, VARIADIC rest text[]) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.answer(format('cancel_subscription(%L, %L, %s)', customer, pg_temp.sub(customer, named), array_to_string(rest, ', ')))
$$;
CREATE FUNCTION pg_temp.withdraw(customer text, named text, VARIADIC rest text[]) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.answer(format('withdraw_cancellation(%L, %L, %s)', customer, pg_temp.sub(customer, named), array_to_string(rest, ', ')))
$$;
SELECT is(pg_temp.cancel('first', 'adv', $$'regular'$$, $$'2025-04-01'$$), 'ends adv 2025-04-20, ignored reg 2025-04-20',
          'it ends when the switch would have been');
SELECT is(pg_temp.cancel('first', 'finite', $$'regular'$$, $$'2025-04-01'$$), 'ends finite 2025-04-10', 'it ends when it would have ended');
SELECT is(pg_temp.withdraw('first', 'finite', $$'2025-04-02'$$), NULL, 'taking that back moves nothing');
SELECT is(pg_temp.cancel('first', 'finite', $$'regular'$$, $$'2025-02-01'$$), 'moved finite 2025-02-10', 'it had an end, which moves');
SELECT is(pg_temp.withdraw('first', 'finite', $$'2025-02-02'$$), 'moved finite 2025-04-10', 'and moves back');

-- Once more: the same changes nothing, more than that is refused, but for an earlier or another end after a regular one.
SELECT pg_temp.live('again', '{buy base 2025-01-10,buy adv 2025-01-20}') \g /dev/null
CREATE FUNCTION pg_temp.events(customer text) RETURNS bigint LANGUAGE sql AS
    'SELECT count(*) FROM offerengine.subscription_event e WHERE e.customer_reference = $1';
SELECT is(pg_temp.cancel('again', 'base', $$'regular'$$, $$'2025-03-15'$$, $$reason => 'moving'$$),
          'ends base 2025-04-10, ends adv 2025-04-20, starts reg 2025-04-20', 'first');
SELECT is(pg_temp.events('again'), 5::bigint, 'purchased twice, cancelled, ends, starts');
SELECT is(pg_temp.cancel('again', 'base', $$'regular'$$, $$'2025-03-15'$$, $$reason => 'another reason'$$), 'ends base 2025-04-10',
          'the same again');
SELECT is(pg_temp.events('again'), 5::bigint, 'changes nothing');
SELECT is((SELECT t.reason FROM offerengine.subscription_timeline('again', '2025-03-15') AS t WHERE t.offer_reference = 'base'),
          'cancelled regularly: moving', 'not even the reason');
SELECT is(pg_temp.cancel('again', 'base', VARIADIC string_to_array(c.rest, ';')), c.answer, 'after regularly on 15 March: ' || c.rest)
  FROM (VALUES
    ($$'regular';'2025-03-16'$$, 'OE012 subscription S to offer "base" was cancelled on 2025-03-15 and ends on 2025-04-10'),
    ($$'regular';'2025-03-14'$$, 'OE012 subscription S to offer "base" was cancelled on 2025-03-15 and ends on 2025-04-10'),
    ($$'at_date';'2025-03-16';ends_on => '2025-03-20'$$, 'moved base 2025-03-20, moved adv 2025-03-20, moved reg 2025-03-20'),
    ($$'regular';'2025-03-16'$$, 'OE012 subscription S to offer "base" was cancelled on 2025-03-16 and ends on 2025-03-20'),
    ($$'at_date';'2025-03-16';ends_on => '2025-03-20'$$, 'ends base 2025-03-20'),
    ($$'at_date';'2025-03-16';ends_on => '2025-05-21'$$, 'moved base 2025-05-21, moved adv 2025-06-20, moved reg 2025-06-20'),
    ($$'immediate';'2025-03-17'$$, 'moved base 2025-03-17, moved adv 2025-03-20, moved reg 2025-03-20'),
    ($$'immediate';'2025-03-17'$$, 'ends base 2025-03-17'),
    ($$'immediate';'2025-03-16'$$, 'OE012 subscription S to offer "base" was cancelled on 2025-03-17 and ends on 2025-03-17'),
    ($$'at_date';'2025-03-16';ends_on => '2025-03-18'$$,
     'OE012 subscription S to offer "base" was cancelled on 2025-03-17 and ends on 2025-03-17'),
    ($$'regular';'2025-03-17'$$, 'OE012 subscription S to offer "base" ends on 2025-03-17 and does not run on 2025-03-17 any more'))
       AS c (rest, answer);

-- What has ended, or never runs.
SELECT pg_temp.live('over', '{buy finite 2025-01-10,buy base 2025-02-10 at 2025-01-01,cancel base 2025-01-20 immediate,
                              buy adv 2025-01-20}'::text[]) \g /dev/null
SELECT is(pg_temp.cancel('over', c.named, VARIADIC string_to_array(c.rest, ';')), c.answer, format('%s: %s', c.named, c.rest))
  FROM (VALUES
    ('finite', $$'regular';'2025-04-10'$$, 'OE012 subscription S to offer "finite" ends on 2025-04-10 and does not run on 2025-04-10 any more'),
    ('finite', $$'immediate';'2026-01-01'$$, 'OE012 subscription S to offer "finite" ends on 2025-04-10 and does not run on 2026-01-01 any more'),
    ('base#1', $$'regular';'2025-01-21'$$, 'OE012 subscription S to offer "base" never runs'),
    ('adv',    $$'regular';'2025-04-20'$$, 'OE012 subscription S to offer "adv" ends on 2025-04-20 and does not run on 2025-04-20 any more'),
    ('reg',    $$'regular';'2025-04-20'$$, 'ends reg 2025-05-20')) AS c (named, rest, answer);
SELECT pg_temp.live('ignored', '{buy base 2025-01-10,buy adv 2025-01-20,cancel base 2025-03-15,withdraw base 2025-03-15}') \g /dev/null
SELECT is(pg_temp.cancel('ignored', 'reg#1', $$'immediate'$$, $$'2025-03-15'$$), 'OE012 subscription S to offer "reg" never runs',
          'a successor that is ignored');

-- A planned successor may be cancelled before it begins, and stays so when it moves.
SELECT pg_temp.live('planned', '{buy base 2025-01-10,buy adv 2025-01-20,cancel base 2025-03-15}') \g /dev/null
SELECT is(pg_temp.cancel('planned', 'reg', $$'regular'$$, $$'2025-03-16'$$), 'ends reg 2025-05-20', 'after one term');
SELECT is(pg_temp.cancel('planned', 'base', $$'immediate'$$, $$'2025-03-17'$$),
          'moved base 2025-03-17, moved adv 2025-03-20, moved reg 2025-03-20', 'the base goes earlier');
SELECT is(pg_temp.course('planned'), 'base 2025-01-10..2025-03-17, adv 2025-01-20..2025-03-20, reg 2025-03-20..2025-04-20',
          'still after one term');
SELECT is(pg_temp.withdraw('planned', 'reg', $$'2025-03-18'$$), 'moved reg', 'withdrawn before it begins');

-- Withdrawn: only what is cancelled, and while it runs.
SELECT pg_temp.live('back', '{buy base 2025-01-10,buy adv 2025-01-20,buy base-2 2025-01-15}') \g /dev/null
SELECT is(pg_temp.withdraw('back', 'base', $$'2025-03-15'$$), 'OE012 subscription S to offer "base" is not cancelled', 'not cancelled');
SELECT pg_temp.live('back', '{cancel base 2025-03-15,cancel base-2 2025-03-13 immediate}') \g /dev/null
SELECT is(pg_temp.withdraw('back', c.named, quote_literal(c.day)), c.answer, format('withdraw %s on %s', c.named, c.day))
  FROM (VALUES
    ('base-2', '2025-03-13', 'OE012 subscription S to offer "base-2" ends on 2025-03-13 and does not run on 2025-03-13 any more'),
    ('base',   '2025-04-10', 'OE012 subscription S to offer "base" ends on 2025-04-10 and does not run on 2025-04-10 any more'),
    ('base',   '2025-04-09', 'moved base, ignored reg 2025-04-20, moved adv'),
    ('base',   '2025-04-09', 'OE012 subscription S to offer "base" is not cancelled'),
    ('adv',    '2025-04-09', 'OE012 subscription S to offer "adv" is not cancelled')) AS c (named, day, answer);
SELECT pg_temp.same_rows(
    $$ SELECT s.cancelled_on, s.cancel_mode, s.cancel_ends_on, s.cancel_reason, s.cancelled_period_ends_on, s.restarting_rule_ids, s.ends_on,
              s.agreed_ends_on
         FROM offerengine.subscription s WHERE s.customer_reference = 'back' AND s.offer_id = pg_temp.offer('base') $$,
    $$ SELECT NULL::date, NULL, NULL::date, NULL::text, NULL::date, NULL::bigint[], NULL::date, NULL::date $$,
    'withdrawn, nothing of the cancellation is left');
SELECT pg_temp.live('late', '{buy base 2025-01-10,buy adv 2025-01-20,cancel base 2025-03-15}') \g /dev/null
SELECT is(pg_temp.withdraw('late', 'base', $$'2025-03-15'$$, $$NULL$$), 'moved base, ignored reg 2025-04-20, moved adv', 'channel left out');

-- A preview says what the cancellation will answer, or refuse, and leaves everything as it is; nothing need be writable.
CREATE FUNCTION pg_temp.everything(customer text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws('|',
        (SELECT string_agg(t.xmin || t.ctid::text || t::text, '/' ORDER BY t.ctid) FROM offerengine.customer_timeline t WHERE t.customer_reference = $1),
        (SELECT string_agg(t.xmin || t.ctid::text || t::text, '/' ORDER BY t.ctid) FROM offerengine.subscription t WHERE t.customer_reference = $1),
        (SELECT string_agg(t.xmin || t.ctid::text || t::text, '/' ORDER BY t.ctid) FROM offerengine.subscription_step t WHERE t.customer_reference = $1),
        (SELECT string_agg(t.xmin || t.ctid::text || t::text, '/' ORDER BY t.ctid) FROM offerengine.subscription_quantity t WHERE t.customer_reference = $1),
        (SELECT string_agg(t.xmin || t.ctid::text || t::text, '/' ORDER BY t.ctid) FROM offerengine.subscription_event t WHERE t.customer_reference = $1))
$$;
CREATE FUNCTION pg_temp.read_only(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    BEGIN
        SET LOCAL transaction_read_only = on;
        answer := pg_temp.answer(statement);
        RAISE EXCEPTION USING ERRCODE = 'P1111';
    EXCEPTION WHEN SQLSTATE 'P1111' THEN
        RETURN answer;
    END;
END
$$;
CREATE TEMP TABLE preview (n serial, deeds text, named text, rest text);
INSERT INTO preview (deeds, named, rest) VALUES
    ('buy base 2025-01-10, buy adv 2025-01-20', 'base', $$'regular', '2025-03-15'$$),
    ('buy base 2025-01-10, buy adv 2025-01-20', 'base', $$'immediate', '2025-03-15'$$),
    ('buy base 2025-01-10, buy adv 2025-01-20', 'base', $$'at_date', '2025-03-15', ends_on => '2025-08-01'$$),
    ('buy base 2025-01-10, buy adv 2025-01-20', 'adv', $$'regular', '2025-03-15'$$),
    ('buy base 2025-01-10, buy adv 2025-01-20, buy base-2 2025-02-01', 'base', $$'regular', '2025-03-15'$$),
    ('buy base 2025-01-10, buy adv 2025-01-20, cancel base 2025-03-15', 'adv', $$'regular', '2025-04-01'$$),
    ('buy base 2025-01-10, buy adv 2025-01-20, cancel base 2025-03-15', 'reg', $$'regular', '2025-04-01'$$),
    ('buy base 2025-01-10, buy adv 2025-01-20, cancel base 2025-03-15', 'base', $$'immediate', '2025-03-16'$$),
    ('buy base 2025-01-10, buy adv 2025-01-20, cancel base 2025-03-15', 'base', $$'regular', '2025-03-15'$$),
    ('buy base 2025-01-10, buy adv 2025-01-20, cancel base 2025-03-15', 'base', $$'regular', '2025-03-16'$$),
    ('buy base 2025-01-10, buy adv 2025-01-20, cancel base 2025-03-15, withdraw base 2025-03-20', 'base', $$'regular', '2025-05-15'$$),
    ('buy finite 2025-01-10, buy adv 2025-01-20', 'finite', $$'regular', '2025-02-01'$$),
    ('buy finite 2025-01-10', 'finite', $$'regular', '2025-04-10'$$),
    ('buy base 2025-03-10 at 2025-01-01', 'base', $$'immediate', '2025-02-01'$$),
    ('buy base 2025-01-10, buy adv-r 2025-01-20', 'base', $$'immediate', '2025-03-15'$$),
    ('buy base 2025-01-10', 'base', $$'sometimes', '2025-03-15'$$),
    ('buy base 2025-01-10', 'base', $$'regular', 'infinity'$$),
    ('buy base 2025-01-10', 'base', $$'at_date', '2025-03-15', 'self_service', '2025-03-16'$$),
    ('import foreign X 2025-01-10 -', 'foreign', $$'regular', '2025-03-15'$$);
SELECT pg_temp.sell('adv-r', 100), pg_temp.sell('reg-r', 200), pg_temp.rule('restart', 'BASE', 'adv-r', 'reg-r', 'restart_period') \g /dev/null
SELECT pg_temp.live('preview ' || p.n, string_to_array(p.deeds, ', ')) FROM preview p ORDER BY p.n \g /dev/null
CREATE TEMP TABLE previewed AS
SELECT p.n, pg_temp.everything('preview ' || p.n) AS before,
       pg_temp.read_only(format('preview_cancellation(%L, %L, %s)', 'preview ' || p.n, pg_temp.sub('preview ' || p.n, p.named), p.rest)) AS answer
  FROM preview p;
SELECT is(pg_temp.everything('preview ' || d.n), d.before, 'previewed, everything is as it was: ' || d.n) FROM previewed d ORDER BY d.n;
SELECT is(pg_temp.cancel('preview ' || p.n, p.named, p.rest), d.answer, format('preview and cancellation: %s, %s', p.deeds, d.answer))
  FROM preview p JOIN previewed d USING (n) ORDER BY p.n;
SELECT isnt(pg_temp.everything('preview ' || d.n), d.before, 'cancelled, it is not: ' || d.n)
  FROM previewed d WHERE d.answer !~ '^[0-9O]' AND d.n <> 9 ORDER BY d.n;
SELECT is((SELECT count(DISTINCT d.answer) FROM previewed d WHERE d.answer LIKE 'OE012%' OR d.answer LIKE '22023%' OR d.answer LIKE 'OE011%'),
          6::bigint, 'and six of them were refusals');

-- Who is to be new has no id yet.
SELECT pg_temp.live('ids', '{buy base 2025-01-10,buy adv 2025-01-20}') \g /dev/null
SELECT pg_temp.same_rows(
    $$ SELECT p.offer_reference, p.subscription_id, p.old_amount, p.new_amount
         FROM offerengine.preview_cancellation('ids', pg_temp.sub('ids', 'base'), on_date => '2025-03-15') AS p $$,
    $$ VALUES ('base', pg_temp.sub('ids', 'base'), 2000::bigint, NULL::bigint), ('adv', pg_temp.sub('ids', 'adv'), 300, NULL),
              ('reg', NULL, 300, 800) $$, 'ids and amounts of a preview');
SELECT pg_temp.same_rows(
    $$ SELECT c.offer_reference, c.subscription_id
         FROM offerengine.cancel_subscription('ids', pg_temp.sub('ids', 'base'), on_date => '2025-03-15') AS c $$,
    $$ VALUES ('base', pg_temp.sub('ids', 'base')), ('adv', pg_temp.sub('ids', 'adv')), ('reg', pg_temp.sub('ids', 'reg')) $$,
    'ids of a cancellation');

-- Refused, by a preview with the same words.
SELECT pg_temp.live('refused', '{buy base 2025-01-10,buy base 2025-03-10 at 2025-01-10}') \g /dev/null
SELECT is(pg_temp.answer(f.name || format(c.arguments, 'refused', pg_temp.sub('refused', 'base#1'))), c.answer, f.name || c.arguments)
  FROM unnest('{cancel_subscription,preview_cancellation}'::text[]) AS f (name), (VALUES
    ('(%L, NULL)',                                                 '22004 customer_reference and subscription_id must not be NULL'),
    ('(''somebody else'', %2$L)',                                  'OE020 customer "somebody else" has no subscription S'),
    ('(%L, ''00000000-0000-0000-0000-000000000000'')',             'OE020 customer "refused" has no subscription S'),
    ('(%L, %L, ''later'')',                                        '22023 unknown mode of cancellation "later"'),
    ('(%L, %L, channel => ''fax'')',                               '22023 unknown channel "fax"'),
    ('(%L, %L, on_date => ''infinity'')',                          '22023 the day infinity is no day'),
    ('(%L, %L, on_date => ''-infinity'')',                         '22023 the day -infinity is no day'),
    ('(%L, %L, ''at_date'', ''2025-03-15'')',                      '22004 a cancellation at_date needs ends_on'),
    ('(%L, %L, ''regular'', ''2025-03-15'', ends_on => ''2025-04-01'')',   '22023 mode regular takes no ends_on, 2025-04-01 was given'),
    ('(%L, %L, ''immediate'', ''2025-03-15'', ends_on => ''2025-04-01'')', '22023 mode immediate takes no ends_on, 2025-04-01 was given'),
    ('(%L, %L, ''at_date'', ''2025-03-15'', ends_on => ''2025-03-14'')',   '22023 a cancellation on 2025-03-15 cannot end the subscription on 2025-03-14'),
    ('(%L, %L, ''at_date'', ''2025-03-15'', ends_on => ''infinity'')',     '22023 a cancellation on 2025-03-15 cannot end the subscription on infinity'),
    ('(%L, %L, ''at_date'', ''2025-03-15'', ends_on => ''-infinity'')',    '22023 a cancellation on 2025-03-15 cannot end the subscription on -infinity'),
    ('(%L, %L, ''at_date'', ''2025-03-15'', ''self_service'', ''2025-04-01'')', 'OE011 a cancellation at_date is not allowed through channel self_service'),
    ('(%L, %L, ''at_date'', ''2025-03-15'', ''import'', ''2025-04-01'')',       'OE011 a cancellation at_date is not allowed through channel import'),
    ('(%L, %L, ''regular'', ''2025-03-15'', ''checkout'')',
     'OE011 offer "base" does not allow operation "cancel" through channel "checkout": an offer that is standard allows cancel through backend, self_service, system only'),
    ('(%L, %L, ''regular'', ''5874897-12-31'')',                   '22008 date out of range: 70474476 times "1 mon" from 2025-01-10')
  ) AS c (arguments, answer);
SELECT is(pg_temp.answer(format('%s(NULL, %L%s)', f.name, pg_temp.sub('refused', 'base'), f.rest)), f.answer, f.name || ' of nobody')
  FROM (VALUES ('cancel_subscription', '', '22004 customer_reference must not be NULL'),
               ('preview_cancellation', '', '22004 customer_reference and subscription_id must not be NULL'),
               ('withdraw_cancellation', '', '22004 customer_reference must not be NULL')) AS f (name, rest, answer);
SELECT is(pg_temp.answer('withdraw_cancellation' || format(c.arguments, 'refused', pg_temp.sub('refused', 'base#1'))), c.answer, 'withdraw_cancellation' || c.arguments)
  FROM (VALUES
    ('(%L, NULL)',                                      '22004 customer_reference and subscription_id must not be NULL'),
    ('(''somebody else'', %2$L)',                       'OE020 customer "somebody else" has no subscription S'),
    ('(%L, %L, ''2025-03-15'', ''fax'')',               '22023 unknown channel "fax"'),
    ('(%L, %L, ''infinity'')',                          '22023 the day infinity is no day'),
    ('(%L, %L, ''2025-03-15'', ''import'')',
     'OE011 offer "base" does not allow operation "withdraw" through channel "import": an offer that is standard allows withdraw through backend, self_service, system only')
  ) AS c (arguments, answer);
SELECT is(pg_temp.course('refused'), 'base 2025-01-10.., base 2025-03-10..', 'and nothing is changed');
-- Days that no instant knows are said all the same.
SELECT pg_temp.live('over', '{"buy base 2025-01-10", "cancel base 2025-03-01 immediate"}') \g /dev/null
SELECT is(pg_temp.answer(format('%s(''over'', %L, %s)', f.name, pg_temp.sub('over', 'base'), f.rest)), f.answer, f.name || ' on a far day')
  FROM (VALUES ('withdraw_cancellation', '''300000-01-01''', 'OE012 subscription S to offer "base" ends on 2025-03-01 and does not run on 300000-01-01 any more'),
               ('preview_cancellation', '''immediate'', ''300000-01-01''',
                'OE012 subscription S to offer "base" ends on 2025-03-01 and does not run on 300000-01-01 any more'),
               ('cancel_subscription', '''at_date'', ''300000-01-02'', ends_on => ''300000-01-01''',
                '22023 a cancellation on 300000-01-02 cannot end the subscription on 300000-01-01')) AS f (name, rest, answer);

SELECT * FROM finish();
ROLLBACK;
