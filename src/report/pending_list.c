/*
 * The pending list of a GIN index, for whoever watches: what contrib's pgstattuple tells its superusers, as one figure
 * that says nothing about rows.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/gin.h"
#include "access/relation.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(oe_pending_pages);

Datum
oe_pending_pages(PG_FUNCTION_ARGS)
{
	Oid			index_oid = PG_GETARG_OID(0);
	Relation	index = try_relation_open(index_oid, AccessShareLock);
	GinStatsData stats;

	/* A name of the catalog that this snapshot still has, and nobody else. */
	if (!index)
		PG_RETURN_NULL();
	if (index->rd_rel->relkind != RELKIND_INDEX || index->rd_rel->relam != GIN_AM_OID)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("\"%s\" is not a GIN index", RelationGetRelationName(index)));

	ginGetStats(index, &stats);
	relation_close(index, AccessShareLock);
	PG_RETURN_INT64(stats.nPendingPages);
}
