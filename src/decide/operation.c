/*
 * Answers whether an offer allows an operation through a channel. The rule is data (operation_policy) and is read by
 * operation_refusal(); listings probe it for the checkout.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"

#include "decide/operation.h"
#include "decide/spec.h"
#include "storage/answer.h"
#include "storage/parameters.h"
#include "storage/schema.h"
#include "storage/texts.h"

static bool know_policy(OeCheckout *last, OeReader *reader, Datum management, Datum offer_type);
static bool read_policy(OeCheckout *asked, OeReader *reader);
static bool has_text(Datum array, const text *wanted);
static text *checkout_word(void);

/* Asks with the caller's three arguments, as the owner. */
static OeSpecResult *
ask(FunctionCallInfo fcinfo, OeSpecQuery query)
{
	OeParameters arguments = {0};

	oe_require_schema();
	for (int i = 0; i < 3; i++)
		oe_add_parameter(&arguments, PG_GETARG_DATUM(i), PG_ARGISNULL(i));
	return oe_spec_query(query, arguments.values, arguments.nulls);
}

PG_FUNCTION_INFO_V1(oe_operation_allowed);
Datum
oe_operation_allowed(PG_FUNCTION_ARGS)
{
	OeSpecResult *answer = ask(fcinfo, OE_SPEC_OPERATION_ALLOWED);

	return oe_form_answer(fcinfo, answer->values, answer->isnull);
}

PG_FUNCTION_INFO_V1(oe_assert_operation);
Datum
oe_assert_operation(PG_FUNCTION_ARGS)
{
	ask(fcinfo, OE_SPEC_ASSERT_OPERATION);
	PG_RETURN_VOID();
}

bool
oe_checkout_allowed(OeCheckout *last, OeReader *reader, OeProbe *row)
{
	Datum		offer_id;

	if (know_policy(last, reader, oe_probe_value(row, OE_OFFER_STORE_MANAGEMENT),
					oe_probe_value(row, OE_OFFER_STORE_OFFER_TYPE)) &&
		!(last->allowed && last->one_step))
		return last->allowed;

	/* Steps are counted, and a policy that is not there is refused, by the rule itself. */
	offer_id = oe_probe_value(row, OE_OFFER_STORE_OFFER_ID);
	return DatumGetBool(oe_spec_query(OE_SPEC_CHECKOUT_ALLOWED, &offer_id, NULL)->values[0]);
}

bool
oe_surely_allowed(OeCheckout *last, OeReader *reader, OeProbe *row)
{
	return know_policy(last, reader, oe_probe_value(row, OE_OFFER_MANAGEMENT), oe_probe_value(row, OE_OFFER_TYPE)) &&
		last->allowed && !last->one_step;
}

/* Asks anew where it is not what was asked last. False: there is no row. */
static bool
know_policy(OeCheckout *last, OeReader *reader, Datum management, Datum offer_type)
{
	if (last->management != NULL && oe_same_text(last->management, DatumGetTextPP(management)) &&
		oe_same_text(last->offer_type, DatumGetTextPP(offer_type)))
		return true;
	last->management = DatumGetTextPCopy(management);
	last->offer_type = DatumGetTextPCopy(offer_type);
	if (read_policy(last, reader))
		return true;
	last->management = NULL;
	return false;
}

/* False: there is no row. */
static bool
read_policy(OeCheckout *asked, OeReader *reader)
{
	OeProbe    *policy = oe_probe_fetch2(reader, OE_BY_OPERATION_AND_MANAGEMENT, PointerGetDatum(checkout_word()),
										 PointerGetDatum(asked->management));
	Datum		types;
	bool		any_type;

	if (policy == NULL)
		return false;
	types = oe_probe_column(policy, OE_OPERATION_POLICY_OFFER_TYPES, &any_type);
	asked->one_step = DatumGetBool(oe_probe_value(policy, OE_OPERATION_POLICY_ONE_STEP));
	asked->allowed = DatumGetBool(oe_probe_value(policy, OE_OPERATION_POLICY_IS_ALLOWED)) &&
		has_text(oe_probe_value(policy, OE_OPERATION_POLICY_CHANNELS),
				 asked->channel == NULL ? checkout_word() : asked->channel) &&
		(any_type || has_text(types, asked->offer_type));
	return true;
}

static bool
has_text(Datum array, const text *wanted)
{
	Datum	   *values;
	bool	   *isnull;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &values, &isnull, &count);
	for (int i = 0; i < count; i++)
		if (!isnull[i] && oe_same_text(DatumGetTextPP(values[i]), wanted))
			return true;
	return false;
}

/* The operation and the channel. */
static text *
checkout_word(void)
{
	static OeTextConstant constant;

	return oe_constant_text(&constant, "checkout");
}
