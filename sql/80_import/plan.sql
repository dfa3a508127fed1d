-- The frame of an import run: its work tables, who waits for whom, locks, duplicates, messages and counts.
-- A plan table has one row for each thing that a staging row (pos) wants: action i insert, u update, = as it is, x refused.

CREATE FUNCTION offerengine_internal.import_forget_plan() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    DROP TABLE IF EXISTS pg_temp.oe_import_problem, pg_temp.oe_plan_store, pg_temp.oe_plan_store_zone,
        pg_temp.oe_plan_store_currency, pg_temp.oe_plan_merchant, pg_temp.oe_plan_warehouse, pg_temp.oe_plan_link,
        pg_temp.oe_plan_relationship, pg_temp.oe_plan_abstract, pg_temp.oe_plan_product, pg_temp.oe_plan_offer,
        pg_temp.oe_plan_validity, pg_temp.oe_plan_offer_store, pg_temp.oe_plan_stock,
        pg_temp.oe_plan_price, pg_temp.oe_plan_end CASCADE;
EXCEPTION
    WHEN object_in_use THEN
        RAISE EXCEPTION 'an import of this transaction is running already'
            USING ERRCODE = 'OE024', HINT = 'A trigger that an import fires must not run another one.';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_forget_plan() IS
    'Drops the work tables of an import run. OE024: a run around this one uses them.';

CREATE FUNCTION offerengine_internal.import_prepare(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.import_forget_plan();
    CREATE TEMP TABLE oe_import_problem (pos bigint NOT NULL, severity text NOT NULL, column_name text, value text,
                                         message text NOT NULL, other_pos bigint);

    CREATE TEMP TABLE oe_plan_store (pos bigint, store_code text COLLATE "C", action "char");
    CREATE TEMP TABLE oe_plan_store_zone (pos bigint, store_code text COLLATE "C", time_zone text, action "char");
    CREATE TEMP TABLE oe_plan_store_currency (pos bigint, store_code text COLLATE "C", currency_code text COLLATE "C",
                                              is_default boolean, action "char");
    CREATE TEMP TABLE oe_plan_merchant (pos bigint, merchant_reference text COLLATE "C", merchant_id bigint, name text,
                                        description text, url text, approval_status text, is_active boolean, action "char");
    CREATE TEMP TABLE oe_plan_warehouse (pos bigint, name text COLLATE "C", warehouse_id bigint, is_active boolean,
            action "char");
    CREATE TEMP TABLE oe_plan_link (pos bigint, kind text, left_id bigint, right_id bigint, store_code text COLLATE "C",
            action "char");
    CREATE TEMP TABLE oe_plan_relationship (pos bigint, relationship_key text COLLATE "C", merchant_relationship_id bigint,
                                            merchant_id bigint, buyers text[], action "char");
    CREATE TEMP TABLE oe_plan_abstract (pos bigint, abstract_sku text COLLATE "C", abstract_product_id bigint, name text,
            action "char");
    CREATE TEMP TABLE oe_plan_product (pos bigint, sku text COLLATE "C", product_id bigint, abstract_product_id bigint, name text,
                                       is_active boolean, valid_from timestamptz, valid_to timestamptz, action "char");

    CREATE TEMP TABLE oe_plan_offer (pos bigint, offer_reference text COLLATE "C", offer_id bigint, product_id bigint,
                                     merchant_id bigint, merchant_sku text COLLATE "C", title text, offer_type text,
                                             management text,
                                     given_status text, approval_status text, is_active boolean, action "char");
    CREATE TEMP TABLE oe_plan_validity (pos bigint, offer_reference text COLLATE "C", valid_from timestamptz,
            valid_to timestamptz,
                                        offer_id bigint, action "char");
    CREATE TEMP TABLE oe_plan_offer_store (pos bigint, offer_id bigint, store_code text COLLATE "C", action "char");
    CREATE TEMP TABLE oe_plan_stock (pos bigint, offer_id bigint, warehouse_id bigint, quantity numeric,
                                     is_never_out_of_stock boolean, safety_quantity numeric, counted_at timestamptz,
                                     stock_means text, action "char");
    CREATE TEMP TABLE oe_plan_price (pos bigint, owner "char", owner_id bigint, product_id bigint, relationship_id bigint,
                                     store_code text COLLATE "C", currency_code text COLLATE "C", price_type text COLLATE "C",
                                     min_quantity integer, net_amount bigint, gross_amount bigint, valid_from timestamptz,
                                     valid_to timestamptz, volume_prices text, price_id bigint, action "char");
    CREATE TEMP TABLE oe_plan_end (kind text, file_no bigint, price_id bigint, offer_id bigint, product_id bigint,
                                   abstract_product_id bigint, store_code text COLLATE "C", warehouse_id bigint, goes boolean,
                                   pos bigint);

    CREATE TEMP VIEW oe_known_store AS
        SELECT s.store_code FROM offerengine.store s
        UNION SELECT p.store_code FROM pg_temp.oe_plan_store p WHERE p.action = 'i';
    CREATE TEMP VIEW oe_store_zone AS
        SELECT k.store_code, COALESCE(z.time_zone, s.time_zone, 'UTC') AS time_zone
          FROM pg_temp.oe_known_store k
          LEFT JOIN pg_temp.oe_plan_store_zone z ON z.store_code = k.store_code
          LEFT JOIN offerengine.store s ON s.store_code = k.store_code;
    CREATE TEMP VIEW oe_known_merchant AS
        SELECT m.merchant_reference, m.merchant_id FROM offerengine.merchant m
        UNION ALL SELECT p.merchant_reference, p.merchant_id FROM pg_temp.oe_plan_merchant p WHERE p.action = 'i';
    CREATE TEMP VIEW oe_known_warehouse AS
        SELECT w.name, w.warehouse_id FROM offerengine.warehouse w
        UNION ALL SELECT p.name, p.warehouse_id FROM pg_temp.oe_plan_warehouse p WHERE p.action = 'i';
    CREATE TEMP VIEW oe_known_relationship AS
        SELECT r.relationship_key, r.merchant_relationship_id FROM offerengine.merchant_relationship r
        UNION ALL SELECT p.relationship_key, p.merchant_relationship_id FROM pg_temp.oe_plan_relationship p WHERE p.action = 'i';
    CREATE TEMP VIEW oe_known_abstract AS
        SELECT a.abstract_sku, a.abstract_product_id FROM offerengine.abstract_product a
        UNION ALL SELECT p.abstract_sku, p.abstract_product_id FROM pg_temp.oe_plan_abstract p WHERE p.action = 'i';
    CREATE TEMP VIEW oe_known_product AS
        SELECT p.sku, p.product_id, p.abstract_product_id FROM offerengine.product p
        UNION ALL SELECT p.sku, p.product_id, p.abstract_product_id FROM pg_temp.oe_plan_product p WHERE p.action = 'i';
    CREATE TEMP VIEW oe_known_offer AS
        SELECT o.offer_reference, o.offer_id, o.product_id, o.merchant_id, false AS is_new,
               o.offer_type <> 'subscription' AND o.price_sheet_id IS NULL AS takes_prices FROM offerengine.offer o
        UNION ALL SELECT p.offer_reference, p.offer_id, p.product_id, p.merchant_id, true, p.offer_type <> 'subscription'
                    FROM pg_temp.oe_plan_offer p WHERE p.action = 'i';
    PERFORM offerengine_internal.import_prepare_written();
    PERFORM offerengine_internal.import_analyze(context.import_id);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_prepare(offerengine_internal.import_context) IS
    'Makes the work tables of a run: problems, one plan table a target, and views oe_known_<thing> of what is there or will be.';

CREATE FUNCTION offerengine_internal.import_prepare_written() RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    CREATE TEMP VIEW oe_new_merchant AS
        SELECT p.merchant_id, p.merchant_reference, p.name, p.description, p.url, p.approval_status, p.is_active
          FROM pg_temp.oe_plan_merchant p WHERE p.action = 'i' ORDER BY p.merchant_reference;
    CREATE TEMP VIEW oe_new_assignee AS
        SELECT p.merchant_relationship_id, r.merchant_id, b.buyer
          FROM pg_temp.oe_plan_relationship p
          JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = p.merchant_relationship_id
         CROSS JOIN LATERAL unnest(p.buyers) AS b (buyer)
         WHERE p.action IN ('i', 'u');
    CREATE TEMP VIEW oe_new_offer AS
        SELECT p.offer_reference, p.product_id, p.merchant_id, p.merchant_sku, p.title, p.offer_type, p.management, p.is_active,
               COALESCE(v.valid_from, '-infinity') AS valid_from, COALESCE(v.valid_to, 'infinity') AS valid_to,
               p.offer_id, p.approval_status
          FROM pg_temp.oe_plan_offer p
          LEFT JOIN pg_temp.oe_plan_validity v ON v.offer_id = p.offer_id
         WHERE p.action = 'i' ORDER BY p.offer_reference;
    -- Id and status are not a merchant's to name.
    CREATE TEMP VIEW oe_waiting AS
        SELECT n.offer_reference, n.product_id, n.merchant_id, n.merchant_sku, n.title, n.offer_type, n.management, n.is_active,
               n.valid_from, n.valid_to
          FROM pg_temp.oe_new_offer n;
    CREATE TEMP VIEW oe_changed_offer AS
        SELECT t.offer_id,
               CASE WHEN p.pos IS NULL THEN t.merchant_sku ELSE p.merchant_sku END AS merchant_sku,
               CASE WHEN p.pos IS NULL THEN t.title ELSE p.title END AS title,
               COALESCE(p.offer_type, t.offer_type) AS offer_type, COALESCE(p.management, t.management) AS management,
               COALESCE(p.is_active, t.is_active) AS is_active,
               COALESCE(v.valid_from, t.valid_from) AS valid_from, COALESCE(v.valid_to, t.valid_to) AS valid_to
          FROM offerengine.offer t
          LEFT JOIN pg_temp.oe_plan_offer p ON p.offer_id = t.offer_id AND p.action = 'u'
          LEFT JOIN pg_temp.oe_plan_validity v ON v.offer_id = t.offer_id AND v.action = 'u'
         WHERE t.offer_id IN (SELECT x.offer_id FROM pg_temp.oe_plan_offer x WHERE x.action = 'u'
                              UNION ALL SELECT x.offer_id FROM pg_temp.oe_plan_validity x WHERE x.action = 'u');
    -- A merchant's SKU that moves from one offer to another is let go first.
    CREATE TEMP VIEW oe_moved_sku AS
        SELECT o.offer_id
          FROM pg_temp.oe_plan_offer p
          JOIN offerengine.offer o ON o.offer_id = p.offer_id
         WHERE p.action = 'u' AND o.merchant_sku IS DISTINCT FROM p.merchant_sku
           AND EXISTS (SELECT FROM pg_temp.oe_plan_offer n
                        WHERE n.merchant_id = o.merchant_id AND n.merchant_sku = o.merchant_sku AND n.action = 'u');
    CREATE TEMP VIEW oe_new_offer_store AS
        SELECT e.offer_id, e.store_code, e.shown_from, e.shown_to, e.product_id, e.abstract_product_id, e.merchant_id, e.sku,
               e.offer_reference, e.title, e.offer_type, e.management, e.price_sheet_id
          FROM pg_temp.oe_plan_offer_store p
          JOIN offerengine_internal.offer_store_expected e ON e.offer_id = p.offer_id AND e.store_code = p.store_code
         WHERE p.action = 'i';
    CREATE TEMP VIEW oe_counted_stock AS
        SELECT p.offer_id, p.warehouse_id,
               CASE WHEN p.counted_at IS NULL AND p.stock_means IS DISTINCT FROM 'free' THEN p.quantity
                    ELSE offerengine_internal.counted(p.offer_id, p.warehouse_id, p.quantity, p.counted_at,
                                                      coalesce(p.stock_means, 'on_shelf')) END AS quantity,
               p.is_never_out_of_stock, p.safety_quantity, p.action
          FROM pg_temp.oe_plan_stock p;
    CREATE TEMP VIEW oe_new_stock AS
        SELECT c.offer_id, c.warehouse_id, COALESCE(c.quantity, 0) AS quantity,
               COALESCE(c.is_never_out_of_stock, false) AS is_never_out_of_stock, COALESCE(c.safety_quantity, 0) AS safety_quantity
          FROM pg_temp.oe_counted_stock c WHERE c.action = 'i';
    CREATE TEMP VIEW oe_changed_stock AS
        SELECT c.offer_id, c.warehouse_id, COALESCE(c.quantity, s.quantity) AS quantity,
               COALESCE(c.is_never_out_of_stock, s.is_never_out_of_stock) AS is_never_out_of_stock,
               COALESCE(c.safety_quantity, s.safety_quantity) AS safety_quantity
          FROM pg_temp.oe_counted_stock c
          JOIN offerengine.offer_stock s ON s.offer_id = c.offer_id AND s.warehouse_id = c.warehouse_id
         WHERE c.action = 'u';
    CREATE TEMP VIEW oe_new_price AS
        SELECT CASE WHEN p.owner = 'a' THEN p.owner_id END AS abstract_product_id, p.product_id,
               CASE WHEN p.owner = 'o' THEN p.owner_id END AS offer_id, NULLIF(p.relationship_id, 0) AS merchant_relationship_id,
               p.store_code, p.currency_code, p.price_type, p.min_quantity, p.net_amount, p.gross_amount, p.valid_from, p.valid_to
          FROM pg_temp.oe_plan_price p WHERE p.action = 'i';
    CREATE TEMP VIEW oe_locked_offer AS
        SELECT p.offer_id FROM pg_temp.oe_plan_offer p WHERE p.action = 'u'
        UNION SELECT p.offer_id FROM pg_temp.oe_plan_validity p WHERE p.action = 'u'
        UNION SELECT p.offer_id FROM pg_temp.oe_plan_offer_store p WHERE p.action = 'i'
        UNION SELECT p.offer_id FROM pg_temp.oe_plan_stock p WHERE p.action = 'i'
        UNION SELECT p.owner_id FROM pg_temp.oe_plan_price p WHERE p.owner = 'o' AND p.action IN ('i', 'u')
        UNION SELECT e.offer_id FROM pg_temp.oe_plan_end e
        UNION SELECT o.offer_id FROM offerengine.offer o JOIN pg_temp.oe_plan_product p ON p.product_id = o.product_id
               WHERE p.action = 'u'
        UNION SELECT o.offer_id FROM offerengine.offer o JOIN offerengine.product p ON p.product_id = o.product_id
                JOIN pg_temp.oe_plan_link l ON l.left_id = p.abstract_product_id
               WHERE l.kind = 'abstract_product_store' AND l.action = 'i';
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_prepare_written() IS
    'Makes the views of what a run locks and writes. The statements that write are short for them: a trigger of somebody else that '
    'stops one shows it, and whoever waits too long for a lock.';

CREATE FUNCTION offerengine_internal.import_analyze(import_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET client_min_messages = error SET default_statistics_target = 10 AS $oe_body$
DECLARE
    file text;
BEGIN
    FOR file IN SELECT f.file FROM offerengine_internal.import_files() f LOOP
        IF pg_relation_size(format('offerengine.%I', 'import_' || file)::regclass) > 100000 THEN
            EXECUTE format('ANALYZE (SKIP_LOCKED) offerengine.%I', 'import_' || file);
        ELSE
            PERFORM offerengine_internal.import_measure(ARRAY['import_' || file]);
        END IF;
    END LOOP;
    PERFORM offerengine_internal.import_measure('{store,store_currency,merchant,merchant_store,warehouse,warehouse_store,
        merchant_warehouse,merchant_relationship,merchant_relationship_assignee,abstract_product,abstract_product_store,product,
        offer,offer_approval,offer_store,offer_stock,price}');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_analyze(bigint) IS
    'Statistics for the large staging tables, without which two million new rows look like none, and for tables of the catalogue '
    'that import_measure() does not believe; skips what another import analyzes.';

CREATE FUNCTION offerengine_internal.import_measure(tables text[]) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET client_min_messages = error SET default_statistics_target = 10 AS $oe_body$
DECLARE
    doubtful text;
BEGIN
    -- A table that was analyzed while a load was taken back has pages and no rows, however much comes into it. The planner is told
    -- of 500 rows then (src/storage/estimate.c), which is right for a row here and there and still goes through all pairs of what
    -- an import brings; and of what is said to have a row on a few pages it is told nothing. Only counting helps.
    FOR doubtful IN
        SELECT c.relname
          FROM unnest(tables) AS t (name)
          JOIN pg_class c ON c.oid = format('offerengine.%I', t.name)::regclass
         WHERE c.relpages > 0 AND c.reltuples < c.relpages AND pg_relation_size(c.oid) > 0
    LOOP
        EXECUTE format('ANALYZE (SKIP_LOCKED) offerengine.%I', doubtful);
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_measure(text[]) IS
    'New statistics for those of the tables in schema offerengine that are said to have less than one row a page, which is not to '
    'be believed once rows have come. Called before a run looks at the catalogue, and wherever it has written.';

CREATE FUNCTION offerengine_internal.import_filled(tables text[]) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000
SET search_path = pg_catalog, pg_temp SET default_statistics_target = 10 AS $oe_body$
DECLARE
    filled text;
BEGIN
    -- Small ones need none, nor do those that have hardly grown since.
    FOR filled IN
        SELECT c.relname
          FROM unnest(tables) AS t (name)
          JOIN pg_class c ON c.oid = format('pg_temp.%I', t.name)::regclass
         WHERE pg_relation_size(c.oid) > 100000 + 1.5 * c.relpages * current_setting('block_size')::integer
    LOOP
        EXECUTE format('ANALYZE pg_temp.%I', filled);
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_filled(text[]) IS
    'Statistics for work tables that have just been filled: without them a join of two large ones is taken for a small one '
    'and goes '
    'through all pairs. Called wherever rows were added that a later statement joins.';

CREATE FUNCTION offerengine_internal.import_refuse_operators_files(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    file offerengine_internal.import_file;
BEGIN
    FOR file IN SELECT f.* FROM offerengine_internal.import_files() f WHERE NOT f.is_for_merchants LOOP
        EXECUTE format('INSERT INTO pg_temp.oe_import_problem (pos, severity, message)
                        SELECT offerengine_internal.import_pos($1, s.row_no), ''error'',
                               ''a merchant''''s import carries offers, their stores, prices, stock and validity only''
                          FROM offerengine.%I s WHERE s.import_id = $2', 'import_' || file.file)
          USING file.file_no, context.import_id;
    END LOOP;
    PERFORM offerengine_internal.import_filled('{oe_import_problem}');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_refuse_operators_files(offerengine_internal.import_context) IS
    'In a merchant''s import, refuses each row of a file that is the operator''s.';

CREATE FUNCTION offerengine_internal.import_refuse_odd_objects(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    INSERT INTO pg_temp.oe_import_problem (pos, severity, column_name, value, message)
    SELECT s.pos, 'error', 'dynamic', s.dynamic::text, offerengine_internal.import_object_problem(s.dynamic)
      FROM (SELECT offerengine_internal.import_pos(4, m.row_no) AS pos, m.dynamic
              FROM offerengine.import_merchant m WHERE m.import_id = context.import_id AND context.merchant_id IS NULL
             UNION ALL
            SELECT offerengine_internal.import_pos(5, a.row_no), a.dynamic
              FROM offerengine.import_product_abstract a WHERE a.import_id = context.import_id AND context.merchant_id IS NULL
             UNION ALL
            SELECT offerengine_internal.import_pos(6, p.row_no), p.dynamic
              FROM offerengine.import_product_concrete p WHERE p.import_id = context.import_id AND context.merchant_id IS NULL
             UNION ALL
            SELECT offerengine_internal.import_pos(20, c.row_no), c.dynamic
              FROM offerengine.import_combined_merchant_product_offer c WHERE c.import_id = context.import_id) AS s
     WHERE offerengine_internal.import_object_problem(s.dynamic) IS NOT NULL;
    PERFORM offerengine_internal.import_filled('{oe_import_problem}');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_refuse_odd_objects(offerengine_internal.import_context) IS
    'Refuses what stands in place of an object in the column dynamic of staging rows: whoever reads the row finds nothing there.';

CREATE FUNCTION offerengine_internal.import_supersede(plan text, keys text[], thing text) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    key_list text := (SELECT string_agg(format('p.%I', k), ', ') FROM unnest(keys) AS k);
    key_join text := (SELECT string_agg(format('p.%1$I = l.%1$I', k), ' AND ') FROM unnest(keys) AS k);
BEGIN
    PERFORM offerengine_internal.import_filled(ARRAY[plan]);
    EXECUTE format($sql$
        WITH last AS (
            SELECT %1$s, pg_catalog.max(p.pos) AS last_pos
              FROM pg_temp.%2$I p WHERE p.action <> 'x' GROUP BY %1$s HAVING pg_catalog.min(p.pos) <> pg_catalog.max(p.pos)),
        earlier AS (
            DELETE FROM pg_temp.%2$I p USING last l
             WHERE %3$s AND p.pos < l.last_pos AND p.action <> 'x' RETURNING p.pos, l.last_pos)
        INSERT INTO pg_temp.oe_import_problem (pos, severity, message, other_pos)
        SELECT DISTINCT e.pos, 'notice', %4$L, e.last_pos FROM earlier e
        $sql$, key_list, plan, key_join, 'a later row says the same ' || thing || ' again and was used: ');
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_supersede(text, text[], text) IS
    'Of the good rows of a plan table with the same keys (never NULL) keeps those of the last staging row and notices the '
    'others.';

CREATE FUNCTION offerengine_internal.import_refuse_repeats(plan text, keys text[], thing text) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    key_list text := (SELECT string_agg(format('p.%I', k), ', ') FROM unnest(keys) AS k);
    key_join text := (SELECT string_agg(format('p.%1$I = l.%1$I', k), ' AND ') FROM unnest(keys) AS k);
BEGIN
    EXECUTE format($sql$
        WITH again AS (
            SELECT p.pos, %1$s
              FROM pg_temp.%2$I p WHERE p.pos >> 48 = 20 AND p.action <> 'x'
             GROUP BY p.pos, %1$s HAVING pg_catalog.count(*) > 1),
        refused AS (
            UPDATE pg_temp.%2$I p SET action = 'x' FROM again l WHERE p.pos = l.pos AND %3$s RETURNING p.pos)
        INSERT INTO pg_temp.oe_import_problem (pos, severity, message)
        SELECT DISTINCT r.pos, 'error', %4$L FROM refused r
        $sql$, key_list, plan, key_join, 'several columns of the row say the same ' || thing);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_refuse_repeats(text, text[], text) IS
    'Refuses what one row of a combined file says several times, in columns of its own and in those by store or warehouse: '
    'none of them is the last.';

CREATE FUNCTION offerengine_internal.import_store_zone(store_names text) RETURNS text
LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED COST 100
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN (SELECT CASE WHEN min(z.time_zone) = max(z.time_zone) THEN min(z.time_zone) END
              FROM pg_temp.oe_store_zone z
             WHERE z.store_code = ANY (ARRAY(SELECT offerengine_internal.import_cell(n.name)
                                               FROM string_to_table(store_names, ';') AS n (name))));
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_store_zone(text) IS
    'The time zone of stores, separated by semicolons, that are there or will be; NULL: no store, or several zones.';

CREATE FUNCTION offerengine_internal.import_row_zone(time_zone text, store_names text) RETURNS text
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED COST 1
    RETURN CASE WHEN $1 = 'store' THEN offerengine_internal.import_store_zone($2) ELSE $1 END;
COMMENT ON FUNCTION offerengine_internal.import_row_zone(text, text) IS
    'The time zone of a row''s times without one: the import''s, or where that is "store" that of the stores that the row names.';

CREATE FUNCTION offerengine_internal.import_stage(stage text) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 1
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF current_setting('offerengine.import_progress', true) = 'on' THEN
        RAISE INFO '%', stage;
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_stage(text) IS
    'Says what a run does now, to a client that has set offerengine.import_progress, as the loader has.';

CREATE FUNCTION offerengine_internal.import_report(context offerengine_internal.import_context) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    file offerengine_internal.import_file;
BEGIN
    PERFORM offerengine_internal.import_clear(context.import_id, false);
    UPDATE offerengine.import i
       SET run_at = clock_timestamp(), dry_run = context.is_dry_run,
           mode = CASE WHEN context.is_replace THEN 'replace' ELSE 'normal' END
     WHERE i.import_id = context.import_id;
    INSERT INTO offerengine.import_message (import_id, severity, file, line, value, message)
    SELECT u.import_id, 'error', COALESCE(u.source_file, u.file), u.line_no, u.value, u.message
      FROM offerengine.import_unreadable_row u WHERE u.import_id = context.import_id ORDER BY u.row_no;
    IF NOT EXISTS (SELECT FROM pg_temp.oe_import_problem) THEN
        RETURN;
    END IF;

    CREATE TEMP TABLE oe_import_line (pos bigint, file text, line bigint);
    FOR file IN SELECT f.* FROM offerengine_internal.import_files() f
                 WHERE f.file_no IN (SELECT p.pos >> 48 FROM pg_temp.oe_import_problem p
                                     UNION SELECT p.other_pos >> 48 FROM pg_temp.oe_import_problem p) LOOP
        EXECUTE format($sql$
            INSERT INTO pg_temp.oe_import_line (pos, file, line)
            SELECT l.pos, COALESCE(l.source_file, $3), l.line
              FROM (SELECT offerengine_internal.import_pos($1, s.row_no) AS pos, s.source_file,
                           COALESCE(s.line_no, 1 + pg_catalog.row_number()
                                           OVER (PARTITION BY s.source_file ORDER BY s.row_no)) AS line
                      FROM offerengine.%I s WHERE s.import_id = $2) AS l
             WHERE l.pos IN (SELECT p.pos FROM pg_temp.oe_import_problem p
                             UNION ALL SELECT p.other_pos FROM pg_temp.oe_import_problem p)
            $sql$, 'import_' || file.file) USING file.file_no, context.import_id, file.file;
    END LOOP;
    PERFORM offerengine_internal.import_filled('{oe_import_line}');
    CREATE TEMP VIEW oe_import_told AS
        SELECT p.pos, p.severity, l.file, l.line, p.column_name, p.value,
               p.message || CASE WHEN o.pos IS NULL THEN '' ELSE format('%s, line %s', o.file, o.line) END AS message
          FROM (SELECT DISTINCT x.* FROM pg_temp.oe_import_problem x) AS p
          JOIN pg_temp.oe_import_line l ON l.pos = p.pos
          LEFT JOIN pg_temp.oe_import_line o ON o.pos = p.other_pos;
    INSERT INTO offerengine.import_message (import_id, severity, file, line, column_name, value, message)
    SELECT context.import_id, t.severity, t.file, t.line, t.column_name, t.value, t.message
      FROM pg_temp.oe_import_told t ORDER BY t.pos, t.severity;
    DROP VIEW pg_temp.oe_import_told;
    DROP TABLE pg_temp.oe_import_line;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_report(offerengine_internal.import_context) IS
    'Writes the problems of a run, with file and line, where view import_error shows them; messages of an earlier run of the '
    'same import go.';

CREATE FUNCTION offerengine_internal.import_count(context offerengine_internal.import_context)
RETURNS SETOF offerengine.import_result
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000 ROWS 21
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    file       offerengine_internal.import_file;
    counts     offerengine.import_result;
    unreadable bigint;
    has_tiers  boolean := EXISTS (SELECT FROM pg_temp.oe_plan_price p WHERE p.min_quantity > 1)
                          OR EXISTS (SELECT FROM pg_temp.oe_plan_end e WHERE e.pos IS NOT NULL);
BEGIN
    -- Rows of combined files, and of prices with tiers, want several things and count once. A row of merchant_stock counts by its
    -- link, whether or not it makes the warehouse.
    CREATE TEMP TABLE oe_import_outcome ON COMMIT DROP AS
    SELECT a.pos >> 48 AS file_no, count(*) FILTER (WHERE a.action = 'i') AS inserted,
            count(*) FILTER (WHERE a.action = 'u') AS updated
      FROM (SELECT p.pos, p.action FROM pg_temp.oe_plan_store p
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_store_zone p
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_store_currency p
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_merchant p
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_warehouse p WHERE p.pos >> 48 = 9
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_link p
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_relationship p
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_abstract p
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_product p
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_offer p
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_validity p
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_offer_store p
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_stock p
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_price p WHERE NOT has_tiers) AS a
     WHERE a.action IN ('i', 'u') AND a.pos >> 48 <> 20
       AND NOT EXISTS (SELECT FROM pg_temp.oe_import_problem x WHERE x.pos = a.pos AND x.severity = 'error')
     GROUP BY 1
    UNION ALL
    SELECT c.pos >> 48, count(*) FILTER (WHERE c.is_inserted), count(*) FILTER (WHERE NOT c.is_inserted)
      FROM (SELECT a.pos, bool_or(a.action = 'i') AS is_inserted
              FROM (SELECT p.pos, p.action FROM pg_temp.oe_plan_price p WHERE has_tiers OR p.pos >> 48 = 20
                    UNION ALL SELECT e.pos, 'u' FROM pg_temp.oe_plan_end e WHERE e.pos IS NOT NULL
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_offer p WHERE p.pos >> 48 = 20
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_validity p WHERE p.pos >> 48 = 20
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_offer_store p WHERE p.pos >> 48 = 20
                    UNION ALL SELECT p.pos, p.action FROM pg_temp.oe_plan_stock p WHERE p.pos >> 48 = 20) AS a
             WHERE a.action IN ('i', 'u')
               AND NOT EXISTS (SELECT FROM pg_temp.oe_import_problem x WHERE x.pos = a.pos AND x.severity = 'error')
             GROUP BY a.pos) AS c
     GROUP BY 1;

    CREATE TEMP TABLE oe_import_failed ON COMMIT DROP AS
    SELECT x.pos >> 48 AS file_no, count(DISTINCT x.pos) AS failed
      FROM pg_temp.oe_import_problem x WHERE x.severity = 'error' GROUP BY 1;

    FOR file IN SELECT f.* FROM offerengine_internal.import_files() f ORDER BY f.file_no LOOP
        counts := NULL;
        counts.file := file.file;
        EXECUTE format('SELECT count(*) FROM offerengine.%I s WHERE s.import_id = $1', 'import_' || file.file)
           INTO counts.rows_read USING context.import_id;
        SELECT COALESCE(sum(o.inserted), 0), COALESCE(sum(o.updated), 0) INTO counts.rows_inserted, counts.rows_updated
          FROM pg_temp.oe_import_outcome o WHERE o.file_no = file.file_no;
        counts.rows_failed := COALESCE((SELECT f.failed FROM pg_temp.oe_import_failed f WHERE f.file_no = file.file_no), 0);
        SELECT count(*) INTO unreadable
          FROM offerengine.import_unreadable_row u WHERE u.import_id = context.import_id AND u.file = file.file;
        counts.rows_read := counts.rows_read + unreadable;
        counts.rows_failed := counts.rows_failed + unreadable;
        SELECT count(*) INTO counts.rows_ended FROM pg_temp.oe_plan_end e WHERE e.file_no = file.file_no AND e.pos IS NULL;
        counts.rows_unchanged := counts.rows_read - counts.rows_inserted - counts.rows_updated - counts.rows_failed;
        CONTINUE WHEN counts.rows_read = 0 AND counts.rows_ended = 0;
        RETURN NEXT counts;
    END LOOP;
    DROP TABLE pg_temp.oe_import_outcome, pg_temp.oe_import_failed;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_count(offerengine_internal.import_context) IS
    'Counts of a run by file format, in load order; formats without rows are left out.';
