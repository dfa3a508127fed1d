/*
 * Answers what pages show beside a decision: an offer in detail, a merchant's profile.
 * Arguments are checked here as for every decision; the answers are SQL run as the owner.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "decide/question.h"
#include "decide/spec.h"
#include "error.h"
#include "storage/answer.h"
#include "storage/parameters.h"
#include "storage/probe.h"
#include "storage/schema.h"
#include "storage/texts.h"

static void check_question(OeQuestion *question);
static Datum single_row(FunctionCallInfo fcinfo, OeSpecResult *result);

/* quantity, buyer, country */
static void
add_buyer(OeParameters *arguments, const OeQuestion *question)
{
	oe_add_value(arguments, Int32GetDatum(question->quantity));
	oe_add_text(arguments, question->buyer);
	oe_add_text(arguments, question->country);
}

PG_FUNCTION_INFO_V1(oe_offer_details);
Datum
oe_offer_details(PG_FUNCTION_ARGS)
{
	static const OeArguments positions = {
		.store = 1, .currency = 2, .price_mode = 3, .quantity = 4, .buyer = 5, .country = 6, .at = 7
	};
	OeQuestion	question;
	OeParameters arguments = {0};

	oe_read_question(fcinfo, &positions, &question);
	check_question(&question);

	oe_add_text(&arguments, PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0));
	oe_add_place(&arguments, &question);
	add_buyer(&arguments, &question);
	oe_add_value(&arguments, TimestampTzGetDatum(question.at));
	return single_row(fcinfo, oe_spec_query(OE_SPEC_OFFER_DETAILS, arguments.values, arguments.nulls));
}

PG_FUNCTION_INFO_V1(oe_merchant_profile);
Datum
oe_merchant_profile(PG_FUNCTION_ARGS)
{
	OeParameters arguments = {0};

	oe_require_schema();
	oe_add_text(&arguments, PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0));
	return single_row(fcinfo, oe_spec_query(OE_SPEC_MERCHANT_PROFILE, arguments.values, arguments.nulls));
}

/* Store and currency are known. */
static void
check_question(OeQuestion *question)
{
	OeReader	reader;

	if (oe_reader_open(&reader, oe_question_tables(question)))
	{
		oe_check_question(&reader, question);
		oe_reader_close(&reader);
	}
	else
		oe_check_question(NULL, question);
}

/* The one row of the result, or a row of NULLs when there is none. */
static Datum
single_row(FunctionCallInfo fcinfo, OeSpecResult *result)
{
	if (result->nrows == 0)
	{
		result->values = palloc0(sizeof(Datum) * result->ncolumns);
		result->isnull = palloc(sizeof(bool) * result->ncolumns);
		memset(result->isnull, true, sizeof(bool) * result->ncolumns);
	}
	return oe_form_answer(fcinfo, result->values, result->isnull);
}
