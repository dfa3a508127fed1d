/*
 * Answers which of the candidate rows is the price.
 *
 * In this order: of rows that differ in their windows alone the narrowest statement (the window), then the level, then
 * per contract the highest tier that the quantity reaches, then the choice between contracts and default rows. Each
 * pass says of the rows it drops why, when there is a trace.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "arithmetic/calendar.h"
#include "decide/price.h"
#include "storage/texts.h"

static OeEffective effective_rows(OePriceCandidates *candidates, OePriceLevel level, TimestampTz at, OeTrace *trace);
static OeEffective choose_effective(const OePriceCandidates *candidates, OePriceLevel level, TimestampTz at,
									OeTrace *trace);
static bool higher_level_counts(OePriceCandidates *candidates, const OeQuestion *question, const text *price_type,
								OePriceLevel level);
static bool level_counts(OePriceCandidates *candidates, OePriceLevel level, OeEffective *effective,
						 const OeQuestion *question, const text *price_type);
static void note_level_not_used(const OeEffective *effective, OePriceLevel level, int used, OeTrace *trace);
static OePriceList wanted_tiers(const OeEffective *effective, OePriceLevel level, const OeQuestion *question,
								const text *price_type, OeTrace *trace);
static const OePriceRow *tier_reached(const OeTiers *tiers, int32 quantity, OeTrace *trace);
static bool is_preferred(const OePriceRow *row, const OePriceRow *best, bool contracts_first, bool default_first);
static void note_loser(const OePriceRow *row, const OePriceRow *best, bool contracts_first, bool default_first,
					   OeTrace *trace);
static bool costs_more_than_lower_tier(const OeTiers *tiers, const OePriceRow *row);

OePriceList
oe_price_list(OePriceCandidates *candidates, const OeQuestion *question, const text *price_type, OeTrace *trace)
{
	OeEffective effective[OE_LEVEL_COUNT];
	int			used = -1;

	for (int level = OE_LEVEL_OFFER; level < OE_LEVEL_COUNT; level++)
	{
		if (used >= 0 && trace == NULL)
			break;
		effective[level] = effective_rows(candidates, level, question->at, trace);
		if (used < 0 && level_counts(candidates, level, &effective[level], question, price_type))
			used = level;
	}

	if (trace != NULL)
		for (int level = OE_LEVEL_OFFER; level < OE_LEVEL_COUNT; level++)
			if (level != used)
				note_level_not_used(&effective[level], level, used, trace);

	return wanted_tiers(&effective[used], used, question, price_type, trace);
}

OePriceList
oe_price_list_of_level(OePriceCandidates *candidates, const OeQuestion *question, const text *price_type,
					   OePriceLevel level)
{
	OeEffective effective = effective_rows(candidates, level, question->at, NULL);
	OePriceList list = wanted_tiers(&effective, level, question, price_type, NULL);
	OePriceList none = {.level = level};

	if (list.ntiers > 0 && level != OE_LEVEL_OFFER && oe_prices_per_type(question) &&
		higher_level_counts(candidates, question, price_type, level))
		return none;
	return list;
}

OePriceChoice
oe_choose_price(const OePriceList *list, const OeStorePolicy *policy, int32 quantity, OeTrace *trace)
{
	bool		contracts_first = !policy->lowest && !policy->offer_first;
	bool		default_first = policy->offer_first && list->level == OE_LEVEL_OFFER;
	const OePriceRow *of_few[8];
	const OePriceRow **reached = list->ntiers <= lengthof(of_few) ? of_few :
	palloc(sizeof(OePriceRow *) * list->ntiers);
	const OeTiers *tiers = NULL;
	OePriceChoice choice = {NULL, false};

	for (int i = 0; i < list->ntiers; i++)
	{
		reached[i] = tier_reached(&list->tiers[i], quantity, trace);
		if (reached[i] != NULL &&
			(choice.row == NULL || is_preferred(reached[i], choice.row, contracts_first, default_first)))
		{
			choice.row = reached[i];
			tiers = &list->tiers[i];
		}
	}
	if (choice.row == NULL)
		return choice;

	choice.above_lower_tier = costs_more_than_lower_tier(tiers, choice.row);
	if (trace != NULL)
	{
		for (int i = 0; i < list->ntiers; i++)
			if (reached[i] != NULL && reached[i] != choice.row)
				note_loser(reached[i], choice.row, contracts_first, default_first, trace);
		oe_trace_note(trace, choice.row->number, "chosen", true, choice.above_lower_tier ?
					  "tier_above_lower_price: a lower tier of the same prices costs less" : NULL);
	}
	return choice;
}

static int
compare_int32(const void *a, const void *b)
{
	int32		x = *(const int32 *) a;
	int32		y = *(const int32 *) b;

	return (x > y) - (x < y);
}

int
oe_price_thresholds(const OePriceList *list, int32 **thresholds)
{
	int			count = 0;
	int			distinct = 0;

	for (int i = 0; i < list->ntiers; i++)
		count += list->tiers[i].nrows;
	*thresholds = palloc(sizeof(int32) * Max(1, count));

	count = 0;
	for (int i = 0; i < list->ntiers; i++)
		for (int j = 0; j < list->tiers[i].nrows; j++)
			(*thresholds)[count++] = list->tiers[i].rows[j]->min_quantity;
	qsort(*thresholds, count, sizeof(int32), compare_int32);
	for (int i = 0; i < count; i++)
		if (i == 0 || (*thresholds)[i] != (*thresholds)[i - 1])
			(*thresholds)[distinct++] = (*thresholds)[i];
	return distinct;
}

const char *
oe_price_level_name(OePriceLevel level)
{
	static const char *const names[OE_LEVEL_COUNT] = {"offer", "product", "abstract_product"};

	return names[level];
}

/* Rows that differ in their windows alone. */
static bool
same_key(const OePriceRow *a, const OePriceRow *b)
{
	return a->min_quantity == b->min_quantity && oe_same_text(a->price_type, b->price_type);
}

static bool
has_end(const OePriceRow *row)
{
	return row->valid_to != DT_NOEND;
}

/*
 * Of two rows in effect that differ in their windows alone: one that ends goes before one that does not, then the later
 * start, then the earlier end. In the past a deleted row and its replacement may claim one window: the older counts.
 */
static bool
supersedes(const OePriceRow *row, const OePriceRow *other)
{
	if (has_end(row) != has_end(other))
		return has_end(row);
	if (row->valid_from != other->valid_from)
		return row->valid_from > other->valid_from;
	if (row->valid_to != other->valid_to)
		return row->valid_to < other->valid_to;
	return row->price_id < other->price_id;
}

static void
note_superseded(const OePriceRow *row, const OePriceRow *by, OeTrace *trace)
{
	if (trace == NULL)
		return;
	if (has_end(row) != has_end(by))
		oe_trace_note(trace, row->number, "superseded", false, "price " INT64_FORMAT " counts until it ends at %s",
					  by->price_id, oe_format_local_instant(by->valid_to, trace->zone));
	else if (row->valid_from != by->valid_from)
		oe_trace_note(trace, row->number, "superseded", false, "price " INT64_FORMAT ", valid from %s, began later",
					  by->price_id, oe_format_local_instant(by->valid_from, trace->zone));
	else if (row->valid_to != by->valid_to)
		oe_trace_note(trace, row->number, "superseded", false, "price " INT64_FORMAT ", valid to %s, ends first",
					  by->price_id, oe_format_local_instant(by->valid_to, trace->zone));
	else
		oe_trace_note(trace, row->number, "superseded", false, "price " INT64_FORMAT " had this window first",
					  by->price_id);
}

static void
note_other_window(const OePriceRow *row, TimestampTz at, OeTrace *trace)
{
	oe_trace_note(trace, row->number, "other_window", false, "%s, asked for %s",
				  oe_format_local_window(row->valid_from, row->valid_to, trace->zone),
				  oe_format_local_instant(at, trace->zone));
}

static void
note_not_applicable(const OePriceSlice *slice, OeTrace *trace)
{
	for (int i = 0; trace != NULL && i < slice->nrows; i++)
		oe_trace_note(trace, slice->rows[i].number, "contract_not_applicable", false, "%s", slice->not_applicable);
}

/* Would the wanted type be taken from a level above? */
static bool
higher_level_counts(OePriceCandidates *candidates, const OeQuestion *question, const text *price_type,
					OePriceLevel level)
{
	for (int above = OE_LEVEL_OFFER; above < level; above++)
	{
		OeEffective effective = effective_rows(candidates, above, question->at, NULL);

		if (level_counts(candidates, above, &effective, question, price_type))
			return true;
	}
	return false;
}

/* Of the rows that differ in their windows alone and contain the instant, the one that counts. */
static OeEffective
effective_rows(OePriceCandidates *candidates, OePriceLevel level, TimestampTz at, OeTrace *trace)
{
	OeEffective *known = &candidates->effective[level];

	if (candidates->loaded[level] == OE_LOADED_NOTHING)
		candidates->load(candidates, level, OE_LOADED_IN_REACH);
	if (trace != NULL)
		return choose_effective(candidates, level, at, trace);
	if (known->loaded != candidates->loaded[level] || known->at != at)
		*known = choose_effective(candidates, level, at, NULL);
	return *known;
}

static OeEffective
choose_effective(const OePriceCandidates *candidates, OePriceLevel level, TimestampTz at, OeTrace *trace)
{
	const OePriceSlice *slices = candidates->slices[level];
	OeEffective effective = {.nslices = candidates->nslices[level], .loaded = candidates->loaded[level], .at = at};
	int			count = 0;

	for (int i = 0; i < effective.nslices; i++)
		count += slices[i].nrows;
	effective.rows = palloc(sizeof(OePriceRow *) * count + sizeof(int) * (effective.nslices + 1));
	effective.starts = (int *) &effective.rows[count];

	count = 0;
	for (int i = 0; i < effective.nslices; i++)
	{
		effective.starts[i] = count;
		if (slices[i].not_applicable != NULL)
		{
			note_not_applicable(&slices[i], trace);
			continue;
		}
		for (int j = 0; j < slices[i].nrows; j++)
		{
			const OePriceRow *row = &slices[i].rows[j];

			if (at < row->valid_from || at >= row->valid_to)
			{
				if (trace != NULL)
					note_other_window(row, at, trace);
				continue;
			}
			if (count == effective.starts[i] || !same_key(effective.rows[count - 1], row))
				effective.rows[count++] = row;
			else if (supersedes(row, effective.rows[count - 1]))
			{
				note_superseded(effective.rows[count - 1], row, trace);
				effective.rows[count - 1] = row;
			}
			else
				note_superseded(row, effective.rows[count - 1], trace);
		}
	}
	effective.starts[effective.nslices] = count;
	return effective;
}

static bool
is_wanted(const OePriceRow *row, const text *price_type)
{
	return row->has_amount && oe_same_text(row->price_type, price_type);
}

static bool
has_wanted(const OeEffective *effective, const text *price_type)
{
	for (int i = 0; i < effective->starts[effective->nslices]; i++)
		if (is_wanted(effective->rows[i], price_type))
			return true;
	return false;
}

/*
 * Whether the level is the one to use, when those above are not. What is in reach can only say yes: a row that is not
 * wanted may settle the level too, as may a tier beyond the quantity, so all rows are asked before no is said.
 */
static bool
level_counts(OePriceCandidates *candidates, OePriceLevel level, OeEffective *effective, const OeQuestion *question,
			 const text *price_type)
{
	if (level == OE_LEVEL_ABSTRACT || has_wanted(effective, price_type))
		return true;
	if (candidates->loaded[level] == OE_LOADED_IN_REACH)
	{
		candidates->load(candidates, level, OE_LOADED_ALL);
		*effective = effective_rows(candidates, level, question->at, NULL);
	}
	if (level == OE_LEVEL_OFFER && effective->starts[effective->nslices] > 0 && !oe_prices_per_type(question))
		return true;
	return has_wanted(effective, price_type);
}

static void
note_level_not_used(const OeEffective *effective, OePriceLevel level, int used, OeTrace *trace)
{
	static const char *const owners[OE_LEVEL_COUNT] = {"the offer", "the product", "the abstract product"};

	for (int i = 0; i < effective->starts[effective->nslices]; i++)
	{
		int			number = effective->rows[i]->number;

		if (level < used)
			oe_trace_note(trace, number, "level_not_used", false,
						  "%s has no price of the wanted type and mode, so that of %s counts",
						  owners[level], owners[used]);
		else
			oe_trace_note(trace, number, "level_not_used", false, "prices of %s go before those of %s",
						  owners[used], owners[level]);
	}
}

static void
note_not_wanted(const OePriceRow *row, const OeQuestion *question, const text *price_type, OeTrace *trace)
{
	if (!oe_same_text(row->price_type, price_type))
		oe_trace_note(trace, row->number, "other_type", false, "asked for type %.*s",
					  (int) VARSIZE_ANY_EXHDR(price_type), VARDATA_ANY(price_type));
	else
		oe_trace_note(trace, row->number, "no_amount_in_mode", false, "no %s amount", oe_price_mode_name(question));
}

/* Drops other types and rows without an amount in the mode; what is left of a slice are its tiers. */
static OePriceList
wanted_tiers(const OeEffective *effective, OePriceLevel level, const OeQuestion *question, const text *price_type,
			 OeTrace *trace)
{
	OePriceList list = {.level = level};
	const OePriceRow **rows;

	/* Nothing is in effect at most levels that are asked. */
	if (effective->starts[effective->nslices] == 0)
		return list;
	list.tiers = palloc(sizeof(OeTiers) * effective->nslices +
						sizeof(OePriceRow *) * effective->starts[effective->nslices]);
	rows = (const OePriceRow **) &list.tiers[effective->nslices];
	for (int i = 0; i < effective->nslices; i++)
	{
		OeTiers    *tiers = &list.tiers[list.ntiers];

		tiers->rows = rows;
		tiers->nrows = 0;
		for (int j = effective->starts[i]; j < effective->starts[i + 1]; j++)
		{
			const OePriceRow *row = effective->rows[j];

			if (is_wanted(row, price_type))
				tiers->rows[tiers->nrows++] = row;
			else if (trace != NULL)
				note_not_wanted(row, question, price_type, trace);
		}
		rows += tiers->nrows;
		if (tiers->nrows > 0)
			list.ntiers++;
	}
	return list;
}

static const OePriceRow *
tier_reached(const OeTiers *tiers, int32 quantity, OeTrace *trace)
{
	int			low = 0;
	int			high = tiers->nrows;
	const OePriceRow *reached;

	/* The first tier above the quantity; the one before it is reached. */
	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (tiers->rows[middle]->min_quantity <= quantity)
			low = middle + 1;
		else
			high = middle;
	}
	reached = low > 0 ? tiers->rows[low - 1] : NULL;

	for (int i = 0; trace != NULL && i < tiers->nrows; i++)
	{
		const OePriceRow *row = tiers->rows[i];

		if (row->min_quantity > quantity)
			oe_trace_note(trace, row->number, "tier_not_reached", false, "applies from quantity %d on, asked for %d",
						  row->min_quantity, quantity);
		else if (row != reached)
			oe_trace_note(trace, row->number, "lower_tier", false, "the tier from quantity %d on applies",
						  reached->min_quantity);
	}
	return reached;
}

/* A difference that the store's policy decides, before amounts are compared. */
static bool
policy_decides(const OePriceRow *row, const OePriceRow *best, bool contracts_first, bool default_first)
{
	return (contracts_first || default_first) && (row->contract == NULL) != (best->contract == NULL);
}

/* On equal amounts a contract goes before the default and the older contract before the newer. */
static bool
is_preferred(const OePriceRow *row, const OePriceRow *best, bool contracts_first, bool default_first)
{
	if (policy_decides(row, best, contracts_first, default_first))
		return contracts_first == (row->contract != NULL);
	if (row->amount != best->amount)
		return row->amount < best->amount;
	if ((row->contract == NULL) != (best->contract == NULL))
		return row->contract != NULL;
	return row->contract != NULL && row->contract->relationship_id < best->contract->relationship_id;
}

static void
note_loser(const OePriceRow *row, const OePriceRow *best, bool contracts_first, bool default_first, OeTrace *trace)
{
	if (policy_decides(row, best, contracts_first, default_first))
		oe_trace_note(trace, row->number, contracts_first ? "contract_preferred" : "default_preferred", false,
					  contracts_first ? "the store prefers contract prices" :
					  "the store prefers the offer's own default price");
	else if (row->amount > best->amount)
		oe_trace_note(trace, row->number, "higher_amount", false, "price " INT64_FORMAT " costs " INT64_FORMAT,
					  best->price_id, best->amount);
	else
		oe_trace_note(trace, row->number, "higher_amount", false,
					  "price " INT64_FORMAT " costs the same and goes first: %s",
					  best->price_id, row->contract == NULL ? "it belongs to a contract" : "its contract is older");
}

static bool
costs_more_than_lower_tier(const OeTiers *tiers, const OePriceRow *row)
{
	for (int i = 0; tiers->rows[i] != row; i++)
		if (tiers->rows[i]->amount < row->amount)
			return true;
	return false;
}
