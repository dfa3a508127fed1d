-- Whose a price row is: no id that anybody may choose means "none".
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

INSERT INTO given_item (name) VALUES ('mine');
INSERT INTO given_item (name, merchant, same_as) VALUES ('inherits', 'bolt', 'mine');
INSERT INTO given_price (item, owner, gross) VALUES ('mine', 'abstract', 1000);

-- An offer of a competitor, waiting for approval, with each id that might be taken for none; whatever bounds ids have.
DO $$
DECLARE
    bound record;
BEGIN
    FOR bound IN SELECT c.conrelid::regclass AS relation, c.conname FROM pg_constraint c
                  WHERE c.connamespace = 'offerengine'::regnamespace AND c.contype = 'c' AND pg_get_constraintdef(c.oid) ~ '_id [<>=]' LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', bound.relation, bound.conname);
    END LOOP;
END
$$;
INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id)
SELECT v.id, 'bait' || v.id, o.product_id, (SELECT m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference = 'cord')
  FROM offerengine.offer o, (VALUES (9223372036854775807), (0), (-1), (-9223372036854775808)) AS v (id)
 WHERE o.offer_reference = 'mine';
INSERT INTO offerengine.offer_store (offer_id, store_code) SELECT v.id, 'shop'
  FROM (VALUES (9223372036854775807), (0), (-1), (-9223372036854775808)) AS v (id);
INSERT INTO offerengine.price (offer_id, store_code, currency_code, gross_amount)
SELECT v.id, 'shop', 'EUR', 1 FROM (VALUES (9223372036854775807), (0), (-1), (-9223372036854775808)) AS v (id);
SET CONSTRAINTS ALL IMMEDIATE;

CREATE FUNCTION pg_temp.inherited() RETURNS bigint[] LANGUAGE sql VOLATILE AS $$
    SELECT ARRAY[(offerengine.resolve_price('inherits', 'shop', 'EUR')).amount,
                 (SELECT l.amount FROM offerengine.list_offers('mine-p', 'shop', 'EUR') l WHERE l.offer_reference = 'inherits'),
                 (SELECT l.amount FROM offerengine.list_offers('{mine-p}'::text[], 'shop', 'EUR') l WHERE l.offer_reference = 'inherits'),
                 (SELECT e.amount FROM offerengine.explain_price('inherits', 'shop', 'EUR') e WHERE e.outcome = 'chosen'),
                 (SELECT l.amount FROM offerengine.price_ladder('inherits', 'shop', 'EUR') l),
                 (SELECT r.amount FROM offerengine.resolve_prices('{inherits}', 'shop', 'EUR') r),
                 (offerengine.resolve_product_price('mine-p', 'shop', 'EUR')).amount]
$$;
SET LOCAL offerengine.fast_path = on;
SELECT is(pg_temp.inherited(), array_fill(1000::bigint, ARRAY[7]), 'probes: the inherited price is the abstract product''s, everywhere');
SET LOCAL offerengine.fast_path = off;
SELECT is(pg_temp.inherited(), array_fill(1000::bigint, ARRAY[7]), 'sql: the inherited price is the abstract product''s, everywhere');
SET LOCAL offerengine.fast_path = on;
UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference LIKE 'bait%';
SELECT results_eq($$SELECT l.offer_reference COLLATE "default", l.amount FROM offerengine.list_offers('mine-p', 'shop', 'EUR') l ORDER BY 2, 1$$,
                  $$VALUES ('bait-1', 1::bigint), ('bait-9223372036854775808', 1), ('bait0', 1), ('bait9223372036854775807', 1),
                           ('inherits', 1000), ('mine', 1000)$$, 'approved, such an offer costs what it says, and the others what they say');
SELECT is((SELECT count(*) FROM offerengine.price_list l WHERE l.sku = 'mine-p' AND l.store_code = 'shop'), 4::bigint,
          'price_list keeps all owners apart');

-- A contract of merchant "none" is nobody's.
INSERT INTO offerengine.merchant (merchant_id, merchant_reference, name, approval_status) VALUES (9223372036854775807, 'none', 'None', 'approved');
INSERT INTO offerengine.merchant_relationship (merchant_relationship_id, relationship_key, merchant_id)
VALUES (9223372036854775807, 'none-deal', 9223372036854775807);
INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer) VALUES (9223372036854775807, 'anna');
INSERT INTO given_price (item, owner, gross, contract) VALUES ('mine', 'product', 2, 'none-deal');
SELECT is((offerengine.resolve_product_price('mine-p', 'shop', 'EUR', buyer => 'anna')).amount, 1000::bigint,
          'a product without an offer has no merchant, whatever merchant ids there are');

-- A segment with the largest id is not "everywhere".
INSERT INTO offerengine.price_segment (price_segment_id, code) VALUES (9223372036854775807, 'po-DE');
INSERT INTO offerengine.price_segment_country (price_segment_id, country_code) VALUES (9223372036854775807, 'DE');
SELECT offerengine.put_price_sheet('po-sheet', prices => '[{"currency": "EUR", "segment": "po-DE", "gross_amount": 1},
                                                           {"currency": "EUR", "gross_amount": 50}]') \g /dev/null
SELECT offerengine.put_offer('po-sheeted', 'mine-p', 'acme', '{shop}', price_sheet => 'po-sheet') \g /dev/null
UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference = 'po-sheeted';
SELECT is((offerengine.resolve_price('po-sheeted', 'shop', 'EUR', country => c.country)).amount, c.amount, 'a sheet''s price in ' || c.country)
  FROM (VALUES ('DE', 1::bigint), ('FR', 50)) AS c (country, amount);

-- health_check: rows of owner 0 and rows of no such owner are not one price.
INSERT INTO offerengine.price (offer_id, store_code, currency_code, gross_amount, price_type, valid_from, valid_to)
VALUES (0, 'shop', 'USD', 1, 'DEFAULT', now() - interval '5 days', now() + interval '10 days');
INSERT INTO given_price (item, owner, gross, currency, store, since, until)
VALUES ('mine', 'product', 2, 'USD', 'shop', now() - interval '1 day', now() + interval '30 days');
SELECT is((SELECT h.ok FROM offerengine.health_check() h WHERE h.check_name = 'overlapping_prices'), true,
          'windows of two owners do not overlap');

SELECT * FROM finish();
ROLLBACK;
