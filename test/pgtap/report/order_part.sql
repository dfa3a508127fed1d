-- A filter of a report view of orders by customer, order, merchant or offer reads that part of the tables, for operators and for
-- merchants: rows read are counted.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(19);

-- 10,000 orders of 2,000 customers with three lines each, of 100 merchants and 1,000 offers.
SET LOCAL session_replication_role = replica;
INSERT INTO offerengine.store (store_code, name) VALUES ('op-1', 'One');
INSERT INTO offerengine.merchant (merchant_id, merchant_reference, name, approval_status)
SELECT 9100000000 + n, 'op-m' || n, 'Merchant', 'approved' FROM generate_series(1, 100) n;
INSERT INTO offerengine.abstract_product (abstract_product_id, abstract_sku)
SELECT 9100000000 + n, 'op-a' || n FROM generate_series(1, 500) n;
INSERT INTO offerengine.product (product_id, sku, abstract_product_id)
SELECT 9100000000 + n, 'op-p' || n, 9100000000 + n FROM generate_series(1, 500) n;
INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id)
SELECT 9100000000 + n, 'op-o' || n, 9100000001 + n / 4 % 500, 9100000001 + n % 100 FROM generate_series(1, 1000) n;
INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, store_code, currency_code, origin)
SELECT 'op-c' || n % 2000, format('00000000-0000-7000-8000-0000000%s', lpad(n::text, 5, '0'))::uuid, 'op-r' || n, 'op-1', 'EUR', 'purchase'
  FROM generate_series(1, 10000) n;
INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, unit_amount, line_amount)
SELECT 'op-c' || n % 2000, format('00000000-0000-7000-8000-0000000%s', lpad(n::text, 5, '0'))::uuid, l, o.offer_id, o.merchant_id, 1, 100, 100
  FROM generate_series(1, 10000) n, generate_series(1, 3) l, offerengine.offer o WHERE o.offer_id = 9100000001 + (n * 7 + l * 331) % 1000;
SET LOCAL session_replication_role = origin;
\ir ../include/compact.psql
CREATE ROLE op_operator;
CREATE ROLE op_merchant;
SELECT offerengine.grant_access('op_operator', 'operator'), offerengine.grant_access('op_merchant', 'merchant', 'op-m4') \g /dev/null

-- Rows that the plan took out of the tables that grow with the orders, read and thrown away alike.
CREATE FUNCTION pg_temp.rows_read(query text, role name DEFAULT current_user) RETURNS numeric LANGUAGE plpgsql AS $test$
DECLARE
    plan jsonb;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ' || query INTO plan;
    RESET ROLE;
    RETURN (SELECT coalesce(sum(((n.node ->> 'Actual Rows')::numeric + coalesce((n.node ->> 'Rows Removed by Filter')::numeric, 0))
                                * (n.node ->> 'Actual Loops')::numeric), 0)
              FROM jsonb_path_query(plan, 'strict $.**') n (node)
             WHERE jsonb_typeof(n.node) = 'object'
               AND n.node ->> 'Relation Name' IN ('order_line', 'sales_order'));
END
$test$;

SELECT cmp_ok(pg_temp.rows_read(format('SELECT * FROM offerengine.%I', v)), '>', 39000::numeric, 'the whole of ' || v)
  FROM unnest('{order_line_overview,merchant_order}'::text[]) v;
-- A customer has 15 lines, an order 3, an offer 30, a merchant 300.
SELECT cmp_ok(pg_temp.rows_read(format('SELECT * FROM offerengine.%I WHERE %s', f.v, f.filter), f.role), '<=', f.most,
              format('%s: %s WHERE %s', f.role, f.v, f.filter))
  FROM (SELECT v, r.role, c.filter, c.most
          FROM unnest('{order_line_overview,merchant_order}'::text[]) v, (VALUES ('op_operator'::name), ('op_merchant')) AS r (role),
               (VALUES ('customer_reference = ''op-c7''', 80::numeric), ('order_reference = ''op-r7''', 20),
                       ('customer_reference = ''op-c7'' AND order_id = ''00000000-0000-7000-8000-000000000007''', 20)) AS c (filter, most)
        UNION ALL
        SELECT 'order_line_overview', 'op_operator', 'offer_reference = ''op-o3''', 200
        UNION ALL
        SELECT v, 'op_operator', 'merchant_reference = ''op-m4''', 2500 FROM unnest('{order_line_overview,merchant_order}'::text[]) v) AS f;
-- What is read is there.
SELECT ok((SELECT count(*) FROM offerengine.order_line_overview v WHERE v.customer_reference = 'op-c7') = 15
          AND (SELECT sum(v.lines) FROM offerengine.merchant_order v WHERE v.merchant_reference = 'op-m4') = 300, 'the parts');

SELECT is((SELECT count(*) FROM offerengine.merchant_order v WHERE v.order_reference = 'op-r7'), 3::bigint, 'an order of three merchants');

SELECT * FROM finish();
ROLLBACK;
