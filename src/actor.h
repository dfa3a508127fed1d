/*
 * Who the current role is to the marketplace: what grant_access() recorded for it and for the roles it is a member of.
 */
#ifndef OE_ACTOR_H
#define OE_ACTOR_H

#include "datatype/timestamp.h"

/* True for superusers, members of the schema's owner, and roles granted kind operator. */
extern bool oe_is_operator(Oid role);

/* True when role may act for the merchant (kind merchant); operators are not asked here. */
extern bool oe_acts_for_merchant(Oid role, int64 merchant_id);

/*
 * A storefront reads at now() only: raises 42501 when the current role is a storefront (and nothing more) and at is another
 * instant. Costs nothing when at is the start of the transaction.
 */
extern void oe_check_instant(TimestampTz at);

/* offerengine.acting_user, or NULL when none is set. */
extern const char *oe_acting_user_or_null(void);

#endif
