-- Who sells writes the order once, with its document's id, whatever loyalty_rule says; and one document is queued, that tells of it.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
\ir ../include/outbox.psql
SELECT no_plan();
-- Orders written and changed by this transaction, and documents written.
CREATE FUNCTION pg_temp.written(OUT orders bigint, OUT changed bigint, OUT documents bigint) LANGUAGE sql AS $$
    SELECT pg_stat_get_xact_tuples_inserted('offerengine.sales_order'::regclass), pg_stat_get_xact_tuples_updated('offerengine.sales_order'::regclass),
           pg_stat_get_xact_tuples_inserted('offerengine.loyalty_outbox'::regclass)
$$;
CREATE FUNCTION pg_temp.sells(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before record := pg_temp.written();
    since  record;
BEGIN
    EXECUTE statement;
    since := pg_temp.written();
    RETURN concat_ws(' ', since.orders - before.orders, since.changed - before.changed, since.documents - before.documents);
END
$$;
-- The documents of an order as it knows them, and as they stand in the outbox.
CREATE FUNCTION pg_temp.told_as(reference text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(', ', CASE WHEN s.order_document_id IS NOT NULL THEN 'order' END, CASE WHEN s.return_document_id IS NOT NULL THEN 'return' END) || ': '
           || coalesce((SELECT string_agg(concat_ws(' ', o.send_as, o.state, o.payload ->> 'document', o.payload ->> 'order_reference', o.payload ->> 'total_amount',
                                                    jsonb_array_length(o.payload -> 'lines'), o.id IN (s.order_document_id, s.return_document_id),
                                                    (o.payload ->> 'document_id')::uuid = o.id, o.due_at - o.enqueued_at), '; ')
                          FROM offerengine.loyalty_outbox o WHERE o.customer_reference = s.customer_reference AND o.order_id = s.order_id), '-')
      FROM offerengine.sales_order s WHERE s.order_reference = reference
$$;
CREATE FUNCTION pg_temp.buys(reference text) RETURNS text LANGUAGE sql AS
    $$ SELECT format('SELECT FROM offerengine.purchase(''anna'', ''book'', ''P-DE'', ''EUR'', quantity => 2, order_reference => %L)', reference) $$;
CREATE FUNCTION pg_temp.checks_out(reference text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT FROM offerengine.cart_create(''anna'', ''P-DE'', ''EUR'', cart_id => %1$L), offerengine.cart_add(''anna'', %1$L, ''book'') AS a,
                               offerengine.cart_add(''anna'', %1$L, ''guest-book'') AS b, offerengine.cart_checkout(''anna'', %1$L, order_reference => %2$L)', md5(reference)::uuid, reference)
$$;

SELECT is(pg_temp.sells(pg_temp.buys('A')), '1 0 0', 'without a rule');
SELECT is(pg_temp.told_as('A'), ': -', 'nothing is told');
INSERT INTO offerengine.loyalty_rule (order_type, status, send_as) VALUES (1, NULL, 'order');
SELECT is(pg_temp.sells(pg_temp.buys('B')), '1 0 1', 'a rule that sends orders');
SELECT is(pg_temp.told_as('B'), 'order: order queued order B 4000 1 t t 00:30:00', 'the document tells of the order');
SELECT is(pg_temp.sells(pg_temp.checks_out('C')), '1 0 1', 'a cart likewise');
SELECT is(pg_temp.told_as('C'), 'order: order queued order C 3000 2 t t 00:30:00', 'in one document');
SELECT is(pg_temp.sells(pg_temp.buys('B')), '0 0 0', 'the same purchase again');
SELECT results_eq($$SELECT e.outcome, e.detail FROM offerengine.loyalty_event('anna', pg_temp.id('anna', 'B')) e$$, $$VALUES ('duplicate', 'it is queued')$$, 'an event more');
SELECT offerengine.cancel_order('anna', pg_temp.id('anna', 'B'), 1, 1) \g /dev/null
SELECT is((SELECT o.payload ->> 'cancelled_amount' FROM offerengine.loyalty_outbox o WHERE o.id = pg_temp.document('B')), '2000',
          'what nobody has claimed yet tells of a change');

UPDATE offerengine.loyalty_rule SET send_as = 'return';
SELECT is(pg_temp.sells(pg_temp.buys('D')), '1 0 1', 'a rule that sends them as returns');
SELECT is(pg_temp.told_as('D'), 'return: return queued return D 4000 1 t t 00:30:00', 'which have nothing to wait for');
UPDATE offerengine.loyalty_rule SET send_as = 'skip';
SELECT is(pg_temp.sells(pg_temp.buys('E')), '1 0 0', 'a rule that sends none');
SELECT is(pg_temp.told_as('E'), ': -', 'nothing is told');
UPDATE offerengine.loyalty_rule SET send_as = 'order', status = 7;
SELECT is(pg_temp.sells(pg_temp.buys('F')), '1 0 0', 'a rule for a status that it has not');
SELECT is(pg_temp.told_as('F'), ': -', 'nothing is told');
SELECT offerengine.set_order_status('anna', pg_temp.id('anna', 'F'), 7) \g /dev/null
SELECT is(pg_temp.told_as('F'), 'order: order queued order F 4000 1 t t 00:30:00', 'until it has it');
SELECT is((SELECT string_agg(h.check_name, ', ') FROM offerengine.health_check() h WHERE NOT h.ok), NULL, 'nothing is amiss');
SELECT * FROM finish();
ROLLBACK;
