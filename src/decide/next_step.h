/*
 * What follows the first step of a subscription: a listing shows it beside the price of a trial.
 */
#ifndef OE_NEXT_STEP_H
#define OE_NEXT_STEP_H

#include "utils/date.h"

#include "decide/question.h"

typedef struct OeNextStep
{
	int64		offer_id;
	bool		has_amount;
	bool		has_first_day;
	int64		amount;
	DateADT		first_day;		/* if bought at the question's instant */
} OeNextStep;

/* By offer_id, of those offers that have a second step. */
typedef struct OeNextSteps
{
	OeNextStep *steps;
	int			nsteps;
} OeNextSteps;

/* Of the offers with these ids. Allocated in the current memory context. */
extern OeNextSteps oe_next_steps(const OeQuestion *question, Datum *offer_ids, int noffers);

/* NULL: the offer has no second step. */
extern const OeNextStep *oe_next_step(const OeNextSteps *next, int64 offer_id);

#endif
