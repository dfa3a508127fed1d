-- Holding a cart while the customer pays, and making an order of it.

CREATE TYPE offerengine.cart_held AS (order_id uuid, expires_at timestamptz, amount bigint);
COMMENT ON TYPE offerengine.cart_held IS
    'Answer of cart_hold: the order that the cart will become, until when it is held, and what it costs, in minor units.';

CREATE FUNCTION offerengine.cart_hold(
    customer_reference text, cart_id uuid, expires_at timestamptz, order_id uuid DEFAULT NULL)
RETURNS offerengine.cart_held
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 20000;
COMMENT ON FUNCTION offerengine.cart_hold(text, uuid, timestamptz, uuid) IS
    'Reserves what is in a cart until expires_at (NULL: for store.max_hold from now), all of it or nothing, under the id of the '
    'order that the cart will become (order_id, else minted), and fixes prices, redirects and visibility as of now: a checkout '
    'until then sells at amount. It ends by itself, or by release_stock() of that order. Again while it lasts it moves the end '
    'and keeps what was fixed; once the cart has been changed, or the hold has ended, it is fixed anew, under the same order id. '
    'A storefront holds no longer than store.max_hold from the first of holds that follow one another. OE020: no such cart; '
    'OE080: it is empty; OE081: lines cannot be sold, each is named; OE082: it has become an order; OE013: the order id stands '
    'for something else; OE064, OE065: sold out meanwhile, or try again; 22003: more than an amount can say; 22023: an end that '
    'is past; 22004: NULL.';

CREATE FUNCTION offerengine.cart_checkout(
    customer_reference text,
    cart_id            uuid,
    order_id           uuid DEFAULT NULL,
    expected_total     bigint DEFAULT NULL,
    points             integer DEFAULT 0,
    order_reference    text DEFAULT NULL,
    note               text DEFAULT NULL,
    channel            text DEFAULT 'checkout',
    at                 timestamptz DEFAULT NULL)
RETURNS SETOF offerengine.purchased
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 20000 ROWS 5;
COMMENT ON FUNCTION offerengine.cart_checkout(text, uuid, uuid, bigint, integer, text, text, text, timestamptz) IS
    'Makes an order of a cart: order, lines under their numbers in the cart, subscriptions and reservations in one transaction, '
    'or nothing. Sales rules count as redirect_cart() has it: subscriptions in the same cart cover what they are bases of. '
    'Within a hold it costs what that fixed, else what it costs at the instant (at, left out: now). expected_total: the total '
    'that was shown, before points. A cart becomes one order, ever: called again, without an order_id or with the same, it '
    'answers the first one. points: so many are redeemed for it; without, what loyalty_hold() holds for the order. The lines are '
    'sold at their amounts; sales_order.points_redeemed and points_amount say what points have paid of the total. OE020: no such '
    'cart; OE080: it is empty; OE081: lines cannot be sold, each is named; OE082: it has become part of another cart; OE010: '
    'another total than expected; OE013: it has become, or is held as, another order, or the order id or reference stands for '
    'one; OE064, OE065: sold out meanwhile, or try again; OE095, OE096, OE097: points that cannot be redeemed, as '
    'loyalty_redeem() has it; 42501: a storefront names another instant than now or a foreign channel; 22003: more than an '
    'amount can say; 22023, 22004: arguments.';

CREATE FUNCTION offerengine_internal.share_cart_rules(cart offerengine_internal.known_cart) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 AS $oe_body$
BEGIN
    -- Only subscriptions are targets.
    IF NOT EXISTS (SELECT FROM offerengine.cart_line l
                    WHERE l.customer_reference = cart.customer_reference AND l.cart_id = cart.cart_id
                      AND (SELECT o.offer_type = 'subscription' FROM offerengine.offer o
                            WHERE o.offer_reference = l.offer_reference)) THEN
        RETURN;
    END IF;
    -- Whoever changes one of them waits, or has been waited for: what is asked afterwards is what counts.
    PERFORM FROM offerengine.sales_rule r
      WHERE r.sales_rule_id = ANY (offerengine_internal.rules_of_targets(ARRAY(
                SELECT l.offer_reference FROM offerengine.cart_line l
                 WHERE l.customer_reference = cart.customer_reference AND l.cart_id = cart.cart_id)))
      ORDER BY r.sales_rule_id FOR SHARE;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.share_cart_rules(offerengine_internal.known_cart) IS
    'Takes the sales rules that have a line of the cart as a target FOR SHARE, in the order of their ids. The caller holds the '
    'customer.';

CREATE FUNCTION offerengine_internal.refuse_cart_problems(
    cart offerengine_internal.known_cart, nlines bigint, refused offerengine_internal.cart_line_state[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 AS $oe_body$
DECLARE
    found record;
BEGIN
    IF nlines = 0 THEN
        RAISE EXCEPTION 'cart % is empty', cart.cart_id USING ERRCODE = 'OE080', HINT = 'cart_add() puts something into it.';
    END IF;
    IF refused IS NULL THEN
        RETURN;
    END IF;
    SELECT string_agg(format('line %s, offer "%s": %s (%s)', l.line_no, l.offer_reference, p.problem, p.detail), '; '
                      ORDER BY l.line_no, p.place) AS words,
           jsonb_agg(jsonb_build_object(
               'line_no', l.line_no, 'offer_reference', l.offer_reference, 'problem', p.problem, 'detail', p.detail)
               ORDER BY l.line_no, p.place) AS problems
      INTO found
      FROM unnest(refused) AS l
     CROSS JOIN LATERAL unnest(offerengine_internal.cart_problems(), l.refusals) WITH ORDINALITY AS p (problem, detail, place)
     WHERE p.detail IS NOT NULL;
    RAISE EXCEPTION 'cart % cannot be sold: %', cart.cart_id, found.words
        USING ERRCODE = 'OE081', HINT = 'cart_validate() tells beforehand.',
              DETAIL = jsonb_build_object('problems', found.problems)::text;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_cart_problems(
    offerengine_internal.known_cart, bigint, offerengine_internal.cart_line_state[]) IS
    'Refuses to sell a cart that has no lines (OE080), or some that are refused (OE081), each problem named; refused: NULL: none.';

CREATE FUNCTION offerengine_internal.order_of_cart(cart offerengine_internal.known_cart, order_id uuid) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100 AS $oe_body$
BEGIN
    IF order_of_cart.order_id <> cart.order_id THEN
        RAISE EXCEPTION 'cart % % order %, not %', cart.cart_id,
                        CASE WHEN cart.ordered_at IS NULL THEN 'is held as' ELSE 'has become' END, cart.order_id,
                        order_of_cart.order_id
            USING ERRCODE = 'OE013', HINT = 'Leave order_id out: a cart becomes one order, ever.';
    END IF;
    IF cart.order_id IS NOT NULL OR order_of_cart.order_id IS NULL THEN
        RETURN coalesce(cart.order_id, offerengine.uuid_v7());
    END IF;
    -- An id that the caller has chosen must be nobody's yet: whose stock it is, only the id says.
    IF EXISTS (SELECT FROM offerengine.sales_order s
                WHERE s.customer_reference = cart.customer_reference AND s.order_id = order_of_cart.order_id)
       OR EXISTS (SELECT FROM offerengine.cart c
                   WHERE c.customer_reference = cart.customer_reference AND c.order_id = order_of_cart.order_id)
       OR EXISTS (SELECT FROM offerengine.stock_order s WHERE s.order_id = order_of_cart.order_id) THEN
        PERFORM offerengine_internal.refuse_order_id(order_of_cart.order_id);
    END IF;
    RETURN order_of_cart.order_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.order_of_cart(offerengine_internal.known_cart, uuid) IS
    'The id of the order that the cart is to become: the one that it has, else the one that is named, else a new one. OE013: it '
    'has another one, or the one that is named stands for something else.';

CREATE FUNCTION offerengine_internal.refuse_order_id(order_id uuid) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RAISE EXCEPTION 'order id % stands for something else', order_id
        USING ERRCODE = 'OE013', HINT = 'Use a new id for a new order, or leave it out.';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_order_id(uuid) IS 'Refuses an order id that is used already (OE013).';

CREATE FUNCTION offerengine_internal.claim_stock_order(
    cart offerengine_internal.known_cart, order_id uuid, state text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 AS $oe_body$
DECLARE
    known CONSTANT text := offerengine_internal.lock_stock_order(
        claim_stock_order.order_id, cart.store, state, cart.customer_reference);
BEGIN
    IF cart.order_id IS NULL AND known <> 'new' THEN
        PERFORM offerengine_internal.refuse_order_id(claim_stock_order.order_id);
    END IF;
    RETURN known;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.claim_stock_order(offerengine_internal.known_cart, uuid, text) IS
    'Holds the row of stock of the order that the cart is to become; the first time nobody else may have one (OE013). OE066: its '
    'stock was released for good.';

CREATE FUNCTION offerengine_internal.cart_wants(lines offerengine_internal.cart_line_state[])
RETURNS offerengine_internal.stock_want[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 100 AS $oe_body$
BEGIN
    RETURN ARRAY(SELECT ROW(l.line_no, l.offer_id, l.quantity, NULL)::offerengine_internal.stock_want
                   FROM unnest(lines) AS l WHERE l.is_counted ORDER BY l.line_no);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.cart_wants(offerengine_internal.cart_line_state[]) IS
    'What the lines of a cart want of stock: those whose offer any warehouse counts.';

CREATE FUNCTION offerengine_internal.cart_amount(cart offerengine_internal.known_cart, total numeric) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 AS $oe_body$
BEGIN
    RETURN offerengine_internal.amount_of(total, format('the lines of cart %s', cart.cart_id));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.cart_amount(offerengine_internal.known_cart, numeric) IS
    'What lines of a cart come to. 22003: more than an amount can say.';

CREATE FUNCTION offerengine_internal.hold_ends(
    cart offerengine_internal.known_cart, expires_at timestamptz, first_held_at timestamptz)
RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    longest CONSTANT interval := (SELECT k.max_hold FROM offerengine.store k WHERE k.store_code = cart.store);
    ends    timestamptz := coalesce(hold_ends.expires_at, clock_timestamp() + longest);
BEGIN
    IF offerengine_internal.called_by_storefront() THEN
        ends := least(ends, hold_ends.first_held_at + longest);
    END IF;
    IF NOT isfinite(ends) THEN
        RAISE EXCEPTION 'a cart is not held until %', ends
            USING ERRCODE = '22023', HINT = 'A hold ends by itself: name an instant.';
    END IF;
    PERFORM offerengine_internal.check_expiry(ends);
    RETURN ends;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.hold_ends(offerengine_internal.known_cart, timestamptz, timestamptz) IS
    'Until when a cart is held that is to be held until expires_at (NULL: as long as its store allows). 22023: an end that is '
    'past, or none.';

CREATE FUNCTION offerengine_internal.do_cart_hold(customer_reference text, cart_id uuid, expires_at timestamptz, order_id uuid)
RETURNS offerengine.cart_held
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 20000 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    cart    offerengine_internal.known_cart;
    lines   offerengine_internal.cart_line_state[];
    refused offerengine_internal.cart_line_state[];
    total   numeric;
    first   timestamptz;
    held    offerengine.cart_held;
BEGIN
    PERFORM offerengine_internal.check_expiry(do_cart_hold.expires_at);
    PERFORM offerengine_internal.lock_customer(do_cart_hold.customer_reference);
    cart := offerengine_internal.open_cart(do_cart_hold.customer_reference, do_cart_hold.cart_id);
    held.order_id := offerengine_internal.order_of_cart(cart, do_cart_hold.order_id);
    first := CASE WHEN clock_timestamp() < cart.expires_at THEN cart.first_held_at ELSE clock_timestamp() END;
    held.expires_at := offerengine_internal.hold_ends(cart, do_cart_hold.expires_at, first);

    IF offerengine_internal.is_fixed(cart, now()) THEN
        held.amount := cart.amount;
        UPDATE offerengine.cart_hold h SET expires_at = held.expires_at
         WHERE h.customer_reference = cart.customer_reference AND h.cart_id = cart.cart_id;
        UPDATE offerengine.cart c SET changed_at = clock_timestamp()
         WHERE c.customer_reference = cart.customer_reference AND c.cart_id = cart.cart_id;
        PERFORM offerengine_internal.do_extend_stock(held.order_id, held.expires_at)
           FROM offerengine.stock_order s WHERE s.order_id = held.order_id;
        RETURN held;
    END IF;

    PERFORM offerengine_internal.share_cart_rules(cart);
    SELECT array_agg(l ORDER BY l.line_no), array_agg(l ORDER BY l.line_no) FILTER (WHERE l.refusals IS NOT NULL),
           sum(l.line_amount)
      INTO lines, refused, total
      FROM offerengine_internal.cart_lines(cart, now(), 'checkout', true) AS l;
    PERFORM offerengine_internal.refuse_cart_problems(cart, coalesce(cardinality(lines), 0), refused);
    held.amount := offerengine_internal.cart_amount(cart, total);
    PERFORM offerengine_internal.fix_cart(cart, lines, held, first);
    PERFORM offerengine_internal.hold_cart_stock(cart, held, offerengine_internal.cart_wants(lines));
    RETURN held;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_hold(text, uuid, timestamptz, uuid) IS 'cart_hold, run as the owner.';

CREATE FUNCTION offerengine_internal.fix_cart(
    cart offerengine_internal.known_cart, lines offerengine_internal.cart_line_state[], held offerengine.cart_held,
    first_held_at timestamptz)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 AS $oe_body$
BEGIN
    UPDATE offerengine.cart c SET order_id = held.order_id, changed_at = clock_timestamp()
     WHERE c.customer_reference = cart.customer_reference AND c.cart_id = cart.cart_id;
    DELETE FROM offerengine.cart_hold_line l WHERE l.customer_reference = cart.customer_reference AND l.cart_id = cart.cart_id;
    INSERT INTO offerengine.cart_hold AS h (customer_reference, cart_id, first_held_at, expires_at, fixed_at, amount)
    VALUES (cart.customer_reference, cart.cart_id, fix_cart.first_held_at, held.expires_at, now(), held.amount)
        ON CONFLICT ON CONSTRAINT cart_hold_pkey DO UPDATE
       SET first_held_at = excluded.first_held_at, expires_at = excluded.expires_at, fixed_at = excluded.fixed_at,
           amount = excluded.amount;
    INSERT INTO offerengine.cart_hold_line
           (customer_reference, cart_id, line_no, offer_id, unit_amount, other_amount, price_id, price_source, sales_rule_id,
            is_matched, message, step_amounts, other_step_amounts)
    SELECT cart.customer_reference, cart.cart_id, l.line_no, l.offer_id, l.unit_amount, l.other_amount, l.price_id, l.price_source,
           l.sales_rule_id, l.is_matched, l.message, l.step_amounts, l.other_step_amounts
      FROM unnest(lines) AS l;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.fix_cart(
    offerengine_internal.known_cart, offerengine_internal.cart_line_state[], offerengine.cart_held, timestamptz) IS
    'Keeps what the lines of a cart cost and are sold as, as of now, until the hold ends. The caller holds the customer and has '
    'judged the lines.';

CREATE FUNCTION offerengine_internal.hold_cart_stock(
    cart offerengine_internal.known_cart, held offerengine.cart_held, wants offerengine_internal.stock_want[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 AS $oe_body$
DECLARE
    choices offerengine_internal.stock_choice[];
    others  integer[];
BEGIN
    -- Also where nothing is counted: whoever names an id makes it the cart's before anybody else does.
    IF cart.order_id IS NULL THEN
        IF cardinality(wants) > 0 THEN
            choices := offerengine_internal.choose_stock(held.order_id, cart.store, wants);
        END IF;
        PERFORM offerengine_internal.claim_stock_order(cart, held.order_id, 'open');
        IF cardinality(wants) > 0 THEN
            PERFORM offerengine_internal.take_choices(held.order_id, cart.store, wants, choices, held.expires_at, false);
        END IF;
        RETURN;
    END IF;

    -- What it held before goes as what it wants now comes, each place locked once and in order.
    PERFORM offerengine_internal.claim_stock_order(cart, held.order_id, 'open');
    PERFORM FROM offerengine.stock_hold h
      WHERE h.order_id = held.order_id ORDER BY h.line_no, h.warehouse_id FOR NO KEY UPDATE;
    others := ARRAY(SELECT DISTINCT h.line_no FROM offerengine.stock_hold h
                     WHERE h.order_id = held.order_id AND h.state = 'held'
                       AND h.line_no NOT IN (SELECT w.line_no FROM unnest(wants) AS w));
    IF cardinality(wants) > 0 THEN
        PERFORM offerengine_internal.take_in_order(held.order_id, cart.store, wants, held.expires_at, false);
    END IF;
    PERFORM offerengine_internal.release_lines(ARRAY[held.order_id], others) WHERE cardinality(others) > 0;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.hold_cart_stock(
    offerengine_internal.known_cart, offerengine.cart_held, offerengine_internal.stock_want[]) IS
    'Holds what the lines of a cart want, instead of what they held: the last thing that a hold does. OE064, OE065: sold out '
    'meanwhile, or try again; OE013: the order id is somebody else''s.';

CREATE FUNCTION offerengine_internal.do_cart_checkout(
    customer_reference text, cart_id uuid, order_id uuid, expected_total bigint, points integer, order_reference text, note text,
    channel text, at timestamptz)
RETURNS SETOF offerengine.purchased
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 20000 ROWS 5 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    wanted_channel CONSTANT text := coalesce(do_cart_checkout.channel, 'checkout');
    sold_at        CONSTANT timestamptz := coalesce(do_cart_checkout.at, now());
    wanted_note    CONSTANT text := nullif(do_cart_checkout.note, '');
    cart           offerengine_internal.known_cart;
    sale           offerengine_internal.sale;
    sold           offerengine_internal.sale_line[];
    placed         uuid;
BEGIN
    PERFORM offerengine_internal.check_checkout(wanted_channel, sold_at, do_cart_checkout.points, wanted_note);
    PERFORM offerengine_internal.lock_customer(do_cart_checkout.customer_reference);
    cart := offerengine_internal.writers_cart(do_cart_checkout.customer_reference, do_cart_checkout.cart_id);
    placed := offerengine_internal.order_of_cart(cart, do_cart_checkout.order_id);
    IF cart.ordered_at IS NULL THEN
        IF do_cart_checkout.order_reference IS NOT NULL THEN
            PERFORM offerengine_internal.check_order_reference(
                        cart.customer_reference, do_cart_checkout.order_reference, placed);
        END IF;
        sale := ROW(cart.customer_reference, placed, do_cart_checkout.order_reference, cart.store, cart.currency, cart.country,
                    cart.price_mode, sold_at, wanted_channel, wanted_note, NULL, NULL, do_cart_checkout.points, NULL);
        sold := offerengine_internal.sell_cart(cart, sale, $4, $3 IS NOT NULL); -- short, since it is the context of refusals
        RETURN QUERY
        SELECT placed, l.line_no, l.offer_reference, l.redirected_from, l.subscription_id, l.quantity, l.unit_amount, l.line_amount,
               cart.currency, l.message
          FROM unnest(sold) AS l;
        RETURN;
    END IF;
    RETURN QUERY SELECT s.* FROM offerengine_internal.sold_lines(cart.customer_reference, placed) AS s;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_checkout(
    text, uuid, uuid, bigint, integer, text, text, text, timestamptz) IS 'cart_checkout, run as the owner.';

CREATE FUNCTION offerengine_internal.check_checkout(channel text, sold_at timestamptz, points integer, note text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100 AS $oe_body$
BEGIN
    PERFORM offerengine_internal.check_channel(check_checkout.channel);
    IF check_checkout.note IS NOT NULL THEN
        PERFORM offerengine_internal.check_note(check_checkout.note, 'the note of an order');
    END IF;
    IF NOT isfinite(sold_at) THEN
        RAISE EXCEPTION 'nothing is bought at %', sold_at USING ERRCODE = '22023', HINT = 'Leave "at" out, or name an instant.';
    END IF;
    IF sold_at <> now() AND offerengine_internal.called_by_storefront() THEN
        RAISE EXCEPTION 'role "%" may not buy at another instant than now', offerengine_internal.calling_role()
            USING ERRCODE = '42501', HINT = 'Leave "at" out.';
    END IF;
    IF points < 0 THEN
        RAISE EXCEPTION '% points cannot be redeemed', points USING ERRCODE = '22023', HINT = 'Leave points out.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_checkout(text, timestamptz, integer, text) IS
    'Refuses what no checkout can have: a channel that there is not, an infinite instant, points below 0, a long note (22023); and '
    'to a storefront a foreign channel and another instant than now (42501).';

CREATE FUNCTION offerengine_internal.sell_cart(
    cart offerengine_internal.known_cart, sale offerengine_internal.sale, expected_total bigint, is_named boolean)
RETURNS offerengine_internal.sale_line[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 20000 AS $oe_body$
DECLARE
    sold_on      CONSTANT date := offerengine_internal.local_date(sale.sold_at, cart.time_zone);
    rules_shared boolean := false;
    line_nos     integer[];
    asked        text[];
    quantities   integer[];
    notes        text[];
    days         date[];
    nlines       bigint;
    refused      offerengine_internal.cart_line_state[];
    sum          numeric;
    found        offerengine_internal.cart_sale;
    choices      offerengine_internal.stock_choice[];
    paid         offerengine_internal.points_paid;
BEGIN
    -- What a hold has fixed, and what was held under the order that is to come, is judged line by line.
    IF cart.order_id IS NULL THEN
        SELECT array_agg(l.line_no), array_agg(l.offer_reference), array_agg(l.quantity), array_agg(l.note), array_agg(l.starts_on)
          INTO line_nos, asked, quantities, notes, days
          FROM (SELECT c.line_no, c.offer_reference, c.quantity, c.note, c.starts_on
                  FROM offerengine.cart_line c
                 WHERE c.customer_reference = cart.customer_reference AND c.cart_id = cart.cart_id
                 ORDER BY c.line_no) AS l;
        found := offerengine_internal.plain_sale(
            asked, cart.store, cart.currency, cart.price_mode, quantities, cart.buyer, cart.country, sale.sold_at, sale.channel,
            line_nos, notes, days, sold_on);
    END IF;
    IF found.lines IS NULL THEN
        LOOP
            -- All that is needed of the lines, in one pass and in their order.
            SELECT count(*), array_agg(l) FILTER (WHERE l.refusals IS NOT NULL), sum(l.line_amount),
                   array_agg(ROW(l.line_no, l.offer_id, l.sold_as, l.merchant_id, l.offer_type, l.pass_duration, l.quantity,
                                 l.unit_amount, l.other_amount, l.line_amount, l.price_id, l.price_source,
                                 CASE WHEN l.sold_as <> l.offer_reference THEN l.offer_reference END, l.message,
                                 CASE WHEN l.is_matched THEN l.sales_rule_id END, greatest(l.starts_on, sold_on), l.note,
                                 l.step_amounts, l.other_step_amounts,
                                 CASE WHEN l.offer_type = 'subscription' THEN offerengine.uuid_v7() END)
                                 ::offerengine_internal.sale_line),
                   array_agg(ROW(l.line_no, l.offer_id, l.quantity, NULL)::offerengine_internal.stock_want)
                       FILTER (WHERE l.is_counted),
                   bool_or(l.offer_type = 'subscription')
              INTO nlines, refused, sum, found.lines, found.wants, found.has_subscriptions
              FROM offerengine_internal.cart_lines(
                       cart, sale.sold_at, sale.channel, true, before_rules => NOT rules_shared) AS l;
            -- Only subscriptions are targets of rules; without one no rule counts.
            EXIT WHEN rules_shared OR (nlines > 0 AND found.has_subscriptions IS NOT TRUE);
            PERFORM offerengine_internal.share_cart_rules(cart);
            rules_shared := true;
        END LOOP;
        PERFORM offerengine_internal.refuse_cart_problems(cart, nlines, refused);
        found.total := offerengine_internal.cart_amount(cart, sum);
    END IF;
    sale.total := found.total;
    sale.has_subscriptions := found.has_subscriptions;
    IF sale.total <> expected_total THEN
        RAISE EXCEPTION 'cart % costs % now, not %', cart.cart_id, sale.total, expected_total
            USING ERRCODE = 'OE010', HINT = 'Show the new total and ask again.',
                  DETAIL = jsonb_build_object('total', sale.total, 'expected_total', expected_total,
                                              'currency', sale.currency)::text;
    END IF;
    IF found.wants IS NOT NULL AND found.in_one IS NOT TRUE THEN
        choices := offerengine_internal.choose_stock(sale.order_id, sale.store, found.wants);
    END IF;

    -- Before the order, which whoever is told of it sees with what points have paid. Under an id that is new nothing is held.
    IF sale.points > 0 OR is_named OR cart.order_id IS NOT NULL THEN
        paid := offerengine_internal.pay_with_points(
            sale.customer_reference, sale.order_id, coalesce(sale.order_reference, sale.order_id::text), sale.points, sale.currency,
            sale.total);
        sale.points := paid.points;
        sale.points_amount := paid.amount;
    END IF;
    PERFORM offerengine_internal.place_order(sale, found.lines);
    PERFORM offerengine_internal.close_cart(cart, sale.order_id);
    IF cart.order_id IS NULL AND (is_named OR found.wants IS NOT NULL) THEN
        PERFORM offerengine_internal.claim_stock_order(cart, sale.order_id, 'confirmed');
    END IF;
    IF found.in_one THEN
        PERFORM offerengine_internal.take_only_places(sale.order_id, sale.store, found.wants, NULL, true);
    ELSIF found.wants IS NOT NULL AND cart.order_id IS NULL THEN
        PERFORM offerengine_internal.take_choices(sale.order_id, sale.store, found.wants, choices, NULL, true);
    ELSIF found.wants IS NOT NULL THEN
        PERFORM offerengine_internal.reserve_chosen(
                    sale.order_id, sale.store, found.wants, choices, NULL, true, sale.customer_reference);
    END IF;
    RETURN found.lines;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.sell_cart(offerengine_internal.known_cart, offerengine_internal.sale, bigint, boolean) IS
    'Places the order of a cart, which the caller has opened and whose customer he holds, and takes its stock, for good, last; '
    'answers its lines. is_named: the caller of the checkout has chosen the order''s id. Errors: as cart_checkout.';

CREATE FUNCTION offerengine_internal.close_cart(cart offerengine_internal.known_cart, order_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 AS $oe_body$
BEGIN
    IF cart.was_held THEN
        PERFORM offerengine_internal.empty_cart(cart.customer_reference, cart.cart_id);
    END IF;
    -- Starting a statement costs more than what each of these does.
    WITH no_keys AS (
        DELETE FROM offerengine.cart_key k
         WHERE k.customer_reference = cart.customer_reference AND k.cart_id = cart.cart_id),
    no_lines AS (
        DELETE FROM offerengine.cart_line l
         WHERE l.customer_reference = cart.customer_reference AND l.cart_id = cart.cart_id)
    UPDATE offerengine.cart c
       SET order_id = close_cart.order_id, ordered_at = clock_timestamp(), changed_at = clock_timestamp()
     WHERE c.customer_reference = cart.customer_reference AND c.cart_id = cart.cart_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.close_cart(offerengine_internal.known_cart, uuid) IS
    'Makes the cart, which the caller holds, the one that has become this order, and removes everything else of it.';
