/*
 * Reads and checks the arguments that decisions share.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "access/actor.h"
#include "decide/question.h"
#include "decide/spec.h"
#include "error.h"
#include "storage/schema.h"
#include "storage/texts.h"

static text *required_text(FunctionCallInfo fcinfo, int position, const char *name);
static text *optional_text(FunctionCallInfo fcinfo, int position);
static bool read_price_mode(FunctionCallInfo fcinfo, int position);
static void check_known(bool known, const char *what, const text *value, const char *hint);
static bool find_store(OeReader *reader, OeQuestion *question);
static bool find_carried(OeReader *reader, const OeQuestion *question);
static bool find_currency(OeQuestion *question);
static bool find_code(OeReader *reader, OePath path, OeSpecQuery query, text *code);

text *
oe_default_price_type(void)
{
	static OeTextConstant constant;

	return oe_constant_text(&constant, "DEFAULT");
}

text *
oe_original_price_type(void)
{
	static OeTextConstant constant;

	return oe_constant_text(&constant, "ORIGINAL");
}

void
oe_read_question(FunctionCallInfo fcinfo, const OeArguments *arguments, OeQuestion *question)
{
	int			at = arguments->at;

	oe_require_schema();

	memset(question, 0, sizeof(OeQuestion));
	question->context = CurrentMemoryContext;
	question->store = required_text(fcinfo, arguments->store, "store");
	if (arguments->currency)
		question->currency = required_text(fcinfo, arguments->currency, "currency");
	question->net = read_price_mode(fcinfo, arguments->price_mode);
	question->quantity = arguments->quantity && !PG_ARGISNULL(arguments->quantity) ?
		PG_GETARG_INT32(arguments->quantity) : 1;
	oe_check_quantity(question->quantity);
	question->buyer = optional_text(fcinfo, arguments->buyer);
	question->country = optional_text(fcinfo, arguments->country);
	question->price_type = optional_text(fcinfo, arguments->price_type);
	if (question->price_type == NULL)
		question->price_type = oe_default_price_type();
	question->at = at == 0 || PG_ARGISNULL(at) ? GetCurrentTransactionStartTimestamp() : PG_GETARG_TIMESTAMPTZ(at);
	oe_check_instant(question->at);
}

uint32
oe_question_tables(const OeQuestion *question)
{
	uint32		tables = 0;

	if (question->buyer != NULL)
		tables |= OE_TABLE_BIT(OE_STORE);
	if (question->currency != NULL)
		tables |= OE_TABLE_BIT(OE_STORE_CURRENCY);
	if (!oe_same_text(question->price_type, oe_default_price_type()))
		tables |= OE_TABLE_BIT(OE_PRICE_TYPE);
	if (question->country != NULL)
		tables |= OE_TABLE_BIT(OE_COUNTRY);
	return tables;
}

void
oe_check_question(OeReader *reader, OeQuestion *question)
{
	/* What a store carries proves both. */
	question->currency_carried = question->currency != NULL && reader != NULL && find_carried(reader, question);
	if (!question->currency_carried)
		oe_check_store(question);
	else if (question->buyer != NULL)
		oe_check_store_known(find_store(reader, question), question->store);
	if (question->currency != NULL && !question->currency_carried)
		check_known(find_currency(question), "currency", question->currency,
					"Currencies are ISO 4217 codes in capital letters, such as EUR; currencies() lists those of a "
					"store.");
	if (!oe_same_text(question->price_type, oe_default_price_type()))
		check_known(find_code(reader, OE_BY_PRICE_TYPE, OE_SPEC_PRICE_TYPE, question->price_type), "price type",
					question->price_type, "price_types() lists the price types.");
	if (question->country != NULL)
		check_known(find_code(reader, OE_BY_COUNTRY, OE_SPEC_COUNTRY, question->country), "country",
					question->country,
					"Countries are ISO 3166-1 alpha-2 codes in capital letters, such as DE.");
}

const char *
oe_zone_of_question(OeQuestion *question)
{
	Datum		store = PointerGetDatum(question->store);
	MemoryContext caller;
	OeReader	reader;

	if (question->zone != NULL)
		return question->zone;
	caller = MemoryContextSwitchTo(question->context);
	if (oe_reader_open(&reader, OE_TABLE_BIT(OE_STORE)))
	{
		OeProbe    *row = oe_probe_fetch(&reader, OE_BY_STORE, store);

		oe_check_store_known(row != NULL, question->store);
		question->zone = TextDatumGetCString(oe_probe_value(row, OE_STORE_TIME_ZONE));
		oe_reader_close(&reader);
	}
	else
		question->zone = TextDatumGetCString(oe_spec_query(OE_SPEC_STORE_CALENDAR, &store, NULL)->values[0]);
	MemoryContextSwitchTo(caller);
	return question->zone;
}

const char *
oe_price_mode_name(const OeQuestion *question)
{
	return question->net ? "net" : "gross";
}

void
oe_add_place(OeParameters *parameters, const OeQuestion *question)
{
	oe_add_text(parameters, question->store);
	oe_add_text(parameters, question->currency);
	oe_add_string(parameters, oe_price_mode_name(question));
}

static text *
required_text(FunctionCallInfo fcinfo, int position, const char *name)
{
	if (PG_ARGISNULL(position))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be NULL", name)));
	return PG_GETARG_TEXT_PP(position);
}

static text *
optional_text(FunctionCallInfo fcinfo, int position)
{
	return position == 0 || PG_ARGISNULL(position) ? NULL : PG_GETARG_TEXT_PP(position);
}

/* True for net; gross is the default. */
static bool
read_price_mode(FunctionCallInfo fcinfo, int position)
{
	text	   *mode = optional_text(fcinfo, position);

	if (mode == NULL || oe_text_is(mode, "gross"))
		return false;
	check_known(oe_text_is(mode, "net"), "price mode", mode, "Price modes are net and gross.");
	return true;
}

void
oe_check_quantity(int32 quantity)
{
	if (quantity < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("quantity must be at least 1, not %d", quantity)));
}

static void
check_known(bool known, const char *what, const text *value, const char *hint)
{
	if (!known)
	{
		const char *shown = oe_shown(value);

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown %s \"%s\"", what, shown),
				 errhint("%s", hint)));
	}
}

void
oe_check_store_known(bool known, const text *store)
{
	check_known(known, "store", store, "stores() lists the stores.");
}

/* NULL, which only a lost constraint lets in, is as in SQL none of the words. */
static bool
says(const text *value, const char *word)
{
	return value != NULL && oe_text_is(value, word);
}

static void
set_policy(OeStorePolicy *policy, const text *inheritance, const text *contract_price_policy, const text *scope)
{
	policy->per_type = says(inheritance, "per_type");
	policy->lowest = says(contract_price_policy, "lowest");
	policy->offer_first = says(contract_price_policy, "offer_first");
	policy->any_merchant = says(scope, "any_merchant");
}

static bool
find_store(OeReader *reader, OeQuestion *question)
{
	Datum		store = PointerGetDatum(question->store);
	OeSpecResult *result;
	bool		found;

	if (reader != NULL)
	{
		OeProbe    *row = oe_probe_fetch(reader, OE_BY_STORE, store);

		question->policy_known = row != NULL;
		if (row != NULL)
			set_policy(&question->policy,
					   DatumGetTextPP(oe_probe_value(row, OE_STORE_PRICE_INHERITANCE)),
					   DatumGetTextPP(oe_probe_value(row, OE_STORE_CONTRACT_PRICE_POLICY)),
					   DatumGetTextPP(oe_probe_value(row, OE_STORE_CONTRACT_SCOPE)));
		return row != NULL;
	}

	result = oe_spec_query(OE_SPEC_STORE, &store, NULL);
	found = result->nrows > 0;
	question->policy_known = found;
	if (found)
		set_policy(&question->policy,
				   result->isnull[0] ? NULL : DatumGetTextPP(result->values[0]),
				   result->isnull[1] ? NULL : DatumGetTextPP(result->values[1]),
				   result->isnull[2] ? NULL : DatumGetTextPP(result->values[2]));
	return found;
}

void
oe_check_store(OeQuestion *question)
{
	OeReader	reader;
	bool		probing = oe_reader_open(&reader, OE_TABLE_BIT(OE_STORE));
	bool		found = find_store(probing ? &reader : NULL, question);

	if (probing)
		oe_reader_close(&reader);
	oe_check_store_known(found, question->store);
}

/* Learnt once, whoever holds the question. */
bool
oe_prices_per_type(const OeQuestion *question)
{
	if (!question->policy_known)
		oe_check_store((OeQuestion *) question);
	return question->policy.per_type;
}

static bool
find_carried(OeReader *reader, const OeQuestion *question)
{
	return oe_probe_fetch2(reader, OE_BY_STORE_AND_CURRENCY, PointerGetDatum(question->store),
						   PointerGetDatum(question->currency)) != NULL;
}

/* What a store carries is known, so the table of all currencies is asked for others only. */
static bool
find_currency(OeQuestion *question)
{
	Datum		arguments[2] = {PointerGetDatum(question->currency), PointerGetDatum(question->store)};
	OeSpecResult *result = oe_spec_query(OE_SPEC_CURRENCY, arguments, NULL);

	if (result->nrows > 0)
		question->currency_carried = DatumGetBool(result->values[0]);
	return result->nrows > 0;
}

static bool
find_code(OeReader *reader, OePath path, OeSpecQuery query, text *code)
{
	Datum		key = PointerGetDatum(code);

	if (reader != NULL)
		return oe_probe_fetch(reader, path, key) != NULL;
	return oe_spec_query(query, &key, NULL)->nrows > 0;
}

void
oe_check_at_least(int32 value, int32 least, const char *name)
{
	if (value < least)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be at least %d, not %d", name, least, value)));
}
