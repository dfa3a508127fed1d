/*
 * The cheapest way to get pieces of one product from several offers: arithmetic on what has been read before.
 */
#ifndef OE_SPLIT_H
#define OE_SPLIT_H

#include "postgres.h"

/* An order may have no piece of it, or lowest and so many times step more, up to most. */
typedef struct OeSplitOffer
{
	int			merchant;		/* numbers from 0 */
	bool		is_shipped;
	int64		lowest;
	int64		step;
	int64		most;
	int			ntiers;			/* from[i] pieces and more cost amounts[i] each; fewer than from[0] have no price */
	const int32 *from;
	const int64 *amounts;
} OeSplitOffer;

/* Demands are priced apart, each by its own quantity of an offer, and share what there is of it. */
typedef struct OeSplitQuestion
{
	int			noffers;		/* in the order in which equals are taken */
	const OeSplitOffer *offers;
	int			ndemands;
	const int64 *wanted;
	const int64 *has;			/* of offer i, demand j at i * ndemands + j: what is in the cart now */
} OeSplitQuestion;

typedef struct OeSplit
{
	bool		found;
	bool		is_exact;		/* no cheaper one exists; else the search was given up before that was certain */
	int64		cost;
	int64	   *pieces;			/* as has; NULL: not found */
} OeSplit;

/*
 * The cheapest split; of equal ones that with the fewest merchants, then the one that leaves most pieces where
 * they are, then by the order of the offers. barred[merchant]: nothing that is shipped comes from there; NULL:
 * nobody is. Each step of the search takes one off work; at 0 it is given up. The result is allocated in the
 * current memory context.
 */
extern OeSplit oe_cheapest_split(const OeSplitQuestion *question, const bool *barred, int64 *work);

/* What a piece costs when so many are taken; false: they have no price. */
extern bool oe_split_amount(const OeSplitOffer *offer, int64 pieces, int64 *amount);

#endif
