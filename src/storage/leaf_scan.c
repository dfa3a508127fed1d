/*
 * An index scan tells each entry of a page whether it has the keys, column by column, and prepares itself anew for each
 * key. Entries with the same keys stand side by side, and their keys are the same bytes: here the first one is found
 * by nbtree's own descent, and whatever begins as it does belongs to it.
 *
 * Why this is as safe as an index scan, whose steps it takes in the same order:
 * - A page is copied while it is locked, so that it is read as it was at one instant. What others add later the
 *   snapshot does not see; what a split moves away is in the copy, and the link to the right that was copied with it
 *   passes by the pages that the split adds.
 * - The page stays pinned until the last row of it has been looked at: VACUUM frees no row before it has had every leaf
 *   for itself, which that pin prevents (on a standby the replay of VACUUM waits, or cancels us). So no entry leads to
 *   another row that was put in the place of its own, and the visibility map may be asked about its page.
 * - A page that was deleted keeps its link to the right as long as there is a snapshot from before.
 * - Under SERIALIZABLE, where readers lock what they read, index scans do it: oe_leaf_scan_applies().
 * - After an error the resource owner gives the pin back. Nothing outlives the reader, and each reader has its own.
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "access/tupmacs.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"

#include "compat.h"
#include "storage/compare.h"
#include "storage/leaf_scan.h"
#include "storage/texts.h"

static void take_page(OeLeafScan *scan, Buffer buffer);
static void leave_page(OeLeafScan *scan);
static Buffer descend(OeLeafScan *scan);
static OffsetNumber first_at_least(const OeLeafScan *scan, Page page);
static int	compare(const OeLeafScan *scan, Page page, OffsetNumber place);
static int	compare_keys(const OeLeafScan *scan, IndexTuple tuple, bool *all_equal);
static bool step_right(OeLeafScan *scan);
static bool repeats_keys(const OeLeafScan *scan, IndexTuple tuple);
static void mark_dead(OeLeafScan *scan);

bool
oe_leaf_scan_applies(void)
{
	return !IsolationIsSerializable();
}

/* Neither compressed nor elsewhere. */
static inline bool
is_inline(const char *value)
{
	return !VARATT_IS_EXTENDED(value) || VARATT_IS_SHORT(value);
}

OeLeafScan *
oe_leaf_scan_create(Relation table, Relation index, Snapshot snapshot, int nkeys)
{
	OeLeafScan *scan = palloc0(sizeof(OeLeafScan));

	scan->context = CurrentMemoryContext;
	scan->table = table;
	scan->index = index;
	scan->snapshot = snapshot;
	scan->minds_dead = !TransactionStartedDuringRecovery();
	scan->page = palloc(BLCKSZ);
	scan->key = _bt_mkscankey(index, NULL);
	scan->key->keysz = nkeys;
	for (int i = 0; i < nkeys; i++)
	{
		Assert((scan->key->scankeys[i].sk_flags & SK_BT_DESC) == 0);
		Assert(index->rd_opcintype[i] != TEXTOID || index->rd_indcollation[i] == C_COLLATION_OID);
	}
	return scan;
}

void
oe_leaf_scan_seek(OeLeafScan *scan, const NullableDatum *keys)
{
	Buffer		buffer;

	leave_page(scan);
	for (int i = 0; i < scan->key->keysz; i++)
	{
		ScanKey		key = &scan->key->scankeys[i];

		key->sk_argument = keys[i].isnull ? (Datum) 0 : keys[i].value;
		if (keys[i].isnull)
			key->sk_flags |= SK_ISNULL;
		else
			key->sk_flags &= ~SK_ISNULL;
	}
	pgstat_count_index_scan(scan->index);
	buffer = descend(scan);
	if (!BufferIsValid(buffer))
		return;
	take_page(scan, buffer);
	scan->next = first_at_least(scan, scan->page);
}

/* As _bt_search(): the first leaf that may have the keys, locked; Invalid: the index is empty. */
static Buffer
descend(OeLeafScan *scan)
{
	Buffer		buffer = oe_bt_getroot(scan->index, scan->table);

	while (BufferIsValid(buffer))
	{
		Page		page = BufferGetPage(buffer);
		BTPageOpaque opaque = BTPageGetOpaque(page);
		OffsetNumber place;
		BlockNumber child;

		oe_test_old_snapshot(scan->snapshot, scan->index, page);

		/* What was split or deleted since we heard of it has its keys further right. */
		if (!P_RIGHTMOST(opaque) && (P_IGNORE(opaque) || compare(scan, page, P_HIKEY) > 0))
		{
			buffer = _bt_relandgetbuf(scan->index, buffer, opaque->btpo_next, BT_READ);
			continue;
		}
		if (P_IGNORE(opaque))
			ereport(ERROR,
					(errcode(ERRCODE_INDEX_CORRUPTED),
					 errmsg("index \"%s\" has no page where its entries should go on",
							RelationGetRelationName(scan->index)),
					 errhint("REINDEX it.")));
		if (P_ISLEAF(opaque))
			break;

		/* Below the last entry that is less than the keys; the first one is less than anything. */
		place = OffsetNumberPrev(first_at_least(scan, page));
		child = BTreeTupleGetDownLink((IndexTuple) PageGetItem(page, PageGetItemId(page, place)));
		buffer = _bt_relandgetbuf(scan->index, buffer, child, BT_READ);
	}
	return buffer;
}

/* Copies a page that is locked, and keeps its pin alone. */
static void
take_page(OeLeafScan *scan, Buffer buffer)
{
	memcpy(scan->page, BufferGetPage(buffer), BLCKSZ);
	_bt_unlockbuf(scan->index, buffer);
	scan->buffer = buffer;
	scan->next = P_FIRSTDATAKEY(BTPageGetOpaque(scan->page));
	scan->last = PageGetMaxOffsetNumber(scan->page);
	scan->tuple = NULL;
	scan->keys_size = 0;
}

static void
leave_page(OeLeafScan *scan)
{
	if (!BufferIsValid(scan->buffer))
		return;
	if (scan->ndead_entries > 0)
		mark_dead(scan);
	ReleaseBuffer(scan->buffer);
	scan->buffer = InvalidBuffer;
	scan->tuple = NULL;
}

/* The first entry of the page that is not less than the keys, or one beyond the last. */
static OffsetNumber
first_at_least(const OeLeafScan *scan, Page page)
{
	OffsetNumber low = P_FIRSTDATAKEY(BTPageGetOpaque(page));
	OffsetNumber high = PageGetMaxOffsetNumber(page) + 1;

	while (low < high)
	{
		OffsetNumber middle = low + (high - low) / 2;

		if (compare(scan, page, middle) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* As _bt_compare(), which is asked only where keys alone do not tell. */
static int
compare(const OeLeafScan *scan, Page page, OffsetNumber place)
{
	IndexTuple	tuple = (IndexTuple) PageGetItem(page, PageGetItemId(page, place));
	bool		all_equal = false;
	int			order = compare_keys(scan, tuple, &all_equal);

	if (order != 0 || (all_equal && !BTreeTupleIsPivot(tuple)))
		return order;
	return _bt_compare(scan->index, scan->key, page, place);
}

/*
 * The first difference between the keys and an entry, of integers and of text of collation "C", ascending: without a
 * function call and without looking for each column from the start. 0: there is none so far, or another kind comes
 * first.
 */
static int
compare_keys(const OeLeafScan *scan, IndexTuple tuple, bool *all_equal)
{
	const char *start = (char *) tuple + IndexInfoFindDataOffset(tuple->t_info);
	const		bits8 *nulls = IndexTupleHasNulls(tuple) ? (bits8 *) tuple + sizeof(IndexTupleData) : NULL;
	int			nkeys = Min(scan->key->keysz, BTreeTupleGetNAtts(tuple, scan->index));
	Size		offset = 0;

	for (int i = 0; i < nkeys; i++)
	{
		const ScanKeyData *key = &scan->key->scankeys[i];
		bool		isnull = nulls != NULL && att_isnull(i, nulls);
		int			order;

		if (isnull != ((key->sk_flags & SK_ISNULL) != 0))
			return 0;
		if (isnull)
			continue;
		switch (scan->index->rd_opcintype[i])
		{
			case INT8OID:
				offset = TYPEALIGN(ALIGNOF_DOUBLE, offset);
				order = OE_COMPARE(DatumGetInt64(key->sk_argument), *(const int64 *) (start + offset));
				offset += sizeof(int64);
				break;
			case INT4OID:
				offset = TYPEALIGN(ALIGNOF_INT, offset);
				order = OE_COMPARE(DatumGetInt32(key->sk_argument), *(const int32 *) (start + offset));
				offset += sizeof(int32);
				break;
			case TEXTOID:
				if (!VARATT_NOT_PAD_BYTE(start + offset))
					offset = TYPEALIGN(ALIGNOF_INT, offset);
				if (!is_inline(start + offset) || !is_inline(DatumGetPointer(key->sk_argument)))
					return 0;
				order = oe_compare_texts((text *) DatumGetPointer(key->sk_argument), (text *) (start + offset));
				offset += VARSIZE_ANY(start + offset);
				break;
			default:
				return 0;
		}
		if (order != 0)
			return order;
	}
	*all_equal = nkeys == scan->key->keysz;
	return 0;
}

ItemPointer
oe_leaf_scan_next(OeLeafScan *scan)
{
	if (scan->tuple != NULL && BTreeTupleIsPosting(scan->tuple) &&
		++scan->posting < BTreeTupleGetNPosting(scan->tuple))
	{
		scan->same_keys = scan->keys_size > 0;
		pgstat_count_index_tuples(scan->index, 1);
		return BTreeTupleGetPostingN(scan->tuple, scan->posting);
	}
	while (BufferIsValid(scan->buffer))
	{
		for (; scan->next <= scan->last; scan->next++)
		{
			ItemId		item = PageGetItemId(scan->page, scan->next);
			IndexTuple	tuple = (IndexTuple) PageGetItem(scan->page, item);

			if (scan->minds_dead && ItemIdIsDead(item))
				continue;
			scan->same_keys = repeats_keys(scan, tuple);
			if (!scan->same_keys)
			{
				scan->keys_size = 0;
				if (compare(scan, scan->page, scan->next) != 0)
				{
					leave_page(scan);
					return NULL;
				}
			}
			scan->tuple = tuple;
			scan->posting = scan->ndead = 0;
			scan->next++;
			pgstat_count_index_tuples(scan->index, 1);
			return BTreeTupleGetHeapTID(tuple);
		}
		if (!step_right(scan))
			leave_page(scan);
	}
	return NULL;
}

/* Equal bytes are equal keys. Where one text is stored in two ways, the keys are compared. */
static bool
repeats_keys(const OeLeafScan *scan, IndexTuple tuple)
{
	Size		offset = IndexInfoFindDataOffset(tuple->t_info);

	if (scan->keys_size == 0 || IndexTupleHasNulls(tuple) != IndexTupleHasNulls(scan->tuple) ||
		IndexTupleSize(tuple) < offset + scan->keys_size)
		return false;
	if (IndexTupleHasNulls(tuple))
	{
		const		bits8 *bits = (bits8 *) tuple + sizeof(IndexTupleData);
		const		bits8 *before = (bits8 *) scan->tuple + sizeof(IndexTupleData);

		Assert(scan->key->keysz <= 8);
		if (((bits[0] ^ before[0]) & ((1 << scan->key->keysz) - 1)) != 0)
			return false;
	}
	return memcmp((char *) tuple + offset, (char *) scan->tuple + offset, scan->keys_size) == 0;
}

/* False: no entry further right can have the keys. */
static bool
step_right(OeLeafScan *scan)
{
	BTPageOpaque opaque = BTPageGetOpaque(scan->page);
	BlockNumber right = opaque->btpo_next;

	if (P_RIGHTMOST(opaque) || compare(scan, scan->page, P_HIKEY) < 0)
		return false;
	leave_page(scan);
	while (right != P_NONE)
	{
		Buffer		buffer;

		CHECK_FOR_INTERRUPTS();
		buffer = _bt_getbuf(scan->index, right, BT_READ);
		oe_test_old_snapshot(scan->snapshot, scan->index, BufferGetPage(buffer));
		opaque = BTPageGetOpaque(BufferGetPage(buffer));
		if (!P_IGNORE(opaque))
		{
			take_page(scan, buffer);
			return true;
		}
		right = opaque->btpo_next;
		_bt_relbuf(scan->index, buffer);
	}
	return false;
}

void
oe_leaf_scan_found_dead(OeLeafScan *scan)
{
	if (!scan->minds_dead)
		return;
	if (BTreeTupleIsPosting(scan->tuple) && ++scan->ndead < BTreeTupleGetNPosting(scan->tuple))
		return;
	if (scan->dead == NULL)
		scan->dead = MemoryContextAlloc(scan->context, MaxTIDsPerBTreePage * sizeof(OffsetNumber));
	scan->dead[scan->ndead_entries++] = scan->next - 1;
}

/*
 * As _bt_killitems(), of a page that was pinned all the time: whoever inserted has moved entries to the right only, or
 * to another page, and an entry that is the same to the byte leads to the same rows, which are as dead as they were.
 */
static void
mark_dead(OeLeafScan *scan)
{
	bool		marked = false;
	Page		page;
	OffsetNumber last;

	_bt_lockbuf(scan->index, scan->buffer, BT_READ);
	page = BufferGetPage(scan->buffer);
	last = PageGetMaxOffsetNumber(page);
	for (int i = 0; i < scan->ndead_entries; i++)
	{
		IndexTuple	dead = (IndexTuple) PageGetItem(scan->page, PageGetItemId(scan->page, scan->dead[i]));
		OffsetNumber place = Max(scan->dead[i], P_FIRSTDATAKEY(BTPageGetOpaque(page)));

		for (; place <= last; place++)
		{
			ItemId		item = PageGetItemId(page, place);
			IndexTuple	tuple = (IndexTuple) PageGetItem(page, item);

			if (IndexTupleSize(tuple) != IndexTupleSize(dead) || memcmp(tuple, dead, IndexTupleSize(dead)) != 0)
				continue;
			if (!ItemIdIsDead(item))
			{
				ItemIdMarkDead(item);
				marked = true;
			}
			break;
		}
	}
	if (marked)
	{
		BTPageGetOpaque(page)->btpo_flags |= BTP_HAS_GARBAGE;
		MarkBufferDirtyHint(scan->buffer, true);
	}
	_bt_unlockbuf(scan->index, scan->buffer);
	scan->ndead_entries = 0;
}

void
oe_leaf_scan_close(OeLeafScan *scan)
{
	leave_page(scan);
}
