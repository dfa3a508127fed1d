\set n random(1, 1000)
SELECT * FROM offerengine.cart_items('b' || :n, md5('b' || :n)::uuid);
