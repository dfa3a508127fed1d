/*
 * Foreign keys to rows that nearly every sale refers to, checked without locking these rows.
 */
#ifndef OE_HOT_REFERENCE_H
#define OE_HOT_REFERENCE_H

#include "nodes/execnodes.h"

/* For an executor that has started: keys of a table of ours that it writes look first, and lock where they must. */
extern void oe_look_before_locking(ResultRelInfo *result, MemoryContext context);

#endif
