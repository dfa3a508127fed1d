-- Kind of access monitoring.
ALTER TABLE offerengine.actor
    DROP CONSTRAINT actor_kind_check,
    ADD CONSTRAINT actor_kind_check CHECK (kind IN ('operator', 'merchant', 'storefront', 'reporting', 'monitoring'));
COMMENT ON COLUMN offerengine.actor.kind IS 'operator, merchant, storefront, reporting or monitoring.';
