-- Random catalogues, random questions: the fast path, the path through SQL, the specification called directly and what
-- explain_* says must agree. A failure prints the seed; SEED=0.123 draws the same again.
BEGIN;
SET LOCAL offerengine.fast_path = on;
SET LOCAL search_path = public, pg_catalog;
SELECT plan(28);

\ir ../include/seed.psql

CREATE FUNCTION pg_temp.pick(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS
$$ SELECT choices[1 + floor(random() * array_length(choices, 1))::integer] $$;
CREATE FUNCTION pg_temp.draw(VARIADIC choices integer[]) RETURNS integer LANGUAGE sql VOLATILE AS
$$ SELECT choices[1 + floor(random() * array_length(choices, 1))::integer] $$;
CREATE FUNCTION pg_temp.instant(VARIADIC days integer[]) RETURNS timestamptz LANGUAGE sql VOLATILE AS
$$ SELECT now() + days[1 + floor(random() * array_length(days, 1))::integer] * interval '1 day' $$;

-- Draws stand in a sub-select's list, never in a join's condition: the planner would move them to one side and draw once a row.

-- Twelve stores: every combination of policies; in three time zones, with and without a country of their own.
INSERT INTO offerengine.store (store_code, name, price_inheritance, contract_price_policy, contract_scope, time_zone, default_country)
SELECT 'T-' || row_number() OVER (), 'test', i, c, s,
       (ARRAY['Pacific/Auckland', 'UTC', 'America/Los_Angeles'])[1 + row_number() OVER () % 3],
       (ARRAY[NULL, 'DE', 'US', 'FR'])[1 + row_number() OVER () % 4]
  FROM unnest(ARRAY['all_or_nothing', 'per_type']) i,
       unnest(ARRAY['contract_first', 'lowest', 'offer_first']) c,
       unnest(ARRAY['own_merchant', 'any_merchant']) s;
INSERT INTO offerengine.price_type (price_type, name) VALUES ('T-CLUB', 'test') ON CONFLICT DO NOTHING;

INSERT INTO offerengine.merchant (merchant_reference, name, is_active, approval_status)
SELECT 'T-M' || g, 'Merchant ' || g, g <> 5, CASE WHEN g = 6 THEN 'denied' ELSE 'approved' END
  FROM generate_series(1, 6) g;
INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
SELECT 'T-R' || row_number() OVER (), m.merchant_id
  FROM offerengine.merchant m, generate_series(1, 2) WHERE m.merchant_reference LIKE 'T-M%';
INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer)
SELECT d.merchant_relationship_id, 'T-B' || d.b
  FROM (SELECT r.merchant_relationship_id, b, random() AS draw
          FROM offerengine.merchant_relationship r, generate_series(1, 3) b
         WHERE r.relationship_key LIKE 'T-R%') d
 WHERE d.draw < d.b * 0.25;

INSERT INTO offerengine.abstract_product (abstract_sku) SELECT 'T-A' || g FROM generate_series(1, 3) g;
INSERT INTO offerengine.abstract_product_store (abstract_product_id, store_code)
SELECT a.abstract_product_id, s.store_code
  FROM offerengine.abstract_product a, offerengine.store s
 WHERE a.abstract_sku LIKE 'T-A%' AND s.store_code LIKE 'T-%' AND random() < 0.95;
INSERT INTO offerengine.product (sku, abstract_product_id, name, is_active, valid_from, valid_to)
SELECT 'T-P' || g, a.abstract_product_id, CASE WHEN random() < 0.8 THEN 'Product ' || g END, random() < 0.95,
       CASE WHEN random() < 0.9 THEN '-infinity' ELSE pg_temp.instant(-2, -1, 0) END,
       CASE WHEN random() < 0.9 THEN 'infinity' ELSE pg_temp.instant(1, 2) END
  FROM generate_series(1, 5) g
  JOIN offerengine.abstract_product a ON a.abstract_sku = 'T-A' || 1 + g % 3;
-- Titles as long as they may be among them.
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, title, management, is_active, approval_status,
                               valid_from, valid_to)
SELECT 'T-O' || g, (SELECT p.product_id FROM offerengine.product p WHERE p.sku = 'T-P' || 1 + g % 5),
       (SELECT m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference = 'T-M' || 1 + g / 5),
       CASE WHEN random() < 0.1 THEN (SELECT left(string_agg(md5(random()::text), ''), 255) FROM generate_series(1, 8))
            WHEN random() < 0.8 THEN 'Offer ' || g END,
       pg_temp.pick('standard', 'standard', 'externally_managed'),
       random() < 0.95, CASE WHEN random() < 0.95 THEN 'approved' ELSE 'denied' END,
       CASE WHEN random() < 0.9 THEN '-infinity' ELSE pg_temp.instant(-2, -1, 0) END,
       CASE WHEN random() < 0.9 THEN 'infinity' ELSE pg_temp.instant(1, 2) END
  FROM generate_series(1, 29) g;

-- Sheets with few segments, days and amounts. An offer has one in five times, or is a subscription that its steps give one.
INSERT INTO offerengine.price_segment (code, priority)
SELECT 'T-G' || g, pg_temp.draw(1, 10, 10, 10, 100) FROM generate_series(1, 6) g;
INSERT INTO offerengine.price_segment_country (price_segment_id, country_code)
SELECT d.price_segment_id, d.country
  FROM (SELECT g.price_segment_id, c AS country, random() AS draw
          FROM offerengine.price_segment g, unnest(ARRAY['DE', 'AT', 'FR', 'US']) c WHERE g.code LIKE 'T-G%') d
 WHERE d.draw < 0.5;
INSERT INTO offerengine.price_sheet (code) SELECT 'T-S' || g FROM generate_series(1, 6) g;
INSERT INTO offerengine.price_sheet_price (price_sheet_id, price_segment_id, currency_code, net_amount, gross_amount, valid_from)
SELECT w.price_sheet_id, w.price_segment_id, w.currency_code, w.net_amount,
       CASE WHEN w.net_amount IS NULL THEN coalesce(w.gross_amount, 7) ELSE w.gross_amount END, w.valid_from
  FROM (SELECT h.price_sheet_id, g.price_segment_id, c AS currency_code, random() AS draw,
               CASE WHEN random() < 0.7 THEN pg_temp.draw(0, 1, 2, 3, 5, 8) END::bigint AS net_amount,
               CASE WHEN random() < 0.8 THEN pg_temp.draw(0, 2, 3, 5, 8, 13) END::bigint AS gross_amount,
               CASE WHEN random() < 0.2 THEN '-infinity' ELSE current_date + pg_temp.draw(-4, -3, -2, -1, 0, 1, 2, 3) END::date AS valid_from
          FROM offerengine.price_sheet h,
               (SELECT NULL::bigint AS price_segment_id UNION ALL
                SELECT s.price_segment_id FROM offerengine.price_segment s WHERE s.code LIKE 'T-G%') g,
               unnest(ARRAY['EUR', 'EUR', 'EUR', 'JPY']) c
         WHERE h.code LIKE 'T-S%') w
 WHERE w.draw < 0.5
ON CONFLICT DO NOTHING;
INSERT INTO offerengine.product_contract (code, term, accounting_period, duration, price_sheet_id)
SELECT 'T-C' || right(h.code, 1), '1 month', '1 month', '1 year', h.price_sheet_id
  FROM offerengine.price_sheet h WHERE h.code LIKE 'T-S%';
CREATE TEMPORARY TABLE sheet_of ON COMMIT DROP AS
SELECT o.offer_id, pg_temp.pick('sheet', 'sheet', 'steps', 'steps', NULL, NULL, NULL, NULL, NULL, NULL) AS kind,
       1 + floor(random() * 6)::integer AS one, 1 + floor(random() * 6)::integer AS other
  FROM offerengine.offer o WHERE o.offer_reference LIKE 'T-O%';
UPDATE offerengine.offer o SET price_sheet_id = h.price_sheet_id
  FROM sheet_of d JOIN offerengine.price_sheet h ON h.code = 'T-S' || d.one
 WHERE o.offer_id = d.offer_id AND d.kind = 'sheet';
-- An approved offer does not become a subscription while it has no steps.
UPDATE offerengine.offer o SET approval_status = 'denied'
  FROM sheet_of d WHERE o.offer_id = d.offer_id AND d.kind = 'steps' AND o.approval_status = 'approved';
UPDATE offerengine.offer o SET offer_type = 'subscription' FROM sheet_of d WHERE o.offer_id = d.offer_id AND d.kind = 'steps';
INSERT INTO offerengine.offer_step (offer_id, step_no, product_contract_id)
SELECT d.offer_id, n.step_no, c.product_contract_id
  FROM sheet_of d CROSS JOIN LATERAL (VALUES (1, d.one), (2, d.other)) n (step_no, sheet)
  JOIN offerengine.product_contract c ON c.code = 'T-C' || n.sheet
 WHERE d.kind = 'steps' AND (n.step_no = 1 OR d.one <> 3);
UPDATE offerengine.offer o SET approval_status = 'approved'
  FROM sheet_of d WHERE o.offer_id = d.offer_id AND d.kind = 'steps';
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, s.store_code
  FROM offerengine.offer o, offerengine.store s
 WHERE o.offer_reference LIKE 'T-O%' AND s.store_code LIKE 'T-%' AND random() < 0.9;

-- Few amounts, tiers and windows, so that everything collides.
CREATE FUNCTION pg_temp.add_prices(share_of_offers double precision, share_of_products double precision) RETURNS void
LANGUAGE plpgsql AS $test$
BEGIN
    INSERT INTO offerengine.price (abstract_product_id, product_id, offer_id, merchant_relationship_id, store_code,
                                   currency_code, price_type, min_quantity, net_amount, gross_amount, valid_from, valid_to)
    SELECT w.abstract_product_id, w.product_id, w.offer_id, w.merchant_relationship_id, w.store_code, w.currency_code,
           w.price_type, w.min_quantity, w.net_amount, CASE WHEN w.net_amount IS NULL THEN coalesce(w.gross_amount, 7) ELSE w.gross_amount END,
           w.valid_from, w.valid_to
      FROM (SELECT x.*, s.store_code, random() AS draw,
                   pg_temp.pick('EUR', 'EUR', 'EUR', 'EUR', 'JPY') AS currency_code,
                   pg_temp.pick('DEFAULT', 'DEFAULT', 'DEFAULT', 'ORIGINAL', 'T-CLUB') AS price_type,
                   pg_temp.draw(1, 1, 1, 2, 5, 10) AS min_quantity,
                   CASE WHEN random() < 0.7 THEN pg_temp.draw(0, 1, 2, 3, 5, 8) END::bigint AS net_amount,
                   CASE WHEN random() < 0.8 THEN pg_temp.draw(0, 2, 3, 5, 8, 13) END::bigint AS gross_amount,
                   CASE WHEN random() < 0.4 THEN '-infinity' ELSE pg_temp.instant(-3, -2, -1, -1, 0) END AS valid_from,
                   CASE WHEN random() < 0.4 THEN 'infinity' ELSE pg_temp.instant(1, 1, 2, 3) END AS valid_to
              FROM (SELECT NULL::bigint AS abstract_product_id, o.product_id, o.offer_id, r.merchant_relationship_id,
                           share_of_offers * CASE WHEN r.merchant_relationship_id IS NULL THEN 1 ELSE 0.5 END AS share
                      FROM offerengine.offer o,
                           LATERAL (SELECT NULL::bigint UNION ALL SELECT g.merchant_relationship_id
                                      FROM offerengine.merchant_relationship g
                                     WHERE g.merchant_id = o.merchant_id) r (merchant_relationship_id)
                     WHERE o.offer_reference LIKE 'T-O%' AND offerengine_internal.price_sheet_of(o.offer_id) IS NULL
                    UNION ALL
                    SELECT NULL, p.product_id, NULL, r.merchant_relationship_id,
                           share_of_products * CASE WHEN r.merchant_relationship_id IS NULL THEN 1 ELSE 0.2 END
                      FROM offerengine.product p, (SELECT NULL::bigint UNION ALL SELECT g.merchant_relationship_id
                        FROM offerengine.merchant_relationship g WHERE g.relationship_key LIKE 'T-R%') r (merchant_relationship_id)
                     WHERE p.sku LIKE 'T-P%'
                    UNION ALL
                    SELECT a.abstract_product_id, NULL, NULL, r.merchant_relationship_id,
                           share_of_products * CASE WHEN r.merchant_relationship_id IS NULL THEN 1 ELSE 0.2 END
                      FROM offerengine.abstract_product a, (SELECT NULL::bigint UNION ALL SELECT g.merchant_relationship_id
                        FROM offerengine.merchant_relationship g WHERE g.relationship_key LIKE 'T-R%') r (merchant_relationship_id)
                     WHERE a.abstract_sku LIKE 'T-A%') x
              CROSS JOIN offerengine.store s
             WHERE s.store_code LIKE 'T-%') w
     WHERE w.draw < w.share
    ON CONFLICT DO NOTHING;
END
$test$;
SELECT pg_temp.add_prices(0.6, 0.8), pg_temp.add_prices(0.4, 0.8), pg_temp.add_prices(0.3, 0.8);
-- Windows that begin together, that end together, and that have no end, beside what is there.
INSERT INTO offerengine.price (abstract_product_id, product_id, offer_id, merchant_relationship_id, store_code,
                               currency_code, price_type, min_quantity, net_amount, gross_amount, valid_from, valid_to)
SELECT p.abstract_product_id, p.product_id, p.offer_id, p.merchant_relationship_id, p.store_code, p.currency_code, p.price_type,
       p.min_quantity, (p.net_amount + 1) % 9, (p.gross_amount + 1) % 9,
       CASE WHEN d.kind = 'begin' THEN p.valid_from ELSE least(p.valid_from, now() - interval '2 days') END,
       CASE d.kind WHEN 'end' THEN p.valid_to WHEN 'begin' THEN now() + d.days * interval '1 day' ELSE 'infinity' END
  FROM offerengine.price p
 CROSS JOIN LATERAL (SELECT p.price_id, pg_temp.pick('begin', 'end', 'open', 'none', 'none') AS kind,
                            pg_temp.draw(1, 2, 4) AS days) d
 WHERE p.store_code LIKE 'T-%' AND d.kind <> 'none'
ON CONFLICT DO NOTHING;

-- A past: rows changed and deleted in this transaction, and versions recorded earlier.
UPDATE offerengine.price SET gross_amount = (gross_amount + 3) % 11, net_amount = (net_amount + 2) % 11
 WHERE store_code LIKE 'T-%' AND random() < 0.2;
UPDATE offerengine.price SET gross_amount = (gross_amount + 3) % 11 WHERE store_code LIKE 'T-%' AND random() < 0.1;
DELETE FROM offerengine.price WHERE store_code LIKE 'T-%' AND random() < 0.05;
SELECT pg_temp.add_prices(0.05, 0.2);
INSERT INTO offerengine.price_history (price_id, abstract_product_id, product_id, offer_id, merchant_relationship_id,
                                       store_code, currency_code, price_type, min_quantity, net_amount, gross_amount,
                                       valid_from, valid_to, recorded_until, operation, changed_by)
SELECT p.price_id, p.abstract_product_id, p.product_id, p.offer_id, p.merchant_relationship_id, p.store_code,
       p.currency_code, p.price_type, p.min_quantity, (p.net_amount + g) % 13, (p.gross_amount + g) % 13, p.valid_from,
       p.valid_to, now() - g * interval '1 day', 'update', 'test'
  FROM offerengine.price p, unnest('{1,2,5,30}'::integer[]) g
 WHERE p.store_code LIKE 'T-%' AND random() < 0.1;
-- Some of them were another offer's, the product's own, or in another store then.
INSERT INTO offerengine.price_history (price_id, product_id, offer_id, merchant_relationship_id, store_code, currency_code, price_type,
                                       min_quantity, net_amount, gross_amount, valid_from, valid_to, recorded_until, operation, changed_by)
SELECT p.price_id, p.product_id, CASE d.place WHEN 1 THEN p.offer_id
                                              WHEN 2 THEN (SELECT min(o.offer_id) FROM offerengine.offer o WHERE o.product_id = p.product_id) END,
       p.merchant_relationship_id, CASE d.place WHEN 1 THEN 'T-1' ELSE p.store_code END, p.currency_code, p.price_type, p.min_quantity,
       p.net_amount, p.gross_amount, p.valid_from, p.valid_to, now() - d.days * interval '1 day', 'update', 'test'
  FROM offerengine.price p
 CROSS JOIN LATERAL (SELECT p.price_id, pg_temp.draw(1, 2, 3) AS place, pg_temp.draw(1, 3, 8) AS days) d
 WHERE p.store_code LIKE 'T-%' AND p.product_id IS NOT NULL AND random() < 0.1;

INSERT INTO offerengine.warehouse (name, is_active) VALUES ('T-W1', true), ('T-W2', true), ('T-W3', false);
INSERT INTO offerengine.warehouse_store (warehouse_id, store_code)
SELECT w.warehouse_id, s.store_code FROM offerengine.warehouse w, offerengine.store s
 WHERE w.name LIKE 'T-W%' AND s.store_code LIKE 'T-%' AND random() < 0.7;
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity, is_never_out_of_stock)
SELECT o.offer_id, w.warehouse_id, pg_temp.draw(0, 1, 3, 3, 10), random() < 0.1
  FROM offerengine.offer o, offerengine.warehouse w
 WHERE o.offer_reference LIKE 'T-O%' AND w.name LIKE 'T-W%' AND random() < 0.7;

CREATE TEMPORARY TABLE question ON COMMIT DROP AS
SELECT g AS id,
       CASE WHEN random() < 0.01 THEN 'T-unknown' ELSE 'T-O' || 1 + floor(random() * 29)::integer END AS offer_reference,
       CASE WHEN random() < 0.01 THEN 'T-unknown' ELSE 'T-P' || 1 + floor(random() * 5)::integer END AS sku,
       'T-' || 1 + floor(random() * 12)::integer AS store,
       pg_temp.pick('EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'JPY', 'SEK') AS currency,
       pg_temp.pick('gross', 'net') AS price_mode,
       pg_temp.draw(1, 1, 2, 3, 5, 9, 10, 100) AS quantity,
       pg_temp.pick(NULL, 'T-B1', 'T-B2', 'T-B3', 'T-B3', 'T-nobody') AS buyer,
       pg_temp.pick(NULL, 'DE', 'DE', 'AT', 'FR', 'US', 'AQ') AS country,
       pg_temp.pick('DEFAULT', 'DEFAULT', 'DEFAULT', 'DEFAULT', 'ORIGINAL', 'T-CLUB') AS price_type,
       pg_temp.instant(-4, -3, -2, -1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3) AS at,
       random() < 0.3 AS include_availability,
       pg_temp.pick('price', 'price', 'availability') AS order_by
  FROM generate_series(1, :questions) g;
-- What no draw may miss: an offer with a row for every outcome, a hidden one, one with a price sheet, and questions that meet them
-- in every store.
INSERT INTO offerengine.abstract_product (abstract_sku) VALUES ('T-A4');
INSERT INTO offerengine.abstract_product_store (abstract_product_id, store_code)
SELECT a.abstract_product_id, s.store_code FROM offerengine.abstract_product a, offerengine.store s
 WHERE a.abstract_sku = 'T-A4' AND s.store_code LIKE 'T-%';
INSERT INTO offerengine.product (sku, abstract_product_id)
SELECT 'T-P6', a.abstract_product_id FROM offerengine.abstract_product a WHERE a.abstract_sku = 'T-A4';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status)
SELECT o.offer_reference, p.product_id, m.merchant_id, o.status
  FROM (VALUES ('T-O30', 'approved'), ('T-O31', 'denied'), ('T-O32', 'approved')) o (offer_reference, status),
       offerengine.product p, offerengine.merchant m
 WHERE p.sku = 'T-P6' AND m.merchant_reference = 'T-M1';
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, s.store_code FROM offerengine.offer o, offerengine.store s
 WHERE o.offer_reference IN ('T-O30', 'T-O31', 'T-O32') AND s.store_code LIKE 'T-%';
SELECT offerengine.put_price_segment('T-G-low', priority => 5, countries => '{DE,CH}'),
       offerengine.put_price_segment('T-G-high', priority => 6, countries => '{DE,CH}'),
       offerengine.put_price_segment('T-G-old', priority => 5, countries => '{DE}') \g /dev/null
SELECT offerengine.put_price_sheet('T-S-all', prices => '[
    {"currency": "EUR", "gross_amount": 10}, {"currency": "EUR", "gross_amount": 11, "valid_from": "2020-01-01"},
    {"currency": "EUR", "gross_amount": 12, "valid_from": "2999-01-01"}, {"currency": "JPY", "net_amount": 13},
    {"currency": "EUR", "segment": "T-G-low", "gross_amount": 14}, {"currency": "EUR", "segment": "T-G-old", "gross_amount": 15},
    {"currency": "EUR", "segment": "T-G-high", "gross_amount": 16}]') \g /dev/null
UPDATE offerengine.offer o SET price_sheet_id = h.price_sheet_id FROM offerengine.price_sheet h
 WHERE o.offer_reference = 'T-O32' AND h.code = 'T-S-all';
INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
SELECT r.relationship_key, m.merchant_id
  FROM (VALUES ('T-R-own', 'T-M1'), ('T-R-inactive', 'T-M5')) r (relationship_key, merchant_reference)
  JOIN offerengine.merchant m USING (merchant_reference);
INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer)
SELECT r.merchant_relationship_id, 'T-B4' FROM offerengine.merchant_relationship r WHERE r.relationship_key LIKE 'T-R-%';
INSERT INTO offerengine.price (product_id, offer_id, merchant_relationship_id, store_code, currency_code, price_type,
                               min_quantity, net_amount, gross_amount, valid_from)
SELECT p.product_id, o.offer_id, r.merchant_relationship_id, s.store_code, 'EUR', w.price_type, w.min_quantity,
       w.net_amount, w.gross_amount, w.valid_from
  FROM (VALUES ('T-O30', NULL, 'DEFAULT', 1, NULL::bigint, 9::bigint, '-infinity'::timestamptz),
               ('T-O30', NULL, 'DEFAULT', 1, NULL, 8, now() - interval '1 day'),
               ('T-O30', NULL, 'DEFAULT', 1, NULL, 1, now() + interval '1 day'),
               ('T-O30', NULL, 'DEFAULT', 2, NULL, 7, '-infinity'),
               ('T-O30', NULL, 'DEFAULT', 3, 6, NULL, '-infinity'),
               ('T-O30', NULL, 'ORIGINAL', 1, NULL, 10, '-infinity'),
               ('T-O30', 'T-R-own', 'DEFAULT', 1, NULL, 6, '-infinity'),
               (NULL, NULL, 'DEFAULT', 1, NULL, 2, '-infinity'),
               (NULL, 'T-R-inactive', 'DEFAULT', 1, NULL, 1, '-infinity'))
       w (offer_reference, relationship_key, price_type, min_quantity, net_amount, gross_amount, valid_from)
  JOIN offerengine.product p ON p.sku = 'T-P6'
  LEFT JOIN offerengine.offer o ON o.offer_reference = w.offer_reference
  LEFT JOIN offerengine.merchant_relationship r ON r.relationship_key = w.relationship_key
  CROSS JOIN offerengine.store s
 WHERE s.store_code LIKE 'T-%';
INSERT INTO question
SELECT :questions + row_number() OVER (), c.offer_reference, 'T-P6', s.store_code, c.currency, 'gross', c.quantity, c.buyer, c.country,
       'DEFAULT', now(), false, 'price'
  FROM (VALUES ('T-O30', 'EUR', 1, 'T-B4', NULL), ('T-O30', 'EUR', 3, 'T-B4', NULL), ('T-O30', 'EUR', 1, NULL, NULL),
               ('T-O30', 'SEK', 1, NULL, NULL), ('T-O31', 'EUR', 1, NULL, NULL), ('T-unknown', 'EUR', 1, NULL, NULL),
               ('T-O32', 'EUR', 5, 'T-B4', NULL), ('T-O32', 'EUR', 1, NULL, 'DE'), ('T-O32', 'EUR', 1, NULL, 'CH'),
               ('T-O32', 'EUR', 1, NULL, 'AQ'), ('T-O32', 'JPY', 1, NULL, 'DE'))
       c (offer_reference, currency, quantity, buyer, country)
 CROSS JOIN offerengine.store s
 WHERE s.store_code LIKE 'T-%';
ANALYZE offerengine.price, offerengine.price_history, offerengine.offer, offerengine.offer_store;

-- Every question asked of every path; the answer with its place in the set where sets are answered.
CREATE FUNCTION pg_temp.ask(asked_of text) RETURNS void LANGUAGE plpgsql AS $test$
BEGIN
    INSERT INTO answer SELECT asked_of, 'visible', q.id, 1, offerengine.offer_is_visible(q.offer_reference, q.store, q.at)::text
      FROM question q;
    INSERT INTO answer SELECT asked_of, 'price', q.id, 1, r::text
      FROM question q, offerengine.resolve_price(q.offer_reference, q.store, q.currency, q.price_mode, q.quantity, q.buyer,
                                                 q.country, q.price_type, q.at) r;
    INSERT INTO answer SELECT asked_of, 'prices of a cart', q.id, r."position", r::text
      FROM question q, offerengine.resolve_prices(ARRAY[q.offer_reference, NULL, 'T-O1', q.offer_reference, 'T-O32'], q.store, q.currency,
               q.price_mode, ARRAY[q.quantity, 1, NULL, 5, 2], q.buyer, q.country, q.price_type, q.at) r
     WHERE q.id % 16 = 0;
    INSERT INTO answer SELECT asked_of, 'product price', q.id, 1, r::text
      FROM question q, offerengine.resolve_product_price(q.sku, q.store, q.currency, q.price_mode, q.quantity, q.buyer,
                                                         q.country, q.price_type, q.at) r;
    INSERT INTO answer SELECT asked_of, 'ladder', q.id, r.place, r.said
      FROM question q, LATERAL (SELECT f::text AS said, row_number() OVER () AS place
                                 FROM offerengine.price_ladder(q.offer_reference, q.store, q.currency, q.price_mode, q.buyer, q.country,
                                                q.price_type, q.at) f) r;
    INSERT INTO answer SELECT asked_of, 'explanation', q.id, r.place, r.said
      FROM question q, LATERAL (SELECT f::text AS said, row_number() OVER () AS place
                                 FROM offerengine.explain_price(q.offer_reference, q.store, q.currency, q.price_mode, q.quantity, q.buyer,
                                                 q.country, q.price_type, q.at) f) r;
    INSERT INTO answer SELECT asked_of, 'conditions', q.id, r.place, r.said
      FROM question q, LATERAL (SELECT f::text AS said, row_number() OVER () AS place
                                 FROM offerengine.explain_visibility(q.offer_reference, q.store, q.at) f) r;
    INSERT INTO answer SELECT asked_of, 'listing', q.id, r.place, r.said
      FROM question q, LATERAL (SELECT f::text AS said, row_number() OVER () AS place
                                 FROM offerengine.list_offers(q.sku, q.store, q.currency, q.price_mode, q.quantity, q.buyer, q.country,
                                               q.at, NULL, q.include_availability, q.order_by) f) r
     WHERE q.id % 4 = 0;
    INSERT INTO answer SELECT asked_of, 'listing of many', q.id, r.place, r.said
      FROM question q, LATERAL (SELECT f::text AS said, row_number() OVER () AS place
                                 FROM offerengine.list_offers(ARRAY['T-P3', q.sku, NULL, 'T-P1', q.sku], q.store, q.currency, q.price_mode, q.quantity,
                                               q.buyer, q.country, q.at, NULL, q.include_availability, q.order_by) f) r
     WHERE q.id % 16 = 0;
    INSERT INTO answer SELECT asked_of, 'ranking', q.id, r.place, r.said
      FROM question q, LATERAL (SELECT f::text AS said, row_number() OVER () AS place
                                 FROM offerengine.rank_products(ARRAY['T-P3', q.sku, NULL, 'T-P1', 'T-P6', q.sku], q.store,
                                               q.currency, q.price_mode, q.quantity, q.buyer, q.country, q.at,
                                               (ARRAY['price', 'price_descending', 'availability'])[1 + q.id / 32 % 3],
                                               1 + q.id / 96 % 4, q.id / 32 % 2) f) r
     WHERE q.id % 32 = 0;
    INSERT INTO answer SELECT asked_of, 'default offer', q.id, r.place, r.said
      FROM question q, LATERAL (SELECT f::text AS said, row_number() OVER () AS place
                                 FROM offerengine.default_offer(q.sku, q.store, q.currency, q.price_mode, q.quantity, q.buyer, q.country,
                                                 q.at, NULL, q.include_availability, q.order_by,
                                                 CASE WHEN q.id % 8 < 4 THEN q.offer_reference END) f) r
     WHERE q.id % 4 = 0;
    INSERT INTO answer SELECT asked_of, 'lowest', q.id, 1, r::text
      FROM question q, offerengine.lowest_prior_price(q.offer_reference, q.store, q.currency, q.price_mode, 1 + q.id / 4 % 4, q.at) r
     WHERE q.id % 4 = 0;
END
$test$;
CREATE TEMPORARY TABLE answer (asked_of text, kind text, id integer, place bigint, said text) ON COMMIT DROP;
SET LOCAL offerengine.fast_path = on;
SELECT pg_temp.ask('probes');
SET LOCAL offerengine.fast_path = off;
SELECT pg_temp.ask('sql');
SET LOCAL offerengine.fast_path = on;

INSERT INTO answer SELECT 'spec', 'visible', q.id, 1, offerengine_internal.spec_offer_is_visible(q.offer_reference, q.store, q.at)::text
  FROM question q;
INSERT INTO answer SELECT 'spec', 'price', q.id, 1, r::text
  FROM question q, offerengine_internal.spec_resolve_price(q.offer_reference, q.store, q.currency, q.price_mode, q.quantity, q.buyer,
                                                  q.country, q.price_type, q.at) r;
INSERT INTO answer SELECT 'spec', 'listing', q.id, r.place, r.said
  FROM question q, LATERAL (SELECT f::text AS said, row_number() OVER () AS place
                             FROM offerengine_internal.spec_list_offers(ARRAY[q.sku], q.store, q.currency, q.price_mode, q.quantity, q.buyer, q.country,
                                                q.at, NULL, q.include_availability, q.order_by) f) r
 WHERE q.id % 4 = 0;
CREATE INDEX ON answer (kind, asked_of, id, place);
ANALYZE answer, question;

-- Where the two differ, with the question.
CREATE FUNCTION pg_temp.differences(of_kind text, one text, other text) RETURNS SETOF text LANGUAGE sql AS $test$
    SELECT format('%s: %s; %s: %s; %s', one, a.said, other, b.said, q)
      FROM (SELECT * FROM answer WHERE kind = of_kind AND asked_of = one) a
      FULL JOIN (SELECT * FROM answer WHERE kind = of_kind AND asked_of = other) b USING (id, place)
      JOIN question q USING (id)
     WHERE a.said IS DISTINCT FROM b.said
     ORDER BY id, place LIMIT 3
$test$;
SELECT is_empty(format('SELECT pg_temp.differences(%L, ''probes'', ''sql'')', kind), format('%s: probes and SQL, seed %s', kind, :'seed'))
  FROM unnest(ARRAY['visible', 'price', 'prices of a cart', 'product price', 'ladder', 'explanation', 'conditions', 'listing', 'listing of many',
                    'ranking', 'default offer', 'lowest']) kind;
SELECT is_empty(format('SELECT pg_temp.differences(%L, ''probes'', ''spec'')', kind), format('%s: probes and specification, seed %s', kind, :'seed'))
  FROM unnest(ARRAY['visible', 'listing']) kind;
SELECT is_empty($$
    SELECT q, a.said, b.said
      FROM answer a JOIN answer b USING (kind, id) JOIN question q USING (id)
     WHERE kind = 'price' AND a.asked_of = 'probes' AND b.asked_of = 'spec'
       AND (a.said::offerengine.price_result IS NOT DISTINCT FROM NULL
            OR jsonb_set(to_jsonb(a.said::offerengine.price_result), '{detail}', 'null')
               <> to_jsonb(b.said::offerengine.price_result)) LIMIT 3 $$,
    'price: probes and specification, seed ' || :'seed');

SELECT is_empty($$
    SELECT q, a.said, r
      FROM question q
      JOIN answer a ON a.id = q.id AND a.kind = 'prices of a cart' AND a.asked_of = 'probes' AND a.place IN (1, 4)
     CROSS JOIN LATERAL offerengine.resolve_price(q.offer_reference, q.store, q.currency, q.price_mode,
                                                  CASE a.place WHEN 1 THEN q.quantity ELSE 5 END, q.buyer, q.country, q.price_type, q.at) r
     WHERE to_jsonb(a.said::offerengine.cart_price) - '{position,offer_reference}'::text[] <> to_jsonb(r) LIMIT 3 $$,
    'resolve_prices and resolve_price, seed ' || :'seed');

-- What follows a first step is what the plan says of the second, bought on the day that it is in the store.
SELECT is_empty($$
    SELECT q, l.listed, p
      FROM question q
      JOIN answer a ON a.id = q.id AND a.kind = 'listing' AND a.asked_of = 'probes'
     CROSS JOIN LATERAL (SELECT a.said::offerengine.offer_listing AS listed) l
      JOIN offerengine.store s ON s.store_code = q.store
      LEFT JOIN LATERAL offerengine.price_plan((l.listed).offer_reference, q.currency, q.country, (q.at AT TIME ZONE s.time_zone)::date, q.store,
                                               q.price_mode) p ON p.step_no = 2
     WHERE ((l.listed).next_amount, (l.listed).next_from) IS DISTINCT FROM (p.amount, p.starts_on) LIMIT 3 $$,
    'what follows and the plan, seed ' || :'seed');
SELECT cmp_ok((SELECT count(*) FROM answer WHERE kind = 'listing' AND asked_of = 'probes' AND (said::offerengine.offer_listing).next_amount IS NOT NULL), '>', 5::bigint,
    'trials are listed, seed ' || :'seed');

-- explain_visibility never contradicts, explain_price chooses what is resolved, for hidden offers too.
SELECT is_empty($$
    SELECT q, v.said
      FROM question q
      JOIN answer v ON v.id = q.id AND v.kind = 'visible' AND v.asked_of = 'probes'
      JOIN (SELECT c.id, bool_and((c.said::offerengine.visibility_condition).holds) AS all_hold
              FROM answer c WHERE c.kind = 'conditions' AND c.asked_of = 'probes' GROUP BY c.id) c ON c.id = q.id
     WHERE v.said::boolean <> c.all_hold LIMIT 3 $$,
    'explain_visibility and offer_is_visible, seed ' || :'seed');
SELECT is_empty($$
    SELECT q, e.said, r.price_id, r.level, r.amount
      FROM question q
      JOIN offerengine.offer o USING (offer_reference)
      JOIN offerengine.product p USING (product_id)
      LEFT JOIN LATERAL offerengine_internal.resolved_prices(
                ROW(o.offer_id, p.product_id, p.abstract_product_id, o.merchant_id, q.store, q.currency, q.price_mode,
                    q.price_type, q.quantity, q.buyer, q.at, NULL)::offerengine_internal.price_question) own
             ON offerengine_internal.price_sheet_of(o.offer_id) IS NULL
      LEFT JOIN LATERAL offerengine_internal.sheet_prices(
                offerengine_internal.price_sheet_of(o.offer_id), q.store, q.currency, q.price_mode, q.country, q.price_type, q.at) sheet ON true
     CROSS JOIN LATERAL (SELECT (coalesce(sheet, own)).*) r
      LEFT JOIN (SELECT id, said, said::offerengine.price_step AS step FROM answer
                  WHERE kind = 'explanation' AND asked_of = 'probes'
                    AND (said::offerengine.price_step).outcome = 'chosen') e USING (id)
     WHERE ((e.step).price_id, (e.step).level, (e.step).amount, (e.step).relationship_key, (e.step).min_quantity)
           IS DISTINCT FROM (r.price_id, r.level, r.amount, r.relationship_key, r.min_quantity)
        OR ((e.step).detail LIKE 'tier_above_lower_price%') IS DISTINCT FROM CASE WHEN r.is_above_lower_tier THEN true END
           AND r.price_id IS NOT NULL
     LIMIT 3 $$,
    'explain_price chooses what the specification resolves, seed ' || :'seed');
SELECT is_empty($$
    SELECT id, count(*) FROM answer
     WHERE kind = 'explanation' AND asked_of = 'probes' AND (said::offerengine.price_step).outcome = 'chosen'
     GROUP BY id HAVING count(*) > 1 LIMIT 3 $$,
    'one row is chosen at most, seed ' || :'seed');
SELECT is_empty($$
    SELECT said FROM answer WHERE kind = 'explanation' AND (said::offerengine.price_step).outcome IS NULL LIMIT 3 $$,
    'every row has an outcome, seed ' || :'seed');

-- Everything that is meant to be reached is, and the draw adds to what is certain: three prices in each of twelve stores.
SELECT is_empty($$
    SELECT outcome FROM unnest(ARRAY['chosen', 'other_window', 'superseded', 'level_not_used', 'other_type', 'no_amount_in_mode',
                                     'tier_not_reached', 'lower_tier', 'contract_preferred', 'default_preferred',
                                     'higher_amount', 'contract_not_applicable']) outcome
    EXCEPT SELECT (said::offerengine.price_step).outcome FROM answer WHERE kind = 'explanation' $$,
    'every outcome occurs, seed ' || :'seed');
SELECT is_empty($$
    SELECT reason FROM unnest(ARRAY['unknown_offer', 'not_visible', 'no_price']) reason
    EXCEPT SELECT (said::offerengine.price_result).reason FROM answer WHERE kind = 'price' $$,
    'every reason occurs, seed ' || :'seed');
SELECT cmp_ok((SELECT count(*) FROM answer WHERE kind = 'price' AND asked_of = 'probes'
                 AND (said::offerengine.price_result).amount IS NOT NULL), '>', 36::bigint,
              'prices are found by chance too, seed ' || :'seed');
SELECT is_empty($$
    SELECT w FROM unnest(ARRAY['11', '14']) w
    EXCEPT SELECT (said::offerengine.price_result).amount::text FROM answer
            WHERE kind = 'price' AND (said::offerengine.price_result).price_source = 'price_sheet' $$,
    'prices of a sheet: everywhere and of a segment, seed ' || :'seed');

SELECT cmp_ok((SELECT count(DISTINCT said) FROM answer WHERE kind = 'lowest' AND asked_of = 'probes'), '>', 3::bigint,
              'lowest prior prices are found, seed ' || :'seed');
SELECT cmp_ok((SELECT count(*) FROM answer WHERE kind = 'ranking' AND asked_of = 'probes'), '>', 5::bigint,
              'products are ranked, seed ' || :'seed');
SELECT * FROM finish();
ROLLBACK;
