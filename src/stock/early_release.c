/*
 * Early release: the row of a hot offer is given up before the sale is on disk, and the client is answered after.
 *
 * A row lock is held until its transaction has ended, and a transaction ends when its commit record is flushed. So one
 * row, the stock of one offer, sells once per flush. With offerengine.early_release a transaction that took stock
 * commits as with synchronous_commit = off: the record goes to WAL buffers, the transaction is over for all others,
 * its locks go. Then, before the server answers the client, this file flushes WAL up to the commit record and waits
 * for standbys as synchronous_commit asks for. What was acknowledged is on disk, as ever.
 *
 * What is different: others may see the sale a moment before it is on disk. Who acts on what he saw commits himself,
 * and WAL is one stream: his own flush covers it.
 *
 * Order of events in CommitTransaction(), on which this rests:
 *
 * XACT_EVENT_PRE_COMMIT: the level is remembered and lowered; nothing is done for XACT_EVENT_PRE_PREPARE.
 * RecordTransactionCommit(): the commit record, not flushed. ProcArrayEndTransaction(): visible to others.
 * ResourceOwnerRelease(): row locks go in phase RESOURCE_RELEASE_LOCKS; in RESOURCE_RELEASE_AFTER_LOCKS the level is
 * put back here, then the flush and the wait. AtEOXact_GUC(): settings of the transaction end. The answer.
 *
 * Interrupts are held all that time, so neither a cancellation nor a termination comes between the commit and the
 * flush; a wait for standbys can be left as in PostgreSQL itself, with its warning. Nothing in the last callback
 * allocates or may fail: an error after the commit is a PANIC.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "fmgr.h"
#include "replication/syncrep.h"
#include "utils/guc.h"
#include "utils/resowner.h"

#include "stock/early_release.h"

static bool early_release = false;

/* The outermost (sub)transaction that took stock and has not been rolled back, as nesting level; 0: none. */
static int	armed_level = 0;

/* Between PRE_COMMIT and the flush: the level that the transaction would have committed with. */
static bool lowered = false;
static int	wanted_level;

static void end_transaction(XactEvent event, void *arg);
static void end_subtransaction(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg);
static void flush_after_locks(ResourceReleasePhase phase, bool is_commit, bool is_top_level, void *arg);
static void lower_commit(void);
static void put_level_back(void);

void
oe_early_release_init(void)
{
	DefineCustomBoolVariable("offerengine.early_release",
							 "Gives up the lock of an offer's stock before the sale is on disk, and answers after.",
							 "Nothing acknowledged is lost; others may see a sale a moment before it is on disk.",
							 &early_release, false, PGC_USERSET, 0, NULL, NULL, NULL);
	RegisterXactCallback(end_transaction, NULL);
	RegisterSubXactCallback(end_subtransaction, NULL);
	RegisterResourceReleaseCallback(flush_after_locks, NULL);
}

/*
 * Marks the current (sub)transaction as one that took stock. Not where Citus is loaded: there a transaction may be a
 * part of one that commits elsewhere.
 */
PG_FUNCTION_INFO_V1(oe_arm_early_release);
Datum
oe_arm_early_release(PG_FUNCTION_ARGS)
{
	int			level = GetCurrentTransactionNestLevel();

	if (early_release && (armed_level == 0 || level < armed_level) &&
		GetConfigOption("citus.version", true, false) == NULL &&
		GetConfigOption("citus.shard_count", true, false) == NULL)
		armed_level = level;
	PG_RETURN_VOID();
}

static void
end_transaction(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			lower_commit();
			break;
		case XACT_EVENT_PREPARE:
		case XACT_EVENT_PRE_PREPARE:
			armed_level = 0;
			break;
		case XACT_EVENT_ABORT:
			armed_level = 0;
			if (lowered)
				put_level_back();
			break;
		default:
			break;
	}
}

static void
end_subtransaction(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	int			level = GetCurrentTransactionNestLevel();

	if (armed_level < level)
		return;
	if (event == SUBXACT_EVENT_ABORT_SUB)
		armed_level = 0;
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		armed_level = level - 1;
}

static void
lower_commit(void)
{
	bool		armed = armed_level > 0;

	armed_level = 0;
	if (!armed || synchronous_commit < SYNCHRONOUS_COMMIT_LOCAL_FLUSH ||
		!TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return;
	wanted_level = synchronous_commit;
	lowered = true;
	synchronous_commit = SYNCHRONOUS_COMMIT_OFF;
}

/* For what standbys are waited goes by a variable of its own, which only SET changes; it has stayed as it was. */
static void
put_level_back(void)
{
	lowered = false;
	synchronous_commit = wanted_level;
}

/* Called once per resource owner: the first call does it. */
static void
flush_after_locks(ResourceReleasePhase phase, bool is_commit, bool is_top_level, void *arg)
{
	if (!lowered || phase != RESOURCE_RELEASE_AFTER_LOCKS || !is_commit || !is_top_level)
		return;
	put_level_back();
	XLogFlush(XactLastCommitEnd);
	SyncRepWaitForLSN(XactLastCommitEnd, true);
}
