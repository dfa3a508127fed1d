/*
 * Statements that the engine runs for itself: planned once per backend, run with the identity of the schema's owner.
 */
#ifndef OE_STATEMENT_H
#define OE_STATEMENT_H

#include "executor/spi.h"
#include "storage/schema.h"

#define OE_STATEMENT_MAX_ARGS 20

/*
 * A statement with the types of its parameters, meant to be static. The plans are kept for the life of the backend
 * and made again when no longer valid: one for few rows, one that is planned at each run for many.
 */
typedef struct OeStatement
{
	const char *sql;
	int			nargs;
	Oid			argtypes[OE_STATEMENT_MAX_ARGS];
	SPIPlanPtr	few;
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

/*
 * Runs a query under the caller's own snapshot, for functions that only read; needs no search_path (qualify
 * operators).
 */
extern uint64 oe_ask(OeStatement *plan, Datum *values, const char *nulls);

#endif
