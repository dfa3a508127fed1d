-- Filling a cart with many lines at once: from another cart, from a list, an order, or by what somebody has typed. What it costs is
-- in proportion to the lines that are there and those that come.

CREATE FUNCTION offerengine_internal.put_cart_lines(
    cart offerengine_internal.known_cart, lines offerengine_internal.cart_line_asked[]) RETURNS integer[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    line_nos integer[];
BEGIN
    IF lines = '{}' THEN
        RETURN NULL;
    END IF;
    WITH asked AS MATERIALIZED (
        SELECT l.place::integer AS place, l.offer_reference, l.quantity, l.note, l.starts_on,
               min(l.place) OVER same AS first, sum(l.quantity) OVER same AS pieces
          FROM unnest(lines) WITH ORDINALITY AS l (line_no, offer_reference, quantity, note, starts_on, place)
        WINDOW same AS (PARTITION BY l.offer_reference, l.note, l.starts_on)),
    -- What comes several times comes together, unless it is more pieces than can be counted.
    wanted AS MATERIALIZED (
        SELECT a.place, a.offer_reference, a.note, a.starts_on,
               CASE WHEN a.pieces <= 2147483647 THEN a.pieces ELSE a.quantity END AS quantity
          FROM asked a WHERE a.place = a.first OR a.pieces > 2147483647),
    there AS MATERIALIZED (
        SELECT t.line_no, t.offer_reference, t.quantity, t.note, t.starts_on
          FROM offerengine.cart_line t
         WHERE t.customer_reference = cart.customer_reference AND t.cart_id = cart.cart_id),
    -- A line that would have more pieces than can be counted stays beside the other one: nothing is lost, and nothing refused.
    fitting AS MATERIALIZED (
        SELECT w.place, min(t.line_no) AS same
          FROM wanted w
          JOIN there t ON t.offer_reference = w.offer_reference
                      AND t.note IS NOT DISTINCT FROM w.note AND t.starts_on IS NOT DISTINCT FROM w.starts_on
                      AND t.quantity + w.quantity <= 2147483647
         GROUP BY w.place),
    -- One line adds up with one: of two that come beside each other, the second stays beside here, too.
    line AS MATERIALIZED (
        SELECT w.place, w.offer_reference, w.quantity, w.note, w.starts_on, f.same
          FROM wanted w
          LEFT JOIN (SELECT k.place, k.same, row_number() OVER (PARTITION BY k.same ORDER BY k.place) AS turn
                       FROM fitting k) AS f ON f.place = w.place AND f.turn = 1),
    added AS (
        UPDATE offerengine.cart_line t SET quantity = t.quantity + l.quantity
          FROM line l
         WHERE t.customer_reference = cart.customer_reference AND t.cart_id = cart.cart_id AND t.line_no = l.same),
    numbered AS MATERIALIZED (
        SELECT l.place, l.offer_reference, l.quantity, l.note, l.starts_on,
               cart.last_line_no + row_number() OVER (ORDER BY l.place)::integer AS line_no
          FROM line l WHERE l.same IS NULL),
    made AS (
        INSERT INTO offerengine.cart_line (customer_reference, cart_id, line_no, offer_reference, quantity, note, starts_on)
        SELECT cart.customer_reference, cart.cart_id, n.line_no, n.offer_reference, n.quantity, n.note, n.starts_on
          FROM numbered n),
    counted AS (
        UPDATE offerengine.cart c SET last_line_no = c.last_line_no + (SELECT count(*)::integer FROM numbered)
         WHERE c.customer_reference = cart.customer_reference AND c.cart_id = cart.cart_id)
    SELECT array_agg(coalesce(l.same, n.line_no) ORDER BY a.place) INTO line_nos
      FROM asked a
      JOIN line l ON l.place = CASE WHEN a.pieces <= 2147483647 THEN a.first ELSE a.place END
      LEFT JOIN numbered n ON n.place = l.place;
    RETURN line_nos;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.put_cart_lines(
    offerengine_internal.known_cart, offerengine_internal.cart_line_asked[]) IS
    'Puts lines into a cart, each added to the one that has the same offer, note and first day, or behind the last, and answers '
    'which they are, in their order; NULL: there were none. The caller holds the customer, has just read the cart, and has judged '
    'the lines. Nothing is refused: pieces beyond what a line can count are a line of their own.';

CREATE TYPE offerengine.cart_filled AS (
    line_no         integer,
    offer_reference text,
    quantity        integer,
    outcome         text,
    detail          text,
    cart_line_no    integer,
    amount          bigint
);
COMMENT ON TYPE offerengine.cart_filled IS
    'What has become of a line of a list or an order that was to go into a cart: outcome added, and cart_line_no says where it is '
    'now; else unknown_offer, not_visible or not_sellable, and detail says it in words. amount: of one piece, in minor units of '
    'the cart''s currency, as the offer is priced before sales rules; NULL: it has no price.';

CREATE FUNCTION offerengine_internal.add_cart_lines(
    cart offerengine_internal.known_cart, lines offerengine_internal.cart_line_asked[], preview boolean)
RETURNS SETOF offerengine.cart_filled
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    judged offerengine.cart_filled[];
    placed integer[];
BEGIN
    -- By their places, since two lines may have one number.
    judged := ARRAY(
        SELECT ROW(l.line_no, l.offer_reference, l.quantity, coalesce(p.problem, CASE WHEN preview THEN 'found' ELSE 'added' END),
                   p.detail, NULL, l.unit_amount)::offerengine.cart_filled
          FROM offerengine_internal.cart_lines(
                   cart, now(), 'checkout', false,
                   ARRAY(SELECT ROW(a.place, a.offer_reference, a.quantity, a.note, a.starts_on)
                                ::offerengine_internal.cart_line_asked
                           FROM unnest(lines) WITH ORDINALITY AS a (line_no, offer_reference, quantity, note, starts_on, place)
                          ORDER BY a.place), true) AS l
          -- What keeps cart_add() from adding; the rest is cart_validate()'s.
          LEFT JOIN LATERAL (
                SELECT n.problem, n.detail
                  FROM unnest(offerengine_internal.cart_problems(), l.refusals) WITH ORDINALITY AS n (problem, detail, place)
                 WHERE n.detail IS NOT NULL AND n.problem IN ('unknown_offer', 'not_visible', 'not_sellable')
                 ORDER BY n.place LIMIT 1) AS p ON true
         ORDER BY l.line_no);
    IF NOT preview THEN
        placed := offerengine_internal.put_cart_lines(
            cart, ARRAY(SELECT lines[j.line_no] FROM unnest(judged) AS j WHERE j.outcome = 'added' ORDER BY j.line_no));
        PERFORM offerengine_internal.cart_changed(cart) WHERE placed IS NOT NULL;
    END IF;
    RETURN QUERY
    SELECT (lines[j.line_no]).line_no, j.offer_reference, j.quantity, j.outcome, j.detail,
           CASE WHEN j.outcome = 'added'
                THEN placed[count(*) FILTER (WHERE j.outcome = 'added') OVER (ORDER BY j.line_no)] END,
           j.amount
      FROM unnest(judged) AS j
     ORDER BY j.line_no;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.add_cart_lines(
    offerengine_internal.known_cart, offerengine_internal.cart_line_asked[], boolean) IS
    'Puts those of the lines into a cart that cart_add() would, all others left out, and answers what has become of each, in their '
    'order. preview: nothing is written, and outcome is found. The caller holds the customer, unless it is a preview.';

CREATE FUNCTION offerengine_internal.note_answer(
    cart offerengine_internal.known_cart, line_key text, asked jsonb, answer jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO offerengine.cart_key (customer_reference, cart_id, line_key, asked, answer)
    SELECT cart.customer_reference, cart.cart_id, note_answer.line_key, note_answer.asked, coalesce(note_answer.answer, '[]')
     WHERE note_answer.line_key IS NOT NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.note_answer(offerengine_internal.known_cart, text, jsonb, jsonb) IS
    'Keeps what was answered of many lines, for who asks again under the same key; without a key nothing.';

CREATE FUNCTION offerengine.reorder(customer_reference text, order_id uuid, cart_id uuid, line_key text DEFAULT NULL)
RETURNS SETOF offerengine.cart_filled
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 5;
COMMENT ON FUNCTION offerengine.reorder(text, uuid, uuid, text) IS
    'Puts what was ordered once into a cart: the offers that were asked for then, in their quantities and with their notes, at '
    'what they cost now, whatever has become of the order. What cart_add() would refuse stays out, and the answer says so of each '
    'line. line_key: done only once under this key, and answered the same again. OE020: no such order or cart; OE051: a return or '
    'credit note; OE013: the key stands for something else; OE082: the cart is closed; 22023: no key; 22004: NULL.';

CREATE FUNCTION offerengine_internal.do_reorder(customer_reference text, order_id uuid, cart_id uuid, line_key text)
RETURNS SETOF offerengine.cart_filled
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 5 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    asked  CONSTANT jsonb := jsonb_build_object('order_id', do_reorder.order_id);
    cart   offerengine_internal.known_cart;
    done   offerengine_internal.done_before;
    answer offerengine.cart_filled[];
BEGIN
    PERFORM offerengine_internal.check_reference(do_reorder.line_key, 'line_key');
    PERFORM offerengine_internal.lock_customer(do_reorder.customer_reference);
    cart := offerengine_internal.open_cart(do_reorder.customer_reference, do_reorder.cart_id);
    done := offerengine_internal.done_under_key(cart, do_reorder.line_key, asked);
    IF done.asked IS NOT NULL THEN
        RETURN QUERY SELECT a.* FROM jsonb_populate_recordset(NULL::offerengine.cart_filled, done.answer) AS a;
        RETURN;
    END IF;
    answer := ARRAY(
        SELECT a
          FROM offerengine_internal.add_cart_lines(
                   cart, offerengine_internal.ordered_lines(do_reorder.customer_reference, do_reorder.order_id), false) AS a);
    PERFORM offerengine_internal.note_answer(cart, do_reorder.line_key, asked, to_jsonb(answer));
    RETURN QUERY SELECT a.* FROM unnest(answer) AS a;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_reorder(text, uuid, uuid, text) IS 'reorder, run as the owner.';

CREATE FUNCTION offerengine_internal.ordered_lines(customer_reference text, order_id uuid)
RETURNS offerengine_internal.cart_line_asked[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored CONSTANT offerengine_internal.stored_order := offerengine_internal.stored_order(
        ordered_lines.customer_reference, ordered_lines.order_id);
BEGIN
    IF offerengine_internal.is_return(stored.order_type) THEN
        RAISE EXCEPTION 'order % is a return, nothing of which was ordered', stored.order_id
            USING ERRCODE = 'OE051', HINT = 'Name the order that it belongs to: order_documents() tells.';
    END IF;
    RETURN ARRAY(
        SELECT ROW(l.line_no, coalesce(l.redirected_from, o.offer_reference), l.quantity,
                   nullif(l.note, ''), NULL)::offerengine_internal.cart_line_asked
          FROM offerengine.order_line l
          JOIN offerengine.offer o ON o.offer_id = l.offer_id
         WHERE l.customer_reference = ordered_lines.customer_reference AND l.order_id = ordered_lines.order_id
         ORDER BY l.line_no);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.ordered_lines(text, uuid) IS
    'The lines of an order as the customer asked for them, before sales rules. OE020: there is no such order; OE051: it is a '
    'return; 22004: NULL.';
