/*
 * Answers when a customer's subscriptions end and what follows them.
 *
 * An advantage needs a base: another subscription of the customer whose offer carries one of the rule's tags. At each
 * of its accounting boundaries it is asked whether a base covers that day; at the first that none does, the regular
 * offer takes over. What follows an advantage may itself be the base of another one, so planning is repeated until
 * nothing changes; rules have no cycles, so that comes to an end.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "arithmetic/calendar.h"
#include "arithmetic/uuid.h"
#include "storage/grow.h"
#include "subscription/timeline.h"

static bool plan_grant(OeTimeline *timeline, OeSubscription *advantage, DateADT acted_on);
static bool has_begun(const OeSubscription *successor, DateADT acted_on);
static DateADT first_uncovered_boundary(const OeTimeline *timeline, const OeSubscription *advantage);
static DateADT first_restart(const OeTimeline *timeline, const OeSubscription *advantage, DateADT switch_on);
static DateADT covered_until(const OeTimeline *timeline, const OeSubscription *advantage, DateADT day);
static bool is_base_of(const OeSubscription *base, const OeSubscription *advantage);
static DateADT counts_until(const OeSubscription *base, const OeSubscription *advantage);
static OeSubscription *successor_of(const OeTimeline *timeline, const OeSubscription *predecessor, OeOrigin origin);
static bool plan_successor(OeTimeline *timeline, OeSubscription *predecessor, OeOrigin origin, DateADT starts_on);
static OeSubscription *add_successor(OeTimeline *timeline, const OeSubscription *predecessor, OeOrigin origin);
static void begin_successor(OeTimeline *timeline, OeSubscription *successor, const OeSubscription *predecessor,
							DateADT starts_on);
static DateADT regular_end(const OeSubscription *subscription, DateADT cancelled_on);

static const char *const origin_names[OE_ORIGIN_COUNT] = {"purchase", "import", "switch", "restart"};
static const char *const mode_names[OE_CANCEL_MODE_COUNT] = {NULL, "regular", "immediate", "at_date"};

const char *
oe_origin_name(OeOrigin origin)
{
	return origin_names[origin];
}

const char *
oe_cancel_mode_name(OeCancelMode mode)
{
	return mode_names[mode];
}

OeSubscription *
oe_timeline_add(OeTimeline *timeline)
{
	OE_GROW(timeline->subscriptions, timeline->count, timeline->capacity);
	return timeline->subscriptions[timeline->count++] = palloc0(sizeof(OeSubscription));
}

static bool
same_id(const pg_uuid_t *a, const pg_uuid_t *b)
{
	return memcmp(a, b, sizeof(pg_uuid_t)) == 0;
}

OeSubscription *
oe_timeline_find(const OeTimeline *timeline, const pg_uuid_t *subscription_id)
{
	for (int i = 0; i < timeline->count; i++)
		if (same_id(&timeline->subscriptions[i]->subscription_id, subscription_id))
			return timeline->subscriptions[i];
	return NULL;
}

void
oe_timeline_plan(OeTimeline *timeline, DateADT acted_on)
{
	bool		changed;

	do
	{
		CHECK_FOR_INTERRUPTS();
		changed = false;
		for (int i = 0; i < timeline->count; i++)
			if (timeline->subscriptions[i]->granted_regular_offer_id != 0 && timeline->subscriptions[i]->nsteps > 0)
				changed = plan_grant(timeline, timeline->subscriptions[i], acted_on) || changed;
	} while (changed);
}

static const OeStep *
step_on(const OeSubscription *subscription, DateADT day)
{
	const OeStep *step = &subscription->steps[0];

	for (int i = 1; i < subscription->nsteps && subscription->steps[i].starts_on <= day; i++)
		step = &subscription->steps[i];
	return step;
}

static DateADT
boundary_at_or_after(const OeStep *step, DateADT day)
{
	int32		k = oe_period_index(step->anchor_on, &step->accounting_period, day);
	DateADT		boundary = oe_period_boundary(step->anchor_on, &step->accounting_period, k);

	return boundary == day ? day : oe_period_boundary(step->anchor_on, &step->accounting_period, k + 1);
}

void
oe_timeline_agree(OeSubscription *subscription)
{
	OeCourse   *course = &subscription->course;
	DateADT		ends_on = subscription->steps[subscription->nsteps - 1].ends_on;
	const OeStep *step;

	course->cancelled_period_ends_on = OE_OPEN;
	if (course->cancel_mode != OE_NOT_CANCELLED)
	{
		DateADT		cancelled_end = course->cancel_mode == OE_CANCEL_REGULAR
		? regular_end(subscription, course->cancelled_on)
		: course->cancel_mode == OE_CANCEL_AT_DATE ? course->cancel_ends_on : course->cancelled_on;

		ends_on = Min(ends_on, Max(cancelled_end, course->starts_on));
		step = step_on(subscription, course->cancelled_since);
		course->cancelled_period_ends_on =
			boundary_at_or_after(step, Max(course->cancelled_since, step->starts_on) + 1);
	}
	course->agreed_ends_on = ends_on;
	course->ends_on = ends_on;
}

/*
 * The first end of a term for which the notice is kept, of the step that runs that day; never later than the step's own
 * end. A subscription that has not begun runs for a term at least.
 */
static DateADT
regular_end(const OeSubscription *subscription, DateADT cancelled_on)
{
	const OeStep *step = step_on(subscription, cancelled_on);
	int32		k = oe_period_index(step->anchor_on, &step->term, Max(cancelled_on, step->starts_on)) + 1;

	for (;; k++)
	{
		DateADT		term_end = oe_period_boundary(step->anchor_on, &step->term, k);
		bool		no_notice = step->notice.month == 0 && step->notice.day == 0;

		if (term_end >= step->ends_on)
			return step->ends_on;
		if (cancelled_on < (no_notice ? term_end : oe_period_boundary(term_end, &step->notice, -1)))
			return term_end;
	}
}

/* True when something has changed. */
static bool
plan_grant(OeTimeline *timeline, OeSubscription *advantage, DateADT acted_on)
{
	DateADT		switch_on = OE_OPEN;
	DateADT		restart_on = OE_OPEN;
	DateADT		ends_on;
	bool		changed;

	if (has_begun(successor_of(timeline, advantage, OE_ORIGIN_SWITCH), acted_on) ||
		has_begun(successor_of(timeline, advantage, OE_ORIGIN_RESTART), acted_on))
		return false;

	if (!advantage->course.is_ignored)
	{
		switch_on = first_uncovered_boundary(timeline, advantage);
		restart_on = first_restart(timeline, advantage, switch_on);
		if (restart_on != OE_OPEN)
			switch_on = OE_OPEN;
	}
	changed = plan_successor(timeline, advantage, OE_ORIGIN_RESTART, restart_on);
	changed = plan_successor(timeline, advantage, OE_ORIGIN_SWITCH, switch_on) || changed;

	ends_on = Min(advantage->course.agreed_ends_on, Min(switch_on, restart_on));
	changed = changed || ends_on != advantage->course.ends_on;
	advantage->course.ends_on = ends_on;
	return changed;
}

/* Whether the successor had begun before this planning: then it stays. */
static bool
has_begun(const OeSubscription *successor, DateADT acted_on)
{
	return successor != NULL && !successor->is_new && !successor->stored.is_ignored &&
		successor->stored.starts_on <= acted_on;
}

/* An advantage that was cancelled by a day does not turn into anything then: the customer has ended both. */
static bool
is_cancelled_by(const OeSubscription *subscription, DateADT day)
{
	return subscription->course.cancel_mode != OE_NOT_CANCELLED && subscription->course.cancelled_since <= day;
}

/* Of the accounting boundaries after the purchase, the first that no base covers; OE_OPEN when there is none. */
static DateADT
first_uncovered_boundary(const OeTimeline *timeline, const OeSubscription *advantage)
{
	const OeCourse *course = &advantage->course;
	const OeStep *step = &advantage->steps[0];
	DateADT		boundary = boundary_at_or_after(step, Max(course->starts_on, course->purchased_on + 1));

	for (;;)
	{
		DateADT		until;

		if (boundary >= course->agreed_ends_on || is_cancelled_by(advantage, boundary))
			return OE_OPEN;
		until = covered_until(timeline, advantage, boundary);
		if (until == OE_OPEN)
			return OE_OPEN;
		if (until == boundary)
			return boundary;
		boundary = boundary_at_or_after(step, until);
	}
}

/*
 * The first day on which a base was cancelled immediately under a rule that begins the advantage anew, when that leaves
 * the running advantage without a base inside an accounting period. At a boundary it turns into the regular offer as
 * ever: that day is the day of the switch then, and not before it.
 */
static DateADT
first_restart(const OeTimeline *timeline, const OeSubscription *advantage, DateADT switch_on)
{
	const OeCourse *course = &advantage->course;
	DateADT		restart_on = Min(switch_on, course->agreed_ends_on);
	bool		found = false;

	for (int i = 0; i < timeline->count; i++)
	{
		const OeSubscription *base = timeline->subscriptions[i];
		DateADT		day = base->course.ends_on;
		bool		restarts = false;

		if (!is_base_of(base, advantage))
			continue;
		for (int j = 0; j < base->restarting_rules.count; j++)
			restarts = restarts || base->restarting_rules.ids[j] == advantage->sales_rule_id;
		if (restarts && base->course.starts_on < day && day == base->course.agreed_ends_on &&
			day > Max(course->starts_on, course->purchased_on) && day < restart_on &&
			!is_cancelled_by(advantage, day) &&
			covered_until(timeline, advantage, day) == day)
		{
			restart_on = day;
			found = true;
		}
	}
	return found ? restart_on : OE_OPEN;
}

/* The last day to which a base covers this day without leaving it; the day itself when none does. */
static DateADT
covered_until(const OeTimeline *timeline, const OeSubscription *advantage, DateADT day)
{
	DateADT		until = day;

	for (int i = 0; i < timeline->count; i++)
	{
		const OeSubscription *base = timeline->subscriptions[i];

		if (is_base_of(base, advantage) && base->course.starts_on <= day)
			until = Max(until, counts_until(base, advantage));
	}
	return until;
}

static bool
is_base_of(const OeSubscription *base, const OeSubscription *advantage)
{
	if (base->course.is_ignored || same_id(&base->chain_id, &advantage->chain_id))
		return false;
	for (int i = 0; i < base->tags.count; i++)
		for (int j = 0; j < advantage->granted_tags.count; j++)
			if (base->tags.ids[i] == advantage->granted_tags.ids[j])
				return true;
	return false;
}

/* The first day on which the base counts no longer. */
static DateADT
counts_until(const OeSubscription *base, const OeSubscription *advantage)
{
	if (advantage->same_period && base->course.cancel_mode != OE_NOT_CANCELLED)
		return Min(base->course.ends_on, base->course.cancelled_period_ends_on);
	return base->course.ends_on;
}

static OeSubscription *
successor_of(const OeTimeline *timeline, const OeSubscription *predecessor, OeOrigin origin)
{
	for (int i = 0; i < timeline->count; i++)
		if (timeline->subscriptions[i]->origin == origin &&
			same_id(&timeline->subscriptions[i]->predecessor_id, &predecessor->subscription_id))
			return timeline->subscriptions[i];
	return NULL;
}

static int32
quantity_on(const OeSubscription *subscription, DateADT day)
{
	int32		quantity = subscription->course.quantity;

	for (int i = 0; i < subscription->nquantity_changes; i++)
		if (subscription->quantity_changes[i].effective_on <= day)
			quantity = subscription->quantity_changes[i].quantity;
	return quantity;
}

/*
 * What cancels an advantage after the day of its switch was meant for what took its place: a late import has put the
 * switch before it. It counts there until the successor is cancelled, or its cancellation withdrawn, itself.
 */
static bool
has_cancellation_of(const OeSubscription *successor, const OeSubscription *predecessor)
{
	const OeCourse *own = &successor->course;
	const OeCourse *handed_on = &predecessor->course;

	return own->cancels_itself ||
		(own->cancel_mode == handed_on->cancel_mode && own->cancelled_on == handed_on->cancelled_on &&
		 own->cancelled_since == handed_on->cancelled_since && own->cancel_ends_on == handed_on->cancel_ends_on);
}

static void
hand_cancellation_on(OeSubscription *successor, const OeSubscription *predecessor)
{
	OeCourse   *own = &successor->course;
	const OeCourse *handed_on = &predecessor->course;

	if (own->cancels_itself)
		return;
	own->cancel_mode = handed_on->cancel_mode;
	own->cancelled_on = handed_on->cancelled_on;
	own->cancelled_since = handed_on->cancelled_since;
	own->cancel_ends_on = handed_on->cancel_ends_on;
	successor->cancel_reason = predecessor->cancel_reason;
	successor->restarting_rules = predecessor->restarting_rules;
}

/* Lets the successor begin that day, or not at all (OE_OPEN); true when that is a change. */
static bool
plan_successor(OeTimeline *timeline, OeSubscription *predecessor, OeOrigin origin, DateADT starts_on)
{
	OeSubscription *successor = successor_of(timeline, predecessor, origin);

	if (starts_on == OE_OPEN)
	{
		bool		was_planned = successor != NULL && !successor->course.is_ignored;

		if (was_planned)
			successor->course.is_ignored = true;
		return was_planned;
	}

	if (successor == NULL)
		successor = add_successor(timeline, predecessor, origin);
	else if (!successor->course.is_ignored && successor->course.starts_on == starts_on &&
			 successor->course.quantity == quantity_on(predecessor, starts_on) &&
			 has_cancellation_of(successor, predecessor))
		return false;
	begin_successor(timeline, successor, predecessor, starts_on);
	return true;
}

static OeSubscription *
add_successor(OeTimeline *timeline, const OeSubscription *predecessor, OeOrigin origin)
{
	OeSubscription *successor = oe_timeline_add(timeline);

	oe_uuid_v7(&successor->subscription_id);
	successor->chain_id = predecessor->chain_id;
	successor->predecessor_id = predecessor->subscription_id;
	successor->origin = origin;
	successor->sales_rule_id = predecessor->sales_rule_id;
	successor->is_new = true;
	successor->course.cancelled_on = successor->course.cancelled_since = successor->course.cancel_ends_on = OE_OPEN;
	successor->course.cancelled_period_ends_on = OE_OPEN;
	if (origin == OE_ORIGIN_RESTART)
	{
		successor->offer_id = predecessor->offer_id;
		successor->granted_regular_offer_id = predecessor->granted_regular_offer_id;
		successor->granted_tags = predecessor->granted_tags;
		successor->same_period = predecessor->same_period;
	}
	else
		successor->offer_id = predecessor->granted_regular_offer_id;
	return successor;
}

static bool
is_zero(const Interval *interval)
{
	return interval->month == 0 && interval->day == 0;
}

/* The end of a duration that begins at a boundary of the accounting grid. */
static DateADT
duration_end(const OeTerms *terms, DateADT anchor_on, DateADT starts_on)
{
	int32		k = oe_period_index(anchor_on, &terms->accounting_period, starts_on);
	Interval	unit = {.month = terms->duration.month != 0, .day = terms->duration.day != 0};

	if (is_zero(&terms->duration))
		return OE_OPEN;
	return oe_period_boundary(anchor_on, &unit,
							  k * (terms->accounting_period.month + terms->accounting_period.day) +
							  terms->duration.month + terms->duration.day);
}

/*
 * A restarted advantage counts from its first day. The regular offer goes on counting from the advantage's anchor where
 * its own accounting periods, counted from there, begin on that day.
 */
static void
begin_successor(OeTimeline *timeline, OeSubscription *successor, const OeSubscription *predecessor, DateADT starts_on)
{
	const OeTerms *terms = timeline->terms(timeline, successor->offer_id);
	DateADT		anchor_on = starts_on;
	OeStep	   *step = palloc0(sizeof(OeStep));

	if (successor->origin == OE_ORIGIN_SWITCH)
	{
		int32		k = oe_period_index(predecessor->course.anchor_on, &terms->accounting_period, starts_on);

		if (oe_period_boundary(predecessor->course.anchor_on, &terms->accounting_period, k) == starts_on)
			anchor_on = predecessor->course.anchor_on;
	}
	step->anchor_on = anchor_on;
	step->starts_on = starts_on;
	step->ends_on = duration_end(terms, anchor_on, starts_on);
	step->term = terms->term;
	step->accounting_period = terms->accounting_period;
	step->notice = terms->notice;
	step->price_sheet_id = terms->price_sheet_id;

	successor->steps = step;
	successor->nsteps = 1;
	successor->steps_changed = true;
	successor->offer_reference = terms->offer_reference;
	successor->tags = terms->tags;
	successor->course.is_ignored = false;
	successor->course.quantity = quantity_on(predecessor, starts_on);
	successor->course.purchased_on = successor->course.starts_on = starts_on;
	successor->course.anchor_on = anchor_on;
	hand_cancellation_on(successor, predecessor);
	oe_timeline_agree(successor);
}
