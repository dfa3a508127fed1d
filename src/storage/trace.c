/*
 * Keeps what a decision looked at.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "storage/trace.h"

OeTrace *
oe_trace_create(int nsubjects, const char *zone)
{
	OeTrace    *trace = palloc(sizeof(OeTrace));

	trace->nsubjects = nsubjects;
	trace->zone = zone;
	trace->findings = palloc0(sizeof(OeFinding) * Max(1, nsubjects));
	return trace;
}

void
oe_trace_note(OeTrace *trace, int subject, const char *outcome, bool holds, const char *format,...)
{
	OeFinding  *finding = &trace->findings[subject];

	Assert(subject >= 0 && subject < trace->nsubjects);
	finding->outcome = outcome;
	finding->holds = holds;
	finding->detail = NULL;

	if (format != NULL)
	{
		StringInfoData detail;

		initStringInfo(&detail);
		for (;;)
		{
			va_list		args;
			int			needed;

			va_start(args, format);
			needed = appendStringInfoVA(&detail, format, args);
			va_end(args);
			if (needed == 0)
				break;
			enlargeStringInfo(&detail, needed);
		}
		finding->detail = detail.data;
	}
}
