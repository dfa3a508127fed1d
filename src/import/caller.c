/*
 * Whose imports the caller may run.
 */
#include "postgres.h"

#include "fmgr.h"

#include "access/actor.h"

PG_FUNCTION_INFO_V1(oe_caller_imports_for);
Datum
oe_caller_imports_for(PG_FUNCTION_ARGS)
{
	Oid			caller = oe_calling_role();

	PG_RETURN_BOOL(oe_is_operator(caller) || (!PG_ARGISNULL(0) && oe_acts_for_merchant(caller, PG_GETARG_INT64(0))));
}
