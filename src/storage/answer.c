/*
 * Forms the composites that functions return.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "storage/answer.h"

Datum
oe_form_answer(FunctionCallInfo fcinfo, Datum *values, bool *isnull)
{
	Oid			type;
	TupleDesc	desc;
	Datum		result;

	if (get_call_result_type(fcinfo, &type, NULL) != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("function %s is not declared as offerengine declares it: it returns no named composite",
						quote_identifier(get_func_name(fcinfo->flinfo->fn_oid))),
				 errhint("Functions of offerengine are created by CREATE EXTENSION offerengine.")));
	desc = lookup_rowtype_tupdesc(type, -1);
	result = HeapTupleGetDatum(heap_form_tuple(desc, values, isnull));
	ReleaseTupleDesc(desc);
	return result;
}

void
oe_put_answer(ReturnSetInfo *rsinfo, Datum *values, bool *isnull)
{
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, isnull);
}

void
oe_put_text(Datum *values, bool *isnull, int attribute, text *value)
{
	values[attribute] = PointerGetDatum(value);
	isnull[attribute] = value == NULL;
}
