-- Report view of sales rules. It reads as 40_views.sql says; rules belong to no merchant.

CREATE OR REPLACE VIEW offerengine.sales_rule_overview WITH (security_barrier = true) AS
SELECT r.sales_rule_id,
       r.title,
       r.description,
       ARRAY(SELECT t.name
               FROM offerengine.sales_rule_tag n
               JOIN offerengine.tag t ON t.tag_id = n.tag_id
              WHERE n.sales_rule_id = r.sales_rule_id
                AND offerengine_internal.is_loaded()
              ORDER BY t.name) AS tags,
       a.offer_reference AS advantage_offer,
       g.offer_reference AS regular_offer,
       r.matched_text,
       r.unmatched_text,
       r.immediate_policy,
       r.cancelled_source,
       nullif(r.valid_to, 'infinity') AS valid_to,
       now() < r.valid_to AS is_in_force,
       used.running_grants,
       used.planned_switches,
       used.next_switch_on,
       used.past_switches,
       r.advantage_limit
  FROM offerengine.sales_rule r
  JOIN offerengine.offer a ON a.offer_id = r.advantage_offer_id
  JOIN offerengine.offer g ON g.offer_id = r.regular_offer_id
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE s.granted_regular_offer_id IS NOT NULL AND s.starts_on <= today.day
                                     AND (s.ends_on IS NULL OR today.day < s.ends_on)) AS running_grants,
              count(*) FILTER (WHERE s.origin = 'switch' AND today.day < s.starts_on) AS planned_switches,
              min(s.starts_on) FILTER (WHERE s.origin = 'switch' AND today.day < s.starts_on) AS next_switch_on,
              count(*) FILTER (WHERE s.origin = 'switch' AND s.starts_on <= today.day) AS past_switches
         FROM offerengine.subscription s
         JOIN offerengine.store k ON k.store_code = s.store_code
        CROSS JOIN LATERAL (SELECT offerengine_internal.local_date(now(), k.time_zone) AS day) AS today
        WHERE s.sales_rule_id = r.sales_rule_id
          AND NOT s.is_ignored
          AND (s.ends_on IS NULL OR s.starts_on < s.ends_on)) AS used;
COMMENT ON VIEW offerengine.sales_rule_overview IS
    'Each sales rule, with what it has granted and what becomes of that. The days are those of the subscriptions'' stores.';
COMMENT ON COLUMN offerengine.sales_rule_overview.sales_rule_id IS 'Internal id.';
COMMENT ON COLUMN offerengine.sales_rule_overview.title IS 'Title of the rule.';
COMMENT ON COLUMN offerengine.sales_rule_overview.description IS 'Description for people.';
COMMENT ON COLUMN offerengine.sales_rule_overview.tags IS
    'Names of its tags, in order: a subscription to an offer with any of them is a base.';
COMMENT ON COLUMN offerengine.sales_rule_overview.advantage_offer IS 'Reference of the offer that owners of a base get.';
COMMENT ON COLUMN offerengine.sales_rule_overview.regular_offer IS 'Reference of the offer that everybody else gets.';
COMMENT ON COLUMN offerengine.sales_rule_overview.matched_text IS 'Told to who gets the advantage offer.';
COMMENT ON COLUMN offerengine.sales_rule_overview.unmatched_text IS 'Told to who gets the regular offer.';
COMMENT ON COLUMN offerengine.sales_rule_overview.immediate_policy IS 'current_period or restart_period.';
COMMENT ON COLUMN offerengine.sales_rule_overview.cancelled_source IS 'until_end or same_period.';
COMMENT ON COLUMN offerengine.sales_rule_overview.valid_to IS
    'First instant at which it redirects nobody any more; NULL: it has no end.';
COMMENT ON COLUMN offerengine.sales_rule_overview.is_in_force IS 'True until valid_to.';
COMMENT ON COLUMN offerengine.sales_rule_overview.running_grants IS 'Advantage subscriptions that it granted and that run today.';
COMMENT ON COLUMN offerengine.sales_rule_overview.planned_switches IS
    'Switches to the regular offer that are to come, as the bases of today have it.';
COMMENT ON COLUMN offerengine.sales_rule_overview.next_switch_on IS 'Day of the first of them; NULL: none.';
COMMENT ON COLUMN offerengine.sales_rule_overview.past_switches IS 'Switches to the regular offer until today.';
COMMENT ON COLUMN offerengine.sales_rule_overview.advantage_limit IS
    'So many pieces of the advantage at once for one customer; NULL: any number.';
