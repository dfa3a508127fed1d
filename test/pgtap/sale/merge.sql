-- A guest signs in: everything that was done under one reference goes on under another (customer_merge), timelines are planned
-- anew, keys that both have are told apart, and nothing more is done under the old reference.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

-- What a merge comes to, and what the customer's subscriptions are afterwards.
CREATE FUNCTION pg_temp.merged(target text, source text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.outcome(format('SELECT m.orders || '' orders, '' || m.subscriptions || '' subscriptions''
                                     FROM offerengine.customer_merge(%L, %L) AS m', target, source))
$$;

-- Two lives, and what they come to as one. A base of either covers the advantages of both from now on; what has begun stays.
SELECT is(pg_temp.course(pg_temp.live('t ' || c.n, string_to_array(c.target, ', '))) || ' | '
          || pg_temp.course(pg_temp.live('g ' || c.n, string_to_array(c.guest, ', '))), c.before, c.name)
  FROM (VALUES
    (1, 'the guest has another base', 'buy base 2100-01-10, buy adv 2100-01-20, cancel base 2100-03-15', 'buy base-2 2100-04-01 at 2100-01-01',
     'base 2100-01-10..2100-04-10, adv 2100-01-20..2100-04-20, reg 2100-04-20.. | base-2 2100-04-01..'),
    (2, 'the guest has the advantage', 'buy base-2 2100-04-01 at 2100-01-01', 'buy base 2100-01-10, buy adv 2100-01-20, cancel base 2100-03-15',
     'base-2 2100-04-01.. | base 2100-01-10..2100-04-10, adv 2100-01-20..2100-04-20, reg 2100-04-20..'),
    (3, 'the later end counts', 'buy base 2100-01-10, buy adv 2100-01-20, cancel base 2100-03-15', 'buy base-2 2100-02-05, cancel base-2 2100-05-01',
     'base 2100-01-10..2100-04-10, adv 2100-01-20..2100-04-20, reg 2100-04-20.. | base-2 2100-02-05..2100-05-05'),
    (4, 'it comes too late', 'buy base 2100-01-10, buy adv 2100-01-20, cancel base 2100-03-15', 'buy base-2 2100-04-21',
     'base 2100-01-10..2100-04-10, adv 2100-01-20..2100-04-20, reg 2100-04-20.. | base-2 2100-04-21..'),
    (5, 'the switch is past: no way back', 'buy base 2025-01-10, buy adv 2025-01-20, cancel base 2025-03-15', 'buy base-2 2025-02-05',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, reg 2025-04-20.. | base-2 2025-02-05..'),
    (6, 'nobody is granted what was bought without a base', 'buy base 2100-01-10', 'buy adv 2100-01-20',
     'base 2100-01-10.. | reg 2100-01-20..'),
    (7, 'the advantage of either', 'buy base 2100-01-10, buy adv 2100-01-20, cancel base 2100-03-15', 'buy base 2100-01-10, buy adv 2100-01-25, cancel base 2100-04-15',
     'base 2100-01-10..2100-04-10, adv 2100-01-20..2100-04-20, reg 2100-04-20.. | base 2100-01-10..2100-05-10, adv 2100-01-25..2100-05-25, reg 2100-05-25..'),
    (8, 'imported by the one, bought by the other', 'import foreign X 2100-01-01 2100-06-01', 'buy base 2100-01-10, buy adv 2100-01-20, cancel base 2100-03-15',
     'foreign 2100-01-01..2100-06-01 | base 2100-01-10..2100-04-10, adv 2100-01-20..2100-04-20, reg 2100-04-20..')
  ) AS c (n, name, target, guest, before);
SELECT is(pg_temp.merged('t ' || c.n, 'g ' || c.n) || ': ' || pg_temp.course('t ' || c.n), c.after, 'merged ' || c.n)
  FROM (VALUES
    (1, '1 orders, 1 subscriptions: base 2100-01-10..2100-04-10, adv 2100-01-20.., base-2 2100-04-01..'),
    (2, '2 orders, 3 subscriptions: base 2100-01-10..2100-04-10, adv 2100-01-20.., base-2 2100-04-01..'),
    (3, '1 orders, 1 subscriptions: base 2100-01-10..2100-04-10, adv 2100-01-20..2100-05-20, base-2 2100-02-05..2100-05-05, reg 2100-05-20..'),
    (4, '1 orders, 1 subscriptions: base 2100-01-10..2100-04-10, adv 2100-01-20..2100-04-20, reg 2100-04-20.., base-2 2100-04-21..'),
    (5, '1 orders, 1 subscriptions: base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, base-2 2025-02-05.., reg 2025-04-20..'),
    (6, '1 orders, 1 subscriptions: base 2100-01-10.., reg 2100-01-20..'),
    (7, '2 orders, 3 subscriptions: base 2100-01-10..2100-04-10, base 2100-01-10..2100-05-10, adv 2100-01-20..2100-05-20, adv 2100-01-25..2100-05-25, reg 2100-05-20.., reg 2100-05-25..'),
    (8, '2 orders, 3 subscriptions: foreign 2100-01-01..2100-06-01, base 2100-01-10..2100-04-10, adv 2100-01-20..2100-06-20, reg 2100-06-20..')
  ) AS c (n, after);
SELECT is_empty(format('SELECT * FROM offerengine.orders(%L)', 'g ' || n), 'nothing is left of g ' || n) FROM generate_series(1, 8) AS n;
SELECT pg_temp.same_rows(
    $$ SELECT o.offer_reference, e.event, e.effective_on, e.detail::text
         FROM offerengine.subscription_event e
         JOIN offerengine.subscription s USING (customer_reference, subscription_id) JOIN offerengine.offer o USING (offer_id)
        WHERE e.customer_reference = 't 3' AND o.offer_reference <> 'base' ORDER BY e.event_id $$,
    $$ VALUES ('adv', 'purchased', date '2100-01-20', NULL), ('adv', 'ends', '2100-04-20', NULL), ('reg', 'starts', '2100-04-20', NULL),
              ('base-2', 'purchased', '2100-02-05', NULL),
              ('base-2', 'cancelled', '2100-05-05', '{"mode": "regular", "reason": null, "cancelled_on": "2100-05-01", "ended_before": null}'),
              ('base-2', 'customer_changed', NULL, '{"from_customer_reference": "g 3"}'),
              ('adv', 'moved', '2100-05-20', NULL), ('reg', 'moved', '2100-05-20', NULL) $$, 'history tells the whole of it, in its order');

-- The same merge again is no change, and the old reference is no more.
CREATE TEMP TABLE before AS SELECT count(*) AS n FROM offerengine.order_event;
SELECT is(pg_temp.merged('t 1', 'g 1'), '0 orders, 0 subscriptions', 'again');
SELECT is((SELECT count(*) FROM offerengine.order_event), (SELECT n FROM before), 'leaves no trace');
SELECT is(pg_temp.outcome(c.call), c.answer, c.call) FROM (VALUES
    ($$SELECT order_id FROM offerengine.purchase('g 1', 'book', 'P-DE', 'EUR')$$, 'OE059 customer "g 1" has become customer "t 1"'),
    ($$SELECT order_id FROM offerengine.import_order('g 8', 'sys', 'Y', 'foreign', 'P-DE', 'EUR')$$, 'OE059 customer "g 8" has become customer "t 8"'),
    ($$SELECT offerengine.import_subscription_change('g 8', 'sys', 'X', quantity => 2)$$, 'OE059 customer "g 8" has become customer "t 8"'),
    ($$SELECT offerengine.cancel_subscription('g 1', offerengine.uuid_v7())$$, 'OE059 customer "g 1" has become customer "t 1"'),
    ($$SELECT offerengine.customer_merge('t 2', 'g 1')$$, 'OE059 customer "g 1" has become customer "t 1"'),
    ($$SELECT offerengine.customer_merge('g 1', 't 1')$$, 'OE059 customer "g 1" has become customer "t 1"'),
    ($$SELECT offerengine.customer_merge('g 1', 't 2')$$, 'OE059 customer "g 1" has become customer "t 1"'),
    ($$SELECT offerengine.customer_merge('t 1', 't 1')$$, '22023 customer "t 1" cannot be merged into itself'),
    ($$SELECT offerengine.customer_merge('t 1', NULL)$$, '22004 customer_reference and from_customer_reference must not be NULL'),
    ($$SELECT offerengine.customer_merge(NULL, 't 1')$$, '22004 customer_reference and from_customer_reference must not be NULL'),
    ($$SELECT offerengine.customer_merge('t 1', ' g')$$, '22023 from_customer_reference " g" begins or ends with white space'),
    ($$SELECT offerengine.customer_merge('t 1', 'stranger')$$, '(0,0)'),
    ($$SELECT offerengine.customer_merge('newcomer', 't 6')$$, '(2,2)'),
    ($$SELECT offerengine.customer_merge('t 6', 'g 6')$$, '(0,0)'),
    ($$SELECT offerengine.customer_merge('newcomer', 'g 6')$$, 'OE059 customer "g 6" has become customer "t 6"')) AS c (call, answer);
SELECT pg_temp.same_rows(
    $$ SELECT m.from_customer_reference, m.customer_reference, m.merged_by = current_user, m.merging_user
         FROM offerengine.merged_customer m WHERE m.from_customer_reference IN ('g 6', 't 6', 'stranger') ORDER BY 1 $$,
    $$ VALUES ('g 6', 't 6', true, NULL), ('stranger', 't 1', true, NULL), ('t 6', 'newcomer', true, NULL) $$, 'who became whom');

-- Keys that both have: ids and references of orders. The customer keeps its own; what comes gets another one, and says so.
SELECT offerengine.purchase(c.customer, 'book', 'P-DE', 'EUR', quantity => c.pieces, order_id => c.id::uuid, order_reference => c.reference)
  FROM (VALUES ('keys', 1, '00000000-0000-7000-8000-000000000001', 'R-1'), ('keys', 2, '00000000-0000-7000-8000-000000000002', NULL),
               ('guest', 3, '00000000-0000-7000-8000-000000000001', NULL), ('guest', 4, '00000000-0000-7000-8000-000000000003', 'R-1'),
               ('guest', 5, '00000000-0000-7000-8000-000000000002', 'R-5'), ('guest', 6, '00000000-0000-7000-8000-000000000006', 'R-6'))
       AS c (customer, pieces, id, reference) \g /dev/null
-- A return and a subscription hang on orders that get another id.
INSERT INTO offerengine.sales_order (customer_reference, order_id, order_type, origin, parent_order_id)
VALUES ('guest', '00000000-0000-7000-8000-00000000000a', 3, 'return', '00000000-0000-7000-8000-000000000001');
SELECT offerengine.purchase('keys', 'base', 'P-DE', 'EUR', order_id => '00000000-0000-7000-8000-00000000000b'),
       offerengine.purchase('guest', 'base', 'P-DE', 'EUR', quantity => 7, order_id => '00000000-0000-7000-8000-00000000000b') \g /dev/null
SELECT is(pg_temp.merged('keys', 'guest'), '6 orders, 1 subscriptions', 'keys');
SELECT pg_temp.same_rows(
    $$ SELECT l.quantity, right(s.order_id::text, 3), s.order_reference = s.order_id::text, s.order_reference LIKE 'R-%', e.detail - 'from_customer_reference'
         FROM offerengine.sales_order s JOIN offerengine.order_line l USING (customer_reference, order_id)
         LEFT JOIN offerengine.order_event e ON e.customer_reference = s.customer_reference AND e.order_id = s.order_id AND e.event = 'customer_changed'
        WHERE s.customer_reference = 'keys' AND (s.order_id::text LIKE '00000000-%' OR e.detail ->> 'from_customer_reference' <> 'guest') ORDER BY 1, 2 $$,
    $$ VALUES (1, '001', false, true, NULL::jsonb), (1, '00b', true, false, NULL), (2, '002', true, false, NULL), (4, '003', true, false, '{"order_reference_before": "R-1"}'),
              (6, '006', false, true, '{}') $$, 'what keeps its id');
SELECT pg_temp.same_rows(
    $$ SELECT l.quantity, s.order_reference = s.order_id::text, e.detail - 'from_customer_reference',
              (SELECT string_agg(v.event, ' ' ORDER BY v.event_id) FROM offerengine.order_event v WHERE v.customer_reference = 'keys' AND v.order_id = s.order_id),
              (SELECT count(*) FROM offerengine.subscription b WHERE b.customer_reference = 'keys' AND b.order_id = s.order_id),
              (SELECT count(*) FROM offerengine.sales_order r WHERE r.customer_reference = 'keys' AND r.parent_order_id = s.order_id)
         FROM offerengine.sales_order s JOIN offerengine.order_line l USING (customer_reference, order_id)
         JOIN offerengine.order_event e ON e.customer_reference = s.customer_reference AND e.order_id = s.order_id AND e.event = 'customer_changed'
        WHERE s.customer_reference = 'keys' AND s.order_id::text NOT LIKE '00000000-%' ORDER BY 1 $$,
    $$ VALUES (3, false, '{"order_id_before": "00000000-0000-7000-8000-000000000001"}'::jsonb, 'placed customer_changed', 0::bigint, 1::bigint),
              (5, false, '{"order_id_before": "00000000-0000-7000-8000-000000000002"}', 'placed customer_changed', 0, 0),
              (7, true, '{"order_id_before": "00000000-0000-7000-8000-00000000000b", "order_reference_before": "00000000-0000-7000-8000-00000000000b"}',
               'placed customer_changed', 1, 0) $$, 'what gets another one, with all that hangs on it');

-- One import told for both: the one that was told last is the order, the other never runs and nothing of it is open.
SELECT pg_temp.live('dora', '{buy base 2100-01-10,buy adv 2100-01-20,cancel base 2100-03-15,import foreign D1 2100-01-01 2100-06-01,import foreign-book D2 2100-01-01 -,
                              import foreign D3 2100-01-01 2100-02-01}'),
       pg_temp.live('dora guest', '{import foreign D1 2100-01-01 2100-08-01,import foreign-book D2 2100-01-01 -,import foreign D4 2100-01-01 2100-02-01}') \g /dev/null
-- Of D2 dora was told last.
SELECT offerengine.import_order('dora', 'sys', 'D2', 'foreign-book', 'P-DE', 'EUR', quantity => 3) \g /dev/null
SELECT is(pg_temp.merged('dora', 'dora guest'), '3 orders, 2 subscriptions', 'told twice');
SELECT is(pg_temp.course('dora'), 'foreign 2100-01-01..2100-02-01, foreign 2100-01-01..2100-02-01, foreign 2100-01-01..2100-08-01, base 2100-01-10..2100-04-10, '
          'adv 2100-01-20..2100-08-20, reg 2100-08-20..', 'it counts once, as it was told last');
SELECT pg_temp.same_rows(
    $$ SELECT f.offer_reference, s.external_reference, l.quantity, l.quantity_cancelled, b.external_reference, b.starts_on = b.ends_on,
              e.detail -> 'duplicate', e.detail ->> 'external_reference', e.detail ? 'from_customer_reference'
         FROM offerengine.sales_order s JOIN offerengine.order_line l USING (customer_reference, order_id) JOIN offerengine.offer f USING (offer_id)
         LEFT JOIN offerengine.subscription b ON b.customer_reference = s.customer_reference AND b.order_id = s.order_id AND b.predecessor_id IS NULL
         LEFT JOIN offerengine.order_event e ON e.customer_reference = s.customer_reference AND e.order_id = s.order_id AND e.event = 'customer_changed'
        WHERE s.customer_reference = 'dora' AND s.origin = 'import' ORDER BY 1, 2, 3, e.event_id $$,
    $$ VALUES ('foreign', 'D1', 1, 0, 'D1', false, NULL::jsonb, NULL, true), ('foreign', 'D3', 1, 0, 'D3', false, NULL, NULL, NULL),
              ('foreign', 'D4', 1, 0, 'D4', false, NULL, NULL, true), ('foreign', NULL, 1, 1, NULL, true, 'true', 'D1', false),
              ('foreign-book', 'D2', 3, 0, NULL, NULL, NULL, NULL, NULL),
              ('foreign-book', NULL, 1, 1, NULL, NULL, 'true', 'D2', false), ('foreign-book', NULL, 1, 1, NULL, NULL, NULL, NULL, true) $$, 'what was told twice');
SELECT is(pg_temp.outcome($$ SELECT c.change FROM offerengine.import_subscription_change('dora', 'sys', 'D1', ends_on => '2100-09-01') AS c LIMIT 1 $$), 'moved', 'the other system goes on telling');
SELECT is(pg_temp.course('dora') ~ 'foreign 2100-01-01..2100-09-01.*adv 2100-01-20..2100-09-20', true, 'and the advantage goes with it');

-- Everything moves: no table that has a customer's reference keeps the old one, and none was forgotten here.
SELECT pg_temp.live('all', '{buy base 2025-01-10,buy adv 2025-01-20 x2,set adv 2025-02-20 x3 now}') \g /dev/null
SELECT offerengine.billing_mark('all', pg_temp.sub('all', 'adv'), '2025-01-20', 'I-1'),
       offerengine.billing_settle('all', pg_temp.sub('all', 'adv'), '2025-01-20', -5, 'C-1') \g /dev/null
-- The other has an order of the same id, which holds no stock.
SELECT offerengine.purchase('one', 'book', 'P-DE', 'EUR', quantity => 3, order_id => '00000000-0000-7000-8000-0000000000bb') \g /dev/null
INSERT INTO offerengine.warehouse (name) VALUES ('g-w');
INSERT INTO offerengine.warehouse_store (warehouse_id, store_code) SELECT w.warehouse_id, 'P-DE' FROM offerengine.warehouse w WHERE w.name = 'g-w';
SELECT offerengine.set_stock('book', 'g-w', 100) \g /dev/null
SELECT offerengine.purchase('all', 'book', 'P-DE', 'EUR', quantity => 3, order_id => '00000000-0000-7000-8000-0000000000bb') \g /dev/null
SELECT offerengine.billing_mark('all', NULL, NULL, 'I-2', '00000000-0000-7000-8000-0000000000bb', 1),
       offerengine.billing_settle('all', NULL, NULL, -7, 'C-2', '00000000-0000-7000-8000-0000000000bb', 1) \g /dev/null
SELECT offerengine.cart_add('all', offerengine.cart_create('all', 'P-DE', 'EUR', cart_id => '00000000-0000-7000-8000-0000000000cc'), 'book', line_key => 'k'),
       offerengine.cart_hold('all', '00000000-0000-7000-8000-0000000000cc', '2100-01-01'),
       offerengine.list_add('all', offerengine.list_create('all', 'wishlist', 'Wishes', 'P-DE'), 'book', line_key => 'k') \g /dev/null
SELECT offerengine.loyalty_event('all', s.order_id), offerengine_internal.enqueue_order('all', s.order_id) FROM offerengine.sales_order s WHERE s.customer_reference = 'all' \g /dev/null
SELECT offerengine.loyalty_sent(o.id) FROM offerengine.loyalty_outbox o WHERE o.customer_reference = 'all' ORDER BY o.id LIMIT 1 \g /dev/null
SELECT offerengine.loyalty_enroll('all'), offerengine.loyalty_adjust('all', 9, 'welcome', 'w'), offerengine.loyalty_hold('all', 2, '00000000-0000-7000-8000-0000000000dd', '2100-01-01') \g /dev/null
CREATE FUNCTION pg_temp.tables_of_customers() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT c.relname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE a.attname = 'customer_reference' AND c.relnamespace = 'offerengine'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
$$;
CREATE FUNCTION pg_temp.kept_in(customer text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    kept     text;
    has_rows boolean;
BEGIN
    FOR kept IN SELECT t FROM pg_temp.tables_of_customers() AS t LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM offerengine.%I WHERE customer_reference = %L)', kept, customer) INTO has_rows;
        IF has_rows THEN
            RETURN NEXT kept;
        END IF;
    END LOOP;
END
$$;
SELECT set_eq($$ SELECT pg_temp.kept_in('all') $$, $$ SELECT pg_temp.tables_of_customers() $$, 'a customer with a row in every table that there is');
CREATE TEMP TABLE billed AS SELECT b.subscription_id, b.period_start, b.total_amount, b.invoice_reference FROM offerengine.billing_period b WHERE b.customer_reference = 'all' AND (b.subscription_id IS NOT NULL OR b.invoice_reference IS NOT NULL);
CREATE TEMP TABLE different AS SELECT d.subscription_id, d.difference, d.settled_amount FROM offerengine.billing_difference d WHERE d.customer_reference = 'all';
SELECT is(pg_temp.merged('one', 'all'), '3 orders, 2 subscriptions', 'all');
SELECT results_eq($$ SELECT pg_temp.kept_in('all') $$, ARRAY['customer_timeline'], 'nothing else is left');
SELECT set_eq($$ SELECT pg_temp.kept_in('one') $$, $$ SELECT pg_temp.tables_of_customers() $$, 'it is here');
SELECT set_eq('TABLE billed', $$ SELECT b.subscription_id, b.period_start, b.total_amount, b.invoice_reference FROM offerengine.billing_period b WHERE b.customer_reference = 'one' AND (b.subscription_id IS NOT NULL OR b.invoice_reference IS NOT NULL) $$,
              'what is billed, and what was, is the same');
SELECT isnt_empty('TABLE different', 'something differs');
SELECT set_eq('TABLE different', $$ SELECT d.subscription_id, d.difference, d.settled_amount FROM offerengine.billing_difference d WHERE d.customer_reference = 'one' $$, 'and so does what differs');

-- Histories move by a merge, and change by nothing.
SELECT throws_ok(c.statement, 'OE006', NULL, c.statement) FROM (VALUES
    ('UPDATE offerengine.order_event SET customer_reference = ''else'' WHERE customer_reference = ''one'''),
    ('UPDATE offerengine.subscription_event SET customer_reference = ''all'' WHERE customer_reference = ''one'''),
    ('UPDATE offerengine.subscription_event SET event = ''ends'' WHERE customer_reference = ''one'''),
    ('UPDATE offerengine.order_event SET recorded_by = recorded_by WHERE customer_reference = ''one'''),
    ('DELETE FROM offerengine.order_event WHERE customer_reference = ''one'''),
    ('DELETE FROM offerengine.subscription_event WHERE customer_reference = ''one''')) AS c (statement);
-- Not even as a customer goes: what it says stays.
INSERT INTO offerengine.customer_timeline (customer_reference, merged_into, merged_at, merged_by) VALUES ('one-half', 'half', now(), 'x');
INSERT INTO offerengine.order_event (customer_reference, event_id, order_id, event, recorded_by)
VALUES ('one-half', '00000000-0000-7000-8000-000000000011', '00000000-0000-7000-8000-000000000012', 'told', 'x');
SELECT throws_ok(c.statement, 'OE006', NULL, c.statement) FROM (VALUES
    ('UPDATE offerengine.order_event SET customer_reference = ''half'', event = ''placed'' WHERE customer_reference = ''one-half'''),
    ('UPDATE offerengine.order_event SET customer_reference = ''half'', recorded_by = ''y'' WHERE customer_reference = ''one-half'''),
    ('UPDATE offerengine.order_event SET customer_reference = ''third'' WHERE customer_reference = ''one-half''')) AS c (statement);
SELECT lives_ok('UPDATE offerengine.order_event SET customer_reference = ''half'' WHERE customer_reference = ''one-half''', 'it goes with its customer');
SELECT throws_ok($$ UPDATE offerengine.customer_timeline SET merged_into = 'x' WHERE customer_reference = 'one' $$, '23514', NULL, 'a merge says when, and who');
SELECT is_empty('SELECT h.check_name, h.detail FROM offerengine.health_check() AS h WHERE NOT h.ok', 'nothing to complain about');

SELECT * FROM finish();
ROLLBACK;
