-- The specification of prices, one rule a function, each on top of the one before: which rows there are at the instant, which
-- of them are candidates for this buyer, which are in effect, which level counts, which row is chosen. $1 is the question.

CREATE OR REPLACE FUNCTION offerengine_internal.next_told_price(
    product_id bigint, abstract_product_id bigint, offer_id bigint, relationship bigint, store text, currency text, after bigint)
RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE COST 20
BEGIN ATOMIC
    -- One branch for each pattern of NULLs, so that every branch is one step in an index. The order is that of the
    -- index, NULLS FIRST too, so that no walk over all prices by price_history_price seems to be as good.
    SELECT CASE
           WHEN next_told_price.product_id IS NOT NULL AND next_told_price.offer_id IS NOT NULL
                AND next_told_price.relationship IS NULL
                THEN (SELECT h.price_id FROM offerengine.price_history h
                       WHERE h.product_id = next_told_price.product_id
                         AND h.store_code = next_told_price.store
                         AND h.currency_code = next_told_price.currency
                         AND h.merchant_relationship_id IS NULL
                         AND h.offer_id = next_told_price.offer_id
                         AND h.price_id > next_told_price.after
                       ORDER BY h.merchant_relationship_id, h.price_id NULLS FIRST LIMIT 1)
           WHEN next_told_price.product_id IS NOT NULL AND next_told_price.offer_id IS NOT NULL
                AND next_told_price.relationship IS NOT NULL
                THEN (SELECT h.price_id FROM offerengine.price_history h
                       WHERE h.product_id = next_told_price.product_id
                         AND h.store_code = next_told_price.store
                         AND h.currency_code = next_told_price.currency
                         AND h.merchant_relationship_id = next_told_price.relationship
                         AND h.offer_id = next_told_price.offer_id
                         AND h.price_id > next_told_price.after
                       ORDER BY h.price_id NULLS FIRST LIMIT 1)
           WHEN next_told_price.product_id IS NOT NULL AND next_told_price.offer_id IS NULL
                AND next_told_price.relationship IS NULL
                THEN (SELECT h.price_id FROM offerengine.price_history h
                       WHERE h.product_id = next_told_price.product_id
                         AND h.store_code = next_told_price.store
                         AND h.currency_code = next_told_price.currency
                         AND h.merchant_relationship_id IS NULL
                         AND h.offer_id IS NULL
                         AND h.price_id > next_told_price.after
                       ORDER BY h.merchant_relationship_id, h.offer_id, h.price_id NULLS FIRST LIMIT 1)
           WHEN next_told_price.product_id IS NOT NULL AND next_told_price.offer_id IS NULL
                AND next_told_price.relationship IS NOT NULL
                THEN (SELECT h.price_id FROM offerengine.price_history h
                       WHERE h.product_id = next_told_price.product_id
                         AND h.store_code = next_told_price.store
                         AND h.currency_code = next_told_price.currency
                         AND h.merchant_relationship_id = next_told_price.relationship
                         AND h.offer_id IS NULL
                         AND h.price_id > next_told_price.after
                       ORDER BY h.offer_id, h.price_id NULLS FIRST LIMIT 1)
           WHEN next_told_price.abstract_product_id IS NOT NULL
                AND next_told_price.relationship IS NULL
                THEN (SELECT h.price_id FROM offerengine.price_history h
                       WHERE h.abstract_product_id = next_told_price.abstract_product_id
                         AND h.store_code = next_told_price.store
                         AND h.currency_code = next_told_price.currency
                         AND h.merchant_relationship_id IS NULL
                         AND h.price_id > next_told_price.after
                       ORDER BY h.merchant_relationship_id, h.price_id NULLS FIRST LIMIT 1)
           WHEN next_told_price.abstract_product_id IS NOT NULL
                AND next_told_price.relationship IS NOT NULL
                THEN (SELECT h.price_id FROM offerengine.price_history h
                       WHERE h.abstract_product_id = next_told_price.abstract_product_id
                         AND h.store_code = next_told_price.store
                         AND h.currency_code = next_told_price.currency
                         AND h.merchant_relationship_id = next_told_price.relationship
                         AND h.price_id > next_told_price.after
                       ORDER BY h.price_id NULLS FIRST LIMIT 1)
           END;
END;
COMMENT ON FUNCTION offerengine_internal.next_told_price(bigint, bigint, bigint, bigint, text, text, bigint) IS
    'The smallest price_id above after of which price_history tells something of this offer, of this product itself (offer_id '
    'NULL), or of this abstract product (product_id NULL), with the relationship (NULL: default prices), store and currency. '
    'NULL: none. '
    'So each row is found once, whatever the number of its versions.';

CREATE OR REPLACE FUNCTION offerengine_internal.price_versions(question offerengine_internal.price_question, relationships bigint[])
RETURNS SETOF offerengine_internal.price_version
LANGUAGE sql STABLE PARALLEL SAFE COST 100 ROWS 20
BEGIN ATOMIC
    -- Now and later, rows count as they stand; so do, in the past, those that have not been changed since. (ORDER BY and
    -- LIMIT: one index probe a row, never a hash of the whole history.)
    SELECT p.price_id, p.abstract_product_id, p.product_id, p.offer_id, p.merchant_relationship_id,
           p.price_type, p.min_quantity, p.net_amount, p.gross_amount, p.valid_from, p.valid_to
      FROM offerengine.price p
     WHERE p.store_code = ($1).store
       AND p.currency_code = ($1).currency
       AND (p.offer_id IS NULL OR p.offer_id = ($1).offer_id)
       AND (   (p.product_id = ($1).product_id AND p.merchant_relationship_id IS NULL)
            OR (p.product_id = ($1).product_id AND p.merchant_relationship_id = ANY ($2))
            OR (p.abstract_product_id = ($1).abstract_product_id AND p.merchant_relationship_id IS NULL)
            OR (p.abstract_product_id = ($1).abstract_product_id AND p.merchant_relationship_id = ANY ($2)))
       AND (   ($1).at >= now()
            OR (SELECT h.price_history_id FROM offerengine.price_history h
                 WHERE h.price_id = p.price_id AND h.recorded_until > ($1).at
                 ORDER BY h.recorded_until
                 LIMIT 1) IS NULL)
    UNION ALL
    -- Of a row that was changed or deleted since, the first version that was recorded after the instant, if it was one of these
    -- rows then: one look-up for each row that there ever was, none for its other versions.
    SELECT h.price_id, h.abstract_product_id, h.product_id, h.offer_id, h.merchant_relationship_id,
           h.price_type, h.min_quantity, h.net_amount, h.gross_amount, h.valid_from, h.valid_to
      FROM (WITH RECURSIVE key AS (
                SELECT o.product_id, o.abstract_product_id, o.offer_id, r.relationship
                  FROM (VALUES (($1).product_id, NULL::bigint, ($1).offer_id),
                               (($1).product_id, NULL, NULL),
                               (NULL, ($1).abstract_product_id, NULL)) o (product_id, abstract_product_id, offer_id)
                 CROSS JOIN (SELECT NULL::bigint UNION SELECT u.r FROM unnest($2) u (r)) r (relationship)
                 WHERE ($1).at < now()
            ),
            told AS (
                SELECT k.*,
                       offerengine_internal.next_told_price(k.product_id, k.abstract_product_id, k.offer_id, k.relationship,
                                                            ($1).store, ($1).currency, (-9223372036854775808)::bigint) AS price_id
                  FROM key k
                UNION ALL
                SELECT t.product_id, t.abstract_product_id, t.offer_id, t.relationship,
                       offerengine_internal.next_told_price(t.product_id, t.abstract_product_id, t.offer_id, t.relationship,
                                                            ($1).store, ($1).currency, t.price_id)
                  FROM told t
                 WHERE t.price_id IS NOT NULL
            )
            SELECT DISTINCT t.price_id FROM told t WHERE t.price_id IS NOT NULL) t
     CROSS JOIN LATERAL (
           SELECT first.*
             FROM offerengine.price_history first
            WHERE first.price_id = t.price_id
              AND first.recorded_until > ($1).at
            ORDER BY first.recorded_until, first.price_history_id
            LIMIT 1) h
     WHERE h.store_code = ($1).store
       AND h.currency_code = ($1).currency
       AND (h.product_id = ($1).product_id OR h.abstract_product_id = ($1).abstract_product_id)
       AND (h.offer_id IS NULL OR h.offer_id = ($1).offer_id)
       AND (h.merchant_relationship_id IS NULL OR h.merchant_relationship_id = ANY ($2));
END;
COMMENT ON FUNCTION offerengine_internal.price_versions(offerengine_internal.price_question, bigint[]) IS
    'The default and contract price rows of an offer, its product and its abstract product in one store and currency, '
    'as they were at the instant: for an instant before now, of each row the version that price_history tells.';

CREATE OR REPLACE FUNCTION offerengine_internal.price_candidates(question offerengine_internal.price_question)
RETURNS SETOF offerengine_internal.price_candidate
LANGUAGE sql STABLE PARALLEL SAFE COST 100 ROWS 10
BEGIN ATOMIC
    SELECT CASE WHEN v.offer_id IS NOT NULL THEN 'offer'
                WHEN v.product_id IS NOT NULL THEN 'product'
                ELSE 'abstract_product' END,
           v.merchant_relationship_id,
           r.relationship_key,
           v.price_type,
           v.min_quantity,
           CASE ($1).price_mode WHEN 'net' THEN v.net_amount WHEN 'gross' THEN v.gross_amount END,
           v.price_id,
           v.valid_from,
           v.valid_to
      FROM (SELECT array_agg(a.merchant_relationship_id) AS relationships
              FROM offerengine.store s
             -- Two branches, so that what other merchants have put the buyer into is not read where it cannot count.
             CROSS JOIN LATERAL (
                   SELECT o.merchant_relationship_id, o.merchant_id
                     FROM offerengine.merchant_relationship_assignee o
                    WHERE o.buyer = ($1).buyer
                      AND o.merchant_id = ($1).merchant_id
                      AND s.contract_scope = 'own_merchant'
                   UNION ALL
                   SELECT o.merchant_relationship_id, o.merchant_id
                     FROM offerengine.merchant_relationship_assignee o
                    WHERE o.buyer = ($1).buyer
                      AND s.contract_scope = 'any_merchant') a
             WHERE s.store_code = ($1).store
               -- A look-up for each relationship, never a join with all merchants.
               AND (SELECT m.is_active AND m.approval_status = 'approved'
                      FROM offerengine.merchant m WHERE m.merchant_id = a.merchant_id)) contracts
     CROSS JOIN LATERAL offerengine_internal.price_versions($1, contracts.relationships) v
      LEFT JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = v.merchant_relationship_id;
END;
COMMENT ON FUNCTION offerengine_internal.price_candidates(offerengine_internal.price_question) IS
    'Rule (a): the price rows of the offer, its product and its abstract product that are default rows or belong to a contract '
    'of the buyer: one he is assigned to, whose merchant is active and approved and, with contract_scope own_merchant, is the '
    'merchant of the offer.';

CREATE OR REPLACE FUNCTION offerengine_internal.effective_prices(question offerengine_internal.price_question)
RETURNS SETOF offerengine_internal.price_candidate
LANGUAGE sql STABLE PARALLEL SAFE COST 100 ROWS 10
BEGIN ATOMIC
    SELECT DISTINCT ON (c.level, c.merchant_relationship_id, c.price_type, c.min_quantity)
           c.level, c.merchant_relationship_id, c.relationship_key, c.price_type, c.min_quantity,
           c.amount, c.price_id, c.valid_from, c.valid_to
      FROM offerengine_internal.price_candidates($1) c
     WHERE c.valid_from <= ($1).at
       AND ($1).at < c.valid_to
     ORDER BY c.level, c.merchant_relationship_id, c.price_type, c.min_quantity,
              c.valid_to = 'infinity', c.valid_from DESC, c.valid_to, c.price_id;
END;
COMMENT ON FUNCTION offerengine_internal.effective_prices(offerengine_internal.price_question) IS
    'Rule (b): of the rows of one level, contract, type and min_quantity whose window contains the instant one, whatever its '
    'amounts: one that ends before one that does not, then the later start, then the earlier end. In the past a deleted row and '
    'its replacement may claim one window: the row that was there first counts.';

CREATE OR REPLACE FUNCTION offerengine_internal.level_prices(question offerengine_internal.price_question)
RETURNS SETOF offerengine_internal.price_candidate
LANGUAGE sql STABLE PARALLEL SAFE COST 100 ROWS 5
BEGIN ATOMIC
    SELECT e.level, e.merchant_relationship_id, e.relationship_key, e.price_type, e.min_quantity,
           e.amount, e.price_id, e.valid_from, e.valid_to
      FROM (SELECT e.*,
                   CASE WHEN ($1).level IS NOT NULL
                        THEN ($1).level
                        WHEN bool_or(e.level = 'offer' AND (s.price_inheritance = 'all_or_nothing' OR e.is_wanted)) OVER ()
                        THEN 'offer'
                        WHEN bool_or(e.level = 'product' AND e.is_wanted) OVER ()
                        THEN 'product'
                        ELSE 'abstract_product' END AS level_used
              FROM (SELECT e.*, e.price_type = ($1).price_type AND e.amount IS NOT NULL AS is_wanted
                      FROM offerengine_internal.effective_prices($1) e) e
              JOIN offerengine.store s ON s.store_code = ($1).store) e
     WHERE e.level = e.level_used
       AND e.is_wanted;
END;
COMMENT ON FUNCTION offerengine_internal.level_prices(offerengine_internal.price_question) IS
    'Rule (c): the effective rows of the wanted type with an amount in the wanted mode, of the one level that counts. '
    'all_or_nothing: the offer''s, if it has any effective row; per_type: the offer''s, if it has a wanted one. Else the '
    'product''s, if it has a wanted one, else the abstract product''s. A question that names its level gets that one.';

CREATE OR REPLACE FUNCTION offerengine_internal.resolved_prices(question offerengine_internal.price_question)
RETURNS SETOF offerengine_internal.price_choice
LANGUAGE sql STABLE PARALLEL SAFE COST 100 ROWS 1
BEGIN ATOMIC
    WITH level_price AS (
        SELECT l.* FROM offerengine_internal.level_prices($1) l
    ),
    asked AS (
        SELECT ($1).quantity AS quantity WHERE ($1).quantity IS NOT NULL
        UNION
        SELECT l.min_quantity FROM level_price l WHERE ($1).quantity IS NULL
    ),
    -- (d) one tier of the default rows and of each contract: the highest that the quantity reaches
    tier AS (
        SELECT DISTINCT ON (a.quantity, l.merchant_relationship_id)
               a.quantity, l.level, l.merchant_relationship_id, l.relationship_key, l.min_quantity, l.amount, l.price_id,
               l.amount > min(l.amount) OVER (PARTITION BY a.quantity, l.merchant_relationship_id) AS is_above_lower_tier
          FROM asked a
          JOIN level_price l ON l.min_quantity <= a.quantity
         ORDER BY a.quantity, l.merchant_relationship_id, l.min_quantity DESC
    )
    -- (e) the store's policy prefers contracts or defaults; the lowest of what is left; on equal amounts a contract
    SELECT DISTINCT ON (t.quantity)
           t.quantity, t.level, t.merchant_relationship_id, t.relationship_key, t.min_quantity, t.amount, t.price_id,
           t.is_above_lower_tier
      FROM tier t
      JOIN offerengine.store s ON s.store_code = ($1).store
     ORDER BY t.quantity,
              CASE WHEN s.contract_price_policy = 'contract_first' THEN t.merchant_relationship_id IS NULL
                   WHEN s.contract_price_policy = 'offer_first' AND t.level = 'offer' THEN t.merchant_relationship_id IS NOT NULL
                   ELSE false END,
              t.amount,
              t.merchant_relationship_id NULLS LAST;
END;
COMMENT ON FUNCTION offerengine_internal.resolved_prices(offerengine_internal.price_question) IS
    'Rules (d) and (e): for the asked quantity, or for each min_quantity of the level when none is asked, the price that '
    'applies. No row: no price. Tier per contract first, then the store''s contract_price_policy, then the lowest amount; equal '
    'amounts: a contract before the default, the smaller merchant_relationship_id among contracts.';

CREATE OR REPLACE FUNCTION offerengine_internal.spec_resolve_price(
    offer_reference text, store text, currency text, price_mode text, quantity integer, buyer text, country text,
    price_type text, at timestamptz)
RETURNS offerengine.price_result
LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
    SELECT r.amount,
           spec_resolve_price.currency,
           r.level,
           spec_resolve_price.price_type,
           r.min_quantity,
           r.relationship_key,
           r.price_id,
           CASE WHEN o.offer_id IS NULL THEN 'unknown_offer'
                WHEN w.offer_id IS NULL THEN 'not_visible'
                WHEN r.amount IS NULL THEN 'no_price' END,
           NULL::text
      FROM (SELECT) AS always
      LEFT JOIN offerengine.offer o ON o.offer_reference = spec_resolve_price.offer_reference
      LEFT JOIN offerengine_internal.offer_window w
             ON w.offer_id = o.offer_id
            AND w.store_code = spec_resolve_price.store
            AND w.shown_from <= spec_resolve_price.at
            AND spec_resolve_price.at < w.shown_to
      LEFT JOIN LATERAL (
                SELECT p.*
                  FROM offerengine_internal.resolved_prices(
                       ROW(w.offer_id, w.product_id, w.abstract_product_id, w.merchant_id, spec_resolve_price.store,
                           spec_resolve_price.currency, spec_resolve_price.price_mode, spec_resolve_price.price_type,
                           spec_resolve_price.quantity, spec_resolve_price.buyer, spec_resolve_price.at, NULL)
                       ::offerengine_internal.price_question) p
                 WHERE w.price_sheet_id IS NULL
                UNION ALL
                SELECT h.*
                  FROM offerengine_internal.sheet_prices(
                       w.price_sheet_id, spec_resolve_price.store, spec_resolve_price.currency, spec_resolve_price.price_mode,
                       spec_resolve_price.country, spec_resolve_price.price_type, spec_resolve_price.at) h
                 WHERE w.price_sheet_id IS NOT NULL) r
             ON w.offer_id IS NOT NULL;
END;
COMMENT ON FUNCTION offerengine_internal.spec_resolve_price(text, text, text, text, integer, text, text, text, timestamptz) IS
    'Specification of resolve_price, without detail. One row always: currency and price_type are those of the question; amount '
    'NULL comes with reason unknown_offer, not_visible or no_price, in this order.';

CREATE OR REPLACE FUNCTION offerengine_internal.spec_resolve_prices(
    offer_references text[], store text, currency text, price_mode text, quantities integer[], buyer text, country text,
    price_type text, at timestamptz)
RETURNS SETOF offerengine.cart_price
LANGUAGE sql STABLE PARALLEL SAFE COST 2000 ROWS 20
BEGIN ATOMIC
    SELECT c.position::integer, c.offer_reference, r.amount, r.currency, r.price_source, r.price_type, r.min_quantity,
           r.relationship_key, r.price_id, r.reason, r.detail
      FROM unnest(spec_resolve_prices.offer_references, spec_resolve_prices.quantities)
           WITH ORDINALITY c (offer_reference, quantity, position)
     CROSS JOIN LATERAL offerengine_internal.spec_resolve_price(
                c.offer_reference, spec_resolve_prices.store, spec_resolve_prices.currency, spec_resolve_prices.price_mode,
                c.quantity, spec_resolve_prices.buyer, spec_resolve_prices.country, spec_resolve_prices.price_type,
                spec_resolve_prices.at) r
     ORDER BY c.position;
END;
COMMENT ON FUNCTION offerengine_internal.spec_resolve_prices(
    text[], text, text, text, integer[], text, text, text, timestamptz) IS
    'Specification of resolve_prices, without detail: spec_resolve_price of every place. quantities has an element for each.';

CREATE OR REPLACE FUNCTION offerengine_internal.spec_resolve_product_price(
    sku text, store text, currency text, price_mode text, quantity integer, buyer text, country text, price_type text,
    at timestamptz)
RETURNS offerengine.price_result
LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
    SELECT r.amount,
           spec_resolve_product_price.currency,
           r.level,
           spec_resolve_product_price.price_type,
           r.min_quantity,
           r.relationship_key,
           r.price_id,
           CASE WHEN p.product_id IS NULL THEN 'unknown_product'
                WHEN w.product_id IS NULL THEN 'not_visible'
                WHEN r.amount IS NULL THEN 'no_price' END,
           NULL::text
      FROM (SELECT) AS always
      LEFT JOIN offerengine.product p ON p.sku = spec_resolve_product_price.sku
      LEFT JOIN (SELECT p.product_id, p.abstract_product_id, aps.store_code, p.valid_from, p.valid_to
                   FROM offerengine.product p
                   JOIN offerengine.abstract_product_store aps ON aps.abstract_product_id = p.abstract_product_id
                  WHERE p.is_active) w
             ON w.product_id = p.product_id
            AND w.store_code = spec_resolve_product_price.store
            AND w.valid_from <= spec_resolve_product_price.at
            AND spec_resolve_product_price.at < w.valid_to
      LEFT JOIN LATERAL offerengine_internal.resolved_prices(
                ROW(NULL, w.product_id, w.abstract_product_id, NULL, spec_resolve_product_price.store,
                    spec_resolve_product_price.currency, spec_resolve_product_price.price_mode,
                    spec_resolve_product_price.price_type, spec_resolve_product_price.quantity,
                    spec_resolve_product_price.buyer, spec_resolve_product_price.at, NULL)::offerengine_internal.price_question) r
             ON w.product_id IS NOT NULL;
END;
COMMENT ON FUNCTION offerengine_internal.spec_resolve_product_price(
    text, text, text, text, integer, text, text, text, timestamptz) IS
    'Specification of resolve_product_price, without detail: the price of a product without an offer, so with the levels product '
    'and abstract_product only, and with contracts only where contract_scope is any_merchant. reason unknown_product; '
    'not_visible when the product is not active, outside its validity or its abstract product not in the store; no_price.';

CREATE OR REPLACE FUNCTION offerengine_internal.spec_price_ladder(
    offer_reference text, store text, currency text, price_mode text, buyer text, country text, price_type text,
    at timestamptz)
RETURNS SETOF offerengine.price_tier
LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 5
BEGIN ATOMIC
    SELECT t.quantity,
           t.amount,
           t.level,
           t.relationship_key,
           CASE WHEN t.is_above_lower_tier THEN 'tier_above_lower_price' END
      FROM (SELECT r.*,
                   lag(r.amount) OVER lower AS lower_amount,
                   lag(r.merchant_relationship_id) OVER lower AS lower_relationship_id
              FROM offerengine_internal.offer_window w
             CROSS JOIN LATERAL (
                   SELECT p.*
                     FROM offerengine_internal.resolved_prices(
                          ROW(w.offer_id, w.product_id, w.abstract_product_id, w.merchant_id, spec_price_ladder.store,
                              spec_price_ladder.currency, spec_price_ladder.price_mode, spec_price_ladder.price_type,
                              NULL, spec_price_ladder.buyer, spec_price_ladder.at, NULL)::offerengine_internal.price_question) p
                    WHERE w.price_sheet_id IS NULL
                   UNION ALL
                   SELECT h.*
                     FROM offerengine_internal.sheet_prices(
                          w.price_sheet_id, spec_price_ladder.store, spec_price_ladder.currency, spec_price_ladder.price_mode,
                          spec_price_ladder.country, spec_price_ladder.price_type, spec_price_ladder.at) h
                    WHERE w.price_sheet_id IS NOT NULL) r
             WHERE w.offer_reference = spec_price_ladder.offer_reference
               AND w.store_code = spec_price_ladder.store
               AND w.shown_from <= spec_price_ladder.at
               AND spec_price_ladder.at < w.shown_to
            WINDOW lower AS (ORDER BY r.quantity)) t
     WHERE t.lower_amount IS NULL
        OR t.amount <> t.lower_amount
        OR t.merchant_relationship_id IS DISTINCT FROM t.lower_relationship_id
     ORDER BY t.quantity;
END;
COMMENT ON FUNCTION offerengine_internal.spec_price_ladder(text, text, text, text, text, text, text, timestamptz) IS
    'Specification of price_ladder: the quantities at which amount or contract of the resolved price change (the level is the '
    'same for all quantities), from the lowest that has a price. A price sheet has one price for every quantity. No rows for a '
    'hidden or unknown offer.';
