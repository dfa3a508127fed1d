/*
 * What a decision looked at and what became of it, for explain_*. A decision is given a trace or NULL; NULL costs
 * nothing.
 */
#ifndef OE_TRACE_H
#define OE_TRACE_H

/* About one subject (a condition, a price row), which the decision knows by number. */
typedef struct OeFinding
{
	const char *outcome;		/* NULL: nothing was said about it */
	bool		holds;			/* the condition holds, the row is chosen */
	char	   *detail;			/* in words, or NULL */
} OeFinding;

typedef struct OeTrace
{
	int			nsubjects;
	const char *zone;			/* in which details say instants */
	OeFinding  *findings;
} OeTrace;

/* Room for nsubjects findings, in the current memory context. The zone is kept by the caller. */
extern OeTrace *oe_trace_create(int nsubjects, const char *zone);

/* Says what became of a subject; format NULL leaves the detail out. Call only with a trace: arguments cost too. */
extern void oe_trace_note(OeTrace *trace, int subject, const char *outcome, bool holds, const char *format,...)
			pg_attribute_printf(5, 6);

#endif
