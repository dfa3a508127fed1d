-- Stock for bench/run stock in the catalogue of generate.sql (psql variables offers, rows), and the hand-written side. Of ten offers
-- that follow one another the first is in stock in one warehouse, the second is of no stock at all, the third is sold out and the
-- fourth to ninth lie in so many warehouses that together they have the rows; they are what an import counts anew.
\set ON_ERROR_STOP on
\set QUIET on
SET synchronous_commit = off;
SELECT greatest(1, :rows / (:offers / 10 * 6)) AS warehouses \gset
SET session_replication_role = replica;
INSERT INTO offerengine.warehouse (warehouse_id, name) SELECT n, 'w' || n FROM generate_series(1, :warehouses) n;
INSERT INTO offerengine.warehouse_store (warehouse_id, store_code) SELECT n, 'S1' FROM generate_series(1, :warehouses) n;
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity)
SELECT n, 1, CASE n % 10 WHEN 1 THEN 100000000 ELSE 0 END FROM generate_series(1, :offers) n WHERE n % 10 IN (1, 3)
UNION ALL
SELECT n, w, n % 100 FROM generate_series(1, :offers) n, generate_series(1, :warehouses) w WHERE n % 10 BETWEEN 4 AND 9;
RESET session_replication_role;

-- The rows that a purchase writes, by hand, as one function, its step of stock first or last: what follows from what is known
-- beforehand.
CREATE FUNCTION bench.take_piece(offer bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offerengine.stock_held SET held = held + 1 WHERE offer_id = offer AND warehouse_id = 1;
    PERFORM FROM offerengine.offer_stock k JOIN offerengine.stock_held h USING (offer_id, warehouse_id)
      WHERE k.offer_id = offer AND k.warehouse_id = 1 AND h.held <= k.quantity - k.safety_quantity;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'sold out';
    END IF;
END $$;
CREATE FUNCTION bench.buy_piece(customer text, offer bigint, is_first boolean) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    the_order uuid := offerengine.uuid_v7();
BEGIN
    IF is_first THEN
        PERFORM bench.take_piece(offer);
    END IF;
    INSERT INTO offerengine.customer_timeline AS t (customer_reference) VALUES (customer)
        ON CONFLICT (customer_reference) DO UPDATE SET version = t.version + 1, changed_at = clock_timestamp();
    INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, store_code, currency_code, price_mode,
                                         total_amount, placed_at, origin)
    VALUES (customer, the_order, the_order::text, 'S1', 'EUR', 'gross', 1190, now(), 'purchase');
    INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, unit_amount,
                                        line_amount, price_id, price_source)
    VALUES (customer, the_order, 1, offer, 1, 1, 1190, 1190, 1, 'offer');
    INSERT INTO offerengine.order_event (customer_reference, event_id, order_id, event, channel, recorded_by)
    VALUES (customer, offerengine.uuid_v7(), the_order, 'placed', 'checkout', 'bench');
    INSERT INTO offerengine.stock_order (order_id, state, store_code) VALUES (the_order, 'confirmed', 'S1');
    INSERT INTO offerengine.stock_hold (order_id, line_no, warehouse_id, offer_id, quantity, state, confirmed_at)
    VALUES (the_order, 1, 1, offer, 1, 'confirmed', clock_timestamp());
    IF NOT is_first THEN
        PERFORM bench.take_piece(offer);
    END IF;
    RETURN the_order;
END $$;
INSERT INTO offerengine.stock_held (offer_id, warehouse_id, held)
SELECT n, 1, 0 FROM generate_series(1, :offers, 10) n;

-- Who is told that it is sold out, without ending pgbench.
CREATE FUNCTION bench.refused_hold(offer text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine.reserve_stock(offerengine.uuid_v7(), 1, offer, 'S1', 1);
    RAISE EXCEPTION 'it is not sold out';
EXCEPTION WHEN SQLSTATE 'OE064' THEN
    RETURN true;
END $$;
CREATE FUNCTION bench.refused_purchase(customer text, offer text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine.purchase(customer, offer, 'S1', 'EUR');
    RAISE EXCEPTION 'it is not sold out';
EXCEPTION WHEN SQLSTATE 'OE064' THEN
    RETURN true;
END $$;

-- The same without the engine: what the error and the block that catches it cost.
CREATE FUNCTION bench.refused_floor(customer text, offer text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'offer "%" is sold out in store S1: 1 wanted, 0 left', offer
        USING ERRCODE = 'OE064', HINT = 'offer_availability() says what is left.',
              DETAIL = '{"store": "S1", "wanted": 1, "available": 0, "offer_reference": "o3"}';
EXCEPTION WHEN SQLSTATE 'OE064' THEN
    RETURN true;
END $$;

-- For what sales wait, asked twenty times a second until somebody ends it.
CREATE TABLE bench.wait (phase text, event text);
CREATE PROCEDURE bench.watch(phase text) LANGUAGE plpgsql AS $$
BEGIN
    LOOP
        INSERT INTO bench.wait
        SELECT watch.phase, coalesce(a.wait_event_type || ' ' || a.wait_event, 'none: runs, or wants a processor')
          FROM pg_stat_activity a WHERE a.application_name = 'pgbench' AND a.state = 'active';
        COMMIT;
        PERFORM pg_sleep(0.05);
    END LOOP;
END $$;
VACUUM (ANALYZE);
CHECKPOINT;
