/*
 * Loads the candidate rows of a price decision, as they are or, for an instant before now, as they were: by probes, or
 * by SQL where probing is wrong.
 */
#ifndef OE_PRICE_ROWS_H
#define OE_PRICE_ROWS_H

#include "decide/past.h"

typedef struct OeContracts
{
	OeContract *contracts;
	int			count;
	int			capacity;
} OeContracts;

/* What is priced. */
typedef struct OePriceOwner
{
	bool		is_offer;		/* else a product without an offer, and offer_id and merchant_id say nothing */
	int64		offer_id;
	int64		merchant_id;
	int64		product_id;
	int64		abstract_product_id;
} OePriceOwner;

/* Who has rows in effect beyond the reach of a scan, which left them out. */
typedef struct OeBeyond
{
	bool		known;			/* else anybody may have some */
	bool		of_product;		/* the product, or the abstract product, itself */
	int64	   *offer_ids;		/* ascending */
	int			count;
	int			capacity;
	TimestampTz at;
	bool		of_abstract;
	MemoryContext context;
} OeBeyond;

/* What was scanned already: by contract, the default rows first. */
typedef struct OePriceScans
{
	OePriceSlice *slices;
	OeLoaded   *loaded;
	OeBeyond   *beyond;
} OePriceScans;

/* Where the rows of one product come from; all its offers' candidates may share one. */
typedef struct OePriceSource
{
	OeReader   *reader;
	const OeQuestion *question;
	const OeContracts *contracts;
	int64		product_id;
	int64		abstract_product_id;
	int32		reach;			/* the quantity up to which tiers are in reach */
	bool		whole_product;	/* one range scan for the product and all its offers; else one probe an owner */
	bool		show_all;		/* contracts that do not count too, marked so */
	bool		past;			/* rows as they were */
	OeAmountModes modes;
	OePriceScans product_rows;	/* whole_product only */
	OePriceScans abstract_rows;
	bool		keeps;			/* oe_keep_versions() was asked, and the question may be asked at many instants */
	OeVersions	kept[OE_LEVEL_COUNT];
} OePriceSource;

typedef struct OeOwnedCandidates
{
	OePriceCandidates candidates;	/* first: load casts */
	OePriceSource *source;
	OePriceOwner owner;
} OeOwnedCandidates;

/*
 * Opens the reader on what oe_check_question() and loading read, price_history too where the question is about the
 * past, and on these tables. False: ask the SQL specification.
 */
extern bool oe_open_for_prices(OeReader *reader, const OeQuestion *question, uint32 tables);

/*
 * The buyer's contracts by relationship_id; none for an anonymous one. With an owner those that could count on it, else
 * all. Reads by SQL when reader is NULL.
 */
extern OeContracts oe_load_contracts(OeReader *reader, const OeQuestion *question, const OePriceOwner *owner);

/* Adds the contracts of the buyer, who is not anonymous, with this merchant; in the current memory context. */
extern void oe_add_contracts(OeContracts *contracts, OeReader *reader, const OeQuestion *question, int64 merchant_id);

extern void oe_price_source_init(OePriceSource *source, OeReader *reader, const OeQuestion *question,
								 const OeContracts *contracts, int64 product_id, int64 abstract_product_id);

/* From here on the rows of a source of both modes have their amounts in the other one. */
extern void oe_price_source_turn(OePriceSource *source);

/*
 * Of a source of whole products, for an anonymous buyer: loads all rows of the product, its offers and its abstract
 * product, in the current memory context. From then on candidates read no table. False: there are none.
 */
extern bool oe_price_source_load(OePriceSource *source);

/*
 * Of one owner, for an anonymous buyer: loads what all its rows said since an instant, in the current memory context.
 * From then on question->at may be any later instant, and candidates of this owner read no table.
 */
extern void oe_keep_versions(OePriceSource *source, const OePriceOwner *owner, TimestampTz since);

/* Candidates that load their levels when the decision asks for them. */
extern void oe_candidates_init(OeOwnedCandidates *owned, OePriceSource *source, const OePriceOwner *owner);

/* All candidates at once as they were at question->at, contracts that do not count included. */
extern void oe_load_candidates_by_sql(OePriceCandidates *candidates, const OeQuestion *question,
									  const OePriceOwner *owner, const OeContracts *contracts);

#endif
