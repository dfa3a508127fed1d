/*
 * Statement triggers of offer and merchant: judge who moves which status, write what moved to the history, and ask for
 * a new approval of what its merchant changed. What they know of a statement they read from its transition tables and
 * from the decision that it carries out, so that statements of other triggers in between are judged by themselves.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "access/actor.h"
#include "approval/approval.h"
#include "error.h"
#include "storage/parameters.h"
#include "storage/grow.h"
#include "storage/statement.h"
#include "storage/transition.h"

/* Attributes of an approved offer whose change by its merchant needs a new approval, as bits. */
#define FIELD_TITLE 1
#define FIELD_VALIDITY 2
#define FIELD_PRICE 4
#define FIELD_MASKS 8

static const char *const field_lists[FIELD_MASKS] = {
	[FIELD_TITLE] = "title",
	[FIELD_VALIDITY] = "validity",
	[FIELD_TITLE | FIELD_VALIDITY] = "title,validity",
	[FIELD_PRICE] = "price",
	[FIELD_TITLE | FIELD_PRICE] = "title,price",
	[FIELD_VALIDITY | FIELD_PRICE] = "validity,price",
	[FIELD_TITLE | FIELD_VALIDITY | FIELD_PRICE] = "title,validity,price",
};

/* Columns of offer as they are judged. */
enum
{
	OFFER_STATUS,
	OFFER_ACTIVE,
	OFFER_TITLE,
	OFFER_FROM,
	OFFER_TO,
	OFFER_SHEET,
	OFFER_JUDGED,
	OFFER_ID = OFFER_JUDGED,
	OFFER_REFERENCE,
	OFFER_MERCHANT,
	OFFER_VERSION,
	OFFER_COLUMNS
};

static const char *const offer_columns[OFFER_COLUMNS] = {
	"approval_status", "is_active", "title", "valid_from", "valid_to", "price_sheet_id", "offer_id", "offer_reference",
	"merchant_id", "version"
};

/* Columns of merchant. */
enum
{
	MERCHANT_STATUS,
	MERCHANT_ACTIVE,
	MERCHANT_REAPPROVE,
	MERCHANT_FOUR_EYES,
	MERCHANT_REVIEW,
	MERCHANT_JUDGED,
	MERCHANT_ID = MERCHANT_JUDGED,
	MERCHANT_REFERENCE,
	MERCHANT_COLUMNS
};

static const char *const merchant_columns[MERCHANT_COLUMNS] = {
	"approval_status", "is_active", "reapprove_on_change", "four_eyes", "price_review_percent", "merchant_id",
	"merchant_reference"
};

/* A row of a history that is to be written. */
typedef struct Move
{
	int64		id;				/* offer or merchant */
	const char *from;
	const char *to;
	int32		version;		/* of the offer */
} Move;

/* What one statement did. */
typedef struct Moves
{
	const OeDecision *decision;
	Move	   *items;
	Size		count;
	Size		capacity;
	OeIds		changed[FIELD_MASKS];	/* offers, by what their merchant changed of them */
} Moves;

#define MOVED \
	"  FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4))" \
	"    AS t (id, from_status, to_status, version)"

static OeStatement write_offer_history = {
	"INSERT INTO offerengine.offer_approval"
	" (offer_id, from_status, to_status, version, reason, decided_by, acting_user, changed_fields)"
	" SELECT t.id, t.from_status, t.to_status, t.version, $5, $6, $7, pg_catalog.string_to_array($8, ',')" MOVED,
	8, {INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, INT4ARRAYOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID}
};

static OeStatement write_merchant_history = {
	"INSERT INTO offerengine.merchant_approval (merchant_id, from_status, to_status, reason, decided_by, acting_user)"
	" SELECT t.id, t.from_status, t.to_status, $5, $6, $7" MOVED,
	7, {INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, INT4ARRAYOID, TEXTOID, TEXTOID, TEXTOID}
};

static OeStatement find_own_approval = {
	"SELECT o.offer_reference"
	"  FROM offerengine.offer o"
	"  JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id"
	" WHERE o.offer_id = ANY ($1) AND m.four_eyes AND " OE_CREATED_BY_APPROVER("$2", "$3")
	" ORDER BY o.offer_id LIMIT 1",
	3, {INT8ARRAYOID, TEXTOID, TEXTOID}
};

static void judge_offer_row(OeTransition *rows, const AttrNumber *columns, Moves *moves);
static void judge_merchant_row(OeTransition *rows, const AttrNumber *columns, Moves *moves);
static void judge_move(const char *kind, const char *reference, OeApprovalStatus from, OeApprovalStatus to,
					   const OeDecision *decision);
static void check_may_switch(const char *reference, int64 merchant_id);
static int	changed_fields(OeTransition *rows, const AttrNumber *columns);
static void add_move(Moves *moves, int64 id, const char *from, const char *to, int32 version);
static void check_four_eyes(const Moves *moves);
static void write_history(OeStatement *statement, const Moves *moves);

/* A new row, or one of which something changed that is judged. */
static bool
is_judged(OeTransition *rows, const AttrNumber *columns, int count)
{
	return rows->new_row != NULL &&
		(rows->old_row == NULL || oe_columns_differ(rows->old_row, rows->new_row, columns, count));
}

/* After an insert or update of offers: writes the history of what moved, then asks for new approvals. */
PG_FUNCTION_INFO_V1(oe_record_offers);
Datum
oe_record_offers(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);
	OeDecision	plain = oe_new_decision(NULL, oe_writing_role_in_trigger());
	Moves		moves = {.decision = oe_decision_of(RelationGetRelid(trigdata->tg_relation))};
	AttrNumber	columns[OFFER_COLUMNS];
	OeTransition rows;

	if (moves.decision == NULL)
		moves.decision = &plain;
	oe_columns(RelationGetDescr(trigdata->tg_relation), offer_columns, OFFER_COLUMNS, columns);
	oe_transition_open(&rows, trigdata);
	while (oe_transition_next(&rows))
		if (is_judged(&rows, columns, OFFER_JUDGED))
			judge_offer_row(&rows, columns, &moves);
	oe_transition_close(&rows);

	if (moves.count > 0)
	{
		check_four_eyes(&moves);
		write_history(&write_offer_history, &moves);
	}
	/* One statement for each combination of fields. */
	for (int fields = 1; fields < FIELD_MASKS; fields++)
		if (moves.changed[fields].count > 0)
			oe_reapprove_offers(&moves.changed[fields], field_lists[fields]);
	return PointerGetDatum(NULL);
}

/* After an insert or update of merchants: writes the history of what moved. */
PG_FUNCTION_INFO_V1(oe_record_merchants);
Datum
oe_record_merchants(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);
	OeDecision	plain = oe_new_decision(NULL, oe_writing_role_in_trigger());
	Moves		moves = {.decision = oe_decision_of(RelationGetRelid(trigdata->tg_relation))};
	AttrNumber	columns[MERCHANT_COLUMNS];
	OeTransition rows;

	if (moves.decision == NULL)
		moves.decision = &plain;
	oe_columns(RelationGetDescr(trigdata->tg_relation), merchant_columns, MERCHANT_COLUMNS, columns);
	oe_transition_open(&rows, trigdata);
	while (oe_transition_next(&rows))
		if (is_judged(&rows, columns, MERCHANT_JUDGED))
			judge_merchant_row(&rows, columns, &moves);
	oe_transition_close(&rows);

	if (moves.count > 0)
		write_history(&write_merchant_history, &moves);
	return PointerGetDatum(NULL);
}

/* Value of a column that is of this type and NOT NULL, unless somebody has changed that. */
static Datum
value_of(TupleTableSlot *row, AttrNumber column, Oid type)
{
	Form_pg_attribute attribute = TupleDescAttr(row->tts_tupleDescriptor, column - 1);
	bool		isnull = true;
	Datum		value = attribute->atttypid == type ? slot_getattr(row, column, &isnull) : (Datum) 0;

	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("column \"%s\" of a row that is judged is NULL or of another type than %s",
						NameStr(attribute->attname), format_type_be(type)),
				 errhint("Give the column back what the reference says of it.")));
	return value;
}

static char *
text_of(TupleTableSlot *row, AttrNumber column)
{
	return TextDatumGetCString(value_of(row, column, TEXTOID));
}

static OeApprovalStatus
status_of(TupleTableSlot *row, AttrNumber column)
{
	return oe_approval_status(text_of(row, column));
}

/* A new row counts as moving from waiting. */
static void
judge_offer_row(OeTransition *rows, const AttrNumber *columns, Moves *moves)
{
	TupleTableSlot *old = rows->old_row;
	TupleTableSlot *new = rows->new_row;
	OeApprovalStatus from = old == NULL ? OE_WAITING : status_of(old, columns[OFFER_STATUS]);
	OeApprovalStatus to = status_of(new, columns[OFFER_STATUS]);
	int64		offer_id = DatumGetInt64(value_of(new, columns[OFFER_ID], INT8OID));

	if (from != to)
	{
		judge_move("offer", text_of(new, columns[OFFER_REFERENCE]), from, to, moves->decision);
		add_move(moves, offer_id, oe_approval_status_name(from), oe_approval_status_name(to),
				 DatumGetInt32(value_of(new, columns[OFFER_VERSION], INT4OID)));
	}
	if (old == NULL)
		return;

	if (oe_columns_differ(old, new, &columns[OFFER_ACTIVE], 1))
		check_may_switch(text_of(new, columns[OFFER_REFERENCE]),
						 DatumGetInt64(value_of(new, columns[OFFER_MERCHANT], INT8OID)));
	if (from == OE_APPROVED && to == OE_APPROVED && !oe_is_operator(GetUserId()))
	{
		int			fields = changed_fields(rows, columns);

		if (fields != 0)
			oe_ids_add(&moves->changed[fields], offer_id);
	}
}

/* A merchant's approval status, and its activity as a second pair of states; a new row is waiting and active before. */
static void
judge_merchant_row(OeTransition *rows, const AttrNumber *columns, Moves *moves)
{
	TupleTableSlot *old = rows->old_row;
	TupleTableSlot *new = rows->new_row;
	OeApprovalStatus from = old == NULL ? OE_WAITING : status_of(old, columns[MERCHANT_STATUS]);
	OeApprovalStatus to = status_of(new, columns[MERCHANT_STATUS]);
	bool		was_active = old == NULL || DatumGetBool(value_of(old, columns[MERCHANT_ACTIVE], BOOLOID));
	bool		is_active = DatumGetBool(value_of(new, columns[MERCHANT_ACTIVE], BOOLOID));
	int64		merchant_id = DatumGetInt64(value_of(new, columns[MERCHANT_ID], INT8OID));

	if (old == NULL && from == to && is_active)
		return;
	oe_check_decides("merchants");
	if (from != to)
	{
		judge_move("merchant", text_of(new, columns[MERCHANT_REFERENCE]), from, to,
				   moves->decision);
		add_move(moves, merchant_id, oe_approval_status_name(from), oe_approval_status_name(to), 0);
	}
	if (was_active != is_active)
		add_move(moves, merchant_id, was_active ? "active" : "suspended", is_active ? "active" : "suspended", 0);
}

/* Only an operator decides, and only along the transitions; the engine takes an approval back. */
static void
judge_move(const char *kind, const char *reference, OeApprovalStatus from, OeApprovalStatus to,
		   const OeDecision *decision)
{
	if (decision->by_engine && from == OE_APPROVED && to == OE_WAITING)
		return;

	if (!oe_is_operator(GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" may not move %s \"%s\" from %s to %s",
						GetUserNameFromId(GetUserId(), false), kind, reference,
						oe_approval_status_name(from), oe_approval_status_name(to)),
				 errhint("Only an operator decides; see grant_access().")));
	oe_check_transition(kind, reference, from, to);
}

static void
check_may_switch(const char *reference, int64 merchant_id)
{
	if (!oe_is_operator(GetUserId()) && !oe_acts_for_merchant(GetUserId(), merchant_id))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" may not switch offer \"%s\" on or off",
						GetUserNameFromId(GetUserId(), false), reference),
				 errhint("Its merchant and operators may; see grant_access().")));
}

/* Which of the attributes that were looked at for the approval differ. */
static int
changed_fields(OeTransition *rows, const AttrNumber *columns)
{
	return (oe_columns_differ(rows->old_row, rows->new_row, &columns[OFFER_TITLE], 1) ? FIELD_TITLE : 0) |
		(oe_columns_differ(rows->old_row, rows->new_row, &columns[OFFER_FROM], 2) ? FIELD_VALIDITY : 0) |
		(oe_columns_differ(rows->old_row, rows->new_row, &columns[OFFER_SHEET], 1) ? FIELD_PRICE : 0);
}

static void
add_move(Moves *moves, int64 id, const char *from, const char *to, int32 version)
{
	OE_GROW(moves->items, moves->count, moves->capacity);
	moves->items[moves->count++] = (Move)
	{
		.id = id, .from = from, .to = to, .version = version
	};
}

/* Raises OE003 when an offer that was just approved was created by its approver and its merchant asks for four eyes. */
static void
check_four_eyes(const Moves *moves)
{
	const OeDecision *decision = moves->decision;
	OeIds		approved = {0};
	OeParameters parameters = {0};
	OeOwnerRun	run;

	for (Size i = 0; i < moves->count; i++)
		if (strcmp(moves->items[i].to, oe_approval_status_name(OE_APPROVED)) == 0)
			oe_ids_add(&approved, moves->items[i].id);
	if (approved.count == 0)
		return;

	oe_add_value(&parameters, oe_ids_array(&approved));
	oe_add_string(&parameters, decision->decided_by);
	oe_add_string(&parameters, decision->acting_user);
	run = oe_begin_owner_run();
	if (oe_run_plain(&find_own_approval, parameters.values, parameters.nulls, approved.count > OE_MANY_ROWS) > 0)
		oe_raise_four_eyes(SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));
	oe_end_owner_run(run);
}

/* Runs the INSERT into a history, as the owner: nobody else may write there. */
static void
write_history(OeStatement *statement, const Moves *moves)
{
	OeIds		ids = {0};
	Datum	   *from = palloc_extended(sizeof(Datum) * moves->count, MCXT_ALLOC_HUGE);
	Datum	   *to = palloc_extended(sizeof(Datum) * moves->count, MCXT_ALLOC_HUGE);
	Datum	   *versions = palloc_extended(sizeof(Datum) * moves->count, MCXT_ALLOC_HUGE);
	OeParameters parameters = {0};
	OeOwnerRun	run;

	for (Size i = 0; i < moves->count; i++)
	{
		oe_ids_add(&ids, moves->items[i].id);
		from[i] = CStringGetTextDatum(moves->items[i].from);
		to[i] = CStringGetTextDatum(moves->items[i].to);
		versions[i] = Int32GetDatum(moves->items[i].version);
	}
	oe_add_value(&parameters, oe_ids_array(&ids));
	oe_add_value(&parameters, PointerGetDatum(construct_array(from, moves->count, TEXTOID, -1, false, TYPALIGN_INT)));
	oe_add_value(&parameters, PointerGetDatum(construct_array(to, moves->count, TEXTOID, -1, false, TYPALIGN_INT)));
	oe_add_value(&parameters, PointerGetDatum(construct_array(versions, moves->count, INT4OID, sizeof(int32), true,
															  TYPALIGN_INT)));
	oe_add_string(&parameters, moves->decision->reason);
	oe_add_string(&parameters, moves->decision->decided_by);
	oe_add_string(&parameters, moves->decision->acting_user);
	oe_add_string(&parameters, moves->decision->changed_fields);

	run = oe_begin_owner_run();
	oe_run_plain(statement, parameters.values, parameters.nulls, false);
	oe_end_owner_run(run);
}
