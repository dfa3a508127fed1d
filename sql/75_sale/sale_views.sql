-- Report views of orders: their lines, and what each merchant sees of an order. They read with their owner's rights and show of
-- what belongs to a merchant only what the current role may see (seen_merchant).

CREATE OR REPLACE VIEW offerengine.order_line_overview WITH (security_barrier = true) AS
SELECT s.customer_reference,
       s.order_id,
       l.line_no,
       s.order_reference,
       s.order_type,
       s.status,
       s.placed_at,
       s.store_code,
       m.merchant_reference,
       o.offer_reference,
       p.sku,
       coalesce(o.title, p.name) AS title,
       l.quantity,
       l.quantity_shipped,
       l.quantity_cancelled,
       l.quantity_returned,
       offerengine_internal.pieces_to_deliver(s.order_type, o.is_shipped, o.offer_type, l.quantity, l.quantity_shipped,
           l.quantity_cancelled, l.quantity_returned) AS quantity_open,
       l.unit_amount,
       round(l.unit_amount / power(10::numeric, c.exponent), c.exponent) AS unit_value,
       l.line_amount,
       round(l.line_amount / power(10::numeric, c.exponent), c.exponent) AS line_value,
       l.cancelled_amount,
       l.returned_amount,
       s.currency_code,
       l.subscription_id,
       l.starts_on,
       l.ends_on,
       l.note,
       s.parent_order_id,
       l.parent_line_no,
       l.restock,
       CASE WHEN (SELECT offerengine_internal.reads_all()) THEN l.redirected_from END AS redirected_from
  FROM offerengine.order_line l
  JOIN offerengine.sales_order s ON s.customer_reference = l.customer_reference AND s.order_id = l.order_id
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = l.merchant_id
  JOIN offerengine.offer o ON o.offer_id = l.offer_id
  JOIN offerengine.product p ON p.product_id = o.product_id
  LEFT JOIN offerengine.currency c ON c.currency_code = s.currency_code;
COMMENT ON VIEW offerengine.order_line_overview IS
    'Every line of every order, return and other document, with what has become of its pieces. A merchant sees its own lines, and '
    'of the order what says nothing of the others. An order is found by its reference, or by its id with its customer.';
COMMENT ON COLUMN offerengine.order_line_overview.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.order_line_overview.order_id IS 'The order.';
COMMENT ON COLUMN offerengine.order_line_overview.line_no IS 'Its line.';
COMMENT ON COLUMN offerengine.order_line_overview.order_reference IS 'Reference of the order for people.';
COMMENT ON COLUMN offerengine.order_line_overview.order_type IS
    '1 sales order, 3 return, 4 credit note ...: sales_order.order_type.';
COMMENT ON COLUMN offerengine.order_line_overview.status IS 'Status of the order, in the merchant''s own numbers; NULL: none.';
COMMENT ON COLUMN offerengine.order_line_overview.placed_at IS 'When the order was placed.';
COMMENT ON COLUMN offerengine.order_line_overview.store_code IS 'Store in which it was placed; NULL: none was told.';
COMMENT ON COLUMN offerengine.order_line_overview.merchant_reference IS 'Merchant of the line.';
COMMENT ON COLUMN offerengine.order_line_overview.offer_reference IS 'The offer that was sold.';
COMMENT ON COLUMN offerengine.order_line_overview.sku IS 'Stock keeping unit of its product.';
COMMENT ON COLUMN offerengine.order_line_overview.title IS 'The offer''s title, else its product''s name.';
COMMENT ON COLUMN offerengine.order_line_overview.quantity IS 'Pieces.';
COMMENT ON COLUMN offerengine.order_line_overview.quantity_shipped IS 'Pieces that have shipped.';
COMMENT ON COLUMN offerengine.order_line_overview.quantity_cancelled IS 'Pieces that were cancelled.';
COMMENT ON COLUMN offerengine.order_line_overview.quantity_returned IS 'Pieces that came back.';
COMMENT ON COLUMN offerengine.order_line_overview.quantity_open IS
    'Pieces that are still to be delivered; 0 of what is no parcel, and of what came back.';
COMMENT ON COLUMN offerengine.order_line_overview.unit_amount IS
    'Price of a piece as sold, in minor units; of a subscription, per accounting period; NULL: told without.';
COMMENT ON COLUMN offerengine.order_line_overview.unit_value IS 'unit_amount with the currency''s digits.';
COMMENT ON COLUMN offerengine.order_line_overview.line_amount IS 'Amount of the line as sold, in minor units.';
COMMENT ON COLUMN offerengine.order_line_overview.line_value IS 'line_amount with the currency''s digits.';
COMMENT ON COLUMN offerengine.order_line_overview.cancelled_amount IS
    'What of the order''s total the cancelled pieces are, in minor units.';
COMMENT ON COLUMN offerengine.order_line_overview.returned_amount IS
    'What of the order''s total the returned pieces are, in minor units.';
COMMENT ON COLUMN offerengine.order_line_overview.currency_code IS 'Currency of the amounts; NULL: none was told.';
COMMENT ON COLUMN offerengine.order_line_overview.subscription_id IS 'The subscription that the line began; NULL: none.';
COMMENT ON COLUMN offerengine.order_line_overview.starts_on IS 'First day of a time pass; NULL: none.';
COMMENT ON COLUMN offerengine.order_line_overview.ends_on IS 'First day on which a time pass counts no longer.';
COMMENT ON COLUMN offerengine.order_line_overview.note IS 'Note of the customer.';
COMMENT ON COLUMN offerengine.order_line_overview.parent_order_id IS
    'The order that a return, credit note or delivery belongs to; NULL: none.';
COMMENT ON COLUMN offerengine.order_line_overview.parent_line_no IS
    'Of a return: the line of that order whose pieces came back.';
COMMENT ON COLUMN offerengine.order_line_overview.restock IS 'Of a return: whether its pieces go back into stock.';
COMMENT ON COLUMN offerengine.order_line_overview.redirected_from IS
    'Reference of the offer that was asked for, where a rule gave another; not shown to merchants, whose offer it need not be.';

CREATE OR REPLACE VIEW offerengine.merchant_order WITH (security_barrier = true) AS
SELECT m.merchant_reference,
       s.customer_reference,
       s.order_id,
       s.order_reference,
       s.order_type,
       s.status,
       s.placed_at,
       s.store_code,
       s.country_code,
       count(*) AS lines,
       sum(l.quantity) AS quantity,
       sum(l.quantity_shipped) AS quantity_shipped,
       sum(l.quantity_cancelled) AS quantity_cancelled,
       sum(l.quantity_returned) AS quantity_returned,
       sum(offerengine_internal.pieces_to_deliver(s.order_type, o.is_shipped, o.offer_type, l.quantity, l.quantity_shipped,
               l.quantity_cancelled, l.quantity_returned)) AS quantity_open,
       sum(l.line_amount)::bigint AS merchant_amount,
       round(sum(l.line_amount) / power(10::numeric, c.exponent), c.exponent) AS merchant_value,
       sum(l.cancelled_amount)::bigint AS cancelled_amount,
       sum(l.returned_amount)::bigint AS returned_amount,
       s.currency_code,
       s.parent_order_id
  FROM offerengine.order_line l
  JOIN offerengine.sales_order s ON s.customer_reference = l.customer_reference AND s.order_id = l.order_id
  JOIN offerengine_internal.seen_merchant m ON m.merchant_id = l.merchant_id
  JOIN offerengine.offer o ON o.offer_id = l.offer_id
  LEFT JOIN offerengine.currency c ON c.currency_code = s.currency_code
 GROUP BY m.merchant_reference, s.customer_reference, s.order_id, s.order_reference, s.order_type, s.status, s.placed_at,
          s.store_code, s.country_code, s.currency_code, s.parent_order_id, c.exponent;
COMMENT ON VIEW offerengine.merchant_order IS
    'Every order as each of its merchants sees it: one row a merchant, over its own lines only. A merchant sees its own rows. '
    'ship_order() and cancel_order() act on them, for a suspended merchant, too. An order is found by its reference, or by its id '
    'with its customer.';
COMMENT ON COLUMN offerengine.merchant_order.merchant_reference IS 'The merchant.';
COMMENT ON COLUMN offerengine.merchant_order.customer_reference IS 'The customer.';
COMMENT ON COLUMN offerengine.merchant_order.order_id IS 'The order.';
COMMENT ON COLUMN offerengine.merchant_order.order_reference IS 'Reference of the order for people.';
COMMENT ON COLUMN offerengine.merchant_order.order_type IS
    '1 sales order, 3 return, 4 credit note ...: sales_order.order_type.';
COMMENT ON COLUMN offerengine.merchant_order.status IS 'Status of the order, in the merchant''s own numbers; NULL: none.';
COMMENT ON COLUMN offerengine.merchant_order.placed_at IS 'When the order was placed.';
COMMENT ON COLUMN offerengine.merchant_order.store_code IS 'Store in which it was placed; NULL: none was told.';
COMMENT ON COLUMN offerengine.merchant_order.country_code IS 'Country of the customer; NULL: none named.';
COMMENT ON COLUMN offerengine.merchant_order.lines IS 'Lines of the merchant.';
COMMENT ON COLUMN offerengine.merchant_order.quantity IS 'Their pieces.';
COMMENT ON COLUMN offerengine.merchant_order.quantity_shipped IS 'Pieces that have shipped.';
COMMENT ON COLUMN offerengine.merchant_order.quantity_cancelled IS 'Pieces that were cancelled.';
COMMENT ON COLUMN offerengine.merchant_order.quantity_returned IS 'Pieces that came back.';
COMMENT ON COLUMN offerengine.merchant_order.quantity_open IS 'Pieces that the merchant is still to deliver.';
COMMENT ON COLUMN offerengine.merchant_order.merchant_amount IS
    'Amount of the merchant''s lines as sold, in minor units; NULL: none has one.';
COMMENT ON COLUMN offerengine.merchant_order.merchant_value IS 'merchant_amount with the currency''s digits.';
COMMENT ON COLUMN offerengine.merchant_order.cancelled_amount IS
    'What of the order''s total its cancelled pieces are, in minor units.';
COMMENT ON COLUMN offerengine.merchant_order.returned_amount IS
    'What of the order''s total its returned pieces are, in minor units.';
COMMENT ON COLUMN offerengine.merchant_order.currency_code IS 'Currency of the amounts; NULL: none was told.';
COMMENT ON COLUMN offerengine.merchant_order.parent_order_id IS
    'The order that a return, credit note or delivery belongs to; NULL: none.';

CREATE OR REPLACE VIEW offerengine.merged_customer WITH (security_barrier = true) AS
SELECT t.merged_into AS customer_reference,
       t.customer_reference AS from_customer_reference,
       t.merged_at,
       t.merged_by,
       t.merging_user
  FROM offerengine.customer_timeline t
 WHERE t.merged_into IS NOT NULL
   AND offerengine_internal.is_loaded();
COMMENT ON VIEW offerengine.merged_customer IS
    'Who became whom: what customer_merge() has done.';
COMMENT ON COLUMN offerengine.merged_customer.customer_reference IS 'The customer who has everything now.';
COMMENT ON COLUMN offerengine.merged_customer.from_customer_reference IS 'The reference that is no more.';
COMMENT ON COLUMN offerengine.merged_customer.merged_at IS 'When that was.';
COMMENT ON COLUMN offerengine.merged_customer.merged_by IS 'The role that did it.';
COMMENT ON COLUMN offerengine.merged_customer.merging_user IS 'offerengine.acting_user at that time; NULL: none was set.';
