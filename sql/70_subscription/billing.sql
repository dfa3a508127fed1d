-- What is to be charged and delivered on which day.

CREATE TYPE offerengine.billing_item AS (
    customer_reference text,
    subscription_id    uuid,
    period             daterange,
    amount             bigint,
    quantity           integer,
    currency           text,
    invoiced           boolean,
    offer_reference    text,
    title              text,
    merchant_reference text,
    price_mode         text,
    net_amount         bigint,
    gross_amount       bigint,
    line_amount        bigint,
    order_id           uuid,
    line_no            integer,
    offer_type         text
);
COMMENT ON TYPE offerengine.billing_item IS
    'An accounting period of a subscription, or a one-off line of an order (subscription_id NULL, order_id and line_no in its '
    'place, period the day on which it was placed): what one piece costs in minor units of currency, how many pieces there are on '
    'the first day (of a line, that were neither cancelled nor returned), and whether billing_mark() has marked it: then both are '
    'as invoiced. amount is the price in price_mode, in which it was sold, and stands once more as net_amount or gross_amount; '
    'the other of the two is what the same row of prices asks, NULL where it asks nothing or the price was told by an import. '
    'line_amount is amount times quantity (of a line, as it was sold, less what was cancelled and returned); NULL: no price, or '
    'more than an amount can say. title is the offer''s, else its product''s name; offer_type says what was sold.';

CREATE TYPE offerengine.delivery_item AS (
    customer_reference text,
    subscription_id    uuid,
    offer_reference    text,
    sku                text,
    quantity           integer,
    store              text,
    country            text,
    merchant_reference text
);
COMMENT ON TYPE offerengine.delivery_item IS
    'Who gets what, and how many; store in which it was sold, country of its prices (NULL: none), and who delivers.';

CREATE FUNCTION offerengine.billing_schedule(
    from_date          date,
    to_date            date,
    customer_reference text DEFAULT NULL,
    merchant_reference text DEFAULT NULL,
    offer_reference    text DEFAULT NULL)
RETURNS SETOF offerengine.billing_item
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 100000 ROWS 5000;
COMMENT ON FUNCTION offerengine.billing_schedule(date, date, text, text, text) IS
    'The accounting periods of all customers whose first day lies in [from_date, to_date), and the one-off lines (products, '
    'passes, vouchers ...) of orders that were placed on one of these days in their store; of one customer, merchant or offer '
    'where that is given (an unknown one has none), as known today, by customer, subscription and period, lines last. A period '
    'is charged whole, also when the subscription ends inside it; a line of which no piece is left is charged no more. What is '
    'marked is shown as it was invoiced; billing_difference has what has become of it since. Nothing of offers that are managed '
    'or invoiced elsewhere, nor of documents that put_order() tells of. 22004: NULL; 22023: an infinite day, or more than 3660 '
    'days, ten years.';

CREATE FUNCTION offerengine_internal.do_billing_schedule(
    from_date date, to_date date, customer_reference text, merchant_reference text, offer_reference text)
RETURNS SETOF offerengine.billing_item
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100000 ROWS 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF from_date IS NULL OR to_date IS NULL THEN
        RAISE EXCEPTION 'from_date and to_date must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF NOT isfinite(from_date) OR NOT isfinite(to_date) THEN
        RAISE EXCEPTION 'a schedule has a first and a last day: % and % are none', offerengine_internal.day_text(from_date),
                        offerengine_internal.day_text(to_date) USING ERRCODE = '22023';
    END IF;
    IF to_date - from_date > 3660 THEN
        RAISE EXCEPTION '% days are more than a schedule has', to_date - from_date
            USING ERRCODE = '22023', HINT = 'From from_date to to_date lie at most 3660 days: ask for ten years at a time.';
    END IF;
    RETURN QUERY
    SELECT b.*
      FROM offerengine_internal.spec_billing_schedule(
               do_billing_schedule.from_date, do_billing_schedule.to_date, do_billing_schedule.customer_reference,
               do_billing_schedule.merchant_reference, do_billing_schedule.offer_reference) AS b;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_billing_schedule(date, date, text, text, text) IS
    'billing_schedule, run as the owner.';

CREATE FUNCTION offerengine.billing_mark(
    customer_reference text,
    subscription_id    uuid,
    period_start       date,
    invoice_reference  text,
    order_id           uuid DEFAULT NULL,
    line_no            integer DEFAULT NULL)
RETURNS void
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION offerengine.billing_mark(text, uuid, date, text, uuid, integer) IS
    'Notes that an accounting period of a subscription, named by its first day, was invoiced, or a one-off line, named by '
    'order_id and line_no (subscription_id NULL, period_start NULL, or its day), with the amount and the quantity that it has '
    'now: that is what the schedule shows from then on, whatever prices, quantities, cancellations, returns and imports do '
    'later. The same again changes nothing. OE020: no such subscription, order or line, no accounting period begins on that '
    'day, or no piece is left to be charged; OE009: it has no price; OE011: it is managed or invoiced elsewhere; OE013: '
    'another invoice has it; OE051: the line is that of a subscription, or of a document that is not invoiced; 22003: more '
    'than an amount can say; 22023: no reference, or a subscription and an order; 22004: NULL.';

CREATE FUNCTION offerengine_internal.mark_period(
    customer_reference text, subscription_id uuid, period_start date, invoice_reference text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    billed   bigint;
    present  text;
    charged  offerengine_internal.sheet_choice;
    quantity integer;
BEGIN
    IF mark_period.period_start IS NULL OR mark_period.invoice_reference IS NULL THEN
        RAISE EXCEPTION 'period_start and invoice_reference must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.check_reference(mark_period.invoice_reference, 'invoice_reference');
    PERFORM offerengine_internal.lock_customer(mark_period.customer_reference);
    SELECT s.offer_id INTO billed
      FROM offerengine.subscription s
     WHERE s.customer_reference = mark_period.customer_reference AND s.subscription_id = mark_period.subscription_id;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown_subscription(mark_period.customer_reference,
            mark_period.subscription_id);
    END IF;
    PERFORM offerengine_internal.assert_operation(billed, 'invoice', 'backend');
    SELECT i.invoice_reference INTO present
      FROM offerengine.subscription_invoice i
     WHERE i.customer_reference = mark_period.customer_reference AND i.subscription_id = mark_period.subscription_id
       AND i.period_start = mark_period.period_start;
    IF present = mark_period.invoice_reference THEN
        RETURN false;
    END IF;
    IF present IS NOT NULL THEN
        RAISE EXCEPTION 'the period of subscription % that begins on % is on invoice "%"', mark_period.subscription_id,
                        offerengine_internal.day_text(mark_period.period_start), present
            USING ERRCODE = 'OE013', HINT = 'A period is invoiced once.';
    END IF;
    PERFORM FROM offerengine_internal.accounting_periods(
                     mark_period.customer_reference, mark_period.subscription_id, mark_period.period_start,
                     mark_period.period_start + 1);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no accounting period of subscription % begins on %', mark_period.subscription_id,
                        offerengine_internal.day_text(mark_period.period_start)
            USING ERRCODE = 'OE020', HINT = 'billing_schedule() lists the periods.';
    END IF;
    SELECT a.* INTO charged
      FROM offerengine_internal.period_amount(
               mark_period.customer_reference, mark_period.subscription_id, mark_period.period_start) AS a;
    IF charged.amount IS NULL THEN
        RAISE EXCEPTION 'the period of subscription % that begins on % has no price', mark_period.subscription_id,
                        offerengine_internal.day_text(mark_period.period_start)
            USING ERRCODE = 'OE009', HINT = 'Its price sheet has none for the currency and the country.';
    END IF;
    quantity := offerengine_internal.quantity_on(
        mark_period.customer_reference, mark_period.subscription_id, mark_period.period_start);
    PERFORM offerengine_internal.line_amount(charged.amount, quantity);
    INSERT INTO offerengine.subscription_invoice
           (customer_reference, subscription_id, period_start, invoice_reference, amount, quantity, other_amount)
    VALUES (mark_period.customer_reference, mark_period.subscription_id, mark_period.period_start,
            mark_period.invoice_reference, charged.amount, quantity, charged.other_amount);
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.mark_period(text, uuid, date, text) IS
    'Marks an accounting period as invoiced, as billing_mark() says; false: that invoice has it already.';

CREATE FUNCTION offerengine_internal.is_charged_here(origin text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN origin IN ('purchase', 'import');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.is_charged_here(text) IS
    'Whether lines of orders of this origin are charged here: a document from elsewhere is charged there, and what comes back is '
    'a difference of the line that it came from. What management says of the offer comes on top.';

CREATE TYPE offerengine_internal.billed_line AS (
    offer_id     bigint,
    placed_on    date,
    quantity     integer,
    amount       bigint,
    other_amount bigint,
    line_amount  bigint
);
COMMENT ON TYPE offerengine_internal.billed_line IS
    'A line as it is to be charged by what is known now: pieces and amount without what was cancelled and returned.';

CREATE FUNCTION offerengine_internal.billed_line(customer_reference text, order_id uuid, line_no integer)
RETURNS offerengine_internal.billed_line
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored offerengine_internal.stored_order;
    line   record;
BEGIN
    stored := offerengine_internal.stored_order(billed_line.customer_reference, billed_line.order_id);
    SELECT l.offer_id, l.subscription_id, l.quantity - l.quantity_cancelled - l.quantity_returned AS quantity, l.unit_amount,
           l.other_amount, l.line_amount - l.cancelled_amount - l.returned_amount AS line_amount,
           offerengine_internal.local_date(stored.placed_at, k.time_zone) AS placed_on
      INTO line
      FROM offerengine.order_line l
      LEFT JOIN offerengine.store k ON k.store_code = stored.store_code
     WHERE l.customer_reference = billed_line.customer_reference AND l.order_id = billed_line.order_id
       AND l.line_no = billed_line.line_no;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % of customer "%" has no line %', billed_line.order_id, billed_line.customer_reference,
                        billed_line.line_no
            USING ERRCODE = 'OE020', HINT = 'order_items() lists them.';
    END IF;
    IF line.subscription_id IS NOT NULL THEN
        RAISE EXCEPTION 'line % of order % is that of subscription %, which is charged by periods', billed_line.line_no,
                        billed_line.order_id, line.subscription_id
            USING ERRCODE = 'OE051', HINT = 'Name the subscription and the first day of a period.';
    END IF;
    IF NOT offerengine_internal.is_charged_here(stored.origin) THEN
        RAISE EXCEPTION 'order % of customer "%" is a document that is not invoiced here', billed_line.order_id,
                        billed_line.customer_reference
            USING ERRCODE = 'OE051', HINT = 'What was sold here is invoiced; billing_difference shows what came back of it.';
    END IF;
    PERFORM offerengine_internal.assert_operation(line.offer_id, 'invoice', 'backend');
    RETURN ROW(line.offer_id, line.placed_on, line.quantity, line.unit_amount, line.other_amount, line.line_amount
               )::offerengine_internal.billed_line;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.billed_line(text, uuid, integer) IS
    'A one-off line that somebody charges. OE020: unknown order or line; OE051: it is charged by periods, or a document; OE011: '
    'its offer is managed or invoiced elsewhere; 22004: NULL.';

CREATE FUNCTION offerengine_internal.mark_line(
    customer_reference text, order_id uuid, line_no integer, charged_on date, invoice_reference text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    line    offerengine_internal.billed_line;
    present text;
BEGIN
    IF mark_line.invoice_reference IS NULL THEN
        RAISE EXCEPTION 'invoice_reference must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.check_reference(mark_line.invoice_reference, 'invoice_reference');
    PERFORM offerengine_internal.lock_customer(mark_line.customer_reference);
    line := offerengine_internal.billed_line(mark_line.customer_reference, mark_line.order_id, mark_line.line_no);
    IF mark_line.charged_on <> line.placed_on THEN
        RAISE EXCEPTION 'line % of order % is charged on %, not on %', mark_line.line_no, mark_line.order_id,
                        offerengine_internal.day_text(line.placed_on), offerengine_internal.day_text(mark_line.charged_on)
            USING ERRCODE = 'OE020', HINT = 'billing_schedule() says on which day; it may be left out.';
    END IF;
    SELECT i.invoice_reference INTO present
      FROM offerengine.order_line_invoice i
     WHERE i.customer_reference = mark_line.customer_reference AND i.order_id = mark_line.order_id
       AND i.line_no = mark_line.line_no;
    IF present = mark_line.invoice_reference THEN
        RETURN false;
    END IF;
    IF present IS NOT NULL THEN
        RAISE EXCEPTION 'line % of order % is on invoice "%"', mark_line.line_no, mark_line.order_id, present
            USING ERRCODE = 'OE013', HINT = 'A line is invoiced once; billing_settle() books what has changed since.';
    END IF;
    IF line.quantity < 1 THEN
        RAISE EXCEPTION 'no piece of line % of order % is left to be charged', mark_line.line_no, mark_line.order_id
            USING ERRCODE = 'OE020', HINT = 'All were cancelled or returned, as order_items() shows.';
    END IF;
    IF line.line_amount IS NULL THEN
        RAISE EXCEPTION 'line % of order % has no price', mark_line.line_no, mark_line.order_id
            USING ERRCODE = 'OE009', HINT = 'An import has not said what it costs.';
    END IF;
    INSERT INTO offerengine.order_line_invoice
           (customer_reference, order_id, line_no, invoice_reference, amount, quantity, other_amount, line_amount)
    VALUES (mark_line.customer_reference, mark_line.order_id, mark_line.line_no, mark_line.invoice_reference, line.amount,
            line.quantity, line.other_amount, line.line_amount);
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.mark_line(text, uuid, integer, date, text) IS
    'Marks a one-off line as invoiced, as billing_mark() says; false: that invoice has it already.';

CREATE FUNCTION offerengine_internal.check_billed(subscription_id uuid, order_id uuid, line_no integer) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF subscription_id IS NOT NULL AND (order_id IS NOT NULL OR line_no IS NOT NULL) THEN
        RAISE EXCEPTION 'subscription % and line % of order % are named together', subscription_id, line_no, order_id
            USING ERRCODE = '22023', HINT = 'Name a subscription and a period, or an order and a line.';
    END IF;
    IF subscription_id IS NULL AND (order_id IS NULL) <> (line_no IS NULL) THEN
        RAISE EXCEPTION 'order_id and line_no must not be NULL' USING ERRCODE = '22004', HINT = 'A line is named by both.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_billed(uuid, uuid, integer) IS
    'Refuses what names neither an accounting period nor a line: both (22023), or half of a line (22004).';

CREATE FUNCTION offerengine_internal.mark_billed(
    customer_reference text, subscription_id uuid, period_start date, invoice_reference text, order_id uuid, line_no integer)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.check_billed(mark_billed.subscription_id, mark_billed.order_id, mark_billed.line_no);
    IF mark_billed.order_id IS NOT NULL THEN
        RETURN offerengine_internal.mark_line(mark_billed.customer_reference, mark_billed.order_id, mark_billed.line_no,
                                              mark_billed.period_start, mark_billed.invoice_reference);
    END IF;
    RETURN offerengine_internal.mark_period(mark_billed.customer_reference, mark_billed.subscription_id, mark_billed.period_start,
                                            mark_billed.invoice_reference);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.mark_billed(text, uuid, date, text, uuid, integer) IS
    'Marks an accounting period or a line as invoiced, as billing_mark() says; false: that invoice has it already.';

CREATE FUNCTION offerengine_internal.do_billing_mark(
    customer_reference text, subscription_id uuid, period_start date, invoice_reference text, order_id uuid, line_no integer)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- By number: the statement is the context of a refusal.
    PERFORM offerengine_internal.mark_billed($1, $2, $3, $4, $5, $6);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_billing_mark(text, uuid, date, text, uuid, integer) IS
    'billing_mark, run as the owner.';

CREATE TYPE offerengine.billing_mark_outcome AS (
    "position"         integer,
    customer_reference text,
    subscription_id    text,
    period_start       text,
    outcome            text,
    error_code         text,
    detail             text,
    order_id           text,
    line_no            text
);
COMMENT ON TYPE offerengine.billing_mark_outcome IS
    'What became of one period or line that billing_mark() was told, from 1 on, with what named it, as it was written: outcome '
    'done, already (that invoice has it) or refused, then the SQLSTATE and the message that billing_mark() of this one would give.';

CREATE FUNCTION offerengine.billing_mark(marks jsonb) RETURNS SETOF offerengine.billing_mark_outcome
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 500;
COMMENT ON FUNCTION offerengine.billing_mark(jsonb) IS
    'Marks many accounting periods and lines: an array of objects {"customer_reference", "subscription_id", "period_start" '
    '(2025-12-31), "invoice_reference"}, or with "order_id" and "line_no" in place of a subscription, each as billing_mark() with '
    'these would, with an outcome each, in the order of the array. What is '
    'refused leaves the others alone; the same array again changes nothing. Customers are locked in the order of their references. '
    '22023: not an array; 22004: NULL.';

CREATE FUNCTION offerengine_internal.do_billing_mark(marks jsonb) RETURNS SETOF offerengine.billing_mark_outcome
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 100000 ROWS 500
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $oe_body$
DECLARE
    outcomes offerengine.billing_mark_outcome[] := '{}';
    asked    record;
    said     offerengine.billing_mark_outcome;
BEGIN
    IF do_billing_mark.marks IS NULL THEN
        RAISE EXCEPTION 'marks must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF jsonb_typeof(do_billing_mark.marks) <> 'array' THEN
        RAISE EXCEPTION 'marks must be a JSON array, not %', jsonb_typeof(do_billing_mark.marks) USING ERRCODE = '22023';
    END IF;
    FOR asked IN
        SELECT e.ordinality::integer AS place, e.value
          FROM jsonb_array_elements(do_billing_mark.marks) WITH ORDINALITY AS e
         ORDER BY e.value ->> 'customer_reference' COLLATE "C", e.ordinality
    LOOP
        said := ROW(asked.place, asked.value ->> 'customer_reference', asked.value ->> 'subscription_id',
                    asked.value ->> 'period_start', NULL, NULL, NULL, asked.value ->> 'order_id', asked.value ->> 'line_no');
        BEGIN
            PERFORM offerengine_internal.check_mark(asked.value);
            said.outcome := CASE WHEN offerengine_internal.mark_billed(
                                          said.customer_reference, said.subscription_id::uuid, said.period_start::date,
                                          asked.value ->> 'invoice_reference', said.order_id::uuid, said.line_no::integer)
                                 THEN 'done' ELSE 'already' END;
        EXCEPTION WHEN OTHERS THEN
            -- What says nothing about this one alone (a deadlock, a snapshot that is too old, a cancelled query) ends all.
            IF SQLSTATE !~ '^(OE|22)' THEN
                RAISE;
            END IF;
            said.outcome := 'refused';
            said.error_code := SQLSTATE;
            said.detail := SQLERRM;
        END;
        outcomes := outcomes || said;
    END LOOP;
    RETURN QUERY SELECT o.* FROM unnest(outcomes) AS o ORDER BY o."position";
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_billing_mark(jsonb) IS 'billing_mark of many, run as the owner.';

CREATE FUNCTION offerengine_internal.check_mark(mark jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    known CONSTANT text[] := ARRAY['customer_reference', 'subscription_id', 'period_start', 'invoice_reference', 'order_id',
                                   'line_no'];
    wrong text;
BEGIN
    IF jsonb_typeof(mark) <> 'object' THEN
        RAISE EXCEPTION 'a mark must be a JSON object, not %', jsonb_typeof(mark) USING ERRCODE = '22023';
    END IF;
    SELECT format('unknown or malformed "%s": %s', offerengine_internal.shown(field.key),
                  offerengine_internal.shown(field.value::text)) INTO wrong
      FROM jsonb_each(mark) AS field
     WHERE field.key <> ALL (known)
        OR (field.key = 'line_no' AND field.value::text !~ '^(-?[0-9]{1,9}|null)$')
        OR (field.key <> 'line_no' AND jsonb_typeof(field.value) <> 'null'
            AND (jsonb_typeof(field.value) <> 'string'
                 OR (field.key IN ('subscription_id', 'order_id')
                     AND field.value #>> '{}' !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
                 OR (field.key = 'period_start' AND field.value #>> '{}' !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$')))
     ORDER BY array_position(known, field.key), field.key
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong
            USING ERRCODE = '22023',
                  HINT = 'Keys are customer_reference, subscription_id, period_start (2025-12-31), invoice_reference, order_id and '
                         'line_no (a whole number).';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_mark(jsonb) IS
    'Refuses what is no mark of billing_mark(): no object, an unknown or malformed key (22023).';

CREATE FUNCTION offerengine.billing_settle(
    customer_reference text,
    subscription_id    uuid,
    period_start       date,
    amount             bigint,
    invoice_reference  text,
    order_id           uuid DEFAULT NULL,
    line_no            integer DEFAULT NULL)
RETURNS void
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION offerengine.billing_settle(text, uuid, date, bigint, text, uuid, integer) IS
    'Books a document that settles what billing_difference shows of an invoiced period, named by its first day, or of an '
    'invoiced line, named by order_id and line_no (subscription_id NULL, period_start NULL, or its day): a credit note (amount '
    'below 0) or a further invoice '
    '(above), in minor units. The same again changes nothing. OE020: no such subscription, order or line, or that was never '
    'marked; OE011: it is managed or invoiced elsewhere; OE013: the document has settled it with another amount, or is its '
    'invoice; OE051: the line is that of a subscription, or of a document that is not invoiced; 22003: more than an amount '
    'can say; 22023: an amount of 0, no reference, a subscription and an order; 22004: NULL.';

CREATE FUNCTION offerengine_internal.do_billing_settle(
    customer_reference text, subscription_id uuid, period_start date, amount bigint, invoice_reference text, order_id uuid,
    line_no integer)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.check_billed(do_billing_settle.subscription_id, do_billing_settle.order_id,
                                              do_billing_settle.line_no);
    IF do_billing_settle.order_id IS NOT NULL THEN
        PERFORM offerengine_internal.settle_line(
                    do_billing_settle.customer_reference, do_billing_settle.order_id, do_billing_settle.line_no,
                    do_billing_settle.amount, do_billing_settle.invoice_reference);
    ELSE
        PERFORM offerengine_internal.settle_period(
                    do_billing_settle.customer_reference, do_billing_settle.subscription_id, do_billing_settle.period_start,
                    do_billing_settle.amount, do_billing_settle.invoice_reference);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_billing_settle(text, uuid, date, bigint, text, uuid, integer) IS
    'billing_settle, run as the owner.';

CREATE FUNCTION offerengine_internal.check_settlement(amount bigint, invoice_reference text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.check_reference(check_settlement.invoice_reference, 'invoice_reference');
    IF check_settlement.amount = 0 THEN
        RAISE EXCEPTION 'an amount of 0 settles nothing'
            USING ERRCODE = '22023', HINT = 'It is below 0 for a credit note, above 0 for a further invoice.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_settlement(bigint, text) IS
    'Refuses an amount of 0 and what cannot be a reference (22023).';

CREATE FUNCTION offerengine_internal.settle_period(
    customer_reference text, subscription_id uuid, period_start date, amount bigint, invoice_reference text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    invoiced record;
    present  bigint;
BEGIN
    IF settle_period.period_start IS NULL OR settle_period.amount IS NULL
       OR settle_period.invoice_reference IS NULL THEN
        RAISE EXCEPTION 'period_start, amount and invoice_reference must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.check_settlement(settle_period.amount, settle_period.invoice_reference);
    PERFORM offerengine_internal.lock_customer(settle_period.customer_reference);
    SELECT s.offer_id, i.invoice_reference INTO invoiced
      FROM offerengine.subscription s
      LEFT JOIN offerengine.subscription_invoice i
             ON i.customer_reference = s.customer_reference AND i.subscription_id = s.subscription_id
            AND i.period_start = settle_period.period_start
     WHERE s.customer_reference = settle_period.customer_reference AND s.subscription_id = settle_period.subscription_id;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown_subscription(settle_period.customer_reference,
            settle_period.subscription_id);
    END IF;
    PERFORM offerengine_internal.assert_operation(invoiced.offer_id, 'invoice', 'backend');
    IF invoiced.invoice_reference IS NULL THEN
        RAISE EXCEPTION 'no invoiced period of subscription % begins on %', settle_period.subscription_id,
                        offerengine_internal.day_text(settle_period.period_start)
            USING ERRCODE = 'OE020', HINT = 'billing_mark() notes that a period was invoiced.';
    END IF;
    SELECT t.amount INTO present
      FROM offerengine.subscription_settlement t
     WHERE t.customer_reference = settle_period.customer_reference AND t.subscription_id = settle_period.subscription_id
       AND t.period_start = settle_period.period_start AND t.invoice_reference = settle_period.invoice_reference;
    IF present = settle_period.amount THEN
        RETURN;
    END IF;
    IF present IS NOT NULL OR invoiced.invoice_reference = settle_period.invoice_reference THEN
        RAISE EXCEPTION 'document "%" of the period of subscription % that begins on % is %', settle_period.invoice_reference,
                        settle_period.subscription_id, offerengine_internal.day_text(settle_period.period_start),
                        coalesce('over ' || present, 'its invoice')
            USING ERRCODE = 'OE013', HINT = 'A document settles a period once.';
    END IF;
    PERFORM offerengine_internal.sum_amount(settle_period.amount + coalesce(sum(t.amount), 0))
       FROM offerengine.subscription_settlement t
      WHERE t.customer_reference = settle_period.customer_reference AND t.subscription_id = settle_period.subscription_id
        AND t.period_start = settle_period.period_start;
    INSERT INTO offerengine.subscription_settlement (customer_reference, subscription_id, period_start, invoice_reference, amount)
    VALUES (settle_period.customer_reference, settle_period.subscription_id, settle_period.period_start,
            settle_period.invoice_reference, settle_period.amount);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.settle_period(text, uuid, date, bigint, text) IS
    'Settles an invoiced accounting period, as billing_settle() says.';

CREATE FUNCTION offerengine_internal.settle_line(
    customer_reference text, order_id uuid, line_no integer, amount bigint, invoice_reference text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    invoiced text;
    present  bigint;
BEGIN
    IF settle_line.amount IS NULL OR settle_line.invoice_reference IS NULL THEN
        RAISE EXCEPTION 'amount and invoice_reference must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.check_settlement(settle_line.amount, settle_line.invoice_reference);
    PERFORM offerengine_internal.lock_customer(settle_line.customer_reference);
    PERFORM offerengine_internal.billed_line(settle_line.customer_reference, settle_line.order_id, settle_line.line_no);
    SELECT i.invoice_reference INTO invoiced
      FROM offerengine.order_line_invoice i
     WHERE i.customer_reference = settle_line.customer_reference AND i.order_id = settle_line.order_id
       AND i.line_no = settle_line.line_no;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'line % of order % is on no invoice', settle_line.line_no, settle_line.order_id
            USING ERRCODE = 'OE020', HINT = 'billing_mark() notes that a line was invoiced.';
    END IF;
    SELECT t.amount INTO present
      FROM offerengine.order_line_settlement t
     WHERE t.customer_reference = settle_line.customer_reference AND t.order_id = settle_line.order_id
       AND t.line_no = settle_line.line_no AND t.invoice_reference = settle_line.invoice_reference;
    IF present = settle_line.amount THEN
        RETURN;
    END IF;
    IF present IS NOT NULL OR invoiced = settle_line.invoice_reference THEN
        RAISE EXCEPTION 'document "%" of line % of order % is %', settle_line.invoice_reference, settle_line.line_no,
                        settle_line.order_id, coalesce('over ' || present, 'its invoice')
            USING ERRCODE = 'OE013', HINT = 'A document settles a line once.';
    END IF;
    PERFORM offerengine_internal.sum_amount(settle_line.amount + coalesce(sum(t.amount), 0))
       FROM offerengine.order_line_settlement t
      WHERE t.customer_reference = settle_line.customer_reference AND t.order_id = settle_line.order_id
        AND t.line_no = settle_line.line_no;
    INSERT INTO offerengine.order_line_settlement (customer_reference, order_id, line_no, invoice_reference, amount)
    VALUES (settle_line.customer_reference, settle_line.order_id, settle_line.line_no, settle_line.invoice_reference,
            settle_line.amount);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.settle_line(text, uuid, integer, bigint, text) IS
    'Settles an invoiced line, as billing_settle() says.';

CREATE FUNCTION offerengine_internal.sum_amount(total numeric) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF abs(total) > 9223372036854775807 THEN
        RAISE EXCEPTION 'the sum % is more than an amount can say', total USING ERRCODE = '22003';
    END IF;
    RETURN total;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.sum_amount(numeric) IS 'A sum of amounts as an amount. 22003: too much.';

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
        RAISE EXCEPTION 'the day % is no day', offerengine_internal.day_text(on_date) USING ERRCODE = '22023';
    END IF;
    RETURN QUERY
    SELECT d.* FROM offerengine_internal.spec_delivery_list(do_delivery_list.on_date, do_delivery_list.sku) AS d;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_delivery_list(date, text) IS 'delivery_list, run as the owner.';
