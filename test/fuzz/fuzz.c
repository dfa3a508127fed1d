/*
 * Calls what table fuzz.target names, with arguments, roles and settings drawn from a generator that the number of
 * the call seeds: the same number makes the same call. Each call runs in a subtransaction that ends well where the call
 * does, so that whatever it holds on to is told, inside one that is rolled back. Whatever the server would take for a
 * fault of its own is a finding.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/array.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/tuplestore.h"

#include "draw.h"

PG_MODULE_MAGIC;

#define CALL_LIMIT_MS 1000		/* some answers are endless by contract: a row for each period until infinity */
#define ROWS_READ 100
#define NESTING_LIMIT 3

typedef struct Target
{
	char	   *name;
	char	   *statement;
	bool		is_row;			/* writes a table, where the others call a function */
	int			nargs;
	Oid		   *types;
	Argument   *args;
	SPIPlanPtr	plan;
	Oid			function;		/* to be called without the executor, or InvalidOid */
	bool		strict;
	FmgrInfo	flinfo;
	MemoryContext flcontext;	/* what the function keeps in fn_extra */
} Target;

typedef struct Setting
{
	char	   *name;
	char	   *value;
} Setting;

typedef struct OutcomeKey
{
	int			target;
	int			sqlstate;
} OutcomeKey;

typedef struct Outcome
{
	OutcomeKey	key;
	int64		calls;
	int64		example;
	char		message[256];
} Outcome;

static const char *const roles[] = {"none", "none", "t_operator", "t_operator", "t_merchant", "t_other_merchant",
"t_storefront", "t_reporting", "t_nobody"};

static MemoryContext fuzz_context = NULL;
static Target *targets = NULL;
static int	target_count = 0;
static int	function_count = 0; /* the first ones */
static Setting *settings = NULL;
static int	setting_count = 0;

/* The run that is going on; triggers find it here. */
static HTAB *outcomes = NULL;
static pg_prng_state rng;
static int64 call_number = 0;
static int	depth = 0;

static void one_call(void);

static char *
text_column(int row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

/* SPI leaves its own context the current one; what is read is to be kept. */
static void
query(const char *statement)
{
	if (SPI_execute(statement, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read what to call: %s", statement);
	MemoryContextSwitchTo(fuzz_context);
}

static void
load_target(Target *target, int row)
{
	bool		isnull;
	ArrayType  *types = DatumGetArrayTypeP(SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 4, &isnull));
	ArrayType  *samples = DatumGetArrayTypeP(SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 5, &isnull));
	Datum	   *type;
	Datum	   *sample;
	bool	   *nulls;
	int			sample_count;

	target->name = text_column(row, 1);
	target->statement = text_column(row, 2);
	target->function = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 3, &isnull));
	target->is_row = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 6, &isnull));
	target->strict = OidIsValid(target->function) && func_strict(target->function);
	deconstruct_array(types, OIDOID, sizeof(Oid), true, TYPALIGN_INT, &type, NULL, &target->nargs);
	deconstruct_array(samples, TEXTOID, -1, false, TYPALIGN_INT, &sample, &nulls, &sample_count);
	if (sample_count != target->nargs)
		elog(ERROR, "%s has %d arguments and %d samples", target->name, target->nargs, sample_count);
	target->types = palloc0((target->nargs + 1) * sizeof(Oid));
	target->args = palloc0((target->nargs + 1) * sizeof(Argument));
	for (int i = 0; i < target->nargs; i++)
	{
		target->types[i] = target->args[i].type = DatumGetObjectId(type[i]);
		target->args[i].has_sample = !nulls[i];
		if (!nulls[i])
			target->args[i].sample = fuzz_parse(target->types[i], TextDatumGetCString(sample[i]));
	}
}

/* Reads what to call, once a session. */
static void
load(void)
{
	MemoryContext caller = CurrentMemoryContext;

	if (targets != NULL)
		return;
	fuzz_forget_values();
	fuzz_context = AllocSetContextCreate(TopMemoryContext, "fuzz", ALLOCSET_DEFAULT_SIZES);
	SPI_connect();
	query("SELECT v.type::oid, v.value FROM fuzz.value v ORDER BY v.type::oid, v.value COLLATE \"C\"");
	for (int i = 0; i < SPI_processed; i++)
	{
		bool		isnull;

		fuzz_add_value(DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull)),
					   text_column(i, 2));
	}
	query("SELECT s.name, s.value FROM fuzz.setting s ORDER BY 1, 2");
	setting_count = SPI_processed;
	settings = palloc0((setting_count + 1) * sizeof(Setting));
	for (int i = 0; i < setting_count; i++)
	{
		settings[i].name = text_column(i, 1);
		settings[i].value = text_column(i, 2);
	}
	query("SELECT t.name, t.statement, t.direct, t.types, t.samples, t.is_row FROM fuzz.target t"
		  " ORDER BY t.is_row, t.name COLLATE \"C\", t.statement COLLATE \"C\"");
	target_count = SPI_processed;
	targets = palloc0((target_count + 1) * sizeof(Target));
	for (int i = 0; i < target_count; i++)
	{
		load_target(&targets[i], i);
		if (!targets[i].is_row)
			function_count = i + 1;
	}
	MemoryContextSwitchTo(caller);
	SPI_finish();
}

/* Counts what came of a call; an internal error is a finding, which the log tells too. */
static void
record(int target, int sqlstate, const char *message)
{
	OutcomeKey	key = {target, sqlstate};
	bool		found;
	Outcome    *outcome = hash_search(outcomes, &key, HASH_ENTER, &found);

	if (!found)
	{
		outcome->calls = 0;
		outcome->example = call_number;
		strlcpy(outcome->message, message, sizeof(outcome->message));
	}
	outcome->calls++;
	if (ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_INTERNAL_ERROR)
		ereport(LOG, (errmsg("fuzz: finding: call " INT64_FORMAT " of %s: %s", call_number, targets[target].name,
							 message)));
}

static void
set_locally(const char *name, const char *value)
{
	set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

static void
draw_settings(void)
{
	if (fuzz_chance(&rng, 2))
	{
		for (int i = (int) fuzz_below(&rng, 3); i >= 0 && setting_count > 0; i--)
		{
			Setting    *setting = &settings[fuzz_below(&rng, setting_count)];

			set_locally(setting->name, setting->value);
		}
	}
	/* Below a function that runs as its owner the server lets nobody change the role. */
	if (!InLocalUserIdChange())
		set_locally("role", roles[fuzz_below(&rng, lengthof(roles))]);
}

/* Reads what a statement answered: memory that was freed too early shows by that. */
static void
read_rows(void)
{
	if (SPI_tuptable == NULL)
		return;
	for (int row = 0; row < SPI_processed; row++)
	{
		for (int column = 1; column <= SPI_tuptable->tupdesc->natts; column++)
		{
			char	   *value = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);

			if (value != NULL)
				pfree(value);
		}
	}
}

static void
call_statement(Target *target, Datum *values, bool *isnull)
{
	char	   *nulls = palloc(target->nargs + 1);
	long		most = fuzz_chance(&rng, 4) ? (long) fuzz_below(&rng, 3) + 1 : ROWS_READ;
	int			result;

	for (int i = 0; i < target->nargs; i++)
		nulls[i] = isnull[i] ? 'n' : ' ';
	if (target->plan == NULL)
	{
		SPIPlanPtr	plan = SPI_prepare(target->statement, target->nargs, target->types);

		if (plan == NULL)
			elog(ERROR, "SPI_prepare: %s", SPI_result_code_string(SPI_result));
		SPI_keepplan(plan);
		target->plan = plan;
	}
	result = SPI_execute_plan(target->plan, values, nulls, false, target->is_row ? 0 : most);
	if (result < 0)
		elog(ERROR, "SPI_execute_plan: %s", SPI_result_code_string(result));
	read_rows();
}

/*
 * By fmgr, as a function that calls a function does. What the function keeps from call to call lives until one fails.
 */
static void
call_function(Target *target, Datum *values, bool *isnull)
{
	LOCAL_FCINFO(fcinfo, FUNC_MAX_ARGS);
	Datum		result;
	Oid			type;
	Oid			output;
	bool		varlena;

	for (int i = 0; i < target->nargs && target->strict; i++)
	{
		if (isnull[i])
			return;
	}
	if (target->flcontext == NULL)
	{
		target->flcontext = AllocSetContextCreate(fuzz_context, "fuzz function", ALLOCSET_SMALL_SIZES);
		fmgr_info_cxt(target->function, &target->flinfo, target->flcontext);
	}
	InitFunctionCallInfoData(*fcinfo, &target->flinfo, target->nargs, DEFAULT_COLLATION_OID, NULL, NULL);
	for (int i = 0; i < target->nargs; i++)
	{
		fcinfo->args[i].value = values[i];
		fcinfo->args[i].isnull = isnull[i];
	}
	result = FunctionCallInvoke(fcinfo);
	type = get_func_rettype(target->function);
	if (fcinfo->isnull || type == VOIDOID || type == TRIGGEROID)
		return;
	getTypeOutputInfo(type, &output, &varlena);
	OidOutputFunctionCall(output, result);
}

static void
forget_function(Target *target)
{
	if (target->flcontext != NULL)
		MemoryContextDelete(target->flcontext);
	target->flcontext = NULL;
}

/* Draws the arguments and calls; in half of the calls one argument is hostile, in the others any. */
static void
call(Target *target)
{
	Datum	   *values = palloc0((target->nargs + 1) * sizeof(Datum));
	bool	   *isnull = palloc0((target->nargs + 1) * sizeof(bool));
	int			one = fuzz_chance(&rng, 2) ? (int) fuzz_below(&rng, target->nargs + 1) : -1;
	uint64		one_in = fuzz_below(&rng, 4) + 1;
	Oid			user;
	Oid			user_after;
	int			context;
	int			context_after;
	uint32		holdoff = InterruptHoldoffCount;

	for (int i = 0; i < target->nargs; i++)
		values[i] = fuzz_draw(&rng, &target->args[i], one >= 0 ? i == one : fuzz_chance(&rng, one_in), &isnull[i]);
	GetUserIdAndSecContext(&user, &context);
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (OidIsValid(target->function))
		call_function(target, values, isnull);
	else
		call_statement(target, values, isnull);
	PopActiveSnapshot();
	if (fuzz_chance(&rng, 2))
		SPI_execute("SET CONSTRAINTS ALL IMMEDIATE", false, 0);
	SPI_finish();
	GetUserIdAndSecContext(&user_after, &context_after);
	if (user_after != user || context_after != context)
		elog(ERROR, "identity stays changed");
	if (InterruptHoldoffCount != holdoff || CritSectionCount != 0)
		elog(ERROR, "interrupts stay held off");
}

/* The timer of statement_timeout, which statements of functions do not start: mostly late, sometimes at any instant. */
static void
start_timer(void)
{
	if (depth == 1)
		enable_timeout_after(STATEMENT_TIMEOUT, fuzz_chance(&rng, 64) ? (int) fuzz_below(&rng, 8) + 1 : CALL_LIMIT_MS);
}

static void
stop_timer(void)
{
	if (depth > 1)
		return;
	disable_timeout(STATEMENT_TIMEOUT, true);
	if (get_timeout_indicator(STATEMENT_TIMEOUT, true))
		QueryCancelPending = false;
}

static void
one_call(void)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "fuzz call", ALLOCSET_DEFAULT_SIZES);
	int			level = GetCurrentTransactionNestLevel();
	volatile int sqlstate = 0;
	const char *volatile message = "";
	int			number = fuzz_chance(&rng, 5) && target_count > function_count ?
	function_count + (int) fuzz_below(&rng, target_count - function_count) : (int) fuzz_below(&rng, function_count);

	depth++;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		start_timer();
		draw_settings();
		BeginInternalSubTransaction(NULL);
		MemoryContextSwitchTo(context);
		call(&targets[number]);
		stop_timer();
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		stop_timer();
		sqlstate = error->sqlerrcode;
		message = error->message == NULL ? "" : error->message;
		forget_function(&targets[number]);
	}
	PG_END_TRY();
	while (GetCurrentTransactionNestLevel() > level)
	{
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
	}
	CurrentResourceOwner = owner;
	MemoryContextSwitchTo(caller);
	depth--;
	record(number, sqlstate, message);
	if (sqlstate == ERRCODE_QUERY_CANCELED && strstr(message, "user request") != NULL)
		ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED), errmsg("canceling statement due to user request")));
	MemoryContextDelete(context);
}

static void
return_outcomes(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	HASH_SEQ_STATUS scan;
	Outcome    *outcome;

	hash_seq_init(&scan, outcomes);
	while ((outcome = hash_seq_search(&scan)) != NULL)
	{
		bool		nulls[5] = {false};
		Datum		values[5];

		values[0] = CStringGetTextDatum(targets[outcome->key.target].name);
		values[1] = CStringGetTextDatum(unpack_sql_state(outcome->key.sqlstate));
		values[2] = Int64GetDatum(outcome->calls);
		values[3] = Int64GetDatum(outcome->example);
		values[4] = CStringGetTextDatum(outcome->message);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

/* fuzz.run(first, calls): the calls numbered from the first, and what came of them by target and SQLSTATE. */
PG_FUNCTION_INFO_V1(fuzz_run);
Datum
fuzz_run(PG_FUNCTION_ARGS)
{
	int64		first = PG_GETARG_INT64(0);
	int64		calls = PG_GETARG_INT64(1);
	HASHCTL		control = {.keysize = sizeof(OutcomeKey), .entrysize = sizeof(Outcome), .hcxt = CurrentMemoryContext};

	if (depth > 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("a run is going on")));
	InitMaterializedSRF(fcinfo, 0);
	load();
	outcomes = hash_create("fuzz outcomes", 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	for (int64 i = 0; i < calls; i++)
	{
		char		activity[64];

		CHECK_FOR_INTERRUPTS();
		depth = 0;
		call_number = first + i;
		pg_prng_seed(&rng, (uint64) call_number);
		/* What the postmaster tells of a backend that crashes. */
		snprintf(activity, sizeof(activity), "SELECT * FROM fuzz.run(" INT64_FORMAT ", 1)", call_number);
		pgstat_report_activity(STATE_RUNNING, activity);
		one_call();
	}
	depth = 0;
	return_outcomes(fcinfo);
	outcomes = NULL;
	return (Datum) 0;
}

/* A trigger as a DBA may have one on any table of ours: it calls us again, and refuses now and then. */
PG_FUNCTION_INFO_V1(fuzz_nest);
Datum
fuzz_nest(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("fuzz.nest() is called as a trigger")));
	if (outcomes != NULL && depth > 0 && depth < NESTING_LIMIT && call_number % 2 == 0 && fuzz_chance(&rng, 8))
	{
		one_call();
		if (fuzz_chance(&rng, 16))
			ereport(ERROR, (errcode(ERRCODE_RAISE_EXCEPTION), errmsg("a trigger refuses")));
	}
	if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
		return PointerGetDatum(data->tg_newtuple);
	return PointerGetDatum(TRIGGER_FIRED_FOR_ROW(data->tg_event) ? data->tg_trigtuple : NULL);
}
