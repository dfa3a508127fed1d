-- Paying with points: at once, or held while the customer pays the rest.

CREATE FUNCTION offerengine.loyalty_redeem(customer_reference text, points integer, order_id uuid, key text DEFAULT NULL)
RETURNS bigint
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.loyalty_redeem(text, integer, uuid, text) IS
    'Redeems points for an order and answers what they pay of it, in minor units of its currency; with a hold of that order for as '
    'many points it is confirmed. The points that end soonest go first. order_id NULL: for something else, and what they pay is '
    'told where there is one programme. key: once only under this key. OE095: more than can be redeemed; OE096: the customer does '
    'not take part, or the points are locked; OE097: more than the order has left to pay, or its currency has no programme; OE020: '
    'no such order; OE051: a return; OE013: the key stands for something else; 22003: more than an order or an amount can say; '
    '22023: fewer points than one, what cannot be a key; 22004: NULL.';

CREATE TYPE offerengine.loyalty_held AS (order_id uuid, points integer, expires_at timestamptz);
COMMENT ON TYPE offerengine.loyalty_held IS 'Answer of loyalty_hold: points that are held for an order until an instant.';

CREATE FUNCTION offerengine.loyalty_hold(customer_reference text, points integer, order_id uuid, expires_at timestamptz)
RETURNS offerengine.loyalty_held
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.loyalty_hold(text, integer, uuid, timestamptz) IS
    'Holds points for an order, which may be to come (order_id NULL: a new id), until expires_at: nobody else redeems them, and '
    'the checkout of that order, or loyalty_redeem(), takes these very points, also where their lot ends before the hold does. An '
    'order has one hold: the same again moves its end, another number of points replaces it. It ends by itself, or by '
    'loyalty_void(). OE095: more than can be redeemed; OE096: the customer does not take part, or the points are locked; 22023: '
    'fewer points than one, an end that is past, or none; 22004: NULL.';

CREATE FUNCTION offerengine.loyalty_void(customer_reference text, order_id uuid) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.loyalty_void(text, uuid) IS
    'What is held for an order can be redeemed again; false: nothing is held, or it was redeemed meanwhile. 22004: NULL.';

CREATE TYPE offerengine_internal.points_part AS (lot_id uuid, points bigint);
COMMENT ON TYPE offerengine_internal.points_part IS 'Points of a lot that pay for something.';

CREATE FUNCTION offerengine_internal.check_points(points bigint) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF points IS NULL THEN
        RAISE EXCEPTION 'points must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF points < 1 THEN
        RAISE EXCEPTION '% points cannot be redeemed', points USING ERRCODE = '22023', HINT = 'Redeem at least one.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_points(bigint) IS 'Refuses fewer points than one (22023), and NULL (22004).';

CREATE FUNCTION offerengine_internal.check_redeems(account offerengine_internal.points_account) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF account.state <> 'active' THEN
        PERFORM offerengine_internal.refuse_member(account.customer_reference, account.state);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_redeems(offerengine_internal.points_account) IS
    'Refuses to redeem of points whose customer has left, or that are locked (OE096).';

CREATE FUNCTION offerengine_internal.redeeming_points(customer_reference text) RETURNS offerengine_internal.points_account
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    account CONSTANT offerengine_internal.points_account := offerengine_internal.own_points(redeeming_points.customer_reference);
BEGIN
    PERFORM offerengine_internal.check_redeems(account);
    RETURN account;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.redeeming_points(text) IS
    'Takes a customer''s own points, to redeem of them. The caller holds the customer. OE096: the customer does not take part, or '
    'the points are locked.';

CREATE FUNCTION offerengine_internal.choose_points(account text, points bigint) RETURNS offerengine_internal.points_part[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    at     CONSTANT timestamptz := clock_timestamp();
    lots   CONSTANT offerengine_internal.points_lot[] := ARRAY(
        SELECT l FROM offerengine_internal.points_lots(choose_points.account, at) AS l);
    free   CONSTANT bigint := offerengine_internal.redeemable_of(lots, at);
BEGIN
    IF choose_points.points > free THEN
        RAISE EXCEPTION '% points cannot be redeemed: customer "%" has %', choose_points.points, choose_points.account, free
            USING ERRCODE = 'OE095', HINT = 'loyalty_redeemable() tells beforehand.',
                  DETAIL = jsonb_build_object('points', choose_points.points, 'redeemable', free)::text;
    END IF;
    RETURN ARRAY(
        SELECT ROW(c.lot_id, least(c.free, choose_points.points - c.before))::offerengine_internal.points_part
          FROM (SELECT l.lot_id, l.points - l.held AS free, l.expires_at, l.opens_at, l.dated_at,
                       sum(l.points - l.held) OVER (ORDER BY l.expires_at, l.opens_at, l.dated_at, l.lot_id)
                       - (l.points - l.held) AS before
                  FROM unnest(lots) AS l
                 WHERE l.opens_at <= at AND l.expires_at > at AND l.points > l.held) AS c
         WHERE c.before < choose_points.points
         ORDER BY c.expires_at, c.opens_at, c.dated_at, c.lot_id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.choose_points(text, bigint) IS
    'The points of a customer that are redeemed first: open, not held, the soonest to end first. The caller holds them. OE095: '
    'there are not so many.';

CREATE FUNCTION offerengine_internal.release_points(customer_reference text, order_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    held_until timestamptz;
BEGIN
    DELETE FROM offerengine.loyalty_hold_lot p
     WHERE p.customer_reference = release_points.customer_reference AND p.order_id = release_points.order_id;
    DELETE FROM offerengine.loyalty_hold h
     WHERE h.customer_reference = release_points.customer_reference AND h.order_id = release_points.order_id
    RETURNING h.expires_at INTO held_until;
    RETURN coalesce(held_until > clock_timestamp(), false);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.release_points(text, uuid) IS
    'Removes the hold of an order; true: it was holding points still. The caller holds the customer.';

CREATE FUNCTION offerengine_internal.held_points(
    customer_reference text, order_id uuid, points bigint) RETURNS offerengine_internal.points_part[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    parts CONSTANT offerengine_internal.points_part[] := ARRAY(
        SELECT ROW(p.lot_id, p.points)::offerengine_internal.points_part
          FROM offerengine.loyalty_hold h
          JOIN offerengine.loyalty_hold_lot p ON p.customer_reference = h.customer_reference AND p.order_id = h.order_id
         WHERE h.customer_reference = held_points.customer_reference AND h.order_id = held_points.order_id
           AND h.points = held_points.points AND h.expires_at > clock_timestamp()
         ORDER BY p.lot_id);
BEGIN
    PERFORM offerengine_internal.release_points(held_points.customer_reference, held_points.order_id);
    RETURN parts;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.held_points(text, uuid, bigint) IS
    'The points that are held for an order, if so many are; whatever is held for it is held no longer. The caller holds the '
    'customer.';

CREATE FUNCTION offerengine_internal.redeem_points(
    account text, document_id uuid, points integer, order_id uuid, program offerengine_internal.points_program, key text)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    amount CONSTANT bigint := offerengine_internal.amount_of(
        redeem_points.points::numeric * program.value_per_point, format('%s points', redeem_points.points));
    parts  offerengine_internal.points_part[];
BEGIN
    parts := offerengine_internal.held_points(redeem_points.account, redeem_points.order_id, redeem_points.points);
    IF parts = '{}' THEN
        parts := offerengine_internal.choose_points(redeem_points.account, redeem_points.points);
    END IF;
    PERFORM offerengine_internal.write_document(
                redeem_points.account,
                ROW(redeem_points.document_id, 'redemption', redeem_points.order_id, NULL, program.currency_code,
                    redeem_points.points, amount, NULL, NULL, NULL, redeem_points.key, NULL, now())
                ::offerengine_internal.points_document);
    PERFORM offerengine_internal.write_points(
                redeem_points.account, redeem_points.document_id, program.currency_code,
                ARRAY(SELECT ROW('redeemed', p.lot_id, -p.points, NULL, greatest(now(), l.dated_at), NULL, NULL, NULL, NULL)
                             ::offerengine_internal.points_entry
                        FROM unnest(parts) WITH ORDINALITY AS p
                        JOIN offerengine.loyalty_lot l ON l.customer_reference = redeem_points.account AND l.lot_id = p.lot_id
                       ORDER BY p.ordinality));
    RETURN amount;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.redeem_points(
    text, uuid, integer, uuid, offerengine_internal.points_program, text) IS
    'Books that points are redeemed, those that are held for the order where as many are, and answers what they pay; NULL: there '
    'is no programme. The caller holds the points. OE095: more than can be redeemed.';

CREATE FUNCTION offerengine_internal.paying_program(order_reference text, currency text)
RETURNS offerengine_internal.points_program
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    program CONSTANT offerengine_internal.points_program := offerengine_internal.points_program(paying_program.currency);
BEGIN
    IF program.currency_code IS NULL THEN
        RAISE EXCEPTION 'no points pay for order "%": % has no loyalty programme', order_reference,
                        coalesce(currency, 'its currency')
            USING ERRCODE = 'OE097', HINT = 'put_loyalty_program() makes one.';
    END IF;
    RETURN program;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.paying_program(text, text) IS
    'The programme that says what points pay of an order in a currency. OE097: there is none.';

CREATE FUNCTION offerengine_internal.check_points_worth(
    order_reference text, points integer, program offerengine_internal.points_program, open_amount bigint) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF points::numeric * program.value_per_point > open_amount THEN
        RAISE EXCEPTION '% points pay %, more than the % that order "%" has left to pay', points,
                        points::numeric * program.value_per_point, open_amount, order_reference
            USING ERRCODE = 'OE097', HINT = 'Redeem fewer.',
                  DETAIL = jsonb_build_object('points', points, 'most_points', div(open_amount::numeric, program.value_per_point),
                                              'open_amount', open_amount, 'currency', program.currency_code)::text;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_points_worth(
    text, integer, offerengine_internal.points_program, bigint) IS
    'Refuses more points than an order, which has so much left to pay, is worth (OE097).';

CREATE FUNCTION offerengine_internal.do_loyalty_redeem(customer_reference text, points integer, order_id uuid, key text)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    document CONSTANT uuid := offerengine.uuid_v7();
    account  offerengine_internal.points_account;
    program  offerengine_internal.points_program;
    stored   offerengine_internal.stored_order;
    done     uuid;
    amount   bigint;
BEGIN
    PERFORM offerengine_internal.check_points(do_loyalty_redeem.points),
            offerengine_internal.check_reference(do_loyalty_redeem.key, 'key');
    PERFORM offerengine_internal.lock_customer(do_loyalty_redeem.customer_reference);
    IF do_loyalty_redeem.order_id IS NOT NULL THEN
        stored := offerengine_internal.stored_order(do_loyalty_redeem.customer_reference, do_loyalty_redeem.order_id);
    END IF;
    account := offerengine_internal.own_points(do_loyalty_redeem.customer_reference);
    done := offerengine_internal.points_done(
        account.customer_reference, 'redemption', do_loyalty_redeem.key, do_loyalty_redeem.order_id, do_loyalty_redeem.points);
    IF done IS NOT NULL THEN
        RETURN (SELECT d.amount FROM offerengine.loyalty_document d
                 WHERE d.customer_reference = account.customer_reference AND d.document_id = done);
    END IF;
    PERFORM offerengine_internal.check_redeems(account);
    IF stored.order_id IS NULL THEN
        SELECT p.* INTO program
          FROM (SELECT min(l.currency_code) AS currency FROM offerengine.loyalty_program l HAVING count(*) = 1) AS o
         CROSS JOIN LATERAL offerengine_internal.points_program(o.currency) AS p;
        RETURN offerengine_internal.redeem_points(
            account.customer_reference, document, do_loyalty_redeem.points, NULL, program, do_loyalty_redeem.key);
    END IF;
    program := offerengine_internal.payable_program(stored, do_loyalty_redeem.points);
    amount := offerengine_internal.redeem_points(
        account.customer_reference, document, do_loyalty_redeem.points, stored.order_id, program, do_loyalty_redeem.key);
    PERFORM offerengine_internal.pay_order(
                stored, account.customer_reference, document, do_loyalty_redeem.points, amount);
    RETURN amount;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_redeem(text, integer, uuid, text) IS 'loyalty_redeem, run as the owner.';

CREATE FUNCTION offerengine_internal.payable_program(stored offerengine_internal.stored_order, points integer)
RETURNS offerengine_internal.points_program
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    program CONSTANT offerengine_internal.points_program := offerengine_internal.paying_program(
        stored.order_reference, stored.currency_code);
    paid    record;
BEGIN
    IF offerengine_internal.is_return(stored.order_type) THEN
        RAISE EXCEPTION 'order "%" is a document of type %: no points pay for it', stored.order_reference, stored.order_type
            USING ERRCODE = 'OE051', HINT = 'order_documents() says which order it belongs to.';
    END IF;
    SELECT s.points_redeemed, greatest(0, s.total_amount - s.cancelled_amount - s.returned_amount - s.points_amount) AS open
      INTO STRICT paid
      FROM offerengine.sales_order s
     WHERE s.customer_reference = stored.customer_reference AND s.order_id = stored.order_id;
    PERFORM offerengine_internal.check_points_worth(stored.order_reference, payable_program.points, program, paid.open);
    -- Points that pay nothing, or next to it.
    IF paid.points_redeemed::bigint + payable_program.points > 2147483647 THEN
        RAISE EXCEPTION '% points and the % that pay for order "%" already are more than an order can say', payable_program.points,
                        paid.points_redeemed, stored.order_reference
            USING ERRCODE = '22003', HINT = 'Redeem fewer.';
    END IF;
    RETURN program;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.payable_program(offerengine_internal.stored_order, integer) IS
    'The programme by which so many points pay for an order. The caller holds the customer. OE097: it has less left to pay, or its '
    'currency has no programme; OE051: it is a return; 22003: more points than an order can say.';

CREATE FUNCTION offerengine_internal.pay_order(
    stored offerengine_internal.stored_order, account text, document_id uuid, points integer, amount bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    before CONSTANT offerengine_internal.points_order := offerengine_internal.points_order(
        stored.customer_reference, stored.order_id);
BEGIN
    UPDATE offerengine.sales_order s
       SET points_redeemed = s.points_redeemed + pay_order.points, points_amount = s.points_amount + pay_order.amount
     WHERE s.customer_reference = stored.customer_reference AND s.order_id = stored.order_id;
    PERFORM offerengine_internal.earn_less(
                stored.customer_reference, pay_order.account, pay_order.document_id, before, pay_order.amount);
    PERFORM offerengine_internal.order_changed(
                stored.customer_reference, stored.order_id, 'redeemed', offerengine_internal.channel_of_caller(NULL),
                jsonb_build_object('points', pay_order.points, 'amount', pay_order.amount));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.pay_order(
    offerengine_internal.stored_order, text, uuid, integer, bigint) IS
    'Notes that points have paid for an order, which earns less then, also where that was booked before. The caller holds customer '
    'and points.';

CREATE FUNCTION offerengine_internal.earn_less(
    customer_reference text, account text, document_id uuid, before offerengine_internal.points_order, amount bigint)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 2000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    program CONSTANT offerengine_internal.points_program := offerengine_internal.points_program(before.currency_code);
    booked  record;
    less    bigint[];
BEGIN
    SELECT d.cancelled_amount, l.lot_id, l.dated_at INTO booked
      FROM offerengine.loyalty_document d
      JOIN offerengine.loyalty_lot l ON l.customer_reference = d.customer_reference AND l.document_id = d.document_id
     WHERE d.customer_reference = earn_less.account AND d.order_id = before.order_id AND d.kind = 'order';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT array_agg(CASE WHEN k.points = b.points THEN b.points - a.points
                          WHEN sign(k.points) = sign(b.points)
                          THEN sign(b.points - a.points)::bigint
                               * offerengine_internal.proportional(
                                     abs(k.points), least(abs(b.points - a.points), abs(b.points)), abs(b.points))
                          ELSE 0 END ORDER BY b.place) INTO less
      FROM unnest(offerengine_internal.earned_points(
                      earn_less.customer_reference, before, program, booked.cancelled_amount, before.points_amount))
           WITH ORDINALITY AS b (points, place)
      JOIN unnest(offerengine_internal.earned_points(
                      earn_less.customer_reference, before, program, booked.cancelled_amount,
                      before.points_amount + earn_less.amount))
           WITH ORDINALITY AS a (points, place) USING (place)
     CROSS JOIN LATERAL (
           -- What it has earned by a programme and tags that are other ones today goes in the same proportion.
           SELECT coalesce(sum(e.points), 0)::bigint AS points
             FROM offerengine.loyalty_entry e
            WHERE e.customer_reference = earn_less.account AND e.lot_id = booked.lot_id AND e.reverses_entry_id IS NULL
              AND e.kind = ('{earned,order_points,extra}'::text[])[b.place]) AS k;
    PERFORM offerengine_internal.write_points(
                earn_less.account, earn_less.document_id, before.currency_code,
                ARRAY(SELECT ROW(k.kind, booked.lot_id, -n.points, NULL, greatest(now(), booked.dated_at), NULL, NULL, NULL, NULL)
                             ::offerengine_internal.points_entry
                        FROM unnest(less) WITH ORDINALITY AS n (points, place)
                        JOIN unnest('{earned,order_points,extra}'::text[]) WITH ORDINALITY AS k (kind, place) USING (place)
                       WHERE n.points <> 0
                       ORDER BY n.place));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.earn_less(
    text, text, uuid, offerengine_internal.points_order, bigint) IS
    'Takes back what an order has earned too much when points pay so much of it after it was booked. The caller holds the points.';

CREATE FUNCTION offerengine_internal.do_loyalty_hold(
    customer_reference text, points integer, order_id uuid, expires_at timestamptz)
RETURNS offerengine.loyalty_held
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted  CONSTANT uuid := coalesce(do_loyalty_hold.order_id, offerengine.uuid_v7());
    account offerengine_internal.points_account;
    parts   offerengine_internal.points_part[];
BEGIN
    PERFORM offerengine_internal.check_points(do_loyalty_hold.points);
    IF do_loyalty_hold.expires_at IS NULL THEN
        RAISE EXCEPTION 'expires_at must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_loyalty_hold.customer_reference);
    IF NOT isfinite(do_loyalty_hold.expires_at) OR do_loyalty_hold.expires_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'points are not held until %', do_loyalty_hold.expires_at
            USING ERRCODE = '22023', HINT = 'A hold ends by itself: name an instant to come.';
    END IF;
    account := offerengine_internal.redeeming_points(do_loyalty_hold.customer_reference);
    UPDATE offerengine.loyalty_hold h SET expires_at = do_loyalty_hold.expires_at
     WHERE h.customer_reference = account.customer_reference AND h.order_id = wanted
       AND h.points = do_loyalty_hold.points AND h.expires_at > clock_timestamp();
    IF NOT FOUND THEN
        PERFORM offerengine_internal.release_points(account.customer_reference, wanted);
        parts := offerengine_internal.choose_points(account.customer_reference, do_loyalty_hold.points);
        INSERT INTO offerengine.loyalty_hold (customer_reference, order_id, points, held_at, expires_at)
        VALUES (account.customer_reference, wanted, do_loyalty_hold.points, now(), do_loyalty_hold.expires_at);
        INSERT INTO offerengine.loyalty_hold_lot (customer_reference, order_id, lot_id, points)
        SELECT account.customer_reference, wanted, p.lot_id, p.points FROM unnest(parts) AS p;
    END IF;
    RETURN ROW(wanted, do_loyalty_hold.points, do_loyalty_hold.expires_at)::offerengine.loyalty_held;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_hold(text, integer, uuid, timestamptz) IS 'loyalty_hold, run as the owner.';

CREATE FUNCTION offerengine_internal.do_loyalty_void(customer_reference text, order_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF do_loyalty_void.order_id IS NULL THEN
        RAISE EXCEPTION 'order_id must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_loyalty_void.customer_reference);
    PERFORM offerengine_internal.take_points(do_loyalty_void.customer_reference);
    RETURN offerengine_internal.release_points(do_loyalty_void.customer_reference, do_loyalty_void.order_id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_void(text, uuid) IS 'loyalty_void, run as the owner.';

CREATE TYPE offerengine_internal.points_paid AS (points integer, amount bigint);
COMMENT ON TYPE offerengine_internal.points_paid IS 'Points that pay for an order, and what they pay, in minor units.';

CREATE FUNCTION offerengine_internal.pay_with_points(
    customer_reference text, order_id uuid, order_reference text, points integer, currency text, total bigint)
RETURNS offerengine_internal.points_paid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 AS $oe_body$
DECLARE
    wanted  integer := coalesce(pay_with_points.points, 0);
    program offerengine_internal.points_program;
    account offerengine_internal.points_account;
BEGIN
    IF wanted = 0 THEN
        -- Most pay without.
        SELECT h.points INTO wanted
          FROM offerengine.loyalty_hold h
         WHERE h.customer_reference = pay_with_points.customer_reference AND h.order_id = pay_with_points.order_id
           AND h.expires_at > clock_timestamp();
        IF NOT FOUND THEN
            RETURN ROW(0, 0)::offerengine_internal.points_paid;
        END IF;
    END IF;
    account := offerengine_internal.redeeming_points(pay_with_points.customer_reference);
    program := offerengine_internal.paying_program(pay_with_points.order_reference, pay_with_points.currency);
    PERFORM offerengine_internal.check_points_worth(
                pay_with_points.order_reference, wanted, program, pay_with_points.total);
    RETURN ROW(wanted, offerengine_internal.redeem_points(
                           account.customer_reference, offerengine.uuid_v7(), wanted, pay_with_points.order_id, program, NULL))
           ::offerengine_internal.points_paid;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.pay_with_points(text, uuid, text, integer, text, bigint) IS
    'Redeems points for an order that is about to be placed over such a total, or what is held for it where none are named. The '
    'caller holds the customer, and notes them in the order. OE095, OE096, OE097: as loyalty_redeem.';
