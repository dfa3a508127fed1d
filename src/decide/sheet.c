/*
 * Answers which row of a price sheet is the price.
 *
 * In this order: of the rows of one segment, and of those for everywhere, the latest that has begun; of those that are
 * left the one whose segment contains the country, by priority, then by age; else the one for everywhere. That row
 * counts, even if it has no amount in the mode.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "arithmetic/calendar.h"
#include "decide/sheet.h"
#include "decide/spec.h"
#include "storage/answer.h"
#include "storage/grow.h"
#include "storage/parameters.h"
#include "storage/texts.h"

/* The tables that are probed. */
#define SHEET_TABLES \
	(OE_TABLE_BIT(OE_STORE) | OE_TABLE_BIT(OE_SHEET_PRICE) | OE_TABLE_BIT(OE_SEGMENT) | \
	 OE_TABLE_BIT(OE_SEGMENT_COUNTRY))

typedef struct SheetRow
{
	int64		price_id;
	bool		everywhere;		/* else of segment_id */
	int64		segment_id;
	text	   *segment;		/* its code, for explanations, empty where it has none; else NULL */
	int32		priority;
	bool		has_country;	/* the segment contains the country; of everywhere false */
	bool		has_amount;		/* in the wanted mode */
	int64		amount;
	DateADT		valid_from;
	TimestampTz first_instant;	/* for explanations */
} SheetRow;

/* Rows that differ in valid_from alone stand side by side, the latest last. */
typedef struct SheetRows
{
	SheetRow   *rows;
	int			nrows;
	int			capacity;
} SheetRows;

static void ask(OeSheets *sheets);
static void learn_calendar(OeSheets *sheets);
static void load_newest(OeSheets *sheets, int64 price_sheet_id, SheetRows *rows);
static void look_up_segments(OeSheets *sheets, SheetRows *rows);
static SheetRow *row_of_segment(SheetRows *rows, bool everywhere, int64 segment_id);
static SheetRow *add_row(SheetRows *rows);
static OeSheetPrice ask_specification(OeSheets *sheets, int64 price_sheet_id);
static const SheetRow *choose_row(const SheetRows *rows, const OeSheets *sheets, OeTrace *trace);
static bool goes_before(const SheetRow *row, const SheetRow *best);
static void note_not_used(const SheetRows *rows, const SheetRow *row, const SheetRow *best, const text *country,
						  OeTrace *trace);
static SheetRows load_all(const OeSheets *sheets, int64 price_sheet_id);
static void put_row(ReturnSetInfo *rsinfo, int step, const SheetRow *row, const OeFinding *finding);

void
oe_sheets_init(OeSheets *sheets, const OeQuestion *question)
{
	sheets->question = question;
	sheets->context = CurrentMemoryContext;
	sheets->asked = false;
	sheets->probing = false;
}

void
oe_sheets_close(OeSheets *sheets)
{
	if (sheets->probing)
		oe_reader_close(&sheets->reader);
	sheets->probing = false;
}

OeSheetPrice
oe_sheet_price(OeSheets *sheets, int64 price_sheet_id)
{
	OeSheetPrice price = {false};
	SheetRows	rows = {NULL, 0, 0};
	const SheetRow *row;

	if (!oe_same_text(sheets->question->price_type, oe_default_price_type()))
		return price;
	if (!sheets->asked)
		ask(sheets);
	if (!sheets->probing)
		return ask_specification(sheets, price_sheet_id);

	load_newest(sheets, price_sheet_id, &rows);
	look_up_segments(sheets, &rows);
	row = choose_row(&rows, sheets, NULL);
	if (row != NULL && row->has_amount)
	{
		price.found = true;
		price.price_id = row->price_id;
		price.amount = row->amount;
	}
	return price;
}

/* Opens the reader, and learns which day it is in the store and which country counts. */
static void
ask(OeSheets *sheets)
{
	const OeQuestion *question = sheets->question;
	MemoryContext caller = MemoryContextSwitchTo(sheets->context);

	sheets->asked = true;
	sheets->probing = oe_reader_open(&sheets->reader, SHEET_TABLES);
	if (sheets->probing)
	{
		OeProbe    *store = oe_probe_fetch(&sheets->reader, OE_BY_STORE, PointerGetDatum(question->store));

		oe_check_store_known(store != NULL, question->store);
		sheets->day = oe_local_date(question->at, text_to_cstring(oe_probe_text(store, OE_STORE_TIME_ZONE)));
		sheets->country = question->country != NULL ? question->country :
			oe_probe_text(store, OE_STORE_DEFAULT_COUNTRY);
	}
	MemoryContextSwitchTo(caller);
}

/* Day and country by SQL. */
static void
learn_calendar(OeSheets *sheets)
{
	const OeQuestion *question = sheets->question;
	Datum		store = PointerGetDatum(question->store);
	OeSpecResult *calendar = oe_spec_query(OE_SPEC_STORE_CALENDAR, &store, NULL);

	sheets->day = oe_local_date(question->at, TextDatumGetCString(calendar->values[0]));
	sheets->country = question->country;
	if (question->country == NULL && !calendar->isnull[1])
		sheets->country = DatumGetTextPP(calendar->values[1]);
}

/* Of each segment, and of everywhere, the latest row that has begun. */
static void
load_newest(OeSheets *sheets, int64 price_sheet_id, SheetRows *rows)
{
	const OeQuestion *question = sheets->question;
	OeColumn	amount_column = question->net ? OE_SHEET_PRICE_NET_AMOUNT : OE_SHEET_PRICE_GROSS_AMOUNT;
	NullableDatum keys[3] = {
		{Int64GetDatum(price_sheet_id), false},
		{PointerGetDatum(question->currency), false},
		{DateADTGetDatum(sheets->day), false}
	};
	OeProbe    *probe = oe_probe_seek(&sheets->reader, OE_PRICES_OF_SHEET_BEGUN, keys);

	while (oe_probe_next(probe))
	{
		bool		isnull;
		Datum		value = oe_probe_column(probe, OE_SHEET_PRICE_SEGMENT_ID, &isnull);
		bool		everywhere = isnull;
		int64		segment_id = isnull ? 0 : DatumGetInt64(value);
		DateADT		valid_from = DatumGetDateADT(oe_probe_value(probe, OE_SHEET_PRICE_VALID_FROM));
		SheetRow   *row = row_of_segment(rows, everywhere, segment_id);

		CHECK_FOR_INTERRUPTS();
		if (row == NULL)
			row = add_row(rows);
		else if (valid_from < row->valid_from)
			continue;
		row->everywhere = everywhere;
		row->segment_id = segment_id;
		row->price_id = DatumGetInt64(oe_probe_value(probe, OE_SHEET_PRICE_ID));
		value = oe_probe_column(probe, amount_column, &isnull);
		row->has_amount = !isnull;
		row->amount = isnull ? 0 : DatumGetInt64(value);
		row->valid_from = valid_from;
	}
}

static bool
is_of_segment(const SheetRow *row, bool everywhere, int64 segment_id)
{
	return everywhere ? row->everywhere : !row->everywhere && row->segment_id == segment_id;
}

/* The scan has the rows of a segment side by side, so nearly always the last one or none. */
static SheetRow *
row_of_segment(SheetRows *rows, bool everywhere, int64 segment_id)
{
	for (int i = rows->nrows - 1; i >= 0; i--)
		if (is_of_segment(&rows->rows[i], everywhere, segment_id))
			return &rows->rows[i];
	return NULL;
}

static void
look_up_segments(OeSheets *sheets, SheetRows *rows)
{
	for (int i = 0; i < rows->nrows; i++)
	{
		SheetRow   *row = &rows->rows[i];
		OeProbe    *segment;

		if (row->everywhere || sheets->country == NULL ||
			oe_probe_fetch2(&sheets->reader, OE_BY_SEGMENT_AND_COUNTRY, Int64GetDatum(row->segment_id),
							PointerGetDatum(sheets->country)) == NULL)
			continue;
		segment = oe_probe_fetch(&sheets->reader, OE_BY_SEGMENT, Int64GetDatum(row->segment_id));
		row->has_country = segment != NULL;
		if (segment != NULL)
			row->priority = DatumGetInt32(oe_probe_value(segment, OE_SEGMENT_PRIORITY));
	}
}

static SheetRow *
add_row(SheetRows *rows)
{
	OE_GROW(rows->rows, rows->nrows, rows->capacity);
	memset(&rows->rows[rows->nrows], 0, sizeof(SheetRow));
	return &rows->rows[rows->nrows++];
}

static OeSheetPrice
ask_specification(OeSheets *sheets, int64 price_sheet_id)
{
	const OeQuestion *question = sheets->question;
	OeParameters arguments = {0};
	OeSpecResult *result;
	OeSheetPrice price = {0};

	oe_add_value(&arguments, Int64GetDatum(price_sheet_id));
	oe_add_place(&arguments, question);
	oe_add_text(&arguments, question->country);
	oe_add_text(&arguments, question->price_type);
	oe_add_value(&arguments, TimestampTzGetDatum(question->at));
	result = oe_spec_query(OE_SPEC_SHEET_PRICE, arguments.values, arguments.nulls);
	price.found = result->nrows > 0;
	if (price.found)
	{
		price.price_id = DatumGetInt64(result->values[0]);
		price.amount = DatumGetInt64(result->values[1]);
	}
	return price;
}

/* NULL: no row counts for the country. With a trace, says of every row what became of it. */
static const SheetRow *
choose_row(const SheetRows *rows, const OeSheets *sheets, OeTrace *trace)
{
	DateADT		day = sheets->day;
	const SheetRow *best = NULL;
	bool	   *newest = palloc0(sizeof(bool) * Max(1, rows->nrows));

	for (int i = 0; i < rows->nrows; i++)
	{
		const SheetRow *row = &rows->rows[i];
		const SheetRow *next = NULL;

		if (i + 1 < rows->nrows && is_of_segment(&row[1], row->everywhere, row->segment_id))
			next = &row[1];
		if (row->valid_from > day)
		{
			if (trace != NULL)
				oe_trace_note(trace, i, "other_window", false, "%s, asked for %s",
							  oe_format_local_window(row->first_instant, DT_NOEND, trace->zone),
							  oe_format_local_instant(sheets->question->at, trace->zone));
			continue;
		}
		if (next != NULL && next->valid_from <= day)
		{
			if (trace != NULL)
				oe_trace_note(trace, i, "superseded", false, "a later price of the same countries is valid from %s",
							  oe_format_local_instant(next->first_instant, trace->zone));
			continue;
		}
		newest[i] = true;
		if ((row->everywhere || row->has_country) && (best == NULL || goes_before(row, best)))
			best = row;
	}

	if (trace == NULL)
		return best;
	for (int i = 0; i < rows->nrows; i++)
		if (newest[i] && &rows->rows[i] != best)
			note_not_used(rows, &rows->rows[i], best, sheets->country, trace);
	if (best != NULL && best->has_amount)
		oe_trace_note(trace, best - rows->rows, "chosen", true, NULL);
	else if (best != NULL)
		oe_trace_note(trace, best - rows->rows, "no_amount_in_mode", false, "no %s amount",
					  oe_price_mode_name(sheets->question));
	return best;
}

/* Both count for the country: a segment before everywhere, then the smaller priority, then the older segment. */
static bool
goes_before(const SheetRow *row, const SheetRow *best)
{
	if (row->everywhere != best->everywhere)
		return best->everywhere;
	if (row->priority != best->priority)
		return row->priority < best->priority;
	return row->segment_id < best->segment_id;
}

static void
note_not_used(const SheetRows *rows, const SheetRow *row, const SheetRow *best, const text *country, OeTrace *trace)
{
	int			number = row - rows->rows;
	const char *segment = row->everywhere ? "" : text_to_cstring(row->segment);
	const char *winner = best == NULL || best->everywhere ? "" : text_to_cstring(best->segment);

	if (row->everywhere)
		oe_trace_note(trace, number, "level_not_used", false,
					  "segment \"%s\" contains country %s and goes before everywhere", winner,
					  text_to_cstring(country));
	else if (country == NULL)
		oe_trace_note(trace, number, "level_not_used", false, "segment \"%s\" counts for countries, and none is named",
					  segment);
	else if (!row->has_country)
		oe_trace_note(trace, number, "level_not_used", false, "segment \"%s\" does not contain country %s",
					  segment, text_to_cstring(country));
	else if (row->priority != best->priority)
		oe_trace_note(trace, number, "level_not_used", false, "segment \"%s\" goes first: its priority is %d, not %d",
					  winner, best->priority, row->priority);
	else
		oe_trace_note(trace, number, "level_not_used", false, "segment \"%s\" of the same priority %d is older",
					  winner, best->priority);
}

void
oe_explain_sheet(ReturnSetInfo *rsinfo, OeQuestion *question, int64 price_sheet_id)
{
	OeSheets	sheets;
	SheetRows	rows;
	OeTrace    *trace;

	oe_sheets_init(&sheets, question);
	learn_calendar(&sheets);
	rows = load_all(&sheets, price_sheet_id);
	trace = oe_trace_create(rows.nrows, oe_zone_of_question(question));
	if (oe_same_text(question->price_type, oe_default_price_type()))
		(void) choose_row(&rows, &sheets, trace);
	else
		for (int i = 0; i < rows.nrows; i++)
			oe_trace_note(trace, i, "other_type", false, "asked for type %s, and a price sheet has sales prices only",
						  text_to_cstring(question->price_type));
	for (int i = 0; i < rows.nrows; i++)
		put_row(rsinfo, i + 1, &rows.rows[i], &trace->findings[i]);
}

text *
oe_country_of_question(const OeQuestion *question)
{
	OeSheets	sheets;

	oe_sheets_init(&sheets, question);
	learn_calendar(&sheets);
	return sheets.country;
}

/* By SQL whatever the path: explanations are asked by people. */
static SheetRows
load_all(const OeSheets *sheets, int64 price_sheet_id)
{
	const OeQuestion *question = sheets->question;
	OeParameters arguments = {0};
	OeSpecResult *result;
	SheetRows	rows = {NULL, 0, 0};

	oe_add_value(&arguments, Int64GetDatum(price_sheet_id));
	oe_add_text(&arguments, question->store);
	oe_add_text(&arguments, question->currency);
	oe_add_text(&arguments, sheets->country);
	result = oe_spec_query(OE_SPEC_SHEET_ROWS, arguments.values, arguments.nulls);
	for (int i = 0; i < result->nrows; i++)
	{
		Datum	   *values = &result->values[i * result->ncolumns];
		bool	   *isnull = &result->isnull[i * result->ncolumns];
		int			amount = question->net ? 5 : 6;
		SheetRow   *row = add_row(&rows);

		row->price_id = DatumGetInt64(values[0]);
		row->everywhere = isnull[1];
		row->segment_id = isnull[1] ? 0 : DatumGetInt64(values[1]);
		row->segment = isnull[2] ? cstring_to_text("") : DatumGetTextPP(values[2]);
		row->priority = isnull[3] ? 0 : DatumGetInt32(values[3]);
		row->has_country = DatumGetBool(values[4]);
		row->has_amount = !isnull[amount];
		row->amount = isnull[amount] ? 0 : DatumGetInt64(values[amount]);
		row->valid_from = DatumGetDateADT(values[7]);
		row->first_instant = DatumGetTimestampTz(values[8]);
	}
	return rows;
}

static void
put_row(ReturnSetInfo *rsinfo, int step, const SheetRow *row, const OeFinding *finding)
{
	Datum		values[11] = {0};
	bool		isnull[11] = {false};

	values[0] = Int32GetDatum(step);
	values[1] = CStringGetTextDatum(OE_SHEET_SOURCE);
	values[2] = Int64GetDatum(row->price_id);
	isnull[3] = true;
	values[4] = PointerGetDatum(oe_default_price_type());
	values[5] = Int32GetDatum(1);
	isnull[6] = !row->has_amount;
	values[6] = Int64GetDatum(row->amount);
	isnull[7] = row->first_instant == DT_NOBEGIN;
	values[7] = TimestampTzGetDatum(row->first_instant);
	isnull[8] = true;
	values[9] = CStringGetTextDatum(finding->outcome);
	isnull[10] = finding->detail == NULL;
	if (finding->detail != NULL)
		values[10] = CStringGetTextDatum(finding->detail);
	oe_put_answer(rsinfo, values, isnull);
}
