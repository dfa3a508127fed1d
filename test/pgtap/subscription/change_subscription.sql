-- How many pieces a subscription has on which day.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

SELECT pg_temp.sell('weekly', 100, '4 weeks', '1 week', '0'), pg_temp.sell('year', 100, '1 year', '1 year'),
       pg_temp.sell('invoiced', 100, management => 'externally_invoiced'), pg_temp.sell('steps', 0, duration => '1 month') \g /dev/null
SELECT offerengine.put_contract('p-then', NULL, '3 months', '3 months', '0', '0', 'p-base'),
       offerengine.set_offer_steps('steps', '{p-steps,p-then}') \g /dev/null

CREATE FUNCTION pg_temp.change(customer text, named text, VARIADIC rest text[]) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(pg_temp.outcome(format('SELECT to_char(offerengine.change_subscription(%L, %L, %s), ''YYYY-MM-DD'')', customer,
                                                 pg_temp.sub(customer, named), array_to_string(rest, ', '))), '[0-9a-f]{8}-[0-9a-f-]{27}', 'S')
$$;
CREATE FUNCTION pg_temp.pieces(customer text, named text, VARIADIC days date[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(coalesce((SELECT l.quantity::text FROM offerengine.delivery_list(d.day) AS l
                                 WHERE l.customer_reference = $1 AND l.subscription_id = pg_temp.sub($1, $2)), '-'), ' ' ORDER BY d.ordinality)
      FROM unnest($3) WITH ORDINALITY AS d (day)
$$;

-- The day from which it counts: the next accounting period's first, or at once.
CREATE FUNCTION pg_temp.counts_from(deeds text, named text, rest text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN pg_temp.change(pg_temp.live('counts ' || nextval('pg_temp.customer_no'), string_to_array(deeds, ', ')), named, rest);
END
$$;
SELECT is(pg_temp.counts_from(c.deeds, split_part(c.deeds, ' ', 2), c.rest), c.answer, format('%s; %s', c.deeds, c.rest))
  FROM (VALUES
    ('buy base 2025-01-10', $$3, on_date => '2025-03-15'$$,                  '2025-04-10'),
    ('buy base 2025-01-10', $$3, NULL, NULL, '2025-03-15'$$,                 '2025-04-10'),
    ('buy base 2025-01-10', $$3, 'next_period', on_date => '2025-04-09'$$,   '2025-04-10'),
    ('buy base 2025-01-10', $$3, 'next_period', on_date => '2025-04-10'$$,   '2025-05-10'),
    ('buy base 2025-01-10', $$3, 'next_period', on_date => '2025-01-10'$$,   '2025-02-10'),
    ('buy base 2025-01-10', $$3, 'now', on_date => '2025-03-15'$$,           '2025-03-15'),
    ('buy base 2025-01-10', $$3, 'now', on_date => '2025-04-10'$$,           '2025-04-10'),
    ('buy base 2025-01-31', $$3, on_date => '2025-02-01'$$,                  '2025-02-28'),
    ('buy base 2025-01-31', $$3, on_date => '2025-02-28'$$,                  '2025-03-31'),
    ('buy weekly 2025-01-06', $$3, on_date => '2025-01-12'$$,                '2025-01-13'),
    ('buy year 2024-02-29', $$3, on_date => '2024-03-01'$$,                  '2025-02-28'),
    ('buy steps 2025-01-31', $$3, on_date => '2025-02-10'$$,                 '2025-02-28'),
    ('buy steps 2025-01-31', $$3, on_date => '2025-02-28'$$,                 '2025-05-28'),
    ('buy invoiced 2025-01-10', $$3, on_date => '2025-03-15'$$,              '2025-04-10'),
    ('buy base 2025-03-10 at 2025-01-01', $$3, on_date => '2025-02-01'$$,        '2025-03-10'),
    ('buy base 2025-03-10 at 2025-01-01', $$3, 'now', on_date => '2025-02-01'$$, '2025-03-10'),
    ('buy base 2025-01-10, cancel base 2025-03-15', $$3, on_date => '2025-03-16'$$,
     'OE012 subscription S to offer "base" ends on 2025-04-10: there is no next period'),
    ('buy base 2025-01-10, cancel base 2025-03-15', $$3, 'now', on_date => '2025-04-09'$$, '2025-04-09'),
    ('buy base 2025-01-10, cancel base 2025-03-15', $$3, 'now', on_date => '2025-04-10'$$,
     'OE012 subscription S to offer "base" ends on 2025-04-10 and does not run on 2025-04-10 any more'),
    ('buy base 2025-01-10, cancel base 2025-03-15 at 2025-03-20', $$3, on_date => '2025-03-16'$$,
     'OE012 subscription S to offer "base" ends on 2025-03-20: there is no next period'),
    ('buy finite 2025-01-10', $$3, on_date => '2025-03-10'$$,
     'OE012 subscription S to offer "finite" ends on 2025-04-10: there is no next period'),
    ('buy base 2025-01-10', $$2147483647, 'now', on_date => '2025-03-15'$$,  '2025-03-15'),
    ('buy base 2025-01-10', $$0, on_date => '2025-03-15'$$,                  '22023 quantity must be at least 1, not 0'),
    ('buy base 2025-01-10', $$-1, on_date => '2025-03-15'$$,                 '22023 quantity must be at least 1, not -1'),
    ('buy base 2025-01-10', $$NULL, on_date => '2025-03-15'$$,               '22004 quantity must not be NULL'),
    ('buy base 2025-01-10', $$3, 'soon', on_date => '2025-03-15'$$,          '22023 unknown time of effect "soon"'),
    ('buy base 2025-01-10', $$3, 'now', 'post', '2025-03-15'$$,              '22023 unknown channel "post"'),
    ('buy base 2025-01-10', $$3, 'now', on_date => 'infinity'$$,             '22023 the day infinity is no day'),
    ('buy base 2025-01-10', $$3, 'now', 'checkout', '2025-03-15'$$,
     'OE011 offer "base" does not allow operation "change" through channel "checkout": an offer that is standard allows change through backend, self_service, system only'),
    ('import foreign X 2025-01-10 -', $$3, on_date => '2025-03-15'$$,
     'OE011 offer "foreign" does not allow operation "change" through channel "backend": no offer that is externally_managed allows change')
  ) AS c (deeds, rest, answer);
SELECT pg_temp.live('today', '{buy base 2025-01-10 in P-KI}') \g /dev/null
SELECT is(pg_temp.change('today', 'base', $$3, 'now'$$), to_char(now() AT TIME ZONE 'Pacific/Kiritimati', 'YYYY-MM-DD'), 'left out: today in the store');
SELECT is(pg_temp.outcome(format('SELECT offerengine.change_subscription(%s)', c.arguments)), c.answer, c.arguments)
  FROM (VALUES ($$'today', '00000000-0000-0000-0000-000000000000', 2$$, 'OE020 customer "today" has no subscription 00000000-0000-0000-0000-000000000000'),
               ($$'today', NULL, 2$$, '22004 customer_reference and subscription_id must not be NULL'),
               ($$NULL, '00000000-0000-0000-0000-000000000000', 2$$, '22004 customer_reference must not be NULL')) AS c (arguments, answer);
SELECT is(pg_temp.outcome(format('SELECT offerengine.change_subscription(''somebody else'', %L, 2)', pg_temp.sub('today', 'base'))),
          format('OE020 customer "somebody else" has no subscription %s', pg_temp.sub('today', 'base')), 'of another customer');

-- What was planned for that day or later is replaced, what was before stays.
SELECT pg_temp.live('plan', '{buy base 2025-01-10 x2}') \g /dev/null
SELECT is(pg_temp.change('plan', 'base', VARIADIC string_to_array(c.rest, ';')) || ': '
          || pg_temp.pieces('plan', 'base', '2025-01-09', '2025-01-10', '2025-03-15', '2025-04-09', '2025-04-10', '2025-05-10', '2025-06-10', '2026-01-01'),
          c.answer, c.rest)
  FROM (VALUES
    ($$5;on_date => '2025-05-15'$$,        '2025-06-10: - 2 2 2 2 2 5 5'),
    ($$3;on_date => '2025-04-15'$$,        '2025-05-10: - 2 2 2 2 3 3 3'),
    ($$4;'now';on_date => '2025-04-01'$$,  '2025-04-01: - 2 2 4 4 4 4 4'),
    ($$7;on_date => '2025-05-15'$$,        '2025-06-10: - 2 2 4 4 4 7 7'),
    ($$6;on_date => '2025-05-15'$$,        '2025-06-10: - 2 2 4 4 4 6 6'),
    ($$4;on_date => '2025-05-15'$$,        '2025-06-10: - 2 2 4 4 4 4 4'),
    ($$2;'now';on_date => '2025-01-10'$$,  '2025-01-10: - 2 2 2 2 2 2 2')) AS c (rest, answer);
SELECT is_empty($$ SELECT q.effective_on FROM offerengine.subscription_quantity q WHERE q.customer_reference = 'plan' $$,
                'as many as before is no change to note');
SELECT pg_temp.same_rows(
    $$ SELECT e.effective_on, e.channel, e.detail FROM offerengine.subscription_event e
        WHERE e.customer_reference = 'plan' AND e.event = 'quantity_changed' ORDER BY e.event_id LIMIT 3 $$,
    $$ VALUES (date '2025-06-10', 'backend', jsonb '{"quantity": 5, "quantity_before": 2}'), ('2025-05-10', 'backend', '{"quantity": 3, "quantity_before": 2}'),
              ('2025-04-01', 'backend', '{"quantity": 4, "quantity_before": 2}') $$, 'events tell before and after');

-- A planned start that moves takes the quantity along.
SELECT pg_temp.live('moving', '{buy base 2025-01-10,buy adv 2025-01-20,cancel base 2025-03-15}') \g /dev/null
SELECT is(pg_temp.change('moving', 'reg', $$6, on_date => '2025-03-16'$$), '2025-04-20', 'before its start, from its start');
SELECT is(pg_temp.pieces('moving', 'reg', '2025-04-19', '2025-04-20'), '- 6', 'so many then');
SELECT pg_temp.live('moving', '{cancel base 2025-03-17 immediate}') \g /dev/null
SELECT is(pg_temp.pieces('moving', 'reg', '2025-03-19', '2025-03-20', '2025-04-20'), '- 6 6', 'it begins earlier');
SELECT is(pg_temp.change('moving', 'adv', $$2, 'now', on_date => '2025-03-18'$$), '2025-03-18', 'the advantage changes');
SELECT is(pg_temp.pieces('moving', 'reg', '2025-03-20', '2025-04-20'), '6 6', 'the regular offer has its own quantity');

SELECT pg_temp.sell('adv-q', 100), pg_temp.sell('reg-q', 200, '3 months', '3 months'), pg_temp.rule('quarterly', 'BASE', 'adv-q', 'reg-q') \g /dev/null
SELECT pg_temp.live('moving far', '{buy base 2025-01-10,buy adv-q 2025-01-20,cancel base 2025-03-15,set reg-q 2025-03-16 x6,cancel base 2025-03-17 immediate}') \g /dev/null
SELECT is(pg_temp.pieces('moving far', 'reg-q', '2025-03-19', '2025-03-20', '2025-04-20'), '- 6 6', 'it begins before the period that was to be its first');

-- An accounting period costs what the quantity is on its first day.
SELECT pg_temp.live('billed', '{buy base 2025-01-10 x2,set base 2025-02-15 x3 now,set base 2025-03-20 x4,set base 2025-05-10 x5 now}') \g /dev/null
SELECT is((SELECT string_agg(to_char(lower(b.period), 'MM-DD') || ' ' || b.quantity, ', ' ORDER BY b.period)
             FROM offerengine.billing_schedule('2025-01-01', '2025-06-11') AS b WHERE b.customer_reference = 'billed'),
          '01-10 2, 02-10 2, 03-10 3, 04-10 4, 05-10 5, 06-10 5', 'quantities by period');

SELECT * FROM finish();
ROLLBACK;
