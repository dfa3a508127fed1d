-- Every statement that writes a row reads the conditions of its table from their text, word by word: of the tables that a purchase
-- writes these are short. The size is of the text as it is stored, and the bounds leave room for a tenth more.
BEGIN;
SELECT no_plan();
CREATE TEMP VIEW condition AS
SELECT c.conrelid::regclass::text AS relation, c.conname, length(c.conbin::text) AS size, pg_get_constraintdef(c.oid) AS says
  FROM pg_constraint c WHERE c.contype = 'c' AND c.connamespace = 'offerengine'::regnamespace;
SELECT cmp_ok(max(c.size), '<=', 3400, 'what may be a code') FROM condition c WHERE c.conname LIKE '%\_code';
SELECT cmp_ok(max(c.size), '<=', 2700, 'what may be a title') FROM condition c WHERE c.conname LIKE '%\_title';
SELECT cmp_ok((SELECT sum(c.size) FROM condition c WHERE c.relation = 'offerengine.' || w.relation)::integer, '<=', w.most, w.relation)
  FROM (VALUES ('customer_timeline', 9800), ('sales_order', 20200), ('order_line', 10800), ('order_event', 7900), ('stock_order', 7400),
               ('stock_hold', 5200), ('cart', 8700), ('cart_line', 9200), ('loyalty_outbox', 10900)) AS w (relation, most);
-- A list that is written with IN is an expression of as many constants, worked out by each statement anew.
SELECT is_empty($$SELECT c.relation, c.conname FROM condition c
                   WHERE c.says LIKE '%ARRAY[%' AND c.relation ~ '^offerengine.(customer_|sales_order|order_|subscription|stock_|cart|loyalty_)'$$,
                'lists of values are one constant');
SELECT * FROM finish();
ROLLBACK;
