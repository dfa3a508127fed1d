-- Random lives, each erased: nothing of the person is left in any column of any table, whatever was done, reports have the sums that
-- they had, and everything is healthy. Some are erased when nothing is open any more, others whatever is.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/person.psql
SELECT plan(9);

\ir ../include/seed.psql
CREATE TEMP TABLE life AS SELECT n, 'person-' || n || '@example' AS customer, NULL::text AS outcome FROM generate_series(1, 20) AS n;
SELECT sum(pg_temp.random_life(l.customer, l.n, 17)) AS done FROM life l \gset
SELECT cmp_ok(:done::integer, '>', 120, 'much is done');

-- Sums of reports, and what stock has and holds but for carts.
CREATE TEMP VIEW sums AS
SELECT jsonb_build_object('lines', (SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT o.merchant_reference, o.offer_reference, o.order_type, sum(o.quantity), sum(o.line_amount), sum(o.quantity_open), sum(o.cancelled_amount), sum(o.returned_amount)
                                                                          FROM offerengine.order_line_overview o GROUP BY 1, 2, 3 ORDER BY 1, 2, 3) AS x),
    'orders', (SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT m.merchant_reference, m.status, count(*) FROM offerengine.merchant_order m GROUP BY 1, 2 ORDER BY 1, 2) AS x),
    'subscriptions', (SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT s.offer_reference, s.status, sum(s.quantity), sum(s.unit_amount), min(s.starts_on), max(s.ends_on) FROM offerengine.subscription_overview s GROUP BY 1, 2 ORDER BY 1, 2) AS x),
    'conversions', (SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT r.sales_rule, r.state, count(*) FROM offerengine.rule_conversion r GROUP BY 1, 2 ORDER BY 1, 2) AS x),
    'billing', (SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT b.offer_reference, b.is_invoiced, sum(b.total_amount), count(*) FROM offerengine.billing_period b GROUP BY 1, 2 ORDER BY 1, 2) AS x),
    'differences', (SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT count(*), sum(d.difference), sum(d.invoiced_amount) FROM offerengine.billing_difference d) AS x),
    'schedule', (SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT b.offer_reference, sum(b.line_amount), count(*) FROM offerengine.billing_schedule('2025-01-01', '2030-01-01') b GROUP BY 1 ORDER BY 1) AS x),
    'delivery', (SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT d.offer_reference, sum(d.quantity) FROM offerengine.delivery_list(current_date) d GROUP BY 1 ORDER BY 1) AS x),
    'rules', (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.title) FROM offerengine.sales_rule_overview r),
    'stock', (SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT s.offer_id, s.warehouse_id, s.quantity FROM offerengine.offer_stock s ORDER BY 1, 2) AS x),
    'points', (SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT e.kind, sum(e.points), count(*) FROM offerengine.loyalty_entry e GROUP BY 1 ORDER BY 1) AS x),
    'balances', (SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT m.state, sum(offerengine.loyalty_balance(m.customer_reference)) FROM offerengine.loyalty_member m GROUP BY 1 ORDER BY 1) AS x),
    'sent', (SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT t.send_as, count(*), sum(length(t.payload #>> '{lines}')) FROM offerengine.loyalty_sent_order t GROUP BY 1 ORDER BY 1) AS x),
    'held', (SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT h.offer_id, h.warehouse_id, sum(h.quantity - h.shipped) FROM offerengine.stock_hold h WHERE h.state = 'confirmed' GROUP BY 1, 2 ORDER BY 1, 2) AS x)) AS said;
CREATE TEMP TABLE sums_before AS TABLE sums;
SELECT cmp_ok((SELECT count(*) FROM pg_temp.found('SECRET', 'person-')), '>=', 20::bigint, 'in many columns');

-- First whoever has nothing open, then the others.
CREATE FUNCTION pg_temp.erase(customer text, n integer, even boolean) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (offerengine.customer_erase(customer, 'p-' || n, even)).orders || ' orders';
EXCEPTION WHEN SQLSTATE 'OE100' OR SQLSTATE 'OE102' THEN
    RETURN SQLSTATE;
END
$$;
-- Some settle everything first.
SELECT offerengine.billing_mark(b.customer_reference, b.subscription_id, b.period_start, 'J-' || row_number() OVER (), b.order_id, b.line_no)
  FROM offerengine.billing_period b JOIN life l ON l.customer = b.customer_reference AND l.n % 2 = 0 WHERE NOT b.is_invoiced AND b.unit_amount IS NOT NULL \g /dev/null
SELECT offerengine.billing_settle(d.customer_reference, d.subscription_id, d.period_start, d.difference, 'K-' || row_number() OVER (), d.order_id, d.line_no)
  FROM offerengine.billing_difference d JOIN life l ON l.customer = d.customer_reference AND l.n % 2 = 0 \g /dev/null
UPDATE sums_before SET said = (SELECT s.said FROM sums s);
UPDATE life SET outcome = pg_temp.erase(customer, n, false);
SELECT is((SELECT array_agg(l.customer) FROM life l WHERE (l.outcome = 'OE102') <> EXISTS (SELECT FROM offerengine_internal.open_business(l.customer))), NULL, 'refused is who has something open; SEED=' || :'seed');
UPDATE life SET outcome = pg_temp.erase(customer, n, true) WHERE outcome = 'OE102';
SELECT is((SELECT count(*) FROM life l WHERE l.outcome LIKE '%orders'), 20::bigint, 'all are erased; SEED=' || :'seed');
SELECT is_empty($$ SELECT * FROM pg_temp.found('SECRET', 'person-') $$, 'nothing is left of any of them; SEED=' || :'seed');
SELECT is((SELECT s.said FROM sums s), (SELECT b.said FROM sums_before b), 'reports have the sums that they had; SEED=' || :'seed');
SELECT is_empty($$ SELECT h.check_name, h.detail FROM offerengine.health_check() AS h WHERE NOT h.ok AND h.severity = 'error' $$, 'and healthy; SEED=' || :'seed');
SELECT is((SELECT count(*) FROM offerengine.customer_timeline t), 20::bigint, 'as many customers as pseudonyms');
-- A pseudonym has an export as any customer has, without a word.
SELECT is((SELECT count(*) FROM life l, offerengine.customer_export('p-' || l.n) AS e WHERE e::text ~ 'SECRET|person-|example'), 0::bigint, 'their exports tell nothing');

SELECT * FROM finish();
ROLLBACK;
