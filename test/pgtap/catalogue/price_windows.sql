-- Which window set_price(), set_prices() and end_price() mean, what they tell, and what becomes of windows that become equal.
BEGIN;
\ir ../include/catalogue.psql
SELECT no_plan();

INSERT INTO offerengine.store_currency (store_code, currency_code) VALUES ('C-DE', 'EUR'), ('C-US', 'USD');
SELECT pg_temp.make_offer('c-x') \g /dev/null
SELECT pg_temp.make_offer('c-y', 'c-two') \g /dev/null
INSERT INTO offerengine.offer_store (offer_id, store_code)
SELECT pg_temp.offer(o), s FROM unnest('{c-x,c-y}'::text[]) AS o, unnest('{C-DE,C-US}'::text[]) AS s;

-- An instant as the tables below write it: years are far from now, "now" is this transaction's.
CREATE FUNCTION pg_temp.short(at timestamptz) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN at = now() THEN 'now' WHEN isfinite(at) THEN to_char(at, 'YYYY-MM-DD') ELSE replace(at::text, 'infinity', '*') END $$;
CREATE FUNCTION pg_temp.windows(reference text DEFAULT 'c-x') RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s%s..%s:%s', CASE WHEN p.min_quantity > 1 THEN p.min_quantity || '@' ELSE '' END,
                             pg_temp.short(p.valid_from), pg_temp.short(p.valid_to), coalesce(p.gross_amount::text, '-')), ' '
                      ORDER BY p.min_quantity, p.valid_from, p.valid_to)
      FROM offerengine.price p WHERE p.offer_id = pg_temp.offer(reference) $$;
CREATE FUNCTION pg_temp.told(statement text, given text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    part text;
BEGIN
    DELETE FROM offerengine.price p WHERE p.offer_id = pg_temp.offer('c-x') AND p.min_quantity > 1;
    DELETE FROM offerengine.price p WHERE p.offer_id = pg_temp.offer('c-x');
    FOREACH part IN ARRAY coalesce(string_to_array(given, ' '), '{}') LOOP
        INSERT INTO offerengine.price (offer_id, store_code, currency_code, gross_amount, valid_from, valid_to)
        VALUES (pg_temp.offer('c-x'), 'C-DE', 'EUR', split_part(part, ':', 2)::bigint,
                coalesce(nullif(replace(split_part(split_part(part, ':', 1), '..', 1), '*', 'infinity'), ''), '-infinity')::timestamptz,
                replace(split_part(split_part(part, ':', 1), '..', 2), '*', 'infinity')::timestamptz);
    END LOOP;
    EXECUTE 'SELECT offerengine.' || statement;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN pg_temp.windows();
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
CREATE TEMP TABLE stated (line serial, given text, statement text, then_there text);
INSERT INTO stated (given, statement, then_there) VALUES
    -- Neither end: the row without both, or a new one from now on where that has been ended.
    (NULL,                              $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x')$$, '-*..*:5'),
    ('-*..*:9',                         $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x')$$, '-*..*:5'),
    ('-*..2001-01-01:9',                $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x')$$, '-*..2001-01-01:9 now..*:5'),
    ('-*..2101-01-01:9',                $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x')$$, '-*..2101-01-01:9 now..*:5'),
    ('-*..2001-01-01:9 2002-01-01..*:8', $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x')$$,
        '-*..2001-01-01:9 2002-01-01..*:5'),
    ('-*..2001-01-01:9 2102-01-01..*:8', $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x')$$,
        '-*..2001-01-01:9 now..*:5 2102-01-01..*:8'),
    ('2001-01-01..*:9',                 $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x')$$, '-*..*:5 2001-01-01..*:9'),
    ('-*..*:9 -*..2101-01-01:8',        $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x')$$, '-*..2101-01-01:8 -*..*:5'),
    ('-*..2001-01-01:9 2002-01-01..*:8', $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x', min_quantity => 10)$$,
        '-*..2001-01-01:9 2002-01-01..*:8 10@now..*:5'),
    ('-*..*:9 2002-01-01..*:8',         $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x', min_quantity => 10)$$,
        '-*..*:9 2002-01-01..*:8 10@-*..*:5'),
    -- valid_from alone: the row that begins then and has not ended; several are refused; none is a new one without an end.
    ('-*..*:9',                         $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x', valid_from => '2100-01-01')$$,
        '-*..*:9 2100-01-01..*:5'),
    ('2100-01-01..2100-02-01:9',        $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x', valid_from => '2100-01-01')$$,
        '2100-01-01..2100-02-01:5'),
    ('2000-01-01..2000-02-01:9',        $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x', valid_from => '2000-01-01')$$,
        '2000-01-01..2000-02-01:9 2000-01-01..*:5'),
    ('2000-01-01..2000-02-01:9 2000-01-01..*:8', $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x', valid_from => '2000-01-01')$$,
        '2000-01-01..2000-02-01:9 2000-01-01..*:5'),
    ('2000-01-01..2100-02-01:9 2000-01-01..*:8', $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x', valid_from => '2000-01-01')$$,
        'OE021 several prices begin then: valid from 2000-01-01 01:00:00+01 to 2100-02-01 01:00:00+01, valid from 2000-01-01 01:00:00+01 on'),
    ('-*..2001-01-01:9',                $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x', valid_from => '-infinity')$$,
        '-*..2001-01-01:9 -*..*:5'),
    -- Both ends: exactly this window; an open end is infinity.
    ('2100-01-01..2100-02-01:9 2100-01-01..*:8', $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x', valid_from => '2100-01-01',
        valid_to => '2100-02-01')$$,    '2100-01-01..2100-02-01:5 2100-01-01..*:8'),
    ('2100-01-01..2100-02-01:9 2100-01-01..*:8', $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x', valid_from => '2100-01-01',
        valid_to => 'infinity')$$,      '2100-01-01..2100-02-01:9 2100-01-01..*:5'),
    ('2100-01-01..2100-02-01:9',        $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x', valid_from => '2100-01-01',
        valid_to => '2100-01-15')$$,    '2100-01-01..2100-01-15:5 2100-01-01..2100-02-01:9'),
    ('-*..*:9',                         $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x', valid_to => '2100-01-15')$$,
        '-*..2100-01-15:5 -*..*:9'),
    ('-*..2001-01-01:9',                $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x', valid_from => '-infinity',
        valid_to => 'infinity')$$,      '-*..2001-01-01:9 -*..*:5'),
    -- In one call: what was named by its start keeps its meaning, whatever the call itself makes.
    (NULL,                              $$set_prices('[{"store": "C-DE", "currency": "EUR", "offer_reference": "c-x", "gross_amount": 5,
        "valid_from": "2100-01-01", "valid_to": "2100-02-01"}, {"store": "C-DE", "currency": "EUR", "offer_reference": "c-x", "gross_amount": 6,
        "valid_from": "2100-01-01"}]')$$, '2100-01-01..2100-02-01:5 2100-01-01..*:6'),
    (NULL,                              $$set_prices('[{"store": "C-DE", "currency": "EUR", "offer_reference": "c-x", "gross_amount": 5,
        "valid_from": "2100-01-01"}, {"store": "C-DE", "currency": "EUR", "offer_reference": "c-x", "gross_amount": 6,
        "valid_from": "2100-01-01", "valid_to": "infinity"}]')$$, '2100-01-01..*:6'),
    -- Days of the store, the last one included.
    (NULL, $$set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x', valid_from_date => '2100-03-20', valid_to_date => 'infinity')$$,
        '2100-03-19..*:5'),
    -- end_price: what is in force at the instant, or begins then.
    ('-*..*:9',                         $$end_price('C-DE', 'EUR', 'c-x')$$, '-*..now:9'),
    ('-*..*:9 2100-01-01..*:8',         $$end_price('C-DE', 'EUR', 'c-x', valid_to => '2101-01-01')$$, '-*..2101-01-01:9 2100-01-01..2101-01-01:8'),
    ('-*..*:9 2100-01-01..*:8',         $$end_price('C-DE', 'EUR', 'c-x', valid_from => '2100-01-01', valid_to => '2101-01-01')$$,
        '-*..*:9 2100-01-01..2101-01-01:8'),
    ('-*..*:9 2100-01-01..2101-01-01:8', $$end_price('C-DE', 'EUR', 'c-x', valid_from => '2100-01-01', valid_to => '2102-01-01')$$,
        '-*..*:9 2100-01-01..2102-01-01:8'),
    ('-*..*:9 2000-01-01..2001-01-01:8', $$end_price('C-DE', 'EUR', 'c-x', valid_from => '2000-01-01', valid_to => '2002-01-01')$$,
        'OE020 there is no such price to end at 2002-01-01 00:00:00+00'),
    ('-*..*:9 2000-01-01..2001-01-01:8', $$end_price('C-DE', 'EUR', 'c-x', valid_from => '2000-01-01', valid_to => '2000-06-01')$$,
        '-*..*:9 2000-01-01..2000-06-01:8'),
    ('2100-01-01..2101-01-01:8',        $$end_price('C-DE', 'EUR', 'c-x', valid_from => '2100-01-01', valid_to => '2101-01-01')$$,
        'OE020 there is no such price to end at 2101-01-01 00:00:00+00'),
    ('2100-01-01..2101-01-01:8',        $$end_price('C-DE', 'EUR', 'c-x', valid_from => '2100-01-01', valid_to => '2100-01-01')$$, NULL),
    -- Windows that become equal are one: the row that counted stays.
    ('2100-01-01..2100-06-01:9 2100-01-01..*:8', $$end_price('C-DE', 'EUR', 'c-x', valid_to => '2100-03-01')$$, '2100-01-01..2100-03-01:9'),
    ('2100-01-01..2100-06-01:9 2100-01-01..*:8', $$end_price('C-DE', 'EUR', 'c-x', valid_from => '2100-01-01', valid_to => '2100-06-01')$$,
        '2100-01-01..2100-06-01:9'),
    ('2100-01-01..2100-03-01:7 2100-01-01..2100-06-01:9 2100-01-01..*:8', $$end_price('C-DE', 'EUR', 'c-x', valid_to => '2100-05-01')$$,
        '2100-01-01..2100-03-01:7 2100-01-01..2100-05-01:9'),
    ('2100-01-01..2100-03-01:7 2100-01-01..2100-06-01:9', $$end_price('C-DE', 'EUR', 'c-x', valid_to => '2100-03-01')$$,
        '2100-01-01..2100-03-01:7');
SELECT is(pg_temp.told(s.statement, s.given), s.then_there, concat_ws(' -> ', coalesce(s.given, 'nothing'), regexp_replace(s.statement, '\s+', ' ', 'g')))
  FROM (SELECT * FROM stated ORDER BY line) AS s;

-- The other of two that became equal is in the history, and a second call finds the row that a first one began.
SELECT is(pg_temp.told($$end_price('C-DE', 'EUR', 'c-x', valid_to => '2100-03-01')$$, '2100-01-01..2100-06-01:9 2100-01-01..*:8'),
          '2100-01-01..2100-03-01:9', 'two windows become equal');
SELECT results_eq($$SELECT h.gross_amount, h.operation, pg_temp.short(h.valid_to) FROM offerengine.price_history h ORDER BY h.price_history_id DESC LIMIT 2$$,
                  $$VALUES (9::bigint, 'update' COLLATE "C", '2100-06-01'), (8, 'delete', '*')$$, 'the other one is in the history');
SELECT pg_temp.told($$end_price('C-DE', 'EUR', 'c-x')$$, '-*..*:9') \g /dev/null
SELECT offerengine.set_price('C-DE', 'EUR', gross_amount => 5, offer_reference => 'c-x') AS begun \gset
SELECT is(offerengine.set_price('C-DE', 'EUR', gross_amount => 6, offer_reference => 'c-x'), :begun::bigint, 'a second call finds what the first began');
SELECT is(pg_temp.windows(), '-*..now:9 now..*:6', 'and nothing piles up');

-- Days of the store: Berlin and New York, on both sides of a change of clocks.
DELETE FROM offerengine.price;
SELECT offerengine.set_price('C-DE', 'EUR', 1, NULL, 'c-x', valid_from_date => '2025-03-30', valid_to_date => '2025-03-30') \g /dev/null
SELECT offerengine.set_price('C-US', 'USD', 1, NULL, 'c-x', valid_from_date => '2025-11-02', valid_to_date => '2025-11-02') \g /dev/null
SELECT offerengine.set_prices('[{"store": "C-US", "currency": "EUR", "offer_reference": "c-x", "net_amount": 1, "valid_from_date": "2025-01-01",
    "valid_to_date": "2025-01-31"}]') \g /dev/null
SELECT results_eq($$SELECT p.store_code, p.currency_code, p.valid_from, p.valid_to FROM offerengine.price p ORDER BY 1, 2$$,
    $$VALUES ('C-DE' COLLATE "C", 'EUR' COLLATE "C", '2025-03-29 23:00Z'::timestamptz, '2025-03-30 22:00Z'::timestamptz),
             ('C-US', 'EUR', '2025-01-01 05:00Z', '2025-02-01 05:00Z'), ('C-US', 'USD', '2025-11-02 04:00Z', '2025-11-03 05:00Z')$$,
    'days are the store''s, of 23 and 25 hours, too');

-- What a new window meets is told; a change of a row that is there is not.
CREATE FUNCTION pg_temp.interrupted(a_from timestamptz, a_to timestamptz, b_from timestamptz, b_to timestamptz) RETURNS boolean LANGUAGE sql AS
    'SELECT offerengine_internal.goes_before($1, $2, $3, $4)';
SELECT is(pg_temp.interrupted(a.f, a.t, b.f, b.t), c.before, format('[%s, %s) before [%s, %s)', a.f, a.t, b.f, b.t))
  FROM (VALUES ('2100-01-01', '2100-02-01', '-infinity', 'infinity', true), ('-infinity', '2100-02-01', '2100-01-01', 'infinity', true),
               ('2100-01-01', 'infinity', '-infinity', '2100-02-01', false), ('2100-01-02', '2100-02-01', '2100-01-01', '2100-01-15', true),
               ('2100-01-01', '2100-01-15', '2100-01-01', '2100-02-01', true), ('2100-01-01', '2100-02-01', '2100-01-01', '2100-01-15', false),
               ('2100-01-02', 'infinity', '2100-01-01', 'infinity', true)) AS c (a_from, a_to, b_from, b_to, before)
 CROSS JOIN LATERAL (VALUES (c.a_from::timestamptz, c.a_to::timestamptz)) AS a (f, t)
 CROSS JOIN LATERAL (VALUES (c.b_from::timestamptz, c.b_to::timestamptz)) AS b (f, t);

-- recorded_at: when it was told; changing another row or nothing does not touch it, and nobody sets it on a change.
DELETE FROM offerengine.price;
SELECT offerengine.set_price('C-DE', 'EUR', 1, NULL, 'c-x') AS one \gset
SELECT p.recorded_at AS told FROM offerengine.price p WHERE p.price_id = :one \gset
SELECT ok(:'told'::timestamptz BETWEEN now() AND clock_timestamp(), 'a new price says when it was told');
SELECT offerengine.set_price('C-DE', 'EUR', 1, NULL, 'c-x') \g /dev/null
UPDATE offerengine.price SET net_amount = net_amount WHERE price_id = :one;
SELECT is(p.recorded_at, :'told'::timestamptz, 'the same again changes nothing') FROM offerengine.price p WHERE p.price_id = :one;
UPDATE offerengine.price SET net_amount = 2, recorded_at = '2001-01-01' WHERE price_id = :one;
SELECT ok(p.recorded_at > :'told'::timestamptz, 'a change is told anew, whatever it says of itself') FROM offerengine.price p WHERE p.price_id = :one;
SELECT is(h.recorded_at, :'told'::timestamptz, 'the history keeps when it was told') FROM offerengine.price_history h
 WHERE h.price_id = :one ORDER BY h.price_history_id LIMIT 1;

-- price_change: the history in references.
SET LOCAL offerengine.acting_user = 'pia';
SELECT offerengine.end_price('C-DE', 'EUR', 'c-x', valid_to => '2100-01-01') \g /dev/null
DELETE FROM offerengine.price WHERE price_id = :one;
RESET offerengine.acting_user;
SELECT is(array_agg(ROW(c.operation, c.old_net_amount, c.old_net_value, c.new_net_amount, pg_temp.short(c.old_valid_to), pg_temp.short(c.new_valid_to),
                    c.changed_by = CURRENT_USER, c.acting_user)::text ORDER BY c.changed_at),
          ARRAY['(insert,,,1,,,,)', '(update,1,0.01,2,,,t,)', '(update,2,0.02,2,,2100-01-01,t,pia)', '(delete,2,0.02,,2100-01-01,,t,pia)'],
          'price_change tells who changed what, open ends as NULL')
  FROM offerengine.price_change c WHERE c.price_id = :one;
SELECT is(array_agg(DISTINCT concat_ws('|', c.owner, c.offer_reference, c.sku, coalesce(c.abstract_sku, '-'), c.merchant_reference, coalesce(c.relationship_key, '-'),
                                       c.store_code, c.currency_code, c.price_type, c.min_quantity)),
          ARRAY['offer|c-x|C-P1|-|c-one|-|C-DE|EUR|DEFAULT|1'], 'in references')
  FROM offerengine.price_change c WHERE c.price_id = :one;
SELECT offerengine.set_price('C-DE', 'EUR', 3, NULL, 'c-y') \g /dev/null
CREATE ROLE c_one;
SELECT offerengine.grant_access('c_one', 'merchant', 'c-one') \g /dev/null
SET LOCAL ROLE c_one;
SELECT set_eq('SELECT DISTINCT c.offer_reference FROM offerengine.price_change c WHERE c.offer_reference IS NOT NULL', $$VALUES ('c-x' COLLATE "C")$$,
              'a merchant sees its own');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
