/*
 * Prices the offers of a listing.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "decide/listing.h"

static void price_product(OePricing *pricing, OeListedOffer *offers, int noffers);
static void price_in_mode(OePriceSource *source, const OeListingQuestion *asked, OeSheets *sheets,
						  OeListedOffer *offers, int noffers);
static void price_by_sheet(OeSheets *sheets, OeListedOffer *offer);
static void price_offer(OePriceSource *source, const OeListingQuestion *asked, OeListedOffer *offer);
static void turn(OeListedOffer *offers, int noffers);

void
oe_pricing_init(OePricing *pricing, OeReader *reader, const OeListingQuestion *asked, const OeContracts *contracts)
{
	Assert(!asked->both_modes || asked->sales_price_only);
	pricing->reader = reader;
	pricing->asked = asked;
	pricing->contracts = contracts;
	oe_sheets_init(&pricing->sheets, &asked->question);
	if (!asked->both_modes)
		return;
	pricing->other = *asked;
	pricing->other.question.net = !asked->question.net;
	oe_sheets_init(&pricing->other_sheets, &pricing->other.question);
}

void
oe_pricing_close(OePricing *pricing)
{
	oe_sheets_close(&pricing->sheets);
	if (pricing->asked->both_modes)
		oe_sheets_close(&pricing->other_sheets);
}

void
oe_price_offers(OePricing *pricing, OeListedOffer *offers, int noffers)
{
	for (int start = 0, end; start < noffers; start = end)
	{
		end = start + 1;
		while (end < noffers && offers[end].owner.product_id == offers[start].owner.product_id)
			end++;
		price_product(pricing, &offers[start], end - start);
	}
}

/* What is read of the product's prices serves all its offers and both modes. */
static void
price_product(OePricing *pricing, OeListedOffer *offers, int noffers)
{
	const OeListingQuestion *asked = pricing->asked;
	OePriceSource source;

	oe_price_source_init(&source, pricing->reader, &asked->question, pricing->contracts, offers->owner.product_id,
						 offers->owner.abstract_product_id);
	source.whole_product = true;
	source.modes.both = asked->both_modes;
	price_in_mode(&source, asked, &pricing->sheets, offers, noffers);
	if (!asked->both_modes)
		return;
	oe_price_source_turn(&source);
	turn(offers, noffers);
	price_in_mode(&source, &pricing->other, &pricing->other_sheets, offers, noffers);
	turn(offers, noffers);
}

static void
price_in_mode(OePriceSource *source, const OeListingQuestion *asked, OeSheets *sheets, OeListedOffer *offers,
			  int noffers)
{
	for (int i = 0; i < noffers; i++)
	{
		offers[i].has_amount = false;
		if (offers[i].has_sheet)
			price_by_sheet(sheets, &offers[i]);
		else
			price_offer(source, asked, &offers[i]);
	}
}

/* Without an original amount: a sheet has sales prices only. */
static void
price_by_sheet(OeSheets *sheets, OeListedOffer *offer)
{
	OeSheetPrice price = oe_sheet_price(sheets, offer->price_sheet_id);

	if (!price.found)
		return;
	offer->has_amount = true;
	offer->amount = price.amount;
	offer->min_quantity = 1;
	offer->price_source = OE_SHEET_SOURCE;
}

/* The original amount is that of the level that the sales price comes from, or none. */
static void
price_offer(OePriceSource *source, const OeListingQuestion *asked, OeListedOffer *offer)
{
	const OeQuestion *question = &asked->question;
	OeOwnedCandidates owned;
	OePriceList list;
	OePriceChoice choice;

	oe_candidates_init(&owned, source, &offer->owner);
	list = oe_price_list(&owned.candidates, question, question->price_type, NULL);
	choice = oe_choose_price(&list, &question->policy, question->quantity, NULL);
	if (choice.row == NULL)
		return;
	offer->has_amount = true;
	offer->amount = choice.row->amount;
	offer->min_quantity = choice.row->min_quantity;
	offer->price_source = oe_price_level_name(list.level);
	if (asked->sales_price_only)
		return;

	list = oe_price_list_of_level(&owned.candidates, question, oe_original_price_type(), list.level);
	choice = oe_choose_price(&list, &question->policy, question->quantity, NULL);
	if (choice.row != NULL)
	{
		offer->has_original_amount = true;
		offer->original_amount = choice.row->amount;
	}
}

static void
turn(OeListedOffer *offers, int noffers)
{
	for (int i = 0; i < noffers; i++)
	{
		OeListedOffer *offer = &offers[i];
		bool		has_amount = offer->has_amount;
		int64		amount = offer->amount;

		offer->has_amount = offer->has_other_amount;
		offer->amount = offer->other_amount;
		offer->has_other_amount = has_amount;
		offer->other_amount = amount;
	}
}

static void
order_products(OeListing *listing)
{
	int			start = 0;

	for (int i = 0; i < listing->nproducts; i++)
	{
		oe_order_offers(&listing->offers[start], listing->ends[i] - start, false);
		start = listing->ends[i];
	}
}

void
oe_turn_listing(OeListing *listing)
{
	turn(listing->offers, listing->noffers);
	order_products(listing);
}

void
oe_price_again(OeReader *reader, const OeListingQuestion *asked, OeListing *listing)
{
	MemoryContext pricing_context = AllocSetContextCreate(CurrentMemoryContext, "offerengine pricing",
														  ALLOCSET_DEFAULT_SIZES);
	const OeContracts none = {NULL, 0, 0};
	OePricing	pricing;
	int			start = 0;

	Assert(asked->question.buyer == NULL && asked->sales_price_only && !asked->by_availability);
	oe_pricing_init(&pricing, reader, asked, &none);
	for (int i = 0; i < listing->nproducts; i++)
	{
		MemoryContext caller = MemoryContextSwitchTo(pricing_context);

		CHECK_FOR_INTERRUPTS();
		oe_price_offers(&pricing, &listing->offers[start], listing->ends[i] - start);
		start = listing->ends[i];
		MemoryContextSwitchTo(caller);
		MemoryContextReset(pricing_context);
	}
	MemoryContextDelete(pricing_context);
	oe_pricing_close(&pricing);
	order_products(listing);
}
