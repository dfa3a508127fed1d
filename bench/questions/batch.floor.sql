\set i random(1, :products)
SELECT sku, offer_reference, title, merchant_reference, merchant_name, amount, original_amount, currency, price_source, min_quantity FROM bench.flat WHERE sku = ANY (ARRAY(SELECT 'p' || ((:i + n * 7919) % :products + 1) FROM generate_series(1, 48) n)) AND store_code = 'S1' ORDER BY sku, amount;
