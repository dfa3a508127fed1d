/*
 * Answers whether an offer allows an operation through a channel. The rule is data (operation_policy) and is read by
 * operation_refusal().
 */
#include "postgres.h"

#include "fmgr.h"

#include "decide/spec.h"
#include "storage/answer.h"
#include "storage/schema.h"

/* Asks with the caller's three arguments, as the owner. */
static OeSpecResult *
ask(FunctionCallInfo fcinfo, OeSpecQuery query)
{
	Datum		arguments[3];
	char		nulls[3];

	oe_require_schema();
	for (int i = 0; i < lengthof(arguments); i++)
	{
		arguments[i] = PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	return oe_spec_query(query, arguments, nulls);
}

PG_FUNCTION_INFO_V1(oe_operation_allowed);
Datum
oe_operation_allowed(PG_FUNCTION_ARGS)
{
	OeSpecResult *answer = ask(fcinfo, OE_SPEC_OPERATION_ALLOWED);

	return oe_form_answer(fcinfo, answer->values, answer->isnull);
}

PG_FUNCTION_INFO_V1(oe_assert_operation);
Datum
oe_assert_operation(PG_FUNCTION_ARGS)
{
	ask(fcinfo, OE_SPEC_ASSERT_OPERATION);
	PG_RETURN_VOID();
}
