/*
 * Writes what planning has made of a customer's timeline. The caller runs as the owner of the schema and holds the
 * customer's row of customer_timeline.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "access/actor.h"
#include "arithmetic/uuid.h"
#include "storage/ids.h"
#include "storage/statement.h"
#include "subscription/timeline_store.h"

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
	"       restarting_rule_ids = $13, quantity = $14, is_ignored = $15, cancelled_since = $16, cancels_itself = $17"
	" WHERE s.customer_reference = $1 AND s.subscription_id = $2",
	17, {TEXTOID, UUIDOID, DATEOID, DATEOID, DATEOID, DATEOID, DATEOID, DATEOID, DATEOID, DATEOID, TEXTOID, TEXTOID,
	INT8ARRAYOID, INT4OID, BOOLOID, DATEOID, BOOLOID}
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
insert_subscription(const OeLife *life, const OeSubscription *subscription)
{
	Datum		values[7] = {
		life->customer, UUIDPGetDatum(&subscription->predecessor_id), UUIDPGetDatum(&subscription->subscription_id),
		Int64GetDatum(subscription->offer_id), Int32GetDatum(subscription->course.quantity),
		DateADTGetDatum(subscription->course.starts_on), CStringGetTextDatum(oe_origin_name(subscription->origin))
	};

	oe_run(&insert_successor, values, NULL, false);
}

static void
write_course(const OeLife *life, const OeSubscription *subscription)
{
	const OeCourse *course = &subscription->course;
	Datum		values[17];
	char		nulls[] = "                 ";

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
	put_day(values, nulls, 15, course->cancelled_since);
	values[16] = BoolGetDatum(course->cancels_itself);
	oe_run(&update_course, values, nulls, false);
}

static void
write_step(const OeLife *life, const OeSubscription *subscription)
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
write_event(const OeLife *life, const OeChange *change, const char *recorded_by, const char *acting_user)
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

void
oe_write_life(const OeLife *life, const OeSubscription *acted_on, const OeChanges *changes)
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
