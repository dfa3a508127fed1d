-- A person's lists, documents for the loyalty programme and points: what an erasure keeps of them and what goes, what hinders it, that
-- nothing else goes its way into the ledger, and that an export puts them in elsewhere as they were.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/person.psql
\ir ../include/points.psql
SELECT * FROM no_plan();
UPDATE offerengine.loyalty_program SET revenue_per_point = 100, value_per_point = 1, locked_days = 0, expiry_days = NULL, order_points = 0 WHERE currency_code = 'EUR';
CREATE FUNCTION pg_temp.erase(customer text, pseudonym text, even boolean DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    e offerengine.customer_erased;
BEGIN
    e := offerengine.customer_erase(customer, pseudonym, even);
    RETURN concat_ws(' ', e.pseudonym, e.orders, e.subscriptions);
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
CREATE FUNCTION pg_temp.document(customer text, reference text) RETURNS uuid LANGUAGE sql AS
    'SELECT coalesce(o.order_document_id, o.return_document_id) FROM offerengine.sales_order o WHERE o.customer_reference = $1 AND o.order_reference = $2';

-- A1 is sent: 50 points; R1 of it came back: 10 less; A2 is paid with 15 points and sent; A3 is discarded; 20 points are a gift.
SET LOCAL offerengine.acting_user = 'ann@example';
SELECT pg_temp.ordered('ann@example', 'A1', 5000), pg_temp.ordered('ann@example', 'A2', 3000), pg_temp.ordered('ann@example', 'A3', 100), pg_temp.ordered('guest of ann', 'A4', 700) \g /dev/null
SELECT pg_temp.came_back('ann@example', 'R1', 'A1', 1000) \g /dev/null
SELECT count(*) FROM offerengine.loyalty_enqueue('{A1,A4}'::text[]) \g /dev/null
SELECT offerengine.loyalty_failed(pg_temp.document('ann@example', 'A1'), 'SECRET Ann Example is unknown'), offerengine.loyalty_sent(pg_temp.document('ann@example', 'A1')),
       offerengine.loyalty_sent(pg_temp.document('guest of ann', 'A4')) \g /dev/null
SELECT offerengine.customer_merge('ann@example', 'guest of ann') \g /dev/null
SELECT offerengine.loyalty_adjust('ann@example', 20, 'SECRET sorry, Ann', 'gift'), offerengine.loyalty_redeem('ann@example', 15, pg_temp.order_id('ann@example', 'A2')) \g /dev/null
SELECT count(*) FROM offerengine.loyalty_enqueue('{A2,A3}'::text[]) \g /dev/null
SELECT offerengine.loyalty_sent(pg_temp.document('ann@example', 'A2')), offerengine.loyalty_discard(pg_temp.document('ann@example', 'A3'), 'SECRET is dead') \g /dev/null
RESET offerengine.acting_user;
SELECT offerengine.list_add('ann@example', offerengine.list_create('ann@example', 'wishlist', 'SECRET wishes', 'P-DE', buyer => 'ann@example', list_id => '00000000-0000-7000-d000-000000000001'), 'book', note => 'SECRET', line_key => 'k'),
       offerengine.list_create('bob', 'wishlist', 'For Ann', 'P-DE', buyer => 'ann@example', list_id => '00000000-0000-7000-d000-000000000002') \g /dev/null
SELECT count(c.*) FROM (SELECT offerengine.cart_create('ann@example', 'P-DE', 'EUR', cart_id => '00000000-0000-7000-d000-000000000003') AS cart) AS k,
       offerengine.quick_order('ann@example', k.cart, '[{"sku": "SECRET sku"}]', line_key => 'q') AS c \g /dev/null
-- A friend has given his points away, and stays a customer.
SELECT pg_temp.ordered('friend', 'F1', 1000), pg_temp.booked('friend', 'F1'), offerengine.loyalty_merge('ann@example', 'friend') \g /dev/null
SELECT is(pg_temp.points('ann@example'), '102/102', 'what there is: 50, 7, 20, 30 of an order less the 15 that paid of it, 10 of a friend');
SELECT set_eq($$ SELECT split_part(f, ' ', 1) FROM pg_temp.found('ann@example', 'guest of ann', 'SECRET', 'Ann') AS f WHERE f ~ '^(customer_list|loyalty|cart_key)' AND f !~ '_20[0-9]{4}[.]' $$,
    '{cart_key.customer_reference,cart_key.asked,cart_key.answer,customer_list.customer_reference,customer_list.name,customer_list.buyer,customer_list_line.customer_reference,customer_list_line.note,customer_list_key.customer_reference,customer_list_key.asked,loyalty_outbox.customer_reference,loyalty_outbox.payload,loyalty_outbox.discard_reason,loyalty_sent_order.customer_reference,loyalty_sent_order.payload,loyalty_sent_order.last_error,loyalty_member.customer_reference,loyalty_member.merged_into,loyalty_document.customer_reference,loyalty_document.acting_user,loyalty_document.reason,loyalty_lot.customer_reference,loyalty_entry.customer_reference}'::text[],
    'the person is in all these columns');

-- What hinders it.
SELECT offerengine.loyalty_hold('ann@example', 12, '00000000-0000-7000-d000-000000000004', now() + interval '10 minutes'),
       count(e.*) FROM offerengine.loyalty_enqueue('R1') AS e \g /dev/null
SELECT is(pg_temp.erase('ann@example', 'p-1'), 'OE102 customer "ann@example" cannot be erased: 1 undelivered (R1), 12 points held (00000000-0000-7000-d000-000000000004)', 'what is to be delivered, and held');
SELECT is((SELECT jsonb_object_agg(o.kind, o.matters) FROM offerengine_internal.open_business('ann@example') AS o), '{"undelivered": 1, "points_held": 12}', 'as DETAIL has it');
SAVEPOINT open;
SELECT is(pg_temp.erase('ann@example', 'p-1', true), 'p-1 5 0', 'erased all the same');
SELECT is((SELECT string_agg(concat_ws(' ', o.state, o.payload ->> 'customer_reference', o.payload ->> 'order_reference', o.discarded_by = current_user, o.discard_reason), ', ' ORDER BY o.id) FROM offerengine.loyalty_outbox o), 'discarded p-1 A3 t, discarded p-1 R1 t', 'nothing is delivered of somebody who is erased');
SELECT is_empty($$ SELECT FROM offerengine.loyalty_claim(10) $$, 'nothing can be claimed');
SELECT is(pg_temp.points('p-1'), '102/102', 'what was held is free');
SELECT is(offerengine.loyalty_sent(pg_temp.document('p-1', 'R1'), 'ann@example'), true, 'who had it in hand says that it was delivered');
SELECT is(pg_temp.points('p-1'), '92/92', 'and it is booked');
ROLLBACK TO open;
SELECT offerengine.loyalty_sent(pg_temp.document('ann@example', 'R1')) \g /dev/null
SELECT is(pg_temp.erase('ann@example', 'p-1'), 'OE102 customer "ann@example" cannot be erased: 12 points held (00000000-0000-7000-d000-000000000004)', 'points, then');
SELECT offerengine.loyalty_void('ann@example', '00000000-0000-7000-d000-000000000004') \g /dev/null
-- A hold that has ended hinders nothing, and leaves nothing.
SELECT offerengine.loyalty_hold('ann@example', 12, '00000000-0000-7000-d000-000000000005', now() + interval '10 minutes') \g /dev/null
UPDATE offerengine.loyalty_hold SET held_at = now() - interval '2 hours', expires_at = now() - interval '1 hour';

-- There and back. Elsewhere the partition of what was sent is missing.
CREATE TEMP VIEW said AS
SELECT jsonb_build_array((SELECT jsonb_agg(to_jsonb(l)) FROM offerengine.lists('ann@example') AS l), (SELECT jsonb_agg(to_jsonb(i)) FROM offerengine.list_items('ann@example', '00000000-0000-7000-d000-000000000001') AS i),
    (SELECT jsonb_agg(to_jsonb(o) ORDER BY o.id) FROM offerengine.loyalty_outbox o), (SELECT jsonb_agg(to_jsonb(o) ORDER BY o.id) FROM offerengine.loyalty_sent_order o), (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.customer_reference) FROM offerengine.loyalty_account a),
    (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.entry_id) FROM offerengine.loyalty_entry e), (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.lot_id) FROM offerengine.loyalty_lot e), (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.document_id) FROM offerengine.loyalty_document e),
    pg_temp.points('ann@example'), pg_temp.points('ann@example', now() + interval '10 years')) AS said;
CREATE TEMP TABLE kept AS SELECT s.said, offerengine.customer_export('ann@example') AS doc FROM said s;
SELECT is((SELECT jsonb_object_agg(k.key, jsonb_array_length(k.value)) FROM kept, jsonb_each(doc) AS k WHERE k.key ~ '^(customer_list|loyalty)'),
    '{"customer_list": 1, "customer_list_line": 1, "customer_list_key": 1, "loyalty_outbox": 1, "loyalty_sent_order": 4, "loyalty_member": 1, "loyalty_document": 7, "loyalty_lot": 5, "loyalty_entry": 7, "loyalty_hold": 1, "loyalty_hold_lot": 1}', 'an export has all of it');
SELECT is((SELECT n - 'rows' FROM kept, jsonb_array_elements(doc -> 'named') AS n WHERE n ->> 'table' = 'loyalty_member'), '{"table": "loyalty_member", "column": "merged_into"}', 'and whose points have come here');
SAVEPOINT away;
DO $$
DECLARE
    t text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR t IN SELECT r.relation FROM offerengine_internal.person_relations() AS r WHERE r.relation !~ '^stock_(hold|parcel)' AND r.relation <> 'customer_erasure' LOOP
        EXECUTE format('ALTER TABLE offerengine.%I DISABLE TRIGGER USER', t);
        EXECUTE format('DELETE FROM offerengine.%I WHERE customer_reference IN (''ann@example'', ''guest of ann'')', t);
        EXECUTE format('ALTER TABLE offerengine.%I ENABLE TRIGGER USER', t);
    END LOOP;
    SET LOCAL session_replication_role = origin;
    EXECUTE (SELECT string_agg(format('DROP TABLE %s', i.inhrelid::regclass), ';') FROM pg_inherits i WHERE i.inhparent = 'offerengine.loyalty_sent_order'::regclass);
END
$$;
SELECT is(pg_temp.points_try($$ SELECT (offerengine.customer_import(doc)).orders FROM kept $$), '5', 'elsewhere');
SELECT is((SELECT s.said FROM said s), (SELECT k.said FROM kept k), 'everything has the same answer');
SELECT is(offerengine.customer_export('ann@example'), (SELECT doc FROM kept), 'and the same export');
SELECT is(pg_temp.points_try($$ SELECT (offerengine.customer_import(doc)).orders FROM kept $$), '0', 'twice is once');
SELECT is(offerengine.loyalty_sent(pg_temp.document('ann@example', 'A1')), false, 'what was sent there is not booked again');
SELECT is((SELECT e.outcome || ' ' || (e.id = pg_temp.document('ann@example', 'A3')) FROM offerengine.loyalty_resend('A3') AS e), 'queued true', 'a document keeps its id');
SELECT is(offerengine.loyalty_redeem('ann@example', 15, pg_temp.order_id('ann@example', 'A3')) IS NOT NULL, true, 'points can be redeemed');
SELECT is_empty($$ SELECT h.* FROM offerengine.health_check() AS h WHERE NOT h.ok AND h.severity = 'error' $$, 'and healthy');
ROLLBACK TO away;
-- Of one that cannot be.
SELECT is(pg_temp.points_try(format('SELECT offerengine.customer_import(%L)', jsonb_set(jsonb_set(doc, '{customer_reference}', '"eve"'), '{customer_timeline}', '[]') || jsonb_build_object('loyalty_sent_order', jsonb_build_array(doc #> '{loyalty_sent_order,0}' || f.row)))), f.told, f.told)
  FROM kept, (VALUES ('{"id": "ffffffff-ffff-7000-8000-000000000001"}'::jsonb, 'OE104 a row of loyalty_sent_order in the export cannot be: no partition of relation "loyalty_sent_order" found for row'),
                     ('{"id": "1"}', 'OE104 a row of loyalty_sent_order in the export cannot be: invalid input syntax for type uuid: "1"'),
                     ('{"id": null}', 'OE104 a row of loyalty_sent_order in the export cannot be: no partition of relation "loyalty_sent_order" found for row')) AS f (row, told);

-- What stays, without the columns that an erasure changes.
CREATE TEMP VIEW stays AS
SELECT jsonb_build_object('document', (SELECT jsonb_agg(to_jsonb(r) - '{customer_reference,acting_user,reason}'::text[] ORDER BY r.document_id) FROM offerengine.loyalty_document r),
    'lot', (SELECT jsonb_agg(to_jsonb(r) - 'customer_reference' ORDER BY r.lot_id) FROM offerengine.loyalty_lot r), 'entry', (SELECT jsonb_agg(to_jsonb(r) - 'customer_reference' ORDER BY r.entry_id) FROM offerengine.loyalty_entry r),
    'member', (SELECT jsonb_agg(to_jsonb(r) - '{customer_reference,merged_into}'::text[] ORDER BY r.enrolled_on, r.state, r.changed_at) FROM offerengine.loyalty_member r),
    'outbox', (SELECT jsonb_agg((to_jsonb(r) #- '{payload,customer_reference}') - '{customer_reference,last_error,discard_reason}'::text[] ORDER BY r.id) FROM offerengine.loyalty_outbox r),
    'sent', (SELECT jsonb_agg((to_jsonb(r) #- '{payload,customer_reference}') - '{customer_reference,last_error}'::text[] ORDER BY r.id) FROM offerengine.loyalty_sent_order r)) AS rows;
CREATE TEMP TABLE stayed AS TABLE stays;
SELECT is(pg_temp.erase('ann@example', 'p-1'), 'p-1 5 0', 'erased');
SELECT is_empty($$ SELECT * FROM pg_temp.found('ann@example', 'guest of ann', 'SECRET') $$, 'nothing is left of the person, in any column');
SELECT is((SELECT s.rows FROM stays s), (SELECT s.rows FROM stayed s), 'points, documents and what was delivered are as they were');
SELECT is(pg_temp.points('p-1'), '92/92', 'the pseudonym has the points');
SELECT is((SELECT array_agg(DISTINCT o.payload ->> 'customer_reference') FROM offerengine.loyalty_sent_order o), '{p-1}', 'what was sent tells of the pseudonym, of a guest, too');
SELECT is((SELECT array_agg(DISTINCT concat_ws(' ', d.customer_reference, d.acting_user, d.reason)) FROM offerengine.loyalty_document d), ARRAY['p-1', 'p-1 p-1'], 'who acted is a pseudonym');
SELECT is((SELECT string_agg(m.customer_reference || ' ' || coalesce(m.merged_into, m.state), ', ' ORDER BY m.customer_reference) FROM offerengine.loyalty_member m), 'friend p-1, p-1 active', 'and who gave points away has given them to the pseudonym');
SELECT is((SELECT string_agg(concat_ws(' ', l.customer_reference, l.buyer), ', ') FROM offerengine.customer_list l), 'bob p-1', 'somebody else''s list has another buyer');
SELECT is((SELECT count(*) FROM offerengine.customer_list_line) + (SELECT count(*) FROM offerengine.customer_list_key) + (SELECT count(*) FROM offerengine.loyalty_hold) + (SELECT count(*) FROM offerengine.loyalty_hold_lot), 0::bigint, 'lists and holds are gone');
SELECT is_empty($$ SELECT h.* FROM offerengine.health_check() AS h WHERE NOT h.ok AND h.severity = 'error' $$, 'and healthy');
-- What comes back of an order takes the pseudonym's points.
SELECT pg_temp.came_back('p-1', 'R2', 'A1', 4000), pg_temp.booked('p-1', 'R2') \g /dev/null
SELECT is(pg_temp.points('p-1'), '52/52', 'a return of an order of nobody');
SELECT is(pg_temp.points_try($$ SELECT offerengine.loyalty_merge('bob', 'p-1') $$), 'OE101 customer "p-1" is the pseudonym of somebody who was erased', 'points of nobody go to nobody');
SELECT is(pg_temp.points('ann@example'), '0/0', 'who uses the reference again has none');

-- Who has given points away is erased, too: what comes back of his orders is taken where the points are.
INSERT INTO kept (doc) SELECT offerengine.customer_export('friend');
SELECT is(pg_temp.erase('friend', 'p-2', true), 'p-2 1 0', 'the friend');
SELECT pg_temp.came_back('p-2', 'R3', 'F1', 1000), pg_temp.booked('p-2', 'R3') \g /dev/null
SELECT is(pg_temp.points('p-1') || ' ' || pg_temp.points('p-2'), '42/42 0/0', 'another pseudonym gives back');
SELECT is_empty($$ SELECT h.* FROM offerengine.health_check() AS h WHERE NOT h.ok AND h.severity = 'error' $$, 'and healthy');
-- Elsewhere he would earn for nobody.
SELECT is(pg_temp.points_try(format('SELECT offerengine.customer_import(%L)', (SELECT jsonb_set(doc, '{loyalty_member,0,merged_into}', '"gone"') FROM kept WHERE doc ->> 'customer_reference' = 'friend'))),
          'OE104 the points of customer "friend" have gone to customer "gone", whose points are not here', 'who has the points comes first');
SELECT is(pg_temp.points_try(format('SELECT (offerengine.customer_import(%L)).orders', (SELECT doc FROM kept WHERE doc ->> 'customer_reference' = 'friend'))), '1', 'and he afterwards');

-- The way into the ledger is the erasure's alone.
SELECT throws_ok(format('UPDATE offerengine.%I SET %s', t.r, t.s), 'OE006', t.r || ' is append-only: UPDATE is refused', t.r || ' SET ' || t.s)
  FROM (VALUES ('loyalty_document', 'customer_reference = ''p-9'''), ('loyalty_document', 'acting_user = ''p-9'''), ('loyalty_document', 'reason = NULL, points = 7'), ('loyalty_document', 'reason = ''x'''),
               ('loyalty_document', 'acting_user = NULL'), ('loyalty_document', 'acting_user = ''p-1'', action_key = NULL'), ('loyalty_lot', 'customer_reference = ''p-9'''), ('loyalty_lot', 'expires_at = ''infinity'''), ('loyalty_entry', 'customer_reference = ''p-9'''),
               ('loyalty_entry', 'points = 1000'), ('loyalty_entry', 'points = points')) AS t (r, s);

SELECT * FROM finish();
ROLLBACK;
