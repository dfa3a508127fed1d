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
	Oid			type = get_func_rettype(fcinfo->flinfo->fn_oid);
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_TUPDESC);

	if (entry->tupDesc == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("function %s is not declared as offerengine declares it: it returns no named composite",
						quote_identifier(get_func_name(fcinfo->flinfo->fn_oid))),
				 errhint("Functions of offerengine are created by CREATE EXTENSION offerengine.")));
	return HeapTupleGetDatum(heap_form_tuple(entry->tupDesc, values, isnull));
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
