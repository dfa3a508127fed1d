-- What functions and views answer says NULL for an open end: many drivers cannot read an infinity. Tables keep it.
BEGIN;
\ir ../fixture/marketplace.psql
SELECT * FROM no_plan();

-- Everything that can be open is, in every table that has a column for it.
INSERT INTO given_price (item, owner, gross) VALUES ('open', 'offer', 1000), ('open-2', 'product', 900), ('open-3', 'abstract', 800);
INSERT INTO given_price (item, owner, gross, currency, store) VALUES ('open', 'offer', 1, 'CHF', 'shop');
INSERT INTO given_price (item, owner, gross, contract) VALUES ('open', 'offer', 700, 'gold');
SELECT offerengine.put_price_sheet('oe-sheet', prices => '[{"currency": "EUR", "gross_amount": 77}]'),
       offerengine.put_contract('oe-c', term => '1 month', accounting_period => '1 month', price_sheet => 'oe-sheet'),
       offerengine.put_offer('oe-sheeted', 'open-p', 'acme', '{shop}', price_sheet => 'oe-sheet'),
       offerengine.put_offer('oe-base', 'open-p', 'acme', '{shop}', offer_type => 'subscription'),
       offerengine.put_offer('oe-advantage', 'open-p', 'acme', '{shop}', offer_type => 'subscription'),
       offerengine.put_offer('oe-regular', 'open-p', 'acme', '{shop}', offer_type => 'subscription') \g /dev/null
SELECT offerengine.set_offer_steps(o, '{oe-c}') FROM unnest('{oe-base,oe-advantage,oe-regular}'::text[]) o \g /dev/null
UPDATE offerengine.price_sheet_price SET valid_from_existing = '-infinity' WHERE valid_from = '-infinity';
UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference LIKE 'oe-%';
SELECT offerengine.tag_offer('oe-base', 'oe-tag') \g /dev/null
SELECT offerengine.put_rule('oe-rule', '{oe-tag}', 'oe-advantage', 'oe-regular') \g /dev/null
SELECT * FROM offerengine.purchase(customer_reference => 'oe-customer', offer_reference => 'oe-base', store => 'shop', currency => 'EUR') \g /dev/null
SELECT * FROM offerengine.purchase(customer_reference => 'oe-customer', offer_reference => 'oe-advantage', store => 'shop', currency => 'EUR') \g /dev/null
SET CONSTRAINTS ALL IMMEDIATE;
SELECT cmp_ok((SELECT count(*) FROM offerengine.price p WHERE p.valid_from = '-infinity' AND p.valid_to = 'infinity'), '>', 10::bigint,
              'tables keep infinities');

-- Every column of an instant or a day in what a role may read.
CREATE FUNCTION pg_temp.infinite(source text, columns name[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    FOR found IN EXECUTE format('SELECT %s FROM %s',
            (SELECT string_agg(format('count(*) FILTER (WHERE v.%1$I IN (''infinity'', ''-infinity'')) AS %1$I', c), ', ')
               FROM unnest(columns) c), source || ' v') LOOP
        RETURN QUERY SELECT source || '.' || j.key FROM jsonb_each_text(to_jsonb(found)) j WHERE j.value <> '0';
    END LOOP;
END
$$;
SELECT is_empty(format('SELECT pg_temp.infinite(%L, %L)', c.oid::regclass, array_agg(a.attname)), 'view ' || c.relname)
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND a.atttypid IN ('timestamptz'::regtype, 'date'::regtype)
 WHERE c.relkind = 'v' AND c.relnamespace = 'offerengine'::regnamespace
 GROUP BY c.oid, c.relname ORDER BY c.relname COLLATE "C";

-- Functions that answer instants or days.
CREATE TEMP TABLE asked (function name, call text);
INSERT INTO asked VALUES
    ('explain_price', $$offerengine.explain_price('open', 'shop', 'EUR', buyer => 'anna')$$),
    ('explain_price', $$offerengine.explain_price('open', 'shop', 'EUR', at => '2021-01-01Z')$$),
    ('explain_price', $$offerengine.explain_price('oe-sheeted', 'shop', 'EUR')$$),
    ('offer_details', $$offerengine.offer_details('open', 'shop', 'EUR')$$),
    ('price_plan', $$offerengine.price_plan('oe-base', 'EUR', store => 'shop')$$),
    ('orders', $$offerengine.orders('oe-customer')$$),
    ('subscription_timeline', $$offerengine.subscription_timeline('oe-customer')$$);
CREATE FUNCTION pg_temp.answered(call text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT j.key || '': '' || j.value FROM %s v, jsonb_each_text(to_jsonb(v)) j
                                  WHERE j.value IN (''infinity'', ''-infinity'')', call);
END
$$;
SELECT is_empty(format('SELECT pg_temp.answered(%L)', a.call), a.call) FROM asked a;
SELECT cmp_ok((SELECT count(*) FROM offerengine.explain_price('open', 'shop', 'EUR', buyer => 'anna') e
                WHERE e.valid_from IS NULL AND e.valid_to IS NULL), '=', 2::bigint, 'open on both ends');

SELECT * FROM finish();
ROLLBACK;
