/*
 * The way into functions that work with the identity of the schema's owner, because EXECUTE on them is the permission.
 * What does the work is the plpgsql function do_<name> of schema offerengine_internal.
 *
 * The customer side (purchase(), cancel_subscription(), subscription_timeline() ...): the tables are nobody's but the
 * owner's. Who called stays known (oe_calling_role()), since a storefront may do less than an operator and the history
 * says who acted.
 *
 * What removes rows of the catalogue (remove_stock(), and for other writers delete_prices() ...): DELETE on a table
 * would let a merchant LOCK it away from everybody, so no merchant has it. The rows are removed on the caller's behalf:
 * do_<name> asks whose they are, and triggers judge and name the caller (oe_writing_role()), not the owner.
 *
 * What looks after the whole (health_check()): the answer is what the owner sees.
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "access/actor.h"
#include "access/customer_call.h"
#include "storage/schema.h"

static void check_monitor(FunctionCallInfo fcinfo);
static Datum call_as_owner(FunctionCallInfo fcinfo, bool is_restricted);
static FmgrInfo *worker_of(FunctionCallInfo fcinfo);

PG_FUNCTION_INFO_V1(oe_customer_call);
Datum
oe_customer_call(PG_FUNCTION_ARGS)
{
	return oe_call_for_customer(fcinfo, NULL);
}

Datum
oe_call_for_customer(FunctionCallInfo fcinfo, OeRefusal refuse)
{
	OeBehalf	called_before;
	volatile Datum result = (Datum) 0;

	oe_require_schema();

	/* A function that itself runs for somebody goes on doing so. */
	called_before = oe_act_for(InLocalUserIdChange() ? oe_calling_role() : GetUserId());
	PG_TRY();
	{
		if (refuse != NULL)
			refuse(fcinfo);
		result = call_as_owner(fcinfo, false);
	}
	PG_FINALLY();
	{
		oe_restore_calling_role(called_before);
	}
	PG_END_TRY();
	return result;
}

PG_FUNCTION_INFO_V1(oe_removal_call);
Datum
oe_removal_call(PG_FUNCTION_ARGS)
{
	OeBehalf	wrote_before;
	volatile Datum result = (Datum) 0;

	oe_require_schema();
	wrote_before = oe_write_for(oe_writing_role());
	PG_TRY();
	{
		result = call_as_owner(fcinfo, false);
	}
	PG_FINALLY();
	{
		oe_restore_writing_role(wrote_before);
	}
	PG_END_TRY();
	return result;
}

/* Superusers call it, too, and the owner may have put views of his own in the place of what it reads. */
PG_FUNCTION_INFO_V1(oe_maintenance_call);
Datum
oe_maintenance_call(PG_FUNCTION_ARGS)
{
	int			nestlevel;
	Datum		result;

	oe_require_schema();
	check_monitor(fcinfo);
	nestlevel = NewGUCNestLevel();
	result = call_as_owner(fcinfo, true);
	AtEOXact_GUC(false, nestlevel);
	return result;
}

/* What other checks than the quick ones find has keys of customers and prices in it, and they read whole tables. */
static void
check_monitor(FunctionCallInfo fcinfo)
{
	bool		is_quick = PG_ARGISNULL(0) && !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);

	if (!is_quick && oe_only_monitors(GetUserId()))
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("role \"%s\" may ask for the quick checks only", GetUserNameFromId(GetUserId(), false)),
				errhint("Call health_check(quick => true) without a check_name, or as an operator."));
}

static Datum
call_as_owner(FunctionCallInfo fcinfo, bool is_restricted)
{
	LOCAL_FCINFO(worker, FUNC_MAX_ARGS);
	OeIdentity	identity;
	Datum		result;

	InitFunctionCallInfoData(*worker, worker_of(fcinfo), fcinfo->nargs, fcinfo->fncollation, fcinfo->context,
							 fcinfo->resultinfo);
	memcpy(worker->args, fcinfo->args, sizeof(NullableDatum) * fcinfo->nargs);

	identity = is_restricted ? oe_become_owner_restricted() : oe_become_owner();
	result = FunctionCallInvoke(worker);
	oe_restore_identity(identity);

	fcinfo->isnull = worker->isnull;
	return result;
}

/* Looked up once for each place in a query. */
static FmgrInfo *
worker_of(FunctionCallInfo fcinfo)
{
	FmgrInfo   *worker = fcinfo->flinfo->fn_extra;

	if (worker == NULL)
	{
		Oid		   *types;
		int			ntypes;
		char	   *name = get_func_name(fcinfo->flinfo->fn_oid);
		Oid			function;

		(void) get_func_signature(fcinfo->flinfo->fn_oid, &types, &ntypes);
		name = psprintf("do_%s", name);
		function = LookupFuncName(list_make2(makeString(OE_INTERNAL_SCHEMA), makeString(name)), ntypes, types, false);
		worker = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(FmgrInfo));
		fmgr_info_cxt(function, worker, fcinfo->flinfo->fn_mcxt);
		worker->fn_expr = fcinfo->flinfo->fn_expr;
		fcinfo->flinfo->fn_extra = worker;
	}
	return worker;
}
