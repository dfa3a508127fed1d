-- Writers by natural key: what they write, what they keep, what they refuse, and that they change nothing when nothing differs.
BEGIN;
\ir ../include/catalogue.psql
SELECT no_plan();

CREATE FUNCTION pg_temp.one_line(statement text) RETURNS text LANGUAGE sql AS $$ SELECT regexp_replace(statement, '\s+', ' ', 'g') $$;

-- put_offer: a new one with every default, then what each argument does.
SELECT is(offerengine.put_offer('c-w', 'C-P1', 'c-one'), pg_temp.offer('c-w'), 'put_offer answers the id');
SELECT is(ROW(o.offer_reference, o.product_id, o.merchant_id, o.merchant_sku, o.title, o.offer_type, o.management,
              o.approval_status, o.is_active, o.valid_from, o.valid_to, o.version)::text,
          ROW('c-w', pg_temp.product('C-P1'), pg_temp.merchant('c-one'), NULL, NULL, 'product', 'standard',
              'waiting_for_approval', true, '-infinity', 'infinity', 1)::text, 'defaults of a new offer')
  FROM offerengine.offer o WHERE o.offer_reference = 'c-w';
SELECT offerengine.put_offer(sku => 'C-P1', merchant_reference => 'c-two') AS made \gset
SELECT is(pg_temp.offer('offer' || :made), :made::bigint, 'a reference left out is made up');

CREATE FUNCTION pg_temp.after(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before integer := pg_temp.version('c-w');
    answer text;
BEGIN
    EXECUTE format('SELECT offerengine.put_offer(%L, %s)', 'c-w', arguments);
    SELECT concat_ws(' ', o.merchant_sku, o.title, o.offer_type, o.management, o.is_active, o.valid_from, o.valid_to,
                     (SELECT array_agg(os.store_code ORDER BY os.store_code) FROM offerengine.offer_store os
                         WHERE os.offer_id = o.offer_id),
                     '+' || o.version - before)
      INTO answer FROM offerengine.offer o WHERE o.offer_reference = 'c-w';
    RETURN answer;
END
$$;
CREATE TEMP TABLE put (line serial, arguments text, outcome text);
INSERT INTO put (arguments, outcome) VALUES
    ($$title => 'T'$$,                                  'T product standard t -infinity infinity +1'),
    ($$title => 'T'$$,                                  'T product standard t -infinity infinity +0'),
    ($$merchant_sku => 'm-1', is_active => false$$,     'm-1 T product standard f -infinity infinity +1'),
    ($$offer_type => 'time_pass', management => 'externally_invoiced'$$,
        'm-1 T time_pass externally_invoiced f -infinity infinity +1'),
    ($$valid_from => '2026-01-01', valid_to => '2027-01-01'$$,
        'm-1 T time_pass externally_invoiced f 2026-01-01 00:00:00+00 2027-01-01 00:00:00+00 +1'),
    ($$stores => '{C-DE,C-AT,C-DE}'$$,
        'm-1 T time_pass externally_invoiced f 2026-01-01 00:00:00+00 2027-01-01 00:00:00+00 {C-AT,C-DE} +1'),
    ($$stores => '{C-AT,C-DE}'$$,
     'm-1 T time_pass externally_invoiced f 2026-01-01 00:00:00+00 2027-01-01 00:00:00+00 {C-AT,C-DE} +0'),
    ($$stores => '{C-AT,C-US}'$$,
     'm-1 T time_pass externally_invoiced f 2026-01-01 00:00:00+00 2027-01-01 00:00:00+00 {C-AT,C-US} +2'),
    ($$stores => '{}'$$,
     'm-1 T time_pass externally_invoiced f 2026-01-01 00:00:00+00 2027-01-01 00:00:00+00 +1'),
    ($$'C-P1', 'c-one', title => '', merchant_sku => ''$$,
        'time_pass externally_invoiced f 2026-01-01 00:00:00+00 2027-01-01 00:00:00+00 +1'),
    ($$valid_from => '-infinity', valid_to => 'infinity', is_active => true$$,
        'time_pass externally_invoiced t -infinity infinity +1');
SELECT is(pg_temp.after(p.arguments), p.outcome, 'put_offer: ' || p.arguments) FROM (SELECT * FROM put ORDER BY line) AS p;
-- How long a time pass runs, and whether an offer is a parcel: kept when left out, part by part, cleared by zero.
CREATE FUNCTION pg_temp.delivery(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before integer := pg_temp.version('c-w');
BEGIN
    EXECUTE format('SELECT offerengine.put_offer(%L, %s)', 'c-w', arguments);
    RETURN (SELECT concat_ws(' ', o.offer_type, coalesce(o.pass_duration::text, '-'), coalesce(o.is_shipped::text, '-'), '+' || o.version - before)
              FROM offerengine.offer o WHERE o.offer_reference = 'c-w');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
TRUNCATE put;
INSERT INTO put (arguments, outcome) VALUES
    ($$title => ''$$,                               'time_pass - - +0'),
    ($$pass_duration => '30 days'$$,                'time_pass 30 days - +1'),
    ($$pass_duration => '30 days', title => ''$$,   'time_pass 30 days - +0'),
    ($$pass_duration => '1 month'$$,                'time_pass 1 mon - +1'),
    ($$pass_duration => '720 hours'$$,              '22023 pass_duration must be years, months and days, not 720:00:00'),
    ($$pass_duration => '24:00'$$,                  '22023 pass_duration must be years, months and days, not 24:00:00'),
    ($$pass_duration => '1 day 00:00:01'$$,         '22023 pass_duration must be years, months and days, not 1 day 00:00:01'),
    ($$pass_duration => '1 day -24:00'$$,           '22023 pass_duration must be years, months and days, not 1 day -24:00:00'),
    ($$pass_duration => '-1 day'$$,                 '22023 pass_duration must be years, months and days, not -1 days'),
    ($$pass_duration => '1 month -30 days'$$,       '22023 pass_duration must be years, months and days, not 1 mon -30 days'),
    ($$pass_duration => '2 months -1 day'$$,        '22023 pass_duration must be years, months and days, not 2 mons -1 days'),
    ($$pass_duration => '-1 year 400 days'$$,       '22023 pass_duration must be years, months and days, not -1 years +400 days'),
    ($$offer_type => 'product'$$,                   '22023 an offer of type product runs for no pass_duration, 1 mon'),
    ($$is_shipped => true$$,                        'time_pass 1 mon true +1'),
    ($$pass_duration => '1 year 2 months 3 days', is_shipped => false$$, 'time_pass 1 year 2 mons 3 days false +1'),
    ($$is_shipped => false$$,                       'time_pass 1 year 2 mons 3 days false +0'),
    ($$pass_duration => '0'$$,                      'time_pass - false +1'),
    ($$pass_duration => '0'$$,                      'time_pass - false +0'),
    ($$pass_duration => '1 month'$$,                'time_pass 1 mon false +1'),
    ($$offer_type => 'add_on', management => 'standard', pass_duration => '0'$$, 'add_on - false +1'),
    ($$pass_duration => '1 day'$$,                  '22023 an offer of type add_on runs for no pass_duration, 1 day'),
    ($$offer_type => 'time_pass', management => 'externally_invoiced', is_shipped => true$$, 'time_pass - true +1');
SELECT is(pg_temp.delivery(p.arguments), p.outcome, 'put_offer: ' || p.arguments) FROM (SELECT * FROM put ORDER BY line) AS p;
SELECT offerengine.put_offer('c-pass', 'C-P1', 'c-one', offer_type => 'time_pass', pass_duration => '7 days', is_shipped => false),
       offerengine.put_offer('c-pass-2', 'C-P1', 'c-one', offer_type => 'time_pass', pass_duration => '0'),
       offerengine.put_offer('c-pass-3', 'C-P1', 'c-one', is_shipped => true) \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', o.pass_duration, o.is_shipped), ', ' ORDER BY o.offer_reference) FROM offerengine.offer o WHERE o.offer_reference LIKE 'c-pass%'),
          '7 days f, , t', 'new ones');

SELECT offerengine.set_price('C-DE', 'EUR', 100, 119, 'c-w') \g /dev/null
SELECT offerengine.put_offer('c-user', 'C-P1', 'c-one', merchant_sku => 'c-used') \g /dev/null
CREATE TEMP TABLE refused (statement text, outcome text, message text);
INSERT INTO refused VALUES
    ($$put_offer('c-new')$$,                                        '22004', 'a new offer needs sku and merchant_reference'),
    ($$put_offer('c-new', 'C-P1')$$,                                '22004', 'a new offer needs sku and merchant_reference'),
    ($$put_offer('c-new', 'C-P9', 'c-one')$$,                       'OE020', 'unknown product "C-P9"'),
    ($$put_offer('c-new', 'C-P1', 'c-nine')$$,                      'OE020', 'unknown merchant "c-nine"'),
    ($$put_offer('c-new', 'C-P1', 'c-one', '{C-DE,C-ZZ}')$$,        '22023', 'unknown store "C-ZZ"'),
    ($$put_offer('c-new', 'C-P1', 'c-one', '{NULL}')$$,             '22004', 'stores must not be NULL or contain NULL'),
    ($$put_offer('', 'C-P1', 'c-one')$$,                            '22023', 'offer_reference "" is empty'),
    ($$put_offer(' c-new', 'C-P1', 'c-one')$$,
     '22023', 'offer_reference " c-new" begins or ends with white space'),
    ($$put_offer(repeat('x', 3000), 'C-P1', 'c-one')$$,
     '22023', 'offer_reference "' || repeat('x', 80) || '..." is longer than 255 bytes'),
    ($$put_offer('c-new', chr(9), 'c-one')$$,                       '22023', 'sku "\u0009" contains a control character'),
    ($$put_offer('c-new', 'C-P1', 'c-one' || chr(8203))$$,
     '22023', 'merchant_reference "c-one\u200B" begins or ends with white space'),
    ($$put_offer('c-new', 'C-P1', 'c-one', merchant_sku => 'x ')$$, '22023', 'merchant_sku "x " begins or ends with white space'),
    ($$put_offer('c-new', 'C-P1', 'c-one', title => 'a' || chr(10) || 'b')$$,
     '22023', 'title "a\u000Ab" contains a control character'),
    ($$put_offer('c-new', 'C-P1', 'c-one', title => repeat('x', 256))$$, '22023',
     'title "' || repeat('x', 80) || '..." is longer than 255 characters'),
    ($$put_offer('c-new', 'C-P1', 'c-one', '{{C-DE,C-AT}}')$$,      '22023', 'stores must be a list, not an array of 2 dimensions'),
    ($$put_offer('c-new', 'C-P1', 'c-one', offer_type => 'x')$$,    '22023', 'unknown offer type "x"'),
    ($$put_offer('c-new', 'C-P1', 'c-one', management => 'x')$$,    '22023', 'unknown management "x"'),
    ($$put_offer('c-new', 'C-P1', 'c-one', pass_duration => '1 day')$$, '22023', 'an offer of type product runs for no pass_duration, 1 day'),
    ($$put_offer('c-new', 'C-P1', 'c-one', offer_type => 'time_pass', pass_duration => '1 hour')$$, '22023', 'pass_duration must be years, months and days, not 01:00:00'),
    ($$put_offer('c-new', 'C-P1', 'c-one', offer_type => 'credit', management => 'externally_invoiced')$$,
     '22023', 'an offer of type credit cannot be externally_invoiced'),
    ($$put_offer('c-new', 'C-P1', 'c-one', offer_type => 'gift_voucher', management => 'externally_managed')$$,
     '22023', 'an offer of type gift_voucher cannot be externally_managed'),
    ($$put_offer('c-new', 'C-P1', 'c-one', valid_from => '2026-01-01', valid_to => '2026-01-01')$$, '22023',
     'valid_to is not behind valid_from: an offer cannot be valid from 2026-01-01 00:00:00 UTC to 2026-01-01 00:00:00 UTC'),
    ($$put_offer('c-w', valid_to => '-infinity')$$,                 '22023', NULL),
    ($$put_offer('c-w', merchant_sku => 'c-used')$$,                '23505', 'merchant_sku "c-used" is taken by offer "c-user"'),
    ($$set_offer_active('{{c-w},{c-w}}'::text[], true)$$,           '22023',
     'offer_reference must be a list, not an array of 2 dimensions'),
    ($$set_stock('c-w ', 'w', 1)$$,                                 '22023', 'offer_reference "c-w " begins or ends with white space'),
    ($$set_stock('c-w', '', 1)$$,                                   '22023', 'warehouse "" is empty'),
    ($$put_offer('c-w', 'C-P2')$$,                                  'OE004', 'product and merchant of offer "c-w" never change'),
    ($$put_offer('c-w', merchant_reference => 'c-two')$$,           'OE004', 'product and merchant of offer "c-w" never change'),
    ($$set_offer_stores('c-nine', '{C-DE}')$$,                      'OE020', 'unknown offer "c-nine"'),
    ($$set_offer_stores(NULL, '{C-DE}')$$,                          'OE020', NULL),
    ($$set_offer_stores('c-w', NULL)$$,                             '22004', 'stores must not be NULL or contain NULL'),
    ($$set_offer_stores('c-w', '{C-ZZ}')$$,                         '22023', 'unknown store "C-ZZ"'),
    ($$set_offer_active('c-nine', true)$$,                          'OE020', 'unknown offer "c-nine"'),
    ($$set_offer_active('c-w', NULL)$$,                             '22004', NULL),
    ($$set_offer_active('{c-w,c-nine}'::text[], false)$$,           'OE020', 'unknown offer "c-nine"'),
    ($$set_offer_active('{c-w,NULL}'::text[], false)$$,             'OE020', 'unknown offer "NULL"'),
    ($$set_offer_active(NULL::text[], false)$$,                     '22004', NULL),
    ($$set_price('C-DE', 'EUR', 1, 1)$$,
     '22023', 'a price has one owner: offer_reference NULL, sku NULL, abstract_sku NULL'),
    ($$set_price('C-DE', 'EUR', 1, 1, 'c-w', 'C-P1')$$,
     '22023', 'a price has one owner: offer_reference ''c-w'', sku ''C-P1'', abstract_sku NULL'),
    ($$set_price('C-DE', 'EUR', 1, 1, NULL, 'C-P1', 'C-A1')$$,      '22023', NULL),
    ($$set_price(NULL, 'EUR', 1, 1, 'c-w')$$,                       '22004', 'store and currency must not be NULL'),
    ($$set_price('C-DE', NULL, 1, 1, 'c-w')$$,                      '22004', 'store and currency must not be NULL'),
    ($$set_price('C-ZZ', 'EUR', 1, 1, 'c-w')$$,                     '22023', 'unknown store "C-ZZ"'),
    ($$set_price('C-DE', 'QQZ', 1, 1, 'c-w')$$,                     '22023', 'unknown currency "QQZ"'),
    ($$set_price('C-DE', 'EUR', 1, 1, 'c-w', price_type => 'X')$$,  '22023', 'unknown price type "X"'),
    ($$set_price('C-DE', 'EUR', 1, 1, 'c-nine')$$,                  'OE020', 'unknown offer "c-nine"'),
    ($$set_price('C-DE', 'EUR', 1, 1, sku => 'C-P9')$$,             'OE020', 'unknown product "C-P9"'),
    ($$set_price('C-DE', 'EUR', 1, 1, abstract_sku => 'C-A9')$$,    'OE020', 'unknown abstract product "C-A9"'),
    ($$set_price('C-DE', 'EUR', 1, 1, 'c-w', relationship_key => 'c-no')$$, 'OE020', 'unknown merchant relationship "c-no"'),
    ($$set_price('C-DE', 'EUR', 1, 1, 'c-w', relationship_key => 'c-rel-c-two')$$, 'OE007', NULL),
    ($$set_price('C-DE', 'EUR', 1, 1, 'c-w', relationship_key => '')$$, '22023', 'relationship_key "" is empty'),
    ($$set_price('C-DE', 'EUR', 1, 1, repeat('x', 3000))$$,         '22023',
     'offer_reference "' || repeat('x', 80) || '..." is longer than 255 bytes'),
    ($$set_price('C-DE', 'EUR', 1, 1, 'c-w', min_quantity => 0)$$,  '22023', 'min_quantity 0 is below 1'),
    ($$set_price('C-DE', 'EUR', -1, NULL, 'c-w')$$,                 '22023', 'net_amount -1 is below 0'),
    ($$set_price('C-DE', 'EUR', NULL, -5, 'c-w')$$,                 '22023', 'gross_amount -5 is below 0'),
    ($$set_price('C-AT', 'EUR', NULL, NULL, 'c-w')$$,               '22004', 'a new price needs net_amount or gross_amount'),
    ($$set_price('C-AT', 'EUR', 1, NULL, 'c-w', valid_from => '2026-01-01', valid_to => '2026-01-01')$$, '22023',
     'valid_to is not behind valid_from: a price cannot be valid from 2026-01-01 00:00:00 UTC to 2026-01-01 00:00:00 UTC'),
    ($$set_price('C-AT', 'EUR', 1, NULL, 'c-w', valid_from => 'infinity')$$, '22023', NULL),
    ($$set_price('C-AT', 'EUR', 1, NULL, 'c-w', valid_from => '2026-01-01', valid_from_date => '2026-01-01')$$, '22023',
     'give valid_from or valid_from_date, not both'),
    ($$set_price('C-AT', 'EUR', 1, NULL, 'c-w', valid_to => '2026-01-01', valid_to_date => '2026-01-01')$$, '22023',
     'give valid_to or valid_to_date, not both'),
    ($$set_price('C-AT', 'EUR', 1, NULL, 'c-w', valid_from_date => '4713-01-01 BC')$$, '22023', NULL),
    ($$set_price('C-AT', 'EUR', 1, NULL, 'c-w', min_quantity => 5)$$, 'OE005', NULL),
    ($$set_prices(NULL)$$,                                          '22004', 'prices must not be NULL'),
    ($$set_prices('{}')$$,                                          '22023', 'prices must be a JSON array, not object'),
    ($$set_prices('[1]')$$,                                         '22023', 'price 1 must be a JSON object, not number'),
    ($$set_prices('[{"store":"C-DE","currency":"EUR","offer_reference":"c-w","net":1}]')$$, '22023',
        'price 1 has an unknown or malformed "net": 1'),
    ($$set_prices('[{"store":"C-DE","currency":"EUR","offer_reference":"c-w","net_amount":1.5}]')$$, '22023',
        'price 1 has an unknown or malformed "net_amount": 1.5'),
    ($$set_prices('[{"store":"C-DE","currency":"EUR","offer_reference":"c-w","net_amount":"1"}]')$$, '22023', NULL),
    ($$set_prices('[{"store":1,"currency":"EUR","offer_reference":"c-w","net_amount":1}]')$$, '22023',
        'price 1 has an unknown or malformed "store": 1'),
    ($$set_prices('[{"store":"C-DE","currency":"EUR","offer_reference":"c-w","net_amount":null,"gross_amount":null}]')$$,
        '22004', 'a price of offer "c-w" needs net_amount or gross_amount'),
    ($$set_prices('[{"store":"C-DE","currency":"EUR","offer_reference":"c-w","net_amount":5,"valid_from":"2026-02-30"}]')$$,
        '22023', '"2026-02-30" is no valid_from'),
    ($$set_prices('[{"store":"C-DE","currency":"EUR","offer_reference":"c-w","net_amount":5,"valid_to_date":"soon"}]')$$,
        '22023', '"soon" is no valid_to'),
    ($$set_prices('[{"store":"C-DE","currency":"EUR","offer_reference":"c-w","net_amount":99999999999999999999}]')$$,
        '22023', 'price 1 has an unknown or malformed "net_amount": 99999999999999999999'),
    ($$set_prices('[{"store":"C-DE","currency":"EUR","offer_reference":"c-w","net_amount":5},
      {"store":"C-DE","currency":"EUR","sku":"C-P9","net_amount":5}]')$$,
     'OE020', 'unknown product "C-P9"'),
    ($$end_price('C-DE', 'EUR', 'c-nine')$$,                        'OE020', 'unknown offer "c-nine"'),
    ($$end_price('C-AT', 'EUR', 'c-w')$$,                           'OE020', NULL),
    ($$end_price('C-DE', 'EUR')$$,                                  '22023', NULL);
CREATE FUNCTION pg_temp.catalogue() RETURNS text LANGUAGE sql AS $$
    SELECT md5(concat((SELECT string_agg(o::text, '' ORDER BY o.offer_id) FROM offerengine.offer o),
                      (SELECT string_agg(os::text, '' ORDER BY os.offer_id, os.store_code) FROM offerengine.offer_store os),
                      (SELECT string_agg(p::text, '' ORDER BY p.price_id) FROM offerengine.price p),
                      (SELECT count(*) FROM offerengine.price_history)))
$$;
CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    EXECUTE 'SELECT offerengine.' || statement;
    SET CONSTRAINTS ALL IMMEDIATE;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT pg_temp.catalogue() AS before \gset
SELECT CASE WHEN r.message IS NULL THEN is(left(pg_temp.refusal(r.statement), 5), r.outcome, pg_temp.one_line(r.statement))
            ELSE is(pg_temp.refusal(r.statement), r.outcome || ' ' || r.message, pg_temp.one_line(r.statement)) END
  FROM refused r;
SELECT is(pg_temp.catalogue(), :'before', 'and nothing is written');

-- What a refusal says of where it happened is a line or two, never pages of the engine's statements.
CREATE FUNCTION pg_temp.longest_context(statement text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    context text;
BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    EXECUTE 'SELECT offerengine.' || statement;
    SET CONSTRAINTS ALL IMMEDIATE;
    RETURN 0;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
    RETURN (SELECT max(length(m[1]))
              FROM regexp_matches(context, '(?:SQL (?:statement|expression)|assignment) "([^"]*)"', 'g') AS m);
END
$$;
SELECT offerengine.put_offer('c-sub', 'C-P1', 'c-one', offer_type => 'subscription') \g /dev/null
SELECT offerengine.put_price_sheet('c-sheet') \g /dev/null
UPDATE offerengine.offer SET approval_status = 'approved' WHERE offer_reference = 'c-user';
INSERT INTO refused (statement, outcome) VALUES
    ($$set_price('C-DE', 'EUR', 1, 1, 'c-sub')$$,                   'OE019'),
    ($$put_offer('c-sub', price_sheet => 'c-sheet')$$,              'OE019'),
    ($$put_offer('c-new', 'C-P1', 'c-one', offer_type => 'subscription', price_sheet => 'c-sheet')$$, 'OE019'),
    ($$put_offer('c-user', management => 'externally_managed')$$,   'OE004');
SELECT is(left(pg_temp.refusal(r.statement), 5), r.outcome, r.statement) FROM refused r WHERE r.statement ~ 'c-sub|c-sheet|c-user';
SELECT cmp_ok(coalesce(pg_temp.longest_context(r.statement), 0), '<', 500, 'context: ' || pg_temp.one_line(r.statement))
  FROM refused r;

-- set_offer_stores, set_offer_active.
SELECT is(offerengine.set_offer_stores('c-w', '{C-DE}'), pg_temp.offer('c-w'), 'set_offer_stores answers the id');
SELECT is(offerengine.set_offer_active('c-w', false), pg_temp.offer('c-w'), 'set_offer_active answers the id');
SELECT pg_temp.make_offer('c-x') \g /dev/null
SELECT pg_temp.catalogue() AS before \gset
SELECT is(offerengine.set_offer_active('c-w', false), pg_temp.offer('c-w'), 'the same again');
SELECT is(pg_temp.catalogue(), :'before', 'changes nothing');
SELECT is(offerengine.set_offer_active('{c-w,c-x,c-w}'::text[], true), 1, 'of two offers one changes');
SELECT is(offerengine.set_offer_active('{}'::text[], true), 0, 'none of none');
SELECT is(offerengine.set_offer_active('{c-w,c-x}'::text[], false), 2, 'both');

-- set_price: one row per key; what is left out is kept.
CREATE FUNCTION pg_temp.priced(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before integer := pg_temp.version('c-w');
    id bigint;
    answer text;
BEGIN
    EXECUTE 'SELECT offerengine.' || statement INTO id;
    SELECT format('%s/%s [%s, %s) +%s %s', coalesce(p.net_amount::text, '-'), coalesce(p.gross_amount::text, '-'),
        p.valid_from, p.valid_to,
                  pg_temp.version('c-w') - before, (SELECT count(*) FROM offerengine.price))
      INTO answer FROM offerengine.price p WHERE p.price_id = id;
    RETURN answer;
END
$$;
CREATE TEMP TABLE priced (line serial, statement text, outcome text, price_rows integer);
INSERT INTO priced (statement, outcome, price_rows) VALUES
    ($$set_price('C-DE', 'EUR', 100, 119, 'c-w')$$,                         '100/119 [-infinity, infinity) +0', 1),
    ($$set_price('C-DE', 'EUR', offer_reference => 'c-w')$$,                '100/119 [-infinity, infinity) +0', 1),
    ($$set_price('C-DE', 'EUR', 90, offer_reference => 'c-w')$$,            '90/119 [-infinity, infinity) +1', 1),
    ($$set_price('C-DE', 'EUR', gross_amount => 0, offer_reference => 'c-w')$$, '90/0 [-infinity, infinity) +1', 1),
    ($$set_price('C-DE', 'EUR', 80, offer_reference => 'c-w', valid_to => 'infinity')$$, '80/0 [-infinity, infinity) +1', 1),
    ($$set_price('C-DE', 'EUR', 70, NULL, 'c-w', min_quantity => 10)$$,     '70/- [-infinity, infinity) +1', 2),
    ($$set_price('C-DE', 'EUR', 60, NULL, 'c-w', valid_from => '2026-11-27')$$, '60/- [2026-11-27 00:00:00+00, infinity) +1', 3),
    ($$set_price('C-DE', 'EUR', 150, NULL, 'c-w', price_type => 'ORIGINAL')$$, '150/- [-infinity, infinity) +1', 4),
    ($$set_price('C-DE', 'CHF', 100, NULL, 'c-w')$$,                        '100/- [-infinity, infinity) +1', 5),
    ($$set_price('C-AT', 'EUR', 100, NULL, 'c-w')$$,                        '100/- [-infinity, infinity) +1', 6),
    ($$set_price('C-AT', 'EUR', 50, NULL, 'c-w', relationship_key => 'c-rel-c-one')$$, '50/- [-infinity, infinity) +1', 7),
    ($$set_price('C-AT', 'EUR', 51, NULL, 'c-w', relationship_key => 'c-rel-c-one')$$, '51/- [-infinity, infinity) +1', 7),
    ($$set_price('C-AT', 'EUR', 50, NULL, sku => 'C-P1')$$,                 '50/- [-infinity, infinity) +0', 8),
    ($$set_price('C-AT', 'EUR', 51, NULL, sku => 'C-P1')$$,                 '51/- [-infinity, infinity) +0', 8),
    ($$set_price('C-AT', 'EUR', 52, NULL, sku => 'C-P1', relationship_key => 'c-rel-c-two')$$, '52/- [-infinity, infinity) +0',
        9),
    ($$set_price('C-AT', 'EUR', 53, NULL, abstract_sku => 'C-A1')$$,        '53/- [-infinity, infinity) +0', 10),
    ($$set_price('C-AT', 'EUR', 54, NULL, abstract_sku => 'C-A1')$$,        '54/- [-infinity, infinity) +0', 10),
    ($$set_price('C-AT', 'EUR', 55, NULL, abstract_sku => 'C-A1', relationship_key => 'c-rel-c-one')$$,
     '55/- [-infinity, infinity) +0', 11),
    ($$set_price('C-AT', 'EUR', 56, NULL, abstract_sku => 'C-A1', relationship_key => 'c-rel-c-one', price_type => NULL,
        min_quantity => NULL)$$,
     '56/- [-infinity, infinity) +0', 11);
SELECT is(pg_temp.priced(p.statement), p.outcome || ' ' || p.price_rows, pg_temp.one_line(p.statement))
  FROM (SELECT * FROM priced ORDER BY line) AS p;

-- set_prices: many in two statements.
SELECT pg_temp.version('c-w') AS version \gset
CREATE TEMP TABLE answered AS SELECT * FROM offerengine.set_prices('[
    {"store": "C-DE", "currency": "EUR", "offer_reference": "c-w", "min_quantity": 20, "net_amount": 1},
    {"store": "C-DE", "currency": "EUR", "offer_reference": "c-w", "min_quantity": 100, "net_amount": 50},
    {"store": "C-DE", "currency": "EUR", "offer_reference": "c-w", "min_quantity": 20, "gross_amount": 65}]')
    WITH ORDINALITY AS answer (price_id, line);
SELECT is(array_agg(p.min_quantity ORDER BY a.line), ARRAY[20, 100, 20], 'set_prices answers the ids in order')
  FROM answered a JOIN offerengine.price p ON p.price_id = a.price_id;
SELECT is(array_agg(format('%s: %s/%s', p.min_quantity, coalesce(p.net_amount::text, '-'), coalesce(p.gross_amount::text,
    '-')) ORDER BY p.min_quantity),
          ARRAY['1: 80/0', '10: 70/-', '20: -/65', '100: 50/-'], 'of two for one key the last one counts')
  FROM offerengine.price p
 WHERE p.offer_id = pg_temp.offer('c-w') AND p.store_code = 'C-DE' AND p.currency_code = 'EUR' AND p.price_type = 'DEFAULT'
     AND p.valid_from = '-infinity';
SELECT is(pg_temp.version('c-w'), :version + 1, 'and they count once');
SELECT lives_ok($$SELECT offerengine.set_prices('[{"store": "C-DE", "currency": "EUR", "offer_reference": "c-w", "gross_amount": null}]')$$,
                'an explicit null');
SELECT is(p.gross_amount, NULL, 'clears an amount') FROM offerengine.price p
 WHERE p.offer_id = pg_temp.offer('c-w') AND p.store_code = 'C-DE' AND p.currency_code = 'EUR' AND p.price_type = 'DEFAULT'
   AND p.min_quantity = 1 AND p.valid_from = '-infinity';
SET LOCAL timezone = 'Asia/Tokyo';
SELECT offerengine.set_prices('[
    {"store": "C-US", "currency": "USD", "offer_reference": "c-w", "net_amount": 1,
     "valid_from": "2026-05-01", "valid_to": "2026-06-01T02:00:00+02:00"}]') \g /dev/null
SET LOCAL timezone = 'UTC';
SELECT is(format('%s %s', p.valid_from, p.valid_to), '2026-05-01 00:00:00+00 2026-06-01 00:00:00+00',
    'an instant without a zone is UTC whatever the session''s zone')
  FROM offerengine.price p WHERE p.offer_id = pg_temp.offer('c-w') AND p.store_code = 'C-US';
SELECT is((SELECT count(*) FROM offerengine.set_prices('[]')), 0::bigint, 'none of none');

-- end_price.
SELECT is(offerengine.end_price('C-DE', 'EUR', 'c-w', min_quantity => 20, valid_to => '2027-01-01'),
          (SELECT p.price_id FROM offerengine.price p
              WHERE p.offer_id = pg_temp.offer('c-w') AND p.min_quantity = 20), 'end_price of one tier');
SELECT is(p.valid_to, '2027-01-01'::timestamptz, 'ends it then') FROM offerengine.price p
    WHERE p.offer_id = pg_temp.offer('c-w') AND p.min_quantity = 20;
SELECT lives_ok($$SELECT offerengine.end_price('C-DE', 'EUR', 'c-w', valid_from => '2026-11-27', valid_to => '2026-11-01')$$,
    'a price that is yet to come');
SELECT is(count(*), 0::bigint, 'is taken away') FROM offerengine.price p
    WHERE p.offer_id = pg_temp.offer('c-w') AND p.valid_from = '2026-11-27';
SELECT is(offerengine.end_price('C-DE', 'EUR', 'c-w', valid_to => '2026-12-24'), min(p.price_id), 'base and tiers together')
  FROM offerengine.price p
 WHERE p.offer_id = pg_temp.offer('c-w') AND p.store_code = 'C-DE' AND p.currency_code = 'EUR' AND p.price_type = 'DEFAULT'
     AND p.min_quantity = 1;
SELECT is(array_agg(p.valid_to ORDER BY p.min_quantity), array_fill('2026-12-24'::timestamptz, ARRAY[4]), 'all end then')
  FROM offerengine.price p
 WHERE p.offer_id = pg_temp.offer('c-w') AND p.store_code = 'C-DE' AND p.currency_code = 'EUR' AND p.price_type = 'DEFAULT';
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE', 'tiers are covered');
SELECT lives_ok($$SELECT offerengine.end_price('C-AT', 'EUR', abstract_sku => 'C-A1')$$, 'a price of an abstract product');
SELECT is(array_agg(p.valid_to ORDER BY p.merchant_relationship_id NULLS FIRST), ARRAY[now(), 'infinity'],
          'ends now, the contract beside it does not')
  FROM offerengine.price p WHERE p.abstract_product_id = pg_temp.abstract_product('C-A1');
SELECT is(pg_temp.wrong_rows(), 0::bigint, 'projections are right');

-- Another session's zone, date style and search path change nothing; writers run with the caller's rights.
CREATE ROLE c_writer;
GRANT USAGE ON SCHEMA offerengine TO c_writer;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA offerengine TO c_writer;
SET LOCAL ROLE c_writer;
SELECT throws_ok($$SELECT offerengine.put_offer('c-w', title => 'x')$$, '42501', NULL, 'put_offer needs the right to the tables');
SELECT throws_ok($$SELECT offerengine.set_price('C-DE', 'EUR', 1, 1, 'c-w')$$, '42501', NULL, 'set_price too');
SELECT throws_ok($$SELECT offerengine.set_stock('c-w', 'w', 1)$$, '42501', NULL, 'set_stock too');
RESET ROLE;
SELECT offerengine.grant_access('c_writer', 'merchant', 'c-one') \g /dev/null
SELECT pg_temp.relationship('c-rel-c-two') AS foreign_relationship \gset
SET LOCAL ROLE c_writer;
SELECT lives_ok($$SELECT offerengine.put_offer('c-mine', 'C-P1', 'c-one', '{C-DE}', title => 'Mine')$$,
    'a merchant puts an offer');
SELECT lives_ok($$SELECT offerengine.put_offer('c-mine', stores => '{C-AT}')$$, 'and changes its stores');
SELECT lives_ok($$SELECT offerengine.set_price('C-AT', 'EUR', 100, 119, 'c-mine')$$, 'prices it');
SELECT lives_ok($$SELECT offerengine.set_price('C-AT', 'EUR', 90, offer_reference => 'c-mine', min_quantity => 10)$$, 'in tiers');
SELECT lives_ok($$SELECT offerengine.set_offer_active('c-mine', false)$$, 'and deactivates it');
-- What a role cannot see, no message names.
SELECT is(pg_temp.refusal($$set_price('C-AT', 'EUR', 90, NULL, 'c-mine', relationship_key => 'c-rel-c-two')$$),
          'OE020 unknown merchant relationship "c-rel-c-two"', 'another merchant''s relationship is unknown');
SELECT throws_ok(format('INSERT INTO offerengine.price (offer_id, merchant_relationship_id, store_code, currency_code, net_amount)
                         VALUES (%s, %s, %L, %L, 1)', pg_temp.offer('c-mine'), :foreign_relationship, 'C-AT', 'EUR'), 'OE007',
                 'a price of offer "c-mine" cannot belong to merchant_relationship_id ' || :foreign_relationship || ' of another merchant',
                 'and its key is not told to who guesses its id');
SELECT throws_ok($$SELECT offerengine.put_offer('c-x2', 'C-P1', 'c-two')$$, NULL, NULL, 'but not for another merchant');
SELECT throws_ok($$SELECT offerengine.set_price('C-AT', 'EUR', 90, sku => 'C-P1')$$, '42501', NULL, 'nor for a product');
SELECT throws_ok($$SELECT offerengine.end_price('C-AT', 'EUR', sku => 'C-P1')$$, '42501', NULL, 'nor ends its price');
RESET ROLE;
SELECT is(ROW(o.created_by, o.version, o.title)::text, '(c_writer,7,Mine)', 'its role is the author')
    FROM offerengine.offer o WHERE o.offer_reference = 'c-mine';
SELECT is(pg_temp.wrong_rows(), 0::bigint, 'and projections are right');
SELECT * FROM finish();
ROLLBACK;
