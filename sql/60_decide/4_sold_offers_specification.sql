-- What the offers of a cart are, cost and have, as a query.

CREATE OR REPLACE FUNCTION offerengine_internal.spec_sold_offers(
    offer_references text[], store text, currency text, price_mode text, quantities integer[], buyer text, country text,
    at timestamptz, channel text, is_priced boolean, with_other boolean,
    no_subscriptions boolean)
RETURNS SETOF offerengine_internal.sold_offer
LANGUAGE sql STABLE PARALLEL SAFE COST 2000 ROWS 10
BEGIN ATOMIC
    SELECT c.position::integer, o.offer_id, o.offer_reference, o.merchant_id, o.merchant_reference, o.merchant_name, o.sku,
           o.title, o.offer_type, o.is_shipped, o.pass_duration,
           CASE WHEN o.offer_id IS NOT NULL
                THEN coalesce(y.is_allowed AND NOT y.one_step AND spec_sold_offers.channel = ANY (y.channels)
                              AND coalesce(o.offer_type = ANY (y.offer_types), true), false) END,
           o.order_minimum, o.order_step, o.order_maximum, o.customer_limit, o.customer_limit_counts,
           sum(c.quantity) OVER (PARTITION BY c.offer_reference), p.amount,
           CASE WHEN spec_sold_offers.with_other AND p.price_source <> 'price_sheet' THEN x.amount END,
           p.price_source, p.price_id, p.reason, p.detail, k.offer_id IS NOT NULL,
           CASE WHEN k.offer_id IS NOT NULL THEN coalesce(a.available, 0) END,
           CASE WHEN k.offer_id IS NOT NULL AND NOT coalesce(a.is_never_out_of_stock, false) THEN coalesce(a.pieces, 0) END,
           -- Where stock is, stock_shares() says; that probes know it at once spares only time.
           NULL::bigint
      FROM unnest(spec_sold_offers.offer_references, spec_sold_offers.quantities)
           WITH ORDINALITY c (offer_reference, quantity, position)
      LEFT JOIN offerengine.resolve_prices(
                CASE WHEN spec_sold_offers.is_priced THEN spec_sold_offers.offer_references END, spec_sold_offers.store,
                spec_sold_offers.currency, spec_sold_offers.price_mode,
                CASE WHEN spec_sold_offers.is_priced THEN spec_sold_offers.quantities END, spec_sold_offers.buyer,
                spec_sold_offers.country, 'DEFAULT', spec_sold_offers.at) p ON p.position = c.position
      -- The row may have been changed since the instant that was asked about.
      LEFT JOIN LATERAL (
           SELECT CASE WHEN spec_sold_offers.price_mode = 'net' AND r.net_amount = p.amount THEN r.gross_amount
                       WHEN spec_sold_offers.price_mode = 'gross' AND r.gross_amount = p.amount THEN r.net_amount END AS amount
             FROM offerengine.price r WHERE spec_sold_offers.with_other AND r.price_id = p.price_id LIMIT 1) x ON true
      -- LIMIT: one look-up an offer, never a join with the whole catalogue.
      LEFT JOIN LATERAL (
           SELECT f.offer_id, f.offer_reference, f.offer_type, f.management, f.is_shipped, f.pass_duration, f.order_minimum,
                  f.order_step, f.order_maximum, f.customer_limit, f.customer_limit_counts, coalesce(f.title, d.name) AS title,
                  d.sku, f.merchant_id, m.merchant_reference, m.name AS merchant_name
             FROM offerengine.offer f
             JOIN offerengine.product d ON d.product_id = f.product_id
             JOIN offerengine.merchant m ON m.merchant_id = f.merchant_id
            WHERE f.offer_reference = c.offer_reference LIMIT 1) o ON true
      LEFT JOIN offerengine.operation_policy y ON y.operation = 'checkout' AND y.management = o.management
      LEFT JOIN LATERAL (SELECT s.offer_id FROM offerengine.offer_stock s WHERE s.offer_id = o.offer_id LIMIT 1) k ON true
      LEFT JOIN LATERAL (
           SELECT v.* FROM offerengine_internal.offer_store_availability v
            WHERE v.offer_id = k.offer_id AND v.store_code = spec_sold_offers.store LIMIT 1) a ON true
     WHERE NOT spec_sold_offers.no_subscriptions
        OR NOT EXISTS (SELECT FROM offerengine.offer n
                        WHERE n.offer_reference = ANY (spec_sold_offers.offer_references) AND n.offer_type = 'subscription')
     ORDER BY c.position;
END;
COMMENT ON FUNCTION offerengine_internal.spec_sold_offers(
    text[], text, text, text, integer[], text, text, timestamptz, text, boolean, boolean, boolean) IS
    'Specification of sold_offers. quantities has an element for each place.';
