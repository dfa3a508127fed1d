/*
 * Loads the timeline of a customer, has it planned, says what that changes and, unless it is only asked, has it
 * written.
 *
 * The caller runs as the owner of the schema and, when it writes, holds the customer's row of customer_timeline.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "error.h"
#include "storage/answer.h"
#include "storage/grow.h"
#include "storage/ids.h"
#include "storage/schema.h"
#include "storage/statement.h"
#include "subscription/timeline_store.h"

static OeStatement load_subscriptions = {
	"SELECT s.subscription_id, s.chain_id, s.predecessor_id, s.offer_id, o.offer_reference, s.origin, s.sales_rule_id,"
	"       s.granted_regular_offer_id, s.granted_tag_ids,"
	"       s.granted_cancelled_source OPERATOR(pg_catalog.=) 'same_period', s.restarting_rule_ids, s.cancel_reason,"
	"       s.purchased_on, s.anchor_on, s.starts_on, s.ends_on, s.agreed_ends_on, s.cancelled_on, s.cancel_ends_on,"
	"       s.cancelled_period_ends_on, s.cancel_mode, s.quantity, s.is_ignored, s.cancelled_since, s.cancels_itself,"
	"       (SELECT pg_catalog.array_agg(t.tag_id) FROM offerengine.offer_tag t"
	"         WHERE t.offer_id OPERATOR(pg_catalog.=) s.offer_id)"
	"  FROM offerengine.subscription s"
	"  JOIN offerengine.offer o ON o.offer_id OPERATOR(pg_catalog.=) s.offer_id"
	" WHERE s.customer_reference OPERATOR(pg_catalog.=) $1"
	" ORDER BY s.subscription_id",
	1, {TEXTOID}
};

enum
{
	SUBSCRIPTION_ID,
	CHAIN_ID,
	PREDECESSOR_ID,
	OFFER_ID,
	OFFER_REFERENCE,
	ORIGIN,
	SALES_RULE_ID,
	GRANTED_REGULAR_OFFER_ID,
	GRANTED_TAG_IDS,
	SAME_PERIOD,
	RESTARTING_RULE_IDS,
	CANCEL_REASON,
	PURCHASED_ON,
	ANCHOR_ON,
	STARTS_ON,
	ENDS_ON,
	AGREED_ENDS_ON,
	CANCELLED_ON,
	CANCEL_ENDS_ON,
	CANCELLED_PERIOD_ENDS_ON,
	CANCEL_MODE,
	QUANTITY,
	IS_IGNORED,
	CANCELLED_SINCE,
	CANCELS_ITSELF,
	TAG_IDS
};

static OeStatement load_steps = {
	"SELECT t.subscription_id, t.anchor_on, t.starts_on, t.ends_on, t.term, t.accounting_period, t.cancellation_notice,"
	"       t.price_sheet_id"
	"  FROM offerengine.subscription_step t"
	" WHERE t.customer_reference OPERATOR(pg_catalog.=) $1"
	" ORDER BY t.subscription_id, t.step_no",
	1, {TEXTOID}
};

static OeStatement load_quantities = {
	"SELECT q.subscription_id, q.effective_on, q.quantity"
	"  FROM offerengine.subscription_quantity q"
	" WHERE q.customer_reference OPERATOR(pg_catalog.=) $1"
	" ORDER BY q.subscription_id, q.effective_on",
	1, {TEXTOID}
};

static OeStatement find_terms = {
	"SELECT o.offer_reference, c.term, c.accounting_period, c.cancellation_notice, c.duration, c.price_sheet_id,"
	"       (SELECT pg_catalog.array_agg(t.tag_id) FROM offerengine.offer_tag t"
	"         WHERE t.offer_id OPERATOR(pg_catalog.=) o.offer_id)"
	"  FROM offerengine.offer o"
	"  JOIN offerengine.offer_step s"
	"    ON s.offer_id OPERATOR(pg_catalog.=) o.offer_id AND s.step_no OPERATOR(pg_catalog.=) 1"
	"  JOIN offerengine.product_contract c ON c.product_contract_id OPERATOR(pg_catalog.=) s.product_contract_id"
	" WHERE o.offer_id OPERATOR(pg_catalog.=) $1",
	1, {INT8OID}
};

static void load_life(OeLife *life, Datum customer);
static const OeTerms *load_terms(OeTimeline *timeline, int64 offer_id);
static void check_arguments(FunctionCallInfo fcinfo);
static OeCancelMode cancel_mode_argument(FunctionCallInfo fcinfo);
static OeSubscription *apply_cancellation(FunctionCallInfo fcinfo, OeLife *life);
static OeChanges find_changes(const OeLife *life, const OeSubscription *acted_on);
static void put_changes(ReturnSetInfo *rsinfo, const OeChanges *changes);

/*
 * plan_timeline(customer_reference, acted_on, is_written, subscription_id, cancelled_on, cancel_mode, cancel_ends_on,
 * cancel_reason, restarting_rule_ids): the last six tell a cancellation (cancel_mode NULL: none any more) that is to
 * count; subscription_id NULL: the facts are as stored.
 */
PG_FUNCTION_INFO_V1(oe_plan_timeline_sql);
Datum
oe_plan_timeline_sql(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	OeLife		life = {0};
	bool		is_written;
	OeSubscription *acted_on;
	OeChanges	changes;
	OeOwnerRun	run;

	oe_require_schema();
	check_arguments(fcinfo);
	is_written = PG_GETARG_BOOL(2);
	InitMaterializedSRF(fcinfo, 0);
	run = oe_begin_owner_run();
	load_life(&life, PG_GETARG_DATUM(0));
	acted_on = apply_cancellation(fcinfo, &life);
	oe_timeline_plan(&life.timeline, PG_GETARG_DATEADT(1));
	changes = find_changes(&life, acted_on);
	if (is_written)
		oe_write_life(&life, acted_on, &changes);
	put_changes(rsinfo, &changes);
	oe_end_owner_run(run);
	return (Datum) 0;
}

static void
check_day(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (!PG_ARGISNULL(argument) && DATE_NOT_FINITE(PG_GETARG_DATEADT(argument)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be finite", name)));
}

/* The callers have judged what users say; this keeps a mistake of theirs from reaching the calendar. */
static void
check_arguments(FunctionCallInfo fcinfo)
{
	OeCancelMode mode;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("customer_reference, acted_on and is_written must not be NULL")));
	check_day(fcinfo, 1, "acted_on");
	check_day(fcinfo, 4, "cancelled_on");
	check_day(fcinfo, 6, "cancel_ends_on");

	mode = cancel_mode_argument(fcinfo);
	if (mode != OE_NOT_CANCELLED && (PG_ARGISNULL(3) || PG_ARGISNULL(4)))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a cancellation needs subscription_id and cancelled_on")));
	if (mode == OE_NOT_CANCELLED && !PG_ARGISNULL(4))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("cancelled_on needs cancel_mode")));
	if ((mode == OE_CANCEL_AT_DATE) == PG_ARGISNULL(6))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cancel_mode at_date, and no other, has cancel_ends_on")));
}

static OeCancelMode
cancel_mode_argument(FunctionCallInfo fcinfo)
{
	char	   *mode;

	if (PG_ARGISNULL(5))
		return OE_NOT_CANCELLED;
	mode = text_to_cstring(PG_GETARG_TEXT_PP(5));
	for (int i = OE_NOT_CANCELLED + 1; i < OE_CANCEL_MODE_COUNT; i++)
		if (strcmp(oe_cancel_mode_name(i), mode) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown mode of cancellation \"%s\"", mode)));
}

static Datum
column(int row, int number, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number + 1, isnull);
}

static DateADT
date_column(int row, int number)
{
	bool		isnull;
	Datum		value = column(row, number, &isnull);

	return isnull ? OE_OPEN : DatumGetDateADT(value);
}

static int64
id_column(int row, int number)
{
	bool		isnull;
	Datum		value = column(row, number, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

static bool
uuid_column(int row, int number, pg_uuid_t *id)
{
	bool		isnull;
	Datum		value = column(row, number, &isnull);

	if (!isnull)
		*id = *DatumGetUUIDP(value);
	return !isnull;
}

static OeIdSet
id_set(Datum array, bool isnull)
{
	OeIdSet		set = {NULL, 0};

	if (!isnull)
	{
		OeIds		ids = oe_ids_from_array(array);

		set.ids = palloc(sizeof(int64) * Max(1, ids.count));
		for (set.count = 0; set.count < ids.count; set.count++)
			set.ids[set.count] = DatumGetInt64(ids.values[set.count]);
	}
	return set;
}

static OeIdSet
id_set_column(int row, int number)
{
	bool		isnull;
	Datum		value = column(row, number, &isnull);

	return id_set(value, isnull);
}

/* One of the names; SPI_getvalue() gives NULL for NULL, which the first name stands for. */
static int
named(const char *value, const char *(*name) (int), int count)
{
	for (int i = 0; i < count; i++)
		if (value == NULL ? name(i) == NULL : name(i) != NULL && strcmp(name(i), value) == 0)
			return i;
	elog(ERROR, "cache lookup failed for \"%s\" in a subscription", value == NULL ? "" : value);
}

static const char *
origin_name(int origin)
{
	return oe_origin_name(origin);
}

static const char *
mode_name(int mode)
{
	return oe_cancel_mode_name(mode);
}

static char *
text_column(int row, int number)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number + 1);
}

static void
load_subscription(OeSubscription *subscription, int row)
{
	OeCourse   *course = &subscription->course;
	bool		isnull;

	uuid_column(row, SUBSCRIPTION_ID, &subscription->subscription_id);
	uuid_column(row, CHAIN_ID, &subscription->chain_id);
	uuid_column(row, PREDECESSOR_ID, &subscription->predecessor_id);
	subscription->offer_id = id_column(row, OFFER_ID);
	subscription->offer_reference = text_column(row, OFFER_REFERENCE);
	subscription->origin = named(text_column(row, ORIGIN), origin_name, OE_ORIGIN_COUNT);
	subscription->sales_rule_id = id_column(row, SALES_RULE_ID);
	subscription->granted_regular_offer_id = id_column(row, GRANTED_REGULAR_OFFER_ID);
	subscription->granted_tags = id_set_column(row, GRANTED_TAG_IDS);
	subscription->same_period = DatumGetBool(column(row, SAME_PERIOD, &isnull)) && !isnull;
	subscription->restarting_rules = id_set_column(row, RESTARTING_RULE_IDS);
	subscription->cancel_reason = text_column(row, CANCEL_REASON);
	subscription->tags = id_set_column(row, TAG_IDS);

	course->purchased_on = date_column(row, PURCHASED_ON);
	course->anchor_on = date_column(row, ANCHOR_ON);
	course->starts_on = date_column(row, STARTS_ON);
	course->ends_on = date_column(row, ENDS_ON);
	course->agreed_ends_on = date_column(row, AGREED_ENDS_ON);
	course->cancelled_on = date_column(row, CANCELLED_ON);
	course->cancel_ends_on = date_column(row, CANCEL_ENDS_ON);
	course->cancelled_period_ends_on = date_column(row, CANCELLED_PERIOD_ENDS_ON);
	course->cancel_mode = named(text_column(row, CANCEL_MODE), mode_name, OE_CANCEL_MODE_COUNT);
	course->quantity = DatumGetInt32(column(row, QUANTITY, &isnull));
	course->is_ignored = DatumGetBool(column(row, IS_IGNORED, &isnull));
	course->cancelled_since = Min(date_column(row, CANCELLED_SINCE), course->cancelled_on);
	course->cancels_itself = DatumGetBool(column(row, CANCELS_ITSELF, &isnull));
	subscription->stored = *course;
}

static void
load_step(OeSubscription *subscription, int row)
{
	OeStep	   *step;
	bool		isnull;

	OE_GROW(subscription->steps, subscription->nsteps, subscription->step_capacity);
	step = &subscription->steps[subscription->nsteps++];
	step->anchor_on = date_column(row, 1);
	step->starts_on = date_column(row, 2);
	step->ends_on = date_column(row, 3);
	step->term = *DatumGetIntervalP(column(row, 4, &isnull));
	step->accounting_period = *DatumGetIntervalP(column(row, 5, &isnull));
	step->notice = *DatumGetIntervalP(column(row, 6, &isnull));
	step->price_sheet_id = id_column(row, 7);
}

static void
load_quantity(OeSubscription *subscription, int row)
{
	OeQuantityChange *change;
	bool		isnull;

	OE_GROW(subscription->quantity_changes, subscription->nquantity_changes, subscription->quantity_change_capacity);
	change = &subscription->quantity_changes[subscription->nquantity_changes++];
	change->effective_on = date_column(row, 1);
	change->quantity = DatumGetInt32(column(row, 2, &isnull));
}

/* Rows of a table beside subscription, each given to the subscription that it belongs to. */
static void
load_parts(OeLife *life, OeStatement *plan, void (*load) (OeSubscription *subscription, int row))
{
	uint64		nrows = oe_ask(plan, &life->customer, NULL);

	for (int row = 0; row < (int) nrows; row++)
	{
		pg_uuid_t	id;
		OeSubscription *subscription;

		uuid_column(row, 0, &id);
		subscription = oe_timeline_find(&life->timeline, &id);
		if (subscription != NULL)
			load(subscription, row);
	}
}

static void
load_life(OeLife *life, Datum customer)
{
	uint64		nrows;

	life->timeline.terms = load_terms;
	life->customer = customer;

	nrows = oe_ask(&load_subscriptions, &customer, NULL);
	for (int row = 0; row < (int) nrows; row++)
		load_subscription(oe_timeline_add(&life->timeline), row);
	load_parts(life, &load_steps, load_step);
	load_parts(life, &load_quantities, load_quantity);
}

static const OeTerms *
load_terms(OeTimeline *timeline, int64 offer_id)
{
	OeTerms    *terms = palloc0(sizeof(OeTerms));
	Datum		key = Int64GetDatum(offer_id);
	bool		isnull;

	if (oe_ask(&find_terms, &key, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OE_STEPS),
				 errmsg("offer " INT64_FORMAT " has no step to sell it under", offer_id),
				 errhint("Give it a contract by set_offer_steps().")));
	terms->offer_id = offer_id;
	terms->offer_reference = text_column(0, 0);
	terms->term = *DatumGetIntervalP(column(0, 1, &isnull));
	terms->accounting_period = *DatumGetIntervalP(column(0, 2, &isnull));
	terms->notice = *DatumGetIntervalP(column(0, 3, &isnull));
	terms->duration = *DatumGetIntervalP(column(0, 4, &isnull));
	terms->price_sheet_id = id_column(0, 5);
	terms->tags = id_set_column(0, 6);
	return terms;
}

/* The subscription that the caller acts on, with the cancellation that it tells; NULL: none. */
static OeSubscription *
apply_cancellation(FunctionCallInfo fcinfo, OeLife *life)
{
	OeSubscription *subscription;
	OeCourse   *course;

	if (PG_ARGISNULL(3))
		return NULL;
	subscription = oe_timeline_find(&life->timeline, PG_GETARG_UUID_P(3));
	if (subscription == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OE_UNKNOWN),
				 errmsg("customer \"%s\" has no subscription %s", TextDatumGetCString(life->customer),
						DatumGetCString(DirectFunctionCall1(uuid_out, PG_GETARG_DATUM(3))))));
	if (subscription->nsteps == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OE_STEPS),
				 errmsg("subscription to offer \"%s\" has no steps, so no term of it ends",
						subscription->offer_reference)));

	course = &subscription->course;
	course->cancels_itself = true;
	course->cancel_mode = cancel_mode_argument(fcinfo);
	course->cancelled_on = PG_ARGISNULL(4) ? OE_OPEN : PG_GETARG_DATEADT(4);
	course->cancelled_since = course->cancel_mode == OE_NOT_CANCELLED ? OE_OPEN :
		Min(course->cancelled_on, subscription->stored.cancelled_since);
	course->cancel_ends_on = PG_ARGISNULL(6) ? OE_OPEN : PG_GETARG_DATEADT(6);
	subscription->cancel_reason = PG_ARGISNULL(7) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(7));
	subscription->restarting_rules = id_set(PG_ARGISNULL(8) ? (Datum) 0 : PG_GETARG_DATUM(8), PG_ARGISNULL(8));
	oe_timeline_agree(subscription);
	return subscription;
}

static void
add_change(OeChanges *changes, const OeSubscription *subscription, const char *what, DateADT effective_on, bool is_fact)
{
	OeChange   *change = &changes->items[changes->count++];

	change->subscription = subscription;
	change->change = what;
	change->effective_on = effective_on;
	change->is_fact = is_fact;
}

/* What is acted on first, then by day: what ends before what starts. */
static int
compare_changes(const void *a, const void *b)
{
	const OeChange *x = a;
	const OeChange *y = b;

	if (x->is_fact != y->is_fact)
		return x->is_fact ? -1 : 1;
	if (x->effective_on != y->effective_on)
		return x->effective_on < y->effective_on ? -1 : 1;
	if (strcmp(x->change, y->change) != 0)
		return strcmp(x->change, y->change);
	return memcmp(&x->subscription->subscription_id, &y->subscription->subscription_id, sizeof(pg_uuid_t));
}

static OeChanges
find_changes(const OeLife *life, const OeSubscription *acted_on)
{
	OeChanges	changes = {palloc(sizeof(OeChange) * Max(1, 2 * life->timeline.count)), 0};

	for (int i = 0; i < life->timeline.count; i++)
	{
		const OeSubscription *subscription = life->timeline.subscriptions[i];
		const OeCourse *now = &subscription->course;
		const OeCourse *before = &subscription->stored;
		bool		was_planned = !subscription->is_new && !before->is_ignored;
		bool		is_fact = subscription == acted_on;

		if (now->is_ignored)
		{
			if (was_planned)
				add_change(&changes, subscription, "ignored", before->starts_on, is_fact);
		}
		else if (!was_planned)
		{
			add_change(&changes, subscription, "starts", now->starts_on, is_fact);
			if (now->ends_on != OE_OPEN)
				add_change(&changes, subscription, "ends", now->ends_on, is_fact);
		}
		else if (now->starts_on != before->starts_on)
			add_change(&changes, subscription, "moved", now->starts_on, is_fact);
		else if (now->ends_on != before->ends_on)
			add_change(&changes, subscription, before->ends_on == OE_OPEN ? "ends" : "moved", now->ends_on, is_fact);
		else if (is_fact && now->cancel_mode != OE_NOT_CANCELLED)
			add_change(&changes, subscription, "ends", now->ends_on, is_fact);
	}
	qsort(changes.items, changes.count, sizeof(OeChange), compare_changes);
	return changes;
}

static void
put_date(Datum *values, bool *isnull, int number, DateADT day)
{
	values[number] = DateADTGetDatum(day);
	isnull[number] = day == OE_OPEN;
}

static void
put_changes(ReturnSetInfo *rsinfo, const OeChanges *changes)
{
	for (int i = 0; i < changes->count; i++)
	{
		const OeChange *change = &changes->items[i];
		const OeSubscription *subscription = change->subscription;
		Datum		values[8] = {0};
		bool		isnull[8] = {false};

		values[0] = UUIDPGetDatum(&subscription->subscription_id);
		values[1] = CStringGetTextDatum(subscription->offer_reference);
		values[2] = CStringGetTextDatum(change->change);
		put_date(values, isnull, 3, change->effective_on);
		put_date(values, isnull, 4, subscription->course.starts_on);
		values[5] = UUIDPGetDatum(&subscription->chain_id);
		isnull[6] = subscription->origin == OE_ORIGIN_PURCHASE || subscription->origin == OE_ORIGIN_IMPORT;
		if (!isnull[6])
			values[6] = UUIDPGetDatum(&subscription->predecessor_id);
		isnull[7] = subscription->nsteps == 0;
		if (!isnull[7])
			values[7] = Int64GetDatum(subscription->steps[0].price_sheet_id);
		oe_put_answer(rsinfo, values, isnull);
	}
}
