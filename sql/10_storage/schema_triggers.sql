-- Sessions hear at once which version the tables are of, also where a replication worker writes it.

CREATE OR REPLACE TRIGGER schema_migration_changed
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON offerengine.schema_migration
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.schema_migration_changed();
ALTER TABLE offerengine.schema_migration ENABLE ALWAYS TRIGGER schema_migration_changed;
