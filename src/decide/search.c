/*
 * Answers which visible offers a term finds: search_offers. What is found says search_hits; here it is priced, put in
 * order, and the page is listed as list_offers does.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "decide/listing.h"
#include "decide/resolve.h"
#include "decide/search_names.h"
#include "decide/visibility.h"
#include "storage/answer.h"
#include "storage/texts.h"

/* Attributes of offer_search_hit behind those of offer_listing. */
enum
{
	FOUND_SIMILARITY = OE_LISTING_COUNT,
	FOUND_TOTAL,
	FOUND_COUNT
};

/* What the caller asks for. */
typedef struct Asked
{
	OeListingQuestion listing;
	text	   *term;
	NullableDatum merchant_references;
	int32		max_rows;
	int32		skip;
} Asked;

/* A visible offer that the term finds. */
typedef struct Found
{
	OeSearchHit hit;
	bool		has_amount;
	int64		amount;
} Found;

static void read_asked(FunctionCallInfo fcinfo, Asked *asked);
static text *trimmed(text *term);
static Found *find(const Asked *asked, int *total);
static int	price_near(OeReader *reader, const Asked *asked, Found *found, int total);
static void put_page(ReturnSetInfo *rsinfo, OeReader *reader, const Asked *asked, Found *page, int count, int total);
static OeSpecResult *search_by_sql(const Asked *asked);

PG_FUNCTION_INFO_V1(oe_search_offers);
Datum
oe_search_offers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Asked		asked;
	OeReader	reader;
	bool		probing;

	read_asked(fcinfo, &asked);
	probing = oe_open_for_prices(&reader, &asked.listing.question,
								 OE_VISIBILITY_TABLES | OE_TABLE_BIT(OE_OPERATION_POLICY));
	oe_check_question(probing ? &reader : NULL, &asked.listing.question);
	oe_check_at_least(asked.max_rows, 0, "max_rows");
	oe_check_at_least(asked.skip, 0, "skip");
	if (!asked.merchant_references.isnull)
		oe_check_one_dimension(DatumGetArrayTypeP(asked.merchant_references.value), "merchant_references");
	InitMaterializedSRF(fcinfo, 0);

	if (asked.term != NULL && probing)
	{
		int			total;
		Found	   *found = find(&asked, &total);
		int			near = price_near(&reader, &asked, found, total);

		if (asked.skip < near)
			put_page(rsinfo, &reader, &asked, &found[asked.skip], Min(near - asked.skip, asked.max_rows), total);
	}
	else if (asked.term != NULL)
		oe_spec_put(rsinfo, search_by_sql(&asked));
	if (probing)
		oe_reader_close(&reader);
	return (Datum) 0;
}

static void
read_asked(FunctionCallInfo fcinfo, Asked *asked)
{
	static const OeArguments positions = {
		.store = 1, .currency = 2, .price_mode = 3, .quantity = 4, .buyer = 5, .country = 6, .at = 10
	};

	memset(asked, 0, sizeof(Asked));
	oe_read_question(fcinfo, &positions, &asked->listing.question);
	asked->listing.order_by = cstring_to_text("price");
	asked->term = PG_ARGISNULL(0) ? NULL : trimmed(PG_GETARG_TEXT_PP(0));
	asked->merchant_references.isnull = PG_ARGISNULL(7);
	asked->merchant_references.value = PG_ARGISNULL(7) ? (Datum) 0 : PG_GETARG_DATUM(7);
	asked->max_rows = PG_ARGISNULL(8) ? 20 : PG_GETARG_INT32(8);
	asked->skip = PG_ARGISNULL(9) ? 0 : PG_GETARG_INT32(9);
}

/* Bytes of the longest name that there may be. What somebody pastes may have any length, a text search has not. */
#define LONGEST_TERM (255 * 4)

/*
 * Without blanks, tabs and line ends around it; of a term longer than all names, the beginning. NULL: nothing is left.
 */
static text *
trimmed(text *term)
{
	const char *start = VARDATA_ANY(term);
	int			length = VARSIZE_ANY_EXHDR(term);

	while (length > 0 && strchr(" \t\r\n", start[length - 1]) != NULL)
		length--;
	while (length > 0 && strchr(" \t\r\n", *start) != NULL)
	{
		start++;
		length--;
	}
	return length == 0 ? NULL : cstring_to_text_with_len(start, pg_mbcliplen(start, length, LONGEST_TERM));
}

static Found *
find(const Asked *asked, int *total)
{
	const OeQuestion *question = &asked->listing.question;
	OeSearchHit *hits = oe_search_hits_of(asked->term, question->store, asked->merchant_references, question->at,
										  total);
	Found	   *found = palloc0(sizeof(Found) * Max(1, *total));

	for (int i = 0; i < *total; i++)
		found[i].hit = hits[i];
	return found;
}

static int
compare_similarity(const Found *x, const Found *y)
{
	return (x->hit.similarity < y->hit.similarity) - (x->hit.similarity > y->hit.similarity);
}

static int
compare_similar(const void *a, const void *b)
{
	return compare_similarity(a, b);
}

/* By similarity, amount, none last, and reference. */
static int
compare_found(const void *a, const void *b)
{
	const Found *x = a;
	const Found *y = b;
	int			order = compare_similarity(x, y);

	if (order != 0)
		return order;
	if (x->has_amount != y->has_amount)
		return x->has_amount ? -1 : 1;
	if (x->has_amount && x->amount != y->amount)
		return x->amount < y->amount ? -1 : 1;
	return oe_compare_texts(x->hit.offer_reference, y->hit.offer_reference);
}

/*
 * Puts them in order and returns how many of them, from the first on, are priced: who is less similar than what fills
 * the page does not come to it, whatever the price.
 */
static int
price_near(OeReader *reader, const Asked *asked, Found *found, int total)
{
	int64		end = (int64) asked->skip + asked->max_rows;
	int			near = total;
	MemoryContext offer_context;
	OeSheets	sheets;

	qsort(found, total, sizeof(Found), compare_similar);
	if (end < total)
		for (near = (int) end; near > 0 && near < total; near++)
			if (compare_similarity(&found[near - 1], &found[near]) != 0)
				break;

	oe_sheets_init(&sheets, &asked->listing.question);
	offer_context = AllocSetContextCreate(CurrentMemoryContext, "offerengine offer", ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < near; i++)
	{
		MemoryContext caller = MemoryContextSwitchTo(offer_context);

		CHECK_FOR_INTERRUPTS();
		found[i].has_amount = oe_amount_of_visible(reader, &asked->listing.question, &sheets, found[i].hit.offer_id,
												   &found[i].amount);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(offer_context);
	}
	MemoryContextDelete(offer_context);
	oe_sheets_close(&sheets);
	qsort(found, near, sizeof(Found), compare_found);
	return near;
}

static const OeListedOffer *
listed_as(const OeListing *listing, int64 offer_id)
{
	for (int i = 0; i < listing->noffers; i++)
		if (listing->offers[i].owner.offer_id == offer_id)
			return &listing->offers[i];
	return NULL;
}

/* The products of the page are listed, since each says which of its offers is the cheapest. */
static void
put_page(ReturnSetInfo *rsinfo, OeReader *reader, const Asked *asked, Found *page, int count, int total)
{
	text	  **skus = palloc(sizeof(text *) * Max(1, count));
	int			nskus = 0;
	OeListing	listing;

	for (int i = 0; i < count; i++)
	{
		int			j = 0;

		while (j < nskus && !oe_same_text(skus[j], page[i].hit.sku))
			j++;
		if (j == nskus)
			skus[nskus++] = page[i].hit.sku;
	}
	listing = oe_list_by_probes(reader, &asked->listing, skus, nskus);
	for (int i = 0; i < count; i++)
	{
		const OeListedOffer *offer = listed_as(&listing, page[i].hit.offer_id);
		Datum		values[FOUND_COUNT] = {0};
		bool		isnull[FOUND_COUNT] = {false};

		if (offer == NULL)
			continue;
		oe_fill_listing(&asked->listing, offer, values, isnull);
		values[FOUND_SIMILARITY] = Float4GetDatum(page[i].hit.similarity);
		values[FOUND_TOTAL] = Int32GetDatum(total);
		oe_put_answer(rsinfo, values, isnull);
	}
}

static OeSpecResult *
search_by_sql(const Asked *asked)
{
	const OeQuestion *question = &asked->listing.question;
	OeParameters arguments = {0};

	oe_add_text(&arguments, asked->term);
	oe_add_place(&arguments, question);
	oe_add_value(&arguments, Int32GetDatum(question->quantity));
	oe_add_text(&arguments, question->buyer);
	oe_add_text(&arguments, question->country);
	oe_add_parameter(&arguments, asked->merchant_references.value, asked->merchant_references.isnull);
	oe_add_value(&arguments, Int32GetDatum(asked->max_rows));
	oe_add_value(&arguments, Int32GetDatum(asked->skip));
	oe_add_value(&arguments, TimestampTzGetDatum(question->at));
	return oe_spec_query(OE_SPEC_SEARCH_OFFERS, arguments.values, arguments.nulls);
}
