-- What is charged for which period, what has been invoiced, and who gets what on which day.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

SELECT pg_temp.sell('steps', 0, '2 weeks', '1 week', '0', '2 weeks'), pg_temp.sell('steps-2', 1200, '3 months', '1 month', '14 days'),
       offerengine.set_offer_steps('steps', '{p-steps,p-steps-2}'), pg_temp.sell('year', 9000, '1 year', '1 year', '0'),
       pg_temp.sell('invoiced', 700, management => 'externally_invoiced'),
       pg_temp.sell('adv-r', 100), pg_temp.sell('reg-r', 200), pg_temp.rule('anew', 'BASE', 'adv-r', 'reg-r', 'restart_period'),
       pg_temp.sell('adv-w', 50, '1 week', '1 week', '0'), pg_temp.sell('reg-w', 400), pg_temp.rule('weeks', 'BASE', 'adv-w', 'reg-w') \g /dev/null

-- A customer's periods from a day to a day: "offer first..last amount".
CREATE FUNCTION pg_temp.billed(customer text, from_date date, to_date date) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', o.offer_reference, to_char(lower(b.period), 'MM-DD') || '..' || to_char(upper(b.period), 'MM-DD'), b.amount,
                                nullif(b.quantity || ' x', '1 x'), nullif(b.currency, 'EUR'), CASE WHEN b.invoiced THEN 'invoiced' END),
                      ', ' ORDER BY lower(b.period), o.offer_reference)
      FROM offerengine.billing_schedule($2, $3) AS b
      JOIN offerengine.subscription s ON s.customer_reference = b.customer_reference AND s.subscription_id = b.subscription_id
      JOIN offerengine.offer o ON o.offer_id = s.offer_id
     WHERE b.customer_reference = $1
$$;
SELECT pg_temp.live(c.customer, string_to_array(c.deeds, ', ')) FROM (VALUES
    ('base',      'buy base 2025-01-31 x2'),
    ('cancelled', 'buy base 2025-01-10, cancel base 2025-03-01'),
    ('date',      'buy base 2025-01-10, cancel base 2025-01-15 at 2025-03-11'),
    ('boundary',  'buy base 2025-01-10, cancel base 2025-03-10 immediate'),
    ('never',     'buy base 2025-01-10 at 2025-01-01, cancel base 2025-01-05 immediate'),
    ('finite',    'buy finite 2025-01-10'),
    ('steps',     'buy steps 2025-01-20'),
    ('year',      'buy year 2024-02-29'),
    ('switch',    'buy base 2025-01-10, buy adv 2025-01-31, cancel base 2025-02-05'),
    ('no switch', 'buy base 2025-01-10, buy adv 2025-01-31, cancel base 2025-02-05, withdraw base 2025-02-06'),
    ('grid',      'buy base 2025-01-10, buy adv-w 2025-01-20, cancel base 2025-02-05 immediate'),
    ('anew',      'buy base 2025-01-10, buy adv-r 2025-01-20, cancel base 2025-02-25 immediate'),
    ('others',    'import foreign X 2025-01-10 -, buy invoiced 2025-01-10, buy book 2025-01-10, buy pass 2025-01-10'),
    ('future',    'buy base 2100-01-10, buy adv 2100-01-20, cancel base 2100-02-01')) AS c (customer, deeds) \g /dev/null
SELECT is(pg_temp.billed(c.customer, c.from_date::date, c.to_date::date), c.periods, format('%s from %s to %s', c.customer, c.from_date, c.to_date))
  FROM (VALUES
    ('base', '2025-01-31', '2025-05-01', 'base 01-31..02-28 2000 2 x, base 02-28..03-31 2000 2 x, base 03-31..04-30 2000 2 x, base 04-30..05-31 2000 2 x'),
    ('base', '2025-02-01', '2025-04-30', 'base 02-28..03-31 2000 2 x, base 03-31..04-30 2000 2 x'),
    ('base', '2025-02-28', '2025-03-01', 'base 02-28..03-31 2000 2 x'),
    ('base', '2025-03-01', '2025-03-31', NULL),
    ('base', '2025-01-01', '2025-01-31', NULL),
    ('base', '2025-02-28', '2025-02-28', NULL),
    ('base', '2025-05-01', '2025-01-01', NULL),
    ('cancelled', '2025-01-01', '2026-01-01', 'base 01-10..02-10 2000, base 02-10..03-10 2000'),
    ('date', '2025-01-01', '2026-01-01', 'base 01-10..02-10 2000, base 02-10..03-10 2000, base 03-10..04-10 2000'),
    ('boundary', '2025-01-01', '2026-01-01', 'base 01-10..02-10 2000, base 02-10..03-10 2000'),
    ('never', '2025-01-01', '2026-01-01', NULL),
    ('finite', '2025-01-01', '2026-01-01', 'finite 01-10..02-10 1800, finite 02-10..03-10 1800, finite 03-10..04-10 1800'),
    ('steps', '2025-01-01', '2025-04-03', 'steps 01-20..01-27 0, steps 01-27..02-03 0, steps 02-03..03-03 1200, steps 03-03..04-03 1200'),
    ('steps', '2025-01-21', '2025-02-04', 'steps 01-27..02-03 0, steps 02-03..03-03 1200'),
    ('year', '2024-01-01', '2028-12-31', 'year 02-29..02-28 9000, year 02-28..02-28 9000, year 02-28..02-28 9000, year 02-28..02-29 9000, year 02-29..02-28 9000'),
    ('switch', '2025-02-01', '2025-04-01', 'reg 02-28..03-31 800, reg 03-31..04-30 800'),
    ('switch', '2025-01-01', '2025-02-28', 'base 01-10..02-10 2000, adv 01-31..02-28 300'),
    ('no switch', '2025-02-10', '2025-03-10', 'base 02-10..03-10 2000, adv 02-28..03-31 300'),
    ('grid', '2025-01-20', '2025-04-01', 'adv-w 01-20..01-27 50, adv-w 01-27..02-03 50, adv-w 02-03..02-10 50, reg-w 02-10..03-10 400, reg-w 03-10..04-10 400'),
    ('anew', '2025-01-20', '2025-05-01', 'adv-r 01-20..02-20 100, base 02-10..03-10 2000, adv-r 02-20..03-20 100, adv-r 02-25..03-25 100, reg-r 03-25..04-25 200, reg-r 04-25..05-25 200'),
    ('others', '2025-01-01', '2026-01-01', NULL),
    ('future', '2100-01-01', '2100-04-01', 'base 01-10..02-10 2000, adv 01-20..02-20 300, reg 02-20..03-20 800, reg 03-20..04-20 800')) AS c (customer, from_date, to_date, periods);

-- By customer, subscription and period, in the order of codes whatever the collation.
SELECT results_eq(
    $$ SELECT b.customer_reference || ' ' || b.period FROM offerengine.billing_schedule('2025-01-01', '2025-04-01') WITH ORDINALITY AS b ORDER BY b.ordinality $$,
    $$ SELECT b.customer_reference || ' ' || b.period FROM offerengine.billing_schedule('2025-01-01', '2025-04-01') AS b
        ORDER BY b.customer_reference COLLATE "C", b.subscription_id, b.period $$, 'in order');
SELECT is(pg_temp.outcome(format('SELECT offerengine.billing_schedule(%s)', c.days)), c.answer, c.days)
  FROM (VALUES ($$NULL, '2025-01-01'$$, '22004 from_date and to_date must not be NULL'), ($$'2025-01-01', NULL$$, '22004 from_date and to_date must not be NULL'),
               ($$'2025-01-01', 'infinity'$$, '22023 a schedule has a first and a last day: 2025-01-01 and infinity are none'),
               ($$'2025-01-01', '2035-01-10'$$, '22023 3661 days are more than a schedule has'),
               ($$'4713-01-01 BC', '5874897-12-31'$$, '22023 2147483455 days are more than a schedule has'),
               ($$'-infinity', '2025-01-01'$$, '22023 a schedule has a first and a last day: -infinity and 2025-01-01 are none')) AS c (days, answer);

-- Raised for periods that begin on the day or later.
SELECT pg_temp.ask('base', '* 2000 2020-01-01', '* 2200 2025-03-01 2025-03-31') \g /dev/null
SELECT is(pg_temp.billed('base', '2025-02-01', '2025-05-01'), 'base 02-28..03-31 2000 2 x, base 03-31..04-30 2200 2 x, base 04-30..05-31 2200 2 x', 'raised');

-- Marked: once, by the first day of a period, with one invoice.
CREATE FUNCTION pg_temp.mark(customer text, named text, period_start text, invoice text) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(pg_temp.outcome(format('SELECT ''marked'' || offerengine.billing_mark(%L, %L, %L, %L)', $1, pg_temp.sub($1, $2), $3, $4)),
                          '[0-9a-f]{8}-[0-9a-f-]{27}', 'S')
$$;
SELECT is(pg_temp.mark(c.customer, c.named, c.period_start, c.invoice), c.answer, concat_ws(' ', c.customer, c.named, c.period_start, c.invoice))
  FROM (VALUES
    ('base',   'base', '2025-02-28', 'R-1', 'marked'),
    ('base',   'base', '2025-02-28', 'R-1', 'marked'),
    ('base',   'base', '2025-02-28', 'R-2', 'OE013 the period of subscription S that begins on 2025-02-28 is on invoice "R-1"'),
    ('base',   'base', '2025-03-31', 'R-1', 'marked'),
    ('base',   'base', '2025-03-01', 'R-1', 'OE020 no accounting period of subscription S begins on 2025-03-01'),
    ('base',   'base', '2025-01-30', 'R-1', 'OE020 no accounting period of subscription S begins on 2025-01-30'),
    ('base',   'base', 'infinity',   'R-1', 'OE020 no accounting period of subscription S begins on infinity'),
    ('base',   'base', NULL,         'R-1', '22004 period_start and invoice_reference must not be NULL'),
    ('base',   'base', '2025-04-30', NULL,  '22004 period_start and invoice_reference must not be NULL'),
    ('finite', 'finite', '2025-04-10', 'R-1', 'OE020 no accounting period of subscription S begins on 2025-04-10'),
    ('finite', 'finite', '2025-03-10', 'R-1', 'marked'),
    ('steps',  'steps', '2025-02-03', 'R-1', 'marked'),
    ('steps',  'steps', '2025-02-10', 'R-1', 'OE020 no accounting period of subscription S begins on 2025-02-10'),
    ('switch', 'reg', '2025-02-28', 'R-1', 'marked'),
    ('switch', 'adv', '2025-02-28', 'R-1', 'OE020 no accounting period of subscription S begins on 2025-02-28'),
    ('no switch', 'reg#1', '2025-02-28', 'R-1', 'OE020 no accounting period of subscription S begins on 2025-02-28'),
    ('never',  'base#1', '2025-01-10', 'R-1', 'OE020 no accounting period of subscription S begins on 2025-01-10'),
    ('others', 'foreign', '2025-01-10', 'R-1',
     'OE011 offer "foreign" does not allow operation "invoice" through channel "backend": no offer that is externally_managed allows invoice'),
    ('others', 'invoiced', '2025-01-10', 'R-1',
     'OE011 offer "invoiced" does not allow operation "invoice" through channel "backend": no offer that is externally_invoiced allows invoice'),
    ('base',   'adv', '2025-02-28', 'R-1', '22004 customer_reference and subscription_id must not be NULL')) AS c (customer, named, period_start, invoice, answer);
SELECT is(left(pg_temp.mark('base', 'base', '2025-04-30', c.invoice), 25), '22023 invoice_reference "', c.what)
  FROM (VALUES ('', 'an invoice has a reference'), (repeat('x', 256), 'of at most 255 bytes'), (repeat('x', 3000), 'whatever an index says')) AS c (invoice, what);
SELECT is(pg_temp.outcome(format('SELECT offerengine.billing_mark(''finite'', %L, ''2025-02-28'', ''R'')', pg_temp.sub('base', 'base'))),
          format('OE020 customer "finite" has no subscription %s', pg_temp.sub('base', 'base')), 'of another customer');
SELECT is(pg_temp.outcome(format('SELECT offerengine.billing_mark(NULL, %L, ''2025-02-28'', ''R'')', pg_temp.sub('base', 'base'))),
          '22004 customer_reference must not be NULL', 'of nobody');
SELECT is(pg_temp.billed('base', '2025-01-31', '2025-05-01'),
          'base 01-31..02-28 2000 2 x, base 02-28..03-31 2000 2 x invoiced, base 03-31..04-30 2200 2 x invoiced, base 04-30..05-31 2200 2 x', 'what is invoiced');
SELECT pg_temp.same_rows($$ SELECT i.customer_reference, i.period_start, i.invoice_reference FROM offerengine.subscription_invoice i
                             WHERE i.customer_reference IN ('base', 'steps') ORDER BY 1, 2 $$,
                         $$ VALUES ('base', date '2025-02-28', 'R-1'), ('base', '2025-03-31', 'R-1'), ('steps', '2025-02-03', 'R-1') $$, 'what is marked');

SELECT lives_ok($$SELECT offerengine.billing_schedule('2025-01-01', '2035-01-09')$$, 'ten years at a time');

-- What was invoiced stays; what has become of it since is a difference, until it is settled.
SELECT pg_temp.sell('read', 500), pg_temp.sell('week', 100, '1 week', '1 week', '0') \g /dev/null
SELECT pg_temp.live(c.customer, string_to_array(c.deeds, ', ')) FROM (VALUES
    ('inv', 'buy read 2025-01-10 x2'), ('inv-w', 'buy week 2025-01-06'), ('inv-s', 'import foreign INV 2025-01-01 -, buy adv 2025-01-20')) AS c (customer, deeds) \g /dev/null
SELECT pg_temp.mark('inv', 'read', d, 'I-' || d) FROM unnest('{2025-01-10,2025-02-10,2025-03-10}'::text[]) AS d \g /dev/null
CREATE FUNCTION pg_temp.differs(customer text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', to_char(d.period_start, 'MM-DD'), d.invoice_reference, d.invoiced_amount, coalesce(d.due_amount::text, '?'),
                                coalesce(d.difference::text, '?'), nullif(d.settled_amount, 0)), ', ' ORDER BY d.period_start)
      FROM offerengine.billing_difference d WHERE d.customer_reference = $1
$$;
SELECT is(pg_temp.differs('inv'), NULL, 'what is invoiced is what is due');
SELECT pg_temp.ask('read', '* 500 2020-01-01', '* 600 2025-02-01 2025-03-01') \g /dev/null
SELECT is(pg_temp.differs('inv'), '03-10 I-2025-03-10 1000 1200 200', 'a later price');
SELECT is(pg_temp.billed('inv', '2025-02-01', '2025-05-01'),
          'read 02-10..03-10 500 2 x invoiced, read 03-10..04-10 500 2 x invoiced, read 04-10..05-10 600 2 x', 'the schedule keeps what was invoiced');
SELECT pg_temp.live('inv', '{"set read 2025-02-01 x3 now"}') \g /dev/null
SELECT is(pg_temp.differs('inv'), '02-10 I-2025-02-10 1000 1500 500, 03-10 I-2025-03-10 1000 1800 800', 'a later quantity');
SELECT is(pg_temp.billed('inv', '2025-02-01', '2025-05-01'),
          'read 02-10..03-10 500 2 x invoiced, read 03-10..04-10 500 2 x invoiced, read 04-10..05-10 600 3 x', 'the schedule keeps the pieces');
SELECT is((SELECT string_agg(concat_ws(' ', b.quantity, b.unit_amount, b.total_amount, b.total_value), ', ' ORDER BY b.period_start)
             FROM offerengine.billing_period b WHERE b.customer_reference = 'inv' AND b.period_start BETWEEN '2025-03-01' AND '2025-04-30'),
          '2 500 1000 10.00, 3 600 1800 18.00', 'so does the view');
SELECT is(pg_temp.mark('inv', 'read', '2025-03-10', 'I-2025-03-10'), 'marked', 'marked again');
SELECT is(pg_temp.differs('inv'), '02-10 I-2025-02-10 1000 1500 500, 03-10 I-2025-03-10 1000 1800 800', 'which changes nothing');

CREATE FUNCTION pg_temp.settle(customer text, named text, period_start text, amount bigint, document text) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(pg_temp.outcome(format('SELECT ''settled'' || offerengine.billing_settle(%L, %L, %L, %L, %L)', $1, pg_temp.sub($1, $2), $3, $4, $5)),
                          '[0-9a-f]{8}-[0-9a-f-]{27}', 'S')
$$;
SELECT is(pg_temp.settle(c.customer, c.named, c.period_start, c.amount, c.document), c.answer, concat_ws(' ', c.named, c.period_start, c.amount, left(c.document, 9)))
  FROM (VALUES
    ('inv', 'read', '2025-03-10', 300,  'E-1', 'settled'),
    ('inv', 'read', '2025-03-10', 300,  'E-1', 'settled'),
    ('inv', 'read', '2025-03-10', 301,  'E-1', 'OE013 document "E-1" of the period of subscription S that begins on 2025-03-10 is over 300'),
    ('inv', 'read', '2025-03-10', 300,  'I-2025-03-10', 'OE013 document "I-2025-03-10" of the period of subscription S that begins on 2025-03-10 is its invoice'),
    ('inv', 'read', '2025-02-10', 500,  'E-1', 'settled'),
    ('inv', 'read', '2025-04-10', 500,  'E-1', 'OE020 no invoiced period of subscription S begins on 2025-04-10'),
    ('inv', 'read', 'infinity',   500,  'E-1', 'OE020 no invoiced period of subscription S begins on infinity'),
    ('inv', 'read', '2025-03-10', 0,    'E-2', '22023 an amount of 0 settles nothing'),
    ('inv', 'read', '2025-03-10', NULL, 'E-2', '22004 period_start, amount and invoice_reference must not be NULL'),
    ('inv', 'read', NULL,         1,    'E-2', '22004 period_start, amount and invoice_reference must not be NULL'),
    ('inv', 'read', '2025-03-10', 1,    NULL,  '22004 period_start, amount and invoice_reference must not be NULL'),
    ('inv', 'base', '2025-03-10', 1,    'E-2', '22004 customer_reference and subscription_id must not be NULL'),
    (NULL,  'base', '2025-03-10', 1,    'E-2', '22004 customer_reference must not be NULL'),
    ('inv', 'read', '2025-03-10', 9223372036854775807, 'E-2', '22003 the sum 9223372036854776107 is more than an amount can say'),
    ('others', 'invoiced', '2025-01-10', 1, 'E-2',
     'OE011 offer "invoiced" does not allow operation "invoice" through channel "backend": no offer that is externally_invoiced allows invoice')) AS c (customer, named, period_start, amount, document, answer);
SELECT is(left(pg_temp.settle('inv', 'read', '2025-03-10', 1, c.document), 25), '22023 invoice_reference "', c.what)
  FROM (VALUES ('', 'a document has a reference'), (repeat('x', 256), 'of at most 255 bytes')) AS c (document, what);
SELECT is(pg_temp.outcome(format($$SELECT offerengine.billing_settle('inv-w', %L, '2025-03-10', 1, 'E')$$, pg_temp.sub('inv', 'read'))),
          format('OE020 customer "inv-w" has no subscription %s', pg_temp.sub('inv', 'read')), 'of another customer');
SELECT is(pg_temp.differs('inv'), '03-10 I-2025-03-10 1000 1800 500 300', 'one is settled in part, one is settled');
SELECT is(pg_temp.settle('inv', 'read', '2025-03-10', 500, 'E-3'), 'settled', 'the rest');
SELECT is(pg_temp.differs('inv'), NULL, 'all is settled');
SELECT pg_temp.live('inv', '{"cancel read 2025-03-01 immediate"}') \g /dev/null
SELECT is(pg_temp.differs('inv'), '03-10 I-2025-03-10 1000 0 -1800 800', 'a cancellation: the period falls away, all that was charged is given back');
SELECT is(pg_temp.billed('inv', '2025-02-01', '2025-05-01'), 'read 02-10..03-10 500 2 x invoiced', 'and is in no schedule');
SELECT is(pg_temp.settle('inv', 'read', '2025-03-10', -1800, 'C-1'), 'settled', 'a credit note');
SELECT is(pg_temp.differs('inv'), NULL, 'settled');

-- A period that goes on in other days than were invoiced; a late import, which puts a switch before what was invoiced.
SELECT pg_temp.mark('inv-s', 'adv', d, 'S-' || d) FROM unnest('{2025-01-20,2025-02-20,2025-03-20}'::text[]) AS d \g /dev/null
SELECT is(pg_temp.differs('inv-s'), NULL, 'before the import');
SELECT pg_temp.live('inv-s', '{"told INV 2025-02-15"}') \g /dev/null
SELECT is(pg_temp.course('inv-s'), 'foreign 2025-01-01..2025-02-15, adv 2025-01-20..2025-02-20, reg 2025-02-20..', 'the switch comes before what was invoiced');
SELECT is(pg_temp.differs('inv-s'), '02-20 S-2025-02-20 300 0 -300, 03-20 S-2025-03-20 300 0 -300', 'two periods of the advantage are given back');
SELECT is(pg_temp.billed('inv-s', '2025-02-20', '2025-03-20'), 'reg 02-20..03-20 800', 'and one of the regular offer is charged');
-- Without a price, and beyond what an amount can say.
SELECT pg_temp.ask('week', 'FR 100 2020-01-01') \g /dev/null
SELECT is(pg_temp.mark('inv-w', 'week', '2025-01-06', 'W'), 'marked', 'what was fixed at the purchase is the price');
UPDATE offerengine.subscription_step t SET amount = NULL WHERE t.customer_reference = 'inv-w';
SELECT is(pg_temp.mark('inv-w', 'week', '2025-01-13', 'W'), 'OE009 the period of subscription S that begins on 2025-01-13 has no price', 'without a price nothing is marked');
SELECT is(pg_temp.differs('inv-w'), '01-06 W 100 ? ?', 'a price that is gone is told');
UPDATE offerengine.subscription_step t SET amount = 9223372036854775807 WHERE t.customer_reference = 'inv-w';
UPDATE offerengine.subscription s SET quantity = 2 WHERE s.customer_reference = 'inv-w';
SELECT is(pg_temp.mark('inv-w', 'week', '2025-01-13', 'W'), '22003 2 pieces at 9223372036854775807 each are more than an amount can say', 'too much for an amount');
SELECT is(pg_temp.differs('inv-w'), '01-06 W 100 ? ?', 'is told, too');
UPDATE offerengine.subscription s SET quantity = 1 WHERE s.customer_reference = 'inv-w';
SELECT is(pg_temp.differs('inv-w'), '01-06 W 100 9223372036854775807 9223372036854775707', 'up to the largest');

-- What a schedule says beside it: the offer and its title, whose it is, both modes, the line. Of one customer, merchant or offer.
SELECT offerengine.put_offer('base', title => 'The daily paper'), pg_temp.sell('only-gross', 700), pg_temp.live('lines', '{"buy base 2025-04-10 x3"}') \g /dev/null
SELECT offerengine.put_price_sheet('p-only-gross', prices => '[{"currency": "EUR", "gross_amount": 700}]') \g /dev/null
SELECT offerengine.purchase('lines', 'only-gross', 'P-DE', 'EUR', starts_on => '2025-04-11'),
       offerengine.purchase('lines', 'base', 'P-DE', 'EUR', 'AT', 2, price_mode => 'net', starts_on => '2025-04-12'),
       offerengine.import_order('lines', 'sys', 'LINES', 'foreign', 'P-DE', 'EUR', starts_on => '2025-04-13') \g /dev/null
CREATE FUNCTION pg_temp.lines(rest text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT string_agg(concat_ws('' '', b.offer_reference, b.title, b.merchant_reference, b.price_mode, coalesce(b.net_amount::text, ''-''), '
                   'coalesce(b.gross_amount::text, ''-''), b.quantity, b.line_amount), '' / '' ORDER BY lower(b.period)) '
                   'FROM offerengine.billing_schedule(''2025-04-10'', ''2025-05-01''%s) b WHERE b.customer_reference = ''lines''', $1) INTO answer;
    RETURN answer;
END
$$;
SELECT is(pg_temp.lines(), 'base The daily paper p-house gross 1980 2200 3 6600 / only-gross The paper p-house gross - 700 1 700 / '
                           'base The daily paper p-house net 1980 2200 2 3960', 'offer, title, merchant, both modes, line');
SELECT is(pg_temp.lines(c.rest), c.answer, c.rest)
  FROM (VALUES (', ''lines'', NULL, ''only-gross''', 'only-gross The paper p-house gross - 700 1 700'),
               (', ''base''', NULL), (', ''nobody''', NULL), (', merchant_reference => ''p-guest''', NULL), (', offer_reference => ''Base''', NULL),
               (', merchant_reference => ''p-house'', offer_reference => ''only-gross''', 'only-gross The paper p-house gross - 700 1 700')) AS c (rest, answer);
-- The mode that it was not sold in changes with the price, and stays once it is invoiced.
SELECT pg_temp.mark('lines', 'base#1', '2025-04-10', 'L-1') \g /dev/null
UPDATE offerengine.subscription s SET purchased_on = '2025-04-01' WHERE s.customer_reference = 'lines';
SELECT offerengine.put_price_sheet('p-base', prices => '[{"currency": "EUR", "net_amount": 1980, "gross_amount": 2200},
           {"currency": "EUR", "net_amount": 2000, "gross_amount": 2300, "valid_from": "2025-04-10", "valid_from_existing": "2025-04-10"}]') \g /dev/null
SELECT is(pg_temp.lines(', offer_reference => ''base'''), 'base The daily paper p-house gross 1980 2200 3 6600 / base The daily paper p-house net 2000 2300 2 4000',
          'raised in both modes, but not what is invoiced');
UPDATE offerengine.subscription_step t SET amount = 9223372036854775807, other_amount = NULL
 WHERE t.customer_reference = 'lines' AND t.price_sheet_id = (SELECT h.price_sheet_id FROM offerengine.price_sheet h WHERE h.code = 'p-only-gross');
UPDATE offerengine.subscription s SET quantity = 2 WHERE s.customer_reference = 'lines' AND s.offer_id = pg_temp.offer('only-gross');
SELECT is(pg_temp.lines(', offer_reference => ''only-gross'''), 'only-gross The paper p-house gross - 9223372036854775807 2', 'a line beyond what an amount can say has none');

-- Many are marked at once, each with an outcome in the order of the array; what is refused leaves the others alone.
SELECT pg_temp.live('many 2', '{"buy read 2025-01-10 x2"}'), pg_temp.live('many 1', '{"buy read 2025-01-10"}') \g /dev/null
CREATE FUNCTION pg_temp.marks(VARIADIC marks text[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', o."position", o.outcome, o.error_code, regexp_replace(o.detail, '[0-9a-f]{8}-[0-9a-f-]{27}', 'S')), ' / ' ORDER BY o.ordinality)
      FROM offerengine.billing_mark((
               SELECT jsonb_agg(CASE WHEN m LIKE '%|%' THEN jsonb_strip_nulls(jsonb_build_object('customer_reference', w[1], 'subscription_id',
                                          coalesce(pg_temp.sub(w[1], w[2])::text, w[2]), 'period_start', w[3], 'invoice_reference', w[4]))
                                     ELSE m::jsonb END ORDER BY n)
                 FROM unnest(marks) WITH ORDINALITY AS u (m, n), string_to_array(m, '|', '') AS w)) WITH ORDINALITY AS o
$$;
SELECT is(pg_temp.marks('many 2|read|2025-01-10|M-2', 'many 1|read|2025-01-10|M-1', 'many 2|read|2025-02-10|M-2', 'many 2|read|2025-01-10|M-9',
                        'many 1|read|2025-01-11|M-1', 'many 1|no uuid|2025-01-10|M-1', 'many 1|read|tomorrow|M-1', 'many 1|read|2025-02-30|M-1', 'many 1|read|2025-02-10|',
                        '{"customer": "x"}', '7', 'others|invoiced|2025-01-10|M-1', 'many 1|read|2025-02-10|M-1'),
          '1 done / 2 done / 3 done / 4 refused OE013 the period of subscription S that begins on 2025-01-10 is on invoice "M-2" / '
          '5 refused OE020 no accounting period of subscription S begins on 2025-01-11 / 6 refused 22023 unknown or malformed "subscription_id": "no uuid" / '
          '7 refused 22023 unknown or malformed "period_start": "tomorrow" / 8 refused 22008 date/time field value out of range: "2025-02-30" / '
          '9 refused 22004 period_start and invoice_reference must not be NULL / 10 refused 22023 unknown or malformed "customer": "x" / '
          '11 refused 22023 a mark must be a JSON object, not number / '
          '12 refused OE011 offer "invoiced" does not allow operation "invoice" through channel "backend": no offer that is externally_invoiced allows invoice / 13 done', 'an outcome each');
SELECT is(pg_temp.marks('many 2|read|2025-01-10|M-2', 'many 1|read|2025-01-10|M-1', 'many 1|read|2025-03-10|M-1'), '1 already / 2 already / 3 done', 'the same again changes nothing');
SELECT is((SELECT string_agg(concat_ws(' ', i.customer_reference, to_char(i.period_start, 'MM-DD'), i.invoice_reference, i.amount, i.other_amount, i.quantity), ', '
                             ORDER BY i.customer_reference, i.period_start) FROM offerengine.subscription_invoice i WHERE i.customer_reference LIKE 'many%'),
          'many 1 01-10 M-1 500 450 1, many 1 02-10 M-1 500 450 1, many 1 03-10 M-1 600 540 1, many 2 01-10 M-2 500 450 2, many 2 02-10 M-2 500 450 2', 'what is marked');
SELECT is((SELECT count(*) FROM offerengine.billing_mark('[]')), 0::bigint, 'none');
SELECT is(pg_temp.outcome(format('SELECT offerengine.billing_mark(%L::jsonb)', c.marks)), c.answer, coalesce(c.marks, 'NULL'))
  FROM (VALUES (NULL, '22004 marks must not be NULL'), ('{}', '22023 marks must be a JSON array, not object')) AS c (marks, answer);
SELECT is((SELECT string_agg(concat_ws(' ', l.store, l.country, l.merchant_reference), ', ') FROM offerengine.delivery_list('2025-05-01') AS l
            WHERE l.customer_reference = 'lines' AND l.quantity = 2 AND l.offer_reference = 'base'), 'P-DE AT p-house', 'where it goes, and who delivers');

-- Delivered to who has a subscription that runs on the day, whoever invoices it, unless another system manages it.
SELECT is((SELECT string_agg(concat_ws(' ', l.offer_reference, l.sku, l.quantity || ' x'), ', ' ORDER BY l.offer_reference)
             FROM offerengine.delivery_list(c.day::date, c.sku) AS l WHERE l.customer_reference = c.customer), c.answer,
          format('%s on %s, %s', c.customer, c.day, c.sku))
  FROM (VALUES
    ('base',      '2025-01-30', NULL,        NULL),
    ('base',      '2025-01-31', NULL,        'base P-PAPER 2 x'),
    ('cancelled', '2025-03-09', NULL,        'base P-PAPER 1 x'),
    ('cancelled', '2025-03-10', NULL,        NULL),
    ('switch',    '2025-02-09', NULL,        'adv P-DIGITAL 1 x, base P-PAPER 1 x'),
    ('switch',    '2025-02-09', 'P-PAPER',   'base P-PAPER 1 x'),
    ('switch',    '2025-02-09', 'P-DIGITAL', 'adv P-DIGITAL 1 x'),
    ('switch',    '2025-02-09', 'P-BOOK',    NULL),
    ('switch',    '2025-02-09', 'p-paper',   NULL),
    ('switch',    '2025-02-28', NULL,        'reg P-DIGITAL 1 x'),
    ('no switch', '2025-02-28', NULL,        'adv P-DIGITAL 1 x, base P-PAPER 1 x'),
    ('never',     '2025-01-10', NULL,        NULL),
    ('others',    '2025-01-10', NULL,        'invoiced P-PAPER 1 x'),
    ('anew',      '2025-02-25', NULL,        'adv-r P-PAPER 1 x')) AS c (customer, day, sku, answer);
SELECT is(pg_temp.outcome($$SELECT offerengine.delivery_list(NULL)$$), '22004 on_date must not be NULL', 'on no day');
SELECT is(pg_temp.outcome(format($$SELECT offerengine.delivery_list(%L)$$, d.day)), format('22023 the day %s is no day', d.day), d.day)
  FROM (VALUES ('infinity'), ('-infinity')) AS d (day);

SELECT * FROM finish();
ROLLBACK;
