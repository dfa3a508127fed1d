-- Countries: one rule for what a function takes as a country, and which of them are in the European Union.

CREATE FUNCTION offerengine_internal.check_country(country text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    IF check_country.country IS NULL
       OR EXISTS (SELECT FROM offerengine.country c WHERE c.country_code = check_country.country) THEN
        RETURN;
    END IF;
    RAISE EXCEPTION 'unknown country "%"', offerengine_internal.shown(check_country.country)
        USING ERRCODE = '22023',
              HINT = CASE check_country.country
                     WHEN 'EU' THEN 'The European Union is no country: eu_countries() answers its countries.'
                     WHEN 'UK' THEN 'The code of the United Kingdom is GB.'
                     ELSE 'Countries are ISO 3166-1 alpha-2 codes in capital letters, such as DE.' END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_country(text) IS
    'Refuses what is no country of table country (22023); NULL passes. src/decide/question.c asks the same of read functions.';

CREATE FUNCTION offerengine_internal.check_countries(countries text[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_body$
BEGIN
    PERFORM offerengine_internal.check_list(check_countries.countries, 'countries');
    PERFORM offerengine_internal.check_country(c.country) FROM unnest(check_countries.countries) AS c (country);
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.check_countries(text[]) IS
    'check_country() for each of a list; NULL in it (22004) and an array of several dimensions (22023) are refused.';

CREATE FUNCTION offerengine.eu_countries(on_date date DEFAULT NULL) RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 ROWS 27 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    day CONSTANT date := COALESCE(eu_countries.on_date, (now() AT TIME ZONE 'UTC')::date);
BEGIN
    PERFORM offerengine_internal.require_schema();
    RETURN QUERY
    SELECT c.country_code FROM offerengine.country c
     WHERE c.eu_from <= day AND (c.eu_to IS NULL OR day < c.eu_to)
     ORDER BY c.country_code;
END
$oe_body$;
COMMENT ON FUNCTION offerengine.eu_countries(date) IS
    'Countries that are members of the European Union on the day (left out: today, in UTC), by code, for '
    'put_price_segment(countries => ARRAY(SELECT offerengine.eu_countries())). From table country: a change of membership is a '
    'change of its rows.';
