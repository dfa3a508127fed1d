-- What a cart would be sold as, line by line, and what stands in the way: the one set of rules that every stage uses, from looking
-- at the cart to its checkout. All lines are asked about at once: redirects, prices and stock by one statement each.

CREATE TYPE offerengine_internal.known_cart AS (
    customer_reference text,
    cart_id            uuid,
    store              text,
    currency           text,
    country            text,
    price_mode         text,
    buyer              text,
    last_line_no       integer,
    order_id           uuid,
    ordered_at         timestamptz,
    merged_into        uuid,
    first_held_at      timestamptz,
    expires_at         timestamptz,
    fixed_at           timestamptz,
    amount             bigint
);
COMMENT ON TYPE offerengine_internal.known_cart IS
    'A cart as tables cart and cart_hold have it; country: the one that counts, NULL where the store has none.';

CREATE TYPE offerengine_internal.cart_line_asked AS (
    line_no integer, offer_reference text, quantity integer, note text, starts_on date);
COMMENT ON TYPE offerengine_internal.cart_line_asked IS 'A line of a cart as the customer has put it in.';

CREATE TYPE offerengine_internal.cart_line_state AS (
    line_no            integer,
    offer_reference    text,
    quantity           integer,
    note               text,
    starts_on          date,
    offer_id           bigint,
    sold_as            text,
    sku                text,
    title              text,
    offer_type         text,
    is_shipped         boolean,
    pass_duration      interval,
    merchant_id        bigint,
    merchant_reference text,
    merchant_name      text,
    sales_rule_id      bigint,
    is_matched         boolean,
    message            text,
    unit_amount        bigint,
    other_amount       bigint,
    line_amount        bigint,
    price_id           bigint,
    price_source       text,
    step_amounts       bigint[],
    other_step_amounts bigint[],
    next_amount        numeric,
    next_from          date,
    is_counted         boolean,
    available          numeric,
    refusals           text[]
);
COMMENT ON TYPE offerengine_internal.cart_line_state IS
    'A line of a cart and what it would be sold as: offer_reference is what was put in, sold_as and everything behind it what '
    'rules make of that; next_amount and next_from of the whole line; is_counted: some warehouse counts the offer; refusals: what '
    'stands in the way, in words, at the places of cart_problems(), NULL where nothing does.';

CREATE FUNCTION offerengine_internal.cart_problems() RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1 AS $oe_body$
BEGIN
    RETURN '{unknown_offer,not_visible,no_price,not_available,not_sellable,quantity_not_allowed,limit_reached}';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.cart_problems() IS
    'What may stand in the way of selling a line of a cart, in the order in which it is told.';

CREATE FUNCTION offerengine_internal.find_cart(customer_reference text, cart_id uuid) RETURNS offerengine_internal.known_cart
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    found_cart offerengine_internal.known_cart;
BEGIN
    SELECT c.customer_reference, c.cart_id, c.store_code, c.currency_code, coalesce(c.country_code, k.default_country),
           c.price_mode, c.buyer, c.last_line_no, CASE WHEN s.order_id IS NULL THEN c.order_id END, c.ordered_at, c.merged_into,
           h.first_held_at, h.expires_at, h.fixed_at, h.amount
      INTO found_cart
      FROM offerengine.cart c
      JOIN offerengine.store k ON k.store_code = c.store_code
      -- Whoever has released the stock of an order that is to come has given that order up, and the hold.
      LEFT JOIN offerengine.stock_order s ON s.order_id = c.order_id AND s.state = 'cancelled' AND c.ordered_at IS NULL
      LEFT JOIN offerengine.cart_hold h
             ON h.customer_reference = c.customer_reference AND h.cart_id = c.cart_id AND s.order_id IS NULL
     WHERE c.customer_reference = find_cart.customer_reference AND c.cart_id = find_cart.cart_id;
    RETURN found_cart;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.find_cart(text, uuid) IS 'The cart of a customer; NULL in all its fields: there is none.';

CREATE FUNCTION offerengine_internal.is_fixed(cart offerengine_internal.known_cart, at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- A reader or writer of now means the clock, by which a hold ends.
    RETURN coalesce(cart.fixed_at IS NOT NULL AND clock_timestamp() < cart.expires_at
                    AND (at = now() OR (cart.fixed_at <= at AND at < cart.expires_at)), false);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.is_fixed(offerengine_internal.known_cart, timestamptz) IS
    'Whether the cart is held at this moment, unchanged since it was, and the instant lies within the hold: then it is sold at '
    'what it was fixed at.';

CREATE FUNCTION offerengine_internal.own_pieces(order_id uuid, offer_id bigint, store text) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- By the clock by which offer_store_availability counts what has run out as free.
    RETURN (SELECT coalesce(sum(h.quantity - h.shipped), 0)
              FROM offerengine.stock_hold h
              JOIN offerengine_internal.serving_warehouse w ON w.warehouse_id = h.warehouse_id AND w.store_code = own_pieces.store
             WHERE h.order_id = own_pieces.order_id AND h.offer_id = own_pieces.offer_id AND h.state = 'held'
               AND (h.expires_at IS NULL OR h.expires_at > statement_timestamp()));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.own_pieces(uuid, bigint, text) IS
    'How many pieces of an offer an order that is to come holds in the store.';

CREATE TYPE offerengine_internal.cart_stock AS (offer_id bigint, available numeric, pieces numeric);
COMMENT ON TYPE offerengine_internal.cart_stock IS
    'What there is of an offer for a cart, its own hold included: available, and of that what can be sold, whole pieces; NULL: '
    'any quantity.';

CREATE FUNCTION offerengine_internal.cart_stock(cart offerengine_internal.known_cart, offer_ids bigint[])
RETURNS SETOF offerengine_internal.cart_stock
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT k.offer_id, coalesce(a.available, 0) + n.own,
           CASE WHEN NOT coalesce(a.is_never_out_of_stock, false) THEN coalesce(a.pieces, 0) + n.own END
      FROM unnest(cart_stock.offer_ids) AS k (offer_id)
     CROSS JOIN LATERAL (SELECT CASE WHEN cart.order_id IS NULL THEN 0
                                     ELSE offerengine_internal.own_pieces(cart.order_id, k.offer_id, cart.store) END AS own
                           FROM offerengine.offer_stock s WHERE s.offer_id = k.offer_id LIMIT 1) AS n
      LEFT JOIN LATERAL (
           SELECT v.* FROM offerengine_internal.offer_store_availability v
            WHERE v.offer_id = k.offer_id AND v.store_code = cart.store LIMIT 1) AS a ON true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.cart_stock(offerengine_internal.known_cart, bigint[]) IS
    'What there is of each of these offers, distinct ones, in the store of the cart, against which its own hold does not count. '
    'No row for an offer that no warehouse counts: any quantity of it can be sold.';

CREATE FUNCTION offerengine_internal.rules_of_targets(offer_references text[]) RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- LIMIT: one look-up an offer, never a join with the whole catalogue.
    RETURN ARRAY(
        SELECT DISTINCT r.sales_rule_id
          FROM unnest(rules_of_targets.offer_references) AS l (reference)
         CROSS JOIN LATERAL (
               SELECT o.offer_id FROM offerengine.offer o
                WHERE o.offer_reference = l.reference AND o.offer_type = 'subscription' LIMIT 1) AS o
         CROSS JOIN LATERAL (
               SELECT a.sales_rule_id FROM offerengine.sales_rule a WHERE a.advantage_offer_id = o.offer_id
                UNION ALL
               SELECT g.sales_rule_id FROM offerengine.sales_rule g WHERE g.regular_offer_id = o.offer_id) AS r
         ORDER BY r.sales_rule_id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.rules_of_targets(text[]) IS
    'The sales rules that have one of these offers as advantage or regular offer, which are subscriptions, ever; ascending.';

CREATE FUNCTION offerengine_internal.cart_lines(
    cart offerengine_internal.known_cart, at timestamptz, channel text, for_sale boolean,
    given offerengine_internal.cart_line_asked[] DEFAULT NULL, as_asked boolean DEFAULT false)
RETURNS SETOF offerengine_internal.cart_line_state
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 5000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    is_fixed   CONSTANT boolean := given IS NULL AND offerengine_internal.is_fixed(cart, cart_lines.at);
    zone       CONSTANT text := offerengine_internal.time_zone_of(cart.store);
    sold_on    CONSTANT date := offerengine_internal.local_date(cart_lines.at, zone);
    line_nos   integer[];
    asked      text[];
    quantities integer[];
    notes      text[];
    days       date[];
    sold       text[];
    rules      bigint[];
    matched    boolean[];
    messages   text[];
BEGIN
    IF given IS NULL THEN
        SELECT array_agg(l.line_no), array_agg(l.offer_reference), array_agg(l.quantity), array_agg(l.note), array_agg(l.starts_on)
          INTO line_nos, asked, quantities, notes, days
          FROM (SELECT c.line_no, c.offer_reference, c.quantity, c.note, c.starts_on
                  FROM offerengine.cart_line c
                 WHERE c.customer_reference = cart.customer_reference AND c.cart_id = cart.cart_id
                 ORDER BY c.line_no) AS l;
    ELSE
        SELECT array_agg(l.line_no), array_agg(l.offer_reference), array_agg(l.quantity), array_agg(l.note), array_agg(l.starts_on)
          INTO line_nos, asked, quantities, notes, days
          FROM unnest(given) AS l;
    END IF;
    IF line_nos IS NULL THEN
        RETURN;
    END IF;

    IF is_fixed THEN
        SELECT array_agg(coalesce(o.offer_reference, l.reference) ORDER BY l.place), array_agg(h.sales_rule_id ORDER BY l.place),
               array_agg(h.is_matched ORDER BY l.place), array_agg(h.message ORDER BY l.place)
          INTO sold, rules, matched, messages
          FROM unnest(line_nos, asked) WITH ORDINALITY AS l (line_no, reference, place)
          LEFT JOIN offerengine.cart_hold_line h
                 ON h.customer_reference = cart.customer_reference AND h.cart_id = cart.cart_id AND h.line_no = l.line_no
          LEFT JOIN offerengine.offer o ON o.offer_id = h.offer_id;
    ELSIF NOT as_asked AND cardinality(offerengine_internal.rules_of_targets(asked)) > 0 THEN
        SELECT array_agg(r.offer_reference ORDER BY r.position), array_agg(r.sales_rule_id ORDER BY r.position),
               array_agg(r.outcome = 'matched' ORDER BY r.position), array_agg(r.message ORDER BY r.position)
          INTO sold, rules, matched, messages
          FROM offerengine_internal.redirect_lines(
                   cart.customer_reference, asked, quantities, cart_lines.at, cart.store, cart.currency, cart.country,
                   cart.price_mode, cart.buyer) AS r;
    ELSE
        -- What no rule has as a target is sold as it is.
        sold := asked;
    END IF;

    RETURN QUERY
    WITH priced AS MATERIALIZED (
        SELECT r.position AS place, r.amount, NULL::bigint AS other_amount, r.price_source, r.price_id, r.reason, r.detail,
               NULL::bigint[] AS step_amounts, NULL::bigint[] AS other_step_amounts
          FROM offerengine.resolve_prices(
                   CASE WHEN NOT is_fixed THEN sold END, cart.store, cart.currency, cart.price_mode,
                   CASE WHEN NOT is_fixed THEN quantities END, cart.buyer, cart.country, 'DEFAULT', cart_lines.at) AS r
        UNION ALL
        SELECT array_position(line_nos, h.line_no), h.unit_amount, h.other_amount, h.price_source, h.price_id, NULL, NULL,
               h.step_amounts, h.other_step_amounts
          FROM offerengine.cart_hold_line h
         WHERE is_fixed AND h.customer_reference = cart.customer_reference AND h.cart_id = cart.cart_id),
    line AS MATERIALIZED (
        SELECT l.place, l.line_no, l.asked, l.quantity, l.note, l.starts_on, l.sales_rule_id, coalesce(l.is_matched, false)
               AS is_matched, l.message, p.amount, p.other_amount, p.price_source, p.price_id, p.reason, p.detail,
               o.offer_id, coalesce(o.offer_reference, l.sold) AS sold_as, o.product_id, o.merchant_id, o.offer_type, o.management,
               o.title, o.is_shipped, o.pass_duration, o.order_minimum, o.order_step, o.order_maximum, o.customer_limit,
               o.customer_limit_counts, o.sku, o.name, o.merchant_reference, o.merchant_name,
               greatest(l.starts_on, sold_on) AS first_day,
               sum(l.quantity) OVER (PARTITION BY o.offer_id) AS wanted,
               CASE WHEN o.offer_type = 'subscription'
                    THEN (SELECT count(*)::integer FROM offerengine.offer_step s WHERE s.offer_id = o.offer_id) ELSE 0 END AS steps,
               p.step_amounts AS fixed_amounts, p.other_step_amounts AS other_fixed_amounts
          FROM unnest(line_nos, asked, quantities, notes, days, sold, rules, matched, messages) WITH ORDINALITY
               AS l (line_no, asked, quantity, note, starts_on, sold, sales_rule_id, is_matched, message, place)
          LEFT JOIN priced p ON p.place = l.place
          -- LIMIT: one look-up an offer, never a join with the whole catalogue.
          LEFT JOIN LATERAL (
               SELECT f.offer_id, f.offer_reference, f.product_id, f.merchant_id, f.offer_type, f.management, f.title, f.is_shipped,
                      f.pass_duration, f.order_minimum, f.order_step, f.order_maximum, f.customer_limit,
                      f.customer_limit_counts, d.sku, d.name, m.merchant_reference, m.name AS merchant_name
                 FROM offerengine.offer f
                 JOIN offerengine.product d ON d.product_id = f.product_id
                 JOIN offerengine.merchant m ON m.merchant_id = f.merchant_id
                WHERE f.offer_reference = l.sold LIMIT 1) AS o ON true),
    refused AS MATERIALIZED (
        SELECT k.management, k.offer_type, k.steps,
               offerengine_internal.operation_refusal(
                   k.management, k.offer_type, k.steps, 'checkout', cart_lines.channel) AS refusal
          FROM (SELECT DISTINCT l.management, l.offer_type, l.steps
                  FROM line l WHERE l.offer_id IS NOT NULL AND NOT is_fixed) AS k),
    stock AS MATERIALIZED (
        SELECT k.offer_id, k.available, k.pieces
          FROM offerengine_internal.cart_stock(cart, ARRAY(SELECT DISTINCT l.offer_id FROM line l)) AS k),
    counted AS MATERIALIZED (
        SELECT k.offer_id,
               offerengine_internal.quantity_refusal(k.order_minimum, k.order_step, k.order_maximum, k.wanted) AS refusal
          FROM (SELECT DISTINCT l.offer_id, l.order_minimum, l.order_step, l.order_maximum, l.wanted
                  FROM line l
                 WHERE coalesce(l.order_minimum, l.order_step, l.order_maximum) IS NOT NULL AND NOT is_fixed) AS k),
    limited AS MATERIALIZED (
        SELECT k.offer_id,
               offerengine_internal.limit_refusal(cart.customer_reference, k.offer_id, k.customer_limit, k.customer_limit_counts,
                                                  k.wanted, cart_lines.at) AS refusal
          FROM (SELECT DISTINCT l.offer_id, l.customer_limit, l.customer_limit_counts, l.wanted
                  FROM line l WHERE l.customer_limit IS NOT NULL) AS k),
    steps AS MATERIALIZED (
        SELECT l.place, coalesce(l.fixed_amounts, array_agg(p.amount ORDER BY p.step_no)) AS amounts,
               CASE WHEN is_fixed THEN l.other_fixed_amounts ELSE array_agg(p.other_amount ORDER BY p.step_no) END
                   AS other_amounts,
               min(p.step_no) FILTER (WHERE p.amount IS NULL AND NOT is_fixed AND l.amount IS NOT NULL) AS missing,
               min(p.starts_on) FILTER (WHERE p.step_no = 2) AS next_from,
               coalesce(l.fixed_amounts[2], min(p.amount) FILTER (WHERE p.step_no = 2)) * l.quantity::numeric AS next_amount
          FROM line l
         CROSS JOIN LATERAL offerengine_internal.sold_steps(
                        l.offer_id, cart.currency, cart.price_mode, cart.country, sold_on, l.first_day) AS p
         WHERE l.offer_type = 'subscription' AND isfinite(sold_on)
         GROUP BY l.place, l.fixed_amounts, l.other_fixed_amounts, l.quantity)
    SELECT l.line_no, l.asked, l.quantity, l.note, l.starts_on, l.offer_id, l.sold_as, l.sku::text, coalesce(l.title, l.name),
           l.offer_type::text, l.is_shipped, l.pass_duration, l.merchant_id, l.merchant_reference::text, l.merchant_name,
           l.sales_rule_id, l.is_matched, l.message, l.amount,
           CASE WHEN is_fixed THEN l.other_amount
                WHEN cart_lines.for_sale
                THEN offerengine_internal.other_amount(l.price_id, l.price_source, cart.price_mode, l.amount) END,
           CASE WHEN l.amount <= 9223372036854775807 / l.quantity THEN l.amount * l.quantity END,
           l.price_id, l.price_source, s.amounts, s.other_amounts,
           CASE WHEN s.next_amount <= 9223372036854775807 THEN s.next_amount END, s.next_from,
           k.offer_id IS NOT NULL, k.available,
           -- Of what is not there or not shown nothing else is told.
           CASE WHEN l.offer_id IS NULL THEN ARRAY['there is no offer "' || l.sold_as || '"']
                WHEN l.reason = 'not_visible' THEN ARRAY[NULL, coalesce(l.detail, l.reason)]
                ELSE ARRAY[
                     NULL, NULL,
                     CASE WHEN l.amount IS NULL THEN coalesce(l.detail, l.reason, 'no price')
                          WHEN s.missing IS NOT NULL
                          THEN offerengine_internal.step_refusal(
                                   s.missing, cart.price_mode, cart.currency, cart.country, sold_on) END,
                     CASE WHEN k.pieces < l.wanted
                          THEN format('%s wanted, %s left', l.wanted, k.pieces) END,
                     r.refusal,
                     CASE WHEN l.amount > 9223372036854775807 / l.quantity
                          THEN format('%s pieces at %s each are more than an amount can say', l.quantity, l.amount)
                          WHEN s.next_amount > 9223372036854775807
                          THEN format('%s pieces at %s each, from %s on, are more than an amount can say', l.quantity,
                                      div(s.next_amount, l.quantity), offerengine_internal.day_text(s.next_from))
                          ELSE q.refusal END,
                     x.refusal] END
      FROM line l
      LEFT JOIN refused r ON r.management = l.management AND r.offer_type = l.offer_type AND r.steps = l.steps
      LEFT JOIN stock k ON k.offer_id = l.offer_id
      LEFT JOIN counted q ON q.offer_id = l.offer_id
      LEFT JOIN limited x ON x.offer_id = l.offer_id
      LEFT JOIN steps s ON s.place = l.place
     ORDER BY l.place;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.cart_lines(
    offerengine_internal.known_cart, timestamptz, text, boolean, offerengine_internal.cart_line_asked[], boolean) IS
    'The lines of a cart as they would be sold at the instant through the channel, with every problem of each: unknown_offer and '
    'not_visible (of which nothing else is told), no_price, not_available, not_sellable, quantity_not_allowed and limit_reached, '
    'the last two judged over all lines that are sold as the same offer, as is what is available, against which the cart''s own '
    'hold does not count. Within a hold (is_fixed) what was fixed counts, and only availability and the limit are asked again. '
    'for_sale: with the amounts of the other price mode, for whoever writes. given: these lines instead of the cart''s own, in its '
    'store, currency ...; as_asked: each as it is named, whatever sales rules make of it.';

CREATE FUNCTION offerengine_internal.check_asked_at(at timestamptz) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF check_asked_at.at <> now() AND offerengine_internal.called_by_storefront() THEN
        RAISE EXCEPTION 'role "%" may ask about now only', offerengine_internal.calling_role()
            USING ERRCODE = '42501', HINT = 'Leave "at" out.';
    END IF;
    IF NOT isfinite(check_asked_at.at) THEN
        RAISE EXCEPTION 'nothing is sold at %', check_asked_at.at
            USING ERRCODE = '22023', HINT = 'Leave "at" out, or name an instant.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_asked_at(timestamptz) IS
    'Refuses another instant than now for a storefront (42501), and infinity for everybody (22023).';

CREATE FUNCTION offerengine_internal.asked_cart(customer_reference text, cart_id uuid, at timestamptz)
RETURNS offerengine_internal.known_cart
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.check_asked_at(asked_cart.at);
    RETURN offerengine_internal.find_cart(asked_cart.customer_reference, asked_cart.cart_id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.asked_cart(text, uuid, timestamptz) IS
    'The cart that a reader asks about; NULL in all its fields: the customer has none of that id. 42501: a storefront asks for '
    'another instant than now; 22023: for none.';

CREATE FUNCTION offerengine_internal.named_problems(refusals text[]) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF num_nonnulls(VARIADIC refusals) = 0 THEN
        RETURN '{}';
    END IF;
    RETURN ARRAY(SELECT p.problem
                   FROM unnest(offerengine_internal.cart_problems(), refusals) WITH ORDINALITY AS p (problem, detail, place)
                  WHERE p.detail IS NOT NULL ORDER BY p.place);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.named_problems(text[]) IS
    'The names of what stands in the way of a line, in the order of cart_problems(); empty: nothing.';
