/*
 * Cells of imported files, read millions of times: the text without blanks around it, whether it is plain, and amounts.
 */
#include "postgres.h"

#include "common/int.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "compat.h"

/* Blanks of UTF-8 that nobody sees: no-break spaces, spaces of some width, byte order marks that joined files leave. */
static bool
is_wide_blank(const unsigned char *c)
{
	return (c[0] == 0xE2 && c[1] == 0x80 && ((c[2] >= 0x80 && c[2] <= 0x8A) || c[2] == 0xAF)) ||
		(c[0] == 0xE2 && c[1] == 0x81 && c[2] == 0x9F) ||
		(c[0] == 0xE3 && c[1] == 0x80 && c[2] == 0x80) ||
		(c[0] == 0xEF && c[1] == 0xBB && c[2] == 0xBF);
}

/*
 * Bytes of the blank that text begins, or with at_end ends, with; 0 when it is none. The blanks of ASCII are one byte
 * in every server encoding, the others are looked for where the encoding is UTF-8.
 */
static int
blank_length(const char *text, int length, bool at_end)
{
	char		c = at_end ? text[length - 1] : text[0];

	if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
		return 1;
	if (!IS_HIGHBIT_SET(c) || GetDatabaseEncoding() != PG_UTF8)
		return 0;
	if (length >= 2 && memcmp(at_end ? text +length - 2 : text, "\xC2\xA0", 2) == 0)
		return 2;
	if (length >= 3 && is_wide_blank((const unsigned char *) (at_end ? text +length - 3 : text)))
		return 3;
	return 0;
}

/* Narrows text to what stands between blanks; false when nothing does. */
static bool
trim(const char **start, int *length)
{
	int			blank;

	while (*length > 0 && (blank = blank_length(*start, *length, true)) > 0)
		*length -= blank;
	while (*length > 0 && (blank = blank_length(*start, *length, false)) > 0)
	{
		*start += blank;
		*length -= blank;
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
