/*
 * Answers whether an offer allows an operation through a channel, and holds that management is fixed at the first
 * approval. The rule is data (operation_policy) and is read by _operation_refusal().
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "answer.h"
#include "error.h"
#include "plan.h"
#include "rowset.h"
#include "schema.h"
#include "spec.h"

static OePlan approved_before = {
	"SELECT FROM offerengine.offer_approval a WHERE a.offer_id = $1 AND a.to_status = 'approved' LIMIT 1",
	1, {INT8OID}
};

/* Asks with the caller's three arguments, as the owner. */
static OeSpecResult *
ask(FunctionCallInfo fcinfo, OeSpecQuery query)
{
	Datum		arguments[3];
	char		nulls[3];

	oe_require_schema();
	for (int i = 0; i < lengthof(arguments); i++)
	{
		arguments[i] = PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	return oe_spec_query(query, arguments, nulls);
}

PG_FUNCTION_INFO_V1(oe_operation_allowed);
Datum
oe_operation_allowed(PG_FUNCTION_ARGS)
{
	OeSpecResult *answer = ask(fcinfo, OE_SPEC_OPERATION_ALLOWED);

	return oe_form_answer(fcinfo, answer->values, answer->isnull);
}

PG_FUNCTION_INFO_V1(oe_assert_operation);
Datum
oe_assert_operation(PG_FUNCTION_ARGS)
{
	ask(fcinfo, OE_SPEC_ASSERT_OPERATION);
	PG_RETURN_VOID();
}

/*
 * After an UPDATE of a row whose management changed. The history that is asked is written when the statement is done:
 * the very UPDATE that approves an offer for the first time may still settle its management.
 */
PG_FUNCTION_INFO_V1(oe_management_fixed);
Datum
oe_management_fixed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, TRIGGER_EVENT_ROW);
	TupleDesc	tupdesc = RelationGetDescr(trigdata->tg_relation);
	bool		isnull;
	Datum		offer_id = heap_getattr(trigdata->tg_trigtuple, oe_column(tupdesc, "offer_id"), tupdesc, &isnull);
	int			management = oe_column(tupdesc, "management");
	OeOwnerRun	run = oe_begin_owner_run();
	bool		approved = oe_run(&approved_before, &offer_id, NULL, false) > 0;

	oe_end_owner_run(run);
	if (approved)
		ereport(ERROR,
				(errcode(ERRCODE_OE_IMMUTABLE),
				 errmsg("management of offer \"%s\" is fixed since its first approval: \"%s\" cannot become \"%s\"",
						SPI_getvalue(trigdata->tg_newtuple, tupdesc, oe_column(tupdesc, "offer_reference")),
						SPI_getvalue(trigdata->tg_trigtuple, tupdesc, management),
						SPI_getvalue(trigdata->tg_newtuple, tupdesc, management)),
				 errhint("Make a new offer and deactivate this one."),
				 errtablecol(trigdata->tg_relation, management)));
	PG_RETURN_POINTER(NULL);
}
