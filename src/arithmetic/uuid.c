/*
 * UUIDs of version 7: in the order of their making, without a sequence.
 */
#include "postgres.h"

#include "port/pg_bswap.h"
#include "utils/timestamp.h"

#include "arithmetic/uuid.h"

/* A tick is the 4096th part of a millisecond, what the 12 bits of field rand_a can tell apart. */
#define FRACTION_BITS 12
#define USECS_PER_MSEC INT64CONST(1000)
#define UNIX_EPOCH_OFFSET ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

#define VERSION_7 UINT64CONST(0x7)
#define VARIANT_RFC UINT64CONST(0x2)

/* The tick of the newest id of this backend. */
static uint64 newest_tick = 0;

/* Ticks from the Unix epoch to now, or the next one when the clock has not gone on since the newest id. */
static uint64
next_tick(void)
{
	uint64		usecs = GetCurrentTimestamp() + UNIX_EPOCH_OFFSET;
	uint64		fraction = (usecs % USECS_PER_MSEC << FRACTION_BITS) / USECS_PER_MSEC;

	newest_tick = Max((usecs / USECS_PER_MSEC << FRACTION_BITS) + fraction, newest_tick + 1);
	return newest_tick;
}

void
oe_uuid_v7(pg_uuid_t *uuid)
{
	uint64		tick = next_tick();
	uint64		fraction = tick & ((1 << FRACTION_BITS) - 1);
	uint64		halves[2];

	if (!pg_strong_random(&halves[1], sizeof(halves[1])))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random values")));

	halves[0] = pg_hton64((tick >> FRACTION_BITS << 16) | (VERSION_7 << FRACTION_BITS) | fraction);
	halves[1] = pg_hton64((halves[1] >> 2) | (VARIANT_RFC << 62));
	memcpy(uuid->data, halves, UUID_LEN);
}

void
oe_uuid_v7_before(pg_uuid_t *uuid, int seconds)
{
	uint64		usecs = GetCurrentTimestamp() + UNIX_EPOCH_OFFSET - seconds * USECS_PER_SEC;
	uint64		half = pg_hton64(usecs / USECS_PER_MSEC << 16);

	memset(uuid->data, 0, UUID_LEN);
	memcpy(uuid->data, &half, sizeof(half));
}

PG_FUNCTION_INFO_V1(oe_uuid_v7_sql);
Datum
oe_uuid_v7_sql(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));

	oe_uuid_v7(uuid);
	PG_RETURN_UUID_P(uuid);
}
