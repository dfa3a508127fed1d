/*
 * Gathers the parameters of a statement.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "storage/parameters.h"

void
oe_add_parameter(OeParameters *parameters, Datum value, bool isnull)
{
	Assert(parameters->count < OE_STATEMENT_MAX_ARGS);
	parameters->values[parameters->count] = isnull ? (Datum) 0 : value;
	parameters->nulls[parameters->count++] = isnull ? 'n' : ' ';
}

void
oe_add_text(OeParameters *parameters, const text *value)
{
	oe_add_parameter(parameters, PointerGetDatum(value), value == NULL);
}

void
oe_add_string(OeParameters *parameters, const char *value)
{
	oe_add_parameter(parameters, value == NULL ? (Datum) 0 : CStringGetTextDatum(value), value == NULL);
}
