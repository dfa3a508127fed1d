-- The rows of stock_hold that say which pieces of which place a line of an order has.

CREATE FUNCTION offerengine_internal.put_holds(
    order_id uuid, wants offerengine_internal.stock_want[], choices offerengine_internal.stock_choice[], expires_at timestamptz,
    is_confirmed boolean, in_one boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 AS $oe_body$
DECLARE
    hold_state CONSTANT text := CASE WHEN is_confirmed THEN 'confirmed' ELSE 'held' END;
    ends       CONSTANT timestamptz := CASE WHEN NOT is_confirmed THEN put_holds.expires_at END;
    since      CONSTANT timestamptz := CASE WHEN is_confirmed THEN clock_timestamp() END;
BEGIN
    -- How long the lists are is hidden from the planner, who would make a plan for each length.
    IF in_one THEN
        INSERT INTO offerengine.stock_hold AS h
               (order_id, line_no, warehouse_id, offer_id, quantity, state, expires_at, confirmed_at)
        SELECT put_holds.order_id, w.line_no, c.places[1], w.offer_id, w.quantity, hold_state, ends, since
          FROM unnest((SELECT put_holds.wants)) w
          JOIN unnest((SELECT put_holds.choices)) c ON c.offer_id = w.offer_id
            ON CONFLICT ON CONSTRAINT stock_hold_pkey DO UPDATE
           SET offer_id = excluded.offer_id, quantity = excluded.quantity, shipped = 0, returned = 0, state = excluded.state,
               expires_at = excluded.expires_at, confirmed_at = excluded.confirmed_at, released_at = NULL;
        RETURN;
    END IF;
    -- Lines and places of an offer beside each other: a hold is what both have of the same pieces.
    INSERT INTO offerengine.stock_hold AS h
           (order_id, line_no, warehouse_id, offer_id, quantity, state, expires_at, confirmed_at)
    SELECT put_holds.order_id, l.line_no, p.warehouse_id, l.offer_id,
           (least(l.until, p.until) - greatest(l.until - l.quantity, p.until - p.share))::integer, hold_state, ends, since
      FROM (SELECT w.line_no, w.offer_id, w.quantity, sum(w.quantity) OVER (PARTITION BY w.offer_id ORDER BY w.line_no) AS until
              FROM unnest((SELECT put_holds.wants)) w) l
      JOIN (SELECT c.offer_id, k.warehouse_id, k.share,
                   sum(k.share) OVER (PARTITION BY c.offer_id ORDER BY k.warehouse_id) AS until
              FROM unnest((SELECT put_holds.choices)) c
             CROSS JOIN LATERAL ROWS FROM (unnest(c.places), unnest(c.shares)) AS k (warehouse_id, share)) p
        ON p.offer_id = l.offer_id AND l.until > p.until - p.share AND p.until > l.until - l.quantity
        ON CONFLICT ON CONSTRAINT stock_hold_pkey DO UPDATE
       SET offer_id = excluded.offer_id, quantity = excluded.quantity, shipped = 0, returned = 0, state = excluded.state,
           expires_at = excluded.expires_at, confirmed_at = excluded.confirmed_at, released_at = NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.put_holds(
    uuid, offerengine_internal.stock_want[], offerengine_internal.stock_choice[], timestamptz, boolean, boolean) IS
    'Writes the holds of those lines that want one of the offers chosen, from the places that give their shares; in_one: each '
    'offer is in one place, which gives what is wanted. The caller holds the order and takes the pieces; the lines hold nothing.';

CREATE FUNCTION offerengine_internal.take_only_places(
    order_id uuid, store text, wants offerengine_internal.stock_want[], expires_at timestamptz, is_confirmed boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 AS $oe_body$
DECLARE
    hold_state CONSTANT text := CASE WHEN is_confirmed THEN 'confirmed' ELSE 'held' END;
    ends       CONSTANT timestamptz := CASE WHEN NOT is_confirmed THEN take_only_places.expires_at END;
    since      CONSTANT timestamptz := CASE WHEN is_confirmed THEN clock_timestamp() END;
    offers     bigint[];
    warehouses bigint[];
    pieces     bigint[];
BEGIN
    WITH put AS (
        INSERT INTO offerengine.stock_hold
               (order_id, line_no, warehouse_id, offer_id, quantity, state, expires_at, confirmed_at)
        SELECT take_only_places.order_id, w.line_no, w.only_place, w.offer_id, w.quantity, hold_state, ends, since
          FROM unnest((SELECT take_only_places.wants)) w)
    SELECT array_agg(s.offer_id), array_agg(s.only_place), array_agg(s.pieces)
      INTO offers, warehouses, pieces
      FROM (SELECT w.offer_id, w.only_place, sum(w.quantity) AS pieces
              FROM unnest((SELECT take_only_places.wants)) w
             GROUP BY w.offer_id, w.only_place ORDER BY w.offer_id, w.only_place) AS s;
    PERFORM offerengine_internal.hold_each_place(offers, warehouses, pieces, pieces, ends, take_only_places.store);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_only_places(
    uuid, text, offerengine_internal.stock_want[], timestamptz, boolean) IS
    'take_choices() where only_place says of each line where it is taken from. The order is new: it holds nothing at all. OE064, '
    'OE065: as hold_place().';
