/*
 * Texts as codes and references are: they order byte by byte.
 */
#ifndef OE_TEXTS_H
#define OE_TEXTS_H

#include "utils/array.h"

#include "compat.h"

/* A text constant without allocation: length word, then characters. */
typedef union OeTextConstant
{
	varattrib_4b header;
	char		bytes[VARHDRSZ + 8];
} OeTextConstant;

/* Fills the constant, which the caller keeps, and returns it; value has at most eight characters. */
extern text *oe_constant_text(OeTextConstant *constant, const char *value);

static inline bool
oe_same_text(const text *a, const text *b)
{
	return a == b || (VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
					  memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0);
}

extern bool oe_text_is(const text *value, const char *word);

/*
 * True for what surely may be a reference, SKU, code or key, as most are: of printable ASCII. False: code_problem()
 * tells.
 */
extern bool oe_is_plain_code(const text *value);

/*
 * A caller's text as a message shows it, as shown() has it in SQL: a long one is cut, and what cannot be seen is
 * spelled. To be asked before ereport().
 */
extern const char *oe_shown(const text *value);
extern const char *oe_shown_string(const char *value);

/* Below, at or above 0 as collation "C" orders them. */
extern int	oe_compare_texts(const text *a, const text *b);

/* The elements of a text[] that are not NULL, each at its first place. */
extern text **oe_distinct_texts(ArrayType *array, const char *name, int *count);

/* The elements of a text[], NULL for NULL. */
extern text **oe_read_texts(ArrayType *array, const char *name, int *count);

/* A text[] of so many texts, none of which is NULL. */
extern Datum oe_text_array(text **texts, int count);

/* Refuses an array of several dimensions, the argument of this name (22023), as those above do. */
extern void oe_check_one_dimension(ArrayType *array, const char *name);

#endif
