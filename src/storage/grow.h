/*
 * Arrays that grow by doubling: a pointer to elements, how many there are and for how many there is room.
 */
#ifndef OE_GROW_H
#define OE_GROW_H

#include "postgres.h"

#define OE_FIRST_CAPACITY 16

/*
 * Makes room for one element more; the three are lvalues, NULL and 0 at first. The first room is taken from the current
 * memory context, what follows from the same.
 */
#define OE_GROW(items, count, capacity) \
	do { \
		if ((count) >= (capacity)) \
		{ \
			(capacity) = Max((capacity) * 2, OE_FIRST_CAPACITY); \
			(items) = oe_resized((items), sizeof(*(items)) * (Size) (capacity)); \
		} \
	} while (0)

extern void *oe_resized(void *items, Size size);

#endif
