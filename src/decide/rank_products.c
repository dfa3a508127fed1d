/*
 * Answers how products follow one another on a page of a category, by the customer's own prices: rank_products.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "decide/listing.h"
#include "decide/spec.h"
#include "decide/visibility.h"
#include "storage/answer.h"
#include "storage/parameters.h"
#include "storage/texts.h"

/* Attributes of ranked_product. */
enum
{
	RANKED_POSITION,
	RANKED_SKU,
	RANKED_OFFER_REFERENCE,
	RANKED_AMOUNT,
	RANKED_LOWEST_AMOUNT,
	RANKED_HIGHEST_AMOUNT,
	RANKED_OFFERS,
	RANKED_TOTAL,
	RANKED_COUNT
};

/* A product with visible offers. */
typedef struct OeRankedProduct
{
	const OeListedOffer *offer; /* the first of its listing: what the product is ranked by */
	int			noffers;
	bool		has_amount;		/* of any of its offers */
	int64		lowest_amount;
	int64		highest_amount;
} OeRankedProduct;

static const OeArguments ranking_arguments = {
	.store = 1, .currency = 2, .price_mode = 3, .quantity = 4, .buyer = 5, .country = 6, .at = 7
};

/* A page of a ranking. */
typedef struct OePage
{
	int32		max_rows;
	int32		skip;
} OePage;

static void read_ranking_question(FunctionCallInfo fcinfo, OeListingQuestion *asked, OePage *page);
static OeRankedProduct *rank_products(const OeListing *listing, text *order_by, int *nranked);
static OeRankedProduct ranked_product(const OeListedOffer *offers, int noffers);
static void put_ranked(ReturnSetInfo *rsinfo, const OeRankedProduct *product, int position, int total);
static OeSpecResult *rank_by_sql(const OeListingQuestion *asked, const OePage *page, text **skus, int nskus);

PG_FUNCTION_INFO_V1(oe_rank_products);
Datum
oe_rank_products(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			nskus = 0;
	text	  **skus = PG_ARGISNULL(0) ? NULL : oe_distinct_texts(PG_GETARG_ARRAYTYPE_P(0), "skus", &nskus);
	OeListingQuestion asked;
	OePage		page;
	OeReader	reader;

	read_ranking_question(fcinfo, &asked, &page);
	InitMaterializedSRF(fcinfo, 0);

	if (oe_open_for_prices(&reader, &asked.question, OE_VISIBILITY_TABLES | OE_TABLE_BIT(OE_OPERATION_POLICY)))
	{
		OeListing	listing;
		OeRankedProduct *ranked;
		int			nranked;

		oe_check_question(&reader, &asked.question);
		listing = oe_list_by_probes(&reader, &asked, skus, nskus);
		oe_reader_close(&reader);
		ranked = rank_products(&listing, asked.order_by, &nranked);
		for (int i = page.skip; i < nranked && i - page.skip < page.max_rows; i++)
			put_ranked(rsinfo, &ranked[i], i + 1, nranked);
	}
	else
	{
		oe_check_question(NULL, &asked.question);
		if (nskus > 0)
			oe_spec_put(rsinfo, rank_by_sql(&asked, &page, skus, nskus));
	}
	return (Datum) 0;
}

static void
read_ranking_question(FunctionCallInfo fcinfo, OeListingQuestion *asked, OePage *page)
{
	memset(asked, 0, sizeof(OeListingQuestion));
	oe_read_question(fcinfo, &ranking_arguments, &asked->question);
	asked->order_by = PG_ARGISNULL(8) ? cstring_to_text("price") : PG_GETARG_TEXT_PP(8);
	asked->by_availability = oe_text_is(asked->order_by, "availability");
	asked->sales_price_only = true;
	if (!asked->by_availability && !oe_text_is(asked->order_by, "price") &&
		!oe_text_is(asked->order_by, "price_descending"))
	{
		const char *shown = oe_shown(asked->order_by);

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown order \"%s\"", shown),
				 errhint("Products are ordered by price, price_descending or availability.")));
	}
	page->max_rows = PG_ARGISNULL(9) ? 20 : PG_GETARG_INT32(9);
	page->skip = PG_ARGISNULL(10) ? 0 : PG_GETARG_INT32(10);
	oe_check_at_least(page->max_rows, 0, "max_rows");
	oe_check_at_least(page->skip, 0, "skip");
}

/* Products without a price last, whatever the direction. */
static int
compare_products(const OeListedOffer *x, const OeListedOffer *y, int direction)
{
	if (x->has_amount != y->has_amount)
		return x->has_amount ? -1 : 1;
	if (x->has_amount && x->amount != y->amount)
		return x->amount < y->amount ? -direction : direction;
	return oe_compare_texts(x->sku, y->sku);
}

static int
compare_products_ascending(const void *a, const void *b)
{
	return compare_products(((const OeRankedProduct *) a)->offer, ((const OeRankedProduct *) b)->offer, 1);
}

static int
compare_products_descending(const void *a, const void *b)
{
	return compare_products(((const OeRankedProduct *) a)->offer, ((const OeRankedProduct *) b)->offer, -1);
}

static int
compare_products_available(const void *a, const void *b)
{
	const OeListedOffer *x = ((const OeRankedProduct *) a)->offer;
	const OeListedOffer *y = ((const OeRankedProduct *) b)->offer;
	int			order = oe_compare_stock(x, y);

	return order != 0 ? order : compare_products(x, y, 1);
}

/* The products that have visible offers, in order. */
static OeRankedProduct *
rank_products(const OeListing *listing, text *order_by, int *nranked)
{
	OeRankedProduct *ranked = palloc(sizeof(OeRankedProduct) * Max(1, listing->nproducts));
	int			start = 0;

	*nranked = 0;
	for (int i = 0; i < listing->nproducts; i++)
	{
		if (listing->ends[i] > start)
			ranked[(*nranked)++] = ranked_product(&listing->offers[start], listing->ends[i] - start);
		start = listing->ends[i];
	}
	qsort(ranked, *nranked, sizeof(OeRankedProduct),
		  oe_text_is(order_by, "availability") ? compare_products_available :
		  oe_text_is(order_by, "price") ? compare_products_ascending : compare_products_descending);
	return ranked;
}

static OeRankedProduct
ranked_product(const OeListedOffer *offers, int noffers)
{
	OeRankedProduct product = {.offer = offers, .noffers = noffers};

	for (int i = 0; i < noffers; i++)
	{
		if (!offers[i].has_amount)
			continue;
		if (!product.has_amount || offers[i].amount < product.lowest_amount)
			product.lowest_amount = offers[i].amount;
		if (!product.has_amount || offers[i].amount > product.highest_amount)
			product.highest_amount = offers[i].amount;
		product.has_amount = true;
	}
	return product;
}

static void
put_ranked(ReturnSetInfo *rsinfo, const OeRankedProduct *product, int position, int total)
{
	Datum		values[RANKED_COUNT] = {0};
	bool		isnull[RANKED_COUNT] = {false};

	values[RANKED_POSITION] = Int32GetDatum(position);
	oe_put_text(values, isnull, RANKED_SKU, product->offer->sku);
	oe_put_text(values, isnull, RANKED_OFFER_REFERENCE, product->offer->offer_reference);
	values[RANKED_AMOUNT] = Int64GetDatum(product->offer->amount);
	isnull[RANKED_AMOUNT] = !product->offer->has_amount;
	values[RANKED_LOWEST_AMOUNT] = Int64GetDatum(product->lowest_amount);
	isnull[RANKED_LOWEST_AMOUNT] = !product->has_amount;
	values[RANKED_HIGHEST_AMOUNT] = Int64GetDatum(product->highest_amount);
	isnull[RANKED_HIGHEST_AMOUNT] = !product->has_amount;
	values[RANKED_OFFERS] = Int32GetDatum(product->noffers);
	values[RANKED_TOTAL] = Int32GetDatum(total);
	oe_put_answer(rsinfo, values, isnull);
}

static OeSpecResult *
rank_by_sql(const OeListingQuestion *asked, const OePage *page, text **skus, int nskus)
{
	const OeQuestion *question = &asked->question;
	OeParameters arguments = {0};

	oe_add_value(&arguments, oe_text_array(skus, nskus));
	oe_add_text(&arguments, question->store);
	oe_add_text(&arguments, question->currency);
	oe_add_string(&arguments, oe_price_mode_name(question));
	oe_add_value(&arguments, Int32GetDatum(question->quantity));
	oe_add_text(&arguments, question->buyer);
	oe_add_text(&arguments, question->country);
	oe_add_value(&arguments, TimestampTzGetDatum(question->at));
	oe_add_text(&arguments, asked->order_by);
	oe_add_value(&arguments, Int32GetDatum(page->max_rows));
	oe_add_value(&arguments, Int32GetDatum(page->skip));
	return oe_spec_query(OE_SPEC_RANK_PRODUCTS, arguments.values, arguments.nulls);
}
