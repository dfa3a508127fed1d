-- Who may do what with points: by role, for which instant and day.
BEGIN;
\ir ../include/approval.psql
\ir ../include/publisher.psql
\ir ../include/points.psql
SELECT no_plan();
SELECT offerengine.put_loyalty_program('EUR', 100, 10), offerengine.loyalty_enroll('anna', '2026-01-01'), offerengine.loyalty_adjust('anna', 100, 'hello', 'w'), pg_temp.ordered('anna', 'A1', 5000), pg_temp.booked('anna', 'A1'), offerengine.loyalty_enroll('bert') \g /dev/null

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
CREATE TEMP TABLE call (n serial, call text, kinds text);
INSERT INTO call (call, kinds) VALUES
    ('loyalty_adjust(''anna'', 1, NULL, ''x'')', 'o'), ('loyalty_balance(''anna'')', 'os'), ('loyalty_enroll(''cora'')', 'os'), ('loyalty_expiring(''anna'', ''1 year'')', 'os'),
    ('loyalty_hold(''anna'', 1, NULL, ''2100-01-01'')', 'os'), ('loyalty_leave(''anna'')', 'os'), ('loyalty_lock(''anna'')', 'o'), ('loyalty_merge(''anna'', ''bert'')', 'os'),
    (format('loyalty_preview(''anna'', %L)', pg_temp.order_id('anna', 'A1')), 'os'), (format('loyalty_redeem(''anna'', 1, %L)', pg_temp.order_id('anna', 'A1')), 'os'), ('loyalty_redeemable(''anna'')', 'os'),
    (format('loyalty_void(''anna'', %L)', pg_temp.order_id('anna', 'A1')), 'os'), ('put_loyalty_program(''EUR'', 200)', 'o'), ('put_loyalty_extra(''t'', 5)', 'o');
SELECT is(pg_temp.undone(r.role, 'SELECT x FROM offerengine.' || c.call || ' AS x'), CASE WHEN position(r.kind IN c.kinds) > 0 THEN 'ok' ELSE '42501' END, format('%s: %s', r.role, c.call))
  FROM call c, (VALUES ('t_operator', 'o'), ('t_storefront', 's'), ('t_merchant', 'm'), ('t_reporting', 'r'), ('t_nobody', '-')) AS r (role, kind) ORDER BY c.n, r.role;
SELECT is(pg_temp.undone(r.role, 'SELECT x FROM offerengine.' || c.call || ' AS x'), CASE r.role WHEN 't_storefront' THEN c.storefront ELSE 'ok' END, format('%s: %s', r.role, c.call))
  FROM (VALUES ('t_storefront'), ('t_operator'), (current_user::text)) AS r (role),
       (VALUES ('loyalty_balance(''anna'', now())', 'ok'), ('loyalty_balance(''anna'', now() + interval ''1 day'')', '42501'), ('loyalty_redeemable(''anna'', now() - interval ''1 day'')', '42501'),
               ('loyalty_enroll(''dora'', (clock_timestamp() AT TIME ZONE ''UTC'')::date)', 'ok'), ('loyalty_enroll(''dora'', ''2026-01-01'')', '42501')) AS c (call, storefront);

-- Tables: read by operators, written by functions; programmes and extras by operators.
SELECT is(pg_temp.undone(r.role, format(s.statement, t.name)), CASE WHEN r.role = 't_operator' AND s.reads THEN 'ok' ELSE '42501' END, r.role || ': ' || format(s.statement, t.name))
  FROM unnest('{loyalty_member,loyalty_document,loyalty_lot,loyalty_entry,loyalty_hold,loyalty_hold_lot}'::text[]) AS t (name),
       (VALUES ('SELECT count(*) FROM offerengine.%I', true), ('UPDATE offerengine.%I SET customer_reference = ''x''', false), ('DELETE FROM offerengine.%I', false),
               ('INSERT INTO offerengine.%I DEFAULT VALUES', false)) AS s (statement, reads),
       unnest('{t_operator,t_storefront,t_merchant,t_reporting,t_nobody}'::text[]) AS r (role);
SELECT is(pg_temp.undone(r.role, s.statement), CASE WHEN r.role = 't_operator' OR (r.role = 't_reporting' AND s.is_view) THEN 'ok' ELSE '42501' END, r.role || ': ' || s.statement)
  FROM (VALUES ('SELECT count(*) FROM offerengine.loyalty_account', true), ('SELECT count(*) FROM offerengine.loyalty_liability', true), ('SELECT count(*) FROM offerengine.loyalty_program', false),
               ('UPDATE offerengine.loyalty_program SET locked_days = 1', false), ('DELETE FROM offerengine.loyalty_extra', false)) AS s (statement, is_view),
       unnest('{t_operator,t_storefront,t_merchant,t_reporting,t_nobody}'::text[]) AS r (role);
SELECT is_empty($$ SELECT p.oid::regprocedure, r.role FROM pg_proc p, unnest('{t_operator,t_storefront,t_merchant,t_reporting,t_nobody}'::text[]) AS r (role)
                    WHERE p.pronamespace = 'offerengine_internal'::regnamespace
                      AND (p.proname LIKE 'do\_loyalty%' OR p.proname ~ 'points|^(book_document|book_as|write_document|take_back_before|note_returns_before|take_back_cancelled|pay_order|earn_less|ledger_change_allowed)$')
                      AND has_function_privilege(r.role, p.oid, 'EXECUTE') $$, 'no role executes what books');
-- Who acts stays known.
SELECT is(pg_temp.try_as('t_operator', $$SELECT offerengine.loyalty_adjust('anna', 3, 'sorry', 'op')$$, 'olga'), '153', 'an operator gives points');
SELECT is((SELECT row(d.recorded_by, d.acting_user, d.reason)::text FROM offerengine.loyalty_document d WHERE d.action_key = 'op'), '(t_operator,olga,sorry)', 'and is named');
SELECT is(pg_temp.try_as('t_storefront', format('SELECT offerengine.loyalty_redeem(''anna'', 2, %L)', pg_temp.order_id('anna', 'A1'))), '20', 'a storefront redeems some');
SELECT is((SELECT row(e.event, e.channel, e.recorded_by)::text FROM offerengine.order_event e WHERE e.order_id = pg_temp.order_id('anna', 'A1') ORDER BY e.event_id DESC LIMIT 1), '(redeemed,self_service,t_storefront)', 'through its channel');

SELECT * FROM finish();
ROLLBACK;
