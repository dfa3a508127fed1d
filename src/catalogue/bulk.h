/*
 * An import writes in sets and answers for some rules itself. Only the owner's code can say so, for one span of
 * commands.
 */
#ifndef OE_BULK_H
#define OE_BULK_H

#include "access/htup.h"

/*
 * True between bulk_begin() and bulk_end(): offers made in this transaction keep version 1.
 */
extern bool oe_bulk_active(void);

/* True in the triggers that the import's own statements fire: it fills the rows that it inserts by itself. */
extern bool oe_bulk_fills(void);

/* True when there has been such a span in this transaction. */
extern bool oe_bulk_used(void);

/* check_tiers() has found the version that a command of this transaction wrote covered, and holds its base prices. */
extern void oe_tier_was_checked(int64 price_id, TransactionId xmin, CommandId written);

/* True for exactly such a version: later ones, and those of an import that left them out, are judged at commit. */
extern bool oe_is_checked_tier(int64 price_id, HeapTuple tuple);

#endif
