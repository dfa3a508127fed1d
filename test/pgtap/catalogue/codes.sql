-- What may be a reference, SKU, code or key, a title, an id and a country: held by every column of every table.
BEGIN;
\ir ../include/catalogue.psql
SELECT no_plan();

-- The rule, value by value, as the writers say it and as a column holds it.
CREATE TEMP TABLE said (line serial, value text, problem text);
INSERT INTO said (value, problem) VALUES
    ('a', NULL), ('a b', NULL), ('~', NULL), ('0', NULL), (chr(228), NULL), ('a' || chr(160) || 'b', NULL), ('a' || chr(8203) || 'b', NULL),
    (repeat('x', 255), NULL), (repeat(chr(228), 127) || 'x', NULL), (chr(128512), NULL),
    ('', 'is empty'), (repeat('x', 256), 'is longer than 255 bytes'), (repeat(chr(228), 128), 'is longer than 255 bytes'),
    (repeat('x', 3000), 'is longer than 255 bytes'),
    (' ', 'begins or ends with white space'), (' a', 'begins or ends with white space'), ('a ', 'begins or ends with white space'),
    ('a' || chr(160), 'begins or ends with white space'), (chr(160) || 'a', 'begins or ends with white space'),
    ('a' || chr(5760), 'begins or ends with white space'), ('a' || chr(8192), 'begins or ends with white space'),
    ('a' || chr(8202), 'begins or ends with white space'), ('a' || chr(8203), 'begins or ends with white space'),
    ('a' || chr(8205), 'begins or ends with white space'), (chr(8232) || 'a', 'begins or ends with white space'),
    (chr(8233) || 'a', 'begins or ends with white space'), ('a' || chr(8239), 'begins or ends with white space'),
    ('a' || chr(8287), 'begins or ends with white space'), ('a' || chr(8288), 'begins or ends with white space'),
    (chr(12288) || 'a', 'begins or ends with white space'), (chr(65279) || 'a', 'begins or ends with white space'),
    ('a' || chr(9) || 'b', 'contains a control character'), ('a' || chr(10), 'contains a control character'),
    (chr(13) || 'a', 'contains a control character'), (chr(1), 'contains a control character'), ('a' || chr(31) || 'b', 'contains a control character'),
    ('a' || chr(127) || 'b', 'contains a control character'), ('a' || chr(133) || 'b', 'contains a control character'),
    ('a' || chr(159) || 'b', 'contains a control character');
SELECT is(offerengine_internal.code_problem(s.value), s.problem, 'code: ' || offerengine_internal.shown(s.value)) FROM (SELECT * FROM said ORDER BY line) AS s;
CREATE TEMP TABLE held (value text COLLATE "C");
SELECT 'ALTER TABLE held ADD CHECK (' || offerengine_internal.code_condition('value') || ')' AS condition \gset
:condition;
SELECT is(pg_temp.try(format('INSERT INTO held VALUES (%L)', s.value)), CASE WHEN s.problem IS NULL THEN '' ELSE '23514' END,
          'column: ' || offerengine_internal.shown(s.value)) FROM (SELECT * FROM said ORDER BY line) AS s;
SET LOCAL standard_conforming_strings = off;
SET LOCAL escape_string_warning = off;
SELECT is(pg_temp.try(format('INSERT INTO held VALUES (%L)', s.value)), CASE WHEN s.problem IS NULL THEN '' ELSE '23514' END,
          'column, read with backslashes: ' || offerengine_internal.shown(s.value)) FROM (SELECT * FROM said ORDER BY line) AS s;
RESET standard_conforming_strings;
SELECT is(offerengine_internal.title_problem(t.value), t.problem, 'title: ' || offerengine_internal.shown(t.value))
  FROM (VALUES (repeat(chr(228), 255), NULL), (repeat('x', 256), 'is longer than 255 characters'), ('a' || chr(10) || 'b', 'contains a control character'),
               (' a ', NULL), ('', NULL)) AS t (value, problem);
SELECT is(offerengine_internal.shown('a' || chr(7) || chr(8203) || ' b'), 'a' || chr(92) || 'u0007' || chr(92) || 'u200B b', 'what cannot be seen is shown by its number');
SELECT throws_ok($$SELECT offerengine_internal.check_references('{{a,b}}', 'skus')$$, '22023', 'skus must be a list, not an array of 2 dimensions', 'an array of arrays');

-- Every column of such a name in every table is held, by the constraint or by a foreign key to a column that is. What triggers alone write,
-- copies of what is held elsewhere, is not: the projection in offer_store and the history.
CREATE TEMP VIEW told_column AS
SELECT c.oid AS relid, c.relname::text AS relation, a.attname::text AS name, a.attnum
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname !~ '^import|^schema_migration$'
   AND a.attnum > 0 AND NOT a.attisdropped;
SELECT is_empty($$
    SELECT t.relation, t.name FROM told_column t JOIN pg_attribute a ON a.attrelid = t.relid AND a.attnum = t.attnum
     WHERE a.atttypid = 'text'::regtype AND (t.name ~ '(_reference|sku|_code|_key|^code|^buyer|_system|^price_type|^redirected_from)$' OR (t.relation, t.name) IN
               (('warehouse', 'name'), ('tag', 'name'), ('operation_policy', 'operation')))
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.relid AND k.contype = 'f' AND t.attnum = ANY (k.conkey))
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.relid AND k.conname = t.relation || '_' || t.name || '_code' AND k.convalidated)
       AND (t.relation, t.name) NOT IN (('country', 'country_code'), ('currency', 'currency_code'), ('offer_store', 'sku'), ('offer_store', 'offer_reference'),
               ('price_history', 'store_code'), ('price_history', 'currency_code'), ('price_history', 'price_type'))$$,
    'every reference, SKU, code and key');
SELECT is_empty($$
    SELECT t.relation, t.name FROM told_column t
     WHERE t.name IN ('title', 'name') AND t.relation <> 'offer_store'
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.relid AND k.conname IN (t.relation || '_' || t.name || '_title', t.relation || '_' || t.name || '_code'))$$,
    'every title and name');
SELECT is_empty($$
    SELECT t.relation, t.name FROM told_column t
      JOIN pg_attribute a ON a.attrelid = t.relid AND a.attnum = t.attnum AND a.attidentity = 'd'
     WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.relid AND k.conname = t.relation || '_' || t.name || '_given')$$,
    'every id that a statement may give');
SELECT is_empty($$
    SELECT t.relation, t.name FROM told_column t
     WHERE t.name IN ('country_code', 'default_country') AND t.relation <> 'country'
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.relid AND k.contype = 'f' AND t.attnum = ANY (k.conkey)
                          AND k.confrelid = 'offerengine.country'::regclass)$$,
    'every country');

-- Ids: none that a program could take for something else.
SELECT is(pg_temp.try(format('INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id) VALUES (%s, %L, %s, %s)', i.id, 'c-id-' || i.id,
                             pg_temp.product('C-P1'), pg_temp.merchant('c-one'))), i.outcome, 'offer_id ' || i.id)
  FROM (VALUES ('9223372036854775807', '23514'), ('9223372036854775806', ''), ('0', '23514'), ('-1', '23514'), ('9000000001', '')) AS i (id, outcome);
CREATE ROLE c_one;
SELECT offerengine.grant_access('c_one', 'merchant', 'c-one') \g /dev/null
SELECT ok(NOT has_column_privilege('c_one', format('offerengine.%I', t.relation), t.name, 'INSERT'), format('a merchant does not choose %s.%s', t.relation, t.name))
  FROM told_column t JOIN pg_attribute a ON a.attrelid = t.relid AND a.attnum = t.attnum AND a.attidentity <> '';

-- References made ahead: the next free number is taken, the others are skipped once for all.
SELECT last_value AS last FROM offerengine.offer_offer_id_seq \gset
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id)
SELECT 'offer' || n, pg_temp.product('C-P1'), pg_temp.merchant('c-two') FROM generate_series(:last + 6001, :last + 8000) AS n;
SELECT setval('offerengine.offer_offer_id_seq', :last + 6000) \g /dev/null
SET LOCAL ROLE c_one;
SELECT offerengine.put_offer(sku => 'C-P1', merchant_reference => 'c-one') AS made \gset
RESET ROLE;
SELECT is(:made::bigint, :last::bigint + 8001, 'two thousand references that are taken are skipped');
SELECT is(o.offer_reference, 'offer' || (:last + 8001), 'and the reference says the id') FROM offerengine.offer o WHERE o.offer_id = :made;
SELECT is(offerengine.put_offer(sku => 'C-P1', merchant_reference => 'c-one'), :last::bigint + 8002, 'the next one meets none of them');

-- Countries.
SELECT is((SELECT count(*) FROM offerengine.country), 249::bigint, 'the countries of ISO 3166-1');
SELECT is(array_to_string(ARRAY(SELECT offerengine.eu_countries(e.day::date)), ' '), e.countries, 'the Union on ' || e.day)
  FROM (VALUES ('1957-12-31', ''), ('1958-01-01', 'BE DE FR IT LU NL'), ('1973-01-01', 'BE DE DK FR GB IE IT LU NL'),
               ('1994-12-31', 'BE DE DK ES FR GB GR IE IT LU NL PT'), ('1995-01-01', 'AT BE DE DK ES FI FR GB GR IE IT LU NL PT SE'),
               ('2013-06-30', 'AT BE BG CY CZ DE DK EE ES FI FR GB GR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'),
               ('2020-01-31', 'AT BE BG CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'),
               ('2020-02-01', 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK')) AS e (day, countries);
SELECT is((SELECT count(*) FROM offerengine.eu_countries()), 27::bigint, 'today');
SELECT throws_ok($$SELECT offerengine.put_price_segment('c-s', countries => '{DE,EU}')$$, '22023', 'unknown country "EU"', 'EU is no country');
SELECT throws_ok($$SELECT offerengine.put_price_segment('c-s', countries => '{UK}')$$, '22023', 'unknown country "UK"', 'nor is UK');
SELECT throws_ok($$SELECT offerengine.put_price_segment('c-s', countries => '{{DE,FR}}')$$, '22023', 'countries must be a list, not an array of 2 dimensions',
                 'nor an array of arrays a list');
SELECT lives_ok($$SELECT offerengine.put_price_segment('c-s', countries => ARRAY(SELECT offerengine.eu_countries()))$$, 'a segment of the Union');
-- Every function that takes a country asks the list.
CREATE TEMP TABLE taker (statement text);
INSERT INTO taker VALUES
    ($$SELECT offerengine.price_plan('c-sub', 'EUR', country => 'EU', store => 'C-DE')$$), ($$SELECT offerengine.uncovered_countries('c-sheet', '{DE,EU}')$$),
    ($$SELECT offerengine.resolve_price('c-sub', 'C-DE', 'EUR', country => 'EU')$$), ($$SELECT offerengine.offer_details('c-sub', 'C-DE', 'EUR', country => 'EU')$$),
    ($$SELECT offerengine.search_offers('chair', 'C-DE', 'EUR', country => 'EU')$$), ($$SELECT offerengine.put_price_segment('c-s', countries => '{EU}')$$),
    ($$SELECT offerengine.purchase('c', 'c-pass', 'C-DE', 'EUR', country => 'EU')$$);
SELECT offerengine.put_price_sheet('c-sheet'), offerengine.put_offer('c-sub', 'C-P1', 'c-one', '{C-DE}', offer_type => 'subscription'),
       offerengine.put_offer('c-pass', 'C-P1', 'c-one', '{C-DE}') \g /dev/null
INSERT INTO offerengine.store_currency (store_code, currency_code) VALUES ('C-DE', 'EUR');
UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference = 'c-pass';
SELECT offerengine.set_price('C-DE', 'EUR', 1, 1, 'c-pass') \g /dev/null
SELECT throws_ok(t.statement, '22023', 'unknown country "EU"', t.statement) FROM taker t;
SELECT * FROM finish();
ROLLBACK;
