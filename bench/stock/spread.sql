\set n random(1, 1000000000000)
\set i random(0, 999) * 10 + 1
SELECT order_id FROM offerengine.purchase('c' || :n, 'o' || :i, 'S1', 'EUR');
