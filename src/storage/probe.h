/*
 * One call's reading of our tables: each table locked and opened once, each index opened once at its first use,
 * re-scanned for every key, closed once. Everything is read under the active snapshot of the caller.
 */
#ifndef OE_PROBE_H
#define OE_PROBE_H

#include "access/genam.h"
#include "access/relscan.h"
#include "access/skey.h"
#include "executor/tuptable.h"
#include "storage/buf.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#include "storage/leaf_scan.h"
#include "storage/relations.h"

struct OeProbe;

/* Is told of a row that a limit drops, whether the row is there or not; the probe stands on it. */
typedef void (*OeDropped) (void *argument, struct OeProbe *probe);

typedef enum OeIndexKind
{
	OE_INDEX_INT8,				/* and whatever else has its size and alignment, and is passed by value */
	OE_INDEX_INT4,				/* likewise */
	OE_INDEX_TEXT,				/* likewise, of variable length */
	OE_INDEX_OTHER
} OeIndexKind;

/* How a column of an index is read. */
typedef struct OeIndexColumn
{
	int16		place;			/* in the table, from 0 */
	OeIndexKind kind;
	int16		length;			/* -1: variable; of other ones, as the following */
	bool		by_value;
	char		align;
} OeIndexColumn;

/* What a row may have at most in a column that is NOT NULL, or must have more than. */
typedef struct OeLimit
{
	int16		place;			/* in the table, from 0 */
	bool		is_int4;		/* else an integer or instant of eight bytes */
	bool		must_be_more;
	Datum		value;
} OeLimit;

typedef struct OeProbe
{
	Relation	table;
	Snapshot	snapshot;
	Relation	index;			/* NULL: not needed yet; else there is one of leaves and scan */
	OeLeafScan *leaves;
	IndexFetchTableData *heap;	/* leaves only */
	IndexScanDesc scan;
	TupleTableSlot *slot;		/* the current row, until the next seek or next: one of these two */
	TupleTableSlot *heap_slot;
	TupleTableSlot *index_slot; /* the columns that the index has; NULL: it does not cover the rows */
	OeIndexColumn *columns;		/* of the index, where it covers the rows */
	int			ncolumns;
	Buffer		visibility_map; /* the page of it asked last */
	MemoryContext context;
	OePath		path;
	int			nkeys;			/* what the index compares; further keys of the path are compared here */
	bool		limit_ends;		/* what is above the first of those is followed by what is, too */
	ScanKeyData keys[OE_PATH_MAX_KEYS];
	int			nlimits;
	OeLimit		limits[OE_PATH_MAX_LIMITS];
	OeDropped	dropped;		/* told of rows that limits drop; NULL: nobody is. Until the next seek */
	void	   *dropped_argument;
} OeProbe;

typedef struct OeReader
{
	MemoryContext context;		/* that of oe_reader_open(): must outlive the reader */
	Snapshot	snapshot;
	Relation	tables[OE_TABLE_COUNT]; /* NULL: not asked for */
	OeProbe    *probes[OE_PATH_COUNT];	/* NULL: not used yet */
} OeReader;

/*
 * Locks (AccessShareLock, kept until the end of the transaction as the executor does) and opens the tables. False, with
 * nothing open: probing would be wrong, or offerengine.fast_path is off; ask the SQL specification.
 */
extern bool oe_reader_open(OeReader *reader, uint32 tables);
extern void oe_reader_close(OeReader *reader);

/*
 * The same as a statement that begins now would read: what this transaction has done up to here, and in READ COMMITTED
 * what others have committed. The caller closes the reader in the same way before it does anything else.
 */
extern bool oe_reader_open_latest(OeReader *reader, uint32 tables);
extern void oe_reader_close_latest(OeReader *reader);

/*
 * Points the path at its keys, in the order of the index; returns what oe_probe_next() wants. A NULL key looks for
 * NULL.
 */
extern OeProbe *oe_probe_seek(OeReader *reader, OePath path, const NullableDatum *keys);

/*
 * As oe_probe_seek() with keys that are not NULL, and fetches the row; NULL: there is none. Does without the index
 * where a hint finds the row.
 */
extern OeProbe *oe_probe_fetch(OeReader *reader, OePath path, Datum key);
extern OeProbe *oe_probe_fetch2(OeReader *reader, OePath path, Datum key1, Datum key2);

/*
 * The same of a row that changes all the time, by a unique index: entries of a key stand in the order of their places,
 * and while somebody's old snapshot keeps all versions, the newest lies behind them.
 */
extern OeProbe *oe_probe_fetch2_newest(OeReader *reader, OePath path, Datum key1, Datum key2);

/* The next row in the order of the index; false: no more. */
extern bool oe_probe_next(OeProbe *probe);

/* A column of the current row; the Datum points into the row. */
static inline Datum
oe_probe_column(OeProbe *probe, OeColumn column, bool *isnull)
{
	return slot_getattr(probe->slot, oe_attnum(column), isnull);
}

/* A column that has NOT NULL. */
static inline Datum
oe_probe_value(OeProbe *probe, OeColumn column)
{
	bool		isnull;

	return slot_getattr(probe->slot, oe_attnum(column), &isnull);
}

/* A text column copied, detoasted, into the current memory context; NULL for NULL. */
extern text *oe_probe_text(OeProbe *probe, OeColumn column);

#endif
