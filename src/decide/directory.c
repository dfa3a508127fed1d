/*
 * Answers what a question can name: stores, their currencies, price types. For everybody who may ask, who need not read
 * the tables.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "decide/question.h"
#include "decide/spec.h"
#include "storage/schema.h"

/* Puts every row of the query's answer into the set that the function returns. */
static Datum
answer_all(FunctionCallInfo fcinfo, OeSpecQuery query, Datum *arguments)
{
	oe_require_schema();
	InitMaterializedSRF(fcinfo, 0);
	oe_spec_put((ReturnSetInfo *) fcinfo->resultinfo, oe_spec_query(query, arguments, NULL));
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(oe_stores);
Datum
oe_stores(PG_FUNCTION_ARGS)
{
	return answer_all(fcinfo, OE_SPEC_STORES, NULL);
}

static void
check_known_store(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("store must not be NULL")));
	oe_check_store_known(oe_spec_query(OE_SPEC_STORE, &fcinfo->args[0].value, NULL)->nrows > 0, PG_GETARG_TEXT_PP(0));
}

PG_FUNCTION_INFO_V1(oe_currencies);
Datum
oe_currencies(PG_FUNCTION_ARGS)
{
	oe_require_schema();
	check_known_store(fcinfo);
	return answer_all(fcinfo, OE_SPEC_CURRENCIES, &fcinfo->args[0].value);
}

PG_FUNCTION_INFO_V1(oe_price_types);
Datum
oe_price_types(PG_FUNCTION_ARGS)
{
	return answer_all(fcinfo, OE_SPEC_PRICE_TYPES, NULL);
}
