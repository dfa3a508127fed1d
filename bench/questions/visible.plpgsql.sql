\set i random(1, :offers)
SELECT bench.lookup_visible('o' || :i, 'S1');
