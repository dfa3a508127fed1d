\set i random(1, :offers)
SELECT true FROM bench.flat WHERE offer_reference = 'o' || :i AND store_code = 'S1';
