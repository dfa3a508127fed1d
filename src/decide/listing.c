/*
 * Answers which visible offers there are of a product, or of many, with their prices, cheapest first: list_offers and
 * default_offer.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "decide/listing.h"
#include "decide/redirect.h"
#include "decide/spec.h"
#include "decide/visibility.h"
#include "storage/answer.h"
#include "storage/grow.h"
#include "storage/texts.h"

/* What a listing shows of a merchant; remembered within one call, so within one snapshot. */
typedef struct OeMerchantEntry
{
	int64		merchant_id;
	char		status;			/* simplehash's */
	bool		shown;
	bool		contracts_loaded;
	text	   *merchant_reference;
	text	   *name;
} OeMerchantEntry;

#define SH_PREFIX merchants
#define SH_ELEMENT_TYPE OeMerchantEntry
#define SH_KEY_TYPE int64
#define SH_KEY merchant_id
#define SH_HASH_KEY(table, key) murmurhash32((uint32) (key) ^ (uint32) ((key) >> 32))
#define SH_EQUAL(table, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* Attributes of offer_listing. */
enum
{
	LISTING_SKU,
	LISTING_OFFER_REFERENCE,
	LISTING_TITLE,
	LISTING_MERCHANT_REFERENCE,
	LISTING_MERCHANT_NAME,
	LISTING_AMOUNT,
	LISTING_ORIGINAL_AMOUNT,
	LISTING_CURRENCY,
	LISTING_PRICE_SOURCE,
	LISTING_MIN_QUANTITY,
	LISTING_IS_DEFAULT,
	LISTING_REDIRECTED_FROM,
	LISTING_AVAILABLE,
	LISTING_IS_PURCHASABLE,
	LISTING_NEXT_AMOUNT,
	LISTING_NEXT_FROM			/* the last, OE_LISTING_COUNT - 1 */
};

static const OeArguments listing_arguments = {
	.store = 1, .currency = 2, .price_mode = 3, .quantity = 4, .buyer = 5, .country = 6, .at = 7
};

static void answer(FunctionCallInfo fcinfo, OeSpecQuery query, text **skus, int nskus, text *selected_offer);
static const OeListedOffer *choose_offer(const OeListing *listing, const text *selected_offer);
static void read_listing_question(FunctionCallInfo fcinfo, OeListingQuestion *asked);
static bool read_order(text *order_by);
static void refuse_array(text *sku);
static void find_offers(OeReader *reader, const OeQuestion *question, merchants_hash *merchants, text *sku,
						OeListing *listing);
static bool add_offer(OeReader *reader, const OeQuestion *question, merchants_hash *merchants, OeProbe *row, text *sku,
					  OeListing *listing);
static void load_contracts(OeReader *reader, const OeQuestion *question, merchants_hash *merchants,
						   OeContracts *contracts, const OeListing *listing, int start);
static void redirect_offers(OeRedirection *redirection, const OeListingQuestion *asked, merchants_hash *merchants,
							text *sku, OeListing *listing, int start);
static void add_instead(OeRedirection *redirection, const OeQuestion *question, merchants_hash *merchants, text *sku,
						OeListing *listing, int start, int place);
static const OeMerchantEntry *find_merchant(OeReader *reader, merchants_hash *merchants, int64 merchant_id);
static void load_availability(const OeQuestion *question, OeListing *listing);
static void load_next_steps(const OeQuestion *question, OeListing *listing);
static void put_offer(ReturnSetInfo *rsinfo, const OeListingQuestion *asked, const OeListedOffer *offer);
static OeSpecResult *list_by_sql(const OeListingQuestion *asked, OeSpecQuery query, text **skus, int nskus,
								 text *selected_offer);

PG_FUNCTION_INFO_V1(oe_list_offers);
Datum
oe_list_offers(PG_FUNCTION_ARGS)
{
	text	   *sku = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);

	if (sku != NULL)
		refuse_array(sku);
	answer(fcinfo, OE_SPEC_LIST_OFFERS, &sku, sku == NULL ? 0 : 1, NULL);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(oe_list_offers_of_many);
Datum
oe_list_offers_of_many(PG_FUNCTION_ARGS)
{
	int			nskus = 0;
	text	  **skus = PG_ARGISNULL(0) ? NULL : oe_distinct_texts(PG_GETARG_ARRAYTYPE_P(0), "skus", &nskus);

	answer(fcinfo, OE_SPEC_LIST_OFFERS, skus, nskus, NULL);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(oe_default_offer);
Datum
oe_default_offer(PG_FUNCTION_ARGS)
{
	text	   *sku = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	text	   *selected_offer = PG_ARGISNULL(11) ? NULL : PG_GETARG_TEXT_PP(11);

	answer(fcinfo, OE_SPEC_DEFAULT_OFFER, &sku, sku == NULL ? 0 : 1, selected_offer);
	return (Datum) 0;
}

static void
answer(FunctionCallInfo fcinfo, OeSpecQuery query, text **skus, int nskus, text *selected_offer)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	OeListingQuestion asked;
	OeReader	reader;

	read_listing_question(fcinfo, &asked);
	asked.selected_offer = selected_offer;
	InitMaterializedSRF(fcinfo, 0);

	if (oe_open_for_prices(&reader, &asked.question,
						   OE_VISIBILITY_TABLES | OE_TABLE_BIT(OE_OPERATION_POLICY) |
						   (asked.customer_reference != NULL ? OE_REDIRECT_TABLES : 0)))
	{
		OeListing	listing;

		oe_check_question(&reader, &asked.question);
		listing = oe_list_by_probes(&reader, &asked, skus, nskus);
		oe_reader_close(&reader);
		if (query == OE_SPEC_DEFAULT_OFFER)
		{
			const OeListedOffer *offer = choose_offer(&listing, selected_offer);

			if (offer != NULL)
				put_offer(rsinfo, &asked, offer);
			return;
		}
		for (int i = 0; i < listing.noffers; i++)
			put_offer(rsinfo, &asked, &listing.offers[i]);
	}
	else
	{
		oe_check_question(NULL, &asked.question);
		if (nskus > 0)
			oe_spec_put(rsinfo, list_by_sql(&asked, query, skus, nskus, selected_offer));
	}
}

/*
 * A driver that binds an array as text, or a literal without a cast, would otherwise ask for a product that nobody has
 * and be told that it has no offers.
 */
static void
refuse_array(text *sku)
{
	const char *start = VARDATA_ANY(sku);
	int			length = VARSIZE_ANY_EXHDR(sku);

	if (length >= 2 && start[0] == '{' && start[length - 1] == '}')
	{
		const char *shown = oe_shown(sku);

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("one SKU is asked for, not an array: \"%s\"", shown),
				 errhint("Call list_offers_many(), or cast the argument to text[].")));
	}
}

/* The default offer, or the selected one, or what that is listed as. NULL: none of them is listed. */
static const OeListedOffer *
choose_offer(const OeListing *listing, const text *selected_offer)
{
	const OeListedOffer *chosen = NULL;

	for (int i = 0; i < listing->noffers; i++)
	{
		const OeListedOffer *offer = &listing->offers[i];

		if (selected_offer == NULL ? offer->is_default : oe_same_text(offer->offer_reference, selected_offer))
			return offer;
		if (listing->selected_elsewhere && offer->owner.offer_id == listing->selected_id)
			chosen = offer;
	}
	return chosen;
}

static void
read_listing_question(FunctionCallInfo fcinfo, OeListingQuestion *asked)
{
	oe_read_question(fcinfo, &listing_arguments, &asked->question);
	asked->customer_reference = PG_ARGISNULL(8) ? NULL : PG_GETARG_TEXT_PP(8);
	asked->include_availability = !PG_ARGISNULL(9) && PG_GETARG_BOOL(9);
	asked->order_by = PG_ARGISNULL(10) ? cstring_to_text("price") : PG_GETARG_TEXT_PP(10);
	asked->by_availability = read_order(asked->order_by);
	asked->sales_price_only = false;
	asked->both_modes = false;
	asked->merchants = NULL;
}

/* True for availability. */
static bool
read_order(text *order_by)
{
	if (!oe_text_is(order_by, "price") && !oe_text_is(order_by, "availability"))
	{
		const char *shown = oe_shown(order_by);

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown order \"%s\"", shown),
				 errhint("Offers are ordered by price or by availability.")));
	}
	return oe_text_is(order_by, "availability");
}

merchants_hash *
oe_merchants_create(void)
{
	return merchants_create(CurrentMemoryContext, 16, NULL);
}

/* What pricing needs is kept only while a product is priced. */
OeListing
oe_list_by_probes(OeReader *reader, const OeListingQuestion *asked, text **skus, int nskus)
{
	const OeQuestion *question = &asked->question;
	MemoryContext product_context = AllocSetContextCreate(CurrentMemoryContext, "offerengine product",
														  ALLOCSET_DEFAULT_SIZES);
	merchants_hash *merchants = asked->merchants != NULL ? asked->merchants : oe_merchants_create();
	bool		by_merchant = question->buyer != NULL && !question->policy.any_merchant;
	OeContracts contracts = {NULL, 0, 0};
	OeListing	listing = {.ends = palloc(sizeof(int) * Max(1, nskus)), .nproducts = nskus};
	OeRedirection redirection;
	OePricing	pricing;
	int			start = 0;

	if (question->buyer != NULL && !by_merchant)
		contracts = oe_load_contracts(reader, question, NULL);
	oe_redirection_init(&redirection, reader, question->at, asked->customer_reference);
	oe_pricing_init(&pricing, reader, asked, &contracts);
	for (int i = 0; i < nskus; i++)
	{
		MemoryContext caller;

		CHECK_FOR_INTERRUPTS();
		find_offers(reader, question, merchants, skus[i], &listing);
		if (asked->customer_reference != NULL)
			redirect_offers(&redirection, asked, merchants, skus[i], &listing, start);
		listing.ends[i] = listing.noffers;
		if (listing.noffers == start)
			continue;
		if (by_merchant)
			load_contracts(reader, question, merchants, &contracts, &listing, start);

		caller = MemoryContextSwitchTo(product_context);
		oe_price_offers(&pricing, &listing.offers[start], listing.noffers - start);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(product_context);
		start = listing.noffers;
	}
	MemoryContextDelete(product_context);
	oe_pricing_close(&pricing);

	if ((asked->include_availability || asked->by_availability) && listing.noffers > 0)
		load_availability(question, &listing);
	if (!asked->sales_price_only)
		load_next_steps(question, &listing);
	start = 0;
	for (int i = 0; i < nskus; i++)
	{
		oe_order_offers(&listing.offers[start], listing.ends[i] - start, asked->by_availability);
		start = listing.ends[i];
	}
	return listing;
}

/* Of the merchants of the offers from start on, each once a call. */
static void
load_contracts(OeReader *reader, const OeQuestion *question, merchants_hash *merchants, OeContracts *contracts,
			   const OeListing *listing, int start)
{
	for (int i = start; i < listing->noffers; i++)
	{
		OeMerchantEntry *merchant = merchants_lookup(merchants, listing->offers[i].owner.merchant_id);

		if (merchant->contracts_loaded)
			continue;
		merchant->contracts_loaded = true;
		oe_add_contracts(contracts, reader, question, merchant->merchant_id);
	}
}

static void
find_offers(OeReader *reader, const OeQuestion *question, merchants_hash *merchants, text *sku, OeListing *listing)
{
	NullableDatum keys[2] = {{PointerGetDatum(sku), false}, {PointerGetDatum(question->store), false}};
	OeProbe    *row = oe_probe_seek(reader, OE_BY_SKU_AND_STORE, keys);

	while (oe_probe_next(row))
	{
		CHECK_FOR_INTERRUPTS();
		(void) add_offer(reader, question, merchants, row, sku, listing);
	}
}

/* False, and nothing is added, when the offer of the row of offer_store is not visible. */
static bool
add_offer(OeReader *reader, const OeQuestion *question, merchants_hash *merchants, OeProbe *row, text *sku,
		  OeListing *listing)
{
	const OeMerchantEntry *merchant;
	OeListedOffer *offer;
	Datum		sheet;
	bool		no_sheet;

	if (!oe_window_holds(row, question->at))
		return false;
	merchant = find_merchant(reader, merchants, DatumGetInt64(oe_probe_value(row, OE_OFFER_STORE_MERCHANT_ID)));
	if (!merchant->shown)
		return false;

	OE_GROW(listing->offers, listing->noffers, listing->capacity);
	offer = &listing->offers[listing->noffers++];
	memset(offer, 0, sizeof(OeListedOffer));
	offer->owner.is_offer = true;
	offer->owner.offer_id = DatumGetInt64(oe_probe_value(row, OE_OFFER_STORE_OFFER_ID));
	offer->owner.merchant_id = merchant->merchant_id;
	offer->owner.product_id = DatumGetInt64(oe_probe_value(row, OE_OFFER_STORE_PRODUCT_ID));
	offer->owner.abstract_product_id = DatumGetInt64(oe_probe_value(row, OE_OFFER_STORE_ABSTRACT_PRODUCT_ID));
	offer->sku = sku;
	offer->offer_reference = oe_probe_text(row, OE_OFFER_STORE_OFFER_REFERENCE);
	offer->title = oe_probe_text(row, OE_OFFER_STORE_TITLE);
	offer->merchant_reference = merchant->merchant_reference;
	offer->merchant_name = merchant->name;
	offer->listed_id = offer->owner.offer_id;
	offer->is_subscription = oe_text_is(DatumGetTextPP(oe_probe_value(row, OE_OFFER_STORE_OFFER_TYPE)), "subscription");
	sheet = oe_probe_column(row, OE_OFFER_STORE_PRICE_SHEET_ID, &no_sheet);
	offer->has_sheet = !no_sheet;
	offer->price_sheet_id = no_sheet ? 0 : DatumGetInt64(sheet);
	offer->checkout_allowed = oe_checkout_allowed(&listing->checkout, reader, row);
	return true;
}

/* Only subscriptions are targets of rules. Of the offers from start on, those that are redirected go. */
static void
redirect_offers(OeRedirection *redirection, const OeListingQuestion *asked, merchants_hash *merchants, text *sku,
				OeListing *listing, int start)
{
	int			found = listing->noffers;
	int			kept = start;

	for (int i = start; i < found; i++)
	{
		OeListedOffer *offer = &listing->offers[i];
		const OeSalesRule *rule = NULL;

		if (offer->is_subscription)
			rule = oe_redirecting_rule(redirection, offer->owner.offer_id);
		if (rule != NULL)
			offer->listed_id = oe_redirected_offer(rule);
	}
	for (int i = start; i < found; i++)
		if (listing->offers[i].listed_id != listing->offers[i].owner.offer_id)
			add_instead(redirection, &asked->question, merchants, sku, listing, start, i);

	for (int i = start; i < listing->noffers; i++)
	{
		const OeListedOffer *offer = &listing->offers[i];

		if (offer->listed_id == offer->owner.offer_id)
			listing->offers[kept++] = *offer;
		else if (asked->selected_offer != NULL && oe_same_text(offer->offer_reference, asked->selected_offer))
		{
			listing->selected_elsewhere = true;
			listing->selected_id = offer->listed_id;
		}
	}
	listing->noffers = kept;
}

/*
 * Adds what the offer at the place is listed as, unless that is listed already or not visible. Of several that are
 * listed as one, redirected_from names the first.
 */
static void
add_instead(OeRedirection *redirection, const OeQuestion *question, merchants_hash *merchants, text *sku,
			OeListing *listing, int start, int place)
{
	int64		listed_id = listing->offers[place].listed_id;
	text	   *from = listing->offers[place].offer_reference;
	OeProbe    *row;

	for (int i = start; i < listing->noffers; i++)
	{
		OeListedOffer *offer = &listing->offers[i];

		if (offer->owner.offer_id != listed_id || offer->listed_id != listed_id)
			continue;
		if (offer->redirected_from != NULL && oe_compare_texts(from, offer->redirected_from) < 0)
			offer->redirected_from = from;
		return;
	}
	row = oe_probe_fetch2(redirection->reader, OE_BY_OFFER_AND_STORE, Int64GetDatum(listed_id),
						  PointerGetDatum(question->store));
	if (row != NULL && add_offer(redirection->reader, question, merchants, row, sku, listing))
		listing->offers[listing->noffers - 1].redirected_from = from;
}

static const OeMerchantEntry *
find_merchant(OeReader *reader, merchants_hash *merchants, int64 merchant_id)
{
	bool		found;
	OeMerchantEntry *entry = merchants_insert(merchants, merchant_id, &found);
	OeProbe    *row;

	if (found)
		return entry;
	row = oe_probe_fetch(reader, OE_BY_MERCHANT, Int64GetDatum(merchant_id));
	entry->contracts_loaded = false;
	entry->shown = row != NULL && oe_merchant_shown(row);
	if (entry->shown)
	{
		MemoryContext caller = MemoryContextSwitchTo(merchants->ctx);

		entry->merchant_reference = oe_probe_text(row, OE_MERCHANT_REFERENCE);
		entry->name = oe_probe_text(row, OE_MERCHANT_NAME);
		MemoryContextSwitchTo(caller);
	}
	return entry;
}

/* Of an id and a row that begins with one. */
static int
compare_id(const void *id, const void *row)
{
	int64		x = *(const int64 *) id;
	int64		y = DatumGetInt64(*(const Datum *) row);

	return (x > y) - (x < y);
}

/* An offer may be listed for several products. */
static void
load_availability(const OeQuestion *question, OeListing *listing)
{
	Datum	   *ids = palloc(sizeof(Datum) * listing->noffers);
	Numeric		nothing = int64_to_numeric(0);
	Datum		arguments[2];
	OeSpecResult *result;

	for (int i = 0; i < listing->noffers; i++)
		ids[i] = Int64GetDatum(listing->offers[i].owner.offer_id);
	arguments[0] = PointerGetDatum(construct_array(ids, listing->noffers, INT8OID, 8, FLOAT8PASSBYVAL,
												   TYPALIGN_DOUBLE));
	arguments[1] = PointerGetDatum(question->store);
	result = oe_spec_query(OE_SPEC_AVAILABILITY, arguments, NULL);

	for (int i = 0; i < listing->noffers; i++)
	{
		OeListedOffer *offer = &listing->offers[i];
		Datum	   *row = bsearch(&offer->owner.offer_id, result->values, result->nrows,
								  sizeof(Datum) * result->ncolumns, compare_id);

		offer->available = row == NULL ? nothing : DatumGetNumeric(row[1]);
		offer->pieces = row == NULL ? nothing : DatumGetNumeric(row[3]);
		offer->never_out_of_stock = row != NULL && DatumGetBool(row[2]);
	}
}

static void
load_next_steps(const OeQuestion *question, OeListing *listing)
{
	Datum	   *ids = palloc(sizeof(Datum) * Max(1, listing->noffers));
	OeNextSteps next;
	int			nids = 0;

	for (int i = 0; i < listing->noffers; i++)
		if (listing->offers[i].is_subscription)
			ids[nids++] = Int64GetDatum(listing->offers[i].owner.offer_id);
	next = oe_next_steps(question, ids, nids);
	for (int i = 0; i < listing->noffers; i++)
		listing->offers[i].next = oe_next_step(&next, listing->offers[i].owner.offer_id);
}

static int
compare_price(const void *a, const void *b)
{
	const OeListedOffer *x = *(OeListedOffer *const *) a;
	const OeListedOffer *y = *(OeListedOffer *const *) b;

	if (x->has_amount != y->has_amount)
		return x->has_amount ? -1 : 1;
	if (x->has_amount && x->amount != y->amount)
		return x->amount < y->amount ? -1 : 1;
	return oe_compare_texts(x->offer_reference, y->offer_reference);
}

int
oe_compare_stock(const OeListedOffer *x, const OeListedOffer *y)
{
	if (x->never_out_of_stock != y->never_out_of_stock)
		return x->never_out_of_stock ? -1 : 1;
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(y->available),
											 NumericGetDatum(x->available)));
}

static int
compare_availability(const void *a, const void *b)
{
	int			order = oe_compare_stock(*(OeListedOffer *const *) a, *(OeListedOffer *const *) b);

	return order != 0 ? order : compare_price(a, b);
}

void
oe_order_offers(OeListedOffer *offers, int noffers, bool by_availability)
{
	OeListedOffer **places;
	OeListedOffer *ordered;

	if (noffers == 0)
		return;
	places = palloc(sizeof(OeListedOffer *) * noffers);
	for (int i = 0; i < noffers; i++)
		places[i] = &offers[i];
	qsort(places, noffers, sizeof(OeListedOffer *), compare_price);
	for (int i = 0; i < noffers; i++)
		places[i]->is_default = i == 0 && places[i]->has_amount;
	if (by_availability)
		qsort(places, noffers, sizeof(OeListedOffer *), compare_availability);

	ordered = palloc(sizeof(OeListedOffer) * noffers);
	for (int i = 0; i < noffers; i++)
		ordered[i] = *places[i];
	memcpy(offers, ordered, sizeof(OeListedOffer) * noffers);
	pfree(ordered);
	pfree(places);
}

static bool
is_purchasable(const OeListingQuestion *asked, const OeListedOffer *offer)
{
	if (!offer->has_amount || !offer->checkout_allowed)
		return false;
	if (!(asked->include_availability || asked->by_availability) || offer->never_out_of_stock)
		return true;
	return DatumGetBool(DirectFunctionCall2(numeric_ge, NumericGetDatum(offer->pieces),
											NumericGetDatum(int64_to_numeric(asked->question.quantity))));
}

static void
put_offer(ReturnSetInfo *rsinfo, const OeListingQuestion *asked, const OeListedOffer *offer)
{
	Datum		values[OE_LISTING_COUNT] = {0};
	bool		isnull[OE_LISTING_COUNT] = {false};

	oe_fill_listing(asked, offer, values, isnull);
	oe_put_answer(rsinfo, values, isnull);
}

void
oe_fill_listing(const OeListingQuestion *asked, const OeListedOffer *offer, Datum *values, bool *isnull)
{
	oe_put_text(values, isnull, LISTING_SKU, offer->sku);
	oe_put_text(values, isnull, LISTING_OFFER_REFERENCE, offer->offer_reference);
	oe_put_text(values, isnull, LISTING_TITLE, offer->title);
	oe_put_text(values, isnull, LISTING_MERCHANT_REFERENCE, offer->merchant_reference);
	oe_put_text(values, isnull, LISTING_MERCHANT_NAME, offer->merchant_name);
	values[LISTING_AMOUNT] = Int64GetDatum(offer->amount);
	isnull[LISTING_AMOUNT] = !offer->has_amount;
	values[LISTING_ORIGINAL_AMOUNT] = Int64GetDatum(offer->original_amount);
	isnull[LISTING_ORIGINAL_AMOUNT] = !offer->has_original_amount;
	oe_put_text(values, isnull, LISTING_CURRENCY, asked->question.currency);
	oe_put_text(values, isnull, LISTING_PRICE_SOURCE,
				offer->has_amount ? cstring_to_text(offer->price_source) : NULL);
	values[LISTING_MIN_QUANTITY] = Int32GetDatum(offer->min_quantity);
	isnull[LISTING_MIN_QUANTITY] = !offer->has_amount;
	values[LISTING_IS_DEFAULT] = BoolGetDatum(offer->is_default);
	oe_put_text(values, isnull, LISTING_REDIRECTED_FROM, offer->redirected_from);
	values[LISTING_AVAILABLE] = NumericGetDatum(offer->available);
	isnull[LISTING_AVAILABLE] = !asked->include_availability;
	values[LISTING_IS_PURCHASABLE] = BoolGetDatum(is_purchasable(asked, offer));
	isnull[LISTING_NEXT_AMOUNT] = offer->next == NULL || !offer->next->has_amount;
	values[LISTING_NEXT_AMOUNT] = offer->next == NULL ? (Datum) 0 : Int64GetDatum(offer->next->amount);
	isnull[LISTING_NEXT_FROM] = offer->next == NULL || !offer->next->has_first_day;
	values[LISTING_NEXT_FROM] = offer->next == NULL ? (Datum) 0 : DateADTGetDatum(offer->next->first_day);
}

static OeSpecResult *
list_by_sql(const OeListingQuestion *asked, OeSpecQuery query, text **skus, int nskus, text *selected_offer)
{
	const OeQuestion *question = &asked->question;
	OeParameters parameters = {0};

	if (query == OE_SPEC_DEFAULT_OFFER)
		oe_add_text(&parameters, skus[0]);
	else
		oe_add_value(&parameters, oe_text_array(skus, nskus));
	oe_add_place(&parameters, question);
	oe_add_value(&parameters, Int32GetDatum(question->quantity));
	oe_add_text(&parameters, question->buyer);
	oe_add_text(&parameters, question->country);
	oe_add_value(&parameters, TimestampTzGetDatum(question->at));
	oe_add_text(&parameters, asked->customer_reference);
	oe_add_value(&parameters, BoolGetDatum(asked->include_availability));
	oe_add_text(&parameters, asked->order_by);
	oe_add_text(&parameters, selected_offer);
	return oe_spec_query(query, parameters.values, parameters.nulls);
}
