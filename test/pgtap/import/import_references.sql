-- While an import writes, foreign keys are checked once a statement: nothing dangles all the same, and other keys stay as they are.
BEGIN;
\ir ../include/import.psql
SELECT no_plan();
CREATE TABLE public.it_colour (colour text PRIMARY KEY);
ALTER TABLE offerengine.price ADD COLUMN it_colour text CONSTRAINT it_colour REFERENCES public.it_colour;
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id)
SELECT 'IT-1', p.product_id, m.merchant_id FROM offerengine.product p, offerengine.merchant m
 WHERE p.sku = 'IT-P' AND m.merchant_reference = 'IT-M1';
SELECT o.offer_id, o.product_id, o.merchant_id FROM offerengine.offer o WHERE o.offer_reference = 'IT-1' \gset
SELECT q.product_id AS other_id FROM offerengine.product q WHERE q.sku = 'IT-Q' \gset

CREATE TEMP TABLE dangling (no serial, statement text, message text);
INSERT INTO dangling (statement, message) VALUES
    (format('INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id) VALUES (''IT-2'', %s, -1)', :product_id), 'rows of "offer" refer to merchant -1, which does not exist'),
    (format('INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id) VALUES (''IT-2'', -1, %s)', :merchant_id), 'rows of "offer" refer to product -1, which does not exist'),
    ('INSERT INTO offerengine.offer_store (offer_id, store_code) VALUES (-1, ''IT-DE'')', 'rows of "offer_store" refer to offer -1, which does not exist'),
    (format('INSERT INTO offerengine.offer_store (offer_id, store_code) VALUES (%s, ''IT-XX'')', :offer_id), 'rows of "offer_store" refer to store IT-XX, which does not exist'),
    (format('INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, net_amount) VALUES (%s, -1, ''IT-DE'', ''EUR'', 1)', :product_id), 'rows of "price" refer to offer -1, which does not exist'),
    (format('INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, net_amount) VALUES (%s, %s, ''IT-DE'', ''EUR'', 1)', :other_id, :offer_id), format('rows of "price" refer to offer %s, which does not exist', :offer_id)),
    ('INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount) VALUES (-1, ''IT-DE'', ''EUR'', 1)', 'rows of "price" refer to product -1, which does not exist'),
    ('INSERT INTO offerengine.price (abstract_product_id, store_code, currency_code, net_amount) VALUES (-1, ''IT-DE'', ''EUR'', 1)', 'rows of "price" refer to abstract product -1, which does not exist'),
    (format('INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount) VALUES (%s, ''IT-XX'', ''EUR'', 1)', :product_id), 'rows of "price" refer to store IT-XX, which does not exist'),
    (format('INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount) VALUES (%s, ''IT-DE'', ''XXX'', 1)', :product_id), 'rows of "price" refer to currency XXX, which does not exist'),
    (format('INSERT INTO offerengine.price (product_id, store_code, currency_code, price_type, net_amount) VALUES (%s, ''IT-DE'', ''EUR'', ''NONE'', 1)', :product_id), 'rows of "price" refer to price type NONE, which does not exist'),
    (format('INSERT INTO offerengine.price (product_id, store_code, currency_code, merchant_relationship_id, net_amount) VALUES (%s, ''IT-DE'', ''EUR'', -1, 1)', :product_id), 'rows of "price" refer to relationship -1, which does not exist');

INSERT INTO dangling (statement, message)
SELECT format('INSERT INTO offerengine.offer_stock (offer_id, warehouse_id) VALUES (-1, %s)', w.warehouse_id), 'rows of "offer_stock" refer to offer -1, which does not exist'
  FROM offerengine.warehouse w
 ORDER BY w.warehouse_id LIMIT 1;
INSERT INTO dangling (statement, message) VALUES
    (format('INSERT INTO offerengine.offer_stock (offer_id, warehouse_id) VALUES (%s, -1)', :offer_id), 'rows of "offer_stock" refer to warehouse -1, which does not exist');

SELECT throws_ok(d.statement, '23503', NULL, 'row by row: ' || d.message) FROM dangling d ORDER BY d.no;
SELECT offerengine_internal.bulk_begin();
SELECT throws_ok(d.statement, '23503', d.message) FROM dangling d ORDER BY d.no;
SELECT throws_like(format('INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount, it_colour) VALUES (%s, ''IT-DE'', ''EUR'', 1, ''red'')', :product_id),
                   '%violates foreign key constraint "it_colour"%', 'an administrator''s own key is looked up row by row');
SELECT lives_ok(format('INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, net_amount) VALUES (%s, %s, ''IT-DE'', ''EUR'', 1)', :product_id, :offer_id),
                'what does not dangle goes in');
ALTER TABLE offerengine.price DISABLE TRIGGER price_references;
SELECT throws_like((SELECT d.statement FROM dangling d WHERE d.statement LIKE '%XXX%'), '%violates foreign key constraint%', 'without the statement trigger, row by row');
SELECT offerengine_internal.bulk_end();
SELECT * FROM finish();
ROLLBACK;
