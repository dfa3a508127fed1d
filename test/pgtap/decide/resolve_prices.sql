-- resolve_prices: a whole cart in one call, as resolve_price answers one by one; a currency that the store does not carry.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

INSERT INTO given_price (item, owner, gross, net, tier, contract, type) VALUES
    ('lamp', 'offer', 800, 700, 1, NULL, 'DEFAULT'), ('lamp', 'offer', 600, NULL, 10, NULL, 'DEFAULT'),
    ('lamp', 'offer', 650, NULL, 1, 'gold', 'DEFAULT'), ('lamp', 'offer', 900, NULL, 1, NULL, 'ORIGINAL'),
    ('chair', 'product', 500, NULL, 1, NULL, 'DEFAULT'), ('table', 'abstract', 300, NULL, 1, NULL, 'DEFAULT');
INSERT INTO given_item (name) VALUES ('unpriced'), ('hidden');
UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'hidden';
SELECT offerengine.put_price_sheet('rp-sheet', prices => '[{"currency": "EUR", "gross_amount": 77}]') \g /dev/null
SELECT offerengine.put_offer('sheeted', 'chair-p', 'acme', '{shop}', price_sheet => 'rp-sheet') \g /dev/null
UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference = 'sheeted';
INSERT INTO given_price (item, owner, gross) VALUES ('changed', 'offer', 100);
UPDATE offerengine.price p SET gross_amount = 110 FROM offerengine.offer o WHERE o.offer_id = p.offer_id AND o.offer_reference = 'changed';
SET CONSTRAINTS ALL IMMEDIATE;

CREATE FUNCTION pg_temp.cart("references" text[], quantities integer[] DEFAULT NULL, buyer text DEFAULT NULL,
                             at timestamptz DEFAULT now(), type text DEFAULT 'DEFAULT')
RETURNS SETOF text LANGUAGE sql AS $$
    SELECT concat_ws(' ', r."position", coalesce(r.offer_reference, '-'), r.amount, r.price_source, r.min_quantity,
                     r.relationship_key, r.reason)
      FROM offerengine.resolve_prices($1, 'shop', 'EUR', quantities => $2, buyer => $3, price_type => $5, at => $4) r
$$;
-- Both paths, each with values: now by probes and by SQL.
CREATE FUNCTION pg_temp.judge(path text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('offerengine.fast_path', CASE path WHEN 'probes' THEN 'on' ELSE 'off' END, true);
    RETURN NEXT results_eq(
        $q$SELECT * FROM pg_temp.cart('{lamp,nowhere,NULL,chair,lamp,table,hidden,unpriced,sheeted}', '{1,1,1,NULL,10,3,1,2,4}')$q$,
        ARRAY['1 lamp 800 offer 1', '2 nowhere unknown_offer', '3 - unknown_offer', '4 chair 500 product 1', '5 lamp 600 offer 10',
              '6 table 300 abstract_product 1', '7 hidden not_visible', '8 unpriced no_price', '9 sheeted 77 price_sheet 1'],
        path || ': one row a place, in order');
    RETURN NEXT results_eq($q$SELECT * FROM pg_temp.cart('{lamp,chair}', buyer => 'anna')$q$,
        ARRAY['1 lamp 650 offer 1 gold', '2 chair 500 product 1'], path || ': one each, for a buyer with a contract');
    RETURN NEXT results_eq($q$SELECT * FROM pg_temp.cart('[7:8]={chair,lamp}', '[0:1]={2,12}')$q$,
        ARRAY['1 chair 500 product 1', '2 lamp 600 offer 10'], path || ': places count from 1 whatever the subscripts');
    RETURN NEXT results_eq($q$SELECT * FROM pg_temp.cart('{lamp,chair}', type => 'ORIGINAL')$q$,
        ARRAY['1 lamp 900 offer 1', '2 chair no_price'], path || ': of another type');
    RETURN NEXT results_eq($q$SELECT * FROM pg_temp.cart('{changed,chair}', at => '2021-01-01Z')$q$,
        ARRAY['1 changed 100 offer 1', '2 chair 500 product 1'], path || ': in the past');
    RETURN NEXT is_empty($q$SELECT * FROM pg_temp.cart('{}')$q$, path || ': an empty cart');
    RETURN NEXT is_empty($q$SELECT * FROM pg_temp.cart('{}', '{}')$q$, path || ': an empty cart with no quantities');
    RETURN NEXT is_empty($q$SELECT * FROM pg_temp.cart(NULL)$q$, path || ': no cart');
    RETURN NEXT is_empty($q$
        SELECT r, one
          FROM offerengine.resolve_prices('{lamp,nowhere,NULL,chair,table,hidden,unpriced,sheeted,lamp}', 'shop', 'EUR',
                                          quantities => '{1,2,3,4,5,6,7,8,12}', buyer => 'bob', country => 'DE') r
         CROSS JOIN LATERAL offerengine.resolve_price(r.offer_reference, 'shop', 'EUR', quantity =>
                                   ('{1,2,3,4,5,6,7,8,12}'::integer[])[r."position"], buyer => 'bob', country => 'DE') one
         WHERE to_jsonb(r) - '{position,offer_reference}'::text[] <> to_jsonb(one)$q$,
        path || ': what resolve_price answers one by one, with the words');
END
$$;
SELECT * FROM pg_temp.judge('probes');
SELECT * FROM pg_temp.judge('sql');

-- Refused in words, in both paths.
SELECT throws_ok(format('SELECT * FROM pg_temp.cart(%s)', q.arguments), q.code, q.message, q.message)
  FROM (VALUES ($$'{{lamp,chair},{table,lamp}}'$$, '22023', 'offer_references must be an array of one dimension, not of 2'),
               ($$'{lamp,chair}', '{{1,2}}'$$, '22023', 'quantities must be an array of one dimension, not of 2'),
               ($$'{lamp,chair}', '{1}'$$, '22023', 'quantities has 1 elements, offer_references has 2'),
               ($$'{lamp}', '{}'$$, '22023', 'quantities has 0 elements, offer_references has 1'),
               ($$'{lamp,chair}', '{1,0}'$$, '22023', 'quantity must be at least 1, not 0'),
               ($$'{lamp}', '{-2147483648}'$$, '22023', 'quantity must be at least 1, not -2147483648'),
               ($$'{lamp}', type => 'NONE'$$, '22023', 'unknown price type "NONE"')) AS q (arguments, code, message);
SELECT throws_ok($$SELECT * FROM offerengine.list_offers('{{lamp-p},{chair-p}}'::text[], 'shop', 'EUR')$$, '22023',
                 'skus must be an array of one dimension, not of 2', 'list_offers likewise');
SELECT throws_ok($$SELECT * FROM offerengine.search_offers('lamp', 'shop', 'EUR', merchant_references => '{{acme},{bolt}}')$$, '22023',
                 'merchant_references must be an array of one dimension, not of 2', 'search_offers likewise');
SELECT throws_ok($$SELECT * FROM offerengine.uncovered_countries('rp-sheet', '{{DE},{AT}}', 'EUR')$$, '22023',
                 'countries must be an array of one dimension, not of 2', 'uncovered_countries likewise');

-- A currency that the store does not carry stays askable, and the detail says so.
INSERT INTO given_price (item, owner, gross, currency, store) VALUES ('lamp', 'offer', 90, 'CHF', 'shop');
CREATE FUNCTION pg_temp.said(reference text, currency text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(': ', coalesce(r.amount::text, r.reason), coalesce(regexp_replace(r.detail, ' at [0-9].*[0-9]', ''), '-'))
      FROM offerengine.resolve_price($1, 'shop', $2) r
$$;
CREATE TEMP TABLE said (reference text, currency text, answer text);
INSERT INTO said VALUES
    ('lamp', 'EUR', '800: -'), ('lamp', 'CHF', '90: store shop does not carry CHF'),
    ('chair', 'CHF', 'no_price: no gross price of type DEFAULT in CHF in store shop for quantity 1; store shop does not carry CHF'),
    ('chair', 'USD', 'no_price: no gross price of type DEFAULT in USD in store shop for quantity 1'),
    ('hidden', 'CHF', 'not_visible: "hidden" is not visible in store shop'),
    ('nowhere', 'CHF', 'unknown_offer: there is no offer "nowhere"');
SET LOCAL offerengine.fast_path = off;
SELECT is(pg_temp.said(s.reference, s.currency), s.answer, concat_ws(' ', 'sql', s.reference, s.currency)) FROM said s;
SET LOCAL offerengine.fast_path = on;
SELECT is(pg_temp.said(s.reference, s.currency), s.answer, concat_ws(' ', 'probes', s.reference, s.currency)) FROM said s;
SELECT is((offerengine.resolve_product_price('chair-p', 'shop', 'CHF')).detail ~ '; store shop does not carry CHF$', true,
          'resolve_product_price likewise');
SELECT is((SELECT string_agg(coalesce(r.detail, '-'), '|' ORDER BY r."position") FROM offerengine.resolve_prices('{lamp,lamp}', 'shop', 'CHF') r),
          'store shop does not carry CHF|store shop does not carry CHF', 'resolve_prices likewise');
SELECT throws_ok($$SELECT offerengine.resolve_price('lamp', 'shop', 'XXX')$$, '22023', 'unknown currency "XXX"', 'no currency at all');
SELECT is(pg_temp.said('lamp', 'USD'), 'no_price: no gross price of type DEFAULT in USD in store shop for quantity 1', 'carried ...');
DELETE FROM offerengine.store_currency WHERE store_code = 'shop' AND currency_code = 'USD';
SELECT is(pg_temp.said('lamp', 'USD'), 'no_price: no gross price of type DEFAULT in USD in store shop for quantity 1; store shop does not carry USD',
          '... and no longer, where it was found before');

SELECT * FROM finish();
ROLLBACK;
