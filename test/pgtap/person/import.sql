-- customer_import(): an export puts a customer in as it was, by the names of the catalogue; anything else is refused, and leaves
-- nothing.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/person.psql
SELECT * FROM no_plan();

-- Takes a customer away without a trace, as if it had never been in this database; no user can.
CREATE FUNCTION pg_temp.wipe(customer text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    histories CONSTANT text[] := '{order_event,subscription_event,customer_erasure,loyalty_document,loyalty_lot,loyalty_entry}';
    history text;
    t record;
BEGIN
    FOREACH history IN ARRAY histories LOOP
        EXECUTE format('ALTER TABLE offerengine.%I DISABLE TRIGGER append_only', history);
    END LOOP;
    UPDATE offerengine.stock_held s SET held = s.held - h.held
      FROM (SELECT h.offer_id, h.warehouse_id, sum(h.quantity - h.shipped) AS held FROM offerengine.stock_hold h JOIN offerengine.stock_order o USING (order_id)
             WHERE o.customer_reference = customer AND h.state IN ('held', 'confirmed') GROUP BY 1, 2) AS h
     WHERE h.offer_id = s.offer_id AND h.warehouse_id = s.warehouse_id;
    FOR t IN SELECT p.* FROM offerengine_internal.person_relations() AS p ORDER BY p.place = 10, p.place DESC LOOP
        IF t.relation = 'stock_order' THEN
            CONTINUE;
        END IF;
        EXECUTE format('DELETE FROM offerengine.%I r WHERE %s', t.relation, t.whose) USING customer;
    END LOOP;
    DELETE FROM offerengine.stock_order s WHERE s.customer_reference = customer;
    DELETE FROM offerengine.customer_timeline s WHERE s.customer_reference = customer;
    FOREACH history IN ARRAY histories LOOP
        EXECUTE format('ALTER TABLE offerengine.%I ENABLE ALWAYS TRIGGER append_only', history);
    END LOOP;
END
$$;
CREATE FUNCTION pg_temp.put(document jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    i offerengine.customer_imported;
BEGIN
    i := offerengine.customer_import(document);
    RETURN concat_ws(' ', i.customer_reference, i.orders, i.subscriptions);
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
-- Rows of all tables.
CREATE FUNCTION pg_temp.census() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    t record;
    n bigint;
    told text := '';
BEGIN
    FOR t IN SELECT p.relation FROM offerengine_internal.person_relations() AS p UNION SELECT 'stock_held' ORDER BY 1 LOOP
        EXECUTE format('SELECT count(*) FROM offerengine.%I', t.relation) INTO n;
        told := told || n || ' ';
    END LOOP;
    RETURN told || coalesce((SELECT sum(s.held) FROM offerengine.stock_held s), 0);
END
$$;

SELECT setseed(0.42) \g /dev/null
SELECT offerengine.purchase('ann', 'book', 'P-DE', 'EUR', quantity => 5, order_id => '00000000-0000-7000-c000-000000000001'), offerengine.purchase('ann', 'finite', 'P-DE', 'EUR', starts_on => '2025-01-01') \g /dev/null
SELECT offerengine.ship_order('ann', '00000000-0000-7000-c000-000000000001', '[{"line_no": 1, "quantity": 3}]', key => 'first parcel') \g /dev/null
SELECT offerengine.billing_mark('ann', b.subscription_id, b.period_start, 'I-0', b.order_id, b.line_no) FROM offerengine.billing_period b WHERE b.customer_reference = 'ann' \g /dev/null
SELECT offerengine.cart_hold('ann', c, now() + interval '20 minutes') FROM offerengine.cart_create('ann', 'P-DE', 'EUR') AS c, offerengine.cart_add('ann', c, 'book', 2, 'SECRET', line_key => 'k') \g /dev/null
SELECT offerengine.purchase('guest of ann', 'pass', 'P-DE', 'EUR'), offerengine.customer_merge('ann', 'guest of ann') \g /dev/null
SELECT pg_temp.deed('ann', 1, k::integer, w) FROM unnest(ARRAY['subscribe', 'subscribe', 'buy', 'import', 'tell', 'check out', 'check out', 'ship', 'return', 'cancel order', 'cancel', 'change', 'bill', 'settle', 'merge', 'ship', 'check out',
    'check out', 'bill', 'settle', 'buy', 'buy', 'ship', 'return',
    'list', 'list', 'list', 'tell programme', 'deliver', 'points', 'points', 'points', 'deliver', 'tell programme']) WITH ORDINALITY AS u (w, k) \g /dev/null
SELECT pg_temp.live('ann', '{buy base 2100-01-10,buy adv 2100-01-10,cancel base 2100-02-15 immediate}') \g /dev/null
CREATE TEMP TABLE tray (name text PRIMARY KEY, doc jsonb);
INSERT INTO tray VALUES ('ann', offerengine.customer_export('ann'));
CREATE TEMP VIEW answers AS
SELECT jsonb_build_array((SELECT jsonb_agg(to_jsonb(t)) FROM offerengine.subscription_timeline('ann') AS t), (SELECT jsonb_agg(to_jsonb(o)) FROM offerengine.orders('ann') AS o),
    (SELECT jsonb_agg(to_jsonb(i) ORDER BY o.order_id, i.line_no) FROM offerengine.orders('ann') AS o, offerengine.order_items('ann', o.order_id) AS i),
    (SELECT jsonb_agg(to_jsonb(c)) FROM offerengine.carts('ann') AS c), (SELECT jsonb_agg(to_jsonb(i) ORDER BY c.cart_id, i.line_no) FROM offerengine.carts('ann') AS c, offerengine.cart_items('ann', c.cart_id) AS i),
    (SELECT jsonb_agg(to_jsonb(b)) FROM offerengine.billing_schedule('2025-01-01', '2030-01-01', 'ann') AS b), offerengine.offer_availability('book', 'P-DE'), offerengine.offer_availability('guest-book', 'P-DE'),
    (SELECT jsonb_agg(to_jsonb(h) ORDER BY h.order_id, h.line_no, h.warehouse_id) FROM offerengine.stock_hold h),
    (SELECT jsonb_agg(to_jsonb(l)) FROM offerengine.lists('ann') AS l), (SELECT jsonb_agg(to_jsonb(i) ORDER BY l.list_id, i.line_no) FROM offerengine.lists('ann') AS l, offerengine.list_items('ann', l.list_id) AS i),
    (SELECT jsonb_agg(to_jsonb(b) ORDER BY b.id) FROM offerengine.loyalty_backlog b), (SELECT jsonb_agg(to_jsonb(a)) FROM offerengine.loyalty_account a),
    offerengine.loyalty_balance('ann'), offerengine.loyalty_redeemable('ann'), offerengine.loyalty_balance('ann', '2026-06-01'), (SELECT jsonb_agg(to_jsonb(e)) FROM offerengine.loyalty_expiring('ann', '10 years') AS e)) AS said;
CREATE TEMP TABLE before AS SELECT a.said, pg_temp.census() AS rows FROM answers a;
SELECT is((SELECT string_agg(k, ' ') FROM tray, unnest('{sales_order,order_line,order_event,subscription,subscription_step,subscription_event,cart,cart_line,cart_key,cart_hold,cart_hold_line,stock_order,stock_hold,stock_parcel,customer_timeline,order_line_invoice,subscription_invoice,customer_list,customer_list_line,customer_list_key,loyalty_outbox,loyalty_sent_order,loyalty_member,loyalty_document,loyalty_lot,loyalty_entry,loyalty_hold,loyalty_hold_lot}'::text[]) AS k WHERE doc -> k = '[]'), NULL, 'every part has rows');

-- There and back.
SELECT is(pg_temp.put((SELECT doc FROM tray)), 'ann 0 0', 'what is here already is not put in');
SELECT pg_temp.wipe('ann') \g /dev/null
SELECT is_empty($$ SELECT * FROM pg_temp.found('ann') $$, 'the customer is gone');
SELECT is(pg_temp.put((SELECT doc FROM tray)), (SELECT 'ann ' || jsonb_array_length(doc -> 'sales_order') || ' ' || jsonb_array_length(doc -> 'subscription') FROM tray), 'and back');
SELECT is((SELECT offerengine.customer_export('ann')), (SELECT doc FROM tray), 'as it was');
SELECT is((SELECT a.said FROM answers a), (SELECT b.said FROM before b), 'with the same answers');
SELECT is(pg_temp.census(), (SELECT b.rows FROM before b), 'in as many rows');
SELECT is_empty($$ SELECT h.* FROM offerengine.health_check() AS h WHERE NOT h.ok AND h.severity = 'error' $$, 'and healthy');
SELECT is((SELECT row(t.imported_by, t.imported_at IS NOT NULL, t.importing_user)::text FROM offerengine.customer_timeline t WHERE t.customer_reference = 'ann'), '(' || current_user || ',t,)', 'it is noted who did it');
SELECT is(pg_temp.put((SELECT doc FROM tray)), 'ann 0 0', 'twice is once');
SELECT is(pg_temp.put((SELECT doc - 'named' FROM tray)), 'ann 0 0', 'whatever named says');
SELECT is(pg_temp.put((SELECT jsonb_set(doc, '{sales_order,0,total_amount}', '1') FROM tray)), 'OE013 customer "ann" is here already, and not as the export says', 'another life is refused');
SELECT is(pg_temp.put((SELECT jsonb_set(doc, '{customer_reference}', '"guest of ann"') FROM tray)), 'OE059 customer "guest of ann" has become customer "ann"', 'nobody is put in as a guest who has become somebody');
SELECT offerengine.purchase('bob', 'pass', 'P-DE', 'EUR') \g /dev/null
SELECT is(pg_temp.put((SELECT jsonb_set(doc, '{customer_reference}', '"bob"') FROM tray)), 'OE013 customer "bob" is here already, and not as the export says', 'nor over somebody');

-- What is not in the catalogue is named, all of it.
SELECT pg_temp.wipe('ann') \g /dev/null
CREATE FUNCTION pg_temp.lost(document jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    PERFORM offerengine.customer_import(document);
    RETURN '"put in"';
EXCEPTION WHEN SQLSTATE 'OE103' THEN
    GET STACKED DIAGNOSTICS told = PG_EXCEPTION_DETAIL;
    RETURN told;
END
$$;
SELECT is(pg_temp.lost((SELECT replace(replace(replace(replace(replace(replace(replace(doc::text, '"warehouse": "p-wa"', '"warehouse": "nowhere"'), '"offer": "adv"', '"offer": "none"'), '"offer": "book"', '"offer": "leaf"'), '"store_code": "P-DE"', '"store_code": "X"'), '"sales_rule": "digital"', '"sales_rule": "old"'), '"rule/BASE"', '"rule/ACE"'), '"price_sheet": "p-base"', '"price_sheet": "p-gone"')::jsonb FROM tray)),
    '{"missing": {"rule": ["old"], "tags": [["rule/ACE"]], "offer": ["leaf", "none"], "sheet": ["p-gone"], "store": ["X"], "warehouse": ["nowhere"]}}', 'everything missing is named');
SELECT is(pg_temp.put((SELECT replace(replace(doc::text, '"offer": "adv"', '"offer": "none"'), '"offer": "book"', '"offer": "leaf"')::jsonb FROM tray)), 'OE103 not in this catalogue: offer leaf and 1 more', 'the message is short');
SELECT is(pg_temp.put((SELECT replace(doc::text, '"offer": "book"', '"offer": "' || repeat('x', 1000000) || '"')::jsonb FROM tray)), 'OE103 not in this catalogue: offer ' || repeat('x', 80) || '...', 'whatever the export says');
SELECT is_empty($$ SELECT * FROM pg_temp.found('ann') $$, 'nobody was made by trying');
-- A price that is gone is no hindrance.
SELECT ok(pg_temp.put((SELECT replace(doc::text, '"price_type": "DEFAULT"', '"price_type": "ORIGINAL"')::jsonb FROM tray)) LIKE 'ann %', 'prices may be gone');
SELECT is((SELECT count(*) FROM offerengine.order_line l WHERE l.customer_reference = 'ann' AND l.price_source = 'offer' AND l.price_id IS NOT NULL), 0::bigint, 'what was sold has no row of prices then');
SELECT pg_temp.wipe('ann') \g /dev/null

-- Forged ones. Each leaves nothing, and says in few words what is wrong.
CREATE TEMP TABLE census AS SELECT pg_temp.census() AS rows;
CREATE TEMP TABLE forged (what text, told text, doc jsonb);
INSERT INTO forged
SELECT f.what, f.told, CASE WHEN f.path IS NULL THEN f.value WHEN f.value IS NULL THEN t.doc #- f.path ELSE jsonb_set(t.doc, f.path, f.value) END
  FROM tray t, (VALUES
    ('NULL', '22004 document must not be NULL', NULL::text[], NULL::jsonb), ('an array', '22023 the document is no export of a customer', NULL, '[]'), ('a string', '22023 the document is no export of a customer', NULL, '"x"'),
    ('an empty one', '22023 the document is no export of a customer', NULL, '{}'), ('JSON null', '22023 the document is no export of a customer', NULL, 'null'),
    ('another format', '22023 the document is no export of a customer', '{format}', '"else"'), ('another version', '22023 an export of version 2 is not known here', '{version}', '2'),
    ('a text as version', '22023 an export of version "1" is not known here', '{version}', '"1"'), ('no version', '22023 an export of version <NULL> is not known here', '{version}', NULL),
    ('no reference', '22023 the export says no customer_reference', '{customer_reference}', NULL), ('a number as reference', '22023 the export says no customer_reference', '{customer_reference}', '5'),
    ('an odd reference', '22023 customer_reference " x" begins or ends with white space', '{customer_reference}', '" x"'), ('a long reference', '22023 customer_reference "' || repeat('x', 80) || '..." is longer than 255 bytes', '{customer_reference}', to_jsonb(repeat('x', 1000000))),
    ('an unknown part', '22023 the export has a part "price" that is unknown, or no array of objects', '{price}', '[]'), ('a part that is none', '22023 the export has a part "cart" that is unknown, or no array of objects', '{cart}', '{}'),
    ('rows that are none', '22023 the export has a part "cart" that is unknown, or no array of objects', '{cart}', '[1]'), ('rows in rows', '22023 the export has a part "cart" that is unknown, or no array of objects', '{cart}', '[[{}]]'),
    ('an unknown column', '22023 rows of the export have no "cart.ctid"', '{cart,0,ctid}', '"(0,1)"'), ('another customer''s row', '22023 rows of the export have no "sales_order.customer_reference"', '{sales_order,0,customer_reference}', '"bob"'),
    ('an id of the catalogue', '22023 rows of the export have no "order_line.offer_id"', '{order_line,0,offer_id}', '1'), ('deep nesting', '22023 the export is nested deeper than any customer is', '{order_event,0,detail}', (repeat('[', 2000) || repeat(']', 2000))::jsonb),
    ('a text as amount', 'OE104 a row of sales_order in the export cannot be: invalid input syntax for type bigint: "x"', '{sales_order,0,total_amount}', '"x"'),
    ('an amount that is none', 'OE104 a row of sales_order in the export cannot be: new row for relation "sales_order" violates check constraint "sales_order_total"', '{sales_order,0,total_amount}', '-1'),
    ('too large an amount', 'OE104 a row of sales_order in the export cannot be: value "9223372036854775808" is out of range for type bigint', '{sales_order,0,total_amount}', '9223372036854775808'),
    ('a broken amount', 'OE104 a row of sales_order in the export cannot be: invalid input syntax for type bigint: "1.5"', '{sales_order,0,total_amount}', '1.5'),
    ('an object as amount', 'OE104 a row of sales_order in the export cannot be: invalid input syntax for type bigint: "{"a": 1}"', '{sales_order,0,total_amount}', '{"a": 1}'),
    ('no id', 'OE104 a row of sales_order in the export cannot be: null value in column "order_id" of relation "sales_order" violates not-null constraint', '{sales_order,0,order_id}', NULL),
    ('no uuid', 'OE104 a row of sales_order in the export cannot be: invalid input syntax for type uuid: "1"', '{sales_order,0,order_id}', '1'),
    ('a day that is none', 'OE104 a row of subscription in the export cannot be: date/time field value out of range: "2025-13-01"', '{subscription,0,starts_on}', '"2025-13-01"'),
    ('a number as name', 'OE103 not in this catalogue: offer 1', '{order_line,0,offer}', '1'), ('an object as name', 'OE103 not in this catalogue: offer {"a": "book"}', '{order_line,0,offer}', '{"a": "book"}'),
    ('no offer', 'OE104 a row of order_line in the export cannot be: null value in column "offer_id" of relation "order_line" violates not-null constraint', '{order_line,0,offer}', NULL),
    ('a text as tags', 'OE103 not in this catalogue: tags rule/BASE', '{subscription,0,granted_tags}', '"rule/BASE"'),
    ('a text as price', 'OE104 a row of order_line in the export cannot be: invalid input syntax for type integer: "many"', '{order_line,0,price}', '{"store": "P-DE", "currency": "EUR", "offer": "book", "price_type": "DEFAULT", "valid_from": "-infinity", "valid_to": "infinity", "min_quantity": "many"}'),
    ('a line of no order', 'OE104 a row of order_line in the export cannot be: insert or update on table "order_line" violates foreign key constraint "order_line_order"', '{order_line,0,order_id}', '"00000000-0000-7000-f000-000000000001"'),
    ('a control character', 'OE104 a row of sales_order in the export cannot be: new row for relation "sales_order" violates check constraint "sales_order_order_reference_code"', '{sales_order,0,order_reference}', to_jsonb(E'a\nb'::text)),
    ('a guest of somebody else', 'OE104 the export has references of customer_timeline that did not become customer "ann"', '{customer_timeline,0,merged_into}', '"bob"'),
    ('a guest who is here', 'OE013 reference "bob", which became this customer there, is used here', '{customer_timeline,0,customer_reference}', '"bob"'),
    ('the customer as a guest of itself', 'OE013 reference "ann", which became this customer there, is used here', '{customer_timeline,0,customer_reference}', '"ann"'),
    ('a pseudonym of somebody else', '22023 rows of the export have no "customer_erasure.pseudonym"', '{customer_erasure}', '[{"pseudonym": "bob", "erased_at": "2025-01-01", "erased_by": "x", "even_if_open": true, "orders": 0, "subscriptions": 0}]'),
    ('an id of another form', 'OE104 a row of stock_order in the export cannot be: "00000000-0000-7000-F000-000000000001" is no id', '{stock_order,0,order_id}', '"00000000-0000-7000-F000-000000000001"'),
    ('no id of stock', 'OE104 a row of stock_order in the export cannot be: "<NULL>" is no id', '{stock_order,0,order_id}', NULL),
    ('half of a hold', 'OE104 a row of stock_hold in the export cannot be: null value in column "quantity" of relation "stock_hold" violates not-null constraint', '{stock_hold,0,quantity}', NULL),
    ('a hold of pieces below zero', 'OE104 a row of stock_hold in the export cannot be: new row for relation "stock_hold" violates check constraint "stock_hold_quantity_check"', '{stock_hold,0,quantity}', '-5'),
    ('a hold of an order that holds nothing', 'OE104 the export has stock of order 00000000-0000-7000-f000-000000000001, which it does not have itself', '{stock_hold,0,order_id}', '"00000000-0000-7000-f000-000000000001"')) AS f (what, told, path, value);
SELECT is(replace(pg_temp.put(f.doc), '...', ''), replace(left(f.told, 300), '...', ''), f.what) FROM forged f WHERE length(f.told) <= 130 ORDER BY f.what COLLATE "C";
SELECT ok(starts_with(f.told, left(pg_temp.put(f.doc), 120)), f.what || ', in short') FROM forged f WHERE length(f.told) > 130 ORDER BY f.what COLLATE "C";
SELECT is(pg_temp.census(), (SELECT c.rows FROM census c), 'none of them has left anything');
-- The stock of another customer's order.
SELECT offerengine.purchase('bob', 'book', 'P-DE', 'EUR', order_id => '00000000-0000-7000-f000-000000000002') \g /dev/null
UPDATE census SET rows = pg_temp.census();
SELECT is(pg_temp.put((SELECT replace(doc::text, doc #>> '{stock_order,0,order_id}', '00000000-0000-7000-f000-000000000002')::jsonb FROM tray)), 'OE013 the stock of order 00000000-0000-7000-f000-000000000002 is another customer''s', 'nobody takes what another customer''s order holds');
SELECT is(pg_temp.census(), (SELECT c.rows FROM census c), 'and it leaves nothing');
-- Where this database has the stock of an order already, it stays as it is.
SELECT offerengine.reserve_stock((SELECT (doc #>> '{stock_order,0,order_id}')::uuid FROM tray), 7, 'book', 'P-DE', 11) \g /dev/null
SELECT ok(pg_temp.put((SELECT doc FROM tray)) LIKE 'ann %', 'the catalogue''s node knows an order''s stock');
SELECT is((SELECT string_agg(h.line_no || ' ' || h.quantity, ', ') FROM offerengine.stock_hold h WHERE h.order_id = (SELECT (doc #>> '{stock_order,0,order_id}')::uuid FROM tray)), '7 11', 'what it holds stays');
SELECT is((SELECT s.customer_reference FROM offerengine.stock_order s WHERE s.order_id = (SELECT (doc #>> '{stock_order,0,order_id}')::uuid FROM tray)), 'ann', 'and is the customer''s');
SELECT is((SELECT h.detail FROM offerengine.health_check('stock') AS h WHERE NOT h.ok), NULL, 'stock adds up');
-- An empty customer is nobody.
SELECT offerengine.cart_create('eve', 'P-DE', 'EUR', cart_id => '00000000-0000-7000-f000-000000000003') \g /dev/null
INSERT INTO tray VALUES ('eve', offerengine.customer_export('eve'));
DELETE FROM offerengine.cart c WHERE c.customer_reference = 'eve';
SELECT is(pg_temp.put((SELECT doc FROM tray WHERE name = 'eve')), 'eve 0 0', 'who has a reference and nothing else');
SELECT is((SELECT offerengine.customer_export('eve')), (SELECT doc FROM tray WHERE name = 'eve'), 'gets a cart');
-- A guest who was put in, and then merged.
SET LOCAL offerengine.acting_user = 'agent';
SELECT pg_temp.put((SELECT jsonb_set(doc, '{customer_reference}', '"eve guest"') FROM tray WHERE name = 'eve')), offerengine.customer_merge('eve', 'eve guest') \g /dev/null
UPDATE tray SET doc = offerengine.customer_export('eve') WHERE name = 'eve';
SELECT pg_temp.wipe('eve') \g /dev/null
SELECT is(pg_temp.put((SELECT doc FROM tray WHERE name = 'eve')), 'eve 0 0', 'who has become a customer after it was put in');
SELECT is((SELECT offerengine.customer_export('eve')), (SELECT doc FROM tray WHERE name = 'eve'), 'is put in with the customer');
RESET offerengine.acting_user;
-- Of somebody who was erased the pseudonym comes along.
SELECT offerengine.customer_erase('bob', 'p-1', true) \g /dev/null
INSERT INTO tray VALUES ('p-1', offerengine.customer_export('p-1'));
SELECT pg_temp.wipe('p-1') \g /dev/null
SELECT is(pg_temp.put((SELECT doc FROM tray WHERE name = 'p-1')), 'p-1 2 0', 'a pseudonym moves');
SELECT is((SELECT offerengine.customer_export('p-1')), (SELECT doc FROM tray WHERE name = 'p-1'), 'as it was');
SELECT is(pg_temp.outcome($$ SELECT offerengine.customer_erase('p-1', 'p-2', true) $$), 'OE101 customer "p-1" is the pseudonym of somebody who was erased', 'and is one here');

SELECT * FROM finish();
ROLLBACK;
