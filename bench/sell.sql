-- Subscriptions of other customers (psql variable others) in the catalogue of generate.sql, two each, in the store S1: the base of
-- rule 2 and its advantage, and of every tenth customer the regular offer behind it. Then the hand-written side of bench/run sell.
\set ON_ERROR_STOP on
\set QUIET on
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';
SET client_min_messages = warning;
SELECT 10000002 AS base, 10001004 AS adv, 10001005 AS reg \gset

SET session_replication_role = replica;
CREATE TEMP TABLE life AS
SELECT 'o' || n AS customer, d.starts_on, d.cancelled_on, offerengine.period_boundary(d.starts_on, '1 month', 24) AS ends_on,
       gen_random_uuid() AS order1, gen_random_uuid() AS order2,
       gen_random_uuid() AS base, gen_random_uuid() AS adv, gen_random_uuid() AS reg
  FROM (SELECT n, date '2022-01-01' + n % 1000 AS starts_on,
               CASE WHEN n % 10 = 0 THEN date '2023-12-20' + n % 1000 END AS cancelled_on
          FROM generate_series(1, :others / 2) n) AS d;
INSERT INTO offerengine.customer_timeline (customer_reference) SELECT customer FROM life;
INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, store_code, currency_code, total_amount)
SELECT l.customer, o.id, o.id::text, 'S1', 'EUR', 1190 FROM life l, LATERAL (VALUES (l.order1), (l.order2)) AS o (id);
INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, unit_amount,
                                    line_amount, price_id, price_source, subscription_id)
SELECT l.customer, o.order_id, 1, o.offer_id, 1, 1, 1190, 1190, 1, 'price_sheet', o.subscription_id
  FROM life l, LATERAL (VALUES (l.order1, :base, l.base), (l.order2, :adv, l.adv)) AS o (order_id, offer_id, subscription_id);
INSERT INTO offerengine.subscription (customer_reference, subscription_id, offer_id, order_id, line_no, chain_id, predecessor_id,
    sales_rule_id, store_code, currency_code, quantity, purchased_on, anchor_on, starts_on, ends_on, agreed_ends_on,
    cancelled_on, cancel_mode, granted_regular_offer_id, granted_tag_ids, granted_cancelled_source, origin)
SELECT l.customer, l.base, :base, l.order1, 1, l.base, NULL::uuid, NULL::bigint, 'S1', 'EUR', 1, starts_on, starts_on, starts_on,
       CASE WHEN cancelled_on IS NOT NULL THEN ends_on END, CASE WHEN cancelled_on IS NOT NULL THEN ends_on END, cancelled_on,
       CASE WHEN cancelled_on IS NOT NULL THEN 'regular' END, NULL::bigint, NULL::bigint[], NULL::text, 'purchase'
  FROM life l
UNION ALL
SELECT l.customer, l.adv, :adv, l.order2, 1, l.adv, NULL, 2, 'S1', 'EUR', 1, starts_on, starts_on, starts_on,
       CASE WHEN cancelled_on IS NOT NULL THEN ends_on END, NULL, NULL, NULL, :reg, '{2}', 'until_end', 'purchase'
  FROM life l
UNION ALL
SELECT l.customer, l.reg, :reg, l.order2, 1, l.adv, l.adv, 2, 'S1', 'EUR', 1, ends_on, starts_on, ends_on,
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'switch'
  FROM life l WHERE cancelled_on IS NOT NULL;
INSERT INTO offerengine.subscription_step (customer_reference, subscription_id, step_no, anchor_on, starts_on, term,
                                           accounting_period, cancellation_notice, price_sheet_id, amount, other_amount)
SELECT s.customer_reference, s.subscription_id, 1, s.anchor_on, s.starts_on, '1 month', '1 month', '1 day', 1, 1190, 1000
  FROM life JOIN offerengine.subscription s ON s.customer_reference = customer;
INSERT INTO offerengine.subscription_event (customer_reference, event_id, subscription_id, event, effective_on, channel,
                                            recorded_by)
SELECT s.customer_reference, gen_random_uuid(), s.subscription_id, 'purchased', s.starts_on, 'checkout', 'bench'
  FROM life JOIN offerengine.subscription s ON s.customer_reference = customer;
RESET session_replication_role;
VACUUM (ANALYZE);

-- The same rows as the engine writes for a life of one customer, by hand, each action as one function: what follows from what is
-- known beforehand.
CREATE FUNCTION bench.buy(customer text, offer bigint, rule bigint, at date, OUT subscription uuid) LANGUAGE plpgsql AS $$
DECLARE
    the_order uuid := offerengine.uuid_v7();
BEGIN
    subscription := offerengine.uuid_v7();
    INSERT INTO offerengine.customer_timeline AS t (customer_reference) VALUES (customer)
        ON CONFLICT (customer_reference) DO UPDATE SET version = t.version + 1, changed_at = clock_timestamp();
    INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, store_code, currency_code, price_mode,
                                         total_amount, placed_at)
    VALUES (customer, the_order, the_order::text, 'S1', 'EUR', 'gross', 1190, now());
    INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, unit_amount,
                                        line_amount, price_id, price_source, subscription_id)
    VALUES (customer, the_order, 1, offer, 1, 1, 1190, 1190, 1, 'price_sheet', subscription);
    INSERT INTO offerengine.subscription (customer_reference, subscription_id, offer_id, order_id, line_no, chain_id, sales_rule_id,
        store_code, currency_code, price_mode, quantity, purchased_on, anchor_on, starts_on, granted_regular_offer_id,
        granted_tag_ids, granted_cancelled_source)
    VALUES (customer, subscription, offer, the_order, 1, subscription, rule, 'S1', 'EUR', 'gross', 1, at, at, at,
            CASE WHEN rule IS NOT NULL THEN 10001005 END, CASE WHEN rule IS NOT NULL THEN '{2}'::bigint[] END,
            CASE WHEN rule IS NOT NULL THEN 'until_end' END);
    INSERT INTO offerengine.subscription_step (customer_reference, subscription_id, step_no, anchor_on, starts_on, term,
                                               accounting_period, cancellation_notice, price_sheet_id, amount, other_amount)
    VALUES (customer, subscription, 1, at, at, '1 month', '1 month', '1 day', 1, 1190, 1000);
    INSERT INTO offerengine.subscription_event (customer_reference, event_id, subscription_id, event, effective_on, channel,
                                                recorded_by)
    VALUES (customer, offerengine.uuid_v7(), subscription, 'purchased', at, 'checkout', 'postgres');
END $$;
CREATE FUNCTION bench.cancel(customer text, base uuid, adv uuid, at date, OUT regular uuid) LANGUAGE plpgsql AS $$
BEGIN
    regular := offerengine.uuid_v7();
    UPDATE offerengine.customer_timeline t SET version = t.version + 1, changed_at = clock_timestamp()
     WHERE customer_reference = customer;
    UPDATE offerengine.subscription SET cancelled_on = at, cancel_mode = 'regular', ends_on = at + 30, agreed_ends_on = at + 30,
           cancelled_period_ends_on = at + 30
     WHERE customer_reference = customer AND subscription_id = base;
    UPDATE offerengine.subscription SET ends_on = at + 40 WHERE customer_reference = customer AND subscription_id = adv;
    INSERT INTO offerengine.subscription (customer_reference, subscription_id, offer_id, chain_id, predecessor_id, sales_rule_id,
        store_code, currency_code, price_mode, quantity, purchased_on, anchor_on, starts_on, origin)
    VALUES (customer, regular, 10001005, adv, adv, 2, 'S1', 'EUR', 'gross', 1, at + 40, at, at + 40, 'switch');
    INSERT INTO offerengine.subscription_step (customer_reference, subscription_id, step_no, anchor_on, starts_on, term,
                                               accounting_period, cancellation_notice, price_sheet_id)
    VALUES (customer, regular, 1, at, at + 40, '1 month', '1 month', '1 day', 1);
    INSERT INTO offerengine.subscription_event (customer_reference, event_id, subscription_id, event, effective_on, channel,
                                                recorded_by)
    VALUES (customer, offerengine.uuid_v7(), base, 'cancelled', at + 30, 'backend', 'postgres'),
           (customer, offerengine.uuid_v7(), adv, 'ends', at + 40, 'backend', 'postgres'),
           (customer, offerengine.uuid_v7(), regular, 'starts', at + 40, 'backend', 'postgres');
END $$;
CREATE FUNCTION bench.withdraw(customer text, base uuid, adv uuid, regular uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offerengine.customer_timeline t SET version = t.version + 1, changed_at = clock_timestamp()
     WHERE customer_reference = customer;
    UPDATE offerengine.subscription SET cancelled_on = NULL, cancel_mode = NULL, ends_on = NULL, agreed_ends_on = NULL,
           cancelled_period_ends_on = NULL
     WHERE customer_reference = customer AND subscription_id = base;
    UPDATE offerengine.subscription SET ends_on = NULL WHERE customer_reference = customer AND subscription_id = adv;
    UPDATE offerengine.subscription SET is_ignored = true WHERE customer_reference = customer AND subscription_id = regular;
    INSERT INTO offerengine.subscription_event (customer_reference, event_id, subscription_id, event, effective_on, channel,
                                                recorded_by)
    VALUES (customer, offerengine.uuid_v7(), base, 'withdrawn', NULL, 'backend', 'postgres'),
           (customer, offerengine.uuid_v7(), adv, 'moved', NULL, 'backend', 'postgres'),
           (customer, offerengine.uuid_v7(), regular, 'ignored', NULL, 'backend', 'postgres');
END $$;
