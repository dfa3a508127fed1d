-- What holds do to stock: reserved, confirmed, released, shipped, undone, in numbers.
BEGIN;
\ir ../include/stock.psql
SELECT no_plan();
\set fine 'What is held of every offer is the sum of its holds, and what has shipped that of its parcels.'

-- The table of the contract: 100 in stock, 10 held, 7 shipped, released twice.
SELECT offerengine.set_stock('c-o1', 'c-wa', 100) \g /dev/null
SELECT is(pg_temp.available(), '(100,0,100,f)', 'counted');
SELECT ok(pg_temp.reserve(1, 1, 10), 'ten are held');
SELECT is(pg_temp.available(), '(100,10,90,f)', 'and not free any more');
SELECT ok(pg_temp.reserve(1, 1, 10), 'once more');
SELECT is(pg_temp.available(), '(100,10,90,f)', 'holds no more');
SELECT ok(offerengine.confirm_stock(pg_temp.order_id(1)), 'confirmed');
SELECT ok(offerengine.confirm_stock(pg_temp.order_id(1)), 'once more');
SELECT is(pg_temp.available(), '(100,10,90,f)', 'as many are held');
SELECT ok(offerengine.ship_stock(pg_temp.order_id(1), 1, 7, 'p1'), 'seven ship');
SELECT is(pg_temp.available(), '(93,3,90,f)', 'count and hold went down together');
SELECT ok(NOT offerengine.ship_stock(pg_temp.order_id(1), 1, 7, 'p1'), 'the same parcel ships once');
SELECT is(pg_temp.available(), '(93,3,90,f)', 'and lowers nothing');
SELECT ok(offerengine.release_stock(pg_temp.order_id(1), 1), 'the line is released');
SELECT is(pg_temp.available(), '(93,0,93,f)', 'what has not shipped is free');
SELECT ok(NOT offerengine.release_stock(pg_temp.order_id(1), 1), 'twice');
SELECT is(pg_temp.available(), '(93,0,93,f)', 'frees nothing more');
SELECT ok(offerengine.unship_stock(pg_temp.order_id(1), 1, 'p1'), 'the parcel comes back');
SELECT is(pg_temp.available(), '(100,7,93,f)', 'its pieces are held for the line');
SELECT ok(NOT offerengine.unship_stock(pg_temp.order_id(1), 1, 'p1'), 'once');
SELECT is(pg_temp.available(), '(100,7,93,f)', 'and no more than that');
SELECT is(pg_temp.health(), :'fine', 'holds add up');

-- Another quantity or offer replaces what a line holds.
SELECT ok(pg_temp.reserve(2, 1, 20), 'twenty');
SELECT ok(pg_temp.reserve(2, 1, 93), 'then all there is: what it holds itself counts as free');
SELECT is(pg_temp.available(), '(100,100,0,f)', 'nothing is left');
SELECT ok(pg_temp.reserve(2, 1, 5), 'then five');
SELECT is(pg_temp.available(), '(100,12,88,f)', 'others are free again');
SELECT offerengine.set_stock('c-o2', 'c-wa', 5) \g /dev/null
SELECT ok(pg_temp.reserve(2, 1, 4, 'c-o2'), 'another offer');
SELECT is(pg_temp.available() || pg_temp.available('c-o2'), '(100,7,93,f)(5,4,1,f)', 'instead of the first');
SELECT is(pg_temp.try($$SELECT pg_temp.reserve(2, 1, 6, 'c-o2')$$), 'OE064', 'six of five');
SELECT is(pg_temp.holds(2), '1 c-wa 0/4 held', 'leave the line what it had');
SELECT is(pg_temp.available() || pg_temp.available('c-o2'), '(100,7,93,f)(5,4,1,f)', 'and everybody else');

-- Several lines at once, all or none, also of one offer.
SELECT ok(offerengine.reserve_order_stock(pg_temp.order_id(3), 'C-DE',
    '[{"line_no": 2, "offer_reference": "c-o2", "quantity": 1}, {"line_no": 1, "offer_reference": "c-o1", "quantity": 3},
      {"line_no": 3, "offer_reference": "c-o1", "quantity": 4}]'), 'three lines');
SELECT is(pg_temp.available() || pg_temp.available('c-o2'), '(100,14,86,f)(5,5,0,f)', 'are held');
SELECT is(pg_temp.try($$SELECT offerengine.reserve_order_stock(pg_temp.order_id(4), 'C-DE',
    '[{"line_no": 1, "offer_reference": "c-o1", "quantity": 1}, {"line_no": 2, "offer_reference": "c-o2", "quantity": 1}]')$$),
    'OE064', 'one of two lines');
SELECT is(pg_temp.holds(4), NULL, 'is none');
SELECT is(pg_temp.available(), '(100,14,86,f)', 'nothing was taken');

-- A released order is over, whether it had anything or not.
SELECT ok(offerengine.release_stock(pg_temp.order_id(3)), 'an order is released');
SELECT is(pg_temp.available() || pg_temp.available('c-o2'), '(100,7,93,f)(5,4,1,f)', 'with all its lines');
SELECT ok(NOT offerengine.release_stock(pg_temp.order_id(3)), 'once');
SELECT is(pg_temp.try('SELECT pg_temp.reserve(3, 1, 1)'), 'OE066', 'a late reservation is refused');
SELECT is(pg_temp.try('SELECT offerengine.confirm_stock(pg_temp.order_id(3))'), 'OE066', 'nor is it confirmed');
SELECT is(pg_temp.try('SELECT offerengine.extend_stock(pg_temp.order_id(3), NULL)'), 'OE066', 'or extended');
SELECT ok(NOT offerengine.release_stock(pg_temp.order_id(5)), 'an order that never reserved is released');
SELECT is(pg_temp.try('SELECT pg_temp.reserve(5, 1, 1)'), 'OE066', 'and gets nothing after that');
SELECT ok(offerengine.release_stock(pg_temp.order_id(2), 1) AND pg_temp.reserve(2, 1, 1),
          'a line that was released may hold again: the order goes on');

-- Shipping: the count never goes below 0, and comes back by what it went down.
SELECT offerengine.set_stock('c-o3', 'c-wa', 5) \g /dev/null
SELECT pg_temp.reserve(6, 1, 5, 'c-o3'), offerengine.confirm_stock(pg_temp.order_id(6)) \g /dev/null
SELECT offerengine.set_stock('c-o3', 'c-wa', 2) \g /dev/null
SELECT is(pg_temp.available('c-o3'), '(2,5,0,f)', 'a count below what is held leaves nothing');
SELECT is((SELECT format('%s %s %s %s %s', s.offer_reference, s.warehouse, s.quantity, s.held, s.missing)
             FROM offerengine.stock_shortage s WHERE s.offer_reference = 'c-o3'), 'c-o3 c-wa 2 5 3', 'which is a shortage');
SELECT ok(offerengine.ship_stock(pg_temp.order_id(6), 1, 3, 'p1'), 'three of two ship all the same');
SELECT is(pg_temp.available('c-o3'), '(0,2,0,f)', 'the count is 0');
SELECT ok(offerengine.unship_stock(pg_temp.order_id(6), 1, 'p1'), 'and back');
SELECT is(pg_temp.available('c-o3'), '(2,5,0,f)', 'is what it was');
SELECT is(pg_temp.try($$SELECT offerengine.ship_stock(pg_temp.order_id(6), 1, 3, 'p1')$$), 'OE068', 'an undone key ships nothing');
SELECT is(pg_temp.try($$SELECT offerengine.ship_stock(pg_temp.order_id(6), 1, 6, 'p2')$$), 'OE068', 'more than is held neither');
SELECT ok(offerengine.ship_stock(pg_temp.order_id(6), 1, 5, 'p2'), 'all of it does');
SELECT is(pg_temp.try($$SELECT offerengine.ship_stock(pg_temp.order_id(6), 1, 1, 'p3')$$), 'OE068', 'then nothing is left');
SELECT is(pg_temp.try($$SELECT offerengine.ship_stock(pg_temp.order_id(6), 1, 4, 'p2')$$), 'OE068', 'a key of another quantity');
SELECT is(pg_temp.try($$SELECT offerengine.ship_stock(pg_temp.order_id(6), 2, 1, 'p2')$$), 'OE020', 'a line that holds nothing');
SELECT is(pg_temp.try('SELECT pg_temp.reserve(6, 1, 1, ''c-o3'')'), 'OE068', 'what has shipped is not exchanged');
SELECT is(pg_temp.health(), :'fine', 'holds add up');

-- An order that is cancelled with a parcel on its way: the parcel that comes back is free.
SELECT offerengine.set_stock('c-o3', 'c-wa', 10), pg_temp.reserve(7, 1, 4, 'c-o3'),
       offerengine.ship_stock(pg_temp.order_id(7), 1, 3, 'p') \g /dev/null
SELECT is(pg_temp.available('c-o3'), '(7,1,6,f)', 'what is held may ship, which confirms it');
SELECT ok(offerengine.release_stock(pg_temp.order_id(7)), 'released with one left');
SELECT is(pg_temp.available('c-o3'), '(7,0,7,f)', 'three are gone');
SELECT ok(offerengine.unship_stock(pg_temp.order_id(7), 1, 'p'), 'they come back');
SELECT is(pg_temp.available('c-o3'), '(10,0,10,f)', 'and nobody holds them');

-- Cancelling pieces and returning them, for whoever does it to an order.
SELECT pg_temp.reserve(8, 1, 10, 'c-o3'), offerengine.confirm_stock(pg_temp.order_id(8)) \g /dev/null
SELECT offerengine.ship_stock(pg_temp.order_id(8), 1, 4, 'p') \g /dev/null
SELECT offerengine_internal.keep_stock('c', pg_temp.order_id(8), '{1}', '{7}'), offerengine_internal.keep_stock('c', pg_temp.order_id(8), '{1}', '{7}') \g /dev/null
SELECT is(pg_temp.available('c-o3') || pg_temp.holds(8), '(6,3,3,f)1 c-wa 4/7 confirmed', 'three of ten are cancelled, told twice');
SELECT offerengine_internal.return_stock('c', pg_temp.order_id(8), '{1}', '{2}', '{true}') \g /dev/null
SELECT is(pg_temp.available('c-o3'), '(8,3,5,f)', 'two of the four shipped lie there again');
SELECT offerengine_internal.return_stock('c', pg_temp.order_id(8), '{1}', '{1}', '{false}') \g /dev/null
SELECT is(pg_temp.available('c-o3'), '(8,3,5,f)', 'one came back broken');
SELECT is(pg_temp.try($$SELECT offerengine.unship_stock(pg_temp.order_id(8), 1, 'p')$$), 'OE068', 'a parcel that was delivered');
SELECT offerengine_internal.return_stock('c', pg_temp.order_id(8), '{1}', '{2}', '{true}') \g /dev/null
SELECT is(pg_temp.available('c-o3'), '(9,2,7,f)', 'the fourth, and one whose shipping nobody told');
SELECT offerengine_internal.return_stock('c', pg_temp.order_id(8), '{1}', '{2}', '{false}') \g /dev/null
SELECT is(pg_temp.available('c-o3') || pg_temp.holds(8), '(7,0,7,f)1 c-wa 4/4 confirmed', 'two more of these, broken: gone');
SELECT is(pg_temp.health(), :'fine', 'holds add up');

-- Lines that change places: what one gives up the other gets, though nothing of it is free.
SELECT offerengine.set_stock('c-o2', 'c-wa', 5), pg_temp.reserve(20, 2, 5, 'c-o2') \g /dev/null
SELECT is(pg_temp.available('c-o2'), '(5,5,0,f)', 'all are held');
SELECT ok(offerengine.reserve_order_stock(pg_temp.order_id(20), 'C-DE',
    '[{"line_no": 1, "offer_reference": "c-o2", "quantity": 5}, {"line_no": 2, "offer_reference": "c-o1", "quantity": 1}]'), 'line 1 instead of line 2');
SELECT is(pg_temp.holds(20), '1 c-wa 0/5 held, 2 c-wa 0/1 held', 'has them');
SELECT offerengine.release_stock(pg_temp.order_id(20)) \g /dev/null

-- Arguments.
SELECT is(pg_temp.try('SELECT offerengine.' || v.call), v.state, v.call)
  FROM (VALUES
    ($$reserve_stock(NULL, 1, 'c-o1', 'C-DE', 1)$$, '22004'), ($$reserve_stock(pg_temp.order_id(9), NULL, 'c-o1', 'C-DE', 1)$$, '22004'),
    ($$reserve_stock(pg_temp.order_id(9), 1, NULL, 'C-DE', 1)$$, '22004'), ($$reserve_stock(pg_temp.order_id(9), 1, 'c-o1', NULL, 1)$$, '22004'),
    ($$reserve_stock(pg_temp.order_id(9), 1, 'c-o1', 'C-DE', NULL)$$, '22004'), ($$reserve_stock(pg_temp.order_id(9), 0, 'c-o1', 'C-DE', 1)$$, '22023'),
    ($$reserve_stock(pg_temp.order_id(9), 1, 'c-o1', 'C-DE', 0)$$, '22023'), ($$reserve_stock(pg_temp.order_id(9), 1, 'c-o1', 'C-XX', 1)$$, '22023'),
    ($$reserve_stock(pg_temp.order_id(9), 1, 'c-oX', 'C-DE', 1)$$, 'OE020'), ($$reserve_stock(pg_temp.order_id(9), 1, 'c-o1', 'C-AT', 1)$$, 'OE064'),
    ($$reserve_stock(pg_temp.order_id(9), 1, 'c-o1', 'C-DE', 1, now() - interval '1 s')$$, '22023'),
    ($$reserve_order_stock(pg_temp.order_id(9), 'C-DE', NULL)$$, '22004'), ($$reserve_order_stock(pg_temp.order_id(9), 'C-DE', '{}')$$, '22023'),
    ($$reserve_order_stock(pg_temp.order_id(9), 'C-DE', '[]')$$, '22023'), ($$reserve_order_stock(pg_temp.order_id(9), 'C-DE', '[1]')$$, '22023'),
    ($$reserve_order_stock(pg_temp.order_id(9), 'C-DE', '[{"line_no": 1, "offer_reference": "c-o1", "quantity": 1.5}]')$$, '22023'),
    ($$reserve_order_stock(pg_temp.order_id(9), 'C-DE', '[{"line_no": 1, "offer_reference": "c-o1", "quantity": 1},
                                                          {"line_no": 1, "offer_reference": "c-o2", "quantity": 1}]')$$, '22023'),
    ($$confirm_stock(pg_temp.order_id(99))$$, 'OE020'), ($$confirm_stock(NULL)$$, '22004'), ($$extend_stock(pg_temp.order_id(99), NULL)$$, 'OE020'),
    ($$extend_stock(pg_temp.order_id(2), now() - interval '1 s')$$, '22023'), ($$release_stock(NULL)$$, '22004'),
    ($$ship_stock(pg_temp.order_id(99), 1, 1, 'p')$$, 'OE020'), ($$ship_stock(pg_temp.order_id(2), 1, 0, 'p')$$, '22023'),
    ($$ship_stock(pg_temp.order_id(2), 1, NULL, 'p')$$, '22004'), ($$ship_stock(pg_temp.order_id(2), 1, 1, NULL)$$, '22004'),
    ($$ship_stock(pg_temp.order_id(2), 1, 1, ' p')$$, '22023'), ($$unship_stock(pg_temp.order_id(2), 1, 'nine')$$, 'OE020'),
    ($$allocate_stock('c-oX', 'C-DE', 1)$$, 'OE020'), ($$allocate_stock('c-o1', 'C-XX', 1)$$, '22023'), ($$allocate_stock('c-o1', 'C-DE', 0)$$, '22023'),
    ($$set_stock('c-o1', 'c-wa', 1, safety_quantity => -1)$$, '22023'), ($$set_stock('c-o1', 'c-wa', 1, counted_at => now() + interval '1 hour')$$, '22023'),
    ($$put_merchant('c-one', stock_means => 'all')$$, '22023')
  ) AS v (call, state);
SELECT throws_ok($$SELECT pg_temp.reserve(9, 1, 1000)$$, 'OE064', 'offer "c-o1" is sold out in store C-DE: 1000 wanted, 92 left');
SELECT * FROM finish();
ROLLBACK;
