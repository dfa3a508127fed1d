/*
 * What an offer's type asks for: a subscription has steps and nothing else that prices it, other types have a price
 * sheet or prices of their own and no steps. View offer_step_problem states the rules.
 */
#ifndef OE_STEPS_H
#define OE_STEPS_H

#include "storage/ids.h"

typedef enum OeStepRules
{
	OE_STEPS_ALL,
	OE_STEPS_AT_ONCE,			/* those that no later statement of the transaction can satisfy */
	OE_STEPS_DURATION			/* a step that another one follows has a duration */
} OeStepRules;

/*
 * Those of the offers that the rules can be about: subscriptions, offers with a price sheet or with steps. Most are
 * neither, and the view of problems need not be started for them. Sorts the ids.
 */
extern OeIds oe_offers_with_terms(OeIds *offer_ids);

/*
 * Raises OE019 for the first of the offers that breaks one of the rules. The caller holds the offers FOR NO KEY
 * UPDATE, as whoever changes what the rules speak of does. Becomes the owner by itself; sorts the ids.
 */
extern void oe_check_steps(OeIds *offer_ids, OeStepRules rules);

/* Likewise for offers that own prices were given to: cheap where they are ordinary ones. */
extern void oe_check_takes_prices(OeIds *offer_ids);

/* Raises OE019 with what view offer_step_problem says of the offer. */
extern void oe_raise_step_problem(const char *offer_reference, const char *problem, const char *hint);

#endif
