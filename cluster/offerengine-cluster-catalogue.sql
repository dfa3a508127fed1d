-- What the catalogue's server has beside the extension: stock that orders of shards hold. offerengine-cluster puts it into schema
-- offerengine_cluster there and puts it anew with every version; the table stays.
--
-- An order on a shard takes stock here: claim, sale on the shard, settle. A claim has no end, so that a piece is never free while its
-- order may exist; deadline is when no shard makes the order any more. What is left behind by a crash is settled by whoever asks the
-- shard what has become of it (sweep() of a router).

CREATE TABLE IF NOT EXISTS offerengine_cluster.claim (
    order_id           uuid PRIMARY KEY,
    customer_reference text NOT NULL,
    attempts           integer NOT NULL DEFAULT 1,
    deadline           timestamptz NOT NULL,
    held_until         timestamptz
);
CREATE INDEX IF NOT EXISTS claim_deadline ON offerengine_cluster.claim (deadline);
COMMENT ON TABLE offerengine_cluster.claim IS
    'Orders whose stock is not settled: they are about to be sold, cancelled, or were left behind. held_until: until when their cart '
    'held it before.';

CREATE OR REPLACE FUNCTION offerengine_cluster.counted(lines jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_agg(l.line) FROM jsonb_array_elements($1) AS l (line)
     WHERE EXISTS (SELECT FROM offerengine.offer o JOIN offerengine.offer_stock k ON k.offer_id = o.offer_id
                    WHERE o.offer_reference = l.line ->> 'offer_reference')
$$;
COMMENT ON FUNCTION offerengine_cluster.counted(jsonb) IS 'Those of the lines whose offer any warehouse counts; NULL: none.';

CREATE OR REPLACE FUNCTION offerengine_cluster.note_claim(order_id uuid, customer_reference text, seconds double precision)
RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ends timestamptz := clock_timestamp() + seconds * interval '1 second';
BEGIN
    INSERT INTO offerengine_cluster.claim AS c (order_id, customer_reference, deadline, held_until)
    VALUES (note_claim.order_id, note_claim.customer_reference, ends,
            (SELECT max(h.expires_at) FROM offerengine.stock_hold h
              WHERE h.order_id = note_claim.order_id AND h.state = 'held'))
        ON CONFLICT ON CONSTRAINT claim_pkey DO UPDATE
       SET attempts = c.attempts + 1, deadline = greatest(c.deadline, excluded.deadline)
     WHERE c.customer_reference = excluded.customer_reference
    RETURNING c.deadline INTO ends;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order id % stands for another customer''s order already', note_claim.order_id
            USING ERRCODE = 'OE013', HINT = 'Use a new order id for a new order.';
    END IF;
    RETURN ends;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.note_claim(uuid, text, double precision) IS
    'The order is claimed for so many seconds; answers until when.';

CREATE OR REPLACE FUNCTION offerengine_cluster.claim(
    order_id uuid, customer_reference text, store text, lines jsonb, seconds double precision, is_redirected boolean,
    OUT claimed uuid, OUT deadline timestamptz, OUT is_claimed boolean, OUT is_done boolean, OUT is_target boolean, OUT refusal jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted jsonb := offerengine_cluster.counted(lines);
    other  record;
    free   bigint;
    state text; message text; detail text; hint text;
BEGIN
    claimed := coalesce(claim.order_id, offerengine.uuid_v7());
    is_done := EXISTS (SELECT FROM offerengine.stock_order s WHERE s.order_id = claimed AND s.state IN ('confirmed', 'cancelled'));
    -- A rule may give the other of its targets.
    is_target := EXISTS (SELECT FROM offerengine.sales_rule r
                           JOIN offerengine.offer o ON o.offer_id IN (r.advantage_offer_id, r.regular_offer_id)
                           JOIN offerengine.offer_stock k ON k.offer_id IN (r.advantage_offer_id, r.regular_offer_id)
                          WHERE o.offer_reference IN (SELECT l.line ->> 'offer_reference'
                                                        FROM jsonb_array_elements(lines) AS l (line)));
    is_claimed := wanted IS NOT NULL AND NOT is_done AND (is_redirected OR NOT is_target);
    IF NOT is_claimed THEN
        RETURN;
    END IF;
    -- Refusals are answers: most of a crowd gets one, and a router gives up the connection that has told it an error.
    BEGIN
        -- Without writing anything, where one offer is wanted and it is plain that there is not so much.
        IF jsonb_array_length(wanted) = 1 AND claim.order_id IS NULL THEN
            free := offerengine_internal.free_pieces(wanted -> 0 ->> 'offer_reference', claim.store);
            IF free < (wanted -> 0 ->> 'quantity')::bigint THEN
                PERFORM offerengine_internal.raise_sold_out(wanted -> 0 ->> 'offer_reference', claim.store,
                                                            (wanted -> 0 ->> 'quantity')::bigint, free);
            END IF;
        END IF;
        deadline := offerengine_cluster.note_claim(claimed, claim.customer_reference, seconds);
        FOR other IN SELECT DISTINCT h.line_no FROM offerengine.stock_hold h
                      WHERE h.order_id = claimed AND h.state = 'held'
                        AND h.line_no NOT IN (SELECT (l.line ->> 'line_no')::integer FROM jsonb_array_elements(wanted) AS l (line))
                      ORDER BY h.line_no LOOP
            PERFORM offerengine.release_stock(claimed, other.line_no);
        END LOOP;
        PERFORM offerengine.reserve_order_stock(claimed, claim.store, wanted, NULL);
        IF EXISTS (SELECT FROM offerengine.stock_hold h
                    WHERE h.order_id = claimed AND h.state = 'held' AND h.expires_at IS NOT NULL) THEN
            PERFORM offerengine.extend_stock(claimed, NULL);
        END IF;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
            hint = PG_EXCEPTION_HINT;
        is_claimed := false;
        refusal := jsonb_build_object('state', state, 'message', message, 'detail', detail, 'hint', hint);
    END;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.claim(uuid, text, text, jsonb, double precision, boolean) IS
    'Holds what lines of an order want, without an end, until the order is settled; a shard makes it before deadline or not at all. '
    'is_claimed false: nothing of it is counted, or (is_done) it has had its stock. is_target: a rule may sell another offer, '
    'of which stock is counted; nothing is claimed then unless is_redirected says that the lines are as they will be sold. refusal: '
    'what it is refused for (OE064, OE065: sold out, or try again; OE013: another customer''s).';

CREATE OR REPLACE FUNCTION offerengine_cluster.hold(
    order_id uuid, customer_reference text, store text, lines jsonb, expires_at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted jsonb := offerengine_cluster.counted(lines);
    other  record;
BEGIN
    PERFORM FROM offerengine_cluster.claim c WHERE c.order_id = hold.order_id FOR UPDATE;
    IF FOUND THEN
        RETURN;                                              -- it is being sold
    END IF;
    FOR other IN SELECT DISTINCT h.line_no FROM offerengine.stock_hold h
                  WHERE h.order_id = hold.order_id AND h.state = 'held'
                    AND h.line_no NOT IN (SELECT (l.line ->> 'line_no')::integer
                                            FROM jsonb_array_elements(coalesce(wanted, '[]')) AS l (line))
                  ORDER BY h.line_no LOOP
        PERFORM offerengine.release_stock(hold.order_id, other.line_no);
    END LOOP;
    IF wanted IS NOT NULL THEN
        PERFORM offerengine.reserve_order_stock(hold.order_id, hold.store, wanted, hold.expires_at);
        PERFORM offerengine.extend_stock(hold.order_id, hold.expires_at);
    END IF;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.hold(uuid, text, text, jsonb, timestamptz) IS
    'Holds what a cart wants until expires_at, and nothing else for it. OE064, OE065: sold out, or try again.';

CREATE OR REPLACE FUNCTION offerengine_cluster.touch(order_id uuid, customer_reference text, seconds double precision) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM offerengine.stock_order s WHERE s.order_id = touch.order_id) THEN
        RETURN false;
    END IF;
    PERFORM offerengine_cluster.note_claim(touch.order_id, touch.customer_reference, seconds);
    RETURN true;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.touch(uuid, text, double precision) IS
    'The order is about to change on its shard: what it holds has to be settled afterwards. false: it holds nothing.';

CREATE OR REPLACE FUNCTION offerengine_cluster.settle(order_id uuid, lines jsonb) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known record;
    other record;
BEGIN
    SELECT c.customer_reference INTO known FROM offerengine_cluster.claim c WHERE c.order_id = settle.order_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM offerengine_cluster.claim c WHERE c.order_id = settle.order_id;
    IF EXISTS (SELECT FROM offerengine.stock_order s WHERE s.order_id = settle.order_id AND s.state = 'open') THEN
        PERFORM offerengine.confirm_stock(settle.order_id);
    END IF;
    IF lines IS NOT NULL THEN
        PERFORM offerengine_internal.keep_stock(
                    known.customer_reference, settle.order_id, array_agg(w.line_no ORDER BY w.line_no),
                    array_agg(coalesce(l.quantity, 0) ORDER BY w.line_no))
           FROM (SELECT DISTINCT h.line_no FROM offerengine.stock_hold h
                  WHERE h.order_id = settle.order_id AND h.state = 'confirmed') AS w
           LEFT JOIN jsonb_to_recordset(lines) AS l (line_no integer, quantity integer) ON l.line_no = w.line_no;
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.settle(uuid, jsonb) IS
    'The order is there: what it holds is confirmed, beyond the pieces that lines leave of it (NULL: all) free. false: it was settled.';

CREATE OR REPLACE FUNCTION offerengine_cluster.give_up(order_id uuid, deadline timestamptz, is_only boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known record;
    line  record;
BEGIN
    SELECT c.attempts, c.deadline, c.held_until INTO known
      FROM offerengine_cluster.claim c WHERE c.order_id = give_up.order_id FOR UPDATE;
    IF NOT FOUND OR known.deadline <> give_up.deadline OR (is_only AND known.attempts > 1) THEN
        RETURN false;
    END IF;
    DELETE FROM offerengine_cluster.claim c WHERE c.order_id = give_up.order_id;
    IF known.held_until > clock_timestamp() THEN
        PERFORM offerengine.extend_stock(give_up.order_id, known.held_until);
        RETURN true;
    END IF;
    FOR line IN SELECT DISTINCT h.line_no FROM offerengine.stock_hold h
                 WHERE h.order_id = give_up.order_id AND h.state = 'held' ORDER BY h.line_no LOOP
        PERFORM offerengine.release_stock(give_up.order_id, line.line_no);
    END LOOP;
    RETURN true;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.give_up(uuid, timestamptz, boolean) IS
    'There is no order: what the claim holds is free again, or held as its cart held it. Only if nobody has claimed it again since '
    '(deadline), and with is_only if nobody else has tried. Its id can be used again.';

CREATE OR REPLACE FUNCTION offerengine_cluster.ship(order_id uuid, shipped jsonb, shipment_key text, is_undone boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    line record;
BEGIN
    FOR line IN SELECT s.* FROM jsonb_to_recordset(shipped) AS s (line_no integer, quantity integer, warehouse text) ORDER BY s.line_no
    LOOP
        BEGIN
            IF is_undone THEN
                PERFORM offerengine.unship_stock(ship.order_id, line.line_no, shipment_key);
            ELSE
                PERFORM offerengine.ship_stock(ship.order_id, line.line_no, line.quantity, shipment_key, line.warehouse);
            END IF;
        EXCEPTION WHEN SQLSTATE 'OE020' THEN
            -- Nobody counts its pieces.
            NULL;
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.ship(uuid, jsonb, text, boolean) IS
    'What an order on a shard was told to have shipped leaves the warehouses, or lies there again; once for each key and line.';

CREATE OR REPLACE FUNCTION offerengine_cluster.act_for(acting_user text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF acting_user <> '' THEN
        PERFORM set_config('offerengine.acting_user', acting_user, true);
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION offerengine_cluster.act_for(text) IS 'Gives a call of a router its acting user.';

-- Listings with availability are asked here, as elsewhere for nobody in particular.
CREATE OR REPLACE FUNCTION offerengine_cluster.enter(customer_reference text, acting_user text) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM offerengine_cluster.act_for(acting_user);
    RETURN enter.customer_reference;
END
$$;

CREATE OR REPLACE FUNCTION offerengine_cluster.overdue(batch integer)
RETURNS TABLE (order_id uuid, customer_reference text, deadline timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.order_id, c.customer_reference, c.deadline FROM offerengine_cluster.claim c
     WHERE c.deadline < clock_timestamp() ORDER BY c.deadline LIMIT $1
$$;
COMMENT ON FUNCTION offerengine_cluster.overdue(integer) IS 'Claims whose order is made or will not be, the oldest first.';

REVOKE ALL ON ALL TABLES IN SCHEMA offerengine_cluster FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA offerengine_cluster FROM PUBLIC;
