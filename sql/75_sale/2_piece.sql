-- Pieces of a line: which of them are still open, what of the order's total they are, and what takes them away.
--
-- A piece of a line is open, has shipped, was cancelled or came back. A cancellation takes pieces that have not shipped; a return
-- takes what was not cancelled, shipped ones and, since not every shop reports what it hands over, others, too. So of quantity q:
--   can be cancelled    q - cancelled - greatest(shipped, returned)
--   can be returned     q - cancelled - returned
--   can be shipped      q - cancelled - shipped
-- The parts of an order's total: line by line in proportion to their amounts, piece by piece in proportion within the line, each
-- time by what is taken away in all, rounded commercially, less what was taken away before. So parts sum up to the whole in
-- whatever portions they come.

CREATE FUNCTION offerengine_internal.proportional(amount bigint, part numeric, whole numeric) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- In whole numbers: a quotient would be rounded before it is rounded.
    RETURN div(2 * amount::numeric * part + whole, 2 * whole);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.proportional(bigint, numeric, numeric) IS
    'amount * part / whole, rounded commercially. Whole numbers, none below 0, whole above it.';

CREATE TYPE offerengine_internal.line_share AS (line_no integer, amount bigint);
COMMENT ON TYPE offerengine_internal.line_share IS 'What of an order''s total a line is, in minor units.';

CREATE FUNCTION offerengine_internal.line_shares(customer_reference text, order_id uuid)
RETURNS SETOF offerengine_internal.line_share
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 ROWS 5 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT w.line_no,
           CASE WHEN w.amounts = s.total_amount THEN w.line_amount
                ELSE offerengine_internal.proportional(s.total_amount, w.weight_so_far, w.weight_of_all)
                     - offerengine_internal.proportional(s.total_amount, w.weight_so_far - w.weight, w.weight_of_all) END
      FROM offerengine.sales_order s
     CROSS JOIN LATERAL (
           SELECT l.line_no, l.line_amount, l.amounts, l.weight, sum(l.weight) OVER (ORDER BY l.line_no) AS weight_so_far,
                  sum(l.weight) OVER () AS weight_of_all
             FROM (SELECT a.line_no, coalesce(a.line_amount, 0) AS line_amount, sum(coalesce(a.line_amount, 0)) OVER () AS amounts,
                          CASE WHEN sum(coalesce(a.line_amount, 0)) OVER () > 0 THEN coalesce(a.line_amount, 0)
                               ELSE a.quantity END AS weight
                     FROM offerengine.order_line a
                    WHERE a.customer_reference = s.customer_reference AND a.order_id = s.order_id) AS l) AS w
     WHERE s.customer_reference = line_shares.customer_reference AND s.order_id = line_shares.order_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.line_shares(text, uuid) IS
    'What of an order''s total each line is: its amount, where these sum up to the total; else a part in proportion to it, by '
    'quantity where no line has an amount. They sum up to the total.';

CREATE FUNCTION offerengine_internal.take_pieces(
    customer_reference text, order_id uuid, line_no integer, pieces integer, is_return boolean)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    part bigint;
BEGIN
    SELECT offerengine_internal.proportional(h.amount, l.quantity_cancelled + l.quantity_returned + take_pieces.pieces, l.quantity)
           - l.cancelled_amount - l.returned_amount
      INTO STRICT part
      FROM offerengine.order_line l
      JOIN offerengine_internal.line_shares(take_pieces.customer_reference, take_pieces.order_id) AS h ON h.line_no = l.line_no
     WHERE l.customer_reference = take_pieces.customer_reference AND l.order_id = take_pieces.order_id
       AND l.line_no = take_pieces.line_no;
    UPDATE offerengine.order_line l
       SET quantity_cancelled = l.quantity_cancelled + CASE WHEN take_pieces.is_return THEN 0 ELSE take_pieces.pieces END,
           cancelled_amount = l.cancelled_amount + CASE WHEN take_pieces.is_return THEN 0 ELSE part END,
           quantity_returned = l.quantity_returned + CASE WHEN take_pieces.is_return THEN take_pieces.pieces ELSE 0 END,
           returned_amount = l.returned_amount + CASE WHEN take_pieces.is_return THEN part ELSE 0 END
     WHERE l.customer_reference = take_pieces.customer_reference AND l.order_id = take_pieces.order_id
       AND l.line_no = take_pieces.line_no;
    RETURN part;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.take_pieces(text, uuid, integer, integer, boolean) IS
    'Takes so many pieces of a line as returned, or else as cancelled, and answers what of the order''s total they are, in minor '
    'units. The caller has judged that they are open, holds the customer, and calls order_changed() afterwards.';

CREATE FUNCTION offerengine_internal.ship_line(stored offerengine_internal.stored_order, line_no integer, pieces integer)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    line record;
BEGIN
    SELECT l.* INTO line
      FROM offerengine_internal.piece_counts(stored.customer_reference, stored.order_id, ship_line.line_no) AS l;
    IF ship_line.pieces > line.quantity - line.cancelled - line.shipped OR ship_line.pieces < -line.shipped THEN
        RAISE EXCEPTION 'line % of order "%" cannot ship % pieces: % were ordered, % have shipped, % were cancelled', line.line_no,
                        stored.order_reference, ship_line.pieces, line.quantity, line.shipped, line.cancelled
            USING ERRCODE = 'OE050', HINT = 'order_items() says what has become of the pieces.';
    END IF;
    UPDATE offerengine.order_line l SET quantity_shipped = l.quantity_shipped + ship_line.pieces
     WHERE l.customer_reference = stored.customer_reference AND l.order_id = stored.order_id AND l.line_no = ship_line.line_no;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.ship_line(offerengine_internal.stored_order, integer, integer) IS
    'Takes so many pieces of a line as shipped (below 0: as not shipped after all). The caller holds the customer and calls '
    'order_changed() afterwards. OE050: more than is left; OE020: no such line.';

CREATE TYPE offerengine_internal.piece_counts AS (
    line_no         integer,
    offer_id        bigint,
    offer_reference text,
    quantity        integer,
    shipped         integer,
    cancelled       integer,
    returned        integer,
    line_amount     bigint,
    unit_amount     bigint,
    subscription_id uuid,
    starts_on       date
);
COMMENT ON TYPE offerengine_internal.piece_counts IS 'A line of an order with what has become of its pieces.';

CREATE FUNCTION offerengine_internal.piece_counts(customer_reference text, order_id uuid, line_no integer DEFAULT NULL)
RETURNS SETOF offerengine_internal.piece_counts
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    merchants CONSTANT bigint[] := offerengine_internal.called_for_merchants();
BEGIN
    RETURN QUERY
    SELECT l.line_no, l.offer_id, o.offer_reference::text, l.quantity, l.quantity_shipped, l.quantity_cancelled,
           l.quantity_returned, l.line_amount, l.unit_amount, l.subscription_id, l.starts_on
      FROM offerengine.order_line l
      JOIN offerengine.offer o ON o.offer_id = l.offer_id
     WHERE l.customer_reference = piece_counts.customer_reference AND l.order_id = piece_counts.order_id
       AND (piece_counts.line_no IS NULL OR l.line_no = piece_counts.line_no)
       AND (merchants IS NULL OR l.merchant_id = ANY (merchants))
     ORDER BY l.line_no;
    IF NOT FOUND AND piece_counts.line_no IS NOT NULL THEN
        RAISE EXCEPTION 'order % of customer "%" has no line %', piece_counts.order_id, piece_counts.customer_reference,
                        piece_counts.line_no
            USING ERRCODE = 'OE020', HINT = 'order_items() lists them.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.piece_counts(text, uuid, integer) IS
    'The lines of an order, or the one that is named, with what has become of their pieces; to a merchant those of its own. OE020: '
    'there is no such line.';

CREATE FUNCTION offerengine_internal.done_before(
    customer_reference text, order_id uuid, action_key text, event text, asked jsonb)
RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    done record;
BEGIN
    PERFORM offerengine_internal.check_reference(done_before.action_key, 'key');
    SELECT e.event, e.detail INTO done
      FROM offerengine.order_event e
     WHERE e.customer_reference = done_before.customer_reference AND e.order_id = done_before.order_id
       AND e.action_key = done_before.action_key;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF done.event <> done_before.event OR done.detail -> 'asked' <> done_before.asked THEN
        RAISE EXCEPTION 'key "%" of order % stands for something else: %, %', done_before.action_key, done_before.order_id,
                        done.event, done.detail -> 'asked'
            USING ERRCODE = 'OE013', HINT = 'Use a new key for what is not a repetition.';
    END IF;
    RETURN done.detail;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.done_before(text, uuid, text, text, jsonb) IS
    'What was recorded when this action was done under this key; NULL: it was not. A NULL key was never used. The caller holds the '
    'customer. OE013: the key stands for another action, or for other arguments of it; 22023: no key.';
