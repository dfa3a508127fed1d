/*
 * The calendar of subscriptions: which day a period begins, which period a day lies in, which day it is in a time zone.
 * Pure: no catalogue is read, and no setting of the session counts.
 */
#ifndef OE_CALENDAR_H
#define OE_CALENDAR_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/date.h"

/*
 * All three refuse with 22023 a period that is not whole days or whole months (weeks are days, years are months) or not
 * longer than nothing, and a date that is infinite; with 22008 a day that type date does not know.
 */

/*
 * The first day of period k: the anchor and k periods, k may be negative. Months are counted from the anchor, whose day
 * becomes the month's last day where that is earlier: of 31 January, monthly, 29 February, 31 March, 30 April.
 */
extern DateADT oe_period_boundary(DateADT anchor, const Interval *period, int32 k);

/* The k whose period contains the day: boundary k is not after it, boundary k + 1 is. Takes the same time for any k. */
extern int32 oe_period_index(DateADT anchor, const Interval *period, DateADT on_date);

/* That period's first day, and the first day of the next one. */
extern void oe_period_containing(DateADT anchor, const Interval *period, DateADT on_date, DateADT *from, DateADT *to);

/*
 * The zone is a name as setting TimeZone takes it (22023 otherwise). Infinite stays infinite; what is outside of type
 * date or timestamptz is refused with 22008.
 */

/* True of the names in pg_timezone_names: of a file, in its letters. */
extern bool oe_zone_is_listed(const char *name);

/* The day that the calendar on the wall shows there. */
extern DateADT oe_local_date(TimestampTz at, const char *zone);

/*
 * The first instant at which the calendar shows the day: midnight, or what follows where the clock was set forward over
 * midnight. A day that the zone left out (Samoa, 30 December 2011) begins with the one after it and is empty.
 */
extern TimestampTz oe_day_start(DateADT day, const char *zone);

/* ISO 8601 with the offset that the zone has then: 2025-06-01 00:00:00+02. For details and messages. */
extern char *oe_format_local_instant(TimestampTz at, const char *zone);

/* A window likewise, without an end that is open, for which nobody has a use: "valid until ...", "always valid". */
extern char *oe_format_local_window(TimestampTz from, TimestampTz to, const char *zone);

#endif
