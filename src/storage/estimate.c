/*
 * What the planner is told about the size of our tables.
 *
 * A table that was analysed while it was empty, or while all its rows were those of a transaction that did not commit,
 * is said to have no rows, and stays so until it is analysed again: whatever it holds by then, the planner takes it for
 * one row. To read a whole table once for each row of another looks free then, and a load of some thousand offers takes
 * hours. The plans that we keep have the same trouble without anybody's ANALYZE: they may be made when the tables are
 * empty and are used when they are not.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/namespace.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/plancat.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"

#include "storage/estimate.h"
#include "storage/schema.h"

#define LARGE_TABLE_ROWS 1000000.0

/* What PostgreSQL itself takes for ten pages of a table of which it knows nothing. */
#define UNKNOWN_TABLE_ROWS 500.0

#define ROWS_PER_PAGE 50
#define ENTRIES_PER_PAGE 200
#define PART_IN_PARTIAL_INDEX 0.1

static get_relation_info_hook_type previous_info = NULL;

/* While a plan is made, not while it runs: what triggers of others and functions plan meanwhile is not concerned. */
static bool assume_large = false;

static void correct_size(PlannerInfo *root, Oid relid, bool inhparent, RelOptInfo * rel);
static void assume_rows(RelOptInfo * rel, double rows);

void
oe_estimate_init(void)
{
	previous_info = get_relation_info_hook;
	get_relation_info_hook = correct_size;
}

/*
 * A session may begin with a view, or with a table that a policy guards: no function of ours has been called by the
 * time that is planned, so the library is not there yet. As the support function of those that views and policies ask
 * who reads, this is called before the planner looks at the tables; nothing is simplified.
 */
PG_FUNCTION_INFO_V1(oe_planned);
Datum
oe_planned(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(NULL);
}

/*
 * The same for views that have no such function, or have it only in a subquery, which is planned after the tables
 * beside it: what they ask is true, and is gone from the plan without being called.
 */
PG_FUNCTION_INFO_V1(oe_planned_is_loaded);
Datum
oe_planned_is_loaded(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	PG_RETURN_POINTER(IsA(request, SupportRequestSimplify) ? makeBoolConst(true, false) : NULL);
}

PG_FUNCTION_INFO_V1(oe_is_loaded);
Datum
oe_is_loaded(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(true);
}

CachedPlan *
oe_plan_for_large_tables(SPIPlanPtr plan)
{
	bool		before = assume_large;
	CachedPlan *made;

	assume_large = true;
	PG_TRY();
	{
		made = SPI_plan_get_cached_plan(plan);
	}
	PG_FINALLY();
	{
		assume_large = before;
	}
	PG_END_TRY();
	return made;
}

static void
correct_size(PlannerInfo *root, Oid relid, bool inhparent, RelOptInfo * rel)
{
	double		rows = assume_large ? LARGE_TABLE_ROWS : UNKNOWN_TABLE_ROWS;

	if (previous_info != NULL)
		previous_info(root, relid, inhparent, rel);

	if (relid < FirstNormalObjectId || rel->tuples >= (assume_large ? LARGE_TABLE_ROWS : 1))
		return;
	if (get_rel_namespace(relid) == get_namespace_oid(OE_SCHEMA, true))
		assume_rows(rel, rows);
}

static void
assume_rows(RelOptInfo * rel, double rows)
{
	ListCell   *cell;

	rel->tuples = rows;
	rel->pages = Max(rel->pages, rows / ROWS_PER_PAGE);
	foreach(cell, rel->indexlist)
	{
		IndexOptInfo *index = lfirst(cell);

		index->tuples = index->indpred == NIL ? rows : Max(index->tuples, rows * PART_IN_PARTIAL_INDEX);
		index->pages = Max(index->pages, index->tuples / ENTRIES_PER_PAGE);
	}
}
