-- Calls that need both a shard and the catalogue, or two customers. Put after the types of schema offerengine and the functions
-- call_..., which ask a shard, are made.

CREATE FUNCTION offerengine_cluster.shard_hold_cart(
    place integer, acting text, customer text, cart uuid, ends timestamptz, named uuid,
    OUT held_order_id uuid, OUT held_until timestamptz, OUT amount bigint, OUT store text, OUT lines jsonb)
LANGUAGE plproxy AS $$
    CLUSTER 'offerengine'; RUN ON place;
    SELECT f.* FROM offerengine_cluster.enter($3::text, $2::text) AS e (c),
           LATERAL offerengine_cluster.hold_cart(e.c, $4::uuid, $5::timestamptz, $6::uuid) AS f;
$$;

CREATE FUNCTION offerengine_cluster.shard_sell_cart(
    place integer, acting text, deadline timestamptz, is_done boolean, is_minted boolean, expected jsonb, customer text, cart uuid,
    named uuid, total bigint, points integer, ref text, note text, chan text, at_instant timestamptz)
RETURNS SETOF offerengine.purchased
LANGUAGE plproxy AS $$
    CLUSTER 'offerengine'; RUN ON place;
    SELECT f.* FROM offerengine_cluster.enter($7::text, $2::text) AS e (c),
           LATERAL offerengine_cluster.sell_cart($3::timestamptz, $4::boolean, $5::boolean, $6::jsonb, e.c, $8::uuid, $9::uuid,
               $10::bigint, $11::integer, $12::text, $13::text, $14::text, $15::timestamptz) AS f;
$$;

CREATE FUNCTION offerengine_cluster.shard_sell_purchase(
    place integer, acting text, deadline timestamptz, is_done boolean, is_minted boolean, expected jsonb, customer text, ref_offer text,
    shop text, curr text, land text, pieces integer, mode text, buyer text, chan text, first_day date, named uuid,
    amount bigint, at_instant timestamptz, ref text, reserve boolean)
RETURNS SETOF offerengine.purchased
LANGUAGE plproxy AS $$
    CLUSTER 'offerengine'; RUN ON place;
    SELECT f.* FROM offerengine_cluster.enter($7::text, $2::text) AS e (c),
           LATERAL offerengine_cluster.sell_purchase($3::timestamptz, $4::boolean, $5::boolean, $6::jsonb, e.c, $8::text, $9::text,
               $10::text, $11::text, $12::integer, $13::text, $14::text, $15::text, $16::date, $17::uuid, $18::bigint,
               $19::timestamptz, $20::text, $21::boolean) AS f;
$$;

CREATE FUNCTION offerengine_cluster.catalogue_ship(order_id uuid, shipped jsonb, shipment_key text, is_undone boolean) RETURNS void
LANGUAGE plproxy AS $$
    CLUSTER 'offerengine'; RUN ON 0;
    SELECT f.* FROM offerengine_cluster.ship($1::uuid, $2::jsonb, $3::text, $4::boolean) AS f;
$$;

CREATE FUNCTION offerengine_cluster.do_purchase(
    customer_reference text, offer_reference text, store text, currency text, country text, quantity integer, price_mode text,
    buyer text, channel text, starts_on date, order_id uuid, expected_amount bigint, at timestamptz, order_reference text,
    reserve boolean)
RETURNS SETOF offerengine.purchased
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    acting  CONSTANT text := current_setting('offerengine.acting_user', true);
    place   integer := offerengine_cluster.place_of(customer_reference);
    attempt integer := 0;
    wanted  text := offer_reference;
    lines   jsonb;
    claim   record;
    sold    offerengine.purchased[];
    state text; message text; detail text; hint text;
BEGIN
    SELECT do_purchase.order_id AS claimed, NULL::timestamptz AS deadline, false AS is_claimed, false AS is_done,
           false AS is_target, NULL::jsonb AS refusal INTO claim;
    -- What makes no sense is told by the shard.
    IF reserve IS DISTINCT FROM false AND coalesce(quantity, 1) > 0 AND customer_reference IS NOT NULL AND store IS NOT NULL THEN
        lines := jsonb_build_array(jsonb_build_object('line_no', 1, 'offer_reference', wanted, 'quantity', coalesce(quantity, 1)));
        SELECT * INTO claim FROM offerengine_cluster.catalogue_claim(
            do_purchase.order_id, customer_reference, store, lines, offerengine_cluster.claim_seconds(), false);
        IF claim.is_target AND NOT claim.is_done THEN
            wanted := (offerengine.redirect_offer(customer_reference, offer_reference, at)).offer_reference;
            lines := jsonb_build_array(jsonb_build_object('line_no', 1, 'offer_reference', wanted,
                                                          'quantity', coalesce(quantity, 1)));
            SELECT * INTO claim FROM offerengine_cluster.catalogue_claim(
                do_purchase.order_id, customer_reference, store, lines, offerengine_cluster.claim_seconds(), true);
        END IF;
        IF claim.refusal IS NOT NULL THEN
            PERFORM offerengine_cluster.raise_as(claim.refusal ->> 'state', claim.refusal ->> 'message',
                                                 claim.refusal ->> 'detail', claim.refusal ->> 'hint');
        END IF;
    END IF;
    LOOP
        BEGIN
            sold := ARRAY(SELECT p FROM offerengine_cluster.shard_sell_purchase(
                place, acting, claim.deadline, claim.is_done, do_purchase.order_id IS NULL,
                CASE WHEN claim.is_claimed OR claim.is_target THEN lines END,
                customer_reference, offer_reference, store, currency, country, quantity, price_mode, buyer, channel, starts_on,
                claim.claimed, expected_amount, at, order_reference, reserve) AS p);
            EXIT;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
                hint = PG_EXCEPTION_HINT;
        END;
        IF state <> 'OE110' THEN
            PERFORM offerengine_cluster.after_refusal(claim.claimed, claim.deadline, claim.is_claimed, state);
        END IF;
        place := offerengine_cluster.place_after(place, attempt, state, message, detail, hint);
        attempt := attempt + 1;
    END LOOP;
    PERFORM offerengine_cluster.after_sale(claim.claimed, claim.deadline, claim.is_claimed, sold[1].order_id);
    RETURN QUERY SELECT s.* FROM unnest(sold) AS s;
END
$$;

CREATE FUNCTION offerengine_cluster.do_cart_hold(customer_reference text, cart_id uuid, expires_at timestamptz, order_id uuid)
RETURNS offerengine.cart_held
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place   integer := offerengine_cluster.place_of(customer_reference);
    attempt integer := 0;
    held    record;
    state text; message text; detail text; hint text;
BEGIN
    LOOP
        BEGIN
            SELECT * INTO held FROM offerengine_cluster.shard_hold_cart(
                place, current_setting('offerengine.acting_user', true), customer_reference, cart_id, expires_at,
                do_cart_hold.order_id);
            PERFORM offerengine_cluster.catalogue_hold(held.held_order_id, customer_reference, held.store, held.lines, held.held_until);
            RETURN ROW(held.held_order_id, held.held_until, held.amount)::offerengine.cart_held;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
                hint = PG_EXCEPTION_HINT;
        END;
        place := offerengine_cluster.place_after(place, attempt, state, message, detail, hint);
        attempt := attempt + 1;
    END LOOP;
END
$$;

CREATE FUNCTION offerengine_cluster.do_cart_checkout(
    customer_reference text, cart_id uuid, order_id uuid, expected_total bigint, points integer, order_reference text, note text,
    channel text, at timestamptz)
RETURNS SETOF offerengine.purchased
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    acting  CONSTANT text := current_setting('offerengine.acting_user', true);
    place   integer := offerengine_cluster.place_of(customer_reference);
    attempt integer := 0;
    cart    record;
    claim   record;
    sold    offerengine.purchased[];
    state text; message text; detail text; hint text;
BEGIN
    SELECT do_cart_checkout.order_id AS claimed, NULL::timestamptz AS deadline, false AS is_claimed, false AS is_done,
           NULL::jsonb AS refusal INTO claim;
    LOOP
        BEGIN
            IF cart IS NULL THEN
                SELECT * INTO cart FROM offerengine_cluster.shard_preview(place, acting, customer_reference, cart_id, at);
                IF cart.lines IS NOT NULL THEN
                    SELECT * INTO claim FROM offerengine_cluster.catalogue_claim(
                        coalesce(do_cart_checkout.order_id, cart.order_id), customer_reference, cart.store, cart.lines,
                        offerengine_cluster.claim_seconds(), true);
                    IF claim.refusal IS NOT NULL THEN
                        PERFORM offerengine_cluster.raise_as(claim.refusal ->> 'state', claim.refusal ->> 'message',
                                                             claim.refusal ->> 'detail', claim.refusal ->> 'hint');
                    END IF;
                END IF;
            END IF;
            sold := ARRAY(SELECT p FROM offerengine_cluster.shard_sell_cart(
                place, acting, claim.deadline, claim.is_done, do_cart_checkout.order_id IS NULL,
                CASE WHEN claim.is_claimed THEN cart.lines END, customer_reference, cart_id, claim.claimed, expected_total, points,
                order_reference, note, channel, at) AS p);
            EXIT;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
                hint = PG_EXCEPTION_HINT;
        END;
        IF state <> 'OE110' THEN
            PERFORM offerengine_cluster.after_refusal(claim.claimed, claim.deadline, claim.is_claimed, state);
        END IF;
        place := offerengine_cluster.place_after(place, attempt, state, message, detail, hint);
        attempt := attempt + 1;
    END LOOP;
    PERFORM offerengine_cluster.after_sale(claim.claimed, claim.deadline, claim.is_claimed, sold[1].order_id);
    RETURN QUERY SELECT s.* FROM unnest(sold) AS s;
END
$$;

CREATE FUNCTION offerengine_cluster.settle_order(customer_reference text, order_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM offerengine_cluster.catalogue_settle(settle_order.order_id, o.lines)
       FROM offerengine_cluster.shard_outcome(offerengine_cluster.found_at(settle_order.customer_reference),
                                              settle_order.customer_reference, settle_order.order_id, 'infinity') AS o
      WHERE o.outcome = 'ordered';
EXCEPTION WHEN OTHERS THEN
    RAISE LOG 'order % is not settled: %', settle_order.order_id, SQLERRM;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.settle_order(text, uuid) IS
    'The catalogue holds of an order what its shard says; what fails here is left to sweep().';

CREATE FUNCTION offerengine_cluster.do_cancel_order(
    customer_reference text, order_id uuid, line_no integer, quantity integer, channel text, reason text, key text)
RETURNS SETOF offerengine.order_cancellation
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_held CONSTANT boolean := offerengine_cluster.catalogue_touch(
        do_cancel_order.order_id, do_cancel_order.customer_reference, offerengine_cluster.claim_seconds());
BEGIN
    RETURN QUERY SELECT a.* FROM offerengine_cluster.route_cancel_order(
        customer_reference, do_cancel_order.order_id, line_no, quantity, channel, reason, key) AS a;
    IF is_held THEN
        PERFORM offerengine_cluster.settle_order(customer_reference, do_cancel_order.order_id);
    END IF;
END
$$;

CREATE FUNCTION offerengine_cluster.do_return_order(
    customer_reference text, order_id uuid, lines jsonb, order_type integer, order_reference text, restock boolean, key text)
RETURNS SETOF offerengine.returned_line
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_held CONSTANT boolean := offerengine_cluster.catalogue_touch(
        do_return_order.order_id, do_return_order.customer_reference, offerengine_cluster.claim_seconds());
BEGIN
    IF restock OR EXISTS (SELECT FROM jsonb_path_query(coalesce(lines, '[]'), 'lax $[*].restock ? (@ == true)')) THEN
        RAISE EXCEPTION 'pieces do not come back into stock through a router'
            USING ERRCODE = '0A000', HINT = 'Return them without restock, and tell the count with set_stock().';
    END IF;
    RETURN QUERY SELECT a.* FROM offerengine_cluster.route_return_order(
        customer_reference, do_return_order.order_id, lines, order_type, order_reference, restock, key) AS a;
    IF is_held THEN
        PERFORM offerengine_cluster.settle_order(customer_reference, do_return_order.order_id);
    END IF;
END
$$;

CREATE FUNCTION offerengine_cluster.check_shipment_key(key text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF key IS NULL THEN
        RAISE EXCEPTION 'through a router a shipment needs its key'
            USING ERRCODE = '22004', HINT = 'The same call again, with the same key, ends what a crash has left half done.';
    END IF;
END
$$;

CREATE FUNCTION offerengine_cluster.do_ship_order(customer_reference text, order_id uuid, lines jsonb, key text, channel text)
RETURNS SETOF offerengine.shipped_line
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    shipped offerengine.shipped_line[];
BEGIN
    PERFORM offerengine_cluster.check_shipment_key(key);
    shipped := ARRAY(SELECT s FROM offerengine_cluster.route_ship_order(
        customer_reference, do_ship_order.order_id, lines, key, channel) AS s);
    PERFORM offerengine_cluster.catalogue_ship(do_ship_order.order_id, (
        SELECT jsonb_agg(jsonb_build_object('line_no', s.line_no, 'quantity', s.quantity, 'warehouse', w.warehouse))
          FROM unnest(shipped) AS s
          LEFT JOIN jsonb_to_recordset(coalesce(lines, '[]')) AS w (line_no integer, warehouse text) ON w.line_no = s.line_no),
        key, false);
    RETURN QUERY SELECT s.* FROM unnest(shipped) AS s;
END
$$;

CREATE FUNCTION offerengine_cluster.do_unship_order(customer_reference text, order_id uuid, key text, channel text)
RETURNS SETOF offerengine.shipped_line
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    undone offerengine.shipped_line[];
BEGIN
    PERFORM offerengine_cluster.check_shipment_key(key);
    undone := ARRAY(SELECT s FROM offerengine_cluster.route_unship_order(
        customer_reference, do_unship_order.order_id, key, channel) AS s);
    PERFORM offerengine_cluster.catalogue_ship(do_unship_order.order_id, to_jsonb(undone), key, true);
    RETURN QUERY SELECT s.* FROM unnest(undone) AS s;
END
$$;

CREATE FUNCTION offerengine_cluster.do_cart_merge(customer_reference text, from_customer_reference text, from_cart_id uuid, cart_id uuid)
RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM offerengine_cluster.join_customers(customer_reference, from_customer_reference);
    RETURN offerengine_cluster.route_cart_merge(customer_reference, from_customer_reference, from_cart_id, cart_id);
END
$$;

CREATE FUNCTION offerengine_cluster.do_customer_merge(customer_reference text, from_customer_reference text)
RETURNS offerengine.customer_merged
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM offerengine_cluster.join_customers(customer_reference, from_customer_reference);
    RETURN offerengine_cluster.route_customer_merge(customer_reference, from_customer_reference);
END
$$;

CREATE FUNCTION offerengine_cluster.do_loyalty_merge(customer_reference text, from_customer_reference text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM offerengine_cluster.join_customers(customer_reference, from_customer_reference);
    RETURN offerengine_cluster.route_loyalty_merge(customer_reference, from_customer_reference);
END
$$;

-- Many customers at once: each customer's part goes where the customer is.
CREATE FUNCTION offerengine_cluster.parts_of(elements jsonb) RETURNS TABLE (customer text, part jsonb, positions integer[])
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(e.value ->> 'customer_reference', ''), jsonb_agg(e.value ORDER BY e.ordinality),
           array_agg(e.ordinality::integer ORDER BY e.ordinality)
      FROM jsonb_array_elements(CASE jsonb_typeof($1) WHEN 'array' THEN $1 ELSE '[]' END) WITH ORDINALITY AS e
     GROUP BY 1 ORDER BY 1
$$;
COMMENT ON FUNCTION offerengine_cluster.parts_of(jsonb) IS
    'The elements of an array by customer, and where each stood.';

CREATE FUNCTION offerengine_cluster.do_billing_mark_many(marks jsonb) RETURNS SETOF offerengine.billing_mark_outcome
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own    record;
    answer offerengine.billing_mark_outcome;
BEGIN
    IF jsonb_typeof(marks) IS DISTINCT FROM 'array' THEN
        RETURN QUERY SELECT f.* FROM offerengine_cluster.route_billing_mark_many('', marks) AS f;
    END IF;
    FOR own IN SELECT p.* FROM offerengine_cluster.parts_of(marks) AS p LOOP
        FOR answer IN SELECT f.* FROM offerengine_cluster.route_billing_mark_many(own.customer, own.part) AS f LOOP
            answer."position" := own.positions[answer."position"];
            RETURN NEXT answer;
        END LOOP;
    END LOOP;
END
$$;

CREATE FUNCTION offerengine_cluster.do_import_orders(orders jsonb) RETURNS SETOF offerengine.import_outcome
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own    record;
    answer offerengine.import_outcome;
BEGIN
    IF jsonb_typeof(orders) IS DISTINCT FROM 'array' THEN
        RETURN QUERY SELECT f.* FROM offerengine_cluster.route_import_orders('', orders) AS f;
    END IF;
    FOR own IN SELECT p.* FROM offerengine_cluster.parts_of(orders) AS p LOOP
        FOR answer IN SELECT f.* FROM offerengine_cluster.route_import_orders(own.customer, own.part) AS f LOOP
            answer."position" := own.positions[answer."position"];
            RETURN NEXT answer;
        END LOOP;
    END LOOP;
END
$$;

CREATE FUNCTION offerengine_cluster.do_loyalty_sent_many(ids uuid[], customer_references text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF customer_references IS NULL OR cardinality(customer_references) IS DISTINCT FROM cardinality(ids) THEN
        RAISE EXCEPTION 'through a router each document needs its customer'
            USING ERRCODE = '22004', HINT = 'loyalty_claim() answers whose each is.';
    END IF;
    RETURN (SELECT coalesce(sum(offerengine_cluster.route_loyalty_sent_many(n.customer, n.ids, n.customers)), 0)
              FROM (SELECT d.customer, array_agg(d.id ORDER BY d.id) AS ids, array_agg(d.customer) AS customers
                      FROM ROWS FROM (unnest(ids), unnest(customer_references)) AS d (id, customer)
                     GROUP BY d.customer ORDER BY d.customer) AS n);
END
$$;

CREATE FUNCTION offerengine_cluster.do_loyalty_claim(batch integer, lease interval) RETURNS SETOF offerengine.loyalty_claimed
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place integer;
    found bigint;
    rest  integer := batch;
BEGIN
    -- From another shard on each time, so that none has to wait for the others to be empty.
    FOR place IN SELECT p FROM offerengine_cluster.places(NULL) AS p ORDER BY random() LOOP
        RETURN QUERY SELECT f.* FROM offerengine_cluster.call_loyalty_claim(place, NULL, rest, lease) AS f;
        GET DIAGNOSTICS found = ROW_COUNT;
        rest := rest - found;
        EXIT WHEN rest <= 0;
    END LOOP;
END
$$;

CREATE FUNCTION offerengine_cluster.do_wait_for_catalogue(lsn pg_lsn, timeout interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT bool_and(f) FROM offerengine_cluster.call_wait_for_catalogue(NULL, NULL, lsn, timeout) AS f);
END
$$;
