/*
 * Triggers of offer_step, product_contract and offer that keep an offer's type, steps and prices together, raise
 * versions and project.
 *
 * Locks are taken in the order contract, offer, offer_store. A step holds its contract FOR SHARE until commit, so that
 * whoever changes the contract sees the step or waits for it; steps that are there are found under the offer's lock.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "catalogue/projection.h"
#include "catalogue/steps.h"
#include "error.h"
#include "storage/parameters.h"
#include "storage/statement.h"
#include "storage/transition.h"

static OeStatement find_problem = {
	"SELECT p.offer_reference, p.problem, p.hint"
	"  FROM offerengine_internal.offer_step_problem p"
	" WHERE p.offer_id = ANY ($1) AND p.is_refused AND ($2 IS NULL OR p.rule = $2) AND NOT (p.waits_for_commit AND $3)"
	" ORDER BY p.offer_id, p.waits_for_commit, p.rule LIMIT 1",
	3, {INT8ARRAYOID, TEXTOID, BOOLOID}
};

static OeStatement offers_with_terms = {
	"SELECT pg_catalog.array_agg(o.offer_id) FROM offerengine_internal.offer_with_terms o WHERE o.offer_id = ANY ($1)",
	1, {INT8ARRAYOID}
};

static OeStatement offers_without_own_prices = {
	"SELECT pg_catalog.array_agg(o.offer_id) FROM offerengine.offer o"
	" WHERE o.offer_id = ANY ($1) AND (o.offer_type = 'subscription' OR o.price_sheet_id IS NOT NULL)",
	1, {INT8ARRAYOID}
};

static OeStatement share_contracts = {
	"SELECT pg_catalog.count(*) FROM (SELECT FROM offerengine.product_contract c"
	" WHERE c.product_contract_id = ANY ($1) ORDER BY c.product_contract_id FOR SHARE) AS locked",
	1, {INT8ARRAYOID}
};

static OeStatement lock_offers_of_contracts = {
	"SELECT pg_catalog.array_agg(locked.offer_id) FROM (SELECT o.offer_id FROM offerengine.offer o"
	" WHERE o.offer_id IN (SELECT s.offer_id FROM offerengine.offer_step s WHERE s.product_contract_id = ANY ($1))"
	" ORDER BY o.offer_id FOR NO KEY UPDATE) AS locked",
	1, {INT8ARRAYOID}
};

static void collect_steps(TriggerData *trigdata, OeIds *offers, OeIds *contracts);
static OeIds changed_contracts(TriggerData *trigdata);
static OeIds run_for_offers(OeStatement *plan, OeIds *ids);
static void add_offer(OeIds *ids, TriggerData *trigdata, HeapTuple tuple);

OeIds
oe_offers_with_terms(OeIds *offer_ids)
{
	OeIds		none = {0};

	return offer_ids->count == 0 ? none : run_for_offers(&offers_with_terms, offer_ids);
}

void
oe_check_steps(OeIds *offer_ids, OeStepRules rules)
{
	OeParameters parameters = {0};
	OeIds		judged = oe_offers_with_terms(offer_ids);
	OeOwnerRun	run;

	if (judged.count == 0)
		return;
	oe_add_value(&parameters, oe_ids_array(&judged));
	oe_add_string(&parameters, rules == OE_STEPS_DURATION ? "no_duration" : NULL);
	oe_add_value(&parameters, BoolGetDatum(rules == OE_STEPS_AT_ONCE));

	run = oe_begin_owner_run();
	if (oe_run(&find_problem, parameters.values, parameters.nulls, judged.count > OE_MANY_ROWS) > 0)
	{
		HeapTuple	found = SPI_tuptable->vals[0];
		TupleDesc	desc = SPI_tuptable->tupdesc;

		oe_raise_step_problem(SPI_getvalue(found, desc, 1), SPI_getvalue(found, desc, 2), SPI_getvalue(found, desc, 3));
	}
	oe_end_owner_run(run);
}

void
oe_raise_step_problem(const char *offer_reference, const char *problem, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_OE_STEPS),
			 errmsg("offer \"%s\" %s", offer_reference, problem),
			 errhint("%s", hint)));
}

void
oe_check_takes_prices(OeIds *offer_ids)
{
	OeIds		others;

	if (offer_ids->count == 0)
		return;
	others = run_for_offers(&offers_without_own_prices, offer_ids);
	oe_check_steps(&others, OE_STEPS_AT_ONCE);
}

/* Statement trigger of offer_step: what may be refused at once is; steps that are yet to come are waited for. */
PG_FUNCTION_INFO_V1(oe_offer_step_changed);
Datum
oe_offer_step_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);
	OeIds		offers = {0};
	OeIds		contracts = {0};

	collect_steps(trigdata, &offers, &contracts);
	if (contracts.count > 0)
	{
		OeOwnerRun	run = oe_begin_owner_run();
		Datum		ids;

		oe_ids_sort_unique(&contracts);
		ids = oe_ids_array(&contracts);
		oe_run(&share_contracts, &ids, NULL, contracts.count > OE_MANY_ROWS);
		oe_end_owner_run(run);
	}
	oe_touch_offers(&offers);
	oe_project_offers(&offers);
	oe_check_steps(&offers, OE_STEPS_AT_ONCE);
	PG_RETURN_POINTER(NULL);
}

/* The offers whose steps changed, before or after, and the contracts of the rows as they are now. */
static void
collect_steps(TriggerData *trigdata, OeIds *offers, OeIds *contracts)
{
	static const char *const names[] = {"offer_id", "step_no", "product_contract_id"};
	AttrNumber	numbers[lengthof(names)];
	OeTransition rows;
	int64		id;

	oe_columns(RelationGetDescr(trigdata->tg_relation), names, lengthof(names), numbers);
	oe_transition_open(&rows, trigdata);
	while (oe_transition_next(&rows))
	{
		if (rows.old_row != NULL && rows.new_row != NULL &&
			!oe_columns_differ(rows.old_row, rows.new_row, numbers, lengthof(numbers)))
			continue;
		if (rows.old_row != NULL && oe_row_id(rows.old_row, numbers[0], &id))
			oe_ids_add(offers, id);
		if (rows.new_row == NULL)
			continue;
		if (oe_row_id(rows.new_row, numbers[0], &id))
			oe_ids_add(offers, id);
		if (oe_row_id(rows.new_row, numbers[2], &id))
			oe_ids_add(contracts, id);
	}
	oe_transition_close(&rows);
}

/* Statement trigger of product_contract: offers with such a step have another price sheet, or a step without end. */
PG_FUNCTION_INFO_V1(oe_contract_changed);
Datum
oe_contract_changed(PG_FUNCTION_ARGS)
{
	OeIds		contracts = changed_contracts(oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0));
	OeIds		offers;

	if (contracts.count == 0)
		PG_RETURN_POINTER(NULL);
	offers = run_for_offers(&lock_offers_of_contracts, &contracts);
	oe_project_offers(&offers);
	oe_check_steps(&offers, OE_STEPS_DURATION);
	PG_RETURN_POINTER(NULL);
}

static OeIds
changed_contracts(TriggerData *trigdata)
{
	static const char *const names[] = {"duration", "price_sheet_id"};
	AttrNumber	id_number = oe_column(RelationGetDescr(trigdata->tg_relation), "product_contract_id");
	AttrNumber	numbers[lengthof(names)];
	OeIds		ids = {0};
	OeTransition rows;
	int64		id;

	oe_columns(RelationGetDescr(trigdata->tg_relation), names, lengthof(names), numbers);
	oe_transition_open(&rows, trigdata);
	while (oe_transition_next(&rows))
		if (oe_columns_differ(rows.old_row, rows.new_row, numbers, lengthof(numbers)) &&
			oe_row_id(rows.new_row, id_number, &id))
			oe_ids_add(&ids, id);
	oe_transition_close(&rows);
	return ids;
}

/* Runs a query about ids that answers a bigint[] of offers; none for NULL. */
static OeIds
run_for_offers(OeStatement *plan, OeIds *ids)
{
	MemoryContext caller = CurrentMemoryContext;
	OeIds		offers = {0};
	Datum		array;
	bool		isnull;
	OeOwnerRun	run;

	oe_ids_sort_unique(ids);
	array = oe_ids_array(ids);
	run = oe_begin_owner_run();
	oe_run(plan, &array, NULL, ids->count > OE_MANY_ROWS);
	array = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (!isnull)
	{
		MemoryContext spi = MemoryContextSwitchTo(caller);

		offers = oe_ids_from_array(array);
		MemoryContextSwitchTo(spi);
	}
	oe_end_owner_run(run);
	return offers;
}

/* Row trigger of offer and offer_step, most of them deferred: all rules for the offer of the row. */
PG_FUNCTION_INFO_V1(oe_steps_check);
Datum
oe_steps_check(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, TRIGGER_EVENT_ROW);
	OeIds		offers = {0};

	add_offer(&offers, trigdata, trigdata->tg_trigtuple);
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		add_offer(&offers, trigdata, trigdata->tg_newtuple);
	oe_check_steps(&offers, OE_STEPS_ALL);
	PG_RETURN_POINTER(NULL);
}

static void
add_offer(OeIds *ids, TriggerData *trigdata, HeapTuple tuple)
{
	TupleDesc	desc = RelationGetDescr(trigdata->tg_relation);
	bool		isnull;
	Datum		id = heap_getattr(tuple, oe_column(desc, "offer_id"), desc, &isnull);

	if (!isnull)
		oe_ids_add(ids, DatumGetInt64(id));
}

/* For set_offer_steps(), which has written them all: does not wait for the commit. */
PG_FUNCTION_INFO_V1(oe_check_steps_sql);
Datum
oe_check_steps_sql(PG_FUNCTION_ARGS)
{
	OeIds		ids = oe_ids_from_array(PG_GETARG_DATUM(0));

	oe_require_schema();
	oe_check_steps(&ids, OE_STEPS_ALL);
	PG_RETURN_VOID();
}
