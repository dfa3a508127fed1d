-- What a claim costs: the plans hold when nothing is known of the LIMIT, tables are large and statistics are old; dead entries are not
-- walked again; what stands at the head and cannot be taken does not hide what can.
BEGIN;
\ir ../include/compact.psql
\ir ../include/publisher.psql
\ir ../include/order.psql
\ir ../include/outbox.psql
SELECT no_plan();
CREATE FUNCTION pg_temp.id(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT ('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid$$;
INSERT INTO offerengine.loyalty_outbox (customer_reference, id, order_id, send_as, payload, enqueued_at, due_at)
SELECT 'c' || n % 500, pg_temp.id(n), offerengine.uuid_v7(), 'order', jsonb_build_object('order_reference', 'o' || n), now(), now() FROM generate_series(1, 20000) AS n;
INSERT INTO offerengine.loyalty_outbox (customer_reference, id, order_id, send_as, state, payload, enqueued_at, due_at, not_before)
SELECT 'c' || n % 500, pg_temp.id(n), offerengine.uuid_v7(), 'order', 'retry', '{}', now(), now(), now() + interval '1 day' FROM generate_series(20001, 30000) AS n;
ANALYZE offerengine.loyalty_outbox;
SET LOCAL plan_cache_mode = force_generic_plan;

-- The plans of the statements themselves, taken out of the functions: with their settings, as often as they are run.
CREATE FUNCTION pg_temp.statement(function regprocedure, pattern text, VARIADIC replaced text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    statement text := (regexp_match((SELECT p.prosrc FROM pg_proc p WHERE p.oid = function), pattern))[1];
    n         integer;
BEGIN
    FOR n IN 1 .. cardinality(replaced) BY 2 LOOP
        statement := regexp_replace(statement, replaced[n], replaced[n + 1], 'g');
    END LOOP;
    RETURN statement;
END
$$;
CREATE FUNCTION pg_temp.plan(name text, args text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    plan text := '';
BEGIN
    FOR line IN EXECUTE format('EXPLAIN (COSTS off) EXECUTE %I(%s)', name, args) LOOP
        plan := plan || line || E'\n';
    END LOOP;
    RETURN plan;
END
$$;
SELECT pg_temp.statement('offerengine_internal.free_queued(integer)', 'FROM \((SELECT.*?SKIP LOCKED)\)', 'walk_from', '$1', 'free_queued[.]most', '$2') AS queued,
       pg_temp.statement('offerengine_internal.free_retries(integer, tid[])', 'FROM \((SELECT.*?SKIP LOCKED)\)', 'free_retries[.]known', '$1', 'free_retries[.]most', '$2', 'claimed_at', '$3') AS retry \gset
PREPARE queued (uuid, integer) AS :queued;
PREPARE retry (tid[], integer, timestamptz) AS :retry;
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off;
SELECT matches(pg_temp.plan('queued', '''01900000-0000-7000-8000-000000000000'', 100'), '^Limit\s+->  LockRows\s+->  Index Scan using loyalty_outbox_queued on loyalty_outbox o\s+Index Cond: \(id > \$1\)',
               'queued documents are read in the order of their index');
SELECT matches(pg_temp.plan('retry', '''{}'', 100, now()'), '^Limit\s+->  LockRows\s+->  Index Scan using loyalty_outbox_retry on loyalty_outbox o\s+Index Cond: \(not_before <= \$3\)',
               'those that are tried again in that of theirs, as far as their time has come');
RESET enable_seqscan; RESET enable_bitmapscan; RESET enable_sort;
SELECT set_eq($$SELECT unnest(p.proconfig) FROM pg_proc p WHERE p.oid = 'offerengine_internal.free_queued(integer)'::regprocedure$$,
    ARRAY['search_path=pg_catalog, pg_temp', 'enable_seqscan=off', 'enable_bitmapscan=off', 'enable_sort=off'], 'which the function sets');
SELECT set_eq($$SELECT unnest(p.proconfig) FROM pg_proc p WHERE p.oid = 'offerengine_internal.free_retries(integer, tid[])'::regprocedure$$,
    ARRAY['search_path=pg_catalog, pg_temp', 'enable_seqscan=off', 'enable_bitmapscan=off', 'enable_sort=off'], 'both do');
-- Plans made for the values of each call cost more than the calls.
SELECT is((SELECT p.proconfig @> '{plan_cache_mode=force_generic_plan}' FROM pg_proc p WHERE p.oid = name::regprocedure), true, name || ' keeps its plans')
  FROM unnest('{"offerengine_internal.do_loyalty_claim(integer, interval)","offerengine_internal.do_loyalty_sent(uuid, text)","offerengine_internal.do_loyalty_sent_many(uuid[], text[])","offerengine_internal.spec_document_payload(text, uuid, uuid, text)"}'::text[]) AS name;
-- Nor does one that was made while a table was small read it whole when it has grown.
SELECT is((SELECT p.proconfig @> '{enable_seqscan=off,enable_hashjoin=off,enable_mergejoin=off}' FROM pg_proc p
            WHERE p.oid = 'offerengine_internal.spec_document_payload(text, uuid, uuid, text)'::regprocedure), true, 'a document reads by keys');

-- Rows and entries that a claim reads.
CREATE FUNCTION pg_temp.read() RETURNS bigint LANGUAGE sql AS $$
    SELECT pg_stat_get_xact_tuples_returned('offerengine.loyalty_outbox'::regclass) + pg_stat_get_xact_tuples_returned('offerengine.loyalty_outbox_queued'::regclass)
           + pg_stat_get_xact_tuples_returned('offerengine.loyalty_outbox_retry'::regclass)
$$;
CREATE FUNCTION pg_temp.cost(batch integer, OUT claimed bigint, OUT read bigint) LANGUAGE plpgsql AS $$
BEGIN
    read := pg_temp.read();
    SELECT count(*) INTO claimed FROM offerengine.loyalty_claim(batch);
    read := pg_temp.read() - read;
END
$$;
SELECT offerengine_internal.outbox_walk_anew() \g /dev/null
SELECT results_eq('SELECT * FROM pg_temp.cost(100)', 'VALUES (100::bigint, 100::bigint)', 'a claim of 100 reads 100');
SELECT offerengine_internal.outbox_walk_anew(3600) \g /dev/null
SELECT results_eq('SELECT * FROM pg_temp.cost(1000)', 'VALUES (1000::bigint, 1000::bigint)', 'the next one does not read these again');
SELECT results_eq('SELECT * FROM pg_temp.cost(1)', 'VALUES (1::bigint, 1::bigint)', 'one reads one');
SELECT offerengine_internal.outbox_walk_anew() \g /dev/null
SELECT results_eq('SELECT c.claimed, c.read BETWEEN 1102 AND 2204 FROM pg_temp.cost(1) c', 'VALUES (1::bigint, true)', 'from the start, once in a while, it walks what is leased');
SELECT offerengine_internal.outbox_walk_anew(3600) \g /dev/null
SELECT results_eq('SELECT * FROM pg_temp.cost(1)', 'VALUES (1::bigint, 1::bigint)', 'once');
-- Half of a claim, by turns, are those that were tried before.
UPDATE offerengine.loyalty_outbox o SET not_before = now() WHERE o.state = 'retry';
SELECT is((SELECT count(*) FROM offerengine.loyalty_claim(100) c WHERE c.order_reference IS NULL), 50::bigint, 'half are those of before');
CREATE TEMP TABLE turns AS SELECT (SELECT c.order_reference IS NULL FROM offerengine.loyalty_claim(1 + 0 * n) c) AS again FROM generate_series(1, 10) AS n;
SELECT is((SELECT count(*) FILTER (WHERE t.again) FROM turns t), 5::bigint, 'in claims of one, by turns');
-- What was released or failed is found at once; what stands in front of where the walk is, by the next one from the start.
SELECT offerengine_internal.outbox_walk_anew(3600) \g /dev/null
UPDATE offerengine.loyalty_outbox o SET leased_until = now() WHERE o.id = pg_temp.id(7);
SELECT is_empty($$SELECT FROM offerengine.loyalty_claim(10) c WHERE c.id = pg_temp.id(7)$$, 'a lease that nobody ended');
SELECT offerengine_internal.outbox_walk_anew() \g /dev/null
SELECT isnt_empty($$SELECT FROM offerengine.loyalty_claim(10) c WHERE c.id = pg_temp.id(7)$$, 'is found by a walk from the start');
-- A turn of those leaves the walk from the start to the next claim.
UPDATE offerengine.loyalty_outbox o SET leased_until = now() WHERE o.id = pg_temp.id(3);
SELECT offerengine_internal.outbox_walk_anew(), CASE offerengine_internal.outbox_turn() WHEN 1 THEN offerengine_internal.outbox_turn() END \g /dev/null
SELECT is((SELECT count(*) FROM (SELECT (SELECT c.id = pg_temp.id(3) FROM offerengine.loyalty_claim(1 + 0 * n) c) AS found FROM generate_series(1, 2) AS n) f WHERE f.found), 1::bigint,
          'of two claims of one the one that walks finds it');
SELECT offerengine_internal.outbox_walk_anew(3600) \g /dev/null
DELETE FROM offerengine.loyalty_outbox o WHERE o.state = 'queued';
DELETE FROM offerengine.loyalty_outbox o WHERE o.state = 'retry';
SELECT is((SELECT count(*) FROM offerengine.loyalty_claim(10)), 0::bigint, 'nothing is left');
CREATE TEMP TABLE before AS SELECT pg_stat_get_xact_tuples_returned('offerengine.loyalty_outbox_queued'::regclass) AS read;
SELECT is((SELECT count(*) FROM offerengine.loyalty_claim(10)), 0::bigint, 'again nothing');
SELECT is(pg_stat_get_xact_tuples_returned('offerengine.loyalty_outbox_queued'::regclass), b.read, 'and none of the entries that are still there is read') FROM before b;

-- An event of a checkout: without a rule one look, with one a document; the number of partitions does not matter.
SELECT is((SELECT i.is_armed FROM offerengine.loyalty_idle i), true, 'who has found nothing is told');
SELECT pg_temp.told('anna', 'R-1', 9000, 'book x3 =3000') \g /dev/null
SELECT is(pg_temp.named('R-1'), 'R-1 anna queued: -', 'one is queued');
SELECT is((SELECT i.is_armed FROM offerengine.loyalty_idle i), current_setting('max_prepared_transactions') <> '0', 'once, where no transaction can be prepared');
SELECT * FROM finish();
ROLLBACK;
