/*
 * What the offers of a cart are, cost and have, place by place, for whoever sells them: sold_offers.
 */
#ifndef OE_SOLD_OFFERS_H
#define OE_SOLD_OFFERS_H

#include "decide/operation.h"
#include "decide/price_rows.h"
#include "decide/resolve.h"
#include "stock/free.h"

/* Attributes of sold_offer. */
enum
{
	OE_SOLD_POSITION,
	OE_SOLD_OFFER_ID,
	OE_SOLD_OFFER_REFERENCE,
	OE_SOLD_MERCHANT_ID,
	OE_SOLD_MERCHANT_REFERENCE,
	OE_SOLD_MERCHANT_NAME,
	OE_SOLD_SKU,
	OE_SOLD_TITLE,
	OE_SOLD_OFFER_TYPE,
	OE_SOLD_IS_SHIPPED,
	OE_SOLD_PASS_DURATION,
	OE_SOLD_IS_SELLABLE,
	OE_SOLD_ORDER_MINIMUM,
	OE_SOLD_ORDER_STEP,
	OE_SOLD_ORDER_MAXIMUM,
	OE_SOLD_CUSTOMER_LIMIT,
	OE_SOLD_CUSTOMER_LIMIT_COUNTS,
	OE_SOLD_WANTED,
	OE_SOLD_AMOUNT,
	OE_SOLD_OTHER_AMOUNT,
	OE_SOLD_PRICE_SOURCE,
	OE_SOLD_PRICE_ID,
	OE_SOLD_REASON,
	OE_SOLD_DETAIL,
	OE_SOLD_IS_COUNTED,
	OE_SOLD_AVAILABLE,
	OE_SOLD_PIECES,
	OE_SOLD_ONLY_PLACE,
	OE_SOLD_COUNT
};

/* One call's way through its offers. */
typedef struct OeSoldPass
{
	/* By the caller, the rest zeroed. */
	bool		is_priced;
	bool		with_other;
	bool		no_subscriptions;
	bool		with_names;		/* of the offer, its product and its merchant */

	OeCart		cart;
	OeQuestion	question;
	OeReader	reader;
	text	   *channel;		/* NULL: none */
	int64	   *wanted;			/* by all places of the offer of each */
	OeCheckout	checkout;
	MemoryContext context;		/* of what the checkout remembers */
	OeSheets	sheets;
	OeServing	serving;
} OeSoldPass;

typedef struct OeSoldRow
{
	Datum		values[OE_SOLD_COUNT];
	bool		isnull[OE_SOLD_COUNT];
} OeSoldRow;

/*
 * Reads and checks the arguments of a function that begins with those of sold_offers() up to the channel. False: the
 * specification answers, and nothing is open.
 */
extern bool oe_begin_sold_pass(FunctionCallInfo fcinfo, OeSoldPass *pass);
extern void oe_end_sold_pass(OeSoldPass *pass);

/*
 * The row of a place, from 0; false: it is a subscription, and no_subscriptions. Allocated in the current memory
 * context.
 */
extern bool oe_sold_offer(OeSoldPass *pass, int place, OeSoldRow *row);

/* Whether an attribute, a text, is this word; NULL is none. */
extern bool oe_sold_text_is(const OeSoldRow *row, int attribute, const char *word);

#endif
