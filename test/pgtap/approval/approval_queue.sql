-- approval_queue: which offers, of what kind, in what order; approval_history beside it; both append-only tables.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();
UPDATE offerengine.merchant SET reapprove_on_change = true WHERE merchant_reference = 't-own';

SELECT pg_temp.make_offer('t-' || o) FROM unnest(ARRAY['new', 'changed', 'resubmitted', 'denied', 'approved',
    'foreign']) o \g /dev/null
SELECT offerengine.approve_offer('t-changed'), offerengine.approve_offer('t-approved', 'fine'),
       offerengine.deny_offer('t-resubmitted', 'blurred'), offerengine.deny_offer('t-denied', 'fake') \g /dev/null
SELECT pg_temp.try_as('t_merchant', $$ UPDATE offerengine.price SET net_amount = 500
    WHERE offer_id = (SELECT offer_id FROM offerengine.offer WHERE offer_reference = 't-changed') $$),
       pg_temp.try_as('t_merchant', $$ INSERT INTO offerengine.offer_store (offer_id, store_code)
    SELECT offer_id, 'T-AT' FROM offerengine.offer WHERE offer_reference = 't-resubmitted' $$) \g /dev/null

SELECT results_eq($$ SELECT q.offer_reference COLLATE "default", q.kind, q.version, q.stores COLLATE "default", q.last_reason
                       FROM offerengine.approval_queue q
                      WHERE q.offer_reference IN ('t-new', 't-changed', 't-resubmitted', 't-denied', 't-approved') ORDER BY 1 $$,
                  $$ VALUES ('t-changed', 'changed', 6, ARRAY['T-DE'], 'changed: price'),
                            ('t-new', 'new', 3, ARRAY['T-DE'], NULL),
                            ('t-resubmitted', 'resubmitted', 5, ARRAY['T-AT', 'T-DE'], 'blurred') $$,
                  'new, changed and resubmitted wait; denied and unchanged, and approved ones, do not');
SELECT results_eq($$ SELECT q.sku COLLATE "default", q.product_name, q.merchant_reference COLLATE "default"
                       FROM offerengine.approval_queue q WHERE q.offer_reference = 't-new' $$,
                  $$ VALUES ('T-P', 'Chair, red', 't-own') $$);
SELECT ok(q.waiting_since = a.decided_at, 'changed waits since the change')
  FROM offerengine.approval_queue q JOIN offerengine.approval_history a USING (offer_reference)
 WHERE q.offer_reference = 't-changed' AND a.to_status = 'waiting_for_approval';
SELECT ok(q.waiting_since = o.created_at, 'new waits since its creation')
  FROM offerengine.approval_queue q JOIN offerengine.offer o USING (offer_reference) WHERE q.offer_reference = 't-new';
SELECT columns_are('offerengine', 'approval_queue',
    ARRAY['offer_reference', 'sku', 'product_name', 'merchant_reference', 'kind', 'version',
                                                          'waiting_since', 'stores', 'last_reason']);
SELECT columns_are('offerengine', 'approval_history',
    ARRAY['offer_reference', 'from_status', 'to_status', 'decided_by', 'acting_user',
                                                            'decided_at', 'reason']);
SELECT is(array_agg(q.waiting_since), array_agg(q.waiting_since ORDER BY q.waiting_since), 'oldest first')
  FROM (SELECT * FROM offerengine.approval_queue) q;

-- What the queue shows is what can be decided.
SELECT results_eq($$ SELECT d.offer_reference, d.outcome FROM offerengine.approve_offers(
                        (SELECT array_agg(q.offer_reference ORDER BY q.offer_reference) FROM offerengine.approval_queue q
                            WHERE q.offer_reference LIKE 't-%'), 'all',
                        (SELECT array_agg(q.version ORDER BY q.offer_reference) FROM offerengine.approval_queue q
                            WHERE q.offer_reference LIKE 't-%')) d $$,
                  $$ VALUES ('t-changed', 'done'), ('t-foreign', 'done'), ('t-new', 'done'), ('t-resubmitted', 'done') $$,
                  'a reviewed queue approves');
SELECT is_empty($$ SELECT FROM offerengine.approval_queue q WHERE q.offer_reference LIKE 't-%' $$, 'and is empty then');

-- Append-only: for everyone, superusers included, whether rows match or not.
SELECT offerengine.suspend_merchant('t-own', 'holiday') \g /dev/null
SELECT throws_ok(format(s.statement, t.name), 'OE006', NULL, format(s.statement, t.name))
  FROM unnest(ARRAY['offer_approval', 'merchant_approval', 'price_history']) t (name),
       unnest(ARRAY['UPDATE offerengine.%I SET acting_user = ''x''', 'UPDATE offerengine.%I SET acting_user = ''x'' WHERE false',
                    'DELETE FROM offerengine.%I', 'TRUNCATE offerengine.%I', 'TRUNCATE offerengine.%I CASCADE']) s (statement);
SET LOCAL session_replication_role = replica;
SELECT throws_ok(format('DELETE FROM offerengine.%I', t.name), 'OE006', NULL,
    t.name || ', also where ordinary triggers do not fire')
  FROM unnest(ARRAY['offer_approval', 'merchant_approval']) t (name);
SET LOCAL session_replication_role = origin;
SELECT ok(pg_temp.try_as(r.role, format(s.statement, t.name)) IN ('42501', 'OE006'), format(r.role || ': ' || s.statement, t.name))
  FROM unnest(ARRAY['t_operator', 't_merchant']) r (role),
      unnest(ARRAY['offer_approval', 'merchant_approval', 'price_history']) t (name),
       unnest(ARRAY['INSERT INTO offerengine.%I DEFAULT VALUES', 'DELETE FROM offerengine.%I']) s (statement);
SELECT throws_ok('DELETE FROM offerengine.approval_history', '55000', NULL, 'nor through the view');

SELECT * FROM finish();
ROLLBACK;
