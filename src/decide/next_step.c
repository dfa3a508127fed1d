/*
 * Answers what follows the first step of subscriptions. By SQL on both paths, for all offers of a listing at once.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/timestamp.h"

#include "decide/next_step.h"
#include "decide/spec.h"

OeNextSteps
oe_next_steps(const OeQuestion *question, Datum *offer_ids, int noffers)
{
	OeNextSteps next = {NULL, 0};
	OeParameters arguments = {0};
	OeSpecResult *result;

	if (noffers == 0)
		return next;
	oe_add_value(&arguments, PointerGetDatum(construct_array(offer_ids, noffers, INT8OID, 8, FLOAT8PASSBYVAL,
															 TYPALIGN_DOUBLE)));
	oe_add_place(&arguments, question);
	oe_add_text(&arguments, question->country);
	oe_add_value(&arguments, TimestampTzGetDatum(question->at));
	result = oe_spec_query(OE_SPEC_NEXT_STEPS, arguments.values, arguments.nulls);

	next.nsteps = result->nrows;
	next.steps = palloc0(sizeof(OeNextStep) * Max(1, result->nrows));
	for (int i = 0; i < result->nrows; i++)
	{
		Datum	   *values = &result->values[i * result->ncolumns];
		bool	   *isnull = &result->isnull[i * result->ncolumns];
		OeNextStep *step = &next.steps[i];

		step->offer_id = DatumGetInt64(values[0]);
		step->has_amount = !isnull[1];
		step->amount = isnull[1] ? 0 : DatumGetInt64(values[1]);
		step->has_first_day = !isnull[2];
		step->first_day = isnull[2] ? 0 : DatumGetDateADT(values[2]);
	}
	return next;
}

static int
compare_offer(const void *id, const void *step)
{
	int64		x = *(const int64 *) id;
	int64		y = ((const OeNextStep *) step)->offer_id;

	return (x > y) - (x < y);
}

const OeNextStep *
oe_next_step(const OeNextSteps *next, int64 offer_id)
{
	if (next->nsteps == 0)
		return NULL;
	return bsearch(&offer_id, next->steps, next->nsteps, sizeof(OeNextStep), compare_offer);
}
