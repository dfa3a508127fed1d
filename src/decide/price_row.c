/*
 * Reads one row of a price decision.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "decide/price_row.h"
#include "storage/compare.h"
#include "storage/grow.h"
#include "storage/texts.h"

const OePriceColumns oe_columns_of_price = {
	OE_PRICE_ID, OE_PRICE_OFFER_ID, OE_PRICE_ROW_TYPE, OE_PRICE_MIN_QUANTITY, OE_PRICE_NET_AMOUNT,
	OE_PRICE_GROSS_AMOUNT, OE_PRICE_VALID_FROM, OE_PRICE_VALID_TO
};
const OePriceColumns oe_columns_of_history = {
	OE_HISTORY_PRICE_ID, OE_HISTORY_OFFER_ID, OE_HISTORY_ROW_TYPE, OE_HISTORY_MIN_QUANTITY, OE_HISTORY_NET_AMOUNT,
	OE_HISTORY_GROSS_AMOUNT, OE_HISTORY_VALID_FROM, OE_HISTORY_VALID_TO
};

static text *shared_type(const OeQuestion *question, const OePriceRow *before, text *price_type);

OePriceRow *
oe_next_row(OeRowBuffer *buffer)
{
	OePriceRow *row;

	OE_GROW(buffer->rows, buffer->nrows, buffer->capacity);
	row = &buffer->rows[buffer->nrows++];
	row->number = 0;
	return row;
}

void
oe_read_price_row(OePriceRow *row, const OePriceRow *before, const OeQuestion *question, OeAmountModes modes,
				  const OeContract *contract, OeProbe *probe, const OePriceColumns *columns)
{
	bool		isnull;
	Datum		value = oe_probe_column(probe, columns->offer_id, &isnull);

	row->price_id = DatumGetInt64(oe_probe_value(probe, columns->price_id));
	row->of_offer = !isnull;
	row->offer_id = isnull ? 0 : DatumGetInt64(value);
	row->contract = contract;
	row->price_type = shared_type(question, before, DatumGetTextPP(oe_probe_value(probe, columns->row_type)));
	row->min_quantity = DatumGetInt32(oe_probe_value(probe, columns->min_quantity));
	value = oe_probe_column(probe, modes.net ? columns->net_amount : columns->gross_amount, &isnull);
	row->has_amount = !isnull;
	row->amount = isnull ? 0 : DatumGetInt64(value);
	if (modes.both)
	{
		value = oe_probe_column(probe, modes.net ? columns->gross_amount : columns->net_amount, &isnull);
		row->has_other_amount = !isnull;
		row->other_amount = isnull ? 0 : DatumGetInt64(value);
	}
	row->valid_from = DatumGetTimestampTz(oe_probe_value(probe, columns->valid_from));
	row->valid_to = DatumGetTimestampTz(oe_probe_value(probe, columns->valid_to));
}

/* Nearly all rows are of the asked type or of that of the row before: one text for all of them. */
static text *
shared_type(const OeQuestion *question, const OePriceRow *before, text *price_type)
{
	if (oe_same_text(price_type, question->price_type))
		return question->price_type;
	if (before != NULL && oe_same_text(price_type, before->price_type))
		return before->price_type;
	return DatumGetTextPCopy(PointerGetDatum(price_type));
}

int
oe_compare_price_rows(const void *a, const void *b)
{
	const OePriceRow *x = a;
	const OePriceRow *y = b;
	int			order = OE_COMPARE(y->of_offer, x->of_offer);

	if (order == 0)
		order = OE_COMPARE(x->offer_id, y->offer_id);
	if (order == 0)
		order = oe_compare_texts(x->price_type, y->price_type);
	if (order == 0)
		order = OE_COMPARE(x->min_quantity, y->min_quantity);
	if (order == 0)
		order = OE_COMPARE(x->valid_from, y->valid_from);
	if (order == 0)
		order = OE_COMPARE(x->valid_to, y->valid_to);
	return order == 0 ? OE_COMPARE(x->price_id, y->price_id) : order;
}
