-- The specification of sales rules: which rule counts for an offer, who owns its base, and which offer that makes of the one
-- asked for. Functions of one row return sets: so the planner takes them apart.

CREATE OR REPLACE FUNCTION offerengine_internal.rule_in_force(offer_id bigint, at timestamptz)
RETURNS SETOF offerengine_internal.redirecting_rule
LANGUAGE sql STABLE PARALLEL SAFE COST 20 ROWS 1
BEGIN ATOMIC
    SELECT r.sales_rule_id, r.advantage_offer_id, r.regular_offer_id, r.matched_text, r.unmatched_text
      FROM offerengine.sales_rule r
     WHERE rule_in_force.offer_id IN (r.advantage_offer_id, r.regular_offer_id)
       AND rule_in_force.at < r.valid_to
     ORDER BY r.valid_to, r.sales_rule_id
     LIMIT 1;
END;
COMMENT ON FUNCTION offerengine_internal.rule_in_force(bigint, timestamptz) IS
    'The sales rule in force at the instant that has the offer as advantage or regular offer, no row when there is none. Of '
    'several, one that has ended since and the one that followed it, the one that ended first counts, then the smallest id.';

CREATE OR REPLACE FUNCTION offerengine_internal.owns_base(
    customer_reference text, sales_rule_id bigint, at timestamptz, owned bigint[])
RETURNS SETOF boolean
LANGUAGE sql STABLE PARALLEL SAFE COST 100 ROWS 1
BEGIN ATOMIC
    SELECT EXISTS (
               SELECT
                 FROM offerengine.sales_rule r
                 JOIN offerengine.subscription s ON s.customer_reference = owns_base.customer_reference
                 JOIN offerengine.store t ON t.store_code = s.store_code
                CROSS JOIN LATERAL (
                      SELECT offerengine_internal.local_date(owns_base.at, t.time_zone) AS today,
                             least(s.ends_on,
                                   CASE WHEN r.cancelled_source = 'same_period' AND s.cancelled_on IS NOT NULL
                                        THEN s.cancelled_period_ends_on END) AS counts_until) c
                WHERE r.sales_rule_id = owns_base.sales_rule_id
                  AND NOT s.is_ignored
                  AND s.starts_on <= c.today
                  AND (c.counts_until IS NULL OR c.today < c.counts_until)
                  AND EXISTS (SELECT FROM offerengine.offer_tag o
                                JOIN offerengine.sales_rule_tag g ON g.tag_id = o.tag_id
                               WHERE o.offer_id = s.offer_id AND g.sales_rule_id = owns_base.sales_rule_id))
        OR EXISTS (
               SELECT
                 FROM offerengine.offer_tag o
                 JOIN offerengine.sales_rule_tag g ON g.tag_id = o.tag_id
                WHERE o.offer_id = ANY (owns_base.owned)
                  AND g.sales_rule_id = owns_base.sales_rule_id);
END;
COMMENT ON FUNCTION offerengine_internal.owns_base(text, bigint, timestamptz, bigint[]) IS
    'One row: true when the customer has a subscription to an offer with a tag of the rule that runs on the day that it is at '
    'the instant in the subscription''s store, or one of the offers that count as owned has such a tag. A cancelled one counts '
    'while it runs; with cancelled_source same_period, as the rule says now, to the end of the accounting period in which it was '
    'cancelled.';

CREATE OR REPLACE FUNCTION offerengine_internal.gives_advantage(
    customer_reference text, sales_rule_id bigint, at timestamptz, owned bigint[], pieces bigint)
RETURNS SETOF boolean
LANGUAGE sql STABLE PARALLEL SAFE COST 100 ROWS 1
BEGIN ATOMIC
    SELECT CASE WHEN NOT base.is_owned THEN false
                WHEN r.advantage_limit IS NULL THEN true
                ELSE offerengine_internal.advantage_pieces(gives_advantage.customer_reference, r.advantage_offer_id,
                                                           gives_advantage.at) + gives_advantage.pieces <= r.advantage_limit
           END
      FROM offerengine.sales_rule r
     CROSS JOIN LATERAL offerengine_internal.owns_base(
           gives_advantage.customer_reference, r.sales_rule_id, gives_advantage.at, gives_advantage.owned) base (is_owned)
     WHERE r.sales_rule_id = gives_advantage.sales_rule_id;
END;
COMMENT ON FUNCTION offerengine_internal.gives_advantage(text, bigint, timestamptz, bigint[], bigint) IS
    'One row: true when the rule gives the customer its advantage offer: owns_base(), and so many pieces more are within its '
    'advantage_limit.';

CREATE OR REPLACE FUNCTION offerengine_internal.spec_redirect_offer(
    customer_reference text, offer_reference text, at timestamptz, cart text[])
RETURNS SETOF offerengine.redirect_result
LANGUAGE sql STABLE PARALLEL SAFE COST 300 ROWS 1
BEGIN ATOMIC
    SELECT coalesce(given.offer_reference, spec_redirect_offer.offer_reference),
           CASE WHEN r.sales_rule_id IS NULL THEN 'unaffected' WHEN rule.gives_advantage THEN 'matched' ELSE 'unmatched' END,
           r.sales_rule_id,
           CASE WHEN rule.gives_advantage THEN r.matched_text ELSE r.unmatched_text END
      FROM (SELECT) asked
      LEFT JOIN offerengine.offer o ON o.offer_reference = spec_redirect_offer.offer_reference
      LEFT JOIN LATERAL offerengine_internal.rule_in_force(o.offer_id, spec_redirect_offer.at) r ON true
      LEFT JOIN LATERAL offerengine_internal.gives_advantage(spec_redirect_offer.customer_reference, r.sales_rule_id,
                                                     spec_redirect_offer.at, '{}', 1) rule (gives_advantage)
             ON r.sales_rule_id IS NOT NULL
      LEFT JOIN offerengine.offer given
             ON given.offer_id = CASE WHEN rule.gives_advantage THEN r.advantage_offer_id ELSE r.regular_offer_id END
     WHERE cardinality(spec_redirect_offer.cart) > 0 IS NOT TRUE
    UNION ALL
    SELECT l.offer_reference, l.outcome, l.sales_rule_id, l.message
      FROM offerengine_internal.redirect_lines(
           spec_redirect_offer.customer_reference,
           ARRAY(SELECT c.reference FROM unnest(spec_redirect_offer.cart) WITH ORDINALITY AS c (reference, place) ORDER BY c.place)
               || spec_redirect_offer.offer_reference,
           NULL, spec_redirect_offer.at) l
     WHERE cardinality(spec_redirect_offer.cart) > 0
       AND l.position = cardinality(spec_redirect_offer.cart) + 1;
END;
COMMENT ON FUNCTION offerengine_internal.spec_redirect_offer(text, text, timestamptz, text[]) IS
    'Specification of redirect_offer, one row: the offer asked for, or what the rule in force gives instead: to who owns its '
    'base, within its limit, the advantage offer, to everybody else the regular offer. With a cart: as its last line.';
