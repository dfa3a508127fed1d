-- customer_erase(): what stays, what goes, what hinders it, and that nothing else takes its way into histories.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/person.psql
SELECT * FROM no_plan();
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

-- A small life by hand: an order that is shipped, invoiced and partly returned; a subscription that has ended; an open cart.
SET LOCAL offerengine.acting_user = 'ann@example';
SELECT offerengine.purchase('ann@example', 'book', 'P-DE', 'EUR', quantity => 3, order_id => '00000000-0000-7000-b000-000000000001', order_reference => 'R-1') \g /dev/null
SELECT offerengine.put_order('ann@example', 'T-1', total_amount => 500, currency => 'EUR', store => 'P-DE', placed_at => '2025-02-03 04:05:06.789012+00',
                             lines => '[{"offer_reference": "pass", "line_amount": 500, "note": "SECRET words"}]') \g /dev/null
SELECT offerengine.cart_add('ann@example', offerengine.cart_create('ann@example', 'P-DE', 'EUR', cart_id => '00000000-0000-7000-b000-000000000002'), 'book', 2, 'SECRET engraving', line_key => 'k') \g /dev/null
SELECT pg_temp.live('ann@example', '{buy finite 2025-01-10,cancel finite 2025-02-15}') \g /dev/null
RESET offerengine.acting_user;
SELECT offerengine.import_begin() AS import_id \gset
INSERT INTO offerengine.import_merchant_relationship (merchant_relation_key, merchant_reference, company_business_unit_assignee_keys)
VALUES ('k', 'p-house', 'bob; ann@example ;carl'), ('l', 'p-house', 'bob'), ('m', 'p-house', NULL);
INSERT INTO offerengine.import_message (import_id, severity, file, value, message) VALUES (:import_id, 'error', 'f', 'bob;ann@example', 'buyer "ann@example" is odd'), (:import_id, 'error', 'f', NULL, 'else');
INSERT INTO offerengine.import_unreadable_row (file, value, message) VALUES ('f', 'x,"ann@example,', 'quotes at ann@example');
SELECT offerengine.put_relationship('p-ann', 'p-house', '{ann@example,bob}') \g /dev/null
SET LOCAL offerengine.acting_user = 'ann@example';
SELECT offerengine.put_offer('p-made', 'P-BOOK', 'p-house', '{P-DE}'), offerengine.approve_offer('p-made'), offerengine.suspend_merchant('p-guest', 'holidays'), offerengine.reinstate_merchant('p-guest') \g /dev/null
SELECT offerengine.set_price('P-DE', 'EUR', NULL, 700, offer_reference => 'p-made'), offerengine.set_price('P-DE', 'EUR', NULL, 701, offer_reference => 'p-made') \g /dev/null
SELECT offerengine.cart_create('bob', 'P-DE', 'EUR', buyer => 'ann@example', cart_id => '00000000-0000-7000-b000-000000000003') \g /dev/null
SELECT offerengine.purchase('bob', 'pass', 'P-DE', 'EUR', order_id => '00000000-0000-7000-b000-000000000004') \g /dev/null
RESET offerengine.acting_user;
SELECT offerengine.purchase('ann guest', 'pass', 'P-DE', 'EUR', order_id => '00000000-0000-7000-b000-000000000005'),
       offerengine.customer_merge('ann other guest', 'ann guest') , offerengine.customer_merge('ann@example', 'ann other guest') \g /dev/null
SELECT set_eq($$ SELECT split_part(f, ' ', 1) FROM pg_temp.found('ann@example', 'SECRET', 'ann guest', 'ann other guest') AS f $$,
    '{cart.buyer,cart.customer_reference,cart_key.asked,cart_key.customer_reference,cart_line.customer_reference,cart_line.note,customer_timeline.customer_reference,customer_timeline.merged_into,import_merchant_relationship.company_business_unit_assignee_keys,import_message.message,import_message.value,import_unreadable_row.message,import_unreadable_row.value,merchant_approval.acting_user,merchant_relationship_assignee.buyer,offer.created_by_acting_user,offer_approval.acting_user,order_event.acting_user,order_event.customer_reference,order_event.detail,order_line.customer_reference,order_line.note,price_history.acting_user,sales_order.customer_reference,stock_order.customer_reference,subscription.customer_reference,subscription_event.acting_user,subscription_event.customer_reference,subscription_step.customer_reference}'::text[],
    'the person is in all these columns');

-- What hinders it.
SELECT is(pg_temp.erase('ann@example', 'p-1'), 'OE102 customer "ann@example" cannot be erased: 1 unshipped (R-1), 4 unbilled (book)', 'what is open is named');
SELECT is((SELECT array_agg(o.kind) FROM offerengine_internal.open_business('nobody') AS o), NULL, 'nothing is open with nobody');
SELECT offerengine.ship_order('ann@example', '00000000-0000-7000-b000-000000000001', key => 's') \g /dev/null
SELECT is(pg_temp.erase('ann@example', 'p-1', false), 'OE102 customer "ann@example" cannot be erased: 4 unbilled (book)', 'bills, then');
SELECT offerengine.billing_mark(b.customer_reference, b.subscription_id, b.period_start, 'I-' || row_number() OVER (), b.order_id, b.line_no)
  FROM offerengine.billing_period b WHERE b.customer_reference = 'ann@example' \g /dev/null
SELECT offerengine.return_order('ann@example', '00000000-0000-7000-b000-000000000001', '[{"line_no": 1, "quantity": 1}]', key => 'r') \g /dev/null
SELECT is(pg_temp.erase('ann@example', 'p-1'), 'OE102 customer "ann@example" cannot be erased: 1 unsettled (' || (SELECT d.invoice_reference FROM offerengine.billing_difference d) || ')', 'a credit note is due');
SELECT offerengine.billing_settle(d.customer_reference, d.subscription_id, d.period_start, d.difference, 'CN', d.order_id, d.line_no) FROM offerengine.billing_difference d \g /dev/null
SELECT offerengine.cart_hold('ann@example', '00000000-0000-7000-b000-000000000002', now() + interval '10 minutes', order_id => '00000000-0000-7000-b000-000000000006') \g /dev/null
SELECT is(pg_temp.erase('ann@example', 'p-1'), 'OE102 customer "ann@example" cannot be erased: 1 held (00000000-0000-7000-b000-000000000002)', 'somebody may be paying');
SELECT pg_temp.live('ann@example', '{buy base 2100-01-10}') \g /dev/null
SELECT is(pg_temp.erase('ann@example', 'p-1'), 'OE102 customer "ann@example" cannot be erased: 1 subscription (base), 1 held (00000000-0000-7000-b000-000000000002)', 'what will run is open, too');

-- Pseudonyms that cannot be.
SELECT is(pg_temp.erase(t.c, t.p, true), t.told, t.told)
  FROM (VALUES (NULL, 'p-1', '22004 customer_reference and pseudonym must not be NULL'), ('ann@example', NULL, '22004 customer_reference and pseudonym must not be NULL'),
               ('ann@example', 'ann@example', '22023 customer "ann@example" cannot be the pseudonym of itself'),
               ('ann@example', '', '22023 pseudonym "" is empty'), ('ann@example', ' p', '22023 pseudonym " p" begins or ends with white space'),
               ('ann@example', repeat('p', 1000000), '22023 pseudonym "' || repeat('p', 80) || '..." is longer than 255 bytes'),
               ('ann@example', 'bob', 'OE101 pseudonym "bob" is in use'), ('ann@example', 'ann guest', 'OE101 pseudonym "ann guest" is in use'),
               ('ann@example', 'carl', 'OE101 pseudonym "carl" is in use'), ('ann@example', 'p-other', 'OE101 pseudonym "p-other" is in use'),
               ('ann guest', 'p-1', 'OE059 customer "ann guest" has become customer "ann other guest"'),
               ('Ann@example', 'p-1', 'OE100 nothing is kept of customer "Ann@example"'),
               (repeat('x', 1000000), 'p-1', '22023 customer_reference "' || repeat('x', 80) || '..." is longer than 255 bytes')) AS t (c, p, told);
SELECT is_empty($$ SELECT FROM offerengine.customer_erasure $$, 'so far nobody is erased');
SELECT is_empty($$ SELECT FROM offerengine.customer_timeline t WHERE t.customer_reference IN ('p-1', 'Ann@example', 'p-other') $$, 'and nobody was made by asking');

-- What stays, row by row without the columns that an erasure changes.
CREATE TEMP VIEW stays AS
SELECT jsonb_build_object('order', (SELECT jsonb_agg(to_jsonb(r) - '{customer_reference,note,imported}'::text[] ORDER BY r.order_id) FROM offerengine.sales_order r),
    'line', (SELECT jsonb_agg(to_jsonb(r) - '{customer_reference,note}'::text[] ORDER BY r.order_id, r.line_no) FROM offerengine.order_line r),
    'event', (SELECT jsonb_agg(to_jsonb(r) - '{customer_reference,acting_user,detail}'::text[] ORDER BY r.event_id) FROM offerengine.order_event r),
    'subscription', (SELECT jsonb_agg(to_jsonb(r) - '{customer_reference,cancel_reason}'::text[] ORDER BY r.subscription_id) FROM offerengine.subscription r),
    'step', (SELECT jsonb_agg(to_jsonb(r) - '{customer_reference}'::text[] ORDER BY r.subscription_id, r.step_no) FROM offerengine.subscription_step r),
    'invoice', (SELECT jsonb_agg(to_jsonb(r) - '{customer_reference}'::text[] ORDER BY r.order_id, r.line_no) FROM offerengine.order_line_invoice r),
    'settled', (SELECT jsonb_agg(to_jsonb(r) - '{customer_reference}'::text[] ORDER BY r.order_id, r.line_no) FROM offerengine.order_line_settlement r),
    'invoiced', (SELECT jsonb_agg(to_jsonb(r) - '{customer_reference}'::text[] ORDER BY r.subscription_id, r.period_start) FROM offerengine.subscription_invoice r),
    'parcel', (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.order_id, r.line_no, r.shipment_key) FROM offerengine.stock_parcel r),
    'price', (SELECT jsonb_agg(to_jsonb(r) - '{acting_user}'::text[] ORDER BY r.price_history_id) FROM offerengine.price_history r),
    'offer', (SELECT jsonb_agg(to_jsonb(r) - '{created_by_acting_user}'::text[] ORDER BY r.offer_id) FROM offerengine.offer r),
    'billed', (SELECT jsonb_agg(to_jsonb(r) - '{customer_reference}'::text[] ORDER BY r.subscription_id, r.order_id, r.line_no, r.period_start) FROM offerengine.billing_period r)) AS rows;
CREATE TEMP TABLE stayed AS TABLE stays;

SELECT is(pg_temp.erase('ann@example', 'p-1', true), 'p-1 6 2', 'erased whatever is open');
SELECT is_empty($$ SELECT * FROM pg_temp.found('ann@example', 'SECRET', 'ann guest', 'ann other guest') $$, 'nothing is left of the person, in any column');
SELECT is((SELECT s.rows FROM stays s), (SELECT s.rows FROM stayed s), 'amounts, dates, documents and histories are as they were');
SELECT is_empty($$ SELECT h.* FROM offerengine.health_check() AS h WHERE NOT h.ok AND h.severity = 'error' $$, 'and healthy');
SELECT is((SELECT string_agg(t.customer_reference, ' ' ORDER BY t.customer_reference) FROM offerengine.customer_timeline t WHERE t.merged_into IS NULL), 'bob p-1', 'one customer is another one');
SELECT is((SELECT string_agg(concat_ws(' ', r.relationship_key, a.buyer), ', ' ORDER BY r.relationship_key, a.buyer) FROM offerengine.merchant_relationship_assignee a JOIN offerengine.merchant_relationship r USING (merchant_relationship_id)),
          'p-ann bob, p-ann p-1, p-contract p-buyer, p-contract p-other', 'the contract has a pseudonym as buyer');
SELECT is((SELECT string_agg(concat_ws('|', r.merchant_relation_key, r.company_business_unit_assignee_keys), ', ' ORDER BY r.merchant_relation_key) FROM offerengine.import_merchant_relationship r), 'k|bob;p-1;carl, l|bob, m', 'what is staged names the pseudonym');
SELECT is((SELECT string_agg(concat_ws('|', m.value, m.message), ', ' ORDER BY m.import_message_id) FROM offerengine.import_message m), 'bob;p-1|buyer "p-1" is odd, else', 'messages, too');
SELECT is((SELECT c.buyer FROM offerengine.cart c), 'p-1', 'and the cart of somebody else');
SELECT is((SELECT string_agg(DISTINCT concat_ws(' ', e.customer_reference, e.acting_user), ', ') FROM offerengine.order_event e WHERE e.acting_user IS NOT NULL), 'bob p-1, p-1 p-1', 'who acted is a pseudonym');
SELECT is((SELECT array_agg(concat_ws(' ', e.customer_reference, e.detail ->> 'from_customer_reference') ORDER BY e.event_id) FROM offerengine.order_event e WHERE e.event = 'customer_changed'), '{p-1 p-1,p-1 p-1}', 'what was merged is one person');
SELECT is((SELECT e.detail #> '{lines,0}' FROM offerengine.order_event e WHERE e.event = 'told'), '{"note": null, "line_amount": 500, "offer_reference": "pass"}', 'what was told is told without words');
SELECT is((SELECT row(s.state, s.customer_reference)::text FROM offerengine.stock_order s WHERE s.order_id = '00000000-0000-7000-b000-000000000006'), '(cancelled,p-1)', 'the cart holds nothing');
SELECT is((SELECT sum(s.held)::text FROM offerengine.stock_held s), '0', 'not a piece');
SELECT is((SELECT row(e.pseudonym, e.erased_by, e.acting_user, e.even_if_open, e.orders, e.subscriptions)::text FROM offerengine.customer_erasure e), '(p-1,' || current_user || ',,t,6,2)', 'it is recorded');

-- Again, and with others.
SELECT is(pg_temp.erase('ann@example', 'p-1'), 'p-1 6 2', 'the same again answers what was done');
SELECT is((SELECT count(*) FROM offerengine.customer_timeline t WHERE t.customer_reference = 'ann@example'), 0::bigint, 'and keeps nothing of who asked');
SELECT is(pg_temp.erase('ann@example', 'p-2'), 'OE100 nothing is kept of customer "ann@example"', 'but there is nobody to get another pseudonym');
SELECT is(pg_temp.erase('p-1', 'p-2', true), 'OE101 customer "p-1" is the pseudonym of somebody who was erased', 'a pseudonym is not erased');
SELECT is(pg_temp.erase('bob', 'p-1', true), 'OE101 pseudonym "p-1" is in use', 'and not given twice');
SELECT is(pg_temp.outcome($$ SELECT offerengine.customer_merge('bob', 'p-1') $$), 'OE101 customer "p-1" is the pseudonym of somebody who was erased', 'nor merged');
SELECT is(pg_temp.outcome($$ SELECT offerengine.customer_merge('p-1', 'bob') $$), 'OE101 customer "p-1" is the pseudonym of somebody who was erased', 'in neither direction');
SELECT is(pg_temp.outcome($$ SELECT offerengine.cart_merge('p-1', 'bob', '00000000-0000-7000-b000-000000000003', '00000000-0000-7000-b000-000000000002') $$), 'OE101 customer "p-1" is the pseudonym of somebody who was erased', 'nor are carts');
SELECT is((SELECT count(*) FROM offerengine.return_order('p-1', '00000000-0000-7000-b000-000000000001', '[{"line_no": 1, "quantity": 1}]', key => 'r2')), 1::bigint, 'a piece comes back of an order of nobody');
SELECT is((SELECT p.line_no FROM offerengine.purchase('ann@example', 'pass', 'P-DE', 'EUR') AS p), 1, 'who uses the reference again is new');
SELECT is(pg_temp.erase('ann@example', 'p-1', true), 'OE101 pseudonym "p-1" is in use', 'and another person than the one before');
-- A customer who does it by himself leaves no name in the record either.
SET LOCAL offerengine.acting_user = 'ann@example';
SELECT is(pg_temp.erase('ann@example', 'p-3', true), 'p-3 1 0', 'by himself');
SELECT is((SELECT e.acting_user FROM offerengine.customer_erasure e WHERE e.pseudonym = 'p-3'), 'p-3', 'the record says so under the pseudonym');
RESET offerengine.acting_user;
SELECT is_empty($$ SELECT * FROM pg_temp.found('ann@example') $$, 'nothing again');
-- A buyer who never did anything.
SELECT is(pg_temp.erase('p-buyer', 'p-4'), 'p-4 0 0', 'a buyer of a contract only');
SELECT is((SELECT string_agg(a.buyer, ' ' ORDER BY a.buyer) FROM offerengine.merchant_relationship_assignee a JOIN offerengine.merchant_relationship r USING (merchant_relationship_id) WHERE r.relationship_key = 'p-contract'), 'p-4 p-other', 'has become another one');
-- A buyer under two names, one of a guest.
SELECT offerengine.put_relationship('p-two', 'p-house', '{eve,eve guest}'), offerengine.purchase('eve guest', 'pass', 'P-DE', 'EUR'), offerengine.customer_merge('eve', 'eve guest') \g /dev/null
SELECT is(pg_temp.erase('eve', 'p-5', true), 'p-5 1 0', 'two names');
SELECT is((SELECT string_agg(a.buyer, ' ') FROM offerengine.merchant_relationship_assignee a JOIN offerengine.merchant_relationship r USING (merchant_relationship_id) WHERE r.relationship_key = 'p-two'), 'p-5', 'are one buyer');

-- The way into histories is the erasure's alone.
SELECT throws_ok(format('UPDATE offerengine.%I SET %s', t.r, t.s), 'OE006', t.r || ' is append-only: UPDATE is refused', t.r || ' SET ' || t.s)
  FROM (VALUES ('order_event', 'customer_reference = ''p-9'''), ('order_event', 'customer_reference = ''p-3'', event = ''told'''), ('order_event', 'acting_user = NULL'), ('order_event', 'detail = NULL'),
               ('order_event', 'acting_user = ''bob'''), ('subscription_event', 'customer_reference = ''p-9'''), ('price_history', 'acting_user = NULL'), ('price_history', 'net_amount = 5, acting_user = ''p-3'''),
               ('offer_approval', 'reason = NULL'), ('offer_approval', 'acting_user = ''p-9'''), ('merchant_approval', 'acting_user = ''p-9'''), ('customer_erasure', 'pseudonym = ''p-9'' || pseudonym'), ('customer_erasure', 'acting_user = ''p-9''')) AS t (r, s);
SELECT throws_ok('DELETE FROM offerengine.customer_erasure', 'OE006', NULL, 'records of erasures stay');
SELECT is((SELECT count(*) FROM offerengine.offer o WHERE o.created_by_acting_user IS NOT NULL), 1::bigint, 'one offer was made for somebody');
UPDATE offerengine.offer SET created_by_acting_user = 'nobody' WHERE created_by_acting_user IS NOT NULL;
SELECT is((SELECT o.created_by_acting_user FROM offerengine.offer o WHERE o.created_by_acting_user IS NOT NULL), 'p-1', 'and nobody says for whom afterwards');

SELECT * FROM finish();
ROLLBACK;
