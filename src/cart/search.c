/*
 * Searches the cheapest split: option after option in the order of what their pieces cost at least, leaving out
 * what cannot be better than the best so far and states that were met before at no more. Why the candidates are
 * enough, split.c says.
 */
#include "postgres.h"

#include "common/int.h"
#include "miscadmin.h"

#include "cart/search.h"

/* So many states that have been met are remembered. */
#define MOST_STATES 200000

typedef struct State
{
	int			option;
	int			free;
	int			demand;
	uint64		merchants;		/* which of those with several offers are used */
	int64		taken;			/* of the option */
	int64		left[FLEXIBLE_ARRAY_MEMBER];	/* the rank that it was met with stands behind it */
} State;

static bool least_cost(const OeSearch *search, int from, int64 taken, int64 *cost);
static void seed(OeSearch *search);
static void search_one(OeSearch *search, int from);
static void search_many(OeSearch *search, int option, int demand, int64 taken);

void
oe_search_split(OeSearch *search)
{
	int64		least;

	if (!least_cost(search, 0, 0, &least))
		return;
	seed(search);
	if (search->ndemands == 1)
		search_one(search, 0);
	else
		search_many(search, 0, 0, 0);

	/* Given up, but nothing can be cheaper. */
	if (search->found && search->best.cost == least)
		search->is_exact = true;
}

/* What so many pieces cost together; false: they have no price, or one that no line of a cart can have. */
static bool
cost_of(const OeSplitOffer *offer, int64 pieces, int64 *cost)
{
	int64		amount;

	return oe_split_amount(offer, pieces, &amount) && !pg_mul_s64_overflow(amount, pieces, cost);
}

static bool
on_grid(const OeOption *option, int64 pieces)
{
	const OeSplitOffer *offer = option->offer;

	return pieces >= offer->lowest && pieces <= option->most && (pieces - offer->lowest) % offer->step == 0;
}

static bool
is_better(const OeRank *rank, const OeRank *than)
{
	if (rank->cost != than->cost)
		return rank->cost < than->cost;
	if (rank->nmerchants != than->nmerchants)
		return rank->nmerchants < than->nmerchants;
	return rank->kept > than->kept;
}

static bool
is_equal(const OeRank *rank, const OeRank *to)
{
	return rank->cost == to->cost && rank->nmerchants == to->nmerchants && rank->kept == to->kept;
}

/* The split in the making is one. */
static void
keep(OeSearch *search)
{
	if (search->found && !is_better(&search->rank, &search->best)
		&& !(search->is_seed && is_equal(&search->rank, &search->best)))
		return;
	search->found = true;
	search->is_seed = false;
	search->best = search->rank;
	memcpy(search->best_pieces, search->pieces, sizeof(int64) * search->noptions * search->ndemands);
}

/* Gives pieces of an option to a demand, and tells the rank before that; false: it cannot, and nothing has changed. */
static bool
take(OeSearch *search, int option, int demand, int64 pieces, OeRank *before)
{
	const OeOption *chosen = &search->options[option];
	int			place = option * search->ndemands + demand;
	int64		cost;

	*before = search->rank;
	if (!cost_of(chosen->offer, pieces, &cost)
		|| pg_add_s64_overflow(search->rank.cost, cost, &search->rank.cost))
	{
		search->rank = *before;
		return false;
	}
	if (search->uses[chosen->offer->merchant]++ == 0)
		search->rank.nmerchants++;
	search->rank.kept += Min(pieces, search->ndemands == 1
							 ? chosen->has : search->has[chosen->number * search->ndemands + demand]);
	search->pieces[place] = pieces;
	search->left[demand] -= pieces;
	search->all_left -= pieces;
	return true;
}

static void
give_back(OeSearch *search, int option, int demand, const OeRank *before)
{
	int			place = option * search->ndemands + demand;

	search->uses[search->options[option].offer->merchant]--;
	search->left[demand] += search->pieces[place];
	search->all_left += search->pieces[place];
	search->pieces[place] = 0;
	search->rank = *before;
}

/* Adds pieces at the least that they may cost; false: more than an amount can say. */
static bool
add_at_least(const OeOption *option, int64 *wanted, int64 most, int64 *cost)
{
	int64		pieces = Min(*wanted, most);
	int64		more;

	*wanted -= pieces;
	return !pg_mul_s64_overflow(option->cheapest, pieces, &more) && !pg_add_s64_overflow(*cost, more, cost);
}

/*
 * What the split in the making costs at least if what is left comes from the free option and the options from
 * this one on, of which so many pieces are taken already: each piece at the least that it may cost. false: it
 * cannot be got.
 */
static bool
least_cost(const OeSearch *search, int from, int64 taken, int64 *cost)
{
	int64		wanted = search->all_left;

	*cost = search->rank.cost;
	if (search->free >= 0
		&& !add_at_least(&search->options[search->free], &wanted, search->options[search->free].most, cost))
		return false;
	for (int i = from; i < search->noptions && wanted > 0; i++)
		if (!add_at_least(&search->options[i], &wanted, search->options[i].most - (i == from ? taken : 0), cost))
			return false;
	return wanted == 0;
}

/* Whether a split that begins like the one in the making may be better than the best so far. */
static bool
is_promising(const OeSearch *search, int from, int64 taken)
{
	int64		kept = search->has_from[from] + (search->free >= 0 ? search->options[search->free].has : 0);
	OeRank		bound = search->rank;

	if (!least_cost(search, from, taken, &bound.cost))
		return false;
	if (!search->found || bound.cost != search->best.cost)
		return !search->found || bound.cost < search->best.cost;

	bound.kept += Min(kept, search->all_left);
	if (!search->several_offers && search->ndemands == 1)
	{
		int64		wanted = search->all_left - (search->free >= 0 ? search->options[search->free].most : 0);

		for (int i = 0; i < search->noptions && wanted > 0; i++)
			if (search->by_capacity[i] >= from)
			{
				wanted -= search->options[search->by_capacity[i]].most;
				bound.nmerchants++;
			}
	}
	return is_better(&bound, &search->best) || (search->is_seed && is_equal(&bound, &search->best));
}

static void
remember_states(OeSearch *search)
{
	HASHCTL		control = {0};

	search->key_size = offsetof(State, left) + sizeof(int64) * search->ndemands;
	search->key = palloc0(search->key_size);
	control.keysize = search->key_size;
	control.entrysize = search->key_size + sizeof(OeRank);
	control.hcxt = CurrentMemoryContext;
	search->states = hash_create("offerengine split", 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Whether this state was not met before with as good a rank: what can follow is the same. */
static bool
is_new(OeSearch *search, int option, int demand, int64 taken)
{
	State	   *state;
	char	   *entry;
	OeRank		rank;
	bool		found;

	if (search->states == NULL)
		remember_states(search);
	state = (State *) search->key;
	state->option = option;
	state->free = search->free;
	state->demand = demand;
	state->taken = taken;
	state->merchants = 1;
	memcpy(state->left, search->left, sizeof(int64) * search->ndemands);

	/* Who has several offers may be used already when the next one is taken. */
	if (search->several_offers)
		for (int i = option; i < search->noptions; i++)
			if (search->options[i].is_one_of_several)
			{
				if (state->merchants >> 63 != 0)
					return true;	/* more of them than bits */
				state->merchants = state->merchants << 1 | (search->uses[search->options[i].offer->merchant] > 0);
			}

	entry = hash_search(search->states, search->key,
						hash_get_num_entries(search->states) < MOST_STATES ? HASH_ENTER : HASH_FIND, &found);
	if (entry == NULL)
		return true;
	if (found)
	{
		memcpy(&rank, entry + search->key_size, sizeof(OeRank));
		if (!is_better(&search->rank, &rank))
			return false;
	}
	memcpy(entry + search->key_size, &search->rank, sizeof(OeRank));
	return true;
}

/* One step of the search; false: it is given up, and whether what has been found is the cheapest is not certain. */
static bool
may_go_on(OeSearch *search)
{
	CHECK_FOR_INTERRUPTS();
	if (*search->work > 0)
	{
		(*search->work)--;
		return true;
	}
	search->is_exact = false;
	return false;
}

/* The option takes all that is left. */
static void
take_the_rest(OeSearch *search, int option)
{
	OeRank		before;

	if (on_grid(&search->options[option], search->all_left)
		&& take(search, option, 0, search->all_left, &before))
	{
		keep(search);
		give_back(search, option, 0, &before);
	}
}

/* The free option, whose merchant is counted already. */
static void
free_takes_the_rest(OeSearch *search)
{
	int			merchant = search->options[search->free].offer->merchant;
	OeRank		rank = search->rank;

	/* As if it were not: take() counts it. */
	if (--search->uses[merchant] == 0)
		search->rank.nmerchants--;
	take_the_rest(search, search->free);
	search->uses[merchant]++;
	search->rank = rank;
}

/* One demand: every option from this one on gives one of its candidates, or nothing; one of them what is left. */
static void
search_one(OeSearch *search, int from)
{
	check_stack_depth();
	for (int i = from; i < search->noptions; i++)
	{
		const OeOption *option = &search->options[i];
		int			merchant = option->offer->merchant;
		OeRank		before;

		if (!is_promising(search, i, 0) || !is_new(search, i, 0, 0) || !may_go_on(search))
			return;
		if (search->free < 0)
			take_the_rest(search, i);
		for (int c = 0; c < option->ncandidates; c++)
		{
			if (option->candidates[c] >= search->all_left)
				continue;
			if (!may_go_on(search))
				return;
			if (!take(search, i, 0, option->candidates[c], &before))
				continue;
			if (search->free >= 0)
				free_takes_the_rest(search);
			search_one(search, i + 1);
			give_back(search, i, 0, &before);
		}
		if (search->free < 0)
		{
			before = search->rank;
			search->free = i;
			if (search->uses[merchant]++ == 0)
				search->rank.nmerchants++;
			search_one(search, i + 1);
			search->uses[merchant]--;
			search->rank = before;
			search->free = -1;
		}
	}
}

/* Several demands: every quantity, option after option and in each demand after demand. */
static void
search_many(OeSearch *search, int option, int demand, int64 taken)
{
	const OeOption *chosen = &search->options[option];
	bool		is_last = demand == search->ndemands - 1;
	int64		most;

	check_stack_depth();
	if (search->all_left == 0)
	{
		if (taken == 0 || on_grid(chosen, taken))
			keep(search);
		return;
	}
	if (option == search->noptions || !is_promising(search, option, taken) || !is_new(search, option, demand, taken))
		return;
	most = Min(Min(search->left[demand], chosen->most - taken), PG_INT32_MAX);
	for (int64 pieces = most; pieces >= 0; pieces--)
	{
		int64		now = taken + pieces;
		OeRank		before;

		if (!may_go_on(search))
			return;
		if (is_last && now > 0 && !on_grid(chosen, now))
			continue;
		if (pieces > 0 && !take(search, option, demand, pieces, &before))
			continue;
		if (is_last)
			search_many(search, option + 1, 0, 0);
		else
			search_many(search, option, demand + 1, now);
		if (pieces > 0)
			give_back(search, option, demand, &before);
	}
}

/* Takes back all that the split in the making has. */
static void
start_again(OeSearch *search)
{
	OeRank		nothing = {0};

	for (int i = 0; i < search->noptions; i++)
		for (int d = 0; d < search->ndemands; d++)
			if (search->pieces[i * search->ndemands + d] > 0)
				give_back(search, i, d, &nothing);
	search->rank = nothing;
}

static int64
taken_of(const OeSearch *search, int option)
{
	int64		taken = 0;

	for (int d = 0; d < search->ndemands; d++)
		taken += search->pieces[option * search->ndemands + d];
	return taken;
}

/* What the split in the making has is a split if nothing is left and each offer can give what it is to give. */
static void
try_seed(OeSearch *search)
{
	bool		is_split = search->all_left == 0;

	for (int i = 0; i < search->noptions && is_split; i++)
		is_split = taken_of(search, i) == 0 || on_grid(&search->options[i], taken_of(search, i));
	if (is_split && (!search->found || is_better(&search->rank, &search->best)))
	{
		keep(search);
		search->is_seed = true;
	}
	start_again(search);
}

/* The largest quantity on the grid that is not above this; 0: none. */
static int64
largest_on_grid(const OeSplitOffer *offer, int64 most)
{
	if (most < offer->lowest)
		return 0;
	return most - (most - offer->lowest) % offer->step;
}

/*
 * Splits that are near: what the cart has now, so that the answer is never worse, and as much as possible of the
 * cheapest offers, among equals of the largest. They show how good a split must be.
 */
static void
seed(OeSearch *search)
{
	OeRank		before;

	for (int i = 0; i < search->noptions; i++)
		for (int d = 0; d < search->ndemands; d++)
		{
			int64		has = search->has[search->options[i].number * search->ndemands + d];

			if (has > 0 && has <= search->left[d] && taken_of(search, i) + has <= search->options[i].most)
				(void) take(search, i, d, has, &before);
		}
	try_seed(search);

	for (int d = 0; d < search->ndemands; d++)
		for (int i = 0; i < search->noptions; i++)
		{
			int			option = search->by_price[i];
			int64		most = Min(search->options[option].most - taken_of(search, option), search->left[d]);

			if (search->ndemands == 1)
				most = largest_on_grid(search->options[option].offer, most);
			if (most > 0)
				(void) take(search, option, d, most, &before);
		}
	try_seed(search);
}
