\set i random(1, :offers)
\set n random(1, :offers - 100)
\set p random(1, :products)
\set b random(1, 1000)
SELECT * FROM offerengine.resolve_price('o' || :i, 'S1', 'EUR', buyer => 'b' || :b);
SELECT * FROM offerengine.list_offers('p' || :p, 'S1', 'EUR');
SELECT r.* FROM generate_series(1, 20) k, LATERAL offerengine.resolve_price('o' || (:n + k), 'S1', 'EUR', buyer => 'b' || :b) r;
SELECT * FROM offerengine.list_offers(ARRAY(SELECT 'p' || ((:p + k * 7919) % :products + 1) FROM generate_series(1, 20) k), 'S1', 'EUR');
SELECT offerengine.offer_is_visible('o' || :i, 'S1');
SELECT offer_id, offer_reference, product_id, merchant_id, title FROM offerengine.offer WHERE offer_id = :i;
