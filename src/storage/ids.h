/*
 * A growing list of bigint ids, on its way from transition tables into a bigint[] parameter.
 */
#ifndef OE_IDS_H
#define OE_IDS_H

#include "postgres.h"

typedef struct OeIds
{
	Datum	   *values;
	Size		count;
	Size		capacity;
} OeIds;

/* Appends; allocates in the current memory context. */
extern void oe_ids_add(OeIds *ids, int64 id);

/* Sorts ascending and drops repetitions. */
extern void oe_ids_sort_unique(OeIds *ids);

/* The list as bigint[]. */
extern Datum oe_ids_array(const OeIds *ids);

/* The other way: the elements of a bigint[] that are not NULL. */
extern OeIds oe_ids_from_array(Datum array);

#endif
