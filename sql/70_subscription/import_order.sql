-- Orders and subscriptions that another system manages: told by imports, never sold or cancelled here.

CREATE FUNCTION offerengine.import_order(
    customer_reference text,
    external_system    text,
    external_reference text,
    offer_reference    text,
    store              text,
    currency           text,
    country            text DEFAULT NULL,
    quantity           integer DEFAULT 1,
    starts_on          date DEFAULT NULL,
    ends_on            date DEFAULT NULL,
    anchor_on          date DEFAULT NULL,
    unit_amount        bigint DEFAULT NULL,
    placed_at          timestamptz DEFAULT NULL,
    order_reference    text DEFAULT NULL,
    status             numeric DEFAULT NULL)
RETURNS SETOF offerengine.purchased
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 1;
COMMENT ON FUNCTION offerengine.import_order(
    text, text, text, text, text, text, text, integer, date, date, date, bigint, timestamptz, text, numeric) IS
    'Records an order of an externally managed offer under its reference in the other system, and answers it. A subscription '
    'runs from starts_on (left out: today in the store) to ends_on (left out: open), its periods count from anchor_on (left '
    'out: starts_on); a time pass needs ends_on; of anything else there is an order line, which takes no stock. unit_amount: what '
    'a piece costs there, in minor units (left out: unknown; of a subscription what its offer asks); placed_at: when it was '
    'placed (left out: now); order_reference: for people (left out: the id); status: in the numbers of whoever tells it. The same '
    'import again changes nothing; one that differs from what was said before applies what differs, and what it leaves out stays, '
    'but that it has no end without ends_on. OE020: unknown offer; OE011: the offer is not externally managed; OE013: the '
    'reference stands for another offer, store, currency or country, or order_reference for another order, or more was given back '
    'than the order is said to be; OE019: a subscription without steps; OE050: fewer pieces than have been shipped, cancelled or '
    'returned; 22003: more than an amount can say; 22023, 22004: arguments.';

CREATE TYPE offerengine_internal.order_told AS (
    customer_reference text,
    external_system    text,
    external_reference text,
    offer_reference    text,
    store              text,
    currency           text,
    country            text,
    quantity           integer,
    starts_on          date,
    ends_on            date,
    anchor_on          date,
    unit_amount        bigint,
    placed_at          timestamptz,
    order_reference    text,
    status             numeric
);
COMMENT ON TYPE offerengine_internal.order_told IS 'The arguments of import_order().';

CREATE TYPE offerengine_internal.order_recorded AS (order_id uuid, outcome text);
COMMENT ON TYPE offerengine_internal.order_recorded IS
    'What became of an order that was told: outcome inserted, changed or unchanged.';

CREATE FUNCTION offerengine_internal.do_import_order(
    customer_reference text, external_system text, external_reference text, offer_reference text, store text, currency text,
    country text, quantity integer, starts_on date, ends_on date, anchor_on date, unit_amount bigint, placed_at timestamptz,
    order_reference text, status numeric)
RETURNS SETOF offerengine.purchased
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    told     offerengine_internal.order_told;
    recorded offerengine_internal.order_recorded;
BEGIN
    told := ROW(do_import_order.customer_reference, do_import_order.external_system, do_import_order.external_reference,
                do_import_order.offer_reference, do_import_order.store, do_import_order.currency, do_import_order.country,
                do_import_order.quantity, do_import_order.starts_on, do_import_order.ends_on, do_import_order.anchor_on,
                do_import_order.unit_amount, do_import_order.placed_at, do_import_order.order_reference, do_import_order.status
                )::offerengine_internal.order_told;
    recorded := offerengine_internal.record_order(told);
    RETURN QUERY
    SELECT s.* FROM offerengine_internal.sold_lines(do_import_order.customer_reference, recorded.order_id) AS s;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_import_order(
    text, text, text, text, text, text, text, integer, date, date, date, bigint, timestamptz, text, numeric) IS
    'import_order, run as the owner.';

CREATE TYPE offerengine_internal.order_place AS (
    offer_id    bigint,
    merchant_id bigint,
    offer_type  text,
    time_zone   text,
    country     text
);
COMMENT ON TYPE offerengine_internal.order_place IS
    'What an order that is told is about, judged: the offer, the zone of the store, and the country that counts.';

CREATE TYPE offerengine_internal.order_entry AS (
    told            offerengine_internal.order_told,
    place           offerengine_internal.order_place,
    said            jsonb,
    quantity        integer,
    line_amount     bigint,
    order_id        uuid
);
COMMENT ON TYPE offerengine_internal.order_entry IS 'A new order as it is to be written.';

CREATE FUNCTION offerengine_internal.record_order(told offerengine_internal.order_told)
RETURNS offerengine_internal.order_recorded
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $oe_body$
DECLARE
    entry    offerengine_internal.order_entry;
    recorded offerengine_internal.order_recorded;
BEGIN
    entry := offerengine_internal.judge_order(
                 told, offerengine_internal.judge_place(told.offer_reference, told.store, told.currency, told.country));
    PERFORM offerengine_internal.lock_customer(told.customer_reference);
    recorded := offerengine_internal.told_before(told, entry.said);
    IF recorded.outcome = 'inserted' THEN
        entry.order_id := recorded.order_id;
        PERFORM offerengine_internal.write_orders(ARRAY[entry]);
    END IF;
    RETURN recorded;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.record_order(offerengine_internal.order_told) IS
    'Records an order as import_order() says.';

CREATE FUNCTION offerengine_internal.judge_place(offer_reference text, store text, currency text, country text)
RETURNS offerengine_internal.order_place
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    place offerengine_internal.order_place;
BEGIN
    place.time_zone := offerengine_internal.time_zone_of(judge_place.store);
    PERFORM offerengine_internal.check_sale_arguments(judge_place.currency, judge_place.country, 'gross', NULL);
    SELECT o.offer_id, o.merchant_id, o.offer_type INTO place.offer_id, place.merchant_id, place.offer_type
      FROM offerengine.offer o WHERE o.offer_reference = judge_place.offer_reference;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('offer', judge_place.offer_reference);
    END IF;
    PERFORM offerengine_internal.assert_operation(place.offer_id, 'order_import', 'import');
    IF place.offer_type = 'subscription'
       AND NOT EXISTS (SELECT FROM offerengine.offer_step t WHERE t.offer_id = place.offer_id) THEN
        RAISE EXCEPTION 'offer "%" is a subscription without steps', judge_place.offer_reference
            USING ERRCODE = 'OE019', HINT = 'Give it its contracts with set_offer_steps().';
    END IF;
    SELECT coalesce(judge_place.country, k.default_country) INTO place.country
      FROM offerengine.store k WHERE k.store_code = judge_place.store;
    RETURN place;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.judge_place(text, text, text, text) IS
    'Judges of an order that is told what many have in common. Errors as import_order().';

CREATE FUNCTION offerengine_internal.judge_order(told offerengine_internal.order_told, place offerengine_internal.order_place)
RETURNS offerengine_internal.order_entry
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    pieces CONSTANT integer := coalesce(told.quantity, 1);
BEGIN
    PERFORM offerengine_internal.check_external_reference(told.external_system, told.external_reference),
            offerengine_internal.check_imported_dates(told.starts_on, told.ends_on, told.anchor_on),
            offerengine_internal.check_told(told.quantity, told.unit_amount, told.placed_at, told.status);
    IF place.offer_type = 'time_pass' AND told.ends_on IS NULL THEN
        RAISE EXCEPTION 'time pass "%" needs ends_on', told.offer_reference USING ERRCODE = '22004';
    END IF;
    -- An instant as text that is the same in every session.
    RETURN ROW(told, place,
               jsonb_build_object(
                   'offer_reference', told.offer_reference, 'store', told.store, 'currency', told.currency,
                   'country', told.country, 'quantity', pieces, 'starts_on', told.starts_on, 'ends_on', told.ends_on,
                   'anchor_on', told.anchor_on, 'unit_amount', told.unit_amount,
                   'placed_at', told.placed_at AT TIME ZONE 'UTC', 'order_reference', told.order_reference,
                   'status', told.status),
               pieces, offerengine_internal.line_amount(told.unit_amount, pieces), NULL
               )::offerengine_internal.order_entry;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.judge_order(offerengine_internal.order_told, offerengine_internal.order_place) IS
    'An order that is told as it would be written, without an id. Errors as import_order().';

CREATE FUNCTION offerengine_internal.told_before(told offerengine_internal.order_told, said jsonb)
RETURNS offerengine_internal.order_recorded
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored record;
BEGIN
    SELECT s.order_id, s.imported INTO stored
      FROM offerengine.sales_order s
     WHERE s.customer_reference = told.customer_reference AND s.external_system = told.external_system
       AND s.external_reference = told.external_reference;
    IF FOUND THEN
        RETURN ROW(stored.order_id,
                   CASE WHEN offerengine_internal.order_imported_again(told.customer_reference, stored.order_id, stored.imported,
                                                                       said)
                        THEN 'changed' ELSE 'unchanged' END)::offerengine_internal.order_recorded;
    END IF;
    IF told.order_reference IS NOT NULL THEN
        PERFORM offerengine_internal.check_order_reference(told.customer_reference, told.order_reference, NULL);
    END IF;
    RETURN ROW(offerengine.uuid_v7(), 'inserted')::offerengine_internal.order_recorded;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.told_before(offerengine_internal.order_told, jsonb) IS
    'Applies to an order that was told before what differs; of a new one answers the id under which the caller is to write it. '
    'The caller holds the customer.';

CREATE FUNCTION offerengine_internal.write_orders(entries offerengine_internal.order_entry[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    entry offerengine_internal.order_entry;
    today date;
    line  offerengine.purchased;
BEGIN
    INSERT INTO offerengine.sales_order
           (customer_reference, order_id, order_reference, status, store_code, currency_code, country_code, total_amount, placed_at,
            external_system, external_reference, imported, origin)
    SELECT (e.told).customer_reference, e.order_id, coalesce((e.told).order_reference, e.order_id::text), (e.told).status,
           (e.told).store, (e.told).currency, (e.place).country, coalesce(e.line_amount, 0), coalesce((e.told).placed_at, now()),
           (e.told).external_system, (e.told).external_reference, e.said, 'import'
      FROM unnest(entries) AS e;
    INSERT INTO offerengine.order_line
           (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, unit_amount, line_amount, subscription_id,
            starts_on, ends_on)
    SELECT (e.told).customer_reference, e.order_id, 1, (e.place).offer_id, (e.place).merchant_id, e.quantity, (e.told).unit_amount,
           e.line_amount, CASE WHEN (e.place).offer_type = 'subscription' THEN offerengine.uuid_v7() END,
           CASE WHEN (e.place).offer_type = 'time_pass'
                THEN coalesce((e.told).starts_on,
                              least(offerengine_internal.local_date(clock_timestamp(), (e.place).time_zone),
                                    (e.told).ends_on - 1)) END,
           CASE WHEN (e.place).offer_type = 'time_pass' THEN (e.told).ends_on END
      FROM unnest(entries) AS e;
    FOREACH entry IN ARRAY entries LOOP
        IF (entry.place).offer_type = 'subscription' THEN
            today := offerengine_internal.local_date(clock_timestamp(), (entry.place).time_zone);
            SELECT l.order_id, l.line_no, l.subscription_id, l.quantity
              INTO line.order_id, line.line_no, line.subscription_id, line.quantity
              FROM offerengine.order_line l
             WHERE l.customer_reference = (entry.told).customer_reference AND l.order_id = entry.order_id AND l.line_no = 1;
            line.currency := (entry.told).currency;
            PERFORM offerengine_internal.begin_imported(
                        (entry.told).customer_reference, line, (entry.place).offer_id, (entry.told).store, (entry.place).country,
                        coalesce((entry.told).starts_on, today), (entry.told).ends_on, (entry.told).anchor_on,
                        (entry.told).external_system, (entry.told).external_reference, today);
        END IF;
        PERFORM offerengine_internal.order_changed((entry.told).customer_reference, entry.order_id, 'imported', 'import');
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.write_orders(offerengine_internal.order_entry[]) IS
    'Writes new orders with their lines and subscriptions. The caller holds their customers.';

CREATE FUNCTION offerengine_internal.check_told(quantity integer, unit_amount bigint, placed_at timestamptz, status numeric)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF quantity < 1 THEN
        RAISE EXCEPTION 'quantity must be at least 1, not %', quantity USING ERRCODE = '22023';
    END IF;
    IF unit_amount < 0 THEN
        RAISE EXCEPTION 'unit_amount must be at least 0, not %', unit_amount USING ERRCODE = '22023';
    END IF;
    IF NOT isfinite(placed_at) THEN
        RAISE EXCEPTION 'nothing is placed at %', placed_at
            USING ERRCODE = '22023', HINT = 'Leave placed_at out, or name an instant.';
    END IF;
    PERFORM offerengine_internal.check_order_status(check_told.status);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_told(integer, bigint, timestamptz, numeric) IS
    'Refuses a quantity below 1, an amount below 0, an infinite instant and what is no status (22023); NULL passes.';

CREATE FUNCTION offerengine_internal.check_external_reference(external_system text, external_reference text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF external_system IS NULL OR external_reference IS NULL THEN
        RAISE EXCEPTION 'external_system and external_reference must not be NULL' USING ERRCODE = '22004';
    END IF;
    PERFORM offerengine_internal.check_reference(check_external_reference.external_system, 'external_system'),
            offerengine_internal.check_reference(check_external_reference.external_reference, 'external_reference');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_external_reference(text, text) IS
    'Refuses NULL (22004) and what cannot be a reference (22023).';

CREATE FUNCTION offerengine_internal.check_imported_dates(starts_on date, ends_on date, anchor_on date) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF NOT isfinite(starts_on) OR NOT isfinite(ends_on) OR NOT isfinite(anchor_on) THEN
        RAISE EXCEPTION 'dates of an import must be finite: starts_on %, ends_on %, anchor_on %',
                        offerengine_internal.day_text(starts_on), offerengine_internal.day_text(ends_on),
                            offerengine_internal.day_text(anchor_on)
            USING ERRCODE = '22023', HINT = 'Leave ends_on out for a subscription without an end.';
    END IF;
    IF starts_on >= ends_on THEN
        RAISE EXCEPTION 'an import cannot end on % and start on %', offerengine_internal.day_text(ends_on),
                        offerengine_internal.day_text(starts_on)
            USING ERRCODE = '22023', HINT = 'ends_on is the first day on which it runs no longer.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_imported_dates(date, date, date) IS
    'Refuses infinite days and an end that is not after the start (22023).';

CREATE FUNCTION offerengine_internal.begin_imported(
    customer_reference text, sold offerengine.purchased, offer_id bigint, store text, country text, starts_on date,
    ends_on date, anchor_on date, external_system text, external_reference text, acted_on date)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    first_day CONSTANT date := least(begin_imported.starts_on, begin_imported.ends_on - 1);
BEGIN
    INSERT INTO offerengine.subscription
           (customer_reference, subscription_id, offer_id, order_id, line_no, chain_id, store_code, currency_code, country_code,
            quantity, purchased_on, anchor_on, starts_on, ends_on, agreed_ends_on, origin, external_system, external_reference)
    VALUES (begin_imported.customer_reference, sold.subscription_id, begin_imported.offer_id, sold.order_id, sold.line_no,
            sold.subscription_id, begin_imported.store, sold.currency, begin_imported.country, sold.quantity, first_day,
            coalesce(begin_imported.anchor_on, first_day), first_day, begin_imported.ends_on, begin_imported.ends_on,
            'import', begin_imported.external_system, begin_imported.external_reference);
    PERFORM offerengine_internal.put_imported_steps(begin_imported.customer_reference, sold.subscription_id);
    PERFORM offerengine_internal.record_event(
                begin_imported.customer_reference, sold.subscription_id, 'imported', first_day, 'import',
                jsonb_build_object('external_system', begin_imported.external_system,
                                   'external_reference', begin_imported.external_reference));
    PERFORM offerengine_internal.replan(begin_imported.customer_reference, acted_on);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.begin_imported(
    text, offerengine.purchased, bigint, text, text, date, date, date, text, text, date) IS
    'Writes the subscription of an imported line, and plans the timeline.';

CREATE FUNCTION offerengine_internal.put_imported_steps(customer_reference text, subscription_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    DELETE FROM offerengine.subscription_step t
     WHERE t.customer_reference = put_imported_steps.customer_reference
       AND t.subscription_id = put_imported_steps.subscription_id;
    INSERT INTO offerengine.subscription_step
           (customer_reference, subscription_id, step_no, anchor_on, starts_on, ends_on, term, accounting_period,
            cancellation_notice, price_sheet_id, amount)
    SELECT s.customer_reference, s.subscription_id, p.step_no, p.anchor_on, p.starts_on,
           CASE WHEN lead(p.step_no) OVER (ORDER BY p.step_no) IS NULL THEN s.ends_on ELSE p.ends_on END,
           p.term, p.accounting_period, p.cancellation_notice, p.price_sheet_id,
           CASE WHEN p.step_no = 1 THEN l.unit_amount END
      FROM offerengine.subscription s
      LEFT JOIN offerengine.order_line l
             ON l.customer_reference = s.customer_reference AND l.order_id = s.order_id AND l.line_no = s.line_no
     CROSS JOIN LATERAL offerengine_internal.place_steps(s.offer_id, s.anchor_on, s.starts_on) AS p
     WHERE s.customer_reference = put_imported_steps.customer_reference
       AND s.subscription_id = put_imported_steps.subscription_id
       AND p.starts_on < s.ends_on IS NOT FALSE;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.put_imported_steps(text, uuid) IS
    'The steps of an imported subscription, as its offer has them now: when its accounting periods begin. The first costs what the '
    'import said of a piece. The last ends when the other system says, whatever its duration.';

CREATE FUNCTION offerengine_internal.order_imported_again(customer_reference text, order_id uuid, said_before jsonb, said jsonb)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    differs jsonb;
    line    record;
    placed  timestamptz;
BEGIN
    IF (said ->> 'offer_reference', said ->> 'store', said ->> 'currency', said ->> 'country')
       IS DISTINCT FROM
       (said_before ->> 'offer_reference', said_before ->> 'store', said_before ->> 'currency', said_before ->> 'country') THEN
        RAISE EXCEPTION 'the reference stands for another order of customer "%": offer "%", store %, currency %, country %',
                        order_imported_again.customer_reference, said_before ->> 'offer_reference', said_before ->> 'store',
                        said_before ->> 'currency', coalesce(said_before ->> 'country', 'not named')
            USING ERRCODE = 'OE013', HINT = 'Use a new reference for a new order.';
    END IF;
    -- Without an end it is open; of anything else that is left out nothing is said.
    SELECT jsonb_object_agg(n.key, n.value) INTO differs
      FROM jsonb_each(said) AS n
     WHERE n.value IS DISTINCT FROM said_before -> n.key AND (n.value <> 'null' OR n.key = 'ends_on');
    IF differs IS NULL THEN
        RETURN false;
    END IF;

    SELECT l.subscription_id, l.starts_on, l.ends_on, l.quantity, l.unit_amount, l.quantity_cancelled,
           l.cancelled_amount + l.returned_amount AS given_back,
           greatest(l.quantity_shipped, l.quantity_returned)::bigint + l.quantity_cancelled AS done
      INTO STRICT line
      FROM offerengine.order_line l
     WHERE l.customer_reference = order_imported_again.customer_reference AND l.order_id = order_imported_again.order_id
       AND l.line_no = 1;
    line.quantity := (said ->> 'quantity')::integer;
    line.unit_amount := coalesce((differs ->> 'unit_amount')::bigint, line.unit_amount);
    IF line.quantity < line.done THEN
        RAISE EXCEPTION 'order % of customer "%" cannot have % pieces: % have been shipped, cancelled or returned',
                        order_imported_again.order_id, order_imported_again.customer_reference, line.quantity, line.done
            USING ERRCODE = 'OE050', HINT = 'order_items() shows what has become of them.';
    END IF;
    IF coalesce(offerengine_internal.line_amount(line.unit_amount, line.quantity), 0) < line.given_back THEN
        RAISE EXCEPTION 'order % of customer "%" cannot have an amount of %: % of it were cancelled or came back',
                        order_imported_again.order_id, order_imported_again.customer_reference,
                        coalesce(offerengine_internal.line_amount(line.unit_amount, line.quantity), 0), line.given_back
            USING ERRCODE = 'OE013', HINT = 'What was given back stays; a credit note tells of more.';
    END IF;
    IF line.ends_on IS NOT NULL THEN
        line.starts_on := coalesce((differs ->> 'starts_on')::date, line.starts_on);
        line.ends_on := coalesce((differs ->> 'ends_on')::date, line.ends_on);
        PERFORM offerengine_internal.check_imported_dates(line.starts_on, line.ends_on, NULL);
    END IF;
    PERFORM offerengine_internal.check_order_reference(
                order_imported_again.customer_reference, differs ->> 'order_reference', order_imported_again.order_id)
      WHERE differs ? 'order_reference';

    placed := (differs ->> 'placed_at')::timestamp AT TIME ZONE 'UTC';
    UPDATE offerengine.sales_order s
       SET imported = said_before || differs, order_reference = coalesce(differs ->> 'order_reference', s.order_reference),
           status = coalesce((differs ->> 'status')::numeric, s.status), placed_at = coalesce(placed, s.placed_at)
     WHERE s.customer_reference = order_imported_again.customer_reference AND s.order_id = order_imported_again.order_id;
    UPDATE offerengine.order_line l
       SET quantity = line.quantity, unit_amount = line.unit_amount,
           line_amount = offerengine_internal.line_amount(line.unit_amount, line.quantity), starts_on = line.starts_on,
           ends_on = line.ends_on
     WHERE l.customer_reference = order_imported_again.customer_reference AND l.order_id = order_imported_again.order_id
       AND l.line_no = 1;
    IF line.subscription_id IS NOT NULL THEN
        UPDATE offerengine.subscription_step t
           SET amount = line.unit_amount
         WHERE t.customer_reference = order_imported_again.customer_reference AND t.subscription_id = line.subscription_id
           AND t.step_no = 1 AND t.amount IS DISTINCT FROM line.unit_amount;
        PERFORM offerengine_internal.change_imported(
                    order_imported_again.customer_reference, line.subscription_id, (differs ->> 'starts_on')::date,
                    (differs ->> 'ends_on')::date, (differs ->> 'anchor_on')::date, (differs ->> 'quantity')::integer,
                    differs ? 'ends_on' AND differs ->> 'ends_on' IS NULL);
    END IF;
    PERFORM offerengine_internal.order_changed(
                order_imported_again.customer_reference, order_imported_again.order_id, 'import_changed', 'import', differs);
    RETURN true;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.order_imported_again(text, uuid, jsonb, jsonb) IS
    'Applies in what an import differs from what was said before of the same order; false: in nothing. OE013: in what never '
    'changes, or less would be left of its amount than was given back; OE050: fewer pieces than have been shipped, '
    'cancelled or returned.';

CREATE FUNCTION offerengine_internal.sold_lines(customer_reference text, order_id uuid) RETURNS SETOF offerengine.purchased
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 1 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT l.order_id, l.line_no, o.offer_reference::text, l.redirected_from::text, l.subscription_id, l.quantity, l.unit_amount,
           l.line_amount, s.currency_code::text, l.message
      FROM offerengine.sales_order s
      JOIN offerengine.order_line l ON l.customer_reference = s.customer_reference AND l.order_id = s.order_id
      JOIN offerengine.offer o ON o.offer_id = l.offer_id
     WHERE s.customer_reference = sold_lines.customer_reference AND s.order_id = sold_lines.order_id
     ORDER BY l.line_no;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.sold_lines(text, uuid) IS 'The lines of an order as they were sold.';

CREATE FUNCTION offerengine.import_subscription_change(
    customer_reference text,
    external_system    text,
    external_reference text,
    starts_on          date DEFAULT NULL,
    ends_on            date DEFAULT NULL,
    anchor_on          date DEFAULT NULL,
    quantity           integer DEFAULT NULL,
    clear_end          boolean DEFAULT false)
RETURNS SETOF offerengine.timeline_change
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3;
COMMENT ON FUNCTION offerengine.import_subscription_change(text, text, text, date, date, date, integer, boolean) IS
    'Records what the other system has changed of a subscription and answers everything that follows, as '
    'cancel_subscription() does. What is left out stays; clear_end: it has no end any more. The same again changes nothing. OE020: '
    'no such subscription; OE011: its offer is not externally managed; 22023: a start that is not before the end, an end and '
    'clear_end together; 22004: NULL.';

CREATE FUNCTION offerengine_internal.do_import_subscription_change(
    customer_reference text, external_system text, external_reference text, starts_on date, ends_on date, anchor_on date,
    quantity integer, clear_end boolean)
RETURNS SETOF offerengine.timeline_change
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored record;
BEGIN
    PERFORM offerengine_internal.check_external_reference(
                do_import_subscription_change.external_system, do_import_subscription_change.external_reference);
    PERFORM offerengine_internal.check_imported_dates(
                do_import_subscription_change.starts_on, do_import_subscription_change.ends_on,
                do_import_subscription_change.anchor_on);
    IF do_import_subscription_change.quantity < 1 THEN
        RAISE EXCEPTION 'quantity must be at least 1, not %', do_import_subscription_change.quantity USING ERRCODE = '22023';
    END IF;
    IF do_import_subscription_change.clear_end AND do_import_subscription_change.ends_on IS NOT NULL THEN
        RAISE EXCEPTION 'clear_end and ends_on % contradict each other',
                        offerengine_internal.day_text(do_import_subscription_change.ends_on)
            USING ERRCODE = '22023', HINT = 'Give one of the two.';
    END IF;
    PERFORM offerengine_internal.lock_customer(do_import_subscription_change.customer_reference);
    SELECT s.subscription_id, s.offer_id INTO stored
      FROM offerengine.subscription s
     WHERE s.customer_reference = do_import_subscription_change.customer_reference
       AND s.external_system = do_import_subscription_change.external_system
       AND s.external_reference = do_import_subscription_change.external_reference;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'customer "%" has no subscription "%" of system "%"', do_import_subscription_change.customer_reference,
                        do_import_subscription_change.external_reference, do_import_subscription_change.external_system
            USING ERRCODE = 'OE020', HINT = 'import_order() tells of a new one.';
    END IF;
    PERFORM offerengine_internal.assert_operation(stored.offer_id, 'change_import', 'import');
    RETURN QUERY
    SELECT c.* FROM offerengine_internal.change_imported(
                        do_import_subscription_change.customer_reference, stored.subscription_id,
                        do_import_subscription_change.starts_on, do_import_subscription_change.ends_on,
                        do_import_subscription_change.anchor_on, do_import_subscription_change.quantity,
                        coalesce(do_import_subscription_change.clear_end, false)) AS c;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_import_subscription_change(text, text, text, date, date, date, integer, boolean) IS
    'import_subscription_change, run as the owner.';

CREATE FUNCTION offerengine_internal.change_imported(
    customer_reference text, subscription_id uuid, starts_on date, ends_on date, anchor_on date, quantity integer,
    clear_end boolean)
RETURNS SETOF offerengine.timeline_change
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 3 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored record;
    now_is record;
BEGIN
    SELECT s.*, o.offer_reference, offerengine_internal.local_date(clock_timestamp(), st.time_zone) AS today INTO STRICT stored
      FROM offerengine.subscription s
      JOIN offerengine.offer o ON o.offer_id = s.offer_id
      JOIN offerengine.store st ON st.store_code = s.store_code
     WHERE s.customer_reference = change_imported.customer_reference
       AND s.subscription_id = change_imported.subscription_id;
    SELECT coalesce(change_imported.starts_on, stored.starts_on) AS starts_on,
           CASE WHEN NOT change_imported.clear_end THEN coalesce(change_imported.ends_on, stored.ends_on) END AS ends_on,
           coalesce(change_imported.anchor_on,
                    CASE WHEN stored.anchor_on = stored.starts_on THEN change_imported.starts_on END,
                    stored.anchor_on) AS anchor_on,
           coalesce(change_imported.quantity, stored.quantity) AS quantity
      INTO now_is;
    PERFORM offerengine_internal.check_imported_dates(now_is.starts_on, now_is.ends_on, now_is.anchor_on);
    IF (now_is.starts_on, now_is.ends_on, now_is.anchor_on, now_is.quantity)
       IS NOT DISTINCT FROM (stored.starts_on, stored.ends_on, stored.anchor_on, stored.quantity) THEN
        RETURN;
    END IF;

    UPDATE offerengine.subscription s
       SET starts_on = now_is.starts_on, ends_on = now_is.ends_on, agreed_ends_on = now_is.ends_on,
           anchor_on = now_is.anchor_on, quantity = now_is.quantity, purchased_on = now_is.starts_on
     WHERE s.customer_reference = change_imported.customer_reference
       AND s.subscription_id = change_imported.subscription_id;
    IF (now_is.starts_on, now_is.ends_on, now_is.anchor_on)
       IS DISTINCT FROM (stored.starts_on, stored.ends_on, stored.anchor_on) THEN
        PERFORM offerengine_internal.put_imported_steps(change_imported.customer_reference, change_imported.subscription_id);
    END IF;
    PERFORM offerengine_internal.record_event(
                change_imported.customer_reference, change_imported.subscription_id, 'import_changed', now_is.ends_on,
                'import', jsonb_build_object('before', jsonb_build_object(
                    'starts_on', stored.starts_on, 'ends_on', stored.ends_on, 'anchor_on', stored.anchor_on,
                    'quantity', stored.quantity)));

    IF now_is.starts_on <> stored.starts_on THEN
        RETURN NEXT ROW(stored.subscription_id, stored.offer_reference, 'moved', now_is.starts_on)::offerengine.timeline_change;
    ELSIF now_is.ends_on IS DISTINCT FROM stored.ends_on THEN
        RETURN NEXT ROW(stored.subscription_id, stored.offer_reference,
                        CASE WHEN stored.ends_on IS NULL THEN 'ends' ELSE 'moved' END, now_is.ends_on)::offerengine.timeline_change;
    END IF;
    RETURN QUERY
    SELECT p.subscription_id, p.offer_reference, p.change, p.effective_on
      FROM offerengine_internal.plan_timeline(change_imported.customer_reference, stored.today, true) AS p;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.change_imported(text, uuid, date, date, date, integer, boolean) IS
    'Writes what is new of an imported subscription (NULL: as it was), and plans the timeline. The anchor follows the start '
    'where it was the start.';
