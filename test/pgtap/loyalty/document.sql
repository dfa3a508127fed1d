-- What is delivered about an order: the whole document, value by value, on both paths; and both say the same of every order there can be.
BEGIN;
\ir ../include/seed.psql
\ir ../include/publisher.psql
SELECT no_plan();
CREATE FUNCTION pg_temp.uuid(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT ('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid$$;
CREATE FUNCTION pg_temp.document(path text, customer text, order_id uuid, send_as text DEFAULT 'order') RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('offerengine.fast_path', CASE path WHEN 'probes' THEN 'on' ELSE 'off' END, true);
    RETURN offerengine_internal.document_payload(customer, order_id, '01900000-0000-7000-8000-0000000000ff', send_as);
END
$$;
CREATE TEMP TABLE path (path text);
INSERT INTO path VALUES ('probes'), ('sql');

-- An order with everything, and its return.
INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, order_type, status, store_code, currency_code, country_code, price_mode, total_amount, placed_at, parent_order_id,
                                     external_system, external_reference, origin, cancelled_amount, returned_amount, points_redeemed, points_amount, note, order_document_id)
VALUES ('anna', pg_temp.uuid(1), E'"A\u20ac\\1', 1, 7.10, 'P-DE', 'EUR', 'AT', 'net', 9223372036854775807, '2025-02-28 23:59:59.000001+00', NULL, 'sys', E'x"\u00e4', 'import', 1000, 20, 40, 400, 'not told', pg_temp.uuid(9)),
       ('anna', pg_temp.uuid(2), NULL, 3, NULL, NULL, NULL, NULL, NULL, 20, '-infinity', pg_temp.uuid(1), NULL, NULL, 'document', 0, 0, 0, 0, NULL, NULL);
INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, unit_amount, other_amount, line_amount, subscription_id, starts_on, ends_on, note,
                                    quantity_shipped, quantity_cancelled, quantity_returned, cancelled_amount, returned_amount, parent_line_no, parent_amount)
VALUES ('anna', pg_temp.uuid(1), 2147483647, pg_temp.offer('pass'), (SELECT merchant_id FROM offerengine.merchant WHERE merchant_reference = 'p-guest'), 1, NULL, NULL, NULL, NULL, '0044-03-15 BC', '9999-12-31', NULL, 0, 0, 0, 0, 0, NULL, NULL),
       ('anna', pg_temp.uuid(1), 3, pg_temp.offer('base'), (SELECT merchant_id FROM offerengine.merchant WHERE merchant_reference = 'p-house'), 5, 1000000000000000000, 0, 100, pg_temp.uuid(8), '2024-02-29', 'infinity', 'not told', 1, 2, 1, 1000, 20, NULL, NULL),
       ('anna', pg_temp.uuid(2), 1, pg_temp.offer('base'), (SELECT merchant_id FROM offerengine.merchant WHERE merchant_reference = 'p-house'), 1, 20, NULL, 20, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 3, 20);
SELECT is(pg_temp.document(p.path, 'anna', pg_temp.uuid(1)), $${
    "document_id": "01900000-0000-7000-8000-0000000000ff", "document": "order", "customer_reference": "anna", "order_id": "01900000-0000-7000-8000-000000000001",
    "order_reference": "\"A€\\1", "order_type": 1, "status": 7.10, "origin": "import", "external_system": "sys", "external_reference": "x\"ä", "store": "P-DE", "country": "AT",
    "currency": "EUR", "exponent": 2, "price_mode": "net", "placed_at": "2025-02-28T23:59:59.000001Z", "total_amount": 9223372036854775807, "cancelled_amount": 1000, "returned_amount": 20,
    "points_redeemed": 40, "points_amount": 400, "parent": null,
    "lines": [{"line_no": 3, "offer_reference": "base", "sku": "P-PAPER", "offer_type": "subscription", "merchant_reference": "p-house", "quantity": 5, "unit_amount": 1000000000000000000,
               "line_amount": 100, "other_amount": 0, "quantity_cancelled": 2, "quantity_returned": 1, "cancelled_amount": 1000, "returned_amount": 20, "parent_line_no": null,
               "parent_amount": null, "subscription_id": "01900000-0000-7000-8000-000000000008", "starts_on": "2024-02-29", "ends_on": null},
              {"line_no": 2147483647, "offer_reference": "pass", "sku": "P-PAPER", "offer_type": "time_pass", "merchant_reference": "p-guest", "quantity": 1, "unit_amount": null,
               "line_amount": null, "other_amount": null, "quantity_cancelled": 0, "quantity_returned": 0, "cancelled_amount": 0, "returned_amount": 0, "parent_line_no": null,
               "parent_amount": null, "subscription_id": null, "starts_on": null, "ends_on": "9999-12-31"}]}$$::jsonb, 'an order, ' || p.path)
  FROM path p;
SELECT is(pg_temp.document(p.path, 'anna', pg_temp.uuid(2), 'return'), $${
    "document_id": "01900000-0000-7000-8000-0000000000ff", "document": "return", "customer_reference": "anna", "order_id": "01900000-0000-7000-8000-000000000002",
    "order_reference": null, "order_type": 3, "status": null, "origin": "document", "external_system": null, "external_reference": null, "store": null, "country": null, "currency": null,
    "exponent": null, "price_mode": null, "placed_at": null, "total_amount": 20, "cancelled_amount": 0, "returned_amount": 0, "points_redeemed": 0, "points_amount": 0,
    "parent": {"order_id": "01900000-0000-7000-8000-000000000001", "order_reference": "\"A€\\1", "order_type": 1, "status": 7.10, "document_id": "01900000-0000-7000-8000-000000000009",
               "placed_at": "2025-02-28T23:59:59.000001Z", "total_amount": 9223372036854775807, "cancelled_amount": 1000, "returned_amount": 20, "points_redeemed": 40, "points_amount": 400},
    "lines": [{"line_no": 1, "offer_reference": "base", "sku": "P-PAPER", "offer_type": "subscription", "merchant_reference": "p-house", "quantity": 1, "unit_amount": 20,
               "line_amount": 20, "other_amount": null, "quantity_cancelled": 0, "quantity_returned": 0, "cancelled_amount": 0, "returned_amount": 0, "parent_line_no": 3,
               "parent_amount": 20, "subscription_id": null, "starts_on": null, "ends_on": null}]}$$::jsonb, 'a return, ' || p.path)
  FROM path p;
SELECT is(pg_temp.document(p.path, 'anna', pg_temp.uuid(3)), NULL, 'no such order, ' || p.path) FROM path p;
SELECT is(pg_temp.document(p.path, 'bert', pg_temp.uuid(1)), NULL, 'nobody else has it, ' || p.path) FROM path p;
SELECT ok(pg_temp.document(p.path, 'anna', pg_temp.uuid(1))::text LIKE '%"status": 7.10,%', 'a status with all its digits, ' || p.path) FROM path p;

-- Rows of this very command, as a trigger or a writer sees them.
SELECT is(pg_temp.document(p.path, 'carl', pg_temp.uuid(4)), NULL, 'not there yet, ' || p.path) FROM path p;
INSERT INTO offerengine.sales_order (customer_reference, order_id) VALUES ('carl', pg_temp.uuid(4));
SELECT is(pg_temp.document(p.path, 'carl', pg_temp.uuid(4)) -> 'lines', '[]', 'there, without lines, ' || p.path) FROM path p;
INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id) SELECT 'carl', pg_temp.uuid(4), 1, o.offer_id, o.merchant_id FROM offerengine.offer o WHERE o.offer_reference = 'book';
UPDATE offerengine.order_line l SET quantity = 7 WHERE l.customer_reference = 'carl';
SELECT is(concat_ws(' ', pg_temp.document(p.path, 'carl', pg_temp.uuid(4)) #>> '{lines,0,offer_reference}', pg_temp.document(p.path, 'carl', pg_temp.uuid(4)) #>> '{lines,0,quantity}'), 'book 7',
          'as it is by now, ' || p.path) FROM path p;

-- Orders as the dice have them: one text for both. Drawn from few rows: the tables keep what other tests have rolled back.
CREATE TEMP TABLE some_offer AS SELECT o.offer_id FROM offerengine.offer o;
CREATE TEMP TABLE some_merchant AS SELECT m.merchant_id FROM offerengine.merchant m;
ANALYZE some_offer, some_merchant;
CREATE FUNCTION pg_temp.maybe(value anyelement, chance float8 DEFAULT 0.6) RETURNS anyelement LANGUAGE sql VOLATILE AS $$SELECT CASE WHEN random() < chance THEN value END$$;
CREATE FUNCTION pg_temp.one(VARIADIC choices anyarray) RETURNS anyelement LANGUAGE sql VOLATILE AS $$SELECT choices[1 + floor(random() * cardinality(choices))]$$;
CREATE FUNCTION pg_temp.amount() RETURNS bigint LANGUAGE sql VOLATILE AS $$SELECT pg_temp.one(VARIADIC ARRAY[0, 1, 9, 10000, 99999999, 100000000, 9223372036854775807, floor(random() * 1000000)::bigint])$$;
CREATE FUNCTION pg_temp.word() RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT string_agg(pg_temp.one(VARIADIC ARRAY['a', 'Z', '"', '\', '/', E'\u20ac', E'\U0001F600', '''', '{', ' x', repeat('long', 12)]), '') || 'e' FROM generate_series(1, 1 + floor(random() * 4)::integer)$$;
CREATE FUNCTION pg_temp.instant() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    $$SELECT pg_temp.one(VARIADIC ARRAY['infinity', '-infinity', '0001-01-01 00:00Z', '0001-12-31 23:59:59.999999Z BC', '9999-12-31 23:59:59.999999Z', '10000-01-01Z', '2024-02-29 00:00:00.5Z',
                         timestamptz '2025-01-01' + random() * interval '400 days'])$$;
CREATE FUNCTION pg_temp.day() RETURNS date LANGUAGE sql VOLATILE AS
    $$SELECT pg_temp.one(VARIADIC ARRAY['-infinity', '4713-01-01 BC', '0001-12-31 BC', '0001-01-01', '2024-02-29', date '2025-01-01' + floor(random() * 400)::integer])$$;
CREATE FUNCTION pg_temp.make(n integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    who CONSTANT text := pg_temp.one(VARIADIC ARRAY['anna', 'bert', E'j\u00f6rg "x"']);
    pair CONSTANT boolean := random() < 0.5;
BEGIN
    INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, order_type, status, store_code, currency_code, country_code, price_mode, total_amount, placed_at, parent_order_id,
                                         external_system, external_reference, origin, cancelled_amount, returned_amount, points_redeemed, points_amount, note, order_document_id)
    VALUES (who, pg_temp.uuid(1000 + n), pg_temp.maybe(n || pg_temp.word()), 1 + n % 15,
            pg_temp.maybe(pg_temp.one(VARIADIC ARRAY[0, 7, 7.0, 7.1, -0.5, 1e30, -99999999999999999999.000000000000000001, 10000, 0.00001234])), pg_temp.maybe('P-DE'::text), pg_temp.maybe(pg_temp.one('EUR'::text, 'JPY', 'KWD')),
            pg_temp.maybe('DE'::text), pg_temp.maybe(pg_temp.one('net'::text, 'gross')), pg_temp.amount(), pg_temp.instant(),
            pg_temp.maybe((SELECT s.order_id FROM offerengine.sales_order s WHERE s.customer_reference = who ORDER BY random() LIMIT 1)),
            CASE WHEN pair THEN 'sys' END, CASE WHEN pair THEN n || pg_temp.word() END, pg_temp.one('purchase'::text, 'import', 'document', 'return', 'cancellation'), pg_temp.amount(), pg_temp.amount(),
            pg_temp.one(0, 40, 2147483647), pg_temp.amount(), pg_temp.maybe(pg_temp.word()), pg_temp.maybe(pg_temp.uuid(n)));
    INSERT INTO offerengine.order_line (customer_reference, order_id, line_no, offer_id, merchant_id, quantity, unit_amount, other_amount, line_amount, subscription_id, starts_on, ends_on, note,
                                        quantity_cancelled, quantity_returned, cancelled_amount, returned_amount, parent_line_no, parent_amount)
    SELECT who, pg_temp.uuid(1000 + n), pg_temp.one(1, 1000, 2147000000) + i, o.offer_id, m.merchant_id, 10, pg_temp.maybe(pg_temp.amount()), pg_temp.maybe(pg_temp.amount()),
           pg_temp.maybe(pg_temp.amount()), pg_temp.maybe(pg_temp.uuid(i)), pg_temp.maybe(pg_temp.day()), pg_temp.maybe(pg_temp.one(VARIADIC ARRAY['infinity', '9999-12-31', '10000-01-01', date '2030-01-01'])),
           pg_temp.maybe(pg_temp.word()), pg_temp.one(0, 3), pg_temp.one(0, 7), pg_temp.amount(), pg_temp.amount(), p.line_no, CASE WHEN p.line_no IS NOT NULL THEN pg_temp.maybe(pg_temp.amount()) END
      FROM generate_series(1, pg_temp.one(0, 1, 3, 12)) AS i
     CROSS JOIN LATERAL (SELECT f.offer_id FROM some_offer f WHERE i > 0 ORDER BY random() LIMIT 1) AS o
     CROSS JOIN LATERAL (SELECT f.merchant_id FROM some_merchant f WHERE i > 0 ORDER BY random() LIMIT 1) AS m
     CROSS JOIN LATERAL (SELECT pg_temp.maybe(i, 0.3) AS line_no) AS p;
END
$$;
SELECT count(pg_temp.make(n)) FROM generate_series(1, 300) AS n \g /dev/null
CREATE TEMP TABLE told AS
SELECT s.order_id, pg_temp.document('probes', s.customer_reference, s.order_id, k) AS probes, pg_temp.document('sql', s.customer_reference, s.order_id, k) AS sql
  FROM offerengine.sales_order s, unnest('{order,return}'::text[]) AS k;
SELECT is_empty($$SELECT t.order_id FROM told t WHERE t.probes IS DISTINCT FROM t.sql OR t.probes::text IS DISTINCT FROM t.sql::text$$,
                'both paths say the same, seed ' || :seed);
SELECT is((SELECT count(*) FROM told t WHERE t.probes ->> 'order_id' = t.order_id::text), 606::bigint, 'of all of them');
SELECT cmp_ok((SELECT count(*) FROM told t WHERE t.probes -> 'parent' <> 'null'), '>', 100::bigint, 'many with a parent');
SELECT cmp_ok((SELECT sum(jsonb_array_length(t.probes -> 'lines')) FROM told t), '>', 1000::bigint, 'and lines');
SELECT * FROM finish();
ROLLBACK;
