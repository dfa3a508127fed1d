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
#include "decide/price_rows.h"
#include "decide/resolve.h"
#include "decide/visibility.h"
#include "storage/answer.h"
#include "storage/grow.h"
#include "storage/parameters.h"
#include "storage/texts.h"

/* An amount, or none. */
typedef struct OeAmount
{
	bool		is_known;
	int64		amount;
} OeAmount;

/* What was found, told of one change after the other, backwards. */
typedef struct OeSearch
{
	int32		days;
	OeAmount	current;
	bool		is_before;		/* the current price began after this: began is known */
	TimestampTz began;
	TimestampTz first;			/* of the days before */
	OeAmount	lowest;
} OeSearch;

/* An offer that is shown in the store now, and when it is. */
typedef struct OeOfferRow
{
	OePriceOwner owner;
	TimestampTz shown_from;
	TimestampTz shown_to;
	bool		has_sheet;		/* which prices it, not rows */
} OeOfferRow;

/* After since, up to until. */
typedef struct OeInstants
{
	TimestampTz since;
	TimestampTz until;
	TimestampTz *instants;
	int			count;
	int			capacity;
} OeInstants;

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
static bool read_offer(OeReader *reader, const OeQuestion *question, text *offer_reference, OeOfferRow *offer);
static bool search_ends(OeSearch *search, const OeQuestion *question, TimestampTz change, OeAmount earlier);
static void search_sheet(OeSearch *search, OeReader *reader, const OeQuestion *question, text *offer_reference);
static void search_rows(OeSearch *search, OeReader *reader, const OeQuestion *question, const OeOfferRow *offer);
static bool search_rows_since(OeSearch *search, OeReader *reader, const OeQuestion *question, const OeOfferRow *offer,
							  TimestampTz since, TimestampTz until);
static OeAmount amount_of_rows(OePriceSource *source, const OeOfferRow *offer);
static OeInstants find_changes(const OePriceSource *source, const OeOfferRow *offer, TimestampTz since,
							   TimestampTz until);
static void add_change(OeInstants *changes, TimestampTz instant);
static int	compare_backwards(const void *a, const void *b);
static TimestampTz some_days_before(TimestampTz at, int32 days, int times);
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
 * current: what the offer costs at the instant asked for. Sheets have few prices, and no history; what rows said is
 * read once for all instants.
 */
static OeAmount
lowest_by_probes(OeReader *reader, const OeQuestion *question, text *offer_reference, OeAmount current, int32 days)
{
	OeSearch	search = {.days = days, .current = current, .began = question->at, .first = DT_NOBEGIN};
	OeOfferRow	offer;

	if (current.is_known && read_offer(reader, question, offer_reference, &offer))
	{
		if (offer.has_sheet)
			search_sheet(&search, reader, question, offer_reference);
		else
			search_rows(&search, reader, question, &offer);
	}
	return search.lowest;
}

/* False: it is not shown now. */
static bool
read_offer(OeReader *reader, const OeQuestion *question, text *offer_reference, OeOfferRow *offer)
{
	OeProbe    *row = oe_find_visible(reader, offer_reference, question);

	if (row == NULL)
		return false;
	offer->shown_from = DatumGetTimestampTz(oe_probe_value(row, OE_OFFER_STORE_SHOWN_FROM));
	offer->shown_to = DatumGetTimestampTz(oe_probe_value(row, OE_OFFER_STORE_SHOWN_TO));
	offer->has_sheet = !oe_owner_of_row(row, &offer->owner);
	return true;
}

/*
 * Told of changes from the last one back: true, the search is over. From one change to the one before it the price is
 * one: what it is at a change, it is until the next.
 */
static bool
search_ends(OeSearch *search, const OeQuestion *question, TimestampTz change, OeAmount earlier)
{
	if (!search->is_before && same_amount(earlier, search->current))
	{
		search->began = change;
		return false;
	}
	if (!search->is_before)
		search->first = days_before(question, search->began, search->days);
	search->is_before = true;
	if (earlier.is_known && (!search->lowest.is_known || earlier.amount < search->lowest.amount))
		search->lowest = earlier;
	return change <= search->first;
}

static void
search_sheet(OeSearch *search, OeReader *reader, const OeQuestion *question, text *offer_reference)
{
	OeParameters arguments = {0};
	OeSpecResult *changes;

	oe_add_text(&arguments, offer_reference);
	oe_add_text(&arguments, question->store);
	oe_add_text(&arguments, question->currency);
	oe_add_value(&arguments, TimestampTzGetDatum(question->at));
	changes = oe_spec_query(OE_SPEC_PRICE_CHANGES, arguments.values, arguments.nulls);
	for (int i = 0; i < changes->nrows; i++)
	{
		TimestampTz change = DatumGetTimestampTz(changes->values[i]);

		CHECK_FOR_INTERRUPTS();
		if (search_ends(search, question, change, amount_at(reader, question, offer_reference, change)))
			break;
	}
}

/*
 * Most searches end a few weeks before the current price began. So what was told longer ago is read only where one
 * does not: at first three times the days, then twenty times, then all.
 */
static void
search_rows(OeSearch *search, OeReader *reader, const OeQuestion *question, const OeOfferRow *offer)
{
	TimestampTz near = some_days_before(question->at, search->days, 3);
	TimestampTz far = some_days_before(question->at, search->days, 20);

	if (!search_rows_since(search, reader, question, offer, near, question->at) &&
		!search_rows_since(search, reader, question, offer, far, near))
		search_rows_since(search, reader, question, offer, DT_NOBEGIN, far);
}

/* The changes after since, or from the beginning of time on, up to until: true, the search is over. */
static bool
search_rows_since(OeSearch *search, OeReader *reader, const OeQuestion *question, const OeOfferRow *offer,
				  TimestampTz since, TimestampTz until)
{
	MemoryContext reading = AllocSetContextCreate(CurrentMemoryContext, "offerengine prices of the past",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext deciding = AllocSetContextCreate(reading, "offerengine price at an instant", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(reading);
	OeQuestion	asked = *question;
	OeContracts anonymous = {NULL, 0, 0};
	OePriceSource source;
	OeInstants	changes;
	bool		ends = until == DT_NOBEGIN;

	oe_price_source_init(&source, reader, &asked, &anonymous, offer->owner.product_id,
						 offer->owner.abstract_product_id);
	oe_keep_versions(&source, &offer->owner, since);
	changes = find_changes(&source, offer, since, until);
	MemoryContextSwitchTo(deciding);
	for (int i = 0; i < changes.count && !ends; i++)
	{
		OeAmount	earlier = {false, 0};

		CHECK_FOR_INTERRUPTS();
		asked.at = changes.instants[i];
		if (offer->shown_from <= asked.at && asked.at < offer->shown_to)
			earlier = amount_of_rows(&source, offer);
		ends = search_ends(search, question, asked.at, earlier);
		MemoryContextReset(deciding);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(reading);
	return ends;
}

/* What one piece costs an anonymous buyer. */
static OeAmount
amount_of_rows(OePriceSource *source, const OeOfferRow *offer)
{
	OeOwnedCandidates owned;
	OePriceList list;
	OePriceChoice choice;
	OeAmount	amount = {false, 0};

	oe_candidates_init(&owned, source, &offer->owner);
	list = oe_price_list(&owned.candidates, source->question, source->question->price_type, NULL);
	choice = oe_choose_price(&list, &source->question->policy, source->question->quantity, NULL);
	if (choice.row != NULL)
	{
		amount.is_known = true;
		amount.amount = choice.row->amount;
	}
	return amount;
}

/* Where the price can have changed, the last first: where a window begins or ends, and where a row was changed. */
static OeInstants
find_changes(const OePriceSource *source, const OeOfferRow *offer, TimestampTz since, TimestampTz until)
{
	OeInstants	changes = {.since = since, .until = until};
	int			distinct = 0;

	add_change(&changes, offer->shown_from);
	add_change(&changes, offer->shown_to);
	for (int level = 0; level < OE_LEVEL_COUNT; level++)
		for (int i = 0; i < source->kept[level].count; i++)
		{
			const OeVersion *version = &source->kept[level].items[i];

			add_change(&changes, version->row.valid_from);
			add_change(&changes, version->row.valid_to);
			add_change(&changes, version->until);
		}
	if (changes.count > 0)
		qsort(changes.instants, changes.count, sizeof(TimestampTz), compare_backwards);
	for (int i = 0; i < changes.count; i++)
		if (i == 0 || changes.instants[i] != changes.instants[i - 1])
			changes.instants[distinct++] = changes.instants[i];
	changes.count = distinct;
	return changes;
}

static void
add_change(OeInstants *changes, TimestampTz instant)
{
	if (instant > changes->until || (instant <= changes->since && changes->since != DT_NOBEGIN))
		return;
	OE_GROW(changes->instants, changes->count, changes->capacity);
	changes->instants[changes->count++] = instant;
}

static int
compare_backwards(const void *a, const void *b)
{
	TimestampTz x = *(const TimestampTz *) a;
	TimestampTz y = *(const TimestampTz *) b;

	return (x < y) - (x > y);
}

/* So many times the days, of 24 hours: somewhere there. Where there is no such instant, the beginning of time. */
static TimestampTz
some_days_before(TimestampTz at, int32 days, int times)
{
	int64		reach = (int64) days * times;

	if (TIMESTAMP_NOT_FINITE(at) || reach > (at - MIN_TIMESTAMP) / USECS_PER_DAY)
		return DT_NOBEGIN;
	return at - reach * USECS_PER_DAY;
}

/* By the decision itself, from the start: what is asked for first, and what a sheet asked at a change. */
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
