-- Writing of a plan: what replace ends, locks in one order, then each target in sets. The rows were judged before; what a session
-- without an import lock made meanwhile is found by the unique keys.

CREATE FUNCTION offerengine_internal.import_plan_ends(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- Default prices of offers that have always been valid, as price_product_offer names them. What a refused row names is not
    -- ended.
    INSERT INTO pg_temp.oe_plan_end (kind, file_no, price_id, offer_id)
    SELECT 'price', 17, p.price_id, p.offer_id
      FROM (SELECT DISTINCT o.merchant_id, n.store_code
              FROM pg_temp.oe_plan_price n JOIN offerengine.offer o ON o.offer_id = n.owner_id WHERE n.owner = 'o') AS scope
      JOIN offerengine.offer o ON o.merchant_id = scope.merchant_id
      JOIN offerengine.price p ON p.product_id = o.product_id AND p.offer_id = o.offer_id AND p.store_code = scope.store_code
     WHERE p.merchant_relationship_id IS NULL AND p.valid_from = '-infinity' AND p.valid_to > now()
       AND (context.merchant_id IS NULL OR o.merchant_id = context.merchant_id)
       AND NOT EXISTS (SELECT FROM pg_temp.oe_plan_price n
                        WHERE n.owner = 'o' AND n.owner_id = p.offer_id AND n.store_code = p.store_code
                          AND n.currency_code = p.currency_code AND n.price_type = p.price_type
                          AND (n.min_quantity = p.min_quantity AND n.valid_to = p.valid_to
                               OR n.pos IN (SELECT x.pos FROM pg_temp.oe_import_problem x WHERE x.severity = 'error')));
    IF context.merchant_id IS NULL THEN
        PERFORM offerengine_internal.import_plan_product_price_ends();
    END IF;

    INSERT INTO pg_temp.oe_plan_end (kind, file_no, offer_id, store_code)
    SELECT 'store', 16, os.offer_id, os.store_code
      FROM (SELECT DISTINCT k.merchant_id, n.store_code FROM pg_temp.oe_plan_offer_store n
              JOIN pg_temp.oe_known_offer k ON k.offer_id = n.offer_id WHERE n.store_code IS NOT NULL) AS scope
      JOIN offerengine.offer o ON o.merchant_id = scope.merchant_id
      JOIN offerengine.offer_store os ON os.offer_id = o.offer_id AND os.store_code = scope.store_code
     WHERE (context.merchant_id IS NULL OR o.merchant_id = context.merchant_id)
       AND NOT EXISTS (SELECT FROM pg_temp.oe_plan_offer_store n WHERE n.offer_id = os.offer_id AND n.store_code = os.store_code);
    INSERT INTO pg_temp.oe_plan_end (kind, file_no, offer_id, warehouse_id)
    SELECT 'stock', 18, st.offer_id, st.warehouse_id
      FROM (SELECT DISTINCT k.merchant_id, n.warehouse_id FROM pg_temp.oe_plan_stock n
              JOIN pg_temp.oe_known_offer k ON k.offer_id = n.offer_id WHERE n.warehouse_id IS NOT NULL) AS scope
      JOIN offerengine.offer o ON o.merchant_id = scope.merchant_id
      JOIN offerengine.offer_stock st ON st.offer_id = o.offer_id AND st.warehouse_id = scope.warehouse_id
     WHERE (st.quantity > 0 OR st.is_never_out_of_stock)
       AND (context.merchant_id IS NULL OR o.merchant_id = context.merchant_id)
       AND NOT EXISTS (SELECT FROM pg_temp.oe_plan_stock n WHERE n.offer_id = st.offer_id AND n.warehouse_id = st.warehouse_id);
    PERFORM offerengine_internal.import_filled('{oe_plan_end}');
    PERFORM offerengine_internal.import_plan_tier_ends();
    PERFORM offerengine_internal.import_filled('{oe_plan_end}');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_ends(offerengine_internal.import_context) IS
    'For mode replace: prices, stores and stock that are there and that the files do not name, of the merchants and the stores '
    '(for stock: '
    'warehouses) that they do name.';

CREATE FUNCTION offerengine_internal.import_plan_product_price_ends() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_plan_end (kind, file_no, price_id, product_id, abstract_product_id)
    SELECT 'price', scope.file_no, p.price_id, p.product_id, p.abstract_product_id
      FROM (SELECT DISTINCT n.pos >> 48 AS file_no, n.store_code, COALESCE(r.merchant_id, 0) AS merchant_id
              FROM pg_temp.oe_plan_price n
              LEFT JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = n.relationship_id
             WHERE n.owner <> 'o' AND n.store_code IS NOT NULL) AS scope
      JOIN offerengine.price p ON p.store_code = scope.store_code AND p.offer_id IS NULL
      LEFT JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = p.merchant_relationship_id
     WHERE p.valid_to > now() AND COALESCE(r.merchant_id, 0) = scope.merchant_id
       AND (p.valid_from = '-infinity') = (scope.file_no <> 21) AND (r.merchant_id IS NOT NULL) = (scope.file_no = 14)
       AND NOT EXISTS (SELECT FROM pg_temp.oe_plan_price n
                        WHERE n.owner = CASE WHEN p.product_id IS NULL THEN 'a' ELSE 'p' END
                          AND n.owner_id = COALESCE(p.product_id, p.abstract_product_id)
                          AND n.relationship_id = COALESCE(p.merchant_relationship_id, 0)
                          AND n.store_code = p.store_code AND n.currency_code = p.currency_code AND n.price_type = p.price_type
                          AND (n.min_quantity = p.min_quantity AND n.valid_from = p.valid_from AND n.valid_to = p.valid_to
                               OR n.pos IN (SELECT x.pos FROM pg_temp.oe_import_problem x WHERE x.severity = 'error')));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_product_price_ends() IS
    'The same for prices of products and abstract products: those without a window for product_price, those in one for '
    'product_price_schedule, contract prices for price_product_merchant_relationship.';

CREATE FUNCTION offerengine_internal.import_plan_tier_ends() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_plan_end (kind, file_no, price_id, offer_id, product_id, abstract_product_id)
    SELECT DISTINCT 'price', e.file_no, t.price_id, t.offer_id, CASE WHEN t.offer_id IS NULL THEN t.product_id END,
            t.abstract_product_id
      FROM pg_temp.oe_plan_end e
      JOIN offerengine.price b ON b.price_id = e.price_id AND b.min_quantity = 1
      JOIN offerengine.price t
        ON t.min_quantity > 1 AND t.valid_to > now() AND t.valid_from < b.valid_to AND t.valid_to > b.valid_from
       AND t.store_code = b.store_code AND t.currency_code = b.currency_code AND t.price_type = b.price_type
       AND t.merchant_relationship_id IS NOT DISTINCT FROM b.merchant_relationship_id
       AND (t.product_id = b.product_id AND t.offer_id IS NOT DISTINCT FROM b.offer_id
               OR t.abstract_product_id = b.abstract_product_id)
     WHERE NOT EXISTS (SELECT FROM pg_temp.oe_plan_end x WHERE x.price_id = t.price_id)
       AND NOT EXISTS (SELECT FROM pg_temp.oe_plan_price n WHERE n.price_id = t.price_id AND n.action <> 'x')
       AND NOT EXISTS (SELECT FROM offerengine.price s
                        WHERE s.min_quantity = 1 AND s.valid_from <= t.valid_from AND s.valid_to >= t.valid_to
                          AND COALESCE(s.abstract_product_id, 0) = COALESCE(t.abstract_product_id, 0)
                          AND COALESCE(s.product_id, 0) = COALESCE(t.product_id, 0)
                          AND COALESCE(s.offer_id, 0) = COALESCE(t.offer_id, 0)
                          AND COALESCE(s.merchant_relationship_id, 0) = COALESCE(t.merchant_relationship_id, 0)
                          AND s.store_code = t.store_code AND s.currency_code = t.currency_code AND s.price_type = t.price_type
                          AND NOT EXISTS (SELECT FROM pg_temp.oe_plan_end x WHERE x.price_id = s.price_id));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_tier_ends() IS
    'Tiers end with the base price that they need, unless another one that stays covers them; those that a file names have theirs '
    'from there.';

CREATE FUNCTION offerengine_internal.import_guard_ends() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    at_most CONSTANT text := NULLIF(current_setting('offerengine.import_max_ended', true), '');
    worst   record;
BEGIN
    IF at_most IS NULL OR NOT EXISTS (SELECT FROM pg_temp.oe_plan_end) THEN
        RETURN;
    END IF;
    SELECT a.thing, a.ended, a.present, m.merchant_reference INTO worst
      FROM (SELECT 'prices' AS thing, COALESCE(o.merchant_id, r.merchant_id) AS merchant_id, count(*) AS present,
                   count(*) FILTER (WHERE p.price_id IN (
                       SELECT e.price_id FROM pg_temp.oe_plan_end e WHERE e.kind = 'price')) AS ended
              FROM offerengine.price p
              LEFT JOIN offerengine.offer o ON o.offer_id = p.offer_id
              LEFT JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = p.merchant_relationship_id
             WHERE p.valid_to > now() GROUP BY 2
             UNION ALL
            SELECT 'stores', o.merchant_id, count(*),
                   count(*) FILTER (WHERE (s.offer_id, s.store_code) IN (
                       SELECT e.offer_id, e.store_code FROM pg_temp.oe_plan_end e WHERE e.kind = 'store'))
              FROM offerengine.offer_store s JOIN offerengine.offer o ON o.offer_id = s.offer_id GROUP BY 2
             UNION ALL
            SELECT 'stock', o.merchant_id, count(*),
                   count(*) FILTER (WHERE (s.offer_id, s.warehouse_id) IN (
                       SELECT e.offer_id, e.warehouse_id FROM pg_temp.oe_plan_end e WHERE e.kind = 'stock'))
              FROM offerengine.offer_stock s JOIN offerengine.offer o ON o.offer_id = s.offer_id
             WHERE s.quantity > 0 OR s.is_never_out_of_stock GROUP BY 2) AS a
      LEFT JOIN offerengine.merchant m ON m.merchant_id = a.merchant_id
     WHERE a.ended * 100.0 > a.present * at_most::numeric
     ORDER BY a.ended * 1.0 / a.present DESC, m.merchant_reference, a.thing LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the files would end % of the % % of %', worst.ended, worst.present,
            CASE worst.thing WHEN 'stock' THEN 'stocks' ELSE worst.thing END,
            COALESCE('merchant "' || worst.merchant_reference || '"', 'products without a merchant')
            USING ERRCODE = 'OE026',
                  DETAIL = format('At most %s percent of a merchant''s prices, stores or stock may end.', at_most),
                  HINT = 'Load all files of the merchant, or allow more.';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_guard_ends() IS
    'Refuses mode replace (OE026) when more of a merchant''s prices, stores or stock would end than the percentage in '
    'offerengine.import_max_ended, which the loader sets; without it, nothing.';

CREATE FUNCTION offerengine_internal.import_lock(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 100000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    products  bigint[];
    abstracts bigint[];
BEGIN
    products := ARRAY(
        SELECT k.product_id FROM pg_temp.oe_plan_offer_store s JOIN pg_temp.oe_known_offer k ON k.offer_id = s.offer_id
         WHERE s.action = 'i'
        UNION SELECT e.product_id FROM pg_temp.oe_plan_end e WHERE e.product_id IS NOT NULL
        UNION SELECT p.product_id FROM pg_temp.oe_plan_product p WHERE p.action = 'u'
        UNION SELECT p.owner_id FROM pg_temp.oe_plan_price p WHERE p.owner = 'p' AND p.action IN ('i', 'u'));
    IF context.merchant_id IS NOT NULL THEN
        PERFORM offerengine_internal.share_products(products);
    ELSE
        abstracts := ARRAY(
            SELECT p.abstract_product_id FROM offerengine.product p WHERE p.product_id = ANY (products)
            UNION SELECT p.abstract_product_id FROM pg_temp.oe_plan_product p WHERE p.action IN ('i', 'u')
            UNION SELECT p.abstract_product_id FROM pg_temp.oe_plan_abstract p WHERE p.action = 'u'
            UNION SELECT p.left_id FROM pg_temp.oe_plan_link p WHERE p.kind = 'abstract_product_store' AND p.action = 'i'
            UNION SELECT e.abstract_product_id FROM pg_temp.oe_plan_end e WHERE e.abstract_product_id IS NOT NULL
            UNION SELECT p.owner_id FROM pg_temp.oe_plan_price p WHERE p.owner = 'a' AND p.action IN ('i', 'u'));
        PERFORM FROM offerengine.abstract_product a WHERE a.abstract_product_id = ANY (abstracts)
          ORDER BY a.abstract_product_id FOR NO KEY UPDATE;
        PERFORM FROM offerengine.product p WHERE p.product_id = ANY (products) ORDER BY p.product_id FOR NO KEY UPDATE;
    END IF;

    PERFORM FROM offerengine.offer o WHERE o.offer_id IN (SELECT l.offer_id FROM pg_temp.oe_locked_offer l)
      ORDER BY o.offer_id FOR NO KEY UPDATE;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_lock(offerengine_internal.import_context) IS
    'Takes every row lock of the run before anything is written, in the order abstract product, product, offer, ids ascending.';

CREATE FUNCTION offerengine_internal.begin_bulk_import() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.bulk_begin();
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.begin_bulk_import() IS
    'From here to end_bulk_import() the new offers of an operator''s import stay at version 1, and references are checked in '
    'sets.';

CREATE FUNCTION offerengine_internal.end_bulk_import(tier_ids bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 1000 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.check_tiers(tier_ids);
    PERFORM offerengine_internal.bulk_end();
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.end_bulk_import(bigint[]) IS
    'Ends what begin_bulk_import() began, having held the base prices of these tiers (OE005 when one is gone). Tiers that are '
    'left out are judged at commit, like anybody''s.';

CREATE FUNCTION offerengine_internal.import_write(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 100000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    is_operators boolean := context.merchant_id IS NULL;
    tier_ids     bigint[];
BEGIN
    IF is_operators THEN
        PERFORM offerengine_internal.begin_bulk_import();
        PERFORM offerengine_internal.import_write_master_data();
        PERFORM offerengine_internal.import_measure('{merchant_relationship_assignee}');
        PERFORM offerengine_internal.import_write_products();
        PERFORM offerengine_internal.import_measure('{abstract_product_store}');
    END IF;
    PERFORM offerengine_internal.import_write_offers(is_operators);
    PERFORM offerengine_internal.import_measure('{offer_store}');
    PERFORM offerengine_internal.import_write_stock();
    PERFORM offerengine_internal.import_measure('{offer_stock}');
    tier_ids := offerengine_internal.import_write_prices();
    PERFORM offerengine_internal.import_write_ends();
    IF is_operators THEN
        PERFORM offerengine_internal.end_bulk_import(tier_ids);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_write(offerengine_internal.import_context) IS
    'Writes the plan. A merchant''s import writes as its role does anywhere, so that its changes to approved offers ask for '
    'approval.';

CREATE FUNCTION offerengine_internal.import_write_master_data() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 100000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO offerengine.store (store_code, name, time_zone)
    SELECT p.store_code, p.store_code, COALESCE(z.time_zone, 'UTC')
      FROM pg_temp.oe_plan_store p LEFT JOIN pg_temp.oe_plan_store_zone z ON z.store_code = p.store_code
     WHERE p.action = 'i' ORDER BY p.store_code;
    UPDATE offerengine.store s SET time_zone = z.time_zone
      FROM pg_temp.oe_plan_store_zone z WHERE z.store_code = s.store_code AND s.time_zone <> z.time_zone;

    UPDATE offerengine.store_currency c SET is_default = false
     WHERE c.is_default
       AND EXISTS (SELECT FROM pg_temp.oe_plan_store_currency p WHERE p.store_code = c.store_code
               AND p.currency_code <> c.currency_code
                      AND p.is_default AND p.action <> '=');
    UPDATE offerengine.store_currency c SET is_default = p.is_default
      FROM pg_temp.oe_plan_store_currency p
     WHERE p.store_code = c.store_code AND p.currency_code = c.currency_code AND p.is_default <> c.is_default;
    INSERT INTO offerengine.store_currency (store_code, currency_code, is_default)
    SELECT p.store_code, p.currency_code, p.is_default FROM pg_temp.oe_plan_store_currency p
     WHERE p.action = 'i' ORDER BY p.store_code, p.currency_code;

    INSERT INTO offerengine.merchant (merchant_id, merchant_reference, name, description, url, approval_status, is_active)
    TABLE pg_temp.oe_new_merchant;
    PERFORM offerengine_internal.import_measure('{store,store_currency,merchant}');
    UPDATE offerengine.merchant m SET name = p.name, description = p.description, url = p.url, is_active = p.is_active
      FROM pg_temp.oe_plan_merchant p WHERE p.merchant_id = m.merchant_id AND p.action = 'u';
    INSERT INTO offerengine.warehouse (warehouse_id, name, is_active)
    SELECT p.warehouse_id, p.name, p.is_active FROM pg_temp.oe_plan_warehouse p WHERE p.action = 'i' ORDER BY p.name;
    UPDATE offerengine.warehouse w SET is_active = p.is_active
      FROM pg_temp.oe_plan_warehouse p WHERE p.warehouse_id = w.warehouse_id AND p.action = 'u';
    PERFORM offerengine_internal.import_measure('{warehouse}');

    INSERT INTO offerengine.merchant_store (merchant_id, store_code)
    SELECT l.left_id, l.store_code FROM pg_temp.oe_plan_link l WHERE l.kind = 'merchant_store' AND l.action = 'i';
    INSERT INTO offerengine.warehouse_store (warehouse_id, store_code)
    SELECT l.left_id, l.store_code FROM pg_temp.oe_plan_link l WHERE l.kind = 'warehouse_store' AND l.action = 'i';
    INSERT INTO offerengine.merchant_warehouse (merchant_id, warehouse_id)
    SELECT l.left_id, l.right_id FROM pg_temp.oe_plan_link l WHERE l.kind = 'merchant_warehouse' AND l.action = 'i';

    INSERT INTO offerengine.merchant_relationship (merchant_relationship_id, relationship_key, merchant_id)
    SELECT p.merchant_relationship_id, p.relationship_key, p.merchant_id
      FROM pg_temp.oe_plan_relationship p WHERE p.action = 'i' ORDER BY p.relationship_key;
    PERFORM offerengine_internal.import_measure('{merchant_store,warehouse_store,merchant_warehouse,merchant_relationship}');
    DELETE FROM offerengine.merchant_relationship_assignee a USING pg_temp.oe_plan_relationship p
     WHERE p.merchant_relationship_id = a.merchant_relationship_id AND p.action = 'u' AND a.buyer <> ALL (p.buyers);
    INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, merchant_id, buyer)
    TABLE pg_temp.oe_new_assignee
    ON CONFLICT DO NOTHING;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_write_master_data() IS
    'Writes planned stores, currencies, merchants, warehouses and relationships.';

CREATE FUNCTION offerengine_internal.import_write_products() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 100000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO offerengine.abstract_product (abstract_product_id, abstract_sku, name)
    SELECT p.abstract_product_id, p.abstract_sku, p.name FROM pg_temp.oe_plan_abstract p
            WHERE p.action = 'i' ORDER BY p.abstract_sku;
    PERFORM offerengine_internal.import_measure('{abstract_product}');
    UPDATE offerengine.abstract_product a SET name = p.name
      FROM pg_temp.oe_plan_abstract p WHERE p.abstract_product_id = a.abstract_product_id AND p.action = 'u';
    INSERT INTO offerengine.product (product_id, sku, abstract_product_id, name, is_active, valid_from, valid_to)
    SELECT p.product_id, p.sku, p.abstract_product_id, p.name, p.is_active, p.valid_from, p.valid_to
      FROM pg_temp.oe_plan_product p WHERE p.action = 'i' ORDER BY p.sku;
    PERFORM offerengine_internal.import_measure('{product}');
    UPDATE offerengine.product t
       SET abstract_product_id = p.abstract_product_id, name = p.name, is_active = p.is_active,
           valid_from = p.valid_from, valid_to = p.valid_to
      FROM pg_temp.oe_plan_product p WHERE p.product_id = t.product_id AND p.action = 'u';
    INSERT INTO offerengine.abstract_product_store (abstract_product_id, store_code)
    SELECT l.left_id, l.store_code FROM pg_temp.oe_plan_link l WHERE l.kind = 'abstract_product_store' AND l.action = 'i'
     ORDER BY l.left_id, l.store_code;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_write_products() IS 'Writes planned abstract products, products and their stores.';

CREATE FUNCTION offerengine_internal.import_write_offers(is_operators boolean) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 100000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.import_write_new_offers(is_operators);
    PERFORM offerengine_internal.import_measure('{offer,offer_approval}');

    UPDATE offerengine.offer o SET merchant_sku = NULL FROM pg_temp.oe_moved_sku m WHERE m.offer_id = o.offer_id;
    UPDATE offerengine.offer o
       SET merchant_sku = c.merchant_sku, title = c.title, offer_type = c.offer_type, management = c.management,
           is_active = c.is_active, valid_from = c.valid_from, valid_to = c.valid_to
      FROM pg_temp.oe_changed_offer c WHERE c.offer_id = o.offer_id;

    IF is_operators THEN
        INSERT INTO offerengine.offer_store (offer_id, store_code, shown_from, shown_to, product_id, abstract_product_id,
                                             merchant_id, sku, offer_reference, title, offer_type, management, price_sheet_id)
        TABLE pg_temp.oe_new_offer_store;
    ELSE
        INSERT INTO offerengine.offer_store (offer_id, store_code)
        SELECT p.offer_id, p.store_code FROM pg_temp.oe_plan_offer_store p WHERE p.action = 'i';
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_write_offers(boolean) IS
    'Writes planned offers, their validity in the same statement, and their stores: an operator''s import projected already, so '
    'that '
    'the trigger finds nothing to rewrite.';

CREATE FUNCTION offerengine_internal.import_write_new_offers(is_operators boolean) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 100000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    planned bigint := (SELECT count(*) FROM pg_temp.oe_plan_offer p WHERE p.action = 'i');
    written bigint;
BEGIN
    IF planned = 0 THEN
        RETURN;
    END IF;
    IF is_operators THEN
        INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, merchant_sku, title, offer_type, management,
                                       is_active, valid_from, valid_to, offer_id, approval_status)
        TABLE pg_temp.oe_new_offer ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS written = ROW_COUNT;
    ELSE
        written := offerengine_internal.import_write_merchants_offers();
    END IF;
    IF written < planned THEN
        PERFORM offerengine_internal.import_give_up_offers();
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_write_new_offers(boolean) IS
    'Inserts planned offers in order of reference; a merchant''s wait for approval.';

CREATE FUNCTION offerengine_internal.import_write_merchants_offers() RETURNS bigint
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 100000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    written bigint;
BEGIN
    CREATE TEMP TABLE oe_made (offer_id bigint, offer_reference text COLLATE "C") ON COMMIT DROP;
    WITH m AS (
    INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, merchant_sku, title, offer_type, management,
        is_active, valid_from, valid_to)
    TABLE pg_temp.oe_waiting ON CONFLICT DO NOTHING RETURNING offer_id, offer_reference)
    INSERT INTO pg_temp.oe_made TABLE m;
    PERFORM offerengine_internal.import_filled('{oe_made}');
    WITH given AS (
        SELECT p.offer_id AS planned, m.offer_id
          FROM pg_temp.oe_made m JOIN pg_temp.oe_plan_offer p ON p.offer_reference = m.offer_reference AND p.action = 'i'),
    validity AS (UPDATE pg_temp.oe_plan_validity v SET offer_id = g.offer_id FROM given g WHERE v.offer_id = g.planned),
    stores AS (UPDATE pg_temp.oe_plan_offer_store s SET offer_id = g.offer_id FROM given g WHERE s.offer_id = g.planned),
    stock AS (UPDATE pg_temp.oe_plan_stock s SET offer_id = g.offer_id FROM given g WHERE s.offer_id = g.planned),
    prices AS (UPDATE pg_temp.oe_plan_price n SET owner_id = g.offer_id FROM given g
                WHERE n.owner = 'o' AND n.owner_id = g.planned)
    UPDATE pg_temp.oe_plan_offer p SET offer_id = g.offer_id FROM given g WHERE p.offer_id = g.planned;
    GET DIAGNOSTICS written = ROW_COUNT;
    DROP TABLE pg_temp.oe_made;
    RETURN written;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_write_merchants_offers() IS
    'Inserts a merchant''s planned offers under the ids that the table gives them, which take the place of the planned ones. '
    'Answers how many there are.';

CREATE FUNCTION offerengine_internal.import_write_stock() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 100000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM FROM offerengine.offer_stock s
       JOIN pg_temp.oe_plan_stock p ON p.offer_id = s.offer_id AND p.warehouse_id = s.warehouse_id
      WHERE p.action = 'u' ORDER BY s.offer_id, s.warehouse_id FOR NO KEY UPDATE OF s;
    -- The rows are held, and this statement sees what shipped until then.
    UPDATE offerengine.offer_stock s
       SET quantity = c.quantity, is_never_out_of_stock = c.is_never_out_of_stock, safety_quantity = c.safety_quantity
      FROM pg_temp.oe_changed_stock c WHERE c.offer_id = s.offer_id AND c.warehouse_id = s.warehouse_id;
    INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity, is_never_out_of_stock, safety_quantity)
    TABLE pg_temp.oe_new_stock;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_write_stock() IS 'Writes planned stock.';

CREATE FUNCTION offerengine_internal.import_give_up_offers() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    WITH lost AS (
        UPDATE pg_temp.oe_plan_offer p SET action = 'x'
         WHERE p.action = 'i' AND NOT EXISTS (SELECT FROM offerengine.offer o WHERE o.offer_id = p.offer_id)
        RETURNING p.pos, p.offer_id, p.offer_reference),
    stores AS (UPDATE pg_temp.oe_plan_offer_store p SET action = 'x' FROM lost l WHERE l.offer_id = p.offer_id RETURNING p.pos,
            l.offer_reference),
    stock AS (UPDATE pg_temp.oe_plan_stock p SET action = 'x' FROM lost l WHERE l.offer_id = p.offer_id RETURNING p.pos,
            l.offer_reference),
    validity AS (UPDATE pg_temp.oe_plan_validity p SET action = 'x' FROM lost l WHERE l.offer_id = p.offer_id RETURNING p.pos,
            l.offer_reference),
    prices AS (UPDATE pg_temp.oe_plan_price p SET action = 'x' FROM lost l WHERE p.owner = 'o' AND l.offer_id = p.owner_id
               RETURNING p.pos, l.offer_reference),
    refused AS (
        SELECT l.pos, l.offer_reference FROM lost l UNION SELECT s.pos, s.offer_reference FROM stores s
        UNION SELECT s.pos, s.offer_reference FROM stock s UNION SELECT s.pos, s.offer_reference FROM validity s
        UNION SELECT s.pos, s.offer_reference FROM prices s)
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT r.pos, 'error', 'product_offer_reference', r.offer_reference,
           'the reference or merchant SKU has been taken, by another merchant or a moment ago; load the row again to change '
           'that offer'
      FROM refused r;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_give_up_offers() IS
    'Refuses new offers whose reference or merchant SKU somebody else has made since they were planned, and what belongs to '
    'them.';

CREATE FUNCTION offerengine_internal.import_write_prices() RETURNS bigint[]
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 100000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    tier_ids bigint[];
BEGIN
    UPDATE offerengine.price t SET net_amount = p.net_amount, gross_amount = p.gross_amount
      FROM pg_temp.oe_plan_price p WHERE p.price_id = t.price_id AND p.action = 'u';
    INSERT INTO offerengine.price (abstract_product_id, product_id, offer_id, merchant_relationship_id, store_code, currency_code,
                                   price_type, min_quantity, net_amount, gross_amount, valid_from, valid_to)
    SELECT n.* FROM pg_temp.oe_new_price n WHERE n.min_quantity = 1;
    PERFORM offerengine_internal.import_measure('{price}');
    WITH w AS (
        INSERT INTO offerengine.price AS t (abstract_product_id, product_id, offer_id, merchant_relationship_id, store_code,
            currency_code, price_type, min_quantity, net_amount, gross_amount, valid_from, valid_to)
        SELECT n.* FROM pg_temp.oe_new_price n WHERE n.min_quantity > 1
        RETURNING t.price_id)
    SELECT array_agg(w.price_id) INTO tier_ids FROM w;
    RETURN tier_ids;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_write_prices() IS
    'Writes planned prices, base prices before their tiers; answers the ids of new tiers.';

CREATE FUNCTION offerengine_internal.import_merge_ends() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 100000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    UPDATE pg_temp.oe_plan_end e SET goes = m.goes
      FROM (SELECT t.price_id,
                   t.valid_from >= now() OR o.price_id IS NOT NULL OR row_number() OVER (
                       PARTITION BY t.abstract_product_id, t.product_id, t.offer_id, t.merchant_relationship_id, t.store_code,
                                    t.currency_code, t.price_type, t.min_quantity, t.valid_from ORDER BY t.valid_to) > 1 AS goes
              FROM pg_temp.oe_plan_end x
              JOIN offerengine.price t ON t.price_id = x.price_id
              LEFT JOIN offerengine.price o
                     ON o.valid_to = now() AND o.valid_from = t.valid_from
                    AND COALESCE(o.abstract_product_id, 0) = COALESCE(t.abstract_product_id, 0)
                    AND COALESCE(o.product_id, 0) = COALESCE(t.product_id, 0)
                    AND COALESCE(o.offer_id, 0) = COALESCE(t.offer_id, 0)
                    AND COALESCE(o.merchant_relationship_id, 0) = COALESCE(t.merchant_relationship_id, 0)
                    AND o.store_code = t.store_code AND o.currency_code = t.currency_code AND o.price_type = t.price_type
                    AND o.min_quantity = t.min_quantity
             WHERE x.kind = 'price') AS m
     WHERE e.kind = 'price' AND e.price_id = m.price_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_merge_ends() IS
    'Of the prices to end, marks those that go: what has not begun, and of windows that become equal all but the one that counted, '
    'which is the one that would have ended first.';

CREATE FUNCTION offerengine_internal.import_write_ends() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 100000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_temp.oe_plan_end) THEN
        RETURN;
    END IF;
    PERFORM offerengine_internal.import_merge_ends();
    PERFORM offerengine_internal.delete_prices(array_agg(e.price_id))
       FROM pg_temp.oe_plan_end e WHERE e.kind = 'price' AND e.goes;
    UPDATE offerengine.price t SET valid_to = now()
      FROM pg_temp.oe_plan_end e WHERE e.kind = 'price' AND e.price_id = t.price_id AND NOT e.goes;
    PERFORM offerengine_internal.delete_offer_stores(array_agg(e.offer_id), array_agg(e.store_code))
       FROM pg_temp.oe_plan_end e WHERE e.kind = 'store';
    UPDATE offerengine.offer_stock t SET quantity = 0, is_never_out_of_stock = false
      FROM pg_temp.oe_plan_end e WHERE e.kind = 'stock' AND e.offer_id = t.offer_id AND e.warehouse_id = t.warehouse_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_write_ends() IS
    'Ends what mode replace found: running prices end now and prices of the future go, offers leave stores, stock becomes 0.';
