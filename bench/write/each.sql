-- Writers that are called one by one, beside the bare statements that they make: one function each whose plans are kept, that is told
-- everything beforehand and writes the same rows, with the engine's triggers off and constraints, indexes and foreign keys as they are
-- (DISABLE TRIGGER USER), in a session that has not loaded the library. Processor time of the backend for a call. bench/run calls
-- bench.measure() in a session for each; of several rounds the least counts. In the catalogue of generate.sql, in two stores.
\set ON_ERROR_STOP on
\set QUIET on
CREATE TABLE bench.each (who text, place integer, microseconds double precision);
CREATE FUNCTION bench.used() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::bigint
$$;

-- Offers that nothing else here writes, with a price of each in S1.
CREATE TABLE bench.target AS
SELECT row_number() OVER (ORDER BY o.offer_id) AS place, o.offer_id, o.offer_reference, o.product_id, o.merchant_id, p.price_id, m.merchant_reference, d.sku, d.abstract_product_id
  FROM offerengine.offer o
  JOIN offerengine.price p ON p.product_id = o.product_id AND p.offer_id = o.offer_id AND p.store_code = 'S1' AND p.currency_code = 'EUR'
       AND p.price_type = 'DEFAULT' AND p.min_quantity = 1 AND p.valid_to = 'infinity'
  JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id
  JOIN offerengine.product d ON d.product_id = o.product_id
 WHERE o.offer_id BETWEEN 60001 AND 100000;
CREATE UNIQUE INDEX ON bench.target (place);
SET session_replication_role = replica;
UPDATE offerengine.offer SET approval_status = 'waiting_for_approval' WHERE offer_id BETWEEN 60001 AND 100000;
UPDATE offerengine.offer_store SET shown_from = 'infinity', shown_to = '-infinity' WHERE offer_id BETWEEN 60001 AND 100000;
RESET session_replication_role;
VACUUM (ANALYZE) offerengine.offer, offerengine.offer_store, bench.target;

CREATE FUNCTION bench.engine_approve(t bench.target) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine.approve_offer(t.offer_reference);
END $$;
CREATE FUNCTION bench.bare_approve(t bench.target) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offerengine.offer SET approval_status = 'approved', version = version + 1, updated_at = now() WHERE offer_id = t.offer_id;
    UPDATE offerengine.offer_store SET shown_from = '-infinity', shown_to = 'infinity' WHERE offer_id = t.offer_id;
    INSERT INTO offerengine.offer_approval (offer_id, from_status, to_status, version, decided_by)
    VALUES (t.offer_id, 'waiting_for_approval', 'approved', 2, 'bench');
END $$;

CREATE FUNCTION bench.engine_change_price(t bench.target) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine.set_price('S1', 'EUR', NULL, 4000 + t.offer_id % 1000, t.offer_reference);
END $$;
CREATE FUNCTION bench.bare_change_price(t bench.target) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    past offerengine.price;
BEGIN
    SELECT * INTO past FROM offerengine.price WHERE price_id = t.price_id FOR NO KEY UPDATE;
    UPDATE offerengine.price SET gross_amount = 4000 + t.offer_id % 1000, recorded_at = clock_timestamp() WHERE price_id = t.price_id;
    UPDATE offerengine.offer SET version = version + 1, updated_at = now() WHERE offer_id = t.offer_id;
    INSERT INTO offerengine.price_history (price_id, product_id, offer_id, store_code, currency_code, price_type, min_quantity,
                                           net_amount, gross_amount, valid_from, valid_to, recorded_at, recorded_until, operation, changed_by)
    VALUES (past.price_id, past.product_id, past.offer_id, past.store_code, past.currency_code, past.price_type, past.min_quantity,
            past.net_amount, past.gross_amount, past.valid_from, past.valid_to, past.recorded_at, clock_timestamp(), 'update', 'bench');
END $$;

CREATE FUNCTION bench.engine_new_price(t bench.target) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine.set_price('S1', 'CHF', NULL, 4000 + t.offer_id % 1000, t.offer_reference);
END $$;
CREATE FUNCTION bench.bare_new_price(t bench.target) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, gross_amount)
    VALUES (t.product_id, t.offer_id, 'S1', 'CHF', 4000 + t.offer_id % 1000);
    UPDATE offerengine.offer SET version = version + 1, updated_at = now() WHERE offer_id = t.offer_id;
END $$;

CREATE FUNCTION bench.engine_new_offer(t bench.target) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine.put_offer('new' || t.offer_id, t.sku, t.merchant_reference, '{S1,S2}', merchant_sku => 'new' || t.offer_id,
                                  title => 'New ' || t.offer_id);
END $$;
CREATE FUNCTION bench.bare_new_offer(t bench.target) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    id bigint;
BEGIN
    INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, merchant_sku, title, created_by)
    VALUES ('new' || t.offer_id, t.product_id, t.merchant_id, 'new' || t.offer_id, 'New ' || t.offer_id, 'bench')
    RETURNING offer_id INTO id;
    INSERT INTO offerengine.offer_store (offer_id, store_code, product_id, abstract_product_id, merchant_id, sku, offer_reference,
                                         title, offer_type, management)
    SELECT id, s.code, t.product_id, t.abstract_product_id, t.merchant_id, t.sku, 'new' || t.offer_id, 'New ' || t.offer_id, 'product',
           'standard'
      FROM unnest('{S1,S2}'::text[]) AS s (code);
    UPDATE offerengine.offer SET version = version + 1, updated_at = now() WHERE offer_id = id;
END $$;

CREATE FUNCTION bench.engine_change_offer(t bench.target) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine.put_offer(t.offer_reference, title => 'Changed ' || t.offer_id);
END $$;
CREATE FUNCTION bench.bare_change_offer(t bench.target) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offerengine.offer SET title = 'Changed ' || t.offer_id, version = version + 1, updated_at = now() WHERE offer_id = t.offer_id;
    UPDATE offerengine.offer_store SET title = 'Changed ' || t.offer_id WHERE offer_id = t.offer_id;
END $$;

-- Microseconds of a call, after fifty that are not counted: the first plan their statements.
CREATE FUNCTION bench.run(p_function text, p_first bigint, p_calls integer) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    begun bigint;
BEGIN
    EXECUTE format($run$
        CREATE OR REPLACE FUNCTION pg_temp.run(p_first bigint, p_last bigint) RETURNS void LANGUAGE plpgsql AS $body$
        DECLARE
            t bench.target;
        BEGIN
            FOR t IN SELECT * FROM bench.target WHERE place BETWEEN p_first AND p_last ORDER BY place LOOP
                PERFORM bench.%I(t);
            END LOOP;
        END $body$ $run$, p_function);
    PERFORM pg_temp.run(p_first, p_first + 49);
    begun := bench.used();
    PERFORM pg_temp.run(p_first + 50, p_first + 49 + p_calls);
    RETURN (bench.used() - begun) / 1000.0 / p_calls;
END $$;
CREATE PROCEDURE bench.measure(p_who text, p_place integer, p_round integer, p_calls integer) LANGUAGE plpgsql AS $$
DECLARE
    w              record;
    first_of_round CONSTANT bigint := 1 + (p_round - 1) * 2 * (p_calls + 50);
BEGIN
    SELECT * INTO w FROM bench.writer WHERE place = p_place;
    IF p_who = 'engine' THEN
        INSERT INTO bench.each VALUES (p_who, p_place, bench.run('engine_' || w.function, first_of_round, p_calls));
        RETURN;
    END IF;
    ALTER TABLE offerengine.offer DISABLE TRIGGER USER;
    ALTER TABLE offerengine.offer_store DISABLE TRIGGER USER;
    ALTER TABLE offerengine.price DISABLE TRIGGER USER;
    COMMIT;
    INSERT INTO bench.each VALUES (p_who, p_place, bench.run('bare_' || w.function, first_of_round + p_calls + 50, p_calls));
    COMMIT;
    ALTER TABLE offerengine.offer ENABLE TRIGGER USER;
    ALTER TABLE offerengine.offer_store ENABLE TRIGGER USER;
    ALTER TABLE offerengine.price ENABLE TRIGGER USER;
END $$;
CREATE TABLE bench.writer AS
SELECT * FROM (VALUES (1, 'approve_offer()', 'approve'), (2, 'set_price(): another amount', 'change_price'),
                      (3, 'set_price(): a new row', 'new_price'), (4, 'put_offer(): another title', 'change_offer'),
                      (5, 'put_offer(): a new offer in two stores', 'new_offer')) AS w (place, what, function);
