-- Which offers are visible where and when: the nine conditions one by one, together, and at their boundaries.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

CREATE TEMP TABLE expected_visibility (
    n integer GENERATED ALWAYS AS IDENTITY, title text, item text, store text DEFAULT 'shop', at timestamptz,
    failing text[] DEFAULT '{}');
-- Both functions: visible when nothing fails, and exactly the expected conditions fail.
CREATE FUNCTION pg_temp.judge_visibility() RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    SELECT is(offerengine.offer_is_visible(e.item, e.store, e.at), e.failing = '{}',
              concat_ws(' ', e.title, '(' || e.item, e.store, e.at AT TIME ZONE 'UTC') || ')')
      FROM expected_visibility e ORDER BY e.n;
    RETURN QUERY
    SELECT is(array(SELECT v.condition FROM offerengine.explain_visibility(e.item, e.store, e.at) WITH ORDINALITY
                           AS v (condition, holds, detail, n) WHERE NOT v.holds ORDER BY v.n),
              e.failing, concat_ws(' ', 'explained:', e.title, '(' || e.item, e.store, e.at AT TIME ZONE 'UTC') || ')')
      FROM expected_visibility e ORDER BY e.n;
    RETURN QUERY
    SELECT is((offerengine.resolve_price(e.item, e.store, 'EUR', at => e.at)).reason,
              CASE e.failing WHEN '{}' THEN 'no_price' ELSE 'not_visible' END,
              concat_ws(' ', 'priced:', e.title, '(' || e.item, e.store, e.at AT TIME ZONE 'UTC') || ')')
      FROM expected_visibility e ORDER BY e.n;
    RETURN QUERY
    SELECT is((SELECT count(*) FROM offerengine.list_offers(p.sku, e.store, 'EUR', at => e.at) l
                WHERE l.offer_reference = e.item)::integer,
              (e.failing = '{}')::integer,
              concat_ws(' ', 'listed:', e.title, '(' || e.item, e.store, e.at AT TIME ZONE 'UTC') || ')')
      FROM expected_visibility e
      JOIN offerengine.offer o ON o.offer_reference = e.item
      JOIN offerengine.product p ON p.product_id = o.product_id
     ORDER BY e.n;
    DELETE FROM expected_visibility;
END
$$;

-- One condition at a time. A merchant's relationship to a store (merchant_store) and stock play no part: there are none.
INSERT INTO offerengine.merchant (merchant_reference, name, approval_status) VALUES ('denied', 'Denied', 'denied');
INSERT INTO given_item (name, merchant) VALUES
    ('good', 'acme'), ('of-suspended', 'shut'), ('of-waiting', 'raw'), ('of-denied', 'denied'),
    ('waiting', 'acme'), ('was-denied', 'acme'), ('inactive', 'acme'), ('not-here', 'acme'), ('product-not-here', 'acme'),
    ('product-inactive', 'acme'), ('nothing-right', 'raw');
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id)
SELECT n.name, p.product_id, m.merchant_id
  FROM (VALUES ('fresh', 'good-p', 'bolt'), ('nowhere-sold', 'good-p', 'bolt')) AS n (name, sku, merchant)
  JOIN offerengine.product p ON p.sku = n.sku JOIN offerengine.merchant m ON m.merchant_reference = n.merchant;
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, 'shop' FROM offerengine.offer o WHERE o.offer_reference = 'fresh';
UPDATE offerengine.offer SET approval_status = 'denied' WHERE offer_reference IN ('was-denied', 'nothing-right');
UPDATE offerengine.offer SET is_active = false WHERE offer_reference IN ('inactive', 'nothing-right');
DELETE FROM offerengine.offer_store s USING offerengine.offer o
 WHERE o.offer_id = s.offer_id AND s.store_code = 'shop' AND o.offer_reference IN ('not-here', 'nothing-right');
DELETE FROM offerengine.abstract_product_store s USING offerengine.abstract_product a
 WHERE a.abstract_product_id = s.abstract_product_id AND s.store_code = 'shop'
   AND a.abstract_sku IN ('product-not-here-a', 'nothing-right-a');
UPDATE offerengine.product SET is_active = false WHERE sku IN ('product-inactive-p', 'nothing-right-p');
UPDATE offerengine.product SET valid_to = '2001-01-01Z' WHERE sku = 'nothing-right-p';
UPDATE offerengine.offer SET valid_from = '2101-01-01Z' WHERE offer_reference = 'nothing-right';
UPDATE offerengine.merchant SET is_active = false WHERE merchant_reference = 'raw';
INSERT INTO expected_visibility (title, item, store, failing) VALUES
    ('all nine hold', 'good', 'shop', '{}'),
    ('suspended merchant', 'of-suspended', 'shop', '{merchant_active}'),
    ('denied merchant', 'of-denied', 'shop', '{merchant_approved}'),
    ('waiting and inactive merchant', 'of-waiting', 'shop', '{merchant_active,merchant_approved}'),
    ('waiting offer', 'fresh', 'shop', '{offer_approved}'),
    ('denied offer', 'was-denied', 'shop', '{offer_approved}'),
    ('inactive offer', 'inactive', 'shop', '{offer_active}'),
    ('offer not in the store', 'not-here', 'shop', '{offer_store}'),
    ('offer in another store', 'not-here', 'shop+lowest', '{}'),
    ('waiting offer in no store', 'nowhere-sold', 'shop', '{offer_approved,offer_store}'),
    ('abstract product not in the store', 'product-not-here', 'shop', '{product_store}'),
    ('abstract product in another store', 'product-not-here', 'shop+lowest', '{}'),
    ('inactive product', 'product-inactive', 'shop', '{product_active}'),
    ('none of the nine holds', 'nothing-right', 'shop',
        '{merchant_active,merchant_approved,offer_approved,offer_active,offer_store,product_store,offer_validity,product_active,'
        'product_validity}');
SELECT * FROM pg_temp.judge_visibility();

-- And back: each change shows at once.
UPDATE offerengine.merchant SET is_active = true, approval_status = 'approved' WHERE merchant_reference IN ('raw', 'shut');
UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference IN ('was-denied', 'fresh', 'nothing-right');
UPDATE offerengine.offer SET is_active = true, valid_from = '-infinity' WHERE offer_reference IN ('inactive', 'nothing-right');
UPDATE offerengine.product SET is_active = true, valid_to = 'infinity' WHERE sku IN ('product-inactive-p', 'nothing-right-p');
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, 'shop' FROM offerengine.offer o WHERE o.offer_reference IN ('not-here', 'nothing-right');
INSERT INTO offerengine.abstract_product_store (abstract_product_id, store_code)
SELECT a.abstract_product_id, 'shop' FROM offerengine.abstract_product a
 WHERE a.abstract_sku IN ('product-not-here-a', 'nothing-right-a');
INSERT INTO expected_visibility (title, item, failing)
SELECT 'put right', i.name, '{}' FROM given_item i WHERE i.name <> 'of-denied'
UNION ALL VALUES ('approved', 'fresh', '{}'::text[]);
SELECT * FROM pg_temp.judge_visibility();

-- The worked example: abstract product in {DE, AT}, offer in {AT, US}.
INSERT INTO offerengine.store (store_code, name) VALUES ('DE', 'Germany'), ('AT', 'Austria'), ('US', 'United States');
INSERT INTO given_item (name) VALUES ('example');
DELETE FROM offerengine.offer_store s USING offerengine.offer o WHERE o.offer_id = s.offer_id AND o.offer_reference = 'example';
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, s FROM offerengine.offer o, unnest('{AT,US}'::text[]) AS s WHERE o.offer_reference = 'example';
INSERT INTO offerengine.abstract_product_store (abstract_product_id, store_code)
SELECT a.abstract_product_id, s FROM offerengine.abstract_product a, unnest('{DE,AT}'::text[]) AS s
 WHERE a.abstract_sku = 'example-a';
INSERT INTO offerengine.store_currency (store_code, currency_code) VALUES ('DE', 'EUR'), ('AT', 'EUR'), ('US', 'EUR');
INSERT INTO expected_visibility (title, item, store, failing) VALUES
    ('example: product only', 'example', 'DE', '{offer_store}'),
    ('example: product and offer', 'example', 'AT', '{}'),
    ('example: offer only', 'example', 'US', '{product_store}'),
    ('example: neither', 'example', 'shop', '{offer_store}');
SELECT * FROM pg_temp.judge_visibility();

-- Validity: half-open, product and offer, in a year that is over and one to come.
INSERT INTO given_item (name)
SELECT i || '-' || y FROM unnest('{o,p,both,apart,open,off}'::text[]) AS i, unnest('{2021,2031}'::text[]) AS y;
UPDATE offerengine.offer o SET valid_from = (y || '-03-01Z')::timestamptz, valid_to = (y || '-04-01Z')::timestamptz
  FROM unnest('{2021,2031}'::text[]) AS y
 WHERE o.offer_reference IN ('o-' || y, 'both-' || y, 'apart-' || y, 'off-' || y);
UPDATE offerengine.product p SET valid_from = (y || '-03-15Z')::timestamptz, valid_to = (y || '-04-15Z')::timestamptz
  FROM unnest('{2021,2031}'::text[]) AS y WHERE p.sku IN ('p-' || y || '-p', 'both-' || y || '-p');
UPDATE offerengine.product p SET valid_from = (y || '-04-01Z')::timestamptz
  FROM unnest('{2021,2031}'::text[]) AS y WHERE p.sku = 'apart-' || y || '-p';
UPDATE offerengine.offer o SET valid_from = (y || '-03-01Z')::timestamptz
  FROM unnest('{2021,2031}'::text[]) AS y WHERE o.offer_reference = 'open-' || y;
UPDATE offerengine.offer o SET is_active = false
  FROM unnest('{2021,2031}'::text[]) AS y WHERE o.offer_reference = 'off-' || y;
INSERT INTO expected_visibility (title, item, at, failing)
SELECT e.title, e.item || '-' || y, (y || e.at || 'Z')::timestamptz, e.failing::text[]
  FROM unnest('{2021,2031}'::text[]) AS y, (VALUES
    ('last instant before the offer', 'o', '-02-28 23:59:59.999999', '{offer_validity}'),
    ('first instant of the offer', 'o', '-03-01', '{}'),
    ('last instant of the offer', 'o', '-03-31 23:59:59.999999', '{}'),
    ('first instant after the offer', 'o', '-04-01', '{offer_validity}'),
    ('last instant before the product', 'p', '-03-14 23:59:59.999999', '{product_validity}'),
    ('first instant of the product', 'p', '-03-15', '{}'),
    ('last instant of the product', 'p', '-04-14 23:59:59.999999', '{}'),
    ('first instant after the product', 'p', '-04-15', '{product_validity}'),
    ('before both', 'both', '-02-01', '{offer_validity,product_validity}'),
    ('offer only', 'both', '-03-14 23:59:59.999999', '{product_validity}'),
    ('first instant of both', 'both', '-03-15', '{}'),
    ('last instant of both', 'both', '-03-31 23:59:59.999999', '{}'),
    ('product only', 'both', '-04-01', '{offer_validity}'),
    ('after both', 'both', '-04-15', '{offer_validity,product_validity}'),
    ('windows that touch, first', 'apart', '-03-31 23:59:59.999999', '{product_validity}'),
    ('windows that touch, second', 'apart', '-04-01', '{offer_validity}'),
    ('an open end', 'open', '-12-31', '{}'),
    ('before an open end', 'open', '-02-28 23:59:59.999999', '{offer_validity}'),
    ('inactive inside its window stays inactive', 'off', '-03-15', '{offer_active}')
  ) AS e (title, item, at, failing);
INSERT INTO expected_visibility (title, item, at, failing) VALUES
    ('open ends at -infinity', 'good', '-infinity', '{}'),
    ('a start at -infinity', 'o-2031', '-infinity', '{offer_validity}'),
    ('an open end in the far future', 'open-2031', '294276-12-31 00:00Z', '{}'),
    ('an open end reaches up to infinity', 'good', 'infinity', '{offer_validity,product_validity}');
SELECT * FROM pg_temp.judge_visibility();

-- A window that is over or not yet begun does not keep an offer from being priced inside it.
SELECT is(offerengine.offer_is_visible('o-2031', 'shop'), false, 'not yet');
SELECT is(offerengine.offer_is_visible('o-2021', 'shop'), false, 'no more');
SELECT is(offerengine.offer_is_visible('open-2021', 'shop'), true, 'since 2021');

-- explain_visibility: all nine, in order, each with words.
SELECT results_eq(
    format('SELECT v.condition FROM offerengine.explain_visibility(%L, ''shop'') v', i.item),
    $$VALUES ('merchant_active'), ('merchant_approved'), ('offer_approved'), ('offer_active'), ('offer_store'),
             ('product_store'), ('offer_validity'), ('product_active'), ('product_validity')$$,
    i.item || ': nine conditions, in order')
  FROM unnest('{good,of-denied,example,o-2031}'::text[]) AS i (item);
SELECT is_empty($$SELECT i.name, v.condition FROM given_item i, offerengine.explain_visibility(i.name, 'shop') v
                   WHERE coalesce(v.detail, '') = '' OR v.holds IS NULL$$,
                'every condition has an answer and a detail');
SELECT matches(v.detail, 'denied', 'the detail says what is')
  FROM offerengine.explain_visibility('of-denied', 'shop') v WHERE v.condition = 'merchant_approved';
-- Instants are in the store's zone, with its offset then; an open end is not named.
UPDATE offerengine.store SET time_zone = 'Europe/Berlin' WHERE store_code = 'shop';
SELECT is(v.detail, 'the offer is ' || e.detail, e.title)
  FROM (VALUES ('good', '2030-01-01 00:00+00'::timestamptz, 'always valid', 'open at both ends'),
               ('o-2031', '2030-07-01 00:00+00',
                'valid from 2031-03-01 01:00:00+01 to 2031-04-01 02:00:00+02, later than 2030-07-01 02:00:00+02', 'not yet'),
               ('open-2021', '2030-01-01 00:00+00', NULL, 'open at one end')) e (item, at, detail, title)
 CROSS JOIN LATERAL offerengine.explain_visibility(e.item, 'shop', e.at) v
 WHERE v.condition = 'offer_validity' AND e.detail IS NOT NULL;
SELECT is_empty($$SELECT i.name, v.detail FROM given_item i, offerengine.explain_visibility(i.name, 'shop') v
                   WHERE v.detail LIKE '%infinity%'$$, 'no infinity in words');
-- Who suspended the merchant, when and why; the last time, and only while it lasts.
SELECT is(v.detail, 'merchant acme is active', 'nothing to tell')
  FROM offerengine.explain_visibility('good', 'shop') v WHERE v.condition = 'merchant_active';
SELECT offerengine.suspend_merchant('acme', 'first'), offerengine.reinstate_merchant('acme') \g /dev/null
SET LOCAL offerengine.acting_user = 'olga';
SELECT offerengine.suspend_merchant('acme', 'unpaid fees') \g /dev/null
SELECT is(v.detail,
          format('merchant acme is not active, needs to be: suspended by %s for olga on %s (unpaid fees)', current_user,
                 (SELECT to_char(h.decided_at AT TIME ZONE 'Europe/Berlin', 'YYYY-MM-DD HH24:MI:SS')
                    FROM offerengine.merchant_history h
                   WHERE h.merchant_reference = 'acme' ORDER BY h.decided_at DESC LIMIT 1)),
          'who, when and why')
  FROM (SELECT regexp_replace(x.detail, '(\d\d:\d\d:\d\d)(\.\d+)?[+]0[12]', '\1') AS detail
          FROM offerengine.explain_visibility('good', 'shop') x WHERE x.condition = 'merchant_active') v;
SELECT results_eq(
    $$SELECT from_status, to_status, acting_user, reason FROM offerengine.merchant_history WHERE merchant_reference = 'acme'
       ORDER BY decided_at DESC LIMIT 3$$,
    $$VALUES ('active' COLLATE "C", 'suspended' COLLATE "C", 'olga', 'unpaid fees'), ('suspended', 'active', NULL, NULL),
             ('active', 'suspended', NULL, 'first')$$,
    'merchant_history tells all of it');
SELECT offerengine.reinstate_merchant('acme') \g /dev/null
UPDATE offerengine.merchant SET is_active = true WHERE merchant_reference = 'acme';

-- The view says the same of every offer and store now.
SELECT results_eq(
    $$SELECT v.offer_reference, v.store_code FROM offerengine.visible_offer v ORDER BY 1, 2$$,
    $$SELECT o.offer_reference, s.store_code FROM offerengine.offer o, offerengine.store s
       WHERE offerengine.offer_is_visible(o.offer_reference, s.store_code) ORDER BY 1, 2$$,
    'visible_offer agrees with offer_is_visible');
SELECT results_eq(
    $$SELECT v.sku COLLATE "default", v.merchant_reference COLLATE "default" FROM offerengine.visible_offer v
       WHERE v.offer_reference = 'example' AND v.store_code = 'AT'$$,
    $$VALUES ('example-p', 'acme')$$, 'visible_offer names product and merchant');

SELECT * FROM finish();
ROLLBACK;
