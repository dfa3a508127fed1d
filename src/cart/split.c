/*
 * The cheapest way to get pieces of one product from several offers, exactly: a search that leaves out what
 * cannot be better, on few quantities of each offer.
 *
 * What x pieces of an offer cost is x times the amount of the tier that x reaches: linear between the starts of
 * tiers, neither convex nor continuous. Quantities lie on a grid, lowest + n * step. Cut each tier in two where the
 * cart has so many pieces of the offer now, so that how many of them stay is linear in each part, too. Let two offers
 * be interior when both are at least L pieces away from both ends of their part on their grid, L being the least
 * common multiple of their steps or more. Moving L pieces from one to the other keeps grid, part and merchants;
 * moving them back does, too; so in an optimal split neither direction is cheaper, both cost the same, and pieces can
 * be moved, towards the offer that is to be preferred among equals, until one of them is not interior any more. Hence
 * some optimal split, the preferred one, has at most one interior offer. So it is enough to give every offer but one a
 * quantity near an end of a part (candidates), and to let the one (the free offer) take what is left, however large
 * the quantities are.
 *
 * Several demands whose prices do not depend on the quantity are one demand, since only sums count. Others are
 * searched piece by piece.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "cart/search.h"

/* So many candidates of an offer are tried at each end of a tier. */
#define MOST_CANDIDATES 20000

/* What it costs to begin a search, as so many of its steps. */
#define SETTING_UP 50

static OeSplit search_split(const OeSplitQuestion *question, const bool *barred, int64 *work);
static bool can_be_pooled(const OeSplitQuestion *question, const bool *barred);
static OeSplit search_pooled(const OeSplitQuestion *question, const bool *barred, int64 *work);
static void make_options(OeSearch *search, const OeSplitQuestion *question, const bool *barred);
static void make_candidates(OeSearch *search, int64 wanted);

OeSplit
oe_cheapest_split(const OeSplitQuestion *question, const bool *barred, int64 *work)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "offerengine split", ALLOCSET_DEFAULT_SIZES);
	OeSplit		split;

	*work -= Min(*work, SETTING_UP + question->noffers);
	MemoryContextSwitchTo(context);
	if (question->ndemands > 1 && can_be_pooled(question, barred))
		split = search_pooled(question, barred, work);
	else
		split = search_split(question, barred, work);
	MemoryContextSwitchTo(caller);
	if (split.found)
	{
		Size		size = sizeof(int64) * question->noffers * question->ndemands;

		split.pieces = memcpy(palloc(size), split.pieces, size);
	}
	MemoryContextDelete(context);
	return split;
}

bool
oe_split_amount(const OeSplitOffer *offer, int64 pieces, int64 *amount)
{
	int			tier = offer->ntiers;

	while (tier > 0 && offer->from[tier - 1] > pieces)
		tier--;
	if (tier == 0)
		return false;
	*amount = offer->amounts[tier - 1];
	return true;
}

static bool
is_barred(const OeSplitOffer *offer, const bool *barred)
{
	return barred != NULL && offer->is_shipped && barred[offer->merchant];
}

static int64
largest_demand(const OeSplitQuestion *question)
{
	int64		largest = 0;

	for (int i = 0; i < question->ndemands; i++)
		largest = Max(largest, question->wanted[i]);
	return largest;
}

/* Whether what a piece costs is the same for every quantity that a demand may take. */
static bool
can_be_pooled(const OeSplitQuestion *question, const bool *barred)
{
	int64		largest = largest_demand(question);

	for (int i = 0; i < question->noffers; i++)
	{
		const OeSplitOffer *offer = &question->offers[i];

		if (!is_barred(offer, barred) && offer->ntiers > 0
			&& (offer->from[0] > 1 || (offer->ntiers > 1 && offer->from[1] <= largest)))
			return false;
	}
	return true;
}

static OeSplit
search_pooled(const OeSplitQuestion *question, const bool *barred, int64 *work)
{
	OeSplitQuestion pooled = *question;
	int			ndemands = question->ndemands;
	OeSplitOffer *offers = palloc(sizeof(OeSplitOffer) * Max(1, question->noffers));
	int64	   *has = palloc0(sizeof(int64) * Max(1, question->noffers));
	int64	   *left = palloc(sizeof(int64) * ndemands);
	int64		wanted = 0;
	OeSplit		sums;
	OeSplit		split;

	for (int d = 0; d < ndemands; d++)
	{
		left[d] = question->wanted[d];
		wanted += left[d];
		for (int i = 0; i < question->noffers; i++)
			has[i] += question->has[i * ndemands + d];
	}
	/* No demand reaches a second tier, however many pieces they are together. */
	for (int i = 0; i < question->noffers; i++)
	{
		offers[i] = question->offers[i];
		offers[i].ntiers = Min(offers[i].ntiers, 1);
	}
	pooled.offers = offers;
	pooled.ndemands = 1;
	pooled.wanted = &wanted;
	pooled.has = has;
	split = sums = search_split(&pooled, barred, work);
	if (!sums.found)
		return split;

	/* Pieces stay where they are first; what is left then goes to the demands in their order. */
	split.pieces = palloc0(sizeof(int64) * question->noffers * ndemands);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < question->noffers; i++)
			for (int d = 0; d < ndemands; d++)
			{
				int64		given = Min(sums.pieces[i], left[d]);

				if (round == 0)
					given = Min(given, question->has[i * ndemands + d]);
				split.pieces[i * ndemands + d] += given;
				sums.pieces[i] -= given;
				left[d] -= given;
			}
	return split;
}

static OeSplit
search_split(const OeSplitQuestion *question, const bool *barred, int64 *work)
{
	OeSearch	search = {
		.ndemands = question->ndemands, .has = question->has, .free = -1, .is_exact = true, .work = work
	};
	OeSplit		split = {0};

	search.left = palloc(sizeof(int64) * question->ndemands);
	for (int d = 0; d < question->ndemands; d++)
	{
		search.left[d] = question->wanted[d];
		search.all_left += question->wanted[d];
	}
	make_options(&search, question, barred);
	if (question->ndemands == 1)
		make_candidates(&search, search.all_left);
	oe_search_split(&search);
	split.found = search.found;
	split.cost = search.best.cost;
	split.is_exact = search.is_exact;
	if (search.found)
	{
		split.pieces = palloc0(sizeof(int64) * question->noffers * question->ndemands);
		for (int i = 0; i < search.noptions; i++)
			memcpy(&split.pieces[search.options[i].number * question->ndemands],
				   &search.best_pieces[i * question->ndemands], sizeof(int64) * question->ndemands);
	}
	return split;
}

static int
compare_options(const void *a, const void *b)
{
	const OeOption *x = a;
	const OeOption *y = b;

	if (x->cheapest != y->cheapest)
		return x->cheapest < y->cheapest ? -1 : 1;
	if ((x->has > 0) != (y->has > 0))
		return x->has > 0 ? -1 : 1;
	return x->number - y->number;
}

static int
compare_capacities(const void *a, const void *b, void *options)
{
	const OeOption *x = &((const OeOption *) options)[*(const int *) a];
	const OeOption *y = &((const OeOption *) options)[*(const int *) b];

	if (x->most != y->most)
		return x->most > y->most ? -1 : 1;
	return *(const int *) a - *(const int *) b;
}

static int
compare_prices(const void *a, const void *b, void *options)
{
	const OeOption *x = &((const OeOption *) options)[*(const int *) a];
	const OeOption *y = &((const OeOption *) options)[*(const int *) b];

	if (x->cheapest != y->cheapest)
		return x->cheapest < y->cheapest ? -1 : 1;
	return compare_capacities(a, b, options);
}

/* The offers that can give something. */
static void
make_options(OeSearch *search, const OeSplitQuestion *question, const bool *barred)
{
	int			ndemands = question->ndemands;
	int64		largest = Min(largest_demand(question), PG_INT32_MAX);
	int			nmerchants = 0;
	int		   *met;

	search->options = palloc0(sizeof(OeOption) * Max(1, question->noffers));
	for (int i = 0; i < question->noffers; i++)
	{
		const OeSplitOffer *offer = &question->offers[i];
		OeOption   *option = &search->options[search->noptions];
		int64		most = Min(offer->most, ndemands == 1 ? largest : search->all_left);
		bool		priced = false;

		nmerchants = Max(nmerchants, offer->merchant + 1);
		if (is_barred(offer, barred) || most < offer->lowest)
			continue;
		option->offer = offer;
		option->number = i;
		option->most = most - (most - offer->lowest) % offer->step;
		for (int t = 0; t < offer->ntiers && offer->from[t] <= Min(option->most, largest); t++)
			if (!priced || offer->amounts[t] < option->cheapest)
			{
				option->cheapest = offer->amounts[t];
				priced = true;
			}
		if (!priced)
			continue;
		option->has = 0;
		for (int d = 0; d < ndemands; d++)
			option->has += question->has[i * ndemands + d];
		search->noptions++;
	}
	qsort(search->options, search->noptions, sizeof(OeOption), compare_options);

	search->uses = palloc0(sizeof(int) * Max(1, nmerchants));
	met = palloc0(sizeof(int) * Max(1, nmerchants));
	search->by_capacity = palloc(sizeof(int) * Max(1, search->noptions));
	search->by_price = palloc(sizeof(int) * Max(1, search->noptions));
	search->has_from = palloc0(sizeof(int64) * (search->noptions + 1));
	search->pieces = palloc0(sizeof(int64) * Max(1, search->noptions * ndemands));
	search->best_pieces = palloc0(sizeof(int64) * Max(1, search->noptions * ndemands));
	for (int i = search->noptions - 1; i >= 0; i--)
	{
		search->by_capacity[i] = search->by_price[i] = i;
		search->has_from[i] = search->has_from[i + 1] + search->options[i].has;
		met[search->options[i].offer->merchant]++;
	}
	for (int i = 0; i < search->noptions; i++)
	{
		search->options[i].is_one_of_several = met[search->options[i].offer->merchant] > 1;
		search->several_offers |= search->options[i].is_one_of_several;
	}
	qsort_arg(search->by_capacity, search->noptions, sizeof(int), compare_capacities, search->options);
	qsort_arg(search->by_price, search->noptions, sizeof(int), compare_prices, search->options);
}

static int64
least_common_multiple(int64 a, int64 b)
{
	int64		x = a;
	int64		y = b;

	while (y != 0)
	{
		int64		rest = x % y;

		x = y;
		y = rest;
	}
	return a / x * b;			/* of two integers: no overflow */
}

static int
compare_descending(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return x == y ? 0 : x > y ? -1 : 1;
}

/* Every quantity on the grid from begins to ends that is less than reach away from one of them. */
static void
add_candidates(OeSearch *search, OeOption *option, int64 reach, int64 begins, int64 ends)
{
	const OeSplitOffer *offer = option->offer;
	int64		near = (reach - 1) / offer->step + 1;
	int64		steps;
	int			capacity;

	begins = Max(begins, offer->lowest);
	begins += (offer->step - (begins - offer->lowest) % offer->step) % offer->step;
	ends = Min(ends, option->most);
	if (begins > ends)
		return;
	ends -= (ends - offer->lowest) % offer->step;
	steps = (ends - begins) / offer->step + 1;
	if (near > MOST_CANDIDATES && steps > MOST_CANDIDATES)
	{
		near = MOST_CANDIDATES;
		search->is_exact = false;
	}
	capacity = option->ncandidates + (int) Min(steps, 2 * near);
	option->candidates = option->candidates == NULL
		? palloc(sizeof(int64) * capacity) : repalloc(option->candidates, sizeof(int64) * capacity);
	for (int64 i = 0; i < Min(steps, near); i++)
		option->candidates[option->ncandidates++] = begins + i * offer->step;
	for (int64 i = Max(near, steps - near); i < steps; i++)
		option->candidates[option->ncandidates++] = begins + i * offer->step;
}

/* Of each tier, in two parts where what the cart has of it now lies in between: pieces above that do not stay. */
static void
make_candidates_of(OeSearch *search, OeOption *option, int64 reach)
{
	const OeSplitOffer *offer = option->offer;

	for (int t = 0; t < offer->ntiers; t++)
	{
		int64		begins = offer->from[t];
		int64		ends = t + 1 < offer->ntiers ? offer->from[t + 1] - 1 : option->most;

		if (begins <= option->has && option->has < ends)
		{
			add_candidates(search, option, reach, begins, option->has);
			begins = option->has + 1;
		}
		add_candidates(search, option, reach, begins, ends);
	}
	qsort(option->candidates, option->ncandidates, sizeof(int64), compare_descending);
}

static void
make_candidates(OeSearch *search, int64 wanted)
{
	for (int i = 0; i < search->noptions; i++)
	{
		OeOption   *option = &search->options[i];
		int64		reach = 1;

		for (int j = 0; j < search->noptions; j++)
			if (i != j)
				reach = Max(reach, least_common_multiple(option->offer->step, search->options[j].offer->step));
		make_candidates_of(search, option, Min(reach, wanted));
	}
}
