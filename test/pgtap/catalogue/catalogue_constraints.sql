-- Every column rule of the catalogue as a decision table: a statement, and the SQLSTATE that it is refused with ('': accepted).
BEGIN;
\ir ../include/catalogue.psql
SELECT no_plan();
SELECT pg_temp.make_offer('c-o1'), pg_temp.make_offer('c-o2', 'c-two') \g /dev/null
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id)
VALUES ('c-waiting', pg_temp.product('C-P1'), pg_temp.merchant('c-one'));
INSERT INTO offerengine.price (product_id, store_code, currency_code, net_amount)
VALUES (pg_temp.product('C-P1'), 'C-DE', 'EUR', 100);
INSERT INTO offerengine.price (offer_id, store_code, currency_code, net_amount)
VALUES (pg_temp.offer('c-o1'), 'C-DE', 'EUR', 100);

CREATE TEMP TABLE rule (what text, statement text, outcome text);

INSERT INTO rule
SELECT 'currency: ' || v.what, 'INSERT INTO offerengine.currency VALUES (' || v.row || ')', v.outcome
  FROM (VALUES
    ('three capital letters',      $$'QQQ', 2, 'q'$$,          ''),
    ('lower case',                 $$'qqq', 2, 'q'$$,          '23514'),
    ('four letters',               $$'QQQQ', 2, 'q'$$,         '23514'),
    ('exponent 0',                 $$'QQA', 0, 'q'$$,          ''),
    ('exponent 4',                 $$'QQB', 4, 'q'$$,          ''),
    ('exponent 5',                 $$'QQC', 5, 'q'$$,          '23514'),
    ('exponent -1',                $$'QQD', -1, 'q'$$,         '23514'),
    ('known already',              $$'EUR', 2, 'q'$$,          '23505')) AS v (what, row, outcome);

INSERT INTO rule
SELECT 'store: ' || v.what,
       format('INSERT INTO offerengine.store (store_code, name, %s)
           VALUES (%L, ''x'', %s)', v.columns, 'C-' || v.what, v.row), v.outcome
  FROM (VALUES
    ('zone in pg_timezone_names',  'time_zone', $$'Asia/Tokyo'$$,              ''),
    ('zone UTC',                   'time_zone', $$'UTC'$$,                     ''),
    ('unknown zone',               'time_zone', $$'Mars/Olympus'$$,            '22023'),
    ('empty zone',                 'time_zone', $$''$$,                        '22023'),
    ('zone in another case',       'time_zone', $$'europe/berlin'$$,           '22023'),
    ('offset instead of a zone',   'time_zone', $$'+02'$$,                     '22023'),
    ('POSIX rule instead of one',  'time_zone', $$'FOO3BAR'$$,                 '22023'),
    ('no zone',                    'time_zone', 'NULL',                        '23502'),
    ('country of two letters',     'default_country', $$'DE'$$,                ''),
    ('no country',                 'default_country', 'NULL',                  ''),
    ('country in lower case',      'default_country', $$'de'$$,                '23503'),
    ('country of three letters',   'default_country', $$'DEU'$$,               '23503'),
    ('per_type',                   'price_inheritance', $$'per_type'$$,        ''),
    ('all_or_nothing',             'price_inheritance', $$'all_or_nothing'$$,  ''),
    ('other inheritance',          'price_inheritance', $$'all'$$,             '23514'),
    ('contract_first',             'contract_price_policy', $$'contract_first'$$, ''),
    ('lowest',                     'contract_price_policy', $$'lowest'$$,      ''),
    ('offer_first',                'contract_price_policy', $$'offer_first'$$, ''),
    ('other policy',               'contract_price_policy', $$'highest'$$,     '23514'),
    ('own_merchant',               'contract_scope', $$'own_merchant'$$,       ''),
    ('any_merchant',               'contract_scope', $$'any_merchant'$$,       ''),
    ('other scope',                'contract_scope', $$'none'$$,               '23514')) AS v (what, columns, row, outcome);

INSERT INTO rule VALUES
    ('store: zone changed to an unknown one', $$UPDATE offerengine.store SET time_zone = 'Nowhere'
        WHERE store_code = 'C-DE'$$, '22023'),
    ('store: zone changed', $$UPDATE offerengine.store SET time_zone = 'Europe/Paris' WHERE store_code = 'C-DE'$$, ''),
    ('store: an upsert that keeps the zone of the stored row',
     $$INSERT INTO offerengine.store (store_code, name, time_zone)
         VALUES ('C-DE', 'x', 'Nowhere') ON CONFLICT (store_code) DO UPDATE SET name = 'y'$$, ''),
    ('store_currency: a default', $$INSERT INTO offerengine.store_currency VALUES ('C-DE', 'EUR', true)$$, ''),
    ('store_currency: a second default', $$INSERT INTO offerengine.store_currency VALUES ('C-DE', 'CHF', true)$$, '23505'),
    ('store_currency: beside the default', $$INSERT INTO offerengine.store_currency VALUES ('C-DE', 'CHF', false)$$, ''),
    ('store_currency: twice', $$INSERT INTO offerengine.store_currency VALUES ('C-DE', 'CHF', false)$$, '23505'),
    ('store_currency: unknown currency', $$INSERT INTO offerengine.store_currency VALUES ('C-DE', 'QQZ', false)$$, '23503'),
    ('merchant: reference twice', $$INSERT INTO offerengine.merchant (merchant_reference, name) VALUES ('c-one', 'x')$$, '23505'),
    ('merchant: empty reference', $$INSERT INTO offerengine.merchant (merchant_reference, name) VALUES ('', 'x')$$, '23514'),
    ('merchant: unknown status', $$INSERT INTO offerengine.merchant (merchant_reference, name, approval_status)
        VALUES ('c-x', 'x', 'new')$$, '23514'),
    ('merchant: percentage below 0', $$INSERT INTO offerengine.merchant (merchant_reference, name, price_review_percent)
        VALUES ('c-x', 'x', -1)$$, '23514'),
    ('abstract_product: SKU twice', $$INSERT INTO offerengine.abstract_product (abstract_sku) VALUES ('C-A1')$$, '23505'),
    ('abstract_product_store: unknown store', $$INSERT INTO offerengine.abstract_product_store
        VALUES (pg_temp.abstract_product('C-A1'), 'C-ZZ')$$, '23503'),
    ('product: SKU twice', $$INSERT INTO offerengine.product (sku, abstract_product_id)
        VALUES ('C-P1', pg_temp.abstract_product('C-A1'))$$, '23505'),
    ('product: empty SKU', $$INSERT INTO offerengine.product (sku, abstract_product_id)
        VALUES ('', pg_temp.abstract_product('C-A1'))$$, '23514'),
    ('product: no abstract product', $$INSERT INTO offerengine.product (sku) VALUES ('C-P9')$$, '23502'),
    ('product: empty window', $$UPDATE offerengine.product SET valid_from = '2026-01-01', valid_to = '2026-01-01'
        WHERE sku = 'C-P1'$$, '23514'),
    ('product: window the wrong way round', $$UPDATE offerengine.product
        SET valid_from = '2026-01-02', valid_to = '2026-01-01' WHERE sku = 'C-P1'$$, '23514'),
    ('product: SKU changed', $$UPDATE offerengine.product SET sku = 'C-P9' WHERE sku = 'C-P1'$$, 'OE004'),
    ('product: SKU set to itself', $$UPDATE offerengine.product SET sku = sku WHERE sku = 'C-P1'$$, ''),
    ('product: deleted while offered', $$DELETE FROM offerengine.product WHERE sku = 'C-P1'$$, '23503'),
    ('merchant_relationship: key twice', $$INSERT INTO offerengine.merchant_relationship (relationship_key, merchant_id)
        VALUES ('c-rel-c-one', pg_temp.merchant('c-one'))$$, '23505'),
    ('merchant_relationship: given to another merchant', $$UPDATE offerengine.merchant_relationship
        SET merchant_id = pg_temp.merchant('c-two') WHERE relationship_key = 'c-rel-c-one'$$, 'OE004'),
    ('merchant_relationship_assignee: empty buyer', $$INSERT INTO offerengine.merchant_relationship_assignee
        VALUES (pg_temp.relationship('c-rel-c-one'), '')$$, '23514');

INSERT INTO rule
SELECT 'offer: ' || v.what, 'INSERT INTO offerengine.offer (product_id, merchant_id' || v.columns || ') VALUES '
       || '(pg_temp.product(''C-P1''), pg_temp.merchant(''c-one'')' || v.row || ')', v.outcome
  FROM (VALUES
    ('nothing else said',          '', '',                                                  ''),
    ('reference twice',            ', offer_reference', $$, 'c-o1'$$,                       '23505'),
    ('empty reference',            ', offer_reference', $$, ''$$,                           '23514'),
    ('empty merchant SKU',         ', merchant_sku', $$, ''$$,                              '23514'),
    ('a merchant SKU',             ', merchant_sku', $$, 'c-m1'$$,                          ''),
    ('merchant SKU twice',         ', merchant_sku', $$, 'c-m1'$$,                          '23505'),
    ('no merchant SKU, twice',     ', merchant_sku', ', NULL',                              ''),
    ('type time_pass',             ', offer_type', $$, 'time_pass'$$,                       ''),
    ('type subscription',          ', offer_type', $$, 'subscription'$$,                    ''),
    ('type credit',                ', offer_type', $$, 'credit'$$,                          ''),
    ('type add_on',                ', offer_type', $$, 'add_on'$$,                          ''),
    ('type gift_voucher',          ', offer_type', $$, 'gift_voucher'$$,                    ''),
    ('unknown type',               ', offer_type', $$, 'lease'$$,                           '23514'),
    ('externally_managed',         ', management', $$, 'externally_managed'$$,              ''),
    ('externally_invoiced',        ', management', $$, 'externally_invoiced'$$,             ''),
    ('unknown management',         ', management', $$, 'other'$$,                           '23514'),
    ('unknown status',             ', approval_status', $$, 'new'$$,                        '23514'),
    ('empty window',               ', valid_from, valid_to', $$, '2026-01-01', '2026-01-01'$$, '23514'),
    ('window of a microsecond',    ', valid_from, valid_to', $$, '2026-01-01', '2026-01-01 00:00:00.000001'$$, '')
  ) AS v (what, columns, row, outcome);

INSERT INTO rule VALUES
    ('offer: merchant SKU of another merchant', $$INSERT INTO offerengine.offer (product_id, merchant_id, merchant_sku)
        VALUES (pg_temp.product('C-P1'), pg_temp.merchant('c-two'), 'c-m1')$$, ''),
    ('offer: unknown product', $$INSERT INTO offerengine.offer (product_id, merchant_id)
        VALUES (-1, pg_temp.merchant('c-two'))$$, '23503'),
    ('offer: reference changed', $$UPDATE offerengine.offer SET offer_reference = 'c-o9'
        WHERE offer_reference = 'c-o1'$$, 'OE004'),
    ('offer: product changed', $$UPDATE offerengine.offer SET product_id = pg_temp.product('C-P2')
        WHERE offer_reference = 'c-o2'$$, 'OE004'),
    ('offer: merchant changed', $$UPDATE offerengine.offer SET merchant_id = pg_temp.merchant('c-two')
        WHERE offer_reference = 'c-o1'$$, 'OE004'),
    ('offer: id changed', $$UPDATE offerengine.offer SET offer_id = 9000000007 WHERE offer_reference = 'c-waiting'$$, 'OE004'),
    ('offer: all of them set to themselves', $$UPDATE offerengine.offer
        SET offer_reference = offer_reference, product_id = product_id, merchant_id = merchant_id$$, ''),
    ('offer: an upsert whose new row names another product', $$INSERT INTO offerengine.offer (offer_reference, product_id,
        merchant_id) VALUES ('c-o1', pg_temp.product('C-P2'), pg_temp.merchant('c-one'))
            ON CONFLICT (offer_reference) DO UPDATE SET title = 'upserted'$$, ''),
    ('offer_store: twice', $$INSERT INTO offerengine.offer_store (offer_id, store_code)
        VALUES (pg_temp.offer('c-o1'), 'C-DE'), (pg_temp.offer('c-o1'), 'C-DE')$$, '23505'),
    ('offer_store: unknown store', $$INSERT INTO offerengine.offer_store (offer_id, store_code)
        VALUES (pg_temp.offer('c-o1'), 'C-ZZ')$$, '23503'),
    ('offer_store: unknown offer', $$INSERT INTO offerengine.offer_store (offer_id, store_code) VALUES (-1, 'C-DE')$$, '23503'),
    ('price_type: empty', $$INSERT INTO offerengine.price_type VALUES ('', 'x')$$, '23514'),
    ('price_type: a third one', $$INSERT INTO offerengine.price_type VALUES ('C-RRP', 'Recommended')$$, '');

INSERT INTO rule
SELECT 'price: ' || v.what, 'INSERT INTO offerengine.price (' || v.columns || ') VALUES (' || v.row || ')', v.outcome
  FROM (VALUES
    ('no owner',                   'store_code, currency_code, net_amount', $$'C-AT', 'EUR', 1$$, '23514'),
    ('two owners',                 'abstract_product_id, product_id, store_code, currency_code, net_amount',
     $$pg_temp.abstract_product('C-A1'), pg_temp.product('C-P1'), 'C-AT', 'EUR', 1$$, '23514'),
    ('abstract product and offer', 'abstract_product_id, offer_id, store_code, currency_code, net_amount',
     $$pg_temp.abstract_product('C-A1'), pg_temp.offer('c-o1'), 'C-AT', 'EUR', 1$$, '23514'),
    ('of an abstract product',     'abstract_product_id, store_code, currency_code, net_amount',
     $$pg_temp.abstract_product('C-A1'), 'C-AT', 'EUR', 1$$, ''),
    ('of an abstract product, twice', 'abstract_product_id, store_code, currency_code, net_amount',
     $$pg_temp.abstract_product('C-A1'), 'C-AT', 'EUR', 2$$, '23505'),
    ('of a product',               'product_id, store_code, currency_code, net_amount',
     $$pg_temp.product('C-P1'), 'C-AT', 'EUR', 1$$, ''),
    ('of an offer, product filled in', 'offer_id, store_code, currency_code, net_amount',
     $$pg_temp.offer('c-o1'), 'C-AT', 'EUR', 1$$, ''),
    ('of an offer, twice',         'offer_id, store_code, currency_code, net_amount',
     $$pg_temp.offer('c-o1'), 'C-AT', 'EUR', 2$$, '23505'),
    ('of an offer, its product said', 'offer_id, product_id, store_code, currency_code, net_amount',
     $$pg_temp.offer('c-o2'), pg_temp.product('C-P1'), 'C-AT', 'EUR', 1$$, ''),
    ('of an offer, another product said', 'offer_id, product_id, store_code, currency_code, net_amount',
     $$pg_temp.offer('c-o2'), pg_temp.product('C-P2'), 'C-US', 'EUR', 1$$, '23503'),
    ('of an unknown offer',        'offer_id, product_id, store_code, currency_code, net_amount',
     $$-1, pg_temp.product('C-P2'), 'C-US', 'EUR', 1$$, '23503'),
    ('both amounts NULL',          'product_id, store_code, currency_code', $$pg_temp.product('C-P1'), 'C-US', 'EUR'$$, '23514'),
    ('an amount of 0',             'product_id, store_code, currency_code, gross_amount',
     $$pg_temp.product('C-P1'), 'C-US', 'EUR', 0$$, ''),
    ('net below 0',                'product_id, store_code, currency_code, net_amount',
     $$pg_temp.product('C-P1'), 'C-US', 'CHF', -1$$, '23514'),
    ('gross below 0',              'product_id, store_code, currency_code, gross_amount',
     $$pg_temp.product('C-P1'), 'C-US', 'CHF', -1$$, '23514'),
    ('unknown store',              'product_id, store_code, currency_code, gross_amount',
     $$pg_temp.product('C-P1'), 'C-ZZ', 'CHF', 1$$, '23503'),
    ('unknown currency',           'product_id, store_code, currency_code, gross_amount',
     $$pg_temp.product('C-P1'), 'C-US', 'QQZ', 1$$, '23503'),
    ('a currency that the store does not carry', 'product_id, store_code, currency_code, gross_amount',
     $$pg_temp.product('C-P1'), 'C-DE', 'JPY', 1$$, ''),
    ('unknown type',               'product_id, store_code, currency_code, price_type, gross_amount',
     $$pg_temp.product('C-P1'), 'C-US', 'CHF', 'NONE', 1$$, '23503'),
    ('min_quantity 0',             'product_id, store_code, currency_code, min_quantity, gross_amount',
     $$pg_temp.product('C-P1'), 'C-US', 'CHF', 0, 1$$, '23514'),
    ('empty window',               'product_id, store_code, currency_code, gross_amount, valid_from, valid_to',
     $$pg_temp.product('C-P1'), 'C-US', 'CHF', 1, '2026-01-01', '2026-01-01'$$, '23514'),
    ('another start',              'product_id, store_code, currency_code, gross_amount, valid_from',
     $$pg_temp.product('C-P1'), 'C-US', 'EUR', 1, '2026-01-01'$$, ''),
    ('the same start',             'product_id, store_code, currency_code, gross_amount, valid_from',
     $$pg_temp.product('C-P1'), 'C-US', 'EUR', 2, '2026-01-01'$$, '23505'),
    ('a relationship beside it',   'product_id, store_code, currency_code, gross_amount, merchant_relationship_id',
     $$pg_temp.product('C-P1'), 'C-US', 'EUR', 2, pg_temp.relationship('c-rel-c-two')$$, ''),
    ('the same relationship',      'product_id, store_code, currency_code, gross_amount, merchant_relationship_id',
     $$pg_temp.product('C-P1'), 'C-US', 'EUR', 2, pg_temp.relationship('c-rel-c-two')$$, '23505'),
    ('an offer''s, of its merchant''s relationship', 'offer_id, store_code, currency_code, gross_amount,
        merchant_relationship_id',
     $$pg_temp.offer('c-o1'), 'C-DE', 'EUR', 2, pg_temp.relationship('c-rel-c-one')$$, ''),
    ('an offer''s, of another merchant''s', 'offer_id, store_code, currency_code, gross_amount, merchant_relationship_id',
     $$pg_temp.offer('c-o1'), 'C-DE', 'EUR', 2, pg_temp.relationship('c-rel-c-two')$$, 'OE007')) AS v (what, columns, row,
         outcome);

INSERT INTO rule VALUES
    ('price: moved to another merchant''s relationship', $$UPDATE offerengine.price
        SET merchant_relationship_id = pg_temp.relationship('c-rel-c-two')
            WHERE offer_id = pg_temp.offer('c-o1') AND store_code = 'C-AT'$$, 'OE007'),
    ('price: moved to an offer of another merchant', $$UPDATE offerengine.price SET offer_id = pg_temp.offer('c-o2')
        WHERE merchant_relationship_id = pg_temp.relationship('c-rel-c-one')$$, 'OE007');

INSERT INTO rule
SELECT t.name || ': ' || c.command, c.command || ' ' || t.name || c.tail,
    CASE WHEN t.name = 'offerengine.price_history' THEN 'OE006' ELSE c.outcome END
  FROM (VALUES ('offerengine.offer'), ('offerengine.offer_store'), ('offerengine.price'), ('offerengine.product'),
               ('offerengine.abstract_product_store'), ('offerengine.price_history')) AS t (name)
 CROSS JOIN (VALUES ('TRUNCATE', ' CASCADE', '0A000')) AS c (command, tail, outcome);
INSERT INTO rule VALUES
    ('price_history: UPDATE', 'UPDATE offerengine.price_history SET net_amount = 1', 'OE006'),
    ('price_history: DELETE', 'DELETE FROM offerengine.price_history', 'OE006');

SELECT is(pg_temp.try(r.statement), r.outcome, r.what) FROM rule r;

SELECT is(pg_temp.wrong_rows(), 0::bigint, 'nothing of this left a wrong projection');
SELECT is((SELECT count(*) FROM offerengine.currency c WHERE c.currency_code IN ('EUR', 'USD', 'CHF', 'JPY', 'KWD')
              AND c.exponent = CASE c.currency_code WHEN 'JPY' THEN 0 WHEN 'KWD' THEN 3 ELSE 2 END), 5::bigint,
          'currencies are seeded with their exponents');
SELECT is((SELECT array_agg(t.price_type ORDER BY t.price_type) FROM offerengine.price_type t WHERE t.price_type NOT LIKE 'C-%'),
          ARRAY['DEFAULT', 'ORIGINAL'] COLLATE "C", 'price types are seeded');
SELECT * FROM finish();
ROLLBACK;
