/*
 * Reads rows by index key without the executor: by leaf_scan.c, or by an index scan where keys are not all equal to
 * something or readers lock what they read.
 *
 * A scan that is kept over several keys allocates at rescans and fetches (index-only tuple workspace, list of killed
 * items); those must not land in a context that is reset earlier, so every call of the index machinery runs in the
 * reader's context.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/itup.h"
#include "access/tableam.h"
#include "access/visibilitymap.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "storage/predicate.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "module.h"
#include "storage/probe.h"
#include "storage/texts.h"
#include "storage/tid_hint.h"

/* Where tables and indexes are replaced faster than they can be opened, somebody else may answer. */
#define MAX_ATTEMPTS 5

static bool open_tables(OeReader *reader, uint32 tables);
static Relation open_relation(Oid relid);
static bool holds_tables(const OeReader *reader);
static void close_tables(OeReader *reader);
static OeProbe *open_probe(OeReader *reader, OePath path);
static bool fetch_and_remember(OeProbe *probe, OePath path, const NullableDatum *keys);
static bool next_covered(OeProbe *probe);
static inline ItemPointer next_place(OeProbe *probe);
static bool fetch_row(OeProbe *probe, ItemPointer place);

bool
oe_reader_open(OeReader *reader, uint32 tables)
{
	memset(reader, 0, sizeof(OeReader));
	if (!oe_fast_path)
		return false;

	reader->context = CurrentMemoryContext;
	reader->snapshot = GetActiveSnapshot();

	/*
	 * Locking a table receives what others have done to it, and then nobody drops its indexes before we are through.
	 * So what was looked up holds when nothing arrived until the locks were taken, or when it is looked up again under
	 * them.
	 */
	for (int i = 0; i < MAX_ATTEMPTS; i++)
	{
		uint64		before = oe_relations_generation();

		CHECK_FOR_INTERRUPTS();
		if (!oe_relations_fit(tables))
			return false;
		if (open_tables(reader, tables) &&
			(oe_relations_generation() == before || (oe_relations_fit(tables) && holds_tables(reader))))
			return true;
		close_tables(reader);
	}
	return false;
}

/* Whether the tables that are open are those that were looked up last. */
static bool
holds_tables(const OeReader *reader)
{
	for (int i = 0; i < OE_TABLE_COUNT; i++)
		if (reader->tables[i] != NULL && RelationGetRelid(reader->tables[i]) != oe_table_oid(i))
			return false;
	return true;
}

void
oe_reader_close(OeReader *reader)
{
	for (int i = 0; i < OE_PATH_COUNT; i++)
	{
		OeProbe    *probe = reader->probes[i];

		if (probe == NULL)
			continue;
		ExecDropSingleTupleTableSlot(probe->heap_slot);
		if (probe->index == NULL)
			continue;
		if (probe->index_slot != NULL)
			ExecDropSingleTupleTableSlot(probe->index_slot);
		if (BufferIsValid(probe->visibility_map))
			ReleaseBuffer(probe->visibility_map);
		if (probe->leaves != NULL)
		{
			table_index_fetch_end(probe->heap);
			oe_leaf_scan_close(probe->leaves);
		}
		else
			index_endscan(probe->scan);
		index_close(probe->index, NoLock);
	}
	close_tables(reader);
}

bool
oe_reader_open_latest(OeReader *reader, uint32 tables)
{
	if (!oe_fast_path)
		return false;
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (oe_reader_open(reader, tables))
		return true;
	PopActiveSnapshot();
	return false;
}

void
oe_reader_close_latest(OeReader *reader)
{
	oe_reader_close(reader);
	PopActiveSnapshot();
}

/* False: a table went away between look-up and lock. */
static bool
open_tables(OeReader *reader, uint32 tables)
{
	for (int i = 0; i < OE_TABLE_COUNT; i++)
	{
		if ((tables & OE_TABLE_BIT(i)) == 0)
			continue;
		reader->tables[i] = open_relation(oe_table_oid(i));
		if (reader->tables[i] == NULL)
			return false;
	}
	return true;
}

/*
 * As try_relation_open(), without looking in the catalogue for what the relation cache would not have: what went away
 * before the lock was heard of while taking it.
 */
static Relation
open_relation(Oid relid)
{
	Relation	relation;

	LockRelationOid(relid, AccessShareLock);
	relation = RelationIdGetRelation(relid);
	if (RelationIsValid(relation))
		pgstat_init_relation(relation);
	else
		UnlockRelationOid(relid, AccessShareLock);
	return relation;
}

static void
close_tables(OeReader *reader)
{
	for (int i = 0; i < OE_TABLE_COUNT; i++)
	{
		if (reader->tables[i] != NULL)
			relation_close(reader->tables[i], NoLock);
		reader->tables[i] = NULL;
	}
}

static RegProcedure
operator_of(Oid type, OeComparison comparison)
{
	static const RegProcedure of_text[] = {F_TEXTEQ, F_TEXT_LE, F_TEXT_GE, F_TEXT_GT};
	static const RegProcedure of_int8[] = {F_INT8EQ, F_INT8LE, F_INT8GE, F_INT8GT};
	static const RegProcedure of_int4[] = {F_INT4EQ, F_INT4LE, F_INT4GE, F_INT4GT};
	static const RegProcedure of_date[] = {F_DATE_EQ, F_DATE_LE, F_DATE_GE, F_DATE_GT};
	static const RegProcedure of_uuid[] = {F_UUID_EQ, F_UUID_LE, F_UUID_GE, F_UUID_GT};
	static const RegProcedure of_instant[] = {
		F_TIMESTAMPTZ_EQ, F_TIMESTAMPTZ_LE, F_TIMESTAMPTZ_GE, F_TIMESTAMPTZ_GT
	};

	switch (type)
	{
		case TEXTOID:
			return of_text[comparison];
		case INT8OID:
			return of_int8[comparison];
		case INT4OID:
			return of_int4[comparison];
		case DATEOID:
			return of_date[comparison];
		case UUIDOID:
			return of_uuid[comparison];
		default:
			Assert(type == TIMESTAMPTZOID);
			return of_instant[comparison];
	}
}

/* Where rows that the index covers appear, in the table's places; columns that it lacks stay NULL. */
static TupleTableSlot *
create_index_slot(Relation table)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(table), &TTSOpsVirtual);

	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts);
	return slot;
}

/* A slot, and the index only when it comes to that. */
static OeProbe *
open_probe(OeReader *reader, OePath path)
{
	MemoryContext caller = MemoryContextSwitchTo(reader->context);
	OeProbe    *probe = palloc0(sizeof(OeProbe));

	Assert(reader->tables[oe_paths[path].table] != NULL);
	probe->context = reader->context;
	probe->table = reader->tables[oe_paths[path].table];
	probe->snapshot = reader->snapshot;
	probe->slot = probe->heap_slot = table_slot_create(probe->table, NULL);
	reader->probes[path] = probe;
	MemoryContextSwitchTo(caller);
	return probe;
}

/*
 * An index that was made anew meanwhile is found under its name. That happens on a standby only, where a primary's
 * REINDEX CONCURRENTLY does not wait for our locks.
 */
static Relation
open_index(OeReader *reader, OePath path)
{
	const OePathInfo *info = &oe_paths[path];

	for (int i = 0; i < MAX_ATTEMPTS; i++)
	{
		Relation	index = open_relation(oe_index_oid(path));

		if (index != NULL)
			return index;
		CHECK_FOR_INTERRUPTS();
		oe_relations_forget();
		if (!oe_relations_fit(OE_TABLE_BIT(info->table)) || !holds_tables(reader))
			break;
	}
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("index offerengine.%s was dropped while it was asked", info->index),
			 errhint("Repeat the call, which does without it.")));
	return NULL;
}

static OeIndexKind
kind_of(Form_pg_attribute attribute)
{
	if (attribute->attlen == -1 && attribute->attalign == TYPALIGN_INT)
		return OE_INDEX_TEXT;
	if (attribute->attbyval && attribute->attlen == sizeof(int64) && attribute->attalign == TYPALIGN_DOUBLE)
		return OE_INDEX_INT8;
	if (attribute->attbyval && attribute->attlen == sizeof(int32) && attribute->attalign == TYPALIGN_INT)
		return OE_INDEX_INT4;
	return OE_INDEX_OTHER;
}

/* An index that covers rows has plain columns only. */
static OeIndexColumn *
columns_of(Relation index)
{
	int			ncolumns = index->rd_index->indnatts;
	OeIndexColumn *columns = palloc(sizeof(OeIndexColumn) * ncolumns);

	for (int i = 0; i < ncolumns; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(index), i);

		columns[i].place = index->rd_index->indkey.values[i] - 1;
		columns[i].kind = kind_of(attribute);
		columns[i].length = attribute->attlen;
		columns[i].by_value = attribute->attbyval;
		columns[i].align = attribute->attalign;
	}
	return columns;
}

static inline bool
is_toasted(const char *value)
{
	return VARATT_IS_EXTENDED(value) && !VARATT_IS_SHORT(value);
}

/* texteq() for codes, which stand in every tuple that a scan passes, without what it does for other collations. */
static Datum
same_code(PG_FUNCTION_ARGS)
{
	const char *a = DatumGetPointer(PG_GETARG_DATUM(0));
	const char *b = DatumGetPointer(PG_GETARG_DATUM(1));

	if (unlikely(is_toasted(a) || is_toasted(b)))
		PG_RETURN_BOOL(oe_same_text(PG_GETARG_TEXT_PP(0), PG_GETARG_TEXT_PP(1)));
	PG_RETURN_BOOL(VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
				   memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0);
}

static FmgrInfo *
same_code_function(void)
{
	static FmgrInfo function = {.fn_addr = same_code, .fn_oid = F_TEXTEQ, .fn_nargs = 2, .fn_strict = true};

	return &function;
}

static void
begin_index_scan(OeProbe *probe, bool covers)
{
	static const StrategyNumber strategies[] = {
		BTEqualStrategyNumber, BTLessEqualStrategyNumber, BTGreaterEqualStrategyNumber, BTGreaterStrategyNumber
	};
	const OePathInfo *info = &oe_paths[probe->path];

	/*
	 * What would only drop tuples costs the index a walk over all columns before it, for each key and tuple; where
	 * tuples are taken apart anyway, once does.
	 */
	probe->nkeys = covers ? info->nkeys - info->nlimits : info->nkeys;
	probe->scan = oe_index_beginscan(probe->table, probe->index, probe->snapshot, probe->nkeys);

	/* Also keeps the scan's leaf page pinned, without which a row could be vacuumed and its place be filled anew. */
	probe->scan->xs_want_itup = covers;
	for (int i = 0; i < probe->nkeys; i++)
	{
		Oid			type = oe_column_type(info->keys[i].column);
		OeComparison comparison = info->keys[i].comparison;

		if (type == TEXTOID && comparison == OE_EQUAL)
			ScanKeyEntryInitializeWithInfo(&probe->keys[i], 0, info->keys[i].position, strategies[comparison],
										   InvalidOid, C_COLLATION_OID, same_code_function(), (Datum) 0);
		else
			ScanKeyEntryInitialize(&probe->keys[i], 0, info->keys[i].position, strategies[comparison], InvalidOid,
								   type == TEXTOID ? C_COLLATION_OID : InvalidOid, operator_of(type, comparison),
								   (Datum) 0);
	}
}

/*
 * How many keys, that the path's index begins with, are equal to something; 0: leaves cannot be read by them, since
 * what the others say is not in an index that is read whole, or since the newest entry is asked for, the last one.
 */
static int
keys_of_leaves(OePath path, bool covers)
{
	const OePathInfo *info = &oe_paths[path];
	int			nkeys = 0;

	if (!oe_leaf_scan_applies() || path == OE_BY_OFFER_AND_WAREHOUSE)
		return 0;
	while (nkeys < info->nkeys && info->keys[nkeys].comparison == OE_EQUAL && info->keys[nkeys].position == nkeys + 1)
		nkeys++;
	for (int i = nkeys; i < info->nkeys; i++)
		if (!covers || (info->keys[i].comparison != OE_AT_MOST && info->keys[i].comparison != OE_MORE_THAN))
			return 0;
	return nkeys;
}

static void
begin_scan(OeReader *reader, OeProbe *probe, OePath path)
{
	const OePathInfo *info = &oe_paths[path];
	bool		covers;

	probe->index = open_index(reader, path);
	covers = oe_index_covers(path);
	probe->path = path;
	if (covers)
	{
		probe->index_slot = create_index_slot(probe->table);
		probe->columns = columns_of(probe->index);
		probe->ncolumns = probe->index->rd_index->indnatts;
	}
	probe->nkeys = keys_of_leaves(path, covers);
	if (probe->nkeys > 0)
	{
		probe->leaves = oe_leaf_scan_create(probe->table, probe->index, probe->snapshot, probe->nkeys);
		probe->heap = table_index_fetch_begin(probe->table);
		probe->limit_ends = probe->nkeys < info->nkeys - info->nlimits;
	}
	else
		begin_index_scan(probe, covers);

	probe->nlimits = info->nkeys - probe->nkeys;
	for (int i = 0; i < probe->nlimits; i++)
	{
		OeColumn	column = info->keys[probe->nkeys + i].column;
		OeComparison comparison = info->keys[probe->nkeys + i].comparison;

		Assert(covers && (comparison == OE_AT_MOST || comparison == OE_MORE_THAN));
		probe->limits[i].place = oe_attnum(column) - 1;
		probe->limits[i].is_int4 = oe_column_type(column) == INT4OID;
		probe->limits[i].must_be_more = comparison == OE_MORE_THAN;
	}
}

OeProbe *
oe_probe_seek(OeReader *reader, OePath path, const NullableDatum *keys)
{
	OeProbe    *probe = reader->probes[path];
	MemoryContext caller;

	if (probe == NULL)
		probe = open_probe(reader, path);
	else
		ExecClearTuple(probe->slot);

	caller = MemoryContextSwitchTo(probe->context);
	if (probe->index == NULL)
		begin_scan(reader, probe, path);
	for (int i = 0; i < probe->nlimits; i++)
		probe->limits[i].value = keys[probe->nkeys + i].value;
	probe->dropped = NULL;
	if (probe->leaves != NULL)
		oe_leaf_scan_seek(probe->leaves, keys);
	else
	{
		for (int i = 0; i < probe->nkeys; i++)
		{
			probe->keys[i].sk_flags = keys[i].isnull ? SK_ISNULL | SK_SEARCHNULL : 0;
			probe->keys[i].sk_argument = keys[i].isnull ? (Datum) 0 : keys[i].value;
		}
		index_rescan(probe->scan, probe->keys, probe->nkeys, NULL, 0);
	}
	MemoryContextSwitchTo(caller);
	return probe;
}

/* The one row of these keys, which are not NULL. */
static OeProbe *
fetch(OeReader *reader, OePath path, const NullableDatum *keys)
{
	OeProbe    *probe = reader->probes[path];
	bool		hinted = oe_tid_hint_applies(path);

	if (hinted)
	{
		if (probe == NULL)
			probe = open_probe(reader, path);
		if (oe_tid_hint_fetch(reader->tables[oe_paths[path].table], path, keys, reader->snapshot, probe->slot))
			return probe;
	}
	probe = oe_probe_seek(reader, path, keys);
	if (hinted)
		return fetch_and_remember(probe, path, keys) ? probe : NULL;
	return oe_probe_next(probe) ? probe : NULL;
}

OeProbe *
oe_probe_fetch(OeReader *reader, OePath path, Datum key)
{
	NullableDatum keys[1] = {{key, false}};

	return fetch(reader, path, keys);
}

/* As oe_probe_next(), in two steps: between them the index tells where the row's HOT chain begins. */
static bool
fetch_and_remember(OeProbe *probe, OePath path, const NullableDatum *keys)
{
	MemoryContext caller = MemoryContextSwitchTo(probe->context);
	bool		found = false;
	ItemPointer tid;

	while (!found && (tid = next_place(probe)) != NULL)
	{
		ItemPointerData root = *tid;

		found = fetch_row(probe, tid);
		if (found)
			oe_tid_hint_remember(path, keys, ((BufferHeapTupleTableSlot *) probe->slot)->buffer, &root);
	}
	MemoryContextSwitchTo(caller);
	return found;
}

OeProbe *
oe_probe_fetch2(OeReader *reader, OePath path, Datum key1, Datum key2)
{
	NullableDatum keys[2] = {{key1, false}, {key2, false}};

	return fetch(reader, path, keys);
}

OeProbe *
oe_probe_fetch2_newest(OeReader *reader, OePath path, Datum key1, Datum key2)
{
	NullableDatum keys[2] = {{key1, false}, {key2, false}};
	OeProbe    *probe = oe_probe_seek(reader, path, keys);
	MemoryContext caller = MemoryContextSwitchTo(probe->context);
	bool		found;

	Assert(probe->index_slot == NULL && probe->scan != NULL);
	found = index_getnext_slot(probe->scan, BackwardScanDirection, probe->slot);
	MemoryContextSwitchTo(caller);
	return found ? probe : NULL;
}

bool
oe_probe_next(OeProbe *probe)
{
	MemoryContext caller = MemoryContextSwitchTo(probe->context);
	bool		found = false;
	ItemPointer place;

	if (probe->index_slot != NULL)
		found = next_covered(probe);
	else
		while (!found && (place = next_place(probe)) != NULL)
			found = fetch_row(probe, place);
	MemoryContextSwitchTo(caller);
	return found;
}

static inline ItemPointer
next_place(OeProbe *probe)
{
	return probe->leaves ? oe_leaf_scan_next(probe->leaves) : index_getnext_tid(probe->scan, ForwardScanDirection);
}

/* The version of the row at the place that the snapshot sees, into heap_slot. */
static bool
fetch_row(OeProbe *probe, ItemPointer place)
{
	ItemPointerData tid = *place;
	bool		has_more = false;
	bool		is_dead = false;

	if (probe->leaves == NULL)
		return index_fetch_heap(probe->scan, probe->heap_slot);
	if (table_index_fetch_tuple(probe->heap, &tid, probe->snapshot, probe->heap_slot, &has_more, &is_dead))
	{
		pgstat_count_heap_fetch(probe->index);
		return true;
	}
	if (is_dead)
		oe_leaf_scan_found_dead(probe->leaves);
	return false;
}

/* Of the keys that the index did not compare, the first that the row does not keep to; -1: none. */
static inline int
limit_passed(const OeProbe *probe)
{
	for (int i = 0; i < probe->nlimits; i++)
	{
		const OeLimit *limit = &probe->limits[i];
		Datum		value = probe->index_slot->tts_values[limit->place];
		bool		is_more = limit->is_int4 ? DatumGetInt32(value) > DatumGetInt32(limit->value) :
		DatumGetInt64(value) > DatumGetInt64(limit->value);
		if (is_more != limit->must_be_more)
			return i;
	}
	return -1;
}

/* A bit for each column that is not NULL, the first one lowest; an index has at most 32 of them. */
static inline uint32
columns_present(IndexTuple tuple)
{
	const		bits8 *bits = (bits8 *) tuple + sizeof(IndexTupleData);

	StaticAssertStmt(INDEX_MAX_KEYS <= 32, "columns of an index have a bit each");
	if (!IndexTupleHasNulls(tuple))
		return PG_UINT32_MAX;
	return bits[0] | (uint32) bits[1] << 8 | (uint32) bits[2] << 16 | (uint32) bits[3] << 24;
}

/*
 * Puts the values of so many columns of an index tuple to their places in the table, as index_deform_tuple() finds
 * them; returns where the next column's begin. What listings spend most of their time with, but for pages that are not
 * in the processor's cache.
 */
static inline Size
spread_columns(const OeIndexColumn *column, int ncolumns, uint32 present, const char *start, Size offset,
			   TupleTableSlot *slot)
{
	Datum	   *values = slot->tts_values;
	bool	   *isnull = slot->tts_isnull;

	for (const OeIndexColumn *end = column + ncolumns; column < end; column++, present >>= 1)
	{
		int			place = column->place;

		isnull[place] = (present & 1) == 0;
		if ((present & 1) == 0)
			continue;
		switch (column->kind)
		{
			case OE_INDEX_INT8:
				offset = TYPEALIGN(ALIGNOF_DOUBLE, offset);
				values[place] = Int64GetDatum(*(const int64 *) (start + offset));
				offset += sizeof(int64);
				break;
			case OE_INDEX_INT4:
				offset = TYPEALIGN(ALIGNOF_INT, offset);
				values[place] = Int32GetDatum(*(const int32 *) (start + offset));
				offset += sizeof(int32);
				break;
			case OE_INDEX_TEXT:
				if (!VARATT_NOT_PAD_BYTE(start + offset))
					offset = TYPEALIGN(ALIGNOF_INT, offset);
				values[place] = PointerGetDatum(start + offset);
				offset += VARSIZE_ANY(start + offset);
				break;
			case OE_INDEX_OTHER:
				if (column->length != -1 || !VARATT_NOT_PAD_BYTE(start + offset))
					offset = att_align_nominal(offset, column->align);
				values[place] = fetch_att(start + offset, column->by_value, column->length);
				offset += column->length == -1 ? VARSIZE_ANY(start + offset) : column->length;
				break;
		}
	}
	return offset;
}

/* Keys that are those of the tuple before are there already. */
static void
spread_index_tuple(OeProbe *probe)
{
	TupleTableSlot *slot = probe->index_slot;
	OeLeafScan *leaves = probe->leaves;
	IndexTuple	tuple = leaves != NULL ? leaves->tuple : probe->scan->xs_itup;
	const char *start = (char *) tuple + IndexInfoFindDataOffset(tuple->t_info);
	uint32		present = columns_present(tuple);
	int			nkeys = leaves != NULL ? probe->nkeys : 0;
	Size		keys_size = 0;

	if (leaves != NULL && leaves->same_keys)
		keys_size = leaves->keys_size;
	else if (leaves != NULL)
		keys_size = leaves->keys_size = spread_columns(probe->columns, nkeys, present, start, 0, slot);
	spread_columns(probe->columns + nkeys, probe->ncolumns - nkeys, present >> nkeys, start, keys_size, slot);
	if (TTS_EMPTY(slot))
		ExecStoreVirtualTuple(slot);
	probe->slot = slot;
}

/*
 * As the executor's index-only scan: a row on a page that is visible to all need not be fetched to know that it is
 * visible, and what it says stands in the index; SERIALIZABLE then locks the page, since there is no tuple to lock.
 */
static bool
next_covered(OeProbe *probe)
{
	ItemPointer place;

	while ((place = next_place(probe)) != NULL)
	{
		BlockNumber block = ItemPointerGetBlockNumber(place);
		int			limit;

		spread_index_tuple(probe);
		limit = limit_passed(probe);
		if (limit == 0 && probe->limit_ends)
			return false;
		if (limit >= 0)
		{
			if (probe->dropped != NULL)
				probe->dropped(probe->dropped_argument, probe);
			continue;
		}
		if (VM_ALL_VISIBLE(probe->table, block, &probe->visibility_map))
		{
			PredicateLockPage(probe->table, block, probe->snapshot);
			return true;
		}
		if (fetch_row(probe, place))
			return true;
	}
	return false;
}

text *
oe_probe_text(OeProbe *probe, OeColumn column)
{
	bool		isnull;
	Datum		value = oe_probe_column(probe, column, &isnull);
	Size		size;

	if (isnull)
		return NULL;
	if (VARATT_IS_EXTENDED(DatumGetPointer(value)) && !VARATT_IS_SHORT(DatumGetPointer(value)))
		return DatumGetTextPCopy(value);
	size = VARSIZE_ANY(DatumGetPointer(value));
	return memcpy(palloc(size), DatumGetPointer(value), size);
}
