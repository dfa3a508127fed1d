/*
 * Puts together what the loyalty programme is told of an order, by index: document_payload(), which
 * spec_document_payload() states as a query.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "compat.h"
#include "storage/probe.h"
#include "storage/statement.h"

/* A member of an object, as a column says it. */
typedef struct Member
{
	const char *name;
	OeColumn	column;
} Member;

static const Member of_order[] = {
	{"customer_reference", OE_SALES_ORDER_CUSTOMER_REFERENCE},
	{"order_id", OE_SALES_ORDER_ID},
	{"order_reference", OE_SALES_ORDER_REFERENCE},
	{"order_type", OE_SALES_ORDER_TYPE},
	{"status", OE_SALES_ORDER_STATUS},
	{"origin", OE_SALES_ORDER_ORIGIN},
	{"external_system", OE_SALES_ORDER_EXTERNAL_SYSTEM},
	{"external_reference", OE_SALES_ORDER_EXTERNAL_REFERENCE},
	{"store", OE_SALES_ORDER_STORE_CODE},
	{"country", OE_SALES_ORDER_COUNTRY_CODE},
	{"currency", OE_SALES_ORDER_CURRENCY_CODE},
	{"price_mode", OE_SALES_ORDER_PRICE_MODE},
	{"placed_at", OE_SALES_ORDER_PLACED_AT},
	{"total_amount", OE_SALES_ORDER_TOTAL_AMOUNT},
	{"cancelled_amount", OE_SALES_ORDER_CANCELLED_AMOUNT},
	{"returned_amount", OE_SALES_ORDER_RETURNED_AMOUNT},
	{"points_redeemed", OE_SALES_ORDER_POINTS_REDEEMED},
	{"points_amount", OE_SALES_ORDER_POINTS_AMOUNT},
};

static const Member of_parent[] = {
	{"order_id", OE_SALES_ORDER_ID},
	{"order_reference", OE_SALES_ORDER_REFERENCE},
	{"order_type", OE_SALES_ORDER_TYPE},
	{"status", OE_SALES_ORDER_STATUS},
	{"document_id", OE_SALES_ORDER_DOCUMENT_ID},
	{"placed_at", OE_SALES_ORDER_PLACED_AT},
	{"total_amount", OE_SALES_ORDER_TOTAL_AMOUNT},
	{"cancelled_amount", OE_SALES_ORDER_CANCELLED_AMOUNT},
	{"returned_amount", OE_SALES_ORDER_RETURNED_AMOUNT},
	{"points_redeemed", OE_SALES_ORDER_POINTS_REDEEMED},
	{"points_amount", OE_SALES_ORDER_POINTS_AMOUNT},
};

/* Where a member of a line stands. */
typedef enum LineSource
{
	LINE_ITSELF,
	LINE_OFFER,
	LINE_PRODUCT,
	LINE_MERCHANT,
	LINE_SOURCE_COUNT
} LineSource;

/* There are many of these: in the order in which jsonb keeps them, shorter names first, they need not be sorted. */
static const struct
{
	Member		member;
	LineSource	source;
}			of_line[] = {
	{{"sku", OE_PRODUCT_SKU}, LINE_PRODUCT},
	{{"ends_on", OE_ORDER_LINE_ENDS_ON}},
	{{"line_no", OE_ORDER_LINE_NO}},
	{{"quantity", OE_ORDER_LINE_QUANTITY}},
	{{"starts_on", OE_ORDER_LINE_STARTS_ON}},
	{{"offer_type", OE_OFFER_TYPE}, LINE_OFFER},
	{{"line_amount", OE_ORDER_LINE_LINE_AMOUNT}},
	{{"unit_amount", OE_ORDER_LINE_UNIT_AMOUNT}},
	{{"other_amount", OE_ORDER_LINE_OTHER_AMOUNT}},
	{{"parent_amount", OE_ORDER_LINE_PARENT_AMOUNT}},
	{{"parent_line_no", OE_ORDER_LINE_PARENT_LINE_NO}},
	{{"offer_reference", OE_OFFER_REFERENCE}, LINE_OFFER},
	{{"returned_amount", OE_ORDER_LINE_RETURNED_AMOUNT}},
	{{"subscription_id", OE_ORDER_LINE_SUBSCRIPTION_ID}},
	{{"cancelled_amount", OE_ORDER_LINE_CANCELLED_AMOUNT}},
	{{"quantity_returned", OE_ORDER_LINE_QUANTITY_RETURNED}},
	{{"merchant_reference", OE_MERCHANT_REFERENCE}, LINE_MERCHANT},
	{{"quantity_cancelled", OE_ORDER_LINE_QUANTITY_CANCELLED}},
};

#define PUT_MEMBERS(json, probe, members) put_members(json, probe, members, lengthof(members))

static Datum document_by_sql(FunctionCallInfo fcinfo);
static Jsonb *put_together(OeReader *reader, OeProbe *order, FunctionCallInfo fcinfo);
static void put_exponent(JsonbParseState * *json, OeReader *reader, OeProbe *order);
static void put_parent(JsonbParseState * *json, OeReader *reader, OeProbe *order, Datum customer);
static void put_lines(JsonbParseState * *json, OeReader *reader, Datum customer, Datum order_id);
static void put_line(JsonbParseState * *json, OeReader *reader, OeProbe *line);
static void put_members(JsonbParseState * *json, OeProbe *probe, const Member *members, int count);
static void put_name(JsonbParseState * *json, const char *name);
static void put_member(JsonbParseState * *json, const char *name, JsonbValue value);
static JsonbValue json_of_column(OeProbe *probe, OeColumn column);
static JsonbValue json_of_number(Numeric number);
static JsonbValue json_of_text(const text *value);
static JsonbValue json_of_string(char *value);
static char *instant_text(TimestampTz at);
static char *day_text(DateADT day);

PG_FUNCTION_INFO_V1(oe_document_payload);
Datum
oe_document_payload(PG_FUNCTION_ARGS)
{
	const uint32 tables = OE_TABLE_BIT(OE_SALES_ORDER) | OE_TABLE_BIT(OE_ORDER_LINE) | OE_TABLE_BIT(OE_CURRENCY) |
	OE_TABLE_BIT(OE_OFFER) | OE_TABLE_BIT(OE_PRODUCT) | OE_TABLE_BIT(OE_MERCHANT);
	OeReader	reader;
	OeProbe    *order;
	Jsonb	   *document = NULL;

	if (!oe_reader_open(&reader, tables))
		return document_by_sql(fcinfo);
	order = oe_probe_fetch2(&reader, OE_BY_CUSTOMER_AND_ORDER, PointerGetDatum(PG_GETARG_TEXT_PP(0)),
							PG_GETARG_DATUM(1));
	if (order != NULL)
		document = put_together(&reader, order, fcinfo);
	oe_reader_close(&reader);
	if (document == NULL)
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(document);
}

static Datum
document_by_sql(FunctionCallInfo fcinfo)
{
	static OeStatement specification = {
		"SELECT offerengine_internal.spec_document_payload($1, $2, $3, $4)", 4, {TEXTOID, UUIDOID, UUIDOID, TEXTOID}
	};
	MemoryContext caller = CurrentMemoryContext;
	OeOwnerRun	run = oe_begin_owner_run();
	Datum		values[4];
	Datum		document;

	for (int i = 0; i < lengthof(values); i++)
		values[i] = PG_GETARG_DATUM(i);
	(void) oe_ask(&specification, values, NULL);
	document = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &fcinfo->isnull);
	if (!fcinfo->isnull)
	{
		MemoryContext spi = MemoryContextSwitchTo(caller);

		document = PointerGetDatum(PG_DETOAST_DATUM_COPY(document));
		MemoryContextSwitchTo(spi);
	}
	oe_end_owner_run(run);
	return document;
}

/* The order is the probe's row until its parent is read, by the same probe. */
static Jsonb *
put_together(OeReader *reader, OeProbe *order, FunctionCallInfo fcinfo)
{
	Datum		customer = PointerGetDatum(PG_GETARG_TEXT_PP(0));
	char	   *id = DatumGetCString(DirectFunctionCall1(uuid_out, PG_GETARG_DATUM(2)));
	JsonbParseState *json = NULL;

	pushJsonbValue(&json, WJB_BEGIN_OBJECT, NULL);
	put_member(&json, "document_id", json_of_string(id));
	put_member(&json, "document", json_of_text(PG_GETARG_TEXT_PP(3)));
	PUT_MEMBERS(&json, order, of_order);
	put_exponent(&json, reader, order);
	put_lines(&json, reader, customer, PG_GETARG_DATUM(1));
	put_parent(&json, reader, order, customer);
	return JsonbValueToJsonb(pushJsonbValue(&json, WJB_END_OBJECT, NULL));
}

static void
put_exponent(JsonbParseState * *json, OeReader *reader, OeProbe *order)
{
	bool		isnull;
	Datum		code = oe_probe_column(order, OE_SALES_ORDER_CURRENCY_CODE, &isnull);
	OeProbe    *currency = isnull ? NULL : oe_probe_fetch(reader, OE_BY_CURRENCY, code);
	JsonbValue	nothing = {.type = jbvNull};

	put_member(json, "exponent", currency == NULL ? nothing : json_of_column(currency, OE_CURRENCY_EXPONENT));
}

static void
put_parent(JsonbParseState * *json, OeReader *reader, OeProbe *order, Datum customer)
{
	bool		isnull;
	Datum		value = oe_probe_column(order, OE_SALES_ORDER_PARENT_ORDER_ID, &isnull);
	pg_uuid_t	parent_id;
	OeProbe    *parent = NULL;
	JsonbValue	nothing = {.type = jbvNull};

	if (!isnull)
	{
		/* The key must outlive the row that it is in. */
		parent_id = *DatumGetUUIDP(value);
		parent = oe_probe_fetch2(reader, OE_BY_CUSTOMER_AND_ORDER, customer, UUIDPGetDatum(&parent_id));
	}
	if (parent == NULL)
	{
		put_member(json, "parent", nothing);
		return;
	}
	put_name(json, "parent");
	pushJsonbValue(json, WJB_BEGIN_OBJECT, NULL);
	PUT_MEMBERS(json, parent, of_parent);
	pushJsonbValue(json, WJB_END_OBJECT, NULL);
}

static void
put_lines(JsonbParseState * *json, OeReader *reader, Datum customer, Datum order_id)
{
	const NullableDatum keys[] = {{customer}, {order_id}, {Int32GetDatum(PG_INT32_MIN)}};
	OeProbe    *line = oe_probe_seek(reader, OE_LINES_OF_ORDER, keys);

	put_name(json, "lines");
	pushJsonbValue(json, WJB_BEGIN_ARRAY, NULL);
	while (oe_probe_next(line))
	{
		CHECK_FOR_INTERRUPTS();
		put_line(json, reader, line);
	}
	pushJsonbValue(json, WJB_END_ARRAY, NULL);
}

/* As a join has it: a line whose offer is not there is none. */
static void
put_line(JsonbParseState * *json, OeReader *reader, OeProbe *line)
{
	OeProbe    *rows[LINE_SOURCE_COUNT] = {[LINE_ITSELF] = line};

	rows[LINE_OFFER] = oe_probe_fetch(reader, OE_BY_OFFER, oe_probe_value(line, OE_ORDER_LINE_OFFER_ID));
	rows[LINE_MERCHANT] = oe_probe_fetch(reader, OE_BY_MERCHANT, oe_probe_value(line, OE_ORDER_LINE_MERCHANT_ID));
	if (rows[LINE_OFFER] == NULL || rows[LINE_MERCHANT] == NULL)
		return;
	rows[LINE_PRODUCT] = oe_probe_fetch(reader, OE_BY_PRODUCT, oe_probe_value(rows[LINE_OFFER], OE_OFFER_PRODUCT_ID));
	if (rows[LINE_PRODUCT] == NULL)
		return;
	pushJsonbValue(json, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < lengthof(of_line); i++)
		put_member(json, of_line[i].member.name, json_of_column(rows[of_line[i].source], of_line[i].member.column));
	pushJsonbValue(json, WJB_END_OBJECT, NULL);
}

static void
put_members(JsonbParseState * *json, OeProbe *probe, const Member *members, int count)
{
	for (int i = 0; i < count; i++)
		put_member(json, members[i].name, json_of_column(probe, members[i].column));
}

static void
put_name(JsonbParseState * *json, const char *name)
{
	JsonbValue	key = {.type = jbvString};

	key.val.string.val = unconstify(char *, name);
	key.val.string.len = strlen(name);
	pushJsonbValue(json, WJB_KEY, &key);
}

static void
put_member(JsonbParseState * *json, const char *name, JsonbValue value)
{
	put_name(json, name);
	pushJsonbValue(json, WJB_VALUE, &value);
}

/* What it points at stands in the current memory context, not in the row. */
static JsonbValue
json_of_column(OeProbe *probe, OeColumn column)
{
	bool		isnull;
	Datum		value = oe_probe_column(probe, column, &isnull);
	JsonbValue	nothing = {.type = jbvNull};

	if (isnull)
		return nothing;
	switch (oe_column_type(column))
	{
		case INT4OID:
			return json_of_number(int64_to_numeric(DatumGetInt32(value)));
		case INT8OID:
			return json_of_number(int64_to_numeric(DatumGetInt64(value)));
		case NUMERICOID:
			return json_of_number(DatumGetNumericCopy(value));
		case UUIDOID:
			return json_of_string(DatumGetCString(DirectFunctionCall1(uuid_out, value)));
		case DATEOID:
			return json_of_string(day_text(DatumGetDateADT(value)));
		case TIMESTAMPTZOID:
			return json_of_string(instant_text(DatumGetTimestampTz(value)));
		default:
			Assert(oe_column_type(column) == TEXTOID);
			return json_of_text(oe_probe_text(probe, column));
	}
}

static JsonbValue
json_of_number(Numeric number)
{
	JsonbValue	json = {.type = jbvNumeric,.val.numeric = number};

	return json;
}

static JsonbValue
json_of_text(const text *value)
{
	JsonbValue	json = {.type = jbvString};

	json.val.string.val = VARDATA_ANY(value);
	json.val.string.len = VARSIZE_ANY_EXHDR(value);
	return json;
}

/* NULL for NULL. */
static JsonbValue
json_of_string(char *value)
{
	JsonbValue	json = {.type = value == NULL ? jbvNull : jbvString};

	if (value != NULL)
	{
		json.val.string.val = value;
		json.val.string.len = strlen(value);
	}
	return json;
}

/* As json_time() has it: NULL for one that RFC 3339 has not. */
static char *
instant_text(TimestampTz at)
{
	struct pg_tm tm;
	fsec_t		fraction;

	if (TIMESTAMP_NOT_FINITE(at) || timestamp2tm(at, NULL, &tm, &fraction, NULL, NULL) != 0 || tm.tm_year < 1 ||
		tm.tm_year > 9999)
		return NULL;
	return psprintf("%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min,
					tm.tm_sec, (int) fraction);
}

/* As json_day() has it. */
static char *
day_text(DateADT day)
{
	int			year;
	int			month;
	int			day_of_month;

	if (DATE_NOT_FINITE(day))
		return NULL;
	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &day_of_month);
	if (year < 1 || year > 9999)
		return NULL;
	return psprintf("%04d-%02d-%02d", year, month, day_of_month);
}
