/*
 * What a function returns: one named composite, or the rows of a set.
 */
#ifndef OE_ANSWER_H
#define OE_ANSWER_H

#include "nodes/execnodes.h"

/* The composite that the function is declared to return. */
extern Datum oe_form_answer(FunctionCallInfo fcinfo, Datum *values, bool *isnull);

/* One row more of the set, which InitMaterializedSRF() has begun. */
extern void oe_put_answer(ReturnSetInfo *rsinfo, Datum *values, bool *isnull);

/* One attribute of either; a NULL pointer is NULL. */
extern void oe_put_text(Datum *values, bool *isnull, int attribute, text *value);

#endif
