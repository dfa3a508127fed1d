-- What is to be charged and delivered on which day.

CREATE TYPE offerengine.billing_item AS (
    customer_reference text,
    subscription_id    uuid,
    period             daterange,
    amount             bigint,
    quantity           integer,
    currency           text,
    invoiced           boolean
);
COMMENT ON TYPE offerengine.billing_item IS
    'An accounting period of a subscription: what one piece costs in minor units of currency, how many pieces there are on its '
    'first day, and whether billing_mark() has marked it.';

CREATE TYPE offerengine.delivery_item AS (
    customer_reference text,
    subscription_id    uuid,
    offer_reference    text,
    sku                text,
    quantity           integer
);
COMMENT ON TYPE offerengine.delivery_item IS 'Who gets what, and how many.';

CREATE FUNCTION offerengine.billing_schedule(from_date date, to_date date) RETURNS SETOF offerengine.billing_item
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 100000 ROWS 5000;
COMMENT ON FUNCTION offerengine.billing_schedule(date, date) IS
    'The accounting periods of all customers whose first day lies in [from_date, to_date), as known today, by customer, '
    'subscription and period. A period is charged whole, also when the subscription ends inside it. Nothing of offers that are '
    'managed or invoiced elsewhere. 22004: NULL; 22023: an infinite day.';

CREATE FUNCTION offerengine_internal.do_billing_schedule(from_date date, to_date date) RETURNS SETOF offerengine.billing_item
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100000 ROWS 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF from_date IS NULL OR to_date IS NULL THEN
        RAISE EXCEPTION 'from_date and to_date must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF NOT isfinite(from_date) OR NOT isfinite(to_date) THEN
        RAISE EXCEPTION 'a schedule has a first and a last day: % and % are none', offerengine_internal.day_text(from_date),
                        offerengine_internal.day_text(to_date) USING ERRCODE = '22023';
    END IF;
    RETURN QUERY
    SELECT b.* FROM offerengine_internal.spec_billing_schedule(do_billing_schedule.from_date, do_billing_schedule.to_date) AS b;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_billing_schedule(date, date) IS 'billing_schedule, run as the owner.';

CREATE FUNCTION offerengine.billing_mark(
    customer_reference text, subscription_id uuid, period_start date, invoice_reference text) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION offerengine.billing_mark(text, uuid, date, text) IS
    'Notes that an accounting period, named by its first day, was invoiced. The same again changes nothing. OE020: no such '
    'subscription, or no accounting period of it begins on that day; OE011: it is managed or invoiced elsewhere; OE013: '
    'another invoice has it; 22004: NULL.';

CREATE FUNCTION offerengine_internal.do_billing_mark(
    customer_reference text, subscription_id uuid, period_start date, invoice_reference text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    billed  bigint;
    present text;
BEGIN
    IF do_billing_mark.period_start IS NULL OR do_billing_mark.invoice_reference IS NULL THEN
        RAISE EXCEPTION 'period_start and invoice_reference must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_billing_mark.customer_reference);
    SELECT s.offer_id INTO billed
      FROM offerengine.subscription s
     WHERE s.customer_reference = do_billing_mark.customer_reference AND s.subscription_id = do_billing_mark.subscription_id;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown_subscription(do_billing_mark.customer_reference,
            do_billing_mark.subscription_id);
    END IF;
    PERFORM offerengine_internal.assert_operation(billed, 'invoice', 'backend');
    SELECT i.invoice_reference INTO present
      FROM offerengine.subscription_invoice i
     WHERE i.customer_reference = do_billing_mark.customer_reference AND i.subscription_id = do_billing_mark.subscription_id
       AND i.period_start = do_billing_mark.period_start;
    IF present = do_billing_mark.invoice_reference THEN
        RETURN;
    END IF;
    IF present IS NOT NULL THEN
        RAISE EXCEPTION 'the period of subscription % that begins on % is on invoice "%"', do_billing_mark.subscription_id,
                        offerengine_internal.day_text(do_billing_mark.period_start), present
            USING ERRCODE = 'OE013', HINT = 'A period is invoiced once.';
    END IF;
    PERFORM FROM offerengine_internal.accounting_periods(
                     do_billing_mark.customer_reference, do_billing_mark.subscription_id, do_billing_mark.period_start,
                     do_billing_mark.period_start + 1);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no accounting period of subscription % begins on %', do_billing_mark.subscription_id,
                        offerengine_internal.day_text(do_billing_mark.period_start)
            USING ERRCODE = 'OE020', HINT = 'billing_schedule() lists the periods.';
    END IF;
    INSERT INTO offerengine.subscription_invoice (customer_reference, subscription_id, period_start, invoice_reference)
    VALUES (do_billing_mark.customer_reference, do_billing_mark.subscription_id, do_billing_mark.period_start,
            do_billing_mark.invoice_reference);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_billing_mark(text, uuid, date, text) IS 'billing_mark, run as the owner.';

CREATE FUNCTION offerengine.delivery_list(on_date date, sku text DEFAULT NULL) RETURNS SETOF offerengine.delivery_item
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 100000 ROWS 5000;
COMMENT ON FUNCTION offerengine.delivery_list(date, text) IS
    'The subscriptions of all customers that run on a day, of one product where sku is given, as known today, by customer and '
    'subscription. Nothing of externally managed offers. 22004: on_date is NULL; 22023: it is infinite.';

CREATE FUNCTION offerengine_internal.do_delivery_list(on_date date, sku text) RETURNS SETOF offerengine.delivery_item
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100000 ROWS 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF on_date IS NULL THEN
        RAISE EXCEPTION 'on_date must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF NOT isfinite(on_date) THEN
        RAISE EXCEPTION 'the day % is no day', on_date USING ERRCODE = '22023';
    END IF;
    RETURN QUERY
    SELECT d.* FROM offerengine_internal.spec_delivery_list(do_delivery_list.on_date, do_delivery_list.sku) AS d;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_delivery_list(date, text) IS 'delivery_list, run as the owner.';
