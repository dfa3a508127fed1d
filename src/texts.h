/*
 * Texts as codes and references are: they order byte by byte.
 */
#ifndef OE_TEXTS_H
#define OE_TEXTS_H

#include "utils/array.h"

/* Below, at or above 0 as collation "C" orders them. */
extern int	oe_compare_texts(const text *a, const text *b);

/* The elements of a text[] that are not NULL, each at its first place. */
extern text **oe_distinct_texts(ArrayType *array, int *count);

#endif
