/*
 * What there is of an offer in a store, by probes, for whoever asks about several: view offer_store_availability states
 * the rule.
 */
#ifndef OE_FREE_H
#define OE_FREE_H

#include "utils/numeric.h"

#include "storage/probe.h"

/* The tables that are read. */
#define OE_STOCK_TABLES \
	(OE_TABLE_BIT(OE_OFFER_STORE) | OE_TABLE_BIT(OE_OFFER_STOCK) | OE_TABLE_BIT(OE_STOCK_HELD) | \
	 OE_TABLE_BIT(OE_WAREHOUSE) | OE_TABLE_BIT(OE_WAREHOUSE_STORE))

/* What there is of an offer in a store, in whole pieces. */
typedef struct OePlaces
{
	bool		is_counted;		/* some warehouse counts the offer */
	int			count;			/* places from which the store sells it */
	int64		warehouse_id;	/* of the last one */
	int64		pieces;			/* free in all of them */
} OePlaces;

typedef struct OeStock
{
	bool		is_counted;		/* some warehouse counts the offer */
	bool		never_runs_out;
	int			nplaces;		/* from which the store sells it */
	int64		warehouse_id;	/* of the last one */
	Numeric		available;		/* 0 where the offer is not in the store */
	Numeric		pieces;			/* of that what can be sold, whole ones */
} OeStock;

/* The warehouse that was asked last within one call, of one store; zeroed at first. */
typedef struct OeServing
{
	bool		is_asked;
	int64		warehouse_id;
	bool		serves;
	bool		is_known;
} OeServing;

/*
 * False: these rows do not tell, since a hold may have run out, or a warehouse has no stores of its own. Allocated in
 * the current memory context.
 */
extern bool oe_stock_of_offer(OeReader *reader, OeServing *last, Datum offer_id, Datum store, bool is_in_store,
							  OeStock *stock);

/*
 * What is free of an offer that is in the store. False: these rows do not tell, for the reasons that free_pieces() has.
 */
extern bool oe_places_of_offer(OeReader *reader, Datum offer_id, Datum store, OePlaces *places);

/* The same of an offer by its reference; false also where it is not in the store. */
extern bool oe_places_of_reference(OeReader *reader, Datum offer_reference, Datum store, OePlaces *places);

#endif
