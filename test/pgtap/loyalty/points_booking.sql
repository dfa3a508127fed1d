-- What documents do to points: earned by the total, by order and by tags; once; by programme and membership; opening and ending.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/points.psql
SELECT no_plan();
SELECT offerengine.put_loyalty_program('EUR', 100, 100) \g /dev/null

-- Commercial rounding of the total, one point for each 1.00.
SELECT pg_temp.booked('r', 'O' || c.total) FROM (VALUES (0), (1), (49), (50), (99), (149), (150), (2100), (9223372036854775807)) AS c (total), LATERAL pg_temp.ordered('r', 'O' || c.total, c.total) \g /dev/null
SELECT is(coalesce(pg_temp.ledger('r', 'O' || c.total), 'nothing'), answer, 'order over ' || c.total)
  FROM (VALUES (0, 'nothing'), (1, 'nothing'), (49, 'nothing'), (50, 'O50 earned +1'), (99, 'O99 earned +1'), (149, 'O149 earned +1'), (150, 'O150 earned +2'), (2100, 'O2100 earned +21'),
               (9223372036854775807, 'O9223372036854775807 earned +1000000000000000')) AS c (total, answer);

-- With points for the order as such, and 3.00 a point: 10.00 are 3.33, 10.50 are 3.5.
SELECT offerengine.put_loyalty_program('EUR', 300, order_points => 7), pg_temp.ordered('s', 'S1', 1000), pg_temp.ordered('s', 'S2', 1050), pg_temp.ordered('s', 'S3', 0) \g /dev/null
SELECT pg_temp.booked('s', 'S1', 'S2', 'S3') \g /dev/null
SELECT is(pg_temp.ledger('s', 'S1', 'S2', 'S3'), 'S1 earned +3, S1 order_points +7, S2 earned +4, S2 order_points +7, S3 order_points +7', 'order_points, also of an order over nothing');
SELECT is(pg_temp.points('s'), '28/28', 'the balance');

-- Once: for each document and for each order.
SELECT pg_temp.booked('s', 'S1'), offerengine_internal.book_document('s', pg_temp.order_id('s', 'S1'), (SELECT d.document_id FROM offerengine.loyalty_document d WHERE d.order_id = pg_temp.order_id('s', 'S2'))) \g /dev/null
SELECT is(pg_temp.points('s'), '28/28', 'the same order again, under another document');
SELECT offerengine_internal.book_document('s', pg_temp.ordered('s', 'S4', 900), (SELECT d.document_id FROM offerengine.loyalty_document d WHERE d.order_id = pg_temp.order_id('s', 'S2'))) \g /dev/null
SELECT is(pg_temp.points('s'), '28/28', 'another order under the same document');
SELECT offerengine_internal.book_document('s', '00000000-0000-7000-9000-000000000001', offerengine.uuid_v7()) \g /dev/null
SELECT is(pg_temp.points('s'), '28/28', 'an order that there is not');
SELECT throws_ok($$INSERT INTO offerengine.loyalty_entry (customer_reference, entry_id, document_id, kind, lot_id, points, dated_at)
    SELECT e.customer_reference, offerengine.uuid_v7(), e.document_id, e.kind, e.lot_id, 1, now() FROM offerengine.loyalty_entry e WHERE e.customer_reference = 's' LIMIT 1$$, '23505', NULL, 'one entry for each document, kind and lot');

-- By programme and membership.
SELECT pg_temp.ordered('u', 'U1', 1000, now(), 'USD'), pg_temp.booked('u', 'U1') \g /dev/null
SELECT is_empty($$SELECT * FROM offerengine.loyalty_member WHERE customer_reference = 'u'$$, 'a currency without a programme enrols nobody');
SELECT offerengine.put_loyalty_program('EUR', auto_enroll => false, order_points => 0), pg_temp.ordered('n', 'N1', 900), pg_temp.booked('n', 'N1'), pg_temp.ordered('s', 'S5', 900), pg_temp.booked('s', 'S5') \g /dev/null
SELECT is(pg_temp.points('n') || (SELECT count(*) FROM offerengine.loyalty_member WHERE customer_reference = 'n'), '0/00', 'without auto_enroll nobody takes part by ordering');
SELECT is(pg_temp.points('s'), '31/31', 'who does goes on earning');
SELECT is(offerengine.loyalty_enroll('n', '2026-01-31'), '2026-01-31', 'is enrolled');
SELECT pg_temp.ordered('n', 'N2', 1200), pg_temp.booked('n', 'N2') \g /dev/null
SELECT is(pg_temp.points('n'), '4/4', 'and earns');
SELECT is((SELECT row(m.state, m.enrolled_on)::text FROM offerengine.loyalty_member m WHERE m.customer_reference = 'n'), '(active,2026-01-31)', 'since that day');
SELECT is((SELECT row(m.state, m.enrolled_on = (clock_timestamp() AT TIME ZONE 'UTC')::date)::text FROM offerengine.loyalty_member m WHERE m.customer_reference = 's'), '(active,t)', 'by the first booking: the day of the booking');
SELECT offerengine.put_loyalty_program('EUR', auto_enroll => true), offerengine.put_order('z' || store, 'Z', total_amount => 900, currency => 'EUR', store => z.store), pg_temp.booked('z' || store, 'Z') FROM unnest('{P-KI,P-AS}'::text[]) AS z (store) \g /dev/null
SELECT is((SELECT m.enrolled_on FROM offerengine.loyalty_member m WHERE m.customer_reference = 'z' || z.store), (clock_timestamp() AT TIME ZONE z.zone)::date, 'the day there: ' || z.store)
  FROM (VALUES ('P-KI', 'Pacific/Kiritimati'), ('P-AS', 'Pacific/Pago_Pago')) AS z (store, zone);
SELECT offerengine.loyalty_leave('n'), offerengine.put_loyalty_program('EUR', auto_enroll => true), pg_temp.ordered('n', 'N3', 1200), pg_temp.booked('n', 'N3') \g /dev/null
SELECT is(pg_temp.points('n'), '4/0', 'who has left earns and redeems nothing, also with auto_enroll');
SELECT offerengine.loyalty_enroll('n'), pg_temp.booked('n', 'N3') \g /dev/null
SELECT is((SELECT m.enrolled_on FROM offerengine.loyalty_member m WHERE m.customer_reference = 'n'), (clock_timestamp() AT TIME ZONE 'UTC')::date, 'who comes back takes part as of that day');
SELECT is(pg_temp.points('n'), '4/4', 'and what was booked meanwhile is not made up for');
SELECT offerengine.loyalty_lock('n'), pg_temp.ordered('n', 'N4', 300), pg_temp.booked('n', 'N4') \g /dev/null
SELECT is(pg_temp.points('n'), '5/0', 'locked points are earned, and not redeemed');

-- Opening and ending, to the instant: 14 days locked, ending 30 days after the later of order and booking.
SELECT offerengine.put_loyalty_program('EUR', 100, locked_days => 14, expiry_days => 30), pg_temp.ordered('t', 'T1', 5000, now() - interval '10 days'), pg_temp.booked('t', 'T1'),
       pg_temp.ordered('t', 'T2', 300, now() + interval '1 day'), pg_temp.booked('t', 'T2') \g /dev/null
SELECT is(pg_temp.points('t', now() + after), answer, after::text) FROM (VALUES
    (interval '-240 hours' - interval '1 microsecond', '0/0'), ('-240 hours', '50/0'), ('0', '50/0'), (interval '24 hours' - interval '1 microsecond', '50/0'), ('24 hours', '53/0'),
    (interval '96 hours' - interval '1 microsecond', '53/0'), ('96 hours', '53/50'), (interval '360 hours' - interval '1 microsecond', '53/50'), ('360 hours', '53/53'),
    (interval '720 hours' - interval '1 microsecond', '53/53'), ('720 hours', '3/3'), (interval '744 hours' - interval '1 microsecond', '3/3'), ('744 hours', '0/0')) AS c (after, answer);
SELECT is((SELECT array_agg(extract(epoch FROM x.expires_at - now()) / 3600 || ' h ' || x.points) FROM offerengine.loyalty_expiring('t', '40 days') x), '{"720.0000000000000000 h 50"}', 'what ends is told; what is dated later is not there yet');
SELECT results_eq($$SELECT x.points FROM offerengine.loyalty_expiring('t', '719 hours') x$$, ARRAY[]::bigint[], 'within the interval only');
SELECT offerengine.put_loyalty_program('EUR', clear_expiry => true, locked_days => 0), pg_temp.ordered('t', 'T3', 400), pg_temp.booked('t', 'T3') \g /dev/null
SELECT is(pg_temp.points('t', 'infinity'), '0/0', 'at no instant at all');
SELECT is(pg_temp.points('t', '2999-01-01Z'), '4/4', 'what has no end stays');
SELECT pg_temp.ordered('t', 'T4', 700, '294276-12-31 00:00+00'), pg_temp.booked('t', 'T4'), offerengine.put_loyalty_program('EUR', locked_days => 36500, expiry_days => 36500),
       pg_temp.ordered('t', 'T5', 700, '294276-12-31 00:00+00'), pg_temp.booked('t', 'T5') \g /dev/null
SELECT is(pg_temp.ledger('t', 'T4', 'T5'), 'T4 earned +7, T5 earned +7', 'an order of the last year that there is');

-- Tags: points for each piece, factors of the amount. A book costs 20.00, a pass 5.00.
SELECT offerengine.put_loyalty_program('EUR', 100, locked_days => 0, clear_expiry => true),
       offerengine.tag_offer('book', 'bonus', 'custom'), offerengine.tag_offer('pass', 'double', 'analytics'), offerengine.tag_offer('guest-book', 'none', 'custom'), offerengine.tag_offer('guest-book', 'bonus', 'custom'),
       offerengine.put_loyalty_extra('bonus', 5), offerengine.put_loyalty_extra('double', factor => 2.5), offerengine.put_loyalty_extra('none', factor => 0), offerengine.put_loyalty_extra('nobody''s', factor => 9) \g /dev/null
CREATE FUNCTION pg_temp.bought(reference text, total bigint, VARIADIC lines text[]) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.booked('x', reference) FROM offerengine.put_order('x', reference, total_amount => total, currency => 'EUR', lines =>
        (SELECT jsonb_agg(jsonb_build_object('offer_reference', split_part(l, ' ', 1), 'quantity', split_part(l, ' ', 2)::integer, 'line_amount', split_part(l, ' ', 3)::bigint) ORDER BY o) FROM unnest(lines) WITH ORDINALITY AS l (l, o)));
    SELECT coalesce(pg_temp.ledger('x', reference), 'nothing')
$$;
SELECT is(pg_temp.bought('X1', NULL, 'book 3 6000'), 'X1 earned +60, X1 extra +15', 'five points for each of three books');
SELECT is(pg_temp.bought('X2', NULL, 'pass 1 500'), 'X2 earned +5, X2 extra +8', 'two and a half times 5.00 are 12.5 points');
SELECT is(pg_temp.bought('X3', NULL, 'book 1 2000', 'pass 1 500'), 'X3 earned +25, X3 extra +13', 'each line by its tags: 32.5 points and 5');
SELECT is(pg_temp.bought('X4', NULL, 'guest-book 1 1000'), 'X4 earned +10, X4 extra -5', 'nothing for the amount, and five for the piece');
SELECT is(pg_temp.bought('X5', 1250, 'pass 1 500'), 'X5 earned +13, X5 extra +18', 'the order''s total is what counts: 12.50 are 13, two and a half times 31');
SELECT is(pg_temp.bought('X6', NULL, 'pass 2 0'), 'nothing', 'a factor of nothing');
SELECT is(offerengine.put_loyalty_extra('none', factor => 0), 'none', 'again');
SELECT offerengine.put_loyalty_extra('bonus', factor => 0) \g /dev/null
SELECT is(pg_temp.bought('X7', NULL, 'guest-book 1 1000', 'pass 2 1000'), 'X7 earned +20, X7 extra +5', 'two factors of 0 take no more than all');
SELECT is(offerengine.put_loyalty_extra('bonus'), NULL, 'no extra any more');
SELECT is(pg_temp.bought('X8', NULL, 'book 1 2000'), 'X8 earned +20', 'nothing beside');

-- Gross totals: of a net order what its lines cost gross, where all of them know.
SELECT offerengine.purchase('g', 'book', 'P-DE', 'EUR', price_mode => 'net', quantity => 2, order_reference => 'G1'), offerengine.purchase('g', 'book', 'P-DE', 'EUR', quantity => 2, order_reference => 'G2'),
       pg_temp.booked('g', 'G1', 'G2') \g /dev/null
SELECT is((SELECT string_agg(o.total_amount::text, ' ' ORDER BY o.order_reference) FROM offerengine.orders('g') o), '3400 4000', 'net and gross');
SELECT is(pg_temp.ledger('g', 'G1', 'G2'), 'G1 earned +40, G2 earned +40', 'earn the same');
SELECT offerengine.put_order('g', 'G3', total_amount => 3400, currency => 'EUR', price_mode => 'net'), pg_temp.booked('g', 'G3') \g /dev/null
SELECT is(pg_temp.ledger('g', 'G3'), 'G3 earned +34', 'of what is known net only that counts');

-- Less what points paid: 100.00, of which 40 points pay 40.00.
SELECT offerengine.loyalty_enroll('p'), offerengine.loyalty_adjust('p', 50, 'welcome', 'w') \g /dev/null
SELECT pg_temp.ordered('p', 'P1', 10000), offerengine.loyalty_redeem('p', 40, pg_temp.order_id('p', 'P1')), pg_temp.booked('p', 'P1') \g /dev/null
SELECT is(pg_temp.ledger('p', 'P1'), 'P1 redeemed -40, P1 earned +60', 'what points paid earns none');
SELECT is(pg_temp.points('p'), '70/70', 'welcome points, less, and earned');

-- Less what was cancelled before it was booked; nothing for what is cancelled wholly, also over nothing.
SELECT offerengine.put_order('c', 'C1', currency => 'EUR', lines => '[{"offer_reference": "book", "quantity": 3, "line_amount": 1000}]'), offerengine.put_order('c', 'C2', currency => 'EUR', lines => '[{"offer_reference": "book", "quantity": 2, "line_amount": 0}]'),
       offerengine.put_loyalty_program('EUR', order_points => 2) \g /dev/null
SELECT offerengine.cancel_order('c', pg_temp.order_id('c', 'C1'), 1, 1), offerengine.cancel_order('c', pg_temp.order_id('c', 'C2')), pg_temp.booked('c', 'C1', 'C2') \g /dev/null
SELECT is(pg_temp.ledger('c', 'C1', 'C2'), 'C1 earned +7, C1 order_points +2', '6.67 of 10.00 are left of the one, nothing of the other');

-- With points and tags: of 100.00 a quarter is cancelled, and so a quarter of what 40 points paid; 75.00 less 30.00 earn, and three of four pieces.
SELECT offerengine.put_loyalty_program('EUR', 100, 100, order_points => 0), offerengine.put_loyalty_extra('bonus', 5), offerengine.loyalty_enroll('q'), offerengine.loyalty_adjust('q', 40, 'gift', 'g'),
       offerengine.put_order('q', 'Q1', currency => 'EUR', lines => '[{"offer_reference": "book", "quantity": 4, "line_amount": 10000}]') \g /dev/null
SELECT offerengine.loyalty_redeem('q', 40, pg_temp.order_id('q', 'Q1')) \g /dev/null
SELECT offerengine.cancel_order('q', pg_temp.order_id('q', 'Q1'), 1, 1) \g /dev/null
SELECT pg_temp.booked('q', 'Q1') \g /dev/null
SELECT is(pg_temp.ledger('q', 'Q1'), 'Q1 redeemed -40, Q1 redeemed +10, Q1 earned +45, Q1 extra +15', 'what is left of it, and of what was paid');
SELECT is((SELECT row(d.amount, d.quantity, d.cancelled_amount, d.cancelled_quantity)::text FROM offerengine.loyalty_document d WHERE d.customer_reference = 'q' AND d.kind = 'order'), '(7500,3,2500,1)', 'as it is noted');

-- The ledger stays as it is.
SELECT throws_ok(format(statement, t.name), 'OE006', NULL, format(statement, t.name)) FROM unnest('{loyalty_document,loyalty_lot,loyalty_entry}'::text[]) AS t (name),
    unnest('{"UPDATE offerengine.%I SET dated_at = now()","UPDATE offerengine.%I SET customer_reference = ''x''","DELETE FROM offerengine.%I","TRUNCATE offerengine.%I CASCADE"}'::text[]) AS s (statement);
SELECT throws_ok($$UPDATE offerengine.loyalty_document SET action_key = NULL$$, 'OE006', NULL, 'not even a key goes');

SELECT * FROM finish();
ROLLBACK;
