/*
 * Who the current role is to the marketplace: what grant_access() recorded for it and for the roles whose
 * privileges it has. Remembered per backend and role; forgotten when actor, a role or a membership changes.
 */
#ifndef OE_ACTOR_H
#define OE_ACTOR_H

#include "datatype/timestamp.h"

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
 * A storefront reads at now() only: raises 42501 when the current role is a storefront (and nothing more) and at is
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

/*
 * The role that acts: the caller of a function of the customer side while that runs as the owner (customer_call.c),
 * else the current role.
 */
extern Oid	oe_calling_role(void);

/* Sets who that is, InvalidOid for nobody, and answers who it was. An ERROR leaves it to the caller of this. */
extern Oid	oe_set_calling_role(Oid role);

/*
 * The role on whose behalf rows of the catalogue are written: the caller of a function that removes rows as the owner
 * (customer_call.c) while the owner does so, else the current role. Triggers judge and name this one.
 */
extern Oid	oe_writing_role(void);

/* Sets who that is, InvalidOid for nobody, and answers who it was. An ERROR leaves it to the caller of this. */
extern Oid	oe_set_writing_role(Oid role);

/* True when role is a storefront and nothing more. */
extern bool oe_is_only_storefront(Oid role);

/* offerengine.acting_user, or NULL when none is set. */
extern const char *oe_acting_user_or_null(void);

#endif
