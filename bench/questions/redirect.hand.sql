\set i random(1, :customers)
\set r :i % :rules + 1
\set k random(0, 1)
SELECT coalesce(g.offer_reference, o.offer_reference) AS offer_reference, CASE WHEN r.sales_rule_id IS NULL THEN 'unaffected' WHEN b.owns THEN 'matched' ELSE 'unmatched' END AS outcome, r.sales_rule_id, CASE WHEN b.owns THEN r.matched_text ELSE r.unmatched_text END AS message
  FROM offerengine.offer o
  LEFT JOIN LATERAL (SELECT x.* FROM (SELECT a.* FROM offerengine.sales_rule a WHERE a.advantage_offer_id = o.offer_id UNION ALL SELECT a.* FROM offerengine.sales_rule a WHERE a.regular_offer_id = o.offer_id) x WHERE now() < x.valid_to ORDER BY x.valid_to, x.sales_rule_id LIMIT 1) r ON true
  LEFT JOIN LATERAL (SELECT EXISTS (SELECT FROM offerengine.subscription s JOIN offerengine.store t ON t.store_code = s.store_code JOIN offerengine.offer_tag ot ON ot.offer_id = s.offer_id JOIN offerengine.sales_rule_tag rt ON rt.tag_id = ot.tag_id AND rt.sales_rule_id = r.sales_rule_id WHERE s.customer_reference = 'c' || :i AND NOT s.is_ignored AND s.starts_on <= (now() AT TIME ZONE t.time_zone)::date AND (s.ends_on IS NULL OR (now() AT TIME ZONE t.time_zone)::date < s.ends_on) AND (r.cancelled_source = 'until_end' OR s.cancelled_on IS NULL OR (now() AT TIME ZONE t.time_zone)::date < s.cancelled_period_ends_on)) AS owns) b ON true
  LEFT JOIN offerengine.offer g ON g.offer_id = CASE WHEN b.owns THEN r.advantage_offer_id ELSE r.regular_offer_id END
 WHERE o.offer_reference = CASE WHEN :k = 0 THEN 'adv' ELSE 'reg' END || :r;
