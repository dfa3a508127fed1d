/*
 * Ids of orders, subscriptions and whatever else belongs to a customer.
 */
#ifndef OE_UUID_H
#define OE_UUID_H

#include "postgres.h"

#include "utils/uuid.h"

/*
 * A new UUID of version 7 (RFC 9562): 48 bits are the milliseconds of the clock, 12 the fraction of one, the rest is
 * random. Greater than all that this backend has made, also when the clock is set back.
 */
extern void oe_uuid_v7(pg_uuid_t *uuid);

/* A bound: less than every UUID of version 7 that was made since so many seconds ago, by the clock as it is. */
extern void oe_uuid_v7_before(pg_uuid_t *uuid, int seconds);

#endif
