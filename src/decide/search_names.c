/*
 * Finds visible offers by the names of their products and by their titles: search_worded_products and its like. Names
 * are found by statements, each of which reads an index; whether their offers are visible is probed.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "decide/few_offers.h"
#include "decide/search_names.h"
#include "decide/visibility.h"
#include "storage/answer.h"
#include "storage/compare.h"
#include "storage/grow.h"
#include "storage/ids.h"
#include "storage/parameters.h"
#include "storage/schema.h"
#include "storage/statement.h"
#include "storage/texts.h"

/* Parts of the names by their share; 0: the names of a few offers, 1: all. Each smaller one is the beginning of it. */
static const int32 parts[] = {0, 1, 8, 32, 128, 512, 2048, 8192};

#define OF_FEW 0
#define WHOLE 1
#define LARGEST_PART 8
/* A search begins with the smallest part that has so many names, somewhat more than are wanted. */
#define NAMES_TO_BEGIN_WITH 120
/* So many names of a part say how many there are of all. */
#define TELLING_NAMES 8

/* A way to find names, with its kept statements. */
typedef struct Finder
{
	const char *function;		/* of offerengine_internal */
	const char *table;			/* whose names they are */
	bool		of_products;	/* else titles of offers */
	SPIPlanPtr	names[lengthof(parts)];
	SPIPlanPtr	count[lengthof(parts)];
} Finder;

static Finder finders[OE_FINDER_COUNT] = {
	[OE_WORDED_PRODUCTS] = {"worded_products", "product", true},
	[OE_WORDED_TITLES] = {"worded_titles", "offer", false},
	[OE_SIMILAR_PRODUCTS] = {"similar_products", "product", true},
	[OE_SIMILAR_TITLES] = {"similar_titles", "offer", false},
};

/* A visible offer of one. */
typedef struct Hit
{
	OeFoundName name;
	int64		offer_id;
	text	   *sku;
	text	   *offer_reference;
} Hit;

typedef struct Search
{
	const OeNameQuestion *question;
	Finder	   *finder;
	OeReader   *reader;			/* NULL: visible offers are asked for by SQL */
	OeIds		merchants;
	NullableDatum among;		/* the few offers, or products of these, that are looked at */
	MemoryContext context;		/* of the hits */
	Hit		   *hits;
	int			count;
	int			capacity;
	int			names;			/* that were read */
} Search;

static Datum answer(FunctionCallInfo fcinfo, OeFinder finder);
static void look_in_parts(Search *search);
static int64 count_names(Search *search, int32 part);
static void take(Search *search, int32 part, int32 next_rank);
static void add_visible(Search *search, const OeFoundName *name);
static void add_by_sql(Search *search, const OeFoundName *names, int count);
static bool is_shown(Search *search, OeProbe *row);
static void add_hit(Search *search, const OeFoundName *name, int64 offer_id, text *sku, text *offer_reference);
static void order_hits(Search *search, int start);
static OeSearchHit *similar_hits(const Search *search);
static int32 first_part(Oid table);
static int32 next_part(int32 part, int64 had, int64 wanted);

PG_FUNCTION_INFO_V1(oe_search_worded_products);
Datum
oe_search_worded_products(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, OE_WORDED_PRODUCTS);
}

PG_FUNCTION_INFO_V1(oe_search_worded_titles);
Datum
oe_search_worded_titles(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, OE_WORDED_TITLES);
}

PG_FUNCTION_INFO_V1(oe_search_similar_products);
Datum
oe_search_similar_products(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, OE_SIMILAR_PRODUCTS);
}

PG_FUNCTION_INFO_V1(oe_search_similar_titles);
Datum
oe_search_similar_titles(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, OE_SIMILAR_TITLES);
}

static NullableDatum
argument(FunctionCallInfo fcinfo, int i)
{
	NullableDatum value = {PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i), PG_ARGISNULL(i)};

	return value;
}

static Datum
answer(FunctionCallInfo fcinfo, OeFinder finder)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	OeFewOffers few = {0};
	OeNameQuestion question = {.words = argument(fcinfo, 0), .merchant_ids = argument(fcinfo, 3), .few = &few};
	OeSearchHit *hits;
	int			count;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(4) || PG_ARGISNULL(5))
		return (Datum) 0;
	question.term = PG_GETARG_TEXT_PP(1);
	question.store = PG_GETARG_TEXT_PP(2);
	question.wanted = PG_GETARG_INT32(4);
	question.at = PG_GETARG_TIMESTAMPTZ(5);
	hits = oe_search_names(finder, &question, &count);
	for (int i = 0; i < count; i++)
		oe_put_hit(rsinfo, &hits[i]);
	return (Datum) 0;
}

OeSearchHit *
oe_search_names(OeFinder finder, const OeNameQuestion *question, int *count)
{
	Search		search = {
		.question = question, .finder = &finders[finder], .among = {(Datum) 0, true}, .context = CurrentMemoryContext
	};
	OeSearchHit *hits = NULL;
	OeReader	reader;
	OeIdentity	caller;

	oe_require_schema();
	if (!question->merchant_ids.isnull)
		search.merchants = oe_ids_from_array(question->merchant_ids.value);
	caller = oe_become_owner();
	if (oe_reader_open(&reader, OE_VISIBILITY_TABLES | (search.finder->of_products ? OE_TABLE_BIT(OE_PRODUCT) : 0)))
		search.reader = &reader;
	SPI_connect();
	look_in_parts(&search);
	if (search.count > 0)
		hits = similar_hits(&search);
	SPI_finish();
	oe_restore_identity(caller);
	if (search.reader != NULL)
		oe_reader_close(&reader);
	*count = search.count;
	return hits;
}

static int32
first_rank_behind(int32 part)
{
	return (int32) (PG_INT32_MIN + (INT64CONST(1) << 32) / part);
}

/*
 * An index of words or trigrams reads all that it has of one before it gives the first row: what very many have is
 * looked for in small parts first. Where very many names have it, the merchants may have few offers; where hardly any
 * of them is visible, the store may. Of the smallest parts some names tell nothing yet.
 */
static void
look_in_parts(Search *search)
{
	int32		part = first_part(get_relname_relid(search->finder->table, oe_schema_oid()));
	int32		next_rank = PG_INT32_MIN;	/* all before it are taken */
	int64		named = -1;		/* of the part; -1: nobody has counted */
	bool		is_few = false;

	if (!search->question->merchant_ids.isnull)
	{
		named = count_names(search, part);
		is_few = oe_are_few(search->question->few, search->question, named * part, search->context);
	}
	while (part > WHOLE && search->count < search->question->wanted && !is_few)
	{
		take(search, part, next_rank);
		if (named < TELLING_NAMES && TELLING_NAMES * search->count < search->question->wanted)
		{
			/* All of them were read where no merchant is asked for. */
			named = search->question->merchant_ids.isnull ? search->names : count_names(search, part);
			if (named > TELLING_NAMES * search->count)
				is_few = oe_are_few(search->question->few, search->question, named * part, search->context);
		}
		next_rank = first_rank_behind(part);
		part = next_part(part, search->count, search->question->wanted);
	}
	if (is_few)
	{
		search->count = 0;
		search->among.value = oe_few_ids(search->question->few, search->finder->of_products);
		search->among.isnull = false;
		take(search, OF_FEW, PG_INT32_MIN);
	}
	else if (search->count < search->question->wanted)
		take(search, WHOLE, next_rank);
}

static int
part_number(int32 part)
{
	int			i = 0;

	while (parts[i] != part)
		i++;
	return i;
}

/* What the finding functions take: words, term, the part, merchants and few offers. */
#define FINDER_ARGUMENTS 4

static const Oid finder_arguments[] = {TSQUERYOID, TEXTOID, INT8ARRAYOID, INT8ARRAYOID, INT4OID};

static void
add_finder_arguments(OeParameters *parameters, const Search *search, bool of_merchants)
{
	oe_add_parameter(parameters, search->question->words.value, search->question->words.isnull);
	oe_add_text(parameters, search->question->term);
	oe_add_parameter(parameters, search->question->merchant_ids.value,
					 search->question->merchant_ids.isnull || !of_merchants);
	oe_add_parameter(parameters, search->among.value, search->among.isnull);
}

/* The statement names its part, so that only this part is planned and started. */
static SPIPlanPtr
kept_of_part(SPIPlanPtr *plans, const char *sql, const Finder *finder, int32 part, int nargs)
{
	SPIPlanPtr *plan = &plans[part_number(part)];

	if (*plan == NULL)
		return oe_kept_plan(plan, psprintf(sql, finder->function, part), nargs, finder_arguments);
	return *plan;
}

#define COUNT_NAMES "SELECT pg_catalog.count(*) FROM offerengine_internal.%s($1, $2, %d, $3, $4) n"

/* How many names of the part have it, whosever they are. */
static int64
count_names(Search *search, int32 part)
{
	SPIPlanPtr	plan = kept_of_part(search->finder->count, COUNT_NAMES, search->finder, part, FINDER_ARGUMENTS);
	OeParameters parameters = {0};
	bool		isnull;
	int64		named;

	add_finder_arguments(&parameters, search, false);
	oe_run_kept(plan, parameters.values, parameters.nulls);
	named = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_freetuptable(SPI_tuptable);
	return named;
}

#define NAMES \
	"SELECT n.rank, n.id, n.name FROM offerengine_internal.%s($1, $2, %d, $3, $4) n" \
	" WHERE n.rank OPERATOR(pg_catalog.>=) $5"
#define NAMES_AT_A_TIME 128
#define FEWEST_AT_A_TIME 16

/*
 * Takes the visible offers of the part's names from this rank on, in the order of the names, until there are enough. Of
 * all names, or those of few offers, few may be visible: they are ordered afterwards, so that tables are read as they
 * lie.
 */
static void
take(Search *search, int32 part, int32 next_rank)
{
	bool		in_order = part > WHOLE;
	int			start = search->count;
	OeParameters parameters = {0};
	SPIPlanPtr	plan;
	Portal		portal;
	int			asked;
	int			count;

	add_finder_arguments(&parameters, search, true);
	oe_add_value(&parameters, Int32GetDatum(next_rank));
	plan = kept_of_part(search->finder->names, in_order ? NAMES " ORDER BY n.rank, n.id" : NAMES, search->finder, part,
						lengthof(finder_arguments));
	portal = SPI_cursor_open(NULL, plan, parameters.values, parameters.nulls, true);
	do
	{
		OeFoundName names[NAMES_AT_A_TIME];
		OeFoundName *found;
		int			nfound;
		SPITupleTable *rows;

		CHECK_FOR_INTERRUPTS();
		/* Of what is read in order, hardly more than is wanted. */
		asked = NAMES_AT_A_TIME;
		if (in_order)
			asked = Max(FEWEST_AT_A_TIME, Min(asked, search->question->wanted - search->count));
		SPI_cursor_fetch(portal, true, asked);
		rows = SPI_tuptable;
		count = (int) SPI_processed;
		search->names += count;
		for (int i = 0; i < count; i++)
		{
			Datum		values[3];
			bool		isnull[3];

			heap_deform_tuple(rows->vals[i], rows->tupdesc, values, isnull);
			names[i] = (OeFoundName)
			{
				DatumGetInt32(values[0]), DatumGetInt64(values[1]),
					search->finder->of_products ? 0 : DatumGetInt64(values[1]), DatumGetTextPP(values[2])
			};
		}
		found = names;
		nfound = count;
		if (part == OF_FEW && search->finder->of_products)
			found = oe_few_names(search->question->few, names, &nfound);
		if (search->reader == NULL)
			add_by_sql(search, found, nfound);
		else
			for (int i = 0; i < nfound && (!in_order || search->count < search->question->wanted); i++)
				add_visible(search, &found[i]);
		SPI_freetuptable(rows);
	} while (count == asked && (!in_order || search->count < search->question->wanted));
	SPI_cursor_close(portal);
	if (!in_order)
		order_hits(search, start);
	search->count = Min(search->count, search->question->wanted);
}

static void
add_row(Search *search, const OeFoundName *name, OeProbe *row)
{
	MemoryContext caller = MemoryContextSwitchTo(search->context);

	add_hit(search, name, DatumGetInt64(oe_probe_value(row, OE_OFFER_STORE_OFFER_ID)),
			oe_probe_text(row, OE_OFFER_STORE_SKU), oe_probe_text(row, OE_OFFER_STORE_OFFER_REFERENCE));
	MemoryContextSwitchTo(caller);
}

/* Adds the visible offers of the name, by offer_id. */
static void
add_visible(Search *search, const OeFoundName *name)
{
	NullableDatum keys[2] = {{(Datum) 0, false}, {PointerGetDatum(search->question->store), false}};
	int			start = search->count;
	OeProbe    *row;

	if (name->offer_id != 0)
	{
		row = oe_probe_fetch2(search->reader, OE_BY_OFFER_AND_STORE, Int64GetDatum(name->offer_id), keys[1].value);
		if (row != NULL && is_shown(search, row))
			add_row(search, name, row);
		return;
	}
	row = oe_probe_fetch(search->reader, OE_BY_PRODUCT, Int64GetDatum(name->id));
	if (row == NULL)
		return;
	keys[0].value = PointerGetDatum(oe_probe_text(row, OE_PRODUCT_SKU));
	row = oe_probe_seek(search->reader, OE_BY_SKU_AND_STORE, keys);
	while (oe_probe_next(row))
		if (is_shown(search, row))
			add_row(search, name, row);
	order_hits(search, start);
}

/* As view offer_shown has it. */
static bool
is_shown(Search *search, OeProbe *row)
{
	int64		merchant_id = DatumGetInt64(oe_probe_value(row, OE_OFFER_STORE_MERCHANT_ID));
	OeProbe    *merchant;

	if (!oe_window_holds(row, search->question->at))
		return false;
	if (!search->question->merchant_ids.isnull)
	{
		Size		i = 0;

		while (i < search->merchants.count && DatumGetInt64(search->merchants.values[i]) != merchant_id)
			i++;
		if (i == search->merchants.count)
			return false;
	}
	merchant = oe_probe_fetch(search->reader, OE_BY_MERCHANT, Int64GetDatum(merchant_id));
	return merchant != NULL && oe_merchant_shown(merchant);
}

#define VISIBLE(of) \
	"SELECT c.place, v.offer_id, v.sku, v.offer_reference" \
	"  FROM pg_catalog.unnest($1) WITH ORDINALITY c (id, place)" \
	" CROSS JOIN LATERAL (" \
	"       SELECT v.offer_id, v.sku, v.offer_reference" \
	"         FROM offerengine_internal.offer_shown v" of \
	"          AND v.store_code OPERATOR(pg_catalog.=) $2" \
	"          AND v.shown_from OPERATOR(pg_catalog.<=) $3 AND $3 OPERATOR(pg_catalog.<) v.shown_to" \
	"          AND ($4 IS NULL OR v.merchant_id OPERATOR(pg_catalog.=) ANY ($4))" \
	"       OFFSET 0) v" \
	" ORDER BY c.place, v.offer_id"

#define OF_PRODUCT \
	"         JOIN offerengine.offer o ON o.offer_id OPERATOR(pg_catalog.=) v.offer_id" \
	"        WHERE o.product_id OPERATOR(pg_catalog.=) c.id"

#define OF_OFFER " WHERE v.offer_id OPERATOR(pg_catalog.=) c.id"

static void
add_by_sql(Search *search, const OeFoundName *names, int count)
{
	static const Oid types[] = {INT8ARRAYOID, TEXTOID, TIMESTAMPTZOID, INT8ARRAYOID};
	static SPIPlanPtr plans[2] = {NULL};
	bool		of_products = count > 0 && names[0].offer_id == 0;
	const char *sql;
	OeParameters parameters = {0};
	OeIds		ids = {0};

	for (int i = 0; i < count; i++)
		oe_ids_add(&ids, of_products ? names[i].id : names[i].offer_id);
	oe_add_value(&parameters, oe_ids_array(&ids));
	oe_add_text(&parameters, search->question->store);
	oe_add_value(&parameters, TimestampTzGetDatum(search->question->at));
	oe_add_parameter(&parameters, search->question->merchant_ids.value, search->question->merchant_ids.isnull);
	sql = of_products ? VISIBLE(OF_PRODUCT) : VISIBLE(OF_OFFER);
	oe_run_kept(oe_kept_plan(&plans[of_products], sql, lengthof(types), types), parameters.values,
				parameters.nulls);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext caller = MemoryContextSwitchTo(search->context);
		Datum		values[4];
		bool		isnull[4];

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, isnull);
		add_hit(search, &names[DatumGetInt64(values[0]) - 1], DatumGetInt64(values[1]), DatumGetTextPCopy(values[2]),
				DatumGetTextPCopy(values[3]));
		MemoryContextSwitchTo(caller);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* Offers of one name share its text. */
static void
add_hit(Search *search, const OeFoundName *name, int64 offer_id, text *sku, text *offer_reference)
{
	Hit		   *last = search->count == 0 ? NULL : &search->hits[search->count - 1];
	text	   *same = last != NULL && last->name.id == name->id ? last->name.name : NULL;
	Hit		   *hit;

	OE_GROW(search->hits, search->count, search->capacity);
	hit = &search->hits[search->count++];
	hit->name = *name;
	hit->name.name = same != NULL ? same : DatumGetTextPCopy(PointerGetDatum(name->name));
	hit->offer_id = offer_id;
	hit->sku = sku;
	hit->offer_reference = offer_reference;
}

static int
compare_hits(const void *a, const void *b)
{
	const Hit  *x = a;
	const Hit  *y = b;
	int			order = OE_COMPARE(x->name.rank, y->name.rank);

	if (order == 0)
		order = OE_COMPARE(x->name.id, y->name.id);
	return order != 0 ? order : OE_COMPARE(x->offer_id, y->offer_id);
}

/* Of those from start on. */
static void
order_hits(Search *search, int start)
{
	if (search->count - start > 1)
		qsort(&search->hits[start], search->count - start, sizeof(Hit), compare_hits);
}

/* How similar the names are, each compared once, in their order. */
static SPITupleTable *
compare_names(const Search *search)
{
	static const Oid types[] = {TEXTOID, TEXTARRAYOID};
	static SPIPlanPtr plan = NULL;
	text	  **names = palloc(sizeof(text *) * search->count);
	int			count = 0;
	OeParameters parameters = {0};

	for (int i = 0; i < search->count; i++)
		if (i == 0 || search->hits[i].name.id != search->hits[i - 1].name.id)
			names[count++] = search->hits[i].name.name;
	oe_add_text(&parameters, search->question->term);
	oe_add_value(&parameters, oe_text_array(names, count));
	oe_run_kept(oe_kept_plan(&plan, "SELECT offerengine_internal.search_similarity($1, u.name)"
							 "  FROM pg_catalog.unnest($2) WITH ORDINALITY u (name, place) ORDER BY u.place",
							 lengthof(types), types), parameters.values, parameters.nulls);
	return SPI_tuptable;
}

static OeSearchHit *
similar_hits(const Search *search)
{
	SPITupleTable *similarities = compare_names(search);
	OeSearchHit *hits = MemoryContextAlloc(search->context, sizeof(OeSearchHit) * search->count);
	int			name = -1;

	for (int i = 0; i < search->count; i++)
	{
		const Hit  *hit = &search->hits[i];
		bool		isnull;
		Datum		similarity;

		if (i == 0 || hit->name.id != search->hits[i - 1].name.id)
			name++;
		similarity = SPI_getbinval(similarities->vals[name], similarities->tupdesc, 1, &isnull);
		hits[i] = (OeSearchHit)
		{
			hit->sku, hit->offer_reference, DatumGetFloat4(similarity), hit->offer_id
		};
	}
	return hits;
}

PG_FUNCTION_INFO_V1(oe_search_first_part);
Datum
oe_search_first_part(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(first_part(PG_GETARG_OID(0)));
}

static int32
first_part(Oid table)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	int32		part = LARGEST_PART;
	float4		names;

	if (!HeapTupleIsValid(tuple))
		return part;
	names = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;
	ReleaseSysCache(tuple);
	for (int i = part_number(LARGEST_PART); i < lengthof(parts); i++)
		if (names < 0 || names / (double) parts[i] >= NAMES_TO_BEGIN_WITH)
			part = parts[i];
	return part;
}

PG_FUNCTION_INFO_V1(oe_search_next_part);
Datum
oe_search_next_part(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(next_part(PG_GETARG_INT32(0), PG_GETARG_INT32(1), PG_GETARG_INT32(2)));
}

static int32
next_part(int32 part, int64 had, int64 wanted)
{
	if (had == 0 && part >= 128)
		return part / 16;
	for (int32 next = part; next > LARGEST_PART;)
	{
		next /= 4;
		if (had * part / next >= wanted)
			return next;
	}
	return WHOLE;
}
