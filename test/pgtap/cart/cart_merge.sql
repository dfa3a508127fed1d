-- A guest signs in: the lines of one cart go into another, whatever they are; carts go along with a customer who becomes another one.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/cart.psql
SELECT no_plan();
SELECT offerengine.put_warehouse('w', stores => '{P-DE}'), offerengine.set_stock('book', 'w', 10) \g /dev/null
CREATE FUNCTION pg_temp.holds(id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', h.line_no, h.quantity, h.state), ', ' ORDER BY h.line_no) FROM offerengine.stock_hold h WHERE h.order_id = id
$$;
CREATE FUNCTION pg_temp.merge(customer text, source text, source_cart integer, n integer) RETURNS text LANGUAGE sql
    AS $$SELECT pg_temp.cart_try(format('SELECT offerengine.cart_merge(%L, %L, %L, %L)', customer, source, pg_temp.cart(source_cart), pg_temp.cart(n)))$$;

-- Lines add up, in their order, behind those that are there; what does not fit is named, not refused.
SELECT pg_temp.new_cart('anna', 1), pg_temp.new_cart('guest', 2, 'net', store => 'P-KI'),
       pg_temp.fill('anna', 1, 'book x2', 'pass', 'book #ink'), pg_temp.fill('guest', 2, 'adv', 'book x3', 'book #ink', 'book #oil', 'base') \g /dev/null
SELECT pg_temp.new_cart('guest', 3), pg_temp.fill('guest', 3, 'guest-book', 'pass @2100-01-01') \g /dev/null
SELECT is(pg_temp.merge('anna', 'guest', 2, 1), '5', 'five lines');
SELECT is(pg_temp.lines('anna', 1), '1 book 5, 2 pass 1, 3 book 2 #ink, 4 adv 1, 5 book 1 #oil, 6 base 1', 'in one cart');
SELECT is((SELECT c.price_mode || ' ' || c.store || ' ' || c.lines FROM offerengine.carts('anna') c), 'gross P-DE 6', 'as that was');
SELECT is((SELECT string_agg(c.cart_id::text, ' ') FROM offerengine.carts('guest') c), pg_temp.cart(3)::text, 'the other is no more');
SELECT is(pg_temp.merge('anna', 'guest', 2, 1), '0', 'again');
SELECT is(pg_temp.lines('anna', 1), '1 book 5, 2 pass 1, 3 book 2 #ink, 4 adv 1, 5 book 1 #oil, 6 base 1', 'adds nothing');
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_add('guest', pg_temp.cart(2), 'book')$$), 'OE082 cart <cart> has become part of cart <cart>', 'nothing is put into what is no more');
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_checkout('guest', pg_temp.cart(2))$$), 'OE082 cart <cart> has become part of cart <cart>', 'nor bought');
SELECT offerengine.set_offer_active('guest-book', false) \g /dev/null
SELECT is(pg_temp.merge('anna', 'guest', 3, 1), '2', 'also what is not sold any more');
SELECT is(pg_temp.items('anna', 1), '1 book 5 x 2000 = 10000, 2 pass 1 x 500 = 500, 3 book 2 x 2000 = 4000, 4 adv 1 x 300 = 300, 5 book 1 x 2000 = 2000, 6 base 1 x 2000 = 2000, '
    '7 guest-book 1 x - = - not_visible, 8 pass 1 x 500 = 500', 'which is told');
SELECT offerengine.set_offer_active('guest-book', true) \g /dev/null
-- More than a line can count.
SELECT pg_temp.new_cart('bert', 4), pg_temp.new_cart('bert', 5), pg_temp.new_cart('bert', 6),
       pg_temp.fill('bert', 4, 'book x2147483647'), pg_temp.fill('bert', 5, 'book x5'), pg_temp.fill('bert', 6, 'book x5') \g /dev/null
SELECT is(pg_temp.merge('bert', 'bert', 5, 4), '1', 'two carts of one customer');
SELECT is(pg_temp.lines('bert', 4), '1 book 2147483647, 2 book 5', 'pieces beyond what can be counted are beside');
SELECT is(pg_temp.merge('bert', 'bert', 6, 4), '1', 'and more');
SELECT is(pg_temp.lines('bert', 4), '1 book 2147483647, 2 book 10', 'add up there');
-- Two that stand beside each other in the source: either would fit, one adds up, and none is lost.
SELECT pg_temp.new_cart('bert', 12), pg_temp.new_cart('bert', 13), pg_temp.new_cart('bert', 14),
       pg_temp.fill('bert', 12, 'book x2147483630'), pg_temp.fill('bert', 13, 'book x20'), pg_temp.fill('bert', 14, 'book x1') \g /dev/null
SELECT is(pg_temp.merge('bert', 'bert', 13, 12) || ' ' || pg_temp.merge('bert', 'bert', 12, 14) || ': ' || pg_temp.lines('bert', 14),
          '1 2: 1 book 2147483631, 2 book 20', 'two lines that are the same go over');
-- What begins on different days is not the same.
SELECT pg_temp.new_cart('bert', 15), pg_temp.new_cart('bert', 16), pg_temp.fill('bert', 15, 'pass @2100-01-01', 'pass @2100-02-01 x2', 'pass x3') \g /dev/null
SELECT is(pg_temp.merge('bert', 'bert', 15, 16) || ': ' || pg_temp.lines('bert', 16), '3: 1 pass 1 @2100-01-01, 2 pass 2 @2100-02-01, 3 pass 3', 'three first days');
SELECT is(pg_temp.merge(c.customer, c.source, c.source_cart, c.n), c.answer, c.answer) FROM (VALUES
    ('bert', 'bert', 4, 4, '22023 cart <cart> cannot be merged into itself'), ('bert', 'guest', 99, 4, 'OE020 customer "guest" has no cart <cart>'),
    ('bert', 'anna', 1, 99, 'OE020 customer "bert" has no cart <cart>'), ('bert', 'guest', 2, 4, 'OE082 cart <cart> has become part of cart <cart>'),
    ('bert', '', 2, 4, '22023 from_customer_reference "" is empty'), ('bert', 'anna', 1, NULL, '22004 cart_id must not be NULL'),
    ('bert', 'anna', NULL, 4, '22004 from_cart_id must not be NULL'), ('bert', NULL, 1, 4, '22004 customer_reference and from_customer_reference must not be NULL'))
    AS c (customer, source, source_cart, n, answer);
SELECT offerengine.cart_create('bert', 'P-DE', 'EUR', cart_id => pg_temp.cart(1)) \g /dev/null
SELECT is(pg_temp.merge('bert', 'anna', 1, 1), '8', 'one id, two customers: two carts');

-- Holds: what the guest's cart held is free, what the target holds stays; nothing is fixed any more.
SELECT pg_temp.new_cart('cora', 7), pg_temp.fill('cora', 7, 'book x2'), offerengine.cart_hold('cora', pg_temp.cart(7), '2100-01-01', pg_temp.cart(57)),
       pg_temp.new_cart('guest', 8), pg_temp.fill('guest', 8, 'book x3'), offerengine.cart_hold('guest', pg_temp.cart(8), '2100-01-01', pg_temp.cart(58)) \g /dev/null
SELECT offerengine.set_price('P-DE', 'EUR', NULL, 2100, offer_reference => 'book') \g /dev/null
SELECT is(pg_temp.merge('cora', 'guest', 8, 7), '1', 'both are held');
SELECT is(pg_temp.holds(pg_temp.cart(57)) || ', ' || pg_temp.holds(pg_temp.cart(58)), '1 2 held, 1 3 released', 'one is not any more');
SELECT is(pg_temp.items('cora', 7), '1 book 5 x 2100 = 10500', 'at what it costs now');
SELECT is((SELECT row(h.order_id, h.amount)::text FROM offerengine.cart_hold('cora', pg_temp.cart(7), '2100-01-01') h), row(pg_temp.cart(57), 10500)::text, 'held anew');
SELECT is(pg_temp.holds(pg_temp.cart(57)), '1 5 held', 'all of it');
SELECT is(pg_temp.cart_try($$SELECT offerengine.reserve_stock(pg_temp.cart(58), 1, 'book', 'P-DE', 1)$$), 'OE066 order <cart> has released its stock and gets none any more', 'the other order never comes');
-- A cart that has become an order gives nothing, and takes nothing.
SELECT pg_temp.new_cart('guest', 9), pg_temp.fill('guest', 9, 'pass') \g /dev/null
SELECT offerengine.cart_checkout('guest', pg_temp.cart(9), pg_temp.cart(59)) \g /dev/null
SELECT is(pg_temp.merge('cora', 'guest', 9, 7), '0', 'an order gives nothing');
SELECT is(pg_temp.merge('guest', 'cora', 7, 9), 'OE082 cart <cart> has become order <cart>', 'and takes nothing');

-- A customer who becomes another one: carts, their keys and holds, and what they have become.
SELECT pg_temp.new_cart('guest', 7), offerengine.cart_add('guest', pg_temp.cart(7), 'pass', 2, line_key => 'k'),
       pg_temp.new_cart('guest', 10), offerengine.cart_add('guest', pg_temp.cart(10), 'book', 2, line_key => 'k'), offerengine.cart_hold('guest', pg_temp.cart(10), '2100-01-01', pg_temp.cart(60)),
       pg_temp.new_cart('guest', 11), pg_temp.fill('guest', 11, 'book') \g /dev/null
SELECT is((SELECT m.orders FROM offerengine.customer_merge('cora', 'guest') m), 1, 'the guest is cora');
SELECT set_eq($$SELECT c.cart_id = pg_temp.cart(7), c.lines, c.quantity, c.order_id FROM offerengine.carts('cora') c$$,
    $$VALUES (true, 1, 5::bigint, pg_temp.cart(57)), (false, 1, 2, NULL), (false, 1, 2, pg_temp.cart(60)), (false, 1, 1, NULL)$$, 'all carts are hers, one under another id');
SELECT is_empty($$SELECT * FROM offerengine.carts('guest')$$, 'the guest has none');
SELECT is(pg_temp.items('cora', 10), '1 book 2 x 2100 = 4200', 'a held one');
SELECT is(offerengine.cart_add('cora', pg_temp.cart(10), 'book', 2, line_key => 'k'), 1, 'with its keys');
SELECT is(pg_temp.lines('cora', 10), '1 book 2', 'that have been used');
SELECT is((SELECT s.customer_reference::text FROM offerengine.stock_order s WHERE s.order_id = pg_temp.cart(60)), 'cora', 'its stock is hers');
SELECT offerengine.set_price('P-DE', 'EUR', NULL, 2200, offer_reference => 'book') \g /dev/null
SELECT is((SELECT c.line_amount FROM offerengine.cart_checkout('cora', pg_temp.cart(10)) c), 4200::bigint, 'it is sold as it was fixed');
SELECT is(pg_temp.holds(pg_temp.cart(60)), '1 2 confirmed', 'with what it held');
SELECT is((SELECT c.order_id FROM offerengine.cart_checkout('cora', pg_temp.cart(9)) c), pg_temp.cart(59), 'and what has become an order is that one');
SELECT is(pg_temp.merge('cora', 'guest', 11, 7), '1', 'her cart by its old owner');
SELECT is(pg_temp.lines('cora', 7), '1 book 6', 'is known still');
SELECT is(pg_temp.cart_try($$SELECT offerengine.cart_create('guest', 'P-DE', 'EUR')$$), 'OE059 customer "guest" has become customer "cora"', 'nothing new is begun');
-- What is to become an order that she has already is held no longer.
SELECT pg_temp.new_cart('second', 20), pg_temp.fill('second', 20, 'pass'), offerengine.cart_hold('second', pg_temp.cart(20), '2100-01-01') \g /dev/null
UPDATE offerengine.cart SET order_id = pg_temp.cart(59) WHERE customer_reference = 'second';
SELECT lives_ok($$SELECT offerengine.customer_merge('cora', 'second')$$, 'two of one id');
SELECT is((SELECT row(c.lines, c.order_id, c.held_until)::text FROM offerengine.carts('cora') c WHERE c.cart_id = pg_temp.cart(20)), '(1,,)', 'and still a cart');

-- A cart that gets another id keeps its keys, and what it is held and fixed at.
SELECT pg_temp.new_cart('third', 7), offerengine.cart_add('third', pg_temp.cart(7), 'pass', 2, line_key => 'k'), offerengine.cart_hold('third', pg_temp.cart(7), '2100-01-01', pg_temp.cart(61)) \g /dev/null
SELECT offerengine.customer_merge('cora', 'third'), offerengine.set_price('P-DE', 'EUR', NULL, 700, offer_reference => 'pass') \g /dev/null
SELECT c.cart_id AS renamed FROM offerengine.carts('cora') c WHERE c.order_id = pg_temp.cart(61) \gset
SELECT isnt(:'renamed', pg_temp.cart(7), 'another id');
SELECT is((SELECT c.total_amount FROM offerengine.cart_totals('cora', :'renamed') c), 1000::bigint, 'at what it was fixed at');
SELECT is(offerengine.cart_add('cora', :'renamed', 'pass', 2, line_key => 'k'), 1, 'its key');
SELECT is((SELECT c.quantity FROM offerengine.carts('cora') c WHERE c.cart_id = :'renamed'), 2::bigint, 'has been used');
SELECT is(offerengine.cart_add('cora', pg_temp.cart(7), 'pass', 2, line_key => 'k') > 0, true, 'and not in the cart of the old id');

SELECT is_empty('SELECT h.check_name, h.detail FROM offerengine.health_check() AS h WHERE NOT h.ok', 'nothing to complain about');
SELECT * FROM finish();
ROLLBACK;
