-- Writers of master data: what each argument does to a new row and to one that is there, whole sets, what they refuse, who may call
-- them, and that a call that changes nothing writes nothing. And the directories that a storefront reads.
BEGIN;
\ir ../include/approval.psql
SET LOCAL client_min_messages = warning;
SET LOCAL timezone = 'UTC';
SELECT no_plan();

-- One line about a store, merchant, product, ...: everything that its writer writes.
CREATE FUNCTION pg_temp.told(kind text, key text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' | ', s.name, s.time_zone, COALESCE(s.default_country, '-'), s.price_inheritance, s.contract_price_policy, s.contract_scope,
                     (SELECT array_agg(c.currency_code || CASE WHEN c.is_default THEN '*' ELSE '' END ORDER BY c.currency_code)
                        FROM offerengine.store_currency c WHERE c.store_code = s.store_code))
      FROM offerengine.store s WHERE kind = 'store' AND s.store_code = key
    UNION ALL
    SELECT concat_ws(' | ', m.name, COALESCE(m.description, '-'), COALESCE(m.url, '-'), m.approval_status, m.is_active, m.reapprove_on_change,
                     COALESCE(m.price_review_percent::text, '-'), m.four_eyes,
                     (SELECT array_agg(l.store_code ORDER BY l.store_code) FROM offerengine.merchant_store l WHERE l.merchant_id = m.merchant_id))
      FROM offerengine.merchant m WHERE kind = 'merchant' AND m.merchant_reference = key
    UNION ALL
    SELECT concat_ws(' | ', COALESCE(a.name, '-'),
                     (SELECT array_agg(l.store_code ORDER BY l.store_code) FROM offerengine.abstract_product_store l
                       WHERE l.abstract_product_id = a.abstract_product_id))
      FROM offerengine.abstract_product a WHERE kind = 'abstract_product' AND a.abstract_sku = key
    UNION ALL
    SELECT concat_ws(' | ', COALESCE(p.name, '-'), a.abstract_sku || ' ' || COALESCE(a.name, '-'), p.is_active, p.valid_from, p.valid_to,
                     (SELECT array_agg(l.store_code ORDER BY l.store_code) FROM offerengine.abstract_product_store l
                       WHERE l.abstract_product_id = a.abstract_product_id))
      FROM offerengine.product p JOIN offerengine.abstract_product a USING (abstract_product_id) WHERE kind = 'product' AND p.sku = key
    UNION ALL
    SELECT concat_ws(' | ', w.is_active,
                     (SELECT array_agg(m.merchant_reference ORDER BY m.merchant_reference)
                        FROM offerengine.merchant_warehouse l JOIN offerengine.merchant m USING (merchant_id) WHERE l.warehouse_id = w.warehouse_id),
                     (SELECT array_agg(l.store_code ORDER BY l.store_code) FROM offerengine.warehouse_store l WHERE l.warehouse_id = w.warehouse_id))
      FROM offerengine.warehouse w WHERE kind = 'warehouse' AND w.name = key
    UNION ALL
    SELECT concat_ws(' | ', m.merchant_reference,
                     (SELECT array_agg(a.buyer ORDER BY a.buyer) FROM offerengine.merchant_relationship_assignee a
                       WHERE a.merchant_relationship_id = r.merchant_relationship_id AND a.merchant_id = r.merchant_id))
      FROM offerengine.merchant_relationship r JOIN offerengine.merchant m USING (merchant_id)
     WHERE kind = 'relationship' AND r.relationship_key = key
$$;
-- Every row of the tables of master data, as it was written.
CREATE FUNCTION pg_temp.written() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    name text;
    part text;
    answer text := '';
BEGIN
    FOREACH name IN ARRAY '{store,store_currency,merchant,merchant_store,abstract_product,abstract_product_store,product,warehouse,merchant_warehouse,
                            warehouse_store,merchant_relationship,merchant_relationship_assignee,offer,offer_store}'::text[] LOOP
        EXECUTE format('SELECT md5(string_agg(t.ctid::text || t.xmin, '','' ORDER BY t.ctid)) FROM offerengine.%I t', name) INTO part;
        answer := answer || ' ' || COALESCE(part, '-');
    END LOOP;
    RETURN answer;
END
$$;

-- The calls, by an operator, in this order; each is made twice, and the second time writes nothing.
CREATE TEMP TABLE step (line serial, kind text, key text, arguments text, outcome text);
INSERT INTO step (kind, key, arguments, outcome) VALUES
    ('store', 'M-1', '',                                                    'M-1 | UTC | - | all_or_nothing | contract_first | own_merchant'),
    ('store', 'M-1', $$name => 'One'$$,                                     'One | UTC | - | all_or_nothing | contract_first | own_merchant'),
    ('store', 'M-1', $$currencies => '{EUR}'$$,                             'One | UTC | - | all_or_nothing | contract_first | own_merchant | {EUR*}'),
    ('store', 'M-1', $$currencies => '{CHF,EUR,CHF}'$$,                     'One | UTC | - | all_or_nothing | contract_first | own_merchant | {CHF*,EUR}'),
    ('store', 'M-1', $$currencies => '{EUR,CHF}'$$,                         'One | UTC | - | all_or_nothing | contract_first | own_merchant | {CHF,EUR*}'),
    ('store', 'M-1', $$currencies => '[5:6]={USD,EUR}'$$,                   'One | UTC | - | all_or_nothing | contract_first | own_merchant | {EUR,USD*}'),
    ('store', 'M-1', $$time_zone => 'Europe/Berlin'$$,                      'One | Europe/Berlin | - | all_or_nothing | contract_first | own_merchant | {EUR,USD*}'),
    ('store', 'M-1', $$default_country => 'DE'$$,                           'One | Europe/Berlin | DE | all_or_nothing | contract_first | own_merchant | {EUR,USD*}'),
    ('store', 'M-1', $$price_inheritance => 'per_type', contract_price_policy => 'lowest', contract_scope => 'any_merchant'$$,
                                                                            'One | Europe/Berlin | DE | per_type | lowest | any_merchant | {EUR,USD*}'),
    ('store', 'M-1', '',                                                    'One | Europe/Berlin | DE | per_type | lowest | any_merchant | {EUR,USD*}'),
    ('store', 'M-1', $$'', '{}', default_country => ''$$,                   'M-1 | Europe/Berlin | - | per_type | lowest | any_merchant'),
    ('store', 'M-2', $$'Two', '{EUR}', 'Asia/Tokyo', 'JP', 'per_type', 'offer_first', 'any_merchant'$$,
                                                                            'Two | Asia/Tokyo | JP | per_type | offer_first | any_merchant | {EUR*}'),
    ('merchant', 'm-1', '',                                                 'm-1 | - | - | waiting_for_approval | t | f | - | f'),
    ('merchant', 'm-1', $$name => 'One'$$,                                  'One | - | - | waiting_for_approval | t | f | - | f'),
    ('merchant', 'm-1', $$description => 'tents'$$,                         'One | tents | - | waiting_for_approval | t | f | - | f'),
    ('merchant', 'm-1', $$url => 'https://m'$$,                             'One | tents | https://m | waiting_for_approval | t | f | - | f'),
    ('merchant', 'm-1', $$stores => '{M-1,M-2,M-1}'$$,                      'One | tents | https://m | waiting_for_approval | t | f | - | f | {M-1,M-2}'),
    ('merchant', 'm-1', $$stores => '{M-2}'$$,                              'One | tents | https://m | waiting_for_approval | t | f | - | f | {M-2}'),
    ('merchant', 'm-1', $$reapprove_on_change => true, price_review_percent => 5$$,
                                                                            'One | tents | https://m | waiting_for_approval | t | t | 5 | f | {M-2}'),
    ('merchant', 'm-1', $$price_review_percent => 0, four_eyes => true$$,   'One | tents | https://m | waiting_for_approval | t | t | 0 | t | {M-2}'),
    ('merchant', 'm-1', '',                                                 'One | tents | https://m | waiting_for_approval | t | t | 0 | t | {M-2}'),
    ('merchant', 'm-1', $$'', '', '', '{}', false, four_eyes => false$$,    'm-1 | - | - | waiting_for_approval | t | f | 0 | f'),
    ('merchant', 't-own', $$name => 'Still approved'$$,                     'Still approved | - | - | approved | t | f | - | f'),
    ('abstract_product', 'A-1', '',                                         '-'),
    ('abstract_product', 'A-1', $$'Tent'$$,                                 'Tent'),
    ('abstract_product', 'A-1', $$stores => '{M-2,M-1,M-2}'$$,              'Tent | {M-1,M-2}'),
    ('abstract_product', 'A-1', $$stores => '{M-1}'$$,                      'Tent | {M-1}'),
    ('abstract_product', 'A-1', '',                                         'Tent | {M-1}'),
    ('abstract_product', 'A-1', $$'', '{}'$$,                               '-'),
    ('abstract_product', 'A-1', $$'Tent', '{M-1}'$$,                        'Tent | {M-1}'),
    ('product', 'P-1', $$'Tent for two', 'A-1'$$,                           'Tent for two | A-1 Tent | t | -infinity | infinity | {M-1}'),
    ('product', 'P-1', $$is_active => false$$,                              'Tent for two | A-1 Tent | f | -infinity | infinity | {M-1}'),
    ('product', 'P-1', $$valid_from => '2026-01-01'$$,                      'Tent for two | A-1 Tent | f | 2026-01-01 00:00:00+00 | infinity | {M-1}'),
    ('product', 'P-1', $$valid_to => '2027-01-01'$$,                        'Tent for two | A-1 Tent | f | 2026-01-01 00:00:00+00 | 2027-01-01 00:00:00+00 | {M-1}'),
    ('product', 'P-1', $$stores => '{M-1,M-2}'$$,                           'Tent for two | A-1 Tent | f | 2026-01-01 00:00:00+00 | 2027-01-01 00:00:00+00 | {M-1,M-2}'),
    ('product', 'P-1', '',                                                  'Tent for two | A-1 Tent | f | 2026-01-01 00:00:00+00 | 2027-01-01 00:00:00+00 | {M-1,M-2}'),
    ('product', 'P-1', $$'', is_active => true, valid_from => '-infinity', valid_to => 'infinity'$$,
                                                                            '- | A-1 Tent | t | -infinity | infinity | {M-1,M-2}'),
    ('product', 'P-2', $$'Stove'$$,                                         'Stove | P-2 Stove | t | -infinity | infinity'),
    ('product', 'P-2', $$'Stove, gas'$$,                                    'Stove, gas | P-2 Stove | t | -infinity | infinity'),
    ('product', 'P-2', $$abstract_sku => 'A-1'$$,                           'Stove, gas | A-1 Tent | t | -infinity | infinity | {M-1,M-2}'),
    ('product', 'P-3', $$'Lamp', stores => '{M-2}'$$,                       'Lamp | P-3 Lamp | t | -infinity | infinity | {M-2}'),
    ('product', 'P-3', $$'Lamp', 'A-3', '{M-1}'$$,                          'Lamp | A-3 - | t | -infinity | infinity | {M-1}'),
    ('product', 'A-1', $$'Tent for all'$$,                                  'Tent for all | A-1 Tent | t | -infinity | infinity | {M-1,M-2}'),
    ('warehouse', 'W-1', '',                                                't'),
    ('warehouse', 'W-1', $$merchant_references => '{t-own,m-1,m-1}'$$,      't | {m-1,t-own}'),
    ('warehouse', 'W-1', $$stores => '{M-2,M-1}'$$,                         't | {m-1,t-own} | {M-1,M-2}'),
    ('warehouse', 'W-1', $$is_active => false$$,                            'f | {m-1,t-own} | {M-1,M-2}'),
    ('warehouse', 'W-1', '',                                                'f | {m-1,t-own} | {M-1,M-2}'),
    ('warehouse', 'W-1', $$'{t-own}', '{}', true$$,                         't | {t-own}'),
    ('warehouse', 'W-1', $$'{}'$$,                                          't'),
    ('relationship', 'R-1', $$'t-own'$$,                                    't-own'),
    ('relationship', 'R-1', $$buyers => '{b,a,b}'$$,                        't-own | {a,b}'),
    ('relationship', 'R-1', '',                                             't-own | {a,b}'),
    ('relationship', 'R-1', $$'t-own', '{b,c}'$$,                           't-own | {b,c}'),
    ('relationship', 'R-1', $$buyers => '{}'$$,                             't-own'),
    ('relationship', 'R-2', $$'t-other', '{x}'$$,                           't-other | {x}');
CREATE TEMP TABLE done (line int, answer text, outcome text, wrote_again boolean);
DO $$
DECLARE
    s step;
    call text;
    answer text;
    before text;
BEGIN
    FOR s IN SELECT * FROM step ORDER BY line LOOP
        call := format('SELECT offerengine.put_%s(%s)', s.kind, concat_ws(', ', quote_literal(s.key), NULLIF(s.arguments, '')));
        answer := pg_temp.try_as('t_operator', call);
        before := pg_temp.written();
        PERFORM pg_temp.try_as('t_operator', call);
        INSERT INTO done VALUES (s.line, answer, pg_temp.told(s.kind, s.key), before <> pg_temp.written());
    END LOOP;
END $$;
SELECT is(d.outcome, s.outcome, format('put_%s(%L): %s', s.kind, s.key, s.arguments)) FROM (SELECT * FROM step ORDER BY line) AS s JOIN done d USING (line);
SELECT is_empty('SELECT s.kind, s.key, s.arguments FROM done d JOIN step s USING (line) WHERE d.wrote_again', 'the same call again writes nothing');
SELECT is((SELECT d.answer FROM done d WHERE d.line = 1), 'M-1', 'put_store answers the code');
SELECT is((SELECT array_agg(DISTINCT d.answer ORDER BY d.answer) FROM done d JOIN step s USING (line) WHERE s.kind = k.kind AND s.key = k.key),
          ARRAY[k.id::text], 'put_' || k.kind || ' answers the id, of a new row and of one that is there')
  FROM (SELECT 'merchant' AS kind, 'm-1' AS key, m.merchant_id AS id FROM offerengine.merchant m WHERE m.merchant_reference = 'm-1' UNION ALL
        SELECT 'abstract_product', 'A-1', a.abstract_product_id FROM offerengine.abstract_product a WHERE a.abstract_sku = 'A-1' UNION ALL
        SELECT 'product', 'P-1', p.product_id FROM offerengine.product p WHERE p.sku = 'P-1' UNION ALL
        SELECT 'warehouse', 'W-1', w.warehouse_id FROM offerengine.warehouse w WHERE w.name = 'W-1' UNION ALL
        SELECT 'relationship', 'R-1', r.merchant_relationship_id FROM offerengine.merchant_relationship r WHERE r.relationship_key = 'R-1') AS k;

-- What is refused, with its code and words.
CREATE TEMP TABLE refused (line serial, statement text, state text, message text);
INSERT INTO refused (statement, state, message) VALUES
    ($$put_store(NULL)$$,                                                   '22004', 'store must not be NULL'),
    ($$put_store('')$$,                                                     '22023', 'store "" is empty'),
    ($$put_store('M-1', 'a' || chr(10))$$,                                  '22023', 'name "a\u000A" contains a control character'),
    ($$put_store('M-1', currencies => '{EUR,XXQ}')$$,                       '22023', 'unknown currency "XXQ"'),
    ($$put_store('M-1', currencies => '{EUR,NULL}')$$,                      '22004', 'currencies must not contain NULL'),
    ($$put_store('M-1', currencies => '{{EUR,CHF}}')$$,                     '22023', 'currencies must be a list, not an array of 2 dimensions'),
    ($$put_store('M-1', time_zone => 'Europe/Nowhere')$$,                   '22023', 'store "M-1" has an unknown time zone "Europe/Nowhere"'),
    ($$put_store('M-9', time_zone => '')$$,                                 '22023', 'store "M-9" has an unknown time zone ""'),
    ($$put_store('M-1', default_country => 'UK')$$,                         '22023', 'unknown country "UK"'),
    ($$put_store('M-1', price_inheritance => 'x')$$,                        '22023', 'unknown price_inheritance "x"'),
    ($$put_store('M-1', contract_price_policy => '')$$,                     '22023', 'unknown contract_price_policy ""'),
    ($$put_store('M-1', contract_scope => 'x')$$,                           '22023', 'unknown contract_scope "x"'),
    ($$put_merchant(NULL)$$,                                                '22004', 'merchant_reference must not be NULL'),
    ($$put_merchant(' m')$$,                                                '22023', 'merchant_reference " m" begins or ends with white space'),
    ($$put_merchant('m-1', stores => '{M-1,M-9}')$$,                        '22023', 'unknown store "M-9"'),
    ($$put_merchant('m-1', stores => '{NULL}')$$,                           '22004', 'stores must not be NULL or contain NULL'),
    ($$put_merchant('m-1', price_review_percent => -0.1)$$,                 '22023', 'price_review_percent -0.1 is not a percentage'),
    ($$put_merchant('m-1', price_review_percent => 'NaN')$$,                '22023', 'price_review_percent NaN is not a percentage'),
    ($$put_merchant('m-1', price_review_percent => 'Infinity')$$,           '22023', 'price_review_percent Infinity is not a percentage'),
    ($$put_abstract_product(NULL)$$,                                        '22004', 'abstract_sku must not be NULL'),
    ($$put_abstract_product('A-1', repeat('x', 256))$$,                     '22023', 'name "' || repeat('x', 80) || '..." is longer than 255 characters'),
    ($$put_abstract_product('A-1', stores => '{M-9}')$$,                    '22023', 'unknown store "M-9"'),
    ($$put_product(NULL)$$,                                                 '22004', 'sku must not be NULL'),
    ($$put_product('P-9', abstract_sku => 'A-9')$$,                         'OE020', 'unknown abstract product "A-9"'),
    ($$put_product('P-9', abstract_sku => '')$$,                            '22023', 'abstract_sku "" is empty'),
    ($$put_product('P-9', stores => '{M-9}')$$,                             '22023', 'unknown store "M-9"'),
    ($$put_product('P-1', valid_from => '2026-01-01', valid_to => '2026-01-01')$$, '22023',
     'valid_to is not behind valid_from: a product cannot be valid from 2026-01-01 00:00:00+00 to 2026-01-01 00:00:00+00'),
    ($$put_warehouse(NULL)$$,                                               '22004', 'warehouse must not be NULL'),
    ($$put_warehouse('W-1', '{m-1,m-9}')$$,                                 'OE020', 'unknown merchant "m-9"'),
    ($$put_warehouse('W-1', '{NULL}')$$,                                    '22004', 'merchant_references must not contain NULL'),
    ($$put_warehouse('W-1', stores => '{M-9}')$$,                           '22023', 'unknown store "M-9"'),
    ($$put_relationship(NULL, 't-own')$$,                                   '22004', 'relationship_key must not be NULL'),
    ($$put_relationship('R-9')$$,                                           '22004', 'a new relationship needs merchant_reference'),
    ($$put_relationship('R-9', 'm-9')$$,                                    'OE020', 'unknown merchant "m-9"'),
    ($$put_relationship('R-1', 't-other')$$,                                'OE004', 'the merchant of relationship "R-1" never changes'),
    ($$put_relationship('R-1', buyers => '{a,NULL}')$$,                     '22004', 'buyers must not contain NULL'),
    ($$put_relationship('R-1', buyers => '{{a,b}}')$$,                      '22023', 'buyers must be a list, not an array of 2 dimensions'),
    ($$put_relationship('R-1', buyers => '{a,""}')$$,                       '22023', 'buyer "" is empty');
SELECT pg_temp.written() AS before \gset
SELECT throws_ok('SELECT offerengine.' || r.statement, r.state, r.message, r.statement) FROM (SELECT * FROM refused ORDER BY line) AS r;
SELECT is(pg_temp.written(), :'before', 'what is refused leaves nothing behind');

-- Who may: operators all of it, a merchant's role its own contracts, nobody else anything.
SELECT is(pg_temp.try_as(c.role, 'SELECT offerengine.' || c.call), '42501', c.role || ': ' || c.call)
  FROM (SELECT r.role, v.call FROM unnest('{t_storefront,t_reporting,t_nobody}'::text[]) AS r (role),
               unnest(ARRAY['put_store(''M-1'')', 'put_merchant(''m-1'')', 'put_abstract_product(''A-1'')', 'put_product(''P-1'')',
                            'put_warehouse(''W-1'')', 'put_relationship(''R-1'')']) AS v (call)
        UNION ALL
        SELECT 't_merchant', v.call FROM unnest(ARRAY['put_store(''M-1'')', 'put_merchant(''t-own'')', 'put_abstract_product(''A-1'')',
                                                      'put_product(''P-1'')', 'put_warehouse(''W-1'')']) AS v (call)) AS c;
CREATE TEMP TABLE merchants (line serial, role text, call text, answer text, outcome text);
INSERT INTO merchants (role, call, answer, outcome) VALUES
    ('t_merchant', $$put_relationship('R-M', 't-own', '{a,b}') > 0$$,       'true',     't-own | {a,b}'),
    ('t_merchant', $$put_relationship('R-M', buyers => '{b,c}') > 0$$,      'true',     't-own | {b,c}'),
    ('t_merchant', $$put_relationship('R-M', 't-own', '{}') > 0$$,          'true',     't-own'),
    ('t_merchant', $$put_relationship('R-M', buyers => '{d}') > 0$$,        'true',     't-own | {d}'),
    ('t_other_merchant', $$put_relationship('R-M', buyers => '{}')$$,       '22004',    't-own | {d}'),
    ('t_other_merchant', $$put_relationship('R-M', 't-own', '{}')$$,        'OE020',    't-own | {d}'),
    ('t_other_merchant', $$put_relationship('R-M', 't-other', '{}')$$,      '23505',    't-own | {d}'),
    ('t_merchant', $$put_relationship('R-M', 't-other')$$,                  'OE020',    't-own | {d}'),
    ('t_operator', $$put_relationship('R-M', 't-own', '{e}') > 0$$,         'true',     't-own | {e}');
CREATE TEMP TABLE merchants_done (line int, answer text, outcome text);
DO $$
DECLARE
    m merchants;
    answer text;
BEGIN
    FOR m IN SELECT * FROM merchants ORDER BY line LOOP
        answer := pg_temp.try_as(m.role, 'SELECT (offerengine.' || m.call || ')::text');
        INSERT INTO merchants_done VALUES (m.line, answer, pg_temp.told('relationship', 'R-M'));
    END LOOP;
END $$;
SELECT is(d.answer || ': ' || d.outcome, m.answer || ': ' || m.outcome, m.role || ': ' || m.call)
  FROM (SELECT * FROM merchants ORDER BY line) AS m JOIN merchants_done d USING (line);
SELECT is(pg_temp.try_as('t_other_merchant', format('SELECT offerengine_internal.delete_assignees(%s, ''{e}'')', r.merchant_relationship_id)), '0',
          'nobody takes buyers out of another merchant''s contract')
  FROM offerengine.merchant_relationship r WHERE r.relationship_key = 'R-M';

-- What an offer of the product shows follows: stores of the abstract product, the product's validity and where it belongs.
CREATE FUNCTION pg_temp.shown_in() RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(os.store_code ORDER BY os.store_code) FROM offerengine.offer_store os
     WHERE os.offer_reference = 'o-1' AND os.shown_from <= now() AND now() < os.shown_to $$;
SELECT offerengine.put_product('P-4', 'Four', stores => '{M-1,M-2}'), offerengine.put_abstract_product('A-4', 'Other', '{M-2}') \g /dev/null
SELECT offerengine.put_offer('o-1', 'P-4', 't-own', '{M-1,M-2}') \g /dev/null
SELECT offerengine.approve_offer('o-1') \g /dev/null
SELECT is(pg_temp.shown_in(), '{M-1,M-2}', 'shown in the stores of its product');
SELECT offerengine.put_product('P-4', stores => '{M-1}') \g /dev/null
SELECT is(pg_temp.shown_in(), '{M-1}', 'and no longer where put_product leaves one out');
SELECT offerengine.put_product('P-4', abstract_sku => 'A-4') \g /dev/null
SELECT is(pg_temp.shown_in(), '{M-2}', 'nor where the abstract product that it comes to is not');
SELECT offerengine.put_product('P-4', stores => '{M-1,M-2}', is_active => false) \g /dev/null
SELECT is(pg_temp.shown_in(), NULL, 'an inactive product is shown nowhere, whatever its stores');
SELECT offerengine.put_product('P-4', is_active => true) \g /dev/null
SELECT is(pg_temp.shown_in(), '{M-1,M-2}', 'active again, in the stores that it was given');
SELECT is_empty($$SELECT os.offer_id FROM offerengine.offer_store os
                   WHERE NOT EXISTS (SELECT FROM offerengine_internal.offer_store_expected e
                                      WHERE e.offer_id = os.offer_id AND e.store_code = os.store_code
                                        AND ROW(e.*)::offerengine.offer_store IS NOT DISTINCT FROM os)$$, 'every row is what it should be');

-- Plain INSERT is held to the same percentage.
SELECT throws_ok($$UPDATE offerengine.merchant SET price_review_percent = 'Infinity' WHERE merchant_reference = 'm-1'$$, '23514', NULL,
                 'no plain UPDATE writes an endless percentage');

-- What a question can name.
SELECT results_eq($$SELECT s.* FROM offerengine.stores() AS s WHERE s.store LIKE 'M-%'$$,
                  $$VALUES ('M-1', 'M-1', 'Europe/Berlin', NULL, NULL), ('M-2', 'Two', 'Asia/Tokyo', 'JP', 'EUR')$$, 'stores()');
SELECT is((SELECT array_agg(s.store) FROM offerengine.stores() AS s), (SELECT array_agg(s.store_code ORDER BY s.store_code) FROM offerengine.store s),
          'stores() has every store, by its code');
SELECT offerengine.put_store('M-2', currencies => '{JPY,EUR,CHF}') \g /dev/null
SELECT results_eq($$SELECT * FROM offerengine.currencies('M-2')$$,
                  $$VALUES ('JPY', 'Yen', 0, true), ('CHF', 'Swiss Franc', 2, false), ('EUR', 'Euro', 2, false)$$, 'currencies(), the default first');
SELECT is_empty($$SELECT * FROM offerengine.currencies('M-1')$$, 'a store without currencies has none');
SELECT throws_ok($$SELECT * FROM offerengine.currencies('M-9')$$, '22023', 'unknown store "M-9"', 'currencies() of an unknown store');
SELECT throws_ok($$SELECT * FROM offerengine.currencies(NULL)$$, '22004', 'store must not be NULL', 'currencies() of no store');
SELECT is((SELECT array_agg(t.price_type || ' ' || t.name) FROM offerengine.price_types() AS t),
          (SELECT array_agg(p.price_type || ' ' || p.name ORDER BY p.price_type) FROM offerengine.price_type p), 'price_types()');
SELECT is(pg_temp.try_as(r.role, 'SELECT count(*) > 0 FROM ' || f.call), r.outcome, r.role || ': ' || f.call)
  FROM (VALUES ('t_operator', 'true'), ('t_merchant', 'true'), ('t_storefront', 'true'), ('t_nobody', '42501')) AS r (role, outcome),
       unnest('{offerengine.stores(),offerengine.currencies(''M-2''),offerengine.price_types()}'::text[]) AS f (call);

SELECT * FROM finish();
ROLLBACK;
