-- Whole reports of a random catalogue: they answer what is asked one by one, by plans that read tables as a whole rather than look
-- up row by row: started scans are counted.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL offerengine.fast_path = on;
SELECT plan(29);

-- 600 offers of 120 products and 40 merchants in two stores; some 6,000 prices of abstract products, products, offers and contracts,
-- with and without windows, tiers with and without a base; amounts in currencies of no, two and three digits.
SELECT setseed(0.25) \g /dev/null
SET LOCAL session_replication_role = replica;
INSERT INTO offerengine.store (store_code, name, price_inheritance)
VALUES ('wh-1', 'One', 'all_or_nothing'), ('wh-2', 'Two', 'per_type');
INSERT INTO offerengine.store_currency
SELECT s, c, c = 'EUR' FROM unnest('{wh-1,wh-2}'::text[]) s, unnest('{EUR,JPY}'::text[]) c;
INSERT INTO offerengine.merchant (merchant_id, merchant_reference, name, approval_status, is_active)
SELECT 9100000000 + n, 'wh-m' || n, 'Merchant', CASE WHEN n % 20 = 7 THEN 'waiting_for_approval' ELSE 'approved' END, n % 20 <> 9
  FROM generate_series(1, 40) n;
INSERT INTO offerengine.merchant_relationship (merchant_relationship_id, relationship_key, merchant_id)
SELECT 9100000000 + n, 'wh-r' || n, 9100000000 + n FROM generate_series(1, 40) n;
INSERT INTO offerengine.abstract_product (abstract_product_id, abstract_sku)
SELECT 9100000000 + n, 'wh-a' || n FROM generate_series(1, 60) n;
INSERT INTO offerengine.abstract_product_store
SELECT 9100000000 + n, s FROM generate_series(1, 60) n, unnest('{wh-1,wh-2}'::text[]) s WHERE n % 15 <> 0 OR s = 'wh-1';
INSERT INTO offerengine.product (product_id, sku, abstract_product_id)
SELECT 9100000000 + n, 'wh-p' || n, 9100000001 + n % 60 FROM generate_series(1, 120) n;
INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id, approval_status, is_active)
SELECT 9100000000 + n, 'wh-o' || n, 9100000001 + n % 120, 9100000001 + n % 40,
       (ARRAY['waiting_for_approval', 'denied', 'approved'])[least(n % 30 + 1, 3)], n % 25 <> 3
  FROM generate_series(1, 600) n;
-- Sheets: one that has what the others lack.
INSERT INTO offerengine.price_sheet (price_sheet_id, code) VALUES (9100000001, 'wh-both'), (9100000002, 'wh-gross'), (9100000003, 'wh-JPY');
INSERT INTO offerengine.price_sheet_price (price_sheet_id, currency_code, net_amount, gross_amount, valid_from)
VALUES (9100000001, 'EUR', 500, 600, '2001-01-01'), (9100000001, 'JPY', 70000, 80000, '2001-01-01'),
       (9100000002, 'EUR', NULL, 700, '2001-01-01'), (9100000003, 'JPY', 90000, NULL, '2001-01-01');
UPDATE offerengine.offer SET price_sheet_id = 9100000001 + offer_id / 40 % 3 WHERE offer_id > 9100000000 AND offer_id % 40 = 13;
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT 9100000000 + n, s FROM generate_series(1, 600) n, unnest('{wh-1,wh-2}'::text[]) s WHERE n % 7 <> 0 OR s = 'wh-1';
UPDATE offerengine.offer_store os
   SET shown_from = e.shown_from, shown_to = e.shown_to, product_id = e.product_id,
       abstract_product_id = e.abstract_product_id, merchant_id = e.merchant_id, sku = e.sku,
       offer_reference = e.offer_reference, title = e.title, offer_type = e.offer_type, management = e.management,
       price_sheet_id = e.price_sheet_id
  FROM offerengine_internal.offer_store_expected e
 WHERE e.offer_id = os.offer_id AND e.store_code = os.store_code AND os.store_code LIKE 'wh-%';
CREATE TEMP TABLE drawn AS
SELECT d.owner, 1 + (random() * 599)::integer AS n, (ARRAY['wh-1', 'wh-2'])[1 + (random() < 0.5)::integer] AS store_code,
       (ARRAY['EUR', 'EUR', 'JPY', 'KWD'])[1 + (random() * 3)::integer] AS currency_code,
       CASE WHEN random() < 0.8 THEN 'DEFAULT' ELSE 'ORIGINAL' END AS price_type,
       CASE WHEN random() < 0.7 THEN 1 ELSE 10 END AS min_quantity, random() < 0.1 AS is_contract,
       CASE WHEN random() < 0.5 THEN '-infinity' ELSE timestamptz '2020-01-01 UTC' + make_interval(years => (random() * 9)::integer)
       END AS valid_from,
       CASE WHEN random() < 0.5 THEN 'infinity' ELSE timestamptz '2024-06-01 UTC' + make_interval(years => (random() * 9)::integer)
       END AS valid_to,
       CASE WHEN random() < 0.3 THEN NULL ELSE (random() * 100000)::bigint END AS net_amount
  FROM (SELECT CASE WHEN g % 10 = 0 THEN 'abstract_product' WHEN g % 5 = 0 THEN 'product' ELSE 'offer' END AS owner
          FROM generate_series(1, 8000) g) d;
INSERT INTO offerengine.price (abstract_product_id, product_id, offer_id, merchant_relationship_id, store_code, currency_code, price_type,
                               min_quantity, net_amount, gross_amount, valid_from, valid_to)
SELECT CASE WHEN d.owner = 'abstract_product' THEN 9100000001 + d.n % 60 END,
       CASE WHEN d.owner <> 'abstract_product' THEN 9100000001 + d.n % 120 END,
       CASE WHEN d.owner = 'offer' THEN 9100000000 + d.n END,
       CASE WHEN d.is_contract THEN 9100000001 + d.n % 40 END,
       d.store_code, d.currency_code, d.price_type, d.min_quantity, d.net_amount,
       CASE WHEN d.net_amount IS NULL OR random() < 0.8 THEN (random() * 100000)::bigint END, d.valid_from, d.valid_to
  FROM drawn d
 WHERE d.valid_from < d.valid_to
   -- Some offers have none of their own.
   AND (d.owner <> 'offer' OR d.n % 6 <> 0)
ON CONFLICT DO NOTHING;
-- Every third row said something else once, every ninth twice, some at one instant.
INSERT INTO offerengine.price_history (price_id, abstract_product_id, product_id, offer_id, merchant_relationship_id, store_code,
    currency_code, price_type, min_quantity, net_amount, gross_amount, valid_from, valid_to, recorded_at, recorded_until, operation,
    changed_by)
SELECT p.price_id, p.abstract_product_id, p.product_id, p.offer_id, p.merchant_relationship_id, p.store_code,
       p.currency_code, p.price_type, p.min_quantity, p.net_amount, p.gross_amount, p.valid_from, p.valid_to, '-infinity',
       timestamptz '2022-01-01 UTC' + make_interval(years => k * (p.price_id % 5)::integer), 'update', 'postgres'
  FROM offerengine.price p, generate_series(0, 1) k
 WHERE p.store_code LIKE 'wh-%'
   AND p.price_id % 3 = 0
   AND (k = 0 OR p.price_id % 9 = 0);
-- Warehouses of the operator, of merchants, of both, and ones that serve nobody or are shut.
INSERT INTO offerengine.warehouse (warehouse_id, name, is_active) SELECT 9100000000 + n, 'wh-w' || n, n % 6 <> 5 FROM generate_series(1, 24) n;
INSERT INTO offerengine.warehouse_store SELECT 9100000000 + n, 'wh-' || 1 + n % 2 FROM generate_series(1, 8) n;
INSERT INTO offerengine.merchant_warehouse SELECT 9100000000 + m, 9100000001 + m % 24 FROM generate_series(1, 40) m WHERE m % 24 > 3;
INSERT INTO offerengine.merchant_store SELECT 9100000000 + m, 'wh-' || 1 + m % 2 FROM generate_series(1, 40) m WHERE m % 5 <> 0;
INSERT INTO offerengine.merchant_store SELECT 9100000000 + m, 'wh-' || 2 - m % 2 FROM generate_series(1, 40) m WHERE m % 7 = 0;
INSERT INTO offerengine.offer_stock
SELECT 9100000000 + n, 9100000001 + (n * 7 + k * 5) % 24, n % 50, n % 31 = 0, n % 4 * 1.5
  FROM generate_series(1, 600) n, generate_series(0, 1) k WHERE n % 10 <> 1 AND (k = 0 OR n % 3 = 0);
-- What is held: for good, for a while, and what has run out.
INSERT INTO offerengine.stock_hold (order_id, line_no, warehouse_id, offer_id, quantity, shipped, state, expires_at)
SELECT offerengine.uuid_v7(), 1, k.warehouse_id, k.offer_id, 2 + k.offer_id % 9, (h = 1)::integer, CASE h WHEN 1 THEN 'confirmed' ELSE 'held' END,
       now() + CASE WHEN h = 2 THEN interval '1 day' WHEN h = 3 THEN interval '-1 day' END
  FROM offerengine.offer_stock k, generate_series(1, 3) AS h WHERE k.offer_id > 9100000000 AND (k.offer_id + h) % 3 > 0;
INSERT INTO offerengine.stock_held (offer_id, warehouse_id, held, next_expiry)
SELECT h.offer_id, h.warehouse_id, sum(h.quantity - h.shipped), min(h.expires_at) FROM offerengine.stock_hold h
 WHERE h.offer_id > 9100000000 GROUP BY h.offer_id, h.warehouse_id;
SET LOCAL session_replication_role = origin;
\ir ../include/compact.psql
CREATE ROLE wh_merchant;
SELECT offerengine.grant_access('wh_merchant', 'merchant', 'wh-m4') \g /dev/null
SELECT cmp_ok((SELECT count(*) FROM offerengine.price p WHERE p.store_code LIKE 'wh-%'), '>', 4000::bigint, 'prices');

-- What an amount is worth.
SELECT results_eq(
    $$SELECT DISTINCT ON (c.exponent) c.exponent, (1099 * c.minor_unit)::text, (9223372036854775807 * c.minor_unit)::text,
             (0 * c.minor_unit)::text
        FROM offerengine.currency c WHERE c.exponent IN (0, 2, 3) ORDER BY c.exponent$$,
    $$VALUES (0, '1099', '9223372036854775807', '0'), (2, '10.99', '92233720368547758.07', '0.00'),
             (3, '1.099', '9223372036854775.807', '0.000')$$,
    'an amount times minor_unit has the digits of its currency');
SELECT is_empty(
    $$SELECT c.currency_code FROM offerengine.currency c, unnest('{0,1,1099,999999999999999999}'::bigint[]) a
       WHERE (a * c.minor_unit)::text <> round(a / power(10::numeric, c.exponent), c.exponent)::text$$,
    '... which is the amount through ten to the power of them, rounded');

-- Prices: one of those in effect, and what one interrupts, by the order of the contract, written down for one row at a time.
SELECT set_eq(
    $$SELECT l.price_id FROM offerengine.price_list l WHERE l.store_code LIKE 'wh-%'$$,
    $$SELECT DISTINCT ON (p.abstract_product_id, p.product_id, p.offer_id, p.merchant_relationship_id, p.store_code, p.currency_code,
                          p.price_type, p.min_quantity) p.price_id
        FROM offerengine.price p
       WHERE p.store_code LIKE 'wh-%' AND p.valid_from <= now() AND now() < p.valid_to
       ORDER BY p.abstract_product_id, p.product_id, p.offer_id, p.merchant_relationship_id, p.store_code, p.currency_code,
                p.price_type, p.min_quantity, p.valid_to = 'infinity', p.valid_from DESC, p.valid_to$$,
    'price_list: of each price the row that counts now');
CREATE TEMP VIEW version AS
SELECT v.*, lag(v.recorded_until) OVER (PARTITION BY v.price_id ORDER BY v.recorded_until, v.price_history_id) AS known_from
  FROM (SELECT p.price_id, 9223372036854775807 AS price_history_id, 'infinity'::timestamptz AS recorded_until, p.store_code,
               p.valid_from, p.valid_to FROM offerengine.price p
        UNION ALL
        SELECT h.price_id, h.price_history_id, h.recorded_until, h.store_code, h.valid_from, h.valid_to
          FROM offerengine.price_history h) v;
SELECT bag_eq(
    $$SELECT c.price_id, c.valid_from, c.valid_to FROM offerengine.price_calendar c WHERE c.store_code LIKE 'wh-%'$$,
    $$SELECT v.price_id, nullif(greatest(v.valid_from, v.known_from), '-infinity') AS valid_from,
             nullif(least(v.valid_to, v.recorded_until), 'infinity') AS valid_to
        FROM version v
       WHERE v.store_code LIKE 'wh-%' AND greatest(v.valid_from, v.known_from) < least(v.valid_to, v.recorded_until)$$,
    'price_calendar: each version counts from the one before until it was changed');
SELECT bag_eq(
    $$SELECT c.price_id, c.interrupts_price_id FROM offerengine.price_calendar c
       WHERE c.store_code LIKE 'wh-%' AND c.interrupts_price_id IS NOT NULL$$,
    $$SELECT DISTINCT ON (p.price_id) p.price_id, l.price_id AS interrupts_price_id
        FROM offerengine.price p
        JOIN offerengine.price l USING (store_code, currency_code, price_type, min_quantity)
       WHERE p.store_code LIKE 'wh-%'
         AND (p.abstract_product_id, p.product_id, p.offer_id, p.merchant_relationship_id)
             IS NOT DISTINCT FROM (l.abstract_product_id, l.product_id, l.offer_id, l.merchant_relationship_id)
         AND l.valid_from < p.valid_to AND p.valid_from < l.valid_to
         AND (p.valid_to = 'infinity', l.valid_from, p.valid_to) < (l.valid_to = 'infinity', p.valid_from, l.valid_to)
         AND EXISTS (SELECT FROM version v WHERE v.price_id = p.price_id AND v.recorded_until = 'infinity'
                        AND greatest(v.valid_from, v.known_from) < v.valid_to)
       ORDER BY p.price_id, greatest(l.valid_from, p.valid_from), l.valid_to = 'infinity', l.valid_from DESC, l.valid_to$$,
    'price_calendar: what a row interrupts');
SELECT set_eq(
    $$SELECT h.price_id, h.owner, h.offer_reference, h.sku, h.abstract_sku, h.merchant_reference, h.relationship_key, h.net_value,
             h.gross_value FROM offerengine_internal.price_history_reference h WHERE h.store_code LIKE 'wh-%'$$,
    $$SELECT p.price_id, p.owner, p.offer_reference, p.sku, p.abstract_sku, p.merchant_reference, p.relationship_key, p.net_value,
             p.gross_value FROM offerengine_internal.price_reference p WHERE p.store_code LIKE 'wh-%' AND p.price_id % 3 = 0$$,
    'a version that was has the references of one that stands');

SELECT set_eq(
    $$SELECT u.offer_reference, u.store_code, u.currency_code FROM offerengine.unpriced_offer u WHERE u.store_code LIKE 'wh-%'$$,
    $$SELECT v.offer_reference, v.store_code, c.currency_code
        FROM offerengine.visible_offer v
        JOIN offerengine.store_currency c ON c.store_code = v.store_code
       WHERE v.store_code LIKE 'wh-%'
         AND (offerengine.resolve_price(v.offer_reference, v.store_code, c.currency_code, 'gross')).reason = 'no_price'
         AND (offerengine.resolve_price(v.offer_reference, v.store_code, c.currency_code, 'net')).reason = 'no_price'$$,
    'unpriced_offer: what resolve_price finds no price for');
-- What was read of a product is kept between calls, not for longer than it is true: where PL/pgSQL asks, a place outlives statements.
CREATE FUNCTION pg_temp.asked_again() RETURNS text LANGUAGE plpgsql AS $test$
DECLARE
    answers text := '';
    w       offerengine_internal.offer_window;
BEGIN
    SELECT v.* INTO w FROM offerengine_internal.offer_window v
     WHERE v.store_code = 'wh-1' AND v.price_sheet_id IS NULL AND v.shown_from <= now() AND now() < v.shown_to
       AND (offerengine.resolve_price(v.offer_reference, v.store_code, 'EUR')).amount IS NOT NULL
     ORDER BY v.offer_id LIMIT 1;
    FOR i IN 1 .. 5 LOOP
        IF i = 4 THEN
            DELETE FROM offerengine.price p WHERE w.product_id = p.product_id OR w.abstract_product_id = p.abstract_product_id;
        END IF;
        answers := answers || left(offerengine_internal.report_is_priced(w.offer_reference, w.store_code, 'EUR', w.offer_id, w.product_id,
                                                                         w.abstract_product_id, false)::text, 1);
    END LOOP;
    RETURN answers;
END
$test$;
SAVEPOINT asked_again;
SELECT is(pg_temp.asked_again(), 'tttff', 'what is kept of a product is forgotten when its prices change');
ROLLBACK TO asked_again;
-- An offer costs a look-up, or what one of its siblings has cost.
CREATE FUNCTION pg_temp.look_ups(query text) RETURNS bigint LANGUAGE plpgsql AS $test$
DECLARE
    before bigint := pg_stat_get_xact_numscans('offerengine.price_product_key'::regclass);
BEGIN
    EXECUTE query;
    RETURN pg_stat_get_xact_numscans('offerengine.price_product_key'::regclass) - before;
END
$test$;
SELECT cmp_ok(pg_temp.look_ups('SELECT count(*) FROM offerengine.unpriced_offer'), '<=',
              (SELECT 5 * count(DISTINCT (v.sku, v.store_code, c.currency_code)) FROM offerengine.visible_offer v
                 JOIN offerengine.store_currency c ON c.store_code = v.store_code),
              'unpriced_offer looks at the prices of a product, not of each of its offers');

SELECT set_eq(
    $$SELECT r.store_code, r.currency_code, r.price_mode, r.sku, r.offer_reference, r.price_amount, r.place, r.offers
        FROM offerengine.product_offer_ranking r WHERE r.store_code LIKE 'wh-%'$$,
    $$SELECT c.store_code, c.currency_code, m.mode, d.sku, l.offer_reference, l.amount,
             CASE WHEN l.amount IS NOT NULL THEN row_number() OVER of_product END AS place,
             count(*) OVER (PARTITION BY c.store_code, c.currency_code, m.mode, d.sku) AS offers
        FROM offerengine.product d
       CROSS JOIN offerengine.store_currency c
       CROSS JOIN unnest('{gross,net}'::text[]) m (mode)
       CROSS JOIN LATERAL offerengine.list_offers(d.sku, c.store_code, c.currency_code, m.mode) l
       WHERE d.sku LIKE 'wh-%' AND c.store_code LIKE 'wh-%'
      WINDOW of_product AS (PARTITION BY c.store_code, c.currency_code, m.mode, d.sku
                            ORDER BY l.amount NULLS LAST, l.offer_reference COLLATE "C")$$,
    'product_offer_ranking: what list_offers answers, by price');
SELECT results_eq(
    $$SELECT DISTINCT s.code, r.currency_code, r.price_mode, r.price_amount
        FROM offerengine.product_offer_ranking r
        JOIN offerengine.offer o ON o.offer_reference = r.offer_reference
        JOIN offerengine.price_sheet s ON s.price_sheet_id = o.price_sheet_id
       WHERE s.code LIKE 'wh-%' ORDER BY 1, 2, 3$$,
    $$VALUES ('wh-JPY' COLLATE "C", 'EUR' COLLATE "C", 'gross' COLLATE "C", NULL::bigint), ('wh-JPY', 'EUR', 'net', NULL),
             ('wh-JPY', 'JPY', 'gross', NULL), ('wh-JPY', 'JPY', 'net', 90000),
             ('wh-both', 'EUR', 'gross', 600), ('wh-both', 'EUR', 'net', 500), ('wh-both', 'JPY', 'gross', 80000),
             ('wh-both', 'JPY', 'net', 70000),
             ('wh-gross', 'EUR', 'gross', 700), ('wh-gross', 'EUR', 'net', NULL), ('wh-gross', 'JPY', 'gross', NULL),
             ('wh-gross', 'JPY', 'net', NULL)$$,
    'product_offer_ranking: a sheet''s price of each currency and mode, none where it has none');
CREATE TEMP VIEW ranked AS
SELECT d.sku, s.store_code, r.*
  FROM offerengine.product d, offerengine.store s,
       LATERAL offerengine_internal.report_offers(d.sku, s.store_code, '{JPY,EUR,KWD}') r
 WHERE d.sku LIKE 'wh-p%7' AND s.store_code LIKE 'wh-%';
CREATE TEMP TABLE ranked_by_probes AS SELECT * FROM ranked;
SET LOCAL offerengine.fast_path = off;
SELECT set_eq('SELECT * FROM ranked', 'SELECT * FROM ranked_by_probes', 'report_offers: on the SQL path, too');
SET LOCAL offerengine.fast_path = on;
SELECT is((SELECT count(DISTINCT (r.currency, r.price_mode)) FROM ranked_by_probes r WHERE r.amount IS NOT NULL), 6::bigint,
          '... of three currencies, gross and net');
SELECT set_eq(
    $$SELECT s.offer_reference, s.store_code, s.in_stock, s.reserved, s.available, s.is_never_out_of_stock
        FROM offerengine.stock_overview s WHERE s.store_code LIKE 'wh-%'$$,
    $$SELECT o.offer_reference, a.store_code, a.in_stock, a.reserved, a.available, a.is_never_out_of_stock
        FROM offerengine_internal.offer_store_availability a JOIN offerengine.offer o ON o.offer_id = a.offer_id
       WHERE a.store_code LIKE 'wh-%'$$,
    'stock_overview: what each offer has alone');
SELECT cmp_ok((SELECT count(DISTINCT s.reserved) FROM offerengine.stock_overview s WHERE s.store_code LIKE 'wh-%' AND s.available <> s.in_stock - s.reserved), '>', 8::bigint,
              'stock_overview: of several pieces held and kept back');
SELECT cmp_ok((SELECT count(DISTINCT s.in_stock) FROM offerengine.stock_overview s WHERE s.store_code LIKE 'wh-%'), '>', 20::bigint,
              '... which differs');
SELECT set_eq(
    $$SELECT s.merchant_reference, s.offers, s.waiting_offers, s.approved_offers, s.denied_offers, s.inactive_offers, s.visible_offers,
             s.stores FROM offerengine.merchant_summary s WHERE s.merchant_reference LIKE 'wh-%'$$,
    $$SELECT m.merchant_reference,
             (SELECT count(*) FROM offerengine.offer o WHERE o.merchant_id = m.merchant_id) AS offers,
             (SELECT count(*) FROM offerengine.offer o WHERE o.merchant_id = m.merchant_id AND o.approval_status = 'waiting_for_approval') AS waiting_offers,
             (SELECT count(*) FROM offerengine.offer o WHERE o.merchant_id = m.merchant_id AND o.approval_status = 'approved') AS approved_offers,
             (SELECT count(*) FROM offerengine.offer o WHERE o.merchant_id = m.merchant_id AND o.approval_status = 'denied') AS denied_offers,
             (SELECT count(*) FROM offerengine.offer o WHERE o.merchant_id = m.merchant_id AND NOT o.is_active) AS inactive_offers,
             (SELECT count(DISTINCT v.offer_reference) FROM offerengine.visible_offer v WHERE v.merchant_reference = m.merchant_reference) AS visible_offers,
             ARRAY(SELECT DISTINCT v.store_code FROM offerengine.visible_offer v WHERE v.merchant_reference = m.merchant_reference
                    ORDER BY v.store_code) AS stores
        FROM offerengine.merchant m WHERE m.merchant_reference LIKE 'wh-%'$$,
    'merchant_summary: counted one by one');
SELECT is((SELECT substring(h.detail FROM '^\d+')::bigint FROM offerengine.health_check('tiers') h),
          (SELECT count(*) FROM offerengine_internal.uncovered_tier), 'health_check: the tiers that uncovered_tier says');
SELECT cmp_ok((SELECT count(*) FROM offerengine_internal.uncovered_tier), '>', 100::bigint, '... which are many');

-- Scans that were started. Nobody looks up row by row what can be read once: there are some 6,000 rows of prices, 1,100 of
-- offer_store.
CREATE FUNCTION pg_temp.scans(query text, role name DEFAULT current_user) RETURNS numeric LANGUAGE plpgsql AS $test$
DECLARE
    plan jsonb;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ' || query INTO plan;
    RESET ROLE;
    RETURN (SELECT sum((n.node ->> 'Actual Loops')::numeric)
              FROM jsonb_path_query(plan, 'strict $.**') n (node)
             WHERE jsonb_typeof(n.node) = 'object'
               AND n.node ->> 'Relation Name' IN ('offer', 'offer_store', 'price', 'price_history', 'product', 'abstract_product',
                                                  'offer_stock', 'stock_held', 'stock_hold', 'warehouse', 'warehouse_store', 'merchant_warehouse',
                                                  'merchant_store'));
END
$test$;
SELECT cmp_ok(pg_temp.scans(format('SELECT * FROM offerengine.%I', v)), '<=', most, format('%s as a whole starts at most %s scans', v, most))
  FROM (VALUES ('price_list', 500::numeric), ('unreachable_price', 500), ('stock_overview', 1300), ('visible_offer', 1500),
               ('merchant_summary', 1500)) v (v, most);
-- Only rows with a start or an end can interrupt another, and of six branches only the one that can have it starts (twice as many, so
-- that a join may look up); only those that were changed have a version before.
SELECT cmp_ok(pg_temp.scans('SELECT * FROM offerengine.price_calendar'), '<=',
              (SELECT 2 * count(*) FILTER (WHERE p.valid_from > '-infinity' OR p.valid_to < 'infinity')
                      + count(*) FILTER (WHERE EXISTS (SELECT FROM offerengine.price_history h WHERE h.price_id = p.price_id))
                 FROM offerengine.price p) + (SELECT count(*) FROM offerengine.price_history)::numeric,
              'price_calendar looks up what is interrupted and what was before for rows that may have it');
SELECT cmp_ok(pg_temp.scans('SELECT * FROM offerengine.product_offer_ranking WHERE store_code = ''wh-1'' AND currency_code = ''EUR'''),
              '<=', 2000::numeric, 'product_offer_ranking asks product by product');

-- A merchant's own, without a filter.
SELECT cmp_ok(pg_temp.scans('SELECT * FROM offerengine.merchant_summary', 'wh_merchant'), '<=', 200::numeric,
              'a merchant''s summary looks up its own offers');
SELECT cmp_ok(pg_temp.scans('SELECT * FROM offerengine.stock_overview WHERE offer_reference = ''wh-o10'''), '<=', 60::numeric,
              'stock_overview of one offer');

SELECT * FROM finish();
ROLLBACK;
