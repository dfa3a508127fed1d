/*
 * Prices by country: which row of a price sheet counts in a store at an instant. A sheet has one sales price for every
 * quantity and every buyer.
 */
#ifndef OE_SHEET_H
#define OE_SHEET_H

#include "nodes/execnodes.h"
#include "utils/date.h"

#include "decide/price.h"

/* price_source of what a sheet answers. */
#define OE_SHEET_SOURCE "price_sheet"

/*
 * Where the prices of sheets come from, for one question: opened at the first sheet that is asked for, so that prices
 * without a sheet pay nothing.
 */
typedef struct OeSheets
{
	const OeQuestion *question;
	MemoryContext context;		/* that of oe_sheets_init(): must outlive this */
	bool		asked;			/* what stands below is known */
	bool		probing;		/* reader is open; else the specification is asked */
	text	   *country;		/* the question's, else the store's; NULL: none */
	DateADT		day;			/* of the instant in the store */
	OeReader	reader;
} OeSheets;

typedef struct OeSheetPrice
{
	bool		found;
	int64		price_id;
	int64		amount;
} OeSheetPrice;

extern void oe_sheets_init(OeSheets *sheets, const OeQuestion *question);
extern OeSheetPrice oe_sheet_price(OeSheets *sheets, int64 price_sheet_id);
extern void oe_sheets_close(OeSheets *sheets);

/*
 * Every row of the sheet in the currency, in the order in which segments count, with what became of it, into the set
 * that explain_price() returns.
 */
extern void oe_explain_sheet(ReturnSetInfo *rsinfo, OeQuestion *question, int64 price_sheet_id);

/* The country whose price counts: the question's, else the store's default; NULL: none. */
extern text *oe_country_of_question(const OeQuestion *question);

#endif
