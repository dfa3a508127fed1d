/*
 * The row of a hot place, stock_held, locked where its newest version is. An UPDATE by key walks every version that
 * somebody's old snapshot keeps; here the index is read from its newest end and the version is followed from there.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "fmgr.h"
#include "storage/lmgr.h"
#include "utils/rel.h"

#include "storage/probe.h"

static bool
is_place(TupleTableSlot *row, int64 offer_id, int64 warehouse_id)
{
	bool		isnull;

	return DatumGetInt64(slot_getattr(row, oe_attnum(OE_STOCK_HELD_OFFER_ID), &isnull)) == offer_id &&
		DatumGetInt64(slot_getattr(row, oe_attnum(OE_STOCK_HELD_WAREHOUSE_ID), &isnull)) == warehouse_id;
}

/*
 * Waits for whoever has the row, as an UPDATE does. In REPEATABLE READ, where it may have to fail, that is left to the
 * UPDATE.
 */
PG_FUNCTION_INFO_V1(oe_lock_newest_place);
Datum
oe_lock_newest_place(PG_FUNCTION_ARGS)
{
	int64		offer_id = PG_GETARG_INT64(0);
	int64		warehouse_id = PG_GETARG_INT64(1);
	ItemPointer newest = NULL;
	OeReader	reader;

	if (IsolationUsesXactSnapshot() || !oe_reader_open(&reader, OE_TABLE_BIT(OE_STOCK_HELD)))
		PG_RETURN_NULL();
	LockRelationOid(RelationGetRelid(reader.tables[OE_STOCK_HELD]), RowExclusiveLock);
	if (oe_probe_fetch2_newest(&reader, OE_BY_OFFER_AND_WAREHOUSE, PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) != NULL)
	{
		Relation	table = reader.tables[OE_STOCK_HELD];
		ItemPointerData seen = reader.probes[OE_BY_OFFER_AND_WAREHOUSE]->slot->tts_tid;
		TupleTableSlot *row = table_slot_create(table, NULL);
		TM_FailureData failure;

		if (table_tuple_lock(table, &seen, reader.snapshot, row, GetCurrentCommandId(false), LockTupleNoKeyExclusive,
							 LockWaitBlock, TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure) == TM_Ok &&
			is_place(row, offer_id, warehouse_id))
		{
			newest = palloc(sizeof(ItemPointerData));
			ItemPointerCopy(&row->tts_tid, newest);
		}
		ExecDropSingleTupleTableSlot(row);
	}
	oe_reader_close(&reader);
	if (newest == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(newest);
}
