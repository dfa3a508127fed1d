/*
 * The row of a hot place, stock_held, locked where its newest version is. An UPDATE by key walks every version that
 * somebody's old snapshot keeps; here the index is read from its newest end and the version is followed from there.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/rel.h"

#include "storage/ids.h"
#include "storage/probe.h"

static bool
is_place(TupleTableSlot *row, int64 offer_id, int64 warehouse_id)
{
	bool		isnull;

	return DatumGetInt64(slot_getattr(row, oe_attnum(OE_STOCK_HELD_OFFER_ID), &isnull)) == offer_id &&
		DatumGetInt64(slot_getattr(row, oe_attnum(OE_STOCK_HELD_WAREHOUSE_ID), &isnull)) == warehouse_id;
}

/*
 * Waits for whoever has the row, as an UPDATE does; false: there is none. In REPEATABLE READ, where it may have to
 * fail, that is left to the UPDATE.
 */
static bool
lock_newest(OeReader *reader, int64 offer_id, int64 warehouse_id, ItemPointer newest)
{
	Relation	table = reader->tables[OE_STOCK_HELD];
	OeProbe    *probe = oe_probe_fetch2_newest(reader, OE_BY_OFFER_AND_WAREHOUSE, Int64GetDatum(offer_id),
											   Int64GetDatum(warehouse_id));
	ItemPointerData seen;
	TupleTableSlot *row;
	TM_FailureData failure;
	bool		locked;

	if (probe == NULL)
		return false;
	seen = probe->slot->tts_tid;
	row = table_slot_create(table, NULL);
	locked = table_tuple_lock(table, &seen, reader->snapshot, row, GetCurrentCommandId(false), LockTupleNoKeyExclusive,
							  LockWaitBlock, TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure) == TM_Ok &&
		is_place(row, offer_id, warehouse_id);
	if (locked)
		ItemPointerCopy(&row->tts_tid, newest);
	ExecDropSingleTupleTableSlot(row);
	return locked;
}

static bool
open_places(OeReader *reader)
{
	if (IsolationUsesXactSnapshot() || !oe_reader_open(reader, OE_TABLE_BIT(OE_STOCK_HELD)))
		return false;
	LockRelationOid(RelationGetRelid(reader->tables[OE_STOCK_HELD]), RowExclusiveLock);
	return true;
}

PG_FUNCTION_INFO_V1(oe_lock_newest_place);
Datum
oe_lock_newest_place(PG_FUNCTION_ARGS)
{
	ItemPointer newest = palloc(sizeof(ItemPointerData));
	OeReader	reader;
	bool		locked;

	if (!open_places(&reader))
		PG_RETURN_NULL();
	locked = lock_newest(&reader, PG_GETARG_INT64(0), PG_GETARG_INT64(1), newest);
	oe_reader_close(&reader);
	if (!locked)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(newest);
}

/* Places one after another, in their order, up to the first that cannot be told. */
PG_FUNCTION_INFO_V1(oe_lock_newest_places);
Datum
oe_lock_newest_places(PG_FUNCTION_ARGS)
{
	OeIds		offers = oe_ids_from_array(PG_GETARG_DATUM(0));
	OeIds		warehouses = oe_ids_from_array(PG_GETARG_DATUM(1));
	ItemPointerData *newest = palloc(sizeof(ItemPointerData) * Max(1, offers.count));
	Datum	   *places = palloc(sizeof(Datum) * Max(1, offers.count));
	Size		locked = 0;
	OeReader	reader;

	if (offers.count != warehouses.count || !open_places(&reader))
		PG_RETURN_NULL();
	while (locked < offers.count && lock_newest(&reader, DatumGetInt64(offers.values[locked]),
												DatumGetInt64(warehouses.values[locked]), &newest[locked]))
	{
		places[locked] = PointerGetDatum(&newest[locked]);
		locked++;
	}
	oe_reader_close(&reader);
	if (locked < offers.count)
		PG_RETURN_NULL();
	PG_RETURN_ARRAYTYPE_P(construct_array(places, locked, TIDOID, sizeof(ItemPointerData), false, TYPALIGN_SHORT));
}
