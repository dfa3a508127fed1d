-- Documents as the dice have them, noted together and one by one in the same order: the same is noted, and the same is booked.
BEGIN;
\ir ../include/seed.psql
\ir ../include/publisher.psql
\ir ../include/order.psql
\ir ../include/outbox.psql
\ir ../include/points.psql
SELECT no_plan();
SELECT offerengine.put_loyalty_program('EUR', 100, 1, locked_days => 14, expiry_days => 365, order_points => 3), offerengine.put_loyalty_program('CHF', 50, 1, auto_enroll => false),
       offerengine.tag_offer('book', 'BOOKS', 'custom'), offerengine.tag_offer('guest-book', 'GUESTS', 'custom'), offerengine.put_loyalty_extra('BOOKS', factor => 1.5), offerengine.put_loyalty_extra('GUESTS', points => 7),
       offerengine.loyalty_enroll('c1'), offerengine.loyalty_enroll('c2'), offerengine.loyalty_leave('c2'), offerengine.loyalty_enroll('c3', '2020-02-29') \g /dev/null
INSERT INTO offerengine.loyalty_rule (order_type, send_as) VALUES (1, 'order'), (3, 'return');
CREATE FUNCTION pg_temp.dice(sides integer) RETURNS integer LANGUAGE sql VOLATILE AS 'SELECT 1 + floor(random() * sides)::integer';

-- Everything that noting writes, without ids and instants of this moment.
CREATE FUNCTION pg_temp.books() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN concat_ws(E'\n',
        (SELECT string_agg(concat_ws(' ', m.customer_reference, m.state, m.enrolled_on, m.merged_into), E'\n' ORDER BY m.customer_reference) FROM offerengine.loyalty_member m),
        (SELECT string_agg(concat_ws(' ', d.customer_reference, d.document_id, d.kind, d.order_id, d.parent_order_id, d.currency_code, d.amount, d.quantity, d.cancelled_amount, d.cancelled_quantity, d.dated_at),
                           E'\n' ORDER BY d.customer_reference, d.document_id) FROM offerengine.loyalty_document d),
        (SELECT string_agg(concat_ws(' ', l.customer_reference, l.document_id, l.kind, l.currency_code, l.dated_at, l.opens_at, l.expires_at), E'\n' ORDER BY l.customer_reference, l.document_id, l.lot_id)
           FROM offerengine.loyalty_lot l),
        (SELECT string_agg(concat_ws(' ', e.customer_reference, e.document_id, e.kind, e.points, l.document_id, r.document_id, e.dated_at), E'\n' ORDER BY e.customer_reference, e.document_id, e.entry_id)
           FROM offerengine.loyalty_entry e JOIN offerengine.loyalty_lot l USING (customer_reference, lot_id)
           LEFT JOIN offerengine.loyalty_entry r ON r.customer_reference = e.customer_reference AND r.entry_id = e.reverses_entry_id),
        (SELECT string_agg(concat_ws(' ', o.customer_reference, o.id, o.state, o.waits_for), E'\n' ORDER BY o.id) FROM offerengine.loyalty_outbox o),
        (SELECT string_agg(concat_ws(' ', t.customer_reference, t.id), E'\n' ORDER BY t.id) FROM offerengine.loyalty_sent_order t));
END
$$;
CREATE FUNCTION pg_temp.note(ids uuid[], together boolean) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    id uuid;
    n  integer := 0;
BEGIN
    IF together THEN
        RETURN offerengine.loyalty_sent_many(ids);
    END IF;
    FOREACH id IN ARRAY ids LOOP
        n := n + offerengine.loyalty_sent(id)::integer;
    END LOOP;
    RETURN n;
END
$$;
CREATE FUNCTION pg_temp.outcome(ids uuid[], together boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    BEGIN
        said := pg_temp.note(ids, together) || E'\n' || pg_temp.books();
        RAISE EXCEPTION 'back' USING ERRCODE = 'P0099';
    EXCEPTION WHEN SQLSTATE 'P0099' THEN
        RETURN said;
    END;
END
$$;
-- What writes stands in subtransactions of its own: a row that this transaction has locked, that a subtransaction rolled back has updated, and that
-- is updated again fails an assertion of heap_update() in PostgreSQL 15, where assertions are enabled.
CREATE FUNCTION pg_temp.noted(ids uuid[], together boolean) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    RETURN pg_temp.note(ids, together);
EXCEPTION WHEN SQLSTATE 'YY002' THEN
    RAISE;
END
$$;
CREATE TEMP TABLE round (n integer, noted integer, plain integer, is_same boolean, was text, many text);
CREATE FUNCTION pg_temp.play(n integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    customer text;
    main     text;
    ids      uuid[];
    one      text;
    many     text;
BEGIN
    BEGIN
        FOR i IN 1 .. pg_temp.dice(8) LOOP
            customer := 'c' || pg_temp.dice(9);
            main := (SELECT s.order_reference FROM offerengine.sales_order s WHERE s.customer_reference = customer AND s.order_type = 1 AND s.currency_code = 'EUR' ORDER BY random() LIMIT 1);
            CASE pg_temp.dice(8)
                WHEN 1, 2, 3 THEN
                    PERFORM pg_temp.told(customer, n || '-' || i, 100 * pg_temp.dice(90), CASE pg_temp.dice(2) WHEN 1 THEN 'book' ELSE 'guest-book' END || ' x2 =' || 50 * pg_temp.dice(90));
                WHEN 4 THEN
                    PERFORM pg_temp.ordered(customer, n || '-' || i, 10 * pg_temp.dice(900), '2025-03-01Z'::timestamptz + pg_temp.dice(600) * interval '1 day', CASE pg_temp.dice(3) WHEN 1 THEN 'CHF' WHEN 2 THEN 'USD' ELSE 'EUR' END);
                WHEN 5 THEN
                    PERFORM pg_temp.ordered(customer, n || '-' || i, 0);
                WHEN 6 THEN
                    IF main IS NOT NULL THEN PERFORM pg_temp.came_back(customer, n || '-' || i, main, 10 * pg_temp.dice(300)); END IF;
                WHEN 7 THEN
                    PERFORM offerengine.loyalty_discard(o.id, 'dice') FROM (SELECT b.id FROM offerengine.loyalty_backlog b WHERE b.order_reference = main AND b.send_as = 'order') AS o;
                ELSE
                    IF main IS NOT NULL THEN PERFORM offerengine.loyalty_resend(main); END IF;
            END CASE;
        END LOOP;
        IF n = 16 THEN
            PERFORM offerengine.loyalty_merge('c1', 'c4');
        END IF;
    EXCEPTION WHEN SQLSTATE 'YY002' THEN
        RAISE;
    END;
    ids := ARRAY(SELECT o.id FROM (SELECT o.id FROM offerengine.loyalty_outbox o WHERE o.customer_reference <> 'c9' OR n % 3 = 0 UNION ALL SELECT t.id FROM offerengine.loyalty_sent_order t WHERE random() < 0.02) AS o
                  WHERE random() < 0.8 ORDER BY random());
    one := pg_temp.outcome(ids, false);
    many := pg_temp.outcome(ids, true);
    INSERT INTO round VALUES (n, pg_temp.noted(ids, n % 2 = 0), cardinality(ids), one = many, one, many);
END
$$;
SELECT count(pg_temp.play(n)) FROM generate_series(1, 24) AS n \g /dev/null
SELECT is_empty('SELECT r.n, r.was, r.many FROM round r WHERE NOT r.is_same', 'the same, seed ' || :seed);
SELECT cmp_ok((SELECT sum(r.noted) FROM round r), '>', 40::bigint, 'of many documents');
SELECT cmp_ok((SELECT count(*) FROM offerengine.loyalty_entry e WHERE e.points < 0), '>', 5::bigint, 'some of which take back');
SELECT cmp_ok((SELECT count(*) FROM offerengine.loyalty_lot), '>', 15::bigint, 'and many earn');
SELECT is((SELECT string_agg(h.detail, ' ') FROM offerengine.health_check() h WHERE h.check_name IN ('points', 'outbox') AND NOT h.ok), NULL, 'everything adds up');
SELECT * FROM finish();
ROLLBACK;
