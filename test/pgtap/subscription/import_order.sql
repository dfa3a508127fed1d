-- Orders and subscriptions that another system tells of: what is recorded, the same again, what differs, what is refused.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

SELECT pg_temp.sell('foreign-steps', 0, duration => '1 month', management => 'externally_managed'),
       pg_temp.sell('foreign-weeks', 0, '1 week', '1 week', management => 'externally_managed') \g /dev/null
SELECT offerengine.put_offer('bare', 'P-PAPER', 'p-house', '{P-DE}', offer_type => 'subscription', management => 'externally_managed'),
       offerengine.put_contract('p-then', NULL, '1 month', '1 month', '0', '0', 'p-base') \g /dev/null

CREATE FUNCTION pg_temp.told(VARIADIC arguments text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT concat_ws('' '', p.line_no, p.offer_reference, p.redirected_from, p.quantity || '' x'', coalesce(p.unit_amount::text, ''-''),
                                     coalesce(p.line_amount::text, ''-''), p.currency, p.message,
                                     CASE WHEN p.subscription_id IS NOT NULL THEN ''subscription'' END)
                      FROM offerengine.import_order(%s) AS p', array_to_string(arguments, ', ')) INTO answer;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;

-- What is recorded of each type.
SELECT is(pg_temp.told($$'anna', 'sys'$$, c.arguments), c.answer, 'import_order: ' || c.arguments)
  FROM (VALUES
    ($$'S', 'foreign', 'P-DE', 'EUR', 'AT', 3, '2025-01-10', '2025-04-10', '2025-01-05'$$, '1 foreign 3 x - - EUR subscription'),
    ($$'T', 'foreign', 'P-KI', 'EUR'$$,                                                    '1 foreign 1 x - - EUR subscription'),
    ($$'P', 'foreign-pass', 'P-DE', 'EUR', starts_on => '2025-01-10', ends_on => '2025-02-10'$$, '1 foreign-pass 1 x - - EUR'),
    ($$'Q', 'foreign-pass', 'P-DE', 'EUR', ends_on => '2025-02-10'$$,                      '1 foreign-pass 1 x - - EUR'),
    ($$'B', 'foreign-book', 'P-DE', 'EUR', quantity => NULL$$,                             '1 foreign-book 1 x - - EUR')) AS c (arguments, answer);
SELECT pg_temp.same_rows(
    $$ SELECT o.external_system, o.external_reference, o.order_reference = o.order_id::text, o.order_type, o.store_code, o.currency_code, o.country_code,
              o.price_mode, o.total_amount, o.placed_at = now(), m.merchant_reference, l.quantity, l.unit_amount, l.price_source, l.starts_on, l.ends_on,
              l.subscription_id IS NOT NULL
         FROM offerengine.sales_order o
         JOIN offerengine.order_line l USING (customer_reference, order_id) JOIN offerengine.merchant m USING (merchant_id)
        WHERE o.customer_reference = 'anna' ORDER BY o.external_reference $$,
    $$ VALUES ('sys', 'B', true, 1, 'P-DE', 'EUR', 'DE', NULL, 0, true, 'p-guest', 1, NULL, NULL, NULL::date, NULL::date, false),
              ('sys', 'P', true, 1, 'P-DE', 'EUR', 'DE', NULL, 0, true, 'p-house', 1, NULL, NULL, '2025-01-10', '2025-02-10', false),
              ('sys', 'Q', true, 1, 'P-DE', 'EUR', 'DE', NULL, 0, true, 'p-house', 1, NULL, NULL, '2025-02-09', '2025-02-10', false),
              ('sys', 'S', true, 1, 'P-DE', 'EUR', 'AT', NULL, 0, true, 'p-house', 3, NULL, NULL, NULL, NULL, true),
              ('sys', 'T', true, 1, 'P-KI', 'EUR', 'KI', NULL, 0, true, 'p-house', 1, NULL, NULL, NULL, NULL, true) $$, 'orders and lines');
SELECT pg_temp.same_rows(
    $$ SELECT s.external_system, s.external_reference, s.origin, s.store_code, s.country_code, s.quantity, s.purchased_on, s.anchor_on, s.starts_on, s.ends_on,
              s.agreed_ends_on, s.cancelled_on, s.chain_id = s.subscription_id, s.granted_regular_offer_id, s.order_id IS NOT NULL
         FROM offerengine.subscription s WHERE s.customer_reference = 'anna' ORDER BY s.external_reference $$,
    $$ SELECT 'sys', 'S', 'import', 'P-DE', 'AT', 3, date '2025-01-10', date '2025-01-05', date '2025-01-10', date '2025-04-10', date '2025-04-10', NULL::date,
              true, NULL::bigint, true
       UNION ALL
       SELECT 'sys', 'T', 'import', 'P-KI', 'KI', 1, t.day, t.day, t.day, NULL, NULL, NULL, true, NULL, true
         FROM (SELECT (now() AT TIME ZONE 'Pacific/Kiritimati')::date) AS t (day) $$, 'subscriptions; today is today in the store');
SELECT pg_temp.same_rows(
    $$ SELECT e.event, e.effective_on, e.channel, e.detail, e.recorded_by FROM offerengine.subscription_event e
        WHERE e.customer_reference = 'anna' AND e.subscription_id = pg_temp.sub('anna', 'foreign#1') $$,
    $$ VALUES ('imported', date '2025-01-10', 'import', jsonb '{"external_system": "sys", "external_reference": "S"}', current_user) $$, 'the event');
SELECT is(pg_temp.course(pg_temp.live('over', '{import foreign X 2025-01-10 2025-02-10}')), 'foreign 2025-01-10..2025-02-10', 'imported when it is over');
SELECT is(pg_temp.told($$'late', 'sys', 'X', 'foreign', 'P-DE', 'EUR', ends_on => '2025-02-10'$$), '1 foreign 1 x - - EUR subscription', 'over, nobody knows since when');
SELECT is(pg_temp.course('late'), 'foreign 2025-02-09..2025-02-10', 'the day before its end at the latest');

-- Accounting periods and steps as the offer has them; the last step ends when the other system says.
SELECT offerengine.set_offer_steps('foreign-steps', '{p-foreign-steps,p-then}') \g /dev/null
SELECT is(pg_temp.told(quote_literal('steps ' || c.n), $$'sys', 'X', 'foreign-steps', 'P-DE', 'EUR'$$, c.rest), '1 foreign-steps 1 x - - EUR subscription', c.rest)
  FROM (VALUES (1, $$starts_on => '2025-01-31'$$), (2, $$starts_on => '2025-01-31', ends_on => '2025-02-15'$$),
               (3, $$starts_on => '2025-01-31', ends_on => '2025-06-15'$$), (4, $$starts_on => '2025-02-10', anchor_on => '2025-01-31'$$),
               (5, $$starts_on => '2025-03-05', anchor_on => '2025-01-31'$$))
       AS c (n, rest);
SELECT pg_temp.same_rows(
    $$ SELECT t.customer_reference, t.step_no, t.anchor_on, t.starts_on, t.ends_on, t.amount FROM offerengine.subscription_step t
        WHERE t.customer_reference LIKE 'steps %' ORDER BY t.customer_reference, t.step_no $$,
    $$ VALUES ('steps 1', 1, date '2025-01-31', date '2025-01-31', date '2025-02-28', NULL::bigint), ('steps 1', 2, '2025-02-28', '2025-02-28', NULL, NULL),
              ('steps 2', 1, '2025-01-31', '2025-01-31', '2025-02-15', NULL),
              ('steps 3', 1, '2025-01-31', '2025-01-31', '2025-02-28', NULL), ('steps 3', 2, '2025-02-28', '2025-02-28', '2025-06-15', NULL),
              ('steps 4', 1, '2025-01-31', '2025-02-10', '2025-02-28', NULL), ('steps 4', 2, '2025-02-28', '2025-02-28', NULL, NULL),
              ('steps 5', 1, '2025-01-31', '2025-03-05', '2025-03-31', NULL), ('steps 5', 2, '2025-03-31', '2025-03-31', NULL, NULL) $$, 'steps');

-- The same again is no change, whatever was told by import_subscription_change() meanwhile; what differs from the last time is.
CREATE FUNCTION pg_temp.state(customer text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', s.quantity || ' x', to_char(s.starts_on, 'YYYY-MM-DD') || '..' || coalesce(to_char(s.ends_on, 'YYYY-MM-DD'), ''),
                                'anchor ' || to_char(s.anchor_on, 'YYYY-MM-DD'), 'purchased ' || to_char(s.purchased_on, 'YYYY-MM-DD'),
                                'line ' || l.quantity, 'events ' || (SELECT count(*) FROM offerengine.subscription_event e
                                                                      WHERE e.customer_reference = $1)), ', ' ORDER BY s.starts_on)
      FROM offerengine.subscription s JOIN offerengine.order_line l USING (customer_reference, order_id, line_no)
     WHERE s.customer_reference = $1
$$;
CREATE FUNCTION pg_temp.tell(rest text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text := pg_temp.told($b$'bert', 'sys', 'X', 'foreign', 'P-DE', 'EUR'$b$, rest);
BEGIN
    RETURN CASE WHEN answer ~ '^1' THEN pg_temp.state('bert') ELSE answer END;
END
$$;
CREATE FUNCTION pg_temp.tell_change(rest text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format($b$ SELECT string_agg(concat_ws(' ', c.change, c.offer_reference, c.effective_on), ', ' ORDER BY c.ordinality)
                         FROM offerengine.import_subscription_change('bert', 'sys', 'X', %s) WITH ORDINALITY AS c $b$, rest) INTO answer;
    RETURN concat_ws(' | ', answer, pg_temp.state('bert'));
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT is(CASE c.what WHEN 'order' THEN pg_temp.tell(c.rest) ELSE pg_temp.tell_change(c.rest) END, c.state, c.what || ': ' || c.rest)
  FROM (VALUES
    ('order',  $$starts_on => '2025-01-10', ends_on => '2025-04-10'$$, '1 x 2025-01-10..2025-04-10 anchor 2025-01-10 purchased 2025-01-10 line 1 events 1'),
    ('order',  $$starts_on => '2025-01-10', ends_on => '2025-04-10'$$, '1 x 2025-01-10..2025-04-10 anchor 2025-01-10 purchased 2025-01-10 line 1 events 1'),
    ('order',  $$NULL, 1, starts_on => '2025-01-10', ends_on => '2025-04-10'$$,
                                                                       '1 x 2025-01-10..2025-04-10 anchor 2025-01-10 purchased 2025-01-10 line 1 events 1'),
    ('change', $$ends_on => '2025-05-10'$$,          'moved foreign 2025-05-10 | 1 x 2025-01-10..2025-05-10 anchor 2025-01-10 purchased 2025-01-10 line 1 events 2'),
    ('change', $$ends_on => '2025-05-10'$$,                            '1 x 2025-01-10..2025-05-10 anchor 2025-01-10 purchased 2025-01-10 line 1 events 2'),
    ('change', $$quantity => NULL, clear_end => NULL$$,                '1 x 2025-01-10..2025-05-10 anchor 2025-01-10 purchased 2025-01-10 line 1 events 2'),
    ('order',  $$starts_on => '2025-01-10', ends_on => '2025-04-10'$$, '1 x 2025-01-10..2025-05-10 anchor 2025-01-10 purchased 2025-01-10 line 1 events 2'),
    ('order',  $$starts_on => '2025-01-10', ends_on => '2025-04-10', quantity => 2$$,
                                                                       '2 x 2025-01-10..2025-05-10 anchor 2025-01-10 purchased 2025-01-10 line 2 events 3'),
    ('order',  $$starts_on => '2025-01-12', ends_on => '2025-04-10', quantity => 2$$,
                                                                       '2 x 2025-01-12..2025-05-10 anchor 2025-01-12 purchased 2025-01-12 line 2 events 4'),
    ('order',  $$ends_on => '2025-04-11', quantity => 2$$,             '2 x 2025-01-12..2025-04-11 anchor 2025-01-12 purchased 2025-01-12 line 2 events 5'),
    ('order',  $$anchor_on => '2025-01-01', ends_on => '2025-04-11', quantity => 2$$,
                                                                       '2 x 2025-01-12..2025-04-11 anchor 2025-01-01 purchased 2025-01-12 line 2 events 6'),
    ('change', $$starts_on => '2025-01-20'$$,        'moved foreign 2025-01-20 | 2 x 2025-01-20..2025-04-11 anchor 2025-01-01 purchased 2025-01-20 line 2 events 7'),
    ('order',  $$anchor_on => '2025-01-01', quantity => 2$$,           '2 x 2025-01-20.. anchor 2025-01-01 purchased 2025-01-20 line 2 events 8'),
    ('order',  $$quantity => 2$$,                                      '2 x 2025-01-20.. anchor 2025-01-01 purchased 2025-01-20 line 2 events 8'),
    ('change', $$ends_on => '2025-06-01'$$,           'ends foreign 2025-06-01 | 2 x 2025-01-20..2025-06-01 anchor 2025-01-01 purchased 2025-01-20 line 2 events 9'),
    ('change', $$clear_end => true$$,                 'moved foreign | 2 x 2025-01-20.. anchor 2025-01-01 purchased 2025-01-20 line 2 events 10'),
    ('change', $$clear_end => true$$,                                  '2 x 2025-01-20.. anchor 2025-01-01 purchased 2025-01-20 line 2 events 10'),
    ('change', $$quantity => 5$$,                                      '5 x 2025-01-20.. anchor 2025-01-01 purchased 2025-01-20 line 2 events 11'),
    ('change', $$anchor_on => '2025-01-20'$$,                          '5 x 2025-01-20.. anchor 2025-01-20 purchased 2025-01-20 line 2 events 12'),
    ('change', $$starts_on => '2025-02-01', ends_on => '2025-03-01'$$,
                                                     'moved foreign 2025-02-01 | 5 x 2025-02-01..2025-03-01 anchor 2025-02-01 purchased 2025-02-01 line 2 events 13'),
    -- Refused.
    ('order',  $$quantity => 0$$,                                      '22023 quantity must be at least 1, not 0'),
    ('order',  $$starts_on => '300001-01-01', ends_on => '300000-12-31'$$, '22023 an import cannot end on 300000-12-31 and start on 300001-01-01'),
    ('order',  $$starts_on => '2025-05-01', ends_on => '2025-05-01'$$, '22023 an import cannot end on 2025-05-01 and start on 2025-05-01'),
    ('order',  $$quantity => 2, ends_on => 'infinity'$$,               '22023 dates of an import must be finite: starts_on <NULL>, ends_on infinity, anchor_on <NULL>'),
    ('order',  $$quantity => 2, starts_on => '2025-03-01'$$,           '22023 an import cannot end on 2025-03-01 and start on 2025-03-01'),
    ('change', $$starts_on => '2025-03-01'$$,                          '22023 an import cannot end on 2025-03-01 and start on 2025-03-01'),
    ('change', $$ends_on => '2025-02-01'$$,                            '22023 an import cannot end on 2025-02-01 and start on 2025-02-01'),
    ('change', $$ends_on => '2025-02-02', clear_end => true$$,         '22023 clear_end and ends_on 2025-02-02 contradict each other'),
    ('change', $$starts_on => '-infinity'$$,                           '22023 dates of an import must be finite: starts_on -infinity, ends_on <NULL>, anchor_on <NULL>'),
    ('change', $$quantity => -3$$,                                     '22023 quantity must be at least 1, not -3'),
    ('order',  $$quantity => 2$$,                                      '5 x 2025-02-01..2025-03-01 anchor 2025-02-01 purchased 2025-02-01 line 2 events 13')
  ) AS c (what, rest, state);
SELECT is((SELECT e.detail FROM offerengine.subscription_event e WHERE e.customer_reference = 'bert' ORDER BY e.event_id DESC LIMIT 1),
          '{"before": {"ends_on": null, "quantity": 5, "anchor_on": "2025-01-20", "starts_on": "2025-01-20"}}', 'a change tells what was before');
SELECT pg_temp.same_rows($$ SELECT t.anchor_on, t.starts_on, t.ends_on FROM offerengine.subscription_step t WHERE t.customer_reference = 'bert' $$,
                         $$ VALUES (date '2025-02-01', date '2025-02-01', date '2025-03-01') $$, 'the steps go along');

-- What an order is about never changes.
SELECT is(pg_temp.told($$'anna', 'sys', 'S'$$, c.rest), 'OE013 the reference stands for another order of customer "anna": offer "foreign", store P-DE, currency EUR, country AT', c.rest)
  FROM (VALUES ($$'foreign-weeks', 'P-DE', 'EUR', 'AT', 3, '2025-01-10', '2025-04-10', '2025-01-05'$$), ($$'foreign', 'P-KI', 'EUR', 'AT', 3, '2025-01-10', '2025-04-10', '2025-01-05'$$),
               ($$'foreign', 'P-DE', 'CHF', 'AT', 3, '2025-01-10', '2025-04-10', '2025-01-05'$$), ($$'foreign', 'P-DE', 'EUR', NULL, 3, '2025-01-10', '2025-04-10', '2025-01-05'$$),
               ($$'foreign-pass', 'P-DE', 'EUR', 'AT', 3, '2025-01-10', '2025-04-10'$$)) AS c (rest);

-- One order for each customer, system and reference.
SELECT is(pg_temp.told(c.whose, $$'foreign', 'P-DE', 'EUR', starts_on => '2025-01-10'$$), '1 foreign 1 x - - EUR subscription', c.whose)
  FROM (VALUES ($$'carl', 'sys', 'X'$$), ($$'carl', 'other sys', 'X'$$), ($$'carl', 'sys', 'Y'$$), ($$'dora', 'sys', 'X'$$), ($$'carl', 'sys', 'X'$$)) AS c (whose);
SELECT is((SELECT string_agg(concat_ws(' ', o.customer_reference, o.external_system, o.external_reference), ', ' ORDER BY o.customer_reference, o.external_system, o.external_reference)
             FROM offerengine.sales_order o WHERE o.customer_reference IN ('carl', 'dora')),
          'carl other sys X, carl sys X, carl sys Y, dora sys X', 'four orders');

-- A time pass that is told differently.
SELECT is(pg_temp.told($$'anna', 'sys', 'P', 'foreign-pass', 'P-DE', 'EUR'$$, c.rest), '1 foreign-pass ' || c.quantity || ' x - - EUR', 'time pass: ' || c.rest)
  FROM (VALUES ($$starts_on => '2025-01-12', ends_on => '2025-02-10'$$, 1), ($$ends_on => '2025-03-01', quantity => 4$$, 4)) AS c (rest, quantity);
SELECT pg_temp.same_rows($$ SELECT i.quantity, i.starts_on, i.ends_on FROM offerengine.orders('anna') o, offerengine.order_items('anna', o.order_id) i
                             WHERE o.external_reference = 'P' $$, $$ VALUES (4, date '2025-01-12', date '2025-03-01') $$, 'its line');
SELECT is(pg_temp.told($$'anna', 'sys', 'P', 'foreign-pass', 'P-DE', 'EUR'$$, $$ends_on => '2025-01-12', quantity => 4$$),
          '22023 an import cannot end on 2025-01-12 and start on 2025-01-12', 'a pass that would end before it starts');

-- Refused, and nothing is written.
SELECT is(pg_temp.told(c.arguments), c.answer, 'refused: ' || c.arguments)
  FROM (VALUES
    ($$NULL, 'sys', 'X', 'foreign', 'P-DE', 'EUR'$$,    '22004 customer_reference must not be NULL'),
    ($$'fred', NULL, 'X', 'foreign', 'P-DE', 'EUR'$$,   '22004 external_system and external_reference must not be NULL'),
    ($$'fred', 'sys', NULL, 'foreign', 'P-DE', 'EUR'$$, '22004 external_system and external_reference must not be NULL'),
    ($$'fred', 'sys', 'X', 'nothing', 'P-DE', 'EUR'$$,  'OE020 unknown offer "nothing"'),
    ($$'fred', 'sys', 'X', NULL, 'P-DE', 'EUR'$$,       'OE020 unknown offer "<NULL>"'),
    ($$'fred', 'sys', 'X', 'foreign', NULL, 'EUR'$$,    '22004 store must not be NULL'),
    ($$'fred', 'sys', 'X', 'foreign', 'P-XX', 'EUR'$$,  '22023 unknown store "P-XX"'),
    ($$'fred', 'sys', 'X', 'foreign', 'P-DE', NULL$$,   '22004 currency must not be NULL'),
    ($$'fred', 'sys', 'X', 'foreign', 'P-DE', 'XYZ'$$,  '22023 unknown currency "XYZ"'),
    ($$'fred', 'sys', 'X', 'foreign', 'P-DE', 'EUR', 'Germany'$$, '22023 unknown country "Germany"'),
    ($$'fred', 'sys', 'X', 'foreign-pass', 'P-DE', 'EUR'$$, '22004 time pass "foreign-pass" needs ends_on'),
    ($$'fred', 'sys', 'X', 'bare', 'P-DE', 'EUR'$$,     'OE019 offer "bare" is a subscription without steps'),
    ($$'fred', 'sys', 'X', 'base', 'P-DE', 'EUR'$$,
     'OE011 offer "base" does not allow operation "order_import" through channel "import": no offer that is standard allows order_import'),
    ($$'fred', 'sys', 'X', 'pass', 'P-DE', 'EUR', ends_on => '2100-01-01'$$,
     'OE011 offer "pass" does not allow operation "order_import" through channel "import": no offer that is standard allows order_import')) AS c (arguments, answer);
SELECT is(pg_temp.outcome(format('SELECT offerengine.import_subscription_change(%s)', c.arguments)), c.answer, 'refused: ' || c.arguments)
  FROM (VALUES
    ($$NULL, 'sys', 'X', quantity => 2$$,   '22004 customer_reference must not be NULL'),
    ($$'bert', NULL, 'X', quantity => 2$$,  '22004 external_system and external_reference must not be NULL'),
    ($$'bert', 'sys', NULL, quantity => 2$$, '22004 external_system and external_reference must not be NULL'),
    ($$'bert', 'sys', 'Y', quantity => 2$$, 'OE020 customer "bert" has no subscription "Y" of system "sys"'),
    ($$'fred', 'sys', 'X', quantity => 2$$, 'OE020 customer "fred" has no subscription "X" of system "sys"'),
    ($$'anna', 'sys', 'P', ends_on => '2025-04-01'$$, 'OE020 customer "anna" has no subscription "P" of system "sys"')) AS c (arguments, answer);
SELECT is_empty($$ SELECT FROM offerengine.customer_timeline t WHERE t.customer_reference = 'fred' $$, 'nothing is written');

-- It is the other system's: nothing else changes it here.
SELECT is(left(pg_temp.outcome(format(c.call, pg_temp.sub('bert', 'foreign'))), 50), c.answer, c.call)
  FROM (VALUES
    ('SELECT offerengine.cancel_subscription(''bert'', %L, on_date => ''2025-02-10'')',     'OE011 offer "foreign" does not allow operation "ca'),
    ('SELECT offerengine.withdraw_cancellation(''bert'', %L, ''2025-02-10'')',              'OE011 offer "foreign" does not allow operation "wi'),
    ('SELECT offerengine.change_subscription(''bert'', %L, 2, on_date => ''2025-02-10'')',  'OE011 offer "foreign" does not allow operation "ch'),
    ('SELECT offerengine.billing_mark(''bert'', %L, ''2025-02-01'', ''R'')',                'OE011 offer "foreign" does not allow operation "in')) AS c (call, answer);

-- Before its first approval the offer may become one that is managed here; then the subscription is cancelled like any other.
SELECT offerengine.put_offer('moving', 'P-PAPER', 'p-house', '{P-DE}', offer_type => 'subscription', management => 'externally_managed'),
       offerengine.set_offer_steps('moving', '{p-then}') \g /dev/null
SELECT pg_temp.live('moving ' || c.n, ARRAY['import moving X 2025-01-10 ' || c.ends_on]) FROM (VALUES (1, '-'), (2, '2025-03-15')) AS c (n, ends_on) \g /dev/null
SELECT offerengine.put_offer('moving', management => 'standard'), offerengine.approve_offer('moving') \g /dev/null
SELECT is(pg_temp.course(pg_temp.live('moving ' || c.n, string_to_array(c.deeds, ', '))), 'moving 2025-01-10..' || c.ends_on, c.n || ': ' || c.deeds)
  FROM (VALUES (1, 'cancel moving 2025-02-15', '2025-03-10'), (1, 'withdraw moving 2025-02-15', ''), (2, 'cancel moving 2025-01-15', '2025-02-10'),
               (2, 'withdraw moving 2025-02-01', '2025-03-15'), (2, 'cancel moving 2025-03-12', '2025-03-15')) AS c (n, deeds, ends_on);

SELECT is(pg_temp.outcome($$SELECT offerengine.import_subscription_change('moving 1', 'sys', 'X', quantity => 2)$$),
          'OE011 offer "moving" does not allow operation "change_import" through channel "import": no offer that is standard allows change_import',
          'and the other system has nothing to say any more');
SELECT is(pg_temp.told($$'moving 1', 'sys', 'X', 'moving', 'P-DE', 'EUR', quantity => 2$$),
          'OE011 offer "moving" does not allow operation "order_import" through channel "import": no offer that is standard allows order_import',
          'in no way');

SELECT * FROM finish();
ROLLBACK;
