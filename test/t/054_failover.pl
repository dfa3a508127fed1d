# The primary dies while its shoppers check out, and a synchronous standby takes over while they go on trying: no order is lost that
# anybody was told of, none is made twice, none is half made; who did not hear the answer asks again under the same key. The standby is
# promoted with pg_ctl: whoever decides that in production (Patroni, pg_auto_failover) does the same.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = start_installed('primary', 'autovacuum = off', 'fsync = off', 'max_connections = 40', 'wal_receiver_status_interval = 1s');
fill($primary, 'postgres');
my $pieces = 100_000;
$primary->safe_psql('postgres', qq{
	SELECT offerengine.put_offer(o, 'A1', 'm1', '{DE}'), offerengine.set_price('DE', 'EUR', NULL, 100, offer_reference => o),
	       offerengine.approve_offer(o), offerengine.set_stock(o, 'W', $pieces) FROM unnest('{ka,kb}'::text[]) AS o;
	SELECT offerengine.put_loyalty_program('EUR', 100, 10, order_points => 3)});
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', "synchronous_standby_names = ''");
$standby->start;
$primary->append_conf('postgresql.conf', "synchronous_standby_names = 'standby'");
$primary->reload;
ok($primary->poll_query_until('postgres', q{SELECT sync_state = 'sync' FROM pg_stat_replication}), 'the standby is synchronous');

# Shoppers, each with carts and orders of its own names; what a statement answered is told behind it. Odd ones give up locks early.
my ($shoppers, $orders) = (5, 400);
my $dir = PostgreSQL::Test::Utils::tempdir();
my $files = 0;
sub uuid { return sprintf('%08x-0000-7000-8000-%012x', @_) }
sub script
{
	my ($shopper, @numbers) = @_;
	return "\\set ON_ERROR_STOP on\nSET offerengine.early_release = " . ($shopper % 2 ? 'on' : 'off') . ";\n" . join '', map {
		my ($customer, $cart, $order, $single) = ("s$shopper-" . $_ % 7, uuid($shopper, $_), uuid($shopper + 256, $_), uuid($shopper + 512, $_));
		my @offers = $_ % 2 ? ('ka', 'kb') : ('kb', 'ka');
		qq{SELECT offerengine.cart_create('$customer', 'DE', 'EUR', country => 'DE', cart_id => '$cart') \\g /dev/null
SELECT offerengine.cart_add('$customer', '$cart', '$offers[0]', 2, line_key => 'a'), offerengine.cart_add('$customer', '$cart', '$offers[1]', line_key => 'b'),
	offerengine.cart_add('$customer', '$cart', 'trial', line_key => 'c') FROM offerengine.carts('$customer') c WHERE c.cart_id = '$cart' AND c.lines = 0 \\g /dev/null
SELECT 'ordered $_ $order ' || count(*) || ' ' || sum(p.line_no) FROM offerengine.cart_checkout('$customer', '$cart', '$order') p;
SELECT 'bought $_ $single ' || count(*) || ' ' || sum(p.line_no) FROM offerengine.purchase('$customer', 'ka', 'DE', 'EUR', 'DE', quantity => 2, order_id => '$single') p;
}} @numbers;
}
sub shop
{
	my ($node, $shopper, @numbers) = @_;
	my $file = "$dir/" . ++$files;
	append_to_file($file, script($shopper, @numbers));
	my $run = { file => $file };
	$run->{harness} = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') . " application_name=shopper connect_timeout=5", '-f', $file ],
		'<', \undef, '>', "$file.out", '2>', "$file.err");
	return $run;
}
sub finish
{
	my (@runs) = @_;
	for my $run (@runs)
	{
		$run->{harness}->finish;
		$run->{$_} = slurp_file("$run->{file}.$_") for qw(out err);
	}
	return;
}
my @runs = map { shop($primary, $_, 1 .. $orders) } 1 .. $shoppers;
ok($primary->poll_query_until('postgres', q{SELECT count(*) > 150 FROM offerengine.sales_order WHERE customer_reference ~ '^s[0-9]'}), 'orders are made');

# The standby hears no more, so that what is committed from now on is on the primary alone: nobody is told of it.
my $receiver = $standby->safe_psql('postgres', 'SELECT pid FROM pg_stat_wal_receiver');
kill 'STOP', $receiver;
ok($primary->poll_query_until('postgres', q{SELECT count(*) FILTER (WHERE wait_event = 'SyncRep') > 0 AND bool_and(wait_event IN ('SyncRep', 'transactionid', 'tuple'))
	FROM pg_stat_activity WHERE application_name = 'shopper'}), 'shoppers wait for the standby, or for who does');
is($primary->safe_psql('postgres', 'SELECT pg_current_wal_flush_lsn() > flush_lsn FROM pg_stat_replication'), 't', 'which lacks what the primary has');
$primary->stop('immediate');
kill 'CONT', $receiver;
finish(@runs);
my %told;
for my $run (@runs)
{
	$told{$3} = [ $1, $2, $4 ] while $run->{out} =~ /^(ordered|bought) (\d+) (\S+) (.*)$/mg;
	like($run->{err}, qr/server closed the connection|terminating connection|could not|connection to server/, 'a shopper is cut off');
	unlike($run->{err}, qr/deadlock|duplicate key|PANIC|cache lookup/, 'and met nothing else');
}
cmp_ok(scalar(keys %told), '>', 100, scalar(keys %told) . ' orders are acknowledged');

# Shoppers try again on the standby before it is promoted, in sessions that stay: refused at first, then served. Who asks meanwhile is
# answered.
my $session = $standby->background_psql('postgres', on_error_stop => 0);
$session->query(q{\set VERBOSITY sqlstate});
my $try = sprintf q{SELECT count(*) FROM offerengine.purchase('early', 'ka', 'DE', 'EUR', 'DE', order_id => '%s')}, uuid(1024, 1);
$session->query($try);
like($session->{stderr}, qr/25006/, 'a standby sells nothing');
$session->{stderr} = '';
my ($asked, $failed) = ('', '');
append_to_file("$dir/ask.sql", "SELECT offer_reference, amount FROM offerengine.list_offers('A1', 'DE', 'EUR', include_availability => true);\n");
my $readers = IPC::Run::start([ 'pgbench', '-n', '-c', '2', '-T', '60', '-f', "$dir/ask.sql", $standby->connstr('postgres') . ' application_name=asks' ], '>', \$asked, '2>', \$failed);
ok($standby->poll_query_until('postgres', q{SELECT count(*) = 2 FROM pg_stat_activity WHERE application_name = 'asks'}), 'readers ask');
my $lost = sub {
	my $rows = join ',', map { "('$_'::uuid, " . ($told{$_}[0] eq 'ordered' ? 3 : 1) . ')' } keys %told;
	return $standby->safe_psql('postgres', qq{SELECT count(*) FROM (VALUES $rows) AS t (id, n) WHERE t.n <> (SELECT count(*) FROM offerengine.order_line l WHERE l.order_id = t.id)});
};
my @early = map { shop($standby, $_, 1 .. 3) } 1 .. $shoppers;
finish(@early);
is(scalar(grep { $_->{err} !~ /read-only transaction|during recovery/ } @early), 0, 'shoppers are refused before the promotion');
$standby->promote;
is(&$lost(), 0, 'no acknowledged order is lost');
is($session->query($try), '1', 'the session that was refused sells');
my $before = $standby->safe_psql('postgres', q{SELECT order_id, placed_at FROM offerengine.sales_order WHERE customer_reference ~ '^s[0-9]' ORDER BY 1});

# Everybody again, from his first order on: what is there is answered, what is not is made.
my $last = 40;
@runs = map { shop($standby, $_, 1 .. $last) } 1 .. $shoppers;
finish(@runs);
is(join('', map { $_->{err} } @runs), '', 'everybody tries again');
my %answer;
for my $run (@runs) { $answer{$2} = $3 while $run->{out} =~ /^(ordered|bought) \d+ (\S+) (.*)$/mg; }
is(scalar(keys %answer), 2 * $shoppers * $last, 'and is told of all his orders');
is(join(' ', grep { exists $answer{$_} && $answer{$_} ne $told{$_}[2] } keys %told), '', 'of those that he was told of, the same');
is($session->query($try), '1', 'once more is not twice');
$session->quit;
$readers->signal('TERM');
$readers->finish;
unlike($failed, qr/ERROR|FATAL/, 'readers notice nothing');

my %before = map { split /\|/ } split /\n/, $before;
my %after = map { split /\|/ } split /\n/, $standby->safe_psql('postgres',
	q{SELECT order_id, placed_at FROM offerengine.sales_order WHERE customer_reference ~ '^s[0-9]' ORDER BY 1});
is(scalar(grep { ($after{$_} // '') ne $before{$_} } keys %before), 0, 'orders from before the failover are the same ones');
cmp_ok(scalar(keys %after), '>', scalar(keys %before), 'and some are new');
is($standby->safe_psql('postgres', q{SELECT s.order_id FROM offerengine.sales_order s WHERE s.customer_reference ~ '^s[0-9]' AND (
		(SELECT count(*) FROM offerengine.order_line l WHERE l.order_id = s.order_id) <> CASE WHEN c.order_id IS NULL THEN 1 ELSE 3 END
		OR (SELECT count(*) FROM offerengine.subscription b WHERE b.order_id = s.order_id) <> (c.order_id IS NOT NULL)::integer
		OR (SELECT count(*) FROM offerengine.order_event e WHERE e.order_id = s.order_id) <> 1
		OR (SELECT sum(h.quantity) FROM offerengine.stock_hold h WHERE h.order_id = s.order_id AND h.state = 'confirmed')
		   IS DISTINCT FROM CASE WHEN c.order_id IS NULL THEN 2 ELSE 3 END)} =~
	s/WHERE s/LEFT JOIN offerengine.cart c ON c.order_id = s.order_id AND c.ordered_at IS NOT NULL WHERE s/r), '', 'no order is half made');
is($standby->safe_psql('postgres', q{SELECT c.cart_id FROM offerengine.cart c WHERE c.ordered_at IS NOT NULL
	AND NOT EXISTS (SELECT FROM offerengine.sales_order s WHERE s.order_id = c.order_id)}), '', 'no cart is closed without its order');
is($standby->safe_psql('postgres', q{SELECT count(*) FROM offerengine.stock_held s WHERE s.held <> (
		SELECT coalesce(sum(h.quantity - h.shipped), 0) FROM offerengine.stock_hold h
		 WHERE h.offer_id = s.offer_id AND h.warehouse_id = s.warehouse_id AND h.state IN ('held', 'confirmed'))}), '0', 'what is held is the sum of the holds');
healthy($standby, 'postgres', 'health_check() finds nothing');

$standby->stop;
done_testing();
