-- From an order to its points, by way of the outbox: what is delivered is booked, once, as what it was sent as.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
\ir ../include/points.psql
SELECT no_plan();
SELECT offerengine.put_loyalty_program('EUR', 100, 100) \g /dev/null
INSERT INTO offerengine.loyalty_rule (order_type, status, send_as) VALUES (1, NULL, 'order'), (1, 9, 'return'), (3, NULL, 'return'), (4, NULL, 'return') ON CONFLICT DO NOTHING;
CREATE FUNCTION pg_temp.deliver() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    d record;
    said text[] := '{}';
BEGIN
    FOR n IN 1 .. 20 LOOP
        SELECT c.* INTO d FROM offerengine.loyalty_claim(1, '1 minute') c;
        EXIT WHEN NOT FOUND;
        PERFORM offerengine.loyalty_sent(d.id), offerengine.loyalty_sent(d.id);
        said := said || concat_ws(' ', d.order_reference, d.payload ->> 'document');
    END LOOP;
    RETURN array_to_string(said, ', ');
END
$$;
SELECT pg_temp.told('anna', 'A1', NULL, 'book x4 =8000') \g /dev/null
SELECT is(pg_temp.points('anna'), '0/0', 'queued');
SELECT is(pg_temp.deliver() || ' ' || pg_temp.points('anna'), 'A1 order 80/80', 'delivered and booked');
SELECT pg_temp.back('anna', 'A1', '[{"line_no": 1, "quantity": 1}]', 'k', ', order_reference => ''R1''') \g /dev/null
SELECT is(pg_temp.deliver() || ' ' || pg_temp.points('anna'), 'R1 return 60/60', 'a part comes back');
SELECT is((SELECT string_agg(r.outcome, ' ') FROM offerengine.loyalty_resend('A1') r), 'queued', 'sent again');
SELECT pg_temp.deliver() \g /dev/null
SELECT is(pg_temp.points('anna'), '60/60', 'is not booked again');
SELECT offerengine.set_order_status('anna', pg_temp.order_id('anna', 'A1'), 9) \g /dev/null
SELECT is(pg_temp.deliver() || ' ' || pg_temp.points('anna'), 'A1 return 0/0', 'an order that is told as a return takes back the rest');
SELECT pg_temp.ordered('anna', 'A2', 3000), offerengine.loyalty_adjust('anna', 10, NULL, 'w'), offerengine.loyalty_redeem('anna', 10, pg_temp.order_id('anna', 'A2')) \g /dev/null
SELECT is(pg_temp.deliver() || ' ' || pg_temp.points('anna'), 'A2 order 20/20', 'what points paid earns nothing');
SELECT offerengine.customer_merge('bert', 'anna') \g /dev/null
SELECT pg_temp.came_back('bert', 'R2', 'A2', 3000) \g /dev/null
SELECT is(pg_temp.deliver() || ' ' || pg_temp.points('bert'), 'R2 return 10/10', 'and comes back to whoever the customer has become');
SELECT is((SELECT string_agg(h.detail, ' ') FROM offerengine.health_check() h WHERE h.check_name IN ('points', 'outbox') AND NOT h.ok), NULL, 'everything adds up');
SELECT * FROM finish();
ROLLBACK;
