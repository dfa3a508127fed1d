-- What a row takes on disk, in a catalogue of bench/generate.sql: bytes of the table and of its indexes for each row, as loaded and
-- vacuumed, and after everything was written anew (VACUUM FULL), which is the least it can be. Changes every tenth offer's prices
-- first, so that history has rows.
\set ON_ERROR_STOP on
\set QUIET on
UPDATE offerengine.price SET gross_amount = gross_amount + 1, net_amount = net_amount + 1 WHERE offer_id % 10 = 1;
UPDATE offerengine.offer SET title = title || ' again' WHERE offer_id % 10 = 1;
VACUUM;
CREATE TEMP TABLE loaded AS
SELECT c.oid, c.relname, pg_catalog.pg_table_size(c.oid) AS of_table, pg_catalog.pg_indexes_size(c.oid) AS of_indexes,
       (pg_catalog.xpath('/row/n/text()', pg_catalog.query_to_xml(
            pg_catalog.format('SELECT count(*) AS n FROM offerengine.%I', c.relname), false, true, '')))[1]::text::bigint AS n
  FROM pg_catalog.pg_class c WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'r';
VACUUM FULL;
SELECT l.relname AS "table", l.n AS "rows", l.of_table / l.n AS "table, loaded", l.of_indexes / l.n AS "indexes, loaded",
       pg_catalog.pg_table_size(l.oid) / l.n AS "table, least", pg_catalog.pg_indexes_size(l.oid) / l.n AS "indexes, least"
  FROM loaded l WHERE l.n >= 10000 ORDER BY l.of_table + l.of_indexes DESC;
