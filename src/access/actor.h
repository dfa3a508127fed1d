/*
 * Who the current role is to the marketplace: what grant_access() recorded for it and for the roles whose
 * privileges it has. Remembered per backend and role; forgotten when actor, a role or a membership changes.
 */
#ifndef OE_ACTOR_H
#define OE_ACTOR_H

#include "datatype/timestamp.h"

#include "storage/nesting.h"

/* True for superusers, for who has the privileges of the schema's owner, and for roles granted kind operator. */
extern bool oe_is_operator(Oid role);

/* True when role may act for the merchant (kind merchant); operators are not asked here. */
extern bool oe_acts_for_merchant(Oid role, int64 merchant_id);

/* The merchants for whom role acts, and how many. Valid until the next call. */
extern const int64 *oe_acting_for(Oid role, int *count);

/* True when reports show role what belongs to the merchant: operators, reporting, and who acts for it. */
extern bool oe_sees_merchant(Oid role, int64 merchant_id);

/* True when they show it what belongs to any merchant: operators and reporting. */
extern bool oe_sees_all_merchants(Oid role);

/*
 * A storefront reads at now() only: raises 42501 when the current role is a storefront (and no operator) and at is
 * another instant. Costs nothing when at is the start of the transaction.
 */
extern void oe_check_instant(TimestampTz at);

/*
 * explain_* (and whatever else merchants may call that tells about one offer): raises 42501 when the current role
 * acts for merchants only and not for this one, the merchant of the offer. To be asked before identity is switched
 * to the owner.
 */
extern void oe_check_own_offer(int64 merchant_id);

/* False when the current role acts for merchants only and not for this one. Likewise. */
extern bool oe_may_explain(int64 merchant_id);

/* On whose behalf code of ours runs as the owner. All zero: on nobody's. */
typedef struct OeBehalf
{
	Oid			role;
	OeOwnWrite	code;
} OeBehalf;

/*
 * The role that acts: the caller of a function of the customer side while that runs as the owner (customer_call.c),
 * else the current role. What triggers sell meanwhile is sold on the caller's behalf, too.
 */
extern Oid	oe_calling_role(void);

/* The code that is about to be run acts for the role. Answers what was before; an ERROR leaves it to the caller. */
extern OeBehalf oe_act_for(Oid role);
extern void oe_restore_calling_role(OeBehalf before);

/*
 * The role on whose behalf rows of the catalogue are written: the caller of a function that removes rows, in the code
 * that this runs as the owner (customer_call.c), else the current role.
 */
extern Oid	oe_writing_role(void);

/*
 * Likewise for a trigger of ours, which judges and names this role: the caller, too, where that code's own statement
 * fired it. What triggers of others write meanwhile, they write themselves.
 */
extern Oid	oe_writing_role_in_trigger(void);

/* The code that is about to be run writes for the role. Answers what was before; an ERROR leaves it to the caller. */
extern OeBehalf oe_write_for(Oid role);
extern void oe_restore_writing_role(OeBehalf before);

/*
 * True when the calling role acts for merchants and is no operator: of an order, lines of theirs are all that it knows
 * of, whatever else it may do.
 */
extern bool oe_called_for_merchants_only(void);

/* True when role is granted kind monitoring and is no operator: it looks at the whole, and at no row. */
extern bool oe_only_monitors(Oid role);

/* True when role is a storefront and no operator: what else it is gives it no other days and no other channels. */
extern bool oe_is_storefront(Oid role);

/* offerengine.acting_user, or NULL when none is set. */
extern const char *oe_acting_user_or_null(void);

#endif
