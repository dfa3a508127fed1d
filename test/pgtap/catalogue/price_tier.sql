-- Tiers: the highest min_quantity that the quantity reaches and that has an amount in the mode.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

INSERT INTO given_price (item, owner, tier, gross, net) VALUES
    ('steps', 'offer', 1, 1000, 840), ('steps', 'offer', 10, 900, NULL), ('steps', 'offer', 100, NULL, 700),
    ('rising', 'offer', 1, 500, NULL), ('rising', 'offer', 10, 600, NULL), ('rising', 'offer', 20, 400, NULL),
    ('free-tier', 'offer', 1, 500, NULL), ('free-tier', 'offer', 10, 0, NULL),
    ('free-base', 'offer', 1, 0, NULL), ('free-base', 'offer', 10, 500, NULL),
    ('huge', 'offer', 1, 500, NULL), ('huge', 'offer', 2147483647, 1, NULL),
    ('pair', 'offer', 1, 500, NULL), ('pair', 'offer', 2, 450, NULL),
    ('late', 'offer', 1, NULL, 700), ('late', 'offer', 10, 600, NULL),
    ('flat', 'offer', 1, 500, NULL), ('flat', 'offer', 10, 500, NULL),
    ('p-steps', 'product', 1, 1000, NULL), ('p-steps', 'product', 10, 900, NULL),
    ('a-steps', 'abstract', 1, 1000, NULL), ('a-steps', 'abstract', 10, 900, NULL);
INSERT INTO expected_price (title, item, mode, quantity, answer) VALUES
    ('no quantity is one piece', 'steps', NULL, NULL, '1000 offer 1'),
    ('one piece', 'steps', 'gross', 1, '1000 offer 1'),
    ('one below the tier', 'steps', 'gross', 9, '1000 offer 1'),
    ('the tier', 'steps', 'gross', 10, '900 offer 10'),
    ('one above the tier', 'steps', 'gross', 11, '900 offer 10'),
    ('one below the tier without gross', 'steps', 'gross', 99, '900 offer 10'),
    ('a tier without an amount in the mode is passed over', 'steps', 'gross', 100, '900 offer 10'),
    ('also above it', 'steps', 'gross', 101, '900 offer 10'),
    ('the largest integer', 'steps', 'gross', 2147483647, '900 offer 10'),
    ('net passes over the tier without net', 'steps', 'net', 10, '840 offer 1'),
    ('net, one below', 'steps', 'net', 99, '840 offer 1'),
    ('net, the tier', 'steps', 'net', 100, '700 offer 100'),
    ('net, the largest integer', 'steps', 'net', 2147483647, '700 offer 100'),
    ('a dearer tier counts all the same', 'rising', NULL, 10, '600 offer 10'),
    ('below it', 'rising', NULL, 9, '500 offer 1'),
    ('a further tier', 'rising', NULL, 20, '400 offer 20'),
    ('between', 'rising', NULL, 19, '600 offer 10'),
    ('a tier of 0', 'free-tier', NULL, 10, '0 offer 10'),
    ('below a tier of 0', 'free-tier', NULL, 9, '500 offer 1'),
    ('a base of 0', 'free-base', NULL, 9, '0 offer 1'),
    ('above a base of 0', 'free-base', NULL, 10, '500 offer 10'),
    ('a tier at the largest integer, one below', 'huge', NULL, 2147483646, '500 offer 1'),
    ('a tier at the largest integer', 'huge', NULL, 2147483647, '1 offer 2147483647'),
    ('a tier of two, one piece', 'pair', NULL, 1, '500 offer 1'),
    ('a tier of two, two pieces', 'pair', NULL, 2, '450 offer 2'),
    ('a tier of two, three pieces', 'pair', NULL, 3, '450 offer 2'),
    ('no tier of the mode is reached', 'late', 'gross', 9, 'no_price'),
    ('the first of the mode is reached', 'late', 'gross', 10, '600 offer 10'),
    ('equal amounts: the tier reached', 'flat', NULL, 10, '500 offer 10'),
    ('equal amounts: below', 'flat', NULL, 9, '500 offer 1'),
    ('product tier, below', 'p-steps', NULL, 9, '1000 product 1'),
    ('product tier', 'p-steps', NULL, 10, '900 product 10'),
    ('abstract product tier, below', 'a-steps', NULL, 9, '1000 abstract_product 1'),
    ('abstract product tier', 'a-steps', NULL, 10, '900 abstract_product 10');
SELECT * FROM pg_temp.judge_prices();

-- Tiers have types and windows of their own.
INSERT INTO given_price (item, owner, tier, type, gross, since, until) VALUES
    ('kinds', 'offer', 1, 'DEFAULT', 1000, '-infinity', 'infinity'),
    ('kinds', 'offer', 1, 'ORIGINAL', 1200, '-infinity', 'infinity'),
    ('kinds', 'offer', 10, 'ORIGINAL', 1100, '-infinity', 'infinity'),
    ('weeks', 'offer', 1, 'DEFAULT', 1000, '-infinity', 'infinity'),
    ('weeks', 'offer', 10, 'DEFAULT', 900, '-infinity', 'infinity'),
    ('weeks', 'offer', 1, 'DEFAULT', 950, '2031-01-01Z', '2031-01-08Z'),
    ('weeks', 'offer', 20, 'DEFAULT', 700, '2031-01-01Z', '2031-01-08Z'),
    ('weeks', 'offer', 10, 'DEFAULT', 980, '2031-01-05Z', '2031-01-08Z');
INSERT INTO expected_price (title, item, quantity, type, at, answer) VALUES
    ('a tier of another type does not count', 'kinds', 10, 'DEFAULT', NULL, '1000 offer 1'),
    ('the type''s own tier', 'kinds', 10, 'ORIGINAL', NULL, '1100 offer 10'),
    ('the type''s own base', 'kinds', 9, 'ORIGINAL', NULL, '1200 offer 1'),
    ('a promotion of the base changes no tier', 'weeks', 10, NULL, '2031-01-01Z', '900 offer 10'),
    ('the promoted base', 'weeks', 9, NULL, '2031-01-01Z', '950 offer 1'),
    ('a tier within its window', 'weeks', 20, NULL, '2031-01-07 23:59:59.999999Z', '700 offer 20'),
    ('a tier before its window', 'weeks', 20, NULL, '2030-12-31 23:59:59.999999Z', '900 offer 10'),
    ('a tier after its window', 'weeks', 20, NULL, '2031-01-08Z', '900 offer 10'),
    ('a promotion of the tier counts though it is dearer', 'weeks', 10, NULL, '2031-01-05Z', '980 offer 10'),
    ('before that promotion', 'weeks', 10, NULL, '2031-01-04 23:59:59.999999Z', '900 offer 10');
SELECT * FROM pg_temp.judge_prices();

-- Each relationship has its own tiers; the default's are not mixed in.
INSERT INTO given_price (item, owner, tier, contract, gross) VALUES
    ('apart', 'offer', 1, NULL, 1000), ('apart', 'offer', 10, NULL, 900),
    ('apart', 'offer', 1, 'gold', 950), ('apart', 'offer', 5, 'gold', 940),
    ('apart', 'offer', 1, 'silver', 960), ('apart', 'offer', 20, 'silver', 500);
INSERT INTO expected_price (title, item, store, buyer, quantity, answer) VALUES
    ('one relationship, below its tier', 'apart', 'shop', 'anna', 4, '950 offer 1 gold'),
    ('one relationship, its tier', 'apart', 'shop', 'anna', 5, '940 offer 5 gold'),
    ('another''s tier does not count', 'apart', 'shop', 'anna', 20, '940 offer 5 gold'),
    ('two relationships: the lower of the chosen tiers', 'apart', 'shop', 'bob', 19, '940 offer 5 gold'),
    ('two relationships: the other one', 'apart', 'shop', 'bob', 20, '500 offer 20 silver'),
    ('lowest: the default''s tier', 'apart', 'shop+lowest', 'bob', 10, '900 offer 10'),
    ('lowest: below the default''s tier', 'apart', 'shop+lowest', 'bob', 9, '940 offer 5 gold');
SELECT * FROM pg_temp.judge_prices();

SELECT is((offerengine.resolve_product_price('p-steps-p', 'shop', 'EUR', quantity => q.quantity)).amount, q.amount,
          'resolve_product_price at quantity ' || q.quantity)
  FROM (VALUES (1, 1000::bigint), (9, 1000), (10, 900), (2147483647, 900)) AS q (quantity, amount);

SELECT * FROM finish();
ROLLBACK;
