\set i random(1, :products)
SELECT * FROM offerengine_internal.spec_list_offers(ARRAY['p' || :i], 'S1', 'EUR', 'gross', 1, NULL, NULL, now(), NULL, false, 'price');
