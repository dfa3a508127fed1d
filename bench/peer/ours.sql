-- Contracts for bench/run peer in the catalogue of generate.sql (psql variables offers, contracts): each relationship has its price
-- for a hundred offers of its merchant. bench.base and bench.contracted tell what the other side is filled with.
\set ON_ERROR_STOP on
\set QUIET on
SET session_replication_role = replica;
DELETE FROM offerengine.price WHERE merchant_relationship_id IS NOT NULL;
CREATE TABLE bench.contracted AS
SELECT r.merchant_relationship_id AS contract, 'b' || r.merchant_relationship_id AS buyer, o.offer_id, o.product_id, o.offer_reference,
       900 + o.offer_id % 7 AS amount
  FROM offerengine.merchant_relationship r
 CROSS JOIN LATERAL (SELECT o.offer_id, o.product_id, o.offer_reference
                       FROM offerengine.offer o
                      WHERE o.merchant_id = r.merchant_id AND o.offer_id <= :offers AND o.approval_status = 'approved'
                      ORDER BY hashint8(o.offer_id * 3001 + r.merchant_relationship_id)
                      LIMIT 100) o
 WHERE r.merchant_relationship_id <= :contracts;
INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, merchant_relationship_id, net_amount, gross_amount)
SELECT c.product_id, c.offer_id, 'S1', 'EUR', c.contract, c.amount * 100 / 119, c.amount FROM bench.contracted c;
CREATE TABLE bench.base AS
SELECT f.offer_reference, t.min_quantity, f.amount * (100 - t.percent) / 100 AS amount,
       lead(t.min_quantity) OVER (PARTITION BY f.offer_reference ORDER BY t.min_quantity) - 1 AS max_quantity
  FROM bench.flat f
 CROSS JOIN (VALUES (1, 0), (10, 1), (20, 2)) t (min_quantity, percent)
 WHERE f.store_code = 'S1' AND f.amount IS NOT NULL AND (t.min_quantity = 1 OR f.price_source = 'offer')
   AND substring(f.offer_reference FROM '^o(\d+)$')::bigint <= :offers;
VACUUM (ANALYZE);
