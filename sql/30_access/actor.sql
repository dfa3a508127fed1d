-- Who the current role is to the marketplace.

CREATE FUNCTION offerengine_internal.is_operator() RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_is_operator_sql' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1
    SUPPORT offerengine_internal.planned;
COMMENT ON FUNCTION offerengine_internal.is_operator() IS
    'True when the current role is a superuser, has the privileges of the schema''s owner, or those of a role granted kind '
    'operator.';

CREATE FUNCTION offerengine_internal.reads_all() RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_reads_all' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1
    SUPPORT offerengine_internal.planned;
COMMENT ON FUNCTION offerengine_internal.reads_all() IS
    'True when row-level security hides nothing from the current role: operators, and roles granted kind reporting.';

CREATE FUNCTION offerengine_internal.acts_for_merchant(merchant_id bigint) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_acts_for_merchant_sql' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.acts_for_merchant(bigint) IS
    'True when the current role has the privileges of a role granted kind merchant for this merchant.';

CREATE FUNCTION offerengine_internal.acting_merchants() RETURNS bigint[]
    AS 'MODULE_PATHNAME', 'oe_acting_merchants' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1
    SUPPORT offerengine_internal.planned;
COMMENT ON FUNCTION offerengine_internal.acting_merchants() IS
    'Ids of the merchants that the current role acts for; empty when it acts for none. For policies: one call a query.';

CREATE FUNCTION offerengine_internal.acting_user() RETURNS text
    AS 'MODULE_PATHNAME', 'oe_acting_user_sql' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.acting_user() IS
    'Setting offerengine.acting_user, the person on whose behalf the current role acts; NULL when none is set.';

CREATE FUNCTION offerengine_internal.actor_role(role_name text, role_oid oid, granted_in text) RETURNS oid
    AS 'MODULE_PATHNAME', 'oe_actor_role' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.actor_role(text, oid, text) IS
    'The role that a row of actor means: the one of its name, unless the row was written in this database for another role that '
    'had the name then. NULL: there is none.';

CREATE FUNCTION offerengine_internal.this_database() RETURNS text
    AS 'MODULE_PATHNAME', 'oe_this_database' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.this_database() IS
    'Cluster and database in words, as actor.granted_in has them: OIDs of roles mean nothing elsewhere.';

CREATE FUNCTION offerengine_internal.actor_changed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_actor_changed' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.actor_changed() IS
    'Trigger of table actor: every session looks up anew who a role is.';
