-- Prices: their past in price_history, and tiers that need base prices, judged at commit.
BEGIN;
\ir ../include/catalogue.psql
SELECT no_plan();
SELECT pg_temp.make_offer('c-o1'), pg_temp.make_offer('c-o2', 'c-two'), pg_temp.make_offer('c-o3', 'c-one', 'C-P2') \g /dev/null

-- product_id follows the offer.
INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount)
    VALUES (pg_temp.offer('c-o1'), 'C-DE', 'EUR', 100);
SELECT is(p.product_id, pg_temp.product('C-P1'), 'an offer''s price has the offer''s product')
  FROM offerengine.price p WHERE p.offer_id = pg_temp.offer('c-o1');
UPDATE offerengine.price SET offer_id = pg_temp.offer('c-o3') WHERE offer_id = pg_temp.offer('c-o1');
SELECT is(p.product_id, pg_temp.product('C-P2'), 'also when it is given to an offer of another product')
  FROM offerengine.price p WHERE p.offer_id = pg_temp.offer('c-o3');
UPDATE offerengine.price SET product_id = NULL WHERE offer_id = pg_temp.offer('c-o3');
SELECT is(p.product_id, pg_temp.product('C-P2'), 'and when it is taken away')
  FROM offerengine.price p WHERE p.offer_id = pg_temp.offer('c-o3');

-- History: how many rows a statement writes, and what they say.
CREATE FUNCTION pg_temp.writes(statement text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint := (SELECT count(*) FROM offerengine.price_history);
BEGIN
    EXECUTE statement;
    RETURN (SELECT count(*) FROM offerengine.price_history) - before;
END
$$;
INSERT INTO offerengine.price (product_id, store_code, currency_code, price_type, net_amount, gross_amount)
VALUES (pg_temp.product('C-P1'), 'C-DE', 'EUR', 'DEFAULT', 100, 119), (pg_temp.product('C-P1'), 'C-DE', 'EUR', 'ORIGINAL', 200,
    238);
CREATE TEMP TABLE history (line serial, what text, statement text, written integer);
INSERT INTO history (what, statement, written) VALUES
    ('INSERT', $$INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount)
        VALUES (pg_temp.product('C-P1'), 'C-AT', 'EUR', 1)$$, 0),
    ('UPDATE of no row', $$UPDATE offerengine.price SET net_amount = 1 WHERE price_id = -1$$, 0),
    ('UPDATE to the same amounts', $$UPDATE offerengine.price SET net_amount = net_amount, gross_amount = gross_amount$$, 0),
    ('UPDATE of one amount', $$UPDATE offerengine.price SET net_amount = 90
        WHERE product_id = pg_temp.product('C-P1') AND offer_id IS NULL AND store_code = 'C-DE' AND price_type = 'DEFAULT'$$, 1),
    ('UPDATE of an amount to NULL', $$UPDATE offerengine.price SET gross_amount = NULL
        WHERE product_id = pg_temp.product('C-P1') AND offer_id IS NULL AND store_code = 'C-DE' AND price_type = 'DEFAULT'$$, 1),
    ('UPDATE of a window', $$UPDATE offerengine.price SET valid_to = '2030-01-01'
        WHERE product_id = pg_temp.product('C-P1') AND offer_id IS NULL AND store_code = 'C-DE' AND price_type = 'DEFAULT'$$, 1),
    ('UPDATE of four rows, two of them for real', $$UPDATE offerengine.price
        SET net_amount = CASE store_code WHEN 'C-DE' THEN net_amount + 1 ELSE net_amount END
            WHERE offer_id IS NULL AND product_id = pg_temp.product('C-P1')$$, 2),
    ('upsert that inserts', $$INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount)
        VALUES (pg_temp.product('C-P2'), 'C-US', 'USD', 5) ON CONFLICT DO NOTHING$$, 0),
    ('upsert that does nothing', $$INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount)
        VALUES (pg_temp.product('C-P2'), 'C-US', 'USD', 6) ON CONFLICT DO NOTHING$$, 0),
    ('DELETE of two', $$DELETE FROM offerengine.price
        WHERE product_id = pg_temp.product('C-P1') AND offer_id IS NULL AND store_code = 'C-DE'$$, 2),
    ('DELETE of no row', $$DELETE FROM offerengine.price WHERE price_id = -1$$, 0);
SELECT is(pg_temp.writes(h.statement), h.written::bigint, 'price_history: ' || h.what) FROM (SELECT *
    FROM history ORDER BY line) AS h;

SELECT is(array_agg(format('%s %s %s %s %s', h.operation, coalesce(h.net_amount::text, '-'), coalesce(h.gross_amount::text,
    '-'), h.valid_to, h.changed_by)
                    ORDER BY h.price_history_id),
          ARRAY['update 100 119 infinity ' || CURRENT_USER, 'update 90 119 infinity ' || CURRENT_USER,
                'update 90 - infinity ' || CURRENT_USER, 'update 90 - 2030-01-01 00:00:00+00 ' || CURRENT_USER,
                'delete 91 - 2030-01-01 00:00:00+00 ' || CURRENT_USER],
          'each row says what the price said before')
  FROM offerengine.price_history h
 WHERE h.product_id = pg_temp.product('C-P1') AND h.offer_id IS NULL AND h.price_type = 'DEFAULT' AND h.store_code = 'C-DE';
SELECT ok(bool_and(h.recorded_until BETWEEN now() AND clock_timestamp()), 'until the instant of the change')
  FROM offerengine.price_history h WHERE h.product_id = pg_temp.product('C-P1');
SELECT is(count(DISTINCT h.recorded_until), count(*) - 2, 'changes of one statement have one instant, others have another')
  FROM offerengine.price_history h WHERE h.product_id = pg_temp.product('C-P1') AND h.offer_id IS NULL;
SET LOCAL offerengine.acting_user = 'ada';
UPDATE offerengine.price SET net_amount = 7 WHERE product_id = pg_temp.product('C-P2') AND offer_id IS NULL;
SET LOCAL offerengine.acting_user = '';
SELECT is(array_agg(h.acting_user), ARRAY['ada'], 'and for whom it was changed')
  FROM offerengine.price_history h WHERE h.product_id = pg_temp.product('C-P2') AND h.offer_id IS NULL;

-- Tiers. Each line starts from: base prices of c-o1 (C-AT, EUR) in [2026-01-01, 2026-02-01) and [2026-02-01, 2026-03-01),
-- a tier from 10 in [2026-01-15, 2026-02-15); base and tier of product C-P2 for relationship c-rel-c-one (C-US, USD).
DELETE FROM offerengine.price;
CREATE FUNCTION pg_temp.tier_base() RETURNS void LANGUAGE sql AS $$
    INSERT INTO offerengine.price (offer_id, store_code, currency_code, min_quantity, net_amount, valid_from, valid_to) VALUES
        (pg_temp.offer('c-o1'), 'C-AT', 'EUR', 1, 100, '2026-01-01', '2026-02-01'),
        (pg_temp.offer('c-o1'), 'C-AT', 'EUR', 1, 100, '2026-02-01', '2026-03-01'),
        (pg_temp.offer('c-o1'), 'C-AT', 'EUR', 10, 90, '2026-01-15', '2026-02-15');
    INSERT INTO offerengine.price (product_id, merchant_relationship_id, store_code, currency_code, min_quantity,
        net_amount) VALUES
        (pg_temp.product('C-P2'), pg_temp.relationship('c-rel-c-one'), 'C-US', 'USD', 1, 100),
        (pg_temp.product('C-P2'), pg_temp.relationship('c-rel-c-one'), 'C-US', 'USD', 5, 90)
$$;
CREATE TEMP TABLE tier (what text, outcome text, statement text);
INSERT INTO tier VALUES
    ('as it is', '', 'SELECT'),
    ('a tier inside one base', '', $$INSERT INTO offerengine.price (offer_id, store_code, currency_code, min_quantity,
        net_amount, valid_from, valid_to) VALUES (pg_temp.offer('c-o1'), 'C-AT', 'EUR', 20, 80, '2026-01-01', '2026-02-01')$$),
    ('a tier over both bases', '', $$INSERT INTO offerengine.price (offer_id, store_code, currency_code, min_quantity,
        net_amount, valid_from, valid_to) VALUES (pg_temp.offer('c-o1'), 'C-AT', 'EUR', 20, 80, '2026-01-01', '2026-03-01')$$),
    ('a tier that begins before them', 'OE005', $$INSERT INTO offerengine.price (offer_id, store_code, currency_code,
        min_quantity, net_amount, valid_from, valid_to)
            VALUES (pg_temp.offer('c-o1'), 'C-AT', 'EUR', 20, 80, '2025-12-31 23:59:59.999999', '2026-03-01')$$),
    ('a tier that ends after them', 'OE005', $$INSERT INTO offerengine.price (offer_id, store_code, currency_code,
        min_quantity, net_amount, valid_from, valid_to)
            VALUES (pg_temp.offer('c-o1'), 'C-AT', 'EUR', 20, 80, '2026-01-01', '2026-03-01 00:00:00.000001')$$),
    ('a tier without end', 'OE005', $$INSERT INTO offerengine.price (offer_id, store_code, currency_code, min_quantity,
        net_amount) VALUES (pg_temp.offer('c-o1'), 'C-AT', 'EUR', 20, 80)$$),
    ('a tier of another store', 'OE005', $$INSERT INTO offerengine.price (offer_id, store_code, currency_code, min_quantity,
        net_amount, valid_from, valid_to) VALUES (pg_temp.offer('c-o1'), 'C-DE', 'EUR', 20, 80, '2026-01-01', '2026-02-01')$$),
    ('a tier of another currency', 'OE005', $$INSERT INTO offerengine.price (offer_id, store_code, currency_code, min_quantity,
        net_amount, valid_from, valid_to) VALUES (pg_temp.offer('c-o1'), 'C-AT', 'CHF', 20, 80, '2026-01-01', '2026-02-01')$$),
    ('a tier of another type', 'OE005', $$INSERT INTO offerengine.price (offer_id, store_code, currency_code, price_type,
        min_quantity, net_amount, valid_from, valid_to)
            VALUES (pg_temp.offer('c-o1'), 'C-AT', 'EUR', 'ORIGINAL', 20, 80, '2026-01-01', '2026-02-01')$$),
    ('a tier of another offer', 'OE005', $$INSERT INTO offerengine.price (offer_id, store_code, currency_code, min_quantity,
        net_amount, valid_from, valid_to) VALUES (pg_temp.offer('c-o2'), 'C-AT', 'EUR', 20, 80, '2026-01-01', '2026-02-01')$$),
    ('a tier of the offer''s product', 'OE005', $$INSERT INTO offerengine.price (product_id, store_code, currency_code,
        min_quantity, net_amount, valid_from, valid_to)
            VALUES (pg_temp.product('C-P1'), 'C-AT', 'EUR', 20, 80, '2026-01-01', '2026-02-01')$$),
    ('a tier of a relationship', 'OE005', $$INSERT INTO offerengine.price (offer_id, merchant_relationship_id, store_code,
        currency_code, min_quantity, net_amount, valid_from, valid_to)
            VALUES (pg_temp.offer('c-o1'), pg_temp.relationship('c-rel-c-one'), 'C-AT', 'EUR', 20, 80, '2026-01-01',
                '2026-02-01')$$),
    ('a tier of an abstract product', 'OE005', $$INSERT INTO offerengine.price (abstract_product_id, store_code, currency_code,
        min_quantity, net_amount) VALUES (pg_temp.abstract_product('C-A1'), 'C-AT', 'EUR', 20, 80)$$),
    ('a tier of an abstract product with its base, tier first', '', $$INSERT INTO offerengine.price (abstract_product_id,
        store_code, currency_code, min_quantity, net_amount)
            VALUES (pg_temp.abstract_product('C-A1'), 'C-AT', 'EUR', 20, 80), (pg_temp.abstract_product('C-A1'), 'C-AT', 'EUR',
                1, 100)$$),
    ('a tier of an abstract product for a relationship, with its base', '',
        $$INSERT INTO offerengine.price (abstract_product_id, merchant_relationship_id, store_code, currency_code,
            min_quantity, net_amount) VALUES (pg_temp.abstract_product('C-A1'), pg_temp.relationship('c-rel-c-two'), 'C-AT',
                'EUR', 20, 80), (pg_temp.abstract_product('C-A1'), pg_temp.relationship('c-rel-c-two'), 'C-AT', 'EUR', 1, 100)$$),
    ('a tier of an abstract product for a relationship, with a default base', 'OE005',
        $$INSERT INTO offerengine.price (abstract_product_id, merchant_relationship_id, store_code, currency_code,
            min_quantity, net_amount) VALUES (pg_temp.abstract_product('C-A1'), pg_temp.relationship('c-rel-c-two'), 'C-AT',
                'EUR', 20, 80), (pg_temp.abstract_product('C-A1'), NULL, 'C-AT', 'EUR', 1, 100)$$),
    ('a tier whose base has the amount in the other mode only', '', $$INSERT INTO offerengine.price (offer_id, store_code,
        currency_code, min_quantity, gross_amount, valid_from, valid_to)
            VALUES (pg_temp.offer('c-o1'), 'C-AT', 'EUR', 20, 80, '2026-01-01', '2026-02-01')$$),
    ('the first base deleted', 'OE005', $$DELETE FROM offerengine.price
        WHERE offer_id = pg_temp.offer('c-o1') AND valid_from = '2026-01-01'$$),
    ('the second base deleted', 'OE005', $$DELETE FROM offerengine.price
        WHERE offer_id = pg_temp.offer('c-o1') AND valid_from = '2026-02-01'$$),
    ('the tier deleted', '', $$DELETE FROM offerengine.price WHERE offer_id = pg_temp.offer('c-o1') AND min_quantity = 10$$),
    ('base and tier deleted', '', $$DELETE FROM offerengine.price WHERE offer_id = pg_temp.offer('c-o1')$$),
    ('a base shortened to where the tier begins and ends', '', $$UPDATE offerengine.price
        SET valid_from = greatest(valid_from, '2026-01-15'), valid_to = least(valid_to, '2026-02-15')
            WHERE offer_id = pg_temp.offer('c-o1') AND min_quantity = 1$$),
    ('a base shortened at the end', 'OE005', $$UPDATE offerengine.price SET valid_to = '2026-02-14 23:59:59.999999'
        WHERE offer_id = pg_temp.offer('c-o1') AND valid_from = '2026-02-01'$$),
    ('a base shortened at its start', 'OE005', $$UPDATE offerengine.price SET valid_from = '2026-01-15 00:00:00.000001'
        WHERE offer_id = pg_temp.offer('c-o1') AND valid_from = '2026-01-01'$$),
    ('a gap between the bases', 'OE005', $$UPDATE offerengine.price SET valid_to = '2026-01-31 23:59:59.999999'
        WHERE offer_id = pg_temp.offer('c-o1') AND valid_from = '2026-01-01'$$),
    ('a base widened', '', $$UPDATE offerengine.price SET valid_from = '2025-01-01'
        WHERE offer_id = pg_temp.offer('c-o1') AND valid_from = '2026-01-01'$$),
    ('a base of another amount', '', $$UPDATE offerengine.price SET net_amount = 1 WHERE offer_id = pg_temp.offer('c-o1')$$),
    ('a base given to another store', 'OE005', $$UPDATE offerengine.price SET store_code = 'C-DE'
        WHERE offer_id = pg_temp.offer('c-o1') AND valid_from = '2026-01-01'$$),
    ('a base given to another type', 'OE005', $$UPDATE offerengine.price SET price_type = 'ORIGINAL'
        WHERE offer_id = pg_temp.offer('c-o1') AND valid_from = '2026-01-01'$$),
    ('a base given to another offer', 'OE005', $$UPDATE offerengine.price SET offer_id = pg_temp.offer('c-o2')
        WHERE offer_id = pg_temp.offer('c-o1') AND valid_from = '2026-01-01'$$),
    ('a base made a tier', 'OE005', $$UPDATE offerengine.price SET min_quantity = 2
        WHERE offer_id = pg_temp.offer('c-o1') AND valid_from = '2026-02-01'$$),
    ('a tier made a base', '', $$UPDATE offerengine.price SET min_quantity = 1
        WHERE offer_id = pg_temp.offer('c-o1') AND min_quantity = 10$$),
    ('a tier widened beyond its bases', 'OE005', $$UPDATE offerengine.price SET valid_to = '2027-01-01'
        WHERE offer_id = pg_temp.offer('c-o1') AND min_quantity = 10$$),
    ('a tier given to another store', 'OE005', $$UPDATE offerengine.price SET store_code = 'C-DE'
        WHERE offer_id = pg_temp.offer('c-o1') AND min_quantity = 10$$),
    ('base replaced by another in one transaction', '', $$WITH gone AS (DELETE FROM offerengine.price
        WHERE offer_id = pg_temp.offer('c-o1')
            AND min_quantity = 1 RETURNING offer_id) INSERT INTO offerengine.price (offer_id, store_code, currency_code,
                net_amount) SELECT DISTINCT offer_id, 'C-AT', 'EUR', 5 FROM gone$$),
    ('the base of a contract deleted', 'OE005', $$DELETE FROM offerengine.price
        WHERE product_id = pg_temp.product('C-P2') AND min_quantity = 1$$),
    ('the base of a contract given to another', 'OE005', $$UPDATE offerengine.price
        SET merchant_relationship_id = pg_temp.relationship('c-rel-c-two')
            WHERE product_id = pg_temp.product('C-P2') AND min_quantity = 1$$),
    ('a contract given to another', '', $$UPDATE offerengine.price
        SET merchant_relationship_id = pg_temp.relationship('c-rel-c-two') WHERE product_id = pg_temp.product('C-P2')$$);
CREATE FUNCTION pg_temp.tier_outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    PERFORM pg_temp.tier_base();
    SET CONSTRAINTS ALL IMMEDIATE;
    answer := pg_temp.try(statement);
    answer := answer || (SELECT CASE WHEN count(*) > 0 THEN ' with uncovered tiers' ELSE '' END FROM offerengine_internal.uncovered_tier);
    SET CONSTRAINTS ALL DEFERRED;
    DELETE FROM offerengine.price;
    SET CONSTRAINTS ALL IMMEDIATE;
    RETURN answer;
END
$$;
SELECT is(pg_temp.tier_outcome(t.statement), t.outcome, 'tier: ' || t.what) FROM tier t;

-- Writers in sets.
SET CONSTRAINTS ALL DEFERRED;
SELECT pg_temp.tier_base() \g /dev/null
SELECT is(pg_temp.try($$SELECT offerengine_internal.check_tiers(ARRAY(SELECT price_id
    FROM offerengine.price))$$), '', 'check_tiers accepts what is covered');
SELECT is(pg_temp.try($$SELECT offerengine_internal.check_tiers('{}')$$), '', 'check_tiers of nothing');
SELECT throws_ok($$SELECT offerengine_internal.bulk_begin()
    FROM (SELECT offerengine_internal.bulk_begin()) AS twice$$, 'OE024', NULL, 'two spans of bulk writing at once');
CREATE FUNCTION pg_temp.bulk(ends_early boolean) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    PERFORM offerengine_internal.bulk_begin();
    IF ends_early THEN PERFORM offerengine_internal.bulk_end(); END IF;
    INSERT INTO offerengine.price (offer_id, store_code, currency_code, min_quantity, net_amount)
    VALUES (pg_temp.offer('c-o1'), 'C-DE', 'EUR', 20, 80);
    IF NOT ends_early THEN PERFORM offerengine_internal.bulk_end(); END IF;
    SET CONSTRAINTS ALL IMMEDIATE;
    RETURN pg_temp.try($s$SELECT offerengine_internal.check_tiers(ARRAY(SELECT price_id FROM offerengine.price))$s$);
EXCEPTION WHEN SQLSTATE 'OE005' THEN
    RETURN 'at commit';
END
$$;
SELECT is(pg_temp.bulk(true), 'at commit', 'outside a span of bulk writing the trigger judges');
SELECT is(pg_temp.bulk(false), 'at commit', 'inside one, too: what check_tiers() was not given');

-- What check_tiers() has found covered is that version of the row and no other.
CREATE FUNCTION pg_temp.bulk_checked(later text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    tier bigint;
BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    PERFORM offerengine_internal.bulk_begin();
    INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount, valid_to)
    VALUES (pg_temp.offer('c-o1'), 'C-DE', 'EUR', 90, '2020-01-01');
    INSERT INTO offerengine.price (offer_id, store_code, currency_code, min_quantity, net_amount, valid_to)
    VALUES (pg_temp.offer('c-o1'), 'C-DE', 'EUR', 20, 80, '2020-01-01') RETURNING price_id INTO tier;
    PERFORM offerengine_internal.check_tiers(ARRAY[tier]);
    EXECUTE later USING tier;
    PERFORM offerengine_internal.bulk_end();
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE SQLSTATE 'OK000';
EXCEPTION WHEN SQLSTATE 'OE005' THEN
    RETURN 'refused';
WHEN SQLSTATE 'OK000' THEN
    RETURN 'accepted';
END
$$;
DELETE FROM offerengine.price WHERE offer_id = pg_temp.offer('c-o1');
SELECT is(pg_temp.bulk_checked(c.later), c.outcome, 'checked in a set, and then: ' || c.later)
  FROM (VALUES ('SELECT $1', 'accepted'),
               ('UPDATE offerengine.price SET net_amount = 70 WHERE price_id = $1', 'accepted'),
               ('UPDATE offerengine.price SET valid_to = ''2021-01-01'' WHERE price_id = $1', 'refused'),
               ('DELETE FROM offerengine.price WHERE min_quantity = 1 AND valid_to = ''2020-01-01''', 'refused'),
               ('WITH again AS (SELECT offerengine_internal.check_tiers(ARRAY[$1])) '
                'UPDATE offerengine.price SET valid_to = ''2021-01-01'' FROM again WHERE price_id = $1', 'refused'))
       AS c (later, outcome);
DELETE FROM offerengine.price WHERE min_quantity = 20;

CREATE FUNCTION pg_temp.bulk_offer(bulk boolean) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
    IF bulk THEN PERFORM offerengine_internal.bulk_begin(); END IF;
    INSERT INTO offerengine.offer (product_id, merchant_id, created_by)
        VALUES (pg_temp.product('C-P1'), pg_temp.merchant('c-one'), 'c-importer') RETURNING offer_id INTO made;
    INSERT INTO offerengine.offer_store (offer_id, store_code) VALUES (made, 'C-DE');
    INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount) VALUES (made, 'C-DE', 'EUR', 80);
    UPDATE offerengine.offer SET title = 'changed' WHERE offer_reference = 'c-o2';
    INSERT INTO offerengine.offer_store (offer_id, store_code) VALUES (pg_temp.offer('c-o2'), 'C-DE');
    PERFORM offerengine_internal.bulk_end();
    RETURN (SELECT version FROM offerengine.offer WHERE offer_id = made);
END
$$;
SELECT is(pg_temp.bulk_offer(true), 1, 'an offer made inside keeps version 1');
SELECT is(pg_temp.version('c-o2'), 3, 'versions of others are raised');
SELECT is(o.created_by, current_user::text, 'and its author is who made it, whatever is given')
    FROM offerengine.offer o ORDER BY o.offer_id DESC LIMIT 1;
SELECT is(pg_temp.wrong_rows(), 0::bigint, 'stores are projected inside too');
DELETE FROM offerengine.offer_store;
SELECT is(pg_temp.bulk_offer(false), 3, 'an offer made outside counts');
SELECT is(o.created_by, CURRENT_USER::text COLLATE "default", 'and its author is who made it')
    FROM offerengine.offer o ORDER BY o.offer_id DESC LIMIT 1;
CREATE FUNCTION pg_temp.bulk_error() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        PERFORM offerengine_internal.bulk_begin();
        PERFORM 1 / 0;
    EXCEPTION WHEN division_by_zero THEN NULL;
    END;
    PERFORM offerengine_internal.bulk_begin();
    PERFORM offerengine_internal.bulk_end();
    RETURN 'ended';
END
$$;
SELECT is(pg_temp.bulk_error(), 'ended', 'an error ends a span of bulk writing');
CREATE ROLE c_nobody;
GRANT USAGE ON SCHEMA offerengine TO c_nobody;
GRANT EXECUTE ON FUNCTION offerengine_internal.bulk_begin() TO c_nobody;
SET LOCAL ROLE c_nobody;
SELECT throws_ok('SELECT offerengine_internal.bulk_begin()', '42501', NULL, 'nobody but the owner writes in bulk');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
