/*
 * Remembers whether an import of this transaction answers for what it writes, and which tiers were checked in sets.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/memutils.h"

#include "catalogue/bulk.h"
#include "error.h"
#include "storage/schema.h"

/* A row version: no later one of the same price is written by the same command. */
typedef struct CheckedTier
{
	int64		price_id;
	CommandId	written;
} CheckedTier;

static bool span_open = false;
static bool span_used = false;
static SubTransactionId opened_in;

/* In TopTransactionContext. */
static CheckedTier *tiers = NULL;
static Size tier_count = 0;
static Size tier_capacity = 0;
static bool tiers_sorted = true;
static SubTransactionId tiers_checked_in;

static bool callbacks_registered = false;

bool
oe_bulk_active(void)
{
	return span_open;
}

bool
oe_bulk_used(void)
{
	return span_used;
}

static void
forget_tiers(void)
{
	tiers = NULL;
	tier_count = tier_capacity = 0;
	tiers_sorted = true;
}

static void
forget_on_end(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
	{
		span_open = span_used = false;
		forget_tiers();
	}
}

/* An error that is caught further out ends the span, and takes back base prices that tiers were checked against. */
static void
forget_on_subabort(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (span_open && opened_in == mine)
	{
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			opened_in = parent;
		else if (event == SUBXACT_EVENT_ABORT_SUB)
			span_open = false;
	}
	if (tier_count > 0 && tiers_checked_in == mine)
	{
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			tiers_checked_in = parent;
		else if (event == SUBXACT_EVENT_ABORT_SUB)
			forget_tiers();
	}
}

static void
register_callbacks(void)
{
	if (callbacks_registered)
		return;
	RegisterXactCallback(forget_on_end, NULL);
	RegisterSubXactCallback(forget_on_subabort, NULL);
	callbacks_registered = true;
}

void
oe_tier_was_checked(int64 price_id, TransactionId xmin, CommandId written)
{
	if (!TransactionIdIsCurrentTransactionId(xmin))
		return;
	register_callbacks();
	if (tier_count == tier_capacity)
	{
		tier_capacity = Max(tier_capacity * 2, 64);
		tiers = tiers == NULL
			? MemoryContextAlloc(TopTransactionContext, tier_capacity * sizeof(CheckedTier))
			: repalloc_huge(tiers, tier_capacity * sizeof(CheckedTier));
	}
	tiers[tier_count].price_id = price_id;
	tiers[tier_count].written = written;
	tier_count++;
	tiers_sorted = false;
	tiers_checked_in = GetCurrentSubTransactionId();
}

static int
compare_tiers(const void *a, const void *b)
{
	const CheckedTier *x = a;
	const CheckedTier *y = b;

	if (x->price_id != y->price_id)
		return x->price_id < y->price_id ? -1 : 1;
	return (x->written > y->written) - (x->written < y->written);
}

bool
oe_is_checked_tier(int64 price_id, HeapTuple tuple)
{
	CheckedTier wanted = {.price_id = price_id};

	if (tier_count == 0 || !TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data)))
		return false;
	if (!tiers_sorted)
		qsort(tiers, tier_count, sizeof(CheckedTier), compare_tiers);
	tiers_sorted = true;
	wanted.written = HeapTupleHeaderGetCmin(tuple->t_data);
	return bsearch(&wanted, tiers, tier_count, sizeof(CheckedTier), compare_tiers) != NULL;
}

static void
check_owner_only(void)
{
	if (!has_privs_of_role(GetUserId(), oe_schema_owner()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only the owner of schema offerengine may write in bulk")));
}

static void
check_no_open_span(void)
{
	if (span_open)
		ereport(ERROR,
				(errcode(ERRCODE_OE_IMPORT_RUNNING),
				 errmsg("an import of this transaction is running already")));
}

PG_FUNCTION_INFO_V1(oe_bulk_begin);
Datum
oe_bulk_begin(PG_FUNCTION_ARGS)
{
	check_owner_only();
	check_no_open_span();
	register_callbacks();
	span_open = span_used = true;
	opened_in = GetCurrentSubTransactionId();
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_bulk_end);
Datum
oe_bulk_end(PG_FUNCTION_ARGS)
{
	check_owner_only();
	span_open = false;
	PG_RETURN_VOID();
}
