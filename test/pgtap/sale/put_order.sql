-- Documents from elsewhere by their references (put_order), and the status of an order (set_order_status).
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
SELECT no_plan();

CREATE FUNCTION pg_temp.put(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    put     uuid;
    changes bigint := (SELECT count(*) FROM offerengine.order_event);
    o       record;
BEGIN
    EXECUTE 'SELECT offerengine.put_order(' || arguments || ')' INTO put;
    SELECT * INTO o FROM offerengine.sales_order s WHERE s.order_id = put;
    RETURN concat_ws(' ', CASE WHEN changes = (SELECT count(*) FROM offerengine.order_event) THEN 'same' ELSE 'new' END, o.order_type, '/ ' || o.status, o.total_amount,
                     o.currency_code, o.price_mode, o.store_code, o.country_code, to_char(o.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), o.external_system || '=' || o.external_reference,
                     'of ' || (SELECT p.order_reference FROM offerengine.sales_order p WHERE p.order_id = o.parent_order_id),
                     '| ' || pg_temp.state(o.customer_reference, o.order_reference));
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || regexp_replace(SQLERRM, '[0-9a-f]{8}-[0-9a-f-]{27}', '<id>');
END
$$;
-- The same call again changes nothing, whatever it was.
CREATE FUNCTION pg_temp.twice(arguments text, answer text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN NEXT is(pg_temp.put(arguments), answer, arguments);
    RETURN NEXT is(pg_temp.put(arguments), regexp_replace(answer, '^new', 'same'), 'again: ' || arguments);
END
$$;

-- Without lines, then what is left out stays.
SELECT pg_temp.twice(c.arguments, c.answer) FROM (VALUES
    ($$'anna', 'A-1', 1, 7, '2026-01-02 10:00Z', 10000, 'EUR'$$, 'new 1 / 7 10000 EUR gross 2026-01-02'),
    ($$'anna', 'A-1'$$, 'same 1 / 7 10000 EUR gross 2026-01-02'),
    ($$'anna', 'A-1', status => 7.1$$, 'new 1 / 7.1 10000 EUR gross 2026-01-02'),
    ($$'anna', 'A-1', status => 7.10$$, 'same 1 / 7.1 10000 EUR gross 2026-01-02'),
    ($$'anna', 'A-1', total_amount => 9000, order_type => 8$$, 'new 8 / 7.1 9000 EUR gross 2026-01-02'),
    ($$'anna', 'A-1', external_system => 'erp', external_reference => '4711', store => 'P-DE', country => 'AT'$$, 'new 8 / 7.1 9000 EUR gross P-DE AT 2026-01-02 erp=4711'),
    ($$'anna', 'A-1', price_mode => 'net', placed_at => '2026-01-03Z'$$, 'new 8 / 7.1 9000 EUR net P-DE AT 2026-01-03 erp=4711'),
    ($$'anna', 'A-1-R', 3, 1, '2026-02-02Z', 3000, 'EUR', 'A-1'$$, 'new 3 / 1 3000 EUR gross 2026-02-02 of A-1'),
    ($$'anna', 'A-1-D', 2, NULL, '2026-02-02Z', 0, 'EUR', 'A-1-R'$$, 'new 2 0 EUR gross 2026-02-02 of A-1-R'),
    ($$'anna', 'A-1-D', parent_reference => 'A-1'$$, 'new 2 0 EUR gross 2026-02-02 of A-1'),
    ($$'anna', 'A-2', 15, 7.25, '2026-01-02Z', 9223372036854775807, 'JPY'$$, 'new 15 / 7.25 9223372036854775807 JPY gross 2026-01-02'),
    ($$'bert', 'A-1', 1, -1, '2026-01-02Z', 1, 'EUR', external_system => 'erp', external_reference => '4711'$$, 'new 1 / -1 1 EUR gross 2026-01-02 erp=4711')) AS c (arguments, answer);
SELECT is((SELECT string_agg(d.order_reference, ' ' ORDER BY d.ordinality) FROM offerengine.order_documents('anna', pg_temp.id('anna', 'A-1-D')) WITH ORDINALITY AS d),
          'A-1 A-1-R A-1-D', 'documents that belong together');
SELECT is((SELECT e.detail::text FROM offerengine.order_event e WHERE e.order_id = pg_temp.id('anna', 'A-1') ORDER BY e.event_id OFFSET 2 LIMIT 1),
          '{"before": {"order_type": 1, "total_amount": 10000}}', 'what was before');

-- With lines: all there are. Amounts of a line are told, or reckoned from a piece; the total is told, or their sum.
SELECT pg_temp.twice(c.arguments, c.answer) FROM (VALUES
    ($$'carl', 'L', currency => 'EUR', placed_at => '2026-01-02Z', lines => '[{"offer_reference": "book", "quantity": 3, "unit_amount": 500}, {"offer_reference": "guest-book", "line_amount": 99}]'$$,
     'new 1 1599 EUR gross 2026-01-02 | 1: 3 of 1500; 2: 1 of 99'),
    ($$'carl', 'L', lines => '[{"offer_reference": "book", "quantity": 3, "unit_amount": 500}, {"offer_reference": "guest-book", "line_amount": 99}]', total_amount => 1500$$,
     'new 1 1500 EUR gross 2026-01-02 | 1: 3 of 1500; 2: 1 of 99'),
    ($$'carl', 'L', status => 2$$, 'new 1 / 2 1500 EUR gross 2026-01-02 | 1: 3 of 1500; 2: 1 of 99'),
    ($$'carl', 'L', lines => '[{"line_no": 5, "offer_reference": "base", "quantity": 2, "unit_amount": 10, "quantity_shipped": 1}, {"line_no": 1, "offer_reference": "book", "quantity": 1}]'$$,
     'new 1 / 2 20 EUR gross 2026-01-02 | 1: 1; 5: 2 of 20, 1 sent'),
    ($$'carl', 'L', lines => '[{"line_no": 5, "offer_reference": "base", "quantity": 2, "unit_amount": 10}, {"line_no": 1, "offer_reference": "book", "quantity": 1}]'$$,
     'same 1 / 2 20 EUR gross 2026-01-02 | 1: 1; 5: 2 of 20, 1 sent'),
    ($$'carl', 'L', lines => '[{"line_no": 5, "offer_reference": "base", "quantity": 2, "unit_amount": 10, "quantity_shipped": 2}]'$$,
     'new 1 / 2 20 EUR gross 2026-01-02 | 5: 2 of 20, 2 sent'),
    ($$'carl', 'L', lines => '[{"line_no": 5, "offer_reference": "base", "quantity": 2, "unit_amount": 10, "quantity_shipped": 0}]'$$,
     'new 1 / 2 20 EUR gross 2026-01-02 | 5: 2 of 20'),
    ($$'carl', 'L', lines => '[]'$$, 'new 1 / 2 0 EUR gross 2026-01-02')) AS c (arguments, answer);
SELECT is((SELECT count(*) FROM offerengine.subscription s WHERE s.customer_reference = 'carl'), 0::bigint, 'a document begins no subscription');

-- What cannot be, in words.
SELECT is(pg_temp.put(c.arguments), c.answer, c.arguments) FROM (VALUES
    ($$'anna', NULL, currency => 'EUR'$$, '22004 order_reference must not be NULL'),
    ($$NULL, 'X', currency => 'EUR'$$, '22004 customer_reference must not be NULL'),
    ($$'anna', 'X '$$, '22023 order_reference "X " begins or ends with white space'),
    ($$'anna', 'X'$$, '22004 currency must not be NULL'),
    ($$'anna', 'X', currency => 'EEE'$$, '22023 unknown currency "EEE"'),
    ($$'anna', 'X', currency => 'EUR', order_type => 0$$, '22023 unknown order type 0'),
    ($$'anna', 'X', currency => 'EUR', status => 'NaN'$$, '22023 the status of an order is a number, not NaN'),
    ($$'anna', 'X', currency => 'EUR', status => '-Infinity'$$, '22023 the status of an order is a number, not -Infinity'),
    ($$'anna', 'X', currency => 'EUR', placed_at => 'infinity'$$, '22023 no order is placed at infinity'),
    ($$'anna', 'X', currency => 'EUR', total_amount => -1$$, '22023 total_amount must not be below 0, -1 was given'),
    ($$'anna', 'X', currency => 'EUR', store => 'P-XX'$$, '22023 unknown store "P-XX"'),
    ($$'anna', 'X', currency => 'EUR', price_mode => 'both'$$, '22023 unknown price mode "both"'),
    ($$'anna', 'X', currency => 'EUR', external_system => 'erp'$$, '22004 external_system and external_reference must not be NULL'),
    ($$'anna', 'X', currency => 'EUR', external_system => 'erp', external_reference => '4711'$$, 'OE013 reference "4711" of system "erp" stands for order "A-1" of customer "anna" already'),
    ($$'anna', 'X', currency => 'EUR', parent_reference => 'nothing'$$, 'OE020 customer "anna" has no order "nothing"'),
    ($$'anna', 'A-1', parent_reference => 'A-1'$$, 'OE051 order "A-1" belongs to this one already'),
    ($$'anna', 'A-1', parent_reference => 'A-1-D'$$, 'OE051 order "A-1-D" belongs to this one already'),
    ($$'anna', 'A-1', currency => 'JPY'$$, 'OE013 order "A-1" of customer "anna" has currency EUR'),
    ($$'anna', 'X', currency => 'EUR', lines => '{}'$$, '22023 lines must be a JSON array, not object'),
    ($$'anna', 'X', currency => 'EUR', lines => '[{"offer_reference": "nothing"}]'$$, 'OE020 unknown offer "nothing"'),
    ($$'anna', 'X', currency => 'EUR', lines => '[{"quantity": 1}]'$$, 'OE020 unknown offer "NULL"'),
    ($$'anna', 'X', currency => 'EUR', lines => '[{"offer_reference": "book", "amount": 1}]'$$, '22023 line 1 has an unknown or malformed "amount": 1'),
    ($$'anna', 'X', currency => 'EUR', lines => '[{"offer_reference": "book", "unit_amount": -1}]'$$, '22023 line 1 has an unknown or malformed "unit_amount": -1'),
    ($$'anna', 'X', currency => 'EUR', lines => '[{"offer_reference": "book"}, {"offer_reference": "book", "line_no": 1}]'$$, '22023 line 1 is named twice'),
    ($$'anna', 'X', currency => 'EUR', lines => '[{"offer_reference": "book", "quantity": 100, "unit_amount": 999999999999999999}]'$$,
     '22003 100 pieces at 999999999999999999 each are more than an amount can say'),
    ($$'anna', 'X', currency => 'EUR', lines => (SELECT jsonb_agg(jsonb_build_object('offer_reference', 'book', 'line_amount', 999999999999999999)) FROM generate_series(1, 10))$$,
     '22003 the lines of order "X" sum up to 9999999999999999990, more than an amount can say'),
    ($$'anna', 'X', currency => 'EUR', total_amount => 1, lines => (SELECT jsonb_agg(jsonb_build_object('offer_reference', 'book', 'line_amount', 999999999999999999)) FROM generate_series(1, 10))$$,
     '22003 the lines of order "X" sum up to 9999999999999999990, more than an amount can say'),
    ($$'anna', 'X', currency => 'EUR', lines => '[{"offer_reference": "book", "quantity": 1, "quantity_shipped": 2}]'$$, 'OE050 line 1 of order <id> cannot have shipped 2 of 1 pieces')) AS c (arguments, answer);
SELECT is(pg_temp.id('anna', 'X'), NULL, 'nothing was written');

-- Lines that have shipped, and pieces given back, hold what they rest on.
SELECT pg_temp.told('dora', 'S', NULL, 'book x3 =300 sent 2', 'guest-book x1 =100') \g /dev/null
SELECT is(pg_temp.put($$'dora', 'S', lines => '[{"offer_reference": "book", "quantity": 1, "line_amount": 300}]'$$), 'OE050 line 1 of order <id> cannot have shipped 2 of 1 pieces', 'fewer than have shipped');
SELECT is(pg_temp.put($$'dora', 'S', lines => '[{"offer_reference": "guest-book", "line_no": 2}]'$$), 'OE050 line 1 of order <id> cannot have shipped 2 of 0 pieces', 'a line less');
SELECT pg_temp.off('dora', 'S', ', 2') \g /dev/null
SELECT is(pg_temp.put($$'dora', 'S', lines => '[{"offer_reference": "book", "quantity": 3, "line_amount": 301}, {"offer_reference": "guest-book", "line_amount": 100}]', total_amount => 400$$),
          'OE013 order <id> of customer "dora" has lines that stay', 'another amount');
SELECT is(pg_temp.put($$'dora', 'S', total_amount => 399$$), 'OE013 order "S" of customer "dora" has total_amount 400', 'another total');
SELECT is(pg_temp.put($$'dora', 'S', placed_at => '2026-01-01Z', lines => '[{"offer_reference": "book", "quantity": 3, "line_amount": 300, "quantity_shipped": 3, "note": "x"}, {"offer_reference": "guest-book", "line_amount": 100}]'$$),
          'new 1 400 EUR gross P-DE 2026-01-01 | 1: 3 of 300, 3 sent; 2: 1 of 100, 1 off 100', 'more has shipped');
SELECT is(pg_temp.put($$'dora', 'S', lines => '[{"offer_reference": "book", "quantity": 3, "line_amount": 300}, {"offer_reference": "guest-book", "line_amount": 100, "quantity_shipped": 1}]'$$),
          'OE050 line 2 of order <id> cannot have shipped 1 of 0 pieces', 'what was cancelled does not ship');

-- What was sold, imported or returned here keeps what it was sold as; status, type, parent and external reference are told.
SELECT offerengine.purchase('emma', 'book', 'P-DE', 'EUR', order_reference => 'P', at => '2026-01-02Z') \g /dev/null
SELECT is(pg_temp.put(c.arguments), c.answer, c.arguments) FROM (VALUES
    ($$'emma', 'P', 1, 7, NULL, 2000, 'EUR', external_system => 'erp', external_reference => '1'$$, 'new 1 / 7 2000 EUR gross P-DE DE 2026-01-02 erp=1 | 1: 1 of 2000'),
    ($$'emma', 'P', total_amount => 2001$$, 'OE013 order "P" of customer "emma" has total_amount 2000'),
    ($$'emma', 'P', currency => 'CHF'$$, 'OE013 order "P" of customer "emma" has currency EUR'),
    ($$'emma', 'P', placed_at => '2026-01-03Z'$$, 'OE013 order "P" of customer "emma" has placed_at 2026-01-02 00:00:00 UTC'),
    ($$'emma', 'P', store => 'P-KI'$$, 'OE013 order "P" of customer "emma" has store P-DE'),
    ($$'emma', 'P', country => 'AT'$$, 'OE013 order "P" of customer "emma" has country DE'),
    ($$'emma', 'P', price_mode => 'net'$$, 'OE013 order "P" of customer "emma" has price_mode gross'),
    ($$'emma', 'P', lines => '[]'$$, 'OE013 order "P" of customer "emma" has lines that stay')) AS c (arguments, answer);

-- A return that another system tells of takes pieces of its parent back where a line says of which of its lines: as return_order()
-- does, never more than are open, and what is told otherwise is put right.
CREATE FUNCTION pg_temp.back_by(reference text, more text, VARIADIC lines text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told    text;
    changes bigint := (SELECT count(*) FROM offerengine.order_event e WHERE e.order_id = pg_temp.id('fred', 'F'));
BEGIN
    told := pg_temp.put(format('''fred'', %L, lines => %L%s', reference,
                (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                            'offer_reference', split_part(l, ' ', 1), 'quantity', substring(l FROM ' x(\d+)')::integer,
                            'line_amount', substring(l FROM ' =(\d+)')::bigint, 'parent_line_no', substring(l FROM ' of (\d+)')::integer)) ORDER BY o), '[]')
                   FROM unnest(lines) WITH ORDINALITY AS l (l, o)), more));
    RETURN CASE WHEN told LIKE 'new%' OR told LIKE 'same%' THEN split_part(told, ' ', 1) ELSE told END || ' / ' || pg_temp.state('fred', 'F')
           || ' / ' || (SELECT o.returned_amount FROM offerengine.sales_order o WHERE o.order_id = pg_temp.id('fred', 'F'))
           || repeat('!', ((SELECT count(*) FROM offerengine.order_event e WHERE e.order_id = pg_temp.id('fred', 'F')) - changes)::integer);
END
$$;
SELECT pg_temp.told('fred', 'F', NULL, 'book x3 =1000', 'guest-book x2 =500', 'book x4 =400') \g /dev/null
SELECT is(pg_temp.back_by(c.reference, c.more, VARIADIC c.lines), c.answer, format('%s%s: %s', c.reference, c.more, c.lines)) FROM (VALUES
    ('R1', ', order_type => 3, currency => ''EUR''', '{book x1 =300 of 1}'::text[],
     '22023 line 1 names parent_line_no 1, but order "R1" takes nothing of another one back / 1: 3 of 1000; 2: 2 of 500; 3: 4 of 400 / 0'),
    ('R1', ', order_type => 2, currency => ''EUR'', parent_reference => ''F''', '{book x1 =300,book x1 of 1}',
     '22023 line 2 names parent_line_no 1, but order "R1" takes nothing of another one back / 1: 3 of 1000; 2: 2 of 500; 3: 4 of 400 / 0'),
    ('R1', ', order_type => 3, currency => ''EUR'', parent_reference => ''F''', '{book x1 =300 of 1}', 'new / 1: 3 of 1000, 1 back 333; 2: 2 of 500; 3: 4 of 400 / 333!'),
    ('R1', '', '{book x1 =300 of 1}', 'same / 1: 3 of 1000, 1 back 333; 2: 2 of 500; 3: 4 of 400 / 333'),
    ('CN1', ', order_type => 4, currency => ''EUR'', parent_reference => ''F''', '{book x1 =333}', 'new / 1: 3 of 1000, 1 back 333; 2: 2 of 500; 3: 4 of 400 / 333'),
    ('CN2', ', order_type => 4, currency => ''EUR'', parent_reference => ''R1''', '{book x1 =333 of 1}',
     'OE051 order "R1" is a document of type 3 itself: nothing comes back of it / 1: 3 of 1000, 1 back 333; 2: 2 of 500; 3: 4 of 400 / 333'),
    ('R1', '', '{book x3 of 1,book x1 of 3}', 'new / 1: 3 of 1000, 3 back 1000; 2: 2 of 500; 3: 4 of 400, 1 back 100 / 1100!'),
    ('R2', ', order_type => 5, currency => ''EUR'', parent_reference => ''F''', '{book x1 of 1}',
     'OE050 1 more pieces of line 1 of order "F" cannot come back: 3 were bought, 0 cancelled, 3 are back already / 1: 3 of 1000, 3 back 1000; 2: 2 of 500; 3: 4 of 400, 1 back 100 / 1100'),
    ('R1', '', '{book x2 of 1,book x2 of 1}',
     'OE050 1 more pieces of line 1 of order "F" cannot come back: 3 were bought, 0 cancelled, 3 are back already / 1: 3 of 1000, 3 back 1000; 2: 2 of 500; 3: 4 of 400, 1 back 100 / 1100'),
    ('R1', '', '{book of 9}', 'OE020 order <id> of customer "fred" has no line 9 / 1: 3 of 1000, 3 back 1000; 2: 2 of 500; 3: 4 of 400, 1 back 100 / 1100'),
    ('R1', '', '{book of 2}', '22023 line 1 is of another offer than line 2 of order "F", "guest-book" / 1: 3 of 1000, 3 back 1000; 2: 2 of 500; 3: 4 of 400, 1 back 100 / 1100'),
    ('R1', '', '{book x1 of 1,guest-book x1 of 1}', '22023 line 1 is of another offer than line 1 of order "F", "book" / 1: 3 of 1000, 3 back 1000; 2: 2 of 500; 3: 4 of 400, 1 back 100 / 1100'),
    ('R1', '', '{book x1 of 1,guest-book x2 of 2}', 'new / 1: 3 of 1000, 1 back 333; 2: 2 of 500, 2 back 500; 3: 4 of 400 / 833!'),
    ('R1', ', order_type => 1', '{book x1 of 1}', 'OE013 order "R1" of customer "fred" has order_type 3 / 1: 3 of 1000, 1 back 333; 2: 2 of 500, 2 back 500; 3: 4 of 400 / 833'),
    ('R1', ', parent_reference => ''CN1''', '{}', 'OE013 order "R1" of customer "fred" has another parent / 1: 3 of 1000, 1 back 333; 2: 2 of 500, 2 back 500; 3: 4 of 400 / 833'),
    ('R1', ', order_type => 6', '{guest-book x2 of 2}', 'new / 1: 3 of 1000; 2: 2 of 500, 2 back 500; 3: 4 of 400 / 500!'),
    ('R1', '', '{}', 'new / 1: 3 of 1000; 2: 2 of 500; 3: 4 of 400 / 0!'), ('R1', ', order_type => 2', '{book =5}', 'new / 1: 3 of 1000; 2: 2 of 500; 3: 4 of 400 / 0'))
    AS c (reference, more, lines, answer);
-- Beside returns and cancellations of ours: each piece once, each part once, in whatever order they come and go.
SELECT is(pg_temp.back('fred', 'F', '[{"line_no":1,"quantity":1}]', 'k'), '1: 1 of 1 = 333 / 333', 'one comes back here');
SELECT is(pg_temp.back_by('R3', ', order_type => 3, currency => ''EUR'', parent_reference => ''F''', 'book x1 =1 of 1'), 'new / 1: 3 of 1000, 2 back 667; 2: 2 of 500; 3: 4 of 400 / 667!', 'one there');
SELECT is(pg_temp.off('fred', 'F', ', 1'), '1: cancelled 1 = 333, 1: returned 2', 'one is called off');
SELECT is(pg_temp.back_by('R3', '', 'book x2 =1 of 1'),
          'OE050 1 more pieces of line 1 of order "F" cannot come back: 3 were bought, 1 cancelled, 2 are back already / 1: 3 of 1000, 1 off 333, 2 back 667; 2: 2 of 500; 3: 4 of 400 / 667', 'no more');
SELECT is(pg_temp.back_by('R3', '', VARIADIC '{}'), 'new / 1: 3 of 1000, 1 off 333, 1 back 333; 2: 2 of 500; 3: 4 of 400 / 333!', 'the one there is taken back');
SELECT is(pg_temp.back('fred', 'F', '[{"line_no":1}]', 'l'), '1: 1 of 1 = 334 / 334', 'so it can come back here');
SELECT is(pg_temp.back('fred', 'F', '[{"line_no":1}]', 'm'), 'OE050 1 pieces of line 1 of order "F" cannot come back: 3 were bought, 1 cancelled, 2 are back already', 'once');
-- What others were given stays with them, nobody is given less than nothing, and all of it sums up to the line.
SELECT pg_temp.told('fred', 'G', 5, 'book x10 =5') \g /dev/null
SELECT offerengine.put_order('fred', format('G%s', n), 3, currency => 'EUR', parent_reference => 'G', lines => '[{"offer_reference": "book", "parent_line_no": 1}]'),
       offerengine.cancel_order('fred', pg_temp.id('fred', 'G'), 1, 1) FROM generate_series(1, 5) AS n \g /dev/null
SELECT is(pg_temp.state('fred', 'G'), '1: 10 of 5, 5 off 0, 5 back 5', 'every other piece is worth nothing');
SELECT offerengine.put_order('fred', format('G%s', n), lines => '[]') FROM generate_series(1, 5) AS n \g /dev/null
SELECT is(pg_temp.state('fred', 'G'), '1: 10 of 5, 5 off 0', 'those that were come back');
SELECT is(pg_temp.off('fred', 'G'), '1: cancelled 5 = 5, 1: was_cancelled 5', 'and are worth all');
SELECT pg_temp.told('fred', 'H', 5, 'book x10 =5') \g /dev/null
SELECT offerengine.cancel_order('fred', pg_temp.id('fred', 'H'), 1, 1),
       offerengine.put_order('fred', format('H%s', n), 3, currency => 'EUR', parent_reference => 'H', lines => '[{"offer_reference": "book", "parent_line_no": 1}]')
  FROM generate_series(1, 5) AS n \g /dev/null
SELECT offerengine.put_order('fred', format('H%s', n), lines => '[]') FROM generate_series(1, 5) AS n \g /dev/null
SELECT is(pg_temp.off('fred', 'H', ', 1, 1'), '1: cancelled 1 = 0', 'the others were given all');
SELECT is(pg_temp.state('fred', 'H'), '1: 10 of 5, 6 off 5', 'and keep it');
SELECT is(pg_temp.off('fred', 'H', ', 1, 3'), '1: cancelled 3 = 0', 'so it goes on');
SELECT is(pg_temp.back('fred', 'H', NULL, 'h'), '1: 1 of 1 = 0 / 0', 'so nothing is left');
-- A subscription does not come back, an order of which pieces are back is no return, and a return of ours keeps its parent and that it is one.
SELECT offerengine.purchase('fred', 'base', 'P-DE', 'EUR', order_reference => 'B') \g /dev/null
SELECT matches(pg_temp.put($$'fred', 'B-R', 3, currency => 'EUR', parent_reference => 'B', lines => '[{"offer_reference": "base", "parent_line_no": 1}]'$$),
               '^OE051 line 1 of order "B" is subscription <id>, which does not come back$', 'a subscription');
SELECT is(pg_temp.put($$'fred', 'G', order_type => 3$$), 'OE013 order "G" of customer "fred" has order_type 1', 'no return');
SELECT pg_temp.told('fred', 'I', NULL, 'book x2 =1000') \g /dev/null
SELECT is(pg_temp.back('fred', 'I', '[{"line_no":1,"quantity":1}]', 'i', ', order_reference => ''I-R'''), '1: 1 of 1 = 500 / 500', 'a return of ours');
SELECT is(pg_temp.put(c.arguments), c.answer, c.arguments) FROM (VALUES
    ($$'fred', 'I-R', parent_reference => 'F'$$, 'OE013 order "I-R" of customer "fred" has another parent'), ($$'fred', 'I-R', order_type => 2$$, 'OE013 order "I-R" of customer "fred" has order_type 3'),
    ($$'fred', 'I-R', order_type => 4, status => 9, parent_reference => 'I'$$, to_char(now() AT TIME ZONE 'UTC', '"new 4 / 9 500 EUR gross P-DE "YYYY-MM-DD" of I | 1: 1 of 500"'))) AS c (arguments, answer);
SELECT is_empty('SELECT * FROM offerengine.health_check() WHERE NOT ok', 'healthy');
-- The check sees what somebody's own statements have done.
UPDATE offerengine.order_line l SET quantity_returned = 1 WHERE l.order_id = pg_temp.id('fred', 'F') AND l.line_no = 2;
SELECT is((SELECT h.detail FROM offerengine.health_check() h WHERE NOT h.ok), '1 found: line 2 of order "F" of customer "fred" differs from what came back of it', 'not healthy');
UPDATE offerengine.order_line l SET quantity_returned = 0 WHERE l.order_id = pg_temp.id('fred', 'F') AND l.line_no = 2;

-- The status: true when it is another one.
SELECT is(pg_temp.outcome(format('SELECT offerengine.set_order_status(%s, %L, %s)', c.customer, pg_temp.id('emma', 'P'), c.status)), c.answer, c.customer || ' ' || c.status) FROM (VALUES
    ('''emma''', '7', 'false'), ('''emma''', '7.1', 'true'), ('''emma''', '7.10', 'false'), ('''emma''', '0', 'true'), ('''emma''', 'NULL', '22004 status must not be NULL'),
    ('''emma''', '''NaN''', '22023 the status of an order is a number, not NaN'), ('NULL', '1', '22004 customer_reference must not be NULL'),
    ('''anna''', '1', format('OE020 customer "anna" has no order %s', pg_temp.id('emma', 'P')))) AS c (customer, status, answer);
SELECT is((SELECT string_agg(e.event || coalesce(' ' || (e.detail - 'before')::text, ''), ', ' ORDER BY e.event_id) FROM offerengine.order_event e WHERE e.customer_reference = 'emma'),
          'placed, told {}, status_changed {"status": 7.1, "status_before": 7}, status_changed {"status": 0, "status_before": 7.1}', 'history');

SELECT * FROM finish();
ROLLBACK;
