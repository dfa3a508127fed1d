-- Report views: what they show of one small marketplace, row by row.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(30);

INSERT INTO offerengine.store (store_code, name) VALUES ('vw-DE', 'Germany'), ('vw-JP', 'Japan'), ('vw-CH', 'Switzerland');
INSERT INTO offerengine.store_currency VALUES ('vw-DE', 'EUR', true), ('vw-JP', 'JPY', true), ('vw-JP', 'KWD', false);
INSERT INTO offerengine.merchant (merchant_reference, name, approval_status, is_active) VALUES
    ('vw-A', 'Anton', 'approved', true), ('vw-B', 'Berta', 'approved', true), ('vw-C', 'Caesar', 'approved', false),
    ('vw-D', 'Dora', 'waiting_for_approval', true);
INSERT INTO offerengine.abstract_product (abstract_sku) VALUES ('vw-a1'), ('vw-a2');
INSERT INTO offerengine.abstract_product_store
SELECT a.abstract_product_id, s.store_code
  FROM offerengine.abstract_product a, offerengine.store s
 WHERE (a.abstract_sku, s.store_code) IN (('vw-a1', 'vw-DE'), ('vw-a1', 'vw-JP'), ('vw-a2', 'vw-DE'));
INSERT INTO offerengine.product (sku, abstract_product_id, name, is_active, valid_to)
SELECT v.sku, a.abstract_product_id, 'Name of ' || v.sku, v.is_active, v.valid_to
  FROM (VALUES ('vw-p1', 'vw-a1', true, 'infinity'::timestamptz), ('vw-p2', 'vw-a2', false, 'infinity'),
               ('vw-p3', 'vw-a2', true, now())) v (sku, abstract_sku, is_active, valid_to)
  JOIN offerengine.abstract_product a ON a.abstract_sku = v.abstract_sku;
INSERT INTO offerengine.offer
    (offer_reference, product_id, merchant_id, title, approval_status, is_active, valid_from, valid_to)
SELECT v.reference, p.product_id, m.merchant_id, v.title, v.status, v.is_active, v.valid_from, v.valid_to
  FROM (VALUES
           ('vw-seen', 'vw-p1', 'vw-A', 'Seen', 'approved', true, '-infinity'::timestamptz, 'infinity'::timestamptz),
           ('vw-cheap', 'vw-p1', 'vw-B', NULL, 'approved', true, now(), 'infinity'),
           ('vw-bare', 'vw-p1', 'vw-B', NULL, 'approved', true, '-infinity', 'infinity'),
           ('vw-asleep', 'vw-p1', 'vw-C', NULL, 'approved', true, '-infinity', 'infinity'),
           ('vw-new', 'vw-p1', 'vw-D', NULL, 'waiting_for_approval', true, '-infinity', 'infinity'),
           ('vw-waiting', 'vw-p1', 'vw-A', NULL, 'waiting_for_approval', false, '-infinity', 'infinity'),
           ('vw-off', 'vw-p1', 'vw-A', NULL, 'approved', false, '-infinity', 'infinity'),
           ('vw-past', 'vw-p1', 'vw-A', NULL, 'approved', true, '-infinity', now()),
           ('vw-future', 'vw-p1', 'vw-A', NULL, 'approved', true, now() + interval '1 second', 'infinity'),
           ('vw-inactive', 'vw-p2', 'vw-A', NULL, 'approved', true, '-infinity', 'infinity'),
           ('vw-ended', 'vw-p3', 'vw-A', NULL, 'approved', true, '-infinity', 'infinity'))
           v (reference, sku, merchant, title, status, is_active, valid_from, valid_to)
  JOIN offerengine.product p ON p.sku = v.sku
  JOIN offerengine.merchant m ON m.merchant_reference = v.merchant;
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, s.store_code
  FROM offerengine.offer o, (VALUES ('vw-DE'), ('vw-JP')) s (store_code)
 WHERE o.offer_reference LIKE 'vw-%' AND (o.offer_reference <> 'vw-bare' OR s.store_code = 'vw-DE');

-- visible_offer, offer_status

SELECT results_eq(
    $$SELECT offer_reference, sku, merchant_reference, store_code, title FROM offerengine.visible_offer
       WHERE offer_reference LIKE 'vw-%' ORDER BY offer_reference, store_code$$,
    $$VALUES ('vw-bare' COLLATE "C", 'vw-p1' COLLATE "C", 'vw-B' COLLATE "C", 'vw-DE' COLLATE "C", 'Name of vw-p1'),
             ('vw-cheap', 'vw-p1', 'vw-B', 'vw-DE', 'Name of vw-p1'), ('vw-cheap', 'vw-p1', 'vw-B', 'vw-JP', 'Name of vw-p1'),
             ('vw-seen', 'vw-p1', 'vw-A', 'vw-DE', 'Seen'), ('vw-seen', 'vw-p1', 'vw-A', 'vw-JP', 'Seen')$$,
    'visible_offer: one row for each store in which an offer is visible now; the title falls back to the product''s name');
SELECT results_eq(
    $$SELECT offer_reference, store_code, is_visible, failing_condition FROM offerengine.offer_status
       WHERE offer_reference LIKE 'vw-%' AND store_code = 'vw-DE' ORDER BY offer_reference$$,
    $$VALUES ('vw-asleep' COLLATE "C", 'vw-DE' COLLATE "C", false, 'merchant_active' COLLATE "C"),
             ('vw-bare', 'vw-DE', true, NULL),
             ('vw-cheap', 'vw-DE', true, NULL),
             ('vw-ended', 'vw-DE', false, 'product_validity'),
             ('vw-future', 'vw-DE', false, 'offer_validity'),
             ('vw-inactive', 'vw-DE', false, 'product_active'),
             ('vw-new', 'vw-DE', false, 'merchant_approved'),
             ('vw-off', 'vw-DE', false, 'offer_active'),
             ('vw-past', 'vw-DE', false, 'offer_validity'),
             ('vw-seen', 'vw-DE', true, NULL),
             ('vw-waiting', 'vw-DE', false, 'offer_approved')$$,
    'offer_status: the first condition that fails, in the order of explain_visibility');
SELECT results_eq(
    $$SELECT offer_reference, store_code, failing_condition FROM offerengine.offer_status
       WHERE offer_reference IN ('vw-bare', 'vw-ended') AND store_code LIKE 'vw-%' ORDER BY 1, 2$$,
    $$VALUES ('vw-bare' COLLATE "C", 'vw-CH' COLLATE "C", 'offer_store' COLLATE "C"), ('vw-bare', 'vw-DE', NULL),
             ('vw-bare', 'vw-JP', 'offer_store'), ('vw-ended', 'vw-CH', 'offer_store'), ('vw-ended', 'vw-DE', 'product_validity'),
             ('vw-ended', 'vw-JP', 'product_store')$$,
    'offer_status: every store, also where the offer or its product is not');
SELECT set_eq(
    $$SELECT offer_reference, store_code FROM offerengine.offer_status WHERE is_visible$$,
    $$SELECT offer_reference, store_code FROM offerengine.visible_offer$$,
    'visible_offer and offer_status agree');
SELECT is_empty(
    $$SELECT s.offer_reference, s.store_code FROM offerengine.offer_status s
       WHERE s.is_visible IS DISTINCT FROM offerengine_internal.spec_offer_is_visible(s.offer_reference, s.store_code, now())$$,
    'the specification of one offer agrees with the view');
SELECT is(offerengine_internal.spec_offer_is_visible('vw-future', 'vw-DE', now() + interval '1 second'), true,
    'another instant can be asked: the first of the validity is inside');
SELECT is(offerengine_internal.spec_offer_is_visible('vw-past', 'vw-DE', now() - interval '1 microsecond'), true,
    '... and the last microsecond before its end');
SELECT is(offerengine_internal.spec_offer_is_visible(NULL, 'vw-DE', now()), false, 'a NULL offer is not visible');

-- prices

INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
SELECT 'vw-r', m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference = 'vw-A';
INSERT INTO offerengine.price (product_id, offer_id, merchant_relationship_id, store_code, currency_code, price_type,
                               min_quantity, net_amount, gross_amount, valid_from, valid_to)
SELECT o.product_id, o.offer_id, r.merchant_relationship_id, v.store, v.currency, v.type, v.quantity, v.net, v.gross, v.valid_from,
       v.valid_to
  FROM (VALUES
           ('vw-seen', NULL, 'vw-DE', 'EUR', 'DEFAULT', 1, 1000, 1190, '-infinity'::timestamptz, 'infinity'::timestamptz),
           ('vw-seen', NULL, 'vw-DE', 'EUR', 'DEFAULT', 1, 900, 1071, now(), now() + interval '1 day'),
           ('vw-seen', NULL, 'vw-DE', 'EUR', 'DEFAULT', 1, 700, 833, now() + interval '1 hour', 'infinity'),
           ('vw-seen', NULL, 'vw-DE', 'EUR', 'DEFAULT', 10, 800, NULL, '-infinity', 'infinity'),
           ('vw-seen', 'vw-r', 'vw-DE', 'EUR', 'DEFAULT', 1, 100, 119, '-infinity', 'infinity'),
           ('vw-seen', NULL, 'vw-JP', 'JPY', 'DEFAULT', 1, NULL, 1500, '-infinity', 'infinity'),
           ('vw-seen', NULL, 'vw-JP', 'KWD', 'DEFAULT', 1, 1234, NULL, '-infinity', 'infinity'),
           ('vw-seen', NULL, 'vw-DE', 'CHF', 'DEFAULT', 1, 77, 88, '-infinity', 'infinity'),
           ('vw-seen', NULL, 'vw-DE', 'EUR', 'ORIGINAL', 1, 5, 6, now() + interval '1 day', 'infinity'),
           ('vw-seen', NULL, 'vw-DE', 'EUR', 'ORIGINAL', 1, 5, 6, '-infinity', now()),
           ('vw-cheap', NULL, 'vw-DE', 'EUR', 'DEFAULT', 1, 800, 1071, '-infinity', 'infinity'),
           ('vw-bare', NULL, 'vw-DE', 'EUR', 'ORIGINAL', 1, 1, 1, '-infinity', 'infinity'))
           v (reference, relationship, store, currency, type, quantity, net, gross, valid_from, valid_to)
  JOIN offerengine.offer o ON o.offer_reference = v.reference
  LEFT JOIN offerengine.merchant_relationship r ON r.relationship_key = v.relationship;
INSERT INTO offerengine.price (abstract_product_id, store_code, currency_code, gross_amount)
SELECT a.abstract_product_id, 'vw-JP', 'JPY', 1600 FROM offerengine.abstract_product a WHERE a.abstract_sku = 'vw-a1';
INSERT INTO offerengine.price (abstract_product_id, store_code, currency_code, gross_amount, valid_from)
SELECT a.abstract_product_id, 'vw-JP', 'JPY', 1400, now() - interval '1 hour'
  FROM offerengine.abstract_product a WHERE a.abstract_sku = 'vw-a1';

SELECT results_eq(
    $$SELECT relationship_key, currency_code, price_type, min_quantity, net_amount, net_value, gross_amount, gross_value
        FROM offerengine.price_list WHERE offer_reference = 'vw-seen' AND store_code = 'vw-DE' ORDER BY 1 NULLS FIRST, 2, 3, 4$$,
    $$VALUES (NULL COLLATE "C", 'CHF' COLLATE "C", 'DEFAULT' COLLATE "C", 1, 77::bigint, 0.77, 88::bigint, 0.88),
             (NULL, 'EUR', 'DEFAULT', 1, 900, 9.00, 1071, 10.71),
             (NULL, 'EUR', 'DEFAULT', 10, 800, 8.00, NULL, NULL),
             ('vw-r', 'EUR', 'DEFAULT', 1, 100, 1.00, 119, 1.19)$$,
    'price_list: of overlapping windows the latest start; neither past nor future prices; contracts beside defaults');
SELECT results_eq(
    $$SELECT owner, abstract_sku, merchant_reference, gross_amount, gross_value::text FROM offerengine.price_list
       WHERE abstract_sku = 'vw-a1'$$,
    $$VALUES ('abstract_product' COLLATE "C", 'vw-a1' COLLATE "C", NULL::text COLLATE "C", 1400::bigint, '1400')$$,
    'price_list: an abstract product''s price belongs to no merchant; yen have no digits');
SELECT results_eq(
    $$SELECT owner, merchant_reference, currency_code, net_value::text, gross_value::text FROM offerengine.price_list
       WHERE offer_reference = 'vw-seen' AND store_code = 'vw-JP' ORDER BY 3$$,
    $$VALUES ('offer' COLLATE "C", 'vw-A' COLLATE "C", 'JPY' COLLATE "C", NULL, '1500'), ('offer', 'vw-A', 'KWD', '1.234', NULL)$$,
    'price_list: values have the digits of their currency');
SELECT results_eq(
    $$SELECT offer_reference, store_code, currency_code, gross_amount, gross_value FROM offerengine.unreachable_price
       WHERE store_code LIKE 'vw-%'$$,
    $$VALUES ('vw-seen' COLLATE "C", 'vw-DE' COLLATE "C", 'CHF' COLLATE "C", 88::bigint, 0.88)$$,
    'unreachable_price: the price in a currency that the store does not carry');

-- product_offer_ranking, unpriced_offer

SELECT results_eq(
    $$SELECT place, offer_reference, price_amount, price_value, offers FROM offerengine.product_offer_ranking
       WHERE sku = 'vw-p1' AND store_code = 'vw-DE' AND price_mode = 'gross' ORDER BY place, offer_reference$$,
    $$VALUES (1::bigint, 'vw-cheap' COLLATE "C", 1071::bigint, 10.71, 3::bigint), (2, 'vw-seen', 1071, 10.71, 3),
             (NULL, 'vw-bare', NULL, NULL, 3)$$,
    'product_offer_ranking: equal prices by reference, no place without a price');
SELECT results_eq(
    $$SELECT place, offer_reference, price_amount FROM offerengine.product_offer_ranking
       WHERE sku = 'vw-p1' AND store_code = 'vw-DE' AND price_mode = 'net' ORDER BY place$$,
    $$VALUES (1::bigint, 'vw-cheap' COLLATE "C", 800::bigint), (2, 'vw-seen', 900), (NULL, 'vw-bare', NULL)$$,
    'product_offer_ranking: each price mode has its own');
SELECT results_eq(
    $$SELECT currency_code, place, offer_reference, price_value::text FROM offerengine.product_offer_ranking
       WHERE sku = 'vw-p1' AND store_code = 'vw-JP' AND price_mode = 'gross' ORDER BY 1, 2, 3$$,
    $$VALUES ('JPY' COLLATE "C", 1::bigint, 'vw-cheap' COLLATE "C", '1400'), ('JPY', 2, 'vw-seen', '1500'),
             ('KWD', NULL, 'vw-cheap', NULL), ('KWD', NULL, 'vw-seen', NULL)$$,
    'product_offer_ranking: every currency that the store carries; the price of the abstract product counts');
SELECT results_eq(
    $$SELECT offer_reference, sku, merchant_reference, store_code, currency_code FROM offerengine.unpriced_offer
       WHERE store_code LIKE 'vw-%' ORDER BY offer_reference, store_code$$,
    $$VALUES ('vw-bare' COLLATE "C", 'vw-p1' COLLATE "C", 'vw-B' COLLATE "C", 'vw-DE' COLLATE "C", 'EUR' COLLATE "C"),
             ('vw-cheap', 'vw-p1', 'vw-B', 'vw-JP', 'KWD')$$,
    'unpriced_offer: visible without a price in a carried currency; an ORIGINAL price alone is none, a net one is one');

-- merchant_summary, stock_overview

SELECT results_eq(
    $$SELECT merchant_reference, is_active, offers, waiting_offers, approved_offers, denied_offers, inactive_offers, visible_offers,
             stores
        FROM offerengine.merchant_summary WHERE merchant_reference LIKE 'vw-%' ORDER BY 1$$,
    $$VALUES ('vw-A' COLLATE "C", true, 7::bigint, 1::bigint, 6::bigint, 0::bigint, 2::bigint, 1::bigint,
              '{vw-DE,vw-JP}'::text[] COLLATE "C"),
             ('vw-B', true, 2, 0, 2, 0, 0, 2, '{vw-DE,vw-JP}'), ('vw-C', false, 1, 0, 1, 0, 0, 0, '{}'),
             ('vw-D', true, 1, 1, 0, 0, 0, 0, '{}')$$,
    'merchant_summary: offers by state and those visible in any store');
INSERT INTO offerengine.warehouse (name, is_active) VALUES ('vw-w1', true), ('vw-w2', true), ('vw-w3', false);
INSERT INTO offerengine.warehouse_store
SELECT w.warehouse_id, 'vw-DE' FROM offerengine.warehouse w WHERE w.name LIKE 'vw-%';
INSERT INTO offerengine.offer_stock
SELECT o.offer_id, w.warehouse_id, 5, w.name = 'vw-w2'
  FROM offerengine.offer o, offerengine.warehouse w WHERE o.offer_reference = 'vw-past' AND w.name LIKE 'vw-%';
SELECT results_eq(
    $$SELECT store_code, merchant_reference, in_stock, reserved, available, is_never_out_of_stock
        FROM offerengine.stock_overview WHERE offer_reference = 'vw-past' ORDER BY 1$$,
    $$VALUES ('vw-DE' COLLATE "C", 'vw-A' COLLATE "C", 10::numeric, 0::numeric, 10::numeric, true),
             ('vw-JP', 'vw-A', 0, 0, 0, false)$$,
    'stock_overview: stock of the active warehouses that serve the store, of hidden offers too');

-- who sees what

CREATE ROLE vw_merchant;
CREATE ROLE vw_reporting;
CREATE ROLE vw_nobody;
SELECT offerengine.grant_access('vw_merchant', 'merchant', 'vw-A');
SELECT offerengine.grant_access('vw_reporting', 'reporting');
CREATE FUNCTION pg_temp.rows_seen(view text) RETURNS text LANGUAGE plpgsql AS $test$
DECLARE
    seen text;
BEGIN
    EXECUTE format('SELECT string_agg(DISTINCT merchant_reference, '','' ORDER BY merchant_reference)
                      FROM offerengine.%I WHERE merchant_reference LIKE ''vw-%%''', view) INTO seen;
    RETURN seen;
END
$test$;
GRANT USAGE ON SCHEMA offerengine TO vw_nobody;

SET ROLE vw_merchant;
SELECT is(array_agg(v || ' ' || pg_temp.rows_seen(v) ORDER BY v),
          ARRAY['merchant_summary vw-A', 'offer_status vw-A', 'price_list vw-A', 'product_offer_ranking vw-A',
                'stock_overview vw-A', 'unreachable_price vw-A', 'visible_offer vw-A'],
          'a merchant sees its own rows of each view')
  FROM unnest(ARRAY['merchant_summary', 'offer_status', 'price_list', 'product_offer_ranking', 'stock_overview',
                    'unreachable_price', 'visible_offer']) v;
SELECT is(pg_temp.rows_seen('unpriced_offer'), NULL, '... and none where it has none');
SELECT is((SELECT place FROM offerengine.product_offer_ranking
            WHERE offer_reference = 'vw-seen' AND store_code = 'vw-DE' AND price_mode = 'gross'), 2::bigint,
          '... and its place among all offers');
SELECT is((SELECT count(*) FROM offerengine.price_list WHERE abstract_sku = 'vw-a1'), 1::bigint,
          '... and default prices of products, which are no merchant''s');
CREATE FUNCTION pg_temp.leak(reference text) RETURNS boolean LANGUAGE plpgsql STABLE COST 0.0000001 AS $test$
BEGIN
    IF reference IN ('vw-cheap', 'vw-bare') THEN
        RAISE EXCEPTION 'leaked %', reference;
    END IF;
    RETURN true;
END
$test$;
SELECT lives_ok(format('SELECT count(*) FROM offerengine.%I WHERE pg_temp.leak(offer_reference)', v),
                v || ' hands hidden rows to no function in its caller''s WHERE')
  FROM unnest(ARRAY['offer_status', 'price_list', 'unpriced_offer', 'visible_offer']) v;
RESET ROLE;

SET ROLE vw_reporting;
SELECT is(array_agg(v || ' ' || pg_temp.rows_seen(v) ORDER BY v),
          ARRAY['merchant_summary vw-A,vw-B,vw-C,vw-D', 'offer_status vw-A,vw-B,vw-C,vw-D', 'price_list vw-A,vw-B',
                'product_offer_ranking vw-A,vw-B', 'stock_overview vw-A,vw-B,vw-C,vw-D', 'unpriced_offer vw-B',
                'unreachable_price vw-A', 'visible_offer vw-A,vw-B'],
          'reporting sees every merchant''s rows of each view')
  FROM unnest(ARRAY['merchant_summary', 'offer_status', 'price_list', 'product_offer_ranking', 'stock_overview',
                    'unpriced_offer', 'unreachable_price', 'visible_offer']) v;
SELECT throws_ok('SELECT FROM offerengine.price', '42501', NULL, '... without reading a table');
RESET ROLE;

SET ROLE vw_nobody;
SELECT throws_ok('SELECT FROM offerengine.visible_offer', '42501', NULL, 'who was granted nothing reads no view');
RESET ROLE;

-- A collation that somebody has called "C" orders nothing of ours.
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status)
SELECT 'vw-Upper', p.product_id, m.merchant_id, 'approved' FROM offerengine.product p, offerengine.merchant m
 WHERE p.sku = 'vw-p1' AND m.merchant_reference = 'vw-A';
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, 'vw-DE' FROM offerengine.offer o WHERE o.offer_reference = 'vw-Upper';
INSERT INTO offerengine.price (offer_id, store_code, currency_code, gross_amount)
SELECT o.offer_id, 'vw-DE', 'EUR', 1071 FROM offerengine.offer o WHERE o.offer_reference = 'vw-Upper';
CREATE SCHEMA vw_ahead;
CREATE COLLATION vw_ahead."C" (provider = icu, locale = 'en');
SET LOCAL search_path = vw_ahead, pg_catalog, public;
SELECT results_eq(
    $$SELECT place, offer_reference FROM offerengine.product_offer_ranking
       WHERE sku = 'vw-p1' AND store_code = 'vw-DE' AND price_mode = 'gross' AND place IS NOT NULL ORDER BY place$$,
    $$VALUES (1::bigint, 'vw-Upper' COLLATE pg_catalog."C"), (2, 'vw-cheap'), (3, 'vw-seen')$$,
    'product_offer_ranking: equal prices by reference, whatever the search_path calls "C"');

SELECT * FROM finish();
ROLLBACK;
