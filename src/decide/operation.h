/*
 * Whether an offer may be sold at checkout, for listings and carts: by operation_policy, as operation_refusal() says of
 * one offer.
 */
#ifndef OE_OPERATION_H
#define OE_OPERATION_H

#include "storage/probe.h"

/* What was asked last within one call, so within one snapshot; zeroed at first. */
typedef struct OeCheckout
{
	const text *channel;		/* NULL: checkout */
	text	   *management;		/* NULL: nothing was asked yet */
	text	   *offer_type;
	bool		allowed;
	bool		one_step;		/* steps count too */
} OeCheckout;

/*
 * Of the offer at row, a row of offer_store. The reader has OE_OPERATION_POLICY open; what is remembered is allocated
 * in the current memory context.
 */
extern bool oe_checkout_allowed(OeCheckout *last, OeReader *reader, OeProbe *row);

/*
 * Likewise of a row of offer: true says yes through this channel, whatever steps it has; false that operation_refusal()
 * tells.
 */
extern bool oe_surely_allowed(OeCheckout *last, OeReader *reader, OeProbe *row);

#endif
