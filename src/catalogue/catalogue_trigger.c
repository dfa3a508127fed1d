/*
 * Triggers of the catalogue: they fill what callers do not say, raise versions, project, and refuse what never
 * changes. BEFORE triggers only fill; refusals come AFTER, since BEFORE INSERT also runs for an upsert that then
 * updates.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "common/int.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "catalogue/bulk.h"
#include "catalogue/projection.h"
#include "catalogue/steps.h"
#include "error.h"
#include "module.h"
#include "storage/statement.h"
#include "storage/transition.h"

#define MAX_FILLED 8

/* Numbers that one statement draws at most while their references are taken. */
#define NUMBERS_AT_ONCE 1000000

/* Columns to set in a row on its way into the table. */
typedef struct Filling
{
	Oid			relid;
	HeapTuple	tuple;
	TupleDesc	tupdesc;
	int			count;
	int			columns[MAX_FILLED];
	Datum		values[MAX_FILLED];
	bool		nulls[MAX_FILLED];
} Filling;

static OeStatement reference_taken = {
	"SELECT FROM offerengine.offer o WHERE o.offer_reference OPERATOR(pg_catalog.=) $1",
	1, {TEXTOID}
};

/*
 * Draws numbers up to the first whose reference is free: one statement, whoever has made how many of them ahead, and
 * what it skips nobody meets again.
 */
static OeStatement next_offer_id = {
	"SELECT d.id"
	"  FROM (SELECT pg_catalog.nextval(pg_catalog.pg_get_serial_sequence('offerengine.offer', 'offer_id')) AS id,"
	"               pg_catalog.generate_series(1, $1) AS draw OFFSET 0) AS d"
	" WHERE (SELECT o.offer_id FROM offerengine.offer o"
	"         WHERE o.offer_reference OPERATOR(pg_catalog.=) pg_catalog.concat('offer', d.id)) IS NULL"
	" LIMIT 1",
	1, {INT4OID}
};

static OeStatement merchant_of_relationship = {
	"SELECT r.merchant_id FROM offerengine.merchant_relationship r"
	" WHERE r.merchant_relationship_id OPERATOR(pg_catalog.=) $1",
	1, {INT8OID}
};

static OeStatement product_of_offer = {
	"SELECT o.product_id FROM offerengine.offer o WHERE o.offer_id OPERATOR(pg_catalog.=) $1",
	1, {INT8OID}
};

static OeStatement pseudonym_of_now = {
	"SELECT FROM offerengine.customer_erasure e"
	" WHERE e.pseudonym OPERATOR(pg_catalog.=) $1 AND offerengine_internal.is_own_row(e.xmin)",
	1, {TEXTOID}
};

static OeStatement erasure_of_now = {
	"SELECT FROM offerengine.customer_erasure e WHERE offerengine_internal.is_own_row(e.xmin) LIMIT 1",
	0, {0}
};

static void fill_new_offer(Filling *filling);
static void fill_reference(Filling *filling);
static void fill_changed_offer(Filling *filling, HeapTuple before);
static void keep_maker(Filling *filling, HeapTuple before);
static bool really_changed(Filling *filling, HeapTuple before);

static void
fill(Filling *filling, const char *column, Datum value, bool isnull)
{
	int			number = oe_column(filling->tupdesc, column);
	Form_pg_attribute attr = TupleDescAttr(filling->tupdesc, number - 1);
	bool		given_null;
	Datum		given = heap_getattr(filling->tuple, number, filling->tupdesc, &given_null);

	if (given_null == isnull && (isnull || datum_image_eq(given, value, attr->attbyval, attr->attlen)))
		return;
	Assert(filling->count < MAX_FILLED);
	filling->columns[filling->count] = number;
	filling->values[filling->count] = value;
	filling->nulls[filling->count] = isnull;
	filling->count++;
}

static HeapTuple
filled(Filling *filling)
{
	if (filling->count == 0)
		return filling->tuple;
	return heap_modify_tuple_by_cols(filling->tuple, filling->tupdesc, filling->count, filling->columns,
									 filling->values, filling->nulls);
}

PG_FUNCTION_INFO_V1(oe_offer_fill);
Datum
oe_offer_fill(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_new_row_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE);
	Filling		filling = {
		.relid = RelationGetRelid(trigdata->tg_relation),
		.tupdesc = RelationGetDescr(trigdata->tg_relation)
	};

	if (TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
	{
		filling.tuple = trigdata->tg_trigtuple;
		fill_new_offer(&filling);
	}
	else
	{
		filling.tuple = trigdata->tg_newtuple;
		fill_changed_offer(&filling, trigdata->tg_trigtuple);
	}
	PG_RETURN_POINTER(filled(&filling));
}

static void
fill_new_offer(Filling *filling)
{
	bool		isnull;
	bool		anonymous = oe_acting_user == NULL || oe_acting_user[0] == '\0';

	(void) heap_getattr(filling->tuple, oe_column(filling->tupdesc, "offer_reference"), filling->tupdesc, &isnull);
	if (isnull)
		fill_reference(filling);
	fill(filling, "created_by", CStringGetTextDatum(GetUserNameFromId(GetUserId(), false)), false);
	fill(filling, "created_by_acting_user", anonymous ? (Datum) 0 : CStringGetTextDatum(oe_acting_user), anonymous);
	if (oe_bulk_fills())
		return;

	fill(filling, "version", Int32GetDatum(1), false);
	fill(filling, "created_at", TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()), false);
	fill(filling, "updated_at", TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()), false);
}

static bool
is_taken(Datum reference)
{
	Datum		values[] = {reference};

	return oe_run(&reference_taken, values, NULL, false) > 0;
}

/* offer<id>; where somebody has given that reference to another offer, the next free number is drawn. */
static void
fill_reference(Filling *filling)
{
	bool		isnull;
	int64		offer_id = DatumGetInt64(heap_getattr(filling->tuple, oe_column(filling->tupdesc, "offer_id"),
													  filling->tupdesc, &isnull));
	OeOwnerRun	run;

	if (isnull)
		return;
	run = oe_begin_owner_run();
	if (is_taken(CStringGetTextDatum(psprintf("offer" INT64_FORMAT, offer_id))))
	{
		Datum		at_once = Int32GetDatum(NUMBERS_AT_ONCE);

		while (oe_run(&next_offer_id, &at_once, NULL, false) == 0)
			CHECK_FOR_INTERRUPTS();
		offer_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	}
	oe_end_owner_run(run);

	fill(filling, "offer_id", Int64GetDatum(offer_id), false);
	fill(filling, "offer_reference", CStringGetTextDatum(psprintf("offer" INT64_FORMAT, offer_id)), false);
}

/* A change counts once; an UPDATE that changes nothing does not, and nobody sets the counters by hand. */
static void
fill_changed_offer(Filling *filling, HeapTuple before)
{
	static const char *const kept[] = {"created_by", "created_at"};
	bool		isnull;
	int32		version = DatumGetInt32(heap_getattr(before, oe_column(filling->tupdesc, "version"),
													 filling->tupdesc, &isnull));
	Datum		updated_at = heap_getattr(before, oe_column(filling->tupdesc, "updated_at"), filling->tupdesc, &isnull);
	Datum		value;

	if (oe_engine_writes(filling->relid) || really_changed(filling, before))
	{
		if (pg_add_s32_overflow(version, 1, &version))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("version of an offer is out of range")));
		updated_at = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	}
	fill(filling, "version", Int32GetDatum(version), false);
	fill(filling, "updated_at", updated_at, false);
	for (int i = 0; i < lengthof(kept); i++)
	{
		value = heap_getattr(before, oe_column(filling->tupdesc, kept[i]), filling->tupdesc, &isnull);
		fill(filling, kept[i], value, isnull);
	}
	keep_maker(filling, before);
}

/*
 * The person who made the offer stays who that was, but that customer_erase() puts a pseudonym there that this very
 * transaction has recorded.
 */
static void
keep_maker(Filling *filling, HeapTuple before)
{
	AttrNumber	column = oe_column(filling->tupdesc, "created_by_acting_user");
	bool		old_null;
	bool		new_null;
	Datum		old_value = heap_getattr(before, column, filling->tupdesc, &old_null);
	Datum		new_value = heap_getattr(filling->tuple, column, filling->tupdesc, &new_null);
	bool		is_erased = false;

	if (!old_null && !new_null && !datum_image_eq(old_value, new_value, false, -1))
	{
		OeOwnerRun	run = oe_begin_owner_run();

		is_erased = oe_run(&pseudonym_of_now, &new_value, NULL, false) > 0;
		oe_end_owner_run(run);
	}
	if (!is_erased)
		fill(filling, "created_by_acting_user", old_value, old_null);
}

static bool
really_changed(Filling *filling, HeapTuple before)
{
	static const char *const counters[] = {
		"version", "updated_at", "created_by", "created_by_acting_user", "created_at"
	};
	AttrNumber	ignored[lengthof(counters)];

	oe_columns(filling->tupdesc, counters, lengthof(counters), ignored);
	for (int number = 1; number <= filling->tupdesc->natts; number++)
	{
		Form_pg_attribute attr = TupleDescAttr(filling->tupdesc, number - 1);
		bool		skip = attr->attisdropped;
		bool		old_null;
		bool		new_null;
		Datum		old_value;
		Datum		new_value;

		for (int i = 0; i < lengthof(counters); i++)
			skip = skip || ignored[i] == number;
		if (skip)
			continue;
		old_value = heap_getattr(before, number, filling->tupdesc, &old_null);
		new_value = heap_getattr(filling->tuple, number, filling->tupdesc, &new_null);
		if (old_null != new_null ||
			(!old_null && !datum_image_eq(old_value, new_value, attr->attbyval, attr->attlen)))
			return true;
	}
	return false;
}

/*
 * An offer's price carries the offer's product. A wrong one given by the caller is left for the foreign key to
 * refuse.
 */
/* Fills a column from the row that another one names; where there is none, a constraint will say so. */
static Datum
fill_from(FunctionCallInfo fcinfo, const char *named, OeStatement *question, const char *filled_column)
{
	TriggerData *trigdata = oe_new_row_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE);
	bool		is_insert = TRIGGER_FIRED_BY_INSERT(trigdata->tg_event);
	Filling		filling = {
		.tuple = is_insert ? trigdata->tg_trigtuple : trigdata->tg_newtuple,
		.tupdesc = RelationGetDescr(trigdata->tg_relation)
	};
	bool		isnull;
	Datum		id = heap_getattr(filling.tuple, oe_column(filling.tupdesc, named), filling.tupdesc, &isnull);
	OeOwnerRun	run;
	bool		found;
	Datum		value = 0;

	if (isnull)
		PG_RETURN_POINTER(filling.tuple);
	run = oe_begin_owner_run();
	found = oe_run(question, &id, NULL, false) > 0;
	if (found)
		value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	oe_end_owner_run(run);

	if (found)
		fill(&filling, filled_column, value, false);
	PG_RETURN_POINTER(filled(&filling));
}

PG_FUNCTION_INFO_V1(oe_price_fill);
Datum
oe_price_fill(PG_FUNCTION_ARGS)
{
	return fill_from(fcinfo, "offer_id", &product_of_offer, "product_id");
}

PG_FUNCTION_INFO_V1(oe_assignee_fill);
Datum
oe_assignee_fill(PG_FUNCTION_ARGS)
{
	return fill_from(fcinfo, "merchant_relationship_id", &merchant_of_relationship, "merchant_id");
}

/* A price that is changed is told anew: its trigger says that something differs. */
PG_FUNCTION_INFO_V1(oe_price_told);
Datum
oe_price_told(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_changed_row_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE);
	Filling		filling = {
		.tuple = trigdata->tg_newtuple,
		.tupdesc = RelationGetDescr(trigdata->tg_relation)
	};

	fill(&filling, "recorded_at", TimestampTzGetDatum(GetCurrentTimestamp()), false);
	PG_RETURN_POINTER(filled(&filling));
}

/* Ids of the rows in which one of the named columns changed. */
static OeIds
changed_ids(TriggerData *trigdata, const char *id_column, const char *const *names, int count)
{
	OeIds		ids = {0};
	OeTransition rows;
	AttrNumber	id_number = oe_column(RelationGetDescr(trigdata->tg_relation), id_column);
	AttrNumber	numbers[MAX_FILLED];
	int64		id;

	Assert(count <= MAX_FILLED);
	oe_columns(RelationGetDescr(trigdata->tg_relation), names, count, numbers);
	oe_transition_open(&rows, trigdata);
	while (oe_transition_next(&rows))
		if (oe_columns_differ(rows.old_row, rows.new_row, numbers, count) && oe_row_id(rows.new_row, id_number, &id))
			oe_ids_add(&ids, id);
	oe_transition_close(&rows);
	return ids;
}

/* The engine's own writes are looked at, too: a trigger before ours may have changed more than they say. */
PG_FUNCTION_INFO_V1(oe_offer_changed);
Datum
oe_offer_changed(PG_FUNCTION_ARGS)
{
	static const char *const projected[] = {
		"approval_status", "is_active", "valid_from", "valid_to", "title", "offer_type", "management", "price_sheet_id"
	};
	static const char *const judged[] = {"approval_status", "offer_type", "price_sheet_id"};
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);
	OeIds		ids = changed_ids(trigdata, "offer_id", projected, lengthof(projected));

	oe_project_offers(&ids);
	ids = changed_ids(trigdata, "offer_id", judged, lengthof(judged));
	oe_check_steps(&ids, OE_STEPS_ALL);
	PG_RETURN_POINTER(NULL);
}

PG_FUNCTION_INFO_V1(oe_product_changed);
Datum
oe_product_changed(PG_FUNCTION_ARGS)
{
	static const char *const projected[] = {"is_active", "valid_from", "valid_to", "name", "abstract_product_id"};
	static const char *const pointing[] = {"abstract_product_id"};
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);
	OeIds		ids = changed_ids(trigdata, "product_id", projected, lengthof(projected));
	OeIds		moved_to = changed_ids(trigdata, "abstract_product_id", pointing, lengthof(pointing));

	oe_project_products(&ids, &moved_to);
	PG_RETURN_POINTER(NULL);
}

/* Both sides of every row, since a link may have been moved from one abstract product to another. */
PG_FUNCTION_INFO_V1(oe_abstract_product_store_changed);
Datum
oe_abstract_product_store_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);
	AttrNumber	id_number = oe_column(RelationGetDescr(trigdata->tg_relation), "abstract_product_id");
	OeIds		ids = {0};
	OeTransition rows;
	int64		id;

	oe_transition_open(&rows, trigdata);
	while (oe_transition_next(&rows))
	{
		if (rows.old_row != NULL && oe_row_id(rows.old_row, id_number, &id))
			oe_ids_add(&ids, id);
		if (rows.new_row != NULL && oe_row_id(rows.new_row, id_number, &id))
			oe_ids_add(&ids, id);
	}
	oe_transition_close(&rows);
	oe_project_abstract_products(&ids);
	PG_RETURN_POINTER(NULL);
}

/*
 * Rows that are new, or moved to another offer or store, are projected under the locks of their products; offers
 * that lost a store have their version raised; anything else was a write to the projection itself, which is put
 * right.
 */
PG_FUNCTION_INFO_V1(oe_offer_store_changed);
Datum
oe_offer_store_changed(PG_FUNCTION_ARGS)
{
	static const char *const key[] = {"offer_id", "store_code"};
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);
	AttrNumber	numbers[lengthof(key)];
	OeIds		gained = {0};
	OeIds		lost = {0};
	OeIds		written = {0};
	OeTransition rows;
	int64		id;

	if (oe_engine_writes(RelationGetRelid(trigdata->tg_relation)))
		PG_RETURN_POINTER(NULL);
	oe_columns(RelationGetDescr(trigdata->tg_relation), key, lengthof(key), numbers);
	oe_transition_open(&rows, trigdata);
	while (oe_transition_next(&rows))
	{
		bool		moved = rows.old_row == NULL || rows.new_row == NULL ||
		oe_columns_differ(rows.old_row, rows.new_row, numbers, lengthof(key));

		if (rows.new_row != NULL && oe_row_id(rows.new_row, numbers[0], &id))
			oe_ids_add(moved ? &gained : &written, id);
		if (rows.old_row != NULL && moved && oe_row_id(rows.old_row, numbers[0], &id) &&
			(rows.new_row == NULL || oe_columns_differ(rows.old_row, rows.new_row, numbers, 1)))
			oe_ids_add(&lost, id);
	}
	oe_transition_close(&rows);

	oe_project_new_stores(&gained);
	oe_touch_offers(&lost);
	oe_project_offers(&written);
	PG_RETURN_POINTER(NULL);
}

/* Refuses a change of the columns named as the trigger's arguments; its WHEN says that one of them changed. */
PG_FUNCTION_INFO_V1(oe_refuse_change);
Datum
oe_refuse_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_changed_row_trigger_data(fcinfo, TRIGGER_EVENT_AFTER);
	TupleDesc	tupdesc = RelationGetDescr(trigdata->tg_relation);

	for (int i = 0; i < trigdata->tg_trigger->tgnargs; i++)
	{
		const char *column = trigdata->tg_trigger->tgargs[i];
		int			number = oe_column(tupdesc, column);
		char	   *before = SPI_getvalue(trigdata->tg_trigtuple, tupdesc, number);
		char	   *after = SPI_getvalue(trigdata->tg_newtuple, tupdesc, number);

		if (before == NULL || after == NULL || strcmp(before, after) == 0)
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_OE_IMMUTABLE),
				 errmsg("%s of %s never changes: \"%s\" cannot become \"%s\"",
						column, RelationGetRelationName(trigdata->tg_relation), before, after),
				 errhint("Make a new row and deactivate or end this one."),
				 errtablecol(trigdata->tg_relation, number)));
	}
	PG_RETURN_POINTER(NULL);
}

PG_FUNCTION_INFO_V1(oe_refuse_truncate);
Datum
oe_refuse_truncate(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE, 0);

	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("table %s cannot be truncated: what depends on its rows would not be told",
					RelationGetRelationName(trigdata->tg_relation)),
			 errhint("Use DELETE, or deactivate the rows."),
			 errtable(trigdata->tg_relation)));
	PG_RETURN_POINTER(NULL);
}

/*
 * For tables that only grow: refuses UPDATE, DELETE and TRUNCATE for everybody. A transaction that has recorded an
 * erasure comes through with an UPDATE: which rows, keeps_history() judges.
 */
PG_FUNCTION_INFO_V1(oe_append_only);
Datum
oe_append_only(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE, 0);
	TriggerEvent event = trigdata->tg_event;

	if (TRIGGER_FIRED_BY_UPDATE(event))
	{
		OeOwnerRun	run = oe_begin_owner_run();
		bool		erases = oe_run(&erasure_of_now, NULL, NULL, false) > 0;

		oe_end_owner_run(run);
		if (erases)
			PG_RETURN_POINTER(NULL);
	}
	ereport(ERROR,
			(errcode(ERRCODE_OE_APPEND_ONLY),
			 errmsg("%s is append-only: %s is refused", RelationGetRelationName(trigdata->tg_relation),
					TRIGGER_FIRED_BY_UPDATE(event) ? "UPDATE" :
					TRIGGER_FIRED_BY_DELETE(event) ? "DELETE" : "TRUNCATE"),
			 errtable(trigdata->tg_relation)));
	PG_RETURN_POINTER(NULL);
}
