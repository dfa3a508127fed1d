-- Ids of what belongs to a customer.

CREATE FUNCTION offerengine.uuid_v7() RETURNS uuid
    AS 'MODULE_PATHNAME', 'oe_uuid_v7_sql' LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine.uuid_v7() IS
    'A new UUID of version 7 (RFC 9562): milliseconds since 1970, the fraction of one, and 62 random bits. Of one session each '
    'is greater than the one before, also when the clock is set back. Works before migrate(), too.';
