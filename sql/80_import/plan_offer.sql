-- Planning of offers, their validity, stores and stock. These files are large: each is read once, refused rows are marked x, and
-- only those are read again to say what is wrong with them.

CREATE FUNCTION offerengine_internal.import_offer_problem(offer_reference text, offer_id bigint, offer_merchant_id bigint,
        merchant_id bigint)
RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN $2 IS NOT NULL AND ($4 IS NULL OR $3 = $4) THEN NULL
                ELSE offerengine_internal.import_unknown_problem($1, 'offer')
           END;
COMMENT ON FUNCTION offerengine_internal.import_offer_problem(text, bigint, bigint, bigint) IS
    'What is wrong with a reference to an offer, found as offer_id of offer_merchant_id, in an import for merchant_id (NULL: '
    'for all). Another merchant''s offer is unknown, whoever runs the import: the merchant reads its messages.';

CREATE FUNCTION offerengine_internal.import_offer_cell_problem(offer_type text, management text) RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN offerengine_internal.import_cell($1)
                     NOT IN ('product', 'time_pass', 'subscription', 'credit', 'add_on', 'gift_voucher')
                THEN 'must be product, time_pass, subscription, credit, add_on or gift_voucher'
                WHEN offerengine_internal.import_cell($2) NOT IN ('standard', 'externally_managed', 'externally_invoiced')
                THEN 'must be standard, externally_managed or externally_invoiced'
           END;
COMMENT ON FUNCTION offerengine_internal.import_offer_cell_problem(text, text) IS
    'What is wrong with an offer type, or else with a management mode; NULL: nothing, or both are empty.';

CREATE FUNCTION offerengine_internal.import_plan_offers(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_plan_offer (pos, offer_reference, offer_id, product_id, merchant_id, merchant_sku, title, offer_type,
                                       management, given_status, approval_status, is_active, action)
    SELECT s.pos, s.reference,
           CASE WHEN o.offer_id IS NOT NULL THEN o.offer_id WHEN context.is_dry_run OR context.merchant_id IS NOT NULL THEN -s.pos
                ELSE nextval('offerengine.offer_offer_id_seq') END,
           COALESCE(p.product_id, o.product_id), COALESCE(m.merchant_id, o.merchant_id, context.merchant_id),
           CASE WHEN s.merchant_sku IS NULL THEN o.merchant_sku ELSE offerengine_internal.import_cell(s.merchant_sku) END,
           CASE WHEN s.title IS NULL THEN o.title ELSE offerengine_internal.import_cell(s.title) END,
           COALESCE(s.type, o.offer_type, 'product'), COALESCE(s.mode, o.management, 'standard'),
           offerengine_internal.import_status(s.approval_status),
           COALESCE(o.approval_status,
                    CASE WHEN context.merchant_id IS NULL
                              AND NOT (offerengine_internal.import_status(s.approval_status) = 'approved'
                                       AND (s.type = 'subscription' IS TRUE OR m.merchant_id IN
                                            (SELECT k.merchant_id FROM offerengine.merchant k WHERE k.four_eyes)))
                         THEN offerengine_internal.import_status(s.approval_status) END,
                    'waiting_for_approval'),
           COALESCE(offerengine_internal.import_flag(s.is_active), o.is_active, true),
           CASE WHEN o.offer_id IS NULL AND offerengine_internal.import_code_problem(s.offer_reference) IS NOT NULL
                     OR COALESCE(p.product_id, o.product_id) IS NULL OR s.sku IS NOT NULL AND p.product_id IS NULL
                     OR p.product_id <> o.product_id
                     OR COALESCE(m.merchant_id, o.merchant_id, context.merchant_id) IS NULL
                     OR s.merchant IS NOT NULL AND m.merchant_id IS NULL OR m.merchant_id <> o.merchant_id
                     OR m.merchant_id <> context.merchant_id
                     OR s.merchant_sku IS NOT NULL AND offerengine_internal.import_cell(s.merchant_sku) IS NOT NULL
                        AND offerengine_internal.import_code_problem(s.merchant_sku) IS NOT NULL
                     OR offerengine_internal.import_title_problem(s.title) IS NOT NULL
                     OR offerengine_internal.import_flag_problem(s.is_active) IS NOT NULL
                     OR offerengine_internal.import_status_problem(s.approval_status) IS NOT NULL
                     OR offerengine_internal.import_offer_cell_problem(s.offer_type, s.management) IS NOT NULL THEN 'x'
                WHEN o.offer_id IS NULL THEN 'i'
                WHEN offerengine_internal.import_flag(s.is_active) <> o.is_active
                     OR s.merchant_sku IS NOT NULL AND offerengine_internal.import_cell(s.merchant_sku) IS DISTINCT
                         FROM o.merchant_sku
                     OR s.title IS NOT NULL AND offerengine_internal.import_cell(s.title) IS DISTINCT FROM o.title
                     OR s.type <> o.offer_type OR s.mode <> o.management THEN 'u'
                ELSE '=' END
      FROM (SELECT v.*, offerengine_internal.import_cell(v.offer_reference) AS reference,
          offerengine_internal.import_cell(v.concrete_sku) AS sku,
                   offerengine_internal.import_cell(v.merchant_reference) AS merchant,
                   offerengine_internal.import_cell(v.offer_type) AS type, offerengine_internal.import_cell(v.management) AS mode
              FROM offerengine_internal.import_offer v WHERE v.import_id = context.import_id) AS s
      LEFT JOIN offerengine.offer o
             ON o.offer_reference = s.reference AND (context.merchant_id IS NULL OR o.merchant_id = context.merchant_id)
      LEFT JOIN pg_temp.oe_known_product p ON p.sku = s.sku
      LEFT JOIN pg_temp.oe_known_merchant m ON m.merchant_reference = s.merchant;
    IF NOT FOUND AND NOT EXISTS (SELECT FROM offerengine_internal.import_offer_validity v WHERE v.import_id = context.import_id)
        THEN
        RETURN;
    END IF;
    PERFORM offerengine_internal.import_filled('{oe_plan_offer}');
    PERFORM offerengine_internal.import_explain_offers(context);
    IF context.merchant_id IS NOT NULL THEN
        PERFORM offerengine_internal.import_refuse_taken_references(context);
    END IF;
    PERFORM offerengine_internal.import_supersede('oe_plan_offer', '{offer_reference}', 'offer');
    PERFORM offerengine_internal.import_check_merchant_skus();
    PERFORM offerengine_internal.import_check_management(context);
    PERFORM offerengine_internal.import_check_types();
    PERFORM offerengine_internal.import_plan_validity(context);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_offers(offerengine_internal.import_context) IS
    'Plans the offers of merchant_product_offer and combined_merchant_product_offer, and their validity. An offer that is there '
    'keeps '
    'its product, merchant and approval status.';

CREATE FUNCTION offerengine_internal.import_refuse_taken_references(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    WITH refused AS (
        UPDATE pg_temp.oe_plan_offer p SET action = 'x'
          FROM unnest(offerengine_internal.import_taken_rows(context.import_id)) AS t (pos)
         WHERE p.pos = t.pos AND p.action <> 'x'
        RETURNING p.pos, p.offer_reference)
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT r.pos, 'error', 'product_offer_reference', r.offer_reference, 'the reference is taken; use another one' FROM refused r;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_refuse_taken_references(offerengine_internal.import_context) IS
    'In a merchant''s import, to which other merchants'' offers are unknown: refuses to make them anew.';

CREATE FUNCTION offerengine_internal.import_explain_offers(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT s.pos, 'error', s.prefix || c.column_name, c.value, c.message
      FROM (SELECT v.*, offerengine_internal.import_cell(v.offer_reference) AS reference,
          offerengine_internal.import_cell(v.concrete_sku) AS sku,
                   offerengine_internal.import_cell(v.merchant_reference) AS merchant
              FROM offerengine_internal.import_offer v
             WHERE v.import_id = context.import_id AND v.pos IN (SELECT x.pos FROM pg_temp.oe_plan_offer x
                     WHERE x.action = 'x')) AS s
      LEFT JOIN offerengine.offer o
             ON o.offer_reference = s.reference AND (context.merchant_id IS NULL OR o.merchant_id = context.merchant_id)
      LEFT JOIN offerengine.product op ON op.product_id = o.product_id
      LEFT JOIN offerengine.merchant om ON om.merchant_id = o.merchant_id
      LEFT JOIN pg_temp.oe_known_product p ON p.sku = s.sku
      LEFT JOIN pg_temp.oe_known_merchant m ON m.merchant_reference = s.merchant
     CROSS JOIN LATERAL (VALUES
           ('merchant_sku', s.merchant_sku, CASE WHEN offerengine_internal.import_cell(s.merchant_sku) IS NOT NULL
               THEN offerengine_internal.import_code_problem(s.merchant_sku) END),
           ('title', s.title, offerengine_internal.import_title_problem(s.title)),
           ('concrete_sku', s.concrete_sku,
               CASE WHEN s.sku IS NULL THEN CASE WHEN o.offer_id IS NULL THEN 'a value is required for a new offer' END
                    WHEN p.product_id IS NULL THEN offerengine_internal.import_unknown_problem(s.concrete_sku, 'product')
                    WHEN p.product_id <> o.product_id
                    THEN 'the offer is one of product "' || op.sku || '", which never changes' END),
           ('merchant_reference', s.merchant_reference,
               CASE WHEN s.merchant IS NULL AND COALESCE(o.merchant_id, context.merchant_id) IS NULL
                    THEN 'a value is required for a new offer'
                    WHEN s.merchant IS NOT NULL AND context.merchant_id IS NOT NULL
                         AND m.merchant_id IS DISTINCT FROM context.merchant_id THEN 'the import is another merchant''s'
                    WHEN s.merchant IS NOT NULL AND m.merchant_id IS NULL
                    THEN offerengine_internal.import_unknown_problem(s.merchant_reference, 'merchant')
                    WHEN m.merchant_id <> o.merchant_id
                    THEN 'the offer is merchant "' || om.merchant_reference || '"''s, which never changes' END),
           ('is_active', s.is_active, offerengine_internal.import_flag_problem(s.is_active)),
           ('approval_status', s.approval_status, offerengine_internal.import_status_problem(s.approval_status)),
           ('offer_type', s.offer_type, offerengine_internal.import_offer_cell_problem(s.offer_type, NULL)),
           ('management', s.management, offerengine_internal.import_offer_cell_problem(NULL, s.management)))
           AS c (column_name, value, message)
     WHERE c.message IS NOT NULL;
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT s.pos, 'error', 'product_offer_reference', s.offer_reference,
           offerengine_internal.import_code_problem(s.offer_reference)
      FROM offerengine_internal.import_offer s
     WHERE s.import_id = context.import_id AND offerengine_internal.import_code_problem(s.offer_reference) IS NOT NULL;

    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT p.pos, 'warning', CASE WHEN p.pos >> 48 = 20 THEN 'merchant_product_offer.' ELSE '' END || 'approval_status',
            p.given_status,
           CASE WHEN p.action = 'i' AND p.offer_type = 'subscription' THEN 'a new subscription waits for its steps'
                WHEN p.action = 'i' THEN 'a new offer of a merchant''s import, or of a merchant who asks for four eyes, '
                     'waits for approval'
                ELSE 'the offer exists and is ' || p.approval_status || ', which an import does not change' END
      FROM pg_temp.oe_plan_offer p
     WHERE p.action <> 'x' AND p.given_status <> p.approval_status;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_explain_offers(offerengine_internal.import_context) IS
    'Says what is wrong with the refused rows of offers, and which approval statuses were not applied.';

CREATE FUNCTION offerengine_internal.import_check_merchant_skus() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    WITH wanted AS (
        SELECT p.merchant_id, p.merchant_sku FROM pg_temp.oe_plan_offer p
         WHERE p.action <> 'x' AND p.merchant_sku IS NOT NULL
         GROUP BY p.merchant_id, p.merchant_sku HAVING count(*) > 1),
    claim AS (
        SELECT p.pos, p.offer_reference,
               first_value(p.offer_reference) OVER (PARTITION BY p.merchant_id, p.merchant_sku
                                                    ORDER BY o.merchant_sku IS DISTINCT FROM p.merchant_sku, p.pos) AS holder
          FROM pg_temp.oe_plan_offer p
          JOIN wanted w ON w.merchant_id = p.merchant_id AND w.merchant_sku = p.merchant_sku
          LEFT JOIN offerengine.offer o ON o.offer_id = p.offer_id
         WHERE p.action <> 'x'),
    loser AS (
        SELECT c.pos, c.holder FROM claim c WHERE c.holder <> c.offer_reference
        UNION ALL
        SELECT p.pos, o.offer_reference
          FROM pg_temp.oe_plan_offer p
          JOIN offerengine.offer o ON o.merchant_id = p.merchant_id AND o.merchant_sku = p.merchant_sku
                  AND o.offer_id <> p.offer_id
         WHERE p.action IN ('i', 'u')
           AND NOT EXISTS (SELECT FROM pg_temp.oe_plan_offer h WHERE h.offer_id = o.offer_id AND h.action <> 'x')),
    refused AS (
        UPDATE pg_temp.oe_plan_offer p SET action = 'x' FROM loser l WHERE l.pos = p.pos RETURNING p.pos, p.merchant_sku,
                l.holder)
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT r.pos, 'error', CASE WHEN r.pos >> 48 = 20 THEN 'merchant_product_offer.' ELSE '' END || 'merchant_sku',
            r.merchant_sku,
           'the merchant''s offer "' || r.holder || '" has it already'
      FROM refused r;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_check_merchant_skus() IS
    'Refuses offers whose merchant_sku is another offer''s of the merchant after the import: who has it keeps it, else the '
    'first row gets it.';

CREATE FUNCTION offerengine_internal.import_check_management(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    WITH judged AS (
        SELECT p.pos, p.management,
               CASE WHEN p.management = 'externally_managed' AND p.offer_type IN ('credit', 'add_on', 'gift_voucher')
                         OR p.management = 'externally_invoiced' AND p.offer_type IN ('credit', 'add_on')
                    THEN 'an offer of type ' || p.offer_type || ' cannot be ' || p.management
                    WHEN p.action = 'u' AND p.management <> o.management
                         AND EXISTS (SELECT FROM offerengine.offer_approval a
                                      WHERE a.offer_id = p.offer_id AND a.to_status = 'approved')
                    THEN 'the offer is ' || o.management || ', which is fixed since its first approval'
                    WHEN p.action = 'u' AND p.management <> o.management THEN t.message
               END AS message
          FROM pg_temp.oe_plan_offer p
          LEFT JOIN offerengine.offer o ON o.offer_id = p.offer_id AND p.action = 'u'
          LEFT JOIN offerengine_internal.import_target_problems(context.import_id) t
                 ON t.offer_id = p.offer_id AND t.management = p.management
         WHERE p.action IN ('i', 'u') AND (p.management <> 'standard' OR p.management <> o.management)),
    refused AS (
        UPDATE pg_temp.oe_plan_offer p SET action = 'x'
          FROM judged j WHERE j.pos = p.pos AND j.message IS NOT NULL
        RETURNING p.pos, j.management, j.message)
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT r.pos, 'error', 'management', r.management, r.message FROM refused r;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_check_management(offerengine_internal.import_context) IS
    'Refuses offers whose management their type cannot have, and other managements of offers that have been approved before or '
    'are targets of a sales rule that cannot be so.';

CREATE FUNCTION offerengine_internal.import_check_types() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    WITH refused AS (
        UPDATE pg_temp.oe_plan_offer p SET action = 'x'
          FROM offerengine.offer o
         WHERE o.offer_id = p.offer_id AND p.action = 'u' AND o.offer_type <> p.offer_type
           AND 'subscription' IN (o.offer_type, p.offer_type)
        RETURNING p.pos, p.offer_type, o.offer_type AS stored_type)
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT r.pos, 'error', 'offer_type', r.offer_type,
           'the offer is of type ' || r.stored_type || ', and subscriptions are priced in another way' FROM refused r;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_check_types() IS
    'Refuses to make an offer that is there a subscription, or a subscription another type: steps and prices go with it.';

CREATE FUNCTION offerengine_internal.import_plan_validity(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    CREATE TEMP TABLE oe_validity_row ON COMMIT DROP AS
    SELECT v.pos, v.prefix, v.offer_reference, v.valid_from AS from_cell, v.valid_to AS to_cell, v.zone, k.offer_id,
           k.merchant_id, k.is_new,
           COALESCE(offerengine_internal.import_instant(v.valid_from, v.zone, 'from'), '-infinity') AS valid_from,
           COALESCE(offerengine_internal.import_instant(v.valid_to, v.zone, 'to'), 'infinity') AS valid_to
      FROM (SELECT w.*, offerengine_internal.import_row_zone(context.time_zone, w.store_names) AS zone
              FROM offerengine_internal.import_offer_validity w) AS v
      LEFT JOIN pg_temp.oe_known_offer k ON k.offer_reference = offerengine_internal.import_cell(v.offer_reference)
     WHERE v.import_id = context.import_id;
    PERFORM offerengine_internal.import_filled('{oe_validity_row}');

    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT s.pos, 'error', c.column_name, c.value, c.message
      FROM pg_temp.oe_validity_row s
     CROSS JOIN LATERAL (VALUES
           ('product_offer_reference', s.offer_reference,
               offerengine_internal.import_offer_problem(s.offer_reference, s.offer_id, s.merchant_id, context.merchant_id)),
           (s.prefix || 'valid_from', s.from_cell, offerengine_internal.import_instant_problem(s.from_cell, s.zone)),
           (s.prefix || 'valid_to', s.to_cell, COALESCE(offerengine_internal.import_instant_problem(s.to_cell, s.zone),
               CASE WHEN s.valid_from >= s.valid_to THEN 'must be after valid_from' END))) AS c (column_name, value, message)
     WHERE c.message IS NOT NULL;
    INSERT INTO pg_temp.oe_plan_validity (pos, offer_reference, valid_from, valid_to, offer_id, action)
    SELECT s.pos, offerengine_internal.import_cell(s.offer_reference), s.valid_from, s.valid_to, s.offer_id,
           CASE WHEN s.is_new THEN 'i' WHEN (o.valid_from, o.valid_to) IS DISTINCT FROM (s.valid_from, s.valid_to) THEN 'u'
                   ELSE '=' END
      FROM pg_temp.oe_validity_row s
      LEFT JOIN offerengine.offer o ON o.offer_id = s.offer_id
     WHERE offerengine_internal.import_offer_problem(s.offer_reference, s.offer_id, s.merchant_id, context.merchant_id) IS NULL
       AND offerengine_internal.import_instant_problem(s.from_cell, s.zone) IS NULL
       AND offerengine_internal.import_instant_problem(s.to_cell, s.zone) IS NULL
       AND s.valid_from < s.valid_to;
    DROP TABLE pg_temp.oe_validity_row;
    PERFORM offerengine_internal.import_supersede('oe_plan_validity', '{offer_id}', 'validity');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_validity(offerengine_internal.import_context) IS
    'Plans product_offer_validity and its columns in combined_merchant_product_offer; an empty edge is open.';

CREATE FUNCTION offerengine_internal.import_plan_offer_stores(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_plan_offer_store (pos, offer_id, store_code, action)
    SELECT s.pos, k.offer_id, t.store_code,
           CASE WHEN offerengine_internal.import_offer_problem(s.offer_reference, k.offer_id, k.merchant_id,
                   context.merchant_id) IS NOT NULL
                     OR t.store_code IS NULL THEN 'x'
                WHEN os.offer_id IS NULL THEN 'i' ELSE '=' END
      FROM (SELECT v.*, offerengine_internal.import_cell(v.offer_reference) AS reference,
          offerengine_internal.import_cell(v.store_name) AS store
              FROM offerengine_internal.import_offer_store v WHERE v.import_id = context.import_id) AS s
      LEFT JOIN offerengine.offer o ON o.offer_reference = s.reference
      LEFT JOIN pg_temp.oe_plan_offer n ON n.offer_reference = s.reference AND n.action = 'i'
     CROSS JOIN LATERAL (SELECT COALESCE(o.offer_id, n.offer_id) AS offer_id, COALESCE(o.merchant_id, n.merchant_id) AS merchant_id)
           AS k
      LEFT JOIN pg_temp.oe_known_store t ON t.store_code = s.store
      LEFT JOIN offerengine.offer_store os ON os.offer_id = k.offer_id AND os.store_code = t.store_code;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM offerengine_internal.import_supersede('oe_plan_offer_store', '{offer_id,store_code}', 'store of an offer');

    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT s.pos, 'error', c.column_name, c.value, c.message
      FROM (SELECT v.* FROM offerengine_internal.import_offer_store v
             WHERE v.import_id = context.import_id
               AND v.pos IN (SELECT x.pos FROM pg_temp.oe_plan_offer_store x WHERE x.action = 'x')) AS s
      LEFT JOIN pg_temp.oe_known_offer k ON k.offer_reference = offerengine_internal.import_cell(s.offer_reference)
      LEFT JOIN pg_temp.oe_known_store t ON t.store_code = offerengine_internal.import_cell(s.store_name)
     CROSS JOIN LATERAL (VALUES
           ('product_offer_reference', s.offer_reference,
               offerengine_internal.import_offer_problem(s.offer_reference, k.offer_id, k.merchant_id, context.merchant_id)),
           (s.prefix || 'store_name', s.store_name,
               CASE WHEN t.store_code IS NULL THEN offerengine_internal.import_unknown_problem(s.store_name, 'store') END))
           AS c (column_name, value, message)
     WHERE c.message IS NOT NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_offer_stores(offerengine_internal.import_context) IS
    'Plans merchant_product_offer_store and the stores in combined_merchant_product_offer.';

CREATE FUNCTION offerengine_internal.import_plan_stock(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    -- What a cell leaves out stays NULL: the row may change before it is written.
    INSERT INTO pg_temp.oe_plan_stock
           (pos, offer_id, warehouse_id, quantity, is_never_out_of_stock, safety_quantity, counted_at, stock_means, action)
    SELECT s.pos, k.offer_id, w.warehouse_id, s.pieces, s.never, s.kept_back, s.counted, m.stock_means,
           CASE WHEN offerengine_internal.import_offer_problem(s.offer_reference, k.offer_id, k.merchant_id,
                   context.merchant_id) IS NOT NULL
                     OR w.warehouse_id IS NULL OR context.merchant_id IS NOT NULL AND mw.warehouse_id IS NULL
                     OR offerengine_internal.import_quantity_problem(s.quantity) IS NOT NULL
                     OR offerengine_internal.import_flag_problem(s.is_never_out_of_stock) IS NOT NULL
                     OR offerengine_internal.import_quantity_problem(s.safety_quantity) IS NOT NULL
                     OR offerengine_internal.import_count_problem(s.counted_at, context.time_zone) IS NOT NULL
                     OR s.pieces IS NULL AND (s.counted IS NOT NULL OR s.never IS NULL AND s.kept_back IS NULL) THEN 'x'
                WHEN st.offer_id IS NULL THEN 'i'
                WHEN st.quantity <> CASE WHEN s.counted IS NULL AND m.stock_means IS DISTINCT FROM 'free' THEN s.pieces
                                         ELSE offerengine_internal.counted(st.offer_id, st.warehouse_id, s.pieces, s.counted,
                                                                           coalesce(m.stock_means, 'on_shelf')) END
                     OR s.never <> st.is_never_out_of_stock OR s.kept_back <> st.safety_quantity THEN 'u'
                ELSE '=' END
      FROM (SELECT v.*, offerengine_internal.import_cell(v.offer_reference) AS reference,
              offerengine_internal.import_cell(v.stock_name) AS warehouse,
                   offerengine_internal.import_quantity(v.quantity) AS pieces,
                   offerengine_internal.import_flag(v.is_never_out_of_stock) AS never,
                   offerengine_internal.import_quantity(v.safety_quantity) AS kept_back,
                   offerengine_internal.import_instant(v.counted_at, nullif(context.time_zone, 'store'), 'from') AS counted
              FROM offerengine_internal.import_offer_stock v WHERE v.import_id = context.import_id) AS s
      LEFT JOIN offerengine.offer o ON o.offer_reference = s.reference
      LEFT JOIN pg_temp.oe_plan_offer n ON n.offer_reference = s.reference AND n.action = 'i'
     CROSS JOIN LATERAL (SELECT COALESCE(o.offer_id, n.offer_id) AS offer_id, COALESCE(o.merchant_id, n.merchant_id) AS merchant_id)
           AS k
      LEFT JOIN pg_temp.oe_known_warehouse w ON w.name = s.warehouse
      LEFT JOIN offerengine.merchant_warehouse mw ON mw.warehouse_id = w.warehouse_id AND mw.merchant_id = context.merchant_id
      LEFT JOIN offerengine.merchant m ON m.merchant_id = k.merchant_id
      LEFT JOIN offerengine.offer_stock st ON st.offer_id = k.offer_id AND st.warehouse_id = w.warehouse_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM offerengine_internal.import_refuse_repeats('oe_plan_stock', '{offer_id,warehouse_id}', 'stock');
    PERFORM offerengine_internal.import_supersede('oe_plan_stock', '{offer_id,warehouse_id}', 'stock');

    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT s.pos, 'error', c.column_name, c.value, c.message
      FROM (SELECT v.* FROM offerengine_internal.import_offer_stock v
             WHERE v.import_id = context.import_id AND v.pos IN (SELECT x.pos FROM pg_temp.oe_plan_stock x
                     WHERE x.action = 'x')) AS s
      LEFT JOIN pg_temp.oe_known_offer k ON k.offer_reference = offerengine_internal.import_cell(s.offer_reference)
      LEFT JOIN pg_temp.oe_known_warehouse w ON w.name = offerengine_internal.import_cell(s.stock_name)
      LEFT JOIN offerengine.merchant_warehouse mw ON mw.warehouse_id = w.warehouse_id AND mw.merchant_id = context.merchant_id
     CROSS JOIN LATERAL (VALUES
           ('product_offer_reference', s.offer_reference,
               offerengine_internal.import_offer_problem(s.offer_reference, k.offer_id, k.merchant_id, context.merchant_id)),
           (CASE WHEN s.prefix LIKE 'stock.%' THEN rtrim(s.prefix, '.') ELSE s.prefix || 'stock_name' END, s.stock_name,
               CASE WHEN w.warehouse_id IS NULL OR context.merchant_id IS NOT NULL AND mw.warehouse_id IS NULL
                    THEN offerengine_internal.import_unknown_problem(s.stock_name,
                             CASE WHEN context.merchant_id IS NULL THEN 'warehouse' ELSE 'warehouse of the merchant' END) END),
           (s.prefix || 'quantity', s.quantity, COALESCE(offerengine_internal.import_quantity_problem(s.quantity),
               CASE WHEN offerengine_internal.import_cell(s.quantity) IS NULL
                       AND (offerengine_internal.import_cell(s.counted_at) IS NOT NULL
                            OR offerengine_internal.import_cell(s.is_never_out_of_stock) IS NULL
                               AND offerengine_internal.import_cell(s.safety_quantity) IS NULL)
                    THEN 'a value is required' END)),
           (s.prefix || 'is_never_out_of_stock', s.is_never_out_of_stock,
                   offerengine_internal.import_flag_problem(s.is_never_out_of_stock)),
           (s.prefix || 'safety_quantity', s.safety_quantity, offerengine_internal.import_quantity_problem(s.safety_quantity)),
           (s.prefix || 'counted_at', s.counted_at,
                   offerengine_internal.import_count_problem(s.counted_at, context.time_zone)))
           AS c (column_name, value, message)
     WHERE c.message IS NOT NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_stock(offerengine_internal.import_context) IS
    'Plans product_offer_stock and the stock in combined_merchant_product_offer. A merchant''s import sets stock in its own '
    'warehouses only, and knows no other.';
