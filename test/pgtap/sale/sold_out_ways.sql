-- Who is told that it is sold out is told so by the few rows that the call reads before anything else, by do_purchase() before it locks,
-- or by whoever finds it later: the same answer in the same words, and whatever else there is to say goes before it on all three ways.
BEGIN;
\ir ../include/stock.psql
SET LOCAL offerengine.fast_path = on;
SELECT no_plan();
INSERT INTO offerengine.store_currency (store_code, currency_code) VALUES ('C-DE', 'EUR');
SELECT pg_temp.make_offer('c-' || o) FROM unnest('{kept,never,unpriced,bound,ruled,lapsed,lasting,elsewhere,hidden,uncounted}'::text[]) AS o \g /dev/null
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT pg_temp.offer('c-' || o), 'C-DE' FROM unnest('{kept,never,unpriced,bound,ruled,lapsed,lasting,hidden,uncounted}'::text[]) AS o
 UNION ALL SELECT pg_temp.offer('c-elsewhere'), 'C-AT';
SELECT offerengine.set_price('C-DE', 'EUR', 1, 100, 'c-' || o)
  FROM unnest('{o1,o2,kept,never,bound,ruled,lapsed,lasting,elsewhere,hidden,uncounted}'::text[]) AS o \g /dev/null
UPDATE offerengine.offer SET order_minimum = 10 WHERE offer_reference = 'c-bound';
SET CONSTRAINTS ALL IMMEDIATE;
SELECT offerengine.set_stock('c-o1', 'c-wa', 7), offerengine.set_stock('c-o1', 'c-wb', 1), offerengine.set_stock('c-never', 'c-wa', 0, true),
       offerengine.set_stock('c-kept', 'c-wa', 3.5, safety_quantity => 3), offerengine.set_stock('c-unpriced', 'c-wa', 0),
       offerengine.set_stock('c-bound', 'c-wa', 0), offerengine.set_stock('c-ruled', 'c-wa', 0), offerengine.set_stock('c-lapsed', 'c-wa', 2),
       offerengine.set_stock('c-lasting', 'c-wa', 2), offerengine.set_stock('c-elsewhere', 'c-wa', 0), offerengine.set_stock('c-hidden', 'c-wa', 0) \g /dev/null
-- Of c-o1 four are left: anna has bought three as order 2, order 5 holds one; order 6 was cancelled before it began.
SELECT p.quantity FROM offerengine.purchase('anna', 'c-o1', 'C-DE', 'EUR', quantity => 3, order_id => pg_temp.order_id(2), order_reference => 'R2') p \g /dev/null
SELECT pg_temp.reserve(5, 1, 1), offerengine.release_stock(pg_temp.order_id(6)),
       pg_temp.reserve(7, 1, 2, 'c-lapsed', clock_timestamp() + interval '1 hour'), pg_temp.reserve(8, 1, 2, 'c-lasting', clock_timestamp() + interval '1 hour'),
       pg_temp.run_out(7) \g /dev/null
UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'c-hidden';
SELECT offerengine.purchase('bert', 'c-o2', 'C-DE', 'EUR'), offerengine.customer_merge('anna', 'bert') \g /dev/null
SET LOCAL session_replication_role = replica;
INSERT INTO offerengine.sales_rule (title, advantage_offer_id, regular_offer_id) VALUES ('To the other', pg_temp.offer('c-ruled'), pg_temp.offer('c-o2'));
SET LOCAL session_replication_role = origin;
CREATE ROLE c_shop;
CREATE ROLE c_both;
SELECT offerengine.grant_access('c_shop', 'storefront'), offerengine.grant_access('c_both', 'storefront'), offerengine.grant_access('c_both', 'merchant', 'c-one') \g /dev/null

-- Who answers a call, and what. A child of customer_timeline keeps it from being probed. Nothing is left of the call.
CREATE FUNCTION pg_temp.answer(way text, role text, call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text; message text; detail text; hint text; context text; answer text;
BEGIN
    IF way = 'later' THEN
        CREATE TEMP TABLE child () INHERITS (offerengine.customer_timeline, offerengine.stock_order);
    END IF;
    PERFORM set_config('offerengine.fast_path', CASE way WHEN 'late' THEN 'off' ELSE 'on' END, true);
    IF role IS NOT NULL THEN
        EXECUTE format('SET LOCAL ROLE %I', role);
    END IF;
    EXECUTE 'SELECT a::text FROM offerengine.' || call || ' AS a' INTO answer;
    RAISE EXCEPTION USING ERRCODE = 'YY001', MESSAGE = answer;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
                            context = PG_EXCEPTION_CONTEXT;
    RETURN CASE WHEN state = 'YY001' THEN 'answered: ' || message
                ELSE CASE WHEN context LIKE '%offerengine_internal.refuse_new_purchase%' THEN 'later: '
                          WHEN context LIKE '%offerengine_internal.%' THEN 'late: ' ELSE 'early: ' END
                     || concat_ws(' / ', state, message, detail, hint) END;
END $$;

-- The call, who is the first to say it, what is said on the ways that are on, and what is said with the fast path off where that differs.
CREATE TEMP TABLE asked (call text, role text, first text, said text, said_late text);
\set told 'OE064 / offer "c-o1" is sold out in store C-DE: 5 wanted, 4 left / {"store": "C-DE", "wanted": 5, "available": 4, "offer_reference": "c-o1"} / offer_availability() says what is left.'
INSERT INTO asked (call, role, first, said, said_late) VALUES
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 5)$$, NULL, 'early', :'told', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 5)$$, 'c_shop', 'early', :'told', NULL),
    ($$purchase('anna', 'c-o1', 'C-DE', 'EUR', 'DE', 5, 'net', 'b', 'self_service', NULL, '00000000-0000-7000-8000-000000000009', 7, NULL, NULL, true)$$, 'c_shop', 'early',
     :'told', 'OE010 %'),
    ($$purchase(repeat('c', 255), 'c-o1', 'C-DE', 'EUR', quantity => 5)$$, NULL, 'early', :'told', NULL),
    ($$purchase('c', 'c-o1', 'C-DE', 'EUR', quantity => 2147483647)$$, NULL, 'early', 'OE064 / % 2147483647 wanted, 4 left%', NULL),
    ($$purchase('carl', 'c-kept', 'C-DE', 'EUR')$$, NULL, 'early', 'OE064 / % 1 wanted, 0 left%', NULL),
    ($$purchase('carl', 'c-lasting', 'C-DE', 'EUR')$$, NULL, 'early', 'OE064 / % 1 wanted, 0 left%', NULL),
    -- Sold out goes before what is wrong with a sale that cannot be; the price is asked first where nobody knows yet.
    ($$purchase('carl', 'c-unpriced', 'C-DE', 'EUR')$$, NULL, 'early', 'OE064%', 'OE009%'),
    ($$purchase('carl', 'c-o1', 'C-DE', 'USD', quantity => 5)$$, NULL, 'early', :'told', 'OE009%'),
    ($$purchase('carl', 'c-bound', 'C-DE', 'EUR')$$, NULL, 'early', 'OE064%', 'OE083%'),
    -- What a call does not tell by itself.
    ($$purchase('Jörg', 'c-o1', 'C-DE', 'EUR', quantity => 5)$$, NULL, 'later', :'told', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 5, order_reference => 'R')$$, NULL, 'later', :'told', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 5, at => now())$$, NULL, 'late', :'told', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 5, starts_on => (now() AT TIME ZONE 'Europe/Berlin')::date)$$, NULL, 'late', :'told', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 5, channel => 'backend')$$, NULL, 'late', :'told', NULL),
    -- Arguments.
    ($$purchase(NULL, 'c-o1', 'C-DE', 'EUR', quantity => 5)$$, NULL, 'late', '22004%', NULL),
    ($$purchase('', 'c-o1', 'C-DE', 'EUR', quantity => 5)$$, NULL, 'late', '22023%is empty%', NULL),
    ($$purchase(' carl', 'c-o1', 'C-DE', 'EUR', quantity => 5)$$, NULL, 'late', '22023%white space%', NULL),
    ($$purchase('carl ', 'c-o1', 'C-DE', 'EUR', quantity => 5)$$, NULL, 'late', '22023%white space%', NULL),
    ($$purchase(E'carl\u0007x', 'c-o1', 'C-DE', 'EUR', quantity => 5)$$, NULL, 'late', '22023%control%', NULL),
    ($$purchase(repeat('c', 256), 'c-o1', 'C-DE', 'EUR', quantity => 5)$$, NULL, 'late', '22023%255%', NULL),
    ($$purchase('carl', NULL, 'C-DE', 'EUR', quantity => 5)$$, NULL, 'late', 'OE020%', NULL),
    ($$purchase('carl', 'c-xx', 'C-DE', 'EUR', quantity => 5)$$, NULL, 'late', 'OE020%', NULL),
    ($$purchase('carl', 'c-o1', NULL, 'EUR', quantity => 5)$$, NULL, 'late', '22004%', NULL),
    ($$purchase('carl', 'c-o1', 'C-XX', 'EUR', quantity => 5)$$, NULL, 'late', '22023%C-XX%', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', NULL, quantity => 5)$$, NULL, 'late', '22004%', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'XXX', quantity => 5)$$, NULL, 'late', '22023%XXX%', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', 'XX', 5)$$, NULL, 'late', '22023%XX%', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 0)$$, NULL, 'late', '22023%at least 1, not 0%', NULL),
    ($$purchase('carl', 'c-kept', 'C-DE', 'EUR', quantity => -1)$$, NULL, 'late', '22023%at least 1, not -1%', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 5, price_mode => 'Net')$$, NULL, 'late', '22023%Net%', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 5, channel => 'shop')$$, NULL, 'late', '22023%shop%', NULL),
    -- Roles.
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 5, channel => 'backend')$$, 'c_shop', 'late', '42501%', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 5, reserve => false)$$, 'c_shop', 'late', '42501%', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 5)$$, 'c_both', 'late', :'told', NULL),
    -- What is not to be seen, and what nobody counts.
    ($$purchase('carl', 'c-hidden', 'C-DE', 'EUR')$$, NULL, 'late', 'OE008%', NULL),
    ($$purchase('carl', 'c-elsewhere', 'C-DE', 'EUR')$$, NULL, 'late', 'OE008%', NULL),
    ($$purchase('carl', 'c-uncounted', 'C-DE', 'EUR', quantity => 5)$$, NULL, 'answered', '%,c-uncounted,,,5,%', NULL),
    -- Orders and customers that are known.
    ($$purchase('bert', 'c-o1', 'C-DE', 'EUR', quantity => 5)$$, NULL, 'late', 'OE059%', NULL),
    ($$purchase('anna', 'c-o1', 'C-DE', 'EUR', quantity => 5, order_id => '00000000-0000-7000-8000-000000000002')$$, NULL, 'late', 'OE013%', NULL),
    ($$purchase('anna', 'c-o1', 'C-DE', 'EUR', quantity => 5, order_reference => 'R2')$$, NULL, 'late', 'OE013%', NULL),
    ($$purchase('anna', 'c-kept', 'C-DE', 'EUR', order_id => '00000000-0000-7000-8000-000000000002')$$, NULL, 'late', 'OE013%', NULL),
    ($$purchase('anna', 'c-o1', 'C-DE', 'EUR', quantity => 3, order_id => '00000000-0000-7000-8000-000000000002')$$, NULL, 'answered', '%000000000002,1,c-o1,,,3,100,300,EUR,%', NULL),
    ($$purchase('carl', 'c-kept', 'C-DE', 'EUR', order_id => '00000000-0000-7000-8000-000000000006')$$, NULL, 'late', 'OE066%', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 5, order_id => '00000000-0000-7000-8000-000000000005')$$, NULL, 'answered', '%000000000005,1,c-o1,,,5,%', NULL),
    -- What is there after all.
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 4)$$, NULL, 'answered', '%,c-o1,,,4,%', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR')$$, 'c_shop', 'answered', '%,c-o1,,,1,%', NULL),
    ($$purchase('carl', 'c-o1', 'C-DE', 'EUR', quantity => 5, reserve => false)$$, NULL, 'answered', '%,c-o1,,,5,%', NULL),
    ($$purchase('carl', 'c-lapsed', 'C-DE', 'EUR', quantity => 2)$$, NULL, 'answered', '%,c-lapsed,,,2,%', NULL),
    ($$purchase('carl', 'c-lapsed', 'C-DE', 'EUR', quantity => 3)$$, NULL, 'late', 'OE064 / % 3 wanted, 2 left%', NULL),
    ($$purchase('carl', 'c-never', 'C-DE', 'EUR', quantity => 99)$$, NULL, 'answered', '%,c-never,,,99,%', NULL),
    ($$purchase('carl', 'c-ruled', 'C-DE', 'EUR', quantity => 2)$$, NULL, 'answered', '%,c-o2,c-ruled,,2,%', NULL),
    -- Reservations.
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, 'c-o1', 'C-DE', 5)$$, NULL, 'early', :'told', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, 'c-o1', 'C-DE', 5, clock_timestamp() + interval '1 hour')$$, 'c_shop', 'early', :'told', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, 'c-o2', 'C-DE', 1)$$, NULL, 'early', 'OE064 / % 1 wanted, 0 left%', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, 'c-hidden', 'C-DE', 1)$$, NULL, 'early', 'OE064 / % 1 wanted, 0 left%', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, 'c-elsewhere', 'C-DE', 1)$$, NULL, 'late', 'OE064 / % 1 wanted, 0 left%', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, 'c-o1', 'C-DE', 5, now() - interval '1 second')$$, NULL, 'late', '22023%past%', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 0, 'c-o1', 'C-DE', 5)$$, NULL, 'late', '22023%line 0%', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, 'c-kept', 'C-DE', 0)$$, NULL, 'late', '22023%at least 1, not 0%', NULL),
    ($$reserve_stock(NULL, 1, 'c-o1', 'C-DE', 5)$$, NULL, 'late', '22004%', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', NULL, 'c-o1', 'C-DE', 5)$$, NULL, 'late', '22004%', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, NULL, 'C-DE', 5)$$, NULL, 'late', '22004%', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, 'c-o1', NULL, 5)$$, NULL, 'late', '22004%', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, 'c-o1', 'C-DE', NULL)$$, NULL, 'late', '22004%', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, 'c-xx', 'C-DE', 5)$$, NULL, 'late', 'OE020%', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, 'c-o1', 'C-XX', 5)$$, NULL, 'late', '22023%C-XX%', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000006', 1, 'c-kept', 'C-DE', 1)$$, NULL, 'late', 'OE066%', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000005', 1, 'c-o1', 'C-DE', 5)$$, NULL, 'answered', 'true', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000005', 1, 'c-o1', 'C-DE', 6)$$, NULL, 'late', 'OE064 / % 6 wanted, 5 left%', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000008', 1, 'c-lasting', 'C-DE', 2)$$, NULL, 'answered', 'true', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, 'c-lapsed', 'C-DE', 2)$$, NULL, 'answered', 'true', NULL),
    ($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, 'c-never', 'C-DE', 9)$$, NULL, 'answered', 'true', NULL);
SELECT alike(pg_temp.answer('early', a.role, a.call), a.first || ': ' || a.said, a.call || coalesce(' as ' || a.role, '')) FROM asked a;
SELECT alike(pg_temp.answer('later', a.role, a.call), CASE WHEN a.first <> 'early' THEN a.first WHEN a.call LIKE 'reserve%' THEN 'late' ELSE 'later' END || ': ' || a.said,
             'later: ' || a.call || coalesce(' as ' || a.role, ''))
  FROM asked a;
SELECT alike(pg_temp.answer('late', a.role, a.call), CASE a.first WHEN 'answered' THEN a.first ELSE 'late' END || ': ' || coalesce(a.said_late, a.said),
             'late: ' || a.call || coalesce(' as ' || a.role, ''))
  FROM asked a;
-- Word for word.
SELECT is(substr(pg_temp.answer('early', a.role, a.call), length('early: ') + 1), substr(pg_temp.answer('late', a.role, a.call), length('late: ') + 1), 'the same words: ' || a.call)
  FROM asked a WHERE a.first = 'early' AND a.said_late IS NULL;
SELECT is(substr(pg_temp.answer('early', a.role, a.call), length('early: ') + 1), substr(pg_temp.answer('later', a.role, a.call), strpos(pg_temp.answer('later', a.role, a.call), ': ') + 2),
          'and again: ' || a.call)
  FROM asked a WHERE a.first = 'early';

-- What an offer and a store are called stands in message and detail as jsonb writes it.
SELECT throws_ok(format('SELECT offerengine_internal.raise_sold_out(%L, %L, 3, 2)', v.offer, v.store), 'OE064',
                 format('offer "%s" is sold out in store %s: 3 wanted, 2 left', coalesce(v.offer, '<NULL>'), v.store), 'as it is called: ' || coalesce(v.offer, 'not any more'))
  FROM (VALUES (E'c-"\\ö/', 'C DE'), ('%s %n', '%d'), (NULL, 'C-DE')) AS v (offer, store);
CREATE FUNCTION pg_temp.detail(offer text, store text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    PERFORM offerengine_internal.raise_sold_out(offer, store, 9223372036854775807, -1);
EXCEPTION WHEN SQLSTATE 'OE064' THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN detail;
END $$;
SELECT is(pg_temp.detail(v.offer, v.store),
          jsonb_build_object('offer_reference', v.offer, 'store', v.store, 'wanted', 9223372036854775807, 'available', -1)::text, 'detail: ' || coalesce(v.offer, 'NULL'))
  FROM (VALUES (E'c-"\\ö/', 'C DE'), (E'\u0001\t\n\r\b\f', 'x'), ('%s', '%d'), (NULL, 'C-DE')) AS v (offer, store);

-- A call sees what was done before it in the same statement and the same transaction.
SELECT is((SELECT string_agg(pg_temp.answer('early', NULL, 'purchase(''dora'', ''c-o1'', ''C-DE'', ''EUR'', quantity => 2)'), '; ') FROM generate_series(1, 2)) LIKE 'answered%; answered%', true, 'what is taken back was never taken');
SELECT results_eq($$SELECT (offerengine.purchase('dora', 'c-o1', 'C-DE', 'EUR', quantity => n)).quantity FROM generate_series(3, 3) AS n$$, '{3}'::integer[], 'three of four');
SELECT throws_ok($$SELECT (offerengine.purchase('dora', 'c-o1', 'C-DE', 'EUR', quantity => n)).quantity FROM unnest('{1,1}'::integer[]) AS n$$, 'OE064',
                 'offer "c-o1" is sold out in store C-DE: 1 wanted, 0 left', 'the second of one statement sees the first');

-- Few pages are read, by keys, and nothing is written or locked.
CREATE FUNCTION pg_temp.pages() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(pg_stat_get_xact_blocks_fetched(c.oid))::bigint FROM pg_class c WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind IN ('r', 'i') $$;
CREATE FUNCTION pg_temp.pages_of(call text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint := pg_temp.pages();
BEGIN
    PERFORM pg_temp.answer('early', NULL, call);
    RETURN pg_temp.pages() - before;
END $$;
\ir ../include/compact.psql
SELECT pg_temp.pages_of($$purchase('carl', 'c-kept', 'C-DE', 'EUR', 'DE', order_id => '00000000-0000-7000-8000-000000000009')$$) \g /dev/null
SELECT cmp_ok(pg_temp.pages_of($$purchase('carl', 'c-kept', 'C-DE', 'EUR', 'DE', order_id => '00000000-0000-7000-8000-000000000009')$$), '<=', 30::bigint, 'a purchase reads few pages');
SELECT cmp_ok(pg_temp.pages_of($$reserve_stock('00000000-0000-7000-8000-000000000009', 1, 'c-kept', 'C-DE', 1)$$), '<=', 20::bigint, 'a reservation, too');
SELECT * FROM finish();
ROLLBACK;
