-- What a cart would be sold as, line by line, and what stands in the way: the one set of rules that every stage uses, from looking
-- at the cart to its checkout. All lines are asked about at once: redirects by one statement, and what offers are, cost and have
-- by one call.

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
    time_zone          text,
    was_held           boolean,
    first_held_at      timestamptz,
    expires_at         timestamptz,
    fixed_at           timestamptz,
    amount             bigint
);
COMMENT ON TYPE offerengine_internal.known_cart IS
    'A cart as tables cart and cart_hold have it; country: the one that counts, NULL where the store has none; time_zone: the '
    'store''s; was_held: it may have rows of cart_hold and cart_hold_line.';

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
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 AS $oe_body$
DECLARE
    found_cart offerengine_internal.known_cart;
BEGIN
    SELECT c.customer_reference, c.cart_id, c.store_code, c.currency_code, coalesce(c.country_code, k.default_country),
           c.price_mode, c.buyer, c.last_line_no, c.order_id, c.ordered_at, c.merged_into, k.time_zone, c.order_id IS NOT NULL
      INTO found_cart
      FROM offerengine.cart c
      JOIN offerengine.store k ON k.store_code = c.store_code
     WHERE c.customer_reference = find_cart.customer_reference AND c.cart_id = find_cart.cart_id;
    -- What was never held has no order that is to come.
    IF found_cart.order_id IS NULL THEN
        RETURN found_cart;
    END IF;
    IF found_cart.ordered_at IS NULL
       AND EXISTS (SELECT FROM offerengine.stock_order s WHERE s.order_id = found_cart.order_id AND s.state = 'cancelled') THEN
        -- Whoever has released the stock of an order that is to come has given that order up, and the hold.
        found_cart.order_id := NULL;
        RETURN found_cart;
    END IF;
    SELECT h.first_held_at, h.expires_at, h.fixed_at, h.amount
      INTO found_cart.first_held_at, found_cart.expires_at, found_cart.fixed_at, found_cart.amount
      FROM offerengine.cart_hold h
     WHERE h.customer_reference = find_cart.customer_reference AND h.cart_id = find_cart.cart_id;
    RETURN found_cart;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.find_cart(text, uuid) IS 'The cart of a customer; NULL in all its fields: there is none.';

CREATE FUNCTION offerengine_internal.is_fixed(cart offerengine_internal.known_cart, at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 AS $oe_body$
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
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 AS $oe_body$
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

CREATE TYPE offerengine_internal.line_steps AS (
    amounts       bigint[],
    other_amounts bigint[],
    missing       integer,
    next_unit     bigint,
    next_from     date
);
COMMENT ON TYPE offerengine_internal.line_steps IS
    'What the steps of a subscription cost for one piece, in their order, in the price mode of the cart and in the other one; the '
    'first that has no price (NULL: each has one); what the second costs, and from which day.';

CREATE FUNCTION offerengine_internal.line_steps(
    cart offerengine_internal.known_cart, is_fixed boolean, line_no integer, offer_id bigint, sold_on date, first_day date)
RETURNS offerengine_internal.line_steps
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    fixed_amounts bigint[];
    other_fixed   bigint[];
    steps         offerengine_internal.line_steps;
BEGIN
    IF NOT isfinite(sold_on) THEN
        RETURN NULL;
    END IF;
    IF line_steps.is_fixed THEN
        SELECT h.step_amounts, h.other_step_amounts INTO fixed_amounts, other_fixed
          FROM offerengine.cart_hold_line h
         WHERE h.customer_reference = cart.customer_reference AND h.cart_id = cart.cart_id AND h.line_no = line_steps.line_no;
    END IF;
    SELECT coalesce(fixed_amounts, array_agg(p.amount ORDER BY p.step_no)),
           CASE WHEN line_steps.is_fixed THEN other_fixed ELSE array_agg(p.other_amount ORDER BY p.step_no) END,
           min(p.step_no) FILTER (WHERE p.amount IS NULL AND NOT line_steps.is_fixed),
           coalesce(fixed_amounts[2], min(p.amount) FILTER (WHERE p.step_no = 2)),
           min(p.starts_on) FILTER (WHERE p.step_no = 2)
      INTO steps
      FROM offerengine_internal.sold_steps(
               line_steps.offer_id, cart.currency, cart.price_mode, cart.country, line_steps.sold_on, line_steps.first_day) AS p
    HAVING count(*) > 0;
    RETURN steps;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.line_steps(
    offerengine_internal.known_cart, boolean, integer, bigint, date, date) IS
    'What the steps of a line of a cart cost that is sold as a subscription offer on sold_on, to begin on first_day; is_fixed: '
    'what the hold of the cart has fixed of that.';

CREATE FUNCTION offerengine_internal.cart_lines(
    cart offerengine_internal.known_cart, at timestamptz, channel text, for_sale boolean,
    given offerengine_internal.cart_line_asked[] DEFAULT NULL, as_asked boolean DEFAULT false, before_rules boolean DEFAULT false)
RETURNS SETOF offerengine_internal.cart_line_state
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 5000 ROWS 10 AS $oe_body$
DECLARE
    is_fixed   CONSTANT boolean := given IS NULL AND offerengine_internal.is_fixed(cart, cart_lines.at);
    sold_on    CONSTANT date := offerengine_internal.local_date(cart_lines.at, cart.time_zone);
    line_nos   integer[];
    asked      text[];
    quantities integer[];
    notes      text[];
    days       date[];
    sold       text[];
    rules      bigint[];
    matched    boolean[];
    messages   text[];
    amounts    bigint[];
    others     bigint[];
    price_ids  bigint[];
    sources    text[];
    is_known   boolean := true;
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
               array_agg(h.is_matched ORDER BY l.place), array_agg(h.message ORDER BY l.place),
               array_agg(h.unit_amount ORDER BY l.place), array_agg(h.other_amount ORDER BY l.place),
               array_agg(h.price_id ORDER BY l.place), array_agg(h.price_source ORDER BY l.place)
          INTO sold, rules, matched, messages, amounts, others, price_ids, sources
          FROM unnest(line_nos, asked) WITH ORDINALITY AS l (line_no, reference, place)
          LEFT JOIN offerengine.cart_hold_line h
                 ON h.customer_reference = cart.customer_reference AND h.cart_id = cart.cart_id AND h.line_no = l.line_no
          LEFT JOIN offerengine.offer o ON o.offer_id = h.offer_id;
    ELSE
        -- What is no subscription is no rule's target, and sold as it is: rules are asked where there is one.
        sold := asked;
        is_known := as_asked;
    END IF;

    LOOP
        RETURN QUERY
        SELECT l.line_no, l.asked, l.quantity, l.note, l.starts_on, l.offer_id, l.sold_as, l.sku, l.title, l.offer_type,
               l.is_shipped, l.pass_duration, l.merchant_id, l.merchant_reference, l.merchant_name, l.sales_rule_id, l.is_matched,
               l.message, l.amount, l.other_amount,
               CASE WHEN l.amount <= 9223372036854775807 / l.quantity THEN l.amount * l.quantity END,
               l.price_id, l.price_source, (l.steps).amounts, (l.steps).other_amounts,
               CASE WHEN l.next_amount <= 9223372036854775807 THEN l.next_amount END, (l.steps).next_from, l.is_counted,
               l.available,
               -- Of what is not there or not shown nothing else is told.
               CASE WHEN l.offer_id IS NULL THEN ARRAY['there is no offer "' || l.sold_as || '"']
                    WHEN l.is_hidden THEN ARRAY[NULL, coalesce(l.detail, l.reason)]
                    WHEN coalesce(l.no_price, l.too_few, l.not_sellable, l.odd_quantity, l.over_limit) IS NOT NULL
                    THEN ARRAY[NULL, NULL, l.no_price, l.too_few, l.not_sellable, l.odd_quantity, l.over_limit] END
          FROM (SELECT j.*,
                       CASE WHEN j.amount IS NULL THEN coalesce(j.detail, j.reason, 'no price')
                            WHEN (j.steps).missing IS NOT NULL
                            THEN offerengine_internal.step_refusal(
                                     (j.steps).missing, cart.price_mode, cart.currency, cart.country, sold_on) END AS no_price,
                       CASE WHEN j.pieces < j.wanted THEN format('%s wanted, %s left', j.wanted, j.pieces) END AS too_few,
                       CASE WHEN NOT (j.is_hidden OR j.is_sellable OR is_fixed)
                            THEN offerengine_internal.offer_operation_refusal(j.offer_id, 'checkout', cart_lines.channel) END
                           AS not_sellable,
                       CASE WHEN j.amount > 9223372036854775807 / j.quantity
                            THEN format('%s pieces at %s each are more than an amount can say', j.quantity, j.amount)
                            WHEN j.next_amount > 9223372036854775807
                            THEN format('%s pieces at %s each, from %s on, are more than an amount can say', j.quantity,
                                        (j.steps).next_unit, offerengine_internal.day_text((j.steps).next_from))
                            WHEN coalesce(j.order_minimum, j.order_step, j.order_maximum) IS NOT NULL
                                 AND NOT (j.is_hidden OR is_fixed)
                            THEN offerengine_internal.quantity_refusal(
                                     j.order_minimum, j.order_step, j.order_maximum, j.wanted) END
                           AS odd_quantity,
                       CASE WHEN j.customer_limit IS NOT NULL AND NOT j.is_hidden
                            THEN offerengine_internal.limit_refusal(
                                     cart.customer_reference, j.offer_id, j.customer_limit, j.customer_limit_counts, j.wanted,
                                     cart_lines.at) END AS over_limit
                  FROM (SELECT k.*, (k.steps).next_unit * k.quantity::numeric AS next_amount,
                               k.found_available + k.own AS available, k.found_pieces + k.own AS pieces
                          FROM (SELECT i.line_no, i.asked, i.quantity, i.note, i.starts_on, i.offer_id,
                                       coalesce(i.offer_reference, i.sold) AS sold_as, i.sku, i.title, i.offer_type, i.is_shipped,
                                       i.pass_duration, i.order_minimum, i.order_step, i.order_maximum, i.customer_limit,
                                       i.customer_limit_counts, i.merchant_id, i.merchant_reference, i.merchant_name,
                                       i.sales_rule_id, coalesce(i.is_matched, false) AS is_matched, i.message, i.wanted,
                                       i.reason, i.detail,
                                       i.offer_id IS NULL OR coalesce(i.reason = 'not_visible', false) AS is_hidden, i.is_sellable,
                                       CASE WHEN is_fixed THEN i.fixed_amount ELSE i.amount END AS amount,
                                       CASE WHEN is_fixed THEN i.fixed_other
                                            WHEN cart_lines.for_sale AND i.price_source = 'price_sheet'
                                            THEN offerengine_internal.other_amount(
                                                     i.price_id, i.price_source, cart.price_mode, i.amount)
                                            ELSE i.other_amount END AS other_amount,
                                       CASE WHEN is_fixed THEN i.fixed_price_id ELSE i.price_id END AS price_id,
                                       CASE WHEN is_fixed THEN i.fixed_source ELSE i.price_source END AS price_source,
                                       CASE WHEN i.offer_type = 'subscription'
                                            THEN offerengine_internal.line_steps(
                                                     cart, is_fixed, i.line_no, i.offer_id, sold_on, greatest(i.starts_on, sold_on))
                                            END AS steps,
                                       i.is_counted, i.available AS found_available, i.pieces AS found_pieces,
                                       CASE WHEN i.is_counted AND cart.order_id IS NOT NULL
                                            THEN offerengine_internal.own_pieces(cart.order_id, i.offer_id, cart.store)
                                            ELSE 0 END AS own
                                  -- Beside each other, both in the order of the lines.
                                  FROM ROWS FROM (
                                           unnest(line_nos, asked, quantities, notes, days, sold, rules, matched, messages, amounts,
                                                  others, price_ids, sources),
                                           offerengine_internal.sold_offers(
                                               sold, cart.store, cart.currency, cart.price_mode, quantities, cart.buyer,
                                               cart.country, cart_lines.at, cart_lines.channel, NOT is_fixed,
                                               cart_lines.for_sale AND NOT is_fixed, NOT is_known))
                                       AS i (line_no, asked, quantity, note, starts_on, sold, sales_rule_id, is_matched, message,
                                             fixed_amount, fixed_other, fixed_price_id, fixed_source,
                                             place, offer_id, offer_reference, merchant_id, merchant_reference, merchant_name, sku,
                                             title, offer_type, is_shipped, pass_duration, is_sellable, order_minimum, order_step,
                                             order_maximum, customer_limit, customer_limit_counts, wanted, amount, other_amount,
                                             price_source, price_id, reason, detail, is_counted, available, pieces)
                                 WHERE i.place IS NOT NULL
                                OFFSET 0) AS k) AS j
                OFFSET 0) AS l;
        EXIT WHEN is_known OR FOUND OR before_rules;

        is_known := true;
        IF cardinality(offerengine_internal.rules_of_targets(asked)) > 0 THEN
            SELECT array_agg(r.offer_reference ORDER BY r.position), array_agg(r.sales_rule_id ORDER BY r.position),
                   array_agg(r.outcome = 'matched' ORDER BY r.position), array_agg(r.message ORDER BY r.position)
              INTO sold, rules, matched, messages
              FROM offerengine_internal.redirect_lines(
                       cart.customer_reference, asked, quantities, cart_lines.at, cart.store, cart.currency, cart.country,
                       cart.price_mode, cart.buyer) AS r;
        END IF;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.cart_lines(
    offerengine_internal.known_cart, timestamptz, text, boolean, offerengine_internal.cart_line_asked[], boolean, boolean) IS
    'The lines of a cart as they would be sold at the instant through the channel, with every problem of each: unknown_offer and '
    'not_visible (of which nothing else is told), no_price, not_available, not_sellable, quantity_not_allowed and limit_reached, '
    'the last two judged over all lines that are sold as the same offer, as is what is available, against which the cart''s own '
    'hold does not count. Within a hold (is_fixed) what was fixed counts, and only availability and the limit are asked again. '
    'for_sale: with the amounts of the other price mode, for whoever writes. given: these lines instead of the cart''s own, in its '
    'store, currency ...; as_asked: each as it is named, whatever sales rules make of it; before_rules: none at all where rules '
    'may have a say, since a line is a subscription that no hold has fixed.';

CREATE FUNCTION offerengine_internal.check_asked_at(at timestamptz) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10 AS $oe_body$
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
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 100 AS $oe_body$
BEGIN
    PERFORM offerengine_internal.check_asked_at(asked_cart.at);
    RETURN offerengine_internal.find_cart(asked_cart.customer_reference, asked_cart.cart_id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.asked_cart(text, uuid, timestamptz) IS
    'The cart that a reader asks about; NULL in all its fields: the customer has none of that id. 42501: a storefront asks for '
    'another instant than now; 22023: for none.';

CREATE FUNCTION offerengine_internal.named_problems(refusals text[]) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 AS $oe_body$
BEGIN
    IF refusals IS NULL THEN
        RETURN '{}';
    END IF;
    RETURN ARRAY(SELECT p.problem
                   FROM unnest(offerengine_internal.cart_problems(), refusals) WITH ORDINALITY AS p (problem, detail, place)
                  WHERE p.detail IS NOT NULL ORDER BY p.place);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.named_problems(text[]) IS
    'The names of what stands in the way of a line, in the order of cart_problems(); empty: nothing.';
