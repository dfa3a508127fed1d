-- reapprove_on_change and price_review_percent: which changes by the merchant ask for approval again.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();
INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
SELECT 't-r', m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference = 't-own';

CREATE FUNCTION pg_temp.approved_offer(reference text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE made bigint := pg_temp.make_offer(reference);
BEGIN
    PERFORM offerengine.approve_offer(reference);
    RETURN made;
END
$$;

-- Status and named fields after a role's change of a fresh approved offer.
CREATE FUNCTION pg_temp.after(reference text, role text, change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    made    bigint := pg_temp.approved_offer(reference);
    outcome text;
BEGIN
    outcome := pg_temp.try_as(role, replace(replace(change, ':ref', quote_literal(reference)), ':id', made::text));
    IF outcome ~ '^[0-9A-Z]{5}$' THEN
        RETURN outcome;
    END IF;
    RETURN concat_ws(' ', pg_temp.status(reference), (SELECT array_to_string(a.changed_fields, ',')
        FROM offerengine.offer_approval a
                                                      WHERE a.offer_id = made AND a.changed_fields IS NOT NULL));
END
$$;

CREATE TEMP TABLE change (n integer, statement text, by_merchant text);
INSERT INTO change VALUES
    -- What is looked at.
    (1,  'UPDATE offerengine.offer SET title = ''Other'' WHERE offer_id = :id', 'waiting_for_approval title'),
    (2,  'UPDATE offerengine.offer SET title = NULL WHERE offer_id = :id', 'waiting_for_approval title'),
    (3,  'UPDATE offerengine.offer SET valid_to = ''2090-01-01'' WHERE offer_id = :id', 'waiting_for_approval validity'),
    (4,  'UPDATE offerengine.offer SET valid_from = ''2020-01-01'' WHERE offer_id = :id', 'waiting_for_approval validity'),
    (5,  'UPDATE offerengine.offer SET valid_from = ''2020-01-01'', title = ''Other'' WHERE offer_id = :id',
        'waiting_for_approval title,validity'),
    (6,  'INSERT INTO offerengine.offer_store (offer_id, store_code) VALUES (:id, ''T-AT'')', 'waiting_for_approval stores'),
    (7,  'SELECT offerengine_internal.delete_offer_stores(array_agg(offer_id), array_agg(store_code)) FROM offerengine.offer_store WHERE offer_id = :id', 'waiting_for_approval stores'),
    (8,  'UPDATE offerengine.offer_store SET store_code = ''T-AT'' WHERE offer_id = :id', 'waiting_for_approval stores'),
    (9,  'UPDATE offerengine.price SET net_amount = 1001 WHERE offer_id = :id', 'waiting_for_approval price'),
    (10, 'UPDATE offerengine.price SET gross_amount = 1191 WHERE offer_id = :id', 'waiting_for_approval price'),
    (11, 'UPDATE offerengine.price SET gross_amount = NULL WHERE offer_id = :id', 'waiting_for_approval price'),
    (12, 'UPDATE offerengine.price SET valid_to = ''2090-01-01'' WHERE offer_id = :id', 'waiting_for_approval price'),
    (13, 'UPDATE offerengine.price SET store_code = ''T-AT'' WHERE offer_id = :id', 'waiting_for_approval price'),
    (14, 'SELECT offerengine_internal.delete_prices(array_agg(price_id)) FROM offerengine.price WHERE offer_id = :id', 'waiting_for_approval price'),
    (15, 'INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount, min_quantity) '
        'VALUES (:id, ''T-DE'', ''EUR'', 900, 10)',
         'waiting_for_approval price'),
    (16, 'INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount, merchant_relationship_id) '
         'SELECT :id, ''T-DE'', ''EUR'', 900, r.merchant_relationship_id FROM offerengine.merchant_relationship r '
             'WHERE r.relationship_key = ''t-r''',
         'waiting_for_approval price'),
    (17, 'SELECT offerengine.put_offer(:ref, title => ''Other'') IS NULL', 'waiting_for_approval title'),
    (18, 'SELECT offerengine.put_offer(:ref, stores => ARRAY[''T-AT'']) IS NULL', 'waiting_for_approval stores'),
    (19, 'SELECT offerengine.set_price(''T-DE'', ''EUR'', 1200, 1428, offer_reference => :ref) IS NULL',
        'waiting_for_approval price'),
    (20, 'SELECT offerengine.end_price(''T-DE'', ''EUR'', offer_reference => :ref) IS NULL', 'waiting_for_approval price'),
    -- What is not, and what changes nothing.
    (30, 'UPDATE offerengine.offer SET is_active = false WHERE offer_id = :id', 'approved'),
    (31, 'UPDATE offerengine.offer SET merchant_sku = :ref WHERE offer_id = :id', 'approved'),
    (32, 'UPDATE offerengine.offer SET title = title, valid_to = valid_to WHERE offer_id = :id', 'approved'),
    (33, 'UPDATE offerengine.price SET net_amount = net_amount WHERE offer_id = :id', 'approved'),
    (34, 'UPDATE offerengine.offer_store SET store_code = store_code WHERE offer_id = :id', 'approved'),
    (35, 'SELECT offerengine.put_offer(:ref, title => ''Title'', stores => ARRAY[''T-DE'']) IS NULL', 'approved'),
    (36, 'SELECT offerengine.set_price(''T-DE'', ''EUR'', 1000, 1190, offer_reference => :ref) IS NULL', 'approved'),
    (37, 'SELECT offerengine_internal.delete_prices(array_agg(price_id)) FROM offerengine.price WHERE offer_id = :id AND false', 'approved');

SELECT is(pg_temp.after('t-off-' || c.n, 't_merchant', c.statement), 'approved', 'merchant without the wish: ' || c.statement)
  FROM change c ORDER BY c.n;
UPDATE offerengine.merchant SET reapprove_on_change = true WHERE merchant_reference = 't-own';
SELECT is(pg_temp.after('t-on-' || c.n, 't_merchant', c.statement), c.by_merchant, 'merchant: ' || c.statement)
  FROM change c ORDER BY c.n;
SELECT is(pg_temp.after('t-op-' || c.n, 't_operator', c.statement), 'approved', 'operator: ' || c.statement)
  FROM change c ORDER BY c.n;
SELECT is(pg_temp.after('t-ot-' || c.n, 't_other_merchant', c.statement) ~ '^(approved|42501|OE020|23505|22004)', true,
    'another merchant: ' || c.statement)
  FROM change c ORDER BY c.n;

-- Who it was, in whose name, and why; version and projection follow.
SELECT pg_temp.approved_offer('t-who') AS id \gset
SELECT pg_temp.version('t-who') AS approved_version \gset
SELECT is(pg_temp.try_as('t_merchant', $$ UPDATE offerengine.offer SET title = 'Other' WHERE offer_reference = 't-who' $$,
    'carol'), '1 rows');
SELECT results_eq($$ SELECT h.from_status COLLATE "default", h.to_status COLLATE "default", h.decided_by, h.acting_user, h.reason
                       FROM offerengine.approval_history h WHERE h.offer_reference = 't-who' ORDER BY h.decided_at DESC LIMIT 1 $$,
                  $$ VALUES ('approved', 'waiting_for_approval', 't_merchant', 'carol', 'changed: title') $$, 'the history tells');
SELECT cmp_ok(pg_temp.version('t-who'), '>', :approved_version, 'the version rose');
SELECT throws_ok(format('SELECT offerengine.approve_offer(''t-who'', NULL, %s)', :approved_version), 'OE002', NULL,
                 'what was reviewed before is not what waits now');
SELECT ok(NOT offerengine.offer_is_visible('t-who', 'T-DE'), 'it is not shown while it waits');
SELECT is(pg_temp.try_as('t_merchant', $$ UPDATE offerengine.offer SET title = 'Third' WHERE offer_reference = 't-who' $$),
    '1 rows');
SELECT is(count(*), 1::bigint, 'a waiting one does not move again')
  FROM offerengine.offer_approval a WHERE a.offer_id = :id AND a.changed_fields IS NOT NULL;
SELECT ok(a.decided_by = 't_merchant', 'a merchant never approves')
  FROM offerengine.offer_approval a WHERE a.offer_id = :id AND a.to_status = 'waiting_for_approval';

-- Denied ones stay denied.
SELECT pg_temp.make_offer('t-denied') \g /dev/null
SELECT offerengine.deny_offer('t-denied', 'no') \g /dev/null
SELECT is(pg_temp.try_as('t_merchant', $$ UPDATE offerengine.offer SET title = 'Other'
    WHERE offer_reference = 't-denied' $$), '1 rows');
SELECT is(pg_temp.status('t-denied'), 'denied', 'a denied offer stays denied when it changes');

-- The operator's superior rights count, also through membership.
CREATE ROLE t_both;
GRANT t_merchant, t_operator TO t_both;
SELECT is(pg_temp.after('t-both', 't_both', 'UPDATE offerengine.offer SET title = ''Other'' WHERE offer_id = :id'),
    'approved', 'operator and merchant: operator');
CREATE ROLE t_clerk;
GRANT t_merchant TO t_clerk;
SELECT is(pg_temp.after('t-clerk', 't_clerk', 'UPDATE offerengine.offer SET title = ''Other'' WHERE offer_id = :id'),
    'waiting_for_approval title',
          'a member of the merchant''s role is the merchant');

-- Many at once, by several statements of one kind.
SELECT pg_temp.approved_offer('t-set-' || g) FROM generate_series(1, 50) g \g /dev/null
SELECT is(pg_temp.try_as('t_merchant', $$ UPDATE offerengine.price SET net_amount = net_amount + 1
            WHERE offer_id IN (SELECT offer_id FROM offerengine.offer WHERE offer_reference LIKE 't-set-%') $$), '50 rows');
SELECT is(count(*), 50::bigint, 'all fifty wait') FROM offerengine.offer o
 WHERE o.offer_reference LIKE 't-set-%' AND o.approval_status = 'waiting_for_approval';

-- price_review_percent: beyond, not at, the limit; measured from what was approved.
UPDATE offerengine.merchant SET price_review_percent = 10 WHERE merchant_reference = 't-own';
CREATE TEMP TABLE price_change (n integer, statement text, expected text);
INSERT INTO price_change VALUES
    (1,  'UPDATE offerengine.price SET net_amount = 1100 WHERE offer_id = :id', 'approved'),
    (2,  'UPDATE offerengine.price SET net_amount = 1101 WHERE offer_id = :id', 'waiting_for_approval price'),
    (3,  'UPDATE offerengine.price SET net_amount = 900 WHERE offer_id = :id', 'approved'),
    (4,  'UPDATE offerengine.price SET net_amount = 899 WHERE offer_id = :id', 'waiting_for_approval price'),
    (5,  'UPDATE offerengine.price SET gross_amount = 1309 WHERE offer_id = :id', 'approved'),
    (6,  'UPDATE offerengine.price SET gross_amount = 1310 WHERE offer_id = :id', 'waiting_for_approval price'),
    (7,  'UPDATE offerengine.price SET net_amount = 1050, gross_amount = 1400 WHERE offer_id = :id', 'waiting_for_approval price'),
    (8,  'UPDATE offerengine.price SET net_amount = 0 WHERE offer_id = :id', 'waiting_for_approval price'),
    (9,  'UPDATE offerengine.price SET gross_amount = NULL WHERE offer_id = :id', 'waiting_for_approval price'),
    (10, 'UPDATE offerengine.price SET valid_to = ''2090-01-01'' WHERE offer_id = :id', 'waiting_for_approval price'),
    (11, 'SELECT offerengine_internal.delete_prices(array_agg(price_id)) FROM offerengine.price WHERE offer_id = :id', 'waiting_for_approval price'),
    (12, 'INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount, min_quantity) '
        'VALUES (:id, ''T-DE'', ''EUR'', 999, 10)',
         'waiting_for_approval price'),
    (13, 'UPDATE offerengine.offer SET title = ''Other'' WHERE offer_id = :id', 'waiting_for_approval title'),
    (14, 'SELECT offerengine.set_price(''T-DE'', ''EUR'', 1100, 1309, offer_reference => :ref) IS NULL', 'approved'),
    (15, 'SELECT offerengine.set_price(''T-DE'', ''EUR'', 1101, 1309, offer_reference => :ref) IS NULL',
        'waiting_for_approval price');
SELECT is(pg_temp.after('t-pct-' || c.n, 't_merchant', c.statement), c.expected, 'ten percent: ' || c.statement)
  FROM price_change c ORDER BY c.n;

-- Several changes: each is measured from the approved amount, so that small steps do not walk past the limit.
CREATE FUNCTION pg_temp.set_net(reference text, amount bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.try_as('t_merchant', format('UPDATE offerengine.price SET net_amount = %s WHERE offer_id = '
                           '(SELECT offer_id FROM offerengine.offer WHERE offer_reference = %L)', amount, reference));
    RETURN pg_temp.status(reference);
END
$$;
SELECT pg_temp.approved_offer('t-step') \g /dev/null
SELECT is(pg_temp.set_net('t-step', 1090), 'approved', 'nine percent up');
SELECT is(pg_temp.set_net('t-step', 910), 'approved',
    'and down to nine below: 16.5 percent from there, but nine from what was approved');
SELECT is(pg_temp.set_net('t-step', 1000), 'approved', 'and back');
SELECT is(pg_temp.set_net('t-step', 1090), 'approved', 'and up again');
SELECT is(pg_temp.set_net('t-step', 1101), 'waiting_for_approval', 'one percent more, but 10.1 from what was approved');
SELECT lives_ok($$ SELECT offerengine.approve_offer('t-step') $$);
SELECT is(pg_temp.set_net('t-step', 1211), 'approved', 'a new approval starts anew');
SELECT is(pg_temp.set_net('t-step', 1212), 'waiting_for_approval', 'with its own limit');

-- 0 is a price; anything else is beyond any percentage of it.
SELECT pg_temp.make_offer('t-free') \g /dev/null
UPDATE offerengine.price SET net_amount = 0 WHERE offer_id = (SELECT o.offer_id FROM offerengine.offer o
    WHERE o.offer_reference = 't-free');
SELECT offerengine.approve_offer('t-free') \g /dev/null
SELECT is(pg_temp.set_net('t-free', 0), 'approved', '0 to 0 is no change');
SELECT is(pg_temp.set_net('t-free', 1), 'waiting_for_approval', '0 to anything is beyond');

-- 0 percent: every change; the percentage alone, without the wish to approve anew: none.
UPDATE offerengine.merchant SET price_review_percent = 0 WHERE merchant_reference = 't-own';
SELECT is(pg_temp.after('t-zero', 't_merchant', 'UPDATE offerengine.price SET net_amount = 1001 WHERE offer_id = :id'),
    'waiting_for_approval price', '0 percent');
UPDATE offerengine.merchant SET price_review_percent = 10, reapprove_on_change = false WHERE merchant_reference = 't-own';
SELECT is(pg_temp.after('t-alone', 't_merchant', 'UPDATE offerengine.price SET net_amount = 2000 WHERE offer_id = :id'),
    'approved', 'no wish, no review');
SELECT is(pg_temp.try_as('t_merchant', $$ UPDATE offerengine.merchant SET price_review_percent = NULL $$), '42501',
    'the terms of review are the operator''s');

SELECT * FROM finish();
ROLLBACK;
