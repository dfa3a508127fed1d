-- Orders that are told with amounts, instants, references and status; many at once, each with an outcome.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

SELECT pg_temp.sell('foreign-steps', 700, duration => '1 month', management => 'externally_managed'), pg_temp.sell('then', 900),
       offerengine.set_offer_steps('foreign-steps', '{p-foreign-steps,p-then}') \g /dev/null

-- No order is found by reading all of them, also where statements are planned when there are none, as statistics say.
ALTER TABLE offerengine.order_event DISABLE TRIGGER append_only;
TRUNCATE offerengine.sales_order, offerengine.order_event, offerengine.customer_timeline CASCADE;
ALTER TABLE offerengine.order_event ENABLE ALWAYS TRIGGER append_only;
ANALYZE offerengine.sales_order, offerengine.order_line, offerengine.order_event, offerengine.customer_timeline;
SELECT count(*) FROM offerengine.import_orders((
           SELECT jsonb_agg(jsonb_build_object('customer_reference', 'first ' || n % 50, 'external_system', 'erp', 'external_reference', n::text, 'offer_reference', 'foreign-book',
                                               'store', 'P-DE', 'currency', 'EUR', 'order_reference', 'F' || n) ORDER BY n) FROM generate_series(1, 600) n)) \g /dev/null
SELECT is((SELECT sum(s.seq_tup_read) FROM pg_stat_xact_user_tables s
            WHERE s.schemaname = 'offerengine' AND s.relname IN ('sales_order', 'order_line', 'order_event', 'customer_timeline')), 0::numeric, 'no table of orders is read as a whole');
SELECT is((SELECT count(*) FROM offerengine.sales_order o WHERE o.customer_reference LIKE 'first%'), 600::bigint, 'all are there');

-- What one import records, as one line of text.
CREATE FUNCTION pg_temp.recorded(customer text, reference text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', l.quantity || 'x' || coalesce(l.unit_amount::text, '-'), coalesce(l.line_amount::text, '-'), o.total_amount,
                     to_char(o.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), CASE WHEN o.order_reference = o.order_id::text THEN 'id' ELSE o.order_reference END,
                     coalesce(o.status::text, '-'), l.starts_on || '..' || l.ends_on,
                     (SELECT count(*) FROM offerengine.order_event e WHERE e.customer_reference = o.customer_reference AND e.order_id = o.order_id))
      FROM offerengine.sales_order o JOIN offerengine.order_line l USING (customer_reference, order_id)
     WHERE o.customer_reference = $1 AND o.external_reference = $2
$$;
CREATE FUNCTION pg_temp.told(customer text, reference text, rest text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT count(*) FROM offerengine.import_order(%L, ''erp'', %L, store => ''P-DE'', currency => ''EUR'', %s)', customer, reference, rest) INTO answer;
    RETURN pg_temp.recorded(customer, reference);
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SET LOCAL TimeZone = 'America/New_York';
SELECT is(pg_temp.told('anna', c.reference, c.rest), c.answer, c.reference || ': ' || c.rest) FROM (VALUES
    ('B', $$offer_reference => 'foreign-book', quantity => 3, unit_amount => 990, placed_at => '2025-03-01 12:00+01', order_reference => 'A-1', status => 7.1$$,
          '3x990 2970 2970 2025-03-01 11:00 A-1 7.1 1'),
    -- The same again, in whatever zone the session is and however the instant is written.
    ('B', $$offer_reference => 'foreign-book', quantity => 3, unit_amount => 990, placed_at => '2025-03-01 06:00-05', order_reference => 'A-1', status => 7.10$$,
          '3x990 2970 2970 2025-03-01 11:00 A-1 7.1 1'),
    -- What is left out is not said.
    ('B', $$offer_reference => 'foreign-book', quantity => 3$$, '3x990 2970 2970 2025-03-01 11:00 A-1 7.1 1'),
    ('B', $$offer_reference => 'foreign-book', quantity => 3, unit_amount => 990$$, '3x990 2970 2970 2025-03-01 11:00 A-1 7.1 1'),
    ('B', $$offer_reference => 'foreign-book', quantity => 3, unit_amount => 1000$$, '3x1000 3000 3000 2025-03-01 11:00 A-1 7.1 2'),
    ('B', $$offer_reference => 'foreign-book', quantity => 2, status => 8$$, '2x1000 2000 2000 2025-03-01 11:00 A-1 8 3'),
    ('B', $$offer_reference => 'foreign-book', quantity => 2, placed_at => '2025-03-02 00:00+00', order_reference => 'A-2'$$, '2x1000 2000 2000 2025-03-02 00:00 A-2 8 4'),
    ('F', $$offer_reference => 'foreign-book', unit_amount => 0, placed_at => '2025-03-01 00:00+00'$$, '1x0 0 0 2025-03-01 00:00 id - 1'),
    ('P', $$offer_reference => 'foreign-pass', unit_amount => 500, placed_at => '2025-03-01 00:00+00', starts_on => '2025-01-31', ends_on => '2025-02-28'$$,
          '1x500 500 500 2025-03-01 00:00 id - 2025-01-31..2025-02-28 1'),
    ('P', $$offer_reference => 'foreign-pass', unit_amount => 600, ends_on => '2025-03-28'$$, '1x600 600 600 2025-03-01 00:00 id - 2025-01-31..2025-03-28 2'),
    ('P', $$offer_reference => 'foreign-pass'$$, '22004 time pass "foreign-pass" needs ends_on'),
    -- Refused.
    ('B', $$offer_reference => 'foreign-book', quantity => 2, unit_amount => -1$$, '22023 unit_amount must be at least 0, not -1'),
    ('B', $$offer_reference => 'foreign-book', quantity => 2, placed_at => 'infinity'$$, '22023 nothing is placed at infinity'),
    ('B', $$offer_reference => 'foreign-book', quantity => 2, status => 'NaN'$$, '22023 the status of an order is a number, not NaN'),
    ('B', $$offer_reference => 'foreign-book', quantity => 2, order_reference => ' A'$$, '22023 order_reference " A" begins or ends with white space'),
    ('B', $$offer_reference => 'foreign-book', quantity => 2, unit_amount => 9223372036854775807$$, '22003 2 pieces at 9223372036854775807 each are more than an amount can say'),
    ('X', $$offer_reference => 'foreign-book', quantity => 2, unit_amount => 4611686018427387904$$, '22003 2 pieces at 4611686018427387904 each are more than an amount can say'),
    ('B', $$offer_reference => 'foreign-book', quantity => 2$$, '2x1000 2000 2000 2025-03-02 00:00 A-2 8 4')) AS c (reference, rest, answer);
SET LOCAL TimeZone = 'Asia/Tokyo';
SELECT is(pg_temp.told('anna', 'B', $$offer_reference => 'foreign-book', quantity => 2, placed_at => '2025-03-02 09:00+09'$$), '2x1000 2000 2000 2025-03-02 00:00 A-2 8 4',
          'the same instant, told by a session in another zone');
SELECT is(regexp_replace(pg_temp.told('anna', c.reference, 'offer_reference => ''foreign-book'', order_reference => ''A-2'''), '[0-9a-f]{8}-[0-9a-f-]{27}', 'O'), c.answer, c.what)
  FROM (VALUES ('X', 'OE013 order reference "A-2" of customer "anna" stands for order O already', 'a new order takes no reference that another has'),
               ('F', 'OE013 order reference "A-2" of customer "anna" stands for order O already', 'nor does one that is there')) AS c (reference, answer, what);
SELECT is((SELECT string_agg(e.event || coalesce(' ' || e.detail::text, ''), ', ' ORDER BY e.event_id)
             FROM offerengine.order_event e JOIN offerengine.sales_order o USING (customer_reference, order_id) WHERE o.customer_reference = 'anna' AND o.external_reference = 'B'),
          'imported, import_changed {"unit_amount": 1000}, import_changed {"status": 8, "quantity": 2}, '
          'import_changed {"placed_at": "2025-03-02T00:00:00", "order_reference": "A-2"}', 'each change once');
RESET TimeZone;

-- Not fewer pieces than something has become of.
UPDATE offerengine.order_line l SET quantity = 5, quantity_shipped = 3, quantity_returned = 2, quantity_cancelled = 1
  FROM offerengine.sales_order o WHERE o.order_id = l.order_id AND o.external_reference = 'F';
SELECT is(regexp_replace(pg_temp.told('anna', 'F', format('offer_reference => ''foreign-book'', quantity => %s', c.quantity)), '[0-9a-f]{8}-[0-9a-f-]{27}', 'O'), c.answer, c.quantity || ' pieces')
  FROM (VALUES (3, 'OE050 order O of customer "anna" cannot have 3 pieces: 4 have been shipped, cancelled or returned'),
               (4, '4x0 0 0 2025-03-01 00:00 id - 2')) AS c (quantity, answer);

-- Of a subscription, what is said of a piece is what it costs, in its first step; a change moves the amount, not the days.
CREATE FUNCTION pg_temp.costs(customer text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', t.step_no, coalesce(t.amount::text, '-'), t.starts_on, t.ends_on), ', ' ORDER BY t.step_no) || ' | '
           || (SELECT s.amount FROM offerengine.subscription_timeline($1, '2025-01-15') s)
      FROM offerengine.subscription_step t WHERE t.customer_reference = $1
$$;
SELECT pg_temp.told('bert', 'S', $$offer_reference => 'foreign-steps', starts_on => '2025-01-10', unit_amount => 650$$) \g /dev/null
SELECT is(pg_temp.costs('bert'), '1 650 2025-01-10 2025-02-10, 2 - 2025-02-10 | 650', 'as said');
SELECT pg_temp.told('bert', 'S', $$offer_reference => 'foreign-steps', starts_on => '2025-01-10', unit_amount => 600$$) \g /dev/null
SELECT is(pg_temp.costs('bert'), '1 600 2025-01-10 2025-02-10, 2 - 2025-02-10 | 600', 'said anew');
SELECT pg_temp.told('bert', 'S', $$offer_reference => 'foreign-steps', starts_on => '2025-01-12'$$) \g /dev/null
SELECT is(pg_temp.costs('bert'), '1 600 2025-01-12 2025-02-12, 2 - 2025-02-12 | 600', 'the amount stays where only days are said');
SELECT is((SELECT string_agg(e.event, ' ' ORDER BY e.event_id) FROM offerengine.subscription_event e WHERE e.customer_reference = 'bert'), 'imported import_changed', 'one subscription');

-- Many at once: an outcome each, in the order of the array.
CREATE FUNCTION pg_temp.many(orders text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', i."position", i.external_reference, i.outcome, CASE WHEN (i.order_id IS NULL) = (i.outcome <> 'refused') THEN 'WRONG' END,
                                i.error_code, regexp_replace(i.detail, '[0-9a-f]{8}-[0-9a-f-]{27}', 'O')), ' / ' ORDER BY i.ordinality)
      FROM offerengine.import_orders((SELECT jsonb_agg(CASE WHEN jsonb_typeof(e.value) = 'object' AND NOT e.value ? 'bare'
                                                            THEN '{"external_system": "erp", "store": "P-DE", "currency": "EUR", "offer_reference": "foreign-book"}' || e.value
                                                            WHEN jsonb_typeof(e.value) = 'object' THEN e.value - 'bare' ELSE e.value END ORDER BY e.ordinality)
                                        FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS e)) WITH ORDINALITY AS i
$$;
SELECT is(pg_temp.many('[{"customer_reference": "many 2", "external_reference": "1", "quantity": 2, "unit_amount": 100, "placed_at": "2025-01-01 00:00:00", "status": 3}]'), '1 1 inserted', 'one');
SELECT is(pg_temp.recorded('many 2', '1'), '2x100 200 200 2025-01-01 00:00 id 3 1', 'an instant without a zone is UTC');
SELECT is(pg_temp.many($j$[
    {"customer_reference": "many 2", "external_reference": "1", "quantity": 2, "unit_amount": 100},
    {"customer_reference": "many 1", "external_reference": "2", "order_reference": "R", "offer_reference": "foreign-pass", "starts_on": "2025-01-01", "ends_on": "2025-02-01"},
    {"customer_reference": "many 2", "external_reference": "1", "quantity": 3},
    {"customer_reference": "many 1", "external_reference": "3", "order_reference": "R"},
    {"customer_reference": "many 1", "external_reference": "2", "order_reference": "R", "offer_reference": "foreign-pass", "starts_on": "2025-01-01", "ends_on": "2025-02-01"},
    {"customer_reference": "many 1", "external_reference": "4", "offer_reference": "foreign", "starts_on": "2025-01-10", "unit_amount": 5},
    {"customer_reference": "many 3", "external_reference": "5", "offer_reference": "nothing"},
    {"customer_reference": "many 3", "external_reference": "6", "colour": "red"},
    {"customer_reference": "many 3", "external_reference": "7", "quantity": "2"},
    {"customer_reference": "many 3", "external_reference": "8", "starts_on": "2025-02-30"},
    {"customer_reference": "many 3", "external_reference": "9", "starts_on": "tomorrow"},
    {"customer_reference": "many 3", "external_reference": "10", "placed_at": "infinity"},
    {"customer_reference": "many 3", "external_reference": "11", "placed_at": "2025-01-01 25:00"},
    {"customer_reference": null, "external_reference": "12"}, {"bare": true}, 7, null,
    {"customer_reference": " many", "external_reference": "13"},
    {"customer_reference": "many 3", "external_reference": "14", "offer_reference": "book"},
    {"customer_reference": "many 3", "external_reference": "15", "status": "open"},
    {"customer_reference": "many 3", "external_reference": "16", "quantity": 0},
    {"customer_reference": "many 3", "external_reference": "17", "store": "P-XX"},
    {"customer_reference": "many 3", "external_reference": "18", "quantity": null, "country": null},
    {"customer_reference": "many 4", "external_reference": "19", "offer_reference": "foreign-steps", "starts_on": "5874897-12-01"},
    {"customer_reference": "many 4", "external_reference": "20", "quantity": 1.5},
    {"customer_reference": "many 4", "external_reference": "21", "offer_reference": "foreign-steps", "starts_on": "2025-01-10"}]$j$),
    '1 1 unchanged / 2 2 inserted / 3 1 changed / 4 3 refused OE013 order reference "R" of customer "many 1" stands for order O already / 5 2 unchanged / 6 4 inserted / '
    '7 5 refused OE020 unknown offer "nothing" / 8 6 refused 22023 unknown or malformed "colour": "red" / 9 7 refused 22023 unknown or malformed "quantity": "2" / '
    '10 8 refused 22008 date/time field value out of range: "2025-02-30" / 11 9 refused 22023 unknown or malformed "starts_on": "tomorrow" / '
    '12 10 refused 22023 unknown or malformed "placed_at": "infinity" / 13 11 refused 22008 date/time field value out of range: "2025-01-01 25:00" / '
    '14 12 refused 22004 customer_reference must not be NULL / 15 refused 22004 store must not be NULL / 16 refused 22023 an order must be a JSON object, not number / '
    '17 refused 22023 an order must be a JSON object, not null / 18 13 refused 22023 customer_reference " many" begins or ends with white space / '
    '19 14 refused OE011 offer "book" does not allow operation "order_import" through channel "import": no offer that is standard allows order_import / '
    '20 15 refused 22023 unknown or malformed "status": "open" / 21 16 refused 22023 quantity must be at least 1, not 0 / 22 17 refused 22023 unknown store "P-XX" / 23 18 inserted / '
    '24 19 refused 22023 unknown or malformed "starts_on": "5874897-12-01" / 25 20 refused 22023 unknown or malformed "quantity": 1.5 / 26 21 inserted', 'an outcome each');
SELECT is((SELECT string_agg(concat_ws(' ', o.customer_reference, o.external_reference, l.quantity), ', ' ORDER BY o.customer_reference, o.external_reference)
             FROM offerengine.sales_order o JOIN offerengine.order_line l USING (customer_reference, order_id) WHERE o.customer_reference LIKE 'many%'),
          'many 1 2 1, many 1 4 1, many 2 1 3, many 3 18 1, many 4 21 1', 'what is there');
SELECT is(pg_temp.course('many 1') || ' / ' || pg_temp.course('many 4'), 'foreign 2025-01-10.. / foreign-steps 2025-01-10..', 'subscriptions too');

-- What only writing finds out is refused alone, by halves of what was put off.
CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.external_reference LIKE 'bad%' THEN
        RAISE EXCEPTION 'not this one' USING ERRCODE = '23514';
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER refuse BEFORE INSERT ON offerengine.sales_order FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse();
SELECT is((SELECT string_agg(i.outcome || coalesce(' ' || i.detail, ''), ', ' ORDER BY i."position")
             FROM offerengine.import_orders((SELECT jsonb_agg(jsonb_build_object('customer_reference', 'h' || n % 4, 'external_system', 'erp', 'external_reference', r, 'offer_reference',
                                                   'foreign-book', 'store', 'P-DE', 'currency', 'EUR') ORDER BY n) FROM unnest('{a,bad1,c,d,e,bad2,g}'::text[]) WITH ORDINALITY AS u (r, n))) AS i),
          'inserted, refused not this one, inserted, inserted, inserted, refused not this one, inserted', 'one of many cannot be written');
DROP TRIGGER refuse ON offerengine.sales_order;
SELECT is((SELECT count(*) FROM offerengine.sales_order o WHERE o.customer_reference LIKE 'h_'), 5::bigint, 'the others are there');

-- More than are written at a time; the same again changes nothing, whatever the order of the array.
CREATE TEMP TABLE told AS
SELECT n, jsonb_build_object('customer_reference', 'bulk ' || (n * 31) % 1100 % 137, 'external_system', 'erp', 'external_reference', (n * 31) % 1100, 'offer_reference',
                             (ARRAY['foreign-book', 'foreign-pass', 'foreign'])[1 + (n * 31) % 1100 % 3], 'store', 'P-DE', 'currency', 'EUR', 'quantity', 1 + n / 1100,
                             'starts_on', '2025-01-10', 'ends_on', '2025-06-10', 'unit_amount', n % 5, 'placed_at', '2025-01-01') AS told
  FROM generate_series(1, 1300) n;
UPDATE told SET told = told || jsonb_build_object('external_reference', told ->> 'external_reference');
CREATE FUNCTION pg_temp.state() RETURNS text LANGUAGE sql AS $$
    SELECT md5(string_agg(concat_ws(' ', o.customer_reference, o.external_reference, o.total_amount, o.imported, l.quantity, l.starts_on, l.ends_on, s.starts_on, s.quantity), E'\n'
                          ORDER BY o.customer_reference, o.external_reference))
           || ' ' || count(*) || ' ' || (SELECT count(*) FROM offerengine.order_event e WHERE e.customer_reference LIKE 'bulk%')
           || ' ' || (SELECT count(*) FROM offerengine.subscription_event e WHERE e.customer_reference LIKE 'bulk%')
      FROM offerengine.sales_order o JOIN offerengine.order_line l USING (customer_reference, order_id)
      LEFT JOIN offerengine.subscription s ON s.customer_reference = l.customer_reference AND s.subscription_id = l.subscription_id
     WHERE o.customer_reference LIKE 'bulk%'
$$;
SELECT is((SELECT string_agg(DISTINCT i.outcome, ' ' ORDER BY i.outcome) FROM offerengine.import_orders((SELECT jsonb_agg(t.told ORDER BY t.n) FROM told t)) AS i), 'changed inserted',
          'orders that meet others of the array are changed by these');
CREATE TEMP TABLE kept AS SELECT pg_temp.state() AS state;
SELECT is((SELECT string_agg(DISTINCT i.outcome, ' ') FROM offerengine.import_orders((SELECT jsonb_agg(u.told ORDER BY u.n DESC)
             FROM (SELECT DISTINCT ON (t.told ->> 'customer_reference', t.told ->> 'external_reference') t.* FROM told t
                    ORDER BY t.told ->> 'customer_reference', t.told ->> 'external_reference', t.n DESC) u)) AS i), 'unchanged', 'the last of each again');
SELECT is(pg_temp.state(), (SELECT k.state FROM kept k), 'nothing has changed');
-- One by one comes to the same as at once.
SELECT count(*) FROM (SELECT * FROM told t ORDER BY t.n) t, LATERAL offerengine.import_order(replace(t.told ->> 'customer_reference', 'bulk', 'solo'), 'erp', t.told ->> 'external_reference', t.told ->> 'offer_reference', 'P-DE', 'EUR',
           quantity => (t.told ->> 'quantity')::integer, starts_on => '2025-01-10', ends_on => '2025-06-10', unit_amount => (t.told ->> 'unit_amount')::bigint,
           placed_at => '2025-01-01 00:00+00') \g /dev/null
SELECT pg_temp.same_rows(
    format($q$ SELECT substr(o.customer_reference, 5), o.external_reference, o.total_amount, o.imported, l.quantity, l.starts_on, s.starts_on, s.quantity,
                      (SELECT count(*) FROM offerengine.order_event e WHERE e.customer_reference = o.customer_reference AND e.order_id = o.order_id)
                 FROM offerengine.sales_order o JOIN offerengine.order_line l USING (customer_reference, order_id)
                 LEFT JOIN offerengine.subscription s ON s.customer_reference = l.customer_reference AND s.subscription_id = l.subscription_id
                WHERE o.customer_reference LIKE %L ORDER BY 1, 2 $q$, 'solo%'),
    format($q$ SELECT substr(o.customer_reference, 5), o.external_reference, o.total_amount, o.imported, l.quantity, l.starts_on, s.starts_on, s.quantity,
                      (SELECT count(*) FROM offerengine.order_event e WHERE e.customer_reference = o.customer_reference AND e.order_id = o.order_id)
                 FROM offerengine.sales_order o JOIN offerengine.order_line l USING (customer_reference, order_id)
                 LEFT JOIN offerengine.subscription s ON s.customer_reference = l.customer_reference AND s.subscription_id = l.subscription_id
                WHERE o.customer_reference LIKE %L ORDER BY 1, 2 $q$, 'bulk%'), 'one by one or at once');
SELECT is((SELECT count(*) FROM offerengine.import_orders('[]')), 0::bigint, 'none');
SELECT is(pg_temp.outcome(format('SELECT offerengine.import_orders(%L::jsonb)', c.orders)), c.answer, coalesce(c.orders, 'NULL'))
  FROM (VALUES (NULL, '22004 orders must not be NULL'), ('{}', '22023 orders must be a JSON array, not object'), ('null', '22023 orders must be a JSON array, not null')) AS c (orders, answer);

-- A refusal leaves nothing of the customer behind, and does not give free one that is held.
SELECT is_empty($$ SELECT FROM offerengine.customer_timeline t WHERE t.customer_reference = 'many 0' $$, 'nobody yet');
SELECT is(pg_temp.many('[{"customer_reference": "many 0", "external_reference": "1", "offer_reference": "nothing"}]'), '1 1 refused OE020 unknown offer "nothing"', 'refused');
SELECT is_empty($$ SELECT FROM offerengine.customer_timeline t WHERE t.customer_reference = 'many 0' $$, 'and nobody after it');

SELECT * FROM finish();
ROLLBACK;
