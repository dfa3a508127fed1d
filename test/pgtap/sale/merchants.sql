-- Several merchants sell in one order: what each sees of it, ships and cancels, also when it is suspended; and what is a parcel.
BEGIN;
\ir ../include/approval.psql
\ir ../include/publisher.psql
\ir ../include/order.psql
SELECT no_plan();

SELECT offerengine.grant_access('t_merchant', 'merchant', 'p-house'), offerengine.grant_access('t_other_merchant', 'merchant', 'p-guest'),
       offerengine.revoke_access('t_merchant', 'merchant', 't-own'), offerengine.revoke_access('t_other_merchant', 'merchant', 't-other') \g /dev/null
-- Lines 1 and 4 are the house's, 2 is the guest's, 3 is no parcel, and of 5 the offer says that it is one.
SELECT offerengine.put_offer('voucher', 'P-PAPER', 'p-guest', '{P-DE}', offer_type => 'gift_voucher', is_shipped => true), offerengine.approve_offer('voucher') \g /dev/null
SELECT pg_temp.told('anna', 'R-1', NULL, 'book x5 =5000 sent 1', 'guest-book x3 =1800', 'pass x1 =500', 'book x2 =1900', 'voucher x1 =2500'),
       pg_temp.told('anna', 'R-2', NULL, 'book x1 =1000'), pg_temp.told('bert', 'R-1', NULL, 'guest-book x1 =600') \g /dev/null
SELECT pg_temp.off('anna', 'R-1', ', 1, 1'), pg_temp.back('anna', 'R-1', '[{"line_no": 2, "quantity": 1}]', 'k') \g /dev/null

-- order_shipments: a group a merchant, of what is a parcel.
SELECT pg_temp.same_rows(
    format($$ SELECT * FROM offerengine.order_shipments(%L, %L) $$, c.customer, pg_temp.id(c.customer, c.reference)), c.rows, c.customer || ' ' || c.reference)
  FROM (VALUES
    ('anna', 'R-1', $$ VALUES ('p-guest', 2, 4::bigint, 4300::bigint, 3::bigint, 0::bigint, 0::bigint, 1::bigint), ('p-house', 2, 7, 6900, 5, 1, 1, 0) $$),
    ('anna', 'R-2', $$ VALUES ('p-house', 1, 1::bigint, 1000::bigint, 1::bigint, 0::bigint, 0::bigint, 0::bigint) $$)) AS c (customer, reference, rows);
SELECT is_empty(format('SELECT * FROM offerengine.order_shipments(''anna'', %L)', s.order_id), 'a return is no parcel')
  FROM offerengine.sales_order s WHERE s.customer_reference = 'anna' AND s.origin = 'return';

-- What each sees: rows as text.
CREATE FUNCTION pg_temp.seen(role text, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    EXECUTE format('SELECT string_agg(q::text, '' '' ORDER BY q::text) FROM (%s) AS q', query) INTO answer;
    RESET ROLE;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RESET ROLE;
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT is(pg_temp.seen(c.role, 'SELECT merchant_reference, customer_reference, order_type, lines, quantity, quantity_shipped, quantity_cancelled, quantity_returned, quantity_open, merchant_amount, merchant_value, cancelled_amount, returned_amount
                                  FROM offerengine.merchant_order WHERE customer_reference IN (''anna'', ''bert'')'), c.rows, c.role || ' sees')
  FROM (VALUES
    ('t_merchant', '(p-house,anna,1,1,1,0,0,0,1,1000,10.00,0,0) (p-house,anna,1,3,8,1,1,0,5,7400,74.00,1000,0)'),
    ('t_other_merchant', '(p-guest,anna,1,2,4,0,0,1,3,4300,43.00,0,600) (p-guest,anna,3,1,1,0,0,0,0,600,6.00,0,0) (p-guest,bert,1,1,1,0,0,0,1,600,6.00,0,0)'),
    ('t_reporting', '(p-guest,anna,1,2,4,0,0,1,3,4300,43.00,0,600) (p-guest,anna,3,1,1,0,0,0,0,600,6.00,0,0) (p-guest,bert,1,1,1,0,0,0,1,600,6.00,0,0) '
                    '(p-house,anna,1,1,1,0,0,0,1,1000,10.00,0,0) (p-house,anna,1,3,8,1,1,0,5,7400,74.00,1000,0)'),
    ('t_storefront', '42501 permission denied for view merchant_order')) AS c (role, rows);
SELECT is(pg_temp.seen(c.role, 'SELECT line_no, offer_reference, quantity, quantity_open, unit_amount, line_value, parent_line_no
                                  FROM offerengine.order_line_overview WHERE customer_reference = ''anna'''), c.rows, c.role || ' sees lines')
  FROM (VALUES
    ('t_merchant', '(1,book,1,1,,10.00,) (1,book,5,3,,50.00,) (3,pass,1,0,,5.00,) (4,book,2,2,,19.00,)'),
    ('t_other_merchant', '(1,guest-book,1,0,,6.00,2) (2,guest-book,3,2,,18.00,) (5,voucher,1,1,,25.00,)')) AS c (role, rows);
-- A rule that turned another merchant's offer into this one is the marketplace's.
UPDATE offerengine.order_line SET redirected_from = 'secret' WHERE customer_reference = 'bert';
SELECT is(pg_temp.seen(c.role, 'SELECT redirected_from FROM offerengine.order_line_overview WHERE customer_reference = ''bert'''), c.rows, c.role || ' and a redirection')
  FROM (VALUES ('t_other_merchant', '()'), ('t_reporting', '(secret)'), ('t_operator', '(secret)')) AS c (role, rows);
-- Nor does a function in a merchant's own filter see more.
SELECT is(pg_temp.seen('t_merchant', 'SELECT count(*) FROM offerengine.order_line_overview WHERE (1 / (CASE WHEN offer_reference = ''guest-book'' THEN 0 ELSE 1 END)) = 1'), '(4)', 'no look behind the barrier');

-- Shipping: rows as text, or SQLSTATE and message.
CREATE FUNCTION pg_temp.ship(role text, customer text, reference text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT replace(pg_temp.seen(role, format('SELECT line_no, offer_reference, quantity, quantity_shipped, quantity_open FROM offerengine.ship_order(%L, %L%s)', customer,
                                             coalesce(pg_temp.id(customer, reference), '00000000-0000-0000-0000-000000000000'), more)), pg_temp.id(customer, reference)::text, '<id>')
$$;
SELECT is(pg_temp.ship(c.role, 'anna', 'R-1', c.more), c.answer, c.role || c.more) FROM (VALUES
    ('t_storefront', '', '42501 permission denied for function ship_order'),
    ('t_merchant', ', ''[{"line_no": 2}]''', 'OE020 order <id> of customer "anna" has no line 2'),
    ('t_merchant', ', ''[{"line_no": 3}]''', 'OE050 nothing of line 3 of order "R-1" is to be delivered'),
    ('t_merchant', ', ''[{"line_no": 3, "quantity": 1}]''', 'OE050 nothing of line 3 of order "R-1" is to be delivered'),
    ('t_merchant', ', ''[{"line_no": 1, "quantity": 4}]''', 'OE050 line 1 of order "R-1" cannot ship 4 pieces: 5 were ordered, 1 have shipped, 1 were cancelled'),
    ('t_merchant', ', ''[{"line_no": 1, "quantity": 999999999}]''', 'OE050 line 1 of order "R-1" cannot ship 999999999 pieces: 5 were ordered, 1 have shipped, 1 were cancelled'),
    ('t_merchant', ', ''[{"line_no": 1}, {"quantity": 1}]''', '22004 line 2 has no line_no'),
    ('t_merchant', ', ''[{"line_no": 1, "pieces": 1}]''', '22023 line 1 has an unknown or malformed "pieces": 1'),
    ('t_merchant', ', ''[{"line_no": 1}]'', channel => ''system''', '42501 role "t_merchant" may not use channel system'),
    ('t_merchant', ', ''[{"line_no": 1}]'', channel => ''self_service''', '42501 role "t_merchant" may not use channel self_service'),
    ('t_merchant', ', ''[{"line_no": 1, "quantity": 2}]'', ''P1''', '(1,book,2,3,1)'),
    ('t_merchant', ', ''[{"line_no": 1, "quantity": 2}]'', ''P1''', '(1,book,2,3,1)'),
    ('t_merchant', ', ''[{"line_no": 1, "quantity": 1}]'', ''P1''', NULL),
    -- Another merchant's keys are its own.
    ('t_other_merchant', ', ''[{"line_no": 2, "quantity": 1}]'', ''P1''', '(2,guest-book,1,1,2)'),
    ('t_operator', ', ''[{"line_no": 5}]'', ''P1''', '(5,voucher,1,1,0)'),
    ('t_merchant', ', key => ''P2''', '(1,book,1,4,0) (4,book,2,2,0)'),
    ('t_merchant', ', key => ''P2''', '(1,book,1,4,0) (4,book,2,2,0)'),
    ('t_merchant', '', 'OE050 nothing of order "R-1" is to be delivered'),
    -- One came back that nobody had said to have shipped: the first that is said to is that one.
    ('t_other_merchant', '', '(2,guest-book,2,3,0)'),
    ('t_other_merchant', ', ''[{"line_no": 2, "quantity": 1}]''', 'OE050 line 2 of order "R-1" cannot ship 1 pieces: 3 were ordered, 3 have shipped, 0 were cancelled')) AS c (role, more, answer)
 WHERE c.answer IS NOT NULL;
SELECT matches(pg_temp.ship('t_merchant', 'anna', 'R-1', ', ''[{"line_no": 1, "quantity": 1}]'', ''P1'''), '^OE013 key ".*P1" of order <id> stands for something else', 'a key is used once');
-- An order without a line of one's own is none.
SELECT is(pg_temp.ship(c.role, c.customer, c.reference), c.answer, c.role || ' ' || c.customer || ' ' || c.reference) FROM (VALUES
    ('t_other_merchant', 'anna', 'R-2', 'OE020 customer "anna" has no order <id>'),
    ('t_merchant', 'bert', 'R-1', 'OE020 customer "bert" has no order <id>')) AS c (role, customer, reference, answer);
SELECT pg_temp.same_rows(
    $$ SELECT e.channel, e.recorded_by, jsonb_array_length(e.detail -> 'lines') FROM offerengine.order_event e
        WHERE e.customer_reference = 'anna' AND e.event = 'shipped' ORDER BY e.event_id $$,
    $$ VALUES ('backend', 't_merchant', 1), ('backend', 't_other_merchant', 1), ('backend', 't_operator', 1), ('backend', 't_merchant', 2),
              ('backend', 't_other_merchant', 1) $$, 'one event a shipment');

-- Amounts are minor units, of whatever size the currency's are.
SELECT offerengine.put_order('anna', 'C-' || c, currency => c, lines => '[{"offer_reference": "book", "quantity": 3, "unit_amount": 1234}]') FROM unnest('{JPY,EUR,KWD}'::text[]) AS c \g /dev/null
SELECT pg_temp.same_rows(
    $$ SELECT v.currency_code, v.merchant_amount, v.merchant_value::text, l.unit_value::text, l.line_value::text
         FROM offerengine.merchant_order v JOIN offerengine.order_line_overview l USING (customer_reference, order_id) WHERE v.order_reference LIKE 'C-%' ORDER BY 1 $$,
    $$ VALUES ('EUR', 3702::bigint, '37.02', '12.34', '37.02'), ('JPY', 3702, '3702', '1234', '3702'), ('KWD', 3702, '3.702', '1.234', '3.702') $$, 'no, two and three digits');
SELECT is(pg_temp.back('anna', 'C-' || c, '[{"line_no": 1, "quantity": 1}]', 'k'), '1: 1 of 1 = 1234 / 1234', c || ' comes back') FROM unnest('{JPY,KWD}'::text[]) AS c;

-- A role that acts for both: its key stands for what it was used for, whichever merchant's line that was, and is nobody else's.
CREATE ROLE t_both;
SELECT offerengine.grant_access('t_both', 'merchant', 'p-house'), offerengine.grant_access('t_both', 'merchant', 'p-guest'),
       pg_temp.told('anna', 'R-3', NULL, 'book x3 =3000', 'guest-book x3 =1800') \g /dev/null
SELECT is(replace(pg_temp.ship(c.role, 'anna', 'R-3', c.more), '"', ''), c.answer, c.role || c.more) FROM (VALUES
    ('t_both', ', ''[{"line_no": 1, "quantity": 1}]'', ''K''', '(1,book,1,1,2)'), ('t_both', ', ''[{"line_no": 1, "quantity": 1}]'', ''K''', '(1,book,1,1,2)'),
    ('t_both', ', ''[{"line_no": 2, "quantity": 1}]'', ''K''', 'OE013 key K of order <id> stands for something else: shipped, {lines: [{line_no: 1, quantity: 1}]}'),
    ('t_other_merchant', ', ''[{"line_no": 2, "quantity": 1}]'', ''K''', '(2,guest-book,1,1,2)'), ('t_merchant', ', ''[{"line_no": 1, "quantity": 1}]'', ''K''', '(1,book,1,2,1)'),
    ('t_both', ', ''[{"line_no": 1, "quantity": 1}]'', ''K''', '(1,book,1,1,2)'), ('t_both', ', ''[{"line_no": 2, "quantity": 1}]'', ''L''', '(2,guest-book,1,2,1)')) AS c (role, more, answer);
-- A role that is a storefront besides being a merchant: it ships lines of its merchant and no others', sells what a storefront sells, in
-- no other way, and to whoever reports as well a storefront's day is today.
CREATE ROLE t_mixed;
CREATE ROLE t_shop_reporter;
SELECT offerengine.grant_access('t_mixed', 'merchant', 'p-house'), offerengine.grant_access('t_mixed', 'storefront'),
       offerengine.grant_access('t_shop_reporter', 'storefront'), offerengine.grant_access('t_shop_reporter', 'reporting'),
       pg_temp.told('anna', 'R-5', NULL, 'book x3 =3000', 'guest-book x3 =1800'), pg_temp.told('anna', 'R-6', NULL, 'guest-book x3 =1800') \g /dev/null
SELECT is(pg_temp.ship('t_mixed', 'anna', c.reference, c.more), c.answer, 'merchant and storefront: ' || c.reference || c.more) FROM (VALUES
    ('R-5', ', ''[{"line_no": 2, "quantity": 1}]''', 'OE020 order <id> of customer "anna" has no line 2'),
    ('R-5', ', ''[{"line_no": 1}]'', channel => ''import''', '42501 role "t_mixed" may not use channel import'),
    ('R-5', '', '(1,book,3,3,0)'),
    ('R-6', '', 'OE020 customer "anna" has no order <id>')) AS c (reference, more, answer);
SELECT is(pg_temp.seen('t_mixed', format($$SELECT line_no, outcome FROM offerengine.cancel_order('anna', %L%s)$$, pg_temp.id('anna', c.reference), c.more)),
          replace(c.answer, '<id>', pg_temp.id('anna', c.reference)::text), 'it cancels: ' || c.reference || c.more) FROM (VALUES
    ('R-6', '', 'OE020 customer "anna" has no order <id>'), ('R-6', ', channel => ''backend''', 'OE020 customer "anna" has no order <id>'),
    ('R-5', ', 2', 'OE020 order <id> of customer "anna" has no line 2'), ('R-5', ', 1, channel => ''backend''', '(1,shipped)')) AS c (reference, more, answer);
SELECT is(pg_temp.seen(c.role, format($$SELECT 'sold' FROM offerengine.purchase('fred', 'guest-book', 'P-DE', 'EUR'%s)$$, c.more)), replace(c.answer, '<role>', c.role),
          c.role || ' buys' || c.more)
  FROM (VALUES ('', '(sold)'), (', channel => ''backend''', '42501 role "<role>" may not use channel backend'),
               (', channel => ''import''', '42501 role "<role>" may not use channel import'),
               (', at => now() - interval ''1 day''', '42501 role "<role>" may not buy at another instant than now')) AS a (more, answer)
 CROSS JOIN (VALUES ('t_mixed'), ('t_shop_reporter')) AS r (role)
 CROSS JOIN LATERAL (VALUES (r.role, a.more, a.answer)) AS c (role, more, answer);

-- A subscription is no parcel, unless its offer says so: nobody keeps it from being cancelled by sending it.
SELECT offerengine.purchase('anna', 'base', 'P-DE', 'EUR', starts_on => '2100-01-10', order_reference => 'R-4') \g /dev/null
SELECT is(pg_temp.ship('t_merchant', 'anna', 'R-4', ', ''[{"line_no": 1, "quantity": 1}]'''), 'OE050 nothing of line 1 of order "R-4" is to be delivered', 'a subscription is not sent');
SELECT is(pg_temp.off('anna', 'R-4'), '1: cancelled 1 = 2000', 'and can be cancelled');

-- A suspended merchant ships and cancels what is open, and sells nothing new.
SELECT pg_temp.told('carl', 'R-9', NULL, 'book x4 =4000', 'guest-book x2 =1200') \g /dev/null
SELECT offerengine.suspend_merchant('p-guest', 'test') \g /dev/null
SELECT offerengine.suspend_merchant('p-house', 'test') \g /dev/null
CREATE FUNCTION pg_temp.cancel(role text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT replace(pg_temp.seen(role, format('SELECT line_no, outcome, quantity, amount FROM offerengine.cancel_order(''carl'', %L%s)', pg_temp.id('carl', 'R-9'), more)),
                   pg_temp.id('carl', 'R-9')::text, '<id>')
$$;
SELECT is(pg_temp.cancel(c.role, c.more), c.answer, 'cancel ' || c.role || c.more) FROM (VALUES
    ('t_merchant', ', 2', 'OE020 order <id> of customer "carl" has no line 2'),
    ('t_merchant', ', channel => ''checkout''', '42501 role "t_merchant" may not use channel checkout'),
    ('t_merchant', ', 1, 1, key => ''K''', '(1,cancelled,1,1000)'),
    ('t_merchant', ', 1, 1, key => ''K''', '(1,cancelled,1,1000)'),
    ('t_other_merchant', ', 2, 1, key => ''K''', '(2,cancelled,1,600)')) AS c (role, more, answer);
SELECT is(pg_temp.cancel('t_operator', $$, 2, 999, key => (SELECT e.action_key FROM offerengine.order_event e
                                                            WHERE e.customer_reference = 'carl' AND e.recorded_by = 't_merchant')$$),
          'OE050 999 pieces of line 2 of order "R-9" cannot be cancelled: 2 were ordered, 0 have shipped, 1 were cancelled, 0 came back',
          'nobody can choose what a merchant''s key is kept as');
SELECT is(pg_temp.ship('t_merchant', 'carl', 'R-9', ', ''[{"line_no": 1, "quantity": 1}]'''), '(1,book,1,1,2)', 'it ships');
SELECT is(pg_temp.cancel('t_merchant'), '(1,cancelled,2,2000) (1,shipped,1,) (1,was_cancelled,1,)', 'and cancels what is left of its own, no more');
SELECT is(pg_temp.state('carl', 'R-9'), '1: 4 of 4000, 1 sent, 3 off 3000; 2: 2 of 1200, 1 off 600', 'so it is');
SELECT matches(pg_temp.seen(r, $$SELECT order_id FROM offerengine.purchase('dora', 'book', 'P-DE', 'EUR')$$), '^OE008 offer "book" cannot be sold', 'nothing new is sold: ' || r)
  FROM unnest('{t_storefront,t_operator}'::text[]) AS r;
SELECT is(pg_temp.seen('t_merchant', $$SELECT order_id FROM offerengine.purchase('dora', 'book', 'P-DE', 'EUR')$$), '42501 permission denied for function purchase', 'a merchant does not buy');
SELECT matches(pg_temp.seen('t_other_merchant', 'SELECT quantity_open FROM offerengine.merchant_order WHERE customer_reference = ''carl'''), '^\(1\)$', 'it sees what is open');

-- A key of a role that acts for several merchants is the same in whichever order these were granted.
SELECT pg_temp.told('emil', 'R-7', NULL, 'book x4 =4000', 'guest-book x2 =1200') \g /dev/null
SELECT offerengine.grant_access('t_other_merchant', 'merchant', 'p-house') \g /dev/null
SELECT is(pg_temp.ship('t_other_merchant', 'emil', 'R-7', ', ''[{"line_no": 1, "quantity": 1}]'', ''K'''), '(1,book,1,1,3)', 'for two merchants');
SELECT offerengine.revoke_access('t_other_merchant', 'merchant', 'p-guest'), offerengine.grant_access('t_other_merchant', 'merchant', 'p-guest') \g /dev/null
SELECT is(pg_temp.ship('t_other_merchant', 'emil', 'R-7', ', ''[{"line_no": 1, "quantity": 1}]'', ''K'''), '(1,book,1,1,3)', 'granted anew, the same again');
SELECT is(pg_temp.state('emil', 'R-7'), '1: 4 of 4000, 1 sent; 2: 2 of 1200', 'and once');
SELECT offerengine.revoke_access('t_other_merchant', 'merchant', 'p-house') \g /dev/null

-- A merge: what a merchant is told names nobody.
SELECT offerengine.customer_merge('carla', 'carl') \g /dev/null
SELECT is(pg_temp.seen('t_merchant', $$SELECT line_no FROM offerengine.ship_order('carl', '00000000-0000-0000-0000-000000000000')$$), 'OE059 customer "carl" has become another one', 'a merchant');
SELECT is(pg_temp.seen('t_operator', $$SELECT line_no FROM offerengine.ship_order('carl', '00000000-0000-0000-0000-000000000000')$$), 'OE059 customer "carl" has become customer "carla"', 'an operator');
SELECT is(pg_temp.ship('t_other_merchant', 'carla', 'R-9'), '(2,guest-book,1,1,0)', 'and its line is shipped where it is now');
SELECT is(pg_temp.seen('t_merchant', 'SELECT * FROM offerengine.merged_customer'), '42501 permission denied for view merged_customer', 'who became whom is not its business');

SELECT * FROM finish();
ROLLBACK;
