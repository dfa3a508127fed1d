-- set_prices() with a percentage: of what is in force, where it comes from, once.
BEGIN;
\ir ../include/catalogue.psql
SELECT no_plan();

INSERT INTO offerengine.store_currency (store_code, currency_code) VALUES ('C-DE', 'EUR');
INSERT INTO offerengine.product (sku, abstract_product_id, name) VALUES ('C-P3', pg_temp.abstract_product('C-A1'), 'Chair, blue');
SELECT pg_temp.make_offer('c-own'), pg_temp.make_offer('c-inherits'), pg_temp.make_offer('c-struck'), pg_temp.make_offer('c-other', 'c-two'),
       pg_temp.make_offer('c-blue', 'c-one', 'C-P3') \g /dev/null
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT pg_temp.offer(o), 'C-DE' FROM unnest('{c-own,c-inherits,c-struck,c-other,c-blue}'::text[]) AS o;
SELECT offerengine.set_prices('[
    {"store": "C-DE", "currency": "EUR", "offer_reference": "c-own", "net_amount": 1005, "gross_amount": 1195},
    {"store": "C-DE", "currency": "EUR", "offer_reference": "c-own", "net_amount": 905, "min_quantity": 10},
    {"store": "C-DE", "currency": "EUR", "offer_reference": "c-own", "net_amount": 2000, "price_type": "ORIGINAL"},
    {"store": "C-DE", "currency": "EUR", "offer_reference": "c-own", "net_amount": 500, "relationship_key": "c-rel-c-one"},
    {"store": "C-DE", "currency": "EUR", "offer_reference": "c-struck", "net_amount": 3000, "price_type": "ORIGINAL"},
    {"store": "C-DE", "currency": "EUR", "sku": "C-P1", "net_amount": 700},
    {"store": "C-DE", "currency": "EUR", "sku": "C-P1", "net_amount": 350, "relationship_key": "c-rel-c-one"},
    {"store": "C-DE", "currency": "EUR", "sku": "C-P1", "net_amount": 340, "relationship_key": "c-rel-c-two"},
    {"store": "C-DE", "currency": "EUR", "abstract_sku": "C-A1", "net_amount": 800, "gross_amount": 999}]') \g /dev/null

CREATE FUNCTION pg_temp.written() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', coalesce(r.offer_reference, r.sku, r.abstract_sku), r.relationship_key, r.min_quantity,
                                coalesce(r.net_amount::text, '-') || '/' || coalesce(r.gross_amount::text, '-')), ', '
                      ORDER BY r.owner, r.offer_reference, r.sku, r.relationship_key NULLS FIRST, r.min_quantity)
      FROM offerengine_internal.price_reference r WHERE r.valid_from = '2100-01-01' $$;
-- Twice, since the same again changes nothing.
CREATE FUNCTION pg_temp.percent(entry text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    prices jsonb := format('[{"store": "C-DE", "currency": "EUR", "valid_from": "2100-01-01", "valid_to": "2100-02-01", %s}]', entry);
    first  text;
BEGIN
    DELETE FROM offerengine.price p WHERE p.valid_from = '2100-01-01' AND p.min_quantity > 1;
    DELETE FROM offerengine.price p WHERE p.valid_from = '2100-01-01';
    PERFORM offerengine.set_prices(prices);
    first := pg_temp.written();
    PERFORM offerengine.set_prices(prices);
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN CASE WHEN first IS NOT DISTINCT FROM pg_temp.written() THEN first ELSE first || ' THEN ' || pg_temp.written() END;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
CREATE TEMP TABLE asked (line serial, entry text, outcome text);
INSERT INTO asked (entry, outcome) VALUES
    -- Half away from zero: 904.5 and 814.5 and 1075.5.
    ('"percent": -10, "offer_reference": "c-own"',      'c-own 1 905/1076, c-own 10 815/-'),
    ('"percent": 10, "offer_references": ["c-own"]',    'c-own 1 1106/1315, c-own 10 996/-'),
    ('"percent": 0.05, "offer_reference": "c-own"',     'c-own 1 1006/1196, c-own 10 905/-'),
    ('"percent": -100, "offer_reference": "c-own"',     'c-own 1 0/0, c-own 10 0/-'),
    ('"percent": -10, "offer_reference": "c-own", "contracts": true',
                                                        'c-own 1 905/1076, c-own 10 815/-, c-own c-rel-c-one 1 450/-'),
    ('"percent": -10, "offer_reference": "c-own", "relationship_key": "c-rel-c-one"', 'c-own c-rel-c-one 1 450/-'),
    -- Without own prices the product's count, mode by mode, and are written on the offer.
    ('"percent": -10, "offer_reference": "c-inherits"', 'c-inherits 1 630/899'),
    ('"percent": -10, "offer_reference": "c-inherits", "contracts": true', 'c-inherits 1 630/899, c-inherits c-rel-c-one 1 315/-'),
    ('"percent": -10, "offer_reference": "c-blue"',     'c-blue 1 720/899'),
    -- An own price of another type hides the product's in this store.
    ('"percent": -10, "offer_reference": "c-struck"',   'OE009 offer "c-struck" has no price in C-DE and EUR at that instant'),
    -- SKUs: where the price comes from.
    ('"percent": -10, "sku": "C-P1"',                   'C-P1 1 630/-'),
    ('"percent": -10, "skus": ["C-P1"], "contracts": true', 'C-P1 1 630/-, C-P1 c-rel-c-one 1 315/-, C-P1 c-rel-c-two 1 306/-'),
    ('"percent": -10, "sku": "C-P3"',                   'C-A1 1 720/899'),
    ('"percent": -10, "abstract_sku": "C-A1"',          'C-A1 1 720/899'),
    ('"percent": -10, "sku": "C-P2"',                   'OE009 product "C-P2" has no price in C-DE and EUR at that instant'),
    -- A merchant: all its offers in the store that have a price, or those of some SKUs.
    ('"percent": -10, "merchant_reference": "c-one"',   'c-blue 1 720/899, c-inherits 1 630/899, c-own 1 905/1076, c-own 10 815/-'),
    ('"percent": -10, "merchant_reference": "c-one", "skus": ["C-P3"]', 'c-blue 1 720/899'),
    ('"percent": -10, "merchant_reference": "c-two"',   'c-other 1 630/899'),
    -- Refused.
    ('"percent": -10',                                  '22023 a percentage is for offers, for SKUs, for an abstract SKU or for a merchant'),
    ('"percent": -10, "offer_reference": "c-own", "sku": "C-P1"', '22023 a percentage is for offers, for SKUs, for an abstract SKU or for a merchant'),
    ('"percent": -10, "offer_reference": "c-none"',     'OE020 unknown offer "c-none"'),
    ('"percent": -10, "skus": ["C-P1", "C-PX"]',        'OE020 unknown product "C-PX"'),
    ('"percent": -10, "merchant_reference": "c-none"',  'OE020 unknown merchant "c-none"'),
    ('"percent": -10, "offer_reference": "c-own", "net_amount": 1', '22023 price 1 has an unknown or malformed "net_amount": 1'),
    ('"percent": "10", "offer_reference": "c-own"',     '22023 price 1 has an unknown or malformed "percent": "10"'),
    ('"percent": -100.5, "offer_reference": "c-own"',   '22023 percent -100.5 is not from -100 to 1000000'),
    ('"percent": -10, "offer_reference": "c-own", "price_type": "ORIGINAL"', '22023 a percentage is for prices of type DEFAULT, not "ORIGINAL"'),
    ('"percent": -10, "offer_reference": " c-own"',     '22023 offer_reference " c-own" begins or ends with white space');
SELECT is(pg_temp.percent(a.entry), a.outcome, a.entry) FROM (SELECT * FROM asked ORDER BY line) AS a;
SELECT throws_ok($$SELECT offerengine.set_prices('[{"store": "C-DE", "currency": "EUR", "percent": -10, "offer_reference": "c-own"}]')$$, '22004', NULL,
                 'a percentage needs an instant');

-- Of what is in force at that instant without rows of exactly that window: a window inside of another counts on that.
DELETE FROM offerengine.price p WHERE p.valid_from = '2100-01-01' AND p.min_quantity > 1;
DELETE FROM offerengine.price p WHERE p.valid_from = '2100-01-01';
SELECT offerengine.set_price('C-DE', 'EUR', 600, NULL, 'c-own', valid_from => '2099-12-01', valid_to => '2100-06-01') \g /dev/null
SELECT is(pg_temp.percent('"percent": -10, "offer_reference": "c-own"'), 'c-own 1 540/-, c-own 10 815/-', 'the sale that runs then is what counts');

-- With valid_from alone: the row that begins then.
SELECT offerengine.set_prices('[{"store": "C-DE", "currency": "EUR", "valid_from": "2101-01-01", "percent": 10, "sku": "C-P1"}]') AS first \gset
SELECT is(offerengine.set_prices('[{"store": "C-DE", "currency": "EUR", "valid_from": "2101-01-01", "percent": 10, "sku": "C-P1"}]'), :first::bigint, 'the same row again');
SELECT is(p.net_amount, 770::bigint, 'and the same amount') FROM offerengine.price p WHERE p.price_id = :first;

-- A merchant for its own offers only.
CREATE ROLE c_one;
SELECT offerengine.grant_access('c_one', 'merchant', 'c-one') \g /dev/null
SET LOCAL ROLE c_one;
SELECT is((SELECT count(*) FROM offerengine.set_prices('[{"store": "C-DE", "currency": "EUR", "valid_from": "2102-01-01", "percent": 10, "merchant_reference": "c-one"}]')),
          4::bigint, 'a merchant, for its own offers');
SELECT throws_ok($$SELECT offerengine.set_prices('[{"store": "C-DE", "currency": "EUR", "valid_from": "2102-01-01", "percent": 10, "offer_reference": "c-other"}]')$$,
                 'OE020', NULL, 'another''s are unknown to it');
SELECT throws_ok($$SELECT offerengine.set_prices('[{"store": "C-DE", "currency": "EUR", "valid_from": "2102-01-01", "percent": 10, "sku": "C-P1"}]')$$,
                 '42501', NULL, 'and what a product costs is not its own');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
