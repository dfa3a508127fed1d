-- What a customer has, and changes by hand. What is left of a lot is the sum of its entries; what has ended counts only where it is
-- below zero. So points that have ended never leave behind what was taken from them.

CREATE FUNCTION offerengine.loyalty_balance(customer_reference text, at timestamptz DEFAULT NULL) RETURNS bigint
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION offerengine.loyalty_balance(text, timestamptz) IS
    'The points of a customer at an instant (left out: now), those that cannot be redeemed yet included; below 0: more came back '
    'than was left. Points that have ended do not count, a debt never ends. 0: there are none. 42501: a storefront asks for '
    'another instant than now.';

CREATE FUNCTION offerengine.loyalty_redeemable(customer_reference text, at timestamptz DEFAULT NULL) RETURNS bigint
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION offerengine.loyalty_redeemable(text, timestamptz) IS
    'How many points a customer can redeem at an instant (left out: now): those that are open and not held, never more than the '
    'balance less what is held. 0 for a customer who does not take part, or whose points are locked. 42501: a storefront asks for '
    'another instant than now.';

CREATE TYPE offerengine.loyalty_ending AS (expires_at timestamptz, points bigint);
COMMENT ON TYPE offerengine.loyalty_ending IS 'Points of a customer that end at the same instant.';

CREATE FUNCTION offerengine.loyalty_expiring(customer_reference text, within interval) RETURNS SETOF offerengine.loyalty_ending
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 3;
COMMENT ON FUNCTION offerengine.loyalty_expiring(text, interval) IS
    'The points of a customer that end within an interval from now if nobody redeems them, the soonest first. 22023: an interval '
    'below 0; 22004: no interval.';

CREATE FUNCTION offerengine.loyalty_adjust(customer_reference text, points integer, reason text, key text) RETURNS bigint
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 5000;
COMMENT ON FUNCTION offerengine.loyalty_adjust(text, integer, text, text) IS
    'Gives a customer points (above 0), open at once, or takes some away, once for each key, and answers the balance afterwards. '
    'They end expiry_days from now, of the only programme that there is, of several after the longest. What is taken goes from '
    'open points first, the soonest to end first, then from those that open later, and what is more is a debt. reason: at most '
    '1000 characters. OE096: the customer does not take part; OE013: the key stands for something else; 22023: 0 points, a long '
    'reason, no key; 22004: NULL for customer, points or key.';

CREATE TYPE offerengine_internal.points_lot AS (
    lot_id     uuid,
    kind       text,
    dated_at   timestamptz,
    opens_at   timestamptz,
    expires_at timestamptz,
    points     bigint,
    held       bigint
);
COMMENT ON TYPE offerengine_internal.points_lot IS
    'A lot of points with what is left of it, and how much of that is held for orders.';

CREATE FUNCTION offerengine_internal.points_lots(customer_reference text, at timestamptz)
RETURNS SETOF offerengine_internal.points_lot
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 ROWS 20 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT l.lot_id, l.kind::text, l.dated_at, l.opens_at, l.expires_at, e.points::bigint, coalesce(h.points, 0)::bigint
      FROM offerengine.loyalty_lot l
      JOIN (SELECT e.lot_id, sum(e.points) AS points
              FROM offerengine.loyalty_entry e
             WHERE e.customer_reference = points_lots.customer_reference AND e.dated_at <= points_lots.at
             GROUP BY e.lot_id) AS e ON e.lot_id = l.lot_id
      LEFT JOIN (SELECT p.lot_id, sum(p.points) AS points
                   FROM offerengine.loyalty_hold h
                   JOIN offerengine.loyalty_hold_lot p
                     ON p.customer_reference = h.customer_reference AND p.order_id = h.order_id
                  WHERE h.customer_reference = points_lots.customer_reference
                    AND h.held_at <= points_lots.at AND h.expires_at > points_lots.at
                  GROUP BY p.lot_id) AS h ON h.lot_id = l.lot_id
     WHERE l.customer_reference = points_lots.customer_reference AND l.dated_at <= points_lots.at;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.points_lots(text, timestamptz) IS
    'The lots of a customer at an instant, those that have ended included.';

CREATE FUNCTION offerengine_internal.balance_of(lots offerengine_internal.points_lot[], at timestamptz) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 50 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN (SELECT coalesce(sum(CASE WHEN l.expires_at > balance_of.at THEN l.points ELSE least(l.points, 0) END), 0)
              FROM unnest(lots) AS l);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.balance_of(offerengine_internal.points_lot[], timestamptz) IS
    'What lots come to at an instant: what is left of each, of one that has ended only a debt.';

CREATE FUNCTION offerengine_internal.redeemable_of(lots offerengine_internal.points_lot[], at timestamptz) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 50 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    sums record;
BEGIN
    SELECT coalesce(sum(greatest(0, l.points - l.held)) FILTER (WHERE l.opens_at <= redeemable_of.at), 0) AS open,
           coalesce(sum(l.held), 0) AS held
      INTO sums
      FROM unnest(lots) AS l
     WHERE l.expires_at > redeemable_of.at;
    RETURN greatest(0, least(sums.open, offerengine_internal.balance_of(lots, redeemable_of.at) - sums.held));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.redeemable_of(offerengine_internal.points_lot[], timestamptz) IS
    'How much of lots can be redeemed at an instant: what is open and not held, as far as the balance covers it.';

CREATE FUNCTION offerengine_internal.asked_instant(at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF asked_instant.at <> now() AND offerengine_internal.called_by_storefront() THEN
        RAISE EXCEPTION 'role "%" may ask about now only', offerengine_internal.calling_role()
            USING ERRCODE = '42501', HINT = 'Leave "at" out.';
    END IF;
    RETURN coalesce(asked_instant.at, now());
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.asked_instant(timestamptz) IS
    'The instant that is asked for; NULL: now. 42501: a storefront asks for another one.';

CREATE FUNCTION offerengine_internal.do_loyalty_balance(customer_reference text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    asked_at CONSTANT timestamptz := offerengine_internal.asked_instant(do_loyalty_balance.at);
BEGIN
    RETURN offerengine_internal.balance_of(
        ARRAY(SELECT l FROM offerengine_internal.points_lots(do_loyalty_balance.customer_reference, asked_at) AS l), asked_at);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_balance(text, timestamptz) IS 'loyalty_balance, run as the owner.';

CREATE FUNCTION offerengine_internal.do_loyalty_redeemable(customer_reference text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    asked_at CONSTANT timestamptz := offerengine_internal.asked_instant(do_loyalty_redeemable.at);
BEGIN
    PERFORM FROM offerengine.loyalty_member m
      WHERE m.customer_reference = do_loyalty_redeemable.customer_reference AND m.state = 'active';
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    RETURN offerengine_internal.redeemable_of(
        ARRAY(SELECT l FROM offerengine_internal.points_lots(do_loyalty_redeemable.customer_reference, asked_at) AS l), asked_at);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_redeemable(text, timestamptz) IS 'loyalty_redeemable, run as the owner.';

CREATE FUNCTION offerengine_internal.do_loyalty_expiring(customer_reference text, within interval)
RETURNS SETOF offerengine.loyalty_ending
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 3 SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $oe_body$
BEGIN
    IF do_loyalty_expiring.within IS NULL THEN
        RAISE EXCEPTION 'within must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF do_loyalty_expiring.within < interval '0' THEN
        RAISE EXCEPTION 'within must not be below 0, % was given', do_loyalty_expiring.within USING ERRCODE = '22023';
    END IF;
    RETURN QUERY
    SELECT l.expires_at, sum(l.points)::bigint
      FROM offerengine_internal.points_lots(do_loyalty_expiring.customer_reference, now()) AS l
     WHERE l.points > 0 AND l.expires_at > now() AND isfinite(l.expires_at)
           -- Years that nobody lives to see: beyond, instants end.
       AND l.expires_at <= now() + least(do_loyalty_expiring.within, interval '200000 years')
     GROUP BY l.expires_at
     ORDER BY l.expires_at;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_expiring(text, interval) IS 'loyalty_expiring, run as the owner.';

CREATE FUNCTION offerengine_internal.points_done(
    account text, kind text, key text, order_id uuid, points bigint) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    done record;
BEGIN
    SELECT d.document_id, d.kind, d.order_id, d.points INTO done
      FROM offerengine.loyalty_document d
     WHERE d.customer_reference = points_done.account AND d.action_key = points_done.key;
    IF FOUND AND (done.kind <> points_done.kind OR done.points <> points_done.points
                  OR done.order_id IS DISTINCT FROM points_done.order_id) THEN
        RAISE EXCEPTION 'key "%" of customer "%" stands for something else: % of % points', points_done.key, points_done.account,
                        done.kind, done.points
            USING ERRCODE = 'OE013', HINT = 'Use a new key for what is not a repetition.';
    END IF;
    RETURN done.document_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.points_done(text, text, text, uuid, bigint) IS
    'The document of what was done under a key; NULL: nothing was, or there is no key. OE013: the key stands for something else.';

CREATE FUNCTION offerengine_internal.do_loyalty_adjust(customer_reference text, points integer, reason text, key text)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    document CONSTANT uuid := offerengine.uuid_v7();
    account  offerengine_internal.points_account;
BEGIN
    PERFORM offerengine_internal.check_key(do_loyalty_adjust.key, 'key');
    PERFORM offerengine_internal.check_note(do_loyalty_adjust.reason, 'the reason of an adjustment');
    IF do_loyalty_adjust.points IS NULL THEN
        RAISE EXCEPTION 'points must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF do_loyalty_adjust.points = 0 THEN
        RAISE EXCEPTION 'an adjustment by 0 points is none' USING ERRCODE = '22023';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_loyalty_adjust.customer_reference);
    account := offerengine_internal.own_points(do_loyalty_adjust.customer_reference);
    IF offerengine_internal.points_done(account.customer_reference, 'adjustment', do_loyalty_adjust.key, NULL,
                                        do_loyalty_adjust.points) IS NULL THEN
        IF account.state = 'inactive' THEN
            PERFORM offerengine_internal.refuse_member(account.customer_reference, account.state);
        END IF;
        PERFORM offerengine_internal.write_document(
                    account.customer_reference,
                    ROW(document, 'adjustment', NULL, NULL, NULL, do_loyalty_adjust.points, NULL, NULL, NULL, NULL,
                        do_loyalty_adjust.key, nullif(do_loyalty_adjust.reason, ''), now())::offerengine_internal.points_document);
        PERFORM offerengine_internal.write_points(
                    account.customer_reference, document, NULL,
                    ARRAY(SELECT p FROM offerengine_internal.plan_adjustment(
                                            account.customer_reference, do_loyalty_adjust.points) AS p));
    END IF;
    RETURN offerengine_internal.do_loyalty_balance(account.customer_reference, NULL);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_adjust(text, integer, text, text) IS 'loyalty_adjust, run as the owner.';

CREATE FUNCTION offerengine_internal.own_points(customer_reference text) RETURNS offerengine_internal.points_account
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    account offerengine_internal.points_account;
BEGIN
    account := offerengine_internal.take_points(own_points.customer_reference);
    IF account.customer_reference IS NULL THEN
        PERFORM offerengine_internal.refuse_member(own_points.customer_reference, NULL);
    END IF;
    PERFORM offerengine_internal.refuse_merged_points(
                own_points.customer_reference, nullif(account.customer_reference COLLATE "C", own_points.customer_reference));
    RETURN account;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.own_points(text) IS
    'Takes a customer''s own points until the end of the transaction. The caller holds the customer. OE096: the customer never '
    'took part, or somebody else has the points now.';

CREATE FUNCTION offerengine_internal.plan_adjustment(account text, points bigint)
RETURNS SETOF offerengine_internal.points_entry
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    at      CONSTANT timestamptz := clock_timestamp();
    open    bigint := -points;
    lot     record;
    planned offerengine_internal.points_entry;
BEGIN
    planned.kind := 'adjusted';
    IF points < 0 THEN
        FOR lot IN
            SELECT l.lot_id, l.dated_at, l.points
              FROM offerengine_internal.points_lots(plan_adjustment.account, at) AS l
             WHERE l.points > 0 AND l.expires_at > at
             ORDER BY l.opens_at > at, l.expires_at, l.opens_at, l.dated_at, l.lot_id
        LOOP
            EXIT WHEN open = 0;
            planned.lot_id := lot.lot_id;
            planned.points := -least(open, lot.points);
            planned.dated_at := greatest(now(), lot.dated_at);
            open := open + planned.points;
            RETURN NEXT planned;
        END LOOP;
        IF open = 0 THEN
            RETURN;
        END IF;
    END IF;
    planned.lot_id := offerengine.uuid_v7();
    planned.points := -open;
    planned.dated_at := now();
    planned.new_lot := 'adjusted';
    planned.opens_at := now();
    planned.expires_at := offerengine_internal.instant_after(
        now(), (SELECT CASE WHEN bool_and(p.expiry_days IS NOT NULL) THEN max(p.expiry_days) END
                  FROM offerengine.loyalty_program p));
    RETURN NEXT planned;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.plan_adjustment(text, bigint) IS
    'The entries by which so many points are given, or taken (below 0): from lots, and what they have not is a debt.';
