\set n random(1, 1000)
\set i random(1, 3000)
SELECT offerengine.cart_add('c' || :n, md5('c' || :n)::uuid, (SELECT v.offer_reference FROM bench.visible v WHERE v.place = :i));
