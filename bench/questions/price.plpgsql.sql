\set i random(1, :offers)
SELECT bench.lookup_price('o' || :i, 'S1', 'EUR', 1, 'DEFAULT');
