/*
 * Finds a row where it was before, at a third of the cost of an index descent.
 *
 * ReadRecentBuffer() gives the page back if that very page is still in that buffer, also after the table was
 * truncated or rewritten, where reading the block by number would raise an error. heap_hot_search_buffer() finds the
 * version that the snapshot sees in the HOT chain of the remembered root, or nothing; a root that now starts another
 * row's chain is told by its key. The key is unique, so a visible row with it is the row.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"

#include "compat.h"
#include "storage/tid_hint.h"

#define HINTS_PER_PATH 1024

typedef struct OeHint
{
	Buffer		buffer;			/* InvalidBuffer: nothing remembered */
	ItemPointerData root;
} OeHint;

static OeHint store_hints[HINTS_PER_PATH];
static OeHint currency_hints[HINTS_PER_PATH];
static OeHint merchant_hints[HINTS_PER_PATH];
static OeHint policy_hints[HINTS_PER_PATH];

static OeHint *hints_of(OePath path);
static OeHint *hint_of(OePath path, const NullableDatum *keys);
static bool has_keys(TupleTableSlot *slot, OePath path, const NullableDatum *keys);
static bool has_key(TupleTableSlot *slot, OeColumn column, Datum key);

/* Not in SERIALIZABLE, where reading by index also takes the predicate lock that a row by location does without. */
bool
oe_tid_hint_applies(OePath path)
{
	return hints_of(path) != NULL && !IsolationIsSerializable();
}

bool
oe_tid_hint_fetch(Relation table, OePath path, const NullableDatum *keys, Snapshot snapshot, TupleTableSlot *slot)
{
	OeHint	   *hint = hint_of(path, keys);
	HeapTuple	tuple = &((BufferHeapTupleTableSlot *) slot)->base.tupdata;
	ItemPointerData tid = hint->root;
	bool		found;

	Assert(TTS_IS_BUFFERTUPLE(slot));
	if (hint->buffer == InvalidBuffer ||
		!ReadRecentBuffer(oe_relation_locator(table), MAIN_FORKNUM, ItemPointerGetBlockNumber(&tid), hint->buffer))
		return false;

	ExecClearTuple(slot);
	LockBuffer(hint->buffer, BUFFER_LOCK_SHARE);
	found = heap_hot_search_buffer(&tid, table, hint->buffer, snapshot, tuple, NULL, true);
	LockBuffer(hint->buffer, BUFFER_LOCK_UNLOCK);
	if (found)
	{
		tuple->t_self = tid;
		ExecStoreBufferHeapTuple(tuple, slot, hint->buffer);
		found = has_keys(slot, path, keys);
		if (!found)
			ExecClearTuple(slot);
	}
	ReleaseBuffer(hint->buffer);
	return found;
}

void
oe_tid_hint_remember(OePath path, const NullableDatum *keys, Buffer buffer, const ItemPointerData *root)
{
	OeHint	   *hint = hint_of(path, keys);

	hint->buffer = buffer;
	hint->root = *root;
}

/* NULL: nothing is remembered of the path. */
static OeHint *
hints_of(OePath path)
{
	switch (path)
	{
		case OE_BY_STORE:
			return store_hints;
		case OE_BY_STORE_AND_CURRENCY:
			return currency_hints;
		case OE_BY_MERCHANT:
			return merchant_hints;
		case OE_BY_OPERATION_AND_MANAGEMENT:
			return policy_hints;
		default:
			return NULL;
	}
}

/* Keys that share a place push each other out. */
static OeHint *
hint_of(OePath path, const NullableDatum *keys)
{
	uint32		hash = 0;

	for (int i = 0; i < oe_paths[path].nkeys; i++)
	{
		Datum		key = keys[i].value;

		if (oe_column_type(oe_paths[path].keys[i].column) == INT8OID)
			hash = hash_combine(hash, murmurhash32((uint32) DatumGetInt64(key)));
		else
			hash = hash_combine(hash, hash_bytes((const unsigned char *) VARDATA_ANY(DatumGetPointer(key)),
												 VARSIZE_ANY_EXHDR(DatumGetPointer(key))));
	}
	return &hints_of(path)[hash % HINTS_PER_PATH];
}

static bool
has_keys(TupleTableSlot *slot, OePath path, const NullableDatum *keys)
{
	for (int i = 0; i < oe_paths[path].nkeys; i++)
		if (!has_key(slot, oe_paths[path].keys[i].column, keys[i].value))
			return false;
	return true;
}

static bool
has_key(TupleTableSlot *slot, OeColumn column, Datum key)
{
	bool		isnull;
	Datum		value = slot_getattr(slot, oe_attnum(column), &isnull);
	text	   *found;
	text	   *wanted;

	if (isnull || oe_column_type(column) == INT8OID)
		return !isnull && value == key;
	found = DatumGetTextPP(value);
	wanted = DatumGetTextPP(key);
	return VARSIZE_ANY_EXHDR(found) == VARSIZE_ANY_EXHDR(wanted) &&
		memcmp(VARDATA_ANY(found), VARDATA_ANY(wanted), VARSIZE_ANY_EXHDR(found)) == 0;
}
