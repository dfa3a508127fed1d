-- Approval of offers and merchants: decisions, and the trigger functions that hold every other writer to the same rules.

CREATE TYPE offerengine.decision_outcome AS (
    offer_reference text,
    outcome         text,
    detail          text
);
COMMENT ON TYPE offerengine.decision_outcome IS
    'What became of one reference of approve_offers or deny_offers: outcome is done, already (has that status, or was named '
    'before in the call), refused (four eyes, or no such transition), version_changed or unknown; detail says it in words.';

CREATE FUNCTION offerengine.approval_transitions(status text) RETURNS SETOF text
    AS 'MODULE_PATHNAME', 'oe_approval_transitions' LANGUAGE C STABLE PARALLEL SAFE COST 1 ROWS 2;
COMMENT ON FUNCTION offerengine.approval_transitions(text) IS
    'Approval statuses that an operator may choose after this one: waiting_for_approval to approved or denied, approved to '
    'denied, denied to approved. 22023: an unknown status; 22004: NULL.';

CREATE FUNCTION offerengine.approve_offer(offer_reference text, reason text DEFAULT NULL, reviewed_version integer DEFAULT NULL)
RETURNS void
    AS 'MODULE_PATHNAME', 'oe_approve_offer' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.approve_offer(text, text, integer) IS
    'Approves an offer that waits or was denied. With reviewed_version only that version is approved: what was looked at '
    'is what goes live. Raises 42501 (no operator), 22004 (NULL reference), OE020 (no such offer), OE001 (approved '
    'already), OE002 (another version now), OE003 (the merchant asks for four eyes and the approver created the offer).';

CREATE FUNCTION offerengine.deny_offer(offer_reference text, reason text, reviewed_version integer DEFAULT NULL)
RETURNS void
    AS 'MODULE_PATHNAME', 'oe_deny_offer' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.deny_offer(text, text, integer) IS
    'Denies an offer that waits or was approved; a denial says why. Raises 42501 (no operator), 22004 (NULL reference or '
    'reason), 22023 (blank reason), OE020 (no such offer), OE001 (denied already), OE002 (another version now).';

CREATE FUNCTION offerengine.approve_offers(
    offer_references text[], reason text DEFAULT NULL, reviewed_versions integer[] DEFAULT NULL)
RETURNS SETOF offerengine.decision_outcome
    AS 'MODULE_PATHNAME', 'oe_approve_offers' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 100;
COMMENT ON FUNCTION offerengine.approve_offers(text[], text, integer[]) IS
    'Approves many offers, locked in order of offer_id, and tells of each reference, in the order given, what became of it. '
    'reviewed_versions holds one version for each reference, NULL where any will do. Raises 42501 (no operator), 22004 (NULL '
    'array), 22023 (the arrays do not fit).';

CREATE FUNCTION offerengine.deny_offers(offer_references text[], reason text, reviewed_versions integer[] DEFAULT NULL)
RETURNS SETOF offerengine.decision_outcome
    AS 'MODULE_PATHNAME', 'oe_deny_offers' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 100;
COMMENT ON FUNCTION offerengine.deny_offers(text[], text, integer[]) IS
    'Denies many offers, as approve_offers approves them; a denial says why. Raises 42501 (no operator), 22004 (NULL array or '
    'reason), 22023 (blank reason, or the arrays do not fit).';

CREATE FUNCTION offerengine.approve_merchant(merchant_reference text, reason text DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_approve_merchant' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.approve_merchant(text, text) IS
    'Approves a merchant that waits or was denied. Raises 42501 (no operator), 22004 (NULL reference), OE020 (no such '
    'merchant), OE001 (approved already).';

CREATE FUNCTION offerengine.deny_merchant(merchant_reference text, reason text) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_deny_merchant' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.deny_merchant(text, text) IS
    'Denies a merchant that waits or was approved, which hides its offers at commit; a denial says why. Raises 42501 (no '
    'operator), 22004 (NULL reference or reason), 22023 (blank reason), OE020 (no such merchant), OE001 (denied already).';

CREATE FUNCTION offerengine.suspend_merchant(merchant_reference text, reason text) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_suspend_merchant' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.suspend_merchant(text, text) IS
    'Sets merchant.is_active to false: hides all offers of the merchant at commit by writing one row; says why. Raises '
    '42501 (no operator), 22004 (NULL reference or reason), 22023 (blank reason), OE020 (no such merchant), OE001 '
    '(suspended already).';

CREATE FUNCTION offerengine.reinstate_merchant(merchant_reference text, reason text DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_reinstate_merchant' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.reinstate_merchant(text, text) IS
    'Ends a suspension: what the merchant''s offers and their approval said before counts again at commit. Raises 42501 (no '
    'operator), 22004 (NULL reference), OE020 (no such merchant), OE001 (active already).';

CREATE FUNCTION offerengine_internal.record_offers() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_record_offers' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.record_offers() IS
    'Statement trigger of offer: judges who moves the approval status and along which transitions, and who switches is_active; '
    'holds merchants'' wish for four eyes, writes offer_approval, and moves offers that their merchant changed back to waiting '
    'where the merchant has reapprove_on_change. Judges the current role.';

CREATE FUNCTION offerengine_internal.reapprove_prices() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_reapprove_prices' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.reapprove_prices() IS
    'Statement trigger of price: moves approved offers whose merchant changed a price, beyond price_review_percent where '
    'that is set, back to waiting where the merchant has reapprove_on_change.';

CREATE FUNCTION offerengine_internal.reapprove_stores() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_reapprove_stores' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.reapprove_stores() IS
    'Statement trigger of offer_store: moves approved offers whose merchant changed their stores back to waiting where the '
    'merchant has reapprove_on_change.';

CREATE FUNCTION offerengine_internal.record_merchants() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_record_merchants' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.record_merchants() IS
    'Statement trigger of merchant: only an operator moves approval status and activity and sets the terms of review; writes '
    'merchant_approval.';
