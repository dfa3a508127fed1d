/*
 * The server reads the CHECK constraints of a table from their text for each statement that writes a row, byte by byte:
 * a third of the work of an approval. Here a backend reads them once, and a statement is given what was read as long as
 * the text is the same. That is kept for the backend's life, a few ten kilobytes a table that it writes, and never
 * freed: a statement that runs may be asking it.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/tupdesc.h"
#include "catalog/namespace.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "compat.h"
#include "storage/checks.h"
#include "storage/schema.h"

typedef struct KeptChecks
{
	Oid			relid;			/* key */
	bool		is_plain;		/* they ask nothing that somebody may replace */
	int			count;
	char	  **texts;
	Expr	  **conditions;
} KeptChecks;

static HTAB *kept_checks = NULL;

static KeptChecks *checks_of(Relation relation);
static bool are_same(const KeptChecks *kept, const TupleConstr * constraints);
static void read_checks(KeptChecks *kept, const TupleConstr * constraints);
static bool asks_others(Node *node, void *context);
static bool is_others_function(Oid function, void *context);

void
oe_prepare_checks(ResultRelInfo *result, EState * estate)
{
	Relation	relation = result->ri_RelationDesc;
	const		TupleConstr *constraints = RelationGetDescr(relation)->constr;
	const KeptChecks *kept;
	MemoryContext caller;

	if (constraints == NULL || constraints->num_check == 0 || oe_check_states(result) != NULL ||
		oe_has_virtual_columns(constraints) || RelationGetNamespace(relation) != get_namespace_oid(OE_SCHEMA, true))
		return;
	kept = checks_of(relation);
	if (!kept->is_plain)
		return;

	caller = MemoryContextSwitchTo(estate->es_query_cxt);
	oe_check_states(result) = palloc0(sizeof(ExprState *) * kept->count);
	for (int i = 0; i < kept->count; i++)
		if (oe_check_is_enforced(&constraints->check[i]))
			oe_check_states(result)[i] = ExecInitExpr(kept->conditions[i], NULL);
	MemoryContextSwitchTo(caller);
}

static KeptChecks *
checks_of(Relation relation)
{
	Oid			relid = RelationGetRelid(relation);
	const		TupleConstr *constraints = RelationGetDescr(relation)->constr;
	KeptChecks *kept;
	bool		found;

	if (kept_checks == NULL)
	{
		HASHCTL		control = {.keysize = sizeof(Oid), .entrysize = sizeof(KeptChecks), .hcxt = TopMemoryContext};

		kept_checks = hash_create("CHECK constraints of offerengine", 64, &control,
								  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	kept = hash_search(kept_checks, &relid, HASH_ENTER, &found);
	if (!found)
		kept->count = 0;
	if (!are_same(kept, constraints))
		read_checks(kept, constraints);
	return kept;
}

static bool
are_same(const KeptChecks *kept, const TupleConstr * constraints)
{
	if (kept->count != constraints->num_check)
		return false;
	for (int i = 0; i < kept->count; i++)
		if (strcmp(kept->texts[i], constraints->check[i].ccbin) != 0)
			return false;
	return true;
}

/* An error on the way leaves nothing behind. */
static void
read_checks(KeptChecks *kept, const TupleConstr * constraints)
{
	int			count = constraints->num_check;
	MemoryContext own = AllocSetContextCreate(CurrentMemoryContext, "offerengine checks", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(own);
	char	  **texts = palloc(sizeof(char *) * count);
	Expr	  **conditions = palloc0(sizeof(Expr *) * count);
	bool		is_plain = true;

	for (int i = 0; i < count; i++)
	{
		Node	   *condition = stringToNode(constraints->check[i].ccbin);

		is_plain = is_plain && !asks_others(condition, NULL);
		texts[i] = pstrdup(constraints->check[i].ccbin);
		if (is_plain)
			conditions[i] = expression_planner((Expr *) condition);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextSetParent(own, TopMemoryContext);
	kept->is_plain = is_plain;
	kept->count = count;
	kept->texts = texts;
	kept->conditions = conditions;
}

/* A function that is not the server's own may be replaced, and a domain may get another condition. */
static bool
asks_others(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, CoerceToDomain) || check_functions_in_node(node, is_others_function, NULL))
		return true;
	return expression_tree_walker(node, asks_others, context);
}

static bool
is_others_function(Oid function, void *context)
{
	return function >= FirstNormalObjectId;
}
