/*
 * Answers which visible offers a term finds and how similar they are: search_hits.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "tsearch/ts_type.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "decide/search_names.h"
#include "decide/spec.h"
#include "storage/answer.h"
#include "storage/parameters.h"
#include "storage/texts.h"

/* So many are ranked. */
#define RANKED 100

typedef struct Hits
{
	OeSearchHit *hits;
	int			count;
} Hits;

static Hits find_exactly(text *term, text *store, NullableDatum merchant_references, TimestampTz at);
static NullableDatum find_merchants(NullableDatum merchant_references);
static NullableDatum words_of(text *term, bool beginnings);
static void add_names(Hits *hits, OeFinder finder, const OeNameQuestion *question);
static void rank(Hits *hits);

PG_FUNCTION_INFO_V1(oe_search_hits);
Datum
oe_search_hits(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	NullableDatum merchant_references = {PG_ARGISNULL(2) ? (Datum) 0 : PG_GETARG_DATUM(2), PG_ARGISNULL(2)};
	OeSearchHit *hits;
	int			count;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(3))
		return (Datum) 0;
	hits = oe_search_hits_of(PG_GETARG_TEXT_PP(0), PG_GETARG_TEXT_PP(1), merchant_references, PG_GETARG_TIMESTAMPTZ(3),
							 &count);
	for (int i = 0; i < count; i++)
		oe_put_hit(rsinfo, &hits[i]);
	return (Datum) 0;
}

void
oe_put_hit(ReturnSetInfo *rsinfo, const OeSearchHit *hit)
{
	Datum		values[4];
	bool		isnull[4] = {false};

	oe_put_text(values, isnull, 0, hit->sku);
	oe_put_text(values, isnull, 1, hit->offer_reference);
	values[2] = Float4GetDatum(hit->similarity);
	values[3] = Int64GetDatum(hit->offer_id);
	oe_put_answer(rsinfo, values, isnull);
}

/*
 * What is similar does not depend on what the session prefers, nor whether an index may leave out some of what it has.
 * Names are looked up by indexes whatever the tables held when that was planned; and what a plan may cost at most is
 * far more than it does: compiling it, or a worker, would cost more than the answer.
 */
static void
settle(void)
{
	static const char *const settings[][2] = {
		{"pg_trgm.word_similarity_threshold", "0.4"}, {"gin_fuzzy_search_limit", "0"}, {"jit", "off"},
		{"plan_cache_mode", "force_generic_plan"}, {"enable_seqscan", "off"}, {"enable_hashjoin", "off"},
		{"enable_mergejoin", "off"}, {"max_parallel_workers_per_gather", "0"}
	};

	for (int i = 0; i < lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);
}

OeSearchHit *
oe_search_hits_of(text *term, text *store, NullableDatum merchant_references, TimestampTz at, int *count)
{
	int			guc_nestlevel = NewGUCNestLevel();
	Hits		hits;

	settle();
	hits = find_exactly(term, store, merchant_references, at);
	if (hits.count == 0)
	{
		OeFewOffers few = {0};
		OeNameQuestion question = {
			.term = term, .store = store, .merchant_ids = find_merchants(merchant_references), .wanted = RANKED,
			.at = at, .words = {(Datum) 0, true}, .few = &few
		};

		for (int beginnings = 0; beginnings < 2 && hits.count < RANKED; beginnings++)
		{
			NullableDatum words = words_of(term, beginnings);

			if (words.isnull || (!question.words.isnull && datumIsEqual(words.value, question.words.value, false, -1)))
				continue;
			question.words = words;
			add_names(&hits, OE_WORDED_PRODUCTS, &question);
			add_names(&hits, OE_WORDED_TITLES, &question);
			rank(&hits);
		}
		if (hits.count == 0)
		{
			question.words.isnull = true;
			add_names(&hits, OE_SIMILAR_PRODUCTS, &question);
			add_names(&hits, OE_SIMILAR_TITLES, &question);
			rank(&hits);
		}
	}
	AtEOXact_GUC(true, guc_nestlevel);
	*count = hits.count;
	return hits.hits;
}

static Hits
find_exactly(text *term, text *store, NullableDatum merchant_references, TimestampTz at)
{
	OeParameters arguments = {0};
	OeSpecResult *found;
	Hits		hits = {NULL, 0};

	oe_add_text(&arguments, term);
	oe_add_text(&arguments, store);
	oe_add_parameter(&arguments, merchant_references.value, merchant_references.isnull);
	oe_add_value(&arguments, TimestampTzGetDatum(at));
	found = oe_spec_query(OE_SPEC_SEARCH_EXACT, arguments.values, arguments.nulls);
	hits.count = found->nrows;
	hits.hits = palloc(sizeof(OeSearchHit) * Max(1, found->nrows));
	for (int i = 0; i < found->nrows; i++)
	{
		const Datum *values = &found->values[i * found->ncolumns];

		hits.hits[i] = (OeSearchHit)
		{
			DatumGetTextPP(values[0]), DatumGetTextPP(values[1]), DatumGetFloat4(values[2]), DatumGetInt64(values[3])
		};
	}
	return hits;
}

/* The ids of those that there are. */
static NullableDatum
find_merchants(NullableDatum merchant_references)
{
	NullableDatum ids = {(Datum) 0, true};
	OeSpecResult *found;

	if (merchant_references.isnull)
		return ids;
	found = oe_spec_query(OE_SPEC_MERCHANT_IDS, &merchant_references.value, NULL);
	ids.value = found->values[0];
	ids.isnull = false;
	return ids;
}

static NullableDatum
words_of(text *term, bool beginnings)
{
	Datum		arguments[] = {PointerGetDatum(term), BoolGetDatum(beginnings)};
	OeSpecResult *found = oe_spec_query(OE_SPEC_SEARCH_WORDS, arguments, NULL);
	NullableDatum words = {found->values[0], found->isnull[0]};

	return words;
}

static void
add_names(Hits *hits, OeFinder finder, const OeNameQuestion *question)
{
	int			count;
	OeSearchHit *found = oe_search_names(finder, question, &count);

	if (count == 0)
		return;
	hits->hits = repalloc(hits->hits, sizeof(OeSearchHit) * (hits->count + count));
	memcpy(&hits->hits[hits->count], found, sizeof(OeSearchHit) * count);
	hits->count += count;
}

static int
compare_similarity(const OeSearchHit *x, const OeSearchHit *y)
{
	return (x->similarity < y->similarity) - (x->similarity > y->similarity);
}

/* The most similar of each offer first. */
static int
compare_offers(const void *a, const void *b)
{
	const OeSearchHit *x = a;
	const OeSearchHit *y = b;
	int			order = (x->offer_id > y->offer_id) - (x->offer_id < y->offer_id);

	return order != 0 ? order : compare_similarity(x, y);
}

static int
compare_ranks(const void *a, const void *b)
{
	const OeSearchHit *x = a;
	const OeSearchHit *y = b;
	int			order = compare_similarity(x, y);

	return order != 0 ? order : oe_compare_texts(x->offer_reference, y->offer_reference);
}

/* Each offer once, the most similar of them, ties by reference. */
static void
rank(Hits *hits)
{
	int			kept = 0;

	qsort(hits->hits, hits->count, sizeof(OeSearchHit), compare_offers);
	for (int i = 0; i < hits->count; i++)
		if (kept == 0 || hits->hits[i].offer_id != hits->hits[kept - 1].offer_id)
			hits->hits[kept++] = hits->hits[i];
	qsort(hits->hits, kept, sizeof(OeSearchHit), compare_ranks);
	hits->count = Min(kept, RANKED);
}

static bool
is_ascii(const char *text, int length)
{
	for (int i = 0; i < length; i++)
		if (IS_HIGHBIT_SET(text[i]))
			return false;
	return true;
}

/* In small letters, where both are ASCII. */
static bool
contains(const char *text, int length, const char *part, int part_length)
{
	for (int i = 0; i + part_length <= length; i++)
	{
		int			j = 0;

		while (j < part_length && pg_ascii_tolower((unsigned char) text[i + j]) == (unsigned char) part[j])
			j++;
		if (j == part_length)
			return true;
	}
	return false;
}

/*
 * What a text search takes for a word of a name is a piece of it in small letters: a name without such a piece need not
 * be split into words. Told of ASCII only; small letters of others depend on the locale.
 */
PG_FUNCTION_INFO_V1(oe_search_may_have);
Datum
oe_search_may_have(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);
	TSQuery		words = PG_GETARG_TSQUERY(1);
	const char *start = VARDATA_ANY(name);
	int			length = VARSIZE_ANY_EXHDR(name);
	QueryItem  *items = GETQUERY(words);

	if (!is_ascii(start, length))
		PG_RETURN_BOOL(true);
	for (int i = 0; i < words->size; i++)
		if (items[i].type == QI_OPR && items[i].qoperator.oper != OP_AND)
			PG_RETURN_BOOL(true);
	for (int i = 0; i < words->size; i++)
	{
		const		QueryOperand *word = &items[i].qoperand;
		const char *letters = GETOPERAND(words) + word->distance;

		if (items[i].type == QI_VAL && is_ascii(letters, word->length) &&
			!contains(start, length, letters, word->length))
			PG_RETURN_BOOL(false);
	}
	PG_RETURN_BOOL(true);
}
