-- wait_for_catalogue where nothing is copied from elsewhere, its arguments, and monitor_catalogue. (With subscriptions: test/t/060.)
BEGIN;
SELECT plan(7);
SELECT is(offerengine.wait_for_catalogue(pg_current_wal_lsn()), true, 'what the server has written is here');
SELECT is(offerengine.wait_for_catalogue('FFFFFFFF/0', '0'), false, 'what it has not is not waited for longer than asked');
SELECT cmp_ok(clock_timestamp() - now(), '<', interval '5 seconds', 'at once');
SELECT is(offerengine.wait_for_catalogue('FFFFFFFF/0', '20 milliseconds'), false, 'or a little later');
SELECT throws_ok($$SELECT offerengine.wait_for_catalogue(NULL)$$, '22004', 'lsn and timeout must not be NULL');
SELECT throws_ok($$SELECT offerengine.wait_for_catalogue('0/0', NULL)$$, '22004', 'lsn and timeout must not be NULL');
SELECT is_empty($$SELECT side FROM offerengine.monitor_catalogue WHERE side = 'subscriber'$$, 'no subscription, no row');
SELECT * FROM finish();
ROLLBACK;
