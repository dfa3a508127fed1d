\set i random(1, :products)
SELECT * FROM bench.lookup_list('p' || :i, 'S1', 'EUR', 1);
