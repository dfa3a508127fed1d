-- The timeline of a customer: what the facts lead to (src/timeline.c), and how it is read.

CREATE TYPE offerengine.timeline_change AS (
    subscription_id uuid,
    offer_reference text,
    change          text,
    effective_on    date
);
COMMENT ON TYPE offerengine.timeline_change IS
    'What an action did to a subscription: ends (on a day), starts, moved (to a day; NULL: its end is gone and it runs on), or '
    'ignored (it would have started on that day).';

CREATE TYPE offerengine_internal.planned_change AS (
    subscription_id uuid,
    offer_reference text,
    change          text,
    effective_on    date,
    starts_on       date,
    chain_id        uuid,
    predecessor_id  uuid,
    price_sheet_id  bigint
);
COMMENT ON TYPE offerengine_internal.planned_change IS
    'A timeline_change, perhaps of a subscription that is not stored, with what it takes to price it: its first day, its chain, '
    'the subscription that it follows, and the sheet of its first step.';

CREATE FUNCTION offerengine_internal.plan_timeline(
    customer_reference text, acted_on date, is_written boolean, subscription_id uuid DEFAULT NULL,
    cancelled_on date DEFAULT NULL, cancel_mode text DEFAULT NULL, cancel_ends_on date DEFAULT NULL,
    cancel_reason text DEFAULT NULL, restarting_rule_ids bigint[] DEFAULT NULL)
RETURNS SETOF offerengine_internal.planned_change
    AS 'MODULE_PATHNAME', 'oe_plan_timeline_sql' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000 ROWS 3;
COMMENT ON FUNCTION offerengine_internal.plan_timeline(text, date, boolean, uuid, date, text, date, text, bigint[]) IS
    'Computes the timeline anew from the facts and answers what changes, the subscription that is acted on first; writes it '
    'when is_written. With subscription_id its cancellation is first set to what the other arguments say (cancel_mode NULL: not '
    'cancelled). What has begun by acted_on stays. The caller is the owner and, to write, holds the customer.';

CREATE TYPE offerengine_internal.step AS (
    step_no             integer,
    anchor_on           date,
    starts_on           date,
    ends_on             date,
    term                interval,
    accounting_period   interval,
    cancellation_notice interval,
    price_sheet_id      bigint
);
COMMENT ON TYPE offerengine_internal.step IS 'A step of an offer, placed on the calendar.';

CREATE FUNCTION offerengine_internal.place_steps(
    offer_id bigint, anchor_on date, starts_on date, instead offerengine_internal.contract DEFAULT NULL)
RETURNS SETOF offerengine_internal.step
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 ROWS 2 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    contract record;
    placed   offerengine_internal.step;
BEGIN
    placed.anchor_on := anchor_on;
    placed.starts_on := starts_on;
    FOR contract IN
        SELECT s.step_no, c.term, c.accounting_period, c.cancellation_notice, c.duration, c.price_sheet_id
          FROM offerengine.offer_step s
          JOIN offerengine.product_contract c ON c.product_contract_id = s.product_contract_id
         WHERE s.offer_id = place_steps.offer_id
           AND s.product_contract_id IS DISTINCT FROM instead.product_contract_id
        UNION ALL
        SELECT s.step_no, instead.term, instead.accounting_period, instead.cancellation_notice, instead.duration,
               instead.price_sheet_id
          FROM offerengine.offer_step s
         WHERE s.offer_id = place_steps.offer_id
           AND s.product_contract_id = instead.product_contract_id
        UNION ALL
        SELECT 1, instead.term, instead.accounting_period, instead.cancellation_notice, instead.duration, instead.price_sheet_id
         WHERE place_steps.offer_id IS NULL
         ORDER BY step_no
    LOOP
        placed.step_no := contract.step_no;
        placed.term := contract.term;
        placed.accounting_period := contract.accounting_period;
        placed.cancellation_notice := contract.cancellation_notice;
        placed.price_sheet_id := contract.price_sheet_id;
        placed.ends_on := NULL;
        IF contract.duration <> '0' THEN
            -- A duration is so many accounting periods, which are counted from the anchor.
            placed.ends_on := offerengine.period_boundary(
                placed.anchor_on,
                CASE WHEN extract(day FROM contract.duration) > 0 THEN interval '1 day' ELSE interval '1 month' END,
                offerengine.period_index(placed.anchor_on, contract.accounting_period, placed.starts_on)
                * offerengine_internal.units_of(contract.accounting_period) + offerengine_internal.units_of(contract.duration));
        END IF;
        RETURN NEXT placed;
        placed.anchor_on := placed.ends_on;
        placed.starts_on := placed.ends_on;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.place_steps(bigint, date, date, offerengine_internal.contract) IS
    'The steps of an offer one after another: terms and periods of the first count from anchor_on, it begins on starts_on (a '
    'day of its accounting grid), each other one where the one before it ends. ends_on NULL: until cancelled. instead, when given, '
    'is taken for the stored contract of its id; without an offer it is the only step.';

CREATE FUNCTION offerengine_internal.units_of(period interval) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 AS $oe_body$
BEGIN
    RETURN pg_catalog.date_part('year', period) * 12 + pg_catalog.date_part('month', period)
           + pg_catalog.date_part('day', period);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.units_of(interval) IS 'Months of a period of months, days of a period of days.';

CREATE TYPE offerengine.subscription_state AS (
    subscription_id uuid,
    offer_reference text,
    status          text,
    starts_on       date,
    ends_on         date,
    cancelled_on    date,
    reason          text,
    predecessor_id  uuid,
    successor_id    uuid,
    chain_id        uuid,
    amount          bigint,
    next_boundary   date
);
COMMENT ON TYPE offerengine.subscription_state IS
    'A subscription on a day: status active, future, inactive (it has ended) or ignored (it never runs); reason in words; amount '
    'of a piece for the accounting period of that day (else its first, or its last) in minor units; the next accounting '
    'boundary.';

CREATE FUNCTION offerengine.subscription_timeline(customer_reference text, on_date date DEFAULT NULL)
RETURNS SETOF offerengine.subscription_state
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000 ROWS 5;
COMMENT ON FUNCTION offerengine.subscription_timeline(text, date) IS
    'The customer''s subscriptions with what they are on a day (left out: today in the store of each), as known today: a '
    'planned successor is future from the moment in which it is planned. Ordered by chain and start. An unknown customer has '
    'none. 42501: a storefront asks for another day than today; 22023: an infinite day.';

CREATE FUNCTION offerengine_internal.do_subscription_timeline(customer_reference text, on_date date)
RETURNS SETOF offerengine.subscription_state
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 1000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF NOT isfinite(do_subscription_timeline.on_date) THEN
        RAISE EXCEPTION 'the day % is no day', offerengine_internal.day_text(do_subscription_timeline.on_date)
            USING ERRCODE = '22023';
    END IF;
    PERFORM offerengine_internal.check_reading_day(
                do_subscription_timeline.on_date, offerengine_internal.local_date(clock_timestamp(), st.time_zone))
       FROM offerengine.subscription s
       JOIN offerengine.store st ON st.store_code = s.store_code
      WHERE s.customer_reference = do_subscription_timeline.customer_reference AND do_subscription_timeline.on_date IS NOT NULL;
    RETURN QUERY
    SELECT t.* FROM offerengine_internal.spec_subscription_timeline(do_subscription_timeline.customer_reference,
                                                           do_subscription_timeline.on_date) AS t;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_subscription_timeline(text, date) IS 'subscription_timeline, run as the owner.';

CREATE FUNCTION offerengine.subscription_gantt(customer_reference text, from_date date, to_date date) RETURNS SETOF text
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 10000 ROWS 10;
COMMENT ON FUNCTION offerengine.subscription_gantt(text, date, date) IS
    'The customer''s subscriptions from from_date to to_date as bars of text, one line each under a line of months: = are days '
    'that are past, - days that are planned, | is the day of a cancellation. At most 60 columns wide. For the back office: a '
    'storefront shows subscription_timeline(). 22004: a day is NULL; 22023: to_date is not after from_date, one of them is '
    'infinite, or they are more than 36525 days apart.';

CREATE FUNCTION offerengine_internal.do_subscription_gantt(customer_reference text, from_date date, to_date date) RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 ROWS 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    columns  integer;
    days     bigint;
    width    integer;
    scale    text := '';
    shown    record;
    bar      text;
    day      date;
    next_day date;
BEGIN
    IF from_date IS NULL OR to_date IS NULL THEN
        RAISE EXCEPTION 'from_date and to_date must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF NOT isfinite(from_date) OR NOT isfinite(to_date) OR to_date <= from_date THEN
        RAISE EXCEPTION 'nothing lies between % and %', offerengine_internal.day_text(from_date),
            offerengine_internal.day_text(to_date)
            USING ERRCODE = '22023', HINT = 'to_date is the first day that is not shown.';
    END IF;
    days := to_date - from_date;
    IF days > 36525 THEN
        RAISE EXCEPTION '% days are more than are drawn', days
            USING ERRCODE = '22023', HINT = 'From from_date to to_date lie at most 36525 days, a hundred years.';
    END IF;
    columns := least(60, days);
    SELECT max(length(t.offer_reference)) INTO width
      FROM offerengine_internal.spec_subscription_timeline(do_subscription_gantt.customer_reference, from_date) AS t
     WHERE t.status <> 'ignored' AND t.starts_on < to_date AND coalesce(t.ends_on, 'infinity') > from_date;
    width := coalesce(width, 0);

    -- The line of months: a month's name stands where it begins, if there is room for it.
    FOR i IN 0 .. columns - 1 LOOP
        day := from_date + (i * days / columns)::integer;
        next_day := from_date + ((i + 1) * days / columns)::integer;
        CONTINUE WHEN length(scale) > i OR (i > 0 AND i + length('YYYY-MM') > columns);
        IF i = 0 OR (extract(year FROM next_day - 1), extract(month FROM next_day - 1))
                    <> (extract(year FROM day - 1), extract(month FROM day - 1)) THEN
            scale := rpad(scale, i)
                     || left(offerengine_internal.day_text(CASE WHEN i = 0 THEN day ELSE next_day - 1 END), -3) || ' ';
        END IF;
    END LOOP;
    RETURN NEXT rtrim(repeat(' ', width + 1) || scale);

    FOR shown IN
        SELECT t.offer_reference, t.starts_on, coalesce(t.ends_on, 'infinity') AS ends_on, t.cancelled_on, t.status, t.reason,
               offerengine_internal.local_date(clock_timestamp(), st.time_zone) AS today
          FROM offerengine_internal.spec_subscription_timeline(do_subscription_gantt.customer_reference, from_date)
              WITH ORDINALITY AS t
          JOIN offerengine.subscription s
            ON s.customer_reference = do_subscription_gantt.customer_reference AND s.subscription_id = t.subscription_id
          JOIN offerengine.store st ON st.store_code = s.store_code
         WHERE t.status <> 'ignored' AND t.starts_on < to_date AND coalesce(t.ends_on, 'infinity') > from_date
         ORDER BY t.ordinality
    LOOP
        bar := '';
        FOR i IN 0 .. columns - 1 LOOP
            day := from_date + (i * days / columns)::integer;
            next_day := from_date + ((i + 1) * days / columns)::integer;
            bar := bar || CASE WHEN shown.cancelled_on >= day AND shown.cancelled_on < next_day THEN '|'
                               WHEN next_day <= shown.starts_on OR day >= shown.ends_on THEN ' '
                               WHEN day <= shown.today THEN '='
                               ELSE '-' END;
        END LOOP;
        RETURN NEXT rpad(shown.offer_reference, width) || ' ' || bar || ' '
                    || offerengine_internal.day_text(shown.starts_on) || ' to '
                    || CASE WHEN isfinite(shown.ends_on) THEN offerengine_internal.day_text(shown.ends_on) ELSE 'open' END;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_subscription_gantt(text, date, date) IS 'subscription_gantt, run as the owner.';

CREATE TYPE offerengine_internal.accounting_period AS (step_no integer, period_start date, period_end date);
COMMENT ON TYPE offerengine_internal.accounting_period IS
    'An accounting period of a subscription: [period_start, period_end) in a step.';
