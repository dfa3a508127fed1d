-- Fill factors: a table leaves room where changes stay on their page (HOT), and none where they cannot: an index has the column.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();
INSERT INTO offerengine.warehouse (name) VALUES ('f-w');
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id)
SELECT 'f-' || n, o.product_id, o.merchant_id FROM offerengine.offer o, generate_series(1, 1000) AS n WHERE o.offer_reference = 'book';
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity)
SELECT o.offer_id, w.warehouse_id, 5 FROM offerengine.offer o, offerengine.warehouse w WHERE o.offer_reference LIKE 'f-%' AND w.name = 'f-w';
INSERT INTO offerengine.price (offer_id, store_code, currency_code, gross_amount)
SELECT o.offer_id, 'P-DE', 'EUR', 500 FROM offerengine.offer o WHERE o.offer_reference LIKE 'f-%';
-- Of the changes that the transaction has made to a table, how many in a hundred were made in place.
CREATE FUNCTION pg_temp.in_place(changed regclass) RETURNS integer LANGUAGE sql
    AS $$ SELECT (100 * pg_stat_get_xact_tuples_hot_updated($1) / pg_stat_get_xact_tuples_updated($1))::integer $$;

UPDATE offerengine.offer_stock SET quantity = 4 WHERE warehouse_id = (SELECT w.warehouse_id FROM offerengine.warehouse w WHERE w.name = 'f-w');
UPDATE offerengine.price SET gross_amount = 400 WHERE offer_id IN (SELECT o.offer_id FROM offerengine.offer o WHERE o.offer_reference LIKE 'f-%');
SELECT cmp_ok(pg_temp.in_place('offerengine.offer_stock'), '>=', 95, 'quantities are changed in place');
SELECT is(pg_temp.in_place('offerengine.price'), 0, 'amounts, which the index has that answers, are not');
-- The row of a hot offer changes with each sale; whatever becomes of a hold changes what its indexes have.
INSERT INTO offerengine.stock_held (offer_id, warehouse_id, held) SELECT k.offer_id, k.warehouse_id, 0 FROM offerengine.offer_stock k;
INSERT INTO offerengine.stock_hold (order_id, line_no, warehouse_id, offer_id, quantity, state)
SELECT offerengine.uuid_v7(), 1, k.warehouse_id, k.offer_id, 1, 'confirmed' FROM offerengine.offer_stock k;
UPDATE offerengine.stock_held SET held = held + 1, next_expiry = now();
UPDATE offerengine.stock_hold SET quantity = quantity + 1;
SELECT cmp_ok(pg_temp.in_place('offerengine.stock_held'), '>=', 95, 'what is held is changed in place');
SELECT is(pg_temp.in_place('offerengine.stock_hold'), 0, 'holds are not');
-- A claim, which everything in the outbox goes through, changes nothing that an index has.
INSERT INTO offerengine.loyalty_outbox (customer_reference, id, order_id, send_as, payload, enqueued_at, due_at)
SELECT 'f', offerengine.uuid_v7(), offerengine.uuid_v7(), 'order', jsonb_build_object('order_reference', n, 'note', repeat('x', 500)), now(), now() FROM generate_series(1, 1000) AS n;
SELECT is((SELECT count(*) FROM offerengine.loyalty_claim(1000)), 1000::bigint, 'all are claimed');
SELECT cmp_ok(pg_temp.in_place('offerengine.loyalty_outbox'), '>=', 35, 'in place, as long as there is room');
SELECT results_eq($$SELECT c.relname::text COLLATE "C", array_to_string(c.reloptions, ',') COLLATE "C" FROM pg_class c
                     WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'r' AND c.reloptions IS NOT NULL ORDER BY 1$$,
                  $$VALUES ('loyalty_outbox' COLLATE "C", 'fillfactor=70' COLLATE "C"), ('offer', 'fillfactor=90'), ('offer_stock', 'fillfactor=50'), ('offer_store', 'fillfactor=90'),
                           ('stock_held', 'fillfactor=20')$$,
                  'no other table has a fill factor');
SELECT * FROM finish();
ROLLBACK;
