/*
 * The timeline of one customer: what the sales rules make of the subscriptions that were bought, imported, cancelled.
 * Pure: works on rows in memory, reads no table but through the terms callback. timeline_store.c loads and writes.
 *
 * Facts are what customers did. Everything else follows from the facts and is computed anew whenever one changes: when
 * a subscription ends, when an advantage turns into its regular offer, whether it was begun anew. What has begun stays.
 */
#ifndef OE_TIMELINE_H
#define OE_TIMELINE_H

#include "utils/date.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/* No end; sorts behind every day. */
#define OE_OPEN DATEVAL_NOEND

typedef enum OeOrigin
{
	OE_ORIGIN_PURCHASE,
	OE_ORIGIN_IMPORT,
	OE_ORIGIN_SWITCH,			/* the regular offer behind an advantage */
	OE_ORIGIN_RESTART,			/* the advantage begun anew */
	OE_ORIGIN_COUNT
} OeOrigin;

typedef enum OeCancelMode
{
	OE_NOT_CANCELLED,
	OE_CANCEL_REGULAR,
	OE_CANCEL_IMMEDIATE,
	OE_CANCEL_AT_DATE,
	OE_CANCEL_MODE_COUNT
} OeCancelMode;

typedef struct OeIdSet
{
	int64	   *ids;
	int			count;
} OeIdSet;

/* What an offer's only step is sold under now. */
typedef struct OeTerms
{
	int64		offer_id;
	char	   *offer_reference;
	Interval	term;
	Interval	accounting_period;
	Interval	notice;
	Interval	duration;		/* zero: until cancelled */
	int64		price_sheet_id;
	OeIdSet		tags;
} OeTerms;

typedef struct OeStep
{
	DateADT		anchor_on;
	DateADT		starts_on;
	DateADT		ends_on;
	Interval	term;
	Interval	accounting_period;
	Interval	notice;
	int64		price_sheet_id;
} OeStep;

typedef struct OeQuantityChange
{
	DateADT		effective_on;
	int32		quantity;
} OeQuantityChange;

/* What planning may change of a subscription. */
typedef struct OeCourse
{
	DateADT		purchased_on;
	DateADT		anchor_on;
	DateADT		starts_on;
	DateADT		ends_on;
	DateADT		agreed_ends_on;
	DateADT		cancelled_on;	/* OE_OPEN: not cancelled */
	DateADT		cancelled_since;	/* the first of several cancellations, none of them withdrawn */
	DateADT		cancel_ends_on;
	DateADT		cancelled_period_ends_on;
	OeCancelMode cancel_mode;
	int32		quantity;
	bool		cancels_itself; /* was cancelled or withdrawn itself: a predecessor's cancellation is none of its */
	bool		is_ignored;
} OeCourse;

typedef struct OeSubscription
{
	pg_uuid_t	subscription_id;
	pg_uuid_t	chain_id;
	pg_uuid_t	predecessor_id; /* all zero: none */
	int64		offer_id;
	char	   *offer_reference;
	OeIdSet		tags;			/* of its offer */
	OeOrigin	origin;
	int64		sales_rule_id;	/* 0: none */
	int64		granted_regular_offer_id;	/* 0: not granted by a rule */
	OeIdSet		granted_tags;
	bool		same_period;	/* granted_cancelled_source */
	OeIdSet		restarting_rules;
	char	   *cancel_reason;	/* NULL: none */
	OeCourse	course;
	OeStep	   *steps;
	int			nsteps;
	int			step_capacity;
	OeQuantityChange *quantity_changes; /* ascending */
	int			nquantity_changes;
	int			quantity_change_capacity;
	bool		is_new;			/* made by planning; then stored is empty */
	bool		steps_changed;
	OeCourse	stored;
} OeSubscription;

typedef struct OeTimeline
{
	OeSubscription **subscriptions;
	int			count;
	int			capacity;
	const OeTerms *(*terms) (struct OeTimeline *timeline, int64 offer_id);
} OeTimeline;

/* Adds an empty subscription. */
extern OeSubscription *oe_timeline_add(OeTimeline *timeline);

/* NULL when there is none of this id. */
extern OeSubscription *oe_timeline_find(const OeTimeline *timeline, const pg_uuid_t *subscription_id);

/* Gives every subscription the course that the facts lead to, as somebody acts on that day. */
extern void oe_timeline_plan(OeTimeline *timeline, DateADT acted_on);

/* The facts of a cancellation, or of its absence, have changed: when the subscription ends by agreement. */
extern void oe_timeline_agree(OeSubscription *subscription);

extern const char *oe_origin_name(OeOrigin origin);
extern const char *oe_cancel_mode_name(OeCancelMode mode);

#endif
