/*
 * Parameters of a statement in the making, one after another.
 */
#ifndef OE_PARAMETERS_H
#define OE_PARAMETERS_H

#include "storage/statement.h"

typedef struct OeParameters
{
	int			count;
	Datum		values[OE_STATEMENT_MAX_ARGS];
	char		nulls[OE_STATEMENT_MAX_ARGS];
} OeParameters;

extern void oe_add_parameter(OeParameters *parameters, Datum value, bool isnull);

/* NULL pointers are SQL NULLs. */
extern void oe_add_text(OeParameters *parameters, const text *value);
extern void oe_add_string(OeParameters *parameters, const char *value);

static inline void
oe_add_value(OeParameters *parameters, Datum value)
{
	oe_add_parameter(parameters, value, false);
}

#endif
