-- Planning of prices: of offers, of products and abstract products, contract prices and prices in a window, and their tiers. A row
-- of a file names one price by its exact window: there is one, which takes the amounts, or it is new.

CREATE FUNCTION offerengine_internal.import_amounts_problem(net text, gross text) RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1
    RETURN CASE WHEN offerengine_internal.import_cell($1) IS NULL AND offerengine_internal.import_cell($2) IS NULL
                THEN 'a net or a gross amount is required' END;
COMMENT ON FUNCTION offerengine_internal.import_amounts_problem(text, text) IS
    'Says that one of two amounts is required when both cells are empty; else NULL.';

CREATE FUNCTION offerengine_internal.import_plan_offer_prices(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_plan_price (pos, owner, owner_id, product_id, relationship_id, store_code, currency_code, price_type,
                                       min_quantity, net_amount, gross_amount, valid_from, valid_to, volume_prices, price_id,
                                               action)
    SELECT s.pos, 'o', k.offer_id, k.product_id, 0, t.store_code, c.currency_code, y.price_type, 1,
           s.net_amount, s.gross_amount, '-infinity', 'infinity', s.volume_prices, p.price_id,
           CASE WHEN offerengine_internal.import_offer_problem(s.offer_reference, k.offer_id, k.merchant_id,
                   context.merchant_id) IS NOT NULL
                     OR NOT k.takes_prices
                     OR t.store_code IS NULL OR c.currency_code IS NULL OR y.price_type IS NULL
                     OR s.net_amount IS NULL AND offerengine_internal.import_cell(s.value_net) IS NOT NULL
                     OR s.gross_amount IS NULL AND offerengine_internal.import_cell(s.value_gross) IS NOT NULL
                     OR s.net_amount IS NULL AND s.gross_amount IS NULL THEN 'x'
                WHEN p.price_id IS NULL THEN 'i'
                WHEN (p.net_amount, p.gross_amount) IS DISTINCT FROM (s.net_amount, s.gross_amount) THEN 'u'
                ELSE '=' END
      FROM (SELECT v.*, offerengine_internal.import_cell(v.offer_reference) AS reference,
          offerengine_internal.import_cell(v.store) AS store_code,
                   offerengine_internal.import_cell(v.currency) AS currency_code,
                   COALESCE(offerengine_internal.import_cell(v.price_type), 'DEFAULT') AS type,
                   offerengine_internal.import_amount(v.value_net) AS net_amount,
                           offerengine_internal.import_amount(v.value_gross) AS gross_amount
              FROM offerengine_internal.import_offer_price v WHERE v.import_id = context.import_id) AS s
      LEFT JOIN offerengine.offer o ON o.offer_reference = s.reference
      LEFT JOIN pg_temp.oe_plan_offer n ON n.offer_reference = s.reference AND n.action = 'i'
     CROSS JOIN LATERAL (SELECT COALESCE(o.offer_id, n.offer_id) AS offer_id, COALESCE(o.product_id, n.product_id) AS product_id,
                                COALESCE(o.merchant_id, n.merchant_id) AS merchant_id,
                                COALESCE(o.offer_type, n.offer_type) <> 'subscription' AND o.price_sheet_id IS NULL
                                    AS takes_prices) AS k
      LEFT JOIN pg_temp.oe_known_store t ON t.store_code = s.store_code
      LEFT JOIN offerengine.currency c ON c.currency_code = s.currency_code
      LEFT JOIN offerengine.price_type y ON y.price_type = s.type
      LEFT JOIN offerengine.price p
             ON p.product_id = k.product_id AND p.offer_id = k.offer_id AND p.store_code = t.store_code
            AND p.currency_code = c.currency_code AND p.price_type = y.price_type
            AND p.min_quantity = 1 AND p.merchant_relationship_id IS NULL
            AND p.valid_from = '-infinity' AND p.valid_to = 'infinity';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM offerengine_internal.import_filled('{oe_plan_price}');
    PERFORM offerengine_internal.import_explain_offer_prices(context);
    PERFORM offerengine_internal.import_plan_tiers('o');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_offer_prices(offerengine_internal.import_context) IS
    'Plans price_product_offer and the prices in combined_merchant_product_offer: default prices without a window, and their '
    'tiers.';

CREATE FUNCTION offerengine_internal.import_explain_offer_prices(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT s.pos, 'error', CASE WHEN e.is_key AND s.prefix LIKE 'price.%' THEN rtrim(s.prefix, '.')
            ELSE s.prefix || e.column_name END,
           e.value, e.message
      FROM (SELECT v.*, COALESCE(offerengine_internal.import_cell(v.price_type), 'DEFAULT') AS type
          FROM offerengine_internal.import_offer_price v
             WHERE v.import_id = context.import_id
               AND v.pos IN (SELECT x.pos FROM pg_temp.oe_plan_price x WHERE x.action = 'x')) AS s
      LEFT JOIN pg_temp.oe_known_offer k ON k.offer_reference = offerengine_internal.import_cell(s.offer_reference)
      LEFT JOIN pg_temp.oe_known_store t ON t.store_code = offerengine_internal.import_cell(s.store)
      LEFT JOIN offerengine.currency c ON c.currency_code = offerengine_internal.import_cell(s.currency)
      LEFT JOIN offerengine.price_type y ON y.price_type = s.type
     CROSS JOIN LATERAL (VALUES
           (true, 'store', s.store,
               CASE WHEN t.store_code IS NULL THEN offerengine_internal.import_unknown_problem(s.store, 'store') END),
           (true, 'currency', s.currency,
               CASE WHEN c.currency_code IS NULL THEN offerengine_internal.import_unknown_problem(s.currency, 'currency') END),
           (true, 'price_type', s.price_type,
               CASE WHEN y.price_type IS NULL THEN offerengine_internal.import_unknown_problem(s.price_type, 'price type') END),
           (false, 'value_net', s.value_net, COALESCE(offerengine_internal.import_amount_problem(s.value_net),
               offerengine_internal.import_amounts_problem(s.value_net, s.value_gross))),
           (false, 'value_gross', s.value_gross, offerengine_internal.import_amount_problem(s.value_gross)))
           AS e (is_key, column_name, value, message)
     WHERE e.message IS NOT NULL;
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT s.pos, 'error', 'product_offer_reference', s.offer_reference, e.message
      FROM offerengine_internal.import_offer_price s
      LEFT JOIN pg_temp.oe_known_offer k ON k.offer_reference = offerengine_internal.import_cell(s.offer_reference)
     CROSS JOIN LATERAL (VALUES (COALESCE(
           offerengine_internal.import_offer_problem(s.offer_reference, k.offer_id, k.merchant_id, context.merchant_id),
           CASE WHEN NOT k.takes_prices THEN 'the offer is priced by a price sheet and takes no prices of its own' END)))
           AS e (message)
     WHERE s.import_id = context.import_id
       AND s.pos IN (SELECT x.pos FROM pg_temp.oe_plan_price x WHERE x.action = 'x')
       AND e.message IS NOT NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_explain_offer_prices(offerengine_internal.import_context) IS
    'Says what is wrong with the refused rows of offers'' prices.';

CREATE FUNCTION offerengine_internal.import_plan_product_prices(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    CREATE TEMP TABLE oe_owner_price_row ON COMMIT DROP AS
    SELECT v.*, CASE WHEN pr.product_id IS NOT NULL THEN 'p' ELSE 'a' END::"char" AS owner,
           COALESCE(pr.product_id, CASE WHEN offerengine_internal.import_cell(v.concrete_sku) IS NULL
                   THEN a.abstract_product_id END) AS owner_id,
           pr.product_id, pr.abstract_product_id AS product_parent, a.abstract_product_id, r.merchant_relationship_id,
           t.store_code, c.currency_code, y.price_type AS type,
           offerengine_internal.import_amount(v.value_net) AS net_amount,
               offerengine_internal.import_amount(v.value_gross) AS gross_amount,
           COALESCE(offerengine_internal.import_instant(v.from_included, v.zone, 'from'), '-infinity') AS valid_from,
           COALESCE(offerengine_internal.import_instant(v.to_included, v.zone, 'to_included'), 'infinity') AS valid_to
      FROM (SELECT w.*, CASE WHEN w.is_scheduled THEN offerengine_internal.import_row_zone(context.time_zone, w.store) END AS zone
              FROM offerengine_internal.import_owner_price w) AS v
      LEFT JOIN pg_temp.oe_known_product pr ON pr.sku = offerengine_internal.import_cell(v.concrete_sku)
      LEFT JOIN pg_temp.oe_known_abstract a ON a.abstract_sku = offerengine_internal.import_cell(v.abstract_sku)
      LEFT JOIN pg_temp.oe_known_relationship r ON r.relationship_key = offerengine_internal.import_cell(v.relation_key)
      LEFT JOIN pg_temp.oe_known_store t ON t.store_code = offerengine_internal.import_cell(v.store)
      LEFT JOIN offerengine.currency c ON c.currency_code = offerengine_internal.import_cell(v.currency)
      LEFT JOIN offerengine.price_type y ON y.price_type = COALESCE(offerengine_internal.import_cell(v.price_type), 'DEFAULT')
     WHERE v.import_id = context.import_id;
    IF NOT EXISTS (SELECT FROM pg_temp.oe_owner_price_row) THEN
        DROP TABLE pg_temp.oe_owner_price_row;
        RETURN;
    END IF;
    PERFORM offerengine_internal.import_filled('{oe_owner_price_row}');
    PERFORM offerengine_internal.import_explain_product_prices(context);
    PERFORM offerengine_internal.import_filled('{oe_import_problem}');

    INSERT INTO pg_temp.oe_plan_price (pos, owner, owner_id, product_id, relationship_id, store_code, currency_code, price_type,
                                       min_quantity, net_amount, gross_amount, valid_from, valid_to, volume_prices, price_id,
                                               action)
    SELECT s.pos, s.owner, s.owner_id, s.product_id, COALESCE(s.merchant_relationship_id, 0), s.store_code, s.currency_code,
            s.type, 1,
           s.net_amount, s.gross_amount, s.valid_from, s.valid_to, s.volume_prices, p.price_id,
           CASE WHEN b.pos IS NOT NULL THEN 'x' WHEN p.price_id IS NULL THEN 'i'
                WHEN (p.net_amount, p.gross_amount) IS DISTINCT FROM (s.net_amount, s.gross_amount) THEN 'u'
                ELSE '=' END
      FROM pg_temp.oe_owner_price_row s
      LEFT JOIN (SELECT DISTINCT x.pos FROM pg_temp.oe_import_problem x WHERE x.severity = 'error') AS b ON b.pos = s.pos
      LEFT JOIN offerengine.price p
             ON p.store_code = s.store_code AND p.currency_code = s.currency_code AND p.price_type = s.type AND p.min_quantity = 1
            AND p.valid_from = s.valid_from AND p.valid_to = s.valid_to
            AND COALESCE(p.merchant_relationship_id, 0) = COALESCE(s.merchant_relationship_id, 0)
            AND CASE WHEN p.offer_id IS NULL THEN COALESCE(p.product_id, -p.abstract_product_id) END
                = CASE s.owner WHEN 'p' THEN s.owner_id ELSE -s.owner_id END;
    DROP TABLE pg_temp.oe_owner_price_row;
    PERFORM offerengine_internal.import_plan_tiers('p');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_product_prices(offerengine_internal.import_context) IS
    'Plans product_price, price_product_merchant_relationship and product_price_schedule. A row with both SKUs is the '
    'product''s.';

CREATE FUNCTION offerengine_internal.import_explain_product_prices(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT s.pos, 'error', e.column_name, e.value, e.message
      FROM pg_temp.oe_owner_price_row s
     CROSS JOIN LATERAL (VALUES
           ('merchant_relation_key', s.relation_key, CASE WHEN s.is_contract AND s.merchant_relationship_id IS NULL
               THEN offerengine_internal.import_unknown_problem(s.relation_key, 'relationship') END),
           ('abstract_sku', s.abstract_sku,
               CASE WHEN offerengine_internal.import_cell(s.abstract_sku) IS NULL
                    THEN CASE WHEN offerengine_internal.import_cell(s.concrete_sku) IS NULL
                            THEN 'abstract_sku or concrete_sku is required' END
                    WHEN s.abstract_product_id IS NULL
                    THEN offerengine_internal.import_unknown_problem(s.abstract_sku, 'abstract product')
                    WHEN s.product_parent <> s.abstract_product_id
                            THEN 'the product is a variant of another abstract product' END),
           ('concrete_sku', s.concrete_sku,
               CASE WHEN offerengine_internal.import_cell(s.concrete_sku) IS NOT NULL AND s.product_id IS NULL
                    THEN offerengine_internal.import_unknown_problem(s.concrete_sku, 'product') END),
           ('price_type', s.price_type,
               CASE WHEN s.type IS NULL THEN offerengine_internal.import_unknown_problem(s.price_type, 'price type') END),
           ('store', s.store,
               CASE WHEN s.store_code IS NULL THEN offerengine_internal.import_unknown_problem(s.store, 'store') END),
           ('currency', s.currency,
               CASE WHEN s.currency_code IS NULL THEN offerengine_internal.import_unknown_problem(s.currency, 'currency') END),
           (s.net_column, s.value_net, COALESCE(offerengine_internal.import_amount_problem(s.value_net),
               offerengine_internal.import_amounts_problem(s.value_net, s.value_gross))),
           (s.gross_column, s.value_gross, offerengine_internal.import_amount_problem(s.value_gross)),
           ('from_included', s.from_included, CASE WHEN s.is_scheduled THEN COALESCE(
               offerengine_internal.import_required_problem(s.from_included),
               offerengine_internal.import_instant_problem(s.from_included, s.zone)) END),
           ('to_included', s.to_included, CASE WHEN s.is_scheduled THEN COALESCE(
               offerengine_internal.import_required_problem(s.to_included),
               offerengine_internal.import_instant_problem(s.to_included, s.zone),
               CASE WHEN s.valid_from >= s.valid_to THEN 'must not be before from_included' END) END))
           AS e (column_name, value, message)
     WHERE e.message IS NOT NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_explain_product_prices(offerengine_internal.import_context) IS
    'Says what is wrong with rows of prices of products and abstract products.';

CREATE FUNCTION offerengine_internal.import_plan_tiers(owner text) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    is_offer boolean := owner = 'o';
BEGIN
    PERFORM offerengine_internal.import_filled('{oe_plan_price}');
    IF is_offer THEN
        PERFORM offerengine_internal.import_refuse_repeats('oe_plan_price',
                '{owner_id,store_code,currency_code,price_type}', 'price');
    END IF;
    CREATE TEMP TABLE oe_tier ON COMMIT DROP AS
    SELECT p.pos, p.owner, p.owner_id, p.product_id, p.relationship_id, p.store_code, p.currency_code, p.price_type, p.valid_from,
           p.valid_to, t.min_quantity, t.net_amount, t.gross_amount, t.value, t.message
      FROM pg_temp.oe_plan_price p
     CROSS JOIN LATERAL offerengine_internal.import_tiers(p.volume_prices) AS t
     WHERE p.volume_prices <> '' AND p.action <> 'x' AND (p.owner = 'o') = is_offer;
    PERFORM offerengine_internal.import_filled('{oe_tier}');

    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT t.pos, 'error',
           CASE WHEN t.pos >> 48 = 20 THEN 'price_product_offer.' ELSE '' END || 'price_data.volume_prices', t.value, t.message
      FROM pg_temp.oe_tier t WHERE t.message IS NOT NULL;
    EXECUTE format($sql$
        INSERT INTO pg_temp.oe_plan_price (pos, owner, owner_id, product_id, relationship_id, store_code, currency_code,
                price_type,
                                           min_quantity, net_amount, gross_amount, valid_from, valid_to, price_id, action)
        SELECT t.pos, t.owner, t.owner_id, t.product_id, t.relationship_id, t.store_code, t.currency_code, t.price_type,
               t.min_quantity, t.net_amount, t.gross_amount, t.valid_from, t.valid_to, p.price_id,
               CASE WHEN p.price_id IS NULL THEN 'i'
                    WHEN (p.net_amount, p.gross_amount) IS DISTINCT FROM (t.net_amount, t.gross_amount) THEN 'u' ELSE '=' END
          FROM pg_temp.oe_tier t
          LEFT JOIN offerengine.price p
                 ON p.store_code = t.store_code AND p.currency_code = t.currency_code AND p.price_type = t.price_type
                AND p.min_quantity = t.min_quantity AND p.valid_from = t.valid_from AND p.valid_to = t.valid_to AND %s
         WHERE t.message IS NULL
        $sql$, CASE WHEN is_offer
                    THEN 'p.product_id = t.product_id AND p.offer_id = t.owner_id AND p.merchant_relationship_id IS NULL'
                    ELSE 'COALESCE(p.merchant_relationship_id, 0) = t.relationship_id
                          AND CASE WHEN p.offer_id IS NULL THEN COALESCE(p.product_id, -p.abstract_product_id) END
                              = CASE t.owner WHEN ''p'' THEN t.owner_id ELSE -t.owner_id END' END);
    DROP TABLE pg_temp.oe_tier;
    PERFORM offerengine_internal.import_supersede('oe_plan_price',
            '{owner,owner_id,relationship_id,store_code,currency_code,price_type,valid_from,valid_to}', 'price');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_tiers(text) IS
    'Adds the tiers of planned prices of offers (o) or of the other owners (p); a malformed cell costs its tiers, not its base '
    'price. '
    'Then the last row of a price wins, with its tiers.';

CREATE FUNCTION offerengine_internal.import_plan_taken_tiers() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.import_filled('{oe_plan_price,oe_import_problem}');
    -- A cell says all tiers of its price. A column that is not there says nothing (NULL), nor does a cell that has an error.
    INSERT INTO pg_temp.oe_plan_end (kind, file_no, price_id, offer_id, product_id, abstract_product_id, pos)
    SELECT 'price', b.pos >> 48, t.price_id, t.offer_id, CASE WHEN t.offer_id IS NULL THEN t.product_id END,
           t.abstract_product_id, b.pos
      FROM pg_temp.oe_plan_price b
      JOIN offerengine.price t
        ON t.store_code = b.store_code AND t.currency_code = b.currency_code AND t.price_type = b.price_type
       AND t.valid_from = b.valid_from AND t.valid_to = b.valid_to
       AND COALESCE(t.merchant_relationship_id, 0) = b.relationship_id
       AND COALESCE(t.offer_id, 0) = CASE WHEN b.owner = 'o' THEN b.owner_id ELSE 0 END
       AND COALESCE(t.product_id, -t.abstract_product_id) = CASE WHEN b.owner = 'a' THEN -b.owner_id ELSE b.product_id END
     WHERE t.min_quantity > 1 AND b.min_quantity = 1 AND b.volume_prices IS NOT NULL AND b.action IN ('u', '=')
       AND NOT EXISTS (SELECT FROM pg_temp.oe_plan_price n WHERE n.price_id = t.price_id)
       AND NOT EXISTS (SELECT FROM pg_temp.oe_import_problem x WHERE x.pos = b.pos AND x.severity = 'error');
    PERFORM offerengine_internal.import_filled('{oe_plan_end}');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_plan_taken_tiers() IS
    'Ends the tiers that a price has and its cell of volume prices no longer names: a shorter list, an empty one or an empty cell.';
