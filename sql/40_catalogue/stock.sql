-- Stock: what warehouses hold of an offer, and what a store may sell of it.

CREATE TYPE offerengine.stock_availability AS (
    in_stock              numeric,
    reserved              numeric,
    available             numeric,
    is_never_out_of_stock boolean
);
COMMENT ON TYPE offerengine.stock_availability IS
    'Answer of offer_availability: pieces in the active warehouses that serve the store, of these held for orders, left to '
    'sell, and whether any quantity may be sold.';

CREATE FUNCTION offerengine.offer_availability(offer_reference text, store text) RETURNS offerengine.stock_availability
    AS 'MODULE_PATHNAME', 'oe_offer_availability' LANGUAGE C STABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION offerengine.offer_availability(text, text) IS
    'What the store may sell of the offer. All 0 and false when the offer is not in the store or unknown. 22004: store is NULL; '
    '22023: unknown store.';

CREATE FUNCTION offerengine.set_stock(
    offer_reference       text,
    warehouse             text,
    quantity              numeric DEFAULT NULL,
    is_never_out_of_stock boolean DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target bigint;
    place  bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    PERFORM offerengine_internal.check_reference(set_stock.offer_reference, 'offer_reference');
    PERFORM offerengine_internal.check_reference(set_stock.warehouse, 'warehouse');
    SELECT o.offer_id INTO target FROM offerengine.offer o WHERE o.offer_reference = set_stock.offer_reference;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('offer', set_stock.offer_reference);
    END IF;
    SELECT w.warehouse_id INTO place FROM offerengine.warehouse w WHERE w.name = set_stock.warehouse;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('warehouse', set_stock.warehouse);
    END IF;
    IF NOT offerengine_internal.is_operator()
       AND NOT EXISTS (SELECT FROM offerengine.merchant_warehouse mw
                        WHERE mw.warehouse_id = place AND offerengine_internal.acts_for_merchant(mw.merchant_id)) THEN
        RAISE EXCEPTION 'warehouse "%" belongs to somebody else', set_stock.warehouse
            USING ERRCODE = '42501', HINT = 'A merchant sets stock in its own warehouses only.';
    END IF;
    IF set_stock.quantity < 0 OR set_stock.quantity IN ('NaN', 'Infinity') THEN
        RAISE EXCEPTION 'quantity % is not a stock', set_stock.quantity
            USING ERRCODE = '22023', HINT = 'Give a number of 0 or more.';
    END IF;

    INSERT INTO offerengine.offer_stock AS k (offer_id, warehouse_id, quantity, is_never_out_of_stock)
    VALUES (target, place, COALESCE(set_stock.quantity, 0), COALESCE(set_stock.is_never_out_of_stock, false))
        ON CONFLICT ON CONSTRAINT offer_stock_pkey DO UPDATE
       SET quantity = COALESCE(set_stock.quantity, k.quantity),
           is_never_out_of_stock = COALESCE(set_stock.is_never_out_of_stock, k.is_never_out_of_stock)
     WHERE (k.quantity, k.is_never_out_of_stock)
           IS DISTINCT FROM (COALESCE(set_stock.quantity, k.quantity),
                             COALESCE(set_stock.is_never_out_of_stock, k.is_never_out_of_stock));
END
$oe_body$;
COMMENT ON FUNCTION offerengine.set_stock(text, text, numeric, boolean) IS
    'Sets what the warehouse holds of the offer; what is left out keeps its value (a new row: 0, false). OE020: unknown offer or '
    'warehouse; 22023: quantity below 0 or not a number; 42501: a merchant, in a warehouse of somebody else.';
