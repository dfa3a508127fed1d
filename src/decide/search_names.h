/*
 * Visible offers that a term finds: by the names of their products and by their titles, or by whatever there is.
 */
#ifndef OE_SEARCH_NAMES_H
#define OE_SEARCH_NAMES_H

#include "datatype/timestamp.h"
#include "nodes/execnodes.h"

/* Where to look, and how. */
typedef enum OeFinder
{
	OE_WORDED_PRODUCTS,
	OE_WORDED_TITLES,
	OE_SIMILAR_PRODUCTS,
	OE_SIMILAR_TITLES,
	OE_FINDER_COUNT
} OeFinder;

/* The few offers of merchants, or of a store, whose names are looked at one by one: found once for a term. */
typedef struct OeFewOffers
{
	int64		named;			/* among so many names they are few; 0: nobody has looked for them */
	Datum		offers;			/* bigint[] */
	struct OeFewProduct *products;	/* by product; NULL: not asked for yet */
	int			count;			/* of these */
	MemoryContext context;
} OeFewOffers;

typedef struct OeNameQuestion
{
	NullableDatum words;		/* tsquery; of similar ones nobody asks */
	text	   *term;
	text	   *store;
	NullableDatum merchant_ids; /* bigint[]; NULL: of all */
	int			wanted;			/* at most so many */
	TimestampTz at;
	OeFewOffers *few;			/* in the memory context of the answer */
} OeNameQuestion;

typedef struct OeSearchHit
{
	text	   *sku;
	text	   *offer_reference;
	float4		similarity;		/* of the term to the name, 0 to 1 */
	int64		offer_id;
} OeSearchHit;

/*
 * The first visible offers by their names, in the order of names and offers; allocated in the current memory context.
 */
extern OeSearchHit *oe_search_names(OeFinder finder, const OeNameQuestion *question, int *count);

/*
 * What search_hits() answers: what the term names exactly, else what has its words, else what is similar. Likewise
 * allocated.
 */
extern OeSearchHit *oe_search_hits_of(text *term, text *store, NullableDatum merchant_references, TimestampTz at,
									  int *count);

/* One row of a set of search_hit. */
extern void oe_put_hit(ReturnSetInfo *rsinfo, const OeSearchHit *hit);

#endif
