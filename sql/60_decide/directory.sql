-- What a question can name: stores, their currencies, price types.

CREATE TYPE offerengine.store_entry AS (store text, name text, time_zone text, default_country text, default_currency text);
COMMENT ON TYPE offerengine.store_entry IS
    'A store as stores() shows it: its code, its name, the zone of its days, and what is assumed where a question names no '
    'country or currency; NULL: nothing is.';

CREATE FUNCTION offerengine.stores() RETURNS SETOF offerengine.store_entry
    AS 'MODULE_PATHNAME', 'oe_stores' LANGUAGE C STABLE PARALLEL SAFE COST 100 ROWS 10;
COMMENT ON FUNCTION offerengine.stores() IS 'Every store, by its code.';

CREATE TYPE offerengine.currency_entry AS (currency text, name text, exponent integer, is_default boolean);
COMMENT ON TYPE offerengine.currency_entry IS
    'A currency as currencies() shows it: ISO 4217 code, name, how many digits its minor unit has (2: 1099 is 10.99), and whether '
    'it is the store''s default.';

CREATE FUNCTION offerengine.currencies(store text) RETURNS SETOF offerengine.currency_entry
    AS 'MODULE_PATHNAME', 'oe_currencies' LANGUAGE C STABLE PARALLEL SAFE COST 100 ROWS 5;
COMMENT ON FUNCTION offerengine.currencies(text) IS
    'The currencies that the store carries, its default first, then by code. 22023: unknown store; 22004: NULL.';

CREATE TYPE offerengine.price_type_entry AS (price_type text, name text);
COMMENT ON TYPE offerengine.price_type_entry IS 'A kind of price as price_types() shows it: its code and its name.';

CREATE FUNCTION offerengine.price_types() RETURNS SETOF offerengine.price_type_entry
    AS 'MODULE_PATHNAME', 'oe_price_types' LANGUAGE C STABLE PARALLEL SAFE COST 100 ROWS 5;
COMMENT ON FUNCTION offerengine.price_types() IS
    'Every kind of price, by its code: DEFAULT is the sales price, ORIGINAL the struck-through one.';
