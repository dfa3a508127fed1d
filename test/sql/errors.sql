-- What is refused, with its SQLSTATE: calls before migrate(), versions that do not fit, names that nobody knows, missing
-- arguments. (Refusals that belong to one rule stand with that rule's tests in test/pgtap.)
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS offerengine CASCADE;
DROP SCHEMA IF EXISTS offerengine CASCADE;
DROP ROLE IF EXISTS regress_offerengine_nobody;
CREATE EXTENSION offerengine CASCADE;
RESET client_min_messages;

-- Runs a statement and tells how it was refused. (\set VERBOSITY would show the line of the C source as well.) Of the context it
-- tells when it shows more than some 300 characters of a statement of the engine's: nobody has a use for pages of it.
CREATE FUNCTION public.refused(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint text;
    context text;
BEGIN
    EXECUTE statement;
    RETURN 'NOT REFUSED';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
                            context = PG_EXCEPTION_CONTEXT;
    RETURN format('%s: %s', SQLSTATE, SQLERRM) || coalesce(' DETAIL: ' || nullif(detail, ''), '')
           || coalesce(' HINT: ' || nullif(hint, ''), '')
           || coalesce((SELECT ' LONG CONTEXT: ' || max(length(part)) FROM regexp_split_to_table(context, '\n(?=SQL |PL/)') AS part
                         WHERE part NOT LIKE 'PL/pgSQL function %' AND position(statement IN part) = 0 AND length(part) > 320), '');
END
$$;
\t on
\pset format unaligned

-- Before migrate(): one error with the call to make. version() works.
SELECT refused(statement) FROM (VALUES
    (1, $$SELECT offerengine.offer_is_visible('o', 'XX')$$),
    (2, $$SELECT offerengine.resolve_price('o', 'XX', 'EUR')$$),
    (3, $$SELECT * FROM offerengine.list_offers('sku', 'XX', 'EUR')$$),
    (4, $$SELECT offerengine.put_offer('o')$$),
    (5, $$SELECT offerengine.approve_offer('o')$$),
    (6, $$SELECT offerengine.import_begin()$$)) AS s (n, statement) ORDER BY n;
SELECT offerengine.version();

-- Every function that says it is callable refuses before migrate(), with the same error and nothing else. Calendar and ids
-- need no tables, and the plan is of making them.
CREATE FUNCTION public.call_with_nulls(f regprocedure) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN refused(format('SELECT * FROM %s(%s)', f::oid::regproc,
        (SELECT coalesce(string_agg('NULL::' || format_type(a.type, NULL), ', ' ORDER BY a.position), '')
           FROM pg_proc p, unnest(p.proargtypes) WITH ORDINALITY AS a (type, position) WHERE p.oid = f)));
END
$$;
SELECT p.oid::regprocedure, call_with_nulls(p.oid)
  FROM pg_proc p
 WHERE p.pronamespace = 'offerengine'::regnamespace AND p.prokind = 'f'
   AND p.prorettype <> 'trigger'::regtype AND p.proname NOT IN ('version', 'uuid_v7', 'customer_shard', 'migration_plan') AND p.proname !~ '^period_'
   AND call_with_nulls(p.oid) NOT LIKE '55000: the tables of offerengine are not there yet%';

CALL offerengine.migrate();

-- Library, extension script and tables of different versions (each in a new session, which remembers nothing).
\c -
BEGIN;
UPDATE pg_extension SET extversion = '0.0.9' WHERE extname = 'offerengine';
SELECT refused($$SELECT offerengine.offer_is_visible('o', 'XX')$$);
ROLLBACK;
\c -
BEGIN;
DELETE FROM offerengine.schema_migration
 WHERE name = (SELECT max(name) FROM offerengine.schema_migration WHERE kind = 'migration');
SELECT regexp_replace(refused($$SELECT offerengine.offer_is_visible('o', 'XX')$$), '(migration|needs) \d+', '\1 N', 'g');
ROLLBACK;
\c -
BEGIN;
INSERT INTO offerengine.schema_migration (name, kind, checksum) VALUES ('9999_later', 'migration', '');
SELECT regexp_replace(refused($$SELECT offerengine.offer_is_visible('o', 'XX')$$), 'needs? \d+|knows \d+', 'knows N');
SELECT refused('CALL offerengine.migrate()');
ROLLBACK;

-- Unknown stores, currencies, modes and types are configuration mistakes; an unknown offer is daily life.
INSERT INTO offerengine.store (store_code, name, time_zone) VALUES ('XX', 'Test', 'Europe/Berlin');
INSERT INTO offerengine.store_currency VALUES ('XX', 'EUR', true);
SELECT refused(statement) FROM (VALUES
    (1, $$SELECT offerengine.offer_is_visible('o', 'YY')$$),
    (2, $$SELECT offerengine.offer_is_visible('o', NULL)$$),
    (3, $$SELECT offerengine.resolve_price('o', 'YY', 'EUR')$$),
    (4, $$SELECT offerengine.resolve_price('o', 'XX', 'EUX')$$),
    (5, $$SELECT offerengine.resolve_price('o', 'XX', NULL)$$),
    (6, $$SELECT offerengine.resolve_price('o', 'XX', 'EUR', price_mode => 'brutto')$$),
    (7, $$SELECT offerengine.resolve_price('o', 'XX', 'EUR', price_type => 'SALE')$$),
    (8, $$SELECT offerengine.resolve_price('o', 'XX', 'EUR', quantity => 0)$$),
    (9, $$SELECT * FROM offerengine.list_offers('sku', 'YY', 'EUR')$$),
    (10, $$SELECT * FROM offerengine.list_offers('sku', 'XX', 'EUR', order_by => 'colour')$$),
    (12, $$SELECT * FROM offerengine.explain_visibility('o', 'YY')$$),
    (13, $$SELECT * FROM offerengine.price_ladder('o', 'XX', 'EUX')$$),
    (14, $$SELECT * FROM offerengine.explain_price('o', 'XX', 'EUR', quantity => -1)$$)) AS s (n, statement) ORDER BY n;
SELECT offerengine.offer_is_visible('o', 'XX'), (offerengine.resolve_price('o', 'XX', 'EUR')).reason;
SELECT count(*) FROM offerengine.list_offers('sku', 'XX', 'EUR');

-- Writers: what is to be changed must be there.
SELECT refused(statement) FROM (VALUES
    (1, $$SELECT offerengine.approve_offer('o')$$),
    (2, $$SELECT offerengine.approve_offer(NULL)$$),
    (3, $$SELECT offerengine.deny_offer('o', 'no')$$),
    (4, $$SELECT offerengine.set_offer_active('o', false)$$),
    (5, $$SELECT offerengine.set_offer_stores('o', '{XX}')$$),
    (6, $$SELECT offerengine.set_price('XX', 'EUR', 1, 1, offer_reference => 'o')$$),
    (7, $$SELECT offerengine.set_price('XX', 'EUR', 1, 1)$$),
    (8, $$SELECT offerengine.set_price('XX', 'EUR', 1, 1, offer_reference => 'o', sku => 's')$$),
    (9, $$SELECT offerengine.put_offer('o', 'sku', 'merchant')$$),
    (10, $$SELECT offerengine.set_stock('o', 'w', 1, false)$$),
    (11, $$SELECT offerengine.grant_access('pg_monitor', 'king')$$),
    (12, $$INSERT INTO offerengine.store (store_code, name, time_zone) VALUES ('ZZ', 'Test', 'Europe/Atlantis')$$))
    AS s (n, statement) ORDER BY n;

-- What a new price interrupts, in the time zone of its store.
SET timezone = 'UTC';
INSERT INTO offerengine.store (store_code, name, time_zone) VALUES ('NY', 'Test', 'America/New_York');
SELECT offerengine.put_abstract_product('a', 'Test', '{NY}') \g /dev/null
SELECT offerengine.set_price('NY', 'USD', 100, abstract_sku => 'a') \g /dev/null
SELECT offerengine.set_price('NY', 'USD', 90, abstract_sku => 'a', valid_from_date => '2100-07-01', valid_to_date => '2100-07-31') \g /dev/null
SELECT offerengine.set_price('NY', 'USD', 80, abstract_sku => 'a', valid_from => '2100-06-01', valid_to => '2101-01-01') \g /dev/null
RESET timezone;

-- A role that nobody gave anything.
CREATE ROLE regress_offerengine_nobody;
SET ROLE regress_offerengine_nobody;
SELECT public.refused(statement) FROM (VALUES
    (1, $$SELECT offerengine.offer_is_visible('o', 'XX')$$),
    (2, $$SELECT * FROM offerengine.offer$$),
    (3, $$CALL offerengine.migrate()$$)) AS s (n, statement) ORDER BY n;
RESET ROLE;
GRANT USAGE ON SCHEMA offerengine TO regress_offerengine_nobody;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA offerengine TO regress_offerengine_nobody;
SET ROLE regress_offerengine_nobody;
SELECT regexp_replace(public.refused('CALL offerengine.migrate()'), 'role \S+,', 'role OWNER,');
RESET ROLE;
GRANT USAGE ON SCHEMA offerengine_internal TO regress_offerengine_nobody;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA offerengine_internal TO regress_offerengine_nobody;
SET ROLE regress_offerengine_nobody;
SELECT public.refused($$SELECT offerengine.grant_access('regress_offerengine_nobody', 'operator')$$);
RESET ROLE;
DROP OWNED BY regress_offerengine_nobody;
DROP ROLE regress_offerengine_nobody;

DROP FUNCTION public.call_with_nulls(regprocedure);
DROP FUNCTION public.refused(text);
