-- A loyalty programme in the made-up marketplace: an order earns points, points pay for another one, and of both something comes back.
-- Run by scripts/demo after examples/cart.sql; read it from the top. What is queued at its end is delivered there by the worker, to
-- examples/loyalty_receiver.py. Amounts are in cents.

-- A point for each euro and ten for the order, open after two weeks, when hardly anything comes back any more, for a year; it pays two
-- cents. Points that have paid for something that comes back are good for thirty days at least. What is sent is said by rules: orders
-- that have reached status 7, this shop's word for delivered, and returns, whatever their status.
SELECT offerengine.put_loyalty_program('EUR', revenue_per_point => 100, value_per_point => 2, locked_days => 14, expiry_days => 365,
                                       order_points => 10, grace_days => 30) \g /dev/null
INSERT INTO offerengine.loyalty_rule (order_type, status, send_as) VALUES (1, 7, 'order'), (3, NULL, 'return') ON CONFLICT DO NOTHING;

-- Hedda takes part since last year. Three weeks ago she has bought two jackets and four flasks in the shop in town, which tells of it:
-- that it has status 7 queues it. It costs 430.60, so it earns 431 points, and ten.
SELECT offerengine.loyalty_enroll('hedda', current_date - 400) \g /dev/null
SELECT offerengine.put_order('hedda', 'TOWN-1', order_type => 1, status => 7, placed_at => now() - interval '21 days', currency => 'EUR',
                             store => 'NL', total_amount => 43060, lines => '[
    {"offer_reference": "offer-254", "quantity": 2, "unit_amount": 17240, "quantity_shipped": 2},
    {"offer_reference": "offer-141", "quantity": 4, "unit_amount": 2145, "quantity_shipped": 4}]') AS town \gset
SELECT order_reference, state, due_at FROM offerengine.loyalty_backlog WHERE customer_reference = 'hedda' \g /dev/null

-- A worker claims documents, posts them, and says that they are there: points are booked with that. Here is one without a receiver.
SELECT offerengine.loyalty_sent(c.id, c.customer_reference) FROM offerengine.loyalty_claim(batch => 10, lease => '1 minute') AS c \g /dev/null
SELECT offerengine.loyalty_balance('hedda'), offerengine.loyalty_redeemable('hedda') \g /dev/null

-- Three tarps from her cart, 300 points towards them. Points are held like pieces while she pays the rest, under the same order id, and
-- the checkout redeems them: it all happens, or nothing.
SELECT offerengine.cart_create('hedda', 'NL', 'EUR') AS cart \gset
SELECT offerengine.cart_add('hedda', :'cart', 'offer-024', quantity => 3) \g /dev/null
SELECT order_id AS order, amount, expires_at FROM offerengine.cart_hold('hedda', :'cart', NULL) \gset
SELECT * FROM offerengine.loyalty_hold('hedda', 300, :'order', :'expires_at') \g /dev/null
SELECT * FROM offerengine.cart_checkout('hedda', :'cart', :'order', expected_total => :amount, order_reference => 'WEB-2001') \g /dev/null
SELECT total_amount, points_redeemed, points_amount, total_amount - points_amount AS paid
  FROM offerengine.orders('hedda') WHERE order_reference = 'WEB-2001' \g /dev/null

-- They are delivered, and one comes back: a third of what the order earns, and a hundred of the points that have paid for it. Its
-- document waits until the order's has been delivered.
SELECT * FROM offerengine.ship_order('hedda', :'order', key => 'parcel') \g /dev/null
SELECT offerengine.set_order_status('hedda', :'order', 7) \g /dev/null
SELECT * FROM offerengine.return_order('hedda', :'order', '[{"line_no": 1, "quantity": 1}]', order_reference => 'WEB-2001-R',
                                       key => 'return 1') \g /dev/null

-- So does one of the flasks, in town: it takes back its part of what has been booked already.
SELECT * FROM offerengine.return_order('hedda', :'town', '[{"line_no": 2, "quantity": 1}]', order_reference => 'TOWN-1-R',
                                       key => 'return 1') \g /dev/null
SELECT o.order_reference, p.points, p.redeemed, p.opens_at, p.is_booked
  FROM offerengine.orders('hedda') AS o, offerengine.loyalty_preview('hedda', o.order_id) AS p \g /dev/null
