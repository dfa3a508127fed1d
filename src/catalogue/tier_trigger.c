/*
 * A tier needs base prices of the same group whose windows together cover its own, at commit: view uncovered_tier
 * states the rule, this trigger asks it about the rows that were written.
 *
 * Two sessions: who checks a tier of a product or abstract product holds its base prices FOR SHARE until commit, so
 * that whoever deletes or shortens one waits, and finds the tier when it checks itself. Offers need no such lock:
 * every write to an offer's own prices raises the offer's version and so waits for the offer.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "catalogue/bulk.h"
#include "error.h"
#include "storage/ids.h"
#include "storage/statement.h"
#include "storage/transition.h"

/* The columns that tiers and their base prices have in common. Any of the first four may be NULL. */
static const char *const group_columns[] = {
	"abstract_product_id", "product_id", "offer_id", "merchant_relationship_id", "store_code", "currency_code",
	"price_type"
};

#define GROUP_COLUMNS lengthof(group_columns)
#define NULLABLE_COLUMNS 4
#define GROUP_PATTERNS (1 << NULLABLE_COLUMNS)

/* One group: the values, and which of them are NULL as a bit mask. */
typedef struct PriceGroup
{
	Datum		values[GROUP_COLUMNS];
	char		nulls[GROUP_COLUMNS + 1];
	int			pattern;
} PriceGroup;

/* One plan for each pattern of NULLs, made at first use, so that each is an index range. */
static OeStatement lock_bases[GROUP_PATTERNS];
static OeStatement find_in_group[GROUP_PATTERNS];

static OeStatement find_by_id = {
	"SELECT u.price_id, u.min_quantity, u.valid_from, u.valid_to"
	"  FROM offerengine_internal.uncovered_tier u WHERE u.price_id = ANY ($1) ORDER BY u.price_id LIMIT 1",
	1, {INT8ARRAYOID}
};

/*
 * By their ids to the tiers and from these to their bases, in this order and nothing else at once: statistics of a
 * table that is being filled would join all with all, or look among all tiers for those with an id of the array.
 */
static OeStatement lock_bases_of_products = {
	"WITH tier AS MATERIALIZED (SELECT t.* FROM offerengine.price t WHERE t.price_id = ANY ($1)),"
	" base AS MATERIALIZED (SELECT DISTINCT g.price_id FROM tier t JOIN offerengine.price g"
	"       ON g.product_id = t.product_id AND g.store_code = t.store_code AND g.currency_code = t.currency_code"
	"          AND g.price_type = t.price_type"
	"          AND COALESCE(g.merchant_relationship_id, 0) = COALESCE(t.merchant_relationship_id, 0)"
	"    WHERE t.min_quantity > 1 AND t.offer_id IS NULL AND g.min_quantity = 1 AND g.offer_id IS NULL)"
	"SELECT pg_catalog.count(*) FROM (SELECT FROM base d JOIN offerengine.price b ON b.price_id = d.price_id"
	" ORDER BY b.price_id FOR SHARE OF b) AS locked",
	1, {INT8ARRAYOID}
};

static OeStatement lock_bases_of_abstract_products = {
	"WITH tier AS MATERIALIZED (SELECT t.* FROM offerengine.price t WHERE t.price_id = ANY ($1)),"
	" base AS MATERIALIZED (SELECT DISTINCT g.price_id FROM tier t JOIN offerengine.price g"
	"       ON g.abstract_product_id = t.abstract_product_id AND g.store_code = t.store_code"
	"          AND g.currency_code = t.currency_code AND g.price_type = t.price_type"
	"          AND COALESCE(g.merchant_relationship_id, 0) = COALESCE(t.merchant_relationship_id, 0)"
	"    WHERE t.min_quantity > 1 AND g.min_quantity = 1)"
	"SELECT pg_catalog.count(*) FROM (SELECT FROM base d JOIN offerengine.price b ON b.price_id = d.price_id"
	" ORDER BY b.price_id FOR SHARE OF b) AS locked",
	1, {INT8ARRAYOID}
};

static OeStatement find_versions = {
	"SELECT t.price_id, t.xmin, t.cmin FROM offerengine.price t WHERE t.price_id = ANY ($1)",
	1, {INT8ARRAYOID}
};

static void check_tier(HeapTuple tuple, Relation rel);
static void remember_versions(uint64 count);
static void check_group(HeapTuple tuple, Relation rel);
static void read_group(HeapTuple tuple, TupleDesc tupdesc, PriceGroup *group);
static OeStatement *group_plan(OeStatement *plans, int pattern, const char *before, const char *after);
static void refuse_found(void);

static int32
min_quantity(HeapTuple tuple, TupleDesc tupdesc)
{
	bool		isnull;

	return DatumGetInt32(heap_getattr(tuple, oe_column(tupdesc, "min_quantity"), tupdesc, &isnull));
}

static int64
price_id(HeapTuple tuple, TupleDesc tupdesc)
{
	bool		isnull;

	return DatumGetInt64(heap_getattr(tuple, oe_column(tupdesc, "price_id"), tupdesc, &isnull));
}

PG_FUNCTION_INFO_V1(oe_price_tier_check);
Datum
oe_price_tier_check(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = oe_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, TRIGGER_EVENT_ROW);
	Relation	rel = trigdata->tg_relation;
	TupleDesc	tupdesc = RelationGetDescr(rel);
	HeapTuple	before = TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) ? NULL : trigdata->tg_trigtuple;
	HeapTuple	after = TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) ? trigdata->tg_trigtuple :
	TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? trigdata->tg_newtuple : NULL;

	if (after != NULL && min_quantity(after, tupdesc) > 1 && !oe_is_checked_tier(price_id(after, tupdesc), after))
		check_tier(after, rel);
	if (before != NULL && min_quantity(before, tupdesc) == 1)
		check_group(before, rel);
	PG_RETURN_POINTER(NULL);
}

/* Asks about the row as it is now, which may be later than what the trigger was queued with. */
static void
check_tier(HeapTuple tuple, Relation rel)
{
	TupleDesc	tupdesc = RelationGetDescr(rel);
	OeIds		ids = {0};
	PriceGroup	group;
	Datum		array;
	OeOwnerRun	run;

	read_group(tuple, tupdesc, &group);
	oe_ids_add(&ids, price_id(tuple, tupdesc));
	array = oe_ids_array(&ids);

	run = oe_begin_owner_run();
	if (group.nulls[2] == 'n')
		oe_run(group_plan(lock_bases, group.pattern,
						  "SELECT pg_catalog.count(*) FROM (SELECT FROM offerengine.price b WHERE b.min_quantity = 1",
						  " ORDER BY b.price_id FOR SHARE) AS locked"),
			   group.values, group.nulls, false);
	if (oe_run(&find_by_id, &array, NULL, false) > 0)
		refuse_found();
	oe_end_owner_run(run);
}

/* After a base price was deleted, shortened or moved: are the tiers of its group still covered? */
static void
check_group(HeapTuple tuple, Relation rel)
{
	PriceGroup	group;
	OeOwnerRun	run;

	read_group(tuple, RelationGetDescr(rel), &group);
	run = oe_begin_owner_run();
	if (oe_run(group_plan(find_in_group, group.pattern,
						  "SELECT b.price_id, b.min_quantity, b.valid_from, b.valid_to"
						  "  FROM offerengine_internal.uncovered_tier b WHERE true",
						  " ORDER BY b.price_id LIMIT 1"),
			   group.values, group.nulls, false) > 0)
		refuse_found();
	oe_end_owner_run(run);
}

static void
read_group(HeapTuple tuple, TupleDesc tupdesc, PriceGroup *group)
{
	group->pattern = 0;
	for (int i = 0; i < GROUP_COLUMNS; i++)
	{
		bool		isnull;

		group->values[i] = heap_getattr(tuple, oe_column(tupdesc, group_columns[i]), tupdesc, &isnull);
		group->nulls[i] = isnull ? 'n' : ' ';
		if (isnull)
			group->pattern |= 1 << i;
	}
	group->nulls[GROUP_COLUMNS] = '\0';
}

/* The statement for one pattern: each column of the group is its parameter, or NULL. */
static OeStatement *
group_plan(OeStatement *plans, int pattern, const char *before, const char *after)
{
	OeStatement *plan = &plans[pattern];
	StringInfoData sql;

	if (plan->sql != NULL)
		return plan;

	initStringInfo(&sql);
	appendStringInfoString(&sql, before);
	for (int i = 0; i < GROUP_COLUMNS; i++)
	{
		if (pattern & (1 << i))
			appendStringInfo(&sql, " AND b.%s IS NULL", group_columns[i]);
		else
			appendStringInfo(&sql, " AND b.%s = $%d", group_columns[i], i + 1);
		plan->argtypes[i] = i < NULLABLE_COLUMNS ? INT8OID : TEXTOID;
	}
	appendStringInfoString(&sql, after);
	plan->nargs = GROUP_COLUMNS;
	plan->sql = MemoryContextStrdup(TopMemoryContext, sql.data);
	return plan;
}

/* SPI_tuptable holds a tier that is not covered. */
static void
refuse_found(void)
{
	HeapTuple	found = SPI_tuptable->vals[0];
	TupleDesc	tupdesc = SPI_tuptable->tupdesc;

	ereport(ERROR,
			(errcode(ERRCODE_OE_TIER_WITHOUT_BASE),
			 errmsg("price %s with min_quantity %s is not covered by base prices from %s to %s",
					SPI_getvalue(found, tupdesc, 1), SPI_getvalue(found, tupdesc, 2),
					SPI_getvalue(found, tupdesc, 3), SPI_getvalue(found, tupdesc, 4)),
			 errhint("Base prices (min_quantity 1) of the same owner, relationship, store, currency and type must "
					 "cover the whole window of a tier: set them in the same transaction, or end the tier first.")));
}

/* For writers in sets: holds the base prices of these tiers and refuses the first one that is not covered. */
PG_FUNCTION_INFO_V1(oe_check_tiers);
Datum
oe_check_tiers(PG_FUNCTION_ARGS)
{
	OeIds		ids = oe_ids_from_array(PG_GETARG_DATUM(0));
	bool		many = ids.count > OE_MANY_ROWS;
	Datum		array = PG_GETARG_DATUM(0);
	OeOwnerRun	run;

	oe_require_schema();
	run = oe_begin_owner_run();
	oe_run(&lock_bases_of_products, &array, NULL, false);
	oe_run(&lock_bases_of_abstract_products, &array, NULL, false);
	if (oe_run(&find_by_id, &array, NULL, many) > 0)
		refuse_found();
	remember_versions(oe_run(&find_versions, &array, NULL, many));
	oe_end_owner_run(run);
	PG_RETURN_VOID();
}

/* SPI_tuptable holds the tiers that were found covered: the trigger need not look at these versions again. */
static void
remember_versions(uint64 count)
{
	TupleDesc	tupdesc = count == 0 ? NULL : SPI_tuptable->tupdesc;

	for (uint64 i = 0; i < count; i++)
	{
		HeapTuple	tier = SPI_tuptable->vals[i];
		bool		isnull;

		oe_tier_was_checked(DatumGetInt64(SPI_getbinval(tier, tupdesc, 1, &isnull)),
							DatumGetTransactionId(SPI_getbinval(tier, tupdesc, 2, &isnull)),
							DatumGetCommandId(SPI_getbinval(tier, tupdesc, 3, &isnull)));
	}
}
