/*
 * Answers which offer a customer gets instead of the one asked for: redirect_offer, and what listings need of it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "access/actor.h"
#include "arithmetic/calendar.h"
#include "decide/question.h"
#include "decide/redirect.h"
#include "decide/spec.h"
#include "storage/answer.h"
#include "storage/grow.h"
#include "storage/ids.h"
#include "storage/parameters.h"
#include "storage/schema.h"
#include "storage/texts.h"

/* Attributes of redirect_result. */
enum
{
	RESULT_OFFER_REFERENCE,
	RESULT_OUTCOME,
	RESULT_SALES_RULE_ID,
	RESULT_MESSAGE,
	RESULT_COUNT
};

static void redirect_by_probes(OeRedirection *redirection, text *offer_reference, Datum *values, bool *isnull);
static void redirect_by_sql(text *customer_reference, text *offer_reference, TimestampTz at, ArrayType *cart,
							Datum *values, bool *isnull);
static bool find_rule(OeRedirection *redirection, int64 offer_id, OeSalesRule *rule);
static void find_rule_by(OeRedirection *redirection, OePath path, int64 offer_id, OeSalesRule *rule, bool *found);
static bool owns_base(OeRedirection *redirection, const OeSalesRule *rule);
static bool is_within_limit(OeRedirection *redirection, const OeSalesRule *rule);
static OeIds tags_of(OeReader *reader, int64 sales_rule_id);
static bool any_is_base(OeReader *reader, const OeBases *bases, const OeSalesRule *rule, const OeIds *tags);
static const OeBases *running_subscriptions(OeRedirection *redirection);

static bool
is_empty(ArrayType *cart)
{
	return cart == NULL || ArrayGetNItems(ARR_NDIM(cart), ARR_DIMS(cart)) == 0;
}

PG_FUNCTION_INFO_V1(oe_redirect_offer);
Datum
oe_redirect_offer(PG_FUNCTION_ARGS)
{
	text	   *customer_reference = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	text	   *offer_reference = PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1);
	TimestampTz at = PG_ARGISNULL(2) ? GetCurrentTransactionStartTimestamp() : PG_GETARG_TIMESTAMPTZ(2);
	ArrayType  *cart = PG_ARGISNULL(3) ? NULL : PG_GETARG_ARRAYTYPE_P(3);
	OeReader	reader;
	Datum		values[RESULT_COUNT] = {0};
	bool		isnull[RESULT_COUNT] = {false};

	oe_require_schema();
	oe_check_instant(at);
	if (cart != NULL)
		oe_check_one_dimension(cart, "cart");

	if (is_empty(cart) && oe_reader_open(&reader, OE_REDIRECT_TABLES | OE_TABLE_BIT(OE_OFFER)))
	{
		OeRedirection redirection;

		oe_redirection_init(&redirection, &reader, at, customer_reference);
		redirect_by_probes(&redirection, offer_reference, values, isnull);
		oe_reader_close(&reader);
	}
	else
		redirect_by_sql(customer_reference, offer_reference, at, cart, values, isnull);
	return oe_form_answer(fcinfo, values, isnull);
}

static void
redirect_by_probes(OeRedirection *redirection, text *offer_reference, Datum *values, bool *isnull)
{
	const OeSalesRule *rule = NULL;
	OeProbe    *offer = offer_reference == NULL ? NULL :
	oe_probe_fetch(redirection->reader, OE_BY_OFFER_REFERENCE, PointerGetDatum(offer_reference));
	int64		offer_id;

	if (offer != NULL)
	{
		offer_id = DatumGetInt64(oe_probe_value(offer, OE_OFFER_ID));
		rule = oe_redirecting_rule(redirection, offer_id);
	}
	if (rule == NULL)
	{
		oe_put_text(values, isnull, RESULT_OFFER_REFERENCE, offer_reference);
		oe_put_text(values, isnull, RESULT_OUTCOME, cstring_to_text("unaffected"));
		isnull[RESULT_SALES_RULE_ID] = true;
		isnull[RESULT_MESSAGE] = true;
		return;
	}

	if (oe_redirected_offer(rule) != offer_id)
	{
		/* A rule's offers are kept by foreign keys. */
		offer = oe_probe_fetch(redirection->reader, OE_BY_OFFER, Int64GetDatum(oe_redirected_offer(rule)));
		offer_reference = offer == NULL ? NULL : oe_probe_text(offer, OE_OFFER_REFERENCE);
	}
	oe_put_text(values, isnull, RESULT_OFFER_REFERENCE, offer_reference);
	oe_put_text(values, isnull, RESULT_OUTCOME, cstring_to_text(rule->gives_advantage ? "matched" : "unmatched"));
	values[RESULT_SALES_RULE_ID] = Int64GetDatum(rule->sales_rule_id);
	oe_put_text(values, isnull, RESULT_MESSAGE, rule->gives_advantage ? rule->matched_text : rule->unmatched_text);
}

static void
redirect_by_sql(text *customer_reference, text *offer_reference, TimestampTz at, ArrayType *cart, Datum *values,
				bool *isnull)
{
	OeParameters arguments = {0};
	OeSpecResult *result;

	oe_add_text(&arguments, customer_reference);
	oe_add_text(&arguments, offer_reference);
	oe_add_value(&arguments, TimestampTzGetDatum(at));
	oe_add_parameter(&arguments, PointerGetDatum(cart), cart == NULL);
	result = oe_spec_query(OE_SPEC_REDIRECT_OFFER, arguments.values, arguments.nulls);
	memcpy(values, result->values, sizeof(Datum) * RESULT_COUNT);
	memcpy(isnull, result->isnull, sizeof(bool) * RESULT_COUNT);
}

void
oe_redirection_init(OeRedirection *redirection, OeReader *reader, TimestampTz at, text *customer_reference)
{
	memset(redirection, 0, sizeof(OeRedirection));
	redirection->reader = reader;
	redirection->at = at;
	redirection->customer_reference = customer_reference;
}

const OeSalesRule *
oe_redirecting_rule(OeRedirection *redirection, int64 offer_id)
{
	OeSalesRule found;

	if (!find_rule(redirection, offer_id, &found))
		return NULL;
	for (int i = 0; i < redirection->nrules; i++)
		if (redirection->rules[i].sales_rule_id == found.sales_rule_id)
			return &redirection->rules[i];

	found.gives_advantage = owns_base(redirection, &found) && is_within_limit(redirection, &found);
	OE_GROW(redirection->rules, redirection->nrules, redirection->capacity);
	redirection->rules[redirection->nrules] = found;
	return &redirection->rules[redirection->nrules++];
}

bool
oe_has_redirecting_rule(OeRedirection *redirection, int64 offer_id)
{
	OeSalesRule found;

	return find_rule(redirection, offer_id, &found);
}

/* Of a rule that has ended since and the one that followed it, the one that ended counts. */
static bool
find_rule(OeRedirection *redirection, int64 offer_id, OeSalesRule *rule)
{
	bool		found = false;

	find_rule_by(redirection, OE_RULES_OF_ADVANTAGE, offer_id, rule, &found);
	find_rule_by(redirection, OE_RULES_OF_REGULAR, offer_id, rule, &found);
	return found;
}

static void
read_rule(OeProbe *row, OeSalesRule *rule)
{
	bool		isnull;

	rule->advantage_limit = DatumGetInt32(oe_probe_column(row, OE_SALES_RULE_ADVANTAGE_LIMIT, &isnull));
	rule->is_limited = !isnull;
	rule->sales_rule_id = DatumGetInt64(oe_probe_value(row, OE_SALES_RULE_ID));
	rule->advantage_offer_id = DatumGetInt64(oe_probe_value(row, OE_SALES_RULE_ADVANTAGE_OFFER_ID));
	rule->regular_offer_id = DatumGetInt64(oe_probe_value(row, OE_SALES_RULE_REGULAR_OFFER_ID));
	rule->same_period = oe_text_is(DatumGetTextPP(oe_probe_value(row, OE_SALES_RULE_CANCELLED_SOURCE)), "same_period");
	rule->valid_to = DatumGetTimestampTz(oe_probe_value(row, OE_SALES_RULE_VALID_TO));
	rule->matched_text = oe_probe_text(row, OE_SALES_RULE_MATCHED_TEXT);
	rule->unmatched_text = oe_probe_text(row, OE_SALES_RULE_UNMATCHED_TEXT);
}

/* Keeps the rule that ends first, of those that end together the one with the smallest id. */
static void
find_rule_by(OeRedirection *redirection, OePath path, int64 offer_id, OeSalesRule *rule, bool *found)
{
	NullableDatum key = {Int64GetDatum(offer_id), false};
	OeProbe    *row = oe_probe_seek(redirection->reader, path, &key);

	while (oe_probe_next(row))
	{
		TimestampTz valid_to = DatumGetTimestampTz(oe_probe_value(row, OE_SALES_RULE_VALID_TO));
		int64		id = DatumGetInt64(oe_probe_value(row, OE_SALES_RULE_ID));

		CHECK_FOR_INTERRUPTS();
		if (valid_to <= redirection->at ||
			(*found && (valid_to > rule->valid_to || (valid_to == rule->valid_to && id > rule->sales_rule_id))))
			continue;
		read_rule(row, rule);
		*found = true;
	}
}

static bool
owns_base(OeRedirection *redirection, const OeSalesRule *rule)
{
	OeIds		tags = tags_of(redirection->reader, rule->sales_rule_id);

	return any_is_base(redirection->reader, running_subscriptions(redirection), rule, &tags);
}

/* Few rules have a limit, and counting pieces is SQL's: the one place that says what runs at once. */
static bool
is_within_limit(OeRedirection *redirection, const OeSalesRule *rule)
{
	Datum		arguments[] = {PointerGetDatum(redirection->customer_reference),
	Int64GetDatum(rule->advantage_offer_id), TimestampTzGetDatum(redirection->at)};
	OeSpecResult *result;

	if (!rule->is_limited)
		return true;
	result = oe_spec_query(OE_SPEC_ADVANTAGE_PIECES, arguments, NULL);
	return DatumGetInt64(result->values[0]) < rule->advantage_limit;
}

static OeIds
tags_of(OeReader *reader, int64 sales_rule_id)
{
	OeIds		tags = {0};
	NullableDatum key = {Int64GetDatum(sales_rule_id), false};
	OeProbe    *row = oe_probe_seek(reader, OE_TAGS_OF_RULE, &key);

	while (oe_probe_next(row))
		oe_ids_add(&tags, DatumGetInt64(oe_probe_value(row, OE_SALES_RULE_TAG_TAG_ID)));
	return tags;
}

static bool
any_is_base(OeReader *reader, const OeBases *bases, const OeSalesRule *rule, const OeIds *tags)
{
	for (int i = 0; i < bases->count; i++)
	{
		const OeBase *base = &bases->bases[i];

		CHECK_FOR_INTERRUPTS();
		if (rule->same_period && base->period_over)
			continue;
		for (Size j = 0; j < tags->count; j++)
			if (oe_probe_fetch2(reader, OE_BY_OFFER_AND_TAG, Int64GetDatum(base->offer_id), tags->values[j]) != NULL)
				return true;
	}
	return false;
}

static void
add_base(OeBases *bases, int64 offer_id, bool period_over)
{
	OE_GROW(bases->bases, bases->count, bases->capacity);
	bases->bases[bases->count].offer_id = offer_id;
	bases->bases[bases->count].period_over = period_over;
	bases->count++;
}

/* The day that it is at the instant in the subscription's store. False: there is no such store. */
static bool
find_day(OeRedirection *redirection, OeProbe *subscription, DateADT *day)
{
	Datum		code = oe_probe_value(subscription, OE_SUBSCRIPTION_STORE_CODE);

	if (redirection->store == NULL || !oe_same_text(redirection->store, DatumGetTextPP(code)))
	{
		OeProbe    *store = oe_probe_fetch(redirection->reader, OE_BY_STORE, code);
		text	   *zone;

		if (store == NULL)
			return false;
		zone = DatumGetTextPP(oe_probe_value(store, OE_STORE_TIME_ZONE));
		redirection->day = oe_local_date(redirection->at, text_to_cstring(zone));
		redirection->store = oe_probe_text(subscription, OE_SUBSCRIPTION_STORE_CODE);
	}
	*day = redirection->day;
	return true;
}

/* The day is not before this one; NULL: there is no such day. */
static bool
is_past(OeProbe *row, OeColumn column, DateADT day)
{
	bool		isnull;
	Datum		value = oe_probe_column(row, column, &isnull);

	return !isnull && DatumGetDateADT(value) <= day;
}

static bool
was_cancelled(OeProbe *subscription)
{
	bool		isnull;

	(void) oe_probe_column(subscription, OE_SUBSCRIPTION_CANCELLED_ON, &isnull);
	return !isnull;
}

static const OeBases *
running_subscriptions(OeRedirection *redirection)
{
	OeBases    *bases = &redirection->subscriptions;
	NullableDatum key = {PointerGetDatum(redirection->customer_reference), false};
	OeProbe    *row;

	if (bases->loaded || redirection->customer_reference == NULL)
		return bases;
	bases->loaded = true;

	row = oe_probe_seek(redirection->reader, OE_SUBSCRIPTIONS_OF_CUSTOMER, &key);
	while (oe_probe_next(row))
	{
		DateADT		day;

		CHECK_FOR_INTERRUPTS();
		if (DatumGetBool(oe_probe_value(row, OE_SUBSCRIPTION_IS_IGNORED)) || !find_day(redirection, row, &day))
			continue;
		if (is_past(row, OE_SUBSCRIPTION_STARTS_ON, day) && !is_past(row, OE_SUBSCRIPTION_ENDS_ON, day))
			add_base(bases, DatumGetInt64(oe_probe_value(row, OE_SUBSCRIPTION_OFFER_ID)),
					 was_cancelled(row) && is_past(row, OE_SUBSCRIPTION_CANCELLED_PERIOD_ENDS_ON, day));
	}
	return bases;
}
