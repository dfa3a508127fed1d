/*
 * The SQL specification, asked through SPI as the schema's owner: where decisions step aside to when probing would be
 * wrong, and where they get what is not worth probing for.
 */
#ifndef OE_SPEC_H
#define OE_SPEC_H

#include "nodes/execnodes.h"

typedef enum OeSpecQuery
{
	OE_SPEC_STORE,				/* (store) -> price_inheritance, contract_price_policy, contract_scope */
	OE_SPEC_CURRENCY,			/* (currency, store) -> when known, whether the store carries it */
	OE_SPEC_PRICE_TYPE,			/* (price_type) -> one row when known */
	OE_SPEC_COUNTRY,			/* (country) -> one row when known */
	OE_SPEC_OFFER_IS_VISIBLE,	/* (offer_reference, store, at) -> boolean */
	OE_SPEC_RESOLVE_PRICE,		/* arguments of resolve_price -> price_result */
	OE_SPEC_RESOLVE_PRODUCT_PRICE,	/* arguments of resolve_product_price -> price_result */
	OE_SPEC_PRICE_LADDER,		/* arguments of price_ladder -> price_tier */
	OE_SPEC_LIST_OFFERS,		/* arguments of list_offers -> offer_listing */
	OE_SPEC_RANK_PRODUCTS,		/* arguments of rank_products -> ranked_product */
	OE_SPEC_DEFAULT_OFFER,		/* arguments of default_offer -> offer_listing */
	OE_SPEC_OFFER,				/* (offer_reference) -> offer_id, product_id, abstract_product_id, merchant_id, and the
								 * price sheet that prices it */
	OE_SPEC_OFFER_FACTS,		/* (offer_reference, store) -> OeOfferFacts in its order */
	OE_SPEC_CONTRACTS,			/* (buyer) -> relationship id, key, merchant id, active, approved, by id */
	OE_SPEC_PRICE_ROWS,			/* (offer_id, product_id, abstract_product_id, store, currency, at, relationship ids)
								 * -> price rows as they were at the instant, in the order that choosing wants */
	OE_SPEC_SHEET_PRICE,		/* (price_sheet_id, store, currency, mode, country, price_type, at) -> id, amount */
	OE_SPEC_SHEET_ROWS,			/* (price_sheet_id, store, currency, country) -> all rows of the sheet, segments in the
								 * order in which they count, everywhere last; the newest of each last */
	OE_SPEC_SUSPENSION,			/* (merchant_id) -> decided_by, acting_user, decided_at, reason of the suspension that
								 * lasts */
	OE_SPEC_STORE_CALENDAR,		/* (store) -> time_zone, default_country */
	OE_SPEC_AVAILABILITY,		/* (offer ids, store) -> offer_id, available, is_never_out_of_stock, pieces, by
								 * offer_id */
	OE_SPEC_NEXT_STEPS,			/* (offer ids, store, currency, mode, country, at) -> offer_id, amount, first day, by
								 * offer_id, of those that have a second step */
	OE_SPEC_REDIRECT_OFFER,		/* arguments of redirect_offer -> redirect_result */
	OE_SPEC_ADVANTAGE_PIECES,	/* (customer, advantage offer_id, at) -> how many of it the customer has running */
	OE_SPEC_OFFER_DETAILS,		/* arguments of offer_details -> offer_detail, when visible */
	OE_SPEC_MERCHANT_PROFILE,	/* (merchant_reference) -> merchant_profile, when approved and active */
	OE_SPEC_LOWEST_PRIOR_PRICE, /* arguments of lowest_prior_price -> amount */
	OE_SPEC_LOWEST_PRIOR_PRICES,	/* arguments of lowest_prior_prices -> prior_price */
	OE_SPEC_PRICE_CHANGES,		/* (offer_reference, store, currency, at) -> instants up to at, the last first */
	OE_SPEC_DAYS_BEFORE,		/* (store, instant, days) -> the instant so many calendar days before */
	OE_SPEC_SEARCH_OFFERS,		/* arguments of search_offers -> offer_search_hit */
	OE_SPEC_SEARCH_EXACT,		/* (term, store, merchant references, at) -> search_hit */
	OE_SPEC_SEARCH_WORDS,		/* (term, beginnings) -> tsquery that a name must fulfil; NULL: no words */
	OE_SPEC_MERCHANT_IDS,		/* (merchant references) -> bigint[] */
	OE_SPEC_CHECKOUT_ALLOWED,	/* (offer_id) -> boolean */
	OE_SPEC_RESOLVE_PRICES,		/* arguments of resolve_prices -> cart_price, in the order asked, without detail */
	OE_SPEC_SOLD_OFFERS,		/* arguments of sold_offers -> sold_offer, in the order asked */
	OE_SPEC_OPERATION_ALLOWED,	/* (offer_reference, operation, channel) -> operation_answer */
	OE_SPEC_ASSERT_OPERATION,	/* likewise -> one row, or an error */
	OE_SPEC_STORES,				/* nothing -> store_entry, each store */
	OE_SPEC_CURRENCIES,			/* (store) -> currency_entry, each it carries */
	OE_SPEC_PRICE_TYPES,		/* nothing -> price_type_entry, each type */
	OE_SPEC_QUERY_COUNT
} OeSpecQuery;

typedef struct OeSpecResult
{
	int			nrows;
	int			ncolumns;
	Datum	   *values;			/* row after row, ncolumns each; in the caller's memory context */
	bool	   *isnull;
} OeSpecResult;

/*
 * Runs the query under the caller's snapshot, as the owner of the schema, with a kept plan. nulls as SPI has them:
 * 'n' for NULL, or no array when nothing is. The result is allocated in the current memory context.
 */
extern OeSpecResult *oe_spec_query(OeSpecQuery query, Datum *arguments, const char *nulls);

/* Puts every row of the result into the set that the function returns. */
extern void oe_spec_put(ReturnSetInfo *rsinfo, const OeSpecResult *result);

#endif
