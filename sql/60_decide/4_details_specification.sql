-- What pages show beside a decision, on top of the decisions themselves. Run as the owner by the functions of the same name
-- without the underscore, which have checked the arguments.

CREATE OR REPLACE FUNCTION offerengine_internal.offer_details(
    offer_reference text, store text, currency text, price_mode text, quantity integer, buyer text, country text,
    at timestamptz)
RETURNS SETOF offerengine.offer_detail
LANGUAGE sql STABLE PARALLEL SAFE COST 500 ROWS 1
BEGIN ATOMIC
    SELECT l.offer_reference,
           l.sku,
           l.title,
           p.name,
           l.merchant_reference,
           l.merchant_name,
           (SELECT array_agg(os.store_code::text ORDER BY os.store_code)
              FROM offerengine.offer_store os WHERE os.offer_id = o.offer_id),
           nullif(o.valid_from, '-infinity'),
           nullif(o.valid_to, 'infinity'),
           l.amount,
           l.original_amount,
           l.currency,
           l.available,
           l.is_purchasable
      FROM offerengine.offer o
      JOIN offerengine.product p ON p.product_id = o.product_id
     CROSS JOIN LATERAL offerengine.default_offer(
                sku => p.sku, store => offer_details.store, currency => offer_details.currency,
                price_mode => offer_details.price_mode, quantity => offer_details.quantity,
                buyer => offer_details.buyer, country => offer_details.country, at => offer_details.at,
                include_availability => true, selected_offer => o.offer_reference) l
     WHERE o.offer_reference = offer_details.offer_reference;
END;
COMMENT ON FUNCTION offerengine_internal.offer_details(text, text, text, text, integer, text, text, timestamptz) IS
    'One row for an offer that is visible in the store at the instant, else none.';

CREATE OR REPLACE FUNCTION offerengine_internal.merchant_profile(merchant_reference text)
RETURNS SETOF offerengine.merchant_profile
LANGUAGE sql STABLE PARALLEL SAFE COST 100 ROWS 1
BEGIN ATOMIC
    SELECT m.merchant_reference,
           m.name,
           m.description,
           m.url,
           (SELECT coalesce(array_agg(ms.store_code::text ORDER BY ms.store_code), '{}')
              FROM offerengine.merchant_store ms WHERE ms.merchant_id = m.merchant_id)
      FROM offerengine.merchant m
     WHERE m.merchant_reference = merchant_profile.merchant_reference
       AND m.is_active
       AND m.approval_status = 'approved';
END;
COMMENT ON FUNCTION offerengine_internal.merchant_profile(text) IS 'One row for a merchant that is active and approved, else none.';

CREATE OR REPLACE FUNCTION offerengine_internal.price_change_instants(offer_reference text, store text, currency text)
RETURNS SETOF timestamptz
LANGUAGE sql STABLE PARALLEL SAFE COST 500 ROWS 20
BEGIN ATOMIC
    WITH subject AS (
        SELECT o.offer_id, o.product_id, p.abstract_product_id, offerengine_internal.price_sheet_of(o.offer_id) AS price_sheet_id,
               o.valid_from AS offer_from, o.valid_to AS offer_to, p.valid_from AS product_from, p.valid_to AS product_to
          FROM offerengine.offer o
          JOIN offerengine.product p ON p.product_id = o.product_id
         WHERE o.offer_reference = price_change_instants.offer_reference
    ),
    row_of_offer AS (
        SELECT p.price_id, p.valid_from, p.valid_to
          FROM subject s
          JOIN offerengine.price p
            ON p.product_id = s.product_id AND (p.offer_id IS NULL OR p.offer_id = s.offer_id)
            OR p.abstract_product_id = s.abstract_product_id
         WHERE p.store_code = price_change_instants.store
           AND p.currency_code = price_change_instants.currency
           AND p.merchant_relationship_id IS NULL
        UNION ALL
        SELECT h.price_id, h.valid_from, h.valid_to
          FROM subject s
          JOIN offerengine.price_history h
            ON h.product_id = s.product_id AND (h.offer_id IS NULL OR h.offer_id = s.offer_id)
            OR h.abstract_product_id = s.abstract_product_id
         WHERE h.store_code = price_change_instants.store
           AND h.currency_code = price_change_instants.currency
           AND h.merchant_relationship_id IS NULL
    )
    SELECT v.instant
      FROM subject s
     CROSS JOIN LATERAL (VALUES (s.offer_from), (s.offer_to), (s.product_from), (s.product_to)) v (instant)
    UNION
    SELECT v.instant
      FROM row_of_offer r
     CROSS JOIN LATERAL (VALUES (r.valid_from), (r.valid_to)) v (instant)
    UNION
    -- Of every change, also of one before which the row was another offer's, or stood in another store.
    SELECT h.recorded_until
      FROM row_of_offer r
      JOIN offerengine.price_history h ON h.price_id = r.price_id
    UNION
    SELECT offerengine_internal.day_start(p.valid_from, t.time_zone)
      FROM subject s
      JOIN offerengine.price_sheet_price p ON p.price_sheet_id = s.price_sheet_id
      JOIN offerengine.store t ON t.store_code = price_change_instants.store
     WHERE p.currency_code = price_change_instants.currency;
END;
COMMENT ON FUNCTION offerengine_internal.price_change_instants(text, text, text) IS
    'Every instant at which the price of an offer for an anonymous buyer can have changed: where a window of the offer, its '
    'product or one of their default price rows begins or ends, where a price row was changed or deleted, and where a price of '
    'the offer''s sheet begins. Between two of them the price is one.';

CREATE OR REPLACE FUNCTION offerengine_internal.search_exact(term text, store text, merchant_references text[], at timestamptz)
RETURNS SETOF offerengine_internal.search_hit
LANGUAGE sql STABLE PARALLEL SAFE COST 200 ROWS 1
BEGIN ATOMIC
    SELECT w.sku, w.offer_reference, 1::real, named.offer_id
      FROM (SELECT o.offer_id FROM offerengine.offer o
             WHERE lower(o.offer_reference) = lower(search_exact.term COLLATE "C")
            UNION
            SELECT o.offer_id FROM offerengine.offer o
             WHERE lower(o.merchant_sku) = lower(search_exact.term COLLATE "C")
            UNION
            SELECT o.offer_id FROM offerengine.product p JOIN offerengine.offer o ON o.product_id = p.product_id
             WHERE lower(p.sku) = lower(search_exact.term COLLATE "C")) named
     CROSS JOIN LATERAL (
           SELECT v.sku, v.offer_reference
             FROM offerengine_internal.offer_window v
            WHERE v.offer_id = named.offer_id
              AND v.store_code = search_exact.store
              AND v.shown_from <= search_exact.at
              AND search_exact.at < v.shown_to
              AND (search_exact.merchant_references IS NULL
                   OR v.merchant_reference = ANY (search_exact.merchant_references))
           OFFSET 0) w;
END;
COMMENT ON FUNCTION offerengine_internal.search_exact(text, text, text[], timestamptz) IS
    'The visible offers whose SKU, merchant SKU or reference is the term, letters A to Z in either case.';

CREATE OR REPLACE FUNCTION offerengine_internal.search_words(term text, beginnings boolean) RETURNS tsquery
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100 SET search_path = pg_catalog, pg_temp AS $oe_search$
BEGIN
    RETURN (
        SELECT string_agg(format('''%s''%s', replace(replace(w.lexeme, chr(92), repeat(chr(92), 2)), '''', ''''''),
                                 CASE WHEN beginnings AND length(w.lexeme) >= 3 THEN ':*' END), ' & ')::tsquery
          FROM unnest(to_tsvector('pg_catalog.simple'::regconfig, term)) w (lexeme, positions, weights));
END
$oe_search$;
COMMENT ON FUNCTION offerengine_internal.search_words(text, boolean) IS
    'What a name must have to be found by a term: each of its words, in any order; with beginnings, three letters and '
    'more may be the beginning of a longer word. NULL for a term without words.';

-- Names and titles that have the words of a term, or are similar to it; operators and functions of pg_trgm are bound here, in
-- whatever schema it is. Its threshold is set by search_offers(), not with SET beside the function: only a superuser restores a
-- function that sets what another library, not loaded yet, defines.
--
-- What very many have is asked for in a part of the names first, whose index is short: an index of words or trigrams reads all that
-- it has of one before it gives the first row. The part's bound stands in the statement as a constant, since an index of a part
-- serves no parameter. Part 0 are the names of a few.
DO $oe_do$
DECLARE
    trgm  text := (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                    WHERE e.extname = 'pg_trgm');
    named record;
BEGIN
    EXECUTE format($sql$
CREATE OR REPLACE FUNCTION offerengine_internal.search_similarity(term text, name text) RETURNS real
LANGUAGE sql STABLE PARALLEL SAFE COST 20
BEGIN ATOMIC
    SELECT %s.word_similarity(search_similarity.term, search_similarity.name);
END;
    $sql$, trgm);
    FOR named IN
        SELECT k.kind || '_' || t.names AS finder, k.condition, k.sooner, t."table", t.id, t.name, t.filter
          FROM (VALUES ('worded', $$to_tsvector('pg_catalog.simple'::regconfig, t.@name@) @@ @finder@.words$$,
                        'offerengine_internal.search_may_have(t.@name@, @finder@.words)'),
                       ('similar', format('t.@name@ OPERATOR(%s.%%>) @finder@.term', trgm), 'true')) k (kind, condition, sooner),
               (VALUES ('products', 'product', 'product_id', 'name', 'true'),
                       ('titles', 'offer', 'offer_id', 'title',
                        '(@finder@.merchant_ids IS NULL OR t.merchant_id = ANY (@finder@.merchant_ids))'))
               t (names, "table", id, name, filter)
    LOOP
        EXECUTE format($sql$
CREATE OR REPLACE FUNCTION offerengine_internal.%s(words tsquery, term text, part integer, merchant_ids bigint[], among bigint[])
RETURNS SETOF offerengine_internal.named
LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 500
BEGIN ATOMIC
    %s;
END;
        $sql$, named.finder,
            (SELECT string_agg(replace(replace(format($part$
    SELECT hashint8(t.%2$s), t.%2$s, t.%3$s
      FROM %1$s t
     WHERE @finder@.part = %4$s
       AND %5$s
       AND %6$s
       AND %7$s
                 $part$, CASE WHEN p.part = 0
                              THEN format('(SELECT n.* FROM offerengine.%s n '
                                          'WHERE n.%s IN (SELECT unnest(@finder@.among)) OFFSET 0)',
                                          named."table", named.id)
                              ELSE 'offerengine.' || named."table" END,
                 named.id, named.name, p.part, named.condition, named.filter,
                 CASE WHEN p.part > 1 THEN format('hashint8(t.%s) < %s', named.id, p.bound)
                      WHEN p.part = 0 THEN named.sooner
                      ELSE 'true' END),
                 '@name@', named.name), '@finder@', named.finder), 'UNION ALL' ORDER BY p.part)
               FROM (VALUES (0, NULL::integer), (1, NULL), (8, -1610612736), (32, -2013265920), (128, -2113929216),
                            (512, -2139095040), (2048, -2145386496), (8192, -2146959360)) p (part, bound)));
    END LOOP;
END
$oe_do$;
COMMENT ON FUNCTION offerengine_internal.search_similarity(text, text) IS
    'How similar a part of the name is to the term, 0 to 1: word_similarity() of pg_trgm.';
COMMENT ON FUNCTION offerengine_internal.worded_products(tsquery, text, integer, bigint[], bigint[]) IS
    'Products whose name has the words: of all (part 1), of the 8th, 32nd, 128th, 512th, 2048th or 8192nd part that is first by '
    'hashint8(product_id), or of those of among (part 0).';
COMMENT ON FUNCTION offerengine_internal.worded_titles(tsquery, text, integer, bigint[], bigint[]) IS
    'Offers, of the merchants if some are given, whose title has the words: of all (part 1), of the 8th, 32nd, 128th, 512th, '
    '2048th or 8192nd part that is first by hashint8(offer_id), or of those of among (part 0).';
COMMENT ON FUNCTION offerengine_internal.similar_products(tsquery, text, integer, bigint[], bigint[]) IS
    'As worded_products, those whose name has a part that is similar to the term (pg_trgm.word_similarity_threshold, which '
    'search_offers() sets to 0.4).';
COMMENT ON FUNCTION offerengine_internal.similar_titles(tsquery, text, integer, bigint[], bigint[]) IS
    'As worded_titles, those whose title has a part that is similar to the term.';

CREATE OR REPLACE FUNCTION offerengine_internal.search_offers(
    term text, store text, currency text, price_mode text, quantity integer, buyer text, country text,
    merchant_references text[], max_rows integer, skip integer, at timestamptz)
RETURNS SETOF offerengine.offer_search_hit
LANGUAGE sql STABLE PARALLEL SAFE COST 2000 ROWS 20
BEGIN ATOMIC
    WITH hit AS MATERIALIZED (
        SELECT h.sku, h.offer_reference, h.similarity, h.offer_id, (count(*) OVER ())::integer AS total,
               rank() OVER (ORDER BY h.similarity DESC) AS place
          FROM offerengine_internal.search_hits(search_offers.term, search_offers.store, search_offers.merchant_references,
                                        search_offers.at) h
    ),
    -- Who is less similar than what fills the page does not come to it, whatever the price.
    near AS MATERIALIZED (
        SELECT h.* FROM hit h WHERE h.place <= search_offers.skip::bigint + search_offers.max_rows
    ),
    page AS MATERIALIZED (
        SELECT h.sku, h.offer_reference, h.similarity, r.amount, h.total
          FROM near h
          JOIN offerengine.resolve_prices(
                   offer_references => (SELECT array_agg(h.offer_reference) FROM near h),
                   store => search_offers.store, currency => search_offers.currency, price_mode => search_offers.price_mode,
                   quantities => (SELECT array_agg(search_offers.quantity) FROM near h), buyer => search_offers.buyer,
                   country => search_offers.country, at => search_offers.at) r
            ON r.offer_reference = h.offer_reference
         ORDER BY h.similarity DESC, r.amount NULLS LAST, h.offer_reference COLLATE "C"
         LIMIT search_offers.max_rows OFFSET search_offers.skip
    )
    SELECT l.sku, l.offer_reference, l.title, l.merchant_reference, l.merchant_name, l.amount, l.original_amount, l.currency,
           l.price_source, l.min_quantity, l.is_default, l.redirected_from, l.available, l.is_purchasable,
           l.next_amount, l.next_from, p.similarity, p.total
      FROM page p
      JOIN offerengine.list_offers_many(
               skus => (SELECT array_agg(DISTINCT p.sku) FROM page p), store => search_offers.store,
               currency => search_offers.currency, price_mode => search_offers.price_mode,
               quantity => search_offers.quantity, buyer => search_offers.buyer, country => search_offers.country,
               at => search_offers.at) l
        ON l.offer_reference = p.offer_reference
     ORDER BY p.similarity DESC, p.amount NULLS LAST, p.offer_reference COLLATE "C";
END;
COMMENT ON FUNCTION offerengine_internal.search_offers(
    text, text, text, text, integer, text, text, text[], integer, integer, timestamptz) IS
    'Specification of search_offers. '
    'Exact matches alone if a visible offer is one, else those that have the words, else similar ones; all of them priced, '
    'for the order, and those of the page listed. No row for a blank term.';
