-- The rules of tags and sales rules, stated once as views, and the triggers that hold them.

CREATE OR REPLACE VIEW offerengine_internal.unfinished_grant AS
SELECT s.customer_reference,
       s.subscription_id,
       s.chain_id,
       s.sales_rule_id,
       s.granted_tag_ids,
       s.starts_on,
       s.ends_on,
       today.day AS today
  FROM offerengine.subscription s
  JOIN offerengine.store k ON k.store_code = s.store_code
 CROSS JOIN LATERAL (SELECT offerengine_internal.local_date(clock_timestamp(), k.time_zone) AS day) AS today
 WHERE s.granted_regular_offer_id IS NOT NULL
   AND NOT s.is_ignored
   AND (s.ends_on IS NULL OR s.ends_on > today.day);
COMMENT ON VIEW offerengine_internal.unfinished_grant IS
    'Subscriptions that a sales rule granted and that run, or are to begin: their rule, its tags and targets stay as they are. '
    'Internal.';
COMMENT ON COLUMN offerengine_internal.unfinished_grant.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine_internal.unfinished_grant.subscription_id IS 'The subscription.';
COMMENT ON COLUMN offerengine_internal.unfinished_grant.chain_id IS 'subscription.chain_id.';
COMMENT ON COLUMN offerengine_internal.unfinished_grant.sales_rule_id IS 'The rule that granted it.';
COMMENT ON COLUMN offerengine_internal.unfinished_grant.granted_tag_ids IS 'subscription.granted_tag_ids.';
COMMENT ON COLUMN offerengine_internal.unfinished_grant.starts_on IS 'subscription.starts_on.';
COMMENT ON COLUMN offerengine_internal.unfinished_grant.ends_on IS 'subscription.ends_on.';
COMMENT ON COLUMN offerengine_internal.unfinished_grant.today IS 'The day in its store.';

CREATE OR REPLACE VIEW offerengine_internal.counting_rule AS
SELECT r.sales_rule_id
  FROM offerengine.sales_rule r
 WHERE r.valid_to > clock_timestamp()
    OR EXISTS (SELECT FROM offerengine_internal.unfinished_grant g WHERE g.sales_rule_id = r.sales_rule_id);
COMMENT ON VIEW offerengine_internal.counting_rule IS
    'Rules that have not ended, or have unfinished grants. The others are history, of which nothing is asked. Internal.';
COMMENT ON COLUMN offerengine_internal.counting_rule.sales_rule_id IS 'The rule.';

CREATE OR REPLACE VIEW offerengine_internal.rule_target AS
SELECT r.sales_rule_id, r.title, 'advantage' AS role, r.advantage_offer_id AS offer_id, r.valid_to
  FROM offerengine.sales_rule r
UNION ALL
SELECT r.sales_rule_id, r.title, 'regular', r.regular_offer_id, r.valid_to
  FROM offerengine.sales_rule r;
COMMENT ON VIEW offerengine_internal.rule_target IS 'The two targets of every sales rule. Internal.';
COMMENT ON COLUMN offerengine_internal.rule_target.sales_rule_id IS 'The rule.';
COMMENT ON COLUMN offerengine_internal.rule_target.title IS 'Its title.';
COMMENT ON COLUMN offerengine_internal.rule_target.role IS 'advantage or regular.';
COMMENT ON COLUMN offerengine_internal.rule_target.offer_id IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.rule_target.valid_to IS 'When the rule ends.';

CREATE OR REPLACE VIEW offerengine_internal.rule_link AS
SELECT t.sales_rule_id AS from_rule_id,
       n.sales_rule_id AS to_rule_id,
       t.offer_id,
       n.tag_id
  FROM offerengine_internal.rule_target t
  JOIN offerengine.offer_tag c ON c.offer_id = t.offer_id
  JOIN offerengine.sales_rule_tag n ON n.tag_id = c.tag_id
 WHERE n.sales_rule_id <> t.sales_rule_id
   AND EXISTS (SELECT FROM offerengine_internal.counting_rule f WHERE f.sales_rule_id = t.sales_rule_id);
COMMENT ON VIEW offerengine_internal.rule_link IS
    'Which rule that counts leads to which: who got a target of the first owns a base of the second by it. Internal.';
COMMENT ON COLUMN offerengine_internal.rule_link.from_rule_id IS 'The rule with the target.';
COMMENT ON COLUMN offerengine_internal.rule_link.to_rule_id IS 'The rule with the tag.';
COMMENT ON COLUMN offerengine_internal.rule_link.offer_id IS 'The target that carries the tag.';
COMMENT ON COLUMN offerengine_internal.rule_link.tag_id IS 'The tag.';

-- Branches of one shape, so that a query about some kinds is planned for those only.
CREATE OR REPLACE VIEW offerengine_internal.sales_rule_problem AS
SELECT r.sales_rule_id,
       r.advantage_offer_id AS offer_id,
       NULL::bigint AS tag_id,
       'same_target' AS kind,
       true AS counts,
       'OE015' AS code,
       format('sales rule "%s" has offer "%s" both as advantage and as regular offer', r.title, o.offer_reference) AS problem,
       'Name two offers.' AS hint
  FROM offerengine.sales_rule r
  JOIN offerengine.offer o ON o.offer_id = r.advantage_offer_id
 WHERE r.advantage_offer_id = r.regular_offer_id
UNION ALL
SELECT t.sales_rule_id,
       t.offer_id,
       NULL,
       'unfit_target',
       EXISTS (SELECT FROM offerengine_internal.counting_rule f WHERE f.sales_rule_id = t.sales_rule_id),
       'OE015',
       format('offer "%s" cannot be the %s offer of sales rule "%s": %s', o.offer_reference, t.role, t.title, refused.reason),
       'A target is a subscription of one step that is sold in the checkout.'
  FROM offerengine_internal.rule_target t
  JOIN offerengine.offer o ON o.offer_id = t.offer_id
 CROSS JOIN LATERAL (
       SELECT offerengine_internal.target_refusal(
                  o.management, o.offer_type,
                  (SELECT count(*)::integer FROM offerengine.offer_step s WHERE s.offer_id = o.offer_id)) AS reason) AS refused
 WHERE refused.reason IS NOT NULL
UNION ALL
SELECT t.sales_rule_id,
       t.offer_id,
       NULL,
       'shared_target',
       true,
       'OE015',
       format('offer "%s" cannot be the %s offer of sales rule "%s": it is the %s offer of "%s"', o.offer_reference, t.role,
              t.title, u.role, u.title),
       'An offer is a target of one rule at a time: choose another one, or end the other rule by valid_to first.'
  FROM offerengine_internal.rule_target t
  JOIN offerengine_internal.rule_target u ON u.offer_id = t.offer_id AND u.sales_rule_id <> t.sales_rule_id
  JOIN offerengine.offer o ON o.offer_id = t.offer_id
 WHERE t.valid_to > clock_timestamp()
   AND u.valid_to > clock_timestamp()
UNION ALL
SELECT t.sales_rule_id,
       t.offer_id,
       c.tag_id,
       'tagged_target',
       EXISTS (SELECT FROM offerengine_internal.counting_rule f WHERE f.sales_rule_id = t.sales_rule_id),
       'OE015',
       format('offer "%s" cannot be the %s offer of sales rule "%s": it carries tag "%s" of the same rule', o.offer_reference,
              t.role, t.title, g.name),
       'Who got it would own the base of the rule by it: take the tag away, or choose another offer.'
  FROM offerengine_internal.rule_target t
  JOIN offerengine.sales_rule_tag n ON n.sales_rule_id = t.sales_rule_id
  JOIN offerengine.offer_tag c ON c.offer_id = t.offer_id AND c.tag_id = n.tag_id
  JOIN offerengine.offer o ON o.offer_id = t.offer_id
  JOIN offerengine.tag g ON g.tag_id = c.tag_id
UNION ALL
SELECT n.sales_rule_id,
       NULL,
       n.tag_id,
       'tag_category',
       true,
       'OE016',
       format('tag "%s" of category %s cannot be a tag of sales rule "%s"', g.name, g.category, r.title),
       'Rules ask for tags of category rule.'
  FROM offerengine.sales_rule_tag n
  JOIN offerengine.sales_rule r ON r.sales_rule_id = n.sales_rule_id
  JOIN offerengine.tag g ON g.tag_id = n.tag_id
 WHERE g.category <> 'rule'
UNION ALL
SELECT r.sales_rule_id,
       NULL,
       NULL,
       'no_tag',
       true,
       'OE016',
       format('sales rule "%s" needs a tag', r.title),
       'Its tags say which subscriptions make a customer an owner of the base.'
  FROM offerengine.sales_rule r
 WHERE NOT EXISTS (SELECT FROM offerengine.sales_rule_tag n WHERE n.sales_rule_id = r.sales_rule_id)
UNION ALL
SELECT NULL,
       c.offer_id,
       c.tag_id,
       'untaggable_offer',
       true,
       'OE016',
       format('offer "%s" cannot carry rule tag "%s": %s', o.offer_reference, g.name, refused.reason),
       'Rule tags are for subscriptions; tags of other categories are for every offer.'
  FROM offerengine.offer_tag c
  JOIN offerengine.tag g ON g.tag_id = c.tag_id
  JOIN offerengine.offer o ON o.offer_id = c.offer_id
 CROSS JOIN LATERAL (
       SELECT offerengine_internal.operation_refusal(
                  o.management, o.offer_type,
                  (SELECT count(*)::integer FROM offerengine.offer_step s WHERE s.offer_id = o.offer_id),
                  'rule_source', 'backend') AS reason) AS refused
 WHERE g.category = 'rule'
   AND refused.reason IS NOT NULL;
COMMENT ON VIEW offerengine_internal.sales_rule_problem IS
    'What is wrong with sales rules, their tags and their targets, cycles of several rules aside. After every commit no row '
    'counts: the rules of sales rules, stated once. Triggers ask it.';
COMMENT ON COLUMN offerengine_internal.sales_rule_problem.sales_rule_id IS
    'The rule; NULL: an offer carries a tag that it cannot carry.';
COMMENT ON COLUMN offerengine_internal.sales_rule_problem.offer_id IS 'The offer that is wrong; NULL: none.';
COMMENT ON COLUMN offerengine_internal.sales_rule_problem.tag_id IS 'The tag that is wrong; NULL: none.';
COMMENT ON COLUMN offerengine_internal.sales_rule_problem.kind IS
    'same_target, unfit_target, shared_target, tagged_target, tag_category, no_tag (judged at commit) or untaggable_offer.';
COMMENT ON COLUMN offerengine_internal.sales_rule_problem.counts IS
    'False: the rule has ended, and so have the subscriptions that it granted; it has to fit again when it is changed.';
COMMENT ON COLUMN offerengine_internal.sales_rule_problem.code IS 'The SQLSTATE of the refusal.';
COMMENT ON COLUMN offerengine_internal.sales_rule_problem.problem IS 'In words.';
COMMENT ON COLUMN offerengine_internal.sales_rule_problem.hint IS 'What can be done.';

CREATE OR REPLACE TRIGGER sales_rule_turn BEFORE INSERT OR UPDATE OR DELETE ON offerengine.sales_rule
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.rule_turn();
CREATE OR REPLACE TRIGGER sales_rule_deleted BEFORE DELETE ON offerengine.sales_rule
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.sales_rule_deleted();
CREATE OR REPLACE TRIGGER sales_rule_inserted AFTER INSERT ON offerengine.sales_rule
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.sales_rule_changed();
CREATE OR REPLACE TRIGGER sales_rule_updated AFTER UPDATE ON offerengine.sales_rule
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.sales_rule_changed();
CREATE OR REPLACE TRIGGER sales_rule_truncate BEFORE TRUNCATE ON offerengine.sales_rule
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.refuse_truncate();

CREATE OR REPLACE TRIGGER sales_rule_tag_turn BEFORE INSERT OR UPDATE OR DELETE ON offerengine.sales_rule_tag
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.rule_turn();
CREATE OR REPLACE TRIGGER sales_rule_tag_inserted AFTER INSERT ON offerengine.sales_rule_tag
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.sales_rule_tag_changed();
CREATE OR REPLACE TRIGGER sales_rule_tag_updated AFTER UPDATE ON offerengine.sales_rule_tag
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.sales_rule_tag_changed();
CREATE OR REPLACE TRIGGER sales_rule_tag_deleted AFTER DELETE ON offerengine.sales_rule_tag
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.sales_rule_tag_changed();
CREATE OR REPLACE TRIGGER sales_rule_tag_truncate BEFORE TRUNCATE ON offerengine.sales_rule_tag
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.refuse_truncate();

DROP TRIGGER IF EXISTS sales_rule_complete ON offerengine.sales_rule;
CREATE CONSTRAINT TRIGGER sales_rule_complete AFTER INSERT ON offerengine.sales_rule
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.rule_is_complete();
DROP TRIGGER IF EXISTS sales_rule_tag_complete ON offerengine.sales_rule_tag;
CREATE CONSTRAINT TRIGGER sales_rule_tag_complete AFTER UPDATE OR DELETE ON offerengine.sales_rule_tag
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.rule_is_complete();

CREATE OR REPLACE TRIGGER offer_tag_inserted AFTER INSERT ON offerengine.offer_tag
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.offer_tag_changed();
CREATE OR REPLACE TRIGGER offer_tag_updated AFTER UPDATE ON offerengine.offer_tag
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.offer_tag_changed();
CREATE OR REPLACE TRIGGER offer_tag_deleted AFTER DELETE ON offerengine.offer_tag
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.offer_tag_changed();
CREATE OR REPLACE TRIGGER offer_tag_truncate BEFORE TRUNCATE ON offerengine.offer_tag
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.refuse_truncate();

CREATE OR REPLACE TRIGGER tag_category_kept AFTER UPDATE ON offerengine.tag
    FOR EACH ROW WHEN (OLD.category IS DISTINCT FROM NEW.category)
    EXECUTE FUNCTION offerengine_internal.tag_category_kept();

CREATE OR REPLACE TRIGGER fits_rules AFTER UPDATE ON offerengine.offer
    FOR EACH ROW WHEN (OLD.offer_type IS DISTINCT FROM NEW.offer_type OR OLD.management IS DISTINCT FROM NEW.management)
    EXECUTE FUNCTION offerengine_internal.offer_fits_rules();
-- At commit: the steps of an offer are replaced row by row.
DROP TRIGGER IF EXISTS offer_step_fits_rules ON offerengine.offer_step;
CREATE CONSTRAINT TRIGGER offer_step_fits_rules AFTER INSERT OR UPDATE OR DELETE ON offerengine.offer_step
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.offer_fits_rules();
