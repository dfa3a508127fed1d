\set i random(1, 10000)
SELECT offer_id, offer_reference, product_id, merchant_id, title FROM offerengine.offer WHERE offer_id = :i;
