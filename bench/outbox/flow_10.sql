\set n random(1, 1000000000)
INSERT INTO offerengine.sales_order (customer_reference, order_id, order_reference, store_code, currency_code, total_amount)
SELECT 'f' || :n, offerengine.uuid_v7(), 'F' || :n || '-' || i, 'S1', 'EUR', 1190 FROM generate_series(1, 10) AS i;
SELECT count(*) FROM offerengine.loyalty_enqueue((SELECT string_agg('F' || :n || '-' || i, ',') FROM generate_series(1, 10) AS i));
SELECT coalesce(array_agg(c.id), '{}') AS ids, coalesce(array_agg(c.customer_reference), '{}') AS customers FROM offerengine.loyalty_claim(10, '1 hour') c \gset
SELECT offerengine.loyalty_sent_many(:ids::uuid[], :customers::text[]);
