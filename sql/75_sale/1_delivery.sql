-- What of a line is still to be delivered.

CREATE FUNCTION offerengine_internal.pieces_to_deliver(
    order_type integer, is_shipped boolean, offer_type text, quantity integer, shipped integer, cancelled integer, returned integer)
RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 5 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF offerengine_internal.is_return(order_type) OR offerengine_internal.is_delivery(order_type)
       OR NOT offerengine_internal.offer_is_shipped(is_shipped, offer_type) THEN
        RETURN 0;
    END IF;
    -- A piece that came back has shipped, also where nobody said so.
    RETURN quantity - cancelled - greatest(shipped, returned);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.pieces_to_deliver(integer, boolean, text, integer, integer, integer, integer) IS
    'How many pieces of a line are still to be delivered; none of what is no parcel, and of a document that takes something back '
    'or tells of a delivery.';
