/*
 * Forms the composite that a decision returns.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/typcache.h"

#include "storage/answer.h"

Datum
oe_form_answer(FunctionCallInfo fcinfo, Datum *values, bool *isnull)
{
	Oid			type;
	TupleDesc	desc;
	Datum		result;

	if (get_call_result_type(fcinfo, &type, NULL) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a composite type");
	desc = lookup_rowtype_tupdesc(type, -1);
	result = HeapTupleGetDatum(heap_form_tuple(desc, values, isnull));
	ReleaseTupleDesc(desc);
	return result;
}
