-- What is cancelled of an order that the loyalty programme was told of already gets a credit note; what it is yet to be told tells it itself.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
\ir ../include/outbox.psql
\ir ../include/points.psql
SELECT no_plan();
SELECT offerengine.put_loyalty_program('EUR', 100, 100, order_points => 4) \g /dev/null
INSERT INTO offerengine.loyalty_rule (order_type, status, send_as) VALUES (1, 7, 'order'), (4, NULL, 'return') ON CONFLICT DO NOTHING;
-- The credit notes of an order: type, origin, total and lines, oldest first.
CREATE FUNCTION pg_temp.notes(reference text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s: %s', n.order_type, n.origin, n.total_amount,
                             (SELECT string_agg(concat_ws(' ', l.line_no || ')', l.quantity, o.offer_reference, l.line_amount, l.parent_line_no, l.restock), ', ' ORDER BY l.line_no)
                                FROM offerengine.order_line l JOIN offerengine.offer o USING (offer_id) WHERE l.customer_reference = n.customer_reference AND l.order_id = n.order_id)), '; ' ORDER BY n.order_id)
      FROM offerengine.sales_order n WHERE n.customer_reference = 'anna' AND n.parent_order_id = pg_temp.id('anna', reference)
$$;
CREATE FUNCTION pg_temp.note(reference text) RETURNS uuid LANGUAGE sql AS
    $$SELECT n.return_document_id FROM offerengine.sales_order n WHERE n.customer_reference = 'anna' AND n.parent_order_id = pg_temp.id('anna', reference) ORDER BY n.order_id DESC LIMIT 1$$;
CREATE FUNCTION pg_temp.told_amount(reference text) RETURNS jsonb LANGUAGE sql AS
    $$SELECT o.payload -> 'cancelled_amount' FROM offerengine.loyalty_outbox o WHERE o.id = pg_temp.document(reference)$$;
SELECT pg_temp.told('anna', r, NULL, 'book x3 =3000', 'guest-book x1 =1000') FROM unnest('{N,Q,S,C,D}'::text[]) AS r \g /dev/null

-- Never told; queued, and nobody has claimed it, by a rule or by name.
SELECT is(pg_temp.off('anna', 'N', ', 1, 1') || coalesce(pg_temp.notes('N'), ' none'), '1: cancelled 1 = 1000 none', 'of an order that was never told');
SELECT offerengine.set_order_status('anna', pg_temp.id('anna', 'Q'), 7) \g /dev/null
SELECT is(pg_temp.off('anna', 'Q', ', 1, 1') || coalesce(pg_temp.notes('Q'), ' none') || pg_temp.told_amount('Q'), '1: cancelled 1 = 1000 none1000', 'what nobody has claimed tells it itself');
SELECT is(pg_temp.named('N'), 'N anna queued: -', 'by name');
SELECT is(pg_temp.off('anna', 'N', ', 2') || coalesce(pg_temp.notes('N'), ' none') || pg_temp.told_amount('N'), '2: cancelled 1 = 1000 none2000', 'so does what no rule sends');

-- Handed out: the order tells what it told, the credit note follows it. It takes no piece back, and is none itself.
SELECT is(pg_temp.claim(), 'Q 1, N 1', 'claimed');
SELECT is(pg_temp.off('anna', 'Q', ', 1, 1, NULL, ''too many'', ''k''') || ', ' || pg_temp.notes('Q'), '1: cancelled 1 = 1000, 4 cancellation 1000: 1) 1 book 1000', 'is credited');
SELECT is(pg_temp.off('anna', 'Q', ', 1, 1, NULL, ''too many'', ''k''') || ', ' || pg_temp.notes('Q'), '1: cancelled 1 = 1000, 4 cancellation 1000: 1) 1 book 1000', 'once under its key');
SELECT is(pg_temp.told_amount('Q'), to_jsonb(1000), 'what was handed out stays as it is');
SELECT is((SELECT concat_ws(' ', b.send_as, b.state, b.waits_for = pg_temp.document('Q')) FROM offerengine.loyalty_backlog b WHERE b.id = pg_temp.note('Q')), 'return waiting t', 'it goes after its order');
SELECT is((SELECT concat_ws(' ', o.payload ->> 'order_type', o.payload ->> 'origin', o.payload ->> 'document', o.payload ->> 'total_amount', o.payload #>> '{parent,order_reference}', o.payload #>> '{lines,0,quantity}', o.payload #>> '{lines,0,parent_line_no}')
             FROM offerengine.loyalty_outbox o WHERE o.id = pg_temp.note('Q')), '4 cancellation return 1000 Q 1', 'and says what it is about');
SELECT is(pg_temp.state('anna', 'Q'), '1: 3 of 3000, 2 off 2000; 2: 1 of 1000', 'nothing has come back');
SELECT is((SELECT string_agg(e.event || coalesce(' ' || e.channel, ''), ', ' ORDER BY e.event_id) FROM offerengine.order_event e JOIN offerengine.sales_order s USING (customer_reference, order_id)
            WHERE s.parent_order_id = pg_temp.id('anna', 'Q')), 'placed backend', 'its history');
SELECT is(pg_temp.off('anna', n.reference, ''), 'OE051 order "' || CASE WHEN n.reference = n.order_id::text THEN '<id>' END || '" is a document of type 4: it is not cancelled', 'nor is it cancelled')
  FROM (SELECT s.order_reference AS reference, s.order_id FROM offerengine.sales_order s WHERE s.parent_order_id = pg_temp.id('anna', 'Q')) AS n;
SELECT offerengine.loyalty_sent(pg_temp.document(r)) FROM unnest('{N,Q}'::text[]) AS r \g /dev/null
SELECT is(pg_temp.points('anna'), '48/48', '20.00 are left of the one, as of the other, and 4 each as orders');
SELECT is(offerengine.loyalty_sent(pg_temp.note('Q')) || ' ' || pg_temp.points('anna'), 'true 48/48', 'the credit note takes nothing that the order has not earned');

-- Delivered: what is left of all lines, in one document; nothing, of nothing.
SELECT is(pg_temp.off('anna', 'Q') || ', ' || pg_temp.notes('Q'), '1: cancelled 1 = 1000, 1: was_cancelled 2, 2: cancelled 1 = 1000, 4 cancellation 1000: 1) 1 book 1000; 4 cancellation 2000: 1) 1 book 1000, 2) 1 guest-book 1000', 'all that is open');
SELECT is(pg_temp.points('anna'), '24/24', 'points are taken back at once');
SELECT is(offerengine.loyalty_sent(pg_temp.note('Q')) || ' ' || pg_temp.points('anna'), 'true 24/24', 'and not once more');
SELECT is(pg_temp.off('anna', 'Q') || ', ' || length(regexp_replace(pg_temp.notes('Q'), '[^;]', '', 'g')), '1: was_cancelled 3, 2: was_cancelled 1, 1', 'what finds nothing left makes none');
-- Sent once more, it was told all the same.
SELECT offerengine.set_order_status('anna', pg_temp.id('anna', 'S'), 7), offerengine.loyalty_sent(pg_temp.document('S')), offerengine.loyalty_resend('S') \g /dev/null
SELECT is(pg_temp.off('anna', 'S', ', 1, 2') || ', ' || pg_temp.notes('S'), '1: cancelled 2 = 2000, 4 cancellation 2000: 1) 2 book 2000', 'what is sent again was told');
-- A return of the rest beside it.
SELECT pg_temp.back('anna', 'S', NULL, 'rest', ', order_reference => ''S-R''') \g /dev/null
SELECT is(pg_temp.state('anna', 'S'), '1: 3 of 3000, 2 off 2000, 1 back 1000; 2: 1 of 1000, 1 back 1000', 'the rest comes back');
SELECT pg_temp.named('S-R'), offerengine.loyalty_sent(pg_temp.note('S')), offerengine.loyalty_sent(pg_temp.document('S-R')) \g /dev/null
SELECT is(pg_temp.points('anna'), '24/24', 'nothing of it is left');

-- Given up: whoever sends it again tells what it is then.
SELECT pg_temp.named('D'), pg_temp.claim(), offerengine.loyalty_failed(pg_temp.document('D'), '422'), offerengine.loyalty_discard(pg_temp.document('D'), 'a test') \g /dev/null
SELECT is(pg_temp.off('anna', 'D', ', 1') || coalesce(pg_temp.notes('D'), ' none'), '1: cancelled 3 = 3000 none', 'what was given up was not told');
SELECT offerengine.loyalty_resend('D') \g /dev/null
SELECT is(pg_temp.told_amount('D'), to_jsonb(3000), 'and tells it when it is');

-- A total of its own, parts of which are credited; where no rule sends credit notes there is one all the same.
DELETE FROM offerengine.loyalty_rule WHERE order_type = 4;
SELECT pg_temp.told('anna', 'T', 5000, 'book x3 =3000'), pg_temp.named('T'), offerengine.loyalty_sent(pg_temp.document('T')), pg_temp.off('anna', 'T', ', 1, 2') \g /dev/null
SELECT is(pg_temp.notes('T') || coalesce(pg_temp.note('T')::text, ', not queued'), '4 cancellation 3333: 1) 2 book 3333, not queued', 'two thirds of what the order was over');

-- A subscription that is cancelled by itself before it begins.
SELECT offerengine.purchase('anna', 'base', 'P-DE', 'EUR', starts_on => '2100-03-01', order_reference => 'B'), pg_temp.named('B'), offerengine.loyalty_sent(pg_temp.document('B')) \g /dev/null
SELECT offerengine.cancel_subscription('anna', l.subscription_id, 'immediate') FROM offerengine.order_line l WHERE l.order_id = pg_temp.id('anna', 'B') \g /dev/null
SELECT is(pg_temp.notes('B'), (SELECT format('4 cancellation %s: 1) 1 base %s', s.total_amount, s.total_amount) FROM offerengine.sales_order s WHERE s.order_id = pg_temp.id('anna', 'B')), 'as cancel_order() would have');

SELECT is((SELECT string_agg(h.check_name || ' ' || h.detail, '; ') FROM offerengine.health_check() h WHERE h.check_name IN ('orders', 'points', 'outbox') AND NOT h.ok), NULL, 'everything adds up');
SELECT * FROM finish();
ROLLBACK;
