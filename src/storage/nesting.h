/*
 * What is true for one statement or function of ours and its triggers, and for nothing that these triggers run in turn.
 */
#ifndef OE_NESTING_H
#define OE_NESTING_H

/* In how many triggers inside one another we are. */
extern int	oe_trigger_depth(void);

/* The relation that a statement writes, and how deep in triggers that statement runs. All zero: none. */
typedef struct OeOwnWrite
{
	Oid			relid;
	int			depth;
} OeOwnWrite;

/* A statement that is about to be run here, in this trigger or in none, and that writes the relation. */
extern OeOwnWrite oe_own_write(const char *relation);

/* True in the triggers of the relation that this very statement fires. */
extern bool oe_fired_by(const OeOwnWrite *write, Oid relid);

/* Code of ours that is about to be run here, whatever relations its statements write. */
extern OeOwnWrite oe_own_code(void);

/* True in this very code, not in triggers. */
extern bool oe_runs_here(const OeOwnWrite *code);

/* True in triggers that the statements of this very code fire. What asks is a trigger of ours. */
extern bool oe_fired_here(const OeOwnWrite *code);

#endif
