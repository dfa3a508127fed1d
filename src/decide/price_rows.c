/*
 * Loads the rows that the price decision chooses from.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "decide/price_rows.h"
#include "decide/spec.h"
#include "storage/compare.h"
#include "storage/grow.h"
#include "storage/parameters.h"
#include "storage/texts.h"

/* Of which rows a scan is; of_offer and offer_id count where one owner is scanned. */
typedef struct OePriceKey
{
	int64		product_id;		/* or abstract product */
	bool		of_offer;		/* else the product's own rows */
	int64		offer_id;
	int			which;			/* 0: default rows, else contract which - 1 */
	text	   *price_type;
} OePriceKey;

static bool is_past(const OeQuestion *question);
static void add_contracts(OeContracts *contracts, OeReader *reader, OeProbe *assignee);
static OeContracts load_contracts_by_sql(const OeQuestion *question);
static const char *why_not_applicable(const OeContract *contract, const OeQuestion *question,
									  const OePriceOwner *owner);
static void load_level(OePriceCandidates *candidates, OePriceLevel level, OeLoaded what);
static OePath owner_path(const OePriceSource *source, OeLoaded what);
static OePriceSlice load_slice(OeOwnedCandidates *owned, OePriceLevel level, OeLoaded what, int which);
static OePriceKey key_of_level(const OePriceSource *source, const OePriceOwner *owner, OePriceLevel level, int which);
static const OePriceSlice *scan_once(const OePriceSource *source, OePriceScans *scans, const OePriceKey *key,
									 OeLoaded what, OePath all, OePath in_reach);
static OePriceSlice rows_of_owner(const OePriceSlice *all, bool of_offer, int64 offer_id);
static bool has_beyond(const OeBeyond *beyond, const OePriceKey *key);
static OePriceSlice scan_prices(const OePriceSource *source, OePath path, const OePriceKey *key, OeBeyond *beyond);
static OePastKey put_keys(const OePriceSource *source, OePath path, const OePriceKey *key, NullableDatum *keys);
static OePriceSlice slice_of_past(const OeVersions *versions, TimestampTz at, const OeContract *contract);
static void keep_slice(OePriceCandidates *candidates, OePriceLevel level, OePriceSlice slice);

bool
oe_open_for_prices(OeReader *reader, const OeQuestion *question, uint32 tables)
{
	tables |= oe_question_tables(question) | OE_TABLE_BIT(OE_PRICE);
	if (question->buyer != NULL)
		tables |= OE_TABLE_BIT(OE_ASSIGNEE) | OE_TABLE_BIT(OE_RELATIONSHIP) | OE_TABLE_BIT(OE_MERCHANT);
	if (is_past(question))
		tables |= OE_TABLE_BIT(OE_PRICE_HISTORY);
	return oe_reader_open(reader, tables);
}

/* Then rows count as they were. */
static bool
is_past(const OeQuestion *question)
{
	return question->at < GetCurrentTransactionStartTimestamp();
}

static int
compare_contracts(const void *a, const void *b)
{
	int64		x = ((const OeContract *) a)->relationship_id;
	int64		y = ((const OeContract *) b)->relationship_id;

	return (x > y) - (x < y);
}

/* What another merchant has put the buyer into costs nothing where it cannot count. */
OeContracts
oe_load_contracts(OeReader *reader, const OeQuestion *question, const OePriceOwner *owner)
{
	OeContracts result = {NULL, 0, 0};
	NullableDatum buyer = {PointerGetDatum(question->buyer), false};

	if (question->buyer == NULL)
		return result;
	if (reader == NULL)
		return load_contracts_by_sql(question);
	if (owner == NULL || question->policy.any_merchant)
	{
		add_contracts(&result, reader, oe_probe_seek(reader, OE_BY_BUYER, &buyer));
		if (result.count > 1)
			qsort(result.contracts, result.count, sizeof(OeContract), compare_contracts);
	}
	else if (owner->is_offer)
		oe_add_contracts(&result, reader, question, owner->merchant_id);
	return result;
}

void
oe_add_contracts(OeContracts *contracts, OeReader *reader, const OeQuestion *question, int64 merchant_id)
{
	NullableDatum keys[2] = {{PointerGetDatum(question->buyer), false}, {Int64GetDatum(merchant_id), false}};

	add_contracts(contracts, reader, oe_probe_seek(reader, OE_BY_BUYER_AND_MERCHANT, keys));
}

static void
add_contracts(OeContracts *contracts, OeReader *reader, OeProbe *assignee)
{
	while (oe_probe_next(assignee))
	{
		Datum		id = oe_probe_value(assignee, OE_ASSIGNEE_RELATIONSHIP_ID);
		OeProbe    *relationship = oe_probe_fetch(reader, OE_BY_RELATIONSHIP, id);
		OeProbe    *merchant;
		OeContract *contract;

		CHECK_FOR_INTERRUPTS();
		if (relationship == NULL)
			continue;
		OE_GROW(contracts->contracts, contracts->count, contracts->capacity);
		contract = &contracts->contracts[contracts->count];
		contract->relationship_id = DatumGetInt64(id);
		contract->merchant_id = DatumGetInt64(oe_probe_value(relationship, OE_RELATIONSHIP_MERCHANT_ID));
		merchant = oe_probe_fetch(reader, OE_BY_MERCHANT, Int64GetDatum(contract->merchant_id));
		if (merchant == NULL)
			continue;
		contract->relationship_key = oe_probe_text(relationship, OE_RELATIONSHIP_KEY);
		contract->merchant_active = DatumGetBool(oe_probe_value(merchant, OE_MERCHANT_IS_ACTIVE));
		contract->merchant_approved =
			oe_text_is(DatumGetTextPP(oe_probe_value(merchant, OE_MERCHANT_APPROVAL_STATUS)), "approved");
		contracts->count++;
	}
}

void
oe_price_source_init(OePriceSource *source, OeReader *reader, const OeQuestion *question, const OeContracts *contracts,
					 int64 product_id, int64 abstract_product_id)
{
	memset(source, 0, sizeof(OePriceSource));
	source->reader = reader;
	source->question = question;
	source->contracts = contracts;
	source->product_id = product_id;
	source->abstract_product_id = abstract_product_id;
	source->reach = question->quantity;
	source->past = is_past(question);
	source->modes.net = question->net;
}

void
oe_price_source_turn(OePriceSource *source)
{
	OePriceScans *scans[] = {&source->product_rows, &source->abstract_rows};

	Assert(source->modes.both && !source->keeps);
	source->modes.net = !source->modes.net;
	for (int i = 0; i < lengthof(scans); i++)
		for (int which = 0; scans[i]->slices != NULL && which <= source->contracts->count; which++)
			for (int j = 0; scans[i]->loaded[which] != OE_LOADED_NOTHING && j < scans[i]->slices[which].nrows; j++)
			{
				OePriceRow *row = &scans[i]->slices[which].rows[j];
				OePriceRow	turned = *row;

				turned.has_amount = row->has_other_amount;
				turned.amount = row->other_amount;
				turned.has_other_amount = row->has_amount;
				turned.other_amount = row->amount;
				*row = turned;
			}
}

void
oe_candidates_init(OeOwnedCandidates *owned, OePriceSource *source, const OePriceOwner *owner)
{
	memset(owned, 0, sizeof(OeOwnedCandidates));
	owned->candidates.load = load_level;
	owned->source = source;
	owned->owner = *owner;
	if (!owner->is_offer)
		owned->candidates.loaded[OE_LEVEL_OFFER] = OE_LOADED_ALL;
}

void
oe_load_candidates_by_sql(OePriceCandidates *candidates, const OeQuestion *question, const OePriceOwner *owner,
						  const OeContracts *contracts)
{
	Datum	   *ids = palloc(sizeof(Datum) * Max(1, contracts->count));
	OeParameters arguments = {0};
	OeSpecResult *result;
	OeRowBuffer buffer = {NULL, 0, 0};
	int			start = 0;

	for (int i = 0; i < contracts->count; i++)
		ids[i] = Int64GetDatum(contracts->contracts[i].relationship_id);
	oe_add_parameter(&arguments, Int64GetDatum(owner->offer_id), !owner->is_offer);
	oe_add_value(&arguments, Int64GetDatum(owner->product_id));
	oe_add_value(&arguments, Int64GetDatum(owner->abstract_product_id));
	oe_add_text(&arguments, question->store);
	oe_add_text(&arguments, question->currency);
	oe_add_value(&arguments, TimestampTzGetDatum(question->at));
	oe_add_value(&arguments, PointerGetDatum(construct_array(ids, contracts->count, INT8OID, 8, FLOAT8PASSBYVAL,
															 TYPALIGN_DOUBLE)));
	result = oe_spec_query(OE_SPEC_PRICE_ROWS, arguments.values, arguments.nulls);

	memset(candidates, 0, sizeof(OePriceCandidates));
	for (int i = 0; i < OE_LEVEL_COUNT; i++)
	{
		candidates->loaded[i] = OE_LOADED_ALL;
		candidates->slices[i] = palloc(sizeof(OePriceSlice) * (contracts->count + 1));
	}

	/* Allocated once: slices point into the buffer. */
	buffer.capacity = Max(1, result->nrows);
	buffer.rows = palloc(sizeof(OePriceRow) * buffer.capacity);
	for (int i = 0; i < result->nrows; i++)
	{
		Datum	   *values = &result->values[i * result->ncolumns];
		bool	   *isnull = &result->isnull[i * result->ncolumns];
		int			amount = question->net ? 6 : 7;
		OePriceRow *row = oe_next_row(&buffer);
		OePriceLevel level = !isnull[0] ? OE_LEVEL_OFFER : !isnull[1] ? OE_LEVEL_PRODUCT : OE_LEVEL_ABSTRACT;
		bool		ends;

		row->of_offer = !isnull[0];
		row->offer_id = isnull[0] ? 0 : DatumGetInt64(values[0]);
		row->contract = NULL;
		for (int j = 0; !isnull[2] && j < contracts->count; j++)
			if (contracts->contracts[j].relationship_id == DatumGetInt64(values[2]))
				row->contract = &contracts->contracts[j];
		row->price_id = DatumGetInt64(values[3]);
		row->price_type = DatumGetTextPP(values[4]);
		row->min_quantity = DatumGetInt32(values[5]);
		row->has_amount = !isnull[amount];
		row->amount = isnull[amount] ? 0 : DatumGetInt64(values[amount]);
		row->valid_from = DatumGetTimestampTz(values[8]);
		row->valid_to = DatumGetTimestampTz(values[9]);

		ends = i + 1 == result->nrows;
		for (int j = 0; !ends && j < 3; j++)
			ends = isnull[j] != isnull[j + result->ncolumns] ||
				(!isnull[j] && values[j] != values[j + result->ncolumns]);
		if (ends)
		{
			OePriceSlice slice = {row->contract, NULL, &buffer.rows[start], i + 1 - start};

			if (row->contract != NULL)
				slice.not_applicable = why_not_applicable(row->contract, question, owner);
			keep_slice(candidates, level, slice);
			start = i + 1;
		}
	}
}

static OeContracts
load_contracts_by_sql(const OeQuestion *question)
{
	Datum		buyer = PointerGetDatum(question->buyer);
	OeSpecResult *result = oe_spec_query(OE_SPEC_CONTRACTS, &buyer, NULL);
	OeContracts contracts;

	contracts.count = contracts.capacity = result->nrows;
	contracts.contracts = palloc(sizeof(OeContract) * Max(1, result->nrows));
	for (int i = 0; i < result->nrows; i++)
	{
		Datum	   *values = &result->values[i * result->ncolumns];
		OeContract *contract = &contracts.contracts[i];

		contract->relationship_id = DatumGetInt64(values[0]);
		contract->relationship_key = DatumGetTextPP(values[1]);
		contract->merchant_id = DatumGetInt64(values[2]);
		contract->merchant_active = DatumGetBool(values[3]);
		contract->merchant_approved = DatumGetBool(values[4]);
	}
	return contracts;
}

static const char *
why_not_applicable(const OeContract *contract, const OeQuestion *question, const OePriceOwner *owner)
{
	if (!contract->merchant_active)
		return "the contract's merchant is not active";
	if (!contract->merchant_approved)
		return "the contract's merchant is not approved";
	if (!question->policy.any_merchant && !(owner->is_offer && owner->merchant_id == contract->merchant_id))
		return "the store takes contract prices on offers of the contract's own merchant only";
	return NULL;
}

static void
load_level(OePriceCandidates *candidates, OePriceLevel level, OeLoaded what)
{
	OeOwnedCandidates *owned = (OeOwnedCandidates *) candidates;
	const OePriceSource *source = owned->source;
	const OeContracts *contracts = source->contracts;

	candidates->loaded[level] = what;
	candidates->slices[level] = palloc(sizeof(OePriceSlice) * (contracts->count + 1));
	candidates->nslices[level] = 0;
	keep_slice(candidates, level, load_slice(owned, level, what, 0));
	for (int i = 0; i < contracts->count; i++)
	{
		const char *why = why_not_applicable(&contracts->contracts[i], source->question, &owned->owner);
		OePriceSlice slice;

		CHECK_FOR_INTERRUPTS();
		if (why != NULL && !source->show_all)
			continue;
		slice = load_slice(owned, level, what, i + 1);
		slice.not_applicable = why;
		keep_slice(candidates, level, slice);
	}
}

/* No price is for less than one piece, so for one there is one minimum. */
static OePath
owner_path(const OePriceSource *source, OeLoaded what)
{
	if (what == OE_LOADED_ALL)
		return OE_PRICES_OF_OWNER;
	return source->reach == 1 ? OE_PRICES_OF_OWNER_FOR_ONE : OE_PRICES_OF_OWNER_IN_REACH;
}

/* The rows of one owner: the default ones (which = 0) or those of the buyer's contract which - 1. */
static OePriceSlice
load_slice(OeOwnedCandidates *owned, OePriceLevel level, OeLoaded what, int which)
{
	OePriceSource *source = owned->source;
	OePriceKey	key = key_of_level(source, &owned->owner, level, which);

	if (source->keeps)
		return slice_of_past(&source->kept[level], is_past(source->question) ? source->question->at : DT_NOEND, NULL);
	if (level == OE_LEVEL_ABSTRACT)
		return *scan_once(source, &source->abstract_rows, &key, what, OE_PRICES_OF_ABSTRACT,
						  OE_PRICES_OF_ABSTRACT_IN_REACH);
	if (!source->whole_product)
		return scan_prices(source, owner_path(source, what), &key, NULL);
	return rows_of_owner(scan_once(source, &source->product_rows, &key, what, OE_PRICES_OF_PRODUCT,
								   OE_PRICES_OF_PRODUCT_IN_REACH), key.of_offer, key.offer_id);
}

static OePriceKey
key_of_level(const OePriceSource *source, const OePriceOwner *owner, OePriceLevel level, int which)
{
	OePriceKey	key = {source->product_id, level == OE_LEVEL_OFFER, owner->offer_id, which,
	source->question->price_type};

	if (level == OE_LEVEL_ABSTRACT)
		key.product_id = source->abstract_product_id;
	return key;
}

/* For all owners that share the rows; scans again only for more than was scanned before. */
static const OePriceSlice *
scan_once(const OePriceSource *source, OePriceScans *scans, const OePriceKey *key, OeLoaded what, OePath all,
		  OePath in_reach)
{
	OeBeyond   *beyond;

	if (scans->slices == NULL)
	{
		scans->slices = palloc(sizeof(OePriceSlice) * (source->contracts->count + 1));
		scans->loaded = palloc0(sizeof(OeLoaded) * (source->contracts->count + 1));
		scans->beyond = palloc0(sizeof(OeBeyond) * (source->contracts->count + 1));
	}
	beyond = &scans->beyond[key->which];
	if (scans->loaded[key->which] < what &&
		(scans->loaded[key->which] == OE_LOADED_NOTHING || has_beyond(beyond, key)))
	{
		scans->slices[key->which] = scan_prices(source, what == OE_LOADED_ALL ? all : in_reach, key, beyond);
		scans->loaded[key->which] = what;
	}
	return &scans->slices[key->which];
}

/* Notes who has a row that the quantity does not reach; one that has not begun, or is over, is not in effect. */
static void
note_beyond(void *argument, OeProbe *probe)
{
	OeBeyond   *beyond = argument;
	MemoryContext caller;
	bool		isnull;
	int64		offer_id;

	if (DatumGetTimestampTz(oe_probe_value(probe, OE_PRICE_VALID_FROM)) > beyond->at ||
		DatumGetTimestampTz(oe_probe_value(probe, OE_PRICE_VALID_TO)) <= beyond->at)
		return;
	offer_id = DatumGetInt64(oe_probe_column(probe, OE_PRICE_OFFER_ID, &isnull));
	if (beyond->of_abstract || isnull)
	{
		beyond->of_product = true;
		return;
	}
	if (beyond->count > 0 && beyond->offer_ids[beyond->count - 1] == offer_id)
		return;
	caller = MemoryContextSwitchTo(beyond->context);
	OE_GROW(beyond->offer_ids, beyond->count, beyond->capacity);
	beyond->offer_ids[beyond->count++] = offer_id;
	MemoryContextSwitchTo(caller);
}

static int
compare_offer_ids(const void *a, const void *b)
{
	return OE_COMPARE(*(const int64 *) a, *(const int64 *) b);
}

static bool
has_beyond(const OeBeyond *beyond, const OePriceKey *key)
{
	if (!beyond->known)
		return true;
	if (!key->of_offer)
		return beyond->of_product;
	return beyond->count > 0 &&
		bsearch(&key->offer_id, beyond->offer_ids, beyond->count, sizeof(int64), compare_offer_ids) != NULL;
}

/* The scan has the offers ascending and the product's own rows last. */
static OePriceSlice
rows_of_owner(const OePriceSlice *all, bool of_offer, int64 offer_id)
{
	OePriceSlice slice = *all;
	int			low = 0;
	int			high = all->nrows;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (all->rows[middle].of_offer && (!of_offer || all->rows[middle].offer_id < offer_id))
			low = middle + 1;
		else
			high = middle;
	}
	slice.rows = &all->rows[low];
	high = all->nrows;
	if (of_offer)
		for (high = low; high < all->nrows && all->rows[high].of_offer && all->rows[high].offer_id == offer_id; high++)
			;
	slice.nrows = high - low;
	return slice;
}

/*
 * One range scan. Keys beyond the range (quantity, instants) are compared in the index: what they drop costs no heap
 * page.
 */
static OePriceSlice
scan_prices(const OePriceSource *source, OePath path, const OePriceKey *key, OeBeyond *beyond)
{
	const OeQuestion *question = source->question;
	NullableDatum keys[OE_PATH_MAX_KEYS];
	OePastKey	asked = put_keys(source, path, key, keys);
	OePriceSlice slice = {.contract = asked.contract};
	OeRowBuffer buffer = {NULL, 0, 4};
	OeProbe    *probe;

	if (source->past)
	{
		OeVersions	versions = oe_load_versions(source->reader, question, &asked, question->at, true);

		return slice_of_past(&versions, question->at, asked.contract);
	}
	buffer.rows = palloc(sizeof(OePriceRow) * buffer.capacity);
	probe = oe_probe_seek(source->reader, path, keys);
	if (beyond != NULL && probe->nkeys < oe_paths[path].nkeys)
	{
		*beyond = (OeBeyond)
		{
			.known = true, .of_abstract = asked.of_abstract, .at = question->at, .context = CurrentMemoryContext
		};
		probe->dropped = note_beyond;
		probe->dropped_argument = beyond;
	}
	while (oe_probe_next(probe))
	{
		OePriceRow *row;

		CHECK_FOR_INTERRUPTS();
		row = oe_next_row(&buffer);
		oe_read_price_row(row, buffer.nrows == 1 ? NULL : &row[-1], question, source->modes, asked.contract,
						  probe, &oe_columns_of_price);
	}
	slice.rows = buffer.rows;
	slice.nrows = buffer.nrows;
	return slice;
}

/* The keys of the path, and what they ask for in other words. */
static OePastKey
put_keys(const OePriceSource *source, OePath path, const OePriceKey *key, NullableDatum *keys)
{
	const OeQuestion *question = source->question;
	OePastKey	asked = {.path = path, .keys = keys, .modes = source->modes};
	bool		of_owner_in_reach = path == OE_PRICES_OF_OWNER_IN_REACH || path == OE_PRICES_OF_OWNER_FOR_ONE;
	int			nkeys = 4;

	asked.of_abstract = path == OE_PRICES_OF_ABSTRACT || path == OE_PRICES_OF_ABSTRACT_IN_REACH;
	asked.whole_product = path == OE_PRICES_OF_PRODUCT || path == OE_PRICES_OF_PRODUCT_IN_REACH;
	asked.offer_id.value = Int64GetDatum(key->offer_id);
	asked.offer_id.isnull = !key->of_offer || asked.whole_product;
	asked.contract = key->which == 0 ? NULL : &source->contracts->contracts[key->which - 1];

	keys[0] = (NullableDatum)
	{
		Int64GetDatum(key->product_id), false
	};
	keys[1] = (NullableDatum)
	{
		PointerGetDatum(question->store), false
	};
	keys[2] = (NullableDatum)
	{
		PointerGetDatum(question->currency), false
	};
	keys[3] = (NullableDatum)
	{
		Int64GetDatum(asked.contract == NULL ? 0 : asked.contract->relationship_id),
			asked.contract == NULL
	};
	if (path == OE_PRICES_OF_OWNER || of_owner_in_reach)
		keys[nkeys++] = asked.offer_id;
	if (of_owner_in_reach)
		keys[nkeys++] = (NullableDatum)
	{
		PointerGetDatum(key->price_type), false
	};
	if (of_owner_in_reach || path == OE_PRICES_OF_PRODUCT_IN_REACH || path == OE_PRICES_OF_ABSTRACT_IN_REACH)
	{
		keys[nkeys++] = (NullableDatum)
		{
			Int32GetDatum(source->reach), false
		};
		keys[nkeys++] = (NullableDatum)
		{
			TimestampTzGetDatum(question->at), false
		};
		keys[nkeys++] = (NullableDatum)
		{
			TimestampTzGetDatum(question->at), false
		};
	}
	return asked;
}

static OePriceSlice
slice_of_past(const OeVersions *versions, TimestampTz at, const OeContract *contract)
{
	OeRowBuffer buffer = oe_rows_at(versions, at);
	OePriceSlice slice = {contract, NULL, buffer.rows, buffer.nrows};

	qsort(buffer.rows, buffer.nrows, sizeof(OePriceRow), oe_compare_price_rows);
	return slice;
}

bool
oe_price_source_load(OePriceSource *source)
{
	OePriceOwner owner = {.product_id = source->product_id, .abstract_product_id = source->abstract_product_id};
	OePriceKey	of_product = key_of_level(source, &owner, OE_LEVEL_PRODUCT, 0);
	OePriceKey	of_abstract = key_of_level(source, &owner, OE_LEVEL_ABSTRACT, 0);
	int			nrows;

	Assert(source->whole_product && source->contracts->count == 0 && !source->past);
	nrows = scan_once(source, &source->product_rows, &of_product, OE_LOADED_ALL, OE_PRICES_OF_PRODUCT,
					  OE_PRICES_OF_PRODUCT_IN_REACH)->nrows;
	nrows += scan_once(source, &source->abstract_rows, &of_abstract, OE_LOADED_ALL, OE_PRICES_OF_ABSTRACT,
					   OE_PRICES_OF_ABSTRACT_IN_REACH)->nrows;
	source->reader = NULL;
	return nrows > 0;
}

void
oe_keep_versions(OePriceSource *source, const OePriceOwner *owner, TimestampTz since)
{
	Assert(source->contracts->count == 0 && !source->whole_product);
	source->keeps = true;
	for (int level = 0; level < OE_LEVEL_COUNT; level++)
	{
		OePriceKey	key = key_of_level(source, owner, level, 0);
		NullableDatum keys[OE_PATH_MAX_KEYS];
		OePastKey	asked = put_keys(source, level == OE_LEVEL_ABSTRACT ? OE_PRICES_OF_ABSTRACT : OE_PRICES_OF_OWNER,
									 &key, keys);

		source->kept[level] = oe_load_versions(source->reader, source->question, &asked, since, false);
	}
}

static void
keep_slice(OePriceCandidates *candidates, OePriceLevel level, OePriceSlice slice)
{
	if (slice.nrows > 0)
		candidates->slices[level][candidates->nslices[level]++] = slice;
}
