-- What may be bought of an offer in a store, stated once.

-- What it says of warehouse and store it asks with equalities of the two, so that a report of every offer can hash it once.
CREATE OR REPLACE VIEW offerengine_internal.serving_warehouse AS
SELECT w.warehouse_id,
       s.store_code
  FROM offerengine.warehouse w
 CROSS JOIN offerengine.store s
 WHERE w.is_active
   AND (EXISTS (SELECT FROM offerengine.warehouse_store ws
                 WHERE ws.warehouse_id = w.warehouse_id AND ws.store_code = s.store_code)
        OR NOT EXISTS (SELECT FROM offerengine.warehouse_store ws WHERE ws.warehouse_id = w.warehouse_id)
           AND EXISTS (SELECT FROM offerengine.merchant_warehouse mw
                         JOIN offerengine.merchant_store ms ON ms.merchant_id = mw.merchant_id
                        WHERE mw.warehouse_id = w.warehouse_id AND ms.store_code = s.store_code));
COMMENT ON VIEW offerengine_internal.serving_warehouse IS
    'Active warehouses with the stores that they serve: those that warehouse_store names; a merchant''s warehouse without a row '
    'there serves its merchant''s stores (merchant_store). Internal.';
COMMENT ON COLUMN offerengine_internal.serving_warehouse.warehouse_id IS 'The warehouse.';
COMMENT ON COLUMN offerengine_internal.serving_warehouse.store_code IS 'A store that it serves.';

CREATE OR REPLACE VIEW offerengine_internal.offer_store_availability AS
SELECT os.offer_id,
       os.store_code,
       COALESCE(stock.in_stock, 0) AS in_stock,
       0::numeric AS reserved,
       COALESCE(stock.in_stock, 0) AS available,
       COALESCE(stock.is_never_out_of_stock, false) AS is_never_out_of_stock
  FROM offerengine.offer_store os
 CROSS JOIN LATERAL (
       SELECT pg_catalog.sum(k.quantity) AS in_stock,
              pg_catalog.bool_or(k.is_never_out_of_stock) AS is_never_out_of_stock
         FROM offerengine.offer_stock k
         JOIN offerengine_internal.serving_warehouse w ON w.warehouse_id = k.warehouse_id
        WHERE k.offer_id = os.offer_id
          AND w.store_code = os.store_code) AS stock;
COMMENT ON VIEW offerengine_internal.offer_store_availability IS
    'Stock of each offer in each store in which it is sold: the sum over the active warehouses that serve the store. An offer '
    'that is not in a store has no row, which is no stock. For one offer; stock_overview sums up all at once.';
COMMENT ON COLUMN offerengine_internal.offer_store_availability.offer_id IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.offer_store_availability.store_code IS 'The store.';
COMMENT ON COLUMN offerengine_internal.offer_store_availability.in_stock IS 'Pieces in the active warehouses that serve the store.';
COMMENT ON COLUMN offerengine_internal.offer_store_availability.reserved IS
    'Pieces held for orders; 0 as long as nothing reserves stock.';
COMMENT ON COLUMN offerengine_internal.offer_store_availability.available IS
    'Pieces left: in_stock without reserved, never below 0.';
COMMENT ON COLUMN offerengine_internal.offer_store_availability.is_never_out_of_stock IS
    'True when one of those warehouses sells it in any quantity; available then says what lies there.';
