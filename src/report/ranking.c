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
#include "storage/schema.h"
#include "storage/statement.h"

#define RANKING_ARGUMENTS 4

static OeStatement rank_offers = {
	"SELECT m.merchant_id, l.offer_reference, l.title, l.merchant_reference, l.merchant_name, l.amount,"
	"       pg_catalog.row_number() OVER (ORDER BY l.amount NULLS LAST, l.offer_reference COLLATE pg_catalog.\"C\"),"
	"       pg_catalog.count(*) OVER ()"
	"  FROM offerengine.list_offers($1, $2, $3, $4) l"
	"  JOIN offerengine.merchant m ON m.merchant_reference OPERATOR(pg_catalog.=) l.merchant_reference",
	RANKING_ARGUMENTS, {TEXTOID, TEXTOID, TEXTOID, TEXTOID}
};

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
	Datum		values[RANKING_ARGUMENTS];
	OeIdentity	identity;
	uint64		found;

	oe_require_schema();
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < RANKING_ARGUMENTS; i++)
		values[i] = PG_GETARG_DATUM(i);

	SPI_connect();
	identity = oe_become_owner();
	found = oe_ask(&rank_offers, values, NULL);
	oe_restore_identity(identity);
	for (uint64 i = 0; i < found; i++)
	{
		HeapTuple	offer = SPI_tuptable->vals[i];
		bool		isnull;
		int64		merchant_id = DatumGetInt64(heap_getattr(offer, 1, SPI_tuptable->tupdesc, &isnull));

		if (oe_sees_merchant(reader, merchant_id))
			tuplestore_puttuple(rsinfo->setResult, offer);
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
