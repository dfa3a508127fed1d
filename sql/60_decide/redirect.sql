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
    'answer is not redirected again. The base is owned by who has a subscription to an offer with a tag of the rule that runs '
    'on the day that it is at the instant in the subscription''s own store, whatever its management. Cancelled ones count '
    'while they run; for a rule with cancelled_source same_period only to the end of the accounting period in which they were '
    'cancelled. cart: references of the offers in the same cart, of which subscriptions with such a tag count as owned, for '
    'anonymous customers (NULL) too, who own nothing else. Subscriptions, tags and rules count as they are known now. '
    'Errors: 42501 a storefront asks for another instant than now.';
