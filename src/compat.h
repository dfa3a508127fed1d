/*
 * The only place that asks for the server's version. PostgreSQL 15 is the oldest server supported.
 */
#ifndef OE_COMPAT_H
#define OE_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "offerengine needs PostgreSQL 15 or newer"
#endif

/* PostgreSQL 18 counts index searches for EXPLAIN. */
#if PG_VERSION_NUM >= 180000
#define oe_index_beginscan(heap, index, snapshot, nkeys) index_beginscan(heap, index, snapshot, NULL, nkeys, 0)
#else
#define oe_index_beginscan(heap, index, snapshot, nkeys) index_beginscan(heap, index, snapshot, nkeys, 0)
#endif

/* PostgreSQL 16 took the layout of variable-length values out of postgres.h; make_range can report errors softly. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#define oe_relation_locator(relation) ((relation)->rd_locator)
#define oe_make_range(type, lower, upper) make_range(type, lower, upper, false, NULL)
#else
#define oe_relation_locator(relation) ((relation)->rd_node)
#define oe_make_range(type, lower, upper) make_range(type, lower, upper, false)
#endif

/* PostgreSQL 16 asks for the root of a btree with its table at hand; PostgreSQL 17 has no snapshot that is too old. */
#if PG_VERSION_NUM >= 160000
#define oe_bt_getroot(index, table) _bt_getroot(index, table, BT_READ)
#else
#define oe_bt_getroot(index, table) _bt_getroot(index, BT_READ)
#endif
#if PG_VERSION_NUM >= 170000
#define oe_test_old_snapshot(snapshot, relation, page) ((void) 0)
#else
#define oe_test_old_snapshot(snapshot, relation, page) TestForOldSnapshot(snapshot, relation, page)
#endif

/* PostgreSQL 18 has CHECK constraints that are not enforced, and columns that are computed when they are read. */
#if PG_VERSION_NUM >= 180000
#define oe_check_states(result) ((result)->ri_CheckConstraintExprs)
#define oe_check_is_enforced(check) ((check)->ccenforced)
#define oe_has_virtual_columns(constraints) ((constraints)->has_generated_virtual)
#else
#define oe_check_states(result) ((result)->ri_ConstraintExprs)
#define oe_check_is_enforced(check) true
#define oe_has_virtual_columns(constraints) false
#endif

/* PostgreSQL 18 has NOT NULL that was not validated: rows from before may have NULL. */
#if PG_VERSION_NUM >= 180000
#include "access/htup_details.h"
#include "catalog/pg_constraint.h"
static inline bool
oe_not_null_is_valid(Oid relid, AttrNumber attnum)
{
	HeapTuple	constraint = findNotNullConstraintAttnum(relid, attnum);

	return !HeapTupleIsValid(constraint) || ((Form_pg_constraint) GETSTRUCT(constraint))->convalidated;
}
#else
#define oe_not_null_is_valid(relid, attnum) true
#endif

#endif
