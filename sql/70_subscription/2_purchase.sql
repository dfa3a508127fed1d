-- Selling: one offer, redirected and priced, becomes an order, a line and perhaps a subscription.

CREATE TYPE offerengine.purchased AS (
    order_id        uuid,
    line_no         integer,
    offer_reference text,
    redirected_from text,
    subscription_id uuid,
    quantity        integer,
    unit_amount     bigint,
    line_amount     bigint,
    currency        text,
    message         text
);
COMMENT ON TYPE offerengine.purchased IS
    'A line of an order as it was sold: the offer (redirected_from: the one that was asked for, where a rule gave another), '
    'amounts in minor units of currency, and what the rule tells the customer.';

CREATE FUNCTION offerengine.purchase(
    customer_reference text,
    offer_reference    text,
    store              text,
    currency           text,
    country            text DEFAULT NULL,
    quantity           integer DEFAULT 1,
    price_mode         text DEFAULT 'gross',
    buyer              text DEFAULT NULL,
    channel            text DEFAULT 'checkout',
    starts_on          date DEFAULT NULL,
    order_id           uuid DEFAULT NULL,
    expected_amount    bigint DEFAULT NULL,
    at                 timestamptz DEFAULT NULL,
    order_reference    text DEFAULT NULL,
    reserve            boolean DEFAULT true)
RETURNS SETOF offerengine.purchased
    AS 'MODULE_PATHNAME', 'oe_purchase' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 1;
COMMENT ON FUNCTION offerengine.purchase(
    text, text, text, text, text, integer, text, text, text, date, uuid, bigint, timestamptz, text, boolean) IS
    'Sells an offer to a customer: asks redirect_offer(), checks that the result may be sold and is visible, prices it as '
    'resolve_price() does, and writes order, line and subscription with the price as sold, in one transaction. starts_on: first '
    'day of a subscription (left out: the day of at, else today in the store). at: the instant that counts for redirection, '
    'visibility and price (left out: the first instant of starts_on where that is given and not today, else now); of an instant '
    'that is past, prices count as they were then, rules, tags, approval and stores as they are now. order_id makes it idempotent: '
    'the same purchase again answers what was sold; so does order_reference, the reference for people (left out: the id), where '
    'no order_id is given. expected_amount: the unit price that was shown. An offer that any warehouse counts is taken out of '
    'stock; reserve false (not for a storefront): it is sold without. OE064: sold out (of what is visible told first, without '
    'waiting for anybody); OE065: try again; OE020: unknown offer; OE083: not in this quantity; OE084: more than a customer can '
    'have; OE008: not visible; OE009: no price; OE010: another '
    'price than expected; OE011: its management does not allow it '
    'through the channel; OE013: the order id or the reference stands for another purchase; 42501: a storefront '
    'sells without stock, names a past day, an instant other than now, a day for what begins on none, or a foreign '
    'channel; 22003: more than an amount can say; 22023, 22004: arguments.';

CREATE TYPE offerengine_internal.sale AS (
    customer_reference text,
    order_id           uuid,
    order_reference    text,
    store              text,
    currency           text,
    country            text,
    price_mode         text,
    sold_at            timestamptz,
    channel            text,
    note               text,
    total              bigint,
    has_subscriptions  boolean,
    points             integer,
    points_amount      bigint
);
COMMENT ON TYPE offerengine_internal.sale IS
    'An order that is about to be placed, without its lines; country is the one that counts, order_reference NULL the id; total: '
    'what the lines sum up to; has_subscriptions: some line begins one. points: redeemed for it already, NULL: none.';

CREATE TYPE offerengine_internal.sale_line AS (
    line_no            integer,
    offer_id           bigint,
    offer_reference    text,
    merchant_id        bigint,
    offer_type         text,
    pass_duration      interval,
    quantity           integer,
    unit_amount        bigint,
    other_amount       bigint,
    line_amount        bigint,
    price_id           bigint,
    price_source       text,
    redirected_from    text,
    message            text,
    matched_rule_id    bigint,
    first_day          date,
    note               text,
    step_amounts       bigint[],
    other_step_amounts bigint[],
    subscription_id    uuid
);
COMMENT ON TYPE offerengine_internal.sale_line IS
    'A line of an order that is about to be placed, judged and priced: what is sold, from which day on, and as advantage of which '
    'rule (matched_rule_id, NULL: none). step_amounts: what a piece costs in each step of a subscription where that was fixed '
    'before; NULL: what its sheets ask now.';

CREATE FUNCTION offerengine_internal.do_purchase(
    customer_reference text, offer_reference text, store text, currency text, country text, quantity integer, price_mode text,
    buyer text, channel text, starts_on date, order_id uuid, expected_amount bigint, at timestamptz, order_reference text,
    reserve boolean)
RETURNS SETOF offerengine.purchased
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted_quantity CONSTANT integer := coalesce(do_purchase.quantity, 1);
    wanted_mode     CONSTANT text := coalesce(do_purchase.price_mode, 'gross');
    wanted_channel  CONSTANT text := coalesce(do_purchase.channel, 'checkout');
    zone            text;
    today           date;
    known_id        uuid := do_purchase.order_id;
    sold_country    text;
    sold_at         timestamptz;
    first_day       date;
    redirected      offerengine.redirect_result;
    offer           offerengine_internal.sold_offer;
    sale            offerengine_internal.sale;
    sold            offerengine_internal.sale_line;
    refusal         text;
    wants           offerengine_internal.stock_want[];
    choices         offerengine_internal.stock_choice[];
    free            bigint;
BEGIN
    -- Most of a crowd are told no: by a few rows, before anything is locked, unless the arguments are to be refused.
    IF do_purchase.reserve IS DISTINCT FROM false AND do_purchase.at IS NULL AND do_purchase.starts_on IS NULL
       AND wanted_channel IN ('checkout', 'self_service') AND wanted_mode IN ('gross', 'net') THEN
        free := offerengine_internal.free_pieces(do_purchase.offer_reference, do_purchase.store);
        IF free < wanted_quantity THEN
            PERFORM offerengine_internal.refuse_new_purchase(
                        do_purchase.customer_reference, do_purchase.offer_reference, do_purchase.store, do_purchase.currency,
                        do_purchase.country, wanted_quantity, free, do_purchase.order_id, do_purchase.order_reference);
        END IF;
    END IF;

    SELECT s.time_zone, coalesce(do_purchase.country, s.default_country) INTO zone, sold_country
      FROM offerengine.store s
     WHERE s.store_code = do_purchase.store
       AND EXISTS (SELECT FROM offerengine.currency c WHERE c.currency_code = do_purchase.currency)
       AND (do_purchase.country IS NULL
            OR EXISTS (SELECT FROM offerengine.country c WHERE c.country_code = do_purchase.country));
    IF NOT FOUND OR wanted_quantity < 1 OR wanted_mode NOT IN ('gross', 'net') THEN
        zone := offerengine_internal.time_zone_of(do_purchase.store);
        PERFORM offerengine_internal.check_sale_arguments(
                    do_purchase.currency, do_purchase.country, wanted_mode, wanted_quantity);
        -- Nothing is refused: what was not known a moment ago is by now.
        SELECT coalesce(do_purchase.country, s.default_country) INTO sold_country
          FROM offerengine.store s WHERE s.store_code = do_purchase.store;
    END IF;
    today := offerengine_internal.local_date(clock_timestamp(), zone);
    PERFORM offerengine_internal.check_channel(wanted_channel);
    IF do_purchase.starts_on IS NOT NULL THEN
        PERFORM offerengine_internal.check_action_day(do_purchase.starts_on, today);
    END IF;
    IF NOT isfinite(do_purchase.at) THEN
        RAISE EXCEPTION 'nothing is bought at %', do_purchase.at
            USING ERRCODE = '22023', HINT = 'Leave "at" out, or name an instant.';
    END IF;
    IF do_purchase.at <> now() AND offerengine_internal.called_by_storefront() THEN
        RAISE EXCEPTION 'role "%" may not buy at another instant than now', offerengine_internal.calling_role()
            USING ERRCODE = '42501', HINT = 'Leave "at" out; starts_on names a later first day of a subscription.';
    END IF;
    IF NOT do_purchase.reserve AND offerengine_internal.called_by_storefront() THEN
        RAISE EXCEPTION 'role "%" may not sell without taking out of stock', offerengine_internal.calling_role()
            USING ERRCODE = '42501', HINT = 'Leave reserve out.';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_purchase.customer_reference);

    IF known_id IS NULL AND do_purchase.order_reference IS NOT NULL THEN
        SELECT s.order_id INTO known_id
          FROM offerengine.sales_order s
         WHERE s.customer_reference = do_purchase.customer_reference AND s.order_reference = do_purchase.order_reference;
    END IF;
    IF known_id IS NOT NULL THEN
        RETURN QUERY
        SELECT p.* FROM offerengine_internal.purchase_again(
                            do_purchase.customer_reference, known_id, do_purchase.offer_reference, do_purchase.store,
                            do_purchase.currency, do_purchase.country, wanted_quantity, wanted_mode, do_purchase.starts_on,
                            do_purchase.order_reference) AS p;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    IF do_purchase.order_reference IS NOT NULL THEN
        PERFORM offerengine_internal.check_order_reference(
                    do_purchase.customer_reference, do_purchase.order_reference, do_purchase.order_id);
    END IF;

    first_day := coalesce(do_purchase.starts_on, offerengine_internal.local_date(coalesce(do_purchase.at, now()), zone));
    sold_at := coalesce(do_purchase.at,
                        CASE WHEN do_purchase.starts_on IS NOT NULL AND do_purchase.starts_on <> today
                             THEN offerengine_internal.day_start(do_purchase.starts_on, zone) END,
                        now());
    redirected := offerengine.redirect_offer(do_purchase.customer_reference, do_purchase.offer_reference, sold_at);
    IF redirected.sales_rule_id IS NOT NULL THEN
        -- Whoever changes the rule waits, or has been waited for: then it is asked once more.
        PERFORM FROM offerengine.sales_rule r WHERE r.sales_rule_id = redirected.sales_rule_id FOR SHARE;
        redirected := offerengine_internal.redirect_pieces(
            do_purchase.customer_reference, do_purchase.offer_reference, wanted_quantity, sold_at);
    END IF;
    SELECT o.* INTO offer
      FROM offerengine_internal.sold_offers(
               ARRAY[redirected.offer_reference], do_purchase.store, do_purchase.currency, wanted_mode, ARRAY[wanted_quantity],
               do_purchase.buyer, sold_country, sold_at, wanted_channel, true, true, false) AS o;
    IF offer.offer_id IS NULL THEN
        PERFORM offerengine_internal.raise_unknown('offer', do_purchase.offer_reference);
    END IF;
    IF offer.is_sellable IS NOT TRUE THEN
        PERFORM offerengine_internal.assert_operation(offer.offer_id, 'checkout', wanted_channel);
    END IF;
    -- What begins on no day is sold today: a later one would only choose another price.
    IF do_purchase.starts_on <> today AND offer.offer_type NOT IN ('subscription', 'time_pass')
       AND offerengine_internal.called_by_storefront() THEN
        RAISE EXCEPTION 'role "%" may not buy offer "%" as of %: a % begins on no day', offerengine_internal.calling_role(),
                        offer.offer_reference, offerengine_internal.day_text(do_purchase.starts_on),
                        replace(offer.offer_type, '_', ' ')
            USING ERRCODE = '42501', HINT = 'Leave starts_on out.';
    END IF;

    IF offer.reason = 'not_visible' THEN
        RAISE EXCEPTION 'offer "%" cannot be sold: %', offer.offer_reference, offer.detail
            USING ERRCODE = 'OE008', HINT = 'explain_visibility() says which condition fails.';
    END IF;
    IF offer.amount IS NULL THEN
        RAISE EXCEPTION 'offer "%" cannot be sold: %', offer.offer_reference, offer.detail
            USING ERRCODE = 'OE009', HINT = 'explain_price() shows what was looked at.';
    END IF;
    IF offer.amount <> do_purchase.expected_amount THEN
        RAISE EXCEPTION 'offer "%" costs % now, not %', offer.offer_reference, offer.amount, do_purchase.expected_amount
            USING ERRCODE = 'OE010', HINT = 'Show the new price and ask again.',
                  DETAIL = jsonb_build_object('offer_reference', offer.offer_reference, 'amount', offer.amount,
                                              'expected_amount', do_purchase.expected_amount,
                                              'currency', do_purchase.currency)::text;
    END IF;

    IF coalesce(offer.order_minimum, offer.order_step, offer.order_maximum) IS NOT NULL THEN
        refusal := offerengine_internal.quantity_refusal(
            offer.order_minimum, offer.order_step, offer.order_maximum, wanted_quantity);
    END IF;
    IF refusal IS NOT NULL THEN
        RAISE EXCEPTION 'offer "%" cannot be sold: %', offer.offer_reference, refusal
            USING ERRCODE = 'OE083', HINT = 'Ask for another quantity.';
    END IF;
    IF offer.customer_limit IS NOT NULL THEN
        refusal := offerengine_internal.limit_refusal(
            do_purchase.customer_reference, offer.offer_id, offer.customer_limit, offer.customer_limit_counts, wanted_quantity,
            sold_at);
    END IF;
    IF refusal IS NOT NULL THEN
        RAISE EXCEPTION 'offer "%" cannot be sold to customer "%": %', offer.offer_reference, do_purchase.customer_reference,
                        refusal
            USING ERRCODE = 'OE084', HINT = 'The offer''s customer_limit says how many pieces a customer can have.';
    END IF;

    -- Stock is found before anything is written, and taken after everything else.
    IF do_purchase.reserve IS DISTINCT FROM false AND offer.is_counted THEN
        wants := ARRAY[ROW(1, offer.offer_id, wanted_quantity, offer.only_place)::offerengine_internal.stock_want];
        choices := offerengine_internal.choose_stock(do_purchase.order_id, do_purchase.store, wants);
    END IF;

    sold.line_no := 1;
    sold.offer_id := offer.offer_id;
    sold.offer_reference := offer.offer_reference;
    sold.merchant_id := offer.merchant_id;
    sold.offer_type := offer.offer_type;
    sold.pass_duration := offer.pass_duration;
    sold.quantity := wanted_quantity;
    sold.unit_amount := offer.amount;
    sold.other_amount := CASE offer.price_source
        WHEN 'price_sheet' THEN
            offerengine_internal.other_amount(offer.price_id, offer.price_source, wanted_mode, offer.amount)
        ELSE offer.other_amount END;
    sold.line_amount := offerengine_internal.line_amount(offer.amount, wanted_quantity);
    sold.price_id := offer.price_id;
    sold.price_source := offer.price_source;
    sold.redirected_from := CASE WHEN offer.offer_reference <> do_purchase.offer_reference THEN do_purchase.offer_reference END;
    sold.message := redirected.message;
    sold.matched_rule_id := CASE WHEN redirected.outcome = 'matched' THEN redirected.sales_rule_id END;
    sold.first_day := first_day;
    sold.subscription_id := CASE WHEN offer.offer_type = 'subscription' THEN offerengine.uuid_v7() END;
    sale := ROW(do_purchase.customer_reference, coalesce(do_purchase.order_id, offerengine.uuid_v7()), do_purchase.order_reference,
                do_purchase.store, do_purchase.currency, sold_country, wanted_mode, sold_at, wanted_channel, NULL,
                sold.line_amount, sold.subscription_id IS NOT NULL, NULL, NULL);
    PERFORM offerengine_internal.place_order(sale, ARRAY[sold]);
    IF wants IS NOT NULL THEN
        PERFORM offerengine_internal.reserve_chosen(
                    sale.order_id, do_purchase.store, wants, choices, NULL, true, do_purchase.customer_reference);
    END IF;
    RETURN NEXT ROW(sale.order_id, 1, sold.offer_reference, sold.redirected_from, sold.subscription_id, sold.quantity,
                    sold.unit_amount, sold.line_amount, do_purchase.currency, sold.message)::offerengine.purchased;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_purchase(
    text, text, text, text, text, integer, text, text, text, date, uuid, bigint, timestamptz, text, boolean) IS
    'purchase, run as the owner.';

CREATE FUNCTION offerengine_internal.refuse_new_purchase(
    customer_reference text, offer_reference text, store text, currency text, country text, wanted bigint, free bigint,
    order_id uuid, order_reference text)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- Arguments that are refused are refused as such, and a customer that has become another one hears that. What nobody counts is
    -- not sold out, and of what is not to be seen nothing is told.
    IF NOT offerengine.offer_is_visible(offer_reference, store)
       OR customer_reference IS NULL
       OR offerengine_internal.code_problem(customer_reference) IS NOT NULL
       OR offerengine_internal.code_problem(order_reference) IS NOT NULL
       OR offerengine_internal.called_for_merchants() IS NOT NULL
       OR NOT EXISTS (SELECT FROM offerengine.currency c WHERE c.currency_code = refuse_new_purchase.currency)
       OR (country IS NOT NULL
           AND NOT EXISTS (SELECT FROM offerengine.country c WHERE c.country_code = refuse_new_purchase.country))
       OR NOT EXISTS (SELECT FROM offerengine.offer_stock k
                       WHERE k.offer_id = (SELECT o.offer_id FROM offerengine.offer o
                                            WHERE o.offer_reference = refuse_new_purchase.offer_reference))
       OR EXISTS (SELECT FROM offerengine.customer_timeline t
                   WHERE t.customer_reference = refuse_new_purchase.customer_reference AND t.merged_into IS NOT NULL) THEN
        RETURN;
    END IF;
    -- A first answer is repeated, whatever there is by now, who has reserved has its own pieces, and what stands for another
    -- order hears that.
    IF order_id IS NOT NULL
       AND (EXISTS (SELECT FROM offerengine.sales_order s
                     WHERE s.customer_reference = refuse_new_purchase.customer_reference
                       AND s.order_id = refuse_new_purchase.order_id)
            OR EXISTS (SELECT FROM offerengine.stock_order s WHERE s.order_id = refuse_new_purchase.order_id)) THEN
        RETURN;
    END IF;
    IF order_reference IS NOT NULL
       AND EXISTS (SELECT FROM offerengine.sales_order s
                    WHERE s.customer_reference = refuse_new_purchase.customer_reference
                      AND s.order_reference = refuse_new_purchase.order_reference) THEN
        RETURN;
    END IF;
    IF (offerengine.redirect_offer(customer_reference, offer_reference)).sales_rule_id IS NULL THEN
        PERFORM offerengine_internal.raise_sold_out(offer_reference, store, wanted, free);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_new_purchase(text, text, text, text, text, bigint, bigint, uuid, text) IS
    'For a purchase that found fewer pieces free than it wants: refuses it (OE064) before anything is locked, unless what comes '
    'later says something else: its arguments are refused, no warehouse counts the offer, it is not visible, a sales rule has a '
    'say, or the order is known. Whether it is known is asked after, with a later snapshot.';

CREATE FUNCTION offerengine_internal.place_order(sale offerengine_internal.sale, lines offerengine_internal.sale_line[])
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 AS $oe_body$
DECLARE
    -- Written without a type and a status: it is a sales order without one. Its document is known before, as a change of the order
    -- afterwards costs as much as to write it.
    send_as CONSTANT text := offerengine_internal.loyalty_rule_of(1, NULL);
    told_by CONSTANT uuid := CASE WHEN send_as <> 'skip' THEN offerengine.uuid_v7() END;
    line    offerengine_internal.sale_line;
    zone    text; -- where something is planned
    sold_on date;
BEGIN
    INSERT INTO offerengine.sales_order
           (customer_reference, order_id, order_reference, store_code, currency_code, country_code, price_mode, total_amount,
            placed_at, origin, points_redeemed, points_amount, note, order_document_id, return_document_id)
    VALUES (sale.customer_reference, sale.order_id, coalesce(sale.order_reference, sale.order_id::text), sale.store, sale.currency,
            sale.country, sale.price_mode, sale.total, sale.sold_at, 'purchase', coalesce(sale.points, 0),
            coalesce(sale.points_amount, 0), sale.note,
            CASE WHEN send_as = 'order' THEN told_by END, CASE WHEN send_as = 'return' THEN told_by END);
    INSERT INTO offerengine.order_line
           (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, unit_amount, other_amount, line_amount,
            price_id, price_source, redirected_from, message, subscription_id, starts_on, ends_on, note)
    SELECT sale.customer_reference, sale.order_id, l.line_no, l.offer_id, l.merchant_id, l.quantity, l.unit_amount,
           l.other_amount, l.line_amount, l.price_id, l.price_source, l.redirected_from, l.message, l.subscription_id,
           CASE WHEN l.offer_type = 'time_pass' THEN l.first_day END,
           CASE WHEN l.offer_type = 'time_pass' THEN offerengine_internal.pass_ends_on(l.first_day, l.pass_duration) END, l.note
      FROM unnest(lines) AS l;
    -- All of them are facts before anything is planned: what is bought together covers one another.
    IF sale.has_subscriptions THEN
        zone := offerengine_internal.time_zone_of(sale.store);
        sold_on := offerengine_internal.local_date(sale.sold_at, zone);
        FOR line IN SELECT l.* FROM unnest(lines) AS l WHERE l.subscription_id IS NOT NULL LOOP
            PERFORM offerengine_internal.begin_subscription(sale, line, sold_on);
        END LOOP;
        PERFORM offerengine_internal.replan(
                    sale.customer_reference, least(sold_on, offerengine_internal.local_date(clock_timestamp(), zone)));
    END IF;
    PERFORM offerengine_internal.order_changed(
                sale.customer_reference, sale.order_id, 'placed', sale.channel, send_as => send_as, document_id => told_by);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.place_order(offerengine_internal.sale, offerengine_internal.sale_line[]) IS
    'Writes an order with its lines and their subscriptions, and plans the timeline anew: what a purchase and a checkout have in '
    'common. The caller holds the customer, has judged, priced and summed up the lines, and takes stock after this. OE009: a later '
    'step has no price.';

CREATE FUNCTION offerengine_internal.least_ordered(order_minimum integer, order_step integer) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 5 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN coalesce(order_minimum, order_step, 1);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.least_ordered(integer, integer) IS
    'The least that an order can have of an offer with this order_minimum and order_step: without a minimum the step.';

CREATE FUNCTION offerengine_internal.quantity_refusal(
    order_minimum integer, order_step integer, order_maximum integer, quantity bigint) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    least_of_it CONSTANT integer := offerengine_internal.least_ordered(order_minimum, order_step);
BEGIN
    RETURN CASE
        WHEN quantity < least_of_it THEN format('an order has at least %s of it, not %s', least_of_it, quantity)
        WHEN quantity > order_maximum THEN format('an order has at most %s of it, not %s', order_maximum, quantity)
        WHEN (quantity - least_of_it) % order_step <> 0 THEN
            format('an order has %s of it and by %s more, not %s', least_of_it, order_step, quantity) END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.quantity_refusal(integer, integer, integer, bigint) IS
    'Why an order cannot have so many pieces of an offer with this order_minimum, order_step and order_maximum (NULL: free; '
    'without a minimum the step is the least); NULL: it can.';

CREATE FUNCTION offerengine_internal.pieces_had(customer_reference text, offer_id bigint, counts text, at timestamptz)
RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF counts = 'running' THEN
        RETURN offerengine_internal.advantage_pieces(pieces_had.customer_reference, pieces_had.offer_id, pieces_had.at);
    END IF;
    -- A delivery tells of the pieces of its order once more; what somebody was offered is not bought.
    RETURN (SELECT coalesce(sum(l.quantity - l.quantity_cancelled - l.quantity_returned), 0)
              FROM offerengine.order_line l
              JOIN offerengine.sales_order s ON s.customer_reference = l.customer_reference AND s.order_id = l.order_id
             WHERE l.customer_reference = pieces_had.customer_reference AND l.offer_id = pieces_had.offer_id
               AND s.parent_order_id IS NULL AND s.order_type <> 7 AND NOT offerengine_internal.is_return(s.order_type));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.pieces_had(text, bigint, text, timestamptz) IS
    'How many pieces of an offer a customer has that count towards its customer_limit. counts ever: pieces bought and not '
    'cancelled or returned, here or imported; running: subscriptions to it, as many as run at once on the day with most of them '
    'from the instant on. The caller holds the customer, or only asks.';

CREATE FUNCTION offerengine_internal.limit_refusal(
    customer_reference text, offer_id bigint, customer_limit integer, counts text, wanted bigint, at timestamptz) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    had bigint;
BEGIN
    IF customer_limit IS NULL THEN
        RETURN NULL;
    END IF;
    had := offerengine_internal.pieces_had(limit_refusal.customer_reference, limit_refusal.offer_id, counts, limit_refusal.at);
    RETURN CASE WHEN had + wanted > customer_limit THEN
                    format('a customer can have %s of it%s, has %s and wants %s', customer_limit,
                           CASE counts WHEN 'running' THEN ' at once' ELSE '' END, had, wanted) END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.limit_refusal(text, bigint, integer, text, bigint, timestamptz) IS
    'Why a customer cannot have so many pieces of the offer more; NULL: with those that he has (pieces_had) it is within its '
    'customer_limit (NULL: free).';

CREATE FUNCTION offerengine_internal.line_amount(unit_amount bigint, quantity integer) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF unit_amount > 9223372036854775807 / quantity THEN
        RAISE EXCEPTION '% pieces at % each are more than an amount can say', quantity, unit_amount USING ERRCODE = '22003';
    END IF;
    RETURN unit_amount * quantity;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.line_amount(bigint, integer) IS 'Amount of so many pieces, at least one. 22003: too much.';

CREATE FUNCTION offerengine_internal.pass_ends_on(starts_on date, duration interval) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN offerengine.period_boundary(
               offerengine.period_boundary(starts_on, '1 month',
                                           (extract(year FROM duration) * 12 + extract(month FROM duration))::integer),
               '1 day', extract(day FROM duration)::integer);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.pass_ends_on(date, interval) IS
    'The first day on which a time pass counts no longer: years and months from its first day (a month from 31 January is 28 or 29 '
    'February), then the days. NULL: it has no duration, and no end. 22008: outside of type date.';

CREATE FUNCTION offerengine_internal.other_amount(price_id bigint, price_source text, price_mode text, amount bigint)
RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 50 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    asked record;
BEGIN
    IF other_amount.price_source = 'price_sheet' THEN
        SELECT r.net_amount, r.gross_amount INTO asked
          FROM offerengine.price_sheet_price r WHERE r.price_sheet_price_id = other_amount.price_id;
    ELSE
        SELECT p.net_amount, p.gross_amount INTO asked FROM offerengine.price p WHERE p.price_id = other_amount.price_id;
    END IF;
    -- The row may have been changed since the instant that was asked about.
    RETURN CASE WHEN other_amount.price_mode = 'net' AND asked.net_amount = other_amount.amount THEN asked.gross_amount
                WHEN other_amount.price_mode = 'gross' AND asked.gross_amount = other_amount.amount THEN asked.net_amount END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.other_amount(bigint, text, text, bigint) IS
    'What the row that a price came from asks in the other price mode; NULL: nothing, or it says another price by now.';

CREATE FUNCTION offerengine_internal.purchase_again(
    customer_reference text, order_id uuid, offer_reference text, store text, currency text, country text, quantity integer,
    price_mode text, starts_on date, order_reference text)
RETURNS SETOF offerengine.purchased
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored record;
    nlines bigint;
BEGIN
    SELECT count(l.line_no) INTO nlines
      FROM offerengine.sales_order s
      LEFT JOIN offerengine.order_line l ON l.customer_reference = s.customer_reference AND l.order_id = s.order_id
     WHERE s.customer_reference = purchase_again.customer_reference AND s.order_id = purchase_again.order_id
     GROUP BY s.order_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    SELECT s.store_code, s.currency_code, s.country_code, s.price_mode, s.order_reference, l.quantity,
           coalesce(b.starts_on, l.starts_on) AS starts_on, coalesce(l.redirected_from, o.offer_reference) AS asked_for
      INTO stored
      FROM offerengine.sales_order s
      LEFT JOIN offerengine.order_line l ON l.customer_reference = s.customer_reference AND l.order_id = s.order_id
      LEFT JOIN offerengine.offer o ON o.offer_id = l.offer_id
      LEFT JOIN offerengine.subscription b
             ON b.customer_reference = l.customer_reference AND b.subscription_id = l.subscription_id
     WHERE s.customer_reference = purchase_again.customer_reference AND s.order_id = purchase_again.order_id
     LIMIT 1;
    -- What is not named, the first call may have found otherwise than this one would: it is the same purchase all the same.
    IF nlines <> 1
       OR (stored.asked_for, stored.store_code, stored.currency_code, stored.quantity, stored.price_mode)
          IS DISTINCT FROM (purchase_again.offer_reference, purchase_again.store, purchase_again.currency,
                            purchase_again.quantity, purchase_again.price_mode)
       OR stored.country_code IS DISTINCT FROM coalesce(purchase_again.country, stored.country_code)
       OR stored.starts_on <> purchase_again.starts_on
       OR stored.order_reference <> purchase_again.order_reference THEN
        RAISE EXCEPTION 'order % of customer "%" is another one: %', purchase_again.order_id, purchase_again.customer_reference,
                        CASE WHEN nlines = 1
                             THEN format('%s of offer "%s" in store %s, %s, %s%s%s%s', stored.quantity, stored.asked_for,
                                         stored.store_code, stored.currency_code, stored.price_mode,
                                         ', country ' || stored.country_code,
                                         ', from ' || offerengine_internal.day_text(stored.starts_on),
                                         ', reference "' || nullif(stored.order_reference, purchase_again.order_id::text) || '"')
                             ELSE nlines || ' lines' END
            USING ERRCODE = 'OE013', HINT = 'Use a new order id for a new order.';
    END IF;
    RETURN QUERY
    SELECT p.* FROM offerengine_internal.sold_lines(purchase_again.customer_reference, purchase_again.order_id) AS p;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.purchase_again(text, uuid, text, text, text, text, integer, text, date, text) IS
    'What was sold as this order, when it is there; no row when it is not. OE013: it is another purchase.';

CREATE TYPE offerengine_internal.sold_step AS (
    step_no             integer,
    anchor_on           date,
    starts_on           date,
    ends_on             date,
    term                interval,
    accounting_period   interval,
    cancellation_notice interval,
    price_sheet_id      bigint,
    amount              bigint,
    other_amount        bigint
);
COMMENT ON TYPE offerengine_internal.sold_step IS
    'A step of an offer, placed on the calendar, with what its sheet asks in both price modes; amount NULL: nothing.';

CREATE FUNCTION offerengine_internal.sold_steps(
    offer_id bigint, currency text, price_mode text, country text, purchased_on date, starts_on date)
RETURNS SETOF offerengine_internal.sold_step
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 2 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT p.*, c.amount, c.other_amount
      FROM offerengine_internal.place_steps(sold_steps.offer_id, sold_steps.starts_on, sold_steps.starts_on) AS p
      LEFT JOIN LATERAL offerengine_internal.sheet_price(
                p.price_sheet_id, sold_steps.currency, sold_steps.price_mode, sold_steps.country,
                sold_steps.purchased_on) AS c ON true
     ORDER BY p.step_no;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.sold_steps(bigint, text, text, text, date, date) IS
    'The steps of a subscription offer that begins on starts_on, each with what the sheet asks of a new customer on the day of the '
    'purchase.';

CREATE FUNCTION offerengine_internal.step_refusal(
    step_no integer, price_mode text, currency text, country text, purchased_on date) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN format('step %s has no %s price in %s for country %s on %s', step_no, price_mode, currency,
                  coalesce(country, 'unknown'), offerengine_internal.day_text(purchased_on));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.step_refusal(integer, text, text, text, date) IS
    'That a step of a subscription has no price, in words.';

CREATE FUNCTION offerengine_internal.begin_subscription(
    sale offerengine_internal.sale, line offerengine_internal.sale_line, purchased_on date)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    granted_regular bigint;
    granted_tags    bigint[];
    granted_source  text;
    step            record;
BEGIN
    SELECT r.regular_offer_id, r.cancelled_source,
           ARRAY(SELECT t.tag_id FROM offerengine.sales_rule_tag t WHERE t.sales_rule_id = r.sales_rule_id ORDER BY t.tag_id)
      INTO granted_regular, granted_source, granted_tags
      FROM offerengine.sales_rule r WHERE r.sales_rule_id = line.matched_rule_id;
    INSERT INTO offerengine.subscription
           (customer_reference, subscription_id, offer_id, order_id, line_no, chain_id, sales_rule_id, store_code, currency_code,
            country_code, price_mode, quantity, purchased_on, anchor_on, starts_on, granted_regular_offer_id, granted_tag_ids,
            granted_cancelled_source)
    VALUES (sale.customer_reference, line.subscription_id, line.offer_id, sale.order_id, line.line_no, line.subscription_id,
            line.matched_rule_id, sale.store, sale.currency, sale.country, sale.price_mode, line.quantity,
            begin_subscription.purchased_on, line.first_day, line.first_day, granted_regular, granted_tags, granted_source);

    -- Every step costs what the sheet asks of a new customer on the day of the purchase, unless it was fixed before, as the first
    -- was.
    FOR step IN
        SELECT p.step_no, p.anchor_on, p.starts_on, p.ends_on, p.term, p.accounting_period, p.cancellation_notice, p.price_sheet_id,
               CASE WHEN p.step_no = 1 THEN line.unit_amount ELSE coalesce(line.step_amounts[p.step_no], p.amount) END AS amount,
               CASE WHEN p.step_no <= cardinality(line.step_amounts) THEN line.other_step_amounts[p.step_no]
                    WHEN p.step_no > 1 OR p.amount = line.unit_amount THEN p.other_amount END AS other_amount
          FROM offerengine_internal.sold_steps(
                   line.offer_id, sale.currency, sale.price_mode, sale.country, begin_subscription.purchased_on,
                   line.first_day) AS p
         ORDER BY p.step_no
    LOOP
        IF step.amount IS NULL THEN
            RAISE EXCEPTION 'offer "%" cannot be sold: %', line.offer_reference,
                            offerengine_internal.step_refusal(step.step_no, sale.price_mode, sale.currency, sale.country,
                                                              begin_subscription.purchased_on)
                USING ERRCODE = 'OE009', HINT = 'price_plan() shows the steps, uncovered_countries() what a sheet lacks.';
        END IF;
        INSERT INTO offerengine.subscription_step
               (customer_reference, subscription_id, step_no, anchor_on, starts_on, ends_on, term, accounting_period,
                cancellation_notice, price_sheet_id, amount, other_amount)
        VALUES (sale.customer_reference, line.subscription_id, step.step_no, step.anchor_on, step.starts_on,
                step.ends_on, step.term, step.accounting_period, step.cancellation_notice, step.price_sheet_id, step.amount,
                step.other_amount);
    END LOOP;
    IF step.ends_on IS NOT NULL THEN
        UPDATE offerengine.subscription s SET ends_on = step.ends_on, agreed_ends_on = step.ends_on
         WHERE s.customer_reference = sale.customer_reference AND s.subscription_id = line.subscription_id;
    END IF;
    PERFORM offerengine_internal.record_event(
                sale.customer_reference, line.subscription_id, 'purchased', line.first_day, sale.channel, NULL);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.begin_subscription(
    offerengine_internal.sale, offerengine_internal.sale_line, date) IS
    'Writes the subscription of a line with its steps, as grant of the rule that matched. The caller plans the timeline. OE009: a '
    'later step has no price.';

CREATE FUNCTION offerengine_internal.replan(customer_reference text, acted_on date) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- Without an advantage there is nothing that a change of the bases could move.
    PERFORM FROM offerengine.subscription s
      WHERE s.customer_reference = replan.customer_reference AND s.granted_regular_offer_id IS NOT NULL
      LIMIT 1;
    IF FOUND THEN
        PERFORM offerengine_internal.plan_timeline(replan.customer_reference, replan.acted_on, true);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.replan(text, date) IS
    'Computes the customer''s timeline anew after a fact was written. What has begun by acted_on stays.';
