/*
 * Tells whether a call sees what the one before saw. A function's place in a statement is usually left with the
 * statement's end; where PL/pgSQL evaluates an expression, it lasts for a transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"

#include "report/sight.h"

bool
oe_still_sees(OeSight *sight)
{
	Snapshot	snapshot = GetActiveSnapshot();
	OeSight		now = {
		GetUserId(), snapshot->xmin, snapshot->xmax, snapshot->curcid, snapshot->snapXactCompletionCount,
		GetCurrentTransactionStartTimestamp()
	};
	bool		same = sight->reader == now.reader && sight->xmin == now.xmin && sight->xmax == now.xmax &&
	sight->curcid == now.curcid && sight->completed == now.completed && sight->begun == now.begun;

	*sight = now;
	return same;
}
