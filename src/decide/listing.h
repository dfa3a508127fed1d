/*
 * Visible offers of products with their prices, as listings and rankings need them.
 */
#ifndef OE_LISTING_H
#define OE_LISTING_H

#include "utils/numeric.h"

#include "decide/next_step.h"
#include "decide/operation.h"
#include "decide/price_rows.h"
#include "decide/sheet.h"

typedef struct OeListedOffer
{
	OePriceOwner owner;
	text	   *sku;
	text	   *offer_reference;
	text	   *title;			/* NULL: neither offer nor product has one */
	text	   *merchant_reference;
	text	   *merchant_name;
	int64		listed_id;		/* offer_id of what the customer gets instead; of itself: nothing else */
	text	   *redirected_from;	/* NULL: listed as itself */
	bool		is_subscription;
	bool		has_sheet;		/* price_sheet_id prices it, else price rows do */
	int64		price_sheet_id;
	bool		checkout_allowed;
	bool		is_default;
	bool		has_amount;
	bool		has_original_amount;
	int64		amount;
	int64		original_amount;
	bool		has_other_amount;	/* in the other price mode, of a listing of both */
	int64		other_amount;
	const char *price_source;
	int32		min_quantity;
	Numeric		available;		/* NULL: not asked for */
	Numeric		pieces;			/* what of available can be sold, likewise */
	bool		never_out_of_stock;
	const OeNextStep *next;		/* NULL: the first step is the last, or nobody asked */
} OeListedOffer;

/* Attributes of offer_listing. */
#define OE_LISTING_COUNT 16

/* The visible offers of the products asked for, product after product. */
typedef struct OeListing
{
	OeListedOffer *offers;
	int			noffers;
	int			capacity;
	int		   *ends;			/* of product i: where its offers end */
	int			nproducts;
	OeCheckout	checkout;
	bool		selected_elsewhere; /* the selected offer is listed as selected_id; else as itself, if at all */
	int64		selected_id;
} OeListing;

typedef struct OeListingQuestion
{
	OeQuestion	question;
	text	   *customer_reference;
	bool		include_availability;
	text	   *order_by;
	bool		by_availability;
	bool		sales_price_only;	/* nobody will see original amounts */
	bool		both_modes;		/* gross and net; sales prices only */
	text	   *selected_offer; /* NULL: none */
	struct merchants_hash *merchants;	/* what listings under the same snapshot have learnt; NULL: nothing is kept */
} OeListingQuestion;

/*
 * The offers of each product in order, of distinct skus in the order of the products. The question has been checked.
 * Everything that is found is allocated in the current memory context.
 */
extern OeListing oe_list_by_probes(OeReader *reader, const OeListingQuestion *asked, text **skus, int nskus);

/* For listings of anonymous customers under one snapshot. Lives, and grows, in the current memory context. */
extern struct merchants_hash *oe_merchants_create(void);

/*
 * The same listing, of anonymous customers and by sales price, in another currency: the offers stay what they are.
 */
extern void oe_price_again(OeReader *reader, const OeListingQuestion *asked, OeListing *listing);

/* From here on a listing of both price modes is one of the other. */
extern void oe_turn_listing(OeListing *listing);

/* Puts the offers of one product in order; the cheapest is the default whatever the order. */
extern void oe_order_offers(OeListedOffer *offers, int noffers, bool by_availability);

/* What pricing the offers of one question shares. */
typedef struct OePricing
{
	OeReader   *reader;
	const OeListingQuestion *asked;
	const OeContracts *contracts;
	OeSheets	sheets;
	OeListingQuestion other;	/* the same in the other price mode, of a listing of both */
	OeSheets	other_sheets;
} OePricing;

extern void oe_pricing_init(OePricing *pricing, OeReader *reader, const OeListingQuestion *asked,
							const OeContracts *contracts);
extern void oe_pricing_close(OePricing *pricing);

/* Prices offers; those of one product stand side by side. What is allocated is of no use afterwards. */
extern void oe_price_offers(OePricing *pricing, OeListedOffer *offers, int noffers);

/* The attributes of offer_listing. */
extern void oe_fill_listing(const OeListingQuestion *asked, const OeListedOffer *offer, Datum *values, bool *isnull);

/* What never runs out first, then what there is most of. Availability has been asked for. */
extern int	oe_compare_stock(const OeListedOffer *x, const OeListedOffer *y);

#endif
