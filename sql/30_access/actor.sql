-- Who the current role is to the marketplace.

CREATE FUNCTION offerengine_internal.is_operator() RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_is_operator_sql' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.is_operator() IS
    'True when the current role is a superuser, has the privileges of the schema''s owner, or those of a role granted kind '
    'operator.';

CREATE FUNCTION offerengine_internal.reads_all() RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_reads_all' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.reads_all() IS
    'True when row-level security hides nothing from the current role: operators, and roles granted kind reporting.';

CREATE FUNCTION offerengine_internal.acts_for_merchant(merchant_id bigint) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_acts_for_merchant_sql' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.acts_for_merchant(bigint) IS
    'True when the current role has the privileges of a role granted kind merchant for this merchant.';

CREATE FUNCTION offerengine_internal.acting_merchants() RETURNS bigint[]
    AS 'MODULE_PATHNAME', 'oe_acting_merchants' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.acting_merchants() IS
    'Ids of the merchants that the current role acts for; empty when it acts for none. For policies: one call a query.';

CREATE FUNCTION offerengine_internal.acting_user() RETURNS text
    AS 'MODULE_PATHNAME', 'oe_acting_user_sql' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.acting_user() IS
    'Setting offerengine.acting_user, the person on whose behalf the current role acts; NULL when none is set.';

CREATE FUNCTION offerengine_internal.actor_changed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_actor_changed' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.actor_changed() IS
    'Trigger of table actor: every session looks up anew who a role is.';
