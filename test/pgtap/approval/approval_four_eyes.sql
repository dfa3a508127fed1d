-- four_eyes: who created an offer cannot approve it.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();
UPDATE offerengine.merchant SET four_eyes = true WHERE merchant_reference = 't-own';

CREATE FUNCTION pg_temp.creation(reference text) RETURNS text LANGUAGE sql AS $$
SELECT format('INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id) SELECT %L, p.product_id, m.merchant_id '
              'FROM offerengine.product p, offerengine.merchant m
                  WHERE p.sku = ''T-P'' AND m.merchant_reference = ''t-own'' RETURNING ''''', $1) $$;

-- creator (role, acting user), approver (role, acting user): allowed?
CREATE TEMP TABLE eyes (n integer, creator text, creator_user text, approver text, approver_user text, allowed boolean);
INSERT INTO eyes VALUES
    (1, 't_operator', '',      't_operator',   '',      false),
    (2, 't_operator', '',      't_operator_2', '',      true),
    (3, 't_operator', 'alice', 't_operator',   'alice', false),
    (4, 't_operator', 'alice', 't_operator',   'bob',   true),
    (5, 't_operator', 'alice', 't_operator_2', 'alice', false),
    (6, 't_operator', 'alice', 't_operator',   '',      false),
    (7, 't_operator', '',      't_operator',   'bob',   false),
    (8, 't_operator', '',      't_operator_2', 't_operator', false),
    (9, 't_operator', 't_operator_2', 't_operator_2', '', false),
    (10, 't_merchant', '',     't_operator',   '',      true),
    (11, 't_operator', '',     't_operator_2', 'bob',   true),
    (12, 't_operator', 't_operator', 't_operator', 'bob', true);

SELECT is(pg_temp.try_as(e.creator, pg_temp.creation('t-' || e.n), e.creator_user), '', 'created ' || e.n) FROM eyes e ORDER BY e.n;
SELECT is(pg_temp.try_as(e.approver, format('SELECT offerengine.approve_offer(%L)', 't-' || e.n), e.approver_user),
          CASE WHEN e.allowed THEN '' ELSE 'OE003' END,
          format('created by %s for %s, approved by %s for %s', e.creator, e.creator_user, e.approver, e.approver_user))
  FROM eyes e ORDER BY e.n;
-- The plain UPDATE and the bulk form judge alike.
SELECT is(pg_temp.try_as(e.approver, format('UPDATE offerengine.offer SET approval_status = ''approved'' '
    'WHERE offer_reference = %L', 't-' || e.n), e.approver_user),
          'OE003', 'plain UPDATE, ' || e.n) FROM eyes e WHERE NOT e.allowed ORDER BY e.n;
SELECT is(pg_temp.try_as(e.approver, format('SELECT outcome FROM offerengine.approve_offers(ARRAY[%L])', 't-' || e.n),
    e.approver_user),
          'refused', 'bulk, ' || e.n) FROM eyes e WHERE NOT e.allowed ORDER BY e.n;

-- Superusers too; a denial needs one pair of eyes.
SELECT pg_temp.make_offer('t-super') \g /dev/null
SELECT throws_ok($$ SELECT offerengine.approve_offer('t-super') $$, 'OE003',
    'offer "t-super" cannot be approved by who created it');
SELECT throws_ok($$ UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference = 't-super' $$, 'OE003');
SELECT lives_ok($$ SELECT offerengine.deny_offer('t-super', 'my mistake') $$, 'its creator may deny it');
SELECT throws_ok($$ INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status)
                    SELECT 't-born', o.product_id, o.merchant_id, 'approved' FROM offerengine.offer o
                        WHERE o.offer_reference = 't-super' $$,
                 'OE003', NULL, 'nor can it be created approved');
-- Nobody talks the engine into another creator.
SELECT throws_ok($$ INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status, created_by)
                    SELECT 't-born', o.product_id, o.merchant_id, 'approved', 'somebody' FROM offerengine.offer o
                        WHERE o.offer_reference = 't-super' $$,
                 'OE003', NULL, 'created_by is the engine''s');
UPDATE offerengine.offer SET created_by = 'somebody' WHERE offer_reference = 't-super';
SELECT throws_ok($$ SELECT offerengine.approve_offer('t-super') $$, 'OE003', NULL, 'and stays');

-- Not even where an import writes in bulk.
SELECT set_config('offerengine.acting_user', 'alice', true), offerengine_internal.bulk_begin() \g /dev/null
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, created_by, created_by_acting_user)
SELECT 't-bulk', o.product_id, o.merchant_id, 'somebody', 'bob' FROM offerengine.offer o WHERE o.offer_reference = 't-super';
SELECT offerengine_internal.bulk_end() \g /dev/null
SELECT throws_ok($$ SELECT offerengine.approve_offer('t-bulk') $$, 'OE003');
SELECT set_config('offerengine.acting_user', 'bob', true) \g /dev/null
SELECT lives_ok($$ SELECT offerengine.approve_offer('t-bulk') $$, 'bob was not its creator');
SELECT set_config('offerengine.acting_user', '', true) \g /dev/null

-- Without four_eyes the creator may.
UPDATE offerengine.merchant SET four_eyes = false WHERE merchant_reference = 't-own';
SELECT lives_ok($$ SELECT offerengine.approve_offer('t-super') $$);

SELECT * FROM finish();
ROLLBACK;
