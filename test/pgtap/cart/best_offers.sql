-- The cheapest way to what is in a cart: over several merchants where that is cheaper or the only way, within what each allows.
BEGIN;
\ir ../include/publisher.psql
\ir ../include/cart.psql
\ir ../include/offers.psql
SELECT no_plan();

-- A cart of its own for each case: offers of a SKU, what is in the cart, the most merchants, and the answer.
CREATE TEMP SEQUENCE n;
CREATE FUNCTION pg_temp.case_of(offers text[], fill text[], most integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    cart CONSTANT integer := nextval('n');
    sku  CONSTANT text := pg_temp.product('s' || cart);
BEGIN
    PERFORM pg_temp.offer_of(sku, o) FROM unnest(offers) AS o;
    PERFORM pg_temp.new_cart('anna', cart);
    PERFORM pg_temp.fill('anna', cart, VARIADIC fill);
    RETURN pg_temp.best('anna', cart, most);
END
$$;
SELECT is(pg_temp.case_of(offers, fill, most), answer, why) FROM (VALUES
    ('nothing is cheaper', '{"a1: 100","a2: 110"}'::text[], '{a1 x3}'::text[], NULL::integer, '1 a1>a1 3 x 100 = 300 0'),
    ('another one is', '{"b1: 100","b2: 90"}', '{b1 x3}', NULL, '1 b1>b2 3 x 90 = 270 30'),
    ('as cheap: it stays', '{"c1: 90","c2: 90"}', '{c2 x3}', NULL, '1 c2>c2 3 x 90 = 270 0'),
    ('stock makes two of it', '{"d1: 100","d2: 90, stock 2"}', '{d1 x3}', NULL, '1 d1>d1 1 x 100 = 100 0, 1 d1>d2 2 x 90 = 180 20'),
    ('the only way', '{"e1: 100, stock 2","e2: 120, stock 2"}', '{e1 x3}', NULL, '1 e1>e1 2 x 100 = 200 -, 1 e1>e2 1 x 120 = 120 -'),
    ('the only way, to the last piece', '{"e3: 100, stock 2","e4: 120, stock 2"}', '{e3 x4}', NULL, '1 e3>e3 2 x 100 = 200 -, 1 e3>e4 2 x 120 = 240 -'),
    ('no way: one piece more than there is', '{"f1: 100, stock 2","f2: 120, stock 2"}', '{f1 x5}', NULL, '1 f1>- 5 x - = - -'),
    ('a tier makes the whole cheaper than a split', '{"g1: 100, 10:80","g2: 90, stock 5"}', '{g1 x10}', NULL, '1 g1>g1 10 x 80 = 800 0'),
    ('below the tier the split is', '{"g3: 100, 10:80","g4: 90, stock 5"}', '{g3 x9}', NULL, '1 g3>g3 4 x 100 = 400 0, 1 g3>g4 5 x 90 = 450 50'),
    ('a tier is reached by taking less elsewhere', '{"g5: 100, 10:80","g6: 79, stock 5"}', '{g5 x12}', NULL, '1 g5>g5 10 x 80 = 800 0, 1 g5>g6 2 x 79 = 158 2'),
    ('a higher tier may be dearer: its end counts', '{"h1: 10, 4:20","h2: 15"}', '{h1 x5}', NULL, '1 h1>h1 3 x 10 = 30 30, 1 h1>h2 2 x 15 = 30 10'),
    ('one tier for two lines that are one', '{"i1: 100, 5:80","i2: 100"}', '{"i1 x3","i2 x2"}', NULL, '1 i1>i1 3 x 80 = 240 60, 2 i2>i1 2 x 80 = 160 40'),
    ('but not for two notes', '{"i3: 100, 5:80","i4: 95"}', '{"i3 x3 #one","i3 x2 #two"}', NULL, '1 i3>i4 3 x 95 = 285 15, 2 i3>i4 2 x 95 = 190 10'),
    ('nor for two first days', '{"sd1: 100, 5:80, type time_pass","sd2: 95, type time_pass"}', '{"sd1 x3 @2100-01-01","sd1 x2 @2100-02-01"}', NULL, '1 sd1>sd2 3 x 95 = 285 15, 2 sd1>sd2 2 x 95 = 190 10'),
    ('lines share what there is', '{"j1: 100","j2: 90, stock 4"}', '{"j1 x3 #one","j1 x3 #two"}', NULL, '1 j1>j1 2 x 100 = 200 0, 1 j1>j2 1 x 90 = 90 10, 2 j1>j2 3 x 90 = 270 30'),
    ('lines share a tier''s stock', '{"j3: 100, 3:80, stock 4","j4: 90"}', '{"j3 x2 #one","j3 x3 #two"}', NULL, '1 j3>j4 2 x 90 = 180 -, 2 j3>j3 3 x 80 = 240 -'),
    ('a minimum that a part would not reach', '{"k1: 100","k2: 90, min 5"}', '{k1 x4}', NULL, '1 k1>k1 4 x 100 = 400 0'),
    ('reached', '{"k3: 100","k4: 90, min 5"}', '{k3 x5}', NULL, '1 k3>k4 5 x 90 = 450 50'),
    ('steps make a split impossible', '{"l1: 100, step 3, stock 3","l2: 90, step 3, stock 3"}', '{l1 x4}', NULL, '1 l1>- 4 x - = - -'),
    ('and possible', '{"l3: 100, step 3, stock 3","l4: 90, step 2, stock 3"}', '{l3 x5}', NULL, '1 l3>l3 3 x 100 = 300 -, 1 l3>l4 2 x 90 = 180 -'),
    ('steps that meet at one quantity only', '{"st1: 10, step 4, stock 99","st2: 11, step 7, stock 99"}', '{st1 x34}', NULL, '1 st1>st1 20 x 10 = 200 -, 1 st1>st2 14 x 11 = 154 -'),
    ('a minimum and a step', '{"l5: 100","l6: 90, min 2, step 3"}', '{l5 x7}', NULL, '1 l5>l5 2 x 100 = 200 0, 1 l5>l6 5 x 90 = 450 50'),
    ('steps over lines', '{"l7: 10, stock 3","l8: 20, step 2"}', '{"l7 x3 #one","l8 x3 #two"}', NULL, '1 l7>l7 2 x 10 = 20 0, 1 l7>l8 1 x 20 = 20 -10, 2 l8>l8 3 x 20 = 60 -'),
    ('a maximum', '{"m1: 100","m2: 90, max 2"}', '{m1 x3}', NULL, '1 m1>m1 1 x 100 = 100 0, 1 m1>m2 2 x 90 = 180 20'),
    ('a limit', '{"m3: 100","m4: 90, limit 2"}', '{m3 x3}', NULL, '1 m3>m3 1 x 100 = 100 0, 1 m3>m4 2 x 90 = 180 20'),
    ('never out of stock', '{"o1: 100","o2: 90, any"}', '{o1 x100000}', NULL, '1 o1>o2 100000 x 90 = 9000000 1000000'),
    ('three merchants', '{"p1: 100","p2: 90, stock 2","p3: 80, stock 2"}', '{p1 x6}', NULL, '1 p1>p1 2 x 100 = 200 0, 1 p1>p2 2 x 90 = 180 20, 1 p1>p3 2 x 80 = 160 40'),
    ('but two at most', '{"q1: 100","q2: 90, stock 2","q3: 80, stock 2"}', '{q1 x6}', 2, '1 q1>q1 4 x 100 = 400 0, 1 q1>q3 2 x 80 = 160 40'),
    ('and one', '{"r1: 100","r2: 90, stock 2","r3: 80, stock 2"}', '{r1 x6}', 1, '1 r1>r1 6 x 100 = 600 0'),
    ('no way from one', '{"s1: 100, stock 3","s2: 90, stock 3"}', '{s1 x4}', 1, '1 s1>- 4 x - = - -'),
    ('two offers of one merchant are one parcel', '{"t1: 100","t2: 90, stock 2, by m-t3","t3: 80, stock 2"}', '{t2 x4}', 1, '1 t2>t2 2 x 90 = 180 -, 1 t2>t3 2 x 80 = 160 -'),
    ('of equals the fewest merchants', '{"u1: 90, stock 2","u2: 90, stock 1","u3: 90, stock 2"}', '{u2 x4}', NULL, '1 u2>u1 2 x 90 = 180 -, 1 u2>u3 2 x 90 = 180 -'),
    ('and what stays, also within a tier', '{"ab1: 100, stock 5","ab2: 100, stock 5","ab3: 110"}', '{ab1 x3,ab2 x2,ab3}', NULL, '1 ab1>ab1 3 x 100 = 300 0, 2 ab2>ab2 2 x 100 = 200 0, 3 ab3>ab1 1 x 100 = 100 10'),
    ('a price from five pieces on', '{"v1: 5:10","v2: 11"}', '{v2 x4}', NULL, '1 v2>v2 4 x 11 = 44 0'),
    ('for nothing', '{"w1: 0, stock 1","w2: 11"}', '{w2 x4}', NULL, '1 w2>w2 3 x 11 = 33 0, 1 w2>w1 1 x 0 = 0 11'),
    ('the largest quantity', '{"x1: 11, stock 1000000000","x2: 10, step 7, stock 1000000000","x3: 12"}', '{x3 x2147483647}', NULL,
     '1 x3>x3 147483653 x 12 = 1769803836 0, 1 x3>x1 1000000000 x 11 = 11000000000 1000000000, 1 x3>x2 999999994 x 10 = 9999999940 1999999988')
  ) AS c (why, offers, fill, most, answer);

-- The whole cart comes in so many parcels.
SELECT pg_temp.product('y'), pg_temp.product('z') \g /dev/null
SELECT pg_temp.offer_of('y', o) FROM (VALUES ('y1: 100, by m1'), ('y2: 90, by m2'), ('y3: 120, by m3')) AS o (o) \g /dev/null
SELECT pg_temp.offer_of('z', o) FROM (VALUES ('z1: 50, by m1'), ('z3: 20, by m3')) AS o (o) \g /dev/null
SELECT pg_temp.new_cart('bert', 201), pg_temp.fill('bert', 201, 'y1', 'z1') \g /dev/null
SELECT is(pg_temp.best('bert', 201), '1 y1>y2 1 x 90 = 90 10, 2 z1>z3 1 x 20 = 20 30', 'two parcels');
SELECT is(pg_temp.best('bert', 201, 2), pg_temp.best('bert', 201), 'are two at most');
SELECT is(pg_temp.best('bert', 201, 1), '1 y1>y3 1 x 120 = 120 -20, 2 z1>z3 1 x 20 = 20 30', 'one of the whole cart: a line may cost more for it');
SELECT is(pg_temp.cart_try($$SELECT * FROM offerengine.cart_best_offers('bert', pg_temp.cart(201), max_merchants => 0)$$), '22023 max_merchants must be at least 1, not 0', 'none at all');
UPDATE offerengine.offer SET is_shipped = false WHERE offer_reference IN ('y2', 'y3');
SELECT is(pg_temp.best('bert', 201, 1), '1 y1>y2 1 x 90 = 90 10, 2 z1>z3 1 x 20 = 20 30', 'what is not shipped is no parcel');
UPDATE offerengine.offer SET is_shipped = NULL WHERE offer_reference IN ('y2', 'y3');
-- No way for both: the line with the lower number goes first.
SELECT offerengine.set_offer_active('y3', false), offerengine.set_offer_active('z1', false) \g /dev/null
SELECT is(pg_temp.best('bert', 201, 1), '1 y1>y2 1 x 90 = 90 10, 2 z1>- 1 x - = - -', 'of two lines that no merchant has both the second is left out');
SELECT is(pg_temp.best('bert', 201), '1 y1>y2 1 x 90 = 90 10, 2 z1>z3 1 x 20 = 20 -', 'a line that cannot be sold as it stands can be got elsewhere: nothing to compare with');

-- What stays: subscriptions, as they are sold; what cannot be sold at all; unknown offers.
SELECT pg_temp.new_cart('carl', 202), pg_temp.fill('carl', 202, 'adv', 'base', 'y1') \g /dev/null
SELECT is(pg_temp.best('carl', 202), '1 adv>adv 1 x 300 = 300 0, 2 base>base 1 x 2000 = 2000 0, 3 y1>y2 1 x 90 = 90 10', 'subscriptions stay, redirected');
DELETE FROM offerengine.cart_line WHERE customer_reference = 'carl' AND line_no = 2;
SELECT is(pg_temp.best('carl', 202), '1 adv>adv 1 x 800 = 800 0, 3 y1>y2 1 x 90 = 90 10', 'at what they are redirected to');
INSERT INTO offerengine.cart_line (customer_reference, cart_id, line_no, offer_reference, quantity) VALUES ('carl', pg_temp.cart(202), 9, 'gone', 2);
SELECT is(pg_temp.best('carl', 202), '1 adv>adv 1 x 800 = 800 0, 3 y1>y2 1 x 90 = 90 10, 9 gone>- 2 x - = - -', 'there is no such offer');
SELECT is(pg_temp.best('carl', 202, 1), pg_temp.best('carl', 202), 'what stays and is not shipped is no parcel');
UPDATE offerengine.offer SET is_shipped = true WHERE offer_reference = 'reg';
SELECT is(pg_temp.best('carl', 202, 1), '1 adv>adv 1 x 800 = 800 0, 3 y1>- 1 x - = - -, 9 gone>- 2 x - = - -', 'the parcel of what stays is one');
SELECT is(pg_temp.best('carl', 202, 2), '1 adv>adv 1 x 800 = 800 0, 3 y1>y2 1 x 90 = 90 10, 9 gone>- 2 x - = - -', 'of two');
SELECT is_empty($$SELECT * FROM offerengine.cart_best_offers('bert', pg_temp.cart(202))$$, 'another customer''s cart');
SELECT pg_temp.new_cart('carl', 203) \g /dev/null
SELECT is_empty($$SELECT * FROM offerengine.cart_best_offers('carl', pg_temp.cart(203))$$, 'an empty cart');

-- Only the same: neither another type nor what checkout does not sell, in this store, to this buyer, in this mode.
SELECT pg_temp.product('only') \g /dev/null
SELECT pg_temp.offer_of('only', o) FROM (VALUES ('on1: 100, net 70'), ('on2: 90, type gift_voucher'), ('on3: 80, externally_managed'), ('on4: 70'), ('on5: 10'), ('on6: net 60')) AS o (o) \g /dev/null
SELECT offerengine.put_offer('on4', stores => '{P-KI}'), offerengine.put_offer('on5', valid_to => '2020-01-01') \g /dev/null
SELECT pg_temp.new_cart('dora', 204), pg_temp.fill('dora', 204, 'on1 x2'), pg_temp.new_cart('dora', 205, 'net'), pg_temp.fill('dora', 205, 'on1 x2') \g /dev/null
SELECT is(pg_temp.best('dora', 204), '1 on1>on1 2 x 100 = 200 0', 'another type, another system''s, another store''s, past, without a gross price');
SELECT is(pg_temp.best('dora', 205), '1 on1>on6 2 x 60 = 120 20', 'net');
SELECT offerengine.put_relationship('rel', 'm-on4', '{b}'), offerengine.put_offer('on4', stores => '{P-DE}'), offerengine.set_price('P-DE', 'EUR', NULL, 120, offer_reference => 'on4'),
       offerengine.set_price('P-DE', 'EUR', NULL, 95, offer_reference => 'on4', relationship_key => 'rel') \g /dev/null
SELECT is(pg_temp.best('dora', 204), '1 on1>on1 2 x 100 = 200 0', 'a contract is not everybody''s');
SELECT offerengine.cart_set_buyer('dora', pg_temp.cart(204), 'b') \g /dev/null
SELECT is(pg_temp.best('dora', 204), '1 on1>on4 2 x 95 = 190 10', 'but the buyer''s');

-- A time pass of another duration is another thing.
SELECT pg_temp.product('time') \g /dev/null
SELECT pg_temp.offer_of('time', o) FROM (VALUES ('ti1: 100, type time_pass'), ('ti2: 90, type time_pass'), ('ti3: 80, type time_pass')) AS o (o) \g /dev/null
UPDATE offerengine.offer SET pass_duration = CASE offer_reference WHEN 'ti3' THEN interval '2 months' ELSE interval '1 month' END WHERE offer_reference IN ('ti1', 'ti2', 'ti3');
SELECT pg_temp.new_cart('dora', 210), pg_temp.fill('dora', 210, 'ti1') \g /dev/null
SELECT is(pg_temp.best('dora', 210), '1 ti1>ti2 1 x 90 = 90 10', 'of the same duration');

-- A limit counts what the customer has.
SELECT pg_temp.product('lim') \g /dev/null
SELECT pg_temp.offer_of('lim', o) FROM (VALUES ('li1: 100'), ('li2: 50, limit 3')) AS o (o) \g /dev/null
SELECT offerengine.purchase('emil', 'li2', 'P-DE', 'EUR', quantity => 2) \g /dev/null
SELECT pg_temp.new_cart('emil', 206), pg_temp.fill('emil', 206, 'li1 x2') \g /dev/null
SELECT is(pg_temp.best('emil', 206), '1 li1>li1 1 x 100 = 100 0, 1 li1>li2 1 x 50 = 50 50', 'two of three are bought');

-- The cart's own hold does not count against it, others' do; what it fixed does not count.
SELECT pg_temp.product('held') \g /dev/null
SELECT pg_temp.offer_of('held', o) FROM (VALUES ('he1: 100, stock 3'), ('he2: 110, stock 5')) AS o (o) \g /dev/null
SELECT pg_temp.new_cart('fred', 207), pg_temp.fill('fred', 207, 'he1 x3'), pg_temp.new_cart('gina', 208), pg_temp.fill('gina', 208, 'he2 x4'),
       offerengine.cart_hold('fred', pg_temp.cart(207), '2100-01-01') \g /dev/null
SELECT is(pg_temp.best('fred', 207), '1 he1>he1 3 x 100 = 300 0', 'its own hold');
SELECT is(pg_temp.best('gina', 208), '1 he2>he2 4 x 110 = 440 0', 'another one''s');
SELECT offerengine.set_price('P-DE', 'EUR', NULL, 120, offer_reference => 'he1') \g /dev/null
SELECT is(pg_temp.items('fred', 207), '1 he1 3 x 100 = 300', 'is fixed');
SELECT is(pg_temp.best('fred', 207), '1 he1>he2 3 x 110 = 330 30', 'whoever changes it pays what it costs now');
SELECT offerengine.cart_checkout('fred', pg_temp.cart(207)) \g /dev/null
SELECT is_empty($$SELECT * FROM offerengine.cart_best_offers('fred', pg_temp.cart(207))$$, 'an order');

-- Carried out, line after line, it costs what it said.
SELECT pg_temp.product('do') \g /dev/null
SELECT pg_temp.offer_of('do', o) FROM (VALUES ('do1: 100, stock 4'), ('do2: 90, 3:80, max 3'), ('do3: 95, stock 2')) AS o (o) \g /dev/null
SELECT pg_temp.new_cart('hans', 209), pg_temp.fill('hans', 209, 'do1 x7') \g /dev/null
SELECT is(pg_temp.best('hans', 209), '1 do1>do1 2 x 100 = 200 -, 1 do1>do2 3 x 80 = 240 -, 1 do1>do3 2 x 95 = 190 -', 'said');
SELECT offerengine.cart_update('hans', pg_temp.cart(209), 1, 2), offerengine.cart_add('hans', pg_temp.cart(209), 'do2', 3), offerengine.cart_add('hans', pg_temp.cart(209), 'do3', 2) \g /dev/null
SELECT is(pg_temp.items('hans', 209), '1 do1 2 x 100 = 200, 2 do2 3 x 80 = 240, 3 do3 2 x 95 = 190', 'done');
SELECT is(pg_temp.best('hans', 209), '1 do1>do1 2 x 100 = 200 0, 2 do2>do2 3 x 80 = 240 0, 3 do3>do3 2 x 95 = 190 0', 'and there is nothing better');

-- Who asks for another instant.
SELECT is((SELECT string_agg(b.best_offer_reference, ',') FROM offerengine.cart_best_offers('dora', pg_temp.cart(204), '2010-01-01') b), 'on5', 'in 2010 another one was sold');
SELECT is(pg_temp.cart_try($$SELECT * FROM offerengine.cart_best_offers('dora', pg_temp.cart(204), 'infinity')$$), '22023 nothing is sold at infinity', 'never');
SELECT * FROM finish();
ROLLBACK;
