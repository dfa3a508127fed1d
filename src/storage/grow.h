/*
 * Arrays that grow by doubling: a pointer to elements, how many there are and for how many there is room.
 */
#ifndef OE_GROW_H
#define OE_GROW_H

#include "postgres.h"

/*
 * Makes room for one element more; the three are lvalues, the numbers of type Size. The first room is taken from the
 * current memory context, the following from the same.
 */
#define OE_GROW(items, count, capacity) \
	do { \
		if ((count) == (capacity)) \
			(items) = oe_grown((items), &(capacity), sizeof(*(items))); \
	} while (0)

extern void *oe_grown(void *items, Size *capacity, Size width);

#endif
