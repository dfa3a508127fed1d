-- What a merchant's role must not learn of another merchant by asking a function, and the ids that it must not choose.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();

SELECT pg_temp.make_offer('t-own-1') AS own, pg_temp.make_offer('t-other-1', 't-other') AS other \gset
SELECT offerengine.approve_offers(ARRAY['t-own-1', 't-other-1']) \g /dev/null
UPDATE offerengine.price SET net_amount = 900 WHERE offer_id = :other;
INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
SELECT 't-r-' || m.merchant_reference, m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference LIKE 't-%';
INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer)
SELECT r.merchant_relationship_id, 't-buyer' FROM offerengine.merchant_relationship r WHERE r.relationship_key LIKE 't-r-%';
DELETE FROM offerengine.price WHERE offer_id = :own;
INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount, merchant_relationship_id)
SELECT p.product_id, 'T-DE', 'EUR', CASE WHEN r.relationship_key = 't-r-t-own' THEN 800 ELSE 700 END, r.merchant_relationship_id
  FROM offerengine.product p, offerengine.merchant_relationship r WHERE p.sku = 'T-P' AND r.relationship_key LIKE 't-r-%';
INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount)
SELECT p.product_id, 'T-DE', 'EUR', 1100 FROM offerengine.product p WHERE p.sku = 'T-P';

-- explain_price: contracts of the same buyer with another merchant, where they count and where they do not, by both paths.
CREATE FUNCTION pg_temp.contracts_told(scope text, path text, role text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offerengine.store SET contract_scope = scope WHERE store_code = 'T-DE';
    PERFORM set_config('offerengine.fast_path', path, true);
    RETURN pg_temp.try_as(role, 'SELECT count(*) FILTER (WHERE relationship_key IS NOT NULL) FROM '
        'offerengine.explain_price(''t-own-1'', ''T-DE'', ''EUR'', ''net'', buyer => ''t-buyer'')');
END
$$;
SELECT is(pg_temp.contracts_told(s.scope, p.path, k.role), k.contracts,
          format('%s: explain_price tells %s of so many contracts, fast_path %s', s.scope, k.role, p.path))
  FROM (VALUES ('own_merchant'), ('any_merchant')) AS s (scope), (VALUES ('on'), ('off')) AS p (path),
       (VALUES ('t_merchant', '1'), ('t_operator', '2')) AS k (role, contracts);
SELECT is(pg_temp.try_as('t_merchant', $$SELECT count(*) FROM offerengine.explain_price('t-own-1', 'T-DE', 'EUR', 'net',
              buyer => 't-buyer') WHERE detail ~ '700'$$), '0', 'nor is another''s amount told in the detail of a row');
SET LOCAL offerengine.fast_path = on;

-- What views call is called by whoever reads the views.
CREATE TEMP TABLE asked_offer AS
SELECT o.offer_reference, o.offer_id, o.product_id, p.abstract_product_id
  FROM offerengine.offer o JOIN offerengine.product p ON p.product_id = o.product_id WHERE o.offer_reference IN ('t-own-1', 't-other-1');
GRANT SELECT ON asked_offer TO PUBLIC;
SELECT is(pg_temp.try_as(k.role, $$SELECT string_agg(o.merchant_name || ' ' || o.place || ' of ' || o.offers, ', '
              ORDER BY o.place) FROM offerengine_internal.report_offers('T-P', 'T-DE', '{EUR}') o WHERE o.price_mode = 'net'$$), k.told,
          k.role || ' asks the function of a view')
  FROM (VALUES ('t_merchant', 'Own 2 of 2'), ('t_reporting', 'Other 1 of 2, Own 2 of 2'),
               ('t_operator', 'Other 1 of 2, Own 2 of 2'), ('t_storefront', '42501'), ('t_nobody', '42501')) AS k (role, told);
GRANT USAGE ON SCHEMA offerengine, offerengine_internal TO t_nobody;
GRANT EXECUTE ON FUNCTION offerengine_internal.report_offers, offerengine_internal.report_is_priced TO t_nobody;
SELECT is(pg_temp.try_as(k.role, $$SELECT string_agg(o.offer_reference || ' ' || coalesce(offerengine_internal.report_is_priced(o.offer_reference,
              'T-DE', 'EUR', o.offer_id, o.product_id, o.abstract_product_id, s)::text, 'nothing'), ', ' ORDER BY o.offer_reference, s)
              FROM asked_offer o, unnest('{f,t}'::boolean[]) s$$), k.told,
          k.role || ' asks whether offers have a price: by probes and as resolve_price does')
  FROM (VALUES ('t_merchant', 't-other-1 nothing, t-other-1 nothing, t-own-1 true, t-own-1 true'),
               ('t_reporting', 't-other-1 true, t-other-1 true, t-own-1 true, t-own-1 true'),
               ('t_nobody', 't-other-1 nothing, t-other-1 nothing, t-own-1 nothing, t-own-1 nothing')) AS k (role, told);
SELECT is(pg_temp.try_as('t_nobody', $$SELECT count(*) FROM offerengine_internal.report_offers('T-P', 'T-DE', '{EUR}')$$), '0',
          'a role of no kind is told nothing');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND p.proargnames && ARRAY['buyer', 'at', 'customer_reference']
      AND p.proname NOT IN ('local_date', 'customer_shard') AND has_function_privilege('t_reporting', p.oid, 'EXECUTE')$$,
    'reporting executes nothing that takes a buyer or an instant, but what its views call, and customer_shard(), which is arithmetic');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND p.proargnames && ARRAY['buyer', 'at', 'customer_reference']
      AND p.proname NOT LIKE 'explain\_%' AND p.proname NOT IN ('remove_assignee', 'ship_order', 'unship_order', 'cancel_order', 'customer_shard') AND has_function_privilege('t_merchant', p.oid, 'EXECUTE')$$,
    'nor does a merchant, but explain_*, remove_assignee() and what it does to lines of its own');

-- An operator that calls what its import calls leaves out no rule.
CREATE FUNCTION pg_temp.try_tier(ending text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL ROLE t_operator;
    SET CONSTRAINTS ALL DEFERRED;
    PERFORM offerengine_internal.begin_bulk_import();
    INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount, min_quantity)
    SELECT o.offer_id, 'T-AT', 'EUR', 1, 10 FROM offerengine.offer o WHERE o.offer_reference = 't-own-1';
    BEGIN
        INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount)
        SELECT o.offer_id, 'T-AT', 'EUR', 2 FROM offerengine.offer o WHERE o.offer_reference = 't-own-1';
        PERFORM offerengine_internal.end_bulk_import(ARRAY(SELECT p.price_id FROM offerengine.price p WHERE p.store_code = 'T-AT'));
        RAISE SQLSTATE 'BACK0';
    EXCEPTION WHEN SQLSTATE 'BACK0' THEN NULL;
    END;
    EXECUTE ending;
    SET CONSTRAINTS ALL IMMEDIATE;
    RETURN 'accepted';
EXCEPTION WHEN SQLSTATE 'OE005' THEN
    RETURN 'OE005';
END
$$;
SELECT is(pg_temp.try_tier(e.ending), 'OE005', 'operator: a tier without a base price, then ' || e.ending)
  FROM (VALUES ('SELECT 1'), ('SELECT offerengine_internal.end_bulk_import(NULL)'),
               ('SELECT offerengine_internal.end_bulk_import(''{99999999}'')')) AS e (ending);
RESET ROLE;

-- Ids that a sequence gives.
SELECT is(pg_temp.try_as('t_merchant', i.statement), '42501', 'merchant: ' || i.statement)
  FROM (VALUES (format($$INSERT INTO offerengine.price (price_id, offer_id, store_code, currency_code, net_amount)
                         VALUES (99999999, %s, 'T-AT', 'EUR', 1)$$, :own)),
               (format('UPDATE offerengine.price SET price_id = 99999999 WHERE offer_id = %s', :own)),
               (format($$INSERT INTO offerengine.merchant_relationship (merchant_relationship_id, relationship_key, merchant_id)
                         SELECT 99999999, 't-x', merchant_id FROM offerengine.offer WHERE offer_id = %s$$, :own)),
               (format($$INSERT INTO offerengine.import (import_id, merchant_id, time_zone)
                         SELECT 99999999, merchant_id, 'UTC' FROM offerengine.offer WHERE offer_id = %s$$, :own)),
               (format($$INSERT INTO offerengine.import (merchant_id, time_zone, opened_by)
                         SELECT merchant_id, 'UTC', 't_operator' FROM offerengine.offer WHERE offer_id = %s$$, :own)))
       AS i (statement);

SELECT * FROM finish();
ROLLBACK;
