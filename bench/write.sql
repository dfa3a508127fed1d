-- The write side, in milliseconds: what triggers add is seen against the same statement with triggers off.
\set ON_ERROR_STOP on
\set QUIET on
CREATE TABLE bench.timing (what text, milliseconds numeric);
CREATE PROCEDURE bench.time(p_what text, p_statement text) LANGUAGE plpgsql AS $$
DECLARE
    v_begun timestamptz := clock_timestamp();
BEGIN
    EXECUTE p_statement;
    INSERT INTO bench.timing VALUES (p_what, round((extract(epoch FROM clock_timestamp() - v_begun) * 1000)::numeric, 1));
END $$;
CREATE FUNCTION bench.approve_each() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 10001 .. 20000 LOOP
        PERFORM offerengine.approve_offer('o' || i);
    END LOOP;
END $$;
SET session_replication_role = replica;
UPDATE offerengine.offer SET approval_status = 'waiting_for_approval' WHERE offer_id <= 60000;
UPDATE offerengine.offer_store SET shown_from = 'infinity', shown_to = '-infinity' WHERE offer_id <= 60000;
UPDATE offerengine.offer SET merchant_id = 1 WHERE offer_id BETWEEN 100001 AND 150000;
UPDATE offerengine.offer_store SET merchant_id = 1 WHERE offer_id BETWEEN 100001 AND 150000;
RESET session_replication_role;
VACUUM (ANALYZE) offerengine.offer, offerengine.offer_store, offerengine.price;

CALL bench.time('approve 10,000 offers in one UPDATE',
    $$UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_id <= 10000$$);
CALL bench.time('approve 10,000 offers one by one', 'SELECT bench.approve_each()');
CALL bench.time('approve 10,000 offers by approve_offers()',
    $$SELECT count(*) FROM offerengine.approve_offers((SELECT array_agg('o' || i) FROM generate_series(20001, 30000) i), 'checked')$$);
CALL bench.time('change 100,000 prices in one UPDATE',
    $$UPDATE offerengine.price SET gross_amount = gross_amount + 1 WHERE price_id <= 100000$$);
CALL bench.time('suspend a merchant of 50,000 offers', $$SELECT offerengine.suspend_merchant('m1', 'measured')$$);
CALL bench.time('reinstate it', $$SELECT offerengine.reinstate_merchant('m1')$$);
CALL bench.time('deactivate a product of ten offers', $$UPDATE offerengine.product SET is_active = false WHERE product_id = 7$$);
SET session_replication_role = replica;
CALL bench.time('10,000 offers, triggers off',
    $$UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_id BETWEEN 30001 AND 40000$$);
CALL bench.time('100,000 prices, triggers off',
    $$UPDATE offerengine.price SET gross_amount = gross_amount + 1 WHERE price_id BETWEEN 100001 AND 200000$$);
RESET session_replication_role;
SELECT t.what, t.milliseconds FROM bench.timing t;
SELECT count(*) AS projections_wrong
  FROM offerengine.offer_store os JOIN offerengine_internal.offer_store_expected e USING (offer_id, store_code)
 WHERE (os.shown_from, os.shown_to) IS DISTINCT FROM (e.shown_from, e.shown_to) AND os.offer_id <= 30000;
