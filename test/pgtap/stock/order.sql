-- Stock of an order with several lines: taken together, each place once, all or none, however many lines there are.
BEGIN;
\ir ../include/stock.psql
\ir ../include/cost.psql
SELECT no_plan();
SET LOCAL track_functions = 'all';
\set fine 'What is held of every offer is the sum of its holds, and what has shipped that of its parcels.'
SELECT offerengine.set_stock('c-o1', 'c-wa', 8), offerengine.set_stock('c-o2', 'c-wa', 3), offerengine.set_stock('c-o2', 'c-wb', 4),
       offerengine.set_stock('c-o3', 'c-wa', 6) \g /dev/null
CREATE FUNCTION pg_temp.order(n integer, VARIADIC lines text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail  text;
BEGIN
    PERFORM offerengine.reserve_order_stock(pg_temp.order_id(n), 'C-DE', (
                SELECT jsonb_agg(jsonb_build_object('line_no', l.place, 'offer_reference', split_part(l.line, ' ', 1),
                                                    'quantity', split_part(l.line, ' ', 2)::integer))
                  FROM unnest(lines) WITH ORDINALITY AS l (line, place)));
    RETURN pg_temp.holds(n);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
    RETURN SQLSTATE || ' ' || message;
END
$$;
CREATE FUNCTION pg_temp.held() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', o.offer_reference, w.name, s.held), ', ' ORDER BY o.offer_reference, w.name)
      FROM offerengine.stock_held s JOIN offerengine.offer o USING (offer_id) JOIN offerengine.warehouse w USING (warehouse_id) $$;
-- Where nothing was ever held, and where something was; lines of one offer share its places.
SELECT is(pg_temp.order(1, 'c-o3 2', 'c-o1 3', 'c-o2 6', 'c-o1 2'),
          '1 c-wa 0/2 held, 2 c-wa 0/3 held, 3 c-wa 0/2 held, 3 c-wb 0/4 held, 4 c-wa 0/2 held', 'four lines of three offers');
SELECT is(pg_temp.held(), 'c-o1 c-wa 5, c-o2 c-wa 2, c-o2 c-wb 4, c-o3 c-wa 2', 'are held in four places');
SELECT is(pg_temp.order(2, 'c-o1 1', 'c-o3 1', 'c-o1 1'), '1 c-wa 0/1 held, 2 c-wa 0/1 held, 3 c-wa 0/1 held', 'again');
SELECT is(pg_temp.held(), 'c-o1 c-wa 7, c-o2 c-wa 2, c-o2 c-wb 4, c-o3 c-wa 3', 'beside what was held');
SELECT is(pg_temp.order(3, 'c-o1 1', 'c-o2 2'), 'OE064 offer "c-o2" is sold out in store C-DE: 2 wanted, 1 left', 'one of two lines');
SELECT is(pg_temp.order(3, 'c-o2 1', 'c-o1 2'), 'OE064 offer "c-o1" is sold out in store C-DE: 2 wanted, 1 left', 'the other');
SELECT is(pg_temp.held(), 'c-o1 c-wa 7, c-o2 c-wa 2, c-o2 c-wb 4, c-o3 c-wa 3', 'is none');
-- What has run out goes to whoever wants it, beside what was free.
SELECT pg_temp.run_out(2) \g /dev/null
SELECT is(pg_temp.order(4, 'c-o1 3', 'c-o2 1', 'c-o3 4'), '1 c-wa 0/3 held, 2 c-wa 0/1 held, 3 c-wa 0/4 held', 'what another order''s holds had');
SELECT is(pg_temp.holds(2), '1 c-wa 0/1 expired, 2 c-wa 0/1 expired, 3 c-wa 0/1 expired', 'which have it no longer');
SELECT is(pg_temp.held(), 'c-o1 c-wa 8, c-o2 c-wa 3, c-o2 c-wb 4, c-o3 c-wa 6', 'all is held');
SELECT is(pg_temp.health(), :'fine', 'and adds up');
-- Judged under the lock, whatever was seen before: by offer and warehouse ascending the first that has too few is named.
SELECT is(offerengine.release_stock(pg_temp.order_id(4), 1), true, 'three are free');
CREATE FUNCTION pg_temp.take(offer text, VARIADIC shares integer[]) RETURNS offerengine_internal.stock_choice LANGUAGE sql AS $$
    SELECT ROW(pg_temp.offer(offer), s.wanted, (SELECT array_agg(w.warehouse_id ORDER BY w.warehouse_id)
                                                  FROM offerengine.warehouse w WHERE w.name = 'c-wa' OR (w.name = 'c-wb' AND cardinality(shares) = 2)),
               shares, 2, s.wanted)::offerengine_internal.stock_choice
      FROM (SELECT sum(k)::integer AS wanted FROM unnest(shares) AS k) AS s $$;
SELECT throws_ok($$SELECT offerengine_internal.hold_places(ARRAY[pg_temp.take('c-o3', 1), pg_temp.take('c-o1', 4)], NULL, 'C-DE')$$, 'OE064',
                 'offer "c-o1" is sold out in store C-DE: 4 wanted, 3 left', 'the first offer');
SELECT throws_ok($$SELECT offerengine_internal.hold_places(ARRAY[pg_temp.take('c-o3', 1), pg_temp.take('c-o1', 3)], NULL, 'C-DE')$$, 'OE064',
                 'offer "c-o3" is sold out in store C-DE: 1 wanted, 0 left', 'a later one');
SELECT throws_ok($$SELECT offerengine_internal.hold_places(ARRAY[pg_temp.take('c-o2', 0, 1), pg_temp.take('c-o1', 3)], NULL, 'C-DE')$$, 'OE064',
                 'offer "c-o2" is sold out in store C-DE: 1 wanted, 0 left', 'the second place of an offer');
SELECT lives_ok($$SELECT offerengine_internal.hold_places(ARRAY[pg_temp.take('c-o1', 3)], '2100-01-01Z', 'C-DE')$$, 'as many as there are');
SELECT is((SELECT format('%s %s', s.held, s.next_expiry AT TIME ZONE 'UTC') FROM offerengine.stock_held s WHERE s.offer_id = pg_temp.offer('c-o1')),
          '8 2100-01-01 00:00:00', 'until then');
UPDATE offerengine.offer_stock SET is_never_out_of_stock = true WHERE offer_id = pg_temp.offer('c-o3');
SELECT lives_ok($$SELECT offerengine_internal.hold_places(ARRAY[pg_temp.take('c-o3', 9)], NULL, 'C-DE')$$, 'any number of what never runs out');
DELETE FROM offerengine.offer_stock WHERE offer_id = pg_temp.offer('c-o2');
SELECT throws_ok($$SELECT offerengine_internal.hold_places(ARRAY[pg_temp.take('c-o2', 1)], NULL, 'C-DE')$$, 'OE064',
                 'offer "c-o2" is sold out in store C-DE: 1 wanted, 0 left', 'and none of what nobody counts');

-- Statements do not grow with the lines: of places that were held before each function is called once. One line of one place needs
-- neither a query for where it is nor one for all places.
SELECT pg_temp.make_offer('c-m' || n) FROM generate_series(1, 60) AS n \g /dev/null
INSERT INTO offerengine.offer_store (offer_id, store_code) SELECT pg_temp.offer('c-m' || n), 'C-DE' FROM generate_series(1, 60) AS n;
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity)
SELECT pg_temp.offer('c-m' || n), w.warehouse_id, 100 FROM generate_series(1, 60) AS n, offerengine.warehouse w WHERE w.name = 'c-wa';
INSERT INTO offerengine.stock_held (offer_id, warehouse_id, held) SELECT k.offer_id, k.warehouse_id, 0 FROM offerengine.offer_stock k ON CONFLICT DO NOTHING;
CREATE FUNCTION pg_temp.called(n integer, lines integer) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    names  CONSTANT text[] := '{put_holds,hold_places,lock_newest_places,only_places}';
    before CONSTANT bigint[] := ARRAY(SELECT pg_temp.calls(f) FROM unnest(names || '{hold_place,choose_places,wants_beside_holds,take_in_order}') AS f);
BEGIN
    PERFORM pg_temp.order(n, VARIADIC ARRAY(SELECT 'c-m' || k || ' 1' FROM generate_series(1, lines) AS k));
    RETURN ARRAY(SELECT pg_temp.calls(f) - before[place] FROM unnest(names || '{hold_place,choose_places,wants_beside_holds,take_in_order}') WITH ORDINALITY AS f (f, place));
END
$$;
SET LOCAL offerengine.fast_path = on;
SELECT is(pg_temp.called(21, 1), '{1,0,0,0,1,0,0,0}', 'an order of one line');
SELECT is(pg_temp.called(20 + l, l), '{1,1,1,1,0,0,0,0}', format('an order of %s lines', l)) FROM (VALUES (2), (10), (60)) AS n (l);
SET LOCAL offerengine.fast_path = off;
SELECT is(pg_temp.called(121, 1), '{1,0,0,1,1,1,0,0}', 'an order of one line, by SQL');
SELECT is(pg_temp.called(120 + l, l), ARRAY[1, 1, 1, 1, l, l, 0, 0]::bigint[], format('an order of %s lines, by SQL', l)) FROM (VALUES (2), (10), (60)) AS n (l);
SELECT is((SELECT string_agg(DISTINCT s.held::text, ' ') FROM offerengine.stock_held s WHERE s.offer_id IN (SELECT pg_temp.offer('c-m' || n) FROM generate_series(11, 60) AS n)),
          '2', 'and holds the same');

-- A trigger that leaves changes out sells nothing twice.
SET LOCAL offerengine.fast_path = on;
CREATE FUNCTION pg_temp.left_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER left_out BEFORE UPDATE ON offerengine.stock_held FOR EACH ROW WHEN (NEW.held > OLD.held) EXECUTE FUNCTION pg_temp.left_out();
SELECT is(pg_temp.order(900, 'c-m1 1', 'c-m2 1'), '55000 of 2 places only 0 let their stock be taken', 'what was not taken is not sold');
SELECT is(pg_temp.order(901, 'c-m1 1'), '55000 of 1 places only 0 let their stock be taken', 'of one place neither');
SET LOCAL offerengine.fast_path = off;
SELECT is(pg_temp.order(902, 'c-m1 1'), '55000 of 1 places only 0 let their stock be taken', 'nor by key');
SELECT * FROM finish();
ROLLBACK;
