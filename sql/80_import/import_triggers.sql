-- What goes with an import that is deleted.
CREATE OR REPLACE TRIGGER import_deleted AFTER DELETE ON offerengine.import
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.import_deleted();
