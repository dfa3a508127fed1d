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
       s.order_id,
       s.chain_id,
       s.predecessor_id,
       s.sales_rule_id,
       s.granted_regular_offer_id,
       s.origin,
       s.cancelled_on,
       s.cancel_mode,
       s.cancel_reason,
       s.external_system,
       s.external_reference,
       t.anchor_on,
       t.starts_on AS step_starts_on,
       t.ends_on AS step_ends_on,
       t.accounting_period,
       t.price_sheet_id,
       t.amount AS fixed_amount,
       t.other_amount AS fixed_other_amount,
       h.prices
  FROM offerengine.subscription s
  LEFT JOIN offerengine.subscription_step t ON t.customer_reference = s.customer_reference AND t.subscription_id = s.subscription_id
 -- A sheet is gathered once for all its steps: what it is gathered by are columns that are never NULL and that many steps share, so
 -- that the answer is kept (Memoize).
 CROSS JOIN LATERAL (
       SELECT array_agg(r.price) AS prices,
              array_agg(r.price) FILTER (WHERE r.valid_from_existing IS NOT NULL) AS raises,
              max(r.valid_from_existing) AS last_raise,
              bool_or(r.price_segment_id IS NOT NULL) AS has_segments
         FROM (SELECT p.price_segment_id,
                      p.valid_from_existing,
                      ROW(p.price_sheet_price_id, p.price_segment_id, p.net_amount, p.gross_amount, p.valid_from,
                          p.valid_from_existing, g.priority)::offerengine_internal.sheet_row AS price
                 FROM offerengine.price_sheet_price p
                 LEFT JOIN offerengine.price_segment g ON g.price_segment_id = p.price_segment_id
                WHERE p.price_sheet_id = t.price_sheet_id
                  AND p.currency_code = s.currency_code) r
       OFFSET 0) AS k
 -- Of most there are none: rows that charged_price() would not look at are left out, where that costs nothing.
 CROSS JOIN LATERAL (
       SELECT CASE WHEN t.amount IS NOT NULL AND (k.last_raise IS NULL OR k.last_raise <= s.purchased_on) THEN '{}'
                   WHEN k.has_segments
                   THEN ARRAY(SELECT r FROM unnest(CASE WHEN t.amount IS NULL THEN k.prices ELSE k.raises END) r
                               WHERE r.price_segment_id IS NULL
                                  OR EXISTS (SELECT FROM offerengine.price_segment_country c
                                              WHERE c.price_segment_id = r.price_segment_id
                                                AND c.country_code = s.country_code))
                   WHEN t.amount IS NULL THEN coalesce(k.prices, '{}')
                   ELSE k.raises END AS prices
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
COMMENT ON COLUMN offerengine_internal.priced_step.order_id IS 'subscription.order_id.';
COMMENT ON COLUMN offerengine_internal.priced_step.chain_id IS 'subscription.chain_id.';
COMMENT ON COLUMN offerengine_internal.priced_step.predecessor_id IS 'subscription.predecessor_id.';
COMMENT ON COLUMN offerengine_internal.priced_step.sales_rule_id IS 'subscription.sales_rule_id.';
COMMENT ON COLUMN offerengine_internal.priced_step.granted_regular_offer_id IS 'subscription.granted_regular_offer_id.';
COMMENT ON COLUMN offerengine_internal.priced_step.origin IS 'subscription.origin.';
COMMENT ON COLUMN offerengine_internal.priced_step.cancelled_on IS 'subscription.cancelled_on.';
COMMENT ON COLUMN offerengine_internal.priced_step.cancel_mode IS 'subscription.cancel_mode.';
COMMENT ON COLUMN offerengine_internal.priced_step.cancel_reason IS 'subscription.cancel_reason.';
COMMENT ON COLUMN offerengine_internal.priced_step.external_system IS 'subscription.external_system.';
COMMENT ON COLUMN offerengine_internal.priced_step.external_reference IS 'subscription.external_reference.';
COMMENT ON COLUMN offerengine_internal.priced_step.anchor_on IS 'subscription_step.anchor_on.';
COMMENT ON COLUMN offerengine_internal.priced_step.step_starts_on IS 'subscription_step.starts_on.';
COMMENT ON COLUMN offerengine_internal.priced_step.step_ends_on IS 'subscription_step.ends_on.';
COMMENT ON COLUMN offerengine_internal.priced_step.accounting_period IS 'subscription_step.accounting_period.';
COMMENT ON COLUMN offerengine_internal.priced_step.price_sheet_id IS 'subscription_step.price_sheet_id.';
COMMENT ON COLUMN offerengine_internal.priced_step.fixed_amount IS 'subscription_step.amount.';
COMMENT ON COLUMN offerengine_internal.priced_step.fixed_other_amount IS 'subscription_step.other_amount.';
COMMENT ON COLUMN offerengine_internal.priced_step.prices IS
    'The rows of its price sheet that can say what a period of it costs: of its currency, for its country or everywhere, and asked '
    'of running subscriptions (none where the last was before its purchase), or any where nothing was fixed then.';

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
