/*
 * Triggers that hold the rules of tags and sales rules, for writers and plain statements alike. They gather what a
 * statement changed, take locks, and have it judged by the judge_ functions of sql/70_subscription/sales_rule.sql as
 * the owner.
 *
 * Locks are taken in this order:
 *   1. the one row of sales_rule_graph, updated: changes of rules and rule tags follow one another, so that two of them
 *      never judge past each other; in REPEATABLE READ and SERIALIZABLE the second gets 40001;
 *   2. the rules concerned, by a real UPDATE: of a rule tag of an offer, all rules that have the tag. Whoever grants a
 *      subscription by a rule, or acts for a customer to whom it granted one, holds that rule FOR SHARE
 *      (lock_customer): such an action is seen here, or waits and then sees what was changed, or gets 40001 where it
 *      would look at an older snapshot;
 *   3. the offers concerned, FOR SHARE: whoever changes the type, management or steps of an offer holds it and judges
 *      afterwards, and so need not wait for every change of a rule.
 * What is judged is what is committed, and by this transaction, after these locks were taken: see oe_run().
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "error.h"
#include "storage/ids.h"
#include "storage/statement.h"
#include "storage/transition.h"

static OeStatement begin_change = {
	"UPDATE offerengine.sales_rule_graph g SET changes = g.changes + 1 WHERE g.is_only_row", 0, {0}
};

static OeStatement hold_rules = {
	"WITH locked AS MATERIALIZED (SELECT r.sales_rule_id FROM offerengine.sales_rule r"
	"    WHERE r.sales_rule_id = ANY ($1) ORDER BY r.sales_rule_id FOR NO KEY UPDATE)"
	" UPDATE offerengine.sales_rule r SET title = r.title FROM locked l WHERE l.sales_rule_id = r.sales_rule_id",
	1, {INT8ARRAYOID}
};

static OeStatement hold_rules_of_tags = {
	"WITH locked AS MATERIALIZED (SELECT r.sales_rule_id FROM offerengine.sales_rule r WHERE r.sales_rule_id IN"
	"    (SELECT t.sales_rule_id FROM offerengine.sales_rule_tag t WHERE t.tag_id = ANY ($1))"
	"    ORDER BY r.sales_rule_id FOR NO KEY UPDATE)"
	" UPDATE offerengine.sales_rule r SET title = r.title FROM locked l WHERE l.sales_rule_id = r.sales_rule_id",
	1, {INT8ARRAYOID}
};

static OeStatement share_targets = {
	"SELECT pg_catalog.count(*) FROM (SELECT FROM offerengine.offer o WHERE o.offer_id IN"
	" (SELECT t.offer_id FROM offerengine_internal.rule_target t WHERE t.sales_rule_id = ANY ($1))"
	" ORDER BY o.offer_id FOR SHARE) AS locked",
	1, {INT8ARRAYOID}
};

static OeStatement share_offers = {
	"SELECT pg_catalog.count(*) FROM (SELECT FROM offerengine.offer o"
	" WHERE o.offer_id = ANY ($1) ORDER BY o.offer_id FOR SHARE) AS locked",
	1, {INT8ARRAYOID}
};

static OeStatement lock_offer = {
	"SELECT FROM offerengine.offer o WHERE o.offer_id = $1 FOR NO KEY UPDATE",
	1, {INT8OID}
};

static OeStatement some_rule_tag = {
	"SELECT FROM offerengine.tag t WHERE t.tag_id = ANY ($1) AND t.category = 'rule' LIMIT 1",
	1, {INT8ARRAYOID}
};

static OeStatement judge_rules = {
	"SELECT offerengine_internal.judge_rules($1, $2)", 2, {INT8ARRAYOID, INT8ARRAYOID}
};

static OeStatement judge_rule_tags = {
	"SELECT offerengine_internal.judge_rule_tags($1)", 1, {INT8ARRAYOID}
};

static OeStatement judge_rule_deletion = {
	"SELECT offerengine_internal.judge_rule_deletion($1)", 1, {INT8OID}
};

static OeStatement judge_completeness = {
	"SELECT offerengine_internal.judge_rule_is_complete($1)", 1, {INT8OID}
};

static OeStatement judge_offer_tags = {
	"SELECT offerengine_internal.judge_offer_tags($1, $2)", 2, {INT8ARRAYOID, INT8ARRAYOID}
};

static OeStatement judge_offer_fits = {
	"SELECT offerengine_internal.judge_offer_fits($1)", 1, {INT8OID}
};

static OeStatement judge_tag_category = {
	"SELECT offerengine_internal.judge_tag_category($1)", 1, {INT8OID}
};

static void collect_rules(TriggerData *trigdata, OeIds *judged, OeIds *retargeted);
static bool is_extended(OeTransition *rows, AttrNumber valid_to);
static void collect_pairs(TriggerData *trigdata, const char *owner_column, OeIds *owners, OeIds *tags);
static void judge_row(OeStatement *judge, HeapTuple tuple, TupleDesc tupdesc, const char *id_column);

static void
run_ids(OeStatement *plan, const OeIds *ids)
{
	Datum		array = oe_ids_array(ids);

	oe_run(plan, &array, NULL, ids->count > OE_MANY_ROWS);
}

/* Inside an owner's run: takes the first lock. */
static void
take_turn(void)
{
	if (oe_run(&begin_change, NULL, NULL, false) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table sales_rule_graph has lost its row"),
				 errhint("INSERT INTO offerengine.sales_rule_graph DEFAULT VALUES, as the owner.")));
}

/* Before a statement on sales_rule or sales_rule_tag: its rows are locked after the graph. */
PG_FUNCTION_INFO_V1(oe_rule_turn);
Datum
oe_rule_turn(PG_FUNCTION_ARGS)
{
	OeOwnerRun	run;

	(void) oe_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE, 0);
	run = oe_begin_owner_run();
	take_turn();
	oe_end_owner_run(run);
	PG_RETURN_POINTER(NULL);
}

/* For writers that make tags: the tag would be another lock, taken before the first one. */
PG_FUNCTION_INFO_V1(oe_take_rule_turn);
Datum
oe_take_rule_turn(PG_FUNCTION_ARGS)
{
	OeOwnerRun	run;

	oe_require_schema();
	run = oe_begin_owner_run();
	take_turn();
	oe_end_owner_run(run);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_sales_rule_changed);
Datum
oe_sales_rule_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);
	OeIds		judged = {0};
	OeIds		retargeted = {0};
	OeOwnerRun	run;
	Datum		values[2];

	collect_rules(trigdata, &judged, &retargeted);
	if (judged.count == 0)
		PG_RETURN_POINTER(NULL);

	oe_ids_sort_unique(&judged);
	values[0] = oe_ids_array(&judged);
	values[1] = oe_ids_array(&retargeted);
	run = oe_begin_owner_run();
	run_ids(&share_targets, &judged);
	oe_run(&judge_rules, values, NULL, false);
	oe_end_owner_run(run);
	PG_RETURN_POINTER(NULL);
}

/* New rules, and those with other targets or a later end; a rule can always be ended. */
static void
collect_rules(TriggerData *trigdata, OeIds *judged, OeIds *retargeted)
{
	static const char *const names[] = {"advantage_offer_id", "regular_offer_id"};
	TupleDesc	tupdesc = RelationGetDescr(trigdata->tg_relation);
	AttrNumber	id_number = oe_column(tupdesc, "sales_rule_id");
	AttrNumber	valid_to = oe_column(tupdesc, "valid_to");
	AttrNumber	targets[lengthof(names)];
	OeTransition rows;
	int64		id;

	oe_columns(tupdesc, names, lengthof(names), targets);
	oe_transition_open(&rows, trigdata);
	while (oe_transition_next(&rows))
	{
		bool		moved = rows.old_row != NULL &&
		oe_columns_differ(rows.old_row, rows.new_row, targets, lengthof(targets));

		if (!oe_row_id(rows.new_row, id_number, &id))
			continue;
		if (moved)
			oe_ids_add(retargeted, id);
		if (moved || rows.old_row == NULL || is_extended(&rows, valid_to))
			oe_ids_add(judged, id);
	}
	oe_transition_close(&rows);
}

static bool
is_extended(OeTransition *rows, AttrNumber valid_to)
{
	bool		isnull;

	return DatumGetTimestampTz(slot_getattr(rows->old_row, valid_to, &isnull)) <
		DatumGetTimestampTz(slot_getattr(rows->new_row, valid_to, &isnull));
}

/* Before a row is deleted, since the foreign keys would say it in their words. The row is locked already. */
PG_FUNCTION_INFO_V1(oe_sales_rule_deleted);
Datum
oe_sales_rule_deleted(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE, TRIGGER_EVENT_ROW);

	judge_row(&judge_rule_deletion, trigdata->tg_trigtuple, RelationGetDescr(trigdata->tg_relation), "sales_rule_id");
	PG_RETURN_POINTER(trigdata->tg_trigtuple);
}

PG_FUNCTION_INFO_V1(oe_sales_rule_tag_changed);
Datum
oe_sales_rule_tag_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);
	OeIds		rules = {0};
	OeIds		tags = {0};
	OeOwnerRun	run;

	collect_pairs(trigdata, "sales_rule_id", &rules, &tags);
	if (rules.count == 0)
		PG_RETURN_POINTER(NULL);

	oe_ids_sort_unique(&rules);
	run = oe_begin_owner_run();
	run_ids(&hold_rules, &rules);
	run_ids(&judge_rule_tags, &rules);
	oe_end_owner_run(run);
	PG_RETURN_POINTER(NULL);
}

/* At commit, for a rule that was made or lost a tag. */
PG_FUNCTION_INFO_V1(oe_rule_is_complete);
Datum
oe_rule_is_complete(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, TRIGGER_EVENT_ROW);

	judge_row(&judge_completeness, trigdata->tg_trigtuple, RelationGetDescr(trigdata->tg_relation), "sales_rule_id");
	PG_RETURN_POINTER(NULL);
}

/* Tags of other categories than rule are nobody's business here. */
PG_FUNCTION_INFO_V1(oe_offer_tag_changed);
Datum
oe_offer_tag_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);
	OeIds		offers = {0};
	OeIds		tags = {0};
	OeOwnerRun	run;
	Datum		values[2];

	collect_pairs(trigdata, "offer_id", &offers, &tags);
	if (tags.count == 0)
		PG_RETURN_POINTER(NULL);

	values[0] = oe_ids_array(&offers);
	values[1] = oe_ids_array(&tags);
	run = oe_begin_owner_run();
	if (oe_run(&some_rule_tag, &values[1], NULL, false) > 0)
	{
		take_turn();
		run_ids(&hold_rules_of_tags, &tags);
		run_ids(&share_offers, &offers);
		oe_run(&judge_offer_tags, values, NULL, false);
	}
	oe_end_owner_run(run);
	PG_RETURN_POINTER(NULL);
}

/*
 * Rules or offers beside the tags that they got or lost: element n of the one list belongs to element n of the other.
 */
static void
collect_pairs(TriggerData *trigdata, const char *owner_column, OeIds *owners, OeIds *tags)
{
	AttrNumber	numbers[] = {
		oe_column(RelationGetDescr(trigdata->tg_relation), owner_column),
		oe_column(RelationGetDescr(trigdata->tg_relation), "tag_id")
	};
	OeTransition rows;

	oe_transition_open(&rows, trigdata);
	while (oe_transition_next(&rows))
	{
		TupleTableSlot *sides[] = {rows.old_row, rows.new_row};

		if (rows.old_row != NULL && rows.new_row != NULL &&
			!oe_columns_differ(rows.old_row, rows.new_row, numbers, lengthof(numbers)))
			continue;
		for (int i = 0; i < lengthof(sides); i++)
		{
			int64		owner_id;
			int64		tag_id;

			if (sides[i] == NULL || !oe_row_id(sides[i], numbers[0], &owner_id) ||
				!oe_row_id(sides[i], numbers[1], &tag_id))
				continue;
			oe_ids_add(owners, owner_id);
			oe_ids_add(tags, tag_id);
		}
	}
	oe_transition_close(&rows);
}

/*
 * Row trigger of offer, whose row is locked by the UPDATE, and at commit of offer_step, where it locks the offer: it
 * still fits the rules that it is a target of, and the tags that it carries.
 */
PG_FUNCTION_INFO_V1(oe_offer_fits_rules);
Datum
oe_offer_fits_rules(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, TRIGGER_EVENT_ROW);
	TupleDesc	tupdesc = RelationGetDescr(trigdata->tg_relation);
	HeapTuple	sides[] = {
		trigdata->tg_trigtuple, TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? trigdata->tg_newtuple : NULL
	};

	for (int i = 0; i < lengthof(sides); i++)
	{
		OeOwnerRun	run;
		Datum		offer_id;
		bool		isnull;

		if (sides[i] == NULL)
			continue;
		offer_id = heap_getattr(sides[i], oe_column(tupdesc, "offer_id"), tupdesc, &isnull);
		run = oe_begin_owner_run();
		oe_run(&lock_offer, &offer_id, NULL, false);
		oe_run(&judge_offer_fits, &offer_id, NULL, false);
		oe_end_owner_run(run);
	}
	PG_RETURN_POINTER(NULL);
}

/* After the category of a tag changed. Whoever gives the tag to an offer or a rule holds it by its foreign key. */
PG_FUNCTION_INFO_V1(oe_tag_category_kept);
Datum
oe_tag_category_kept(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_changed_row_trigger_data(fcinfo, TRIGGER_EVENT_AFTER);

	judge_row(&judge_tag_category, trigdata->tg_newtuple, RelationGetDescr(trigdata->tg_relation), "tag_id");
	PG_RETURN_POINTER(NULL);
}

static void
judge_row(OeStatement *judge, HeapTuple tuple, TupleDesc tupdesc, const char *id_column)
{
	bool		isnull;
	Datum		id = heap_getattr(tuple, oe_column(tupdesc, id_column), tupdesc, &isnull);
	OeOwnerRun	run = oe_begin_owner_run();

	oe_run(judge, &id, NULL, false);
	oe_end_owner_run(run);
}
