-- What a DBA watches: the figures of one small marketplace, that counts stop where they say, how much is read for them in a large one,
-- and who may read them.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(40);

-- A marketplace with nothing in it.
SELECT results_eq('SELECT waiting_offers, oldest_waiting_seconds::integer FROM offerengine.monitor_approval', 'VALUES (0::bigint, 0)',
    'nothing waits for approval');
SELECT results_eq('SELECT * FROM offerengine.monitor_outbox ORDER BY state',
    $$SELECT s, 0::bigint, 0::bigint, 0::bigint, 0::numeric, 0 FROM unnest('{discarded,queued,retry,sent,waiting}'::text[]) s$$,
    'every state has a row');
SELECT results_eq('SELECT * FROM offerengine.monitor_import', 'VALUES (0::bigint, 0::bigint, 0::bigint, NULL::numeric)', 'no import');
SELECT results_eq('SELECT * FROM offerengine.monitor_hold ORDER BY kind',
    $$VALUES ('confirmed', 0::bigint, 0::bigint, 0::numeric), ('held', 0, 0, 0)$$, 'no hold, of either kind');

-- Versions and early release.
SELECT is((SELECT concat_ws(' ', v.library_version, v.extension_version, v.schema_version, v.is_current) FROM offerengine.monitor_version v),
    concat_ws(' ', offerengine.version(), offerengine.version(), offerengine.version(), true), 'one version');
UPDATE offerengine.schema_migration SET checksum = '0.0.9' WHERE kind = 'extension';
SELECT is((SELECT concat_ws(' ', v.schema_version, v.is_current) FROM offerengine.monitor_version v), '0.0.9 f', 'tables of an older one');
UPDATE offerengine.schema_migration SET checksum = offerengine.version() WHERE kind = 'extension';
SELECT is((SELECT (v.early_release, v.early_release_settings) FROM offerengine.monitor_version v), (false, 0::bigint), 'early release is off');
CREATE ROLE mo_shop;
CREATE ROLE mo_other;
CREATE ROLE mo_quoted;
ALTER ROLE mo_shop SET offerengine.early_release = on;
ALTER ROLE mo_other SET offerengine.early_release = off;
ALTER ROLE mo_quoted SET offerengine.early_release = 'Yes';
DO $do$ BEGIN EXECUTE format('ALTER DATABASE %I SET offerengine.early_release = on', current_database()); END $do$;
SET LOCAL offerengine.early_release = on;
SELECT is((SELECT (v.early_release, v.early_release_settings) FROM offerengine.monitor_version v), (true, 3::bigint),
    'on in the session, for two roles, however it is spelled, and for the database');
DO $do$ BEGIN EXECUTE format('ALTER DATABASE %I RESET offerengine.early_release', current_database()); END $do$;

-- Approval: 3 wait, of which one was changed a week ago and another made two days ago; the denied one has waited before.
SET LOCAL session_replication_role = replica;
INSERT INTO offerengine.store (store_code, name) VALUES ('mo', 'Monitor');
INSERT INTO offerengine.merchant (merchant_id, merchant_reference, name, approval_status) VALUES (9000000001, 'mo-m', 'M', 'approved');
INSERT INTO offerengine.abstract_product (abstract_product_id, abstract_sku) VALUES (9000000001, 'mo-a');
INSERT INTO offerengine.product (product_id, sku, abstract_product_id) VALUES (9000000001, 'mo-p', 9000000001);
INSERT INTO offerengine.warehouse (warehouse_id, name) VALUES (9000000001, 'mo-w');
INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id, approval_status, created_at)
SELECT 9000000000 + n, 'mo-o' || n, 9000000001, 9000000001, status, now() - days * interval '1 day'
  FROM (VALUES (1, 'waiting_for_approval', 2), (2, 'waiting_for_approval', 30), (3, 'waiting_for_approval', 1), (4, 'denied', 40),
               (5, 'approved', 50)) AS o (n, status, days);
INSERT INTO offerengine.offer_approval (offer_id, from_status, to_status, decided_by, decided_at, version)
VALUES (9000000002, 'waiting_for_approval', 'approved', 'x', now() - interval '20 days', 1),
       (9000000002, 'approved', 'waiting_for_approval', 'x', now() - interval '7 days', 2),
       (9000000004, 'waiting_for_approval', 'denied', 'x', now() - interval '39 days', 1);
SELECT results_eq('SELECT waiting_offers, floor(oldest_waiting_seconds / 86400)::integer FROM offerengine.monitor_approval',
    'VALUES (3::bigint, 7)', 'three wait, one for a week since it was changed');

-- Outbox: each state; a lease that has ended is none; what is discarded is not late.
INSERT INTO offerengine.loyalty_outbox (customer_reference, id, order_id, send_as, state, payload, enqueued_at, due_at, attempts, leased_until,
    not_before, waits_for, sent_at, discarded_at, discarded_by)
SELECT 'mo-c', offerengine.uuid_v7(), offerengine.uuid_v7(), 'order', o.state, '{}', now() - o.hours * interval '1 hour',
       CASE WHEN o.state <> 'waiting' THEN now() - o.late * interval '1 minute' END, o.attempts, now() + o.leased * interval '1 minute',
       CASE WHEN o.state = 'retry' THEN now() END, CASE WHEN o.state = 'waiting' THEN offerengine.uuid_v7() END,
       CASE WHEN o.state = 'sent' THEN now() END, CASE WHEN o.state = 'discarded' THEN now() END, CASE WHEN o.state = 'discarded' THEN 'x' END
  FROM (VALUES ('queued', 1, 30, 0, NULL::integer), ('queued', 0, -30, 1, 5), ('queued', 0, -30, 1, -5), ('retry', 5, 270, 9, NULL),
               ('retry', 4, -1, 12, NULL), ('waiting', 6, 0, 0, NULL), ('sent', 7, 400, 1, NULL), ('discarded', 100, 600, 3, NULL))
       AS o (state, hours, late, attempts, leased);
SELECT results_eq('SELECT state, documents, claimed, late, floor(oldest_seconds / 3600)::integer, most_attempts
                     FROM offerengine.monitor_outbox ORDER BY state',
    $$VALUES ('discarded', 1::bigint, 0::bigint, 0::bigint, 100, 3), ('queued', 3, 1, 1, 1, 1), ('retry', 2, 0, 1, 5, 12),
             ('sent', 1, 0, 0, 7, 1), ('waiting', 1, 0, 0, 6, 0)$$, 'documents by state');

-- Imports: an old one, one to try, one with a warning, one with errors, one that has not run.
INSERT INTO offerengine.import (import_id, time_zone, opened_at, run_at, mode, dry_run)
SELECT 9000000000 + n, 'UTC', now() - opened * interval '1 hour', now() - run * interval '1 hour', 'normal', dry
  FROM (VALUES (1, 30, 29, false), (2, 20, 1, true), (3, 10, 9, false), (4, 6, 5, false), (5, 2, NULL, NULL)) AS i (n, opened, run, dry);
INSERT INTO offerengine.import_message (import_id, severity, file, message)
SELECT 9000000000 + n, severity, 'f', 'm'
  FROM (VALUES (1, 'error'), (2, 'error'), (3, 'warning'), (3, 'notice'), (4, 'notice'), (4, 'error'), (4, 'error')) AS m (n, severity);
SELECT results_eq('SELECT imports, imports_not_run, imports_with_errors, floor(last_run_seconds / 3600)::integer FROM offerengine.monitor_import',
    'VALUES (4::bigint, 1::bigint, 1::bigint, 5)', 'imports of a day: a try is no failure, a warning is none');

-- Holds: held without an end, to come, ended; confirmed, in part and altogether shipped; released and expired count for neither.
INSERT INTO offerengine.stock_hold (order_id, line_no, warehouse_id, offer_id, quantity, shipped, state, expires_at, confirmed_at)
SELECT offerengine.uuid_v7(), 1, 9000000001, 9000000005, 3, shipped, state, now() + ends * interval '1 minute', now() - sold * interval '1 day'
  FROM (VALUES (0, 'held', NULL::integer, NULL::integer), (0, 'held', 10, NULL), (0, 'held', -10, NULL), (0, 'held', -20, NULL),
               (0, 'confirmed', NULL, 2), (2, 'confirmed', NULL, 4), (3, 'confirmed', NULL, 9), (0, 'released', -60, 8), (0, 'expired', -70, NULL))
       AS h (shipped, state, ends, sold);
SELECT results_eq('SELECT kind, holds, ended, floor(oldest_seconds / 600)::integer FROM offerengine.monitor_hold ORDER BY kind',
    $$VALUES ('confirmed', 2::bigint, 0::bigint, 4 * 144), ('held', 4, 2, 2)$$, 'holds');
DELETE FROM offerengine.stock_hold WHERE state = 'held' AND (expires_at < now()) IS TRUE;
SELECT results_eq($$SELECT holds, ended, oldest_seconds FROM offerengine.monitor_hold WHERE kind = 'held'$$,
    'VALUES (2::bigint, 0::bigint, 0::numeric)', 'none has ended: no age below 0');

-- Shortage: what lies nowhere is missing as a whole; what suffices is not.
INSERT INTO offerengine.warehouse (warehouse_id, name) VALUES (9000000002, 'mo-w2');
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity)
VALUES (9000000001, 9000000001, 5), (9000000002, 9000000001, 5);
INSERT INTO offerengine.stock_held (offer_id, warehouse_id, held)
VALUES (9000000001, 9000000001, 7), (9000000001, 9000000002, 4), (9000000002, 9000000001, 5);
SELECT results_eq('SELECT places, missing_pieces FROM offerengine.monitor_shortage', 'VALUES (2::bigint, 6::bigint)', 'pieces that are promised twice');

-- Tables: partitions with the whole, staging tables too, nothing twice.
SELECT results_eq('SELECT table_name::text FROM offerengine.monitor_table ORDER BY 1',
    $$SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind IN ('r', 'p')
         AND NOT c.relispartition ORDER BY 1$$, 'every table once');
SELECT is((SELECT (t.table_bytes, t.index_bytes) FROM offerengine.monitor_table t WHERE t.table_name = 'offer'),
    (pg_table_size('offerengine.offer'), pg_indexes_size('offerengine.offer')), 'bytes of a table');
SELECT is((SELECT t.index_bytes FROM offerengine.monitor_table t WHERE t.table_name = 'loyalty_sent_order'),
    (SELECT sum(pg_indexes_size(i.inhrelid))::bigint FROM pg_inherits i WHERE i.inhparent = 'offerengine.loyalty_sent_order'::regclass),
    'those of partitions together');
SELECT cmp_ok((SELECT min(t.frozen_transactions) FROM offerengine.monitor_table t), '>=', 0::bigint, 'ages in transactions');

-- Pending lists: what is written without vacuum is in them, and vacuum (here: its function) empties them.
CREATE FUNCTION pg_temp.pending() RETURNS bigint LANGUAGE sql AS
    $$SELECT s.pending_bytes FROM offerengine.monitor_search_index s WHERE s.index_name = 'offer_title_words'$$;
SELECT is((SELECT count(*) FROM offerengine.monitor_search_index), 28::bigint, 'every GIN index');
SELECT count(*) FROM (SELECT gin_clean_pending_list('offerengine.offer_title_words')) AS cleaned;
SELECT is(pg_temp.pending(), 0::bigint, 'nothing is pending');
UPDATE offerengine.offer SET title = repeat('title ' || offer_id || ' ', 5) WHERE offer_id BETWEEN 9000000001 AND 9000000005;
SELECT cmp_ok(pg_temp.pending(), '>=', current_setting('block_size')::bigint, 'titles are');
SELECT count(*) FROM (SELECT gin_clean_pending_list('offerengine.offer_title_words')) AS cleaned;
SELECT is(pg_temp.pending(), 0::bigint, 'they are sorted in');
SELECT throws_ok($$SELECT offerengine_internal.pending_pages('offerengine.offer_pkey')$$, '22023', '"offer_pkey" is not a GIN index', 'a B-tree');
SELECT throws_ok($$SELECT offerengine_internal.pending_pages('offerengine.offer')$$, '22023', '"offer" is not a GIN index', 'a table');
SELECT is(offerengine_internal.pending_pages(1::oid::regclass), NULL, 'what is not there');

-- Who reads them: whoever monitors or reports, and operators; nobody else, and nothing below them.
CREATE ROLE mo_exporter;
CREATE ROLE mo_reports;
CREATE ROLE mo_merchant;
SET LOCAL session_replication_role = origin;
SELECT is_empty('SELECT * FROM offerengine.monitor_points', 'nobody has points');
SELECT offerengine.put_loyalty_program('EUR', 100, 5), offerengine.loyalty_enroll('mo-1'), offerengine.loyalty_enroll('mo-2') \g /dev/null
SELECT offerengine.loyalty_adjust('mo-1', 300, 'welcome', 'k'), offerengine.loyalty_adjust('mo-2', 100, 'welcome', 'k') \g /dev/null
SELECT results_eq('SELECT currency_code::name, points, locked_points, value FROM offerengine.monitor_points', $$VALUES ('EUR'::name, 400::bigint, 0::bigint, 20.00::numeric)$$,
    'points of all customers');
SELECT offerengine.grant_access('mo_exporter', 'monitoring'), offerengine.grant_access('mo_reports', 'reporting'), offerengine.grant_access('mo_merchant', 'merchant', 'mo-m'),
       offerengine.grant_access('mo_shop', 'storefront');
CREATE TEMP VIEW monitor AS SELECT c.oid, c.relname FROM pg_class c
 WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'v' AND c.relname LIKE 'monitor%';
SELECT is((SELECT count(*) FROM monitor), 10::bigint, 'ten views');
SELECT is((SELECT string_agg(m.relname, ' ') FROM monitor m WHERE NOT has_table_privilege(r, m.oid, 'SELECT')), NULL, r || ' reads each')
  FROM unnest('{mo_exporter,mo_reports}'::text[]) r;
SELECT is((SELECT string_agg(m.relname, ' ') FROM monitor m, unnest('{mo_merchant,mo_shop,public}'::text[]) r WHERE has_table_privilege(r, m.oid, 'SELECT')),
    NULL, 'merchants, storefronts and others read none');
GRANT SELECT ON monitor TO mo_exporter;
SET LOCAL ROLE mo_exporter;
SELECT is((SELECT sum((xpath('//c/text()', query_to_xml(format('SELECT count(x.*::text) AS c FROM offerengine.%I AS x', m.relname), true, true, '')))[1]::text::bigint) > 100
             FROM monitor m), true, 'and has the rights for what stands below');
RESET ROLE;
CREATE ROLE mo_plain;
GRANT USAGE ON SCHEMA offerengine TO mo_plain;
GRANT SELECT ON offerengine.monitor_approval, offerengine.monitor_outbox, offerengine.monitor_import, offerengine.monitor_hold,
      offerengine.monitor_table TO mo_plain;
SET LOCAL ROLE mo_plain;
SELECT results_eq('SELECT (SELECT waiting_offers FROM offerengine.monitor_approval), (SELECT sum(documents)::bigint FROM offerengine.monitor_outbox),
    (SELECT imports FROM offerengine.monitor_import), (SELECT sum(holds)::bigint FROM offerengine.monitor_hold),
    (SELECT count(*) > 50 FROM offerengine.monitor_table)', 'VALUES (3::bigint, 8::bigint, 4::bigint, 4::bigint, true)', 'five need no more than SELECT');
RESET ROLE;

-- A large marketplace: counts stop, and what is read for them does not grow with it.
SET LOCAL session_replication_role = replica;
INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id, approval_status)
SELECT 9000001000 + n, 'mo-n' || n, 9000000001, 9000000001, CASE WHEN n % 3 = 0 THEN 'waiting_for_approval' WHEN n % 3 = 1 THEN 'denied' ELSE 'approved' END
  FROM generate_series(1, 33000) n;
INSERT INTO offerengine.loyalty_outbox (customer_reference, id, order_id, send_as, state, payload, enqueued_at, due_at, discarded_at, discarded_by)
SELECT 'mo-c' || n, offerengine.uuid_v7(), offerengine.uuid_v7(), 'order', CASE WHEN n % 8 > 0 THEN 'queued' ELSE 'discarded' END, '{}', now(), now(),
       CASE WHEN n % 8 = 0 THEN now() END, CASE WHEN n % 8 = 0 THEN 'x' END FROM generate_series(1, 12000) n;
INSERT INTO offerengine.stock_hold (order_id, line_no, warehouse_id, offer_id, quantity, state, expires_at)
SELECT offerengine.uuid_v7(), 1, 9000000001, 9000001000 + n, 1, 'held', now() FROM generate_series(1, 12000) n;
INSERT INTO offerengine.import_message (import_id, severity, file, message) SELECT 9000000003, 'notice', 'f', 'm' FROM generate_series(1, 20000) n;
\ir ../include/compact.psql
SELECT is((SELECT m.waiting_offers FROM offerengine.monitor_approval m), 10000::bigint, 'offers are counted up to 10,000');
SELECT results_eq($$SELECT state, documents FROM offerengine.monitor_outbox WHERE state IN ('queued', 'discarded') ORDER BY 1$$,
    $$VALUES ('discarded', 1000::bigint), ('queued', 10000)$$, 'documents up to 10,000 and 1,000');
SELECT is((SELECT m.ended FROM offerengine.monitor_hold m WHERE m.kind = 'held'), 9998::bigint, 'holds up to 10,000, two of which have not ended');

CREATE FUNCTION pg_temp.rows_read(query text) RETURNS numeric LANGUAGE plpgsql AS $test$
DECLARE
    plan jsonb;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, COSTS off, TIMING off, FORMAT json) ' || query INTO plan;
    RETURN (SELECT sum(((n.node ->> 'Actual Rows')::numeric + coalesce((n.node ->> 'Rows Removed by Filter')::numeric, 0)) * (n.node ->> 'Actual Loops')::numeric)
              FROM jsonb_path_query(plan, 'strict $.**') n (node)
             WHERE jsonb_typeof(n.node) = 'object' AND n.node ? 'Relation Name'
               AND n.node ->> 'Relation Name' IN ('offer', 'loyalty_outbox', 'stock_hold', 'import', 'import_message'));
END
$test$;
-- Most of a small table is cheaper to sort than to walk in order; of a large one it is not.
SET LOCAL enable_sort = off;
SELECT cmp_ok(pg_temp.rows_read('SELECT * FROM offerengine.monitor_' || v.name), '<=', v.most, v.name || ' reads no more')
  FROM (VALUES ('approval', 11000::numeric), ('outbox', 11010), ('import', 20), ('hold', 10010)) AS v (name, most);

SELECT * FROM finish();
ROLLBACK;
