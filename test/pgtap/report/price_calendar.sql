-- price_calendar: what prices have been, are and will be, and what a promotion interrupts.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(11);

INSERT INTO offerengine.store (store_code, name) VALUES ('pc-DE', 'Germany');
INSERT INTO offerengine.store_currency VALUES ('pc-DE', 'EUR', true);
INSERT INTO offerengine.merchant (merchant_reference, name, approval_status) VALUES ('pc-A', 'A', 'approved'), ('pc-B', 'B', 'approved');
INSERT INTO offerengine.abstract_product (abstract_sku) VALUES ('pc-a');
INSERT INTO offerengine.product (sku, abstract_product_id)
SELECT 'pc-p', a.abstract_product_id FROM offerengine.abstract_product a WHERE a.abstract_sku = 'pc-a';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status)
SELECT 'pc-o', p.product_id, m.merchant_id, 'approved'
  FROM offerengine.product p, offerengine.merchant m WHERE p.sku = 'pc-p' AND m.merchant_reference = 'pc-A';
INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
SELECT 'pc-r', m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference = 'pc-A';
CREATE FUNCTION pg_temp.price(amount bigint, valid_from timestamptz, valid_to timestamptz, quantity integer DEFAULT 1,
                              relationship text DEFAULT NULL, own boolean DEFAULT true)
RETURNS void LANGUAGE sql AS $test$
    INSERT INTO offerengine.price (product_id, offer_id, merchant_relationship_id, store_code, currency_code, min_quantity,
                                   gross_amount, valid_from, valid_to)
    SELECT o.product_id, CASE WHEN $6 THEN o.offer_id END, r.merchant_relationship_id, 'pc-DE', 'EUR', $4, $1, $2, $3
      FROM offerengine.offer o LEFT JOIN offerengine.merchant_relationship r ON r.relationship_key = $5
     WHERE o.offer_reference = 'pc-o'
$test$;
-- A sale that is over, a long one that runs, a week inside of it, and the list price of later; then another tier, contract, owner.
DO $test$ BEGIN
PERFORM pg_temp.price(1000, '-infinity', 'infinity'),
       pg_temp.price(800, '2019-01-01 UTC', '2019-02-01 UTC'),
       pg_temp.price(900, '2020-01-01 UTC', '2120-01-01 UTC'),
       pg_temp.price(700, '2110-01-01 UTC', '2110-01-08 UTC'),
       pg_temp.price(1100, '2115-01-01 UTC', 'infinity'),
       pg_temp.price(600, '-infinity', 'infinity', 10),
       pg_temp.price(500, '2100-01-01 UTC', 'infinity', 1, 'pc-r'),
       pg_temp.price(1500, '2100-01-01 UTC', 'infinity', 1, NULL, false);
END $test$;

SELECT results_eq(
    $$SELECT gross_amount, valid_from, valid_to, state, interrupts_gross_amount FROM offerengine.price_calendar
       WHERE offer_reference = 'pc-o' AND min_quantity = 1 AND relationship_key IS NULL ORDER BY valid_from NULLS FIRST$$,
    $$VALUES (1000::bigint, NULL::timestamptz, NULL::timestamptz, 'running' COLLATE "C", NULL::bigint),
             (800, '2019-01-01 UTC', '2019-02-01 UTC', 'past', 1000),
             (900, '2020-01-01 UTC', '2120-01-01 UTC', 'running', 1000),
             (700, '2110-01-01 UTC', '2110-01-08 UTC', 'planned', 900),
             (1100, '2115-01-01 UTC', NULL, 'planned', 1000)$$,
    'past, running and planned; a narrower window interrupts a wider one, one with an end one without');
SELECT is_empty($$SELECT 1 FROM offerengine.price_calendar
                   WHERE sku = 'pc-p' AND interrupts_price_id IS NOT NULL
                     AND (min_quantity = 10 OR relationship_key IS NOT NULL OR offer_reference IS NULL)$$,
                'tiers, contracts and owners do not interrupt one another');
SELECT results_eq(
    $$SELECT owner, merchant_reference, relationship_key, gross_value::text FROM offerengine.price_calendar
       WHERE sku = 'pc-p' AND valid_from = '2100-01-01 UTC' ORDER BY gross_amount$$,
    $$VALUES ('offer' COLLATE "C", 'pc-A' COLLATE "C", 'pc-r' COLLATE "C", '5.00'), ('product', NULL, NULL, '15.00')$$,
    'references of offer, product and contract');

-- What a row said before counts until it was changed.
UPDATE offerengine.price p SET gross_amount = 1200 FROM offerengine.offer o
 WHERE o.offer_id = p.offer_id AND o.offer_reference = 'pc-o' AND p.gross_amount = 1000;
SELECT is((SELECT count(*) FROM offerengine.price_calendar WHERE offer_reference = 'pc-o' AND gross_amount = 1000
              AND valid_from IS NULL AND valid_to IS NOT NULL AND interrupts_price_id IS NULL), 1::bigint,
          'the old amount, until it was changed');
SELECT is((SELECT c.valid_from FROM offerengine.price_calendar c WHERE c.offer_reference = 'pc-o' AND c.gross_amount = 1200),
          (SELECT c.valid_to FROM offerengine.price_calendar c WHERE c.offer_reference = 'pc-o' AND c.gross_amount = 1000),
          'the new amount, from then on');
-- Of a row that is deleted: what had begun; what was planned never was.
DELETE FROM offerengine.price p USING offerengine.offer o
 WHERE o.offer_id = p.offer_id AND o.offer_reference = 'pc-o' AND p.gross_amount IN (700, 900);
SELECT is((SELECT count(*) FROM offerengine.price_calendar WHERE offer_reference = 'pc-o' AND gross_amount = 900
              AND valid_from = '2020-01-01 UTC' AND valid_to < '2120-01-01 UTC'), 1::bigint, 'a deleted one, until it was deleted');
SELECT is((SELECT count(*) FROM offerengine.price_calendar WHERE offer_reference = 'pc-o' AND gross_amount = 700), 0::bigint,
          'a plan that was given up is none');
-- One that was over when it was changed: as it said then, and nothing twice.
UPDATE offerengine.price p SET gross_amount = 801 FROM offerengine.offer o
 WHERE o.offer_id = p.offer_id AND o.offer_reference = 'pc-o' AND p.gross_amount = 800;
SELECT results_eq(
    $$SELECT gross_amount, valid_from, valid_to, state FROM offerengine.price_calendar
       WHERE offer_reference = 'pc-o' AND gross_amount IN (800, 801)$$,
    $$VALUES (800::bigint, '2019-01-01 UTC'::timestamptz, '2019-02-01 UTC'::timestamptz, 'past' COLLATE "C")$$,
    'what changed after the end changes nothing of the past');

-- Who sees what.
CREATE ROLE pc_a;
CREATE ROLE pc_b;
CREATE ROLE pc_reporting;
SELECT offerengine.grant_access('pc_a', 'merchant', 'pc-A'), offerengine.grant_access('pc_b', 'merchant', 'pc-B'),
       offerengine.grant_access('pc_reporting', 'reporting') \g /dev/null
CREATE FUNCTION pg_temp.seen_as(role name) RETURNS text LANGUAGE plpgsql AS $test$
DECLARE
    seen text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    SELECT string_agg(DISTINCT coalesce(c.offer_reference, c.sku) || ' ' || coalesce(c.relationship_key, '-'), ',') INTO seen
      FROM offerengine.price_calendar c WHERE c.store_code = 'pc-DE';
    RESET ROLE;
    RETURN seen;
END
$test$;
SELECT is(pg_temp.seen_as('pc_a'), 'pc-o -,pc-o pc-r,pc-p -', 'a merchant: its own, and default prices of products');
SELECT is(pg_temp.seen_as('pc_b'), 'pc-p -', 'another merchant: default prices only, of past ones, too');
SELECT is(pg_temp.seen_as('pc_reporting'), 'pc-o -,pc-o pc-r,pc-p -', 'reporting: all');

SELECT * FROM finish();
ROLLBACK;
