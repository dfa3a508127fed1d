-- Lists: what goes into one, what is shown of it now, and what of it goes into a cart.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/cart.psql
\ir ../include/list.psql
SELECT no_plan();

-- Making, changing and removing.
SELECT is(offerengine.list_create('anna', 'wishlist', 'Christmas', list_id => pg_temp.list(1)), pg_temp.list(1), 'a list');
SELECT is(offerengine.list_create('anna', 'wishlist', 'Christmas', list_id => pg_temp.list(1)), pg_temp.list(1), 'the same again');
SELECT isnt(offerengine.list_create('anna', 'wishlist', 'Christmas'), pg_temp.list(1), 'another one may have its name');
SELECT is(pg_temp.list_try(statement), answer, statement) FROM (VALUES
    ($$SELECT offerengine.list_create('anna', 'wishlist', 'Easter', list_id => pg_temp.list(1))$$, 'OE013 list id <list> of customer "anna" stands for another list'),
    ($$SELECT offerengine.list_create('anna', 'wishlist', 'Christmas', 'P-DE', list_id => pg_temp.list(1))$$, 'OE013 list id <list> of customer "anna" stands for another list'),
    ($$SELECT offerengine.list_create('anna', 'cart', 'Christmas')$$, '22023 unknown kind "cart"'),
    ($$SELECT offerengine.list_create('anna', NULL, 'Christmas')$$, '22004 kind and name must not be NULL'),
    ($$SELECT offerengine.list_create('anna', 'wishlist', NULL)$$, '22004 kind and name must not be NULL'),
    ($$SELECT offerengine.list_create('anna', 'wishlist', '')$$, '22023 the name of a list must not be empty'),
    ($$SELECT length(offerengine.list_create('anna', 'wishlist', repeat('x', 255))::text)::text$$, '36'),
    ($$SELECT offerengine.list_create('anna', 'wishlist', repeat('x', 256))$$, '22023 name "' || repeat('x', 80) || '..." is longer than 255 characters'),
    ($$SELECT offerengine.list_create('anna', 'wishlist', E'a\nb')$$, '22023 name "a\u000Ab" contains a control character'),
    ($$SELECT offerengine.list_create('anna', 'wishlist', 'x', 'nowhere')$$, '22023 unknown store "nowhere"'),
    ($$SELECT offerengine.list_create('anna', 'wishlist', 'x', currency => 'EUR')$$, '22023 currency EUR needs a store'),
    ($$SELECT offerengine.list_create('anna', 'wishlist', 'x', 'P-DE', 'XXY')$$, '22023 unknown currency "XXY"'),
    ($$SELECT offerengine.list_create('anna', 'wishlist', 'x', 'P-DE', price_mode => 'both')$$, '22023 unknown price mode "both"'),
    ($$SELECT offerengine.list_create('anna', 'wishlist', 'x', 'P-DE', country => 'Germany')$$, '22023 unknown country "Germany"'),
    ($$SELECT offerengine.list_create('anna', 'wishlist', 'x', buyer => '')$$, '22023 buyer "" is empty'),
    ($$SELECT offerengine.list_create('', 'wishlist', 'x')$$, '22023 customer_reference "" is empty'),
    ($$SELECT offerengine.list_create(NULL, 'wishlist', 'x')$$, '22004 customer_reference must not be NULL'),
    ($$SELECT offerengine.list_change('anna', pg_temp.list(9), 'x')$$, 'OE020 customer "anna" has no list <list>'),
    ($$SELECT offerengine.list_change('bert', pg_temp.list(1), 'x')$$, 'OE020 customer "bert" has no list <list>'),
    ($$SELECT offerengine.list_change('anna', NULL, 'x')$$, '22004 list_id must not be NULL'),
    ($$SELECT offerengine.list_change('anna', pg_temp.list(1), '')$$, '22023 the name of a list must not be empty'),
    ($$SELECT offerengine.list_change('anna', pg_temp.list(1), kind => 'cart')$$, '22023 unknown kind "cart"'),
    ($$SELECT offerengine.list_change('anna', pg_temp.list(1), currency => 'EUR')$$, '22023 currency EUR needs a store'),
    ($$SELECT offerengine.list_change('anna', pg_temp.list(1), buyer => 'a', clear_buyer => true)$$, '22023 clear_buyer takes away what buyer, "a", names'),
    ($$SELECT offerengine.list_delete('bert', pg_temp.list(1))$$, 'false'), ($$SELECT offerengine.list_delete('anna', NULL)$$, '22004 list_id must not be NULL')) AS c (statement, answer);
CREATE FUNCTION pg_temp.list_said(n integer) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', l.kind, l.name, l.store, l.currency, l.price_mode, l.country, l.buyer, l.lines, l.quantity) FROM offerengine.lists('anna') l WHERE l.list_id = pg_temp.list($1)
$$;
SELECT is(pg_temp.list_said(1), 'wishlist Christmas 0 0', 'as it was made');
SELECT is(CASE WHEN offerengine.list_change('anna', pg_temp.list(1), change ->> 'name', change ->> 'kind', change ->> 'store', change ->> 'currency', change ->> 'price_mode', change ->> 'country',
                                           change ->> 'buyer', (change ->> 'clear_buyer')::boolean) IS NOT NULL THEN pg_temp.list_said(1) END, answer, change::text) FROM (VALUES
    ('{}'::jsonb, 'wishlist Christmas 0 0'), ('{"name": "Easter"}', 'wishlist Easter 0 0'), ('{"kind": "shopping_list"}', 'shopping_list Easter 0 0'),
    ('{"store": "P-DE", "currency": "CHF", "country": "CH", "buyer": "ACME"}', 'shopping_list Easter P-DE CHF CH ACME 0 0'), ('{"price_mode": "net"}', 'shopping_list Easter P-DE CHF net CH ACME 0 0'),
    ('{"store": "P-DE"}', 'shopping_list Easter P-DE CHF net CH ACME 0 0'), ('{"store": "P-KI"}', 'shopping_list Easter P-KI net ACME 0 0'), ('{"clear_buyer": true}', 'shopping_list Easter P-KI net 0 0'))
    AS c (change, answer);

-- Lines: the same offer with the same note is one line; numbers are never given twice.
SELECT pg_temp.new_list('anna', 2) \g /dev/null
SELECT is(pg_temp.list_try(statement), answer, statement) FROM (VALUES
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2), 'book')$$, '1'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2), 'book', quantity => 2)$$, '1'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2), 'book', note => 'ink')$$, '2'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2), 'book', note => '')$$, '1'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2), 'guest-book', quantity => NULL)$$, '3'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2), 'foreign-book')$$, '4'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2), 'pass', quantity => 2147483647)$$, '5'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2), 'pass')$$, '22003 2147483647 pieces and 1 more are more than a line can have'),
    ($$SELECT offerengine.list_remove('anna', pg_temp.list(2), 5)$$, 'true'),
    ($$SELECT offerengine.list_remove('anna', pg_temp.list(2), 5)$$, 'false'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2), 'pass')$$, '6'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2), 'nothing')$$, 'OE020 unknown offer "nothing"'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2))$$, '22004 offer_reference and sku must not both be NULL'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2), 'book', 'P-BOOK')$$, '22023 both offer "book" and SKU "P-BOOK" are named'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2), sku => 'P-NONE')$$, 'OE020 unknown SKU "P-NONE"'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2), 'book', quantity => 0)$$, '22023 quantity must be at least 1, not 0'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(2), 'book', note => repeat('x', 1001))$$, '22023 the note of a line has 1001 characters'),
    ($$SELECT offerengine.list_add('bert', pg_temp.list(2), 'book')$$, 'OE020 customer "bert" has no list <list>'),
    ($$SELECT offerengine.list_add('anna', NULL, 'book')$$, '22004 list_id must not be NULL'),
    ($$SELECT offerengine.list_update('anna', pg_temp.list(2), 1, 7)$$, '1'),
    ($$SELECT offerengine.list_update('anna', pg_temp.list(2), 1)$$, '1'),
    ($$SELECT offerengine.list_update('anna', pg_temp.list(2), 3, note => 'a gift')$$, '3'),
    ($$SELECT offerengine.list_update('anna', pg_temp.list(2), 2, 4, '')$$, '1'),
    ($$SELECT offerengine.list_update('anna', pg_temp.list(2), 2, 4)$$, 'OE020 list <list> has no line 2'),
    ($$SELECT offerengine.list_update('anna', pg_temp.list(2), NULL, 4)$$, '22004 line_no must not be NULL'),
    ($$SELECT offerengine.list_update('anna', pg_temp.list(2), 1, 0)$$, '22023 quantity must be at least 1, not 0'),
    ($$SELECT offerengine.list_update('bert', pg_temp.list(2), 1, 2)$$, 'OE020 customer "bert" has no list <list>'),
    ($$SELECT offerengine.list_remove('bert', pg_temp.list(2), 1)$$, 'OE020 customer "bert" has no list <list>'),
    ($$SELECT offerengine.list_remove('anna', pg_temp.list(2), NULL)$$, '22004 line_no must not be NULL')) AS c (statement, answer);
SELECT is(pg_temp.list_lines('anna', 2), '1 book 11, 3 guest-book 1 #a gift, 4 foreign-book 1, 6 pass 1', 'what is in it');
SELECT is((SELECT concat_ws(' ', l.name, l.lines, l.quantity) FROM offerengine.lists('anna') l LIMIT 1), 'List 2 4 14', 'the one that was changed last is first');
SELECT is_empty($$SELECT * FROM offerengine.lists('bert')$$, 'nobody else''s');
-- Each change brings its list to the front; what changes nothing does not.
CREATE FUNCTION pg_temp.first_after(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN (SELECT l.name FROM offerengine.lists('hugo') l LIMIT 1);
END
$$;
SELECT pg_temp.new_list('hugo', 31), pg_temp.new_list('hugo', 32) \g /dev/null
SELECT is(pg_temp.first_after(statement), answer, statement) FROM (VALUES
    ($$SELECT offerengine.list_add('hugo', pg_temp.list(31), 'book', note => 'b')$$, 'List 31'), ($$SELECT offerengine.list_add('hugo', pg_temp.list(32), 'book')$$, 'List 32'),
    ($$SELECT offerengine.list_add('hugo', pg_temp.list(31), 'book', quantity => 2, note => 'a')$$, 'List 31'), ($$SELECT offerengine.list_change('hugo', pg_temp.list(32), price_mode => 'gross')$$, 'List 32'),
    ($$SELECT offerengine.list_update('hugo', pg_temp.list(31), 1, note => 'a')$$, 'List 31'), ($$SELECT offerengine.list_change('hugo', pg_temp.list(32))$$, 'List 32'),
    ($$SELECT offerengine.list_update('hugo', pg_temp.list(31), 1, 4)$$, 'List 31'), ($$SELECT offerengine.list_remove('hugo', pg_temp.list(32), 9)$$, 'List 31'),
    ($$SELECT offerengine.list_remove('hugo', pg_temp.list(32), 1)$$, 'List 32')) AS c (statement, answer);
SELECT is(pg_temp.list_lines('hugo', 31), '1 book 4 #a', 'of two lines that become the same the lower number stays');

-- Keys.
SELECT pg_temp.new_list('anna', 3) \g /dev/null
SELECT is(pg_temp.list_try(statement), answer, statement) FROM (VALUES
    ($$SELECT offerengine.list_add('anna', pg_temp.list(3), 'book', quantity => 2, line_key => 'k')$$, '1'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(3), 'book', quantity => 2, line_key => 'k')$$, '1'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(3), 'book', quantity => 2, line_key => 'l')$$, '1'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(3), 'book', quantity => 3, line_key => 'k')$$,
     'OE013 key "k" of list <list> stands for something else: {"sku": null, "note": null, "quantity": 2, "offer_reference": "book"}'),
    ($$SELECT offerengine.list_add('anna', pg_temp.list(3), 'book', line_key => ' k')$$, '22023 line_key " k" begins or ends with white space')) AS c (statement, answer);
SELECT is(pg_temp.list_lines('anna', 3), '1 book 4', 'two keys, twice');
SELECT offerengine.list_remove('anna', pg_temp.list(3), 1), offerengine.list_add('anna', pg_temp.list(3), 'book', quantity => 2, line_key => 'k') \g /dev/null
SELECT is(pg_temp.list_lines('anna', 3), NULL, 'what was removed does not come back by a late repetition');

-- The default offer of a SKU, as default_offer() has it at the quantity and for the buyer.
SELECT offerengine.set_price('P-DE', 'EUR', 900, NULL, offer_reference => 'book', min_quantity => 10, valid_from => '-infinity', valid_to => 'infinity'),
       offerengine.set_price('P-DE', 'EUR', NULL, 700, offer_reference => 'book', min_quantity => 20),
       offerengine.put_relationship('p-rel', 'p-house', '{ACME}'), offerengine.set_price('P-DE', 'EUR', NULL, 500, offer_reference => 'book', relationship_key => 'p-rel'),
       offerengine.set_offer_active('foreign-book', false) \g /dev/null
SELECT pg_temp.new_list('anna', 4), offerengine.list_create('anna', 'wishlist', 'ACME', 'P-DE', buyer => 'ACME', list_id => pg_temp.list(5)) \g /dev/null
SELECT offerengine.list_add('anna', pg_temp.list(4), sku => 'P-BOOK', quantity => 19), offerengine.list_add('anna', pg_temp.list(4), sku => 'P-BOOK', quantity => 20),
       offerengine.list_add('anna', pg_temp.list(5), sku => 'P-BOOK') \g /dev/null
SELECT is(pg_temp.list_lines('anna', 4), '1 guest-book 19, 2 book 20', 'the cheapest at its quantity');
SELECT is(pg_temp.list_lines('anna', 5), '1 book 1', 'for its buyer');
SELECT is((SELECT d.offer_reference FROM offerengine.default_offer('P-BOOK', 'P-DE', 'EUR', quantity => 19) d), 'guest-book', 'is the default offer');
SELECT is(pg_temp.list_shown('anna', 4), '1 guest-book 19 x 1000 = 19000, 2 book 20 x 700 = 14000', 'the list keeps them');
SELECT offerengine.set_price('P-DE', 'EUR', NULL, 2500, offer_reference => 'guest-book') \g /dev/null
SELECT is(pg_temp.list_shown('anna', 4), '1 guest-book 19 x 2500 = 47500, 2 book 20 x 700 = 14000', 'whatever is cheaper since');

-- What is shown is not what was: hidden, suspended, unpriced, sold out, limited and gone. Each case is taken back.
SELECT pg_temp.new_list('dora', 6), offerengine.list_add('dora', pg_temp.list(6), 'book', quantity => 2), offerengine.list_add('dora', pg_temp.list(6), 'guest-book'),
       offerengine.list_add('dora', pg_temp.list(6), 'adv'), offerengine.list_add('dora', pg_temp.list(6), 'pass') \g /dev/null
CREATE FUNCTION pg_temp.shown_if(VARIADIC changes text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    change text;
BEGIN
    FOREACH change IN ARRAY changes LOOP
        EXECUTE change;
    END LOOP;
    RAISE EXCEPTION USING ERRCODE = 'XX999', MESSAGE = pg_temp.list_shown('dora', 6);
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    RETURN SQLERRM;
END
$$;
SELECT is(pg_temp.shown_if(VARIADIC changes), answer, array_to_string(changes, '; ')) FROM (VALUES
    (ARRAY['SELECT 1'], '1 book 2 x 2000 = 4000, 2 guest-book 1 x 2500 = 2500, 3 adv>reg 1 x 800 = 800, 4 pass 1 x 500 = 500'),
    (ARRAY[$$SELECT offerengine.list_add('dora', pg_temp.list(6), 'base')$$],
     '1 book 2 x 2000 = 4000, 2 guest-book 1 x 2500 = 2500, 3 adv 1 x 300 = 300, 4 pass 1 x 500 = 500, 5 base 1 x 2000 = 2000'),
    (ARRAY[$$SELECT offerengine.set_offer_active('guest-book', false)$$], '1 book 2 x 2000 = 4000, 2 guest-book 1 x - = - not_visible, 3 adv>reg 1 x 800 = 800, 4 pass 1 x 500 = 500'),
    (ARRAY[$$SELECT offerengine.suspend_merchant('p-guest', 'late')$$], '1 book 2 x 2000 = 4000, 2 guest-book 1 x - = - not_visible, 3 adv>reg 1 x 800 = 800, 4 pass 1 x 500 = 500'),
    (ARRAY[$$DELETE FROM offerengine.price WHERE price_type = 'DEFAULT' AND offer_id = pg_temp.offer('pass')$$],
     '1 book 2 x 2000 = 4000, 2 guest-book 1 x 2500 = 2500, 3 adv>reg 1 x 800 = 800, 4 pass 1 x - = - no_price'),
    (ARRAY[$$SELECT offerengine.put_warehouse('w', stores => '{P-DE}')$$, $$SELECT offerengine.set_stock('book', 'w', 1)$$],
     '1 book 2 x 2000 = 4000 not_available, 2 guest-book 1 x 2500 = 2500, 3 adv>reg 1 x 800 = 800, 4 pass 1 x 500 = 500'),
    (ARRAY[$$UPDATE offerengine.offer SET customer_limit = 1 WHERE offer_reference = 'book'$$],
     '1 book 2 x 2000 = 4000 limit_reached, 2 guest-book 1 x 2500 = 2500, 3 adv>reg 1 x 800 = 800, 4 pass 1 x 500 = 500'),
    (ARRAY[$$UPDATE offerengine.offer SET order_minimum = 3 WHERE offer_reference = 'book'$$],
     '1 book 2 x 2000 = 4000 quantity_not_allowed, 2 guest-book 1 x 2500 = 2500, 3 adv>reg 1 x 800 = 800, 4 pass 1 x 500 = 500'),
    (ARRAY[$$UPDATE offerengine.customer_list_line SET offer_reference = 'gone' WHERE line_no = 2$$],
     '1 book 2 x 2000 = 4000, 2 gone 1 x - = - unknown_offer, 3 adv>reg 1 x 800 = 800, 4 pass 1 x 500 = 500')) AS c (changes, answer);
SELECT is((SELECT concat_ws(' ', i.merchant_reference, i.sku, i.title, i.merchant_name, i.offer_type, i.currency, i.store, i.price_mode) FROM offerengine.list_items('dora', pg_temp.list(6)) i WHERE i.line_no = 2),
    'p-guest P-BOOK A book Guest product EUR P-DE gross', 'with words');
UPDATE offerengine.customer_list_line SET offer_reference = 'gone' WHERE customer_reference = 'dora' AND line_no = 2;
SELECT is((SELECT concat_ws(' ', i.merchant_reference, i.sku, coalesce(i.title, 'no title'), i.problems) FROM offerengine.list_items('dora', pg_temp.list(6)) i WHERE i.line_no = 2),
    'p-guest P-BOOK no title {unknown_offer}', 'offer and merchant of what is gone are known still');
UPDATE offerengine.customer_list_line SET offer_reference = 'guest-book' WHERE customer_reference = 'dora' AND line_no = 2;
SELECT is_empty($$SELECT * FROM offerengine.list_items('bert', pg_temp.list(6))$$, 'of somebody else nothing is told');
SELECT is_empty($$SELECT * FROM offerengine.list_items('dora', NULL)$$, 'nor of no list');
SELECT is(pg_temp.list_try(statement), answer, statement) FROM (VALUES
    ($$SELECT i.line_amount FROM offerengine.list_items('dora', pg_temp.list(6), at => 'infinity') i$$, '22023 nothing is sold at infinity'),
    ($$SELECT i.line_amount FROM offerengine.list_items('dora', pg_temp.list(6), 'nowhere') i$$, '22023 unknown store "nowhere"'),
    ($$SELECT i.line_amount FROM offerengine.list_items('dora', pg_temp.list(6), currency => 'XXY') i$$, '22023 unknown currency "XXY"'),
    ($$SELECT string_agg(concat_ws(' ', i.currency, i.problems), ', ') FROM offerengine.list_items('dora', pg_temp.list(6), 'P-KI') i$$,
     'EUR {no_price}, EUR {not_visible}, EUR {}, EUR {not_visible}')) AS c (statement, answer);
SELECT is(pg_temp.list_shown('dora', 6, price_mode => 'net'), '1 book 2 x 1700 = 3400, 2 guest-book 1 x - = - no_price, 3 adv>reg 1 x 720 = 720, 4 pass 1 x - = - no_price', 'net');
SELECT is(pg_temp.list_shown('dora', 6, buyer => 'ACME'), '1 book 2 x 500 = 1000, 2 guest-book 1 x 2500 = 2500, 3 adv>reg 1 x 800 = 800, 4 pass 1 x 500 = 500', 'for a buyer');
SELECT is(pg_temp.list_shown('dora', 6, currency => 'CHF'), '1 book 2 x - = - no_price, 2 guest-book 1 x - = - no_price, 3 adv>reg 1 x - = - no_price, 4 pass 1 x - = - no_price', 'in another currency');

-- A list without a store is shown in the one that is named, else as the customer's open cart that was changed last, else in the only one.
SELECT pg_temp.new_list('cora', 7, NULL), offerengine.list_add('cora', pg_temp.list(7), 'book') \g /dev/null
SELECT is(pg_temp.list_try($$SELECT pg_temp.list_shown('cora', 7)$$), '22004 store must not be NULL: the list has none, and there are several', 'several stores, and none is named');
SELECT is(pg_temp.list_try($$SELECT offerengine.list_add('cora', pg_temp.list(7), sku => 'P-BOOK')$$), '22004 store must not be NULL: the list has none, and there are several', 'no default offer either');
SELECT is(pg_temp.list_shown('cora', 7, 'P-DE'), '1 book 1 x 2000 = 2000', 'one is named');
SELECT pg_temp.new_cart('cora', 7, 'net'), pg_temp.new_cart('cora', 8, 'gross', 'ACME') \g /dev/null
SELECT is(pg_temp.list_shown('cora', 7), '1 book 1 x 500 = 500', 'as the cart');
SELECT offerengine.cart_add('cora', pg_temp.cart(7), 'book') \g /dev/null
SELECT is(pg_temp.list_shown('cora', 7), '1 book 1 x 1700 = 1700', 'that was changed last');
SELECT is(pg_temp.list_shown('cora', 7, 'P-DE'), '1 book 1 x 2000 = 2000', 'or in the store that is named');
SELECT offerengine.list_change('cora', pg_temp.list(7), price_mode => 'gross') \g /dev/null
SELECT is(pg_temp.list_shown('cora', 7), '1 book 1 x 2000 = 2000', 'in its own price mode');
SELECT is(offerengine.list_add('cora', pg_temp.list(7), sku => 'P-BOOK'), 1, 'the default offer there');
-- Carts that are closed do not count: one that has become an order, one that has become part of another cart.
SELECT pg_temp.new_list('jule', 33, NULL), offerengine.list_add('jule', pg_temp.list(33), 'book'), pg_temp.new_cart('jule', 21, 'net'), pg_temp.new_cart('jule', 22), pg_temp.new_cart('jule', 23),
       offerengine.cart_add('jule', pg_temp.cart(22), 'pass') \g /dev/null
SELECT offerengine.cart_checkout('jule', pg_temp.cart(22)), offerengine.cart_merge('jule', 'jule', pg_temp.cart(23), pg_temp.cart(21)) \g /dev/null
SELECT is((SELECT bool_and(c.changed_at >= o.changed_at) FROM offerengine.cart c, offerengine.cart o WHERE c.customer_reference = 'jule' AND c.cart_id <> pg_temp.cart(21) AND o.cart_id = pg_temp.cart(21)), true, 'two carts that were changed later');
SELECT is(pg_temp.list_shown('jule', 33), '1 book 1 x 1700 = 1700', 'and are no more');
-- The country: what is named, the list's own, that of the cart, that of the store; another store has its own, and its own currency.
SELECT pg_temp.ask('base', '* 2000 2020-01-01', 'DE 1900 2020-01-01', 'CH 1500 2020-01-01', 'KI 1700 2020-01-01') \g /dev/null
CREATE FUNCTION pg_temp.in_country(n integer, store text DEFAULT NULL, country text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', i.store, i.currency, i.unit_amount), ', ') FROM offerengine.list_items('karl', pg_temp.list(n), store => in_country.store, country => in_country.country) i
$$;
SELECT pg_temp.new_list('karl', 34), offerengine.list_create('karl', 'wishlist', 'x', 'P-DE', 'EUR', country => 'CH', list_id => pg_temp.list(35)), pg_temp.new_list('karl', 36, NULL),
       offerengine.list_create('karl', 'wishlist', 'x', country => 'CH', list_id => pg_temp.list(37)), offerengine.list_create('karl', 'wishlist', 'x', 'P-DE', 'CHF', list_id => pg_temp.list(38)) \g /dev/null
SELECT offerengine.list_add('karl', pg_temp.list(n), 'base') FROM generate_series(34, 38) AS n \g /dev/null
SELECT is(pg_temp.in_country(n, store, country), answer, concat_ws(' ', 'list', n, store, country)) FROM (VALUES
    (34, NULL, NULL, 'P-DE EUR 1900'), (34, NULL, 'CH', 'P-DE EUR 1500'), (34, 'P-KI', NULL, 'P-KI EUR 1700'), (34, 'P-AS', NULL, 'P-AS EUR 2000'), (35, NULL, NULL, 'P-DE EUR 1500'), (35, NULL, 'DE', 'P-DE EUR 1900'),
    (35, 'P-DE', NULL, 'P-DE EUR 1500'), (35, 'P-KI', NULL, 'P-KI EUR 1700'), (36, 'P-DE', NULL, 'P-DE EUR 1900'), (37, 'P-DE', NULL, 'P-DE EUR 1500'), (38, NULL, NULL, 'P-DE CHF'), (38, 'P-KI', NULL, 'P-KI EUR 1700'))
    AS c (n, store, country, answer);
SELECT offerengine.cart_create('karl', 'P-DE', 'EUR', country => 'KI', cart_id => pg_temp.cart(24)) \g /dev/null
SELECT is(pg_temp.in_country(n, store, country), answer, concat_ws(' ', 'beside a cart, list', n, store, country)) FROM (VALUES
    (36, NULL, NULL, 'P-DE EUR 1700'), (37, NULL, NULL, 'P-DE EUR 1500'), (37, NULL, 'DE', 'P-DE EUR 1900'), (36, 'P-DE', NULL, 'P-DE EUR 1900')) AS c (n, store, country, answer);
-- The default offer of a SKU in the price mode and country of the list.
SELECT pg_temp.ask('reg', '* 800 2020-01-01', 'CH 100 2020-01-01'), offerengine.list_create('karl', 'wishlist', 'x', 'P-DE', price_mode => 'net', list_id => pg_temp.list(39)) \g /dev/null
SELECT offerengine.list_add('karl', pg_temp.list(39), sku => 'P-BOOK'), offerengine.list_add('karl', pg_temp.list(34), sku => 'P-DIGITAL'), offerengine.list_add('karl', pg_temp.list(35), sku => 'P-DIGITAL') \g /dev/null
SELECT is(pg_temp.list_lines('karl', n), answer, format('list %s', n)) FROM (VALUES (39, '1 book 1'), (34, '1 base 1, 2 adv 1'), (35, '1 base 1, 2 reg 1')) AS c (n, answer);
DELETE FROM offerengine.cart_line; DELETE FROM offerengine.cart;
CREATE FUNCTION pg_temp.in_one_store() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    DELETE FROM offerengine.store WHERE store_code <> 'P-DE';
    SET LOCAL session_replication_role = origin;
    RAISE EXCEPTION USING ERRCODE = 'XX999', MESSAGE = pg_temp.list_shown('cora', 7);
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    RETURN SQLERRM;
END
$$;
SELECT is(pg_temp.in_one_store(), '1 book 2 x 2000 = 4000', 'the only store');

-- What may be added: what is visible where the list is shown, or, where that is nowhere, anywhere.
SELECT pg_temp.new_list('emil', 8), pg_temp.new_list('emil', 9, 'P-KI'), pg_temp.new_list('emil', 10, NULL) \g /dev/null
SELECT is(pg_temp.list_try(statement), answer, statement) FROM (VALUES
    ($$SELECT offerengine.list_add('emil', pg_temp.list(9), 'guest-book')$$, 'OE008 offer "guest-book" is not visible in store P-KI'),
    ($$SELECT offerengine.list_add('emil', pg_temp.list(9), 'book')$$, '1'),
    ($$SELECT offerengine.list_add('emil', pg_temp.list(9), sku => 'P-BOOK')$$, 'OE009 no offer of SKU "P-BOOK" has a price in EUR in store P-KI'),
    ($$SELECT offerengine.list_add('emil', pg_temp.list(10), 'guest-book')$$, '1'),
    ($$SELECT (offerengine.set_offer_active('guest-book', false)) IS NOT NULL$$, 'true'),
    ($$SELECT offerengine.list_add('emil', pg_temp.list(10), 'guest-book')$$, 'OE008 offer "guest-book" is not visible in any store'),
    ($$SELECT offerengine.list_add('emil', pg_temp.list(8), 'guest-book')$$, 'OE008 offer "guest-book" is not visible in store P-DE'),
    ($$SELECT (offerengine.set_offer_active('book', false)) IS NOT NULL$$, 'true'),
    ($$SELECT offerengine.list_add('emil', pg_temp.list(8), sku => 'P-BOOK')$$, 'OE008 no offer of SKU "P-BOOK" is visible in store P-DE'),
    ($$SELECT (offerengine.set_offer_active('{book,guest-book,foreign-book}'::text[], true)) IS NOT NULL$$, 'true')) AS c (statement, answer);

-- Into a cart: all, or some; what the cart would refuse stays out, and is named.
SELECT pg_temp.new_list('finn', 11), pg_temp.new_cart('finn', 11), offerengine.list_add('finn', pg_temp.list(11), 'book', quantity => 3), offerengine.list_add('finn', pg_temp.list(11), 'guest-book'),
       offerengine.list_add('finn', pg_temp.list(11), 'foreign-book'), offerengine.list_add('finn', pg_temp.list(11), 'book', note => 'ink'), offerengine.list_add('finn', pg_temp.list(11), 'pass', quantity => 2),
       pg_temp.fill('finn', 11, 'pass', 'book #ink') \g /dev/null
UPDATE offerengine.customer_list_line SET offer_reference = 'gone' WHERE customer_reference = 'finn' AND line_no = 2;
SELECT is(pg_temp.to_cart('finn', 11, 11, '{4,5}'), '4 book 1 added > 2, 5 pass 2 added > 1', 'some lines');
SELECT is(pg_temp.lines('finn', 11), '1 pass 3, 2 book 2 #ink', 'add up');
SELECT is(pg_temp.to_cart('finn', 11, 11, '{}'), NULL, 'none');
SELECT is(pg_temp.to_cart('finn', 11, 11, '{1,1}'), '1 book 3 added > 3', 'one, named twice');
SELECT offerengine.set_offer_active('pass', false) \g /dev/null
SELECT is(pg_temp.to_cart('finn', 11, 11), '1 book 3 added > 3, 2 gone 1 unknown_offer, 3 foreign-book 1 not_sellable, 4 book 1 added > 2, 5 pass 2 not_visible', 'all');
SELECT offerengine.set_offer_active('pass', true) \g /dev/null
SELECT is(pg_temp.lines('finn', 11), '1 pass 3, 2 book 3 #ink, 3 book 6', 'what may be sold is in the cart');
SELECT is(pg_temp.list_lines('finn', 11), '1 book 3, 2 gone 1, 3 foreign-book 1, 4 book 1 #ink, 5 pass 2', 'the list is as it was');
SELECT is(pg_temp.to_cart('finn', 11, 11, '{1}', 'k') || '; ' || pg_temp.to_cart('finn', 11, 11, '{1}', 'k'), '1 book 3 added > 3; 1 book 3 added > 3', 'under a key');
SELECT is(pg_temp.lines('finn', 11), '1 pass 3, 2 book 3 #ink, 3 book 9', 'once');
SELECT is(pg_temp.list_try(statement), answer, statement) FROM (VALUES
    ($$SELECT pg_temp.to_cart('finn', 11, 11, '{2}', 'k')$$, 'OE013 key "k" of cart <cart> stands for something else: {"list_id": "<list>", "line_nos": [1]}'),
    ($$SELECT offerengine.cart_add('finn', pg_temp.cart(11), 'book', line_key => 'k')$$, 'OE013 key "k" of cart <cart> stands for something else: {"list_id": "<list>", "line_nos": [1]}'),
    ($$SELECT pg_temp.to_cart('finn', 11, 11, '{1,9}')$$, 'OE020 list <list> has no line 9'),
    ($$SELECT pg_temp.to_cart('finn', 11, 11, '{1,NULL}')$$, '22004 line_nos must not have NULL in them'),
    ($$SELECT pg_temp.to_cart('finn', 11, 11, '{{1,2},{2,1}}')$$, '22023 line_nos must be a list, not an array of 2 dimensions'),
    ($$SELECT pg_temp.to_cart('finn', 11, 99)$$, 'OE020 customer "finn" has no cart <cart>'),
    ($$SELECT pg_temp.to_cart('finn', 99, 11)$$, 'OE020 customer "finn" has no list <list>'),
    ($$SELECT pg_temp.to_cart('finn', 6, 11)$$, 'OE020 customer "finn" has no list <list>'),
    ($$SELECT pg_temp.to_cart('dora', 11, 11)$$, 'OE020 customer "dora" has no cart <cart>'),
    ($$SELECT pg_temp.to_cart('finn', 11, 11, NULL, '')$$, '22023 line_key "" is empty')) AS c (statement, answer);
SELECT is(pg_temp.lines('finn', 11), '1 pass 3, 2 book 3 #ink, 3 book 9', 'nothing of that is written');
-- A cart that is held is fixed no more, and one that is bought takes nothing.
SELECT offerengine.cart_hold('finn', pg_temp.cart(11), '2100-01-01', pg_temp.cart(71)) \g /dev/null
SELECT offerengine.set_price('P-DE', 'EUR', NULL, 600, offer_reference => 'pass') \g /dev/null
SELECT is(pg_temp.to_cart('finn', 11, 11, '{3}') || '; ' || pg_temp.items('finn', 11), '3 foreign-book 1 not_sellable; 1 pass 3 x 500 = 1500, 2 book 3 x 2000 = 6000, 3 book 9 x 2000 = 18000', 'nothing went in: it is held');
SELECT is(pg_temp.to_cart('finn', 11, 11, '{5}') || '; ' || pg_temp.items('finn', 11), '5 pass 2 added > 1; 1 pass 5 x 600 = 3000, 2 book 3 x 2000 = 6000, 3 book 9 x 2000 = 18000', 'something did: as it costs now');
SELECT is((SELECT count(*) FROM offerengine.cart_checkout('finn', pg_temp.cart(11), pg_temp.cart(71))), 3::bigint, 'it is bought');
SELECT is(pg_temp.list_try($$SELECT pg_temp.to_cart('finn', 11, 11)$$), 'OE082 cart <cart> has become order <cart>', 'and closed');
-- More than a line can count is a line beside.
SELECT pg_temp.new_cart('finn', 12), pg_temp.fill('finn', 12, 'book x2147483645'), pg_temp.to_cart('finn', 11, 12, '{1}') \g /dev/null
SELECT is(pg_temp.lines('finn', 12), '1 book 2147483645, 2 book 3', 'beside');
-- As asked, whatever rules make of it: the advantage of somebody without the base is the regular offer in the cart.
SELECT pg_temp.new_list('gina', 13), pg_temp.new_cart('gina', 13), offerengine.list_add('gina', pg_temp.list(13), 'adv') \g /dev/null
SELECT is(pg_temp.to_cart('gina', 13, 13) || '; ' || pg_temp.items('gina', 13), '1 adv 1 added > 1; 1 adv>reg 1 x 800 = 800', 'a target');

-- Again what was ordered: as it was asked for, whatever has become of it.
SELECT pg_temp.new_cart('finn', 14), pg_temp.new_cart('gina', 14) \g /dev/null
SELECT offerengine.cancel_order('finn', pg_temp.cart(71), line_no => 1, key => 'c') \g /dev/null
SELECT is(pg_temp.again('finn', pg_temp.cart(71), 14, 'r') || '; ' || pg_temp.again('finn', pg_temp.cart(71), 14, 'r'),
    '1 pass 5 added > 1, 2 book 3 added > 2, 3 book 9 added > 3; 1 pass 5 added > 1, 2 book 3 added > 2, 3 book 9 added > 3', 'an order, once under a key');
SELECT is(pg_temp.items('finn', 14), '1 pass 5 x 600 = 3000, 2 book 3 x 2000 = 6000, 3 book 9 x 2000 = 18000', 'at what it costs now');
SELECT is((SELECT string_agg(l.note, ' ') FROM offerengine.cart_line l WHERE l.customer_reference = 'finn' AND l.cart_id = pg_temp.cart(14)), 'ink', 'with its notes');
UPDATE offerengine.order_line SET note = '' WHERE customer_reference = 'finn' AND order_id = pg_temp.cart(71) AND line_no = 1;
SELECT is(pg_temp.again('finn', pg_temp.cart(71), 14) || '; ' || pg_temp.lines('finn', 14), '1 pass 5 added > 1, 2 book 3 added > 2, 3 book 9 added > 3; 1 pass 10, 2 book 6 #ink, 3 book 18', 'an empty note, as another system tells, is none');
SELECT is((SELECT count(*) FROM offerengine.cart_checkout('gina', pg_temp.cart(13), pg_temp.cart(73))), 1::bigint, 'the regular offer is bought');
SELECT is(pg_temp.again('gina', pg_temp.cart(73), 14), '1 adv 1 added > 1', 'what was asked for is asked for again');
SELECT offerengine.suspend_merchant('p-house', 'late') \g /dev/null
SELECT is(pg_temp.again('gina', pg_temp.cart(73), 14), '1 adv 1 not_visible', 'not of a merchant who sells nothing');
SELECT offerengine.reinstate_merchant('p-house', 'back') \g /dev/null
SELECT r.order_id AS returned FROM offerengine.return_order('finn', pg_temp.cart(71), '[{"line_no": 3, "quantity": 1}]', key => 'x') AS r \gset
SELECT is(regexp_replace(pg_temp.list_try(statement), :'returned', '<return>'), answer, statement) FROM (VALUES
    (format($$SELECT pg_temp.again('finn', %L, 14)$$, :'returned'), 'OE051 order <return> is a return, nothing of which was ordered'),
    ($$SELECT pg_temp.again('gina', pg_temp.cart(71), 14)$$, 'OE020 customer "gina" has no order <cart>'),
    ($$SELECT pg_temp.again('gina', NULL, 14)$$, '22004 customer_reference and order_id must not be NULL'),
    ($$SELECT pg_temp.again('gina', pg_temp.cart(73), 11)$$, 'OE020 customer "gina" has no cart <cart>'),
    ($$SELECT pg_temp.again('finn', pg_temp.cart(71), 13, 'r')$$, 'OE020 customer "finn" has no cart <cart>'),
    ($$SELECT pg_temp.again('finn', pg_temp.cart(73), 14, 'r')$$, 'OE013 key "r" of cart <cart> stands for something else: {"order_id": "<cart>"}')) AS c (statement, answer);

-- A customer who becomes another one: lists go along, with their keys; one of an id that the other has gets a new one.
SELECT pg_temp.new_list('guest', 6), offerengine.list_add('guest', pg_temp.list(6), 'pass', line_key => 'k'), pg_temp.new_list('guest', 20), offerengine.list_add('guest', pg_temp.list(20), 'book', line_key => 'k') \g /dev/null
SELECT offerengine.customer_merge('dora', 'guest') \g /dev/null
SELECT set_eq($$SELECT l.list_id = pg_temp.list(6), l.name, l.lines, l.quantity FROM offerengine.lists('dora') l$$,
    $$VALUES (true, 'List 6', 4, 5::bigint), (false, 'List 6', 1, 1), (false, 'List 20', 1, 1)$$, 'all lists are hers, one under another id');
SELECT is_empty($$SELECT * FROM offerengine.lists('guest')$$, 'the guest has none');
SELECT is(offerengine.list_add('dora', pg_temp.list(20), 'book', line_key => 'k'), 1, 'with its keys');
SELECT is(pg_temp.list_lines('dora', 20), '1 book 1', 'that have been used');
SELECT is(pg_temp.list_try($$SELECT offerengine.list_create('guest', 'wishlist', 'x')$$), 'OE059 customer "guest" has become customer "dora"', 'nothing new is begun');
SELECT l.list_id AS renamed FROM offerengine.lists('dora') l WHERE l.name = 'List 6' AND l.list_id <> pg_temp.list(6) \gset
SELECT is(offerengine.list_add('dora', :'renamed', 'pass', line_key => 'k'), 1, 'also of the one under another id');
SELECT is((SELECT string_agg(format('%s %s', l.offer_reference, l.quantity), ', ') FROM offerengine.customer_list_line l WHERE l.list_id = :'renamed'), 'pass 1', 'used there');
SELECT is(offerengine.list_add('dora', pg_temp.list(6), 'book', line_key => 'k'), 1, 'and not here');
SELECT ok(offerengine.list_delete('dora', pg_temp.list(6)), 'gone');
SELECT ok(NOT offerengine.list_delete('dora', pg_temp.list(6)), 'once');
SELECT is_empty($$SELECT * FROM offerengine.list_items('dora', pg_temp.list(6))$$, 'with its lines');

SELECT is_empty('SELECT h.check_name, h.detail FROM offerengine.health_check() AS h WHERE NOT h.ok', 'nothing to complain about');
SELECT * FROM finish();
ROLLBACK;
