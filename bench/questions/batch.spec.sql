\set i random(1, :products)
SELECT * FROM offerengine_internal.spec_list_offers(ARRAY(SELECT 'p' || ((:i + n * 7919) % :products + 1) FROM generate_series(1, 48) n), 'S1', 'EUR', 'gross', 1, NULL, NULL, now(), NULL, false, 'price');
