\set n random(1, 1000000000000)
SELECT order_id FROM offerengine.purchase('c' || :n, 'o1', 'S1', 'EUR');
