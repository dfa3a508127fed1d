-- What leaves a warehouse and comes back: parcels, and what cancelling and returning do to stock.

CREATE FUNCTION offerengine.ship_stock(
    order_id uuid, line_no integer, quantity integer, shipment_key text, warehouse text DEFAULT NULL)
RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_removal_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.ship_stock(uuid, integer, integer, text, text) IS
    'So many pieces of the line leave the warehouse: the count and what is held go down together, the count never below 0. '
    'Answers true; false when this key of the line has shipped already, which ships nothing. warehouse: which one, where several '
    'hold the line. What the line holds is confirmed thereby. A merchant ships its own. The order itself is told by another '
    'call. OE020: the line holds nothing (of a merchant''s own); OE067: the hold has run out; '
    'OE068: more than is left, or the key stands for '
    'another parcel; 22023, 22004: arguments, or several warehouses hold it.';

CREATE FUNCTION offerengine.unship_stock(order_id uuid, line_no integer, shipment_key text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_removal_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.unship_stock(uuid, integer, text) IS
    'Undoes a parcel: its pieces lie in the warehouse and are held for the line again (free, where the order was cancelled). '
    'Answers true; false when it was undone already. What a customer returns is return_order(). OE020: there is no such parcel '
    '(of a merchant''s own); OE068: the customer has returned of it; 22004: NULL.';

CREATE FUNCTION offerengine_internal.check_parcel(order_id uuid, line_no integer, shipment_key text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF check_parcel.order_id IS NULL OR check_parcel.line_no IS NULL OR check_parcel.shipment_key IS NULL THEN
        RAISE EXCEPTION 'order_id, line_no and shipment_key must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.check_reference(check_parcel.shipment_key, 'shipment_key');
    -- Of others' lines it is not even told that there are any.
    IF NOT EXISTS (SELECT FROM offerengine.stock_hold h
                     JOIN offerengine.offer o ON o.offer_id = h.offer_id
                    WHERE h.order_id = check_parcel.order_id AND h.line_no = check_parcel.line_no
                      AND offerengine_internal.writes_for(o.merchant_id)) THEN
        RAISE EXCEPTION 'line % of order % holds no stock', check_parcel.line_no, check_parcel.order_id
            USING ERRCODE = 'OE020', HINT = 'reserve_stock() and reserve_order_stock() hold it.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_parcel(uuid, integer, text) IS
    'Refuses what names no line that the writing role may ship (OE020), or no parcel (22023, 22004).';

CREATE FUNCTION offerengine_internal.do_ship_stock(
    order_id uuid, line_no integer, quantity integer, shipment_key text, warehouse text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    known  offerengine_internal.known_stock_order;
    parcel record;
    hold   record;
    count_before numeric;
BEGIN
    PERFORM offerengine_internal.check_parcel(order_id, line_no, shipment_key);
    IF do_ship_stock.quantity IS NULL THEN
        RAISE EXCEPTION 'quantity must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF do_ship_stock.quantity < 1 THEN
        RAISE EXCEPTION 'quantity must be at least 1, not %', do_ship_stock.quantity
            USING ERRCODE = '22023', HINT = 'unship_stock() undoes a parcel.';
    END IF;
    known := offerengine_internal.lock_known_order(order_id, true);

    SELECT p.quantity, p.undone_at, w.name INTO parcel
      FROM offerengine.stock_parcel p
      LEFT JOIN offerengine.warehouse w ON w.warehouse_id = p.warehouse_id
     WHERE p.order_id = do_ship_stock.order_id AND p.line_no = do_ship_stock.line_no
       AND p.shipment_key = do_ship_stock.shipment_key;
    IF FOUND THEN
        IF parcel.undone_at IS NOT NULL OR parcel.quantity <> do_ship_stock.quantity OR parcel.name <> do_ship_stock.warehouse THEN
            RAISE EXCEPTION 'parcel "%" of line % of order % is another one: % pieces from warehouse "%"%', shipment_key,
                            line_no, order_id, parcel.quantity, parcel.name,
                            CASE WHEN parcel.undone_at IS NOT NULL THEN ', undone' ELSE '' END
                USING ERRCODE = 'OE068', HINT = 'Use a new key for a new parcel.';
        END IF;
        RETURN false;
    END IF;

    SELECT count(*) AS places, min(h.warehouse_id) AS warehouse_id, min(h.offer_id) AS offer_id,
           coalesce(sum(h.quantity - h.shipped), 0) AS pieces,
           string_agg(w.name, ', ' ORDER BY w.name) AS names
      INTO hold
      FROM offerengine.stock_hold h
      LEFT JOIN offerengine.warehouse w ON w.warehouse_id = h.warehouse_id
     WHERE h.order_id = do_ship_stock.order_id AND h.line_no = do_ship_stock.line_no
       AND (h.state IN ('held', 'confirmed') AND h.shipped < h.quantity)
       AND (do_ship_stock.warehouse IS NULL OR w.name = do_ship_stock.warehouse);
    IF EXISTS (SELECT FROM offerengine.stock_hold h
                WHERE h.order_id = do_ship_stock.order_id AND h.line_no = do_ship_stock.line_no
                  AND (h.state = 'expired' OR (h.state = 'held' AND h.expires_at <= clock_timestamp()))) THEN
        RAISE EXCEPTION 'what line % of order % held has run out', line_no, order_id
            USING ERRCODE = 'OE067', HINT = 'confirm_stock() takes it again, where it is still there.';
    END IF;
    IF hold.places > 1 THEN
        RAISE EXCEPTION 'several warehouses hold line % of order %: %', line_no, order_id, hold.names
            USING ERRCODE = '22023', HINT = 'Name the warehouse that the parcel leaves.';
    END IF;
    IF hold.pieces < do_ship_stock.quantity THEN
        RAISE EXCEPTION 'line % of order % has % pieces left to ship%, not %', line_no, order_id, hold.pieces,
                        coalesce(' from warehouse "' || warehouse || '"', ''), do_ship_stock.quantity
            USING ERRCODE = 'OE068', HINT = 'What has shipped or was released is not shipped again.';
    END IF;

    SELECT k.quantity INTO count_before
      FROM offerengine.offer_stock k
     WHERE k.offer_id = hold.offer_id AND k.warehouse_id = hold.warehouse_id FOR NO KEY UPDATE;
    count_before := least(coalesce(count_before, 0), do_ship_stock.quantity);
    UPDATE offerengine.offer_stock k SET quantity = k.quantity - count_before
     WHERE k.offer_id = hold.offer_id AND k.warehouse_id = hold.warehouse_id AND count_before > 0;
    PERFORM offerengine_internal.give_back(hold.offer_id, hold.warehouse_id, do_ship_stock.quantity);
    -- All that the line holds is sold with its first parcel: what has shipped cannot run out, and the rest belongs to it.
    UPDATE offerengine.stock_hold h
       SET shipped = h.shipped + CASE WHEN h.warehouse_id = hold.warehouse_id THEN do_ship_stock.quantity ELSE 0 END,
           state = 'confirmed', expires_at = NULL, confirmed_at = coalesce(h.confirmed_at, clock_timestamp())
     WHERE h.order_id = do_ship_stock.order_id AND h.line_no = do_ship_stock.line_no
       AND (h.state = 'held' OR h.warehouse_id = hold.warehouse_id);
    INSERT INTO offerengine.stock_parcel
           (order_id, line_no, shipment_key, warehouse_id, offer_id, quantity, lowered, shipped_at)
    VALUES (do_ship_stock.order_id, do_ship_stock.line_no, do_ship_stock.shipment_key, hold.warehouse_id, hold.offer_id,
            do_ship_stock.quantity, count_before, clock_timestamp());
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_ship_stock(uuid, integer, integer, text, text) IS 'ship_stock, run as the owner.';

CREATE FUNCTION offerengine_internal.do_unship_stock(order_id uuid, line_no integer, shipment_key text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    known  offerengine_internal.known_stock_order;
    parcel record;
    hold   record;
BEGIN
    PERFORM offerengine_internal.check_parcel(order_id, line_no, shipment_key);
    known := offerengine_internal.lock_known_order(order_id, true);
    SELECT p.* INTO parcel
      FROM offerengine.stock_parcel p
     WHERE p.order_id = do_unship_stock.order_id AND p.line_no = do_unship_stock.line_no
       AND p.shipment_key = do_unship_stock.shipment_key;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'line % of order % has no parcel "%"', line_no, order_id, shipment_key
            USING ERRCODE = 'OE020', HINT = 'Parcels are named as ship_stock() was told.';
    END IF;
    IF parcel.undone_at IS NOT NULL THEN
        RETURN false;
    END IF;
    SELECT h.shipped, h.returned INTO STRICT hold
      FROM offerengine.stock_hold h
     WHERE h.order_id = parcel.order_id AND h.line_no = parcel.line_no AND h.warehouse_id = parcel.warehouse_id;
    IF hold.shipped - parcel.quantity < hold.returned THEN
        RAISE EXCEPTION 'parcel "%" of line % of order % has been delivered: % pieces of the line were returned', shipment_key,
                        line_no, order_id, hold.returned
            USING ERRCODE = 'OE068', HINT = 'return_order() takes back what a customer has.';
    END IF;

    UPDATE offerengine.offer_stock k SET quantity = k.quantity + parcel.lowered
     WHERE k.offer_id = parcel.offer_id AND k.warehouse_id = parcel.warehouse_id AND parcel.lowered > 0;
    PERFORM offerengine_internal.give_back(parcel.offer_id, parcel.warehouse_id, - parcel.quantity);
    UPDATE offerengine.stock_hold h SET shipped = h.shipped - parcel.quantity
     WHERE h.order_id = parcel.order_id AND h.line_no = parcel.line_no AND h.warehouse_id = parcel.warehouse_id;
    UPDATE offerengine.stock_parcel p SET undone_at = clock_timestamp()
     WHERE p.order_id = parcel.order_id AND p.line_no = parcel.line_no AND p.shipment_key = parcel.shipment_key;
    IF known.state = 'cancelled' THEN
        PERFORM offerengine_internal.release_lines(order_id, ARRAY[do_unship_stock.line_no]);
    END IF;
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_unship_stock(uuid, integer, text) IS 'unship_stock, run as the owner.';

CREATE FUNCTION offerengine_internal.keep_stock(order_id uuid, line_no integer, quantity integer) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    hold record;
BEGIN
    PERFORM FROM offerengine.stock_order s WHERE s.order_id = keep_stock.order_id FOR NO KEY UPDATE;
    PERFORM FROM offerengine.stock_hold h
      WHERE h.order_id = keep_stock.order_id AND h.line_no = keep_stock.line_no ORDER BY h.warehouse_id FOR NO KEY UPDATE;
    -- What is too much goes from the first place that has so many unshipped.
    FOR hold IN
        SELECT k.*
          FROM (SELECT h.offer_id, h.warehouse_id, h.quantity, h.shipped,
                       least(h.quantity - h.shipped,
                             greatest(0, sum(h.quantity) OVER () - keep_stock.quantity
                                         - coalesce(sum(h.quantity - h.shipped) OVER (
                                               ORDER BY h.warehouse_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)))
                       AS pieces
                  FROM offerengine.stock_hold h
                 WHERE h.order_id = keep_stock.order_id AND h.line_no = keep_stock.line_no
                   AND h.state IN ('held', 'confirmed')) k
         WHERE k.pieces > 0
         ORDER BY k.offer_id, k.warehouse_id
    LOOP
        PERFORM offerengine_internal.give_back(hold.offer_id, hold.warehouse_id, hold.pieces);
        UPDATE offerengine.stock_hold h
           SET state = CASE WHEN h.quantity = hold.pieces THEN 'released' ELSE h.state END,
               quantity = CASE WHEN h.quantity = hold.pieces THEN h.quantity ELSE h.quantity - hold.pieces END,
               expires_at = CASE WHEN h.quantity = hold.pieces THEN NULL ELSE h.expires_at END,
               released_at = clock_timestamp()
         WHERE h.order_id = keep_stock.order_id AND h.line_no = keep_stock.line_no AND h.warehouse_id = hold.warehouse_id;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.keep_stock(uuid, integer, integer) IS
    'For whoever cancels pieces of a line: it keeps this quantity of what it holds, shipped ones included, and the others are free '
    'again. Once more changes nothing. The caller holds the customer and the order, and takes no lock after this.';

CREATE TYPE offerengine_internal.stock_return AS (offer_id bigint, warehouse_id bigint, of_shipped bigint, of_unshipped bigint);
COMMENT ON TYPE offerengine_internal.stock_return IS
    'Pieces of a line that came back to a warehouse: of parcels, and of what nobody has told to have shipped.';

CREATE FUNCTION offerengine_internal.return_stock(order_id uuid, line_no integer, quantity integer, restock boolean) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    part offerengine_internal.stock_return;
BEGIN
    PERFORM FROM offerengine.stock_order s WHERE s.order_id = return_stock.order_id FOR NO KEY UPDATE;
    PERFORM FROM offerengine.stock_hold h
      WHERE h.order_id = return_stock.order_id AND h.line_no = return_stock.line_no ORDER BY h.warehouse_id FOR NO KEY UPDATE;
    -- All counts before anything of what is held. A piece that nobody has told to have left is in the count still.
    FOR part IN SELECT r.* FROM offerengine_internal.returned_pieces(order_id, line_no, quantity) r LOOP
        UPDATE offerengine.offer_stock k
           SET quantity = CASE WHEN restock THEN k.quantity + part.of_shipped
                               ELSE greatest(0, k.quantity - part.of_unshipped) END
         WHERE k.offer_id = part.offer_id AND k.warehouse_id = part.warehouse_id
           AND CASE WHEN restock THEN part.of_shipped ELSE part.of_unshipped END > 0;
    END LOOP;
    FOR part IN SELECT r.* FROM offerengine_internal.returned_pieces(order_id, line_no, quantity) r LOOP
        PERFORM offerengine_internal.give_back(part.offer_id, part.warehouse_id, part.of_unshipped)
          WHERE part.of_unshipped > 0;
        UPDATE offerengine.stock_hold h
           SET returned = h.returned + part.of_shipped,
               state = CASE WHEN h.quantity = part.of_unshipped THEN 'released' ELSE h.state END,
               quantity = CASE WHEN h.quantity = part.of_unshipped THEN h.quantity ELSE h.quantity - part.of_unshipped END,
               expires_at = CASE WHEN h.quantity = part.of_unshipped THEN NULL ELSE h.expires_at END,
               released_at = CASE WHEN part.of_unshipped > 0 THEN clock_timestamp() ELSE h.released_at END
         WHERE h.order_id = return_stock.order_id AND h.line_no = return_stock.line_no
           AND h.warehouse_id = part.warehouse_id;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.return_stock(uuid, integer, integer, boolean) IS
    'For whoever takes back what a customer returns: so many pieces of the line lie in their warehouses again and are free '
    '(restock), or are gone. Pieces whose shipping was told count first; what was never told to have shipped is held no longer. '
    'What the line has beyond its holds is nobody''s stock. Not idempotent: the caller counts once, holds the customer and the '
    'order, and takes no lock after this.';
