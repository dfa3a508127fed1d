-- The specification of listings: the visible offers of products with their prices, to customers as redirect_offer answers.

CREATE OR REPLACE FUNCTION offerengine_internal.listed_offers(sku text, store text, at timestamptz, customer_reference text)
RETURNS SETOF offerengine_internal.listed_offer
LANGUAGE sql STABLE PARALLEL SAFE COST 500 ROWS 10
BEGIN ATOMIC
    SELECT w.offer_reference,
           coalesce(r.offer_reference, w.offer_reference)
      FROM offerengine_internal.offer_window w
      LEFT JOIN LATERAL offerengine_internal.spec_redirect_offer(
               listed_offers.customer_reference, w.offer_reference, listed_offers.at, '{}') r
             ON listed_offers.customer_reference IS NOT NULL
     WHERE w.sku = listed_offers.sku
       AND w.store_code = listed_offers.store
       AND w.shown_from <= listed_offers.at
       AND listed_offers.at < w.shown_to;
END;
COMMENT ON FUNCTION offerengine_internal.listed_offers(text, text, timestamptz, text) IS
    'The visible offers of a product, each with what it is listed as: what redirect_offer answers the customer, itself to '
    'anonymous ones.';

CREATE OR REPLACE FUNCTION offerengine_internal.next_steps(
    offer_ids bigint[], store text, currency text, price_mode text, country text, at timestamptz)
RETURNS SETOF offerengine_internal.next_step
LANGUAGE sql STABLE PARALLEL SAFE COST 500 ROWS 1
BEGIN ATOMIC
    SELECT s.offer_id, h.amount, p.starts_on
      FROM offerengine.store k
     CROSS JOIN LATERAL (SELECT offerengine_internal.local_date(next_steps.at, k.time_zone) AS day OFFSET 0) d
      JOIN offerengine.offer_step s ON s.offer_id = ANY (next_steps.offer_ids) AND s.step_no = 2 AND isfinite(d.day)
     CROSS JOIN LATERAL (
           SELECT w.price_sheet_id, w.starts_on
             FROM offerengine_internal.place_steps(s.offer_id, d.day, d.day) w
            WHERE w.step_no = s.step_no) p
      LEFT JOIN LATERAL offerengine_internal.sheet_price(
                p.price_sheet_id, next_steps.currency, next_steps.price_mode, coalesce(next_steps.country, k.default_country),
                d.day) h ON true
     WHERE k.store_code = next_steps.store
     ORDER BY s.offer_id;
END;
COMMENT ON FUNCTION offerengine_internal.next_steps(bigint[], text, text, text, text, timestamptz) IS
    'Of each of the offers that has a second step: when that begins and what it costs, if the offer is bought at the instant and '
    'begins that day, as price_plan says; by offer_id. Both paths of a listing ask it.';

CREATE OR REPLACE FUNCTION offerengine_internal.spec_list_offers(
    skus text[], store text, currency text, price_mode text, quantity integer, buyer text, country text, at timestamptz,
    customer_reference text, include_availability boolean, order_by text)
RETURNS SETOF offerengine.offer_listing
LANGUAGE sql STABLE PARALLEL SAFE COST 2000 ROWS 10
BEGIN ATOMIC
    SELECT l.sku,
           l.offer_reference,
           l.title,
           l.merchant_reference,
           l.merchant_name,
           l.amount,
           l.original_amount,
           spec_list_offers.currency,
           l.price_source,
           l.min_quantity,
           l.amount IS NOT NULL
           AND 1 = row_number() OVER (PARTITION BY l.position ORDER BY l.amount NULLS LAST, l.offer_reference COLLATE "C"),
           l.redirected_from,
           CASE WHEN spec_list_offers.include_availability THEN l.available END,
           l.amount IS NOT NULL
           AND offerengine_internal.operation_refusal(
                   l.management, l.offer_type,
                   (SELECT count(*)::integer FROM offerengine.offer_step s WHERE s.offer_id = l.offer_id),
                   'checkout', 'checkout') IS NULL
           AND (NOT spec_list_offers.include_availability AND spec_list_offers.order_by IS DISTINCT FROM 'availability'
                OR l.is_never_out_of_stock
                OR l.pieces >= spec_list_offers.quantity),
           l.next_amount,
           l.next_from
      FROM (SELECT asked.position,
                   asked.sku,
                   listed.redirected_from,
                   w.offer_id,
                   w.offer_reference,
                   w.offer_type,
                   w.title,
                   w.merchant_reference,
                   w.merchant_name,
                   w.management,
                   sales.amount,
                   original.amount AS original_amount,
                   sales.level AS price_source,
                   sales.min_quantity,
                   follows.amount AS next_amount,
                   follows.starts_on AS next_from,
                   coalesce(stock.available, 0) AS available,
                   coalesce(stock.pieces, 0) AS pieces,
                   coalesce(stock.is_never_out_of_stock, false) AS is_never_out_of_stock
              FROM (SELECT s.sku, min(s.position) AS position
                      FROM unnest(spec_list_offers.skus) WITH ORDINALITY s (sku, position)
                     GROUP BY s.sku) asked
              JOIN offerengine.store s ON s.store_code = spec_list_offers.store
             CROSS JOIN LATERAL (
                   SELECT o.listed_as,
                          CASE WHEN NOT bool_or(o.offer_reference = o.listed_as)
                               THEN min(o.offer_reference COLLATE "C") END AS redirected_from
                     FROM offerengine_internal.listed_offers(asked.sku, spec_list_offers.store, spec_list_offers.at,
                                                     spec_list_offers.customer_reference) o
                    GROUP BY o.listed_as) listed
             -- LIMIT: one look-up an offer, never a join with the whole catalogue.
             CROSS JOIN LATERAL (
                   SELECT v.*
                     FROM offerengine_internal.offer_window v
                    WHERE v.offer_reference = listed.listed_as
                      AND v.store_code = spec_list_offers.store
                      AND v.shown_from <= spec_list_offers.at
                      AND spec_list_offers.at < v.shown_to
                    LIMIT 1) w
              LEFT JOIN LATERAL (
                        SELECT p.*
                          FROM offerengine_internal.resolved_prices(
                               ROW(w.offer_id, w.product_id, w.abstract_product_id, w.merchant_id, spec_list_offers.store,
                                   spec_list_offers.currency, spec_list_offers.price_mode, 'DEFAULT', spec_list_offers.quantity,
                                   spec_list_offers.buyer, spec_list_offers.at, NULL)::offerengine_internal.price_question) p
                         WHERE w.price_sheet_id IS NULL
                        UNION ALL
                        SELECT h.*
                          FROM offerengine_internal.sheet_prices(
                               w.price_sheet_id, spec_list_offers.store, spec_list_offers.currency, spec_list_offers.price_mode,
                               spec_list_offers.country, 'DEFAULT', spec_list_offers.at) h
                         WHERE w.price_sheet_id IS NOT NULL) sales ON true
              LEFT JOIN LATERAL offerengine_internal.resolved_prices(
                        ROW(w.offer_id, w.product_id, w.abstract_product_id, w.merchant_id, spec_list_offers.store,
                            spec_list_offers.currency, spec_list_offers.price_mode, 'ORIGINAL', spec_list_offers.quantity,
                            spec_list_offers.buyer, spec_list_offers.at,
                            CASE WHEN s.price_inheritance = 'all_or_nothing' THEN sales.level END)
                        ::offerengine_internal.price_question) original
                     ON original.level = sales.level AND w.price_sheet_id IS NULL
              LEFT JOIN LATERAL offerengine_internal.next_steps(
                        ARRAY[w.offer_id], spec_list_offers.store, spec_list_offers.currency, spec_list_offers.price_mode,
                        spec_list_offers.country, spec_list_offers.at) follows ON w.offer_type = 'subscription'
              LEFT JOIN offerengine_internal.offer_store_availability stock
                     ON stock.offer_id = w.offer_id
                    AND stock.store_code = w.store_code
                    AND (spec_list_offers.include_availability OR spec_list_offers.order_by = 'availability')) l
     ORDER BY l.position,
              CASE WHEN spec_list_offers.order_by = 'availability' THEN l.is_never_out_of_stock END DESC,
              CASE WHEN spec_list_offers.order_by = 'availability' THEN l.available END DESC,
              l.amount NULLS LAST,
              l.offer_reference COLLATE "C";
END;
COMMENT ON FUNCTION offerengine_internal.spec_list_offers(
    text[], text, text, text, integer, text, text, timestamptz, text, boolean, text) IS
    'Specification of list_offers for many products: in the order asked, a product asked for twice is answered at its first place. '
    'original_amount is the ORIGINAL price of the level that the sales price comes from; with price_inheritance per_type, '
    'where it would be taken from that level; a price sheet has none. Ordered by availability, ties go by '
    'amount and offer_reference. available is NULL unless include_availability. is_purchasable: priced, the checkout allowed by '
    'operation_policy, and available where that is asked for or ordered by. next_amount and next_from: of the second step of a '
    'subscription. To a customer an offer is listed as what '
    'redirect_offer answers, once, if that is visible; redirected_from is then the offer, of several the first, that is not '
    'listed as itself.';

CREATE OR REPLACE FUNCTION offerengine_internal.spec_default_offer(
    sku text, store text, currency text, price_mode text, quantity integer, buyer text, country text, at timestamptz,
    customer_reference text, include_availability boolean, order_by text, selected_offer text)
RETURNS SETOF offerengine.offer_listing
LANGUAGE sql STABLE PARALLEL SAFE COST 2000 ROWS 1
BEGIN ATOMIC
    SELECT l.*
      FROM offerengine_internal.spec_list_offers(
               ARRAY[spec_default_offer.sku], spec_default_offer.store, spec_default_offer.currency,
               spec_default_offer.price_mode, spec_default_offer.quantity, spec_default_offer.buyer,
               spec_default_offer.country, spec_default_offer.at, spec_default_offer.customer_reference,
               spec_default_offer.include_availability, spec_default_offer.order_by) l
      LEFT JOIN offerengine_internal.listed_offers(
               spec_default_offer.sku, spec_default_offer.store, spec_default_offer.at,
               spec_default_offer.customer_reference) o
             ON o.offer_reference = spec_default_offer.selected_offer
     WHERE CASE WHEN spec_default_offer.selected_offer IS NULL THEN l.is_default
                ELSE l.offer_reference IN (spec_default_offer.selected_offer, o.listed_as) END
     ORDER BY l.offer_reference = spec_default_offer.selected_offer DESC
     LIMIT 1;
END;
COMMENT ON FUNCTION offerengine_internal.spec_default_offer(
    text, text, text, text, integer, text, text, timestamptz, text, boolean, text, text) IS
    'Specification of default_offer: the selected offer if it is one of the visible offers of the product, else no row; with none '
    'selected the default one of the listing, no row when nothing has a price. A selected offer that is listed as another one: '
    'that one.';

CREATE OR REPLACE FUNCTION offerengine_internal.spec_rank_products(
    skus text[], store text, currency text, price_mode text, quantity integer, buyer text, country text, at timestamptz,
    order_by text, max_rows integer, skip integer)
RETURNS SETOF offerengine.ranked_product
LANGUAGE sql STABLE PARALLEL SAFE COST 10000 ROWS 20
BEGIN ATOMIC
    SELECT r.position, r.sku, r.offer_reference, r.amount, r.lowest_amount, r.highest_amount, r.offers, r.total
      FROM (SELECT p.sku,
                   p.offer_reference,
                   p.amount,
                   p.lowest_amount,
                   p.highest_amount,
                   p.offers,
                   (count(*) OVER ())::integer AS total,
                   (row_number() OVER (
                        ORDER BY CASE WHEN spec_rank_products.order_by = 'availability'
                                      THEN coalesce(stock.is_never_out_of_stock, false) END DESC,
                                 CASE WHEN spec_rank_products.order_by = 'availability'
                                      THEN coalesce(stock.available, 0) END DESC,
                                 p.amount IS NULL,
                                 CASE WHEN spec_rank_products.order_by = 'price_descending' THEN - p.amount ELSE p.amount END,
                                 p.sku COLLATE "C"))::integer AS position
              FROM (SELECT l.sku,
                           (array_agg(l.offer_reference ORDER BY l.ordinality))[1] AS offer_reference,
                           (array_agg(l.amount ORDER BY l.ordinality))[1] AS amount,
                           min(l.amount) AS lowest_amount,
                           max(l.amount) AS highest_amount,
                           count(*)::integer AS offers
                      FROM offerengine_internal.spec_list_offers(
                               spec_rank_products.skus, spec_rank_products.store, spec_rank_products.currency,
                               spec_rank_products.price_mode, spec_rank_products.quantity, spec_rank_products.buyer,
                               spec_rank_products.country, spec_rank_products.at, NULL, false,
                               CASE WHEN spec_rank_products.order_by = 'availability' THEN 'availability' ELSE 'price' END)
                           WITH ORDINALITY l
                     GROUP BY l.sku) p
              JOIN offerengine.offer o ON o.offer_reference = p.offer_reference
              LEFT JOIN offerengine_internal.offer_store_availability stock
                     ON stock.offer_id = o.offer_id
                    AND stock.store_code = spec_rank_products.store
                    AND spec_rank_products.order_by = 'availability') r
     WHERE r.position > spec_rank_products.skip
     ORDER BY r.position
     LIMIT spec_rank_products.max_rows;
END;
COMMENT ON FUNCTION offerengine_internal.spec_rank_products(
    text[], text, text, text, integer, text, text, timestamptz, text, integer, integer) IS
    'Specification of rank_products, from the listings of the products: each by the first offer of its listing.';
