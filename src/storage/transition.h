/*
 * The rows that a statement-level trigger was given, read one after another.
 */
#ifndef OE_TRANSITION_H
#define OE_TRANSITION_H

#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "utils/tuplestore.h"

/* Raises 55000 unless the function was called as a trigger of this timing and level, on a table of ours. */
extern TriggerData *oe_trigger_data(FunctionCallInfo fcinfo, int timing, int level);

/* Likewise, of rows: of an INSERT or UPDATE, which have a new row, or of an UPDATE only, which has both. */
extern TriggerData *oe_new_row_trigger_data(FunctionCallInfo fcinfo, int timing);
extern TriggerData *oe_changed_row_trigger_data(FunctionCallInfo fcinfo, int timing);

/*
 * The rows before and after a statement: of an INSERT only the new ones, of a DELETE only the old ones; of an UPDATE
 * each row before with itself after, in the order in which the executor changed them.
 */
typedef struct OeTransition
{
	TupleDesc	tupdesc;
	Tuplestorestate *old_rows;
	Tuplestorestate *new_rows;
	int			old_pointer;
	int			new_pointer;
	TupleTableSlot *old_row;	/* NULL when there is none */
	TupleTableSlot *new_row;
} OeTransition;

extern void oe_transition_open(OeTransition *rows, TriggerData *trigdata);
extern bool oe_transition_next(OeTransition *rows);
extern void oe_transition_close(OeTransition *rows);

/* Attribute number of one of our columns; raises 55000 when the table lacks it. */
extern AttrNumber oe_column(TupleDesc tupdesc, const char *name);

/* Numbers of several columns. */
extern void oe_columns(TupleDesc tupdesc, const char *const *names, int count, AttrNumber *numbers);

/* True when one of the columns differs between the two rows. */
extern bool oe_columns_differ(TupleTableSlot *old_row, TupleTableSlot *new_row, const AttrNumber *numbers, int count);

/* A bigint column of a row; false when it is NULL. */
extern bool oe_row_id(TupleTableSlot *row, AttrNumber number, int64 *id);

#endif
