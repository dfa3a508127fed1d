-- A filter of a report view by offer, product or merchant reads that part of the tables, for operators and for merchants: rows
-- read are counted. Text equality is leakproof, so it goes below the security barrier.
BEGIN;
SET LOCAL client_min_messages = warning;
-- What the views read is the same on both paths; the specification would only take its time to rank.
SET LOCAL offerengine.fast_path = on;
SELECT plan(32);

-- 2,000 offers of 500 products and 400 merchants in two stores, each with a price, each tenth without.
SET LOCAL session_replication_role = replica;
INSERT INTO offerengine.store (store_code, name) VALUES ('pt-1', 'One'), ('pt-2', 'Two');
INSERT INTO offerengine.store_currency VALUES ('pt-1', 'EUR', true), ('pt-2', 'EUR', true);
INSERT INTO offerengine.merchant (merchant_id, merchant_reference, name, approval_status)
SELECT 9000000000 + n, 'pt-m' || n, 'Merchant', 'approved' FROM generate_series(1, 400) n;
INSERT INTO offerengine.abstract_product (abstract_product_id, abstract_sku)
SELECT 9000000000 + n, 'pt-a' || n FROM generate_series(1, 500) n;
INSERT INTO offerengine.abstract_product_store
SELECT 9000000000 + n, s FROM generate_series(1, 500) n, unnest('{pt-1,pt-2}'::text[]) s;
INSERT INTO offerengine.product (product_id, sku, abstract_product_id)
SELECT 9000000000 + n, 'pt-p' || n, 9000000000 + n FROM generate_series(1, 500) n;
INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id, approval_status)
SELECT 9000000000 + n, 'pt-o' || n, 9000000001 + n / 4 % 500, 9000000001 + n % 400,
       CASE WHEN n % 200 = 3 THEN 'waiting_for_approval' ELSE 'approved' END
  FROM generate_series(1, 2000) n;
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT 9000000000 + n, s FROM generate_series(1, 2000) n, unnest('{pt-1,pt-2}'::text[]) s;
\ir ../include/compact.psql
UPDATE offerengine.offer_store os
   SET shown_from = e.shown_from, shown_to = e.shown_to, product_id = e.product_id,
       abstract_product_id = e.abstract_product_id, merchant_id = e.merchant_id, sku = e.sku,
       offer_reference = e.offer_reference, title = e.title, offer_type = e.offer_type, management = e.management,
       price_sheet_id = e.price_sheet_id
  FROM offerengine_internal.offer_store_expected e
 WHERE e.offer_id = os.offer_id AND e.store_code = os.store_code AND os.store_code LIKE 'pt-%';
INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, gross_amount)
SELECT o.product_id, o.offer_id, s, 'EUR', 1000
  FROM offerengine.offer o, unnest('{pt-1,pt-2}'::text[]) s
 WHERE o.offer_reference LIKE 'pt-%' AND o.offer_id % 10 <> 0;
-- And 20,000 prices of products that nobody offers: reading a small table once is planned where a merchant has a hundredth of it.
INSERT INTO offerengine.product (product_id, sku, abstract_product_id)
SELECT 9000001000 + n, 'pt-q' || n, 9000000000 + n FROM generate_series(1, 500) n;
INSERT INTO offerengine.price (product_id, store_code, currency_code, min_quantity, gross_amount)
SELECT 9000001000 + n, 'pt-1', 'EUR', q, 1000 FROM generate_series(1, 500) n, generate_series(1, 40) q;
SET LOCAL session_replication_role = origin;
\ir ../include/compact.psql
CREATE ROLE pt_operator;
CREATE ROLE pt_merchant;
SELECT offerengine.grant_access('pt_operator', 'operator'), offerengine.grant_access('pt_merchant', 'merchant', 'pt-m4') \g /dev/null

-- Rows that the plan took out of tables that grow with the offers, read and thrown away alike.
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
               AND n.node ->> 'Relation Name' IN ('offer', 'offer_store', 'price', 'price_history', 'product',
                                                  'abstract_product', 'abstract_product_store'));
END
$test$;

SELECT cmp_ok(pg_temp.rows_read('SELECT * FROM offerengine.unpriced_offer'), '>', 4000::numeric, 'the whole reads every offer');
SELECT cmp_ok(pg_temp.rows_read(format('SELECT * FROM offerengine.%I WHERE %s', v, f.filter), 'pt_operator'), '<=', f.most,
              format('%s WHERE %s', v, f.filter))
  FROM unnest('{unpriced_offer,product_offer_ranking,price_list,price_calendar,visible_offer,offer_status,approval_queue}'::text[]) v,
       (VALUES ('offer_reference = ''pt-o10''', 60::numeric), ('sku = ''pt-p11''', 150), ('merchant_reference = ''pt-m4''', 3000))
       f (filter, most);
SELECT cmp_ok(pg_temp.rows_read('SELECT * FROM offerengine.merchant_summary WHERE merchant_reference = ''pt-m4''', 'pt_operator'),
              '<=', 3000::numeric, 'merchant_summary of one merchant');
SELECT cmp_ok(pg_temp.rows_read(format('SELECT * FROM offerengine.%I WHERE offer_reference = ''pt-o3''', v), 'pt_merchant'),
              '<=', 60::numeric, 'a merchant: ' || v)
  FROM unnest('{unpriced_offer,product_offer_ranking,price_list,price_calendar,visible_offer,offer_status,approval_queue}'::text[]) v;

-- What the short cuts of unpriced_offer answer is what a decision answers.
SELECT set_eq(
    $$SELECT u.offer_reference, u.store_code FROM offerengine.unpriced_offer u WHERE u.offer_reference LIKE 'pt-o1__'$$,
    $$SELECT o.offer_reference, s.s FROM offerengine.offer o, unnest('{pt-1,pt-2}'::text[]) s
       WHERE o.offer_reference LIKE 'pt-o1__'
         AND (offerengine.resolve_price(o.offer_reference, s.s, 'EUR', 'gross')).reason = 'no_price'
         AND (offerengine.resolve_price(o.offer_reference, s.s, 'EUR', 'net')).reason = 'no_price'$$,
    'unpriced_offer is what resolve_price finds no price for');
SELECT is((SELECT count(*) FROM offerengine.unpriced_offer u WHERE u.offer_reference LIKE 'pt-%'), 400::bigint,
          'each tenth offer, in two stores');

SELECT * FROM finish();
ROLLBACK;
