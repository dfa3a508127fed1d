/*
 * The redirect decision: which offer a customer gets instead of the one that was asked for. A sales rule gives its
 * advantage offer to who owns the base, as far as its limit goes, its regular offer to everybody else, whichever of the
 * two was asked for. What is in the same cart is left to the SQL specification (redirect_lines).
 */
#ifndef OE_REDIRECT_H
#define OE_REDIRECT_H

#include "utils/date.h"

#include "storage/probe.h"

typedef struct OeSalesRule
{
	int64		sales_rule_id;
	int64		advantage_offer_id;
	int64		regular_offer_id;
	bool		same_period;	/* cancelled_source: else until_end */
	TimestampTz valid_to;
	text	   *matched_text;	/* NULL: none */
	text	   *unmatched_text;
	int32		advantage_limit;	/* pieces that run at once for one customer; counts when is_limited */
	bool		is_limited;
	bool		gives_advantage;	/* to the customer */
} OeSalesRule;

/* An offer that counts as owned at the instant. */
typedef struct OeBase
{
	int64		offer_id;
	bool		period_over;	/* cancelled, and not in the accounting period of that day any more */
} OeBase;

typedef struct OeBases
{
	bool		loaded;
	OeBase	   *bases;
	int			count;
	int			capacity;
} OeBases;

/* For whom and when offers are redirected, and what was read for that: subscriptions once, each rule once. */
typedef struct OeRedirection
{
	OeReader   *reader;
	TimestampTz at;
	text	   *customer_reference; /* NULL: anonymous */
	OeBases		subscriptions;
	text	   *store;			/* of the subscription read last; NULL: none yet */
	DateADT		day;			/* which day it is there */
	OeSalesRule *rules;
	int			nrules;
	int			capacity;
} OeRedirection;

/* The tables that are read. */
#define OE_REDIRECT_TABLES \
	(OE_TABLE_BIT(OE_STORE) | OE_TABLE_BIT(OE_SALES_RULE) | OE_TABLE_BIT(OE_SALES_RULE_TAG) | \
	 OE_TABLE_BIT(OE_OFFER_TAG) | OE_TABLE_BIT(OE_SUBSCRIPTION))

/* Nothing is read yet. What will be is allocated in the memory context that is current then: it must outlive this. */
extern void oe_redirection_init(OeRedirection *redirection, OeReader *reader, TimestampTz at,
								text *customer_reference);

/*
 * The rule in force with this offer as one of its targets, gives_advantage judged; NULL: none. Good until the next
 * call.
 */
extern const OeSalesRule *oe_redirecting_rule(OeRedirection *redirection, int64 offer_id);

/* Whether there is one; of tables, OE_SALES_RULE only is read. */
extern bool oe_has_redirecting_rule(OeRedirection *redirection, int64 offer_id);

/* What the customer gets. */
static inline int64
oe_redirected_offer(const OeSalesRule *rule)
{
	return rule->gives_advantage ? rule->advantage_offer_id : rule->regular_offer_id;
}

#endif
