-- offer_details, merchant_profile, lowest_prior_price, and past prices as price_history tells them.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(77);

INSERT INTO offerengine.store (store_code, name, time_zone)
VALUES ('od-DE', 'Germany', 'Europe/Berlin'), ('od-AT', 'Austria', 'UTC');
INSERT INTO offerengine.store_currency VALUES ('od-DE', 'EUR', true), ('od-AT', 'EUR', true);
INSERT INTO offerengine.merchant (merchant_reference, name, description, url, approval_status, is_active) VALUES
    ('od-M', 'Mia', 'Lamps', 'https://mia.example', 'approved', true), ('od-S', 'Sue', NULL, NULL, 'approved', false),
    ('od-W', 'Will', NULL, NULL, 'waiting_for_approval', true);
INSERT INTO offerengine.merchant_store
SELECT m.merchant_id, s.store_code
  FROM offerengine.merchant m, (VALUES ('od-DE'), ('od-AT')) s (store_code) WHERE m.merchant_reference = 'od-M';
INSERT INTO offerengine.abstract_product (abstract_sku) VALUES ('od-a');
INSERT INTO offerengine.abstract_product_store
SELECT a.abstract_product_id, 'od-DE' FROM offerengine.abstract_product a WHERE a.abstract_sku = 'od-a';
INSERT INTO offerengine.product (sku, abstract_product_id, name)
SELECT 'od-p', a.abstract_product_id, 'Desk lamp' FROM offerengine.abstract_product a WHERE a.abstract_sku = 'od-a';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, title, management, approval_status, valid_from, valid_to)
SELECT v.reference, p.product_id, m.merchant_id, v.title, v.management, v.status, v.valid_from::timestamptz, 'infinity'
  FROM (VALUES ('od-1', 'Blue lamp', 'standard', 'approved', '2020-01-01 UTC'),
               ('od-2', NULL, 'externally_managed', 'approved', '-infinity'),
               ('od-hidden', NULL, 'standard', 'waiting_for_approval', '-infinity'),
               ('od-late', NULL, 'standard', 'approved', '2024-03-08 UTC'))
               v (reference, title, management, status, valid_from), offerengine.product p, offerengine.merchant m
 WHERE p.sku = 'od-p' AND m.merchant_reference = 'od-M';
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, 'od-DE' FROM offerengine.offer o WHERE o.offer_reference LIKE 'od-%';
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, 'od-AT' FROM offerengine.offer o WHERE o.offer_reference = 'od-1';

CREATE FUNCTION pg_temp.price(reference text, amount bigint, valid_from timestamptz DEFAULT '-infinity',
                              valid_to timestamptz DEFAULT 'infinity', price_type text DEFAULT 'DEFAULT',
                              quantity integer DEFAULT 1, relationship text DEFAULT NULL)
RETURNS bigint LANGUAGE sql AS $test$
    INSERT INTO offerengine.price (product_id, offer_id, merchant_relationship_id, store_code, currency_code, price_type,
                                   min_quantity, gross_amount, net_amount, valid_from, valid_to)
    SELECT o.product_id, o.offer_id, r.merchant_relationship_id, 'od-DE', 'EUR', $5, $6, $2, $2 + 1, $3, $4
      FROM offerengine.offer o LEFT JOIN offerengine.merchant_relationship r ON r.relationship_key = $7
     WHERE o.offer_reference = $1
    RETURNING price_id
$test$;
CREATE FUNCTION pg_temp.was(changed bigint, amount bigint, until timestamptz, operation text DEFAULT 'update')
RETURNS void LANGUAGE sql AS $test$
    INSERT INTO offerengine.price_history (price_id, product_id, offer_id, store_code, currency_code, price_type, min_quantity,
                                           gross_amount, net_amount, valid_from, valid_to, recorded_until, operation, changed_by)
    SELECT p.price_id, p.product_id, p.offer_id, p.store_code, p.currency_code, p.price_type, p.min_quantity, $2, $2 + 1,
           p.valid_from, p.valid_to, $3, $4, 'test'
      FROM offerengine.price p WHERE p.price_id = $1
$test$;
CREATE FUNCTION pg_temp.prior(reference text, at timestamptz, days integer DEFAULT 30, price_mode text DEFAULT 'gross')
RETURNS bigint LANGUAGE sql AS $test$
    SELECT offerengine.lowest_prior_price($1, 'od-DE', 'EUR', $4, $3, $2)
$test$;
CREATE FUNCTION pg_temp.price_at(reference text, at timestamptz) RETURNS bigint LANGUAGE sql AS $test$
    SELECT (offerengine.resolve_price($1, 'od-DE', 'EUR', at => $2)).amount
$test$;

-- offer_details

CREATE TEMP TABLE made ON COMMIT DROP AS
SELECT pg_temp.price('od-1', 1000) AS base, pg_temp.price('od-1', 1500, price_type => 'ORIGINAL') AS original,
       pg_temp.price('od-1', 900, quantity => 10) AS tier, pg_temp.price('od-2', 500) AS other;
INSERT INTO offerengine.warehouse (name) VALUES ('od-w');
INSERT INTO offerengine.warehouse_store SELECT w.warehouse_id, 'od-DE' FROM offerengine.warehouse w WHERE w.name = 'od-w';
INSERT INTO offerengine.offer_stock
SELECT o.offer_id, w.warehouse_id, 12, false
  FROM offerengine.offer o, offerengine.warehouse w
 WHERE o.offer_reference IN ('od-1', 'od-2', 'od-hidden') AND w.name = 'od-w';

SELECT is(offerengine.offer_details('od-1', 'od-DE', 'EUR'),
          ROW('od-1', 'od-p', 'Blue lamp', 'Desk lamp', 'od-M', 'Mia', '{od-AT,od-DE}'::text[], '2020-01-01 UTC'::timestamptz,
              NULL, 1000, 1500, 'EUR', 12, true)::offerengine.offer_detail, 'everything that a page shows');
SELECT is((offerengine.offer_details('od-1', 'od-DE', 'EUR', quantity => 10)).amount, 900::bigint, 'the price of the quantity');
SELECT is((offerengine.offer_details('od-1', 'od-DE', 'EUR', quantity => 13)).is_purchasable, false,
          'more than there is cannot be bought');
SELECT is((offerengine.offer_details('od-1', 'od-DE', 'EUR', 'net')).amount, 1001::bigint, 'the price of the mode');
SELECT is((offerengine.offer_details('od-2', 'od-DE', 'EUR')).title, 'Desk lamp', 'without a title, the product''s name');
SELECT is((offerengine.offer_details('od-2', 'od-DE', 'EUR')).is_purchasable, false, 'externally managed: no checkout');
SELECT is((offerengine.offer_details('od-1', 'od-DE', 'CHF')).amount, NULL, 'without a price, no amount');
SELECT is((offerengine.offer_details('od-1', 'od-DE', 'CHF')).is_purchasable, false, '... and nothing to buy');
SELECT is(offerengine.offer_details(v, 'od-DE', 'EUR')::text, '(,,,,,,,,,,,,,)', 'all NULL: ' || coalesce(v, 'NULL'))
  FROM unnest(ARRAY['od-hidden', 'od-unknown', '', NULL]) v;
SELECT is(offerengine.offer_details('od-1', 'od-AT', 'EUR')::text, '(,,,,,,,,,,,,,)',
          'all NULL where the product is not in the store');
SELECT is(offerengine.offer_details('od-1', 'od-DE', 'EUR', at => '2019-12-31 23:59:59 UTC')::text, '(,,,,,,,,,,,,,)',
          'all NULL before the validity');
SELECT is((offerengine.offer_details('od-1', 'od-DE', 'EUR', at => '2020-01-01 UTC')).offer_reference, 'od-1',
          '... not at its start');
SELECT throws_ok($$SELECT offerengine.offer_details('od-1', 'od-XX', 'EUR')$$, '22023', 'unknown store "od-XX"');
SELECT throws_ok($$SELECT offerengine.offer_details('od-unknown', 'od-DE', 'XXY')$$, '22023', 'unknown currency "XXY"');
SELECT throws_ok($$SELECT offerengine.offer_details('od-1', 'od-DE', 'EUR', 'gros')$$, '22023', 'unknown price mode "gros"');
SELECT throws_ok($$SELECT offerengine.offer_details('od-1', 'od-DE', 'EUR', quantity => 0)$$, '22023');
SELECT throws_ok($$SELECT offerengine.offer_details('od-1', NULL, 'EUR')$$, '22004');

-- merchant_profile

SELECT is(offerengine.merchant_profile('od-M'),
          ROW('od-M', 'Mia', 'Lamps', 'https://mia.example', '{od-AT,od-DE}'::text[])::offerengine.merchant_profile, 'a profile');
SELECT is(offerengine.merchant_profile(v)::text, '(,,,,)', 'no profile: ' || coalesce(v, 'NULL'))
  FROM unnest(ARRAY['od-S', 'od-W', 'od-unknown', NULL]) v;

-- past prices

SELECT pg_temp.was(base, 600, '2024-03-10 UTC'), pg_temp.was(base, 500, '2024-03-05 UTC') FROM made;
SELECT is(pg_temp.price_at('od-1', '2024-03-04 UTC'), 500::bigint, 'the first version that was recorded after the instant');
SELECT is(pg_temp.price_at('od-1', '2024-03-05 UTC'), 600::bigint, 'at the change the new version counts');
SELECT is(pg_temp.price_at('od-1', '2024-03-09 23:59:59.999999 UTC'), 600::bigint, 'just before the next change');
SELECT is(pg_temp.price_at('od-1', '2024-03-10 UTC'), 1000::bigint, 'after the last change the row as it is');
SELECT is(pg_temp.price_at('od-1', now()), 1000::bigint, 'now the row as it is');
SELECT pg_temp.was(other, 400, '2024-03-10 UTC') FROM made;
DELETE FROM offerengine.price p USING made m WHERE p.price_id = m.other;
SELECT is(pg_temp.price_at('od-2', '2024-03-09 UTC'), 400::bigint, 'a deleted row counts as it was then');
SELECT is(pg_temp.price_at('od-2', '2024-03-10 UTC'), 500::bigint, '... until it was deleted');
SELECT is(pg_temp.price_at('od-2', now()), NULL, '... and not since');

-- lowest_prior_price

SELECT is(pg_temp.prior('od-1', '2024-03-20 UTC'), 500::bigint, 'the lowest of the 30 days before the current price began');
SELECT is(pg_temp.prior('od-1', '2024-03-20 UTC', 5), 600::bigint,
          'five days before 10 March: only what was in force since 5 March');
SELECT is(pg_temp.prior('od-1', '2024-03-20 UTC', 6), 500::bigint, '... six days reach the price before');
SELECT is(pg_temp.prior('od-1', '2024-03-20 UTC', 30, 'net'), 501::bigint, 'each mode has its own past');
SELECT is(pg_temp.prior('od-1', '2024-03-09 UTC'), 500::bigint, 'asked for another instant: 600 began on 5 March');
SELECT is(pg_temp.prior('od-1', '2024-03-05 UTC'), 500::bigint, 'a price that begins at the instant has begun');
SELECT is(pg_temp.prior('od-1', '2024-03-04 UTC'), NULL,
          'the price of that day began with the offer''s validity: nothing before');
SELECT is(pg_temp.prior('od-late', '2024-03-20 UTC'), NULL, 'no price at the instant: none before either');

-- However long ago the current price began: 83 days, and of one day asked for 20, 3, and somewhat more and less.
SELECT is(pg_temp.prior('od-1', q.at, 1), 600::bigint, format('the day before 10 March, asked for on %s', q.at))
  FROM (VALUES ('2024-06-01 UTC'::timestamptz), ('2024-03-30 UTC'), ('2024-03-29 23:59 UTC'), ('2024-03-13 UTC'), ('2024-03-12 23:59 UTC')) AS q (at);

-- Changed twice at one instant: what stood there before counts, told first.
SAVEPOINT twice;
SELECT pg_temp.was(base, 200, '2024-03-01 UTC') FROM made;
SELECT pg_temp.was(base, 100, '2024-03-01 UTC') FROM made;
SELECT is(pg_temp.prior('od-1', '2024-03-20 UTC'), 200::bigint, 'changed twice at an instant: what was told first counts before');
ROLLBACK TO twice;

-- A row that was the price of another offer until 10 April.
SAVEPOINT moved;
SELECT pg_temp.price('od-hidden', 300) AS moved \gset
INSERT INTO offerengine.price_history (price_id, product_id, offer_id, store_code, currency_code, price_type, min_quantity,
                                       gross_amount, valid_from, valid_to, recorded_until, operation, changed_by)
SELECT :moved, o.product_id, o.offer_id, 'od-DE', 'EUR', 'DEFAULT', 1, 300, '-infinity', 'infinity', '2024-04-10 UTC', 'update', 'test'
  FROM offerengine.offer o WHERE o.offer_reference = 'od-late';
INSERT INTO offerengine.price_history (price_id, product_id, store_code, currency_code, price_type, min_quantity, gross_amount, valid_from,
                                       valid_to, recorded_until, operation, changed_by)
SELECT -2, o.product_id, 'od-DE', 'EUR', 'DEFAULT', 1, 350, '-infinity', 'infinity', '2024-05-01 UTC', 'delete', 'test'
  FROM offerengine.offer o WHERE o.offer_reference = 'od-late';
UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference = 'od-hidden';
SELECT is(pg_temp.prior('od-hidden', '2024-04-20 UTC'), 350::bigint, 'before it became this offer''s the product''s own price counted');
SELECT is(pg_temp.prior('od-hidden', '2024-04-09 UTC'), NULL, '... which was the first');
SELECT is(pg_temp.prior('od-late', '2024-04-20 UTC'), 300::bigint, 'where it was, the product''s own price follows');
SELECT is(pg_temp.prior('od-late', '2024-04-09 UTC'), NULL, '... and was not in force');
ROLLBACK TO moved;

-- A promotion that was deleted since counts where it was in force.
INSERT INTO offerengine.price_history (price_id, product_id, offer_id, store_code, currency_code, price_type, min_quantity,
                                       gross_amount, valid_from, valid_to, recorded_until, operation, changed_by)
SELECT -1, o.product_id, o.offer_id, 'od-DE', 'EUR', 'DEFAULT', 1, 450, '2024-02-20 Europe/Berlin', '2024-02-21 Europe/Berlin',
       '2024-04-01 UTC', 'delete', 'test'
  FROM offerengine.offer o WHERE o.offer_reference = 'od-1';
SELECT is(pg_temp.prior('od-1', '2024-03-20 UTC'), 450::bigint, 'a promotion that was deleted since');
SELECT is(pg_temp.prior('od-1', '2024-03-20 UTC', 18), 500::bigint, '... is over when it was');

-- Scheduled prices in the zone of the store: clocks go forward on 31 March 2024.
SELECT pg_temp.price('od-late', 1000), pg_temp.price('od-late', 700, '2024-03-20 Europe/Berlin', '2024-03-21 Europe/Berlin'),
       pg_temp.price('od-late', 800, '2024-04-01 Europe/Berlin', '2024-04-20 Europe/Berlin'),
       pg_temp.price('od-late', 800, '2024-04-10 Europe/Berlin'),
       pg_temp.price('od-late', 1, price_type => 'ORIGINAL'), pg_temp.price('od-late', 1, quantity => 2);
INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
SELECT 'od-r', m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference = 'od-M';
SELECT pg_temp.price('od-late', 2, relationship => 'od-r') IS NOT NULL;
SELECT is(pg_temp.prior('od-late', '2024-04-15 UTC'), 700::bigint, 'neither tiers, other types nor contracts count');
SELECT is(pg_temp.prior('od-late', '2024-04-15 UTC', 12), 700::bigint, '12 days before 1 April in Berlin begin on 20 March');
SELECT is(pg_temp.prior('od-late', '2024-04-15 UTC', 11), 1000::bigint, '11 days begin at midnight of 21 March, local time');
SELECT is(pg_temp.prior('od-late', '2024-05-15 UTC'), 700::bigint,
          'the same amount from another row is no new price: 800 is in force since 1 April');
SELECT is(pg_temp.prior('od-late', '2024-03-20 12:00 UTC'), 1000::bigint, 'days before the offer could be seen have no price');
SELECT is(pg_temp.prior('od-late', '2024-03-15 UTC'), NULL, 'a first price has none before it');
SELECT is(offerengine.lowest_prior_price('od-unknown', 'od-DE', 'EUR'), NULL, 'unknown offer');
SELECT is(offerengine.lowest_prior_price(NULL, 'od-DE', 'EUR'), NULL, 'NULL offer');
SET LOCAL TimeZone = 'Pacific/Auckland';
SELECT is(pg_temp.prior('od-late', '2024-04-15 UTC', 11), 1000::bigint, 'the session''s time zone plays no part');
SELECT throws_ok($$SELECT offerengine.lowest_prior_price('od-1', 'od-DE', 'EUR', days => 0)$$, '22023',
                 'days must be at least 1, not 0');
SELECT throws_ok($$SELECT offerengine.lowest_prior_price('od-1', 'od-DE', NULL)$$, '22004');
SELECT throws_ok($$SELECT offerengine.lowest_prior_price('od-1', 'od-XX', 'EUR')$$, '22023');

-- A page in one call.
SELECT results_eq(
    format($$SELECT * FROM offerengine.lowest_prior_prices('{od-unknown,od-p,NULL,od-p}', 'od-DE', 'EUR', 'gross', %s, %L)$$, q.days, q.at),
    format($$SELECT l.sku, l.offer_reference, l.amount, pg_temp.prior(l.offer_reference, %2$L, %1$s)
               FROM offerengine.list_offers('od-p', 'od-DE', 'EUR', at => %2$L) l$$, q.days, q.at), format('all offers of a page at %s', q.at))
  FROM (VALUES (30, '2024-03-20 UTC'::timestamptz), (5, '2024-03-20 UTC'), (11, '2024-04-15 UTC'), (30, '2024-03-04 UTC'), (30, now())) AS q (days, at);
SELECT results_eq($$SELECT * FROM offerengine.lowest_prior_prices('{od-p}', 'od-DE', 'EUR', at => '2024-04-15 UTC')$$,
    $$VALUES ('od-p', 'od-2', 500::bigint, 400::bigint), ('od-p', 'od-late', 800, 700), ('od-p', 'od-1', 1000, 450)$$, 'in the order of a listing');
SELECT is_empty($$SELECT *
                   FROM (VALUES (NULL::text[]), ('{}'), ('{od-unknown}'), ('{NULL}')) AS q (skus), offerengine.lowest_prior_prices(q.skus, 'od-DE', 'EUR')$$, 'no offers, no rows');
SELECT throws_ok($$SELECT * FROM offerengine.lowest_prior_prices('{od-p}', 'od-DE', 'EUR', days => 0)$$, '22023', 'days must be at least 1, not 0');
SELECT throws_ok($$SELECT * FROM offerengine.lowest_prior_prices('{{od-p}}', 'od-DE', 'EUR')$$, '22023');
SELECT throws_ok($$SELECT * FROM offerengine.lowest_prior_prices('{}', NULL, 'EUR')$$, '22004');
SELECT throws_ok($$SELECT * FROM offerengine.lowest_prior_prices('{}', 'od-XX', 'EUR')$$, '22023');
SELECT throws_ok($$SELECT * FROM offerengine.lowest_prior_prices('{}', 'od-DE', 'EUR', days => 0)$$, '22023');

SELECT * FROM finish();
ROLLBACK;
