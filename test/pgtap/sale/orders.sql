-- What orders(), order_items() and order_shipments() tell a customer of what was ordered, and nobody of another's orders.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

SELECT pg_temp.live('anna', '{buy base 2025-01-10,buy reg 2025-01-20 x2,buy book 2025-03-01 x10,buy pass 2025-02-01,import foreign-pass X 2025-01-05 2025-02-05}') \g /dev/null
UPDATE offerengine.sales_order o SET status = 7.1, order_type = 14, placed_at = '2025-01-05Z'
 WHERE o.customer_reference = 'anna' AND o.external_reference = 'X';
-- A second line of another merchant.
INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, unit_amount, line_amount, note)
SELECT l.customer_reference, l.order_id, n.line_no, o.offer_id, o.merchant_id, 3, 1000, 3000, 'gift'
  FROM offerengine.order_line l, offerengine.offer o, (VALUES (3), (2)) AS n (line_no)
 WHERE l.customer_reference = 'anna' AND l.offer_id = pg_temp.offer('book') AND o.offer_reference = 'guest-book';

SELECT pg_temp.same_rows(
    $$ SELECT o.order_reference = o.order_id::text, o.order_type, o.status, o.store, o.currency, o.total_amount, to_char(o.placed_at AT TIME ZONE 'UTC', 'MM-DD HH24:MI'),
              o.lines, o.external_system, o.external_reference FROM offerengine.orders('anna') WITH ORDINALITY AS o ORDER BY o.ordinality $$,
    $$ VALUES (true, 1, NULL::numeric, 'P-DE', 'EUR', 18000, '02-28 23:00', 3, NULL, NULL), (true, 1, NULL, 'P-DE', 'EUR', 500, '01-31 23:00', 1, NULL, NULL),
              (true, 1, NULL, 'P-DE', 'EUR', 600, '01-19 23:00', 1, NULL, NULL), (true, 1, NULL, 'P-DE', 'EUR', 2000, '01-09 23:00', 1, NULL, NULL),
              (true, 14, 7.1, 'P-DE', 'EUR', 0, '01-05 00:00', 1, 'sys', 'X') $$, 'the newest first');
SELECT pg_temp.same_rows(
    $$ SELECT i.line_no, i.offer_reference, i.sku, i.title, i.merchant_reference, i.quantity, i.unit_amount, i.line_amount, i.currency, i.price_source,
              i.redirected_from, i.message, i.subscription_id = pg_temp.sub('anna', i.offer_reference), i.starts_on, i.ends_on, i.note
         FROM offerengine.orders('anna') WITH ORDINALITY AS o,
              offerengine.order_items('anna', o.order_id) WITH ORDINALITY AS i ORDER BY o.ordinality, i.ordinality $$,
    $$ VALUES (1, 'book', 'P-BOOK', 'The book', 'p-house', 10, 1800, 18000, 'EUR', 'offer', NULL, NULL, NULL::boolean, NULL::date, NULL::date, NULL),
              (2, 'guest-book', 'P-BOOK', 'A book', 'p-guest', 3, 1000, 3000, 'EUR', NULL, NULL, NULL, NULL, NULL, NULL, 'gift'),
              (3, 'guest-book', 'P-BOOK', 'A book', 'p-guest', 3, 1000, 3000, 'EUR', NULL, NULL, NULL, NULL, NULL, NULL, 'gift'),
              (1, 'pass', 'P-PAPER', 'The paper', 'p-house', 1, 500, 500, 'EUR', 'offer', NULL, NULL, NULL, '2025-02-01', NULL, NULL),
              (1, 'adv', 'P-DIGITAL', 'The paper, digital', 'p-house', 2, 300, 600, 'EUR', 'price_sheet', 'reg', 'you read the paper', true, NULL, NULL, NULL),
              (1, 'base', 'P-PAPER', 'The paper', 'p-house', 1, 2000, 2000, 'EUR', 'price_sheet', NULL, NULL, true, NULL, NULL, NULL),
              (1, 'foreign-pass', 'P-PAPER', 'The paper', 'p-house', 1, NULL, NULL, 'EUR', NULL, NULL, NULL, NULL, '2025-01-05', '2025-02-05', NULL) $$, 'line by line');
SELECT pg_temp.same_rows(
    $$ SELECT s.merchant_reference, s.lines, s.quantity, s.amount FROM offerengine.orders('anna') AS o, offerengine.order_shipments('anna', o.order_id) WITH ORDINALITY AS s
        WHERE o.lines = 3 ORDER BY s.ordinality $$,
    $$ VALUES ('p-guest', 2, 6, 6000), ('p-house', 1, 10, 18000) $$, 'merchant by merchant');

SELECT is_empty(format('SELECT FROM offerengine.%s', c.call), c.call)
  FROM (SELECT o.order_id FROM offerengine.orders('anna') o LIMIT 1) AS o,
       LATERAL (VALUES ('orders(''nobody we know'')'), ('orders(NULL)'), ('order_items(''anna'', NULL)'), ('order_shipments(''anna'', NULL)'),
                       (format('order_items(''bert'', %L)', o.order_id)), (format('order_items(NULL, %L)', o.order_id)),
                       (format('order_shipments(''bert'', %L)', o.order_id)), (format('order_shipments(NULL, %L)', o.order_id))) AS c (call);

SELECT * FROM finish();
ROLLBACK;
