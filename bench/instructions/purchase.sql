\set n random(1, 1000000000000)
\set i random(0, 332)
SELECT * FROM offerengine.purchase('p' || :n, 'o' || (30 * :i + 1), 'S1', 'EUR', quantity => 2);
