/*
 * Reads transition tables without the executor.
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "storage/schema.h"
#include "storage/transition.h"

/*
 * What triggers read as something else than the text that its type gives; a column of another type would be read as an
 * address.
 */
static const struct
{
	const char *name;
	Oid			type;
}			column_types[] = {
	{"abstract_product_id", INT8OID},
	{"advantage_offer_id", INT8OID},
	{"created_at", TIMESTAMPTZOID},
	{"created_by", TEXTOID},
	{"created_by_acting_user", TEXTOID},
	{"currency_code", TEXTOID},
	{"merchant_id", INT8OID},
	{"merchant_relationship_id", INT8OID},
	{"min_quantity", INT4OID},
	{"offer_id", INT8OID},
	{"offer_reference", TEXTOID},
	{"price_id", INT8OID},
	{"price_type", TEXTOID},
	{"product_contract_id", INT8OID},
	{"product_id", INT8OID},
	{"recorded_at", TIMESTAMPTZOID},
	{"regular_offer_id", INT8OID},
	{"sales_rule_id", INT8OID},
	{"store_code", TEXTOID},
	{"tag_id", INT8OID},
	{"updated_at", TIMESTAMPTZOID},
	{"valid_from", TIMESTAMPTZOID},
	{"valid_to", TIMESTAMPTZOID},
	{"version", INT4OID},
};

/* A table of our schema, or a partition, wherever, of one. */
static bool
is_ours(Relation relation)
{
	if (RelationGetNamespace(relation) == oe_schema_oid())
		return true;
	return relation->rd_rel->relispartition &&
		get_rel_namespace(llast_oid(get_partition_ancestors(RelationGetRelid(relation)))) == oe_schema_oid();
}

static bool
is_called_so(FunctionCallInfo fcinfo, int timing, int level)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	return CALLED_AS_TRIGGER(fcinfo) &&
		(trigdata->tg_event & TRIGGER_EVENT_TIMINGMASK) == timing &&
		(trigdata->tg_event & TRIGGER_EVENT_ROW) == level && is_ours(trigdata->tg_relation);
}

static void
refuse_call(FunctionCallInfo fcinfo)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("function %s of offerengine was not called as the trigger it is made for",
					quote_identifier(get_func_name(fcinfo->flinfo->fn_oid))),
			 errhint("Triggers of offerengine are created by CALL offerengine.migrate().")));
}

TriggerData *
oe_trigger_data(FunctionCallInfo fcinfo, int timing, int level)
{
	if (!is_called_so(fcinfo, timing, level))
		refuse_call(fcinfo);
	return (TriggerData *) fcinfo->context;
}

TriggerData *
oe_changed_row_trigger_data(FunctionCallInfo fcinfo, int timing)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, timing, TRIGGER_EVENT_ROW);

	if (!TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		refuse_call(fcinfo);
	return trigdata;
}

TriggerData *
oe_new_row_trigger_data(FunctionCallInfo fcinfo, int timing)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, timing, TRIGGER_EVENT_ROW);

	if (TRIGGER_FIRED_BY_DELETE(trigdata->tg_event))
		refuse_call(fcinfo);
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
	for (int i = 0; i < (int) lengthof(column_types); i++)
	{
		Oid			type = TupleDescAttr(tupdesc, number - 1)->atttypid;

		if (type != column_types[i].type && strcmp(name, column_types[i].name) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("column \"%s\" of a table of offerengine is of type %s, not %s",
							name, format_type_be(type), format_type_be(column_types[i].type)),
					 errhint("Give it back the type that the reference says.")));
	}
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
