-- What new prices and contracts would mean before they are saved: concrete cases, and what has become of it once they are.
BEGIN;
\ir ../include/publisher.psql
SELECT no_plan();

-- All stores in UTC: the day is then the same for all. Days from today: d(0) is today. Subscriptions by the day, so that a period begins on every day whatever the date.
UPDATE offerengine.store SET time_zone = 'UTC' WHERE store_code LIKE 'P-%';
CREATE FUNCTION pg_temp.d(shift integer) RETURNS text LANGUAGE sql AS $$ SELECT to_char((now() AT TIME ZONE 'UTC')::date + $1, 'YYYY-MM-DD') $$;
SELECT pg_temp.sell('day', 100, '1 day', '1 day', '0'), pg_temp.sell('week', 700, '1 week', '1 week', '0'), pg_temp.sell('trial', 10, '1 day', '1 day', '0', '5 days'),
       pg_temp.sell('apart', 900, '1 day', '1 day', '0') \g /dev/null
SELECT offerengine.set_offer_steps('trial', '{p-trial,p-day}'),
       offerengine.put_price_segment('p-DE', countries => '{DE}') \g /dev/null

-- Prices as "country-or-* gross day [day for existing]", days as shifts; net is a tenth less.
CREATE FUNCTION pg_temp.prices(rows text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'segment', CASE WHEN w[1] <> '*' THEN 'p-' || w[1] END, 'currency', 'EUR', 'gross_amount', w[2]::bigint, 'net_amount', w[2]::bigint - w[2]::bigint / 10,
               'valid_from', CASE WHEN w[3] <> '-' THEN pg_temp.d(w[3]::integer) END, 'valid_from_existing', pg_temp.d(w[4]::integer)))), '[]')
      FROM unnest(string_to_array(nullif($1, ''), ', ')) AS r, string_to_array(r, ' ') AS w
$$;
-- The gross prices of a preview: "country@shift old>new", of running ones with offer, how many and pieces.
CREATE FUNCTION pg_temp.preview(code text, rows text, asked text DEFAULT 'new customers') RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat_ws(' ', p.offer_reference, coalesce(p.country, '*') || '@' || p.from_date - pg_temp.d(0)::date,
                                         coalesce(p.old_amount::text, '-') || '>' || coalesce(p.new_amount::text, '-'),
                                         p.subscriptions || 'x' || p.pieces), ', ' ORDER BY p.ordinality), 'none')
      FROM offerengine.preview_price_sheet(code, pg_temp.prices(rows)) WITH ORDINALITY AS p WHERE p.price_mode = 'gross' AND p.who = asked
$$;
SELECT is(pg_temp.preview(c.code, c.prices), c.answer, c.code || ': ' || c.prices)
  FROM (VALUES
    ('p-none', '* 50 -',                            '*@0 ->50'),
    ('p-none', '',                                  'none'),
    ('p-none', '* 50 3, DE 40 5',                   'DE@3 ->50, DE@5 ->40, *@3 ->50'),
    ('p-day',  '* 100 -',                           '*@0 100>100'),
    ('p-day',  '* 120 -',                           '*@0 100>120'),
    ('p-day',  '* 100 -, * 120 0',                  '*@0 100>120'),
    ('p-day',  '* 100 -, * 120 -1, * 130 1',        '*@0 100>120, *@1 100>130'),
    ('p-day',  '* 100 -, * 100 7, * 120 9',         '*@0 100>100, *@9 100>120'),
    ('p-day',  '* 100 -, DE 90 2',                  'DE@0 100>100, DE@2 100>90, *@0 100>100'),
    ('p-day',  'DE 90 -',                           'DE@0 100>90, *@0 100>-'),
    ('p-day',  '',                                  '*@0 100>-'),
    ('p-day',  '* 100 -, * 120 36525, * 130 36526', '*@0 100>100, *@36525 100>120')) AS c (code, prices, answer);
SELECT is((SELECT string_agg(concat_ws(' ', p.price_mode, p.old_amount, p.new_amount), ', ' ORDER BY p.ordinality)
             FROM offerengine.preview_price_sheet('p-day', '[{"currency": "EUR", "gross_amount": 120}, {"currency": "CHF", "net_amount": 5}]') WITH ORDINALITY AS p),
          'net 5, gross 100 120, net 90', 'both modes, every currency');

-- Running ones: the period of today, each day from which existing ones pay something else, and where that ends. Anna's country is DE,
-- Bert's is none; Dora's begins in a week, Emil's second step in two days, Fred's is cancelled, Gina's has the sheet no more.
SELECT offerengine.purchase('anna', 'day', 'P-DE', 'EUR', starts_on => pg_temp.d(-10)::date, quantity => 3),
       offerengine.purchase('bert', 'day', 'P-AS', 'EUR', starts_on => pg_temp.d(-10)::date),
       offerengine.purchase('carl', 'day', 'P-DE', 'EUR', starts_on => pg_temp.d(-10)::date),
       offerengine.purchase('dora', 'day', 'P-DE', 'EUR', starts_on => pg_temp.d(7)::date, at => pg_temp.d(-10)::timestamptz),
       offerengine.purchase('emil', 'trial', 'P-DE', 'EUR', starts_on => pg_temp.d(-3)::date),
       offerengine.purchase('fred', 'day', 'P-DE', 'EUR', starts_on => pg_temp.d(-10)::date),
       offerengine.cancel_subscription('fred', pg_temp.sub('fred', 'day'), 'immediate', pg_temp.d(-5)::date),
       offerengine.purchase('gina', 'apart', 'P-DE', 'EUR', starts_on => pg_temp.d(-10)::date),
       offerengine.purchase('hugo', 'week', 'P-DE', 'EUR', starts_on => pg_temp.d(-10)::date),
       offerengine.purchase('ines', 'day', 'P-AS', 'EUR', starts_on => pg_temp.d(-10)::date),
       offerengine.change_subscription('anna', pg_temp.sub('anna', 'day'), 5, 'now', on_date => pg_temp.d(6)::date),
       offerengine.cancel_subscription('ines', pg_temp.sub('ines', 'day'), 'at_date', pg_temp.d(-4)::date, 'backend', pg_temp.d(4)::date) \g /dev/null
SELECT is(pg_temp.preview(c.code, c.prices, 'running subscriptions'), c.answer, c.code || ', running: ' || c.prices)
  FROM (VALUES
    ('p-day',  '* 100 -',                            'none'),
    ('p-day',  '* 100 -, * 120 3',                   'none'),
    ('p-none', '* 100 - 3',                          'none'),
    ('p-day',  '* 100 -, * 120 3 5',                 'day DE@5 100>120 2x4, day DE@7 100>120 1x1, day *@5 100>120 1x1, trial DE@5 100>120 1x1'),
    ('p-day',  '* 100 -, * 120 -3 -2',               'day DE@0 100>120 2x4, day DE@7 100>120 1x1, day *@0 100>120 2x2, trial DE@2 100>120 1x1'),
    ('p-day',  '* 100 -, * 120 3 3, * 90 6 6',       'day DE@3 100>120 2x4, day DE@6 100>90 2x6, day DE@7 100>90 1x1, day *@3 100>120 2x2, day *@6 100>90 1x1, trial DE@3 100>120 1x1, trial DE@6 100>90 1x1'),
    ('p-day',  '* 100 -, * 120 3 3, * 100 6 6',      'day DE@3 100>120 2x4, day DE@6 100>100 2x6, day *@3 100>120 2x2, day *@6 100>100 1x1, trial DE@3 100>120 1x1, trial DE@6 100>100 1x1'),
    ('p-day',  '* 100 -, DE 80 3 3',                 'day DE@3 100>80 2x4, day DE@7 100>80 1x1, trial DE@3 100>80 1x1'),
    ('p-day',  '',                                   'none'),
    ('p-week', '* 700 -, * 800 1 1',                 'week DE@4 700>800 1x1'),
    ('p-week', '* 700 -, * 800 4 4',                 'week DE@4 700>800 1x1'),
    ('p-week', '* 700 -, * 800 5 5',                 'week DE@11 700>800 1x1')) AS c (code, prices, answer);

-- What is told is what comes: a preview's new amounts are the old ones of a preview once the prices are saved.
CREATE TEMP TABLE told AS SELECT p.* FROM offerengine.preview_price_sheet('p-day', pg_temp.prices('* 100 -, * 120 3 5, DE 70 8 9')) AS p;
SELECT is((SELECT count(*) FROM offerengine.price_sheet_price p JOIN offerengine.price_sheet h USING (price_sheet_id) WHERE h.code = 'p-day'), 1::bigint, 'nothing is written');
SELECT offerengine.put_price_sheet('p-day', prices => pg_temp.prices('* 100 -, * 120 3 5, DE 70 8 9')) \g /dev/null
SELECT is((SELECT count(*) FROM told t WHERE t.who = 'running subscriptions'), 6::bigint, 'six changes for running ones in each mode that they were sold in');
SELECT is_empty($$ SELECT * FROM told t WHERE t.who = 'new customers' AND t.new_amount IS DISTINCT FROM
                   (SELECT h.amount FROM offerengine.price_sheet k, offerengine_internal.sheet_price(k.price_sheet_id, t.currency, t.price_mode, t.country, t.from_date) h WHERE k.code = 'p-day') $$,
                'new customers pay what was told');
SELECT is_empty($$ SELECT * FROM told t JOIN offerengine.offer o ON o.offer_reference = t.offer_reference
                     JOIN LATERAL (SELECT count(*) AS n, sum(b.quantity) AS pieces FROM offerengine.billing_schedule(t.from_date, t.from_date + 1) b
                                     JOIN offerengine.subscription s ON s.customer_reference = b.customer_reference AND s.subscription_id = b.subscription_id
                                    WHERE s.offer_id = o.offer_id AND s.country_code IS NOT DISTINCT FROM t.country AND b.amount = t.new_amount) paid ON true
                    WHERE t.who = 'running subscriptions' AND (paid.n < t.subscriptions OR paid.pieces < t.pieces) $$, 'and running ones, too');

-- As put_price_sheet refuses.
SELECT is(pg_temp.outcome(format('SELECT count(*) FROM offerengine.preview_price_sheet(%s)', c.arguments)), c.answer, c.arguments)
  FROM (VALUES
    ($$NULL, '[]'$$, '22004 code of a price sheet must not be NULL'), ($$'p-day', NULL$$, '22004 prices must not be NULL'),
    ($$'p-day', '{}'$$, '22023 prices must be a JSON array, not object'),
    ($$'p-day', '[{"currency": "EUR"}]'$$, '22004 price 1: net_amount or gross_amount is needed'),
    ($$'p-day', '[{"currency": "XYZ", "net_amount": 1}]'$$, '22023 price 1: unknown currency "XYZ"'),
    ($$'p-day', '[{"currency": "EUR", "net_amount": 1, "segment": "none"}]'$$, 'OE020 price 1: unknown price segment "none"'),
    ($$'p-day', '[{"currency": "EUR", "net_amount": 1}, {"currency": "EUR", "net_amount": 1}]'$$, '22023 price 2: price 1 has the same segment, currency and valid_from'),
    ($$'p-void', '[{"currency": "EUR", "net_amount": 999999999999999999, "valid_from": "9999-12-31", "valid_from_existing": "9999-12-31"}]'$$, '0')) AS c (arguments, answer);

-- A contract: the steps of every offer that has it, in each store, as they would be and as they are; gross prices.
CREATE FUNCTION pg_temp.contract(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT string_agg(concat_ws('' '', p.offer_reference, p.store, p.country, p.step_no, concat_ws(''-'', p.starts_on - t.day, p.ends_on - t.day), p.accounting_period, '
                   'coalesce(p.amount::text, ''-''), ''was'', concat_ws(''-'', p.old_starts_on - t.day, p.old_ends_on - t.day), p.old_accounting_period, p.old_amount), '' / '' ORDER BY p.ordinality) '
                   'FROM offerengine.preview_contract(%s) WITH ORDINALITY AS p, LATERAL (SELECT min(q.starts_on) AS day FROM offerengine.preview_contract(%s) q '
                   'WHERE q.store IS NOT DISTINCT FROM p.store) AS t '
                   'WHERE p.price_mode = ''gross'' AND p.currency = ''EUR'' AND p.store IS DISTINCT FROM ''P-KI'' AND p.store IS DISTINCT FROM ''P-AS''', $1, $1) INTO answer;
    RETURN coalesce(answer, 'none');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT offerengine.put_contract('p-alone', NULL, '1 month', '1 month', NULL, NULL, 'p-week'), offerengine.put_price_sheet('p-empty') \g /dev/null
SELECT is(pg_temp.contract(c.arguments), c.answer, 'preview_contract: ' || c.arguments)
  FROM (VALUES
    ($$'p-week'$$,                                       'week P-DE DE 1 0 7 days 700 was 0 7 days 700'),
    ($$'p-week', price_sheet => 'p-apart'$$,             'week P-DE DE 1 0 7 days 900 was 0 7 days 700'),
    ($$'p-week', price_sheet => 'p-empty'$$,             'week P-DE DE 1 0 7 days - was 0 7 days 700'),
    ($$'p-week', NULL, '14 days', '14 days', NULL, '28 days'$$, 'week P-DE DE 1 0-28 14 days 700 was 0 7 days 700'),
    ($$'p-trial', duration => '10 days'$$,
     'trial P-DE DE 1 0-10 1 day 10 was 0-5 1 day 10 / trial P-DE DE 2 10 1 day 100 was 5 1 day 100'),
    ($$'p-trial', duration => '0'$$,                     'OE019 offer "trial" goes on after step 1, but contract "p-trial" of that step has no duration'),
    ($$'p-day', price_sheet => 'p-apart'$$,
     'day P-DE DE 1 0 1 day 900 was 0 1 day 100 / trial P-DE DE 1 0-5 1 day 10 was 0-5 1 day 10 / trial P-DE DE 2 5 1 day 900 was 5 1 day 100'),
    ($$'p-alone', NULL, '1 year'$$,                      '1 0 1 mon 700 was 0 1 mon 700'),
    ($$'p-new', NULL, '1 month', '1 month', NULL, '2 months', 'p-week'$$, format('1 0-%s 1 mon 700 was ', (pg_temp.d(0)::date + interval '2 months')::date - pg_temp.d(0)::date)),
    ($$'p-new', NULL, '1 month', '1 month', NULL, NULL, 'p-empty'$$, 'none'),
    ($$'p-new', NULL, '1 month', '1 month'$$,            '22004 a new contract needs term, accounting_period and price_sheet'),
    ($$'p-new', NULL, '1 month', '1 month', NULL, NULL, 'p-none'$$, 'OE020 unknown price sheet "p-none"'),
    ($$NULL$$,                                           '22004 code of a contract must not be NULL')) AS c (arguments, answer);
SELECT is(pg_temp.outcome($$SELECT offerengine.put_contract('p-trial', duration => '0')$$),
          'OE019 offer "trial" goes on after step 1, but contract "p-trial" of that step has no duration', 'which put_contract says as well');
SELECT is((SELECT count(DISTINCT p.store) FROM offerengine.preview_contract('p-week') p), 3::bigint, 'in each store');

-- Operators only.
CREATE ROLE t_preview_operator; CREATE ROLE t_preview_storefront; CREATE ROLE t_preview_reporting;
SELECT offerengine.grant_access('t_preview_operator', 'operator'), offerengine.grant_access('t_preview_storefront', 'storefront'),
       offerengine.grant_access('t_preview_reporting', 'reporting') \g /dev/null
SELECT is(pg_temp.outcome(format('SET LOCAL ROLE t_preview_%s; SELECT FROM offerengine.%s', r.role, c.call)), CASE WHEN r.role <> 'operator'
          THEN '42501 permission denied for function ' || split_part(c.call, '(', 1) END, r.role || ': ' || c.call)
  FROM unnest('{operator,storefront,reporting}'::text[]) AS r (role),
       (VALUES ($$preview_price_sheet('p-day', '[]')$$), ($$preview_contract('p-day')$$), ($$add_sheet_price('p-day', NULL, 'CHF', 1)$$), ($$billing_mark('[]'::jsonb)$$)) AS c (call);

SELECT * FROM finish();
ROLLBACK;
