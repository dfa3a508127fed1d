/*
 * Loads the timeline of a customer, has it planned, says what that changes and, unless it is only asked, writes it.
 *
 * The caller runs as the owner of the schema and, when it writes, holds the customer's row of customer_timeline.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "access/actor.h"
#include "arithmetic/uuid.h"
#include "error.h"
#include "storage/answer.h"
#include "storage/ids.h"
#include "storage/statement.h"
#include "subscription/timeline.h"

/* A timeline and whose it is. */
typedef struct Life
{
	OeTimeline	timeline;
	Datum		customer;
} Life;

typedef struct Change
{
	const OeSubscription *subscription;
	const char *change;
	DateADT		effective_on;	/* OE_OPEN: none */
	bool		is_fact;		/* of the subscription that the caller acts on */
} Change;

typedef struct Changes
{
	Change	   *items;
	int			count;
} Changes;

static OeStatement load_subscriptions = {
	"SELECT s.subscription_id, s.chain_id, s.predecessor_id, s.offer_id, o.offer_reference, s.origin, s.sales_rule_id,"
	"       s.granted_regular_offer_id, s.granted_tag_ids,"
	"       s.granted_cancelled_source OPERATOR(pg_catalog.=) 'same_period', s.restarting_rule_ids, s.cancel_reason,"
	"       s.purchased_on, s.anchor_on, s.starts_on, s.ends_on, s.agreed_ends_on, s.cancelled_on, s.cancel_ends_on,"
	"       s.cancelled_period_ends_on, s.cancel_mode, s.quantity, s.is_ignored,"
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

static OeStatement insert_successor = {
	"INSERT INTO offerengine.subscription"
	"       (customer_reference, subscription_id, offer_id, order_id, line_no, chain_id, predecessor_id, sales_rule_id,"
	"        store_code, currency_code, country_code, price_mode, quantity, purchased_on, anchor_on, starts_on, origin,"
	"        granted_regular_offer_id, granted_tag_ids, granted_cancelled_source)"
	" SELECT p.customer_reference, $3, $4, p.order_id, p.line_no, p.chain_id, p.subscription_id, p.sales_rule_id,"
	"        p.store_code, p.currency_code, p.country_code, p.price_mode, $5, $6, $6, $6, $7,"
	"        CASE $7 WHEN 'restart' THEN p.granted_regular_offer_id END,"
	"        CASE $7 WHEN 'restart' THEN p.granted_tag_ids END,"
	"        CASE $7 WHEN 'restart' THEN p.granted_cancelled_source END"
	"   FROM offerengine.subscription p"
	"  WHERE p.customer_reference = $1 AND p.subscription_id = $2",
	7, {TEXTOID, UUIDOID, UUIDOID, INT8OID, INT4OID, DATEOID, TEXTOID}
};

static OeStatement update_course = {
	"UPDATE offerengine.subscription s"
	"   SET purchased_on = $3, anchor_on = $4, starts_on = $5, ends_on = $6, agreed_ends_on = $7, cancelled_on = $8,"
	"       cancel_ends_on = $9, cancelled_period_ends_on = $10, cancel_mode = $11, cancel_reason = $12,"
	"       restarting_rule_ids = $13, quantity = $14, is_ignored = $15"
	" WHERE s.customer_reference = $1 AND s.subscription_id = $2",
	15, {TEXTOID, UUIDOID, DATEOID, DATEOID, DATEOID, DATEOID, DATEOID, DATEOID, DATEOID, DATEOID, TEXTOID, TEXTOID,
	INT8ARRAYOID, INT4OID, BOOLOID}
};

static OeStatement delete_steps = {
	"DELETE FROM offerengine.subscription_step t WHERE t.customer_reference = $1 AND t.subscription_id = $2",
	2, {TEXTOID, UUIDOID}
};

static OeStatement insert_step = {
	"INSERT INTO offerengine.subscription_step"
	"       (customer_reference, subscription_id, step_no, anchor_on, starts_on, ends_on, term, accounting_period,"
	"        cancellation_notice, price_sheet_id)"
	" VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9)",
	9, {TEXTOID, UUIDOID, DATEOID, DATEOID, DATEOID, INTERVALOID, INTERVALOID, INTERVALOID, INT8OID}
};

static OeStatement insert_event = {
	"INSERT INTO offerengine.subscription_event"
	"       (customer_reference, event_id, subscription_id, event, effective_on, channel, recorded_by, acting_user)"
	" VALUES ($1, $2, $3, $4, $5, 'system', $6, $7)",
	7, {TEXTOID, UUIDOID, UUIDOID, TEXTOID, DATEOID, TEXTOID, TEXTOID}
};

static void load_life(Life *life, Datum customer);
static const OeTerms *load_terms(OeTimeline *timeline, int64 offer_id);
static OeSubscription *apply_cancellation(FunctionCallInfo fcinfo, Life *life);
static Changes find_changes(const Life *life, const OeSubscription *acted_on);
static void put_changes(ReturnSetInfo *rsinfo, const Changes *changes);
static void write_life(const Life *life, const OeSubscription *acted_on, const Changes *changes);

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
	bool		is_written = PG_GETARG_BOOL(2);
	Life		life = {0};
	OeSubscription *acted_on;
	Changes		changes;
	OeOwnerRun	run;

	InitMaterializedSRF(fcinfo, 0);
	run = oe_begin_owner_run();
	load_life(&life, PG_GETARG_DATUM(0));
	acted_on = apply_cancellation(fcinfo, &life);
	oe_timeline_plan(&life.timeline, PG_GETARG_DATEADT(1));
	changes = find_changes(&life, acted_on);
	if (is_written)
		write_life(&life, acted_on, &changes);
	put_changes(rsinfo, &changes);
	oe_end_owner_run(run);
	return (Datum) 0;
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
	subscription->stored = *course;
}

static void
load_step(OeSubscription *subscription, int row)
{
	OeStep	   *step;
	bool		isnull;

	subscription->steps = subscription->nsteps == 0 ? palloc(sizeof(OeStep)) :
		repalloc(subscription->steps, sizeof(OeStep) * (subscription->nsteps + 1));
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

	subscription->quantity_changes = subscription->nquantity_changes == 0 ? palloc(sizeof(OeQuantityChange)) :
		repalloc(subscription->quantity_changes, sizeof(OeQuantityChange) * (subscription->nquantity_changes + 1));
	change = &subscription->quantity_changes[subscription->nquantity_changes++];
	change->effective_on = date_column(row, 1);
	change->quantity = DatumGetInt32(column(row, 2, &isnull));
}

/* Rows of a table beside subscription, each given to the subscription that it belongs to. */
static void
load_parts(Life *life, OeStatement *plan, void (*load) (OeSubscription *subscription, int row))
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
load_life(Life *life, Datum customer)
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
apply_cancellation(FunctionCallInfo fcinfo, Life *life)
{
	OeSubscription *subscription;
	OeCourse   *course;

	if (PG_ARGISNULL(3))
		return NULL;
	subscription = oe_timeline_find(&life->timeline, PG_GETARG_UUID_P(3));
	if (subscription == NULL)
		return NULL;
	if (subscription->nsteps == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OE_STEPS),
				 errmsg("subscription to offer \"%s\" has no steps, so no term of it ends",
						subscription->offer_reference)));

	course = &subscription->course;
	course->cancelled_on = PG_ARGISNULL(4) ? OE_OPEN : PG_GETARG_DATEADT(4);
	course->cancel_mode = named(PG_ARGISNULL(5) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(5)), mode_name,
								OE_CANCEL_MODE_COUNT);
	course->cancel_ends_on = PG_ARGISNULL(6) ? OE_OPEN : PG_GETARG_DATEADT(6);
	subscription->cancel_reason = PG_ARGISNULL(7) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(7));
	subscription->restarting_rules = id_set(PG_ARGISNULL(8) ? (Datum) 0 : PG_GETARG_DATUM(8), PG_ARGISNULL(8));
	oe_timeline_agree(subscription);
	/* A base that counted to the end of one period does not count longer because it was cancelled once more. */
	if (course->cancel_mode != OE_NOT_CANCELLED && subscription->stored.cancel_mode != OE_NOT_CANCELLED)
		course->cancelled_period_ends_on = Min(course->cancelled_period_ends_on,
											   subscription->stored.cancelled_period_ends_on);
	return subscription;
}

static void
add_change(Changes *changes, const OeSubscription *subscription, const char *what, DateADT effective_on, bool is_fact)
{
	Change	   *change = &changes->items[changes->count++];

	change->subscription = subscription;
	change->change = what;
	change->effective_on = effective_on;
	change->is_fact = is_fact;
}

/* What is acted on first, then by day: what ends before what starts. */
static int
compare_changes(const void *a, const void *b)
{
	const Change *x = a;
	const Change *y = b;

	if (x->is_fact != y->is_fact)
		return x->is_fact ? -1 : 1;
	if (x->effective_on != y->effective_on)
		return x->effective_on < y->effective_on ? -1 : 1;
	if (strcmp(x->change, y->change) != 0)
		return strcmp(x->change, y->change);
	return memcmp(&x->subscription->subscription_id, &y->subscription->subscription_id, sizeof(pg_uuid_t));
}

static Changes
find_changes(const Life *life, const OeSubscription *acted_on)
{
	Changes		changes = {palloc(sizeof(Change) * Max(1, 2 * life->timeline.count)), 0};

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
	qsort(changes.items, changes.count, sizeof(Change), compare_changes);
	return changes;
}

static void
put_date(Datum *values, bool *isnull, int number, DateADT day)
{
	values[number] = DateADTGetDatum(day);
	isnull[number] = day == OE_OPEN;
}

static void
put_changes(ReturnSetInfo *rsinfo, const Changes *changes)
{
	for (int i = 0; i < changes->count; i++)
	{
		const Change *change = &changes->items[i];
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

static void
put_text(Datum *values, char *nulls, int number, const char *value)
{
	values[number] = value == NULL ? (Datum) 0 : CStringGetTextDatum(value);
	nulls[number] = value == NULL ? 'n' : ' ';
}

static void
put_day(Datum *values, char *nulls, int number, DateADT day)
{
	values[number] = DateADTGetDatum(day);
	nulls[number] = day == OE_OPEN ? 'n' : ' ';
}

static void
insert_subscription(const Life *life, const OeSubscription *subscription)
{
	Datum		values[7] = {
		life->customer, UUIDPGetDatum(&subscription->predecessor_id), UUIDPGetDatum(&subscription->subscription_id),
		Int64GetDatum(subscription->offer_id), Int32GetDatum(subscription->course.quantity),
		DateADTGetDatum(subscription->course.starts_on), CStringGetTextDatum(oe_origin_name(subscription->origin))
	};

	oe_run(&insert_successor, values, NULL, false);
}

static void
write_course(const Life *life, const OeSubscription *subscription)
{
	const OeCourse *course = &subscription->course;
	Datum		values[15];
	char		nulls[] = "               ";

	values[0] = life->customer;
	values[1] = UUIDPGetDatum(&subscription->subscription_id);
	put_day(values, nulls, 2, course->purchased_on);
	put_day(values, nulls, 3, course->anchor_on);
	put_day(values, nulls, 4, course->starts_on);
	put_day(values, nulls, 5, course->ends_on);
	put_day(values, nulls, 6, course->agreed_ends_on);
	put_day(values, nulls, 7, course->cancelled_on);
	put_day(values, nulls, 8, course->cancel_ends_on);
	put_day(values, nulls, 9, course->cancelled_period_ends_on);
	put_text(values, nulls, 10, oe_cancel_mode_name(course->cancel_mode));
	put_text(values, nulls, 11, subscription->cancel_reason);
	nulls[12] = 'n';
	if (subscription->restarting_rules.count > 0)
	{
		OeIds		ids = {NULL, 0, 0};

		for (int i = 0; i < subscription->restarting_rules.count; i++)
			oe_ids_add(&ids, subscription->restarting_rules.ids[i]);
		values[12] = oe_ids_array(&ids);
		nulls[12] = ' ';
	}
	values[13] = Int32GetDatum(course->quantity);
	values[14] = BoolGetDatum(course->is_ignored);
	oe_run(&update_course, values, nulls, false);
}

static void
write_step(const Life *life, const OeSubscription *subscription)
{
	const OeStep *step = &subscription->steps[0];
	Datum		values[9];
	char		nulls[] = "         ";

	values[0] = life->customer;
	values[1] = UUIDPGetDatum(&subscription->subscription_id);
	if (!subscription->is_new)
		oe_run(&delete_steps, values, NULL, false);
	put_day(values, nulls, 2, step->anchor_on);
	put_day(values, nulls, 3, step->starts_on);
	put_day(values, nulls, 4, step->ends_on);
	values[5] = IntervalPGetDatum(&step->term);
	values[6] = IntervalPGetDatum(&step->accounting_period);
	values[7] = IntervalPGetDatum(&step->notice);
	values[8] = Int64GetDatum(step->price_sheet_id);
	oe_run(&insert_step, values, nulls, false);
}

static void
write_event(const Life *life, const Change *change, const char *recorded_by, const char *acting_user)
{
	pg_uuid_t	event_id;
	Datum		values[7];
	char		nulls[] = "       ";

	oe_uuid_v7(&event_id);
	values[0] = life->customer;
	values[1] = UUIDPGetDatum(&event_id);
	values[2] = UUIDPGetDatum(&change->subscription->subscription_id);
	put_text(values, nulls, 3, change->change);
	put_day(values, nulls, 4, change->effective_on);
	put_text(values, nulls, 5, recorded_by);
	put_text(values, nulls, 6, acting_user);
	oe_run(&insert_event, values, nulls, false);
}

/* What the caller acts on has an event of the caller's; what follows from it is recorded here. */
static void
write_life(const Life *life, const OeSubscription *acted_on, const Changes *changes)
{
	const char *recorded_by = GetUserNameFromId(oe_calling_role(), false);
	const char *acting_user = oe_acting_user_or_null();

	for (int i = 0; i < life->timeline.count; i++)
	{
		const OeSubscription *subscription = life->timeline.subscriptions[i];

		if (subscription->is_new)
			insert_subscription(life, subscription);
		if (subscription->is_new || subscription == acted_on ||
			memcmp(&subscription->course, &subscription->stored, sizeof(OeCourse)) != 0)
			write_course(life, subscription);
		if (subscription->steps_changed)
			write_step(life, subscription);
	}
	for (int i = 0; i < changes->count; i++)
		if (!changes->items[i].is_fact)
			write_event(life, &changes->items[i], recorded_by, acting_user);
}
