\set i random(1, :offers)
\set n random(1, 1000000000000000000)
\set place random(1, 3000)
\set half :offers / 2
\set put random(:half + 1, :offers)
\set amount random(1000, 10000)
SELECT offerengine.set_price('S1', 'EUR', gross_amount => :amount::bigint, offer_reference => 'o' || :i);
SELECT offerengine.put_offer('o' || :put, title => 'Offer ' || :amount);
SELECT * FROM offerengine.purchase('p' || :n, (SELECT v.offer_reference FROM bench.visible v WHERE v.place = :place), 'S1', 'EUR');
SELECT bench.fill('n' || :n, md5('n' || :n)::uuid, 10, 2, :place);
SELECT order_id FROM offerengine.cart_checkout('n' || :n, md5('n' || :n)::uuid);
