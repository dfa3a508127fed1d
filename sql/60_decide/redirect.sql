-- Sales rules: which offer a customer gets instead of the one asked for.

CREATE TYPE offerengine.redirect_result AS (
    offer_reference text,
    outcome         text,
    sales_rule_id   bigint,
    message         text
);
COMMENT ON TYPE offerengine.redirect_result IS
    'Answer of redirect_offer: the offer that the customer gets, outcome matched (the advantage offer), unmatched (the regular '
    'offer) or unaffected (the offer asked for, no rule), the rule and what it tells the customer.';

CREATE FUNCTION offerengine.redirect_offer(
    customer_reference text,
    offer_reference    text,
    at                 timestamptz DEFAULT pg_catalog.now(),
    cart               text[] DEFAULT '{}')
RETURNS offerengine.redirect_result
AS 'MODULE_PATHNAME', 'oe_redirect_offer' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 30;
COMMENT ON FUNCTION offerengine.redirect_offer(text, text, timestamptz, text[]) IS
    'The offer that a customer gets who asks for this one. Where it is the advantage or the regular offer of a sales rule in force '
    '(at < valid_to; of several the one that ends first, then the smallest id), who owns the base gets the advantage offer '
    '(outcome matched), everybody else the regular offer (unmatched); every other offer, an unknown one too, is unaffected. The '
    'answer is not redirected again. Of a rule with advantage_limit the advantage goes to a customer for so many pieces at once; '
    'here one more is asked for, above the limit it is the regular offer (unmatched). The base is owned by who has a subscription '
    'to an offer with a tag of the rule that runs '
    'on the day that it is at the instant in the subscription''s own store, whatever its management. Cancelled ones count '
    'while they run; for a rule with cancelled_source same_period only to the end of the accounting period in which they were '
    'cancelled. cart: references of the offers in the same cart, which are redirected first where their rules come first, each '
    'one piece, and of which subscriptions with such a tag count as owned as what they become, for anonymous customers (NULL) '
    'too, who own nothing else. Whether they can be sold is not asked here: who sells asks redirect_cart(). Subscriptions, tags '
    'and rules count as they are known now. '
    'Errors: 42501 a storefront asks for another instant than now.';

CREATE TYPE offerengine.redirected_line AS (
    "position"      integer,
    offer_reference text,
    outcome         text,
    sales_rule_id   bigint,
    message         text
);
COMMENT ON TYPE offerengine.redirected_line IS 'What redirect_offer answers for a line of a cart, with its place there, from 1 on.';

CREATE FUNCTION offerengine.redirect_cart(
    customer_reference text,
    store              text,
    currency           text,
    offer_references   text[],
    quantities         integer[] DEFAULT NULL,
    country            text DEFAULT NULL,
    price_mode         text DEFAULT 'gross',
    buyer              text DEFAULT NULL,
    at                 timestamptz DEFAULT pg_catalog.now())
RETURNS SETOF offerengine.redirected_line
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL RESTRICTED COST 2000 ROWS 5;
COMMENT ON FUNCTION offerengine.redirect_cart(text, text, text, text[], integer[], text, text, text, timestamptz) IS
    'What a customer gets of a cart that is sold as a whole: redirect_offer() for each place of the array, where the other lines '
    'count as they would be sold, not as they were asked for. Lines are taken in the order in which their rules depend on one '
    'another, bases before targets, those of one rule in the order of the array. A line counts as owned when what it has become '
    'is a subscription that this checkout can sell: visible, every step priced, allowed through channel checkout. quantities '
    '(left out, or NULL: 1) count against advantage_limit: a line that would go beyond it is given the regular offer, whole. An '
    'unknown offer, or NULL, is unaffected. Errors: 22004 store, currency or offer_references NULL; 22023 unknown store, currency '
    'or price mode, no country, a quantity below 1, not as many quantities as offers, arrays of arrays; 42501 a storefront asks '
    'for another instant than now.';

CREATE FUNCTION offerengine_internal.do_redirect_cart(
    customer_reference text, store text, currency text, offer_references text[], quantities integer[], country text,
    price_mode text, buyer text, at timestamptz)
RETURNS SETOF offerengine.redirected_line
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 2000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    wanted_mode CONSTANT text := coalesce(do_redirect_cart.price_mode, 'gross');
    asked_at    CONSTANT timestamptz := coalesce(do_redirect_cart.at, now());
BEGIN
    IF asked_at <> now() AND offerengine_internal.called_by_storefront() THEN
        RAISE EXCEPTION 'role "%" may ask about now only', offerengine_internal.calling_role()
            USING ERRCODE = '42501', HINT = 'Leave "at" out.';
    END IF;
    IF NOT isfinite(asked_at) THEN
        RAISE EXCEPTION 'nothing is sold at %', asked_at USING ERRCODE = '22023', HINT = 'Leave "at" out, or name an instant.';
    END IF;
    PERFORM offerengine_internal.time_zone_of(do_redirect_cart.store);
    PERFORM offerengine_internal.check_sale_arguments(do_redirect_cart.currency, do_redirect_cart.country, wanted_mode, 1);
    IF do_redirect_cart.offer_references IS NULL THEN
        RAISE EXCEPTION 'offer_references must not be NULL' USING ERRCODE = '22004';
    END IF;
    IF array_ndims(do_redirect_cart.offer_references) > 1 OR array_ndims(do_redirect_cart.quantities) > 1 THEN
        RAISE EXCEPTION 'offer_references and quantities must have one dimension' USING ERRCODE = '22023';
    END IF;
    IF cardinality(do_redirect_cart.quantities) <> cardinality(do_redirect_cart.offer_references) THEN
        RAISE EXCEPTION '% quantities do not go with % offers', cardinality(do_redirect_cart.quantities),
                        cardinality(do_redirect_cart.offer_references)
            USING ERRCODE = '22023', HINT = 'Leave quantities out for a piece of each.';
    END IF;
    IF 1 > ANY (do_redirect_cart.quantities) THEN
        RAISE EXCEPTION 'quantity must be at least 1, not %', (SELECT min(q.q) FROM unnest(do_redirect_cart.quantities) AS q (q))
            USING ERRCODE = '22023';
    END IF;
    RETURN QUERY
    SELECT l.* FROM offerengine_internal.redirect_lines(
                        do_redirect_cart.customer_reference, do_redirect_cart.offer_references, do_redirect_cart.quantities,
                        asked_at,
                        do_redirect_cart.store, do_redirect_cart.currency, do_redirect_cart.country, wanted_mode,
                        do_redirect_cart.buyer) AS l;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_redirect_cart(text, text, text, text[], integer[], text, text, text, timestamptz) IS
    'redirect_cart, run as the owner.';

CREATE FUNCTION offerengine_internal.redirect_lines(
    customer_reference text, offer_references text[], quantities integer[], at timestamptz, store text DEFAULT NULL,
    currency text DEFAULT NULL, country text DEFAULT NULL, price_mode text DEFAULT NULL, buyer text DEFAULT NULL)
RETURNS SETOF offerengine.redirected_line
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 2000 ROWS 5 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    rules        bigint[]; -- place by place, as what each line becomes and whether that is the advantage
    given        bigint[];
    is_advantage boolean[] := '{}';
    owned        bigint[] := '{}';
    undecided    bigint[];
    rule         record;
    wanted       integer;
    pieces       bigint;
BEGIN
    SELECT array_agg(r.sales_rule_id ORDER BY l.place), array_agg(o.offer_id ORDER BY l.place)
      INTO rules, given
      FROM unnest(redirect_lines.offer_references) WITH ORDINALITY AS l (reference, place)
      LEFT JOIN offerengine.offer o ON o.offer_reference = l.reference
      LEFT JOIN LATERAL offerengine_internal.rule_in_force(o.offer_id, redirect_lines.at) AS r ON true;
    FOR i IN 1 .. coalesce(cardinality(rules), 0) LOOP
        IF rules[i] IS NULL AND offerengine_internal.counts_as_sold(
               given[i], coalesce(redirect_lines.quantities[i], 1), redirect_lines.at, redirect_lines.store,
               redirect_lines.currency, redirect_lines.country, redirect_lines.price_mode, redirect_lines.buyer) THEN
            owned := owned || given[i];
        END IF;
    END LOOP;

    -- Rule by rule. No target of a rule is a base of the same rule, so the lines of one rule need no order but for its limit.
    undecided := ARRAY(SELECT DISTINCT r.id FROM unnest(rules) AS r (id) WHERE r.id IS NOT NULL);
    WHILE undecided <> '{}' LOOP
        undecided := offerengine_internal.by_dependency(undecided);
        SELECT r.sales_rule_id, r.advantage_offer_id, r.regular_offer_id INTO STRICT rule
          FROM offerengine.sales_rule r WHERE r.sales_rule_id = undecided[1];
        undecided := undecided[2:];
        pieces := 0;
        FOR i IN 1 .. cardinality(rules) LOOP
            CONTINUE WHEN rules[i] IS DISTINCT FROM rule.sales_rule_id;
            wanted := coalesce(redirect_lines.quantities[i], 1);
            is_advantage[i] := (SELECT g.gives_advantage
                                  FROM offerengine_internal.gives_advantage(
                                           redirect_lines.customer_reference, rule.sales_rule_id, redirect_lines.at, owned,
                                           pieces + wanted) AS g (gives_advantage));
            given[i] := CASE WHEN is_advantage[i] THEN rule.advantage_offer_id ELSE rule.regular_offer_id END;
            pieces := pieces + CASE WHEN is_advantage[i] THEN wanted ELSE 0 END;
            IF offerengine_internal.counts_as_sold(
                   given[i], wanted, redirect_lines.at, redirect_lines.store, redirect_lines.currency, redirect_lines.country,
                   redirect_lines.price_mode, redirect_lines.buyer) THEN
                owned := owned || given[i];
            END IF;
        END LOOP;
    END LOOP;

    RETURN QUERY
    SELECT l.place::integer,
           coalesce(o.offer_reference::text, l.reference),
           CASE WHEN r.sales_rule_id IS NULL THEN 'unaffected' WHEN is_advantage[l.place] THEN 'matched' ELSE 'unmatched' END,
           r.sales_rule_id,
           CASE WHEN is_advantage[l.place] THEN r.matched_text ELSE r.unmatched_text END
      FROM unnest(redirect_lines.offer_references) WITH ORDINALITY AS l (reference, place)
      LEFT JOIN offerengine.sales_rule r ON r.sales_rule_id = rules[l.place]
      LEFT JOIN offerengine.offer o ON o.offer_id = given[l.place]
     ORDER BY l.place;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.redirect_lines(
    text, text[], integer[], timestamptz, text, text, text, text, text) IS
    'The lines of a cart as they would be sold; quantities NULL: a piece of each. Without a store, which lines can be sold is not '
    'asked: subscriptions count as owned.';

CREATE FUNCTION offerengine_internal.redirect_pieces(
    customer_reference text, offer_reference text, quantity integer, at timestamptz)
RETURNS offerengine.redirect_result
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    redirected offerengine.redirect_result;
BEGIN
    redirected := offerengine.redirect_offer(redirect_pieces.customer_reference, redirect_pieces.offer_reference,
                                             redirect_pieces.at);
    -- That was asked of one piece: more of them may be beyond a limit.
    IF redirect_pieces.quantity > 1 AND redirected.outcome = 'matched' THEN
        SELECT l.offer_reference, l.outcome, l.sales_rule_id, l.message INTO redirected
          FROM offerengine_internal.redirect_lines(
                   redirect_pieces.customer_reference, ARRAY[redirect_pieces.offer_reference], ARRAY[redirect_pieces.quantity],
                   redirect_pieces.at) AS l;
    END IF;
    RETURN redirected;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.redirect_pieces(text, text, integer, timestamptz) IS
    'redirect_offer() for so many pieces of the offer: a cart of one line.';

CREATE FUNCTION offerengine_internal.by_dependency(rule_ids bigint[]) RETURNS bigint[]
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 200 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN ARRAY(
        SELECT l.id
          FROM unnest(rule_ids) AS l (id)
         ORDER BY EXISTS (SELECT
                            FROM unnest(rule_ids) AS f (id)
                            JOIN offerengine.sales_rule r ON r.sales_rule_id = f.id
                            JOIN offerengine.offer_tag c ON c.offer_id IN (r.advantage_offer_id, r.regular_offer_id)
                            JOIN offerengine.sales_rule_tag n ON n.tag_id = c.tag_id
                           WHERE f.id <> l.id
                             AND n.sales_rule_id = l.id),
                  l.id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.by_dependency(bigint[]) IS
    'The rules, first those of which no other one among them has a target that carries one of their tags; by id. Tags may have '
    'changed since rules of the past were in force: in a cycle of such the smallest id is first.';

CREATE FUNCTION offerengine_internal.counts_as_sold(
    offer_id bigint, quantity integer, at timestamptz, store text, currency text, country text, price_mode text, buyer text)
RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    sold record;
BEGIN
    SELECT o.offer_reference, o.offer_type INTO sold FROM offerengine.offer o WHERE o.offer_id = counts_as_sold.offer_id;
    IF NOT FOUND OR sold.offer_type <> 'subscription' THEN
        RETURN false;
    END IF;
    IF counts_as_sold.store IS NULL THEN
        RETURN true;
    END IF;
    RETURN offerengine_internal.offer_operation_refusal(counts_as_sold.offer_id, 'checkout', 'checkout') IS NULL
           AND (offerengine.resolve_price(sold.offer_reference, counts_as_sold.store, counts_as_sold.currency,
                                          counts_as_sold.price_mode, counts_as_sold.quantity, counts_as_sold.buyer,
                                          counts_as_sold.country, 'DEFAULT', counts_as_sold.at)).amount IS NOT NULL
           AND NOT EXISTS (SELECT
                             FROM offerengine.store k
                             JOIN offerengine.offer_step s ON s.offer_id = counts_as_sold.offer_id AND s.step_no > 1
                             JOIN offerengine.product_contract c ON c.product_contract_id = s.product_contract_id
                             LEFT JOIN LATERAL offerengine_internal.sheet_price(
                                       c.price_sheet_id, counts_as_sold.currency, counts_as_sold.price_mode,
                                       coalesce(counts_as_sold.country, k.default_country),
                                       offerengine_internal.local_date(counts_as_sold.at, k.time_zone)) AS p ON true
                            WHERE k.store_code = counts_as_sold.store
                              AND p.amount IS NULL);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.counts_as_sold(bigint, integer, timestamptz, text, text, text, text, text) IS
    'True when the offer is a subscription that can be sold so: visible, priced in all its steps, allowed through channel '
    'checkout. store NULL: a subscription.';

CREATE FUNCTION offerengine_internal.advantage_pieces(customer_reference text, offer_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN (
        WITH lasting AS MATERIALIZED (
            SELECT s.subscription_id, s.starts_on, s.ends_on, today.day AS today
              FROM offerengine.subscription s
              JOIN offerengine.store k ON k.store_code = s.store_code
             CROSS JOIN LATERAL (SELECT offerengine_internal.local_date(advantage_pieces.at, k.time_zone) AS day) AS today
             WHERE s.customer_reference = advantage_pieces.customer_reference
               AND s.offer_id = advantage_pieces.offer_id
               AND NOT s.is_ignored
               AND (s.ends_on IS NULL OR (today.day < s.ends_on AND s.starts_on < s.ends_on))),
        -- The instant itself, which may be another day in each store, and the days to come on which there are more of them.
        moment (day) AS (
            VALUES (NULL::date)
            UNION
            SELECT l.starts_on FROM lasting l WHERE l.today < l.starts_on
            UNION
            SELECT q.effective_on
              FROM lasting l
              JOIN offerengine.subscription_quantity q
                ON q.customer_reference = advantage_pieces.customer_reference AND q.subscription_id = l.subscription_id
             WHERE l.today < q.effective_on)
        SELECT coalesce(max(running.pieces), 0)
          FROM moment m
         CROSS JOIN LATERAL (
               SELECT sum(offerengine_internal.quantity_on(
                          advantage_pieces.customer_reference, l.subscription_id, coalesce(m.day, l.today))) AS pieces
                 FROM lasting l
                WHERE l.starts_on <= coalesce(m.day, l.today)
                  AND (l.ends_on IS NULL OR coalesce(m.day, l.today) < l.ends_on)) AS running);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.advantage_pieces(text, bigint, timestamptz) IS
    'How many pieces of an offer run at once for the customer, from the instant on: as many as on the day with most of them, what '
    'is bought for a later day and changes of quantity that are planned included.';
