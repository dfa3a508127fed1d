/*
 * CHECK constraints of our tables, read once a backend instead of once a statement.
 */
#ifndef OE_CHECKS_H
#define OE_CHECKS_H

#include "nodes/execnodes.h"

/*
 * Gives a statement that may write rows of one of our tables its conditions, ready to be asked. Where it cannot, the
 * executor reads them as ever.
 */
extern void oe_prepare_checks(ResultRelInfo *result, EState * estate);

#endif
