-- Orders of the generated catalogue, one each of so many customers (psql variable orders), queued, and a plain table with as many
-- documents beside them, as one would write it by hand; for bench/run outbox.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS bench;
TRUNCATE offerengine.loyalty_outbox, offerengine.loyalty_sent_order;
DELETE FROM offerengine.loyalty_rule;
DROP TABLE IF EXISTS bench.plain;
INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, store_code, currency_code, price_mode, total_amount, placed_at)
SELECT 'q' || n, offerengine.uuid_v7(), 'Q' || n, 'S1', 'EUR', 'gross', 1190, '2031-01-01Z' FROM generate_series(1, :orders) AS n
    ON CONFLICT DO NOTHING;
INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, unit_amount, line_amount)
SELECT s.customer_reference, s.order_id, 1, o.offer_id, o.merchant_id, 1190, 1190
  FROM offerengine.sales_order s, (SELECT o.offer_id, o.merchant_id FROM offerengine.offer o LIMIT 1) o WHERE s.placed_at = '2031-01-01Z'
    ON CONFLICT DO NOTHING;
UPDATE offerengine.sales_order SET order_document_id = NULL WHERE placed_at = '2031-01-01Z';
INSERT INTO offerengine.customer_timeline (customer_reference)
SELECT s.customer_reference FROM offerengine.sales_order s WHERE s.placed_at = '2031-01-01Z' ON CONFLICT DO NOTHING;
VACUUM ANALYZE offerengine.sales_order, offerengine.order_line, offerengine.customer_timeline;
SELECT count(*) AS queued FROM offerengine.loyalty_enqueue_where('2031-01-01Z') \gset
CREATE TABLE bench.plain (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state text NOT NULL DEFAULT 'queued', payload jsonb NOT NULL, leased_until timestamptz)
    WITH (fillfactor = 70);
CREATE INDEX plain_queued ON bench.plain (id) WHERE state = 'queued';
INSERT INTO bench.plain (payload) SELECT o.payload FROM offerengine.loyalty_outbox o ORDER BY o.id;
VACUUM ANALYZE offerengine.loyalty_outbox, bench.plain;
