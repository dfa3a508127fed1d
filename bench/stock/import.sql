-- A new count of every row of stock, as one import.
\set ON_ERROR_STOP on
\set QUIET on
SELECT offerengine.import_begin() AS import_id \gset
INSERT INTO offerengine.import_product_offer_stock
       (product_offer_reference, stock_name, quantity, is_never_out_of_stock)
SELECT o.offer_reference, w.name, (k.quantity + 1)::text, '0'
  FROM offerengine.offer_stock k JOIN offerengine.offer o USING (offer_id) JOIN offerengine.warehouse w USING (warehouse_id);
SELECT file, rows_read, rows_updated, rows_failed FROM offerengine.import_run();
SELECT offerengine.import_end();
