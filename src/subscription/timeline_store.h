/*
 * The timeline of one customer on its way between the tables and planning: timeline_store.c loads it and says what
 * planning changes, timeline_write.c writes that.
 */
#ifndef OE_TIMELINE_STORE_H
#define OE_TIMELINE_STORE_H

#include "subscription/timeline.h"

/* A timeline and whose it is. */
typedef struct OeLife
{
	OeTimeline	timeline;
	Datum		customer;
} OeLife;

typedef struct OeChange
{
	const OeSubscription *subscription;
	const char *change;
	DateADT		effective_on;	/* OE_OPEN: none */
	bool		is_fact;		/* of the subscription that the caller acts on */
} OeChange;

typedef struct OeChanges
{
	OeChange   *items;
	int			count;
} OeChanges;

/* What the caller acts on has an event of the caller's; what follows from it is recorded here. */
extern void oe_write_life(const OeLife *life, const OeSubscription *acted_on, const OeChanges *changes);

#endif
