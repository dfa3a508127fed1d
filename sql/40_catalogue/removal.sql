-- Removing rows of the catalogue. DELETE on a table is also LOCK TABLE on it, by which a merchant could keep everybody out, so
-- merchants have it on none: these C entries run do_<name> as the owner, on the caller's behalf (oe_removal_call). An operator
-- may delete with plain statements as well.

CREATE FUNCTION offerengine_internal.writes_for(merchant_id bigint) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN offerengine_internal.is_operator() OR offerengine_internal.acts_for_merchant(writes_for.merchant_id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.writes_for(bigint) IS
    'True when the role on whose behalf rows are removed may write what belongs to the merchant.';

CREATE FUNCTION offerengine_internal.delete_prices(price_ids bigint[]) RETURNS bigint
    AS 'MODULE_PATHNAME', 'oe_removal_call' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine_internal.delete_prices(bigint[]) IS
    'For writers: deletes these price rows, of own offers only where a merchant''s role calls, as its policy has it, and answers '
    'how many. Locks their offers first.';

CREATE FUNCTION offerengine_internal.do_delete_prices(price_ids bigint[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    deleted bigint;
BEGIN
    PERFORM FROM offerengine.offer o
      WHERE o.offer_id IN (SELECT p.offer_id FROM offerengine.price p WHERE p.price_id = ANY (do_delete_prices.price_ids))
        AND offerengine_internal.writes_for(o.merchant_id)
      ORDER BY o.offer_id FOR NO KEY UPDATE;
    DELETE FROM offerengine.price p
     WHERE p.price_id = ANY (do_delete_prices.price_ids)
       AND (offerengine_internal.is_operator()
            OR EXISTS (SELECT FROM offerengine.offer o
                        WHERE o.offer_id = p.offer_id AND offerengine_internal.writes_for(o.merchant_id)));
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_delete_prices(bigint[]) IS 'What delete_prices() does, as the owner.';

CREATE FUNCTION offerengine_internal.delete_offer_stores(offer_ids bigint[], store_codes text[]) RETURNS bigint
    AS 'MODULE_PATHNAME', 'oe_removal_call' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine_internal.delete_offer_stores(bigint[], text[]) IS
    'For writers: takes each offer out of the store that stands beside it, own offers only where a merchant''s role calls, and '
    'answers how many rows that were.';

CREATE FUNCTION offerengine_internal.do_delete_offer_stores(offer_ids bigint[], store_codes text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    offers  bigint[];
    stores  text[];
    deleted bigint;
BEGIN
    SELECT pg_catalog.array_agg(g.offer_id), pg_catalog.array_agg(g.store_code) INTO offers, stores
      FROM ROWS FROM (pg_catalog.unnest(do_delete_offer_stores.offer_ids), pg_catalog.unnest(do_delete_offer_stores.store_codes))
               AS g (offer_id, store_code)
      JOIN offerengine.offer o ON o.offer_id = g.offer_id
     WHERE offerengine_internal.writes_for(o.merchant_id);
    DELETE FROM offerengine.offer_store os
     USING ROWS FROM (pg_catalog.unnest(offers), pg_catalog.unnest(stores)) AS g (offer_id, store_code)
     WHERE os.offer_id = g.offer_id AND os.store_code = g.store_code;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_delete_offer_stores(bigint[], text[]) IS
    'What delete_offer_stores() does, as the owner.';

CREATE FUNCTION offerengine.remove_stock(offer_reference text, warehouse text) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_removal_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.remove_stock(text, text) IS
    'The warehouse holds the offer no longer: the row is gone, while set_stock() with 0 keeps it. OE020: unknown offer, or no '
    'stock of it in the warehouse; 42501: a merchant, in a warehouse of somebody else.';

CREATE FUNCTION offerengine_internal.do_remove_stock(offer_reference text, warehouse text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target bigint;
    place  bigint;
BEGIN
    SELECT o.offer_id INTO target
      FROM offerengine.offer o
     WHERE o.offer_reference = do_remove_stock.offer_reference AND offerengine_internal.writes_for(o.merchant_id);
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('offer', do_remove_stock.offer_reference);
    END IF;
    SELECT s.warehouse_id INTO place
      FROM offerengine.offer_stock s
      JOIN offerengine.warehouse w ON w.warehouse_id = s.warehouse_id
     WHERE s.offer_id = target AND w.name = do_remove_stock.warehouse;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'offer "%" has no stock in warehouse "%"', do_remove_stock.offer_reference,
            offerengine_internal.shown(do_remove_stock.warehouse)
            USING ERRCODE = 'OE020';
    END IF;
    IF NOT offerengine_internal.is_operator()
       AND NOT EXISTS (SELECT FROM offerengine.merchant_warehouse mw
                        WHERE mw.warehouse_id = place AND offerengine_internal.acts_for_merchant(mw.merchant_id)) THEN
        RAISE EXCEPTION 'warehouse "%" belongs to somebody else', do_remove_stock.warehouse
            USING ERRCODE = '42501', HINT = 'A merchant sets stock in its own warehouses only.';
    END IF;
    DELETE FROM offerengine.offer_stock s WHERE s.offer_id = target AND s.warehouse_id = place;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_remove_stock(text, text) IS 'What remove_stock() does, as the owner.';

CREATE FUNCTION offerengine.remove_relationship(relationship_key text) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_removal_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.remove_relationship(text) IS
    'Ends a merchant''s relationship: it is gone with its assignees. OE020: unknown relationship, or another merchant''s; OE025: '
    'prices belong to it still.';

CREATE FUNCTION offerengine_internal.do_remove_relationship(relationship_key text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target bigint := offerengine_internal.own_relationship(do_remove_relationship.relationship_key);
BEGIN
    PERFORM FROM offerengine.merchant_relationship r WHERE r.merchant_relationship_id = target FOR UPDATE;
    IF EXISTS (SELECT FROM offerengine.price p WHERE p.merchant_relationship_id = target) THEN
        RAISE EXCEPTION 'prices belong to relationship "%"', do_remove_relationship.relationship_key
            USING ERRCODE = 'OE025', HINT = 'Delete them first: end_price() with valid_to at their valid_from does.';
    END IF;
    DELETE FROM offerengine.merchant_relationship_assignee a WHERE a.merchant_relationship_id = target;
    DELETE FROM offerengine.merchant_relationship r WHERE r.merchant_relationship_id = target;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_remove_relationship(text) IS 'What remove_relationship() does, as the owner.';

CREATE FUNCTION offerengine.remove_assignee(relationship_key text, buyer text) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_removal_call' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine.remove_assignee(text, text) IS
    'The prices of the relationship apply to the buyer no longer. OE020: unknown relationship, or another merchant''s, or the '
    'buyer is none of its assignees.';

CREATE FUNCTION offerengine_internal.do_remove_assignee(relationship_key text, buyer text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    target bigint := offerengine_internal.own_relationship(do_remove_assignee.relationship_key);
BEGIN
    DELETE FROM offerengine.merchant_relationship_assignee a
     WHERE a.merchant_relationship_id = target AND a.buyer = do_remove_assignee.buyer;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'buyer "%" is not assigned to relationship "%"', offerengine_internal.shown(do_remove_assignee.buyer),
            do_remove_assignee.relationship_key USING ERRCODE = 'OE020';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_remove_assignee(text, text) IS 'What remove_assignee() does, as the owner.';

CREATE FUNCTION offerengine_internal.delete_assignees(relationship_id bigint, buyers text[]) RETURNS bigint
    AS 'MODULE_PATHNAME', 'oe_removal_call' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION offerengine_internal.delete_assignees(bigint, text[]) IS
    'For writers: takes these buyers out of the relationship, an own one where a merchant''s role calls, and answers how many '
    'were in it.';

CREATE FUNCTION offerengine_internal.do_delete_assignees(relationship_id bigint, buyers text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    deleted bigint;
BEGIN
    DELETE FROM offerengine.merchant_relationship_assignee a
     USING offerengine.merchant_relationship r
     WHERE a.merchant_relationship_id = do_delete_assignees.relationship_id AND a.buyer = ANY (do_delete_assignees.buyers)
       AND r.merchant_relationship_id = a.merchant_relationship_id AND offerengine_internal.writes_for(r.merchant_id);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_delete_assignees(bigint, text[]) IS 'What delete_assignees() does, as the owner.';

CREATE FUNCTION offerengine_internal.own_relationship(relationship_key text) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    found_id bigint;
BEGIN
    SELECT r.merchant_relationship_id INTO found_id
      FROM offerengine.merchant_relationship r
     WHERE r.relationship_key = own_relationship.relationship_key AND offerengine_internal.writes_for(r.merchant_id);
    IF NOT FOUND THEN
        PERFORM offerengine_internal.raise_unknown('relationship', own_relationship.relationship_key);
    END IF;
    RETURN found_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.own_relationship(text) IS
    'Id of a relationship that the role on whose behalf rows are removed may write; OE020 for any other, there or not.';
