-- What a merchant's role is told of another merchant, by any way that there is: answers and refusals of every function, tables and
-- views read with functions of its own in front of the policies, statistics, and keys that it guesses.
BEGIN;
\ir ../include/attack.psql
SELECT no_plan();
CREATE FUNCTION pg_temp.is_secret(told text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce($1 ~ 'Zq7|\m7700[0-9]', false) $$;
SELECT ok(pg_temp.is_secret('(t-other-1,77002)') AND pg_temp.is_secret('Zq7 title') AND NOT pg_temp.is_secret('t-other-1'), 'secrets are known');

-- Every function that it executes, asked about the other's offer, merchant, order line: by public references, which it may know.
CREATE TEMP TABLE others (argument text PRIMARY KEY, value text);
INSERT INTO others VALUES ('offer_reference', 't-other-1'), ('offer_references', '{t-other-1}'), ('merchant_reference', 't-other'), ('merchant_references', '{t-other}'),
    ('buyer', 'Zq7-buyer'), ('prices', '[{"offer_reference": "t-other-1", "store": "T-DE", "currency": "EUR", "percent": 10}]');
SELECT pg_temp.attempt('t_merchant', pg_temp.call(t, pg_temp.with_value(t.sample, a.place, o.value)), t.name, a.place)
  FROM target t, unnest(t.arguments) WITH ORDINALITY AS a (argument, place) JOIN others o USING (argument)
 WHERE has_function_privilege('t_merchant', t.oid, 'EXECUTE') \g /dev/null
SELECT pg_temp.attempt('t_merchant', pg_temp.call(t, ARRAY(SELECT coalesce(o.value, s.value)
                           FROM unnest(t.arguments, t.sample) WITH ORDINALITY AS s (argument, value, place) LEFT JOIN others o USING (argument) ORDER BY s.place)), t.name)
  FROM target t WHERE has_function_privilege('t_merchant', t.oid, 'EXECUTE') \g /dev/null
SELECT cmp_ok((SELECT count(*) FROM outcome), '>', 40::bigint, 'functions are asked');
SELECT is((SELECT string_agg(format('%s %s: %s', o.code, coalesce(o.answer, o.told), o.call), E'\n')
             FROM outcome o WHERE pg_temp.is_secret(replace(concat(o.answer, o.told), 'Zq7-buyer', ''))), NULL, 'no function tells what is another''s');

-- Everything that it may read, column by column as it may, with a function in front that is cheaper than any policy and looks at
-- each value that it is shown, of whichever table under a view.
CREATE FUNCTION pg_temp.look(row_text text) RETURNS boolean LANGUAGE plpgsql VOLATILE COST 0.0000001 AS $$
BEGIN
    IF row_text ~ 'Zq7|\m7700[0-9]' THEN
        PERFORM set_config('attack.seen', current_setting('attack.seen', true) || left(row_text, 200), true);
    END IF;
    RETURN true;
END
$$;
CREATE TEMP TABLE readable AS
SELECT c.oid::regclass AS relation, c.relkind,
       (SELECT string_agg(format('t.%I', a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege('t_merchant', c.oid, a.attnum, 'SELECT')) AS columns,
       (SELECT string_agg(format('pg_temp.look(t.%I::text)', a.attname), ' AND ' ORDER BY a.attnum) FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege('t_merchant', c.oid, a.attnum, 'SELECT')) AS looks
  FROM pg_class c
 WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'v')
   AND has_any_column_privilege('t_merchant', c.oid, 'SELECT');
SELECT cmp_ok((SELECT count(*) FROM readable), '>', 40::bigint, 'relations are read');
CREATE FUNCTION pg_temp.seen(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM set_config('attack.seen', '', true);
    EXECUTE format('SET LOCAL ROLE %I', role);
    BEGIN
        EXECUTE statement INTO answer;
    EXCEPTION WHEN OTHERS THEN
        answer := SQLERRM;
    END;
    RESET ROLE;
    RETURN nullif(concat(CASE WHEN answer ~ 'Zq7|\m7700[0-9]' THEN answer END, current_setting('attack.seen')), '');
END
$$;
-- So that a plan looks at every row of every table that it can.
SET LOCAL jit = off;
SET LOCAL enable_nestloop = off;
SET LOCAL enable_indexscan = off;
SET LOCAL enable_bitmapscan = off;
SELECT isnt(pg_temp.seen('t_operator', 'SELECT string_agg(o.title, '','') FROM offerengine.offer o WHERE pg_temp.look(o.title)'), NULL, 'an operator sees it, and the function looks');
SELECT is((SELECT string_agg(format('%s: %s', r.relation, s.seen), E'\n')
             FROM readable r, LATERAL (SELECT pg_temp.seen('t_merchant', format(
                 'SELECT string_agg(concat_ws(''|'', %1$s), '','') FROM %2$s t WHERE %3$s', r.columns, r.relation, r.looks)) AS seen) s
            WHERE s.seen IS NOT NULL), NULL, 'a function of its own in front of a policy or a view sees nothing of another''s');
SELECT is(pg_temp.seen('t_merchant', s.statement), NULL, 'nor here: ' || s.statement)
  FROM unnest(ARRAY[
    'UPDATE offerengine.offer o SET title = o.title WHERE pg_temp.look(o::text) RETURNING o.offer_reference',
    'UPDATE offerengine.price p SET net_amount = p.net_amount WHERE pg_temp.look(p::text) RETURNING p.price_id',
    'SELECT count(*) FROM offerengine.offer o JOIN offerengine.price p ON pg_temp.look(concat(o, p))',
    'SELECT count(*) FROM offerengine.product p JOIN offerengine.offer o ON o.product_id = p.product_id AND pg_temp.look(o::text)',
    'SELECT count(*) FROM offerengine.offer o WHERE o.title::integer > 0',
    'SELECT sum(1 / (p.net_amount - 77001)) FROM offerengine.price p',
    'SELECT string_agg(v::text, '''') FROM offerengine.visible_offer v WHERE 1 / (v.gross_amount - 77002) > 0 OR true']) AS s (statement);

-- Statistics, as each role that is not the owner's.
ANALYZE offerengine.offer, offerengine.price, offerengine.merchant_relationship, offerengine.merchant_relationship_assignee, offerengine.warehouse, offerengine.offer_stock,
        offerengine.price_history, offerengine.offer_approval, offerengine.sales_order, offerengine.order_line;
SELECT is(pg_temp.seen(r.role, 'SELECT string_agg(concat(s.tablename, s.attname, s.most_common_vals, s.histogram_bounds), '','') FROM pg_catalog.pg_stats s WHERE s.schemaname LIKE ''offerengine%'''),
          NULL, r.role || ' reads nothing in pg_stats')
  FROM unnest('{t_merchant,t_storefront,t_nobody}'::text[]) AS r (role);
SELECT is(pg_temp.seen(r.role, format('SELECT string_agg(x::text, '''') FROM pg_catalog.%s x', v.view)), NULL, format('%s reads nothing in %s', r.role, v.view))
  FROM unnest('{t_merchant,t_reporting,t_storefront,t_nobody}'::text[]) AS r (role), unnest('{pg_stats_ext,pg_stats_ext_exprs}'::text[]) AS v (view);
SELECT is(pg_temp.try_as('t_merchant', 'SELECT count(*) FROM pg_catalog.pg_statistic'), '42501', 'nor the catalog behind it');

-- Keys that it guesses: what the other has is answered as what nobody has. Where a key is unique to the marketplace, a taken one
-- is refused: these, and no others, tell that somebody has it.
CREATE TEMP TABLE guess (argument text, theirs text, nobodys text);
INSERT INTO guess VALUES ('relationship_key', 'Zq7-r', 'Zq8-r'), ('warehouse', 'Zq7-w', 'Zq8-w'), ('merchant_sku', 'Zq7-sku', 'Zq8-sku'), ('offer_reference', 't-other-1', 't-other-2'),
    ('offer_references', '{t-other-1}', '{t-other-2}'), ('merchant_reference', 't-other', 't-othes'), ('buyer', 'Zq7-buyer', 'Zq8-buyer'),
    ('prices', '[{"offer_reference": "t-other-1", "store": "T-DE", "currency": "EUR", "net_amount": 1}]',
               '[{"offer_reference": "t-other-2", "store": "T-DE", "currency": "EUR", "net_amount": 1}]'),
    ('prices', '[{"offer_reference": "t-own-1", "relationship_key": "Zq7-r", "store": "T-DE", "currency": "EUR", "net_amount": 1}]',
               '[{"offer_reference": "t-own-1", "relationship_key": "Zq8-r", "store": "T-DE", "currency": "EUR", "net_amount": 1}]');
-- Each is asked twice: the context of an error is not the same where PL/pgSQL runs an expression for the first time.
SELECT pg_temp.attempt('t_merchant', pg_temp.call(t, pg_temp.with_value(t.sample, a.place, v.value)), t.name, a.place)
  FROM target t, unnest(t.arguments) WITH ORDINALITY AS a (argument, place) JOIN guess g USING (argument), unnest(ARRAY[g.theirs, g.nobodys]) WITH ORDINALITY AS v (value, n)
 WHERE has_function_privilege('t_merchant', t.oid, 'EXECUTE') ORDER BY t.oid, a.place, g.theirs, v.n \g /dev/null
DELETE FROM outcome;
SELECT pg_temp.attempt('t_merchant', pg_temp.call(t, pg_temp.with_value(t.sample, a.place, v.value)), t.name, a.place)
  FROM target t, unnest(t.arguments) WITH ORDINALITY AS a (argument, place) JOIN guess g USING (argument), unnest(ARRAY[g.theirs, g.nobodys]) WITH ORDINALITY AS v (value, n)
 WHERE has_function_privilege('t_merchant', t.oid, 'EXECUTE') ORDER BY t.oid, a.place, g.theirs, v.n \g /dev/null
SELECT set_eq($$
    SELECT concat_ws(' ', theirs.name, t.arguments[theirs.place], theirs.code, nobodys.code) COLLATE "default" AS told
      FROM outcome theirs JOIN outcome nobodys ON nobodys.n = theirs.n + 1 JOIN target t ON t.name = theirs.name AND theirs.place <= cardinality(t.arguments)
     WHERE theirs.n % 2 = (SELECT min(n) % 2 FROM outcome)
       AND (theirs.code, regexp_replace(theirs.told, 'Zq7|t-other-1|t-other', '', 'g'))
           IS DISTINCT FROM (nobodys.code, regexp_replace(nobodys.told, 'Zq8|t-other-2|t-othes', '', 'g'))
$$,
    $$VALUES ('explain_price offer_reference 42501 BACK0'), ('explain_visibility offer_reference 42501 BACK0'),
             ('put_offer offer_reference 23505 BACK0'), ('put_relationship relationship_key 23505 BACK0')$$,
    'a merchant''s guess is answered alike whether another has it, but for references that only one may have');
SELECT is(pg_temp.try_as('t_merchant', i.statement), i.outcome, 'plain statements: ' || i.statement)
  FROM (VALUES (format('INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount) VALUES (%s, ''T-DE'', ''EUR'', 1)', :other), '42501'),
               ('INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount) VALUES (999999999, ''T-DE'', ''EUR'', 1)', '42501'),
               (format('INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, merchant_sku) SELECT ''t-x'', product_id, merchant_id, ''Zq7-sku'' FROM offerengine.offer WHERE offer_id = %s', :own), '1 rows'),
               (format('INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, merchant_sku) SELECT ''t-y'', product_id, %s, ''Zq7-sku'' FROM offerengine.offer WHERE offer_id = %s',
                       (SELECT m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference = 't-other'), :own), '42501'),
               (format('INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity) SELECT %s, %s, 1', :own, (SELECT w.warehouse_id FROM offerengine.warehouse w WHERE w.name = 'Zq7-w')), '42501'),
               (format('INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity) SELECT %s, 999999999, 1', :own), '42501'),
               (format('INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer) VALUES (%s, ''x'')',
                       (SELECT r.merchant_relationship_id FROM offerengine.merchant_relationship r WHERE r.relationship_key = 'Zq7-r')), '42501'),
               ('INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer) VALUES (999999999, ''x'')', '42501'),
               (format('UPDATE offerengine.price SET merchant_relationship_id = %s WHERE offer_id = %s AND merchant_relationship_id IS NOT NULL',
                       (SELECT r.merchant_relationship_id FROM offerengine.merchant_relationship r WHERE r.relationship_key = 'Zq7-r'), :own), 'OE007'),
               (format('UPDATE offerengine.price SET merchant_relationship_id = 999999999 WHERE offer_id = %s AND merchant_relationship_id IS NOT NULL', :own), '23503'))
       AS i (statement, outcome);
SELECT * FROM finish();
ROLLBACK;
