-- Orders become documents, once as an order and once as a return; a document is claimed by one, tried until it is delivered, booked once.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
\ir ../include/outbox.psql
SELECT no_plan();
-- What is booked, in this order.
CREATE TEMP TABLE booked (place serial, customer text, reference text, send_as text);
CREATE OR REPLACE FUNCTION offerengine_internal.book_document(customer_reference text, order_id uuid, document_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO booked (customer, reference, send_as)
    SELECT s.customer_reference, s.order_reference, o.send_as
      FROM offerengine.loyalty_outbox o JOIN offerengine.sales_order s USING (customer_reference, order_id)
     WHERE o.customer_reference = book_document.customer_reference AND o.id = book_document.document_id AND o.order_id = book_document.order_id;
END
$$;
CREATE FUNCTION pg_temp.booked() RETURNS text LANGUAGE sql AS $$SELECT string_agg(concat_ws(' ', b.customer, b.reference, b.send_as), ', ' ORDER BY b.place) FROM booked b$$;

-- By name.
SELECT pg_temp.told('anna', 'R-1', 9000, 'book x3 =3000'), pg_temp.told('bert', 'R-1', 500, 'book x1 =500'), pg_temp.told('anna', 'R-2', 100, 'book x1 =100'),
       pg_temp.told('anna', 'R 3', 100, 'book x1 =100'), pg_temp.told('anna', 'a,b', 100, 'book x1 =100') \g /dev/null
SELECT is(pg_temp.backlog(), NULL, 'nothing is sent by itself without a rule');
SELECT is(pg_temp.named(E' R-2,,R-1, R-2 ,\n\tR 3,Nothing,' || repeat('x', 256) || E',a\nb, '),
    'R-2 anna queued: -, R-1 anna queued: -, R-1 bert queued: -, R-2 anna duplicate: it is queued, R 3 anna queued: -, Nothing unknown: no customer has such an order, '
    || repeat('x', 256) || E' invalid: is longer than 255 bytes, a\nb invalid: contains a control character', 'in order of the list, blanks and empties skipped');
SELECT is(pg_temp.named(' , ,'), NULL, 'an empty list has no answer');
SELECT results_eq($$SELECT e.order_reference, e.outcome, e.customer_reference FROM offerengine.loyalty_enqueue(ARRAY['a,b', NULL, '', ' R-1'])  e$$,
    $$VALUES ('a,b', 'queued', 'anna'), (NULL, 'invalid', NULL), ('', 'invalid', NULL), (' R-1', 'invalid', NULL)$$, 'an array says references as they stand');
SELECT is(pg_temp.outbox_try(statement), answer, statement) FROM (VALUES
    ($$SELECT offerengine.loyalty_enqueue(NULL::text)$$, '22004 order_references must not be NULL'),
    ($$SELECT offerengine.loyalty_enqueue(NULL::text[])$$, '22004 order_references must not be NULL'),
    ($$SELECT offerengine.loyalty_enqueue_where(NULL)$$, '22004 starting_at must not be NULL'),
    ($$SELECT offerengine.loyalty_claim(0)$$, '22023 batch must be 1 to 10000, not 0'),
    ($$SELECT offerengine.loyalty_claim(10001)$$, '22023 batch must be 1 to 10000, not 10001'),
    ($$SELECT offerengine.loyalty_claim(1, '0')$$, '22023 lease must be above 0 and up to a day, not 00:00:00'),
    ($$SELECT offerengine.loyalty_claim(1, '25 hours')$$, '22023 lease must be above 0 and up to a day, not 25:00:00'),
    ($$SELECT offerengine.loyalty_sent(NULL)$$, '22004 id must not be NULL'),
    ($$SELECT offerengine.loyalty_sent(offerengine.uuid_v7())$$, 'OE020 there is no document <id>'),
    ($$SELECT offerengine.loyalty_failed(offerengine.uuid_v7(), 'x')$$, 'OE020 there is no document <id>'),
    ($$SELECT offerengine.loyalty_failed(offerengine.uuid_v7(), 'x', retry_after => '8 days')$$, '22023 retry_after must be 0 to 7 days, not 8 days'),
    ($$SELECT offerengine.loyalty_failed(offerengine.uuid_v7(), 'x', retry_after => '-1 s')$$, '22023 retry_after must be 0 to 7 days, not -00:00:01'),
    ($$SELECT offerengine.loyalty_retry(offerengine.uuid_v7())$$, 'OE020 there is no document <id>'),
    ($$SELECT offerengine.loyalty_discard(offerengine.uuid_v7(), 'x')$$, 'OE020 there is no document <id>'),
    ($$SELECT offerengine.loyalty_discard(offerengine.uuid_v7(), NULL)$$, '22004 reason must not be NULL'),
    ($$SELECT offerengine.loyalty_discard(offerengine.uuid_v7(), ' ')$$, '22023 a reason has 1 to 1000 characters'),
    ($$SELECT offerengine.loyalty_resend(NULL)$$, '22004 order_reference must not be NULL'),
    ($$SELECT offerengine.loyalty_event('anna', offerengine.uuid_v7())$$, 'OE020 customer "anna" has no order <id>'),
    ($$SELECT offerengine.loyalty_maintain(121)$$, '22023 months_ahead must be 0 to 120, not 121'),
    ($$SELECT offerengine.loyalty_maintain(0, 0)$$, '22023 batch must be at least 1, not 0')) AS c (statement, answer);

-- Claimed by one, oldest first, until the lease is over.
SELECT is(pg_temp.backlog(), 'R-2 queued, R-1 queued, R-1 queued, R 3 queued, a,b queued', 'all are queued');
SELECT is((SELECT bool_and(b.due_at = b.enqueued_at + interval '30 minutes') FROM offerengine.loyalty_backlog b), true, 'and due in half an hour');
SELECT is(pg_temp.claim(2), 'R-2 1, R-1 1', 'two');
SELECT is(pg_temp.claim(), 'R-1 1, R 3 1, a,b 1', 'the rest');
SELECT is(pg_temp.claim(), NULL, 'nothing more');
SELECT is(pg_temp.backlog(), 'R-2 claimed 1, R-1 claimed 1, R-1 claimed 1, R 3 claimed 1, a,b claimed 1', 'all are claimed');
SELECT pg_temp.time_goes_by('59 seconds') \g /dev/null
SELECT is(pg_temp.claim(), NULL, 'not before the lease is over');
SELECT pg_temp.time_goes_by('1 second') \g /dev/null
SELECT is(pg_temp.claim(1), 'R-2 2', 'then again');

-- Delivered: booked, and in the table of what was sent.
SELECT is(offerengine.loyalty_sent(pg_temp.document('R-2'), 'anna'), true, 'sent');
SELECT is(offerengine.loyalty_sent(pg_temp.document('R-2'), 'anna'), false, 'is noted once');
SELECT is(offerengine.loyalty_sent(pg_temp.document('R-2')), false, 'also of whom it is not said');
SELECT is(offerengine.loyalty_failed(pg_temp.document('R-2'), 'late', 2), false, 'what was sent does not fail');
SELECT is(offerengine.loyalty_retry(pg_temp.document('R-2')), false, 'nor is it tried again');
SELECT is(offerengine.loyalty_discard(pg_temp.document('R-2'), 'no'), 0, 'nor given up');
SELECT is(pg_temp.booked(), 'anna R-2 order', 'booked once');
SELECT results_eq($$SELECT t.customer_reference::text, t.id, t.send_as::text, t.attempts, t.payload ->> 'order_reference', t.sent_at = t.first_sent_at FROM offerengine.loyalty_sent_order t$$,
    $$VALUES ('anna' COLLATE "C", pg_temp.document('R-2'), 'order' COLLATE "C", 2, 'R-2', true)$$, 'what was sent');
SELECT is(pg_temp.named('R-2'), 'R-2 anna duplicate: it was sent: loyalty_resend() sends it once more', 'what was sent is not queued again');

-- Not delivered: the newest attempt alone says so, and pauses grow.
SELECT is(pg_temp.claim(1), 'R-1 2', 'of anna');
SELECT is(offerengine.loyalty_failed(pg_temp.document('R-1'), 'of the first try', 1), false, 'an old attempt changes nothing');
SELECT is(pg_temp.backlog(), 'R-1 claimed 2, R-1 queued 1, R 3 queued 1, a,b queued 1', 'it is claimed as before');
SELECT is(offerengine.loyalty_failed(pg_temp.document('R-1'), repeat('é', 1001), 2, 'anna'), true, 'the newest one does');
SELECT is(offerengine.loyalty_failed(pg_temp.document('R-1'), 'twice', 3), false, 'one that was never made does not');
SELECT results_eq($$SELECT b.state::text, length(b.last_error), b.leased_until FROM offerengine.loyalty_backlog b WHERE b.id = pg_temp.document('R-1')$$,
    $$VALUES ('failing' COLLATE "C", 1000, NULL::timestamptz)$$, 'failing');
SELECT is(pg_temp.claim(), 'R-1 2, R 3 2, a,b 2', 'it does not stand in the way of the others');
SELECT pg_temp.time_goes_by('19 seconds') \g /dev/null
SELECT is(pg_temp.claim(1), NULL, 'it pauses for 20 seconds after the second try');
SELECT pg_temp.time_goes_by('1 second') \g /dev/null
SELECT is(pg_temp.claim(1), 'R-1 3', 'then again');
SELECT is(pg_temp.claim(), NULL, 'by one');
SELECT is(offerengine_internal.retry_pause(n, '2030-01-01 00:30', '2030-01-01 00:10'), pause, n || ' tries') FROM (VALUES
    (0, interval '10 s'), (1, '10 s'), (2, '20 s'), (3, '40 s'), (4, '80 s'), (5, '160 s'), (6, '320 s'), (7, '600 s'), (8, '600 s'), (2147483647, '600 s')) AS p (n, pause);
SELECT is(offerengine_internal.retry_pause(7, '2030-01-01 00:30', at), pause, 'near the end: ' || at) FROM (VALUES
    (timestamptz '2030-01-01 00:19', interval '600 s'), ('2030-01-01 00:19:01', '599 s'), ('2030-01-01 00:28:59', '1 s'), ('2030-01-01 00:29', '600 s'),
    ('2030-01-02 00:00', '600 s')) AS p (at, pause);
SELECT is(offerengine.loyalty_failed(pg_temp.document('R-1'), 'later', 3, retry_after => '7 days'), true, 'a receiver that asks for longer');
SELECT is((SELECT b.not_before > now() + interval '6 days' FROM offerengine.loyalty_backlog b WHERE b.id = pg_temp.document('R-1')), true, 'gets it');
SELECT is(offerengine.loyalty_retry(pg_temp.document('R-1')), true, 'an operator lets it be tried at once');
SELECT is(offerengine.loyalty_retry(pg_temp.document('R-1')), false, 'once');
SELECT is(pg_temp.claim(1), 'R-1 4', 'and it is');
SELECT is(offerengine.loyalty_retry(pg_temp.document('R-1')), false, 'not while it is delivered');
SELECT is(offerengine.loyalty_failed(pg_temp.document('R-1'), 'given back', 4, retry_after => '0'), true, 'what was not tried is given back');
SELECT is(pg_temp.claim(1), 'R-1 5', 'and claimable at once');
SELECT is(offerengine.loyalty_sent(pg_temp.document('R-1')), true, 'sent at last');
SELECT is(pg_temp.booked(), 'anna R-2 order, anna R-1 order', 'booked once');

-- Late is a state to see, not an end.
SELECT is((SELECT count(*) FROM offerengine.loyalty_late), 0::bigint, 'nothing is late');
SELECT pg_temp.time_goes_by('31 minutes') \g /dev/null
SELECT results_eq($$SELECT l.order_reference, l.state::text, l.customer_reference::text FROM offerengine.loyalty_late l ORDER BY l.id$$,
    $$VALUES ('R-1' COLLATE "C", 'queued' COLLATE "C", 'bert' COLLATE "C"), ('R 3', 'queued', 'anna'), ('a,b', 'queued', 'anna')$$, 'these are');
SELECT is(pg_temp.claim(), 'R-1 3, R 3 3, a,b 3', 'and claimable');

-- Given up.
SELECT is(pg_temp.outbox_try($$SELECT offerengine.loyalty_discard(pg_temp.document('R 3'), 'test order')$$), 'OE090 document <id> is being delivered', 'not while it is delivered');
SELECT pg_temp.time_goes_by() \g /dev/null
SELECT is(offerengine.loyalty_discard(pg_temp.document('R 3'), 'test order'), 1, 'given up');
SELECT is(offerengine.loyalty_discard(pg_temp.document('R 3'), 'again'), 0, 'once');
SELECT results_eq($$SELECT o.state::text, o.discard_reason, o.discarded_by = current_user FROM offerengine.loyalty_outbox o WHERE o.id = pg_temp.document('R 3')$$,
    $$VALUES ('discarded' COLLATE "C", 'test order', true)$$, 'who and why');
SELECT is(pg_temp.named('R 3'), 'R 3 anna duplicate: it was discarded: loyalty_resend() queues it again', 'not queued again by name');
SELECT is(offerengine.loyalty_failed(pg_temp.document('R 3'), 'late', 3), false, 'what was given up does not fail');
SELECT is(offerengine.loyalty_retry(pg_temp.document('R 3')), false, 'nor is it tried again');
SELECT is(offerengine.loyalty_sent(pg_temp.document('R 3')), true, 'but if it was delivered after all');
SELECT is(pg_temp.booked(), 'anna R-2 order, anna R-1 order, anna R 3 order', 'it is booked');

-- Once more: the same key, what the order says now, booked once.
SELECT offerengine.set_order_status('anna', pg_temp.id('anna', 'R-2'), 7.1) \g /dev/null
SELECT results_eq($$SELECT r.order_reference, r.outcome, r.customer_reference, r.id FROM offerengine.loyalty_resend('R-2') r$$,
    $$VALUES ('R-2', 'queued', 'anna', pg_temp.document('R-2'))$$, 'resent');
SELECT results_eq($$SELECT r.outcome FROM offerengine.loyalty_resend('R-2') r$$, $$VALUES ('duplicate')$$, 'it is queued');
SELECT is_empty($$SELECT FROM offerengine.loyalty_sent_order t WHERE t.id = pg_temp.document('R-2')$$, 'and not sent');
SELECT results_eq($$SELECT c.id, c.payload -> 'status', c.attempts FROM offerengine.loyalty_claim() c WHERE c.order_reference = 'R-2'$$, $$VALUES (pg_temp.document('R-2'), to_jsonb(7.1), 3)$$, 'claimed');
SELECT is(offerengine.loyalty_sent(pg_temp.document('R-2')), true, 'sent once more');
SELECT is(pg_temp.booked(), 'anna R-2 order, anna R-1 order, anna R 3 order', 'and not booked once more');
SELECT is((SELECT t.sent_at > t.first_sent_at FROM offerengine.loyalty_sent_order t WHERE t.id = pg_temp.document('R-2')), true, 'both times are known');
SELECT results_eq($$SELECT r.order_reference, r.outcome FROM offerengine.loyalty_resend('Nothing') r$$, $$VALUES ('Nothing', 'unknown')$$, 'an unknown one');
SELECT pg_temp.told('anna', 'R-4', 100, 'book x1 =100') \g /dev/null
SELECT results_eq($$SELECT r.order_reference, r.outcome FROM offerengine.loyalty_resend('R-4') r$$, $$VALUES ('R-4', 'queued')$$, 'one that never was is queued');
SELECT is(offerengine.loyalty_discard(pg_temp.document('R-4'), 'x'), 1, 'given up');
SELECT results_eq($$SELECT r.outcome, r.id FROM offerengine.loyalty_resend('R-4') r$$, $$VALUES ('queued', pg_temp.document('R-4'))$$, 'and queued again');
SELECT is(pg_temp.claim(1), 'R-4 1', 'at once');
SELECT is(offerengine.loyalty_sent(pg_temp.document('R-4')), true, 'sent');
SELECT is(pg_temp.booked(), 'anna R-2 order, anna R-1 order, anna R 3 order, anna R-4 order', 'booked, since it never was');

SELECT * FROM finish();
ROLLBACK;
