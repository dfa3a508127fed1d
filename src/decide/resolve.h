/*
 * The price of one offer as resolve_price answers it, for whoever asks for several.
 */
#ifndef OE_RESOLVE_H
#define OE_RESOLVE_H

#include "decide/price_rows.h"
#include "decide/sheet.h"
#include "decide/spec.h"

/* Attributes of price_result. */
enum
{
	OE_RESULT_AMOUNT,
	OE_RESULT_CURRENCY,
	OE_RESULT_SOURCE,
	OE_RESULT_TYPE,
	OE_RESULT_MIN_QUANTITY,
	OE_RESULT_RELATIONSHIP_KEY,
	OE_RESULT_PRICE_ID,
	OE_RESULT_REASON,
	OE_RESULT_DETAIL,
	OE_RESULT_COUNT
};

/*
 * By probes, into OE_RESULT_COUNT values that are NULL before; all but the detail. The reader is open for prices and
 * visibility. Allocated in the current memory context.
 */
extern void oe_resolve_offer(OeReader *reader, const OeQuestion *question, OeSheets *sheets, text *offer_reference,
							 Datum *values, bool *isnull);

/*
 * Likewise of an offer that is known to be visible, by its id, and the amount alone: false where it has no price. Other
 * scans than those of oe_resolve_offer() are opened: its reference is not looked up.
 */
extern bool oe_amount_of_visible(OeReader *reader, const OeQuestion *question, OeSheets *sheets, int64 offer_id,
								 int64 *amount);

/* Whose price rows count for the offer on whose row of offer_store the probe stands; false: a sheet prices it. */
extern bool oe_owner_of_row(OeProbe *offer, OePriceOwner *owner);

/* The detail, in words; query says what the reference names. */
extern void oe_put_price_detail(OeQuestion *question, const text *reference, OeSpecQuery query, Datum *values,
								bool *isnull);

/* The offers of a cart, as functions have them as their arguments 0 and 4. */
typedef struct OeCart
{
	text	  **references;		/* NULL: an unknown offer */
	int32	   *quantities;
	int			count;
} OeCart;

extern OeCart oe_read_cart(FunctionCallInfo fcinfo);

/* Offers, store, currency, price mode, quantities, buyer and country, as queries of the specification take them. */
extern void oe_add_cart(OeParameters *arguments, const OeQuestion *question, const OeCart *cart);

#endif
