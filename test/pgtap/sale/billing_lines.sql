-- What is sold once is charged once: one-off lines beside accounting periods, marked, changed since, settled.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

SELECT offerengine.put_offer('invoiced-book', 'P-BOOK', 'p-house', '{P-DE}', management => 'externally_invoiced'), offerengine.set_price('P-DE', 'EUR', NULL, 300, offer_reference => 'invoiced-book'),
       offerengine.approve_offer('invoiced-book'), offerengine.set_price('P-DE', 'EUR', NULL, 0, offer_reference => 'guest-book') \g /dev/null
CREATE FUNCTION pg_temp.id(n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-7000-8000-' || lpad($1::text, 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.buy(customer text, n integer, offer text, quantity integer, at timestamptz, price_mode text DEFAULT 'gross') RETURNS void LANGUAGE sql AS $$
    SELECT offerengine.purchase($1, $3, 'P-DE', 'EUR', quantity => $4, price_mode => $6, order_id => pg_temp.id($2), at => $5)
$$;
-- A customer's lines and periods from a day to a day.
CREATE FUNCTION pg_temp.billed(customer text, from_date date DEFAULT '2025-01-01', to_date date DEFAULT '2026-01-01') RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', coalesce(right(b.order_id::text, 2) || '/' || b.line_no, 'S'), b.offer_reference, b.offer_type, to_char(lower(b.period), 'MM-DD') || '..' || to_char(upper(b.period), 'MM-DD'),
                                b.quantity || 'x' || b.amount, b.line_amount, coalesce(b.net_amount::text, '-') || '/' || coalesce(b.gross_amount::text, '-'), CASE WHEN b.invoiced THEN 'invoiced' END),
                      ', ' ORDER BY b.ordinality)
      FROM offerengine.billing_schedule($2, $3, customer_reference => $1) WITH ORDINALITY AS b
$$;
CREATE FUNCTION pg_temp.differs(customer text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', right(d.order_id::text, 2) || '/' || d.line_no, to_char(d.period_start, 'MM-DD'), d.invoice_reference, d.invoiced_amount, coalesce(d.due_amount::text, '?'), coalesce(d.difference::text, '?'),
                                nullif(d.settled_amount, 0), d.currency_code, d.subscription_id), ', ' ORDER BY d.order_id, d.line_no)
      FROM offerengine.billing_difference d WHERE d.customer_reference = $1
$$;
CREATE FUNCTION pg_temp.short(statement text) RETURNS text LANGUAGE sql AS
    $$ SELECT replace(regexp_replace(pg_temp.outcome($1), '00000000-0000-7000-8000-0000000000', ''), '  ', ' ') $$;
CREATE FUNCTION pg_temp.mark(customer text, n integer, line integer, invoice text, day date DEFAULT NULL) RETURNS text LANGUAGE sql AS
    $$ SELECT pg_temp.short(format('SELECT ''marked'' || offerengine.billing_mark(%L, NULL, %L, %L, %L, %L)', $1, $5, $4, pg_temp.id($2), $3)) $$;
CREATE FUNCTION pg_temp.settle(customer text, n integer, line integer, amount bigint, document text) RETURNS text LANGUAGE sql AS
    $$ SELECT pg_temp.short(format('SELECT ''settled'' || offerengine.billing_settle(%L, NULL, NULL, %L, %L, %L, %L)', $1, $4, $5, pg_temp.id($2), $3)) $$;

-- What is listed, and when: on the day on which it was placed, in the store.
SELECT pg_temp.buy('anna', 1, 'book', 3, '2025-01-10 12:00+00'), pg_temp.buy('anna', 2, 'book', 10, '2025-01-31 23:30+00', 'net'), pg_temp.buy('anna', 3, 'pass', 1, '2025-02-01 12:00+00'),
       pg_temp.buy('anna', 4, 'guest-book', 2, '2025-02-02 12:00+00'), pg_temp.buy('anna', 5, 'invoiced-book', 1, '2025-02-02 12:00+00'),
       pg_temp.buy('anna', 6, 'base', 1, '2025-01-20 12:00+00'),
       offerengine.import_order('anna', 'erp', 'X', 'foreign-book', 'P-DE', 'EUR', unit_amount => 100, placed_at => '2025-01-10 12:00+00') \g /dev/null
SELECT is(pg_temp.billed('anna', '2025-01-01', '2025-02-03'),
          'S base subscription 01-20..02-20 1x2000 2000 1800/2000, 01/1 book product 01-10..01-11 3x2000 6000 1700/2000, 02/1 book product 02-01..02-02 10x1500 15000 1500/1800, '
          '03/1 pass time_pass 02-01..02-02 1x500 500 -/500, 04/1 guest-book product 02-02..02-03 2x0 0 -/0', 'lines and periods, of what is invoiced here');
SELECT is(pg_temp.billed('anna', c.from_date::date, c.to_date::date), c.answer, c.from_date || ' to ' || c.to_date) FROM (VALUES
    ('2025-01-31', '2025-02-01', NULL), ('2025-01-10', '2025-01-11', '01/1 book product 01-10..01-11 3x2000 6000 1700/2000'), ('2025-01-09', '2025-01-10', NULL), ('2025-01-11', '2025-01-20', NULL),
    ('2025-02-02', '2025-02-03', '04/1 guest-book product 02-02..02-03 2x0 0 -/0')) AS c (from_date, to_date, answer);
SELECT pg_temp.buy('zoe', 8, 'book', 1, '2025-01-10 12:00+00') \g /dev/null
SELECT is(pg_temp.billed('zoe', c.from_date::date, c.to_date::date), NULL, c.from_date || ' to ' || c.to_date)
  FROM (VALUES ('4713-01-01 BC', '4710-01-01 BC'), ('5874897-01-01', '5874897-12-31'), ('294270-01-01', '294277-01-01')) AS c (from_date, to_date);
SELECT is((SELECT string_agg(b.offer_reference, ' ' ORDER BY b.offer_reference) FROM offerengine.billing_schedule('2025-01-01', '2026-01-01', 'anna', c.merchant, c.offer) AS b
            WHERE b.subscription_id IS NULL), c.answer, concat_ws(' ', c.merchant, c.offer))
  FROM (VALUES ('p-guest', NULL, 'guest-book'), ('p-house', NULL, 'book book pass'), (NULL, 'pass', 'pass'), ('p-guest', 'pass', NULL), ('nobody', NULL, NULL)) AS c (merchant, offer, answer);
SELECT pg_temp.same_rows(
    $$ SELECT b.offer_reference, b.period_start, b.period_end, b.quantity, b.unit_amount, b.total_amount, b.total_value, b.line_no, b.is_invoiced
         FROM offerengine.billing_period b WHERE b.customer_reference = 'anna' AND b.order_id IN (pg_temp.id(1), pg_temp.id(4), pg_temp.id(5)) ORDER BY 1 $$,
    $$ VALUES ('book', date '2025-01-10', date '2025-01-11', 3, 2000::bigint, 6000::bigint, 60.00, 1, false), ('guest-book', '2025-02-02', '2025-02-03', 2, 0, 0, 0.00, 1, false) $$, 'the view has them too');
-- A document from elsewhere, and a return, are no lines to be charged.
SELECT offerengine.put_order('anna', 'DOC', 1, placed_at => '2025-01-10 12:00+00', currency => 'EUR', store => 'P-DE', lines => '[{"offer_reference": "book", "quantity": 1, "unit_amount": 2000}]') \g /dev/null
SELECT offerengine.return_order('anna', pg_temp.id(2), '[{"line_no": 1, "quantity": 4}]', key => 'r') \g /dev/null
SELECT is((SELECT string_agg(DISTINCT b.order_id::text, ' ') FROM offerengine.billing_schedule('2025-01-01', '2034-01-01', 'anna') b
            WHERE b.subscription_id IS NULL AND b.order_id NOT IN (pg_temp.id(1), pg_temp.id(2), pg_temp.id(3), pg_temp.id(4))), NULL, 'neither documents nor returns');
SELECT is(pg_temp.billed('anna', '2025-02-01', '2025-02-02'), '02/1 book product 02-01..02-02 6x1500 9000 1500/1800, 03/1 pass time_pass 02-01..02-02 1x500 500 -/500',
          'what came back before the invoice is not charged');

-- Marked: once, with one invoice.
SELECT is(pg_temp.mark(c.customer, c.n, c.line, c.invoice, c.day::date), c.answer, concat_ws(' ', c.customer, c.n, c.line, c.invoice, c.day)) FROM (VALUES
    ('anna', 1, 1, 'I-1', NULL, 'marked'), ('anna', 1, 1, 'I-1', NULL, 'marked'), ('anna', 1, 1, 'I-1', '2025-01-10', 'marked'),
    ('anna', 1, 1, 'I-2', NULL, 'OE013 line 1 of order 01 is on invoice "I-1"'),
    ('anna', 1, 1, 'I-1', '2025-01-11', 'OE020 line 1 of order 01 is charged on 2025-01-10, not on 2025-01-11'),
    ('anna', 1, 2, 'I-1', NULL, 'OE020 order 01 of customer "anna" has no line 2'),
    ('anna', 99, 1, 'I-1', NULL, 'OE020 customer "anna" has no order 99'), ('bert', 1, 1, 'I-1', NULL, 'OE020 customer "bert" has no order 01'),
    ('anna', 2, 1, 'I-1', '2025-02-01', 'marked'), ('anna', 4, 1, 'I-1', NULL, 'marked'),
    ('anna', 5, 1, 'I-1', NULL, 'OE011 offer "invoiced-book" does not allow operation "invoice" through channel "backend": no offer that is externally_invoiced allows invoice'),
    ('anna', 3, 1, NULL, NULL, '22004 invoice_reference must not be NULL'), ('anna', 3, NULL, 'I-1', NULL, '22004 order_id and line_no must not be NULL'),
    (NULL, 3, 1, 'I-1', NULL, '22004 customer_reference must not be NULL')) AS c (customer, n, line, invoice, day, answer);
SELECT is(left(pg_temp.mark('anna', 3, 1, ' '), 25), '22023 invoice_reference "', 'an invoice has a reference');
SELECT is(regexp_replace(pg_temp.mark('anna', 6, 1, 'I-1'), '[0-9a-f]{8}-[0-9a-f-]{27}', 'S'), 'OE051 line 1 of order 06 is that of subscription S, which is charged by periods', 'a subscription');
SELECT is(pg_temp.outcome(format('SELECT offerengine.billing_mark(''anna'', NULL, NULL, ''I'', %L, 1)', o.order_id)), format('OE051 order %s of customer "anna" is a document that is not invoiced here', o.order_id), o.origin)
  FROM offerengine.sales_order o WHERE o.customer_reference = 'anna' AND o.origin IN ('document', 'return');
SELECT is(regexp_replace(pg_temp.short(format('SELECT offerengine.billing_mark(''anna'', %L, ''2025-01-20'', ''I'', %L, 1)', pg_temp.sub('anna', 'base'), pg_temp.id(1))), '[0-9a-f]{8}-[0-9a-f-]{27}', 'S'),
          '22023 subscription S and line 1 of order 01 are named together', 'one or the other');
SELECT is(pg_temp.outcome('SELECT offerengine.billing_mark(''anna'', NULL, ''2025-01-20'', ''I'')'), '22004 customer_reference and subscription_id must not be NULL', 'neither');
SELECT pg_temp.same_rows($$ SELECT right(i.order_id::text, 2), i.invoice_reference, i.amount, i.quantity, i.other_amount, i.line_amount FROM offerengine.order_line_invoice i ORDER BY 1 $$,
    $$ VALUES ('01', 'I-1', 2000, 3, 1700, 6000), ('02', 'I-1', 1500, 6, 1800, 9000), ('04', 'I-1', 0, 2, NULL, 0) $$, 'what is marked');
SELECT is(pg_temp.differs('anna'), NULL, 'what is invoiced is what is due');

-- What comes after the invoice: pieces cancelled and returned are given back, once.
SELECT count(*) FROM offerengine.cancel_order('anna', pg_temp.id(1), 1, 1) \g /dev/null
SELECT is(pg_temp.differs('anna'), '01/1 01-10 I-1 6000 4000 -2000 EUR', 'one is cancelled');
SELECT offerengine.return_order('anna', pg_temp.id(1), '[{"line_no": 1, "quantity": 1}]', key => 'a') \g /dev/null
SELECT offerengine.return_order('anna', pg_temp.id(1), '[{"line_no": 1, "quantity": 1}]', key => 'a') \g /dev/null
SELECT is(pg_temp.differs('anna'), '01/1 01-10 I-1 6000 2000 -4000 EUR', 'one is cancelled, one is back');
SELECT is(pg_temp.billed('anna', '2025-01-10', '2025-01-11'), '01/1 book product 01-10..01-11 3x2000 6000 1700/2000 invoiced', 'the schedule shows it as it was invoiced');
SELECT is(pg_temp.settle(c.customer, c.n, c.line, c.amount, c.document), c.answer, concat_ws(' ', c.n, c.line, c.amount, c.document)) FROM (VALUES
    ('anna', 1, 1, -2000, 'C-1', 'settled'), ('anna', 1, 1, -2000, 'C-1', 'settled'), ('anna', 1, 1, -1999, 'C-1', 'OE013 document "C-1" of line 1 of order 01 is over -2000'),
    ('anna', 1, 1, -2000, 'I-1', 'OE013 document "I-1" of line 1 of order 01 is its invoice'), ('anna', 1, 1, 0, 'C-2', '22023 an amount of 0 settles nothing'),
    ('anna', 1, 1, NULL, 'C-2', '22004 amount and invoice_reference must not be NULL'), ('anna', 3, 1, 1, 'C-2', 'OE020 line 1 of order 03 is on no invoice'),
    ('anna', 1, 1, -9223372036854775808, 'C-2', '22003 the sum -9223372036854777808 is more than an amount can say'),
    ('bert', 1, 1, 1, 'C-2', 'OE020 customer "bert" has no order 01')) AS c (customer, n, line, amount, document, answer);
SELECT is(pg_temp.differs('anna'), '01/1 01-10 I-1 6000 2000 -2000 -2000 EUR', 'settled in part');
SELECT is(pg_temp.settle('anna', 1, 1, -2000, 'C-2'), 'settled', 'the rest');
SELECT is(pg_temp.differs('anna'), NULL, 'all is settled');
SELECT offerengine.return_order('anna', pg_temp.id(1), NULL, key => 'b') \g /dev/null
SELECT is(pg_temp.differs('anna'), '01/1 01-10 I-1 6000 0 -2000 -4000 EUR', 'the last comes back, too');
-- All gone before the invoice: nothing is charged, now or later.
SELECT count(*) FROM offerengine.cancel_order('anna', pg_temp.id(3)) \g /dev/null
SELECT pg_temp.buy('anna', 7, 'book', 2, '2025-03-01 12:00+00') \g /dev/null
SELECT count(*) FROM offerengine.cancel_order('anna', pg_temp.id(7)) \g /dev/null
SELECT is(pg_temp.billed('anna', '2025-03-01', '2025-03-02'), NULL, 'nothing is left of it');
SELECT is(pg_temp.mark('anna', 7, 1, 'I-3'), 'OE020 no piece of line 1 of order 07 is left to be charged', 'and none is invoiced');

-- Many at once, periods and lines alike: what the schedule says is what is marked.
SELECT pg_temp.buy('carl', 11, 'book', 1, '2025-01-10 12:00+00'), pg_temp.buy('carl', 12, 'base', 1, '2025-01-10 12:00+00') \g /dev/null
SELECT is((SELECT string_agg(m.outcome, ' ' ORDER BY m."position")
             FROM offerengine.billing_mark((SELECT jsonb_agg(jsonb_build_object('customer_reference', b.customer_reference, 'subscription_id', b.subscription_id, 'period_start', lower(b.period),
                                                                                'invoice_reference', 'M', 'order_id', b.order_id, 'line_no', b.line_no))
                                              FROM offerengine.billing_schedule('2025-01-10', '2025-02-11', 'carl') b)) AS m), 'done done done', 'three');
SELECT is((SELECT string_agg(m.outcome, ' ' ORDER BY m."position")
             FROM offerengine.billing_mark((SELECT jsonb_agg(jsonb_build_object('customer_reference', b.customer_reference, 'subscription_id', b.subscription_id, 'period_start', lower(b.period),
                                                                                'invoice_reference', 'M', 'order_id', b.order_id, 'line_no', b.line_no))
                                              FROM offerengine.billing_schedule('2025-01-10', '2025-02-11', 'carl') b)) AS m), 'already already already', 'again');
SELECT is((SELECT count(*) FROM offerengine.billing_schedule('2025-01-10', '2025-02-11', 'carl') b WHERE b.invoiced), 3::bigint, 'all are invoiced');
SELECT is((SELECT string_agg(concat_ws(' ', m.outcome, m.error_code, m.detail, m.line_no), ' / ' ORDER BY m."position") FROM offerengine.billing_mark(c.marks::jsonb) AS m), c.answer, c.marks)
  FROM (VALUES ('[{"customer_reference": "carl", "order_id": "00000000-0000-7000-8000-000000000011", "line_no": "1", "invoice_reference": "M"}]', 'refused 22023 unknown or malformed "line_no": "1" 1'),
               ('[{"customer_reference": "carl", "order_id": "11", "line_no": 1, "invoice_reference": "M"}]', 'refused 22023 unknown or malformed "order_id": "11" 1'),
               ('[{"customer_reference": "carl", "line_no": 1, "invoice_reference": "M"}]', 'refused 22004 order_id and line_no must not be NULL 1')) AS c (marks, answer);

-- Sums: what was invoiced and what is still to be settled are what is due, whatever becomes of the pieces.
SELECT setseed(0.42) \g /dev/null
SELECT pg_temp.buy('sums', 20 + n, 'book', 1 + (random() * 8)::integer, '2025-04-01 12:00+00') FROM generate_series(1, 30) n \g /dev/null
DO $$
DECLARE
    n integer;
BEGIN
    FOR i IN 1 .. 150 LOOP
        n := 21 + floor(random() * 30)::integer;
        BEGIN
            CASE floor(random() * 4)::integer
                WHEN 0 THEN PERFORM offerengine.cancel_order('sums', pg_temp.id(n), 1, 1 + floor(random() * 2)::integer);
                WHEN 1 THEN PERFORM offerengine.return_order('sums', pg_temp.id(n), jsonb_build_array(jsonb_build_object('line_no', 1, 'quantity', 1 + floor(random() * 2)::integer)), key => i::text);
                WHEN 2 THEN PERFORM offerengine.billing_mark('sums', NULL, NULL, 'I' || n, pg_temp.id(n), 1);
                ELSE PERFORM offerengine.billing_settle('sums', NULL, NULL, d.difference, 'C' || i, d.order_id, d.line_no)
                        FROM (SELECT * FROM offerengine.billing_difference d WHERE d.customer_reference = 'sums' AND d.order_id = pg_temp.id(n)) AS d;
            END CASE;
        EXCEPTION WHEN SQLSTATE 'OE050' OR SQLSTATE 'OE020' THEN NULL;
        END;
    END LOOP;
END
$$;
SELECT cmp_ok((SELECT count(*) FROM offerengine.order_line_settlement t WHERE t.customer_reference = 'sums'), '>', 3::bigint, 'some are settled');
SELECT is_empty($$ SELECT l.order_id
                     FROM offerengine.order_line l
                     JOIN offerengine.order_line_invoice i USING (customer_reference, order_id, line_no)
                     LEFT JOIN offerengine.billing_difference d USING (customer_reference, order_id, line_no)
                    WHERE l.customer_reference = 'sums'
                      AND i.line_amount + coalesce((SELECT sum(t.amount) FROM offerengine.order_line_settlement t WHERE t.order_id = l.order_id), 0) + coalesce(d.difference, 0)
                          <> l.unit_amount * (l.quantity - l.quantity_cancelled - l.quantity_returned) $$, 'invoiced, settled and different is what is due');

SELECT * FROM finish();
ROLLBACK;
