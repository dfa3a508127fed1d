-- What comes back: in proportion, in any order and number, capped, never twice; redeemed points come back as lots of their own.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
\ir ../include/points.psql
SELECT no_plan();
SELECT offerengine.put_loyalty_program('EUR', 100, 100) \g /dev/null
CREATE FUNCTION pg_temp.returns(customer text, main text, VARIADIC parts bigint[]) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.booked(customer, r.ref) FROM (SELECT main || '-' || o AS ref, pg_temp.came_back(customer, main || '-' || o, main, p) FROM unnest(parts) WITH ORDINALITY AS p (p, o)) AS r ORDER BY r.ref;
    SELECT string_agg(coalesce((SELECT sum(e.points) FROM offerengine.loyalty_document d JOIN offerengine.loyalty_entry e USING (customer_reference, document_id)
                                 WHERE d.customer_reference = customer AND d.order_id = pg_temp.order_id(customer, main || '-' || o)), 0)::text, ' ' ORDER BY o) FROM generate_series(1, cardinality(parts)) AS o
$$;

-- Rounded by what is back in all: 50 points for 49.99, of which a third is 16.67, two are 33.33. The order's points go with the last part.
SELECT pg_temp.booked('a', c.ref) FROM (VALUES ('A1', 4999), ('A2', 4999), ('A3', 4999), ('A4', 4999), ('A5', 150), ('A6', 10000), ('A7', 10000)) AS c (ref, total), LATERAL pg_temp.ordered('a', c.ref, c.total) \g /dev/null
SELECT is(pg_temp.returns('a', ref, VARIADIC parts), answer, ref || ' returned as ' || parts::text) FROM (VALUES
    ('A1', '{1666,1666,1667}'::bigint[], '-17 -16 -17'), ('A2', '{1667,1666,1666}', '-17 -16 -17'), ('A3', '{4999}', '-50'), ('A4', '{2000,5000,1}', '-20 -30 0'),
    ('A5', '{1,74,75}', '0 -1 -1'), ('A6', '{0,3000,7000,10000}', '0 -30 -70 0')) AS c (ref, parts, answer);
SELECT is(pg_temp.points('a'), '100/100', 'all of the returned orders is gone, and nothing of the other');
SELECT is((SELECT count(*) FROM offerengine.loyalty_entry e WHERE e.reverses_entry_id IS NOT NULL AND e.customer_reference = 'a'),
          (SELECT count(*) FROM offerengine.loyalty_entry e JOIN offerengine.loyalty_entry r ON r.customer_reference = e.customer_reference AND r.entry_id = e.reverses_entry_id AND r.lot_id = e.lot_id AND r.kind = e.kind
            WHERE e.customer_reference = 'a'), 'each names the entry that it takes back');
SELECT offerengine.put_loyalty_program('EUR', order_points => 5), offerengine.put_loyalty_extra('bonus', 10), offerengine.tag_offer('book', 'bonus', 'custom') \g /dev/null
SELECT pg_temp.told('b', 'B1', NULL, 'book x3 =1000'), pg_temp.booked('b', 'B1') \g /dev/null
SELECT is(pg_temp.ledger('b', 'B1'), 'B1 earned +10, B1 order_points +5, B1 extra +30', 'an order with everything');
SELECT pg_temp.back('b', 'B1', '[{"line_no": 1, "quantity": 1}]', k, ', order_reference => ''B1-' || k || '''') FROM unnest('{1,2,3}'::text[]) AS k \g /dev/null
SELECT pg_temp.booked('b', 'B1-2', 'B1-1', 'B1-3', 'B1-3') \g /dev/null
SELECT is(pg_temp.ledger('b', 'B1-1', 'B1-2', 'B1-3'), 'B1-2 earned -3, B1-2 extra -10, B1-1 earned -4, B1-1 extra -10, B1-3 earned -3, B1-3 extra -10, B1-3 order_points -5',
    'piece by piece, told in another order: 3.34, 6.67 and 10.00; order_points with the last');
SELECT is(pg_temp.points('b'), '0/0', 'nothing is left');

-- Of what another system tells: by the pieces that it takes back, whatever it gives for them.
SELECT pg_temp.told('b', 'B2', 3000, 'guest-book x3 =3000'), pg_temp.booked('b', 'B2'),
       offerengine.put_order('b', 'B2-1', 3, total_amount => 1500, currency => 'EUR', parent_reference => 'B2', lines => '[{"offer_reference": "guest-book", "quantity": 2, "line_amount": 1500, "parent_line_no": 1}]'),
       pg_temp.booked('b', 'B2-1') \g /dev/null
SELECT is(pg_temp.ledger('b', 'B2', 'B2-1'), 'B2 earned +30, B2 order_points +5, B2-1 earned -20', 'two of three pieces are 20.00 of 30.00, though 15.00 were given for them');

-- Over nothing: by pieces.
SELECT pg_temp.told('b', 'B3', 0, 'guest-book x2 =0', 'book x2 =0'), pg_temp.booked('b', 'B3') \g /dev/null
SELECT pg_temp.back('b', 'B3', format('[{"line_no": %s, "quantity": %s}]', l, q), k, ', order_reference => ''B3-' || k || '''') FROM (VALUES (1, 1, '1'), (2, 1, '2'), (1, 1, '3'), (2, 1, '4')) AS c (l, q, k) \g /dev/null
SELECT pg_temp.booked('b', 'B3-1', 'B3-2', 'B3-3', 'B3-4') \g /dev/null
SELECT is(pg_temp.ledger('b', 'B3', 'B3-1', 'B3-2', 'B3-3', 'B3-4'), 'B3 order_points +5, B3 extra +20, B3-1 extra -5, B3-2 extra -5, B3-3 extra -5, B3-4 extra -5, B3-4 order_points -5', 'a quarter each');
SELECT pg_temp.ordered('b', 'B4', 0), pg_temp.booked('b', 'B4'), pg_temp.came_back('b', 'B4-1', 'B4', 0), pg_temp.booked('b', 'B4-1') \g /dev/null
SELECT is(pg_temp.ledger('b', 'B4', 'B4-1'), 'B4 order_points +5, B4-1 order_points -5', 'without pieces: whatever comes back is all of it');
SELECT pg_temp.told('b', 'B5', 0, 'guest-book x2 =0'), pg_temp.booked('b', 'B5'), pg_temp.came_back('b', 'B5-1', 'B5', 0), pg_temp.booked('b', 'B5-1') \g /dev/null
SELECT is(pg_temp.ledger('b', 'B5', 'B5-1'), 'B5 order_points +5, B5-1 order_points -5', 'also where only the order tells its pieces');

-- Every type from 3 to 6; none without a main order; one that is told as a return, or an order, by the merchant's own rules.
SELECT offerengine.put_loyalty_program('EUR', order_points => 0), pg_temp.ordered('c', 'C1', 4000), pg_temp.booked('c', 'C1') \g /dev/null
SELECT pg_temp.came_back('c', 'C1-' || t, 'C1', 1000, type => t), pg_temp.booked('c', 'C1-' || t) FROM generate_series(2, 7) AS t \g /dev/null
SELECT is(pg_temp.ledger('c', 'C1', 'C1-2', 'C1-3', 'C1-4', 'C1-5', 'C1-6', 'C1-7'), 'C1 earned +40, C1-2 earned +10, C1-3 earned -10, C1-4 earned -10, C1-5 earned -10, C1-6 earned -10, C1-7 earned +10', 'types 3 to 6');
SELECT pg_temp.came_back('c', 'C2', NULL, 1000), pg_temp.booked('c', 'C2') \g /dev/null
SELECT is(pg_temp.ledger('c', 'C2'), NULL, 'a return without a main order');
SELECT offerengine_internal.book_as('c', pg_temp.ordered('c', 'C3', 900), offerengine.uuid_v7(), 'return'), offerengine_internal.book_as('c', pg_temp.came_back('c', 'C4', 'C1', 800), offerengine.uuid_v7(), 'order') \g /dev/null
SELECT is(pg_temp.ledger('c', 'C3', 'C4'), 'C4 earned +8', 'what counts as a return is what is told as one');
SELECT offerengine_internal.book_as('c', pg_temp.ordered('c', 'C5', 900), offerengine.uuid_v7(), t) FROM unnest('{order,return}'::text[]) AS t \g /dev/null
SELECT is((SELECT string_agg(e.points::text, ' ' ORDER BY e.entry_id) FROM offerengine.loyalty_entry e JOIN offerengine.loyalty_document d USING (customer_reference, document_id) WHERE d.order_id = pg_temp.order_id('c', 'C5')), '9 -9',
    'an order that is told as a return later takes back what it earned');

-- Told before its main order; and of a main order that was never told.
SELECT pg_temp.ordered('c', 'C6', 2000), pg_temp.came_back('c', 'C6-1', 'C6', 500), pg_temp.booked('c', 'C6-1', 'C6') \g /dev/null
SELECT is((SELECT sum(e.points) FROM offerengine.loyalty_entry e JOIN offerengine.loyalty_document d USING (customer_reference, document_id) WHERE d.order_id IN (pg_temp.order_id('c', 'C6'), pg_temp.order_id('c', 'C6-1'))), 15::numeric, 'what came back first is taken off');
SELECT pg_temp.came_back('c', 'C6-2', 'C6', 1500), pg_temp.booked('c', 'C6-2') \g /dev/null
SELECT is((SELECT sum(e.points) FROM offerengine.loyalty_entry e JOIN offerengine.loyalty_document d USING (customer_reference, document_id) WHERE d.order_id IN (pg_temp.order_id('c', 'C6'), pg_temp.order_id('c', 'C6-1'), pg_temp.order_id('c', 'C6-2'))), 0::numeric, 'and the rest with the rest');

-- Bought, redeemed, refunded: the points are owed. A debt does not end, points do.
SELECT offerengine.put_loyalty_program('EUR', expiry_days => 10), pg_temp.ordered('d', 'D1', 3000), pg_temp.booked('d', 'D1'), offerengine.loyalty_redeem('d', 25, NULL, 'mug'),
       pg_temp.came_back('d', 'D1-1', 'D1', 3000), pg_temp.booked('d', 'D1-1') \g /dev/null
SELECT is(pg_temp.points('d'), '-25/0', 'what was redeemed of a returned order is owed');
SELECT is(pg_temp.points('d', now() + '11 days'), '-25/0', 'for ever');
SELECT pg_temp.ordered('d', 'D2', 6000), pg_temp.booked('d', 'D2') \g /dev/null
SELECT is(pg_temp.points('d'), '35/35', 'and goes off what is earned next');
SELECT is((SELECT row(a.balance, a.redeemable, a.debt, a.next_expiring)::text FROM offerengine.loyalty_account a WHERE a.customer_reference = 'd'), '(35,35,25,60)', 'as the view says');
-- Points that have ended leave nothing behind: 30 were earned, 20 of them redeemed, 10 ended.
SELECT pg_temp.ordered('e', 'E1', 3000, now() - interval '20 days'), offerengine.put_loyalty_program('EUR', expiry_days => 10) \g /dev/null
SELECT pg_temp.booked('e', 'E1'), offerengine.loyalty_redeem('e', 20, NULL) \g /dev/null
SELECT is(pg_temp.points('e', now() + at), answer, at::text) FROM (VALUES ('0'::interval, '10/10'), ('239 hours', '10/10'), ('240 hours', '0/0'), ('1 year', '0/0')) AS c (at, answer);

-- 50 welcome points pay for an order that earns 21; it comes back: 50 again.
SELECT offerengine.put_loyalty_program('EUR', 100, 10, expiry_days => 100, grace_days => 7), offerengine.loyalty_enroll('w'), offerengine.loyalty_adjust('w', 50, 'welcome', 'welcome'), pg_temp.ordered('w', 'W1', 2600),
       offerengine.loyalty_redeem('w', 50, pg_temp.order_id('w', 'W1')), pg_temp.booked('w', 'W1') \g /dev/null
SELECT is(pg_temp.points('w'), '21/21', 'earned');
SELECT pg_temp.came_back('w', 'W1-1', 'W1', 2600), pg_temp.booked('w', 'W1-1', 'W1-1') \g /dev/null
SELECT is(pg_temp.points('w'), '50/50', 'fifty again');
SELECT is((SELECT row(l.kind, l.expires_at = o.expires_at, l.opens_at = now(), o.kind)::text FROM offerengine.loyalty_lot l JOIN offerengine.loyalty_lot o ON o.lot_id = l.origin_lot_id WHERE l.customer_reference = 'w'),
    '(given_back,t,t,adjusted)', 'in a lot that ends with its origin');
-- 100.00 paid with 40 points, returned as 30.00, then the rest, then once more: the last changes nothing.
SELECT offerengine.put_loyalty_program('EUR', 100, 100), offerengine.loyalty_enroll('v'), offerengine.loyalty_adjust('v', 40, 'gift', 'gift'), pg_temp.ordered('v', 'V1', 10000),
       offerengine.loyalty_redeem('v', 40, pg_temp.order_id('v', 'V1')), pg_temp.booked('v', 'V1') \g /dev/null
SELECT is(pg_temp.returns('v', 'V1', 3000, 7000, 7000), '-6 -14 0', '18 of 60 and 12 of 40, the rest, nothing');
SELECT is(pg_temp.ledger('v', 'V1', 'V1-1', 'V1-2', 'V1-3'), 'V1 redeemed -40, V1 earned +60, V1-1 earned -18, V1-1 redeemed +12, V1-2 earned -42, V1-2 redeemed +28', 'and no more');
SELECT is(pg_temp.points('v'), '40/40', 'what there was');

-- From several lots: what was taken last comes back first, each to an end of its own. 10 end tomorrow, 20 in a week, 30 never.
SELECT offerengine.loyalty_enroll('m') \g /dev/null
SELECT offerengine.put_loyalty_program('EUR', expiry_days => d, clear_expiry => d IS NULL), offerengine.loyalty_adjust('m', p, 'lot', 'lot ' || p) FROM (VALUES (10, 1), (20, 7), (30, NULL)) AS c (p, d) \g /dev/null
SELECT pg_temp.ordered('m', 'M1', 5500), offerengine.loyalty_redeem('m', 55, pg_temp.order_id('m', 'M1')) \g /dev/null
CREATE FUNCTION pg_temp.lots(customer text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', l.kind, l.points, coalesce((extract(epoch FROM nullif(l.expires_at, 'infinity') - now()) / 86400)::integer::text, 'ever')), ', ' ORDER BY l.kind DESC, l.expires_at, l.points)
      FROM offerengine_internal.points_lots(customer, now()) AS l WHERE l.points <> 0
$$;
SELECT is(pg_temp.lots('m'), 'adjusted 5 ever', 'the soonest to end goes first');
SELECT is(pg_temp.returns('m', 'M1', 3000), '30', '30 come back');
SELECT is(pg_temp.lots('m'), 'given_back 5 7, given_back 25 ever, adjusted 5 ever', 'the 25 that never end, and 5 of those that end in a week');
SELECT is(pg_temp.returns('m', 'M1', 3000, 2500), '30 25', 'and the rest');
SELECT is(pg_temp.lots('m'), 'given_back 5 7, given_back 10 7, given_back 15 7, given_back 25 ever, adjusted 5 ever', 'of what would end tomorrow the grace of seven days');
SELECT offerengine.put_loyalty_program('EUR', grace_days => 0), pg_temp.ordered('m', 'M2', 1000), offerengine.loyalty_redeem('m', 10, pg_temp.order_id('m', 'M2')) \g /dev/null
SELECT pg_temp.came_back('m', 'M2-1', 'M2', 1000, now() + '30 days'), pg_temp.booked('m', 'M2-1') \g /dev/null
SELECT is(pg_temp.points('m', now() + '29 days') || ' ' || pg_temp.points('m', now() + '31 days'), '30/30 30/30', 'to what has ended by then, without grace: nothing');
SELECT offerengine.put_loyalty_program('EUR', grace_days => 5), pg_temp.ordered('m', 'M3', 500), offerengine.loyalty_redeem('m', 5, pg_temp.order_id('m', 'M3')),
       pg_temp.came_back('m', 'M3-1', 'M3', 500, now() + '30 days'), pg_temp.booked('m', 'M3-1') \g /dev/null
SELECT is(pg_temp.points('m', now() + at), answer, 'grace after ' || at::text) FROM (VALUES ('29 days'::interval, '30/30'), ('30 days', '35/35'), ('839 hours', '35/35'), ('840 hours', '30/30')) AS c (at, answer);

-- Cancelled: what points paid of it comes back, and what it earned is gone, at once, whether the cancellation is told or not.
SELECT offerengine.put_loyalty_program('EUR', grace_days => 0, clear_expiry => true), offerengine.loyalty_enroll('k'), offerengine.loyalty_adjust('k', 60, 'gift', 'gift') \g /dev/null
SELECT pg_temp.told('k', r, NULL, 'guest-book x2 =8000', 'guest-book x1 =2000'), offerengine.loyalty_redeem('k', 20, pg_temp.order_id('k', r)) FROM unnest('{K1,K2,K3}'::text[]) AS r \g /dev/null
SELECT is(pg_temp.points('k'), '0/0', 'all is redeemed');
SELECT offerengine.cancel_order('k', pg_temp.order_id('k', 'K1'), 1, 1) \g /dev/null
SELECT is(pg_temp.points('k'), '8/8', 'four tenths of 20');
SELECT offerengine.cancel_order('k', pg_temp.order_id('k', 'K1')) \g /dev/null
SELECT is(pg_temp.points('k'), '20/20', 'and the rest');
SELECT pg_temp.booked('k', 'K1') \g /dev/null
SELECT is(pg_temp.points('k'), '20/20', 'told afterwards it earns nothing');
SELECT pg_temp.booked('k', 'K2'), offerengine.cancel_order('k', pg_temp.order_id('k', 'K2'), 2) \g /dev/null
SELECT is(pg_temp.points('k'), '88/88', 'K2: 80 are earned, of these 16 are gone, and 4 come back of what paid');
SELECT pg_temp.back('k', 'K2', '[{"line_no": 1, "quantity": 1}]', 'b', ', order_reference => ''K2-1'''), pg_temp.booked('k', 'K2-1') \g /dev/null
SELECT is(pg_temp.ledger('k', 'K2-1'), 'K2-1 earned -32, K2-1 redeemed +8', 'the return takes its part: 40.00 of 100.00');
SELECT pg_temp.back('k', 'K2', '[{"line_no": 1, "quantity": 1}]', 'c', ', order_reference => ''K2-2'''), pg_temp.booked('k', 'K2-2') \g /dev/null
SELECT is(pg_temp.points('k'), '40/40', 'nothing of K2 is left');
-- A credit note that a cancellation has made finds nothing left to take. Over nothing it is the pieces that count.
SELECT pg_temp.booked('k', 'K3'), offerengine.cancel_order('k', pg_temp.order_id('k', 'K3'), 1, 1) \g /dev/null
INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, order_type, currency_code, price_mode, total_amount, parent_order_id, origin)
SELECT 'k', offerengine.uuid_v7(), 'K3-note', 4, 'EUR', 'gross', 4000, pg_temp.order_id('k', 'K3'), 'cancellation';
SELECT pg_temp.booked('k', 'K3-note') \g /dev/null
SELECT is(pg_temp.ledger('k', 'K3', 'K3-note'), 'K3 redeemed -20, K3 earned +80, K3 earned -32, K3 redeemed +8', 'four tenths, once');

SELECT offerengine.put_loyalty_program('EUR', order_points => 4), pg_temp.told('k', 'K4', 0, 'guest-book x2 =0'), pg_temp.booked('k', 'K4') \g /dev/null
SELECT offerengine.cancel_order('k', pg_temp.order_id('k', 'K4'), 1, 1) \g /dev/null
SELECT is(pg_temp.ledger('k', 'K4'), 'K4 order_points +4', 'one of two pieces over nothing');
SELECT offerengine.cancel_order('k', pg_temp.order_id('k', 'K4')), offerengine.put_loyalty_program('EUR', order_points => 0) \g /dev/null
SELECT is(pg_temp.ledger('k', 'K4'), 'K4 order_points +4, K4 order_points -4', 'and the other');

-- Points that pay after the order was booked: it has earned less, and all of it goes with the returns.
SELECT offerengine.put_loyalty_extra('bonus', factor => 2), offerengine.loyalty_enroll('l'), offerengine.loyalty_adjust('l', 60, 'gift', 'gift'), pg_temp.told('l', 'L1', NULL, 'book x4 =10000'), pg_temp.booked('l', 'L1') \g /dev/null
SELECT is(pg_temp.ledger('l', 'L1'), 'L1 earned +100, L1 extra +100', 'without');
SELECT offerengine.loyalty_redeem('l', 30, pg_temp.order_id('l', 'L1')) \g /dev/null
SELECT is(pg_temp.ledger('l', 'L1'), 'L1 earned +100, L1 extra +100, L1 redeemed -30, L1 earned -30, L1 extra -30', 'what points pay earns none');
SELECT pg_temp.back('l', 'L1', '[{"line_no": 1, "quantity": 1}]', 'a', ', order_reference => ''L1-1'''), pg_temp.booked('l', 'L1-1'), offerengine.loyalty_redeem('l', 30, pg_temp.order_id('l', 'L1')),
       pg_temp.back('l', 'L1', NULL, 'b', ', order_reference => ''L1-2'''), pg_temp.booked('l', 'L1-2') \g /dev/null
SELECT is(pg_temp.ledger('l', 'L1-1', 'L1-2'), 'L1-1 earned -18, L1-1 extra -18, L1-1 redeemed +8, L1-2 earned -22, L1-2 extra -22, L1-2 redeemed +30, L1-2 redeemed +22', 'in part, and the rest');
SELECT is(pg_temp.points('l'), '60/60', 'and all is as it was');

-- Everything that came back wholly sums up to nothing.
SELECT is_empty($$SELECT o.customer_reference, o.order_reference, sum(e.points) FROM offerengine.sales_order o
    JOIN offerengine.loyalty_document d ON d.customer_reference = o.customer_reference AND (d.order_id = o.order_id OR d.parent_order_id = o.order_id)
    JOIN offerengine.loyalty_entry e ON e.customer_reference = d.customer_reference AND e.document_id = d.document_id
    WHERE o.order_reference IN ('A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'B1', 'B3', 'B4', 'C5', 'C6', 'D1', 'W1', 'V1', 'M2', 'M3', 'K1', 'K2', 'L1')
    GROUP BY 1, 2 HAVING sum(e.points) <> 0$$, 'whatever the parts and their order');

SELECT * FROM finish();
ROLLBACK;
