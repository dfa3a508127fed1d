-- A guest signs in: what was done under one reference goes on under another.

CREATE TYPE offerengine.customer_merged AS (orders integer, subscriptions integer);
COMMENT ON TYPE offerengine.customer_merged IS
    'How many orders (returns and other documents included) and subscriptions a merge has moved; 0 when it was done before.';

CREATE FUNCTION offerengine.customer_merge(customer_reference text, from_customer_reference text)
RETURNS offerengine.customer_merged
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION offerengine.customer_merge(text, text) IS
    'Gives a customer everything that was done under another reference, as when a guest signs in: orders with their documents, '
    'subscriptions, invoices, histories, carts and lists. Switches are planned anew: a base of either covers the advantages of '
    'both, and what has begun stays. An order whose id the customer has used already gets a new one, one whose reference is taken '
    'gets its id as reference, and of an import that both have the one that was told last counts, while the other never runs and '
    'its open pieces are cancelled; order_event says so. What orders and carts hold they go on holding. Limits are not judged '
    'again. The other customer is no more: what is read of it is nothing, and every action for it is refused (OE059). The same '
    'merge again changes nothing. To be the first call of its transaction: it takes both customers, in the order of their '
    'references. OE059: one of the two has become yet another customer; OE096: the other one''s points have gone to somebody else, '
    'and the customer has points of his own; OE101: one of the two is the pseudonym of somebody who was erased; 22023: a customer '
    'and itself, or what cannot be a reference; 22004: NULL.';

CREATE FUNCTION offerengine_internal.do_customer_merge(customer_reference text, from_customer_reference text)
RETURNS offerengine.customer_merged
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    channel CONSTANT text := offerengine_internal.channel_of_caller(NULL);
    merged  offerengine.customer_merged := ROW(0, 0);
    moved   uuid[];
    orders  offerengine_internal.moved_order[];
    held    uuid[];
BEGIN
    IF NOT offerengine_internal.take_both(do_customer_merge.customer_reference, do_customer_merge.from_customer_reference) THEN
        RETURN merged;
    END IF;
    UPDATE offerengine.customer_timeline t
       SET merged_into = do_customer_merge.customer_reference, merged_at = clock_timestamp(),
           merged_by = offerengine_internal.calling_role(), merging_user = offerengine_internal.acting_user()
     WHERE t.customer_reference = do_customer_merge.from_customer_reference;

    PERFORM offerengine_internal.give_up_duplicates(
                do_customer_merge.customer_reference, do_customer_merge.from_customer_reference, channel);
    moved := ARRAY(SELECT s.subscription_id FROM offerengine.subscription s
                    WHERE s.customer_reference = do_customer_merge.from_customer_reference ORDER BY s.subscription_id);
    orders := offerengine_internal.move_orders(
        do_customer_merge.customer_reference, do_customer_merge.from_customer_reference, channel);
    merged.orders := cardinality(orders);
    merged.subscriptions := cardinality(moved);
    PERFORM offerengine_internal.plan_merged(
                do_customer_merge.customer_reference, do_customer_merge.from_customer_reference, moved, channel);
    held := offerengine_internal.move_carts(
        do_customer_merge.customer_reference, do_customer_merge.from_customer_reference, orders);
    PERFORM offerengine_internal.move_lists(
                do_customer_merge.customer_reference, do_customer_merge.from_customer_reference);
    -- What else a customer has is merged here, behind the orders: it takes its locks after the customers', and nothing is left
    -- of it under the old reference.
    PERFORM offerengine_internal.move_documents(
                do_customer_merge.customer_reference, do_customer_merge.from_customer_reference, orders);
    PERFORM offerengine_internal.move_points(
                do_customer_merge.customer_reference, do_customer_merge.from_customer_reference, orders);

    -- Stock is last, as ever.
    PERFORM offerengine_internal.move_stock(
                do_customer_merge.customer_reference, do_customer_merge.from_customer_reference,
                array_agg(m.order_id), array_agg(m.new_id))
       FROM (SELECT o.order_id, o.new_id FROM unnest(orders) AS o
             UNION ALL
             SELECT h.order_id, h.order_id FROM unnest(held) AS h (order_id)) AS m;
    PERFORM offerengine_internal.free_stock(do_customer_merge.customer_reference, array_agg(s.order_id))
       FROM offerengine.sales_order s
      WHERE s.customer_reference = do_customer_merge.customer_reference
        AND s.origin = 'import' AND s.external_reference IS NULL
     HAVING count(*) > 0;
    RETURN merged;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_customer_merge(text, text) IS 'customer_merge, run as the owner.';

CREATE FUNCTION offerengine_internal.take_both(customer_reference text, from_customer_reference text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    become      text;
    from_become text;
BEGIN
    IF take_both.customer_reference IS NULL OR take_both.from_customer_reference IS NULL THEN
        RAISE EXCEPTION 'customer_reference and from_customer_reference must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.check_reference(take_both.customer_reference, 'customer_reference'),
            offerengine_internal.check_reference(take_both.from_customer_reference, 'from_customer_reference');
    IF take_both.customer_reference COLLATE "C" = take_both.from_customer_reference COLLATE "C" THEN
        RAISE EXCEPTION 'customer "%" cannot be merged into itself', take_both.customer_reference USING ERRCODE = '22023';
    END IF;
    -- Each action takes one customer, another merge may take the same two: so they never wait for one another in a circle.
    IF take_both.from_customer_reference COLLATE "C" < take_both.customer_reference COLLATE "C" THEN
        from_become := offerengine_internal.take_customer(take_both.from_customer_reference);
        become := offerengine_internal.take_customer(take_both.customer_reference);
    ELSE
        become := offerengine_internal.take_customer(take_both.customer_reference);
        from_become := offerengine_internal.take_customer(take_both.from_customer_reference);
    END IF;
    IF from_become COLLATE "C" = take_both.customer_reference COLLATE "C" THEN
        RETURN false;
    END IF;
    PERFORM offerengine_internal.refuse_merged(take_both.from_customer_reference, from_become),
            offerengine_internal.refuse_merged(take_both.customer_reference, become);
    PERFORM offerengine_internal.refuse_pseudonym(take_both.from_customer_reference),
            offerengine_internal.refuse_pseudonym(take_both.customer_reference);
    PERFORM offerengine_internal.share_granted_rules(ARRAY[take_both.customer_reference, take_both.from_customer_reference]);
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_both(text, text) IS
    'Takes both customers of a merge, in the order of their references, and then their rules; false: they have been merged before. '
    'OE059: one of them has become another customer; OE101: one is a pseudonym; 22023: they are one, or no references; 22004: '
    'NULL.';

CREATE FUNCTION offerengine_internal.give_up_duplicates(customer_reference text, from_customer_reference text, channel text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    twice record;
BEGIN
    FOR twice IN
        SELECT f.external_system, f.external_reference, g.owner, g.order_id
          FROM offerengine.sales_order f
          JOIN offerengine.sales_order t
            ON t.customer_reference = give_up_duplicates.customer_reference AND t.external_system = f.external_system
           AND t.external_reference = f.external_reference
         -- Of the one that was told last the other system will go on telling.
         CROSS JOIN LATERAL (
               SELECT o.customer_reference AS owner, o.order_id
                 FROM (VALUES (f.customer_reference, f.order_id, 1), (t.customer_reference, t.order_id, 2))
                      AS o (customer_reference, order_id, place)
                ORDER BY (SELECT max(e.recorded_at) FROM offerengine.order_event e
                           WHERE e.customer_reference = o.customer_reference AND e.order_id = o.order_id
                             AND e.event IN ('imported', 'import_changed', 'told')) NULLS FIRST, o.place
                LIMIT 1) AS g
         WHERE f.customer_reference = give_up_duplicates.from_customer_reference
         ORDER BY f.external_system, f.external_reference
    LOOP
        PERFORM offerengine_internal.give_up_duplicate(
                    twice.owner, twice.order_id, give_up_duplicates.channel,
                    jsonb_build_object('duplicate', true, 'external_system', twice.external_system,
                                       'external_reference', twice.external_reference));
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.give_up_duplicates(text, text, text) IS
    'Of orders that both customers have from the same external system under the same reference: gives up the one that was told '
    'before the other. The caller holds both.';

CREATE FUNCTION offerengine_internal.give_up_duplicate(customer_reference text, order_id uuid, channel text, detail jsonb)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    given_up record;
BEGIN
    UPDATE offerengine.sales_order s SET external_system = NULL, external_reference = NULL
     WHERE s.customer_reference = give_up_duplicate.customer_reference AND s.order_id = give_up_duplicate.order_id
    RETURNING s.order_type INTO given_up;
    IF NOT offerengine_internal.is_return(given_up.order_type) THEN
        PERFORM offerengine_internal.take_pieces(
                    give_up_duplicate.customer_reference, give_up_duplicate.order_id,
                    ARRAY(SELECT ROW(l.line_no, l.quantity - l.quantity_cancelled
                                                - greatest(l.quantity_shipped, l.quantity_returned))
                                 ::offerengine_internal.taken_pieces
                            FROM offerengine.order_line l
                           WHERE l.customer_reference = give_up_duplicate.customer_reference
                             AND l.order_id = give_up_duplicate.order_id
                             AND l.quantity > l.quantity_cancelled + greatest(l.quantity_shipped, l.quantity_returned)
                           ORDER BY l.line_no),
                    false);
    END IF;
    FOR given_up IN
        SELECT s.subscription_id, s.starts_on, s.ends_on
          FROM offerengine.subscription s
         WHERE s.customer_reference = give_up_duplicate.customer_reference AND s.order_id = give_up_duplicate.order_id
           AND s.origin = 'import'
    LOOP
        UPDATE offerengine.subscription s
           SET external_system = NULL, external_reference = NULL, ends_on = s.starts_on, agreed_ends_on = s.starts_on
         WHERE s.customer_reference = give_up_duplicate.customer_reference AND s.subscription_id = given_up.subscription_id;
        PERFORM offerengine_internal.record_event(
                    give_up_duplicate.customer_reference, given_up.subscription_id, 'duplicate', given_up.starts_on,
                    give_up_duplicate.channel, give_up_duplicate.detail || jsonb_build_object('ended_before', given_up.ends_on));
    END LOOP;
    PERFORM offerengine_internal.order_changed(
                give_up_duplicate.customer_reference, give_up_duplicate.order_id, 'customer_changed', give_up_duplicate.channel,
                give_up_duplicate.detail);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.give_up_duplicate(text, uuid, text, jsonb) IS
    'Makes an imported order one that the other system tells of no longer: its external reference is gone, its open pieces are '
    'cancelled, and its subscription never runs. The caller holds the customer and plans anew.';

CREATE TYPE offerengine_internal.moved_order AS (order_id uuid, new_id uuid, order_reference text, is_id_taken boolean,
                                                 is_reference_taken boolean, place bigint);
COMMENT ON TYPE offerengine_internal.moved_order IS
    'An order that goes to another customer, by the id and under the reference that it had: new_id is the id that it gets, another '
    'one only where that customer has the old one already.';

CREATE FUNCTION offerengine_internal.move_orders(customer_reference text, from_customer_reference text, channel text)
RETURNS offerengine_internal.moved_order[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    moved   offerengine_internal.moved_order[];
    old_ids uuid[];
    new_ids uuid[];
BEGIN
    SELECT array_agg(ROW(f.order_id, CASE WHEN t.order_id IS NULL THEN f.order_id ELSE offerengine.uuid_v7() END,
                         f.order_reference, t.order_id IS NOT NULL, r.order_id IS NOT NULL,
                         f.place)::offerengine_internal.moved_order ORDER BY f.place)
      INTO moved
      FROM (SELECT s.order_id, s.order_reference, row_number() OVER (ORDER BY s.placed_at, s.order_id) AS place
              FROM offerengine.sales_order s
             WHERE s.customer_reference = move_orders.from_customer_reference) AS f
      LEFT JOIN offerengine.sales_order t
             ON t.customer_reference = move_orders.customer_reference AND t.order_id = f.order_id
      LEFT JOIN offerengine.sales_order r
             ON r.customer_reference = move_orders.customer_reference AND r.order_reference = f.order_reference;
    SELECT array_agg(m.order_id), array_agg(m.new_id) INTO old_ids, new_ids FROM unnest(moved) AS m WHERE m.is_id_taken;
    UPDATE offerengine.sales_order s SET order_reference = NULL
      FROM unnest(moved) AS m
     WHERE m.is_reference_taken
       AND s.customer_reference = move_orders.from_customer_reference AND s.order_id = m.order_id;

    PERFORM offerengine_internal.move_rows(move_orders.customer_reference, move_orders.from_customer_reference, old_ids, new_ids);

    UPDATE offerengine.sales_order s SET order_reference = s.order_id::text
      FROM unnest(moved) AS m
     WHERE m.is_reference_taken
       AND s.customer_reference = move_orders.customer_reference AND s.order_id = m.new_id
       AND NOT EXISTS (SELECT FROM offerengine.sales_order n
                        WHERE n.customer_reference = move_orders.customer_reference AND n.order_reference = m.new_id::text);
    PERFORM offerengine_internal.order_changed(
                move_orders.customer_reference, m.new_id, 'customer_changed', move_orders.channel,
                jsonb_strip_nulls(jsonb_build_object(
                    'from_customer_reference', move_orders.from_customer_reference,
                    'order_id_before', CASE WHEN m.is_id_taken THEN m.order_id END,
                    'order_reference_before', CASE WHEN m.is_reference_taken THEN m.order_reference END)))
       FROM unnest(moved) AS m
      ORDER BY m.place;
    RETURN coalesce(moved, '{}');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.move_orders(text, text, text) IS
    'Gives a customer all rows of another one, and answers which orders these are. What both have, ids or references of orders, '
    'the customer keeps, and the order that comes gets another one. The caller holds both and has noted the merge.';

CREATE FUNCTION offerengine_internal.move_rows(
    customer_reference text, from_customer_reference text, old_order_ids uuid[], new_order_ids uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- One statement, since the tables refer to one another by the reference: what they refer to is looked for at its end.
    WITH renamed AS MATERIALIZED (
        SELECT n.order_id, n.new_id FROM unnest(move_rows.old_order_ids, move_rows.new_order_ids) AS n (order_id, new_id)),
    sales_order AS (
        UPDATE offerengine.sales_order s
           SET customer_reference = move_rows.customer_reference,
               order_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.order_id = s.order_id), s.order_id),
               parent_order_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.order_id = s.parent_order_id), s.parent_order_id)
         WHERE s.customer_reference = move_rows.from_customer_reference),
    order_line AS (
        UPDATE offerengine.order_line l
           SET customer_reference = move_rows.customer_reference,
               order_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.order_id = l.order_id), l.order_id)
         WHERE l.customer_reference = move_rows.from_customer_reference),
    order_line_invoice AS (
        UPDATE offerengine.order_line_invoice i
           SET customer_reference = move_rows.customer_reference,
               order_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.order_id = i.order_id), i.order_id)
         WHERE i.customer_reference = move_rows.from_customer_reference),
    order_line_settlement AS (
        UPDATE offerengine.order_line_settlement t
           SET customer_reference = move_rows.customer_reference,
               order_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.order_id = t.order_id), t.order_id)
         WHERE t.customer_reference = move_rows.from_customer_reference),
    order_event AS (
        UPDATE offerengine.order_event e
           SET customer_reference = move_rows.customer_reference,
               order_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.order_id = e.order_id), e.order_id)
         WHERE e.customer_reference = move_rows.from_customer_reference),
    subscription AS (
        UPDATE offerengine.subscription s
           SET customer_reference = move_rows.customer_reference,
               order_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.order_id = s.order_id), s.order_id)
         WHERE s.customer_reference = move_rows.from_customer_reference),
    subscription_step AS (
        UPDATE offerengine.subscription_step t SET customer_reference = move_rows.customer_reference
         WHERE t.customer_reference = move_rows.from_customer_reference),
    subscription_quantity AS (
        UPDATE offerengine.subscription_quantity q SET customer_reference = move_rows.customer_reference
         WHERE q.customer_reference = move_rows.from_customer_reference),
    subscription_event AS (
        UPDATE offerengine.subscription_event e SET customer_reference = move_rows.customer_reference
         WHERE e.customer_reference = move_rows.from_customer_reference),
    subscription_invoice AS (
        UPDATE offerengine.subscription_invoice i SET customer_reference = move_rows.customer_reference
         WHERE i.customer_reference = move_rows.from_customer_reference)
    UPDATE offerengine.subscription_settlement t SET customer_reference = move_rows.customer_reference
     WHERE t.customer_reference = move_rows.from_customer_reference;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.move_rows(text, text, uuid[], uuid[]) IS
    'Gives a customer every row that another one has, in every table but customer_timeline, carts and lists; orders of '
    'old_order_ids get the ids beside them. The caller holds both, has noted the merge, and has seen to it that no key is taken.';

CREATE FUNCTION offerengine_internal.plan_merged(customer_reference text, from_customer_reference text, moved uuid[], channel text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    today date;
BEGIN
    PERFORM offerengine_internal.record_event(
                plan_merged.customer_reference, m.subscription_id, 'customer_changed', NULL, plan_merged.channel,
                jsonb_build_object('from_customer_reference', plan_merged.from_customer_reference))
       FROM unnest(plan_merged.moved) WITH ORDINALITY AS m (subscription_id, place)
      ORDER BY m.place;
    -- What has begun in its own store stays, so the latest day of them counts.
    SELECT max(offerengine_internal.local_date(clock_timestamp(), k.time_zone)) INTO today
      FROM offerengine.store k
     WHERE k.store_code IN (SELECT s.store_code FROM offerengine.subscription s
                             WHERE s.customer_reference = plan_merged.customer_reference);
    IF today IS NOT NULL THEN
        PERFORM offerengine_internal.replan(plan_merged.customer_reference, today);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.plan_merged(text, text, uuid[], text) IS
    'Records for these subscriptions that they have come from another customer, and plans the timeline anew: as of today, in the '
    'store where it is latest. The caller holds the customer.';
