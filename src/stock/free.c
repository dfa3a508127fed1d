/*
 * How many pieces of an offer are free in a store, for the crowd that is told that it is sold out: view stock_place and
 * function stock_shares() state the rule, this reads the rows that are enough for nearly everybody, and says so where
 * they are not.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "stock/free.h"
#include "storage/ids.h"

/* More than any line wants. */
#define PLENTY PG_INT32_MAX

static Datum free_pieces(FunctionCallInfo fcinfo, OePath path, Datum key);
static bool find_places(OePath path, Datum key, Datum store, OePlaces *places);
static bool read_places(OeReader *reader, OeServing *last, OePath path, Datum key, Datum store, OePlaces *places);
static bool add_places(OeReader *reader, OeServing *last, Datum offer_id, Datum store, OePlaces *places);
static void ask_serving(OeReader *reader, OeServing *last, Datum warehouse_id, Datum store);
static bool serves(OeReader *reader, Datum warehouse_id, Datum store, bool *is_known);
static bool promised(OeReader *reader, Datum offer_id, Datum warehouse_id, int64 *held);
static Datum unpromised(OeProbe *stock, int64 held);
static int64 whole_pieces(OeProbe *stock, int64 held);
static Datum zero_if_below(Datum number);

PG_FUNCTION_INFO_V1(oe_free_pieces);
Datum
oe_free_pieces(PG_FUNCTION_ARGS)
{
	return free_pieces(fcinfo, OE_BY_OFFER_AND_STORE, PG_GETARG_DATUM(0));
}

PG_FUNCTION_INFO_V1(oe_free_pieces_of_reference);
Datum
oe_free_pieces_of_reference(PG_FUNCTION_ARGS)
{
	return free_pieces(fcinfo, OE_BY_OFFER_REFERENCE_AND_STORE, PointerGetDatum(PG_GETARG_TEXT_PP(0)));
}

static Datum
free_pieces(FunctionCallInfo fcinfo, OePath path, Datum key)
{
	OePlaces	places;

	if (!find_places(path, key, PointerGetDatum(PG_GETARG_TEXT_PP(1)), &places))
		PG_RETURN_NULL();
	PG_RETURN_INT64(places.pieces);
}

/* Where there is one place only, and it has the pieces, nobody need choose. */
PG_FUNCTION_INFO_V1(oe_only_place);
Datum
oe_only_place(PG_FUNCTION_ARGS)
{
	OePlaces	places;

	if (!find_places(OE_BY_OFFER_AND_STORE, PG_GETARG_DATUM(0), PointerGetDatum(PG_GETARG_TEXT_PP(1)), &places) ||
		places.count != 1 || places.pieces < PG_GETARG_INT32(2))
		PG_RETURN_NULL();
	PG_RETURN_INT64(places.warehouse_id);
}

/* The same of many offers, each wanted so often. */
PG_FUNCTION_INFO_V1(oe_only_places);
Datum
oe_only_places(PG_FUNCTION_ARGS)
{
	OeIds		offers = oe_ids_from_array(PG_GETARG_DATUM(0));
	Datum		store = PointerGetDatum(PG_GETARG_TEXT_PP(1));
	OeIds		found = {0};
	OeReader	reader;
	OeServing	serving = {0};
	Datum	   *wanted;
	bool	   *isnull;
	int			nwanted;
	bool		is_known;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), INT4OID, sizeof(int32), true, TYPALIGN_INT, &wanted, &isnull, &nwanted);
	is_known = nwanted == offers.count && oe_reader_open(&reader, OE_STOCK_TABLES);
	if (!is_known)
		PG_RETURN_NULL();
	for (int i = 0; i < nwanted && is_known; i++)
	{
		OePlaces	places;

		CHECK_FOR_INTERRUPTS();
		is_known = !isnull[i] &&
			read_places(&reader, &serving, OE_BY_OFFER_AND_STORE, offers.values[i], store, &places) &&
			places.count == 1 && places.pieces >= DatumGetInt32(wanted[i]);
		if (is_known)
			oe_ids_add(&found, places.warehouse_id);
	}
	oe_reader_close(&reader);
	if (!is_known)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(oe_ids_array(&found));
}

/* False: these rows do not tell. Whether there are such an offer and store is asked elsewhere. */
static bool
find_places(OePath path, Datum key, Datum store, OePlaces *places)
{
	OeReader	reader;
	OeServing	serving = {0};
	bool		is_known;

	if (!oe_reader_open(&reader, OE_STOCK_TABLES))
		return false;
	is_known = read_places(&reader, &serving, path, key, store, places);
	oe_reader_close(&reader);
	return is_known;
}

static bool
read_places(OeReader *reader, OeServing *last, OePath path, Datum key, Datum store, OePlaces *places)
{
	OeProbe    *offer = oe_probe_fetch2(reader, path, key, store);

	return offer != NULL && add_places(reader, last, oe_probe_value(offer, OE_OFFER_STORE_OFFER_ID), store, places);
}

bool
oe_places_of_reference(OeReader *reader, Datum offer_reference, Datum store, OePlaces *places)
{
	OeServing	serving = {0};

	return read_places(reader, &serving, OE_BY_OFFER_REFERENCE_AND_STORE, offer_reference, store, places);
}

bool
oe_places_of_offer(OeReader *reader, Datum offer_id, Datum store, OePlaces *places)
{
	OeServing	serving = {0};

	return add_places(reader, &serving, offer_id, store, places);
}

/* Sums up the places of the offer; false: these rows do not tell. */
static bool
add_places(OeReader *reader, OeServing *last, Datum offer_id, Datum store, OePlaces *places)
{
	NullableDatum key = {offer_id, false};
	OeProbe    *stock = oe_probe_seek(reader, OE_STOCK_OF_OFFER, &key);

	memset(places, 0, sizeof(OePlaces));
	while (oe_probe_next(stock))
	{
		Datum		warehouse_id = oe_probe_value(stock, OE_OFFER_STOCK_WAREHOUSE_ID);
		int64		held;

		places->is_counted = true;
		ask_serving(reader, last, warehouse_id, store);
		if (!last->is_known)
			return false;
		if (!last->serves)
			continue;
		if (DatumGetBool(oe_probe_value(stock, OE_OFFER_STOCK_IS_NEVER_OUT_OF_STOCK)) ||
			!promised(reader, offer_id, warehouse_id, &held))
			return false;
		places->count++;
		places->warehouse_id = DatumGetInt64(warehouse_id);
		places->pieces += whole_pieces(stock, held);
		if (places->pieces >= PLENTY)
			return false;
	}
	return true;
}

/* The offers of a cart are mostly in one warehouse. */
static void
ask_serving(OeReader *reader, OeServing *last, Datum warehouse_id, Datum store)
{
	if (last->is_asked && last->warehouse_id == DatumGetInt64(warehouse_id))
		return;
	last->serves = serves(reader, warehouse_id, store, &last->is_known);
	last->warehouse_id = DatumGetInt64(warehouse_id);
	last->is_asked = true;
}

/* Whether the warehouse is active and serves the store. Not known: it has no stores of its own. */
static bool
serves(OeReader *reader, Datum warehouse_id, Datum store, bool *is_known)
{
	OeProbe    *warehouse = oe_probe_fetch(reader, OE_BY_WAREHOUSE, warehouse_id);
	NullableDatum key = {warehouse_id, false};

	*is_known = true;
	if (warehouse == NULL || !DatumGetBool(oe_probe_value(warehouse, OE_WAREHOUSE_IS_ACTIVE)))
		return false;
	if (oe_probe_fetch2(reader, OE_BY_WAREHOUSE_AND_STORE, warehouse_id, store) != NULL)
		return true;
	*is_known = oe_probe_next(oe_probe_seek(reader, OE_STORES_OF_WAREHOUSE, &key));
	return false;
}

/* What is promised of the place; false: a part of it may have run out. */
static bool
promised(OeReader *reader, Datum offer_id, Datum warehouse_id, int64 *held)
{
	OeProbe    *place = oe_probe_fetch2_newest(reader, OE_BY_OFFER_AND_WAREHOUSE, offer_id, warehouse_id);
	Datum		next_expiry;
	bool		isnull;

	*held = 0;
	if (place == NULL)
		return true;
	*held = DatumGetInt64(oe_probe_value(place, OE_STOCK_HELD_HELD));
	next_expiry = oe_probe_column(place, OE_STOCK_HELD_NEXT_EXPIRY, &isnull);
	return isnull || DatumGetTimestampTz(next_expiry) > GetCurrentTimestamp();
}

/* What the place has and neither keeps back nor has promised; below 0 where more is. */
static Datum
unpromised(OeProbe *stock, int64 held)
{
	Datum		pieces = oe_probe_value(stock, OE_OFFER_STOCK_QUANTITY);

	pieces = DirectFunctionCall2(numeric_sub, pieces, oe_probe_value(stock, OE_OFFER_STOCK_SAFETY_QUANTITY));
	return held == 0 ? pieces : DirectFunctionCall2(numeric_sub, pieces, NumericGetDatum(int64_to_numeric(held)));
}

/* That in whole pieces; at most PLENTY. */
static int64
whole_pieces(OeProbe *stock, int64 held)
{
	Datum		plenty = NumericGetDatum(int64_to_numeric(PLENTY));
	Datum		pieces = DirectFunctionCall1(numeric_floor, unpromised(stock, held));

	pieces = DirectFunctionCall2(numeric_smaller, pieces, plenty);
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, zero_if_below(pieces)));
}

static Datum
zero_if_below(Datum number)
{
	return DirectFunctionCall2(numeric_larger, NumericGetDatum(int64_to_numeric(0)), number);
}

bool
oe_stock_of_offer(OeReader *reader, OeServing *last, Datum offer_id, Datum store, bool is_in_store, OeStock *stock)
{
	NullableDatum key = {offer_id, false};
	OeProbe    *counted = oe_probe_seek(reader, OE_STOCK_OF_OFFER, &key);
	Datum		available = NumericGetDatum(int64_to_numeric(0));
	Datum		pieces = available;

	memset(stock, 0, sizeof(OeStock));
	while (oe_probe_next(counted))
	{
		Datum		warehouse_id = oe_probe_value(counted, OE_OFFER_STOCK_WAREHOUSE_ID);
		Datum		free;
		int64		held;

		stock->is_counted = true;
		if (!is_in_store)
			break;
		ask_serving(reader, last, warehouse_id, store);
		if (!last->is_known || (last->serves && !promised(reader, offer_id, warehouse_id, &held)))
			return false;
		if (!last->serves)
			continue;
		stock->nplaces++;
		stock->warehouse_id = DatumGetInt64(warehouse_id);
		if (DatumGetBool(oe_probe_value(counted, OE_OFFER_STOCK_IS_NEVER_OUT_OF_STOCK)))
			stock->never_runs_out = true;
		free = unpromised(counted, held);
		available = DirectFunctionCall2(numeric_add, available, zero_if_below(free));
		pieces = DirectFunctionCall2(numeric_add, pieces, zero_if_below(DirectFunctionCall1(numeric_floor, free)));
	}
	stock->available = DatumGetNumeric(available);
	stock->pieces = DatumGetNumeric(pieces);
	return true;
}
