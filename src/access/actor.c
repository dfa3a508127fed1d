/*
 * Answers who a role is to the marketplace: operator, merchant, storefront, reporting, monitoring, or nobody.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "access/actor.h"
#include "module.h"
#include "storage/grow.h"
#include "storage/ids.h"
#include "storage/schema.h"

/* A pooler may set many roles in one backend; beyond this many we start again. */
#define MAX_REMEMBERED_ROLES 256

/* What actor says about a role, directly or through the roles whose privileges it has. */
typedef struct Actor
{
	Oid			role;			/* hash key */
	bool		is_operator;
	bool		is_storefront;
	bool		is_reporting;
	bool		is_monitoring;
	int			merchant_count;
	int			merchant_capacity;
	int64	   *merchants;
} Actor;

static HTAB *actors = NULL;
static MemoryContext actor_context = NULL;
static bool actors_stale = true;
static Oid	actor_relid = InvalidOid;
static bool callbacks_registered = false;

static OeBehalf calling = {0};
static OeBehalf writing = {0};

static bool writes_for_another(void);
static const Actor *current_actor(Oid role);
static void forget_actors(void);
static void read_actor_table(Actor *actor);
static void add_kind(Actor *actor, const char *kind, int64 merchant_id);
static Oid	meant_role(const char *role_name, Oid role_oid, const char *granted_in);
static char *this_database(void);
static Datum merchants_array(const Actor *actor);

bool
oe_is_operator(Oid role)
{
	return superuser_arg(role) || current_actor(role)->is_operator;
}

bool
oe_acts_for_merchant(Oid role, int64 merchant_id)
{
	const Actor *actor = current_actor(role);

	for (int i = 0; i < actor->merchant_count; i++)
		if (actor->merchants[i] == merchant_id)
			return true;
	return false;
}

const int64 *
oe_acting_for(Oid role, int *count)
{
	const Actor *actor = current_actor(role);

	*count = actor->merchant_count;
	return actor->merchants;
}

bool
oe_sees_merchant(Oid role, int64 merchant_id)
{
	return oe_sees_all_merchants(role) || oe_acts_for_merchant(role, merchant_id);
}

bool
oe_sees_all_merchants(Oid role)
{
	return oe_is_operator(role) || current_actor(role)->is_reporting;
}

bool
oe_only_monitors(Oid role)
{
	return !oe_is_operator(role) && current_actor(role)->is_monitoring;
}

bool
oe_is_storefront(Oid role)
{
	const Actor *actor;

	if (superuser_arg(role))
		return false;
	actor = current_actor(role);
	return actor->is_storefront && !actor->is_operator;
}

Oid
oe_calling_role(void)
{
	return OidIsValid(calling.role) ? calling.role : GetUserId();
}

OeBehalf
oe_act_for(Oid role)
{
	OeBehalf	before = calling;

	calling.role = role;
	calling.code = oe_own_code();
	return before;
}

void
oe_restore_calling_role(OeBehalf before)
{
	calling = before;
}

Oid
oe_writing_role(void)
{
	return writes_for_another() && oe_runs_here(&writing.code) ? writing.role : GetUserId();
}

Oid
oe_writing_role_in_trigger(void)
{
	return writes_for_another() && oe_fired_here(&writing.code) ? writing.role : GetUserId();
}

/* Whoever becomes another role meanwhile, as a function of a DBA's may, writes for himself. */
static bool
writes_for_another(void)
{
	return OidIsValid(writing.role) && GetUserId() == oe_schema_owner();
}

OeBehalf
oe_write_for(Oid role)
{
	OeBehalf	before = writing;

	writing.role = role;
	writing.code = oe_own_code();
	return before;
}

void
oe_restore_writing_role(OeBehalf before)
{
	writing = before;
}

void
oe_check_instant(TimestampTz at)
{
	if (likely(at == GetCurrentTransactionStartTimestamp()))
		return;

	if (oe_is_storefront(GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" may ask about the current instant only",
						GetUserNameFromId(GetUserId(), false)),
				 errdetail("It is a storefront; what holds at another instant is not for shoppers."),
				 errhint("Leave out \"at\" or pass now().")));
}

bool
oe_may_explain(int64 merchant_id)
{
	const Actor *actor;

	if (superuser())
		return true;

	actor = current_actor(GetUserId());
	return actor->merchant_count == 0 || actor->is_operator || oe_acts_for_merchant(GetUserId(), merchant_id);
}

void
oe_check_own_offer(int64 merchant_id)
{
	if (!oe_may_explain(merchant_id))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" may ask about the offers of its own merchant only",
						GetUserNameFromId(GetUserId(), false))));
}

const char *
oe_acting_user_or_null(void)
{
	return (oe_acting_user != NULL && oe_acting_user[0] != '\0') ? oe_acting_user : NULL;
}

/* The entry of role, read from table actor when it is not remembered. Valid until the next call. */
static const Actor *
current_actor(Oid role)
{
	Actor		fresh = {.role = role};
	Actor	   *actor;

	if (unlikely(actors_stale || hash_get_num_entries(actors) >= MAX_REMEMBERED_ROLES))
		forget_actors();

	actor = hash_search(actors, &role, HASH_FIND, NULL);
	if (likely(actor != NULL))
		return actor;

	/*
	 * Read first, enter then: an ERROR leaves no half-read entry, and what goes stale meanwhile serves this call only.
	 */
	read_actor_table(&fresh);
	actor = hash_search(actors, &role, HASH_ENTER, NULL);
	*actor = fresh;
	return actor;
}

static void
mark_stale_on_relcache(Datum arg, Oid relid)
{
	if (!OidIsValid(relid) || relid == actor_relid)
		actors_stale = true;
}

static void
mark_stale_on_syscache(Datum arg, int cacheid, uint32 hashvalue)
{
	actors_stale = true;
}

/* Starts with an empty memory; the old one is kept alive until here because callers may just be looking at it. */
static void
forget_actors(void)
{
	HASHCTL		ctl = {.keysize = sizeof(Oid), .entrysize = sizeof(Actor)};

	if (!callbacks_registered)
	{
		CacheRegisterRelcacheCallback(mark_stale_on_relcache, (Datum) 0);
		CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, mark_stale_on_syscache, (Datum) 0);
		CacheRegisterSyscacheCallback(AUTHOID, mark_stale_on_syscache, (Datum) 0);
		CacheRegisterSyscacheCallback(NAMESPACEOID, mark_stale_on_syscache, (Datum) 0);
		callbacks_registered = true;
	}
	if (actor_context == NULL)
		actor_context = AllocSetContextCreate(CacheMemoryContext, "offerengine actors", ALLOCSET_SMALL_SIZES);
	MemoryContextReset(actor_context);
	actors = NULL;
	ctl.hcxt = actor_context;
	actors = hash_create("offerengine actors", 16, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	actors_stale = false;
}

/* Fills in what the rows of table actor say, under the latest snapshot: a right taken away is gone at once. */
static void
read_actor_table(Actor *actor)
{
	Relation	rel;
	SysScanDesc scan;
	HeapTuple	tuple;
	AttrNumber	name_attr;
	AttrNumber	oid_attr;
	AttrNumber	granted_in_attr;
	AttrNumber	kind_attr;
	AttrNumber	merchant_attr;

	actor->is_operator = has_privs_of_role(actor->role, oe_schema_owner());
	actor_relid = get_relname_relid("actor", oe_schema_oid());
	if (!OidIsValid(actor_relid))
		return;

	rel = oe_open_table(actor_relid);
	name_attr = get_attnum(actor_relid, "role_name");
	oid_attr = get_attnum(actor_relid, "role_oid");
	granted_in_attr = get_attnum(actor_relid, "granted_in");
	kind_attr = get_attnum(actor_relid, "kind");
	merchant_attr = get_attnum(actor_relid, "merchant_id");
	if (get_atttype(actor_relid, name_attr) != TEXTOID || get_atttype(actor_relid, kind_attr) != TEXTOID ||
		get_atttype(actor_relid, oid_attr) != OIDOID || get_atttype(actor_relid, granted_in_attr) != TEXTOID ||
		get_atttype(actor_relid, merchant_attr) != INT8OID)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("columns of table offerengine.actor are not as they were made"),
				 errhint("They were dropped or changed: bring them back as the reference describes them.")));
	scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		bool		oid_null;
		bool		granted_in_null;
		Datum		name = heap_getattr(tuple, name_attr, RelationGetDescr(rel), &isnull);
		Datum		role_oid = heap_getattr(tuple, oid_attr, RelationGetDescr(rel), &oid_null);
		Datum		granted_in = heap_getattr(tuple, granted_in_attr, RelationGetDescr(rel), &granted_in_null);
		Oid			granted;
		Datum		kind;
		Datum		merchant;

		if (isnull)
			continue;
		if (oid_null || granted_in_null)
			granted = meant_role(TextDatumGetCString(name), InvalidOid, NULL);
		else
			granted = meant_role(TextDatumGetCString(name), DatumGetObjectId(role_oid),
								 TextDatumGetCString(granted_in));
		if (!OidIsValid(granted) || !has_privs_of_role(actor->role, granted))
			continue;
		kind = heap_getattr(tuple, kind_attr, RelationGetDescr(rel), &isnull);
		if (isnull)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("role \"%s\" stands in table offerengine.actor without a kind", TextDatumGetCString(name)),
					 errhint("Grant its access again with grant_access(), and give column kind its NOT NULL back.")));
		merchant = heap_getattr(tuple, merchant_attr, RelationGetDescr(rel), &isnull);
		add_kind(actor, TextDatumGetCString(kind), isnull ? 0 : DatumGetInt64(merchant));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/*
 * The role that a row of actor means. OIDs are remembered with the database they are from: a dump restored elsewhere
 * counts by name, while in the same database a new role of an old name inherits nothing. InvalidOid: nobody.
 */
static Oid
meant_role(const char *role_name, Oid role_oid, const char *granted_in)
{
	Oid			named = get_role_oid(role_name, true);

	if (named != role_oid && granted_in != NULL && strcmp(granted_in, this_database()) == 0)
		return InvalidOid;
	return named;
}

static char *
this_database(void)
{
	return psprintf(UINT64_FORMAT "/%u", GetSystemIdentifier(), MyDatabaseId);
}

static void
add_kind(Actor *actor, const char *kind, int64 merchant_id)
{
	if (strcmp(kind, "operator") == 0)
		actor->is_operator = true;
	else if (strcmp(kind, "storefront") == 0)
		actor->is_storefront = true;
	else if (strcmp(kind, "reporting") == 0)
		actor->is_reporting = true;
	else if (strcmp(kind, "monitoring") == 0)
		actor->is_monitoring = true;
	else
	{
		MemoryContext caller = MemoryContextSwitchTo(actor_context);

		OE_GROW(actor->merchants, actor->merchant_count, actor->merchant_capacity);
		MemoryContextSwitchTo(caller);
		actor->merchants[actor->merchant_count++] = merchant_id;
	}
}

PG_FUNCTION_INFO_V1(oe_is_operator_sql);
Datum
oe_is_operator_sql(PG_FUNCTION_ARGS)
{
	oe_require_schema();
	PG_RETURN_BOOL(oe_is_operator(oe_writing_role()));
}

/* Operators and reporting read every row. */
PG_FUNCTION_INFO_V1(oe_reads_all);
Datum
oe_reads_all(PG_FUNCTION_ARGS)
{
	Oid			role = GetUserId();

	oe_require_schema();
	PG_RETURN_BOOL(oe_sees_all_merchants(role));
}

PG_FUNCTION_INFO_V1(oe_acts_for_merchant_sql);
Datum
oe_acts_for_merchant_sql(PG_FUNCTION_ARGS)
{
	oe_require_schema();
	PG_RETURN_BOOL(oe_acts_for_merchant(oe_writing_role(), PG_GETARG_INT64(0)));
}

PG_FUNCTION_INFO_V1(oe_acting_merchants);
Datum
oe_acting_merchants(PG_FUNCTION_ARGS)
{
	oe_require_schema();
	PG_RETURN_DATUM(merchants_array(current_actor(oe_writing_role())));
}

/* In one order, whichever way they were granted: keys of actions of orders are kept by it. */
static Datum
merchants_array(const Actor *actor)
{
	OeIds		merchants = {NULL, 0, 0};

	for (int i = 0; i < actor->merchant_count; i++)
		oe_ids_add(&merchants, actor->merchants[i]);
	oe_ids_sort_unique(&merchants);
	return oe_ids_array(&merchants);
}

PG_FUNCTION_INFO_V1(oe_acting_user_sql);
Datum
oe_acting_user_sql(PG_FUNCTION_ARGS)
{
	const char *acting_user = oe_acting_user_or_null();

	if (acting_user == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(acting_user));
}

PG_FUNCTION_INFO_V1(oe_calling_role_sql);
Datum
oe_calling_role_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(GetUserNameFromId(oe_calling_role(), false)));
}

PG_FUNCTION_INFO_V1(oe_called_by_storefront);
Datum
oe_called_by_storefront(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(oe_is_storefront(oe_calling_role()));
}

bool
oe_called_for_merchants_only(void)
{
	Oid			role = oe_calling_role();

	return !oe_is_operator(role) && current_actor(role)->merchant_count > 0;
}

/* The merchants for whom the caller acts, where it acts for them only; NULL for everybody else. */
PG_FUNCTION_INFO_V1(oe_called_for_merchants);
Datum
oe_called_for_merchants(PG_FUNCTION_ARGS)
{
	if (!oe_called_for_merchants_only())
		PG_RETURN_NULL();
	PG_RETURN_DATUM(merchants_array(current_actor(oe_calling_role())));
}

/* The engine's own channel is for whoever has the privileges of the schema's owner. */
PG_FUNCTION_INFO_V1(oe_called_by_owner);
Datum
oe_called_by_owner(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(has_privs_of_role(oe_calling_role(), oe_schema_owner()));
}

PG_FUNCTION_INFO_V1(oe_actor_role);
Datum
oe_actor_role(PG_FUNCTION_ARGS)
{
	Oid			role;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		role = meant_role(text_to_cstring(PG_GETARG_TEXT_PP(0)), InvalidOid, NULL);
	else
		role = meant_role(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_OID(1),
						  text_to_cstring(PG_GETARG_TEXT_PP(2)));
	if (!OidIsValid(role))
		PG_RETURN_NULL();
	PG_RETURN_OID(role);
}

PG_FUNCTION_INFO_V1(oe_this_database);
Datum
oe_this_database(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(this_database()));
}

/* Trigger of table actor: every backend forgets what it remembers of it. */
PG_FUNCTION_INFO_V1(oe_actor_changed);
Datum
oe_actor_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("function %s() was not called as the trigger it is made for", "actor_changed"),
				 errhint("Triggers of offerengine are created by CALL offerengine.migrate().")));
	CacheInvalidateRelcache(trigdata->tg_relation);
	PG_RETURN_POINTER(NULL);
}
