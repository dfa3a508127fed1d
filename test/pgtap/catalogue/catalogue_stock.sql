-- What a store may sell: which warehouses count, and who sets what they hold.
BEGIN;
\ir ../include/catalogue.psql
SELECT no_plan();
SELECT pg_temp.make_offer('c-o1'), pg_temp.make_offer('c-o2', 'c-two') \g /dev/null
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT pg_temp.offer('c-o1'), s FROM unnest(ARRAY['C-DE', 'C-AT']) AS s;
INSERT INTO offerengine.warehouse (name) VALUES ('c-own'), ('c-listed'), ('c-shared'), ('c-nobody'), ('c-closed');
UPDATE offerengine.warehouse SET is_active = false WHERE name = 'c-closed';
CREATE FUNCTION pg_temp.warehouse(name text) RETURNS bigint LANGUAGE sql
    AS 'SELECT w.warehouse_id FROM offerengine.warehouse w WHERE w.name = $1';
-- c-own: merchant c-one, no stores of its own; c-listed: merchant c-one, serves C-AT only; c-shared: both merchants;
-- c-nobody: neither merchant nor store; c-closed: as c-own, not active.
INSERT INTO offerengine.merchant_warehouse (merchant_id, warehouse_id)
SELECT pg_temp.merchant(m), pg_temp.warehouse(w)
  FROM (VALUES ('c-one', 'c-own'), ('c-one', 'c-listed'), ('c-one', 'c-shared'), ('c-two', 'c-shared'), ('c-one',
      'c-closed')) AS v (m, w);
INSERT INTO offerengine.warehouse_store (warehouse_id, store_code) VALUES (pg_temp.warehouse('c-listed'), 'C-AT');
INSERT INTO offerengine.merchant_store (merchant_id, store_code)
    VALUES (pg_temp.merchant('c-one'), 'C-DE'), (pg_temp.merchant('c-two'), 'C-AT');

CREATE FUNCTION pg_temp.available(offer text, store text) RETURNS text LANGUAGE sql
    AS $$SELECT a::text FROM offerengine.offer_availability(offer, store) AS a$$;
SELECT is(pg_temp.available('c-o1', 'C-DE'), '(0,0,0,f)', 'no stock row: nothing');

-- One piece in each warehouse, each of another size, tells which ones count.
SELECT offerengine.set_stock('c-o1', w, n)
  FROM (VALUES ('c-own', 1), ('c-listed', 10), ('c-shared', 100), ('c-nobody', 1000), ('c-closed', 10000)) AS v (w,
      n) \g /dev/null
SELECT is(pg_temp.available('c-o1', v.store), v.answer, v.store || ': ' || v.what)
  FROM (VALUES ('C-DE', '(101,0,101,f)', 'warehouses without stores serve their merchants'' stores'),
               ('C-AT', '(110,0,110,f)', 'the listed one, and the shared one through its other merchant'),
               ('C-US', '(0,0,0,f)', 'an offer that is not in the store has none')) AS v (store, answer, what);
INSERT INTO offerengine.warehouse_store (warehouse_id, store_code) VALUES (pg_temp.warehouse('c-nobody'), 'C-DE');
SELECT is(pg_temp.available('c-o1', 'C-DE'), '(1101,0,1101,f)', 'the operator''s warehouse counts where it is listed');
INSERT INTO offerengine.warehouse_store (warehouse_id, store_code) VALUES (pg_temp.warehouse('c-own'), 'C-AT');
SELECT is(pg_temp.available('c-o1', 'C-DE'), '(1100,0,1100,f)',
    'a merchant''s warehouse with a row serves the listed stores only');
UPDATE offerengine.warehouse SET is_active = true WHERE name = 'c-closed';
SELECT is(pg_temp.available('c-o1', 'C-DE'), '(11100,0,11100,f)', 'an active warehouse counts');
UPDATE offerengine.warehouse SET is_active = false WHERE name = 'c-closed';
DELETE FROM offerengine.merchant_store WHERE merchant_id = pg_temp.merchant('c-one');
SELECT is(pg_temp.available('c-o1', 'C-DE'), '(1000,0,1000,f)', 'a merchant without stores delivers nowhere');

-- set_stock keeps what is left out.
SELECT offerengine.set_stock('c-o1', 'c-nobody', is_never_out_of_stock => true) \g /dev/null
SELECT is(pg_temp.available('c-o1', 'C-DE'), '(1000,0,1000,t)', 'never out of stock, and what lies there');
SELECT offerengine.set_stock('c-o1', 'c-nobody', 0) \g /dev/null
SELECT is(pg_temp.available('c-o1', 'C-DE'), '(0,0,0,t)', 'never out of stock without a piece');
SELECT offerengine.set_stock('c-o1', 'c-nobody', 2.5, false) \g /dev/null
SELECT is(pg_temp.available('c-o1', 'C-DE'), '(2.5,0,2.5,f)', 'half a piece');
SELECT offerengine.set_stock('c-o2', 'c-shared') \g /dev/null
SELECT is(ROW(k.quantity, k.is_never_out_of_stock)::text, '(0,f)', 'a new row of nothing')
  FROM offerengine.offer_stock k WHERE k.offer_id = pg_temp.offer('c-o2');
SELECT pg_temp.version('c-o1') AS version \gset
SELECT offerengine.set_stock('c-o1', 'c-nobody', 7) \g /dev/null
SELECT is(pg_temp.version('c-o1'), :version, 'stock is no change of the offer');
SELECT is((pg_temp.available('c-nine', 'C-DE')), '(0,0,0,f)', 'an unknown offer has none');
SELECT is((pg_temp.available(NULL, 'C-DE')), '(0,0,0,f)', 'nor has NULL');
SELECT is((SELECT array_agg(format('%s %s %s', a.store_code, a.available, a.is_never_out_of_stock) ORDER BY a.store_code)
             FROM offerengine_internal.offer_store_availability a WHERE a.offer_id = pg_temp.offer('c-o1')),
          ARRAY['C-AT 111 f', 'C-DE 7 f'], 'the view has one row a store');

SELECT is(pg_temp.try('SELECT offerengine.' || v.call), v.outcome, v.call)
  FROM (VALUES ($$set_stock('c-nine', 'c-own', 1)$$, 'OE020'), ($$set_stock('c-o1', 'c-nine', 1)$$, 'OE020'),
               ($$set_stock(NULL, 'c-own', 1)$$, 'OE020'), ($$set_stock('c-o1', NULL, 1)$$, 'OE020'),
               ($$set_stock('c-o1', 'c-own', -0.01)$$, '22023'), ($$set_stock('c-o1', 'c-own', 'NaN')$$, '22023'),
               ($$set_stock('c-o1', 'c-own', 'Infinity')$$, '22023'), ($$set_stock('c-o1', 'c-own', 0)$$, ''),
               ($$offer_availability('c-o1', NULL)$$, '22004'), ($$offer_availability('c-o1', 'C-ZZ')$$, '22023')) AS v (call,
                   outcome);
SELECT is(pg_temp.try($$INSERT INTO offerengine.offer_stock
    VALUES (pg_temp.offer('c-o2'), pg_temp.warehouse('c-own'), -1)$$), '23514',
          'a stock below 0 by plain INSERT');

-- A merchant sets stock of its offers in its warehouses; a storefront asks.
CREATE ROLE c_merchant;
CREATE ROLE c_storefront;
SELECT offerengine.grant_access('c_merchant', 'merchant', 'c-one'), offerengine.grant_access('c_storefront',
    'storefront') \g /dev/null
CREATE FUNCTION pg_temp.try_as(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    answer := '';
    BEGIN
        EXECUTE statement;
    EXCEPTION WHEN OTHERS THEN
        answer := SQLSTATE;
    END;
    RESET ROLE;
    RETURN answer;
END
$$;
SELECT is(pg_temp.try_as(v.role, v.statement), v.outcome, v.role || ': ' || v.statement)
  FROM (VALUES ('c_merchant', $$SELECT offerengine.set_stock('c-o1', 'c-own', 5)$$, ''),
               ('c_merchant', $$SELECT offerengine.set_stock('c-o1', 'c-shared', 5)$$, ''),
               ('c_merchant', $$SELECT offerengine.set_stock('c-o1', 'c-nobody', 5)$$, '42501'),
               ('c_merchant', $$SELECT offerengine.set_stock('c-o2', 'c-shared', 5)$$, 'OE020'),
               ('c_storefront', $$SELECT offerengine.offer_availability('c-o1', 'C-DE')$$, ''),
               ('c_storefront', $$SELECT offerengine.set_stock('c-o1', 'c-own', 5)$$, '42501'),
               ('c_storefront', $$SELECT FROM offerengine.offer_stock$$, '42501')) AS v (role, statement, outcome);
SELECT * FROM finish();
ROLLBACK;
