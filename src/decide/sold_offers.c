/*
 * Answers what the offers of a cart are, cost and have, in one pass: sold_offers. What it answers about prices is
 * resolve_prices, about stock view offer_store_availability.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "decide/sold_offers.h"
#include "decide/visibility.h"
#include "storage/answer.h"
#include "storage/parameters.h"
#include "storage/texts.h"

static const OeArguments sold_arguments = {
	.store = 1, .currency = 2, .price_mode = 3, .buyer = 5, .country = 6, .at = 7
};

#define ARGUMENT_CHANNEL 8
#define ARGUMENT_IS_PRICED 9
#define ARGUMENT_WITH_OTHER 10
#define ARGUMENT_NO_SUBSCRIPTIONS 11

static void put_by_probes(ReturnSetInfo *rsinfo, OeSoldPass *pass);
static void put_by_sql(ReturnSetInfo *rsinfo, const OeSoldPass *pass);
static int64 *add_up(const OeCart *cart);
static void add_price(OeSoldPass *pass, text *reference, OeSoldRow *row);
static void add_other_amount(OeSoldPass *pass, OeSoldRow *row);
static void add_offer(OeSoldPass *pass, text *reference, OeSoldRow *row);
static void add_names(OeSoldPass *pass, OeProbe *offer, OeSoldRow *row);
static void add_policy(OeSoldPass *pass, OeProbe *offer, OeSoldRow *row);
static void add_stock(OeSoldPass *pass, int64 wanted, OeSoldRow *row);
static void add_only_place(const OeStock *stock, int64 wanted, OeSoldRow *row);
static bool is_in_store(OeSoldPass *pass, const OeSoldRow *row);
static void add_stock_by_sql(OeSoldPass *pass, OeSoldRow *row);

static bool
is_set(FunctionCallInfo fcinfo, int argument)
{
	return !PG_ARGISNULL(argument) && PG_GETARG_BOOL(argument);
}

PG_FUNCTION_INFO_V1(oe_sold_offers);
Datum
oe_sold_offers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	OeSoldPass	pass = {
		.is_priced = is_set(fcinfo, ARGUMENT_IS_PRICED),
		.with_other = is_set(fcinfo, ARGUMENT_WITH_OTHER),
		.no_subscriptions = is_set(fcinfo, ARGUMENT_NO_SUBSCRIPTIONS),
		.with_names = true
	};

	InitMaterializedSRF(fcinfo, 0);
	if (oe_begin_sold_pass(fcinfo, &pass))
	{
		put_by_probes(rsinfo, &pass);
		oe_end_sold_pass(&pass);
	}
	else if (pass.cart.count > 0)
		put_by_sql(rsinfo, &pass);
	return (Datum) 0;
}

bool
oe_begin_sold_pass(FunctionCallInfo fcinfo, OeSoldPass *pass)
{
	uint32		tables = OE_VISIBILITY_TABLES | OE_STOCK_TABLES | OE_TABLE_BIT(OE_OFFER) |
	OE_TABLE_BIT(OE_OPERATION_POLICY);

	if (pass->with_names)
		tables |= OE_TABLE_BIT(OE_PRODUCT) | OE_TABLE_BIT(OE_MERCHANT);
	oe_read_question(fcinfo, &sold_arguments, &pass->question);
	pass->cart = oe_read_cart(fcinfo);
	pass->channel = PG_ARGISNULL(ARGUMENT_CHANNEL) ? NULL : PG_GETARG_TEXT_PP(ARGUMENT_CHANNEL);
	if (!oe_open_for_prices(&pass->reader, &pass->question, tables))
	{
		oe_check_question(NULL, &pass->question);
		return false;
	}
	oe_check_question(&pass->reader, &pass->question);
	pass->wanted = add_up(&pass->cart);
	pass->context = CurrentMemoryContext;
	pass->checkout.channel = pass->channel;
	oe_sheets_init(&pass->sheets, &pass->question);
	return true;
}

void
oe_end_sold_pass(OeSoldPass *pass)
{
	oe_sheets_close(&pass->sheets);
	oe_reader_close(&pass->reader);
}

/* Scans stay open from place to place; what a place allocates goes with it. */
static void
put_by_probes(ReturnSetInfo *rsinfo, OeSoldPass *pass)
{
	MemoryContext place_context = AllocSetContextCreate(CurrentMemoryContext, "offerengine place",
														ALLOCSET_DEFAULT_SIZES);
	bool		goes_on = true;

	for (int i = 0; i < pass->cart.count && goes_on; i++)
	{
		MemoryContext caller = MemoryContextSwitchTo(place_context);
		OeSoldRow	row;

		goes_on = oe_sold_offer(pass, i, &row);
		if (goes_on)
			oe_put_answer(rsinfo, row.values, row.isnull);
		else
			tuplestore_clear(rsinfo->setResult);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(place_context);
	}
	MemoryContextDelete(place_context);
}

bool
oe_sold_offer(OeSoldPass *pass, int place, OeSoldRow *row)
{
	text	   *reference = pass->cart.references[place];

	CHECK_FOR_INTERRUPTS();
	memset(row->isnull, true, sizeof(row->isnull));
	row->values[OE_SOLD_POSITION] = Int32GetDatum(place + 1);
	row->values[OE_SOLD_WANTED] = Int64GetDatum(pass->wanted[place]);
	row->values[OE_SOLD_IS_COUNTED] = BoolGetDatum(false);
	row->isnull[OE_SOLD_POSITION] = row->isnull[OE_SOLD_WANTED] = row->isnull[OE_SOLD_IS_COUNTED] = false;
	pass->question.quantity = pass->cart.quantities[place];
	if (reference != NULL)
		add_offer(pass, reference, row);
	if (pass->no_subscriptions && oe_sold_text_is(row, OE_SOLD_OFFER_TYPE, "subscription"))
		return false;
	if (pass->is_priced)
		add_price(pass, reference, row);
	if (!row->isnull[OE_SOLD_OFFER_ID])
		add_stock(pass, pass->wanted[place], row);
	return true;
}

static void
put_by_sql(ReturnSetInfo *rsinfo, const OeSoldPass *pass)
{
	OeParameters arguments = {0};

	oe_add_cart(&arguments, &pass->question, &pass->cart);
	oe_add_value(&arguments, TimestampTzGetDatum(pass->question.at));
	oe_add_text(&arguments, pass->channel);
	oe_add_value(&arguments, BoolGetDatum(pass->is_priced));
	oe_add_value(&arguments, BoolGetDatum(pass->with_other));
	oe_add_value(&arguments, BoolGetDatum(pass->no_subscriptions));
	oe_spec_put(rsinfo, oe_spec_query(OE_SPEC_SOLD_OFFERS, arguments.values, arguments.nulls));
}

typedef struct Wanted
{
	const text *reference;
	int			place;
} Wanted;

static int
compare_wanted(const void *a, const void *b)
{
	const text *x = ((const Wanted *) a)->reference;
	const text *y = ((const Wanted *) b)->reference;

	if (x == NULL || y == NULL)
		return (x != NULL) - (y != NULL);
	return oe_compare_texts(x, y);
}

/* How many pieces all places want of what each is about. */
static int64 *
add_up(const OeCart *cart)
{
	int64	   *result = palloc(sizeof(int64) * Max(1, cart->count));
	Wanted	   *wanted = palloc(sizeof(Wanted) * Max(1, cart->count));

	for (int i = 0; i < cart->count; i++)
		wanted[i] = (Wanted)
	{
		cart->references[i], i
	};
	qsort(wanted, cart->count, sizeof(Wanted), compare_wanted);
	for (int first = 0, end; first < cart->count; first = end)
	{
		int64		sum = 0;

		for (end = first; end < cart->count && compare_wanted(&wanted[first], &wanted[end]) == 0; end++)
			sum += cart->quantities[wanted[end].place];
		for (int i = first; i < end; i++)
			result[wanted[i].place] = sum;
	}
	return result;
}

bool
oe_sold_text_is(const OeSoldRow *row, int attribute, const char *word)
{
	return !row->isnull[attribute] && oe_text_is(DatumGetTextPP(row->values[attribute]), word);
}

static void
add_price(OeSoldPass *pass, text *reference, OeSoldRow *row)
{
	static const int places[][2] = {
		{OE_RESULT_AMOUNT, OE_SOLD_AMOUNT}, {OE_RESULT_SOURCE, OE_SOLD_PRICE_SOURCE},
		{OE_RESULT_PRICE_ID, OE_SOLD_PRICE_ID}, {OE_RESULT_REASON, OE_SOLD_REASON}, {OE_RESULT_DETAIL, OE_SOLD_DETAIL}
	};
	Datum		values[OE_RESULT_COUNT] = {0};
	bool		isnull[OE_RESULT_COUNT];

	memset(isnull, true, sizeof(isnull));
	oe_resolve_offer(&pass->reader, &pass->question, &pass->sheets, reference, values, isnull);
	oe_put_price_detail(&pass->question, reference, OE_SPEC_RESOLVE_PRICE, values, isnull);
	for (int i = 0; i < lengthof(places); i++)
	{
		row->values[places[i][1]] = values[places[i][0]];
		row->isnull[places[i][1]] = isnull[places[i][0]];
	}
	if (pass->with_other && !row->isnull[OE_SOLD_PRICE_ID])
		add_other_amount(pass, row);
}

/* As other_amount() says, of rows of price. */
static void
add_other_amount(OeSoldPass *pass, OeSoldRow *row)
{
	bool		net = pass->question.net;
	OeProbe    *price;
	Datum		amount;
	bool		isnull;

	if (oe_sold_text_is(row, OE_SOLD_PRICE_SOURCE, OE_SHEET_SOURCE))
		return;
	price = oe_probe_fetch(&pass->reader, OE_BY_PRICE, row->values[OE_SOLD_PRICE_ID]);
	if (price == NULL)
		return;
	amount = oe_probe_column(price, net ? OE_PRICE_NET_AMOUNT : OE_PRICE_GROSS_AMOUNT, &isnull);
	if (isnull || DatumGetInt64(amount) != DatumGetInt64(row->values[OE_SOLD_AMOUNT]))
		return;
	row->values[OE_SOLD_OTHER_AMOUNT] = oe_probe_column(price, net ? OE_PRICE_GROSS_AMOUNT : OE_PRICE_NET_AMOUNT,
														&row->isnull[OE_SOLD_OTHER_AMOUNT]);
}

static void
add_column(OeSoldRow *row, int attribute, OeProbe *probe, OeColumn column)
{
	row->values[attribute] = oe_probe_column(probe, column, &row->isnull[attribute]);
}

static void
add_text(OeSoldRow *row, int attribute, OeProbe *probe, OeColumn column)
{
	oe_put_text(row->values, row->isnull, attribute, oe_probe_text(probe, column));
}

/* What the offer, its product and its merchant say, visible or not. */
static void
add_offer(OeSoldPass *pass, text *reference, OeSoldRow *row)
{
	static const struct
	{
		int			attribute;
		OeColumn	column;
	}			columns[] = {
		{OE_SOLD_OFFER_ID, OE_OFFER_ID}, {OE_SOLD_MERCHANT_ID, OE_OFFER_MERCHANT_ID},
		{OE_SOLD_IS_SHIPPED, OE_OFFER_IS_SHIPPED}, {OE_SOLD_PASS_DURATION, OE_OFFER_PASS_DURATION},
		{OE_SOLD_ORDER_MINIMUM, OE_OFFER_ORDER_MINIMUM}, {OE_SOLD_ORDER_STEP, OE_OFFER_ORDER_STEP},
		{OE_SOLD_ORDER_MAXIMUM, OE_OFFER_ORDER_MAXIMUM}, {OE_SOLD_CUSTOMER_LIMIT, OE_OFFER_CUSTOMER_LIMIT},
	};
	OeProbe    *offer = oe_probe_fetch(&pass->reader, OE_BY_OFFER_REFERENCE, PointerGetDatum(reference));

	if (offer == NULL)
		return;
	for (int i = 0; i < lengthof(columns); i++)
		add_column(row, columns[i].attribute, offer, columns[i].column);
	oe_put_text(row->values, row->isnull, OE_SOLD_OFFER_REFERENCE, reference);
	add_text(row, OE_SOLD_OFFER_TYPE, offer, OE_OFFER_TYPE);
	add_text(row, OE_SOLD_CUSTOMER_LIMIT_COUNTS, offer, OE_OFFER_CUSTOMER_LIMIT_COUNTS);
	add_policy(pass, offer, row);
	if (pass->with_names)
		add_names(pass, offer, row);
}

static void
add_names(OeSoldPass *pass, OeProbe *offer, OeSoldRow *row)
{
	OeProbe    *product = oe_probe_fetch(&pass->reader, OE_BY_PRODUCT, oe_probe_value(offer, OE_OFFER_PRODUCT_ID));
	OeProbe    *merchant = oe_probe_fetch(&pass->reader, OE_BY_MERCHANT, row->values[OE_SOLD_MERCHANT_ID]);

	add_text(row, OE_SOLD_TITLE, offer, OE_OFFER_TITLE);
	if (product != NULL)
		add_text(row, OE_SOLD_SKU, product, OE_PRODUCT_SKU);
	if (product != NULL && row->isnull[OE_SOLD_TITLE])
		add_text(row, OE_SOLD_TITLE, product, OE_PRODUCT_NAME);
	if (merchant != NULL)
	{
		add_text(row, OE_SOLD_MERCHANT_REFERENCE, merchant, OE_MERCHANT_REFERENCE);
		add_text(row, OE_SOLD_MERCHANT_NAME, merchant, OE_MERCHANT_NAME);
	}
}

static void
add_policy(OeSoldPass *pass, OeProbe *offer, OeSoldRow *row)
{
	MemoryContext caller = MemoryContextSwitchTo(pass->context);

	row->values[OE_SOLD_IS_SELLABLE] = BoolGetDatum(pass->channel != NULL &&
													oe_surely_allowed(&pass->checkout, &pass->reader, offer));
	row->isnull[OE_SOLD_IS_SELLABLE] = false;
	MemoryContextSwitchTo(caller);
}

static void
add_stock(OeSoldPass *pass, int64 wanted, OeSoldRow *row)
{
	OeStock		stock;

	if (!oe_stock_of_offer(&pass->reader, &pass->serving, row->values[OE_SOLD_OFFER_ID],
						   PointerGetDatum(pass->question.store), is_in_store(pass, row), &stock))
	{
		add_stock_by_sql(pass, row);
		return;
	}
	if (!stock.is_counted)
		return;
	row->values[OE_SOLD_IS_COUNTED] = BoolGetDatum(true);
	row->values[OE_SOLD_AVAILABLE] = NumericGetDatum(stock.available);
	row->isnull[OE_SOLD_AVAILABLE] = false;
	row->values[OE_SOLD_PIECES] = NumericGetDatum(stock.pieces);
	row->isnull[OE_SOLD_PIECES] = stock.never_runs_out;
	add_only_place(&stock, wanted, row);
}

/* Where there is one place only, and it has the pieces, nobody need choose. */
static void
add_only_place(const OeStock *stock, int64 wanted, OeSoldRow *row)
{
	Datum		pieces = NumericGetDatum(stock->pieces);

	if (stock->nplaces != 1 || stock->never_runs_out || wanted > PG_INT32_MAX ||
		!DatumGetBool(DirectFunctionCall2(numeric_ge, pieces, NumericGetDatum(int64_to_numeric(wanted)))))
		return;
	row->values[OE_SOLD_ONLY_PLACE] = Int64GetDatum(stock->warehouse_id);
	row->isnull[OE_SOLD_ONLY_PLACE] = false;
}

/* What has a price, or none though it is visible, has been found in the store. */
static bool
is_in_store(OeSoldPass *pass, const OeSoldRow *row)
{
	if (pass->is_priced &&
		(row->isnull[OE_SOLD_REASON] || oe_sold_text_is(row, OE_SOLD_REASON, "no_price")))
		return true;
	return oe_probe_fetch2(&pass->reader, OE_BY_OFFER_AND_STORE, row->values[OE_SOLD_OFFER_ID],
						   PointerGetDatum(pass->question.store)) != NULL;
}

/* Some warehouse counts the offer. */
static void
add_stock_by_sql(OeSoldPass *pass, OeSoldRow *row)
{
	Datum		id = row->values[OE_SOLD_OFFER_ID];
	Datum		arguments[2] = {
		PointerGetDatum(construct_array(&id, 1, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)),
		PointerGetDatum(pass->question.store)
	};
	OeSpecResult *found = oe_spec_query(OE_SPEC_AVAILABILITY, arguments, NULL);
	bool		is_there = found->nrows > 0;
	Datum		nothing = NumericGetDatum(int64_to_numeric(0));

	row->values[OE_SOLD_IS_COUNTED] = BoolGetDatum(true);
	row->values[OE_SOLD_AVAILABLE] = is_there ? found->values[1] : nothing;
	row->isnull[OE_SOLD_AVAILABLE] = false;
	row->values[OE_SOLD_PIECES] = is_there ? found->values[3] : nothing;
	row->isnull[OE_SOLD_PIECES] = is_there && DatumGetBool(found->values[2]);
}
