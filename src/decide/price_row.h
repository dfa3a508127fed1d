/*
 * One row of a price decision, read from price or from price_history, and the order in which rows stand.
 */
#ifndef OE_PRICE_ROW_H
#define OE_PRICE_ROW_H

#include "decide/price.h"

typedef struct OeRowBuffer
{
	OePriceRow *rows;
	int			nrows;
	int			capacity;
} OeRowBuffer;

/* Which amounts a row is read with. */
typedef struct OeAmountModes
{
	bool		net;			/* amount; else gross */
	bool		both;			/* other_amount, too */
} OeAmountModes;

/* Where price and price_history have what is read of a row. */
typedef struct OePriceColumns
{
	OeColumn	price_id;
	OeColumn	offer_id;
	OeColumn	row_type;
	OeColumn	min_quantity;
	OeColumn	net_amount;
	OeColumn	gross_amount;
	OeColumn	valid_from;
	OeColumn	valid_to;
} OePriceColumns;

extern const OePriceColumns oe_columns_of_price;
extern const OePriceColumns oe_columns_of_history;

/* Room for one row more. */
extern OePriceRow *oe_next_row(OeRowBuffer *buffer);

/* What the probe stands on. before: the row read before, with the same texts, or NULL. */
extern void oe_read_price_row(OePriceRow *row, const OePriceRow *before, const OeQuestion *question,
							  OeAmountModes modes, const OeContract *contract, OeProbe *probe,
							  const OePriceColumns *columns);

/*
 * Of rows of one contract, as the indexes of price order them: by offer, the product's own last, by type, quantity and
 * window.
 */
extern int	oe_compare_price_rows(const void *a, const void *b);

#endif
