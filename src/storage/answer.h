/*
 * What a decision returns as one named composite.
 */
#ifndef OE_ANSWER_H
#define OE_ANSWER_H

#include "fmgr.h"

/* The composite that the function is declared to return. */
extern Datum oe_form_answer(FunctionCallInfo fcinfo, Datum *values, bool *isnull);

#endif
