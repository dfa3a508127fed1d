/*
 * The few offers of merchants, or of a store, whose names are looked at one by one where very many names have what is
 * looked for. SPI is connected.
 */
#ifndef OE_FEW_OFFERS_H
#define OE_FEW_OFFERS_H

#include "decide/search_names.h"

/* A name that has what is looked for. */
typedef struct OeFoundName
{
	int32		rank;
	int64		id;
	int64		offer_id;		/* 0: all offers of the product */
	text	   *name;
} OeFoundName;

/*
 * Whether they are few among so many names. They are found once and kept in the context, for other ways to look for
 * the same term.
 */
extern bool oe_are_few(OeFewOffers *few, const OeNameQuestion *question, int64 named, MemoryContext context);

/* Whose names are looked at: the few offers, or their products. */
extern Datum oe_few_ids(OeFewOffers *few, bool of_products);

/*
 * Of names of products, one for each of the few offers that sell them: others are another merchant's, or not in the
 * store.
 */
extern OeFoundName *oe_few_names(const OeFewOffers *few, const OeFoundName *names, int *count);

#endif
