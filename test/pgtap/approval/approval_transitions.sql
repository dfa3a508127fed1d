-- The transitions as a decision table: offers and merchants, by plain UPDATE and by function, by operator and by others.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();

-- from, to: what a plain UPDATE by an operator does.
CREATE TEMP TABLE transition (from_status text, to_status text, outcome text);
INSERT INTO transition VALUES
    ('waiting_for_approval', 'waiting_for_approval', 'waiting_for_approval'),
    ('waiting_for_approval', 'approved',             'approved'),
    ('waiting_for_approval', 'denied',               'denied'),
    ('approved',             'waiting_for_approval', 'OE001'),
    ('approved',             'approved',             'approved'),
    ('approved',             'denied',               'denied'),
    ('denied',               'waiting_for_approval', 'OE001'),
    ('denied',               'approved',             'approved'),
    ('denied',               'denied',               'denied');

-- An offer that has come to a status the regular way.
CREATE FUNCTION pg_temp.offer_in(reference text, status text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.make_offer(reference);
    IF status = 'approved' THEN PERFORM offerengine.approve_offer(reference); END IF;
    IF status = 'denied' THEN PERFORM offerengine.deny_offer(reference, 'no'); END IF;
    RETURN reference;
END
$$;

SELECT is(pg_temp.try_as('t_operator', format(
              'UPDATE offerengine.offer SET approval_status = %L WHERE offer_reference = %L RETURNING approval_status',
              t.to_status, pg_temp.offer_in('t-' || t.from_status || '-' || t.to_status, t.from_status))),
          t.outcome, format('operator, plain UPDATE from %s to %s', t.from_status, t.to_status))
  FROM transition t;

SELECT is(pg_temp.try_as('t_operator', format('UPDATE offerengine.merchant SET approval_status = %L WHERE merchant_reference = %L '
                                              'RETURNING approval_status', t.to_status, made.merchant_reference)),
          t.outcome, format('merchant, plain UPDATE from %s to %s', t.from_status, t.to_status))
  FROM transition t
 CROSS JOIN LATERAL (SELECT 't-m-' || t.from_status || '-' || t.to_status AS merchant_reference) AS named
 CROSS JOIN LATERAL (SELECT pg_temp.try_as('t_operator', format(
                        'INSERT INTO offerengine.merchant (merchant_reference, name, approval_status) VALUES (%L, %L, %L) '
                        'RETURNING merchant_reference', named.merchant_reference, 'M', t.from_status))
                     AS merchant_reference) AS made;

-- The functions refuse to decide what is decided.
SELECT is(pg_temp.try_as('t_operator', format('SELECT offerengine.%s(%L, %L)', f.name,
              pg_temp.offer_in(concat('t-f-', f.name, '-', f.status), f.status), 'why')),
          f.outcome, format('%s of one that is %s', f.name, f.status))
  FROM (VALUES ('approve_offer', 'waiting_for_approval', ''), ('approve_offer', 'denied', ''),
      ('approve_offer', 'approved', 'OE001'),
               ('deny_offer', 'waiting_for_approval', ''), ('deny_offer', 'approved', ''), ('deny_offer', 'denied', 'OE001'))
       AS f (name, status, outcome);

-- An INSERT: waiting by the merchant and the operator, another status by the operator only, with history.
SELECT is(pg_temp.try_as(i.role, format(
              'INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status) '
              'SELECT %L, p.product_id, m.merchant_id, %L FROM offerengine.product p, offerengine.merchant m '
              'WHERE p.sku = ''T-P'' AND m.merchant_reference = ''t-own'' RETURNING approval_status',
                  't-i-' || i.role || i.status, i.status)),
          i.outcome, format('%s inserts as %s', i.role, i.status))
  FROM (VALUES ('t_operator', 'waiting_for_approval', 'waiting_for_approval'), ('t_operator', 'approved', 'approved'),
               ('t_operator', 'denied', 'denied'), ('t_merchant', 'approved', '42501'), ('t_nobody', 'approved', '42501'))
       AS i (role, status, outcome);
SELECT results_eq(
    $$ SELECT h.from_status COLLATE "default", h.to_status COLLATE "default", h.decided_by
        FROM offerengine.approval_history h WHERE h.offer_reference LIKE 't-i-%' ORDER BY 2 $$,
    $$ VALUES ('waiting_for_approval', 'approved', 't_operator'), ('waiting_for_approval', 'denied', 't_operator') $$,
    'creation as waiting is no transition; creation in another status is one');

-- A merchant who was given the column by hand is still refused, by the trigger.
SELECT pg_temp.offer_in('t-hand', 'waiting_for_approval') \g /dev/null
GRANT UPDATE (approval_status) ON offerengine.offer TO t_merchant;
SELECT is(pg_temp.try_as('t_merchant', $$ UPDATE offerengine.offer SET approval_status = 'approved'
    WHERE offer_reference = 't-hand' $$),
          '42501', 'a merchant may not decide even with the privilege');
SELECT is(pg_temp.try_as('t_merchant', $$ UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 't-hand' $$),
          '1 rows', 'a merchant switches its offer off');
SELECT is(pg_temp.try_as('t_operator', $$ UPDATE offerengine.offer SET is_active = true WHERE offer_reference = 't-hand' $$),
          '1 rows', 'an operator switches it on');
ALTER ROLE t_nobody BYPASSRLS;
GRANT USAGE ON SCHEMA offerengine TO t_nobody;
GRANT SELECT, UPDATE ON offerengine.offer TO t_nobody;
SELECT is(pg_temp.try_as('t_nobody', $$ UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 't-hand' $$),
          '42501', 'who is neither its merchant nor operator may not switch it');
SELECT is(pg_temp.status('t-hand'), 'waiting_for_approval', 'nothing of what was refused is written');

-- The message names both states, the detail the allowed ones.
SELECT pg_temp.offer_in('t-text', 'approved') \g /dev/null
SELECT throws_ok($$ UPDATE offerengine.offer SET approval_status = 'waiting_for_approval'
    WHERE offer_reference = 't-text' $$, 'OE001',
                 'offer "t-text" cannot move from approved to waiting_for_approval', 'both states are named');
CREATE FUNCTION pg_temp.detail_and_hint(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    error_detail text;
    error_hint   text;
BEGIN
    EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS error_detail = PG_EXCEPTION_DETAIL, error_hint = PG_EXCEPTION_HINT;
    RETURN error_detail || ' ' || (error_hint <> '');
END
$$;
SELECT is(pg_temp.detail_and_hint($$ UPDATE offerengine.offer SET approval_status = 'waiting_for_approval'
    WHERE offer_reference = 't-text' $$),
          'From approved it may move to denied. true', 'the detail names the allowed states, and there is a hint');

-- approval_transitions says the same.
SELECT results_eq($$ SELECT s, t FROM unnest(ARRAY['waiting_for_approval', 'approved', 'denied']) s,
    offerengine.approval_transitions(s) t ORDER BY 1, 2 $$,
                  $$ SELECT t.from_status, t.to_status FROM transition t
                      WHERE t.outcome <> 'OE001' AND t.from_status <> t.to_status ORDER BY 1, 2 $$, 'approval_transitions');
SELECT throws_ok($$ SELECT offerengine.approval_transitions('open') $$, '22023', 'unknown approval status "open"');
SELECT throws_ok($$ SELECT offerengine.approval_transitions(NULL) $$, '22004');

-- What is judged is NOT NULL; where somebody has dropped that, the refusal says so.
SELECT pg_temp.make_offer('t-null') \g /dev/null
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE offerengine.offer ALTER approval_status DROP NOT NULL;
ALTER TABLE offerengine.merchant ALTER approval_status DROP NOT NULL, ALTER is_active DROP NOT NULL;
SELECT throws_ok(c.statement, '55000', format('column "%s" of a row that is judged is NULL or of another type than %s', c.name, c.type))
  FROM (VALUES ('approval_status', 'text', $$UPDATE offerengine.offer SET approval_status = NULL WHERE offer_reference = 't-null'$$),
               ('approval_status', 'text', $$UPDATE offerengine.merchant SET approval_status = NULL WHERE merchant_reference = 't-own'$$),
               ('is_active', 'boolean', $$UPDATE offerengine.merchant SET is_active = NULL WHERE merchant_reference = 't-own'$$))
       AS c (name, type, statement);

SELECT * FROM finish();
ROLLBACK;
