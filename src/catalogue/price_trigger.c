/*
 * Triggers of price: versions of the offers concerned, the past in price_history, contracts of the offer's own
 * merchant, and tiers that need base prices.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/queryenvironment.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "access/actor.h"
#include "catalogue/bulk.h"
#include "catalogue/projection.h"
#include "catalogue/steps.h"
#include "error.h"
#include "storage/parameters.h"
#include "storage/statement.h"
#include "storage/transition.h"

/* Columns of price as its triggers use them. */
enum
{
	PRICE_ID,
	ABSTRACT_PRODUCT_ID,
	PRODUCT_ID,
	OFFER_ID,
	RELATIONSHIP_ID,
	STORE_CODE,
	CURRENCY_CODE,
	PRICE_TYPE,
	MIN_QUANTITY,
	NET_AMOUNT,
	GROSS_AMOUNT,
	VALID_FROM,
	VALID_TO,
	PRICE_COLUMNS
};

static const char *const price_columns[PRICE_COLUMNS] = {
	"price_id", "abstract_product_id", "product_id", "offer_id", "merchant_relationship_id", "store_code",
	"currency_code", "price_type", "min_quantity", "net_amount", "gross_amount", "valid_from", "valid_to"
};

static OeStatement write_history = {
	"INSERT INTO offerengine.price_history"
	"       (price_id, abstract_product_id, product_id, offer_id, merchant_relationship_id, store_code, currency_code,"
	"        price_type, min_quantity, net_amount, gross_amount, valid_from, valid_to, recorded_at, recorded_until,"
	"        operation, changed_by, acting_user)"
	" SELECT c.price_id, c.abstract_product_id, c.product_id, c.offer_id, c.merchant_relationship_id, c.store_code,"
	"        c.currency_code, c.price_type, c.min_quantity, c.net_amount, c.gross_amount, c.valid_from, c.valid_to,"
	"        c.recorded_at, $1, $2, $3, $4"
	"   FROM changed_price c",
	4, {TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID}
};

static OeStatement find_foreign_contract = {
	"SELECT o.offer_reference, r.merchant_relationship_id"
	"  FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS given (offer_id, merchant_relationship_id)"
	"  JOIN offerengine.offer o ON o.offer_id = given.offer_id"
	"  JOIN offerengine.merchant_relationship r ON r.merchant_relationship_id = given.merchant_relationship_id"
	" WHERE r.merchant_id <> o.merchant_id LIMIT 1",
	2, {INT8ARRAYOID, INT8ARRAYOID}
};

/* What one statement did to price. */
typedef struct PriceChanges
{
	OeIds		offers;			/* whose own prices changed */
	OeIds		contract_offers;	/* offer-level contract prices: offer ... */
	OeIds		contracts;		/* ... and relationship, side by side */
	Tuplestorestate *past;		/* rows as they were before; NULL: none */
	int64		past_count;
} PriceChanges;

static void collect_changes(TriggerData *trigdata, PriceChanges *changes);
static void check_own_contracts(PriceChanges *changes);
static void record_past(TriggerData *trigdata, PriceChanges *changes);

PG_FUNCTION_INFO_V1(oe_price_changed);
Datum
oe_price_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, 0);
	PriceChanges changes = {0};

	collect_changes(trigdata, &changes);
	oe_touch_offers(&changes.offers);
	if (!TRIGGER_FIRED_BY_DELETE(trigdata->tg_event))
		oe_check_takes_prices(&changes.offers);
	if (changes.contracts.count > 0)
		check_own_contracts(&changes);
	if (changes.past_count > 0)
		record_past(trigdata, &changes);
	if (changes.past != NULL)
		tuplestore_end(changes.past);
	PG_RETURN_POINTER(NULL);
}

static void
collect_changes(TriggerData *trigdata, PriceChanges *changes)
{
	AttrNumber	numbers[PRICE_COLUMNS];
	OeTransition rows;
	int64		offer_id;
	int64		relationship_id;

	oe_columns(RelationGetDescr(trigdata->tg_relation), price_columns, PRICE_COLUMNS, numbers);
	oe_transition_open(&rows, trigdata);
	if (rows.old_rows != NULL)
		changes->past = tuplestore_begin_heap(false, false, work_mem);
	while (oe_transition_next(&rows))
	{
		if (rows.old_row != NULL && rows.new_row != NULL &&
			!oe_columns_differ(rows.old_row, rows.new_row, numbers, PRICE_COLUMNS))
			continue;
		if (rows.old_row != NULL)
		{
			tuplestore_puttupleslot(changes->past, rows.old_row);
			changes->past_count++;
			if (oe_row_id(rows.old_row, numbers[OFFER_ID], &offer_id))
				oe_ids_add(&changes->offers, offer_id);
		}
		if (rows.new_row != NULL && oe_row_id(rows.new_row, numbers[OFFER_ID], &offer_id))
		{
			oe_ids_add(&changes->offers, offer_id);
			if (oe_row_id(rows.new_row, numbers[RELATIONSHIP_ID], &relationship_id))
			{
				oe_ids_add(&changes->contract_offers, offer_id);
				oe_ids_add(&changes->contracts, relationship_id);
			}
		}
	}
	oe_transition_close(&rows);
}

static void
check_own_contracts(PriceChanges *changes)
{
	OeOwnerRun	run = oe_begin_owner_run();
	Datum		values[2];

	values[0] = oe_ids_array(&changes->contract_offers);
	values[1] = oe_ids_array(&changes->contracts);
	if (oe_run(&find_foreign_contract, values, NULL, changes->contracts.count > OE_MANY_ROWS) > 0)
	{
		HeapTuple	found = SPI_tuptable->vals[0];

		ereport(ERROR,
				(errcode(ERRCODE_OE_FOREIGN_CONTRACT),
				 errmsg("a price of offer \"%s\" cannot belong to merchant_relationship_id %s of another merchant",
						SPI_getvalue(found, SPI_tuptable->tupdesc, 1), SPI_getvalue(found, SPI_tuptable->tupdesc, 2)),
				 errhint("A contract price of an offer belongs to a relationship of the offer's own merchant.")));
	}
	oe_end_owner_run(run);
}

static void
record_past(TriggerData *trigdata, PriceChanges *changes)
{
	EphemeralNamedRelationData past = {
		.md = {
			.name = "changed_price",
			.reliddesc = RelationGetRelid(trigdata->tg_relation),
			.enrtype = ENR_NAMED_TUPLESTORE,
			.enrtuples = changes->past_count
		},
		.reldata = changes->past
	};
	OeParameters parameters = {0};
	OeOwnerRun	run;

	oe_add_value(&parameters, TimestampTzGetDatum(GetCurrentTimestamp()));
	oe_add_string(&parameters, TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? "update" : "delete");
	oe_add_string(&parameters, GetUserNameFromId(oe_writing_role_in_trigger(), false));
	oe_add_string(&parameters, oe_acting_user_or_null());

	run = oe_begin_owner_run();
	if (SPI_register_relation(&past) < 0)
		elog(ERROR, "SPI_register_relation failed");
	oe_run(&write_history, parameters.values, parameters.nulls, false);
	oe_end_owner_run(run);
}
