-- Reports of many subscriptions: what each period costs is what the rule says of it alone, and what a report starts does not grow with
-- the periods of a subscription; scans are counted, those of functions, too.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(20);

-- 400 subscriptions of all days to come and gone, in currencies, countries and both price modes, of one or two steps, with and without
-- an amount fixed, by sheets of 20 rows for everywhere and for segments; a store whose day is another one.
SELECT setseed(0.75) \g /dev/null
SET LOCAL session_replication_role = replica;
INSERT INTO offerengine.store (store_code, name, time_zone) VALUES ('wp-1', 'One', 'Pacific/Auckland'), ('wp-2', 'Two', 'America/New_York');
INSERT INTO offerengine.merchant (merchant_id, merchant_reference, name, approval_status) VALUES (9200000000, 'wp-m', 'Merchant', 'approved');
INSERT INTO offerengine.abstract_product (abstract_product_id, abstract_sku) VALUES (9200000000, 'wp-a');
INSERT INTO offerengine.product (product_id, sku, abstract_product_id) VALUES (9200000000, 'wp-p', 9200000000);
INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id, offer_type, approval_status)
SELECT 9200000000 + n, 'wp-o' || n, 9200000000, 9200000000, 'subscription', 'approved' FROM generate_series(0, 4) n;
INSERT INTO offerengine.price_segment (price_segment_id, code, priority)
SELECT 9200000000 + n, 'wp-' || n, 1 + n % 2 FROM generate_series(1, 4) n;
INSERT INTO offerengine.price_segment_country
SELECT 9200000000 + n, c FROM generate_series(1, 4) n, unnest('{DE,FR,CH,AT,US}'::text[]) WITH ORDINALITY c (c, k) WHERE (n * 3 + k) % 4 < 2;
INSERT INTO offerengine.price_sheet (price_sheet_id, code) SELECT 9200000000 + n, 'wp-' || n FROM generate_series(0, 9) n;
INSERT INTO offerengine.price_sheet_price (price_sheet_id, price_segment_id, currency_code, net_amount, gross_amount, valid_from,
                                           valid_from_existing)
SELECT 9200000000 + n % 9, CASE WHEN n % 2 = 0 THEN 9200000001 + (random() * 3)::integer END,
       (ARRAY['EUR', 'JPY'])[1 + (random() < 0.3)::integer],
       CASE WHEN n % 5 <> 1 THEN 100 + n END, CASE WHEN n % 5 <> 2 THEN 1000 + n END, d.day,
       CASE WHEN random() < 0.6 THEN d.day + (random() * 300)::integer END
  FROM generate_series(1, 200) n
 CROSS JOIN LATERAL (SELECT current_date - 700 + (random() * 800)::integer + n * 0 AS day) d
ON CONFLICT DO NOTHING;
CREATE FUNCTION pg_temp.subscribe(first integer, last integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO offerengine.subscription (customer_reference, subscription_id, offer_id, chain_id, store_code, currency_code, country_code,
                                          price_mode, quantity, purchased_on, anchor_on, starts_on, ends_on, is_ignored)
    SELECT 'wp-c' || n / 2, md5('wp' || n)::uuid, 9200000000 + n % 5, md5('wp' || n)::uuid, 'wp-' || 1 + n % 2,
           (ARRAY['EUR', 'EUR', 'JPY'])[1 + (random() * 2)::integer], (ARRAY['DE', 'FR', 'CH', 'AT', 'US', NULL])[1 + n % 6],
           (ARRAY['net', 'gross'])[1 + n % 7 % 2], 1 + n % 3, d.day - (random() * 20)::integer, d.day, d.day,
           CASE WHEN random() < 0.4 THEN d.day + (random() * 400)::integer END, n % 20 = 19
      FROM generate_series(first, last) n
     CROSS JOIN LATERAL (SELECT current_date - 600 + (random() * 650)::integer + n * 0 AS day) d;
    INSERT INTO offerengine.subscription_step (customer_reference, subscription_id, step_no, anchor_on, starts_on, ends_on, term,
                                               accounting_period, cancellation_notice, price_sheet_id, amount)
    SELECT s.customer_reference, s.subscription_id, k, d.day, d.day, CASE WHEN k = 1 AND n % 3 = 0 THEN s.starts_on + 84 END, '1 month',
           (ARRAY['1 month', '7 days', '28 days'])[1 + (n + k) % 3]::interval, '0', 9200000000 + (n + k) % 10,
           CASE WHEN n % 4 <> 1 THEN 50000 + n END
      FROM generate_series(first, last) n
      JOIN offerengine.subscription s ON s.customer_reference = 'wp-c' || n / 2 AND s.subscription_id = md5('wp' || n)::uuid
     CROSS JOIN generate_series(1, 2) k
     CROSS JOIN LATERAL (SELECT s.starts_on + CASE k WHEN 2 THEN 84 ELSE 0 END AS day) d
     WHERE k = 1 OR n % 3 = 0;
    INSERT INTO offerengine.subscription_quantity
    SELECT s.customer_reference, s.subscription_id, s.starts_on + k * 30 + n % 9, 1 + (n + k) % 5
      FROM generate_series(first, last, 3) n
      JOIN offerengine.subscription s ON s.customer_reference = 'wp-c' || n / 2 AND s.subscription_id = md5('wp' || n)::uuid
     CROSS JOIN generate_series(0, 2) k;
$$;
SELECT pg_temp.subscribe(1, 400) \g /dev/null
SET LOCAL session_replication_role = origin;
\ir ../include/compact.psql

-- The rule, written down once more for one period: first day of the subscription's step, day on which the period begins.
CREATE FUNCTION pg_temp.costs(s offerengine.subscription, t offerengine.subscription_step, period_start date) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    cost bigint;
BEGIN
    WITH newest AS (
        SELECT DISTINCT ON (p.price_segment_id) p.price_segment_id, CASE s.price_mode WHEN 'net' THEN p.net_amount ELSE p.gross_amount END AS amount
          FROM offerengine.price_sheet_price p
         WHERE p.price_sheet_id = t.price_sheet_id AND p.currency_code = s.currency_code AND p.valid_from_existing > s.purchased_on
           AND p.valid_from_existing <= period_start AND CASE s.price_mode WHEN 'net' THEN p.net_amount ELSE p.gross_amount END IS NOT NULL
         ORDER BY p.price_segment_id, p.valid_from_existing DESC, p.valid_from DESC)
    SELECT n.amount INTO cost
      FROM newest n LEFT JOIN offerengine.price_segment g USING (price_segment_id)
     WHERE n.price_segment_id IS NULL
        OR s.country_code IN (SELECT c.country_code FROM offerengine.price_segment_country c WHERE c.price_segment_id = n.price_segment_id)
     ORDER BY g.priority NULLS LAST, g.price_segment_id LIMIT 1;
    IF cost IS NOT NULL OR t.amount IS NOT NULL THEN
        RETURN coalesce(cost, t.amount);
    END IF;
    WITH newest AS (
        SELECT DISTINCT ON (p.price_segment_id) p.price_segment_id, CASE s.price_mode WHEN 'net' THEN p.net_amount ELSE p.gross_amount END AS amount
          FROM offerengine.price_sheet_price p
         WHERE p.price_sheet_id = t.price_sheet_id AND p.currency_code = s.currency_code AND p.valid_from <= s.starts_on
         ORDER BY p.price_segment_id, p.valid_from DESC)
    SELECT n.amount INTO cost
      FROM newest n LEFT JOIN offerengine.price_segment g USING (price_segment_id)
     WHERE n.price_segment_id IS NULL
        OR s.country_code IN (SELECT c.country_code FROM offerengine.price_segment_country c WHERE c.price_segment_id = n.price_segment_id)
     ORDER BY g.priority NULLS LAST, g.price_segment_id LIMIT 1;
    RETURN cost;
END
$$;
-- Every day on which a period begins, by walking from day to day.
CREATE TEMP TABLE walked AS
SELECT s.customer_reference, s.subscription_id, d::date AS period_start, pg_temp.costs(s, t, d::date) AS amount,
       coalesce((SELECT q.quantity FROM offerengine.subscription_quantity q
                  WHERE q.subscription_id = s.subscription_id AND q.effective_on <= d ORDER BY q.effective_on DESC LIMIT 1), s.quantity) AS quantity
  FROM offerengine.subscription s
  JOIN offerengine.subscription_step t USING (customer_reference, subscription_id)
  JOIN offerengine.store st USING (store_code)
 CROSS JOIN generate_series(t.starts_on, least(t.ends_on - 1, s.ends_on - 1, (now() AT TIME ZONE st.time_zone)::date), interval '1 day') d
 WHERE s.customer_reference LIKE 'wp-%' AND NOT s.is_ignored
   AND lower(offerengine.period_containing(t.anchor_on, t.accounting_period, d::date)) = d;
SELECT cmp_ok((SELECT count(DISTINCT w.amount) FROM walked w), '>', 100::bigint, 'prices that differ');
SELECT cmp_ok((SELECT count(*) FROM (SELECT FROM walked w WHERE w.amount < 50000 GROUP BY w.subscription_id HAVING count(DISTINCT w.amount) > 1) c), '>', 30::bigint,
              '... also within a subscription');
SELECT bag_eq(
    $$SELECT b.customer_reference, b.subscription_id, b.period_start, b.unit_amount, b.quantity FROM offerengine.billing_period b
       WHERE b.customer_reference LIKE 'wp-%'$$,
    $$SELECT * FROM walked$$, 'billing_period: every period, and what each costs');
SELECT bag_eq(
    $$SELECT b.customer_reference, b.subscription_id, lower(b.period), b.amount, b.quantity
        FROM offerengine.billing_schedule(current_date - 300, current_date - 100) b WHERE b.customer_reference LIKE 'wp-%'$$,
    $$SELECT * FROM walked w WHERE w.period_start >= current_date - 300 AND w.period_start < current_date - 100$$,
    'billing_schedule: those that begin on its days');
SELECT bag_eq(
    $$SELECT o.subscription_id, o.unit_amount, o.quantity FROM offerengine.subscription_overview o WHERE o.customer_reference LIKE 'wp-%'$$,
    $$SELECT s.subscription_id, a.amount, offerengine_internal.quantity_on(s.customer_reference, s.subscription_id, d.today)
        FROM offerengine.subscription s JOIN offerengine.store st USING (store_code)
       CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE st.time_zone)::date AS today) d
       CROSS JOIN LATERAL offerengine_internal.period_amount(s.customer_reference, s.subscription_id, d.today) a
       WHERE s.customer_reference LIKE 'wp-%'$$,
    'subscription_overview: what period_amount says of today');
SELECT is_empty(
    $$SELECT w.* FROM walked w, offerengine_internal.period_amount(w.customer_reference, w.subscription_id, w.period_start) a
       WHERE a.amount IS DISTINCT FROM w.amount$$,
    'period_amount: the same of each day on which one begins');

-- Marked: every third, some with a piece more, some on days on which none begins.
SET LOCAL session_replication_role = replica;
INSERT INTO offerengine.subscription_invoice (customer_reference, subscription_id, period_start, invoice_reference, amount, quantity)
SELECT w.customer_reference, w.subscription_id, w.period_start + (n % 40 / 39)::integer, 'wp-' || n, coalesce(w.amount, 7) + n % 2, w.quantity + (n % 5 / 4)::integer
  FROM (SELECT *, row_number() OVER (ORDER BY subscription_id, period_start) AS n FROM walked) w WHERE n % 3 = 0
ON CONFLICT DO NOTHING;
INSERT INTO offerengine.subscription_settlement (customer_reference, subscription_id, period_start, invoice_reference, amount)
SELECT i.customer_reference, i.subscription_id, i.period_start, 'wp-s' || k, -1 - k FROM offerengine.subscription_invoice i, generate_series(0, 1) k
 WHERE i.customer_reference LIKE 'wp-%' AND right(i.invoice_reference, 1) IN ('1', '5');
SET LOCAL session_replication_role = origin;
SELECT bag_eq(
    $$SELECT d.subscription_id, d.period_start, d.due_amount, d.difference, d.settled_amount FROM offerengine.billing_difference d
       WHERE d.customer_reference LIKE 'wp-%'$$,
    $$SELECT i.subscription_id, i.period_start, due.amount AS due_amount, due.amount - i.amount * i.quantity - settled.amount AS difference,
             settled.amount AS settled_amount
        FROM offerengine.subscription_invoice i
        LEFT JOIN walked w USING (subscription_id, period_start)
       CROSS JOIN LATERAL (SELECT CASE WHEN w.subscription_id IS NULL THEN 0 ELSE w.amount * w.quantity END AS amount) due
       CROSS JOIN LATERAL (SELECT coalesce(sum(t.amount), 0)::bigint AS amount FROM offerengine.subscription_settlement t
                            WHERE t.subscription_id = i.subscription_id AND t.period_start = i.period_start) settled
       WHERE i.customer_reference LIKE 'wp-%' AND due.amount - i.amount * i.quantity - settled.amount IS DISTINCT FROM 0$$,
    'billing_difference: what the walk says, less what was invoiced and settled');

-- Scans that were started, by the counters of the transaction, which count those of functions as well.
CREATE FUNCTION pg_temp.scans(query text, of_tables text DEFAULT '%') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
    counted CONSTANT text := $c$SELECT sum(coalesce(t.seq_scan, 0) + coalesce(t.idx_scan, 0)) FROM pg_catalog.pg_stat_xact_user_tables t
                                 WHERE t.schemaname = 'offerengine' AND t.relname LIKE $1$c$;
    after bigint;
BEGIN
    EXECUTE counted INTO before USING of_tables;
    EXECUTE format('SELECT count(q) FROM (%s) q', query);
    EXECUTE counted INTO after USING of_tables;
    RETURN after - before;
END
$$;
-- 400 subscriptions of one step and one part, which have begun: of 10 periods, then of 40.
SET LOCAL session_replication_role = replica;
DELETE FROM offerengine.subscription_invoice i WHERE i.customer_reference LIKE 'wp-%';
DELETE FROM offerengine.subscription_settlement t WHERE t.customer_reference LIKE 'wp-%';
DELETE FROM offerengine.subscription_step t WHERE t.customer_reference LIKE 'wp-%' AND t.step_no = 2;
UPDATE offerengine.subscription s SET ends_on = NULL, is_ignored = false, starts_on = current_date - 65, anchor_on = current_date - 65
 WHERE s.customer_reference LIKE 'wp-%';
UPDATE offerengine.subscription_step t SET ends_on = NULL, accounting_period = '7 days', price_sheet_id = 9200000009, amount = 100,
                                           starts_on = current_date - 65, anchor_on = current_date - 65
 WHERE t.customer_reference LIKE 'wp-%';
\ir ../include/compact.psql
CREATE TEMP TABLE measured AS
SELECT 10 AS periods, (SELECT count(*) FROM offerengine.billing_period b WHERE b.customer_reference LIKE 'wp-%') AS rows,
       pg_temp.scans('SELECT b FROM offerengine.billing_period b') AS billing_period,
       pg_temp.scans('SELECT b FROM offerengine.billing_schedule(current_date - 400, current_date + 1) b') AS billing_schedule,
       pg_temp.scans('SELECT b FROM offerengine.subscription_overview b') AS subscription_overview;
UPDATE offerengine.subscription s SET starts_on = current_date - 275, anchor_on = current_date - 275 WHERE s.customer_reference LIKE 'wp-%';
UPDATE offerengine.subscription_step t SET starts_on = current_date - 275, anchor_on = current_date - 275 WHERE t.customer_reference LIKE 'wp-%';
\ir ../include/compact.psql
INSERT INTO measured
SELECT 40, (SELECT count(*) FROM offerengine.billing_period b WHERE b.customer_reference LIKE 'wp-%'),
       pg_temp.scans('SELECT b FROM offerengine.billing_period b'),
       pg_temp.scans('SELECT b FROM offerengine.billing_schedule(current_date - 400, current_date + 1) b'),
       pg_temp.scans('SELECT b FROM offerengine.subscription_overview b');
SELECT cmp_ok((SELECT max(m.rows) FROM measured m), '>=', 3 * (SELECT min(m.rows) FROM measured m), 'four times the periods');
SELECT cmp_ok((SELECT max(m.billing_period) FROM measured m), '<=', 1000::bigint, 'billing_period starts a scan for a step, not for a period');
SELECT cmp_ok((SELECT max(m.billing_schedule) FROM measured m), '<=', 1000::bigint, 'billing_schedule likewise');
SELECT cmp_ok((SELECT max(m.subscription_overview) FROM measured m), '<=', 1500::bigint, 'subscription_overview starts three for a subscription at most');
-- All of them raised five times by one sheet: its rows are gathered once, and today's period of each is looked for once.
SET LOCAL session_replication_role = replica;
INSERT INTO offerengine.price_sheet_price (price_sheet_id, currency_code, net_amount, gross_amount, valid_from, valid_from_existing)
SELECT 9200000009, c, 200 + n, 300 + n, current_date - 100 - n, current_date - 50 + 10 * n
  FROM generate_series(1, 5) n, unnest('{EUR,JPY}'::text[]) c;
UPDATE offerengine.subscription s SET purchased_on = current_date - 300 - abs(hashtext(s.subscription_id::text)) % 1000 WHERE s.customer_reference LIKE 'wp-%';
SET LOCAL session_replication_role = origin;
\ir ../include/compact.psql
SET LOCAL track_functions = 'all';
CREATE TEMP TABLE raised AS
SELECT pg_temp.scans('SELECT b FROM offerengine.billing_period b', 'price_s%') AS billing_period,
       pg_temp.scans('SELECT b FROM offerengine.billing_schedule(current_date - 400, current_date + 1) b', 'price_s%') AS billing_schedule,
       pg_stat_get_xact_function_calls('offerengine.period_containing'::regproc) AS calls_before,
       pg_temp.scans('SELECT b FROM offerengine.subscription_overview b', 'price_s%') AS subscription_overview,
       pg_stat_get_xact_function_calls('offerengine.period_containing'::regproc) AS calls_after;
SET LOCAL track_functions = 'none';
SELECT is_empty($$SELECT o.unit_amount FROM offerengine.subscription_overview o
                   WHERE o.customer_reference LIKE 'wp-%' AND o.unit_amount NOT IN (204, 304, 205, 305)$$, 'what the raise before today, or of today, asks');
SELECT is_empty($$SELECT * FROM raised r WHERE greatest(r.billing_period, r.billing_schedule, r.subscription_overview) > 20$$,
                'sheets and segments are not scanned for each subscription');
SELECT cmp_ok((SELECT r.calls_after - coalesce(r.calls_before, 0) FROM raised r), '>=', 400::bigint, 'today''s period is looked for');
SELECT cmp_ok((SELECT r.calls_after - coalesce(r.calls_before, 0) FROM raised r), '<=', 400::bigint, '... once for each');
SET LOCAL session_replication_role = replica;
DELETE FROM offerengine.price_sheet_price p WHERE p.price_sheet_id = 9200000009;
-- Invoices: 4,000, then 16,000 of the same subscriptions.
INSERT INTO offerengine.subscription_invoice (customer_reference, subscription_id, period_start, invoice_reference, amount, quantity)
SELECT b.customer_reference, b.subscription_id, b.period_start, 'wp', 99, 1 FROM offerengine.billing_period b
 WHERE b.customer_reference LIKE 'wp-%' AND b.period_start < current_date - 208;
\ir ../include/compact.psql
CREATE TEMP TABLE differing AS
SELECT (SELECT count(*) FROM offerengine.billing_difference d WHERE d.customer_reference LIKE 'wp-%') AS rows,
       pg_temp.scans('SELECT d FROM offerengine.billing_difference d') AS scans;
INSERT INTO offerengine.subscription_invoice (customer_reference, subscription_id, period_start, invoice_reference, amount, quantity)
SELECT b.customer_reference, b.subscription_id, b.period_start, 'wp', 99, 1 FROM offerengine.billing_period b
 WHERE b.customer_reference LIKE 'wp-%' AND NOT b.is_invoiced;
\ir ../include/compact.psql
INSERT INTO differing
SELECT (SELECT count(*) FROM offerengine.billing_difference d WHERE d.customer_reference LIKE 'wp-%'),
       pg_temp.scans('SELECT d FROM offerengine.billing_difference d');
SELECT is((SELECT array_agg(d.rows ORDER BY d.rows) FROM differing d), '{4000,16000}', 'four times the invoices');
SELECT cmp_ok((SELECT max(d.scans) FROM differing d), '<=', 1000::bigint, 'billing_difference starts a scan for a step, not for an invoice');

-- One customer among 200 and among 800.
CREATE FUNCTION pg_temp.of_customer(reference text) RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(pg_temp.scans(format('SELECT b FROM offerengine.%I b WHERE b.customer_reference = %L', v, reference)))
      FROM unnest('{billing_period,billing_difference,subscription_overview}'::text[]) v
$$;
CREATE FUNCTION pg_temp.visited(reference text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    plan jsonb;
    view text;
    rows numeric := 0;
BEGIN
    FOREACH view IN ARRAY '{billing_period,billing_difference,subscription_overview}'::text[] LOOP
        EXECUTE format('EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) SELECT * FROM offerengine.%I WHERE customer_reference = %L', view, reference) INTO plan;
        rows := rows + (SELECT sum((n.node ->> 'Actual Loops')::numeric * ((n.node ->> 'Actual Rows')::numeric
                                   + coalesce((n.node ->> 'Rows Removed by Filter')::numeric, 0)))
                          FROM jsonb_path_query(plan, 'strict $.**') n (node)
                         WHERE jsonb_typeof(n.node) = 'object' AND n.node ->> 'Relation Name' LIKE 'subscription%');
    END LOOP;
    RETURN rows;
END
$$;
CREATE TEMP TABLE one_customer AS SELECT pg_temp.of_customer('wp-c7') AS scans, pg_temp.visited('wp-c7') AS rows;
SELECT pg_temp.subscribe(401, 1600) \g /dev/null
SET LOCAL session_replication_role = origin;
\ir ../include/compact.psql
SELECT cmp_ok(pg_temp.visited('wp-c7'), '<=', (SELECT o.rows + 50 FROM one_customer o), 'a customer''s rows cost the same among four times as many');
SELECT cmp_ok((SELECT o.rows FROM one_customer o), '<=', 800::numeric, '... which are few');
SELECT cmp_ok(pg_temp.of_customer('wp-c7'), '<=', (SELECT o.scans + 20 FROM one_customer o), '... as are the scans');

SELECT * FROM finish();
ROLLBACK;
