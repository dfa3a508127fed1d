/*
 * Compares texts, and reads lists of them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "question.h"
#include "texts.h"

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

text	  **
oe_distinct_texts(ArrayType *array, int *count)
{
	Datum	   *values;
	bool	   *isnull;
	int			nvalues;
	text	  **texts;
	text	 ***sorted;
	int			distinct = 0;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &isnull, &nvalues);
	texts = palloc(sizeof(text *) * Max(1, nvalues));
	sorted = palloc(sizeof(text **) * Max(1, nvalues));
	*count = 0;
	for (int i = 0; i < nvalues; i++)
	{
		if (isnull[i])
			continue;
		texts[*count] = DatumGetTextPP(values[i]);
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
