-- The cheapest way to what is in a cart, split over several merchants where that is cheaper or the only way.

CREATE TYPE offerengine.cart_best_offer AS (
    line_no              integer,
    offer_reference      text,
    best_offer_reference text,
    quantity             integer,
    unit_amount          bigint,
    line_amount          bigint,
    saves                bigint,
    merchant_reference   text,
    is_exact             boolean
);
COMMENT ON TYPE offerengine.cart_best_offer IS
    'So many pieces of a line (offer_reference: what is in the cart) are best got as best_offer_reference, from '
    'merchant_reference; NULL: there is no way to get the line, or none beside the lines before it. Amounts in minor units of the '
    'cart''s currency: of a piece, of these pieces, and what they cost less than as the cart has them (below 0: more), NULL where '
    'the line cannot be sold as it stands. is_exact: no cheaper way exists; false: there are so many combinations that the '
    'search was given up, and this is the best that it found.';

CREATE FUNCTION offerengine.cart_best_offers(
    customer_reference text,
    cart_id            uuid,
    at                 timestamptz DEFAULT pg_catalog.now(),
    max_merchants      integer DEFAULT NULL)
RETURNS SETOF offerengine.cart_best_offer
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL RESTRICTED COST 20000 ROWS 10;
COMMENT ON FUNCTION offerengine.cart_best_offers(text, uuid, timestamptz, integer) IS
    'For each line the offers from which its pieces cost least: visible and priced offers of the same SKU, type and duration '
    'that channel checkout sells, each within its stock (the cart''s own hold does not count against it), order_minimum, '
    'order_step, order_maximum and customer_limit, priced by the quantity that is taken of it, with the cart''s buyer, country '
    'and price mode. Lines of one SKU share what there is; those with the same note and first day are priced together, as '
    'cart_change_offer() joins them. One row for each offer of a line, by line, its own offer first. Of ways that cost the same '
    'the one with the fewest merchants for the SKU, then the one that leaves most pieces where they are, then by '
    'offer_reference. max_merchants: the whole cart comes in at most so many parcels, one for each merchant of what is shipped. '
    'Where there is no way for all lines those with the lower numbers go first. Subscriptions stay as they are. A hold fixes '
    'nothing here, since whoever changes the cart gives it up. No row for a cart that the customer does not have, or that has '
    'become an order. 22023: max_merchants below 1, and as cart_items; 42501: as cart_items.';

CREATE TYPE offerengine_internal.split_row AS (
    line integer, offer integer, quantity integer, unit_amount bigint, is_exact boolean);
COMMENT ON TYPE offerengine_internal.split_row IS
    'Answer of best_split: pieces of a line from an offer (NULL: there is no way), both by their places.';

CREATE FUNCTION offerengine_internal.best_split(
    line_products   integer[],
    line_demands    integer[],
    line_quantities integer[],
    line_offers     integer[],
    offer_products  integer[],
    offer_merchants integer[],
    offer_shipped   boolean[],
    offer_lowest    integer[],
    offer_steps     integer[],
    offer_most      bigint[],
    tier_offers     integer[],
    tier_from       integer[],
    tier_amounts    bigint[],
    merchants_used  integer[],
    max_merchants   integer)
RETURNS SETOF offerengine_internal.split_row
    AS 'MODULE_PATHNAME', 'oe_best_split' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5000 ROWS 10;
COMMENT ON FUNCTION offerengine_internal.best_split(
    integer[], integer[], integer[], integer[], integer[], integer[], boolean[], integer[], integer[], bigint[], integer[],
    integer[], bigint[], integer[], integer) IS
    'Which pieces of which offers the lines of a cart are got from cheapest. Products, demands (lines of one are priced together) '
    'and merchants are numbered from 1, lines and offers by their places in the arrays, offers of a product and tiers of an offer '
    'side by side. line_offers: what the line has now, NULL: none of these. An order may have no piece of an offer, or lowest '
    '(NULL: 1) and so many times steps (NULL: 1) more, up to most (NULL: any); from tier_from pieces on each costs the amount. '
    'merchants_used: of what comes beside, max_merchants: of all that is shipped, NULL: any. 22023: arrays that do not fit.';

CREATE TYPE offerengine_internal.best_offer AS (
    offer_id           bigint,
    offer_reference    text,
    merchant_id        bigint,
    merchant_reference text,
    product            integer,
    is_shipped         boolean,
    order_minimum      integer,
    order_step         integer,
    order_maximum      integer,
    customer_limit     integer,
    counts             text
);
COMMENT ON TYPE offerengine_internal.best_offer IS
    'An offer that a line of a cart may be got from: product: number of what the line is, order_minimum: the least of an order.';

CREATE TYPE offerengine_internal.best_line AS (
    line    offerengine_internal.cart_line_state,
    product integer,
    demand  integer
);
COMMENT ON TYPE offerengine_internal.best_line IS
    'A line of a cart with the numbers of what it is (SKU, type, duration) and of what is priced together (note, first day, too); '
    'NULL: it stays as it is.';

CREATE FUNCTION offerengine_internal.do_cart_best_offers(
    customer_reference text, cart_id uuid, at timestamptz, max_merchants integer)
RETURNS SETOF offerengine.cart_best_offer
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 20000 ROWS 10 SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $oe_body$
DECLARE
    asked_at CONSTANT timestamptz := coalesce(do_cart_best_offers.at, now());
    cart     offerengine_internal.known_cart;
    lines    offerengine_internal.best_line[];
    offers   offerengine_internal.best_offer[];
BEGIN
    IF do_cart_best_offers.max_merchants < 1 THEN
        RAISE EXCEPTION 'max_merchants must be at least 1, not %', do_cart_best_offers.max_merchants
            USING ERRCODE = '22023', HINT = 'Leave it out for as many as there are.';
    END IF;
    cart := offerengine_internal.asked_cart(do_cart_best_offers.customer_reference, do_cart_best_offers.cart_id, asked_at);
    IF cart.cart_id IS NULL THEN
        RETURN;
    END IF;
    cart.fixed_at := NULL;
    lines := offerengine_internal.lines_to_split(cart, asked_at);
    offers := offerengine_internal.offers_to_split(cart, lines);
    RETURN QUERY SELECT s.* FROM offerengine_internal.split_cart(cart, asked_at, lines, offers, $4) AS s;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cart_best_offers(text, uuid, timestamptz, integer) IS
    'cart_best_offers, run as the owner.';

CREATE FUNCTION offerengine_internal.lines_to_split(cart offerengine_internal.known_cart, at timestamptz)
RETURNS offerengine_internal.best_line[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN ARRAY(
        SELECT ROW(l.line, l.product,
                   CASE WHEN l.product IS NOT NULL
                        THEN dense_rank() OVER (ORDER BY l.product, (l.line).note, (l.line).starts_on) END
                  )::offerengine_internal.best_line
          FROM (SELECT c AS line,
                       CASE WHEN c.offer_type <> 'subscription'
                            -- Those that stay as they are come last.
                            THEN dense_rank() OVER (ORDER BY c.offer_type = 'subscription', c.sku, c.offer_type, c.pass_duration)
                            END::integer AS product
                  FROM offerengine_internal.cart_lines(cart, lines_to_split.at, 'checkout', false) AS c) AS l
         ORDER BY (l.line).line_no);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.lines_to_split(offerengine_internal.known_cart, timestamptz) IS
    'The lines of a cart as they would be sold, with what may be got from other offers of the same SKU.';

CREATE FUNCTION offerengine_internal.offers_to_split(
    cart offerengine_internal.known_cart, lines offerengine_internal.best_line[])
RETURNS offerengine_internal.best_offer[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN ARRAY(
        -- LIMIT, OFFSET: look-ups by key, never a join with the whole catalogue.
        WITH offer AS MATERIALIZED (
            SELECT o.*, g.product
              FROM (SELECT DISTINCT l.product, (l.line).sku, (l.line).offer_type, (l.line).pass_duration
                      FROM unnest(lines) AS l WHERE l.product IS NOT NULL) AS g
             CROSS JOIN LATERAL (SELECT p.product_id FROM offerengine.product p WHERE p.sku = g.sku LIMIT 1) AS p
             CROSS JOIN LATERAL (SELECT f.* FROM offerengine.offer f WHERE f.product_id = p.product_id OFFSET 0) AS o
             WHERE o.offer_type = g.offer_type AND o.pass_duration IS NOT DISTINCT FROM g.pass_duration),
        sold AS MATERIALIZED (
            SELECT k.management, k.offer_type
              FROM (SELECT DISTINCT o.management, o.offer_type FROM offer o) AS k
             WHERE offerengine_internal.operation_refusal(k.management, k.offer_type, 0, 'checkout', 'checkout') IS NULL)
        SELECT ROW(o.offer_id, o.offer_reference, o.merchant_id, m.merchant_reference, o.product,
                   offerengine_internal.offer_is_shipped(o.is_shipped, o.offer_type),
                   offerengine_internal.least_ordered(o.order_minimum, o.order_step), o.order_step, o.order_maximum,
                   o.customer_limit, o.customer_limit_counts)::offerengine_internal.best_offer
          FROM offer o
          JOIN sold s ON s.management = o.management AND s.offer_type = o.offer_type
         CROSS JOIN LATERAL (
               SELECT h.merchant_reference FROM offerengine.merchant h WHERE h.merchant_id = o.merchant_id LIMIT 1) AS m
         ORDER BY o.product, o.offer_reference COLLATE "C");
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.offers_to_split(
    offerengine_internal.known_cart, offerengine_internal.best_line[]) IS
    'The offers that channel checkout sells of what these lines are, by product and reference; whether they are visible in the '
    'cart''s store, their prices say.';

CREATE FUNCTION offerengine_internal.split_cart(
    cart offerengine_internal.known_cart, at timestamptz, lines offerengine_internal.best_line[],
    offers offerengine_internal.best_offer[], max_merchants integer)
RETURNS SETOF offerengine.cart_best_offer
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    WITH tier AS MATERIALIZED (
        SELECT t.place, t.min_quantity, t.amount
          FROM offerengine_internal.price_ladders(
                   ARRAY(SELECT o.offer_reference FROM unnest(offers) WITH ORDINALITY AS o ORDER BY o.ordinality), cart.store,
                   cart.currency, cart.price_mode, cart.buyer, cart.country, 'DEFAULT', split_cart.at) AS t),
    offer AS MATERIALIZED (
        SELECT row_number() OVER (ORDER BY o.place) AS number, o.*,
               least(o.order_maximum::numeric, k.pieces,
                     CASE WHEN o.customer_limit IS NOT NULL
                          THEN o.customer_limit - offerengine_internal.pieces_had(
                                   cart.customer_reference, o.offer_id, o.counts, split_cart.at) END) AS most
          FROM unnest(offers) WITH ORDINALITY
               AS o (offer_id, offer_reference, merchant_id, merchant_reference, product, is_shipped, order_minimum, order_step,
                     order_maximum, customer_limit, counts, place)
          LEFT JOIN offerengine_internal.cart_stock(
                        cart, ARRAY(SELECT o.offer_id FROM unnest(offers) AS o)) AS k ON k.offer_id = o.offer_id
         WHERE o.place IN (SELECT t.place FROM tier t)),
    line AS MATERIALIZED (
        SELECT (l.line).*, l.product, l.demand, l.product IS NOT NULL AND (l.line).offer_id IS NOT NULL AS may_change,
               (l.line).refusals IS NULL AS is_sold
          FROM unnest(lines) AS l),
    changing AS MATERIALIZED (
        SELECT row_number() OVER (ORDER BY l.line_no) AS place, l.*, o.number AS own
          FROM line l
          LEFT JOIN offer o ON o.offer_id = l.offer_id
         WHERE l.may_change),
    merchant AS MATERIALIZED (
        SELECT m.merchant_id, row_number() OVER (ORDER BY m.merchant_id)::integer AS number, bool_or(m.is_used) AS is_used
          FROM (SELECT o.merchant_id, false AS is_used FROM offer o
                UNION ALL
                SELECT l.merchant_id, true FROM line l
                 WHERE NOT l.may_change AND l.is_sold
                   AND offerengine_internal.offer_is_shipped(l.is_shipped, l.offer_type)) AS m
         GROUP BY m.merchant_id),
    answer AS (
        SELECT b.line, b.offer, b.quantity, b.unit_amount, b.is_exact, b.place
          FROM offerengine_internal.best_split(
                   ARRAY(SELECT c.product FROM changing c ORDER BY c.place),
                   ARRAY(SELECT c.demand FROM changing c ORDER BY c.place),
                   ARRAY(SELECT c.quantity FROM changing c ORDER BY c.place),
                   ARRAY(SELECT c.own::integer FROM changing c ORDER BY c.place),
                   ARRAY(SELECT o.product FROM offer o ORDER BY o.number),
                   ARRAY(SELECT m.number FROM offer o JOIN merchant m USING (merchant_id) ORDER BY o.number),
                   ARRAY(SELECT o.is_shipped FROM offer o ORDER BY o.number),
                   ARRAY(SELECT o.order_minimum FROM offer o ORDER BY o.number),
                   ARRAY(SELECT o.order_step FROM offer o ORDER BY o.number),
                   ARRAY(SELECT o.most::bigint FROM offer o ORDER BY o.number),
                   ARRAY(SELECT o.number::integer FROM tier t JOIN offer o USING (place) ORDER BY o.number, t.min_quantity),
                   ARRAY(SELECT t.min_quantity FROM tier t JOIN offer o USING (place) ORDER BY o.number, t.min_quantity),
                   ARRAY(SELECT t.amount FROM tier t JOIN offer o USING (place) ORDER BY o.number, t.min_quantity),
                   ARRAY(SELECT m.number FROM merchant m WHERE m.is_used),
                   split_cart.max_merchants) WITH ORDINALITY AS b (line, offer, quantity, unit_amount, is_exact, place))
    SELECT l.line_no, l.offer_reference,
           CASE WHEN l.may_change THEN o.offer_reference WHEN l.is_sold THEN l.offer_reference END,
           coalesce(b.quantity, l.quantity),
           CASE WHEN l.may_change THEN b.unit_amount WHEN l.is_sold THEN l.unit_amount END,
           CASE WHEN l.may_change THEN b.unit_amount * b.quantity WHEN l.is_sold THEN l.line_amount END,
           CASE WHEN l.is_sold THEN CASE WHEN l.may_change THEN (l.unit_amount - b.unit_amount) * b.quantity ELSE 0 END END,
           CASE WHEN l.may_change THEN o.merchant_reference WHEN l.is_sold THEN l.merchant_reference END,
           coalesce(b.is_exact, true)
      FROM line l
      LEFT JOIN changing c ON c.line_no = l.line_no
      LEFT JOIN answer b ON b.line = c.place
      LEFT JOIN offer o ON o.number = b.offer
     ORDER BY l.line_no, b.place;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.split_cart(
    offerengine_internal.known_cart, timestamptz, offerengine_internal.best_line[], offerengine_internal.best_offer[], integer) IS
    'The answer of cart_best_offers for these lines and offers.';
