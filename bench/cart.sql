-- Carts for bench/run cart in the catalogue of generate.sql (psql variables offers, others): so many carts of other customers, of
-- five lines each, a thousand of thirty lines each (c1, c2 ...) and a thousand of one line that is got from several offers (b1,
-- b2 ...), and the hand-written side. Two of three offers are in stock, in one warehouse.
\set ON_ERROR_STOP on
\set QUIET on
SET synchronous_commit = off;
SET client_min_messages = warning;
SET session_replication_role = replica;
INSERT INTO offerengine.warehouse (warehouse_id, name) VALUES (1, 'w1');
INSERT INTO offerengine.warehouse_store (warehouse_id, store_code) VALUES (1, 'S1');
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity) SELECT n, 1, 100000000 FROM generate_series(1, :offers) n WHERE n % 3 > 0;
INSERT INTO offerengine.stock_held (offer_id, warehouse_id, held) SELECT n, 1, 0 FROM generate_series(1, :offers) n WHERE n % 3 > 0;
-- So many lines of offers that are visible, one after another from a place on.
CREATE TABLE bench.visible AS
SELECT row_number() OVER (ORDER BY o.offer_id)::integer AS place, o.offer_id, o.offer_reference, o.merchant_id
  FROM offerengine.offer o JOIN offerengine.offer_store s USING (offer_id)
 WHERE s.store_code = 'S1' AND o.offer_id <= :offers AND s.shown_from < s.shown_to AND o.order_minimum IS NULL;
ALTER TABLE bench.visible ADD PRIMARY KEY (place);
CREATE FUNCTION bench.fill(customer text, cart uuid, lines integer, quantity integer, first integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO offerengine.customer_timeline (customer_reference) VALUES (customer) ON CONFLICT DO NOTHING;
    INSERT INTO offerengine.cart (customer_reference, cart_id, store_code, currency_code, price_mode, last_line_no)
    VALUES (customer, cart, 'S1', 'EUR', 'gross', lines);
    INSERT INTO offerengine.cart_line (customer_reference, cart_id, line_no, offer_reference, quantity)
    SELECT customer, cart, n, v.offer_reference, fill.quantity FROM generate_series(1, lines) n JOIN bench.visible v ON v.place = (first + n * 7) % 3000 + 1;
END $$;
SELECT bench.fill('c' || n, md5('c' || n)::uuid, 30, 2, n * 13) FROM generate_series(1, 1000) n \g /dev/null
SELECT bench.fill('b' || n, md5('b' || n)::uuid, 10, 1000, n * 13) FROM generate_series(1, 1000) n \g /dev/null
INSERT INTO offerengine.customer_timeline (customer_reference) SELECT 'o' || n FROM generate_series(1, :others) n;
INSERT INTO offerengine.cart (customer_reference, cart_id, store_code, currency_code, price_mode, last_line_no)
SELECT 'o' || n, md5('o' || n)::uuid, 'S1', 'EUR', 'gross', 5 FROM generate_series(1, :others) n;
INSERT INTO offerengine.cart_line (customer_reference, cart_id, line_no, offer_reference, quantity)
SELECT 'o' || n, md5('o' || n)::uuid, l, v.offer_reference, 1
  FROM generate_series(1, :others) n CROSS JOIN generate_series(1, 5) l JOIN bench.visible v ON v.place = (n * 7 + l) % 3000 + 1;
RESET session_replication_role;

-- The rows that a checkout of ten lines writes and removes, by hand, in one function: what follows from what is known beforehand.
CREATE FUNCTION bench.checkout(customer text, cart uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    the_order uuid := offerengine.uuid_v7();
BEGIN
    INSERT INTO offerengine.customer_timeline AS t (customer_reference) VALUES (customer)
        ON CONFLICT (customer_reference) DO UPDATE SET version = t.version + 1, changed_at = clock_timestamp();
    INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, store_code, currency_code, price_mode,
                                         total_amount, placed_at, origin)
    VALUES (customer, the_order, the_order::text, 'S1', 'EUR', 'gross', 11900, now(), 'purchase');
    INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, unit_amount,
                                        line_amount, price_id, price_source)
    SELECT customer, the_order, l.line_no, o.offer_id, o.merchant_id, l.quantity, 1190, 1190 * l.quantity, 1, 'offer'
      FROM offerengine.cart_line l JOIN offerengine.offer o USING (offer_reference)
     WHERE l.customer_reference = customer AND l.cart_id = cart;
    INSERT INTO offerengine.order_event (customer_reference, event_id, order_id, event, channel, recorded_by)
    VALUES (customer, offerengine.uuid_v7(), the_order, 'placed', 'checkout', 'bench');
    DELETE FROM offerengine.cart_line l WHERE l.customer_reference = customer AND l.cart_id = cart;
    UPDATE offerengine.cart c SET order_id = the_order, ordered_at = clock_timestamp(), changed_at = clock_timestamp()
     WHERE c.customer_reference = customer AND c.cart_id = cart;
    INSERT INTO offerengine.stock_order (order_id, state, store_code) VALUES (the_order, 'confirmed', 'S1');
    INSERT INTO offerengine.stock_hold (order_id, line_no, warehouse_id, offer_id, quantity, state, confirmed_at)
    SELECT the_order, l.line_no, 1, l.offer_id, l.quantity, 'confirmed', clock_timestamp()
      FROM offerengine.order_line l WHERE l.customer_reference = customer AND l.order_id = the_order AND l.offer_id % 3 > 0;
    UPDATE offerengine.stock_held h SET held = held + l.quantity
      FROM offerengine.order_line l
     WHERE l.customer_reference = customer AND l.order_id = the_order AND h.offer_id = l.offer_id AND h.warehouse_id = 1;
    RETURN the_order;
END $$;
VACUUM (ANALYZE);
CHECKPOINT;
