/*
 * Whether a customer was granted anything, for every action of the customer side: most were not.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "storage/probe.h"

PG_FUNCTION_INFO_V1(oe_may_have_grants);
Datum
oe_may_have_grants(PG_FUNCTION_ARGS)
{
	NullableDatum key = {PointerGetDatum(PG_GETARG_TEXT_PP(0)), false};
	OeReader	reader;
	OeProbe    *subscription;
	bool		was_granted = false;

	if (!oe_reader_open(&reader, OE_TABLE_BIT(OE_SUBSCRIPTION)))
		PG_RETURN_BOOL(true);
	subscription = oe_probe_seek(&reader, OE_SUBSCRIPTIONS_OF_CUSTOMER, &key);
	while (!was_granted && oe_probe_next(subscription))
	{
		bool		isnull;

		CHECK_FOR_INTERRUPTS();
		(void) oe_probe_column(subscription, OE_SUBSCRIPTION_GRANTED_REGULAR_OFFER_ID, &isnull);
		was_granted = !isnull;
	}
	oe_reader_close(&reader);
	PG_RETURN_BOOL(was_granted);
}
