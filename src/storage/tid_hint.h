/*
 * Where rows of tiny tables lie. What is remembered is a location, never a value: the row is read again under the
 * snapshot and its key compared, so a hint may be useless but never wrong.
 */
#ifndef OE_TID_HINT_H
#define OE_TID_HINT_H

#include "executor/tuptable.h"
#include "storage/buf.h"
#include "storage/itemptr.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#include "storage/relations.h"

/* True for ways by a unique key into tables that are asked at every call. */
extern bool oe_tid_hint_applies(OePath path);

/*
 * keys: those of the path, none NULL. Puts the row into the slot when it is visible where it was last found; false: ask
 * the index.
 */
extern bool oe_tid_hint_fetch(Relation table, OePath path, const NullableDatum *keys, Snapshot snapshot,
							  TupleTableSlot *slot);

/* root: what the index points at, not a later version in its HOT chain. */
extern void oe_tid_hint_remember(OePath path, const NullableDatum *keys, Buffer buffer, const ItemPointerData *root);

#endif
