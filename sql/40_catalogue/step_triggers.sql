-- What an offer's type asks for, stated once as a view, and the triggers that hold it.

-- What most offers are not is told by two look-ups; the view of problems starts a dozen.
CREATE OR REPLACE VIEW offerengine_internal.offer_with_terms AS
SELECT o.offer_id
  FROM offerengine.offer o
 WHERE o.offer_type = 'subscription'
    OR o.price_sheet_id IS NOT NULL
    OR EXISTS (SELECT FROM offerengine.offer_step s WHERE s.offer_id = o.offer_id);
COMMENT ON VIEW offerengine_internal.offer_with_terms IS
    'Subscriptions, offers with a price sheet and offers with steps: offer_step_problem has no other.';
COMMENT ON COLUMN offerengine_internal.offer_with_terms.offer_id IS 'The offer.';

CREATE OR REPLACE VIEW offerengine_internal.offer_step_problem AS
SELECT o.offer_id,
       o.offer_reference,
       'subscription_sheet' COLLATE "C" AS rule,
       true AS is_refused,
       false AS waits_for_commit,
       'is a subscription and takes no price sheet of its own' AS problem,
       'The price sheets of its contracts price it.' AS hint
  FROM offerengine.offer o
 WHERE o.offer_type = 'subscription'
   AND o.price_sheet_id IS NOT NULL
UNION ALL
SELECT o.offer_id,
       o.offer_reference,
       'subscription_price',
       true,
       false,
       'is a subscription and takes no prices of its own',
       'The price sheets of its contracts price it.'
  FROM offerengine.offer o
 WHERE o.offer_type = 'subscription'
   AND EXISTS (SELECT FROM offerengine.price p WHERE p.product_id = o.product_id AND p.offer_id = o.offer_id)
UNION ALL
SELECT o.offer_id,
       o.offer_reference,
       'sheet_and_price',
       true,
       false,
       format('takes price sheet "%s" or prices of its own, not both', h.code),
       'Take the price sheet away, or delete the prices: those that ended count, too.'
  FROM offerengine.offer o
  JOIN offerengine.price_sheet h ON h.price_sheet_id = o.price_sheet_id
 WHERE o.offer_type <> 'subscription'
   AND EXISTS (SELECT FROM offerengine.price p WHERE p.product_id = o.product_id AND p.offer_id = o.offer_id)
UNION ALL
SELECT o.offer_id,
       o.offer_reference,
       'other_type',
       true,
       false,
       format('is of type %s and takes no steps', o.offer_type),
       'Only subscriptions have steps.'
  FROM offerengine.offer o
 WHERE o.offer_type <> 'subscription'
   AND EXISTS (SELECT FROM offerengine.offer_step s WHERE s.offer_id = o.offer_id)
UNION ALL
SELECT o.offer_id,
       o.offer_reference,
       'gap',
       true,
       true,
       format('has step %s, but no step %s', s.step_no, s.step_no - 1),
       'Steps are numbered from 1 without gaps: set_offer_steps() does so.'
  FROM offerengine.offer o
  JOIN offerengine.offer_step s ON s.offer_id = o.offer_id
 WHERE s.step_no > 1
   AND NOT EXISTS (SELECT FROM offerengine.offer_step b WHERE b.offer_id = s.offer_id AND b.step_no = s.step_no - 1)
UNION ALL
SELECT o.offer_id,
       o.offer_reference,
       'no_steps',
       o.approval_status = 'approved',
       true,
       'is a subscription without steps',
       'Give it its contracts with set_offer_steps().'
  FROM offerengine.offer o
 WHERE o.offer_type = 'subscription'
   AND NOT EXISTS (SELECT FROM offerengine.offer_step s WHERE s.offer_id = o.offer_id)
UNION ALL
SELECT o.offer_id,
       o.offer_reference,
       'no_duration',
       o.approval_status = 'approved',
       true,
       format('goes on after step %s, but contract "%s" of that step has no duration', s.step_no, c.code),
       'Only the last step may run until it is cancelled.'
  FROM offerengine.offer o
  JOIN offerengine.offer_step s ON s.offer_id = o.offer_id
  JOIN offerengine.product_contract c ON c.product_contract_id = s.product_contract_id
 WHERE c.duration = '0'
   AND EXISTS (SELECT FROM offerengine.offer_step n WHERE n.offer_id = s.offer_id AND n.step_no > s.step_no);
COMMENT ON VIEW offerengine_internal.offer_step_problem IS
    'Offers whose type, steps, price sheet and own prices do not go together. After every commit no row has is_refused: the '
    'rule, stated once.';
COMMENT ON COLUMN offerengine_internal.offer_step_problem.offer_id IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.offer_step_problem.offer_reference IS 'offer.offer_reference.';
COMMENT ON COLUMN offerengine_internal.offer_step_problem.rule IS
    'What is broken: subscription_sheet, subscription_price, sheet_and_price, other_type, gap, no_steps, no_duration.';
COMMENT ON COLUMN offerengine_internal.offer_step_problem.is_refused IS
    'True: the offer cannot be so (OE019). False: it can while it waits or is denied, but cannot be approved so.';
COMMENT ON COLUMN offerengine_internal.offer_step_problem.waits_for_commit IS
    'True: a later statement of the transaction may still put it right; judged at commit, or when the offer is approved.';
COMMENT ON COLUMN offerengine_internal.offer_step_problem.problem IS 'In words, about the offer.';
COMMENT ON COLUMN offerengine_internal.offer_step_problem.hint IS 'What can be done.';

CREATE OR REPLACE TRIGGER offer_step_inserted AFTER INSERT ON offerengine.offer_step
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.offer_step_changed();
CREATE OR REPLACE TRIGGER offer_step_updated AFTER UPDATE ON offerengine.offer_step
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.offer_step_changed();
CREATE OR REPLACE TRIGGER offer_step_deleted AFTER DELETE ON offerengine.offer_step
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.offer_step_changed();
CREATE OR REPLACE TRIGGER offer_step_truncate BEFORE TRUNCATE ON offerengine.offer_step
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.refuse_truncate();

CREATE OR REPLACE TRIGGER product_contract_updated AFTER UPDATE ON offerengine.product_contract
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.contract_changed();

-- At commit: rows come one by one, and an offer may be inserted as approved before its steps.
DROP TRIGGER IF EXISTS offer_step_complete ON offerengine.offer_step;
CREATE CONSTRAINT TRIGGER offer_step_complete AFTER INSERT OR UPDATE OR DELETE ON offerengine.offer_step
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.steps_check();
DROP TRIGGER IF EXISTS offer_has_steps ON offerengine.offer;
CREATE CONSTRAINT TRIGGER offer_has_steps AFTER INSERT ON offerengine.offer
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.offer_type = 'subscription' AND NEW.approval_status = 'approved')
    EXECUTE FUNCTION offerengine_internal.steps_check();
CREATE OR REPLACE TRIGGER offer_subscription_sheet AFTER INSERT ON offerengine.offer
    FOR EACH ROW WHEN (NEW.offer_type = 'subscription' AND NEW.price_sheet_id IS NOT NULL)
    EXECUTE FUNCTION offerengine_internal.steps_check();
