/*
 * What a function of a report view may keep from one call to the next in a statement, and for how long.
 */
#ifndef OE_SIGHT_H
#define OE_SIGHT_H

#include "datatype/timestamp.h"

/* Who reads, and what its snapshot tells from others: two calls for which this is the same see the same. */
typedef struct OeSight
{
	Oid			reader;
	TransactionId xmin;
	TransactionId xmax;
	CommandId	curcid;
	uint64		completed;
	TimestampTz begun;			/* the transaction */
} OeSight;

/* False, and *sight is what this call sees, when that may be something else. */
extern bool oe_still_sees(OeSight *sight);

#endif
