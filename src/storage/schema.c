/*
 * Answers whether the schema is there and of the version this library needs, and who owns it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "schema_version.h"
#include "storage/schema.h"

/* True while nothing has been invalidated since the schema was last found to fit. */
static bool schema_fits = false;

/*
 * The subtransaction in which that was found, which may be the one that created or upgraded it: to be forgotten with
 * it. InvalidSubTransactionId: in a transaction that has been committed, or had written nothing.
 */
static SubTransactionId found_in = InvalidSubTransactionId;

static uint64 heard = 0;		/* messages that concerned the schema */
static Oid	migration_relid = InvalidOid;
static Oid	view_relid = InvalidOid;
static bool callbacks_registered = false;

static void check_extension_version(void);
static void check_schema_version(void);
static void check_schema_complete(void);
static int	applied_schema_version(Oid relid);

static void
forget(void)
{
	schema_fits = false;
	heard++;
}

/*
 * The bell of upgrades: schema_migration is invalidated when its rows change and when a script of the extension has run
 * (oe_announce_version).
 */
static void
forget_on_relcache(Datum arg, Oid relid)
{
	if (!OidIsValid(relid) || relid == migration_relid || relid == view_relid)
		forget();
}

static void
forget_on_syscache(Datum arg, int cacheid, uint32 hashvalue)
{
	forget();
}

/* What was found in a transaction that is rolled back, or prepared only, was found in what nobody else may ever see. */
static void
settle_transaction(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PARALLEL_ABORT:
		case XACT_EVENT_PREPARE:
			if (found_in != InvalidSubTransactionId)
				schema_fits = false;
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PARALLEL_COMMIT:
			found_in = InvalidSubTransactionId;
			break;
		default:
			break;
	}
}

static void
settle_subtransaction(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (found_in != mine)
		return;
	if (event == SUBXACT_EVENT_ABORT_SUB)
		schema_fits = false;
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		found_in = parent;
}

void
oe_require_schema(void)
{
	uint64		before;

	/* Also within a transaction an upgrade is heard at the next call. */
	AcceptInvalidationMessages();
	if (likely(schema_fits))
		return;

	if (!callbacks_registered)
	{
		CacheRegisterRelcacheCallback(forget_on_relcache, (Datum) 0);
		CacheRegisterSyscacheCallback(NAMESPACEOID, forget_on_syscache, (Datum) 0);
		RegisterXactCallback(settle_transaction, NULL);
		RegisterSubXactCallback(settle_subtransaction, NULL);
		callbacks_registered = true;
	}

	before = heard;
	check_extension_version();
	check_schema_version();
	check_schema_complete();
	schema_fits = heard == before;

	/* Who has written nothing has made and upgraded nothing: what it found stands, also when it ends in an error. */
	found_in = TransactionIdIsValid(GetTopTransactionIdIfAny()) ? GetCurrentSubTransactionId() :
		InvalidSubTransactionId;
}

/* The script that CREATE EXTENSION ran and the library on disk are of one version. */
static void
check_extension_version(void)
{
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	char	   *installed = NULL;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum("offerengine"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;
		Datum		version = heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(rel), &isnull);

		if (!isnull)
			installed = TextDatumGetCString(version);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);

	if (installed == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension offerengine is not installed in this database"),
				 errhint("Run CREATE EXTENSION offerengine CASCADE.")));
	if (strcmp(installed, OE_VERSION) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("library version %s does not fit extension version %s", OE_VERSION, installed),
				 errhint("Run ALTER EXTENSION offerengine UPDATE; if it was just run, reconnect.")));
}

static void
check_schema_version(void)
{
	int			applied = 0;

	migration_relid = get_relname_relid("schema_migration", oe_schema_oid());
	if (OidIsValid(migration_relid))
		applied = applied_schema_version(migration_relid);

	if (applied == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the tables of offerengine are not there yet"),
				 errhint("Run CALL offerengine.migrate().")));
	if (applied < OE_SCHEMA_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the tables of offerengine are at migration %d, version %s needs %d",
						applied, OE_VERSION, OE_SCHEMA_VERSION),
				 errhint("Run CALL offerengine.migrate().")));
	if (applied > OE_SCHEMA_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the tables of offerengine are at migration %d, version %s knows %d only",
						applied, OE_VERSION, OE_SCHEMA_VERSION),
				 errhint("Install the newer version, run ALTER EXTENSION offerengine UPDATE, and reconnect.")));
}

/*
 * DROP EXTENSION takes triggers, views and policies along and leaves the tables.  Until migrate() has brought them
 * back, nothing would be guarded, recorded or projected.  One view stands for all of them; which single one is missing
 * is the question of health_check().
 */
static void
check_schema_complete(void)
{
	Oid			nspid = get_namespace_oid(OE_INTERNAL_SCHEMA, true);

	if (!OidIsValid(nspid))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("schema %s does not exist", OE_INTERNAL_SCHEMA),
				 errhint("The extension is there, so it was renamed: give it its name back with ALTER SCHEMA.")));
	view_relid = get_relname_relid("seen_merchant", nspid);
	if (!OidIsValid(view_relid))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the triggers and views of offerengine are not there, only its tables"),
				 errhint("Run CALL offerengine.migrate(), which brings them back.")));
}

/* Number of the newest migration recorded; 0 when there is none. Reads the few rows under the latest snapshot. */
static int
applied_schema_version(Oid relid)
{
	Relation	rel = oe_open_table(relid);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	AttrNumber	name_attr = get_attnum(relid, "name");
	AttrNumber	kind_attr = get_attnum(relid, "kind");
	HeapTuple	tuple;
	int			newest = 0;

	if (get_atttype(relid, name_attr) != TEXTOID || get_atttype(relid, kind_attr) != TEXTOID)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table offerengine.schema_migration has no columns name and kind of type text"),
				 errhint("They were dropped or changed: bring them back as the reference describes them.")));
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		name_null;
		bool		kind_null;
		Datum		name = heap_getattr(tuple, name_attr, RelationGetDescr(rel), &name_null);
		Datum		kind = heap_getattr(tuple, kind_attr, RelationGetDescr(rel), &kind_null);

		if (name_null || kind_null || strcmp(TextDatumGetCString(kind), "migration") != 0)
			continue;
		newest = Max(newest, atoi(TextDatumGetCString(name)));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return newest;
}

Relation
oe_open_table(Oid relid)
{
	Relation	rel = table_open(relid, AccessShareLock);

	if (rel->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s.%s is not the table that it was made as", OE_SCHEMA, RelationGetRelationName(rel)),
				 errhint("Something else has its name: give that another one, and the table its name back.")));
	return rel;
}

static void
refuse_missing_schema(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("schema %s does not exist", OE_SCHEMA),
			 OidIsValid(get_extension_oid("offerengine", true)) ?
			 errhint("The extension is there, so it was renamed: give it its name back with ALTER SCHEMA.") :
			 errhint("Run CREATE EXTENSION offerengine CASCADE.")));
}

Oid
oe_schema_oid(void)
{
	Oid			nspid = get_namespace_oid(OE_SCHEMA, true);

	if (!OidIsValid(nspid))
		refuse_missing_schema();
	return nspid;
}

Oid
oe_schema_owner(void)
{
	HeapTuple	tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(oe_schema_oid()));
	Oid			owner;

	/* Its name was known still, and reading the row told that somebody has dropped it. */
	if (!HeapTupleIsValid(tuple))
		refuse_missing_schema();
	owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	ReleaseSysCache(tuple);
	return owner;
}

OeIdentity
oe_become_owner(void)
{
	OeIdentity	saved;

	GetUserIdAndSecContext(&saved.userid, &saved.sec_context);
	SetUserIdAndSecContext(oe_schema_owner(),
						   saved.sec_context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	return saved;
}

OeIdentity
oe_become_owner_restricted(void)
{
	OeIdentity	saved = oe_become_owner();

	if (saved.userid != GetUserId())
		SetUserIdAndSecContext(GetUserId(), saved.sec_context | SECURITY_LOCAL_USERID_CHANGE |
							   SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS);
	return saved;
}

void
oe_restore_identity(OeIdentity saved)
{
	SetUserIdAndSecContext(saved.userid, saved.sec_context);
}

PG_FUNCTION_INFO_V1(oe_require_schema_sql);
Datum
oe_require_schema_sql(PG_FUNCTION_ARGS)
{
	oe_require_schema();
	PG_RETURN_VOID();
}

/* Trigger of schema_migration: every session asks again which version the tables are of. */
PG_FUNCTION_INFO_V1(oe_schema_migration_changed);
Datum
oe_schema_migration_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s() is a trigger function", "schema_migration_changed")));
	CacheInvalidateRelcache(trigdata->tg_relation);
	PG_RETURN_POINTER(NULL);
}

/*
 * At the end of each script of the extension, whose version no other message tells. Where there are no tables yet,
 * nobody remembers that they fit.
 */
PG_FUNCTION_INFO_V1(oe_announce_version);
Datum
oe_announce_version(PG_FUNCTION_ARGS)
{
	Oid			relid = get_relname_relid("schema_migration", oe_schema_oid());

	if (OidIsValid(relid))
		CacheInvalidateRelcacheByRelid(relid);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_owner);
Datum
oe_owner(PG_FUNCTION_ARGS)
{
	PG_RETURN_OID(oe_schema_owner());
}

/*
 * First of what changes the schema.  When the library is newer than the extension's SQL, its files were installed and
 * ALTER EXTENSION UPDATE not run yet: what migrate() of the old SQL did would be recorded as done by the new version.
 */
PG_FUNCTION_INFO_V1(oe_lock_extension);
Datum
oe_lock_extension(PG_FUNCTION_ARGS)
{
	LockDatabaseObject(ExtensionRelationId, get_extension_oid("offerengine", false), 0, ShareUpdateExclusiveLock);
	check_extension_version();
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_execute_as_owner);
Datum
oe_execute_as_owner(PG_FUNCTION_ARGS)
{
	char	   *sql = text_to_cstring(PG_GETARG_TEXT_PP(0));
	OeIdentity	saved;
	int			nestlevel;
	int			result;

	if (!has_privs_of_role(GetUserId(), oe_schema_owner()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only a member of role \"%s\", the owner of schema offerengine, may change its tables",
						GetUserNameFromId(oe_schema_owner(), false))));

	nestlevel = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
	/* What is run means the same whatever the session makes of a backslash. */
	(void) set_config_option("standard_conforming_strings", "on", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
	saved = oe_become_owner_restricted();

	SPI_connect();
	result = SPI_execute(sql, false, 0);
	if (result < 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a statement cannot run inside a function: %s", SPI_result_code_string(result)),
				 errhint("COPY to or from the client, and what begins or ends a transaction, is run by itself.")));
	SPI_finish();

	oe_restore_identity(saved);
	AtEOXact_GUC(false, nestlevel);
	PG_RETURN_VOID();
}
