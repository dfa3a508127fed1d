-- The steps of subscriptions with what prices them, and how many pieces there are from when on: stated once for the report views
-- and for what is asked of one day.

CREATE OR REPLACE VIEW offerengine_internal.priced_step AS
SELECT s.customer_reference,
       s.subscription_id,
       t.step_no,
       s.offer_id,
       s.store_code,
       s.currency_code,
       s.country_code,
       s.price_mode,
       s.quantity,
       s.purchased_on,
       s.starts_on,
       s.ends_on,
       s.is_ignored,
       t.anchor_on,
       t.starts_on AS step_starts_on,
       t.ends_on AS step_ends_on,
       t.accounting_period,
       t.price_sheet_id,
       t.amount AS fixed_amount,
       t.other_amount AS fixed_other_amount,
       h.prices
  FROM offerengine.subscription s
  JOIN offerengine.subscription_step t ON t.customer_reference = s.customer_reference AND t.subscription_id = s.subscription_id
 -- Of most there are none: rows that charged_price() would not look at are left out.
 CROSS JOIN LATERAL (
       SELECT ARRAY(SELECT ROW(p.price_sheet_price_id, p.price_segment_id, p.net_amount, p.gross_amount, p.valid_from,
                               p.valid_from_existing, g.priority)::offerengine_internal.sheet_row
                      FROM offerengine.price_sheet_price p
                      LEFT JOIN offerengine.price_segment g ON g.price_segment_id = p.price_segment_id
                     WHERE p.price_sheet_id = t.price_sheet_id
                       AND p.currency_code = s.currency_code
                       AND (p.valid_from_existing > s.purchased_on OR t.amount IS NULL)
                       AND (p.price_segment_id IS NULL
                            OR EXISTS (SELECT FROM offerengine.price_segment_country c
                                        WHERE c.price_segment_id = p.price_segment_id
                                          AND c.country_code = s.country_code))) AS prices
       OFFSET 0) AS h;
COMMENT ON VIEW offerengine_internal.priced_step IS
    'Every step of every subscription with what charged_price() takes. Internal: shows all customers.';
COMMENT ON COLUMN offerengine_internal.priced_step.customer_reference IS 'subscription.customer_reference.';
COMMENT ON COLUMN offerengine_internal.priced_step.subscription_id IS 'subscription.subscription_id.';
COMMENT ON COLUMN offerengine_internal.priced_step.step_no IS 'subscription_step.step_no.';
COMMENT ON COLUMN offerengine_internal.priced_step.offer_id IS 'subscription.offer_id.';
COMMENT ON COLUMN offerengine_internal.priced_step.store_code IS 'subscription.store_code.';
COMMENT ON COLUMN offerengine_internal.priced_step.currency_code IS 'subscription.currency_code.';
COMMENT ON COLUMN offerengine_internal.priced_step.country_code IS 'subscription.country_code.';
COMMENT ON COLUMN offerengine_internal.priced_step.price_mode IS 'subscription.price_mode.';
COMMENT ON COLUMN offerengine_internal.priced_step.quantity IS 'subscription.quantity.';
COMMENT ON COLUMN offerengine_internal.priced_step.purchased_on IS 'subscription.purchased_on.';
COMMENT ON COLUMN offerengine_internal.priced_step.starts_on IS 'subscription.starts_on.';
COMMENT ON COLUMN offerengine_internal.priced_step.ends_on IS 'subscription.ends_on.';
COMMENT ON COLUMN offerengine_internal.priced_step.is_ignored IS 'subscription.is_ignored.';
COMMENT ON COLUMN offerengine_internal.priced_step.anchor_on IS 'subscription_step.anchor_on.';
COMMENT ON COLUMN offerengine_internal.priced_step.step_starts_on IS 'subscription_step.starts_on.';
COMMENT ON COLUMN offerengine_internal.priced_step.step_ends_on IS 'subscription_step.ends_on.';
COMMENT ON COLUMN offerengine_internal.priced_step.accounting_period IS 'subscription_step.accounting_period.';
COMMENT ON COLUMN offerengine_internal.priced_step.price_sheet_id IS 'subscription_step.price_sheet_id.';
COMMENT ON COLUMN offerengine_internal.priced_step.fixed_amount IS 'subscription_step.amount.';
COMMENT ON COLUMN offerengine_internal.priced_step.fixed_other_amount IS 'subscription_step.other_amount.';
COMMENT ON COLUMN offerengine_internal.priced_step.prices IS
    'The rows of its price sheet that can say what a period of it costs: of its currency, for its country or everywhere, and asked '
    'of running subscriptions after its purchase, or any where nothing was fixed then.';

CREATE OR REPLACE VIEW offerengine_internal.quantity_window AS
SELECT q.customer_reference,
       q.subscription_id,
       q.quantity,
       q.effective_on AS first_day,
       n.end_day
  FROM offerengine.subscription_quantity q
 -- OFFSET: once for each change, not for each period that is compared with it.
 CROSS JOIN LATERAL (
       SELECT coalesce(min(n.effective_on), 'infinity') AS end_day
         FROM offerengine.subscription_quantity n
        WHERE n.customer_reference = q.customer_reference
          AND n.subscription_id = q.subscription_id
          AND n.effective_on > q.effective_on
       OFFSET 0) AS n;
COMMENT ON VIEW offerengine_internal.quantity_window IS
    'From first_day until end_day a subscription has so many pieces; before its first change subscription.quantity. Internal: '
    'shows all customers.';
COMMENT ON COLUMN offerengine_internal.quantity_window.customer_reference IS 'subscription_quantity.customer_reference.';
COMMENT ON COLUMN offerengine_internal.quantity_window.subscription_id IS 'subscription_quantity.subscription_id.';
COMMENT ON COLUMN offerengine_internal.quantity_window.quantity IS 'subscription_quantity.quantity.';
COMMENT ON COLUMN offerengine_internal.quantity_window.first_day IS 'subscription_quantity.effective_on.';
COMMENT ON COLUMN offerengine_internal.quantity_window.end_day IS 'First day with another quantity; infinity: none.';

CREATE OR REPLACE VIEW offerengine_internal.store_day AS
SELECT s.store_code,
       offerengine_internal.local_date(now(), s.time_zone) AS today
  FROM offerengine.store s
-- OFFSET: once for each store, not for each row that joins it.
OFFSET 0;
COMMENT ON VIEW offerengine_internal.store_day IS 'Which day it is in each store. Internal.';
COMMENT ON COLUMN offerengine_internal.store_day.store_code IS 'store.store_code.';
COMMENT ON COLUMN offerengine_internal.store_day.today IS 'Today in the store''s time zone.';
