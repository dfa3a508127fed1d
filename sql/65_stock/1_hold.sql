-- What an order holds of stock: how pieces are chosen, taken and given back.
--
-- Locks, in this order: the customer and the order (by whoever calls), stock_order, the rows of stock_hold of the order, a count
-- (offer_stock; who ships only), rows of stock_held by offer_id and warehouse_id ascending, nothing after these. Nobody waits for
-- a hold of another order: what ran out there is taken with SKIP LOCKED. So there is no cycle. A place is chosen from the
-- snapshot; where it has less under its lock, the locks of the offer are given up before all of its places are locked in order.
--
-- Each statement of a function here has a snapshot of its own, so what is read after a lock is what was committed before it. In
-- REPEATABLE READ the lock itself fails (40001) where the row has changed since the transaction's snapshot.

CREATE TYPE offerengine_internal.stock_want AS (line_no integer, offer_id bigint, quantity integer, only_place bigint);
COMMENT ON TYPE offerengine_internal.stock_want IS
    'So many pieces of an offer for a line of an order; only_place: as sold_offers() has it, NULL: nobody has asked.';

CREATE FUNCTION offerengine_internal.pieces_wanted(wants offerengine_internal.stock_want[])
RETURNS SETOF offerengine_internal.stock_want
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    want record;
BEGIN
    FOR want IN SELECT w.offer_id, sum(w.quantity) AS pieces FROM unnest(wants) AS w GROUP BY w.offer_id ORDER BY w.offer_id LOOP
        IF want.pieces > 2147483647 THEN
            RAISE EXCEPTION '% pieces of offer "%" are more than an order can have', want.pieces,
                            (SELECT o.offer_reference FROM offerengine.offer o WHERE o.offer_id = want.offer_id)
                USING ERRCODE = '22003';
        END IF;
        RETURN NEXT ROW(NULL, want.offer_id, want.pieces, NULL)::offerengine_internal.stock_want;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.pieces_wanted(offerengine_internal.stock_want[]) IS
    'What lines want of each offer, in the order of the offers; line_no is NULL. 22003: more than an order can have of one.';

CREATE TYPE offerengine_internal.stock_share AS (warehouse_id bigint, is_never_out_of_stock boolean, pieces numeric, share integer);
COMMENT ON TYPE offerengine_internal.stock_share IS
    'A place from which a store sells an offer: its whole pieces that are free, and how many of them are chosen.';

CREATE TYPE offerengine_internal.stock_choice AS (
    offer_id bigint, wanted integer, places bigint[], shares integer[], nplaces bigint, found bigint);
COMMENT ON TYPE offerengine_internal.stock_choice IS
    'Where wanted pieces of an offer are taken from: warehouses ascending with their shares, how many warehouses there are in '
    'all, and how many pieces were found.';

CREATE TYPE offerengine_internal.place_taken AS (
    offer_id bigint, warehouse_id bigint, pieces bigint, wanted bigint, held bigint, next_expiry timestamptz);
COMMENT ON TYPE offerengine_internal.place_taken IS
    'A place that pieces have been taken from, as its row of stock_held is then; wanted: of the offer in all.';

CREATE FUNCTION offerengine_internal.lock_stock_order(order_id uuid, store text, state text, customer_reference text)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 AS $oe_body$
DECLARE
    stored record;
BEGIN
    INSERT INTO offerengine.stock_order (order_id, store_code, state, customer_reference)
    VALUES (lock_stock_order.order_id, lock_stock_order.store, lock_stock_order.state, lock_stock_order.customer_reference)
        ON CONFLICT ON CONSTRAINT stock_order_pkey DO NOTHING;
    IF FOUND THEN
        RETURN 'new';
    END IF;
    SELECT s.state, s.store_code, s.customer_reference INTO STRICT stored
      FROM offerengine.stock_order s WHERE s.order_id = lock_stock_order.order_id FOR NO KEY UPDATE;
    IF stored.customer_reference <> lock_stock_order.customer_reference THEN
        RAISE EXCEPTION 'order id % stands for another customer''s order already', lock_stock_order.order_id
            USING ERRCODE = 'OE013', HINT = 'Use a new order id for a new order.';
    END IF;
    IF lock_stock_order.state <> 'cancelled' AND stored.state = 'cancelled' THEN
        PERFORM offerengine_internal.refuse_cancelled(lock_stock_order.order_id);
    END IF;
    IF stored.store_code <> lock_stock_order.store THEN
        RAISE EXCEPTION 'order % reserves in store %, not %', lock_stock_order.order_id, stored.store_code, lock_stock_order.store
            USING ERRCODE = '22023', HINT = 'An order is of one store; use a new order id in another.';
    END IF;
    -- What is confirmed or cancelled is never open again.
    UPDATE offerengine.stock_order s
       SET state = CASE lock_stock_order.state WHEN 'open' THEN s.state ELSE lock_stock_order.state END,
           customer_reference = coalesce(s.customer_reference, lock_stock_order.customer_reference)
     WHERE s.order_id = lock_stock_order.order_id
       AND (lock_stock_order.state NOT IN ('open', s.state)
            OR (s.customer_reference IS NULL AND lock_stock_order.customer_reference IS NOT NULL));
    RETURN stored.state;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.lock_stock_order(uuid, text, text, text) IS
    'Holds the order''s row of stock, which is made where there is none (then the answer is new, else the state that it had), and '
    'gives it this state; customer_reference: whose order it is (NULL: nobody says). OE066: cancelled, unless it is to be '
    'cancelled; OE013: another customer''s; 22023: it reserves in another store.';

CREATE FUNCTION offerengine_internal.refuse_cancelled(order_id uuid) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RAISE EXCEPTION 'order % has released its stock and gets none any more', order_id
        USING ERRCODE = 'OE066', HINT = 'Use a new order id for a new order.';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_cancelled(uuid) IS 'Refuses (OE066) to reserve for an order that was cancelled.';

CREATE FUNCTION offerengine_internal.hold_place(
    offer_id bigint, warehouse_id bigint, pieces bigint, expires_at timestamptz, store text, wanted bigint)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    place  record;
    newest tid;
BEGIN
    PERFORM offerengine_internal.arm_early_release();
    newest := offerengine_internal.lock_newest_place(offer_id, warehouse_id);
    IF newest IS NOT NULL THEN
        UPDATE offerengine.stock_held s
           SET held = s.held + hold_place.pieces, next_expiry = least(s.next_expiry, hold_place.expires_at)
         WHERE s.ctid = newest
        RETURNING s.held, s.next_expiry,
                  (SELECT o.is_never_out_of_stock OR s.held <= floor(o.quantity - o.safety_quantity)
                     FROM offerengine.offer_stock o
                    WHERE o.offer_id = s.offer_id AND o.warehouse_id = s.warehouse_id) AS is_enough INTO place;
        -- The row was locked before: what the statement saw of the count was committed after that.
        IF place.is_enough THEN
            RETURN;
        END IF;
    ELSE
        UPDATE offerengine.stock_held s
           SET held = s.held + hold_place.pieces, next_expiry = least(s.next_expiry, hold_place.expires_at)
         WHERE s.offer_id = hold_place.offer_id AND s.warehouse_id = hold_place.warehouse_id
        RETURNING s.held, s.next_expiry INTO place;
    END IF;
    IF NOT FOUND THEN
        INSERT INTO offerengine.stock_held AS s (offer_id, warehouse_id, held, next_expiry)
        VALUES (hold_place.offer_id, hold_place.warehouse_id, hold_place.pieces, hold_place.expires_at)
            ON CONFLICT ON CONSTRAINT stock_held_pkey DO UPDATE
           SET held = s.held + excluded.held, next_expiry = least(s.next_expiry, excluded.next_expiry)
        RETURNING s.held, s.next_expiry INTO place;
        IF NOT FOUND THEN
            PERFORM offerengine_internal.refuse_untaken(1, 0);
        END IF;
    END IF;

    PERFORM offerengine_internal.judge_taken(
                ROW(hold_place.offer_id, hold_place.warehouse_id, hold_place.pieces, hold_place.wanted, place.held,
                    place.next_expiry)::offerengine_internal.place_taken, store);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.hold_place(bigint, bigint, bigint, timestamptz, text, bigint) IS
    'Takes so many pieces of an offer out of what is free in a warehouse, until expires_at (NULL: no end), and locks its row of '
    'stock_held; holds of others that have run out are reclaimed where that is needed. The rows of stock_hold are the caller''s '
    'business. store and wanted are for messages. OE064: there are not so many; OE065: but would be, were an expired hold not '
    'locked.';

CREATE FUNCTION offerengine_internal.judge_taken(taken offerengine_internal.place_taken, store text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    counted record;
    spare   bigint;
    rest    bigint;
    at      timestamptz;
BEGIN
    SELECT k.is_never_out_of_stock, floor(k.quantity - k.safety_quantity) AS pieces INTO counted
      FROM offerengine.offer_stock k
     WHERE k.offer_id = taken.offer_id AND k.warehouse_id = taken.warehouse_id;
    IF counted.is_never_out_of_stock THEN
        RETURN;
    END IF;
    spare := coalesce(counted.pieces, 0) - taken.held;
    IF spare >= 0 THEN
        RETURN;
    END IF;
    at := clock_timestamp();
    IF taken.next_expiry <= at THEN
        spare := spare + offerengine_internal.reclaim_expired(taken.offer_id, taken.warehouse_id, - spare, at);
        IF spare >= 0 THEN
            RETURN;
        END IF;
        -- What others hold at this moment.
        SELECT sum(h.quantity - h.shipped) INTO rest
          FROM offerengine.stock_hold h
         WHERE h.offer_id = taken.offer_id AND h.warehouse_id = taken.warehouse_id
           AND h.state = 'held' AND h.expires_at <= at;
    END IF;
    PERFORM offerengine_internal.refuse_sold_out(
                taken.offer_id, judge_taken.store, taken.wanted, greatest(0, spare + taken.pieces),
                coalesce(spare + rest >= 0, false));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.judge_taken(offerengine_internal.place_taken, text) IS
    'Whether a place has what was taken from it, holds of others that have run out reclaimed where that is needed. The caller '
    'holds its row of stock_held. OE064, OE065: as hold_place().';

CREATE FUNCTION offerengine_internal.hold_places(
    choices offerengine_internal.stock_choice[], expires_at timestamptz, store text, in_one boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 AS $oe_body$
DECLARE
    offers     bigint[];
    warehouses bigint[];
    shares     bigint[];
    wanted     bigint[];
BEGIN
    IF in_one THEN
        SELECT array_agg(s.offer_id), array_agg(s.place), array_agg(s.wanted), array_agg(s.wanted)
          INTO offers, warehouses, shares, wanted
          FROM (SELECT c.offer_id, c.places[1] AS place, c.wanted::bigint FROM unnest(choices) AS c ORDER BY c.offer_id) AS s;
    ELSE
        SELECT array_agg(s.offer_id), array_agg(s.warehouse_id), array_agg(s.share), array_agg(s.wanted)
          INTO offers, warehouses, shares, wanted
          FROM (SELECT c.offer_id, p.warehouse_id, p.share, c.wanted
                  FROM unnest(choices) AS c
                 CROSS JOIN LATERAL ROWS FROM (unnest(c.places), unnest(c.shares)) AS p (warehouse_id, share)
                 ORDER BY c.offer_id, p.warehouse_id) AS s;
    END IF;
    PERFORM offerengine_internal.hold_each_place(
                offers, warehouses, shares, wanted, hold_places.expires_at, hold_places.store);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.hold_places(
    offerengine_internal.stock_choice[], timestamptz, text, boolean) IS
    'hold_each_place() of all places chosen; in_one: as put_holds(). OE064, OE065: as hold_place().';

CREATE FUNCTION offerengine_internal.hold_each_place(
    offers bigint[], warehouses bigint[], shares bigint[], wanted bigint[], expires_at timestamptz, store text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 AS $oe_body$
DECLARE
    newest   tid[];
    ntaken   bigint;
    doubtful offerengine_internal.place_taken[];
BEGIN
    PERFORM offerengine_internal.arm_early_release();
    newest := offerengine_internal.lock_newest_places(offers, warehouses);
    IF newest IS NULL THEN
        FOR i IN 1 .. cardinality(offers) LOOP
            PERFORM offerengine_internal.hold_place(
                        offers[i], warehouses[i], shares[i], hold_each_place.expires_at, hold_each_place.store, wanted[i]);
        END LOOP;
        RETURN;
    END IF;

    -- All of them are locked: what this statement sees was committed before it, and nobody changes it meanwhile.
    WITH taken AS (
        UPDATE offerengine.stock_held s
           SET held = s.held + p.share, next_expiry = least(s.next_expiry, hold_each_place.expires_at)
          FROM unnest(newest, shares, wanted) AS p (place, share, wanted)
         WHERE s.ctid = p.place
        RETURNING s.offer_id, s.warehouse_id, p.share, p.wanted, s.held, s.next_expiry)
    SELECT count(*),
           array_agg(ROW(t.offer_id, t.warehouse_id, t.share, t.wanted, t.held, t.next_expiry)::offerengine_internal.place_taken
                     ORDER BY t.offer_id, t.warehouse_id)
               FILTER (WHERE k.is_enough IS NOT TRUE)
      INTO ntaken, doubtful
      FROM taken t
      LEFT JOIN LATERAL (
           SELECT o.is_never_out_of_stock OR t.held <= floor(o.quantity - o.safety_quantity) AS is_enough
             FROM offerengine.offer_stock o
            WHERE o.offer_id = t.offer_id AND o.warehouse_id = t.warehouse_id LIMIT 1) AS k ON true;
    IF ntaken <> cardinality(newest) THEN
        PERFORM offerengine_internal.refuse_untaken(cardinality(newest), ntaken);
    END IF;
    FOR i IN 1 .. coalesce(cardinality(doubtful), 0) LOOP
        PERFORM offerengine_internal.judge_taken(doubtful[i], hold_each_place.store);
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.hold_each_place(bigint[], bigint[], bigint[], bigint[], timestamptz, text) IS
    'hold_place() of each of these places, which are given by offer and warehouse ascending, in few statements. OE064, OE065: as '
    'hold_place().';

CREATE FUNCTION offerengine_internal.reclaim_expired(offer_id bigint, warehouse_id bigint, needed bigint, at timestamptz)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    reclaimed bigint := 0;
    batch     bigint;
BEGIN
    LOOP
        WITH ended AS MATERIALIZED (
            SELECT h.order_id, h.line_no
              FROM offerengine.stock_hold h
             WHERE h.offer_id = reclaim_expired.offer_id AND h.warehouse_id = reclaim_expired.warehouse_id
               AND h.state = 'held' AND h.expires_at <= reclaim_expired.at
             ORDER BY h.expires_at
             LIMIT 200 FOR NO KEY UPDATE SKIP LOCKED),
        given AS (
            UPDATE offerengine.stock_hold h SET state = 'expired', released_at = reclaim_expired.at
              FROM ended e
             WHERE h.order_id = e.order_id AND h.line_no = e.line_no AND h.warehouse_id = reclaim_expired.warehouse_id
            RETURNING h.quantity)
        SELECT sum(g.quantity) INTO batch FROM given g;
        EXIT WHEN batch IS NULL;
        reclaimed := reclaimed + batch;
        EXIT WHEN reclaimed >= needed;
    END LOOP;
    -- The caller holds the place, so no hold of it begins or ends earlier meanwhile that has not lowered next_expiry or will.
    UPDATE offerengine.stock_held s
       SET held = s.held - reclaimed,
           next_expiry = (SELECT min(h.expires_at)
                            FROM offerengine.stock_hold h
                           WHERE h.offer_id = reclaim_expired.offer_id AND h.warehouse_id = reclaim_expired.warehouse_id
                             AND h.state = 'held')
     WHERE s.offer_id = reclaim_expired.offer_id AND s.warehouse_id = reclaim_expired.warehouse_id;
    RETURN reclaimed;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.reclaim_expired(bigint, bigint, bigint, timestamptz) IS
    'Frees the pieces of holds that have run out by the instant, some 200 at a time until there are as many as needed, and answers '
    'how many. The caller holds the place (stock_held); holds that somebody has locked are left to him.';

CREATE FUNCTION offerengine_internal.give_back(offer_id bigint, warehouse_id bigint, pieces bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    UPDATE offerengine.stock_held s SET held = s.held - give_back.pieces
     WHERE s.offer_id = give_back.offer_id AND s.warehouse_id = give_back.warehouse_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.give_back(bigint, bigint, bigint) IS
    'So many promised pieces of an offer in a warehouse are free again, or have shipped.';

CREATE FUNCTION offerengine_internal.take_places(
    order_id uuid, store text, wants offerengine_internal.stock_want[], choices offerengine_internal.stock_choice[],
    expires_at timestamptz, is_confirmed boolean, in_one boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 AS $oe_body$
BEGIN
    PERFORM offerengine_internal.put_holds(order_id, wants, choices, expires_at, is_confirmed, in_one);
    PERFORM offerengine_internal.hold_places(choices, CASE WHEN NOT is_confirmed THEN expires_at END, store, in_one);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_places(
    uuid, text, offerengine_internal.stock_want[], offerengine_internal.stock_choice[], timestamptz, boolean, boolean) IS
    'Holds offers for the lines that want them in the places chosen, ascending: the holds first, the rows that others wait for '
    'last. in_one: as put_holds(). OE064, OE065: as hold_place().';

CREATE FUNCTION offerengine_internal.choose_places(offer_id bigint, store text, wanted integer, at timestamptz)
RETURNS offerengine_internal.stock_choice
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 300 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    choice offerengine_internal.stock_choice;
BEGIN
    SELECT choose_places.offer_id, choose_places.wanted,
           array_agg(s.warehouse_id ORDER BY s.warehouse_id) FILTER (WHERE s.share > 0),
           array_agg(s.share ORDER BY s.warehouse_id) FILTER (WHERE s.share > 0),
           count(*), coalesce(sum(s.share), 0)
      INTO choice
      FROM offerengine_internal.stock_shares(
               choose_places.offer_id, choose_places.store, choose_places.wanted, choose_places.at) s;
    RETURN choice;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.choose_places(bigint, text, integer, timestamptz) IS
    'Where so many pieces of an offer would be taken from, as stock_shares() says, places ascending.';

CREATE FUNCTION offerengine_internal.take_choices(
    order_id uuid, store text, wants offerengine_internal.stock_want[], choices offerengine_internal.stock_choice[],
    expires_at timestamptz, is_confirmed boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 AS $oe_body$
DECLARE
    choice offerengine_internal.stock_choice;
    places bigint;
    in_one boolean;
BEGIN
    -- Mostly there is one place, and one offer.
    IF cardinality(choices) = 1 AND choices[1].nplaces = 1 AND cardinality(choices[1].places) = 1 THEN
        PERFORM offerengine_internal.put_holds(
                    order_id, wants, choices, expires_at, is_confirmed, choices[1].found = choices[1].wanted);
        PERFORM offerengine_internal.hold_place(
                    choices[1].offer_id, choices[1].places[1], choices[1].shares[1], CASE WHEN NOT is_confirmed THEN expires_at END,
                    store, choices[1].wanted);
        RETURN;
    END IF;
    SELECT max(c.nplaces), bool_and(c.nplaces = 1 AND c.found = c.wanted) INTO places, in_one FROM unnest(choices) AS c;
    IF coalesce(places, 0) <= 1 THEN
        PERFORM offerengine_internal.take_places(order_id, store, wants, choices, expires_at, is_confirmed, in_one);
        RETURN;
    END IF;
    BEGIN
        PERFORM offerengine_internal.take_places(order_id, store, wants, choices, expires_at, is_confirmed);
        RETURN;
    EXCEPTION WHEN SQLSTATE 'OE064' OR SQLSTATE 'OE065' THEN
        -- Somebody was quicker in one of them; what was locked is not any more.
        NULL;
    END;
    FOREACH choice IN ARRAY choices LOOP
        IF choice.nplaces > 1 THEN
            PERFORM offerengine_internal.take_in_order(
                        order_id, store, ARRAY(SELECT w FROM unnest(wants) w WHERE w.offer_id = choice.offer_id), expires_at,
                        is_confirmed);
        ELSE
            PERFORM offerengine_internal.take_places(order_id, store, wants, ARRAY[choice], expires_at, is_confirmed);
        END IF;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_choices(
    uuid, text, offerengine_internal.stock_want[], offerengine_internal.stock_choice[], timestamptz, boolean) IS
    'Holds offers for the lines that want them, where they were found in a snapshot, or wherever they are. The lines hold nothing '
    'of them; the caller holds the order. OE064: sold out; OE065: try again.';

CREATE FUNCTION offerengine_internal.take_in_order(
    order_id uuid, store text, wants offerengine_internal.stock_want[], expires_at timestamptz, is_confirmed boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    at     timestamptz;
    want   record;
    choice offerengine_internal.stock_choice;
BEGIN
    PERFORM offerengine_internal.lock_places(order_id, store, wants);
    PERFORM offerengine_internal.release_lines(ARRAY[order_id], ARRAY(SELECT w.line_no FROM unnest(wants) w));

    at := clock_timestamp();
    FOR want IN SELECT w.* FROM offerengine_internal.pieces_wanted(wants) AS w LOOP
        -- First of what is free without taking anybody's hold away.
        choice := offerengine_internal.choose_places(want.offer_id, store, want.quantity, '-infinity');
        IF choice.found < want.quantity THEN
            PERFORM offerengine_internal.reclaim_expired(k.offer_id, k.warehouse_id, want.quantity, at)
              FROM offerengine_internal.stock_place k
             WHERE k.offer_id = want.offer_id AND k.store_code = take_in_order.store AND k.next_expiry <= at;
            choice := offerengine_internal.choose_places(want.offer_id, store, want.quantity, '-infinity');
        END IF;
        IF choice.found < want.quantity THEN
            PERFORM offerengine_internal.refuse_sold_out(
                        want.offer_id, store, want.quantity, choice.found,
                        (offerengine_internal.choose_places(want.offer_id, store, want.quantity, at)).found >= want.quantity);
        END IF;
        PERFORM offerengine_internal.take_places(order_id, store, wants, ARRAY[choice], expires_at, is_confirmed);
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_in_order(
    uuid, text, offerengine_internal.stock_want[], timestamptz, boolean) IS
    'Holds what the lines want instead of what they hold: all places of these offers, and those of the holds that go, are locked '
    'in order before anything is decided. The caller holds the order and its holds, and no row of stock_held of these offers or '
    'of later ones. OE064: sold out; OE065: try again.';

CREATE FUNCTION offerengine_internal.lock_places(order_id uuid, store text, wants offerengine_internal.stock_want[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    place record;
BEGIN
    FOR place IN
        SELECT p.offer_id, p.warehouse_id
          FROM (SELECT k.offer_id, k.warehouse_id
                  FROM offerengine_internal.stock_place k
                 WHERE k.store_code = lock_places.store AND k.offer_id IN (SELECT w.offer_id FROM unnest(wants) w)
                UNION
                SELECT h.offer_id, h.warehouse_id
                  FROM offerengine.stock_hold h
                 WHERE h.order_id = lock_places.order_id AND h.state IN ('held', 'confirmed')) p
         ORDER BY p.offer_id, p.warehouse_id
    LOOP
        PERFORM offerengine_internal.lock_place(place.offer_id, place.warehouse_id);
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.lock_places(uuid, text, offerengine_internal.stock_want[]) IS
    'Locks, in order, the rows of stock_held of every place that the wanted offers have in the store, and of every place in which '
    'the order holds something.';

CREATE FUNCTION offerengine_internal.lock_place(offer_id bigint, warehouse_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.arm_early_release();
    IF offerengine_internal.lock_newest_place(offer_id, warehouse_id) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM FROM offerengine.stock_held s
      WHERE s.offer_id = lock_place.offer_id AND s.warehouse_id = lock_place.warehouse_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO offerengine.stock_held AS s (offer_id, warehouse_id, held)
        VALUES (lock_place.offer_id, lock_place.warehouse_id, 0)
            ON CONFLICT ON CONSTRAINT stock_held_pkey DO UPDATE SET held = s.held;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.lock_place(bigint, bigint) IS
    'Locks what is promised of an offer in a warehouse; nothing, where nothing ever was.';

CREATE FUNCTION offerengine_internal.release_lines(order_ids uuid[], line_nos integer[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    at   CONSTANT timestamptz := clock_timestamp();
    hold record;
BEGIN
    FOR hold IN
        SELECT h.offer_id, h.warehouse_id, sum(h.quantity - h.shipped) AS pieces
          FROM offerengine.stock_hold h
         WHERE h.order_id = ANY (release_lines.order_ids) AND h.state IN ('held', 'confirmed') AND h.shipped < h.quantity
           AND (release_lines.line_nos IS NULL OR h.line_no = ANY (release_lines.line_nos))
         GROUP BY h.offer_id, h.warehouse_id ORDER BY h.offer_id, h.warehouse_id
    LOOP
        PERFORM offerengine_internal.give_back(hold.offer_id, hold.warehouse_id, hold.pieces);
    END LOOP;
    UPDATE offerengine.stock_hold h
       SET state = CASE WHEN h.shipped > 0 THEN h.state ELSE 'released' END,
           quantity = CASE WHEN h.shipped > 0 THEN h.shipped ELSE h.quantity END,
           expires_at = NULL,
           released_at = at
     WHERE h.order_id = ANY (release_lines.order_ids) AND h.state <> 'released'
       AND (h.shipped < h.quantity OR h.state = 'expired')
       AND (release_lines.line_nos IS NULL OR h.line_no = ANY (release_lines.line_nos));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.release_lines(uuid[], integer[]) IS
    'What these lines (NULL: all) of orders hold and has not shipped is free again. The caller holds the orders and their holds.';

CREATE FUNCTION offerengine_internal.choose_stock(
    order_id uuid, store text, wants offerengine_internal.stock_want[])
RETURNS offerengine_internal.stock_choice[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 AS $oe_body$
DECLARE
    choices offerengine_internal.stock_choice[];
    choice  offerengine_internal.stock_choice;
    offers  bigint[];
    pieces  integer[];
    most    bigint;
    want    record;
    own     record;
    free    bigint;
    place   bigint;
BEGIN
    -- Mostly it is one, and each is in one place only, which has the pieces: for one that is told without a query.
    IF cardinality(wants) = 1 THEN
        place := coalesce(wants[1].only_place, offerengine_internal.only_place(wants[1].offer_id, store, wants[1].quantity));
        IF place IS NOT NULL THEN
            RETURN ARRAY[ROW(wants[1].offer_id, wants[1].quantity, ARRAY[place], ARRAY[wants[1].quantity], 1, wants[1].quantity)
                         ::offerengine_internal.stock_choice];
        END IF;
    END IF;
    SELECT array_agg(s.offer_id), array_agg(least(s.pieces, 2147483647)::integer), max(s.pieces) INTO offers, pieces, most
      FROM (SELECT w.offer_id, sum(w.quantity) AS pieces FROM unnest(wants) AS w GROUP BY w.offer_id ORDER BY w.offer_id) AS s;
    PERFORM FROM offerengine_internal.pieces_wanted(wants) WHERE most > 2147483647;
    choices := ARRAY(
        SELECT ROW(k.offer_id, k.quantity, ARRAY[k.place], ARRAY[k.quantity], 1, k.quantity)::offerengine_internal.stock_choice
          FROM unnest(offers, pieces, offerengine_internal.only_places(offers, store, pieces)) AS k (offer_id, quantity, place)
         WHERE k.place IS NOT NULL);
    IF cardinality(choices) > 0 THEN
        RETURN choices;
    END IF;

    FOR want IN SELECT w.offer_id, w.quantity FROM unnest(offers, pieces) AS w (offer_id, quantity) LOOP
        -- In a flash sale most are told no: without a lock, unless it is the lines themselves that have the pieces. That is asked
        -- after, with a later snapshot: who took them for these in between is seen.
        free := offerengine_internal.free_pieces(want.offer_id, store);
        IF free < want.quantity THEN
            PERFORM offerengine_internal.refuse_new_order(
                        order_id, (SELECT o.offer_reference FROM offerengine.offer o WHERE o.offer_id = want.offer_id), store,
                        want.quantity, free);
        END IF;
        place := offerengine_internal.only_place(want.offer_id, store, want.quantity);
        IF place IS NOT NULL THEN
            choices := choices || ROW(want.offer_id, want.quantity, ARRAY[place], ARRAY[want.quantity], 1, want.quantity)
                                  ::offerengine_internal.stock_choice;
            CONTINUE;
        END IF;
        choice := offerengine_internal.choose_places(want.offer_id, store, want.quantity, clock_timestamp());
        IF choice.found < want.quantity THEN
            SELECT coalesce(sum(h.quantity - h.shipped) FILTER (WHERE h.offer_id = want.offer_id), 0) AS pieces,
                   coalesce(bool_or(h.shipped > 0), false) AS has_shipped
              INTO own
              FROM offerengine.stock_hold h
             WHERE h.order_id = choose_stock.order_id AND h.state IN ('held', 'confirmed')
               AND h.line_no IN (SELECT w.line_no FROM unnest(wants) w);
            IF choice.found + own.pieces < want.quantity AND NOT own.has_shipped
               AND NOT EXISTS (SELECT FROM offerengine.stock_order s
                                WHERE s.order_id = choose_stock.order_id AND s.state = 'cancelled') THEN
                PERFORM offerengine_internal.refuse_sold_out(want.offer_id, store, want.quantity, choice.found + own.pieces, false);
            END IF;
        END IF;
        choices := choices || choice;
    END LOOP;
    RETURN choices;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.choose_stock(uuid, text, offerengine_internal.stock_want[]) IS
    'Where what lines of an order (NULL: of a new one) want would be taken from, by offer ascending; nothing is locked. OE064: '
    'sold out.';

CREATE FUNCTION offerengine_internal.reserve_chosen(
    order_id uuid, store text, wants offerengine_internal.stock_want[], choices offerengine_internal.stock_choice[],
    expires_at timestamptz, is_confirmed boolean, customer_reference text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    known CONSTANT text := offerengine_internal.lock_stock_order(
        order_id, store, CASE WHEN is_confirmed THEN 'confirmed' ELSE 'open' END, customer_reference);
BEGIN
    IF known = 'new' THEN
        PERFORM offerengine_internal.take_choices(order_id, store, wants, choices, expires_at, is_confirmed);
    ELSE
        PERFORM offerengine_internal.reserve_again(order_id, store, wants, choices, expires_at, is_confirmed);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.reserve_chosen(
    uuid, text, offerengine_internal.stock_want[], offerengine_internal.stock_choice[], timestamptz, boolean, text) IS
    'Holds for lines of an order what they want, all or nothing, until expires_at (NULL: no end), or confirmed: where '
    'choose_stock() found it, or wherever it is. A line that holds it already keeps its hold; one that holds something '
    'else gets this instead. customer_reference: whose order it is; NULL: it is not placed here. The caller has checked the '
    'arguments, runs as the owner and takes no lock after this. OE064: sold out; OE065: try again; OE066: the order was '
    'cancelled; OE068: pieces of the line have shipped; OE013: the id stands for another customer''s order.';

CREATE FUNCTION offerengine_internal.reserve_again(
    order_id uuid, store text, wants offerengine_internal.stock_want[], choices offerengine_internal.stock_choice[],
    expires_at timestamptz, is_confirmed boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    others CONSTANT offerengine_internal.stock_want[] := offerengine_internal.wants_beside_holds(order_id, wants, is_confirmed);
BEGIN
    IF cardinality(others) < cardinality(wants)
       OR EXISTS (SELECT FROM unnest(choices) c WHERE c.found < c.wanted)
       OR EXISTS (SELECT FROM offerengine.stock_hold h
                   WHERE h.order_id = reserve_again.order_id AND h.state <> 'released'
                     AND h.line_no IN (SELECT w.line_no FROM unnest(wants) w)) THEN
        IF cardinality(others) > 0 THEN
            PERFORM offerengine_internal.take_in_order(order_id, store, others, expires_at, is_confirmed);
        END IF;
        RETURN;
    END IF;
    PERFORM offerengine_internal.take_choices(order_id, store, wants, choices, expires_at, is_confirmed);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.reserve_again(
    uuid, text, offerengine_internal.stock_want[], offerengine_internal.stock_choice[], timestamptz, boolean) IS
    'reserve_chosen() for an order that may hold something already; the caller holds its row of stock.';

CREATE FUNCTION offerengine_internal.wants_beside_holds(
    order_id uuid, wants offerengine_internal.stock_want[], is_confirmed boolean)
RETURNS offerengine_internal.stock_want[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    at       CONSTANT timestamptz := clock_timestamp();
    shipped  integer;
    holding  integer[];
BEGIN
    PERFORM FROM offerengine.stock_hold h
      WHERE h.order_id = wants_beside_holds.order_id
        AND h.line_no IN (SELECT w.line_no FROM unnest(wants) w)
      ORDER BY h.line_no, h.warehouse_id FOR NO KEY UPDATE;
    -- What it holds and what it wants are the same, and nothing of it has run out.
    SELECT array_agg(w.line_no) INTO holding
      FROM unnest(wants) w
      JOIN LATERAL (
           SELECT sum(h.quantity) AS quantity, bool_and(h.offer_id = w.offer_id) AS is_same,
                  bool_and(h.state = 'confirmed' OR (h.state = 'held' AND coalesce(h.expires_at > at, true))) AS lasts
             FROM offerengine.stock_hold h
            WHERE h.order_id = wants_beside_holds.order_id AND h.line_no = w.line_no AND h.state <> 'released') k
        ON k.quantity = w.quantity AND k.is_same AND k.lasts;
    SELECT min(h.line_no) INTO shipped
      FROM offerengine.stock_hold h
     WHERE h.order_id = wants_beside_holds.order_id AND h.shipped > 0
       AND h.line_no IN (SELECT w.line_no FROM unnest(wants) w WHERE w.line_no <> ALL (coalesce(holding, '{}')));
    IF shipped IS NOT NULL THEN
        RAISE EXCEPTION 'line % of order % holds something else, of which pieces have shipped', shipped,
                        wants_beside_holds.order_id
            USING ERRCODE = 'OE068', HINT = 'What has shipped is not exchanged; reserve for a new line.';
    END IF;
    IF is_confirmed THEN
        UPDATE offerengine.stock_hold h SET state = 'confirmed', confirmed_at = at, expires_at = NULL
         WHERE h.order_id = wants_beside_holds.order_id AND h.state = 'held' AND h.line_no = ANY (holding);
    END IF;
    RETURN ARRAY(SELECT w FROM unnest(wants) w WHERE w.line_no <> ALL (coalesce(holding, '{}')));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.wants_beside_holds(uuid, offerengine_internal.stock_want[], boolean) IS
    'Those of the wants that the order''s lines do not hold already; their holds are locked, and confirmed where that is asked '
    'for. OE068: a line would give up what has shipped. The caller holds the order.';
