/*
 * Reads the entries of a btree that have given keys, leaf page by leaf page, without an index scan.
 */
#ifndef OE_LEAF_SCAN_H
#define OE_LEAF_SCAN_H

#include "access/itup.h"
#include "access/nbtree.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

typedef struct OeLeafScan
{
	MemoryContext context;
	Relation	table;
	Relation	index;
	Snapshot	snapshot;
	BTScanInsert key;
	bool		minds_dead;		/* passes entries that are marked dead, and marks them */
	Buffer		buffer;			/* pinned, not locked; Invalid: the scan stands on no page */
	char	   *page;			/* a copy of it */
	OffsetNumber next;
	OffsetNumber last;
	IndexTuple	tuple;			/* the current entry */
	int			posting;		/* and which of its places, where it has several */
	int			ndead;			/* of them, how many were found dead */
	Size		keys_size;		/* bytes of the keys in the current entry; 0: not known */
	bool		same_keys;		/* byte by byte those of the entry before on this page, whose keys_size was known */
	OffsetNumber *dead;			/* entries to be marked */
	int			ndead_entries;
} OeLeafScan;

/* Whether an index can be read so in this transaction. */
extern bool oe_leaf_scan_applies(void);

/* In the current memory context, for the first nkeys columns of the index, of which text is in collation "C". */
extern OeLeafScan *oe_leaf_scan_create(Relation table, Relation index, Snapshot snapshot, int nkeys);

/* To the entries that have these keys. What keys point to must stay until the next seek. */
extern void oe_leaf_scan_seek(OeLeafScan *scan, const NullableDatum *keys);

/* The place of the next row; NULL: no more. scan->tuple is valid until then. */
extern ItemPointer oe_leaf_scan_next(OeLeafScan *scan);

/* Nobody sees the row at the current place any more. */
extern void oe_leaf_scan_found_dead(OeLeafScan *scan);

extern void oe_leaf_scan_close(OeLeafScan *scan);

#endif
