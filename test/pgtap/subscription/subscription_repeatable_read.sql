-- The customer side in REPEATABLE READ: a transaction sees what it has done itself, action by action, and nobody else's.
BEGIN ISOLATION LEVEL REPEATABLE READ;
\ir ../include/publisher.psql
SELECT no_plan();

SELECT pg_temp.sell('adv-r', 100), pg_temp.sell('reg-r', 200), pg_temp.rule('anew', 'BASE', 'adv-r', 'reg-r', 'restart_period') \g /dev/null
SELECT is(pg_temp.lived(VARIADIC string_to_array(c.deeds, ', ')), c.course, c.deeds) FROM (VALUES
    ('buy base 2025-01-10, buy adv 2025-01-20, cancel base 2025-03-15',
     'base 2025-01-10..2025-04-10, adv 2025-01-20..2025-04-20, reg 2025-04-20..'),
    ('buy base 2025-01-10, buy adv 2025-01-20, cancel base 2025-03-15, withdraw base 2025-03-16, cancel base 2025-05-01',
     'base 2025-01-10..2025-05-10, adv 2025-01-20..2025-05-20, reg 2025-05-20..'),
    ('buy base 2025-01-10, buy adv-r 2025-01-20, cancel base 2025-03-15 immediate, buy base 2025-04-01, cancel base 2025-04-05 immediate',
     'base 2025-01-10..2025-03-15, adv-r 2025-01-20..2025-03-15, adv-r 2025-03-15..2025-04-05, base 2025-04-01..2025-04-05, adv-r 2025-04-05..2025-05-05, reg-r 2025-05-05..'),
    ('import foreign X 2100-01-10 -, buy adv 2100-01-20 x2, told X 2100-04-10, set adv 2100-02-01 x3, told X 2100-05-10',
     'foreign 2100-01-10..2100-05-10, adv 2100-01-20..2100-05-20, reg 2100-05-20..')) AS c (deeds, course);
SELECT is((SELECT d.quantity FROM offerengine.delivery_list('2100-05-20') AS d WHERE d.offer_reference = 'reg'
              AND d.customer_reference = (SELECT s.customer_reference FROM offerengine.subscription s WHERE s.external_reference = 'X')), 3, 'quantities');

-- An order that was sold in the same transaction is known.
SELECT is((SELECT count(DISTINCT p.subscription_id) FROM generate_series(1, 3) AS n,
           LATERAL offerengine.purchase('anna', 'base', 'P-DE', 'EUR', quantity => least(n, 1), order_id => '00000000-0000-0000-0000-000000000001') AS p), 1::bigint, 'sold once');
SELECT is((SELECT t.version FROM offerengine.customer_timeline t WHERE t.customer_reference = 'anna'), 3::bigint, 'asked three times');
SELECT is_empty($$ SELECT h.detail FROM offerengine.health_check() h WHERE h.check_name = 'timelines' AND NOT h.ok $$, 'all is as its facts lead to');

SELECT * FROM finish();
ROLLBACK;
