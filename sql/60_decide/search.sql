-- Quick order and quick add: offers by a code or by a name with typing errors.

CREATE TYPE offerengine_internal.search_hit AS (sku text, offer_reference text, similarity real, offer_id bigint);
COMMENT ON TYPE offerengine_internal.search_hit IS 'A visible offer that a term finds, and how similar the two are, 0 to 1.';

CREATE TYPE offerengine_internal.offer_amount AS (offer_id bigint, amount bigint);
COMMENT ON TYPE offerengine_internal.offer_amount IS 'An offer and what it costs, in minor units; NULL: it has no price.';

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

CREATE FUNCTION offerengine_internal.search_amounts(
    offer_ids bigint[], offer_references text[], store text, currency text, price_mode text, quantity integer, buyer text,
    country text, at timestamptz)
RETURNS SETOF offerengine_internal.offer_amount
    AS 'MODULE_PATHNAME', 'oe_search_amounts' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 2000 ROWS 100;
COMMENT ON FUNCTION offerengine_internal.search_amounts(
    bigint[], text[], text, text, text, integer, text, text, timestamptz) IS
    'What resolve_prices() says each of these offers costs, which are visible in the store at the instant (the same ones by id and '
    'by reference), and nothing else: found by their ids, and nobody says why one has no price. 22023: as resolve_prices(), or '
    'not as many ids as references.';

CREATE FUNCTION offerengine_internal.search_first_part(names regclass) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS $oe_body$
    SELECT coalesce(max(p.part) FILTER (WHERE c.reltuples < 0 OR c.reltuples / p.part >= 120), 8)
      FROM pg_class c, unnest('{8,32,128,512,2048,8192}'::integer[]) p (part)
     WHERE c.oid = search_first_part.names
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.search_first_part(regclass) IS
    'The part of the names of a table with which a search begins: the smallest that has somewhat more than a hundred of them, so '
    'that what nearly all have is found in it at once; 8192 where nobody has counted them.';

CREATE FUNCTION offerengine_internal.search_next_part(part integer, had integer, wanted integer) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 2 SET search_path = pg_catalog, pg_temp AS $oe_body$
DECLARE
    next_part integer := part;
BEGIN
    IF had = 0 AND part >= 128 THEN
        RETURN part / 16;
    END IF;
    WHILE next_part > 8 LOOP
        next_part := next_part / 4;
        IF had::bigint * part / next_part >= wanted THEN
            RETURN next_part;
        END IF;
    END LOOP;
    RETURN 1;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.search_next_part(integer, integer, integer) IS
    'Where a part had so many hits, the smallest larger one that is likely to have as many as are wanted; 1: all. That one of '
    'hundreds of names has none says little of all: one of sixteen times as many comes next.';

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
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 ROWS 100
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET max_parallel_workers_per_gather = 0 AS $oe_body$
DECLARE
    ranked       CONSTANT integer := 100;
    merchant_ids bigint[];
    words        tsquery;
    asked        tsquery;
    beginnings   boolean;
    taken        offerengine_internal.search_hit[];
BEGIN
    taken := ARRAY(SELECT e FROM offerengine_internal.search_exact(term, store, merchant_references, at) e);
    IF cardinality(taken) > 0 THEN
        RETURN QUERY SELECT k.sku, k.offer_reference, k.similarity, k.offer_id FROM unnest(taken) k;
        RETURN;
    END IF;

    IF merchant_references IS NOT NULL THEN
        merchant_ids := ARRAY(SELECT m.merchant_id FROM offerengine.merchant m
                               WHERE m.merchant_reference = ANY (merchant_references));
    END IF;
    FOREACH beginnings IN ARRAY ARRAY[false, true] LOOP
        words := offerengine_internal.search_words(term, beginnings);
        CONTINUE WHEN words IS NULL OR words::text = asked::text;
        taken := ARRAY(
            SELECT ROW(h.sku, h.offer_reference, max(h.similarity), h.offer_id)::offerengine_internal.search_hit
              FROM (SELECT k.sku, k.offer_reference, k.similarity, k.offer_id FROM unnest(taken) k
                    UNION ALL
                    SELECT p.sku, p.offer_reference, p.similarity, p.offer_id
                      FROM offerengine_internal.search_worded_products(words, term, store, merchant_ids, ranked, at) p
                    UNION ALL
                    SELECT t.sku, t.offer_reference, t.similarity, t.offer_id
                      FROM offerengine_internal.search_worded_titles(words, term, store, merchant_ids, ranked, at) t) h
             GROUP BY h.sku, h.offer_reference, h.offer_id
             ORDER BY max(h.similarity) DESC, h.offer_reference COLLATE "C"
             LIMIT ranked);
        EXIT WHEN cardinality(taken) >= ranked;
        asked := words;
    END LOOP;
    IF cardinality(taken) > 0 THEN
        RETURN QUERY SELECT k.sku, k.offer_reference, k.similarity, k.offer_id FROM unnest(taken) k;
        RETURN;
    END IF;

    RETURN QUERY
    SELECT h.sku, h.offer_reference, max(h.similarity), h.offer_id
      FROM (SELECT p.sku, p.offer_reference, p.similarity, p.offer_id
              FROM offerengine_internal.search_similar_products(NULL, term, store, merchant_ids, ranked, at) p
            UNION ALL
            SELECT t.sku, t.offer_reference, t.similarity, t.offer_id
              FROM offerengine_internal.search_similar_titles(NULL, term, store, merchant_ids, ranked, at) t) h
     GROUP BY h.sku, h.offer_reference, h.offer_id
     ORDER BY max(h.similarity) DESC, h.offer_reference COLLATE "C"
     LIMIT ranked;
END
$oe_body$;
COMMENT ON FUNCTION offerengine_internal.search_hits(text, text, text[], timestamptz) IS
    'What a term finds: exact matches alone if a visible offer is one; else those that have the words (whole ones and, where these '
    'are fewer than 100, beginnings); else similar ones. At most 100 but for exact matches: of the first 100 by name and the first '
    '100 by title the most similar, ties by offer_reference.';
