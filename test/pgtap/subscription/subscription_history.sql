-- What happened to subscriptions is written down, in order, once, and for good.
BEGIN;
\ir ../include/approval.psql
\ir ../include/publisher.psql
SELECT no_plan();

SELECT pg_temp.sell('adv-r', 100), pg_temp.sell('reg-r', 200), pg_temp.rule('anew', 'BASE', 'adv-r', 'reg-r', 'restart_period') \g /dev/null
SET LOCAL offerengine.acting_user = 'Anna herself';
SELECT offerengine.purchase('anna', 'base', 'P-DE', 'EUR', starts_on => '2100-01-10', channel => 'backend'),
       offerengine.purchase('anna', 'reg-r', 'P-DE', 'EUR', starts_on => '2100-01-20', channel => 'self_service') \g /dev/null
SELECT offerengine.change_subscription('anna', pg_temp.sub('anna', 'adv-r'), 3, 'now', 'self_service', '2100-02-01') \g /dev/null
SET LOCAL offerengine.acting_user = '';
SELECT offerengine.cancel_subscription('anna', pg_temp.sub('anna', 'base'), 'regular', '2100-03-01', 'self_service', reason => 'moving') \g /dev/null
SELECT offerengine.cancel_subscription('anna', pg_temp.sub('anna', 'base'), 'immediate', '2100-03-05', 'system') \g /dev/null
SELECT offerengine.withdraw_cancellation('anna', pg_temp.sub('anna', 'base'), '2100-03-02', 'self_service') \g /dev/null
SELECT offerengine.cancel_subscription('anna', pg_temp.sub('anna', 'base'), 'at_date', '2100-03-10', ends_on => '2100-05-01', reason => 'done') \g /dev/null
SELECT offerengine.preview_cancellation('anna', pg_temp.sub('anna', 'base'), 'immediate', '2100-03-11') \g /dev/null
SELECT offerengine.import_order('anna', 'sys', 'X', 'foreign', 'P-DE', 'EUR', starts_on => '2100-04-01') \g /dev/null
SELECT offerengine.import_order('anna', 'sys', 'X', 'foreign', 'P-DE', 'EUR', starts_on => '2100-04-01') \g /dev/null
SELECT offerengine.import_subscription_change('anna', 'sys', 'X', ends_on => '2100-05-15', quantity => 2) \g /dev/null
SELECT pg_temp.outcome(format('SELECT offerengine.cancel_subscription(''anna'', %L, ''regular'', ''2100-09-01'')', pg_temp.sub('anna', 'base'))) \g /dev/null

-- The offer and first day of the subscription, then the event.
CREATE FUNCTION pg_temp.history(customer text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT concat_ws(' ', o.offer_reference, s.origin, e.event, to_char(e.effective_on, 'YYYY-MM-DD'), e.channel, e.detail, e.acting_user)
      FROM offerengine.subscription_event e
      JOIN offerengine.subscription s USING (customer_reference, subscription_id) JOIN offerengine.offer o USING (offer_id)
     WHERE e.customer_reference = $1 ORDER BY e.event_id
$$;
SELECT is(h.event, c.event, 'event ' || n)
  FROM pg_temp.history('anna') WITH ORDINALITY AS h (event, n)
  FULL JOIN (VALUES
    (1,  'base purchase purchased 2100-01-10 backend Anna herself'),
    (2,  'adv-r purchase purchased 2100-01-20 self_service Anna herself'),
    (3,  'adv-r purchase quantity_changed 2100-02-01 self_service {"quantity": 3, "quantity_before": 1} Anna herself'),
    (4,  'base purchase cancelled 2100-03-10 self_service {"mode": "regular", "reason": "moving", "cancelled_on": "2100-03-01", "ended_before": null}'),
    (5,  'adv-r purchase ends 2100-03-20 system'),
    (6,  'reg-r switch starts 2100-03-20 system'),
    (7,  'base purchase cancelled 2100-03-05 system {"mode": "immediate", "reason": null, "cancelled_on": "2100-03-05", "ended_before": "2100-03-10"}'),
    (8,  'adv-r purchase moved 2100-03-05 system'),
    (9,  'adv-r restart starts 2100-03-05 system'),
    (10, 'reg-r switch ignored 2100-03-20 system'),
    (11, 'adv-r restart ends 2100-04-05 system'),
    (12, 'reg-r switch starts 2100-04-05 system'),
    (13, 'base purchase withdrawn 2100-03-02 self_service {"mode": "immediate", "cancelled_on": "2100-03-05", "ended_before": "2100-03-05"}'),
    (14, 'adv-r restart ignored 2100-03-05 system'),
    (15, 'reg-r switch ignored 2100-04-05 system'),
    (16, 'adv-r purchase moved system'),
    (17, 'base purchase cancelled 2100-05-01 backend {"mode": "at_date", "reason": "done", "cancelled_on": "2100-03-10", "ended_before": null}'),
    (18, 'adv-r purchase ends 2100-05-20 system'),
    (19, 'reg-r switch starts 2100-05-20 system'),
    (20, 'foreign import imported 2100-04-01 import {"external_system": "sys", "external_reference": "X"}'),
    (21, 'reg-r switch ignored 2100-05-20 system'),
    (22, 'adv-r purchase moved system'),
    (23, 'foreign import import_changed 2100-05-15 import {"before": {"ends_on": null, "quantity": 1, "anchor_on": "2100-04-01", "starts_on": "2100-04-01"}}'),
    (24, 'adv-r purchase ends 2100-05-20 system'),
    (25, 'reg-r switch starts 2100-05-20 system')) AS c (n, event) USING (n)
 ORDER BY n;
SELECT is((SELECT count(*) FROM offerengine.subscription_event e WHERE e.customer_reference = 'anna' AND e.recorded_by = session_user
              AND e.recorded_at BETWEEN now() AND clock_timestamp()), 25::bigint, 'by whom, and when');

-- For good: nobody changes it, neither a superuser nor a session that replays changes.
SELECT is(pg_temp.outcome(s.statement), 'OE006 subscription_event is append-only: ' || split_part(s.statement, ' ', 1) || ' is refused', s.statement)
  FROM (VALUES ('UPDATE offerengine.subscription_event SET event = event'), ('DELETE FROM offerengine.subscription_event'),
               ('DELETE FROM offerengine.subscription_event WHERE false'), ('TRUNCATE offerengine.subscription_event'),
               ('UPDATE offerengine.subscription_event SET detail = NULL WHERE customer_reference = ''anna''')) AS s (statement);
SET LOCAL session_replication_role = replica;
SELECT is(left(pg_temp.outcome('DELETE FROM offerengine.subscription_event'), 5), 'OE006', 'not even as a replica');
SET LOCAL session_replication_role = origin;
SELECT is((SELECT count(*) FROM pg_temp.history('anna')), 25::bigint, 'all is there');

SELECT * FROM finish();
ROLLBACK;
