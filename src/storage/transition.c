/*
 * Reads transition tables without the executor.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "storage/transition.h"

TriggerData *
oe_trigger_data(FunctionCallInfo fcinfo, int timing, int level)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		(trigdata->tg_event & TRIGGER_EVENT_TIMINGMASK) != timing ||
		(trigdata->tg_event & TRIGGER_EVENT_ROW) != level)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("function %u of offerengine was not called as the trigger it is made for",
						fcinfo->flinfo->fn_oid),
				 errhint("Triggers of offerengine are created by CALL offerengine.migrate().")));
	return trigdata;
}

static int
own_pointer(Tuplestorestate *store)
{
	int			pointer;

	if (store == NULL)
		return -1;
	pointer = tuplestore_alloc_read_pointer(store, EXEC_FLAG_REWIND);
	tuplestore_select_read_pointer(store, pointer);
	tuplestore_rescan(store);
	return pointer;
}

void
oe_transition_open(OeTransition *rows, TriggerData *trigdata)
{
	rows->tupdesc = RelationGetDescr(trigdata->tg_relation);
	rows->old_rows = trigdata->tg_oldtable;
	rows->new_rows = trigdata->tg_newtable;
	rows->old_pointer = own_pointer(rows->old_rows);
	rows->new_pointer = own_pointer(rows->new_rows);
	rows->old_row = rows->old_rows ? MakeSingleTupleTableSlot(rows->tupdesc, &TTSOpsMinimalTuple) : NULL;
	rows->new_row = rows->new_rows ? MakeSingleTupleTableSlot(rows->tupdesc, &TTSOpsMinimalTuple) : NULL;
}

static bool
next_row(Tuplestorestate *store, int pointer, TupleTableSlot *slot)
{
	tuplestore_select_read_pointer(store, pointer);
	return tuplestore_gettupleslot(store, true, false, slot);
}

bool
oe_transition_next(OeTransition *rows)
{
	CHECK_FOR_INTERRUPTS();
	if (rows->old_rows != NULL && !next_row(rows->old_rows, rows->old_pointer, rows->old_row))
		return false;
	if (rows->new_rows != NULL && !next_row(rows->new_rows, rows->new_pointer, rows->new_row))
		return false;
	return rows->old_rows != NULL || rows->new_rows != NULL;
}

void
oe_transition_close(OeTransition *rows)
{
	if (rows->old_row != NULL)
		ExecDropSingleTupleTableSlot(rows->old_row);
	if (rows->new_row != NULL)
		ExecDropSingleTupleTableSlot(rows->new_row);
}

AttrNumber
oe_column(TupleDesc tupdesc, const char *name)
{
	int			number = SPI_fnumber(tupdesc, name);

	if (number <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a table of offerengine has lost its column \"%s\"", name),
				 errhint("Add the column again as the reference describes it.")));
	return number;
}

void
oe_columns(TupleDesc tupdesc, const char *const *names, int count, AttrNumber *numbers)
{
	for (int i = 0; i < count; i++)
		numbers[i] = oe_column(tupdesc, names[i]);
}

bool
oe_columns_differ(TupleTableSlot *old_row, TupleTableSlot *new_row, const AttrNumber *numbers, int count)
{
	for (int i = 0; i < count; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(old_row->tts_tupleDescriptor, numbers[i] - 1);
		bool		old_null;
		bool		new_null;
		Datum		old_value = slot_getattr(old_row, numbers[i], &old_null);
		Datum		new_value = slot_getattr(new_row, numbers[i], &new_null);

		if (old_null != new_null)
			return true;
		if (!old_null && !datum_image_eq(old_value, new_value, attr->attbyval, attr->attlen))
			return true;
	}
	return false;
}

bool
oe_row_id(TupleTableSlot *row, AttrNumber number, int64 *id)
{
	bool		isnull;
	Datum		value = slot_getattr(row, number, &isnull);

	if (isnull)
		return false;
	*id = DatumGetInt64(value);
	return true;
}
