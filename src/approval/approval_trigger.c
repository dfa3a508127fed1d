/*
 * Triggers of offer and merchant: judge who moves which status, and write what moved to the history, one statement
 * a batch.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "access/actor.h"
#include "approval/approval.h"
#include "error.h"
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

/* A transition that a row trigger has seen and the statement trigger has yet to write down. */
typedef struct Transition
{
	int64		id;				/* offer or merchant */
	const char *from;
	const char *to;
	int32		version;		/* of the offer */
	int			fields;			/* FIELD_..., for a change that may need a new approval; from and to are NULL then */
	const OeDecision *decision;
	int			nest_level;
} Transition;

/* In TopTransactionContext; what an aborted subtransaction has seen is dropped. */
typedef struct Batch
{
	Transition *items;
	int			count;
	int			capacity;
	OeDecision *plain;			/* of plain_role, for rows of a plain UPDATE */
	Oid			plain_role;
} Batch;

static Batch offer_moves;
static Batch offer_changes;
static Batch merchant_moves;

static bool callbacks_registered = false;

static void judge_offer_row(TriggerData *trigdata, HeapTuple old, HeapTuple new);
static void judge_merchant_row(TriggerData *trigdata, HeapTuple old, HeapTuple new);
static void judge_move(const char *kind, const char *reference, OeApprovalStatus from, OeApprovalStatus to);
static void check_may_switch(const char *reference, int64 merchant_id);
static int	changed_fields(TupleDesc desc, HeapTuple old, HeapTuple new);
static Transition *add_transition(Batch *batch);
static Batch take_batch(Batch *batch);
static void free_batch(Batch *batch);
static void check_four_eyes(const Batch *batch);
static void write_history(const char *sql, const Batch *batch);
static void reapprove_changed(const Batch *batch);

/* Value of a NOT NULL column as text. */
static char *
text_value(TupleDesc desc, HeapTuple tuple, const char *column)
{
	return SPI_getvalue(tuple, desc, oe_column(desc, column));
}

static Datum
value_of(TupleDesc desc, HeapTuple tuple, const char *column, bool *isnull)
{
	return SPI_getbinval(tuple, desc, oe_column(desc, column), isnull);
}

static int64
bigint_value(TupleDesc desc, HeapTuple tuple, const char *column)
{
	bool		isnull;

	return DatumGetInt64(value_of(desc, tuple, column, &isnull));
}

static bool
boolean_value(TupleDesc desc, HeapTuple tuple, const char *column)
{
	bool		isnull;

	return DatumGetBool(value_of(desc, tuple, column, &isnull));
}

/* Row trigger of offer, after insert and update: judges, and notes what is to be written or approved anew. */
PG_FUNCTION_INFO_V1(oe_judge_offer);
Datum
oe_judge_offer(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, TRIGGER_EVENT_ROW);

	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		judge_offer_row(trigdata, trigdata->tg_trigtuple, trigdata->tg_newtuple);
	else
		judge_offer_row(trigdata, NULL, trigdata->tg_trigtuple);
	return PointerGetDatum(NULL);
}

/* Row trigger of merchant, after insert and update. */
PG_FUNCTION_INFO_V1(oe_judge_merchant);
Datum
oe_judge_merchant(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, TRIGGER_EVENT_ROW);

	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		judge_merchant_row(trigdata, trigdata->tg_trigtuple, trigdata->tg_newtuple);
	else
		judge_merchant_row(trigdata, NULL, trigdata->tg_trigtuple);
	return PointerGetDatum(NULL);
}

/* Statement trigger of offer: writes the history of what moved, then asks for new approvals. */
PG_FUNCTION_INFO_V1(oe_record_offers);
Datum
oe_record_offers(PG_FUNCTION_ARGS)
{
	Batch		moves;
	Batch		changes;

	oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);
	moves = take_batch(&offer_moves);
	changes = take_batch(&offer_changes);
	if (moves.count > 0)
	{
		check_four_eyes(&moves);
		write_history("INSERT INTO offerengine.offer_approval"
					  " (offer_id, from_status, to_status, version, reason, decided_by, acting_user, changed_fields)"
					  " SELECT t.id, t.from_status, t.to_status, t.version, t.reason, t.decided_by, t.acting_user,"
					  "        pg_catalog.string_to_array(t.fields, ',')"
					  "   FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
					  "        pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6),"
					  "        pg_catalog.unnest($7), pg_catalog.unnest($8))"
					  "     AS t (id, from_status, to_status, version, reason, decided_by, acting_user, fields)",
					  &moves);
	}
	if (changes.count > 0)
		reapprove_changed(&changes);
	free_batch(&moves);
	free_batch(&changes);
	return PointerGetDatum(NULL);
}

/* Statement trigger of merchant: writes the history of what moved. */
PG_FUNCTION_INFO_V1(oe_record_merchants);
Datum
oe_record_merchants(PG_FUNCTION_ARGS)
{
	Batch		moves;

	oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);
	moves = take_batch(&merchant_moves);
	if (moves.count > 0)
		write_history("INSERT INTO offerengine.merchant_approval"
					  " (merchant_id, from_status, to_status, reason, decided_by, acting_user)"
					  " SELECT t.id, t.from_status, t.to_status, t.reason, t.decided_by, t.acting_user"
					  "   FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
					  "        pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6),"
					  "        pg_catalog.unnest($7), pg_catalog.unnest($8))"
					  "     AS t (id, from_status, to_status, version, reason, decided_by, acting_user, fields)",
					  &moves);
	free_batch(&moves);
	return PointerGetDatum(NULL);
}

/* old is NULL for an insert, which counts as moving from waiting. */
static void
judge_offer_row(TriggerData *trigdata, HeapTuple old, HeapTuple new)
{
	TupleDesc	desc = RelationGetDescr(trigdata->tg_relation);
	OeApprovalStatus from = old == NULL ? OE_WAITING : oe_approval_status(text_value(desc, old, "approval_status"));
	OeApprovalStatus to = oe_approval_status(text_value(desc, new, "approval_status"));
	int64		offer_id = bigint_value(desc, new, "offer_id");

	if (from != to)
	{
		bool		isnull;
		Transition *move;

		judge_move("offer", text_value(desc, new, "offer_reference"), from, to);
		move = add_transition(&offer_moves);
		move->id = offer_id;
		move->from = oe_approval_status_name(from);
		move->to = oe_approval_status_name(to);
		move->version = DatumGetInt32(value_of(desc, new, "version", &isnull));
	}
	if (old == NULL)
		return;

	if (boolean_value(desc, old, "is_active") != boolean_value(desc, new, "is_active"))
		check_may_switch(text_value(desc, new, "offer_reference"), bigint_value(desc, new, "merchant_id"));

	if (from == OE_APPROVED && to == OE_APPROVED && !oe_is_operator(GetUserId()))
	{
		int			fields = changed_fields(desc, old, new);

		if (fields != 0)
		{
			Transition *change = add_transition(&offer_changes);

			change->id = offer_id;
			change->fields = fields;
		}
	}
}

/* A merchant's approval status, and its activity as a second pair of states; old is NULL for an insert. */
static void
judge_merchant_row(TriggerData *trigdata, HeapTuple old, HeapTuple new)
{
	TupleDesc	desc = RelationGetDescr(trigdata->tg_relation);
	OeApprovalStatus from = old == NULL ? OE_WAITING : oe_approval_status(text_value(desc, old, "approval_status"));
	OeApprovalStatus to = oe_approval_status(text_value(desc, new, "approval_status"));
	bool		was_active = old == NULL || boolean_value(desc, old, "is_active");
	bool		is_active = boolean_value(desc, new, "is_active");
	Transition *move;

	oe_check_decides("merchants");
	if (from != to)
	{
		judge_move("merchant", text_value(desc, new, "merchant_reference"), from, to);
		move = add_transition(&merchant_moves);
		move->id = bigint_value(desc, new, "merchant_id");
		move->from = oe_approval_status_name(from);
		move->to = oe_approval_status_name(to);
	}
	if (was_active != is_active)
	{
		move = add_transition(&merchant_moves);
		move->id = bigint_value(desc, new, "merchant_id");
		move->from = was_active ? "active" : "suspended";
		move->to = is_active ? "active" : "suspended";
	}
}

/* Only an operator decides, and only along the transitions; the engine takes an approval back. */
static void
judge_move(const char *kind, const char *reference, OeApprovalStatus from, OeApprovalStatus to)
{
	if (oe_decision != NULL && oe_decision->by_engine && from == OE_APPROVED && to == OE_WAITING)
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
changed_fields(TupleDesc desc, HeapTuple old, HeapTuple new)
{
	int			fields = 0;
	bool		old_null;
	bool		new_null;
	Datum		old_title = value_of(desc, old, "title", &old_null);
	Datum		new_title = value_of(desc, new, "title", &new_null);
	Datum		old_sheet;
	Datum		new_sheet;

	if (old_null != new_null ||
		(!old_null && strcmp(TextDatumGetCString(old_title), TextDatumGetCString(new_title)) != 0))
		fields |= FIELD_TITLE;
	if (bigint_value(desc, old, "valid_from") != bigint_value(desc, new, "valid_from") ||
		bigint_value(desc, old, "valid_to") != bigint_value(desc, new, "valid_to"))
		fields |= FIELD_VALIDITY;
	old_sheet = value_of(desc, old, "price_sheet_id", &old_null);
	new_sheet = value_of(desc, new, "price_sheet_id", &new_null);
	if (old_null != new_null || (!old_null && DatumGetInt64(old_sheet) != DatumGetInt64(new_sheet)))
		fields |= FIELD_PRICE;
	return fields;
}

static void
forget_on_transaction_end(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
	{
		memset(&offer_moves, 0, sizeof(Batch));
		memset(&offer_changes, 0, sizeof(Batch));
		memset(&merchant_moves, 0, sizeof(Batch));
	}
}

static void
drop_nested(Batch *batch)
{
	int			level = GetCurrentTransactionNestLevel();

	while (batch->count > 0 && batch->items[batch->count - 1].nest_level >= level)
		batch->count--;
}

static void
forget_on_subtransaction_abort(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		drop_nested(&offer_moves);
		drop_nested(&offer_changes);
		drop_nested(&merchant_moves);
	}
}

/* A new entry at the end of the batch, with the decision under way or one of the current role. */
static Transition *
add_transition(Batch *batch)
{
	Transition *transition;

	if (!callbacks_registered)
	{
		RegisterXactCallback(forget_on_transaction_end, NULL);
		RegisterSubXactCallback(forget_on_subtransaction_abort, NULL);
		callbacks_registered = true;
	}
	if (batch->count == batch->capacity)
	{
		batch->capacity = Max(8, batch->capacity * 2);
		batch->items = batch->items == NULL
			? MemoryContextAlloc(TopTransactionContext, batch->capacity * sizeof(Transition))
			: repalloc_huge(batch->items, batch->capacity * sizeof(Transition));
	}
	if (oe_decision == NULL && (batch->plain == NULL || batch->plain_role != GetUserId()))
	{
		batch->plain = oe_new_decision(NULL);
		batch->plain_role = GetUserId();
	}

	transition = &batch->items[batch->count++];
	memset(transition, 0, sizeof(Transition));
	transition->nest_level = GetCurrentTransactionNestLevel();
	transition->decision = oe_decision != NULL ? oe_decision : batch->plain;
	return transition;
}

/* Empties the batch and hands over what was in it, so that nested statements start with an empty one. */
static Batch
take_batch(Batch *batch)
{
	Batch		taken = *batch;

	memset(batch, 0, sizeof(Batch));
	return taken;
}

static void
free_batch(Batch *batch)
{
	if (batch->items != NULL)
		pfree(batch->items);
	if (batch->plain != NULL)
		oe_free_decision(batch->plain);
}

/*
 * Raises OE003 when an offer that was just approved was created by its approver and its merchant asks for four
 * eyes. All rows of a batch have one approver: they come from one statement.
 */
static void
check_four_eyes(const Batch *batch)
{
	int64	   *approved = palloc(sizeof(int64) * batch->count);
	int			approved_count = 0;
	const OeDecision *decision = batch->items[0].decision;
	Oid			types[] = {INT8ARRAYOID, TEXTOID, TEXTOID};
	Datum		values[3] = {0};
	char		nulls[3] = {' ', ' ', decision->acting_user == NULL ? 'n' : ' '};
	OeOwnerRun	run;

	for (int i = 0; i < batch->count; i++)
		if (strcmp(batch->items[i].to, oe_approval_status_name(OE_APPROVED)) == 0)
			approved[approved_count++] = batch->items[i].id;
	if (approved_count == 0)
		return;

	values[0] = PointerGetDatum(oe_bigint_array(approved, approved_count));
	values[1] = CStringGetTextDatum(decision->decided_by);
	if (decision->acting_user != NULL)
		values[2] = CStringGetTextDatum(decision->acting_user);

	run = oe_begin_owner_run();
	SPI_execute_with_args("SELECT o.offer_reference"
						  "  FROM offerengine.offer o"
						  "  JOIN offerengine.merchant m ON m.merchant_id OPERATOR(pg_catalog.=) o.merchant_id"
						  " WHERE o.offer_id OPERATOR(pg_catalog.=) ANY ($1) AND m.four_eyes"
						  "   AND " OE_CREATED_BY_APPROVER("$2", "$3")
						  " ORDER BY o.offer_id LIMIT 1",
						  lengthof(types), types, values, nulls, false, 1);
	if (SPI_processed > 0)
		oe_raise_four_eyes(SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));
	oe_end_owner_run(run);
}

/* Array of texts, one for each entry, where NULL pointers are SQL NULLs. */
static Datum
text_array(const char **texts, int count)
{
	Datum	   *datums = palloc(sizeof(Datum) * count);
	bool	   *nulls = palloc(sizeof(bool) * count);
	int			lower_bound = 1;

	for (int i = 0; i < count; i++)
	{
		nulls[i] = texts[i] == NULL;
		datums[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	return PointerGetDatum(construct_md_array(datums, nulls, 1, &count, &lower_bound,
											  TEXTOID, -1, false, TYPALIGN_INT));
}

/* Runs the INSERT into a history, as the owner: nobody else may write there. */
static void
write_history(const char *sql, const Batch *batch)
{
	int			count = batch->count;
	int64	   *ids = palloc(sizeof(int64) * count);
	Datum	   *versions = palloc(sizeof(Datum) * count);
	const char **texts[6];
	Oid			types[] = {INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, INT4ARRAYOID,
	TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID};
	Datum		values[8];
	OeOwnerRun	run;

	for (int i = 0; i < lengthof(texts); i++)
		texts[i] = palloc(sizeof(char *) * count);
	for (int i = 0; i < count; i++)
	{
		const Transition *item = &batch->items[i];

		ids[i] = item->id;
		versions[i] = Int32GetDatum(item->version);
		texts[0][i] = item->from;
		texts[1][i] = item->to;
		texts[2][i] = item->decision->reason;
		texts[3][i] = item->decision->decided_by;
		texts[4][i] = item->decision->acting_user;
		texts[5][i] = item->decision->changed_fields;
	}
	values[0] = PointerGetDatum(oe_bigint_array(ids, count));
	values[1] = text_array(texts[0], count);
	values[2] = text_array(texts[1], count);
	values[3] = PointerGetDatum(construct_array(versions, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
	for (int i = 4; i < lengthof(values); i++)
		values[i] = text_array(texts[i - 2], count);

	run = oe_begin_owner_run();
	SPI_execute_with_args(sql, lengthof(types), types, values, NULL, false, 0);
	oe_end_owner_run(run);
}

/* What merchants changed of approved offers goes back to waiting: one statement for each combination of fields. */
static void
reapprove_changed(const Batch *batch)
{
	int64	   *ids = palloc(sizeof(int64) * batch->count);

	for (int fields = 1; fields < FIELD_MASKS; fields++)
	{
		int			count = 0;

		for (int i = 0; i < batch->count; i++)
			if (batch->items[i].fields == fields)
				ids[count++] = batch->items[i].id;
		if (count > 0)
			oe_reapprove_offers(oe_bigint_array(ids, count), field_lists[fields]);
	}
}
