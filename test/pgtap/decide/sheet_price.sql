-- Prices by country: which row of a price sheet counts for a country on a day, what a running subscription pays, and what the price
-- functions make of it, by probes and by SQL.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();

-- DACH and EU have one priority, EU is the older one; NORDIC goes before both; VOID holds no country.
INSERT INTO offerengine.price_segment (price_segment_id, code, priority)
VALUES (900001, 'S-EU', 100), (900002, 'S-DACH', 100), (900003, 'S-NORDIC', 10), (900004, 'S-VOID', 1);
INSERT INTO offerengine.price_segment_country (price_segment_id, country_code)
VALUES (900001, 'DE'), (900001, 'AT'), (900001, 'SE'), (900001, 'FR'), (900002, 'DE'), (900002, 'AT'), (900002, 'CH'),
       (900003, 'SE');
INSERT INTO offerengine.price_sheet (price_sheet_id, code) VALUES (900001, 'S-SHEET'), (900002, 'S-OTHER');
INSERT INTO offerengine.price_sheet_price (price_sheet_price_id, price_sheet_id, price_segment_id, currency_code, net_amount,
                                           gross_amount, valid_from, valid_from_existing)
VALUES (900001, 900001, NULL,   'EUR', 1000, 1190, '2025-01-01', NULL),
       (900002, 900001, NULL,   'EUR', 1100, 1309, '2025-07-01', '2025-09-01'),
       (900003, 900001, 900001, 'EUR', 800,  952,  '2025-03-01', '2025-06-15'),
       (900004, 900001, 900002, 'EUR', 900,  NULL, '2025-02-01', NULL),
       (900005, 900001, 900003, 'EUR', 0,    0,    '2025-03-01', NULL),
       (900006, 900001, 900004, 'EUR', 1,    1,    '2025-01-01', '2025-01-01'),
       (900007, 900001, 900003, 'EUR', NULL, 700,  '2025-08-01', NULL),
       (900008, 900001, NULL,   'SEK', 9000, NULL, '2025-01-01', NULL),
       (900009, 900002, NULL,   'EUR', 5,    5,    '2025-01-01', NULL),
       (900010, 900001, NULL,   'EUR', NULL, 1400, '2025-10-01', '2025-11-01');

CREATE FUNCTION pg_temp.price(currency text, price_mode text, country text, day date) RETURNS text LANGUAGE sql AS
$$ SELECT COALESCE((SELECT (p.price_sheet_price_id - 900000) || ': ' || p.amount
                      FROM offerengine_internal.sheet_price(900001, currency, price_mode, country, day) p), 'none') $$;
SELECT is(pg_temp.price(c.currency, c.mode, c.country, c.day::date), c.answer, c.description)
  FROM (VALUES
    ('EUR', 'net',   'US', '2024-12-31', 'none',     'nothing has begun'),
    ('EUR', 'net',   'US', '2025-01-01', '1: 1000',  'begins with its first day'),
    ('EUR', 'gross', 'US', '2025-01-01', '1: 1190',  'the amount of the mode'),
    ('EUR', 'net',   'US', '2025-06-30', '1: 1000',  'until the day before the next'),
    ('EUR', 'net',   'US', '2025-07-01', '2: 1100',  'the newest that has begun'),
    ('EUR', 'net',   NULL, '2025-07-01', '2: 1100',  'no country: everywhere only'),
    ('EUR', 'net',   'CH', '2025-01-31', '1: 1000',  'the segment''s row has not begun: everywhere'),
    ('EUR', 'net',   'CH', '2025-02-01', '4: 900',   'a segment goes before everywhere'),
    ('EUR', 'net',   'DE', '2025-02-28', '4: 900',   'the other segment''s row has not begun'),
    ('EUR', 'net',   'DE', '2025-03-01', '3: 800',   'equal priorities: the smaller id'),
    ('EUR', 'gross', 'CH', '2025-03-01', 'none',     'no amount in the mode is no price: nothing stands in'),
    ('EUR', 'net',   'SE', '2025-03-01', '5: 0',     'the smaller priority goes first; 0 is a price'),
    ('EUR', 'net',   'SE', '2025-08-01', 'none',     'a newer row without amount in the mode hides the older one'),
    ('EUR', 'gross', 'SE', '2025-08-01', '7: 700',   'in the other mode it is the price'),
    ('EUR', 'net',   'FR', '2025-12-01', '3: 800',   'a newer row for everywhere does not go before a segment'),
    ('SEK', 'net',   'SE', '2025-12-01', '8: 9000',  'each currency by itself'),
    ('USD', 'net',   'US', '2025-12-01', 'none',     'a currency that the sheet does not have')
  ) AS c (currency, mode, country, day, answer, description);

CREATE FUNCTION pg_temp.existing(price_mode text, country text, purchased_on date, period_start date) RETURNS text
LANGUAGE sql AS
$$ SELECT COALESCE((SELECT (p.price_sheet_price_id - 900000) || ': ' || p.amount
                      FROM offerengine_internal.raised_price(ARRAY(SELECT r FROM offerengine_internal.sheet_rows(900001, 'EUR', country, NULL) r), price_mode,
                                                                purchased_on, period_start) p),
                   'fixed') $$;
SELECT is(pg_temp.existing(c.mode, c.country, c.purchased_on::date, c.period_start::date), c.answer, c.description)
  FROM (VALUES
    ('net',   'US', '2025-01-10', '2025-08-31', 'fixed',    'rows that are for new customers only'),
    ('net',   'US', '2025-01-10', '2025-09-01', '2: 1100',  'from the first period that begins on the day or later'),
    ('net',   'US', '2025-09-01', '2025-12-01', 'fixed',    'bought on the day: the price fixed then counts'),
    ('net',   'US', '2025-08-31', '2025-12-01', '2: 1100',  'bought the day before; a newer row without net leaves it so'),
    ('gross', 'US', '2025-08-31', '2025-12-01', '10: 1400', 'the newest by valid_from_existing'),
    ('gross', 'FR', '2025-01-10', '2025-06-15', '3: 952',   'a segment'),
    ('gross', 'FR', '2025-01-10', '2025-12-01', '3: 952',   'a segment goes before everywhere'),
    ('gross', 'CH', '2025-01-10', '2025-12-01', '10: 1400', 'a segment without a row for running ones: everywhere')
  ) AS c (mode, country, purchased_on, period_start, answer, description);

-- Offers with a sheet. Stores in New York (country US) and Auckland (no country); the sheet's prices begin on a day there.
INSERT INTO offerengine.store (store_code, name, time_zone, default_country)
VALUES ('S-NY', 'New York', 'America/New_York', 'US'), ('S-AK', 'Auckland', 'Pacific/Auckland', NULL);
INSERT INTO offerengine.store_currency (store_code, currency_code, is_default) VALUES ('S-NY', 'EUR', true), ('S-AK', 'EUR', true);
INSERT INTO offerengine.abstract_product_store (abstract_product_id, store_code)
SELECT a.abstract_product_id, s.store_code FROM offerengine.abstract_product a, offerengine.store s
 WHERE a.abstract_sku = 'T-A' AND s.store_code LIKE 'S-%';
SELECT offerengine.put_price_segment('S-NA', priority => 10, countries => '{US,CA}'),
       offerengine.put_price_segment('S-ALL', priority => 20, countries => '{US,CA,MX}'),
       offerengine.put_price_segment('S-TWIN', priority => 10, countries => '{CA}') \g /dev/null
SELECT offerengine.put_price_sheet('S-F', prices => '[
    {"currency": "EUR", "net_amount": 100, "gross_amount": 119},
    {"currency": "EUR", "net_amount": 200, "gross_amount": 238, "valid_from": "2100-07-01"},
    {"currency": "EUR", "net_amount": 300, "gross_amount": 357, "valid_from": "2100-08-01"},
    {"currency": "EUR", "segment": "S-NA", "net_amount": 90, "valid_from": "2100-07-15"},
    {"currency": "EUR", "segment": "S-NA", "net_amount": 80, "gross_amount": 95, "valid_from": "2100-08-01"},
    {"currency": "EUR", "segment": "S-TWIN", "net_amount": 70, "gross_amount": 83, "valid_from": "2100-08-01"},
    {"currency": "EUR", "segment": "S-ALL", "net_amount": 0, "gross_amount": 0, "valid_from": "2100-08-01"},
    {"currency": "USD", "segment": "S-NA", "net_amount": 5}]') \g /dev/null
SELECT offerengine.put_price_sheet('S-LATER', prices => '[{"currency": "EUR", "net_amount": 1, "gross_amount": 1}]') \g /dev/null
SELECT offerengine.put_contract('S-TRIAL', NULL, '14 days', '14 days', NULL, '14 days', 'S-F'),
       offerengine.put_contract('S-MONTH', NULL, '1 month', '1 month', NULL, NULL, 'S-LATER') \g /dev/null
SELECT offerengine.put_offer('s-pass', 'T-P', 't-own', '{S-NY,S-AK}', offer_type => 'time_pass', price_sheet => 'S-F'),
       offerengine.put_offer('s-sub', 'T-P', 't-own', '{S-NY,S-AK}', offer_type => 'subscription'),
       offerengine.put_offer('s-hidden', 'T-P', 't-own', '{S-NY}', price_sheet => 'S-F') \g /dev/null
SELECT offerengine.set_offer_steps('s-sub', '{S-TRIAL,S-MONTH}') \g /dev/null
SELECT offerengine.approve_offer('s-pass'), offerengine.approve_offer('s-sub') \g /dev/null
-- What the product costs plays no part.
SELECT offerengine.set_price('S-NY', 'EUR', 7, 7, sku => 'T-P'), offerengine.set_price('S-AK', 'EUR', 7, 7, sku => 'T-P') \g /dev/null

CREATE FUNCTION pg_temp.by(path text) RETURNS text LANGUAGE sql AS
$$ SELECT set_config('offerengine.fast_path', CASE path WHEN 'probes' THEN 'on' ELSE 'off' END, true); SELECT path $$;
CREATE FUNCTION pg_temp.said(p offerengine.price_result) RETURNS text LANGUAGE sql AS
$$ SELECT CASE WHEN p.amount IS NULL THEN p.reason
               ELSE concat_ws(' ', p.amount, p.price_source, p.price_type, p.min_quantity, p.relationship_key,
                              (SELECT coalesce(s.code, '*') || ' ' || r.valid_from FROM offerengine.price_sheet_price r
                                 LEFT JOIN offerengine.price_segment s USING (price_segment_id) WHERE r.price_sheet_price_id = p.price_id)) END $$;
CREATE TEMP TABLE resolved (line serial, store text, mode text, country text, at timestamptz, type text, said text);
INSERT INTO resolved (store, mode, country, at, type, said) VALUES
    -- the last instant before midnight there, and the first after
    ('S-NY', 'net',   'DE', '2100-07-01 03:59:59.999999Z', 'DEFAULT',  '100 price_sheet DEFAULT 1 * -infinity'),
    ('S-NY', 'net',   'DE', '2100-07-01 04:00:00Z',        'DEFAULT',  '200 price_sheet DEFAULT 1 * 2100-07-01'),
    ('S-AK', 'net',   'DE', '2100-06-30 11:59:59.999999Z', 'DEFAULT',  '100 price_sheet DEFAULT 1 * -infinity'),
    ('S-AK', 'net',   'DE', '2100-06-30 12:00:00Z',        'DEFAULT',  '200 price_sheet DEFAULT 1 * 2100-07-01'),
    ('S-NY', 'gross', 'DE', '9999-12-31 00:00:00Z',        'DEFAULT',  '357 price_sheet DEFAULT 1 * 2100-08-01'),
    ('S-NY', 'gross', 'DE', 'infinity',                    'DEFAULT',  'not_visible'),
    -- the store's country where none is named, everywhere where it has none
    ('S-NY', 'net',   NULL, '2100-07-15 03:59:59Z',        'DEFAULT',  '200 price_sheet DEFAULT 1 * 2100-07-01'),
    ('S-NY', 'net',   NULL, '2100-07-15 04:00:00Z',        'DEFAULT',  '90 price_sheet DEFAULT 1 S-NA 2100-07-15'),
    ('S-AK', 'net',   NULL, '2100-07-20 00:00:00Z',        'DEFAULT',  '200 price_sheet DEFAULT 1 * 2100-07-01'),
    ('S-AK', 'net',   'US', '2100-07-20 00:00:00Z',        'DEFAULT',  '90 price_sheet DEFAULT 1 S-NA 2100-07-15'),
    ('S-NY', 'net',   'DE', '2100-07-20 00:00:00Z',        'DEFAULT',  '200 price_sheet DEFAULT 1 * 2100-07-01'),
    ('S-NY', 'net',   'CU', '2100-07-20 00:00:00Z',        'DEFAULT',  '200 price_sheet DEFAULT 1 * 2100-07-01'),
    -- no amount in the mode: no price, and nothing stands in
    ('S-NY', 'gross', 'US', '2100-07-20 00:00:00Z',        'DEFAULT',  'no_price'),
    ('S-NY', 'gross', 'US', '2100-08-02 00:00:00Z',        'DEFAULT',  '95 price_sheet DEFAULT 1 S-NA 2100-08-01'),
    -- equal priorities: the older segment; 0 is a price
    ('S-NY', 'net',   'CA', '2100-08-02 00:00:00Z',        'DEFAULT',  '80 price_sheet DEFAULT 1 S-NA 2100-08-01'),
    ('S-NY', 'net',   'MX', '2100-08-02 00:00:00Z',        'DEFAULT',  '0 price_sheet DEFAULT 1 S-ALL 2100-08-01'),
    -- sales prices only
    ('S-NY', 'net',   'DE', '2100-08-02 00:00:00Z',        'ORIGINAL', 'no_price');
SELECT is(pg_temp.said(offerengine.resolve_price(o.reference, r.store, 'EUR', r.mode, country => r.country, price_type => r.type, at => r.at)),
          r.said, concat_ws(' ', pg_temp.by(p.path), o.reference, r.store, r.mode, coalesce(r.country, '-'), r.at, r.type))
  FROM unnest(ARRAY['probes', 'sql']) p (path), unnest(ARRAY['s-pass', 's-sub']) o (reference), (SELECT * FROM resolved ORDER BY line) r;
SELECT is(pg_temp.said(offerengine.resolve_price('s-pass', 'S-NY', 'EUR', 'net', 1000, 'nobody', 'DE', at => '2100-07-20')),
          '200 price_sheet DEFAULT 1 * 2100-07-01', pg_temp.by(p.path) || ': the quantity plays no part')
  FROM unnest(ARRAY['probes', 'sql']) p (path);

-- Why there is none, with the country that was looked for.
SELECT is(concat_ws(': ', r.reason, r.detail), c.said, concat_ws(' ', pg_temp.by(p.path), c.reference, c.store, coalesce(c.country, '-')))
  FROM unnest(ARRAY['probes', 'sql']) p (path), (VALUES
    ('s-pass', 'S-NY', 'CHF', 'DE', 'no_price: no gross price of type DEFAULT in CHF in store S-NY for quantity 1 in country DE at 2100-07-19 20:00:00-04; store S-NY does not carry CHF'),
    ('s-pass', 'S-NY', 'CHF', NULL, 'no_price: no gross price of type DEFAULT in CHF in store S-NY for quantity 1 in country US at 2100-07-19 20:00:00-04; store S-NY does not carry CHF'),
    ('s-pass', 'S-AK', 'CHF', NULL, 'no_price: no gross price of type DEFAULT in CHF in store S-AK for quantity 1 at 2100-07-20 12:00:00+12; store S-AK does not carry CHF'),
    ('s-sub',  'S-NY', 'EUR', NULL, 'no_price: no gross price of type DEFAULT in EUR in store S-NY for quantity 1 in country US at 2100-07-19 20:00:00-04'),
    ('s-hidden', 'S-NY', 'EUR', NULL, 'not_visible: "s-hidden" is not visible in store S-NY at 2100-07-19 20:00:00-04')
  ) c (reference, store, currency, country, said)
 CROSS JOIN LATERAL offerengine.resolve_price(c.reference, c.store, c.currency, country => c.country, at => '2100-07-20 00:00:00Z') r;

-- A ladder of one step; the listing with the product's other offers; details.
SELECT results_eq(format($$SELECT l.* FROM offerengine.price_ladder(%L, 'S-NY', 'EUR', 'net', country => %L, at => '2100-08-02Z') l$$, c.reference, c.country),
                  format('SELECT 1, %s::bigint, ''price_sheet'', NULL::text, NULL::text WHERE %L IS NOT NULL', coalesce(c.amount::text, 'NULL'), c.amount),
                  concat_ws(' ', pg_temp.by(p.path), 'ladder of', c.reference, c.country))
  FROM unnest(ARRAY['probes', 'sql']) p (path),
       (VALUES ('s-pass', 'US', 80), ('s-sub', 'DE', 300), ('s-hidden', 'US', NULL)) c (reference, country, amount);
SELECT pg_temp.make_offer('s-own', 't-other'), offerengine.set_offer_stores('s-own', '{S-NY}'), offerengine.approve_offer('s-own'),
       offerengine.set_price('S-NY', 'EUR', 150, offer_reference => 's-own'),
       offerengine.set_price('S-NY', 'EUR', 170, offer_reference => 's-own', price_type => 'ORIGINAL') \g /dev/null
SELECT offerengine.put_offer('s-none', 'T-P', 't-own', '{S-NY}', price_sheet => 'S-OTHER'), offerengine.approve_offer('s-none') \g /dev/null
SELECT results_eq($$SELECT l.offer_reference, l.amount, l.original_amount, l.price_source, l.min_quantity, l.is_default, l.is_purchasable
                      FROM offerengine.list_offers('T-P', 'S-NY', 'EUR', 'net', 3, country => 'DE', at => '2100-07-20Z') l$$,
                  $$VALUES ('s-none', 5::bigint, NULL::bigint, 'price_sheet', 1, true, true), ('s-own', 150, 170, 'offer', 1, false, true),
                           ('s-pass', 200, NULL, 'price_sheet', 1, false, true), ('s-sub', 200, NULL, 'price_sheet', 1, false, true)$$,
                  pg_temp.by(p.path) || ': listed by price')
  FROM unnest(ARRAY['probes', 'sql']) p (path);
SELECT results_eq($$SELECT l.offer_reference, l.amount, l.price_source, l.min_quantity, l.is_default, l.is_purchasable
                      FROM offerengine.list_offers('T-P', 'S-NY', 'EUR', 'gross', at => '2100-07-20Z') l$$,
                  $$VALUES ('s-none', 5::bigint, 'price_sheet', 1, true, true), ('s-own', NULL, NULL, NULL, false, false),
                           ('s-pass', NULL, NULL, NULL, false, false), ('s-sub', NULL, NULL, NULL, false, false)$$,
                  pg_temp.by(p.path) || ': the country of the store, and those without a price last')
  FROM unnest(ARRAY['probes', 'sql']) p (path);
SELECT is((offerengine.offer_details('s-sub', 'S-AK', 'EUR', 'net', country => 'CA', at => '2100-07-20Z')).amount, 90::bigint, pg_temp.by(p.path) || ': details')
  FROM unnest(ARRAY['probes', 'sql']) p (path);

-- explain_price: every row in the currency, what became of it and why.
CREATE FUNCTION pg_temp.explained(reference text, mode text, country text, type text, at timestamptz, currency text DEFAULT 'EUR', store text DEFAULT 'S-NY')
RETURNS SETOF text LANGUAGE sql AS $$
    SELECT concat_ws(' | ', e.step, e.level, coalesce(s.code, '*'), e.amount, coalesce(e.valid_from, '-infinity'), e.outcome, e.detail)
      FROM offerengine.explain_price(reference, store, currency, mode, 2, NULL, country, type, at) e
      LEFT JOIN offerengine.price_sheet_price p ON p.price_sheet_price_id = e.price_id
      LEFT JOIN offerengine.price_segment s USING (price_segment_id)
     WHERE e.relationship_key IS NULL AND e.price_type = 'DEFAULT' AND e.min_quantity = 1 AND e.valid_to IS NULL AND e.valid_from IS DISTINCT FROM '-infinity'
     ORDER BY e.step
$$;
SET LOCAL timezone = 'UTC';
SELECT results_eq(format('SELECT * FROM pg_temp.explained(%L, %L, %L, %L, %L)', c.reference, c.mode, c.country, c.type, c.at), c.said,
                  concat_ws(' ', pg_temp.by(p.path), 'explained', c.reference, c.mode, coalesce(c.country, '-'), c.type, c.at))
  FROM unnest(ARRAY['probes', 'sql']) p (path), (VALUES
    ('s-pass', 'net', 'CA', 'DEFAULT', '2100-08-02Z', ARRAY[
        '1 | price_sheet | S-NA | 90 | 2100-07-15 04:00:00+00 | superseded | a later price of the same countries is valid from 2100-08-01 00:00:00-04',
        '2 | price_sheet | S-NA | 80 | 2100-08-01 04:00:00+00 | chosen',
        '3 | price_sheet | S-TWIN | 70 | 2100-08-01 04:00:00+00 | level_not_used | segment "S-NA" of the same priority 10 is older',
        '4 | price_sheet | S-ALL | 0 | 2100-08-01 04:00:00+00 | level_not_used | segment "S-NA" goes first: its priority is 10, not 20',
        '5 | price_sheet | * | 100 | -infinity | superseded | a later price of the same countries is valid from 2100-07-01 00:00:00-04',
        '6 | price_sheet | * | 200 | 2100-07-01 04:00:00+00 | superseded | a later price of the same countries is valid from 2100-08-01 00:00:00-04',
        '7 | price_sheet | * | 300 | 2100-08-01 04:00:00+00 | level_not_used | segment "S-NA" contains country CA and goes before everywhere']),
    ('s-sub', 'gross', NULL, 'DEFAULT', '2100-07-20Z', ARRAY[
        '1 | price_sheet | S-NA | 2100-07-15 04:00:00+00 | no_amount_in_mode | no gross amount',
        '2 | price_sheet | S-NA | 95 | 2100-08-01 04:00:00+00 | other_window | valid from 2100-08-01 00:00:00-04 on, asked for 2100-07-19 20:00:00-04',
        '3 | price_sheet | S-TWIN | 83 | 2100-08-01 04:00:00+00 | other_window | valid from 2100-08-01 00:00:00-04 on, asked for 2100-07-19 20:00:00-04',
        '4 | price_sheet | S-ALL | 0 | 2100-08-01 04:00:00+00 | other_window | valid from 2100-08-01 00:00:00-04 on, asked for 2100-07-19 20:00:00-04',
        '5 | price_sheet | * | 119 | -infinity | superseded | a later price of the same countries is valid from 2100-07-01 00:00:00-04',
        '6 | price_sheet | * | 238 | 2100-07-01 04:00:00+00 | level_not_used | segment "S-NA" contains country US and goes before everywhere',
        '7 | price_sheet | * | 357 | 2100-08-01 04:00:00+00 | other_window | valid from 2100-08-01 00:00:00-04 on, asked for 2100-07-19 20:00:00-04']),
    ('s-hidden', 'net', 'DE', 'DEFAULT', '2100-07-20Z', ARRAY[
        '1 | price_sheet | S-NA | 90 | 2100-07-15 04:00:00+00 | level_not_used | segment "S-NA" does not contain country DE',
        '2 | price_sheet | S-NA | 80 | 2100-08-01 04:00:00+00 | other_window | valid from 2100-08-01 00:00:00-04 on, asked for 2100-07-19 20:00:00-04',
        '3 | price_sheet | S-TWIN | 70 | 2100-08-01 04:00:00+00 | other_window | valid from 2100-08-01 00:00:00-04 on, asked for 2100-07-19 20:00:00-04',
        '4 | price_sheet | S-ALL | 0 | 2100-08-01 04:00:00+00 | other_window | valid from 2100-08-01 00:00:00-04 on, asked for 2100-07-19 20:00:00-04',
        '5 | price_sheet | * | 100 | -infinity | superseded | a later price of the same countries is valid from 2100-07-01 00:00:00-04',
        '6 | price_sheet | * | 200 | 2100-07-01 04:00:00+00 | chosen',
        '7 | price_sheet | * | 300 | 2100-08-01 04:00:00+00 | other_window | valid from 2100-08-01 00:00:00-04 on, asked for 2100-07-19 20:00:00-04'])
  ) c (reference, mode, country, type, at, said);
SELECT results_eq($$SELECT * FROM pg_temp.explained('s-pass', 'net', NULL, 'DEFAULT', '2100-08-02Z', 'USD', 'S-AK')$$,
                  ARRAY['1 | price_sheet | S-NA | 5 | -infinity | level_not_used | segment "S-NA" counts for countries, and none is named'],
                  'explained: no country at all');
SELECT results_eq($$SELECT * FROM pg_temp.explained('s-pass', 'net', NULL, 'ORIGINAL', '2100-08-02Z', 'USD')$$,
                  ARRAY['1 | price_sheet | S-NA | 5 | -infinity | other_type | asked for type ORIGINAL, and a price sheet has sales prices only'],
                  'explained: another type');
SELECT is_empty($$SELECT * FROM pg_temp.explained('s-pass', 'net', NULL, 'DEFAULT', '2100-08-02Z', 'CHF')$$, 'explained: a currency that the sheet does not have');

-- The past: a sheet has no history and counts as it is. The lowest price of the days before the current one began.
SELECT offerengine.put_price_sheet('S-PAST', prices => '[{"currency": "EUR", "net_amount": 500, "valid_from": "2024-01-01"},
    {"currency": "EUR", "net_amount": 400, "valid_from": "2024-03-01"}, {"currency": "EUR", "net_amount": 450, "valid_from": "2024-03-20"},
    {"currency": "EUR", "net_amount": 420, "valid_from": "2024-04-01"}, {"currency": "EUR", "segment": "S-NA", "net_amount": 1, "valid_from": "2024-06-01"}]') \g /dev/null
SELECT offerengine.put_offer('s-pass', price_sheet => 'S-PAST') \g /dev/null
SELECT is(pg_temp.said(offerengine.resolve_price('s-pass', 'S-AK', 'EUR', 'net', at => c.at::timestamptz)), c.said, 'in the past: ' || c.at)
  FROM (VALUES ('2023-12-31 10:59:59.999999Z', 'no_price'), ('2023-12-31 11:00:00Z', '500 price_sheet DEFAULT 1 * 2024-01-01'),
               ('2024-03-31 11:00:00Z', '420 price_sheet DEFAULT 1 * 2024-04-01')) c (at, said);
SELECT is(offerengine.lowest_prior_price('s-pass', 'S-AK', 'EUR', 'net', c.days, c.at::timestamptz), c.amount::bigint, format('lowest of %s days before %s', c.days, c.at))
  FROM (VALUES ('2024-04-10Z', 30, 400), ('2024-04-10Z', 13, 400), ('2024-04-10Z', 12, 450), ('2024-03-15Z', 30, 500), ('2024-01-15Z', 30, NULL)) c (at, days, amount);
SELECT is(offerengine.lowest_prior_price('s-pass', 'S-NY', 'EUR', 'net', 30, '2024-06-15Z'), 420::bigint, 'with the country of the store');

-- Views and health.
SELECT set_eq($$SELECT u.offer_reference || ' ' || u.store_code FROM offerengine.unpriced_offer u WHERE u.sku = 'T-P'$$, ARRAY[]::text[], 'all have a price in some mode now');
SELECT offerengine.put_price_sheet('S-OTHER', prices => '[{"currency": "EUR", "segment": "S-TWIN", "net_amount": 5}]') \g /dev/null
SELECT set_eq($$SELECT u.offer_reference || ' ' || u.store_code FROM offerengine.unpriced_offer u WHERE u.sku = 'T-P'$$, ARRAY['s-none S-NY'], 'a sheet without the store''s country');
SELECT results_eq($$SELECT concat_ws(' ', l.price_segment, l.priority, l.countries, l.net_amount, l.net_value, l.gross_value, l.valid_from, l.valid_from_existing) COLLATE "default"
                      FROM offerengine.price_sheet_list l WHERE l.price_sheet = 'S-SHEET' AND l.currency_code = 'EUR' AND l.valid_from = '2025-03-01'
                     ORDER BY l.priority$$,
                  ARRAY['S-NORDIC 10 {SE} 0 0.00 0.00 2025-03-01', 'S-EU 100 {AT,DE,FR,SE} 800 8.00 9.52 2025-03-01 2025-06-15'], 'price_sheet_list');
SELECT is(pg_temp.try_as(r.role, 'SELECT count(*) > 5 FROM offerengine.price_sheet_list'), r.outcome, r.role || ': price_sheet_list')
  FROM (VALUES ('t_operator', 'true'), ('t_merchant', 'true'), ('t_reporting', 'true'), ('t_storefront', '42501')) r (role, outcome);
SELECT is_empty($$SELECT * FROM offerengine.health_check() WHERE NOT ok AND check_name IN ('projection', 'steps')$$, 'nothing is out of step');

SELECT * FROM finish();
ROLLBACK;
