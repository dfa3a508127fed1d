-- Stock: what warehouses hold of an offer, and what a store may sell of it.

CREATE TYPE offerengine.stock_availability AS (
    in_stock              numeric,
    reserved              numeric,
    available             numeric,
    is_never_out_of_stock boolean
);
COMMENT ON TYPE offerengine.stock_availability IS
    'Answer of offer_availability: pieces in the active warehouses that serve the store, of these held for orders, left to '
    'sell, and whether any quantity may be sold.';

CREATE FUNCTION offerengine.offer_availability(offer_reference text, store text) RETURNS offerengine.stock_availability
    AS 'MODULE_PATHNAME', 'oe_offer_availability' LANGUAGE C STABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION offerengine.offer_availability(text, text) IS
    'What the store may sell of the offer. All 0 and false when the offer is not in the store or unknown. 22004: store is NULL; '
    '22023: unknown store.';

CREATE FUNCTION offerengine_internal.counted(
    offer_id bigint, warehouse_id bigint, pieces numeric, counted_at timestamptz, stock_means text) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    -- What a system has taken off, it has taken off until now.
    since  CONSTANT timestamptz := coalesce(counted.counted_at, CASE counted.stock_means WHEN 'free' THEN clock_timestamp() END);
    change numeric;
BEGIN
    IF counted.pieces IS NULL OR since IS NULL THEN
        RETURN counted.pieces;
    END IF;
    IF counted.stock_means = 'on_shelf' THEN
        change := coalesce((SELECT sum(p.quantity) FROM offerengine.stock_parcel p
                             WHERE p.offer_id = counted.offer_id AND p.warehouse_id = counted.warehouse_id
                               AND p.undone_at > since), 0)
                - coalesce((SELECT sum(p.quantity) FROM offerengine.stock_parcel p
                             WHERE p.offer_id = counted.offer_id AND p.warehouse_id = counted.warehouse_id
                               AND p.shipped_at > since), 0);
    ELSE
        -- Confirmed by then: the pieces lie there still, or did not count when they shipped. Confirmed since: they counted.
        change := coalesce((SELECT sum(h.quantity - h.shipped) FROM offerengine.stock_hold h
                             WHERE h.offer_id = counted.offer_id AND h.warehouse_id = counted.warehouse_id
                               AND h.state = 'confirmed' AND h.shipped < h.quantity AND h.confirmed_at <= since), 0)
                + coalesce((SELECT sum(h.quantity) FROM offerengine.stock_hold h
                             WHERE h.offer_id = counted.offer_id AND h.warehouse_id = counted.warehouse_id
                               AND h.state = 'released' AND h.confirmed_at <= since AND h.released_at > since), 0)
                - coalesce((SELECT sum(p.quantity)
                              FROM offerengine.stock_parcel p
                              JOIN offerengine.stock_hold h
                                ON h.order_id = p.order_id AND h.line_no = p.line_no AND h.warehouse_id = p.warehouse_id
                             WHERE p.offer_id = counted.offer_id AND p.warehouse_id = counted.warehouse_id
                               AND p.shipped_at > since AND p.undone_at IS NULL AND h.confirmed_at > since), 0);
    END IF;
    RETURN greatest(0, counted.pieces + change);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.counted(bigint, bigint, numeric, timestamptz, text) IS
    'What lies in the warehouse by a count of so many pieces, taken at counted_at (NULL: now): on_shelf, without what has shipped '
    'since; free, with what was promised to confirmed orders by then and lies there still, without what was confirmed and '
    'shipped since. Never below 0; NULL for NULL. The caller holds the row of offer_stock and reads with a snapshot taken since.';

CREATE FUNCTION offerengine.set_stock(
    offer_reference       text,
    warehouse             text,
    quantity              numeric DEFAULT NULL,
    is_never_out_of_stock boolean DEFAULT NULL,
    safety_quantity       numeric DEFAULT NULL,
    counted_at            timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target  bigint;
    place   bigint;
    means   text;
    counted numeric;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_reference(set_stock.offer_reference, 'offer_reference');
    PERFORM offerengine_internal.check_reference(set_stock.warehouse, 'warehouse');
    SELECT o.offer_id, m.stock_means INTO target, means
      FROM offerengine.offer o
      LEFT JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id
     WHERE o.offer_reference = set_stock.offer_reference;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('offer', set_stock.offer_reference);
    END IF;
    SELECT w.warehouse_id INTO place FROM offerengine.warehouse w WHERE w.name = set_stock.warehouse;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('warehouse', set_stock.warehouse);
    END IF;
    IF NOT offerengine_internal.is_operator()
       AND NOT EXISTS (SELECT FROM offerengine.merchant_warehouse mw
                        WHERE mw.warehouse_id = place
                          AND offerengine_internal.acts_for_merchant(mw.merchant_id)) THEN
        RAISE EXCEPTION 'warehouse "%" belongs to somebody else', set_stock.warehouse
            USING ERRCODE = '42501', HINT = 'A merchant sets stock in its own warehouses only.';
    END IF;
    PERFORM offerengine_internal.check_stock_quantity(set_stock.quantity, 'quantity');
    PERFORM offerengine_internal.check_stock_quantity(set_stock.safety_quantity, 'safety_quantity');
    IF set_stock.counted_at > clock_timestamp() OR set_stock.counted_at = '-infinity' THEN
        RAISE EXCEPTION 'nothing was counted at %', set_stock.counted_at
            USING ERRCODE = '22023', HINT = 'Name the instant of the count, or leave counted_at out: now.';
    END IF;

    INSERT INTO offerengine.offer_stock (offer_id, warehouse_id)
    SELECT target, place
     WHERE NOT EXISTS (SELECT FROM offerengine.offer_stock k
                        WHERE k.offer_id = target AND k.warehouse_id = place)
        ON CONFLICT ON CONSTRAINT offer_stock_pkey DO NOTHING;
    -- What ships meanwhile waits for this row, or has been waited for: then the next statement sees it.
    PERFORM FROM offerengine.offer_stock k
      WHERE k.offer_id = target AND k.warehouse_id = place FOR NO KEY UPDATE;
    counted := offerengine_internal.counted(
        target, place, set_stock.quantity, set_stock.counted_at, coalesce(means, 'on_shelf'));
    UPDATE offerengine.offer_stock k
       SET quantity = COALESCE(counted, k.quantity),
           is_never_out_of_stock = COALESCE(set_stock.is_never_out_of_stock, k.is_never_out_of_stock),
           safety_quantity = COALESCE(set_stock.safety_quantity, k.safety_quantity)
     WHERE k.offer_id = target AND k.warehouse_id = place
       AND (k.quantity, k.is_never_out_of_stock, k.safety_quantity)
           IS DISTINCT FROM (COALESCE(counted, k.quantity),
                             COALESCE(set_stock.is_never_out_of_stock, k.is_never_out_of_stock),
                             COALESCE(set_stock.safety_quantity, k.safety_quantity));
END
$oe_body$;
COMMENT ON FUNCTION offerengine.set_stock(text, text, numeric, boolean, numeric, timestamptz) IS
    'Sets what the warehouse holds of the offer, promised pieces included, and how much of it is kept back (safety_quantity); '
    'what is left out keeps its value (a new row: 0, false, 0). counted_at: when it was counted (left out: now); what shipped '
    'after that is taken off. Where merchant.stock_means is free, quantity says what is left beside confirmed orders, so those '
    'confirmed by counted_at are added. OE020: unknown offer or warehouse; 22023: a quantity below 0 or not a number, an instant '
    'to come; 42501: a merchant, in a warehouse of somebody else.';

CREATE FUNCTION offerengine_internal.check_stock_quantity(quantity numeric, name text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF quantity < 0 OR quantity IN ('NaN', 'Infinity') THEN
        RAISE EXCEPTION '% % is not a stock', name, quantity
            USING ERRCODE = '22023', HINT = 'Give a number of 0 or more.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_stock_quantity(numeric, text) IS
    'Refuses what cannot lie in a warehouse (22023); NULL passes.';
