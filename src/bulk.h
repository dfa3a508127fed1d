/*
 * An import writes in sets and answers for some rules itself. Only the owner's code can say so, for one span of
 * commands.
 */
#ifndef OE_BULK_H
#define OE_BULK_H

#include "access/htup.h"

/*
 * True between _bulk_begin() and _bulk_end(): offers made in this transaction keep version 1.
 */
extern bool oe_bulk_active(void);

/* True when there has been such a span in this transaction. */
extern bool oe_bulk_used(void);

/* True for a row version written in such a span of this transaction: its tier was checked by _check_tiers(). */
extern bool oe_written_in_bulk(HeapTuple tuple);

#endif
