-- health_check(): finds nothing in a sound marketplace, and each check finds what it is for.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(57);

INSERT INTO offerengine.store (store_code, name) VALUES ('hc-DE', 'Germany');
INSERT INTO offerengine.store_currency VALUES ('hc-DE', 'EUR', true);
INSERT INTO offerengine.merchant (merchant_reference, name, approval_status)
VALUES ('hc-A', 'A', 'approved'), ('hc-B', 'B', 'approved');
INSERT INTO offerengine.abstract_product (abstract_sku) VALUES ('hc-a');
INSERT INTO offerengine.abstract_product_store
SELECT a.abstract_product_id, 'hc-DE' FROM offerengine.abstract_product a WHERE a.abstract_sku = 'hc-a';
INSERT INTO offerengine.product (sku, abstract_product_id)
SELECT 'hc-p', a.abstract_product_id FROM offerengine.abstract_product a WHERE a.abstract_sku = 'hc-a';
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status)
SELECT 'hc-o', p.product_id, m.merchant_id, 'approved'
  FROM offerengine.product p, offerengine.merchant m WHERE p.sku = 'hc-p' AND m.merchant_reference = 'hc-A';
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT o.offer_id, 'hc-DE' FROM offerengine.offer o WHERE o.offer_reference = 'hc-o';
INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
SELECT 'hc-' || m.merchant_reference, m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference LIKE 'hc-%';

-- A promotion within its base price, another that follows it, and a price after the end of the base: nothing of this is wrong.
CREATE FUNCTION pg_temp.price(relationship text, currency text, quantity integer, valid_from timestamptz, valid_to timestamptz)
RETURNS void LANGUAGE sql AS $test$
    INSERT INTO offerengine.price (product_id, offer_id, merchant_relationship_id, store_code, currency_code, min_quantity,
                                   gross_amount, valid_from, valid_to)
    SELECT o.product_id, o.offer_id, r.merchant_relationship_id, 'hc-DE', $2, $3, 100, $4, $5
      FROM offerengine.offer o LEFT JOIN offerengine.merchant_relationship r ON r.relationship_key = $1
     WHERE o.offer_reference = 'hc-o'
$test$;
DO $test$ BEGIN
PERFORM pg_temp.price(NULL, 'EUR', 1, '-infinity', '2030-01-01 UTC'),
       pg_temp.price(NULL, 'EUR', 1, '2029-01-01 UTC', '2029-02-01 UTC'),
       pg_temp.price(NULL, 'EUR', 1, '2029-02-01 UTC', '2029-03-01 UTC'),
       pg_temp.price(NULL, 'EUR', 1, '2030-01-01 UTC', 'infinity'),
       pg_temp.price(NULL, 'EUR', 5, '2029-01-01 UTC', '2031-01-01 UTC'),
       pg_temp.price('hc-hc-A', 'EUR', 1, '2029-06-01 UTC', '2031-01-01 UTC');
END $test$;
SET CONSTRAINTS ALL IMMEDIATE;

SELECT results_eq(
    'SELECT check_name FROM offerengine.health_check()',
    ARRAY['schema_version', 'objects', 'triggers', 'indexes', 'constraints', 'row_security', 'ownership', 'projection', 'tiers',
          'overlapping_prices', 'unreachable_prices', 'foreign_contracts', 'store_currencies', 'time_zones', 'actors',
          'timelines', 'steps', 'sales_rules', 'columns', 'extensions', 'orders', 'stock', 'references',
          'outbox', 'sent_partitions', 'points'],
    'one row a check, in a fixed order');
SELECT is_empty('SELECT * FROM offerengine.health_check() WHERE NOT ok OR detail IS NULL',
                'nothing is found in a sound marketplace');

SELECT results_eq(
    $$SELECT check_name FROM offerengine.health_check() WHERE severity = 'warning'$$,
    $$VALUES ('overlapping_prices'), ('unreachable_prices'), ('store_currencies'), ('extensions'), ('sent_partitions')$$,
    'what may be meant is a warning');
SELECT is_empty($$SELECT 1 FROM offerengine.health_check() WHERE severity IS NULL OR severity NOT IN ('error', 'warning')$$,
                'all else is an error');
SELECT results_eq(
    'SELECT check_name FROM offerengine.health_check(quick => true)',
    ARRAY['schema_version', 'triggers', 'indexes', 'constraints', 'ownership', 'store_currencies', 'actors', 'columns', 'extensions', 'sent_partitions'],
    'quick: the cheap ones');
SELECT results_eq('SELECT check_name, severity, ok FROM offerengine.health_check(''tiers'')',
                  $$VALUES ('tiers', 'error', true)$$, 'one check by its name');
SELECT results_eq('SELECT check_name FROM offerengine.health_check(''tiers'', quick => true)', $$VALUES ('tiers')$$,
                  'one that is named is answered, quick or not');
SELECT is((SELECT count(*) FROM offerengine.health_check(NULL, NULL)), 26::bigint, 'NULL is the default');
SELECT throws_ok($$SELECT * FROM offerengine.health_check('Tiers')$$, '22023', '''Tiers'' is no check of health_check()',
                 'an unknown name is refused');
SELECT throws_ok($$SELECT * FROM offerengine.health_check('')$$, '22023', NULL, 'nor does an empty one mean all');
-- What is not asked for is not read: a table that only other checks read may be gone.
SAVEPOINT unread;
DROP VIEW offerengine_internal.uncovered_tier CASCADE;
SELECT lives_ok($$SELECT * FROM offerengine.health_check('projection')$$, 'one check reads what it needs');
SELECT throws_ok($$SELECT * FROM offerengine.health_check('tiers')$$, '42P01', NULL, 'which the other one lacks');
ROLLBACK TO unread;

-- Ids and days, and which three of several currencies come first: that depends on the ids.
CREATE FUNCTION pg_temp.without_keys(findings text) RETURNS text LANGUAGE sql AS
$$ SELECT regexp_replace(regexp_replace(findings, '\d+', '#', 'g'), '[A-Z]{3} in', 'CUR in', 'g') $$;

-- Breaks something, expects just the named check to say so, and takes it back.
CREATE FUNCTION pg_temp.finds(check_name text, breakage text, expected text) RETURNS SETOF text LANGUAGE plpgsql AS $test$
DECLARE
    findings text;
BEGIN
    BEGIN
        EXECUTE breakage;
        SELECT string_agg(h.check_name || ': ' || h.detail, E'\n') INTO findings FROM offerengine.health_check() h WHERE NOT h.ok;
        RAISE EXCEPTION USING ERRCODE = 'YY001';
    EXCEPTION WHEN SQLSTATE 'YY001' THEN
        RETURN NEXT is(pg_temp.without_keys(findings), check_name || ': ' || pg_temp.without_keys(expected),
                       regexp_replace(breakage, '\s+', ' ', 'g'));
    END;
END
$test$;

SELECT pg_temp.finds('schema_version', $$UPDATE offerengine.schema_migration SET checksum = 'other' WHERE name = '90_report/health_specification'$$,
    '1 found: repeatable 90_report/health_specification has changed since');
SELECT pg_temp.finds('schema_version', $$DELETE FROM offerengine.schema_migration WHERE name = '0002_currency'$$,
    '1 found: migration 0002_currency was not applied');
SELECT pg_temp.finds('objects', 'DROP VIEW offerengine.stock_overview', '1 found: view offerengine.stock_overview is missing');
SELECT pg_temp.finds('objects', 'DROP FUNCTION offerengine_internal.spec_price_ladder',
    '1 found: function offerengine_internal.spec_price_ladder is missing');
SELECT pg_temp.finds('objects', 'DROP TRIGGER product_immutable ON offerengine.product',
    '1 found: trigger product_immutable on offerengine.product is missing');
SELECT pg_temp.finds('triggers', 'ALTER TABLE offerengine.product DISABLE TRIGGER product_immutable',
    '1 found: product_immutable on product is disabled');
SELECT pg_temp.finds('triggers', 'ALTER TABLE offerengine.product ENABLE REPLICA TRIGGER product_immutable',
    '1 found: product_immutable on product is disabled');
SELECT pg_temp.finds('indexes', 'DROP INDEX offerengine.price_product_key', '1 found: price_product_key is missing');
SELECT pg_temp.finds('indexes',
    $$UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'offerengine.price_product_key'::regclass$$,
    '1 found: offerengine.price_product_key is not valid');
SELECT pg_temp.finds('constraints', 'ALTER TABLE offerengine.price ADD CONSTRAINT hc_check CHECK (price_id <> 0) NOT VALID',
    '1 found: hc_check on price was not validated');
SELECT pg_temp.finds('row_security', 'ALTER TABLE offerengine.offer DISABLE ROW LEVEL SECURITY', '1 found: offer has it off');
SELECT pg_temp.finds('row_security', 'ALTER TABLE offerengine.offer FORCE ROW LEVEL SECURITY',
    '1 found: offer forces it on its owner');
CREATE ROLE hc_role;
SELECT pg_temp.finds('ownership', 'ALTER VIEW offerengine.stock_overview OWNER TO hc_role',
    '1 found: stock_overview belongs to hc_role');

SELECT pg_temp.finds('indexes', 'ALTER INDEX offerengine.offer_pkey RENAME TO hc_key', '1 found: offer_pkey is missing');
SELECT pg_temp.finds('columns', 'ALTER TABLE offerengine.store ALTER price_inheritance DROP NOT NULL, ALTER time_zone DROP NOT NULL',
    '2 found: store.price_inheritance may be NULL, store.time_zone may be NULL');
SELECT pg_temp.finds('extensions',
    $$UPDATE pg_extension SET extowner = (SELECT oid FROM pg_roles WHERE rolname = 'hc_role') WHERE extname = 'pg_trgm'$$,
    '1 found: pg_trgm belongs to hc_role, who is no superuser and may drop it');

-- Rows that no trigger saw.
SELECT pg_temp.finds('projection',
    $$SET LOCAL session_replication_role = replica;
      UPDATE offerengine.offer_store SET shown_to = '2040-01-01 UTC' WHERE offer_reference = 'hc-o'$$,
    '1 found: 1 in hc-DE');
SELECT pg_temp.finds('tiers',
    $$SET LOCAL session_replication_role = replica; SELECT pg_temp.price('hc-hc-A', 'EUR', 5, '2029-06-01 UTC', '2031-01-02 UTC')$$,
    '1 found: price 1');
SELECT pg_temp.finds('overlapping_prices',
    $$SELECT pg_temp.price(NULL, 'EUR', 1, '2029-02-15 UTC', '2029-04-01 UTC')$$, '1 found: price 1 and 2');
SELECT pg_temp.finds('unreachable_prices',
    $$SELECT pg_temp.price(NULL, c, 1, '-infinity', 'infinity') FROM unnest('{CHF,DKK,NOK,SEK}'::text[]) c$$,
    '4 found: price 1 (CHF in hc-DE), price 2 (DKK in hc-DE), price 3 (NOK in hc-DE) ...');
SELECT pg_temp.finds('foreign_contracts',
    $$SET LOCAL session_replication_role = replica; SELECT pg_temp.price('hc-hc-B', 'EUR', 1, '-infinity', 'infinity')$$,
    '1 found: price 1 of offer hc-o');
SELECT pg_temp.finds('store_currencies', $$INSERT INTO offerengine.store (store_code, name) VALUES ('hc-XX', 'None')$$,
    '1 found: hc-XX');
SELECT pg_temp.finds('time_zones',
    $$SET LOCAL session_replication_role = replica;
      UPDATE offerengine.store SET time_zone = 'Mars/Olympus' WHERE store_code = 'hc-DE'$$,
    '1 found: Mars/Olympus of hc-DE');
SELECT pg_temp.finds('actors', $$INSERT INTO offerengine.actor (role_name, kind) VALUES ('hc_gone', 'reporting')$$,
    '1 found: hc_gone (reporting)');
SELECT pg_temp.finds('references',
    $$SET LOCAL session_replication_role = replica;
      INSERT INTO offerengine.sales_order (customer_reference, order_id, store_code, currency_code)
      VALUES ('hc', '00000000-0000-7000-8000-000000000001', 'hc-GONE', 'XXX')$$,
    '2 found: sales_order_currency_code_fkey: sales_order (XXX), sales_order_store_code_fkey: sales_order (hc-GONE)');
SELECT pg_temp.finds('outbox', outbox.statement, outbox.found) FROM (VALUES
    ($$INSERT INTO offerengine.sales_order (customer_reference, order_id) VALUES ('hc', '00000000-0000-7000-8000-000000000001');
       INSERT INTO offerengine.loyalty_outbox (customer_reference, id, order_id, send_as, payload, enqueued_at, due_at)
       VALUES ('hc', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', 'order', '{}', now(), now())$$,
     '1 found: document 00000000-0000-7000-8000-000000000002 is not that of its order 00000000-0000-7000-8000-000000000001'),
    ($$INSERT INTO offerengine.sales_order (customer_reference, order_id, return_document_id)
       VALUES ('hc', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002');
       INSERT INTO offerengine.loyalty_outbox (customer_reference, id, order_id, send_as, payload, enqueued_at, state, waits_for)
       VALUES ('hc', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', 'return', '{}', now(), 'waiting',
               '00000000-0000-7000-8000-000000000003')$$,
     '1 found: document 00000000-0000-7000-8000-000000000002 waits for 00000000-0000-7000-8000-000000000003, which is not queued'),
    ($$INSERT INTO offerengine.sales_order (customer_reference, order_id, order_document_id)
       SELECT 'hc', '00000000-0000-7000-8000-000000000001', offerengine_internal.uuid_at(now());
       INSERT INTO offerengine.loyalty_outbox (customer_reference, id, order_id, send_as, payload, enqueued_at, due_at)
       VALUES ('hc', offerengine_internal.uuid_at(now()), '00000000-0000-7000-8000-000000000001', 'order', '{}', now(), now());
       INSERT INTO offerengine.loyalty_sent_order (customer_reference, id, order_id, send_as, payload, enqueued_at, due_at, attempts, first_sent_at, sent_at)
       VALUES ('hc', offerengine_internal.uuid_at(now()), '00000000-0000-7000-8000-000000000001', 'order', '{}', now(), now(), 1, now(), now())$$,
     '1 found: document ' || offerengine_internal.uuid_at(now()) || ' is queued, and sent')) AS outbox (statement, found);
SELECT pg_temp.finds('sent_partitions', sent.statement, sent.found) FROM (VALUES
    (format('ALTER TABLE offerengine.loyalty_sent_order DETACH PARTITION offerengine.%I',
            offerengine_internal.sent_partition(date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month')),
     '1 found: ' || to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month', 'YYYY-MM') || ' has none'),
    ($$INSERT INTO offerengine.sales_order (customer_reference, order_id, order_document_id)
       VALUES ('hc', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002');
       INSERT INTO offerengine.loyalty_outbox (customer_reference, id, order_id, send_as, payload, enqueued_at, due_at, state, sent_at, first_sent_at)
       VALUES ('hc', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', 'order', '{}', now(), now(), 'sent', now(), now())$$,
     '1 found: document 00000000-0000-7000-8000-000000000002 waits for one')) AS sent (statement, found);
SELECT pg_temp.finds('stock',
    $$INSERT INTO offerengine.warehouse (name) VALUES ('hc-w'); SELECT offerengine.set_stock('hc-o', 'hc-w', 5);
      INSERT INTO offerengine.stock_hold (order_id, line_no, warehouse_id, offer_id, quantity, state)
      SELECT '00000000-0000-7000-8000-000000000001', 1, k.warehouse_id, k.offer_id, 3, 'confirmed'
        FROM offerengine.offer_stock k JOIN offerengine.offer o USING (offer_id) WHERE o.offer_reference = 'hc-o'$$,
    '1 found: offer 1 in warehouse 2 holds 0, not 3');
SELECT pg_temp.finds('stock',
    $$INSERT INTO offerengine.warehouse (name) VALUES ('hc-w'); SELECT offerengine.set_stock('hc-o', 'hc-w', 5);
      INSERT INTO offerengine.stock_hold (order_id, line_no, warehouse_id, offer_id, quantity, shipped, state)
      SELECT '00000000-0000-7000-8000-000000000001', 1, k.warehouse_id, k.offer_id, 3, 3, 'confirmed'
        FROM offerengine.offer_stock k JOIN offerengine.offer o USING (offer_id) WHERE o.offer_reference = 'hc-o'$$,
    '1 found: line 1 of order 00000000-0000-7000-8000-000000000001 has shipped 3 from warehouse 3, not 0');
SELECT pg_temp.finds('stock',
    $$INSERT INTO offerengine.warehouse (name) VALUES ('hc-w'); SELECT offerengine.set_stock('hc-o', 'hc-w', 5);
      INSERT INTO offerengine.stock_held (offer_id, warehouse_id, held)
      SELECT k.offer_id, k.warehouse_id, 3 FROM offerengine.offer_stock k JOIN offerengine.offer o USING (offer_id) WHERE o.offer_reference = 'hc-o';
      INSERT INTO offerengine.stock_hold (order_id, line_no, warehouse_id, offer_id, quantity, state, expires_at)
      SELECT '00000000-0000-7000-8000-000000000001', 1, k.warehouse_id, k.offer_id, 3, 'held', '2030-01-01 UTC'
        FROM offerengine.offer_stock k JOIN offerengine.offer o USING (offer_id) WHERE o.offer_reference = 'hc-o'$$,
    '1 found: a hold of order 00000000-0000-7000-8000-000000000001 runs out at 2030-01-01 00:00:00+00, before offer 1 in warehouse 4 expects any');
SELECT pg_temp.finds('steps',
    $$SET LOCAL session_replication_role = replica;
      UPDATE offerengine.offer SET offer_type = 'subscription', title = NULL WHERE offer_reference = 'hc-o';
      UPDATE offerengine.offer_store SET offer_type = 'subscription' WHERE offer_reference = 'hc-o'$$,
    '2 found: offer hc-o is a subscription and takes no prices of its own, offer hc-o is a subscription without steps');

SELECT pg_temp.finds('sales_rules',
    $$SET LOCAL session_replication_role = replica;
      INSERT INTO offerengine.tag (tag_id, category, name) VALUES (9000000009, 'rule', 'hc-t');
      INSERT INTO offerengine.offer_tag SELECT o.offer_id, 9000000009 FROM offerengine.offer o WHERE o.offer_reference = 'hc-o'$$,
    '1 found: offer "hc-o" cannot carry rule tag "hc-t": rule_source is for offers of type subscription, this one is of type product');
CREATE FUNCTION pg_temp.write_cycle() RETURNS void LANGUAGE plpgsql AS $test$
BEGIN
    SET LOCAL session_replication_role = replica;
    INSERT INTO offerengine.product_contract (product_contract_id, code, term, accounting_period, price_sheet_id)
    VALUES (9000000009, 'hc', '1 month', '1 month', 9000000009);
    INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id, offer_type)
    SELECT 9000000010 - n, 'hc-' || n, o.product_id, o.merchant_id, 'subscription'
      FROM offerengine.offer o, generate_series(1, 4) n WHERE o.offer_reference = 'hc-o';
    INSERT INTO offerengine.offer_step SELECT 9000000010 - n, 1, 9000000009 FROM generate_series(1, 4) n;
    INSERT INTO offerengine.sales_rule (sales_rule_id, title, advantage_offer_id, regular_offer_id)
    VALUES (9000000009, 'First', 9000000009, 9000000008), (9000000008, 'Second', 9000000007, 9000000006);
    INSERT INTO offerengine.tag (tag_id, category, name) VALUES (9000000009, 'rule', 'hc-t1'), (9000000008, 'rule', 'hc-t2');
    INSERT INTO offerengine.sales_rule_tag VALUES (9000000009, 9000000009), (9000000008, 9000000008);
    INSERT INTO offerengine.offer_tag VALUES (9000000009, 9000000008), (9000000006, 9000000009);
END
$test$;
SELECT pg_temp.finds('sales_rules', 'SELECT pg_temp.write_cycle()', '1 found: cycle of "Second" -> "First"');

-- An order and its return whose sums nobody keeps.
CREATE FUNCTION pg_temp.write_order(total bigint, cancelled bigint, returned bigint, pieces integer, document bigint) RETURNS void LANGUAGE plpgsql AS $test$
DECLARE
    ids uuid[] := ARRAY(SELECT gen_random_uuid() FROM generate_series(1, 2));
BEGIN
    INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, origin, total_amount, cancelled_amount, returned_amount)
    VALUES ('hc-anna', ids[1], 'hc-1', 'purchase', total, cancelled, returned);
    INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, origin, total_amount, parent_order_id)
    VALUES ('hc-anna', ids[2], 'hc-2', 'return', document, ids[1]);
    INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, line_amount, quantity_cancelled, cancelled_amount,
                                        quantity_returned, returned_amount, parent_line_no)
    SELECT 'hc-anna', v.id, 1, o.offer_id, o.merchant_id, v.quantity, v.amount, v.cancelled, v.cancelled * 100, v.returned, v.returned * 100, v.parent
      FROM offerengine.offer o, (VALUES (ids[1], 5, 500, 2, 1, NULL), (ids[2], pieces, 100, 0, 0, 1)) AS v (id, quantity, amount, cancelled, returned, parent)
     WHERE o.offer_reference = 'hc-o';
END
$test$;
SELECT pg_temp.finds('orders', $$SELECT pg_temp.write_order(499, 200, 100, 1, 100)$$, '1 found: order "hc-1" of customer "hc-anna" differs from its lines');
SELECT pg_temp.finds('orders', $$SELECT pg_temp.write_order(500, 100, 100, 1, 100)$$, '1 found: order "hc-1" of customer "hc-anna" differs from its lines');
SELECT pg_temp.finds('orders', $$SELECT pg_temp.write_order(500, 200, 0, 1, 100)$$, '1 found: order "hc-1" of customer "hc-anna" differs from its lines');
SELECT pg_temp.finds('orders', $$SELECT pg_temp.write_order(500, 200, 100, 1, 99)$$, '1 found: order "hc-2" of customer "hc-anna" differs from its lines');
SELECT pg_temp.finds('orders', $$SELECT pg_temp.write_order(500, 200, 100, 2, 100)$$,
    '1 found: line 1 of order "hc-1" of customer "hc-anna" differs from what came back of it');
SAVEPOINT sound;
SELECT pg_temp.write_order(500, 200, 100, 1, 100);
SELECT is(h.detail, 'Every order and line says what its lines and returns say.', 'an order as it should be') FROM offerengine.health_check('orders') h;
ROLLBACK TO sound;

-- An advantage from January on, whose base has ended on 15 January 2025: written by nobody who plans.
CREATE FUNCTION pg_temp.write_timeline(advantage_ends date, successor_starts date) RETURNS void LANGUAGE plpgsql AS $test$
DECLARE
    ids uuid[] := ARRAY(SELECT gen_random_uuid() FROM generate_series(1, 3));
BEGIN
    SET LOCAL session_replication_role = replica;
    INSERT INTO offerengine.price_sheet (price_sheet_id, code) VALUES (9000000009, 'hc');
    INSERT INTO offerengine.product_contract (product_contract_id, code, term, accounting_period, price_sheet_id)
    VALUES (9000000009, 'hc', '1 month', '1 month', 9000000009);
    INSERT INTO offerengine.offer_step SELECT o.offer_id, 1, 9000000009 FROM offerengine.offer o WHERE o.offer_reference = 'hc-o';
    DELETE FROM offerengine.price WHERE store_code = 'hc-DE';
    UPDATE offerengine.offer SET offer_type = 'subscription' WHERE offer_reference = 'hc-o';
    UPDATE offerengine.offer_store SET offer_type = 'subscription', price_sheet_id = 9000000009 WHERE offer_reference = 'hc-o';
    INSERT INTO offerengine.offer_tag SELECT o.offer_id, 9000000009 FROM offerengine.offer o WHERE o.offer_reference = 'hc-o';
    INSERT INTO offerengine.subscription (customer_reference, subscription_id, offer_id, chain_id, predecessor_id, store_code,
        currency_code, quantity, purchased_on, anchor_on, starts_on, ends_on, agreed_ends_on, origin, sales_rule_id,
        granted_regular_offer_id, granted_tag_ids, granted_cancelled_source)
    SELECT 'hc-anna', v.id, o.offer_id, v.chain, v.predecessor, 'hc-DE', 'EUR', 1, v.starts_on, v.starts_on, v.starts_on, v.ends_on,
           v.agreed, v.origin, v.rule, CASE WHEN v.rule IS NOT NULL AND v.origin = 'purchase' THEN o.offer_id END,
           CASE WHEN v.rule IS NOT NULL AND v.origin = 'purchase' THEN '{9000000009}'::bigint[] END,
           CASE WHEN v.rule IS NOT NULL AND v.origin = 'purchase' THEN 'until_end' END
      FROM (VALUES (ids[1], ids[1], NULL, '2025-01-01'::date, '2025-01-15'::date, '2025-01-15'::date, 'purchase', NULL::bigint),
                   (ids[2], ids[2], NULL, '2025-01-01', advantage_ends, NULL, 'purchase', 9000000009),
                   (ids[3], ids[2], ids[2], successor_starts, NULL, NULL, 'switch', 9000000009))
           v (id, chain, predecessor, starts_on, ends_on, agreed, origin, rule)
      JOIN offerengine.offer o ON o.offer_reference = 'hc-o'
     WHERE v.starts_on IS NOT NULL;
    INSERT INTO offerengine.subscription_step (customer_reference, subscription_id, step_no, anchor_on, starts_on, term,
        accounting_period, cancellation_notice, price_sheet_id)
    SELECT s.customer_reference, s.subscription_id, 1, s.anchor_on, s.starts_on, '1 month', '1 month', '0', 9000000009
      FROM offerengine.subscription s WHERE s.customer_reference = 'hc-anna';
END
$test$;
SELECT pg_temp.finds('timelines', $$SELECT pg_temp.write_timeline(NULL, NULL)$$,
    '2 found: customer hc-anna: offer hc-o ends on 2025-02-01, customer hc-anna: offer hc-o starts on 2025-02-01');
CREATE FUNCTION pg_temp.without_ids(findings text) RETURNS text LANGUAGE sql AS
$$ SELECT regexp_replace(findings, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'ID', 'g') $$;
SAVEPOINT broken;
SELECT pg_temp.write_timeline('2025-02-01', '2025-02-10');
SELECT is(pg_temp.without_ids(h.detail), '1 found: subscription ID does not begin where its predecessor ends',
          'a successor that has begun on another day than its predecessor ended')
  FROM offerengine.health_check() h WHERE h.check_name = 'timelines';
ROLLBACK TO broken;
SELECT pg_temp.write_timeline('2025-02-01', '2025-02-01');
SELECT is(h.detail, 'Every subscription ends, and is followed, as its facts and rules say.', 'a timeline as it should be')
  FROM offerengine.health_check() h WHERE h.check_name = 'timelines';
SELECT * FROM finish();
ROLLBACK;
