-- Periods of subscriptions, and days in time zones. Pure: they read no table and work before migrate(), too.

CREATE FUNCTION offerengine.period_boundary(anchor date, period interval, k integer) RETURNS date
    AS 'MODULE_PATHNAME', 'oe_period_boundary_sql' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine.period_boundary(date, interval, integer) IS
    'The first day of period k: anchor and k periods, k may be negative. Months are counted from the anchor, never from the '
    'boundary before: monthly from 31 January 2024 is 29 February, 31 March, 30 April. A period is whole days or whole months '
    '(weeks are days, years are months). Raises 22023 (another period, an infinite date), 22008 (outside of type date).';

CREATE FUNCTION offerengine.period_index(anchor date, period interval, on_date date) RETURNS integer
    AS 'MODULE_PATHNAME', 'oe_period_index_sql' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine.period_index(date, interval, date) IS
    'The k with period_boundary(anchor, period, k) <= on_date < period_boundary(anchor, period, k + 1); negative before the '
    'anchor. Raises 22023 as period_boundary does.';

CREATE FUNCTION offerengine.period_containing(anchor date, period interval, on_date date) RETURNS daterange
    AS 'MODULE_PATHNAME', 'oe_period_containing_sql' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine.period_containing(date, interval, date) IS
    'The period that contains on_date, [first day, first day of the next one). Raises 22023 and 22008 as period_boundary does.';

CREATE FUNCTION offerengine_internal.local_date(at timestamptz, time_zone text) RETURNS date
    AS 'MODULE_PATHNAME', 'oe_local_date_sql' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.local_date(timestamptz, text) IS
    'The date of an instant in a time zone, whatever the session''s one is; infinite stays infinite. Raises 22023 (unknown '
    'time zone).';

CREATE FUNCTION offerengine_internal.day_start(day date, time_zone text) RETURNS timestamptz
    AS 'MODULE_PATHNAME', 'oe_day_start_sql' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.day_start(date, text) IS
    'The first instant of a day in a time zone: midnight, or what follows where the clock was set forward over midnight; '
    'infinite stays infinite. Raises 22023 (unknown time zone), 22008 (outside of type timestamptz).';

CREATE FUNCTION offerengine_internal.local_window(valid_from timestamptz, valid_to timestamptz, time_zone text) RETURNS text
    AS 'MODULE_PATHNAME', 'oe_local_window_sql' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.local_window(timestamptz, timestamptz, text) IS
    'A window as messages say it: valid from one instant to another, in the time zone (NULL: the session''s, in which the caller '
    'wrote them); an open end, given as infinity or NULL, is left out. Raises 22023 (unknown time zone).';

CREATE FUNCTION offerengine_internal.zone_is_listed(time_zone text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_zone_is_listed_sql' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.zone_is_listed(text) IS
    'True of a name in pg_timezone_names, in exactly its letters. The view reads every file of zones each time it is asked; a '
    'backend does so here once.';
