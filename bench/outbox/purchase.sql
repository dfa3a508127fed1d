\set customer random(1, 1000000000)
SELECT count(*) FROM offerengine.purchase('p' || :customer, 'o100', 'S1', 'EUR', quantity => 2);
