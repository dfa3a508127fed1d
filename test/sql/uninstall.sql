-- DROP EXTENSION takes the code and what is made of it (triggers, views, policies); tables and data stay. CREATE EXTENSION and
-- migrate() bring the rest back around them.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS offerengine CASCADE;
DROP SCHEMA IF EXISTS offerengine CASCADE;
DROP ROLE IF EXISTS regress_offerengine_shop;
CREATE EXTENSION offerengine CASCADE;
CALL offerengine.migrate();

INSERT INTO offerengine.store (store_code, name, time_zone) VALUES ('XX', 'Test', 'Europe/Berlin');
INSERT INTO offerengine.store_currency VALUES ('XX', 'EUR', true);
INSERT INTO offerengine.merchant (merchant_reference, name) VALUES ('m', 'Merchant');
INSERT INTO offerengine.abstract_product (abstract_sku) VALUES ('A');
INSERT INTO offerengine.abstract_product_store SELECT abstract_product_id, 'XX' FROM offerengine.abstract_product;
INSERT INTO offerengine.product (sku, abstract_product_id) SELECT 'A-1', abstract_product_id FROM offerengine.abstract_product;
SELECT offerengine.approve_merchant('m') \g /dev/null
SELECT offerengine.put_offer('o', 'A-1', 'm', '{XX}') \g /dev/null
SELECT offerengine.set_price('XX', 'EUR', 840, 1000, offer_reference => 'o') \g /dev/null
SELECT offerengine.set_price('XX', 'EUR', 800, 950, offer_reference => 'o') \g /dev/null
SELECT offerengine.approve_offer('o') \g /dev/null
CREATE ROLE regress_offerengine_shop;
SELECT offerengine.grant_access('regress_offerengine_shop', 'storefront') \g /dev/null

-- What a database administrator adds to our tables, and a view on one of them.
CREATE INDEX dba_title ON offerengine.offer (pg_catalog.lower(title));
ALTER TABLE offerengine.offer ADD COLUMN dba_note text DEFAULT 'noted';
CREATE VIEW public.dba_offer AS SELECT offer_reference, dba_note FROM offerengine.offer;

CREATE TEMP VIEW made AS
SELECT 'trigger' AS kind, c.relname || '.' || t.tgname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal')) AND NOT t.tgisinternal
UNION ALL SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'i' THEN 'index' WHEN 'S' THEN 'sequence' ELSE 'table' END, relname
  FROM pg_class WHERE relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal')) AND relkind <> 'c'
UNION ALL SELECT 'column', c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal')) AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname FROM pg_constraint
 WHERE connamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal')) AND contype <> 't'
UNION ALL SELECT 'policy', tablename || '.' || policyname FROM pg_policies WHERE schemaname IN ('offerengine', 'offerengine_internal')
UNION ALL SELECT 'function', oid::regprocedure::text FROM pg_proc WHERE pronamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal'))
UNION ALL SELECT 'grant', p.oid::regprocedure || ' ' || a.grantee::regrole
  FROM pg_proc p, aclexplode(p.proacl) a WHERE p.pronamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal'));
CREATE TEMP TABLE before AS TABLE made;

\set VERBOSITY terse
DROP EXTENSION offerengine;
\set VERBOSITY default
DROP EXTENSION offerengine CASCADE;
SELECT kind, name FROM made WHERE kind IN ('trigger', 'policy') ORDER BY kind, name COLLATE "C";
SELECT b.kind, b.name AS lost FROM before b LEFT JOIN made m USING (kind, name)
 WHERE m.name IS NULL AND b.kind NOT IN ('trigger', 'view', 'policy', 'function', 'grant') ORDER BY b.kind, b.name COLLATE "C";
SELECT offer_reference, approval_status, version, dba_note FROM offerengine.offer;
SELECT count(*) FROM offerengine.price;
SELECT count(*) FROM offerengine.price_history;
SELECT * FROM public.dba_offer;

CREATE EXTENSION offerengine;
CALL offerengine.migrate();
SELECT b.kind, b.name AS lost FROM before b LEFT JOIN made m USING (kind, name) WHERE m.name IS NULL ORDER BY b.kind, b.name COLLATE "C";
SELECT m.kind, m.name AS new FROM made m LEFT JOIN before b USING (kind, name) WHERE b.name IS NULL ORDER BY m.kind, m.name COLLATE "C";
SELECT * FROM offerengine.health_check() WHERE NOT ok;

-- And it works: the price is found, a change is written to the history, a shop may ask.
SELECT (offerengine.resolve_price('o', 'XX', 'EUR')).amount;
SELECT offerengine.set_price('XX', 'EUR', 790, 940, offer_reference => 'o') \g /dev/null
SELECT gross_amount, operation FROM offerengine.price_history ORDER BY price_history_id;
SET ROLE regress_offerengine_shop;
SELECT offer_reference, amount FROM offerengine.list_offers('A-1', 'XX', 'EUR');
RESET ROLE;
SELECT offerengine.revoke_access('regress_offerengine_shop', 'storefront') \g /dev/null
DROP ROLE regress_offerengine_shop;
