-- What becomes of an order, and of what it holds of stock: in numbers, after each step. Stock is (in stock, reserved, available);
-- holds are line, warehouse, shipped/quantity and state; pieces are line, quantity: shipped/cancelled/returned.
BEGIN;
\ir ../include/stock.psql
SELECT no_plan();
\set fine 'What is held of every offer is the sum of its holds, and what has shipped that of its parcels.'
INSERT INTO offerengine.store_currency (store_code, currency_code) VALUES ('C-DE', 'EUR');
SELECT offerengine.set_price('C-DE', 'EUR', 1, 100, o) FROM unnest('{c-o1,c-o2,c-o3}'::text[]) AS o \g /dev/null
SET CONSTRAINTS ALL IMMEDIATE;
CREATE FUNCTION pg_temp.pieces(customer text, n integer) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s: %s/%s/%s', l.line_no, l.quantity, l.quantity_shipped, l.quantity_cancelled, l.quantity_returned), ', ' ORDER BY l.line_no)
      FROM offerengine.order_line l WHERE l.customer_reference = customer AND l.order_id = pg_temp.order_id(n)
$$;
-- Does something with order n, for :n and the customer in it, and says what is there afterwards.
CREATE FUNCTION pg_temp.does(customer text, n integer, call text, offer text DEFAULT 'c-o1') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    BEGIN
        EXECUTE format('SELECT string_agg(a::text, '' '') FROM offerengine.' || replace(call, '(', '(%L, %L'), customer, pg_temp.order_id(n)) INTO answer;
        answer := '';
    EXCEPTION WHEN OTHERS THEN
        answer := SQLSTATE || ' ';
    END;
    RETURN answer || regexp_replace(pg_temp.available(offer), ',f\)$', ') ') || coalesce(pg_temp.holds(n), 'none') || '; ' || pg_temp.pieces(customer, n);
END $$;
CREATE FUNCTION pg_temp.buys(customer text, n integer, quantity integer, offer text DEFAULT 'c-o1', reserve boolean DEFAULT true) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine.purchase(customer, offer, 'C-DE', 'EUR', quantity => buys.quantity, order_id => pg_temp.order_id(n), reserve => buys.reserve);
    RETURN regexp_replace(pg_temp.available(offer), ',f\)$', ') ') || coalesce(pg_temp.holds(n), 'none') || '; ' || pg_temp.pieces(customer, n);
EXCEPTION WHEN SQLSTATE 'OE013' OR SQLSTATE 'OE064' OR SQLSTATE 'OE066' THEN
    RETURN SQLSTATE;
END $$;

-- One line of ten, out of a hundred: bought, cancelled in parts, shipped, undone, returned.
SELECT offerengine.set_stock('c-o1', 'c-wa', 100) \g /dev/null
SELECT is(pg_temp.buys('anna', 1, 10), '(100,10,90) 1 c-wa 0/10 confirmed; 1 10: 0/0/0', 'bought');
SELECT is(pg_temp.does('anna', 1, s.call), s.after, s.call) FROM (VALUES
    ('cancel_order(, 1, 2, key => ''c'') a', '(100,8,92) 1 c-wa 0/8 confirmed; 1 10: 0/2/0'),
    ('cancel_order(, 1, 2, key => ''c'') a', '(100,8,92) 1 c-wa 0/8 confirmed; 1 10: 0/2/0'),
    ('cancel_order(, 1, 9) a', 'OE050 (100,8,92) 1 c-wa 0/8 confirmed; 1 10: 0/2/0'),
    ('ship_order(, ''[{"line_no":1,"quantity":5}]'', ''p'') a', '(95,3,92) 1 c-wa 5/8 confirmed; 1 10: 5/2/0'),
    ('ship_order(, ''[{"line_no":1,"quantity":5}]'', ''p'') a', '(95,3,92) 1 c-wa 5/8 confirmed; 1 10: 5/2/0'),
    ('ship_order(, ''[{"line_no":1,"quantity":4}]'', ''q'') a', 'OE050 (95,3,92) 1 c-wa 5/8 confirmed; 1 10: 5/2/0'),
    ('ship_order(, ''[{"line_no":1,"quantity":1}]'', ''q'') a', '(94,2,92) 1 c-wa 6/8 confirmed; 1 10: 6/2/0'),
    ('unship_order(, ''q'') a', '(95,3,92) 1 c-wa 5/8 confirmed; 1 10: 5/2/0'),
    ('unship_order(, ''q'') a', '(95,3,92) 1 c-wa 5/8 confirmed; 1 10: 5/2/0'),
    ('ship_order(, ''[{"line_no":1,"quantity":1}]'', ''q'') a', 'OE013 (95,3,92) 1 c-wa 5/8 confirmed; 1 10: 5/2/0'),
    -- Broken ones are gone, whole ones lie there again; both have left the customer.
    ('return_order(, ''[{"line_no":1,"quantity":1}]'', key => ''r'') a', '(95,3,92) 1 c-wa 5/8 confirmed; 1 10: 5/2/1'),
    ('return_order(, ''[{"line_no":1,"quantity":2}]'', restock => true, key => ''s'') a', '(97,3,94) 1 c-wa 5/8 confirmed; 1 10: 5/2/3'),
    ('return_order(, ''[{"line_no":1,"quantity":2}]'', restock => true, key => ''s'') a', '(97,3,94) 1 c-wa 5/8 confirmed; 1 10: 5/2/3'),
    ('unship_order(, ''p'') a', 'OE068 (97,3,94) 1 c-wa 5/8 confirmed; 1 10: 5/2/3'),
    ('cancel_order(, 1, 1) a', '(97,2,95) 1 c-wa 5/7 confirmed; 1 10: 5/3/3'),
    -- Two more come back, then one whose shipping nobody has told: it was promised still, and is in the count.
    ('return_order(, ''[{"line_no":1,"quantity":3}]'', restock => true, key => ''t'') a', '(99,1,98) 1 c-wa 5/6 confirmed; 1 10: 5/3/6'),
    -- It is told now: that one does not leave twice.
    ('ship_order(, ''[{"line_no":1,"quantity":1}]'', ''late'') a', '(99,1,98) 1 c-wa 5/6 confirmed; 1 10: 6/3/6'),
    ('ship_order(, NULL, ''rest'') a', '(98,0,98) 1 c-wa 6/6 confirmed; 1 10: 7/3/6'),
    ('ship_order(, NULL, ''more'') a', 'OE050 (98,0,98) 1 c-wa 6/6 confirmed; 1 10: 7/3/6'),
    ('cancel_order() a', '(98,0,98) 1 c-wa 6/6 confirmed; 1 10: 7/3/6'),
    ('set_order_status(, 9) a', '(98,0,98) 1 c-wa 6/6 confirmed; 1 10: 7/3/6')) AS s (call, after);
SELECT is(pg_temp.health(), :'fine', 'holds add up');

-- A piece that comes back before anybody has told that it left, and not whole: it is in no count any more.
SELECT is(pg_temp.buys('anna', 2, 4), '(98,4,94) 1 c-wa 0/4 confirmed; 1 4: 0/0/0', 'four');
SELECT is(pg_temp.does('anna', 2, s.call), s.after, s.call) FROM (VALUES
    ('return_order(, ''[{"line_no":1,"quantity":1}]'', key => ''r'') a', '(97,3,94) 1 c-wa 0/3 confirmed; 1 4: 0/0/1'),
    ('cancel_order(, 1, 1) a', '(97,2,95) 1 c-wa 0/2 confirmed; 1 4: 0/1/1'),
    ('ship_order(, ''[{"line_no":1,"quantity":2}]'', ''p'') a', '(96,1,95) 1 c-wa 1/2 confirmed; 1 4: 2/1/1'),
    ('return_order(, NULL, restock => true, key => ''all'') a', '(97,0,97) 1 c-wa 1/1 confirmed; 1 4: 2/1/3')) AS s (call, after);

-- Cancelled as a whole: all is free, and nothing is reserved for it any more. So with an order that had nothing.
SELECT is(pg_temp.buys('anna', 3, 7), '(97,7,90) 1 c-wa 0/7 confirmed; 1 7: 0/0/0', 'seven');
SELECT is(pg_temp.does('anna', 3, 'cancel_order() a'), '(97,0,97) 1 c-wa 0/7 released; 1 7: 0/7/0', 'are off');
SELECT is(pg_temp.does('anna', 3, 'cancel_order() a'), '(97,0,97) 1 c-wa 0/7 released; 1 7: 0/7/0', 'twice');
SELECT is(pg_temp.try('SELECT pg_temp.reserve(3, 1, 1)'), 'OE066', 'late');
SELECT is(pg_temp.buys('anna', 4, 200, reserve => false), '(97,0,97) none; 1 200: 0/0/0', 'the back office sells without stock');
SELECT is(pg_temp.does('anna', 4, s.call), s.after, s.call) FROM (VALUES
    ('ship_order(, ''[{"line_no":1,"quantity":5}]'', ''p'') a', '(97,0,97) none; 1 200: 5/0/0'),
    ('return_order(, ''[{"line_no":1,"quantity":2}]'', restock => true, key => ''r'') a', '(97,0,97) none; 1 200: 5/0/2'),
    ('unship_order(, ''p'') a', '(97,0,97) none; 1 200: 0/0/2'),
    ('cancel_order(, 1, 1) a', '(97,0,97) none; 1 200: 0/1/2')) AS s (call, after);
SELECT ok(pg_temp.reserve(4, 1, 3), 'that goes on');
SELECT is(pg_temp.buys('anna', 5, 1, reserve => false), '(97,3,94) none; 1 1: 0/0/0', 'another without');
SELECT is(pg_temp.does('anna', 5, 'cancel_order() a'), '(97,3,94) none; 1 1: 0/1/0', 'is off');
SELECT is(pg_temp.try('SELECT pg_temp.reserve(5, 1, 1)'), 'OE066', 'and gets nothing later');
SELECT is(pg_temp.buys('anna', 6, 1, 'c-o2'), '(0,0,0) none; 1 1: 0/0/0', 'what nobody counts');
SELECT is(pg_temp.does('anna', 6, 'cancel_order() a', 'c-o2'), '(0,0,0) none; 1 1: 0/1/0', 'is cancelled');
SELECT is((SELECT count(*) FROM offerengine.stock_order s WHERE s.order_id = pg_temp.order_id(6)), 0::bigint, 'and leaves no trace in stock');
SELECT offerengine.release_stock(pg_temp.order_id(4), 1) \g /dev/null

-- With a parcel on its way the rest is cancelled; the parcel that is none is held again, as the order has it.
SELECT is(pg_temp.buys('anna', 7, 6), '(97,6,91) 1 c-wa 0/6 confirmed; 1 6: 0/0/0', 'six');
SELECT is(pg_temp.does('anna', 7, s.call), s.after, s.call) FROM (VALUES
    ('ship_order(, ''[{"line_no":1,"quantity":2}]'', ''p'') a', '(95,4,91) 1 c-wa 2/6 confirmed; 1 6: 2/0/0'),
    ('cancel_order() a', '(95,0,95) 1 c-wa 2/2 confirmed; 1 6: 2/4/0'),
    ('unship_order(, ''p'') a', '(97,2,95) 1 c-wa 0/2 confirmed; 1 6: 0/4/0'),
    ('cancel_order() a', '(97,0,97) 1 c-wa 0/2 released; 1 6: 0/6/0')) AS s (call, after);

-- Whoever ships on another server tells stock first: the order is told by the same key and takes nothing twice.
SELECT is(pg_temp.buys('anna', 8, 5), '(97,5,92) 1 c-wa 0/5 confirmed; 1 5: 0/0/0', 'five');
SELECT offerengine.ship_stock(pg_temp.order_id(8), 1, 3, 'p') \g /dev/null
SELECT is(pg_temp.does('anna', 8, s.call), s.after, s.call) FROM (VALUES
    ('ship_order(, ''[{"line_no":1,"quantity":2}]'', ''p'') a', 'OE068 (94,2,92) 1 c-wa 3/5 confirmed; 1 5: 0/0/0'),
    ('ship_order(, ''[{"line_no":1,"quantity":3}]'', ''p'') a', '(94,2,92) 1 c-wa 3/5 confirmed; 1 5: 3/0/0'),
    ('ship_order(, ''[{"line_no":1,"quantity":1}]'', ''q'') a', '(93,1,92) 1 c-wa 4/5 confirmed; 1 5: 4/0/0')) AS s (call, after);
SELECT ok(NOT offerengine.ship_stock(pg_temp.order_id(8), 1, 1, 'q'), 'and the other way round');
SELECT ok(offerengine.unship_stock(pg_temp.order_id(8), 1, 'q'), 'undone in stock');
SELECT is(pg_temp.does('anna', 8, 'unship_order(, ''q'') a'), '(94,2,92) 1 c-wa 3/5 confirmed; 1 5: 3/0/0', 'then in the order');
SELECT is(pg_temp.health(), :'fine', 'holds add up');

-- Two lines, two warehouses: all that is held ships from where it is; a part asks where from.
SELECT offerengine.set_stock('c-o1', 'c-wa', 4), offerengine.release_stock(pg_temp.order_id(8)), offerengine.set_stock('c-o1', 'c-wb', 3),
       offerengine.set_stock('c-o3', 'c-wa', 9) \g /dev/null
CREATE FUNCTION pg_temp.tells(customer text, n integer, lines jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, store_code, currency_code, price_mode)
    VALUES (customer, pg_temp.order_id(n), 'order ' || n, 'C-DE', 'EUR', 'gross');
    PERFORM offerengine.put_order(customer, 'order ' || n, lines => tells.lines);
END $$;
SELECT pg_temp.tells('bert', 20, '[{"offer_reference": "c-o1", "quantity": 6}, {"offer_reference": "c-o3", "quantity": 5}]'),
       offerengine.reserve_order_stock(pg_temp.order_id(20), 'C-DE',
           '[{"line_no": 1, "offer_reference": "c-o1", "quantity": 6}, {"line_no": 2, "offer_reference": "c-o3", "quantity": 5}]') \g /dev/null
SELECT is(pg_temp.holds(20), '1 c-wa 0/4 held, 1 c-wb 0/2 held, 2 c-wa 0/5 held', 'reserved by hand for an order that was told');
SELECT is(pg_temp.does('bert', 20, s.call), s.after, s.call) FROM (VALUES
    ('ship_order(, ''[{"line_no":1,"quantity":5}]'', ''p'') a', '22023 (7,6,1) 1 c-wa 0/4 held, 1 c-wb 0/2 held, 2 c-wa 0/5 held; 1 6: 0/0/0, 2 5: 0/0/0'),
    ('ship_order(, ''[{"line_no":1,"quantity":3,"warehouse":"c-wb"}]'', ''p'') a', 'OE068 (7,6,1) 1 c-wa 0/4 held, 1 c-wb 0/2 held, 2 c-wa 0/5 held; 1 6: 0/0/0, 2 5: 0/0/0'),
    ('ship_order(, ''[{"line_no":1,"quantity":1,"warehouse":"c-wb"}]'', ''p'') a', '(6,5,1) 1 c-wa 0/4 confirmed, 1 c-wb 1/2 confirmed, 2 c-wa 0/5 held; 1 6: 1/0/0, 2 5: 0/0/0'),
    ('cancel_order(, 1, 2) a', '(6,3,3) 1 c-wa 0/2 confirmed, 1 c-wb 1/2 confirmed, 2 c-wa 0/5 held; 1 6: 1/2/0, 2 5: 0/0/0'),
    ('ship_order(, NULL, ''rest'') a', '(3,0,3) 1 c-wa 2/2 confirmed, 1 c-wb 2/2 confirmed, 2 c-wa 5/5 confirmed; 1 6: 4/2/0, 2 5: 5/0/0'),
    ('unship_order(, ''rest'') a', '(6,3,3) 1 c-wa 0/2 confirmed, 1 c-wb 1/2 confirmed, 2 c-wa 0/5 confirmed; 1 6: 1/2/0, 2 5: 0/0/0'),
    ('return_order(, ''[{"line_no":1,"quantity":2},{"line_no":2,"quantity":1,"restock":false}]'', restock => true, key => ''r'') a',
     '(7,2,5) 1 c-wa 0/1 confirmed, 1 c-wb 1/2 confirmed, 2 c-wa 0/4 confirmed; 1 6: 1/2/2, 2 5: 0/0/1')) AS s (call, after);
SELECT is(pg_temp.available('c-o3'), '(8,4,4,f)', 'of line 2 one is gone');

-- What was reserved for a while and has run out does not ship.
SELECT pg_temp.tells('bert', 21, '[{"offer_reference": "c-o3", "quantity": 2}]'), pg_temp.reserve(21, 1, 2, 'c-o3', clock_timestamp() + interval '1 hour'),
       pg_temp.run_out(21) \g /dev/null
SELECT is(pg_temp.does('bert', 21, 'ship_order(, NULL, ''p'') a', 'c-o3'), 'OE067 (8,4,4) 1 c-wa 0/2 held; 1 2: 0/0/0', 'run out');
SELECT is(pg_temp.does('bert', 21, 'cancel_order(, 1, 1) a', 'c-o3'), '(8,4,4) 1 c-wa 0/1 held; 1 2: 0/1/0', 'a part is given up');
SELECT offerengine.confirm_stock(pg_temp.order_id(21)) \g /dev/null
SELECT is(pg_temp.does('bert', 21, 'ship_order(, NULL, ''p'') a', 'c-o3'), '(7,4,3) 1 c-wa 1/1 confirmed; 1 2: 1/1/0', 'taken again: the one that is left ships');
SELECT is(pg_temp.health(), :'fine', 'holds add up');

-- A parcel that the order was never told of, and that comes to nothing when its line is off already: whoever cancels once more frees it.
SELECT offerengine.set_stock('c-o2', 'c-wa', 20),
       pg_temp.tells('bert', 22, '[{"offer_reference": "c-o2", "quantity": 4}, {"offer_reference": "c-o2", "quantity": 1}]'),
       offerengine.reserve_order_stock(pg_temp.order_id(22), 'C-DE',
           '[{"line_no": 1, "offer_reference": "c-o2", "quantity": 4}, {"line_no": 2, "offer_reference": "c-o2", "quantity": 1}]'),
       offerengine.ship_stock(pg_temp.order_id(22), 1, 3, 'x') \g /dev/null
SELECT is(pg_temp.does('bert', 22, 'cancel_order(, 1) a', 'c-o2'), '(17,1,16) 1 c-wa 3/3 confirmed, 2 c-wa 0/1 held; 1 4: 0/4/0, 2 1: 0/0/0', 'line 1 is off');
SELECT ok(offerengine.unship_stock(pg_temp.order_id(22), 1, 'x'), 'its parcel is undone');
SELECT is(pg_temp.available('c-o2'), '(20,4,16,f)', 'and held');
SELECT is(pg_temp.does('bert', 22, 'cancel_order(, 1) a', 'c-o2'), '(20,1,19) 1 c-wa 0/3 released, 2 c-wa 0/1 held; 1 4: 0/4/0, 2 1: 0/0/0', 'until then');
SELECT offerengine.release_stock(pg_temp.order_id(22)) \g /dev/null

-- Order ids are a customer's own: what one holds, an order of the same id does not get, ship, give back or return.
SELECT offerengine.set_stock('c-o3', 'c-wa', 10), offerengine.set_stock('c-o2', 'c-wa', 10) \g /dev/null
SELECT is(pg_temp.buys('carl', 30, 2, 'c-o3', false), '(10,4,6) none; 1 2: 0/0/0', 'one customer''s order without stock');
SELECT is(pg_temp.buys('dora', 30, 2, 'c-o3'), '(10,6,4) 1 c-wa 0/2 confirmed; 1 2: 0/0/0', 'another''s of the same id with it');
SELECT is(pg_temp.does('carl', 30, s.call, 'c-o3'), s.after, s.call) FROM (VALUES
    ('ship_order(, ''[{"line_no":1,"quantity":1}]'', ''p'') a', '(10,6,4) 1 c-wa 0/2 confirmed; 1 2: 1/0/0'),
    ('unship_order(, ''p'') a', '(10,6,4) 1 c-wa 0/2 confirmed; 1 2: 0/0/0'),
    ('return_order(, ''[{"line_no":1,"quantity":1}]'', key => ''r'') a', '(10,6,4) 1 c-wa 0/2 confirmed; 1 2: 0/0/1'),
    ('cancel_order(, 1, 1) a', '(10,6,4) 1 c-wa 0/2 confirmed; 1 2: 0/1/1')) AS s (call, after);
SELECT is(pg_temp.buys('carl', 31, 2, 'c-o3', false), '(10,6,4) none; 1 2: 0/0/0', 'one more');
SELECT is(pg_temp.buys('dora', 31, 2, 'c-o3'), '(10,8,2) 1 c-wa 0/2 confirmed; 1 2: 0/0/0', 'and the other');
SELECT is(pg_temp.does('carl', 31, 'cancel_order() a', 'c-o3'), '(10,8,2) 1 c-wa 0/2 confirmed; 1 2: 0/2/0', 'the first is off, the second holds what it held');
SELECT is(pg_temp.buys('emma', 30, 2, 'c-o3'), 'OE013', 'a third gets none of it');
SELECT is((SELECT count(*) FROM offerengine.sales_order s WHERE s.customer_reference = 'emma'), 0::bigint, 'and has no order');
SELECT is(pg_temp.buys('emma', 30, 2, 'c-o3', false), '(10,8,2) 1 c-wa 0/2 confirmed; 1 2: 0/0/0', 'but where it asks for no stock');

-- A merge: an order that gets another id goes on holding what it holds, under that id, and can be shipped, cancelled and returned.
SELECT is(pg_temp.buys('dora', 32, 1, 'c-o2'), '(10,1,9) 1 c-wa 0/1 confirmed; 1 1: 0/0/0', 'dora has two of carl''s ids, and one of her own');
SELECT offerengine.ship_order('dora', pg_temp.order_id(30), '[{"line_no":1,"quantity":1}]', 'p') \g /dev/null
SELECT is(offerengine.customer_merge('carl', 'dora')::text, '(3,0)', 'dora becomes carl');
SELECT set_eq($$ SELECT e.detail ->> 'order_id_before', o.customer_reference::text, concat_ws(' ', h.shipped, h.quantity, h.state), (SELECT count(*) FROM offerengine.stock_parcel p WHERE p.order_id = h.order_id)
                       FROM offerengine.order_event e JOIN offerengine.stock_order o USING (order_id) JOIN offerengine.stock_hold h USING (order_id)
                      WHERE e.customer_reference = 'carl' AND e.event = 'customer_changed' $$,
    $$ VALUES (pg_temp.order_id(30)::text, 'carl', '1 2 confirmed', 1::bigint), (pg_temp.order_id(31)::text, 'carl', '0 2 confirmed', 0), (NULL, 'carl', '0 1 confirmed', 0) $$, 'with what she holds');
SELECT is(pg_temp.holds(30) IS NULL AND pg_temp.holds(31) IS NULL, true, 'under the old ids there is nothing');
SELECT is(pg_temp.available('c-o3') || pg_temp.available('c-o2'), '(9,7,2,f)(10,1,9,f)', 'nothing was taken or given back');
SELECT e.order_id AS moved FROM offerengine.order_event e WHERE e.customer_reference = 'carl' AND e.detail ->> 'order_id_before' = pg_temp.order_id(30)::text \gset
SELECT offerengine.unship_order('carl', :'moved', 'p') \g /dev/null
SELECT is(pg_temp.available('c-o3'), '(10,8,2,f)', 'its parcel is undone');
SELECT offerengine.cancel_order('carl', :'moved') \g /dev/null
SELECT is(pg_temp.available('c-o3'), '(10,6,4,f)', 'it gives back what it held');
SELECT offerengine.cancel_order('carl', pg_temp.order_id(32)) \g /dev/null
SELECT is(pg_temp.available('c-o2'), '(10,0,10,f)', 'one that kept its id, too');
SELECT is(pg_temp.health(), :'fine', 'holds add up');

-- What was reserved by hand for an import that both have is free, where that one is given up.
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, management, approval_status)
VALUES ('c-o4', pg_temp.product('C-P1'), pg_temp.merchant('c-one'), 'externally_managed', 'approved');
INSERT INTO offerengine.offer_store (offer_id, store_code) VALUES (pg_temp.offer('c-o4'), 'C-DE');
SELECT offerengine.set_stock('c-o4', 'c-wa', 10) \g /dev/null
SELECT offerengine.import_order('fred', 'erp', 'X', 'c-o4', 'C-DE', 'EUR', quantity => 3) AS import_fred \gset
SELECT offerengine.import_order('gina', 'erp', 'X', 'c-o4', 'C-DE', 'EUR', quantity => 4) AS import_gina \gset
SELECT is(pg_temp.available('c-o4'), '(10,0,10,f)', 'imports take no stock');
SELECT offerengine.reserve_stock(s.order_id, 1, 'c-o4', 'C-DE', CASE s.customer_reference WHEN 'fred' THEN 3 ELSE 4 END)
  FROM offerengine.sales_order s WHERE s.external_reference = 'X' ORDER BY s.customer_reference \g /dev/null
SELECT is(pg_temp.available('c-o4'), '(10,7,3,f)', 'unless somebody does it for them');
SELECT offerengine.customer_merge('fred', 'gina') \g /dev/null
SELECT is(pg_temp.available('c-o4'), '(10,4,6,f)', 'that of the one that was told last stays');
SELECT is(pg_temp.health(), :'fine', 'holds add up');

-- Merchants: each its own lines and keys. The shop and both merchants call their parcel the same.
CREATE ROLE c_merchant; CREATE ROLE c_merchant2; CREATE ROLE c_storefront; CREATE ROLE c_operator;
SELECT offerengine.grant_access('c_merchant', 'merchant', 'c-one'), offerengine.grant_access('c_merchant2', 'merchant', 'c-two'),
       offerengine.grant_access('c_storefront', 'storefront'), offerengine.grant_access('c_operator', 'operator') \g /dev/null
GRANT USAGE ON SCHEMA public TO c_merchant, c_merchant2, c_storefront;
CREATE FUNCTION pg_temp.try_as(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    EXECUTE 'SELECT string_agg(concat_ws(''/'', a.line_no, a.quantity, a.quantity_shipped, a.quantity_open), '' '') FROM offerengine.' || statement || ' AS a' INTO answer;
    RESET ROLE;
    RETURN coalesce(answer, 'none');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
SELECT offerengine.set_stock('c-o1', 'c-wa', 20), offerengine.set_stock('c-o1', 'c-wb', 0), offerengine.set_stock('c-o3', 'c-wa', 20),
       pg_temp.tells('hugo', 40, '[{"offer_reference": "c-o1", "quantity": 6}, {"offer_reference": "c-o3", "quantity": 6}]') \g /dev/null
SELECT offerengine.reserve_order_stock(pg_temp.order_id(40), 'C-DE',
    '[{"line_no": 1, "offer_reference": "c-o1", "quantity": 6}, {"line_no": 2, "offer_reference": "c-o3", "quantity": 6}]'), offerengine.confirm_stock(pg_temp.order_id(40)) \g /dev/null
SELECT is(pg_temp.try_as(v.role, replace(v.statement, '40', '''hugo'', ''' || pg_temp.order_id(40) || '''')), v.outcome, v.role || ': ' || v.statement)
  FROM (VALUES
    ('c_storefront', 'ship_order(40, NULL, ''p'')', '42501'), ('c_storefront', 'unship_order(40, ''p'')', '42501'),
    ('c_merchant', 'ship_order(40, ''[{"line_no":2}]'', ''p'')', 'OE020'), ('c_merchant', 'ship_order(40, ''[{"line_no":1,"quantity":1}]'', ''p'')', '1/1/1/5'),
    ('c_merchant2', 'unship_order(40, ''p'')', 'OE020'), ('c_merchant2', 'ship_order(40, ''[{"line_no":2,"quantity":1}]'', ''p'')', '2/1/1/5'),
    ('c_operator', 'unship_order(40, ''p'')', 'OE020'), ('c_operator', 'ship_order(40, ''[{"line_no":1,"quantity":1},{"line_no":2,"quantity":2}]'', ''p'')', '1/1/2/4 2/2/3/3'),
    ('c_merchant', 'ship_order(40, ''[{"line_no":1,"quantity":1}]'', ''p'')', '1/1/1/5'), ('c_merchant', 'unship_order(40, ''p'', ''import'')', '42501'),
    ('c_merchant', 'unship_order(40, ''p'')', '1/1/1/5'),
    ('c_operator', 'unship_order(40, ''p'')', '1/1/0/6 2/2/1/5')) AS v (role, statement, outcome);
SELECT is(pg_temp.available() || pg_temp.holds(40), '(20,8,13,f)1 c-wa 0/6 confirmed, 2 c-wa 1/6 confirmed', 'what is left is the second merchant''s parcel');
SELECT is(pg_temp.health(), :'fine', 'holds add up');
SELECT * FROM finish();
ROLLBACK;
