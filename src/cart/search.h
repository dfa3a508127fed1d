/*
 * The search for the cheapest split: what it is given, and what it finds.
 */
#ifndef OE_SEARCH_H
#define OE_SEARCH_H

#include "utils/hsearch.h"

#include "cart/split.h"

/* An offer in the order of the search, the one that may be cheapest first. */
typedef struct OeOption
{
	const OeSplitOffer *offer;
	int			number;			/* in the question */
	int64		most;			/* on the grid, and not more than is wanted */
	int64		cheapest;		/* the least that a piece of it may cost */
	int64		has;			/* of all demands */
	bool		is_one_of_several;	/* of its merchant */
	int			ncandidates;	/* descending */
	int64	   *candidates;
} OeOption;

/* What splits are compared by, the first first. */
typedef struct OeRank
{
	int64		cost;
	int			nmerchants;
	int64		kept;			/* pieces that stay where they are: more is better */
} OeRank;

typedef struct OeSearch
{
	int			noptions;
	OeOption   *options;
	int		   *by_capacity;	/* options, the largest first */
	int		   *by_price;		/* options, the cheapest first, among equals the largest */
	int64	   *has_from;		/* what options from i on have */
	int			ndemands;
	const int64 *has;			/* of the question */
	bool		several_offers; /* of one merchant */
	int		   *uses;			/* of each merchant by the split in the making */
	int64	   *left;			/* of each demand */
	int64		all_left;
	int64	   *pieces;			/* the split in the making, by option and demand */
	OeRank		rank;
	int			free;			/* the option that takes what is left in the end; -1: none yet */
	bool		found;
	bool		is_seed;		/* the best one was guessed: one as good that is met in order goes before it */
	OeRank		best;
	int64	   *best_pieces;
	bool		is_exact;
	int64	   *work;
	HTAB	   *states;			/* NULL: not remembered */
	Size		key_size;
	char	   *key;
} OeSearch;

/* Finds the best split of what the options may give, which have candidates if there is one demand. */
extern void oe_search_split(OeSearch *search);

#endif
