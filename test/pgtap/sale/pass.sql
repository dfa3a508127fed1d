-- Until when a time pass counts, and what is sold that is neither product nor subscription.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

SELECT is(offerengine_internal.pass_ends_on(c.starts_on::date, c.duration::interval), c.ends_on::date, c.starts_on || ' and ' || coalesce(c.duration, 'no duration'))
  FROM (VALUES ('2025-01-31', '1 month', '2025-02-28'), ('2024-01-31', '1 month', '2024-02-29'), ('2025-01-31', '2 months', '2025-03-31'), ('2024-02-29', '1 year', '2025-02-28'),
               ('2025-01-31', '1 month 1 day', '2025-03-01'), ('2025-01-30', '30 days', '2025-03-01'), ('2025-12-31', '1 day', '2026-01-01'), ('2025-01-01', '1 year 2 months 3 days', '2026-03-04'),
               ('2025-01-10', '2 weeks', '2025-01-24'), ('2025-01-10', NULL, NULL)) AS c (starts_on, duration, ends_on);
SELECT is(pg_temp.outcome('SELECT offerengine_internal.pass_ends_on(''5874897-12-31'', ''1 day'')') ~ '^22008', true, 'days end');

-- The day is that of the store, named or not; a pass without a duration has no end.
SELECT offerengine.put_offer('pass-ki', 'P-PAPER', 'p-house', '{P-KI,P-AS}', offer_type => 'time_pass'), offerengine.put_offer('pass-open', 'P-PAPER', 'p-house', '{P-DE}', offer_type => 'time_pass'),
       offerengine.put_offer('voucher', 'P-BOOK', 'p-house', '{P-DE}', offer_type => 'gift_voucher', title => 'A voucher over 25'),
       offerengine.put_offer('credit', 'P-BOOK', 'p-house', '{P-DE}', offer_type => 'credit'),
       offerengine.put_offer('wrapping', 'P-BOOK', 'p-house', '{P-DE}', offer_type => 'add_on') \g /dev/null
SELECT offerengine.set_price(s, 'EUR', NULL, 500, offer_reference => o) FROM (VALUES ('P-KI', 'pass-ki'), ('P-AS', 'pass-ki'), ('P-DE', 'pass-open'), ('P-DE', 'wrapping')) AS v (s, o) \g /dev/null
SELECT offerengine.set_price('P-DE', 'EUR', 2500, 2500, offer_reference => o) FROM unnest('{voucher,credit}'::text[]) AS o \g /dev/null
SELECT offerengine.approve_offer(o) FROM unnest('{pass-ki,pass-open,voucher,credit,wrapping}'::text[]) AS o \g /dev/null
SELECT offerengine.put_offer('pass', pass_duration => '1 month'), offerengine.put_offer('pass-ki', pass_duration => '7 days') \g /dev/null

CREATE FUNCTION pg_temp.bought(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    bought uuid;
BEGIN
    EXECUTE 'SELECT p.order_id FROM offerengine.purchase(''anna'', ' || call || ') AS p' INTO bought;
    RETURN (SELECT concat_ws(' ', i.offer_reference, i.offer_type, i.quantity || 'x' || i.unit_amount, i.starts_on || '..' || coalesce(i.ends_on::text, ''), i.subscription_id)
              FROM offerengine.order_items('anna', bought) AS i);
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT is(pg_temp.bought(c.call), c.answer, c.call) FROM (VALUES
    ($$'pass', 'P-DE', 'EUR', starts_on => '2025-01-31'$$, 'pass time_pass 1x500 2025-01-31..2025-02-28'),
    ($$'pass', 'P-DE', 'EUR', quantity => 2, starts_on => '2100-02-28'$$, 'pass time_pass 2x500 2100-02-28..2100-03-28'),
    -- Half past eleven in the evening of the 30th in UTC is the 31st in Berlin.
    ($$'pass', 'P-DE', 'EUR', at => '2025-01-30 23:30+00'$$, 'pass time_pass 1x500 2025-01-31..2025-02-28'),
    ($$'pass', 'P-DE', 'EUR', at => '2025-01-30 22:30+00'$$, 'pass time_pass 1x500 2025-01-30..2025-02-28'),
    ($$'pass-open', 'P-DE', 'EUR', starts_on => '2025-01-31'$$, 'pass-open time_pass 1x500 2025-01-31..'),
    ($$'voucher', 'P-DE', 'EUR', quantity => 3$$, 'voucher gift_voucher 3x2500'),
    ($$'credit', 'P-DE', 'EUR'$$, 'credit credit 1x2500'),
    ($$'wrapping', 'P-DE', 'EUR'$$, 'wrapping add_on 1x500'),
    ($$'book', 'P-DE', 'EUR'$$, 'book product 1x2000')) AS c (call, answer);
SELECT is(pg_temp.bought(format('''pass-ki'', %L, ''EUR''', s.store)),
          format('pass-ki time_pass 1x500 %s..%s', t.day, t.day + 7), 'today in ' || s.store)
  FROM (VALUES ('P-KI', 'Pacific/Kiritimati'), ('P-AS', 'Pacific/Pago_Pago')) AS s (store, zone), LATERAL (SELECT (now() AT TIME ZONE s.zone)::date AS day) AS t;
-- The same purchase again has the end that it had, whatever the offer says by now.
SELECT offerengine.purchase('bert', 'pass', 'P-DE', 'EUR', starts_on => '2025-01-31', order_id => '00000000-0000-7000-8000-0000000000aa') \g /dev/null
SELECT offerengine.put_offer('pass', pass_duration => '1 year') \g /dev/null
SELECT offerengine.purchase('bert', 'pass', 'P-DE', 'EUR', starts_on => '2025-01-31', order_id => '00000000-0000-7000-8000-0000000000aa') \g /dev/null
SELECT pg_temp.same_rows($$ SELECT l.starts_on, l.ends_on FROM offerengine.order_line l WHERE l.customer_reference = 'bert' $$, $$ VALUES (date '2025-01-31', date '2025-02-28') $$, 'sold once');
SELECT is_empty($$ SELECT FROM offerengine.subscription_timeline('anna') $$, 'none of this is a subscription');

-- What the row asked in the other mode goes along, if it says the same price still.
SELECT is((SELECT string_agg(concat_ws(' ', f.offer_reference, l.unit_amount, coalesce(l.other_amount::text, '-')), ', ' ORDER BY f.offer_reference)
             FROM offerengine.order_line l JOIN offerengine.offer f USING (offer_id)
            WHERE l.customer_reference = 'anna' AND f.offer_reference IN ('book', 'voucher', 'wrapping')), 'book 2000 1700, voucher 2500 2500, wrapping 500 -', 'net beside gross');
SELECT offerengine.purchase('carl', 'book', 'P-DE', 'EUR', quantity => 10, price_mode => 'net'), offerengine.purchase('dora', 'base', 'P-DE', 'EUR', starts_on => '2025-01-10') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', l.customer_reference, l.unit_amount, l.other_amount), ', ' ORDER BY l.customer_reference) FROM offerengine.order_line l
            WHERE l.customer_reference IN ('carl', 'dora')), 'carl 1500 1800, dora 2000 1800', 'gross beside net, of a tier; of a sheet');
SELECT is(offerengine_internal.other_amount(p.price_id, 'offer', 'gross', c.amount), c.other, 'asked at ' || c.amount)
  FROM offerengine.price p, (VALUES (2000, 1700::bigint), (1999, NULL)) AS c (amount, other)
 WHERE p.offer_id = pg_temp.offer('book') AND p.min_quantity = 1;

SELECT * FROM finish();
ROLLBACK;
