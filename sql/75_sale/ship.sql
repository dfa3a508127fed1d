-- What a merchant, or the back office, says to have shipped, and what of that was none.

CREATE TYPE offerengine.shipped_line AS (
    line_no            integer,
    offer_reference    text,
    merchant_reference text,
    quantity           integer,
    quantity_shipped   integer,
    quantity_open      integer
);
COMMENT ON TYPE offerengine.shipped_line IS
    'Pieces of a line that were said to have shipped: how many (quantity), how many of the line have in all, and how many are '
    'still to be delivered.';

CREATE FUNCTION offerengine.ship_order(
    customer_reference text,
    order_id           uuid,
    lines              jsonb DEFAULT NULL,
    key                text DEFAULT NULL,
    channel            text DEFAULT NULL)
RETURNS SETOF offerengine.shipped_line
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3;
COMMENT ON FUNCTION offerengine.ship_order(text, uuid, jsonb, text, text) IS
    'Records that pieces of an order have shipped, and takes what the order holds of them out of stock: counts and what is held go '
    'down, as ship_stock() says. lines: an array of objects with line_no, quantity (left out: all that is to be delivered) and '
    'warehouse (left out: the one that holds the line, or all of them when all that they hold ships); NULL: all pieces that are to '
    'be delivered (order_shipments). Pieces beyond what the line holds are nobody''s stock. A merchant ships lines of its own, and '
    'knows of no others; one that is suspended, too. key makes it happen once: the same again answers the same; unship_order() '
    'undoes it by its key. What has shipped is not cancelled any more. OE020: no such order, or line; OE050: more pieces than were '
    'ordered and not cancelled, or none to be delivered; OE051: a return is not shipped, nor is a delivery; OE013: the key stands '
    'for something else, or was undone; OE067: what the line held has run out; OE068: more than the named warehouse holds, or the '
    'key stands for another parcel; 42501: a foreign channel; 22023: which of several warehouses?; 22023, 22004: arguments.';

CREATE FUNCTION offerengine.unship_order(
    customer_reference text,
    order_id           uuid,
    key                text,
    channel            text DEFAULT NULL)
RETURNS SETOF offerengine.shipped_line
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3;
COMMENT ON FUNCTION offerengine.unship_order(text, uuid, text, text) IS
    'Undoes what ship_order() recorded under this key: the pieces have not shipped, lie in the warehouse again, and are held for '
    'the order. Answers how many of each line (quantity), and what has become of them. Once more answers the same and changes '
    'nothing; the key ships nothing any more. Whoever shipped undoes it: keys are a merchant''s own. What a customer sends back is '
    'return_order(). OE020: no such order, or shipment; OE050: fewer pieces are said to have shipped; OE068: pieces of the parcel '
    'were returned; 42501: a foreign channel; 22004: NULL; 22023: arguments.';

CREATE FUNCTION offerengine_internal.do_ship_order(
    customer_reference text, order_id uuid, lines jsonb, key text, channel text)
RETURNS SETOF offerengine.shipped_line
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted_channel CONSTANT text := coalesce(do_ship_order.channel, 'backend');
    kept_key       CONSTANT text := offerengine_internal.key_of_caller(do_ship_order.key);
    asked          CONSTANT jsonb := jsonb_build_object('lines', do_ship_order.lines);
    stored         offerengine_internal.stored_order;
    done           jsonb;
    shipped        offerengine.shipped_line[];
BEGIN
    PERFORM offerengine_internal.check_channel(wanted_channel, true);
    PERFORM offerengine_internal.check_line_json(do_ship_order.lines, '{line_no,quantity,warehouse}');
    PERFORM offerengine_internal.lock_customer(do_ship_order.customer_reference);
    stored := offerengine_internal.stored_order(do_ship_order.customer_reference, do_ship_order.order_id);
    done := offerengine_internal.done_before(stored.customer_reference, stored.order_id, kept_key, 'shipped', asked);
    IF done IS NOT NULL THEN
        IF offerengine_internal.unshipped(stored, kept_key) IS NOT NULL THEN
            RAISE EXCEPTION 'key "%" of order % stands for a shipment that was undone', do_ship_order.key, stored.order_id
                USING ERRCODE = 'OE013', HINT = 'Use a new key for a new shipment.';
        END IF;
        RETURN QUERY
        SELECT a.* FROM jsonb_populate_recordset(NULL::offerengine.shipped_line, done -> 'lines') AS a;
        RETURN;
    END IF;
    IF offerengine_internal.is_return(stored.order_type) OR offerengine_internal.is_delivery(stored.order_type) THEN
        RAISE EXCEPTION 'order "%" is a document of type %: it is not shipped', stored.order_reference, stored.order_type
            USING ERRCODE = 'OE051', HINT = 'order_documents() says which order it belongs to.';
    END IF;

    shipped := ARRAY(SELECT p FROM offerengine_internal.pieces_to_ship(stored, do_ship_order.lines) AS p);
    PERFORM offerengine_internal.ship_line(stored, s.line_no, s.quantity) FROM unnest(shipped) AS s;
    PERFORM offerengine_internal.order_changed(
                stored.customer_reference, stored.order_id, 'shipped', wanted_channel,
                jsonb_build_object('asked', asked, 'lines', to_jsonb(shipped)), kept_key);
    PERFORM offerengine_internal.ship_sold_stock(stored, shipped, do_ship_order.lines, kept_key);
    RETURN QUERY SELECT s.* FROM unnest(shipped) AS s;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_ship_order(text, uuid, jsonb, text, text) IS 'ship_order, run as the owner.';

CREATE FUNCTION offerengine_internal.ship_sold_stock(
    stored offerengine_internal.stored_order, shipped offerengine.shipped_line[], lines jsonb, shipment_key text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    own_key   CONSTANT text := coalesce(shipment_key, offerengine.uuid_v7()::text);
    shipments offerengine_internal.stock_shipment[];
BEGIN
    IF offerengine_internal.lock_sold_stock(stored.customer_reference, stored.order_id) IS NULL THEN
        RETURN;
    END IF;
    -- As pieces_to_deliver() counts: what came back before anybody said that it had shipped is what ships first.
    shipments := ARRAY(
        SELECT ROW(s.line_no, s.quantity,
                   greatest(l.quantity_shipped, l.quantity_returned)
                   - greatest(l.quantity_shipped - s.quantity, l.quantity_returned),
                   w.warehouse)::offerengine_internal.stock_shipment
          FROM unnest(shipped) AS s
          JOIN offerengine.order_line l
            ON l.customer_reference = stored.customer_reference AND l.order_id = stored.order_id AND l.line_no = s.line_no
          LEFT JOIN (SELECT (e.value ->> 'line_no')::integer AS line_no, e.value ->> 'warehouse' AS warehouse
                       FROM jsonb_array_elements(ship_sold_stock.lines) AS e) AS w ON w.line_no = s.line_no);
    -- What ship_stock() has told under this key is not taken twice.
    PERFORM offerengine_internal.ship_parts(
                stored.order_id,
                ARRAY(SELECT p FROM unnest(shipments) AS s
                       CROSS JOIN LATERAL offerengine_internal.parts_to_ship(stored.order_id, s, false) AS p
                       WHERE s.leaving > 0 AND NOT offerengine_internal.has_left(stored.order_id, s, own_key)),
                own_key);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.ship_sold_stock(
    offerengine_internal.stored_order, offerengine.shipped_line[], jsonb, text) IS
    'Takes what an order holds of pieces that were just recorded as shipped out of stock; lines: as ship_order() was given them. '
    'The caller holds the customer and takes no lock after this. OE067, OE068, 22023: as ship_order().';

CREATE FUNCTION offerengine_internal.unshipped(stored offerengine_internal.stored_order, shipment_key text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN (SELECT e.detail -> 'lines'
              FROM offerengine.order_event e
             WHERE e.customer_reference = stored.customer_reference AND e.order_id = stored.order_id
               AND e.event = 'unshipped' AND e.detail ->> 'shipment' = unshipped.shipment_key);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.unshipped(offerengine_internal.stored_order, text) IS
    'The lines of a shipment as they were when it was undone; NULL: it was not. The caller holds the customer.';

CREATE FUNCTION offerengine_internal.do_unship_order(customer_reference text, order_id uuid, key text, channel text)
RETURNS SETOF offerengine.shipped_line
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted_channel CONSTANT text := coalesce(do_unship_order.channel, 'backend');
    kept_key       CONSTANT text := offerengine_internal.key_of_caller(do_unship_order.key);
    stored         offerengine_internal.stored_order;
    lines          jsonb;
    state          text;
BEGIN
    PERFORM offerengine_internal.check_key(do_unship_order.key, 'key');
    PERFORM offerengine_internal.check_channel(wanted_channel, true);
    PERFORM offerengine_internal.lock_customer(do_unship_order.customer_reference);
    stored := offerengine_internal.stored_order(do_unship_order.customer_reference, do_unship_order.order_id);
    lines := offerengine_internal.unshipped(stored, kept_key);
    IF lines IS NULL THEN
        SELECT e.detail -> 'lines' INTO lines
          FROM offerengine.order_event e
         WHERE e.customer_reference = stored.customer_reference AND e.order_id = stored.order_id
           AND e.action_key = kept_key AND e.event = 'shipped';
        IF NOT FOUND THEN
            RAISE EXCEPTION 'order "%" has no shipment "%"', stored.order_reference, offerengine_internal.shown(do_unship_order.key)
                USING ERRCODE = 'OE020', HINT = 'Shipments are named by the keys that ship_order() was given.';
        END IF;
        PERFORM offerengine_internal.ship_line(stored, s.line_no, - s.quantity)
           FROM jsonb_populate_recordset(NULL::offerengine.shipped_line, lines) AS s;
        SELECT jsonb_agg(to_jsonb(s) || jsonb_build_object('quantity_shipped', l.quantity_shipped,
                                                           'quantity_open', offerengine_internal.pieces_to_deliver(
                                                               stored.order_type, o.is_shipped, o.offer_type, l.quantity,
                                                               l.quantity_shipped, l.quantity_cancelled, l.quantity_returned))
                         ORDER BY s.line_no)
          INTO lines
          FROM jsonb_populate_recordset(NULL::offerengine.shipped_line, lines) AS s
          JOIN offerengine.order_line l
            ON l.customer_reference = stored.customer_reference AND l.order_id = stored.order_id AND l.line_no = s.line_no
          JOIN offerengine.offer o ON o.offer_id = l.offer_id;
        PERFORM offerengine_internal.order_changed(
                    stored.customer_reference, stored.order_id, 'unshipped', wanted_channel,
                    jsonb_build_object('shipment', kept_key, 'lines', lines));
        state := offerengine_internal.lock_sold_stock(stored.customer_reference, stored.order_id);
        PERFORM offerengine_internal.unship_lines(
                    stored.order_id, ARRAY(SELECT (e.value ->> 'line_no')::integer FROM jsonb_array_elements(lines) AS e),
                    kept_key, state = 'cancelled')
          WHERE state IS NOT NULL;
    END IF;
    RETURN QUERY SELECT s.* FROM jsonb_populate_recordset(NULL::offerengine.shipped_line, lines) AS s;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_unship_order(text, uuid, text, text) IS 'unship_order, run as the owner.';

CREATE FUNCTION offerengine_internal.pieces_to_ship(stored offerengine_internal.stored_order, lines jsonb)
RETURNS SETOF offerengine.shipped_line
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 1000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    asked   record;
    line    record;
    shipped offerengine.shipped_line;
    is_any  boolean := false;
BEGIN
    FOR asked IN
        SELECT (e.value ->> 'line_no')::integer AS line_no, (e.value ->> 'quantity')::integer AS quantity, e.ordinality
          FROM jsonb_array_elements(coalesce(pieces_to_ship.lines, '[{}]')) WITH ORDINALITY AS e ORDER BY e.ordinality
    LOOP
        IF pieces_to_ship.lines IS NOT NULL AND asked.line_no IS NULL THEN
            RAISE EXCEPTION 'line % has no line_no', asked.ordinality USING ERRCODE = '22004';
        END IF;
        FOR line IN
            SELECT p.*, m.merchant_reference,
                   offerengine_internal.pieces_to_deliver(
                       stored.order_type, o.is_shipped, o.offer_type, p.quantity, p.shipped, p.cancelled, p.returned) AS open,
                   o.is_shipped, o.offer_type
              FROM offerengine_internal.piece_counts(stored.customer_reference, stored.order_id, asked.line_no) AS p
              JOIN offerengine.offer o ON o.offer_id = p.offer_id
              JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id
             ORDER BY p.line_no
        LOOP
            CONTINUE WHEN coalesce(asked.quantity, line.open) = 0 AND asked.line_no IS NULL;
            IF coalesce(asked.quantity, line.open) = 0
               OR NOT offerengine_internal.offer_is_shipped(line.is_shipped, line.offer_type) THEN
                RAISE EXCEPTION 'nothing of line % of order "%" is to be delivered', line.line_no, stored.order_reference
                    USING ERRCODE = 'OE050', HINT = 'order_shipments() says what is.';
            END IF;
            is_any := true;
            shipped.line_no := line.line_no;
            shipped.offer_reference := line.offer_reference;
            shipped.merchant_reference := line.merchant_reference;
            shipped.quantity := coalesce(asked.quantity, line.open);
            shipped.quantity_shipped := least(line.shipped::bigint + shipped.quantity, line.quantity);
            shipped.quantity_open := offerengine_internal.pieces_to_deliver(
                stored.order_type, line.is_shipped, line.offer_type, line.quantity, shipped.quantity_shipped, line.cancelled,
                line.returned);
            RETURN NEXT shipped;
        END LOOP;
    END LOOP;
    IF NOT is_any THEN
        RAISE EXCEPTION 'nothing of order "%" is to be delivered', stored.order_reference
            USING ERRCODE = 'OE050', HINT = 'order_shipments() says what is.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.pieces_to_ship(offerengine_internal.stored_order, jsonb) IS
    'The pieces that ship_order() is to record. OE020: no such line; OE050: nothing is to be delivered; 22004: a line without '
    'number.';
