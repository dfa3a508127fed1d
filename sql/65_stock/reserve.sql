-- Reserving stock for orders: what a checkout does, on the server that has the catalogue.

CREATE TYPE offerengine.stock_allocation AS (warehouse text, quantity integer);
COMMENT ON TYPE offerengine.stock_allocation IS 'So many pieces out of a warehouse.';

CREATE FUNCTION offerengine.reserve_stock(
    order_id uuid, line_no integer, offer_reference text, store text, quantity integer, expires_at timestamptz DEFAULT NULL)
RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_reserve_stock' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.reserve_stock(uuid, integer, text, text, integer, timestamptz) IS
    'Holds so many pieces of the offer for a line of an order, placed or to come, until expires_at (NULL: until released), and '
    'answers true, also when the line holds just that already; another quantity or offer replaces what it holds. From '
    'expires_at on the pieces are free for everybody, whose was first does not matter. To be called last in a transaction; for '
    'several lines use reserve_order_stock(). OE064: sold out (told without waiting for anybody); OE065: try again; OE066: the '
    'order has been cancelled; OE068: pieces of the line have shipped; OE020: unknown offer; 40001: in REPEATABLE READ, somebody '
    'else bought; 22023, 22004: arguments.';

CREATE FUNCTION offerengine.reserve_order_stock(
    order_id uuid, store text, lines jsonb, expires_at timestamptz DEFAULT NULL)
RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION offerengine.reserve_order_stock(uuid, text, jsonb, timestamptz) IS
    'As reserve_stock(), for several lines at once, all or none: lines is an array of objects with line_no, offer_reference and '
    'quantity. Lines that are not named keep what they hold. Two orders whose lines stand in opposite order do not stand in each '
    'other''s way.';

CREATE FUNCTION offerengine.extend_stock(order_id uuid, expires_at timestamptz) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.extend_stock(uuid, timestamptz) IS
    'What the order holds and has not confirmed runs out at expires_at instead (NULL: never), earlier or later than before; '
    'what has run out is taken again, or refused by name (OE064, OE065). OE020: the order never reserved; OE066: it was '
    'cancelled; 22023: an instant that is past.';

CREATE FUNCTION offerengine.confirm_stock(order_id uuid) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.confirm_stock(uuid) IS
    'What the order holds is sold: it does not run out any more. What has run out is taken again, or refused by name (OE064, '
    'OE065), and then nothing is confirmed. Once more changes nothing. OE020: the order never reserved; OE066: it was cancelled.';

CREATE FUNCTION offerengine.release_stock(order_id uuid, line_no integer DEFAULT NULL) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.release_stock(uuid, integer) IS
    'What the line holds and has not shipped is free again; answers whether there was anything. Without line_no the whole order '
    'is released and cancelled for good: a reservation for it that comes late is refused (OE066), also where it never reserved. '
    '42501: a storefront, what is confirmed.';

CREATE FUNCTION offerengine.allocate_stock(offer_reference text, store text, quantity integer)
RETURNS SETOF offerengine.stock_allocation
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 1;
COMMENT ON FUNCTION offerengine.allocate_stock(text, text, integer) IS
    'Which warehouses would give so many pieces now: one that never runs out, else the one with the most, several where none has '
    'enough. No row when there are too few. Nothing is held. OE020: unknown offer; 22023, 22004: arguments.';

CREATE FUNCTION offerengine_internal.check_stock_arguments(order_id uuid, store text, expires_at timestamptz) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF check_stock_arguments.order_id IS NULL OR check_stock_arguments.store IS NULL THEN
        RAISE EXCEPTION 'order_id and store must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF NOT EXISTS (SELECT FROM offerengine.store s WHERE s.store_code = check_stock_arguments.store) THEN
        RAISE EXCEPTION 'unknown store "%"', offerengine_internal.shown(check_stock_arguments.store)
            USING ERRCODE = '22023', HINT = 'Table store lists the stores.';
    END IF;
    PERFORM offerengine_internal.check_expiry(check_stock_arguments.expires_at);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_stock_arguments(uuid, text, timestamptz) IS
    'Refuses an order or store that is NULL (22004), a store that there is not and an end that is past (22023).';

CREATE FUNCTION offerengine_internal.check_expiry(expires_at timestamptz) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF check_expiry.expires_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'nothing is held until %, which is past', check_expiry.expires_at
            USING ERRCODE = '22023', HINT = 'Name an instant to come, or NULL: without an end.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_expiry(timestamptz) IS 'Refuses (22023) an end that is past; NULL passes.';

CREATE FUNCTION offerengine_internal.stock_want(line_no integer, offer_reference text, quantity integer)
RETURNS offerengine_internal.stock_want
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    want offerengine_internal.stock_want;
BEGIN
    IF stock_want.line_no IS NULL OR stock_want.offer_reference IS NULL OR stock_want.quantity IS NULL THEN
        RAISE EXCEPTION 'line_no, offer_reference and quantity must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF stock_want.line_no < 1 THEN
        RAISE EXCEPTION 'line % is no line of an order', stock_want.line_no
            USING ERRCODE = '22023', HINT = 'Lines are counted from 1.';
    END IF;
    IF stock_want.quantity < 1 THEN
        RAISE EXCEPTION 'quantity must be at least 1, not %', stock_want.quantity
            USING ERRCODE = '22023', HINT = 'Stock is reserved in whole pieces; release_stock() gives it back.';
    END IF;
    SELECT stock_want.line_no, o.offer_id, stock_want.quantity INTO want
      FROM offerengine.offer o WHERE o.offer_reference = stock_want.offer_reference;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown offer "%"', offerengine_internal.shown(stock_want.offer_reference) USING ERRCODE = 'OE020';
    END IF;
    RETURN want;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.stock_want(integer, text, integer) IS
    'What a line wants, checked. OE020: unknown offer; 22023, 22004: a line or quantity below 1, or NULL.';

CREATE FUNCTION offerengine_internal.do_reserve_stock(
    order_id uuid, line_no integer, offer_reference text, store text, quantity integer, expires_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wants offerengine_internal.stock_want[];
BEGIN
    PERFORM offerengine_internal.check_stock_arguments(order_id, store, expires_at);
    wants := ARRAY[offerengine_internal.stock_want(line_no, offer_reference, quantity)];
    PERFORM offerengine_internal.reserve_chosen(
                order_id, store, wants, offerengine_internal.choose_stock(order_id, store, wants), expires_at, false, NULL);
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_reserve_stock(uuid, integer, text, text, integer, timestamptz) IS
    'reserve_stock, run as the owner.';

CREATE FUNCTION offerengine_internal.do_reserve_order_stock(order_id uuid, store text, lines jsonb, expires_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wants offerengine_internal.stock_want[];
BEGIN
    PERFORM offerengine_internal.check_stock_arguments(order_id, store, expires_at);
    wants := offerengine_internal.stock_wants(lines);
    PERFORM offerengine_internal.reserve_chosen(
                order_id, store, wants, offerengine_internal.choose_stock(order_id, store, wants), expires_at, false, NULL);
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_reserve_order_stock(uuid, text, jsonb, timestamptz) IS
    'reserve_order_stock, run as the owner.';

CREATE FUNCTION offerengine_internal.stock_wants(lines jsonb) RETURNS offerengine_internal.stock_want[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wants  offerengine_internal.stock_want[];
    odd    jsonb;
    double integer;
BEGIN
    IF lines IS NULL THEN
        RAISE EXCEPTION 'lines must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF jsonb_typeof(lines) <> 'array' OR lines = '[]' THEN
        RAISE EXCEPTION 'lines is no array of lines: %', offerengine_internal.shown(lines::text)
            USING ERRCODE = '22023', HINT = 'Give an array of objects with line_no, offer_reference and quantity.';
    END IF;
    -- Numbers as integers are written: 1.5 pieces are not two, 1e3 not a thousand.
    SELECT e.line INTO odd
      FROM jsonb_array_elements(lines) AS e (line)
     WHERE jsonb_typeof(e.line) <> 'object'
        OR coalesce(e.line ->> 'line_no', '') !~ '^[0-9]{1,9}$' OR coalesce(e.line ->> 'quantity', '') !~ '^[0-9]{1,9}$'
        OR jsonb_typeof(e.line -> 'offer_reference') IS DISTINCT FROM 'string'
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'cannot reserve for the line %', offerengine_internal.shown(odd::text)
            USING ERRCODE = '22023', HINT = 'A line is an object with line_no, offer_reference and quantity, whole numbers.';
    END IF;
    SELECT array_agg(offerengine_internal.stock_want((e.line ->> 'line_no')::integer, e.line ->> 'offer_reference',
                                                     (e.line ->> 'quantity')::integer) ORDER BY e.ordinality)
      INTO wants
      FROM jsonb_array_elements(lines) WITH ORDINALITY AS e (line, ordinality);
    SELECT w.line_no INTO double FROM unnest(wants) w GROUP BY w.line_no HAVING count(*) > 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'line % is named twice', double
            USING ERRCODE = '22023', HINT = 'Each line wants one offer.';
    END IF;
    RETURN wants;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.stock_wants(jsonb) IS
    'What lines want, checked, out of an array of objects. OE020: unknown offer; 22023, 22004: no such array.';

CREATE TYPE offerengine_internal.known_stock_order AS (state text, store_code text);
COMMENT ON TYPE offerengine_internal.known_stock_order IS 'An order that has reserved, as stock_order has it.';

CREATE FUNCTION offerengine_internal.lock_known_order(order_id uuid, for_cancelled boolean DEFAULT false)
RETURNS offerengine_internal.known_stock_order
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    known offerengine_internal.known_stock_order;
BEGIN
    IF lock_known_order.order_id IS NULL THEN
        RAISE EXCEPTION 'order_id must not be NULL' USING ERRCODE = '22004';
    END IF;
    SELECT s.state, s.store_code INTO known
      FROM offerengine.stock_order s WHERE s.order_id = lock_known_order.order_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % has reserved no stock', lock_known_order.order_id
            USING ERRCODE = 'OE020', HINT = 'reserve_stock() and reserve_order_stock() do.';
    END IF;
    IF known.state = 'cancelled' AND NOT for_cancelled THEN
        PERFORM offerengine_internal.refuse_cancelled(lock_known_order.order_id);
    END IF;
    PERFORM FROM offerengine.stock_hold h
      WHERE h.order_id = lock_known_order.order_id ORDER BY h.line_no, h.warehouse_id FOR NO KEY UPDATE;
    RETURN known;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.lock_known_order(uuid, boolean) IS
    'Holds the order''s row of stock and its holds. OE020: it never reserved; OE066: it was cancelled, unless for_cancelled; '
    '22004: NULL.';

CREATE FUNCTION offerengine_internal.lost_wants(order_id uuid, at timestamptz) RETURNS offerengine_internal.stock_want[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN ARRAY(
        SELECT ROW(h.line_no, min(h.offer_id), sum(h.quantity), NULL)::offerengine_internal.stock_want
          FROM offerengine.stock_hold h
         WHERE h.order_id = lost_wants.order_id AND h.state IN ('held', 'expired')
         GROUP BY h.line_no
        HAVING bool_or(h.state = 'expired' OR h.expires_at <= lost_wants.at)
         ORDER BY h.line_no);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.lost_wants(uuid, timestamptz) IS
    'What lines of the order held that has run out by the instant, whether somebody has taken it or not. Sees what is committed.';

CREATE FUNCTION offerengine_internal.do_extend_stock(order_id uuid, expires_at timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    known offerengine_internal.known_stock_order;
    lost  offerengine_internal.stock_want[];
    at    timestamptz;
BEGIN
    PERFORM offerengine_internal.check_expiry(expires_at);
    known := offerengine_internal.lock_known_order(order_id);
    at := clock_timestamp();
    lost := offerengine_internal.lost_wants(order_id, at);
    IF cardinality(lost) > 0
       OR EXISTS (SELECT FROM offerengine.stock_hold h
                   WHERE h.order_id = do_extend_stock.order_id AND h.state = 'held'
                     AND do_extend_stock.expires_at < coalesce(h.expires_at, 'infinity')) THEN
        PERFORM offerengine_internal.lock_places(order_id, known.store_code, lost);
        UPDATE offerengine.stock_held s SET next_expiry = do_extend_stock.expires_at
         WHERE (s.offer_id, s.warehouse_id) IN (
                   SELECT h.offer_id, h.warehouse_id FROM offerengine.stock_hold h
                    WHERE h.order_id = do_extend_stock.order_id AND h.state = 'held')
           AND do_extend_stock.expires_at < coalesce(s.next_expiry, 'infinity');
    END IF;
    UPDATE offerengine.stock_hold h SET expires_at = do_extend_stock.expires_at
     WHERE h.order_id = do_extend_stock.order_id AND h.state = 'held'
       AND h.line_no NOT IN (SELECT w.line_no FROM unnest(lost) w);
    IF cardinality(lost) > 0 THEN
        PERFORM offerengine_internal.take_in_order(order_id, known.store_code, lost, expires_at, false);
    END IF;
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_extend_stock(uuid, timestamptz) IS 'extend_stock, run as the owner.';

CREATE FUNCTION offerengine_internal.do_confirm_stock(order_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    known offerengine_internal.known_stock_order;
    lost  offerengine_internal.stock_want[];
    at    timestamptz;
BEGIN
    known := offerengine_internal.lock_known_order(order_id);
    at := clock_timestamp();
    lost := offerengine_internal.lost_wants(order_id, at);
    UPDATE offerengine.stock_order s SET state = 'confirmed'
     WHERE s.order_id = do_confirm_stock.order_id AND s.state <> 'confirmed';
    UPDATE offerengine.stock_hold h SET state = 'confirmed', confirmed_at = at, expires_at = NULL
     WHERE h.order_id = do_confirm_stock.order_id AND h.state = 'held'
       AND h.line_no NOT IN (SELECT w.line_no FROM unnest(lost) w);
    IF cardinality(lost) > 0 THEN
        PERFORM offerengine_internal.take_in_order(order_id, known.store_code, lost, NULL, true);
    END IF;
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_confirm_stock(uuid) IS 'confirm_stock, run as the owner.';

CREATE FUNCTION offerengine_internal.do_release_stock(order_id uuid, line_no integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF do_release_stock.order_id IS NULL THEN
        RAISE EXCEPTION 'order_id must not be NULL' USING ERRCODE = '22004';
    END IF;
    RETURN offerengine_internal.release_order(order_id, line_no, NOT offerengine_internal.called_by_storefront(), NULL);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_release_stock(uuid, integer) IS 'release_stock, run as the owner.';

CREATE FUNCTION offerengine_internal.release_order(
    order_id uuid, line_no integer, also_confirmed boolean, customer_reference text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    is_whole CONSTANT boolean := release_order.line_no IS NULL;
    held     boolean;
BEGIN
    IF is_whole THEN
        PERFORM offerengine_internal.lock_stock_order(order_id, NULL, 'cancelled', customer_reference);
    ELSE
        PERFORM FROM offerengine.stock_order s WHERE s.order_id = release_order.order_id FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
    END IF;
    PERFORM FROM offerengine.stock_hold h
      WHERE h.order_id = release_order.order_id AND (is_whole OR h.line_no = release_order.line_no)
      ORDER BY h.line_no, h.warehouse_id FOR NO KEY UPDATE;
    SELECT bool_or(h.state IN ('held', 'confirmed') AND h.shipped < h.quantity) INTO held
      FROM offerengine.stock_hold h
     WHERE h.order_id = release_order.order_id AND (is_whole OR h.line_no = release_order.line_no);
    IF NOT also_confirmed
       AND EXISTS (SELECT FROM offerengine.stock_hold h
                    WHERE h.order_id = release_order.order_id AND (is_whole OR h.line_no = release_order.line_no)
                      AND h.state = 'confirmed') THEN
        RAISE EXCEPTION 'role "%" may not release what order % has confirmed', offerengine_internal.calling_role(),
                        release_order.order_id
            USING ERRCODE = '42501', HINT = 'cancel_order() cancels an order.';
    END IF;
    PERFORM offerengine_internal.release_lines(
                ARRAY[order_id], CASE WHEN NOT is_whole THEN ARRAY[release_order.line_no] END);
    RETURN coalesce(held, false);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.release_order(uuid, integer, boolean, text) IS
    'What release_stock() does; also_confirmed: whether confirmed holds may go, too (42501); customer_reference: whose order it is '
    '(OE013: another customer''s; NULL: nobody says). For whoever cancels an order: the last thing that it does.';

CREATE FUNCTION offerengine_internal.do_allocate_stock(offer_reference text, store text, quantity integer)
RETURNS SETOF offerengine.stock_allocation
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    want   offerengine_internal.stock_want;
    choice offerengine_internal.stock_choice;
BEGIN
    PERFORM offerengine_internal.check_stock_arguments('00000000-0000-0000-0000-000000000000', store, NULL);
    want := offerengine_internal.stock_want(1, offer_reference, quantity);
    choice := offerengine_internal.choose_places(want.offer_id, store, want.quantity, clock_timestamp());
    IF choice.found < want.quantity THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT w.name, s.share
      FROM ROWS FROM (unnest(choice.places), unnest(choice.shares)) AS s (warehouse_id, share)
      JOIN offerengine.warehouse w ON w.warehouse_id = s.warehouse_id
     ORDER BY s.share DESC, w.name;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_allocate_stock(text, text, integer) IS 'allocate_stock, run as the owner.';
