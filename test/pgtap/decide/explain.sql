-- explain_price: every candidate row, what became of it, and never a row that is none of the buyer's business.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

-- 'offer gold DEFAULT 10 800 chosen': level, contract or -, type, tier, amount or -, outcome.
CREATE FUNCTION pg_temp.steps(item text, store text DEFAULT 'shop', mode text DEFAULT 'gross', quantity integer DEFAULT 1,
                              buyer text DEFAULT NULL, type text DEFAULT 'DEFAULT', at timestamptz DEFAULT now())
RETURNS SETOF text LANGUAGE sql AS $$
    SELECT concat_ws(' ', e.level, coalesce(e.relationship_key, '-'), e.price_type, e.min_quantity,
                     coalesce(e.amount::text, '-'), e.outcome)
      FROM offerengine.explain_price($1, $2, 'EUR', price_mode => $3, quantity => $4, buyer => $5, price_type => $6,
                                     at => $7) e
$$;

INSERT INTO given_price (item, owner, type, tier, contract, gross, net, since, until, store, currency) VALUES
    ('all', 'offer', 'DEFAULT', 1, NULL, 1000, NULL, '-infinity', 'infinity', '*', 'EUR'),
    ('all', 'offer', 'DEFAULT', 1, NULL, 950, NULL, '2025-01-01Z', 'infinity', '*', 'EUR'),
    ('all', 'offer', 'DEFAULT', 1, NULL, 1, NULL, '2101-01-01Z', 'infinity', '*', 'EUR'),
    ('all', 'offer', 'DEFAULT', 1, NULL, 2, NULL, '-infinity', 'infinity', 'shop', 'USD'),
    ('all', 'offer', 'DEFAULT', 3, NULL, 900, NULL, '-infinity', 'infinity', '*', 'EUR'),
    ('all', 'offer', 'DEFAULT', 5, NULL, NULL, 700, '-infinity', 'infinity', '*', 'EUR'),
    ('all', 'offer', 'DEFAULT', 8, NULL, 850, NULL, '-infinity', 'infinity', '*', 'EUR'),
    ('all', 'offer', 'DEFAULT', 20, NULL, 800, NULL, '-infinity', 'infinity', '*', 'EUR'),
    ('all', 'offer', 'ORIGINAL', 1, NULL, 1200, NULL, '-infinity', 'infinity', '*', 'EUR'),
    ('all', 'offer', 'DEFAULT', 1, 'gold', 870, NULL, '-infinity', 'infinity', '*', 'EUR'),
    ('all', 'offer', 'DEFAULT', 1, 'silver', 880, NULL, '-infinity', 'infinity', '*', 'EUR'),
    ('all', 'offer', 'DEFAULT', 1, 'secret', 3, NULL, '-infinity', 'infinity', '*', 'EUR'),
    ('all', 'product', 'DEFAULT', 1, NULL, 990, NULL, '-infinity', 'infinity', '*', 'EUR'),
    ('all', 'abstract', 'DEFAULT', 1, NULL, 995, NULL, '-infinity', 'infinity', '*', 'EUR');
CREATE TEMP TABLE common AS SELECT * FROM unnest(ARRAY[
    'offer - DEFAULT 1 1000 superseded', 'offer - DEFAULT 1 950 lower_tier', 'offer - DEFAULT 1 1 other_window',
    'offer - DEFAULT 3 900 lower_tier', 'offer - DEFAULT 5 - no_amount_in_mode', 'offer - DEFAULT 20 800 tier_not_reached',
    'offer - ORIGINAL 1 1200 other_type', 'product - DEFAULT 1 990 level_not_used',
    'abstract_product - DEFAULT 1 995 level_not_used']) AS line;
SELECT bag_eq(format('SELECT pg_temp.steps(''all'', %L, quantity => 10, buyer => %L)', q.store, q.buyer),
              format('SELECT line FROM common UNION ALL SELECT unnest(%L::text[])', q.lines), q.title)
  FROM (VALUES
    ('anonymous: no contract is shown', 'shop', NULL, ARRAY['offer - DEFAULT 8 850 chosen']),
    ('contract_first: the default is not looked at further', 'shop', 'anna',
        ARRAY['offer - DEFAULT 8 850 contract_preferred', 'offer gold DEFAULT 1 870 chosen']),
    ('contract_first: two contracts', 'shop', 'bob',
        ARRAY['offer - DEFAULT 8 850 contract_preferred', 'offer gold DEFAULT 1 870 chosen',
              'offer silver DEFAULT 1 880 higher_amount']),
    ('lowest: the default is lower', 'shop+lowest', 'bob',
        ARRAY['offer - DEFAULT 8 850 chosen', 'offer gold DEFAULT 1 870 higher_amount',
              'offer silver DEFAULT 1 880 higher_amount']),
    ('offer_first: the offer''s default beats contracts', 'shop+offer_first', 'anna',
        ARRAY['offer - DEFAULT 8 850 chosen', 'offer gold DEFAULT 1 870 default_preferred']),
    ('a contract of the buyer alone', 'shop', 'eve',
        ARRAY['offer - DEFAULT 8 850 contract_preferred', 'offer secret DEFAULT 1 3 chosen']))
    AS q (title, store, buyer, lines);
SELECT bag_eq($$SELECT pg_temp.steps('all', quantity => 9, type => 'ORIGINAL')$$,
              ARRAY['offer - DEFAULT 1 1000 superseded', 'offer - DEFAULT 1 950 other_type', 'offer - DEFAULT 1 1 other_window',
                    'offer - DEFAULT 3 900 other_type', 'offer - DEFAULT 5 - other_type', 'offer - DEFAULT 8 850 other_type',
                    'offer - DEFAULT 20 800 other_type', 'offer - ORIGINAL 1 1200 chosen',
                    'product - DEFAULT 1 990 level_not_used', 'abstract_product - DEFAULT 1 995 level_not_used'],
              'the type that is asked for decides what is another type');
SELECT bag_eq($$SELECT pg_temp.steps('all', mode => 'net', quantity => 5)$$,
              ARRAY['offer - DEFAULT 1 - superseded', 'offer - DEFAULT 1 - no_amount_in_mode', 'offer - DEFAULT 1 - other_window',
                    'offer - DEFAULT 3 - no_amount_in_mode', 'offer - DEFAULT 5 700 chosen',
                    'offer - DEFAULT 8 - no_amount_in_mode', 'offer - DEFAULT 20 - no_amount_in_mode',
                    'offer - ORIGINAL 1 - other_type', 'product - DEFAULT 1 - level_not_used',
                    'abstract_product - DEFAULT 1 - level_not_used'],
              'the mode that is asked for decides what has no amount');

-- The product's level; per_type.
INSERT INTO given_price (item, owner, type, tier, contract, gross, net) VALUES
    ('typed', 'offer', 'ORIGINAL', 1, NULL, 1200, NULL), ('typed', 'product', 'DEFAULT', 1, NULL, 900, NULL),
    ('typed', 'product', 'ORIGINAL', 1, NULL, 1100, NULL), ('typed', 'abstract', 'DEFAULT', 1, NULL, 950, NULL),
    ('weigh', 'product', 'DEFAULT', 1, NULL, 900, NULL), ('weigh', 'product', 'DEFAULT', 1, 'gold', 800, NULL),
    ('even', 'offer', 'DEFAULT', 1, NULL, 800, NULL), ('even', 'offer', 'DEFAULT', 1, 'gold', 800, NULL),
    ('even', 'offer', 'DEFAULT', 1, 'silver', 800, NULL),
    ('foreign', 'product', 'DEFAULT', 1, NULL, 900, NULL), ('foreign', 'product', 'DEFAULT', 1, 'bolt-deal', 700, NULL),
    ('foreign', 'product', 'DEFAULT', 1, 'shut-deal', 600, NULL), ('foreign', 'product', 'DEFAULT', 1, 'secret', 500, NULL),
    ('rising', 'offer', 'DEFAULT', 1, NULL, 500, NULL), ('rising', 'offer', 'DEFAULT', 10, NULL, 600, NULL);
SELECT bag_eq(format('SELECT pg_temp.steps(%s)', q.arguments), q.lines, q.title)
  FROM (VALUES
    ('all_or_nothing: no price, nothing chosen', $$'typed', 'shop'$$,
        ARRAY['offer - ORIGINAL 1 1200 other_type', 'product - DEFAULT 1 900 level_not_used',
              'product - ORIGINAL 1 1100 level_not_used', 'abstract_product - DEFAULT 1 950 level_not_used']),
    ('per_type: the product''s', $$'typed', 'shop+per_type'$$,
        ARRAY['offer - ORIGINAL 1 1200 level_not_used', 'product - DEFAULT 1 900 chosen', 'product - ORIGINAL 1 1100 other_type',
              'abstract_product - DEFAULT 1 950 level_not_used']),
    ('offer_first at the product''s level compares', $$'weigh', 'shop+offer_first', buyer => 'anna'$$,
        ARRAY['product - DEFAULT 1 900 higher_amount', 'product gold DEFAULT 1 800 chosen']),
    ('equal amounts: the contract, the older relationship', $$'even', 'shop+lowest', buyer => 'bob'$$,
        ARRAY['offer - DEFAULT 1 800 higher_amount', 'offer gold DEFAULT 1 800 chosen',
              'offer silver DEFAULT 1 800 higher_amount']),
    ('own_merchant: the buyer''s contract with another merchant', $$'foreign', 'shop', buyer => 'carl'$$,
        ARRAY['product - DEFAULT 1 900 chosen', 'product bolt-deal DEFAULT 1 700 contract_not_applicable',
              'product shut-deal DEFAULT 1 600 contract_not_applicable']),
    ('any_merchant: the suspended merchant''s only', $$'foreign', 'shop+any_merchant', buyer => 'carl'$$,
        ARRAY['product - DEFAULT 1 900 contract_preferred', 'product bolt-deal DEFAULT 1 700 chosen',
              'product shut-deal DEFAULT 1 600 contract_not_applicable']))
    AS q (title, arguments, lines);
SELECT isnt(coalesce(e.detail, ''), '', 'an equal amount that lost says why: ' || coalesce(e.relationship_key, 'default'))
  FROM offerengine.explain_price('even', 'shop+lowest', 'EUR', buyer => 'bob') e WHERE e.outcome = 'higher_amount';
SELECT isnt(coalesce(e.detail, ''), '', 'a contract that does not count says why: ' || e.relationship_key)
  FROM offerengine.explain_price('foreign', 'shop', 'EUR', buyer => 'carl') e WHERE e.outcome = 'contract_not_applicable';
SELECT is((SELECT count(*) FROM offerengine.explain_price('rising', 'shop', 'EUR', quantity => q.quantity) e
            WHERE e.detail ~ 'tier_above_lower_price'), q.n, 'a tier above a lower price is said so, at quantity ' || q.quantity)
  FROM (VALUES (9, 0::bigint), (10, 1)) AS q (quantity, n);

-- The row itself: id and window.
SELECT results_eq(
    $$SELECT e.price_id, e.valid_from, e.valid_to FROM offerengine.explain_price('all', 'shop', 'EUR') e
       WHERE e.outcome IN ('chosen', 'superseded', 'other_window') ORDER BY e.valid_from NULLS FIRST$$,
    $$SELECT p.price_id, nullif(p.valid_from, '-infinity'), nullif(p.valid_to, 'infinity')
        FROM offerengine.price p JOIN offerengine.offer o ON o.offer_id = p.offer_id
       WHERE o.offer_reference = 'all' AND p.store_code = 'shop' AND p.currency_code = 'EUR' AND p.min_quantity = 1
         AND p.price_type = 'DEFAULT' AND p.merchant_relationship_id IS NULL ORDER BY p.valid_from$$,
    'price_id and window are those of the row, open ends NULL');
SELECT is(array_agg(e.step), '{1,2,3,4,5,6,7,8,9,10,11,12}', 'steps are numbered from 1 in order')
  FROM offerengine.explain_price('all', 'shop', 'EUR', buyer => 'bob') e;

-- Windows move outcomes.
SELECT bag_eq(format($$SELECT pg_temp.steps('all', quantity => 1, at => %L) INTERSECT SELECT unnest(ARRAY[
                           'offer - DEFAULT 1 1000 chosen', 'offer - DEFAULT 1 1000 superseded', 'offer - DEFAULT 1 950 chosen',
                           'offer - DEFAULT 1 950 superseded', 'offer - DEFAULT 1 950 other_window',
                           'offer - DEFAULT 1 1 chosen', 'offer - DEFAULT 1 1 other_window'])$$, q.at),
              q.lines, 'the base price at ' || q.at)
  FROM (VALUES ('2024-12-31 23:59:59.999999Z', ARRAY['offer - DEFAULT 1 1000 chosen', 'offer - DEFAULT 1 950 other_window',
                                                     'offer - DEFAULT 1 1 other_window']),
               ('2025-01-01Z', ARRAY['offer - DEFAULT 1 1000 superseded', 'offer - DEFAULT 1 950 chosen',
                                     'offer - DEFAULT 1 1 other_window']),
               ('2100-12-31 23:59:59.999999Z', ARRAY['offer - DEFAULT 1 1000 superseded', 'offer - DEFAULT 1 950 chosen',
                                                     'offer - DEFAULT 1 1 other_window']),
               ('2101-01-01Z', ARRAY['offer - DEFAULT 1 1000 superseded', 'offer - DEFAULT 1 950 superseded',
                                     'offer - DEFAULT 1 1 chosen'])) AS q (at, lines);
SELECT results_eq(
    $$SELECT e.amount, e.detail ~ 'instead', e.detail ~ '2101|2025' FROM offerengine.explain_price('all', 'shop', 'EUR', at => '2101-01-01Z') e
       WHERE e.outcome = 'superseded' ORDER BY e.amount DESC$$,
    $$VALUES (1000::bigint, false, true), (950, false, true)$$, 'of three rows each says which one began later');

-- Hidden offers are explained as if they were shown.
CREATE TEMP TABLE before AS SELECT e.* FROM offerengine.explain_price('all', 'shop', 'EUR', 'gross', 10, 'bob') e;
UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'all';
SELECT is((offerengine.resolve_price('all', 'shop', 'EUR', 'gross', 10, 'bob')).reason, 'not_visible', 'the offer is hidden now');
SELECT results_eq($$SELECT e.* FROM offerengine.explain_price('all', 'shop', 'EUR', 'gross', 10, 'bob') e$$,
                  $$SELECT b.* FROM before b$$, 'a hidden offer is explained all the same');
UPDATE offerengine.offer SET is_active = true WHERE offer_reference = 'all';

-- One chosen row when there is a price, none when there is not, and it is the price.
SELECT is_empty($$
    SELECT i.name, s.store_code, b.buyer, m.mode, m.quantity, t.price_type
      FROM given_item i,
           unnest('{shop,shop+lowest,shop+offer_first+any_merchant+per_type}'::text[]) AS s (store_code),
           unnest('{NULL,bob,carl}'::text[]) AS b (buyer),
           (VALUES ('gross', 1), ('gross', 10), ('net', 5)) AS m (mode, quantity),
           unnest('{DEFAULT,ORIGINAL}'::text[]) AS t (price_type)
     CROSS JOIN LATERAL (SELECT (offerengine.resolve_price(i.name, s.store_code, 'EUR', m.mode, m.quantity, b.buyer,
                                                           price_type => t.price_type)).*) AS r
     CROSS JOIN LATERAL (
        SELECT count(*) AS n, min(e.amount) AS amount, min(e.price_id) AS price_id, min(e.level) AS level,
               min(e.relationship_key) AS relationship_key, min(e.min_quantity) AS min_quantity
          FROM offerengine.explain_price(i.name, s.store_code, 'EUR', m.mode, m.quantity, b.buyer,
                                         price_type => t.price_type) e
         WHERE e.outcome = 'chosen') AS e
     WHERE (e.n, e.amount, e.price_id, e.level, e.relationship_key, e.min_quantity)
           IS DISTINCT FROM ((r.amount IS NOT NULL)::integer, r.amount, r.price_id, r.price_source, r.relationship_key,
                             r.min_quantity)$$,
    'explain_price chooses what resolve_price answers');
SELECT is_empty($$
    SELECT i.name, e.relationship_key, b.buyer
      FROM given_item i, unnest('{NULL,anna,bob,carl,dora}'::text[]) AS b (buyer),
           offerengine.explain_price(i.name, 'shop+any_merchant', 'EUR', buyer => b.buyer) e
      LEFT JOIN offerengine.merchant_relationship r ON r.relationship_key = e.relationship_key
     WHERE e.relationship_key IS NOT NULL
       AND NOT EXISTS (SELECT FROM offerengine.merchant_relationship_assignee a
                        WHERE a.merchant_relationship_id = r.merchant_relationship_id AND a.buyer = b.buyer)$$,
    'no other buyer''s contract is ever shown');
SELECT is_empty($$
    SELECT e.outcome FROM given_item i, unnest('{shop,shop+lowest,shop+offer_first+any_merchant}'::text[]) AS s (store_code),
           unnest('{NULL,bob,carl}'::text[]) AS b (buyer),
           offerengine.explain_price(i.name, s.store_code, 'EUR', quantity => 10, buyer => b.buyer) e
     WHERE (e.outcome <> ALL ('{chosen,other_window,superseded,level_not_used,other_type,no_amount_in_mode,tier_not_reached,
                                lower_tier,contract_preferred,default_preferred,higher_amount,contract_not_applicable}')
            OR e.level <> ALL ('{offer,product,abstract_product}'))$$,
    'no outcome and no level beyond the documented ones');

-- Instants are said in the zone of the store, whatever the session's; an open end is not said at all.
INSERT INTO given_price (item, owner, gross, since, until) VALUES
    ('zoned', 'offer', 500, '-infinity', 'infinity'), ('zoned', 'offer', 400, '-infinity', '2090-01-01Z'),
    ('zoned', 'offer', 450, '2097-12-31 18:30Z', '2099-02-01Z'), ('zoned', 'offer', 550, '2098-06-01Z', '2099-02-01Z'),
    ('zoned', 'offer', 600, '2098-01-01Z', 'infinity'), ('zoned', 'offer', 700, '2200-01-01Z', 'infinity'), ('zoned', 'offer', 800, '2200-01-01Z', '2201-01-01Z');
CREATE FUNCTION pg_temp.settled(fast_path text, zone text) RETURNS text LANGUAGE sql
    AS $$ SELECT set_config('offerengine.fast_path', $1, true) || ', session in ' || set_config('timezone', $2, true) $$;
UPDATE offerengine.store SET time_zone = 'Asia/Kolkata' WHERE store_code = 'shop';
SELECT results_eq($$SELECT e.amount, e.outcome, regexp_replace(e.detail, 'price \d+', 'price N')
                             FROM offerengine.explain_price('zoned', 'shop', 'EUR', at => '2098-07-01 18:30Z') e ORDER BY e.amount$$,
                  $$VALUES (400::bigint, 'other_window', 'valid until 2090-01-01 05:30:00+05:30, asked for 2098-07-02 00:00:00+05:30'),
                           (450, 'superseded', 'price N, valid from 2098-06-01 05:30:00+05:30, began later'), (550, 'chosen', NULL),
                           (500, 'superseded', 'price N counts until it ends at 2099-02-01 05:30:00+05:30'),
                           (600, 'superseded', 'price N counts until it ends at 2099-02-01 05:30:00+05:30'),
                           (700, 'other_window', 'valid from 2200-01-01 05:30:00+05:30 on, asked for 2098-07-02 00:00:00+05:30'),
                           (800, 'other_window', 'valid from 2200-01-01 05:30:00+05:30 to 2201-01-01 05:30:00+05:30, asked for 2098-07-02 00:00:00+05:30')
                      ORDER BY 1$$,
                  pg_temp.settled(p.fast_path, p.zone) || ': instants of the store')
  FROM (VALUES ('on', 'UTC'), ('off', 'America/New_York')) AS p (fast_path, zone);
SELECT is((SELECT r.detail FROM (SELECT pg_temp.settled(p.fast_path, p.zone) OFFSET 0) x,
                  LATERAL offerengine.resolve_price('zoned', 'shop', 'EUR', at => '2098-07-01 18:30Z', price_type => 'ORIGINAL') r),
          'no gross price of type ORIGINAL in EUR in store shop for quantity 1 at 2098-07-02 00:00:00+05:30', p.fast_path || ': no price')
  FROM (VALUES ('on', 'UTC'), ('off', 'America/New_York')) AS p (fast_path, zone);
UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'zoned';
SELECT results_eq($$SELECT r.reason, r.detail FROM offerengine.resolve_prices('{zoned,zoned}', 'shop', 'EUR', at => '2098-07-01 18:30Z') r$$,
                  $$SELECT 'not_visible', '"zoned" is not visible in store shop at 2098-07-02 00:00:00+05:30' FROM generate_series(1, 2)$$,
                  'each line of a cart');

SELECT * FROM finish();
ROLLBACK;
