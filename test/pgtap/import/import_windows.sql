-- An import names exact windows: a row changes the price of its window, or makes one, and touches no other.
BEGIN;
\ir ../include/import.psql
SELECT no_plan();
CREATE FUNCTION pg_temp.windows() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s %s %s..%s', r.min_quantity, r.net_amount, CASE WHEN isfinite(r.valid_from) THEN to_char(r.valid_from AT TIME ZONE 'UTC', 'YYYY-MM-DD') END,
                  CASE WHEN r.valid_to = now() THEN 'now' WHEN isfinite(r.valid_to) THEN to_char(r.valid_to AT TIME ZONE 'UTC', 'YYYY-MM-DD') END)
      FROM offerengine.price r JOIN offerengine.product p ON p.product_id = r.product_id WHERE p.sku = 'IT-P' AND r.offer_id IS NULL $$;

SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_product_price (concrete_sku, store, currency, value_net, price_data_volume_prices) VALUES
    ('IT-P', 'IT-DE', 'EUR', '100', '[{"quantity": 5, "net_price": 90}]');
INSERT INTO offerengine.import_product_price_schedule (concrete_sku, store, currency, value_net, from_included, to_included) VALUES
    ('IT-P', 'IT-DE', 'EUR', '70', '2031-01-01', '2031-01-31'), ('IT-P', 'IT-DE', 'EUR', '71', '2031-01-01', '2031-02-28');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['product_price 1/1/0/0/0', 'product_price_schedule 2/2/0/0/0'], 'windows that begin together are two prices');
SELECT set_eq('SELECT pg_temp.windows()', ARRAY['1 100 ..', '5 90 ..', '1 70 2031-01-01..2031-02-01', '1 71 2031-01-01..2031-03-01'], 'as named');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['product_price 1/0/0/1/0', 'product_price_schedule 2/0/0/2/0'], 'again: nothing changes');
SELECT offerengine.import_end();

-- Another end is another window; the same one takes the amount.
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_product_price_schedule (concrete_sku, store, currency, value_net, from_included, to_included) VALUES
    ('IT-P', 'IT-DE', 'EUR', '72', '2031-01-01', '2031-02-28'), ('IT-P', 'IT-DE', 'EUR', '60', '2031-01-01', '2031-01-15');
SELECT set_eq('SELECT pg_temp.run()', ARRAY['product_price_schedule 2/1/1/0/0'], 'one is new, one changes');
SELECT set_eq('SELECT pg_temp.windows()', ARRAY['1 100 ..', '5 90 ..', '1 70 2031-01-01..2031-02-01', '1 72 2031-01-01..2031-03-01',
    '1 60 2031-01-01..2031-01-16'], 'no window was moved');

-- Replace takes away what is not named by its exact window.
SELECT is((SELECT r.rows_ended FROM offerengine.import_run(mode => 'replace') r), 1::bigint, 'one window is not named');
SELECT set_eq('SELECT pg_temp.windows()', ARRAY['1 100 ..', '5 90 ..', '1 72 2031-01-01..2031-03-01', '1 60 2031-01-01..2031-01-16'], 'and has gone');
SELECT offerengine.import_end();

-- Windows that become equal are one: the one that counted stays, the other goes into the history.
INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount, valid_to)
SELECT p.product_id, 'IT-DE', 'EUR', 95, '2032-01-01' FROM offerengine.product p WHERE p.sku = 'IT-P';
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_product_price (concrete_sku, store, currency, value_net) VALUES ('IT-Q', 'IT-DE', 'EUR', '1');
SELECT is((SELECT r.rows_ended FROM offerengine.import_run(mode => 'replace') r WHERE r.file = 'product_price'), 3::bigint, 'two bases and a tier end');
SELECT set_eq('SELECT pg_temp.windows()', ARRAY['1 95 ..now', '5 90 ..now', '1 72 2031-01-01..2031-03-01', '1 60 2031-01-01..2031-01-16'],
              'the price that counted is the one that ends');
SELECT is((SELECT count(*) FROM offerengine.price_history h JOIN offerengine.product p USING (product_id) WHERE p.sku = 'IT-P' AND h.net_amount = 100), 1::bigint,
          'the other is history');
SELECT offerengine.import_end();

-- A tier that a file names stays although another base price ends.
INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount, valid_to)
SELECT p.product_id, 'IT-DE', 'EUR', 95, '2032-01-01' FROM offerengine.product p WHERE p.sku = 'IT-Q';
SELECT offerengine.import_begin() > 0 AS began \gset
INSERT INTO offerengine.import_product_price (concrete_sku, store, currency, value_net, price_data_volume_prices) VALUES
    ('IT-Q', 'IT-DE', 'EUR', '1', '[{"quantity": 5, "net_price": 1}]');
SELECT is((SELECT r.rows_ended FROM offerengine.import_run(mode => 'replace') r), 1::bigint, 'the window that is not named ends');
SELECT set_eq($$ SELECT format('%s %s', r.min_quantity, r.net_amount) FROM offerengine.price r JOIN offerengine.product p ON p.product_id = r.product_id
                  WHERE p.sku = 'IT-Q' AND r.valid_to > now() $$, ARRAY['1 1', '5 1'], 'and no tier with it');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT is((SELECT count(*) FROM offerengine_internal.uncovered_tier), 0::bigint, 'every tier has its base price');
SELECT * FROM finish();
ROLLBACK;
