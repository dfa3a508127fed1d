# Points in a dump: the ledger goes along as it is, stays append-only, and is worth the same afterwards; what was held is confirmed there, what
# was booked is not booked again.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_installed('main', 'fsync = off', 'autovacuum = off');
fill($node, 'postgres');
my $dir = PostgreSQL::Test::Utils::tempdir();
my $id  = '00000000-0000-7000-8000-00000000000';

$node->safe_psql('postgres', qq{
	SELECT offerengine.put_loyalty_program('EUR', 100, 10, locked_days => 2, expiry_days => 300, order_points => 3, grace_days => 5), offerengine.put_loyalty_extra('twice', factor => 2);
	SELECT offerengine.loyalty_enroll('anna', '2026-01-01'), offerengine.loyalty_enroll('guest', '2026-01-02'), offerengine.loyalty_adjust('anna', 60, 'hello', 'w'), offerengine.loyalty_adjust('guest', 7, 'hello', 'w');
	SELECT offerengine.put_order('anna', 'A1', total_amount => 5000, currency => 'EUR', placed_at => now() - interval '10 days'),
	       offerengine.put_order('anna', 'R1', 3, total_amount => 2000, currency => 'EUR', parent_reference => 'A1'), offerengine.put_order('anna', 'A2', total_amount => 3000, currency => 'EUR');
	SELECT offerengine.loyalty_redeem('anna', 20, s.order_id, 'pay') FROM offerengine.sales_order s WHERE s.order_reference = 'A1';
	SELECT offerengine_internal.book_document('anna', s.order_id, '${id}1') FROM offerengine.sales_order s WHERE s.order_reference = 'A1';
	SELECT offerengine_internal.book_document('anna', s.order_id, '${id}2') FROM offerengine.sales_order s WHERE s.order_reference = 'R1';
	SELECT offerengine.loyalty_hold('anna', 15, s.order_id, '2100-01-01') FROM offerengine.sales_order s WHERE s.order_reference = 'A2';
	SELECT offerengine.loyalty_merge('anna', 'guest');
	SELECT offerengine.loyalty_lock('anna'), offerengine.loyalty_lock('anna', false)});

my $ledger = join ';', map { "SELECT t FROM offerengine.$_ t ORDER BY t::text" }
  qw(loyalty_program loyalty_extra loyalty_member loyalty_document loyalty_lot loyalty_entry loyalty_hold loyalty_hold_lot);
my $worth = q{SELECT a FROM offerengine.loyalty_account a; SELECT l FROM offerengine.loyalty_liability l ORDER BY l::text;
	SELECT offerengine.loyalty_balance('anna', i), offerengine.loyalty_redeemable('anna', i) FROM unnest('{2026-01-01,2100-01-01,now,tomorrow}'::timestamptz[]) i};
my ($before, $value) = ($node->safe_psql('postgres', $ledger), $node->safe_psql('postgres', $worth));
is($node->safe_psql('postgres', q{SELECT a.balance, a.redeemable, a.held FROM offerengine.loyalty_account a}), '87|72|15', 'points, some of them held');

for my $how ([ 'custom', '-Fc' ], [ 'directory', '-Fd', '-j', '2' ])
{
	my ($name, @options) = @$how;
	$node->command_ok([ 'pg_dump', @options, '-f', "$dir/$name", $node->connstr('postgres') ], "$name: a dump");
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->command_ok([ 'pg_restore', '-d', $node->connstr($name), "$dir/$name" ], "$name: is restored");
	is($node->safe_psql($name, $ledger), $before, "$name: every row as it was");
	$node->safe_psql($name, 'CALL offerengine.migrate()');
	is($node->safe_psql($name, $worth), $value, "$name: and it is worth the same");
	healthy($node, $name, "$name: health_check() finds nothing");
	my ($status, undef, $err) = $node->psql($name, 'UPDATE offerengine.loyalty_entry SET points = points');
	like($err, qr/loyalty_entry is append-only/, "$name: the ledger stays append-only");
	$node->safe_psql($name, qq{SELECT offerengine_internal.book_document('anna', s.order_id, '${id}2') FROM offerengine.sales_order s WHERE s.order_reference = 'R1'});
	is($node->safe_psql($name, q{SELECT offerengine.loyalty_redeem('anna', 15, s.order_id, 'held') FROM offerengine.sales_order s WHERE s.order_reference = 'A2'}), '150', "$name: what was held is redeemed");
	is($node->safe_psql($name, q{SELECT offerengine.loyalty_redeem('anna', 20, s.order_id, 'pay') FROM offerengine.sales_order s WHERE s.order_reference = 'A1'}), '200', "$name: what was redeemed is answered");
	is($node->safe_psql($name, q{SELECT a.balance, a.redeemable, a.held FROM offerengine.loyalty_account a}), '72|72|0', "$name: and nothing twice");
}

$node->stop;
done_testing();
