/*
 * Values that a caller might pass, drawn by type from a seeded generator.
 */
#ifndef OE_FUZZ_DRAW_H
#define OE_FUZZ_DRAW_H

#include "common/pg_prng.h"

/* Values of a type, from table fuzz.value. */
typedef struct Pool
{
	Oid			type;
	int			count;
	int			room;
	Datum	   *values;
} Pool;

/* One argument of a target. */
typedef struct Argument
{
	Oid			type;
	bool		has_sample;		/* a value with which calls come further than their first check */
	Datum		sample;
} Argument;

extern Pool *fuzz_pool(Oid type);
extern void fuzz_add_value(Oid type, const char *value);
extern void fuzz_forget_values(void);
extern Datum fuzz_parse(Oid type, const char *value);

extern uint64 fuzz_below(pg_prng_state * rng, uint64 bound);
extern bool fuzz_chance(pg_prng_state * rng, uint64 one_in);
extern Datum fuzz_draw(pg_prng_state * rng, Argument *argument, bool hostile, bool *isnull);

#endif
