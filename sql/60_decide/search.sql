-- Quick order and quick add: offers by a code or by a name with typing errors.

CREATE TYPE offerengine_internal.search_hit AS (sku text, offer_reference text, similarity real);
COMMENT ON TYPE offerengine_internal.search_hit IS 'A visible offer that a term finds, and how similar the two are, 0 to 1.';

CREATE TYPE offerengine.offer_search_hit AS (
    sku                text,
    offer_reference    text,
    title              text,
    merchant_reference text,
    merchant_name      text,
    amount             bigint,
    original_amount    bigint,
    currency           text,
    price_source       text,
    min_quantity       integer,
    is_default         boolean,
    redirected_from    text,
    available          numeric,
    is_purchasable     boolean,
    next_amount        bigint,
    next_from          date,
    similarity         real,
    total              integer
);
COMMENT ON TYPE offerengine.offer_search_hit IS
    'One offer of search_offers: as list_offers answers it, how similar its name or title is to the term, 1 for an exact match, '
    'and how many offers were found.';

CREATE FUNCTION offerengine.search_offers(
    term text, store text, currency text, price_mode text DEFAULT 'gross', quantity integer DEFAULT 1,
    buyer text DEFAULT NULL, country text DEFAULT NULL, merchant_references text[] DEFAULT NULL, max_rows integer DEFAULT 20,
    skip integer DEFAULT 0, at timestamptz DEFAULT pg_catalog.now())
RETURNS SETOF offerengine.offer_search_hit
    AS 'MODULE_PATHNAME', 'oe_search_offers' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 5000 ROWS 20;
COMMENT ON FUNCTION offerengine.search_offers(
    text, text, text, text, integer, text, text, text[], integer, integer, timestamptz) IS
    'Visible offers that a term finds. A SKU, merchant SKU or offer reference (letters A to Z in either case, blanks around it '
    'ignored) answers alone; else offers whose product name or title has all words of the term, in any order, each as a whole or, '
    'from three letters on, as the beginning of one; else, for typing errors and parts of words, those that have a part similar '
    'to the term, at least 0.4 by word_similarity() of pg_trgm, which is what similarity says of the better of name and title. '
    'Ordered by similarity, amount (none last), offer_reference; max_rows of them after skip. total counts what was found before '
    'max_rows and skip: of a term that more than 200 visible offers have, the first 200 that the index leads to, whole words '
    'before beginnings, are ranked, and total says 200. merchant_references restricts to these merchants. A blank or NULL term '
    'finds nothing. 22023: unknown store, currency or price mode, quantity below 1, max_rows or skip below 0; 22004: store or '
    'currency NULL; 42501: a storefront asks for another instant than now.';
