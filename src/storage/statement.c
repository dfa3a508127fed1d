/*
 * Runs the engine's own statements: kept plans, the owner's identity, and the snapshot that each kind of statement
 * needs.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/plancache.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#include "storage/estimate.h"
#include "storage/statement.h"

/* How much of a statement of ours the context of an error shows. */
#define CONTEXT_MAX 300

static uint64 execute(SPIPlanPtr plan, Datum *values, const char *nulls, Snapshot snapshot, Snapshot crosscheck,
					  bool read_only);
static void shorten_context(ErrorData *error, const char *sql);
static SPIPlanPtr few_plan(OeStatement *plan, bool by_index);
static SPIPlanPtr many_plan(OeStatement *plan);
static int	plan_anew(SPIPlanPtr plan, bool by_index);
static void set_for_now(const char *name, const char *value);

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
	Snapshot	snapshot = InvalidSnapshot;
	Snapshot	crosscheck = InvalidSnapshot;

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
	return execute(many ? many_plan(plan) : few_plan(plan, true), values, nulls, snapshot, crosscheck, false);
}

uint64
oe_run_plain(OeStatement *plan, Datum *values, const char *nulls, bool many)
{
	return execute(many ? many_plan(plan) : few_plan(plan, true), values, nulls, InvalidSnapshot, InvalidSnapshot,
				   false);
}

uint64
oe_ask(OeStatement *plan, Datum *values, const char *nulls)
{
	return execute(few_plan(plan, false), values, nulls, GetActiveSnapshot(), InvalidSnapshot, true);
}

static uint64
execute(SPIPlanPtr plan, Datum *values, const char *nulls, Snapshot snapshot, Snapshot crosscheck, bool read_only)
{
	MemoryContext caller = CurrentMemoryContext;
	int			result = 0;

	PG_TRY();
	{
		result = SPI_execute_snapshot(plan, values, nulls, snapshot, crosscheck, read_only, !read_only, 0);
	}
	PG_CATCH();
	{
		CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plan));
		ErrorData  *error;

		if (strlen(source->query_string) <= CONTEXT_MAX)
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		shorten_context(error, source->query_string);
		ReThrowError(error);
	}
	PG_END_TRY();

	if (result < 0)
		elog(ERROR, "SPI_execute_snapshot failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

/* Where the context of an error shows a statement of ours, its beginning is enough. */
static void
shorten_context(ErrorData *error, const char *sql)
{
	char	   *shown = error->context == NULL ? NULL : strstr(error->context, sql);

	if (shown != NULL)
		error->context = psprintf("%.*s...%s", (int) (shown - error->context) + CONTEXT_MAX, error->context,
								  shown + strlen(sql));
}

/*
 * A plan for few rows is kept, and may have been made when the tables were empty or had no statistics yet: it is made
 * for large tables, and where it writes or locks it walks indexes whatever they hold.
 */
static SPIPlanPtr
few_plan(OeStatement *plan, bool by_index)
{
	CachedPlanSource *source;

	if (plan->few == NULL)
		plan->few = oe_keep_plan(plan->sql, plan->nargs, plan->argtypes, CURSOR_OPT_GENERIC_PLAN);

	AcceptInvalidationMessages();
	source = linitial(SPI_plan_get_plan_sources(plan->few));
	if (!source->is_valid || source->gplan == NULL || !source->gplan->is_valid ||
		source->gplan->generation != plan->few_generation)
		plan->few_generation = plan_anew(plan->few, by_index);
	return plan->few;
}

/* For many rows it is made each time, so that it fits how many rows a trigger has to go through. */
static SPIPlanPtr
many_plan(OeStatement *plan)
{
	if (plan->many == NULL)
		plan->many = oe_keep_plan(plan->sql, plan->nargs, plan->argtypes, CURSOR_OPT_GENERIC_PLAN);
	(void) plan_anew(plan->many, false);
	return plan->many;
}

/*
 * Returns the generation of the plan made. The settings stand while it is made, and not while it runs: triggers of
 * others run inside our statements. Large tables make plans look dear, and compiling them takes longer than they run.
 */
static int
plan_anew(SPIPlanPtr plan, bool by_index)
{
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plan));
	int			guc_nestlevel = NewGUCNestLevel();
	int			generation;
	CachedPlan *made;

	/* It may have been made elsewhere: by a message of invalidation that came after we had looked. */
	if (source->gplan != NULL)
		source->gplan->is_valid = false;
	set_for_now("jit", "off");
	if (by_index)
	{
		set_for_now("enable_seqscan", "off");
		set_for_now("enable_hashjoin", "off");
		set_for_now("enable_mergejoin", "off");
	}
	made = oe_plan_for_large_tables(plan);
	if (made == NULL)
		elog(ERROR, "SPI_plan_get_cached_plan failed for \"%s\"", source->query_string);
	generation = made->generation;
	ReleaseCachedPlan(made, CurrentResourceOwner);
	AtEOXact_GUC(true, guc_nestlevel);
	return generation;
}

/* Until the current GUC nest level ends. */
static void
set_for_now(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

SPIPlanPtr
oe_keep_plan(const char *sql, int nargs, Oid *argtypes, int cursor_options)
{
	SPIPlanPtr	plan = SPI_prepare_cursor(sql, nargs, argtypes, cursor_options);

	if (plan == NULL)
		elog(ERROR, "SPI_prepare_cursor failed: %s", SPI_result_code_string(SPI_result));
	SPI_keepplan(plan);
	return plan;
}

SPIPlanPtr
oe_kept_plan(SPIPlanPtr *plan, const char *sql, int nargs, const Oid *argtypes)
{
	if (*plan == NULL)
		*plan = oe_keep_plan(sql, nargs, (Oid *) argtypes, CURSOR_OPT_GENERIC_PLAN);
	return *plan;
}

void
oe_run_kept(SPIPlanPtr plan, Datum *values, const char *nulls)
{
	int			result = SPI_execute_plan(plan, values, nulls, true, 0);

	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(result));
}
