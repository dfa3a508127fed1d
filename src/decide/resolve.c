/*
 * Answers what one offer, or a product without an offer, costs: resolve_price, resolve_product_price, price_ladder, and
 * explain_price, which is the same decision with a trace.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "access/actor.h"
#include "arithmetic/calendar.h"
#include "decide/price_rows.h"
#include "decide/resolve.h"
#include "decide/visibility.h"
#include "storage/answer.h"
#include "storage/parameters.h"
#include "storage/texts.h"

static const OeArguments price_arguments = {
	.store = 1, .currency = 2, .price_mode = 3, .quantity = 4, .buyer = 5, .country = 6, .price_type = 7, .at = 8
};
static const OeArguments ladder_arguments = {
	.store = 1, .currency = 2, .price_mode = 3, .buyer = 4, .country = 5, .price_type = 6, .at = 7
};

/* What to price, or why there is nothing to price. */
typedef struct OeSubject
{
	const char *reason;			/* NULL: owner is filled in */
	bool		has_sheet;		/* price_sheet_id prices it, else price rows do */
	int64		price_sheet_id;
	OePriceOwner owner;
} OeSubject;

typedef OeSubject (*OeFindSubject) (OeReader *reader, text *reference, const OeQuestion *question);

static Datum resolve(FunctionCallInfo fcinfo, OeFindSubject find, uint32 tables, OeSpecQuery query);
static OeSubject find_offer(OeReader *reader, text *offer_reference, const OeQuestion *question);
static OeSubject find_product(OeReader *reader, text *sku, const OeQuestion *question);
static bool offer_is_known(text *offer_reference);
static OePriceList list_prices(OeReader *reader, const OeQuestion *question, const OePriceOwner *owner, int32 reach);
static void resolve_by_probes(OeReader *reader, const OeQuestion *question, OeSheets *sheets, text *reference,
							  OeFindSubject find, Datum *values, bool *isnull);
static void resolve_by_sheet(OeSheets *sheets, int64 price_sheet_id, Datum *values, bool *isnull);
static void resolve_by_sql(const OeQuestion *question, text *reference, OeSpecQuery query, Datum *values, bool *isnull);
static char *no_price_detail(OeQuestion *question, const text *reference, OeSpecQuery query, const char *reason);
static void put_ladder_by_probes(ReturnSetInfo *rsinfo, OeReader *reader, const OeQuestion *question,
								 text *offer_reference, int place);
static void put_ladder_by_sql(ReturnSetInfo *rsinfo, const OeQuestion *question, text *offer_reference, int place);
static void leave_out_foreign(OeContracts *contracts);
static OeSubject find_offer_to_explain(const text *offer_reference);
static void put_explanation(ReturnSetInfo *rsinfo, const OePriceCandidates *candidates, const OeTrace *trace);

PG_FUNCTION_INFO_V1(oe_resolve_price);
Datum
oe_resolve_price(PG_FUNCTION_ARGS)
{
	return resolve(fcinfo, find_offer, OE_VISIBILITY_TABLES, OE_SPEC_RESOLVE_PRICE);
}

PG_FUNCTION_INFO_V1(oe_resolve_product_price);
Datum
oe_resolve_product_price(PG_FUNCTION_ARGS)
{
	return resolve(fcinfo, find_product, OE_TABLE_BIT(OE_PRODUCT) | OE_TABLE_BIT(OE_ABSTRACT_PRODUCT_STORE),
				   OE_SPEC_RESOLVE_PRODUCT_PRICE);
}

PG_FUNCTION_INFO_V1(oe_price_ladder);
Datum
oe_price_ladder(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	text	   *offer_reference;
	OeQuestion	question;
	OeReader	reader;

	oe_read_question(fcinfo, &ladder_arguments, &question);
	offer_reference = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	InitMaterializedSRF(fcinfo, 0);

	if (oe_open_for_prices(&reader, &question, OE_VISIBILITY_TABLES))
	{
		oe_check_question(&reader, &question);
		put_ladder_by_probes(rsinfo, &reader, &question, offer_reference, 0);
		oe_reader_close(&reader);
	}
	else
	{
		oe_check_question(NULL, &question);
		put_ladder_by_sql(rsinfo, &question, offer_reference, 0);
	}
	return (Datum) 0;
}

/* Of many offers, each ladder under the place of its offer; scans stay open from one to the next. */
PG_FUNCTION_INFO_V1(oe_price_ladders);
Datum
oe_price_ladders(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	OeQuestion	question;
	OeReader	reader;
	bool		by_probes;
	int			count = 0;
	text	  **references = NULL;

	oe_read_question(fcinfo, &ladder_arguments, &question);
	if (!PG_ARGISNULL(0))
		references = oe_read_texts(PG_GETARG_ARRAYTYPE_P(0), "offer_references", &count);
	InitMaterializedSRF(fcinfo, 0);

	by_probes = oe_open_for_prices(&reader, &question, OE_VISIBILITY_TABLES);
	oe_check_question(by_probes ? &reader : NULL, &question);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (by_probes)
			put_ladder_by_probes(rsinfo, &reader, &question, references[i], i + 1);
		else
			put_ladder_by_sql(rsinfo, &question, references[i], i + 1);
	}
	if (by_probes)
		oe_reader_close(&reader);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(oe_explain_price);
Datum
oe_explain_price(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	text	   *offer_reference;
	OeQuestion	question;
	OeReader	reader;
	OeReader   *reading = NULL;
	OeSubject	subject;
	OeContracts contracts;
	OePriceSource source;
	OeOwnedCandidates owned;
	OePriceCandidates *candidates = &owned.candidates;
	OePriceList list;
	OeTrace    *trace;
	int			count = 0;

	oe_read_question(fcinfo, &price_arguments, &question);
	offer_reference = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	InitMaterializedSRF(fcinfo, 0);

	if (oe_open_for_prices(&reader, &question, 0))
		reading = &reader;
	oe_check_question(reading, &question);
	subject = find_offer_to_explain(offer_reference);
	if (subject.reason == NULL)
		oe_check_own_offer(subject.owner.merchant_id);
	if (subject.reason == NULL && subject.has_sheet)
		oe_explain_sheet(rsinfo, &question, subject.price_sheet_id);
	else if (subject.reason == NULL)
	{
		contracts = oe_load_contracts(reading, &question, NULL);
		leave_out_foreign(&contracts);
		if (reading != NULL)
		{
			oe_price_source_init(&source, reading, &question, &contracts, subject.owner.product_id,
								 subject.owner.abstract_product_id);
			source.show_all = true;
			oe_candidates_init(&owned, &source, &subject.owner);
			for (int level = 0; level < OE_LEVEL_COUNT; level++)
				candidates->load(candidates, level, OE_LOADED_ALL);
		}
		else
			oe_load_candidates_by_sql(candidates, &question, &subject.owner, &contracts);

		for (int level = 0; level < OE_LEVEL_COUNT; level++)
			for (int i = 0; i < candidates->nslices[level]; i++)
				for (int j = 0; j < candidates->slices[level][i].nrows; j++)
					candidates->slices[level][i].rows[j].number = count++;
		trace = oe_trace_create(count, oe_zone_of_question(&question));
		list = oe_price_list(candidates, &question, question.price_type, trace);
		oe_choose_price(&list, &question.policy, question.quantity, trace);
		put_explanation(rsinfo, candidates, trace);
	}
	if (reading != NULL)
		oe_reader_close(reading);
	return (Datum) 0;
}

/* What a buyer has agreed with another merchant is not told, neither as a row nor in what is said of others. */
static void
leave_out_foreign(OeContracts *contracts)
{
	int			kept = 0;

	for (int i = 0; i < contracts->count; i++)
		if (oe_may_explain(contracts->contracts[i].merchant_id))
			contracts->contracts[kept++] = contracts->contracts[i];
	contracts->count = kept;
}

static Datum
resolve(FunctionCallInfo fcinfo, OeFindSubject find, uint32 tables, OeSpecQuery query)
{
	text	   *reference;
	OeQuestion	question;
	OeReader	reader;
	Datum		values[OE_RESULT_COUNT] = {0};
	bool		isnull[OE_RESULT_COUNT];

	oe_read_question(fcinfo, &price_arguments, &question);
	reference = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	memset(isnull, true, sizeof(isnull));

	if (oe_open_for_prices(&reader, &question, tables))
	{
		OeSheets	sheets;

		oe_check_question(&reader, &question);
		oe_sheets_init(&sheets, &question);
		resolve_by_probes(&reader, &question, &sheets, reference, find, values, isnull);
		oe_sheets_close(&sheets);
		oe_reader_close(&reader);
	}
	else
	{
		oe_check_question(NULL, &question);
		resolve_by_sql(&question, reference, query, values, isnull);
	}

	oe_put_price_detail(&question, reference, query, values, isnull);
	return oe_form_answer(fcinfo, values, isnull);
}

/* The offer on whose row of offer_store the probe stands. */
static OeSubject
subject_of_row(OeProbe *offer)
{
	OeSubject	subject = {0};
	Datum		sheet;
	bool		no_sheet;

	subject.owner.is_offer = true;
	subject.owner.offer_id = DatumGetInt64(oe_probe_value(offer, OE_OFFER_STORE_OFFER_ID));
	subject.owner.merchant_id = DatumGetInt64(oe_probe_value(offer, OE_OFFER_STORE_MERCHANT_ID));
	subject.owner.product_id = DatumGetInt64(oe_probe_value(offer, OE_OFFER_STORE_PRODUCT_ID));
	subject.owner.abstract_product_id = DatumGetInt64(oe_probe_value(offer, OE_OFFER_STORE_ABSTRACT_PRODUCT_ID));
	sheet = oe_probe_column(offer, OE_OFFER_STORE_PRICE_SHEET_ID, &no_sheet);
	subject.has_sheet = !no_sheet;
	subject.price_sheet_id = no_sheet ? 0 : DatumGetInt64(sheet);
	return subject;
}

static OeSubject
find_offer(OeReader *reader, text *offer_reference, const OeQuestion *question)
{
	OeSubject	subject = {0};
	OeProbe    *offer = offer_reference == NULL ? NULL : oe_find_visible(reader, offer_reference, question);

	if (offer == NULL)
	{
		subject.reason = offer_reference == NULL || !offer_is_known(offer_reference) ? "unknown_offer" : "not_visible";
		return subject;
	}
	return subject_of_row(offer);
}

/* Whether there is such an offer at all: asked only where it is not visible. */
static bool
offer_is_known(text *offer_reference)
{
	OeReader	reader;
	Datum		key = PointerGetDatum(offer_reference);
	bool		known;

	if (!oe_reader_open(&reader, OE_TABLE_BIT(OE_OFFER)))
		return oe_spec_query(OE_SPEC_OFFER, &key, NULL)->nrows > 0;
	known = oe_probe_fetch(&reader, OE_BY_OFFER_REFERENCE, key) != NULL;
	oe_reader_close(&reader);
	return known;
}

static OeSubject
find_product(OeReader *reader, text *sku, const OeQuestion *question)
{
	OeSubject	subject = {0};
	OeProbe    *product = sku == NULL ? NULL : oe_probe_fetch(reader, OE_BY_SKU, PointerGetDatum(sku));

	if (product == NULL)
	{
		subject.reason = "unknown_product";
		return subject;
	}
	subject.owner.product_id = DatumGetInt64(oe_probe_value(product, OE_PRODUCT_ID));
	subject.owner.abstract_product_id = DatumGetInt64(oe_probe_value(product, OE_PRODUCT_ABSTRACT_PRODUCT_ID));
	if (!DatumGetBool(oe_probe_value(product, OE_PRODUCT_IS_ACTIVE)) ||
		question->at < DatumGetTimestampTz(oe_probe_value(product, OE_PRODUCT_VALID_FROM)) ||
		question->at >= DatumGetTimestampTz(oe_probe_value(product, OE_PRODUCT_VALID_TO)) ||
		oe_probe_fetch2(reader, OE_BY_ABSTRACT_PRODUCT_AND_STORE, Int64GetDatum(subject.owner.abstract_product_id),
						PointerGetDatum(question->store)) == NULL)
		subject.reason = "not_visible";
	return subject;
}

/* The prices that a quantity up to reach may cost. */
static OePriceList
list_prices(OeReader *reader, const OeQuestion *question, const OePriceOwner *owner, int32 reach)
{
	OeContracts *contracts = palloc(sizeof(OeContracts));
	OePriceSource *source = palloc(sizeof(OePriceSource));
	OeOwnedCandidates *owned = palloc(sizeof(OeOwnedCandidates));

	*contracts = oe_load_contracts(reader, question, owner);
	oe_price_source_init(source, reader, question, contracts, owner->product_id, owner->abstract_product_id);
	source->reach = reach;
	oe_candidates_init(owned, source, owner);
	return oe_price_list(&owned->candidates, question, question->price_type, NULL);
}

static void
put_reason(Datum *values, bool *isnull, const char *reason)
{
	values[OE_RESULT_REASON] = CStringGetTextDatum(reason);
	isnull[OE_RESULT_REASON] = false;
}

static void
put_price(Datum *values, bool *isnull, int64 amount, const char *source, int32 min_quantity, int64 price_id)
{
	values[OE_RESULT_AMOUNT] = Int64GetDatum(amount);
	values[OE_RESULT_SOURCE] = CStringGetTextDatum(source);
	values[OE_RESULT_MIN_QUANTITY] = Int32GetDatum(min_quantity);
	values[OE_RESULT_PRICE_ID] = Int64GetDatum(price_id);
	isnull[OE_RESULT_AMOUNT] = isnull[OE_RESULT_SOURCE] = false;
	isnull[OE_RESULT_MIN_QUANTITY] = isnull[OE_RESULT_PRICE_ID] = false;
}

static void
resolve_by_probes(OeReader *reader, const OeQuestion *question, OeSheets *sheets, text *reference,
				  OeFindSubject find, Datum *values, bool *isnull)
{
	OeSubject	subject = find(reader, reference, question);
	OePriceChoice choice = {NULL, false};
	OePriceList list = {0};

	values[OE_RESULT_CURRENCY] = PointerGetDatum(question->currency);
	values[OE_RESULT_TYPE] = PointerGetDatum(question->price_type);
	isnull[OE_RESULT_CURRENCY] = isnull[OE_RESULT_TYPE] = false;
	if (subject.reason == NULL && subject.has_sheet)
	{
		resolve_by_sheet(sheets, subject.price_sheet_id, values, isnull);
		return;
	}
	if (subject.reason == NULL)
	{
		list = list_prices(reader, question, &subject.owner, question->quantity);
		choice = oe_choose_price(&list, &question->policy, question->quantity, NULL);
	}
	if (choice.row == NULL)
	{
		put_reason(values, isnull, subject.reason == NULL ? "no_price" : subject.reason);
		return;
	}
	put_price(values, isnull, choice.row->amount, oe_price_level_name(list.level), choice.row->min_quantity,
			  choice.row->price_id);
	if (choice.row->contract != NULL)
	{
		values[OE_RESULT_RELATIONSHIP_KEY] = PointerGetDatum(choice.row->contract->relationship_key);
		isnull[OE_RESULT_RELATIONSHIP_KEY] = false;
	}
}

void
oe_resolve_offer(OeReader *reader, const OeQuestion *question, OeSheets *sheets, text *offer_reference, Datum *values,
				 bool *isnull)
{
	resolve_by_probes(reader, question, sheets, offer_reference, find_offer, values, isnull);
}

bool
oe_owner_of_row(OeProbe *offer, OePriceOwner *owner)
{
	OeSubject	subject = subject_of_row(offer);

	*owner = subject.owner;
	return !subject.has_sheet;
}

bool
oe_amount_of_visible(OeReader *reader, const OeQuestion *question, OeSheets *sheets, int64 offer_id, int64 *amount)
{
	OeProbe    *offer = oe_probe_fetch2(reader, OE_BY_OFFER_AND_STORE, Int64GetDatum(offer_id),
										PointerGetDatum(question->store));
	OeSubject	subject;
	OePriceList list;
	OePriceChoice choice;

	if (offer == NULL)
		return false;
	subject = subject_of_row(offer);
	if (subject.has_sheet)
	{
		OeSheetPrice price = oe_sheet_price(sheets, subject.price_sheet_id);

		*amount = price.amount;
		return price.found;
	}
	list = list_prices(reader, question, &subject.owner, question->quantity);
	choice = oe_choose_price(&list, &question->policy, question->quantity, NULL);
	if (choice.row != NULL)
		*amount = choice.row->amount;
	return choice.row != NULL;
}

/* What the sheet asks, for any quantity and buyer. */
static OeSheetPrice
price_by_sheet(const OeQuestion *question, int64 price_sheet_id)
{
	OeSheets	sheets;
	OeSheetPrice price;

	oe_sheets_init(&sheets, question);
	price = oe_sheet_price(&sheets, price_sheet_id);
	oe_sheets_close(&sheets);
	return price;
}

static void
resolve_by_sheet(OeSheets *sheets, int64 price_sheet_id, Datum *values, bool *isnull)
{
	OeSheetPrice price = oe_sheet_price(sheets, price_sheet_id);

	if (price.found)
		put_price(values, isnull, price.amount, OE_SHEET_SOURCE, 1, price.price_id);
	else
		put_reason(values, isnull, "no_price");
}

static void
resolve_by_sql(const OeQuestion *question, text *reference, OeSpecQuery query, Datum *values, bool *isnull)
{
	OeParameters arguments = {0};
	OeSpecResult *result;

	oe_add_text(&arguments, reference);
	oe_add_place(&arguments, question);
	oe_add_value(&arguments, Int32GetDatum(question->quantity));
	oe_add_text(&arguments, question->buyer);
	oe_add_text(&arguments, question->country);
	oe_add_text(&arguments, question->price_type);
	oe_add_value(&arguments, TimestampTzGetDatum(question->at));
	result = oe_spec_query(query, arguments.values, arguments.nulls);
	memcpy(values, result->values, sizeof(Datum) * OE_RESULT_COUNT);
	memcpy(isnull, result->isnull, sizeof(bool) * OE_RESULT_COUNT);
}

/* Why there is no price, and whether the store carries the currency at all. */
void
oe_put_price_detail(OeQuestion *question, const text *reference, OeSpecQuery query, Datum *values, bool *isnull)
{
	bool		priced = isnull[OE_RESULT_REASON];
	char	   *reason = priced ? NULL : TextDatumGetCString(values[OE_RESULT_REASON]);
	char	   *detail = priced ? NULL : no_price_detail(question, reference, query, reason);

	if (!question->currency_carried && (priced || strcmp(reason, "no_price") == 0))
	{
		char	   *carried = psprintf("store %s does not carry %s", text_to_cstring(question->store),
									   text_to_cstring(question->currency));

		detail = priced ? carried : psprintf("%s; %s", detail, carried);
	}
	isnull[OE_RESULT_DETAIL] = detail == NULL;
	if (detail != NULL)
		values[OE_RESULT_DETAIL] = CStringGetTextDatum(detail);
}

/* Of a sheet's price the country is named that was looked for, also when it is the store's. */
static text *
country_looked_for(const OeQuestion *question, const text *reference, OeSpecQuery query)
{
	if (question->country != NULL || query != OE_SPEC_RESOLVE_PRICE)
		return question->country;
	if (!find_offer_to_explain(reference).has_sheet)
		return NULL;
	return oe_country_of_question(question);
}

/* In words why there is no price: the same for both paths. */
static char *
no_price_detail(OeQuestion *question, const text *reference, OeSpecQuery query, const char *reason)
{
	const char *name = reference == NULL ? "" : text_to_cstring(reference);
	const char *store = text_to_cstring(question->store);
	text	   *country;

	if (strcmp(reason, "unknown_offer") == 0)
		return reference == NULL ? pstrdup("no offer was named") : psprintf("there is no offer \"%s\"", name);
	if (strcmp(reason, "unknown_product") == 0)
		return reference == NULL ? pstrdup("no product was named") : psprintf("there is no product \"%s\"", name);
	if (strcmp(reason, "not_visible") == 0)
		return psprintf("\"%s\" is not visible in store %s at %s", name, store,
						oe_format_local_instant(question->at, oe_zone_of_question(question)));
	country = country_looked_for(question, reference, query);
	return psprintf("no %s price of type %s in %s in store %s for quantity %d%s%s at %s", oe_price_mode_name(question),
					text_to_cstring(question->price_type), text_to_cstring(question->currency), store,
					question->quantity,
					country == NULL ? "" : " in country ", country == NULL ? "" : text_to_cstring(country),
					oe_format_local_instant(question->at, oe_zone_of_question(question)));
}

/* Attributes of a tier, behind the place of the offer where there are several. */
#define TIER_COLUMNS 5

static void
put_tier(ReturnSetInfo *rsinfo, int place, const Datum *tier, const bool *isnull)
{
	Datum		row[TIER_COLUMNS + 1];
	bool		nulls[TIER_COLUMNS + 1];

	memcpy(&row[1], tier, sizeof(Datum) * TIER_COLUMNS);
	memcpy(&nulls[1], isnull, sizeof(bool) * TIER_COLUMNS);
	row[0] = Int32GetDatum(place);
	nulls[0] = false;
	if (place == 0)
		oe_put_answer(rsinfo, &row[1], &nulls[1]);
	else
		oe_put_answer(rsinfo, row, nulls);
}

/* One row for each threshold at which amount or contract change; the level is the same for all. */
static void
put_ladder(ReturnSetInfo *rsinfo, const OePriceList *list, const OeStorePolicy *policy, int place)
{
	int32	   *thresholds;
	int			count = oe_price_thresholds(list, &thresholds);
	const OePriceRow *last = NULL;

	for (int i = 0; i < count; i++)
	{
		OePriceChoice choice = oe_choose_price(list, policy, thresholds[i], NULL);
		const OePriceRow *row = choice.row;
		Datum		values[TIER_COLUMNS] = {0};
		bool		isnull[TIER_COLUMNS] = {false};

		if (last != NULL && last->amount == row->amount && last->contract == row->contract)
			continue;
		last = row;
		values[0] = Int32GetDatum(thresholds[i]);
		values[1] = Int64GetDatum(row->amount);
		values[2] = CStringGetTextDatum(oe_price_level_name(list->level));
		isnull[3] = row->contract == NULL;
		if (row->contract != NULL)
			values[3] = PointerGetDatum(row->contract->relationship_key);
		isnull[4] = !choice.above_lower_tier;
		if (choice.above_lower_tier)
			values[4] = CStringGetTextDatum("tier_above_lower_price");
		put_tier(rsinfo, place, values, isnull);
	}
}

/* One price for every quantity. */
static void
put_sheet_ladder(ReturnSetInfo *rsinfo, const OeQuestion *question, int64 price_sheet_id, int place)
{
	OeSheetPrice price = price_by_sheet(question, price_sheet_id);
	Datum		values[TIER_COLUMNS] = {0};
	bool		isnull[TIER_COLUMNS] = {false, false, false, true, true};

	if (!price.found)
		return;
	values[0] = Int32GetDatum(1);
	values[1] = Int64GetDatum(price.amount);
	values[2] = CStringGetTextDatum(OE_SHEET_SOURCE);
	put_tier(rsinfo, place, values, isnull);
}

/* place: of the offer among several, 0: alone. */
static void
put_ladder_by_probes(ReturnSetInfo *rsinfo, OeReader *reader, const OeQuestion *question, text *offer_reference,
					 int place)
{
	OeSubject	subject = find_offer(reader, offer_reference, question);

	if (subject.reason == NULL && subject.has_sheet)
		put_sheet_ladder(rsinfo, question, subject.price_sheet_id, place);
	else if (subject.reason == NULL)
	{
		OePriceList list = list_prices(reader, question, &subject.owner, PG_INT32_MAX);

		put_ladder(rsinfo, &list, &question->policy, place);
	}
}

static void
put_ladder_by_sql(ReturnSetInfo *rsinfo, const OeQuestion *question, text *offer_reference, int place)
{
	OeParameters arguments = {0};
	OeSpecResult *result;

	oe_add_text(&arguments, offer_reference);
	oe_add_place(&arguments, question);
	oe_add_text(&arguments, question->buyer);
	oe_add_text(&arguments, question->country);
	oe_add_text(&arguments, question->price_type);
	oe_add_value(&arguments, TimestampTzGetDatum(question->at));
	result = oe_spec_query(OE_SPEC_PRICE_LADDER, arguments.values, arguments.nulls);
	for (int i = 0; i < result->nrows; i++)
		put_tier(rsinfo, place, &result->values[i * TIER_COLUMNS], &result->isnull[i * TIER_COLUMNS]);
}

/* By the offer itself: explain also speaks of offers that are not in the store. */
static OeSubject
find_offer_to_explain(const text *offer_reference)
{
	OeSubject	subject = {.reason = "unknown_offer"};
	Datum		key = PointerGetDatum(offer_reference);
	OeSpecResult *result;

	if (offer_reference == NULL)
		return subject;
	result = oe_spec_query(OE_SPEC_OFFER, &key, NULL);
	if (result->nrows == 0)
		return subject;
	subject.reason = NULL;
	subject.owner.is_offer = true;
	subject.owner.offer_id = DatumGetInt64(result->values[0]);
	subject.owner.product_id = DatumGetInt64(result->values[1]);
	subject.owner.abstract_product_id = DatumGetInt64(result->values[2]);
	subject.owner.merchant_id = DatumGetInt64(result->values[3]);
	subject.has_sheet = !result->isnull[4];
	subject.price_sheet_id = subject.has_sheet ? DatumGetInt64(result->values[4]) : 0;
	return subject;
}

static void
put_step(ReturnSetInfo *rsinfo, int step, OePriceLevel level, const OePriceRow *row, const OeFinding *finding)
{
	Datum		values[11] = {0};
	bool		isnull[11] = {false};

	values[0] = Int32GetDatum(step);
	values[1] = CStringGetTextDatum(oe_price_level_name(level));
	values[2] = Int64GetDatum(row->price_id);
	isnull[3] = row->contract == NULL;
	if (row->contract != NULL)
		values[3] = PointerGetDatum(row->contract->relationship_key);
	values[4] = PointerGetDatum(row->price_type);
	values[5] = Int32GetDatum(row->min_quantity);
	isnull[6] = !row->has_amount;
	values[6] = Int64GetDatum(row->amount);
	isnull[7] = row->valid_from == DT_NOBEGIN;
	values[7] = TimestampTzGetDatum(row->valid_from);
	isnull[8] = row->valid_to == DT_NOEND;
	values[8] = TimestampTzGetDatum(row->valid_to);
	values[9] = CStringGetTextDatum(finding->outcome);
	isnull[10] = finding->detail == NULL;
	if (finding->detail != NULL)
		values[10] = CStringGetTextDatum(finding->detail);
	oe_put_answer(rsinfo, values, isnull);
}

static void
put_explanation(ReturnSetInfo *rsinfo, const OePriceCandidates *candidates, const OeTrace *trace)
{
	int			step = 0;

	for (int level = 0; level < OE_LEVEL_COUNT; level++)
		for (int i = 0; i < candidates->nslices[level]; i++)
			for (int j = 0; j < candidates->slices[level][i].nrows; j++)
			{
				const OePriceRow *row = &candidates->slices[level][i].rows[j];

				put_step(rsinfo, ++step, level, row, &trace->findings[row->number]);
			}
}
