-- Which level prices an offer: its own rows, its product's or the abstract product's; all_or_nothing and per_type.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

INSERT INTO given_item (name, merchant, same_as) VALUES ('bare', 'acme', NULL);
INSERT INTO given_price (item, owner, gross, net) VALUES
    ('own', 'offer', 800, 700), ('own', 'product', 900, 750), ('own', 'abstract', 1000, 840),
    ('product-only', 'product', 900, 750), ('product-only', 'abstract', 1000, 840),
    ('abstract-only', 'abstract', 1000, 840),
    ('net-only', 'offer', NULL, 700), ('net-only', 'product', 900, 750),
    ('split', 'product', 900, NULL), ('split', 'abstract', 1000, 840),
    ('free', 'offer', 0, 0), ('free', 'product', 900, 900),
    ('free-product', 'product', 0, NULL), ('free-product', 'abstract', 1000, 0),
    ('net-zero', 'offer', NULL, 0), ('net-zero', 'product', 900, 750);
INSERT INTO expected_price (title, item, store, mode, answer) VALUES
    ('an own price beats product and abstract product', 'own', 'shop', 'gross', '800 offer 1'),
    ('in the other mode, too', 'own', 'shop', 'net', '700 offer 1'),
    ('per_type, too', 'own', 'shop+per_type', 'gross', '800 offer 1'),
    ('without an own price the product''s', 'product-only', 'shop', 'gross', '900 product 1'),
    ('per_type, too', 'product-only', 'shop+per_type', 'net', '750 product 1'),
    ('without a product price the abstract product''s', 'abstract-only', 'shop', 'gross', '1000 abstract_product 1'),
    ('per_type, too', 'abstract-only', 'shop+per_type', 'net', '840 abstract_product 1'),
    ('nothing anywhere', 'bare', 'shop', 'gross', 'no_price'),
    ('nothing anywhere, per_type', 'bare', 'shop+per_type', 'net', 'no_price'),
    ('all_or_nothing: an own row in net only leaves no gross price', 'net-only', 'shop', 'gross', 'no_price'),
    ('... and prices net', 'net-only', 'shop', 'net', '700 offer 1'),
    ('per_type: gross comes from the product', 'net-only', 'shop+per_type', 'gross', '900 product 1'),
    ('... and net from the offer', 'net-only', 'shop+per_type', 'net', '700 offer 1'),
    ('gross from the product', 'split', 'shop', 'gross', '900 product 1'),
    ('net from the abstract product', 'split', 'shop', 'net', '840 abstract_product 1'),
    ('gross from the product, per_type', 'split', 'shop+per_type', 'gross', '900 product 1'),
    ('net from the abstract product, per_type', 'split', 'shop+per_type', 'net', '840 abstract_product 1'),
    ('0 is a price of the offer', 'free', 'shop', 'gross', '0 offer 1'),
    ('0 is a price of the offer, per_type', 'free', 'shop+per_type', 'gross', '0 offer 1'),
    ('0 is a price of the product', 'free-product', 'shop', 'gross', '0 product 1'),
    ('0 is a price of the abstract product', 'free-product', 'shop', 'net', '0 abstract_product 1'),
    ('0 in net only leaves no gross price', 'net-zero', 'shop', 'gross', 'no_price'),
    ('0 in net only, per_type', 'net-zero', 'shop+per_type', 'gross', '900 product 1');
SELECT * FROM pg_temp.judge_prices();

-- Types.
INSERT INTO given_price (item, owner, type, gross) VALUES
    ('struck', 'offer', 'ORIGINAL', 1200), ('struck', 'product', 'DEFAULT', 900), ('struck', 'product', 'ORIGINAL', 1100),
    ('sale', 'offer', 'DEFAULT', 800), ('sale', 'product', 'ORIGINAL', 1100),
    ('struck-product', 'product', 'ORIGINAL', 1100), ('struck-product', 'abstract', 'DEFAULT', 1000),
    ('struck-product', 'abstract', 'ORIGINAL', 1300);
INSERT INTO expected_price (title, item, store, type, answer) VALUES
    ('all_or_nothing: an ORIGINAL price only, no DEFAULT price', 'struck', 'shop', NULL, 'no_price'),
    ('... its ORIGINAL price counts', 'struck', 'shop', 'ORIGINAL', '1200 offer 1'),
    ('per_type: DEFAULT comes from the product', 'struck', 'shop+per_type', 'DEFAULT', '900 product 1'),
    ('per_type: ORIGINAL comes from the offer', 'struck', 'shop+per_type', 'ORIGINAL', '1200 offer 1'),
    ('all_or_nothing: a DEFAULT price only, no ORIGINAL price', 'sale', 'shop', 'ORIGINAL', 'no_price'),
    ('per_type: ORIGINAL comes from the product', 'sale', 'shop+per_type', 'ORIGINAL', '1100 product 1'),
    ('a product''s ORIGINAL price does not hide the abstract product''s DEFAULT', 'struck-product', 'shop', NULL,
        '1000 abstract_product 1'),
    ('... and is the ORIGINAL price', 'struck-product', 'shop', 'ORIGINAL', '1100 product 1'),
    ('... per_type likewise', 'struck-product', 'shop+per_type', 'DEFAULT', '1000 abstract_product 1');
SELECT * FROM pg_temp.judge_prices();

-- Tiers: the level is chosen before quantities are looked at.
INSERT INTO given_price (item, owner, tier, gross, net) VALUES
    ('bulk', 'offer', 1, NULL, 700), ('bulk', 'offer', 10, 650, NULL), ('bulk', 'product', 1, 900, 750),
    ('bulk-product', 'product', 1, NULL, 700), ('bulk-product', 'product', 10, 600, 500),
    ('bulk-product', 'abstract', 1, 1000, 840),
    ('plain-tier', 'offer', 1, 800, NULL), ('plain-tier', 'product', 1, 900, NULL), ('plain-tier', 'product', 5, 100, NULL);
INSERT INTO expected_price (title, item, store, mode, quantity, answer) VALUES
    ('all_or_nothing: gross from tier 10 on only', 'bulk', 'shop', 'gross', 1, 'no_price'),
    ('last quantity before it', 'bulk', 'shop', 'gross', 9, 'no_price'),
    ('the tier itself', 'bulk', 'shop', 'gross', 10, '650 offer 10'),
    ('per_type: one own gross tier is enough for the level', 'bulk', 'shop+per_type', 'gross', 1, 'no_price'),
    ('per_type: the tier itself', 'bulk', 'shop+per_type', 'gross', 10, '650 offer 10'),
    ('a product''s gross tier is enough for the level', 'bulk-product', 'shop', 'gross', 1, 'no_price'),
    ('a product''s gross tier', 'bulk-product', 'shop', 'gross', 10, '600 product 10'),
    ('a product''s net base', 'bulk-product', 'shop', 'net', 1, '700 product 1'),
    ('a product''s tier says nothing on an offer with own prices', 'plain-tier', 'shop', 'gross', 5, '800 offer 1'),
    ('per_type likewise', 'plain-tier', 'shop+per_type', 'gross', 5, '800 offer 1');
SELECT * FROM pg_temp.judge_prices();

-- Store, currency and window: rows elsewhere or at another time make no level.
INSERT INTO given_price (item, owner, gross, currency, store, since, until) VALUES
    ('dollar', 'offer', 800, 'USD', '*', '-infinity', 'infinity'),
    ('dollar', 'product', 900, 'EUR', '*', '-infinity', 'infinity'),
    ('elsewhere', 'offer', 800, 'EUR', 'shop+lowest', '-infinity', 'infinity'),
    ('elsewhere', 'product', 900, 'EUR', '*', '-infinity', 'infinity'),
    ('brief', 'offer', 800, 'EUR', '*', '2031-01-01Z', '2031-02-01Z'),
    ('brief', 'product', 900, 'EUR', '*', '-infinity', 'infinity'),
    ('brief-product', 'product', 900, 'EUR', '*', '2031-01-01Z', '2031-02-01Z'),
    ('brief-product', 'abstract', 1000, 'EUR', '*', '-infinity', 'infinity');
INSERT INTO expected_price (title, item, store, currency, at, answer) VALUES
    ('an own price in another currency makes no level', 'dollar', 'shop', 'EUR', NULL, '900 product 1'),
    ('the other currency', 'dollar', 'shop', 'USD', NULL, '800 offer 1'),
    ('a currency without any price', 'dollar', 'shop', 'JPY', NULL, 'no_price'),
    ('an own price in another store makes no level', 'elsewhere', 'shop', 'EUR', NULL, '900 product 1'),
    ('the other store', 'elsewhere', 'shop+lowest', 'EUR', NULL, '800 offer 1'),
    ('before the own price', 'brief', 'shop', 'EUR', '2030-12-31 23:59:59.999999Z', '900 product 1'),
    ('its first instant', 'brief', 'shop', 'EUR', '2031-01-01Z', '800 offer 1'),
    ('its last instant', 'brief', 'shop', 'EUR', '2031-01-31 23:59:59.999999Z', '800 offer 1'),
    ('after it', 'brief', 'shop', 'EUR', '2031-02-01Z', '900 product 1'),
    ('before the own price, per_type', 'brief', 'shop+per_type', 'EUR', '2030-12-31 23:59:59.999999Z', '900 product 1'),
    ('its first instant, per_type', 'brief', 'shop+per_type', 'EUR', '2031-01-01Z', '800 offer 1'),
    ('after it, per_type', 'brief', 'shop+per_type', 'EUR', '2031-02-01Z', '900 product 1'),
    ('before the product''s price', 'brief-product', 'shop', 'EUR', '2030-12-31 23:59:59.999999Z', '1000 abstract_product 1'),
    ('in the product''s price', 'brief-product', 'shop', 'EUR', '2031-01-31 23:59:59.999999Z', '900 product 1'),
    ('after the product''s price', 'brief-product', 'shop', 'EUR', '2031-02-01Z', '1000 abstract_product 1');
SELECT * FROM pg_temp.judge_prices();

-- Contracts: a row makes a level for those whom it concerns.
INSERT INTO given_price (item, owner, contract, type, gross, net) VALUES
    ('for-gold', 'offer', 'gold', 'DEFAULT', 500, NULL), ('for-gold', 'product', NULL, 'DEFAULT', 900, 750),
    ('gold-struck', 'offer', 'gold', 'ORIGINAL', 950, NULL), ('gold-struck', 'product', NULL, 'DEFAULT', 900, NULL),
    ('gold-product', 'product', 'gold', 'DEFAULT', 600, NULL), ('gold-product', 'abstract', NULL, 'DEFAULT', 1000, NULL),
    ('bolt-product', 'product', 'bolt-deal', 'DEFAULT', 600, NULL), ('bolt-product', 'abstract', NULL, 'DEFAULT', 1000, NULL);
INSERT INTO expected_price (title, item, store, buyer, mode, answer) VALUES
    ('anonymous: another''s contract makes no level', 'for-gold', 'shop', NULL, 'gross', '900 product 1'),
    ('assignee: the contract makes the level', 'for-gold', 'shop', 'anna', 'gross', '500 offer 1 gold'),
    ('assignee, all_or_nothing: no net price', 'for-gold', 'shop', 'anna', 'net', 'no_price'),
    ('assignee, per_type: net from the product', 'for-gold', 'shop+per_type', 'anna', 'net', '750 product 1'),
    ('another buyer', 'for-gold', 'shop', 'carl', 'gross', '900 product 1'),
    ('a contract''s ORIGINAL price makes the level, too', 'gold-struck', 'shop', 'anna', NULL, 'no_price'),
    ('... for its assignees only', 'gold-struck', 'shop', 'carl', NULL, '900 product 1'),
    ('... and per_type not', 'gold-struck', 'shop+per_type', 'anna', NULL, '900 product 1'),
    ('anonymous: a product''s contract price makes no level', 'gold-product', 'shop', NULL, NULL, '1000 abstract_product 1'),
    ('assignee: it does', 'gold-product', 'shop', 'anna', NULL, '600 product 1 gold'),
    ('own_merchant: another merchant''s contract makes no level', 'bolt-product', 'shop', 'carl', NULL,
        '1000 abstract_product 1'),
    ('any_merchant: it does', 'bolt-product', 'shop+any_merchant', 'carl', NULL, '600 product 1 bolt-deal');
SELECT * FROM pg_temp.judge_prices();

-- Two offers of one product, and two variants of one abstract product.
INSERT INTO given_price (item, owner, gross) VALUES ('twin', 'offer', 800), ('twin', 'product', 900);
INSERT INTO given_item (name, merchant, same_as) VALUES ('twin-bolt', 'bolt', 'twin'), ('twin-acme', 'acme', 'twin');
INSERT INTO given_price (item, owner, gross) VALUES ('twin-acme', 'offer', 850);
INSERT INTO given_item (name) VALUES ('variant');
UPDATE offerengine.product p SET abstract_product_id = t.abstract_product_id
  FROM offerengine.product t WHERE p.sku = 'variant-p' AND t.sku = 'twin-p';
INSERT INTO expected_price (title, item, answer) VALUES
    ('first offer of the product', 'twin', '800 offer 1'),
    ('an offer without own price takes none of its sibling', 'twin-bolt', '900 product 1'),
    ('another offer of the same merchant', 'twin-acme', '850 offer 1'),
    ('a variant takes no price of its sibling', 'variant', 'no_price');
SELECT * FROM pg_temp.judge_prices();
INSERT INTO given_price (item, owner, gross) VALUES ('twin', 'abstract', 1000);
INSERT INTO expected_price (title, item, answer) VALUES
    ('it shares the abstract product''s', 'variant', '1000 abstract_product 1');
SELECT * FROM pg_temp.judge_prices();

SELECT * FROM finish();
ROLLBACK;
