/*
 * What the planner is told about the size of our tables.
 */
#ifndef OE_ESTIMATE_H
#define OE_ESTIMATE_H

#include "executor/spi.h"

/* Hangs into the planner. Called once, when the library is loaded. */
extern void oe_estimate_init(void);

/*
 * As SPI_execute_snapshot(). What is planned meanwhile is planned as if each table of ours had a million rows: such a
 * plan walks indexes from the rows that it is given, however few rows the tables have or are said to have.
 */
extern int	oe_execute_for_large_tables(SPIPlanPtr plan, Datum *values, const char *nulls, Snapshot snapshot,
										Snapshot crosscheck, bool read_only);

/* Makes the generic plan of a kept statement the same way. The caller releases it. */
extern CachedPlan * oe_plan_for_large_tables(SPIPlanPtr plan);

#endif
