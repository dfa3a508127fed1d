/*
 * Answers whether an offer may be shown in a store at an instant, and why not.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "access/actor.h"
#include "arithmetic/calendar.h"
#include "decide/spec.h"
#include "decide/visibility.h"
#include "storage/answer.h"
#include "storage/texts.h"

static char *find_suspension(int64 merchant_id, const char *zone);
static bool find_facts(OeReader *reader, text *offer_reference, text *store, OeOfferFacts *facts);
static bool find_facts_by_sql(text *offer_reference, text *store, OeOfferFacts *facts);
static void put_condition(ReturnSetInfo *rsinfo, const OeFinding *finding);

static const OeArguments visibility_arguments = {.store = 1, .at = 2};

PG_FUNCTION_INFO_V1(oe_offer_is_visible);
Datum
oe_offer_is_visible(PG_FUNCTION_ARGS)
{
	OeQuestion	question;
	OeReader	reader;
	text	   *offer_reference;
	bool		visible = false;

	oe_read_question(fcinfo, &visibility_arguments, &question);
	offer_reference = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);

	if (oe_reader_open(&reader, OE_VISIBILITY_TABLES))
	{
		if (offer_reference != NULL)
			visible = oe_find_visible(&reader, offer_reference, &question) != NULL;
		oe_reader_close(&reader);

		/* Who is shown in a store proves that there is one. */
		if (!visible)
			oe_check_store(&question);
	}
	else
	{
		Datum		arguments[] = {PointerGetDatum(offer_reference), PointerGetDatum(question.store),
		TimestampTzGetDatum(question.at)};

		oe_check_question(NULL, &question);
		if (offer_reference != NULL)
			visible = DatumGetBool(oe_spec_query(OE_SPEC_OFFER_IS_VISIBLE, arguments, NULL)->values[0]);
	}
	PG_RETURN_BOOL(visible);
}

PG_FUNCTION_INFO_V1(oe_explain_visibility);
Datum
oe_explain_visibility(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const uint32 tables = OE_VISIBILITY_TABLES | OE_TABLE_BIT(OE_OFFER) | OE_TABLE_BIT(OE_PRODUCT) |
	OE_TABLE_BIT(OE_ABSTRACT_PRODUCT_STORE);
	OeQuestion	question;
	OeReader	reader;
	bool		probing;
	text	   *offer_reference;
	OeOfferFacts facts = {0};
	bool		known;

	oe_read_question(fcinfo, &visibility_arguments, &question);
	offer_reference = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	InitMaterializedSRF(fcinfo, 0);

	probing = oe_reader_open(&reader, oe_question_tables(&question) | tables);
	oe_check_question(probing ? &reader : NULL, &question);
	known = offer_reference != NULL && find_facts(probing ? &reader : NULL, offer_reference, question.store, &facts);
	if (probing)
		oe_reader_close(&reader);

	if (known)
	{
		OeTrace    *trace = oe_trace_create(OE_CONDITION_COUNT, oe_zone_of_question(&question));

		oe_check_own_offer(facts.merchant_id);
		if (!facts.merchant_active)
			facts.suspension = find_suspension(facts.merchant_id, trace->zone);
		oe_conditions_hold(&facts, question.store, question.at, trace);
		for (int i = 0; i < OE_CONDITION_COUNT; i++)
			put_condition(rsinfo, &trace->findings[i]);
	}
	else
	{
		OeFinding	unknown = {"offer_known", false, NULL};

		unknown.detail = offer_reference == NULL ? pstrdup("no offer was named") :
			psprintf("there is no offer \"%s\"", text_to_cstring(offer_reference));
		put_condition(rsinfo, &unknown);
	}
	return (Datum) 0;
}

static char *
status_detail(const char *what, const text *name, const text *status)
{
	return psprintf("%s %s is %s%s", what, text_to_cstring(name), text_to_cstring(status),
					oe_text_is(status, "approved") ? "" : ", needs to be approved");
}

static char *
active_detail(const char *what, const text *name, bool active)
{
	return psprintf("%s %s is %s", what, text_to_cstring(name), active ? "active" : "not active, needs to be");
}

static char *
store_detail(const char *what, bool holds, const text *store)
{
	return psprintf("%s is %sin store %s%s", what, holds ? "" : "not ", text_to_cstring(store),
					holds ? "" : ", needs to be");
}

/* Which merchant, and of a suspended one who did it, when and why. */
static char *
merchant_detail(const OeOfferFacts *facts)
{
	char	   *detail = active_detail("merchant", facts->merchant_reference, facts->merchant_active);

	return facts->suspension == NULL ? detail : psprintf("%s: %s", detail, facts->suspension);
}

static char *
validity_detail(const char *what, TimestampTz from, TimestampTz to, TimestampTz at, const char *zone)
{
	char	   *window = oe_format_local_window(from, to, zone);

	if (TIMESTAMP_IS_NOBEGIN(from) && TIMESTAMP_IS_NOEND(to))
		return psprintf("%s is %s", what, window);
	return psprintf("%s is %s%s %s", what, window,
					at < from ? ", later than" : at >= to ? ", ended by" : ", which holds",
					oe_format_local_instant(at, zone));
}

/* Notes the condition when there is a trace; the detail is worked out then only. */
#define CONDITION(number, code, condition, detail_text) \
	do { \
		bool		condition_holds = (condition); \
		\
		if (trace != NULL) \
			oe_trace_note(trace, number, code, condition_holds, "%s", detail_text); \
		else if (!condition_holds) \
			return false; \
		all = all && condition_holds; \
	} while (0)

bool
oe_conditions_hold(const OeOfferFacts *facts, const text *store, TimestampTz at, OeTrace *trace)
{
	bool		all = true;

	CONDITION(0, "merchant_active", facts->merchant_active,
			  merchant_detail(facts));
	CONDITION(1, "merchant_approved", oe_text_is(facts->merchant_status, "approved"),
			  status_detail("merchant", facts->merchant_reference, facts->merchant_status));
	CONDITION(2, "offer_approved", oe_text_is(facts->offer_status, "approved"),
			  psprintf("the offer is %s%s", text_to_cstring(facts->offer_status),
					   oe_text_is(facts->offer_status, "approved") ? "" : ", needs to be approved"));
	CONDITION(3, "offer_active", facts->offer_active,
			  facts->offer_active ? "the offer is active" : "the offer is not active, needs to be");
	CONDITION(4, "offer_store", facts->in_store, store_detail("the offer", facts->in_store, store));
	CONDITION(5, "product_store", facts->product_in_store,
			  store_detail("the abstract product", facts->product_in_store, store));
	CONDITION(6, "offer_validity", facts->offer_from <= at && at < facts->offer_to,
			  validity_detail("the offer", facts->offer_from, facts->offer_to, at, trace->zone));
	CONDITION(7, "product_active", facts->product_active, active_detail("product", facts->sku, facts->product_active));
	CONDITION(8, "product_validity", facts->product_from <= at && at < facts->product_to,
			  validity_detail("the product", facts->product_from, facts->product_to, at, trace->zone));
	return all;
}

OeProbe *
oe_find_visible(OeReader *reader, text *offer_reference, const OeQuestion *question)
{
	OeProbe    *offer = oe_probe_fetch2(reader, OE_BY_OFFER_REFERENCE_AND_STORE, PointerGetDatum(offer_reference),
										PointerGetDatum(question->store));
	OeProbe    *merchant;

	if (offer == NULL || !oe_window_holds(offer, question->at))
		return NULL;
	merchant = oe_probe_fetch(reader, OE_BY_MERCHANT, oe_probe_value(offer, OE_OFFER_STORE_MERCHANT_ID));
	return merchant != NULL && oe_merchant_shown(merchant) ? offer : NULL;
}

/*
 * Who suspended the merchant, when and why, as merchant_approval says last; NULL when it tells of none that
 * lasts. Asked by SQL, since a person reads it.
 */
static char *
find_suspension(int64 merchant_id, const char *zone)
{
	Datum		argument = Int64GetDatum(merchant_id);
	OeSpecResult *result = oe_spec_query(OE_SPEC_SUSPENSION, &argument, NULL);
	char	   *detail;

	if (result->nrows == 0)
		return NULL;
	detail = psprintf("suspended by %s%s%s on %s",
					  TextDatumGetCString(result->values[0]),
					  result->isnull[1] ? "" : " for ",
					  result->isnull[1] ? "" : TextDatumGetCString(result->values[1]),
					  oe_format_local_instant(DatumGetTimestampTz(result->values[2]), zone));
	return result->isnull[3] ? detail : psprintf("%s (%s)", detail, TextDatumGetCString(result->values[3]));
}

static bool
find_facts(OeReader *reader, text *offer_reference, text *store, OeOfferFacts *facts)
{
	Datum		in_store = PointerGetDatum(store);
	OeProbe    *offer;
	OeProbe    *merchant;
	OeProbe    *product;

	if (reader == NULL)
		return find_facts_by_sql(offer_reference, store, facts);

	offer = oe_probe_fetch(reader, OE_BY_OFFER_REFERENCE, PointerGetDatum(offer_reference));
	if (offer == NULL)
		return false;
	merchant = oe_probe_fetch(reader, OE_BY_MERCHANT, oe_probe_value(offer, OE_OFFER_MERCHANT_ID));
	product = oe_probe_fetch(reader, OE_BY_PRODUCT, oe_probe_value(offer, OE_OFFER_PRODUCT_ID));
	if (merchant == NULL || product == NULL)
		return false;

	facts->merchant_id = DatumGetInt64(oe_probe_value(merchant, OE_MERCHANT_ID));
	facts->merchant_reference = oe_probe_text(merchant, OE_MERCHANT_REFERENCE);
	facts->merchant_active = DatumGetBool(oe_probe_value(merchant, OE_MERCHANT_IS_ACTIVE));
	facts->merchant_status = oe_probe_text(merchant, OE_MERCHANT_APPROVAL_STATUS);
	facts->offer_status = oe_probe_text(offer, OE_OFFER_APPROVAL_STATUS);
	facts->offer_active = DatumGetBool(oe_probe_value(offer, OE_OFFER_IS_ACTIVE));
	facts->offer_from = DatumGetTimestampTz(oe_probe_value(offer, OE_OFFER_VALID_FROM));
	facts->offer_to = DatumGetTimestampTz(oe_probe_value(offer, OE_OFFER_VALID_TO));
	facts->sku = oe_probe_text(product, OE_PRODUCT_SKU);
	facts->product_active = DatumGetBool(oe_probe_value(product, OE_PRODUCT_IS_ACTIVE));
	facts->product_from = DatumGetTimestampTz(oe_probe_value(product, OE_PRODUCT_VALID_FROM));
	facts->product_to = DatumGetTimestampTz(oe_probe_value(product, OE_PRODUCT_VALID_TO));
	facts->in_store = oe_probe_fetch2(reader, OE_BY_OFFER_AND_STORE, oe_probe_value(offer, OE_OFFER_ID),
									  in_store) != NULL;
	facts->product_in_store = oe_probe_fetch2(reader, OE_BY_ABSTRACT_PRODUCT_AND_STORE,
											  oe_probe_value(product, OE_PRODUCT_ABSTRACT_PRODUCT_ID),
											  in_store) != NULL;
	return true;
}

static bool
find_facts_by_sql(text *offer_reference, text *store, OeOfferFacts *facts)
{
	Datum		arguments[] = {PointerGetDatum(offer_reference), PointerGetDatum(store)};
	OeSpecResult *result = oe_spec_query(OE_SPEC_OFFER_FACTS, arguments, NULL);
	Datum	   *values = result->values;

	if (result->nrows == 0)
		return false;
	facts->merchant_id = DatumGetInt64(values[0]);
	facts->merchant_reference = DatumGetTextPP(values[1]);
	facts->merchant_active = DatumGetBool(values[2]);
	facts->merchant_status = DatumGetTextPP(values[3]);
	facts->offer_status = DatumGetTextPP(values[4]);
	facts->offer_active = DatumGetBool(values[5]);
	facts->in_store = DatumGetBool(values[6]);
	facts->product_in_store = DatumGetBool(values[7]);
	facts->offer_from = DatumGetTimestampTz(values[8]);
	facts->offer_to = DatumGetTimestampTz(values[9]);
	facts->sku = DatumGetTextPP(values[10]);
	facts->product_active = DatumGetBool(values[11]);
	facts->product_from = DatumGetTimestampTz(values[12]);
	facts->product_to = DatumGetTimestampTz(values[13]);
	return true;
}

static void
put_condition(ReturnSetInfo *rsinfo, const OeFinding *finding)
{
	Datum		values[3];
	bool		isnull[3] = {false, false, false};

	values[0] = CStringGetTextDatum(finding->outcome);
	values[1] = BoolGetDatum(finding->holds);
	values[2] = CStringGetTextDatum(finding->detail);
	oe_put_answer(rsinfo, values, isnull);
}
