-- Report views of the customer side: for operators and reporting. Amounts come from report_amount(), which reads as the owner.

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
       coalesce((SELECT q.quantity FROM offerengine.subscription_quantity q
                  WHERE q.customer_reference = s.customer_reference AND q.subscription_id = s.subscription_id
                    AND q.effective_on <= t.today
                  ORDER BY q.effective_on DESC LIMIT 1), s.quantity) AS quantity,
       a.amount AS unit_amount,
       round(a.amount / power(10::numeric, c.exponent), c.exponent) AS unit_value,
       s.currency_code,
       s.country_code,
       s.chain_id,
       s.predecessor_id,
       (SELECT n.subscription_id FROM offerengine.subscription n
         WHERE n.customer_reference = s.customer_reference AND n.predecessor_id = s.subscription_id AND NOT n.is_ignored
         ORDER BY n.starts_on LIMIT 1) AS successor_id,
       r.title AS sales_rule,
       s.granted_regular_offer_id IS NOT NULL AS is_advantage,
       s.origin,
       s.order_id,
       s.external_system,
       s.external_reference
  FROM offerengine.subscription s
  JOIN offerengine.offer o ON o.offer_id = s.offer_id
  JOIN offerengine.product p ON p.product_id = o.product_id
  JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id
  JOIN offerengine.store st ON st.store_code = s.store_code
  JOIN offerengine.currency c ON c.currency_code = s.currency_code
  LEFT JOIN offerengine.sales_rule r ON r.sales_rule_id = s.sales_rule_id
 CROSS JOIN LATERAL (SELECT offerengine_internal.local_date(now(), st.time_zone) AS today) AS t
 CROSS JOIN LATERAL (SELECT offerengine_internal.report_amount(s.customer_reference, s.subscription_id,
     t.today) AS amount OFFSET 0) AS a;
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
  JOIN offerengine.sales_rule r ON r.sales_rule_id = s.sales_rule_id;
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
       b.quantity,
       a.amount AS unit_amount,
       round(a.amount / power(10::numeric, c.exponent), c.exponent) AS unit_value,
       CASE WHEN a.amount <= 9223372036854775807 / b.quantity THEN a.amount * b.quantity END AS total_amount,
       round(a.amount::numeric * b.quantity / power(10::numeric, c.exponent), c.exponent) AS total_value,
       s.currency_code,
       i.invoice_reference,
       i.invoice_reference IS NOT NULL AS is_invoiced
  FROM offerengine.subscription s
  JOIN offerengine.offer o ON o.offer_id = s.offer_id
  JOIN offerengine.operation_policy op ON op.operation = 'invoice' AND op.management = o.management AND op.is_allowed
  JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id
  JOIN offerengine.store st ON st.store_code = s.store_code
  JOIN offerengine.currency c ON c.currency_code = s.currency_code
  JOIN offerengine.subscription_step t ON t.customer_reference = s.customer_reference AND t.subscription_id = s.subscription_id
 CROSS JOIN LATERAL (
       SELECT greatest(s.starts_on, t.starts_on) AS first_day,
              least(offerengine_internal.local_date(now(), st.time_zone) + 1, s.ends_on, t.ends_on) AS end_day) AS d
 CROSS JOIN LATERAL generate_series(
       offerengine.period_index(t.anchor_on, t.accounting_period, d.first_day),
       offerengine.period_index(t.anchor_on, t.accounting_period, d.end_day - 1)) AS k (k)
 CROSS JOIN LATERAL (
       SELECT offerengine.period_boundary(t.anchor_on, t.accounting_period, k.k) AS period_start,
              offerengine.period_boundary(t.anchor_on, t.accounting_period, k.k + 1) AS period_end,
              coalesce((SELECT q.quantity FROM offerengine.subscription_quantity q
                         WHERE q.customer_reference = s.customer_reference AND q.subscription_id = s.subscription_id
                           AND q.effective_on <= offerengine.period_boundary(t.anchor_on, t.accounting_period, k.k)
                         ORDER BY q.effective_on DESC LIMIT 1), s.quantity) AS quantity) AS b
 CROSS JOIN LATERAL (
       SELECT offerengine_internal.report_amount(s.customer_reference, s.subscription_id, b.period_start) AS amount OFFSET 0) AS a
  LEFT JOIN offerengine.subscription_invoice i
         ON i.customer_reference = s.customer_reference AND i.subscription_id = s.subscription_id
        AND i.period_start = b.period_start
 WHERE NOT s.is_ignored
   AND d.first_day < d.end_day
   AND b.period_start >= d.first_day;
COMMENT ON VIEW offerengine.billing_period IS
    'Every accounting period that has begun by today in the store, of subscriptions that are invoiced here, with its invoice. '
    'billing_schedule() also tells the ones to come.';
COMMENT ON COLUMN offerengine.billing_period.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.billing_period.subscription_id IS 'The subscription.';
COMMENT ON COLUMN offerengine.billing_period.offer_reference IS 'Reference of its offer.';
COMMENT ON COLUMN offerengine.billing_period.merchant_reference IS 'Reference of the offer''s merchant.';
COMMENT ON COLUMN offerengine.billing_period.store_code IS 'The store.';
COMMENT ON COLUMN offerengine.billing_period.period_start IS 'First day of the period.';
COMMENT ON COLUMN offerengine.billing_period.period_end IS 'First day of the next one.';
COMMENT ON COLUMN offerengine.billing_period.quantity IS 'Pieces on the first day.';
COMMENT ON COLUMN offerengine.billing_period.unit_amount IS 'What a piece costs for the period, in minor units.';
COMMENT ON COLUMN offerengine.billing_period.unit_value IS 'unit_amount with the currency''s digits.';
COMMENT ON COLUMN offerengine.billing_period.total_amount IS
    'unit_amount times quantity, in minor units; NULL: more than an amount can say.';
COMMENT ON COLUMN offerengine.billing_period.total_value IS 'unit_amount times quantity, with the currency''s digits.';
COMMENT ON COLUMN offerengine.billing_period.currency_code IS 'Currency of the amounts.';
COMMENT ON COLUMN offerengine.billing_period.invoice_reference IS 'The invoice; NULL: not invoiced.';
COMMENT ON COLUMN offerengine.billing_period.is_invoiced IS 'Whether billing_mark() has marked it.';
