-- Contract prices: for whom they count, and how the three policies weigh them against default prices.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

-- Offer level. gold is anna's and bob's, silver bob's.
INSERT INTO given_price (item, owner, contract, gross, net) VALUES
    ('dear', 'offer', NULL, 800, NULL), ('dear', 'offer', 'gold', 850, NULL), ('dear', 'offer', 'silver', 820, NULL),
    ('cheap', 'offer', NULL, 800, NULL), ('cheap', 'offer', 'gold', 700, NULL), ('cheap', 'offer', 'silver', 720, NULL),
    ('contract-only', 'offer', 'gold', 700, NULL), ('contract-only', 'offer', 'silver', 650, NULL),
    ('contract-only', 'product', NULL, 500, NULL),
    ('modes', 'offer', NULL, 800, NULL), ('modes', 'offer', 'gold', NULL, 600),
    ('gift', 'offer', NULL, 800, NULL), ('gift', 'offer', 'gold', 0, NULL),
    ('given-away', 'offer', NULL, 0, NULL), ('given-away', 'offer', 'gold', 100, NULL),
    ('even', 'offer', NULL, 800, NULL), ('even', 'offer', 'gold', 800, NULL), ('even', 'offer', 'silver', 800, NULL);
INSERT INTO expected_price (title, item, store, buyer, mode, answer) VALUES
    ('contract_first: anonymous', 'dear', 'shop', NULL, NULL, '800 offer 1'),
    ('contract_first: a dearer contract hides the default', 'dear', 'shop', 'anna', NULL, '850 offer 1 gold'),
    ('contract_first: of several contracts the lowest', 'dear', 'shop', 'bob', NULL, '820 offer 1 silver'),
    ('contract_first: another''s contract', 'dear', 'shop', 'carl', NULL, '800 offer 1'),
    ('contract_first: an unknown buyer', 'dear', 'shop', 'nobody', NULL, '800 offer 1'),
    ('contract_first: a buyer''s key is case-sensitive', 'dear', 'shop', 'Anna', NULL, '800 offer 1'),
    ('contract_first: an empty buyer', 'dear', 'shop', '', NULL, '800 offer 1'),
    ('lowest: the default is lower', 'dear', 'shop+lowest', 'anna', NULL, '800 offer 1'),
    ('lowest: than either contract', 'dear', 'shop+lowest', 'bob', NULL, '800 offer 1'),
    ('offer_first: the default', 'dear', 'shop+offer_first', 'bob', NULL, '800 offer 1'),
    ('contract_first: a cheaper contract', 'cheap', 'shop', 'anna', NULL, '700 offer 1 gold'),
    ('contract_first: of several the lowest', 'cheap', 'shop', 'bob', NULL, '700 offer 1 gold'),
    ('lowest: a cheaper contract', 'cheap', 'shop+lowest', 'bob', NULL, '700 offer 1 gold'),
    ('lowest: anonymous', 'cheap', 'shop+lowest', NULL, NULL, '800 offer 1'),
    ('offer_first: the offer''s default beats a cheaper contract', 'cheap', 'shop+offer_first', 'bob', NULL, '800 offer 1'),
    ('contract_first: contracts only', 'contract-only', 'shop', 'anna', NULL, '700 offer 1 gold'),
    ('contract_first: contracts only, several', 'contract-only', 'shop', 'bob', NULL, '650 offer 1 silver'),
    ('lowest: a cheaper product price is not of the level', 'contract-only', 'shop+lowest', 'anna', NULL, '700 offer 1 gold'),
    ('offer_first: without an own default the lowest contract', 'contract-only', 'shop+offer_first', 'bob', NULL,
        '650 offer 1 silver'),
    ('offer_first: anonymous gets the product''s', 'contract-only', 'shop+offer_first', NULL, NULL, '500 product 1'),
    ('contract_first: a contract without an amount in the mode', 'modes', 'shop', 'anna', 'gross', '800 offer 1'),
    ('contract_first: the contract''s own mode', 'modes', 'shop', 'anna', 'net', '600 offer 1 gold'),
    ('offer_first: no default in the mode', 'modes', 'shop+offer_first', 'anna', 'net', '600 offer 1 gold'),
    ('lowest: no default in the mode', 'modes', 'shop+lowest', 'anna', 'net', '600 offer 1 gold'),
    ('anonymous: no default in the mode', 'modes', 'shop', NULL, 'net', 'no_price'),
    ('a contract price of 0', 'gift', 'shop', 'anna', NULL, '0 offer 1 gold'),
    ('a contract price of 0, lowest', 'gift', 'shop+lowest', 'anna', NULL, '0 offer 1 gold'),
    ('a contract price of 0, offer_first', 'gift', 'shop+offer_first', 'anna', NULL, '800 offer 1'),
    ('a default price of 0, contract_first', 'given-away', 'shop', 'anna', NULL, '100 offer 1 gold'),
    ('a default price of 0, lowest', 'given-away', 'shop+lowest', 'anna', NULL, '0 offer 1'),
    ('a default price of 0, offer_first', 'given-away', 'shop+offer_first', 'anna', NULL, '0 offer 1'),
    ('equal amounts: the contract before the default', 'even', 'shop+lowest', 'anna', NULL, '800 offer 1 gold'),
    ('equal amounts: the older relationship', 'even', 'shop', 'bob', NULL, '800 offer 1 gold'),
    ('equal amounts: both', 'even', 'shop+lowest', 'bob', NULL, '800 offer 1 gold');
SELECT * FROM pg_temp.judge_prices();

-- Product and abstract product level: offer_first compares.
INSERT INTO given_price (item, owner, contract, gross) VALUES
    ('p-dear', 'product', NULL, 900), ('p-dear', 'product', 'gold', 950), ('p-dear', 'product', 'silver', 940),
    ('p-cheap', 'product', NULL, 900), ('p-cheap', 'product', 'gold', 600), ('p-cheap', 'product', 'silver', 590),
    ('p-even', 'product', NULL, 900), ('p-even', 'product', 'gold', 900),
    ('a-dear', 'abstract', NULL, 1000), ('a-dear', 'abstract', 'gold', 1050),
    ('a-cheap', 'abstract', NULL, 1000), ('a-cheap', 'abstract', 'gold', 400);
INSERT INTO expected_price (title, item, store, buyer, answer) VALUES
    ('contract_first on the product''s rows', 'p-dear', 'shop', 'anna', '950 product 1 gold'),
    ('contract_first, several', 'p-dear', 'shop', 'bob', '940 product 1 silver'),
    ('lowest on the product''s rows', 'p-dear', 'shop+lowest', 'bob', '900 product 1'),
    ('offer_first on the product''s rows: the lower', 'p-dear', 'shop+offer_first', 'bob', '900 product 1'),
    ('contract_first, cheaper contract', 'p-cheap', 'shop', 'anna', '600 product 1 gold'),
    ('lowest, cheaper contract', 'p-cheap', 'shop+lowest', 'bob', '590 product 1 silver'),
    ('offer_first, cheaper contract: the lower', 'p-cheap', 'shop+offer_first', 'anna', '600 product 1 gold'),
    ('offer_first, several', 'p-cheap', 'shop+offer_first', 'bob', '590 product 1 silver'),
    ('offer_first, anonymous', 'p-cheap', 'shop+offer_first', NULL, '900 product 1'),
    ('offer_first, equal: the contract', 'p-even', 'shop+offer_first', 'anna', '900 product 1 gold'),
    ('contract_first on the abstract product''s rows', 'a-dear', 'shop', 'anna', '1050 abstract_product 1 gold'),
    ('lowest on the abstract product''s rows', 'a-dear', 'shop+lowest', 'anna', '1000 abstract_product 1'),
    ('offer_first on the abstract product''s rows: the lower', 'a-dear', 'shop+offer_first', 'anna', '1000 abstract_product 1'),
    ('offer_first, cheaper contract', 'a-cheap', 'shop+offer_first', 'anna', '400 abstract_product 1 gold');
SELECT * FROM pg_temp.judge_prices();

-- Scope: an acme offer and a bolt offer of one product with contracts of both. carl: bolt-deal; dora: gold and bolt-deal.
INSERT INTO given_price (item, owner, contract, gross) VALUES
    ('scope', 'product', NULL, 900), ('scope', 'product', 'gold', 700), ('scope', 'product', 'bolt-deal', 500),
    ('scope', 'product', 'shut-deal', 300), ('scope', 'product', 'raw-deal', 200), ('scope', 'product', 'secret', 100);
INSERT INTO given_item (name, merchant, same_as) VALUES ('scope-bolt', 'bolt', 'scope'), ('scope-cord', 'cord', 'scope');
INSERT INTO expected_price (title, item, store, buyer, answer) VALUES
    ('own_merchant: the offer''s merchant', 'scope', 'shop', 'anna', '700 product 1 gold'),
    ('own_merchant: another merchant''s contract', 'scope', 'shop', 'carl', '900 product 1'),
    ('own_merchant: of both the offer''s merchant''s', 'scope', 'shop', 'dora', '700 product 1 gold'),
    ('own_merchant: on the other merchant''s offer', 'scope-bolt', 'shop', 'dora', '500 product 1 bolt-deal'),
    ('own_merchant: on a third merchant''s offer', 'scope-cord', 'shop', 'dora', '900 product 1'),
    ('any_merchant: another merchant''s contract', 'scope', 'shop+any_merchant', 'carl', '500 product 1 bolt-deal'),
    ('any_merchant: of both the lower', 'scope', 'shop+any_merchant', 'dora', '500 product 1 bolt-deal'),
    ('any_merchant: on the other merchant''s offer', 'scope-bolt', 'shop+any_merchant', 'anna', '700 product 1 gold'),
    ('any_merchant: on a third merchant''s offer', 'scope-cord', 'shop+any_merchant', 'dora', '500 product 1 bolt-deal'),
    ('any_merchant and lowest', 'scope-cord', 'shop+lowest+any_merchant', 'carl', '500 product 1 bolt-deal'),
    ('any_merchant: not those of a suspended or waiting merchant', 'scope', 'shop+any_merchant', 'carl',
        '500 product 1 bolt-deal'),
    ('anonymous', 'scope', 'shop+any_merchant', NULL, '900 product 1');
SELECT * FROM pg_temp.judge_prices();

-- The relationship's merchant: active and approved, or its contracts do not count.
UPDATE offerengine.merchant SET is_active = true WHERE merchant_reference = 'shut';
INSERT INTO expected_price (title, item, store, buyer, answer) VALUES
    ('a reinstated merchant''s contract counts', 'scope', 'shop+any_merchant', 'carl', '300 product 1 shut-deal');
SELECT * FROM pg_temp.judge_prices();
UPDATE offerengine.merchant SET approval_status = 'approved' WHERE merchant_reference = 'raw';
INSERT INTO expected_price (title, item, store, buyer, answer) VALUES
    ('an approved merchant''s contract counts', 'scope', 'shop+any_merchant', 'carl', '200 product 1 raw-deal');
SELECT * FROM pg_temp.judge_prices();
UPDATE offerengine.merchant SET approval_status = 'denied' WHERE merchant_reference = 'raw';
UPDATE offerengine.merchant SET is_active = false WHERE merchant_reference = 'shut';
INSERT INTO expected_price (title, item, store, buyer, answer) VALUES
    ('a denied and a suspended merchant''s do not', 'scope', 'shop+any_merchant', 'carl', '500 product 1 bolt-deal');
SELECT * FROM pg_temp.judge_prices();

-- Assignment is looked up at once.
INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer) VALUES (9006, 'anna');
INSERT INTO expected_price (title, item, store, buyer, answer) VALUES
    ('a new assignee', 'scope', 'shop', 'anna', '100 product 1 secret');
SELECT * FROM pg_temp.judge_prices();
DELETE FROM offerengine.merchant_relationship_assignee WHERE buyer = 'anna';
INSERT INTO expected_price (title, item, store, buyer, answer) VALUES
    ('an assignee no more', 'scope', 'shop', 'anna', '900 product 1');
SELECT * FROM pg_temp.judge_prices();
INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer) VALUES (9001, 'anna');

-- Types, tiers and windows of contracts.
INSERT INTO given_price (item, owner, contract, type, tier, gross, net, since, until) VALUES
    ('typed', 'offer', NULL, 'DEFAULT', 1, 800, NULL, '-infinity', 'infinity'),
    ('typed', 'offer', 'gold', 'ORIGINAL', 1, 999, NULL, '-infinity', 'infinity'),
    ('late-tier', 'offer', NULL, 'DEFAULT', 1, 800, NULL, '-infinity', 'infinity'),
    ('late-tier', 'offer', 'gold', 'DEFAULT', 1, NULL, 700, '-infinity', 'infinity'),
    ('late-tier', 'offer', 'gold', 'DEFAULT', 10, 790, NULL, '-infinity', 'infinity'),
    ('cross', 'offer', NULL, 'DEFAULT', 1, 1000, NULL, '-infinity', 'infinity'),
    ('cross', 'offer', NULL, 'DEFAULT', 10, 600, NULL, '-infinity', 'infinity'),
    ('cross', 'offer', 'gold', 'DEFAULT', 1, 800, NULL, '-infinity', 'infinity'),
    ('inverse', 'offer', NULL, 'DEFAULT', 1, 700, NULL, '-infinity', 'infinity'),
    ('inverse', 'offer', 'gold', 'DEFAULT', 1, 600, NULL, '-infinity', 'infinity'),
    ('inverse', 'offer', 'gold', 'DEFAULT', 10, 750, NULL, '-infinity', 'infinity'),
    ('season', 'offer', NULL, 'DEFAULT', 1, 800, NULL, '-infinity', 'infinity'),
    ('season', 'offer', 'gold', 'DEFAULT', 1, 700, NULL, '2031-01-01Z', '2031-02-01Z'),
    ('promo', 'offer', NULL, 'DEFAULT', 1, 800, NULL, '-infinity', 'infinity'),
    ('promo', 'offer', NULL, 'DEFAULT', 1, 500, NULL, '2031-01-01Z', '2031-02-01Z'),
    ('promo', 'offer', 'gold', 'DEFAULT', 1, 700, NULL, '-infinity', 'infinity');
INSERT INTO expected_price (title, item, store, buyer, quantity, type, at, answer) VALUES
    ('a contract''s ORIGINAL price is no DEFAULT contract price', 'typed', 'shop', 'anna', 1, NULL, NULL, '800 offer 1'),
    ('... it is the ORIGINAL price', 'typed', 'shop', 'anna', 1, 'ORIGINAL', NULL, '999 offer 1 gold'),
    ('contract_first: the contract''s tier is not reached', 'late-tier', 'shop', 'anna', 9, NULL, NULL, '800 offer 1'),
    ('contract_first: it is reached', 'late-tier', 'shop', 'anna', 10, NULL, NULL, '790 offer 10 gold'),
    ('offer_first: it is reached', 'late-tier', 'shop+offer_first', 'anna', 10, NULL, NULL, '800 offer 1'),
    ('lowest compares after tiers: below', 'cross', 'shop+lowest', 'anna', 9, NULL, NULL, '800 offer 1 gold'),
    ('lowest compares after tiers: reached', 'cross', 'shop+lowest', 'anna', 10, NULL, NULL, '600 offer 10'),
    ('contract_first keeps the contract''s base', 'cross', 'shop', 'anna', 10, NULL, NULL, '800 offer 1 gold'),
    ('lowest: the contract''s dearer tier counts, not its base', 'inverse', 'shop+lowest', 'anna', 10, NULL, NULL,
        '700 offer 1'),
    ('lowest: below that tier', 'inverse', 'shop+lowest', 'anna', 9, NULL, NULL, '600 offer 1 gold'),
    ('contract_first: the dearer tier', 'inverse', 'shop', 'anna', 10, NULL, NULL, '750 offer 10 gold'),
    ('before the contract''s window', 'season', 'shop', 'anna', 1, NULL, '2030-12-31 23:59:59.999999Z', '800 offer 1'),
    ('its first instant', 'season', 'shop', 'anna', 1, NULL, '2031-01-01Z', '700 offer 1 gold'),
    ('its last instant', 'season', 'shop', 'anna', 1, NULL, '2031-01-31 23:59:59.999999Z', '700 offer 1 gold'),
    ('after it', 'season', 'shop', 'anna', 1, NULL, '2031-02-01Z', '800 offer 1'),
    ('a default promotion supersedes no contract', 'promo', 'shop', 'anna', 1, NULL, '2031-01-15Z', '700 offer 1 gold'),
    ('... it supersedes the default', 'promo', 'shop', NULL, 1, NULL, '2031-01-15Z', '500 offer 1'),
    ('... and is compared under lowest', 'promo', 'shop+lowest', 'anna', 1, NULL, '2031-01-15Z', '500 offer 1');
SELECT * FROM pg_temp.judge_prices();

-- A product without an offer.
CREATE FUNCTION pg_temp.product_answer(sku text, store text, buyer text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.answer(offerengine.resolve_product_price($1, $2, 'EUR', buyer => $3))
$$;
SELECT is(pg_temp.product_answer(q.sku, q.store, q.buyer), q.answer, concat_ws(' ', q.title, q.sku, q.store, q.buyer))
  FROM (VALUES ('product: default price', 'p-cheap-p', 'shop+any_merchant', NULL, '900 product 1'),
               ('product: any_merchant, contract', 'p-cheap-p', 'shop+any_merchant', 'anna', '600 product 1 gold'),
               ('product: any_merchant, several', 'p-cheap-p', 'shop+any_merchant', 'bob', '590 product 1 silver'),
               ('product: own_merchant, no offer, no contract', 'p-cheap-p', 'shop', 'anna', '900 product 1'),
               ('product: offer_first compares', 'p-dear-p', 'shop+offer_first+any_merchant', 'anna', '900 product 1'),
               ('product: from the abstract product', 'a-dear-p', 'shop', NULL, '1000 abstract_product 1'),
               ('product: an offer''s rows never count', 'cheap-p', 'shop', NULL, 'no_price'))
       AS q (title, sku, store, buyer, answer);

-- An offer-level contract price belongs to the offer's own merchant.
SELECT throws_ok($$INSERT INTO given_price (item, owner, contract, gross) VALUES ('dear', 'offer', 'bolt-deal', 1)$$,
                 'OE007', NULL, 'an offer''s contract price of another merchant is refused');
SELECT lives_ok($$INSERT INTO given_price (item, owner, contract, gross) VALUES ('dear', 'product', 'bolt-deal', 1)$$,
                'a product''s contract price may be any merchant''s');

SELECT * FROM finish();
ROLLBACK;
