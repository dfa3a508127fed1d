/*
 * Says that an offer is sold out, and says it to whoever would reserve it before anything of reserve_stock() begins:
 * in a flash sale most are told no, and the statements of a function, its settings and its context cost several times
 * the rows that tell.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/timestamp.h"

#include "access/customer_call.h"
#include "error.h"
#include "stock/free.h"
#include "stock/sold_out.h"

/* Arguments of reserve_stock(). */
enum
{
	RESERVE_ORDER_ID,
	RESERVE_LINE_NO,
	RESERVE_OFFER_REFERENCE,
	RESERVE_STORE,
	RESERVE_QUANTITY,
	RESERVE_EXPIRES_AT
};

static void add_text(StringInfo detail, const text *value);
static const char *shown(const text *value);
static bool is_plain_reservation(FunctionCallInfo fcinfo);
static void refuse_reservation(FunctionCallInfo fcinfo);

void
oe_refuse_sold_out(const text *offer_reference, const text *store, int64 wanted, int64 available)
{
	StringInfoData detail;

	/* As jsonb has it. */
	initStringInfo(&detail);
	appendStringInfoString(&detail, "{\"store\": ");
	add_text(&detail, store);
	appendStringInfo(&detail, ", \"wanted\": " INT64_FORMAT ", \"available\": " INT64_FORMAT ", \"offer_reference\": ",
					 wanted, available);
	add_text(&detail, offer_reference);
	appendStringInfoChar(&detail, '}');
	ereport(ERROR,
			(errcode(ERRCODE_OE_SOLD_OUT),
			 errmsg("offer \"%s\" is sold out in store %s: " INT64_FORMAT " wanted, " INT64_FORMAT " left",
					shown(offer_reference), shown(store), wanted, available),
			 errdetail_internal("%s", detail.data),
			 errhint("offer_availability() says what is left.")));
}

static void
add_text(StringInfo detail, const text *value)
{
	if (value == NULL)
		appendStringInfoString(detail, "null");
	else
		escape_json(detail, text_to_cstring(value));
}

static const char *
shown(const text *value)
{
	return value == NULL ? "<NULL>" : text_to_cstring(value);
}

PG_FUNCTION_INFO_V1(oe_raise_sold_out);
Datum
oe_raise_sold_out(PG_FUNCTION_ARGS)
{
	oe_refuse_sold_out(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0), PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1),
					   PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2), PG_ARGISNULL(3) ? 0 : PG_GETARG_INT64(3));
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_reserve_stock);
Datum
oe_reserve_stock(PG_FUNCTION_ARGS)
{
	return oe_call_for_customer(fcinfo, refuse_reservation);
}

/* As do_reserve_stock() finds it: an order that never reserved has nothing of its own to count. */
static void
refuse_reservation(FunctionCallInfo fcinfo)
{
	OeReader	reader;
	OePlaces	places = {0};
	bool		is_sold_out;

	if (!is_plain_reservation(fcinfo) ||
		!oe_reader_open_latest(&reader, OE_STOCK_TABLES | OE_TABLE_BIT(OE_STOCK_ORDER)))
		return;
	is_sold_out = oe_places_of_reference(&reader, PointerGetDatum(PG_GETARG_TEXT_PP(RESERVE_OFFER_REFERENCE)),
										 PointerGetDatum(PG_GETARG_TEXT_PP(RESERVE_STORE)), &places) &&
		places.pieces < PG_GETARG_INT32(RESERVE_QUANTITY) &&
		oe_probe_fetch(&reader, OE_BY_STOCK_ORDER, PG_GETARG_DATUM(RESERVE_ORDER_ID)) == NULL;
	oe_reader_close_latest(&reader);
	if (is_sold_out)
		oe_refuse_sold_out(PG_GETARG_TEXT_PP(RESERVE_OFFER_REFERENCE), PG_GETARG_TEXT_PP(RESERVE_STORE),
						   PG_GETARG_INT32(RESERVE_QUANTITY), places.pieces);
}

/* Arguments that are to be refused are left to whoever refuses them. */
static bool
is_plain_reservation(FunctionCallInfo fcinfo)
{
	for (int i = RESERVE_ORDER_ID; i < RESERVE_EXPIRES_AT; i++)
		if (PG_ARGISNULL(i))
			return false;
	return PG_GETARG_INT32(RESERVE_LINE_NO) >= 1 &&
		(PG_ARGISNULL(RESERVE_EXPIRES_AT) || PG_GETARG_TIMESTAMPTZ(RESERVE_EXPIRES_AT) > GetCurrentTimestamp());
}
