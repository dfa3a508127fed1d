-- What a purchase answers, prices, redirects and writes; when it counts; that the same one again is none; what it refuses.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

SELECT pg_temp.sell('steps', 0, duration => '1 month'), pg_temp.sell('invoiced', 700, management => 'externally_invoiced') \g /dev/null
SELECT offerengine.put_contract('p-then', NULL, '3 months', '1 month', '14 days', '0', 'p-base-2'),
       offerengine.set_offer_steps('steps', '{p-steps,p-then}') \g /dev/null

-- Any type of offer: what is answered, and what is written.
CREATE FUNCTION pg_temp.buy(VARIADIC arguments text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT concat_ws('' '', p.line_no, p.offer_reference, ''instead of '' || p.redirected_from, p.quantity || '' x'', p.unit_amount,
                                     ''='', p.line_amount, p.currency, quote_literal(p.message),
                                     CASE WHEN p.subscription_id IS NOT NULL THEN ''subscription'' END)
                      FROM offerengine.purchase(%s) AS p', array_to_string(arguments, ', ')) INTO answer;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT is(pg_temp.buy(quote_literal('any ' || c.arguments), c.arguments), c.answer, 'purchase: ' || c.arguments)
  FROM (VALUES
    ($$'book', 'P-DE', 'EUR'$$,                                    '1 book 1 x 2000 = 2000 EUR'),
    ($$'book', 'P-DE', 'EUR', quantity => 3$$,                     '1 book 3 x 2000 = 6000 EUR'),
    ($$'book', 'P-DE', 'EUR', quantity => 10$$,                    '1 book 10 x 1800 = 18000 EUR'),
    ($$'book', 'P-DE', 'EUR', price_mode => 'net'$$,               '1 book 1 x 1700 = 1700 EUR'),
    ($$'guest-book', 'P-DE', 'EUR'$$,                              '1 guest-book 1 x 1000 = 1000 EUR'),
    ($$'pass', 'P-DE', 'EUR', starts_on => '2025-02-01'$$,         '1 pass 1 x 500 = 500 EUR'),
    ($$'base', 'P-DE', 'EUR', starts_on => '2025-02-01'$$,         '1 base 1 x 2000 = 2000 EUR subscription'),
    ($$'base', 'P-DE', 'EUR', NULL, 2, 'net'$$,                    '1 base 2 x 1800 = 3600 EUR subscription'),
    ($$'steps', 'P-DE', 'EUR'$$,                                   '1 steps 1 x 0 = 0 EUR subscription'),
    ($$'invoiced', 'P-DE', 'EUR', channel => 'self_service'$$,     '1 invoiced 1 x 700 = 700 EUR subscription'),
    ($$'base', 'P-DE', 'EUR', channel => 'system'$$,               '1 base 1 x 2000 = 2000 EUR subscription'),
    ($$'base', 'P-DE', 'EUR', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL$$, '1 base 1 x 2000 = 2000 EUR subscription'),
    ($$'adv', 'P-DE', 'EUR'$$,                                     $$1 reg instead of adv 1 x 800 = 800 EUR 'you do not read the paper' subscription$$),
    ($$'reg', 'P-DE', 'EUR'$$,                                     $$1 reg 1 x 800 = 800 EUR 'you do not read the paper' subscription$$)
  ) AS c (arguments, answer);

SELECT pg_temp.live('written', '{buy base 2025-01-10}') \g /dev/null
SELECT offerengine.purchase('written', 'reg', 'P-DE', 'EUR', 'AT', 2, 'net', starts_on => '2025-01-20', at => '2025-01-20 08:00Z',
                            order_id => '00000000-0000-0000-0000-000000000001'),
       offerengine.purchase('written', 'book', 'P-DE', 'EUR', 'AT', 10, starts_on => '2025-01-20',
                            order_id => '00000000-0000-0000-0000-000000000002'),
       offerengine.purchase('written', 'pass', 'P-DE', 'EUR', starts_on => '2025-01-20', order_id => '00000000-0000-0000-0000-000000000003')
  \g /dev/null
SELECT pg_temp.same_rows(
    $$ SELECT right(o.order_id::text, 1), o.order_reference = o.order_id::text, o.order_type, o.status, o.store_code, o.currency_code,
              o.country_code, o.price_mode, o.total_amount, o.placed_at, o.parent_order_id, o.external_system, o.imported
         FROM offerengine.sales_order o WHERE o.customer_reference = 'written' AND o.order_id::text LIKE '00000000%' ORDER BY o.order_id $$,
    $$ VALUES ('1', true, 1, NULL::numeric, 'P-DE', 'EUR', 'AT', 'net', 540::bigint, timestamptz '2025-01-20 08:00Z', NULL::uuid,
               NULL::text, NULL::jsonb),
              ('2', true, 1, NULL, 'P-DE', 'EUR', 'AT', 'gross', 18000, '2025-01-19 23:00Z', NULL, NULL, NULL),
              ('3', true, 1, NULL, 'P-DE', 'EUR', 'DE', 'gross', 500, '2025-01-19 23:00Z', NULL, NULL, NULL) $$, 'orders');
SELECT pg_temp.same_rows(
    $$ SELECT right(l.order_id::text, 1), l.line_no, l.offer_id, m.merchant_reference, l.quantity, l.unit_amount, l.line_amount,
              coalesce((SELECT format('own %s from %s', p.gross_amount, p.min_quantity) FROM offerengine.price p
                         WHERE p.price_id = l.price_id AND l.price_source = 'offer'),
                       (SELECT format('sheet %s', p.net_amount) FROM offerengine.price_sheet_price p
                         WHERE p.price_sheet_price_id = l.price_id AND l.price_source = 'price_sheet')),
              l.redirected_from, l.message, l.subscription_id = pg_temp.sub('written', 'adv'), l.starts_on, l.ends_on, l.note
         FROM offerengine.order_line l JOIN offerengine.merchant m ON m.merchant_id = l.merchant_id
        WHERE l.customer_reference = 'written' AND l.order_id::text LIKE '00000000%' ORDER BY l.order_id $$,
    $$ VALUES ('1', 1, pg_temp.offer('adv'), 'p-house', 2, 270::bigint, 540::bigint, 'sheet 270', 'reg', 'you read the paper', true,
               NULL::date, NULL::date, NULL::text),
              ('2', 1, pg_temp.offer('book'), 'p-house', 10, 1800, 18000, 'own 1800 from 10', NULL, NULL, NULL, NULL, NULL, NULL),
              ('3', 1, pg_temp.offer('pass'), 'p-house', 1, 500, 500, 'own 500 from 1', NULL, NULL, NULL, '2025-01-20', NULL, NULL) $$,
    'lines');
SELECT pg_temp.same_rows(
    $$ SELECT s.offer_id, right(s.order_id::text, 1), s.line_no, s.chain_id = s.subscription_id, s.predecessor_id, r.title,
              s.store_code, s.currency_code, s.country_code, s.price_mode, s.quantity, s.purchased_on, s.anchor_on,
              s.starts_on, s.ends_on, s.origin, s.is_ignored, s.granted_regular_offer_id = pg_temp.offer('reg'),
              ARRAY(SELECT t.name FROM offerengine.tag t WHERE t.tag_id = ANY (s.granted_tag_ids)), s.granted_cancelled_source
         FROM offerengine.subscription s LEFT JOIN offerengine.sales_rule r ON r.sales_rule_id = s.sales_rule_id
        WHERE s.customer_reference = 'written' AND s.offer_id = pg_temp.offer('adv') $$,
    $$ VALUES (pg_temp.offer('adv'), '1', 1, true, NULL::uuid, 'digital', 'P-DE', 'EUR', 'AT', 'net', 2, date '2025-01-20', date '2025-01-20',
               date '2025-01-20', NULL::date, 'purchase', false, true, '{BASE}'::text[], 'until_end') $$, 'the subscription');
SELECT is_empty($$ SELECT s.customer_reference FROM offerengine.subscription s
                    WHERE s.customer_reference LIKE 'any %' AND (s.sales_rule_id IS NOT NULL OR s.granted_regular_offer_id IS NOT NULL) $$,
                'who gets the regular offer is granted nothing');
SELECT pg_temp.same_rows(
    $$ SELECT e.event, e.effective_on, e.channel, e.detail, e.recorded_by, e.acting_user
         FROM offerengine.subscription_event e WHERE e.customer_reference = 'written' ORDER BY e.event_id $$,
    $$ VALUES ('purchased', date '2025-01-10', 'checkout', NULL::jsonb, current_user::text, NULL::text),
              ('purchased', '2025-01-20', 'checkout', NULL, current_user::text, NULL) $$, 'events');

-- Ids of our own are UUIDs of version 7, all different.
SELECT is((SELECT count(DISTINCT i.id) FROM (
              SELECT s.order_id FROM offerengine.subscription s WHERE s.customer_reference LIKE 'any %'
              UNION ALL SELECT s.subscription_id FROM offerengine.subscription s WHERE s.customer_reference LIKE 'any %') AS i (id)
            WHERE substr(i.id::text, 15, 1) = '7'), 16::bigint, 'eight orders and eight subscriptions');

-- When it counts: the instant that decides, the first day, and the day of the purchase.
CREATE FUNCTION pg_temp.counts(offer text, store text, starts_on text, at text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    customer text := 'counts ' || nextval('pg_temp.customer_no');
BEGIN
    PERFORM offerengine.purchase(customer, offer, store, 'EUR', starts_on => starts_on::date, at => at::timestamptz);
    RETURN (SELECT concat_ws(' ', to_char(o.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), to_char(s.starts_on, 'YYYY-MM-DD'),
                             to_char(s.purchased_on, 'YYYY-MM-DD'))
              FROM offerengine.sales_order o JOIN offerengine.subscription s USING (customer_reference, order_id)
             WHERE o.customer_reference = customer);
END
$$;
SELECT is(pg_temp.counts('base', c.store, c.starts_on, c.at), c.answer, format('in %s, starts_on %s, at %s', c.store, c.starts_on, c.at))
  FROM (VALUES
    ('P-DE', '2025-01-10', NULL,                '2025-01-09 23:00 2025-01-10 2025-01-10'),
    ('P-DE', '2025-03-30', NULL,                '2025-03-29 23:00 2025-03-30 2025-03-30'),
    ('P-DE', '2025-03-31', NULL,                '2025-03-30 22:00 2025-03-31 2025-03-31'),
    ('P-KI', '2025-01-10', NULL,                '2025-01-09 10:00 2025-01-10 2025-01-10'),
    ('P-AS', '2025-01-10', NULL,                '2025-01-10 11:00 2025-01-10 2025-01-10'),
    ('P-DE', NULL,         '2025-01-09 22:59Z', '2025-01-09 22:59 2025-01-09 2025-01-09'),
    ('P-DE', NULL,         '2025-01-09 23:00Z', '2025-01-09 23:00 2025-01-10 2025-01-10'),
    ('P-KI', NULL,         '2025-01-09 23:00Z', '2025-01-09 23:00 2025-01-10 2025-01-10'),
    ('P-AS', NULL,         '2025-01-10 10:59Z', '2025-01-10 10:59 2025-01-09 2025-01-09'),
    ('P-DE', '2025-02-01', '2025-01-09 12:00Z', '2025-01-09 12:00 2025-02-01 2025-01-09'),
    ('P-DE', '2025-01-01', '2025-01-09 12:00Z', '2025-01-09 12:00 2025-01-01 2025-01-09'),
    ('P-DE', '2100-01-01', NULL,                '2099-12-31 23:00 2100-01-01 2100-01-01')) AS c (store, starts_on, at, answer);
SELECT is(pg_temp.counts('base', c.store, NULL, NULL), c.now || ' ' || c.today || ' ' || c.today, 'nothing named: now in ' || c.store)
  FROM (SELECT s.store_code, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), to_char(now() AT TIME ZONE s.time_zone, 'YYYY-MM-DD')
          FROM offerengine.store s WHERE s.store_code LIKE 'P-%') AS c (store, now, today);
SELECT is(pg_temp.counts('base', c.store, c.today, NULL), c.now || ' ' || c.today || ' ' || c.today, 'today counts from now in ' || c.store)
  FROM (SELECT s.store_code, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), to_char(now() AT TIME ZONE s.time_zone, 'YYYY-MM-DD')
          FROM offerengine.store s WHERE s.store_code LIKE 'P-%') AS c (store, now, today);

-- The base is owned from its first instant in its own store, to the last before its end.
SELECT pg_temp.live('owner of ' || s.store_code, ARRAY['buy base 2025-01-10 in ' || s.store_code, 'cancel base 2025-02-20'])
  FROM offerengine.store s WHERE s.store_code LIKE 'P-%' \g /dev/null
SELECT is((SELECT p.offer_reference FROM offerengine.purchase('owner of ' || c.store, 'adv', 'P-DE', 'EUR', at => c.at::timestamptz) AS p),
          c.offer, format('owner of a base in %s at %s', c.store, c.at))
  FROM (VALUES
    ('P-DE', '2025-01-09 22:59:59.999Z', 'reg'), ('P-DE', '2025-01-09 23:00Z', 'adv'),
    ('P-DE', '2025-03-09 22:59:59.999Z', 'adv'), ('P-DE', '2025-03-09 23:00Z', 'reg'),
    ('P-KI', '2025-01-09 09:59:59.999Z', 'reg'), ('P-KI', '2025-01-09 10:00Z', 'adv'),
    ('P-AS', '2025-03-10 10:59:59.999Z', 'adv'), ('P-AS', '2025-03-10 11:00Z', 'reg')) AS c (store, at, offer);

-- The price of the day, the country and the mode; every step's is fixed.
SELECT pg_temp.ask('base', '* 2000 2020-01-01', '* 2100 2025-06-01', 'AT 2200 2025-05-01', 'KI 1500 2020-01-01'),
       pg_temp.ask('base-2', '* 1500 2020-01-01', '* 1600 2025-06-01', 'AT 1700 2025-06-15'),
       pg_temp.ask('steps', '* 0 2020-01-01', '* 50 2025-06-01') \g /dev/null
SELECT is((SELECT p.unit_amount FROM offerengine.purchase('price', 'base', c.store, 'EUR', c.country, price_mode => c.mode,
                                                          starts_on => c.starts_on::date, at => c.at::timestamptz) AS p),
          c.amount::bigint, format('base in %s for %s, %s', c.store, c.country, concat_ws(' at ', c.starts_on, c.at)))
  FROM (VALUES
    ('P-DE', NULL, 'gross', '2025-05-31', NULL, 2000), ('P-DE', NULL, 'gross', '2025-06-01', NULL, 2100),
    ('P-DE', 'AT', 'gross', '2025-04-30', NULL, 2000), ('P-DE', 'AT', 'gross', '2025-05-01', NULL, 2200),
    ('P-DE', 'AT', 'net',   '2025-05-01', NULL, 1980), ('P-KI', NULL, 'gross', '2025-05-01', NULL, 1500),
    ('P-KI', 'AT', 'gross', '2025-05-01', NULL, 2200), ('P-AS', NULL, 'gross', '2025-05-01', NULL, 2000),
    ('P-AS', 'KI', 'gross', '2025-05-01', NULL, 1500),
    ('P-DE', NULL, 'gross', '2025-06-01', '2025-05-31 21:59Z', 2000), ('P-DE', NULL, 'gross', '2025-05-01', '2025-05-31 22:00Z', 2100),
    ('P-KI', 'FR', 'gross', NULL,         '2025-05-31 10:00Z', 2100)) AS c (store, country, mode, starts_on, at, amount);
SELECT offerengine.purchase('fixed ' || c.n, 'steps', 'P-DE', 'EUR', c.country, 2, c.mode, starts_on => c.starts_on, at => c.at)
  FROM (VALUES (1, NULL, 'gross', date '2025-01-31', NULL), (2, NULL, 'net', '2025-06-01', NULL),
               (3, 'AT', 'gross', '2025-07-01', NULL), (4, 'AT', 'gross', '2025-07-01', timestamptz '2025-06-10 12:00Z'))
       AS c (n, country, mode, starts_on, at) \g /dev/null
SELECT pg_temp.same_rows(
    $$ SELECT t.customer_reference, t.step_no, t.anchor_on, t.starts_on, t.ends_on, t.term, t.accounting_period, t.cancellation_notice, t.amount
         FROM offerengine.subscription_step t WHERE t.customer_reference LIKE 'fixed %' ORDER BY t.customer_reference, t.step_no $$,
    $$ VALUES ('fixed 1', 1, date '2025-01-31', date '2025-01-31', date '2025-02-28', interval '1 month', interval '1 month', interval '1 day', 0::bigint),
              ('fixed 1', 2, '2025-02-28', '2025-02-28', NULL, '3 months', '1 month', '14 days', 1500),
              ('fixed 2', 1, '2025-06-01', '2025-06-01', '2025-07-01', '1 month', '1 month', '1 day', 45),
              ('fixed 2', 2, '2025-07-01', '2025-07-01', NULL, '3 months', '1 month', '14 days', 1440),
              ('fixed 3', 1, '2025-07-01', '2025-07-01', '2025-08-01', '1 month', '1 month', '1 day', 50),
              ('fixed 3', 2, '2025-08-01', '2025-08-01', NULL, '3 months', '1 month', '14 days', 1700),
              ('fixed 4', 1, '2025-07-01', '2025-07-01', '2025-08-01', '1 month', '1 month', '1 day', 50),
              ('fixed 4', 2, '2025-08-01', '2025-08-01', NULL, '3 months', '1 month', '14 days', 1600) $$,
    'steps and their prices as on the day of the purchase');
SELECT offerengine.put_contract('p-then', term => '1 month', cancellation_notice => '1 day') \g /dev/null
SELECT is((SELECT count(*) FROM offerengine.subscription_step t WHERE t.customer_reference LIKE 'fixed %' AND t.term = '3 months'), 4::bigint,
          'a contract that changes is a matter of who buys afterwards');

-- What was shown is what is paid.
SELECT is(pg_temp.buy(quote_literal('shown'), c.arguments), c.answer, 'expected_amount: ' || c.arguments)
  FROM (VALUES
    ($$'book', 'P-DE', 'EUR', quantity => 3, expected_amount => 2000$$, '1 book 3 x 2000 = 6000 EUR'),
    ($$'book', 'P-DE', 'EUR', quantity => 3, expected_amount => 6000$$, 'OE010 offer "book" costs 2000 now, not 6000'),
    ($$'adv', 'P-DE', 'EUR', expected_amount => 300$$,                  'OE010 offer "reg" costs 800 now, not 300'),
    ($$'steps', 'P-DE', 'EUR', expected_amount => 50$$,                 '1 steps 1 x 50 = 50 EUR subscription')) AS c (arguments, answer);
SELECT throws_ok($$ SELECT offerengine.purchase('shown', 'book', 'P-DE', 'EUR', expected_amount => 1) $$, 'OE010');
CREATE FUNCTION pg_temp.detail_of(call text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    EXECUTE call;
    RETURN NULL;
EXCEPTION WHEN SQLSTATE 'OE010' THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN detail::jsonb;
END
$$;
SELECT is(pg_temp.detail_of($$ SELECT offerengine.purchase('shown', 'adv', 'P-DE', 'EUR', expected_amount => 300) $$),
          '{"offer_reference": "reg", "amount": 800, "expected_amount": 300, "currency": "EUR"}'::jsonb,
          'DETAIL of OE010 has the new price as a value, and which offer it is of');

-- The same order again, however much later: what was sold. Another one is refused; so is nothing of another customer's.
SELECT pg_temp.live('again', '{buy base 2025-01-10}') \g /dev/null
CREATE TEMP TABLE again AS
SELECT p.* FROM offerengine.purchase('again', 'reg', 'P-DE', 'EUR', 'AT', 2, 'net', starts_on => '2025-01-20', expected_amount => 270,
                                     order_id => '00000000-0000-0000-0000-000000000001') AS p;
SELECT pg_temp.live('again', '{cancel base 2025-01-21 immediate,cancel adv 2025-01-22}') \g /dev/null
SELECT pg_temp.ask('adv', '* 1 2020-01-01') \g /dev/null
SELECT offerengine.set_offer_active('adv', false) \g /dev/null
CREATE FUNCTION pg_temp.rows_of(customer text) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s orders, %s lines, %s subscriptions, %s events',
                  (SELECT count(*) FROM offerengine.sales_order t WHERE t.customer_reference = $1),
                  (SELECT count(*) FROM offerengine.order_line t WHERE t.customer_reference = $1),
                  (SELECT count(*) FROM offerengine.subscription t WHERE t.customer_reference = $1),
                  (SELECT count(*) FROM offerengine.subscription_event t WHERE t.customer_reference = $1))
$$;
SELECT is(pg_temp.rows_of('again'), '2 orders, 2 lines, 3 subscriptions, 7 events', 'before');
SELECT pg_temp.same_rows(
    format($$ SELECT p.* FROM offerengine.purchase('again', 'reg', 'P-DE', 'EUR'%s,
                                                   order_id => '00000000-0000-0000-0000-000000000001') AS p $$, c.rest),
    'TABLE again', 'the same again' || c.rest)
  FROM (VALUES ($$, 'AT', 2, 'net', starts_on => '2025-01-20', expected_amount => 270$$), ($$, quantity => 2, price_mode => 'net'$$),
               ($$, 'AT', 2, 'net', expected_amount => 1$$), ($$, 'AT', 2, 'net', at => '2025-06-01Z', channel => 'backend'$$)) AS c (rest);
SELECT is(pg_temp.buy($$'again'$$, c.arguments, $$order_id => '00000000-0000-0000-0000-000000000001'$$),
          'OE013 order 00000000-0000-0000-0000-000000000001 of customer "again" is another one: 2 of offer "reg" in store P-DE, EUR, net, '
          'country AT, from 2025-01-20', 'not the same: ' || c.arguments)
  FROM (VALUES
    ($$'adv', 'P-DE', 'EUR', 'AT', 2, 'net'$$), ($$'base', 'P-DE', 'EUR', 'AT', 2, 'net'$$), ($$'reg', 'P-KI', 'EUR', 'AT', 2, 'net'$$),
    ($$'reg', 'P-DE', 'CHF', 'AT', 2, 'net'$$), ($$'reg', 'P-DE', 'EUR', 'DE', 2, 'net'$$), ($$'reg', 'P-DE', 'EUR', 'AT', 1, 'net'$$),
    ($$'reg', 'P-DE', 'EUR', 'AT', 2$$), ($$'reg', 'P-DE', 'EUR', 'AT', 2, 'net', starts_on => '2025-01-21'$$),
    ($$NULL, 'P-DE', 'EUR', 'AT', 2, 'net'$$), ($$'nothing', 'P-DE', 'EUR', 'AT', 2, 'net'$$)) AS c (arguments);
SELECT is(pg_temp.rows_of('again'), '2 orders, 2 lines, 3 subscriptions, 7 events', 'and nothing more is there');
SELECT is(pg_temp.buy($$'somebody else'$$, $$'book', 'P-DE', 'EUR'$$, $$order_id => '00000000-0000-0000-0000-000000000001'$$),
          '1 book 1 x 2000 = 2000 EUR', 'another customer''s order may have the same id');
INSERT INTO offerengine.sales_order (customer_reference, order_id) VALUES ('again', '00000000-0000-0000-0000-000000000009');
SELECT is(pg_temp.buy($$'again'$$, $$'book', 'P-DE', 'EUR'$$, $$order_id => '00000000-0000-0000-0000-000000000009'$$),
          'OE013 order 00000000-0000-0000-0000-000000000009 of customer "again" is another one: 0 lines', 'an order that was no purchase');
SELECT offerengine.set_offer_active('adv', true) \g /dev/null

-- Refused, and nothing is written.
SELECT offerengine.put_offer('waiting', 'P-BOOK', 'p-house', '{P-DE}'),
       offerengine.put_offer('hidden', 'P-BOOK', 'p-house', '{P-DE}', is_active => false),
       offerengine.put_offer('over', 'P-BOOK', 'p-house', '{P-DE}', valid_to => '2025-06-01 00:00Z'),
       offerengine.put_offer('dear', 'P-BOOK', 'p-house', '{P-DE}'),
       offerengine.set_price('P-DE', 'EUR', NULL, 4611686018427387904, offer_reference => 'dear') \g /dev/null
SELECT offerengine.approve_offer(r) FROM unnest('{hidden,over,dear}'::text[]) AS r \g /dev/null
SELECT pg_temp.sell('half', 0, duration => '1 month'), pg_temp.sell('half-2', 0),
       offerengine.set_offer_steps('half', '{p-half,p-half-2}'), pg_temp.ask('half-2', 'CH 100 2020-01-01') \g /dev/null
SELECT is(pg_temp.buy($$'refused'$$, c.arguments), c.answer, 'refused: ' || c.arguments)
  FROM (VALUES
    ($$'nothing', 'P-DE', 'EUR'$$,                       'OE020 unknown offer "nothing"'),
    ($$NULL, 'P-DE', 'EUR'$$,                            'OE020 unknown offer "<NULL>"'),
    ($$'book', NULL, 'EUR'$$,                            '22004 store must not be NULL'),
    ($$'book', 'P-XX', 'EUR'$$,                          '22023 unknown store "P-XX"'),
    ($$'book', 'P-DE', NULL$$,                           '22004 currency must not be NULL'),
    ($$'book', 'P-DE', 'XYZ'$$,                          '22023 unknown currency "XYZ"'),
    ($$'book', 'P-DE', 'EUR', 'de'$$,                    '22023 unknown country "de"'),
    ($$'book', 'P-DE', 'EUR', ''$$,                      '22023 unknown country ""'),
    ($$'book', 'P-DE', 'EUR', 'DEU'$$,                   '22023 unknown country "DEU"'),
    ($$'book', 'P-DE', 'EUR', quantity => 0$$,           '22023 quantity must be at least 1, not 0'),
    ($$'book', 'P-DE', 'EUR', quantity => -1$$,          '22023 quantity must be at least 1, not -1'),
    ($$'book', 'P-DE', 'EUR', price_mode => 'brutto'$$,  '22023 unknown price mode "brutto"'),
    ($$'book', 'P-DE', 'EUR', channel => 'telephone'$$,  '22023 unknown channel "telephone"'),
    ($$'book', 'P-DE', 'EUR', channel => 'import'$$,
     'OE011 offer "book" does not allow operation "checkout" through channel "import": an offer that is standard allows checkout through '
     'checkout, backend, self_service, system only'),
    ($$'foreign', 'P-DE', 'EUR'$$,
     'OE011 offer "foreign" does not allow operation "checkout" through channel "checkout": no offer that is externally_managed allows checkout'),
    ($$'base', 'P-DE', 'EUR', starts_on => 'infinity'$$,   '22023 the day infinity is no day'),
    ($$'base', 'P-DE', 'EUR', starts_on => '-infinity'$$,  '22023 the day -infinity is no day'),
    ($$'book', 'P-DE', 'EUR', at => 'infinity'$$,          '22023 nothing is bought at infinity'),
    ($$'book', 'P-DE', 'EUR', at => '-infinity'$$,         '22023 nothing is bought at -infinity'),
    ($$'base', 'P-DE', 'EUR', starts_on => '5874897-12-31'$$, '22008 timestamp out of range: start of 5874897-12-31 in time zone "Europe/Berlin"'),
    ($$'dear', 'P-DE', 'EUR', quantity => 2$$,             '22003 2 pieces at 4611686018427387904 each are more than an amount can say')
  ) AS c (arguments, answer);
SELECT is(left(pg_temp.buy($$'refused'$$, c.arguments), length(c.answer)), c.answer, 'refused: ' || c.arguments)
  FROM (VALUES
    ($$'waiting', 'P-DE', 'EUR'$$,                               'OE008 offer "waiting" cannot be sold: '),
    ($$'hidden', 'P-DE', 'EUR'$$,                                'OE008 offer "hidden" cannot be sold: '),
    ($$'guest-book', 'P-KI', 'EUR'$$,                            'OE008 offer "guest-book" cannot be sold: '),
    ($$'over', 'P-DE', 'EUR', at => '2025-06-01 00:00Z'$$,       'OE008 offer "over" cannot be sold: '),
    ($$'over', 'P-DE', 'EUR', starts_on => '2025-06-02'$$,       'OE008 offer "over" cannot be sold: '),
    ($$'guest-book', 'P-DE', 'EUR', price_mode => 'net'$$,       'OE009 offer "guest-book" cannot be sold: '),
    ($$'book', 'P-DE', 'CHF'$$,                                  'OE009 offer "book" cannot be sold: '),
    ($$'base', 'P-DE', 'CHF'$$,                                  'OE009 offer "base" cannot be sold: '),
    ($$'base', 'P-DE', 'EUR', starts_on => '2019-12-31'$$,       'OE009 offer "base" cannot be sold: '),
    ($$'half', 'P-DE', 'EUR', starts_on => '2025-01-10'$$,
     'OE009 offer "half" cannot be sold: step 2 has no gross price in EUR for country DE on 2025-01-10'),
    ($$'half', 'P-AS', 'EUR', price_mode => 'net', starts_on => '2025-01-10'$$,
     'OE009 offer "half" cannot be sold: step 2 has no net price in EUR for country unknown on 2025-01-10')) AS c (arguments, answer);
SELECT is(pg_temp.rows_of('refused'), '0 orders, 0 lines, 0 subscriptions, 0 events', 'nothing is written');
SELECT is_empty($$ SELECT FROM offerengine.customer_timeline t WHERE t.customer_reference = 'refused' $$, 'nothing at all');
SELECT is(pg_temp.buy($$'sold'$$, c.arguments), c.answer, 'sold: ' || c.arguments)
  FROM (VALUES ($$'dear', 'P-DE', 'EUR'$$, '1 dear 1 x 4611686018427387904 = 4611686018427387904 EUR'),
               ($$'over', 'P-DE', 'EUR', at => '2025-05-31 23:59:59Z'$$, '1 over 1 x 1000 = 1000 EUR'),
               ($$'half', 'P-DE', 'EUR', 'CH'$$, '1 half 1 x 0 = 0 EUR subscription'),
               ($$'steps', 'P-DE', 'EUR', quantity => 2147483647$$, '1 steps 2147483647 x 50 = 107374182350 EUR subscription')) AS c (arguments, answer);
SELECT is(pg_temp.buy('NULL', $$'book', 'P-DE', 'EUR'$$), '22004 customer_reference must not be NULL', 'no customer');
SELECT is(left(pg_temp.buy(c.customer, $$'book', 'P-DE', 'EUR'$$), 26), '22023 customer_reference "', c.what)
  FROM (VALUES ($$''$$, 'an empty reference is no customer'), ($$repeat('x', 256)$$, 'nor is one of more than 255 bytes'),
               ($$repeat('x', 3000)$$, 'nor one that no index takes')) AS c (customer, what);
SELECT is(left(pg_temp.buy($$repeat('x', 255)$$, $$'book', 'P-DE', 'EUR'$$), 6), '1 book', '255 bytes are a reference');

-- At an instant that is past the rules count as they are now.
SELECT pg_temp.live('early', '{"buy base 2025-01-10"}') \g /dev/null
SELECT pg_temp.sell('late-adv', 10), pg_temp.sell('late-reg', 20), pg_temp.rule('late', 'BASE', 'late-adv', 'late-reg') \g /dev/null
SELECT is((SELECT p.offer_reference FROM offerengine.purchase('early', 'late-reg', 'P-DE', 'EUR', at => '2025-02-01 12:00Z') p), 'late-adv',
          'by a rule that was made later');
SELECT offerengine.put_rule('late', valid_to => '2025-03-01Z') \g /dev/null
SELECT is((SELECT string_agg(p.offer_reference, ', ' ORDER BY t.n) FROM (VALUES (1, timestamptz '2025-02-28 23:59:59Z'), (2, '2025-03-01Z')) AS t (n, at),
           LATERAL offerengine.purchase('early', 'late-reg', 'P-DE', 'EUR', at => t.at) p), 'late-adv, late-reg', 'until it ends');

SELECT * FROM finish();
ROLLBACK;
