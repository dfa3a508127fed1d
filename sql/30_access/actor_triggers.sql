-- What sessions remember of table actor is forgotten when it changes, also where a replication worker changes it.

CREATE OR REPLACE TRIGGER actor_changed
    AFTER INSERT OR UPDATE OR DELETE ON offerengine.actor
    FOR EACH ROW EXECUTE FUNCTION offerengine_internal.actor_changed();
ALTER TABLE offerengine.actor ENABLE ALWAYS TRIGGER actor_changed;

CREATE OR REPLACE TRIGGER actor_truncated
    AFTER TRUNCATE ON offerengine.actor
    FOR EACH STATEMENT EXECUTE FUNCTION offerengine_internal.actor_changed();
ALTER TABLE offerengine.actor ENABLE ALWAYS TRIGGER actor_truncated;
