-- What a merchant, or the back office, says to have shipped.

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
    'Records that pieces of an order have shipped. lines: an array of objects with line_no and quantity (left out: all that is to '
    'be delivered); NULL: all pieces that are to be delivered (order_shipments). A merchant ships lines of its own, and knows of '
    'no others; one that is suspended, too. key makes it happen once: the same again answers the same. What has shipped is not '
    'cancelled any more. OE020: no such order, or line; OE050: more pieces than were ordered and not cancelled, or none to be '
    'delivered; OE051: a return is not shipped; OE013: the key stands for something else; 42501: a foreign channel; 22023, 22004: '
    'arguments.';

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
    PERFORM offerengine_internal.check_channel(wanted_channel);
    PERFORM offerengine_internal.check_line_json(do_ship_order.lines, '{line_no,quantity}');
    PERFORM offerengine_internal.lock_customer(do_ship_order.customer_reference);
    stored := offerengine_internal.stored_order(do_ship_order.customer_reference, do_ship_order.order_id);
    done := offerengine_internal.done_before(stored.customer_reference, stored.order_id, kept_key, 'shipped', asked);
    IF done IS NOT NULL THEN
        RETURN QUERY
        SELECT a.* FROM jsonb_populate_recordset(NULL::offerengine.shipped_line, done -> 'lines') AS a;
        RETURN;
    END IF;
    IF offerengine_internal.is_return(stored.order_type) THEN
        RAISE EXCEPTION 'order "%" is a document of type %: it is not shipped', stored.order_reference, stored.order_type
            USING ERRCODE = 'OE051', HINT = 'order_documents() says which order it belongs to.';
    END IF;

    shipped := ARRAY(SELECT p FROM offerengine_internal.pieces_to_ship(stored, do_ship_order.lines) AS p);
    PERFORM offerengine_internal.ship_line(stored, s.line_no, s.quantity) FROM unnest(shipped) AS s;
    PERFORM offerengine_internal.order_changed(
                stored.customer_reference, stored.order_id, 'shipped', wanted_channel,
                jsonb_build_object('asked', asked, 'lines', to_jsonb(shipped)), kept_key);
    RETURN QUERY SELECT s.* FROM unnest(shipped) AS s;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_ship_order(text, uuid, jsonb, text, text) IS 'ship_order, run as the owner.';

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
