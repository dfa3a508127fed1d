-- What the staging rows of several file formats say about one thing, and what imports had to say about the rows.

CREATE OR REPLACE VIEW offerengine.import_error WITH (security_barrier = true) AS
SELECT m.import_id, m.severity, m.file, m.line, m.column_name, m.value, m.message
  FROM offerengine.import_message m
  JOIN offerengine.import i ON i.import_id = m.import_id
 WHERE (SELECT offerengine_internal.reads_all())
    OR i.merchant_id = ANY ((SELECT offerengine_internal.acting_merchants())::bigint[]);
COMMENT ON VIEW offerengine.import_error IS
    'Every error, warning and notice of every row of every import; a merchant''s role sees those of its own imports.';
COMMENT ON COLUMN offerengine.import_error.import_id IS 'The import.';
COMMENT ON COLUMN offerengine.import_error.severity IS
    'error: the row, or the part of it that the column belongs to, was not loaded; warning: a value was not applied; '
    'notice: a later row says something else.';
COMMENT ON COLUMN offerengine.import_error.file IS 'The file as the loader read it, or the name of its format.';
COMMENT ON COLUMN offerengine.import_error.line IS 'Line of the file on which the row begins, the header being line 1.';
COMMENT ON COLUMN offerengine.import_error.column_name IS 'Column as the header names it; NULL: the row as a whole.';
COMMENT ON COLUMN offerengine.import_error.value IS 'What the cell says.';
COMMENT ON COLUMN offerengine.import_error.message IS 'What is wrong with it.';

CREATE OR REPLACE VIEW offerengine_internal.import_offer WITH (security_invoker = true) AS
SELECT s.import_id, (15::bigint << 48) | s.row_no AS pos, '' AS prefix, s.product_offer_reference AS offer_reference,
       s.concrete_sku, s.merchant_reference, s.merchant_sku, s.is_active, s.approval_status, s.title, s.offer_type, s.management
  FROM offerengine.import_merchant_product_offer s
UNION ALL
SELECT s.import_id, (20::bigint << 48) | s.row_no, 'merchant_product_offer.', s.product_offer_reference,
       s.merchant_product_offer_concrete_sku, s.merchant_product_offer_merchant_reference, s.merchant_product_offer_merchant_sku,
       s.merchant_product_offer_is_active, s.merchant_product_offer_approval_status, s.merchant_product_offer_title, NULL, NULL
  FROM offerengine.import_combined_merchant_product_offer s
 WHERE offerengine_internal.import_cell(s.merchant_product_offer_concrete_sku) IS NOT NULL
    OR offerengine_internal.import_cell(s.merchant_product_offer_merchant_reference) IS NOT NULL
    OR offerengine_internal.import_cell(s.merchant_product_offer_merchant_sku) IS NOT NULL
    OR offerengine_internal.import_cell(s.merchant_product_offer_is_active) IS NOT NULL
    OR offerengine_internal.import_cell(s.merchant_product_offer_approval_status) IS NOT NULL
    OR offerengine_internal.import_cell(s.merchant_product_offer_title) IS NOT NULL;
COMMENT ON VIEW offerengine_internal.import_offer IS
    'What staging rows say about offers themselves.';
COMMENT ON COLUMN offerengine_internal.import_offer.import_id IS 'The import.';
COMMENT ON COLUMN offerengine_internal.import_offer.pos IS 'Place of the staging row in the load order.';
COMMENT ON COLUMN offerengine_internal.import_offer.prefix IS 'What the header puts before the column names of this part.';
COMMENT ON COLUMN offerengine_internal.import_offer.offer_reference IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.import_offer.concrete_sku IS 'The product.';
COMMENT ON COLUMN offerengine_internal.import_offer.merchant_reference IS 'The merchant.';
COMMENT ON COLUMN offerengine_internal.import_offer.merchant_sku IS 'The merchant''s own stock keeping unit.';
COMMENT ON COLUMN offerengine_internal.import_offer.is_active IS '1 or 0.';
COMMENT ON COLUMN offerengine_internal.import_offer.approval_status IS 'Approval status.';
COMMENT ON COLUMN offerengine_internal.import_offer.title IS 'Title shown to shoppers.';
COMMENT ON COLUMN offerengine_internal.import_offer.offer_type IS 'As offer.offer_type.';
COMMENT ON COLUMN offerengine_internal.import_offer.management IS 'As offer.management.';

CREATE OR REPLACE VIEW offerengine_internal.import_offer_validity WITH (security_invoker = true) AS
SELECT s.import_id, (19::bigint << 48) | s.row_no AS pos, '' AS prefix, s.product_offer_reference AS offer_reference,
       s.valid_from, s.valid_to, NULL::text AS store_names
  FROM offerengine.import_product_offer_validity s
UNION ALL
SELECT s.import_id, (20::bigint << 48) | s.row_no, 'product_offer_validity.', s.product_offer_reference,
       s.product_offer_validity_valid_from, s.product_offer_validity_valid_to,
       pg_catalog.concat_ws(';', s.merchant_product_offer_store_store_name, s.price_product_offer_store)
  FROM offerengine.import_combined_merchant_product_offer s
 WHERE offerengine_internal.import_cell(s.product_offer_validity_valid_from) IS NOT NULL
    OR offerengine_internal.import_cell(s.product_offer_validity_valid_to) IS NOT NULL;
COMMENT ON VIEW offerengine_internal.import_offer_validity IS
    'What staging rows say about the validity of offers.';
COMMENT ON COLUMN offerengine_internal.import_offer_validity.import_id IS 'The import.';
COMMENT ON COLUMN offerengine_internal.import_offer_validity.pos IS 'Place of the staging row in the load order.';
COMMENT ON COLUMN offerengine_internal.import_offer_validity.prefix IS 'What the header puts before the column names of this part.';
COMMENT ON COLUMN offerengine_internal.import_offer_validity.offer_reference IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.import_offer_validity.valid_from IS 'First instant.';
COMMENT ON COLUMN offerengine_internal.import_offer_validity.valid_to IS 'End.';
COMMENT ON COLUMN offerengine_internal.import_offer_validity.store_names IS
    'Stores that the row names, separated by semicolons; NULL: none.';

CREATE OR REPLACE VIEW offerengine_internal.import_offer_store WITH (security_invoker = true) AS
SELECT s.import_id, (16::bigint << 48) | s.row_no AS pos, '' AS prefix, s.product_offer_reference AS offer_reference, s.store_name
  FROM offerengine.import_merchant_product_offer_store s
UNION ALL
SELECT s.import_id, (20::bigint << 48) | s.row_no, 'merchant_product_offer_store.', s.product_offer_reference, n.store_name
  FROM offerengine.import_combined_merchant_product_offer s
 CROSS JOIN LATERAL (SELECT DISTINCT offerengine_internal.import_cell(l.store_name) AS store_name
                       FROM pg_catalog.string_to_table(s.merchant_product_offer_store_store_name, ';') AS l (store_name)) AS n
 WHERE offerengine_internal.import_cell(s.merchant_product_offer_store_store_name) IS NOT NULL;
COMMENT ON VIEW offerengine_internal.import_offer_store IS
    'What staging rows say about the stores of offers, one row a store.';
COMMENT ON COLUMN offerengine_internal.import_offer_store.import_id IS 'The import.';
COMMENT ON COLUMN offerengine_internal.import_offer_store.pos IS 'Place of the staging row in the load order.';
COMMENT ON COLUMN offerengine_internal.import_offer_store.prefix IS 'What the header puts before the column names of this part.';
COMMENT ON COLUMN offerengine_internal.import_offer_store.offer_reference IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.import_offer_store.store_name IS 'The store.';

CREATE OR REPLACE VIEW offerengine_internal.import_offer_stock WITH (security_invoker = true) AS
SELECT s.import_id, (18::bigint << 48) | s.row_no AS pos, '' AS prefix, s.product_offer_reference AS offer_reference,
       s.stock_name, s.quantity, s.is_never_out_of_stock, s.counted_at, s.safety_quantity
  FROM offerengine.import_product_offer_stock s
UNION ALL
SELECT s.import_id, (20::bigint << 48) | s.row_no, 'product_offer_stock.', s.product_offer_reference,
       s.product_offer_stock_stock_name, s.product_offer_stock_quantity, s.product_offer_stock_is_never_out_of_stock,
       s.product_offer_stock_counted_at, s.product_offer_stock_safety_quantity
  FROM offerengine.import_combined_merchant_product_offer s
 WHERE offerengine_internal.import_cell(s.product_offer_stock_stock_name) IS NOT NULL
    OR offerengine_internal.import_cell(s.product_offer_stock_quantity) IS NOT NULL
    OR offerengine_internal.import_cell(s.product_offer_stock_is_never_out_of_stock) IS NOT NULL
    OR offerengine_internal.import_cell(s.product_offer_stock_counted_at) IS NOT NULL
    OR offerengine_internal.import_cell(s.product_offer_stock_safety_quantity) IS NOT NULL
UNION ALL
SELECT s.import_id, (20::bigint << 48) | s.row_no, 'stock.' || d.warehouse || '.', s.product_offer_reference,
       d.warehouse, d.quantity, d.is_never_out_of_stock, d.counted_at, d.safety_quantity
  FROM offerengine.import_combined_merchant_product_offer s
 CROSS JOIN LATERAL (
       SELECT h.part[1] AS warehouse,
              pg_catalog.max(h.value) FILTER (WHERE h.part[2] = 'quantity') AS quantity,
              pg_catalog.max(h.value) FILTER (WHERE h.part[2] = 'is_never_out_of_stock') AS is_never_out_of_stock,
              pg_catalog.max(h.value) FILTER (WHERE h.part[2] = 'counted_at') AS counted_at,
              pg_catalog.max(h.value) FILTER (WHERE h.part[2] = 'safety_quantity') AS safety_quantity
         FROM (SELECT pg_catalog.regexp_match(
                          e.key, '^stock[.](.+)[.](quantity|is_never_out_of_stock|counted_at|safety_quantity)$') AS part, e.value
                 FROM pg_catalog.jsonb_each_text(CASE WHEN pg_catalog.jsonb_typeof(s.dynamic) = 'object' THEN s.dynamic END) AS e
                WHERE offerengine_internal.import_cell(e.value) IS NOT NULL) AS h
        WHERE h.part IS NOT NULL
        GROUP BY 1) AS d
 WHERE pg_catalog.jsonb_typeof(s.dynamic) = 'object';
COMMENT ON VIEW offerengine_internal.import_offer_stock IS
    'What staging rows say about the stock of offers, one row a warehouse.';
COMMENT ON COLUMN offerengine_internal.import_offer_stock.import_id IS 'The import.';
COMMENT ON COLUMN offerengine_internal.import_offer_stock.pos IS 'Place of the staging row in the load order.';
COMMENT ON COLUMN offerengine_internal.import_offer_stock.prefix IS 'What the header puts before the column names of this part.';
COMMENT ON COLUMN offerengine_internal.import_offer_stock.offer_reference IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.import_offer_stock.stock_name IS 'The warehouse.';
COMMENT ON COLUMN offerengine_internal.import_offer_stock.quantity IS 'Pieces.';
COMMENT ON COLUMN offerengine_internal.import_offer_stock.is_never_out_of_stock IS '1 or 0.';
COMMENT ON COLUMN offerengine_internal.import_offer_stock.counted_at IS 'When it was counted.';
COMMENT ON COLUMN offerengine_internal.import_offer_stock.safety_quantity IS 'Pieces that are kept back.';

CREATE OR REPLACE VIEW offerengine_internal.import_offer_price WITH (security_invoker = true) AS
SELECT s.import_id, (17::bigint << 48) | s.row_no AS pos, '' AS prefix, s.product_offer_reference AS offer_reference,
       s.price_type, s.store, s.currency, s.value_net, s.value_gross, s.price_data_volume_prices AS volume_prices
  FROM offerengine.import_price_product_offer s
UNION ALL
SELECT s.import_id, (20::bigint << 48) | s.row_no, 'price_product_offer.', s.product_offer_reference,
       s.price_product_offer_price_type, s.price_product_offer_store, s.price_product_offer_currency,
       s.price_product_offer_value_net, s.price_product_offer_value_gross, s.price_product_offer_price_data_volume_prices
  FROM offerengine.import_combined_merchant_product_offer s
 WHERE offerengine_internal.import_cell(s.price_product_offer_price_type) IS NOT NULL
    OR offerengine_internal.import_cell(s.price_product_offer_store) IS NOT NULL
    OR offerengine_internal.import_cell(s.price_product_offer_currency) IS NOT NULL
    OR offerengine_internal.import_cell(s.price_product_offer_value_net) IS NOT NULL
    OR offerengine_internal.import_cell(s.price_product_offer_value_gross) IS NOT NULL
    OR offerengine_internal.import_cell(s.price_product_offer_price_data_volume_prices) IS NOT NULL
UNION ALL
SELECT s.import_id, (20::bigint << 48) | s.row_no, 'price.' || d.store || '.' || d.price_type || '.' || d.currency || '.',
       s.product_offer_reference, d.price_type, d.store, d.currency, d.value_net, d.value_gross, d.volume_prices
  FROM offerengine.import_combined_merchant_product_offer s
 CROSS JOIN LATERAL (
       SELECT h.part[1] AS store, h.part[2] AS price_type, h.part[3] AS currency,
              pg_catalog.max(h.value) FILTER (WHERE h.part[4] = 'value_net') AS value_net,
              pg_catalog.max(h.value) FILTER (WHERE h.part[4] = 'value_gross') AS value_gross,
              pg_catalog.max(h.value) FILTER (WHERE h.part[4] LIKE '%volume_prices') AS volume_prices
         FROM (SELECT pg_catalog.regexp_match(e.key, '^price[.]([^.]+)[.]([^.]+)[.]([^.]+)[.]'
                          '(value_net|value_gross|volume_prices|price_data[.]volume_prices)$') AS part, e.value
                 FROM pg_catalog.jsonb_each_text(CASE WHEN pg_catalog.jsonb_typeof(s.dynamic) = 'object' THEN s.dynamic END) AS e)
              AS h
        WHERE h.part IS NOT NULL
        GROUP BY 1, 2, 3
       HAVING pg_catalog.bool_or(offerengine_internal.import_cell(h.value) IS NOT NULL)) AS d
 WHERE pg_catalog.jsonb_typeof(s.dynamic) = 'object';
COMMENT ON VIEW offerengine_internal.import_offer_price IS
    'What staging rows say about the prices of offers, one row an offer, store, type and currency.';
COMMENT ON COLUMN offerengine_internal.import_offer_price.import_id IS 'The import.';
COMMENT ON COLUMN offerengine_internal.import_offer_price.pos IS 'Place of the staging row in the load order.';
COMMENT ON COLUMN offerengine_internal.import_offer_price.prefix IS 'What the header puts before the column names of this part.';
COMMENT ON COLUMN offerengine_internal.import_offer_price.offer_reference IS 'The offer.';
COMMENT ON COLUMN offerengine_internal.import_offer_price.price_type IS 'Price type.';
COMMENT ON COLUMN offerengine_internal.import_offer_price.store IS 'The store.';
COMMENT ON COLUMN offerengine_internal.import_offer_price.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN offerengine_internal.import_offer_price.value_net IS 'Net amount in minor units.';
COMMENT ON COLUMN offerengine_internal.import_offer_price.value_gross IS 'Gross amount in minor units.';
COMMENT ON COLUMN offerengine_internal.import_offer_price.volume_prices IS 'JSON tiers.';

CREATE OR REPLACE VIEW offerengine_internal.import_owner_price WITH (security_invoker = true) AS
SELECT s.import_id, (13::bigint << 48) | s.row_no AS pos, NULL::text AS relation_key, false AS is_contract, false AS is_scheduled,
       s.abstract_sku, s.concrete_sku, s.price_type, s.store, s.currency, 'value_net' AS net_column, s.value_net,
       'value_gross' AS gross_column, s.value_gross, s.price_data_volume_prices AS volume_prices,
       NULL::text AS from_included, NULL::text AS to_included
  FROM offerengine.import_product_price s
UNION ALL
SELECT s.import_id, (14::bigint << 48) | s.row_no, s.merchant_relation_key, true, false,
       s.abstract_sku, s.concrete_sku, s.price_type, s.store, s.currency, 'price_net', s.price_net,
       'price_gross', s.price_gross, s.price_data_volume_prices, NULL, NULL
  FROM offerengine.import_price_product_merchant_relationship s
UNION ALL
SELECT s.import_id, (21::bigint << 48) | s.row_no, NULL, false, true,
       s.abstract_sku, s.concrete_sku, s.price_type, s.store, s.currency, 'value_net', s.value_net,
       'value_gross', s.value_gross, NULL, s.from_included, s.to_included
  FROM offerengine.import_product_price_schedule s;
COMMENT ON VIEW offerengine_internal.import_owner_price IS
    'What staging rows say about prices of products and abstract products.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.import_id IS 'The import.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.pos IS 'Place of the staging row in the load order.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.relation_key IS 'The relationship whose price it is; NULL: everybody''s.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.is_contract IS 'True when the file holds contract prices.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.is_scheduled IS 'True when the file holds prices in a window.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.abstract_sku IS 'Owner.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.concrete_sku IS 'Owner.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.price_type IS 'Price type.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.store IS 'The store.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.net_column IS 'Header of the net amount.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.value_net IS 'Net amount in minor units.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.gross_column IS 'Header of the gross amount.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.value_gross IS 'Gross amount in minor units.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.volume_prices IS 'JSON tiers.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.from_included IS 'First instant.';
COMMENT ON COLUMN offerengine_internal.import_owner_price.to_included IS 'Last second.';
