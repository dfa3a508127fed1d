-- A trigger of a database administrator decides while a decision is carried out: each is judged, and recorded, as its own.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();
CREATE FUNCTION pg_temp.history(reference text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', left(a.from_status, 4) || '>' || left(a.to_status, 4), a.decided_by, a.acting_user, quote_literal(a.reason),
                                array_to_string(a.changed_fields, ',')), ', ' ORDER BY a.version)
      FROM offerengine.offer_approval a JOIN offerengine.offer o ON o.offer_id = a.offer_id WHERE o.offer_reference = $1
$$;
CREATE FUNCTION pg_temp.merchant_history(reference text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', left(a.from_status, 4) || '>' || left(a.to_status, 4), a.decided_by, quote_literal(a.reason)), ', '
                      ORDER BY a.merchant_approval_id)
      FROM offerengine.merchant_approval a JOIN offerengine.merchant m ON m.merchant_id = a.merchant_id WHERE m.merchant_reference = $1
$$;
-- Approves t-2 when t-1 has moved, once.
CREATE FUNCTION pg_temp.decide() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_temp.status('t-1') <> 'waiting_for_approval' AND pg_temp.status('t-2') = 'waiting_for_approval' THEN
        UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference = 't-2';
    END IF;
    RETURN NULL;
END
$$;
SELECT pg_temp.make_offer('t-1'), pg_temp.make_offer('t-2') \g /dev/null

-- Nothing of a decision, its reason, its author, that it is the engine's, counts for what triggers write meanwhile.
CREATE FUNCTION pg_temp.nested(hung_on text, level text, action text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('CREATE TRIGGER zz_nested AFTER INSERT OR UPDATE ON offerengine.%I FOR EACH %s EXECUTE FUNCTION pg_temp.decide()',
                   hung_on, level);
    answer := pg_temp.try_as('t_operator', action, 'alice');
    SELECT format('%s: %s; %s', answer, pg_temp.history('t-1'), pg_temp.history('t-2')) INTO answer;
    RAISE EXCEPTION USING MESSAGE = answer, ERRCODE = 'P0999';
EXCEPTION WHEN SQLSTATE 'P0999' THEN
    RETURN SQLERRM;
END
$$;
SELECT is(pg_temp.nested(t.hung_on, l.level, $$SELECT offerengine.approve_offer('t-1', 'good')$$),
          ': wait>appr t_operator alice ''good''; wait>appr ' || CASE t.hung_on WHEN 'offer' THEN 't_operator' ELSE 'postgres' END || ' alice',
          format('approve_offer, %s, each %s', t.hung_on, l.level))
  FROM (VALUES ('offer'), ('offer_store'), ('offer_approval')) AS t (hung_on), (VALUES ('ROW'), ('STATEMENT')) AS l (level)
 ORDER BY t.hung_on, l.level;
SELECT is(pg_temp.nested('offer', l.level, $$UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference = 't-1'$$),
          '1 rows: wait>appr t_operator alice; wait>appr t_operator alice', 'a plain UPDATE, each ' || l.level)
  FROM (VALUES ('ROW'), ('STATEMENT')) AS l (level);
SELECT is(pg_temp.nested('offer', l.level, $$SELECT outcome FROM offerengine.deny_offers('{t-1}', 'bad')$$),
          'done: wait>deni t_operator alice ''bad''; wait>appr t_operator alice', 'deny_offers, each ' || l.level)
  FROM (VALUES ('ROW'), ('STATEMENT')) AS l (level);

-- Not every trigger may take an approval back because the engine does.
UPDATE offerengine.merchant SET reapprove_on_change = true WHERE merchant_reference = 't-own';
SELECT offerengine.approve_offer('t-1'), offerengine.approve_offer('t-2') \g /dev/null
CREATE FUNCTION pg_temp.take_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_temp.status('t-1') = 'waiting_for_approval' AND pg_temp.status('t-2') = 'approved' THEN
        UPDATE offerengine.offer SET approval_status = 'waiting_for_approval' WHERE offer_reference = 't-2';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER zz_take_back AFTER UPDATE ON offerengine.offer FOR EACH ROW EXECUTE FUNCTION pg_temp.take_back();
SELECT is(pg_temp.try_as('t_merchant', $$UPDATE offerengine.offer SET title = 'New' WHERE offer_reference = 't-1'$$), 'OE001',
          'another offer does not go back to waiting with the one that its merchant changed');
DROP TRIGGER zz_take_back ON offerengine.offer;
SELECT is(pg_temp.try_as('t_merchant', $$UPDATE offerengine.offer SET title = 'New' WHERE offer_reference = 't-1'$$), '1 rows');
SELECT is(pg_temp.history('t-1'), 'wait>appr postgres, appr>wait t_merchant ''changed: title'' title', 'that one does');

-- Four eyes are counted for each statement: a trigger that acts as somebody else approves as that one.
SELECT is(pg_temp.try_as('t_operator', format('INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id) '
              'SELECT %L, o.product_id, o.merchant_id FROM offerengine.offer o WHERE o.offer_reference = ''t-1''', r.reference)), '1 rows')
  FROM (VALUES ('t-one'), ('t-one-2')) AS r (reference);
SELECT is(pg_temp.try_as('t_operator_2', $$INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id)
              SELECT 't-two', o.product_id, o.merchant_id FROM offerengine.offer o WHERE o.offer_reference = 't-1'$$), '1 rows');
UPDATE offerengine.merchant SET four_eyes = true WHERE merchant_reference = 't-own';
CREATE SCHEMA t_nested;
GRANT USAGE, CREATE ON SCHEMA t_nested TO t_operator, t_operator_2;
CREATE FUNCTION t_nested.approve_also() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE offerengine.offer SET approval_status = 'approved'
     WHERE offer_reference = TG_ARGV[0] AND approval_status <> 'approved';
    RETURN NULL;
END
$$;
ALTER FUNCTION t_nested.approve_also() OWNER TO t_operator;
CREATE TRIGGER zz_nested AFTER UPDATE ON offerengine.offer FOR EACH ROW
    WHEN (NEW.offer_reference = 't-one' AND NEW.approval_status = 'approved')
    EXECUTE FUNCTION t_nested.approve_also('t-one-2');
SELECT is(pg_temp.try_as('t_operator_2', $$UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference = 't-one'$$), 'OE003',
          'the trigger''s own role has created what it approves');
SELECT is(pg_temp.try_as('t_operator_2', $$SELECT offerengine.approve_offer('t-one')$$), 'OE003', 'the function likewise');
CREATE OR REPLACE TRIGGER zz_nested AFTER UPDATE ON offerengine.offer FOR EACH ROW
    WHEN (NEW.offer_reference = 't-one' AND NEW.approval_status = 'approved')
    EXECUTE FUNCTION t_nested.approve_also('t-two');
SELECT is(pg_temp.try_as('t_operator_2', $$SELECT offerengine.approve_offer('t-one', 'seen')$$), '', 'here each approves what the other made');
SELECT is(pg_temp.history('t-one') || '; ' || pg_temp.history('t-two'), 'wait>appr t_operator_2 ''seen''; wait>appr t_operator',
          'and is recorded for it');
DROP TRIGGER zz_nested ON offerengine.offer;
UPDATE offerengine.merchant SET four_eyes = false WHERE merchant_reference = 't-own';

-- What a trigger does and takes back leaves the decision's own history alone.
CREATE FUNCTION pg_temp.try_in_vain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        UPDATE offerengine.offer SET approval_status = 'denied' WHERE offer_reference = 't-2' AND approval_status = 'approved';
        RAISE EXCEPTION 'no';
    EXCEPTION WHEN raise_exception THEN
    END;
    RETURN NULL;
END
$$;
SELECT pg_temp.make_offer('t-3') \g /dev/null
CREATE TRIGGER zz_in_vain AFTER UPDATE ON offerengine.offer FOR EACH ROW WHEN (NEW.offer_reference = 't-3')
    EXECUTE FUNCTION pg_temp.try_in_vain();
SELECT offerengine.approve_offer('t-3', 'good') \g /dev/null
DROP TRIGGER zz_in_vain ON offerengine.offer;
SELECT is(pg_temp.history('t-3') || '; ' || pg_temp.history('t-2'), 'wait>appr postgres ''good''; wait>appr postgres', 'history of the outer decision');

-- A trigger that decides about the same offer: the version says what was decided last.
CREATE FUNCTION pg_temp.deny_at_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offerengine.offer SET approval_status = 'denied' WHERE offer_id = NEW.offer_id;
    RETURN NULL;
END
$$;
SELECT pg_temp.make_offer('t-4') \g /dev/null
CREATE TRIGGER aa_deny AFTER UPDATE ON offerengine.offer FOR EACH ROW
    WHEN (NEW.offer_reference = 't-4' AND NEW.approval_status = 'approved') EXECUTE FUNCTION pg_temp.deny_at_once();
SELECT offerengine.approve_offer('t-4', 'good') \g /dev/null
DROP TRIGGER aa_deny ON offerengine.offer;
SELECT is(pg_temp.history('t-4'), 'wait>appr postgres ''good'', appr>deni postgres', 'first approved, then denied');
UPDATE offerengine.offer SET title = 'Better' WHERE offer_reference = 't-4';
SELECT is((SELECT ROW(q.kind, q.last_reason)::text FROM offerengine.approval_queue q WHERE q.offer_reference = 't-4'), '(resubmitted,)',
          'the queue knows that the denial came last');

-- Merchants.
CREATE FUNCTION pg_temp.decide_merchant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM offerengine.merchant m WHERE m.merchant_reference = 't-other' AND m.is_active) THEN
        UPDATE offerengine.merchant SET is_active = false WHERE merchant_reference = 't-other';
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION pg_temp.nested_merchant(hung_on text, level text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('CREATE TRIGGER zz_nested AFTER INSERT OR UPDATE ON offerengine.%I FOR EACH %s EXECUTE FUNCTION pg_temp.decide_merchant()',
                   hung_on, level);
    answer := pg_temp.try_as('t_operator', $x$SELECT offerengine.suspend_merchant('t-own', 'late')$x$);
    SELECT format('%s: %s; %s', answer, pg_temp.merchant_history('t-own'), pg_temp.merchant_history('t-other')) INTO answer;
    RAISE EXCEPTION USING MESSAGE = answer, ERRCODE = 'P0999';
EXCEPTION WHEN SQLSTATE 'P0999' THEN
    RETURN SQLERRM;
END
$$;
SELECT is(pg_temp.nested_merchant(t.hung_on, l.level),
          format(': wait>appr postgres, acti>susp t_operator ''late''; wait>appr postgres, acti>susp %s',
                 CASE t.hung_on WHEN 'merchant' THEN 't_operator' ELSE 'postgres' END), format('suspend_merchant, %s, each %s', t.hung_on, l.level))
  FROM (VALUES ('merchant'), ('merchant_approval')) AS t (hung_on), (VALUES ('ROW'), ('STATEMENT')) AS l (level)
 ORDER BY t.hung_on, l.level;

SELECT * FROM finish();
ROLLBACK;
