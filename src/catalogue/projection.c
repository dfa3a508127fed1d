/*
 * Recomputes the projection in offer_store and raises versions, under locks that make the result right at commit
 * whatever else commits: see projection.h for their order. Inserting into offer_store needs the product's lock as
 * well, because a new offer is invisible to whoever changes the product at the same time.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/rel.h"

#include "access/actor.h"
#include "catalogue/bulk.h"
#include "catalogue/projection.h"
#include "storage/nesting.h"
#include "storage/statement.h"

static OeStatement project_offers = {
	"UPDATE offerengine.offer_store os"
	"   SET shown_from = e.shown_from, shown_to = e.shown_to, product_id = e.product_id,"
	"       abstract_product_id = e.abstract_product_id, merchant_id = e.merchant_id, sku = e.sku,"
	"       offer_reference = e.offer_reference, title = e.title, offer_type = e.offer_type,"
	"       management = e.management, price_sheet_id = e.price_sheet_id"
	"  FROM offerengine_internal.offer_store_expected e"
	" WHERE os.offer_id = ANY ($1) AND e.offer_id = os.offer_id AND e.store_code = os.store_code"
	"   AND (os.shown_from, os.shown_to, os.product_id, os.abstract_product_id, os.merchant_id, os.sku,"
	"        os.offer_reference, os.title, os.offer_type, os.management, os.price_sheet_id)"
	"       IS DISTINCT FROM"
	"       (e.shown_from, e.shown_to, e.product_id, e.abstract_product_id, e.merchant_id, e.sku,"
	"        e.offer_reference, e.title, e.offer_type, e.management, e.price_sheet_id)",
	1, {INT8ARRAYOID}
};

static OeStatement lock_offers = {
	"SELECT pg_catalog.count(*) FROM (SELECT FROM offerengine.offer o"
	" WHERE o.offer_id = ANY ($1) ORDER BY o.offer_id FOR NO KEY UPDATE) AS locked",
	1, {INT8ARRAYOID}
};

static OeStatement raise_versions = {
	"UPDATE offerengine.offer o SET updated_at = pg_catalog.now() WHERE o.offer_id = ANY ($1)",
	1, {INT8ARRAYOID}
};

static OeStatement offers_seen_before = {
	"SELECT pg_catalog.array_agg(o.offer_id) FROM offerengine.offer o"
	" WHERE o.offer_id = ANY ($1) AND NOT (o.version = 1 AND o.xmin IN ($2, $3))",
	3, {INT8ARRAYOID, XIDOID, XIDOID}
};

static OeStatement lock_offers_of_products = {
	"SELECT pg_catalog.array_agg(locked.offer_id) FROM (SELECT o.offer_id FROM offerengine.offer o"
	" WHERE o.product_id = ANY ($1) ORDER BY o.offer_id FOR NO KEY UPDATE) AS locked",
	1, {INT8ARRAYOID}
};

static OeStatement lock_offers_of_abstract_products = {
	"SELECT pg_catalog.array_agg(locked.offer_id) FROM (SELECT o.offer_id"
	"  FROM offerengine.product p JOIN offerengine.offer o ON o.product_id = p.product_id"
	" WHERE p.abstract_product_id = ANY ($1) ORDER BY o.offer_id FOR NO KEY UPDATE OF o) AS locked",
	1, {INT8ARRAYOID}
};

static OeStatement lock_abstract_products = {
	"SELECT pg_catalog.count(*) FROM (SELECT FROM offerengine.abstract_product a"
	" WHERE a.abstract_product_id = ANY ($1) ORDER BY a.abstract_product_id FOR NO KEY UPDATE) AS locked",
	1, {INT8ARRAYOID}
};

static OeStatement share_abstract_products = {
	"SELECT pg_catalog.count(*) FROM (SELECT FROM offerengine.abstract_product a"
	" WHERE a.abstract_product_id = ANY ($1) ORDER BY a.abstract_product_id FOR SHARE) AS locked",
	1, {INT8ARRAYOID}
};

static OeStatement products_of_offers = {
	"SELECT pg_catalog.array_agg(DISTINCT o.product_id) FROM offerengine.offer o WHERE o.offer_id = ANY ($1)",
	1, {INT8ARRAYOID}
};

static OeStatement abstract_products_of_products = {
	"SELECT pg_catalog.array_agg(DISTINCT p.abstract_product_id) FROM offerengine.product p"
	" WHERE p.product_id = ANY ($1)",
	1, {INT8ARRAYOID}
};

static OeStatement share_products = {
	"SELECT pg_catalog.count(*) FROM (SELECT FROM offerengine.product p"
	" WHERE p.product_id = ANY ($1) ORDER BY p.product_id FOR SHARE) AS locked",
	1, {INT8ARRAYOID}
};

static OeStatement products_with_offers_of = {
	"SELECT pg_catalog.array_agg(given.product_id)"
	"  FROM pg_catalog.unnest($1) AS given (product_id)"
	" WHERE EXISTS (SELECT FROM offerengine.offer o"
	"                WHERE o.product_id = given.product_id AND o.merchant_id = ANY ($2))",
	2, {INT8ARRAYOID, INT8ARRAYOID}
};

/* What the engine is writing right now. */
static OeOwnWrite engine_write;

static uint64 run_ids(OeStatement *plan, Datum ids, bool many);
static bool run_for_ids(OeStatement *plan, Datum *ids, bool many);
static void write_as_engine(OeStatement *plan, const char *relation, Datum ids, bool many);
static void share_products_of(Datum product_ids, bool many);
static bool leave_out_others_products(Datum *product_ids, Oid role, bool many);
static bool leave_out_new_offers(Datum *offer_ids, bool many);
static void touch(Datum offer_ids, bool many);

bool
oe_engine_writes(Oid relid)
{
	return oe_fired_by(&engine_write, relid);
}

void
oe_project_offers(OeIds *offer_ids)
{
	OeOwnerRun	run;

	if (offer_ids->count == 0)
		return;
	oe_ids_sort_unique(offer_ids);
	run = oe_begin_owner_run();
	write_as_engine(&project_offers, "offer_store", oe_ids_array(offer_ids), offer_ids->count > OE_MANY_ROWS);
	oe_end_owner_run(run);
}

void
oe_touch_offers(OeIds *offer_ids)
{
	OeOwnerRun	run;

	if (offer_ids->count == 0)
		return;
	oe_ids_sort_unique(offer_ids);
	run = oe_begin_owner_run();
	touch(oe_ids_array(offer_ids), offer_ids->count > OE_MANY_ROWS);
	oe_end_owner_run(run);
}

void
oe_project_new_stores(OeIds *offer_ids)
{
	OeOwnerRun	run;
	Datum		ids;
	Datum		product_ids;
	bool		many;

	if (offer_ids->count == 0)
		return;
	oe_ids_sort_unique(offer_ids);
	many = offer_ids->count > OE_MANY_ROWS;
	ids = oe_ids_array(offer_ids);

	run = oe_begin_owner_run();
	product_ids = ids;
	if (run_for_ids(&products_of_offers, &product_ids, many))
	{
		share_products_of(product_ids, many);
		touch(ids, many);
		write_as_engine(&project_offers, "offer_store", ids, many);
	}
	oe_end_owner_run(run);
}

void
oe_project_products(OeIds *product_ids, OeIds *moved_to)
{
	OeOwnerRun	run;
	Datum		ids;
	bool		many;

	if (product_ids->count == 0)
		return;
	oe_ids_sort_unique(product_ids);
	oe_ids_sort_unique(moved_to);
	many = product_ids->count > OE_MANY_ROWS;
	ids = oe_ids_array(product_ids);

	run = oe_begin_owner_run();
	if (moved_to->count > 0)
		run_ids(&share_abstract_products, oe_ids_array(moved_to), moved_to->count > OE_MANY_ROWS);
	if (run_for_ids(&lock_offers_of_products, &ids, many))
		write_as_engine(&project_offers, "offer_store", ids, true);
	oe_end_owner_run(run);
}

void
oe_project_abstract_products(OeIds *abstract_product_ids)
{
	OeOwnerRun	run;
	Datum		ids;
	bool		many;

	if (abstract_product_ids->count == 0)
		return;
	oe_ids_sort_unique(abstract_product_ids);
	many = abstract_product_ids->count > OE_MANY_ROWS;
	ids = oe_ids_array(abstract_product_ids);

	run = oe_begin_owner_run();
	run_ids(&lock_abstract_products, ids, many);
	if (run_for_ids(&lock_offers_of_abstract_products, &ids, many))
		write_as_engine(&project_offers, "offer_store", ids, true);
	oe_end_owner_run(run);
}

static uint64
run_ids(OeStatement *plan, Datum ids, bool many)
{
	return oe_run(plan, &ids, NULL, many);
}

/* Replaces *ids by the bigint[] that the query answers; false when that is NULL: nothing is concerned. */
static bool
run_for_ids(OeStatement *plan, Datum *ids, bool many)
{
	bool		isnull;

	run_ids(plan, *ids, many);
	*ids = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return !isnull;
}

/* Runs a statement whose effects the engine's own triggers on the relation shall not answer with another round. */
static void
write_as_engine(OeStatement *plan, const char *relation, Datum ids, bool many)
{
	OeOwnWrite	outer = engine_write;

	engine_write = oe_own_write(relation);
	PG_TRY();
	{
		run_ids(plan, ids, many);
	}
	PG_FINALLY();
	{
		engine_write = outer;
	}
	PG_END_TRY();
}

/*
 * Locks abstract products, then products, FOR SHARE. A product may have been given to another abstract product
 * before its own lock was held, so the abstract products are asked for once more.
 */
static void
share_products_of(Datum product_ids, bool many)
{
	Datum		ids = product_ids;

	if (run_for_ids(&abstract_products_of_products, &ids, many))
		run_ids(&share_abstract_products, ids, many);
	run_ids(&share_products, product_ids, many);
	ids = product_ids;
	if (run_for_ids(&abstract_products_of_products, &ids, many))
		run_ids(&share_abstract_products, ids, many);
}

static void
touch(Datum offer_ids, bool many)
{
	if (oe_bulk_active() && !leave_out_new_offers(&offer_ids, many))
		return;
	run_ids(&lock_offers, offer_ids, many);
	write_as_engine(&raise_versions, "offer", offer_ids, many);
}

/* During an import, offers that it has made itself keep version 1: nobody else has seen them yet. */
static bool
leave_out_new_offers(Datum *offer_ids, bool many)
{
	Datum		values[3];
	bool		isnull;

	values[0] = *offer_ids;
	values[1] = TransactionIdGetDatum(GetTopTransactionId());
	values[2] = TransactionIdGetDatum(GetCurrentTransactionId());
	oe_run(&offers_seen_before, values, NULL, many);
	*offer_ids = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return !isnull;
}

PG_FUNCTION_INFO_V1(oe_project_offers_sql);
Datum
oe_project_offers_sql(PG_FUNCTION_ARGS)
{
	OeIds		ids = oe_ids_from_array(PG_GETARG_DATUM(0));

	oe_require_schema();
	oe_project_offers(&ids);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_touch_offers_sql);
Datum
oe_touch_offers_sql(PG_FUNCTION_ARGS)
{
	OeIds		ids = oe_ids_from_array(PG_GETARG_DATUM(0));

	oe_require_schema();
	oe_touch_offers(&ids);
	PG_RETURN_VOID();
}

/*
 * A writer that is about to put an offer into a store takes the locks of its products first, in the common order. A
 * merchant holds the products of its own offers only: whoever holds a product keeps others from changing it. For a new
 * offer, which nobody else can be waiting for, the trigger of offer_store takes them.
 */
PG_FUNCTION_INFO_V1(oe_share_products_sql);
Datum
oe_share_products_sql(PG_FUNCTION_ARGS)
{
	OeIds		ids = oe_ids_from_array(PG_GETARG_DATUM(0));
	Oid			role = oe_writing_role();
	bool		many = ids.count > OE_MANY_ROWS;
	Datum		product_ids;
	OeOwnerRun	run;

	oe_require_schema();
	if (ids.count == 0)
		PG_RETURN_VOID();
	oe_ids_sort_unique(&ids);
	product_ids = oe_ids_array(&ids);
	run = oe_begin_owner_run();
	if (oe_is_operator(role) || leave_out_others_products(&product_ids, role, many))
		share_products_of(product_ids, many);
	oe_end_owner_run(run);
	PG_RETURN_VOID();
}

/* Keeps the products of which the role's merchants have offers; false when there is none. */
static bool
leave_out_others_products(Datum *product_ids, Oid role, bool many)
{
	OeIds		merchants = {0};
	int			count;
	const int64 *acting_for = oe_acting_for(role, &count);
	Datum		values[2];
	bool		isnull;

	for (int i = 0; i < count; i++)
		oe_ids_add(&merchants, acting_for[i]);
	values[0] = *product_ids;
	values[1] = oe_ids_array(&merchants);
	oe_run(&products_with_offers_of, values, NULL, many);
	*product_ids = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return !isnull;
}
