-- Which row of a price sheet counts for a country on a day, and what a running subscription pays.
BEGIN;
SET LOCAL search_path = public, pg_catalog;
SELECT plan(25);

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
                      FROM offerengine._sheet_price(900001, currency, price_mode, country, day) p), 'none') $$;
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
                      FROM offerengine._sheet_price_existing(900001, 'EUR', price_mode, country, purchased_on, period_start) p),
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

SELECT * FROM finish();
ROLLBACK;
