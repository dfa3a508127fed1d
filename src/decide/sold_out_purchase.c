/*
 * Answers a purchase() of what is sold out before anything of it begins, as refuse_new_purchase() does later: in a
 * flash sale most are told no. Only what these few rows tell for sure is refused here; everything else is left to
 * do_purchase(), which has the rules.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "utils/timestamp.h"

#include "access/actor.h"
#include "access/customer_call.h"
#include "decide/redirect.h"
#include "decide/visibility.h"
#include "stock/free.h"
#include "stock/sold_out.h"
#include "storage/texts.h"

/* Arguments of purchase(). */
enum
{
	PURCHASE_CUSTOMER_REFERENCE,
	PURCHASE_OFFER_REFERENCE,
	PURCHASE_STORE,
	PURCHASE_CURRENCY,
	PURCHASE_COUNTRY,
	PURCHASE_QUANTITY,
	PURCHASE_PRICE_MODE,
	PURCHASE_BUYER,
	PURCHASE_CHANNEL,
	PURCHASE_STARTS_ON,
	PURCHASE_ORDER_ID,
	PURCHASE_EXPECTED_AMOUNT,
	PURCHASE_AT,
	PURCHASE_ORDER_REFERENCE,
	PURCHASE_RESERVE
};

static void refuse_purchase(FunctionCallInfo fcinfo);
static bool is_plain(FunctionCallInfo fcinfo);
static bool is_left_out_or(FunctionCallInfo fcinfo, int argument, const char *one, const char *other);
static uint32 tables_of(FunctionCallInfo fcinfo);
static bool is_sold_out(FunctionCallInfo fcinfo, OeReader *reader, int32 wanted, int64 *available);
static bool may_buy(FunctionCallInfo fcinfo, OeReader *reader);
static bool is_known_order(FunctionCallInfo fcinfo, OeReader *reader);

PG_FUNCTION_INFO_V1(oe_purchase);
Datum
oe_purchase(PG_FUNCTION_ARGS)
{
	return oe_call_for_customer(fcinfo, refuse_purchase);
}

static void
refuse_purchase(FunctionCallInfo fcinfo)
{
	int32		wanted = PG_ARGISNULL(PURCHASE_QUANTITY) ? 1 : PG_GETARG_INT32(PURCHASE_QUANTITY);
	OeReader	reader;
	int64		available = 0;
	bool		sold_out;

	if (!is_plain(fcinfo) || !oe_reader_open_latest(&reader, tables_of(fcinfo)))
		return;
	sold_out = is_sold_out(fcinfo, &reader, wanted, &available);
	oe_reader_close_latest(&reader);
	if (sold_out)
		oe_refuse_sold_out(PG_GETARG_TEXT_PP(PURCHASE_OFFER_REFERENCE), PG_GETARG_TEXT_PP(PURCHASE_STORE), wanted,
						   available);
}

/* A sale out of stock of this instant, with arguments that nobody refuses, as far as they say so themselves. */
static bool
is_plain(FunctionCallInfo fcinfo)
{
	for (int i = PURCHASE_CUSTOMER_REFERENCE; i <= PURCHASE_CURRENCY; i++)
		if (PG_ARGISNULL(i))
			return false;
	return PG_ARGISNULL(PURCHASE_AT) && PG_ARGISNULL(PURCHASE_STARTS_ON) && PG_ARGISNULL(PURCHASE_ORDER_REFERENCE) &&
		(PG_ARGISNULL(PURCHASE_RESERVE) || PG_GETARG_BOOL(PURCHASE_RESERVE)) &&
		is_left_out_or(fcinfo, PURCHASE_PRICE_MODE, "gross", "net") &&
		is_left_out_or(fcinfo, PURCHASE_CHANNEL, "checkout", "self_service") &&
		oe_is_plain_code(PG_GETARG_TEXT_PP(PURCHASE_CUSTOMER_REFERENCE)) && !oe_called_for_merchants_only();
}

static bool
is_left_out_or(FunctionCallInfo fcinfo, int argument, const char *one, const char *other)
{
	const text *value = PG_ARGISNULL(argument) ? NULL : PG_GETARG_TEXT_PP(argument);

	return value == NULL || oe_text_is(value, one) || oe_text_is(value, other);
}

static uint32
tables_of(FunctionCallInfo fcinfo)
{
	uint32		tables = OE_VISIBILITY_TABLES | OE_STOCK_TABLES | OE_TABLE_BIT(OE_CURRENCY) |
	OE_TABLE_BIT(OE_SALES_RULE) | OE_TABLE_BIT(OE_CUSTOMER_TIMELINE);

	if (!PG_ARGISNULL(PURCHASE_COUNTRY))
		tables |= OE_TABLE_BIT(OE_COUNTRY);
	if (!PG_ARGISNULL(PURCHASE_ORDER_ID))
		tables |= OE_TABLE_BIT(OE_SALES_ORDER) | OE_TABLE_BIT(OE_STOCK_ORDER);
	return tables;
}

/* What most purchases have is asked first. */
static bool
is_sold_out(FunctionCallInfo fcinfo, OeReader *reader, int32 wanted, int64 *available)
{
	OeQuestion	question = {
		.store = PG_GETARG_TEXT_PP(PURCHASE_STORE), .at = GetCurrentTransactionStartTimestamp()
	};
	OeProbe    *offer = oe_find_visible(reader, PG_GETARG_TEXT_PP(PURCHASE_OFFER_REFERENCE), &question);
	OeRedirection redirection;
	Datum		offer_id;
	OePlaces	places;

	if (offer == NULL)
		return false;
	offer_id = oe_probe_value(offer, OE_OFFER_STORE_OFFER_ID);
	if (!oe_places_of_offer(reader, offer_id, PointerGetDatum(question.store), &places) || !places.is_counted ||
		places.pieces >= wanted)
		return false;
	*available = places.pieces;
	oe_redirection_init(&redirection, reader, question.at, PG_GETARG_TEXT_PP(PURCHASE_CUSTOMER_REFERENCE));
	return may_buy(fcinfo, reader) && !is_known_order(fcinfo, reader) &&
		!oe_has_redirecting_rule(&redirection, DatumGetInt64(offer_id));
}

/* The customer is not another one by now, and currency and country are known. */
static bool
may_buy(FunctionCallInfo fcinfo, OeReader *reader)
{
	OeProbe    *customer = oe_probe_fetch(reader, OE_BY_CUSTOMER,
										  PointerGetDatum(PG_GETARG_TEXT_PP(PURCHASE_CUSTOMER_REFERENCE)));
	bool		is_nobody_else = true;

	if (customer != NULL)
		(void) oe_probe_column(customer, OE_CUSTOMER_TIMELINE_MERGED_INTO, &is_nobody_else);
	return is_nobody_else &&
		oe_probe_fetch(reader, OE_BY_CURRENCY, PointerGetDatum(PG_GETARG_TEXT_PP(PURCHASE_CURRENCY))) != NULL &&
		(PG_ARGISNULL(PURCHASE_COUNTRY) ||
		 oe_probe_fetch(reader, OE_BY_COUNTRY, PointerGetDatum(PG_GETARG_TEXT_PP(PURCHASE_COUNTRY))) != NULL);
}

/* A first answer is repeated, whatever there is by now, and who has reserved has its own pieces. */
static bool
is_known_order(FunctionCallInfo fcinfo, OeReader *reader)
{
	Datum		order_id = PG_GETARG_DATUM(PURCHASE_ORDER_ID);

	return !PG_ARGISNULL(PURCHASE_ORDER_ID) &&
		(oe_probe_fetch2(reader, OE_BY_CUSTOMER_AND_ORDER,
						 PointerGetDatum(PG_GETARG_TEXT_PP(PURCHASE_CUSTOMER_REFERENCE)), order_id) != NULL ||
		 oe_probe_fetch(reader, OE_BY_STOCK_ORDER, order_id) != NULL);
}
