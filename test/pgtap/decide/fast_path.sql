-- When the fast path is taken and when it steps aside; rows in unusual shapes; errors and aborted subtransactions in between.
BEGIN;
SET LOCAL offerengine.fast_path = on;
SET LOCAL search_path = public, pg_catalog;
SET LOCAL offerengine.fast_path = on;
SELECT plan(73);

INSERT INTO offerengine.store (store_code, name) VALUES ('F-1', 'test'), ('F-2', 'test');
INSERT INTO offerengine.merchant (merchant_reference, name, approval_status) VALUES ('F-M', 'Merchant', 'approved');
INSERT INTO offerengine.abstract_product (abstract_sku) VALUES ('F-A');
INSERT INTO offerengine.abstract_product_store (abstract_product_id, store_code)
SELECT a.abstract_product_id, 'F-1' FROM offerengine.abstract_product a WHERE a.abstract_sku = 'F-A';
INSERT INTO offerengine.product (sku, abstract_product_id)
SELECT 'F-P', a.abstract_product_id FROM offerengine.abstract_product a WHERE a.abstract_sku = 'F-A';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status, title)
SELECT 'F-O' || g, p.product_id, m.merchant_id, 'approved', 'Title ' || g
  FROM offerengine.product p, offerengine.merchant m, generate_series(1, 3) g
 WHERE p.sku = 'F-P' AND m.merchant_reference = 'F-M';
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, 'F-1' FROM offerengine.offer o WHERE o.offer_reference LIKE 'F-O%';
INSERT INTO offerengine.price (offer_id, store_code, currency_code, gross_amount)
SELECT o.offer_id, 'F-1', 'EUR', 100 * right(o.offer_reference, 1)::integer
  FROM offerengine.offer o WHERE o.offer_reference LIKE 'F-O%';

-- A specification that lies tells the paths apart: it calls every offer hidden.
SAVEPOINT lying;
CREATE OR REPLACE FUNCTION offerengine_internal.spec_offer_is_visible(offer_reference text, store text, at timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false';
CREATE FUNCTION pg_temp.path() RETURNS text LANGUAGE sql VOLATILE AS
$$ SELECT CASE WHEN offerengine.offer_is_visible('F-O1', 'F-1') THEN 'probes' ELSE 'sql' END $$;
-- Likewise: it says of every offer that it is the wrong one.
CREATE OR REPLACE FUNCTION offerengine_internal.spec_redirect_offer(customer_reference text, offer_reference text, at timestamptz, cart text[])
RETURNS SETOF offerengine.redirect_result LANGUAGE sql STABLE AS $$ SELECT 'wrong', 'wrong', 1, 'wrong' $$;
CREATE FUNCTION pg_temp.redirect_path() RETURNS text LANGUAGE sql VOLATILE AS
$$ SELECT CASE (offerengine.redirect_offer('f-owner', 'F-O1')).outcome WHEN 'wrong' THEN 'sql' ELSE 'probes' END $$;

SELECT is(pg_temp.path(), 'probes', 'ordinary tables are probed');
SET LOCAL offerengine.fast_path = off;
SELECT is(pg_temp.path(), 'sql', 'offerengine.fast_path = off asks the specification');
SET LOCAL offerengine.fast_path = on;

SAVEPOINT s;
DROP INDEX offerengine.offer_store_reference;
SELECT is(pg_temp.path(), 'sql', 'a missing index: aside');
CREATE INDEX offer_store_reference ON offerengine.offer_store (store_code, offer_reference);
SELECT is(pg_temp.path(), 'sql', 'an index on other columns: aside');
DROP INDEX offerengine.offer_store_reference;
CREATE INDEX offer_store_reference ON offerengine.offer_store (offer_reference DESC, store_code);
SELECT is(pg_temp.path(), 'sql', 'an index in another order: aside');
DROP INDEX offerengine.offer_store_reference;
CREATE INDEX offer_store_reference ON offerengine.offer_store (offer_reference COLLATE "POSIX", store_code);
SELECT is(pg_temp.path(), 'sql', 'an index in another collation: aside');
DROP INDEX offerengine.offer_store_reference;
CREATE INDEX offer_store_reference ON offerengine.offer_store (offer_reference, store_code) WHERE title IS NOT NULL;
SELECT is(pg_temp.path(), 'sql', 'an index on a part of the rows: aside');
DROP INDEX offerengine.offer_store_reference;
CREATE INDEX offer_store_reference ON offerengine.offer_store USING hash (offer_reference);
SELECT is(pg_temp.path(), 'sql', 'an index of another kind: aside');
DROP INDEX offerengine.offer_store_reference;
CREATE INDEX offer_store_reference ON offerengine.offer_store (offer_reference, store_code, offer_id);
SELECT is(pg_temp.path(), 'probes', 'an index that begins with the columns serves');
REINDEX TABLE offerengine.offer_store;
SELECT is(pg_temp.path(), 'probes', 'a rebuilt index serves');
ROLLBACK TO s;
SELECT is(pg_temp.path(), 'probes', 'after the rollback the old index serves');

SAVEPOINT s;
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'offerengine.offer_store_reference'::regclass;
SELECT is(pg_temp.path(), 'sql', 'an invalid index: aside');
ROLLBACK TO s;
SELECT is(pg_temp.path(), 'probes', 'valid again');

SAVEPOINT s;
CREATE TABLE public.f_child () INHERITS (offerengine.offer_store);
SELECT is(pg_temp.path(), 'sql', 'a table with children: aside');
ROLLBACK TO s;

SAVEPOINT s;
ALTER TABLE offerengine.merchant RENAME TO f_merchant;
CREATE TABLE offerengine.merchant (LIKE offerengine.f_merchant) PARTITION BY LIST (merchant_id);
SELECT is(pg_temp.path(), 'sql', 'a partitioned table: aside');
ROLLBACK TO s;

SAVEPOINT s;
CREATE FOREIGN DATA WRAPPER f_wrapper;
CREATE SERVER f_server FOREIGN DATA WRAPPER f_wrapper;
ALTER TABLE offerengine.merchant RENAME TO f_merchant;
CREATE FOREIGN TABLE offerengine.merchant (merchant_id bigint, merchant_reference text COLLATE "C", name text, approval_status text,
                                           is_active boolean) SERVER f_server;
SELECT is(pg_temp.path(), 'sql', 'a foreign table: aside');
ROLLBACK TO s;

SAVEPOINT s;
ALTER TABLE offerengine.price_type RENAME TO f_price_type;
CREATE TABLE offerengine.price_type (price_type text COLLATE "C", name text) PARTITION BY LIST (price_type);
SELECT is(pg_temp.path(), 'probes', 'another table does not matter');
SELECT is(pg_temp.redirect_path(), 'probes', 'nor does it to a redirect');
ROLLBACK TO s;

-- Nor does a history that is kept otherwise, but for the past.
CREATE FUNCTION pg_temp.past_path() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    amount CONSTANT bigint := (offerengine.resolve_price('F-O1', 'F-1', 'EUR', at => now() - interval '1 day')).amount;
BEGIN
    RETURN CASE amount WHEN 100 THEN 'probes' WHEN 1 THEN 'sql' END;
END
$$;
CREATE OR REPLACE FUNCTION offerengine_internal.spec_resolve_price(offer_reference text, store text, currency text, price_mode text,
    quantity integer, buyer text, country text, price_type text, at timestamptz)
RETURNS offerengine.price_result LANGUAGE sql STABLE AS $$ SELECT (1, 'EUR', 'offer', 'DEFAULT', 1, NULL, 1, NULL, NULL)::offerengine.price_result $$;
SELECT is(pg_temp.past_path(), 'probes', 'the past is probed');
SAVEPOINT s;
DROP INDEX offerengine.price_history_price;
SELECT is(pg_temp.past_path(), 'sql', 'without an index of the history: aside');
SELECT is(pg_temp.path(), 'probes', 'which does not matter for now');
CREATE INDEX price_history_price ON offerengine.price_history (price_id, recorded_until);
SELECT is(pg_temp.past_path(), 'sql', 'versions of one instant in no order: aside');
DROP INDEX offerengine.price_history_price;
CREATE INDEX price_history_price ON offerengine.price_history (price_id, recorded_until, price_history_id DESC);
SELECT is(pg_temp.past_path(), 'sql', 'in the other order: aside');
ROLLBACK TO s;
SAVEPOINT s;
DROP INDEX offerengine.price_history_product;
CREATE INDEX price_history_product ON offerengine.price_history (product_id, store_code, currency_code, merchant_relationship_id, offer_id, price_id)
    WHERE product_id IS NOT NULL;
SELECT is(pg_temp.past_path(), 'probes', 'where a column is never NULL, the place of NULLs is all the same');
DROP INDEX offerengine.price_history_product;
CREATE INDEX price_history_product ON offerengine.price_history (product_id, store_code, currency_code, merchant_relationship_id, offer_id NULLS FIRST, price_id)
    WHERE product_id IS NOT NULL;
SELECT is(pg_temp.past_path(), 'sql', 'where it may be, it is not: aside');
ROLLBACK TO s;

-- The customer side may be partitioned or sharded where the catalogue is not.
SELECT is(pg_temp.redirect_path(), 'probes', 'a redirect probes ordinary tables');
SET LOCAL offerengine.fast_path = off;
SELECT is(pg_temp.redirect_path(), 'sql', 'and asks the specification with offerengine.fast_path = off');
SET LOCAL offerengine.fast_path = on;
SAVEPOINT s;
ALTER TABLE offerengine.subscription RENAME TO f_subscription;
CREATE TABLE offerengine.subscription (LIKE offerengine.f_subscription) PARTITION BY HASH (customer_reference);
SELECT is(pg_temp.redirect_path(), 'sql', 'partitioned subscriptions: a redirect steps aside');
SELECT is(pg_temp.path(), 'probes', 'visibility does not');
ROLLBACK TO s;
SAVEPOINT s;
DROP INDEX offerengine.sales_rule_regular;
SELECT is(pg_temp.redirect_path(), 'sql', 'a missing index of rules: a redirect steps aside');
CREATE INDEX sales_rule_regular ON offerengine.sales_rule (regular_offer_id);
SELECT is(pg_temp.redirect_path(), 'probes', 'an index on the offer alone serves');
ROLLBACK TO s;
SAVEPOINT s;
ALTER TABLE offerengine.subscription RENAME starts_on TO begins_on;
SELECT throws_ok($$ SELECT offerengine.redirect_offer('f-owner', 'F-O1') $$, '55000',
                 'column "starts_on" of table offerengine.subscription does not exist', 'a renamed column of subscriptions is named');
ROLLBACK TO s;

SAVEPOINT s;
SET LOCAL allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass);
INSERT INTO pg_catalog.pg_dist_partition VALUES ('offerengine.offer_store');
ALTER TABLE offerengine.offer_store SET (fillfactor = 90);
SELECT is(pg_temp.path(), 'sql', 'a table that Citus distributes: aside');
ROLLBACK TO s;

SAVEPOINT s;
ALTER TABLE offerengine.offer_store RENAME shown_from TO visible_from;
SELECT throws_ok($$ SELECT offerengine.offer_is_visible('F-O1', 'F-1') $$, '55000',
                 'column "shown_from" of table offerengine.offer_store does not exist', 'a renamed column is named');
SELECT throws_ok($$ SELECT offerengine.offer_is_visible('F-O1', 'F-1') $$, '55000', NULL, 'and is named again');
ROLLBACK TO s;
SELECT is(pg_temp.path(), 'probes', 'renamed back: probed');
ROLLBACK TO lying;

-- Rows in unusual shapes.
CREATE FUNCTION pg_temp.listing() RETURNS text LANGUAGE sql VOLATILE AS
$$ SELECT string_agg(l.offer_reference || '=' || coalesce(l.amount::text, '-'), ' ' ORDER BY l.amount, l.offer_reference)
     FROM offerengine.list_offers('F-P', 'F-1', 'EUR') l $$;
SELECT is(pg_temp.listing(), 'F-O1=100 F-O2=200 F-O3=300', 'listed');

ALTER TABLE offerengine.price ADD COLUMN f_note text DEFAULT 'x', ADD COLUMN f_other integer;
ALTER TABLE offerengine.offer_store ADD COLUMN f_note text;
SELECT is(pg_temp.listing(), 'F-O1=100 F-O2=200 F-O3=300', 'with columns that older rows lack');
UPDATE offerengine.price SET f_note = 'y' WHERE store_code = 'F-1' AND gross_amount = 200;
ALTER TABLE offerengine.price DROP COLUMN f_note;
ALTER TABLE offerengine.offer_store DROP COLUMN f_note;
UPDATE offerengine.price SET gross_amount = 250 WHERE store_code = 'F-1' AND gross_amount = 200;
SELECT is(pg_temp.listing(), 'F-O1=100 F-O2=250 F-O3=300', 'with dropped columns, updated in this transaction');
DO $$
BEGIN
    FOR i IN 1..50 LOOP
        UPDATE offerengine.price SET gross_amount = i WHERE store_code = 'F-1' AND gross_amount <= 100;
    END LOOP;
END $$;
SELECT is(pg_temp.listing(), 'F-O1=50 F-O2=250 F-O3=300', 'the newest of many versions');

-- The longest title that there may be, out of line; in the index it stands as it is, or compressed.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE offerengine.offer_store SET (toast_tuple_target = 128), ALTER title SET STORAGE EXTERNAL;
-- A name longer than names may be, which only its constraint holds.
ALTER TABLE offerengine.merchant DROP CONSTRAINT merchant_name_title;
SET CONSTRAINTS ALL DEFERRED;
UPDATE offerengine.offer SET title = (SELECT string_agg(chr(65536 + (hashint4(g) & 32767)), '') FROM generate_series(1, 255) g)
 WHERE offer_reference = 'F-O2';
UPDATE offerengine.offer SET title = repeat(chr(128512), 255) WHERE offer_reference = 'F-O3';
SELECT results_eq($$SELECT l.title FROM offerengine.list_offers('F-P', 'F-1', 'EUR') l WHERE l.offer_reference <> 'F-O1' ORDER BY 1$$,
                  $$SELECT o.title FROM offerengine.offer o WHERE o.offer_reference IN ('F-O2', 'F-O3') AND octet_length(o.title) = 1020
                     ORDER BY 1$$, 'toasted titles come whole');
SELECT lives_ok($test$
    INSERT INTO offerengine.store (store_code, name) VALUES (repeat('s', 255), 'test');
    INSERT INTO offerengine.product (sku, abstract_product_id)
    SELECT left((SELECT string_agg(md5(g::text), '') FROM generate_series(1, 8) g), 255), p.abstract_product_id
      FROM offerengine.product p WHERE p.sku = 'F-P';
    INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, title, offer_type, management)
    SELECT left((SELECT string_agg(md5(g::text), '') FROM generate_series(11, 18) g), 255), p.product_id, o.merchant_id, o.title,
           'gift_voucher', 'externally_invoiced'
      FROM offerengine.product p, offerengine.offer o WHERE length(p.sku) = 255 AND o.offer_reference = 'F-O2';
    INSERT INTO offerengine.offer_store (offer_id, store_code)
    SELECT o.offer_id, repeat('s', 255) FROM offerengine.offer o WHERE length(o.offer_reference) = 255$test$,
    'the widest row that there may be fits into its indexes');
UPDATE offerengine.merchant SET name = repeat('long ', 20000) WHERE merchant_reference = 'F-M';
SELECT is((SELECT length(l.merchant_name) FROM offerengine.list_offers('F-P', 'F-1', 'EUR') l LIMIT 1), 100000,
          'a compressed name comes whole');

-- A rule with texts beyond a page, and its base.
INSERT INTO offerengine.tag (category, name) VALUES ('rule', 'f-tag');
INSERT INTO offerengine.price_sheet (code) VALUES ('f-sheet');
INSERT INTO offerengine.product_contract (code, term, accounting_period, price_sheet_id)
SELECT 'f-monthly', '1 month', '1 month', s.price_sheet_id FROM offerengine.price_sheet s WHERE s.code = 'f-sheet';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, offer_type)
SELECT r, p.product_id, m.merchant_id, 'subscription'
  FROM offerengine.product p, offerengine.merchant m, unnest(ARRAY['F-base', 'F-plus', 'F-regular']) r
 WHERE p.sku = 'F-P' AND m.merchant_reference = 'F-M';
INSERT INTO offerengine.offer_step (offer_id, step_no, product_contract_id)
SELECT o.offer_id, 1, c.product_contract_id FROM offerengine.offer o, offerengine.product_contract c
 WHERE o.offer_reference IN ('F-base', 'F-plus', 'F-regular') AND c.code = 'f-monthly';
INSERT INTO offerengine.offer_tag (offer_id, tag_id)
SELECT o.offer_id, t.tag_id FROM offerengine.offer o, offerengine.tag t WHERE o.offer_reference = 'F-base' AND t.name = 'f-tag';
INSERT INTO offerengine.sales_rule (title, advantage_offer_id, regular_offer_id, matched_text, unmatched_text)
SELECT 'f-rule', a.offer_id, r.offer_id, (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 2000) g), repeat('long ', 20000)
  FROM offerengine.offer a, offerengine.offer r WHERE a.offer_reference = 'F-plus' AND r.offer_reference = 'F-regular';
INSERT INTO offerengine.sales_rule_tag (sales_rule_id, tag_id)
SELECT r.sales_rule_id, t.tag_id FROM offerengine.sales_rule r, offerengine.tag t WHERE r.title = 'f-rule' AND t.name = 'f-tag';
INSERT INTO offerengine.subscription (customer_reference, subscription_id, offer_id, chain_id, store_code, currency_code, quantity,
                                      purchased_on, anchor_on, starts_on)
SELECT 'f-owner', id, o.offer_id, id, 'F-1', 'EUR', 1, '2001-01-01', '2001-01-01', '2001-01-01'
  FROM offerengine.offer o, gen_random_uuid() id WHERE o.offer_reference = 'F-base';
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE offerengine.subscription ADD COLUMN f_note text DEFAULT 'x';
ALTER TABLE offerengine.sales_rule ADD COLUMN f_note text DEFAULT 'x';
SELECT results_eq($$ SELECT offer_reference, outcome, length(message) FROM offerengine.redirect_offer('f-owner', 'F-regular') $$,
                  $$ VALUES ('F-plus', 'matched', 64000) $$, 'a toasted message comes whole');
SELECT results_eq($$ SELECT offer_reference, outcome, length(message) FROM offerengine.redirect_offer('f-other', 'F-plus') $$,
                  $$ VALUES ('F-regular', 'unmatched', 100000) $$, 'a compressed one, too');
DECLARE owned_before CURSOR FOR SELECT (offerengine.redirect_offer('f-owner', 'F-plus')).outcome;
UPDATE offerengine.subscription SET ends_on = starts_on WHERE customer_reference = 'f-owner';
SELECT is((offerengine.redirect_offer('f-owner', 'F-plus')).outcome, 'unmatched', 'a change of a subscription counts at once');
SELECT results_eq('FETCH ALL FROM owned_before', $$ VALUES ('matched') $$, 'and not for a cursor opened before');

-- Price sheets: a reader of their own, opened at the first offer that has one. A specification that lies tells the paths apart.
INSERT INTO offerengine.product (sku, abstract_product_id)
SELECT 'F-Q', a.abstract_product_id FROM offerengine.abstract_product a WHERE a.abstract_sku = 'F-A';
INSERT INTO offerengine.price_segment (code) VALUES ('f-de');
INSERT INTO offerengine.price_segment_country SELECT s.price_segment_id, 'DE' FROM offerengine.price_segment s WHERE s.code = 'f-de';
INSERT INTO offerengine.price_sheet_price (price_sheet_id, price_segment_id, currency_code, gross_amount, valid_from)
SELECT h.price_sheet_id, CASE WHEN v.amount < 40 THEN s.price_segment_id END, 'EUR', v.amount, '2001-01-01'
  FROM offerengine.price_sheet h, offerengine.price_segment s, (VALUES (30), (40)) v (amount)
 WHERE h.code = 'f-sheet' AND s.code = 'f-de';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status, price_sheet_id)
SELECT 'F-S', p.product_id, m.merchant_id, 'approved', h.price_sheet_id
  FROM offerengine.product p, offerengine.merchant m, offerengine.price_sheet h
 WHERE p.sku = 'F-Q' AND m.merchant_reference = 'F-M' AND h.code = 'f-sheet';
INSERT INTO offerengine.offer_store (offer_id, store_code) SELECT o.offer_id, 'F-1' FROM offerengine.offer o WHERE o.offer_reference = 'F-S';
SAVEPOINT lying;
CREATE OR REPLACE FUNCTION offerengine_internal.sheet_prices(
    price_sheet_id bigint, store text, currency text, price_mode text, country text, price_type text, at timestamptz)
RETURNS SETOF offerengine_internal.price_choice LANGUAGE sql STABLE AS
$$ SELECT 1, 'price_sheet', NULL::bigint, NULL::text, 1, 666::bigint, 1::bigint, false $$;
CREATE FUNCTION pg_temp.sheet_price() RETURNS text LANGUAGE sql VOLATILE AS
$$ SELECT concat_ws(' ', (offerengine.resolve_price('F-S', 'F-1', 'EUR', country => 'DE')).amount,
                    (SELECT l.amount FROM offerengine.list_offers('F-Q', 'F-1', 'EUR', country => 'DE') l),
                    (SELECT l.amount FROM offerengine.price_ladder('F-S', 'F-1', 'EUR', country => 'DE') l)) $$;
SELECT is(pg_temp.sheet_price(), '30 30 30', 'a sheet is probed');
SAVEPOINT s;
CREATE TABLE public.f_child () INHERITS (offerengine.price_segment_country);
SELECT is(pg_temp.sheet_price(), '666 666 666', 'with children of its segments it is asked of SQL');
SELECT is(pg_temp.listing(), 'F-O1=50 F-O2=250 F-O3=300', 'and other prices are probed all the same');
ROLLBACK TO s;
ALTER TABLE offerengine.price_sheet_price ADD COLUMN f_note text DEFAULT 'x', ADD COLUMN f_other integer;
UPDATE offerengine.price_sheet_price SET gross_amount = 35 WHERE gross_amount = 30;
UPDATE offerengine.price_segment_country SET country_code = 'AT' WHERE country_code = 'DE';
SELECT is(pg_temp.sheet_price(), '40 40 40', 'a change of a segment counts at once');
SAVEPOINT s;
DROP INDEX offerengine.price_sheet_price_segment;
ALTER TABLE offerengine.price_sheet_price DROP CONSTRAINT price_sheet_price_key;
SELECT is(pg_temp.sheet_price(), '666 666 666', 'without its index: SQL');
ROLLBACK TO s;
SELECT is(pg_temp.sheet_price(), '40 40 40', 'and with it again probed');
ROLLBACK TO lying;

-- Snapshots: the function sees what its caller's statement sees.
DECLARE before_change CURSOR FOR SELECT offerengine.offer_is_visible('F-O1', 'F-1') FROM generate_series(1, 2);
DECLARE listed_before CURSOR FOR SELECT (l).amount FROM (SELECT offerengine.default_offer('F-P', 'F-1', 'EUR') AS l) l;
UPDATE offerengine.merchant SET is_active = false WHERE merchant_reference = 'F-M';
SELECT is(offerengine.offer_is_visible('F-O1', 'F-1'), false, 'a change is seen by the next statement');
SELECT results_eq('FETCH ALL FROM before_change', 'VALUES (true), (true)', 'and not by a cursor opened before');
SELECT results_eq('FETCH ALL FROM listed_before', 'VALUES (50::bigint)', 'nor by its listing');
SAVEPOINT s;
UPDATE offerengine.merchant SET is_active = true WHERE merchant_reference = 'F-M';
SELECT is(offerengine.offer_is_visible('F-O1', 'F-1'), true, 'visible again in a subtransaction');
ROLLBACK TO s;
SELECT is(offerengine.offer_is_visible('F-O1', 'F-1'), false, 'and not after it was rolled back');
UPDATE offerengine.merchant SET is_active = true WHERE merchant_reference = 'F-M';

-- Errors with scans open leave nothing behind.
SELECT throws_ok($$ SELECT * FROM offerengine.resolve_price('F-O1', 'F-1', 'XXX') $$, '22023', 'unknown currency "XXX"',
                 'an error after the store was probed');
SELECT is((offerengine.resolve_price('F-O1', 'F-1', 'EUR')).amount, 50::bigint, 'the next call answers');
SELECT throws_ok($$ SELECT 1 / (l.amount - 250) FROM offerengine.list_offers('F-P', 'F-1', 'EUR') l $$, '22012', NULL,
                 'an error over a listing');
SELECT is(pg_temp.listing(), 'F-O1=50 F-O2=250 F-O3=300', 'the next listing is whole');
SAVEPOINT s;
DECLARE half CURSOR FOR SELECT l.offer_reference FROM offerengine.list_offers('F-P', 'F-1', 'EUR') l;
FETCH 1 FROM half;
ROLLBACK TO s;
SELECT is(pg_temp.listing(), 'F-O1=50 F-O2=250 F-O3=300', 'after a cursor died in a subtransaction');

-- Both paths read for everybody who may call, and give the identity back.
CREATE ROLE f_reader;
GRANT USAGE ON SCHEMA offerengine TO f_reader;
GRANT EXECUTE ON FUNCTION offerengine.offer_is_visible(text, text, timestamptz) TO f_reader;
GRANT EXECUTE ON FUNCTION offerengine.resolve_price(text, text, text, text, integer, text, text, text, timestamptz) TO f_reader;
GRANT EXECUTE ON FUNCTION offerengine.redirect_offer(text, text, timestamptz, text[]) TO f_reader;
CREATE SCHEMA f_evil;
CREATE FUNCTION f_evil.equal(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OPERATOR f_evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = f_evil.equal);
CREATE FUNCTION f_evil.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    EXECUTE statement INTO said;
    RETURN said;
EXCEPTION WHEN others THEN
    RETURN SQLSTATE || ' as ' || current_user;
END $$;
GRANT USAGE ON SCHEMA f_evil TO f_reader;
\set price 'SELECT r.amount FROM offerengine.resolve_price(''F-O1'', ''F-1'', ''EUR'') r'
\set redirect 'SELECT r.outcome FROM offerengine.redirect_offer(''f-owner'', ''F-plus'') r'
SET LOCAL ROLE f_reader;
\set sheet 'SELECT r.amount FROM offerengine.resolve_price(''F-S'', ''F-1'', ''EUR'', country => ''DE'') r'
SELECT f_evil.outcome(:'sheet') AS sheet_by_probes \gset
SELECT f_evil.outcome(:'price') AS by_probes, f_evil.outcome(:'redirect') AS redirected_by_probes \gset
SET LOCAL offerengine.fast_path = off;
SELECT f_evil.outcome(:'price') AS by_sql \gset
SET LOCAL search_path = f_evil, public, pg_catalog;
SELECT f_evil.outcome(:'sheet') AS sheet_on_evil_path \gset
SELECT f_evil.outcome(:'price') AS on_evil_path, f_evil.outcome(:'redirect') AS redirected_on_evil_path \gset
SET LOCAL search_path = public, pg_catalog;
SELECT f_evil.outcome($$ SELECT r.reason FROM offerengine.resolve_price('F-O9', 'F-1', 'EUR') r $$) AS unknown \gset
SELECT f_evil.outcome($$ SELECT offerengine.resolve_price('F-O1', 'F-9', 'EUR') $$) AS refused \gset
SELECT f_evil.outcome('SELECT price_id FROM offerengine.price LIMIT 1') AS of_table \gset
RESET ROLE;
SET LOCAL offerengine.fast_path = on;
SELECT is(:'by_probes'::text, '50', 'a role without any right on a table reads by probes');
SELECT is(:'by_sql'::text, '50', 'and by SQL');
SELECT is(:'sheet_by_probes'::text || ' ' || :'sheet_on_evil_path'::text, '30 30', 'and the price of a sheet');
SELECT is(:'on_evil_path'::text, '50', 'whatever operators its search_path offers');
SELECT is(:'redirected_by_probes'::text || ' ' || :'redirected_on_evil_path'::text, 'unmatched unmatched', 'it is redirected likewise');
SELECT is(:'unknown'::text, 'unknown_offer', 'unknown is said by SQL too');
SELECT is(:'refused'::text, '22023 as f_reader', 'SQL refuses alike and gives the identity back');
SELECT is(:'of_table'::text, '42501 as f_reader', 'and with it its rights');

-- Memory: a long loop in one backend. What plans SQL for every answer is asked in every twentieth round: what it forgets to free
-- is more than a few bytes.
CREATE FUNCTION pg_temp.calls(n integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE found bigint := 0;
BEGIN
    FOR i IN 1..n LOOP
        found := found + (offerengine.resolve_price('F-O1', 'F-1', 'EUR')).amount
                 + (offerengine.resolve_price('F-S', 'F-1', 'EUR', country => 'DE')).amount
                 + (SELECT count(*) FROM offerengine.list_offers('F-Q', 'F-1', 'EUR'))
                 + (SELECT count(*) FROM offerengine.list_offers('F-P', 'F-1', 'EUR'))
                 + CASE WHEN i % 20 = 0 THEN (SELECT count(*) FROM offerengine.explain_visibility('F-O1', 'F-2')) ELSE 0 END
                 + (SELECT count(*) FROM offerengine.redirect_offer('f-owner', 'F-plus', cart => '{F-O1,F-base}'));
    END LOOP;
    RETURN found;
END $$;
-- What is used: a cache that gets a new block for a few bytes more is no leak.
CREATE FUNCTION pg_temp.used() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT sum(used_bytes)::bigint FROM pg_backend_memory_contexts $$;
SELECT pg_temp.calls(100) AS warm_up \gset
SELECT pg_temp.used() AS used_before \gset
SELECT is(pg_temp.calls(3000), 3000 * (50 + 30 + 1 + 3 + 1)::bigint + 150 * 9, 'three thousand rounds');
SELECT cmp_ok(pg_temp.used() - :used_before, '<', 100000::bigint, 'take no memory with them');

SELECT * FROM finish();
ROLLBACK;
