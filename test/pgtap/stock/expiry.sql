-- Holds that run out: free from their instant on, without a job; taken again, or refused by name.
BEGIN;
\ir ../include/stock.psql
SELECT no_plan();
\set fine 'What is held of every offer is the sum of its holds, and what has shipped that of its parcels.'
SELECT offerengine.set_stock('c-o1', 'c-wa', 10) \g /dev/null

-- To the microsecond: the hold ends at t.
SELECT clock_timestamp() + interval '1 hour' AS t \gset
SELECT pg_temp.reserve(1, 1, 4, until => :'t') \g /dev/null
SELECT is((SELECT s.pieces FROM offerengine_internal.stock_shares(pg_temp.offer('c-o1'), 'C-DE', 10, v.at) AS s), v.free::numeric, v.what)
  FROM (VALUES (:'t'::timestamptz - interval '1 microsecond', 6, 'the last instant before it ends'),
               (:'t'::timestamptz, 10, 'the first after'), ('-infinity', 6, 'when no end counts')) AS v (at, free, what);
SELECT is((SELECT h.next_expiry FROM offerengine.stock_held h WHERE h.offer_id = pg_temp.offer('c-o1')), :'t', 'is what the place expects');
SELECT is(pg_temp.try($$SELECT pg_temp.reserve(2, 1, 7)$$), 'OE064', 'nobody gets it before');

-- Run out: free for whoever asks, and still there for who held it.
SELECT pg_temp.run_out(1) \g /dev/null
SELECT is(pg_temp.available(), '(10,0,10,f)', 'free without any job');
SELECT is((SELECT r.held FROM offerengine.stock_held r WHERE r.offer_id = pg_temp.offer('c-o1')), 4::bigint, 'nothing was written');
SELECT ok(offerengine.confirm_stock(pg_temp.order_id(1)), 'who held it may still confirm it');
SELECT is(pg_temp.available() || pg_temp.holds(1), '(10,4,6,f)1 c-wa 0/4 confirmed', 'then it is sold');

-- Somebody else needs the pieces.
SELECT pg_temp.reserve(3, 1, 2, until => :'t'), pg_temp.reserve(4, 1, 3, until => :'t') \g /dev/null
SELECT pg_temp.run_out(3), pg_temp.run_out(4) \g /dev/null
SELECT ok(pg_temp.reserve(5, 1, 1), 'one that is free without it');
SELECT is(pg_temp.holds(3), '1 c-wa 0/2 held', 'takes nobody''s away');
SELECT ok(pg_temp.reserve(6, 1, 4), 'four more than are free without it');
SELECT is(pg_temp.holds(3) || ' ' || pg_temp.holds(4), '1 c-wa 0/2 expired 1 c-wa 0/3 expired', 'take them away');
SELECT is(pg_temp.available(), '(10,9,1,f)', 'and no more than that');
SELECT is((SELECT h.next_expiry FROM offerengine.stock_held h WHERE h.offer_id = pg_temp.offer('c-o1')), NULL::timestamptz,
    'no hold has an end any more');
SELECT throws_ok($$SELECT offerengine.confirm_stock(pg_temp.order_id(4))$$, 'OE064', 'offer "c-o1" is sold out in store C-DE: 3 wanted, 1 left',
    'refused by name');
SELECT is(pg_temp.holds(4), '1 c-wa 0/3 expired', 'and nothing changed');
SELECT is(pg_temp.try($$SELECT offerengine.ship_stock(pg_temp.order_id(4), 1, 1, 'p')$$), 'OE067', 'what has run out does not ship');
SELECT offerengine.set_stock('c-o1', 'c-wa', 13) \g /dev/null
SELECT ok(offerengine.confirm_stock(pg_temp.order_id(4)), 'where it is there again, it is taken again');
SELECT is(pg_temp.available() || pg_temp.holds(4), '(13,12,1,f)1 c-wa 0/3 confirmed', 'and sold');
SELECT is(pg_temp.try($$SELECT offerengine.extend_stock(pg_temp.order_id(3), NULL)$$), 'OE064', 'nor is the other extended');
SELECT ok(NOT offerengine.release_stock(pg_temp.order_id(3)), 'releasing what has gone frees nothing');
SELECT is(pg_temp.available(), '(13,12,1,f)', 'more');
SELECT is(pg_temp.health(), :'fine', 'holds add up');

-- All or none also when a part has run out: line 1 has, line 2 has not.
SELECT offerengine.set_stock('c-o2', 'c-wa', 5) \g /dev/null
SELECT pg_temp.reserve(7, 2, 1, 'c-o2', :'t'), pg_temp.reserve(7, 1, 1, 'c-o1', :'t') \g /dev/null
SELECT pg_temp.run_out(7) \g /dev/null
SELECT pg_temp.reserve(7, 2, 2, 'c-o2', :'t') \g /dev/null
SELECT is(pg_temp.holds(7), '1 c-wa 0/1 held, 2 c-wa 0/2 held', 'line 2 was taken anew');
SELECT pg_temp.reserve(8, 1, 1) \g /dev/null
SELECT is(pg_temp.holds(7), '1 c-wa 0/1 expired, 2 c-wa 0/2 held', 'line 1 is gone');
SELECT is(pg_temp.try('SELECT offerengine.confirm_stock(pg_temp.order_id(7))'), 'OE064', 'the order is refused');
SELECT is(pg_temp.holds(7), '1 c-wa 0/1 expired, 2 c-wa 0/2 held', 'line 2 is not confirmed');
SELECT offerengine.release_stock(pg_temp.order_id(8)) \g /dev/null
SELECT ok(offerengine.confirm_stock(pg_temp.order_id(7)), 'after a cancellation elsewhere it is not');
SELECT is(pg_temp.holds(7), '1 c-wa 0/1 confirmed, 2 c-wa 0/2 confirmed', 'both');

-- An expired hold is no claim: where a count has come below what is held, it is refused.
SELECT offerengine.set_stock('c-o3', 'c-wa', 1), pg_temp.reserve(9, 1, 1, 'c-o3', :'t') \g /dev/null
SELECT pg_temp.run_out(9) \g /dev/null
SELECT offerengine.set_stock('c-o3', 'c-wa', 0) \g /dev/null
SELECT is(pg_temp.try('SELECT offerengine.confirm_stock(pg_temp.order_id(9))'), 'OE064', 'the piece is not there');
SELECT is(pg_temp.available('c-o3'), '(0,0,0,f)', 'nor free');

-- Ends move, in both directions.
SELECT offerengine.set_stock('c-o3', 'c-wa', 5), offerengine.release_stock(pg_temp.order_id(9)) \g /dev/null
UPDATE offerengine.stock_held h SET next_expiry = NULL WHERE h.offer_id = pg_temp.offer('c-o3');
SELECT pg_temp.reserve(10, 1, 2, 'c-o3', :'t') \g /dev/null
SELECT ok(offerengine.extend_stock(pg_temp.order_id(10), :'t'::timestamptz + interval '1 hour'), 'later');
SELECT is((SELECT h.next_expiry FROM offerengine.stock_held h WHERE h.offer_id = pg_temp.offer('c-o3')), :'t'::timestamptz,
    'the place is not written for that');
SELECT ok(offerengine.extend_stock(pg_temp.order_id(10), :'t'::timestamptz - interval '1 minute'), 'earlier');
SELECT is((SELECT h.next_expiry FROM offerengine.stock_held h WHERE h.offer_id = pg_temp.offer('c-o3')),
    :'t'::timestamptz - interval '1 minute', 'but for that');
SELECT is(pg_temp.health(), :'fine', 'no hold ends before the place expects any');
SELECT ok(offerengine.extend_stock(pg_temp.order_id(10), NULL), 'without an end');
SELECT is((SELECT h.expires_at FROM offerengine.stock_hold h WHERE h.order_id = pg_temp.order_id(10)), NULL::timestamptz, 'it has none');
SELECT ok(offerengine.extend_stock(pg_temp.order_id(10), :'t'), 'and an end again');
SELECT pg_temp.run_out(10) \g /dev/null
SELECT ok(offerengine.extend_stock(pg_temp.order_id(10), :'t'), 'run out: taken again');
SELECT is(pg_temp.available('c-o3') || pg_temp.holds(10), '(5,2,3,f)1 c-wa 0/2 held', 'as before');
SELECT is((SELECT h.expires_at FROM offerengine.stock_hold h WHERE h.order_id = pg_temp.order_id(10)), :'t'::timestamptz, 'until then');

-- What reserves once more after its end has what is there.
SELECT pg_temp.run_out(10) \g /dev/null
SELECT ok(pg_temp.reserve(10, 1, 2, 'c-o3'), 'reserved again');
SELECT is((SELECT h.expires_at FROM offerengine.stock_hold h WHERE h.order_id = pg_temp.order_id(10)), NULL::timestamptz, 'as told now');

-- 450 holds that have run out are reclaimed in portions, as many as are needed.
SELECT offerengine.set_stock('c-o3', 'c-wa', 452), pg_temp.reserve(1000 + n, 1, 1, 'c-o3', :'t') FROM generate_series(1, 450) AS n \g /dev/null
SELECT pg_temp.run_out(1000 + n) FROM generate_series(1, 450) AS n \g /dev/null
SELECT is(pg_temp.available('c-o3'), '(452,2,450,f)', 'all have run out');
SELECT pg_temp.reserve(11, 1, 1, 'c-o3') \g /dev/null
SELECT is((SELECT count(*) FROM offerengine.stock_hold h WHERE h.state = 'expired' AND h.offer_id = pg_temp.offer('c-o3')), 200::bigint, 'one portion');
SELECT pg_temp.reserve(12, 1, 449, 'c-o3') \g /dev/null
SELECT is(pg_temp.available('c-o3'), '(452,452,0,f)', 'the rest');
SELECT is(pg_temp.health(), :'fine', 'holds add up');
SELECT * FROM finish();
ROLLBACK;
