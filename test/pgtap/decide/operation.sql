-- What an offer allows by its management: the whole table of operations through every channel, what type and steps add to it,
-- who may ask, and that management is fixed at the first approval.
BEGIN;
\ir ../include/approval.psql
SELECT no_plan();

INSERT INTO offerengine.price_sheet (code) VALUES ('t-sheet');
INSERT INTO offerengine.product_contract (code, term, accounting_period, cancellation_notice, price_sheet_id)
SELECT 't-monthly', '1 month', '1 month', '1 day', s.price_sheet_id FROM offerengine.price_sheet s WHERE s.code = 't-sheet';
CREATE FUNCTION pg_temp.offer_of(reference text, offer_type text, management text, steps integer) RETURNS text LANGUAGE sql AS $$
    INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, offer_type, management)
    SELECT reference, p.product_id, m.merchant_id, offer_type, management
      FROM offerengine.product p, offerengine.merchant m WHERE p.sku = 'T-P' AND m.merchant_reference = 't-own';
    INSERT INTO offerengine.offer_step (offer_id, step_no, product_contract_id)
    SELECT o.offer_id, n, c.product_contract_id
      FROM offerengine.offer o, offerengine.product_contract c, generate_series(1, steps) AS n
     WHERE o.offer_reference = reference AND c.code = 't-monthly';
    SELECT reference
$$;

-- The table, written down a second time: per management the channels that may, "-" for none.
CREATE TEMP TABLE expected (operation text, standard text, externally_managed text, externally_invoiced text);
INSERT INTO expected VALUES
    ('checkout',         'checkout backend self_service system', '-',              'checkout backend self_service system'),
    ('order_import',     '-',                                    'import',         '-'),
    ('change_import',    '-',                                    'import',         '-'),
    ('change',           'backend self_service system',          '-',              'backend self_service system'),
    ('cancel',           'backend self_service system',          '-',              'backend self_service system'),
    ('withdraw',         'backend self_service system',          '-',              'backend self_service system'),
    ('invoice',          'backend system',                       '-',              '-'),
    ('invoice_dispatch', 'backend system',                       '-',              '-'),
    ('bookkeeping',      'backend system',                       '-',              '-'),
    ('rule_source',      'backend system',                       'backend system', 'backend system'),
    ('rule_target',      'backend system',                       '-',              'backend system'),
    ('delivery_list',    'backend system',                       '-',              'backend system');
CREATE TEMP VIEW question AS
SELECT e.operation, m.management, m.channels, c.channel, c.channel = ANY (string_to_array(m.channels, ' ')) AS allowed
  FROM expected e
 CROSS JOIN LATERAL (VALUES ('standard', e.standard), ('externally_managed', e.externally_managed),
                            ('externally_invoiced', e.externally_invoiced)) AS m (management, channels)
 CROSS JOIN unnest(ARRAY['checkout', 'backend', 'self_service', 'import', 'system']) AS c (channel);

SELECT pg_temp.offer_of('t-' || m.management, 'subscription', m.management, 1)
  FROM unnest(ARRAY['standard', 'externally_managed', 'externally_invoiced']) AS m (management) \g /dev/null
SELECT is((offerengine.operation_allowed('t-' || q.management, q.operation, q.channel)).allowed, q.allowed,
          format('%s of a %s subscription through %s: %s', q.operation, q.management, q.channel, q.allowed))
  FROM question q ORDER BY q.operation, q.management, q.channel;
SELECT is(((a.answer).reason IS NULL), (a.answer).allowed, 'a reason comes with every refusal and with nothing else')
  FROM (SELECT DISTINCT (offerengine.operation_allowed('t-' || q.management, q.operation, q.channel)) AS answer
          FROM question q) AS a;
SELECT is(pg_temp.try_as('t_operator', format('SELECT offerengine.assert_operation(%L, %L, %L)',
                                              't-' || q.management, q.operation, q.channel)),
          CASE WHEN q.allowed THEN '' ELSE 'OE011' END, format('assert_operation: %s, %s, %s', q.operation, q.management, q.channel))
  FROM question q ORDER BY q.operation, q.management, q.channel;

-- What the type and the number of steps add.
SELECT pg_temp.offer_of('t-' || o.name, o.offer_type, o.management, o.steps)
  FROM (VALUES ('two-steps', 'subscription', 'standard', 2), ('no-steps', 'subscription', 'standard', 0),
               ('product', 'product', 'standard', 0), ('time-pass', 'time_pass', 'externally_managed', 0),
               ('voucher', 'gift_voucher', 'externally_invoiced', 0)) AS o (name, offer_type, management, steps) \g /dev/null
SELECT results_eq(
    format($$ SELECT (offerengine.operation_allowed(%L, %L, %L)).* $$, 't-' || q.offer, q.operation, q.channel),
    format($$ VALUES (%L::boolean, %L::text) $$, q.reason IS NULL, q.reason),
    format('%s of %s through %s', q.operation, q.offer, q.channel))
  FROM (VALUES
    ('two-steps', 'rule_target',  'backend', 'rule_target is for subscriptions of one step, this one has 2'),
    ('no-steps',  'rule_target',  'backend', 'rule_target is for subscriptions of one step, this one has 0'),
    ('two-steps', 'rule_source',  'backend', NULL),
    ('two-steps', 'checkout',     'checkout', NULL),
    ('product',   'rule_target',  'backend', 'rule_target is for offers of type subscription, this one is of type product'),
    ('product',   'rule_source',  'backend', 'rule_source is for offers of type subscription, this one is of type product'),
    ('product',   'checkout',     'import',
     'an offer that is standard allows checkout through checkout, backend, self_service, system only'),
    ('product',   'order_import', 'import', 'no offer that is standard allows order_import'),
    ('time-pass', 'order_import', 'import', NULL),
    ('time-pass', 'rule_target',  'backend', 'no offer that is externally_managed allows rule_target'),
    ('time-pass', 'checkout',     'checkout', 'no offer that is externally_managed allows checkout'),
    ('voucher',   'checkout',     'self_service', NULL),
    ('voucher',   'invoice',      'system', 'no offer that is externally_invoiced allows invoice'),
    ('none',      'checkout',     'checkout', 'there is no offer "t-none"'))
    AS q (offer, operation, channel, reason);
SELECT results_eq($$ SELECT (offerengine.operation_allowed(NULL, 'checkout', 'checkout')).* $$,
                  $$ VALUES (false, 'no offer was named') $$, 'NULL is an unknown offer');

SELECT throws_ok($$ SELECT offerengine.assert_operation('t-externally_managed', 'checkout', 'self_service') $$, 'OE011',
    'offer "t-externally_managed" does not allow operation "checkout" through channel "self_service": '
    'no offer that is externally_managed allows checkout', 'the refusal names offer, operation and channel, and says why');
CREATE FUNCTION pg_temp.hint(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE hint text;
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN hint;
END
$$;
SELECT is(pg_temp.hint($$ SELECT offerengine.assert_operation('t-standard', 'cancel', 'checkout') $$),
          'Channels that may: backend, self_service, system. operation_allowed() tells beforehand.', 'the hint names the channels');
SELECT is(pg_temp.hint($$ SELECT offerengine.assert_operation('t-externally_managed', 'cancel', 'checkout') $$),
          'operation_allowed() tells beforehand.',
          'where no channel may, the hint says where to look');
SELECT throws_ok($$ SELECT offerengine.assert_operation('t-none', 'checkout', 'checkout') $$, 'OE020', 'unknown offer "t-none"',
                 'assert_operation: an unknown offer');

-- Mistakes are refused, also about an offer that is not there.
SELECT throws_ok(format('SELECT offerengine.%s(%L, %s)', f.name, o.offer, a.arguments), a.state, a.message,
                 format('%s: %s about %s', f.name, a.message, o.offer))
  FROM unnest(ARRAY['operation_allowed', 'assert_operation']) AS f (name),
       unnest(ARRAY['t-standard', 't-none']) AS o (offer),
       (VALUES ($$ 'sell', 'checkout' $$, '22023', 'unknown operation "sell"'),
               ($$ 'checkout', 'phone' $$, '22023', 'unknown channel "phone"'),
               ($$ NULL, 'checkout' $$, '22004', 'operation and channel must not be NULL'),
               ($$ 'checkout', NULL $$, '22004', 'operation and channel must not be NULL')) AS a (arguments, state, message)
 WHERE NOT (f.name = 'assert_operation' AND o.offer = 't-none');
SELECT is(pg_temp.hint($$ SELECT offerengine.operation_allowed('t-none', 'sell', 'checkout') $$),
          'Operations are bookkeeping, cancel, change, change_import, checkout, delivery_list, invoice, invoice_dispatch, '
          'order_import, rule_source, rule_target, withdraw.', 'the known operations are listed');
SELECT is(pg_temp.hint($$ SELECT offerengine.operation_allowed('t-none', 'checkout', 'phone') $$),
          'Channels are checkout, backend, self_service, import, system.', 'the known channels are listed');

-- The table decides, not the code.
UPDATE offerengine.operation_policy p SET channels = '{backend,import}'
 WHERE (p.operation, p.management) = ('order_import', 'externally_managed');
SELECT ok((offerengine.operation_allowed('t-externally_managed', 'order_import', 'backend')).allowed, 'operation_policy is the rule');
SELECT throws_ok($$ UPDATE offerengine.operation_policy SET channels = '{phone}' $$, '23514');

-- Who may ask. No table privilege is needed.
SELECT is(pg_temp.try_as(r.role, $$ SELECT (offerengine.operation_allowed('t-standard', 'checkout', 'checkout')).allowed $$),
          r.answer, r.role || ' asks operation_allowed')
  FROM (VALUES ('t_operator', 'true'), ('t_storefront', 'true'), ('t_merchant', '42501'), ('t_reporting', '42501'),
               ('t_nobody', '42501')) AS r (role, answer);
SELECT is(pg_temp.try_as(r.role, $$ SELECT offerengine.assert_operation('t-externally_managed', 'checkout', 'checkout') $$),
          r.answer, r.role || ' asks assert_operation')
  FROM (VALUES ('t_operator', 'OE011'), ('t_storefront', 'OE011'), ('t_merchant', '42501'), ('t_nobody', '42501'))
       AS r (role, answer);
SELECT is(pg_temp.try_as('t_storefront', $$ SELECT p.operation FROM offerengine.operation_policy p $$), '42501',
          'a storefront does not read the table itself');
SELECT is(pg_temp.try_as('t_operator', $$ UPDATE offerengine.operation_policy SET channels = '{}' $$), '42501',
          'and an operator does not change it');

-- Which types cannot be managed or invoiced elsewhere.
SELECT is(pg_temp.try_as('t_operator', format(
    $$ UPDATE offerengine.offer o SET offer_type = %L, management = %L WHERE o.offer_reference = 't-product' $$,
    t.offer_type, m.management)),
    CASE WHEN m.management = 'externally_managed' AND t.offer_type IN ('credit', 'add_on', 'gift_voucher')
              OR m.management = 'externally_invoiced' AND t.offer_type IN ('credit', 'add_on') THEN '23514'
         ELSE '1 rows' END, format('%s, %s', t.offer_type, m.management))
  FROM unnest(ARRAY['product', 'time_pass', 'credit', 'add_on', 'gift_voucher']) AS t (offer_type),
       unnest(ARRAY['externally_managed', 'externally_invoiced']) AS m (management);
UPDATE offerengine.offer o SET offer_type = 'product', management = 'standard' WHERE o.offer_reference = 't-product';

-- management is fixed at the first approval.
SELECT pg_temp.make_offer(o.reference) FROM unnest(ARRAY['t-fix', 't-born', 't-both', 't-denied']) AS o (reference) \g /dev/null
SELECT is(pg_temp.try_as('t_merchant', $$ SELECT offerengine.put_offer('t-fix', management => 'externally_invoiced') > 0 $$), 'true',
          'its merchant may change it before');
SELECT offerengine.deny_offer('t-denied', 'no') \g /dev/null
SELECT lives_ok($$ UPDATE offerengine.offer SET management = 'externally_invoiced' WHERE offer_reference = 't-denied' $$,
                'a denial fixes nothing');
SELECT offerengine.approve_offer('t-fix') \g /dev/null
SELECT throws_ok($$ UPDATE offerengine.offer SET management = 'standard' WHERE offer_reference = 't-fix' $$, 'OE004',
    'management of offer "t-fix" is fixed since its first approval: "externally_invoiced" cannot become "standard"');
SELECT throws_ok($$ SELECT offerengine.put_offer('t-fix', management => 'standard') $$, 'OE004', NULL, 'put_offer obeys');
SELECT is(pg_temp.try_as('t_merchant', $$ UPDATE offerengine.offer SET management = 'standard'
                                           WHERE offer_reference = 't-fix' $$), 'OE004', 'so does its merchant');
SELECT offerengine.deny_offer('t-fix', 'no') \g /dev/null
SELECT throws_ok($$ UPDATE offerengine.offer SET management = 'standard' WHERE offer_reference = 't-fix' $$, 'OE004', NULL,
                 'a denial afterwards frees nothing');
SELECT lives_ok($$ UPDATE offerengine.offer SET management = 'externally_invoiced', title = 'New' WHERE offer_reference = 't-fix' $$,
                'the same value is no change');
SELECT lives_ok($$ UPDATE offerengine.offer SET management = 'externally_invoiced', approval_status = 'approved'
                    WHERE offer_reference = 't-both' $$, 'the first approval may settle it');
INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, approval_status)
SELECT 't-approved', o.product_id, o.merchant_id, 'approved' FROM offerengine.offer o WHERE o.offer_reference = 't-born';
SELECT throws_ok($$ UPDATE offerengine.offer SET management = 'externally_invoiced' WHERE offer_reference = 't-approved' $$, 'OE004',
                 NULL, 'inserted as approved counts');

SELECT * FROM finish();
ROLLBACK;
