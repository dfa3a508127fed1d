-- Points go to another customer: with everything else that one had (customer_merge), or alone.

CREATE FUNCTION offerengine.loyalty_merge(customer_reference text, from_customer_reference text) RETURNS bigint
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION offerengine.loyalty_merge(text, text) IS
    'Gives a customer the points of another one, who stays a customer, and answers the balance of both together. What orders of '
    'the other one earn, take and give back from now on goes there, too; the other one redeems nothing any more, and its '
    'membership ends: who takes part since when is then the earlier of the two. The same again changes nothing. customer_merge() '
    'does it beside everything else. To be the first call of its transaction: it takes both customers, in the order of their '
    'references. OE096: the customer''s own points have gone to another one, or neither takes part; OE059: one of the two has '
    'become another customer; OE013: both have booked an order of the same id; 22023: a customer and itself, or what cannot be a '
    'reference; 22004: NULL.';

CREATE FUNCTION offerengine_internal.do_loyalty_merge(customer_reference text, from_customer_reference text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    become text;
    twice  uuid;
BEGIN
    IF NOT offerengine_internal.take_both(do_loyalty_merge.customer_reference, do_loyalty_merge.from_customer_reference) THEN
        RETURN offerengine_internal.do_loyalty_balance(do_loyalty_merge.customer_reference, NULL);
    END IF;
    SELECT m.merged_into INTO become
      FROM offerengine.loyalty_member m WHERE m.customer_reference = do_loyalty_merge.customer_reference;
    PERFORM offerengine_internal.refuse_merged_points(do_loyalty_merge.customer_reference, become);
    SELECT m.merged_into INTO become
      FROM offerengine.loyalty_member m WHERE m.customer_reference = do_loyalty_merge.from_customer_reference;
    IF become IS NOT NULL AND become COLLATE "C" <> do_loyalty_merge.customer_reference COLLATE "C" THEN
        PERFORM offerengine_internal.refuse_merged_points(do_loyalty_merge.from_customer_reference, become);
    END IF;
    IF become IS NULL THEN
        SELECT f.order_id INTO twice
          FROM offerengine.loyalty_document f
          JOIN offerengine.loyalty_document t
            ON t.customer_reference = do_loyalty_merge.customer_reference AND t.order_id = f.order_id AND t.kind = f.kind
         WHERE f.customer_reference = do_loyalty_merge.from_customer_reference AND f.kind IN ('order', 'return')
         ORDER BY f.order_id LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'customers "%" and "%" have both booked an order %', do_loyalty_merge.customer_reference,
                            do_loyalty_merge.from_customer_reference, twice
                USING ERRCODE = 'OE013', HINT = 'customer_merge() gives one of the two another id.';
        END IF;
        IF NOT offerengine_internal.move_points(
                   do_loyalty_merge.customer_reference, do_loyalty_merge.from_customer_reference, '{}', true) THEN
            PERFORM offerengine_internal.refuse_member(do_loyalty_merge.from_customer_reference, NULL);
        END IF;
    END IF;
    RETURN offerengine_internal.do_loyalty_balance(do_loyalty_merge.customer_reference, NULL);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_merge(text, text) IS 'loyalty_merge, run as the owner.';

CREATE FUNCTION offerengine_internal.move_points(
    customer_reference text, from_customer_reference text, orders offerengine_internal.moved_order[],
    stays boolean DEFAULT false)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    guest   record;
    host    text;
    holder  text;
    renamed CONSTANT uuid[] := ARRAY(SELECT o.order_id FROM unnest(orders) AS o WHERE o.is_id_taken ORDER BY o.place);
    new_ids CONSTANT uuid[] := ARRAY(SELECT o.new_id FROM unnest(orders) AS o WHERE o.is_id_taken ORDER BY o.place);
BEGIN
    -- As take_points() has it: whose points have gone on, then who has them.
    host := (offerengine_internal.take_points(move_points.customer_reference)).customer_reference;
    IF host IS NULL OR host = move_points.from_customer_reference THEN
        host := move_points.customer_reference;
    END IF;
    PERFORM FROM offerengine.loyalty_member m
      WHERE m.merged_into = move_points.from_customer_reference
      ORDER BY m.customer_reference FOR UPDATE;
    PERFORM FROM offerengine.loyalty_member m
      WHERE m.customer_reference IN (host, move_points.from_customer_reference)
      ORDER BY m.customer_reference FOR UPDATE;
    SELECT m.state, m.enrolled_on, m.merged_into INTO guest
      FROM offerengine.loyalty_member m WHERE m.customer_reference = move_points.from_customer_reference;
    IF guest.state IS NULL THEN
        RETURN false;
    END IF;
    IF guest.merged_into IS NOT NULL THEN
        -- The points went before: what its orders go on earning and losing is that one's.
        holder := (offerengine_internal.take_points(move_points.from_customer_reference)).customer_reference;
        IF holder <> host THEN
            INSERT INTO offerengine.loyalty_member (customer_reference, enrolled_on, state, merged_into)
            VALUES (host, guest.enrolled_on, 'inactive', holder)
                ON CONFLICT ON CONSTRAINT loyalty_member_pkey DO NOTHING;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'the points of customer "%" have become those of customer "%", and those of customer "%" have not',
                                move_points.from_customer_reference, holder, host
                    USING ERRCODE = 'OE096', HINT = 'loyalty_merge() gives that one these as well.';
            END IF;
        END IF;
        DELETE FROM offerengine.loyalty_member m WHERE m.customer_reference = move_points.from_customer_reference;
        RETURN true;
    END IF;

    INSERT INTO offerengine.loyalty_member AS m (customer_reference, enrolled_on, state)
    VALUES (host, guest.enrolled_on, guest.state)
        ON CONFLICT ON CONSTRAINT loyalty_member_pkey DO UPDATE
       SET enrolled_on = CASE WHEN m.state = 'inactive' AND excluded.state <> 'inactive' THEN excluded.enrolled_on
                              WHEN m.state <> 'inactive' AND excluded.state = 'inactive' THEN m.enrolled_on
                              ELSE least(m.enrolled_on, excluded.enrolled_on) END,
           state = CASE WHEN 'locked' IN (m.state, excluded.state) THEN 'locked'
                        WHEN 'active' IN (m.state, excluded.state) THEN 'active' ELSE 'inactive' END,
           merged_into = NULL, changed_at = clock_timestamp();
    UPDATE offerengine.loyalty_member m
       SET state = 'inactive', merged_into = host, changed_at = clock_timestamp()
     WHERE m.customer_reference = move_points.from_customer_reference;
    UPDATE offerengine.loyalty_member m SET merged_into = host
     WHERE m.merged_into = move_points.from_customer_reference AND m.customer_reference <> host;
    PERFORM offerengine_internal.release_points(h.customer_reference, h.order_id)
       FROM offerengine.loyalty_hold h
       JOIN offerengine.loyalty_hold k
         ON k.customer_reference = host AND k.order_id = h.order_id
      WHERE h.customer_reference = move_points.from_customer_reference;
    PERFORM offerengine_internal.move_points_rows(
                host, move_points.from_customer_reference, renamed, new_ids);
    IF NOT move_points.stays THEN
        DELETE FROM offerengine.loyalty_member m WHERE m.customer_reference = move_points.from_customer_reference;
    END IF;
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.move_points(text, text, offerengine_internal.moved_order[], boolean) IS
    'Gives a customer the points that another one has, and those that came to that one before; of orders the ones that have got '
    'another id keep it. Where the customer''s own have gone to somebody else, these go there, too; where the other one''s have, '
    'what its orders go on earning is that one''s. stays: the other one remains a customer, and knows who has the points. The '
    'caller holds both customers, and has noted the merge where there is one. false: the other one never took part. OE096: the '
    'other one''s points have gone to somebody else, and the customer has points of his own.';

CREATE FUNCTION offerengine_internal.move_points_rows(
    customer_reference text, from_customer_reference text, old_order_ids uuid[], new_order_ids uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- One statement, since the tables refer to one another by the reference: what they refer to is looked for at its end. A key
    -- that both have given stays the customer's.
    WITH renamed AS MATERIALIZED (
        SELECT n.order_id, n.new_id
          FROM unnest(move_points_rows.old_order_ids, move_points_rows.new_order_ids) AS n (order_id, new_id)),
    loyalty_document AS (
        UPDATE offerengine.loyalty_document d
           SET customer_reference = move_points_rows.customer_reference,
               order_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.order_id = d.order_id), d.order_id),
               parent_order_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.order_id = d.parent_order_id), d.parent_order_id),
               action_key = CASE WHEN NOT EXISTS (SELECT FROM offerengine.loyalty_document k
                                                   WHERE k.customer_reference = move_points_rows.customer_reference
                                                     AND k.action_key = d.action_key) THEN d.action_key END
         WHERE d.customer_reference = move_points_rows.from_customer_reference),
    loyalty_lot AS (
        UPDATE offerengine.loyalty_lot l SET customer_reference = move_points_rows.customer_reference
         WHERE l.customer_reference = move_points_rows.from_customer_reference),
    loyalty_entry AS (
        UPDATE offerengine.loyalty_entry e SET customer_reference = move_points_rows.customer_reference
         WHERE e.customer_reference = move_points_rows.from_customer_reference),
    loyalty_hold AS (
        UPDATE offerengine.loyalty_hold h
           SET customer_reference = move_points_rows.customer_reference,
               order_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.order_id = h.order_id), h.order_id)
         WHERE h.customer_reference = move_points_rows.from_customer_reference)
    UPDATE offerengine.loyalty_hold_lot p
       SET customer_reference = move_points_rows.customer_reference,
           order_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.order_id = p.order_id), p.order_id)
     WHERE p.customer_reference = move_points_rows.from_customer_reference;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.move_points_rows(text, text, uuid[], uuid[]) IS
    'Gives a customer every row of the ledger that another one has. The caller holds both and has noted in loyalty_member who has '
    'them now.';

CREATE FUNCTION offerengine_internal.ledger_change_allowed(relation text, before jsonb, after jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    names CONSTANT text[] := '{customer_reference,order_id,parent_order_id,action_key}';
BEGIN
    RETURN before - names = after - names
           AND (after -> 'action_key' = 'null' OR after -> 'action_key' IS NOT DISTINCT FROM before -> 'action_key')
           AND (EXISTS (SELECT FROM offerengine.loyalty_member m
                         WHERE m.customer_reference = before ->> 'customer_reference'
                           AND m.merged_into = after ->> 'customer_reference')
                OR EXISTS (SELECT FROM offerengine.customer_timeline t
                            WHERE t.customer_reference = before ->> 'customer_reference'
                              AND t.merged_into = after ->> 'customer_reference'))
           OR offerengine_internal.is_erasure(ledger_change_allowed.relation, before, after);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.ledger_change_allowed(text, jsonb, jsonb) IS
    'The one gate for changes of rows of the ledger (loyalty_document, loyalty_lot, loyalty_entry), which is append-only: whether '
    'this row may become that one. It lets pass what moves with its customer, as loyalty_member or customer_timeline says, also '
    'where that is replayed, and an erasure, as is_erasure() has it; whatever else may ever change a row is to be added here.';

CREATE FUNCTION offerengine_internal.keeps_ledger() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF NOT offerengine_internal.ledger_change_allowed(TG_TABLE_NAME, to_jsonb(OLD), to_jsonb(NEW)) THEN
        RAISE EXCEPTION '% is append-only: UPDATE is refused', TG_TABLE_NAME
            USING ERRCODE = 'OE006', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.keeps_ledger() IS
    'Of the tables of the ledger: refuses an UPDATE (OE006) but what ledger_change_allowed() lets pass.';
