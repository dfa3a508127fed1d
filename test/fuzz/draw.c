/*
 * Values by type: samples that mean something, values of table fuzz.value, and what is made up here: numbers of every
 * magnitude, texts of any letters up to a megabyte, arrays with NULL, two dimensions and odd lower bounds, JSON of any
 * shape, rows.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

#include "draw.h"

static Pool *pools = NULL;
static int	pool_count = 0;
static int	pool_room = 0;

static Datum make_up(pg_prng_state * rng, Oid type, int depth, bool *isnull);
static Datum draw_value(pg_prng_state * rng, Oid type, int depth, bool *isnull);

uint64
fuzz_below(pg_prng_state * rng, uint64 bound)
{
	return bound <= 1 ? 0 : pg_prng_uint64_range(rng, 0, bound - 1);
}

bool
fuzz_chance(pg_prng_state * rng, uint64 one_in)
{
	return fuzz_below(rng, one_in) == 0;
}

/* The pool of a type, or NULL. */
Pool *
fuzz_pool(Oid type)
{
	for (int i = 0; i < pool_count; i++)
	{
		if (pools[i].type == type)
			return &pools[i];
	}
	return NULL;
}

void
fuzz_forget_values(void)
{
	pools = NULL;
	pool_count = pool_room = 0;
}

/* A text as a value of the type, in the current context. */
Datum
fuzz_parse(Oid type, const char *value)
{
	Oid			input;
	Oid			parameter;

	getTypeInputInfo(type, &input, &parameter);
	return OidInputFunctionCall(input, pstrdup(value), parameter, -1);
}

/* Adds a value to the pool of its type, in the current context, which must outlive the session's calls. */
void
fuzz_add_value(Oid type, const char *value)
{
	Pool	   *pool = fuzz_pool(type);

	if (pool == NULL)
	{
		if (pool_count == pool_room)
		{
			pool_room = pool_room == 0 ? 64 : pool_room * 2;
			pools = pools == NULL ? palloc(pool_room * sizeof(Pool)) : repalloc(pools, pool_room * sizeof(Pool));
		}
		pool = &pools[pool_count++];
		pool->type = type;
		pool->count = 0;
		pool->room = 16;
		pool->values = palloc(pool->room * sizeof(Datum));
	}
	if (pool->count == pool->room)
	{
		pool->room *= 2;
		pool->values = repalloc(pool->values, pool->room * sizeof(Datum));
	}
	pool->values[pool->count++] = fuzz_parse(type, value);
}

/* Any magnitude is as likely as any other. */
static int64
draw_integer(pg_prng_state * rng, int bits)
{
	int64		value = (int64) (pg_prng_uint64(rng) >> (64 - bits + fuzz_below(rng, bits)));

	return fuzz_chance(rng, 3) ? -value - 1 : value;
}

static void
append_letter(pg_prng_state * rng, StringInfo s)
{
	unsigned char letter[8];
	pg_wchar	c;

	switch (fuzz_below(rng, 4))
	{
		case 0:
			c = 1 + fuzz_below(rng, 0x7f);
			break;
		case 1:
			c = ' ' + fuzz_below(rng, 0x5f);
			break;
		case 2:
			c = 0x80 + fuzz_below(rng, 0x780);
			break;
		default:
			c = 0x800 + fuzz_below(rng, 0x10ffff - 0x800 + 1);
			if (c >= 0xd800 && c < 0xe000)
				c = 0x200b;
	}
	unicode_to_utf8(c, letter);
	appendBinaryStringInfo(s, (char *) letter, pg_utf_mblen(letter));
}

static char *
draw_string(pg_prng_state * rng)
{
	StringInfoData s;
	Pool	   *pool = fuzz_pool(TEXTOID);
	uint64		length;

	initStringInfo(&s);
	if (pool != NULL && fuzz_chance(rng, 2))
		appendStringInfoString(&s, TextDatumGetCString(pool->values[fuzz_below(rng, pool->count)]));
	length = fuzz_below(rng, fuzz_chance(rng, 200) ? 1024 * 1024 : 64);
	if (length > 4096)
	{
		/* One letter, repeated: what counts is the length. */
		int			start = s.len;
		int			size;

		append_letter(rng, &s);
		size = s.len - start;
		while (s.len < length)
		{
			enlargeStringInfo(&s, size);
			memcpy(s.data + s.len, s.data + start, size);
			s.len += size;
		}
		s.data[s.len] = '\0';
	}
	else
	{
		while (length-- > 0)
			append_letter(rng, &s);
	}
	return s.data;
}

/* JSON text of any shape, with the keys that our functions read among its keys (the pool of type name). */
static void
append_json(pg_prng_state * rng, StringInfo s, int depth)
{
	Pool	   *keys = fuzz_pool(NAMEOID);
	uint64		count = fuzz_below(rng, 4);
	uint64		kind = fuzz_below(rng, depth > 4 ? 5 : 9);

	switch (kind)
	{
		case 0:
			appendStringInfoString(s, "null");
			break;
		case 1:
			appendStringInfoString(s, fuzz_chance(rng, 2) ? "true" : "false");
			break;
		case 2:
			appendStringInfo(s, INT64_FORMAT, draw_integer(rng, 64));
			break;
		case 3:
			appendStringInfo(s, INT64_FORMAT "e" INT64_FORMAT, draw_integer(rng, 8), draw_integer(rng, 9));
			break;
		case 4:
			{
				char	   *text = draw_string(rng);

				appendStringInfoChar(s, '"');
				for (char *c = text; *c != '\0'; c++)
				{
					if (*c == '"' || *c == '\\')
						appendStringInfoChar(s, '\\');
					appendStringInfoChar(s, (unsigned char) *c < ' ' ? ' ' : *c);
				}
				appendStringInfoChar(s, '"');
			}
			break;
		case 5:
		case 6:
			appendStringInfoChar(s, '[');
			for (uint64 i = 0; i < count; i++)
			{
				if (i > 0)
					appendStringInfoChar(s, ',');
				append_json(rng, s, depth + 1);
			}
			appendStringInfoChar(s, ']');
			break;
		default:
			appendStringInfoChar(s, '{');
			for (uint64 i = 0; i < count * 2; i++)
			{
				if (i > 0)
					appendStringInfoChar(s, ',');
				appendStringInfo(s, "\"%s\":", keys == NULL ? "key" :
								 NameStr(*DatumGetName(keys->values[fuzz_below(rng, keys->count)])));
				append_json(rng, s, depth + 1);
			}
			appendStringInfoChar(s, '}');
	}
}

static Datum
draw_array(pg_prng_state * rng, Oid element, int depth, bool *isnull)
{
	int			dimensions = fuzz_chance(rng, 8) ? 2 : 1;
	int			count = (int) fuzz_below(rng, fuzz_chance(rng, 100) ? 500 : 5);
	int			sizes[2];
	int			bounds[2] = {1, 1};
	Datum	   *values;
	bool	   *nulls;
	int16		length;
	bool		byval;
	char		align;

	if (dimensions == 2)
		count = (count / 2) * 2;
	if (count == 0)
		return PointerGetDatum(construct_empty_array(element));
	sizes[0] = dimensions == 2 ? count / 2 : count;
	sizes[1] = 2;
	if (fuzz_chance(rng, 8))
		bounds[0] = (int) draw_integer(rng, 31) / 2;
	values = palloc(count * sizeof(Datum));
	nulls = palloc(count * sizeof(bool));
	for (int i = 0; i < count; i++)
	{
		values[i] = draw_value(rng, element, depth + 1, &nulls[i]);
		if (fuzz_chance(rng, 16))
			nulls[i] = true;
	}
	get_typlenbyvalalign(element, &length, &byval, &align);
	return PointerGetDatum(construct_md_array(values, nulls, dimensions, sizes, bounds, element, length, byval, align));
}

static Datum
draw_row(pg_prng_state * rng, Oid type, int depth)
{
	TupleDesc	desc = lookup_rowtype_tupdesc_copy(type, -1);
	Datum	   *values = palloc0(desc->natts * sizeof(Datum));
	bool	   *nulls = palloc(desc->natts * sizeof(bool));

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		nulls[i] = true;
		if (!attribute->attisdropped && !fuzz_chance(rng, 8))
			values[i] = draw_value(rng, attribute->atttypid, depth + 1, &nulls[i]);
	}
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

/* A value nobody wrote down; NULL of a type that is not known here. */
static Datum
make_up(pg_prng_state * rng, Oid type, int depth, bool *isnull)
{
	Oid			element = get_element_type(type);

	*isnull = false;
	if (OidIsValid(element) && depth < 3)
		return draw_array(rng, element, depth, isnull);
	if (type_is_rowtype(type) && type != RECORDOID && depth < 3)
		return draw_row(rng, type, depth);
	switch (type)
	{
		case BOOLOID:
			return BoolGetDatum(fuzz_chance(rng, 2));
		case INT2OID:
			return Int16GetDatum((int16) draw_integer(rng, 15));
		case INT4OID:
			return Int32GetDatum((int32) draw_integer(rng, 31));
		case INT8OID:
			return Int64GetDatum(draw_integer(rng, 63));
		case OIDOID:
		case REGCLASSOID:
		case REGROLEOID:
		case XIDOID:
			return ObjectIdGetDatum((Oid) draw_integer(rng, 32));
		case TEXTOID:
			return CStringGetTextDatum(draw_string(rng));
		case DATEOID:
			if (fuzz_chance(rng, 2))
				return DateADTGetDatum((DateADT) fuzz_below(rng, 20000));
			return DateADTGetDatum((DateADT) (DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE +
											  fuzz_below(rng, DATE_END_JULIAN - DATETIME_MIN_JULIAN)));
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			if (fuzz_chance(rng, 2))
				return TimestampTzGetDatum((TimestampTz) fuzz_below(rng, 20000 * USECS_PER_DAY));
			return TimestampTzGetDatum((TimestampTz) (MIN_TIMESTAMP +
											   (int64) fuzz_below(rng, (uint64) END_TIMESTAMP - MIN_TIMESTAMP)));
		case INTERVALOID:
			{
				Interval   *interval = palloc0(sizeof(Interval));

				interval->month = fuzz_chance(rng, 2) ? (int32) draw_integer(rng, 31) : 0;
				interval->day = fuzz_chance(rng, 2) ? (int32) draw_integer(rng, 31) : 0;
				interval->time = fuzz_chance(rng, 2) ? draw_integer(rng, 63) : 0;
				return IntervalPGetDatum(interval);
			}
		case NUMERICOID:
			return fuzz_parse(NUMERICOID, psprintf(INT64_FORMAT "e" INT64_FORMAT, draw_integer(rng, 63),
												   draw_integer(rng, fuzz_chance(rng, 8) ? 10 : 4)));
		case UUIDOID:
			{
				pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));

				for (int i = 0; i < UUID_LEN; i++)
					uuid->data[i] = (unsigned char) fuzz_below(rng, 256);
				return UUIDPGetDatum(uuid);
			}
		case JSONBOID:
			{
				StringInfoData s;

				initStringInfo(&s);
				append_json(rng, &s, 0);
				return fuzz_parse(JSONBOID, s.data);
			}
		default:
			*isnull = true;
			return (Datum) 0;
	}
}

/* Of the pool, where there is one, or made up. */
static Datum
draw_value(pg_prng_state * rng, Oid type, int depth, bool *isnull)
{
	Pool	   *pool = fuzz_pool(type);

	*isnull = false;
	if (pool != NULL && !fuzz_chance(rng, 3))
		return pool->values[fuzz_below(rng, pool->count)];
	return make_up(rng, type, depth, isnull);
}

/* An argument: its sample, unless it is to be hostile. In the current context, or of the pools: not to be changed. */
Datum
fuzz_draw(pg_prng_state * rng, Argument *argument, bool hostile, bool *isnull)
{
	*isnull = false;
	if (!hostile && argument->has_sample)
		return argument->sample;
	if (fuzz_chance(rng, 8))
	{
		*isnull = true;
		return (Datum) 0;
	}
	return draw_value(rng, argument->type, 0, isnull);
}
