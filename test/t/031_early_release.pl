# Early release: the lock of an offer's stock goes before the sale is on disk and on the standby, the answer comes after. What was
# acknowledged is never lost, and whoever did not take stock, or did not ask for it, commits as ever.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_installed('primary', 'max_prepared_transactions = 4', 'fsync = off', 'restart_after_crash = on');
fill_catalogue($node, 'postgres');
$node->safe_psql('postgres', q{SELECT offerengine.set_stock('o1', 'W', 1000000)});
my $buy = q{SELECT order_id FROM offerengine.purchase('c', 'o1', 'DE', 'EUR')};
my $dir = PostgreSQL::Test::Utils::tempdir();
append_to_file("$dir/buy.sql", join '', map { "SELECT order_id FROM offerengine.purchase('c$_', 'o1', 'DE', 'EUR');\n" } 1 .. 3000);

# Buys in several sessions until the function given has done its deed; answers the orders that were acknowledged.
sub acknowledged
{
	my ($setting, $deed) = @_;
	local $ENV{PGOPTIONS} = "-c offerengine.early_release=$setting";
	my (@loads, @outs, @errs);
	my $before = $node->safe_psql('postgres', 'SELECT count(*) FROM offerengine.sales_order');
	for my $i (0 .. 2)
	{
		($outs[$i], $errs[$i]) = ('', '');
		my @command = ('psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/buy.sql", '-d', $node->connstr('postgres'));
		push @loads, IPC::Run::start(\@command, '>', \$outs[$i], '2>', \$errs[$i]);
	}
	$node->poll_query_until('postgres', "SELECT count(*) > $before + 60 FROM offerengine.sales_order");
	$deed->();
	$_->finish for @loads;
	return grep { /^[0-9a-f-]{36}$/ } map { split /\n/ } @outs;
}

sub lost
{
	my ($server, @orders) = @_;
	my $ids = join ',', @orders;
	return $server->safe_psql('postgres', qq[SELECT count(*) FROM unnest('{$ids}'::uuid[]) AS o (id)
		WHERE NOT EXISTS (SELECT FROM offerengine.sales_order s WHERE s.order_id = o.id)]);
}

# An immediate stop loses what stands in WAL buffers only. The WAL writer is stopped, so nobody but the sales themselves writes them.
for my $setting (qw(off on))
{
	kill 'STOP', $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'});
	my @orders = acknowledged($setting, sub { $node->stop('immediate') });
	$node->start;
	cmp_ok(scalar @orders, '>', 20, "early release $setting: orders were acknowledged");
	is(lost($node, @orders), '0', "early release $setting: none of them is lost in an immediate stop");
	healthy($node, 'postgres', "early release $setting: health_check() finds nothing");
}

# A standby that must have it first, and does not answer: what waits has given its locks up, or not.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->append_conf('postgresql.conf', "synchronous_standby_names = 'standby'\n");
$node->reload;
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'});
$node->wait_for_catchup($standby);
$standby->stop;

# Whether the row of stock is free, as a session sees that does not wait for it (nor for a standby).
sub is_free
{
	my (undef, undef, $error) = $node->psql('postgres', q{SET synchronous_commit = off;
		SELECT FROM offerengine.stock_held FOR NO KEY UPDATE NOWAIT});
	return $error =~ /could not obtain lock/ ? 'held' : $error eq '' ? 'free' : $error;
}

# Begins the statements in a session of their own and waits until it waits for the standby.
my $waiting = 0;
sub waiting_session
{
	my ($setting, $statements) = @_;
	my $run = { out => '', err => '' };
	local $ENV{PGOPTIONS} = "-c offerengine.early_release=$setting";
	my $file = "$dir/waits" . ++$waiting . '.sql';
	append_to_file($file, "$statements;\n");
	my @command = ('psql', '-XAtq', '-d', $node->connstr('postgres') . ' application_name=waits', '-f', $file);
	$run->{harness} = IPC::Run::start(\@command, '<', \undef, '>', \$run->{out}, '2>', \$run->{err});
	$run->{waits} = $node->poll_query_until('postgres',
		q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'waits' AND wait_event = 'SyncRep'});
	return $run;
}
sub leave
{
	my ($run, $function) = @_;
	$node->safe_psql('postgres', "SELECT pg_${function}_backend(pid) FROM pg_stat_activity WHERE application_name = 'waits'");
	$run->{harness}->finish;
	return;
}

my $count = q{SELECT count(*) FROM offerengine.sales_order};
my $orders = $node->safe_psql('postgres', $count);
my $run = waiting_session('off', $buy);
ok($run->{waits}, 'a plain sale waits for the standby');
is(is_free(), 'held', 'and holds the row of stock meanwhile');
is($node->safe_psql('postgres', $count), $orders, 'nobody sees it');
leave($run, 'cancel');
like($run->{err}, qr/canceling wait for synchronous replication/, 'its wait is cancelled, with a warning');
$orders++;

$run = waiting_session('on', $buy);
ok($run->{waits}, 'with early release it waits, too');
is(is_free(), 'free', 'but the row of stock is free');
is($node->safe_psql('postgres', $count), ++$orders, 'and others see the sale');
is($run->{out}, '', 'which its client does not know yet');
leave($run, 'cancel');
like($run->{err}, qr/canceling wait for synchronous replication/, 'its wait is cancelled as in a plain commit');
like($run->{out}, qr/^[0-9a-f-]{36}$/m, 'and it is told');

$run = waiting_session('on', $buy);
leave($run, 'terminate');
like($run->{err}, qr/terminated|terminating|synchronous replication/, 'a session ended in its wait');
is($run->{out}, '', 'acknowledges nothing');
is($node->safe_psql('postgres', $count), ++$orders, 'and its sale is there');
healthy($node, 'postgres', 'health_check() finds nothing');

# statement_timeout counts the statement, not the commit's wait; it must not break what is committed.
$run = waiting_session('on', "SET statement_timeout = '10s'; $buy");
is(is_free(), 'free', 'in a string of statements, too');
leave($run, 'cancel');
$orders++;

my $lock = q{SELECT count(*) FROM (SELECT FROM offerengine.stock_held FOR NO KEY UPDATE) AS l;};
$run = waiting_session('on', "BEGIN; $lock SAVEPOINT a; $buy; ROLLBACK TO a; COMMIT");
is(is_free(), 'held', 'the part that took stock was rolled back: a plain commit');
leave($run, 'cancel');
$run = waiting_session('on', "BEGIN; SAVEPOINT a; $buy; RELEASE a; COMMIT");
is(is_free(), 'free', 'it was released: early');
leave($run, 'cancel');
$orders++;
$run = waiting_session('on', "BEGIN; $buy; SAVEPOINT a; $buy; ROLLBACK TO a; COMMIT");
is(is_free(), 'free', 'a later part was rolled back: early');
leave($run, 'cancel');
$orders++;
$run = waiting_session('on', "BEGIN; SAVEPOINT a; SAVEPOINT b; $buy; RELEASE b; ROLLBACK TO a; $lock COMMIT");
is(is_free(), 'held', 'what was released went with the part around it: a plain commit');
leave($run, 'cancel');
$run = waiting_session('on', "BEGIN; $lock COMMIT");
is(is_free(), 'held', 'who took no stock commits as ever');
leave($run, 'cancel');
$run = waiting_session('on', "BEGIN; SET LOCAL synchronous_commit = remote_apply; $buy; COMMIT; SHOW synchronous_commit");
is(is_free(), 'free', 'a level of the transaction is waited for');
leave($run, 'cancel');
like($run->{out}, qr/^on$/m, 'and ends with it');
$orders++;
is($node->safe_psql('postgres', $count), $orders, 'every sale is there');

# Whoever wrote nothing, or failed, is answered at once; and levels that wait for nobody do not.
local $ENV{PGOPTIONS} = '-c offerengine.early_release=on';
is($node->safe_psql('postgres', q{SELECT is_never_out_of_stock FROM offerengine.offer_availability('o1', 'DE')}), 'f', 'a reader');
my (undef, undef, $error) = $node->psql('postgres', q{SELECT offerengine.purchase('c', 'o1', 'DE', 'EUR', quantity => 2000000)});
like($error, qr/sold out/, 'who is told that it is sold out');
($error) = ($node->psql('postgres', q{SELECT 1 / (p.quantity - 1) FROM offerengine.purchase('c', 'o1', 'DE', 'EUR') AS p}))[2];
like($error, qr/division by zero/, 'who has taken stock and failed');
is($node->safe_psql('postgres', qq{SET synchronous_commit = local; SELECT count(*) FROM ($buy) AS p}), '1', 'level local');
is($node->safe_psql('postgres', qq{SET synchronous_commit = off; SELECT count(*) FROM ($buy) AS p; SHOW synchronous_commit}), "1\noff",
	'level off stays off');
is($node->safe_psql('postgres', qq{SET synchronous_commit = local; BEGIN; SELECT count(*) FROM ($buy) AS p; PREPARE TRANSACTION 'sale'}), '1',
	'prepared as ever');
is($node->safe_psql('postgres', qq{SET synchronous_commit = local; COMMIT PREPARED 'sale'; SHOW synchronous_commit}), 'local', 'and committed');
healthy($node, 'postgres', 'health_check() finds nothing');
delete $ENV{PGOPTIONS};

# Failover: what was acknowledged is on the standby.
$standby->start;
$node->wait_for_catchup($standby);
my @orders = acknowledged('on', sub { $node->stop('immediate') });
$standby->promote;
cmp_ok(scalar @orders, '>', 20, 'orders were acknowledged before the failover');
is(lost($standby, @orders), '0', 'none of them is lost by it');
healthy($standby, 'postgres', 'health_check() of the new primary finds nothing');
done_testing();
