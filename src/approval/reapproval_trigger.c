/*
 * Answers which approved offers need a new approval because their merchant changed them (reapprove_on_change,
 * price_review_percent), and moves them back to waiting. Statement triggers of price and offer_store; what changed
 * in offer itself comes from approval_trigger.c.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "access/actor.h"
#include "approval/approval.h"
#include "storage/ids.h"
#include "storage/statement.h"
#include "storage/transition.h"

/* The trigger definitions name their transition tables old_rows and new_rows. */
#define OFFERS_OF(rows) \
	"SELECT o.offer_id" \
	"  FROM offerengine.offer o" \
	"  JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id" \
	" WHERE m.reapprove_on_change AND o.offer_id IN (" rows ")"

#define INSERTED "SELECT r.offer_id FROM new_rows r"
#define DELETED "SELECT r.offer_id FROM old_rows r"

#define MOVED_STORES \
	"(TABLE old_stores EXCEPT ALL TABLE new_stores) UNION (TABLE new_stores EXCEPT ALL TABLE old_stores)"

/* Price rows before (o) and after (n) an UPDATE, and whether more than the amounts differs. */
#define UPDATED_PRICES \
	"SELECT n.price_id, offers.offer_id, o.net_amount AS old_net, o.gross_amount AS old_gross," \
	"       n.net_amount, n.gross_amount," \
	"       (o.offer_id, o.merchant_relationship_id, o.store_code, o.currency_code, o.price_type, o.min_quantity," \
	"        o.valid_from, o.valid_to)" \
	"       IS DISTINCT FROM" \
	"       (n.offer_id, n.merchant_relationship_id, n.store_code, n.currency_code, n.price_type, n.min_quantity," \
	"        n.valid_from, n.valid_to) AS is_moved" \
	"  FROM old_rows o JOIN new_rows n ON n.price_id = o.price_id" \
	" CROSS JOIN LATERAL (VALUES (o.offer_id), (n.offer_id)) AS offers (offer_id)" \
	" WHERE offers.offer_id IS NOT NULL"

#define CHANGED_PRICES \
	"SELECT p.offer_id FROM (" UPDATED_PRICES ") AS p" \
	" WHERE p.is_moved OR (p.old_net, p.old_gross) IS DISTINCT FROM (p.net_amount, p.gross_amount)"

#define BEYOND_REVIEW(old, new) \
	"(" old " IS DISTINCT FROM " new \
	" AND (m.price_review_percent IS NULL OR " old " IS NULL OR " new " IS NULL" \
	"      OR pg_catalog.abs(" new " - " old ")::pg_catalog.numeric * 100 > m.price_review_percent * " old "))"

/*
 * Of the offers $1, those with a price that went beyond price_review_percent. It is measured from what the price
 * row said when the offer was last approved, so that many small steps do not walk past the limit; 0 to anything, an
 * amount that comes or goes, and another window, tier, store, currency or type are always beyond.
 */
#define PRICES_BEYOND_REVIEW \
	"SELECT p.offer_id" \
	"  FROM (" UPDATED_PRICES ") AS p" \
	"  JOIN offerengine.offer o ON o.offer_id = p.offer_id" \
	"  JOIN offerengine.merchant m ON m.merchant_id = o.merchant_id" \
	"  LEFT JOIN LATERAL (" \
	"       SELECT true AS found, h.net_amount, h.gross_amount" \
	"         FROM offerengine.price_history h" \
	"        WHERE h.price_id = p.price_id" \
	"          AND h.recorded_until > (SELECT a.decided_at FROM offerengine.offer_approval a" \
	"                                   WHERE a.offer_id = p.offer_id AND a.to_status = 'approved'" \
	"                                   ORDER BY a.version DESC, a.offer_approval_id DESC LIMIT 1)" \
	"        ORDER BY h.recorded_until LIMIT 1) AS h ON true" \
	" CROSS JOIN LATERAL (" \
	"       SELECT CASE WHEN h.found THEN h.net_amount ELSE p.old_net END AS net_amount," \
	"              CASE WHEN h.found THEN h.gross_amount ELSE p.old_gross END AS gross_amount) AS reviewed" \
	" WHERE p.offer_id = ANY ($1)" \
	"   AND (p.is_moved" \
	"        OR (m.price_review_percent IS NULL" \
	"            AND (p.old_net, p.old_gross) IS DISTINCT FROM (p.net_amount, p.gross_amount))" \
	"        OR " BEYOND_REVIEW("reviewed.net_amount", "p.net_amount") \
	"        OR " BEYOND_REVIEW("reviewed.gross_amount", "p.gross_amount") ")"

/* The offers that such a statement may concern, and of these, once they are locked, those that it does concern. */
typedef struct Question
{
	OeStatement candidates;
	OeStatement decisive;		/* sql NULL: all of them */
	const char *field;
} Question;

static Question price_inserted = {{OFFERS_OF(INSERTED), 0, {0}}, {NULL, 0, {0}}, "price"};
static Question price_deleted = {{OFFERS_OF(DELETED), 0, {0}}, {NULL, 0, {0}}, "price"};
static Question price_updated = {
	{OFFERS_OF(CHANGED_PRICES), 0, {0}}, {PRICES_BEYOND_REVIEW, 1, {INT8ARRAYOID}}, "price"
};
static Question store_inserted = {{OFFERS_OF(INSERTED), 0, {0}}, {NULL, 0, {0}}, "stores"};
static Question store_deleted = {{OFFERS_OF(DELETED), 0, {0}}, {NULL, 0, {0}}, "stores"};
static Question store_updated = {
	{
		"WITH old_stores AS (SELECT r.offer_id, r.store_code FROM old_rows r),"
		"     new_stores AS (SELECT r.offer_id, r.store_code FROM new_rows r) "
		OFFERS_OF("SELECT moved.offer_id FROM (" MOVED_STORES ") AS moved"), 0, {0}
	}, {NULL, 0, {0}}, "stores"
};

static OeStatement lock_offers = {
	"SELECT FROM offerengine.offer o WHERE o.offer_id = ANY ($1) ORDER BY o.offer_id FOR NO KEY UPDATE",
	1, {INT8ARRAYOID}
};

static OeStatement ask_again = {
	"UPDATE offerengine.offer AS o SET approval_status = 'waiting_for_approval'"
	"  FROM offerengine.merchant m"
	" WHERE o.offer_id = ANY ($1) AND o.approval_status = 'approved'"
	"   AND m.merchant_id = o.merchant_id AND m.reapprove_on_change",
	1, {INT8ARRAYOID}
};

/* Transition tables have no indexes: a statement that changed more rows than this is planned by itself. */
#define MANY_CHANGES 50

static void reapprove_found(TriggerData *trigdata, Question *question);
static void reapprove(const OeIds *offer_ids, const char *changed_fields, OeDecision *decision);
static OeIds find_offers(OeStatement *statement, const OeIds *among, bool many);

static Question *
question_of(TriggerData *trigdata, Question *inserted, Question *updated, Question *deleted)
{
	return TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) ? inserted :
		TRIGGER_FIRED_BY_DELETE(trigdata->tg_event) ? deleted : updated;
}

/* Statement trigger of price: a row more or less, or an UPDATE beyond the limit. */
PG_FUNCTION_INFO_V1(oe_reapprove_prices);
Datum
oe_reapprove_prices(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);

	reapprove_found(trigdata, question_of(trigdata, &price_inserted, &price_updated, &price_deleted));
	return PointerGetDatum(NULL);
}

/* Statement trigger of offer_store: a store more or less. */
PG_FUNCTION_INFO_V1(oe_reapprove_stores);
Datum
oe_reapprove_stores(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);

	reapprove_found(trigdata, question_of(trigdata, &store_inserted, &store_updated, &store_deleted));
	return PointerGetDatum(NULL);
}

/* Moves the offers of the question. What operators and the engine itself write needs no approval. */
static void
reapprove_found(TriggerData *trigdata, Question *question)
{
	Tuplestorestate *rows = trigdata->tg_newtable != NULL ? trigdata->tg_newtable : trigdata->tg_oldtable;
	bool		many = rows != NULL && tuplestore_tuple_count(rows) > MANY_CHANGES;
	OeDecision	decision;
	OeIds		offers;
	OeOwnerRun	run;

	if (oe_is_operator(oe_writing_role_in_trigger()))
		return;

	decision = oe_new_decision(NULL, oe_writing_role_in_trigger());
	run = oe_begin_owner_run();
	if (SPI_register_trigger_data(trigdata) != SPI_OK_TD_REGISTER)
		elog(ERROR, "SPI_register_trigger_data failed");

	offers = find_offers(&question->candidates, NULL, many);
	if (offers.count > 0)
	{
		Datum		ids = oe_ids_array(&offers);

		/* An approval under way is over, and seen by the next query, before we judge. */
		oe_run_plain(&lock_offers, &ids, NULL, offers.count > OE_MANY_ROWS);
		if (question->decisive.sql != NULL)
			offers = find_offers(&question->decisive, &offers, many);
	}
	if (offers.count > 0)
		reapprove(&offers, question->field, &decision);
	oe_end_owner_run(run);
}

/* The offers that the query returns, of those given. */
static OeIds
find_offers(OeStatement *statement, const OeIds *among, bool many)
{
	Datum		ids = among == NULL ? (Datum) 0 : oe_ids_array(among);
	uint64		count = oe_run_plain(statement, &ids, NULL, many);
	OeIds		found = {0};

	for (uint64 i = 0; i < count; i++)
	{
		bool		isnull;

		oe_ids_add(&found, DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull)));
	}
	return found;
}

/* As the owner, inside SPI. The decision says who made the change. */
static void
reapprove(const OeIds *offer_ids, const char *changed_fields, OeDecision *decision)
{
	Datum		ids = oe_ids_array(offer_ids);

	decision->reason = psprintf("changed: %s", changed_fields);
	decision->changed_fields = changed_fields;
	decision->by_engine = true;
	oe_execute_decision(&ask_again, "offer", &ids, offer_ids->count > OE_MANY_ROWS, decision);
}

void
oe_reapprove_offers(const OeIds *offer_ids, const char *changed_fields)
{
	OeDecision	decision = oe_new_decision(NULL, oe_writing_role_in_trigger());
	OeOwnerRun	run = oe_begin_owner_run();

	reapprove(offer_ids, changed_fields, &decision);
	oe_end_owner_run(run);
}
