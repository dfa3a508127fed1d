-- Looking at a cart: its lines, what they come to, who delivers them, and what stands in the way of selling it.

CREATE TYPE offerengine.cart_item AS (
    line_no            integer,
    offer_reference    text,
    merchant_reference text,
    quantity           integer,
    note               text,
    unit_amount        bigint,
    line_amount        bigint,
    redirected_to      text,
    available          numeric,
    problems           text[],
    sku                text,
    title              text,
    merchant_name      text,
    offer_type         text,
    currency           text,
    starts_on          date,
    due_now            bigint,
    next_amount        bigint,
    next_from          date,
    message            text
);
COMMENT ON TYPE offerengine.cart_item IS
    'A line of a cart: offer_reference is what was put in, redirected_to what it is sold as where a sales rule gives another offer '
    '(message: what the rule tells the customer); merchant, sku, title and amounts are those of what is sold. Amounts in minor '
    'units of currency; due_now: what the line costs at the checkout; next_amount and next_from: what it costs for each accounting '
    'period, and from which day, when the first step of a subscription, a trial say, is over. available: what could be bought '
    'now, the cart''s own hold included; NULL: nobody counts it. problems: as cart_validate names them.';

CREATE TYPE offerengine.cart_total AS (
    currency       text,
    price_mode     text,
    lines          integer,
    quantity       bigint,
    total_amount   bigint,
    due_now        bigint,
    next_amount    bigint,
    next_from      date,
    problems       integer,
    order_id       uuid,
    held_until     timestamptz
);
COMMENT ON TYPE offerengine.cart_total IS
    'What a cart comes to: lines, pieces, and their amount in minor units of currency (a line without a price counts 0); due_now: '
    'what is paid at the checkout; next_amount: what its subscriptions cost for each accounting period when their first step is '
    'over, and next_from: when the first of them is; problems: how many cart_validate finds; order_id and held_until: its hold, '
    'while there is one.';

CREATE TYPE offerengine.cart_shipment AS (merchant_reference text, lines integer, quantity bigint, amount bigint);
COMMENT ON TYPE offerengine.cart_shipment IS
    'What one merchant delivers of a cart: how many lines and pieces, and their amount in minor units.';

CREATE TYPE offerengine.cart_problem AS (line_no integer, problem text, detail text);
COMMENT ON TYPE offerengine.cart_problem IS
    'What stands in the way of selling a line of a cart: problem unknown_offer, not_visible, no_price, not_available, '
    'not_sellable, quantity_not_allowed or limit_reached, and why, in words.';

CREATE FUNCTION offerengine.cart_items(customer_reference text, cart_id uuid, at timestamptz DEFAULT pg_catalog.now())
RETURNS SETOF offerengine.cart_item
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL RESTRICTED COST 5000 ROWS 10;
COMMENT ON FUNCTION offerengine.cart_items(text, uuid, timestamptz) IS
    'The lines of a cart as they would be sold at the instant, redirected as redirect_cart() says and priced at the quantity of '
    'the line, with all their problems. While the cart is held, as it was fixed. No row for a cart that the customer does not '
    'have, or that has become an order. 42501: a storefront asks for another instant than now; 22023: for none.';

CREATE FUNCTION offerengine.cart_totals(customer_reference text, cart_id uuid, at timestamptz DEFAULT pg_catalog.now())
RETURNS offerengine.cart_total
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL RESTRICTED COST 5000;
COMMENT ON FUNCTION offerengine.cart_totals(text, uuid, timestamptz) IS
    'What the lines of cart_items() come to: total_amount is what cart_checkout() takes as expected_total. NULL in all its fields '
    'for a cart that the customer does not have, or that has become an order. 22003: more than an amount can say; 42501, 22023: as '
    'cart_items.';

CREATE FUNCTION offerengine.cart_shipments(customer_reference text, cart_id uuid, at timestamptz DEFAULT pg_catalog.now())
RETURNS SETOF offerengine.cart_shipment
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL RESTRICTED COST 5000 ROWS 3;
COMMENT ON FUNCTION offerengine.cart_shipments(text, uuid, timestamptz) IS
    'What is delivered of a cart, one group a merchant, by merchant_reference: the lines whose offer is shipped (offer.is_shipped; '
    'not said: a product is). 22003, 42501, 22023: as cart_totals.';

CREATE FUNCTION offerengine.cart_validate(customer_reference text, cart_id uuid, at timestamptz DEFAULT pg_catalog.now())
RETURNS SETOF offerengine.cart_problem
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL RESTRICTED COST 5000 ROWS 3;
COMMENT ON FUNCTION offerengine.cart_validate(text, uuid, timestamptz) IS
    'All problems of all lines of a cart, by line: unknown_offer (there is none), not_visible (nothing else is told of these '
    'two), no_price (nor of a later step), not_available (too few pieces in the store, the cart''s own hold not counted against '
    'it), not_sellable (its management, type or steps do not allow channel checkout), quantity_not_allowed (offer.order_minimum '
    'and so many times order_step more, up to order_maximum), limit_reached (offer.customer_limit). The last four judge what the '
    'lines are sold as, all lines of one offer together, and name each of them. No row: it can be sold. 42501, 22023: as '
    'cart_items.';

CREATE FUNCTION offerengine_internal.do_cart_items(customer_reference text, cart_id uuid, at timestamptz)
RETURNS SETOF offerengine.cart_item
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 5000 ROWS 10 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    asked_at CONSTANT timestamptz := coalesce(do_cart_items.at, now());
    cart     CONSTANT offerengine_internal.known_cart := offerengine_internal.asked_cart(
        do_cart_items.customer_reference, do_cart_items.cart_id, asked_at);
BEGIN
    IF cart.cart_id IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT l.line_no, l.offer_reference, l.merchant_reference, l.quantity, l.note, l.unit_amount, l.line_amount,
           nullif(l.sold_as, l.offer_reference), l.available,
           CASE WHEN l.refusals IS NULL THEN '{}' ELSE offerengine_internal.named_problems(l.refusals) END,
           l.sku, l.title, l.merchant_name, l.offer_type, cart.currency, l.starts_on, l.line_amount,
           l.next_amount::bigint, l.next_from, l.message
      FROM offerengine_internal.cart_lines(cart, asked_at, 'checkout', false) AS l;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_items(text, uuid, timestamptz) IS 'cart_items, run as the owner.';

CREATE FUNCTION offerengine_internal.do_cart_totals(customer_reference text, cart_id uuid, at timestamptz)
RETURNS offerengine.cart_total
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 5000 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    asked_at CONSTANT timestamptz := coalesce(do_cart_totals.at, now());
    cart     CONSTANT offerengine_internal.known_cart := offerengine_internal.asked_cart(
        do_cart_totals.customer_reference, do_cart_totals.cart_id, asked_at);
    what     CONSTANT text := format('the lines of cart %s', do_cart_totals.cart_id);
    sums     record;
BEGIN
    IF cart.cart_id IS NULL OR cart.ordered_at IS NOT NULL OR cart.merged_into IS NOT NULL THEN
        RETURN NULL;
    END IF;
    SELECT count(*)::integer AS lines, coalesce(sum(l.quantity), 0) AS quantity, coalesce(sum(l.line_amount), 0) AS total,
           sum(l.next_amount) AS next_amount, min(l.next_from) AS next_from,
           coalesce(sum(num_nonnulls(VARIADIC l.refusals)), 0)::integer AS problems
      INTO sums
      FROM offerengine_internal.cart_lines(cart, asked_at, 'checkout', false) AS l;
    RETURN ROW(cart.currency, cart.price_mode, sums.lines, sums.quantity,
               offerengine_internal.amount_of(sums.total, what), offerengine_internal.amount_of(sums.total, what),
               offerengine_internal.amount_of(sums.next_amount, what), sums.next_from, sums.problems,
               CASE WHEN clock_timestamp() < cart.expires_at THEN cart.order_id END,
               CASE WHEN clock_timestamp() < cart.expires_at THEN cart.expires_at END)::offerengine.cart_total;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_totals(text, uuid, timestamptz) IS 'cart_totals, run as the owner.';

CREATE FUNCTION offerengine_internal.do_cart_shipments(customer_reference text, cart_id uuid, at timestamptz)
RETURNS SETOF offerengine.cart_shipment
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 5000 ROWS 3 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    asked_at CONSTANT timestamptz := coalesce(do_cart_shipments.at, now());
    cart     CONSTANT offerengine_internal.known_cart := offerengine_internal.asked_cart(
        do_cart_shipments.customer_reference, do_cart_shipments.cart_id, asked_at);
    what     CONSTANT text := format('the lines of cart %s', do_cart_shipments.cart_id);
    parcel   record;
    shipment offerengine.cart_shipment;
BEGIN
    IF cart.cart_id IS NULL THEN
        RETURN;
    END IF;
    FOR parcel IN
        SELECT l.merchant_reference, count(*)::integer AS lines, sum(l.quantity) AS quantity,
               sum(coalesce(l.line_amount, 0)) AS amount
          FROM offerengine_internal.cart_lines(cart, asked_at, 'checkout', false) AS l
         WHERE offerengine_internal.offer_is_shipped(l.is_shipped, l.offer_type)
         GROUP BY l.merchant_reference
         ORDER BY l.merchant_reference COLLATE "C"
    LOOP
        shipment := ROW(parcel.merchant_reference, parcel.lines, parcel.quantity,
                        offerengine_internal.amount_of(parcel.amount, what));
        RETURN NEXT shipment;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_shipments(text, uuid, timestamptz) IS 'cart_shipments, run as the owner.';

CREATE FUNCTION offerengine_internal.do_cart_validate(customer_reference text, cart_id uuid, at timestamptz)
RETURNS SETOF offerengine.cart_problem
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 5000 ROWS 3 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    asked_at CONSTANT timestamptz := coalesce(do_cart_validate.at, now());
    cart     CONSTANT offerengine_internal.known_cart := offerengine_internal.asked_cart(
        do_cart_validate.customer_reference, do_cart_validate.cart_id, asked_at);
BEGIN
    IF cart.cart_id IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT l.line_no, p.problem, p.detail
      FROM offerengine_internal.cart_lines(cart, asked_at, 'checkout', false) AS l
     CROSS JOIN LATERAL unnest(offerengine_internal.cart_problems(), l.refusals) WITH ORDINALITY AS p (problem, detail, place)
     WHERE l.refusals IS NOT NULL AND p.detail IS NOT NULL
     ORDER BY l.line_no, p.place;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_validate(text, uuid, timestamptz) IS 'cart_validate, run as the owner.';
