-- Quick order: what an item stands for, what goes into the cart, and what is said of the rest.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/cart.psql
\ir ../include/list.psql
SELECT no_plan();
-- Two tents of two merchants each, one of them cheaper from six on; a hidden one, one without a price, one that the checkout does not sell.
SELECT offerengine.put_product('TENT-2P', 'Trekking tent, 2 persons', stores => '{P-DE}'), offerengine.put_product('TENT-4P', 'Trekking tent, 4 persons', stores => '{P-DE}'),
       offerengine.put_product('LAMP', 'Lamp', stores => '{P-DE}'), offerengine.put_product('ROPE', 'Rope', stores => '{P-DE}'), offerengine.put_product('PEG', 'Peg', stores => '{P-DE}') \g /dev/null
SELECT offerengine.put_offer(o.reference, o.sku, o.merchant, '{P-DE}', merchant_sku => o.merchant_sku, title => o.title, management => o.management), offerengine.approve_offer(o.reference)
  FROM (VALUES ('h-2p', 'TENT-2P', 'p-house', 'H-1', 'Nordkap', 'standard'), ('g-2p', 'TENT-2P', 'p-guest', 'G-1', NULL, 'standard'), ('h-4p', 'TENT-4P', 'p-house', 'X-1', NULL, 'standard'),
               ('g-4p', 'TENT-4P', 'p-guest', 'H-2', NULL, 'standard'), ('h-lamp', 'LAMP', 'p-house', NULL, 'Trekking tent lamp', 'standard'), ('g-lamp', 'LAMP', 'p-guest', 'X-1', NULL, 'standard'),
               ('h-rope', 'ROPE', 'p-house', NULL, NULL, 'standard'), ('g-peg', 'PEG', 'p-guest', NULL, NULL, 'standard'), ('h-peg', 'PEG', 'p-house', NULL, NULL, 'externally_managed'))
       AS o (reference, sku, merchant, merchant_sku, title, management) \g /dev/null
SELECT offerengine.set_price('P-DE', 'EUR', NULL, p.amount, offer_reference => p.reference, min_quantity => p.quantity)
  FROM (VALUES ('h-2p', 200, 1), ('h-2p', 150, 6), ('g-2p', 190, 1), ('h-4p', 400, 1), ('g-4p', 410, 1), ('h-lamp', 30, 1), ('g-lamp', 20, 1), ('g-peg', 3, 1), ('h-peg', 2, 1)) AS p (reference, amount, quantity) \g /dev/null

-- What one item stands for, in a preview; the cart stays empty.
SELECT pg_temp.new_cart('anna', 1) \g /dev/null
SELECT is(regexp_replace(pg_temp.quick('anna', 1, jsonb_build_array(item), merchants, true), '^1 ', ''), answer, concat_ws(' of ', item::text, merchants::text)) FROM (VALUES
    -- A SKU: its cheapest offer at the quantity, of the merchants that count.
    ('{"sku": "TENT-2P"}'::jsonb, NULL::text[], 'found g-2p 190'), ('{"sku": "TENT-2P", "quantity": 5}', NULL, 'found g-2p 190'), ('{"sku": "TENT-2P", "quantity": 6}', NULL, 'found h-2p 150'),
    ('{"sku": "TENT-2P", "quantity": "6"}', NULL, 'found h-2p 150'), ('{"sku": "TENT-2P", "quantity": null}', NULL, 'found g-2p 190'),
    ('{"sku": "TENT-2P", "merchant": "p-house"}', NULL, 'found h-2p 200'), ('{"sku": "TENT-2P"}', '{p-house}', 'found h-2p 200'), ('{"sku": "TENT-2P"}', '{p-house,p-guest}', 'found g-2p 190'),
    ('{"sku": "TENT-2P", "merchant": "p-house"}', '{p-guest}', 'not_found -'), ('{"sku": "TENT-2P", "merchant": "p-guest"}', '{p-guest,p-house}', 'found g-2p 190'),
    ('{"sku": "TENT-2P", "merchant": null}', NULL, 'found g-2p 190'), ('{"sku": "TENT-2P"}', '{}', 'not_found -'), ('{"sku": "TENT-2P"}', '{NULL}', 'not_found -'), ('{"sku": "TENT-2P", "merchant": "nobody"}', NULL, 'not_found -'),
    -- In other letters, with blanks, and as merchants call it; what is merely similar is something else.
    ('{"sku": "tent-2p"}', NULL, 'found g-2p 190'), ('{"sku": " TENT-2P "}', NULL, 'found g-2p 190'), ('{"sku": "H-1"}', NULL, 'found h-2p 200'), ('{"sku": "h-2"}', NULL, 'found g-4p 410'),
    ('{"sku": "X-1"}', NULL, 'ambiguous - {g-lamp,h-4p}'), ('{"sku": "X-1", "merchant": "p-house"}', NULL, 'found h-4p 400'), ('{"sku": "TENT-3P"}', NULL, 'not_found -'), ('{"sku": ""}', NULL, 'not_found -'),
    ('{"sku": "h-2p"}', NULL, 'found h-2p 200'), ('{"sku": "ROPE"}', NULL, 'no_price -'), ('{"sku": "rope"}', NULL, 'no_price -'),
    -- What the checkout sells goes before what is cheaper; where it sells nothing it says so.
    ('{"sku": "PEG"}', NULL, 'found g-peg 3'), ('{"sku": "PEG", "merchant": "p-house"}', NULL, 'not_sellable h-peg 2'),
    -- A name: one product, or the one that is called just so.
    ('{"name": "nordkap"}', NULL, 'found h-2p 200'), ('{"name": "persons"}', NULL, 'ambiguous - {g-2p,h-4p}'), ('{"name": "persons", "quantity": 6}', NULL, 'ambiguous - {h-2p,h-4p}'), ('{"name": "trekking tent, 4 persons"}', NULL, 'found h-4p 400'),
    ('{"name": "Trekking tent"}', NULL, 'ambiguous - {h-lamp,g-2p,h-4p}'), ('{"name": "Trekking tent", "merchant": "p-guest"}', NULL, 'ambiguous - {g-2p,g-4p}'), ('{"name": "lamp"}', NULL, 'found g-lamp 20'),
    -- The beginning of a word is as good, what is merely similar is not.
    ('{"name": "nordk"}', NULL, 'found h-2p 200'), ('{"name": "Nordkapp"}', NULL, 'ambiguous - {h-2p}'), ('{"name": "lmap"}', NULL, 'not_found -'), ('{"name": "lammp"}', NULL, 'ambiguous - {g-lamp}'),
    ('{"name": "trekking tent LAMP"}', NULL, 'found h-lamp 30'), ('{"name": "Rope"}', NULL, 'no_price -'), ('{"name": "TENT-4P"}', NULL, 'found h-4p 400'), ('{"name": "zebra"}', NULL, 'not_found -'), ('{"name": " "}', NULL, 'not_found -'),
    -- An offer.
    ('{"offer_reference": "h-4p"}', NULL, 'found h-4p 400'), ('{"offer_reference": "h-4p"}', '{p-guest}', 'not_found h-4p -'), ('{"offer_reference": "h-4p", "merchant": "p-house"}', NULL, 'found h-4p 400'),
    ('{"offer_reference": "h-4p"}', '{NULL}', 'not_found h-4p -'), ('{"offer_reference": "H-4P"}', NULL, 'unknown_offer H-4P -'), ('{"offer_reference": "h-rope"}', NULL, 'found h-rope -'),
    ('{"offer_reference": "adv"}', NULL, 'found adv 300'), ('{"offer_reference": "gone"}', '{p-guest}', 'unknown_offer gone -'),
    -- No item.
    ('{}', NULL, 'invalid -'), ('7', NULL, 'invalid -'), ('null', NULL, 'invalid -'), ('[]', NULL, 'invalid -'), ('{"sku": "TENT-2P", "name": "tent"}', NULL, 'invalid -'), ('{"sku": null}', NULL, 'invalid -'),
    ('{"sku": 7}', NULL, 'invalid -'), ('{"sku": "TENT-2P", "colour": "red"}', NULL, 'invalid -'), ('{"sku": "TENT-2P", "quantity": 0}', NULL, 'invalid -'), ('{"sku": "TENT-2P", "quantity": 1.5}', NULL, 'invalid -'),
    ('{"sku": "TENT-2P", "quantity": -1}', NULL, 'invalid -'), ('{"sku": "TENT-2P", "quantity": 2147483647}', NULL, 'found h-2p 150'), ('{"sku": "TENT-2P", "quantity": 2147483648}', NULL, 'invalid -'),
    ('{"sku": "TENT-2P", "quantity": true}', NULL, 'invalid -'), ('{"sku": "TENT-2P", "quantity": ""}', NULL, 'invalid -'), ('{"sku": "TENT-2P", "note": ["x"]}', NULL, 'invalid -'),
    (jsonb_build_object('sku', 'TENT-2P', 'note', repeat('x', 1000)), NULL, 'found g-2p 190'), (jsonb_build_object('sku', 'TENT-2P', 'note', repeat('x', 1001)), NULL, 'invalid -')) AS c (item, merchants, answer);
SELECT is(pg_temp.lines('anna', 1), NULL, 'a preview puts nothing in');
SELECT is((SELECT c.changed_at = c.created_at OR c.lines = 0 FROM offerengine.carts('anna') c), true, 'nor changes anything');
SELECT is(q.detail, c.detail, c.item::text) FROM (VALUES
    ('{"sku": "X-1"}'::jsonb, '"X-1" may mean 2 products'), ('{"name": "Nordkapp"}', '"Nordkapp" may mean a product of a similar name'), ('{"sku": "ROPE"}', 'no offer of SKU "ROPE" has a price in EUR'), ('{"name": "rope"}', 'no offer that is found by "rope" has a price in EUR'),
    ('{"name": "zebra", "merchant": "p-house"}', 'nothing is found by "zebra" of these merchants'), ('{"offer_reference": "h-4p", "merchant": "p-guest"}', '"h-4p" is no offer of these merchants'),
    ('7', 'an item is a JSON object, not number'), ('{}', 'an item has one of sku, name and offer_reference'), ('{"sku": "A", "colour": "red"}', 'an item has no "colour"'), ('{"sku": {}}', '"sku" must be text, not object'),
    ('{"sku": "A", "quantity": 0}', 'quantity must be a whole number from 1 to 2147483647, not 0'), ('{"sku": "A", "quantity": []}', 'quantity must be a whole number from 1 to 2147483647, not []'))
    AS c (item, detail), offerengine.quick_order('anna', pg_temp.cart(1), jsonb_build_array(c.item), preview => true) q;
-- Many at once: each is said, the good ones are in, those that mean the same add up.
SELECT is(pg_temp.quick('anna', 1, '[{"sku": "TENT-2P", "quantity": 2}, {"name": "persons"}, {"sku": "tent-2p"}, {"offer_reference": "g-2p", "note": "red"}, {"sku": "no"}, {"name": "Lamp", "quantity": 3}, {"offer_reference": "g-2p"}]'),
    '1 added g-2p 190 > 1, 2 ambiguous - {g-2p,h-4p}, 3 added g-2p 190 > 1, 4 added g-2p 190 > 2, 5 not_found -, 6 added g-lamp 20 > 3, 7 added g-2p 190 > 1', 'seven');
SELECT is(pg_temp.lines('anna', 1), '1 g-2p 4, 2 g-2p 1 #red, 3 g-lamp 3', 'three lines');
SELECT is((SELECT string_agg(q.input, ', ') FROM offerengine.quick_order('anna', pg_temp.cart(1), '[{"sku": "a"}, {"name": "b b b"}, {"offer_reference": "c"}, {"d": 1}, 7]') q), 'a, b b b, c, {"d": 1}, 7', 'what was named');
SELECT is(pg_temp.quick('anna', 1, '[]'), NULL, 'nothing');
SELECT is(pg_temp.quick('anna', 1, '[{"sku": "TENT-4P"}, {"sku": "no"}]', line_key => 'k') || '; ' || pg_temp.quick('anna', 1, '[{"sku": "TENT-4P"}, {"sku": "no"}]', line_key => 'k'),
    '1 added h-4p 400 > 4, 2 not_found -; 1 added h-4p 400 > 4, 2 not_found -', 'under a key');
SELECT is(pg_temp.quick('anna', 1, '[{"sku": "TENT-4P"}, {"sku": "no"}]', preview => true, line_key => 'k'), '1 found h-4p 400, 2 not_found -', 'a preview has no key');
SELECT is(pg_temp.lines('anna', 1), '1 g-2p 4, 2 g-2p 1 #red, 3 g-lamp 3, 4 h-4p 1', 'once');
SELECT is(pg_temp.quick('anna', 1, '[{"sku": "TENT-4P", "quantity": 2147483647}]'), '1 added h-4p 400 > 5', 'more than a line can count');
SELECT is(pg_temp.lines('anna', 1), '1 g-2p 4, 2 g-2p 1 #red, 3 g-lamp 3, 4 h-4p 1, 5 h-4p 2147483647', 'is another one');
SELECT is(pg_temp.list_try(statement), answer, statement) FROM (VALUES
    ($$SELECT pg_temp.quick('anna', 1, '[{"sku": "TENT-2P"}]', line_key => 'k')$$, 'OE013 key "k" of cart <cart> stands for something else: {"items": [{"sku": "TENT-4P"}, {"sku": "no"}], "merchant_references": null}'),
    ($$SELECT pg_temp.quick('anna', 1, NULL)$$, '22004 items must not be NULL'), ($$SELECT pg_temp.quick('anna', 1, '{}')$$, '22023 items must be a JSON array, not object'),
    ($$SELECT pg_temp.quick('anna', 1, '[]', '{{a},{b}}')$$, '22023 merchant_references must be a list, not an array of 2 dimensions'),
    ($$SELECT pg_temp.quick('bert', 1, '[]')$$, 'OE020 customer "bert" has no cart <cart>'), ($$SELECT pg_temp.quick('bert', 1, '[]', preview => true)$$, 'OE020 customer "bert" has no cart <cart>'),
    ($$SELECT pg_temp.quick('anna', NULL, '[]')$$, '22004 cart_id must not be NULL'), ($$SELECT pg_temp.quick(NULL, 1, '[]')$$, '22004 customer_reference must not be NULL')) AS c (statement, answer);
-- In the cart's store, currency and price mode, and for its buyer.
SELECT offerengine.put_relationship('p-rel', 'p-house', '{ACME}'), offerengine.set_price('P-DE', 'EUR', NULL, 100, offer_reference => 'h-2p', relationship_key => 'p-rel'),
       pg_temp.new_cart('cora', 2, 'gross', 'ACME'), pg_temp.new_cart('cora', 3, 'net'), pg_temp.new_cart('cora', 4, store => 'P-KI') \g /dev/null
SELECT is(pg_temp.quick('cora', 2, '[{"sku": "TENT-2P"}]'), '1 added h-2p 100 > 1', 'a contract');
SELECT is(pg_temp.quick('cora', 3, '[{"sku": "TENT-2P"}, {"offer_reference": "book"}]'), '1 no_price -, 2 added book 1700 > 1', 'net');
SELECT is(pg_temp.quick('cora', 4, '[{"sku": "TENT-2P"}, {"offer_reference": "g-2p"}]'), '1 not_found -, 2 not_visible g-2p -', 'elsewhere');
SELECT is(pg_temp.quick('cora', 2, '[{"sku": "tent-2p"}]'), '1 added h-2p 100 > 1', 'a contract, by what is found');
SELECT pg_temp.ask('reg', '* 800 2020-01-01', 'CH 100 2020-01-01'), offerengine.cart_create('cora', 'P-DE', 'EUR', country => 'CH', cart_id => pg_temp.cart(6)), pg_temp.new_cart('cora', 7) \g /dev/null
SELECT is(pg_temp.quick('cora', n, '[{"sku": "P-DIGITAL"}, {"name": "the paper, digital"}]', preview => true), answer, format('cart %s', n))
  FROM (VALUES (6, '1 found reg 100, 2 found reg 100'), (7, '1 found adv 300, 2 found adv 300')) AS c (n, answer);
-- A name that is the beginning of another one's means the one that is called just so; what the checkout sells goes before what is cheaper.
SELECT offerengine.put_product('PEG-BAG', 'Peg bag', stores => '{P-DE}'), offerengine.put_offer('h-bag', 'PEG-BAG', 'p-house', '{P-DE}'), offerengine.set_price('P-DE', 'EUR', NULL, 5, offer_reference => 'h-bag'), offerengine.approve_offer('h-bag') \g /dev/null
SELECT is(pg_temp.quick('cora', 7, '[{"name": "peg"}, {"name": "peg b"}, {"name": "pe"}]', preview => true), '1 found g-peg 3, 2 ambiguous - {h-bag,g-peg}, 3 ambiguous - {g-peg,h-bag,g-2p,h-4p}', 'called so');
-- Of many candidates twenty are named.
SELECT offerengine.put_product('HOOK-' || n, 'Hook ' || n, stores => '{P-DE}'), offerengine.put_offer('h-hook-' || n, 'HOOK-' || n, 'p-house', '{P-DE}'), offerengine.set_price('P-DE', 'EUR', NULL, n, offer_reference => 'h-hook-' || n),
       offerengine.approve_offer('h-hook-' || n) FROM generate_series(101, 121) AS n \g /dev/null
SELECT is((SELECT concat_ws(', ', q.detail, cardinality(q.candidates), q.candidates[1], q.candidates[20]) FROM offerengine.quick_order('cora', pg_temp.cart(7), '[{"name": "hook"}]', preview => true) q),
    '"hook" may mean 21 products, 20, h-hook-101, h-hook-120', 'twenty of 21');
-- Who is suspended or hidden sells nothing and is not found.
SELECT offerengine.suspend_merchant('p-guest', 'late'), offerengine.set_offer_active('h-lamp', false), pg_temp.new_cart('dora', 5) \g /dev/null
SELECT is(pg_temp.quick('dora', 5, '[{"sku": "TENT-2P"}, {"sku": "LAMP"}, {"name": "lamp"}, {"offer_reference": "h-lamp"}, {"offer_reference": "g-2p"}, {"sku": "PEG"}]'),
    '1 added h-2p 200 > 1, 2 not_found -, 3 not_found -, 4 not_visible h-lamp -, 5 not_visible g-2p -, 6 not_sellable h-peg 2', 'what is left');
SELECT is((SELECT count(*) FROM offerengine.cart_checkout('dora', pg_temp.cart(5), pg_temp.cart(75))), 1::bigint, 'it is bought');
SELECT is(pg_temp.list_try($$SELECT pg_temp.quick('dora', 5, '[]')$$), 'OE082 cart <cart> has become order <cart>', 'a closed cart takes nothing');
SELECT is(pg_temp.list_try($$SELECT pg_temp.quick('dora', 5, '[]', preview => true)$$), 'OE082 cart <cart> has become order <cart>', 'not even to look');
SELECT is_empty('SELECT h.check_name, h.detail FROM offerengine.health_check() AS h WHERE NOT h.ok', 'nothing to complain about');
SELECT * FROM finish();
ROLLBACK;
