/*
 * Growing arrays.
 */
#include "postgres.h"

#include "storage/grow.h"

#define FIRST_CAPACITY 16

void *
oe_grown(void *items, Size *capacity, Size width)
{
	*capacity = Max(*capacity * 2, FIRST_CAPACITY);
	return items == NULL ? palloc(*capacity * width) : repalloc_huge(items, *capacity * width);
}
