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

-- Whoever sells it asks which of this is offered in a store; the clock is that at which the statement came.
CREATE OR REPLACE VIEW offerengine_internal.stock_source AS
SELECT k.offer_id,
       w.store_code,
       k.warehouse_id,
       k.quantity,
       k.quantity - k.safety_quantity - COALESCE(h.held, 0) AS unpromised,
       COALESCE(h.held, 0) AS held,
       h.next_expiry,
       k.is_never_out_of_stock,
       CASE WHEN h.next_expiry <= pg_catalog.statement_timestamp()
            THEN COALESCE((SELECT pg_catalog.sum(x.quantity - x.shipped)
                             FROM offerengine.stock_hold x
                            WHERE x.offer_id = k.offer_id AND x.warehouse_id = k.warehouse_id
                              AND x.state = 'held' AND x.expires_at <= pg_catalog.statement_timestamp()
                              AND offerengine_internal.is_loaded()), 0)
            ELSE 0 END AS expired
  FROM offerengine.offer_stock k
  JOIN offerengine_internal.serving_warehouse w ON w.warehouse_id = k.warehouse_id
  LEFT JOIN offerengine.stock_held h ON h.offer_id = k.offer_id AND h.warehouse_id = k.warehouse_id;
COMMENT ON VIEW offerengine_internal.stock_source IS
    'Where stock of an offer lies for a store: the active warehouses that serve it (serving_warehouse).';
COMMENT ON COLUMN offerengine_internal.stock_source.offer_id IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.stock_source.store_code IS 'The store.';
COMMENT ON COLUMN offerengine_internal.stock_source.warehouse_id IS 'The warehouse.';
COMMENT ON COLUMN offerengine_internal.stock_source.quantity IS 'Pieces in it.';
COMMENT ON COLUMN offerengine_internal.stock_source.unpromised IS
    'Of these, neither kept back nor promised; below 0 where more is. Holds that ran out count as promised here.';
COMMENT ON COLUMN offerengine_internal.stock_source.held IS 'Pieces promised, those of holds that ran out included.';
COMMENT ON COLUMN offerengine_internal.stock_source.next_expiry IS 'No hold has run out before this instant; NULL: none ever does.';
COMMENT ON COLUMN offerengine_internal.stock_source.is_never_out_of_stock IS 'Whether any quantity may be sold from it.';
COMMENT ON COLUMN offerengine_internal.stock_source.expired IS
    'Pieces of holds that have run out when the statement came: free again from their instant on.';

CREATE OR REPLACE VIEW offerengine_internal.stock_place AS
SELECT os.offer_id,
       os.store_code,
       k.warehouse_id,
       k.quantity,
       k.unpromised,
       k.held,
       k.next_expiry,
       k.is_never_out_of_stock,
       k.expired
  FROM offerengine.offer_store os
  JOIN offerengine_internal.stock_source k ON k.offer_id = os.offer_id AND k.store_code = os.store_code;
COMMENT ON VIEW offerengine_internal.stock_place IS
    'The places from which a store sells an offer: those of stock_source where the offer is in the store. An offer that is not in '
    'a store has no place there.';
COMMENT ON COLUMN offerengine_internal.stock_place.offer_id IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.stock_place.store_code IS 'The store.';
COMMENT ON COLUMN offerengine_internal.stock_place.warehouse_id IS 'The warehouse.';
COMMENT ON COLUMN offerengine_internal.stock_place.quantity IS 'Pieces in it.';
COMMENT ON COLUMN offerengine_internal.stock_place.unpromised IS
    'Of these, neither kept back nor promised; below 0 where more is. Holds that ran out count as promised here.';
COMMENT ON COLUMN offerengine_internal.stock_place.held IS 'Pieces promised, those of holds that ran out included.';
COMMENT ON COLUMN offerengine_internal.stock_place.next_expiry IS 'No hold has run out before this instant; NULL: none ever does.';
COMMENT ON COLUMN offerengine_internal.stock_place.is_never_out_of_stock IS 'Whether any quantity may be sold from it.';
COMMENT ON COLUMN offerengine_internal.stock_place.expired IS
    'Pieces of holds that have run out when the statement came: free again from their instant on.';

CREATE OR REPLACE VIEW offerengine_internal.offer_store_availability AS
SELECT os.offer_id,
       os.store_code,
       COALESCE(stock.in_stock, 0) AS in_stock,
       COALESCE(stock.reserved, 0) AS reserved,
       COALESCE(stock.available, 0) AS available,
       COALESCE(stock.is_never_out_of_stock, false) AS is_never_out_of_stock,
       COALESCE(stock.pieces, 0) AS pieces
  FROM offerengine.offer_store os
 CROSS JOIN LATERAL (
       SELECT pg_catalog.sum(free.quantity) AS in_stock,
              pg_catalog.sum(free.held - free.expired) AS reserved,
              pg_catalog.sum(GREATEST(0, free.unpromised + free.expired)) AS available,
              pg_catalog.bool_or(free.is_never_out_of_stock) AS is_never_out_of_stock,
              pg_catalog.sum(GREATEST(0, pg_catalog.floor(free.unpromised) + free.expired)) AS pieces
         FROM (SELECT k.quantity, k.unpromised, k.held, k.is_never_out_of_stock, k.expired
                 FROM offerengine_internal.stock_source k
                WHERE k.offer_id = os.offer_id AND k.store_code = os.store_code
               OFFSET 0) AS free) AS stock;
COMMENT ON VIEW offerengine_internal.offer_store_availability IS
    'Stock of each offer in each store in which it is sold: the sum over its places (stock_source), where a hold that has run out '
    'counts as free from its instant on, compared with the clock at which the statement came. An offer that is not in a store '
    'has no row, which is no stock. For one offer; stock_overview sums up all at once.';
COMMENT ON COLUMN offerengine_internal.offer_store_availability.offer_id IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.offer_store_availability.store_code IS 'The store.';
COMMENT ON COLUMN offerengine_internal.offer_store_availability.in_stock IS 'Pieces in the active warehouses that serve the store.';
COMMENT ON COLUMN offerengine_internal.offer_store_availability.reserved IS 'Pieces held for orders.';
COMMENT ON COLUMN offerengine_internal.offer_store_availability.available IS
    'Pieces left: in_stock without reserved and what is kept back, of no warehouse below 0.';
COMMENT ON COLUMN offerengine_internal.offer_store_availability.is_never_out_of_stock IS
    'True when one of those warehouses sells it in any quantity; available then says what lies there.';
COMMENT ON COLUMN offerengine_internal.offer_store_availability.pieces IS
    'What of available can be sold: whole pieces of each warehouse.';

CREATE OR REPLACE VIEW offerengine_internal.stock_missing AS
SELECT h.offer_id,
       h.warehouse_id,
       COALESCE(k.quantity, 0) AS quantity,
       COALESCE(k.safety_quantity, 0) AS safety_quantity,
       h.held,
       h.held - COALESCE(k.quantity, 0) AS missing
  FROM offerengine.stock_held h
  LEFT JOIN offerengine.offer_stock k ON k.offer_id = h.offer_id AND k.warehouse_id = h.warehouse_id
 WHERE h.held > COALESCE(k.quantity, 0);
COMMENT ON VIEW offerengine_internal.stock_missing IS
    'Where more is promised than lies there, for stock_shortage and monitor_shortage.';
COMMENT ON COLUMN offerengine_internal.stock_missing.offer_id IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.stock_missing.warehouse_id IS 'The warehouse.';
COMMENT ON COLUMN offerengine_internal.stock_missing.quantity IS 'Pieces that lie there.';
COMMENT ON COLUMN offerengine_internal.stock_missing.safety_quantity IS 'Pieces of these that are kept back.';
COMMENT ON COLUMN offerengine_internal.stock_missing.held IS 'Pieces promised and not shipped.';
COMMENT ON COLUMN offerengine_internal.stock_missing.missing IS 'By how many pieces more is promised than lies there.';
