-- Who may call what of the customer side, for which day and through which channel; and that the caller stays known while the
-- engine works as the owner.
BEGIN;
\ir ../include/approval.psql
\ir ../include/publisher.psql
SELECT no_plan();

SELECT pg_temp.live('anna', '{buy base 2025-01-10,buy adv 2025-01-20,buy book 2025-01-20,import foreign X 2025-01-01 2025-02-01,
                              cancel base 2025-03-15}'::text[]) \g /dev/null

-- Every function, with arguments that an operator can use and, on its behalf, a storefront; who may call it.
CREATE TEMP TABLE call (n serial, call text, kinds text);
INSERT INTO call (call, kinds) VALUES
    ($$purchase('bert', 'book', 'P-DE', 'EUR', channel => 'self_service')$$, 'os'),
    (format($$cancel_subscription('anna', %L, 'immediate', channel => 'self_service')$$, pg_temp.sub('anna', 'reg')), 'os'),
    (format($$preview_cancellation('anna', %L, 'immediate', channel => 'self_service')$$, pg_temp.sub('anna', 'reg')), 'os'),
    (format($$withdraw_cancellation('anna', %L, '2025-03-20', 'self_service')$$, pg_temp.sub('anna', 'base')), 'o'),
    (format($$change_subscription('anna', %L, 2, 'now', 'self_service')$$, pg_temp.sub('anna', 'reg')), 'os'),
    ($$subscription_timeline('anna')$$, 'os'),
    ($$subscription_gantt('anna', '2025-01-01', '2026-01-01')$$, 'o'),
    ($$orders('anna')$$, 'os'),
    ($$order_items('anna', uuid_nil)$$, 'os'),
    ($$order_shipments('anna', uuid_nil)$$, 'os'),
    ($$import_order('anna', 'sys', 'Y', 'foreign', 'P-DE', 'EUR')$$, 'o'),
    ($$import_subscription_change('anna', 'sys', 'X', quantity => 2)$$, 'o'),
    ($$billing_schedule('2025-01-01', '2025-02-01')$$, 'o'),
    (format($$billing_mark('anna', %L, '2025-01-10', 'R1')$$, pg_temp.sub('anna', 'base')), 'o'),
    (format($$billing_settle('anna', %L, '2025-01-20', -10, 'C1')$$, pg_temp.sub('anna', 'adv')), 'o'),
    ($$redirect_cart('anna', 'P-DE', 'EUR', '{base,reg}')$$, 'os'),
    ($$delivery_list('2025-01-20')$$, 'o'),
    ($$customer_merge('anna', 'bert')$$, 'os');
SELECT offerengine.billing_mark('anna', pg_temp.sub('anna', 'adv'), '2025-01-20', 'R0') \g /dev/null
UPDATE call SET call = replace(call, 'uuid_nil', '''00000000-0000-0000-0000-000000000000''');
-- A statement as a role, undone afterwards: what pg_temp.try_as() says, ok for every answer.
CREATE FUNCTION pg_temp.undone(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    BEGIN
        answer := pg_temp.try_as(role, statement);
        RAISE EXCEPTION USING ERRCODE = 'P1111';
    EXCEPTION WHEN SQLSTATE 'P1111' THEN
        RETURN CASE WHEN answer ~ '^([0-9]{2}[0-9A-Z]{3}|OE[0-9]{3}|P0[0-9]{3})$' THEN answer ELSE 'ok' END;
    END;
END
$$;
SELECT is(pg_temp.undone(r.role, 'SELECT x FROM offerengine.' || c.call || ' AS x'),
          CASE WHEN position(r.kind IN c.kinds) > 0 THEN 'ok' ELSE '42501' END, format('%s: %s', r.role, c.call))
  FROM call c, (VALUES ('t_operator', 'o'), ('t_storefront', 's'), ('t_merchant', 'm'), ('t_reporting', 'r'), ('t_nobody', '-'))
               AS r (role, kind)
 ORDER BY c.n, r.role;

-- What does the work is nobody's.
SELECT is_empty($$ SELECT p.oid::regprocedure, r.role
                     FROM pg_proc p,
                          unnest('{t_operator,t_storefront,t_merchant,t_reporting,t_nobody}'::text[]) AS r (role)
                    WHERE p.pronamespace IN ('offerengine'::regnamespace, 'offerengine_internal'::regnamespace) AND p.provolatile IN ('v', 's')
                      AND (p.proname LIKE 'do\_%' OR p.proname IN ('plan_timeline', 'cancel', 'replan', 'lock_customer', 'take_customer', 'take_both', 'move_orders', 'move_rows', 'record_event',
                              'begin_subscription', 'begin_imported', 'change_imported', 'order_imported_again', 'record_order', 'write_orders', 'sold_lines',
                              'purchase_again', 'period_amount', 'accounting_periods', 'quantity_on', 'step_on'))
                      AND has_function_privilege(r.role, p.oid, 'EXECUTE') $$, 'no role executes a worker');
-- Operators read the tables, merchants their lines; who writes them is the engine.
SELECT is(pg_temp.undone(r.role, format(s.statement, t.name)), CASE WHEN (r.role = 't_operator' OR (r.role, t.name) = ('t_merchant', 'order_line')) AND s.reads THEN 'ok' ELSE '42501' END,
          r.role || ': ' || format(s.statement, t.name))
  FROM unnest('{customer_timeline,sales_order,order_line,subscription,subscription_step,subscription_quantity,subscription_event,
                subscription_invoice,order_event,order_line_invoice,order_line_settlement}'::text[]) AS t (name),
       (VALUES ('SELECT count(*) FROM offerengine.%I', true), ('UPDATE offerengine.%I SET customer_reference = ''x''', false),
               ('DELETE FROM offerengine.%I', false), ('INSERT INTO offerengine.%I DEFAULT VALUES', false)) AS s (statement, reads),
       unnest('{t_operator,t_storefront,t_merchant,t_reporting,t_nobody}'::text[]) AS r (role);

-- Days and channels of a storefront, of an operator and of the owner. Today is never the same day in Kiritimati and in Samoa.
CREATE TEMP TABLE today AS
SELECT s.store_code AS store, (clock_timestamp() AT TIME ZONE s.time_zone)::date AS day FROM offerengine.store s WHERE s.store_code LIKE 'P-%';
GRANT SELECT ON today TO PUBLIC;
SELECT pg_temp.live('carl', ARRAY['buy base 2025-01-10 in P-KI', 'buy base-2 2025-01-10 in P-AS', 'buy base 2025-01-12 in P-KI',
                                  'cancel base ' || (SELECT t.day FROM today t WHERE t.store = 'P-KI')]) \g /dev/null
CREATE FUNCTION pg_temp.day(store text, shift integer) RETURNS text LANGUAGE sql AS
    $$ SELECT quote_literal(t.day + shift) FROM today t WHERE t.store = $1 $$;
SELECT is(pg_temp.undone(r.role, format('SELECT x FROM offerengine.%s AS x', c.call)), CASE r.role WHEN 't_storefront' THEN c.storefront
          WHEN 't_operator' THEN c.operator ELSE c.owner END, r.role || ': ' || c.call)
  FROM (VALUES ('t_storefront'), ('t_operator'), (current_user::text)) AS r (role),
  LATERAL (
    SELECT format($$purchase('carl', 'book', 'P-DE', 'EUR', channel => %L)$$, v.channel), v.storefront, v.operator, v.owner
      FROM (VALUES ('checkout', 'ok', 'ok', 'ok'), ('self_service', 'ok', 'ok', 'ok'), ('backend', '42501', 'ok', 'ok'),
                   ('import', '42501', 'OE011', 'OE011'), ('system', '42501', '42501', 'ok')) AS v (channel, storefront, operator, owner)
    UNION ALL
    SELECT format($$purchase('carl', 'base', %L, 'EUR', starts_on => %s)$$, v.store, pg_temp.day(v.day_in, v.shift)), v.storefront, 'ok', 'ok'
      FROM (VALUES ('P-KI', 'P-KI', -1, '42501'), ('P-KI', 'P-KI', 0, 'ok'), ('P-KI', 'P-KI', 1, 'ok'),
                   ('P-KI', 'P-AS', 0, '42501'), ('P-AS', 'P-AS', 0, 'ok'), ('P-AS', 'P-KI', 0, 'ok')) AS v (store, day_in, shift, storefront)
    UNION ALL
    SELECT format($$purchase('carl', 'book', 'P-DE', 'EUR', at => now() %s)$$, v.shift), v.storefront, 'ok', 'ok'
      FROM (VALUES ('- interval ''1 microsecond''', '42501'), ('', 'ok'), ('+ interval ''1 microsecond''', '42501'), ('+ interval ''20 years''', '42501')) AS v (shift, storefront)
    UNION ALL
    SELECT format($$%s('carl', %L, 'regular', %s, %L)$$, f.name, pg_temp.sub('carl', v.named), pg_temp.day(v.store, v.shift), v.channel),
           v.storefront, v.operator, v.owner
      FROM unnest('{cancel_subscription,preview_cancellation}'::text[]) AS f (name),
           (VALUES ('base#1', 'P-KI', 0,  'self_service', 'ok',    'ok',    'ok'), ('base#1', 'P-KI', -1, 'self_service', '42501', 'ok', 'ok'),
                   ('base#1', 'P-KI', 1,  'self_service', 'ok',    'ok',    'ok'), ('base#1', 'P-AS', 0,  'self_service', '42501', 'ok', 'ok'),
                   ('base-2', 'P-AS', 0,  'self_service', 'ok',    'ok',    'ok'), ('base-2', 'P-KI', 0,  'self_service', 'ok',    'ok', 'ok'),
                   ('base#1', 'P-KI', 0,  'backend',      '42501', 'ok',    'ok'), ('base#1', 'P-KI', 0,  'system',       '42501', '42501', 'ok'),
                   ('base#1', 'P-KI', 0,  'checkout',     'OE011', 'OE011', 'OE011'), ('base#1', 'P-KI', 0, 'import',    '42501', 'OE011', 'OE011'))
           AS v (named, store, shift, channel, storefront, operator, owner)
    UNION ALL
    SELECT format($$cancel_subscription('carl', %L, 'at_date', channel => %L, ends_on => '2100-01-01')$$, pg_temp.sub('carl', 'base#1'), v.channel),
           v.storefront, v.operator, v.owner
      FROM (VALUES ('self_service', 'OE011', 'OE011', 'OE011'), ('backend', '42501', 'ok', 'ok'), ('system', '42501', '42501', 'ok'))
           AS v (channel, storefront, operator, owner)
    UNION ALL
    -- Left out: self_service for a storefront, which has no at_date, and backend for everybody else.
    SELECT format(v.call, pg_temp.sub('carl', v.named)), v.storefront, 'ok', 'ok'
      FROM (VALUES ($$cancel_subscription('carl', %L)$$, 'base#1', 'ok'), ($$preview_cancellation('carl', %L)$$, 'base#1', 'ok'),
                   ($$cancel_subscription('carl', %L, 'at_date', ends_on => '2100-01-01')$$, 'base#1', 'OE011'),
                   ($$preview_cancellation('carl', %L, 'at_date', ends_on => '2100-01-01')$$, 'base#1', 'OE011'),
                   ($$withdraw_cancellation('carl', %L)$$, 'base#2', 'ok'), ($$change_subscription('carl', %L, 2)$$, 'base#1', 'ok'),
                   ($$change_subscription('carl', %L, 2, channel => NULL)$$, 'base#1', 'ok')) AS v (call, named, storefront)
    UNION ALL
    SELECT format($$withdraw_cancellation('carl', %L, %s, %L)$$, pg_temp.sub('carl', 'base#2'), pg_temp.day('P-KI', v.shift), v.channel),
           v.storefront, v.operator, v.owner
      FROM (VALUES (0, 'self_service', 'ok', 'ok', 'ok'), (-1, 'self_service', '42501', 'ok', 'ok'), (0, 'backend', '42501', 'ok', 'ok'),
                   (0, 'system', '42501', '42501', 'ok'), (0, 'checkout', 'OE011', 'OE011', 'OE011')) AS v (shift, channel, storefront, operator, owner)
    UNION ALL
    SELECT format($$change_subscription('carl', %L, 2, 'now', %L, %s)$$, pg_temp.sub('carl', 'base#1'), v.channel, pg_temp.day('P-KI', v.shift)),
           v.storefront, v.operator, v.owner
      FROM (VALUES (0, 'self_service', 'ok', 'ok', 'ok'), (-1, 'self_service', '42501', 'ok', 'ok'), (0, 'backend', '42501', 'ok', 'ok'),
                   (0, 'system', '42501', '42501', 'ok')) AS v (shift, channel, storefront, operator, owner)
    UNION ALL
    -- A day that is today for every store of the customer: there is none here, and one for bert, who has bought in one store.
    SELECT format($$subscription_timeline('carl', %s)$$, pg_temp.day('P-KI', 0)), '42501', 'ok', 'ok'
    UNION ALL
    SELECT format($$subscription_timeline('anna', %s)$$, pg_temp.day('P-DE', v.shift)), v.storefront, 'ok', 'ok'
      FROM (VALUES (0, 'ok'), (1, '42501'), (-1, '42501')) AS v (shift, storefront)
  ) AS c (call, storefront, operator, owner);

-- The message names the role, the day or the channel.
SELECT is(pg_temp.outcome('SET LOCAL ROLE t_storefront; SELECT FROM offerengine.' || c.call), c.answer, c.call)
  FROM (VALUES
    ($$purchase('x', 'book', 'P-DE', 'EUR', channel => 'backend')$$, '42501 role "t_storefront" may not use channel backend'),
    ($$purchase('x', 'book', 'P-DE', 'EUR', starts_on => '2025-01-10')$$, '42501 role "t_storefront" may not act for 2025-01-10, which is past'),
    ($$purchase('x', 'book', 'P-DE', 'EUR', at => '2025-01-10')$$, '42501 role "t_storefront" may not buy at another instant than now'),
    ($$purchase('x', 'book', 'P-DE', 'EUR', at => now() + interval '20 years')$$, '42501 role "t_storefront" may not buy at another instant than now'),
    ($$purchase('x', 'book', 'P-DE', 'EUR', starts_on => '2100-01-01')$$, '42501 role "t_storefront" may not buy offer "book" as of 2100-01-01: a product begins on no day'),
    ($$purchase('x', 'base', 'P-DE', 'EUR', starts_on => '4713-01-01 BC')$$, '42501 role "t_storefront" may not act for 4713-01-01 BC, which is past'),
    ($$subscription_gantt('anna', '2025-01-01', '2026-01-01')$$, '42501 permission denied for function subscription_gantt'),
    ($$redirect_cart('anna', 'P-DE', 'EUR', '{reg}', at => now() + interval '1 microsecond')$$, '42501 role "t_storefront" may ask about now only'),
    ($$subscription_timeline('anna', '2100-01-01')$$, '42501 role "t_storefront" may ask about today only')) AS c (call, answer);
SELECT is(pg_temp.try_as('t_storefront', $$SELECT count(*) FROM offerengine.subscription_timeline('nobody we know', '2100-01-01')$$), '0',
          'an unknown customer has nothing, on any day');
SELECT offerengine.grant_access('t_storefront', 'operator') \g /dev/null
SELECT is(pg_temp.undone('t_storefront', $$SELECT FROM offerengine.purchase('x', 'book', 'P-DE', 'EUR', channel => 'backend', at => '2025-01-10')$$), 'ok',
          'a storefront that is an operator, too, is an operator');
SELECT offerengine.revoke_access('t_storefront', 'operator') \g /dev/null

-- Who acted is recorded: the role that was set, and the user that the application named.
SELECT pg_temp.try_as(w.role, format($$SELECT subscription_id FROM offerengine.purchase('who %s', 'base', 'P-DE', 'EUR', starts_on => '2100-01-10')$$, w.role), w.acting_user)
  FROM (VALUES ('t_storefront', ''), ('t_operator', 'Olga')) AS w (role, acting_user) \g /dev/null
SELECT pg_temp.try_as('t_operator', format($$SELECT count(*) FROM offerengine.cancel_subscription('who t_operator', %L, 'regular')$$, pg_temp.sub('who t_operator', 'base')), 'Otto') \g /dev/null
SELECT pg_temp.live('who t_operator', '{withdraw base 2100-01-11,buy adv 2100-01-20}') \g /dev/null
SELECT pg_temp.try_as('t_operator', format($$SELECT count(*) FROM offerengine.cancel_subscription('who t_operator', %L, 'regular', '2100-03-15')$$, pg_temp.sub('who t_operator', 'base')), 'Olga') \g /dev/null
SELECT pg_temp.same_rows(
    $$ SELECT e.customer_reference, e.event, e.recorded_by, e.acting_user FROM offerengine.subscription_event e
        WHERE e.customer_reference LIKE 'who %' ORDER BY e.customer_reference, e.event_id $$,
    $$ VALUES ('who t_operator', 'purchased', 't_operator', 'Olga'), ('who t_operator', 'cancelled', 't_operator', 'Otto'),
              ('who t_operator', 'withdrawn', current_user, NULL), ('who t_operator', 'purchased', current_user, NULL),
              ('who t_operator', 'cancelled', 't_operator', 'Olga'), ('who t_operator', 'ends', 't_operator', 'Olga'),
              ('who t_operator', 'starts', 't_operator', 'Olga'), ('who t_storefront', 'purchased', 't_storefront', NULL) $$,
    'who acted, also for what followed');

-- Called from a SECURITY DEFINER function, it is that function's owner who acts, whoever called before.
GRANT CREATE ON SCHEMA public TO t_storefront, t_operator;
CREATE FUNCTION public.p_by_storefront(channel text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM offerengine.purchase('definer', 'base', 'P-DE', 'EUR', channel => channel, starts_on => '2100-01-10');
    RETURN 'ok';
EXCEPTION WHEN insufficient_privilege THEN
    RETURN SQLSTATE;
END
$$;
CREATE FUNCTION public.p_by_operator(channel text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM offerengine.purchase('definer', 'base', 'P-DE', 'EUR', channel => channel, starts_on => '2100-01-10');
    RETURN 'ok ' || current_user;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN SQLSTATE || ' ' || current_user;
END
$$;
ALTER FUNCTION public.p_by_storefront(text) OWNER TO t_storefront;
ALTER FUNCTION public.p_by_operator(text) OWNER TO t_operator;
SELECT is(public.p_by_storefront('backend'), '42501', 'a superuser who calls a storefront''s function');
SELECT is(public.p_by_storefront('checkout'), 'ok', 'may what the storefront may');
SELECT is(pg_temp.try_as('t_nobody', $$SELECT public.p_by_operator('backend')$$), 'ok t_operator', 'nobody who calls an operator''s function');
SELECT is(pg_temp.try_as('t_nobody', $$SELECT public.p_by_operator('system')$$), '42501 t_operator', 'may what the operator may');
SELECT is(pg_temp.try_as('t_nobody', $$SELECT offerengine.purchase('definer', 'base', 'P-DE', 'EUR')$$), '42501', 'and nothing afterwards');
SELECT is((SELECT string_agg(e.recorded_by, ' ' ORDER BY e.event_id) FROM offerengine.subscription_event e WHERE e.customer_reference = 'definer'),
          't_storefront t_operator', 'the owners of the functions acted');

-- An error leaves nothing of its caller behind, whether it is caught inside the same statement or not.
DO $$
BEGIN
    PERFORM offerengine.purchase('error', 'nothing', 'P-DE', 'EUR', channel => 'system');
EXCEPTION WHEN SQLSTATE 'OE020' THEN
    CREATE TEMP TABLE after_error AS SELECT public.p_by_storefront('system') AS definer, current_user::text AS role;
END
$$;
SELECT pg_temp.same_rows('TABLE after_error', $$ VALUES ('42501', session_user::text) $$, 'after an error of the owner''s a storefront is a storefront');
SELECT is(pg_temp.try_as('t_operator', $$SELECT offerengine.purchase('error', 'nothing', 'P-DE', 'EUR')$$), 'OE020', 'an error of an operator''s');
SELECT is(public.p_by_storefront('backend'), '42501', 'leaves nothing either');
SELECT is(current_user, session_user, 'and the identity is back');

-- What runs while the engine works for somebody works for that somebody: a trigger of the owner's that sells something more.
CREATE FUNCTION public.p_extra() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine.purchase(NEW.customer_reference || ' extra', 'base', 'P-DE', 'EUR', channel => 'backend');
    RETURN NULL;
END
$$;
CREATE TRIGGER p_extra AFTER INSERT ON offerengine.subscription
    FOR EACH ROW WHEN (NEW.customer_reference = 'nested') EXECUTE FUNCTION public.p_extra();
SELECT is(pg_temp.undone('t_storefront', $$SELECT offerengine.purchase('nested', 'base', 'P-DE', 'EUR')$$), '42501', 'a storefront''s sale within a sale');
SELECT is(pg_temp.try_as('t_operator', $$SELECT quantity FROM offerengine.purchase('nested', 'base', 'P-DE', 'EUR')$$), '1', 'an operator''s');
SELECT is((SELECT string_agg(e.customer_reference || ' ' || e.recorded_by, ', ' ORDER BY e.customer_reference)
             FROM offerengine.subscription_event e WHERE e.customer_reference LIKE 'nested%'),
          'nested t_operator, nested extra t_operator', 'both by the operator');
DROP TRIGGER p_extra ON offerengine.subscription;

-- A parallel worker does not know who called: what depends on that stays with the leader.
-- (The query of a FOR loop has no workers, so that those of the function called in it may.)
CREATE FUNCTION public.p_tomorrow() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    seen text;
BEGIN
    FOR seen IN SELECT t.status FROM offerengine.subscription_timeline('anna', '2100-01-01') AS t LOOP
        RETURN seen;
    END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN SQLSTATE;
END
$$;
ALTER FUNCTION public.p_tomorrow() OWNER TO t_storefront;
SELECT set_config(s.name, 'on', true) FROM pg_settings s WHERE s.name IN ('force_parallel_mode', 'debug_parallel_query') \g /dev/null
DISCARD PLANS;
SELECT is(public.p_tomorrow(), '42501', 'tomorrow is not for a storefront, in a parallel worker either');
SELECT set_config(s.name, 'off', true) FROM pg_settings s WHERE s.name IN ('force_parallel_mode', 'debug_parallel_query') \g /dev/null

SELECT * FROM finish();
ROLLBACK;
