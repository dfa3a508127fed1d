-- Filling a cart. Every action takes the customer first, as all of the customer side does; what it does to stock comes last.

CREATE TYPE offerengine.cart_summary AS (
    cart_id    uuid,
    store      text,
    currency   text,
    price_mode text,
    country    text,
    buyer      text,
    lines      integer,
    quantity   bigint,
    order_id   uuid,
    held_until timestamptz,
    created_at timestamptz,
    changed_at timestamptz
);
COMMENT ON TYPE offerengine.cart_summary IS
    'A cart with the number of its lines and pieces; order_id: the order that it is to become, from its first hold on; held_until: '
    'when its hold ends, NULL: it has none.';

CREATE FUNCTION offerengine.cart_create(
    customer_reference text,
    store              text,
    currency           text,
    price_mode         text DEFAULT 'gross',
    country            text DEFAULT NULL,
    buyer              text DEFAULT NULL,
    cart_id            uuid DEFAULT NULL)
RETURNS uuid
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.cart_create(text, text, text, text, text, text, uuid) IS
    'Makes an empty cart in a store and answers its id. country (left out: the store''s) and buyer, whose contract prices count, '
    'as for resolve_price(). cart_id, given by the caller, makes it idempotent: the same again answers the same. OE013: that id '
    'stands for another cart; 22023: unknown store, currency or price mode, no country, what cannot be a reference; 22004: NULL.';

CREATE FUNCTION offerengine.carts(customer_reference text) RETURNS SETOF offerengine.cart_summary
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 3;
COMMENT ON FUNCTION offerengine.carts(text) IS
    'The customer''s carts, the one that was changed last first; without those that have become orders or parts of other carts.';

CREATE FUNCTION offerengine.cart_add(
    customer_reference text,
    cart_id            uuid,
    offer_reference    text,
    quantity           integer DEFAULT 1,
    note               text DEFAULT NULL,
    starts_on          date DEFAULT NULL,
    line_key           text DEFAULT NULL)
RETURNS integer
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.cart_add(text, uuid, text, integer, text, date, text) IS
    'Puts pieces of an offer into a cart and answers the line. The same offer with the same note and first day adds up, anything '
    'else is a line of its own. starts_on: first day of a subscription or time pass (left out, or past when it is bought: that '
    'day). line_key: added once only under this key. The offer must be visible in the cart''s store now and allow channel '
    'checkout; price, stock and limits are judged by cart_validate() and at the checkout. OE020: no such cart or offer; OE008: '
    'not visible; OE011: not sold here; OE013: the key stands for something else; OE082: the cart is closed; 22003: more pieces '
    'than can be counted; 22023: a quantity below 1, a day that is past or none, or for what begins on no day, a note over 1000 '
    'characters; 22004: NULL.';

CREATE FUNCTION offerengine.cart_update(
    customer_reference text,
    cart_id            uuid,
    line_no            integer,
    quantity           integer DEFAULT NULL,
    note               text DEFAULT NULL,
    starts_on          date DEFAULT NULL,
    clear_start        boolean DEFAULT false)
RETURNS integer
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.cart_update(text, uuid, integer, integer, text, date, boolean) IS
    'Changes quantity, note or first day of a line; what is left out stays, an empty note and clear_start take away. Where another '
    'line is the same afterwards, both become one, under the lower number, and add up. Answers the line. OE020: no such cart or '
    'line; OE082: the cart is closed; 22003, 22023, 22004: as cart_add.';

CREATE FUNCTION offerengine.cart_change_offer(
    customer_reference text, cart_id uuid, line_no integer, offer_reference text)
RETURNS integer
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.cart_change_offer(text, uuid, integer, text) IS
    'Takes another offer of the same SKU for a line, another merchant''s say; quantity, note and first day stay. Where another '
    'line is the same afterwards, both become one, as cart_update() has it. Answers the line. OE020: no such cart, line or offer; '
    'OE008: not visible; OE011: not sold here; OE082: the cart is closed; 22023: an offer of another SKU; 22004: NULL.';

CREATE FUNCTION offerengine.cart_remove(customer_reference text, cart_id uuid, line_no integer) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.cart_remove(text, uuid, integer) IS
    'Takes a line out of a cart; false: there is none. OE020: no such cart; OE082: the cart is closed; 22004: NULL.';

CREATE FUNCTION offerengine.cart_set_buyer(customer_reference text, cart_id uuid, buyer text) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.cart_set_buyer(text, uuid, text) IS
    'Whose contract prices count from now on; buyer NULL: nobody''s. OE020: no such cart; OE082: the cart is closed; 22023: no '
    'reference; 22004: customer_reference or cart_id is NULL.';

CREATE FUNCTION offerengine.cart_expire(before timestamptz, batch integer DEFAULT 1000) RETURNS integer
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION offerengine.cart_expire(timestamptz, integer) IS
    'Removes carts that nobody has changed since the instant, the oldest first, at most so many, and answers how many; also what '
    'is left of those that have become orders. A cart that is held stays, and so do those of customers who are acting at this '
    'moment. Nothing depends on it being called. 22023: an instant to come, a batch below 1; 22004: NULL.';

CREATE FUNCTION offerengine_internal.open_cart(customer_reference text, cart_id uuid) RETURNS offerengine_internal.known_cart
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100 AS $oe_body$
DECLARE
    cart CONSTANT offerengine_internal.known_cart := offerengine_internal.writers_cart(
        open_cart.customer_reference, open_cart.cart_id);
BEGIN
    IF cart.ordered_at IS NOT NULL THEN
        RAISE EXCEPTION 'cart % has become order %', cart.cart_id, cart.order_id
            USING ERRCODE = 'OE082', HINT = 'Make a new cart for what else is wanted.';
    END IF;
    RETURN cart;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.open_cart(text, uuid) IS
    'The cart that a writer changes. The caller holds the customer. OE020: there is none; OE082: it has become an order, or part '
    'of another cart; 22004: NULL.';

CREATE FUNCTION offerengine_internal.writers_cart(customer_reference text, cart_id uuid) RETURNS offerengine_internal.known_cart
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100 AS $oe_body$
DECLARE
    cart offerengine_internal.known_cart;
BEGIN
    IF writers_cart.cart_id IS NULL THEN
        RAISE EXCEPTION 'cart_id must not be NULL' USING ERRCODE = '22004';
    END IF;
    cart := offerengine_internal.find_cart(writers_cart.customer_reference, writers_cart.cart_id);
    IF cart.cart_id IS NULL THEN
        RAISE EXCEPTION 'customer "%" has no cart %', offerengine_internal.shown(writers_cart.customer_reference),
                        writers_cart.cart_id
            USING ERRCODE = 'OE020', HINT = 'carts() lists them.';
    END IF;
    IF cart.merged_into IS NOT NULL THEN
        RAISE EXCEPTION 'cart % has become part of cart %', cart.cart_id, cart.merged_into
            USING ERRCODE = 'OE082', HINT = 'Act on that one.';
    END IF;
    RETURN cart;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.writers_cart(text, uuid) IS
    'The cart that a writer names, perhaps one that has become an order. The caller holds the customer. OE020: there is none; '
    'OE082: it has become part of another cart; 22004: NULL.';

CREATE FUNCTION offerengine_internal.cart_changed(cart offerengine_internal.known_cart, line_no integer DEFAULT 0) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 AS $oe_body$
BEGIN
    UPDATE offerengine.cart c
       SET changed_at = clock_timestamp(), last_line_no = greatest(c.last_line_no, cart_changed.line_no)
     WHERE c.customer_reference = cart.customer_reference AND c.cart_id = cart.cart_id;
    IF cart.fixed_at IS NOT NULL THEN
        DELETE FROM offerengine.cart_hold_line l WHERE l.customer_reference = cart.customer_reference AND l.cart_id = cart.cart_id;
        UPDATE offerengine.cart_hold h SET fixed_at = NULL, amount = NULL
         WHERE h.customer_reference = cart.customer_reference AND h.cart_id = cart.cart_id;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.cart_changed(offerengine_internal.known_cart, integer) IS
    'Notes that the cart has changed: nothing of it is fixed any more. line_no: a line that it may have got with it.';

CREATE FUNCTION offerengine_internal.release_cart_lines(cart offerengine_internal.known_cart, line_nos integer[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- A cart that was never held, or of what nobody counts, has no row.
    PERFORM FROM offerengine.stock_order s WHERE s.order_id = cart.order_id FOR NO KEY UPDATE;
    IF FOUND THEN
        PERFORM FROM offerengine.stock_hold h
          WHERE h.order_id = cart.order_id AND h.line_no = ANY (line_nos)
          ORDER BY h.line_no, h.warehouse_id FOR NO KEY UPDATE;
        PERFORM offerengine_internal.release_lines(ARRAY[cart.order_id], line_nos);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.release_cart_lines(offerengine_internal.known_cart, integer[]) IS
    'What these lines of the cart hold is free again; the last thing that an action does.';

CREATE FUNCTION offerengine_internal.check_cart_line(
    cart offerengine_internal.known_cart, quantity integer, note text, starts_on date) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100 AS $oe_body$
DECLARE
    today CONSTANT date := offerengine_internal.local_date(clock_timestamp(), cart.time_zone);
BEGIN
    IF quantity < 1 THEN
        RAISE EXCEPTION 'quantity must be at least 1, not %', quantity
            USING ERRCODE = '22023', HINT = 'cart_remove() takes a line out.';
    END IF;
    PERFORM offerengine_internal.check_note(check_cart_line.note, 'the note of a line');
    IF NOT isfinite(starts_on) OR starts_on < today THEN
        RAISE EXCEPTION 'nothing that is bought begins on %', offerengine_internal.day_text(starts_on)
            USING ERRCODE = '22023', HINT = 'Leave starts_on out, or name today or a later day.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_cart_line(offerengine_internal.known_cart, integer, text, date) IS
    'Refuses what a line of a cart cannot have (22023): fewer pieces than one, a long note, a first day that is past in its store; '
    'NULL passes.';

CREATE FUNCTION offerengine_internal.check_cart_offer(
    cart offerengine_internal.known_cart, offer_reference text, starts_on date) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 500 AS $oe_body$
DECLARE
    offer record;
BEGIN
    IF check_cart_offer.offer_reference IS NULL THEN
        RAISE EXCEPTION 'offer_reference must not be NULL' USING ERRCODE = '22004';
    END IF;
    SELECT o.offer_id, o.product_id, o.offer_type INTO offer
      FROM offerengine.offer o WHERE o.offer_reference = check_cart_offer.offer_reference;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('offer', check_cart_offer.offer_reference);
    END IF;
    IF NOT offerengine.offer_is_visible(check_cart_offer.offer_reference, cart.store) THEN
        RAISE EXCEPTION 'offer "%" is not visible in store %', check_cart_offer.offer_reference, cart.store
            USING ERRCODE = 'OE008', HINT = 'explain_visibility() says which condition fails.';
    END IF;
    PERFORM offerengine_internal.assert_operation(offer.offer_id, 'checkout', 'checkout');
    IF check_cart_offer.starts_on IS NOT NULL AND offer.offer_type NOT IN ('subscription', 'time_pass') THEN
        RAISE EXCEPTION 'offer "%" begins on no day: it is a %', check_cart_offer.offer_reference,
                        replace(offer.offer_type, '_', ' ')
            USING ERRCODE = '22023', HINT = 'Leave starts_on out.';
    END IF;
    RETURN offer.product_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_cart_offer(offerengine_internal.known_cart, text, date) IS
    'Answers the product of an offer that is put into a cart. OE020: there is none; OE008: not visible now; OE011: channel '
    'checkout does not sell it; 22023: it begins on no day; 22004: NULL.';

CREATE FUNCTION offerengine_internal.more_pieces(quantity integer, more integer) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 5 AS $oe_body$
BEGIN
    IF quantity > 2147483647 - more THEN
        RAISE EXCEPTION '% pieces and % more are more than a line can have', quantity, more USING ERRCODE = '22003';
    END IF;
    RETURN quantity + more;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.more_pieces(integer, integer) IS 'Pieces added up. 22003: more than a line can have.';

CREATE FUNCTION offerengine_internal.do_cart_create(
    customer_reference text, store text, currency text, price_mode text, country text, buyer text, cart_id uuid)
RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted_mode CONSTANT text := coalesce(do_cart_create.price_mode, 'gross');
    made        CONSTANT uuid := coalesce(do_cart_create.cart_id, offerengine.uuid_v7());
BEGIN
    PERFORM offerengine_internal.time_zone_of(do_cart_create.store);
    PERFORM offerengine_internal.check_sale_arguments(do_cart_create.currency, do_cart_create.country, wanted_mode, 1);
    PERFORM offerengine_internal.check_reference(do_cart_create.buyer, 'buyer');
    PERFORM offerengine_internal.lock_customer(do_cart_create.customer_reference);
    INSERT INTO offerengine.cart (customer_reference, cart_id, store_code, currency_code, country_code, price_mode, buyer)
    VALUES (do_cart_create.customer_reference, made, do_cart_create.store, do_cart_create.currency, do_cart_create.country,
            wanted_mode, do_cart_create.buyer)
        ON CONFLICT ON CONSTRAINT cart_pkey DO NOTHING;
    IF NOT FOUND THEN
        PERFORM FROM offerengine.cart c
          WHERE c.customer_reference = do_cart_create.customer_reference AND c.cart_id = made
            AND (c.store_code, c.currency_code, c.price_mode) = (do_cart_create.store, do_cart_create.currency, wanted_mode)
            AND c.country_code IS NOT DISTINCT FROM do_cart_create.country;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'cart id % of customer "%" stands for another cart', made, do_cart_create.customer_reference
                USING ERRCODE = 'OE013', HINT = 'Use a new id for a new cart.';
        END IF;
    END IF;
    RETURN made;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_create(text, text, text, text, text, text, uuid) IS
    'cart_create, run as the owner.';

CREATE FUNCTION offerengine_internal.do_carts(customer_reference text) RETURNS SETOF offerengine.cart_summary
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT c.cart_id, c.store_code::text, c.currency_code::text, c.price_mode::text, c.country_code::text, c.buyer::text, l.lines,
           l.quantity, c.order_id, h.expires_at, c.created_at, c.changed_at
      FROM offerengine.cart c
      LEFT JOIN offerengine.cart_hold h
             ON h.customer_reference = c.customer_reference AND h.cart_id = c.cart_id AND h.expires_at > clock_timestamp()
     CROSS JOIN LATERAL (
           SELECT count(*)::integer AS lines, coalesce(sum(l.quantity), 0) AS quantity
             FROM offerengine.cart_line l
            WHERE l.customer_reference = c.customer_reference AND l.cart_id = c.cart_id) AS l
     WHERE c.customer_reference = do_carts.customer_reference AND c.ordered_at IS NULL AND c.merged_into IS NULL
     ORDER BY c.changed_at DESC, c.cart_id DESC;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_carts(text) IS 'carts, run as the owner.';

CREATE FUNCTION offerengine_internal.do_cart_add(
    customer_reference text, cart_id uuid, offer_reference text, quantity integer, note text, starts_on date, line_key text)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    wanted      CONSTANT integer := coalesce(do_cart_add.quantity, 1);
    wanted_note CONSTANT text := nullif(do_cart_add.note, '');
    asked       jsonb; -- under a key
    cart        offerengine_internal.known_cart;
    done        offerengine_internal.done_before;
    line        integer;
BEGIN
    PERFORM offerengine_internal.check_reference(do_cart_add.line_key, 'line_key');
    PERFORM offerengine_internal.lock_customer(do_cart_add.customer_reference);
    cart := offerengine_internal.open_cart(do_cart_add.customer_reference, do_cart_add.cart_id);
    IF do_cart_add.line_key IS NOT NULL THEN
        asked := jsonb_build_object(
            'offer_reference', do_cart_add.offer_reference, 'quantity', wanted, 'note', wanted_note,
            'starts_on', do_cart_add.starts_on);
        done := offerengine_internal.done_under_key(cart, do_cart_add.line_key, asked);
        IF done.asked IS NOT NULL THEN
            RETURN done.line_no;
        END IF;
    END IF;
    PERFORM offerengine_internal.check_cart_line(cart, wanted, wanted_note, do_cart_add.starts_on);
    PERFORM offerengine_internal.check_cart_offer(cart, do_cart_add.offer_reference, do_cart_add.starts_on);
    line := offerengine_internal.put_cart_line(
        cart, do_cart_add.offer_reference, wanted, wanted_note, do_cart_add.starts_on);
    IF do_cart_add.line_key IS NOT NULL THEN
        INSERT INTO offerengine.cart_key (customer_reference, cart_id, line_key, line_no, asked)
        VALUES (cart.customer_reference, cart.cart_id, do_cart_add.line_key, line, asked);
    END IF;
    PERFORM offerengine_internal.cart_changed(cart, line);
    RETURN line;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_add(text, uuid, text, integer, text, date, text) IS 'cart_add, run as the owner.';

CREATE FUNCTION offerengine_internal.check_repeated(line_key text, owner text, before jsonb, asked jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF before <> asked THEN
        RAISE EXCEPTION 'key "%" of % stands for something else: %', line_key, owner, left(before::text, 200)
            USING ERRCODE = 'OE013', HINT = 'Use a new key for what is not a repetition.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_repeated(text, text, jsonb, jsonb) IS
    'Refuses a key of a cart or list under which something else than what is asked was put in before (OE013); NULL passes.';

CREATE TYPE offerengine_internal.done_before AS (line_no integer, asked jsonb, answer jsonb);
COMMENT ON TYPE offerengine_internal.done_before IS 'What was put into a cart under a key, as table cart_key has it.';

CREATE FUNCTION offerengine_internal.done_under_key(cart offerengine_internal.known_cart, line_key text, asked jsonb)
RETURNS offerengine_internal.done_before
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    done offerengine_internal.done_before;
BEGIN
    SELECT k.line_no, k.asked, k.answer INTO done
      FROM offerengine.cart_key k
     WHERE k.customer_reference = cart.customer_reference AND k.cart_id = cart.cart_id AND k.line_key = done_under_key.line_key;
    PERFORM offerengine_internal.check_repeated(
                done_under_key.line_key, 'cart ' || cart.cart_id, done.asked, done_under_key.asked);
    RETURN done;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.done_under_key(offerengine_internal.known_cart, text, jsonb) IS
    'What was put into the cart under the key before; NULL in all its fields: nothing, or there is no key. OE013: something else '
    'than what is asked now.';

CREATE FUNCTION offerengine_internal.put_cart_line(
    cart offerengine_internal.known_cart, offer_reference text, quantity integer, note text, starts_on date) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 AS $oe_body$
DECLARE
    line integer := offerengine_internal.same_cart_line(cart, offer_reference, note, starts_on);
BEGIN
    IF line IS NOT NULL THEN
        UPDATE offerengine.cart_line l SET quantity = offerengine_internal.more_pieces(l.quantity, put_cart_line.quantity)
         WHERE l.customer_reference = cart.customer_reference AND l.cart_id = cart.cart_id AND l.line_no = line;
        RETURN line;
    END IF;
    line := cart.last_line_no + 1;
    INSERT INTO offerengine.cart_line (customer_reference, cart_id, line_no, offer_reference, quantity, note, starts_on)
    VALUES (cart.customer_reference, cart.cart_id, line, put_cart_line.offer_reference, put_cart_line.quantity, put_cart_line.note,
            put_cart_line.starts_on);
    RETURN line;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.put_cart_line(offerengine_internal.known_cart, text, integer, text, date) IS
    'Adds pieces to the line that has the same offer, note and first day, or makes one, and answers which. The caller holds the '
    'customer, has just read the cart and judged the pieces, and calls cart_changed() with the line. 22003: more pieces than a '
    'line can have.';

CREATE FUNCTION offerengine_internal.same_cart_line(
    cart offerengine_internal.known_cart, offer_reference text, note text, starts_on date, beside integer DEFAULT NULL)
RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 AS $oe_body$
BEGIN
    RETURN (SELECT min(l.line_no)
              FROM offerengine.cart_line l
             WHERE l.customer_reference = cart.customer_reference AND l.cart_id = cart.cart_id
               AND l.offer_reference = same_cart_line.offer_reference
               AND l.note IS NOT DISTINCT FROM same_cart_line.note
               AND l.starts_on IS NOT DISTINCT FROM same_cart_line.starts_on
               AND l.line_no IS DISTINCT FROM same_cart_line.beside);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.same_cart_line(offerengine_internal.known_cart, text, text, date, integer) IS
    'The line of the cart with this offer, note and first day, beside the one that is named; NULL: there is none.';

CREATE FUNCTION offerengine_internal.cart_line_of(cart offerengine_internal.known_cart, line_no integer)
RETURNS offerengine_internal.cart_line_asked
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    line offerengine_internal.cart_line_asked;
BEGIN
    IF cart_line_of.line_no IS NULL THEN
        RAISE EXCEPTION 'line_no must not be NULL' USING ERRCODE = '22004';
    END IF;
    SELECT l.line_no, l.offer_reference, l.quantity, l.note, l.starts_on INTO line
      FROM offerengine.cart_line l
     WHERE l.customer_reference = cart.customer_reference AND l.cart_id = cart.cart_id AND l.line_no = cart_line_of.line_no;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'cart % has no line %', cart.cart_id, cart_line_of.line_no
            USING ERRCODE = 'OE020', HINT = 'cart_items() lists them.';
    END IF;
    RETURN line;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.cart_line_of(offerengine_internal.known_cart, integer) IS
    'A line of a cart. OE020: there is none; 22004: NULL.';

CREATE FUNCTION offerengine_internal.change_cart_line(
    cart offerengine_internal.known_cart, stored offerengine_internal.cart_line_asked, wanted offerengine_internal.cart_line_asked)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    same integer;
    kept integer := stored.line_no;
    gone integer;
BEGIN
    IF wanted IS NOT DISTINCT FROM stored THEN
        RETURN kept;
    END IF;
    same := offerengine_internal.same_cart_line(cart, wanted.offer_reference, wanted.note, wanted.starts_on, stored.line_no);
    IF same IS NOT NULL THEN
        kept := least(same, stored.line_no);
        gone := greatest(same, stored.line_no);
        wanted.quantity := offerengine_internal.more_pieces(
            wanted.quantity, (offerengine_internal.cart_line_of(cart, same)).quantity);
        DELETE FROM offerengine.cart_line l
         WHERE l.customer_reference = cart.customer_reference AND l.cart_id = cart.cart_id AND l.line_no = gone;
    END IF;
    UPDATE offerengine.cart_line l
       SET offer_reference = wanted.offer_reference, quantity = wanted.quantity, note = wanted.note, starts_on = wanted.starts_on
     WHERE l.customer_reference = cart.customer_reference AND l.cart_id = cart.cart_id AND l.line_no = kept;
    PERFORM offerengine_internal.cart_changed(cart);
    PERFORM offerengine_internal.release_cart_lines(cart, ARRAY[kept, gone])
      WHERE gone IS NOT NULL OR (wanted.offer_reference, wanted.quantity) <> (stored.offer_reference, stored.quantity);
    RETURN kept;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.change_cart_line(
    offerengine_internal.known_cart, offerengine_internal.cart_line_asked, offerengine_internal.cart_line_asked) IS
    'Makes a line what is wanted, together with another one that is the same then, and answers which it is; what such a line held '
    'is free again. The caller holds the customer. 22003: more pieces than a line can have.';

CREATE FUNCTION offerengine_internal.do_cart_update(
    customer_reference text, cart_id uuid, line_no integer, quantity integer, note text, starts_on date, clear_start boolean)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    cart   offerengine_internal.known_cart;
    stored offerengine_internal.cart_line_asked;
    wanted offerengine_internal.cart_line_asked;
BEGIN
    IF do_cart_update.clear_start AND do_cart_update.starts_on IS NOT NULL THEN
        RAISE EXCEPTION 'clear_start takes away what starts_on, %, names', offerengine_internal.day_text(do_cart_update.starts_on)
            USING ERRCODE = '22023', HINT = 'Give one of them.';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_cart_update.customer_reference);
    cart := offerengine_internal.open_cart(do_cart_update.customer_reference, do_cart_update.cart_id);
    stored := offerengine_internal.cart_line_of(cart, do_cart_update.line_no);
    PERFORM offerengine_internal.check_cart_line(
                cart, do_cart_update.quantity, do_cart_update.note, do_cart_update.starts_on);
    IF do_cart_update.starts_on IS NOT NULL THEN
        PERFORM offerengine_internal.check_cart_offer(cart, stored.offer_reference, do_cart_update.starts_on);
    END IF;
    wanted := stored;
    wanted.quantity := coalesce(do_cart_update.quantity, stored.quantity);
    wanted.note := nullif(coalesce(do_cart_update.note, stored.note), '');
    wanted.starts_on := CASE WHEN do_cart_update.clear_start THEN NULL
                             ELSE coalesce(do_cart_update.starts_on, stored.starts_on) END;
    RETURN offerengine_internal.change_cart_line(cart, stored, wanted);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_update(text, uuid, integer, integer, text, date, boolean) IS
    'cart_update, run as the owner.';

CREATE FUNCTION offerengine_internal.do_cart_change_offer(
    customer_reference text, cart_id uuid, line_no integer, offer_reference text)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    cart    offerengine_internal.known_cart;
    stored  offerengine_internal.cart_line_asked;
    wanted  offerengine_internal.cart_line_asked;
    product bigint;
    before  record;
BEGIN
    PERFORM offerengine_internal.lock_customer(do_cart_change_offer.customer_reference);
    cart := offerengine_internal.open_cart(do_cart_change_offer.customer_reference, do_cart_change_offer.cart_id);
    stored := offerengine_internal.cart_line_of(cart, do_cart_change_offer.line_no);
    product := offerengine_internal.check_cart_offer(cart, do_cart_change_offer.offer_reference, stored.starts_on);
    SELECT o.product_id, p.sku INTO before
      FROM offerengine.offer o
      JOIN offerengine.product p ON p.product_id = o.product_id
     WHERE o.offer_reference = stored.offer_reference;
    IF before.product_id IS DISTINCT FROM product THEN
        RAISE EXCEPTION 'offer "%" is of SKU %, line % of SKU %', do_cart_change_offer.offer_reference,
                        (SELECT p.sku FROM offerengine.product p WHERE p.product_id = product), stored.line_no,
                        coalesce(before.sku, 'unknown')
            USING ERRCODE = '22023', HINT = 'cart_add() puts in something else, cart_remove() takes this out.';
    END IF;
    wanted := stored;
    wanted.offer_reference := do_cart_change_offer.offer_reference;
    RETURN offerengine_internal.change_cart_line(cart, stored, wanted);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_change_offer(text, uuid, integer, text) IS 'cart_change_offer, run as the owner.';

CREATE FUNCTION offerengine_internal.do_cart_remove(customer_reference text, cart_id uuid, line_no integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    cart offerengine_internal.known_cart;
BEGIN
    IF do_cart_remove.line_no IS NULL THEN
        RAISE EXCEPTION 'line_no must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_cart_remove.customer_reference);
    cart := offerengine_internal.open_cart(do_cart_remove.customer_reference, do_cart_remove.cart_id);
    DELETE FROM offerengine.cart_line l
     WHERE l.customer_reference = cart.customer_reference AND l.cart_id = cart.cart_id AND l.line_no = do_cart_remove.line_no;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM offerengine_internal.cart_changed(cart);
    PERFORM offerengine_internal.release_cart_lines(cart, ARRAY[do_cart_remove.line_no]);
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_remove(text, uuid, integer) IS 'cart_remove, run as the owner.';

CREATE FUNCTION offerengine_internal.do_cart_set_buyer(customer_reference text, cart_id uuid, buyer text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    cart offerengine_internal.known_cart;
BEGIN
    PERFORM offerengine_internal.check_reference(do_cart_set_buyer.buyer, 'buyer');
    PERFORM offerengine_internal.lock_customer(do_cart_set_buyer.customer_reference);
    cart := offerengine_internal.open_cart(do_cart_set_buyer.customer_reference, do_cart_set_buyer.cart_id);
    IF cart.buyer IS NOT DISTINCT FROM do_cart_set_buyer.buyer THEN
        RETURN;
    END IF;
    UPDATE offerengine.cart c SET buyer = do_cart_set_buyer.buyer
     WHERE c.customer_reference = cart.customer_reference AND c.cart_id = cart.cart_id;
    PERFORM offerengine_internal.cart_changed(cart);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_set_buyer(text, uuid, text) IS 'cart_set_buyer, run as the owner.';

CREATE FUNCTION offerengine_internal.do_cart_expire(before timestamptz, batch integer) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted  CONSTANT integer := coalesce(do_cart_expire.batch, 1000);
    idle    record;
    removed integer := 0;
BEGIN
    IF do_cart_expire.before IS NULL THEN
        RAISE EXCEPTION 'before must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF do_cart_expire.before > clock_timestamp() THEN
        RAISE EXCEPTION 'no cart was last changed before %, which is still to come', do_cart_expire.before
            USING ERRCODE = '22023', HINT = 'Name an instant that is past: now() - interval ''30 days''.';
    END IF;
    IF wanted < 1 THEN
        RAISE EXCEPTION 'batch must be at least 1, not %', wanted USING ERRCODE = '22023';
    END IF;
    -- Nobody is waited for: who acts at this moment is not idle.
    FOR idle IN
        SELECT c.customer_reference, c.cart_id
          FROM offerengine.cart c
          JOIN offerengine.customer_timeline t ON t.customer_reference = c.customer_reference
         WHERE c.changed_at < do_cart_expire.before
           AND NOT EXISTS (SELECT FROM offerengine.cart_hold h
                            WHERE h.customer_reference = c.customer_reference AND h.cart_id = c.cart_id
                              AND h.expires_at > clock_timestamp())
         ORDER BY c.changed_at, c.customer_reference, c.cart_id
         LIMIT wanted
           FOR NO KEY UPDATE OF t SKIP LOCKED
    LOOP
        -- As it is now: it may have been changed before the customer was taken.
        PERFORM FROM offerengine.cart c
          WHERE c.customer_reference = idle.customer_reference AND c.cart_id = idle.cart_id
            AND c.changed_at < do_cart_expire.before;
        CONTINUE WHEN NOT FOUND;
        PERFORM offerengine_internal.empty_cart(idle.customer_reference, idle.cart_id);
        DELETE FROM offerengine.cart c WHERE c.customer_reference = idle.customer_reference AND c.cart_id = idle.cart_id;
        removed := removed + 1;
    END LOOP;
    RETURN removed;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_expire(timestamptz, integer) IS 'cart_expire, run as the owner.';

CREATE FUNCTION offerengine_internal.empty_cart(customer_reference text, cart_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 AS $oe_body$
BEGIN
    DELETE FROM offerengine.cart_hold_line l
     WHERE l.customer_reference = empty_cart.customer_reference AND l.cart_id = empty_cart.cart_id;
    DELETE FROM offerengine.cart_hold h
     WHERE h.customer_reference = empty_cart.customer_reference AND h.cart_id = empty_cart.cart_id;
    DELETE FROM offerengine.cart_key k
     WHERE k.customer_reference = empty_cart.customer_reference AND k.cart_id = empty_cart.cart_id;
    DELETE FROM offerengine.cart_line l
     WHERE l.customer_reference = empty_cart.customer_reference AND l.cart_id = empty_cart.cart_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.empty_cart(text, uuid) IS
    'Removes everything of a cart but the cart itself. The caller holds the customer; stock is his business.';
