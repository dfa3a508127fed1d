-- A purchase of what is sold out is refused before anything is locked or written, in the words of a refusal that comes late; whom that
-- would tell something else than before, the later judgement tells.
BEGIN;
\ir ../include/stock.psql
SET LOCAL offerengine.fast_path = on;
SELECT no_plan();
INSERT INTO offerengine.store_currency (store_code, currency_code) VALUES ('C-DE', 'EUR');
SELECT offerengine.set_price('C-DE', 'EUR', 1, 100, o) FROM unnest('{c-o1,c-o2,c-o3}'::text[]) AS o \g /dev/null
SET CONSTRAINTS ALL IMMEDIATE;
SELECT offerengine.set_stock('c-o1', 'c-wa', 3), offerengine.set_stock('c-o1', 'c-wb', 1) \g /dev/null
\ir ../include/compact.psql

-- All of a refusal, and the rows that it wrote; those it read.
CREATE FUNCTION pg_temp.rows(kind text) RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(CASE kind WHEN 'read' THEN pg_stat_get_xact_tuples_returned(c.oid)
                         ELSE pg_stat_get_xact_tuples_inserted(c.oid) + pg_stat_get_xact_tuples_updated(c.oid) END)::bigint
      FROM pg_class c WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind IN ('r', 'i') $$;
CREATE FUNCTION pg_temp.told(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text; message text; detail text; hint text; answer text;
    wrote bigint := pg_temp.rows('wrote');
BEGIN
    EXECUTE format('SELECT p.quantity || '' sold'' FROM offerengine.purchase(%s) p', arguments) INTO answer;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' / ', state, message, detail, hint, pg_temp.rows('wrote') - wrote || ' written');
END $$;
\set sold_out 'OE064 / offer "c-o1" is sold out in store C-DE: 5 wanted, 4 left / {"store": "C-DE", "wanted": 5, "available": 4, "offer_reference": "c-o1"} / offer_availability() says what is left.'

SELECT is(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', quantity => 5$$), :'sold_out' || ' / 0 written', 'early: nothing is written');
SELECT is(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', quantity => 5, order_id => pg_temp.order_id(1)$$), :'sold_out' || ' / 0 written', 'with an order id of its own, too');
SELECT is(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', quantity => 5, order_reference => 'R'$$), :'sold_out' || ' / 0 written', 'and with a reference');
SELECT is(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', quantity => 5, at => now()$$), :'sold_out' || ' / 1 written', 'late: of another instant, after the customer was held');
SELECT is(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', quantity => 5, starts_on => current_date$$), :'sold_out' || ' / 1 written', 'and of a day');
SELECT is(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', quantity => 4, order_id => pg_temp.order_id(1)$$), '4 sold', 'four are there');
SELECT offerengine.cancel_order('anna', pg_temp.order_id(1)) \g /dev/null
SELECT is(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', quantity => 3, order_id => pg_temp.order_id(2), order_reference => 'R2'$$), '3 sold', 'three are sold');
SELECT alike(pg_temp.told($$'bert', 'c-o1', 'C-DE', 'EUR', quantity => 2$$), 'OE064%1 left%0 written', 'one is left');

-- The first answer is repeated, by id and by reference; another purchase under them is told so.
SELECT is(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', quantity => 3, order_id => pg_temp.order_id(2)$$), '3 sold', 'the same order');
SELECT is(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', quantity => 3, order_reference => 'R2'$$), '3 sold', 'and by its reference');
SELECT alike(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', quantity => 9, order_id => pg_temp.order_id(2)$$), 'OE013%', 'another order under its id');
SELECT alike(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', quantity => 9, order_id => pg_temp.order_id(1)$$), 'OE013%', 'and under that of a cancelled one');
SELECT alike(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', quantity => 3, order_id => pg_temp.order_id(9), order_reference => 'R2'$$), 'OE013%', 'and under another id with its reference');
SELECT alike(pg_temp.told($$'bert', 'c-o1', 'C-DE', 'EUR', quantity => 3, order_id => pg_temp.order_id(2)$$), 'OE0%', 'somebody else is told something');
SELECT pg_temp.reserve(5, 1, 1) \g /dev/null
SELECT alike(pg_temp.told($$'bert', 'c-o1', 'C-DE', 'EUR'$$), 'OE064%0 left%0 written', 'the last one is promised');
SELECT is(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', order_id => pg_temp.order_id(5)$$), '1 sold', 'whose order has it gets it');
SELECT offerengine.release_stock(pg_temp.order_id(6)) \g /dev/null
SELECT alike(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', order_id => pg_temp.order_id(6)$$), 'OE066%', 'an order that was cancelled before');

-- What is not refused.
SELECT is(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'EUR', reserve => false$$), '1 sold', 'the back office sells without');
SELECT is(pg_temp.told($$'anna', 'c-o2', 'C-DE', 'EUR'$$), '1 sold', 'what nobody counts is not sold out');
SELECT offerengine.set_stock('c-o2', 'c-wa', 0, true) \g /dev/null
SELECT is(pg_temp.told($$'anna', 'c-o2', 'C-DE', 'EUR', quantity => 99$$), '99 sold', 'nor what never runs out');
SELECT offerengine.set_stock('c-o2', 'c-wa', 104, false), pg_temp.reserve(7, 1, 5, 'c-o2', clock_timestamp() + interval '1 hour') \g /dev/null
SELECT alike(pg_temp.told($$'bert', 'c-o2', 'C-DE', 'EUR'$$), 'OE064%', 'what is held for an hour is');
SELECT pg_temp.run_out(7) \g /dev/null
SELECT is(pg_temp.told($$'bert', 'c-o2', 'C-DE', 'EUR', quantity => 5$$), '5 sold', 'when the hour is over it is not');

-- Who is told something else.
SELECT alike(pg_temp.told($$NULL, 'c-o1', 'C-DE', 'EUR'$$), '22004%', 'no customer');
SELECT alike(pg_temp.told($$'', 'c-o1', 'C-DE', 'EUR'$$), '22023%', 'no reference of one');
SELECT alike(pg_temp.told($$'anna', 'c-o1', 'C-DE', 'XXX'$$), '22023%', 'no such currency');
SELECT alike(pg_temp.told($$'anna', 'c-xx', 'C-DE', 'EUR'$$), 'OE020%', 'no such offer');
SELECT offerengine.customer_merge('anna', 'bert') \g /dev/null
SELECT alike(pg_temp.told($$'bert', 'c-o1', 'C-DE', 'EUR'$$), 'OE059%', 'who has become another customer');
SELECT offerengine.set_stock('c-o3', 'c-wa', 0) \g /dev/null
UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'c-o3';
SELECT alike(pg_temp.told($$'anna', 'c-o3', 'C-DE', 'EUR'$$), 'OE008%', 'what is not to be seen is not told about');
UPDATE offerengine.offer SET is_active = true WHERE offer_reference = 'c-o3';
SELECT alike(pg_temp.told($$'anna', 'c-o3', 'C-DE', 'EUR'$$), 'OE064%', 'what is, is');

-- A rule that leads to another offer: that one is sold.
SELECT offerengine.set_stock('c-o2', 'c-wa', 1000) \g /dev/null
SET LOCAL session_replication_role = replica;
INSERT INTO offerengine.sales_rule (title, advantage_offer_id, regular_offer_id) VALUES ('To the other', pg_temp.offer('c-o3'), pg_temp.offer('c-o2'));
SET LOCAL session_replication_role = origin;
SELECT is(pg_temp.told($$'anna', 'c-o3', 'C-DE', 'EUR', quantity => 2$$), '2 sold', 'where a rule sells another offer that is there');

-- However many others have bought.
CREATE FUNCTION pg_temp.cost() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint := pg_temp.rows('read');
BEGIN
    PERFORM pg_temp.told($q$'carl', 'c-o1', 'C-DE', 'EUR', quantity => 3$q$);
    RETURN pg_temp.rows('read') - before;
END $$;
-- A page that holds a whole table would be read whole.
SET LOCAL enable_seqscan = off;
ANALYZE;
SELECT pg_temp.cost() AS first_cost, pg_temp.cost() AS cost \gset
SELECT count(*) FROM generate_series(1, 100) AS n, offerengine.purchase('other ' || n, 'c-o2', 'C-DE', 'EUR') \g /dev/null
\ir ../include/compact.psql
SELECT pg_temp.cost() AS first_cost \gset
SELECT cmp_ok(pg_temp.cost(), '<', :cost::bigint + 90, 'as few rows are read after a hundred more');
SELECT * FROM finish();
ROLLBACK;
