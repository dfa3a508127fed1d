-- Who may do what: the roles that grant_access() has recorded.

CREATE TABLE offerengine.actor (
    actor_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    role_name   text COLLATE "C" NOT NULL CHECK (role_name <> ''),
    kind        text COLLATE "C" NOT NULL CHECK (kind IN ('operator', 'merchant', 'storefront', 'reporting')),
    merchant_id bigint REFERENCES offerengine.merchant,
    granted_by  text NOT NULL DEFAULT CURRENT_USER,
    granted_at  timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT actor_merchant CHECK ((kind = 'merchant') = (merchant_id IS NOT NULL)),
    CONSTRAINT actor_key UNIQUE NULLS NOT DISTINCT (role_name, kind, merchant_id)
);
CREATE INDEX actor_merchant_id ON offerengine.actor (merchant_id) WHERE merchant_id IS NOT NULL;
COMMENT ON TABLE offerengine.actor IS
    'Roles and what they are here, by name, so that it survives a dump; written by grant_access() and revoke_access(), '
    'applied again by migrate().';
COMMENT ON COLUMN offerengine.actor.actor_id IS 'Internal id.';
COMMENT ON COLUMN offerengine.actor.role_name IS 'Name of the database role.';
COMMENT ON COLUMN offerengine.actor.kind IS 'operator, merchant, storefront or reporting.';
COMMENT ON COLUMN offerengine.actor.merchant_id IS 'For kind merchant: the merchant it acts for; else NULL.';
COMMENT ON COLUMN offerengine.actor.granted_by IS 'The role that granted it.';
COMMENT ON COLUMN offerengine.actor.granted_at IS 'When it was granted.';
