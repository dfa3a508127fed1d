/*
 * Writes what planning has made of a customer's timeline. The caller runs as the owner of the schema and holds the
 * customer's row of customer_timeline.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"

#include "access/actor.h"
#include "arithmetic/uuid.h"
#include "storage/ids.h"
#include "storage/parameters.h"
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

/* Open is NULL. */
static void
add_day(OeParameters *parameters, DateADT day)
{
	oe_add_parameter(parameters, DateADTGetDatum(day), day == OE_OPEN);
}

static void
run(OeStatement *statement, OeParameters *parameters)
{
	oe_run(statement, parameters->values, parameters->nulls, false);
}

static void
insert_subscription(const OeLife *life, const OeSubscription *subscription)
{
	OeParameters parameters = {0};

	oe_add_value(&parameters, life->customer);
	oe_add_value(&parameters, UUIDPGetDatum(&subscription->predecessor_id));
	oe_add_value(&parameters, UUIDPGetDatum(&subscription->subscription_id));
	oe_add_value(&parameters, Int64GetDatum(subscription->offer_id));
	oe_add_value(&parameters, Int32GetDatum(subscription->course.quantity));
	oe_add_value(&parameters, DateADTGetDatum(subscription->course.starts_on));
	oe_add_string(&parameters, oe_origin_name(subscription->origin));
	run(&insert_successor, &parameters);
}

static void
add_restarting_rules(OeParameters *parameters, const OeSubscription *subscription)
{
	OeIds		ids = {NULL, 0, 0};

	for (int i = 0; i < subscription->restarting_rules.count; i++)
		oe_ids_add(&ids, subscription->restarting_rules.ids[i]);
	oe_add_parameter(parameters, ids.count == 0 ? (Datum) 0 : oe_ids_array(&ids), ids.count == 0);
}

static void
write_course(const OeLife *life, const OeSubscription *subscription)
{
	const OeCourse *course = &subscription->course;
	OeParameters parameters = {0};

	oe_add_value(&parameters, life->customer);
	oe_add_value(&parameters, UUIDPGetDatum(&subscription->subscription_id));
	add_day(&parameters, course->purchased_on);
	add_day(&parameters, course->anchor_on);
	add_day(&parameters, course->starts_on);
	add_day(&parameters, course->ends_on);
	add_day(&parameters, course->agreed_ends_on);
	add_day(&parameters, course->cancelled_on);
	add_day(&parameters, course->cancel_ends_on);
	add_day(&parameters, course->cancelled_period_ends_on);
	oe_add_string(&parameters, oe_cancel_mode_name(course->cancel_mode));
	oe_add_string(&parameters, subscription->cancel_reason);
	add_restarting_rules(&parameters, subscription);
	oe_add_value(&parameters, Int32GetDatum(course->quantity));
	oe_add_value(&parameters, BoolGetDatum(course->is_ignored));
	add_day(&parameters, course->cancelled_since);
	oe_add_value(&parameters, BoolGetDatum(course->cancels_itself));
	run(&update_course, &parameters);
}

static void
write_step(const OeLife *life, const OeSubscription *subscription)
{
	const OeStep *step = &subscription->steps[0];
	OeParameters parameters = {0};

	oe_add_value(&parameters, life->customer);
	oe_add_value(&parameters, UUIDPGetDatum(&subscription->subscription_id));
	if (!subscription->is_new)
		run(&delete_steps, &parameters);
	add_day(&parameters, step->anchor_on);
	add_day(&parameters, step->starts_on);
	add_day(&parameters, step->ends_on);
	oe_add_value(&parameters, IntervalPGetDatum(&step->term));
	oe_add_value(&parameters, IntervalPGetDatum(&step->accounting_period));
	oe_add_value(&parameters, IntervalPGetDatum(&step->notice));
	oe_add_value(&parameters, Int64GetDatum(step->price_sheet_id));
	run(&insert_step, &parameters);
}

static void
write_event(const OeLife *life, const OeChange *change, const char *recorded_by, const char *acting_user)
{
	pg_uuid_t	event_id;
	OeParameters parameters = {0};

	oe_uuid_v7(&event_id);
	oe_add_value(&parameters, life->customer);
	oe_add_value(&parameters, UUIDPGetDatum(&event_id));
	oe_add_value(&parameters, UUIDPGetDatum(&change->subscription->subscription_id));
	oe_add_string(&parameters, change->change);
	add_day(&parameters, change->effective_on);
	oe_add_string(&parameters, recorded_by);
	oe_add_string(&parameters, acting_user);
	run(&insert_event, &parameters);
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
