/*
 * The visibility decision: nine conditions, or what offer_store has folded eight of them into.
 */
#ifndef OE_VISIBILITY_H
#define OE_VISIBILITY_H

#include "decide/question.h"
#include "storage/texts.h"
#include "storage/trace.h"

/* What the nine conditions ask about an offer in a store; texts may be NULL where nobody traces. */
typedef struct OeOfferFacts
{
	int64		merchant_id;
	text	   *merchant_reference;
	bool		merchant_active;
	text	   *merchant_status;
	text	   *offer_status;
	bool		offer_active;
	bool		in_store;
	bool		product_in_store;
	TimestampTz offer_from;
	TimestampTz offer_to;
	text	   *sku;
	bool		product_active;
	TimestampTz product_from;
	TimestampTz product_to;
	char	   *suspension;		/* who suspended the merchant, when and why; NULL: nobody, or unknown */
} OeOfferFacts;

#define OE_CONDITION_COUNT 9

/* True when all nine hold at the instant. With a trace (of OE_CONDITION_COUNT subjects) none is skipped. */
extern bool oe_conditions_hold(const OeOfferFacts *facts, const text *store, TimestampTz at, OeTrace *trace);

/* The tables that the functions below read. */
#define OE_VISIBILITY_TABLES (OE_TABLE_BIT(OE_OFFER_STORE) | OE_TABLE_BIT(OE_MERCHANT))

/*
 * The offer's row of offer_store when the offer is visible at the instant, else NULL. The probe stands on the row;
 * that of OE_BY_MERCHANT on its merchant.
 */
extern OeProbe *oe_find_visible(OeReader *reader, text *offer_reference, const OeQuestion *question);

/* The row's window holds the instant. */
static inline bool
oe_window_holds(OeProbe *offer_store, TimestampTz at)
{
	return DatumGetTimestampTz(oe_probe_value(offer_store, OE_OFFER_STORE_SHOWN_FROM)) <= at &&
		at < DatumGetTimestampTz(oe_probe_value(offer_store, OE_OFFER_STORE_SHOWN_TO));
}

/* The row of merchant is active and approved. */
static inline bool
oe_merchant_shown(OeProbe *merchant)
{
	return DatumGetBool(oe_probe_value(merchant, OE_MERCHANT_IS_ACTIVE)) &&
		oe_text_is(DatumGetTextPP(oe_probe_value(merchant, OE_MERCHANT_APPROVAL_STATUS)), "approved");
}

#endif
