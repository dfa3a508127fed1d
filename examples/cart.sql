-- A cart in the made-up marketplace, from the first line to what comes back: lines of two merchants, what stands in the way, the hold
-- while the customer pays, the order, a piece that is called off and one that comes back; and what else fills a cart: a list, a quick
-- order, an old order. Run by scripts/demo after examples/orders.sql; read it from the top. Amounts are in cents.

-- Gerrit takes the scouts out and needs six tents for two. The cheapest offer is in his cart, but its merchant has four of them: the
-- cart says so, line by line, and keeps what was put in. A key makes a click that is sent twice count once.
SELECT offerengine.cart_create('gerrit', 'NL', 'EUR') AS cart \gset
SELECT offerengine.cart_add('gerrit', :'cart', 'tent-1', quantity => 6, line_key => 'click 1') \g /dev/null
SELECT line_no, problem, detail FROM offerengine.cart_validate('gerrit', :'cart') \g /dev/null

-- What costs least is found over all merchants, tiers and stocks. Ida's forest school needs 24 axes, and the cheapest merchant has
-- seven, at 60.50. Seventeen more cost 78.20 each, but twenty 74.10: four of the one and twenty of the other are best. In one parcel
-- only the other has them all.
SELECT offerengine.cart_create('ida', 'NL', 'EUR') AS school \gset
SELECT offerengine.cart_add('ida', :'school', 'offer-181', quantity => 24) \g /dev/null
SELECT line_no, best_offer_reference, quantity, unit_amount, line_amount
  FROM offerengine.cart_best_offers('ida', :'school') \g /dev/null
SELECT line_no, best_offer_reference, quantity, unit_amount, line_amount
  FROM offerengine.cart_best_offers('ida', :'school', max_merchants => 1) \g /dev/null

-- Gerrit takes four where they are and two of another merchant, whose line has a note. What each merchant delivers:
SELECT offerengine.cart_update('gerrit', :'cart', 1, quantity => 4) \g /dev/null
SELECT offerengine.cart_add('gerrit', :'cart', 'tent-3', quantity => 2, note => 'green, if there is a choice') \g /dev/null
SELECT merchant_reference, lines, quantity, amount FROM offerengine.cart_shipments('gerrit', :'cart') \g /dev/null

-- He goes to pay. Until he has, for half an hour at most, nobody else gets these tents and they cost what he was told. The order's id is
-- known from now on: the payment is made under it.
SELECT order_id AS order, amount FROM offerengine.cart_hold('gerrit', :'cart', NULL) \gset
-- The payment provider has said yes: the cart becomes the order, all of it or nothing. Asked again, the same is answered.
SELECT line_no, offer_reference, quantity, line_amount
  FROM offerengine.cart_checkout('gerrit', :'cart', :'order', expected_total => :amount, order_reference => 'SCOUTS-1') \g /dev/null
SELECT count(*) FROM offerengine.cart_checkout('gerrit', :'cart') \g /dev/null

-- One scout stays at home: a tent that has not shipped is called off. The others leave, and one comes back with a hole.
SELECT * FROM offerengine.cancel_order('gerrit', :'order', line_no => 2, quantity => 1, reason => 'one less', key => 'call 1') \g /dev/null
SELECT * FROM offerengine.ship_order('gerrit', :'order', key => 'parcels') \g /dev/null
SELECT * FROM offerengine.return_order('gerrit', :'order', '[{"line_no": 1, "quantity": 1}]', order_reference => 'SCOUTS-1-R',
                                       key => 'return 1') \g /dev/null

-- What the scouts need each season is in a list. By its SKU an item means the offer that is cheapest now, and the list keeps it, with
-- its merchant; whatever becomes of it, the list says so.
SELECT offerengine.list_create('gerrit', 'shopping_list', 'Each season', 'NL') AS list \gset
SELECT offerengine.list_add('gerrit', :'list', sku => 'MUG-EMALJ-W', quantity => 12) \g /dev/null
SELECT offerengine.list_add('gerrit', :'list', sku => 'STOVE-KIRU-T', quantity => 2, note => 'with a spare valve') \g /dev/null

-- The next cart: the list, and what somebody has pasted from a sheet, by SKU or by name. What is good goes in; a name that means several
-- products is answered with one offer of each.
SELECT offerengine.cart_create('gerrit', 'NL', 'EUR') AS next \gset
SELECT line_no, offer_reference, outcome, cart_line_no FROM offerengine.list_to_cart('gerrit', :'list', :'next') \g /dev/null
SELECT "position", input, outcome, offer_reference, amount, candidates
  FROM offerengine.quick_order('gerrit', :'next', '[
    {"sku": "BAG-TUNDRA-M", "quantity": 2}, {"sku": "bag-tundra-m", "merchant": "lagereld"}, {"name": "kiru stove"},
    {"name": "enamel mug, red", "quantity": 3}, {"sku": "BAG-TUNDRA-XXL"}]', line_key => 'sheet 1') \g /dev/null
-- And once more what was ordered: the four tents are sold, as the cart says.
SELECT line_no, offer_reference, outcome, cart_line_no FROM offerengine.reorder('gerrit', :'order', :'next') \g /dev/null
