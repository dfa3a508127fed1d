/*
 * A foreign key locks the row that it refers to, FOR KEY SHARE. Of orders that is the same store, currency and offer in
 * all sessions at once, and every such meeting makes a multixact. So the look-up of a new row reads the row referred to
 * instead, and leaves everything else to the key as it is: who may not find it, who finds that somebody is about to
 * take it away, and keys whose rows nobody guards.
 *
 * The guard is a trigger on the table referred to, await_writers(). It runs with the row locked FOR UPDATE (as BEFORE
 * ROW triggers do) and waits for everybody who has begun to write one of the tables that it names. Whoever looked at
 * the row before that lock wrote its table by then, and is waited for; whoever looks later sees the lock, and waits as
 * any foreign key does. Then the delete's own look-up sees all rows that refer to the row. Nobody else waits.
 *
 * Whoever disables the guard, or alters it, takes SHARE ROW EXCLUSIVE on the table referred to. So whoever relies on it
 * has locked that table as its writers do, ROW EXCLUSIVE, until the end of the transaction.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/skey.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "catalogue/hot_reference.h"
#include "compat.h"
#include "storage/schema.h"

#define GUARD "await_writers"

static Datum check_inserted(PG_FUNCTION_ARGS);
static Datum check_updated(PG_FUNCTION_ARGS);

/*
 * The functions that the executor remembers for its triggers are its own copy; the triggers stay as they are, so that
 * what the server decides by them (whether an UPDATE concerns the key) is decided as ever.
 */
void
oe_look_before_locking(ResultRelInfo *result, MemoryContext context)
{
	TriggerDesc *triggers = result->ri_TrigDesc;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		Oid			function = triggers->triggers[i].tgfoid;
		FmgrInfo   *call = &result->ri_TrigFunctions[i];

		if ((function != F_RI_FKEY_CHECK_INS && function != F_RI_FKEY_CHECK_UPD) || OidIsValid(call->fn_oid))
			continue;
		if (RelationGetNamespace(result->ri_RelationDesc) != get_namespace_oid(OE_SCHEMA, true))
			return;
		fmgr_info_cxt(function, call, context);
		call->fn_addr = function == F_RI_FKEY_CHECK_INS ? check_inserted : check_updated;
	}
}

/*
 * The key that a trigger checks, copied, since opening a table may renew what is known of another. False: it is not of
 * one column.
 */
static bool
find_key(Relation referring, Oid constraint, ForeignKeyCacheInfo *found)
{
	ListCell   *cell;

	foreach(cell, RelationGetFKeyList(referring))
	{
		const ForeignKeyCacheInfo *key = lfirst(cell);

		if (key->conoid == constraint)
		{
			*found = *key;
			return key->nkeys == 1;
		}
	}
	return false;
}

/*
 * The function of guards. Found as the server finds what it calls itself: whoever may write the table need not have
 * USAGE on our schemas.
 */
static Oid
guard_function(void)
{
	Oid			schema = get_namespace_oid(OE_INTERNAL_SCHEMA, true);

	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(GUARD),
						   PointerGetDatum(buildoidvector(NULL, 0)), ObjectIdGetDatum(schema));
}

/*
 * Whether the trigger, for every row and every change of the column, waits for writers of the table. Asks no catalogue,
 * so that what is known of triggers stays.
 */
static bool
is_guard(const Trigger *trigger, Oid guard, AttrNumber column, const char *writers)
{
	bool		is_of_column = false;

	if (trigger->tgfoid != guard || !TRIGGER_FOR_ROW(trigger->tgtype) || !TRIGGER_FOR_BEFORE(trigger->tgtype) ||
		!TRIGGER_FOR_DELETE(trigger->tgtype) || !TRIGGER_FOR_UPDATE(trigger->tgtype) || trigger->tgqual != NULL ||
		(trigger->tgenabled != TRIGGER_FIRES_ON_ORIGIN && trigger->tgenabled != TRIGGER_FIRES_ALWAYS))
		return false;
	for (int i = 0; i < trigger->tgnattr; i++)
		is_of_column |= trigger->tgattr[i] == column;
	for (int i = 0; is_of_column && i < trigger->tgnargs; i++)
		if (strcmp(trigger->tgargs[i], writers) == 0)
			return true;
	return false;
}

/* Whether who takes a row of the one table away waits for those who write the other. */
static bool
waits_for_writers(Relation referred, AttrNumber column, Oid guard, Relation referring)
{
	TriggerDesc *triggers = referred->trigdesc;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
		if (is_guard(&triggers->triggers[i], guard, column, RelationGetRelationName(referring)))
			return true;
	return false;
}

/*
 * Nobody has deleted the row, changed it or locked it FOR UPDATE, as far as the row itself says. Whoever has changed it
 * and goes on in the same transaction deletes and locks the version that he has made, which nobody else sees yet.
 */
static bool
stays(TupleTableSlot *row)
{
	BufferHeapTupleTableSlot *buffered = (BufferHeapTupleTableSlot *) row;
	HeapTupleHeader header;
	bool		is_taken;

	if (!TTS_IS_BUFFERTUPLE(row) || !BufferIsValid(buffered->buffer))
		return false;
	header = buffered->base.tuple->t_data;
	LockBuffer(buffered->buffer, BUFFER_LOCK_SHARE);
	is_taken = (header->t_infomask & HEAP_XMAX_INVALID) == 0 &&
		(!HEAP_XMAX_IS_LOCKED_ONLY(header->t_infomask) || (header->t_infomask2 & HEAP_KEYS_UPDATED) != 0);
	LockBuffer(buffered->buffer, BUFFER_LOCK_UNLOCK);
	return !is_taken;
}

/*
 * Looks with a snapshot of this moment: what an older one sees may have had a newer version meanwhile, and it is the
 * newest that whoever takes the row away has locked. The index is the one that the statement knew when it began:
 * REINDEX CONCURRENTLY may have put another one in its place since.
 */
static bool
find_row(Relation referred, Oid index_oid, const ForeignKeyCacheInfo *key, Oid type, Datum value)
{
	Relation	index = try_index_open(index_oid, AccessShareLock);
	bool		found = false;

	if (index == NULL)
		return false;
	if (index->rd_rel->relkind == RELKIND_INDEX && index->rd_rel->relam == BTREE_AM_OID &&
		index->rd_index->indisvalid && index->rd_index->indnkeyatts == 1 &&
		index->rd_index->indkey.values[0] == key->confkey[0] &&
		TupleDescAttr(RelationGetDescr(referred), key->confkey[0] - 1)->atttypid == type)
	{
		Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
		TupleTableSlot *row = table_slot_create(referred, NULL);
		IndexScanDesc scan = oe_index_beginscan(referred, index, snapshot, 1);
		ScanKeyData scan_key;

		ScanKeyEntryInitialize(&scan_key, 0, 1, BTEqualStrategyNumber, InvalidOid, index->rd_indcollation[0],
							   get_opcode(key->conpfeqop[0]), value);
		index_rescan(scan, &scan_key, 1, NULL, 0);
		found = index_getnext_slot(scan, ForwardScanDirection, row) && stays(row);
		index_endscan(scan);
		ExecDropSingleTupleTableSlot(row);
		UnregisterSnapshot(snapshot);
	}
	index_close(index, NoLock);
	return found;
}

/*
 * True: the row that the new row refers to is there and stays, or none is needed. False: ask the key. A table whose
 * writers nobody waits for is left to its key for the rest of the statement.
 */
static bool
refers_to_row(FunctionCallInfo fcinfo, PGFunction by_key)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	ForeignKeyCacheInfo key;
	TupleTableSlot *row;
	Relation	referred;
	Datum		value;
	Oid			guard;
	bool		isnull;
	bool		found = false;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event))
		return false;
	if (!find_key(data->tg_relation, data->tg_trigger->tgconstraint, &key))
	{
		fcinfo->flinfo->fn_addr = by_key;
		return false;
	}
	row = TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newslot : data->tg_trigslot;
	value = slot_getattr(row, key.conkey[0], &isnull);
	if (isnull)
		return true;

	guard = guard_function();
	referred = table_open(key.confrelid, RowExclusiveLock);
	if (OidIsValid(guard) && waits_for_writers(referred, key.confkey[0], guard, data->tg_relation))
		found = find_row(referred, data->tg_trigger->tgconstrindid, &key,
						 TupleDescAttr(row->tts_tupleDescriptor, key.conkey[0] - 1)->atttypid, value);
	else
		fcinfo->flinfo->fn_addr = by_key;
	table_close(referred, NoLock);
	return found;
}

static Datum
check_inserted(PG_FUNCTION_ARGS)
{
	return refers_to_row(fcinfo, RI_FKey_check_ins) ? PointerGetDatum(NULL) : RI_FKey_check_ins(fcinfo);
}

static Datum
check_updated(PG_FUNCTION_ARGS)
{
	return refers_to_row(fcinfo, RI_FKey_check_upd) ? PointerGetDatum(NULL) : RI_FKey_check_upd(fcinfo);
}

/* Whether the UPDATE changes one of the columns that the trigger names. */
static bool
changes_key(const TriggerData *data)
{
	const Trigger *trigger = data->tg_trigger;
	TupleDesc	columns = RelationGetDescr(data->tg_relation);

	for (int i = 0; i < trigger->tgnattr; i++)
	{
		AttrNumber	attnum = trigger->tgattr[i];
		Form_pg_attribute column = TupleDescAttr(columns, attnum - 1);
		bool		was_null;
		bool		is_null;
		Datum		was = slot_getattr(data->tg_trigslot, attnum, &was_null);
		Datum		is = slot_getattr(data->tg_newslot, attnum, &is_null);

		if (was_null != is_null || (!is_null && !datumIsEqual(was, is, column->attbyval, column->attlen)))
			return true;
	}
	return false;
}

static List *
writers_named(const Trigger *trigger)
{
	List	   *tables = NIL;

	for (int i = 0; i < trigger->tgnargs; i++)
	{
		Oid			table = get_relname_relid(trigger->tgargs[i], oe_schema_oid());
		LOCKTAG    *tag;

		if (!OidIsValid(table))
			continue;
		tag = palloc(sizeof(LOCKTAG));
		SET_LOCKTAG_RELATION(*tag, MyDatabaseId, table);
		tables = lappend(tables, tag);
	}
	return tables;
}

PG_FUNCTION_INFO_V1(oe_await_writers);
Datum
oe_await_writers(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	bool		is_update;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		TRIGGER_FIRED_BY_INSERT(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("await_writers() must be fired before each row that is deleted or updated")));
	is_update = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
	if (!is_update || changes_key(data))
		WaitForLockersMultiple(writers_named(data->tg_trigger), ShareLock, false);
	return PointerGetDatum(is_update ? data->tg_newtuple : data->tg_trigtuple);
}
