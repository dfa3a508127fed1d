/*
 * Holds that an offer's management is fixed at its first approval.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/rel.h"

#include "error.h"
#include "storage/statement.h"
#include "storage/transition.h"

static OeStatement approved_before = {
	"SELECT FROM offerengine.offer_approval a WHERE a.offer_id = $1 AND a.to_status = 'approved' LIMIT 1",
	1, {INT8OID}
};

/*
 * After an UPDATE of a row whose management changed. The history that is asked is written when the statement is done:
 * the very UPDATE that approves an offer for the first time may still settle its management.
 */
PG_FUNCTION_INFO_V1(oe_management_fixed);
Datum
oe_management_fixed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_changed_row_trigger_data(fcinfo, TRIGGER_EVENT_AFTER);
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
