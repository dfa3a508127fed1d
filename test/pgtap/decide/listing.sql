-- list_offers and default_offer: which offers of a product, in which order, with what beside them.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

-- 'Lamp 800*, lamp 800': references in order with amounts; * marks the default.
CREATE FUNCTION pg_temp.listing(VARIADIC rows offerengine.offer_listing[]) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(l.offer_reference || ' ' || coalesce(l.amount::text, '-') || CASE WHEN l.is_default THEN '*' ELSE '' END,
                               ', ' ORDER BY l.n), '')
      FROM unnest($1) WITH ORDINALITY AS l (sku, offer_reference, title, merchant_reference, merchant_name, amount,
                                            original_amount, currency, price_source, min_quantity, is_default,
                                            redirected_from, available, is_purchasable, next_amount, next_from, n)
$$;
CREATE FUNCTION pg_temp.list(sku text, store text DEFAULT 'shop', quantity integer DEFAULT 1, buyer text DEFAULT NULL,
                             mode text DEFAULT 'gross', order_by text DEFAULT 'price', at timestamptz DEFAULT now(),
                             currency text DEFAULT 'EUR')
RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.listing(VARIADIC array(SELECT l FROM offerengine.list_offers($1, $2, $8, price_mode => $5, quantity => $3,
                                                    buyer => $4, at => $7, order_by => $6) l))
$$;

INSERT INTO given_price (item, owner, gross, net, tier) VALUES
    ('lamp', 'offer', 800, 700, 1), ('lamp', 'offer', 600, NULL, 10);
INSERT INTO given_item (name, merchant, same_as, title) VALUES
    ('Lamp-z', 'bolt', 'lamp', NULL), ('lamp-bolt', 'bolt', 'lamp', 'Lamp, boxed'), ('lamp-cord', 'cord', 'lamp', NULL),
    ('lamp-net', 'cord', 'lamp', NULL), ('lamp-hidden', 'acme', 'lamp', NULL), ('lamp-shut', 'shut', 'lamp', NULL),
    ('lamp-spring', 'acme', 'lamp', NULL), ('lamp-away', 'acme', 'lamp', NULL);
INSERT INTO given_price (item, owner, gross, net, tier, contract) VALUES
    ('Lamp-z', 'offer', 800, 690, 1, NULL), ('lamp-bolt', 'offer', 700, NULL, 1, NULL), ('lamp-cord', 'offer', 800, NULL, 1, NULL),
    ('lamp-bolt', 'offer', 650, NULL, 20, NULL), ('lamp-cord', 'offer', 550, NULL, 10, NULL),
    ('lamp-cord', 'offer', 599, NULL, 20, NULL),
    ('lamp-net', 'offer', NULL, 10, 1, NULL), ('lamp-hidden', 'offer', 1, 1, 1, NULL), ('lamp-shut', 'offer', 1, 1, 1, NULL),
    ('lamp-spring', 'offer', 100, 1, 1, NULL), ('lamp-away', 'offer', 1, 1, 1, NULL),
    ('lamp', 'offer', 650, NULL, 1, 'gold');
UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'lamp-hidden';
UPDATE offerengine.offer SET valid_from = '2031-03-01Z', valid_to = '2031-04-01Z' WHERE offer_reference = 'lamp-spring';
DELETE FROM offerengine.offer_store s USING offerengine.offer o
 WHERE o.offer_id = s.offer_id AND o.offer_reference = 'lamp-away' AND s.store_code = 'shop';
INSERT INTO given_price (item, owner, gross) VALUES
    ('zero', 'offer', 0), ('equal', 'product', 500);
INSERT INTO given_item (name, merchant, same_as) VALUES
    ('zero-1', 'bolt', 'zero'), ('equal-b', 'bolt', 'equal'), ('equal-B', 'cord', 'equal'), ('equal_b', 'cord', 'equal'),
    ('equal-ä', 'cord', 'equal'), ('unpriced', 'acme', NULL), ('unpriced-1', 'bolt', 'unpriced');
INSERT INTO given_price (item, owner, gross) VALUES ('zero-1', 'offer', 1);
SET CONSTRAINTS ALL IMMEDIATE;

SELECT is(pg_temp.list('lamp-p'), 'lamp-bolt 700*, Lamp-z 800, lamp 800, lamp-cord 800, lamp-net -',
          'lowest first, equal ones by reference, without a price last, hidden ones not at all');
SELECT is(pg_temp.list('lamp-p', quantity => 9), 'lamp-bolt 700*, Lamp-z 800, lamp 800, lamp-cord 800, lamp-net -',
          'a quantity below the tiers');
SELECT is(pg_temp.list('lamp-p', quantity => 10), 'lamp-cord 550*, lamp 600, lamp-bolt 700, Lamp-z 800, lamp-net -',
          'a quantity that changes the order');
SELECT is(pg_temp.list('lamp-p', quantity => 20), 'lamp-cord 599*, lamp 600, lamp-bolt 650, Lamp-z 800, lamp-net -',
          'the next tier, though dearer');
SELECT is(pg_temp.list('lamp-p', mode => 'net'), 'lamp-net 10*, Lamp-z 690, lamp 700, lamp-bolt -, lamp-cord -',
          'net: those without a net price last, by reference');
SELECT is(pg_temp.list('lamp-p', buyer => 'anna'), 'lamp 650*, lamp-bolt 700, Lamp-z 800, lamp-cord 800, lamp-net -',
          'a contract changes the order for its buyer');
SELECT is(pg_temp.list('lamp-p', store => 'shop+lowest', quantity => 10, buyer => 'anna'),
          'lamp-away 1*, lamp-cord 550, lamp 600, lamp-bolt 700, Lamp-z 800, lamp-net -', 'another store, another policy');
SELECT is(pg_temp.list('lamp-p', at => '2031-03-01Z'),
          'lamp-spring 100*, lamp-bolt 700, Lamp-z 800, lamp 800, lamp-cord 800, lamp-net -', 'an offer of the spring, in spring');
SELECT is(pg_temp.list('lamp-p', at => '2031-04-01Z'), 'lamp-bolt 700*, Lamp-z 800, lamp 800, lamp-cord 800, lamp-net -',
          'the first instant after it');
SELECT is(pg_temp.list('lamp-p', at => '2021-04-01Z'), 'lamp-bolt 700*, Lamp-z 800, lamp 800, lamp-cord 800, lamp-net -',
          'an instant in the past');
SELECT is(pg_temp.list('lamp-p', currency => 'USD'), 'Lamp-z -, lamp -, lamp-bolt -, lamp-cord -, lamp-net -',
          'nothing has a price: by reference, no default');
SELECT is(pg_temp.list('zero-p'), 'zero 0*, zero-1 1', '0 is the lowest price');
SELECT is(pg_temp.list('equal-p'), 'equal 500*, equal-B 500, equal-b 500, equal-ä 500, equal_b 500',
          'equal prices: by reference, byte by byte');
SELECT is(pg_temp.list('unpriced-p'), 'unpriced -, unpriced-1 -', 'no price, no default');
SELECT is(pg_temp.list('LAMP-P'), '', 'a SKU is case-sensitive');
SELECT is(pg_temp.list('lamp'), '', 'an offer reference is no SKU');
SELECT is(pg_temp.list('lamp-a'), '', 'an abstract SKU is no SKU');

-- Each row's columns.
SELECT results_eq(
    $$SELECT l.sku, l.offer_reference, l.title, l.merchant_reference, l.merchant_name, l.amount, l.currency, l.price_source,
             l.min_quantity, l.is_default, l.redirected_from, l.available, l.is_purchasable
        FROM offerengine.list_offers('lamp-p', 'shop', 'EUR', quantity => 10) l$$,
    $$VALUES ('lamp-p', 'lamp-cord', 'Product lamp', 'cord', 'Cord', 550::bigint, 'EUR', 'offer', 10, true, NULL, NULL::numeric, true),
             ('lamp-p', 'lamp', 'Product lamp', 'acme', 'Acme', 600, 'EUR', 'offer', 10, false, NULL, NULL, true),
             ('lamp-p', 'lamp-bolt', 'Lamp, boxed', 'bolt', 'Bolt', 700, 'EUR', 'offer', 1, false, NULL, NULL, true),
             ('lamp-p', 'Lamp-z', 'Product lamp', 'bolt', 'Bolt', 800, 'EUR', 'offer', 1, false, NULL, NULL, true),
             ('lamp-p', 'lamp-net', 'Product lamp', 'cord', 'Cord', NULL, 'EUR', NULL, NULL, false, NULL, NULL, false)$$,
    'every column of a listing');
SELECT results_eq(
    $$SELECT l.* FROM offerengine.list_offers('lamp-p', 'shop', 'EUR', customer_reference => 'anna') l$$,
    $$SELECT l.* FROM offerengine.list_offers('lamp-p', 'shop', 'EUR') l$$,
    'a customer without rules gets the same list');

-- Many products in one call: in the order asked.
SELECT is(pg_temp.listing(VARIADIC array(SELECT l FROM offerengine.list_offers(q.skus, 'shop', 'EUR') l)), q.listing, q.title)
  FROM (VALUES ('{zero-p,lamp-p}'::text[], 'zero 0*, zero-1 1, lamp-bolt 700*, Lamp-z 800, lamp 800, lamp-cord 800, lamp-net -',
                'two products, a default each'),
               ('{lamp-p,zero-p}', 'lamp-bolt 700*, Lamp-z 800, lamp 800, lamp-cord 800, lamp-net -, zero 0*, zero-1 1',
                'the other way round'),
               ('{none,zero-p,NULL,"",unpriced-p}', 'zero 0*, zero-1 1, unpriced -, unpriced-1 -', 'unknown ones are left out'),
               ('{zero-p}', 'zero 0*, zero-1 1', 'one product'),
               ('{zero-p,unpriced-p,zero-p}', 'zero 0*, zero-1 1, unpriced -, unpriced-1 -', 'a product asked for twice'))
       AS q (skus, listing, title);
SELECT is_empty($$
    SELECT s.sku FROM unnest('{equal-p,lamp-p,zero-p,unpriced-p}'::text[]) AS s (sku)
     WHERE array(SELECT l FROM offerengine.list_offers('{equal-p,lamp-p,zero-p,unpriced-p}'::text[], 'shop', 'EUR') l
                  WHERE l.sku = s.sku)
           IS DISTINCT FROM array(SELECT l FROM offerengine.list_offers(s.sku, 'shop', 'EUR') l)$$,
    'a product is listed alike alone and among others');

-- original_amount: ORIGINAL of the level at which the price was found.
INSERT INTO given_price (item, owner, type, gross, net, tier, contract) VALUES
    ('o-own', 'offer', 'DEFAULT', 800, NULL, 1, NULL), ('o-own', 'offer', 'ORIGINAL', 1200, NULL, 1, NULL),
    ('o-own', 'offer', 'ORIGINAL', 1100, NULL, 10, NULL), ('o-own', 'product', 'ORIGINAL', 1500, NULL, 1, NULL),
    ('o-none', 'offer', 'DEFAULT', 800, NULL, 1, NULL), ('o-none', 'product', 'ORIGINAL', 1500, NULL, 1, NULL),
    ('o-product', 'product', 'DEFAULT', 900, NULL, 1, NULL), ('o-product', 'product', 'ORIGINAL', 1300, NULL, 1, NULL),
    ('o-split', 'product', 'DEFAULT', 900, NULL, 1, NULL), ('o-split', 'abstract', 'ORIGINAL', 1300, NULL, 1, NULL),
    ('o-abstract', 'product', 'ORIGINAL', 1100, NULL, 1, NULL), ('o-abstract', 'abstract', 'DEFAULT', 1000, NULL, 1, NULL),
    ('o-abstract', 'abstract', 'ORIGINAL', 1300, NULL, 1, NULL),
    ('o-only', 'offer', 'ORIGINAL', 1200, NULL, 1, NULL), ('o-only', 'product', 'ORIGINAL', 1100, NULL, 1, NULL),
    ('o-mixed', 'offer', 'ORIGINAL', 1200, NULL, 1, NULL), ('o-mixed', 'product', 'DEFAULT', 900, NULL, 1, NULL),
    ('o-mixed', 'product', 'ORIGINAL', 1100, NULL, 1, NULL),
    ('o-mode', 'offer', 'DEFAULT', 800, 700, 1, NULL), ('o-mode', 'offer', 'ORIGINAL', NULL, 1000, 1, NULL),
    ('o-deal', 'offer', 'DEFAULT', 800, NULL, 1, NULL), ('o-deal', 'offer', 'DEFAULT', 600, NULL, 1, 'gold'),
    ('o-deal', 'offer', 'ORIGINAL', 1200, NULL, 1, NULL), ('o-deal', 'offer', 'ORIGINAL', 1000, NULL, 1, 'gold'),
    ('o-low', 'offer', 'DEFAULT', 800, NULL, 1, NULL), ('o-low', 'offer', 'ORIGINAL', 500, NULL, 1, NULL);
SELECT is((SELECT coalesce(l.amount::text, '-') || ' ' || coalesce(l.original_amount::text, '-')
             FROM offerengine.list_offers(q.item || '-p', q.store, 'EUR', q.mode, q.quantity, q.buyer) l),
          q.answer, 'original_amount: ' || q.title || ' (' || q.item || ' in ' || q.store || ')')
  FROM (VALUES
    ('the offer''s', 'o-own', 'shop', 'gross', 1, NULL, '800 1200'),
    ('the offer''s at a tier', 'o-own', 'shop', 'gross', 10, NULL, '800 1100'),
    ('the offer''s, per_type', 'o-own', 'shop+per_type', 'gross', 1, NULL, '800 1200'),
    ('none of another level', 'o-none', 'shop', 'gross', 1, NULL, '800 -'),
    ('none of another level, per_type', 'o-none', 'shop+per_type', 'gross', 1, NULL, '800 -'),
    ('the product''s', 'o-product', 'shop', 'gross', 1, NULL, '900 1300'),
    ('the product''s, per_type', 'o-product', 'shop+per_type', 'gross', 1, NULL, '900 1300'),
    ('none of the abstract product''s', 'o-split', 'shop', 'gross', 1, NULL, '900 -'),
    ('the abstract product''s, not the product''s', 'o-abstract', 'shop', 'gross', 1, NULL, '1000 1300'),
    ('per_type: ORIGINAL would come from the product', 'o-abstract', 'shop+per_type', 'gross', 1, NULL, '1000 -'),
    ('none without a price', 'o-only', 'shop', 'gross', 1, NULL, '- -'),
    ('none without a price, per_type', 'o-only', 'shop+per_type', 'gross', 1, NULL, '- -'),
    ('all_or_nothing, no DEFAULT price', 'o-mixed', 'shop', 'gross', 1, NULL, '- -'),
    ('per_type: the offer''s ORIGINAL is not of the product''s level', 'o-mixed', 'shop+per_type', 'gross', 1, NULL, '900 -'),
    ('none in the mode', 'o-mode', 'shop', 'gross', 1, NULL, '800 -'),
    ('net', 'o-mode', 'shop', 'net', 1, NULL, '700 1000'),
    ('the contract''s', 'o-deal', 'shop', 'gross', 1, 'anna', '600 1000'),
    ('anonymous', 'o-deal', 'shop', 'gross', 1, NULL, '800 1200'),
    ('below the price, as it stands', 'o-low', 'shop', 'gross', 1, NULL, '800 500'))
    AS q (title, item, store, mode, quantity, buyer, answer);

-- Availability and what may be bought.
INSERT INTO given_item (name, merchant, same_as, management) VALUES
    ('stock', 'acme', NULL, 'standard'), ('stock-never', 'bolt', 'stock', 'standard'), ('stock-much', 'cord', 'stock', 'standard'),
    ('stock-none', 'cord', 'stock', 'standard'), ('stock-empty', 'acme', 'stock', 'standard'),
    ('stock-extern', 'acme', 'stock', 'externally_managed'), ('stock-invoiced', 'acme', 'stock', 'externally_invoiced'),
    ('stock-free', 'bolt', 'stock', 'standard');
INSERT INTO given_price (item, owner, gross) VALUES
    ('stock', 'offer', 800), ('stock-never', 'offer', 900), ('stock-much', 'offer', 850), ('stock-none', 'offer', 700),
    ('stock-empty', 'offer', 750), ('stock-extern', 'offer', 780), ('stock-invoiced', 'offer', 790);
INSERT INTO given_price (item, owner, net) VALUES ('stock-free', 'offer', 1);
INSERT INTO offerengine.warehouse (name, is_active) VALUES ('w-1', true), ('w-2', true), ('w-closed', false), ('w-far', true);
INSERT INTO offerengine.warehouse_store (warehouse_id, store_code)
SELECT w.warehouse_id, CASE w.name WHEN 'w-far' THEN 'shop+lowest' ELSE 'shop' END
  FROM offerengine.warehouse w WHERE w.name ~ '^w-';
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity, is_never_out_of_stock)
SELECT o.offer_id, w.warehouse_id, s.quantity, s.never
  FROM (VALUES ('stock', 'w-1', 3, false), ('stock', 'w-2', 2.5, false), ('stock', 'w-closed', 100, false),
               ('stock', 'w-far', 100, false), ('stock-never', 'w-1', 1, true), ('stock-much', 'w-2', 50, false),
               ('stock-empty', 'w-1', 0, false), ('stock-extern', 'w-1', 20, false), ('stock-invoiced', 'w-1', 10, false),
               ('stock-free', 'w-1', 30, false)) AS s (item, warehouse, quantity, never)
  JOIN offerengine.offer o ON o.offer_reference = s.item JOIN offerengine.warehouse w ON w.name = s.warehouse;
SELECT results_eq(
    format('SELECT l.offer_reference, l.amount, l.available, l.is_purchasable, l.is_default
              FROM offerengine.list_offers(''stock-p'', ''shop'', ''EUR'', quantity => %s, include_availability => true) l', q.quantity),
    format('SELECT v.* FROM (VALUES (''stock-none'', 700::bigint, 0::numeric, false, true), (''stock-empty'', 750, 0, false, false),
                   (''stock-extern'', 780, 20, false, false), (''stock-invoiced'', 790, 10, %L::boolean, false),
                   (''stock'', 800, 5.5, %L, false), (''stock-much'', 850, 50, true, false),
                   (''stock-never'', 900, 1, true, false), (''stock-free'', NULL, 30, false, false)) AS v',
           q.invoiced, q.stock),
    'availability and what may be bought at quantity ' || q.quantity)
  FROM (VALUES (1, true, true), (5, true, true), (6, true, false), (10, true, false), (11, false, false))
       AS q (quantity, invoiced, stock);
SELECT results_eq(
    $$SELECT l.offer_reference, l.available, l.is_purchasable FROM offerengine.list_offers('stock-p', 'shop', 'EUR', quantity => 1000) l$$,
    $$VALUES ('stock-none', NULL::numeric, true), ('stock-empty', NULL, true), ('stock-extern', NULL, false),
             ('stock-invoiced', NULL, true), ('stock', NULL, true), ('stock-much', NULL, true), ('stock-never', NULL, true),
             ('stock-free', NULL, false)$$,
    'availability not asked for plays no part');
SELECT results_eq(
    format('SELECT l.offer_reference, l.is_default FROM offerengine.list_offers(''stock-p'', ''shop'', ''EUR'',
                include_availability => %s, order_by => ''availability'') l', q.include),
    $$VALUES ('stock-never', false), ('stock-much', false), ('stock-free', false), ('stock-extern', false),
             ('stock-invoiced', false), ('stock', false), ('stock-none', true), ('stock-empty', false)$$,
    'by availability: never out of stock, then the most, then the price; include_availability ' || q.include)
  FROM (VALUES ('true'), ('false')) AS q (include);
UPDATE offerengine.warehouse SET is_active = false WHERE name = 'w-2';
SELECT is((SELECT l.available FROM offerengine.list_offers('stock-p', 'shop', 'EUR', include_availability => true) l
            WHERE l.offer_reference = 'stock'), 3::numeric, 'a closed warehouse does not count');

-- default_offer.
SELECT is(pg_temp.listing(VARIADIC array(SELECT l FROM offerengine.default_offer(
              'lamp-p', 'shop', 'EUR', quantity => q.quantity, buyer => q.buyer, selected_offer => q.selected) l)),
          q.answer, 'default_offer: ' || q.title)
  FROM (VALUES ('none selected', 1, NULL, NULL, 'lamp-bolt 700*'),
               ('none selected, a quantity', 10, NULL, NULL, 'lamp-cord 550*'),
               ('none selected, a buyer', 1, 'anna', NULL, 'lamp 650*'),
               ('a selected one', 1, NULL, 'Lamp-z', 'Lamp-z 800'),
               ('a selected one that is the default', 1, NULL, 'lamp-bolt', 'lamp-bolt 700*'),
               ('a selected one without a price', 1, NULL, 'lamp-net', 'lamp-net -'),
               ('a selected one that is hidden', 1, NULL, 'lamp-hidden', ''),
               ('a selected one of a suspended merchant', 1, NULL, 'lamp-shut', ''),
               ('a selected one in another store', 1, NULL, 'lamp-away', ''),
               ('an unknown one', 1, NULL, 'none', ''),
               ('one of another product', 1, NULL, 'zero', ''))
       AS q (title, quantity, buyer, selected, answer);
SELECT is(pg_temp.listing(VARIADIC array(SELECT l FROM offerengine.default_offer(q.sku, 'shop', 'EUR') l)), q.answer,
          'default_offer: ' || q.sku)
  FROM (VALUES ('zero-p', 'zero 0*'), ('equal-p', 'equal 500*'), ('unpriced-p', '')) AS q (sku, answer);
SELECT results_eq(
    $$SELECT d.* FROM offerengine.default_offer('stock-p', 'shop', 'EUR', include_availability => true,
                                                order_by => 'availability') d$$,
    $$SELECT l.* FROM offerengine.list_offers('stock-p', 'shop', 'EUR', include_availability => true) l WHERE l.is_default$$,
    'default_offer: the row of the list, whatever the order');

-- A listing is resolve_price of each visible offer.
SELECT is_empty($$
    SELECT o.offer_reference, s.store_code, q.*
      FROM given_item i
      JOIN offerengine.offer o ON o.offer_reference = i.name
      JOIN offerengine.product p ON p.product_id = o.product_id,
           unnest('{shop,shop+lowest,shop+offer_first+any_merchant+per_type}'::text[]) AS s (store_code),
           (VALUES ('gross', 1, NULL), ('gross', 10, 'anna'), ('net', 1, 'anna')) AS q (mode, quantity, buyer)
     CROSS JOIN LATERAL (SELECT (offerengine.resolve_price(o.offer_reference, s.store_code, 'EUR', q.mode, q.quantity, q.buyer)).*) AS r
      LEFT JOIN LATERAL (SELECT l.* FROM offerengine.list_offers(p.sku, s.store_code, 'EUR', q.mode, q.quantity, q.buyer) l
                          WHERE l.offer_reference = o.offer_reference) AS l ON true
     WHERE ((r.amount, r.price_source, r.min_quantity) IS DISTINCT FROM (l.amount, l.price_source, l.min_quantity)
            OR (l.offer_reference IS NULL) <> (r.reason IS NOT DISTINCT FROM 'not_visible'))$$,
    'list_offers shows the visible offers at the price that resolve_price answers');

SELECT * FROM finish();
ROLLBACK;
