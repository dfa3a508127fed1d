-- What a merchant's role sees and writes, table by table, beside operator, reporting and storefront.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();

-- Two of everything: one of the role's merchant, one of another.
SELECT pg_temp.make_offer('t-own-1') AS own, pg_temp.make_offer('t-other-1', 't-other') AS other \gset
SELECT offerengine.approve_offers(ARRAY['t-own-1', 't-other-1']) \g /dev/null
UPDATE offerengine.price SET net_amount = 1050 WHERE offer_id IN (:own, :other);
INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
SELECT 't-r-' || m.merchant_reference, m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference LIKE 't-%';
INSERT INTO offerengine.merchant_relationship_assignee (merchant_relationship_id, buyer)
SELECT r.merchant_relationship_id, 't-buyer' FROM offerengine.merchant_relationship r WHERE r.relationship_key LIKE 't-r-%';
INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount, merchant_relationship_id)
SELECT p.product_id, 'T-DE', 'EUR', 800, r.merchant_relationship_id
  FROM offerengine.product p, offerengine.merchant_relationship r WHERE p.sku = 'T-P' AND r.relationship_key LIKE 't-r-%';
INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount)
SELECT p.product_id, 'T-DE', 'EUR', 1100 FROM offerengine.product p WHERE p.sku = 'T-P';
INSERT INTO offerengine.warehouse (name) VALUES ('t-w-own'), ('t-w-other'), ('t-w-shared');
INSERT INTO offerengine.merchant_warehouse (merchant_id, warehouse_id)
SELECT m.merchant_id, w.warehouse_id FROM offerengine.merchant m
    JOIN offerengine.warehouse w ON w.name = 't-w-' || substr(m.merchant_reference, 3);
INSERT INTO offerengine.warehouse_store (warehouse_id, store_code)
SELECT w.warehouse_id, 'T-DE' FROM offerengine.warehouse w WHERE w.name LIKE 't-w-%';
INSERT INTO offerengine.offer_stock (offer_id, warehouse_id, quantity)
SELECT o.offer_id, w.warehouse_id, 5 FROM offerengine.offer o, offerengine.warehouse w
 WHERE (o.offer_reference, w.name) IN (('t-own-1', 't-w-own'), ('t-other-1', 't-w-other'), ('t-own-1', 't-w-shared'),
     ('t-other-1', 't-w-shared'));
INSERT INTO offerengine.merchant_store (merchant_id, store_code)
SELECT m.merchant_id, 'T-DE' FROM offerengine.merchant m WHERE m.merchant_reference LIKE 't-%';
SELECT offerengine.suspend_merchant('t-own', 'x'), offerengine.suspend_merchant('t-other', 'x'),
    offerengine.reinstate_merchant('t-own'),
       offerengine.reinstate_merchant('t-other') \g /dev/null

-- Rows seen: by the operator, by the merchant, by reporting.
CREATE TEMP TABLE seen (n serial, query text, operator text, merchant text, reporting text);
INSERT INTO seen (query, operator, merchant, reporting) VALUES
    ('offer WHERE offer_reference LIKE ''t-%''', 2, 1, '42501'),
    ('offer_store WHERE store_code = ''T-DE''', 2, 1, '42501'),
    ('price WHERE store_code = ''T-DE'' AND offer_id IS NOT NULL', 2, 1, '42501'),
    ('price WHERE store_code = ''T-DE'' AND merchant_relationship_id IS NOT NULL', 2, 1, '42501'),
    ('price WHERE store_code = ''T-DE'' AND offer_id IS NULL AND merchant_relationship_id IS NULL', 1, 1, '42501'),
    ('price_history WHERE store_code = ''T-DE''', 2, 1, 2),
    ('offer_approval a JOIN offerengine.offer o USING (offer_id) WHERE o.offer_reference LIKE ''t-%''', 2, 1, '42501'),
    ('merchant WHERE merchant_reference LIKE ''t-%''', 2, 1, '42501'),
    ('merchant_approval', NULL, 3, '42501'),
    ('merchant_store WHERE store_code = ''T-DE''', 2, 1, '42501'),
    ('merchant_relationship WHERE relationship_key LIKE ''t-%''', 2, 1, '42501'),
    ('merchant_relationship_assignee WHERE buyer = ''t-buyer''', 2, 1, '42501'),
    ('merchant_warehouse w JOIN offerengine.warehouse USING (warehouse_id) WHERE name LIKE ''t-w-%''', 2, 1, '42501'),
    ('warehouse WHERE name LIKE ''t-w-%''', 3, 2, '42501'),
    ('warehouse_store WHERE store_code = ''T-DE''', 3, 2, '42501'),
    ('offer_stock WHERE quantity = 5', NULL, 2, '42501'),
    ('product WHERE sku = ''T-P''', 1, 1, '42501'),
    ('store WHERE store_code LIKE ''T-%''', 2, 2, '42501'),
    ('approval_history WHERE offer_reference LIKE ''t-%''', 2, 1, 2),
    ('offer_status WHERE store_code = ''T-DE'' AND offer_reference LIKE ''t-%''', 2, 1, 2),
    ('visible_offer WHERE offer_reference LIKE ''t-%''', 2, 1, 2),
    ('merchant_summary WHERE merchant_reference LIKE ''t-%''', 2, 1, 2),
    ('merchant_history WHERE merchant_reference LIKE ''t-%'' AND to_status = ''suspended''', 2, 1, 2),
    ('price_calendar WHERE offer_reference LIKE ''t-%'' AND state = ''running'' AND relationship_key IS NULL', 2, 1, 2),
    ('stock_overview WHERE offer_reference LIKE ''t-%''', 2, 1, 2),
    ('product_offer_ranking WHERE offer_reference LIKE ''t-%'' AND store_code = ''T-DE''', NULL, NULL, NULL),
    ('actor WHERE role_name LIKE ''t\_%''', NULL, '42501', '42501'),
    ('schema_migration', NULL, '42501', '42501');
SELECT is(pg_temp.try_as(r.role, 'SELECT count(*) FROM offerengine.' || s.query), r.expected, r.role || ' sees ' || s.query)
  FROM seen s CROSS JOIN LATERAL (VALUES ('t_operator', s.operator), ('t_merchant', s.merchant), ('t_reporting', s.reporting),
                                         ('t_storefront', '42501'), ('t_nobody', '42501')) AS r (role, expected)
 WHERE r.expected IS NOT NULL ORDER BY s.n, r.role;
SELECT cmp_ok(pg_temp.try_as(k.role, format('SELECT count(*) FROM %s', c.oid::regclass)), '~', '^\d+$',
    k.role || ' reads view ' || a.name)
  FROM offerengine_internal.access() a JOIN pg_class c
    ON c.relnamespace = offerengine_internal.namespace_of(a) AND c.relname = a.name AND c.relkind = 'v'
  JOIN (VALUES ('t_operator', 'operator'), ('t_merchant', 'merchant'), ('t_reporting', 'reporting')) AS k (role, kind)
    ON k.kind = a.kind
 WHERE a.object = 'table' ORDER BY a.name, k.role;
SELECT is_empty(format($$ SELECT t.attname FROM pg_attribute t
    WHERE t.attrelid = '%s'::regclass AND t.attname = 'merchant_reference'
                          AND pg_temp.try_as('t_merchant', 'SELECT count(*) FROM %s
                              WHERE merchant_reference = ''t-other''') <> '0' $$, c.oid::regclass, c.oid::regclass),
                'view ' || a.name || ' shows a merchant nothing of another')
  FROM offerengine_internal.access() a JOIN pg_class c
    ON c.relnamespace = offerengine_internal.namespace_of(a) AND c.relname = a.name AND c.relkind = 'v'
 WHERE a.object = 'table' AND a.kind = 'merchant' ORDER BY a.name;

-- Writes by the merchant: own rows, nobody else's.
CREATE TEMP TABLE written (n serial, statement text, outcome text);
INSERT INTO written (statement, outcome) VALUES
    ('UPDATE offerengine.offer SET title = ''x'' WHERE offer_reference = ''t-own-1''', '1 rows'),
    ('UPDATE offerengine.offer SET title = ''x'' WHERE offer_reference = ''t-other-1''', '0 rows'),
    ('UPDATE offerengine.offer SET approval_status = ''denied'' WHERE offer_reference = ''t-own-1''', '42501'),
    ('UPDATE offerengine.offer SET version = 99 WHERE offer_reference = ''t-own-1''', '42501'),
    ('UPDATE offerengine.offer SET created_by = ''x'' WHERE offer_reference = ''t-own-1''', '42501'),
    ('INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id) SELECT ''t-w1'', product_id, merchant_id '
        'FROM offerengine.offer WHERE offer_reference = ''t-own-1''', '1 rows'),
    (format('INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id) SELECT ''t-w2'', product_id, %s '
        'FROM offerengine.offer WHERE offer_reference = ''t-own-1''',
            (SELECT m.merchant_id FROM offerengine.merchant m WHERE m.merchant_reference = 't-other')), '42501'),
    ('DELETE FROM offerengine.offer WHERE offer_reference = ''t-own-1''', '42501'),
    ('SELECT offerengine.put_offer(''t-w3'', ''T-P'', ''t-own'', ARRAY[''T-DE'']) IS NULL', 'false'),
    ('SELECT offerengine.put_offer(sku => ''T-P'', merchant_reference => ''t-own'') IS NULL', 'false'),
    ('SELECT offerengine.put_offer(''t-w4'', ''T-P'', ''t-other'', ARRAY[''T-DE'']) IS NULL', 'OE020'),
    ('SELECT offerengine.put_offer(''t-other-1'', title => ''x'') IS NULL', '22004'),
    ('SELECT offerengine.put_offer(''t-other-1'', ''T-P'', ''t-own'') IS NULL', '23505'),
    (format('INSERT INTO offerengine.offer_store (offer_id, store_code) VALUES (%s, ''T-AT'')', :own), '1 rows'),
    (format('INSERT INTO offerengine.offer_store (offer_id, store_code) VALUES (%s, ''T-AT'')', :other), '42501'),
    (format('SELECT offerengine_internal.delete_offer_stores(''{%s}'', ''{T-DE}'')', :other), '0'),
    (format('SELECT offerengine_internal.delete_offer_stores(''{%s,%s}'', ''{T-AT,T-DE}'')', :own, :other), '1'),
    (format('UPDATE offerengine.offer_store SET shown_to = ''infinity'' WHERE offer_id = %s', :own), '42501'),
    ('SELECT offerengine.set_offer_stores(''t-other-1'', ''{}'') IS NULL', 'OE020'),
    (format('UPDATE offerengine.price SET net_amount = 1 WHERE offer_id = %s', :other), '0 rows'),
    (format('INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount) '
        'VALUES (%s, ''T-AT'', ''EUR'', 1)', :other), '42501'),
    (format('INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount) '
        'VALUES (%s, ''T-AT'', ''EUR'', 1)', :own), '1 rows'),
    ('SELECT offerengine.set_price(''T-DE'', ''EUR'', 5, offer_reference => ''t-own-1'') IS NULL', 'false'),
    ('SELECT offerengine.set_price(''T-DE'', ''EUR'', 5, offer_reference => ''t-other-1'') IS NULL', 'OE020'),
    ('SELECT offerengine.set_price(''T-DE'', ''EUR'', 5, sku => ''T-P'') IS NULL', NULL),
    ('UPDATE offerengine.price SET net_amount = 1 WHERE offer_id IS NULL', '0 rows'),
    ('SELECT offerengine_internal.delete_prices(array_agg(price_id)) FROM offerengine.price WHERE offer_id IS NULL', '0'),
    (format('SELECT offerengine_internal.delete_prices(''{%s}'')',
            (SELECT string_agg(p.price_id::text, ',') FROM offerengine.price p WHERE p.offer_id = :other)), '0'),
    (format('SELECT offerengine_internal.delete_prices(array_agg(price_id)) FROM offerengine.price '
        'WHERE offer_id = %s AND store_code = ''T-AT''', :own), '1'),
    ('INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount) '
        'SELECT product_id, ''T-AT'', ''EUR'', 1 FROM offerengine.product WHERE sku = ''T-P''', '42501'),
    ('SELECT offerengine.set_stock(''t-own-1'', ''t-w-own'', 7)::text || ''''', NULL),
    ('SELECT offerengine.set_stock(''t-own-1'', ''t-w-shared'', 7)::text', '42501'),
    ('UPDATE offerengine.offer_stock SET quantity = 8 FROM offerengine.warehouse w '
        'WHERE w.warehouse_id = offer_stock.warehouse_id AND w.name = ''t-w-own''', '1 rows'),
    ('UPDATE offerengine.offer_stock SET quantity = 8 FROM offerengine.warehouse w '
        'WHERE w.warehouse_id = offer_stock.warehouse_id AND w.name = ''t-w-shared''', '0 rows'),
    ('UPDATE offerengine.merchant SET description = ''x''', '1 rows'),
    ('UPDATE offerengine.merchant SET is_active = false', '42501'),
    ('UPDATE offerengine.merchant_relationship SET relationship_key = relationship_key || ''x''', '1 rows'),
    ('SELECT offerengine.remove_assignee(''t-r-t-other'', ''t-buyer'')::text', 'OE020'),
    ('SELECT offerengine.remove_assignee(''t-r-t-ownx'', ''t-nobody'')::text', 'OE020'),
    ('SELECT offerengine.remove_assignee(''t-r-t-ownx'', ''t-buyer'')::text', ''),
    ('INSERT INTO offerengine.merchant_relationship_assignee SELECT merchant_relationship_id, ''t-buyer'' '
        'FROM offerengine.merchant_relationship', '1 rows'),
    ('SELECT offerengine.remove_relationship(''t-r-t-other'')::text', 'OE020'),
    ('SELECT offerengine.remove_relationship(''t-r-t-ownx'')::text', 'OE025'),
    ('SELECT offerengine.remove_stock(''t-own-1'', ''t-w-other'')::text', 'OE020'),
    ('SELECT offerengine.remove_stock(''t-other-1'', ''t-w-other'')::text', 'OE020'),
    ('SELECT offerengine.remove_stock(''t-own-1'', ''t-w-shared'')::text', '42501'),
    ('SELECT offerengine.remove_stock(''t-own-1'', ''t-w-own'')::text', ''),
    ('SELECT offerengine.remove_stock(''t-own-1'', ''t-w-own'')::text', 'OE020'),
    ('SELECT offerengine.set_stock(''t-own-1'', ''t-w-own'', 7)::text', ''),
    ('INSERT INTO offerengine.product (sku, abstract_product_id) SELECT ''T-X'', abstract_product_id '
        'FROM offerengine.product WHERE sku = ''T-P''', '42501'),
    ('INSERT INTO offerengine.store (store_code, name) VALUES (''T-X'', ''X'')', '42501'),
    ('INSERT INTO offerengine.warehouse (name) VALUES (''t-x'')', '42501'),
    ('SELECT offerengine.explain_visibility(''t-own-1'', ''T-DE'') IS NULL', 'false'),
    ('SELECT count(*) FROM offerengine.explain_visibility(''t-other-1'', ''T-DE'')', '42501'),
    ('SELECT offerengine.explain_price(''t-own-1'', ''T-DE'', ''EUR'', ''net'') IS NULL', 'false'),
    ('SELECT count(*) FROM offerengine.explain_price(''t-other-1'', ''T-DE'', ''EUR'')', '42501');
SELECT is(pg_temp.try_as('t_merchant', w.statement), w.outcome, 'merchant: ' || w.statement) FROM written w
    WHERE w.outcome IS NOT NULL ORDER BY w.n;
SELECT isnt(pg_temp.try_as('t_merchant', 'SELECT offerengine.set_stock(''t-own-1'', ''t-w-own'', 7)::text || ''.'''),
    '42501', 'merchant: stock in its own warehouse');
SELECT is(s.quantity, 7::numeric, 'is written') FROM offerengine.offer_stock s
    JOIN offerengine.warehouse w USING (warehouse_id) WHERE w.name = 't-w-own';

-- A role that is merchant and reporting reads all views, and still writes its own rows only.
SELECT offerengine.grant_access('t_merchant', 'reporting') \g /dev/null
SELECT is(pg_temp.try_as('t_merchant', 'SELECT count(*) FROM offerengine.visible_offer '
    'WHERE offer_reference = ''t-other-1'''), '1', 'sees all in views');
SELECT is(pg_temp.try_as('t_merchant', w.statement), '0 rows', 'merchant and reporting: ' || w.statement)
  FROM unnest(ARRAY[format('UPDATE offerengine.offer_store SET store_code = ''T-AT'' WHERE offer_id = %s', :other),
                    format('UPDATE offerengine.price SET net_amount = 1 WHERE offer_id = %s', :other),
                    'UPDATE offerengine.offer SET title = ''y'' WHERE offer_reference = ''t-other-1''']) AS w (statement);
SELECT is(pg_temp.try_as('t_merchant', 'SELECT offerengine.remove_relationship(''t-r-t-other'')::text'), 'OE020',
    'merchant and reporting: nor does it remove what is another''s');

-- Reporting and storefront write and call nothing.
SELECT is(pg_temp.try_as(r.role, s.statement), '42501', r.role || ': ' || s.statement)
  FROM unnest(ARRAY['t_reporting', 't_storefront', 't_nobody']) r (role),
       unnest(ARRAY['UPDATE offerengine.offer SET title = ''z''', 'DELETE FROM offerengine.price',
           'SELECT offerengine.put_offer(''t-own-1'', title => ''z'')',
                    'SELECT offerengine.approve_offer(''t-own-1'')',
                        'SELECT offerengine.set_offer_active(''t-own-1'', false)', 'CALL offerengine.migrate()',
                    'SELECT count(*) FROM offerengine.explain_price(''t-own-1'', ''T-DE'', ''EUR'')',
                        'SELECT count(*) FROM offerengine.health_check()']) s (statement);

SELECT * FROM finish();
ROLLBACK;
