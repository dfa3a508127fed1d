-- What may be a reference, SKU, code or title: whatever else a file says is an error of its row, in a dry run too.
BEGIN;
\ir ../include/import.psql
SELECT no_plan();

CREATE TEMP TABLE odd (no integer PRIMARY KEY, value text, problem text);
INSERT INTO odd VALUES
    (1, repeat('k', 255), NULL), (2, repeat('k', 256), 'is longer than 255 bytes'), (3, repeat('ä', 128), 'is longer than 255 bytes'),
    (4, repeat('k', 9000), 'is longer than 255 bytes'), (5, 'IT-n' || chr(160), NULL),
    (6, chr(8203) || 'IT-x', 'begins or ends with white space'), (7, chr(8239) || 'IT-m' || chr(65279), NULL),
    (8, chr(12288) || ' IT-w' || chr(8199), NULL), (9, 'IT' || chr(7) || 'x', 'contains a control character'),
    (10, 'IT-' || chr(133) || 'x', 'contains a control character'), (11, 'IT-tab' || chr(9) || 'x', 'contains a control character'),
    (12, 'IT-two' || chr(10) || 'lines', 'contains a control character'), (13, '  IT-blanks around' || chr(13) || chr(10) || ' ', NULL),
    (14, 'IT-' || chr(160) || 'inside', NULL);

-- Every file that makes something of a key, with the row that a key is in and the column that is wrong.
CREATE TEMP TABLE made (file text, key_column text, others text, others_values text, relation text, made_column text);
INSERT INTO made VALUES
    ('store', 'name', '', '', 'store', 'store_code'),
    ('merchant', 'merchant_reference', ', merchant_name', ', ''n''', 'merchant', 'merchant_reference'),
    ('product_abstract', 'abstract_sku', '', '', 'abstract_product', 'abstract_sku'),
    ('product_concrete', 'concrete_sku', ', abstract_sku', ', ''IT-A''', 'product', 'sku'),
    ('warehouse', 'name', '', '', 'warehouse', 'name'),
    ('merchant_stock', 'stock_name', ', merchant_reference', ', ''IT-M1''', 'warehouse', 'name'),
    ('merchant_relationship', 'merchant_relation_key', ', merchant_reference', ', ''IT-M1''', 'merchant_relationship', 'relationship_key'),
    ('merchant_product_offer', 'product_offer_reference', ', concrete_sku, merchant_reference', ', ''IT-P'', ''IT-M1''', 'offer', 'offer_reference'),
    ('combined_merchant_product_offer', 'product_offer_reference',
        ', merchant_product_offer_concrete_sku, merchant_product_offer_merchant_reference', ', ''IT-P'', ''IT-M1''', 'offer', 'offer_reference'),
    ('merchant_product_offer', 'merchant_sku', ', product_offer_reference, concrete_sku, merchant_reference',
        ', ''IT-sku'' || o.no, ''IT-P'', ''IT-M1''', 'offer', 'merchant_sku');
CREATE FUNCTION pg_temp.load_odd(m made, dry_run boolean) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    answer text[];
BEGIN
    PERFORM offerengine.import_begin();
    EXECUTE format('INSERT INTO offerengine.%I (line_no, %I%s) SELECT o.no, o.value%s FROM odd o ORDER BY o.no',
                   'import_' || m.file, m.key_column, m.others, m.others_values);
    PERFORM offerengine.import_run(dry_run => load_odd.dry_run);
    answer := ARRAY(SELECT format('%s %s: %s', e.line, e.column_name, e.message) FROM offerengine.import_error e
                     WHERE e.import_id = current_setting('offerengine.import_id')::bigint AND e.severity = 'error' ORDER BY e.line);
    PERFORM offerengine.import_end();
    RETURN answer;
END $$;
CREATE FUNCTION pg_temp.expected(m made) RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(format('%s %s: %s', o.no, m.key_column, o.problem) ORDER BY o.no) FROM odd o WHERE o.problem IS NOT NULL $$;
SELECT is(pg_temp.load_odd(m, true), pg_temp.expected(m), format('%s.%s, dry', m.file, m.key_column)) FROM made m;
SELECT is(pg_temp.load_odd(m, false), pg_temp.expected(m), format('%s.%s', m.file, m.key_column)) FROM made m;
CREATE FUNCTION pg_temp.there(m made) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    answer bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM offerengine.%I t WHERE t.%I IN (SELECT btrim(o.value, E'' \t\r\n\u00A0\u202F\uFEFF\u3000\u2007'') FROM odd o WHERE o.problem IS NULL)',
                   m.relation, m.made_column) INTO answer;
    RETURN answer;
END $$;
SELECT is(pg_temp.there(m), 6::bigint, format('%s.%s: the good ones are there, without blanks around', m.file, m.key_column)) FROM made m;

-- Buyers are keys, one cell holds several.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant_relationship (line_no, merchant_relation_key, merchant_reference, company_business_unit_assignee_keys) VALUES
    (2, 'IT-r1', 'IT-M1', ' b ;; a '), (3, 'IT-r2', 'IT-M1', 'a;b' || chr(8203) || ';' || repeat('k', 256)), (4, 'IT-r3', 'IT-M1', 'a;' || repeat('k', 256));
SELECT set_eq('SELECT pg_temp.run()', ARRAY['merchant_relationship 3/1/0/0/2'], 'one relationship of three');
SELECT set_eq($$ SELECT regexp_replace(s.line, '"[^"]*"', '') FROM pg_temp.said() AS s (line) $$, ARRAY[
    'error merchant_relationship:3 company_business_unit_assignee_keys : buyer 2: begins or ends with white space',
    'error merchant_relationship:4 company_business_unit_assignee_keys : buyer 2: is longer than 255 bytes'], 'says which buyer cannot be');
SELECT set_eq($$ SELECT a.buyer FROM offerengine.merchant_relationship_assignee a JOIN offerengine.merchant_relationship USING (merchant_relationship_id)
                  WHERE relationship_key = 'IT-r1' $$, ARRAY['a', 'b'], 'blanks around buyers do not count');
SELECT offerengine.import_end();

-- Titles and names: 255 characters, no control characters.
CREATE TEMP TABLE odd_title (no integer, value text, problem text);
INSERT INTO odd_title VALUES (1, repeat('ä', 255), NULL), (2, repeat('ä', 256), 'is longer than 255 characters'),
    (3, 'two' || chr(10) || 'lines', 'contains a control character'), (4, 'x' || chr(133), 'contains a control character'), (5, 'Käse ' || chr(160), NULL);
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant (line_no, merchant_reference, merchant_name) SELECT t.no, 'IT-T' || t.no, t.value FROM odd_title t;
INSERT INTO offerengine.import_product_abstract (line_no, abstract_sku, name) SELECT t.no, 'IT-T' || t.no, t.value FROM odd_title t;
INSERT INTO offerengine.import_product_concrete (line_no, abstract_sku, concrete_sku, dynamic)
SELECT t.no, 'IT-A', 'IT-T' || t.no, jsonb_build_object('name.fr_FR', t.value) FROM odd_title t;
INSERT INTO offerengine.import_merchant_product_offer (line_no, product_offer_reference, concrete_sku, merchant_reference, title)
SELECT t.no, 'IT-T' || t.no, 'IT-P', 'IT-M1', t.value FROM odd_title t;
INSERT INTO offerengine.import_combined_merchant_product_offer (line_no, product_offer_reference, merchant_product_offer_concrete_sku,
    merchant_product_offer_merchant_reference, merchant_product_offer_title)
SELECT t.no, 'IT-TC' || t.no, 'IT-P', 'IT-M1', t.value FROM odd_title t;
CREATE TEMP TABLE titled AS
SELECT array_agg(format('%s:%s %s %s', f.file, t.no, f.column_name, t.problem)) AS expected
  FROM odd_title t, (VALUES ('merchant', 'merchant_name'), ('product_abstract', 'name'), ('product_concrete', 'name'), ('merchant_product_offer', 'title'),
                            ('combined_merchant_product_offer', 'merchant_product_offer.title')) AS f (file, column_name)
 WHERE t.problem IS NOT NULL;
CREATE FUNCTION pg_temp.titles(dry_run boolean) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine.import_run(dry_run => titles.dry_run);
    RETURN QUERY SELECT format('%s:%s %s %s', e.file, e.line, e.column_name, e.message) FROM offerengine.import_error e
                  WHERE e.import_id = current_setting('offerengine.import_id')::bigint;
END $$;
SELECT set_eq('SELECT pg_temp.titles(true)', (SELECT t.expected FROM titled t), 'titles, dry');
SELECT set_eq('SELECT pg_temp.titles(false)', (SELECT t.expected FROM titled t), 'titles');
SELECT offerengine.import_end();

-- A key that finds nothing says so, or why it cannot.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, price_type, value_net) VALUES
    ('IT-T1' || chr(160), 'IT-DE' || chr(8203), 'EUR', '', '1'), ('IT-none', 'IT-DE', repeat('E', 256), 'x' || chr(1) || 'y', '1');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['price_product_offer 2/0/0/0/2'], 'nothing is found');
SELECT set_eq($$ SELECT regexp_replace(s.line, '"[^"]*"', '') FROM pg_temp.said() AS s (line) $$, ARRAY[
    'error price_product_offer:2 store : begins or ends with white space',
    'error price_product_offer:3 product_offer_reference : unknown offer', 'error price_product_offer:3 currency : is longer than 255 bytes',
    'error price_product_offer:3 price_type : contains a control character'], 'as said');
SELECT * FROM finish();
ROLLBACK;
