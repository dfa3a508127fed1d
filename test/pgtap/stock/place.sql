-- Several warehouses, what is kept back, what never runs out, and counts: where pieces are taken from, and what a count means.
BEGIN;
\ir ../include/stock.psql
SELECT no_plan();
\set fine 'What is held of every offer is the sum of its holds, and what has shipped that of its parcels.'
CREATE FUNCTION pg_temp.allocation(quantity integer, offer text DEFAULT 'c-o1') RETURNS text LANGUAGE sql AS
    $$SELECT string_agg(format('%s %s', a.warehouse, a.quantity), ', ') FROM offerengine.allocate_stock(offer, 'C-DE', quantity) AS a$$;

-- The largest first, split when needed, none when short.
SELECT offerengine.set_stock('c-o1', 'c-wa', 5), offerengine.set_stock('c-o1', 'c-wb', 8) \g /dev/null
SELECT is(pg_temp.allocation(v.n), v.answer, v.n || ' pieces')
  FROM (VALUES (5, 'c-wb 5'), (8, 'c-wb 8'), (9, 'c-wb 8, c-wa 1'), (13, 'c-wb 8, c-wa 5'), (14, NULL)) AS v (n, answer);
SELECT is(pg_temp.available(), '(13,0,13,f)', 'nothing was held');
SELECT ok(pg_temp.reserve(1, 1, 9), 'nine');
SELECT is(pg_temp.holds(1), '1 c-wa 0/1 held, 1 c-wb 0/8 held', 'out of two');
SELECT is(pg_temp.available(), '(13,9,4,f)', 'four left');
SELECT is(pg_temp.try($$SELECT pg_temp.reserve(2, 1, 5)$$), 'OE064', 'five are not');
SELECT is(pg_temp.try($$SELECT offerengine.ship_stock(pg_temp.order_id(1), 1, 1, 'p')$$), '22023', 'which warehouse ships?');
SELECT is(pg_temp.try($$SELECT offerengine.ship_stock(pg_temp.order_id(1), 1, 2, 'p', 'c-wa')$$), 'OE068', 'that one has one');
SELECT ok(offerengine.ship_stock(pg_temp.order_id(1), 1, 1, 'p', 'c-wa'), 'ships it');
SELECT ok(offerengine.ship_stock(pg_temp.order_id(1), 1, 3, 'q'), 'then one is left, and need not be named');
SELECT is(pg_temp.holds(1), '1 c-wa 1/1 confirmed, 1 c-wb 3/8 confirmed', 'it was c-wb');
SELECT is(pg_temp.try($$SELECT offerengine.ship_stock(pg_temp.order_id(1), 1, 3, 'q', 'c-wa')$$), 'OE068', 'the key is of another warehouse');
SELECT offerengine_internal.keep_stock('c', pg_temp.order_id(1), '{1}', '{6}') \g /dev/null
SELECT is(pg_temp.holds(1), '1 c-wa 1/1 confirmed, 1 c-wb 3/5 confirmed', 'three are cancelled where they are');

-- Two lines of one offer share two places.
SELECT offerengine.set_stock('c-o2', 'c-wa', 3), offerengine.set_stock('c-o2', 'c-wb', 4) \g /dev/null
SELECT offerengine.reserve_order_stock(pg_temp.order_id(2), 'C-DE',
    '[{"line_no": 1, "offer_reference": "c-o2", "quantity": 2}, {"line_no": 2, "offer_reference": "c-o2", "quantity": 5}]') \g /dev/null
SELECT is(pg_temp.holds(2), '1 c-wa 0/2 held, 2 c-wa 0/1 held, 2 c-wb 0/4 held', 'pieces beside each other');
SELECT is(pg_temp.available('c-o2'), '(7,7,0,f)', 'all are held');
SELECT ok(pg_temp.reserve(2, 2, 1, 'c-o2'), 'line 2 with one');
SELECT is(pg_temp.holds(2), '1 c-wa 0/2 held, 2 c-wa 0/1 released, 2 c-wb 0/1 held', 'of the place with the most then');

-- Half pieces are not sold, in no warehouse and not in sum.
SELECT offerengine.set_stock('c-o3', 'c-wa', 2.5), offerengine.set_stock('c-o3', 'c-wb', 2.5) \g /dev/null
SELECT is(pg_temp.available('c-o3'), '(5.0,0,5.0,f)', 'five lie there');
SELECT is(pg_temp.allocation(4, 'c-o3'), 'c-wa 2, c-wb 2', 'four can be sold');
SELECT is(pg_temp.try($$SELECT pg_temp.reserve(3, 1, 5, 'c-o3')$$), 'OE064', 'the fifth is two halves');
SELECT ok(pg_temp.reserve(3, 1, 4, 'c-o3'), 'four');
SELECT is(pg_temp.available('c-o3'), '(5.0,4,1.0,f)', 'and a piece in two halves is left');

-- What is kept back.
SELECT offerengine.release_stock(pg_temp.order_id(3)) \g /dev/null
SELECT offerengine.set_stock('c-o3', 'c-wa', 10, safety_quantity => 4), offerengine.set_stock('c-o3', 'c-wb', 3, safety_quantity => 5) \g /dev/null
SELECT is(pg_temp.available('c-o3'), '(13,0,6,f)', 'no place has less than none');
SELECT is(pg_temp.try($$SELECT pg_temp.reserve(4, 1, 7, 'c-o3')$$), 'OE064', 'what is kept back is not sold');
SELECT ok(pg_temp.reserve(4, 1, 6, 'c-o3'), 'all of the rest is');
SELECT is(pg_temp.available('c-o3'), '(13,6,0,f)', 'then none is left');
SELECT offerengine.set_stock('c-o3', 'c-wa', safety_quantity => 0) \g /dev/null
SELECT is(pg_temp.available('c-o3'), '(13,6,4,f)', 'kept back no longer; the count stays');

-- Never out of stock: any quantity, held all the same.
SELECT offerengine.set_stock('c-o3', 'c-wb', 0, true, 0) \g /dev/null
SELECT is(pg_temp.allocation(1000, 'c-o3'), 'c-wb 1000', 'the one that never runs out');
SELECT is(pg_temp.allocation(1, 'c-o3'), 'c-wb 1', 'also for one');
SELECT ok(pg_temp.reserve(5, 1, 1000, 'c-o3'), 'a thousand');
SELECT is(pg_temp.available('c-o3'), '(10,1006,4,t)', 'are held');
SELECT ok(offerengine.ship_stock(pg_temp.order_id(5), 1, 400, 'p'), 'ship');
SELECT is(pg_temp.available('c-o3'), '(10,606,4,t)', 'without a count below 0');
SELECT offerengine.set_stock('c-o3', 'c-wb', 100, false) \g /dev/null
SELECT is(pg_temp.available('c-o3'), '(110,606,4,f)', 'it can run out again: more is promised than lies there');
SELECT is((SELECT s.missing FROM offerengine.stock_shortage s WHERE s.offer_reference = 'c-o3'), 500::numeric, 'which is told');
SELECT offerengine.release_stock(pg_temp.order_id(5)) \g /dev/null

-- A warehouse that is closed sells no more; what it holds ships.
SELECT offerengine.set_stock('c-o2', 'c-wa', 3), offerengine.set_stock('c-o2', 'c-wb', 4) \g /dev/null
UPDATE offerengine.warehouse SET is_active = false WHERE name = 'c-wa';
SELECT is(pg_temp.available('c-o2'), '(4,1,3,f)', 'closed');
SELECT ok(offerengine.confirm_stock(pg_temp.order_id(2)), 'confirmed');
SELECT ok(offerengine.ship_stock(pg_temp.order_id(2), 1, 2, 'p'), 'and shipped from there');
UPDATE offerengine.warehouse SET is_active = true WHERE name = 'c-wa';
SELECT is(pg_temp.available('c-o2'), '(5,1,4,f)', 'open again');
SELECT is(pg_temp.health(), :'fine', 'holds add up');

-- Counts that are older than shipments. Ten were counted; then three shipped, one of these came back; a parcel of before came back, too.
CREATE FUNCTION pg_temp.ship_ago(n integer, quantity integer, key text, left_ago interval, back_ago interval DEFAULT NULL) RETURNS void
LANGUAGE sql AS $$
    SELECT pg_temp.reserve(n, 1, quantity, 'c-o1'), offerengine.confirm_stock(pg_temp.order_id(n)),
           offerengine.ship_stock(pg_temp.order_id(n), 1, quantity, key);
    SELECT offerengine.unship_stock(pg_temp.order_id(n), 1, key) WHERE back_ago IS NOT NULL;
    UPDATE offerengine.stock_parcel p SET shipped_at = now() - left_ago, undone_at = now() - back_ago WHERE p.order_id = pg_temp.order_id(n);
    UPDATE offerengine.stock_hold h SET confirmed_at = now() - left_ago - interval '1 minute' WHERE h.order_id = pg_temp.order_id(n);
$$;
SELECT offerengine.remove_stock('c-o1', 'c-wb'), offerengine.release_stock(pg_temp.order_id(1)), offerengine.set_stock('c-o1', 'c-wa', 100) \g /dev/null
UPDATE offerengine.stock_parcel p SET shipped_at = now() - interval '1 day' WHERE p.order_id = pg_temp.order_id(1);
SELECT pg_temp.ship_ago(21, 2, 'p', '10 minutes'), pg_temp.ship_ago(22, 1, 'p', '9 minutes', '8 minutes'),
       pg_temp.ship_ago(23, 4, 'p', '3 hours', '5 minutes'), pg_temp.ship_ago(24, 16, 'p', '2 hours') \g /dev/null
SELECT is((SELECT k.quantity FROM offerengine.offer_stock k WHERE k.offer_id = pg_temp.offer('c-o1')), 82::numeric, 'twice two, and sixteen');
SELECT offerengine.set_stock('c-o1', 'c-wa', 10, counted_at => now() - interval '1 hour') \g /dev/null
SELECT is(pg_temp.available(), '(12,5,7,f)', 'ten without two and with four');
SELECT offerengine.set_stock('c-o1', 'c-wa', 10, counted_at => now() - interval '10 minutes') \g /dev/null
SELECT is(pg_temp.available(), '(14,5,9,f)', 'what shipped at that instant was not counted');
SELECT offerengine.set_stock('c-o1', 'c-wa', 1, counted_at => now() - interval '150 minutes') \g /dev/null
SELECT is(pg_temp.available(), '(0,5,0,f)', 'never below 0');
SELECT offerengine.set_stock('c-o1', 'c-wa', 10) \g /dev/null
SELECT is(pg_temp.available(), '(10,5,5,f)', 'without an instant: now');

-- A merchant whose system has taken confirmed orders off already says what is free beside these.
SELECT offerengine.put_merchant('c-one', stock_means => 'free') \g /dev/null
SELECT offerengine.set_stock('c-o1', 'c-wa', 10) \g /dev/null
SELECT is(pg_temp.available(), '(15,5,10,f)', 'five are confirmed and lie there: ten are free');
SELECT pg_temp.reserve(31, 1, 3) \g /dev/null
SELECT offerengine.set_stock('c-o1', 'c-wa', 10) \g /dev/null
SELECT is(pg_temp.available(), '(15,8,7,f)', 'what is only held it knows nothing of');
SELECT offerengine.confirm_stock(pg_temp.order_id(31)) \g /dev/null
SELECT offerengine.set_stock('c-o1', 'c-wa', 10, counted_at => now() - interval '1 minute') \g /dev/null
SELECT is(pg_temp.available(), '(15,8,7,f)', 'nor of what was confirmed after the count');
SELECT offerengine.ship_stock(pg_temp.order_id(31), 1, 2, 'p') \g /dev/null
SELECT offerengine.set_stock('c-o1', 'c-wa', 10, counted_at => now() - interval '1 minute') \g /dev/null
SELECT is(pg_temp.available(), '(13,6,7,f)', 'and has shipped since');
SELECT offerengine.set_stock('c-o1', 'c-wa', 7) \g /dev/null
SELECT is(pg_temp.available(), '(13,6,7,f)', 'the next count has it');
SELECT offerengine.ship_stock(pg_temp.order_id(23), 1, 3, 'r') \g /dev/null
SELECT offerengine.set_stock('c-o1', 'c-wa', 7, counted_at => now() - interval '1 minute') \g /dev/null
SELECT is(pg_temp.available(), '(7,3,4,f)', 'what was confirmed before it did not count when it shipped');
SELECT offerengine.release_stock(pg_temp.order_id(22)) \g /dev/null
SELECT offerengine.set_stock('c-o1', 'c-wa', 7, counted_at => now() - interval '1 minute') \g /dev/null
SELECT is(pg_temp.available(), '(7,2,5,f)', 'what was cancelled after it had been taken off is free');
SELECT is(pg_temp.health(), :'fine', 'holds add up');
SELECT * FROM finish();
ROLLBACK;
