-- A storefront calls the read functions, now; it reads no table and no other instant.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();
SELECT pg_temp.make_offer('t-1') \g /dev/null
SELECT offerengine.approve_offer('t-1') \g /dev/null

CREATE TEMP TABLE question (n serial, statement text, has_at boolean);
INSERT INTO question (statement, has_at) VALUES
    ('SELECT offerengine.offer_is_visible(''t-1'', ''T-DE''%s)', true),
    ('SELECT (offerengine.resolve_price(''t-1'', ''T-DE'', ''EUR''%s)).amount IS NOT NULL', true),
    ('SELECT (offerengine.resolve_product_price(''T-P'', ''T-DE'', ''EUR''%s)).reason IS NOT NULL', true),
    ('SELECT count(*) > 0 FROM offerengine.price_ladder(''t-1'', ''T-DE'', ''EUR''%s)', true),
    ('SELECT count(*) > 0 FROM offerengine.list_offers(''T-P''::text, ''T-DE'', ''EUR''%s)', true),
    ('SELECT count(*) > 0 FROM offerengine.list_offers(ARRAY[''T-P''], ''T-DE'', ''EUR''%s)', true),
    ('SELECT count(*) > 0 FROM offerengine.list_offers_many(''{T-P}'', ''T-DE'', ''EUR''%s)', true),
    ('SELECT count(*) > 0 FROM offerengine.rank_products(''{T-P}'', ''T-DE'', ''EUR''%s)', true),
    ('SELECT count(*) > 0 FROM offerengine.default_offer(''T-P'', ''T-DE'', ''EUR''%s)', true),
    ('SELECT count(*) > 0 FROM offerengine.search_offers(''T-P'', ''T-DE'', ''EUR''%s)', true),
    ('SELECT (offerengine.offer_details(''t-1'', ''T-DE'', ''EUR''%s)).amount IS NOT NULL', true),
    ('SELECT coalesce(offerengine.lowest_prior_price(''t-1'', ''T-DE'', ''EUR''%s), 0) >= 0', true),
    ('SELECT count(*) > 0 FROM offerengine.lowest_prior_prices(''{T-P}'', ''T-DE'', ''EUR''%s)', true),
    ('SELECT (offerengine.redirect_offer(''c'', ''t-1''%s)).outcome = ''unaffected''', true),
    ('SELECT (SELECT r.outcome FROM offerengine.redirect_cart(''c'', ''T-DE'', ''EUR'', ''{t-1}''%s) r) = ''unaffected''', true),
    ('SELECT count(*) = 0 FROM offerengine.list_items(''c'', ''00000000-0000-7000-8000-000000000001'', ''T-DE''%s)', true),
    ('SELECT count(*) = 0 FROM offerengine.price_plan(''t-1'', ''EUR'')', false),
    ('SELECT offerengine.merchant_profile(''t-own'')::text <> ''''', false),
    ('SELECT (offerengine.offer_availability(''t-1'', ''T-DE'')).available IS NOT NULL', false),
    ('SELECT offerengine.version() <> ''''', false);

SELECT is(pg_temp.try_as(r.role, format(q.statement, '')), 'true', r.role || ': ' || format(q.statement, ''))
  FROM question q, unnest(ARRAY['t_storefront', 't_operator']) r (role) ORDER BY q.n;
SELECT is(pg_temp.try_as('t_storefront', format(q.statement, ', at => now()')), 'true',
    'now() may be said: ' || format(q.statement, ', at => now()'))
  FROM question q WHERE q.has_at ORDER BY q.n;
SELECT is(pg_temp.try_as('t_storefront', format(q.statement, ', at => ' || i.at)), '42501', format(q.statement, ', at => ' || i.at))
  FROM question q, unnest(ARRAY['now() + interval ''1 day''', 'now() - interval ''1 day''', '''infinity''']) i (at)
      WHERE q.has_at ORDER BY q.n;
SELECT isnt(pg_temp.try_as('t_operator', format(q.statement, ', at => now() + interval ''1 day''')), '42501',
    'an operator may ask about tomorrow: ' || q.statement)
  FROM question q WHERE q.has_at ORDER BY q.n;
SELECT is(pg_temp.try_as(r.role, format(q.statement, '')), '42501', r.role || ' may not: ' || format(q.statement, ''))
  FROM question q, unnest(ARRAY['t_reporting', 't_nobody', 't_merchant']) r (role)
 WHERE NOT (q.statement LIKE '%version()%' AND r.role <> 't_nobody') ORDER BY q.n, r.role;

-- Storefront and something more: the something more counts.
SELECT offerengine.grant_access('t_storefront', 'operator') \g /dev/null
SELECT is(pg_temp.try_as('t_storefront', $$ SELECT offerengine.offer_is_visible('t-1', 'T-DE', now() + interval '1 day') $$),
          'true', 'an operator too');
SELECT offerengine.revoke_access('t_storefront', 'operator') \g /dev/null
SELECT is(pg_temp.try_as('t_storefront', $$ SELECT offerengine.offer_is_visible('t-1', 'T-DE', now() + interval '1 day') $$),
          '42501', 'no longer');
SELECT is_empty($$ SELECT c.relname FROM pg_class c WHERE c.relnamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace)
                   AND c.relkind IN ('r', 'v') AND has_any_column_privilege('t_storefront', c.oid, 'SELECT, INSERT, UPDATE') $$,
                'no table, no view');

SELECT * FROM finish();
ROLLBACK;
