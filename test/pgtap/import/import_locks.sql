-- A count of stock that is there already locks no offer: shoppers' purchases and merchants' changes go on beside it. A new row of stock
-- holds its offer, as a foreign key does.
BEGIN;
\ir ../include/import.psql
SELECT plan(5);
-- In a transaction of its own, as far as the offers can tell: what an import has just made needs no lock.
DO $$
BEGIN
    INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id)
    SELECT 'IT-' || n, p.product_id, m.merchant_id
      FROM offerengine.product p, offerengine.merchant m, generate_series(1, 2) AS n
     WHERE p.sku = 'IT-P' AND m.merchant_reference = 'IT-M1';
    INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity)
    SELECT o.offer_id, w.warehouse_id, 5 FROM offerengine.offer o, offerengine.warehouse w WHERE o.offer_reference = 'IT-1' AND w.name = 'IT-W1';
EXCEPTION WHEN division_by_zero THEN
    RAISE;
END
$$;
CREATE TEMP TABLE locked_before AS SELECT o.offer_reference, o.xmax AS locker FROM offerengine.offer o WHERE o.offer_reference LIKE 'IT-%';
CREATE FUNCTION pg_temp.newly_locked() RETURNS SETOF text LANGUAGE sql AS
    $$ SELECT o.offer_reference FROM offerengine.offer o JOIN locked_before b USING (offer_reference) WHERE o.xmax <> b.locker ORDER BY 1 $$;

SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity) VALUES ('IT-1', 'IT-W1', '7');
SELECT results_eq('SELECT pg_temp.run()', ARRAY['product_offer_stock 1/0/1/0/0'], 'a count of what is there');
SELECT is((SELECT s.quantity FROM offerengine.offer_stock s JOIN offerengine.offer o USING (offer_id) WHERE o.offer_reference = 'IT-1'), 7::numeric, 'is written');
SELECT offerengine.import_end();
SELECT is_empty('SELECT pg_temp.newly_locked()', 'and has locked no offer');

SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_product_offer_stock (product_offer_reference, stock_name, quantity) VALUES ('IT-1', 'IT-W1', '8'), ('IT-2', 'IT-W1', '9');
SELECT results_eq('SELECT pg_temp.run()', ARRAY['product_offer_stock 2/1/1/0/0'], 'one that is new beside it');
SELECT results_eq('SELECT pg_temp.newly_locked()', ARRAY['IT-2'], 'holds its own offer');
SELECT * FROM finish();
ROLLBACK;
