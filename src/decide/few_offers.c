/*
 * Finds the few offers of merchants, or of a store, whose names are looked at one by one.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/memutils.h"

#include "decide/few_offers.h"
#include "storage/ids.h"
#include "storage/parameters.h"
#include "storage/statement.h"

/* One of them and what it sells. */
typedef struct OeFewProduct
{
	int64		offer_id;
	int64		product_id;
} OeFewProduct;

static void load_products(OeFewOffers *few);

bool
oe_are_few(OeFewOffers *few, const OeNameQuestion *question, int64 named, MemoryContext context)
{
	static const Oid types[] = {TEXTOID, INT8ARRAYOID, INT8OID};
	static SPIPlanPtr plan = NULL;
	OeParameters parameters = {0};
	bool		isnull;
	Datum		offers;

	if (few->named > 0 && named >= few->named)
		return true;
	oe_add_text(&parameters, question->store);
	oe_add_parameter(&parameters, question->merchant_ids.value, question->merchant_ids.isnull);
	oe_add_value(&parameters, Int64GetDatum(named));
	oe_run_kept(oe_kept_plan(&plan, "SELECT offerengine_internal.search_among($1, $2, $3)", lengthof(types), types),
				parameters.values, parameters.nulls);
	offers = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (!isnull)
	{
		MemoryContext caller = MemoryContextSwitchTo(context);

		few->named = named;
		few->context = context;
		few->offers = PointerGetDatum(PG_DETOAST_DATUM_COPY(offers));
		few->products = NULL;
		MemoryContextSwitchTo(caller);
	}
	SPI_freetuptable(SPI_tuptable);
	return !isnull;
}

/* What the few offers sell, by product. */
static void
load_products(OeFewOffers *few)
{
	static const Oid types[] = {INT8ARRAYOID};
	static SPIPlanPtr plan = NULL;
	OeParameters parameters = {0};

	if (few->products != NULL)
		return;
	oe_add_value(&parameters, few->offers);
	oe_run_kept(oe_kept_plan(&plan, "SELECT o.offer_id, o.product_id FROM offerengine.offer o"
							 " WHERE o.offer_id OPERATOR(pg_catalog.=) ANY ($1)"
							 " ORDER BY o.product_id, o.offer_id", lengthof(types), types),
				parameters.values, parameters.nulls);
	few->count = (int) SPI_processed;
	few->products = MemoryContextAlloc(few->context, sizeof(OeFewProduct) * Max(1, few->count));
	for (int i = 0; i < few->count; i++)
	{
		Datum		values[2];
		bool		isnull[2];

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, isnull);
		few->products[i] = (OeFewProduct)
		{
			DatumGetInt64(values[0]), DatumGetInt64(values[1])
		};
	}
	SPI_freetuptable(SPI_tuptable);
}

Datum
oe_few_ids(OeFewOffers *few, bool of_products)
{
	OeIds		ids = {0};

	if (!of_products)
		return few->offers;
	load_products(few);
	for (int i = 0; i < few->count; i++)
		if (i == 0 || few->products[i].product_id != few->products[i - 1].product_id)
			oe_ids_add(&ids, few->products[i].product_id);
	return oe_ids_array(&ids);
}

OeFoundName *
oe_few_names(const OeFewOffers *few, const OeFoundName *names, int *count)
{
	OeFoundName *found = palloc(sizeof(OeFoundName) * Max(1, few->count));
	int			nfound = 0;

	for (int i = 0; i < *count; i++)
	{
		int			low = 0;
		int			high = few->count;

		while (low < high)
		{
			int			middle = low + (high - low) / 2;

			if (few->products[middle].product_id < names[i].id)
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < few->count && few->products[low].product_id == names[i].id; low++)
		{
			found[nfound] = names[i];
			found[nfound++].offer_id = few->products[low].offer_id;
		}
	}
	*count = nfound;
	return found;
}
