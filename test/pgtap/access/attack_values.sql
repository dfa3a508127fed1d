-- Every public function with its sample in which one argument is what nobody means: texts of a megabyte, controls and letters of
-- all kinds, numbers at the ends of their types, dates and instants that never end, arrays with NULL, with two dimensions, and that
-- begin elsewhere than at 1. It answers, or refuses with a code of the list.
BEGIN;
\ir ../include/attack.psql
SELECT plan(10);

CREATE TEMP TABLE crafted (type regtype, value text);
INSERT INTO crafted
SELECT c.type::regtype, v.value
  FROM (VALUES
    ('text', ARRAY[repeat('x', 1000000), '', ' ', E'a\u200bb', E'\x01', E'\U0010ffff', '%s%n%', '\', '";--', '$tag$', '{"a":', 'infinity', 'offerengine.price', repeat('(', 3000)]),
    ('integer', '{-2147483648,2147483647,0,-1}'), ('bigint', '{-9223372036854775808,9223372036854775807,0,-1}'),
    ('numeric', ARRAY['NaN', 'Infinity', '-Infinity', '0', '-1', '1e1000', '1e-1000', repeat('9', 100000)]),
    ('date', ARRAY['infinity', '-infinity', '4713-01-01 BC', '5874897-12-31', '0001-01-01', '1970-01-01']),
    ('timestamptz', ARRAY['infinity', '-infinity', '4713-01-01 00:00+00 BC', '294276-12-31 23:59:59.999999+00', '1970-01-01Z']),
    ('interval', ARRAY['0', '-1 day', '178000000 years', '-178000000 years', '2147483647 days', '1 microsecond', '1 month -1 day']),
    ('uuid', ARRAY['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']),
    ('jsonb', ARRAY['null', '{}', '[]', '7', '"x"', '[null]', '[[]]', '[{}]', '[{"line_no": 1e30, "quantity": -1}]', '[{"offer_reference": null, "quantity": 1.5}]',
                    '[{"offer_reference": "t-own-1", "quantity": "1"}]', '[{"store": {}, "currency": [], "net_amount": true}]', repeat('[', 5000) || repeat(']', 5000),
                    format('[{"%s": 1}]', repeat('k', 100000)), format('[{"offer_reference": "%s", "quantity": 1}]', repeat('x', 1000000))]),
    ('text[]', ARRAY['{}', '{NULL}', '{a,NULL}', '{{a,b},{c,d}}', '[5:6]={a,b}', '[-2147483648:-2147483647]={a,b}', '{"",a,a}', format('{%s}', repeat('x', 1000000)),
                     array_fill('t-own-1'::text, '{2000}')::text]),
    ('integer[]', ARRAY['{}', '{NULL}', '{1,NULL}', '{{1,2},{3,4}}', '[5:6]={1,2}', '{-2147483648,2147483647}', array_fill(1, '{2000}')::text]),
    ('numeric[]', ARRAY['{}', '{NULL}', '{{1,2},{3,4}}', '[5:6]={1,2}', '{NaN,Infinity,-Infinity,1e1000}']),
    ('uuid[]', ARRAY['{}', '{NULL}', '{{00000000-0000-0000-0000-000000000000},{ffffffff-ffff-ffff-ffff-ffffffffffff}}', '[5:5]={00000000-0000-0000-0000-000000000000}']),
    ('boolean', '{false,true}'), ('regrole', '{0,t_operator}')) AS c (type, list), unnest(c.list::text[]) AS v (value);
SELECT is((SELECT string_agg(DISTINCT a.type::regtype::text, ', ') FROM target t, unnest(t.types) AS a (type) WHERE a.type NOT IN (SELECT c.type FROM crafted c)), NULL,
          'every type has values');

SELECT pg_temp.attempt(r.role, pg_temp.call(t, pg_temp.with_value(t.sample, a.place, c.value)), t.name, a.place)
  FROM target t
 CROSS JOIN unnest(t.types) WITH ORDINALITY AS a (type, place)
  JOIN crafted c ON c.type = a.type
 CROSS JOIN LATERAL (SELECT coalesce((SELECT r FROM unnest('{t_storefront,t_merchant}'::text[]) WITH ORDINALITY AS r (r, n)
                                       WHERE has_function_privilege(r, t.oid, 'EXECUTE') ORDER BY n LIMIT 1), session_user)) AS r (role)
 ORDER BY t.oid, a.place, c.value \g /dev/null

SELECT cmp_ok((SELECT count(*) FROM outcome), '>', 3500::bigint, 'calls were made');
SELECT cmp_ok((SELECT count(*) FROM outcome o WHERE o.code = 'BACK0'), '>', 1000::bigint, 'many of them are answered');
SELECT is((SELECT string_agg(format('%s %s: %s [%s]', w.code, left(w.message, 200), left(w.call, 300), w.role), E'\n')
             FROM (SELECT DISTINCT ON (o.code, o.name) o.* FROM outcome o WHERE o.code NOT IN (SELECT f.code FROM fine f) ORDER BY o.code, o.name LIMIT 30) w),
          NULL, 'every refusal has a code of the list');
SELECT is((SELECT string_agg(format('%s %s: %s [%s]', w.code, left(w.message, 200), left(w.call, 300), w.role), E'\n')
             FROM (SELECT DISTINCT ON (o.code, o.name) o.* FROM outcome o WHERE o.code <> 'BACK0' AND pg_temp.names_internals(o.message) ORDER BY o.code, o.name LIMIT 30) w),
          NULL, 'and says nothing of how we are made');

SELECT is((SELECT string_agg(format('%s %s, %s characters: %s', w.name, w.place, length(w.told), left(w.message, 100)), E'\n' ORDER BY w.name, w.place)
             FROM (SELECT DISTINCT ON (o.name, o.place) o.* FROM outcome o WHERE length(o.told) > 3000 ORDER BY o.name, o.place, length(o.told) DESC) w),
          NULL, 'nor repeats what is long');

-- A hundred megabytes, once where text is looked up, once where it would be written, and where it is refused by C and by SQL.
CREATE FUNCTION pg_temp.huge(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    huge text := repeat('x', 100000000);
BEGIN
    EXECUTE call USING huge;
    RETURN 'answered';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || CASE WHEN length(SQLERRM) > 500 THEN ' in ' || length(SQLERRM) || ' characters' ELSE '' END;
END
$$;
SELECT is(pg_temp.huge($$SELECT count(*) FROM offerengine.list_offers($1, 'T-DE', 'EUR')$$), 'answered', '100 MB are no SKU');
SELECT is(pg_temp.huge($$SELECT offerengine.put_offer('t-huge', 'T-P', 't-own', title => $1)$$), '22023', 'nor a title');
SELECT sum(m.total_bytes) AS before FROM pg_backend_memory_contexts m \gset
SELECT is((SELECT string_agg(t.call || ': ' || t.told, ', ') FROM (SELECT c.call, pg_temp.huge(c.call) AS told FROM unnest(ARRAY[
              $$SELECT offerengine.default_offer('T-P', $1, 'EUR')$$, $$SELECT offerengine.default_offer('T-P', 'T-DE', 'EUR', order_by => $1)$$,
              $$SELECT offerengine.approve_offer($1)$$, $$SELECT offerengine.suspend_merchant($1, 'x')$$, $$SELECT offerengine.cart_items($1, offerengine.uuid_v7())$$,
              $$SELECT offerengine.health_check($1)$$, $$SELECT offerengine.grant_access('t_nobody', $1)$$, $$SELECT offerengine.import_begin(time_zone => $1)$$]) AS c (call) OFFSET 0) t
            WHERE t.told NOT IN ('22023', 'OE020', 'answered')), NULL, 'a refusal repeats its beginning only');
SELECT cmp_ok((SELECT sum(m.total_bytes) FROM pg_backend_memory_contexts m), '<', :before + 16000000::numeric, 'and the memory is back');
SELECT * FROM finish();
ROLLBACK;
