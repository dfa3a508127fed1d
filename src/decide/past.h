/*
 * Price rows as they were: what price_history tells of them, and the rows of price that were not changed since.
 */
#ifndef OE_PAST_H
#define OE_PAST_H

#include "decide/price_row.h"

/* Which rows: the first four keys of the path, and of which owner. */
typedef struct OePastKey
{
	OePath		path;			/* of the rows as they are */
	const NullableDatum *keys;	/* its keys: product or abstract product, store, currency, relationship, ... */
	bool		of_abstract;	/* no offer has such rows */
	bool		whole_product;	/* of all the product's offers, too; offer_id is NULL then */
	NullableDatum offer_id;		/* NULL: the product's own rows */
	const OeContract *contract; /* of all these rows */
	OeAmountModes modes;
} OePastKey;

typedef struct OeVersion
{
	OePriceRow	row;
	TimestampTz until;			/* the first instant at which it said something else; DT_NOEND: it says so still */
	bool		is_of_key;		/* else a row that had another owner then, or another contract, store or currency */
	int			place;			/* of changes at one instant the first counts */
} OeVersion;

/* By price_id, then by time. */
typedef struct OeVersions
{
	OeVersion  *items;
	int			count;
	int			capacity;
	int		   *starts;			/* where each price_id begins, and the end: nprices + 1 */
	int			nprices;
} OeVersions;

/*
 * What every row that ever was of the key said at an instant, and, unless first_only, at all later ones. In the current
 * memory context. One step in an index for each row that there ever was, and for each version.
 */
extern OeVersions oe_load_versions(OeReader *reader, const OeQuestion *question, const OePastKey *key,
								   TimestampTz since, bool first_only);

/* The rows of the key as they were at an instant, not before that of loading; DT_NOEND: as they are. Not in order. */
extern OeRowBuffer oe_rows_at(const OeVersions *versions, TimestampTz at);

#endif
