/*
 * Ranks the visible offers of a product for report views. Whoever reads a view needs EXECUTE on the functions in it
 * and may call them as well: so this one takes no buyer and no instant, and shows each role only what the views show
 * it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"

#include "access/actor.h"
#include "storage/answer.h"
#include "storage/schema.h"
#include "storage/statement.h"

#define RANKING_ARGUMENTS 4

/* list_offers answers by price, ties by offer_reference, so a place is where an offer comes in its answer. */
#define RANKED "SELECT l.offer_reference, l.title, l.merchant_name, l.amount"

static OeStatement rank_offers = {
	RANKED " FROM offerengine.list_offers($1, $2, $3, $4) l",
	RANKING_ARGUMENTS, {TEXTOID, TEXTOID, TEXTOID, TEXTOID}
};

/* For who sees some merchants only. */
static OeStatement rank_offers_of_merchants = {
	RANKED ","
	" (SELECT m.merchant_id FROM offerengine.merchant m"
	"   WHERE m.merchant_reference OPERATOR(pg_catalog.=) l.merchant_reference)"
	"  FROM offerengine.list_offers($1, $2, $3, $4) l",
	RANKING_ARGUMENTS, {TEXTOID, TEXTOID, TEXTOID, TEXTOID}
};

/* The columns of ranked_offer: those that list_offers answers come first. */
#define RANKED_LISTED 4
#define RANKED_PLACE 4
#define RANKED_OFFERS 5
#define RANKED_COLUMNS 6
#define LISTED_MERCHANT_ID 5

#define PRICED_ARGUMENTS 3

static OeStatement offer_is_priced = {
	"SELECT o.merchant_id,"
	"       (offerengine.resolve_price($1, $2, $3, 'gross')).amount IS NOT NULL"
	"       OR (offerengine.resolve_price($1, $2, $3, 'net')).amount IS NOT NULL"
	"  FROM offerengine.offer o WHERE o.offer_reference OPERATOR(pg_catalog.=) $1",
	PRICED_ARGUMENTS, {TEXTOID, TEXTOID, TEXTOID}
};

PG_FUNCTION_INFO_V1(oe_report_offers);
Datum
oe_report_offers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			reader = GetUserId();
	bool		sees_all = oe_sees_all_merchants(reader);
	Datum		values[RANKING_ARGUMENTS];
	OeIdentity	identity;
	uint64		found;

	oe_require_schema();
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < RANKING_ARGUMENTS; i++)
		values[i] = PG_GETARG_DATUM(i);

	SPI_connect();
	identity = oe_become_owner();
	found = oe_ask(sees_all ? &rank_offers : &rank_offers_of_merchants, values, NULL);
	oe_restore_identity(identity);
	for (uint64 i = 0; i < found; i++)
	{
		HeapTuple	offer = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		Datum		ranked[RANKED_COLUMNS];
		bool		nulls[RANKED_COLUMNS] = {false};
		bool		isnull;

		if (!sees_all &&
			!oe_sees_merchant(reader, DatumGetInt64(heap_getattr(offer, LISTED_MERCHANT_ID, desc, &isnull))))
			continue;
		for (int column = 0; column < RANKED_LISTED; column++)
			ranked[column] = heap_getattr(offer, column + 1, desc, &nulls[column]);
		ranked[RANKED_PLACE] = Int64GetDatum(i + 1);
		ranked[RANKED_OFFERS] = Int64GetDatum(found);
		oe_put_answer(rsinfo, ranked, nulls);
	}
	SPI_finish();
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(oe_report_is_priced);
Datum
oe_report_is_priced(PG_FUNCTION_ARGS)
{
	Oid			reader = GetUserId();
	Datum		values[PRICED_ARGUMENTS];
	OeIdentity	identity;
	bool		is_told = false;
	bool		is_priced = false;

	oe_require_schema();
	for (int i = 0; i < PRICED_ARGUMENTS; i++)
		values[i] = PG_GETARG_DATUM(i);

	SPI_connect();
	identity = oe_become_owner();
	if (oe_ask(&offer_is_priced, values, NULL) > 0)
	{
		HeapTuple	offer = SPI_tuptable->vals[0];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;

		oe_restore_identity(identity);
		is_told = oe_sees_merchant(reader, DatumGetInt64(heap_getattr(offer, 1, desc, &isnull)));
		is_priced = DatumGetBool(heap_getattr(offer, 2, desc, &isnull));
	}
	else
		oe_restore_identity(identity);
	SPI_finish();
	if (!is_told)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(is_priced);
}
