/*
 * Runs the engine's own statements: kept plans, the owner's identity, and the snapshot that each kind of statement
 * needs.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

#include "storage/statement.h"

static SPIPlanPtr valid_plan(OeStatement *plan, bool many);
static void set_for_now(const char *name, const char *value);
static void prefer_indexes(void);

OeOwnerRun
oe_begin_owner_run(void)
{
	OeOwnerRun	run;

	SPI_connect();
	run.guc_nestlevel = NewGUCNestLevel();
	set_for_now("search_path", "pg_catalog, pg_temp");
	run.identity = oe_become_owner();
	return run;
}

void
oe_end_owner_run(OeOwnerRun run)
{
	oe_restore_identity(run.identity);
	AtEOXact_GUC(true, run.guc_nestlevel);
	SPI_finish();
}

uint64
oe_run(OeStatement *plan, Datum *values, const char *nulls, bool many)
{
	SPIPlanPtr	spi_plan = valid_plan(plan, many);
	Snapshot	snapshot = InvalidSnapshot;
	Snapshot	crosscheck = InvalidSnapshot;
	int			guc_nestlevel = NewGUCNestLevel();
	int			result;

	/*
	 * As ri_triggers does: never compute from what the transaction's snapshot has kept, never overwrite what it cannot
	 * see.
	 */
	if (IsolationUsesXactSnapshot())
	{
		CommandCounterIncrement();
		snapshot = GetLatestSnapshot();
		crosscheck = GetTransactionSnapshot();
	}
	if (!many)
		prefer_indexes();
	result = SPI_execute_snapshot(spi_plan, values, nulls, snapshot, crosscheck, false, true, 0);
	if (result < 0)
		elog(ERROR, "SPI_execute_snapshot failed: %s", SPI_result_code_string(result));
	AtEOXact_GUC(true, guc_nestlevel);
	return SPI_processed;
}

/*
 * A plan for few rows is kept, and may have been made when the tables were empty or had no statistics yet: it walks
 * indexes anyway.
 */
static void
prefer_indexes(void)
{
	set_for_now("enable_seqscan", "off");
	set_for_now("enable_hashjoin", "off");
	set_for_now("enable_mergejoin", "off");
}

/* Until the current GUC nest level ends. */
static void
set_for_now(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

uint64
oe_ask(OeStatement *plan, Datum *values, const char *nulls)
{
	int			result = SPI_execute_snapshot(valid_plan(plan, false), values, nulls,
											  GetActiveSnapshot(), InvalidSnapshot, true, false, 0);

	if (result < 0)
		elog(ERROR, "SPI_execute_snapshot failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

static SPIPlanPtr
valid_plan(OeStatement *plan, bool many)
{
	SPIPlanPtr *kept = many ? &plan->many : &plan->few;
	SPIPlanPtr	fresh;

	if (*kept != NULL && SPI_plan_is_valid(*kept))
		return *kept;
	if (*kept != NULL)
	{
		SPI_freeplan(*kept);
		*kept = NULL;
	}

	fresh = SPI_prepare_cursor(plan->sql, plan->nargs, plan->argtypes,
							   many ? CURSOR_OPT_CUSTOM_PLAN : CURSOR_OPT_GENERIC_PLAN);
	if (fresh == NULL)
		elog(ERROR, "SPI_prepare_cursor failed: %s", SPI_result_code_string(SPI_result));
	SPI_keepplan(fresh);
	*kept = fresh;
	return fresh;
}
