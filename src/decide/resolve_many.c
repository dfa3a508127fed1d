/*
 * Answers what the offers of a cart or a watch list cost, resolve_prices.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "decide/price_rows.h"
#include "decide/resolve.h"
#include "decide/visibility.h"
#include "storage/parameters.h"
#include "storage/texts.h"

static const OeArguments cart_arguments = {
	.store = 1, .currency = 2, .price_mode = 3, .buyer = 5, .country = 6, .price_type = 7, .at = 8
};

/* Attributes of cart_price in front of those of price_result. */
#define CART_COLUMNS 2

static void put_cart_by_probes(ReturnSetInfo *rsinfo, OeReader *reader, OeQuestion *question, const OeCart *cart);
static void put_cart_by_sql(ReturnSetInfo *rsinfo, OeQuestion *question, const OeCart *cart);

PG_FUNCTION_INFO_V1(oe_resolve_prices);
Datum
oe_resolve_prices(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	OeQuestion	question;
	OeReader	reader;
	OeCart		cart;

	oe_read_question(fcinfo, &cart_arguments, &question);
	cart = oe_read_cart(fcinfo);
	InitMaterializedSRF(fcinfo, 0);

	if (oe_open_for_prices(&reader, &question, OE_VISIBILITY_TABLES))
	{
		oe_check_question(&reader, &question);
		put_cart_by_probes(rsinfo, &reader, &question, &cart);
		oe_reader_close(&reader);
	}
	else
	{
		oe_check_question(NULL, &question);
		if (cart.count > 0)
			put_cart_by_sql(rsinfo, &question, &cart);
	}
	return (Datum) 0;
}

/* One place for each reference; the array's own subscripts do not matter. */
OeCart
oe_read_cart(FunctionCallInfo fcinfo)
{
	OeCart		cart = {NULL, NULL, 0};
	int			nquantities;
	Datum	   *quantities;
	bool	   *isnull;

	if (PG_ARGISNULL(0))
		return cart;
	cart.references = oe_read_texts(PG_GETARG_ARRAYTYPE_P(0), "offer_references", &cart.count);
	cart.quantities = palloc(sizeof(int32) * Max(1, cart.count));
	for (int i = 0; i < cart.count; i++)
		cart.quantities[i] = 1;
	if (PG_ARGISNULL(4))
		return cart;

	oe_check_one_dimension(PG_GETARG_ARRAYTYPE_P(4), "quantities");
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(4), INT4OID, sizeof(int32), true, TYPALIGN_INT, &quantities, &isnull,
					  &nquantities);
	if (nquantities != cart.count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("quantities has %d elements, offer_references has %d", nquantities, cart.count),
				 errhint("Give one quantity for each offer reference, or none at all.")));
	for (int i = 0; i < nquantities; i++)
	{
		if (isnull[i])
			continue;
		cart.quantities[i] = DatumGetInt32(quantities[i]);
		oe_check_quantity(cart.quantities[i]);
	}
	return cart;
}

static void
put_cart_row(ReturnSetInfo *rsinfo, OeQuestion *question, int place, text *reference, Datum *values, bool *isnull)
{
	oe_put_price_detail(question, reference, OE_SPEC_RESOLVE_PRICE, &values[CART_COLUMNS], &isnull[CART_COLUMNS]);
	values[0] = Int32GetDatum(place + 1);
	values[1] = PointerGetDatum(reference);
	isnull[0] = false;
	isnull[1] = reference == NULL;
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, isnull);
}

/* Scans stay open from place to place; what a place allocates goes with it. */
static void
put_cart_by_probes(ReturnSetInfo *rsinfo, OeReader *reader, OeQuestion *question, const OeCart *cart)
{
	MemoryContext place_context = AllocSetContextCreate(CurrentMemoryContext, "offerengine place",
														ALLOCSET_DEFAULT_SIZES);
	OeSheets	sheets;

	oe_sheets_init(&sheets, question);
	for (int i = 0; i < cart->count; i++)
	{
		MemoryContext caller = MemoryContextSwitchTo(place_context);
		Datum		values[CART_COLUMNS + OE_RESULT_COUNT] = {0};
		bool		isnull[CART_COLUMNS + OE_RESULT_COUNT];

		CHECK_FOR_INTERRUPTS();
		memset(isnull, true, sizeof(isnull));
		question->quantity = cart->quantities[i];
		oe_resolve_offer(reader, question, &sheets, cart->references[i], &values[CART_COLUMNS], &isnull[CART_COLUMNS]);
		put_cart_row(rsinfo, question, i, cart->references[i], values, isnull);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(place_context);
	}
	oe_sheets_close(&sheets);
	MemoryContextDelete(place_context);
}

static ArrayType *
texts_array(text **texts, int count)
{
	Datum	   *values = palloc(sizeof(Datum) * Max(1, count));
	bool	   *isnull = palloc(sizeof(bool) * Max(1, count));
	int			dims[1] = {count};
	int			lower[1] = {1};

	for (int i = 0; i < count; i++)
	{
		values[i] = PointerGetDatum(texts[i]);
		isnull[i] = texts[i] == NULL;
	}
	return construct_md_array(values, isnull, 1, dims, lower, TEXTOID, -1, false, TYPALIGN_INT);
}

void
oe_add_cart(OeParameters *arguments, const OeQuestion *question, const OeCart *cart)
{
	Datum	   *quantities = palloc(sizeof(Datum) * Max(1, cart->count));

	for (int i = 0; i < cart->count; i++)
		quantities[i] = Int32GetDatum(cart->quantities[i]);
	oe_add_value(arguments, PointerGetDatum(texts_array(cart->references, cart->count)));
	oe_add_place(arguments, question);
	oe_add_value(arguments, PointerGetDatum(construct_array(quantities, cart->count, INT4OID, sizeof(int32), true,
															TYPALIGN_INT)));
	oe_add_text(arguments, question->buyer);
	oe_add_text(arguments, question->country);
}

static void
put_cart_by_sql(ReturnSetInfo *rsinfo, OeQuestion *question, const OeCart *cart)
{
	OeParameters arguments = {0};
	OeSpecResult *result;

	oe_add_cart(&arguments, question, cart);
	oe_add_text(&arguments, question->price_type);
	oe_add_value(&arguments, TimestampTzGetDatum(question->at));
	result = oe_spec_query(OE_SPEC_RESOLVE_PRICES, arguments.values, arguments.nulls);
	for (int i = 0; i < result->nrows; i++)
	{
		question->quantity = cart->quantities[i];
		put_cart_row(rsinfo, question, i, cart->references[i], &result->values[i * result->ncolumns],
					 &result->isnull[i * result->ncolumns]);
	}
}
