-- What orders that are noted together do to points: what one by one books of each, by a few statements for all of them.

CREATE FUNCTION offerengine_internal.book_orders(
    customer_references text[], order_ids uuid[], document_ids uuid[], taken text[], mixed text[])
RETURNS uuid[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $oe_body$
DECLARE
    told       record;
    planned    offerengine_internal.points_entry[];
    booked     uuid[] := '{}';
    accounts   text[] := '{}';
    documents  offerengine_internal.points_document[] := '{}';
    holders    text[] := '{}';
    sources    uuid[] := '{}';
    currencies text[] := '{}';
    entries    offerengine_internal.points_entry[] := '{}';
BEGIN
    -- Of points that have gone on to somebody else the order of all that are taken counts.
    IF cardinality(book_orders.document_ids) < 2
       OR EXISTS (SELECT FROM unnest(book_orders.taken) AS u (customer_reference)
                    JOIN offerengine.loyalty_member m ON m.customer_reference = u.customer_reference
                   WHERE m.merged_into IS NOT NULL) THEN
        RETURN '{}';
    END IF;
    INSERT INTO offerengine.loyalty_member (customer_reference, enrolled_on)
    SELECT n.customer_reference, offerengine_internal.enrolment_day(n.store_code)
      FROM (SELECT DISTINCT ON (u.customer_reference COLLATE "C") u.customer_reference, s.store_code
              FROM unnest(book_orders.customer_references, book_orders.order_ids) WITH ORDINALITY
                   AS u (customer_reference, order_id, place)
              JOIN offerengine.sales_order s ON s.customer_reference = u.customer_reference AND s.order_id = u.order_id
              JOIN offerengine.loyalty_program p ON p.currency_code = s.currency_code AND p.auto_enroll
             WHERE u.customer_reference <> ALL (book_orders.mixed)
               AND NOT EXISTS (SELECT FROM offerengine.loyalty_member m WHERE m.customer_reference = u.customer_reference)
             ORDER BY u.customer_reference COLLATE "C", u.place) AS n;
    -- As take_points() does.
    WITH held AS MATERIALIZED (
        SELECT m.customer_reference
          FROM offerengine.loyalty_member m
         WHERE m.customer_reference = ANY (book_orders.taken)
         ORDER BY m.customer_reference
           FOR NO KEY UPDATE)
    UPDATE offerengine.loyalty_member m SET changed_at = clock_timestamp()
      FROM held h WHERE m.customer_reference = h.customer_reference;

    -- What was booked before, and what came back before it was told, is for book_as().
    FOR told IN
        SELECT u.customer_reference, u.id, offerengine_internal.points_order(u.customer_reference, u.order_id) AS facts,
               ROW(m.customer_reference, m.state)::offerengine_internal.points_account AS account
          FROM unnest(book_orders.customer_references, book_orders.order_ids, book_orders.document_ids) WITH ORDINALITY
               AS u (customer_reference, order_id, id, place)
          JOIN offerengine.loyalty_member m ON m.customer_reference = u.customer_reference
          JOIN offerengine.sales_order s ON s.customer_reference = u.customer_reference AND s.order_id = u.order_id
         WHERE u.customer_reference <> ALL (book_orders.mixed) AND s.return_document_id IS NULL
           AND NOT EXISTS (SELECT FROM offerengine.loyalty_document d
                            WHERE d.customer_reference = u.customer_reference AND d.document_id = u.id)
           AND NOT EXISTS (SELECT FROM offerengine.loyalty_document d
                            WHERE d.customer_reference = u.customer_reference AND d.order_id = u.order_id)
           AND NOT EXISTS (SELECT FROM offerengine.loyalty_document d
                            WHERE d.customer_reference = u.customer_reference AND d.parent_order_id = u.order_id)
           AND NOT EXISTS (SELECT FROM offerengine.sales_order r
                            WHERE r.customer_reference = u.customer_reference AND r.parent_order_id = u.order_id)
         ORDER BY u.place
    LOOP
        booked := booked || told.id;
        accounts := accounts || told.customer_reference;
        documents := documents || offerengine_internal.document_of(told.customer_reference, told.facts, told.id, 'order');
        planned := offerengine_internal.plan_document(told.customer_reference, told.account, told.facts, 'order');
        holders := holders || array_fill(told.customer_reference, ARRAY[cardinality(planned)]);
        sources := sources || array_fill(told.id, ARRAY[cardinality(planned)]);
        currencies := currencies || array_fill((told.facts).currency_code, ARRAY[cardinality(planned)]);
        entries := entries || planned;
    END LOOP;
    IF booked <> '{}' THEN
        PERFORM offerengine_internal.write_documents(accounts, documents),
                offerengine_internal.write_points_of_many(holders, sources, currencies, entries);
    END IF;
    RETURN booked;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.book_orders(text[], uuid[], uuid[], text[], text[]) IS
    'Books orders together, as book_as() books each that is told as an order, and answers the documents of those that it has '
    'booked: of customers who are not mixed, orders that nothing was booked of before and nothing came back of. Nothing at all '
    'where points of a customer have gone on to somebody else. It takes the points of all customers that the caller holds '
    '(taken), in the order of their references. mixed: of whom something else is noted with them, which book_as() has to see in '
    'its turn. The caller holds the documents, too.';
