-- Report views of the customer side: for operators and reporting. What a period costs is computed for all that are asked at once.

CREATE OR REPLACE VIEW offerengine.subscription_overview WITH (security_barrier = true) AS
SELECT s.customer_reference,
       s.subscription_id,
       o.offer_reference,
       p.sku,
       m.merchant_reference,
       s.store_code,
       offerengine_internal.subscription_status(s.is_ignored, s.starts_on, s.ends_on, t.today) COLLATE "C" AS status,
       s.starts_on,
       s.ends_on,
       s.cancelled_on,
       s.cancel_mode,
       s.cancel_reason,
       coalesce(q.quantity, s.quantity) AS quantity,
       a.amount AS unit_amount,
       a.amount * c.minor_unit AS unit_value,
       s.currency_code,
       s.country_code,
       s.chain_id,
       s.predecessor_id,
       f.subscription_id AS successor_id,
       r.title AS sales_rule,
       s.granted_regular_offer_id IS NOT NULL AS is_advantage,
       s.origin,
       s.order_id,
       s.external_system,
       s.external_reference
  FROM offerengine_internal.priced_step s
  JOIN offerengine.offer o ON o.offer_id = s.offer_id
  JOIN offerengine.product p ON p.product_id = o.product_id
  JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id
  JOIN offerengine_internal.store_day t ON t.store_code = s.store_code
  JOIN offerengine.currency c ON c.currency_code = s.currency_code
  LEFT JOIN offerengine.sales_rule r ON r.sales_rule_id = s.sales_rule_id
  LEFT JOIN offerengine_internal.quantity_window q
         ON q.customer_reference = s.customer_reference AND q.subscription_id = s.subscription_id
        AND q.first_day <= t.today AND t.today < q.end_day
  LEFT JOIN (SELECT n.customer_reference, n.predecessor_id, n.subscription_id
               FROM offerengine.subscription n
              WHERE n.predecessor_id IS NOT NULL
                AND NOT n.is_ignored
                AND NOT EXISTS (SELECT FROM offerengine.subscription e
                                 WHERE e.customer_reference = n.customer_reference
                                   AND e.predecessor_id = n.predecessor_id
                                   AND NOT e.is_ignored
                                   AND (e.starts_on, e.subscription_id) < (n.starts_on, n.subscription_id))) AS f
         ON f.customer_reference = s.customer_reference AND f.predecessor_id = s.subscription_id
 CROSS JOIN LATERAL (SELECT offerengine_internal.charged_day(s.starts_on, s.ends_on, t.today) AS day OFFSET 0) AS d
 CROSS JOIN LATERAL (
       SELECT h.amount
         FROM offerengine_internal.charged_price(
                  s.prices, s.price_mode, s.purchased_on, s.starts_on, s.fixed_amount, s.fixed_other_amount,
                  lower(offerengine.period_containing(s.anchor_on, s.accounting_period, d.day))) AS h
       OFFSET 0) AS a
 -- Of its steps the one that runs.
 WHERE NOT EXISTS (SELECT FROM offerengine.subscription_step n
                    WHERE n.customer_reference = s.customer_reference
                      AND n.subscription_id = s.subscription_id
                      AND offerengine_internal.step_rank(n.step_no, n.starts_on, d.day)
                          < offerengine_internal.step_rank(s.step_no, s.step_starts_on, d.day))
   AND offerengine_internal.is_loaded();
COMMENT ON VIEW offerengine.subscription_overview IS
    'Every subscription and what it is today in its store, planned and ignored successors included.';
COMMENT ON COLUMN offerengine.subscription_overview.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.subscription_overview.subscription_id IS 'Id of the subscription.';
COMMENT ON COLUMN offerengine.subscription_overview.offer_reference IS 'Reference of the offer.';
COMMENT ON COLUMN offerengine.subscription_overview.sku IS 'Stock keeping unit of its product.';
COMMENT ON COLUMN offerengine.subscription_overview.merchant_reference IS 'Reference of its merchant.';
COMMENT ON COLUMN offerengine.subscription_overview.store_code IS 'The store in which it was sold.';
COMMENT ON COLUMN offerengine.subscription_overview.status IS 'active, future, inactive (ended) or ignored (never runs).';
COMMENT ON COLUMN offerengine.subscription_overview.starts_on IS 'First day.';
COMMENT ON COLUMN offerengine.subscription_overview.ends_on IS 'First day on which it runs no longer; NULL: open.';
COMMENT ON COLUMN offerengine.subscription_overview.cancelled_on IS 'Day of its cancellation; NULL: not cancelled.';
COMMENT ON COLUMN offerengine.subscription_overview.cancel_mode IS 'regular, immediate or at_date.';
COMMENT ON COLUMN offerengine.subscription_overview.cancel_reason IS 'The reason given.';
COMMENT ON COLUMN offerengine.subscription_overview.quantity IS 'Pieces today.';
COMMENT ON COLUMN offerengine.subscription_overview.unit_amount IS
    'What a piece costs for today''s accounting period (else the first, or the last), in minor units.';
COMMENT ON COLUMN offerengine.subscription_overview.unit_value IS 'unit_amount with the currency''s digits.';
COMMENT ON COLUMN offerengine.subscription_overview.currency_code IS 'Currency of the amounts.';
COMMENT ON COLUMN offerengine.subscription_overview.country_code IS 'Country for its prices; NULL: none.';
COMMENT ON COLUMN offerengine.subscription_overview.chain_id IS 'Shared by what one purchase has become.';
COMMENT ON COLUMN offerengine.subscription_overview.predecessor_id IS 'The subscription it follows.';
COMMENT ON COLUMN offerengine.subscription_overview.successor_id IS 'The subscription that follows it.';
COMMENT ON COLUMN offerengine.subscription_overview.sales_rule IS 'Title of the rule that granted it, or made it a successor.';
COMMENT ON COLUMN offerengine.subscription_overview.is_advantage IS 'True when a rule granted it to an owner of the base.';
COMMENT ON COLUMN offerengine.subscription_overview.origin IS 'purchase, import, switch or restart.';
COMMENT ON COLUMN offerengine.subscription_overview.order_id IS 'The order that began its chain.';
COMMENT ON COLUMN offerengine.subscription_overview.external_system IS 'System that manages it; NULL: this one.';
COMMENT ON COLUMN offerengine.subscription_overview.external_reference IS 'Its reference there.';

CREATE OR REPLACE VIEW offerengine.rule_conversion WITH (security_barrier = true) AS
SELECT s.customer_reference,
       r.title AS sales_rule,
       s.origin AS kind,
       s.starts_on AS converts_on,
       CASE WHEN s.is_ignored OR s.starts_on = s.ends_on THEN 'ignored'
            WHEN s.starts_on <= offerengine_internal.local_date(now(), st.time_zone) THEN 'past'
            ELSE 'planned' END COLLATE "C" AS state,
       s.predecessor_id AS advantage_subscription_id,
       a.offer_reference AS advantage_offer,
       s.subscription_id,
       o.offer_reference,
       s.store_code,
       s.chain_id
  FROM offerengine.subscription s
  JOIN offerengine.subscription p ON p.customer_reference = s.customer_reference AND p.subscription_id = s.predecessor_id
  JOIN offerengine.offer a ON a.offer_id = p.offer_id
  JOIN offerengine.offer o ON o.offer_id = s.offer_id
  JOIN offerengine.store st ON st.store_code = s.store_code
  JOIN offerengine.sales_rule r ON r.sales_rule_id = s.sales_rule_id
 WHERE offerengine_internal.is_loaded();
COMMENT ON VIEW offerengine.rule_conversion IS
    'What sales rules have made of advantages and will make of them: one row for each switch to the regular offer and each '
    'restart, past, planned, or ignored because the base goes on or it was cancelled before it began.';
COMMENT ON COLUMN offerengine.rule_conversion.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.rule_conversion.sales_rule IS 'Title of the rule.';
COMMENT ON COLUMN offerengine.rule_conversion.kind IS 'switch (to the regular offer) or restart (of the advantage).';
COMMENT ON COLUMN offerengine.rule_conversion.converts_on IS
    'First day of what follows; of an ignored one, when it would have been.';
COMMENT ON COLUMN offerengine.rule_conversion.state IS 'past, planned or ignored, today in the store.';
COMMENT ON COLUMN offerengine.rule_conversion.advantage_subscription_id IS 'The advantage that it follows.';
COMMENT ON COLUMN offerengine.rule_conversion.advantage_offer IS 'Reference of its offer.';
COMMENT ON COLUMN offerengine.rule_conversion.subscription_id IS 'The subscription that follows.';
COMMENT ON COLUMN offerengine.rule_conversion.offer_reference IS 'Reference of its offer.';
COMMENT ON COLUMN offerengine.rule_conversion.store_code IS 'The store.';
COMMENT ON COLUMN offerengine.rule_conversion.chain_id IS 'Shared by what one purchase has become.';

CREATE OR REPLACE VIEW offerengine.billing_period WITH (security_barrier = true) AS
SELECT s.customer_reference,
       s.subscription_id,
       o.offer_reference,
       m.merchant_reference,
       s.store_code,
       b.period_start,
       b.period_end,
       q.quantity,
       q.amount AS unit_amount,
       q.amount * c.minor_unit AS unit_value,
       CASE WHEN q.amount <= 9223372036854775807 / q.quantity THEN q.amount * q.quantity END AS total_amount,
       q.amount * q.quantity::numeric * c.minor_unit AS total_value,
       s.currency_code,
       i.invoice_reference,
       i.invoice_reference IS NOT NULL AS is_invoiced,
       NULL::uuid AS order_id,
       NULL::integer AS line_no
  FROM offerengine_internal.priced_step s
  JOIN offerengine.offer o ON o.offer_id = s.offer_id
  JOIN offerengine.operation_policy op ON op.operation = 'invoice' AND op.management = o.management AND op.is_allowed
  JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id
  JOIN offerengine_internal.store_day st ON st.store_code = s.store_code
  JOIN offerengine.currency c ON c.currency_code = s.currency_code
 CROSS JOIN LATERAL (
       SELECT greatest(s.starts_on, s.step_starts_on) AS first_day,
              least(st.today + 1, s.ends_on, s.step_ends_on) AS end_day
       OFFSET 0) AS d
 CROSS JOIN LATERAL offerengine_internal.charged_parts(
       s.prices, s.price_mode, s.purchased_on, s.starts_on, s.fixed_amount, s.fixed_other_amount, d.first_day, d.end_day) AS due
 CROSS JOIN LATERAL offerengine_internal.period_numbers(s.anchor_on, s.accounting_period, due.first_day, due.end_day) AS k (k)
 CROSS JOIN LATERAL (
       SELECT offerengine.period_boundary(s.anchor_on, s.accounting_period, k.k) AS period_start,
              offerengine.period_boundary(s.anchor_on, s.accounting_period, k.k + 1) AS period_end
       OFFSET 0) AS b
  LEFT JOIN offerengine.subscription_invoice i
         ON i.customer_reference = s.customer_reference AND i.subscription_id = s.subscription_id
        AND i.period_start = b.period_start
  LEFT JOIN offerengine_internal.quantity_window n
         ON n.customer_reference = s.customer_reference AND n.subscription_id = s.subscription_id
        AND n.first_day <= b.period_start AND b.period_start < n.end_day
 CROSS JOIN LATERAL (
       SELECT coalesce(i.quantity, n.quantity, s.quantity) AS quantity, coalesce(i.amount, due.amount) AS amount) AS q
 WHERE NOT s.is_ignored
   AND offerengine_internal.is_loaded()
UNION ALL
SELECT s.customer_reference,
       NULL,
       o.offer_reference,
       m.merchant_reference,
       s.store_code,
       b.placed_on,
       b.placed_on + 1,
       q.quantity,
       q.amount,
       round(q.amount / power(10::numeric, c.exponent), c.exponent),
       q.line_amount,
       round(q.line_amount / power(10::numeric, c.exponent), c.exponent),
       s.currency_code,
       i.invoice_reference,
       i.invoice_reference IS NOT NULL,
       l.order_id,
       l.line_no
  FROM offerengine.sales_order s
  JOIN offerengine.store st ON st.store_code = s.store_code
  JOIN offerengine.currency c ON c.currency_code = s.currency_code
  JOIN offerengine.order_line l ON l.customer_reference = s.customer_reference AND l.order_id = s.order_id
  JOIN offerengine.offer o ON o.offer_id = l.offer_id
  JOIN offerengine.operation_policy op ON op.operation = 'invoice' AND op.management = o.management AND op.is_allowed
  JOIN offerengine.merchant m ON m.merchant_id = l.merchant_id
  LEFT JOIN offerengine.order_line_invoice i
         ON i.customer_reference = l.customer_reference AND i.order_id = l.order_id AND i.line_no = l.line_no
 CROSS JOIN LATERAL (SELECT offerengine_internal.local_date(s.placed_at, st.time_zone) AS placed_on) AS b
 CROSS JOIN LATERAL (
       SELECT coalesce(i.quantity, l.quantity - l.quantity_cancelled - l.quantity_returned) AS quantity,
              coalesce(i.amount, l.unit_amount) AS amount,
              coalesce(i.line_amount, l.line_amount - l.cancelled_amount - l.returned_amount) AS line_amount) AS q
 WHERE offerengine_internal.is_charged_here(s.origin)
   AND l.subscription_id IS NULL
   AND q.quantity > 0
   AND b.placed_on <= offerengine_internal.local_date(now(), st.time_zone);
COMMENT ON VIEW offerengine.billing_period IS
    'Every accounting period that has begun by today in the store, of subscriptions that are invoiced here, and every one-off '
    'line that was placed by then (subscription_id NULL, order_id and line_no in its place), with its invoice and as it says, '
    'where there is one. billing_schedule() also tells the ones to come, billing_difference what has changed since.';
COMMENT ON COLUMN offerengine.billing_period.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.billing_period.subscription_id IS 'The subscription; NULL: a line.';
COMMENT ON COLUMN offerengine.billing_period.offer_reference IS 'Reference of its offer.';
COMMENT ON COLUMN offerengine.billing_period.merchant_reference IS 'Reference of the offer''s merchant.';
COMMENT ON COLUMN offerengine.billing_period.store_code IS 'The store.';
COMMENT ON COLUMN offerengine.billing_period.period_start IS
    'First day of the period; of a line the day on which it was placed, in the store.';
COMMENT ON COLUMN offerengine.billing_period.period_end IS 'First day of the next one.';
COMMENT ON COLUMN offerengine.billing_period.quantity IS
    'Pieces on the first day; of a line those that were neither cancelled nor returned.';
COMMENT ON COLUMN offerengine.billing_period.unit_amount IS 'What a piece costs for the period, or did as sold, in minor units.';
COMMENT ON COLUMN offerengine.billing_period.unit_value IS 'unit_amount with the currency''s digits.';
COMMENT ON COLUMN offerengine.billing_period.total_amount IS
    'unit_amount times quantity (of a line as it was sold, less what was cancelled and returned), in minor units; NULL: more than '
    'an amount can say.';
COMMENT ON COLUMN offerengine.billing_period.total_value IS 'total_amount with the currency''s digits.';
COMMENT ON COLUMN offerengine.billing_period.currency_code IS 'Currency of the amounts.';
COMMENT ON COLUMN offerengine.billing_period.invoice_reference IS 'The invoice; NULL: not invoiced.';
COMMENT ON COLUMN offerengine.billing_period.is_invoiced IS 'Whether billing_mark() has marked it.';
COMMENT ON COLUMN offerengine.billing_period.order_id IS 'The order of a one-off line; NULL: a period of a subscription.';
COMMENT ON COLUMN offerengine.billing_period.line_no IS 'The line.';

CREATE OR REPLACE VIEW offerengine.billing_difference WITH (security_barrier = true) AS
SELECT i.customer_reference,
       i.subscription_id,
       i.period_start,
       i.invoice_reference,
       i.amount * i.quantity AS invoiced_amount,
       CASE WHEN abs(due.amount) <= 9223372036854775807 THEN due.amount::bigint END AS due_amount,
       CASE WHEN abs(d.difference) <= 9223372036854775807 THEN d.difference::bigint END AS difference,
       CASE WHEN abs(d.settled_amount) <= 9223372036854775807 THEN d.settled_amount::bigint END AS settled_amount,
       s.currency_code,
       NULL::uuid AS order_id,
       NULL::integer AS line_no
  FROM offerengine.subscription_invoice i
  JOIN offerengine.subscription s ON s.customer_reference = i.customer_reference AND s.subscription_id = i.subscription_id
 -- Nothing is due for a period that does not begin on that day any more.
  LEFT JOIN offerengine_internal.priced_step t
         ON t.customer_reference = i.customer_reference
        AND t.subscription_id = i.subscription_id
        AND t.step_starts_on <= i.period_start
        AND (t.step_ends_on IS NULL OR i.period_start < t.step_ends_on)
        AND t.starts_on <= i.period_start
        AND (t.ends_on IS NULL OR i.period_start < t.ends_on)
        AND NOT t.is_ignored
        AND offerengine.period_boundary(
                t.anchor_on, t.accounting_period,
                offerengine.period_index(t.anchor_on, t.accounting_period, i.period_start)) = i.period_start
  LEFT JOIN offerengine_internal.quantity_window n
         ON n.customer_reference = i.customer_reference AND n.subscription_id = i.subscription_id
        AND n.first_day <= i.period_start AND i.period_start < n.end_day
  LEFT JOIN (SELECT b.customer_reference, b.subscription_id, b.period_start, sum(b.amount) AS amount
               FROM offerengine.subscription_settlement b
              GROUP BY b.customer_reference, b.subscription_id, b.period_start) AS settled
         ON settled.customer_reference = i.customer_reference AND settled.subscription_id = i.subscription_id
        AND settled.period_start = i.period_start
 CROSS JOIN LATERAL (
       SELECT CASE WHEN t.step_no IS NULL THEN 0
                   ELSE h.amount * coalesce(n.quantity, s.quantity)::numeric END AS amount
         FROM offerengine_internal.charged_price(
                  t.prices, t.price_mode, t.purchased_on, t.starts_on, t.fixed_amount, t.fixed_other_amount, i.period_start) AS h
       OFFSET 0) AS due
 CROSS JOIN LATERAL (
       SELECT coalesce(settled.amount, 0) AS settled_amount,
              due.amount - i.amount::numeric * i.quantity - coalesce(settled.amount, 0) AS difference
       OFFSET 0) AS d
 WHERE (d.difference <> 0 OR d.difference IS NULL)
   AND offerengine_internal.is_loaded()
UNION ALL
SELECT i.customer_reference,
       NULL,
       offerengine_internal.local_date(s.placed_at, st.time_zone),
       i.invoice_reference,
       i.line_amount,
       due.amount,
       CASE WHEN abs(d.difference) <= 9223372036854775807 THEN d.difference::bigint END,
       CASE WHEN abs(d.settled_amount) <= 9223372036854775807 THEN d.settled_amount::bigint END,
       s.currency_code,
       i.order_id,
       i.line_no
  FROM offerengine.order_line_invoice i
  JOIN offerengine.sales_order s ON s.customer_reference = i.customer_reference AND s.order_id = i.order_id
  JOIN offerengine.store st ON st.store_code = s.store_code
  JOIN offerengine.order_line l
    ON l.customer_reference = i.customer_reference AND l.order_id = i.order_id AND l.line_no = i.line_no
 CROSS JOIN LATERAL (SELECT l.line_amount - l.cancelled_amount - l.returned_amount AS amount) AS due
 CROSS JOIN LATERAL (
       SELECT settled.amount AS settled_amount, due.amount::numeric - i.line_amount - settled.amount AS difference
         FROM (SELECT coalesce(sum(t.amount), 0) AS amount
                 FROM offerengine.order_line_settlement t
                WHERE t.customer_reference = i.customer_reference AND t.order_id = i.order_id
                  AND t.line_no = i.line_no) AS settled) AS d
 WHERE d.difference <> 0
    OR d.difference IS NULL;
COMMENT ON VIEW offerengine.billing_difference IS
    'Invoiced accounting periods that a later price, quantity, cancellation or import has made differ, or fall away, and invoiced '
    'one-off lines (subscription_id NULL, order_id and line_no in its place) of which pieces were cancelled or returned since, '
    'that no credit note or further invoice has settled yet; billing_settle() books one.';
COMMENT ON COLUMN offerengine.billing_difference.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.billing_difference.subscription_id IS 'The subscription; NULL: a line.';
COMMENT ON COLUMN offerengine.billing_difference.period_start IS
    'First day of the period when it was invoiced; of a line the day on which it was placed, in the store.';
COMMENT ON COLUMN offerengine.billing_difference.invoice_reference IS 'The invoice.';
COMMENT ON COLUMN offerengine.billing_difference.invoiced_amount IS 'What was invoiced for all pieces, in minor units.';
COMMENT ON COLUMN offerengine.billing_difference.due_amount IS
    'What the period or line costs by what is known now, for all pieces, in minor units; 0: there is no such period any more. '
    'NULL: it has no price any more, or more than an amount can say.';
COMMENT ON COLUMN offerengine.billing_difference.difference IS
    'due_amount less invoiced_amount less settled_amount: above 0 to be charged, below 0 to be given back. NULL: as due_amount.';
COMMENT ON COLUMN offerengine.billing_difference.settled_amount IS 'Sum of what billing_settle() has booked, in minor units.';
COMMENT ON COLUMN offerengine.billing_difference.currency_code IS 'Currency of the amounts.';
COMMENT ON COLUMN offerengine.billing_difference.order_id IS 'The order of a one-off line; NULL: a period of a subscription.';
COMMENT ON COLUMN offerengine.billing_difference.line_no IS 'The line.';
