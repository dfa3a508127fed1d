-- Sessions hear at once which version the tables are of, also where a replication worker writes it (row triggers only fire there).

CREATE OR REPLACE TRIGGER schema_migration_changed
    AFTER INSERT OR UPDATE OR DELETE ON offerengine.schema_migration
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.schema_migration_changed();
ALTER TABLE offerengine.schema_migration ENABLE ALWAYS TRIGGER schema_migration_changed;

CREATE OR REPLACE TRIGGER schema_migration_truncated
    AFTER TRUNCATE ON offerengine.schema_migration
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.schema_migration_changed();
ALTER TABLE offerengine.schema_migration ENABLE ALWAYS TRIGGER schema_migration_truncated;
