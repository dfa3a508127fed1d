/*
 * Reads price rows as they were.
 *
 * price_history has what a row said before each change, and until when. So at an instant a row says what is told first
 * after it; where nothing is, what the row says now. Whatever was told of a key is found in the key's own order, one
 * step a row; then its versions, in order of time, by the row.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "decide/past.h"
#include "storage/compare.h"
#include "storage/grow.h"
#include "storage/ids.h"
#include "storage/texts.h"

/* The first keys of all paths of price_history but that of a row. */
#define KEYS_OF_ROWS 4

static void add_current(OeVersions *versions, OeReader *reader, const OeQuestion *question, const OePastKey *key,
						OeIds *ids);
static void add_told(OeIds *ids, OeReader *reader, const OePastKey *key);
static void add_told_of_owner(OeIds *ids, OeReader *reader, OePath path, NullableDatum *keys, int last);
static void add_versions(OeVersions *versions, OeReader *reader, const OeQuestion *question, const OePastKey *key,
						 int64 price_id, TimestampTz since, bool first_only);
static bool is_of_key(OeProbe *version, const OePastKey *key);
static OeVersion *next_version(OeVersions *versions, OeProbe *probe, const OeQuestion *question, const OePastKey *key,
							   const OePriceColumns *columns);
static int	compare_versions(const void *a, const void *b);
static void find_prices(OeVersions *versions);

OeVersions
oe_load_versions(OeReader *reader, const OeQuestion *question, const OePastKey *key, TimestampTz since,
				 bool first_only)
{
	OeVersions	versions = {0};
	OeIds		ids = {0};

	add_current(&versions, reader, question, key, &ids);
	add_told(&ids, reader, key);
	oe_ids_sort_unique(&ids);
	for (Size i = 0; i < ids.count; i++)
		add_versions(&versions, reader, question, key, DatumGetInt64(ids.values[i]), since, first_only);
	if (versions.count > 0)
		qsort(versions.items, versions.count, sizeof(OeVersion), compare_versions);
	find_prices(&versions);
	return versions;
}

OeRowBuffer
oe_rows_at(const OeVersions *versions, TimestampTz at)
{
	OeRowBuffer buffer = {palloc(sizeof(OePriceRow) * Max(1, versions->nprices)), 0, versions->nprices};

	for (int i = 0; i < versions->nprices; i++)
	{
		int			low = versions->starts[i];
		int			end = versions->starts[i + 1];
		int			high = end;

		/* The first that was told after the instant. */
		while (low < high)
		{
			int			middle = low + (high - low) / 2;

			if (versions->items[middle].until <= at && versions->items[middle].until != DT_NOEND)
				low = middle + 1;
			else
				high = middle;
		}
		if (low < end && versions->items[low].is_of_key)
			*oe_next_row(&buffer) = versions->items[low].row;
	}
	return buffer;
}

/* Rows as they are count until DT_NOEND. */
static void
add_current(OeVersions *versions, OeReader *reader, const OeQuestion *question, const OePastKey *key, OeIds *ids)
{
	OeProbe    *probe = oe_probe_seek(reader, key->path, key->keys);

	while (oe_probe_next(probe))
	{
		CHECK_FOR_INTERRUPTS();
		oe_ids_add(ids, next_version(versions, probe, question, key, &oe_columns_of_price)->row.price_id);
	}
}

/* Every row of which price_history tells something as one of the key. */
static void
add_told(OeIds *ids, OeReader *reader, const OePastKey *key)
{
	NullableDatum keys[OE_PATH_MAX_KEYS];
	int64		next = PG_INT64_MIN;

	memcpy(keys, key->keys, sizeof(NullableDatum) * KEYS_OF_ROWS);
	if (key->of_abstract)
	{
		add_told_of_owner(ids, reader, OE_VERSIONS_OF_ABSTRACT, keys, KEYS_OF_ROWS);
		return;
	}
	keys[KEYS_OF_ROWS] = key->offer_id;
	add_told_of_owner(ids, reader, OE_VERSIONS_OF_OWNER, keys, KEYS_OF_ROWS + 1);
	while (key->whole_product)
	{
		OeProbe    *offer;
		bool		isnull;

		CHECK_FOR_INTERRUPTS();
		keys[KEYS_OF_ROWS].value = Int64GetDatum(next);
		keys[KEYS_OF_ROWS].isnull = false;
		offer = oe_probe_seek(reader, OE_OFFERS_WITH_VERSIONS, keys);
		if (!oe_probe_next(offer))
			break;
		next = DatumGetInt64(oe_probe_column(offer, OE_HISTORY_OFFER_ID, &isnull));
		keys[KEYS_OF_ROWS].value = Int64GetDatum(next);
		add_told_of_owner(ids, reader, OE_VERSIONS_OF_OWNER, keys, KEYS_OF_ROWS + 1);
		if (next++ == PG_INT64_MAX)
			break;
	}
}

/* One step in the index for each row. */
static void
add_told_of_owner(OeIds *ids, OeReader *reader, OePath path, NullableDatum *keys, int last)
{
	int64		next = PG_INT64_MIN;

	for (;;)
	{
		OeProbe    *told;

		CHECK_FOR_INTERRUPTS();
		keys[last].value = Int64GetDatum(next);
		keys[last].isnull = false;
		told = oe_probe_seek(reader, path, keys);
		if (!oe_probe_next(told))
			break;
		next = DatumGetInt64(oe_probe_value(told, OE_HISTORY_PRICE_ID));
		oe_ids_add(ids, next);
		if (next++ == PG_INT64_MAX)
			break;
	}
}

static void
add_versions(OeVersions *versions, OeReader *reader, const OeQuestion *question, const OePastKey *key,
			 int64 price_id, TimestampTz since, bool first_only)
{
	NullableDatum keys[] = {
		{Int64GetDatum(price_id), false}, {TimestampTzGetDatum(since + 1), false}, {Int64GetDatum(PG_INT64_MIN), false}
	};
	OeProbe    *probe = oe_probe_seek(reader, OE_VERSIONS_OF_PRICE, keys);

	while (oe_probe_next(probe))
	{
		OeVersion  *version;

		CHECK_FOR_INTERRUPTS();
		version = next_version(versions, probe, question, key, &oe_columns_of_history);
		version->until = DatumGetTimestampTz(oe_probe_value(probe, OE_HISTORY_RECORDED_UNTIL));
		version->is_of_key = is_of_key(probe, key);
		if (first_only)
			break;
	}
}

static bool
is_number(OeProbe *row, OeColumn column, const NullableDatum *number)
{
	bool		isnull;
	Datum		value = oe_probe_column(row, column, &isnull);

	return isnull == number->isnull && (isnull || DatumGetInt64(value) == DatumGetInt64(number->value));
}

static bool
is_code(OeProbe *row, OeColumn column, const NullableDatum *code)
{
	return oe_same_text(DatumGetTextPP(oe_probe_value(row, column)), DatumGetTextPP(code->value));
}

static bool
is_of_key(OeProbe *version, const OePastKey *key)
{
	return is_number(version, key->of_abstract ? OE_HISTORY_ABSTRACT_PRODUCT_ID : OE_HISTORY_PRODUCT_ID,
					 &key->keys[0]) &&
		is_code(version, OE_HISTORY_STORE_CODE, &key->keys[1]) &&
		is_code(version, OE_HISTORY_CURRENCY_CODE, &key->keys[2]) &&
		is_number(version, OE_HISTORY_RELATIONSHIP_ID, &key->keys[3]) &&
		(key->of_abstract || key->whole_product || is_number(version, OE_HISTORY_OFFER_ID, &key->offer_id));
}

/* As if it said so still. */
static OeVersion *
next_version(OeVersions *versions, OeProbe *probe, const OeQuestion *question, const OePastKey *key,
			 const OePriceColumns *columns)
{
	OeVersion  *version;

	OE_GROW(versions->items, versions->count, versions->capacity);
	version = &versions->items[versions->count];
	version->row.number = 0;
	oe_read_price_row(&version->row, versions->count == 0 ? NULL : &version[-1].row, question, key->modes,
					  key->contract, probe, columns);
	version->until = DT_NOEND;
	version->is_of_key = true;
	version->place = versions->count++;
	return version;
}

static int
compare_versions(const void *a, const void *b)
{
	const OeVersion *x = a;
	const OeVersion *y = b;
	int			order = OE_COMPARE(x->row.price_id, y->row.price_id);

	if (order == 0)
		order = OE_COMPARE(x->until, y->until);
	return order == 0 ? OE_COMPARE(x->place, y->place) : order;
}

static void
find_prices(OeVersions *versions)
{
	versions->starts = palloc(sizeof(int) * (versions->count + 1));
	for (int i = 0; i < versions->count; i++)
		if (i == 0 || versions->items[i].row.price_id != versions->items[i - 1].row.price_id)
			versions->starts[versions->nprices++] = i;
	versions->starts[versions->nprices] = versions->count;
}
