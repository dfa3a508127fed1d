-- Foreign keys of what an import inserts, checked as sets: the rows referred to exist, and are held until the end of the
-- transaction as the row-by-row look-up would hold them. src/catalogue/references.c leaves out the look-ups of exactly these keys,
-- and runs do_<name> in transactions in which an import has written.

CREATE FUNCTION offerengine_internal.refuse_dangling(relation text, reference text, dangling text) RETURNS void
LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF dangling IS NOT NULL THEN
        RAISE EXCEPTION 'rows of "%" refer to % %, which does not exist', relation, reference, dangling
            USING ERRCODE = '23503', HINT = 'It has gone since the import looked. Run the import again.', TABLE = relation;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.refuse_dangling(text, text, text) IS
    'Raises 23503 when there is a key that dangles; NULL: there is none.';

CREATE FUNCTION offerengine_internal.hold_offers(relation text, missing bigint, held bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 1000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    found_offers bigint;
BEGIN
    PERFORM offerengine_internal.refuse_dangling(relation, 'offer', missing::text);
    IF held IS NOT NULL THEN
        PERFORM FROM offerengine.offer o WHERE o.offer_id = ANY (held) ORDER BY o.offer_id FOR KEY SHARE;
        GET DIAGNOSTICS found_offers = ROW_COUNT;
        IF found_offers < cardinality(held) THEN
            PERFORM offerengine_internal.refuse_dangling(relation, 'offer', 'out of ' || cardinality(held));
        END IF;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.hold_offers(text, bigint, bigint[]) IS
    'Refuses a missing offer (23503) and holds the others until the end of the transaction. Offers that the transaction itself '
    'has '
    'made need no holding: nobody else sees them.';

CREATE FUNCTION offerengine_internal.do_check_offer_references() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM FROM offerengine.merchant m WHERE m.merchant_id IN (SELECT n.merchant_id FROM new_rows n)
      ORDER BY m.merchant_id FOR KEY SHARE;
    PERFORM FROM offerengine.product p WHERE p.product_id IN (SELECT n.product_id FROM new_rows n)
      ORDER BY p.product_id FOR KEY SHARE;
    PERFORM offerengine_internal.refuse_dangling('offer', 'merchant', (
        SELECT min(n.merchant_id)::text FROM new_rows n
         WHERE NOT EXISTS (SELECT FROM offerengine.merchant m WHERE m.merchant_id = n.merchant_id)));
    PERFORM offerengine_internal.refuse_dangling('offer', 'product', (
        SELECT min(n.product_id)::text FROM new_rows n
         WHERE NOT EXISTS (SELECT FROM offerengine.product p WHERE p.product_id = n.product_id)));
    RETURN NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_check_offer_references() IS
    'What check_offer_references() does, as the owner.';

CREATE FUNCTION offerengine_internal.check_offer_references() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_check_references' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.check_offer_references() IS
    'After an INSERT into offer by an import (transition table): merchants and products exist (23503) and are held.';

CREATE FUNCTION offerengine_internal.do_check_offer_store_references() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.hold_offers('offer_store', h.missing, h.held)
       FROM (SELECT min(n.offer_id) FILTER (WHERE o.offer_id IS NULL) AS missing,
                    array_agg(DISTINCT n.offer_id) FILTER (WHERE o.xmin <> pg_current_xact_id()::xid) AS held
               FROM new_rows n
               LEFT JOIN offerengine.offer o ON o.offer_id = n.offer_id) AS h;
    PERFORM FROM offerengine.store s WHERE s.store_code IN (SELECT n.store_code FROM new_rows n)
      ORDER BY s.store_code FOR KEY SHARE;
    PERFORM offerengine_internal.refuse_dangling('offer_store', 'store', (
        SELECT min(n.store_code) FROM new_rows n
         WHERE NOT EXISTS (SELECT FROM offerengine.store s WHERE s.store_code = n.store_code)));
    RETURN NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_check_offer_store_references() IS
    'What check_offer_store_references() does, as the owner.';

CREATE FUNCTION offerengine_internal.check_offer_store_references() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_check_references' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.check_offer_store_references() IS
    'After an INSERT into offer_store by an import (transition table): offers and stores exist (23503) and are held.';

CREATE FUNCTION offerengine_internal.do_check_price_references() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM FROM offerengine.abstract_product a WHERE a.abstract_product_id IN (SELECT n.abstract_product_id FROM new_rows n)
      ORDER BY a.abstract_product_id FOR KEY SHARE;
    -- An offer's product is held by the offer.
    PERFORM FROM offerengine.product p
      WHERE p.product_id IN (SELECT n.product_id FROM new_rows n WHERE n.offer_id IS NULL) ORDER BY p.product_id FOR KEY SHARE;
    PERFORM offerengine_internal.hold_offers('price', h.missing, h.held)
       FROM (SELECT min(n.offer_id) FILTER (WHERE o.offer_id IS NULL) AS missing,
                    array_agg(DISTINCT n.offer_id) FILTER (WHERE o.xmin <> pg_current_xact_id()::xid) AS held
               FROM new_rows n
               LEFT JOIN offerengine.offer o ON o.offer_id = n.offer_id AND o.product_id = n.product_id
              WHERE n.offer_id IS NOT NULL) AS h;
    PERFORM FROM offerengine.merchant_relationship r
      WHERE r.merchant_relationship_id IN (SELECT n.merchant_relationship_id FROM new_rows n)
      ORDER BY r.merchant_relationship_id FOR KEY SHARE;
    PERFORM FROM offerengine.store s WHERE s.store_code IN (SELECT n.store_code FROM new_rows n)
      ORDER BY s.store_code FOR KEY SHARE;
    PERFORM FROM offerengine.currency c WHERE c.currency_code IN (SELECT n.currency_code FROM new_rows n)
      ORDER BY c.currency_code FOR KEY SHARE;
    PERFORM FROM offerengine.price_type t WHERE t.price_type IN (SELECT n.price_type FROM new_rows n)
      ORDER BY t.price_type FOR KEY SHARE;

    PERFORM offerengine_internal.refuse_dangling('price', 'abstract product', (
        SELECT min(n.abstract_product_id)::text FROM new_rows n
         WHERE n.abstract_product_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM offerengine.abstract_product t WHERE t.abstract_product_id = n.abstract_product_id)));
    PERFORM offerengine_internal.refuse_dangling('price', 'product', (
        SELECT min(n.product_id)::text FROM new_rows n
         WHERE n.offer_id IS NULL AND n.product_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM offerengine.product t WHERE t.product_id = n.product_id)));
    PERFORM offerengine_internal.refuse_dangling('price', 'relationship', (
        SELECT min(n.merchant_relationship_id)::text FROM new_rows n
         WHERE n.merchant_relationship_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM offerengine.merchant_relationship t
                   WHERE t.merchant_relationship_id = n.merchant_relationship_id)));
    PERFORM offerengine_internal.refuse_dangling('price', 'store', (
        SELECT min(n.store_code) FROM new_rows n
         WHERE n.store_code IS NOT NULL
           AND NOT EXISTS (SELECT FROM offerengine.store t WHERE t.store_code = n.store_code)));
    PERFORM offerengine_internal.refuse_dangling('price', 'currency', (
        SELECT min(n.currency_code) FROM new_rows n
         WHERE n.currency_code IS NOT NULL
           AND NOT EXISTS (SELECT FROM offerengine.currency t WHERE t.currency_code = n.currency_code)));
    PERFORM offerengine_internal.refuse_dangling('price', 'price type', (
        SELECT min(n.price_type) FROM new_rows n
         WHERE n.price_type IS NOT NULL
           AND NOT EXISTS (SELECT FROM offerengine.price_type t WHERE t.price_type = n.price_type)));
    RETURN NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_check_price_references() IS
    'What check_price_references() does, as the owner.';

CREATE FUNCTION offerengine_internal.check_price_references() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_check_references' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.check_price_references() IS
    'After an INSERT into price by an import (transition table): owners, relationships, stores, currencies and price types exist '
    '(23503) and are held.';

CREATE FUNCTION offerengine_internal.do_check_offer_approval_references() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.hold_offers('offer_approval', h.missing, h.held)
       FROM (SELECT min(n.offer_id) FILTER (WHERE o.offer_id IS NULL) AS missing,
                    array_agg(DISTINCT n.offer_id) FILTER (WHERE o.xmin <> pg_current_xact_id()::xid) AS held
               FROM new_rows n
               LEFT JOIN offerengine.offer o ON o.offer_id = n.offer_id) AS h;
    RETURN NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_check_offer_approval_references() IS
    'What check_offer_approval_references() does, as the owner.';

CREATE FUNCTION offerengine_internal.check_offer_approval_references() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_check_references' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.check_offer_approval_references() IS
    'After an INSERT into offer_approval during an import (transition table): offers exist (23503) and are held.';

CREATE FUNCTION offerengine_internal.do_check_offer_stock_references() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.hold_offers('offer_stock', h.missing, h.held)
       FROM (SELECT min(n.offer_id) FILTER (WHERE o.offer_id IS NULL) AS missing,
                    array_agg(DISTINCT n.offer_id) FILTER (WHERE o.xmin <> pg_current_xact_id()::xid) AS held
               FROM new_rows n
               LEFT JOIN offerengine.offer o ON o.offer_id = n.offer_id) AS h;
    PERFORM FROM offerengine.warehouse w WHERE w.warehouse_id IN (SELECT n.warehouse_id FROM new_rows n)
      ORDER BY w.warehouse_id FOR KEY SHARE;
    PERFORM offerengine_internal.refuse_dangling('offer_stock', 'warehouse', (
        SELECT min(n.warehouse_id)::text FROM new_rows n
         WHERE NOT EXISTS (SELECT FROM offerengine.warehouse w WHERE w.warehouse_id = n.warehouse_id)));
    RETURN NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_check_offer_stock_references() IS
    'What check_offer_stock_references() does, as the owner.';

CREATE FUNCTION offerengine_internal.check_offer_stock_references() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_check_references' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.check_offer_stock_references() IS
    'After an INSERT into offer_stock by an import (transition table): offers and warehouses exist (23503) and are held.';
