-- What leaves a warehouse and comes back: parcels, and what cancelling and returning do to stock.
--
-- Whoever acts on an order (75_sale) calls these last, for several lines at once, since what is locked is locked in one order for
-- all of them: the order, its holds, counts by offer_id and warehouse_id, then what is held of these likewise.

CREATE FUNCTION offerengine.ship_stock(
    order_id uuid, line_no integer, quantity integer, shipment_key text, warehouse text DEFAULT NULL)
RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.ship_stock(uuid, integer, integer, text, text) IS
    'So many pieces of the line leave the warehouse: the count and what is held go down together, the count never below 0. '
    'Answers true; false when this key of the line has shipped already, which ships nothing. warehouse: which one, where several '
    'hold the line. What the line holds is confirmed thereby. A merchant ships its own, by keys of its own. For orders that stand '
    'on another server: ship_order() does it for those that stand on this one, and with the same key afterwards it tells the '
    'order only. OE020: the line holds nothing (of a merchant''s own); OE067: the hold has run out; OE068: more than is left, or '
    'the key stands for another parcel; 22023, 22004: arguments, or several warehouses hold it.';

CREATE FUNCTION offerengine.unship_stock(order_id uuid, line_no integer, shipment_key text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.unship_stock(uuid, integer, text) IS
    'Undoes a parcel: its pieces lie in the warehouse and are held for the line again (free, where the order was cancelled). '
    'Answers true; false when it was undone already. The order is not told: unship_order() does both. What a customer returns is '
    'return_order(). OE020: there is no such parcel (of a merchant''s own, and by its keys); OE068: the customer has returned of '
    'it; 22004: NULL.';

CREATE FUNCTION offerengine_internal.check_parcel(order_id uuid, line_no integer, shipment_key text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    merchants CONSTANT bigint[] := offerengine_internal.called_for_merchants();
BEGIN
    IF check_parcel.order_id IS NULL OR check_parcel.line_no IS NULL OR check_parcel.shipment_key IS NULL THEN
        RAISE EXCEPTION 'order_id, line_no and shipment_key must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.check_reference(check_parcel.shipment_key, 'shipment_key');
    -- Of others' lines it is not even told that there are any.
    IF NOT EXISTS (SELECT FROM offerengine.stock_hold h
                     JOIN offerengine.offer o ON o.offer_id = h.offer_id
                    WHERE h.order_id = check_parcel.order_id AND h.line_no = check_parcel.line_no
                      AND (merchants IS NULL OR o.merchant_id = ANY (merchants))) THEN
        RAISE EXCEPTION 'line % of order % holds no stock', check_parcel.line_no, check_parcel.order_id
            USING ERRCODE = 'OE020', HINT = 'reserve_stock() and reserve_order_stock() hold it.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_parcel(uuid, integer, text) IS
    'Refuses what names no line that the caller may ship (OE020), or no parcel (22023, 22004).';

CREATE TYPE offerengine_internal.stock_part AS (line_no integer, offer_id bigint, warehouse_id bigint, pieces bigint);
COMMENT ON TYPE offerengine_internal.stock_part IS 'Pieces of a line in a warehouse that holds them.';

CREATE TYPE offerengine_internal.stock_shipment AS (line_no integer, quantity integer, leaving integer, warehouse text);
COMMENT ON TYPE offerengine_internal.stock_shipment IS
    'Pieces of a line that are said to have shipped, and how many of these leave now: others came back before that was told; '
    'warehouse NULL: which one was not said.';

CREATE FUNCTION offerengine_internal.do_ship_stock(
    order_id uuid, line_no integer, quantity integer, shipment_key text, warehouse text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    kept_key CONSTANT text := offerengine_internal.key_of_caller(do_ship_stock.shipment_key);
    shipment CONSTANT offerengine_internal.stock_shipment := ROW(
        do_ship_stock.line_no, do_ship_stock.quantity, do_ship_stock.quantity, do_ship_stock.warehouse);
BEGIN
    PERFORM offerengine_internal.check_parcel(order_id, line_no, shipment_key);
    IF do_ship_stock.quantity IS NULL THEN
        RAISE EXCEPTION 'quantity must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF do_ship_stock.quantity < 1 THEN
        RAISE EXCEPTION 'quantity must be at least 1, not %', do_ship_stock.quantity
            USING ERRCODE = '22023', HINT = 'unship_stock() undoes a parcel.';
    END IF;
    PERFORM offerengine_internal.lock_known_order(order_id, true);
    IF offerengine_internal.has_left(order_id, shipment, kept_key) THEN
        RETURN false;
    END IF;
    PERFORM offerengine_internal.ship_parts(
                order_id, ARRAY(SELECT p FROM offerengine_internal.parts_to_ship(order_id, shipment, true) p), kept_key);
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_ship_stock(uuid, integer, integer, text, text) IS 'ship_stock, run as the owner.';

CREATE FUNCTION offerengine_internal.has_left(
    order_id uuid, shipment offerengine_internal.stock_shipment, shipment_key text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    parcel record;
BEGIN
    SELECT sum(p.quantity) AS quantity, bool_or(p.undone_at IS NOT NULL) AS is_undone,
           string_agg(w.name, ', ' ORDER BY w.name) AS names
      INTO parcel
      FROM offerengine.stock_parcel p
      LEFT JOIN offerengine.warehouse w ON w.warehouse_id = p.warehouse_id
     WHERE p.order_id = has_left.order_id AND p.line_no = shipment.line_no AND p.shipment_key = has_left.shipment_key;
    IF parcel.quantity IS NULL THEN
        RETURN false;
    END IF;
    IF parcel.is_undone OR parcel.quantity <> shipment.quantity OR parcel.names <> shipment.warehouse THEN
        RAISE EXCEPTION 'parcel "%" of line % of order % is another one: % pieces from warehouse "%"%', shipment_key,
                        shipment.line_no, order_id, parcel.quantity, parcel.names,
                        CASE WHEN parcel.is_undone THEN ', undone' ELSE '' END
            USING ERRCODE = 'OE068', HINT = 'Use a new key for a new parcel.';
    END IF;
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.has_left(uuid, offerengine_internal.stock_shipment, text) IS
    'Whether these pieces have left under this key already. The caller holds the order''s row of stock. OE068: the key stands for '
    'another parcel.';

CREATE FUNCTION offerengine_internal.parts_to_ship(
    order_id uuid, shipment offerengine_internal.stock_shipment, is_all_held boolean)
RETURNS SETOF offerengine_internal.stock_part
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 ROWS 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    held record;
BEGIN
    IF EXISTS (SELECT FROM offerengine.stock_hold h
                WHERE h.order_id = parts_to_ship.order_id AND h.line_no = shipment.line_no
                  AND (h.state = 'expired' OR (h.state = 'held' AND h.expires_at <= clock_timestamp()))) THEN
        RAISE EXCEPTION 'what line % of order % held has run out', shipment.line_no, order_id
            USING ERRCODE = 'OE067', HINT = 'confirm_stock() takes it again, where it is still there.';
    END IF;
    SELECT count(*) AS places, coalesce(sum(h.quantity - h.shipped), 0) AS pieces,
           string_agg(w.name, ', ' ORDER BY w.name) AS names
      INTO held
      FROM offerengine.stock_hold h
      LEFT JOIN offerengine.warehouse w ON w.warehouse_id = h.warehouse_id
     WHERE h.order_id = parts_to_ship.order_id AND h.line_no = shipment.line_no
       AND h.state IN ('held', 'confirmed') AND h.shipped < h.quantity
       AND (shipment.warehouse IS NULL OR w.name = shipment.warehouse);
    IF held.places > 1 AND (is_all_held OR held.pieces > shipment.leaving) THEN
        RAISE EXCEPTION 'several warehouses hold line % of order %: %', shipment.line_no, order_id, held.names
            USING ERRCODE = '22023', HINT = 'Name the warehouse that the parcel leaves.';
    END IF;
    IF held.pieces < shipment.leaving AND (is_all_held OR shipment.warehouse IS NOT NULL) THEN
        RAISE EXCEPTION 'line % of order % has % pieces left to ship%, not %', shipment.line_no, order_id, held.pieces,
                        coalesce(' from warehouse "' || shipment.warehouse || '"', ''), shipment.leaving
            USING ERRCODE = 'OE068', HINT = 'What has shipped or was released is not shipped again.';
    END IF;
    RETURN QUERY
    SELECT h.line_no, h.offer_id, h.warehouse_id, least(h.quantity - h.shipped, shipment.leaving)::bigint
      FROM offerengine.stock_hold h
      LEFT JOIN offerengine.warehouse w ON w.warehouse_id = h.warehouse_id
     WHERE h.order_id = parts_to_ship.order_id AND h.line_no = shipment.line_no
       AND h.state IN ('held', 'confirmed') AND h.shipped < h.quantity
       AND (shipment.warehouse IS NULL OR w.name = shipment.warehouse);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.parts_to_ship(uuid, offerengine_internal.stock_shipment, boolean) IS
    'Where pieces of a line that leave are held: in one warehouse, or all that is held in several. What there is beyond these is '
    'nobody''s stock, but where a warehouse was named or the line must hold all of them (is_all_held: then in one warehouse, '
    'too). The caller holds the order''s row of stock and its holds. OE067: the hold has run out; OE068: too few are held; 22023: '
    'which of several warehouses?';

CREATE FUNCTION offerengine_internal.ship_parts(order_id uuid, parts offerengine_internal.stock_part[], shipment_key text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 2000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    part    record;
    counted numeric;
BEGIN
    FOR part IN SELECT p.* FROM unnest(parts) p ORDER BY p.offer_id, p.warehouse_id, p.line_no LOOP
        SELECT k.quantity INTO counted
          FROM offerengine.offer_stock k
         WHERE k.offer_id = part.offer_id AND k.warehouse_id = part.warehouse_id FOR NO KEY UPDATE;
        counted := least(coalesce(counted, 0), part.pieces);
        UPDATE offerengine.offer_stock k SET quantity = k.quantity - counted
         WHERE k.offer_id = part.offer_id AND k.warehouse_id = part.warehouse_id AND counted > 0;
        INSERT INTO offerengine.stock_parcel
               (order_id, line_no, shipment_key, warehouse_id, offer_id, quantity, lowered, shipped_at)
        VALUES (ship_parts.order_id, part.line_no, ship_parts.shipment_key, part.warehouse_id, part.offer_id, part.pieces, counted,
                clock_timestamp());
    END LOOP;
    PERFORM offerengine_internal.give_parts_back(parts);
    -- All that a line holds is sold with its first parcel: what has shipped cannot run out, and the rest belongs to it.
    UPDATE offerengine.stock_hold h
       SET shipped = h.shipped + coalesce((SELECT p.pieces FROM unnest(parts) p
                                            WHERE p.line_no = h.line_no AND p.warehouse_id = h.warehouse_id), 0),
           state = 'confirmed', expires_at = NULL, confirmed_at = coalesce(h.confirmed_at, clock_timestamp())
     WHERE h.order_id = ship_parts.order_id
       AND EXISTS (SELECT FROM unnest(parts) p
                    WHERE p.line_no = h.line_no AND (p.warehouse_id = h.warehouse_id OR h.state = 'held'));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.ship_parts(uuid, offerengine_internal.stock_part[], text) IS
    'These pieces leave their warehouses under this key: counts and what is held go down. The caller holds the order''s row of '
    'stock and its holds.';

CREATE FUNCTION offerengine_internal.give_parts_back(parts offerengine_internal.stock_part[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    place record;
BEGIN
    FOR place IN SELECT p.offer_id, p.warehouse_id, sum(p.pieces)::bigint AS pieces
                   FROM unnest(parts) p
                  WHERE p.pieces <> 0
                  GROUP BY p.offer_id, p.warehouse_id ORDER BY p.offer_id, p.warehouse_id
    LOOP
        PERFORM offerengine_internal.give_back(place.offer_id, place.warehouse_id, place.pieces);
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.give_parts_back(offerengine_internal.stock_part[]) IS
    'So many promised pieces in each place are free again or have shipped (below 0: are promised again), places ascending.';

CREATE FUNCTION offerengine_internal.do_unship_stock(order_id uuid, line_no integer, shipment_key text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    kept_key CONSTANT text := offerengine_internal.key_of_caller(do_unship_stock.shipment_key);
    known    offerengine_internal.known_stock_order;
BEGIN
    PERFORM offerengine_internal.check_parcel(order_id, line_no, shipment_key);
    known := offerengine_internal.lock_known_order(order_id, true);
    PERFORM FROM offerengine.stock_parcel p
      WHERE p.order_id = do_unship_stock.order_id AND p.line_no = do_unship_stock.line_no AND p.shipment_key = kept_key;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'line % of order % has no parcel "%"', line_no, order_id, shipment_key
            USING ERRCODE = 'OE020', HINT = 'Parcels are named as ship_order() or ship_stock() was told.';
    END IF;
    RETURN offerengine_internal.unship_lines(order_id, ARRAY[do_unship_stock.line_no], kept_key, known.state = 'cancelled');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_unship_stock(uuid, integer, text) IS 'unship_stock, run as the owner.';

CREATE FUNCTION offerengine_internal.unship_lines(
    order_id uuid, line_nos integer[], shipment_key text, is_cancelled boolean)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 2000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    parts offerengine_internal.stock_part[];
    wrong record;
    part  record;
BEGIN
    parts := ARRAY(SELECT ROW(p.line_no, p.offer_id, p.warehouse_id, p.quantity)::offerengine_internal.stock_part
                     FROM offerengine.stock_parcel p
                    WHERE p.order_id = unship_lines.order_id AND p.line_no = ANY (unship_lines.line_nos)
                      AND p.shipment_key = unship_lines.shipment_key AND p.undone_at IS NULL);
    IF cardinality(parts) = 0 THEN
        RETURN false;
    END IF;
    SELECT h.line_no, h.returned INTO wrong
      FROM unnest(parts) p
      JOIN offerengine.stock_hold h
        ON h.order_id = unship_lines.order_id AND h.line_no = p.line_no AND h.warehouse_id = p.warehouse_id
     WHERE h.shipped - p.pieces < h.returned
     ORDER BY h.line_no LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'parcel "%" of line % of order % has been delivered: % pieces of the line were returned', shipment_key,
                        wrong.line_no, order_id, wrong.returned
            USING ERRCODE = 'OE068', HINT = 'return_order() takes back what a customer has.';
    END IF;

    FOR part IN SELECT p.* FROM unnest(parts) p ORDER BY p.offer_id, p.warehouse_id, p.line_no LOOP
        UPDATE offerengine.offer_stock k
           SET quantity = k.quantity + p.lowered
          FROM offerengine.stock_parcel p
         WHERE p.order_id = unship_lines.order_id AND p.line_no = part.line_no AND p.shipment_key = unship_lines.shipment_key
           AND p.warehouse_id = part.warehouse_id AND p.lowered > 0
           AND k.offer_id = part.offer_id AND k.warehouse_id = part.warehouse_id;
    END LOOP;
    PERFORM offerengine_internal.give_parts_back(
                ARRAY(SELECT ROW(p.line_no, p.offer_id, p.warehouse_id, - p.pieces)::offerengine_internal.stock_part
                        FROM unnest(parts) p));
    UPDATE offerengine.stock_hold h SET shipped = h.shipped - p.pieces
      FROM unnest(parts) p
     WHERE h.order_id = unship_lines.order_id AND h.line_no = p.line_no AND h.warehouse_id = p.warehouse_id;
    UPDATE offerengine.stock_parcel p SET undone_at = clock_timestamp()
     WHERE p.order_id = unship_lines.order_id AND p.line_no = ANY (unship_lines.line_nos)
       AND p.shipment_key = unship_lines.shipment_key AND p.undone_at IS NULL;
    IF is_cancelled THEN
        PERFORM offerengine_internal.release_lines(ARRAY[order_id], unship_lines.line_nos);
    END IF;
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.unship_lines(uuid, integer[], text, boolean) IS
    'Undoes what has left of these lines under this key, and answers whether there was anything: counts go up by what they went '
    'down, the pieces are held again, or free where the order is cancelled. The caller holds the order''s row of stock and its '
    'holds. OE068: pieces have been returned of it.';

CREATE FUNCTION offerengine_internal.lock_sold_stock(customer_reference text, order_id uuid) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    known text;
BEGIN
    SELECT s.state INTO known
      FROM offerengine.stock_order s
     WHERE s.order_id = lock_sold_stock.order_id
       AND coalesce(s.customer_reference, lock_sold_stock.customer_reference) = lock_sold_stock.customer_reference
       FOR NO KEY UPDATE;
    IF FOUND THEN
        PERFORM FROM offerengine.stock_hold h
          WHERE h.order_id = lock_sold_stock.order_id ORDER BY h.line_no, h.warehouse_id FOR NO KEY UPDATE;
    END IF;
    RETURN known;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.lock_sold_stock(text, uuid) IS
    'Holds the row of stock of a customer''s order, and its holds, and answers its state; NULL: it has reserved nothing (another '
    'customer''s order of the same id may).';

CREATE FUNCTION offerengine_internal.keep_stock(
    customer_reference text, order_id uuid, line_nos integer[], quantities integer[])
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    parts offerengine_internal.stock_part[];
BEGIN
    IF offerengine_internal.lock_sold_stock(customer_reference, order_id) IS NULL THEN
        RETURN;
    END IF;
    parts := ARRAY(SELECT p FROM offerengine_internal.parts_too_many(order_id, line_nos, quantities) p);
    PERFORM offerengine_internal.give_parts_back(parts);
    UPDATE offerengine.stock_hold h
       SET state = CASE WHEN h.quantity = p.pieces THEN 'released' ELSE h.state END,
           quantity = CASE WHEN h.quantity = p.pieces THEN h.quantity ELSE h.quantity - p.pieces END,
           expires_at = CASE WHEN h.quantity = p.pieces THEN NULL ELSE h.expires_at END,
           released_at = clock_timestamp()
      FROM unnest(parts) p
     WHERE h.order_id = keep_stock.order_id AND h.line_no = p.line_no AND h.warehouse_id = p.warehouse_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.keep_stock(text, uuid, integer[], integer[]) IS
    'For whoever cancels pieces of lines: these keep as many pieces as are neither cancelled nor returned (quantities), shipped '
    'ones included, and what they hold beyond these is free again. Once more changes nothing. The caller holds the customer and '
    'the order, and takes no lock after this.';

CREATE TYPE offerengine_internal.stock_return AS (
    line_no integer, offer_id bigint, warehouse_id bigint, of_shipped bigint, of_unshipped bigint, restock boolean);
COMMENT ON TYPE offerengine_internal.stock_return IS
    'Pieces of a line that came back to a warehouse: of parcels, and of what nobody has told to have shipped; restock: whether '
    'they lie there again.';

CREATE FUNCTION offerengine_internal.return_stock(
    customer_reference text, order_id uuid, line_nos integer[], quantities integer[], restock boolean[])
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    parts offerengine_internal.stock_return[];
    part  offerengine_internal.stock_return;
BEGIN
    IF offerengine_internal.lock_sold_stock(customer_reference, order_id) IS NULL THEN
        RETURN;
    END IF;
    parts := ARRAY(SELECT p FROM offerengine_internal.parts_returned(order_id, line_nos, quantities, restock) p
                    ORDER BY p.offer_id, p.warehouse_id, p.line_no);
    -- All counts before anything of what is held. A piece that nobody has told to have left is in the count still.
    FOREACH part IN ARRAY parts LOOP
        UPDATE offerengine.offer_stock k
           SET quantity = CASE WHEN part.restock THEN k.quantity + part.of_shipped
                               ELSE greatest(0, k.quantity - part.of_unshipped) END
         WHERE k.offer_id = part.offer_id AND k.warehouse_id = part.warehouse_id
           AND CASE WHEN part.restock THEN part.of_shipped ELSE part.of_unshipped END > 0;
    END LOOP;
    PERFORM offerengine_internal.give_parts_back(
                ARRAY(SELECT ROW(p.line_no, p.offer_id, p.warehouse_id, p.of_unshipped)::offerengine_internal.stock_part
                        FROM unnest(parts) p));
    UPDATE offerengine.stock_hold h
       SET returned = h.returned + p.of_shipped,
           state = CASE WHEN h.quantity = p.of_unshipped THEN 'released' ELSE h.state END,
           quantity = CASE WHEN h.quantity = p.of_unshipped THEN h.quantity ELSE h.quantity - p.of_unshipped END,
           expires_at = CASE WHEN h.quantity = p.of_unshipped THEN NULL ELSE h.expires_at END,
           released_at = CASE WHEN p.of_unshipped > 0 THEN clock_timestamp() ELSE h.released_at END
      FROM unnest(parts) p
     WHERE h.order_id = return_stock.order_id AND h.line_no = p.line_no AND h.warehouse_id = p.warehouse_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.return_stock(text, uuid, integer[], integer[], boolean[]) IS
    'For whoever takes back what a customer returns: so many pieces of the lines lie in their warehouses again and are free '
    '(restock), or are gone. Pieces whose shipping was told count first; what was never told to have shipped is held no longer. '
    'What a line has beyond its holds is nobody''s stock. Not idempotent: the caller counts once, holds the customer and the '
    'order, and takes no lock after this.';

CREATE FUNCTION offerengine_internal.move_stock(
    customer_reference text, from_customer_reference text, order_ids uuid[], new_order_ids uuid[])
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    renamed record;
BEGIN
    -- By their ids as they were: so two merges that meet here take these rows in one order.
    PERFORM FROM offerengine.stock_order s
      WHERE s.order_id = ANY (move_stock.order_ids) AND s.customer_reference = move_stock.from_customer_reference
      ORDER BY s.order_id FOR UPDATE;
    FOR renamed IN
        SELECT s.order_id, n.new_id
          FROM unnest(move_stock.order_ids, move_stock.new_order_ids) AS n (order_id, new_id)
          JOIN offerengine.stock_order s
            ON s.order_id = n.order_id AND s.customer_reference = move_stock.from_customer_reference
         ORDER BY s.order_id
    LOOP
        UPDATE offerengine.stock_order s
           SET order_id = renamed.new_id, customer_reference = move_stock.customer_reference
         WHERE s.order_id = renamed.order_id;
        UPDATE offerengine.stock_hold h SET order_id = renamed.new_id
         WHERE h.order_id = renamed.order_id AND renamed.new_id <> renamed.order_id;
        UPDATE offerengine.stock_parcel p SET order_id = renamed.new_id
         WHERE p.order_id = renamed.order_id AND renamed.new_id <> renamed.order_id;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.move_stock(text, text, uuid[], uuid[]) IS
    'What these orders of a customer hold goes to another one, under the ids that they get there. Nothing is taken or given back. '
    'The caller holds both customers.';

CREATE FUNCTION offerengine_internal.free_stock(customer_reference text, order_ids uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    locked uuid[] := ARRAY(
        SELECT s.order_id
          FROM offerengine.stock_order s
         WHERE s.order_id = ANY (free_stock.order_ids)
           AND coalesce(s.customer_reference, free_stock.customer_reference) = free_stock.customer_reference
         ORDER BY s.order_id FOR NO KEY UPDATE);
BEGIN
    PERFORM FROM offerengine.stock_hold h
      WHERE h.order_id = ANY (locked) ORDER BY h.order_id, h.line_no, h.warehouse_id FOR NO KEY UPDATE;
    PERFORM offerengine_internal.release_lines(locked, NULL);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.free_stock(text, uuid[]) IS
    'What these orders of a customer hold and has not shipped is free again. The caller holds the customer and takes no lock after '
    'this.';
