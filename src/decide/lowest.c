/*
 * Answers what an announced reduction refers to: the lowest price before the current one, of an offer or of all offers
 * of a page. The price is decided at each instant at which it can have changed, back to the first day that counts, by
 * the same decision as resolve_price.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "decide/listing.h"
#include "decide/resolve.h"
#include "decide/visibility.h"
#include "storage/answer.h"
#include "storage/parameters.h"
#include "storage/texts.h"

/* An amount, or none. */
typedef struct OeAmount
{
	bool		is_known;
	int64		amount;
} OeAmount;

/* Attributes of prior_price. */
enum
{
	PRIOR_SKU,
	PRIOR_OFFER_REFERENCE,
	PRIOR_AMOUNT,
	PRIOR_LOWEST_AMOUNT,
	PRIOR_COUNT
};

static const OeArguments lowest_arguments = {.store = 1, .currency = 2, .price_mode = 3, .at = 5};

static int32 read_days(FunctionCallInfo fcinfo);
static bool open_for_changes(OeReader *reader, const OeQuestion *question, uint32 tables);
static OeAmount lowest_by_probes(OeReader *reader, const OeQuestion *question, text *offer_reference, OeAmount current,
								 int32 days);
static OeAmount amount_at(OeReader *reader, const OeQuestion *question, text *offer_reference, TimestampTz at);
static TimestampTz days_before(const OeQuestion *question, TimestampTz began, int32 days);
static bool same_amount(OeAmount a, OeAmount b);
static void put_prior(ReturnSetInfo *rsinfo, const OeListedOffer *offer, OeAmount lowest);

PG_FUNCTION_INFO_V1(oe_lowest_prior_price);
Datum
oe_lowest_prior_price(PG_FUNCTION_ARGS)
{
	text	   *offer_reference = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	OeAmount	lowest = {false, 0};
	OeQuestion	question;
	OeReader	reader;
	int32		days;

	oe_read_question(fcinfo, &lowest_arguments, &question);
	if (open_for_changes(&reader, &question, OE_VISIBILITY_TABLES))
	{
		oe_check_question(&reader, &question);
		days = read_days(fcinfo);
		if (offer_reference != NULL)
			lowest = lowest_by_probes(&reader, &question, offer_reference,
									  amount_at(&reader, &question, offer_reference, question.at), days);
		oe_reader_close(&reader);
	}
	else
	{
		OeParameters arguments = {0};
		OeSpecResult *result;

		oe_check_question(NULL, &question);
		days = read_days(fcinfo);
		oe_add_text(&arguments, offer_reference);
		oe_add_place(&arguments, &question);
		oe_add_value(&arguments, Int32GetDatum(days));
		oe_add_value(&arguments, TimestampTzGetDatum(question.at));
		result = oe_spec_query(OE_SPEC_LOWEST_PRIOR_PRICE, arguments.values, arguments.nulls);
		lowest.is_known = !result->isnull[0];
		lowest.amount = lowest.is_known ? DatumGetInt64(result->values[0]) : 0;
	}
	if (!lowest.is_known)
		PG_RETURN_NULL();
	PG_RETURN_INT64(lowest.amount);
}

PG_FUNCTION_INFO_V1(oe_lowest_prior_prices);
Datum
oe_lowest_prior_prices(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			nskus = 0;
	text	  **skus = PG_ARGISNULL(0) ? NULL : oe_distinct_texts(PG_GETARG_ARRAYTYPE_P(0), "skus", &nskus);
	OeListingQuestion asked = {.sales_price_only = true};
	OeReader	reader;
	int32		days;

	oe_read_question(fcinfo, &lowest_arguments, &asked.question);
	InitMaterializedSRF(fcinfo, 0);
	if (open_for_changes(&reader, &asked.question, OE_VISIBILITY_TABLES | OE_TABLE_BIT(OE_OPERATION_POLICY)))
	{
		OeListing	listing;

		oe_check_question(&reader, &asked.question);
		days = read_days(fcinfo);
		listing = oe_list_by_probes(&reader, &asked, skus, nskus);
		for (int i = 0; i < listing.noffers; i++)
		{
			const OeListedOffer *offer = &listing.offers[i];
			OeAmount	current = {offer->has_amount, offer->amount};

			put_prior(rsinfo, offer, lowest_by_probes(&reader, &asked.question, offer->offer_reference, current, days));
		}
		oe_reader_close(&reader);
	}
	else
	{
		OeParameters arguments = {0};

		oe_check_question(NULL, &asked.question);
		days = read_days(fcinfo);
		if (nskus == 0)
			return (Datum) 0;
		oe_add_value(&arguments, oe_text_array(skus, nskus));
		oe_add_place(&arguments, &asked.question);
		oe_add_value(&arguments, Int32GetDatum(days));
		oe_add_value(&arguments, TimestampTzGetDatum(asked.question.at));
		oe_spec_put(rsinfo, oe_spec_query(OE_SPEC_LOWEST_PRIOR_PRICES, arguments.values, arguments.nulls));
	}
	return (Datum) 0;
}

static int32
read_days(FunctionCallInfo fcinfo)
{
	int32		days = PG_ARGISNULL(4) ? 30 : PG_GETARG_INT32(4);

	oe_check_at_least(days, 1, "days");
	return days;
}

/* Whenever the question is asked, what is answered goes back into the past. */
static bool
open_for_changes(OeReader *reader, const OeQuestion *question, uint32 tables)
{
	return oe_open_for_prices(reader, question, tables | OE_TABLE_BIT(OE_PRICE_HISTORY));
}

/*
 * current: what the offer costs at the instant asked for. From one change to the one before it the price is one: what
 * it is at a change, it is until the next.
 */
static OeAmount
lowest_by_probes(OeReader *reader, const OeQuestion *question, text *offer_reference, OeAmount current, int32 days)
{
	OeAmount	lowest = {false, 0};
	OeParameters arguments = {0};
	OeSpecResult *changes;
	TimestampTz began = question->at;
	TimestampTz first = DT_NOBEGIN; /* of the days before the current price began */
	bool		is_before = false;

	if (!current.is_known)
		return lowest;
	oe_add_text(&arguments, offer_reference);
	oe_add_text(&arguments, question->store);
	oe_add_text(&arguments, question->currency);
	oe_add_value(&arguments, TimestampTzGetDatum(question->at));
	changes = oe_spec_query(OE_SPEC_PRICE_CHANGES, arguments.values, arguments.nulls);
	for (int i = 0; i < changes->nrows; i++)
	{
		TimestampTz change = DatumGetTimestampTz(changes->values[i]);
		OeAmount	earlier = amount_at(reader, question, offer_reference, change);

		CHECK_FOR_INTERRUPTS();
		if (!is_before && same_amount(earlier, current))
		{
			began = change;
			continue;
		}
		if (!is_before)
			first = days_before(question, began, days);
		is_before = true;
		if (earlier.is_known && (!lowest.is_known || earlier.amount < lowest.amount))
			lowest = earlier;
		if (change <= first)
			break;
	}
	return lowest;
}

/* What one piece costs an anonymous buyer. */
static OeAmount
amount_at(OeReader *reader, const OeQuestion *question, text *offer_reference, TimestampTz at)
{
	MemoryContext deciding = AllocSetContextCreate(CurrentMemoryContext, "offerengine price at an instant",
												   ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(deciding);
	OeQuestion	asked = *question;
	OeSheets	sheets;
	Datum		values[OE_RESULT_COUNT];
	bool		isnull[OE_RESULT_COUNT];
	OeAmount	amount;

	asked.at = at;
	memset(isnull, true, sizeof(isnull));
	oe_sheets_init(&sheets, &asked);
	oe_resolve_offer(reader, &asked, &sheets, offer_reference, values, isnull);
	oe_sheets_close(&sheets);
	amount.is_known = !isnull[OE_RESULT_AMOUNT];
	amount.amount = amount.is_known ? DatumGetInt64(values[OE_RESULT_AMOUNT]) : 0;
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(deciding);
	return amount;
}

/* Calendar days in the store's time zone. */
static TimestampTz
days_before(const OeQuestion *question, TimestampTz began, int32 days)
{
	Datum		arguments[] = {PointerGetDatum(question->store), TimestampTzGetDatum(began), Int32GetDatum(days)};

	return DatumGetTimestampTz(oe_spec_query(OE_SPEC_DAYS_BEFORE, arguments, NULL)->values[0]);
}

static bool
same_amount(OeAmount a, OeAmount b)
{
	return a.is_known == b.is_known && (!a.is_known || a.amount == b.amount);
}

static void
put_prior(ReturnSetInfo *rsinfo, const OeListedOffer *offer, OeAmount lowest)
{
	Datum		values[PRIOR_COUNT];
	bool		isnull[PRIOR_COUNT] = {false};

	values[PRIOR_SKU] = PointerGetDatum(offer->sku);
	values[PRIOR_OFFER_REFERENCE] = PointerGetDatum(offer->offer_reference);
	values[PRIOR_AMOUNT] = Int64GetDatum(offer->amount);
	isnull[PRIOR_AMOUNT] = !offer->has_amount;
	values[PRIOR_LOWEST_AMOUNT] = Int64GetDatum(lowest.amount);
	isnull[PRIOR_LOWEST_AMOUNT] = !lowest.is_known;
	oe_put_answer(rsinfo, values, isnull);
}
