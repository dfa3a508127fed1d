/*
 * The words in which a sold-out offer is refused, whoever finds that it is.
 */
#ifndef OE_SOLD_OUT_H
#define OE_SOLD_OUT_H

#include "postgres.h"

/* Raises OE064. A text is NULL where what it names is not there any more. */
extern void oe_refuse_sold_out(const text *offer_reference, const text *store, int64 wanted, int64 available);

#endif
