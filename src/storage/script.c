/*
 * Tells the statements of a source apart, as PostgreSQL's parser does.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/builtins.h"

#include "storage/answer.h"

/* Where a statement begins behind the blanks and comments before it, which belong to it in the eyes of the parser. */
static const char *
skip_comments(const char *at, const char *end)
{
	while (at < end)
	{
		if (strchr(" \t\n\r\f", *at) != NULL)
			at++;
		else if (end - at >= 2 && at[0] == '-' && at[1] == '-')
		{
			while (at < end && *at != '\n')
				at++;
		}
		else
			break;
	}
	return at;
}

PG_FUNCTION_INFO_V1(oe_statements);
Datum
oe_statements(PG_FUNCTION_ARGS)
{
	char	   *sql = text_to_cstring(PG_GETARG_TEXT_PP(0));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	foreach(cell, raw_parser(sql, RAW_PARSE_DEFAULT))
	{
		RawStmt    *raw = lfirst_node(RawStmt, cell);
		const char *begin = sql + raw->stmt_location;
		const char *end = raw->stmt_len > 0 ? begin + raw->stmt_len : sql + strlen(sql);
		Datum		value;
		bool		isnull = false;

		CHECK_FOR_INTERRUPTS();
		begin = skip_comments(begin, end);
		value = PointerGetDatum(cstring_to_text_with_len(begin, end - begin));
		oe_put_answer(rsinfo, &value, &isnull);
	}
	return (Datum) 0;
}
