-- A return follows its main order, the returns of one order follow one another; rules send orders by themselves; a filter; a merge.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
\ir ../include/outbox.psql
SELECT no_plan();
-- An order with returns R1, R2 ... of one piece each.
CREATE FUNCTION pg_temp.sold(reference text, returns integer, customer text DEFAULT 'anna') RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    id CONSTANT uuid := pg_temp.told(customer, reference, 9000, 'book x9 =9000');
BEGIN
    PERFORM offerengine.return_order(customer, id, '[{"line_no": 1, "quantity": 1}]', order_reference => reference || '-' || n, key => 'k' || n)
       FROM generate_series(1, returns) AS n;
    RETURN id;
END
$$;

-- Waiting.
SELECT pg_temp.sold('A', 3), pg_temp.sold('B', 1) \g /dev/null
SELECT is(pg_temp.named('A-1,A,A-2,A-1'),
    'A-1 anna waiting: its main order was never queued and is queued with it, A anna duplicate: it is queued, '
    'A-2 anna waiting: its main order, or an earlier return of it, is not delivered yet, A-1 anna duplicate: it is queued', 'a return brings its main order along');
SELECT is(pg_temp.backlog(), 'A queued, A-1 (return) waiting, A-2 (return) waiting', 'and waits for it');
SELECT is((SELECT count(*) FROM offerengine.loyalty_backlog b WHERE b.due_at IS NULL), 2::bigint, 'without an end');
SELECT is((SELECT b.waits_for FROM offerengine.loyalty_backlog b WHERE b.order_reference = 'A-2'), pg_temp.document('A-1'), 'one after the other');
SELECT is(pg_temp.claim(), 'A 1', 'what waits is not claimed');
SELECT is(offerengine.loyalty_failed(pg_temp.document('A-1'), 'x'), false, 'what waits does not fail');
SELECT is(offerengine.loyalty_retry(pg_temp.document('A-1')), false, 'nor is it tried');
SELECT is(offerengine.loyalty_failed(pg_temp.document('A'), 'x'), true, 'the main order fails');
SELECT is(pg_temp.backlog(), 'A failing 1, A-1 (return) waiting, A-2 (return) waiting', 'they go on waiting');
SELECT pg_temp.time_goes_by('1 minute') \g /dev/null
SELECT is(pg_temp.claim(), 'A 2', 'it is tried again');
SELECT is(offerengine.loyalty_sent(pg_temp.document('A')), true, 'and sent');
SELECT is(pg_temp.backlog(), 'A-1 (return) queued, A-2 (return) waiting', 'the first is released');
SELECT is((SELECT b.due_at > now() + interval '29 minutes' FROM offerengine.loyalty_backlog b WHERE b.order_reference = 'A-1'), true, 'due in half an hour');
SELECT is(pg_temp.named('A-3'), 'A-3 anna waiting: its main order, or an earlier return of it, is not delivered yet', 'a third waits for the second');
SELECT is(offerengine.loyalty_discard(pg_temp.document('A-2'), 'x'), 1, 'the second is given up, alone');
SELECT is((SELECT b.waits_for FROM offerengine.loyalty_backlog b WHERE b.order_reference = 'A-3'), pg_temp.document('A-1'), 'the third waits for the first');
SELECT is(pg_temp.claim(), 'A-1 1', 'the first is claimed at once');
SELECT results_eq($$SELECT r.outcome FROM offerengine.loyalty_resend('A-2') r$$, $$VALUES ('waiting')$$, 'the second is queued again, behind the others');
SELECT is(offerengine.loyalty_sent(pg_temp.document('A-1')), true, 'sent');
SELECT is(pg_temp.backlog(), 'A-2 (return) waiting, A-3 (return) queued', 'the third');
SELECT is(offerengine.loyalty_sent(pg_temp.document('A-3')), true, 'sent, though nobody had claimed it');
SELECT is(pg_temp.backlog(), 'A-2 (return) queued', 'the second');
SELECT is(offerengine.loyalty_sent(pg_temp.document('A-2')), true, 'sent');
SELECT is(pg_temp.backlog(), NULL, 'all are sent');

-- What takes back of an order that was sent waits for nothing; a main order that is given up takes its returns along.
SELECT is(pg_temp.named('B'), 'B anna queued: -', 'an order');
SELECT is(offerengine.loyalty_sent(pg_temp.document('B')), true, 'is sent');
SELECT is(pg_temp.named('B-1'), 'B-1 anna queued: -', 'its return is claimable');
SELECT is(offerengine.loyalty_sent(pg_temp.document('B-1')), true, 'and sent');
SELECT results_eq($$SELECT r.order_reference, r.outcome FROM offerengine.loyalty_resend('B') r$$, $$VALUES ('B', 'queued')$$, 'the order once more');
SELECT offerengine.return_order('anna', pg_temp.id('anna', 'B'), NULL, order_reference => 'B-2', key => 'rest') \g /dev/null
SELECT is(pg_temp.named('B-2'), 'B-2 anna queued: -', 'a return does not wait for what is sent once more');
SELECT pg_temp.sold('C', 2) \g /dev/null
SELECT is(pg_temp.named('C-1, C-2'), 'C-1 anna waiting: its main order was never queued and is queued with it, '
    'C-2 anna waiting: its main order, or an earlier return of it, is not delivered yet', 'two returns');
SELECT is(offerengine.loyalty_discard(pg_temp.document('C'), 'a test'), 3, 'are given up with their order');
SELECT is(pg_temp.named('C, C-1'), 'C anna duplicate: it was discarded: loyalty_resend() queues it again, C-1 anna duplicate: it was discarded: loyalty_resend() queues it again',
    'all of it');
SELECT is(offerengine.loyalty_sent(pg_temp.document('C')), true, 'a late word that it was delivered');
SELECT is((SELECT string_agg(o.state, ' ') FROM offerengine.loyalty_outbox o WHERE o.id IN (pg_temp.document('C-1'), pg_temp.document('C-2'))), 'discarded discarded',
    'brings no return back');
-- A document of type 3 to 6 without an order of its own takes back nothing, and waits for nothing.
SELECT offerengine.put_order('anna', 'N', order_type => 4, total_amount => 5, currency => 'EUR') \g /dev/null
SELECT is(pg_temp.named('N'), 'N anna queued: -', 'a credit note of nothing');
SELECT is((SELECT b.send_as::text FROM offerengine.loyalty_backlog b WHERE b.order_reference = 'N'), 'return', 'is a return');
SELECT is((SELECT count(offerengine.loyalty_sent(b.id)) FROM offerengine.loyalty_backlog b), 3::bigint, 'all are sent');

-- Rules: type and status, the exact one before the one for all.
INSERT INTO offerengine.loyalty_rule (order_type, status, send_as) VALUES (1, 7, 'order'), (1, 7.1, 'return'), (3, NULL, 'return'), (3, 9, 'skip'), (1, 8, 'skip');
SELECT throws_ok($$INSERT INTO offerengine.loyalty_rule (order_type, status, send_as) VALUES (3, NULL, 'skip')$$, '23505', NULL, 'one rule for every status');
SELECT pg_temp.sold('D', 0) \g /dev/null
SELECT is(pg_temp.backlog(), NULL, 'no rule for no status');
SELECT offerengine.set_order_status('anna', pg_temp.id('anna', 'D'), 7.0) \g /dev/null
SELECT is(pg_temp.backlog(), 'D queued', 'status 7 sends it');
SELECT offerengine.cancel_order('anna', pg_temp.id('anna', 'D'), 1, 2) \g /dev/null
SELECT results_eq($$SELECT o.payload -> 'cancelled_amount', o.payload -> 'lines' -> 0 -> 'quantity_cancelled' FROM offerengine.loyalty_outbox o WHERE o.id = pg_temp.document('D')$$,
    $$VALUES (to_jsonb(2000), to_jsonb(2))$$, 'what nobody has claimed yet says what the order says now');
SELECT is(pg_temp.claim(), 'D 1', 'claimed');
SELECT offerengine.cancel_order('anna', pg_temp.id('anna', 'D'), 1, 1) \g /dev/null
SELECT is((SELECT o.payload -> 'cancelled_amount' FROM offerengine.loyalty_outbox o WHERE o.id = pg_temp.document('D')), to_jsonb(2000), 'what was handed out stays as it is');
SELECT offerengine.set_order_status('anna', pg_temp.id('anna', 'D'), 8) \g /dev/null
SELECT offerengine.set_order_status('anna', pg_temp.id('anna', 'D'), 7.1) \g /dev/null
SELECT is(pg_temp.backlog(), 'D claimed 1, D (return) waiting', 'the merchant decides what is a return: once as each, the one behind the other');
SELECT offerengine.set_order_status('anna', pg_temp.id('anna', 'D'), 7) \g /dev/null
SELECT is(pg_temp.backlog(), 'D claimed 1, D (return) waiting', 'once');
SELECT is((SELECT s.order_document_id <> s.return_document_id FROM offerengine.sales_order s WHERE s.order_reference = 'D'), true, 'two documents, two keys');
SELECT is((SELECT count(offerengine.loyalty_sent(b.id)) FROM offerengine.loyalty_backlog b), 2::bigint, 'both are sent');
SELECT offerengine.return_order('anna', pg_temp.id('anna', 'D'), '[{"line_no": 1, "quantity": 1}]', order_reference => 'D-1', key => 'one') \g /dev/null
SELECT is(pg_temp.backlog(), 'D-1 (return) queued', 'a return, whatever its status');
SELECT is(offerengine.loyalty_sent(pg_temp.document('D-1')), true, 'sent');
-- As statements of one's own would change an order.
SELECT pg_temp.sold('E', 0) \g /dev/null
SELECT results_eq($$SELECT (offerengine.loyalty_event('anna', pg_temp.id('anna', 'E'))).outcome$$, $$VALUES ('skipped')$$, 'no rule');
UPDATE offerengine.sales_order SET status = 7.1 WHERE order_reference = 'E';
SELECT results_eq($$SELECT e.outcome, e.detail FROM offerengine.loyalty_event('anna', pg_temp.id('anna', 'E')) e$$, $$VALUES ('queued', NULL::text)$$,
    'an order that counts as a return, and never earned, is told of alone');
SELECT is(pg_temp.backlog(), 'E (return) queued', 'it is');
DELETE FROM offerengine.loyalty_rule;

-- A storefront sells, and the document goes along; it has no way to the outbox itself.
CREATE ROLE o_shop; CREATE ROLE o_desk;
SELECT offerengine.grant_access('o_shop', 'storefront'), offerengine.grant_access('o_desk', 'reporting') \g /dev/null
INSERT INTO offerengine.loyalty_rule (order_type, send_as) VALUES (1, 'order');
SET ROLE o_shop;
SELECT offerengine.purchase('shopper', 'book', 'P-DE', 'EUR', order_reference => 'SHOP') \g /dev/null
SELECT throws_ok(statement, '42501', NULL, statement) FROM (VALUES ('SELECT offerengine.loyalty_claim()'), ($$SELECT offerengine.loyalty_enqueue('SHOP')$$),
    ('SELECT * FROM offerengine.loyalty_backlog'), ('SELECT * FROM offerengine.loyalty_outbox'), ($$SELECT offerengine.loyalty_event('shopper', NULL)$$)) AS s (statement);
SET ROLE o_desk;
SELECT is(pg_temp.backlog(), 'E (return) queued, SHOP queued', 'who reports sees the backlog');
SELECT throws_ok('SELECT * FROM offerengine.loyalty_sent_order', '42501', NULL, 'not what was sent');
RESET ROLE;
SELECT is(offerengine.loyalty_sent(pg_temp.document('SHOP', 'shopper')), true, 'sent');
DELETE FROM offerengine.loyalty_rule;

-- By filter: exact statuses, half-open, NULL any, '{}' none.
SELECT offerengine.put_order('carl', 'F-' || n, order_type => t, status => s, total_amount => 5, currency => 'EUR', placed_at => p)
  FROM (VALUES (1, 1, 7, '2031-01-01Z'::timestamptz), (2, 1, 7.1, '2031-01-02Z'), (3, 2, 7, '2031-01-03Z'), (4, 1, NULL, '2031-01-04Z')) AS o (n, t, s, p) \g /dev/null
CREATE FUNCTION pg_temp.filtered(filter text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    BEGIN
        EXECUTE 'SELECT string_agg(e.order_reference || '' '' || e.outcome, '', '' ORDER BY e.ordinality) FROM offerengine.loyalty_enqueue_where(' || filter || ') WITH ORDINALITY e' INTO answer;
        RAISE EXCEPTION USING ERRCODE = 'ZZZZZ';
    EXCEPTION WHEN SQLSTATE 'ZZZZZ' THEN
        RETURN answer;
    END;
END
$$;
SELECT is(pg_temp.filtered(filter), answer, filter) FROM (VALUES
    ($$'2031-01-01Z'$$, 'F-1 queued, F-2 queued, F-3 queued, F-4 queued'),
    ($$'2031-01-01 00:00:00.000001Z'$$, 'F-2 queued, F-3 queued, F-4 queued'),
    ($$'2031-01-01Z', ending_at => '2031-01-03Z'$$, 'F-1 queued, F-2 queued'),
    ($$'2031-01-01Z', '{1}'$$, 'F-1 queued, F-2 queued, F-4 queued'),
    ($$'2031-01-01Z', '{}'$$, NULL),
    ($$'2031-01-01Z', NULL, '{7.00}'$$, 'F-1 queued, F-3 queued'),
    ($$'2031-01-01Z', NULL, '{7.1,8}'$$, 'F-2 queued'),
    ($$'2031-01-01Z', NULL, '{}'$$, NULL),
    ($$'2031-01-01Z', '{2}', '{7.1}'$$, NULL)) AS f (filter, answer);
SELECT is((SELECT string_agg(e.outcome, ' ') FROM offerengine.loyalty_enqueue_where('2031-01-01Z') e), 'queued queued queued queued', 'queued');
SELECT is((SELECT string_agg(e.outcome, ' ') FROM offerengine.loyalty_enqueue_where('2031-01-01Z') e), 'duplicate duplicate duplicate duplicate', 'once');

-- By enrolment: the day counts, of whoever has enrolled: a member who has left or is locked is one who had; who never has is none, as is
-- who had no account but orders. Who comes back counts by that day; of two who become one the first day counts.
SELECT offerengine.loyalty_enroll(c, d) FROM (VALUES ('m before', date '2031-01-30'), ('m on', '2031-01-31'), ('m after', '2031-02-01'), ('m left', '2031-01-31'),
    ('m back', '2031-01-31'), ('m locked', '2031-01-31'), ('m given', '2031-01-31'), ('m guest', '2031-01-31'), ('m host', '2031-02-01')) AS m (c, d) \g /dev/null
SELECT offerengine.loyalty_leave('m left'), offerengine.loyalty_leave('m back'), offerengine.loyalty_lock('m locked'),
       offerengine.loyalty_enroll('m back', '2031-02-01'), offerengine.loyalty_merge('m before', 'm given') \g /dev/null
SELECT offerengine.put_order(c, 'M ' || substr(c, 3), order_type => 1, status => 7, total_amount => 5, currency => 'EUR', placed_at => '2032-01-01Z'::timestamptz + n * interval '1 day')
  FROM unnest('{m before,m on,m after,m left,m back,m locked,m given,m guest,m host,m never}'::text[]) WITH ORDINALITY AS o (c, n) \g /dev/null
SELECT offerengine.customer_merge('m host', 'm guest') \g /dev/null
SELECT is(pg_temp.filtered($$'2032-01-01Z'$$ || filter), answer, 'enrolled' || filter) FROM (VALUES
    ($$, enrolled_until => NULL$$, 'M before queued, M on queued, M after queued, M left queued, M back queued, M locked queued, M given queued, M guest queued, M host queued, M never queued'),
    ($$, enrolled_until => '2031-01-29'$$, NULL),
    ($$, enrolled_until => '2031-01-30'$$, 'M before queued'),
    ($$, enrolled_until => '2031-01-31'$$, 'M before queued, M on queued, M left queued, M locked queued, M given queued, M guest queued, M host queued'),
    ($$, enrolled_until => '2031-02-01'$$, 'M before queued, M on queued, M after queued, M left queued, M back queued, M locked queued, M given queued, M guest queued, M host queued'),
    ($$, enrolled_until => 'infinity'$$, 'M before queued, M on queued, M after queued, M left queued, M back queued, M locked queued, M given queued, M guest queued, M host queued'),
    ($$, enrolled_until => '-infinity'$$, NULL),
    ($$, '{1}', '{7}', '2032-01-04Z', '2031-01-31'$$, 'M before queued, M on queued'),
    ($$, '{2}', enrolled_until => '2031-01-31'$$, NULL),
    ($$, '{1}', '{7.1}', enrolled_until => '2031-01-31'$$, NULL)) AS f (filter, answer);

-- A merge: documents go along, with their ids; what was handed out tells what it told.
SELECT is(offerengine.loyalty_sent(pg_temp.document('F-1', 'carl')), true, 'one is sent');
SELECT is((SELECT string_agg(c.order_reference, ' ') FROM offerengine.loyalty_claim(1) c WHERE c.order_reference = 'F-2'), 'F-2', 'one is claimed') WHERE offerengine.loyalty_sent(pg_temp.document('E'));
SELECT pg_temp.told('dora', 'F-3', 100, 'book x1 =100'), pg_temp.document('F-3', 'carl') AS third, pg_temp.id('carl', 'F-3') AS third_order \gset
INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference) VALUES ('dora', :'third_order', 'G');
SELECT offerengine.put_order('carl', 'F-5', total_amount => 5, currency => 'EUR') \g /dev/null
INSERT INTO offerengine.loyalty_rule (order_type, send_as) VALUES (1, 'order');
SELECT offerengine.customer_merge('dora', 'carl') \g /dev/null
SELECT is(pg_temp.document('F-5', 'dora'), NULL, 'a merge is no change of an order that a rule would send');
DELETE FROM offerengine.loyalty_rule;
SELECT is_empty($$SELECT o.customer_reference FROM offerengine.loyalty_outbox o WHERE o.customer_reference = 'carl'
                  UNION ALL SELECT t.customer_reference FROM offerengine.loyalty_sent_order t WHERE t.customer_reference = 'carl'$$, 'nothing is left');
SELECT is((SELECT string_agg(concat_ws(' ', CASE WHEN l.id <> :'third' THEN l.order_reference END, l.state, o.payload ->> 'customer_reference'), ', ' ORDER BY l.id)
             FROM offerengine.loyalty_backlog l JOIN offerengine.loyalty_outbox o USING (id)), 'F-2 claimed carl, queued dora, F-4 queued dora',
    'what was claimed is as it was, the rest tells of the customer that there is');
SELECT is((SELECT o.order_id FROM offerengine.loyalty_outbox o WHERE o.id = :'third') = (SELECT s.order_id FROM offerengine.sales_order s WHERE s.order_document_id = :'third'), true, 'of an order that got a new id too');
SELECT is(offerengine.loyalty_sent(pg_temp.document('F-2', 'dora'), 'carl'), true, 'a worker names who it was');
SELECT is(offerengine.loyalty_sent(pg_temp.document('F-1', 'dora'), 'carl'), false, 'also of what was sent');
SELECT is((SELECT t.customer_reference FROM offerengine.loyalty_sent_order t WHERE t.id = pg_temp.document('F-2', 'dora')), 'dora', 'it is noted where it is');

SELECT * FROM finish();
ROLLBACK;
