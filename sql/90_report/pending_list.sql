-- How much of a GIN index is in its pending list. Sizes and counts of the others are in the catalog.

CREATE FUNCTION offerengine_internal.pending_pages(index regclass) RETURNS bigint
    AS 'MODULE_PATHNAME', 'oe_pending_pages' LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION offerengine_internal.pending_pages(regclass) IS
    'Pages of the pending list of a GIN index, as its first page says: what was written and is not sorted in yet, and what each '
    'search reads from end to end. NULL: there is no such index any more. Waits for whoever holds the index exclusively. 22023: '
    'not a GIN index.';
