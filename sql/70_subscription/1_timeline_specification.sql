-- What a subscription is on a day: its status, quantity, accounting periods and what they cost. The timeline itself, where
-- subscriptions end and what follows them, is written in the rows (src/timeline.c).

CREATE OR REPLACE FUNCTION offerengine_internal.subscription_status(is_ignored boolean, starts_on date, ends_on date, day date)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1
BEGIN ATOMIC
    SELECT CASE WHEN subscription_status.is_ignored OR subscription_status.starts_on = subscription_status.ends_on
                THEN 'ignored'
                WHEN subscription_status.day < subscription_status.starts_on THEN 'future'
                WHEN subscription_status.ends_on <= subscription_status.day THEN 'inactive'
                ELSE 'active' END;
END;
COMMENT ON FUNCTION offerengine_internal.subscription_status(boolean, date, date, date) IS
    'active, future, inactive (it has ended) or ignored (it never runs) on a day.';

CREATE OR REPLACE FUNCTION offerengine_internal.quantity_on(customer_reference text, subscription_id uuid, day date)
RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE COST 10
BEGIN ATOMIC
    SELECT coalesce(q.quantity, s.quantity)
      FROM offerengine.subscription s
      LEFT JOIN offerengine_internal.quantity_window q
             ON q.customer_reference = s.customer_reference AND q.subscription_id = s.subscription_id
            AND q.first_day <= quantity_on.day AND quantity_on.day < q.end_day
     WHERE s.customer_reference = quantity_on.customer_reference AND s.subscription_id = quantity_on.subscription_id;
END;
COMMENT ON FUNCTION offerengine_internal.quantity_on(text, uuid, date) IS 'Pieces of a subscription on a day.';

CREATE OR REPLACE FUNCTION offerengine_internal.step_rank(step_no integer, starts_on date, day date)
RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1
BEGIN ATOMIC
    SELECT CASE WHEN step_rank.starts_on <= step_rank.day THEN -step_rank.step_no ELSE step_rank.step_no END;
END;
COMMENT ON FUNCTION offerengine_internal.step_rank(integer, date, date) IS
    'Of the steps of a subscription the one with the smallest rank runs on the day: the last that has begun, else the first.';

CREATE OR REPLACE FUNCTION offerengine_internal.charged_day(starts_on date, ends_on date, day date)
RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1
BEGIN ATOMIC
    SELECT greatest(least(charged_day.day, charged_day.ends_on - 1), charged_day.starts_on);
END;
COMMENT ON FUNCTION offerengine_internal.charged_day(date, date, date) IS
    'The day whose accounting period says what a subscription costs on a day: before its start the first, after its end its last.';

CREATE OR REPLACE FUNCTION offerengine_internal.step_on(customer_reference text, subscription_id uuid, day date)
RETURNS SETOF offerengine_internal.step
LANGUAGE sql STABLE PARALLEL SAFE COST 10 ROWS 1
BEGIN ATOMIC
    SELECT t.step_no, t.anchor_on, t.starts_on, t.ends_on, t.term, t.accounting_period, t.cancellation_notice, t.price_sheet_id
      FROM offerengine.subscription_step t
     WHERE t.customer_reference = step_on.customer_reference AND t.subscription_id = step_on.subscription_id
     ORDER BY offerengine_internal.step_rank(t.step_no, t.starts_on, step_on.day)
     LIMIT 1;
END;
COMMENT ON FUNCTION offerengine_internal.step_on(text, uuid, date) IS
    'The step that runs on a day: the last that has begun; the first before any has.';

CREATE OR REPLACE FUNCTION offerengine_internal.next_boundary(customer_reference text, subscription_id uuid, day date)
RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE COST 10
BEGIN ATOMIC
    SELECT upper(offerengine.period_containing(t.anchor_on, t.accounting_period, next_boundary.day))
      FROM offerengine_internal.step_on(next_boundary.customer_reference, next_boundary.subscription_id, next_boundary.day) t;
END;
COMMENT ON FUNCTION offerengine_internal.next_boundary(text, uuid, date) IS
    'The first day after this one on which an accounting period begins; a step ends on such a day.';

CREATE OR REPLACE FUNCTION offerengine_internal.period_numbers(
    anchor_on date, accounting_period interval, first_day date, end_day date)
RETURNS SETOF integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10 ROWS 12
BEGIN ATOMIC
    SELECT k.k
      FROM generate_series(
               offerengine.period_index(
                   period_numbers.anchor_on, period_numbers.accounting_period, period_numbers.first_day - 1) + 1,
               offerengine.period_index(
                   period_numbers.anchor_on, period_numbers.accounting_period, period_numbers.end_day - 1)) k (k);
END;
COMMENT ON FUNCTION offerengine_internal.period_numbers(date, interval, date, date) IS
    'The numbers of the accounting periods that begin on a day of [first_day, end_day), for period_boundary().';

CREATE OR REPLACE FUNCTION offerengine_internal.accounting_periods(
    customer_reference text, subscription_id uuid, from_date date, to_date date)
RETURNS SETOF offerengine_internal.accounting_period
LANGUAGE sql STABLE PARALLEL SAFE COST 100 ROWS 12
BEGIN ATOMIC
    SELECT t.step_no,
           offerengine.period_boundary(t.anchor_on, t.accounting_period, k.k),
           offerengine.period_boundary(t.anchor_on, t.accounting_period, k.k + 1)
      FROM offerengine.subscription s
      JOIN offerengine.subscription_step t
        ON t.customer_reference = s.customer_reference AND t.subscription_id = s.subscription_id
     CROSS JOIN LATERAL (
           SELECT greatest(accounting_periods.from_date, s.starts_on, t.starts_on) AS first_day,
                  least(accounting_periods.to_date, s.ends_on, t.ends_on) AS end_day) AS days
     CROSS JOIN LATERAL offerengine_internal.period_numbers(t.anchor_on, t.accounting_period, days.first_day, days.end_day) k (k)
     WHERE s.customer_reference = accounting_periods.customer_reference
       AND s.subscription_id = accounting_periods.subscription_id
       AND NOT s.is_ignored
       AND days.first_day < days.end_day
     ORDER BY 2;
END;
COMMENT ON FUNCTION offerengine_internal.accounting_periods(text, uuid, date, date) IS
    'The accounting periods of a subscription whose first day lies in [from_date, to_date) and in which it runs on that day.';

CREATE OR REPLACE FUNCTION offerengine_internal.period_amount(
    customer_reference text, subscription_id uuid, day date, prices offerengine_internal.sheet_setting[] DEFAULT NULL)
RETURNS SETOF offerengine_internal.sheet_choice
LANGUAGE sql STABLE PARALLEL SAFE COST 200 ROWS 1
BEGIN ATOMIC
    SELECT c.price_sheet_price_id, c.amount, c.other_amount
      FROM offerengine.subscription s
     CROSS JOIN LATERAL (
           SELECT offerengine_internal.charged_day(s.starts_on, s.ends_on, period_amount.day) AS day OFFSET 0) d
     CROSS JOIN LATERAL offerengine_internal.step_on(s.customer_reference, s.subscription_id, d.day) n
      JOIN offerengine_internal.priced_step p
        ON p.customer_reference = s.customer_reference AND p.subscription_id = s.subscription_id AND p.step_no = n.step_no
     CROSS JOIN LATERAL (
           SELECT CASE WHEN period_amount.prices IS NULL THEN p.prices
                       ELSE ARRAY(SELECT r FROM offerengine_internal.sheet_rows(
                                                    p.price_sheet_id, p.currency_code, p.country_code, period_amount.prices) r)
                  END AS prices
           OFFSET 0) h
     CROSS JOIN LATERAL offerengine_internal.charged_price(
           h.prices, p.price_mode, p.purchased_on, p.starts_on, p.fixed_amount, p.fixed_other_amount,
           lower(offerengine.period_containing(p.anchor_on, p.accounting_period, d.day))) c
     WHERE s.customer_reference = period_amount.customer_reference
       AND s.subscription_id = period_amount.subscription_id;
END;
COMMENT ON FUNCTION offerengine_internal.period_amount(text, uuid, date, offerengine_internal.sheet_setting[]) IS
    'What one piece costs for the accounting period that contains the day (before the start the first, after the end the last), as '
    'charged_price() says. prices, when given, are taken for those of the step''s sheet.';

CREATE OR REPLACE FUNCTION offerengine_internal.spec_subscription_timeline(customer_reference text, on_date date)
RETURNS SETOF offerengine.subscription_state
LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 5
BEGIN ATOMIC
    SELECT s.subscription_id,
           o.offer_reference,
           d.status,
           s.starts_on,
           s.ends_on,
           s.cancelled_on,
           CASE WHEN s.is_ignored THEN 'the base goes on, so nothing follows here'
                WHEN s.cancelled_on IS NOT NULL
                THEN concat_ws(': ', 'cancelled ' || CASE s.cancel_mode WHEN 'at_date' THEN 'at a date'
                                                          WHEN 'immediate' THEN 'immediately' ELSE 'regularly' END,
                               s.cancel_reason)
                WHEN s.origin = 'switch' THEN format('the base of the advantage ends (rule "%s")', r.title)
                WHEN s.origin = 'restart' THEN format('the base was cancelled immediately (rule "%s")', r.title)
                WHEN s.origin = 'import' THEN format('managed by %s as "%s"', s.external_system, s.external_reference)
                WHEN s.granted_regular_offer_id IS NOT NULL THEN format('granted by rule "%s"', r.title) END,
           s.predecessor_id,
           (SELECT n.subscription_id FROM offerengine.subscription n
             WHERE n.customer_reference = s.customer_reference AND n.predecessor_id = s.subscription_id AND NOT n.is_ignored
             ORDER BY n.starts_on, n.subscription_id LIMIT 1),
           s.chain_id,
           (SELECT a.amount FROM offerengine_internal.period_amount(s.customer_reference, s.subscription_id, d.day) a),
           CASE WHEN d.status = 'future' THEN s.starts_on
                WHEN d.status = 'active'
                THEN least(offerengine_internal.next_boundary(s.customer_reference, s.subscription_id, d.day), s.ends_on) END
      FROM offerengine.subscription s
      JOIN offerengine.offer o ON o.offer_id = s.offer_id
      JOIN offerengine.store st ON st.store_code = s.store_code
      LEFT JOIN offerengine.sales_rule r ON r.sales_rule_id = s.sales_rule_id
     CROSS JOIN LATERAL (
           SELECT coalesce(spec_subscription_timeline.on_date,
               offerengine_internal.local_date(clock_timestamp(), st.time_zone)) AS day
           OFFSET 0) AS asked
     CROSS JOIN LATERAL (
           SELECT asked.day,
                  offerengine_internal.subscription_status(s.is_ignored, s.starts_on, s.ends_on, asked.day) AS status) AS d
     WHERE s.customer_reference = spec_subscription_timeline.customer_reference
     ORDER BY (SELECT min(c.starts_on) FROM offerengine.subscription c
                WHERE c.customer_reference = s.customer_reference AND c.chain_id = s.chain_id),
              s.chain_id, s.starts_on, s.subscription_id;
END;
COMMENT ON FUNCTION offerengine_internal.spec_subscription_timeline(text, date) IS
    'subscription_timeline for a caller who may read the tables.';

CREATE OR REPLACE FUNCTION offerengine_internal.spec_billing_schedule(
    from_date date, to_date date, customer_reference text, merchant_reference text, offer_reference text)
RETURNS SETOF offerengine.billing_item
LANGUAGE sql STABLE PARALLEL SAFE COST 100000 ROWS 5000
BEGIN ATOMIC
    SELECT b.* FROM (
        SELECT s.customer_reference,
               s.subscription_id,
               daterange(p.period_start, p.period_end) AS period,
               coalesce(i.amount, due.amount),
               pieces.quantity,
               s.currency_code,
               i.invoice_reference IS NOT NULL,
               o.offer_reference,
               coalesce(o.title, k.name),
               m.merchant_reference,
               s.price_mode,
               CASE s.price_mode WHEN 'net' THEN coalesce(i.amount, due.amount)
                                 ELSE CASE WHEN i.amount IS NULL THEN due.other_amount ELSE i.other_amount END END,
               CASE s.price_mode WHEN 'gross' THEN coalesce(i.amount, due.amount)
                                 ELSE CASE WHEN i.amount IS NULL THEN due.other_amount ELSE i.other_amount END END,
               CASE WHEN coalesce(i.amount, due.amount) <= 9223372036854775807 / pieces.quantity
                    THEN coalesce(i.amount, due.amount) * pieces.quantity END,
               NULL::uuid,
               NULL::integer,
               o.offer_type
          FROM offerengine_internal.priced_step s
          JOIN offerengine.offer o ON o.offer_id = s.offer_id
          JOIN offerengine.product k ON k.product_id = o.product_id
          JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id
          JOIN offerengine.operation_policy op
            ON op.operation = 'invoice' AND op.management = o.management AND op.is_allowed
         CROSS JOIN LATERAL offerengine_internal.charged_parts(
               s.prices, s.price_mode, s.purchased_on, s.starts_on, s.fixed_amount, s.fixed_other_amount,
               greatest(spec_billing_schedule.from_date, s.starts_on, s.step_starts_on),
               least(spec_billing_schedule.to_date, s.ends_on, s.step_ends_on)) due
         CROSS JOIN LATERAL offerengine_internal.period_numbers(
               s.anchor_on, s.accounting_period, due.first_day, due.end_day) n (n)
         CROSS JOIN LATERAL (
               SELECT offerengine.period_boundary(s.anchor_on, s.accounting_period, n.n) AS period_start,
                      offerengine.period_boundary(s.anchor_on, s.accounting_period, n.n + 1) AS period_end
               OFFSET 0) p
          LEFT JOIN offerengine.subscription_invoice i
                 ON i.customer_reference = s.customer_reference AND i.subscription_id = s.subscription_id
                AND i.period_start = p.period_start
          LEFT JOIN offerengine_internal.quantity_window q
                 ON q.customer_reference = s.customer_reference AND q.subscription_id = s.subscription_id
                AND q.first_day <= p.period_start AND p.period_start < q.end_day
         CROSS JOIN LATERAL (SELECT coalesce(i.quantity, q.quantity, s.quantity) AS quantity) pieces
         WHERE NOT s.is_ignored
           AND s.starts_on < spec_billing_schedule.to_date
           AND (s.ends_on > spec_billing_schedule.from_date OR s.ends_on IS NULL)
           AND (s.customer_reference = spec_billing_schedule.customer_reference OR spec_billing_schedule.customer_reference IS NULL)
           AND (m.merchant_reference = spec_billing_schedule.merchant_reference OR spec_billing_schedule.merchant_reference IS NULL)
           AND (o.offer_reference = spec_billing_schedule.offer_reference OR spec_billing_schedule.offer_reference IS NULL)
        UNION ALL
        SELECT s.customer_reference,
               NULL,
               daterange(day.placed_on, day.placed_on + 1),
               coalesce(i.amount, l.unit_amount),
               coalesce(i.quantity, left_over.quantity),
               s.currency_code,
               i.invoice_reference IS NOT NULL,
               o.offer_reference,
               coalesce(o.title, k.name),
               m.merchant_reference,
               s.price_mode,
               CASE s.price_mode WHEN 'net' THEN coalesce(i.amount, l.unit_amount) WHEN 'gross' THEN l.other_amount END,
               CASE s.price_mode WHEN 'gross' THEN coalesce(i.amount, l.unit_amount) WHEN 'net' THEN l.other_amount END,
               coalesce(i.line_amount, l.line_amount - l.cancelled_amount - l.returned_amount),
               l.order_id,
               l.line_no,
               o.offer_type
          FROM offerengine.sales_order s
          JOIN offerengine.store st ON st.store_code = s.store_code
          JOIN offerengine.order_line l ON l.customer_reference = s.customer_reference AND l.order_id = s.order_id
          JOIN offerengine.offer o ON o.offer_id = l.offer_id
          JOIN offerengine.product k ON k.product_id = o.product_id
          JOIN offerengine.merchant m ON m.merchant_id = l.merchant_id
          JOIN offerengine.operation_policy op
            ON op.operation = 'invoice' AND op.management = o.management AND op.is_allowed
          LEFT JOIN offerengine.order_line_invoice i
                 ON i.customer_reference = l.customer_reference AND i.order_id = l.order_id AND i.line_no = l.line_no
         CROSS JOIN LATERAL (SELECT offerengine_internal.local_date(s.placed_at, st.time_zone) AS placed_on OFFSET 0) day
         CROSS JOIN LATERAL (SELECT l.quantity - l.quantity_cancelled - l.quantity_returned AS quantity) left_over
         -- No zone is two days away from UTC: so an index finds the orders.
         WHERE s.placed_at >= CASE WHEN spec_billing_schedule.from_date BETWEEN '4712-01-01 BC' AND '294275-12-31'
                                   THEN (spec_billing_schedule.from_date - 2)::timestamp AT TIME ZONE 'UTC' ELSE '-infinity' END
           AND s.placed_at < CASE WHEN spec_billing_schedule.to_date BETWEEN '4712-01-01 BC' AND '294275-12-31'
                                  THEN (spec_billing_schedule.to_date + 2)::timestamp AT TIME ZONE 'UTC' ELSE 'infinity' END
           AND day.placed_on >= spec_billing_schedule.from_date
           AND day.placed_on < spec_billing_schedule.to_date
           AND offerengine_internal.is_charged_here(s.origin)
           AND l.subscription_id IS NULL
           AND (i.invoice_reference IS NOT NULL OR left_over.quantity > 0)
           AND (s.customer_reference = spec_billing_schedule.customer_reference OR spec_billing_schedule.customer_reference IS NULL)
           AND (m.merchant_reference = spec_billing_schedule.merchant_reference OR spec_billing_schedule.merchant_reference IS NULL)
           AND (o.offer_reference = spec_billing_schedule.offer_reference OR spec_billing_schedule.offer_reference IS NULL)
    ) AS b (customer_reference, subscription_id, period, amount, quantity, currency, invoiced, offer_reference, title,
            merchant_reference, price_mode, net_amount, gross_amount, line_amount, order_id, line_no, offer_type)
     ORDER BY b.customer_reference COLLATE "C", b.subscription_id, b.period, b.order_id, b.line_no;
END;
COMMENT ON FUNCTION offerengine_internal.spec_billing_schedule(date, date, text, text, text) IS
    'billing_schedule for a caller who may read the tables.';

CREATE OR REPLACE FUNCTION offerengine_internal.spec_delivery_list(on_date date, sku text)
RETURNS SETOF offerengine.delivery_item
LANGUAGE sql STABLE PARALLEL SAFE COST 100000 ROWS 5000
BEGIN ATOMIC
    SELECT s.customer_reference,
           s.subscription_id,
           o.offer_reference,
           p.sku,
           offerengine_internal.quantity_on(s.customer_reference, s.subscription_id, spec_delivery_list.on_date),
           s.store_code,
           s.country_code,
           m.merchant_reference
      FROM offerengine.subscription s
      JOIN offerengine.offer o ON o.offer_id = s.offer_id
      JOIN offerengine.product p ON p.product_id = o.product_id
      JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id
      JOIN offerengine.operation_policy op
        ON op.operation = 'delivery_list' AND op.management = o.management AND op.is_allowed
     WHERE NOT s.is_ignored
       AND s.starts_on <= spec_delivery_list.on_date
       AND (s.ends_on > spec_delivery_list.on_date OR s.ends_on IS NULL)
       AND (p.sku = spec_delivery_list.sku OR spec_delivery_list.sku IS NULL)
     ORDER BY s.customer_reference COLLATE "C", s.subscription_id;
END;
COMMENT ON FUNCTION offerengine_internal.spec_delivery_list(date, text) IS 'delivery_list for a caller who may read the tables.';
