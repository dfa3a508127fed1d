/*
 * Compares texts and reads lists of them.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"

#include "storage/schema.h"
#include "storage/texts.h"

/* As code_problem() and title_problem() have it. */
#define MAX_CODE_BYTES 255
#define MAX_TITLE_CHARACTERS 255

/* As shown() has it. */
#define MAX_SHOWN_CHARACTERS 80

static bool is_plain_text(const text *value);
static void judge(FunctionCallInfo fcinfo, const char *function);

text *
oe_constant_text(OeTextConstant *constant, const char *value)
{
	SET_VARSIZE(constant, VARHDRSZ + strlen(value));
	memcpy(VARDATA(constant), value, strlen(value));
	return (text *) constant;
}

bool
oe_text_is(const text *value, const char *word)
{
	size_t		length = strlen(word);

	return VARSIZE_ANY_EXHDR(value) == length && memcmp(VARDATA_ANY(value), word, length) == 0;
}

bool
oe_is_plain_code(const text *value)
{
	const unsigned char *bytes = (const unsigned char *) VARDATA_ANY(value);
	int			length = VARSIZE_ANY_EXHDR(value);

	return length >= 1 && length <= MAX_CODE_BYTES && bytes[0] != ' ' && bytes[length - 1] != ' ' &&
		is_plain_text(value);
}

/* Of printable ASCII. */
static bool
is_plain_text(const text *value)
{
	const unsigned char *bytes = (const unsigned char *) VARDATA_ANY(value);
	int			length = VARSIZE_ANY_EXHDR(value);

	for (int i = 0; i < length; i++)
		if (bytes[i] < ' ' || bytes[i] > '~')
			return false;
	return true;
}

const char *
oe_shown(const text *value)
{
	Oid			types[] = {TEXTOID};
	Oid			function;
	OeIdentity	caller;
	Datum		shown;

	if (VARSIZE_ANY_EXHDR(value) <= MAX_SHOWN_CHARACTERS && is_plain_text(value))
		return text_to_cstring(value);

	/* What it calls only the owner and some kinds of role may call. */
	caller = oe_become_owner();
	function = LookupFuncName(list_make2(makeString(OE_INTERNAL_SCHEMA), makeString("shown")), 1, types, false);
	shown = OidFunctionCall1Coll(function, DEFAULT_COLLATION_OID, PointerGetDatum(value));
	oe_restore_identity(caller);
	return TextDatumGetCString(shown);
}

const char *
oe_shown_string(const char *value)
{
	return oe_shown(cstring_to_text(value));
}

PG_FUNCTION_INFO_V1(oe_is_plain_code_sql);
Datum
oe_is_plain_code_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(oe_is_plain_code(PG_GETARG_TEXT_PP(0)));
}

/* Writers check every name that they are told: what is plain needs no function with a path of its own. */
PG_FUNCTION_INFO_V1(oe_check_reference);
Datum
oe_check_reference(PG_FUNCTION_ARGS)
{
	if (!PG_ARGISNULL(0) && !oe_is_plain_code(PG_GETARG_TEXT_PP(0)))
		judge(fcinfo, "judge_reference");
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_check_title);
Datum
oe_check_title(PG_FUNCTION_ARGS)
{
	if (!PG_ARGISNULL(0))
	{
		text	   *value = PG_GETARG_TEXT_PP(0);

		if (VARSIZE_ANY_EXHDR(value) > MAX_TITLE_CHARACTERS || !is_plain_text(value))
			judge(fcinfo, "judge_title");
	}
	PG_RETURN_VOID();
}

/* Calls the function of plpgsql that refuses what cannot be, with the arguments (value text, what text). */
static void
judge(FunctionCallInfo fcinfo, const char *function)
{
	LOCAL_FCINFO(judging, 2);
	FmgrInfo	flinfo;
	Oid			types[] = {TEXTOID, TEXTOID};
	List	   *name = list_make2(makeString(OE_INTERNAL_SCHEMA), makeString(pstrdup(function)));

	fmgr_info(LookupFuncName(name, 2, types, false), &flinfo);
	InitFunctionCallInfoData(*judging, &flinfo, 2, fcinfo->fncollation, NULL, NULL);
	memcpy(judging->args, fcinfo->args, sizeof(NullableDatum) * 2);
	(void) FunctionCallInvoke(judging);
}

int
oe_compare_texts(const text *a, const text *b)
{
	int			length_a = VARSIZE_ANY_EXHDR(a);
	int			length_b = VARSIZE_ANY_EXHDR(b);
	int			order = memcmp(VARDATA_ANY(a), VARDATA_ANY(b), Min(length_a, length_b));

	return order != 0 ? order : length_a - length_b;
}

/* Equal texts stand side by side, the first asked first. */
static int
compare_asked(const void *a, const void *b)
{
	text	  **x = *(text ***) a;
	text	  **y = *(text ***) b;
	int			order = oe_compare_texts(*x, *y);

	return order != 0 ? order : (x > y) - (x < y);
}

void
oe_check_one_dimension(ArrayType *array, const char *name)
{
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be an array of one dimension, not of %d", name, ARR_NDIM(array))));
}

text	  **
oe_read_texts(ArrayType *array, const char *name, int *count)
{
	Datum	   *values;
	bool	   *isnull;
	text	  **texts;

	oe_check_one_dimension(array, name);
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &isnull, count);
	texts = palloc(sizeof(text *) * Max(1, *count));
	for (int i = 0; i < *count; i++)
		texts[i] = isnull[i] ? NULL : DatumGetTextPP(values[i]);
	return texts;
}

text	  **
oe_distinct_texts(ArrayType *array, const char *name, int *count)
{
	int			nvalues;
	text	  **texts;
	text	 ***sorted;
	int			distinct = 0;

	texts = oe_read_texts(array, name, &nvalues);
	sorted = palloc(sizeof(text **) * Max(1, nvalues));
	*count = 0;
	for (int i = 0; i < nvalues; i++)
	{
		if (texts[i] == NULL)
			continue;
		texts[*count] = texts[i];
		sorted[*count] = &texts[*count];
		(*count)++;
	}

	qsort(sorted, *count, sizeof(text **), compare_asked);
	for (int i = *count - 1; i > 0; i--)
		if (oe_same_text(*sorted[i], *sorted[i - 1]))
			*sorted[i] = NULL;
	for (int i = 0; i < *count; i++)
		if (texts[i] != NULL)
			texts[distinct++] = texts[i];
	*count = distinct;
	return texts;
}

Datum
oe_text_array(text **texts, int count)
{
	Datum	   *values = palloc(sizeof(Datum) * count);

	for (int i = 0; i < count; i++)
		values[i] = PointerGetDatum(texts[i]);
	return PointerGetDatum(construct_array(values, count, TEXTOID, -1, false, TYPALIGN_INT));
}
