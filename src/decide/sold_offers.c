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
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "decide/operation.h"
#include "decide/price_rows.h"
#include "decide/resolve.h"
#include "decide/visibility.h"
#include "stock/free.h"
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

/* Attributes of sold_offer. */
enum
{
	SOLD_POSITION,
	SOLD_OFFER_ID,
	SOLD_OFFER_REFERENCE,
	SOLD_MERCHANT_ID,
	SOLD_MERCHANT_REFERENCE,
	SOLD_MERCHANT_NAME,
	SOLD_SKU,
	SOLD_TITLE,
	SOLD_OFFER_TYPE,
	SOLD_IS_SHIPPED,
	SOLD_PASS_DURATION,
	SOLD_IS_SELLABLE,
	SOLD_ORDER_MINIMUM,
	SOLD_ORDER_STEP,
	SOLD_ORDER_MAXIMUM,
	SOLD_CUSTOMER_LIMIT,
	SOLD_CUSTOMER_LIMIT_COUNTS,
	SOLD_WANTED,
	SOLD_AMOUNT,
	SOLD_OTHER_AMOUNT,
	SOLD_PRICE_SOURCE,
	SOLD_PRICE_ID,
	SOLD_REASON,
	SOLD_DETAIL,
	SOLD_IS_COUNTED,
	SOLD_AVAILABLE,
	SOLD_PIECES,
	SOLD_COUNT
};

/* One call's way through its offers. */
typedef struct Pass
{
	OeReader   *reader;
	OeQuestion *question;
	text	   *channel;		/* NULL: none */
	bool		is_priced;
	bool		with_other;
	bool		no_subscriptions;
	OeCheckout	checkout;
	MemoryContext context;		/* of what the checkout remembers */
	OeSheets	sheets;
	OeServing	serving;
} Pass;

/* A row in the making. */
typedef struct Row
{
	Datum		values[SOLD_COUNT];
	bool		isnull[SOLD_COUNT];
} Row;

static void put_by_probes(ReturnSetInfo *rsinfo, Pass *pass, const OeCart *cart);
static void put_by_sql(ReturnSetInfo *rsinfo, const Pass *pass, const OeCart *cart);
static bool is_subscription(const Row *row);
static int64 *add_up(const OeCart *cart);
static void add_price(Pass *pass, text *reference, Row *row);
static void add_other_amount(Pass *pass, Row *row);
static void add_offer(Pass *pass, text *reference, Row *row);
static void add_policy(Pass *pass, OeProbe *offer, Row *row);
static void add_stock(Pass *pass, Row *row);
static bool is_in_store(Pass *pass, const Row *row);
static void add_stock_by_sql(Pass *pass, Row *row);

static bool
is_set(FunctionCallInfo fcinfo, int argument)
{
	return !PG_ARGISNULL(argument) && PG_GETARG_BOOL(argument);
}

PG_FUNCTION_INFO_V1(oe_sold_offers);
Datum
oe_sold_offers(PG_FUNCTION_ARGS)
{
	const uint32 tables = OE_VISIBILITY_TABLES | OE_STOCK_TABLES | OE_TABLE_BIT(OE_OFFER) | OE_TABLE_BIT(OE_PRODUCT) |
	OE_TABLE_BIT(OE_OPERATION_POLICY);
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	OeQuestion	question;
	OeReader	reader;
	OeCart		cart;
	Pass		pass = {.question = &question};

	oe_read_question(fcinfo, &sold_arguments, &question);
	cart = oe_read_cart(fcinfo);
	pass.channel = PG_ARGISNULL(ARGUMENT_CHANNEL) ? NULL : PG_GETARG_TEXT_PP(ARGUMENT_CHANNEL);
	pass.is_priced = is_set(fcinfo, ARGUMENT_IS_PRICED);
	pass.with_other = is_set(fcinfo, ARGUMENT_WITH_OTHER);
	pass.no_subscriptions = is_set(fcinfo, ARGUMENT_NO_SUBSCRIPTIONS);
	InitMaterializedSRF(fcinfo, 0);

	if (oe_open_for_prices(&reader, &question, tables))
	{
		pass.reader = &reader;
		oe_check_question(&reader, &question);
		put_by_probes(rsinfo, &pass, &cart);
		oe_reader_close(&reader);
	}
	else
	{
		oe_check_question(NULL, &question);
		if (cart.count > 0)
			put_by_sql(rsinfo, &pass, &cart);
	}
	return (Datum) 0;
}

/* Scans stay open from place to place; what a place allocates goes with it. */
static void
put_by_probes(ReturnSetInfo *rsinfo, Pass *pass, const OeCart *cart)
{
	int64	   *wanted = add_up(cart);
	MemoryContext place_context = AllocSetContextCreate(CurrentMemoryContext, "offerengine place",
														ALLOCSET_DEFAULT_SIZES);

	pass->context = CurrentMemoryContext;
	pass->checkout.channel = pass->channel;
	oe_sheets_init(&pass->sheets, pass->question);
	for (int i = 0; i < cart->count; i++)
	{
		MemoryContext caller = MemoryContextSwitchTo(place_context);
		Row			row;

		CHECK_FOR_INTERRUPTS();
		memset(row.isnull, true, sizeof(row.isnull));
		row.values[SOLD_POSITION] = Int32GetDatum(i + 1);
		row.values[SOLD_WANTED] = Int64GetDatum(wanted[i]);
		row.values[SOLD_IS_COUNTED] = BoolGetDatum(false);
		row.isnull[SOLD_POSITION] = row.isnull[SOLD_WANTED] = row.isnull[SOLD_IS_COUNTED] = false;
		pass->question->quantity = cart->quantities[i];
		if (cart->references[i] != NULL)
			add_offer(pass, cart->references[i], &row);
		if (pass->no_subscriptions && is_subscription(&row))
		{
			tuplestore_clear(rsinfo->setResult);
			MemoryContextSwitchTo(caller);
			break;
		}
		if (pass->is_priced)
			add_price(pass, cart->references[i], &row);
		if (!row.isnull[SOLD_OFFER_ID])
			add_stock(pass, &row);
		oe_put_answer(rsinfo, row.values, row.isnull);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(place_context);
	}
	oe_sheets_close(&pass->sheets);
	MemoryContextDelete(place_context);
}

static void
put_by_sql(ReturnSetInfo *rsinfo, const Pass *pass, const OeCart *cart)
{
	OeParameters arguments = {0};

	oe_add_cart(&arguments, pass->question, cart);
	oe_add_value(&arguments, TimestampTzGetDatum(pass->question->at));
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

static bool
is_subscription(const Row *row)
{
	return !row->isnull[SOLD_OFFER_TYPE] && oe_text_is(DatumGetTextPP(row->values[SOLD_OFFER_TYPE]), "subscription");
}

static void
add_price(Pass *pass, text *reference, Row *row)
{
	static const int places[][2] = {
		{OE_RESULT_AMOUNT, SOLD_AMOUNT}, {OE_RESULT_SOURCE, SOLD_PRICE_SOURCE}, {OE_RESULT_PRICE_ID, SOLD_PRICE_ID},
		{OE_RESULT_REASON, SOLD_REASON}, {OE_RESULT_DETAIL, SOLD_DETAIL}
	};
	Datum		values[OE_RESULT_COUNT] = {0};
	bool		isnull[OE_RESULT_COUNT];

	memset(isnull, true, sizeof(isnull));
	oe_resolve_offer(pass->reader, pass->question, &pass->sheets, reference, values, isnull);
	oe_put_price_detail(pass->question, reference, OE_SPEC_RESOLVE_PRICE, values, isnull);
	for (int i = 0; i < lengthof(places); i++)
	{
		row->values[places[i][1]] = values[places[i][0]];
		row->isnull[places[i][1]] = isnull[places[i][0]];
	}
	if (pass->with_other && !row->isnull[SOLD_PRICE_ID])
		add_other_amount(pass, row);
}

/* As other_amount() says, of rows of price. */
static void
add_other_amount(Pass *pass, Row *row)
{
	bool		net = pass->question->net;
	OeProbe    *price;
	Datum		amount;
	bool		isnull;

	if (oe_text_is(DatumGetTextPP(row->values[SOLD_PRICE_SOURCE]), OE_SHEET_SOURCE))
		return;
	price = oe_probe_fetch(pass->reader, OE_BY_PRICE, row->values[SOLD_PRICE_ID]);
	if (price == NULL)
		return;
	amount = oe_probe_column(price, net ? OE_PRICE_NET_AMOUNT : OE_PRICE_GROSS_AMOUNT, &isnull);
	if (isnull || DatumGetInt64(amount) != DatumGetInt64(row->values[SOLD_AMOUNT]))
		return;
	row->values[SOLD_OTHER_AMOUNT] = oe_probe_column(price, net ? OE_PRICE_GROSS_AMOUNT : OE_PRICE_NET_AMOUNT,
													 &row->isnull[SOLD_OTHER_AMOUNT]);
}

static void
add_column(Row *row, int attribute, OeProbe *probe, OeColumn column)
{
	row->values[attribute] = oe_probe_column(probe, column, &row->isnull[attribute]);
}

static void
add_text(Row *row, int attribute, OeProbe *probe, OeColumn column)
{
	oe_put_text(row->values, row->isnull, attribute, oe_probe_text(probe, column));
}

/* What the offer, its product and its merchant say, visible or not. */
static void
add_offer(Pass *pass, text *reference, Row *row)
{
	static const struct
	{
		int			attribute;
		OeColumn	column;
	}			columns[] = {
		{SOLD_OFFER_ID, OE_OFFER_ID}, {SOLD_MERCHANT_ID, OE_OFFER_MERCHANT_ID},
		{SOLD_IS_SHIPPED, OE_OFFER_IS_SHIPPED}, {SOLD_PASS_DURATION, OE_OFFER_PASS_DURATION},
		{SOLD_ORDER_MINIMUM, OE_OFFER_ORDER_MINIMUM}, {SOLD_ORDER_STEP, OE_OFFER_ORDER_STEP},
		{SOLD_ORDER_MAXIMUM, OE_OFFER_ORDER_MAXIMUM}, {SOLD_CUSTOMER_LIMIT, OE_OFFER_CUSTOMER_LIMIT},
	};
	OeProbe    *offer = oe_probe_fetch(pass->reader, OE_BY_OFFER_REFERENCE, PointerGetDatum(reference));
	OeProbe    *product;
	OeProbe    *merchant;

	if (offer == NULL)
		return;
	for (int i = 0; i < lengthof(columns); i++)
		add_column(row, columns[i].attribute, offer, columns[i].column);
	oe_put_text(row->values, row->isnull, SOLD_OFFER_REFERENCE, reference);
	add_text(row, SOLD_TITLE, offer, OE_OFFER_TITLE);
	add_text(row, SOLD_OFFER_TYPE, offer, OE_OFFER_TYPE);
	add_text(row, SOLD_CUSTOMER_LIMIT_COUNTS, offer, OE_OFFER_CUSTOMER_LIMIT_COUNTS);
	add_policy(pass, offer, row);
	product = oe_probe_fetch(pass->reader, OE_BY_PRODUCT, oe_probe_value(offer, OE_OFFER_PRODUCT_ID));
	if (product != NULL)
		add_text(row, SOLD_SKU, product, OE_PRODUCT_SKU);
	if (product != NULL && row->isnull[SOLD_TITLE])
		add_text(row, SOLD_TITLE, product, OE_PRODUCT_NAME);
	merchant = oe_probe_fetch(pass->reader, OE_BY_MERCHANT, row->values[SOLD_MERCHANT_ID]);
	if (merchant != NULL)
	{
		add_text(row, SOLD_MERCHANT_REFERENCE, merchant, OE_MERCHANT_REFERENCE);
		add_text(row, SOLD_MERCHANT_NAME, merchant, OE_MERCHANT_NAME);
	}
}

static void
add_policy(Pass *pass, OeProbe *offer, Row *row)
{
	MemoryContext caller = MemoryContextSwitchTo(pass->context);

	row->values[SOLD_IS_SELLABLE] = BoolGetDatum(pass->channel != NULL &&
												 oe_surely_allowed(&pass->checkout, pass->reader, offer));
	row->isnull[SOLD_IS_SELLABLE] = false;
	MemoryContextSwitchTo(caller);
}

static void
add_stock(Pass *pass, Row *row)
{
	OeStock		stock;

	if (!oe_stock_of_offer(pass->reader, &pass->serving, row->values[SOLD_OFFER_ID],
						   PointerGetDatum(pass->question->store), is_in_store(pass, row), &stock))
	{
		add_stock_by_sql(pass, row);
		return;
	}
	if (!stock.is_counted)
		return;
	row->values[SOLD_IS_COUNTED] = BoolGetDatum(true);
	row->values[SOLD_AVAILABLE] = NumericGetDatum(stock.available);
	row->isnull[SOLD_AVAILABLE] = false;
	row->values[SOLD_PIECES] = NumericGetDatum(stock.pieces);
	row->isnull[SOLD_PIECES] = stock.never_runs_out;
}

/* What has a price, or none though it is visible, has been found in the store. */
static bool
is_in_store(Pass *pass, const Row *row)
{
	if (pass->is_priced &&
		(row->isnull[SOLD_REASON] || oe_text_is(DatumGetTextPP(row->values[SOLD_REASON]), "no_price")))
		return true;
	return oe_probe_fetch2(pass->reader, OE_BY_OFFER_AND_STORE, row->values[SOLD_OFFER_ID],
						   PointerGetDatum(pass->question->store)) != NULL;
}

/* Some warehouse counts the offer. */
static void
add_stock_by_sql(Pass *pass, Row *row)
{
	Datum		id = row->values[SOLD_OFFER_ID];
	Datum		arguments[2] = {
		PointerGetDatum(construct_array(&id, 1, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)),
		PointerGetDatum(pass->question->store)
	};
	OeSpecResult *found = oe_spec_query(OE_SPEC_AVAILABILITY, arguments, NULL);
	bool		is_there = found->nrows > 0;
	Datum		nothing = NumericGetDatum(int64_to_numeric(0));

	row->values[SOLD_IS_COUNTED] = BoolGetDatum(true);
	row->values[SOLD_AVAILABLE] = is_there ? found->values[1] : nothing;
	row->isnull[SOLD_AVAILABLE] = false;
	row->values[SOLD_PIECES] = is_there ? found->values[3] : nothing;
	row->isnull[SOLD_PIECES] = is_there && DatumGetBool(found->values[2]);
}
