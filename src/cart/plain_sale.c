/*
 * What the lines of a cart are sold as, where that takes no judgement: plain_sale. Function cart_lines() states what
 * stands in the way of a line and what it costs; whatever is not plainly right here is left to that.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/typcache.h"

#include "decide/sold_offers.h"
#include "storage/answer.h"

/* Arguments behind those of sold_offers. */
#define ARGUMENT_LINE_NOS 9
#define ARGUMENT_NOTES 10
#define ARGUMENT_DAYS 11
#define ARGUMENT_SOLD_ON 12

/* Attributes of cart_sale. */
enum
{
	CART_LINES,
	CART_WANTS,
	CART_TOTAL,
	CART_IN_ONE,
	CART_HAS_SUBSCRIPTIONS,
	CART_COUNT
};

/* Attributes of sale_line. */
enum
{
	LINE_NO,
	LINE_OFFER_ID,
	LINE_OFFER_REFERENCE,
	LINE_MERCHANT_ID,
	LINE_OFFER_TYPE,
	LINE_PASS_DURATION,
	LINE_QUANTITY,
	LINE_UNIT_AMOUNT,
	LINE_OTHER_AMOUNT,
	LINE_LINE_AMOUNT,
	LINE_PRICE_ID,
	LINE_PRICE_SOURCE,
	LINE_REDIRECTED_FROM,
	LINE_MESSAGE,
	LINE_MATCHED_RULE_ID,
	LINE_FIRST_DAY,
	LINE_NOTE,
	LINE_STEP_AMOUNTS,
	LINE_OTHER_STEP_AMOUNTS,
	LINE_SUBSCRIPTION_ID,
	LINE_COUNT
};

/* Attributes of stock_want. */
enum
{
	WANT_LINE_NO,
	WANT_OFFER_ID,
	WANT_QUANTITY,
	WANT_ONLY_PLACE,
	WANT_COUNT
};

/* Elements of a list that has one for each line. */
typedef struct Elements
{
	Datum	   *values;
	bool	   *isnull;
} Elements;

/* Rows of a composite type on their way into an array of it. */
typedef struct Rows
{
	Oid			type;
	TupleDesc	desc;
	Datum	   *values;
	int			count;
} Rows;

typedef struct Sale
{
	Elements	line_nos;
	Elements	notes;
	Elements	days;
	DateADT		sold_on;
	Rows		lines;
	Rows		wants;
	int64		total;
	bool		in_one;
} Sale;

static Elements read_elements(FunctionCallInfo fcinfo, int argument, const char *name, Oid type, int count);
static void refuse_null(FunctionCallInfo fcinfo, int argument, const char *name);
static bool sell_lines(OeSoldPass *pass, Sale *sale);
static bool is_plain(const OeSoldRow *row);
static bool may_be_so_many(const OeSoldRow *row);
static bool has_pieces(const OeSoldRow *row);
static bool add_line(Sale *sale, int place, int32 quantity, const OeSoldRow *row);
static void add_want(Sale *sale, int place, int32 quantity, const OeSoldRow *row);
static Datum form_sale(FunctionCallInfo fcinfo, const Sale *sale);

/* Those of a column of lines, which an aggregate has made in one go with the others. */
static Elements
read_elements(FunctionCallInfo fcinfo, int argument, const char *name, Oid type, int count)
{
	Elements	elements;
	int16		length;
	bool		by_value;
	char		alignment;
	int			found;

	refuse_null(fcinfo, argument, name);
	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), type, length, by_value, alignment, &elements.values,
					  &elements.isnull, &found);
	if (found != count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s has %d elements, offer_references has %d", name, found, count)));
	return elements;
}

static void
refuse_null(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be NULL", name)));
}

/* Of the attribute of cart_sale that is an array of such rows. */
static void
begin_rows(Rows *rows, TupleDesc sale, int attribute, int capacity)
{
	rows->type = get_element_type(TupleDescAttr(sale, attribute)->atttypid);
	rows->desc = lookup_rowtype_tupdesc_copy(rows->type, -1);
	rows->values = palloc(sizeof(Datum) * capacity);
	rows->count = 0;
}

static void
add_row(Rows *rows, Datum *values, bool *isnull)
{
	rows->values[rows->count++] = HeapTupleGetDatum(heap_form_tuple(rows->desc, values, isnull));
}

static Datum
rows_array(const Rows *rows)
{
	return PointerGetDatum(construct_array(rows->values, rows->count, rows->type, -1, false, TYPALIGN_DOUBLE));
}

PG_FUNCTION_INFO_V1(oe_plain_sale);
Datum
oe_plain_sale(PG_FUNCTION_ARGS)
{
	OeSoldPass	pass = {.is_priced = true, .with_other = true, .no_subscriptions = true};
	Sale		sale = {.in_one = true};
	TupleDesc	desc;
	bool		is_sold;
	int			nlines;

	if (!oe_begin_sold_pass(fcinfo, &pass))
		PG_RETURN_NULL();
	nlines = pass.cart.count;
	if (nlines == 0 || get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
	{
		oe_end_sold_pass(&pass);
		PG_RETURN_NULL();
	}
	sale.line_nos = read_elements(fcinfo, ARGUMENT_LINE_NOS, "line_nos", INT4OID, nlines);
	sale.notes = read_elements(fcinfo, ARGUMENT_NOTES, "notes", TEXTOID, nlines);
	sale.days = read_elements(fcinfo, ARGUMENT_DAYS, "days", DATEOID, nlines);
	refuse_null(fcinfo, ARGUMENT_SOLD_ON, "sold_on");
	sale.sold_on = PG_GETARG_DATEADT(ARGUMENT_SOLD_ON);
	begin_rows(&sale.lines, desc, CART_LINES, nlines);
	begin_rows(&sale.wants, desc, CART_WANTS, nlines);
	is_sold = sell_lines(&pass, &sale);
	oe_end_sold_pass(&pass);
	if (!is_sold)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(form_sale(fcinfo, &sale));
}

/* False: one of them is not plain. What a line is made of goes with it. */
static bool
sell_lines(OeSoldPass *pass, Sale *sale)
{
	MemoryContext place_context = AllocSetContextCreate(CurrentMemoryContext, "offerengine place",
														ALLOCSET_DEFAULT_SIZES);
	bool		goes_on = true;

	for (int i = 0; i < pass->cart.count && goes_on; i++)
	{
		int32		quantity = pass->cart.quantities[i];
		MemoryContext caller = MemoryContextSwitchTo(place_context);
		OeSoldRow	row;

		goes_on = oe_sold_offer(pass, i, &row) && is_plain(&row);
		MemoryContextSwitchTo(caller);
		goes_on = goes_on && add_line(sale, i, quantity, &row);
		if (goes_on && DatumGetBool(row.values[OE_SOLD_IS_COUNTED]))
			add_want(sale, i, quantity, &row);
		MemoryContextReset(place_context);
	}
	MemoryContextDelete(place_context);
	return goes_on;
}

/* Nothing to refuse, and nothing to reckon but the price of a piece. What has an amount is visible. */
static bool
is_plain(const OeSoldRow *row)
{
	return !row->isnull[OE_SOLD_OFFER_ID] && !row->isnull[OE_SOLD_AMOUNT] && row->isnull[OE_SOLD_REASON] &&
		!oe_sold_text_is(row, OE_SOLD_PRICE_SOURCE, OE_SHEET_SOURCE) &&
		DatumGetBool(row->values[OE_SOLD_IS_SELLABLE]) && row->isnull[OE_SOLD_CUSTOMER_LIMIT] &&
		may_be_so_many(row) && has_pieces(row);
}

static int64
number_or(const OeSoldRow *row, int attribute, int64 otherwise)
{
	return row->isnull[attribute] ? otherwise : DatumGetInt32(row->values[attribute]);
}

/* That quantity_refusal() has nothing against what all lines want of the offer. */
static bool
may_be_so_many(const OeSoldRow *row)
{
	int64		wanted = DatumGetInt64(row->values[OE_SOLD_WANTED]);
	int64		step = number_or(row, OE_SOLD_ORDER_STEP, 1);
	int64		least = number_or(row, OE_SOLD_ORDER_MINIMUM, step);

	return step > 0 && wanted >= least && wanted <= number_or(row, OE_SOLD_ORDER_MAXIMUM, wanted) &&
		(wanted - least) % step == 0;
}

/* As many as all lines want of the offer, which has nothing to do with stock where nobody counts it. */
static bool
has_pieces(const OeSoldRow *row)
{
	Datum		wanted;

	if (!row->isnull[OE_SOLD_ONLY_PLACE] || row->isnull[OE_SOLD_PIECES])
		return true;
	wanted = NumericGetDatum(int64_to_numeric(DatumGetInt64(row->values[OE_SOLD_WANTED])));
	return DatumGetBool(DirectFunctionCall2(numeric_ge, row->values[OE_SOLD_PIECES], wanted));
}

/* False: more than an amount can say. */
static bool
add_line(Sale *sale, int place, int32 quantity, const OeSoldRow *row)
{
	static const int places[][2] = {
		{LINE_OFFER_ID, OE_SOLD_OFFER_ID}, {LINE_OFFER_REFERENCE, OE_SOLD_OFFER_REFERENCE},
		{LINE_MERCHANT_ID, OE_SOLD_MERCHANT_ID}, {LINE_OFFER_TYPE, OE_SOLD_OFFER_TYPE},
		{LINE_PASS_DURATION, OE_SOLD_PASS_DURATION}, {LINE_UNIT_AMOUNT, OE_SOLD_AMOUNT},
		{LINE_OTHER_AMOUNT, OE_SOLD_OTHER_AMOUNT}, {LINE_PRICE_ID, OE_SOLD_PRICE_ID},
		{LINE_PRICE_SOURCE, OE_SOLD_PRICE_SOURCE}
	};
	Datum		values[LINE_COUNT] = {0};
	bool		isnull[LINE_COUNT];
	DateADT		first_day = sale->sold_on;
	int64		line_amount;

	if (pg_mul_s64_overflow(DatumGetInt64(row->values[OE_SOLD_AMOUNT]), quantity, &line_amount) ||
		pg_add_s64_overflow(sale->total, line_amount, &sale->total))
		return false;
	if (!sale->days.isnull[place])
		first_day = Max(first_day, DatumGetDateADT(sale->days.values[place]));

	memset(isnull, true, sizeof(isnull));
	for (int i = 0; i < lengthof(places); i++)
	{
		values[places[i][0]] = row->values[places[i][1]];
		isnull[places[i][0]] = row->isnull[places[i][1]];
	}
	values[LINE_NO] = sale->line_nos.values[place];
	values[LINE_QUANTITY] = Int32GetDatum(quantity);
	values[LINE_LINE_AMOUNT] = Int64GetDatum(line_amount);
	values[LINE_FIRST_DAY] = DateADTGetDatum(first_day);
	values[LINE_NOTE] = sale->notes.values[place];
	isnull[LINE_NO] = sale->line_nos.isnull[place];
	isnull[LINE_QUANTITY] = isnull[LINE_LINE_AMOUNT] = isnull[LINE_FIRST_DAY] = false;
	isnull[LINE_NOTE] = sale->notes.isnull[place];
	add_row(&sale->lines, values, isnull);
	return true;
}

static void
add_want(Sale *sale, int place, int32 quantity, const OeSoldRow *row)
{
	Datum		values[WANT_COUNT] = {
		sale->line_nos.values[place], row->values[OE_SOLD_OFFER_ID], Int32GetDatum(quantity),
		row->values[OE_SOLD_ONLY_PLACE]
	};
	bool		isnull[WANT_COUNT] = {sale->line_nos.isnull[place], false, false, row->isnull[OE_SOLD_ONLY_PLACE]};

	sale->in_one = sale->in_one && !row->isnull[OE_SOLD_ONLY_PLACE];
	add_row(&sale->wants, values, isnull);
}

static Datum
form_sale(FunctionCallInfo fcinfo, const Sale *sale)
{
	Datum		values[CART_COUNT] = {0};
	bool		isnull[CART_COUNT] = {false};

	values[CART_LINES] = rows_array(&sale->lines);
	isnull[CART_WANTS] = sale->wants.count == 0;
	if (!isnull[CART_WANTS])
		values[CART_WANTS] = rows_array(&sale->wants);
	values[CART_TOTAL] = Int64GetDatum(sale->total);
	values[CART_IN_ONE] = BoolGetDatum(sale->in_one);
	isnull[CART_IN_ONE] = isnull[CART_WANTS];
	values[CART_HAS_SUBSCRIPTIONS] = BoolGetDatum(false);
	return oe_form_answer(fcinfo, values, isnull);
}
