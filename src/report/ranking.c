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
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "access/actor.h"
#include "decide/listing.h"
#include "decide/visibility.h"
#include "report/sight.h"
#include "storage/answer.h"
#include "storage/schema.h"
#include "storage/statement.h"
#include "storage/texts.h"

/* Attributes of ranked_offer. */
enum
{
	RANKED_CURRENCY,
	RANKED_PRICE_MODE,
	RANKED_OFFER_ID,
	RANKED_TITLE,
	RANKED_MERCHANT_NAME,
	RANKED_AMOUNT,
	RANKED_PLACE,
	RANKED_OFFERS,
	RANKED_COUNT
};

static const OeArguments ranking_arguments = {.store = 1};

/* The SQL path: list_offers answers by price, ties by offer_reference, as a listing of probes is ordered. */
#define RANKING_ARGUMENTS 4

static OeStatement rank_offers = {
	"SELECT o.offer_id, l.title, l.merchant_name, l.amount, o.merchant_id"
	"  FROM offerengine.list_offers($1, $2, $3, $4) WITH ORDINALITY l"
	"  JOIN offerengine.offer o ON o.offer_reference OPERATOR(pg_catalog.=) l.offer_reference"
	" ORDER BY l.ordinality",
	RANKING_ARGUMENTS, {TEXTOID, TEXTOID, TEXTOID, TEXTOID}
};

#define LISTED_COLUMNS 5

/* What is kept between the calls of one place in a statement. */
typedef struct OeKept
{
	MemoryContext context;
	OeSight		sight;
	bool		sees_all;
	struct merchants_hash *merchants;
} OeKept;

/* For whom an answer is made, and in what. */
typedef struct OeRanking
{
	ReturnSetInfo *rsinfo;
	const OeKept *kept;
	text	   *currency;
	const char *price_mode;
} OeRanking;

static const OeKept *keep(FmgrInfo *flinfo);
static void put_listing(OeRanking *ranking, const OeListing *listing);
static void rank_by_sql(OeRanking *ranking, const OeListingQuestion *asked, text *sku);
static void put_ranked(OeRanking *ranking, Datum *listed, bool *nulls, int place, int offers);

PG_FUNCTION_INFO_V1(oe_report_offers);
Datum
oe_report_offers(PG_FUNCTION_ARGS)
{
	OeRanking	ranking = {.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo, .kept = keep(fcinfo->flinfo)};
	OeListingQuestion asked = {.sales_price_only = true, .both_modes = true, .merchants = ranking.kept->merchants};
	OeListing	listing = {NULL};
	text	   *sku = PG_GETARG_TEXT_PP(0);
	text	  **currencies;
	int			ncurrencies;
	OeReader	reader;
	bool		probing;

	oe_read_question(fcinfo, &ranking_arguments, &asked.question);
	currencies = oe_distinct_texts(PG_GETARG_ARRAYTYPE_P(2), "currencies", &ncurrencies);
	InitMaterializedSRF(fcinfo, 0);
	if (ncurrencies == 0)
		return (Datum) 0;

	asked.question.currency = currencies[0];
	probing = oe_open_for_prices(&reader, &asked.question, OE_VISIBILITY_TABLES | OE_TABLE_BIT(OE_OPERATION_POLICY));
	for (int i = 0; i < ncurrencies; i++)
	{
		asked.question.currency = ranking.currency = currencies[i];
		oe_check_question(probing ? &reader : NULL, &asked.question);
		for (int net = 0; net < 2; net++)
		{
			ranking.price_mode = net ? "net" : "gross";
			if (!probing)
				rank_by_sql(&ranking, &asked, sku);
			else if (net)
				oe_turn_listing(&listing);
			else if (i == 0)
				listing = oe_list_by_probes(&reader, &asked, &sku, 1);
			else
				oe_price_again(&reader, &asked, &listing);
			put_listing(&ranking, &listing);
		}
	}
	if (probing)
		oe_reader_close(&reader);
	return (Datum) 0;
}

static const OeKept *
keep(FmgrInfo *flinfo)
{
	OeKept	   *kept = flinfo->fn_extra;
	MemoryContext caller;

	if (kept == NULL)
	{
		kept = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(OeKept));
		kept->context = AllocSetContextCreate(flinfo->fn_mcxt, "offerengine ranking", ALLOCSET_DEFAULT_SIZES);
		flinfo->fn_extra = kept;
	}
	if (oe_still_sees(&kept->sight) && kept->merchants != NULL)
		return kept;
	oe_require_schema();
	kept->merchants = NULL;
	MemoryContextReset(kept->context);
	kept->sees_all = oe_sees_all_merchants(kept->sight.reader);
	caller = MemoryContextSwitchTo(kept->context);
	kept->merchants = oe_merchants_create();
	MemoryContextSwitchTo(caller);
	return kept;
}

static void
put_listing(OeRanking *ranking, const OeListing *listing)
{
	for (int i = 0; i < listing->noffers; i++)
	{
		const OeListedOffer *offer = &listing->offers[i];
		Datum		listed[LISTED_COLUMNS] = {
			Int64GetDatum(offer->owner.offer_id), PointerGetDatum(offer->title),
			PointerGetDatum(offer->merchant_name),
			Int64GetDatum(offer->amount), Int64GetDatum(offer->owner.merchant_id)
		};
		bool		nulls[LISTED_COLUMNS] = {false, offer->title == NULL, false, !offer->has_amount, false};

		put_ranked(ranking, listed, nulls, i + 1, listing->noffers);
	}
}

static void
rank_by_sql(OeRanking *ranking, const OeListingQuestion *asked, text *sku)
{
	Datum		values[RANKING_ARGUMENTS] = {
		PointerGetDatum(sku), PointerGetDatum(asked->question.store), PointerGetDatum(ranking->currency),
		CStringGetTextDatum(ranking->price_mode)
	};
	OeIdentity	identity;
	uint64		found;

	SPI_connect();
	identity = oe_become_owner();
	found = oe_ask(&rank_offers, values, NULL);
	oe_restore_identity(identity);
	for (uint64 i = 0; i < found; i++)
	{
		Datum		listed[LISTED_COLUMNS];
		bool		nulls[LISTED_COLUMNS];

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, listed, nulls);
		put_ranked(ranking, listed, nulls, (int) i + 1, (int) found);
	}
	SPI_finish();
}

/* Of what was listed, what the reader may see. */
static void
put_ranked(OeRanking *ranking, Datum *listed, bool *nulls, int place, int offers)
{
	Datum		values[RANKED_COUNT];
	bool		isnull[RANKED_COUNT] = {false};

	if (!ranking->kept->sees_all &&
		!oe_sees_merchant(ranking->kept->sight.reader, DatumGetInt64(listed[LISTED_COLUMNS - 1])))
		return;
	values[RANKED_CURRENCY] = PointerGetDatum(ranking->currency);
	values[RANKED_PRICE_MODE] = CStringGetTextDatum(ranking->price_mode);
	memcpy(&values[RANKED_OFFER_ID], listed, sizeof(Datum) * (LISTED_COLUMNS - 1));
	memcpy(&isnull[RANKED_OFFER_ID], nulls, sizeof(bool) * (LISTED_COLUMNS - 1));
	values[RANKED_PLACE] = Int64GetDatum(place);
	values[RANKED_OFFERS] = Int64GetDatum(offers);
	oe_put_answer(ranking->rsinfo, values, isnull);
}
