-- Report views of subscriptions: what they show of each, and that reporting reads them and nothing else.
BEGIN;
\ir ../include/approval.psql
\ir ../include/publisher.psql
SELECT no_plan();

SELECT pg_temp.sell('invoiced', 700, management => 'externally_invoiced'), pg_temp.sell('adv-r', 100), pg_temp.sell('reg-r', 200),
       pg_temp.rule('anew', 'BASE', 'adv-r', 'reg-r', 'restart_period') \g /dev/null
-- Currencies of other digits.
INSERT INTO offerengine.store_currency (store_code, currency_code) VALUES ('P-DE', 'JPY'), ('P-DE', 'BHD');
SELECT offerengine.put_price_sheet('p-base', prices => '[{"currency": "EUR", "gross_amount": 2000, "net_amount": 1800},
    {"currency": "JPY", "gross_amount": 2000}, {"currency": "BHD", "gross_amount": 2000}]') \g /dev/null
SELECT pg_temp.live(c.customer, string_to_array(c.deeds, ', ')) FROM (VALUES
    ('switched', 'buy base 2025-01-10, buy adv 2025-01-20 x2, cancel base 2025-03-15'),
    ('ignored',  'buy base 2100-01-10, buy adv 2100-01-20, cancel base 2100-03-15, withdraw base 2100-03-16'),
    ('planned',  'buy base 2100-01-10, buy adv-r 2100-01-20, cancel base 2100-03-15 immediate'),
    ('never',    'buy base 2100-01-10, buy adv 2100-01-20, cancel base 2100-03-15, cancel reg 2100-03-16 immediate'),
    ('foreign',  'import foreign X 2025-01-10 2025-02-10, buy invoiced 2025-01-10, cancel invoiced 2025-01-15'),
    ('finite',   'buy finite 2025-01-31 x3, set finite 2025-02-10 x4')) AS c (customer, deeds) \g /dev/null
SELECT offerengine.purchase('coins ' || c.currency, 'base', 'P-DE', c.currency, starts_on => '2025-01-10') FROM (VALUES ('JPY'), ('BHD')) AS c (currency) \g /dev/null
SELECT offerengine.cancel_subscription(c.customer, pg_temp.sub(c.customer, 'base'), 'regular', '2025-01-15', reason => 'done')
  FROM (VALUES ('coins JPY'), ('coins BHD')) AS c (customer) \g /dev/null
SELECT offerengine.billing_mark('finite', pg_temp.sub('finite', 'finite'), '2025-02-28', 'R-1') \g /dev/null

SELECT pg_temp.same_rows(
    $$ SELECT v.customer_reference, v.offer_reference, v.sku, v.merchant_reference, v.store_code, v.status, v.starts_on, v.ends_on, v.cancelled_on, v.cancel_mode,
              v.cancel_reason, v.quantity, v.unit_amount, v.unit_value, v.currency_code, v.country_code, v.sales_rule, v.is_advantage, v.origin, v.external_system,
              v.external_reference, v.predecessor_id IS NOT NULL, v.successor_id IS NOT NULL, v.order_id IS NOT NULL
         FROM offerengine.subscription_overview v ORDER BY v.customer_reference, v.starts_on, v.offer_reference $$,
    $$ VALUES
       ('coins BHD', 'base', 'P-PAPER', 'p-house', 'P-DE', 'inactive', date '2025-01-10', date '2025-02-10', date '2025-01-15', 'regular', 'done', 1, 2000, 2.000,
        'BHD', 'DE', NULL, false, 'purchase', NULL, NULL, false, false, true),
       ('coins JPY', 'base', 'P-PAPER', 'p-house', 'P-DE', 'inactive', '2025-01-10', '2025-02-10', '2025-01-15', 'regular', 'done', 1, 2000, 2000,
        'JPY', 'DE', NULL, false, 'purchase', NULL, NULL, false, false, true),
       ('finite', 'finite', 'P-PAPER', 'p-house', 'P-DE', 'inactive', '2025-01-31', '2025-04-30', NULL, NULL, NULL, 4, 1800, 18.00,
        'EUR', 'DE', NULL, false, 'purchase', NULL, NULL, false, false, true),
       ('foreign', 'foreign', 'P-PAPER', 'p-house', 'P-DE', 'inactive', '2025-01-10', '2025-02-10', NULL, NULL, NULL, 1, 1000, 10.00,
        'EUR', 'DE', NULL, false, 'import', 'sys', 'X', false, false, true),
       ('foreign', 'invoiced', 'P-PAPER', 'p-house', 'P-DE', 'inactive', '2025-01-10', '2025-02-10', '2025-01-15', 'regular', NULL, 1, 700, 7.00,
        'EUR', 'DE', NULL, false, 'purchase', NULL, NULL, false, false, true),
       ('ignored', 'base', 'P-PAPER', 'p-house', 'P-DE', 'future', '2100-01-10', NULL, NULL, NULL, NULL, 1, 2000, 20.00,
        'EUR', 'DE', NULL, false, 'purchase', NULL, NULL, false, false, true),
       ('ignored', 'adv', 'P-DIGITAL', 'p-house', 'P-DE', 'future', '2100-01-20', NULL, NULL, NULL, NULL, 1, 300, 3.00,
        'EUR', 'DE', 'digital', true, 'purchase', NULL, NULL, false, false, true),
       ('ignored', 'reg', 'P-DIGITAL', 'p-house', 'P-DE', 'ignored', '2100-04-20', NULL, NULL, NULL, NULL, 1, 800, 8.00,
        'EUR', 'DE', 'digital', false, 'switch', NULL, NULL, true, false, true),
       ('never', 'base', 'P-PAPER', 'p-house', 'P-DE', 'future', '2100-01-10', '2100-04-10', '2100-03-15', 'regular', NULL, 1, 2000, 20.00,
        'EUR', 'DE', NULL, false, 'purchase', NULL, NULL, false, false, true),
       ('never', 'adv', 'P-DIGITAL', 'p-house', 'P-DE', 'future', '2100-01-20', '2100-04-20', NULL, NULL, NULL, 1, 300, 3.00,
        'EUR', 'DE', 'digital', true, 'purchase', NULL, NULL, false, true, true),
       ('never', 'reg', 'P-DIGITAL', 'p-house', 'P-DE', 'ignored', '2100-04-20', '2100-04-20', '2100-03-16', 'immediate', NULL, 1, 800, 8.00,
        'EUR', 'DE', 'digital', false, 'switch', NULL, NULL, true, false, true),
       ('planned', 'base', 'P-PAPER', 'p-house', 'P-DE', 'future', '2100-01-10', '2100-03-15', '2100-03-15', 'immediate', NULL, 1, 2000, 20.00,
        'EUR', 'DE', NULL, false, 'purchase', NULL, NULL, false, false, true),
       ('planned', 'adv-r', 'P-PAPER', 'p-house', 'P-DE', 'future', '2100-01-20', '2100-03-15', NULL, NULL, NULL, 1, 100, 1.00,
        'EUR', 'DE', 'anew', true, 'purchase', NULL, NULL, false, true, true),
       ('planned', 'adv-r', 'P-PAPER', 'p-house', 'P-DE', 'future', '2100-03-15', '2100-04-15', NULL, NULL, NULL, 1, 100, 1.00,
        'EUR', 'DE', 'anew', true, 'restart', NULL, NULL, true, true, true),
       ('planned', 'reg-r', 'P-PAPER', 'p-house', 'P-DE', 'future', '2100-04-15', NULL, NULL, NULL, NULL, 1, 200, 2.00,
        'EUR', 'DE', 'anew', false, 'switch', NULL, NULL, true, false, true),
       ('switched', 'base', 'P-PAPER', 'p-house', 'P-DE', 'inactive', '2025-01-10', '2025-04-10', '2025-03-15', 'regular', NULL, 1, 2000, 20.00,
        'EUR', 'DE', NULL, false, 'purchase', NULL, NULL, false, false, true),
       ('switched', 'adv', 'P-DIGITAL', 'p-house', 'P-DE', 'inactive', '2025-01-20', '2025-04-20', NULL, NULL, NULL, 2, 300, 3.00,
        'EUR', 'DE', 'digital', true, 'purchase', NULL, NULL, false, true, true),
       ('switched', 'reg', 'P-DIGITAL', 'p-house', 'P-DE', 'active', '2025-04-20', NULL, NULL, NULL, NULL, 2, 800, 8.00,
        'EUR', 'DE', 'digital', false, 'switch', NULL, NULL, true, false, true) $$, 'subscription_overview');
-- It says what subscription_timeline() says today.
SELECT pg_temp.same_rows(
    $$ SELECT v.subscription_id, v.offer_reference, v.status, v.starts_on, v.ends_on, v.cancelled_on, v.predecessor_id, v.successor_id, v.chain_id, v.unit_amount
         FROM offerengine.subscription_overview v ORDER BY v.subscription_id $$,
    $$ SELECT t.subscription_id, t.offer_reference, t.status, t.starts_on, t.ends_on, t.cancelled_on, t.predecessor_id, t.successor_id, t.chain_id, t.amount
         FROM (SELECT DISTINCT s.customer_reference FROM offerengine.subscription s) AS c, offerengine.subscription_timeline(c.customer_reference) AS t
        ORDER BY t.subscription_id $$, 'the same as the timeline');

SELECT pg_temp.same_rows(
    $$ SELECT v.customer_reference, v.sales_rule, v.kind, v.converts_on, v.state, v.advantage_offer, v.offer_reference, v.store_code,
              v.advantage_subscription_id = s.predecessor_id, v.chain_id = s.chain_id
         FROM offerengine.rule_conversion v JOIN offerengine.subscription s USING (customer_reference, subscription_id)
        ORDER BY v.customer_reference, v.converts_on $$,
    $$ VALUES ('ignored', 'digital', 'switch', date '2100-04-20', 'ignored', 'adv', 'reg', 'P-DE', true, true),
              ('never', 'digital', 'switch', '2100-04-20', 'ignored', 'adv', 'reg', 'P-DE', true, true),
              ('planned', 'anew', 'restart', '2100-03-15', 'planned', 'adv-r', 'adv-r', 'P-DE', true, true),
              ('planned', 'anew', 'switch', '2100-04-15', 'planned', 'adv-r', 'reg-r', 'P-DE', true, true),
              ('switched', 'digital', 'switch', '2025-04-20', 'past', 'adv', 'reg', 'P-DE', true, true) $$, 'rule_conversion: past, planned and ignored');

SELECT pg_temp.same_rows(
    $$ SELECT v.customer_reference, v.offer_reference, v.merchant_reference, v.store_code, v.period_start, v.period_end, v.quantity, v.unit_amount, v.unit_value,
              v.total_amount, v.total_value, v.currency_code, v.invoice_reference, v.is_invoiced
         FROM offerengine.billing_period v WHERE v.period_start < '2025-04-20' ORDER BY v.customer_reference, v.period_start, v.offer_reference $$,
    $$ VALUES
       ('coins BHD', 'base', 'p-house', 'P-DE', date '2025-01-10', date '2025-02-10', 1, 2000, 2.000, 2000, 2.000, 'BHD', NULL, false),
       ('coins JPY', 'base', 'p-house', 'P-DE', '2025-01-10', '2025-02-10', 1, 2000, 2000, 2000, 2000, 'JPY', NULL, false),
       ('finite', 'finite', 'p-house', 'P-DE', '2025-01-31', '2025-02-28', 3, 1800, 18.00, 5400, 54.00, 'EUR', NULL, false),
       ('finite', 'finite', 'p-house', 'P-DE', '2025-02-28', '2025-03-31', 4, 1800, 18.00, 7200, 72.00, 'EUR', 'R-1', true),
       ('finite', 'finite', 'p-house', 'P-DE', '2025-03-31', '2025-04-30', 4, 1800, 18.00, 7200, 72.00, 'EUR', NULL, false),
       ('switched', 'base', 'p-house', 'P-DE', '2025-01-10', '2025-02-10', 1, 2000, 20.00, 2000, 20.00, 'EUR', NULL, false),
       ('switched', 'adv', 'p-house', 'P-DE', '2025-01-20', '2025-02-20', 2, 300, 3.00, 600, 6.00, 'EUR', NULL, false),
       ('switched', 'base', 'p-house', 'P-DE', '2025-02-10', '2025-03-10', 1, 2000, 20.00, 2000, 20.00, 'EUR', NULL, false),
       ('switched', 'adv', 'p-house', 'P-DE', '2025-02-20', '2025-03-20', 2, 300, 3.00, 600, 6.00, 'EUR', NULL, false),
       ('switched', 'base', 'p-house', 'P-DE', '2025-03-10', '2025-04-10', 1, 2000, 20.00, 2000, 20.00, 'EUR', NULL, false),
       ('switched', 'adv', 'p-house', 'P-DE', '2025-03-20', '2025-04-20', 2, 300, 3.00, 600, 6.00, 'EUR', NULL, false) $$, 'billing_period');
-- It says what billing_schedule() says of the days to today.
SELECT pg_temp.same_rows(
    $$ SELECT v.customer_reference, v.subscription_id, daterange(v.period_start, v.period_end), v.unit_amount, v.quantity, v.currency_code, v.is_invoiced
         FROM offerengine.billing_period v ORDER BY v.subscription_id, v.period_start $$,
    $$ SELECT b.customer_reference, b.subscription_id, b.period, b.amount, b.quantity, b.currency, b.invoiced
         FROM offerengine.billing_schedule('2025-01-01', (clock_timestamp() AT TIME ZONE 'Europe/Berlin')::date + 1) AS b ORDER BY b.subscription_id, b.period $$,
    'the same as the schedule');
SELECT is((SELECT max(v.period_start) <= (clock_timestamp() AT TIME ZONE 'Europe/Berlin')::date FROM offerengine.billing_period v), true, 'nothing to come');
-- An amount that cannot be said is no reason to show nothing.
SELECT pg_temp.live('much', '{buy finite 2025-01-31,set finite 2025-02-01 x2147483647 now}') \g /dev/null
SELECT pg_temp.ask('finite', '* 999999999999999999 2020-01-01 2025-02-01') \g /dev/null
SELECT pg_temp.same_rows($$ SELECT v.period_start, v.unit_amount, v.total_amount, v.total_value FROM offerengine.billing_period v
                             WHERE v.customer_reference = 'much' ORDER BY v.period_start LIMIT 2 $$,
                         $$ VALUES (date '2025-01-31', 1800::bigint, 1800::bigint, 18.00),
                                   ('2025-02-28', 999999999999999999, NULL, 21474836469999999978525163.53) $$, 'an amount beyond bigint');

-- Reporting and operators read them, others do not; reporting reads nothing of the tables behind.
SELECT is(pg_temp.try_as(r.role, format('SELECT count(*) > 0 FROM offerengine.%I', v.name)), CASE WHEN r.reads THEN 'true' ELSE '42501' END,
          r.role || ': ' || v.name)
  FROM (VALUES ('t_operator', true), ('t_reporting', true), ('t_merchant', false), ('t_storefront', false), ('t_nobody', false)) AS r (role, reads),
       unnest('{subscription_overview,rule_conversion,billing_period}'::text[]) AS v (name);
SELECT is(pg_temp.try_as('t_reporting', format('SELECT count(*) FROM offerengine.%I', t.name)), '42501', 't_reporting: ' || t.name)
  FROM unnest('{customer_timeline,sales_order,order_line,subscription,subscription_step,subscription_quantity,subscription_event,subscription_invoice}'::text[])
       AS t (name);

SELECT * FROM finish();
ROLLBACK;
