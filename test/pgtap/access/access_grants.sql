-- grant_access and revoke_access: who may, what is refused, what is recorded, and that sessions notice at once.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();
CREATE ROLE "t Odd-Role";
CREATE ROLE t_new;

SELECT is(pg_temp.try_as(r.role, $$ SELECT offerengine.grant_access('t_new', 'operator') $$), '42501', r.role || ' may not grant')
  FROM unnest(ARRAY['t_operator', 't_merchant', 't_storefront', 't_reporting', 't_monitoring', 't_nobody']) r (role);
GRANT EXECUTE ON FUNCTION offerengine.grant_access, offerengine.revoke_access TO t_operator;
SELECT is(pg_temp.try_as('t_operator', $$ SELECT offerengine.grant_access('t_new', 'operator') $$), '42501',
    'not even with EXECUTE');
SELECT is(pg_temp.try_as('t_operator', $$ SELECT offerengine.revoke_access('t_storefront', 'storefront') $$), '42501',
    'nor revoke');
SELECT is(pg_temp.try_as('t_operator', $$ INSERT INTO offerengine.actor (role_name, kind) VALUES ('t_new', 'operator') $$),
    '42501', 'nor write actor');

SELECT throws_ok($$ SELECT offerengine.grant_access('t_new', 'boss') $$, '22023', 'unknown kind of access "boss"');
SELECT throws_ok($$ SELECT offerengine.grant_access('t_new', NULL) $$, '22004');
SELECT throws_ok($$ SELECT offerengine.grant_access(NULL, 'operator') $$, '22004');
SELECT throws_ok($$ SELECT offerengine.grant_access('t_new', 'merchant') $$, '22004', 'kind merchant needs a merchant_reference');
SELECT throws_ok($$ SELECT offerengine.grant_access('t_new', 'operator', 't-own') $$, '22023');
SELECT throws_ok($$ SELECT offerengine.grant_access('t_new', 'merchant', 't-none') $$, 'OE020', 'merchant "t-none" does not exist');
SELECT throws_ok($$ SELECT offerengine.grant_access('t_none', 'operator') $$, '42704');
SELECT throws_ok($$ SELECT offerengine.grant_access('-', 'operator') $$, '22023');
SELECT throws_ok($$ SELECT offerengine.revoke_access('t_new', 'operator') $$, 'OE020');
SELECT throws_ok($$ SELECT offerengine.revoke_access('t_merchant', 'merchant', 't-other') $$, 'OE020');

-- Recorded by name; again is no error; any name will do.
SELECT lives_ok($$ SELECT offerengine.grant_access('"t Odd-Role"', 'operator') $$);
SELECT lives_ok($$ SELECT offerengine.grant_access('"t Odd-Role"', 'operator') $$);
SELECT results_eq($$ SELECT a.role_name COLLATE "default", a.granted_by COLLATE "default" FROM offerengine.actor a
    WHERE a.role_name LIKE 't Odd%' $$,
                  $$ VALUES ('t Odd-Role', current_user::text COLLATE "default") $$, 'recorded once, by name');
SELECT is(pg_temp.try_as('t Odd-Role', 'SELECT offerengine_internal.is_operator()'), 'true', 'and is an operator');
SELECT lives_ok($$ SELECT offerengine.revoke_access('"t Odd-Role"', 'operator') $$);
SELECT is(pg_temp.try_as('t Odd-Role', 'SELECT offerengine.version()'), '42501', 'and nobody then');
SELECT lives_ok($$ DROP ROLE "t Odd-Role" $$, 'nothing is left granted');

-- Several kinds: what another one needs stays.
SELECT offerengine.grant_access('t_new', 'merchant', 't-own'), offerengine.grant_access('t_new', 'merchant', 't-other'),
       offerengine.grant_access('t_new', 'reporting') \g /dev/null
SELECT pg_temp.make_offer('t-1'), pg_temp.make_offer('t-2', 't-other') \g /dev/null
SELECT is(pg_temp.try_as('t_new', $$ SELECT count(*) FROM offerengine.offer WHERE offer_reference LIKE 't-%' $$), '2',
    'acts for both');
SELECT offerengine.revoke_access('t_new', 'merchant', 't-other') \g /dev/null
SELECT is(pg_temp.try_as('t_new', $$ SELECT count(*) FROM offerengine.offer WHERE offer_reference LIKE 't-%' $$), '1', 'for one');
SELECT offerengine.revoke_access('t_new', 'merchant', 't-own') \g /dev/null
SELECT is(pg_temp.try_as('t_new', $$ SELECT count(*) FROM offerengine.offer $$), '42501', 'for none');
SELECT is(pg_temp.try_as('t_new', $$ SELECT count(*) FROM offerengine.approval_queue WHERE offer_reference LIKE 't-%' $$),
    '2', 'still reporting');

-- A view that was granted by itself, without a kind of access: what it asks of the planner needs no privilege, what it calls does.
CREATE ROLE t_handed;
GRANT USAGE ON SCHEMA offerengine TO t_handed;
GRANT SELECT ON ALL TABLES IN SCHEMA offerengine TO t_handed;
SELECT set_eq(
    $$ SELECT v.relname::text FROM pg_class v
        WHERE v.relnamespace = 'offerengine'::regnamespace AND v.relkind = 'v'
          AND pg_temp.try_as('t_handed', format('SELECT count(v) FROM offerengine.%I v', v.relname)) ~ '^[0-9]+$'
          AND pg_temp.try_as('t_handed', format('SELECT count(v) FROM offerengine.%I v', v.relname)) <> '42501' $$,
    '{price_sheet_list,contract_list,loyalty_account,loyalty_liability,merged_customer,monitor_approval,monitor_hold,monitor_import,monitor_outbox,monitor_points,monitor_shortage,monitor_table}'::text[],
    'a role reads a view that it was given, where the view calls no function of ours');

-- Membership, with and without inheritance; SET ROLE as through a pooler.
CREATE ROLE t_member; GRANT t_operator TO t_member;
CREATE ROLE t_pool NOINHERIT; GRANT t_operator, t_merchant, t_storefront TO t_pool;
SELECT is(pg_temp.try_as('t_member', 'SELECT offerengine_internal.is_operator()'), 'true', 'a member is one too');
SELECT is(pg_temp.try_as('t_pool', 'SELECT offerengine_internal.is_operator()'), '42501', 'one who does not inherit is not');
SELECT is(pg_temp.try_as('t_operator', 'SELECT offerengine_internal.is_operator()'), 'true', 'until SET ROLE');
REVOKE t_operator FROM t_member;
GRANT t_merchant TO t_member;
SELECT is(pg_temp.try_as('t_member', 'SELECT offerengine_internal.is_operator()'), 'false', 'the session notices at once');

INSERT INTO offerengine.actor (role_name, kind) VALUES ('t_member', 'operator');
SELECT is(pg_temp.try_as('t_member', 'SELECT offerengine_internal.is_operator()'), 'true', 'also of a row written by hand');
DELETE FROM offerengine.actor a WHERE a.role_name = 't_member';
SELECT is(pg_temp.try_as('t_member', 'SELECT offerengine_internal.is_operator()'), 'false', 'and deleted');

-- A role that takes the name of one that was dropped inherits nothing, until it is granted access itself; migrate() and
-- health_check() say so.
CREATE ROLE t_again;
SELECT offerengine.grant_access('t_again', 'operator'), offerengine.grant_access('t_again', 'reporting') \g /dev/null
SELECT is(pg_temp.try_as('t_again', 'SELECT offerengine_internal.is_operator()'), 'true', 'the first of its name is an operator');
DROP OWNED BY t_again;
DROP ROLE t_again;
CREATE ROLE t_again;
GRANT USAGE ON SCHEMA offerengine_internal TO t_again;
GRANT EXECUTE ON FUNCTION offerengine_internal.is_operator(), offerengine_internal.reads_all() TO t_again;
SELECT is(pg_temp.try_as('t_again', 'SELECT offerengine_internal.is_operator()'), 'false', 'the second is none');
SELECT is(pg_temp.try_as('t_again', 'SELECT offerengine_internal.reads_all()'), 'false', 'nor does it read all');
SET LOCAL client_min_messages = error;
SELECT offerengine_internal.adopt_actors(), offerengine_internal.apply_grants() \g /dev/null
RESET client_min_messages;
SELECT ok(NOT has_table_privilege('t_again', 'offerengine.offer', 'UPDATE'), 'nor is it granted anything again');
SELECT is((SELECT h.detail FROM offerengine.health_check() h WHERE h.check_name = 'actors'),
    '2 found: t_again (operator), t_again (reporting)', 'health_check() tells');
SELECT offerengine.grant_access('t_again', 'reporting') \g /dev/null
SELECT is(pg_temp.try_as('t_again', $$ SELECT concat(offerengine_internal.is_operator(), offerengine_internal.reads_all()) $$), 'ft',
    'what it is granted itself counts, and no more');
SELECT is((SELECT count(*) FROM offerengine.actor a WHERE a.role_name = 't_again'), 2::bigint, 'in the row that was there');
SELECT offerengine.revoke_access('t_again', 'operator') \g /dev/null
SELECT is(pg_temp.try_as('t_again', $$ SELECT count(*) FROM offerengine.visible_offer $$), '0',
    'taking back what the old one had leaves what the new one has');

-- Rows from another database, and rows written by hand, count by name; migrate() notes whom they mean here.
UPDATE offerengine.actor SET granted_in = '1/1' WHERE role_name = 't_again';
UPDATE offerengine.actor SET role_oid = 1 WHERE role_name = 't_again';
SELECT is(pg_temp.try_as('t_again', 'SELECT offerengine_internal.reads_all()'), 'true', 'a row from another database counts by name');
UPDATE offerengine.actor SET granted_in = NULL, role_oid = NULL WHERE role_name = 't_again';
SELECT is(pg_temp.try_as('t_again', 'SELECT offerengine_internal.reads_all()'), 'true', 'so does one written by hand');
SELECT offerengine_internal.adopt_actors() \g /dev/null
SELECT is((SELECT a.role_oid::regrole::text FROM offerengine.actor a WHERE a.role_name = 't_again'), 't_again', 'adopted');
SELECT throws_ok($$ UPDATE offerengine.actor SET granted_in = NULL WHERE role_name = 't_again' $$, '23514');

-- The owner of the schema is an operator; so is who has its privileges.
SELECT ok(offerengine_internal.is_operator() AND offerengine_internal.reads_all(), 'a superuser is one');

-- migrate() grants again what is recorded, and skips a role that is gone.
REVOKE ALL ON ALL ROUTINES IN SCHEMA offerengine FROM t_storefront;
REVOKE ALL ON ALL TABLES IN SCHEMA offerengine FROM t_merchant;
INSERT INTO offerengine.actor (role_name, kind) VALUES ('t_gone', 'storefront');
SET LOCAL client_min_messages = error;
SELECT lives_ok('SELECT offerengine_internal.apply_grants()', 'a role that does not exist is no error');
RESET client_min_messages;
SELECT ok(has_function_privilege('t_storefront', 'offerengine.version()', 'EXECUTE')
          AND has_table_privilege('t_merchant', 'offerengine.offer', 'SELECT'), 'grants are back');

-- What a version took out of the list is taken back from the engine's roles, columns and all; what other roles were given, and
-- what stands on objects that are not the engine's, is not touched.
CREATE TABLE offerengine.t_of_dba (a integer);
CREATE FUNCTION offerengine.t_of_dba() RETURNS integer LANGUAGE sql AS 'SELECT 1';
REVOKE ALL ON FUNCTION offerengine.t_of_dba() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION offerengine.health_check(text, boolean), offerengine.t_of_dba(), offerengine_internal.owner() TO t_storefront, t_nobody;
GRANT SELECT, INSERT ON offerengine.price, offerengine.t_of_dba TO t_storefront, t_nobody;
GRANT INSERT, UPDATE (version) ON offerengine.offer TO t_merchant, t_nobody;
GRANT USAGE ON SEQUENCE offerengine.offer_offer_id_seq TO t_reporting, t_nobody;
CREATE FUNCTION pg_temp.held(role text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ',
        CASE WHEN has_function_privilege($1, 'offerengine.health_check(text, boolean)', 'EXECUTE') THEN 'checks' END,
        CASE WHEN has_function_privilege($1, 'offerengine_internal.owner()', 'EXECUTE') THEN 'internal' END,
        CASE WHEN has_function_privilege($1, 'offerengine.t_of_dba()', 'EXECUTE') AND has_table_privilege($1, 'offerengine.t_of_dba', 'SELECT') THEN 'of_dba' END,
        CASE WHEN has_table_privilege($1, 'offerengine.price', 'SELECT') THEN 'price' END,
        CASE WHEN has_table_privilege($1, 'offerengine.offer', 'INSERT') THEN 'offers' END,
        CASE WHEN has_column_privilege($1, 'offerengine.offer', 'title', 'INSERT') THEN 'title' END,
        CASE WHEN has_column_privilege($1, 'offerengine.offer', 'version', 'UPDATE') THEN 'version' END,
        CASE WHEN has_sequence_privilege($1, 'offerengine.offer_offer_id_seq', 'USAGE') THEN 'sequence' END)
$$;
SELECT is(pg_temp.held(r.role), r.held, r.role || ' before') FROM (VALUES
    ('t_storefront', 'checks internal of_dba price'), ('t_merchant', 'price offers title version sequence'), ('t_reporting', 'sequence'),
    ('t_nobody', 'checks internal of_dba price offers title version sequence')) AS r (role, held);
SELECT array_agg(x::text ORDER BY x::text) AS operator FROM offerengine_internal.held_privileges('t_operator'::regrole::oid) x \gset
SET LOCAL client_min_messages = error;
SELECT offerengine_internal.apply_grants() \g /dev/null
RESET client_min_messages;
SELECT is(pg_temp.held(r.role), r.held, r.role || ' afterwards') FROM (VALUES
    ('t_storefront', 'of_dba'), ('t_merchant', 'price title sequence'), ('t_reporting', ''),
    ('t_nobody', 'checks internal of_dba price offers title version sequence')) AS r (role, held);
SELECT ok(has_function_privilege('t_storefront', 'offerengine.stores()', 'EXECUTE'), 'what is in the list stays');
SELECT is((SELECT array_agg(x::text ORDER BY x::text) FROM offerengine_internal.held_privileges('t_operator'::regrole::oid) x), :'operator'::text[],
          'of a role that has what its kind has, nothing changes');

SELECT * FROM finish();
ROLLBACK;
