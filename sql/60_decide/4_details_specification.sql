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
    )
    SELECT v.instant
      FROM subject s
     CROSS JOIN LATERAL (VALUES (s.offer_from), (s.offer_to), (s.product_from), (s.product_to)) v (instant)
    UNION
    SELECT v.instant
      FROM subject s
      JOIN offerengine.price p
        ON p.product_id = s.product_id AND (p.offer_id IS NULL OR p.offer_id = s.offer_id)
        OR p.abstract_product_id = s.abstract_product_id
     CROSS JOIN LATERAL (VALUES (p.valid_from), (p.valid_to)) v (instant)
     WHERE p.store_code = price_change_instants.store
       AND p.currency_code = price_change_instants.currency
       AND p.merchant_relationship_id IS NULL
    UNION
    SELECT v.instant
      FROM subject s
      JOIN offerengine.price_history h
        ON h.product_id = s.product_id AND (h.offer_id IS NULL OR h.offer_id = s.offer_id)
        OR h.abstract_product_id = s.abstract_product_id
     CROSS JOIN LATERAL (VALUES (h.valid_from), (h.valid_to), (h.recorded_until)) v (instant)
     WHERE h.store_code = price_change_instants.store
       AND h.currency_code = price_change_instants.currency
       AND h.merchant_relationship_id IS NULL
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
    SELECT w.sku, w.offer_reference, 1::real
      FROM (SELECT o.offer_id FROM offerengine.offer o
             WHERE lower(o.offer_reference) = lower(search_exact.term COLLATE "C")
            UNION
            SELECT o.offer_id FROM offerengine.offer o
             WHERE lower(o.merchant_sku) = lower(search_exact.term COLLATE "C")
            UNION
            SELECT o.offer_id FROM offerengine.product p JOIN offerengine.offer o ON o.product_id = p.product_id
             WHERE lower(p.sku) = lower(search_exact.term COLLATE "C")) named
      JOIN offerengine_internal.offer_window w
        ON w.offer_id = named.offer_id
       AND w.store_code = search_exact.store
       AND w.shown_from <= search_exact.at
       AND search_exact.at < w.shown_to
     WHERE search_exact.merchant_references IS NULL
        OR w.merchant_reference = ANY (search_exact.merchant_references);
END;
COMMENT ON FUNCTION offerengine_internal.search_exact(text, text, text[], timestamptz) IS
    'The visible offers whose SKU, merchant SKU or reference is the term, letters A to Z in either case.';

-- Operators and functions of pg_trgm are bound here, in whatever schema it is. Its threshold is set by search_offers(), not with
-- SET beside the function: only a superuser restores a function that sets what another library, not loaded yet, defines.
DO $oe_do$
DECLARE
    trgm_schema text := (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                          WHERE e.extname = 'pg_trgm');
BEGIN
    EXECUTE replace($sql$
CREATE OR REPLACE FUNCTION offerengine_internal.search_similar(
    term text, store text, merchant_references text[], hits integer, at timestamptz)
RETURNS SETOF offerengine_internal.search_hit
LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 20
BEGIN ATOMIC
    SELECT f.sku, f.offer_reference, f.similarity
      FROM (SELECT w.sku, w.offer_reference, named.similarity, rank() OVER (ORDER BY named.similarity DESC) AS place
              FROM (SELECT o.offer_id, max(o.similarity) AS similarity
                      FROM (SELECT o.offer_id, @trgm@.similarity(p.name, search_similar.term) AS similarity
                              FROM offerengine.product p
                              JOIN offerengine.offer o ON o.product_id = p.product_id
                             WHERE p.name OPERATOR(@trgm@.%) search_similar.term
                            UNION ALL
                            SELECT o.offer_id, @trgm@.similarity(o.title, search_similar.term)
                              FROM offerengine.offer o
                             WHERE o.title OPERATOR(@trgm@.%) search_similar.term) o
                     GROUP BY o.offer_id) named
              JOIN offerengine_internal.offer_window w
                ON w.offer_id = named.offer_id
               AND w.store_code = search_similar.store
               AND w.shown_from <= search_similar.at
               AND search_similar.at < w.shown_to
             WHERE search_similar.merchant_references IS NULL
                OR w.merchant_reference = ANY (search_similar.merchant_references)) f
     WHERE f.place <= search_similar.hits;
END;
    $sql$, '@trgm@', trgm_schema);
END
$oe_do$;
COMMENT ON FUNCTION offerengine_internal.search_similar(text, text, text[], integer, timestamptz) IS
    'The visible offers whose product name or title is similar to the term (pg_trgm.similarity_threshold, which search_offers() '
    'sets to 0.3): the most similar ones up to hits, with all that are as similar as the last.';

CREATE OR REPLACE FUNCTION offerengine_internal.search_offers(
    term text, store text, currency text, price_mode text, quantity integer, buyer text, country text,
    merchant_references text[], max_rows integer, skip integer, at timestamptz)
RETURNS SETOF offerengine.offer_search_hit
LANGUAGE sql STABLE PARALLEL SAFE COST 2000 ROWS 20
BEGIN ATOMIC
    WITH exact AS (
        SELECT e.*
          FROM offerengine_internal.search_exact(search_offers.term, search_offers.store, search_offers.merchant_references,
                                         search_offers.at) e
    ),
    hit AS (
        SELECT e.* FROM exact e
        UNION ALL
        SELECT s.*
          FROM offerengine_internal.search_similar(search_offers.term, search_offers.store, search_offers.merchant_references,
                                           least(search_offers.skip::bigint + search_offers.max_rows, 2147483647)::integer,
                                           search_offers.at) s
         WHERE NOT EXISTS (SELECT FROM exact)
    )
    SELECT l.sku, l.offer_reference, l.title, l.merchant_reference, l.merchant_name, l.amount, l.original_amount, l.currency,
           l.price_source, l.min_quantity, l.is_default, l.redirected_from, l.available, l.is_purchasable, h.similarity
      FROM hit h
      JOIN offerengine.list_offers(
               skus => (SELECT coalesce(array_agg(DISTINCT h.sku), '{}') FROM hit h), store => search_offers.store,
               currency => search_offers.currency, price_mode => search_offers.price_mode,
               quantity => search_offers.quantity, buyer => search_offers.buyer, country => search_offers.country,
               at => search_offers.at) l
        ON l.offer_reference = h.offer_reference
     ORDER BY h.similarity DESC, l.amount NULLS LAST, l.offer_reference COLLATE "C"
     LIMIT search_offers.max_rows OFFSET search_offers.skip;
END;
COMMENT ON FUNCTION offerengine_internal.search_offers(
    text, text, text, text, integer, text, text, text[], integer, integer, timestamptz) IS
    'Exact matches alone if a visible offer is one, else similar ones; priced and ordered. No row for a blank term.';
