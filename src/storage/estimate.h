/*
 * What the planner is told about the size of our tables.
 */
#ifndef OE_ESTIMATE_H
#define OE_ESTIMATE_H

#include "executor/spi.h"

/* Hangs into the planner. Called once, when the library is loaded. */
extern void oe_estimate_init(void);

/*
 * The generic plan of a kept statement, as if each table of ours had a million rows: such a plan walks indexes from the
 * rows that it is given, however few rows the tables have or are said to have. The caller releases it.
 */
extern CachedPlan * oe_plan_for_large_tables(SPIPlanPtr plan);

#endif
