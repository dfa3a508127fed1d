\set n random(1, 1000)
SELECT * FROM offerengine.cart_items('c' || :n, md5('c' || :n)::uuid);
