-- Whatever stands in a cell: no import fails because of it, every row is counted once, and a dry run counts as a run does.
BEGIN;
\ir ../include/import.psql
SELECT no_plan();
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id)
SELECT 'IT-1', p.product_id, m.merchant_id FROM offerengine.product p, offerengine.merchant m WHERE p.sku = 'IT-P' AND m.merchant_reference = 'IT-M1';

CREATE TEMP TABLE cell (value text);
INSERT INTO cell VALUES (NULL), (''), (' '), ('0'), ('1'), ('-1'), ('05'), ('1e9'), ('99999999999999999999'), ('NaN'), ('infinity'), ('null'), ('IT-1'), ('IT-P'),
    ('IT-M1'), ('IT-DE'), ('EUR'), ('approved'), ('subscription'), ('2026-02-30'), ('9999-12-31'), ('0001-01-01 00:00:00-15:59'), ('٣'), ('{}'), ('[]'), ('[1]'),
    ('[{"quantity": "5", "net_price": 1}, {"quantity": "05", "net_price": 2}]'), ('[{"quantity": {"a": 1}, "net_price": [1]}]'), ('{"application_contexts": 3}'),
    ('{"application_contexts": [[1], {"timezone": {"a": 1}}]}'), ('["\u0000"]'), (repeat('[', 20000)), (repeat('x', 9000)), ('%s $1 \ '' " ;'), (chr(1)), (chr(65279));
CREATE TEMP TABLE good (name text PRIMARY KEY, value text);
INSERT INTO good VALUES ('abstract_sku', 'IT-A'), ('concrete_sku', 'IT-P'), ('currency', 'EUR'), ('currency_code', 'EUR'), ('merchant_name', 'n'), ('merchant_reference', 'IT-M1'),
    ('merchant_relation_key', 'IT-r'), ('name', 'IT-new'), ('price_gross', '1'), ('product_offer_reference', 'IT-1'), ('quantity', '1'), ('stock_name', 'IT-W1'),
    ('store', 'IT-DE'), ('store_name', 'IT-DE'), ('value_gross', '1'), ('warehouse_name', 'IT-W1'), ('from_included', '2031-01-01'), ('to_included', '2031-01-31'),
    ('application_context_collection', '{"application_contexts": [{"timezone": "UTC"}]}');

-- Rows that are good but for one cell, each cell with each value.
CREATE FUNCTION pg_temp.stage(file text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    names  text[] := ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = ('offerengine.import_' || file)::regclass AND a.attnum > 4
                              AND a.attname <> 'dynamic' ORDER BY a.attnum);
    named  text;
    staged bigint := 0;
BEGIN
    FOREACH named IN ARRAY names LOOP
        EXECUTE (SELECT format('INSERT INTO offerengine.%I (%s) SELECT %s FROM cell c', 'import_' || file, string_agg(quote_ident(n.name), ', '),
                               string_agg(CASE WHEN n.name = named THEN 'c.value'
                                               ELSE quote_nullable((SELECT g.value FROM good g WHERE right(n.name, length(g.name)) = g.name
                                                                     ORDER BY length(g.name) DESC LIMIT 1)) END, ', '))
                   FROM unnest(names) AS n (name));
        staged := staged + (SELECT count(*) FROM cell);
    END LOOP;
    RETURN staged;
END $$;
CREATE FUNCTION pg_temp.counts(dry_run boolean) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    answer text[];
BEGIN
    -- Taken back, so that the work tables of so many imports do not all stay locked until the end.
    answer := ARRAY(SELECT format('%s read, %s in, %s changed, %s as they were, %s failed', r.rows_read, r.rows_inserted, r.rows_updated, r.rows_unchanged, r.rows_failed)
                      FROM offerengine.import_run(dry_run => counts.dry_run) r);
    RAISE EXCEPTION USING ERRCODE = 'YY001';
EXCEPTION
    WHEN SQLSTATE 'YY001' THEN
        RETURN answer;
    WHEN OTHERS THEN
        RETURN ARRAY[SQLSTATE || ' ' || SQLERRM];
END $$;
CREATE FUNCTION pg_temp.judge(file text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    staged bigint;
    dry    text[];
    wet    text[];
BEGIN
    PERFORM offerengine.import_begin();
    staged := pg_temp.stage(file);
    dry := pg_temp.counts(true);
    wet := pg_temp.counts(false);
    RETURN NEXT ok(wet[1] LIKE staged || ' read,%', format('%s is read whole: %s', file, wet[1]));
    RETURN NEXT is(dry, wet, format('%s: a dry run counts the same', file));
    PERFORM offerengine.import_end();
END $$;
SELECT pg_temp.judge(f.file) FROM offerengine_internal.import_files() f ORDER BY f.file_no;
-- All files at once, for a merchant.
SELECT offerengine.import_begin('IT-M1') > 0 AS began \gset
SELECT sum(pg_temp.stage(f.file)) AS staged FROM offerengine_internal.import_files() f \gset
SELECT pg_temp.counts(true) AS dry \gset
SELECT is(pg_temp.counts(false), :'dry'::text[], 'a merchant''s dry run counts the same');
SELECT is((SELECT sum(split_part(c, ' ', 1)::bigint) FROM unnest(:'dry'::text[]) AS c), :staged::numeric, 'and all files are read whole');
SELECT offerengine.import_end();

-- What stands in place of the object of columns without a place.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_merchant (line_no, merchant_reference, merchant_name, dynamic) VALUES
    (2, 'IT-D1', 'n', '[1]'), (3, 'IT-D2', 'n', '"x"'), (4, 'IT-D3', 'n', '7'), (5, 'IT-D4', 'n', 'null'), (6, 'IT-D5', 'n', '{"url.fr_FR": {"a": 1}}');
INSERT INTO offerengine.import_product_abstract (line_no, abstract_sku, dynamic) VALUES (2, 'IT-D1', '[1]'), (3, 'IT-D2', 'true');
INSERT INTO offerengine.import_product_concrete (line_no, abstract_sku, concrete_sku, dynamic) VALUES (2, 'IT-A', 'IT-D1', '[]'), (3, 'IT-A', 'IT-D2', '{}');
INSERT INTO offerengine.import_combined_merchant_product_offer (line_no, product_offer_reference, dynamic) VALUES (2, 'IT-1', '[1]'),
    (3, 'IT-1', '{"price.IT-DE.DEFAULT.EUR.value_net": [1], "stock.IT-W1.quantity": {"a": 1}}');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['merchant 5/2/0/0/3', 'product_abstract 2/0/0/0/2', 'product_concrete 2/1/0/0/1', 'combined_merchant_product_offer 2/0/0/0/2'],
              'is an error of its row');
SELECT set_eq('SELECT pg_temp.said()', ARRAY[
    'error merchant:2 dynamic "[1]": must be a JSON object of texts by header', 'error merchant:3 dynamic ""x"": must be a JSON object of texts by header',
    'error merchant:4 dynamic "7": must be a JSON object of texts by header', 'error product_abstract:2 dynamic "[1]": must be a JSON object of texts by header',
    'error product_abstract:3 dynamic "true": must be a JSON object of texts by header', 'error product_concrete:2 dynamic "[]": must be a JSON object of texts by header',
    'error combined_merchant_product_offer:2 dynamic "[1]": must be a JSON object of texts by header',
    'error combined_merchant_product_offer:3 price.IT-DE.DEFAULT.EUR.value_net "[1]": must be a whole number of minor units (1099 for 10.99)',
    'error combined_merchant_product_offer:3 stock.IT-W1.quantity "{"a": 1}": must be a number of at most 18 digits before the point and 10 after it'], 'as said');
SELECT throws_ok('INSERT INTO offerengine.import_store (row_no, name) VALUES (281474976710656, ''x'')', '23514', NULL, 'no row stands where rows of another file do');
SELECT offerengine.import_end();

-- One quantity, written in two ways.
SELECT results_eq($$ SELECT t.min_quantity, t.net_amount, t.message FROM offerengine_internal.import_tiers(
    '[{"quantity": "5", "net_price": 1}, {"quantity": "05", "net_price": 2}]') t $$,
    $$ VALUES (5, 1::bigint, 'tier 1: the cell names quantity 5 more than once'), (5, 2, 'tier 2: the cell names quantity 5 more than once') $$, 'quantities are compared as numbers');
SELECT * FROM finish();
ROLLBACK;
