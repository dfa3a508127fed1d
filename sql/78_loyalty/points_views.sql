-- Who has how many points, and what they are worth. What a lot has left now is said once, for both.

CREATE OR REPLACE VIEW offerengine_internal.loyalty_lot_now AS
SELECT l.customer_reference, l.lot_id, l.currency_code, l.opens_at, l.expires_at, e.points::bigint,
       (CASE WHEN l.expires_at > now() THEN e.points ELSE least(e.points, 0) END)::bigint AS counts,
       coalesce(h.points, 0)::bigint AS held
  FROM offerengine.loyalty_lot l
 CROSS JOIN LATERAL (SELECT sum(e.points) AS points
                       FROM offerengine.loyalty_entry e
                      WHERE e.customer_reference = l.customer_reference
                        AND e.lot_id = l.lot_id
                        AND e.dated_at <= now()) AS e
  LEFT JOIN LATERAL (SELECT sum(p.points) AS points
                       FROM offerengine.loyalty_hold_lot p
                       JOIN offerengine.loyalty_hold h
                         ON h.customer_reference = p.customer_reference
                        AND h.order_id = p.order_id
                      WHERE p.customer_reference = l.customer_reference
                        AND p.lot_id = l.lot_id
                        AND h.held_at <= now()
                        AND h.expires_at > now()) AS h ON true
 WHERE l.dated_at <= now() AND e.points IS NOT NULL;
COMMENT ON VIEW offerengine_internal.loyalty_lot_now IS
    'Lots of points with what is left of them now, as points_lots() has it of one customer; those that have ended included.';
COMMENT ON COLUMN offerengine_internal.loyalty_lot_now.customer_reference IS 'Whose points.';
COMMENT ON COLUMN offerengine_internal.loyalty_lot_now.lot_id IS 'The lot.';
COMMENT ON COLUMN offerengine_internal.loyalty_lot_now.currency_code IS 'Currency of the order that earned them; NULL: none did.';
COMMENT ON COLUMN offerengine_internal.loyalty_lot_now.opens_at IS 'The instant from which on it can be redeemed.';
COMMENT ON COLUMN offerengine_internal.loyalty_lot_now.expires_at IS 'The instant from which on it counts no longer.';
COMMENT ON COLUMN offerengine_internal.loyalty_lot_now.points IS 'The sum of its entries.';
COMMENT ON COLUMN offerengine_internal.loyalty_lot_now.counts IS 'What of that counts: of one that has ended only a debt.';
COMMENT ON COLUMN offerengine_internal.loyalty_lot_now.held IS 'How many of its points are held for orders.';

CREATE OR REPLACE VIEW offerengine.loyalty_account AS
SELECT m.customer_reference, m.state, m.enrolled_on, b.balance,
       CASE WHEN m.state = 'active'
            THEN greatest(0, least(b.open, b.balance - b.held)) ELSE 0 END AS redeemable,
       b.locked, b.held, b.debt, n.expires_at AS next_expires_at, n.points AS next_expiring
  FROM offerengine.loyalty_member m
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(l.counts), 0)::bigint AS balance,
              coalesce(sum(greatest(0, l.points - l.held))
                       FILTER (WHERE l.opens_at <= now()
                                 AND l.expires_at > now()), 0)::bigint AS open,
              coalesce(sum(greatest(0, l.points))
                       FILTER (WHERE l.opens_at > now()
                                 AND l.expires_at > now()), 0)::bigint AS locked,
              coalesce(sum(l.held) FILTER (WHERE l.expires_at > now()), 0)::bigint AS held,
              coalesce(-sum(l.points) FILTER (WHERE l.points < 0), 0)::bigint AS debt
         FROM offerengine_internal.loyalty_lot_now l
        WHERE l.customer_reference = m.customer_reference) AS b
  LEFT JOIN LATERAL (
       SELECT l.expires_at, sum(l.points)::bigint AS points
         FROM offerengine_internal.loyalty_lot_now l
        WHERE l.customer_reference = m.customer_reference
          AND l.points > 0
          AND l.expires_at > now()
          AND isfinite(l.expires_at)
        GROUP BY l.expires_at
        ORDER BY l.expires_at
        LIMIT 1) AS n ON true
 WHERE m.merged_into IS NULL
   AND offerengine_internal.is_loaded();
COMMENT ON VIEW offerengine.loyalty_account IS
    'The points of every customer who takes part in the loyalty programme, or has: as of now.';
COMMENT ON COLUMN offerengine.loyalty_account.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.loyalty_account.state IS 'active, locked (redeems nothing) or inactive (has left).';
COMMENT ON COLUMN offerengine.loyalty_account.enrolled_on IS 'The day of the enrolment.';
COMMENT ON COLUMN offerengine.loyalty_account.balance IS 'The points, those that cannot be redeemed yet included; below 0: a debt.';
COMMENT ON COLUMN offerengine.loyalty_account.redeemable IS 'How many of them can be redeemed.';
COMMENT ON COLUMN offerengine.loyalty_account.locked IS 'How many open later.';
COMMENT ON COLUMN offerengine.loyalty_account.held IS 'How many are held for orders.';
COMMENT ON COLUMN offerengine.loyalty_account.debt IS 'How many more were taken back than there were, lot by lot.';
COMMENT ON COLUMN offerengine.loyalty_account.next_expires_at IS 'When the next points end; NULL: none do.';
COMMENT ON COLUMN offerengine.loyalty_account.next_expiring IS 'How many end then; NULL: none do.';

CREATE OR REPLACE VIEW offerengine.loyalty_liability AS
SELECT s.expiry_month, s.currency_code, s.customers, s.points, s.locked_points,
       (s.points::numeric * p.value_per_point)::bigint AS value_amount,
       s.points::numeric * p.value_per_point * c.minor_unit AS value
  FROM (SELECT CASE WHEN isfinite(l.expires_at)
                    THEN date_trunc('month', l.expires_at AT TIME ZONE 'UTC')::date END AS expiry_month,
               coalesce(l.currency_code, o.currency_code) AS currency_code,
               count(DISTINCT l.customer_reference) AS customers, sum(l.points)::bigint AS points,
               coalesce(sum(l.points) FILTER (WHERE l.opens_at > now()), 0)::bigint AS locked_points
          FROM offerengine_internal.loyalty_lot_now l
          LEFT JOIN (SELECT min(q.currency_code) AS currency_code
                       FROM offerengine.loyalty_program q
                     HAVING count(*) = 1) AS o ON true
         WHERE l.expires_at > now()
           AND l.points > 0
         GROUP BY 1, 2) AS s
  LEFT JOIN offerengine.loyalty_program p ON p.currency_code = s.currency_code
  LEFT JOIN offerengine.currency c ON c.currency_code = s.currency_code
 WHERE offerengine_internal.is_loaded();
COMMENT ON VIEW offerengine.loyalty_liability IS
    'What customers have open: points that have not ended, and what they would pay as of now, by the month (in UTC) in which they '
    'end and the currency in which they were earned. Debts of other lots are not taken off.';
COMMENT ON COLUMN offerengine.loyalty_liability.expiry_month IS 'First day of the month in which they end; NULL: never.';
COMMENT ON COLUMN offerengine.loyalty_liability.currency_code IS
    'Currency of the orders that earned them; of adjustments that of the only programme, NULL where there are several.';
COMMENT ON COLUMN offerengine.loyalty_liability.customers IS 'How many customers have them.';
COMMENT ON COLUMN offerengine.loyalty_liability.points IS 'How many there are.';
COMMENT ON COLUMN offerengine.loyalty_liability.locked_points IS 'How many of them open later.';
COMMENT ON COLUMN offerengine.loyalty_liability.value_amount IS
    'What they would pay, in minor units; NULL: their currency has no programme.';
COMMENT ON COLUMN offerengine.loyalty_liability.value IS 'The same with the currency''s digits.';
