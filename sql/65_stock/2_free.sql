-- How much is free, where that is told by a few rows, for the crowd that is told that it is sold out; and the words for that.

CREATE FUNCTION offerengine_internal.free_pieces(offer_id bigint, store text) RETURNS bigint
    AS 'MODULE_PATHNAME', 'oe_free_pieces' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION offerengine_internal.free_pieces(bigint, text) IS
    'Whole pieces of an offer that are free in a store, as stock_shares() finds them. NULL: only that can tell, since the offer is '
    'not in the store, a place never runs out, a hold may have run out, a warehouse has no stores of its own (and serves its '
    'merchant''s), or there are more than an integer counts.';

CREATE FUNCTION offerengine_internal.free_pieces(offer_reference text, store text) RETURNS bigint
    AS 'MODULE_PATHNAME', 'oe_free_pieces_of_reference' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION offerengine_internal.free_pieces(text, text) IS 'The same of an offer by its reference.';

CREATE FUNCTION offerengine_internal.only_place(offer_id bigint, store text, wanted integer) RETURNS bigint
    AS 'MODULE_PATHNAME', 'oe_only_place' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION offerengine_internal.only_place(bigint, text, integer) IS
    'The warehouse of an offer that is in one place only in the store, where that has as many pieces free as are wanted; NULL: '
    'stock_shares() tells.';

CREATE FUNCTION offerengine_internal.only_places(offer_ids bigint[], store text, wanted integer[]) RETURNS bigint[]
    AS 'MODULE_PATHNAME', 'oe_only_places' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.only_places(bigint[], text, integer[]) IS
    'only_place() of each of these offers, in their order; NULL: one of them has none.';

CREATE FUNCTION offerengine_internal.lock_newest_places(offer_ids bigint[], warehouse_ids bigint[]) RETURNS tid[]
    AS 'MODULE_PATHNAME', 'oe_lock_newest_places' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.lock_newest_places(bigint[], bigint[]) IS
    'lock_newest_place() of each of these places, one after another in their order. NULL: of one only an UPDATE can tell; those '
    'before it are locked.';

CREATE FUNCTION offerengine_internal.lock_newest_place(offer_id bigint, warehouse_id bigint) RETURNS tid
    AS 'MODULE_PATHNAME', 'oe_lock_newest_place' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10;
COMMENT ON FUNCTION offerengine_internal.lock_newest_place(bigint, bigint) IS
    'Locks the row of stock_held as an UPDATE would, and answers where it is, which stays so until the transaction changes it. '
    'Versions that are kept for an old snapshot are not walked. NULL: there is no such row, or only an UPDATE can tell '
    '(REPEATABLE READ, or the fast path is off).';

CREATE FUNCTION offerengine_internal.refuse_sold_out(offer_id bigint, store text, wanted bigint, available bigint, is_busy boolean)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    reference CONSTANT text := (SELECT o.offer_reference FROM offerengine.offer o WHERE o.offer_id = refuse_sold_out.offer_id);
BEGIN
    IF is_busy THEN
        RAISE EXCEPTION 'offer "%" is being sold in store %: % wanted, of which some are another order''s that has run out',
                        reference, store, wanted
            USING ERRCODE = 'OE065', HINT = 'Try again: that order is being changed at this moment.';
    END IF;
    PERFORM offerengine_internal.raise_sold_out(reference, store, wanted, available);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_sold_out(bigint, text, bigint, bigint, boolean) IS
    'Refuses to sell what is not there (OE064), or what is only in the hands of somebody who is deciding about it (OE065).';

-- STABLE, though it reads nothing: a plan of its call would raise while it is made, and be made anew each time.
CREATE FUNCTION offerengine_internal.raise_sold_out(offer_reference text, store text, wanted bigint, available bigint)
RETURNS void
    AS 'MODULE_PATHNAME', 'oe_raise_sold_out' LANGUAGE C STABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION offerengine_internal.raise_sold_out(text, text, bigint, bigint) IS
    'Says (OE064) how much there is of an offer; offer_reference is NULL where it is gone.';

CREATE FUNCTION offerengine_internal.refuse_untaken(places integer, taken bigint) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RAISE EXCEPTION 'of % places only % let their stock be taken', places, taken
        USING ERRCODE = '55000', HINT = 'A trigger on offerengine.stock_held may not leave a change out.';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_untaken(integer, bigint) IS
    'Refuses (55000) to sell out of places whose rows somebody''s trigger keeps from being changed.';

CREATE FUNCTION offerengine_internal.arm_early_release() RETURNS void
    AS 'MODULE_PATHNAME', 'oe_arm_early_release' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.arm_early_release() IS
    'Marks the (sub)transaction as one that takes stock: where offerengine.early_release is on, its locks go before it is on disk.';

CREATE FUNCTION offerengine_internal.refuse_new_order(
    order_id uuid, offer_reference text, store text, wanted bigint, free bigint)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM FROM offerengine.stock_order s WHERE s.order_id = refuse_new_order.order_id;
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_sold_out(offer_reference, store, wanted, free);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_new_order(uuid, text, text, bigint, bigint) IS
    'For whoever found that fewer pieces are free than are wanted: refuses (OE064) an order that never reserved (NULL: one without '
    'an id yet), which has nothing of its own to count. Whether it has is asked after, with a later snapshot.';
