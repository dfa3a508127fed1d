-- Documents that other systems tell of: orders, deliveries, returns and credit notes by their references, with or without lines.

CREATE FUNCTION offerengine.put_order(
    customer_reference text,
    order_reference    text,
    order_type         integer DEFAULT NULL,
    status             numeric DEFAULT NULL,
    placed_at          timestamptz DEFAULT NULL,
    total_amount       bigint DEFAULT NULL,
    currency           text DEFAULT NULL,
    parent_reference   text DEFAULT NULL,
    lines              jsonb DEFAULT NULL,
    external_system    text DEFAULT NULL,
    external_reference text DEFAULT NULL,
    store              text DEFAULT NULL,
    country            text DEFAULT NULL,
    price_mode         text DEFAULT NULL)
RETURNS uuid
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION offerengine.put_order(
    text, text, integer, numeric, timestamptz, bigint, text, text, jsonb, text, text, text, text, text) IS
    'Makes or changes the customer''s document of this reference, as another system tells it, and answers its order_id. What is '
    'left out stays as it is stored; a new one is a sales order (type 1) without a status, placed now, in gross, over the sum of '
    'its lines; its currency is needed. Amounts are minor units and never below 0: order_type says which way a document goes. '
    'total_amount may differ from the sum of the lines. parent_reference: the order that a return, credit note or delivery '
    'belongs to, told before. lines, all there are when given: an array of objects with offer_reference, quantity (1), '
    'unit_amount, line_amount (unit_amount times quantity), quantity_shipped (as stored), note, line_no (the place in the array) '
    'and, of a document of type 3 to 6 with a parent, parent_line_no: the line of the parent whose pieces it takes back. These '
    'count as returned as if return_order() had taken them, never more than are open, and no longer once the line is told '
    'otherwise or left out; a line without takes none back, so that a return and the credit note for it can both be told. The '
    'document''s amounts are as told, those of the parent''s line in proportion. It begins no subscription. Amounts, '
    'lines, store and date of what was sold or imported here stay, and lines and amounts of what pieces were cancelled or '
    'returned of: there status, type, parent and external reference can be told; which parent, and that it is a return, '
    'stays while pieces are back with it. The same again changes nothing. OE013: it tells '
    'of something that stays, or the external reference is another order''s; OE020: unknown parent, offer, line of the parent; '
    'OE050: a line has shipped more than would be left of it, or more would be back than is open; OE051: an order would belong '
    'to itself, or a return or subscription come back; 22023, 22004: arguments.';

CREATE TYPE offerengine_internal.told_line AS (
    line_no          integer,
    offer_id         bigint,
    merchant_id      bigint,
    quantity         integer,
    unit_amount      bigint,
    line_amount      bigint,
    quantity_shipped integer,
    note             text,
    parent_line_no   integer
);
COMMENT ON TYPE offerengine_internal.told_line IS
    'A line of an order as another system tells it; quantity_shipped NULL: not told; parent_line_no NULL: it takes nothing back.';

CREATE FUNCTION offerengine_internal.do_put_order(
    customer_reference text, order_reference text, order_type integer, status numeric, placed_at timestamptz, total_amount bigint,
    currency text, parent_reference text, lines jsonb, external_system text, external_reference text, store text, country text,
    price_mode text)
RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $oe_body$
DECLARE
    stored     offerengine_internal.stored_order;
    told       offerengine_internal.stored_order;
    told_lines offerengine_internal.told_line[];
    back       offerengine_internal.taken_pieces[];
    new_lines  boolean;
    sum_told   bigint;
BEGIN
    PERFORM offerengine_internal.check_key(do_put_order.order_reference, 'order_reference');
    PERFORM offerengine_internal.check_order_type(do_put_order.order_type);
    PERFORM offerengine_internal.check_order_status(do_put_order.status);
    PERFORM offerengine_internal.check_told_order(do_put_order.placed_at, do_put_order.total_amount);
    IF do_put_order.external_system IS NOT NULL OR do_put_order.external_reference IS NOT NULL THEN
        PERFORM offerengine_internal.check_external_reference(do_put_order.external_system, do_put_order.external_reference);
    END IF;
    PERFORM offerengine_internal.time_zone_of(do_put_order.store) WHERE do_put_order.store IS NOT NULL;
    PERFORM offerengine_internal.lock_customer(do_put_order.customer_reference);
    told_lines := offerengine_internal.told_lines(do_put_order.lines);
    -- Also where another total is told: what a merchant's lines are is an amount, too.
    sum_told := offerengine_internal.total_of_lines(
        (SELECT coalesce(sum(l.line_amount), 0) FROM unnest(told_lines) AS l), do_put_order.order_reference);

    SELECT o.* INTO stored
      FROM offerengine.sales_order s
     CROSS JOIN LATERAL offerengine_internal.stored_order(s.customer_reference, s.order_id) AS o
     WHERE s.customer_reference = do_put_order.customer_reference AND s.order_reference = do_put_order.order_reference;
    told := stored;
    told.customer_reference := do_put_order.customer_reference;
    told.order_id := coalesce(stored.order_id, offerengine.uuid_v7());
    told.order_reference := do_put_order.order_reference;
    told.order_type := coalesce(do_put_order.order_type, stored.order_type, 1);
    told.status := coalesce(do_put_order.status, stored.status);
    told.placed_at := coalesce(do_put_order.placed_at, stored.placed_at, now());
    told.total_amount := coalesce(
        do_put_order.total_amount, CASE WHEN do_put_order.lines IS NOT NULL THEN sum_told END, stored.total_amount, 0);
    told.currency_code := coalesce(do_put_order.currency, stored.currency_code);
    told.store_code := coalesce(do_put_order.store, stored.store_code);
    told.country_code := coalesce(do_put_order.country, stored.country_code);
    told.price_mode := coalesce(do_put_order.price_mode, stored.price_mode, CASE WHEN stored.order_id IS NULL THEN 'gross' END);
    told.external_system := coalesce(do_put_order.external_system, stored.external_system);
    told.external_reference := coalesce(do_put_order.external_reference, stored.external_reference);
    told.origin := coalesce(stored.origin, 'document');
    IF do_put_order.parent_reference IS NOT NULL THEN
        told.parent_order_id := offerengine_internal.parent_order(
            do_put_order.customer_reference, do_put_order.parent_reference, told.order_id);
    END IF;
    PERFORM offerengine_internal.check_sale_arguments(told.currency_code, told.country_code, told.price_mode, 1);
    PERFORM offerengine_internal.check_external_taken(
                told.customer_reference, told.external_system, told.external_reference, told.order_id);
    IF stored.order_id IS NOT NULL THEN
        PERFORM offerengine_internal.check_told_again(stored, told, do_put_order.lines IS NOT NULL);
    END IF;
    IF do_put_order.lines IS NOT NULL THEN
        back := offerengine_internal.told_back(told, told_lines);
    END IF;

    IF stored.order_id IS NULL THEN
        INSERT INTO offerengine.sales_order
               (customer_reference, order_id, order_reference, order_type, status, store_code, currency_code, country_code,
                price_mode, total_amount, placed_at, parent_order_id, external_system, external_reference, origin)
        VALUES (told.customer_reference, told.order_id, told.order_reference, told.order_type, told.status, told.store_code,
                told.currency_code, told.country_code, told.price_mode, told.total_amount, told.placed_at, told.parent_order_id,
                told.external_system, told.external_reference, told.origin);
    ELSIF told IS DISTINCT FROM stored THEN
        UPDATE offerengine.sales_order s
           SET order_type = told.order_type, status = told.status, store_code = told.store_code,
               currency_code = told.currency_code, country_code = told.country_code, price_mode = told.price_mode,
               total_amount = told.total_amount, placed_at = told.placed_at, parent_order_id = told.parent_order_id,
               external_system = told.external_system, external_reference = told.external_reference
         WHERE s.customer_reference = told.customer_reference AND s.order_id = told.order_id;
    END IF;
    new_lines := do_put_order.lines IS NOT NULL
                 AND offerengine_internal.put_told_lines(told, told_lines);
    IF back <> '{}' THEN
        PERFORM offerengine_internal.order_changed(
                    told.customer_reference, told.parent_order_id, 'returned', 'import',
                    jsonb_build_object('document', told.order_id, 'lines', to_jsonb(back)));
    END IF;
    IF told IS DISTINCT FROM stored OR new_lines THEN
        PERFORM offerengine_internal.order_changed(
                    told.customer_reference, told.order_id, 'told', 'import',
                    jsonb_strip_nulls(jsonb_build_object(
                        'before', CASE WHEN stored.order_id IS NOT NULL
                                       THEN (SELECT jsonb_object_agg(b.key, b.value)
                                               FROM jsonb_each(to_jsonb(stored)) AS b
                                              WHERE b.value IS DISTINCT FROM to_jsonb(told) -> b.key) END,
                        'lines', CASE WHEN new_lines THEN do_put_order.lines END)));
    END IF;
    RETURN told.order_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_put_order(
    text, text, integer, numeric, timestamptz, bigint, text, text, jsonb, text, text, text, text, text) IS
    'put_order, run as the owner.';

CREATE FUNCTION offerengine_internal.check_told_order(placed_at timestamptz, total_amount bigint) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF NOT isfinite(placed_at) THEN
        RAISE EXCEPTION 'no order is placed at %', placed_at USING ERRCODE = '22023';
    END IF;
    IF total_amount < 0 THEN
        RAISE EXCEPTION 'total_amount must not be below 0, % was given', total_amount
            USING ERRCODE = '22023',
                  HINT = 'A return and a credit note have amounts above 0, too: order_type says which way they go.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_told_order(timestamptz, bigint) IS
    'Refuses an infinite instant and a total below 0 (22023); NULL passes.';

CREATE FUNCTION offerengine_internal.check_line_json(lines jsonb, known text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wrong text;
BEGIN
    IF jsonb_typeof(lines) <> 'array' THEN
        RAISE EXCEPTION 'lines must be a JSON array, not %', jsonb_typeof(lines) USING ERRCODE = '22023';
    END IF;
    SELECT format('line %s must be a JSON object, not %s', e.ordinality, jsonb_typeof(e.value)) INTO wrong
      FROM jsonb_array_elements(lines) WITH ORDINALITY AS e
     WHERE jsonb_typeof(e.value) <> 'object' ORDER BY e.ordinality LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = '22023';
    END IF;
    SELECT format('line %s has an unknown or malformed "%s": %s', e.ordinality, offerengine_internal.shown(field.key),
                  offerengine_internal.shown(field.value::text)) INTO wrong
      FROM jsonb_array_elements(lines) WITH ORDINALITY AS e
     CROSS JOIN LATERAL jsonb_each(e.value) AS field
     WHERE CASE
               WHEN field.key <> ALL (known) THEN true
               WHEN jsonb_typeof(field.value) = 'null' THEN false
               WHEN field.key IN ('unit_amount', 'line_amount') THEN field.value::text !~ '^[0-9]{1,18}$'
               WHEN field.key IN ('line_no', 'quantity', 'parent_line_no') THEN field.value::text !~ '^[1-9][0-9]{0,8}$'
               WHEN field.key = 'quantity_shipped' THEN field.value::text !~ '^[0-9]{1,9}$'
               WHEN field.key = 'restock' THEN jsonb_typeof(field.value) <> 'boolean'
               ELSE jsonb_typeof(field.value) <> 'string'
           END
     ORDER BY e.ordinality, field.key LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong
            USING ERRCODE = '22023',
                  HINT = format('Keys of a line are %s. Amounts and quantities are whole numbers, quantities and line_no at least '
                                '1.', array_to_string(known, ', '));
    END IF;
    SELECT format('line %s is named twice', n.line_no) INTO wrong
      FROM (SELECT coalesce((e.value ->> 'line_no')::bigint, e.ordinality) AS line_no
              FROM jsonb_array_elements(lines) WITH ORDINALITY AS e) AS n
     GROUP BY n.line_no HAVING count(*) > 1 ORDER BY n.line_no LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = '22023', HINT = 'Without line_no a line''s number is its place in the array.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_line_json(jsonb, text[]) IS
    'Refuses lines that are no array of objects, with other keys than these or malformed values, or with one line_no twice '
    '(22023); NULL passes.';

CREATE FUNCTION offerengine_internal.told_lines(lines jsonb) RETURNS offerengine_internal.told_line[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    told    offerengine_internal.told_line[];
    unknown text;
BEGIN
    PERFORM offerengine_internal.check_line_json(
                lines, '{line_no,offer_reference,quantity,unit_amount,line_amount,quantity_shipped,note,parent_line_no}');
    PERFORM offerengine_internal.check_note(e.value ->> 'note', 'the note of a line') FROM jsonb_array_elements(lines) AS e;
    SELECT coalesce(e.value ->> 'offer_reference', 'NULL') INTO unknown
      FROM jsonb_array_elements(lines) WITH ORDINALITY AS e
      LEFT JOIN offerengine.offer o ON o.offer_reference = e.value ->> 'offer_reference'
     WHERE o.offer_id IS NULL ORDER BY e.ordinality LIMIT 1;
    IF FOUND THEN
        PERFORM offerengine_internal.raise_unknown('offer', unknown, 'Each line names its offer by offer_reference.');
    END IF;
    SELECT array_agg(ROW(coalesce((e.value ->> 'line_no')::integer, e.ordinality::integer), o.offer_id, o.merchant_id, q.quantity,
                         (e.value ->> 'unit_amount')::bigint,
                         coalesce((e.value ->> 'line_amount')::bigint,
                                  offerengine_internal.line_amount((e.value ->> 'unit_amount')::bigint, q.quantity)),
                         (e.value ->> 'quantity_shipped')::integer, e.value ->> 'note',
                         (e.value ->> 'parent_line_no')::integer)::offerengine_internal.told_line
                     ORDER BY e.ordinality)
      INTO told
      FROM jsonb_array_elements(lines) WITH ORDINALITY AS e
      JOIN offerengine.offer o ON o.offer_reference = e.value ->> 'offer_reference'
     CROSS JOIN LATERAL (SELECT coalesce((e.value ->> 'quantity')::integer, 1) AS quantity) AS q;
    RETURN coalesce(told, '{}');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.told_lines(jsonb) IS
    'Reads the lines given to put_order(). OE020: an unknown offer; 22003: more than an amount can say; 22023: as '
    'check_line_json().';

CREATE FUNCTION offerengine_internal.told_back(
    document offerengine_internal.stored_order, told offerengine_internal.told_line[])
RETURNS offerengine_internal.taken_pieces[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    parent offerengine_internal.stored_order;
    named  record;
    back   offerengine_internal.taken_pieces[] := '{}';
BEGIN
    SELECT t.line_no, t.parent_line_no INTO named
      FROM unnest(told) AS t WHERE t.parent_line_no IS NOT NULL ORDER BY t.line_no LIMIT 1;
    IF FOUND AND (document.parent_order_id IS NULL OR NOT offerengine_internal.is_return(document.order_type)) THEN
        RAISE EXCEPTION 'line % names parent_line_no %, but order "%" takes nothing of another one back', named.line_no,
                        named.parent_line_no, document.order_reference
            USING ERRCODE = '22023', HINT = 'A document of order_type 3 to 6 does, of the order that parent_reference names.';
    END IF;
    IF document.parent_order_id IS NULL THEN
        RETURN back;
    END IF;
    parent := offerengine_internal.stored_order(document.customer_reference, document.parent_order_id);
    IF named.parent_line_no IS NOT NULL AND offerengine_internal.is_return(parent.order_type) THEN
        RAISE EXCEPTION 'order "%" is a document of type % itself: nothing comes back of it', parent.order_reference,
                        parent.order_type
            USING ERRCODE = 'OE051', HINT = 'Leave parent_line_no out, or name the order that was sold as the parent.';
    END IF;
    -- What the document has taken back before counts as open.
    FOR named IN
        SELECT c.parent_line_no, min(c.line_no) AS line_no, sum(c.pieces)::bigint AS pieces,
               min(c.offer_id) AS offer_id, max(c.offer_id) AS last_offer_id
          FROM (SELECT t.parent_line_no, t.line_no, t.quantity::bigint AS pieces, t.offer_id FROM unnest(told) AS t
                UNION ALL
                SELECT l.parent_line_no, NULL, -l.quantity::bigint, NULL
                  FROM offerengine.order_line l
                 WHERE l.customer_reference = document.customer_reference AND l.order_id = document.order_id) AS c
         WHERE c.parent_line_no IS NOT NULL
         GROUP BY c.parent_line_no
         ORDER BY c.parent_line_no
    LOOP
        PERFORM offerengine_internal.check_told_back(
                    parent, p, named.line_no, named.pieces, named.offer_id, named.last_offer_id)
           FROM offerengine_internal.piece_counts(parent.customer_reference, parent.order_id, named.parent_line_no) AS p;
        IF named.pieces <> 0 THEN
            back := back || ROW(named.parent_line_no, named.pieces)::offerengine_internal.taken_pieces;
        END IF;
    END LOOP;
    RETURN back;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.told_back(offerengine_internal.stored_order, offerengine_internal.told_line[]) IS
    'The pieces of its parent that a document with these lines takes back, beyond those that it has taken with its stored lines '
    '(below 0: that it gives up). The caller holds the customer. OE020, OE050, OE051, 22023: as put_order().';

CREATE FUNCTION offerengine_internal.check_told_back(
    parent offerengine_internal.stored_order, line offerengine_internal.piece_counts, line_no integer, pieces bigint,
    offer_id bigint, last_offer_id bigint)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF line.offer_id <> check_told_back.offer_id OR line.offer_id <> check_told_back.last_offer_id THEN
        RAISE EXCEPTION 'line % is of another offer than line % of order "%", "%"', check_told_back.line_no, line.line_no,
                        parent.order_reference, line.offer_reference
            USING ERRCODE = '22023', HINT = 'What comes back is what was sold: order_items() lists it.';
    END IF;
    IF line.subscription_id IS NOT NULL AND check_told_back.pieces > 0 THEN
        RAISE EXCEPTION 'line % of order "%" is subscription %, which does not come back', line.line_no, parent.order_reference,
                        line.subscription_id
            USING ERRCODE = 'OE051', HINT = 'Leave parent_line_no out; cancel_subscription() ends it.';
    END IF;
    IF check_told_back.pieces > line.quantity - line.cancelled - line.returned THEN
        RAISE EXCEPTION '% more pieces of line % of order "%" cannot come back: % were bought, % cancelled, % are back already',
                        check_told_back.pieces, line.line_no, parent.order_reference, line.quantity, line.cancelled, line.returned
            USING ERRCODE = 'OE050', HINT = 'order_items() says what has become of the pieces.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_told_back(
    offerengine_internal.stored_order, offerengine_internal.piece_counts, integer, bigint, bigint, bigint) IS
    'Refuses that so many more pieces of a line come back with line line_no of a document that is told: of another offer (22023), '
    'of a subscription (OE051), or more than are open (OE050).';

CREATE FUNCTION offerengine_internal.parent_order(customer_reference text, parent_reference text, order_id uuid) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    parent uuid;
BEGIN
    SELECT s.order_id INTO parent
      FROM offerengine.sales_order s
     WHERE s.customer_reference = parent_order.customer_reference AND s.order_reference = parent_order.parent_reference;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'customer "%" has no order "%"', parent_order.customer_reference,
                        offerengine_internal.shown(parent_order.parent_reference)
            USING ERRCODE = 'OE020', HINT = 'Tell of the order first, then of what belongs to it.';
    END IF;
    PERFORM FROM offerengine_internal.orders_above(parent_order.customer_reference, parent) AS a
      WHERE a.order_id = parent_order.order_id;
    IF FOUND THEN
        RAISE EXCEPTION 'order "%" belongs to this one already', parent_order.parent_reference
            USING ERRCODE = 'OE051', HINT = 'A document belongs to the order that it is about, not the other way round.';
    END IF;
    RETURN parent;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.parent_order(text, text, uuid) IS
    'The order that a document is to belong to. OE020: unknown; OE051: it is the document, or belongs to it.';

CREATE FUNCTION offerengine_internal.check_external_taken(
    customer_reference text, external_system text, external_reference text, order_id uuid)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    taken text;
BEGIN
    SELECT s.order_reference INTO taken
      FROM offerengine.sales_order s
     WHERE s.customer_reference = check_external_taken.customer_reference
       AND s.external_system = check_external_taken.external_system
       AND s.external_reference = check_external_taken.external_reference
       AND s.order_id <> check_external_taken.order_id;
    IF FOUND THEN
        RAISE EXCEPTION 'reference "%" of system "%" stands for order "%" of customer "%" already',
                        check_external_taken.external_reference, check_external_taken.external_system, taken,
                        check_external_taken.customer_reference
            USING ERRCODE = 'OE013', HINT = 'Tell of the order by the reference that it has here.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_external_taken(text, text, text, uuid) IS
    'Refuses the external reference of another order of the customer (OE013).';

CREATE FUNCTION offerengine_internal.check_told_again(
    stored offerengine_internal.stored_order, told offerengine_internal.stored_order, with_lines boolean)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    given_back CONSTANT boolean := EXISTS (
        SELECT FROM offerengine.order_line l
         WHERE l.customer_reference = stored.customer_reference AND l.order_id = stored.order_id
           AND (l.quantity_cancelled > 0 OR l.quantity_returned > 0));
    takes_back CONSTANT boolean := EXISTS (
        SELECT FROM offerengine.order_line l
         WHERE l.customer_reference = stored.customer_reference AND l.order_id = stored.order_id AND l.parent_line_no IS NOT NULL);
    stays      text;
BEGIN
    stays := CASE WHEN (given_back OR takes_back)
                       AND offerengine_internal.is_return(told.order_type) <> offerengine_internal.is_return(stored.order_type)
                  THEN format('order_type %s', stored.order_type)
                  WHEN takes_back AND told.parent_order_id <> stored.parent_order_id THEN 'another parent'
                  WHEN told.currency_code IS DISTINCT FROM stored.currency_code AND stored.currency_code IS NOT NULL
                  THEN format('currency %s', stored.currency_code)
                  WHEN stored.origin = 'document' AND NOT given_back THEN NULL
                  WHEN stored.origin <> 'document' AND with_lines THEN 'lines that stay'
                  WHEN told.total_amount <> stored.total_amount THEN format('total_amount %s', stored.total_amount)
                  WHEN stored.origin = 'document' THEN NULL
                  WHEN told.placed_at <> stored.placed_at
                  THEN format('placed_at %s UTC', to_char(stored.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'))
                  WHEN told.store_code IS DISTINCT FROM stored.store_code THEN format('store %s', stored.store_code)
                  WHEN told.country_code IS DISTINCT FROM stored.country_code THEN format('country %s', stored.country_code)
                  WHEN told.price_mode IS DISTINCT FROM stored.price_mode THEN format('price_mode %s', stored.price_mode) END;
    IF stays IS NOT NULL THEN
        RAISE EXCEPTION 'order "%" of customer "%" has %', stored.order_reference, stored.customer_reference, stays
            USING ERRCODE = 'OE013',
                  HINT = CASE WHEN stored.origin <> 'document'
                              THEN 'It was sold, imported or returned here: leave out what stays.'
                              WHEN takes_back THEN 'Pieces of its parent came back with it: tell of its lines without '
                                                   'parent_line_no first.'
                              WHEN given_back THEN 'Pieces of it were cancelled or returned: its amounts stay.'
                              ELSE 'Use a new reference for another order.' END;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_told_again(
    offerengine_internal.stored_order, offerengine_internal.stored_order, boolean) IS
    'Refuses to change what stays of an order that is there (OE013): its currency; the total where pieces were given back, and '
    'that it is a return, or none; the parent of which it takes pieces back; all but '
    'status, type, parent and external reference of what was sold, imported or returned here.';

CREATE FUNCTION offerengine_internal.put_told_lines(
    document offerengine_internal.stored_order, told offerengine_internal.told_line[])
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    problem record;
BEGIN
    PERFORM FROM (SELECT l.line_no, l.offer_id, l.quantity, l.unit_amount, l.line_amount, l.quantity_shipped, l.note,
                         l.parent_line_no
                    FROM offerengine.order_line l
                   WHERE l.customer_reference = document.customer_reference AND l.order_id = document.order_id) AS l
       FULL JOIN unnest(told) AS t ON t.line_no = l.line_no
      WHERE (l.line_no, l.offer_id, l.quantity, l.unit_amount, l.line_amount, l.note, l.parent_line_no)
            IS DISTINCT FROM (t.line_no, t.offer_id, t.quantity, t.unit_amount, t.line_amount, t.note, t.parent_line_no)
         OR l.quantity_shipped <> t.quantity_shipped;
    IF NOT FOUND THEN
        RETURN false;
    END IF;

    SELECT l.line_no INTO problem
      FROM (SELECT l.* FROM offerengine.order_line l
             WHERE l.customer_reference = document.customer_reference AND l.order_id = document.order_id) AS l
      FULL JOIN unnest(told) AS t ON t.line_no = l.line_no
     WHERE (l.line_no, l.offer_id, l.quantity, l.line_amount) IS DISTINCT FROM (t.line_no, t.offer_id, t.quantity, t.line_amount)
       AND EXISTS (SELECT FROM offerengine.order_line g
                    WHERE g.customer_reference = document.customer_reference AND g.order_id = document.order_id
                      AND (g.quantity_cancelled > 0 OR g.quantity_returned > 0));
    IF FOUND THEN
        RAISE EXCEPTION 'order % of customer "%" has lines that stay', document.order_id,
                        document.customer_reference
            USING ERRCODE = 'OE013',
                  HINT = 'Pieces of it were cancelled or returned: offers, quantities and amounts stay, quantity_shipped can be '
                         'told.';
    END IF;
    SELECT l.line_no, greatest(t.quantity - l.quantity_cancelled, 0) AS left_over,
           coalesce(t.quantity_shipped, l.quantity_shipped) AS shipped
      INTO problem
      FROM (SELECT l.line_no, l.quantity_cancelled, l.quantity_shipped FROM offerengine.order_line l
             WHERE l.customer_reference = document.customer_reference AND l.order_id = document.order_id
             UNION ALL
            SELECT n.line_no, 0, 0 FROM unnest(told) AS n
             WHERE NOT EXISTS (SELECT FROM offerengine.order_line l
                                WHERE l.customer_reference = document.customer_reference
                                  AND l.order_id = document.order_id AND l.line_no = n.line_no)) AS l
      LEFT JOIN unnest(told) AS t ON t.line_no = l.line_no
     WHERE coalesce(t.quantity_shipped, l.quantity_shipped) > coalesce(t.quantity - l.quantity_cancelled, 0)
     ORDER BY l.line_no LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'line % of order % cannot have shipped % of % pieces', problem.line_no, document.order_id,
                        problem.shipped, coalesce(problem.left_over, 0)
            USING ERRCODE = 'OE050', HINT = 'A line that has shipped is not left out, and ships no more than was not cancelled.';
    END IF;

    PERFORM offerengine_internal.give_up_told_back(document);
    DELETE FROM offerengine.order_line l
     WHERE l.customer_reference = document.customer_reference AND l.order_id = document.order_id
       AND NOT EXISTS (SELECT FROM unnest(told) AS t WHERE t.line_no = l.line_no);
    INSERT INTO offerengine.order_line
           (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, unit_amount, line_amount, quantity_shipped,
            note, parent_line_no)
    SELECT document.customer_reference, document.order_id, t.line_no, t.offer_id, t.merchant_id, t.quantity,
           t.unit_amount, t.line_amount, coalesce(t.quantity_shipped, s.quantity_shipped, 0), t.note, t.parent_line_no
      FROM unnest(told) AS t
      LEFT JOIN offerengine.order_line s
             ON s.customer_reference = document.customer_reference AND s.order_id = document.order_id
            AND s.line_no = t.line_no
        ON CONFLICT ON CONSTRAINT order_line_pkey DO UPDATE
       SET offer_id = excluded.offer_id, merchant_id = excluded.merchant_id, quantity = excluded.quantity,
           unit_amount = excluded.unit_amount, line_amount = excluded.line_amount, note = excluded.note,
           quantity_shipped = excluded.quantity_shipped, parent_line_no = excluded.parent_line_no, parent_amount = NULL;
    PERFORM offerengine_internal.take_told_back(document, told);
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.put_told_lines(offerengine_internal.stored_order, offerengine_internal.told_line[]) IS
    'Makes these the lines of an order, takes back of its parent what they say, and answers whether that changes anything. The '
    'caller has judged what comes back. OE013: pieces of it were given back, and the '
    'lines differ; OE050: more has shipped of a line than would be left of it.';

CREATE FUNCTION offerengine_internal.give_up_told_back(document offerengine_internal.stored_order) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    UPDATE offerengine.order_line p
       SET quantity_returned = p.quantity_returned - b.quantity, returned_amount = p.returned_amount - b.amount
      FROM (SELECT l.parent_line_no, sum(l.quantity)::integer AS quantity, sum(l.parent_amount)::bigint AS amount
              FROM offerengine.order_line l
             WHERE l.customer_reference = document.customer_reference AND l.order_id = document.order_id
               AND l.parent_line_no IS NOT NULL
             GROUP BY l.parent_line_no) AS b
     WHERE p.customer_reference = document.customer_reference AND p.order_id = document.parent_order_id
       AND p.line_no = b.parent_line_no;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.give_up_told_back(offerengine_internal.stored_order) IS
    'Takes what the stored lines of a document have brought back as not back: it is told anew.';

CREATE FUNCTION offerengine_internal.take_told_back(
    document offerengine_internal.stored_order, told offerengine_internal.told_line[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    lines CONSTANT offerengine_internal.told_line[] := ARRAY(
        SELECT t FROM unnest(told) AS t WHERE t.parent_line_no IS NOT NULL ORDER BY t.parent_line_no, t.line_no);
    parts bigint[];
BEGIN
    IF lines = '{}' THEN
        RETURN;
    END IF;
    parts := offerengine_internal.take_pieces(
        document.customer_reference, document.parent_order_id,
        ARRAY(SELECT ROW(t.parent_line_no, t.quantity)::offerengine_internal.taken_pieces
                FROM unnest(lines) WITH ORDINALITY AS t ORDER BY t.ordinality),
        true);
    UPDATE offerengine.order_line l SET parent_amount = parts[t.ordinality]
      FROM unnest(lines) WITH ORDINALITY AS t
     WHERE l.customer_reference = document.customer_reference AND l.order_id = document.order_id AND l.line_no = t.line_no;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_told_back(
    offerengine_internal.stored_order, offerengine_internal.told_line[]) IS
    'Takes the pieces of its parent back that these lines of a document tell of, and notes with them what of the parent''s total '
    'these are.';

CREATE FUNCTION offerengine.set_order_status(customer_reference text, order_id uuid, status numeric) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION offerengine.set_order_status(text, uuid, numeric) IS
    'Sets the status of an order, in the merchant''s own numbers (7 and 7.1 differ); true when that is a change. OE020: the '
    'customer has no such order; 22004: NULL; 22023: no number.';

CREATE FUNCTION offerengine_internal.do_set_order_status(customer_reference text, order_id uuid, status numeric) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored offerengine_internal.stored_order;
BEGIN
    IF do_set_order_status.status IS NULL THEN
        RAISE EXCEPTION 'status must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.check_order_status(do_set_order_status.status);
    PERFORM offerengine_internal.lock_customer(do_set_order_status.customer_reference);
    stored := offerengine_internal.stored_order(do_set_order_status.customer_reference, do_set_order_status.order_id);
    IF stored.status = do_set_order_status.status THEN
        RETURN false;
    END IF;
    UPDATE offerengine.sales_order s SET status = do_set_order_status.status
     WHERE s.customer_reference = stored.customer_reference AND s.order_id = stored.order_id;
    PERFORM offerengine_internal.order_changed(
                stored.customer_reference, stored.order_id, 'status_changed', 'backend',
                jsonb_build_object('status', do_set_order_status.status, 'status_before', stored.status));
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_set_order_status(text, uuid, numeric) IS 'set_order_status, run as the owner.';
