-- What an action on an order reads grows with the lines of the order, not with their square.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/order.psql
SELECT no_plan();

CREATE FUNCTION pg_temp.lines_read() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(pg_stat_get_xact_tuples_returned(c.oid))::bigint FROM pg_class c
     WHERE c.oid = 'offerengine.order_line'::regclass OR c.oid IN (SELECT x.indexrelid FROM pg_index x WHERE x.indrelid = 'offerengine.order_line'::regclass) $$;
CREATE FUNCTION pg_temp.reads(statement text, reference text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before CONSTANT bigint := pg_temp.lines_read();
BEGIN
    EXECUTE replace(statement, '<id>', pg_temp.id('lots', reference)::text);
    RETURN pg_temp.lines_read() - before;
END
$$;
CREATE TEMP TABLE action (line serial, what text, statement text);
INSERT INTO action (what, statement) VALUES
    ('return', $$SELECT offerengine.return_order('lots', '<id>', NULL, key => 'k')$$),
    ('return of parts', $$SELECT offerengine.return_order('lots', '<id>', (SELECT jsonb_agg(jsonb_build_object('line_no', i.line_no, 'quantity', 1))
                                                                             FROM offerengine.order_items('lots', '<id>') AS i), key => 'k')$$),
    ('cancel', $$SELECT offerengine.cancel_order('lots', '<id>')$$),
    ('ship', $$SELECT offerengine.ship_order('lots', '<id>')$$),
    ('ship parts', $$SELECT offerengine.ship_order('lots', '<id>', (SELECT jsonb_agg(jsonb_build_object('line_no', i.line_no, 'quantity', 1))
                                                                      FROM offerengine.order_items('lots', '<id>') AS i))$$);
SELECT pg_temp.told('lots', a.what || s.lines, 99999, VARIADIC array_fill('book x3 =1000'::text, ARRAY[s.lines]))
  FROM action a, (VALUES (100), (400)) AS s (lines) \g /dev/null
\ir ../include/analyze.psql
CREATE TEMP TABLE read AS
SELECT a.line, a.what, pg_temp.reads(a.statement, a.what || 100) AS small, pg_temp.reads(a.statement, a.what || 400) AS big FROM (SELECT * FROM action ORDER BY line) AS a;
SELECT cmp_ok(r.big, '<', 5 * r.small, format('%s: four times the lines are %s reads after %s', r.what, r.big, r.small)) FROM read r ORDER BY r.line;
SELECT is((SELECT sum(i.returned_amount) FROM offerengine.order_items('lots', pg_temp.id('lots', 'return400')) AS i), 99999::numeric, 'and the parts are the whole');

-- Lines that are told anew are written once each.
SELECT pg_temp.told('lots', 'anew', NULL, VARIADIC array_fill('book x3 =1000'::text, ARRAY[300])) \g /dev/null
SELECT pg_temp.told('lots', 'anew', NULL, 'book x2 =900 sent 2', 'guest-book x1 =5') \g /dev/null
SELECT is(pg_temp.state('lots', 'anew'), '1: 2 of 900, 2 sent; 2: 1 of 5', 'lines told anew: changed, and left out');
SELECT pg_temp.told('lots', 'anew', NULL, 'book x3 =800', 'guest-book x1 =5', 'book x4 =7') \g /dev/null
SELECT is(pg_temp.state('lots', 'anew'), '1: 3 of 800, 2 sent; 2: 1 of 5; 3: 4 of 7', 'what has shipped stays where it is not told, and lines come');
SELECT * FROM finish();
ROLLBACK;
