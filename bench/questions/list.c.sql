\set i random(1, :products)
SELECT * FROM offerengine.list_offers('p' || :i, 'S1', 'EUR');
