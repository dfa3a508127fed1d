-- What a shard has beside the extension: who is here, who goes, and sales whose stock somebody else holds. offerengine-cluster puts
-- it into schema offerengine_cluster of every shard and puts it anew with every version; the tables stay.

CREATE TABLE IF NOT EXISTS offerengine_cluster.place (
    customer_reference text PRIMARY KEY,
    state              text NOT NULL CHECK (state IN ('leaving', 'left')),
    shard              text NOT NULL,
    since              timestamptz NOT NULL DEFAULT now(),
    is_purged          boolean NOT NULL DEFAULT false
);
CREATE INDEX IF NOT EXISTS place_to_purge ON offerengine_cluster.place (customer_reference) WHERE state = 'left' AND NOT is_purged;
COMMENT ON TABLE offerengine_cluster.place IS
    'Customers who were here: leaving, on their way to shard, or left, found there. is_purged: histories are gone, too.';

CREATE TABLE IF NOT EXISTS offerengine_cluster.forward (
    shards integer NOT NULL CHECK (shards > 0),
    number integer NOT NULL,
    shard  text NOT NULL,
    PRIMARY KEY (shards, number)
);
COMMENT ON TABLE offerengine_cluster.forward IS
    'Customers of whom nothing is kept here, and whom customer_shard(customer_reference, shards) gives this number, begin on shard.';

-- A key of advisory locks: a customer is shared by those who act for him, and had alone by who moves him or settles an order.
CREATE OR REPLACE FUNCTION offerengine_cluster.lock_of(customer_reference text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('x' || encode(substr(sha256(convert_to('offerengine ' || $1, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint
$$;

CREATE OR REPLACE FUNCTION offerengine_cluster.enter(customer_reference text, acting_user text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone  offerengine_cluster.place;
    other text;
BEGIN
    IF acting_user <> '' THEN
        PERFORM set_config('offerengine.acting_user', acting_user, true);
    END IF;
    IF enter.customer_reference IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(offerengine_cluster.lock_of(enter.customer_reference));
    SELECT p.* INTO gone FROM offerengine_cluster.place p WHERE p.customer_reference = enter.customer_reference;
    IF FOUND THEN
        RAISE EXCEPTION 'customer "%" is % this shard', enter.customer_reference, gone.state
            USING ERRCODE = 'OE110', DETAIL = CASE gone.state WHEN 'left' THEN gone.shard ELSE '' END,
                  HINT = 'DETAIL names the shard that has the customer; empty: ask again in a moment.';
    END IF;
    IF EXISTS (SELECT FROM offerengine_cluster.forward) THEN
        SELECT f.shard INTO other FROM offerengine_cluster.forward f
         WHERE offerengine.customer_shard(enter.customer_reference, f.shards) = f.number
           AND NOT EXISTS (SELECT FROM offerengine.customer_timeline t WHERE t.customer_reference = enter.customer_reference)
         LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'customer "%" begins on another shard', enter.customer_reference
                USING ERRCODE = 'OE110', DETAIL = other, HINT = 'DETAIL names the shard.';
        END IF;
    END IF;
    RETURN enter.customer_reference;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.enter(text, text) IS
    'First of each call that a router sends for a customer: holds the customer here until the call is committed, and gives the call '
    'the acting user. OE110: the customer is elsewhere, or on the way.';

CREATE OR REPLACE FUNCTION offerengine_cluster.refuse_late(
    customer_reference text, order_id uuid, deadline timestamptz, is_done boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM offerengine.sales_order s
                WHERE s.customer_reference = refuse_late.customer_reference AND s.order_id = refuse_late.order_id) THEN
        RETURN;
    END IF;
    IF is_done THEN
        RAISE EXCEPTION 'order % has released its stock and gets none any more', refuse_late.order_id
            USING ERRCODE = 'OE066', HINT = 'Use a new order id for a new order.';
    END IF;
    -- The customer is held: whoever settles the order comes before, and has looked at the same clock, or after the commit.
    IF clock_timestamp() >= deadline THEN
        RAISE EXCEPTION 'order % comes too late: its stock was held until %', refuse_late.order_id, deadline
            USING ERRCODE = '40001', HINT = 'Ask again.';
    END IF;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.refuse_late(text, uuid, timestamptz, boolean) IS
    'Refuses to make an order whose claim of stock has run out (40001), or that has had and lost its stock (OE066). An order that is '
    'there passes: the first answer is repeated.';

CREATE OR REPLACE FUNCTION offerengine_cluster.check_sold(sold jsonb, expected jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF expected IS NOT NULL AND EXISTS (
           SELECT FROM jsonb_to_recordset(sold) AS s (line_no integer, offer_reference text, quantity integer)
             FULL JOIN jsonb_to_recordset(expected) AS e (line_no integer, offer_reference text, quantity integer) USING (line_no)
            WHERE (s.offer_reference, s.quantity) IS DISTINCT FROM (e.offer_reference, e.quantity)) THEN
        RAISE EXCEPTION 'what would be sold is not what stock was held for' USING ERRCODE = '40001', HINT = 'Ask again.';
    END IF;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.check_sold(jsonb, jsonb) IS
    'Refuses (40001) a sale of other lines than stock is held for: a rule or the cart has changed in between.';

CREATE OR REPLACE FUNCTION offerengine_cluster.known_order(customer_reference text, cart_id uuid, order_reference text) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Whoever acts for the customer comes before or after.
    PERFORM FROM offerengine.customer_timeline t WHERE t.customer_reference = known_order.customer_reference FOR UPDATE;
    RETURN coalesce(
        (SELECT c.order_id FROM offerengine.cart c
          WHERE c.customer_reference = known_order.customer_reference AND c.cart_id = known_order.cart_id),
        (SELECT s.order_id FROM offerengine.sales_order s
          WHERE s.customer_reference = known_order.customer_reference AND s.order_reference = known_order.order_reference
            AND known_order.cart_id IS NULL));
END
$$;
COMMENT ON FUNCTION offerengine_cluster.known_order(text, uuid, text) IS
    'The order that a cart is or becomes, or that has a reference already; NULL: none.';

CREATE OR REPLACE FUNCTION offerengine_cluster.preview_cart(
    customer_reference text, cart_id uuid, at timestamptz, OUT order_id uuid, OUT store text, OUT lines jsonb)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT c.order_id, c.store INTO order_id, store
      FROM offerengine.carts(preview_cart.customer_reference) c WHERE c.cart_id = preview_cart.cart_id;
    SELECT jsonb_agg(jsonb_build_object('line_no', i.line_no, 'offer_reference', coalesce(i.redirected_to, i.offer_reference),
                                        'quantity', i.quantity) ORDER BY i.line_no)
      INTO lines
      FROM offerengine.cart_items(preview_cart.customer_reference, preview_cart.cart_id, coalesce(preview_cart.at, now())) i
     WHERE store IS NOT NULL;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.preview_cart(text, uuid, timestamptz) IS
    'What a cart would be sold as, and under which order id, where it has one. store NULL: there is no such cart, or it is closed.';

CREATE OR REPLACE FUNCTION offerengine_cluster.sell_cart(
    deadline timestamptz, is_done boolean, is_minted boolean, expected jsonb, customer_reference text, cart_id uuid, order_id uuid,
    expected_total bigint, points integer, order_reference text, note text, channel text, at timestamptz)
RETURNS SETOF offerengine.purchased
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    sold  offerengine.purchased[];
    known uuid;
BEGIN
    IF is_minted THEN
        known := offerengine_cluster.known_order(sell_cart.customer_reference, sell_cart.cart_id, NULL);
    END IF;
    known := coalesce(known, sell_cart.order_id);
    PERFORM offerengine_cluster.refuse_late(sell_cart.customer_reference, known, deadline, is_done);
    sold := ARRAY(SELECT p FROM offerengine.cart_checkout(
        sell_cart.customer_reference, sell_cart.cart_id, known, sell_cart.expected_total, sell_cart.points,
        sell_cart.order_reference, sell_cart.note, sell_cart.channel, sell_cart.at) AS p);
    IF NOT is_done AND known = sell_cart.order_id THEN
        PERFORM offerengine_cluster.check_sold(to_jsonb(sold), expected);
    END IF;
    RETURN QUERY SELECT s.* FROM unnest(sold) AS s;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.sell_cart(
    timestamptz, boolean, boolean, jsonb, text, uuid, uuid, bigint, integer, text, text, text, timestamptz) IS
    'cart_checkout(), of what stock is held for, before the claim runs out.';

CREATE OR REPLACE FUNCTION offerengine_cluster.sell_purchase(
    deadline timestamptz, is_done boolean, is_minted boolean, expected jsonb, customer_reference text, offer_reference text, store text,
    currency text, country text, quantity integer, price_mode text, buyer text, channel text, starts_on date, order_id uuid,
    expected_amount bigint, at timestamptz, order_reference text, reserve boolean)
RETURNS SETOF offerengine.purchased
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    sold  offerengine.purchased[];
    known uuid;
BEGIN
    IF is_minted AND sell_purchase.order_reference IS NOT NULL THEN
        known := offerengine_cluster.known_order(sell_purchase.customer_reference, NULL, sell_purchase.order_reference);
    END IF;
    known := coalesce(known, sell_purchase.order_id);
    PERFORM offerengine_cluster.refuse_late(sell_purchase.customer_reference, known, deadline, is_done);
    sold := ARRAY(SELECT p FROM offerengine.purchase(
        sell_purchase.customer_reference, sell_purchase.offer_reference, sell_purchase.store, sell_purchase.currency,
        sell_purchase.country, sell_purchase.quantity, sell_purchase.price_mode, sell_purchase.buyer, sell_purchase.channel,
        sell_purchase.starts_on, known, sell_purchase.expected_amount, sell_purchase.at,
        sell_purchase.order_reference, sell_purchase.reserve) AS p);
    IF NOT is_done AND known = sell_purchase.order_id THEN
        PERFORM offerengine_cluster.check_sold(to_jsonb(sold), expected);
    END IF;
    RETURN QUERY SELECT s.* FROM unnest(sold) AS s;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.sell_purchase(
    timestamptz, boolean, boolean, jsonb, text, text, text, text, text, integer, text, text, text, date, uuid, bigint, timestamptz,
    text, boolean) IS
    'purchase(), of what stock is held for, before the claim runs out.';

CREATE OR REPLACE FUNCTION offerengine_cluster.hold_cart(
    customer_reference text, cart_id uuid, expires_at timestamptz, order_id uuid,
    OUT held_order_id uuid, OUT held_until timestamptz, OUT amount bigint, OUT store text, OUT lines jsonb)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT h.order_id, h.expires_at, h.amount INTO held_order_id, held_until, amount
      FROM offerengine.cart_hold(hold_cart.customer_reference, hold_cart.cart_id, hold_cart.expires_at, hold_cart.order_id) AS h;
    SELECT p.store, p.lines INTO store, lines
      FROM offerengine_cluster.preview_cart(hold_cart.customer_reference, hold_cart.cart_id, NULL) AS p;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.hold_cart(text, uuid, timestamptz, uuid) IS
    'cart_hold(), which fixes what the cart costs here, and what of stock it wants.';

CREATE OR REPLACE FUNCTION offerengine_cluster.order_outcome(
    customer_reference text, order_id uuid, deadline timestamptz, OUT outcome text, OUT lines jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(offerengine_cluster.lock_of(order_outcome.customer_reference));
    PERFORM offerengine_cluster.enter(order_outcome.customer_reference, NULL);
    -- What came back beyond what is said to have shipped is of what was held.
    SELECT jsonb_agg(jsonb_build_object('line_no', l.line_no, 'quantity', l.quantity - l.quantity_cancelled
                                                              - greatest(0, l.quantity_returned - l.quantity_shipped))
                     ORDER BY l.line_no)
      INTO lines
      FROM offerengine.order_line l
     WHERE l.customer_reference = order_outcome.customer_reference AND l.order_id = order_outcome.order_id;
    outcome := CASE WHEN lines IS NOT NULL THEN 'ordered'
                    -- A margin for a clock that is behind after a failover.
                    WHEN clock_timestamp() < deadline + interval '5 seconds' THEN 'open' ELSE 'none' END;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.order_outcome(text, uuid, timestamptz) IS
    'What has become of an order whose stock was claimed: ordered, with the pieces of each line that were not called off; '
    'none, and nobody will make it under this claim; or open. Waits for calls for the customer that have begun. OE110: as enter().';

-- Moving a customer: leave, copy, put (there), left. Each may be repeated; what is between leave and left is on the way, and waits.
CREATE OR REPLACE FUNCTION offerengine_cluster.leave(customer_reference text, shard text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(offerengine_cluster.lock_of(leave.customer_reference));
    INSERT INTO offerengine_cluster.place AS p (customer_reference, state, shard)
    SELECT n.name, 'leaving', leave.shard
      FROM unnest(leave.customer_reference || offerengine_internal.former_references(leave.customer_reference)) AS n (name)
        ON CONFLICT ON CONSTRAINT place_pkey DO NOTHING;
    PERFORM FROM offerengine_cluster.place p
      WHERE p.customer_reference = leave.customer_reference AND p.shard <> leave.shard;
    IF FOUND THEN
        RAISE EXCEPTION 'customer "%" is on the way to another shard already', leave.customer_reference
            USING ERRCODE = '55006', HINT = 'Let that move end first.';
    END IF;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.leave(text, text) IS
    'From now on calls for the customer are refused here (OE110); waits for those that have begun.';

CREATE OR REPLACE FUNCTION offerengine_cluster.copy_of(customer_reference text) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' AS $$
DECLARE
    rows CONSTANT jsonb := offerengine_internal.exported_rows(copy_of.customer_reference);
BEGIN
    -- As customer_export() has it, but for where else the person is named, which would read whole histories.
    IF rows IS NULL AND NOT EXISTS (SELECT FROM offerengine.customer_timeline t
                                     WHERE t.customer_reference = copy_of.customer_reference AND t.merged_into IS NULL) THEN
        RETURN NULL;
    END IF;
    RETURN jsonb_build_object('format', 'offerengine.customer', 'version', 1,
                              'customer_reference', copy_of.customer_reference, 'named', '[]'::jsonb)
           || (SELECT jsonb_object_agg(t.relation, coalesce(rows -> t.relation, '[]'))
                 FROM offerengine_internal.person_relations() AS t);
END
$$;
COMMENT ON FUNCTION offerengine_cluster.copy_of(text) IS 'All rows of a customer, for put(); NULL: there are none.';

CREATE OR REPLACE FUNCTION offerengine_cluster.put(document jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM offerengine_cluster.place p
                WHERE p.customer_reference = document ->> 'customer_reference' AND p.state = 'left' AND NOT p.is_purged) THEN
        PERFORM offerengine_cluster.purge();
    END IF;
    PERFORM offerengine.customer_import(document);
    -- Who comes back is not gone.
    DELETE FROM offerengine_cluster.place p
     WHERE p.state = 'left' AND p.customer_reference = ANY (
         document ->> 'customer_reference' || offerengine_internal.former_references(document ->> 'customer_reference'));
END
$$;
COMMENT ON FUNCTION offerengine_cluster.put(jsonb) IS 'customer_import(), of a customer who may have been here before.';

CREATE OR REPLACE FUNCTION offerengine_cluster.histories() RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT array_agg(c.relname::text ORDER BY c.relname)
      FROM pg_trigger t
      JOIN pg_class c ON c.oid = t.tgrelid
      JOIN offerengine_internal.person_relations() AS p ON p.relation = c.relname
     WHERE c.relnamespace = 'offerengine'::regnamespace AND t.tgname = 'append_only' AND p.relation <> 'customer_erasure'
$$;
COMMENT ON FUNCTION offerengine_cluster.histories() IS 'Tables of customers that only grow.';

CREATE OR REPLACE FUNCTION offerengine_cluster."left"(customer_reference text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET session_replication_role = replica AS $$
DECLARE
    former CONSTANT text[] := offerengine_internal.former_references("left".customer_reference);
    part   record;
BEGIN
    IF NOT EXISTS (SELECT FROM offerengine_cluster.place p
                    WHERE p.customer_reference = "left".customer_reference AND p.state = 'leaving') THEN
        RETURN;
    END IF;
    FOR part IN SELECT t.relation, t.whose FROM offerengine_internal.person_relations() AS t
                 WHERE t.relation NOT IN ('customer_timeline', 'customer_erasure')
                   AND t.relation <> ALL (offerengine_cluster.histories()) ORDER BY t.place DESC LOOP
        EXECUTE format('DELETE FROM offerengine.%I r WHERE %s', part.relation, part.whose) USING "left".customer_reference;
    END LOOP;
    DELETE FROM offerengine.customer_timeline t WHERE t.customer_reference = ANY (former || "left".customer_reference);
    UPDATE offerengine_cluster.place p SET state = 'left', since = now(), is_purged = false
     WHERE p.customer_reference = ANY (former || "left".customer_reference);
END
$$;
COMMENT ON FUNCTION offerengine_cluster."left"(text) IS
    'The customer is on the other shard: what is here goes, histories with the next purge(), and calls are told where he is.';

CREATE OR REPLACE FUNCTION offerengine_cluster.purge() RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET session_replication_role = replica SET lock_timeout = '100ms' AS $$
DECLARE
    gone    CONSTANT text[] := ARRAY(SELECT p.customer_reference FROM offerengine_cluster.place p
                                      WHERE p.state = 'left' AND NOT p.is_purged ORDER BY 1);
    history text;
BEGIN
    IF gone = '{}' THEN
        RETURN 0;
    END IF;
    -- Their triggers refuse DELETE to everybody. For the moment without them writers wait; who cannot have all of these tables at
    -- once gives way, so that no writer ends in a deadlock.
    FOR attempt IN 1 .. 100 LOOP
        BEGIN
            EXECUTE 'LOCK TABLE ' || (SELECT string_agg(format('offerengine.%I', h.name), ', ' ORDER BY h.name)
                                        FROM unnest(offerengine_cluster.histories()) AS h (name)) || ' IN SHARE ROW EXCLUSIVE MODE';
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            IF attempt = 100 THEN
                RAISE;
            END IF;
        END;
        PERFORM pg_sleep(0.05);
    END LOOP;
    FOREACH history IN ARRAY offerengine_cluster.histories() LOOP
        EXECUTE format('ALTER TABLE offerengine.%I DISABLE TRIGGER append_only', history);
        EXECUTE format('DELETE FROM offerengine.%I r WHERE r.customer_reference = ANY ($1)', history) USING gone;
        EXECUTE format('ALTER TABLE offerengine.%I ENABLE ALWAYS TRIGGER append_only', history);
    END LOOP;
    UPDATE offerengine_cluster.place p SET is_purged = true WHERE p.customer_reference = ANY (gone);
    RETURN cardinality(gone);
END
$$;
COMMENT ON FUNCTION offerengine_cluster.purge() IS 'Removes the histories of customers who have left, and answers how many they are.';

CREATE OR REPLACE FUNCTION offerengine_cluster.customers_to_move(shards integer, number integer, after text, batch integer)
RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.name
      FROM (SELECT t.customer_reference AS name FROM offerengine.customer_timeline t
             WHERE t.merged_into IS NULL AND t.customer_reference > $3
            UNION
            SELECT p.customer_reference FROM offerengine_cluster.place p
             WHERE p.state = 'leaving' AND p.customer_reference > $3
               AND NOT EXISTS (SELECT FROM offerengine.customer_timeline t
                                WHERE t.customer_reference = p.customer_reference AND t.merged_into IS NOT NULL)) AS n
     WHERE offerengine.customer_shard(n.name, $1) = $2
     ORDER BY n.name
     LIMIT $4
$$;
COMMENT ON FUNCTION offerengine_cluster.customers_to_move(integer, integer, text, integer) IS
    'The next customers here of a part of all, in the order of their references, those on the way included.';

-- Tables that nobody else sees; roles of applications get the functions that their routers call for them.
REVOKE ALL ON ALL TABLES IN SCHEMA offerengine_cluster FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA offerengine_cluster FROM PUBLIC;
