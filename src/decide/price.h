/*
 * The price decision: candidate rows in, the row that counts out. Reads no table; who loads the rows is another matter
 * (price_rows.h). resolve_price, price_ladder, listings and explain_price all ask here.
 */
#ifndef OE_PRICE_H
#define OE_PRICE_H

#include "decide/question.h"
#include "storage/trace.h"

typedef enum OePriceLevel
{
	OE_LEVEL_OFFER,
	OE_LEVEL_PRODUCT,
	OE_LEVEL_ABSTRACT,
	OE_LEVEL_COUNT
} OePriceLevel;

/* A merchant relationship that the buyer is assigned to. */
typedef struct OeContract
{
	int64		relationship_id;
	text	   *relationship_key;
	int64		merchant_id;
	bool		merchant_active;
	bool		merchant_approved;
} OeContract;

typedef struct OePriceRow
{
	int64		price_id;
	bool		of_offer;		/* else the product's own or its abstract product's, and offer_id says nothing */
	int64		offer_id;
	const OeContract *contract; /* NULL: default price */
	text	   *price_type;
	int32		min_quantity;
	bool		has_amount;		/* in the wanted mode */
	int64		amount;
	bool		has_other_amount;	/* in the other mode, where both are wanted */
	int64		other_amount;
	TimestampTz valid_from;
	TimestampTz valid_to;
	int			number;			/* subject in the trace */
} OePriceRow;

/*
 * Rows of one owner and one contract (or the default rows), ordered by type, min_quantity and window: rows that differ
 * in their windows alone stand side by side.
 */
typedef struct OePriceSlice
{
	const OeContract *contract;
	const char *not_applicable; /* why the contract does not count here; NULL: it does */
	OePriceRow *rows;
	int			nrows;
} OePriceSlice;

typedef enum OeLoaded
{
	OE_LOADED_NOTHING,
	OE_LOADED_IN_REACH,			/* rows that may become the price: in effect, of a wanted type, for the quantity or
								 * less */
	OE_LOADED_ALL
} OeLoaded;

/* The rows in effect at one level, by slice. */
typedef struct OeEffective
{
	const OePriceRow **rows;	/* those of slice i begin at starts[i] */
	int		   *starts;			/* nslices + 1 entries */
	int			nslices;
	OeLoaded	loaded;			/* what they were chosen from */
	TimestampTz at;
} OeEffective;

/*
 * The candidates of one offer or product, in the memory context in which they are asked. Levels are loaded when the
 * decision gets there: first what is in reach, which is nearly always enough, since a wanted row among it settles the
 * level; all of them where it does not.
 */
typedef struct OePriceCandidates
{
	OeLoaded	loaded[OE_LEVEL_COUNT];
	OePriceSlice *slices[OE_LEVEL_COUNT];	/* by relationship, the default rows first */
	int			nslices[OE_LEVEL_COUNT];
	OeEffective effective[OE_LEVEL_COUNT];	/* worked out for the type that was asked for first */
	void		(*load) (struct OePriceCandidates *candidates, OePriceLevel level, OeLoaded what);
} OePriceCandidates;

/* The tiers of one contract, or the default ones, at the level that counts: ascending by min_quantity, at least one. */
typedef struct OeTiers
{
	const OePriceRow **rows;
	int			nrows;
} OeTiers;

/* Everything that may become the price, whatever the quantity. */
typedef struct OePriceList
{
	OePriceLevel level;
	OeTiers    *tiers;			/* ntiers = 0: no price for any quantity */
	int			ntiers;
} OePriceList;

typedef struct OePriceChoice
{
	const OePriceRow *row;		/* NULL: no price */
	bool		above_lower_tier;	/* a lower tier of the same contract would cost less */
} OePriceChoice;

/*
 * Rows in effect at the instant, of the one level that counts, of the wanted type and mode. Allocated in the current
 * memory context, pointing into the candidates.
 */
extern OePriceList oe_price_list(OePriceCandidates *candidates, const OeQuestion *question, const text *price_type,
								 OeTrace *trace);

/*
 * Likewise of a level that is settled already, for a second type beside the first. Empty when, with price_inheritance
 * per_type, this type would be taken from a level above.
 */
extern OePriceList oe_price_list_of_level(OePriceCandidates *candidates, const OeQuestion *question,
										  const text *price_type, OePriceLevel level);

/* What quantity pieces cost each. */
extern OePriceChoice oe_choose_price(const OePriceList *list, const OeStorePolicy *policy, int32 quantity,
									 OeTrace *trace);

/* Every min_quantity in the list, ascending and once; returns how many. */
extern int	oe_price_thresholds(const OePriceList *list, int32 **thresholds);

extern const char *oe_price_level_name(OePriceLevel level);

#endif
