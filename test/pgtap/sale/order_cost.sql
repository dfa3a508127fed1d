-- What becomes of an order of many lines costs in proportion to them: rows and index entries read, pages of the lines, counted at two
-- sizes. So does a document that is told once more.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
SELECT no_plan();

CREATE FUNCTION pg_temp.lines(n integer, quantity integer) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_build_object('offer_reference', 'book', 'quantity', quantity, 'line_amount', 1000 + l)) FROM generate_series(1, n) AS l $$;
CREATE FUNCTION pg_temp.rows_read() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(pg_stat_get_xact_tuples_returned(c.oid))::bigint FROM pg_class c
     WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind IN ('r', 'i') $$;
-- A call on an order of so many lines of two pieces each, whose total differs from their sum.
CREATE FUNCTION pg_temp.cost(n integer, call text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
    answer bigint;
    id     uuid := offerengine.put_order('cost', 'R' || n, total_amount => n * 999, currency => 'EUR', store => 'P-DE', lines => pg_temp.lines(n, 2));
BEGIN
    before := pg_temp.rows_read();
    EXECUTE format('SELECT count(*) FROM offerengine.' || call, id, n) INTO STRICT answer;
    IF answer = 0 THEN
        RAISE EXCEPTION 'nothing was done: %', call;
    END IF;
    RAISE EXCEPTION 'taken back' USING ERRCODE = 'XX999', DETAIL = (pg_temp.rows_read() - before)::text;
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    GET STACKED DIAGNOSTICS answer = PG_EXCEPTION_DETAIL;
    RETURN answer;
END
$$;
CREATE FUNCTION pg_temp.one_each(n integer) RETURNS jsonb LANGUAGE sql AS
    $$ SELECT jsonb_agg(jsonb_build_object('line_no', l, 'quantity', 1)) FROM generate_series(1, n) AS l $$;

-- Of a table with some rows a page is read whole, as is right; a shop has more orders than one.
SELECT count(offerengine.put_order('others', 'R' || n, currency => 'EUR', store => 'P-DE', lines => pg_temp.lines(300, 2))) FROM generate_series(1, 20) AS n \g /dev/null
SET CONSTRAINTS ALL IMMEDIATE;
\ir ../include/compact.psql
SELECT ok(c.small > 50 AND c.big < 12 * c.small, format('%s: %s rows read of 50 lines, %s of 500', c.call, c.small, c.big))
  FROM (SELECT k.call, pg_temp.cost(50, k.call) AS small, pg_temp.cost(500, k.call) AS big
          FROM (SELECT unnest(ARRAY['cancel_order(''cost'', %L)', 'return_order(''cost'', %L, NULL, key => ''k'')', 'return_order(''cost'', %L, pg_temp.one_each(%s), key => ''k'')',
                                    'ship_order(''cost'', %L)', 'ship_order(''cost'', %L, pg_temp.one_each(%s))',
                                    'put_order(''cost'', ''R'' || ''%2$s'', lines => pg_temp.lines(%2$s, 3))', 'order_items(''cost'', %L)', 'order_shipments(''cost'', %L)']) AS call) AS k) AS c;

-- It is done: a thousand lines, one piece of each off and the other back, sum up to the order.
SELECT offerengine.put_order('cost', 'K', total_amount => 1234567, currency => 'EUR', store => 'P-DE', lines => pg_temp.lines(1000, 2)) AS id \gset
SELECT count(*) || ' ' || min(r.quantity) || ' ' || max(r.total_amount) || ' ' || sum(r.line_amount) AS back
  FROM offerengine.return_order('cost', :'id', pg_temp.one_each(1000), key => 'k') AS r \gset
SELECT is(:'back', format('1000 1 %s %1$s', (SELECT o.returned_amount FROM offerengine.sales_order o WHERE o.order_id = :'id')), 'one of each comes back');
SELECT count(*) || ' ' || sum(c.quantity) || ' ' || sum(c.amount) AS off FROM offerengine.cancel_order('cost', :'id') AS c WHERE c.outcome = 'cancelled' \gset
SELECT is(:'off',
          '1000 1000 ' || (1234567 - (SELECT o.returned_amount FROM offerengine.sales_order o WHERE o.order_id = :'id')), 'the others are called off');
SELECT is_empty(format($$ SELECT l.line_no FROM offerengine.order_line l
                           WHERE l.order_id = %L AND (l.quantity_cancelled, l.quantity_returned) <> (1, 1) $$, :'id'), 'each line gave one up twice');
SELECT is_empty(format($$ SELECT l.line_no, l.cancelled_amount, c.amount
                            FROM offerengine.order_line l
                            JOIN (SELECT (e.value ->> 'line_no')::integer AS line_no, (e.value ->> 'amount')::bigint AS amount
                                    FROM offerengine.order_event v, jsonb_array_elements(v.detail -> 'lines') AS e
                                   WHERE v.order_id = %1$L AND v.event = 'cancelled' AND e.value ->> 'outcome' = 'cancelled') AS c ON c.line_no = l.line_no
                           WHERE l.order_id = %1$L AND l.cancelled_amount <> c.amount $$, :'id'), 'each amount stands with its line');

SELECT * FROM finish();
ROLLBACK;
