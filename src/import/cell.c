/*
 * Cells of imported files, read millions of times: the text without blanks around it, whether it is plain, and amounts.
 */
#include "postgres.h"

#include "common/int.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "compat.h"

/* Blanks that do not count at the ends of a cell. All are one byte in every server encoding. */
static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Narrows text to what stands between blanks; false when nothing does. */
static bool
trim(const char **start, int *length)
{
	while (*length > 0 && is_blank((*start)[*length - 1]))
		(*length)--;
	while (*length > 0 && is_blank(**start))
	{
		(*start)++;
		(*length)--;
	}
	return *length > 0;
}

PG_FUNCTION_INFO_V1(oe_import_cell);
Datum
oe_import_cell(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	const char *start = VARDATA_ANY(value);
	int			length = VARSIZE_ANY_EXHDR(value);

	if (!trim(&start, &length))
		PG_RETURN_NULL();
	if (length == (int) VARSIZE_ANY_EXHDR(value))
		PG_RETURN_TEXT_P(value);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(start, length));
}

PG_FUNCTION_INFO_V1(oe_import_is_plain);
Datum
oe_import_is_plain(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	const char *start = VARDATA_ANY(value);
	int			length = VARSIZE_ANY_EXHDR(value);

	if (!trim(&start, &length) || length > 255)
		PG_RETURN_BOOL(false);
	for (int i = 0; i < length; i++)
	{
		if (start[i] < ' ' || start[i] > '~')
			PG_RETURN_BOOL(false);
	}
	PG_RETURN_BOOL(true);
}

PG_FUNCTION_INFO_V1(oe_import_amount);
Datum
oe_import_amount(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	const char *start = VARDATA_ANY(value);
	int			length = VARSIZE_ANY_EXHDR(value);
	int64		amount = 0;

	if (!trim(&start, &length))
		PG_RETURN_NULL();
	for (int i = 0; i < length; i++)
	{
		if (start[i] < '0' || start[i] > '9' ||
			pg_mul_s64_overflow(amount, 10, &amount) || pg_add_s64_overflow(amount, start[i] - '0', &amount))
			PG_RETURN_NULL();
	}
	PG_RETURN_INT64(amount);
}
