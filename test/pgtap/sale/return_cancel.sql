-- What comes back of an order and what is called off: which pieces may, what of the total they are, and that a key counts once.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
SELECT no_plan();

-- Portions of a line sum up to it, whatever they are: 3 pieces over 1000 are 333, 334 and 333.
SELECT pg_temp.told('anna', 'thirds', NULL, 'book x3 =1000') \g /dev/null
SELECT is(pg_temp.back('anna', 'thirds', l.lines, l.key), l.answer, l.key || ' ' || l.lines) FROM (VALUES
    ('[{"line_no": 1, "quantity": 1}]', 'k1', '1: 1 of 1 = 333 / 333'),
    ('[{"line_no": 1, "quantity": 1}]', 'k1', '1: 1 of 1 = 333 / 333'),
    ('[{"quantity": 1, "line_no": 1}]', 'k1', '1: 1 of 1 = 333 / 333'),
    ('[{"line_no": 1, "quantity": 2}]', 'k1',
     'OE013 key "k1" of order <id> stands for something else: returned, {"lines": [{"line_no": 1, "quantity": 1}], "restock": false, "order_type": 3, "order_reference": null}'),
    ('[{"line_no": 1, "quantity": 3}]', 'k2', 'OE050 3 pieces of line 1 of order "thirds" cannot come back: 3 were bought, 0 cancelled, 1 are back already'),
    ('[{"line_no": 1, "quantity": 1}]', 'k2', '1: 1 of 1 = 334 / 334'),
    ('[{"line_no": 1}]', 'k3', '1: 1 of 1 = 333 / 333'),
    ('[{"line_no": 1}]', 'k4', 'OE050 1 pieces of line 1 of order "thirds" cannot come back: 3 were bought, 0 cancelled, 3 are back already'),
    ('[{"line_no": 1}]', 'k3', '1: 1 of 1 = 333 / 333')) AS l (lines, key, answer);
SELECT is(pg_temp.back('anna', 'thirds', NULL, 'k4'), 'OE050 no piece of order "thirds" is open to come back', 'nothing is left');
SELECT is(pg_temp.state('anna', 'thirds'), '1: 3 of 1000, 3 back 1000', 'all of it');
SELECT pg_temp.same_rows(
    $$ SELECT o.order_reference = 'thirds', o.order_type, o.total_amount, o.quantity, o.quantity_returned, o.returned_amount, o.parent_reference, o.currency, o.store
         FROM offerengine.order_documents('anna', (SELECT d.order_id FROM offerengine.sales_order d WHERE d.customer_reference = 'anna' AND d.total_amount = 334))
              WITH ORDINALITY AS o ORDER BY o.ordinality $$,
    $$ VALUES (true, 1, 1000::bigint, 3::bigint, 3::bigint, 1000::bigint, NULL, 'EUR', 'P-DE'), (false, 3, 333, 1, 0, 0, 'thirds', 'EUR', 'P-DE'),
              (false, 3, 334, 1, 0, 0, 'thirds', 'EUR', 'P-DE'), (false, 3, 333, 1, 0, 0, 'thirds', 'EUR', 'P-DE') $$, 'documents that belong together, asked by any of them');
SELECT pg_temp.same_rows(
    $$ SELECT o.order_reference = 'thirds', e.event, e.channel, e.action_key FROM offerengine.order_event e JOIN offerengine.sales_order o USING (customer_reference, order_id)
        WHERE e.customer_reference = 'anna' ORDER BY e.event_id $$,
    $$ VALUES (true, 'told', 'import', NULL), (true, 'returned', 'backend', 'k1'), (false, 'placed', 'backend', NULL), (true, 'returned', 'backend', 'k2'),
              (false, 'placed', 'backend', NULL), (true, 'returned', 'backend', 'k3'), (false, 'placed', 'backend', NULL) $$, 'each return is two changes');

-- Rounded commercially: half a unit goes up.
SELECT pg_temp.told('anna', 'half', NULL, 'book x2 =25'), pg_temp.told('anna', 'half-4', NULL, 'book x4 =2'), pg_temp.told('anna', 'zero', NULL, 'book x2'),
       pg_temp.told('anna', 'free', NULL, 'book x3 =0') \g /dev/null
SELECT is(pg_temp.back('anna', 'half', '[{"line_no":1,"quantity":1}]', 'a') || ' ' || pg_temp.back('anna', 'half', NULL, 'b'), '1: 1 of 1 = 13 / 13 1: 1 of 1 = 12 / 12', '12.5 is 13');
SELECT is((SELECT string_agg(pg_temp.back('anna', 'half-4', '[{"line_no":1,"quantity":1}]', k), ' ' ORDER BY k) FROM unnest('{a,b,c,d}'::text[]) AS k),
          '1: 1 of 1 = 1 / 1 1: 1 of 1 = 0 / 0 1: 1 of 1 = 1 / 1 1: 1 of 1 = 0 / 0', 'in halves of the smallest unit');
SELECT is(pg_temp.back('anna', 'zero', NULL, 'a'), '1: 2 of 1 = - / 0', 'a line without an amount');
SELECT is(pg_temp.back('anna', 'free', NULL, 'a'), '1: 3 of 1 = 0 / 0', 'a line for nothing');
SELECT is(offerengine_internal.proportional(9223372036854775807, 1, 2), 4611686018427387904::bigint, 'the largest amount');
SELECT is(offerengine_internal.proportional(9223372036854775807, 9223372036854775806, 9223372036854775807), 9223372036854775806::bigint, 'exactly');

-- An order over less, or more, than its lines: each line has its part of the total.
SELECT pg_temp.told('bert', 'rebate', 900, 'book x1 =333', 'guest-book x1 =333', 'book x2 =334'), pg_temp.told('bert', 'dearer', 11, 'book x1', 'guest-book x2') \g /dev/null
SELECT is((SELECT string_agg(h.line_no || ' ' || h.amount, ', ' ORDER BY h.line_no) FROM offerengine_internal.line_shares('bert', pg_temp.id('bert', 'rebate')) AS h),
          '1 300, 2 299, 3 301', 'a tenth less: 299.7, 599.4 and 900 in all');
SELECT is(pg_temp.back('bert', 'rebate', '[{"line_no":3,"quantity":1},{"line_no":1}]', 'a'), '1: 1 of 1 = 300, 2: 1 of 3 = 151 / 451', 'parts of the total, by number of line');
SELECT is(pg_temp.back('bert', 'rebate', NULL, 'b'), '1: 1 of 2 = 299, 2: 1 of 3 = 150 / 449', 'and the rest');
SELECT is(pg_temp.back('bert', 'dearer', NULL, 'a'), '1: 1 of 1 = 4, 2: 2 of 2 = 7 / 11', 'by quantity where no line has an amount');

-- Cancelled pieces, shipped ones and returned ones.
SELECT pg_temp.told('carl', 'parcel', NULL, 'book x10 =1005 sent 4', 'guest-book x2 =200') \g /dev/null
SELECT is(pg_temp.off('carl', 'parcel', c.more), c.answer, c.more) FROM (VALUES
    (', 1, 7', 'OE050 7 pieces of line 1 of order "parcel" cannot be cancelled: 10 were ordered, 4 have shipped, 0 were cancelled, 0 came back'),
    (', 1, 1', '1: cancelled 1 = 101'),
    (', 1, 1, key => ''off-1''', '1: cancelled 1 = 100'),
    (', 1, 1, key => ''off-1''', '1: cancelled 1 = 100'),
    (', 1, 2, key => ''off-1''', 'OE013 key "off-1" of order <id> stands for something else: cancelled, {"line_no": 1, "quantity": 1}'),
    (', quantity => 1', '22023 a quantity, 1, needs line_no'),
    (', 1, 0', '22023 quantity must be at least 1, not 0'),
    (', 3', 'OE020 order <id> of customer "carl" has no line 3'),
    (', channel => ''mail''', '22023 unknown channel "mail"')) AS c (more, answer);
SELECT is(pg_temp.state('carl', 'parcel'), '1: 10 of 1005, 4 sent, 2 off 201; 2: 2 of 200', 'two are off');
SELECT is(pg_temp.back('carl', 'parcel', '[{"line_no":1,"quantity":1}]', 'off-1'),
          'OE013 key "off-1" of order <id> stands for something else: cancelled, {"line_no": 1, "quantity": 1}', 'a key stands for one action, whatever it is');
SELECT is(pg_temp.back('carl', 'parcel', '[{"line_no":1,"quantity":5}]', 'b'), '1: 5 of 1 = 503 / 503', 'five come back, one of which nobody has sent');
SELECT is(pg_temp.off('carl', 'parcel', ', 1, 4'), 'OE050 4 pieces of line 1 of order "parcel" cannot be cancelled: 10 were ordered, 4 have shipped, 2 were cancelled, 5 came back', 'that one is not cancelled');
SELECT is(pg_temp.off('carl', 'parcel'), '1: cancelled 3 = 301, 1: was_cancelled 2, 1: returned 5, 2: cancelled 2 = 200', 'the rest is');
SELECT is(pg_temp.off('carl', 'parcel'), '1: was_cancelled 5, 1: returned 5, 2: was_cancelled 2', 'which is all there was');
SELECT is(pg_temp.state('carl', 'parcel'), '1: 10 of 1005, 4 sent, 5 off 502, 5 back 503; 2: 2 of 200, 2 off 200', 'and sums up');
SELECT is((SELECT array_agg(e.event ORDER BY e.event_id) FROM offerengine.order_event e WHERE e.customer_reference = 'carl' AND e.order_id = pg_temp.id('carl', 'parcel')),
          '{told,cancelled,cancelled,returned,cancelled}', 'what changed nothing, or was refused, is no event');
SELECT is((SELECT o.total_amount || ' ' || o.cancelled_amount || ' ' || o.returned_amount FROM offerengine.orders('carl') o WHERE o.order_reference = 'parcel'),
          '1205 702 503', 'the order says so, too');

SELECT pg_temp.told('carl', 'two off', NULL, 'book x3 =300') \g /dev/null
SELECT is(pg_temp.off('carl', 'two off', ', 1, 2'), '1: cancelled 2 = 200', 'two of three are off');
SELECT is(pg_temp.back('carl', 'two off', '[{"line_no":1,"quantity":2}]', 'k'), 'OE050 2 pieces of line 1 of order "two off" cannot come back: 3 were bought, 2 cancelled, 0 are back already',
          'what was cancelled does not come back');

-- A parcel is reported once per key, never over what is left; undone, its pieces are open again.
SELECT pg_temp.told('dora', 'ship', NULL, 'book x5 =500') \g /dev/null
SELECT pg_temp.off('dora', 'ship', ', 1, 1') \g /dev/null
SELECT is(pg_temp.outcome(format('SELECT concat_ws(''/'', s.line_no, s.quantity, s.quantity_shipped, s.quantity_open) FROM offerengine.' || c.call || ' AS s', pg_temp.id('dora', 'ship'))), c.answer, c.call)
  FROM (VALUES ($$ship_order('dora', %L, '[{"line_no":1,"quantity":5}]', 'p1')$$, 'OE050 line 1 of order "ship" cannot ship 5 pieces: 5 were ordered, 0 have shipped, 1 were cancelled'),
               ($$ship_order('dora', %L, '[{"line_no":1,"quantity":3}]', 'p1')$$, '1/3/3/1'), ($$ship_order('dora', %L, '[{"line_no":1,"quantity":3}]', 'p1')$$, '1/3/3/1'),
               ($$ship_order('dora', %L, '[{"line_no":1}]', 'p2')$$, '1/1/4/0'),
               ($$ship_order('dora', %L, '[{"line_no":1,"quantity":1}]', 'p3')$$, 'OE050 line 1 of order "ship" cannot ship 1 pieces: 5 were ordered, 4 have shipped, 1 were cancelled'),
               ($$unship_order('dora', %L, 'p1')$$, '1/3/1/3'), ($$unship_order('dora', %L, 'p1')$$, '1/3/1/3'),
               ($$unship_order('dora', %L, 'p3')$$, 'OE020 order "ship" has no shipment "p3"'), ($$unship_order('dora', %L, NULL)$$, '22004 key must not be NULL'),
               ($$unship_order('dora', %L, 'p2', 'import')$$, '1/1/0/4'), ($$unship_order('dora', %L, 'p2', 'nowhere')$$, '22023 unknown channel "nowhere"'),
               ($$ship_order('dora', %L, '[{"line_no":1,"quantity":1}]', 'p4')$$, '1/1/1/3')) AS c (call, answer);
SELECT matches(pg_temp.outcome(format('SELECT s.line_no FROM offerengine.ship_order(''dora'', %L, ''[{"line_no":1,"quantity":3}]'', ''p1'') AS s', pg_temp.id('dora', 'ship'))),
    '^OE013 key "p1" of order .* stands for a shipment that was undone$', 'what was undone does not ship once more');
SELECT is(pg_temp.off('dora', 'ship'), '1: cancelled 3 = 300, 1: was_cancelled 1, 1: shipped 1', 'what has not gone is off');

-- A document is told under a reference of its own, is of one of four types, remembers what goes back into stock, and is none of an order itself.
SELECT pg_temp.told('emma', 'main', NULL, 'book x4 =400', 'guest-book x4 =400') \g /dev/null
SELECT is(pg_temp.back('emma', 'main', c.lines, c.key, c.more), c.answer, c.key || c.more) FROM (VALUES
    ('[{"line_no":1,"quantity":1}]', 'a', ', order_type => 4, order_reference => ''CN-1'', restock => true', '1: 1 of 1 = 100 / 100'),
    ('[{"line_no":1,"quantity":1},{"line_no":2,"quantity":2,"restock":false}]', 'c', ', order_type => 6, order_reference => ''RP-1'', restock => true', '1: 1 of 1 = 100, 2: 2 of 2 = 200 / 300'),
    ('[{"line_no":1,"quantity":1}]', 'd', ', order_type => 1', '22023 order type 1 is none of what comes back'),
    ('[{"line_no":1,"quantity":1}]', 'd', ', order_type => 16', '22023 unknown order type 16'),
    ('[{"line_no":1,"quantity":1}]', NULL, '', '22004 key must not be NULL'),
    ('[{"line_no":1,"quantity":1},{"line_no":1,"quantity":1}]', 'd', '', '22023 line 1 is named twice'),
    ('[{"line_no":1,"quantity":0}]', 'd', '', '22023 line 1 has an unknown or malformed "quantity": 0'),
    ('[{"line_no":1,"quantity":1.5}]', 'd', '', '22023 line 1 has an unknown or malformed "quantity": 1.5'),
    ('[{"line_no":1,"pieces":1}]', 'd', '', '22023 line 1 has an unknown or malformed "pieces": 1'),
    ('[{"quantity":1}]', 'd', '', '22004 line 1 has no line_no'), ('[]', 'd', '', '22023 no line of order "main" was named'), ('{}', 'd', '', '22023 lines must be a JSON array, not object'),
    ('[1]', 'd', '', '22023 line 1 must be a JSON object, not number'), ('[{"line_no":9}]', 'd', '', 'OE020 order <id> of customer "emma" has no line 9')) AS c (lines, key, more, answer);
SELECT matches(pg_temp.back('emma', 'main', '[{"line_no":1,"quantity":1}]', 'b', ', order_reference => ''CN-1'''), '^OE013 order reference "CN-1" of customer "emma" stands for order .* already$', 'a reference is taken');
SELECT pg_temp.same_rows(
    $$ SELECT o.order_reference, o.order_type, i.line_no, i.offer_reference, i.quantity, i.unit_amount, i.line_amount, i.parent_line_no, i.restock
         FROM offerengine.orders('emma') o, offerengine.order_items('emma', o.order_id) i WHERE o.order_type > 1 ORDER BY 1, 3 $$,
    $$ VALUES ('CN-1', 4, 1, 'book', 1, NULL::bigint, 100, 1, true), ('RP-1', 6, 1, 'book', 1, NULL, 100, 1, true), ('RP-1', 6, 2, 'guest-book', 2, NULL, 200, 2, false) $$, 'documents');
SELECT is(pg_temp.back('emma', 'CN-1', NULL, 'z'), 'OE051 order "CN-1" is a document of type 4 itself: nothing comes back of it', 'no return of a return');
SELECT is(pg_temp.off('emma', 'CN-1'), 'OE051 order "CN-1" is a document of type 4: it is not cancelled', 'and it is not cancelled');
SELECT is(pg_temp.back('emma', 'nothing', NULL, 'z'), '22004 customer_reference and order_id must not be NULL', 'no order');
SELECT is(pg_temp.outcome($$ SELECT offerengine.return_order('emma', '00000000-0000-7000-8000-000000000001', NULL, key => 'z') $$),
          'OE020 customer "emma" has no order 00000000-0000-7000-8000-000000000001', 'an unknown one');
SELECT is(pg_temp.outcome(format($$ SELECT offerengine.return_order('anna', %L, NULL, key => 'z') $$, pg_temp.id('emma', 'main'))),
          format('OE020 customer "anna" has no order %s', pg_temp.id('emma', 'main')), 'and somebody else''s');

-- The operation cancel is asked for each line and the channel: one refusal, and nothing is cancelled.
SELECT pg_temp.told('fred', 'mixed', NULL, 'book x1 =100', 'foreign-book x1 =100', 'guest-book x1 =100') \g /dev/null
SELECT is(pg_temp.off('fred', 'mixed'), 'OE011 offer "foreign-book" does not allow operation "cancel" through channel "backend": no offer that is externally_managed allows cancel', 'all or nothing');
SELECT is(pg_temp.off('fred', 'mixed', ', 3'), '3: cancelled 1 = 100', 'a line that may');
SELECT is(pg_temp.off('fred', 'mixed', ', 1, channel => ''checkout'''),
          'OE011 offer "book" does not allow operation "cancel" through channel "checkout": an offer that is standard allows cancel through backend, self_service, system only', 'through a channel that may not');
SELECT is(pg_temp.off('fred', 'mixed', ', 1, channel => ''self_service'''), '1: cancelled 1 = 100', 'and through one that may');
SELECT is(pg_temp.state('fred', 'mixed'), '1: 1 of 100, 1 off 100; 2: 1 of 100; 3: 1 of 100, 1 off 100', 'the externally managed one stays');

-- Subscriptions: what has not begun ends before it does, and the switches that hang on it are planned anew; what runs stays and is named.
SELECT pg_temp.live('gina', '{buy base 2100-01-10,buy reg 2100-01-20,buy base-2 2025-01-01,buy pass 2025-01-01,buy pass 2100-01-01}') \g /dev/null
SELECT offerengine.purchase('gina', 'finite', 'P-DE', 'EUR', starts_on => '2020-01-01', order_reference => 'over') \g /dev/null
UPDATE offerengine.sales_order o SET order_reference = f.offer_reference || coalesce(l.starts_on, s.starts_on)
  FROM offerengine.order_line l JOIN offerengine.offer f USING (offer_id) LEFT JOIN offerengine.subscription s USING (customer_reference, subscription_id)
 WHERE o.customer_reference = 'gina' AND l.customer_reference = 'gina' AND l.order_id = o.order_id AND o.order_reference <> 'over';
SELECT is(pg_temp.off('gina', 'base-22025-01-01'), '1: running 1', 'a subscription that runs stays');
SELECT is(pg_temp.off('gina', 'base-22025-01-01', ', 1, 1'), '1: running 1', 'also when so many pieces are named');
SELECT is(pg_temp.off('gina', 'over'), '1: ended 1', 'one that has run');
SELECT is(pg_temp.off('gina', 'pass2025-01-01'), '1: running 1', 'a time pass that has begun');
SELECT is(pg_temp.off('gina', 'pass2100-01-01'), '1: cancelled 1 = 500', 'and one that has not');
SELECT is(pg_temp.course('gina'), 'finite 2020-01-01..2020-04-01, base-2 2025-01-01.., base 2100-01-10.., adv 2100-01-20..', 'before');
SELECT offerengine.cancel_subscription('gina', pg_temp.sub('gina', 'base-2'), 'immediate') \g /dev/null
SELECT is(pg_temp.off('gina', 'base2100-01-10', ', reason => ''moving'''), '1: cancelled 1 = 2000', 'the base has not begun');
SELECT matches(pg_temp.course('gina'), '^finite 2020-01-01..2020-04-01, base-2 2025-01-01..20..-..-.., adv 2100-01-20..2100-02-20, reg 2100-02-20..$', 'so the advantage turns into the regular offer');
SELECT is(pg_temp.off('gina', 'base2100-01-10'), '1: was_cancelled 1', 'once');
SELECT pg_temp.same_rows($$ SELECT s.starts_on = s.ends_on, s.cancel_mode, s.cancel_reason FROM offerengine.subscription s
                             WHERE s.customer_reference = 'gina' AND s.offer_id = pg_temp.offer('base') $$, $$ VALUES (true, 'immediate', 'moving') $$, 'it never runs');
SELECT is(pg_temp.off('gina', 'adv2100-01-20'), '1: cancelled 1 = 300', 'the advantage neither has begun nor what follows it');
SELECT matches(pg_temp.course('gina'), '^finite 2020-01-01..2020-04-01, base-2 2025-01-01..20..-..-..$', 'both are gone');
SELECT is(pg_temp.back('gina', 'over', '[{"line_no":1}]', 'k'), format('OE051 line 1 of order "over" is subscription %s, which does not come back', pg_temp.sub('gina', 'finite')), 'a subscription does not come back');
SELECT is(pg_temp.back('gina', 'over', NULL, 'k'), 'OE050 no piece of order "over" is open to come back', 'not among others either');

-- Pieces of a subscription that has not begun: so many fewer; all that are left, and it ends.
SELECT offerengine.purchase('hans', 'base', 'P-DE', 'EUR', starts_on => '2100-01-10', quantity => 5, order_reference => 'R') \g /dev/null
SELECT is(pg_temp.off('hans', 'R', ', 1, 2'), '1: cancelled 2 = 4000', 'two of five');
SELECT is(offerengine_internal.quantity_on('hans', pg_temp.sub('hans', 'base'), '2100-01-10'), 3, 'three are left');
SELECT is(offerengine.change_subscription('hans', pg_temp.sub('hans', 'base'), 2, 'now') IS NOT NULL, true, 'the customer wants one fewer');
SELECT is(pg_temp.off('hans', 'R', ', 1, 1'), '1: cancelled 1 = 2000', 'and one fewer');
SELECT is(offerengine_internal.quantity_on('hans', pg_temp.sub('hans', 'base'), '2100-01-10'), 1, 'one is left');
SELECT is(pg_temp.off('hans', 'R'), '1: cancelled 2 = 4000, 1: was_cancelled 3', 'all');
SELECT is(pg_temp.course('hans'), NULL, 'none');

-- Fewer pieces of an advantage that has not begun: of what follows it, too.
SELECT pg_temp.live('ivan', '{buy finite 2100-01-01,buy reg 2100-01-20 x3}') \g /dev/null
CREATE FUNCTION pg_temp.plan(customer text) RETURNS text LANGUAGE sql AS
    $$ SELECT string_agg(f.offer_reference || ' x' || offerengine_internal.quantity_on($1, s.subscription_id, s.starts_on), ', ' ORDER BY s.starts_on)
         FROM offerengine.subscription s JOIN offerengine.offer f USING (offer_id) WHERE s.customer_reference = $1 AND NOT s.is_ignored $$;
SELECT is(pg_temp.plan('ivan'), 'finite x1, adv x3, reg x3', 'the base ends, so the advantage turns into the regular offer');
SELECT is((SELECT string_agg(c.outcome || ' ' || c.quantity, ', ') FROM offerengine.sales_order o, offerengine.cancel_order('ivan', o.order_id, 1, 1) AS c
            WHERE o.customer_reference = 'ivan' AND o.total_amount = 900), 'cancelled 1', 'one of the advantage');
SELECT is(pg_temp.plan('ivan'), 'finite x1, adv x2, reg x2', 'is one of both');

-- Who may: a storefront cancels through its channels and looks, an operator does all, nobody else does anything; who acted is recorded.
CREATE ROLE t_operator; CREATE ROLE t_storefront; CREATE ROLE t_merchant; CREATE ROLE t_reporting;
SELECT offerengine.grant_access('t_operator', 'operator'), offerengine.grant_access('t_storefront', 'storefront'), offerengine.grant_access('t_merchant', 'merchant', 'p-house'),
       offerengine.grant_access('t_reporting', 'reporting') \g /dev/null
SELECT pg_temp.told('june', 'J', NULL, 'book x9 =900') \g /dev/null
CREATE FUNCTION pg_temp.try_as(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM set_config('role', role, true);
    EXECUTE statement INTO answer;
    PERFORM set_config('role', 'none', true);
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
SELECT is(pg_temp.try_as(r.role, format(c.call, pg_temp.id('june', 'J'))), r.answer, r.role || ': ' || c.call)
  FROM (VALUES (1, 'SELECT outcome FROM offerengine.cancel_order(''june'', %L, 1, 1)'), (2, 'SELECT outcome FROM offerengine.cancel_order(''june'', %L, 1, 1, ''backend'')'),
               (3, 'SELECT quantity FROM offerengine.return_order(''june'', %L, ''[{"line_no":1,"quantity":1}]'', key => ''j'')'),
               (4, 'SELECT offerengine.set_order_status(''june'', %L, 3)'), (5, 'SELECT offerengine.put_order(''june'', ''J'', status => 3) = %L'),
               (6, 'SELECT order_reference FROM offerengine.order_documents(''june'', %L)'), (7, 'SELECT offerengine_internal.ship_line(o, 1, 1) FROM offerengine_internal.stored_order(''june'', %L) AS o'),
               (8, 'SELECT offerengine_internal.take_pieces(''june'', %L, 1, 1, true)'), (9, 'SELECT offerengine_internal.do_cancel_order(''june'', %L, 1, 1, ''system'', NULL, NULL)'))
       AS c (n, call)
 CROSS JOIN LATERAL (VALUES ('t_storefront', ('{cancelled,42501,42501,42501,42501,J,42501,42501,42501}'::text[])[c.n]),
                            ('t_operator', ('{cancelled,cancelled,1,true,true,J,42501,42501,42501}'::text[])[c.n]),
                            ('t_merchant', ('{cancelled,cancelled,42501,42501,42501,42501,42501,42501,42501}'::text[])[c.n]), ('t_reporting', '42501')) AS r (role, answer);
SELECT pg_temp.same_rows($$ SELECT e.event, e.channel, e.recorded_by FROM offerengine.order_event e WHERE e.order_id = pg_temp.id('june', 'J') ORDER BY e.event_id OFFSET 1 $$,
    $$ VALUES ('cancelled', 'self_service', 't_storefront'), ('cancelled', 'backend', 't_operator'), ('cancelled', 'backend', 't_merchant'),
              ('cancelled', 'backend', 't_operator'), ('cancelled', 'backend', 't_merchant'), ('returned', 'backend', 't_operator'), ('status_changed', 'backend', 't_operator') $$, 'who acted');

SELECT * FROM finish();
ROLLBACK;
