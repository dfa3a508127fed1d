/*
 * Two million prices carry ten million references, and looking each of them up is most of what an import would cost.
 * Within a bulk span an INSERT into a table that has one of our statement triggers for it (check_..._references)
 * therefore queues no look-up for the foreign keys that this trigger checks as a set. The keys stay what they are for
 * everybody else, and so do the keys and triggers that a database administrator has added.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "parser/parse_func.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "catalogue/bulk.h"
#include "catalogue/hot_reference.h"
#include "catalogue/references.h"
#include "storage/checks.h"
#include "storage/schema.h"
#include "storage/transition.h"

/* The foreign keys that the statement triggers check; sql/80_import/references.sql holds the other end. */
static const char *const checked_keys[] = {
	"offer_approval_offer_id_fkey",
	"offer_merchant_id_fkey",
	"offer_product_id_fkey",
	"offer_stock_offer_id_fkey",
	"offer_stock_warehouse_id_fkey",
	"offer_store_offer_id_fkey",
	"offer_store_store_code_fkey",
	"price_abstract_product_id_fkey",
	"price_currency_code_fkey",
	"price_merchant_relationship_id_fkey",
	"price_offer",
	"price_price_type_fkey",
	"price_product_id_fkey",
	"price_store_code_fkey",
};

static ExecutorStart_hook_type previous_start = NULL;

static bool
is_checked_key(const Trigger *trigger)
{
	char	   *name;

	if (trigger->tgfoid != F_RI_FKEY_CHECK_INS || trigger->tgenabled != TRIGGER_FIRES_ON_ORIGIN ||
		get_rel_namespace(trigger->tgconstrrelid) != oe_schema_oid())
		return false;
	name = get_constraint_name(trigger->tgconstraint);
	for (int i = 0; name != NULL && i < (int) lengthof(checked_keys); i++)
	{
		if (strcmp(name, checked_keys[i]) == 0)
			return true;
	}
	return false;
}

/* True for the enabled statement trigger that checks a relation's references as a set. */
static bool
is_set_check(const Trigger *trigger)
{
	char	   *name;

	if (TRIGGER_FOR_ROW(trigger->tgtype) || !TRIGGER_FOR_INSERT(trigger->tgtype) ||
		(trigger->tgenabled != TRIGGER_FIRES_ON_ORIGIN && trigger->tgenabled != TRIGGER_FIRES_ALWAYS) ||
		get_func_namespace(trigger->tgfoid) != get_namespace_oid(OE_INTERNAL_SCHEMA, true))
		return false;
	name = get_func_name(trigger->tgfoid);
	return name != NULL && strncmp(name, "check_", 6) == 0 && strstr(name, "_references") != NULL;
}

/* The trigger descriptor is the result relation's own copy, so that nobody else sees what is taken out of it. */
static void
leave_to_set_check(ResultRelInfo *result)
{
	TriggerDesc *triggers = result->ri_TrigDesc;
	bool		has_set_check = false;

	if (triggers == NULL || RelationGetNamespace(result->ri_RelationDesc) != oe_schema_oid())
		return;
	for (int i = 0; i < triggers->numtriggers; i++)
		has_set_check |= is_set_check(&triggers->triggers[i]);
	for (int i = 0; has_set_check && i < triggers->numtriggers; i++)
	{
		if (is_checked_key(&triggers->triggers[i]))
			triggers->triggers[i].tgenabled = TRIGGER_DISABLED;
	}
}

static void
start_executor(QueryDesc *query, int eflags)
{
	ListCell   *cell;

	if (previous_start)
		previous_start(query, eflags);
	else
		standard_ExecutorStart(query, eflags);

	foreach(cell, query->estate->es_opened_result_relations)
	{
		if (query->operation == CMD_INSERT && oe_bulk_active())
			leave_to_set_check(lfirst(cell));
		oe_look_before_locking(lfirst(cell), query->estate->es_query_cxt);
		if (query->operation != CMD_DELETE)
			oe_prepare_checks(lfirst(cell), query->estate);
	}
}

void
oe_references_init(void)
{
	previous_start = ExecutorStart_hook;
	ExecutorStart_hook = start_executor;
}

/*
 * The statement triggers themselves, check_..._references(): whoever writes otherwise has had his keys looked up, and
 * nothing is started for him. For an import do_<name> of plpgsql asks.
 */
PG_FUNCTION_INFO_V1(oe_check_references);
Datum
oe_check_references(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(asking, 0);
	FmgrInfo	flinfo;
	char	   *name;

	(void) oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);
	if (!oe_bulk_used())
		PG_RETURN_POINTER(NULL);

	name = psprintf("do_%s", get_func_name(fcinfo->flinfo->fn_oid));
	fmgr_info(LookupFuncName(list_make2(makeString(OE_INTERNAL_SCHEMA), makeString(name)), 0, NULL, false), &flinfo);
	InitFunctionCallInfoData(*asking, &flinfo, 0, InvalidOid, fcinfo->context, NULL);
	return FunctionCallInvoke(asking);
}
