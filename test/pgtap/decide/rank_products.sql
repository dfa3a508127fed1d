-- rank_products: a page of a category by the customer's own prices. And list_offers_many.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

-- cup: two offers of 300 and 500; bowl: 200, for anna 900; dish: 100, from ten pieces 50; jug: 300 as cup; mug: no price;
-- free: 0; gone: hidden.
INSERT INTO given_item (name, merchant, same_as) VALUES
    ('cup', 'acme', NULL), ('cup-2', 'bolt', 'cup'), ('cup-3', 'cord', 'cup'), ('bowl', 'acme', NULL), ('dish', 'bolt', NULL),
    ('jug', 'bolt', NULL), ('mug', 'bolt', NULL), ('free', 'cord', NULL), ('gone', 'cord', NULL), ('shut', 'shut', NULL);
INSERT INTO given_price (item, owner, gross, tier, contract) VALUES
    ('cup', 'offer', 500, 1, NULL), ('cup-2', 'offer', 300, 1, NULL), ('bowl', 'offer', 200, 1, NULL), ('bowl', 'offer', 900, 1, 'gold'),
    ('dish', 'offer', 100, 1, NULL), ('dish', 'offer', 50, 10, NULL), ('jug', 'offer', 300, 1, NULL), ('free', 'offer', 0, 1, NULL),
    ('gone', 'offer', 1, 1, NULL), ('shut', 'offer', 1, 1, NULL);
INSERT INTO given_price (item, owner, net) VALUES ('cup-3', 'offer', 7);
UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'gone';
INSERT INTO offerengine.warehouse (name, is_active) VALUES ('rp', true);
INSERT INTO offerengine.warehouse_store (warehouse_id, store_code)
SELECT w.warehouse_id, 'shop' FROM offerengine.warehouse w WHERE w.name = 'rp';
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity, is_never_out_of_stock)
SELECT o.offer_id, w.warehouse_id, s.quantity, s.never
  FROM (VALUES ('cup', 9, false), ('cup-2', 2, false), ('bowl', 0, true), ('jug', 9, false), ('dish', 30.5, false), ('mug', 4, false))
       s (item, quantity, never)
  JOIN offerengine.offer o ON o.offer_reference = s.item JOIN offerengine.warehouse w ON w.name = 'rp';
SET CONSTRAINTS ALL IMMEDIATE;

CREATE FUNCTION pg_temp.rank(VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format($sql$SELECT string_agg(r.position || ' ' || r.offer_reference || ' ' || coalesce(r.amount::text, '-'), ', ' ORDER BY n)
                          FROM (SELECT r.*, row_number() OVER () AS n
                                  FROM offerengine.rank_products('{mug-p,jug-p,cup-p,bowl-p,gone-p,dish-p,free-p,nothing,shut-p,cup-p,NULL}',
                                                                 'shop', 'EUR'%s) r) r$sql$,
                   (SELECT string_agg(', ' || o, '') FROM unnest(options) o)) INTO answer;
    RETURN answer;
END
$$;
CREATE FUNCTION pg_temp.check_ranking(path text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('offerengine.fast_path', path, true);
    RETURN QUERY
    SELECT is(pg_temp.rank(VARIADIC q.options), q.answer, format('%s (fast path %s)', q.title, path))
      FROM (VALUES
        ('the cheapest first, equal ones by SKU, without a price last, each product once', '{}'::text[],
         '1 free 0, 2 dish 100, 3 bowl 200, 4 cup-2 300, 5 jug 300, 6 mug -'),
        ('the dearest first, without a price last all the same', ARRAY['order_by => ''price_descending'''],
         '1 cup-2 300, 2 jug 300, 3 bowl 200, 4 dish 100, 5 free 0, 6 mug -'),
        ('what never runs out first, then the most, by the offer that has it', ARRAY['order_by => ''availability'''],
         '1 bowl 200, 2 dish 100, 3 jug 300, 4 cup 500, 5 mug -, 6 free 0'),
        ('a buyer''s contract counts', ARRAY['buyer => ''anna'''],
         '1 free 0, 2 dish 100, 3 cup-2 300, 4 jug 300, 5 bowl 900, 6 mug -'),
        ('a quantity''s tier counts', ARRAY['quantity => 10', 'max_rows => 2'], '1 free 0, 2 dish 50'),
        ('the net prices', ARRAY['price_mode => ''net''', 'max_rows => 2'], '1 cup-3 7, 2 bowl -'),
        ('a page', ARRAY['max_rows => 2', 'skip => 3'], '4 cup-2 300, 5 jug 300'),
        ('the last page', ARRAY['max_rows => 5', 'skip => 5'], '6 mug -'),
        ('a page behind the last', ARRAY['skip => 6'], NULL),
        ('no rows', ARRAY['max_rows => 0'], NULL),
        ('far away', ARRAY['max_rows => 2147483647', 'skip => 2147483647'], NULL),
        ('as many as there are', ARRAY['max_rows => 2147483647', 'skip => 5'], '6 mug -'),
        ('NULL is the default', ARRAY['max_rows => NULL', 'skip => NULL', 'order_by => NULL'],
         '1 free 0, 2 dish 100, 3 bowl 200, 4 cup-2 300, 5 jug 300, 6 mug -')) AS q (title, options, answer);
    RETURN NEXT results_eq(
        $sql$SELECT r."position", r.sku, r.offer_reference, r.amount, r.lowest_amount, r.highest_amount, r.offers, r.total
               FROM offerengine.rank_products('{cup-p,mug-p,free-p,gone-p}', 'shop', 'EUR', order_by => 'availability') r$sql$,
        $sql$VALUES (1, 'cup-p', 'cup', 500::bigint, 300::bigint, 500::bigint, 3, 3), (2, 'mug-p', 'mug', NULL, NULL, NULL, 1, 3),
                    (3, 'free-p', 'free', 0, 0, 0, 1, 3)$sql$,
        format('lowest and highest amount, offers, and how many products have some (fast path %s)', path));
    RETURN NEXT is_empty($sql$SELECT FROM offerengine.rank_products(NULL, 'shop', 'EUR')$sql$, 'no products');
    RETURN NEXT is_empty($sql$SELECT FROM offerengine.rank_products('{}', 'shop', 'EUR')$sql$, 'none asked for');
    RETURN NEXT throws_ok($sql$SELECT FROM offerengine.rank_products('{cup-p}', 'shop', 'EUR', order_by => 'name')$sql$, '22023',
                          'unknown order "name"');
    RETURN NEXT throws_ok($sql$SELECT FROM offerengine.rank_products('{cup-p}', 'shop', 'EUR', max_rows => -1)$sql$, '22023',
                          'max_rows must be at least 0, not -1');
    RETURN NEXT throws_ok($sql$SELECT FROM offerengine.rank_products('{cup-p}', 'shop', 'EUR', skip => -1)$sql$, '22023',
                          'skip must be at least 0, not -1');
    RETURN NEXT throws_ok($sql$SELECT FROM offerengine.rank_products('{cup-p}', 'none', 'EUR')$sql$, '22023', 'unknown store "none"');
    RETURN NEXT throws_ok($sql$SELECT FROM offerengine.rank_products('{{cup-p},{mug-p}}', 'shop', 'EUR')$sql$, '22023', NULL,
                          'an array of two dimensions');
END
$$;
SELECT pg_temp.check_ranking(path) FROM unnest('{on,off}'::text[]) path;
RESET offerengine.fast_path;

-- Thousands of products in one call, each with its own price.
INSERT INTO given_item (name) SELECT 'many-' || n FROM generate_series(1, 300) n;
INSERT INTO given_price (item, owner, gross, store) SELECT 'many-' || n, 'product', 1000 - n, 'shop' FROM generate_series(1, 300) n;
SELECT results_eq(
    $$SELECT r."position", r.sku, r.amount, r.total
        FROM offerengine.rank_products((SELECT array_agg('many-' || n % 300 + 1 || '-p') FROM generate_series(1, 5000) n), 'shop', 'EUR',
                                       max_rows => 2, skip => 298) r$$,
    $$VALUES (299, 'many-2-p', 998::bigint, 300), (300, 'many-1-p', 999, 300)$$, 'five thousand places, three hundred products');

-- The name that needs no cast.
SELECT results_eq(
    $$SELECT l.sku, l.offer_reference, l.amount FROM offerengine.list_offers_many('{jug-p,cup-p}', 'shop', 'EUR') l$$,
    $$VALUES ('jug-p', 'jug', 300::bigint), ('cup-p', 'cup-2', 300), ('cup-p', 'cup', 500), ('cup-p', 'cup-3', NULL)$$,
    'list_offers_many, in the order asked');
PREPARE untyped AS SELECT l.offer_reference FROM offerengine.list_offers_many($1, $2, $3) l;
SELECT results_eq($$EXECUTE untyped('{jug-p}', 'shop', 'EUR')$$, $$VALUES ('jug')$$, 'parameters without a type');
SELECT throws_ok(format('SELECT FROM offerengine.list_offers(%L, ''shop'', ''EUR'')', sku), '22023',
                 format('one SKU is asked for, not an array: "%s"', sku), 'an array that became one SKU: ' || sku)
  FROM unnest(ARRAY['{jug-p,cup-p}', '{jug-p}', '{}', '{"a b"}']) sku;
SELECT is_empty(format('SELECT FROM offerengine.list_offers(%L::text, ''shop'', ''EUR'')', sku), 'one SKU: ' || sku)
  FROM unnest(ARRAY['{', '}', '{a', 'a}', 'a{b}c', '', '}{']) sku;
INSERT INTO offerengine.product (sku, abstract_product_id)
SELECT '{x}', a.abstract_product_id FROM offerengine.abstract_product a WHERE a.abstract_sku = 'jug-a';
SELECT offerengine.put_offer('braced', '{x}', 'acme', '{shop}') \g /dev/null
UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference = 'braced';
SELECT is((SELECT l.offer_reference FROM offerengine.list_offers_many(ARRAY['{x}'], 'shop', 'EUR') l), 'braced',
          'a product that is named so is listed by list_offers_many');

SELECT * FROM finish();
ROLLBACK;
