-- How cells are read: amounts, yes and no, instants in the import's time zone, tiers.
BEGIN;
\ir ../include/import.psql
SELECT no_plan();

-- What a backslash means in this session when the functions are called first changes nothing.
SET standard_conforming_strings = off;
SET escape_string_warning = off;
SELECT is(offerengine_internal.import_instant('2026-01-31T12:30:00.5+01:00', 'UTC', 'from'), '2026-01-31 11:30:00.5+00', 'an instant');
SELECT is(offerengine_internal.import_amount_problem('-1.5'), 'must not be below 0', 'an amount');
SELECT is(offerengine_internal.import_quantity('2.5'), 2.5, 'a quantity');
SELECT is((SELECT t.min_quantity FROM offerengine_internal.import_tiers('[{"quantity": 5, "net_price": 1}]') t), 5, 'a tier');
RESET standard_conforming_strings;
RESET escape_string_warning;

-- Instants: cell, edge, expected, in Berlin.
CREATE TEMP TABLE instant (value text, edge text, expected timestamptz);
INSERT INTO instant VALUES
    ('2026-01-31', 'from', '2026-01-31 00:00+01'), ('2026-01-31', 'to', '2026-02-01 00:00+01'), ('2026-01-31', 'to_included', '2026-02-01 00:00+01'),
    ('2026-07-01 12:30:00', 'from', '2026-07-01 12:30+02'), ('2026-07-01T12:30:00.250000', 'to', '2026-07-01 12:30:00.25+02'),
    ('2026-07-01 12:30', 'from', '2026-07-01 12:30+02'), ('2026-07-01T12:30:00Z', 'from', '2026-07-01 12:30+00'),
    ('2026-07-01T12:30:00-00:00', 'from', '2026-07-01 12:30+00'), ('2026-07-01T12:30:00+0530', 'from', '2026-07-01 07:00+00'),
    ('2026-07-01T12:30:00-03', 'from', '2026-07-01 15:30+00'), ('2026-12-31T23:59:59Z', 'to_included', '2027-01-01 00:00+00'),
    ('2026-12-31T23:59:59.999Z', 'to_included', '2027-01-01 00:00+00'), ('2026-12-31T23:59:59Z', 'to', '2026-12-31 23:59:59+00'),
    (' 2026-1-5 ', 'from', '2026-01-05 00:00+01'), ('2024-02-29', 'from', '2024-02-29 00:00+01'),
    ('2023-02-29', 'from', NULL), ('2026-13-01', 'from', NULL), ('2026-04-31', 'from', NULL), ('2026-01-01 24:00:00', 'from', NULL),
    ('2026-01-01 12:60', 'from', NULL), ('0000-01-01', 'from', NULL), ('01/02/2026', 'from', NULL), ('infinity', 'from', NULL), ('now', 'to', NULL),
    ('2026-01-01T00:00:00+99:00', 'from', NULL), ('', 'to', NULL), (NULL, 'from', NULL);
SELECT is(offerengine_internal.import_instant(i.value, 'Europe/Berlin', i.edge), i.expected, format('%s (%s)', i.value, i.edge)) FROM instant i;
SET LOCAL TimeZone = 'Asia/Tokyo';
SET LOCAL DateStyle = 'SQL, DMY';
SELECT is(offerengine_internal.import_instant(i.value, 'Europe/Berlin', i.edge), i.expected, format('%s (%s), whatever the session', i.value, i.edge))
  FROM instant i WHERE i.expected IS NOT NULL;
RESET TimeZone;
RESET DateStyle;

-- Amounts and quantities.
CREATE TEMP TABLE amount (value text, expected bigint);
INSERT INTO amount VALUES ('0', 0), ('1099', 1099), (' 7 ', 7), ('007', 7), ('9223372036854775807', 9223372036854775807), ('', NULL), ('  ', NULL),
    ('9223372036854775808', NULL), ('99999999999999999999999', NULL), ('-1', NULL), ('10.99', NULL), ('1e3', NULL), ('NaN', NULL), ('١', NULL);
SELECT is(offerengine_internal.import_amount(a.value), a.expected, format('amount %s', a.value)) FROM amount a;
SELECT is(offerengine_internal.import_amount_problem(a.value) IS NULL, a.expected IS NOT NULL OR btrim(a.value) = '', format('problem of amount %s', a.value))
  FROM amount a;
SELECT is(offerengine_internal.import_quantity(v.value), v.quantity, format('quantity %s', v.value))
  FROM (VALUES ('0', 0::numeric), ('2.50', 2.5), ('-1', NULL), ('Infinity', NULL), ('1e9', NULL), ('1234567890123456789', NULL)) AS v (value, quantity);
SELECT is(offerengine_internal.import_flag(v.value), v.flag, format('flag %s', v.value))
  FROM (VALUES ('1', true), ('TRUE', true), ('Yes', true), ('0', false), ('false', false), ('no', false), ('', NULL), ('2', NULL), ('ja', NULL)) AS v (value, flag);

-- Tiers.
SELECT results_eq($$ SELECT t.position, t.min_quantity, t.net_amount, t.gross_amount, t.message FROM offerengine_internal.import_tiers(
        '[{"quantity": 5, "net_price": 100, "gross_price": ""}, {"quantity": "10", "net_price": null, "gross_price": "90"},
          {"quantity": 1, "net_price": 1}, {"quantity": 7.5, "net_price": 1}, {"quantity": 8}, {"quantity": 9, "net_price": -1},
          {"quantity": 11, "gross_price": 1.5}, 3, {"net_price": 3}, {"quantity": 12, "net_price": 1}, {"quantity": 12, "net_price": 2}]') AS t $$,
    $$ VALUES (1, 5, 100::bigint, NULL::bigint, NULL::text), (2, 10, NULL, 90, NULL),
              (3, 1, 1, NULL, 'tier 3: quantity must be a whole number from 2 to 999999999'),
              (4, NULL, 1, NULL, 'tier 4: quantity must be a whole number from 2 to 999999999'),
              (5, 8, NULL, NULL, 'tier 5: has neither a net nor a gross price'), (6, 9, NULL, NULL, 'tier 6: net_price must not be below 0'),
              (7, 11, NULL, NULL, 'tier 7: gross_price must be a whole number of minor units (1099 for 10.99)'),
              (8, NULL, NULL, NULL, 'tier 8: must be an object with quantity, net_price and gross_price'),
              (9, NULL, 3, NULL, 'tier 9: quantity must be a whole number from 2 to 999999999'),
              (10, 12, 1, NULL, 'tier 10: the cell names quantity 12 more than once'),
              (11, 12, 2, NULL, 'tier 11: the cell names quantity 12 more than once') $$, 'each tier is judged alone');
SELECT is_empty($$ SELECT offerengine_internal.import_tiers(v) FROM unnest(ARRAY['', NULL, '[]', 'null']) AS v $$, 'no tiers');
SELECT is((SELECT t.message FROM offerengine_internal.import_tiers('[{"quantity": 2}]]') AS t), 'is not valid JSON at character 18; its tiers are not loaded', 'malformed');
SELECT is((SELECT t.message FROM offerengine_internal.import_tiers(repeat(' ', 100) || E'[\n{"quantity": 2},\n ä]') AS t),
          'is not valid JSON in line 3, at character 2; its tiers are not loaded', 'malformed in a later line');
SELECT is((SELECT t.message FROM offerengine_internal.import_tiers('[' || repeat('{"quantity": 2, "net_price": 1},', 9) || '{"quantity" 3}]') AS t),
          'is not valid JSON at character 302; its tiers are not loaded', 'malformed far behind');
SELECT is((SELECT t.message FROM offerengine_internal.import_tiers('{"quantity": 2}') AS t), 'must be a JSON array of tiers; they are not loaded', 'an object');
SELECT is((SELECT t.message FROM offerengine_internal.import_tiers(repeat('[', 100000)) AS t), 'is not valid JSON; its tiers are not loaded', 'far too deep');
SELECT is((SELECT t.message FROM offerengine_internal.import_tiers('["\u0000"]') AS t), 'is not valid JSON at character 8; its tiers are not loaded', 'a character that no text holds');

-- A malformed cell costs its tiers, not its base price; a malformed tier itself only.
SELECT offerengine.import_begin(time_zone => 'America/New_York') > 0 AS began \gset
INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference) VALUES ('IT-1', 'IT-P', 'IT-M1');
INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_net, price_data_volume_prices) VALUES
    ('IT-1', 'IT-DE', 'EUR', '1000', '[{"quantity": 5, "net_price": 900}]]'),
    ('IT-1', 'IT-AT', 'EUR', '1000', '[{"quantity": 5, "net_price": 900}, {"quantity": 0, "net_price": 1}]'),
    ('IT-1', 'IT-DE', 'CHF', '', '[{"quantity": 5, "net_price": 900}]');
INSERT INTO offerengine.import_product_offer_validity (product_offer_reference, valid_from, valid_to) VALUES ('IT-1', '2026-11-01 00:00:00.000000', '2026-12-24');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['merchant_product_offer 1/1/0/0/0', 'price_product_offer 3/0/0/0/3', 'product_offer_validity 1/1/0/0/0'],
              'rows with an error have failed');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'error price_product_offer:2 price_data.volume_prices "[{"quantity": 5, "net_price": 900}]]": is not valid JSON at character 36; its tiers are not loaded',
    'error price_product_offer:3 price_data.volume_prices "{"quantity": 0, "net_price": 1}": tier 2: quantity must be a whole number from 2 to 999999999',
    'error price_product_offer:4 value_net "": a net or a gross amount is required'], 'and say why');
SELECT set_eq($$ SELECT pg_temp.prices('IT-1') $$, ARRAY['IT-DE EUR DEFAULT 1 1000/-', 'IT-AT EUR DEFAULT 1 1000/-', 'IT-AT EUR DEFAULT 5 900/-'],
              'but their good parts are there');
SELECT results_eq($$ SELECT o.valid_from, o.valid_to FROM offerengine.offer o WHERE o.offer_reference = 'IT-1' $$,
                  $$ VALUES ('2026-11-01 00:00-04'::timestamptz, '2026-12-25 00:00-05'::timestamptz) $$, 'times are in the zone of the import');
SELECT * FROM finish();
ROLLBACK;
