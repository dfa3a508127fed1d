-- Planning of what offers stand on: stores, currencies, merchants, warehouses, relationships, products, and the links between
-- them.
-- Cells: NULL means that the file has no such column (the stored value stays), '' that the cell is empty.

CREATE FUNCTION offerengine_internal.import_plan_stores(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT offerengine_internal.import_pos(1, s.row_no), 'error', 'name', s.name, offerengine_internal.import_code_problem(s.name)
      FROM offerengine.import_store s
     WHERE s.import_id = context.import_id AND offerengine_internal.import_code_problem(s.name) IS NOT NULL;
    PERFORM offerengine_internal.import_filled('{oe_import_problem}');
    INSERT INTO pg_temp.oe_plan_store (pos, store_code, action)
    SELECT s.pos, s.store_code, CASE WHEN t.store_code IS NULL THEN 'i' ELSE '=' END
      FROM (SELECT offerengine_internal.import_pos(1, s.row_no) AS pos, offerengine_internal.import_cell(s.name) AS store_code
              FROM offerengine.import_store s WHERE s.import_id = context.import_id) AS s
      LEFT JOIN offerengine.store t ON t.store_code = s.store_code
     WHERE NOT EXISTS (SELECT FROM pg_temp.oe_import_problem p WHERE p.pos = s.pos AND p.severity = 'error');
    PERFORM offerengine_internal.import_supersede('oe_plan_store', '{store_code}', 'store');

    PERFORM offerengine_internal.import_plan_store_currencies(context);
    PERFORM offerengine_internal.import_plan_store_zones(context);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_stores(offerengine_internal.import_context) IS
    'Plans store, currency_store and store_context.';

CREATE FUNCTION offerengine_internal.import_plan_store_currencies(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT s.pos, 'error', c.column_name, c.value, c.message
      FROM (SELECT offerengine_internal.import_pos(2, s.row_no) AS pos, s.* FROM offerengine.import_currency_store s
             WHERE s.import_id = context.import_id) AS s
      LEFT JOIN offerengine.currency u ON u.currency_code = offerengine_internal.import_cell(s.currency_code)
      LEFT JOIN pg_temp.oe_known_store k ON k.store_code = offerengine_internal.import_cell(s.store_name)
     CROSS JOIN LATERAL (VALUES
           ('currency_code', s.currency_code, CASE WHEN u.currency_code IS NULL
               THEN offerengine_internal.import_unknown_problem(s.currency_code, 'currency') END),
           ('store_name', s.store_name, CASE WHEN k.store_code IS NULL
               THEN offerengine_internal.import_unknown_problem(s.store_name, 'store') END),
           ('is_default', s.is_default, offerengine_internal.import_flag_problem(s.is_default))) AS c (column_name, value, message)
     WHERE c.message IS NOT NULL;
    PERFORM offerengine_internal.import_filled('{oe_import_problem}');
    INSERT INTO pg_temp.oe_plan_store_currency (pos, store_code, currency_code, is_default, action)
    SELECT s.pos, s.store_code, s.currency_code, COALESCE(s.is_default, c.is_default, false),
           CASE WHEN c.store_code IS NULL THEN 'i' WHEN c.is_default <> s.is_default THEN 'u' ELSE '=' END
      FROM (SELECT offerengine_internal.import_pos(2, s.row_no) AS pos,
          offerengine_internal.import_cell(s.store_name) AS store_code,
                   offerengine_internal.import_cell(s.currency_code) AS currency_code,
                           offerengine_internal.import_flag(s.is_default) AS is_default
              FROM offerengine.import_currency_store s WHERE s.import_id = context.import_id) AS s
      LEFT JOIN offerengine.store_currency c ON c.store_code = s.store_code AND c.currency_code = s.currency_code
     WHERE NOT EXISTS (SELECT FROM pg_temp.oe_import_problem p WHERE p.pos = s.pos AND p.severity = 'error');
    PERFORM offerengine_internal.import_supersede('oe_plan_store_currency', '{store_code,currency_code}', 'currency of a store');

    -- One default a store: the last row that claims it has it.
    WITH claimed AS (
        SELECT x.store_code, max(x.pos) AS pos FROM pg_temp.oe_plan_store_currency x WHERE x.is_default GROUP BY x.store_code),
    earlier AS (
        UPDATE pg_temp.oe_plan_store_currency p
           SET is_default = false,
               action = CASE WHEN p.action = 'i' THEN 'i'::"char"
                             WHEN EXISTS (SELECT FROM offerengine.store_currency c
                                           WHERE c.store_code = p.store_code AND c.currency_code = p.currency_code
                                             AND c.is_default)
                             THEN 'u' ELSE '=' END
          FROM claimed l
         WHERE l.store_code = p.store_code AND p.is_default AND l.pos > p.pos
        RETURNING p.pos, l.pos AS last_pos)
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message, other_pos)
    SELECT e.pos, 'notice', 'is_default', '1', 'a store has one default currency; a later row says another: ', e.last_pos
            FROM earlier e;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_store_currencies(offerengine_internal.import_context) IS
    'Plans currency_store. A new default takes the place of the old one.';

CREATE FUNCTION offerengine_internal.import_plan_store_zones(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    CREATE TEMP TABLE oe_store_context ON COMMIT DROP AS
    SELECT offerengine_internal.import_pos(3, s.row_no) AS pos, s.store_name, s.application_context_collection AS cell,
           offerengine_internal.import_cell(s.store_name) AS store_code, j.is_json,
           (SELECT c.value ->> 'timezone'
              FROM jsonb_array_elements(CASE WHEN jsonb_typeof(j.contexts) = 'array' THEN j.contexts ELSE '[]' END)
                   WITH ORDINALITY AS c (value, no)
             WHERE c.value ->> 'timezone' IS NOT NULL
             ORDER BY c.value ->> 'application' IS NOT NULL, c.no LIMIT 1) AS time_zone
      FROM offerengine.import_store_context s
     CROSS JOIN LATERAL (SELECT offerengine_internal.import_json(s.application_context_collection) IS NOT NULL AS is_json,
                                offerengine_internal.import_json(s.application_context_collection)
                                -> 'application_contexts' AS contexts) AS j
     WHERE s.import_id = context.import_id;
    PERFORM offerengine_internal.import_filled('{oe_store_context,oe_plan_store}');

    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT s.pos, 'error', c.column_name, c.value, c.message
      FROM pg_temp.oe_store_context s
      LEFT JOIN pg_temp.oe_known_store k ON k.store_code = s.store_code
      LEFT JOIN pg_timezone_names z ON z.name = s.time_zone
     CROSS JOIN LATERAL (VALUES
           ('store_name', s.store_name, CASE WHEN k.store_code IS NULL
               THEN offerengine_internal.import_unknown_problem(s.store_name, 'store') END),
           ('application_context_collection', s.cell, COALESCE(offerengine_internal.import_required_problem(s.cell),
               CASE WHEN NOT s.is_json
                    THEN offerengine_internal.import_json_problem(s.cell)
                    WHEN s.time_zone IS NULL THEN 'application_contexts names no timezone'
                    WHEN z.name IS NULL THEN 'unknown time zone "' || s.time_zone || '"' END))) AS c (column_name, value, message)
     WHERE c.message IS NOT NULL;
    PERFORM offerengine_internal.import_filled('{oe_import_problem}');
    INSERT INTO pg_temp.oe_plan_store_zone (pos, store_code, time_zone, action)
    SELECT s.pos, s.store_code, s.time_zone, CASE WHEN t.time_zone = s.time_zone THEN '=' ELSE 'u' END
      FROM pg_temp.oe_store_context s
      LEFT JOIN offerengine.store t ON t.store_code = s.store_code
     WHERE NOT EXISTS (SELECT FROM pg_temp.oe_import_problem p WHERE p.pos = s.pos AND p.severity = 'error');
    DROP TABLE pg_temp.oe_store_context;
    PERFORM offerengine_internal.import_supersede('oe_plan_store_zone', '{store_code}', 'store');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_store_zones(offerengine_internal.import_context) IS
    'Plans store_context: a store''s time zone is that of the context without an application, else of the first.';

CREATE FUNCTION offerengine_internal.import_plan_merchants(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT s.pos, c.severity, c.column_name, c.value, c.message
      FROM (SELECT offerengine_internal.import_pos(4, s.row_no) AS pos, s.* FROM offerengine.import_merchant s
             WHERE s.import_id = context.import_id) AS s
      LEFT JOIN offerengine.merchant m ON m.merchant_reference = offerengine_internal.import_cell(s.merchant_reference)
     CROSS JOIN LATERAL (VALUES
           ('error', 'merchant_reference', s.merchant_reference,
               offerengine_internal.import_code_problem(s.merchant_reference)),
           ('error', 'merchant_name', s.merchant_name, COALESCE(offerengine_internal.import_title_problem(s.merchant_name),
               CASE WHEN m.merchant_id IS NULL THEN offerengine_internal.import_required_problem(s.merchant_name) END)),
           ('error', 'status', s.status, offerengine_internal.import_status_problem(s.status)),
           ('error', 'is_active', s.is_active, offerengine_internal.import_flag_problem(s.is_active)),
           ('warning', 'status', s.status, CASE WHEN m.approval_status <> offerengine_internal.import_status(s.status)
               THEN 'the merchant exists and is ' || m.approval_status || ', which an import does not change' END))
           AS c (severity, column_name, value, message)
     WHERE c.message IS NOT NULL;
    PERFORM offerengine_internal.import_filled('{oe_import_problem}');
    INSERT INTO pg_temp.oe_plan_merchant (pos, merchant_reference, merchant_id, name, description, url, approval_status,
            is_active, action)
    SELECT s.pos, s.merchant_reference,
           CASE WHEN m.merchant_id IS NOT NULL THEN m.merchant_id WHEN context.is_dry_run THEN -s.pos
                ELSE nextval('offerengine.merchant_merchant_id_seq') END,
           COALESCE(s.name, m.name),
           CASE WHEN s.description IS NULL THEN m.description ELSE offerengine_internal.import_cell(s.description) END,
           COALESCE(s.url, m.url), COALESCE(m.approval_status, s.approval_status, 'waiting_for_approval'),
           COALESCE(s.is_active, m.is_active, true),
           CASE WHEN m.merchant_id IS NULL THEN 'i'
                WHEN s.name <> m.name
                     OR offerengine_internal.import_cell(s.description) IS DISTINCT FROM m.description AND s.description IS NOT NULL
                     OR s.url IS DISTINCT FROM m.url AND s.url IS NOT NULL OR s.is_active <> m.is_active THEN 'u'
                ELSE '=' END
      FROM (SELECT offerengine_internal.import_pos(4, s.row_no) AS pos,
              offerengine_internal.import_cell(s.merchant_reference) AS merchant_reference,
                   offerengine_internal.import_cell(s.merchant_name) AS name, s.description,
                   offerengine_internal.import_localized(s.url, s.url_en_us, s.url_de_de, s.dynamic, 'url.') AS url,
                   offerengine_internal.import_status(s.status) AS approval_status,
                       offerengine_internal.import_flag(s.is_active) AS is_active
              FROM offerengine.import_merchant s WHERE s.import_id = context.import_id) AS s
      LEFT JOIN offerengine.merchant m ON m.merchant_reference = s.merchant_reference
     WHERE NOT EXISTS (SELECT FROM pg_temp.oe_import_problem p WHERE p.pos = s.pos AND p.severity = 'error');
    PERFORM offerengine_internal.import_supersede('oe_plan_merchant', '{merchant_reference}', 'merchant');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_merchants(offerengine_internal.import_context) IS
    'Plans merchant. An approval status counts for new merchants only.';

CREATE FUNCTION offerengine_internal.import_plan_warehouses(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT offerengine_internal.import_pos(9, s.row_no), 'error', c.column_name, c.value, c.message
      FROM offerengine.import_warehouse s
     CROSS JOIN LATERAL (VALUES
           ('name', s.name, offerengine_internal.import_code_problem(s.name)),
           ('is_active', s.is_active, offerengine_internal.import_flag_problem(s.is_active))) AS c (column_name, value, message)
     WHERE s.import_id = context.import_id AND c.message IS NOT NULL;
    PERFORM offerengine_internal.import_filled('{oe_import_problem}');
    INSERT INTO pg_temp.oe_plan_warehouse (pos, name, warehouse_id, is_active, action)
    SELECT s.pos, s.name,
           CASE WHEN w.warehouse_id IS NOT NULL THEN w.warehouse_id WHEN context.is_dry_run THEN -s.pos
                ELSE nextval('offerengine.warehouse_warehouse_id_seq') END,
           COALESCE(s.is_active, w.is_active, true),
           CASE WHEN w.warehouse_id IS NULL THEN 'i' WHEN s.is_active <> w.is_active THEN 'u' ELSE '=' END
      FROM (SELECT offerengine_internal.import_pos(9, s.row_no) AS pos, offerengine_internal.import_cell(s.name) AS name,
                   offerengine_internal.import_flag(s.is_active) AS is_active
              FROM offerengine.import_warehouse s WHERE s.import_id = context.import_id) AS s
      LEFT JOIN offerengine.warehouse w ON w.name = s.name
     WHERE NOT EXISTS (SELECT FROM pg_temp.oe_import_problem p WHERE p.pos = s.pos AND p.severity = 'error');
    PERFORM offerengine_internal.import_supersede('oe_plan_warehouse', '{name}', 'warehouse');
    PERFORM offerengine_internal.import_filled('{oe_plan_warehouse,oe_plan_merchant}');

    -- A merchant's warehouse that no file describes is made by the row that gives it to its merchant.
    INSERT INTO pg_temp.oe_plan_warehouse (pos, name, warehouse_id, is_active, action)
    SELECT s.pos, s.name, CASE WHEN context.is_dry_run THEN -s.pos ELSE nextval('offerengine.warehouse_warehouse_id_seq') END,
            true, 'i'
      FROM (SELECT min(offerengine_internal.import_pos(10, s.row_no)) AS pos, offerengine_internal.import_cell(s.stock_name) AS name
              FROM offerengine.import_merchant_stock s
              JOIN pg_temp.oe_known_merchant m ON m.merchant_reference = offerengine_internal.import_cell(s.merchant_reference)
             WHERE s.import_id = context.import_id AND offerengine_internal.import_code_problem(s.stock_name) IS NULL
             GROUP BY 2) AS s
     WHERE NOT EXISTS (SELECT FROM pg_temp.oe_known_warehouse k WHERE k.name = s.name);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_warehouses(offerengine_internal.import_context) IS
    'Plans warehouse, and the warehouses that merchant_stock names and nobody knows.';

CREATE FUNCTION offerengine_internal.import_plan_relationships(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT offerengine_internal.import_pos(12, s.row_no), 'error', c.column_name, c.value, c.message
      FROM offerengine.import_merchant_relationship s
      LEFT JOIN pg_temp.oe_known_merchant m ON m.merchant_reference = offerengine_internal.import_cell(s.merchant_reference)
      LEFT JOIN offerengine.merchant_relationship r
             ON r.relationship_key = offerengine_internal.import_cell(s.merchant_relation_key)
     CROSS JOIN LATERAL (VALUES
           ('merchant_relation_key', s.merchant_relation_key,
               offerengine_internal.import_code_problem(s.merchant_relation_key)),
           ('company_business_unit_assignee_keys', s.company_business_unit_assignee_keys,
               CASE WHEN NOT offerengine_internal.import_is_plain(s.company_business_unit_assignee_keys)
                    THEN (SELECT 'buyer ' || b.no || ': ' || offerengine_internal.import_code_problem(b.buyer)
                            FROM string_to_table(s.company_business_unit_assignee_keys, ';') WITH ORDINALITY AS b (buyer, no)
                           WHERE offerengine_internal.import_cell(b.buyer) IS NOT NULL
                             AND offerengine_internal.import_code_problem(b.buyer) IS NOT NULL
                           ORDER BY b.no LIMIT 1) END),
           ('merchant_reference', s.merchant_reference,
               CASE WHEN m.merchant_id IS NULL THEN offerengine_internal.import_unknown_problem(s.merchant_reference, 'merchant')
                    WHEN r.merchant_id <> m.merchant_id THEN 'the relationship exists and is another merchant''s' END))
           AS c (column_name, value, message)
     WHERE s.import_id = context.import_id AND c.message IS NOT NULL;
    PERFORM offerengine_internal.import_filled('{oe_import_problem}');
    INSERT INTO pg_temp.oe_plan_relationship (pos, relationship_key, merchant_relationship_id, merchant_id, buyers, action)
    SELECT s.pos, s.relationship_key,
           CASE WHEN r.merchant_relationship_id IS NOT NULL THEN r.merchant_relationship_id WHEN context.is_dry_run THEN -s.pos
                ELSE nextval('offerengine.merchant_relationship_merchant_relationship_id_seq') END,
           m.merchant_id, s.buyers,
           CASE WHEN r.merchant_relationship_id IS NULL THEN 'i'
                WHEN s.buyers IS DISTINCT FROM stored.buyers AND s.buyers IS NOT NULL THEN 'u' ELSE '=' END
      FROM (SELECT offerengine_internal.import_pos(12, s.row_no) AS pos, s.merchant_reference,
                   offerengine_internal.import_cell(s.merchant_relation_key) AS relationship_key,
                   CASE WHEN s.company_business_unit_assignee_keys IS NOT NULL THEN ARRAY(
                       SELECT DISTINCT offerengine_internal.import_cell(a.buyer) COLLATE "C" FROM
                              string_to_table(s.company_business_unit_assignee_keys, ';') AS a (buyer)
                        WHERE offerengine_internal.import_cell(a.buyer) IS NOT NULL ORDER BY 1) END AS buyers
              FROM offerengine.import_merchant_relationship s WHERE s.import_id = context.import_id) AS s
      JOIN pg_temp.oe_known_merchant m ON m.merchant_reference = offerengine_internal.import_cell(s.merchant_reference)
      LEFT JOIN offerengine.merchant_relationship r ON r.relationship_key = s.relationship_key
     CROSS JOIN LATERAL (SELECT ARRAY(SELECT a.buyer FROM offerengine.merchant_relationship_assignee a
                                       WHERE a.merchant_relationship_id = r.merchant_relationship_id
                                       ORDER BY a.buyer COLLATE "C") AS buyers) AS stored
     WHERE NOT EXISTS (SELECT FROM pg_temp.oe_import_problem p WHERE p.pos = s.pos AND p.severity = 'error');
    PERFORM offerengine_internal.import_supersede('oe_plan_relationship', '{relationship_key}', 'relationship');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_relationships(offerengine_internal.import_context) IS
    'Plans merchant_relationship: the assignees of a row are the whole set.';

CREATE FUNCTION offerengine_internal.import_plan_products(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT offerengine_internal.import_pos(5, s.row_no), 'error', c.column_name, c.value, c.message
      FROM offerengine.import_product_abstract s
     CROSS JOIN LATERAL (
           SELECT offerengine_internal.import_localized(s.name, s.name_en_us, s.name_de_de, s.dynamic, 'name.') AS name) AS l
     CROSS JOIN LATERAL (VALUES
           ('abstract_sku', s.abstract_sku, offerengine_internal.import_code_problem(s.abstract_sku)),
           ('name', l.name, offerengine_internal.import_title_problem(l.name))) AS c (column_name, value, message)
     WHERE s.import_id = context.import_id AND c.message IS NOT NULL;
    PERFORM offerengine_internal.import_filled('{oe_import_problem}');
    INSERT INTO pg_temp.oe_plan_abstract (pos, abstract_sku, abstract_product_id, name, action)
    SELECT s.pos, s.abstract_sku,
           CASE WHEN a.abstract_product_id IS NOT NULL THEN a.abstract_product_id WHEN context.is_dry_run THEN -s.pos
                ELSE nextval('offerengine.abstract_product_abstract_product_id_seq') END,
           COALESCE(s.name, a.name),
           CASE WHEN a.abstract_product_id IS NULL THEN 'i'
                WHEN s.name IS DISTINCT FROM a.name AND s.name IS NOT NULL THEN 'u' ELSE '=' END
      FROM (SELECT offerengine_internal.import_pos(5, s.row_no) AS pos,
          offerengine_internal.import_cell(s.abstract_sku) AS abstract_sku,
                   offerengine_internal.import_localized(s.name, s.name_en_us, s.name_de_de, s.dynamic, 'name.') AS name
              FROM offerengine.import_product_abstract s WHERE s.import_id = context.import_id) AS s
      LEFT JOIN offerengine.abstract_product a ON a.abstract_sku = s.abstract_sku
     WHERE NOT EXISTS (SELECT FROM pg_temp.oe_import_problem p WHERE p.pos = s.pos AND p.severity = 'error');
    PERFORM offerengine_internal.import_supersede('oe_plan_abstract', '{abstract_sku}', 'abstract product');
    PERFORM offerengine_internal.import_filled('{oe_plan_abstract}');

    PERFORM offerengine_internal.import_plan_concrete_products(context);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_products(offerengine_internal.import_context) IS
    'Plans product_abstract and product_concrete.';

CREATE FUNCTION offerengine_internal.import_plan_concrete_products(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    CREATE TEMP TABLE oe_product_row ON COMMIT DROP AS
    SELECT offerengine_internal.import_pos(6, s.row_no) AS pos, s.abstract_sku, s.concrete_sku, s.is_active AS active_cell,
           s.valid_from AS from_cell, s.valid_to AS to_cell, z.zone,
           offerengine_internal.import_cell(s.concrete_sku) AS sku, a.abstract_product_id, p.product_id,
           COALESCE(offerengine_internal.import_localized(s.name, s.name_en_us, s.name_de_de, s.dynamic, 'name.'), p.name) AS name,
           COALESCE(offerengine_internal.import_flag(s.is_active), p.is_active, true) AS is_active,
           COALESCE(offerengine_internal.import_instant(s.valid_from, z.zone, 'from'),
                    CASE WHEN s.valid_from IS NULL THEN p.valid_from END, '-infinity') AS valid_from,
           COALESCE(offerengine_internal.import_instant(s.valid_to, z.zone, 'to'),
                    CASE WHEN s.valid_to IS NULL THEN p.valid_to END, 'infinity') AS valid_to
      FROM offerengine.import_product_concrete s
     CROSS JOIN (SELECT offerengine_internal.import_row_zone(context.time_zone, NULL) AS zone) AS z
      LEFT JOIN pg_temp.oe_known_abstract a ON a.abstract_sku = offerengine_internal.import_cell(s.abstract_sku)
      LEFT JOIN offerengine.product p ON p.sku = offerengine_internal.import_cell(s.concrete_sku)
     WHERE s.import_id = context.import_id;
    PERFORM offerengine_internal.import_filled('{oe_product_row}');

    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT s.pos, 'error', c.column_name, c.value, c.message
      FROM pg_temp.oe_product_row s
     CROSS JOIN LATERAL (VALUES
           ('abstract_sku', s.abstract_sku, CASE WHEN s.abstract_product_id IS NULL
               THEN offerengine_internal.import_unknown_problem(s.abstract_sku, 'abstract product') END),
           ('concrete_sku', s.concrete_sku, offerengine_internal.import_code_problem(s.concrete_sku)),
           ('name', s.name, offerengine_internal.import_title_problem(s.name)),
           ('is_active', s.active_cell, offerengine_internal.import_flag_problem(s.active_cell)),
           ('valid_from', s.from_cell, offerengine_internal.import_instant_problem(s.from_cell, s.zone)),
           ('valid_to', s.to_cell, COALESCE(offerengine_internal.import_instant_problem(s.to_cell, s.zone),
               CASE WHEN s.valid_from >= s.valid_to THEN 'must be after valid_from' END))) AS c (column_name, value, message)
     WHERE c.message IS NOT NULL;
    PERFORM offerengine_internal.import_filled('{oe_import_problem}');
    INSERT INTO pg_temp.oe_plan_product (pos, sku, product_id, abstract_product_id, name, is_active, valid_from, valid_to, action)
    SELECT s.pos, s.sku,
           CASE WHEN s.product_id IS NOT NULL THEN s.product_id WHEN context.is_dry_run THEN -s.pos
                ELSE nextval('offerengine.product_product_id_seq') END,
           s.abstract_product_id, s.name, s.is_active, s.valid_from, s.valid_to,
           CASE WHEN p.product_id IS NULL THEN 'i'
                WHEN (s.abstract_product_id, s.name, s.is_active, s.valid_from, s.valid_to) IS DISTINCT FROM
                     (p.abstract_product_id, p.name, p.is_active, p.valid_from, p.valid_to) THEN 'u'
                ELSE '=' END
      FROM pg_temp.oe_product_row s
      LEFT JOIN offerengine.product p ON p.product_id = s.product_id
     WHERE NOT EXISTS (SELECT FROM pg_temp.oe_import_problem x WHERE x.pos = s.pos AND x.severity = 'error');
    DROP TABLE pg_temp.oe_product_row;
    PERFORM offerengine_internal.import_supersede('oe_plan_product', '{sku}', 'product');
    PERFORM offerengine_internal.import_filled('{oe_plan_product}');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_concrete_products(offerengine_internal.import_context) IS
    'Plans product_concrete.';

CREATE FUNCTION offerengine_internal.import_plan_links(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.import_plan_store_link(context, 7, 'abstract_product_store', 'product_abstract_store',
        'abstract_sku',
                                                'oe_known_abstract', 'abstract_sku', 'abstract_product_id',
                                                        'abstract product');
    PERFORM offerengine_internal.import_plan_store_link(context, 8, 'merchant_store', 'merchant_store', 'merchant_reference',
                                                'oe_known_merchant', 'merchant_reference', 'merchant_id', 'merchant');
    PERFORM offerengine_internal.import_plan_store_link(context, 11, 'warehouse_store', 'warehouse_store', 'warehouse_name',
                                                'oe_known_warehouse', 'name', 'warehouse_id', 'warehouse');

    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT offerengine_internal.import_pos(10, s.row_no), 'error', c.column_name, c.value, c.message
      FROM offerengine.import_merchant_stock s
      LEFT JOIN pg_temp.oe_known_merchant m ON m.merchant_reference = offerengine_internal.import_cell(s.merchant_reference)
     CROSS JOIN LATERAL (VALUES
           ('merchant_reference', s.merchant_reference, CASE WHEN m.merchant_id IS NULL
               THEN offerengine_internal.import_unknown_problem(s.merchant_reference, 'merchant') END),
           ('stock_name', s.stock_name, offerengine_internal.import_code_problem(s.stock_name))) AS c (column_name, value, message)
     WHERE s.import_id = context.import_id AND c.message IS NOT NULL;
    PERFORM offerengine_internal.import_filled('{oe_import_problem}');
    INSERT INTO pg_temp.oe_plan_link (pos, kind, left_id, right_id, store_code, action)
    SELECT s.pos, 'merchant_warehouse', m.merchant_id, w.warehouse_id, '', CASE WHEN mw.merchant_id IS NULL THEN 'i' ELSE '=' END
      FROM (SELECT offerengine_internal.import_pos(10, s.row_no) AS pos,
              offerengine_internal.import_cell(s.merchant_reference) AS merchant_reference,
                   offerengine_internal.import_cell(s.stock_name) AS name
              FROM offerengine.import_merchant_stock s WHERE s.import_id = context.import_id) AS s
      JOIN pg_temp.oe_known_merchant m ON m.merchant_reference = s.merchant_reference
      JOIN pg_temp.oe_known_warehouse w ON w.name = s.name
      LEFT JOIN offerengine.merchant_warehouse mw ON mw.merchant_id = m.merchant_id AND mw.warehouse_id = w.warehouse_id
     WHERE NOT EXISTS (SELECT FROM pg_temp.oe_import_problem p WHERE p.pos = s.pos AND p.severity = 'error');
    PERFORM offerengine_internal.import_supersede('oe_plan_link', '{kind,left_id,right_id,store_code}', 'link');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_links(offerengine_internal.import_context) IS
    'Plans product_abstract_store, merchant_store, warehouse_store and merchant_stock.';

CREATE FUNCTION offerengine_internal.import_plan_store_link(context offerengine_internal.import_context, file_no bigint, kind text,
    file text,
                                                    file_column text, known text, known_key text, known_id text, thing text)
RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    EXECUTE format($sql$
        INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
        SELECT offerengine_internal.import_pos($1, s.row_no), 'error', c.column_name, c.value, c.message
          FROM offerengine.%1$I s
          LEFT JOIN pg_temp.%3$I k ON k.%4$I = offerengine_internal.import_cell(s.%2$I)
          LEFT JOIN pg_temp.oe_known_store t ON t.store_code = offerengine_internal.import_cell(s.store_name)
         CROSS JOIN LATERAL (VALUES
               (%2$L, s.%2$I, CASE WHEN k.%5$I IS NULL THEN offerengine_internal.import_unknown_problem(s.%2$I, %6$L) END),
               ('store_name', s.store_name, CASE WHEN t.store_code IS NULL
               THEN offerengine_internal.import_unknown_problem(s.store_name, 'store') END)) AS c (column_name, value, message)
         WHERE s.import_id = $2 AND c.message IS NOT NULL
        $sql$, 'import_' || file, file_column, known, known_key, known_id, thing) USING file_no, context.import_id;
    PERFORM offerengine_internal.import_filled('{oe_import_problem}');
    EXECUTE format($sql$
        INSERT INTO pg_temp.oe_plan_link (pos, kind, left_id, right_id, store_code, action)
        SELECT s.pos, %6$L, k.%5$I, 0, s.store_code, CASE WHEN l.store_code IS NULL THEN 'i' ELSE '=' END
          FROM (SELECT offerengine_internal.import_pos($1, s.row_no) AS pos, offerengine_internal.import_cell(s.%2$I) AS left_key,
                       offerengine_internal.import_cell(s.store_name) AS store_code
                  FROM offerengine.%1$I s WHERE s.import_id = $2) AS s
          JOIN pg_temp.%3$I k ON k.%4$I = s.left_key
          LEFT JOIN offerengine.%6$I l ON l.%5$I = k.%5$I AND l.store_code = s.store_code
         WHERE NOT EXISTS (SELECT FROM pg_temp.oe_import_problem p WHERE p.pos = s.pos AND p.severity = 'error')
        $sql$, 'import_' || file, file_column, known, known_key, known_id, kind) USING file_no, context.import_id;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_store_link(offerengine_internal.import_context, bigint, text, text, text,
    text, text, text,
    text) IS
    'Plans one file that links something to stores: its rows name it in file_column; kind is the table that holds the links.';
