/*
 * The way into functions of the customer side, for those of them that have something to refuse before their work
 * begins.
 */
#ifndef OE_CUSTOMER_CALL_H
#define OE_CUSTOMER_CALL_H

#include "fmgr.h"

/* Raises an error where it knows the answer by the arguments of the call; returns where the work is to be done. */
typedef void (*OeRefusal) (FunctionCallInfo fcinfo);

/*
 * Does what oe_customer_call() does for every function; refuse (NULL: nothing) is asked first, with the identity of the
 * caller, who is the calling role by then.
 */
extern Datum oe_call_for_customer(FunctionCallInfo fcinfo, OeRefusal refuse);

#endif
