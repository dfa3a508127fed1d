-- search_offers: codes answer alone, names with typing errors otherwise.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(37);

INSERT INTO offerengine.store (store_code, name) VALUES ('so-DE', 'Germany'), ('so-AT', 'Austria');
INSERT INTO offerengine.store_currency VALUES ('so-DE', 'EUR', true), ('so-AT', 'EUR', true);
INSERT INTO offerengine.merchant (merchant_reference, name, approval_status)
VALUES ('so-M', 'Mia', 'approved'), ('so-N', 'Ned', 'approved');
INSERT INTO offerengine.abstract_product (abstract_sku) VALUES ('so-a');
INSERT INTO offerengine.abstract_product_store
SELECT a.abstract_product_id, s.store_code
  FROM offerengine.abstract_product a, (VALUES ('so-DE'), ('so-AT')) s (store_code) WHERE a.abstract_sku = 'so-a';
INSERT INTO offerengine.product (sku, abstract_product_id, name)
SELECT v.sku, a.abstract_product_id, v.name
  FROM (VALUES ('so-Lamp', 'Quixotic desk lamp'), ('so-Chair', 'Quixotic armchair'), ('so-Shelf', NULL)) v (sku, name),
       offerengine.abstract_product a
 WHERE a.abstract_sku = 'so-a';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, merchant_sku, title, approval_status, is_active)
SELECT v.reference, p.product_id, m.merchant_id, v.merchant_sku, v.title, 'approved', v.is_active
  FROM (VALUES ('so-1', 'so-Lamp', 'so-M', 'so-MSKU', NULL, true),
               ('so-2', 'so-Lamp', 'so-N', 'so-msku', NULL, true),
               ('so-3', 'so-Lamp', 'so-N', NULL, NULL, true),
               ('so-4', 'so-Chair', 'so-M', NULL, '100% velvet_seat', true),
               ('so-5', 'so-Shelf', 'so-M', NULL, 'Xylophone shelf', true),
               ('so-off', 'so-Lamp', 'so-M', 'so-hidden', 'Xylophone shelf', false))
               v (reference, sku, merchant, merchant_sku, title, is_active)
  JOIN offerengine.product p ON p.sku = v.sku
  JOIN offerengine.merchant m ON m.merchant_reference = v.merchant;
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, 'so-DE' FROM offerengine.offer o WHERE o.offer_reference LIKE 'so-%';
INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
SELECT 'so-r', m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference = 'so-M';
INSERT INTO offerengine.merchant_relationship_assignee
SELECT r.merchant_relationship_id, 'so-buyer' FROM offerengine.merchant_relationship r WHERE r.relationship_key = 'so-r';
INSERT INTO offerengine.price
    (product_id, offer_id, merchant_relationship_id, store_code, currency_code, min_quantity, gross_amount)
SELECT o.product_id, o.offer_id, r.merchant_relationship_id, 'so-DE', 'EUR', v.quantity, v.amount
  FROM (VALUES ('so-1', NULL, 1, 300), ('so-1', NULL, 10, 100), ('so-1', 'so-r', 1, 50), ('so-2', NULL, 1, 200),
               ('so-4', NULL, 1, 900)) v (reference, relationship, quantity, amount)
  JOIN offerengine.offer o ON o.offer_reference = v.reference
  LEFT JOIN offerengine.merchant_relationship r ON r.relationship_key = v.relationship;

-- Offers in the order of the answer.
CREATE FUNCTION pg_temp.found(term text, VARIADIC options text[] DEFAULT '{}') RETURNS text[] LANGUAGE plpgsql AS $test$
DECLARE
    references_found text[];
BEGIN
    EXECUTE format('SELECT array_agg(s.offer_reference ORDER BY s.place)
                      FROM offerengine.search_offers(%L, ''so-DE'', ''EUR''%s) WITH ORDINALITY
                           s (sku, offer_reference, title, merchant_reference, merchant_name, amount, original_amount, currency,
                              price_source, min_quantity, is_default, redirected_from, available, is_purchasable, similarity,
                              place)',
                   term, (SELECT string_agg(', ' || o, '') FROM unnest(options) o)) INTO references_found;
    RETURN references_found;
END
$test$;

-- codes

SELECT is(pg_temp.found('so-Lamp'), '{so-2,so-1,so-3}', 'a SKU: its offers by price, those without a price last');
SELECT is(pg_temp.found('SO-LAMP'), '{so-2,so-1,so-3}', '... in either case');
SELECT is(pg_temp.found(E' \tso-lamp\n'), '{so-2,so-1,so-3}', '... blanks around it ignored');
SELECT is(pg_temp.found('So-4'), '{so-4}', 'an offer reference');
SELECT is(pg_temp.found('so-msku'), '{so-2,so-1}', 'a merchant SKU, of two merchants');
SELECT is(pg_temp.found('so-msku', $$merchant_references => '{so-M}'$$), '{so-1}', '... of one');
SELECT is(pg_temp.found('so-hidden'), NULL, 'a hidden offer is not found by its code');
SELECT is(pg_temp.found('so-off'), NULL, '... nor by its reference');
UPDATE offerengine.product SET name = 'so-4' WHERE sku = 'so-Shelf';
SELECT is(pg_temp.found('so-4'), '{so-4}', 'an exact match answers alone: not with what is named like it');
UPDATE offerengine.offer SET merchant_sku = 'quixotic' WHERE offer_reference = 'so-off';
SELECT is(pg_temp.found('quixotic', 'max_rows => 1'), '{so-4}', 'a code of a hidden offer does not stand in the way of names');
SELECT is((SELECT similarity FROM offerengine.search_offers('so-4', 'so-DE', 'EUR')), 1::real, 'an exact match has similarity 1');

-- names

SELECT is(pg_temp.found('Quixotic desk lamp'), '{so-2,so-1,so-3,so-4}', 'a name: the most similar first, equal ones by price');
SELECT is(pg_temp.found('quixotik dsek lamp'), '{so-2,so-1,so-3}', '... with typing errors');
SELECT is(pg_temp.found('xylofone'), '{so-5}', 'a title; hidden offers are not found');
SELECT is((SELECT array_agg(round(similarity::numeric, 2)) FROM offerengine.search_offers('Quixotic', 'so-DE', 'EUR')),
          '{0.50,0.47,0.47,0.47}', 'similarity is that of pg_trgm, of name or title, whichever is greater');
SELECT is(pg_temp.found('100% velvet_seat'), '{so-4}', 'the title finds what the name does not');
SELECT is(pg_temp.found('desk lamp'), '{so-2,so-1,so-3}', 'a part of a name, similar enough');
SELECT is(pg_temp.found('lamp'), NULL, '... and not');
SET LOCAL pg_trgm.similarity_threshold = 0.9;
SELECT is(pg_temp.found('desk lamp'), '{so-2,so-1,so-3}', 'the session''s threshold plays no part');
SET LOCAL pg_trgm.similarity_threshold = 0.01;
SELECT is(pg_temp.found('lamp'), NULL, '... in either direction');
SELECT is(current_setting('pg_trgm.similarity_threshold'), '0.01', '... and is left as it was');
RESET pg_trgm.similarity_threshold;
SELECT is(pg_temp.found(v), NULL, format('nothing is found by %L', v))
  FROM unnest(ARRAY['', '   ', '%', '_', $$'; --$$, NULL]) v;

-- question

SELECT is(pg_temp.found('so-Lamp', 'quantity => 10'), '{so-1,so-2,so-3}', 'the quantity''s prices decide the order');
SELECT results_eq(
    $$SELECT offer_reference, amount, is_default, available, is_purchasable
        FROM offerengine.search_offers('so-Lamp', 'so-DE', 'EUR', buyer => 'so-buyer')$$,
    $$VALUES ('so-1', 50::bigint, true, NULL::numeric, true), ('so-2', 200, false, NULL, true),
             ('so-3', NULL, false, NULL, false)$$,
    'the buyer''s too; columns are those of list_offers');
SELECT is(pg_temp.found('Quixotic desk lamp', 'max_rows => 2', 'skip => 1'), '{so-1,so-3}', 'a page of the answer');
SELECT is(pg_temp.found('Quixotic desk lamp', 'max_rows => 0'), NULL, 'no rows wanted, none given');
SELECT is(pg_temp.found('Quixotic desk lamp', 'max_rows => 2147483647', 'skip => 2147483647'), NULL, 'far beyond the end');
SELECT is((SELECT count(*) FROM offerengine.search_offers('so-Lamp', 'so-AT', 'EUR')), 0::bigint, 'a store without the offers');
SELECT throws_ok($$SELECT FROM offerengine.search_offers('x', 'so-DE', 'EUR', max_rows => -1)$$, '22023',
                 'max_rows must be at least 0, not -1');
SELECT throws_ok($$SELECT FROM offerengine.search_offers('x', 'so-DE', 'EUR', skip => -1)$$, '22023',
                 'skip must be at least 0, not -1');
SELECT throws_ok($$SELECT FROM offerengine.search_offers('', 'so-XX', 'EUR')$$, '22023', 'unknown store "so-XX"');

-- pg_trgm may move to another schema afterwards.
CREATE SCHEMA so_elsewhere;
ALTER EXTENSION pg_trgm SET SCHEMA so_elsewhere;
SELECT is(pg_temp.found('quixotik dsek lamp'), '{so-2,so-1,so-3}', 'pg_trgm in another schema');

SELECT * FROM finish();
ROLLBACK;
