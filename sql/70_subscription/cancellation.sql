-- What becomes of subscriptions: cancelled, withdrawn, changed.

CREATE TYPE offerengine.cancellation_preview AS (
    subscription_id uuid,
    offer_reference text,
    change          text,
    effective_on    date,
    old_amount      bigint,
    new_amount      bigint
);
COMMENT ON TYPE offerengine.cancellation_preview IS
    'A timeline_change that a cancellation would make (subscription_id NULL: of one that would be new), and what a piece costs '
    'per accounting period before (of the subscription, or of the one it follows) and from then on, in minor units; NULL: '
    'nothing.';

CREATE FUNCTION offerengine.cancel_subscription(
    customer_reference text,
    subscription_id    uuid,
    mode               text DEFAULT 'regular',
    on_date            date DEFAULT NULL,
    channel            text DEFAULT NULL,
    ends_on            date DEFAULT NULL,
    reason             text DEFAULT NULL)
RETURNS SETOF offerengine.timeline_change
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3;
COMMENT ON FUNCTION offerengine.cancel_subscription(text, uuid, text, date, text, date, text) IS
    'Cancels a subscription on a day (left out: today in the store) and answers everything that follows, first the '
    'subscription itself. Mode regular: it ends with the first term of the step that runs on that day for which the notice is '
    'kept, never later than that step; immediate: that day; at_date: on ends_on, through channel backend only. channel left out: '
    'self_service for a storefront, backend for everybody else. Where it was the '
    'base of an advantage, the switch to the regular offer is planned in the same transaction. One that ends before it begins '
    'cancels the open pieces of its order line, too, as cancel_order() does. The same cancellation again '
    'changes nothing. OE020: no such subscription; OE011: the offer''s management does not allow it; OE012: it does not run any '
    'more, never runs, or is cancelled already; OE022: ends_on lets it last longer than an earlier cancellation, beside more '
    'pieces of an advantage than its rule gives at once; 42501: a storefront names a past day or a foreign channel; 22023, '
    '22004: arguments.';

CREATE FUNCTION offerengine.preview_cancellation(
    customer_reference text,
    subscription_id    uuid,
    mode               text DEFAULT 'regular',
    on_date            date DEFAULT NULL,
    channel            text DEFAULT NULL,
    ends_on            date DEFAULT NULL,
    reason             text DEFAULT NULL)
RETURNS SETOF offerengine.cancellation_preview
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL UNSAFE COST 10000 ROWS 3;
COMMENT ON FUNCTION offerengine.preview_cancellation(text, uuid, text, date, text, date, text) IS
    'What cancel_subscription() with the same arguments would answer and refuse (but OE022, which it finds when it writes), with '
    'prices before and after. Writes and locks nothing, also on a standby.';

CREATE FUNCTION offerengine_internal.do_cancel_subscription(
    customer_reference text, subscription_id uuid, mode text, on_date date, channel text, ends_on date, reason text)
RETURNS SETOF offerengine.timeline_change
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.lock_customer(do_cancel_subscription.customer_reference);
    RETURN QUERY
    SELECT c.subscription_id, c.offer_reference, c.change, c.effective_on
      FROM offerengine_internal.cancel($1, $2, $3, $4, $5, $6, $7, true) AS c; -- short, since it is the context of refusals
    PERFORM offerengine_internal.cancel_unbegun(
                do_cancel_subscription.customer_reference, do_cancel_subscription.subscription_id,
                offerengine_internal.channel_of_caller(do_cancel_subscription.channel), do_cancel_subscription.reason);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_cancel_subscription(text, uuid, text, date, text, date, text) IS
    'cancel_subscription, run as the owner.';

CREATE FUNCTION offerengine_internal.do_preview_cancellation(
    customer_reference text, subscription_id uuid, mode text, on_date date, channel text, ends_on date, reason text)
RETURNS SETOF offerengine.cancellation_preview
LANGUAGE plpgsql STABLE PARALLEL UNSAFE COST 10000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    changes offerengine_internal.planned_change[];
BEGIN
    -- Apart from the query, which would be the context of what is refused.
    changes := ARRAY(SELECT c FROM offerengine_internal.cancel($1, $2, $3, $4, $5, $6, $7, false) AS c);
    RETURN QUERY
    WITH planned AS (
        SELECT c.*, stored.subscription_id AS stored_id, own.amount AS amount_before,
               stored.starts_on = c.starts_on AS keeps_start,
               CASE WHEN stored.starts_on = c.starts_on THEN own.amount ELSE beginning.amount END AS amount_after
          FROM unnest(changes) WITH ORDINALITY AS c
          LEFT JOIN offerengine.subscription sold
                 ON sold.customer_reference = do_preview_cancellation.customer_reference AND sold.subscription_id = c.chain_id
          LEFT JOIN offerengine.subscription stored
                 ON stored.customer_reference = do_preview_cancellation.customer_reference
                AND stored.subscription_id = c.subscription_id
          LEFT JOIN LATERAL offerengine_internal.period_amount(
                    do_preview_cancellation.customer_reference, c.subscription_id, c.effective_on - 1) own ON true
          LEFT JOIN LATERAL offerengine_internal.sheet_price(
                    c.price_sheet_id, sold.currency_code, sold.price_mode, sold.country_code, c.starts_on) beginning
                 ON c.predecessor_id IS NOT NULL)
    SELECT p.stored_id, p.offer_reference, p.change, p.effective_on,
           CASE p.change
               WHEN 'starts' THEN coalesce(follows.amount_after, before.amount)
               WHEN 'ends' THEN p.amount_after
               ELSE p.amount_before END,
           CASE WHEN p.change = 'starts' OR (p.change = 'moved' AND NOT p.keeps_start) THEN p.amount_after END
      FROM planned p
      LEFT JOIN planned follows ON follows.subscription_id = p.predecessor_id AND follows.change IN ('starts', 'moved')
      LEFT JOIN LATERAL offerengine_internal.period_amount(
                do_preview_cancellation.customer_reference, p.predecessor_id, p.effective_on - 1) before ON true
     ORDER BY p.ordinality;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_preview_cancellation(text, uuid, text, date, text, date, text) IS
    'preview_cancellation, run as the owner.';

CREATE TYPE offerengine_internal.acted_subscription AS (
    customer_reference text,
    subscription_id    uuid,
    offer_id           bigint,
    offer_reference    text,
    chain_id           uuid,
    predecessor_id     uuid,
    is_ignored         boolean,
    starts_on          date,
    ends_on            date,
    agreed_ends_on     date,
    cancelled_on       date,
    cancel_mode        text,
    cancel_ends_on     date,
    acted_on           date,
    today              date
);
COMMENT ON TYPE offerengine_internal.acted_subscription IS
    'A subscription that somebody acts on: as it is stored, with the day of the action and today, in its store.';

CREATE FUNCTION offerengine_internal.acted_subscription(
    customer_reference text, subscription_id uuid, on_date date, operation text, channel text)
RETURNS offerengine_internal.acted_subscription
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    acted offerengine_internal.acted_subscription;
BEGIN
    SELECT s.customer_reference, s.subscription_id, s.offer_id, o.offer_reference, s.chain_id, s.predecessor_id, s.is_ignored,
           s.starts_on, s.ends_on, s.agreed_ends_on, s.cancelled_on, s.cancel_mode, s.cancel_ends_on,
           coalesce(acted_subscription.on_date, d.today), d.today
      INTO acted
      FROM offerengine.subscription s
      JOIN offerengine.offer o ON o.offer_id = s.offer_id
      JOIN offerengine.store st ON st.store_code = s.store_code
     CROSS JOIN LATERAL (SELECT offerengine_internal.local_date(clock_timestamp(), st.time_zone) AS today OFFSET 0) AS d
     WHERE s.customer_reference = acted_subscription.customer_reference
       AND s.subscription_id = acted_subscription.subscription_id;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown_subscription(
                    acted_subscription.customer_reference, acted_subscription.subscription_id);
    END IF;
    PERFORM offerengine_internal.check_action_day(acted.acted_on, acted.today);
    PERFORM offerengine_internal.assert_operation(acted.offer_id, acted_subscription.operation, acted_subscription.channel);
    RETURN acted;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.acted_subscription(text, uuid, date, text, text) IS
    'The subscription of a customer that an operation is about, on a day (NULL: today in its store), when both are allowed. '
    'OE020: no such subscription; OE011: its offer does not allow the operation; 42501, 22023: the day.';

CREATE FUNCTION offerengine_internal.cancel(
    customer_reference text, subscription_id uuid, mode text, on_date date, channel text, ends_on date, reason text,
    is_written boolean)
RETURNS SETOF offerengine_internal.planned_change
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted_mode    CONSTANT text := coalesce(cancel.mode, 'regular');
    wanted_channel CONSTANT text := offerengine_internal.channel_of_caller(cancel.channel);
    event_id       CONSTANT uuid := offerengine.uuid_v7();
    stored         offerengine_internal.acted_subscription;
    restarting     bigint[];
    held           offerengine_internal.held_advantage[];
BEGIN
    PERFORM offerengine_internal.check_cancellation(wanted_mode, wanted_channel, cancel.ends_on);
    PERFORM offerengine_internal.check_note(cancel.reason, 'the reason of a cancellation');
    stored := offerengine_internal.acted_subscription(cancel.customer_reference, cancel.subscription_id, cancel.on_date, 'cancel',
                                              wanted_channel);
    IF cancel.ends_on < stored.acted_on OR NOT isfinite(cancel.ends_on) THEN
        RAISE EXCEPTION 'a cancellation on % cannot end the subscription on %', offerengine_internal.day_text(stored.acted_on),
                        offerengine_internal.day_text(cancel.ends_on)
            USING ERRCODE = '22023', HINT = 'ends_on is that day or a later one.';
    END IF;

    IF stored.cancelled_on = stored.acted_on AND stored.cancel_mode = wanted_mode AND NOT stored.is_ignored
       AND stored.cancel_ends_on IS NOT DISTINCT FROM cancel.ends_on THEN
        RETURN NEXT ROW(stored.subscription_id, stored.offer_reference, 'ends', stored.ends_on, stored.starts_on,
                        stored.chain_id, stored.predecessor_id, NULL)::offerengine_internal.planned_change;
        RETURN;
    END IF;
    PERFORM offerengine_internal.check_runs(stored.subscription_id, stored.offer_reference, stored.is_ignored, stored.starts_on,
                                    stored.ends_on, stored.acted_on);
    IF stored.cancelled_on IS NOT NULL AND (wanted_mode = 'regular' OR stored.cancel_mode = 'immediate') THEN
        RAISE EXCEPTION 'subscription % to offer "%" was cancelled on % and ends on %', stored.subscription_id,
                        stored.offer_reference, offerengine_internal.day_text(stored.cancelled_on),
                        offerengine_internal.day_text(stored.ends_on)
            USING ERRCODE = 'OE012', HINT = 'withdraw_cancellation() takes that back.';
    END IF;

    IF wanted_mode = 'immediate' THEN
        SELECT array_agg(r.sales_rule_id ORDER BY r.sales_rule_id) INTO restarting
          FROM offerengine.sales_rule r
         WHERE r.immediate_policy = 'restart_period'
           AND EXISTS (SELECT FROM offerengine.subscription a
                        WHERE a.customer_reference = cancel.customer_reference AND a.sales_rule_id = r.sales_rule_id
                          AND a.granted_regular_offer_id IS NOT NULL);
    END IF;
    -- In place of an earlier one a cancellation may let a subscription last longer.
    IF cancel.is_written THEN
        held := offerengine_internal.held_advantages(cancel.customer_reference);
    END IF;
    RETURN QUERY
    SELECT p.* FROM offerengine_internal.plan_timeline(
                        cancel.customer_reference, least(stored.acted_on, stored.today), cancel.is_written,
                        cancel.subscription_id, stored.acted_on, wanted_mode, cancel.ends_on, cancel.reason, restarting) AS p;
    IF cancel.is_written THEN
        PERFORM offerengine_internal.check_advantage_limits(cancel.customer_reference, held);
        PERFORM offerengine_internal.record_event(
                    s.customer_reference, s.subscription_id, 'cancelled', s.agreed_ends_on, wanted_channel,
                    jsonb_build_object('mode', wanted_mode, 'cancelled_on', stored.acted_on, 'reason', cancel.reason,
                                       'ended_before', stored.agreed_ends_on),
                    event_id)
           FROM offerengine.subscription s
          WHERE s.customer_reference = cancel.customer_reference AND s.subscription_id = cancel.subscription_id;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.cancel(text, uuid, text, date, text, date, text, boolean) IS
    'The one way to cancel: checks, plans and, when is_written, writes. The caller then holds the customer.';

CREATE FUNCTION offerengine_internal.check_cancellation(mode text, channel text, ends_on date) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.check_channel(check_cancellation.channel);
    IF mode NOT IN ('regular', 'immediate', 'at_date') THEN
        RAISE EXCEPTION 'unknown mode of cancellation "%"', offerengine_internal.shown(mode)
            USING ERRCODE = '22023', HINT = 'Modes are regular, immediate and at_date.';
    END IF;
    IF mode = 'at_date' AND ends_on IS NULL THEN
        RAISE EXCEPTION 'a cancellation at_date needs ends_on' USING ERRCODE = '22004';
    END IF;
    IF mode <> 'at_date' AND ends_on IS NOT NULL THEN
        RAISE EXCEPTION 'mode % takes no ends_on, % was given', mode, offerengine_internal.day_text(ends_on)
            USING ERRCODE = '22023', HINT = 'Mode at_date ends a subscription on a day of your choice.';
    END IF;
    IF mode = 'at_date' AND channel NOT IN ('backend', 'system') THEN
        RAISE EXCEPTION 'a cancellation at_date is not allowed through channel %', channel
            USING ERRCODE = 'OE011', HINT = 'It is for channel backend.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_cancellation(text, text, date) IS
    'Refuses arguments of a cancellation that do not go together.';

CREATE FUNCTION offerengine_internal.raise_unknown_subscription(customer_reference text, subscription_id uuid) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF customer_reference IS NULL OR subscription_id IS NULL THEN
        RAISE EXCEPTION 'customer_reference and subscription_id must not be NULL' USING ERRCODE = '22004';
    END IF;
    RAISE EXCEPTION 'customer "%" has no subscription %', offerengine_internal.shown(customer_reference), subscription_id
        USING ERRCODE = 'OE020', HINT = 'subscription_timeline() lists them.';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.raise_unknown_subscription(text, uuid) IS
    'Refuses a subscription that the customer does not have (OE020), or NULL (22004).';

CREATE FUNCTION offerengine_internal.check_runs(
    subscription_id uuid, offer_reference text, is_ignored boolean, starts_on date, ends_on date, day date) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF is_ignored OR starts_on = ends_on THEN
        RAISE EXCEPTION 'subscription % to offer "%" never runs', subscription_id, offer_reference
            USING ERRCODE = 'OE012', HINT = 'subscription_timeline() shows what it is.';
    END IF;
    IF ends_on <= day THEN
        RAISE EXCEPTION 'subscription % to offer "%" ends on % and does not run on % any more', subscription_id,
                        offer_reference, offerengine_internal.day_text(ends_on), offerengine_internal.day_text(day)
            USING ERRCODE = 'OE012', HINT = 'subscription_timeline() shows what it is.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_runs(uuid, text, boolean, date, date, date) IS
    'Refuses a subscription that never runs, or has ended by that day (OE012).';

CREATE FUNCTION offerengine.withdraw_cancellation(
    customer_reference text, subscription_id uuid, on_date date DEFAULT NULL, channel text DEFAULT NULL)
RETURNS SETOF offerengine.timeline_change
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3;
COMMENT ON FUNCTION offerengine.withdraw_cancellation(text, uuid, date, text) IS
    'Takes the cancellation of a subscription back, on a day (left out: today in the store) on which it still runs, and '
    'answers everything that follows: it is moved (to NULL: it runs on), planned successors are ignored or moved. channel left '
    'out: as cancel_subscription. OE020: no '
    'such subscription; OE011: the offer''s management does not allow it; OE012: it is not cancelled, or does not run any more; '
    'OE022: the customer would have more pieces of an advantage than its rule gives at once, having bought others meanwhile; '
    '42501, 22023, 22004: as cancel_subscription.';

CREATE FUNCTION offerengine_internal.do_withdraw_cancellation(
    customer_reference text, subscription_id uuid, on_date date, channel text)
RETURNS SETOF offerengine.timeline_change
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted_channel CONSTANT text := offerengine_internal.channel_of_caller(do_withdraw_cancellation.channel);
    event_id       CONSTANT uuid := offerengine.uuid_v7();
    stored         offerengine_internal.acted_subscription;
    held           offerengine_internal.held_advantage[];
BEGIN
    PERFORM offerengine_internal.check_channel(wanted_channel);
    PERFORM offerengine_internal.lock_customer(do_withdraw_cancellation.customer_reference);
    stored := offerengine_internal.acted_subscription(
        do_withdraw_cancellation.customer_reference, do_withdraw_cancellation.subscription_id, do_withdraw_cancellation.on_date,
        'withdraw', wanted_channel);
    IF stored.cancelled_on IS NULL THEN
        RAISE EXCEPTION 'subscription % to offer "%" is not cancelled', stored.subscription_id, stored.offer_reference
            USING ERRCODE = 'OE012', HINT = 'subscription_timeline() shows what it is.';
    END IF;
    PERFORM offerengine_internal.check_runs(stored.subscription_id, stored.offer_reference, stored.is_ignored, stored.starts_on,
                                    stored.ends_on, stored.acted_on);

    held := offerengine_internal.held_advantages(stored.customer_reference);
    RETURN QUERY
    SELECT p.subscription_id, p.offer_reference, p.change, p.effective_on
      FROM offerengine_internal.plan_timeline(stored.customer_reference, least(stored.acted_on, stored.today), true,
                                      stored.subscription_id) AS p;
    PERFORM offerengine_internal.check_advantage_limits(stored.customer_reference, held);
    PERFORM offerengine_internal.record_event(
                stored.customer_reference, stored.subscription_id, 'withdrawn', stored.acted_on, wanted_channel,
                jsonb_build_object('mode', stored.cancel_mode, 'cancelled_on', stored.cancelled_on,
                                   'ended_before', stored.agreed_ends_on),
                event_id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_withdraw_cancellation(text, uuid, date, text) IS
    'withdraw_cancellation, run as the owner.';

CREATE FUNCTION offerengine.change_subscription(
    customer_reference text, subscription_id uuid, quantity integer, effective text DEFAULT 'next_period',
    channel text DEFAULT NULL, on_date date DEFAULT NULL)
RETURNS date
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION offerengine.change_subscription(text, uuid, integer, text, text, date) IS
    'Changes the quantity of a subscription, from its next accounting period on or now (on on_date; left out: today in the '
    'store), and answers the day from which it counts. What was planned for that day or later is replaced. A period costs what '
    'the quantity is on its first day. channel left out: as cancel_subscription. OE022: more pieces of an advantage than its '
    'rule gives a customer at once; OE020, OE011, OE012, 42501, 22023, 22004: as cancel_subscription.';

CREATE FUNCTION offerengine_internal.do_change_subscription(
    customer_reference text, subscription_id uuid, quantity integer, effective text, channel text, on_date date)
RETURNS date
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted_channel CONSTANT text := offerengine_internal.channel_of_caller(do_change_subscription.channel);
    wanted_from    CONSTANT text := coalesce(do_change_subscription.effective, 'next_period');
    stored         offerengine_internal.acted_subscription;
    counts_from    date;
    before         integer;
    held           offerengine_internal.held_advantage[];
BEGIN
    PERFORM offerengine_internal.check_channel(wanted_channel);
    IF wanted_from NOT IN ('next_period', 'now') THEN
        RAISE EXCEPTION 'unknown time of effect "%"', offerengine_internal.shown(wanted_from)
            USING ERRCODE = '22023', HINT = 'A change takes effect now or from the next_period on.';
    END IF;
    IF do_change_subscription.quantity IS NULL THEN
        RAISE EXCEPTION 'quantity must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF do_change_subscription.quantity < 1 THEN
        RAISE EXCEPTION 'quantity must be at least 1, not %', do_change_subscription.quantity
            USING ERRCODE = '22023', HINT = 'cancel_subscription() ends a subscription.';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_change_subscription.customer_reference);
    stored := offerengine_internal.acted_subscription(
        do_change_subscription.customer_reference, do_change_subscription.subscription_id, do_change_subscription.on_date, 'change',
        wanted_channel);
    PERFORM offerengine_internal.check_runs(stored.subscription_id, stored.offer_reference, stored.is_ignored, stored.starts_on,
                                    stored.ends_on, stored.acted_on);
    -- Before its start it counts from its start on, also when that moves: so from today.
    counts_from := CASE WHEN wanted_from = 'now' OR stored.acted_on < stored.starts_on THEN stored.acted_on
                        ELSE offerengine_internal.next_boundary(stored.customer_reference, stored.subscription_id,
                            stored.acted_on) END;
    IF stored.ends_on <= counts_from THEN
        RAISE EXCEPTION 'subscription % to offer "%" ends on %: there is no next period', stored.subscription_id,
                        stored.offer_reference, offerengine_internal.day_text(stored.ends_on)
            USING ERRCODE = 'OE012', HINT = 'Let the change take effect now.';
    END IF;

    held := offerengine_internal.held_advantages(stored.customer_reference);
    before := offerengine_internal.quantity_on(stored.customer_reference, stored.subscription_id, counts_from);
    DELETE FROM offerengine.subscription_quantity q
     WHERE q.customer_reference = stored.customer_reference AND q.subscription_id = stored.subscription_id
       AND q.effective_on >= counts_from;
    IF do_change_subscription.quantity
       IS DISTINCT FROM offerengine_internal.quantity_on(stored.customer_reference, stored.subscription_id, counts_from) THEN
        INSERT INTO offerengine.subscription_quantity (customer_reference, subscription_id, effective_on, quantity)
        VALUES (stored.customer_reference, stored.subscription_id, counts_from, do_change_subscription.quantity);
    END IF;
    PERFORM offerengine_internal.record_event(
                stored.customer_reference, stored.subscription_id, 'quantity_changed', counts_from, wanted_channel,
                jsonb_build_object('quantity', do_change_subscription.quantity, 'quantity_before', before));
    PERFORM offerengine_internal.replan(stored.customer_reference, least(stored.acted_on, stored.today));
    PERFORM offerengine_internal.check_advantage_limits(stored.customer_reference, held);
    RETURN greatest(counts_from, stored.starts_on);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_change_subscription(text, uuid, integer, text, text, date) IS
    'change_subscription, run as the owner.';

CREATE TYPE offerengine_internal.held_advantage AS (sales_rule_id bigint, pieces bigint);
COMMENT ON TYPE offerengine_internal.held_advantage IS
    'How many pieces of the advantage of a sales rule with a limit run at once for a customer.';

CREATE FUNCTION offerengine_internal.held_advantages(customer_reference text) RETURNS offerengine_internal.held_advantage[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN ARRAY(
        SELECT ROW(r.sales_rule_id, offerengine_internal.advantage_pieces(
                       held_advantages.customer_reference, r.advantage_offer_id, now()))::offerengine_internal.held_advantage
          FROM offerengine.sales_rule r
         WHERE r.advantage_limit IS NOT NULL
           AND EXISTS (SELECT FROM offerengine.subscription s
                        WHERE s.customer_reference = held_advantages.customer_reference
                          AND s.sales_rule_id = r.sales_rule_id AND s.offer_id = r.advantage_offer_id
                          AND s.granted_regular_offer_id IS NOT NULL)
         ORDER BY r.sales_rule_id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.held_advantages(text) IS
    'Of each sales rule with a limit that has granted the customer something: how many pieces of its advantage run at once from '
    'now on. For check_advantage_limits().';

CREATE FUNCTION offerengine_internal.check_advantage_limits(
    customer_reference text, before offerengine_internal.held_advantage[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    held CONSTANT offerengine_internal.held_advantage[] := offerengine_internal.held_advantages(customer_reference);
    over record;
BEGIN
    -- What is over a limit that was lowered since stays as it is, and may become less.
    SELECT r.title, r.advantage_limit, o.offer_reference, h.pieces INTO over
      FROM unnest(held) AS h
      JOIN offerengine.sales_rule r ON r.sales_rule_id = h.sales_rule_id
      JOIN offerengine.offer o ON o.offer_id = r.advantage_offer_id
      LEFT JOIN unnest(before) AS b ON b.sales_rule_id = h.sales_rule_id
     WHERE h.pieces > r.advantage_limit AND h.pieces > coalesce(b.pieces, 0)
     ORDER BY r.sales_rule_id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'sales rule "%" gives a customer % of offer "%" at once, not %', over.title, over.advantage_limit,
                        over.offer_reference, over.pieces
            USING ERRCODE = 'OE022', HINT = 'More of them are sold as the regular offer: purchase() gives that.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_advantage_limits(text, offerengine_internal.held_advantage[]) IS
    'For what makes subscriptions larger or last longer: raises OE022 when the customer has more pieces of an advantage than its '
    'rule gives at once, and more than before, which is what held_advantages() had answered then.';
