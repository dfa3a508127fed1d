-- Merchants' own approval and suspension.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();
SELECT pg_temp.make_offer('t-1') \g /dev/null
SELECT offerengine.approve_offer('t-1') \g /dev/null
INSERT INTO offerengine.merchant (merchant_reference, name) VALUES ('t-m', 'M');

CREATE FUNCTION pg_temp.call(name text, reason text DEFAULT NULL, role text DEFAULT 't_operator') RETURNS text LANGUAGE sql AS $$
SELECT pg_temp.try_as($3, format('SELECT offerengine.%s(''t-m'', %L)', $1, $2), 'alice') $$;

SELECT is(pg_temp.call(c.name, c.reason, c.role), c.outcome, format('%s. %s(%s) by %s', c.n, c.name, c.reason, c.role))
  FROM (VALUES (1,  'approve_merchant',   NULL,   't_merchant',   '42501'),
               (2,  'approve_merchant',   NULL,   't_operator',   ''),
               (3,  'approve_merchant',   NULL,   't_operator',   'OE001'),
               (4,  'deny_merchant',      NULL,   't_operator',   '22004'),
               (5,  'deny_merchant',      ' ',    't_operator',   '22023'),
               (6,  'deny_merchant',      'debt', 't_operator',   ''),
               (7,  'deny_merchant',      'debt', 't_operator',   'OE001'),
               (8,  'approve_merchant',   'paid', 't_operator_2', ''),
               (9,  'suspend_merchant',   NULL,   't_operator',   '22004'),
               (10, 'suspend_merchant',   'fire', 't_merchant',   '42501'),
               (11, 'suspend_merchant',   'fire', 't_operator',   ''),
               (12, 'suspend_merchant',   'fire', 't_operator',   'OE001'),
               (13, 'reinstate_merchant', NULL,   't_operator',   ''),
               (14, 'reinstate_merchant', NULL,   't_operator',   'OE001')) AS c (n, name, reason, role, outcome)
 ORDER BY c.n;
SELECT results_eq(
    $$ SELECT a.from_status COLLATE "default", a.to_status COLLATE "default", a.decided_by, a.acting_user, a.reason
         FROM offerengine.merchant_approval a JOIN offerengine.merchant m USING (merchant_id)
        WHERE m.merchant_reference = 't-m' ORDER BY a.merchant_approval_id $$,
    $$ VALUES ('waiting_for_approval', 'approved', 't_operator', 'alice', NULL),
              ('approved', 'denied', 't_operator', 'alice', 'debt'),
              ('denied', 'approved', 't_operator_2', 'alice', 'paid'),
              ('active', 'suspended', 't_operator', 'alice', 'fire'),
              ('suspended', 'active', 't_operator', 'alice', NULL) $$, 'history, one row each');
SELECT throws_ok($$ SELECT offerengine.approve_merchant('t-none') $$, 'OE020', 'merchant "t-none" does not exist');
SELECT throws_ok($$ SELECT offerengine.suspend_merchant(NULL, 'x') $$, '22004');

-- Suspension hides everything by one row and touches no offer.
SELECT pg_temp.version('t-1') AS version \gset
SELECT ok(offerengine.offer_is_visible('t-1', 'T-DE'));
SELECT offerengine.suspend_merchant('t-own', 'fraud') \g /dev/null
SELECT ok(NOT offerengine.offer_is_visible('t-1', 'T-DE'), 'a suspended merchant''s offers are hidden');
SELECT is(pg_temp.version('t-1'), :version, 'its offers are not written');
SELECT offerengine.reinstate_merchant('t-own', 'cleared') \g /dev/null
SELECT ok(offerengine.offer_is_visible('t-1', 'T-DE'), 'and shown again');
SELECT offerengine.deny_merchant('t-own', 'fraud') \g /dev/null
SELECT ok(NOT offerengine.offer_is_visible('t-1', 'T-DE'), 'so are a denied one''s');

-- A plain UPDATE obeys the same rules and writes the same history.
SELECT is(pg_temp.try_as('t_operator', $$ UPDATE offerengine.merchant SET approval_status = 'approved', is_active = false
    WHERE merchant_reference = 't-own' $$), '1 rows');
SELECT results_eq(
    $$ SELECT a.to_status COLLATE "default" FROM offerengine.merchant_approval a JOIN offerengine.merchant m USING (merchant_id)
        WHERE m.merchant_reference = 't-own' ORDER BY a.merchant_approval_id DESC LIMIT 2 $$,
    $$ VALUES ('suspended'), ('approved') $$, 'both changes are written');
GRANT UPDATE ON offerengine.merchant TO t_merchant;
SELECT is(pg_temp.try_as('t_merchant', format('UPDATE offerengine.merchant SET %s', s.assignment)), s.outcome,
    'merchant sets ' || s.assignment)
  FROM (VALUES ('is_active = true', '42501'), ('approval_status = ''denied''', '42501'), ('four_eyes = true', '42501'),
               ('reapprove_on_change = true', '42501'), ('price_review_percent = 5', '42501'), ('description = ''We''', '1 rows'))
       AS s (assignment, outcome);

SELECT * FROM finish();
ROLLBACK;
