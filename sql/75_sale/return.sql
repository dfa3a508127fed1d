-- What comes back: a document of its own, by line and quantity.

CREATE TYPE offerengine.returned_line AS (
    order_id        uuid,
    order_reference text,
    order_type      integer,
    line_no         integer,
    parent_line_no  integer,
    offer_reference text,
    quantity        integer,
    line_amount     bigint,
    total_amount    bigint,
    currency        text,
    restock         boolean
);
COMMENT ON TYPE offerengine.returned_line IS
    'A line of a return: the document (order_id, order_reference, order_type, total_amount), its line, the line of the main order '
    'whose pieces came back, how many, and what of that order''s total they are, in minor units of currency; restock: whether they '
    'go back into stock.';

CREATE FUNCTION offerengine.return_order(
    customer_reference text,
    order_id           uuid,
    lines              jsonb,
    order_type         integer DEFAULT 3,
    order_reference    text DEFAULT NULL,
    restock            boolean DEFAULT false,
    key                text DEFAULT NULL)
RETURNS SETOF offerengine.returned_line
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3;
COMMENT ON FUNCTION offerengine.return_order(text, uuid, jsonb, integer, text, boolean, text) IS
    'Takes pieces of an order back and answers the lines of the document that this makes: of order_type 3 return, 4 credit note, '
    '5 warranty or 6 repair, with the order as its parent_order_id. lines: an array of objects with line_no, quantity (left out: '
    'all that is open) and restock (left out: as the argument); lines NULL: all open pieces of all lines. A piece comes back once, '
    'and only if it was not cancelled. Each line has its part of the order''s total, in proportion, rounded commercially so that '
    'the parts of a full return sum up to the order, whatever the portions. key makes it happen once: the same again answers the '
    'same document. With restock the pieces lie in the warehouses that they came from and are free; without, they are gone. '
    'Subscriptions do not come back: they are cancelled. OE020: no such '
    'order, or line; OE050: more pieces than are open; OE051: a return itself, or a subscription; OE013: the key stands for '
    'something else, or the reference for another order; 22004: no key, or NULL; 22023: arguments.';

CREATE FUNCTION offerengine_internal.do_return_order(
    customer_reference text, order_id uuid, lines jsonb, order_type integer, order_reference text, restock boolean, key text)
RETURNS SETOF offerengine.returned_line
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted_type CONSTANT integer := coalesce(do_return_order.order_type, 3);
    to_stock    CONSTANT boolean := coalesce(do_return_order.restock, false);
    asked       CONSTANT jsonb := jsonb_build_object(
        'lines', do_return_order.lines, 'order_type', wanted_type, 'order_reference', do_return_order.order_reference,
        'restock', to_stock);
    kept_key    CONSTANT text := offerengine_internal.key_of_caller(do_return_order.key);
    stored      offerengine_internal.stored_order;
    done        jsonb;
    document    CONSTANT uuid := offerengine.uuid_v7();
    pieces      offerengine_internal.returned_pieces[];
    parts       bigint[];
BEGIN
    PERFORM offerengine_internal.check_key(do_return_order.key, 'key');
    PERFORM offerengine_internal.check_order_type(wanted_type);
    IF NOT offerengine_internal.is_return(wanted_type) THEN
        RAISE EXCEPTION 'order type % is none of what comes back', wanted_type
            USING ERRCODE = '22023', HINT = 'It is 3 return, 4 credit note, 5 warranty or 6 repair.';
    END IF;
    PERFORM offerengine_internal.check_line_json(do_return_order.lines, '{line_no,quantity,restock}');
    PERFORM offerengine_internal.lock_customer(do_return_order.customer_reference);
    stored := offerengine_internal.stored_order(do_return_order.customer_reference, do_return_order.order_id);
    done := offerengine_internal.done_before(stored.customer_reference, stored.order_id, kept_key, 'returned', asked);
    IF done IS NOT NULL THEN
        RETURN QUERY
        SELECT r.* FROM offerengine_internal.returned_lines(stored.customer_reference, (done ->> 'document')::uuid) AS r;
        RETURN;
    END IF;
    IF offerengine_internal.is_return(stored.order_type) THEN
        RAISE EXCEPTION 'order "%" is a document of type % itself: nothing comes back of it', stored.order_reference,
                        stored.order_type
            USING ERRCODE = 'OE051', HINT = 'order_documents() says which order it belongs to.';
    END IF;
    PERFORM offerengine_internal.check_order_reference(stored.customer_reference, do_return_order.order_reference, NULL);

    PERFORM offerengine_internal.make_document(stored, document, wanted_type, do_return_order.order_reference, 'return');
    pieces := ARRAY(SELECT p FROM offerengine_internal.returned_pieces(stored, do_return_order.lines) AS p ORDER BY p.line_no);
    parts := offerengine_internal.take_pieces(
        stored.customer_reference, stored.order_id,
        ARRAY(SELECT ROW(p.line_no, p.quantity)::offerengine_internal.taken_pieces FROM unnest(pieces) AS p ORDER BY p.line_no),
        true);
    PERFORM offerengine_internal.document_line(
                stored, document, p.ordinality::integer, p.line_no, p.quantity, parts[p.ordinality], true,
                coalesce(p.restock, to_stock))
       FROM unnest(pieces) WITH ORDINALITY AS p;
    PERFORM offerengine_internal.order_changed(
                stored.customer_reference, stored.order_id, 'returned', 'backend',
                jsonb_build_object('asked', asked, 'document', document), kept_key);
    PERFORM offerengine_internal.order_changed(stored.customer_reference, document, 'placed', 'backend');
    PERFORM offerengine_internal.return_stock(
                stored.customer_reference, stored.order_id, array_agg(l.parent_line_no), array_agg(l.quantity),
                array_agg(l.restock))
       FROM offerengine.order_line l
      WHERE l.customer_reference = stored.customer_reference AND l.order_id = document;
    RETURN QUERY
    SELECT r.* FROM offerengine_internal.returned_lines(stored.customer_reference, document) AS r;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_return_order(text, uuid, jsonb, integer, text, boolean, text) IS
    'return_order, run as the owner.';

CREATE TYPE offerengine_internal.returned_pieces AS (line_no integer, quantity integer, restock boolean);
COMMENT ON TYPE offerengine_internal.returned_pieces IS 'Pieces of a line that come back; restock NULL: not said for this line.';

CREATE FUNCTION offerengine_internal.returned_pieces(stored offerengine_internal.stored_order, lines jsonb)
RETURNS SETOF offerengine_internal.returned_pieces
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    asked record;
    line  record;
    open  integer;
    found_any boolean := false;
BEGIN
    IF lines = '[]' THEN
        RAISE EXCEPTION 'no line of order "%" was named', stored.order_reference
            USING ERRCODE = '22023', HINT = 'NULL for lines takes all open pieces back.';
    END IF;
    FOR asked IN
        SELECT (e.value ->> 'line_no')::integer AS line_no, (e.value ->> 'quantity')::integer AS quantity,
               (e.value ->> 'restock')::boolean AS restock, e.ordinality
          FROM jsonb_array_elements(coalesce(lines, '[{}]')) WITH ORDINALITY AS e ORDER BY e.ordinality
    LOOP
        IF lines IS NOT NULL AND asked.line_no IS NULL THEN
            RAISE EXCEPTION 'line % has no line_no', asked.ordinality USING ERRCODE = '22004';
        END IF;
        FOR line IN
            SELECT p.* FROM offerengine_internal.piece_counts(stored.customer_reference, stored.order_id, asked.line_no) AS p
        LOOP
            open := line.quantity - line.cancelled - line.returned;
            CONTINUE WHEN asked.line_no IS NULL AND (open = 0 OR line.subscription_id IS NOT NULL);
            IF line.subscription_id IS NOT NULL THEN
                RAISE EXCEPTION 'line % of order "%" is subscription %, which does not come back', line.line_no,
                                stored.order_reference, line.subscription_id
                    USING ERRCODE = 'OE051',
                          HINT = 'cancel_subscription() ends it; billing_difference says what is given back then.';
            END IF;
            IF open = 0 OR asked.quantity > open THEN
                RAISE EXCEPTION '% pieces of line % of order "%" cannot come back: % were bought, % cancelled, % are back already',
                                coalesce(asked.quantity, 1), line.line_no, stored.order_reference, line.quantity, line.cancelled,
                                line.returned
                    USING ERRCODE = 'OE050', HINT = 'order_items() says what has become of the pieces.';
            END IF;
            found_any := true;
            RETURN NEXT ROW(line.line_no, coalesce(asked.quantity, open), asked.restock)::offerengine_internal.returned_pieces;
        END LOOP;
    END LOOP;
    IF NOT found_any THEN
        RAISE EXCEPTION 'no piece of order "%" is open to come back', stored.order_reference
            USING ERRCODE = 'OE050', HINT = 'order_items() says what has become of the pieces.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.returned_pieces(offerengine_internal.stored_order, jsonb) IS
    'The pieces that return_order() is to take back, judged. OE020: no such line; OE050: more than are open, or none is; OE051: a '
    'subscription.';

CREATE FUNCTION offerengine_internal.make_document(
    stored offerengine_internal.stored_order, document uuid, order_type integer, order_reference text, origin text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO offerengine.sales_order
           (customer_reference, order_id, order_reference, order_type, store_code, currency_code, country_code, price_mode,
            parent_order_id, origin)
    VALUES (stored.customer_reference, make_document.document,
            coalesce(make_document.order_reference, make_document.document::text), make_document.order_type, stored.store_code,
            stored.currency_code, stored.country_code, stored.price_mode, stored.order_id, make_document.origin);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.make_document(offerengine_internal.stored_order, uuid, integer, text, text) IS
    'Writes a document that tells what of an order is given back, still without lines; order_reference NULL: its id. The caller '
    'holds the customer, has judged type and reference, writes lines (document_line) and calls order_changed() for both.';

CREATE FUNCTION offerengine_internal.document_line(
    stored offerengine_internal.stored_order, document uuid, document_line_no integer, line_no integer, quantity integer,
    part bigint, takes_back boolean, restock boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO offerengine.order_line
           (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, unit_amount, line_amount, parent_line_no,
            restock)
    SELECT stored.customer_reference, document_line.document, document_line.document_line_no, l.offer_id, l.merchant_id,
           document_line.quantity, l.unit_amount,
           CASE WHEN l.line_amount IS NOT NULL OR document_line.part > 0 THEN document_line.part END,
           CASE WHEN document_line.takes_back THEN l.line_no END, document_line.restock
      FROM offerengine.order_line l
     WHERE l.customer_reference = stored.customer_reference AND l.order_id = stored.order_id AND l.line_no = document_line.line_no;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.document_line(
    offerengine_internal.stored_order, uuid, integer, integer, integer, bigint, boolean, boolean) IS
    'Writes the line of a document that tells of pieces of a line; part: what of the order''s total they are; takes_back: they '
    'came back (restock: into stock); else they were cancelled, which the order''s line says itself.';

CREATE FUNCTION offerengine_internal.returned_lines(customer_reference text, document uuid)
RETURNS SETOF offerengine.returned_line
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT s.order_id, s.order_reference::text, s.order_type, l.line_no, l.parent_line_no, o.offer_reference::text, l.quantity,
           l.line_amount, s.total_amount, s.currency_code::text, l.restock
      FROM offerengine.sales_order s
      JOIN offerengine.order_line l ON l.customer_reference = s.customer_reference AND l.order_id = s.order_id
      JOIN offerengine.offer o ON o.offer_id = l.offer_id
     WHERE s.customer_reference = returned_lines.customer_reference AND s.order_id = returned_lines.document
     ORDER BY l.line_no;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.returned_lines(text, uuid) IS 'The lines of a document that return_order() has made.';
