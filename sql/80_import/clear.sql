-- What an import takes away of its own scratch rows. As with the catalogue, nobody but an operator has DELETE on the tables.

CREATE FUNCTION offerengine_internal.import_clear(import_id bigint, with_rows boolean) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_removal_call' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION offerengine_internal.import_clear(bigint, boolean) IS
    'Deletes the messages of an import, or, with_rows, its staging rows. An import that is not the caller''s has none.';

CREATE FUNCTION offerengine_internal.do_import_clear(import_id bigint, with_rows boolean) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE COST 10000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    staged text;
BEGIN
    PERFORM FROM offerengine.import i
      WHERE i.import_id = do_import_clear.import_id AND offerengine_internal.writes_for(i.merchant_id);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF NOT with_rows THEN
        DELETE FROM offerengine.import_message m WHERE m.import_id = do_import_clear.import_id;
        RETURN;
    END IF;
    FOR staged IN SELECT f.file FROM offerengine_internal.import_files() f UNION ALL SELECT 'unreadable_row' LOOP
        EXECUTE format('DELETE FROM offerengine.%I s WHERE s.import_id = $1', 'import_' || staged)
          USING do_import_clear.import_id;
    END LOOP;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.do_import_clear(bigint, boolean) IS 'What import_clear() does, as the owner.';
