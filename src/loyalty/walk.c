/*
 * Where the claims of this backend begin in the index of queued documents.
 *
 * Entries of documents that were sent stay in the index as long as somebody has an old snapshot, and every claim from
 * the start would walk them again. So a claim begins behind what the one before has taken. What is claimable before
 * that (committed late, leased to somebody who never came back, made while the clock was set back) is found by a walk
 * from the start once in a while: by time only, since a queue that keeps up finds nothing most of the time.
 *
 * A hint, never the truth: it outlives transactions that were rolled back.
 */
#include "postgres.h"

#include "fmgr.h"
#include "portability/instr_time.h"

#include "arithmetic/uuid.h"

/* A walk from the start costs at most a twentieth of a worker's time. */
#define REST_FACTOR 20.0
#define SHORTEST_REST 1.0		/* seconds */
#define LONGEST_REST 60.0

/* How long a transaction that queues is expected to take: younger ids may still be committed. */
#define LATE_SECONDS 5

static const pg_uuid_t nil_uuid;

/* Behind which id the next claim begins; nil at first. */
static pg_uuid_t walk_from;

/* In seconds of a clock that nobody sets: when this walk began, and from when on one begins at the start again. */
static double walk_began;
static double rest_until;
static bool walks_anew = true;

static int	turn;

static double
monotonic_seconds(void)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	return INSTR_TIME_GET_DOUBLE(now);
}

static int
compare_ids(const pg_uuid_t *a, const pg_uuid_t *b)
{
	return memcmp(a->data, b->data, UUID_LEN);
}

PG_FUNCTION_INFO_V1(oe_outbox_walk_from);
Datum
oe_outbox_walk_from(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *from = palloc(sizeof(pg_uuid_t));

	walk_began = monotonic_seconds();
	walks_anew = walk_began >= rest_until;
	*from = walks_anew ? nil_uuid : walk_from;
	PG_RETURN_UUID_P(from);
}

PG_FUNCTION_INFO_V1(oe_outbox_walked);
Datum
oe_outbox_walked(PG_FUNCTION_ARGS)
{
	bool		is_exhausted = PG_ARGISNULL(1) ? false : PG_GETARG_BOOL(1);

	if (walks_anew)
	{
		double		now = monotonic_seconds();
		double		rest = (now - walk_began) * REST_FACTOR;

		rest_until = now + Min(Max(rest, SHORTEST_REST), LONGEST_REST);
	}
	/* A walk from the start that took something may have come out in front of where the ones before were. */
	if (!PG_ARGISNULL(0))
		walk_from = *PG_GETARG_UUID_P(0);
	if (is_exhausted)
	{
		pg_uuid_t	early;

		oe_uuid_v7_before(&early, LATE_SECONDS);
		if (compare_ids(&early, &walk_from) > 0)
			walk_from = early;
	}
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_outbox_walk_anew);
Datum
oe_outbox_walk_anew(PG_FUNCTION_ARGS)
{
	rest_until = monotonic_seconds() + PG_GETARG_INT32(0);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oe_outbox_turn);
Datum
oe_outbox_turn(PG_FUNCTION_ARGS)
{
	turn = 1 - turn;
	PG_RETURN_INT32(turn);
}
