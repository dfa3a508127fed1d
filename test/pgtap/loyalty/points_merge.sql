-- Points go to another customer, with everything or alone; what a document would do; what does not add up is found.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
\ir ../include/cart.psql
\ir ../include/points.psql
SELECT no_plan();
SELECT offerengine.put_loyalty_program('EUR', 100, 100, grace_days => 3) \g /dev/null
CREATE FUNCTION pg_temp.member(customer text) RETURNS text LANGUAGE sql AS $$SELECT concat_ws(' ', m.state, m.enrolled_on, m.merged_into) FROM offerengine.loyalty_member m WHERE m.customer_reference = customer$$;

-- customer_merge(): everything, ids that both have used, keys that both have given; a return afterwards finds what it is about.
SELECT offerengine.loyalty_enroll('anna', '2026-01-02'), offerengine.loyalty_enroll('guest', '2026-01-01'), offerengine.loyalty_adjust('anna', 10, 'hello', 'welcome'), offerengine.loyalty_adjust('guest', 20, 'hello', 'welcome'),
       offerengine.loyalty_adjust('guest', 5, 'hello', 'guest''s') \g /dev/null
SELECT offerengine.purchase(c, 'book', 'P-DE', 'EUR', order_id => pg_temp.cart(1), order_reference => 'O'), offerengine.loyalty_redeem(c, 6, pg_temp.cart(1), 'pay'), pg_temp.booked(c, 'O') FROM unnest('{anna,guest}'::text[]) AS c \g /dev/null
SELECT offerengine.loyalty_hold('guest', 3, pg_temp.cart(9), '2100-01-01Z'), offerengine.loyalty_hold('anna', 2, pg_temp.cart(9), '2100-01-01Z'), offerengine.loyalty_hold('guest', 4, pg_temp.cart(8), '2100-01-01Z') \g /dev/null
SELECT is(pg_temp.points('anna') || ' ' || pg_temp.points('guest'), '18/16 33/26', 'two customers');
SELECT is((offerengine.customer_merge('anna', 'guest')).orders, 1, 'become one');
SELECT is(pg_temp.points('anna') || ' ' || pg_temp.points('guest'), '51/45 0/0', 'with all points, and what was held but for the order that both hold for');
SELECT is(pg_temp.member('anna') || coalesce(pg_temp.member('guest'), ' nobody'), 'active 2026-01-01 nobody', 'since the earlier day; nothing is left of the guest');
SELECT is_empty(format('SELECT * FROM offerengine.%I WHERE customer_reference = ''guest''', t), 'nothing in ' || t) FROM unnest('{loyalty_member,loyalty_document,loyalty_lot,loyalty_entry,loyalty_hold,loyalty_hold_lot}'::text[]) AS t;
SELECT is((SELECT string_agg(concat_ws(' ', d.points, d.action_key), ', ' ORDER BY d.points, d.action_key) FROM offerengine.loyalty_document d WHERE d.customer_reference = 'anna' AND d.kind = 'adjustment'), '5 guest''s, 10 welcome, 20', 'her keys');
SELECT is(offerengine.loyalty_adjust('anna', 5, 'hello', 'guest''s') || ' ' || offerengine.loyalty_adjust('anna', 10, 'hello', 'welcome'), '51 51', 'count once');
SELECT is((SELECT array_agg(s.order_id <> pg_temp.cart(1) ORDER BY s.order_id) FROM offerengine.sales_order s JOIN offerengine.loyalty_document d USING (customer_reference, order_id) WHERE s.customer_reference = 'anna' AND d.kind = 'order' AND s.points_redeemed = 6),
    '{f,t}', 'each document has the order that it had, under the id that this has now');
SELECT offerengine.return_order('anna', s.order_id, NULL, key => 'back', order_reference => 'R' || (s.order_id = pg_temp.cart(1))) FROM offerengine.sales_order s WHERE s.customer_reference = 'anna' \g /dev/null
SELECT pg_temp.booked('anna', 'Rtrue', 'Rfalse') \g /dev/null
SELECT is(pg_temp.ledger('anna', 'Rtrue', 'Rfalse'), 'Rtrue earned -14, Rtrue redeemed +6, Rfalse earned -14, Rfalse redeemed +6', 'both come back');
SELECT is(pg_temp.points('anna'), '35/29', 'what was given by hand is left');
SELECT is((SELECT h.detail FROM offerengine.health_check('points') h), 'What every document did to points adds up.', 'all of it adds up');

-- States of two who become one.
SELECT offerengine.loyalty_enroll(c || n, d::date) FROM (VALUES ('to', 1, '2026-02-01'), ('from', 1, '2026-01-01'), ('to', 2, '2026-02-01'), ('from', 3, '2026-01-01'), ('to', 4, '2026-02-01'), ('from', 4, '2026-01-01'), ('to', 5, '2026-02-01'), ('from', 5, '2026-01-01'),
    ('to', 6, '2026-02-01'), ('from', 6, '2026-01-01')) AS c (c, n, d) \g /dev/null
SELECT offerengine.loyalty_leave('from4'), offerengine.loyalty_leave('to5'), offerengine.loyalty_lock('from6') \g /dev/null
SELECT offerengine.customer_merge('to' || n, 'from' || n) FROM generate_series(1, 7) n \g /dev/null
SELECT is(coalesce(pg_temp.member('to' || n), 'none'), answer, format('pair %s', n)) FROM (VALUES (1, 'active 2026-01-01'), (2, 'active 2026-02-01'), (3, 'active 2026-01-01'), (4, 'active 2026-02-01'), (5, 'active 2026-01-01'), (6, 'locked 2026-01-01'), (7, 'none')) AS c (n, answer);

-- loyalty_merge(): points alone. The other one stays a customer, whose orders earn, and lose, for the first.
SELECT offerengine.loyalty_enroll('bert', '2026-03-01'), offerengine.loyalty_enroll('wife', '2026-02-01'), offerengine.loyalty_adjust('wife', 30, 'hello', 'w'), pg_temp.ordered('wife', 'W1', 2000), offerengine.loyalty_redeem('wife', 5, pg_temp.order_id('wife', 'W1')),
       pg_temp.booked('wife', 'W1') \g /dev/null
SELECT is(pg_temp.points_try(format('SELECT offerengine.loyalty_merge(%L, %L)', a, b)), answer, format('%s takes %s', a, b)) FROM (VALUES
    ('bert', 'wife', '40'), ('bert', 'wife', '40'), ('cora', 'wife', 'OE096 the points of customer "wife" have become those of customer "bert"'), ('wife', 'bert', 'OE096 the points of customer "wife" have become those of customer "bert"'),
    ('bert', 'bert', '22023 customer "bert" cannot be merged into itself'), ('bert', NULL, '22004 customer_reference and from_customer_reference must not be NULL'), ('bert', 'stranger', 'OE096 customer "stranger" takes no part in the loyalty programme'),
    ('anna', 'guest', '35'), ('guest', 'bert', 'OE059 customer "guest" has become customer "anna"')) AS c (a, b, answer);
SELECT is(pg_temp.member('bert') || ', ' || pg_temp.member('wife'), 'active 2026-02-01, inactive 2026-02-01 bert', 'since the earlier day');
SELECT is(pg_temp.points('bert') || ' ' || pg_temp.points('wife'), '40/40 0/0', 'whose they are');
SELECT is(pg_temp.points_try(format('SELECT offerengine.loyalty_%s', call)), 'OE096 the points of customer "wife" have become those of customer "bert"', call)
  FROM unnest('{"redeem(''wife'', 1, NULL)","hold(''wife'', 1, NULL, ''2100-01-01'')","adjust(''wife'', 1, NULL, ''z'')",enroll(''wife''),lock(''wife'')}'::text[]) AS c (call);
SELECT pg_temp.ordered('wife', 'W2', 700), pg_temp.booked('wife', 'W2'), pg_temp.came_back('wife', 'W1-1', 'W1', 2000), pg_temp.booked('wife', 'W1-1') \g /dev/null
SELECT is(pg_temp.points('bert'), '37/37', 'her orders earn and lose for him, and her points come back to him');
SELECT is_empty($$SELECT * FROM offerengine.loyalty_account WHERE customer_reference = 'wife'$$, 'she has no account');
-- The gate of the ledger: what moves with its customer, and nothing else of it.
SELECT is(offerengine_internal.ledger_change_allowed('loyalty_document', before::jsonb, after::jsonb), answer, before || ' to ' || after) FROM (VALUES
    ('{"customer_reference": "wife", "points": 1}', '{"customer_reference": "bert", "points": 1}', true), ('{"customer_reference": "guest", "order_id": 1}', '{"customer_reference": "anna", "order_id": 2}', true),
    ('{"customer_reference": "wife", "points": 1}', '{"customer_reference": "bert", "points": 2}', false), ('{"customer_reference": "wife"}', '{"customer_reference": "anna"}', false), ('{"customer_reference": "bert"}', '{"customer_reference": "wife"}', false),
    ('{"customer_reference": "wife"}', '{"customer_reference": "wife"}', false), ('{"customer_reference": "wife", "action_key": "k"}', '{"customer_reference": "bert", "action_key": null}', true),
    ('{"customer_reference": "wife", "action_key": "k"}', '{"customer_reference": "bert", "action_key": "l"}', false)) AS c (before, after, answer);
SELECT offerengine.loyalty_enroll('chris') \g /dev/null
SELECT is(offerengine.loyalty_merge('chris', 'bert'), 37::bigint, 'his go on');
SELECT is(pg_temp.member('bert') || ', ' || pg_temp.member('wife'), 'inactive 2026-02-01 chris, inactive 2026-02-01 chris', 'and so do hers');
SELECT pg_temp.came_back('wife', 'W2-1', 'W2', 700), pg_temp.booked('wife', 'W2-1') \g /dev/null
SELECT is(pg_temp.points('chris'), '30/30', 'what is back of hers is taken from whoever has them');
SELECT offerengine.customer_merge('chris', 'wife'), offerengine.customer_merge('dora', 'chris') \g /dev/null
SELECT is(pg_temp.points('dora') || ' ' || pg_temp.member('bert'), '30/30 inactive 2026-02-01 dora', 'with everything');
SELECT offerengine.purchase(c, 'book', 'P-DE', 'EUR', order_id => pg_temp.cart(2), order_reference => 'T'), pg_temp.booked(c, 'T') FROM unnest('{emil,fritz}'::text[]) AS c \g /dev/null
SELECT is(pg_temp.points_try($$SELECT offerengine.loyalty_merge('emil', 'fritz')$$), 'OE013 customers "emil" and "fritz" have both booked an order <id>', 'one id for two orders');
SELECT is(pg_temp.points('emil') || ' ' || pg_temp.points('fritz'), '20/20 20/20', 'changes nothing');

-- What a document would do, and has done.
CREATE FUNCTION pg_temp.preview(customer text, reference text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.points_try(format('SELECT concat_ws('' '', p.points, p.earned, p.order_points, p.extra, p.redeemed, extract(epoch FROM p.opens_at - now())::integer / 3600, extract(epoch FROM p.expires_at - now())::integer / 3600, p.is_booked)
                                        FROM offerengine.loyalty_preview(%L, %L) p', customer, pg_temp.order_id(customer, reference)))
$$;
SELECT offerengine.put_loyalty_program('EUR', 100, 100, locked_days => 2, expiry_days => 20, order_points => 4), offerengine.put_loyalty_extra('bonus', 3), offerengine.tag_offer('book', 'bonus', 'custom'), pg_temp.told('paul', 'P1', NULL, 'book x2 =3000') \g /dev/null
SELECT is(pg_temp.preview('paul', 'P1'), '40 30 4 6 0 48 480 f', 'who would be enrolled');
SELECT is(pg_temp.member('paul'), NULL, 'is not');
SELECT offerengine.put_loyalty_program('EUR', auto_enroll => false) \g /dev/null
SELECT is(pg_temp.preview('paul', 'P1'), '0 0 0 0 0 f', 'who would not');
SELECT offerengine.loyalty_enroll('paul'), offerengine.loyalty_adjust('paul', 10, 'hello', 'h'), offerengine.loyalty_redeem('paul', 10, pg_temp.order_id('paul', 'P1')) \g /dev/null
SELECT is(pg_temp.preview('paul', 'P1'), '30 20 4 6 0 48 480 f', 'less what points paid');
SELECT pg_temp.booked('paul', 'P1'), pg_temp.back('paul', 'P1', '[{"line_no": 1, "quantity": 1}]', 'a', ', order_reference => ''P1-1''') \g /dev/null
SELECT is(pg_temp.preview('paul', 'P1'), '30 20 4 6 0 48 480 t', 'booked');
SELECT is(pg_temp.preview('paul', 'P1-1'), '-8 -10 0 -3 5 f', 'a return would take and give back');
SELECT is(pg_temp.points('paul'), '30/0', 'and has not');
SELECT pg_temp.booked('paul', 'P1-1') \g /dev/null
SELECT is(pg_temp.preview('paul', 'P1-1') || ', ' || pg_temp.points('paul'), '-8 -10 0 -3 5 t, 22/5', 'then it has');
SELECT is(pg_temp.points_try(format('SELECT offerengine.loyalty_preview(%L, %L)', c, o)), answer, coalesce(c, 'NULL')) FROM (VALUES ('paul', NULL::uuid, '22004 customer_reference and order_id must not be NULL'), ('anna', pg_temp.order_id('paul', 'P1'), 'OE020 customer "anna" has no order <id>')) AS c (c, o, answer);
SELECT offerengine.loyalty_leave('paul'), pg_temp.ordered('paul', 'P2', 500) \g /dev/null
SELECT is(pg_temp.preview('paul', 'P2'), '0 0 0 0 0 f', 'who has left');

-- What does not add up.
SELECT is((SELECT h.detail FROM offerengine.health_check('points') h), 'What every document did to points adds up.', 'everything adds up');
CREATE FUNCTION pg_temp.finds(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    SET LOCAL session_replication_role = replica;
    ALTER TABLE offerengine.loyalty_entry DISABLE TRIGGER ALL;
    ALTER TABLE offerengine.loyalty_document DISABLE TRIGGER ALL;
    EXECUTE statement;
    SELECT h.detail INTO found FROM offerengine.health_check('points') h;
    RAISE SQLSTATE 'YY001';
EXCEPTION WHEN SQLSTATE 'YY001' THEN
    RETURN regexp_replace(found, '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', '<id>', 'g');
END
$$;
SELECT is(pg_temp.finds(statement), answer, statement) FROM (VALUES
    ($$UPDATE offerengine.sales_order SET points_redeemed = 9 WHERE customer_reference = 'paul' AND order_reference = 'P1'$$, '1 found: order "P1" of customer "paul" says that 9 points paid 1000, not 10 and 1000'),
    ($$UPDATE offerengine.loyalty_document SET points = 11 WHERE customer_reference = 'paul' AND kind = 'adjustment'$$, '1 found: adjustment <id> of customer "paul" is over 11 points, not 10'),
    ($$UPDATE offerengine.loyalty_entry SET points = points + 1 WHERE customer_reference = 'paul' AND kind = 'earned' AND reverses_entry_id IS NOT NULL$$, '1 found: what order "P1" of customer "paul" has lost by what came back differs by -1 points'),
    ($$UPDATE offerengine.loyalty_entry SET points = 11 WHERE customer_reference = 'paul' AND kind = 'redeemed' AND reverses_entry_id IS NOT NULL$$, '1 found: entry <id> of customer "paul" takes back -11 points of -10'),
    ($$DELETE FROM offerengine.loyalty_entry WHERE customer_reference = 'paul' AND kind = 'redeemed' AND reverses_entry_id IS NOT NULL$$, '2 found: lot <id> of customer "paul" has no entry of the document that made it, what order "P1" of customer "paul" has lost by what came back differs by 5 points'),
    ($$UPDATE offerengine.loyalty_hold_lot SET points = points + 1 WHERE customer_reference = 'anna' AND points = 4$$, '1 found: what order <id> of customer "anna" holds is 4 points, not 5')) AS c (statement, answer);

SELECT * FROM finish();
ROLLBACK;
