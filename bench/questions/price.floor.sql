\set i random(1, :offers)
SELECT amount, currency, price_source, 'DEFAULT', min_quantity FROM bench.flat WHERE offer_reference = 'o' || :i AND store_code = 'S1';
