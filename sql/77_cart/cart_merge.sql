-- A guest signs in: what is in one cart goes into another.

CREATE FUNCTION offerengine.cart_merge(
    customer_reference text, from_customer_reference text, from_cart_id uuid, cart_id uuid)
RETURNS integer
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION offerengine.cart_merge(text, text, uuid, uuid) IS
    'Puts the lines of one customer''s cart, a guest''s say, into a cart of another one (or of the same), and answers how many '
    'they were. They add up with what is there, and are priced in that cart''s store and currency and for its buyer; whatever '
    'they are, they go over, and cart_validate() names what does not fit. The other cart is no more; what it held is free. 0: it '
    'was empty, has become an order, or was merged into this one before. To be the first call of its transaction: it takes both '
    'customers, in the order of their references. OE020: no such cart; OE082: the target has become an order, or one of the two '
    'part of yet another cart; OE059: a customer has become another one; OE101: one is the pseudonym of somebody erased; 22023: a '
    'cart and itself, or no reference; 22004: NULL.';

CREATE FUNCTION offerengine_internal.do_cart_merge(
    customer_reference text, from_customer_reference text, from_cart_id uuid, cart_id uuid)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    owner  text := do_cart_merge.from_customer_reference;
    target offerengine_internal.known_cart;
    source offerengine_internal.known_cart;
    moved  integer;
BEGIN
    IF do_cart_merge.from_cart_id IS NULL THEN
        RAISE EXCEPTION 'from_cart_id must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF owner COLLATE "C" = do_cart_merge.customer_reference COLLATE "C" THEN
        PERFORM offerengine_internal.lock_customer(owner);
    ELSIF NOT offerengine_internal.take_both(do_cart_merge.customer_reference, owner) THEN
        -- The guest has become this customer: its carts have come along.
        owner := do_cart_merge.customer_reference;
        PERFORM offerengine_internal.lock_customer(owner);
    END IF;
    target := offerengine_internal.open_cart(do_cart_merge.customer_reference, do_cart_merge.cart_id);
    IF owner COLLATE "C" = do_cart_merge.customer_reference COLLATE "C" AND do_cart_merge.from_cart_id = do_cart_merge.cart_id THEN
        RAISE EXCEPTION 'cart % cannot be merged into itself', do_cart_merge.cart_id USING ERRCODE = '22023';
    END IF;
    source := offerengine_internal.find_cart(owner, do_cart_merge.from_cart_id);
    IF source.merged_into = target.cart_id OR source.ordered_at IS NOT NULL THEN
        RETURN 0;
    END IF;
    source := offerengine_internal.open_cart(owner, do_cart_merge.from_cart_id);

    moved := offerengine_internal.move_cart_lines(target, source);
    PERFORM offerengine_internal.empty_cart(source.customer_reference, source.cart_id);
    UPDATE offerengine.cart c SET merged_into = target.cart_id, changed_at = clock_timestamp()
     WHERE c.customer_reference = source.customer_reference AND c.cart_id = source.cart_id;
    IF moved > 0 THEN
        PERFORM offerengine_internal.cart_changed(target);
    END IF;
    -- What the target holds stays: its next hold takes more.
    PERFORM offerengine_internal.release_order(source.order_id, NULL, true, source.customer_reference)
       FROM offerengine.stock_order s WHERE s.order_id = source.order_id;
    RETURN moved;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_merge(text, text, uuid, uuid) IS 'cart_merge, run as the owner.';

CREATE FUNCTION offerengine_internal.move_cart_lines(
    target offerengine_internal.known_cart, source offerengine_internal.known_cart) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    lines CONSTANT offerengine_internal.cart_line_asked[] := ARRAY(
        SELECT ROW(l.line_no, l.offer_reference, l.quantity, l.note, l.starts_on)::offerengine_internal.cart_line_asked
          FROM offerengine.cart_line l
         WHERE l.customer_reference = source.customer_reference AND l.cart_id = source.cart_id
         ORDER BY l.line_no);
BEGIN
    PERFORM offerengine_internal.put_cart_lines(target, lines);
    RETURN cardinality(lines);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.move_cart_lines(offerengine_internal.known_cart, offerengine_internal.known_cart) IS
    'Puts the lines of one cart into another and answers how many. The caller holds both customers and empties the source.';

CREATE FUNCTION offerengine_internal.move_carts(
    customer_reference text, from_customer_reference text, orders offerengine_internal.moved_order[]) RETURNS uuid[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    lost record;
    held uuid[];
BEGIN
    -- What is to become an order that the customer has already is held no longer; the stock under that id is the other's.
    FOR lost IN
        SELECT c.cart_id
          FROM offerengine.cart c
         WHERE c.customer_reference = move_carts.from_customer_reference AND c.order_id IS NOT NULL AND c.ordered_at IS NULL
           AND (EXISTS (SELECT FROM offerengine.cart t
                         WHERE t.customer_reference = move_carts.customer_reference AND t.order_id = c.order_id)
                OR EXISTS (SELECT FROM offerengine.sales_order s
                            WHERE s.customer_reference = move_carts.customer_reference AND s.order_id = c.order_id))
    LOOP
        DELETE FROM offerengine.cart_hold_line l
         WHERE l.customer_reference = move_carts.from_customer_reference AND l.cart_id = lost.cart_id;
        DELETE FROM offerengine.cart_hold h
         WHERE h.customer_reference = move_carts.from_customer_reference AND h.cart_id = lost.cart_id;
        UPDATE offerengine.cart c SET order_id = NULL
         WHERE c.customer_reference = move_carts.from_customer_reference AND c.cart_id = lost.cart_id;
    END LOOP;

    held := ARRAY(SELECT c.order_id FROM offerengine.cart c
                   WHERE c.customer_reference = move_carts.from_customer_reference AND c.order_id IS NOT NULL
                     AND c.ordered_at IS NULL);

    -- One statement, since the tables refer to one another by the reference: what they refer to is looked for at its end.
    WITH renamed AS MATERIALIZED (
        SELECT c.cart_id, offerengine.uuid_v7() AS new_id
          FROM offerengine.cart c
          JOIN offerengine.cart t ON t.customer_reference = move_carts.customer_reference AND t.cart_id = c.cart_id
         WHERE c.customer_reference = move_carts.from_customer_reference),
    cart AS (
        UPDATE offerengine.cart c
           SET customer_reference = move_carts.customer_reference,
               cart_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.cart_id = c.cart_id), c.cart_id),
               order_id = coalesce((SELECT o.new_id FROM unnest(move_carts.orders) AS o WHERE o.order_id = c.order_id),
                                   c.order_id)
         WHERE c.customer_reference = move_carts.from_customer_reference),
    cart_line AS (
        UPDATE offerengine.cart_line l
           SET customer_reference = move_carts.customer_reference,
               cart_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.cart_id = l.cart_id), l.cart_id)
         WHERE l.customer_reference = move_carts.from_customer_reference),
    cart_key AS (
        UPDATE offerengine.cart_key k
           SET customer_reference = move_carts.customer_reference,
               cart_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.cart_id = k.cart_id), k.cart_id)
         WHERE k.customer_reference = move_carts.from_customer_reference),
    cart_hold AS (
        UPDATE offerengine.cart_hold h
           SET customer_reference = move_carts.customer_reference,
               cart_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.cart_id = h.cart_id), h.cart_id)
         WHERE h.customer_reference = move_carts.from_customer_reference)
    UPDATE offerengine.cart_hold_line l
       SET customer_reference = move_carts.customer_reference,
           cart_id = coalesce((SELECT n.new_id FROM renamed n WHERE n.cart_id = l.cart_id), l.cart_id)
     WHERE l.customer_reference = move_carts.from_customer_reference;
    RETURN held;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.move_carts(text, text, offerengine_internal.moved_order[]) IS
    'Gives a customer the carts of another one, whose orders have been moved, and answers the orders that they are held as; a cart '
    'of an id that the customer has gets a new one. The caller holds both and moves the stock.';
