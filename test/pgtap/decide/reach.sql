-- Listings of offers whose own rows are out of reach, of another type, over or to come: who takes the product's price and who has
-- none. What is refused although most answers do not ask for store and currency. Both paths.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

INSERT INTO given_price (item, owner, gross, tier, type, since, until) VALUES
    ('kit', 'offer', 800, 1, 'DEFAULT', '-infinity', 'infinity'), ('kit', 'offer', 700, 10, 'DEFAULT', '-infinity', 'infinity'),
    ('kit', 'product', 900, 1, 'DEFAULT', '-infinity', 'infinity');
INSERT INTO given_item (name, merchant, same_as) VALUES
    ('kit-bare', 'acme', 'kit'), ('kit-gone', 'bolt', 'kit'), ('kit-later', 'bolt', 'kit'), ('kit-later-tier', 'bolt', 'kit'),
    ('kit-tier', 'cord', 'kit'), ('kit-type', 'cord', 'kit'), ('kit-type-tier', 'cord', 'kit');
-- A tier has a base price, says a trigger; what no trigger has seen is decided, too.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE offerengine.price DISABLE TRIGGER price_tier_inserted;
INSERT INTO given_price (item, owner, gross, tier, type, since, until) VALUES
    ('kit-gone', 'offer', 1, 1, 'DEFAULT', '-infinity', '2001-01-01Z'),
    ('kit-later', 'offer', 1, 1, 'DEFAULT', '2101-01-01Z', 'infinity'),
    ('kit-later-tier', 'offer', 1, 10, 'DEFAULT', '2101-01-01Z', 'infinity'),
    ('kit-tier', 'offer', 650, 10, 'DEFAULT', '-infinity', 'infinity'),
    ('kit-type', 'offer', 990, 1, 'ORIGINAL', '-infinity', 'infinity'),
    ('kit-type-tier', 'offer', 980, 10, 'ORIGINAL', '-infinity', 'infinity');
INSERT INTO given_price (item, owner, gross, tier, contract) VALUES ('kit-bare', 'offer', 450, 10, 'gold');
INSERT INTO given_price (item, owner, gross, tier) VALUES
    ('box', 'product', 600, 10), ('box', 'abstract', 1000, 1), ('far', 'abstract', 500, 10);
INSERT INTO given_item (name, merchant, same_as) VALUES ('box-own', 'acme', 'box');
INSERT INTO given_price (item, owner, gross) VALUES ('box-own', 'offer', 300);
SET CONSTRAINTS ALL IMMEDIATE;

CREATE FUNCTION pg_temp.list(sku text, store text, quantity integer, buyer text, at timestamptz) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', l.offer_reference, coalesce(l.amount::text, '-'), l.price_source, '/' || l.original_amount),
                      ', ' ORDER BY l.offer_reference)
      FROM offerengine.list_offers($1, $2, 'EUR', quantity => $3, buyer => $4, at => $5) l
$$;
CREATE TEMP TABLE expected_list (title text, sku text, store text, quantity integer, answer text, buyer text, at timestamptz);
INSERT INTO expected_list VALUES
    ('all_or_nothing: an own tier or another type leaves no price, what is over or to come none of its own', 'kit-p', 'shop', 1,
     'kit 800 offer, kit-bare 900 product, kit-gone 900 product, kit-later 900 product, kit-later-tier 900 product, kit-tier -, '
     || 'kit-type -, kit-type-tier -', NULL, NULL::timestamptz),
    ('per_type: an own tier leaves no price of its type', 'kit-p', 'shop+per_type', 1,
     'kit 800 offer, kit-bare 900 product, kit-gone 900 product, kit-later 900 product, kit-later-tier 900 product, kit-tier -, '
     || 'kit-type 900 product, kit-type-tier 900 product', NULL, NULL),
    ('the tier itself', 'kit-p', 'shop', 10,
     'kit 700 offer, kit-bare 900 product, kit-gone 900 product, kit-later 900 product, kit-later-tier 900 product, '
     || 'kit-tier 650 offer, kit-type -, kit-type-tier -', NULL, NULL),
    ('a product''s tier goes before the abstract product''s price', 'box-p', 'shop', 1, 'box -, box-own 300 offer', NULL, NULL),
    ('likewise per_type', 'box-p', 'shop+per_type', 1, 'box -, box-own 300 offer', NULL, NULL),
    ('reached', 'box-p', 'shop', 10, 'box 600 product, box-own 300 offer', NULL, NULL),
    ('an abstract product''s tier', 'far-p', 'shop', 1, 'far -', NULL, NULL),
    ('reached', 'far-p', 'shop', 10, 'far 500 abstract_product', NULL, NULL),
    ('a contract''s tier settles the level for its buyer', 'kit-p', 'shop+any_merchant', 9,
     'kit 800 offer, kit-bare -, kit-gone 900 product, kit-later 900 product, kit-later-tier 900 product, kit-tier -, kit-type -, '
     || 'kit-type-tier -', 'anna', NULL),
    ('and is a price when reached', 'kit-p', 'shop+any_merchant', 10,
     'kit 700 offer, kit-bare 450 offer, kit-gone 900 product, kit-later 900 product, kit-later-tier 900 product, '
     || 'kit-tier 650 offer, kit-type -, kit-type-tier -', 'anna', NULL),
    ('what is to come has come, a tier of it, too', 'kit-p', 'shop', 1,
     'kit 800 offer, kit-bare 900 product, kit-gone 900 product, kit-later 1 offer, kit-later-tier -, kit-tier -, kit-type -, '
     || 'kit-type-tier -', NULL, '2101-01-01Z'),
    ('the instant before', 'kit-p', 'shop', 1,
     'kit 800 offer, kit-bare 900 product, kit-gone 900 product, kit-later 900 product, kit-later-tier 900 product, kit-tier -, '
     || 'kit-type -, kit-type-tier -', NULL, '2100-12-31 23:59:59.999999Z');
CREATE FUNCTION pg_temp.judge_lists(path text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT is(pg_temp.list(e.sku, e.store, e.quantity, e.buyer, e.at), e.answer, concat_ws(' ', $1 || ':', e.title, e.store))
      FROM expected_list e
$$;

-- What is refused, by which of two wrong values, and what a price says of a currency that its store does not carry.
INSERT INTO offerengine.store (store_code, name) VALUES ('elsewhere', 'Test shop');
INSERT INTO given_item (name) VALUES ('hidden');
UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'hidden';
INSERT INTO given_price (item, owner, gross, store, currency) VALUES ('kit', 'offer', 77, 'shop', 'GBP');
CREATE TEMP TABLE refused (statement text, message text);
INSERT INTO refused VALUES
    ($$SELECT offerengine.offer_is_visible('kit', 'nowhere')$$, 'unknown store "nowhere"'),
    ($$SELECT offerengine.offer_is_visible('hidden', 'nowhere')$$, 'unknown store "nowhere"'),
    ($$SELECT offerengine.offer_is_visible('nothing', 'nowhere')$$, 'unknown store "nowhere"'),
    ($$SELECT offerengine.offer_is_visible(NULL, 'nowhere')$$, 'unknown store "nowhere"'),
    ($$SELECT offerengine.resolve_price('kit', 'nowhere', 'XXQ')$$, 'unknown store "nowhere"'),
    ($$SELECT offerengine.resolve_price('kit', 'nowhere', 'EUR')$$, 'unknown store "nowhere"'),
    ($$SELECT offerengine.resolve_price(NULL, 'nowhere', 'EUR')$$, 'unknown store "nowhere"'),
    ($$SELECT offerengine.resolve_price('kit', 'nowhere', 'EUR', buyer => 'anna')$$, 'unknown store "nowhere"'),
    ($$SELECT offerengine.resolve_price('kit', 'nowhere', 'EUR', price_type => 'NONE')$$, 'unknown store "nowhere"'),
    ($$SELECT offerengine.resolve_price('kit', 'shop', 'XXQ', price_type => 'NONE')$$, 'unknown currency "XXQ"'),
    ($$SELECT offerengine.resolve_price('kit', 'shop', 'XXQ')$$, 'unknown currency "XXQ"'),
    ($$SELECT offerengine.resolve_price('nothing', 'shop', 'XXQ')$$, 'unknown currency "XXQ"'),
    ($$SELECT offerengine.resolve_price('kit', 'shop', 'EUR', price_type => 'NONE')$$, 'unknown price type "NONE"'),
    ($$SELECT offerengine.resolve_price('kit', 'shop', 'EUR', country => 'XX')$$, 'unknown country "XX"'),
    ($$SELECT * FROM offerengine.list_offers('kit-p', 'nowhere', 'EUR')$$, 'unknown store "nowhere"'),
    ($$SELECT * FROM offerengine.list_offers(NULL, 'nowhere', 'EUR')$$, 'unknown store "nowhere"'),
    ($$SELECT * FROM offerengine.list_offers_many('{}', 'nowhere', 'XXQ')$$, 'unknown store "nowhere"'),
    ($$SELECT * FROM offerengine.list_offers_many('{}', 'shop', 'XXQ')$$, 'unknown currency "XXQ"'),
    ($$SELECT * FROM offerengine.list_offers('nothing', 'shop', 'XXQ')$$, 'unknown currency "XXQ"'),
    ($$SELECT * FROM offerengine.price_ladder('kit', 'elsewhere', 'XXQ')$$, 'unknown currency "XXQ"'),
    ($$SELECT * FROM offerengine.explain_visibility('kit', 'nowhere')$$, 'unknown store "nowhere"'),
    ($$SELECT * FROM offerengine.explain_price('kit', 'nowhere', 'XXQ')$$, 'unknown store "nowhere"');
CREATE FUNCTION pg_temp.judge_refusals(path text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT throws_ok(r.statement, '22023', r.message, $1 || ': ' || r.statement) FROM refused r
    UNION ALL
    SELECT is(offerengine.offer_is_visible(v.offer, v.store), v.visible, concat_ws(' ', $1 || ':', v.offer, 'in', v.store))
      FROM (VALUES ('kit', 'shop', true), ('kit', 'elsewhere', false), ('hidden', 'shop', false),
                   ('nothing', 'shop', false)) AS v (offer, store, visible)
    UNION ALL
    SELECT is((SELECT concat_ws('|', r.amount, r.reason, r.detail) FROM offerengine.resolve_price(p.offer, p.store, p.currency) r),
              p.answer, concat_ws(' ', $1 || ':', p.offer, p.store, p.currency))
      FROM (VALUES ('kit', 'shop', 'GBP', '77|store shop does not carry GBP'),
                   ('kit', 'shop', 'EUR', '800')) AS p (offer, store, currency, answer)
    UNION ALL
    SELECT is((SELECT string_agg(l.offer_reference || ' ' || l.amount, ', ')
                 FROM offerengine.list_offers('kit-p', 'shop', 'GBP') l), 'kit 77',
              $1 || ': a listing in a currency that the store does not carry')
$$;

SET LOCAL offerengine.fast_path = on;
SELECT * FROM pg_temp.judge_lists('probes');
SELECT * FROM pg_temp.judge_refusals('probes');
SET LOCAL offerengine.fast_path = off;
SELECT * FROM pg_temp.judge_lists('sql');
SELECT * FROM pg_temp.judge_refusals('sql');

SELECT * FROM finish();
ROLLBACK;
