-- Many documents noted at once: as if one by one, in the order given; all or none; at the cost of few statements, whatever else there is.
BEGIN;
\ir ../include/compact.psql
\ir ../include/publisher.psql
\ir ../include/order.psql
\ir ../include/outbox.psql
\ir ../include/points.psql
SELECT no_plan();
CREATE FUNCTION pg_temp.documents(VARIADIC names text[]) RETURNS uuid[] LANGUAGE sql AS $$
    SELECT array_agg(CASE n WHEN 'none' THEN offerengine.uuid_v7() WHEN 'null' THEN NULL
                            ELSE pg_temp.document(split_part(n, ' ', 2), split_part(n, ' ', 1), nullif(split_part(n, ' ', 3), '')) END ORDER BY o)
      FROM unnest(names) WITH ORDINALITY AS n (n, o)
$$;
-- What there is afterwards, in words.
CREATE FUNCTION pg_temp.told_of() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', f.customer_reference, f.payload ->> 'order_reference', f.send_as, f.state), ', ' ORDER BY f.customer_reference COLLATE "C", f.id)
      FROM (SELECT o.customer_reference, o.payload, o.send_as, o.state::text || CASE WHEN o.waits_for IS NOT NULL THEN ' for another' ELSE '' END AS state, o.id FROM offerengine.loyalty_outbox o
            UNION ALL SELECT t.customer_reference, t.payload, t.send_as, 'gone' || CASE WHEN t.first_sent_at < t.sent_at THEN ' again' ELSE '' END, t.id FROM offerengine.loyalty_sent_order t) AS f
$$;

-- Orders of three customers, without a programme.
SELECT pg_temp.ordered(c, r, 5000) FROM (VALUES ('anna', 'A1'), ('anna', 'A2'), ('bert', 'B1'), ('carl', 'C1')) AS v (c, r) \g /dev/null
SELECT offerengine.loyalty_enqueue('A1,A2,B1,C1') \g /dev/null
SELECT pg_temp.claim(10) \g /dev/null
SELECT is(pg_temp.outbox_try(statement), answer, statement) FROM (VALUES
    ($$SELECT offerengine.loyalty_sent_many(NULL)$$, '22004 ids must not be NULL, nor have one that is'),
    ($$SELECT offerengine.loyalty_sent_many(pg_temp.documents('anna A1', 'null'))$$, '22004 ids must not be NULL, nor have one that is'),
    ($$SELECT offerengine.loyalty_sent_many(pg_temp.documents('anna A1', 'bert B1'), ARRAY['anna'])$$, '22023 2 ids need as many customers, not 1'),
    ($$SELECT offerengine.loyalty_sent_many('{}', ARRAY['anna'])$$, '22023 0 ids need as many customers, not 1'),
    ($$SELECT offerengine.loyalty_sent_many(pg_temp.documents('anna A1', 'none'))$$, 'OE020 there is no document <id>'),
    ($$SELECT offerengine.loyalty_sent_many(pg_temp.documents('anna A1', 'none'), ARRAY['anna', NULL])$$, 'OE020 there is no document <id>'),
    ($$SELECT offerengine.loyalty_sent_many(ARRAY[pg_temp.documents('anna A1'), pg_temp.documents('null')])$$, '22004 ids must not be NULL, nor have one that is'),
    ($$SELECT offerengine.loyalty_sent_many('{}')$$, '0'),
    ($$SELECT offerengine.loyalty_sent_many('{}', '{}')$$, '0')) AS v (statement, answer);
SELECT is(pg_temp.told_of(), 'anna A1 order queued, anna A2 order queued, bert B1 order queued, carl C1 order queued', 'all or none');
SELECT is(offerengine.loyalty_sent_many(pg_temp.documents('carl C1', 'anna A1', 'carl C1'), ARRAY['carl', 'anna', 'carl']), 2, 'one that is named twice counts once');
SELECT is(pg_temp.told_of(), 'anna A1 order gone, anna A2 order queued, bert B1 order queued, carl C1 order gone', 'the others stay');
SELECT is(offerengine.loyalty_sent_many(pg_temp.documents('anna A1', 'bert B1', 'carl C1')), 1, 'those that were noted before do not count; whose they are need not be said');
SELECT is(offerengine.loyalty_sent_many(pg_temp.documents('anna A2'), ARRAY['bert']), 1, 'nor be right');
SELECT is((SELECT count(*) FROM offerengine.loyalty_sent_order t WHERE t.attempts = 1 AND t.sent_at = t.first_sent_at AND t.due_at = t.enqueued_at + interval '30 minutes' AND t.payload ->> 'document_id' = t.id::text), 4::bigint, 'as they were');
SELECT is((SELECT count(*) FROM offerengine.loyalty_document) + (SELECT count(*) FROM offerengine.loyalty_member), 0::bigint, 'without a programme nobody takes part');

-- Points of those who take part, each once, and of those whom the programme makes members.
SELECT offerengine.put_loyalty_program('EUR', 100, 100), offerengine.put_loyalty_program('CHF', 100, 100, auto_enroll => false), offerengine.loyalty_enroll('hans') \g /dev/null
INSERT INTO offerengine.loyalty_rule (order_type, send_as) VALUES (1, 'order'), (3, 'return') ON CONFLICT DO NOTHING;
SELECT pg_temp.ordered(c, r, 5000, currency => k) FROM (VALUES ('dora', 'D1', 'EUR'), ('emil', 'E1', 'CHF'), ('fred', 'F1', 'USD'), ('dora', 'D2', 'EUR'), ('hans', 'H1', 'CHF'), ('hans', 'H2', 'USD')) AS v (c, r, k) \g /dev/null
SELECT is(offerengine.loyalty_sent_many(pg_temp.documents('dora D1', 'emil E1', 'fred F1', 'dora D2', 'hans H1', 'hans H2')), 6, 'six');
SELECT is(concat_ws(' ', pg_temp.points('dora'), pg_temp.points('emil'), pg_temp.points('fred'), pg_temp.points('hans')), '100/100 0/0 0/0 50/50', 'two orders, a programme that enrols nobody, none, and a member of it');
SELECT set_eq('SELECT m.customer_reference::text FROM offerengine.loyalty_member m', ARRAY['dora', 'hans'], 'so who is a member');
SELECT offerengine.loyalty_resend('D1') \g /dev/null
SELECT is(offerengine.loyalty_sent_many(pg_temp.documents('dora D1')) || ' ' || pg_temp.points('dora'), '1 100/100', 'sent again is not booked again');
SELECT ok(pg_temp.told_of() LIKE '%dora D1 order gone again%', 'and both times are known');
SELECT offerengine.loyalty_resend('A1') \g /dev/null
SELECT is(offerengine.loyalty_sent_many(pg_temp.documents('anna A1')) || ' ' || pg_temp.points('anna'), '1 0/0', 'nor what was sent before there was a programme');

-- Returns, what waits, and what was discarded: as one by one, in this order.
CREATE FUNCTION pg_temp.noted(VARIADIC names text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text := '';
    ids  uuid[];
    n    integer := 0;
    one  uuid;
BEGIN
    FOR way IN 1 .. 2 LOOP
        BEGIN
            ids := pg_temp.documents(VARIADIC names);
            IF way = 1 THEN
                n := offerengine.loyalty_sent_many(ids);
            ELSE
                n := 0;
                FOREACH one IN ARRAY ids LOOP
                    n := n + offerengine.loyalty_sent(one)::integer;
                END LOOP;
            END IF;
            said := said || CASE way WHEN 2 THEN ' | ' ELSE '' END
                || concat_ws(' ', n, (SELECT string_agg(f, ', ') FROM string_to_table(pg_temp.told_of(), ', ') AS f WHERE f LIKE 'gina %'), pg_temp.points('gina'));
            RAISE EXCEPTION 'back' USING ERRCODE = 'P0099';
        EXCEPTION WHEN SQLSTATE 'P0099' THEN
            NULL;
        END;
    END LOOP;
    RETURN CASE WHEN split_part(said, ' | ', 1) = split_part(said, ' | ', 2) THEN split_part(said, ' | ', 1) ELSE said END;
END
$$;
SELECT pg_temp.ordered('gina', 'G1', 5000), pg_temp.ordered('gina', 'G2', 3000), pg_temp.ordered('gina', 'G3', 700) \g /dev/null
SELECT pg_temp.came_back('gina', 'R1', 'G1', 1000), pg_temp.came_back('gina', 'R2', 'G1', 4000) \g /dev/null
SELECT is(pg_temp.noted('gina G1'), '1 gina G1 order gone, gina G2 order queued, gina G3 order queued, gina R1 return retry, gina R2 return waiting for another 50/50', 'a main order lets its first return go');
SELECT is(pg_temp.noted('gina G1', 'gina R1', 'gina R2', 'gina G2'), '4 gina G1 order gone, gina G2 order gone, gina G3 order queued, gina R1 return gone, gina R2 return gone 30/30', 'all of them');
SELECT is(pg_temp.noted('gina R2', 'gina R1', 'gina G1'), '3 gina G1 order gone, gina G2 order queued, gina G3 order queued, gina R1 return gone, gina R2 return gone 0/0', 'from the end');
SELECT is(pg_temp.noted('gina G3', 'gina R1', 'gina G2'), '3 gina G1 order queued, gina G2 order gone, gina G3 order gone, gina R1 return gone, gina R2 return waiting for another 37/37', 'one that waited lets nobody go before what it waited for');
SELECT offerengine.loyalty_discard(pg_temp.document('G1', 'gina'), 'test') \g /dev/null
SELECT is(pg_temp.noted('gina R2', 'gina G1', 'gina R1'), '3 gina G1 order gone, gina G2 order queued, gina G3 order queued, gina R1 return gone, gina R2 return gone 0/0', 'discarded, and delivered all the same');
SELECT is(pg_temp.noted('gina G1', 'gina R1'), '2 gina G1 order gone, gina G2 order queued, gina G3 order queued, gina R1 return gone, gina R2 return discarded 40/40', 'a part');
-- One that was told as a return, and then as an order: what was noted first counts, though neither waits.
INSERT INTO offerengine.loyalty_rule (order_type, status, send_as) VALUES (1, 9, 'return');
DELETE FROM offerengine.loyalty_rule WHERE order_type = 1 AND status IS NULL;
SELECT pg_temp.ordered('gina', 'G4', 900) \g /dev/null
SELECT offerengine.set_order_status('gina', pg_temp.order_id('gina', 'G4'), 9), pg_temp.named('G4') \g /dev/null
SELECT is(regexp_replace(pg_temp.noted('gina G4 return', 'gina G4 order'), ' gina G[123R].*(gina G4 return)', ' \1'), '2 gina G4 return gone, gina G4 order gone 0/0', 'taken back before it is earned');

-- What has no partition stays, beside what has one.
SELECT offerengine_internal.uuid_at('2020-02-29 23:59:59Z') AS old \gset
UPDATE offerengine.loyalty_outbox o SET id = :'old' WHERE o.id = pg_temp.document('G2', 'gina');
UPDATE offerengine.sales_order s SET order_document_id = :'old' WHERE s.order_reference = 'G2';
SELECT is(pg_temp.noted('gina G2', 'gina G3'), '2 gina G2 order sent, gina G1 order discarded, gina G3 order gone, gina R1 return discarded, gina R2 return discarded, gina G4 return queued, gina G4 order queued 37/37', 'sent where it stands');
SELECT is(concat_ws(' ', offerengine.loyalty_sent_many(pg_temp.documents('gina G2')), offerengine.loyalty_sent_many(pg_temp.documents('gina G2', 'gina G3'))), '1 1', 'and noted once');
SELECT is((SELECT string_agg(h.detail, ' ') FROM offerengine.health_check() h WHERE h.check_name IN ('points', 'outbox') AND NOT h.ok), NULL, 'everything adds up');

-- What it costs: no table is read but by what it looks for, and rows are written once, however little is known of how many there are.
DELETE FROM offerengine.loyalty_program;
-- Entries of a table's indexes that were read.
CREATE FUNCTION pg_temp.entries(t regclass) RETURNS bigint LANGUAGE sql AS 'SELECT sum(pg_stat_get_xact_tuples_returned(i.indexrelid))::bigint FROM pg_index i WHERE i.indrelid = $1';
CREATE TEMP TABLE mass AS SELECT n, 'k' || n AS customer, offerengine.uuid_v7() AS id FROM generate_series(1, 3000) AS n;
INSERT INTO offerengine.loyalty_outbox (customer_reference, id, order_id, send_as, payload, enqueued_at, due_at, attempts)
SELECT m.customer, m.id, offerengine.uuid_v7(), 'order', jsonb_build_object('order_reference', m.customer), now(), now(), 1 FROM mass m;
CREATE FUNCTION pg_temp.cost(size integer, OUT noted integer, OUT scans bigint, OUT read bigint, OUT written bigint) LANGUAGE plpgsql AS $$
DECLARE
    tables CONSTANT regclass[] := '{offerengine.loyalty_outbox,offerengine.customer_timeline,offerengine.loyalty_member,offerengine.sales_order}';
BEGIN
    SELECT sum(pg_stat_get_xact_numscans(t)), sum(pg_temp.entries(t)) INTO scans, read FROM unnest(tables) AS t;
    SELECT sum(pg_stat_get_xact_tuples_inserted(c.oid) + pg_stat_get_xact_tuples_updated(c.oid) + pg_stat_get_xact_tuples_deleted(c.oid)) INTO written FROM pg_class c WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'r';
    noted := offerengine.loyalty_sent_many(array_agg(m.id), array_agg(m.customer)) FROM mass m WHERE m.n BETWEEN size + 1 AND 2 * size;
    SELECT sum(pg_stat_get_xact_numscans(t)) - scans, sum(pg_temp.entries(t)) - read INTO scans, read FROM unnest(tables) AS t;
    SELECT sum(pg_stat_get_xact_tuples_inserted(c.oid) + pg_stat_get_xact_tuples_updated(c.oid) + pg_stat_get_xact_tuples_deleted(c.oid)) - written INTO written FROM pg_class c WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'r';
END
$$;
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT is(concat_ws(',', c.noted, c.scans, c.read <= 4 * c.noted + 10, c.written), '100,0,t,300', 'a hundred customers: each taken, one row gone and one come, looked at four times and taken out once') FROM pg_temp.cost(100) AS c;
SELECT is(concat_ws(',', c.noted, c.scans, c.read <= 4 * c.noted + 10, c.written), '1000,0,t,3000', 'ten times as many cost ten times as much') FROM pg_temp.cost(1000) AS c;
SELECT * FROM finish();
ROLLBACK;
