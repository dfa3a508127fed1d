-- What a document would do to points, or has done.

CREATE TYPE offerengine.loyalty_effect AS (
    points       bigint,
    earned       bigint,
    order_points bigint,
    extra        bigint,
    redeemed     bigint,
    opens_at     timestamptz,
    expires_at   timestamptz,
    is_booked    boolean
);
COMMENT ON TYPE offerengine.loyalty_effect IS
    'What an order or return does to a customer''s points: in all, by its total, as an order, by tags, and what of redeemed points '
    'it gives back. opens_at, expires_at: from when on what an order earns can be redeemed, and when it ends (NULL: never, or it '
    'earns nothing). is_booked: it has done so.';

CREATE FUNCTION offerengine.loyalty_preview(customer_reference text, order_id uuid) RETURNS offerengine.loyalty_effect
    AS 'MODULE_PATHNAME', 'oe_customer_call' LANGUAGE C STABLE PARALLEL SAFE COST 5000;
COMMENT ON FUNCTION offerengine.loyalty_preview(text, uuid) IS
    'What an order would earn if it were booked now, or a return take and give back, as its type has it; once it is booked, what '
    'it did. Nothing is written: who would be enrolled by the booking is taken as a member. OE020: no such order; 22004: NULL.';

CREATE FUNCTION offerengine_internal.do_loyalty_preview(customer_reference text, order_id uuid) RETURNS offerengine.loyalty_effect
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 5000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    stored   CONSTANT offerengine_internal.stored_order := offerengine_internal.stored_order(
        do_loyalty_preview.customer_reference, do_loyalty_preview.order_id);
    told_as  CONSTANT text := CASE WHEN offerengine_internal.is_return(stored.order_type) THEN 'return' ELSE 'order' END;
    facts    CONSTANT offerengine_internal.points_order := offerengine_internal.points_order(
        stored.customer_reference, stored.order_id);
    account  offerengine_internal.points_account;
    booked   uuid;
    entries  offerengine_internal.points_entry[];
    effect   offerengine.loyalty_effect;
BEGIN
    account := offerengine_internal.find_points(stored.customer_reference);
    SELECT d.document_id INTO booked
      FROM offerengine.loyalty_document d
     WHERE d.customer_reference = account.customer_reference AND d.order_id = stored.order_id AND d.kind = told_as;
    IF booked IS NOT NULL THEN
        entries := ARRAY(SELECT ROW(e.kind, e.lot_id, e.points, e.reverses_entry_id, e.dated_at,
                                    CASE WHEN l.document_id = e.document_id THEN l.kind END, l.origin_lot_id, l.opens_at,
                                    l.expires_at)::offerengine_internal.points_entry
                           FROM offerengine.loyalty_entry e
                           JOIN offerengine.loyalty_lot l ON l.customer_reference = e.customer_reference AND l.lot_id = e.lot_id
                          WHERE e.customer_reference = account.customer_reference AND e.document_id = booked
                          ORDER BY e.entry_id);
    ELSE
        entries := offerengine_internal.plan_document(stored.customer_reference, account, facts, told_as);
    END IF;
    SELECT coalesce(sum(e.points), 0), coalesce(sum(e.points) FILTER (WHERE e.kind = 'earned'), 0),
           coalesce(sum(e.points) FILTER (WHERE e.kind = 'order_points'), 0),
           coalesce(sum(e.points) FILTER (WHERE e.kind = 'extra'), 0),
           coalesce(sum(e.points) FILTER (WHERE e.kind = 'redeemed'), 0),
           max(e.opens_at) FILTER (WHERE e.new_lot = 'earned'),
           nullif(max(e.expires_at) FILTER (WHERE e.new_lot = 'earned'), 'infinity'), booked IS NOT NULL
      INTO effect
      FROM unnest(entries) AS e;
    RETURN effect;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_loyalty_preview(text, uuid) IS 'loyalty_preview, run as the owner.';
