\set i random(1, :products)
SELECT l.* FROM unnest(ARRAY(SELECT 'p' || ((:i + n * 7919) % :products + 1) FROM generate_series(1, 48) n)) sku, bench.lookup_list(sku, 'S1', 'EUR', 1) l;
