-- Visibility: may this offer be shown in this store at this instant, and if not, why not.

CREATE FUNCTION offerengine.offer_is_visible(offer_reference text, store text, at timestamptz DEFAULT pg_catalog.now())
RETURNS boolean
AS 'MODULE_PATHNAME', 'oe_offer_is_visible' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION offerengine.offer_is_visible(text, text, timestamptz) IS
    'True when the offer may be shown in the store at the instant: merchant active and approved, offer approved, active and in '
    'the store, the abstract product in the store, the product active, and the instant inside the validity of offer and product. '
    'An unknown or NULL offer is not visible. Approval, activity and stores count as they are now. Errors: 22004 store is NULL, '
    '22023 unknown store, 42501 a storefront asks for another instant than now.';

CREATE FUNCTION offerengine.explain_visibility(offer_reference text, store text, at timestamptz DEFAULT pg_catalog.now())
RETURNS SETOF offerengine.visibility_condition
AS 'MODULE_PATHNAME', 'oe_explain_visibility' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 50 ROWS 9;
COMMENT ON FUNCTION offerengine.explain_visibility(text, text, timestamptz) IS
    'The nine conditions of visibility in their order, each with whether it holds and in words what is and what would be needed: '
    'merchant_active, merchant_approved, offer_approved, offer_active, offer_store, product_store, offer_validity, '
    'product_active, product_validity. Of a suspended merchant merchant_active says who suspended it, when and why; instants are '
    'in the zone of the store, open ends are not named. An unknown offer gives one row, offer_known, false. Errors: as '
    'offer_is_visible; 42501 a merchant asks about another merchant''s offer.';
