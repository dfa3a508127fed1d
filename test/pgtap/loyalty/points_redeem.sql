-- Paying with points: at once, held, with a cart; by hand; what is refused, and that a refusal writes nothing.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/cart.psql
\ir ../include/points.psql
SELECT no_plan();
SELECT offerengine.put_loyalty_program('EUR', 100, 50, expiry_days => 365) \g /dev/null
CREATE FUNCTION pg_temp.detail(statement text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE statement;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS answer = PG_EXCEPTION_DETAIL;
    RETURN answer;
END
$$;

-- By hand: open at once, once for each key.
SELECT offerengine.loyalty_enroll('anna') \g /dev/null
SELECT is(pg_temp.points_try(format('SELECT offerengine.loyalty_adjust(%s)', c.arguments)), c.answer, c.arguments) FROM (VALUES
    ($$'anna', 100, 'welcome', 'w'$$, '100'), ($$'anna', 100, 'welcome', 'w'$$, '100'), ($$'anna', 100, 'another reason', 'w'$$, '100'),
    ($$'anna', 99, 'welcome', 'w'$$, 'OE013 key "w" of customer "anna" stands for something else: adjustment of 100 points'),
    ($$'anna', -30, NULL, 'x'$$, '70'), ($$'anna', 0, 'none', 'y'$$, '22023 an adjustment by 0 points is none'), ($$'anna', NULL, 'none', 'y'$$, '22004 points must not be NULL'),
    ($$'anna', 5, 'none', NULL$$, '22004 key must not be NULL'), ($$'anna', 5, 'none', ' y'$$, '22023 key " y" begins or ends with white space'),
    ($$'anna', 5, repeat('x', 1001), 'y'$$, '22023 the reason of an adjustment has 1001 characters'), ($$NULL, 5, 'none', 'y'$$, '22004 customer_reference must not be NULL'),
    ($$'bert', 5, 'none', 'y'$$, 'OE096 customer "bert" takes no part in the loyalty programme')) AS c (arguments, answer);
SELECT is((SELECT string_agg(concat_ws(' ', d.points, d.reason, d.action_key, d.recorded_by = current_user), ', ' ORDER BY d.document_id) FROM offerengine.loyalty_document d WHERE d.customer_reference = 'anna'), '100 welcome w t, -30 x t', 'is told');
SELECT is(offerengine.loyalty_adjust('anna', -100, 'too much', 'z'), -30::bigint, 'more than there is: a debt');
SELECT is(pg_temp.points('anna', now() + '2 years'), '-30/0', 'for ever');
SELECT is(offerengine.loyalty_adjust('anna', 80, 'sorry', 'zz'), 50::bigint, 'is paid with what comes');
SELECT is(pg_temp.points('anna'), '50/50', 'and cannot be redeemed');

-- Redeeming for an order.
SELECT pg_temp.ordered('anna', 'A1', 1000), pg_temp.ordered('anna', 'A2', 1000, now(), 'CHF'), pg_temp.came_back('anna', 'A1-1', 'A1', 100), pg_temp.ordered('bert', 'B1', 1000) \g /dev/null
CREATE FUNCTION pg_temp.redeem(customer text, points integer, reference text, key text DEFAULT NULL) RETURNS text LANGUAGE sql
    AS $$SELECT pg_temp.points_try(format('SELECT offerengine.loyalty_redeem(%L, %L, %L, %L)', customer, points, pg_temp.order_id(customer, reference), key))$$;
SELECT is(pg_temp.redeem(customer, points, ref, key), answer, format('%s redeems %s for %s', customer, points, ref)) FROM (VALUES
    ('anna', 0, 'A1', NULL, '22023 0 points cannot be redeemed'), ('anna', -1, 'A1', NULL, '22023 -1 points cannot be redeemed'), ('anna', NULL, 'A1', NULL, '22004 points must not be NULL'),
    ('anna', 51, 'A1', NULL, 'OE097 51 points pay 2550, more than the 1000 that order "A1" has left to pay'), ('anna', 21, 'A1', NULL, 'OE097 21 points pay 1050, more than the 1000 that order "A1" has left to pay'),
    ('anna', 5, 'A2', NULL, 'OE097 no points pay for order "A2": CHF has no loyalty programme'), ('anna', 5, 'A1-1', NULL, 'OE051 order "A1-1" is a document of type 3: no points pay for it'),
    ('bert', 5, 'B1', NULL, 'OE096 customer "bert" takes no part in the loyalty programme'), (NULL, 5, 'A1', NULL, '22004 customer_reference must not be NULL'), ('anna', 5, 'A1', '', '22023 key "" is empty')) AS c (customer, points, ref, key, answer);
SELECT is(pg_temp.points_try($$SELECT offerengine.loyalty_redeem('anna', 5, pg_temp.order_id('bert', 'B1'))$$), 'OE020 customer "anna" has no order <id>', 'somebody else''s order');
SELECT is(pg_temp.redeem('anna', 12, 'A1', 'k'), '600', 'twelve points are 6.00');
SELECT is(pg_temp.redeem('anna', 12, 'A1', 'k'), '600', 'once under this key');
SELECT is(pg_temp.redeem('anna', points, ref, 'k'), 'OE013 key "k" of customer "anna" stands for something else: redemption of 12 points', 'and nothing else') FROM (VALUES (13, 'A1'), (12, NULL)) AS c (points, ref);
SELECT is(pg_temp.points_try($$SELECT offerengine.loyalty_adjust('anna', 12, '', 'k')$$), 'OE013 key "k" of customer "anna" stands for something else: redemption of 12 points', 'not even an adjustment');
SELECT is(pg_temp.redeem('anna', 9, 'A1'), 'OE097 9 points pay 450, more than the 400 that order "A1" has left to pay', 'no more than is left to pay');
SELECT is(pg_temp.detail(format($$SELECT offerengine.loyalty_redeem('anna', 9, %L)$$, pg_temp.order_id('anna', 'A1'))), '{"points": 9, "currency": "EUR", "most_points": 8, "open_amount": 400}', 'as values');
SELECT is(pg_temp.redeem('anna', 8, 'A1'), '400', 'all of it');
SELECT is((SELECT row(s.points_redeemed, s.points_amount, s.total_amount)::text FROM offerengine.sales_order s WHERE s.order_id = pg_temp.order_id('anna', 'A1')), '(20,1000,1000)', 'the order knows');
SELECT is((SELECT string_agg(e.event || coalesce(' ' || (e.detail ->> 'points'), ''), ', ' ORDER BY e.event_id) FROM offerengine.order_event e WHERE e.order_id = pg_temp.order_id('anna', 'A1')), 'told, redeemed 12, redeemed 8', 'and its history');
SELECT is(pg_temp.points('anna'), '30/30', 'what is left');
SELECT is(pg_temp.redeem('anna', 31, NULL), 'OE095 31 points cannot be redeemed: customer "anna" has 30', 'for something else: no more than there are');
SELECT is(pg_temp.detail($$SELECT offerengine.loyalty_redeem('anna', 31, NULL)$$), '{"points": 31, "redeemable": 30}', 'as values');
SELECT is(pg_temp.redeem('anna', 1, NULL), '50', 'what a point pays');
SELECT offerengine.put_loyalty_program('CHF', 100, 20) \g /dev/null
SELECT is(pg_temp.redeem('anna', 1, NULL), NULL, 'is nobody''s to say where there are two programmes');
SELECT is(pg_temp.redeem('anna', 5, 'A2'), '100', 'but the order''s: as it is now');
SELECT is(offerengine.loyalty_lock('anna') || pg_temp.redeem('anna', 1, NULL) || offerengine.loyalty_lock('anna') || offerengine.loyalty_lock('anna', false) || offerengine.loyalty_lock('anna', false),
    'trueOE096 customer "anna" has locked pointsfalsetruefalse', 'locked points');
SELECT offerengine.loyalty_lock('anna'), offerengine.loyalty_enroll('anna') \g /dev/null
SELECT is(pg_temp.redeem('anna', 1, NULL), 'OE096 customer "anna" has locked points', 'stay locked when she is enrolled again');
SELECT is(pg_temp.points_try(format('SELECT offerengine.loyalty_%s', c.call)), answer, call) FROM (VALUES
    ('leave(''anna'')', 'true'), ('leave(''anna'')', 'false'), ('leave(''nobody'')', 'false'), ('redeem(''anna'', 1, NULL)', 'OE096 customer "anna" has left the loyalty programme'),
    ('hold(''anna'', 1, NULL, ''2100-01-01'')', 'OE096 customer "anna" has left the loyalty programme'), ('adjust(''anna'', 1, NULL, ''late'')', 'OE096 customer "anna" has left the loyalty programme'),
    ('adjust(''anna'', 100, NULL, ''w'')', '23'), ('lock(''anna'')', 'OE096 customer "anna" has left the loyalty programme'), ('lock(''nobody'')', 'OE096 customer "nobody" takes no part in the loyalty programme'),
    ('redeem(''anna'', 12, pg_temp.order_id(''anna'', ''A1''), ''k'')', '600'),
    ('enroll(''anna'', ''2020-02-29'')', '2020-02-29'), ('enroll(''anna'')', '2020-02-29'), ('enroll(''anna'', ''infinity'')', '22023 nobody is enrolled on infinity'), ('enroll(NULL)', '22004 customer_reference must not be NULL'),
    ('enroll('''')', '22023 customer_reference "" is empty'), ('redeemable(''anna'')', '23'), ('redeemable(''nobody'')', '0'), ('balance(''nobody'')', '0'), ('expiring(''anna'', NULL)', '22004 within must not be NULL'),
    ('expiring(''anna'', ''-1 day'')', '22023 within must not be below 0, -1 days was given')) AS c (call, answer);

-- The points that end soonest go first; those that are locked, or have ended, not at all.
SELECT offerengine.loyalty_enroll('cora'), offerengine.put_loyalty_program('CHF', expiry_days => 1) \g /dev/null
SELECT offerengine.put_loyalty_program('EUR', expiry_days => d), offerengine.loyalty_adjust('cora', p, NULL, 'lot ' || p) FROM (VALUES (100, 90), (200, 30), (400, 60)) AS c (p, d) \g /dev/null
SELECT offerengine.put_loyalty_program('EUR', expiry_days => 10, locked_days => 1), pg_temp.ordered('cora', 'C1', 1000), pg_temp.booked('cora', 'C1'),
       offerengine.loyalty_redeem('cora', 250, NULL) \g /dev/null
SELECT is((SELECT string_agg(l.points || ' ' || l.kind, ', ' ORDER BY l.expires_at) FROM offerengine_internal.points_lots('cora', now()) l), '10 earned, 0 adjusted, 350 adjusted, 100 adjusted', 'soonest first, but what is open');
SELECT is(pg_temp.points('cora'), '460/450', 'the rest');
SELECT offerengine.loyalty_adjust('cora', -455, NULL, 'all but five') \g /dev/null
SELECT is(pg_temp.points('cora', now() + '2 days'), '5/5', 'what is taken by hand goes from open points first, then from locked ones');

-- Held while the customer pays the rest.
SELECT offerengine.put_loyalty_program('EUR', 100, 50, locked_days => 0, expiry_days => 2), offerengine.loyalty_enroll('dora'), offerengine.loyalty_adjust('dora', 30, NULL, 'a') \g /dev/null
CREATE FUNCTION pg_temp.hold(points integer, n integer, until text DEFAULT '2100-01-01Z') RETURNS text LANGUAGE sql AS
    $$SELECT pg_temp.points_try(format('SELECT h.points || '' until '' || to_char(h.expires_at AT TIME ZONE ''UTC'', ''YYYY-MM-DD'') FROM offerengine.loyalty_hold(''dora'', %L, %L, %L) h', points, pg_temp.cart(n), until))$$;
SELECT is(pg_temp.hold(points, n, until) || ', ' || pg_temp.points('dora'), answer, format('%s for %s until %s', points, n, until)) FROM (VALUES
    (20, 1, '2100-01-01Z', '20 until 2100-01-01, 30/10'), (20, 1, '2099-01-01Z', '20 until 2099-01-01, 30/10'), (11, 2, '2100-01-01Z', 'OE095 11 points cannot be redeemed: customer "dora" has 10, 30/10'),
    (10, 2, '2100-01-01Z', '10 until 2100-01-01, 30/0'), (21, 1, '2100-01-01Z', 'OE095 21 points cannot be redeemed: customer "dora" has 20, 30/0'), (5, 1, '2100-01-01Z', '5 until 2100-01-01, 30/15'),
    (5, 3, '2000-01-01Z', '22023 points are not held until 2000-01-01 00:00:00+00, 30/15'), (5, 3, 'infinity', '22023 points are not held until infinity, 30/15'), (5, 3, NULL, '22004 expires_at must not be NULL, 30/15'),
    (0, 3, '2100-01-01Z', '22023 0 points cannot be redeemed, 30/15')) AS c (points, n, until, answer);
SELECT is((SELECT row(a.balance, a.redeemable, a.held)::text FROM offerengine.loyalty_account a WHERE a.customer_reference = 'dora'), '(30,15,15)', 'as the view says');
SELECT is(pg_temp.points_try(format('SELECT offerengine.loyalty_void(''dora'', %L)', pg_temp.cart(n))), answer, 'void ' || n) FROM (VALUES (2, 'true'), (2, 'false'), (9, 'false'), (NULL, '22004 order_id must not be NULL')) AS c (n, answer);
SELECT is(pg_temp.points('dora'), '30/25', 'is free again');
SELECT is(pg_temp.points('dora', '2100-01-02Z'), '0/0', 'time frees, and ends');
SELECT isnt((offerengine.loyalty_hold('dora', 1, NULL, '2100-01-01Z')).order_id, NULL, 'an order to come gets an id');
SELECT offerengine.loyalty_hold('dora', 24, pg_temp.cart(4), '2100-01-01Z') \g /dev/null
-- The lot ends before the hold does: these very points stay the order's.
CREATE FUNCTION pg_temp.end_lots(customer text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    ALTER TABLE offerengine.loyalty_lot DISABLE TRIGGER keeps_ledger;
    UPDATE offerengine.loyalty_lot SET dated_at = now() - interval '2 days', opens_at = now() - interval '2 days', expires_at = now() WHERE customer_reference = customer;
    ALTER TABLE offerengine.loyalty_lot ENABLE ALWAYS TRIGGER keeps_ledger;
END
$$;
SELECT pg_temp.end_lots('dora'), offerengine.loyalty_adjust('dora', 3, NULL, 'b') \g /dev/null
SELECT is(pg_temp.points('dora'), '3/3', 'what has ended counts no longer, nor what is held of it');
SELECT is(pg_temp.points_try($$SELECT offerengine.loyalty_redeem('dora', 5, NULL)$$), 'OE095 5 points cannot be redeemed: customer "dora" has 3', 'it pays for nothing else');
SELECT offerengine.put_order('dora', 'D1', total_amount => 5000, currency => 'EUR') \g /dev/null
SELECT pg_temp.hold(2, NULL) \g /dev/null
SELECT offerengine.cart_create('dora', 'P-DE', 'EUR', cart_id => pg_temp.cart(7)), pg_temp.fill('dora', 7, 'book') \g /dev/null
SELECT is((SELECT count(*) FROM offerengine.cart_checkout('dora', pg_temp.cart(7), pg_temp.cart(4))), 1::bigint, 'a checkout of the order');
SELECT is((SELECT row(s.points_redeemed, s.points_amount, s.total_amount)::text FROM offerengine.sales_order s WHERE s.order_id = pg_temp.cart(4)), '(24,1200,2000)', 'redeems what was held for it');
SELECT is(pg_temp.points('dora'), '3/1', 'and nothing else');
SELECT is(offerengine.loyalty_void('dora', pg_temp.cart(4)), false, 'nothing is held any more');

-- A checkout with points: expected_total is the total before points; the lines and their amounts are as ever.
SELECT offerengine.put_loyalty_program('EUR', expiry_days => 100), offerengine.loyalty_enroll('emma'), offerengine.loyalty_adjust('emma', 60, NULL, 'a') \g /dev/null
SELECT pg_temp.new_cart('emma', n), pg_temp.fill('emma', n, 'book', 'pass') FROM unnest('{10,11,12}'::integer[]) AS n \g /dev/null
CREATE FUNCTION pg_temp.buy(n integer, more text) RETURNS text LANGUAGE sql AS
    $$SELECT pg_temp.points_try(format('SELECT string_agg(c.offer_reference || '' '' || c.line_amount, '', '') FROM offerengine.cart_checkout(''emma'', %L%s) c', pg_temp.cart(n), more))$$;
SELECT is(pg_temp.buy(10, more), answer, more) FROM (VALUES (', points => -1', '22023 -1 points cannot be redeemed'), (', points => 61, order_id => pg_temp.cart(50)', 'OE097 61 points pay 3050, more than the 2500 that order "<id>" has left to pay'),
    (', points => 51, order_reference => ''E-1''', 'OE097 51 points pay 2550, more than the 2500 that order "E-1" has left to pay'), (', points => 40, expected_total => 500', 'OE010 cart <id> costs 2500 now, not 500')) AS c (more, answer);
SELECT is_empty($$SELECT * FROM offerengine.orders('emma')$$, 'nothing was bought');
SELECT is(pg_temp.points('emma'), '60/60', 'and nothing redeemed');
SELECT is(pg_temp.buy(10, ', points => 40, expected_total => 2500, order_id => pg_temp.cart(50)'), 'book 2000, pass 500', 'forty points');
SELECT is(pg_temp.buy(10, ', points => 20'), 'book 2000, pass 500', 'again: the first answer');
SELECT is((SELECT row(s.points_redeemed, s.points_amount, s.total_amount)::text FROM offerengine.orders('emma') s WHERE s.order_id = pg_temp.cart(50)), '(40,2000,2500)', 'paid 20.00 of 25.00');
SELECT is(pg_temp.points('emma'), '20/20', 'once');
SELECT offerengine_internal.book_document('emma', pg_temp.cart(50), offerengine.uuid_v7()) \g /dev/null
SELECT is(pg_temp.points('emma'), '25/25', 'the rest earns');
SELECT is(pg_temp.buy(11, ', points => 26'), 'OE095 26 points cannot be redeemed: customer "emma" has 25', 'more than there are');
SELECT offerengine.loyalty_hold('emma', 20, pg_temp.cart(51), '2100-01-01Z') \g /dev/null
SELECT is(pg_temp.buy(11, ', points => 6'), 'OE095 6 points cannot be redeemed: customer "emma" has 5', 'what is held for another order');
SELECT is(pg_temp.buy(11, ', points => 22, order_id => pg_temp.cart(51)'), 'book 2000, pass 500', 'another number than was held replaces it');
SELECT is(pg_temp.points('emma'), '3/3', 'twenty-two');
SELECT offerengine.loyalty_hold('emma', 3, pg_temp.cart(52), '2100-01-01Z') \g /dev/null
UPDATE offerengine.loyalty_hold SET expires_at = now() - interval '1 second' WHERE order_id = pg_temp.cart(52);
SELECT is(pg_temp.buy(12, ', order_id => pg_temp.cart(52)'), 'book 2000, pass 500', 'a hold that has run out');
SELECT is((SELECT s.points_redeemed FROM offerengine.sales_order s WHERE s.order_id = pg_temp.cart(52)), 0, 'redeems nothing');
SELECT is(pg_temp.points('emma'), '3/3', 'and holds nothing');

-- What it is worth, and to whom.
SELECT is((SELECT array_agg(row(l.customers, l.points, l.locked_points, l.value_amount, l.value)::text ORDER BY l.currency_code, l.points) FROM offerengine.loyalty_liability l WHERE l.currency_code = 'EUR'),
    '{"(1,3,0,150,1.50)","(1,5,5,250,2.50)"}', 'what orders have earned');
SELECT is((SELECT sum(l.points) FROM offerengine.loyalty_liability l WHERE l.currency_code IS NULL AND l.value_amount IS NULL), 56::numeric, 'what was given by hand, in no currency where there are two');
SELECT is_empty($$SELECT m.customer_reference FROM offerengine.loyalty_member m JOIN offerengine.loyalty_account a USING (customer_reference)
                   WHERE (a.balance, a.redeemable) IS DISTINCT FROM (offerengine.loyalty_balance(m.customer_reference), offerengine.loyalty_redeemable(m.customer_reference))$$, 'the view says what the functions say');

-- A hold that has run out holds nothing: what was redeemed meanwhile is neither redeemed by it nor held once more.
SELECT offerengine.loyalty_enroll('hugo'), offerengine.loyalty_adjust('hugo', 5, NULL, 'a'), pg_temp.ordered('hugo', 'H1', 1000), pg_temp.ordered('hugo', 'H2', 1000),
       offerengine.loyalty_hold('hugo', 5, pg_temp.order_id('hugo', 'H1'), '2100-01-01Z') \g /dev/null
UPDATE offerengine.loyalty_hold SET expires_at = now() WHERE customer_reference = 'hugo';
SELECT is(pg_temp.redeem('hugo', 5, 'H2'), '250', 'free again, it pays for something else');
SELECT is(pg_temp.redeem('hugo', 5, 'H1'), 'OE095 5 points cannot be redeemed: customer "hugo" has 0', 'and not twice');
SELECT is(pg_temp.points_try(format($$SELECT offerengine.loyalty_hold('hugo', 5, %L, '2100-01-01Z')$$, pg_temp.order_id('hugo', 'H1'))), 'OE095 5 points cannot be redeemed: customer "hugo" has 0', 'nor is it held again');
-- Who leaves lets go of what is held.
SELECT offerengine.loyalty_adjust('hugo', 10, NULL, 'b'), offerengine.loyalty_hold('hugo', 6, NULL, '2100-01-01Z') \g /dev/null
SELECT is(pg_temp.points('hugo'), '10/4', 'held');
SELECT offerengine.loyalty_leave('hugo'), offerengine.loyalty_enroll('hugo') \g /dev/null
SELECT is(pg_temp.points('hugo'), '10/10', 'of who left and came back nothing is');
-- A debt takes of what is open beside what is held: 10 and a debt of 3, of which 6 are held, leave 1.
SELECT offerengine.put_loyalty_program('EUR', 100, 50), offerengine.loyalty_enroll('ines'), pg_temp.ordered('ines', 'I1', 300), pg_temp.booked('ines', 'I1'), offerengine.loyalty_redeem('ines', 3, NULL),
       pg_temp.came_back('ines', 'I1-1', 'I1', 300), pg_temp.booked('ines', 'I1-1'), offerengine.loyalty_adjust('ines', 10, NULL, 'a'), offerengine.loyalty_hold('ines', 6, NULL, '2100-01-01Z') \g /dev/null
SELECT is(pg_temp.points('ines'), '7/1', 'what is held is paid for first');
SELECT is(pg_temp.redeem('ines', 2, NULL), 'OE095 2 points cannot be redeemed: customer "ines" has 1', 'and no more is redeemed');
SELECT offerengine.loyalty_lock('ines') \g /dev/null
SELECT is((SELECT row(a.state, a.balance, a.redeemable)::text FROM offerengine.loyalty_account a WHERE a.customer_reference = 'ines'), '(locked,7,0)', 'nothing of locked points, as the view says');
-- What was cancelled or came back is not left to pay: 5.00 of 10.00.
SELECT offerengine.loyalty_enroll('jana'), offerengine.loyalty_adjust('jana', 100, NULL, 'a'), offerengine.put_order('jana', 'J1', currency => 'EUR', lines => '[{"offer_reference": "book", "quantity": 4, "line_amount": 1000}]') \g /dev/null
SELECT offerengine.cancel_order('jana', pg_temp.order_id('jana', 'J1'), 1, 1), offerengine.return_order('jana', pg_temp.order_id('jana', 'J1'), '[{"line_no": 1, "quantity": 1}]', key => 'k') \g /dev/null
SELECT is(pg_temp.redeem('jana', 11, 'J1'), 'OE097 11 points pay 550, more than the 500 that order "J1" has left to pay', 'half of it');
-- The soonest to end first, whichever opened first.
SELECT offerengine.loyalty_enroll('karl'), offerengine.put_loyalty_program('EUR', expiry_days => 90), pg_temp.ordered('karl', 'K1', 1000, now() - interval '10 days'), pg_temp.booked('karl', 'K1') \g /dev/null
SELECT offerengine.put_loyalty_program('EUR', expiry_days => 30), pg_temp.ordered('karl', 'K2', 1000, now() - interval '1 day'), pg_temp.booked('karl', 'K2'), offerengine.loyalty_redeem('karl', 5, NULL) \g /dev/null
SELECT is((SELECT string_agg(l.points::text, ' ' ORDER BY l.expires_at) FROM offerengine_internal.points_lots('karl', now()) l), '5 10', 'of those that opened later and end sooner');
SELECT offerengine.loyalty_hold('karl', 3, NULL, '2100-01-01Z') \g /dev/null
SELECT is(pg_temp.points('karl', now() - at) , answer, 'before: ' || at::text) FROM (VALUES ('0'::interval, '15/12'), ('12 hours', '20/20'), ('2 days', '10/10')) AS c (at, answer);
-- Nothing goes from points before they are there.
SELECT offerengine.loyalty_enroll('lena'), pg_temp.ordered('lena', 'L1', 1000, clock_timestamp()), pg_temp.booked('lena', 'L1'), offerengine.loyalty_redeem('lena', 10, NULL) \g /dev/null
SELECT is((SELECT count(*) FROM offerengine.loyalty_entry e JOIN offerengine.loyalty_lot l USING (customer_reference, lot_id) WHERE e.customer_reference = 'lena' AND e.dated_at >= l.dated_at), 2::bigint, 'also of an order of this very moment');
-- Points given by hand never end where those of one programme do not.
SELECT offerengine.put_loyalty_program('CHF', clear_expiry => true), offerengine.loyalty_adjust('lena', 1, NULL, 'a') \g /dev/null
SELECT is((SELECT l.expires_at FROM offerengine.loyalty_lot l WHERE l.customer_reference = 'lena' AND l.kind = 'adjusted'), 'infinity', 'the longest is for ever');
-- An order says as many points as it can, also of points that pay nothing.
SELECT offerengine.put_loyalty_program('CHF', value_per_point => 0), offerengine.loyalty_enroll('maja'), offerengine.loyalty_adjust('maja', 2147483647, NULL, k), pg_temp.ordered('maja', 'M' || k, 100, now(), 'CHF') FROM unnest('{a,b}'::text[]) AS k \g /dev/null
SELECT is(pg_temp.redeem('maja', 2147483647, 'Ma'), '0', 'so many');
SELECT is(pg_temp.redeem('maja', 1, 'Ma'), '22003 1 points and the 2147483647 that pay for order "Ma" already are more than an order can say', 'and no more');
SELECT is(pg_temp.redeem('maja', 2147483647, 'Mb'), '0', 'another one can');

-- Programmes.
SELECT is(pg_temp.points_try(format('SELECT offerengine.put_loyalty_%s', call)), answer, call) FROM (VALUES
    ('program(NULL)', '22004 currency must not be NULL'), ('program(''XXY'', 1, 1)', '22023 unknown currency "XXY"'), ('program(''USD'')', '22004 a new programme needs revenue_per_point and value_per_point'),
    ('program(''USD'', 0, 1)', '22023 revenue_per_point must be from 1 to 9223372036854775807, not 0'), ('program(''USD'', 1, -1)', '22023 value_per_point must be from 0 to 9223372036854775807, not -1'),
    ('program(''EUR'', expiry_days => 0)', '22023 expiry_days must be from 1 to 36500, not 0'), ('program(''EUR'', locked_days => 36501)', '22023 locked_days must be from 0 to 36500, not 36501'),
    ('program(''EUR'', order_points => -1)', '22023 order_points must be from 0 to 1000000000, not -1'), ('program(''EUR'', grace_days => -1)', '22023 grace_days must be from 0 to 36500, not -1'),
    ('program(''EUR'', expiry_days => 5, clear_expiry => true)', '22023 expiry_days cannot be 5 and cleared'), ('program(''USD'', 7, 0)', 'USD'), ('extra(NULL, 1)', '22004 tag must not be NULL'),
    ('extra(''t'', 1, 2)', '22023 tag "t" has points or a factor, not both'), ('extra(''t'', -1)', '22023 points must be from 0 to 1000000, not -1'), ('extra(''t'', NULL, -0.5)', '22023 factor must be from 0 to 1000 with at most 4 decimals, not -0.5'),
    ('extra(''t'', NULL, 1.00001)', '22023 factor must be from 0 to 1000 with at most 4 decimals, not 1.00001'), ('extra(''t'', NULL, ''NaN'')', '22023 factor must be from 0 to 1000 with at most 4 decimals, not NaN')) AS c (call, answer);
SELECT is((SELECT p::text FROM offerengine.loyalty_program p WHERE p.currency_code = 'USD'), '(USD,7,0,0,,0,0,t)', 'a new one');
SELECT is(offerengine.put_loyalty_program('USD', locked_days => 3, auto_enroll => false), 'USD', 'is changed');
SELECT is((SELECT p::text FROM offerengine.loyalty_program p WHERE p.currency_code = 'USD'), '(USD,7,0,3,,0,0,f)', 'in what is named');
SELECT pg_temp.ordered('emma', 'E-9', 1, now(), 'USD') \g /dev/null
SELECT is(pg_temp.points_try($$SELECT offerengine.loyalty_redeem('emma', 3, pg_temp.order_id('emma', 'E-9'))$$), '0', 'points that are worth nothing can be redeemed');

SELECT * FROM finish();
ROLLBACK;
