/*
 * Whose a row is: what this very transaction has written, its subtransactions included.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "fmgr.h"

/*
 * Of the xmin of a row. A number kept in a column would say nothing where the row is restored or replayed: there the
 * transaction that writes it is another one.
 */
PG_FUNCTION_INFO_V1(oe_is_own_row);
Datum
oe_is_own_row(PG_FUNCTION_ARGS)
{
	TransactionId xmin = PG_GETARG_TRANSACTIONID(0);

	PG_RETURN_BOOL(TransactionIdIsNormal(xmin) && TransactionIdIsCurrentTransactionId(xmin));
}
