\set i random(1, :products)
SELECT offer_reference, title, merchant_reference, merchant_name, amount, original_amount, currency, price_source, min_quantity FROM bench.flat WHERE sku = 'p' || :i AND store_code = 'S1' ORDER BY amount;
