/*
 * Remembers the spans of commands in which an import of this transaction answers for the rows it writes.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/acl.h"
#include "utils/memutils.h"

#include "bulk.h"
#include "schema.h"

typedef struct BulkSpan
{
	CommandId	first;
	CommandId	last;			/* InvalidCommandId while the span is open */
	SubTransactionId opened_in;
} BulkSpan;

/* In TopTransactionContext; the last one may be open. */
static List *spans = NIL;
static bool callbacks_registered = false;

static BulkSpan *
open_span(void)
{
	BulkSpan   *span = spans == NIL ? NULL : llast(spans);

	return span != NULL && span->last == InvalidCommandId ? span : NULL;
}

bool
oe_bulk_active(void)
{
	return open_span() != NULL;
}

bool
oe_bulk_used(void)
{
	return spans != NIL;
}

bool
oe_written_in_bulk(HeapTuple tuple)
{
	ListCell   *cell;
	CommandId	written;

	if (spans == NIL || !TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data)))
		return false;
	written = HeapTupleHeaderGetCmin(tuple->t_data);
	foreach(cell, spans)
	{
		BulkSpan   *span = lfirst(cell);

		if (written >= span->first && (span->last == InvalidCommandId || written <= span->last))
			return true;
	}
	return false;
}

static void
forget_spans(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		spans = NIL;
}

/* An error that is caught further out ends the span in which it was raised. */
static void
close_span_on_abort(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	BulkSpan   *span = open_span();

	if (span == NULL || span->opened_in != mine)
		return;
	if (event == SUBXACT_EVENT_COMMIT_SUB)
		span->opened_in = parent;
	else if (event == SUBXACT_EVENT_ABORT_SUB)
		span->last = GetCurrentCommandId(false);
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
	if (open_span() != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("an import of this transaction is writing already")));
}

PG_FUNCTION_INFO_V1(oe_bulk_begin);
Datum
oe_bulk_begin(PG_FUNCTION_ARGS)
{
	BulkSpan   *span;
	MemoryContext caller;

	check_owner_only();
	check_no_open_span();
	if (!callbacks_registered)
	{
		RegisterXactCallback(forget_spans, NULL);
		RegisterSubXactCallback(close_span_on_abort, NULL);
		callbacks_registered = true;
	}

	caller = MemoryContextSwitchTo(TopTransactionContext);
	span = palloc(sizeof(BulkSpan));
	span->first = GetCurrentCommandId(false);
	span->last = InvalidCommandId;
	span->opened_in = GetCurrentSubTransactionId();
	spans = lappend(spans, span);
	MemoryContextSwitchTo(caller);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_bulk_end);
Datum
oe_bulk_end(PG_FUNCTION_ARGS)
{
	BulkSpan   *span = open_span();

	check_owner_only();
	if (span != NULL)
	{
		span->last = GetCurrentCommandId(false);
		/* Nothing written from here on belongs to the span, even if no command has used the current id. */
		(void) GetCurrentCommandId(true);
		CommandCounterIncrement();
	}
	PG_RETURN_VOID();
}
