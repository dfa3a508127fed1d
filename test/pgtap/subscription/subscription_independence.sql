-- What the customer side does and answers depends on no setting of the session: not on its time zone, its way of writing days and
-- intervals, its search_path, nor on what of the same name it finds there.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

SELECT pg_temp.sell('steps', 0, duration => '1 month'), pg_temp.sell('steps-2', 1200, '3 months', '1 month', '14 days'),
       offerengine.set_offer_steps('steps', '{p-steps,p-steps-2}'),
       pg_temp.sell('adv-r', 100), pg_temp.sell('reg-r', 200, duration => '6 months'),
       pg_temp.rule('anew', 'BASE', 'adv-r', 'reg-r', 'restart_period') \g /dev/null

-- A life, call by call. "who" stands for the customer, {offer} for its subscription to that offer. Types are qualified and there is
-- no operator, so that the session's search_path reaches the engine and not this test.
CREATE TEMP TABLE call (n serial, call text);
INSERT INTO call (call) VALUES
    ($$purchase('who', 'base', 'P-DE', 'EUR', starts_on => '2025-01-31')$$),
    ($$purchase('who', 'reg', 'P-DE', 'EUR', 'AT', 2, 'net', starts_on => '2025-02-10', order_id => '00000000-0000-0000-0000-000000000001')$$),
    ($$purchase('who', 'reg', 'P-DE', 'EUR', 'AT', 2, 'net', starts_on => '2025-02-10', order_id => '00000000-0000-0000-0000-000000000001')$$),
    ($$purchase('who', 'reg', 'P-DE', 'EUR', 'AT', 3, 'net', starts_on => '2025-02-10', order_id => '00000000-0000-0000-0000-000000000001')$$),
    ($$purchase('who', 'adv-r', 'P-KI', 'EUR', at => '2025-02-11 09:59:59+00')$$),
    ($$purchase('who', 'steps', 'P-AS', 'EUR', starts_on => '2025-03-30')$$),
    ($$purchase('who', 'book', 'P-DE', 'EUR', quantity => 10, at => '2025-03-01 00:00+00')$$),
    ($$purchase('who', 'book', 'P-DE', 'EUR', expected_amount => 1)$$),
    ($$purchase('who', 'nothing', 'P-DE', 'EUR')$$),
    ($$import_order('who', 'sys', 'X', 'foreign', 'P-DE', 'EUR', starts_on => '2025-01-01', ends_on => '2025-02-01')$$),
    ($$import_order('who', 'sys', 'X', 'foreign', 'P-DE', 'EUR', starts_on => '2025-01-02', ends_on => '2025-02-01')$$),
    ($$import_order('who', 'sys', 'X', 'foreign', 'P-DE', 'EUR', starts_on => '2025-01-02', ends_on => '2025-01-02')$$),
    ($$import_subscription_change('who', 'sys', 'X', ends_on => '2025-02-03', quantity => 4)$$),
    ($$import_subscription_change('who', 'sys', 'X', ends_on => 'infinity', anchor_on => '2025-01-03')$$),
    ($$change_subscription('who', {adv}, 5, on_date => '2025-02-20')$$),
    ($$preview_cancellation('who', {base}, 'immediate', '2025-03-15')$$),
    ($$preview_cancellation('who', {base}, 'regular', '2025-03-15')$$),
    ($$cancel_subscription('who', {base}, 'regular', '2025-03-15', reason => 'moving')$$),
    ($$cancel_subscription('who', {base}, 'regular', '2025-03-16')$$),
    ($$withdraw_cancellation('who', {base}, '2025-03-17')$$),
    ($$cancel_subscription('who', {base}, 'immediate', '2025-03-18')$$),
    ($$cancel_subscription('who', {steps}, 'at_date', '2025-04-01', ends_on => '2025-03-31')$$),
    ($$billing_mark('who', {base}, '2025-02-28', 'R-1')$$),
    ($$billing_mark('who', {base}, '2025-03-01', 'R-1')$$),
    ($$subscription_timeline('who', '2025-03-20')$$),
    ($$subscription_timeline('who')$$),
    ($$subscription_gantt('who', '2025-01-01', '2026-01-01')$$),
    ($$subscription_gantt('who', '2025-01-01', '2025-01-01')$$),
    ($$billing_schedule('2025-01-01', '2025-08-01')$$),
    ($$billing_schedule('2025-01-01', 'infinity')$$),
    ($$delivery_list('2025-04-01')$$),
    ($$put_order('who', 'D-1', 1, 7.1, '2025-03-01 12:00+00', 900, 'EUR', store => 'P-DE', lines => '[{"offer_reference": "book", "quantity": 3, "line_amount": 1000}]')$$),
    ($$put_order('who', 'D-1', placed_at => '2025-03-02 12:00+00', status => 7.2)$$),
    ($$put_order('who', 'D-1', currency => 'CHF')$$),
    ($$set_order_status('who', (SELECT o.order_id FROM offerengine.sales_order AS o WHERE o.customer_reference OPERATOR(pg_catalog.=) 'who' AND o.order_reference OPERATOR(pg_catalog.=) 'D-1'), 7.25)$$),
    ($$cancel_order('who', (SELECT o.order_id FROM offerengine.sales_order AS o WHERE o.customer_reference OPERATOR(pg_catalog.=) 'who' AND o.order_reference OPERATOR(pg_catalog.=) 'D-1'), 1, 1, key => 'k')$$),
    ($$cancel_order('who', (SELECT o.order_id FROM offerengine.sales_order AS o WHERE o.customer_reference OPERATOR(pg_catalog.=) 'who' AND o.order_reference OPERATOR(pg_catalog.=) 'D-1'), 1, 1, key => 'k')$$),
    ($$return_order('who', (SELECT o.order_id FROM offerengine.sales_order AS o WHERE o.customer_reference OPERATOR(pg_catalog.=) 'who' AND o.order_reference OPERATOR(pg_catalog.=) 'D-1'), '[{"line_no": 1, "quantity": 1}]', key => 'r')$$),
    ($$return_order('who', (SELECT o.order_id FROM offerengine.sales_order AS o WHERE o.customer_reference OPERATOR(pg_catalog.=) 'who' AND o.order_reference OPERATOR(pg_catalog.=) 'D-1'), '[{"line_no": 1, "quantity": 1}]', key => 'r')$$),
    ($$cancel_order('who', (SELECT o.order_id FROM offerengine.sales_order AS o WHERE o.customer_reference OPERATOR(pg_catalog.=) 'who' AND o.order_reference OPERATOR(pg_catalog.=) 'D-1'))$$),
    ($$order_documents('who', (SELECT o.order_id FROM offerengine.sales_order AS o WHERE o.customer_reference OPERATOR(pg_catalog.=) 'who' AND o.order_reference OPERATOR(pg_catalog.=) 'D-1'))$$),
    ($$orders('who')$$),
    ($$order_items('who', '00000000-0000-0000-0000-000000000001')$$),
    ($$order_shipments('who', '00000000-0000-0000-0000-000000000001')$$);
CREATE TEMP TABLE answer (setting text, n integer, answer jsonb);

-- Plays the life for a customer of its own under the settings, each call under them alone. What differs by its nature (the name, ids, the
-- instant of an order without one) is the same in all answers, which are kept as jsonb: that is written one way only.
CREATE FUNCTION pg_temp.play(setting text, VARIADIC settings text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    who    CONSTANT text := 'life ' || nextval('pg_temp.customer_no');
    names  CONSTANT text[] := array(SELECT split_part(s, '=', 1) FROM unnest(settings) AS s);
    to_be  CONSTANT text[] := array(SELECT substr(s, strpos(s, '=') + 1) FROM unnest(settings) AS s);
    was    CONSTANT text[] := array(SELECT current_setting(split_part(s, '=', 1)) FROM unnest(settings) AS s);
    c      record;
    told   text;
    id     text;
    answer text;
BEGIN
    FOR c IN SELECT * FROM call ORDER BY n LOOP
        told := replace(c.call, '''who''', quote_literal(who));
        FOR id IN SELECT m[1] FROM regexp_matches(told, '\{([a-z-]+)\}', 'g') AS m LOOP
            told := replace(told, '{' || id || '}', quote_literal(pg_temp.sub(who, id)));
        END LOOP;
        told := 'SELECT pg_catalog.jsonb_agg(' ||
                CASE WHEN c.call LIKE 'billing_schedule%'    -- a range is written as DateStyle says
                     THEN 'pg_catalog.jsonb_build_object(''customer_reference'', x.customer_reference, ''from'', pg_catalog.lower(x.period),
                                                        ''to'', pg_catalog.upper(x.period), ''amount'', x.amount, ''quantity'', x.quantity,
                                                        ''currency'', x.currency, ''invoiced'', x.invoiced)'
                     ELSE 'pg_catalog.to_jsonb(x)' END || ')::pg_catalog.text FROM offerengine.' || told || ' AS x';
        FOR i IN 1 .. cardinality(settings) LOOP
            PERFORM pg_catalog.set_config(names[i], to_be[i], true);
        END LOOP;
        BEGIN
            EXECUTE told INTO answer;
        EXCEPTION WHEN OTHERS THEN
            answer := pg_catalog.to_jsonb(pg_catalog.concat_ws(' ', SQLSTATE, SQLERRM));
        END;
        FOR i IN 1 .. pg_catalog.cardinality(settings) LOOP
            PERFORM pg_catalog.set_config(names[i], was[i], true);
        END LOOP;
        answer := regexp_replace(replace(answer, who, 'who'), '[0-9a-f]{8}-[0-9a-f-]{27}', 'id', 'g');
        answer := regexp_replace(answer, '"placed_at": "[^"]*"', '"placed_at": ""', 'g');
        IF c.call LIKE 'billing_schedule%' OR c.call LIKE 'delivery_list%' THEN
            answer := (SELECT jsonb_agg(x) FROM jsonb_array_elements(CASE WHEN answer LIKE '[%' THEN answer::jsonb ELSE jsonb_build_array(answer) END) AS x
                        WHERE x ->> 'customer_reference' IS NULL OR x ->> 'customer_reference' = 'who');
        END IF;
        INSERT INTO answer VALUES (setting, c.n, answer::jsonb);
    END LOOP;
    -- What was written, too.
    INSERT INTO answer
    SELECT setting, 1000 + row_number() OVER (ORDER BY e.event_id), jsonb_build_object('event', e.event, 'effective_on', e.effective_on, 'detail', e.detail)
      FROM offerengine.subscription_event e WHERE e.customer_reference = who
    UNION ALL
    SELECT setting, 2000 + row_number() OVER (ORDER BY t.starts_on, t.step_no, t.amount, t.anchor_on),
           jsonb_set(to_jsonb(t) - '{customer_reference,subscription_id}'::text[], '{seconds}', to_jsonb(extract(epoch FROM t.term)))
           - '{term,accounting_period,cancellation_notice}'::text[]
      FROM offerengine.subscription_step t WHERE t.customer_reference = who
    UNION ALL
    SELECT setting, 4000 + row_number() OVER (ORDER BY e.event_id),
           regexp_replace(jsonb_build_object('event', e.event, 'detail', e.detail)::text, '[0-9a-f]{8}-[0-9a-f-]{27}', 'id', 'g')::jsonb
      FROM offerengine.order_event e WHERE e.customer_reference = who
    UNION ALL
    SELECT setting, 3000 + row_number() OVER (ORDER BY o.placed_at, o.order_id), to_jsonb(extract(epoch FROM o.placed_at))
      FROM offerengine.sales_order o WHERE o.customer_reference = who;
END
$$;
SELECT pg_temp.play('plain') \g /dev/null

-- The life is worth comparing: it sells, switches, begins anew and is refused.
SELECT is((SELECT count(*) FILTER (WHERE a.answer::text ~ '^"(OE|22|P0)') || ' of ' || count(*) FROM answer a WHERE a.n < 1000), '10 of 44', 'refusals');
SELECT is((SELECT string_agg(c.x ->> 'offer_reference' || ' ' || (c.x ->> 'starts_on'), ', ')
             FROM answer a JOIN call q USING (n), jsonb_array_elements(a.answer) AS c (x) WHERE q.call = $$subscription_timeline('who', '2025-03-20')$$),
          'foreign 2025-01-02, base 2025-01-31, adv 2025-02-10, reg 2025-04-10, adv-r 2025-02-11, adv-r 2025-03-18, reg-r 2025-04-11, reg-r 2025-04-18, steps 2025-03-30', 'the life');

CREATE FUNCTION pg_temp.same(setting text) RETURNS text LANGUAGE sql AS $$
    SELECT is_empty(format('SELECT n, coalesce(c.call, ''what was written''), p.answer, a.answer
                              FROM (SELECT * FROM answer WHERE setting = ''plain'') AS p
                              FULL JOIN (SELECT * FROM answer WHERE setting = %L) AS a USING (n) LEFT JOIN call c USING (n)
                             WHERE p.answer IS DISTINCT FROM a.answer', setting), setting)
$$;
SELECT pg_temp.play(s.settings, VARIADIC string_to_array(s.settings, '; '))
  FROM (VALUES ('TimeZone=Pacific/Kiritimati; DateStyle=SQL, DMY; IntervalStyle=iso_8601'),
               ('TimeZone=Pacific/Pago_Pago; DateStyle=German; IntervalStyle=sql_standard'),
               ('DateStyle=Postgres, MDY; IntervalStyle=postgres_verbose'), ('offerengine.fast_path=off; row_security=off'),
               ('standard_conforming_strings=off; transform_null_equals=on; plpgsql.variable_conflict=use_column'),
               ('enable_indexscan=off; enable_bitmapscan=off; enable_nestloop=off; plan_cache_mode=force_generic_plan; jit=off')) AS s (settings) \g /dev/null
SELECT pg_temp.same(s.setting) FROM (SELECT DISTINCT a.setting FROM answer a WHERE a.setting <> 'plain') AS s ORDER BY s.setting COLLATE "C";

-- A schema in front with operators, functions, tables and types of its own that answer wrongly.
CREATE SCHEMA hostile;
DO $$
DECLARE
    name    text;
    operand regtype;
BEGIN
    FOREACH operand IN ARRAY '{text,bigint,integer,date,timestamptz,uuid,interval,boolean,numeric,jsonb}'::regtype[] LOOP
        EXECUTE format('CREATE FUNCTION hostile.never(%1$s, %1$s) RETURNS boolean LANGUAGE sql IMMUTABLE AS ''SELECT false''', operand);
        EXECUTE format('CREATE FUNCTION hostile.first_of(%1$s, %1$s) RETURNS %1$s LANGUAGE sql IMMUTABLE AS ''SELECT $1''', operand);
        FOREACH name IN ARRAY '{=,<>,<,<=,>,>=}'::text[] LOOP
            EXECUTE format('CREATE OPERATOR hostile.%1$s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = hostile.never)', name, operand);
        END LOOP;
        FOREACH name IN ARRAY '{+,-,*,/,||}'::text[] LOOP
            EXECUTE format('CREATE OPERATOR hostile.%1$s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = hostile.first_of)', name, operand);
        END LOOP;
    END LOOP;
    CREATE FUNCTION hostile.same_day(date, integer) RETURNS date LANGUAGE sql IMMUTABLE AS 'SELECT $1';
    CREATE OPERATOR hostile.+ (LEFTARG = date, RIGHTARG = integer, FUNCTION = hostile.same_day);
    CREATE OPERATOR hostile.- (LEFTARG = date, RIGHTARG = integer, FUNCTION = hostile.same_day);
    CREATE FUNCTION hostile.to_char(date, text) RETURNS text LANGUAGE sql AS 'SELECT ''hostile''::text';
    CREATE FUNCTION hostile.format(text, VARIADIC "any") RETURNS text LANGUAGE internal STABLE AS 'text_concat';
    CREATE FUNCTION hostile.isfinite(date) RETURNS boolean LANGUAGE sql AS 'SELECT true';
    CREATE FUNCTION hostile.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT ''1999-01-01Z''::timestamptz';
    CREATE FUNCTION hostile.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT ''1999-01-01Z''::timestamptz';
    CREATE FUNCTION hostile.lower(daterange) RETURNS date LANGUAGE sql AS 'SELECT ''1999-01-01''::date';
    CREATE FUNCTION hostile.upper(daterange) RETURNS date LANGUAGE sql AS 'SELECT ''1999-01-01''::date';
    CREATE FUNCTION hostile.count(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 13::bigint';
    FOREACH name IN ARRAY '{store,currency,offer,offer_step,offer_tag,product_contract,price_sheet_price,sales_rule,sales_rule_tag,customer_timeline,
                            sales_order,order_line,order_event,subscription,subscription_step,subscription_quantity,subscription_event,
                            subscription_invoice,order_line_invoice,order_line_settlement}'::text[] LOOP
        EXECUTE format('CREATE TABLE hostile.%I (LIKE offerengine.%1$I)', name);
    END LOOP;
    FOREACH name IN ARRAY '{purchased,returned_line,order_cancellation,stored_order,piece_counts,told_line,timeline_change,subscription_state,billing_item,step,planned_change}'::text[] LOOP
        EXECUTE format('CREATE TYPE hostile.%I AS (nothing text)', name);
    END LOOP;
END
$$;
DISCARD PLANS;
SELECT pg_temp.play(s.settings, VARIADIC string_to_array(s.settings, '; '))
  FROM (VALUES ('search_path=hostile, pg_catalog, offerengine'), ('search_path=hostile, pg_catalog; offerengine.fast_path=off'), ('search_path='))
       AS s (settings) \g /dev/null
-- Temporary tables stand in front of everything that is not qualified.
CREATE TEMP TABLE subscription (LIKE offerengine.subscription);
CREATE TEMP TABLE store (LIKE offerengine.store);
CREATE TEMP TABLE offer (LIKE offerengine.offer);
CREATE TEMP TABLE sales_order (LIKE offerengine.sales_order);
SELECT pg_temp.play(s.settings, VARIADIC string_to_array(s.settings, '; '))
  FROM (VALUES ('search_path=pg_temp, hostile, pg_catalog, offerengine')) AS s (settings) \g /dev/null
SELECT pg_temp.same(s.setting) FROM (SELECT DISTINCT a.setting FROM answer a WHERE a.setting LIKE 'search_path%') AS s ORDER BY s.setting COLLATE "C";
SELECT is_empty(format('TABLE pg_temp.%I', t), 'nothing was written into a temporary ' || t) FROM unnest('{subscription,store,offer,sales_order}'::text[]) AS t;
SELECT is_empty(format('TABLE hostile.%I', t.tablename), 'nor into hostile.' || t.tablename) FROM pg_tables t WHERE t.schemaname = 'hostile' ORDER BY t.tablename;

SELECT * FROM finish();
ROLLBACK;
