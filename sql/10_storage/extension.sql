-- The extension itself: its version, whether its tables are there, who owns them.

-- First of the script. CREATE EXTENSION looks for names in schema offerengine and in that of pg_trgm as well, and whoever may
-- create in one of them could lay an operator or a function there that fits our arguments better than PostgreSQL's own.
SET LOCAL search_path = pg_catalog, pg_temp;

-- What users need not see. It belongs to the owner of schema offerengine (admit_owner()), who alone may create in it; it holds
-- members of the extension and what migrate() builds anew, never a table: DROP EXTENSION takes it along.
CREATE SCHEMA offerengine_internal;
COMMENT ON SCHEMA offerengine_internal IS
    'What offerengine is made of and users need not see: functions, types and views that may change with any version.';

CREATE FUNCTION offerengine.version() RETURNS text
    AS 'MODULE_PATHNAME', 'oe_version' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine.version() IS
    'Version of the loaded library, as in offerengine.control. Works before migrate().';

CREATE FUNCTION offerengine_internal.planned(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'oe_planned' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.planned(internal) IS
    'The planner asks it about functions that views and policies call, and it has nothing to say: the library is loaded when the '
    'first statement of a session is planned, and says what tables hold that were analysed while they were empty.';

CREATE FUNCTION offerengine_internal.planned_is_loaded(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'oe_planned_is_loaded' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.planned_is_loaded(internal) IS
    'Tells the planner that is_loaded() is true.';

-- Not IMMUTABLE: the planner would call it, for which the role that reads a view would need its privilege.
CREATE FUNCTION offerengine_internal.is_loaded() RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_is_loaded' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1
    SUPPORT offerengine_internal.planned_is_loaded;
COMMENT ON FUNCTION offerengine_internal.is_loaded() IS
    'True. For views whose tables are looked at before a function of ours is met: the planner is told when it meets it, which '
    'loads the library, and neither calls it nor keeps it in the plan, so that who reads a view needs no privilege for it.';

CREATE FUNCTION offerengine_internal.require_schema() RETURNS void
    AS 'MODULE_PATHNAME', 'oe_require_schema_sql' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.require_schema() IS
    'First statement of every plpgsql function: raises 55000 with the call to make as hint when the tables are missing '
    '(before migrate()) or when library, extension script and tables are not of one version.';

CREATE FUNCTION offerengine_internal.owner() RETURNS regrole
    AS 'MODULE_PATHNAME', 'oe_owner' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.owner() IS
    'Owner of schema offerengine: owns every table, view and policy, and is the identity behind what engine triggers write.';

CREATE FUNCTION offerengine_internal.lock_extension() RETURNS void
    AS 'MODULE_PATHNAME', 'oe_lock_extension' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.lock_extension() IS
    'Takes the lock of the extension object until the end of the transaction, so that two calls of migrate() follow one another. '
    '55000: library and extension are not of one version.';

CREATE FUNCTION offerengine_internal.execute_as_owner(sql text) RETURNS void
    AS 'MODULE_PATHNAME', 'oe_execute_as_owner' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.execute_as_owner(text) IS
    'Runs statements as the owner of schema offerengine with search_path pg_catalog. The caller must be a member of the owner '
    '(42501). Who is not the owner himself runs them as PostgreSQL maintains other people''s tables: nothing that the owner has '
    'hung on his outlives the call. For migrate() and what stands beside it.';

CREATE FUNCTION offerengine_internal.schema_migration_changed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'oe_schema_migration_changed' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.schema_migration_changed() IS
    'Trigger: tells every session that the version of the tables may have changed.';

CREATE FUNCTION offerengine_internal.announce_version() RETURNS void
    AS 'MODULE_PATHNAME', 'oe_announce_version' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.announce_version() IS
    'Tells every session that the version of the extension may have changed: at commit they ask again and refuse (55000) what '
    'their library does not fit. Last statement of every script of the extension.';
