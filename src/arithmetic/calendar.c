/*
 * The calendar of subscriptions: periods of days or months from an anchor, and days in time zones.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/hsearch.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"

#include "arithmetic/calendar.h"
#include "compat.h"

/* A day as the number of its month, 12 a year from the year 0 on, and its place in the month. */
typedef struct MonthDay
{
	int64		month;
	int			day;
} MonthDay;

/* No offset from UTC that a zone can have reaches this. */
#define MAX_OFFSET_SECONDS (7 * SECS_PER_DAY)

#define UNIX_EPOCH_DATE ((int64) (UNIX_EPOCH_JDATE - POSTGRES_EPOCH_JDATE))

static void
check_period(const Interval *period)
{
	if (period->time != 0 || period->day < 0 || period->month < 0 || (period->day > 0) == (period->month > 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid period \"%s\"",
						DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(period)))),
				 errdetail("A period is whole days or whole months, not both, and longer than nothing."),
				 errhint("Weeks are days and years are months: \"2 weeks\", \"1 year\". A day is \"1 day\","
						 " never \"24 hours\".")));
}

static void
check_finite(DateADT day, const char *argument)
{
	if (DATE_NOT_FINITE(day))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be infinite", argument),
				 errhint("Periods are counted from a day of the calendar to a day of the calendar.")));
}

static void
check_arguments(DateADT anchor, const Interval *period)
{
	check_finite(anchor, "anchor");
	check_period(period);
}

static int64
floor_divide(int64 dividend, int64 divisor)
{
	int64		quotient = dividend / divisor;

	return quotient - (dividend % divisor < 0);
}

static MonthDay
month_day(DateADT date)
{
	MonthDay	result;
	int			year;
	int			month;

	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &result.day);
	result.month = (int64) year * MONTHS_PER_YEAR + month - 1;
	return result;
}

/* The day of the month, or its last day where it has fewer. */
static int
clamp_day(int day, int64 month)
{
	int64		year = floor_divide(month, MONTHS_PER_YEAR);

	return Min(day, day_tab[isleap(year)][month - year * MONTHS_PER_YEAR]);
}

/* False when type date does not know the day. */
static bool
date_in_month(int64 month, int day, DateADT *date)
{
	int64		year = floor_divide(month, MONTHS_PER_YEAR);
	int			month_of_year = month - year * MONTHS_PER_YEAR + 1;

	if (!IS_VALID_JULIAN(year, month_of_year, 1))
		return false;
	*date = date2j(year, month_of_year, clamp_day(day, month)) - POSTGRES_EPOCH_JDATE;
	return IS_VALID_DATE(*date);
}

static bool
date_after_days(DateADT anchor, int64 days, DateADT *date)
{
	int64		day = anchor + days;

	*date = day;
	return IS_VALID_DATE(day);
}

static bool
find_boundary(DateADT anchor, const Interval *period, int32 k, DateADT *boundary)
{
	MonthDay	from;

	if (period->day > 0)
		return date_after_days(anchor, (int64) k * period->day, boundary);
	from = month_day(anchor);
	return date_in_month(from.month + (int64) k * period->month, from.day, boundary);
}

static DateADT
boundary_or_error(DateADT anchor, const Interval *period, int32 k)
{
	DateADT		boundary;

	if (!find_boundary(anchor, period, k, &boundary))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
				 errmsg("date out of range: %d times \"%s\" from %s", k,
						DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(period))),
						DatumGetCString(DirectFunctionCall1(date_out, DateADTGetDatum(anchor))))));
	return boundary;
}

/*
 * Counting months alone finds the period that begins in the day's month or before. Where it begins in that very month
 * the day may come before its first day, and is in the period before. No boundary needs to be a date of the type.
 */
static int32
index_by_month(DateADT anchor, int32 months, DateADT on_date)
{
	MonthDay	from = month_day(anchor);
	MonthDay	on = month_day(on_date);
	int64		k = floor_divide(on.month - from.month, months);
	bool		is_first_month = from.month + k * months == on.month;

	return k - (is_first_month && on.day < clamp_day(from.day, on.month));
}

DateADT
oe_period_boundary(DateADT anchor, const Interval *period, int32 k)
{
	check_arguments(anchor, period);
	return boundary_or_error(anchor, period, k);
}

int32
oe_period_index(DateADT anchor, const Interval *period, DateADT on_date)
{
	check_arguments(anchor, period);
	check_finite(on_date, "on_date");
	if (period->day > 0)
		return floor_divide((int64) on_date - anchor, period->day);
	return index_by_month(anchor, period->month, on_date);
}

void
oe_period_containing(DateADT anchor, const Interval *period, DateADT on_date, DateADT *from, DateADT *to)
{
	int32		k = oe_period_index(anchor, period, on_date);

	*from = boundary_or_error(anchor, period, k);
	*to = boundary_or_error(anchor, period, k + 1);
}

/* The names of zones that this backend has met among the files of zones. */
static HTAB *listed_zones = NULL;

static void
list_zones(void)
{
	HASHCTL		sizes = {.keysize = TZ_STRLEN_MAX + 1, .entrysize = TZ_STRLEN_MAX + 1};
	pg_tzenum  *walk;
	pg_tz	   *zone;

	if (listed_zones == NULL)
		listed_zones = hash_create("offerengine: time zones", 1024, &sizes, HASH_ELEM | HASH_STRINGS);
	walk = pg_tzenumerate_start();
	while ((zone = pg_tzenumerate_next(walk)) != NULL)
		hash_search(listed_zones, pg_get_timezone_name(zone), HASH_ENTER, NULL);
	pg_tzenumerate_end(walk);
}

static bool
is_listed(const char *name)
{
	return listed_zones != NULL && hash_search(listed_zones, name, HASH_FIND, NULL) != NULL;
}

/*
 * All files are read only for a name that pg_tzset takes in these letters and that has not been met yet: the first one,
 * and what is made up as POSIX has it, without a file.
 */
bool
oe_zone_is_listed(const char *name)
{
	pg_tz	   *zone = pg_tzset(name);

	if (zone == NULL || strcmp(pg_get_timezone_name(zone), name) != 0)
		return false;
	if (!is_listed(name))
		list_zones();
	return is_listed(name);
}

/* pg_tzset keeps what it has loaded; abbreviations, which a setting defines, are no zones to it. */
static pg_tz *
find_zone(const char *name)
{
	pg_tz	   *zone = pg_tzset(name);

	if (zone == NULL || !pg_tz_acceptable(zone))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown time zone \"%s\"", name),
				 errhint("Name one of pg_timezone_names, such as Europe/Berlin.")));
	return zone;
}

DateADT
oe_local_date(TimestampTz at, const char *zone)
{
	pg_tz	   *tz = find_zone(zone);
	struct pg_tm tm;
	fsec_t		fraction;
	int			offset;
	DateADT		date;

	if (TIMESTAMP_IS_NOBEGIN(at))
		return DATEVAL_NOBEGIN;
	if (TIMESTAMP_IS_NOEND(at))
		return DATEVAL_NOEND;

	if (timestamp2tm(at, &offset, &tm, &fraction, NULL, tz) == 0)
	{
		date = date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
		if (IS_VALID_DATE(date))
			return date;
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
			 errmsg("date out of range: of %s in time zone \"%s\"", timestamptz_to_str(at), zone)));
}

char *
oe_format_local_instant(TimestampTz at, const char *zone)
{
	pg_tz	   *tz = find_zone(zone);
	char		buffer[MAXDATELEN + 1];
	struct pg_tm tm;
	fsec_t		fraction;
	int			offset;
	const char *abbreviation;

	if (TIMESTAMP_NOT_FINITE(at))
		EncodeSpecialTimestamp(at, buffer);
	else if (timestamp2tm(at, &offset, &tm, &fraction, &abbreviation, tz) == 0)
		EncodeDateTime(&tm, fraction, true, offset, abbreviation, USE_ISO_DATES, buffer);
	else
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
				 errmsg("timestamp out of range")));
	return pstrdup(buffer);
}

char *
oe_format_local_window(TimestampTz from, TimestampTz to, const char *zone)
{
	bool		starts = !TIMESTAMP_IS_NOBEGIN(from);
	bool		ends = !TIMESTAMP_IS_NOEND(to);

	if (starts && ends)
		return psprintf("valid from %s to %s", oe_format_local_instant(from, zone), oe_format_local_instant(to, zone));
	if (starts)
		return psprintf("valid from %s on", oe_format_local_instant(from, zone));
	if (ends)
		return psprintf("valid until %s", oe_format_local_instant(to, zone));
	return pstrdup("always valid");
}

static pg_time_t
offset_at(pg_time_t instant, pg_tz *tz)
{
	struct pg_tm *tm = pg_localtime(&instant, tz);

	return tm == NULL ? 0 : tm->tm_gmtoff;
}

/*
 * Walks the stretches of equal offset around midnight, rarely more than two: the day begins in the first stretch in
 * which the clock gets to midnight, or is past it already when the stretch begins.
 */
static pg_time_t
first_instant(pg_time_t midnight, pg_tz *tz)
{
	pg_time_t	stretch = midnight - MAX_OFFSET_SECONDS;

	for (;;)
	{
		pg_time_t	start = Max(stretch, midnight - offset_at(stretch, tz));
		pg_time_t	change;
		long		offset_before;
		long		offset_after;
		int			is_dst_before;
		int			is_dst_after;

		if (pg_next_dst_boundary(&stretch, &offset_before, &is_dst_before,
								 &change, &offset_after, &is_dst_after, tz) != 1 || start < change)
			return start;
		stretch = change;
	}
}

TimestampTz
oe_day_start(DateADT day, const char *zone)
{
	pg_tz	   *tz = find_zone(zone);
	pg_time_t	seconds;

	if (DATE_IS_NOBEGIN(day))
		return DT_NOBEGIN;
	if (DATE_IS_NOEND(day))
		return DT_NOEND;

	seconds = first_instant((day - UNIX_EPOCH_DATE) * SECS_PER_DAY, tz) + UNIX_EPOCH_DATE * SECS_PER_DAY;
	if (seconds < MIN_TIMESTAMP / USECS_PER_SEC || seconds >= END_TIMESTAMP / USECS_PER_SEC)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
				 errmsg("timestamp out of range: start of %s in time zone \"%s\"",
						DatumGetCString(DirectFunctionCall1(date_out, DateADTGetDatum(day))), zone)));
	return seconds * USECS_PER_SEC;
}

PG_FUNCTION_INFO_V1(oe_period_boundary_sql);
Datum
oe_period_boundary_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(oe_period_boundary(PG_GETARG_DATEADT(0), PG_GETARG_INTERVAL_P(1), PG_GETARG_INT32(2)));
}

PG_FUNCTION_INFO_V1(oe_period_index_sql);
Datum
oe_period_index_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(oe_period_index(PG_GETARG_DATEADT(0), PG_GETARG_INTERVAL_P(1), PG_GETARG_DATEADT(2)));
}

PG_FUNCTION_INFO_V1(oe_period_containing_sql);
Datum
oe_period_containing_sql(PG_FUNCTION_ARGS)
{
	TypeCacheEntry *daterange = range_get_typcache(fcinfo, DATERANGEOID);
	RangeBound	lower = {.inclusive = true, .lower = true};
	RangeBound	upper = {.inclusive = false, .lower = false};
	DateADT		from;
	DateADT		to;

	oe_period_containing(PG_GETARG_DATEADT(0), PG_GETARG_INTERVAL_P(1), PG_GETARG_DATEADT(2), &from, &to);
	lower.val = DateADTGetDatum(from);
	upper.val = DateADTGetDatum(to);
	PG_RETURN_RANGE_P(oe_make_range(daterange, &lower, &upper));
}

PG_FUNCTION_INFO_V1(oe_local_date_sql);
Datum
oe_local_date_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(oe_local_date(PG_GETARG_TIMESTAMPTZ(0), text_to_cstring(PG_GETARG_TEXT_PP(1))));
}

PG_FUNCTION_INFO_V1(oe_day_start_sql);
Datum
oe_day_start_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(oe_day_start(PG_GETARG_DATEADT(0), text_to_cstring(PG_GETARG_TEXT_PP(1))));
}

PG_FUNCTION_INFO_V1(oe_local_window_sql);
Datum
oe_local_window_sql(PG_FUNCTION_ARGS)
{
	TimestampTz from = PG_ARGISNULL(0) ? DT_NOBEGIN : PG_GETARG_TIMESTAMPTZ(0);
	TimestampTz to = PG_ARGISNULL(1) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(1);
	const char *zone = PG_ARGISNULL(2) ? pg_get_timezone_name(session_timezone) : text_to_cstring(PG_GETARG_TEXT_PP(2));

	PG_RETURN_TEXT_P(cstring_to_text(oe_format_local_window(from, to, zone)));
}

PG_FUNCTION_INFO_V1(oe_zone_is_listed_sql);
Datum
oe_zone_is_listed_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(oe_zone_is_listed(text_to_cstring(PG_GETARG_TEXT_PP(0))));
}
