/*
 * From which offers the lines of a cart are got cheapest: lines of one product together, since they share what
 * there is of its offers, and the whole cart where so many parcels are the most that it may be. Arithmetic on
 * what has been read: which offers there are, what they cost and how many pieces of them a cart may have is the
 * caller's business.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "cart/split.h"
#include "storage/answer.h"

/* Steps of the search of one call, after which it is given up: a second or two. */
#define MOST_WORK 3000000

/* Numbers of products and merchants that are larger are no numbers of them. */
#define MOST_PRODUCTS 1000000
#define MOST_MERCHANTS 1000000

/* Arguments of best_split(). */
enum
{
	LINE_PRODUCTS, LINE_DEMANDS, LINE_QUANTITIES, LINE_OFFERS,
	OFFER_PRODUCTS, OFFER_MERCHANTS, OFFER_SHIPPED, OFFER_LOWEST, OFFER_STEPS, OFFER_MOST,
	TIER_OFFERS, TIER_FROM, TIER_AMOUNTS,
	MERCHANTS_USED, MAX_MERCHANTS
};

typedef struct Line
{
	int			product;		/* numbers from 0 */
	int			demand;			/* number over all products */
	int64		quantity;
	int			offer;			/* what it has now; -1: none that counts */
	bool		is_left_out;	/* there is no way to get it beside the others */
} Line;

/* Lines of one product, demands by their numbers in it. */
typedef struct Product
{
	int			first;			/* of its offers */
	int			noffers;
	int			ndemands;
	int		   *demands;
	int64	   *wanted;			/* of the question */
	int64	   *has;
	OeSplitQuestion question;
	OeSplit		cheapest;		/* from anywhere */
	OeSplit		split;			/* what is answered */
} Product;

typedef struct Cart
{
	int			nlines;
	Line	   *lines;
	int			noffers;
	OeSplitOffer *offers;		/* by product */
	int			nproducts;
	Product    *products;
	int			nmerchants;
	int			most_merchants; /* 0: as many as there are */
	bool	   *is_used;		/* merchants of what is in the cart in any case */
	int64		work;
	bool		gave_up;		/* whether there is no way was not certain */
} Cart;

/* The search for the merchants of the parcels. */
typedef struct Parcels
{
	Cart	   *cart;
	bool	   *is_chosen;
	bool	   *is_barred;
	bool		found;
	int64		cost;			/* of the best so far */
	OeSplit    *best;			/* of each product */
	bool		is_exact;
} Parcels;

static void read_cart(FunctionCallInfo fcinfo, Cart *cart);
static void ask_products(Cart *cart, int changed);
static bool split_cart(Cart *cart, int changed);
static bool split_into_parcels(Cart *cart);
static void choose_merchants(Parcels *parcels, const OeSplit *above);
static void put_cart(ReturnSetInfo *rsinfo, const Cart *cart);

PG_FUNCTION_INFO_V1(oe_best_split);
Datum
oe_best_split(PG_FUNCTION_ARGS)
{
	Cart		cart = {.work = MOST_WORK};

	InitMaterializedSRF(fcinfo, 0);
	read_cart(fcinfo, &cart);
	ask_products(&cart, -1);
	if (!split_cart(&cart, -1))
	{
		/* In the order of their numbers: a line that cannot be got beside those before it is left out. */
		for (int i = 0; i < cart.nlines; i++)
			cart.lines[i].is_left_out = true;
		ask_products(&cart, -1);
		(void) split_cart(&cart, -1);
		for (int i = 0; i < cart.nlines; i++)
		{
			int			product = cart.lines[i].product;

			cart.lines[i].is_left_out = false;
			ask_products(&cart, product);
			if (!split_cart(&cart, product))
			{
				cart.lines[i].is_left_out = true;
				ask_products(&cart, product);
				(void) split_cart(&cart, product);
			}
		}
	}
	put_cart((ReturnSetInfo *) fcinfo->resultinfo, &cart);
	return (Datum) 0;
}

/*
 * The elements of an array, from least to most, and instead of NULL. There must be *count of them; -1: any number,
 * which is put there.
 */
static int64 *
read_numbers(FunctionCallInfo fcinfo, int argument, Oid type, int64 least, int64 most, int64 instead, int *count)
{
	int			wanted = *count;
	Datum	   *values;
	bool	   *isnull;
	int64	   *numbers;

	if (PG_ARGISNULL(argument))
		*count = 0;
	else
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), type, type == BOOLOID ? 1 : type == INT8OID ? 8 : 4,
						  type != INT8OID || FLOAT8PASSBYVAL,
						  type == BOOLOID ? TYPALIGN_CHAR : type == INT8OID ? TYPALIGN_DOUBLE : TYPALIGN_INT, &values,
						  &isnull, count);
	if (wanted >= 0 && *count != wanted)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument %d has %d elements, not %d", argument + 1, *count, wanted)));
	numbers = palloc(sizeof(int64) * Max(1, *count));
	for (int i = 0; i < *count; i++)
	{
		numbers[i] = isnull[i] ? instead
			: type == BOOLOID ? DatumGetBool(values[i])
			: type == INT8OID ? DatumGetInt64(values[i]) : DatumGetInt32(values[i]);
		if (numbers[i] < least || numbers[i] > most)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("element %d of argument %d must not be %lld", i + 1, argument + 1,
							(long long) numbers[i])));
	}
	return numbers;
}

/* Refuses numbers that go down: what belongs together stands side by side. */
static void
check_ascending(const int64 *numbers, int count, int argument)
{
	for (int i = 1; i < count; i++)
		if (numbers[i] < numbers[i - 1])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("element %d of argument %d must not be below that before it", i + 1, argument + 1)));
}

static void
read_tiers(FunctionCallInfo fcinfo, Cart *cart)
{
	int			count = -1;
	int64	   *offers = read_numbers(fcinfo, TIER_OFFERS, INT4OID, 1, cart->noffers, 0, &count);
	int64	   *from = read_numbers(fcinfo, TIER_FROM, INT4OID, 1, PG_INT32_MAX, 0, &count);
	int64	   *amounts = read_numbers(fcinfo, TIER_AMOUNTS, INT8OID, 0, PG_INT64_MAX, -1, &count);
	int32	   *starts = palloc(sizeof(int32) * Max(1, count));

	check_ascending(offers, count, TIER_OFFERS);
	for (int i = 0; i < count; i++)
	{
		OeSplitOffer *offer = &cart->offers[offers[i] - 1];

		starts[i] = from[i];
		if (offer->ntiers++ == 0)
		{
			offer->from = &starts[i];
			offer->amounts = &amounts[i];
		}
		else if (starts[i] <= starts[i - 1])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("element %d of argument %d must be above that before it", i + 1, TIER_FROM + 1)));
	}
}

static void
read_offers(FunctionCallInfo fcinfo, Cart *cart)
{
	int			count = -1;
	int64	   *product = read_numbers(fcinfo, OFFER_PRODUCTS, INT4OID, 1, cart->nproducts, 0, &count);
	int64	   *merchant = read_numbers(fcinfo, OFFER_MERCHANTS, INT4OID, 1, MOST_MERCHANTS, 0, &count);
	int64	   *shipped = read_numbers(fcinfo, OFFER_SHIPPED, BOOLOID, 0, 1, 0, &count);
	int64	   *lowest = read_numbers(fcinfo, OFFER_LOWEST, INT4OID, 1, PG_INT32_MAX, 1, &count);
	int64	   *step = read_numbers(fcinfo, OFFER_STEPS, INT4OID, 1, PG_INT32_MAX, 1, &count);
	int64	   *most = read_numbers(fcinfo, OFFER_MOST, INT8OID, PG_INT64_MIN, PG_INT64_MAX, PG_INT64_MAX, &count);

	check_ascending(product, count, OFFER_PRODUCTS);
	cart->noffers = count;
	cart->offers = palloc0(sizeof(OeSplitOffer) * Max(1, count));
	for (int i = 0; i < count; i++)
	{
		OeSplitOffer *offer = &cart->offers[i];
		Product    *its = &cart->products[product[i] - 1];

		if (its->noffers++ == 0)
			its->first = i;
		offer->merchant = merchant[i] - 1;
		offer->is_shipped = shipped[i];
		offer->lowest = lowest[i];
		offer->step = step[i];
		offer->most = most[i];
		cart->nmerchants = Max(cart->nmerchants, offer->merchant + 1);
	}
}

static void
read_lines(FunctionCallInfo fcinfo, Cart *cart)
{
	int			count = -1;
	int64	   *product = read_numbers(fcinfo, LINE_PRODUCTS, INT4OID, 1, MOST_PRODUCTS, 0, &count);
	int64	   *demand = read_numbers(fcinfo, LINE_DEMANDS, INT4OID, 1, PG_INT32_MAX, 0, &count);
	int64	   *quantity = read_numbers(fcinfo, LINE_QUANTITIES, INT4OID, 1, PG_INT32_MAX, 0, &count);
	int64	   *offer = read_numbers(fcinfo, LINE_OFFERS, INT4OID, 0, PG_INT32_MAX, 0, &count);

	cart->nlines = count;
	cart->lines = palloc0(sizeof(Line) * Max(1, count));
	for (int i = 0; i < count; i++)
	{
		cart->lines[i].product = product[i] - 1;
		cart->lines[i].demand = demand[i] - 1;
		cart->lines[i].quantity = quantity[i];
		cart->lines[i].offer = offer[i] - 1;
		cart->nproducts = Max(cart->nproducts, (int) product[i]);
	}
	cart->products = palloc0(sizeof(Product) * Max(1, cart->nproducts));
}

/* Everything is numbered from 1; offers of a product and tiers of an offer stand side by side. */
static void
read_cart(FunctionCallInfo fcinfo, Cart *cart)
{
	int			nused = -1;
	int64	   *used = read_numbers(fcinfo, MERCHANTS_USED, INT4OID, 1, MOST_MERCHANTS, 0, &nused);

	read_lines(fcinfo, cart);
	read_offers(fcinfo, cart);
	read_tiers(fcinfo, cart);
	for (int i = 0; i < cart->nlines; i++)
	{
		const Line *line = &cart->lines[i];
		const Product *product = &cart->products[line->product];

		if (line->offer >= 0 && (line->offer < product->first || line->offer >= product->first + product->noffers))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("element %d of argument %d is no offer of product %d", i + 1, LINE_OFFERS + 1,
							line->product + 1)));
	}
	for (int i = 0; i < nused; i++)
		cart->nmerchants = Max(cart->nmerchants, (int) used[i]);
	cart->is_used = palloc0(sizeof(bool) * Max(1, cart->nmerchants));
	for (int i = 0; i < nused; i++)
		cart->is_used[used[i] - 1] = true;
	cart->most_merchants = PG_ARGISNULL(MAX_MERCHANTS) ? 0 : Max(1, PG_GETARG_INT32(MAX_MERCHANTS));
}

static int
place_of_demand(const Product *product, int demand)
{
	for (int i = 0; i < product->ndemands; i++)
		if (product->demands[i] == demand)
			return i;
	return -1;
}

/* What is asked of a product (-1: of each) by the lines that are not left out. */
static void
ask_products(Cart *cart, int changed)
{
	for (int p = 0; p < cart->nproducts; p++)
		if (changed < 0 || p == changed)
			cart->products[p].ndemands = 0;
	for (int i = 0; i < cart->nlines; i++)
	{
		const Line *line = &cart->lines[i];
		Product    *product = &cart->products[line->product];

		if (line->is_left_out || (changed >= 0 && line->product != changed)
			|| place_of_demand(product, line->demand) >= 0)
			continue;
		product->demands = product->demands == NULL
			? palloc(sizeof(int)) : repalloc(product->demands, sizeof(int) * (product->ndemands + 1));
		product->demands[product->ndemands++] = line->demand;
	}
	for (int p = 0; p < cart->nproducts; p++)
	{
		Product    *product = &cart->products[p];

		if (changed >= 0 && p != changed)
			continue;
		if (product->wanted != NULL)
		{
			pfree(product->wanted);
			pfree(product->has);
		}
		product->wanted = palloc0(sizeof(int64) * Max(1, product->ndemands));
		product->has = palloc0(sizeof(int64) * Max(1, product->noffers * product->ndemands));
		product->question = (OeSplitQuestion)
		{
			product->noffers, &cart->offers[product->first], product->ndemands, product->wanted, product->has
		};
	}
	for (int i = 0; i < cart->nlines; i++)
	{
		const Line *line = &cart->lines[i];
		Product    *product = &cart->products[line->product];
		int			demand;

		if (line->is_left_out || (changed >= 0 && line->product != changed))
			continue;
		demand = place_of_demand(product, line->demand);
		product->wanted[demand] += line->quantity;
		if (line->offer >= 0)
			product->has[(line->offer - product->first) * product->ndemands + demand] += line->quantity;
	}
}

/*
 * The cheapest for all lines that are not left out, after what is asked of one product has changed (-1: of all);
 * false: there is no way.
 */
static bool
split_cart(Cart *cart, int changed)
{
	for (int p = 0; p < cart->nproducts; p++)
	{
		Product    *product = &cart->products[p];

		if (changed < 0 || p == changed)
			product->cheapest = product->ndemands == 0
				? (OeSplit)
		{
			.found = true, .is_exact = true
		}
		: oe_cheapest_split(&product->question, NULL, &cart->work);
		if (!product->cheapest.found)
		{
			cart->gave_up |= !product->cheapest.is_exact;
			return false;
		}
		product->split = product->cheapest;
	}
	return cart->most_merchants == 0 || split_into_parcels(cart);
}

/* Pieces that come in a parcel of the merchant. */
static void
count_pieces(const Cart *cart, const OeSplit *splits, int64 *pieces)
{
	memset(pieces, 0, sizeof(int64) * cart->nmerchants);
	for (int p = 0; p < cart->nproducts; p++)
	{
		const Product *product = &cart->products[p];

		for (int i = 0; i < product->noffers * product->ndemands; i++)
		{
			const OeSplitOffer *offer = &product->question.offers[i / product->ndemands];

			if (offer->is_shipped && splits[p].pieces[i] > 0)
				pieces[offer->merchant] += splits[p].pieces[i];
		}
	}
}

/*
 * With at most so many merchants. Begins with the cheapest from anywhere; while that has too many merchants, one
 * of them is either chosen, or barred for good: both are tried, and what costs more than the best so far is left.
 */
static bool
split_into_parcels(Cart *cart)
{
	Size		size = sizeof(OeSplit) * Max(1, cart->nproducts);
	OeSplit    *cheapest = palloc(size);
	Parcels		parcels = {.cart = cart, .is_exact = true};

	parcels.is_chosen = memcpy(palloc(sizeof(bool) * Max(1, cart->nmerchants)), cart->is_used,
							   sizeof(bool) * cart->nmerchants);
	parcels.is_barred = palloc0(sizeof(bool) * Max(1, cart->nmerchants));
	parcels.best = palloc0(size);
	for (int p = 0; p < cart->nproducts; p++)
		cheapest[p] = cart->products[p].cheapest;
	choose_merchants(&parcels, cheapest);
	for (int p = 0; p < cart->nproducts && parcels.found; p++)
	{
		cart->products[p].split = parcels.best[p];
		cart->products[p].split.is_exact = parcels.is_exact;
	}
	cart->gave_up |= !parcels.found && !parcels.is_exact;
	pfree(cheapest);
	pfree(parcels.is_chosen);
	pfree(parcels.is_barred);
	pfree(parcels.best);
	return parcels.found;
}

/* Splits anew what is split over a merchant that is barred since; false: there is no way, or none that is cheaper. */
static bool
split_again(Parcels *parcels, const OeSplit *above, OeSplit *splits, int64 *cost)
{
	Cart	   *cart = parcels->cart;

	*cost = 0;
	for (int p = 0; p < cart->nproducts; p++)
	{
		const Product *product = &cart->products[p];
		bool		is_barred = false;

		for (int i = 0; i < product->noffers * product->ndemands && !is_barred; i++)
		{
			const OeSplitOffer *offer = &product->question.offers[i / product->ndemands];

			is_barred = above[p].pieces[i] > 0 && offer->is_shipped && parcels->is_barred[offer->merchant];
		}
		splits[p] = is_barred ? oe_cheapest_split(&product->question, parcels->is_barred, &cart->work) : above[p];
		parcels->is_exact &= splits[p].is_exact;
		if (!splits[p].found || pg_add_s64_overflow(*cost, splits[p].cost, cost))
			return false;
	}
	return !parcels->found || *cost < parcels->cost;
}

static int
compare_most(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return x == y ? 0 : x > y ? -1 : 1;
}

/* Whether the merchants that are chosen, and so many more, can give what is wanted of each product. */
static bool
can_be_enough(const Parcels *parcels, int more)
{
	const Cart *cart = parcels->cart;

	for (int p = 0; p < cart->nproducts; p++)
	{
		const Product *product = &cart->products[p];
		int64	   *others = palloc0(sizeof(int64) * cart->nmerchants);
		int64		wanted = 0;

		for (int d = 0; d < product->ndemands; d++)
			wanted += product->question.wanted[d];
		for (int i = 0; i < product->noffers; i++)
		{
			const OeSplitOffer *offer = &product->question.offers[i];
			int64		most = Min(offer->most, PG_INT32_MAX);

			if (!offer->is_shipped || parcels->is_chosen[offer->merchant])
				wanted -= most;
			else if (!parcels->is_barred[offer->merchant])
				others[offer->merchant] += most;
		}
		qsort(others, cart->nmerchants, sizeof(int64), compare_most);
		for (int i = 0; i < Min(more, cart->nmerchants); i++)
			wanted -= others[i];
		pfree(others);
		if (wanted > 0)
			return false;
	}
	return true;
}

/* Of the merchants of these splits the one that sends most and is not chosen; -1: there are few enough of them. */
static int
next_merchant(const Parcels *parcels, const OeSplit *splits)
{
	const Cart *cart = parcels->cart;
	int64	   *pieces = palloc(sizeof(int64) * Max(1, cart->nmerchants));
	int			count = 0;
	int			next = -1;

	count_pieces(cart, splits, pieces);
	for (int m = 0; m < cart->nmerchants; m++)
	{
		if (pieces[m] > 0 || cart->is_used[m])
			count++;
		if (pieces[m] > 0 && !parcels->is_chosen[m] && (next < 0 || pieces[m] > pieces[next]))
			next = m;
	}
	pfree(pieces);
	return count > cart->most_merchants ? next : -1;
}

static int
count_chosen(const Parcels *parcels)
{
	int			count = 0;

	for (int m = 0; m < parcels->cart->nmerchants; m++)
		count += parcels->is_chosen[m];
	return count;
}

static void
choose_merchants(Parcels *parcels, const OeSplit *above)
{
	Cart	   *cart = parcels->cart;
	OeSplit    *splits = palloc0(sizeof(OeSplit) * Max(1, cart->nproducts));
	Size		size = sizeof(bool) * Max(1, cart->nmerchants);
	bool	   *barred_before = memcpy(palloc(size), parcels->is_barred, size);
	int			more = cart->most_merchants - count_chosen(parcels);
	int64		cost;
	int			merchant;

	check_stack_depth();
	if (cart->work <= 0)
	{
		parcels->is_exact = false;
		return;
	}
	cart->work--;
	if (more <= 0)
		for (int m = 0; m < cart->nmerchants; m++)
			parcels->is_barred[m] = !parcels->is_chosen[m];
	if (can_be_enough(parcels, more) && split_again(parcels, above, splits, &cost))
	{
		merchant = next_merchant(parcels, splits);
		if (merchant < 0)
		{
			parcels->found = true;
			parcels->cost = cost;
			memcpy(parcels->best, splits, sizeof(OeSplit) * cart->nproducts);
		}
		else
		{
			parcels->is_chosen[merchant] = true;
			choose_merchants(parcels, splits);
			parcels->is_chosen[merchant] = false;
			parcels->is_barred[merchant] = true;
			choose_merchants(parcels, splits);
		}
	}
	for (int p = 0; p < cart->nproducts; p++)
		if (splits[p].pieces != NULL && splits[p].pieces != above[p].pieces
			&& splits[p].pieces != parcels->best[p].pieces)
			pfree(splits[p].pieces);
	pfree(splits);
	memcpy(parcels->is_barred, barred_before, size);
	pfree(barred_before);
}

static void
put_row(ReturnSetInfo *rsinfo, int line, int offer, int64 quantity, int64 amount, bool is_exact)
{
	Datum		values[5] = {0};
	bool		isnull[5] = {false};

	values[0] = Int32GetDatum(line + 1);
	isnull[1] = isnull[3] = offer < 0;
	values[1] = Int32GetDatum(offer + 1);
	values[2] = Int32GetDatum((int32) quantity);
	values[3] = Int64GetDatum(amount);
	values[4] = BoolGetDatum(is_exact);
	oe_put_answer(rsinfo, values, isnull);
}

/* The pieces of the product that the line is given, in the order of its offers but its own first. */
static void
put_line(ReturnSetInfo *rsinfo, const Cart *cart, int number, const int64 *given)
{
	const Line *line = &cart->lines[number];
	const Product *product = &cart->products[line->product];
	int			demand = place_of_demand(product, line->demand);

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < product->noffers; i++)
		{
			const OeSplitOffer *offer = &product->question.offers[i];
			int64		amount;

			if (given[i] == 0 || (line->offer == product->first + i) != (round == 0))
				continue;
			(void) oe_split_amount(offer, product->split.pieces[i * product->ndemands + demand], &amount);
			put_row(rsinfo, number, product->first + i, given[i], amount, product->split.is_exact);
		}
}

/* Hands out the pieces of each demand to its lines: each keeps what it has of its own offer, then in their order. */
static void
put_cart(ReturnSetInfo *rsinfo, const Cart *cart)
{
	int64	  **given = palloc(sizeof(int64 *) * Max(1, cart->nlines));
	int64	  **rest = palloc(sizeof(int64 *) * Max(1, cart->nproducts));

	for (int p = 0; p < cart->nproducts; p++)
	{
		const Product *product = &cart->products[p];
		Size		size = sizeof(int64) * product->noffers * product->ndemands;

		rest[p] = palloc(size);
		if (size > 0)
			memcpy(rest[p], product->split.pieces, size);
	}
	for (int round = 0; round < 2; round++)
		for (int n = 0; n < cart->nlines; n++)
		{
			const Line *line = &cart->lines[n];
			const Product *product = &cart->products[line->product];
			int			demand = place_of_demand(product, line->demand);
			int64		left = line->quantity;

			if (round == 0)
				given[n] = palloc0(sizeof(int64) * Max(1, product->noffers));
			for (int i = 0; i < product->noffers; i++)
				left -= given[n][i];
			for (int i = 0; i < product->noffers && !line->is_left_out; i++)
			{
				int64	   *pieces = &rest[line->product][i * product->ndemands + demand];
				int64		more = Min(*pieces, left);

				if (round == 0 && line->offer != product->first + i)
					continue;
				given[n][i] += more;
				*pieces -= more;
				left -= more;
			}
		}
	for (int n = 0; n < cart->nlines; n++)
		if (cart->lines[n].is_left_out)
			put_row(rsinfo, n, -1, cart->lines[n].quantity, 0, !cart->gave_up);
		else
			put_line(rsinfo, cart, n, given[n]);
}
