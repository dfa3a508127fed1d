-- Orders of the generated catalogue, one each of so many customers (psql variable orders), queued, and as many documents in a plain
-- table beside them, as one would write it by hand; and so many orders that are to be queued (psql variable more). For bench/run
-- outbox, whose scripts claim what bench.refill() lays out anew.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS bench;
INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, store_code, currency_code, price_mode, total_amount, placed_at)
SELECT 'q' || n, offerengine.uuid_v7(), 'Q' || n, 'S1', 'EUR', 'gross', 1190, timestamptz '2031-01-01Z' FROM generate_series(1, :orders) AS n
UNION ALL
SELECT 'e' || n, offerengine.uuid_v7(), 'E' || n, 'S1', 'EUR', 'gross', 1190, timestamptz '2031-01-02Z' FROM generate_series(1, :more) AS n;
INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, unit_amount, line_amount)
SELECT s.customer_reference, s.order_id, 1, o.offer_id, o.merchant_id, 1190, 1190
  FROM offerengine.sales_order s, (SELECT o.offer_id, o.merchant_id FROM offerengine.offer o LIMIT 1) o WHERE s.placed_at >= '2031-01-01Z';
INSERT INTO offerengine.customer_timeline (customer_reference)
SELECT s.customer_reference FROM offerengine.sales_order s WHERE s.placed_at >= '2031-01-01Z';
VACUUM ANALYZE offerengine.sales_order, offerengine.order_line, offerengine.customer_timeline;
SELECT count(*) AS queued FROM offerengine.loyalty_enqueue_where('2031-01-01Z', ending_at => '2031-01-02Z') \gset
CREATE SEQUENCE bench.next_order;
CREATE TABLE bench.queued AS TABLE offerengine.loyalty_outbox;
CREATE TABLE bench.document AS SELECT q.payload FROM bench.queued q ORDER BY q.id LIMIT 1;
CREATE TABLE bench.plain (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state text NOT NULL DEFAULT 'queued', payload jsonb NOT NULL, leased_until timestamptz)
    WITH (fillfactor = 70);
CREATE INDEX plain_queued ON bench.plain (id) WHERE state = 'queued';
CREATE PROCEDURE bench.refill() LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE offerengine.loyalty_outbox, offerengine.loyalty_sent_order, bench.plain;
    INSERT INTO offerengine.loyalty_outbox SELECT q.* FROM bench.queued q ORDER BY q.id;
    INSERT INTO bench.plain (payload) SELECT q.payload FROM bench.queued q ORDER BY q.id;
END $$;
