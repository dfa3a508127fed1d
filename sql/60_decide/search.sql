-- Quick order and quick add: offers by a code or by a name with typing errors.

CREATE TYPE offerengine_internal.search_hit AS (sku text, offer_reference text, similarity real, offer_id bigint);
COMMENT ON TYPE offerengine_internal.search_hit IS 'A visible offer that a term finds, and how similar the two are, 0 to 1.';

CREATE TYPE offerengine_internal.named AS (rank integer, id bigint, name text);
COMMENT ON TYPE offerengine_internal.named IS
    'A name or title that a term finds: its place among those found, its product or offer, itself.';

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
    'to the term, at least 0.4 by word_similarity() of pg_trgm, which is what similarity says of the better of name and '
    'title. Ordered by similarity, amount (none last), offer_reference; max_rows of them after skip. total counts what was '
    'found before max_rows and skip. At most 100 that have the words, or are similar, are ranked, and then total says 100: '
    'of the first 100 whose product name has them, by hashint8(product_id), product_id and offer_id, and the first 100 whose '
    'title has them, by hashint8(offer_id) and offer_id, the most similar, ties by offer_reference; where fewer than 100 '
    'have the whole words, those with beginnings join them and the most similar 100 are kept. merchant_references restricts '
    'to these merchants. A blank or NULL term '
    'finds nothing. 22023: unknown store, currency or price mode, quantity below 1, max_rows or skip below 0; 22004: store or '
    'currency NULL; 42501: a storefront asks for another instant than now.';

CREATE FUNCTION offerengine_internal.search_first_part(names regclass) RETURNS integer
    AS 'MODULE_PATHNAME', 'oe_search_first_part' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION offerengine_internal.search_first_part(regclass) IS
    'The part of the names of a table with which a search begins: the smallest that has somewhat more than a hundred of them, so '
    'that what nearly all have is found in it at once; 8192 where nobody has counted them.';

CREATE FUNCTION offerengine_internal.search_next_part(part integer, had integer, wanted integer) RETURNS integer
    AS 'MODULE_PATHNAME', 'oe_search_next_part' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION offerengine_internal.search_next_part(integer, integer, integer) IS
    'Where a part had so many hits, the smallest larger one that is likely to have as many as are wanted; 1: all. That one of '
    'hundreds of names has none says little of all: one of sixteen times as many comes next.';

CREATE FUNCTION offerengine_internal.search_may_have(name text, words tsquery) RETURNS boolean
    AS 'MODULE_PATHNAME', 'oe_search_may_have' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION offerengine_internal.search_may_have(text, tsquery) IS
    'False: a text search of the name does not find all words. Costs a hundredth of splitting the name into words, and is asked '
    'before that is done.';

CREATE FUNCTION offerengine_internal.search_worded_products(
    words tsquery, term text, store text, merchant_ids bigint[], hits integer, at timestamptz)
RETURNS SETOF offerengine_internal.search_hit
    AS 'MODULE_PATHNAME', 'oe_search_worded_products' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 5000 ROWS 100;
COMMENT ON FUNCTION offerengine_internal.search_worded_products(tsquery, text, text, bigint[], integer, timestamptz) IS
    'Visible offers whose product''s name has the words: at most hits, the first by hashint8(product_id), product_id and '
    'offer_id. For whoever runs as the owner.';

CREATE FUNCTION offerengine_internal.search_worded_titles(
    words tsquery, term text, store text, merchant_ids bigint[], hits integer, at timestamptz)
RETURNS SETOF offerengine_internal.search_hit
    AS 'MODULE_PATHNAME', 'oe_search_worded_titles' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 5000 ROWS 100;
COMMENT ON FUNCTION offerengine_internal.search_worded_titles(tsquery, text, text, bigint[], integer, timestamptz) IS
    'Visible offers whose title has the words: at most hits, the first by hashint8(offer_id) and offer_id.';

CREATE FUNCTION offerengine_internal.search_similar_products(
    words tsquery, term text, store text, merchant_ids bigint[], hits integer, at timestamptz)
RETURNS SETOF offerengine_internal.search_hit
    AS 'MODULE_PATHNAME', 'oe_search_similar_products' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 5000 ROWS 100;
COMMENT ON FUNCTION offerengine_internal.search_similar_products(tsquery, text, text, bigint[], integer, timestamptz) IS
    'As search_worded_products, of names that have a part similar to the term.';

CREATE FUNCTION offerengine_internal.search_similar_titles(
    words tsquery, term text, store text, merchant_ids bigint[], hits integer, at timestamptz)
RETURNS SETOF offerengine_internal.search_hit
    AS 'MODULE_PATHNAME', 'oe_search_similar_titles' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 5000 ROWS 100;
COMMENT ON FUNCTION offerengine_internal.search_similar_titles(tsquery, text, text, bigint[], integer, timestamptz) IS
    'As search_worded_titles, of titles that have a part similar to the term.';

CREATE FUNCTION offerengine_internal.search_among(store text, merchant_ids bigint[], named bigint) RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    most  integer;
    among bigint[];
BEGIN
    IF named < 100 THEN
        RETURN NULL;
    END IF;
    most := (SELECT least(3 * sqrt(greatest(c.reltuples, 10000)), named / 3)
               FROM pg_class c WHERE c.oid = 'offerengine.offer'::regclass);
    IF merchant_ids IS NOT NULL THEN
        among := ARRAY(SELECT o.offer_id FROM offerengine.offer o WHERE o.merchant_id = ANY (merchant_ids) LIMIT most);
    END IF;
    IF merchant_ids IS NULL OR cardinality(among) = most THEN
        -- In the order of the index by store: another one would be read whole where the store has fewer than most.
        among := ARRAY(SELECT os.offer_id FROM offerengine.offer_store os
                        WHERE os.store_code >= search_among.store AND os.store_code <= search_among.store
                        ORDER BY os.store_code LIMIT most);
    END IF;
    RETURN CASE WHEN cardinality(among) < most THEN among END;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.search_among(text, bigint[], bigint) IS
    'The offers of the merchants, or of the store, where to look at each of their names costs less than to look for them among so '
    'many names that have a word: a third as many, and fewer than three times the root of the number of offers. NULL: more.';

CREATE FUNCTION offerengine_internal.search_hits(term text, store text, merchant_references text[], at timestamptz)
RETURNS SETOF offerengine_internal.search_hit
    AS 'MODULE_PATHNAME', 'oe_search_hits' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 10000 ROWS 100;
COMMENT ON FUNCTION offerengine_internal.search_hits(text, text, text[], timestamptz) IS
    'What a term finds: exact matches alone if a visible offer is one; else those that have the words (whole ones and, where these '
    'are fewer than 100, beginnings); else similar ones. At most 100 but for exact matches: of the first 100 by name and the first '
    '100 by title the most similar, ties by offer_reference.';
