-- approve_offer, deny_offer and their bulk forms: reviewed version, reasons, outcomes, history.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();

-- One offer.
SELECT pg_temp.make_offer('t-1') AS id \gset
SELECT is(pg_temp.version('t-1'), 3, 'store and price count as versions');
SELECT throws_ok($$ SELECT offerengine.approve_offer('t-1', reviewed_version => 2) $$, 'OE002',
                 'offer "t-1" is at version 3, version 2 was reviewed', 'an older version was reviewed');
SELECT throws_ok($$ SELECT offerengine.approve_offer('t-1', reviewed_version => 0) $$, 'OE002', NULL, '0 is a version too');
SELECT is(pg_temp.try_as('t_operator', $$ SELECT offerengine.approve_offer('t-1', 'looks good', 3) $$, 'alice'), '',
    'the current one');
SELECT results_eq(
    $$ SELECT h.from_status COLLATE "default", h.to_status COLLATE "default", h.decided_by, h.acting_user, h.reason
        FROM offerengine.approval_history h WHERE h.offer_reference = 't-1' $$,
    $$ VALUES ('waiting_for_approval', 'approved', 't_operator', 'alice', 'looks good') $$,
        'history names who, on whose behalf and why');
SELECT is((SELECT a.version FROM offerengine.offer_approval a WHERE a.offer_id = :id), pg_temp.version('t-1'),
          'history keeps the version after the transition');
SELECT ok(offerengine.offer_is_visible('t-1', 'T-DE') , 'it shows');
SELECT throws_ok($$ SELECT offerengine.deny_offer('t-1', NULL) $$, '22004', 'deny_offer() needs a reason');
SELECT throws_ok($$ SELECT offerengine.deny_offer('t-1', E' \t\n') $$, '22023', 'deny_offer() needs a reason, not an empty text');
SELECT lives_ok($$ SELECT offerengine.deny_offer('t-1', 'counterfeit') $$, 'an approved one can be denied');
SELECT ok(NOT offerengine.offer_is_visible('t-1', 'T-DE'), 'it hides');
SELECT throws_ok($$ SELECT offerengine.approve_offer('t-none') $$, 'OE020', 'offer "t-none" does not exist');
SELECT throws_ok($$ SELECT offerengine.approve_offer(NULL) $$, '22004');
SELECT is(pg_temp.try_as(r.role, $$ SELECT offerengine.approve_offer('t-1') $$), '42501', r.role || ' may not decide')
  FROM unnest(ARRAY['t_merchant', 't_storefront', 't_reporting', 't_nobody']) r (role);
GRANT EXECUTE ON FUNCTION offerengine.approve_offer TO t_merchant;
SELECT is(pg_temp.try_as('t_merchant', $$ SELECT offerengine.approve_offer('t-1') $$), '42501', 'not even a merchant with EXECUTE');
SELECT lives_ok($$ UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference = 't-1' $$);
SELECT is(pg_temp.last_reason('t-1'), NULL, 'a plain UPDATE has no reason');

-- A reason does not outlive its call, even when the call fails half-way.
SELECT pg_temp.make_offer('t-2'), pg_temp.make_offer('t-3') \g /dev/null
CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '23514'; END $$;
CREATE TRIGGER zz_refuse AFTER UPDATE ON offerengine.offer FOR EACH ROW WHEN (NEW.offer_reference = 't-2') EXECUTE FUNCTION
    pg_temp.refuse();
SELECT throws_ok($$ SELECT offerengine.approve_offer('t-2', 'secret') $$, '23514');
SELECT lives_ok($$ UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference = 't-3' $$);
SELECT is(pg_temp.last_reason('t-3'), NULL, 'the reason of a failed call is forgotten');
SELECT is(count(*), 0::bigint, 'and so is what it would have written')
  FROM offerengine.approval_history h WHERE h.offer_reference = 't-2';
DROP TRIGGER zz_refuse ON offerengine.offer;

-- Many.
SELECT pg_temp.make_offer('t-b1'), pg_temp.make_offer('t-b2'), pg_temp.make_offer('t-b3'), pg_temp.make_offer('t-b4') \g /dev/null
SELECT offerengine.approve_offer('t-b2') \g /dev/null
UPDATE offerengine.merchant SET four_eyes = true WHERE merchant_reference = 't-other';
SELECT pg_temp.make_offer('t-b5', 't-other') \g /dev/null
SELECT results_eq(
    $$ SELECT (d).offer_reference, (d).outcome, (d).detail IS NOT NULL
         FROM (SELECT offerengine.approve_offers(ARRAY['t-b4', 't-b1', 't-none', NULL, 't-b2', 't-b3', 't-b1', 't-b5'], 'batch',
                                                 ARRAY[NULL, 3, 1, 1, NULL, 2, 3, NULL]) AS d) AS x $$,
    $$ VALUES ('t-b4', 'done', true), ('t-b1', 'done', true), ('t-none', 'unknown', true), (NULL, 'unknown', true),
              ('t-b2', 'already', true), ('t-b3', 'version_changed', true), ('t-b1', 'already', true), ('t-b5', 'refused', true) $$,
    'each outcome, in the order asked');
SELECT results_eq(
    $$ SELECT o.offer_reference COLLATE "default", o.approval_status COLLATE "default" FROM offerengine.offer o
        WHERE o.offer_reference LIKE 't-b%' ORDER BY 1 $$,
    $$ VALUES ('t-b1', 'approved'), ('t-b2', 'approved'), ('t-b3', 'waiting_for_approval'),
              ('t-b4', 'approved'), ('t-b5', 'waiting_for_approval') $$, 'what was done is done, nothing else');
SELECT is(count(*), 2::bigint, 'one row of history each, with the reason')
  FROM offerengine.approval_history h WHERE h.offer_reference IN ('t-b1', 't-b4') AND h.reason = 'batch';
SELECT results_eq($$ SELECT d.outcome FROM offerengine.deny_offers(ARRAY['t-b1', 't-b3'], 'all wrong') d $$,
                  $$ VALUES ('done'), ('done') $$, 'deny_offers');
SELECT results_eq($$ SELECT d.outcome FROM offerengine.deny_offers(ARRAY['t-b1'], 'again') d $$, $$ VALUES ('already') $$,
    'decided already');
SELECT throws_ok($$ SELECT offerengine.deny_offers(ARRAY['t-b1'], NULL) $$, '22004');
SELECT throws_ok($$ SELECT offerengine.deny_offers(ARRAY['t-b1'], '') $$, '22023');
SELECT throws_ok($$ SELECT offerengine.approve_offers(NULL) $$, '22004');
SELECT throws_ok($$ SELECT offerengine.approve_offers(ARRAY['t-b1'], NULL, ARRAY[1, 2]) $$, '22023',
    '2 reviewed versions do not fit 1 offer references');
SELECT is_empty($$ SELECT offerengine.approve_offers('{}') $$, 'nothing asked, nothing answered');
SELECT is(pg_temp.try_as('t_merchant', $$ SELECT offerengine.approve_offers(ARRAY['t-b1']) $$), '42501', 'a merchant may not');

-- Ten thousand.
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id)
SELECT 't-k' || g, p.product_id, m.merchant_id
  FROM generate_series(1, 10000) g, offerengine.product p,
      offerengine.merchant m WHERE p.sku = 'T-P' AND m.merchant_reference = 't-own';
SELECT results_eq($$ SELECT d.outcome, count(*) FROM offerengine.approve_offers(
                        ARRAY(SELECT 't-k' || g FROM generate_series(1, 10000) g ORDER BY random()), 'many') d GROUP BY 1 $$,
                  $$ VALUES ('done', 10000::bigint) $$, 'ten thousand in one call');
UPDATE offerengine.offer SET approval_status = 'denied' WHERE offer_reference LIKE 't-k%';
ANALYZE offerengine.offer, offerengine.offer_approval;
SELECT is(count(*), 20000::bigint, 'history of both') FROM offerengine.approval_history h WHERE h.offer_reference LIKE 't-k%';

SELECT * FROM finish();
ROLLBACK;
