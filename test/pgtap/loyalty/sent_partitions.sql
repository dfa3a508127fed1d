-- Where sent documents go: partitions made ahead of time, one for each month of UTC; what has none stays and is moved later; a partition that
-- was taken away stays so, and what was in it is known to have been sent.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
\ir ../include/outbox.psql
SELECT no_plan();
CREATE FUNCTION pg_temp.months() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(right(c.relname, 6), ' ' ORDER BY c.relname) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'offerengine.loyalty_sent_order'::regclass
$$;
CREATE FUNCTION pg_temp.ahead(months integer) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + n * interval '1 month', 'YYYYMM'), ' ' ORDER BY n) FROM generate_series(0, months) AS n
$$;
SELECT is(pg_temp.months(), pg_temp.ahead(3), 'migrate() makes this month and three to come');
SELECT is(offerengine.loyalty_maintain()::text, '(0,0)', 'there they are');
SELECT is(offerengine.loyalty_maintain(5)::text, '(2,0)', 'two more');
SELECT is(pg_temp.months(), pg_temp.ahead(5), 'in a row');
-- Compressed in a buyer's transaction: by what costs least, where this server was built with it.
SELECT is((SELECT string_agg(DISTINCT a.attcompression::text, '') FROM pg_attribute a
            WHERE (a.attrelid = 'offerengine.loyalty_outbox'::regclass OR a.attrelid IN (SELECT t.relid FROM pg_partition_tree('offerengine.loyalty_sent_order') AS t)) AND a.attname = 'payload'),
          CASE WHEN (SELECT 'lz4' = ANY (s.enumvals) FROM pg_settings s WHERE s.name = 'default_toast_compression') THEN 'l' ELSE '' END, 'documents are compressed by lz4, where there is any');
SELECT is(offerengine_internal.uuid_at('1970-01-01Z')::text, '00000000-0000-0000-0000-000000000000', 'the beginning');
SELECT is(offerengine_internal.uuid_at('2026-11-01Z')::text, '01a19467-e800-0000-0000-000000000000', 'a month');
SELECT is(offerengine_internal.month_of(id::uuid), month, id) FROM (VALUES
    ('01a19467-e800-0000-0000-000000000000', timestamp '2026-11-01'), ('01a19467-e7ff-7fff-bfff-ffffffffffff', '2026-10-01'),
    ('01a22ee6-afff-7fff-bfff-ffffffffffff', '2026-11-01'), ('01a22ee6-b000-7000-8000-000000000000', '2026-12-01'), ('00000000-0000-7000-8000-000000000000', '1970-01-01')) AS m (id, month);

-- As if it had been queued in another month.
CREATE FUNCTION pg_temp.made_at(reference text, at timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    made CONSTANT uuid := offerengine_internal.uuid_at(at);
BEGIN
    PERFORM pg_temp.told('anna', reference, 100, 'book x1 =100'), pg_temp.named(reference);
    UPDATE offerengine.loyalty_outbox o SET id = made WHERE o.id = pg_temp.document(reference);
    UPDATE offerengine.sales_order s SET order_document_id = made WHERE s.order_reference = reference;
    RETURN made;
END
$$;
SELECT pg_temp.made_at('old', '2020-02-29 23:59:59Z') AS old \gset
SELECT is(offerengine.loyalty_sent(:'old'), true, 'sent');
SELECT is(offerengine.loyalty_sent(:'old'), false, 'once');
SELECT is((SELECT o.state::text FROM offerengine.loyalty_outbox o WHERE o.id = :'old'), 'sent', 'without a partition it stays');
SELECT is(pg_temp.backlog(), NULL, 'but is to be delivered no more');
SELECT is(pg_temp.claim(), NULL, 'nor claimed');
SELECT is(pg_temp.named('old'), 'old anna duplicate: it was sent: loyalty_resend() sends it once more', 'nor queued again');
SELECT is(offerengine.loyalty_maintain()::text, '(1,1)', 'it gets one, and is moved');
SELECT is((SELECT t.tableoid::regclass::text FROM offerengine.loyalty_sent_order t WHERE t.id = :'old'), 'offerengine.loyalty_sent_order_202002', 'into its own');
SELECT is(offerengine.loyalty_sent(:'old'), false, 'as before');
SELECT is((SELECT count(*) FROM offerengine.loyalty_outbox), 0::bigint, 'nothing is left');

-- Taken away by a DBA.
ALTER TABLE offerengine.loyalty_sent_order DETACH PARTITION offerengine.loyalty_sent_order_202002;
SELECT is(offerengine.loyalty_maintain()::text, '(0,0)', 'it does not come back');
SELECT is(pg_temp.named('old'), 'old anna duplicate: it was sent: loyalty_resend() sends it once more', 'what was in it is not sent again');
SELECT results_eq($$SELECT r.outcome, r.id::text FROM offerengine.loyalty_resend('old') r$$, format('VALUES (%L, %L)', 'queued', :'old'), 'but by name, under its key');
SELECT is((SELECT o.first_sent_at IS NOT NULL FROM offerengine.loyalty_outbox o WHERE o.id = :'old'), true, 'and not booked again');
SELECT is(offerengine.loyalty_sent(:'old'), true, 'sent');
SELECT is(offerengine.loyalty_maintain()::text, '(0,0)', 'where its table is there and not attached, it stays');
ALTER TABLE offerengine.loyalty_sent_order_202002 RENAME TO kept_elsewhere;
SELECT is(offerengine.loyalty_maintain()::text, '(1,1)', 'where it is not, it gets a new one');
-- One of a DBA's own, by another name.
DROP TABLE offerengine.loyalty_sent_order_202002;
CREATE TABLE public.years PARTITION OF offerengine.loyalty_sent_order
    FOR VALUES FROM ('01300000-0000-0000-0000-000000000000') TO ('01900000-0000-0000-0000-000000000000');
SELECT pg_temp.made_at('older', '2015-02-01Z') AS older \gset
SELECT is(offerengine.loyalty_sent(:'older'), true, 'sent');
SELECT is((SELECT t.tableoid::regclass::text FROM offerengine.loyalty_sent_order t WHERE t.id = :'older'), 'years', 'goes where there is room');
-- What is made belongs to the owner, with a comment on everything, and nobody but by way of its parent reads it.
SELECT is((SELECT c.relowner FROM pg_class c WHERE c.oid = 'offerengine.loyalty_sent_order'::regclass), c.relowner, 'owner') FROM pg_class c WHERE c.relname = 'loyalty_sent_order_' || pg_temp.ahead(0);
SELECT is((SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'offerengine.loyalty_sent_order'::regclass AND c.relacl IS NOT NULL), 0::bigint, 'no grants');
SELECT * FROM finish();
ROLLBACK;
