/*
 * Answers what pages show beside a decision: an offer in detail, a merchant's profile, offers by a search term.
 * Arguments are checked here as for every decision; the answers are SQL run as the owner.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
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
static text *trimmed(text *term);

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

PG_FUNCTION_INFO_V1(oe_search_offers);
Datum
oe_search_offers(PG_FUNCTION_ARGS)
{
	static const OeArguments positions = {
		.store = 1, .currency = 2, .price_mode = 3, .quantity = 4, .buyer = 5, .country = 6, .at = 10
	};
	int32		max_rows = PG_ARGISNULL(8) ? 20 : PG_GETARG_INT32(8);
	int32		skip = PG_ARGISNULL(9) ? 0 : PG_GETARG_INT32(9);
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	OeQuestion	question;
	OeParameters arguments = {0};
	OeSpecResult *result;
	text	   *term;
	int			guc_nestlevel;

	oe_read_question(fcinfo, &positions, &question);
	check_question(&question);
	oe_check_at_least(max_rows, 0, "max_rows");
	oe_check_at_least(skip, 0, "skip");
	if (!PG_ARGISNULL(7))
		oe_check_one_dimension(PG_GETARG_ARRAYTYPE_P(7), "merchant_references");

	InitMaterializedSRF(fcinfo, 0);
	term = PG_ARGISNULL(0) ? NULL : trimmed(PG_GETARG_TEXT_PP(0));
	if (term == NULL || VARSIZE_ANY_EXHDR(term) == 0)
		return (Datum) 0;

	oe_add_text(&arguments, term);
	oe_add_place(&arguments, &question);
	add_buyer(&arguments, &question);
	oe_add_parameter(&arguments, PG_ARGISNULL(7) ? (Datum) 0 : PG_GETARG_DATUM(7), PG_ARGISNULL(7));
	oe_add_value(&arguments, Int32GetDatum(max_rows));
	oe_add_value(&arguments, Int32GetDatum(skip));
	oe_add_value(&arguments, TimestampTzGetDatum(question.at));

	/*
	 * What is similar does not depend on what the session prefers, nor whether an index may leave out some of what it
	 * has. And what the plan may cost at most is far more than it does: compiling it would cost more than the answer.
	 */
	guc_nestlevel = NewGUCNestLevel();
	(void) set_config_option("pg_trgm.word_similarity_threshold", "0.4", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	(void) set_config_option("gin_fuzzy_search_limit", "0", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
	(void) set_config_option("jit", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	result = oe_spec_query(OE_SPEC_SEARCH_OFFERS, arguments.values, arguments.nulls);
	AtEOXact_GUC(true, guc_nestlevel);
	oe_spec_put(set, result);
	return (Datum) 0;
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

/* Bytes of the longest name that there may be. What somebody pastes may have any length, a text search has not. */
#define LONGEST_TERM (255 * 4)

/* Without blanks, tabs and line ends around it; of a term longer than all names, the beginning. */
static text *
trimmed(text *term)
{
	const char *start = VARDATA_ANY(term);
	int			length = VARSIZE_ANY_EXHDR(term);

	while (length > 0 && strchr(" \t\r\n", start[length - 1]) != NULL)
		length--;
	while (length > 0 && strchr(" \t\r\n", *start) != NULL)
	{
		start++;
		length--;
	}
	return cstring_to_text_with_len(start, pg_mbcliplen(start, length, LONGEST_TERM));
}
