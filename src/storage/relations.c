/*
 * Answers where our tables, columns and indexes are and whether probing them directly is right.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_index.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/primnodes.h"
#include "nodes/readfuncs.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "compat.h"
#include "storage/relations.h"
#include "storage/schema.h"

static const char *const table_names[OE_TABLE_COUNT] = {
	[OE_STORE] = "store",
	[OE_PRICE_TYPE] = "price_type",
	[OE_MERCHANT] = "merchant",
	[OE_ABSTRACT_PRODUCT_STORE] = "abstract_product_store",
	[OE_PRODUCT] = "product",
	[OE_OFFER] = "offer",
	[OE_OFFER_STORE] = "offer_store",
	[OE_PRICE] = "price",
	[OE_PRICE_HISTORY] = "price_history",
	[OE_RELATIONSHIP] = "merchant_relationship",
	[OE_ASSIGNEE] = "merchant_relationship_assignee",
	[OE_STORE_CURRENCY] = "store_currency",
	[OE_OPERATION_POLICY] = "operation_policy",
	[OE_SALES_RULE] = "sales_rule",
	[OE_SALES_RULE_TAG] = "sales_rule_tag",
	[OE_OFFER_TAG] = "offer_tag",
	[OE_SUBSCRIPTION] = "subscription",
	[OE_SHEET_PRICE] = "price_sheet_price",
	[OE_SEGMENT] = "price_segment",
	[OE_SEGMENT_COUNTRY] = "price_segment_country",
	[OE_COUNTRY] = "country",
	[OE_OFFER_STOCK] = "offer_stock",
	[OE_STOCK_HELD] = "stock_held",
	[OE_WAREHOUSE] = "warehouse",
	[OE_WAREHOUSE_STORE] = "warehouse_store",
	[OE_CURRENCY] = "currency",
	[OE_SALES_ORDER] = "sales_order",
	[OE_ORDER_LINE] = "order_line",
	[OE_STOCK_ORDER] = "stock_order",
	[OE_CUSTOMER_TIMELINE] = "customer_timeline",
};

static Oid	table_oids[OE_TABLE_COUNT];
static Oid	index_oids[OE_PATH_COUNT];
static bool index_covers[OE_PATH_COUNT];
AttrNumber	oe_attnums[OE_COLUMN_COUNT];

/*
 * Who made an index over HOT chains that older snapshots may still need; InvalidTransactionId: every snapshot may use
 * it. Wrapping around after two thousand million transactions without a message sends questions to the specification,
 * nothing worse.
 */
static TransactionId index_xmins[OE_PATH_COUNT];

static bool known = false;		/* what stands above and in these two is current */
static uint32 fit = 0;			/* the tables that may be probed by all their paths */
static uint32 for_younger = 0;	/* those of them with an index that not every snapshot may use */
static uint64 generation = 0;
static uint32 schema_hash = 0;

static void look_up(void);
static bool look_up_table(OeTable table);
static bool look_up_column(OeColumn column);
static bool look_up_index(OePath path);
static bool snapshot_reaches(uint32 tables);
static const char *column_problem(OeColumn column, Form_pg_attribute attribute);
static bool index_matches(OePath path, HeapTuple index_tuple);
static bool covers_what_is_read(OeTable table, Form_pg_index form);
static bool has_columns(Form_pg_index form, const OeColumn *columns, int count);
static bool is_distributed(Oid relid);

static void
forget(void)
{
	known = false;
	generation++;
}

static void
forget_on_relcache(Datum arg, Oid relid)
{
	bool		ours = !OidIsValid(relid);

	for (int i = 0; !ours && i < OE_TABLE_COUNT; i++)
		ours = table_oids[i] == relid;
	for (int i = 0; !ours && i < OE_PATH_COUNT; i++)
		ours = index_oids[i] == relid;
	if (ours)
		forget();
}

/* A schema that gets another name takes its tables along, and another one may get its name. */
static void
forget_on_namespace(Datum arg, int cacheid, uint32 hashvalue)
{
	if (hashvalue == 0 || hashvalue == schema_hash)
		forget();
}

bool
oe_relations_fit(uint32 tables)
{
	if (unlikely(!known))
		look_up();
	return (fit & tables) == tables && (likely((for_younger & tables) == 0) || snapshot_reaches(tables));
}

void
oe_relations_forget(void)
{
	forget();
}

uint64
oe_relations_generation(void)
{
	return generation;
}

Oid
oe_table_oid(OeTable table)
{
	return table_oids[table];
}

Oid
oe_index_oid(OePath path)
{
	return index_oids[path];
}

bool
oe_index_covers(OePath path)
{
	return index_covers[path];
}

Oid
oe_column_type(OeColumn column)
{
	return oe_column_infos[column].type;
}

/*
 * Looks everything up by name, once. When a message arrives meanwhile the result is for the caller alone, who asks
 * whether it holds (oe_reader_open).
 */
static void
look_up(void)
{
	static bool registered = false;
	uint64		before = generation;

	if (!registered)
	{
		CacheRegisterRelcacheCallback(forget_on_relcache, (Datum) 0);
		CacheRegisterSyscacheCallback(NAMESPACEOID, forget_on_namespace, (Datum) 0);
		registered = true;
	}

	CHECK_FOR_INTERRUPTS();
	schema_hash = GetSysCacheHashValue1(NAMESPACEOID, ObjectIdGetDatum(oe_schema_oid()));
	fit = 0;
	for_younger = 0;
	for (int i = 0; i < OE_TABLE_COUNT; i++)
		if (look_up_table(i))
			fit |= OE_TABLE_BIT(i);
	for (int i = 0; i < OE_COLUMN_COUNT; i++)
		if (!look_up_column(i))
			fit &= ~OE_TABLE_BIT(oe_column_infos[i].table);
	for (int i = 0; i < OE_PATH_COUNT; i++)
		if (!look_up_index(i))
			fit &= ~OE_TABLE_BIT(oe_paths[i].table);

	known = generation == before;
}

static bool
look_up_table(OeTable table)
{
	Oid			relid = get_relname_relid(table_names[table], oe_schema_oid());
	HeapTuple	tuple;
	Form_pg_class form;
	bool		ordinary;

	table_oids[table] = relid;
	tuple = OidIsValid(relid) ? SearchSysCache1(RELOID, ObjectIdGetDatum(relid)) : NULL;
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table offerengine.%s does not exist", table_names[table]),
				 errhint("It was dropped or renamed: bring it back under its name.")));

	form = (Form_pg_class) GETSTRUCT(tuple);
	ordinary = form->relkind == RELKIND_RELATION && form->relam == HEAP_TABLE_AM_OID && !form->relhassubclass;
	ReleaseSysCache(tuple);
	return ordinary && !is_distributed(relid);
}

static bool
look_up_column(OeColumn column)
{
	const OeColumnInfo *info = &oe_column_infos[column];
	HeapTuple	tuple = SearchSysCacheAttName(table_oids[info->table], info->name);
	bool		as_expected;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("column \"%s\" of table offerengine.%s does not exist", info->name, table_names[info->table]),
				 errhint("It was dropped or renamed: bring it back under its name.")));

	oe_attnums[column] = ((Form_pg_attribute) GETSTRUCT(tuple))->attnum;
	as_expected = column_problem(column, (Form_pg_attribute) GETSTRUCT(tuple)) == NULL;
	ReleaseSysCache(tuple);
	return as_expected;
}

/*
 * What is wrong with a column, in words that follow its name, or NULL. Whoever reads a row relies on all of this: a
 * value of another type, or a NULL that nobody asks about, would be read as an address.
 */
static const char *
column_problem(OeColumn column, Form_pg_attribute attribute)
{
	const OeColumnInfo *info = &oe_column_infos[column];

	if (attribute->atttypid != info->type)
		return psprintf("is of type %s", format_type_be(attribute->atttypid));
	if (attribute->attgenerated != '\0' && attribute->attgenerated != ATTRIBUTE_GENERATED_STORED)
		return "is not stored";
	if (!info->nullable && !(attribute->attnotnull && oe_not_null_is_valid(attribute->attrelid, attribute->attnum)))
		return "may be NULL";
	if (info->type == TEXTOID && !info->for_people && attribute->attcollation != C_COLLATION_OID)
		return "is not in collation \"C\"";
	return NULL;
}

static bool
is_usable(Form_pg_index form)
{
	return form->indisvalid && form->indisready && form->indislive;
}

static bool
look_up_index(OePath path)
{
	Oid			relid = get_relname_relid(oe_paths[path].index, oe_schema_oid());
	HeapTuple	tuple;
	TransactionId xmin;
	bool		usable;

	index_oids[path] = relid;
	index_xmins[path] = InvalidTransactionId;
	tuple = OidIsValid(relid) ? SearchSysCache1(INDEXRELID, ObjectIdGetDatum(relid)) : NULL;
	if (!HeapTupleIsValid(tuple))
		return false;

	usable = is_usable((Form_pg_index) GETSTRUCT(tuple)) && index_matches(path, tuple);
	index_covers[path] = covers_what_is_read(oe_paths[path].table, (Form_pg_index) GETSTRUCT(tuple));

	/* As the planner asks: a transaction that began before the index was there may miss rows in it. */
	xmin = HeapTupleHeaderGetXmin(tuple->t_data);
	if (((Form_pg_index) GETSTRUCT(tuple))->indcheckxmin && TransactionIdIsNormal(xmin))
	{
		index_xmins[path] = xmin;
		for_younger |= OE_TABLE_BIT(oe_paths[path].table);
	}
	ReleaseSysCache(tuple);
	return usable;
}

/* Whether the transaction began late enough for every index of the tables. */
static bool
snapshot_reaches(uint32 tables)
{
	for (int i = 0; i < OE_PATH_COUNT; i++)
		if ((tables & OE_TABLE_BIT(oe_paths[i].table)) != 0 && TransactionIdIsValid(index_xmins[i]) &&
			!TransactionIdPrecedes(index_xmins[i], TransactionXmin))
			return false;
	return true;
}

static bool
is_btree(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool		btree;

	if (!HeapTupleIsValid(tuple))
		return false;
	btree = ((Form_pg_class) GETSTRUCT(tuple))->relam == BTREE_AM_OID;
	ReleaseSysCache(tuple);
	return btree;
}

static Oid
operator_class_of(Oid type)
{
	switch (type)
	{
		case TEXTOID:
			return TEXT_BTREE_OPS_OID;
		case INT8OID:
			return INT8_BTREE_OPS_OID;
		case INT4OID:
			return INT4_BTREE_OPS_OID;
		case DATEOID:
			return DATE_BTREE_OPS_OID;
		case UUIDOID:
			return GetDefaultOpClass(type, BTREE_AM_OID);
		default:
			Assert(type == TIMESTAMPTZOID);
			return TIMESTAMPTZ_BTREE_OPS_OID;
	}
}

/* A partial index has every row in which its first column is not NULL, and says so as migrate() did. */
static bool
predicate_matches(OePath path, HeapTuple index_tuple)
{
	bool		isnull;
	Datum		predicate = SysCacheGetAttr(INDEXRELID, index_tuple, Anum_pg_index_indpred, &isnull);
	NullTest   *test;

	if (isnull || !oe_paths[path].partial)
		return isnull && !oe_paths[path].partial;
	test = (NullTest *) stringToNode(TextDatumGetCString(predicate));
	return IsA(test, NullTest) && test->nulltesttype == IS_NOT_NULL && IsA(test->arg, Var) &&
		((Var *) test->arg)->varattno == oe_attnums[oe_paths[path].keys[0].column];
}

/*
 * A btree on the table that has the path's columns in their places, ascending, NULLs last where there may be any, text
 * in collation "C".
 */
static bool
index_matches(OePath path, HeapTuple index_tuple)
{
	const OePathInfo *info = &oe_paths[path];
	Form_pg_index form = (Form_pg_index) GETSTRUCT(index_tuple);
	bool		isnull;
	oidvector  *collations;
	oidvector  *classes;
	int2vector *options;

	if (form->indrelid != table_oids[info->table] || form->indnkeyatts < info->keys[info->nkeys - 1].position ||
		!is_btree(form->indexrelid) || !predicate_matches(path, index_tuple))
		return false;

	collations = (oidvector *) DatumGetPointer(SysCacheGetAttr(INDEXRELID, index_tuple, Anum_pg_index_indcollation,
															   &isnull));
	classes = (oidvector *) DatumGetPointer(SysCacheGetAttr(INDEXRELID, index_tuple, Anum_pg_index_indclass,
															&isnull));
	options = (int2vector *) DatumGetPointer(SysCacheGetAttr(INDEXRELID, index_tuple, Anum_pg_index_indoption,
															 &isnull));
	for (int i = 0; i < info->nkeys; i++)
	{
		int			place = info->keys[i].position - 1;
		OeColumn	column = info->keys[i].column;

		if (form->indkey.values[place] != oe_attnums[column] ||
			(options->values[place] & (oe_column_infos[column].nullable ? ~0 : ~INDOPTION_NULLS_FIRST)) != 0 ||
			classes->values[place] != operator_class_of(oe_column_infos[column].type))
			return false;
		if (oe_column_infos[column].type == TEXTOID && collations->values[place] != C_COLLATION_OID)
			return false;
	}
	return true;
}

/*
 * Has plain columns only, and what decisions read of a row beside what it is looked up by. Of tables that are not here
 * rows are always fetched.
 */
static bool
covers_what_is_read(OeTable table, Form_pg_index form)
{
	static const OeColumn of_price[] = {
		OE_PRICE_ID, OE_PRICE_ROW_TYPE, OE_PRICE_MIN_QUANTITY, OE_PRICE_NET_AMOUNT, OE_PRICE_GROSS_AMOUNT,
		OE_PRICE_VALID_FROM, OE_PRICE_VALID_TO
	};
	static const OeColumn of_subscription[] = {
		OE_SUBSCRIPTION_OFFER_ID, OE_SUBSCRIPTION_STORE_CODE, OE_SUBSCRIPTION_STARTS_ON, OE_SUBSCRIPTION_ENDS_ON,
		OE_SUBSCRIPTION_CANCELLED_ON, OE_SUBSCRIPTION_CANCELLED_PERIOD_ENDS_ON, OE_SUBSCRIPTION_IS_IGNORED,
		OE_SUBSCRIPTION_GRANTED_REGULAR_OFFER_ID
	};
	static const OeColumn of_offer_store[] = {
		OE_OFFER_STORE_OFFER_ID, OE_OFFER_STORE_STORE_CODE, OE_OFFER_STORE_SHOWN_FROM, OE_OFFER_STORE_SHOWN_TO,
		OE_OFFER_STORE_PRODUCT_ID, OE_OFFER_STORE_ABSTRACT_PRODUCT_ID, OE_OFFER_STORE_MERCHANT_ID, OE_OFFER_STORE_SKU,
		OE_OFFER_STORE_OFFER_REFERENCE, OE_OFFER_STORE_TITLE, OE_OFFER_STORE_OFFER_TYPE, OE_OFFER_STORE_MANAGEMENT,
		OE_OFFER_STORE_PRICE_SHEET_ID
	};

	for (int i = 0; i < form->indnatts; i++)
		if (form->indkey.values[i] <= 0)
			return false;
	switch (table)
	{
		case OE_PRICE:
			return has_columns(form, of_price, lengthof(of_price));
		case OE_SUBSCRIPTION:
			return has_columns(form, of_subscription, lengthof(of_subscription));
		case OE_OFFER_STORE:
			return has_columns(form, of_offer_store, lengthof(of_offer_store));
		default:
			return false;
	}
}

static bool
has_columns(Form_pg_index form, const OeColumn *columns, int count)
{
	for (int i = 0; i < count; i++)
	{
		bool		found = false;

		for (int j = 0; !found && j < form->indnatts; j++)
			found = form->indkey.values[j] == oe_attnums[columns[i]];
		if (!found)
			return false;
	}
	return true;
}

/*
 * Citus keeps a distributed table's rows elsewhere and lists it in its own catalogue; the local table looks ordinary.
 */
static bool
is_distributed(Oid relid)
{
	Oid			catalogue = get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE);
	AttrNumber	attnum = OidIsValid(catalogue) ? get_attnum(catalogue, "logicalrelid") : InvalidAttrNumber;
	Relation	rel;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		found = false;

	if (attnum == InvalidAttrNumber)
		return false;

	rel = table_open(catalogue, AccessShareLock);
	scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;

		found = DatumGetObjectId(heap_getattr(tuple, attnum, RelationGetDescr(rel), &isnull)) == relid && !isnull;
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return found;
}

static void
put_problem(ReturnSetInfo *rsinfo, const char *check, const char *problem)
{
	Datum		values[2] = {CStringGetTextDatum(check), CStringGetTextDatum(problem)};
	bool		nulls[2] = {false, false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
put_column_problem(ReturnSetInfo *rsinfo, OeColumn column)
{
	const OeColumnInfo *info = &oe_column_infos[column];
	HeapTuple	tuple = SearchSysCacheAttName(table_oids[info->table], info->name);
	const char *problem = "is missing";

	oe_attnums[column] = InvalidAttrNumber;
	if (HeapTupleIsValid(tuple))
	{
		oe_attnums[column] = ((Form_pg_attribute) GETSTRUCT(tuple))->attnum;
		problem = column_problem(column, (Form_pg_attribute) GETSTRUCT(tuple));
		ReleaseSysCache(tuple);
	}
	if (problem != NULL)
		put_problem(rsinfo, "columns", psprintf("%s.%s %s", table_names[info->table], info->name, problem));
}

static void
put_index_problem(ReturnSetInfo *rsinfo, OePath path)
{
	const char *index = oe_paths[path].index;
	Oid			relid = get_relname_relid(index, oe_schema_oid());
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(relid));

	if (!HeapTupleIsValid(tuple))
	{
		put_problem(rsinfo, "indexes", psprintf("%s is missing", index));
		return;
	}
	if (!index_matches(path, tuple))
		put_problem(rsinfo, "indexes", psprintf("%s is not as migrate() made it", index));
	ReleaseSysCache(tuple);
}

/*
 * For health_check(): the columns and indexes that keep tables from being probed, an index perhaps more than once. That
 * a table is partitioned or foreign is its owner's choice and no problem.
 */
PG_FUNCTION_INFO_V1(oe_probe_problems);
Datum
oe_probe_problems(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	oe_require_schema();
	InitMaterializedSRF(fcinfo, 0);
	forget();
	for (int i = 0; i < OE_TABLE_COUNT; i++)
		table_oids[i] = get_relname_relid(table_names[i], oe_schema_oid());
	for (int i = 0; i < OE_COLUMN_COUNT; i++)
		put_column_problem(rsinfo, i);
	for (int i = 0; i < OE_PATH_COUNT; i++)
		put_index_problem(rsinfo, i);
	return (Datum) 0;
}
