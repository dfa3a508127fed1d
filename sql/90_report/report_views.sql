-- Report views. They read with their owner's rights, so that reporting roles need no table, and show of what belongs to a
-- merchant only what the current role may see (seen_merchant). security_barrier: a function in a merchant's own WHERE clause
-- is given no row that the view hides.

CREATE OR REPLACE VIEW offerengine.visible_offer WITH (security_barrier = true) AS
SELECT w.offer_reference,
       w.sku,
       w.merchant_reference,
       w.store_code,
       w.title,
       w.merchant_name,
       w.offer_type,
       w.management,
       nullif(w.shown_from, '-infinity') AS shown_from,
       nullif(w.shown_to, 'infinity') AS shown_to
  FROM offerengine_internal.offer_window w
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = w.merchant_id
 WHERE w.shown_from <= now()
   AND now() < w.shown_to;
COMMENT ON VIEW offerengine.visible_offer IS
    'Offers that are visible now, one row for each store in which they are. A merchant sees its own.';
COMMENT ON COLUMN offerengine.visible_offer.offer_reference IS 'Reference of the offer.';
COMMENT ON COLUMN offerengine.visible_offer.sku IS 'Stock keeping unit of its product.';
COMMENT ON COLUMN offerengine.visible_offer.merchant_reference IS 'Reference of its merchant.';
COMMENT ON COLUMN offerengine.visible_offer.store_code IS 'The store in which it is visible.';
COMMENT ON COLUMN offerengine.visible_offer.title IS 'The offer''s title, else its product''s name.';
COMMENT ON COLUMN offerengine.visible_offer.merchant_name IS 'Name of its merchant.';
COMMENT ON COLUMN offerengine.visible_offer.offer_type IS 'product, time_pass, subscription, credit, add_on or gift_voucher.';
COMMENT ON COLUMN offerengine.visible_offer.management IS 'standard, externally_managed or externally_invoiced.';
COMMENT ON COLUMN offerengine.visible_offer.shown_from IS
    'Since when the validity of offer and product allows it; NULL: ever since.';
COMMENT ON COLUMN offerengine.visible_offer.shown_to IS 'First instant at which it does no longer; NULL: none.';

CREATE OR REPLACE VIEW offerengine.offer_status WITH (security_barrier = true) AS
SELECT c.offer_reference,
       c.sku,
       c.merchant_reference,
       c.store_code,
       f.failing_condition IS NULL AS is_visible,
       f.failing_condition,
       c.title,
       c.approval_status,
       c.offer_active AS is_active,
       nullif(c.offer_valid_from, '-infinity') AS valid_from,
       nullif(c.offer_valid_to, 'infinity') AS valid_to
  FROM offerengine_internal.offer_condition c
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = c.merchant_id
 CROSS JOIN LATERAL (
       SELECT CASE WHEN NOT c.merchant_active THEN 'merchant_active'
                   WHEN NOT c.merchant_approved THEN 'merchant_approved'
                   WHEN NOT c.offer_approved THEN 'offer_approved'
                   WHEN NOT c.offer_active THEN 'offer_active'
                   WHEN NOT c.offer_store THEN 'offer_store'
                   WHEN NOT c.product_store THEN 'product_store'
                   WHEN now() < c.offer_valid_from OR now() >= c.offer_valid_to THEN 'offer_validity'
                   WHEN NOT c.product_active THEN 'product_active'
                   WHEN now() < c.product_valid_from OR now() >= c.product_valid_to THEN 'product_validity'
              END COLLATE "C" AS failing_condition) f;
COMMENT ON VIEW offerengine.offer_status IS
    'Every offer in every store: whether it is visible there now, and if not, the first of the conditions, in the order of '
    'explain_visibility, that fails. A merchant sees its own.';
COMMENT ON COLUMN offerengine.offer_status.offer_reference IS 'Reference of the offer.';
COMMENT ON COLUMN offerengine.offer_status.sku IS 'Stock keeping unit of its product.';
COMMENT ON COLUMN offerengine.offer_status.merchant_reference IS 'Reference of its merchant.';
COMMENT ON COLUMN offerengine.offer_status.store_code IS 'The store; offer_store fails where the offer is not sold.';
COMMENT ON COLUMN offerengine.offer_status.is_visible IS 'True when every condition holds now.';
COMMENT ON COLUMN offerengine.offer_status.failing_condition IS
    'merchant_active, merchant_approved, offer_approved, offer_active, offer_store, product_store, offer_validity, product_active '
    'or product_validity; NULL: visible.';
COMMENT ON COLUMN offerengine.offer_status.title IS 'The offer''s title, else its product''s name.';
COMMENT ON COLUMN offerengine.offer_status.approval_status IS 'waiting_for_approval, approved or denied.';
COMMENT ON COLUMN offerengine.offer_status.is_active IS 'The offer''s own switch.';
COMMENT ON COLUMN offerengine.offer_status.valid_from IS 'Start of the offer''s validity; NULL: none.';
COMMENT ON COLUMN offerengine.offer_status.valid_to IS 'End of the offer''s validity, itself outside; NULL: none.';

-- The visible offers of every product, priced for an anonymous buyer of one piece, in every store, currency and price mode.
CREATE OR REPLACE VIEW offerengine_internal.priced_offer AS
SELECT p.sku,
       aps.store_code,
       l.currency COLLATE "C" AS currency_code,
       l.price_mode COLLATE "C" AS price_mode,
       o.offer_reference,
       l.title,
       o.merchant_id,
       l.merchant_name,
       l.amount,
       l.place,
       l.offers
  FROM offerengine.offer o
  JOIN offerengine.product p ON p.product_id = o.product_id
  JOIN offerengine.abstract_product_store aps ON aps.abstract_product_id = p.abstract_product_id
  JOIN (SELECT c.store_code, array_agg(c.currency_code::text) AS currencies
          FROM offerengine.store_currency c GROUP BY c.store_code) sc ON sc.store_code = aps.store_code
 CROSS JOIN LATERAL offerengine_internal.report_offers(p.sku, aps.store_code, sc.currencies) l
 -- The offers are ranked by product. Joined with their rows, a filter by offer or merchant leads to the products to rank; the
 -- whole still ranks each product once. What is added to the id keeps the planner from reckoning that one of all offers has it,
 -- where one of the product's has: it would look up what follows row by row.
 WHERE o.offer_id + 0 = l.offer_id;
COMMENT ON VIEW offerengine_internal.priced_offer IS
    'What list_offers answers now to an anonymous buyer of one piece, for all products, stores, currencies that the store '
    'carries and price modes. A merchant sees its own offers. Internal.';
COMMENT ON COLUMN offerengine_internal.priced_offer.sku IS 'The product.';
COMMENT ON COLUMN offerengine_internal.priced_offer.store_code IS 'The store.';
COMMENT ON COLUMN offerengine_internal.priced_offer.currency_code IS 'The currency.';
COMMENT ON COLUMN offerengine_internal.priced_offer.price_mode IS 'gross or net.';
COMMENT ON COLUMN offerengine_internal.priced_offer.offer_reference IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.priced_offer.title IS 'The offer''s title, else its product''s name.';
COMMENT ON COLUMN offerengine_internal.priced_offer.merchant_id IS 'Its merchant.';
COMMENT ON COLUMN offerengine_internal.priced_offer.merchant_name IS 'Name of its merchant.';
COMMENT ON COLUMN offerengine_internal.priced_offer.amount IS 'Its price in minor units; NULL: none.';
COMMENT ON COLUMN offerengine_internal.priced_offer.place IS '1 for the lowest price; offers without a price come last.';
COMMENT ON COLUMN offerengine_internal.priced_offer.offers IS 'How many offers of the product are visible in the store.';

CREATE OR REPLACE VIEW offerengine.product_offer_ranking WITH (security_barrier = true) AS
SELECT r.sku,
       r.store_code,
       r.currency_code,
       r.price_mode,
       CASE WHEN r.amount IS NOT NULL THEN r.place END AS place,
       r.offer_reference,
       r.title,
       m.merchant_reference,
       r.merchant_name,
       r.amount AS price_amount,
       r.amount * c.minor_unit AS price_value,
       r.offers
  FROM offerengine_internal.priced_offer r
  JOIN offerengine.currency c ON c.currency_code = r.currency_code
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = r.merchant_id
 WHERE offerengine_internal.is_loaded();
COMMENT ON VIEW offerengine.product_offer_ranking IS
    'The visible offers of each product by price, now, for an anonymous buyer of one piece, in every store, currency that the '
    'store carries and price mode. A merchant sees its own offers and their place among all.';
COMMENT ON COLUMN offerengine.product_offer_ranking.sku IS 'The product.';
COMMENT ON COLUMN offerengine.product_offer_ranking.store_code IS 'The store.';
COMMENT ON COLUMN offerengine.product_offer_ranking.currency_code IS 'The currency.';
COMMENT ON COLUMN offerengine.product_offer_ranking.price_mode IS 'gross or net.';
COMMENT ON COLUMN offerengine.product_offer_ranking.place IS
    '1 for the lowest price; equal prices in the order of offer_reference; NULL: the offer has no price.';
COMMENT ON COLUMN offerengine.product_offer_ranking.offer_reference IS 'The offer.';
COMMENT ON COLUMN offerengine.product_offer_ranking.title IS 'The offer''s title, else its product''s name.';
COMMENT ON COLUMN offerengine.product_offer_ranking.merchant_reference IS 'Reference of its merchant.';
COMMENT ON COLUMN offerengine.product_offer_ranking.merchant_name IS 'Name of its merchant.';
COMMENT ON COLUMN offerengine.product_offer_ranking.price_amount IS 'Its price in minor units; NULL: none.';
COMMENT ON COLUMN offerengine.product_offer_ranking.price_value IS 'The same with the digits of the currency.';
COMMENT ON COLUMN offerengine.product_offer_ranking.offers IS 'How many offers of the product are visible in the store.';

-- By product and store: what is read of a product's prices serves all its offers.
CREATE OR REPLACE VIEW offerengine.unpriced_offer WITH (security_barrier = true) AS
SELECT v.offer_reference,
       v.sku,
       v.merchant_reference,
       v.store_code,
       sc.currency_code,
       v.title
  FROM (SELECT w.offer_reference,
               w.sku,
               w.merchant_reference,
               w.store_code,
               w.title,
               w.offer_id,
               w.product_id,
               w.abstract_product_id,
               w.price_sheet_id
          FROM offerengine_internal.offer_window w
          JOIN offerengine_internal.seen_merchant m ON m.merchant_id = w.merchant_id
         WHERE w.shown_from <= now()
           AND now() < w.shown_to
         ORDER BY w.product_id, w.store_code) v
  JOIN offerengine.store_currency sc ON sc.store_code = v.store_code
 WHERE offerengine_internal.is_loaded()
   AND NOT offerengine_internal.report_is_priced(
                  v.offer_reference, v.store_code, sc.currency_code, v.offer_id, v.product_id, v.abstract_product_id,
                  v.price_sheet_id IS NOT NULL);
COMMENT ON VIEW offerengine.unpriced_offer IS
    'Offers that are visible now and have, in a currency that the store carries, no price for an anonymous buyer of one piece, '
    'neither gross nor net: they are listed last and cannot be bought. A merchant sees its own.';
COMMENT ON COLUMN offerengine.unpriced_offer.offer_reference IS 'The offer.';
COMMENT ON COLUMN offerengine.unpriced_offer.sku IS 'Its product.';
COMMENT ON COLUMN offerengine.unpriced_offer.merchant_reference IS 'Its merchant.';
COMMENT ON COLUMN offerengine.unpriced_offer.store_code IS 'The store in which it is visible.';
COMMENT ON COLUMN offerengine.unpriced_offer.currency_code IS 'The currency in which it has no price.';
COMMENT ON COLUMN offerengine.unpriced_offer.title IS 'The offer''s title, else its product''s name.';

-- Grouped by what it says of the merchant, so that a filter by one of that goes below the grouping and reads its offers only; the
-- merchant stands in both joins, so that it reaches what is visible whichever way that is joined.
CREATE OR REPLACE VIEW offerengine_internal.merchant_figures AS
SELECT m.merchant_id,
       m.merchant_reference,
       m.name,
       m.approval_status,
       m.is_active,
       count(DISTINCT o.offer_id) AS offers,
       count(DISTINCT o.offer_id) FILTER (WHERE o.approval_status = 'waiting_for_approval') AS waiting_offers,
       count(DISTINCT o.offer_id) FILTER (WHERE o.approval_status = 'approved') AS approved_offers,
       count(DISTINCT o.offer_id) FILTER (WHERE o.approval_status = 'denied') AS denied_offers,
       count(DISTINCT o.offer_id) FILTER (WHERE NOT o.is_active) AS inactive_offers,
       count(DISTINCT w.offer_id) AS visible_offers,
       coalesce(array_agg(DISTINCT w.store_code ORDER BY w.store_code) FILTER (WHERE w.store_code IS NOT NULL), '{}') AS stores
  FROM offerengine.merchant m
  LEFT JOIN offerengine.offer o ON o.merchant_id = m.merchant_id
  LEFT JOIN offerengine_internal.offer_window w
         ON w.offer_id = o.offer_id AND w.merchant_id = m.merchant_id AND w.shown_from <= now() AND now() < w.shown_to
 GROUP BY m.merchant_id, m.merchant_reference, m.name, m.approval_status, m.is_active;

COMMENT ON VIEW offerengine_internal.merchant_figures IS
    'What merchant_summary says, of every merchant. Internal: shows all.';
COMMENT ON COLUMN offerengine_internal.merchant_figures.merchant_id IS 'The merchant.';
COMMENT ON COLUMN offerengine_internal.merchant_figures.merchant_reference IS 'merchant.merchant_reference.';
COMMENT ON COLUMN offerengine_internal.merchant_figures.name IS 'merchant.name.';
COMMENT ON COLUMN offerengine_internal.merchant_figures.approval_status IS 'merchant.approval_status.';
COMMENT ON COLUMN offerengine_internal.merchant_figures.is_active IS 'merchant.is_active.';
COMMENT ON COLUMN offerengine_internal.merchant_figures.offers IS 'Offers in any state.';
COMMENT ON COLUMN offerengine_internal.merchant_figures.waiting_offers IS 'Offers that wait for approval.';
COMMENT ON COLUMN offerengine_internal.merchant_figures.approved_offers IS 'Offers that are approved.';
COMMENT ON COLUMN offerengine_internal.merchant_figures.denied_offers IS 'Offers that are denied.';
COMMENT ON COLUMN offerengine_internal.merchant_figures.inactive_offers IS 'Offers switched off, in any state.';
COMMENT ON COLUMN offerengine_internal.merchant_figures.visible_offers IS 'Offers that are visible now in at least one store.';
COMMENT ON COLUMN offerengine_internal.merchant_figures.stores IS 'Stores in which an offer of the merchant is visible now.';

-- Who sees all has them grouped at once, who sees some merchants merchant by merchant (OFFSET 0: the grouping is asked for each).
CREATE OR REPLACE VIEW offerengine.merchant_summary WITH (security_barrier = true) AS
SELECT f.merchant_reference,
       f.name,
       f.approval_status,
       f.is_active,
       f.offers,
       f.waiting_offers,
       f.approved_offers,
       f.denied_offers,
       f.inactive_offers,
       f.visible_offers,
       f.stores
  FROM offerengine_internal.merchant_figures f
 WHERE (SELECT offerengine_internal.reads_all())
UNION ALL
SELECT m.merchant_reference,
       m.name,
       m.approval_status,
       m.is_active,
       f.offers,
       f.waiting_offers,
       f.approved_offers,
       f.denied_offers,
       f.inactive_offers,
       f.visible_offers,
       f.stores
  FROM offerengine_internal.seen_merchant m
 CROSS JOIN LATERAL (SELECT g.* FROM offerengine_internal.merchant_figures g WHERE g.merchant_id = m.merchant_id OFFSET 0) f
 WHERE NOT (SELECT offerengine_internal.reads_all());
COMMENT ON VIEW offerengine.merchant_summary IS
    'Each merchant with the number of its offers by state and how many of them are visible now. A merchant sees itself.';
COMMENT ON COLUMN offerengine.merchant_summary.merchant_reference IS 'Reference of the merchant.';
COMMENT ON COLUMN offerengine.merchant_summary.name IS 'Name of the merchant.';
COMMENT ON COLUMN offerengine.merchant_summary.approval_status IS 'waiting_for_approval, approved or denied.';
COMMENT ON COLUMN offerengine.merchant_summary.is_active IS 'False: suspended, all offers are hidden.';
COMMENT ON COLUMN offerengine.merchant_summary.offers IS 'Offers in any state.';
COMMENT ON COLUMN offerengine.merchant_summary.waiting_offers IS 'Offers that wait for approval.';
COMMENT ON COLUMN offerengine.merchant_summary.approved_offers IS 'Offers that are approved.';
COMMENT ON COLUMN offerengine.merchant_summary.denied_offers IS 'Offers that are denied.';
COMMENT ON COLUMN offerengine.merchant_summary.inactive_offers IS 'Offers switched off, in any state.';
COMMENT ON COLUMN offerengine.merchant_summary.visible_offers IS 'Offers that are visible now in at least one store.';
COMMENT ON COLUMN offerengine.merchant_summary.stores IS 'Stores in which an offer of the merchant is visible now.';

-- What offer_store_availability says of one offer, summed up over all: its references are what is grouped by, so a filter by one of
-- them goes below the grouping. A test holds the two equal.
CREATE OR REPLACE VIEW offerengine.stock_overview WITH (security_barrier = true) AS
SELECT o.offer_reference,
       p.sku,
       m.merchant_reference,
       os.store_code,
       coalesce(sum(k.quantity), 0) AS in_stock,
       coalesce(sum(k.held - k.expired), 0) AS reserved,
       coalesce(sum(greatest(0, k.unpromised + k.expired)), 0) AS available,
       coalesce(bool_or(k.is_never_out_of_stock), false) AS is_never_out_of_stock
  FROM offerengine.offer_store os
  JOIN offerengine.offer o ON o.offer_id = os.offer_id
  JOIN offerengine.product p ON p.product_id = o.product_id
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = o.merchant_id
  LEFT JOIN offerengine_internal.stock_source k ON k.offer_id = os.offer_id AND k.store_code = os.store_code
 WHERE offerengine_internal.is_loaded()
 GROUP BY os.offer_id, os.store_code, o.offer_reference, p.sku, m.merchant_reference;
COMMENT ON VIEW offerengine.stock_overview IS
    'Stock of every offer in every store in which it is sold, visible or not. A merchant sees its own.';
COMMENT ON COLUMN offerengine.stock_overview.offer_reference IS 'The offer.';
COMMENT ON COLUMN offerengine.stock_overview.sku IS 'Its product.';
COMMENT ON COLUMN offerengine.stock_overview.merchant_reference IS 'Its merchant.';
COMMENT ON COLUMN offerengine.stock_overview.store_code IS 'The store.';
COMMENT ON COLUMN offerengine.stock_overview.in_stock IS 'Pieces in the active warehouses that serve the store.';
COMMENT ON COLUMN offerengine.stock_overview.reserved IS 'Pieces held for orders, without those of holds that have run out.';
COMMENT ON COLUMN offerengine.stock_overview.available IS
    'What is left: in_stock without reserved and what is kept back, of no warehouse below 0.';
COMMENT ON COLUMN offerengine.stock_overview.is_never_out_of_stock IS 'True: any quantity can be sold.';

CREATE OR REPLACE VIEW offerengine.stock_shortage WITH (security_barrier = true) AS
SELECT o.offer_reference,
       p.sku,
       m.merchant_reference,
       w.name AS warehouse,
       h.quantity,
       h.safety_quantity,
       h.held,
       h.missing
  FROM offerengine_internal.stock_missing h
  JOIN offerengine.offer o ON o.offer_id = h.offer_id
  JOIN offerengine.product p ON p.product_id = o.product_id
  JOIN offerengine.warehouse w ON w.warehouse_id = h.warehouse_id
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = o.merchant_id;
COMMENT ON VIEW offerengine.stock_shortage IS
    'Where more is promised than lies there: a count came below what is held, or what never runs out was sold ahead. Holds that '
    'have run out count until somebody needs their pieces. A merchant sees its own.';
COMMENT ON COLUMN offerengine.stock_shortage.offer_reference IS 'The offer.';
COMMENT ON COLUMN offerengine.stock_shortage.sku IS 'Its product.';
COMMENT ON COLUMN offerengine.stock_shortage.merchant_reference IS 'Its merchant.';
COMMENT ON COLUMN offerengine.stock_shortage.warehouse IS 'The warehouse.';
COMMENT ON COLUMN offerengine.stock_shortage.quantity IS 'Pieces that lie there.';
COMMENT ON COLUMN offerengine.stock_shortage.safety_quantity IS 'Pieces of these that are kept back.';
COMMENT ON COLUMN offerengine.stock_shortage.held IS 'Pieces promised and not shipped.';
COMMENT ON COLUMN offerengine.stock_shortage.missing IS 'By how many pieces more is promised than lies there.';
