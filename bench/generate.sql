-- A catalogue of any size, the same for the same settings. psql variables:
--   offers       number of offers                    per_product  offers of one product
--   stores       number of stores                    tiers        tier prices beside each base price
--   contracts    contract prices of one product (spread over as many buyers), given to every 1000th product
--   windows      scheduled prices over each base price
--   rules        sales rules, each with two subscription offers as targets
--   customers    customers, each with two subscriptions
--   seed         seed of the amounts
-- Rows are written with triggers off and the projection is then computed from its definition; check.sql holds it against it.
\set ON_ERROR_STOP on
\set QUIET on
SET session_replication_role = replica;
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';
SET client_min_messages = warning;
SELECT setseed(:seed / 1000.0) \g /dev/null
SELECT :offers / :per_product AS products, greatest(20, :offers / 400) AS merchants \gset

INSERT INTO offerengine.store (store_code, name, time_zone, price_inheritance, contract_price_policy)
SELECT 'S' || n, 'Store ' || n, 'Europe/Berlin',
       CASE WHEN n % 2 = 1 THEN 'all_or_nothing' ELSE 'per_type' END, 'contract_first'
  FROM generate_series(1, :stores) n;
INSERT INTO offerengine.store_currency SELECT 'S' || n, c, c = 'EUR'
  FROM generate_series(1, :stores) n, unnest('{EUR,CHF}'::text[]) c;
INSERT INTO offerengine.merchant (merchant_id, merchant_reference, name, approval_status)
SELECT n, 'm' || n, 'Merchant ' || n, 'approved' FROM generate_series(1, :merchants) n;
INSERT INTO offerengine.abstract_product (abstract_product_id, abstract_sku, name)
SELECT n, 'a' || n, 'Abstract ' || n FROM generate_series(1, :products) n;
INSERT INTO offerengine.abstract_product_store
SELECT n, 'S' || s FROM generate_series(1, :products) n, generate_series(1, :stores) s;
-- Names and titles: words of a vocabulary of 8,000, some of them much more often than others, and three whose numbers are known: of
-- ten titles one has 'tent', of a thousand one 'kayak', of a hundred thousand one 'zither'; every tenth name has 'lamp'.
CREATE FUNCTION pg_temp.word(n bigint, place integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT syllable[k % 20 + 1] || syllable[k / 20 % 20 + 1] || syllable[k / 400 + 1]
      FROM (SELECT '{ba,ce,di,fo,gu,ha,je,ki,lo,mu,na,pe,ri,so,tu,va,we,xi,yo,zu}'::text[] AS syllable,
                   floor(8000 * power((hashint8(n * 8 + place) & 1048575) / 1048576.0, 3))::integer AS k) w
$$;
INSERT INTO offerengine.product (product_id, sku, abstract_product_id, name)
SELECT n, 'p' || n, n,
       format('Product %s %s %s%s', n, pg_temp.word(n, 0), pg_temp.word(n, 1), CASE WHEN n % 10 = 3 THEN ' lamp' END)
  FROM generate_series(1, :products) n;
-- Offers of one product lie apart, as they do when merchants upload one after another.
INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id, title, approval_status)
SELECT n, 'o' || n, (n - 1) % :products + 1, (hashint8(n) & 2147483647) % :merchants + 1,
       format('Offer %s %s %s%s', n, pg_temp.word(n, 2), pg_temp.word(n, 3),
              CASE WHEN n % 10 = 1 THEN ' tent' WHEN n % 1000 = 2 THEN ' kayak' WHEN n % 100000 = 3 THEN ' zither' END),
       CASE WHEN n % 50 = 7 THEN 'waiting_for_approval' ELSE 'approved' END
  FROM generate_series(1, :offers) n;

-- Subscriptions: rule n gives adv<n> or reg<n>, of one product, by tag t<n % 50>, which the offer base<n % 50> carries. Every
-- second of the ordinary offers has a tag of another category.
SELECT greatest(10000000, 2 * :offers) AS sold \gset
INSERT INTO offerengine.price_sheet (price_sheet_id, code) VALUES (1, 'sheet');
INSERT INTO offerengine.price_sheet_price (price_sheet_id, currency_code, net_amount, gross_amount, valid_from)
VALUES (1, 'EUR', 1000, 1190, '2001-01-01');
INSERT INTO offerengine.product_contract (product_contract_id, code, term, accounting_period, price_sheet_id)
VALUES (1, 'monthly', '1 month', '1 month', 1);
INSERT INTO offerengine.abstract_product (abstract_product_id, abstract_sku)
SELECT :sold + n, 'sa' || n FROM generate_series(0, :rules) n;
INSERT INTO offerengine.abstract_product_store
SELECT :sold + n, 'S' || s FROM generate_series(0, :rules) n, generate_series(1, :stores) s;
INSERT INTO offerengine.product (product_id, sku, abstract_product_id)
SELECT :sold + n, 's' || n, :sold + n FROM generate_series(0, :rules) n;
INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id, title, offer_type, approval_status)
SELECT :sold + n, 'base' || n, :sold, n % :merchants + 1, 'Base ' || n, 'subscription', 'approved' FROM generate_series(0, 49) n
UNION ALL
SELECT :sold + 1000 + 2 * n + k, CASE k WHEN 0 THEN 'adv' ELSE 'reg' END || n, :sold + n, n % :merchants + 1, 'Target ' || n,
       'subscription', 'approved'
  FROM generate_series(1, :rules) n, generate_series(0, 1) k;
INSERT INTO offerengine.offer_step (offer_id, step_no, product_contract_id)
SELECT offer_id, 1, 1 FROM offerengine.offer WHERE offer_id >= :sold;
INSERT INTO offerengine.tag (tag_id, category, name) VALUES (1000, 'custom', 'often');
INSERT INTO offerengine.tag (tag_id, category, name) SELECT n + 1, 'rule', 't' || n FROM generate_series(0, 49) n;
INSERT INTO offerengine.offer_tag (offer_id, tag_id) SELECT n, 1000 FROM generate_series(1, :offers, 2) n;
INSERT INTO offerengine.offer_tag (offer_id, tag_id) SELECT :sold + n, n + 1 FROM generate_series(0, 49) n;
INSERT INTO offerengine.sales_rule (sales_rule_id, title, advantage_offer_id, regular_offer_id, matched_text, unmatched_text,
                                    cancelled_source)
SELECT n, 'rule ' || n, :sold + 1000 + 2 * n, :sold + 1001 + 2 * n, 'Welcome back, reader ' || n, 'Subscribe to ' || n || ' first',
       CASE WHEN n % 2 = 0 THEN 'until_end' ELSE 'same_period' END
  FROM generate_series(1, :rules) n;
INSERT INTO offerengine.sales_rule_tag (sales_rule_id, tag_id) SELECT n, n % 50 + 1 FROM generate_series(1, :rules) n;

INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, 'S' || s FROM offerengine.offer o, generate_series(1, :stores) s ORDER BY o.offer_id, s;
UPDATE offerengine.offer_store os
   SET shown_from = e.shown_from, shown_to = e.shown_to, product_id = e.product_id,
       abstract_product_id = e.abstract_product_id, merchant_id = e.merchant_id, sku = e.sku,
       offer_reference = e.offer_reference, title = e.title, offer_type = e.offer_type, management = e.management,
       price_sheet_id = e.price_sheet_id
  FROM offerengine_internal.offer_store_expected e
 WHERE e.offer_id = os.offer_id AND e.store_code = os.store_code;

-- Prices of nine offers in ten, an offer's rows side by side as a file brings them; the tenth takes its product's.
CREATE TEMP TABLE base AS
SELECT n AS offer_id, (n - 1) % :products + 1 AS product_id, 'S' || s AS store_code,
       1000 + (random() * 9000)::bigint AS amount
  FROM generate_series(1, :offers) n, generate_series(1, :stores) s WHERE n % 10 <> 0;
INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, price_type, min_quantity,
                               net_amount, gross_amount, valid_from, valid_to)
SELECT b.product_id, b.offer_id, b.store_code, 'EUR', r.price_type, r.min_quantity,
       b.amount * r.percent / 119, b.amount * r.percent / 100, r.valid_from, r.valid_to
  FROM base b
 CROSS JOIN (SELECT 'DEFAULT' AS price_type, 1 AS min_quantity, 100 AS percent,
                    '-infinity'::timestamptz AS valid_from, 'infinity'::timestamptz AS valid_to
             UNION ALL SELECT 'ORIGINAL', 1, 120, '-infinity', 'infinity'
             UNION ALL SELECT 'DEFAULT', t * 10, 100 - t, '-infinity', 'infinity' FROM generate_series(1, :tiers) t
             UNION ALL SELECT 'DEFAULT', 1, 90, timestamptz '2020-01-01 00:00+00' + make_interval(months => w),
                              timestamptz '2020-02-01 00:00+00' + make_interval(months => w)
                         FROM generate_series(1, :windows) w) r
 ORDER BY b.offer_id, b.store_code;
INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount, gross_amount)
SELECT n, 'S' || s, 'EUR', 5000, 5950 FROM generate_series(1, :products) n, generate_series(1, :stores) s;

-- Contracts: product 1000, 2000, ... carries one price of each of so many relationships, each with a buyer of its own.
INSERT INTO offerengine.merchant_relationship (merchant_relationship_id, relationship_key, merchant_id)
SELECT n, 'r' || n, n % :merchants + 1 FROM generate_series(1, :contracts) n;
INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer, merchant_id)
SELECT n, 'b' || n, n % :merchants + 1 FROM generate_series(1, :contracts) n;
INSERT INTO offerengine.price (product_id, store_code, currency_code, merchant_relationship_id, net_amount, gross_amount)
SELECT p, 'S1', 'EUR', r, 4000, 4760
  FROM generate_series(1000, :products, 1000) p, generate_series(1, :contracts) r;

-- A customer's two subscriptions lie apart, as they do when one is bought after the other: to the base of the rule that is asked
-- about (every fourth has ended, every fourth is cancelled and still runs), and to what is no base of any rule.
INSERT INTO offerengine.customer_timeline (customer_reference) SELECT 'c' || n FROM generate_series(1, :customers) n;
INSERT INTO offerengine.subscription (customer_reference, subscription_id, offer_id, chain_id, store_code, currency_code, quantity,
                                      purchased_on, anchor_on, starts_on, ends_on, agreed_ends_on, cancelled_on, cancel_mode,
                                      cancelled_period_ends_on)
SELECT 'c' || n, d.id, CASE k WHEN 0 THEN :sold + (n % :rules + 1) % 50 ELSE :sold + 1001 + 2 * (n % :rules + 1) END, d.id,
       'S' || n % :stores + 1, 'EUR', 1, d.day, d.day, d.day, d.ended, d.ended, d.cancelled,
       CASE WHEN d.cancelled IS NOT NULL THEN 'regular' END, d.cancelled
  FROM generate_series(0, 1) k
 CROSS JOIN generate_series(1, :customers) n
 CROSS JOIN LATERAL (SELECT md5(k || ' ' || n)::uuid, date '2020-01-01' + n % 365,
                            CASE WHEN k = 0 AND n % 4 = 0 THEN date '2021-06-01'
                                 WHEN k = 0 AND n % 8 IN (1, 2) THEN date '2121-06-01' END,
                            CASE WHEN k = 0 AND n % 8 IN (1, 2) THEN date '2021-06-01' END) d (id, day, ended, cancelled);
INSERT INTO offerengine.subscription_step (customer_reference, subscription_id, step_no, anchor_on, starts_on, term,
                                           accounting_period, cancellation_notice, price_sheet_id, amount, other_amount)
SELECT u.customer_reference, u.subscription_id, 1, u.anchor_on, u.starts_on, c.term, c.accounting_period,
       c.cancellation_notice, c.price_sheet_id, 1190, 1000
  FROM offerengine.subscription u, offerengine.product_contract c;

SELECT setval(pg_get_serial_sequence('offerengine.' || t, c), 100000000)
  FROM (VALUES ('merchant', 'merchant_id'), ('abstract_product', 'abstract_product_id'), ('product', 'product_id'),
               ('offer', 'offer_id'), ('merchant_relationship', 'merchant_relationship_id'), ('sales_rule', 'sales_rule_id'),
               ('tag', 'tag_id'), ('price_sheet', 'price_sheet_id'), ('product_contract', 'product_contract_id')) AS i (t, c) \g /dev/null

ANALYZE;

-- The floor: the answer as a flat table, with nothing left to resolve.
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.flat AS
SELECT os.offer_reference, os.sku, os.store_code, coalesce(d.gross_amount, 5950) AS amount, o.gross_amount AS original_amount,
       os.title, m.merchant_reference, m.name AS merchant_name, 'EUR'::text AS currency,
       CASE WHEN d.gross_amount IS NULL THEN 'product' ELSE 'offer' END AS price_source, 1 AS min_quantity
  FROM offerengine.offer_store os
  JOIN offerengine.merchant m USING (merchant_id)
  LEFT JOIN offerengine.price d ON d.product_id = os.product_id AND d.offer_id = os.offer_id AND d.store_code = os.store_code
        AND d.price_type = 'DEFAULT' AND d.min_quantity = 1 AND d.valid_to = 'infinity'
  LEFT JOIN offerengine.price o ON o.product_id = os.product_id AND o.offer_id = os.offer_id AND o.store_code = os.store_code
        AND o.price_type = 'ORIGINAL'
 WHERE os.shown_to > now();
CREATE INDEX ON bench.flat (offer_reference, store_code);
CREATE INDEX ON bench.flat (sku, store_code);
CREATE TABLE bench.flat_redirect AS
SELECT s.customer_reference, t.asked AS offer_reference, CASE WHEN o.owns THEN 'adv' ELSE 'reg' END || r.sales_rule_id AS given_reference,
       CASE WHEN o.owns THEN 'matched' ELSE 'unmatched' END AS outcome, r.sales_rule_id,
       CASE WHEN o.owns THEN r.matched_text ELSE r.unmatched_text END AS message
  FROM offerengine.subscription s
  JOIN offerengine.sales_rule r ON r.sales_rule_id = substring(s.customer_reference, 2)::integer % :rules + 1
 CROSS JOIN LATERAL (SELECT coalesce(s.ends_on, 'infinity') > now() AND (s.cancelled_on IS NULL OR r.cancelled_source = 'until_end')) o (owns)
 CROSS JOIN LATERAL (VALUES ('adv' || r.sales_rule_id), ('reg' || r.sales_rule_id)) t (asked)
 WHERE s.offer_id < :sold + 50;
CREATE INDEX ON bench.flat_redirect (customer_reference, offer_reference);
RESET session_replication_role;
