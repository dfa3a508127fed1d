-- Every action of a customer takes the rules of what he was granted; of one who was granted nothing none are looked for.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/cost.psql
SELECT plan(12);
SET LOCAL track_functions = 'all';
SELECT pg_temp.live('reader', '{buy base-2 2025-01-01}'), pg_temp.live('granted', '{buy base 2025-01-01,buy adv 2025-01-01}') \g /dev/null
SELECT is((SELECT count(*) FROM offerengine.subscription s WHERE s.customer_reference = 'granted' AND s.granted_regular_offer_id = pg_temp.offer('reg')), 1::bigint, 'a grant');
CREATE FUNCTION pg_temp.shares(customer text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before CONSTANT bigint := pg_temp.calls('share_granted_rules');
BEGIN
    PERFORM offerengine_internal.lock_customer(customer);
    RETURN pg_temp.calls('share_granted_rules') - before;
END
$$;
SET LOCAL offerengine.fast_path = on;
SELECT is(offerengine_internal.may_have_grants(c.customer), c.may, c.customer || ': by probes') FROM (VALUES ('reader', false), ('granted', true), ('nobody', false), (NULL, NULL)) AS c (customer, may);
SELECT is(pg_temp.shares(c.customer), c.calls, c.customer || ': rules taken') FROM (VALUES ('reader', 0::bigint), ('granted', 1), ('nobody', 0)) AS c (customer, calls);
SET LOCAL offerengine.fast_path = off;
SELECT is(offerengine_internal.may_have_grants(c.customer), true, c.customer || ': asked by a statement') FROM (VALUES ('reader'), ('granted')) AS c (customer);
SELECT is(pg_temp.shares(c.customer), 1::bigint, c.customer || ': likewise') FROM (VALUES ('reader'), ('granted')) AS c (customer);
SELECT * FROM finish();
ROLLBACK;
