/*
 * How far a copy of the catalogue is, as the subscription's origin has it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "replication/origin.h"
#include "utils/pg_lsn.h"

/* Origins of subscriptions are named pg_OID. */
PG_FUNCTION_INFO_V1(oe_applied_lsn);
Datum
oe_applied_lsn(PG_FUNCTION_ARGS)
{
	char	   *name = psprintf("pg_%u", PG_GETARG_OID(0));
	RepOriginId origin = replorigin_by_name(name, true);
	XLogRecPtr	applied;

	if (origin == InvalidRepOriginId)
		PG_RETURN_NULL();
	applied = replorigin_get_progress(origin, false);
	if (XLogRecPtrIsInvalid(applied))
		PG_RETURN_NULL();
	PG_RETURN_LSN(applied);
}
