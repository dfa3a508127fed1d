/*
 * Lists of ids.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/qunique.h"
#include "utils/array.h"

#include "storage/grow.h"
#include "storage/ids.h"

static int
compare_ids(const void *a, const void *b)
{
	int64		left = DatumGetInt64(*(const Datum *) a);
	int64		right = DatumGetInt64(*(const Datum *) b);

	return (left > right) - (left < right);
}

void
oe_ids_add(OeIds *ids, int64 id)
{
	OE_GROW(ids->values, ids->count, ids->capacity);
	ids->values[ids->count++] = Int64GetDatum(id);
}

void
oe_ids_sort_unique(OeIds *ids)
{
	if (ids->count < 2)
		return;
	qsort(ids->values, ids->count, sizeof(Datum), compare_ids);
	ids->count = qunique(ids->values, ids->count, sizeof(Datum), compare_ids);
}

Datum
oe_ids_array(const OeIds *ids)
{
	return PointerGetDatum(construct_array(ids->values, ids->count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
										   TYPALIGN_DOUBLE));
}

OeIds
oe_ids_from_array(Datum array)
{
	OeIds		ids = {0};
	Datum	   *values;
	bool	   *nulls;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(array), INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &values, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			oe_ids_add(&ids, DatumGetInt64(values[i]));
	return ids;
}
