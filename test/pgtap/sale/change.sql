-- What every change of an order leaves behind (order_changed), what its tables refuse, what a reference stands for, and whose
-- lines a merchant sees.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

CREATE FUNCTION pg_temp.bought(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    sold offerengine.purchased;
BEGIN
    EXECUTE 'SELECT p.* FROM offerengine.purchase(' || call || ') AS p' INTO sold;
    RETURN (SELECT o.order_reference FROM offerengine.sales_order o WHERE o.order_id = sold.order_id)
           || ' ' || sold.offer_reference || ' x' || sold.quantity;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;

-- An order reference stands for one purchase of the customer, and makes it repeatable where no id does.
SELECT is(pg_temp.bought(c.call), c.answer, c.call) FROM (VALUES
    ($$'anna', 'book', 'P-DE', 'EUR', quantity => 2, order_reference => 'R-1', order_id => '00000000-0000-7000-8000-000000000001'$$, 'R-1 book x2'),
    ($$'anna', 'book', 'P-DE', 'EUR', quantity => 2, order_reference => 'R-1'$$, 'R-1 book x2'),
    ($$'anna', 'book', 'P-DE', 'EUR', quantity => 2, order_id => '00000000-0000-7000-8000-000000000001'$$, 'R-1 book x2'),
    ($$'anna', 'book', 'P-DE', 'EUR', quantity => 3, order_reference => 'R-1'$$,
     'OE013 order 00000000-0000-7000-8000-000000000001 of customer "anna" is another one: 2 of offer "book" in store P-DE, EUR, gross, country DE, reference "R-1"'),
    ($$'anna', 'book', 'P-DE', 'EUR', quantity => 2, order_reference => 'R-2', order_id => '00000000-0000-7000-8000-000000000001'$$,
     'OE013 order 00000000-0000-7000-8000-000000000001 of customer "anna" is another one: 2 of offer "book" in store P-DE, EUR, gross, country DE, reference "R-1"'),
    ($$'anna', 'book', 'P-DE', 'EUR', quantity => 2, order_reference => 'R-1', order_id => '00000000-0000-7000-8000-000000000002'$$,
     'OE013 order reference "R-1" of customer "anna" stands for order 00000000-0000-7000-8000-000000000001 already'),
    ($$'anna', 'book', 'P-DE', 'EUR', quantity => 2, order_reference => 'R-2'$$, 'R-2 book x2'),
    ($$'bert', 'book', 'P-DE', 'EUR', quantity => 1, order_reference => 'R-1'$$, 'R-1 book x1'),
    ($$'bert', 'book', 'P-DE', 'EUR', order_reference => ' R'$$, '22023 order_reference " R" begins or ends with white space')) AS c (call, answer);
SELECT pg_temp.same_rows(
    $$ SELECT o.customer_reference, o.order_reference, o.total_amount, o.origin FROM offerengine.sales_order o
        WHERE o.customer_reference IN ('anna', 'bert') ORDER BY 1, 2 $$,
    $$ VALUES ('anna', 'R-1', 4000, 'purchase'), ('anna', 'R-2', 4000, 'purchase'), ('bert', 'R-1', 2000, 'purchase') $$, 'three orders');

-- One event a change; a repeated purchase or import is none.
SELECT pg_temp.live('carl', '{buy base 2025-01-10,import foreign-pass X 2025-01-05 2025-02-05,import foreign-pass X 2025-01-05 2025-02-05}') \g /dev/null
SELECT offerengine.import_order('carl', 'sys', 'X', 'foreign-pass', 'P-DE', 'EUR', starts_on => '2025-01-05', ends_on => '2025-02-09') \g /dev/null
SELECT pg_temp.same_rows(
    $$ SELECT e.customer_reference, o.origin, e.event, e.channel, e.detail::text, e.recorded_by = current_user
         FROM offerengine.order_event e JOIN offerengine.sales_order o USING (customer_reference, order_id) ORDER BY e.customer_reference, e.event_id $$,
    $$ VALUES ('anna', 'purchase', 'placed', 'checkout', NULL, true), ('anna', 'purchase', 'placed', 'checkout', NULL, true),
              ('bert', 'purchase', 'placed', 'checkout', NULL, true), ('carl', 'purchase', 'placed', 'checkout', NULL, true),
              ('carl', 'import', 'imported', 'import', NULL, true),
              ('carl', 'import', 'import_changed', 'import', '{"ends_on": "2025-02-09"}', true) $$, 'one event a change');
SELECT throws_ok('DELETE FROM offerengine.order_event', 'OE006', NULL, 'events stay');
SELECT throws_ok('UPDATE offerengine.order_event SET event = ''told''', 'OE006', NULL, 'as they are');

-- The sums are those of the lines; a document from elsewhere keeps its total.
INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, origin, total_amount) VALUES
    ('dora', '00000000-0000-7000-8000-00000000000a', 'D', 'purchase', 0), ('dora', '00000000-0000-7000-8000-00000000000b', 'E', 'document', 777);
INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, line_amount, quantity_cancelled, cancelled_amount,
                                    quantity_returned, returned_amount)
SELECT o.customer_reference, o.order_id, n.n, f.offer_id, f.merchant_id, 3, n.amount, 1, 10 * n.n, 2, n.n
  FROM offerengine.sales_order o, offerengine.offer f, (VALUES (1, 100), (2, 23), (3, NULL)) AS n (n, amount)
 WHERE o.customer_reference = 'dora' AND f.offer_reference = 'book';
SELECT offerengine_internal.order_changed('dora', o.order_id, 'placed') FROM offerengine.sales_order o WHERE o.customer_reference = 'dora' \g /dev/null
SELECT pg_temp.same_rows(
    $$ SELECT o.origin, o.total_amount, o.cancelled_amount, o.returned_amount FROM offerengine.sales_order o WHERE o.customer_reference = 'dora' ORDER BY o.order_id $$,
    $$ VALUES ('purchase', 123, 60, 6), ('document', 777, 60, 6) $$, 'sums');
UPDATE offerengine.order_line SET line_amount = 9223372036854775807 WHERE customer_reference = 'dora' AND line_no = 1;
SELECT throws_ok($$ SELECT offerengine_internal.order_changed('dora', '00000000-0000-7000-8000-00000000000a', 'placed') $$, '22003',
                 'the lines of order "D" sum up to 9223372036854775830, more than an amount can say', 'a sum has its end');

-- What the tables refuse, whoever writes.
SELECT throws_ok(format('UPDATE offerengine.order_line SET %s WHERE customer_reference = ''anna''', c.setting), '23514', NULL, c.setting)
  FROM (VALUES ('quantity_shipped = -1'), ('quantity_cancelled = -1'), ('quantity_returned = -1'), ('quantity_shipped = 3'), ('quantity_returned = 3'),
               ('quantity_shipped = 2, quantity_cancelled = 1'), ('quantity_returned = 1, quantity_cancelled = 2'), ('quantity_cancelled = 2147483647'),
               ('line_amount = -1'), ('cancelled_amount = -1'), ('returned_amount = -1')) AS c (setting);
SELECT lives_ok('UPDATE offerengine.order_line SET quantity_shipped = 1, quantity_returned = 1, quantity_cancelled = 1 WHERE customer_reference = ''anna''', 'one back, one not sent');
SELECT throws_ok(format('UPDATE offerengine.sales_order SET %s WHERE customer_reference = ''anna'' AND order_reference = ''R-1''', c.setting), c.code, NULL, c.setting)
  FROM (VALUES ('order_type = 0', '23514'), ('order_type = 16', '23514'), ('status = ''NaN''', '23514'), ('status = ''Infinity''', '23514'), ('total_amount = -1', '23514'),
               ('total_amount = NULL', '23502'), ('origin = ''else''', '23514'), ('parent_order_id = order_id', '23514'),
               ('order_reference = ''R-2''', '23505')) AS c (setting, code);
SELECT lives_ok('UPDATE offerengine.sales_order SET status = 7.1, order_type = 15 WHERE customer_reference = ''anna''', 'a status with decimals');

-- How long a time pass runs, and what is a parcel.
SELECT is(pg_temp.outcome(format('UPDATE offerengine.offer SET pass_duration = %L WHERE offer_reference = %L RETURNING ''ok''', c.duration, c.offer)) ~ '^ok', c.ok, c.offer || ' ' || c.duration)
  FROM (VALUES ('pass', '1 month', true), ('pass', '30 days', true), ('pass', '1 year 15 days', true), ('pass', '0', false), ('pass', '-1 day', false), ('pass', '1 month -1 day', false),
               ('pass', '36 hours', false), ('book', '1 month', false), ('base', '1 month', false)) AS c (offer, duration, ok);
SELECT is((SELECT string_agg(o.offer_reference || ' ' || offerengine_internal.offer_is_shipped(o.is_shipped, o.offer_type), ', ' ORDER BY o.offer_reference)
             FROM offerengine.offer o WHERE o.offer_reference IN ('book', 'pass', 'base')), 'base false, book true, pass false', 'a product is delivered');
UPDATE offerengine.offer SET is_shipped = offer_type <> 'product' WHERE offer_reference IN ('book', 'pass');
SELECT is((SELECT string_agg(o.offer_reference || ' ' || offerengine_internal.offer_is_shipped(o.is_shipped, o.offer_type), ', ' ORDER BY o.offer_reference)
             FROM offerengine.offer o WHERE o.offer_reference IN ('book', 'pass', 'base')), 'base false, book false, pass true', 'unless the offer says otherwise');

-- Lines of an order of two merchants.
INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, unit_amount, line_amount)
SELECT o.customer_reference, o.order_id, 2, f.offer_id, f.merchant_id, 1, 1000, 1000
  FROM offerengine.sales_order o, offerengine.offer f WHERE o.customer_reference = 'bert' AND f.offer_reference = 'guest-book';
CREATE ROLE t_house; CREATE ROLE t_guest; CREATE ROLE t_both; CREATE ROLE t_operator;
SELECT offerengine.grant_access('t_house', 'merchant', 'p-house'), offerengine.grant_access('t_guest', 'merchant', 'p-guest'),
       offerengine.grant_access('t_both', 'merchant', 'p-guest'), offerengine.grant_access('t_both', 'merchant', 'p-house'), offerengine.grant_access('t_operator', 'operator') \g /dev/null
CREATE FUNCTION pg_temp.seen(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM set_config('role', role, true);
    EXECUTE statement INTO answer;
    PERFORM set_config('role', 'none', true);
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
SELECT is(pg_temp.seen(r.role, 'SELECT string_agg(line_no::text, '' '' ORDER BY line_no) FROM offerengine.order_line WHERE customer_reference = ''bert'''), r.lines, r.role)
  FROM (VALUES ('t_house', '1'), ('t_guest', '2'), ('t_both', '1 2'), ('t_operator', '1 2')) AS r (role, lines);
SELECT is(pg_temp.seen('t_guest', s), '42501', s)
  FROM unnest('{SELECT redirected_from FROM offerengine.order_line,SELECT message FROM offerengine.order_line,SELECT count(*) FROM offerengine.sales_order,
                UPDATE offerengine.order_line SET quantity_shipped = 1,SELECT count(*) FROM offerengine.order_event}'::text[]) AS s;

SELECT * FROM finish();
ROLLBACK;
