-- Who is told that it is sold out: free_pieces() counts as the queries do, or says that it cannot tell, and the refused write nothing.
BEGIN;
\ir ../include/stock.psql
SELECT plan(39);

-- What the rows tell, and what stock_shares() finds with more wanted than there is.
CREATE FUNCTION pg_temp.free(store text DEFAULT 'C-DE') RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT format('%s of %s', coalesce(offerengine_internal.free_pieces(pg_temp.offer('c-o1'), store)::text, 'ask'),
                  (SELECT coalesce(sum(s.share), 0)
                     FROM offerengine_internal.stock_shares(pg_temp.offer('c-o1'), store, 2147483647, clock_timestamp()) s))
$$;

SELECT is(pg_temp.free(), '0 of 0', 'of what nobody has counted nothing is free');
SELECT offerengine.set_stock('c-o1', 'c-wa', 7), offerengine.set_stock('c-o1', 'c-wb', 5) \g /dev/null
SELECT is(pg_temp.free(), '12 of 12', 'two warehouses');
SELECT is(offerengine_internal.only_place(pg_temp.offer('c-o1'), 'C-DE', 1), NULL, 'of which none is the only one');
SELECT is(pg_temp.free('C-AT'), 'ask of 0', 'in a store in which it is not offered');
SELECT is(offerengine_internal.free_pieces('c-o1', 'C-DE'), 12::bigint, 'by its reference');
SELECT is(offerengine_internal.free_pieces('c-xx', 'C-DE'), NULL, 'of an offer that there is not');
SELECT throws_ok($$SELECT offerengine.reserve_stock(pg_temp.order_id(9), 1, 'c-o1', 'C-XX', 99)$$, '22023', NULL, 'an unknown store is told');
SELECT throws_ok($$SELECT offerengine.reserve_stock(pg_temp.order_id(9), 0, 'c-o1', 'C-DE', 99)$$, '22023', NULL, 'a line before the first, too');
SELECT throws_ok($$SELECT offerengine.reserve_stock(pg_temp.order_id(9), 1, 'c-o1', 'C-DE', 99, '2001-01-01')$$, '22023', NULL,
                 'and an end that is past');
SELECT throws_ok($$SELECT offerengine.reserve_stock(NULL, 1, 'c-o1', 'C-DE', 99)$$, '22004', NULL, 'and no order');
SELECT offerengine.set_stock('c-o1', 'c-wa', 7.9, safety_quantity => 2.5) \g /dev/null
SELECT is(pg_temp.free(), '10 of 10', 'whole pieces of each place, without what is kept back');
SELECT pg_temp.reserve(1, 1, 6) \g /dev/null
SELECT is(pg_temp.free(), '4 of 4', 'without what is promised');
SELECT offerengine.set_stock('c-o1', 'c-wa', 3, safety_quantity => 0) \g /dev/null
SELECT is(pg_temp.free(), '4 of 4', 'a place that has promised more than it has takes nothing from the others');
SELECT offerengine.set_stock('c-o1', 'c-wb', 1) \g /dev/null
SELECT is(pg_temp.free(), '0 of 0', 'sold out');

SELECT throws_ok($$SELECT pg_temp.reserve(2, 1, 1)$$, 'OE064', NULL, 'it is refused');
SELECT ok(pg_temp.reserve(1, 1, 6), 'but not to the line that holds it');
SELECT throws_ok($$SELECT pg_temp.reserve(1, 1, 7)$$, 'OE064', 'offer "c-o1" is sold out in store C-DE: 7 wanted, 6 left',
                 'who wants more has what it holds left');
SELECT offerengine.release_stock(pg_temp.order_id(3)) \g /dev/null
SELECT throws_ok($$SELECT pg_temp.reserve(3, 1, 1)$$, 'OE066', NULL, 'a cancelled order hears that it is cancelled');

SELECT offerengine.set_stock('c-o1', 'c-wa', 8) \g /dev/null
SELECT pg_temp.reserve(4, 1, 1, 'c-o1', clock_timestamp() + interval '1 hour') \g /dev/null
SELECT is(pg_temp.free(), '2 of 2', 'a hold that runs out later counts as any other');
SELECT pg_temp.run_out(4) \g /dev/null
SELECT alike(pg_temp.free(), 'ask of%', 'one that may have run out: the query tells');
SELECT offerengine.release_stock(pg_temp.order_id(4)) \g /dev/null
UPDATE offerengine.stock_held SET next_expiry = NULL;
UPDATE offerengine.warehouse SET is_active = false WHERE name = 'c-wa';
SELECT is(pg_temp.free(), '0 of 0', 'a warehouse that is not active gives nothing');
UPDATE offerengine.warehouse SET is_active = true;
DELETE FROM offerengine.warehouse_store s USING offerengine.warehouse w WHERE w.warehouse_id = s.warehouse_id AND w.name = 'c-wb';
SELECT alike(pg_temp.free(), 'ask of%', 'a warehouse without stores of its own: the query tells');
INSERT INTO offerengine.warehouse_store SELECT w.warehouse_id, 'C-AT' FROM offerengine.warehouse w WHERE w.name = 'c-wb';
SELECT is(pg_temp.free(), '3 of 3', 'one that serves another store does not count');
SELECT offerengine.set_stock('c-o1', 'c-wa', 0, true) \g /dev/null
SELECT alike(pg_temp.free(), 'ask of%', 'what never runs out: the query tells');
SELECT offerengine.set_stock('c-o1', 'c-wa', 99999999999999) \g /dev/null
SELECT alike(pg_temp.free(), 'ask of%', 'more than an integer counts: the query tells');
SELECT offerengine.set_stock('c-o1', 'c-wa', 0, false) \g /dev/null
SAVEPOINT s;
ALTER TABLE offerengine.offer_stock ALTER quantity DROP NOT NULL;
SELECT alike(pg_temp.free(), 'ask of%', 'a count that may be NULL: the query tells');
ROLLBACK TO s;
SELECT is(pg_temp.free(), '0 of 0', 'one that may not');

-- Five thousand versions of the row, of which none may go yet: the newest is found without walking past the others.
CREATE FUNCTION pg_temp.buffers(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, FORMAT JSON) ' || query INTO plan;
    RETURN (plan #>> '{0,Plan,Shared Hit Blocks}')::bigint + (plan #>> '{0,Plan,Shared Read Blocks}')::bigint;
END $$;
DO $$BEGIN
    FOR n IN 1 .. 5000 LOOP
        UPDATE offerengine.stock_held SET held = held WHERE offer_id = pg_temp.offer('c-o1');
    END LOOP;
END$$;
SELECT cmp_ok(pg_temp.buffers($$SELECT * FROM offerengine.stock_held WHERE offer_id = pg_temp.offer('c-o1')$$), '>', 60::bigint,
              'who reads the row reads many pages');
SELECT offerengine_internal.free_pieces('c-o1', 'C-DE') \g /dev/null
SELECT cmp_ok(pg_temp.buffers($$SELECT offerengine_internal.free_pieces('c-o1', 'C-DE')$$), '<', 40::bigint, 'a refusal does not');

-- Nor does a sale of what lies in one place: the place is chosen and taken by its newest version.
SELECT offerengine.set_stock('c-o2', 'c-wa', 9), pg_temp.reserve(7, 1, 1, 'c-o2') \g /dev/null
DO $$BEGIN
    FOR n IN 1 .. 5000 LOOP
        UPDATE offerengine.stock_held SET held = held WHERE offer_id = pg_temp.offer('c-o2');
    END LOOP;
END$$;
SELECT is(offerengine_internal.only_place(pg_temp.offer('c-o2'), 'C-DE', 8), (SELECT w.warehouse_id FROM offerengine.warehouse w WHERE w.name = 'c-wa'), 'the only place');
SELECT is(offerengine_internal.only_place(pg_temp.offer('c-o2'), 'C-DE', 9), NULL, 'has eight');
SELECT isnt(offerengine_internal.only_place(pg_temp.offer('c-o1'), 'C-DE', 0), NULL, 'a place that serves another store is none');
SELECT is(s.ctid, offerengine_internal.lock_newest_place(s.offer_id, s.warehouse_id), 'the newest version is found')
  FROM offerengine.stock_held s WHERE s.offer_id = pg_temp.offer('c-o2');
SELECT is(offerengine_internal.lock_newest_place(pg_temp.offer('c-o3'), 1), NULL, 'of what nothing was ever held of, none');
SELECT s.offer_id, s.warehouse_id FROM offerengine.stock_held s WHERE s.offer_id = pg_temp.offer('c-o2') \gset
SELECT pg_temp.reserve(8, 1, 1, 'c-o2') \g /dev/null
-- Planned before it is counted.
SAVEPOINT planned;
SELECT offerengine_internal.hold_place(:offer_id, :warehouse_id, 2, NULL, 'C-DE', 2) \g /dev/null
ROLLBACK TO planned;
SELECT cmp_ok(pg_temp.buffers(format('SELECT offerengine_internal.hold_place(%s, %s, 2, NULL, ''C-DE'', 2)', :offer_id, :warehouse_id)), '<', 40::bigint,
              'a sale does not walk them');
SELECT is(pg_temp.available('c-o2'), '(9,4,5,f)', 'and takes what it says');
SET LOCAL offerengine.fast_path = off;
SELECT pg_temp.reserve(10, 1, 2, 'c-o2') \g /dev/null
SELECT is(pg_temp.available('c-o2'), '(9,6,3,f)', 'as it does by key');
SELECT is(offerengine_internal.lock_newest_place(pg_temp.offer('c-o2'), (SELECT w.warehouse_id FROM offerengine.warehouse w WHERE w.name = 'c-wa')), NULL,
          'which is the way without the fast path');
SELECT alike(pg_temp.free(), 'ask of%', 'without the fast path');
SELECT * FROM finish();
ROLLBACK;
