/*
 * Growing arrays.
 */
#include "postgres.h"

#include "storage/grow.h"

void *
oe_resized(void *items, Size size)
{
	return items == NULL ? MemoryContextAllocHuge(CurrentMemoryContext, size) : repalloc_huge(items, size);
}
