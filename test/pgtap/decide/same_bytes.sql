-- A contract and an offer of one number: in the index of prices what the contract says of the product and what the offer costs
-- everybody have the same bytes in their keys, side by side, and differ only in which of the two is NULL.
BEGIN;
\ir ../include/catalogue.psql
SELECT plan(4);
INSERT INTO offerengine.merchant_relationship (merchant_relationship_id, relationship_key, merchant_id)
VALUES (1000000001, 'C-GOLD', pg_temp.merchant('c-one'));
INSERT INTO offerengine.merchant_relationship_assignee SELECT r.merchant_relationship_id, 'anna' FROM offerengine.merchant_relationship r WHERE r.relationship_key = 'C-GOLD';
INSERT INTO offerengine.offer (offer_id, offer_reference, product_id, merchant_id, approval_status)
VALUES (1000000001, 'c-same', pg_temp.product('C-P1'), pg_temp.merchant('c-one'), 'approved');
SELECT pg_temp.make_offer('c-bare') \g /dev/null
INSERT INTO offerengine.offer_store (offer_id, store_code) SELECT o.offer_id, 'C-DE' FROM offerengine.offer o WHERE o.offer_reference IN ('c-bare', 'c-same');
INSERT INTO offerengine.price (product_id, offer_id, merchant_relationship_id, store_code, currency_code, gross_amount, valid_from) VALUES
    (pg_temp.product('C-P1'), NULL, NULL, 'C-DE', 'EUR', 900, '2020-01-01Z'),
    (pg_temp.product('C-P1'), NULL, 1000000001, 'C-DE', 'EUR', 700, '2020-01-01Z'),
    (pg_temp.product('C-P1'), 1000000001, NULL, 'C-DE', 'EUR', 500, '2021-01-01Z');
SELECT is((offerengine.resolve_price('c-bare', 'C-DE', 'EUR', 'gross', buyer => 'anna')).amount, 700::bigint, 'the contract''s price of the product');
SELECT is((offerengine.resolve_price('c-bare', 'C-DE', 'EUR', 'gross')).amount, 900::bigint, 'everybody''s');
SET LOCAL offerengine.fast_path = off;
SELECT is((offerengine.resolve_price('c-bare', 'C-DE', 'EUR', 'gross', buyer => 'anna')).amount, 700::bigint, 'so by the specification');
SELECT is((offerengine.resolve_price('c-bare', 'C-DE', 'EUR', 'gross')).amount, 900::bigint, 'both');
SELECT * FROM finish();
ROLLBACK;
