-- Who may do what: the roles that grant_access() has recorded.

CREATE TABLE offerengine.actor (
    actor_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    role_name   text COLLATE "C" NOT NULL CHECK (role_name <> ''),
    role_oid    oid,
    granted_in  text,
    kind        text COLLATE "C" NOT NULL CHECK (kind IN ('operator', 'merchant', 'storefront', 'reporting')),
    merchant_id bigint REFERENCES offerengine.merchant,
    granted_by  text NOT NULL DEFAULT CURRENT_USER,
    granted_at  timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT actor_known_in CHECK ((role_oid IS NULL) = (granted_in IS NULL)),
    CONSTRAINT actor_merchant CHECK ((kind = 'merchant') = (merchant_id IS NOT NULL)),
    CONSTRAINT actor_key UNIQUE NULLS NOT DISTINCT (role_name, kind, merchant_id)
);
CREATE INDEX actor_merchant_id ON offerengine.actor (merchant_id) WHERE merchant_id IS NOT NULL;
COMMENT ON TABLE offerengine.actor IS
    'Roles and what they are here, by name, so that it survives a dump; written by grant_access() and revoke_access(), '
    'applied again by migrate(). A role that was dropped and made anew is another one: it has to be granted access itself.';
COMMENT ON COLUMN offerengine.actor.actor_id IS 'Internal id.';
COMMENT ON COLUMN offerengine.actor.role_name IS 'Name of the database role.';
COMMENT ON COLUMN offerengine.actor.role_oid IS
    'The role that was meant: another one that has taken the name since, in the same database, is nobody here. NULL (a row '
    'written by hand): whoever has the name, until migrate() notes who that is.';
COMMENT ON COLUMN offerengine.actor.granted_in IS
    'Cluster and database in which role_oid says something: a dump that is restored elsewhere counts by name, until migrate() is '
    'called there.';
COMMENT ON COLUMN offerengine.actor.kind IS 'operator, merchant, storefront or reporting.';
COMMENT ON COLUMN offerengine.actor.merchant_id IS 'For kind merchant: the merchant it acts for; else NULL.';
COMMENT ON COLUMN offerengine.actor.granted_by IS 'The role that granted it.';
COMMENT ON COLUMN offerengine.actor.granted_at IS 'When it was granted.';
