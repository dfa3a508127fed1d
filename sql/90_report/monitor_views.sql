-- What a DBA watches: figures without names of customers, read in milliseconds however large the marketplace is, so that a monitor
-- may ask every few seconds. Counts stop at 10,000 rows or earlier; none but the last two reads a table from end to end. Ages are
-- those at the beginning of the transaction, so that it sees the same twice; what somebody has written since is 0 seconds old.

CREATE OR REPLACE VIEW offerengine.monitor_version AS
SELECT offerengine.version() AS library_version,
       (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'offerengine') AS extension_version,
       m.version AS schema_version,
       coalesce(offerengine.version() = (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'offerengine')
                AND offerengine.version() = m.version, false) AS is_current,
       m.migrated_at,
       current_setting('offerengine.early_release', true) = 'on' AS early_release,
       (SELECT count(*)
          FROM pg_db_role_setting s
         WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
           AND EXISTS (SELECT FROM unnest(s.setconfig) AS c (setting)
                        WHERE c.setting ~* '^offerengine[.]early_release=(on|t|tr|tru|true|y|ye|yes|1)$')) AS early_release_settings
  FROM (SELECT max(s.checksum) FILTER (WHERE s.kind = 'extension') AS version, max(s.applied_at) AS migrated_at
          FROM offerengine.schema_migration s) AS m;
COMMENT ON VIEW offerengine.monitor_version IS
    'To watch: whether library, extension and tables are of one version, and whether stock is released early. One row.';
COMMENT ON COLUMN offerengine.monitor_version.library_version IS 'Version of the library that the server has loaded.';
COMMENT ON COLUMN offerengine.monitor_version.extension_version IS 'Version of the extension in this database.';
COMMENT ON COLUMN offerengine.monitor_version.schema_version IS 'Version of which migrate() has made the tables.';
COMMENT ON COLUMN offerengine.monitor_version.is_current IS 'Whether the three are one; where not, functions refuse (55000).';
COMMENT ON COLUMN offerengine.monitor_version.migrated_at IS 'When migrate() has applied something last.';
COMMENT ON COLUMN offerengine.monitor_version.early_release IS
    'offerengine.early_release as the reader''s session has it, which is the server''s unless role or database say otherwise.';
COMMENT ON COLUMN offerengine.monitor_version.early_release_settings IS
    'How many ALTER ROLE and ALTER DATABASE that count in this database set it on.';

-- Ordered by status and number, so that no plan walks along all offers. (Of the three, waiting_for_approval is the last.)
CREATE OR REPLACE VIEW offerengine.monitor_approval AS
SELECT (SELECT count(*)
          FROM (SELECT
                  FROM offerengine.offer o
                 WHERE o.approval_status <> 'approved' AND o.approval_status >= 'waiting_for_approval'
                   AND offerengine_internal.is_loaded()
                 ORDER BY o.approval_status, o.offer_id
                 LIMIT 10000) AS n) AS waiting_offers,
       greatest(extract(epoch FROM now() - min(coalesce(a.decided_at, w.created_at))), 0) AS oldest_waiting_seconds
  FROM (SELECT o.offer_id, o.created_at
          FROM offerengine.offer o
         WHERE o.approval_status <> 'approved' AND o.approval_status >= 'waiting_for_approval'
         ORDER BY o.approval_status, o.offer_id
         LIMIT 1000) AS w
  LEFT JOIN LATERAL (SELECT h.decided_at
                       FROM offerengine.offer_approval h
                      WHERE h.offer_id = w.offer_id
                      ORDER BY h.version DESC, h.offer_approval_id DESC
                      LIMIT 1) AS a ON true;
COMMENT ON VIEW offerengine.monitor_approval IS
    'To watch: offers that wait for approval, without denied ones that were changed since (approval_queue has them, too). One row.';
COMMENT ON COLUMN offerengine.monitor_approval.waiting_offers IS 'How many offers wait; 10000: that many or more.';
COMMENT ON COLUMN offerengine.monitor_approval.oldest_waiting_seconds IS
    'Seconds for which the longest-waiting of the first 1,000 waits: since it was made, or since its merchant changed it; 0: none '
    'waits.';

CREATE OR REPLACE VIEW offerengine.monitor_outbox AS
SELECT s.state,
       count(o.state) AS documents,
       count(*) FILTER (WHERE o.leased_until > now()) AS claimed,
       count(*) FILTER (WHERE o.due_at < now() AND s.state IN ('queued', 'retry')) AS late,
       greatest(extract(epoch FROM now() - min(o.enqueued_at)), 0) AS oldest_seconds,
       coalesce(max(o.attempts), 0) AS most_attempts
  FROM (VALUES ('queued'), ('retry'), ('waiting'), ('sent'), ('discarded')) AS s (state)
  LEFT JOIN (
       (SELECT q.state, q.enqueued_at, q.due_at, q.leased_until, q.attempts
          FROM offerengine.loyalty_outbox q WHERE q.state = 'queued' ORDER BY q.id LIMIT 10000)
       UNION ALL
       (SELECT r.state, r.enqueued_at, r.due_at, r.leased_until, r.attempts
          FROM offerengine.loyalty_outbox r WHERE r.state = 'retry' ORDER BY r.not_before LIMIT 10000)
       UNION ALL
       (SELECT w.state, w.enqueued_at, w.due_at, w.leased_until, w.attempts
          FROM offerengine.loyalty_outbox w
         WHERE w.waits_for IS NOT NULL ORDER BY w.customer_reference, w.waits_for LIMIT 1000)
       UNION ALL
       SELECT n.state, n.enqueued_at, n.due_at, n.leased_until, n.attempts
         FROM (SELECT d.state, d.enqueued_at, d.due_at, d.leased_until, d.attempts
                 FROM offerengine.loyalty_outbox d WHERE d.state <> 'queued' ORDER BY d.id DESC LIMIT 1000) AS n
        WHERE n.state IN ('sent', 'discarded')) AS o ON o.state = s.state
 WHERE offerengine_internal.is_loaded()
 GROUP BY s.state;
COMMENT ON VIEW offerengine.monitor_outbox IS
    'To watch: documents for the loyalty programme that are not delivered and booked. One row a state, also of those without any.';
COMMENT ON COLUMN offerengine.monitor_outbox.state IS
    'queued, retry (a try has failed, or they were released or named again), waiting (for another document), sent (delivered, and '
    'without a partition to be kept in), discarded (given up by an operator).';
COMMENT ON COLUMN offerengine.monitor_outbox.documents IS
    'How many documents; 10000, or 1000 waiting ones: that many or more. Of sent and discarded those among the newest 1,000 that '
    'are not queued.';
COMMENT ON COLUMN offerengine.monitor_outbox.claimed IS 'How many of them are being delivered at this moment.';
COMMENT ON COLUMN offerengine.monitor_outbox.late IS
    'How many of them should have been delivered: 30 minutes after they were queued.';
COMMENT ON COLUMN offerengine.monitor_outbox.oldest_seconds IS 'Seconds since the oldest of them was queued; 0: there are none.';
COMMENT ON COLUMN offerengine.monitor_outbox.most_attempts IS 'How often the one was tried that was tried most.';

CREATE OR REPLACE VIEW offerengine.monitor_import AS
SELECT count(*) FILTER (WHERE i.opened_at > now() - interval '1 day') AS imports,
       count(*) FILTER (WHERE i.opened_at > now() - interval '1 day' AND i.run_at IS NULL) AS imports_not_run,
       count(*) FILTER (WHERE i.run_at > now() - interval '1 day' AND NOT i.dry_run
                          AND EXISTS (SELECT FROM offerengine.import_message m
                                       WHERE m.import_id = i.import_id AND m.severity = 'error'
                                         AND offerengine_internal.is_loaded())) AS imports_with_errors,
       extract(epoch FROM now() - max(i.run_at) FILTER (WHERE NOT i.dry_run)) AS last_run_seconds
  FROM (SELECT n.import_id, n.opened_at, n.run_at, n.dry_run
          FROM offerengine.import n ORDER BY n.import_id DESC LIMIT 1000) AS i;
COMMENT ON VIEW offerengine.monitor_import IS 'To watch: imports of the last 24 hours, of the 1,000 newest. One row.';
COMMENT ON COLUMN offerengine.monitor_import.imports IS 'How many imports were begun.';
COMMENT ON COLUMN offerengine.monitor_import.imports_not_run IS
    'How many of these have not run: still loading, given up, or failed as a whole (which leaves no trace but this).';
COMMENT ON COLUMN offerengine.monitor_import.imports_with_errors IS
    'How many ran, other than to try, and left out rows with an error (view import_error).';
COMMENT ON COLUMN offerengine.monitor_import.last_run_seconds IS
    'Seconds since one ran last, other than to try; NULL: none has.';

CREATE OR REPLACE VIEW offerengine.monitor_hold AS
SELECT k.kind, count(h.kind) AS holds,
       count(*) FILTER (WHERE h.at <= now() AND k.kind = 'held') AS ended,
       greatest(extract(epoch FROM now() - min(h.at)), 0) AS oldest_seconds
  FROM (VALUES ('held'), ('confirmed')) AS k (kind)
  LEFT JOIN (
       (SELECT 'held' AS kind, e.expires_at AS at
          FROM offerengine.stock_hold e
         WHERE e.state = 'held'
         ORDER BY e.offer_id, e.warehouse_id, e.expires_at LIMIT 10000)
       UNION ALL
       (SELECT 'confirmed' AS kind, c.confirmed_at AS at
          FROM offerengine.stock_hold c
         WHERE c.state = 'confirmed' AND c.shipped < c.quantity
         ORDER BY c.offer_id, c.warehouse_id, c.confirmed_at LIMIT 10000)) AS h ON h.kind = k.kind
 WHERE offerengine_internal.is_loaded()
 GROUP BY k.kind;
COMMENT ON VIEW offerengine.monitor_hold IS
    'To watch: pieces of stock that are promised, as holds (one an order line and warehouse). Two rows.';
COMMENT ON COLUMN offerengine.monitor_hold.kind IS
    'held (for carts and orders that are not placed) or confirmed (sold, not shipped).';
COMMENT ON COLUMN offerengine.monitor_hold.holds IS 'How many holds; 10000: that many or more, and what follows is of those.';
COMMENT ON COLUMN offerengine.monitor_hold.ended IS
    'How many of the held ones have ended and were not released: free for whoever needs the pieces, who takes them.';
COMMENT ON COLUMN offerengine.monitor_hold.oldest_seconds IS
    'Seconds since the first of the held ones ended, or since the first of the confirmed ones was sold; 0: none.';

CREATE OR REPLACE VIEW offerengine.monitor_table AS
SELECT t.relname AS table_name,
       sum(pg_stat_get_live_tuples(c.oid))::bigint AS live_rows,
       sum(pg_stat_get_dead_tuples(c.oid))::bigint AS dead_rows,
       sum(pg_stat_get_mod_since_analyze(c.oid))::bigint AS changed_rows,
       sum(pg_table_size(c.oid))::bigint AS table_bytes,
       sum(pg_indexes_size(c.oid))::bigint AS index_bytes,
       extract(epoch FROM now() - min(greatest(pg_stat_get_last_vacuum_time(c.oid),
                                                           pg_stat_get_last_autovacuum_time(c.oid)))) AS vacuumed_seconds,
       max(age(c.relfrozenxid))::bigint AS frozen_transactions
  FROM pg_class c
  JOIN pg_class t ON t.oid = coalesce(pg_partition_root(c.oid), c.oid)
 WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = 'offerengine')
   AND c.relkind = 'r'
 GROUP BY t.relname;
COMMENT ON VIEW offerengine.monitor_table IS
    'To watch: sizes and dead rows of every table, those of its partitions together. Waits for whoever holds a table exclusively '
    '(give the reader a lock_timeout). On a standby rows are 0.';
COMMENT ON COLUMN offerengine.monitor_table.table_name IS 'The table.';
COMMENT ON COLUMN offerengine.monitor_table.live_rows IS 'Rows, as the server''s statistics estimate them.';
COMMENT ON COLUMN offerengine.monitor_table.dead_rows IS 'Row versions that vacuum has still to remove, likewise.';
COMMENT ON COLUMN offerengine.monitor_table.changed_rows IS 'Rows written since it was analyzed last.';
COMMENT ON COLUMN offerengine.monitor_table.table_bytes IS 'Bytes on disk, without indexes.';
COMMENT ON COLUMN offerengine.monitor_table.index_bytes IS 'Bytes of its indexes.';
COMMENT ON COLUMN offerengine.monitor_table.vacuumed_seconds IS
    'Seconds since it was vacuumed, by whomever; of partitions the one that was longest ago; NULL: never, as far as is known.';
COMMENT ON COLUMN offerengine.monitor_table.frozen_transactions IS
    'Age of its oldest unfrozen transaction id, in transactions.';

CREATE OR REPLACE VIEW offerengine.monitor_search_index AS
SELECT c.relname AS index_name, t.relname AS table_name, pg_relation_size(c.oid) AS index_bytes,
       offerengine_internal.pending_pages(c.oid::regclass) * current_setting('block_size')::bigint AS pending_bytes
  FROM pg_class c
  JOIN pg_index i ON i.indexrelid = c.oid
  JOIN pg_class t ON t.oid = i.indrelid
 WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = 'offerengine')
   AND c.relkind = 'i'
   AND c.relam = (SELECT a.oid FROM pg_am a WHERE a.amname = 'gin');
COMMENT ON VIEW offerengine.monitor_search_index IS
    'To watch: the GIN indexes that search_offers() reads, and their pending lists, which each search reads from end to end.';
COMMENT ON COLUMN offerengine.monitor_search_index.index_name IS 'The index.';
COMMENT ON COLUMN offerengine.monitor_search_index.table_name IS 'Its table.';
COMMENT ON COLUMN offerengine.monitor_search_index.index_bytes IS 'Bytes on disk.';
COMMENT ON COLUMN offerengine.monitor_search_index.pending_bytes IS
    'Bytes of its pending list; vacuum and autoanalyze empty it, and so does whoever fills it above gin_pending_list_limit.';

CREATE OR REPLACE VIEW offerengine.monitor_shortage AS
SELECT count(*) AS places, coalesce(sum(n.missing), 0)::bigint AS missing_pieces
  FROM offerengine_internal.stock_missing n
 WHERE offerengine_internal.is_loaded();
COMMENT ON VIEW offerengine.monitor_shortage IS
    'To watch: stock that is promised and does not lie there (stock_shortage says where). Reads what is held of every offer: to be '
    'asked by the hour. One row.';
COMMENT ON COLUMN offerengine.monitor_shortage.places IS
    'Offers and warehouses in which more is promised than lies there; an offer in two warehouses counts twice.';
COMMENT ON COLUMN offerengine.monitor_shortage.missing_pieces IS 'How many pieces are missing there.';

CREATE OR REPLACE VIEW offerengine.monitor_points AS
SELECT l.currency_code, sum(l.points)::bigint AS points, sum(l.locked_points)::bigint AS locked_points, sum(l.value) AS value
  FROM offerengine.loyalty_liability l
 GROUP BY l.currency_code;
COMMENT ON VIEW offerengine.monitor_points IS
    'To watch: points of the loyalty programme that all customers together have (loyalty_liability says until when). Reads every '
    'lot of points: to be asked by the hour. One row a currency; none where nobody has points.';
COMMENT ON COLUMN offerengine.monitor_points.currency_code IS
    'Currency of the orders that earned them; of adjustments that of the only programme, NULL where there are several.';
COMMENT ON COLUMN offerengine.monitor_points.points IS 'How many there are.';
COMMENT ON COLUMN offerengine.monitor_points.locked_points IS 'How many of them open later.';
COMMENT ON COLUMN offerengine.monitor_points.value IS
    'What they would pay, with the currency''s digits; NULL: their currency has no programme.';

-- The side that publishes knows how many bytes are on their way, the side that subscribes knows whether its worker runs.
CREATE OR REPLACE VIEW offerengine.monitor_catalogue AS
SELECT 'subscriber' AS side, s.subname AS name, s.subenabled AND w.pid IS NOT NULL AS is_active,
       greatest(offerengine_internal.applied_lsn(s.oid), w.latest_end_lsn) AS "position",
       NULL::bigint AS lag_bytes,
       greatest(extract(epoch FROM now() - w.last_msg_receipt_time), 0) AS silent_seconds,
       (SELECT count(*) FROM pg_subscription_rel r WHERE r.srsubid = s.oid AND r.srsubstate NOT IN ('r', 's')) AS tables_to_copy
  FROM pg_subscription s
  LEFT JOIN pg_stat_subscription w ON w.subid = s.oid AND w.relid IS NULL
 WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
   AND EXISTS (SELECT FROM pg_subscription_rel r
                 JOIN pg_class c ON c.oid = r.srrelid
                WHERE r.srsubid = s.oid
                  AND c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = 'offerengine'))
 UNION ALL
SELECT 'publisher', k.slot_name, k.active, k.confirmed_flush_lsn,
       (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END
        - k.confirmed_flush_lsn)::bigint,
       greatest(extract(epoch FROM now() - r.reply_time), 0), 0
  FROM pg_replication_slots k
  LEFT JOIN pg_stat_replication r ON r.pid = k.active_pid
 WHERE k.slot_type = 'logical' AND k.plugin = 'pgoutput' AND NOT k.temporary AND k.database = current_database();
COMMENT ON VIEW offerengine.monitor_catalogue IS
    'To watch: copies of the catalogue by logical replication. One row a subscription that fills tables of ours here, and one a '
    'slot of this database that somebody subscribes to.';
COMMENT ON COLUMN offerengine.monitor_catalogue.side IS 'subscriber: it is filled here; publisher: it is filled from here.';
COMMENT ON COLUMN offerengine.monitor_catalogue.name IS 'Name of the subscription or the slot.';
COMMENT ON COLUMN offerengine.monitor_catalogue.is_active IS
    'Whether it runs. A slot that nobody reads keeps write-ahead log until its disk is full.';
COMMENT ON COLUMN offerengine.monitor_catalogue."position" IS
    'Up to which position of the publisher everything is applied, or confirmed; NULL: none is yet. wait_for_catalogue() asks it.';
COMMENT ON COLUMN offerengine.monitor_catalogue.lag_bytes IS
    'Of a slot: bytes of write-ahead log that are not confirmed, other databases'' included. NULL of a subscription, which does '
    'not know them.';
COMMENT ON COLUMN offerengine.monitor_catalogue.silent_seconds IS
    'Seconds since the other side was heard of; NULL: it is not, or the reader may not see it (pg_read_all_stats).';
COMMENT ON COLUMN offerengine.monitor_catalogue.tables_to_copy IS 'Tables of the subscription whose first copy is not complete.';
