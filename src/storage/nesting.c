/*
 * Tells the statement that fired a trigger from statements that run deeper: triggers of a database administrator run
 * inside ours, and may write the same tables.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"

#include "storage/nesting.h"
#include "storage/schema.h"

int
oe_trigger_depth(void)
{
	return DatumGetInt32(DirectFunctionCall1(pg_trigger_depth, (Datum) 0));
}

OeOwnWrite
oe_own_write(const char *relation)
{
	OeOwnWrite	write = {.relid = get_relname_relid(relation, oe_schema_oid()), .depth = oe_trigger_depth()};

	return write;
}

bool
oe_fired_by(const OeOwnWrite *write, Oid relid)
{
	return write->relid == relid && OidIsValid(relid) && oe_fired_here(write);
}

OeOwnWrite
oe_own_code(void)
{
	OeOwnWrite	code = {.relid = InvalidOid, .depth = oe_trigger_depth()};

	return code;
}

bool
oe_runs_here(const OeOwnWrite *code)
{
	return code->depth == oe_trigger_depth();
}

bool
oe_fired_here(const OeOwnWrite *code)
{
	return code->depth + 1 == oe_trigger_depth();
}
