-- What becomes of an order, told from its beginning to its end, in the made-up marketplace: an order of several merchants that a shop
-- tells of, one that is bought here, what ships, what is called off and what comes back, and a guest who signs in. Run by scripts/demo
-- after examples/setup.sql; read it from the top to see which call does what. Amounts are in cents.

-- Fenna has ordered three tents of one merchant and a sleeping bag of another in a shop that keeps orders itself: it tells of the whole
-- order by its own reference, and again whenever something of it changes. What is left out stays.
SELECT offerengine.put_order('fenna', 'WEB-1001', order_type => 1, status => 1, currency => 'EUR', store => 'NL', total_amount => 99940,
                             lines => '[
    {"offer_reference": "tent-2", "quantity": 3, "unit_amount": 29480},
    {"offer_reference": "offer-027", "quantity": 1, "unit_amount": 12000, "note": "left zip"}]') AS web \gset
SELECT offerengine.set_order_status('fenna', :'web', 2) \g /dev/null

-- Each merchant sees its own lines, and says what has left the house. The key makes it happen once, however often it is sent.
SELECT * FROM offerengine.merchant_order WHERE order_reference = 'WEB-1001' \g /dev/null
SELECT * FROM offerengine.ship_order('fenna', :'web', '[{"line_no": 1, "quantity": 2}]', key => 'parcel 1') \g /dev/null
SELECT * FROM offerengine.ship_order('fenna', :'web', '[{"line_no": 1, "quantity": 2}]', key => 'parcel 1') \g /dev/null

-- The bag is sold out: what has not shipped of line 2 is called off. Of the tents that have shipped one comes back, as a document of its
-- own that belongs to the order. Five euros less were asked than the lines sum up to: each piece is its part of what was asked.
SELECT * FROM offerengine.cancel_order('fenna', :'web', line_no => 2, reason => 'sold out') \g /dev/null
SELECT * FROM offerengine.return_order('fenna', :'web', '[{"line_no": 1, "quantity": 1}]', order_reference => 'WEB-1001-R',
                                       restock => true, key => 'return 1') \g /dev/null

-- The shop's bookkeeping has a credit note for another one, which it tells of itself: parent_line_no says what of the order has come
-- back with it, and nothing comes back twice, whoever tells.
SELECT offerengine.put_order('fenna', 'WEB-1001-C', order_type => 4, currency => 'EUR', parent_reference => 'WEB-1001', lines => '[
    {"offer_reference": "tent-2", "quantity": 1, "line_amount": 29400, "parent_line_no": 1}]') \g /dev/null

-- A guest has bought here, with a reference that the shop may repeat, and signs in as fenna: what was bought is hers.
SELECT * FROM offerengine.purchase('guest-7', 'tent-2', 'NL', 'EUR', quantity => 2, order_reference => 'WEB-1002') \g /dev/null
SELECT * FROM offerengine.customer_merge('fenna', 'guest-7') \g /dev/null
