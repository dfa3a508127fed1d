/*
 * How much a store may sell of an offer: view offer_store_availability states it, this function asks it for
 * everybody.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "decide/question.h"
#include "error.h"
#include "storage/parameters.h"
#include "storage/schema.h"
#include "storage/answer.h"
#include "storage/statement.h"

static OeStatement find_availability = {
	"SELECT a.in_stock, a.reserved, a.available, a.is_never_out_of_stock"
	"  FROM offerengine.store s"
	"  LEFT JOIN offerengine.offer o ON o.offer_reference OPERATOR(pg_catalog.=) $1"
	"  LEFT JOIN offerengine_internal.offer_store_availability a"
	"         ON a.offer_id OPERATOR(pg_catalog.=) o.offer_id AND a.store_code OPERATOR(pg_catalog.=) s.store_code"
	" WHERE s.store_code OPERATOR(pg_catalog.=) $2",
	2, {TEXTOID, TEXTOID}
};

static void
check_store_given(bool isnull)
{
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("store must not be NULL")));
}

PG_FUNCTION_INFO_V1(oe_offer_availability);
Datum
oe_offer_availability(PG_FUNCTION_ARGS)
{
	OeParameters question = {0};
	Datum		zero = DirectFunctionCall1(int4_numeric, Int32GetDatum(0));
	Datum		answer[4];
	bool		isnull[4] = {false, false, false, false};
	OeIdentity	caller;
	MemoryContext outside = CurrentMemoryContext;
	MemoryContext spi;
	Datum		result;

	oe_require_schema();
	check_store_given(PG_ARGISNULL(1));
	oe_add_parameter(&question, PG_GETARG_DATUM(0), PG_ARGISNULL(0));
	oe_add_value(&question, PG_GETARG_DATUM(1));

	SPI_connect();
	caller = oe_become_owner();
	oe_check_store_known(oe_ask(&find_availability, question.values, question.nulls) > 0,
						 DatumGetTextPP(question.values[1]));
	heap_deform_tuple(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, answer, isnull);
	for (int i = 0; i < 4; i++)
	{
		if (isnull[i])
			answer[i] = i < 3 ? zero : BoolGetDatum(false);
		isnull[i] = false;
	}
	spi = MemoryContextSwitchTo(outside);
	result = oe_form_answer(fcinfo, answer, isnull);
	MemoryContextSwitchTo(spi);
	oe_restore_identity(caller);
	SPI_finish();
	return result;
}
