/*
 * Statements that the engine runs for itself: planned once per backend, run with the identity of the schema's owner.
 */
#ifndef OE_STATEMENT_H
#define OE_STATEMENT_H

#include "executor/spi.h"
#include "storage/schema.h"

#define OE_STATEMENT_MAX_ARGS 20

/*
 * A statement with the types of its parameters, meant to be static. Kept for the life of the backend: a plan for few
 * rows, and one that is made anew at each run for many.
 */
typedef struct OeStatement
{
	const char *sql;
	int			nargs;
	Oid			argtypes[OE_STATEMENT_MAX_ARGS];
	SPIPlanPtr	few;
	int			few_generation; /* of the plan made here, not by SPI */
	SPIPlanPtr	many;
} OeStatement;

/* More rows than this are worth a plan of their own. */
#define OE_MANY_ROWS 1000

typedef struct OeOwnerRun
{
	OeIdentity	identity;
	int			guc_nestlevel;
} OeOwnerRun;

/*
 * Between these two, SPI is connected, the identity is the owner's and search_path is pg_catalog. An ERROR in
 * between takes everything back by itself.
 */
extern OeOwnerRun oe_begin_owner_run(void);
extern void oe_end_owner_run(OeOwnerRun run);

/*
 * Runs a statement that writes or locks and answers the number of rows. It sees everything committed so far, also in
 * REPEATABLE READ and SERIALIZABLE; there, changing a row that the transaction cannot see raises 40001. Results are
 * in SPI_tuptable until oe_end_owner_run().
 */
extern uint64 oe_run(OeStatement *plan, Datum *values, const char *nulls, bool many);

/* As oe_run(), but under the transaction's snapshot, as a statement that the caller gives. */
extern uint64 oe_run_plain(OeStatement *plan, Datum *values, const char *nulls, bool many);

/*
 * Runs a query under the caller's own snapshot, for functions that only read; needs no search_path (qualify
 * operators).
 */
extern uint64 oe_ask(OeStatement *plan, Datum *values, const char *nulls);

/*
 * Prepares a statement and keeps it for the life of the backend, inside SPI. It is never freed: a trigger may run the
 * very statement that is executing, and what an invalidation concerns is analysed and planned anew by itself.
 */
extern SPIPlanPtr oe_keep_plan(const char *sql, int nargs, Oid *argtypes, int cursor_options);

/* The same at its first use, with a generic plan; what is kept stands in *plan. */
extern SPIPlanPtr oe_kept_plan(SPIPlanPtr *plan, const char *sql, int nargs, const Oid *argtypes);

/* Runs a query that is kept, under the caller's snapshot; SPI is connected. */
extern void oe_run_kept(SPIPlanPtr plan, Datum *values, const char *nulls);

#endif
