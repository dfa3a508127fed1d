-- Carts: what goes into one, what it would be sold as, and what stands in the way.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/cart.psql
SELECT no_plan();

-- Lines: the same offer with the same note and day is one line, anything else another one; numbers are never given twice.
SELECT pg_temp.new_cart('anna', 1) \g /dev/null
SELECT is(pg_temp.fill('anna', 1, VARIADIC fill), answer, array_to_string(fill, ', ')) FROM (VALUES
    ('{book}'::text[], '1'), ('{book x2}', '1'), ('{book x1 #ink}', '2'), ('{guest-book}', '3'), ('{book x4 #ink,pass}', '2 4'),
    ('{pass @2100-02-01,pass @2100-02-01 x3,pass @2100-03-01}', '5 5 6'), ('{book #}', '1')) AS c (fill, answer);
SELECT is(pg_temp.lines('anna', 1), '1 book 4, 2 book 5 #ink, 3 guest-book 1, 4 pass 1, 5 pass 4 @2100-02-01, 6 pass 1 @2100-03-01', 'what is in it');
SELECT ok(offerengine.cart_remove('anna', pg_temp.cart(1), 6), 'one goes');
SELECT ok(NOT offerengine.cart_remove('anna', pg_temp.cart(1), 6), 'once');
SELECT is(pg_temp.fill('anna', 1, 'pass @2100-03-01'), '7', 'and comes again as another');
SELECT is(pg_temp.cart_try(statement), answer, statement) FROM (VALUES
    ($$SELECT offerengine.cart_update('anna', pg_temp.cart(1), 1, quantity => 2)$$, '1'),
    ($$SELECT offerengine.cart_update('anna', pg_temp.cart(1), 1, note => 'a gift')$$, '1'),
    ($$SELECT offerengine.cart_update('anna', pg_temp.cart(1), 7, starts_on => '2100-04-01')$$, '7'),
    ($$SELECT offerengine.cart_update('anna', pg_temp.cart(1), 4)$$, '4'),
    ($$SELECT offerengine.cart_update('anna', pg_temp.cart(1), 7, clear_start => true)$$, '4'),
    ($$SELECT offerengine.cart_update('anna', pg_temp.cart(1), 2, note => 'a gift')$$, '1'),
    ($$SELECT offerengine.cart_change_offer('anna', pg_temp.cart(1), 3, 'book')$$, '3'),
    ($$SELECT offerengine.cart_update('anna', pg_temp.cart(1), 1, note => '')$$, '1')) AS c (statement, answer);
SELECT is(pg_temp.lines('anna', 1), '1 book 8, 4 pass 2, 5 pass 4 @2100-02-01', 'what is left out stays; what becomes the same adds up');
SELECT is(pg_temp.cart_try(statement), answer, statement) FROM (VALUES
    ($$SELECT offerengine.cart_add('anna', pg_temp.cart(1), 'nothing')$$, 'OE020 unknown offer "nothing"'),
    ($$SELECT offerengine.cart_add('anna', pg_temp.cart(1), NULL)$$, '22004 offer_reference must not be NULL'),
    ($$SELECT offerengine.cart_add('anna', pg_temp.cart(1), 'book', 0)$$, '22023 quantity must be at least 1, not 0'),
    ($$SELECT offerengine.cart_add('anna', pg_temp.cart(1), 'book', 2147483647)$$, '22003 8 pieces and 2147483647 more are more than a line can have'),
    ($$SELECT offerengine.cart_add('anna', pg_temp.cart(1), 'foreign-book')$$, 'OE011 offer "foreign-book" does not allow operation "checkout" through channel "checkout": no offer that is externally_managed allows checkout'),
    ($$SELECT offerengine.cart_add('anna', pg_temp.cart(1), 'book', starts_on => '2100-01-01')$$, '22023 offer "book" begins on no day: it is a product'),
    ($$SELECT offerengine.cart_add('anna', pg_temp.cart(1), 'pass', starts_on => '2025-01-01')$$, '22023 nothing that is bought begins on 2025-01-01'),
    ($$SELECT offerengine.cart_add('anna', pg_temp.cart(1), 'pass', starts_on => 'infinity')$$, '22023 nothing that is bought begins on infinity'),
    ($$SELECT offerengine.cart_add('anna', pg_temp.cart(1), 'book', note => repeat('x', 1001))$$, '22023 the note of a line has 1001 characters'),
    ($$SELECT offerengine.cart_add('anna', pg_temp.cart(2), 'book')$$, 'OE020 customer "anna" has no cart <cart>'),
    ($$SELECT offerengine.cart_add('bert', pg_temp.cart(1), 'book')$$, 'OE020 customer "bert" has no cart <cart>'),
    ($$SELECT offerengine.cart_add('anna', NULL, 'book')$$, '22004 cart_id must not be NULL'),
    ($$SELECT offerengine.cart_update('anna', pg_temp.cart(1), 9, 1)$$, 'OE020 cart <cart> has no line 9'),
    ($$SELECT offerengine.cart_update('anna', pg_temp.cart(1), NULL, 1)$$, '22004 line_no must not be NULL'),
    ($$SELECT offerengine.cart_update('anna', pg_temp.cart(1), 1, 0)$$, '22023 quantity must be at least 1, not 0'),
    ($$SELECT offerengine.cart_update('anna', pg_temp.cart(1), 1, starts_on => '2100-01-01')$$, '22023 offer "book" begins on no day: it is a product'),
    ($$SELECT offerengine.cart_update('anna', pg_temp.cart(1), 5, starts_on => '2100-01-01', clear_start => true)$$, '22023 clear_start takes away what starts_on, 2100-01-01, names'),
    ($$SELECT offerengine.cart_change_offer('anna', pg_temp.cart(1), 1, 'pass')$$, '22023 offer "pass" is of SKU P-PAPER, line 1 of SKU P-BOOK'),
    ($$SELECT offerengine.cart_change_offer('anna', pg_temp.cart(1), 1, 'foreign-book')$$, 'OE011 offer "foreign-book" does not allow operation "checkout" through channel "checkout": no offer that is externally_managed allows checkout'),
    ($$SELECT offerengine.cart_remove('bert', pg_temp.cart(1), 1)$$, 'OE020 customer "bert" has no cart <cart>')) AS c (statement, answer);
SELECT is(pg_temp.lines('anna', 1), '1 book 8, 4 pass 2, 5 pass 4 @2100-02-01', 'nothing of that is written');
SELECT offerengine.set_offer_active('guest-book', false) \g /dev/null
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_add('anna', pg_temp.cart(1), 'guest-book')$$), 'OE008 offer "guest-book" is not visible in store P-DE', 'what is not shown');
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_change_offer('anna', pg_temp.cart(1), 1, 'guest-book')$$), 'OE008 offer "guest-book" is not visible in store P-DE', 'is not taken instead');
SELECT offerengine.set_offer_active('guest-book', true) \g /dev/null

-- Keys.
SELECT pg_temp.new_cart('anna', 3) \g /dev/null
SELECT is(offerengine.cart_add('anna', pg_temp.cart(3), 'book', 2, line_key => 'k'), 1, 'once');
SELECT is(offerengine.cart_add('anna', pg_temp.cart(3), 'book', 2, line_key => 'k'), 1, 'and again');
SELECT is(offerengine.cart_add('anna', pg_temp.cart(3), 'book', 2, line_key => 'l'), 1, 'under another key');
SELECT is(pg_temp.lines('anna', 3), '1 book 4', 'that is twice');
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_add('anna', pg_temp.cart(3), 'book', 3, line_key => 'k')$$),
    'OE013 key "k" of cart <cart> stands for something else: {"note": null, "quantity": 2, "starts_on": null, "offer_reference": "book"}', 'a key for something else');
SELECT ok(offerengine.cart_remove('anna', pg_temp.cart(3), 1), 'what was removed');
SELECT is(offerengine.cart_add('anna', pg_temp.cart(3), 'book', 2, line_key => 'k'), 1, 'does not come back');
SELECT is(pg_temp.lines('anna', 3), NULL, 'by a late repetition');
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_add('anna', pg_temp.cart(3), 'book', line_key => ' k')$$), '22023 line_key " k" begins or ends with white space', 'no key');

-- Carts.
SELECT is(offerengine.cart_create('anna', 'P-DE', 'EUR', cart_id => pg_temp.cart(3)), pg_temp.cart(3), 'the same cart again');
SELECT is(pg_temp.cart_try(statement), answer, statement) FROM (VALUES
    ($$SELECT offerengine.cart_create('anna', 'P-DE', 'CHF', cart_id => pg_temp.cart(3))$$, 'OE013 cart id <cart> of customer "anna" stands for another cart'),
    ($$SELECT offerengine.cart_create('anna', 'nowhere', 'EUR')$$, '22023 unknown store "nowhere"'),
    ($$SELECT offerengine.cart_create('anna', NULL, 'EUR')$$, '22004 store must not be NULL'),
    ($$SELECT offerengine.cart_create('anna', 'P-DE', 'XXY')$$, '22023 unknown currency "XXY"'),
    ($$SELECT offerengine.cart_create('anna', 'P-DE', 'EUR', 'both')$$, '22023 unknown price mode "both"'),
    ($$SELECT offerengine.cart_create('anna', 'P-DE', 'EUR', country => 'Germany')$$, '22023 unknown country "Germany"'),
    ($$SELECT offerengine.cart_create('anna', 'P-DE', 'EUR', buyer => '')$$, '22023 buyer "" is empty'),
    ($$SELECT offerengine.cart_create('', 'P-DE', 'EUR')$$, '22023 customer_reference "" is empty'),
    ($$SELECT offerengine.cart_create(NULL, 'P-DE', 'EUR')$$, '22004 customer_reference must not be NULL')) AS c (statement, answer);
SELECT set_eq($$SELECT c.cart_id, c.store, c.currency, c.price_mode, c.country, c.buyer, c.lines, c.quantity FROM offerengine.carts('anna') c$$,
    $$VALUES (pg_temp.cart(1), 'P-DE', 'EUR', 'gross', NULL::text, NULL::text, 3, 14::bigint), (pg_temp.cart(3), 'P-DE', 'EUR', 'gross', NULL, NULL, 0, 0)$$, 'her carts');
SELECT is_empty($$SELECT * FROM offerengine.carts('bert')$$, 'nobody else''s');
SELECT lives_ok($$SELECT offerengine.cart_set_buyer('anna', pg_temp.cart(3), 'ACME')$$, 'a buyer');
SELECT is((SELECT c.buyer FROM offerengine.carts('anna') c WHERE c.cart_id = pg_temp.cart(3)), 'ACME', 'is kept');
SELECT lives_ok($$SELECT offerengine.cart_set_buyer('anna', pg_temp.cart(3), NULL)$$, 'nobody');
SELECT is((SELECT c.buyer FROM offerengine.carts('anna') c WHERE c.cart_id = pg_temp.cart(3)), NULL, 'is nobody');

-- What it comes to: prices at the line's quantity, by line.
SELECT pg_temp.new_cart('cora', 4) \g /dev/null
SELECT is(pg_temp.fill('cora', 4, 'book x9', 'book x10 #ink', 'guest-book x2', 'pass'), '1 2 3 4', 'a cart');
SELECT is(pg_temp.items('cora', 4), '1 book 9 x 2000 = 18000, 2 book 10 x 1800 = 18000, 3 guest-book 2 x 1000 = 2000, 4 pass 1 x 500 = 500', 'tiers count by line');
SELECT set_eq($$SELECT i.line_no, i.merchant_reference, i.sku, i.title, i.merchant_name, i.offer_type, i.currency, i.due_now FROM offerengine.cart_items('cora', pg_temp.cart(4)) i$$,
    $$VALUES (1, 'p-house', 'P-BOOK', 'The book', 'House', 'product', 'EUR', 18000::bigint), (2, 'p-house', 'P-BOOK', 'The book', 'House', 'product', 'EUR', 18000),
             (3, 'p-guest', 'P-BOOK', 'A book', 'Guest', 'product', 'EUR', 2000), (4, 'p-house', 'P-PAPER', 'The paper', 'House', 'time_pass', 'EUR', 500)$$, 'with words');
SELECT is((SELECT row(t.currency, t.price_mode, t.lines, t.quantity, t.total_amount, t.due_now, t.next_amount, t.problems, t.order_id)::text FROM offerengine.cart_totals('cora', pg_temp.cart(4)) t),
    '(EUR,gross,4,22,38500,38500,,0,)', 'in sum');
SELECT results_eq($$SELECT s.* FROM offerengine.cart_shipments('cora', pg_temp.cart(4)) s$$, $$VALUES ('p-guest', 1, 2::bigint, 2000::bigint), ('p-house', 2, 19, 36000)$$, 'by who delivers');
SELECT is_empty($$SELECT * FROM offerengine.cart_validate('cora', pg_temp.cart(4))$$, 'and nothing stands in the way');
SELECT is_empty($$SELECT * FROM offerengine.cart_items('bert', pg_temp.cart(4))$$, 'of somebody else nothing is told');
SELECT ok(offerengine.cart_totals('bert', pg_temp.cart(4)) IS NULL, 'nor what it comes to');
SELECT pg_temp.new_cart('cora', 5, 'net') \g /dev/null
SELECT is(pg_temp.fill('cora', 5, 'book x10', 'guest-book'), '1 2', 'net');
SELECT is(pg_temp.items('cora', 5), '1 book 10 x 1500 = 15000, 2 guest-book 1 x - = - no_price', 'has other prices, or none');

-- Problems. Each case: what is changed, and what is told of a cart of book x2, book x3 #ink, guest-book, pass.
SELECT pg_temp.new_cart('dora', 6) \g /dev/null
SELECT is(pg_temp.fill('dora', 6, 'book x2', 'book x3 #ink', 'guest-book', 'pass'), '1 2 3 4', 'a cart');
CREATE FUNCTION pg_temp.problems_if(VARIADIC changes text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
    change text;
BEGIN
    FOREACH change IN ARRAY changes LOOP
        EXECUTE change;
    END LOOP;
    SELECT string_agg(format('%s %s: %s', v.line_no, v.problem, v.detail), '; ' ORDER BY v.ordinality) INTO answer
      FROM offerengine.cart_validate('dora', pg_temp.cart(6)) WITH ORDINALITY v;
    IF (SELECT array_agg(i.line_no || ' ' || p) FROM offerengine.cart_items('dora', pg_temp.cart(6)) i, unnest(i.problems) p)
       IS DISTINCT FROM (SELECT array_agg(v.line_no || ' ' || v.problem) FROM offerengine.cart_validate('dora', pg_temp.cart(6)) v) THEN
        answer := answer || ' BUT ITEMS DIFFER';
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'XX999', MESSAGE = coalesce(answer, '');
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    RETURN regexp_replace(SQLERRM, ' at 2[-0-9:.+ ]*', '', 'g');
END
$$;
SELECT is(pg_temp.problems_if(VARIADIC changes), answer, array_to_string(changes, '; ')) FROM (VALUES
    (ARRAY['SELECT 1'], ''),
    (ARRAY[$$SELECT offerengine.set_offer_active('guest-book', false)$$, $$UPDATE offerengine.offer SET order_minimum = 2, customer_limit = 1 WHERE offer_reference = 'guest-book'$$],
     '3 not_visible: "guest-book" is not visible in store P-DE'),
    (ARRAY[$$UPDATE offerengine.cart_line SET offer_reference = 'gone' WHERE line_no = 3$$], '3 unknown_offer: there is no offer "gone"'),
    (ARRAY[$$DELETE FROM offerengine.price WHERE price_type = 'DEFAULT' AND offer_id = pg_temp.offer('pass')$$], '4 no_price: no gross price of type DEFAULT in EUR in store P-DE for quantity 1 in country DE'),
    (ARRAY[$$SELECT offerengine.put_warehouse('w', stores => '{P-DE}')$$, $$SELECT offerengine.set_stock('book', 'w', 4)$$], '1 not_available: 5 wanted, 4 left; 2 not_available: 5 wanted, 4 left'),
    (ARRAY[$$SELECT offerengine.put_warehouse('w', stores => '{P-DE}')$$, $$SELECT offerengine.set_stock('book', 'w', 5)$$], ''),
    (ARRAY[$$SELECT offerengine.put_warehouse('w', stores => '{P-DE}')$$, $$SELECT offerengine.set_stock('book', 'w', 5, safety_quantity => 1)$$], '1 not_available: 5 wanted, 4 left; 2 not_available: 5 wanted, 4 left'),
    (ARRAY[$$SELECT offerengine.put_warehouse('w', stores => '{P-DE}')$$, $$SELECT offerengine.set_stock('book', 'w', 0, true)$$], ''),
    (ARRAY[$$SELECT offerengine.put_warehouse('w', stores => '{P-KI}')$$, $$SELECT offerengine.set_stock('book', 'w', 5)$$], '1 not_available: 5 wanted, 0 left; 2 not_available: 5 wanted, 0 left'),
    (ARRAY[$$UPDATE offerengine.operation_policy SET is_allowed = false WHERE operation = 'checkout' AND management = 'standard'$$],
     '1 not_sellable: no offer that is standard allows checkout; 2 not_sellable: no offer that is standard allows checkout; 3 not_sellable: no offer that is standard allows checkout; 4 not_sellable: no offer that is standard allows checkout'),
    (ARRAY[$$UPDATE offerengine.offer SET order_minimum = 5 WHERE offer_reference = 'book'$$], ''),
    (ARRAY[$$UPDATE offerengine.offer SET order_minimum = 6 WHERE offer_reference = 'book'$$], '1 quantity_not_allowed: an order has at least 6 of it, not 5; 2 quantity_not_allowed: an order has at least 6 of it, not 5'),
    (ARRAY[$$UPDATE offerengine.offer SET order_maximum = 4 WHERE offer_reference = 'book'$$], '1 quantity_not_allowed: an order has at most 4 of it, not 5; 2 quantity_not_allowed: an order has at most 4 of it, not 5'),
    (ARRAY[$$UPDATE offerengine.offer SET order_step = 5 WHERE offer_reference = 'book'$$], ''),
    (ARRAY[$$UPDATE offerengine.offer SET order_step = 3 WHERE offer_reference = 'book'$$], '1 quantity_not_allowed: an order has 3 of it and by 3 more, not 5; 2 quantity_not_allowed: an order has 3 of it and by 3 more, not 5'),
    (ARRAY[$$UPDATE offerengine.offer SET order_minimum = 2, order_step = 3, order_maximum = 5 WHERE offer_reference = 'book'$$], ''),
    (ARRAY[$$UPDATE offerengine.offer SET customer_limit = 5 WHERE offer_reference = 'book'$$], ''),
    (ARRAY[$$UPDATE offerengine.offer SET customer_limit = 4 WHERE offer_reference = 'book'$$],
     '1 limit_reached: a customer can have 4 of it, has 0 and wants 5; 2 limit_reached: a customer can have 4 of it, has 0 and wants 5'),
    (ARRAY[$$UPDATE offerengine.cart_line SET quantity = 2147483647 WHERE line_no = 3$$, $$SELECT offerengine.set_price('P-DE', 'EUR', NULL, 4294967300, offer_reference => 'guest-book')$$],
     '3 quantity_not_allowed: 2147483647 pieces at 4294967300 each are more than an amount can say'),
    (ARRAY[$$SELECT offerengine.suspend_merchant('p-house', 'x')$$, $$UPDATE offerengine.offer SET order_minimum = 9$$, $$DELETE FROM offerengine.price WHERE product_id = (SELECT product_id FROM offerengine.product WHERE sku = 'P-BOOK')$$],
     '1 not_visible: "book" is not visible in store P-DE; 2 not_visible: "book" is not visible in store P-DE; '
     '3 no_price: no gross price of type DEFAULT in EUR in store P-DE for quantity 1 in country DE; 3 quantity_not_allowed: an order has at least 9 of it, not 1; 4 not_visible: "pass" is not visible in store P-DE')
  ) AS c (changes, answer);
-- Bounds of these columns.
SELECT throws_ok('UPDATE offerengine.offer SET ' || change || $$ WHERE offer_reference = 'book'$$, '23514', NULL, change) FROM unnest(ARRAY[
    'order_minimum = 0', 'order_step = 0', 'order_maximum = 0', 'customer_limit = 0', 'order_minimum = 3, order_maximum = 2', 'order_step = 3, order_maximum = 2',
    'customer_limit_counts = ''sometimes''', 'customer_limit_counts = ''running''']) AS change;
SELECT throws_ok($$UPDATE offerengine.store SET max_hold = '0' WHERE store_code = 'P-DE'$$, '23514', NULL, 'a hold that never is');
SELECT is(offerengine_internal.quantity_refusal(c.lowest, c.step, c.most, c.n) IS NULL, c.is_fine, format('%s of %s + n * %s up to %s', c.n, c.lowest, c.step, c.most))
  FROM (VALUES (NULL, NULL, NULL, 1, true), (2, NULL, NULL, 1, false), (2, NULL, NULL, 2, true), (2, NULL, NULL, 3, true), (NULL, 6, NULL, 5, false), (NULL, 6, NULL, 6, true), (NULL, 6, NULL, 9, false),
               (NULL, 6, NULL, 12, true), (10, 5, 20, 10, true), (10, 5, 20, 14, false), (10, 5, 20, 20, true), (10, 5, 20, 25, false), (10, 5, 21, 21, false), (NULL, NULL, 3, 3, true), (NULL, NULL, 3, 4, false))
       AS c (lowest, step, most, n, is_fine);

-- Subscriptions: redirected with what is in the cart, a first step that is not the last, a later step without a price.
SELECT pg_temp.new_cart('emil', 7) \g /dev/null
SELECT is(pg_temp.fill('emil', 7, 'adv'), '1', 'an advantage');
SELECT is(pg_temp.items('emil', 7), '1 adv>reg 1 x 800 = 800', 'is not for everybody');
SELECT is((SELECT i.message FROM offerengine.cart_items('emil', pg_temp.cart(7)) i), 'you do not read the paper', 'and why');
SELECT is(pg_temp.fill('emil', 7, 'base'), '2', 'with a base behind it');
SELECT is(pg_temp.items('emil', 7), '1 adv 1 x 300 = 300, 2 base 1 x 2000 = 2000', 'it is for him');
SELECT offerengine.set_offer_active('base', false) \g /dev/null
SELECT is(pg_temp.items('emil', 7), '1 adv>reg 1 x 800 = 800, 2 base 1 x - = - not_visible', 'unless that is not sold');
SELECT offerengine.set_offer_active('base', true) \g /dev/null
SELECT offerengine.put_price_sheet('p-trial', prices => '[{"currency": "EUR", "gross_amount": 100}]'),
       offerengine.put_price_sheet('p-full', prices => '[{"currency": "EUR", "gross_amount": 990}]'),
       offerengine.put_contract('p-trial', NULL, '1 month', '1 month', '1 day', '3 months', 'p-trial'), offerengine.put_contract('p-full', NULL, '1 month', '1 month', '1 day', '0', 'p-full'),
       offerengine.put_offer('trial', 'P-PAPER', 'p-house', '{P-DE}', offer_type => 'subscription'), offerengine.set_offer_steps('trial', '{p-trial,p-full}'), offerengine.approve_offer('trial') \g /dev/null
SELECT pg_temp.new_cart('emil', 8) \g /dev/null
SELECT is(pg_temp.fill('emil', 8, 'trial x2', 'trial x1 @2100-01-31'), '1 2', 'a trial, now and later');
SELECT results_eq($$SELECT i.line_no, i.due_now, i.next_amount, i.next_from FROM offerengine.cart_items('emil', pg_temp.cart(8)) i$$,
    $$VALUES (1, 200::bigint, 1980::bigint, offerengine.period_boundary((now() AT TIME ZONE 'Europe/Berlin')::date, '1 month', 3)), (2, 100, 990, '2100-04-30')$$, 'says what follows');
SELECT is((SELECT row(t.due_now, t.next_amount)::text || (t.next_from = offerengine.period_boundary((now() AT TIME ZONE 'Europe/Berlin')::date, '1 month', 3)) FROM offerengine.cart_totals('emil', pg_temp.cart(8)) t),
    '(300,2970)true', 'and so does the total');
SELECT offerengine.put_price_sheet('p-full', prices => '[{"currency": "EUR", "net_amount": 990}]') \g /dev/null
SELECT alike((SELECT v.detail FROM offerengine.cart_validate('emil', pg_temp.cart(8)) v WHERE v.line_no = 2 AND v.problem = 'no_price'), 'step 2 has no gross price in EUR for country DE on %', 'a later step without a price');

-- Limits: pieces bought and not given back; what runs at once.
SELECT offerengine.put_price_sheet('p-full', prices => '[{"currency": "EUR", "gross_amount": 990}]') \g /dev/null
UPDATE offerengine.offer SET customer_limit = 1 WHERE offer_reference = 'trial';
SELECT pg_temp.new_cart('frida', 9), pg_temp.fill('frida', 9, 'trial') \g /dev/null
SELECT is(pg_temp.items('frida', 9), '1 trial 1 x 100 = 100', 'one trial');
SELECT offerengine.purchase('frida', 'trial', 'P-DE', 'EUR', order_id => pg_temp.cart(90), starts_on => '2100-01-01') \g /dev/null
SELECT is(pg_temp.items('frida', 9), '1 trial 1 x 100 = 100 limit_reached', 'and not another one');
SELECT throws_ok($$SELECT offerengine.purchase('frida', 'trial', 'P-DE', 'EUR')$$, 'OE084', 'offer "trial" cannot be sold to customer "frida": a customer can have 1 of it, has 1 and wants 1', 'by whichever way');
SELECT offerengine.cancel_order('frida', pg_temp.cart(90)) \g /dev/null
SELECT is(pg_temp.items('frida', 9), '1 trial 1 x 100 = 100', 'but of what was cancelled');
UPDATE offerengine.offer SET customer_limit = NULL WHERE offer_reference = 'trial';
-- Ever counts what was bought, wherever, and neither cancelled nor returned; a quote is not bought, and a delivery tells of the pieces
-- of its order once more.
UPDATE offerengine.offer SET customer_limit = 10 WHERE offer_reference = 'book';
CREATE FUNCTION pg_temp.had() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM offerengine.purchase('greta', 'book', 'P-DE', 'EUR', quantity => 100);
EXCEPTION WHEN SQLSTATE 'OE084' THEN
    RETURN substring(SQLERRM FROM 'has ([0-9]+) ');
END
$$;
SELECT offerengine.put_order('greta', 'G-1', order_type => 1, currency => 'EUR', store => 'P-DE', lines => '[{"offer_reference": "book", "quantity": 7}]') AS bought \gset
SELECT is(pg_temp.had(), '7', 'bought elsewhere');
SELECT offerengine.put_order('greta', 'G-Q', order_type => 7, currency => 'EUR', store => 'P-DE', lines => '[{"offer_reference": "book", "quantity": 5}]') \g /dev/null
SELECT is(pg_temp.had(), '7', 'a quote is not bought');
SELECT offerengine.put_order('greta', 'G-D', order_type => 2, currency => 'EUR', store => 'P-DE', parent_reference => 'G-1',
                             lines => '[{"offer_reference": "book", "quantity": 7}]') \g /dev/null
SELECT is(pg_temp.had(), '7', 'a delivery is not bought once more');
SELECT count(*) FROM offerengine.cancel_order('greta', :'bought', 1, 2) \g /dev/null
SELECT is(pg_temp.had(), '5', 'what was cancelled does not count');
SELECT count(*) FROM offerengine.return_order('greta', :'bought', '[{"line_no": 1, "quantity": 3}]', key => 'k') \g /dev/null
SELECT is(pg_temp.had(), '2', 'nor what came back, nor the document that tells of it');
UPDATE offerengine.offer SET customer_limit = NULL WHERE offer_reference = 'book';
UPDATE offerengine.offer SET customer_limit = 2, customer_limit_counts = 'running' WHERE offer_reference = 'base-2';
SELECT pg_temp.new_cart('frida', 10), pg_temp.fill('frida', 10, 'base-2') \g /dev/null
SELECT pg_temp.live('frida', '{buy base-2 2024-01-10 x2,cancel base-2 2024-02-01}') \g /dev/null
SELECT is(pg_temp.items('frida', 10), '1 base-2 1 x 1500 = 1500', 'what has ended');
SELECT pg_temp.live('frida', '{buy base-2 2025-01-10 x2}') \g /dev/null
SELECT is(pg_temp.items('frida', 10), '1 base-2 1 x 1500 = 1500 limit_reached', 'and what runs');
UPDATE offerengine.offer SET order_maximum = 3 WHERE offer_reference = 'book';
SELECT throws_ok($$SELECT offerengine.purchase('frida', 'book', 'P-DE', 'EUR', quantity => 4)$$, 'OE083', 'offer "book" cannot be sold: an order has at most 3 of it, not 4', 'a purchase asks for quantities, too');
UPDATE offerengine.offer SET order_maximum = NULL WHERE offer_reference = 'book';

-- Another instant.
SELECT offerengine.set_price('P-DE', 'EUR', NULL, 700, offer_reference => 'book', valid_from => '2099-01-01', valid_to => '2101-01-01') \g /dev/null
SELECT is((SELECT i.unit_amount FROM offerengine.cart_items('cora', pg_temp.cart(4), '2100-01-01') i WHERE i.line_no = 1), 700::bigint, 'what it costs then');
SELECT throws_ok($$SELECT * FROM offerengine.cart_items('cora', pg_temp.cart(4), 'infinity')$$, '22023', 'nothing is sold at infinity', 'never');

SELECT is_empty('SELECT h.check_name, h.detail FROM offerengine.health_check() AS h WHERE NOT h.ok', 'nothing to complain about');

-- More than an amount can say, in a later step: a problem of the line, and no reader is refused.
SELECT pg_temp.sell('huge', 999999999999999999), offerengine.put_offer('two-steps', 'P-PAPER', 'p-house', '{P-DE}', offer_type => 'subscription'),
       offerengine.set_offer_steps('two-steps', '{p-finite,p-huge}'), offerengine.approve_offer('two-steps'), pg_temp.new_cart('zoe', 99), pg_temp.fill('zoe', 99, 'two-steps x9') \g /dev/null
SELECT is(pg_temp.items('zoe', 99), '1 two-steps 9 x 1800 = 16200', 'nine pieces');
SELECT is((SELECT i.next_amount FROM offerengine.cart_items('zoe', pg_temp.cart(99)) i), 8999999999999999991, 'and then');
SELECT pg_temp.fill('zoe', 99, 'two-steps') \g /dev/null
SELECT is(pg_temp.items('zoe', 99), '1 two-steps 10 x 1800 = 18000 quantity_not_allowed', 'ten');
SELECT matches((SELECT v.detail FROM offerengine.cart_validate('zoe', pg_temp.cart(99)) v), '^10 pieces at 999999999999999999 each, from \d{4}-\d\d-\d\d on, are more than an amount can say$', 'why');
SELECT * FROM finish();
ROLLBACK;
