-- Import of marketplace files: import_begin() opens one, the loader (or COPY) fills the staging tables, import_run() plans what
-- the rows mean, reports every error of every row, and writes what differs. Planning and writing are sets, file by file.

CREATE TYPE offerengine.import_result AS (
    file           text,
    rows_read      bigint,
    rows_inserted  bigint,
    rows_updated   bigint,
    rows_unchanged bigint,
    rows_failed    bigint,
    rows_ended     bigint
);
COMMENT ON TYPE offerengine.import_result IS
    'What import_run did with the rows of one file format: each row counts once, as failed when anything of it was refused, '
    'else as '
    'inserted, updated or unchanged. rows_ended counts prices, stores and stock ended by mode replace, which are no rows of the '
    'file.';

CREATE TYPE offerengine_internal.import_context AS (
    import_id   bigint,
    merchant_id bigint,
    time_zone   text,
    is_dry_run  boolean,
    is_replace  boolean
);
COMMENT ON TYPE offerengine_internal.import_context IS
    'What every step of one import_run needs to know: the import, the merchant it is limited to (NULL: none), its time zone, '
    'how it is run.';

CREATE TYPE offerengine_internal.import_file AS (file_no bigint, file text, is_for_merchants boolean);
COMMENT ON TYPE offerengine_internal.import_file IS
    'A file format: its place in the load order, its name, and whether a merchant''s import may carry it.';

CREATE FUNCTION offerengine_internal.import_files() RETURNS SETOF offerengine_internal.import_file
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 21
SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    RETURN QUERY
    SELECT f.file_no::bigint, f.file, f.is_for_merchants
      FROM (VALUES (1, 'store', false), (2, 'currency_store', false), (3, 'store_context', false), (4, 'merchant', false),
                   (5, 'product_abstract', false), (6, 'product_concrete', false), (7, 'product_abstract_store', false),
                   (8, 'merchant_store', false), (9, 'warehouse', false), (10, 'merchant_stock', false),
                   (11, 'warehouse_store', false), (12, 'merchant_relationship', false), (13, 'product_price', false),
                   (14, 'price_product_merchant_relationship', false), (15, 'merchant_product_offer', true),
                   (16, 'merchant_product_offer_store', true), (17, 'price_product_offer', true),
                   (18, 'product_offer_stock', true), (19, 'product_offer_validity', true),
                   (20, 'combined_merchant_product_offer', true), (21, 'product_price_schedule', false))
           AS f (file_no, file, is_for_merchants);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_files() IS
    'The file formats in the order in which they are loaded; staging table import_<file> each.';

CREATE FUNCTION offerengine_internal.import_pos(file_no bigint, row_no bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1
    RETURN ($1 << 48) | $2;
COMMENT ON FUNCTION offerengine_internal.import_pos(bigint, bigint) IS
    'Place of a staging row in the load order: by format, then by arrival. The format is pos >> 48.';

CREATE FUNCTION offerengine.import_begin(merchant_reference text DEFAULT NULL, time_zone text DEFAULT 'UTC') RETURNS bigint
LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 1000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    acting   bigint[];
    merchant bigint;
    zone     text := COALESCE(time_zone, 'UTC');
    opened   bigint;
BEGIN
    PERFORM offerengine_internal.require_schema();
    IF zone <> 'store' AND NOT offerengine_internal.zone_is_listed(zone) THEN
        RAISE EXCEPTION 'unknown time zone "%"', offerengine_internal.shown(zone)
            USING ERRCODE = '22023',
                  HINT = 'Name one of pg_timezone_names, such as Europe/Berlin, or store: the zone of the store that a row names.';
    END IF;
    SELECT m.merchant_id INTO merchant
      FROM offerengine.merchant m WHERE m.merchant_reference = import_begin.merchant_reference;
    IF NOT offerengine_internal.is_operator() THEN
        acting := offerengine_internal.acting_merchants();
        IF merchant_reference IS NULL AND cardinality(acting) = 1 THEN
            merchant := acting[1];
        ELSIF merchant IS NULL OR merchant <> ALL (acting) THEN
            RAISE EXCEPTION 'role "%" may not import for %', CURRENT_USER,
                COALESCE('merchant "' || offerengine_internal.shown(merchant_reference) || '"', 'every merchant')
                USING ERRCODE = '42501', HINT = 'Name a merchant that the role acts for; only an operator imports for all.';
        END IF;
    ELSIF merchant_reference IS NOT NULL AND merchant IS NULL THEN
        RAISE EXCEPTION 'merchant "%" does not exist', offerengine_internal.shown(merchant_reference) USING ERRCODE = 'OE020';
    END IF;

    INSERT INTO offerengine.import AS i (merchant_id, time_zone) VALUES (merchant, zone) RETURNING i.import_id INTO opened;
    PERFORM set_config('offerengine.import_id', opened::text, false);
    RETURN opened;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.import_begin(text, text) IS
    'Opens an import for this session and answers its id: rows inserted into the staging tables import_<file> belong to it '
    '(setting offerengine.import_id). With merchant_reference it touches that merchant''s own offers and warehouses only. '
    'time_zone '
    'is that of times without zone; store: that of the store that the row names, or of its stores when they have the same. '
    'A merchant''s role imports for its merchant only. 22023: unknown time zone; OE020: unknown '
    'merchant; 42501: another''s merchant.';

CREATE FUNCTION offerengine_internal.import_deleted() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    file text;
BEGIN
    FOR file IN SELECT f.file FROM offerengine_internal.import_files() f UNION ALL VALUES ('unreadable_row'), ('message') LOOP
        EXECUTE format('DELETE FROM offerengine.%I s USING old_rows o WHERE s.import_id = o.import_id', 'import_' || file);
    END LOOP;
    RETURN NULL;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_deleted() IS
    'After a DELETE of imports (transition table): their messages and staging rows go.';

CREATE FUNCTION offerengine_internal.import_context(import_id bigint, dry_run boolean, mode text)
RETURNS offerengine_internal.import_context
LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE COST 100
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    opened  CONSTANT text := current_setting('offerengine.import_id', true);
    asked   bigint := import_context.import_id;
    context offerengine_internal.import_context;
BEGIN
    -- The setting is the session's to write: what is no id opens no import.
    IF asked IS NULL AND opened ~ '^[0-9]{1,18}$' THEN
        asked := opened::bigint;
    END IF;
    IF asked IS NULL THEN
        RAISE EXCEPTION 'this session has opened no import'
            USING ERRCODE = 'OE023', HINT = 'Call offerengine.import_begin() first, or name an import.';
    END IF;
    IF COALESCE(mode, 'normal') NOT IN ('normal', 'replace') THEN
        RAISE EXCEPTION 'unknown import mode "%"', offerengine_internal.shown(mode)
            USING ERRCODE = '22023', HINT = 'Modes are normal and replace.';
    END IF;
    SELECT i.import_id, i.merchant_id, i.time_zone, COALESCE(import_context.dry_run, false),
           COALESCE(import_context.mode, 'normal') = 'replace'
      INTO context
      FROM offerengine.import i
     WHERE i.import_id = asked
       AND (offerengine_internal.is_operator() OR i.merchant_id = ANY (offerengine_internal.acting_merchants()));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'import % does not exist', asked USING ERRCODE = 'OE020';
    END IF;
    RETURN context;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.import_context(bigint, boolean, text) IS
    'The import to run and how. OE023: no import is open; 22023: unknown mode; OE020: no such import, or another merchant''s.';

CREATE FUNCTION offerengine.import_run(import_id bigint DEFAULT NULL, dry_run boolean DEFAULT false, mode text DEFAULT 'normal')
RETURNS SETOF offerengine.import_result
LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 100000 ROWS 21
SET search_path = pg_catalog, pg_temp SET client_min_messages = warning SET work_mem = '128MB' SET jit = off AS $oe_body$
DECLARE
    context offerengine_internal.import_context;
BEGIN
    PERFORM offerengine_internal.require_schema();
    context := offerengine_internal.import_context(import_id, dry_run, mode);
    PERFORM offerengine_internal.import_prepare(context);
    IF NOT context.is_dry_run THEN
        PERFORM offerengine_internal.import_take_turn(context.import_id);
    END IF;
    PERFORM offerengine_internal.import_refuse_odd_objects(context);
    PERFORM offerengine_internal.import_stage('planning master data');
    IF context.merchant_id IS NULL THEN
        PERFORM offerengine_internal.import_plan_stores(context);
        PERFORM offerengine_internal.import_plan_merchants(context);
        PERFORM offerengine_internal.import_plan_warehouses(context);
        PERFORM offerengine_internal.import_plan_relationships(context);
        PERFORM offerengine_internal.import_plan_products(context);
        PERFORM offerengine_internal.import_plan_links(context);
    ELSE
        PERFORM offerengine_internal.import_refuse_operators_files(context);
    END IF;
    PERFORM offerengine_internal.import_stage('planning offers, their stores and stock');
    PERFORM offerengine_internal.import_plan_offers(context);
    PERFORM offerengine_internal.import_plan_offer_stores(context);
    PERFORM offerengine_internal.import_plan_stock(context);
    PERFORM offerengine_internal.import_stage('planning prices');
    PERFORM offerengine_internal.import_plan_offer_prices(context);
    IF context.merchant_id IS NULL THEN
        PERFORM offerengine_internal.import_plan_product_prices(context);
    END IF;
    IF context.is_replace THEN
        PERFORM offerengine_internal.import_plan_ends(context);
        PERFORM offerengine_internal.import_guard_ends();
    ELSE
        PERFORM offerengine_internal.import_plan_taken_tiers();
    END IF;

    IF NOT context.is_dry_run THEN
        PERFORM offerengine_internal.import_stage('waiting for rows that others hold');
        PERFORM offerengine_internal.import_lock(context);
        PERFORM offerengine_internal.import_stage('writing');
        PERFORM offerengine_internal.import_write(context);
    END IF;
    PERFORM offerengine_internal.import_stage('reporting');
    PERFORM offerengine_internal.import_filled('{oe_import_problem}');
    PERFORM offerengine_internal.import_report(context);
    RETURN QUERY SELECT c.* FROM offerengine_internal.import_count(context) AS c;
    PERFORM offerengine_internal.import_forget_plan();
END
$oe_body$;
COMMENT ON FUNCTION offerengine.import_run(bigint, boolean, text) IS
    'Runs an import (left out: the one opened for this session): good rows are written, every error of every row stands in view '
    'import_error. One row a file format. Running the same rows again changes nothing. dry_run plans and reports, with the same '
    'counts, and writes nothing else. mode replace also ends prices, stores and stock that the files no longer name, for the '
    'merchants '
    'and stores they do. In either mode a cell of volume prices says all tiers of its price. Staging rows stay until '
    'import_end(). OE023: no import is open; OE024: run by a trigger of '
    'an import; 22023: unknown mode; OE020: no such import.';

CREATE FUNCTION offerengine.import_end(import_id bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    context offerengine_internal.import_context;
BEGIN
    PERFORM offerengine_internal.require_schema();
    context := offerengine_internal.import_context(import_id, false, 'normal');
    PERFORM offerengine_internal.import_clear(context.import_id, true);
    IF context.import_id::text = current_setting('offerengine.import_id', true) THEN
        PERFORM set_config('offerengine.import_id', '', false);
    END IF;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.import_end(bigint) IS
    'Removes the staging rows of an import (left out: the one opened for this session); its messages stay. OE023: no import is '
    'open; '
    'OE020: no such import.';
