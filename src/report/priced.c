/*
 * Whether visible offers have a price, for a report view that asks of all of them. Whoever reads a view needs EXECUTE
 * on the functions in it and may call them as well: so this one takes no buyer and no instant, and tells each role only
 * of the offers that the views show it.
 *
 * A view asks offer by offer, those of a product side by side. The first of them is answered by probes of its own; with
 * the second, what the product's prices say is read at once and kept for all that follow.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "access/actor.h"
#include "decide/price_rows.h"
#include "report/sight.h"
#include "storage/grow.h"
#include "storage/schema.h"
#include "storage/statement.h"
#include "storage/texts.h"

/* Arguments, in their order. */
enum
{
	ASKED_OFFER_REFERENCE,
	ASKED_STORE,
	ASKED_CURRENCY,
	ASKED_OFFER_ID,
	ASKED_PRODUCT_ID,
	ASKED_ABSTRACT_PRODUCT_ID,
	ASKED_HAS_SHEET
};

static const OeArguments priced_arguments = {.store = ASKED_STORE, .currency = ASKED_CURRENCY};
static const OeContracts no_contracts = {NULL, 0, 0};

/* What is kept of a product in a store, in one currency. */
typedef struct OeKeptPrices
{
	OeQuestion	question;
	OePriceSource source;
	bool		loaded;			/* source has all rows, and its reader is gone */
	bool		empty;			/* there are none */
} OeKeptPrices;

/* What is kept between the calls of one place in a statement. */
typedef struct OeKept
{
	MemoryContext context;		/* of what is kept of the product */
	OeSight		sight;
	bool		sees_all;
	bool		has_product;
	int64		product_id;
	int64		abstract_product_id;
	text	   *store;
	OeKeptPrices **prices;
	int			nprices;
	int			capacity;
} OeKept;

#define PRICED_ARGUMENTS 3

static OeStatement offer_is_priced = {
	"SELECT o.merchant_id,"
	"       (offerengine.resolve_price($1, $2, $3, 'gross')).amount IS NOT NULL"
	"       OR (offerengine.resolve_price($1, $2, $3, 'net')).amount IS NOT NULL"
	"  FROM offerengine.offer o WHERE o.offer_reference OPERATOR(pg_catalog.=) $1",
	PRICED_ARGUMENTS, {TEXTOID, TEXTOID, TEXTOID}
};

static OeKept *begin_call(FunctionCallInfo fcinfo);
static OeKeptPrices *prices_in(OeKept *kept, const text *currency);
static OeKeptPrices *begin_prices(OeKept *kept, FunctionCallInfo fcinfo);
static bool is_told(OeReader *reader, const OeKept *kept, int64 offer_id);
static bool has_price(OeKeptPrices *prices, const OePriceOwner *owner);
static Datum ask_by_sql(FunctionCallInfo fcinfo);

PG_FUNCTION_INFO_V1(oe_report_is_priced);
Datum
oe_report_is_priced(PG_FUNCTION_ARGS)
{
	OeKept	   *kept;
	OeKeptPrices *prices;
	OePriceOwner owner = {.is_offer = true};
	OeReader	reader;
	MemoryContext caller;
	bool		told;
	bool		priced = false;

	if (PG_GETARG_BOOL(ASKED_HAS_SHEET))
		return ask_by_sql(fcinfo);
	kept = begin_call(fcinfo);
	owner.offer_id = PG_GETARG_INT64(ASKED_OFFER_ID);
	owner.product_id = kept->product_id;
	owner.abstract_product_id = kept->abstract_product_id;
	prices = prices_in(kept, PG_GETARG_TEXT_PP(ASKED_CURRENCY));
	if (prices != NULL && prices->loaded && kept->sees_all)
		PG_RETURN_BOOL(!prices->empty && has_price(prices, &owner));

	if (prices == NULL)
	{
		OeKeptPrices *begun = begin_prices(kept, fcinfo);

		if (!oe_open_for_prices(&reader, &begun->question, kept->sees_all ? 0 : OE_TABLE_BIT(OE_OFFER)))
			return ask_by_sql(fcinfo);
		oe_check_question(&reader, &begun->question);
		told = is_told(&reader, kept, owner.offer_id);
		if (told)
		{
			OeKeptPrices once = *begun;

			oe_price_source_init(&once.source, &reader, &once.question, &no_contracts, owner.product_id,
								 owner.abstract_product_id);
			once.source.modes.both = true;
			priced = has_price(&once, &owner);
		}
		oe_reader_close(&reader);
		caller = MemoryContextSwitchTo(kept->context);
		OE_GROW(kept->prices, kept->nprices, kept->capacity);
		kept->prices[kept->nprices++] = begun;
		MemoryContextSwitchTo(caller);
	}
	else
	{
		if (!oe_open_for_prices(&reader, &prices->question, kept->sees_all ? 0 : OE_TABLE_BIT(OE_OFFER)))
			return ask_by_sql(fcinfo);
		told = is_told(&reader, kept, owner.offer_id);
		if (told && !prices->loaded)
		{
			caller = MemoryContextSwitchTo(kept->context);
			oe_price_source_init(&prices->source, &reader, &prices->question, &no_contracts, owner.product_id,
								 owner.abstract_product_id);
			prices->source.whole_product = true;
			prices->source.modes.both = true;
			prices->empty = !oe_price_source_load(&prices->source);
			prices->loaded = true;
			MemoryContextSwitchTo(caller);
		}
		oe_reader_close(&reader);
		priced = told && !prices->empty && has_price(prices, &owner);
	}
	if (!told)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(priced);
}

/* What is kept is of the product and store that are asked about, as the snapshot of this call sees them. */
static OeKept *
begin_call(FunctionCallInfo fcinfo)
{
	OeKept	   *kept = fcinfo->flinfo->fn_extra;
	int64		product_id = PG_GETARG_INT64(ASKED_PRODUCT_ID);
	int64		abstract_product_id = PG_GETARG_INT64(ASKED_ABSTRACT_PRODUCT_ID);
	text	   *store = PG_GETARG_TEXT_PP(ASKED_STORE);

	if (kept == NULL)
	{
		kept = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(OeKept));
		kept->context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "offerengine report", ALLOCSET_DEFAULT_SIZES);
		fcinfo->flinfo->fn_extra = kept;
	}
	if (!oe_still_sees(&kept->sight))
	{
		oe_require_schema();
		kept->sees_all = oe_sees_all_merchants(kept->sight.reader);
		kept->has_product = false;
	}
	if (kept->has_product && kept->product_id == product_id && kept->abstract_product_id == abstract_product_id &&
		oe_same_text(kept->store, store))
		return kept;

	kept->has_product = false;
	MemoryContextReset(kept->context);
	kept->prices = NULL;
	kept->nprices = kept->capacity = 0;
	kept->product_id = product_id;
	kept->abstract_product_id = abstract_product_id;
	kept->store = (text *) MemoryContextAlloc(kept->context, VARSIZE_ANY(store));
	memcpy(kept->store, store, VARSIZE_ANY(store));
	kept->has_product = true;
	return kept;
}

/* NULL: this is the first offer that is asked about in the currency. */
static OeKeptPrices *
prices_in(OeKept *kept, const text *currency)
{
	for (int i = 0; i < kept->nprices; i++)
		if (oe_same_text(kept->prices[i]->question.currency, currency))
			return kept->prices[i];
	return NULL;
}

/* In the context of what is kept, with the question of this call. */
static OeKeptPrices *
begin_prices(OeKept *kept, FunctionCallInfo fcinfo)
{
	MemoryContext caller = MemoryContextSwitchTo(kept->context);
	OeKeptPrices *begun = palloc0(sizeof(OeKeptPrices));
	text	   *currency = PG_GETARG_TEXT_PP(ASKED_CURRENCY);

	oe_read_question(fcinfo, &priced_arguments, &begun->question);
	begun->question.store = kept->store;
	begun->question.currency = memcpy(palloc(VARSIZE_ANY(currency)), currency, VARSIZE_ANY(currency));
	MemoryContextSwitchTo(caller);
	return begun;
}

static bool
is_told(OeReader *reader, const OeKept *kept, int64 offer_id)
{
	OeProbe    *offer;

	if (kept->sees_all)
		return true;
	offer = oe_probe_fetch(reader, OE_BY_OFFER, Int64GetDatum(offer_id));
	return offer != NULL &&
		oe_sees_merchant(kept->sight.reader, DatumGetInt64(oe_probe_value(offer, OE_OFFER_MERCHANT_ID)));
}

/* Gross or net, of one piece. Rows stay in the mode that was asked last. */
static bool
has_price(OeKeptPrices *prices, const OePriceOwner *owner)
{
	const OeQuestion *question = &prices->question;

	for (int i = 0; i < 2; i++)
	{
		OeOwnedCandidates owned;
		OePriceList list;

		if (i > 0)
			oe_price_source_turn(&prices->source);
		oe_candidates_init(&owned, &prices->source, owner);
		list = oe_price_list(&owned.candidates, question, question->price_type, NULL);
		if (oe_choose_price(&list, &question->policy, question->quantity, NULL).row != NULL)
			return true;
	}
	return false;
}

static Datum
ask_by_sql(FunctionCallInfo fcinfo)
{
	Oid			reader = GetUserId();
	Datum		values[PRICED_ARGUMENTS] = {
		PG_GETARG_DATUM(ASKED_OFFER_REFERENCE), PG_GETARG_DATUM(ASKED_STORE), PG_GETARG_DATUM(ASKED_CURRENCY)
	};
	OeIdentity	identity;
	bool		is_told = false;
	bool		is_priced = false;

	oe_require_schema();
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
