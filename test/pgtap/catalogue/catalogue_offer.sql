-- What the engine fills in, counts and projects when offers, their stores and their products are written by plain DML.
BEGIN;
\ir ../include/catalogue.psql
SELECT no_plan();

-- What is filled in.
SET LOCAL offerengine.acting_user = 'ada';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, version, created_by, created_by_acting_user,
    created_at, updated_at)
VALUES ('c-filled', pg_temp.product('C-P1'), pg_temp.merchant('c-one'), 99, 'somebody', 'else', '2001-01-01', '2001-01-01');
SET LOCAL offerengine.acting_user = '';
SELECT is(ROW(o.version, o.created_by, o.created_by_acting_user, o.created_at, o.updated_at)::text,
          ROW(1, CURRENT_USER, 'ada', now(), now())::text, 'version, author and times of a new offer are the engine''s')
  FROM offerengine.offer o WHERE o.offer_reference = 'c-filled';
UPDATE offerengine.offer SET title = 'x', version = 99, created_by = 'somebody', created_at = '2001-01-01',
    updated_at = '2001-01-01'
 WHERE offer_reference = 'c-filled';
SELECT is(ROW(o.version, o.created_by, o.created_by_acting_user, o.created_at, o.updated_at)::text,
          ROW(2, CURRENT_USER, 'ada', now(), now())::text, 'nor does an UPDATE set them')
  FROM offerengine.offer o WHERE o.offer_reference = 'c-filled';

INSERT INTO offerengine.offer (product_id, merchant_id) VALUES (pg_temp.product('C-P1'), pg_temp.merchant('c-one'))
RETURNING offer_id AS first_id, offer_reference AS first_reference \gset
SELECT is(:'first_reference', 'offer' || :first_id, 'a reference left out becomes offer<id>');
SELECT pg_temp.make_offer(format('offer%s', :first_id + 2)) \g /dev/null
INSERT INTO offerengine.offer (product_id, merchant_id)
SELECT pg_temp.product('C-P1'), pg_temp.merchant('c-one') FROM generate_series(1, 3);
SELECT is(array_agg(o.offer_reference::text ORDER BY o.offer_id),
          ARRAY['offer' || :first_id, 'offer' || (:first_id + 3), 'offer' || (:first_id + 4), 'offer' || (:first_id + 5)],
          'a taken number is skipped')
  FROM offerengine.offer o WHERE o.offer_id >= :first_id AND o.offer_reference NOT LIKE 'c-%' AND o.offer_id <> :first_id + 1;
SELECT ok(bool_and(o.offer_reference = 'offer' || o.offer_id), 'and reference and id stay one number')
  FROM offerengine.offer o WHERE o.offer_id > :first_id + 1;

-- Version: statement, and by how much it rises for the offer (once per statement; nothing for no change).
SELECT pg_temp.make_offer('c-v'), pg_temp.make_offer('c-other') \g /dev/null
CREATE FUNCTION pg_temp.raises(statement text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    before integer := pg_temp.version('c-v');
BEGIN
    EXECUTE statement;
    RETURN pg_temp.version('c-v') - before;
END
$$;
CREATE TEMP TABLE counted (line serial, what text, statement text, rise integer);
INSERT INTO counted (what, statement, rise) VALUES
    ('title', $$UPDATE offerengine.offer SET title = 'a' WHERE offer_reference = 'c-v'$$, 1),
    ('the same title', $$UPDATE offerengine.offer SET title = 'a' WHERE offer_reference = 'c-v'$$, 0),
    ('several columns', $$UPDATE offerengine.offer SET title = 'b', is_active = false WHERE offer_reference = 'c-v'$$, 1),
    ('title to NULL', $$UPDATE offerengine.offer SET title = NULL WHERE offer_reference = 'c-v'$$, 1),
    ('NULL to NULL', $$UPDATE offerengine.offer SET title = NULL WHERE offer_reference = 'c-v'$$, 0),
    ('another offer', $$UPDATE offerengine.offer SET title = 'a' WHERE offer_reference = 'c-other'$$, 0),
    ('two stores in one statement', $$INSERT INTO offerengine.offer_store (offer_id, store_code)
        VALUES (pg_temp.offer('c-v'), 'C-DE'), (pg_temp.offer('c-v'), 'C-AT')$$, 1),
    ('a store again', $$INSERT INTO offerengine.offer_store (offer_id, store_code)
        VALUES (pg_temp.offer('c-v'), 'C-DE') ON CONFLICT DO NOTHING$$, 0),
    ('a store for another', $$UPDATE offerengine.offer_store SET store_code = 'C-US'
        WHERE offer_id = pg_temp.offer('c-v') AND store_code = 'C-AT'$$, 1),
    ('a store for itself', $$UPDATE offerengine.offer_store SET store_code = store_code
        WHERE offer_id = pg_temp.offer('c-v')$$, 0),
    ('a write to the projection', $$UPDATE offerengine.offer_store SET title = 'wrong' WHERE offer_id = pg_temp.offer('c-v')$$, 0),
    ('a store of another offer', $$INSERT INTO offerengine.offer_store (offer_id, store_code)
        VALUES (pg_temp.offer('c-other'), 'C-DE')$$, 0),
    ('a store given away', $$UPDATE offerengine.offer_store SET offer_id = pg_temp.offer('c-other')
        WHERE offer_id = pg_temp.offer('c-v') AND store_code = 'C-US'$$, 1),
    ('a store left', $$DELETE FROM offerengine.offer_store WHERE offer_id = pg_temp.offer('c-v')$$, 1),
    ('a store left that it is not in', $$DELETE FROM offerengine.offer_store WHERE offer_id = pg_temp.offer('c-v')$$, 0),
    ('three prices in one statement', $$INSERT INTO offerengine.price (offer_id, store_code, currency_code, price_type,
        net_amount) VALUES (pg_temp.offer('c-v'), 'C-DE', 'EUR', 'DEFAULT', 1), (pg_temp.offer('c-v'), 'C-DE', 'EUR',
            'ORIGINAL', 2), (pg_temp.offer('c-v'), 'C-AT', 'EUR', 'DEFAULT', 1)$$, 1),
    ('prices changed', $$UPDATE offerengine.price SET net_amount = net_amount + 1 WHERE offer_id = pg_temp.offer('c-v')$$, 1),
    ('prices set to what they are', $$UPDATE offerengine.price SET net_amount = net_amount
        WHERE offer_id = pg_temp.offer('c-v')$$, 0),
    ('a price of its product', $$INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount)
        VALUES (pg_temp.product('C-P1'), 'C-DE', 'EUR', 1)$$, 0),
    ('a price upserted', $$INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount)
        VALUES (pg_temp.offer('c-v'), 'C-DE', 'EUR', 9)
            ON CONFLICT (product_id, store_code, currency_code, merchant_relationship_id, offer_id, price_type, min_quantity,
                valid_from, valid_to) WHERE product_id IS NOT NULL DO UPDATE SET net_amount = excluded.net_amount$$, 1),
    ('a price given away', $$UPDATE offerengine.price SET offer_id = pg_temp.offer('c-other')
        WHERE offer_id = pg_temp.offer('c-v') AND store_code = 'C-AT'$$, 1),
    ('prices deleted', $$DELETE FROM offerengine.price WHERE offer_id = pg_temp.offer('c-v')$$, 1),
    ('its product renamed', $$UPDATE offerengine.product SET name = 'Chair, blue' WHERE sku = 'C-P1'$$, 0),
    ('its approval', $$UPDATE offerengine.offer SET approval_status = 'denied' WHERE offer_reference = 'c-v'$$, 1);
SELECT is(pg_temp.raises(c.statement), c.rise, 'version: ' || c.what) FROM (SELECT * FROM counted ORDER BY line) AS c;
SELECT is(pg_temp.version('c-other') > 4, true, 'who was given a store and a price counts them too');

-- Projection: what is shown, after each change.
SELECT pg_temp.make_offer('c-p') \g /dev/null
INSERT INTO offerengine.offer_store (offer_id, store_code, shown_from, shown_to, sku, title, merchant_id)
SELECT pg_temp.offer('c-p'), s, '-infinity', 'infinity', 'WRONG', 'wrong', -1 FROM unnest(ARRAY['C-DE', 'C-US']) AS s;
SELECT is(array_agg(format('%s %s %s %s %s %s %s', os.store_code, os.shown_from, os.shown_to, os.sku, os.title,
                           os.merchant_id = pg_temp.merchant('c-one'), os.offer_reference) ORDER BY os.store_code),
          ARRAY['C-DE -infinity infinity C-P1 Chair, blue t c-p', 'C-US infinity -infinity C-P1 Chair, blue t c-p'],
          'what a writer says about the projection is overwritten')
  FROM offerengine.offer_store os WHERE os.offer_id = pg_temp.offer('c-p');

CREATE FUNCTION pg_temp.shown(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE statement;
    SELECT CASE WHEN os.shown_from < os.shown_to
                THEN to_char(os.shown_from, 'YYYY-MM-DD') || ' ' || to_char(os.shown_to, 'YYYY-MM-DD') ELSE 'never' END
      INTO answer FROM offerengine.offer_store os WHERE os.offer_id = pg_temp.offer('c-p') AND os.store_code = 'C-DE';
    RETURN replace(coalesce(answer, 'open'), '-infinity infinity', 'open') || ', wrong rows: ' || pg_temp.wrong_rows();
END
$$;
CREATE TEMP TABLE projected (line serial, statement text, shown text);
INSERT INTO projected (statement, shown) VALUES
    ($$UPDATE offerengine.offer SET valid_from = '2026-02-01', valid_to = '2026-06-01'
        WHERE offer_reference = 'c-p'$$, '2026-02-01 2026-06-01'),
    ($$UPDATE offerengine.product SET valid_from = '2026-03-01', valid_to = '2026-12-01'
        WHERE sku = 'C-P1'$$, '2026-03-01 2026-06-01'),
    ($$UPDATE offerengine.product SET valid_from = '2026-06-01' WHERE sku = 'C-P1'$$, 'never'),
    ($$UPDATE offerengine.product SET valid_from = '2026-01-01', valid_to = '2026-05-01'
        WHERE sku = 'C-P1'$$, '2026-02-01 2026-05-01'),
    ($$UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'c-p'$$, 'never'),
    ($$UPDATE offerengine.offer SET is_active = true WHERE offer_reference = 'c-p'$$, '2026-02-01 2026-05-01'),
    ($$UPDATE offerengine.offer SET approval_status = 'denied' WHERE offer_reference = 'c-p'$$, 'never'),
    ($$UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference = 'c-p'$$, '2026-02-01 2026-05-01'),
    ($$UPDATE offerengine.product SET is_active = false$$, 'never'),
    ($$UPDATE offerengine.product SET is_active = true$$, '2026-02-01 2026-05-01'),
    ($$DELETE FROM offerengine.abstract_product_store WHERE abstract_product_id = pg_temp.abstract_product('C-A1')$$, 'never'),
    ($$INSERT INTO offerengine.abstract_product_store
        VALUES (pg_temp.abstract_product('C-A1'), 'C-DE')$$, '2026-02-01 2026-05-01'),
    ($$UPDATE offerengine.abstract_product_store SET store_code = 'C-AT'
        WHERE abstract_product_id = pg_temp.abstract_product('C-A1')$$, 'never'),
    ($$UPDATE offerengine.abstract_product_store SET store_code = 'C-DE'
        WHERE abstract_product_id = pg_temp.abstract_product('C-A1')$$, '2026-02-01 2026-05-01'),
    ($$UPDATE offerengine.abstract_product_store SET abstract_product_id = pg_temp.abstract_product('C-A2')
        WHERE store_code = 'C-DE'$$, 'never'),
    ($$UPDATE offerengine.product SET abstract_product_id = pg_temp.abstract_product('C-A2')
        WHERE sku = 'C-P1'$$, '2026-02-01 2026-05-01'),
    ($$UPDATE offerengine.merchant SET is_active = false$$, '2026-02-01 2026-05-01'),
    ($$UPDATE offerengine.offer SET title = 'Mine', offer_type = 'time_pass' WHERE offer_reference = 'c-p'$$, '2026-02-01 2026-05-01'),
    ($$UPDATE offerengine.offer_store
        SET shown_from = '-infinity', shown_to = 'infinity', title = 'wrong'$$, '2026-02-01 2026-05-01');
SELECT is(pg_temp.shown(p.statement), p.shown || ', wrong rows: 0', regexp_replace(p.statement, '\s+', ' ', 'g')) FROM (SELECT *
    FROM projected ORDER BY line) AS p;
SELECT is(ROW(os.title, os.offer_type)::text, '(Mine,time_pass)', 'title and type are projected')
  FROM offerengine.offer_store os WHERE os.offer_id = pg_temp.offer('c-p') AND os.store_code = 'C-DE';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id)
VALUES ('c-waiting', pg_temp.product('C-P1'), pg_temp.merchant('c-one'));
INSERT INTO offerengine.offer_store (offer_id, store_code) VALUES (pg_temp.offer('c-waiting'), 'C-DE');
UPDATE offerengine.offer SET management = 'externally_invoiced' WHERE offer_reference = 'c-waiting';
SELECT is(os.management, 'externally_invoiced', 'management is projected')
  FROM offerengine.offer_store os WHERE os.offer_id = pg_temp.offer('c-waiting');

-- Many offers in one statement, with a plan of their own.
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status)
SELECT 'c-many-' || i, pg_temp.product('C-P1'), pg_temp.merchant('c-one'), 'approved' FROM generate_series(1, 1500) AS i;
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, 'C-DE' FROM offerengine.offer o WHERE o.offer_reference LIKE 'c-many-%';
UPDATE offerengine.offer SET valid_to = '2026-04-01' WHERE offer_reference LIKE 'c-many-%';
SELECT is(ROW(count(*), min(o.version), max(o.version))::text, '(1500,3,3)', '1,500 offers in one statement: one version each')
  FROM offerengine.offer o WHERE o.offer_reference LIKE 'c-many-%';
SELECT is(count(*), 1500::bigint, 'and all are projected') FROM offerengine.offer_store os
 WHERE os.offer_reference LIKE 'c-many-%' AND os.shown_from = '2026-01-01' AND os.shown_to = '2026-04-01';
SELECT is(pg_temp.wrong_rows(), 0::bigint, 'nothing disagrees with its source');

-- MERGE obeys the same rules.
SELECT pg_temp.make_offer('c-merged') \g /dev/null
MERGE INTO offerengine.offer_store AS os
USING (VALUES (pg_temp.offer('c-p'), 'C-DE'), (pg_temp.offer('c-merged'), 'C-DE')) AS v (offer_id, store_code)
   ON v.offer_id = os.offer_id AND v.store_code = os.store_code
 WHEN MATCHED THEN UPDATE SET title = 'wrong'
 WHEN NOT MATCHED THEN INSERT (offer_id, store_code, title) VALUES (v.offer_id, v.store_code, 'wrong');
SELECT is(ROW(pg_temp.wrong_rows(), pg_temp.version('c-merged'))::text, '(0,2)', 'MERGE into offer_store is projected and counted');
MERGE INTO offerengine.offer AS o
USING (VALUES ('c-p', false), ('c-merged', true)) AS v (offer_reference, is_active) ON v.offer_reference = o.offer_reference
 WHEN MATCHED THEN UPDATE SET is_active = v.is_active;
SELECT is(ROW(pg_temp.wrong_rows(), pg_temp.version('c-merged'))::text, '(0,2)', 'and into offer');
UPDATE offerengine.offer SET is_active = true WHERE offer_reference = 'c-p';

-- So does COPY.
INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id)
VALUES (9000000005, 'c-copied', pg_temp.product('C-P1'), pg_temp.merchant('c-one'));
COPY offerengine.offer_store (offer_id, store_code, title) FROM STDIN WITH (FORMAT csv);
9000000005,C-DE,wrong
9000000005,C-AT,wrong
\.
COPY offerengine.price (offer_id, store_code, currency_code, net_amount) FROM STDIN WITH (FORMAT csv);
9000000005,C-DE,EUR,100
9000000005,C-AT,EUR,100
\.
SELECT is(ROW(pg_temp.wrong_rows(), pg_temp.version('c-copied'))::text, '(0,3)', 'COPY is projected and counted');
SELECT is(array_agg(DISTINCT p.product_id), ARRAY[pg_temp.product('C-P1')], 'and filled in')
  FROM offerengine.price p WHERE p.offer_id = 9000000005;

-- The engine's own writes and the internal functions.
SELECT offerengine_internal.touch_offers(ARRAY[pg_temp.offer('c-p'), pg_temp.offer('c-p'), NULL, -1]) \g /dev/null
SELECT is(pg_temp.raises($$SELECT offerengine_internal.touch_offers(ARRAY[pg_temp.offer('c-v'), pg_temp.offer('c-v'), NULL, -1])$$), 1,
          'touch_offers raises a version once; what is unknown or NULL does not matter');
SELECT is(pg_temp.raises($$SELECT offerengine_internal.touch_offers('{}')$$), 0, 'touch_offers of nothing');
ALTER TABLE offerengine.offer DISABLE TRIGGER offer_updated;
UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'c-many-1';
ALTER TABLE offerengine.offer ENABLE TRIGGER offer_updated;
SELECT is(pg_temp.wrong_rows(), 1::bigint, 'with its trigger disabled an offer is not projected');
SELECT offerengine_internal.project_offers(ARRAY[pg_temp.offer('c-many-1')]) \g /dev/null
SELECT is(pg_temp.wrong_rows(), 0::bigint, 'project_offers puts it right');

-- Plans are kept; a change of the tables under them is noticed.
ALTER TABLE offerengine.offer ADD COLUMN note text;
SELECT is(pg_temp.raises($$UPDATE offerengine.offer SET note = 'n'
    WHERE offer_reference = 'c-v'$$), 1, 'a column that a DBA adds counts');
SELECT is(pg_temp.shown($$UPDATE offerengine.offer SET valid_to = '2026-03-01' WHERE offer_reference = 'c-p'$$),
          '2026-02-01 2026-03-01, wrong rows: 0', 'and projection works on');
ALTER TABLE offerengine.offer_store ADD COLUMN note text;
UPDATE offerengine.offer SET title = 'after the change' WHERE offer_reference = 'c-p';
SELECT is(os.title, 'after the change', 'also with a column more in offer_store')
  FROM offerengine.offer_store os WHERE os.offer_id = pg_temp.offer('c-p') AND os.store_code = 'C-DE';
SELECT * FROM finish();
ROLLBACK;
