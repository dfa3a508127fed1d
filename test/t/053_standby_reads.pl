# A hot standby answers every function that reads while the primary writes, removes and vacuums what the standby is reading: it answers,
# or says that recovery came in between (40001), nothing else; and a session that heard that goes on, and is right.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Questions;
use Test::More;

my $primary = start_installed('primary', 'autovacuum = off', 'fsync = off', 'wal_receiver_status_interval = 1s');
fill($primary, 'postgres');
fill_questions($primary, 'postgres');
$primary->safe_psql('postgres', q{CREATE ROLE shop LOGIN; SELECT offerengine.grant_access('shop', 'storefront'); VACUUM ANALYZE});
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', "hot_standby_feedback = off\nmax_standby_streaming_delay = 0");
$standby->start;

my @questions = questions($primary, 'postgres');
# A storefront asks about the present, and about periods.
my @storefront = grep { $_->[0] =~ /^period/ || $_->[1] !~ /\b(?:at|on_date) =>/ } questions($primary, 'postgres', 'storefront');
cmp_ok(scalar(@storefront), '>', 40, scalar(@questions) . ' questions, ' . scalar(@storefront) . ' of them of a storefront');

# Both answer alike, and of every function something.
sub compare
{
	my ($name) = @_;
	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
	my %told;
	for my $how ([ 'fast_path on', 'SET offerengine.fast_path = on', @questions ], [ 'fast_path off', 'SET offerengine.fast_path = off', @questions ],
		[ 'a storefront', 'SET ROLE shop', @storefront ])
	{
		my ($what, $before, @asked) = @$how;
		my $right = answers($primary, 'postgres', $before, @asked);
		my $answer = answers($standby, 'postgres', $before, @asked);
		is(scalar(keys %$answer), scalar(@asked), "$name, $what: everything is answered");
		my @differ = grep { ($answer->{ $_->[1] } // 'nothing') ne ($right->{ $_->[1] } // 'none') } @asked;
		is(scalar(@differ), 0, "$name, $what: as the primary") or diag(map { "$_->[1]\n$right->{$_->[1]}--\n$answer->{$_->[1]}" } @differ);
		$told{ $_->[0] } .= $answer->{ $_->[1] } =~ s/[\s|]//gr for @asked;
	}
	return join ' ', grep { $told{$_} eq '' } sort keys %told;
}
is(compare('at rest'), 'assert_operation', 'every function has something to say, but the one that only refuses');

# Writers; and rows that go, so that vacuum has what the standby's snapshots still see.
my $dir = PostgreSQL::Test::Utils::tempdir();
append_to_file("$dir/write.sql", <<'SQL');
\set n random(1, 100000000)
SELECT offerengine.set_price('DE', 'EUR', 8320, 9900 + :n % 50, offer_reference => 'o1') \gset a_
SELECT offerengine.set_stock('o1', 'W', 5 + :n % 10, false) \gset b_
SELECT count(*) FROM offerengine.purchase('k' || :n, 'q1', 'DE', 'EUR', 'DE') \gset c_
SELECT offerengine.cart_create('k' || :n, 'DE', 'EUR') AS cart \gset
SELECT offerengine.cart_add('k' || :n, ':cart', 'q2') \gset d_
SELECT offerengine.cart_update('anna', '00000000-0000-7000-8000-000000000001', 1, quantity => 1 + :n % 5) \gset e_
SELECT offerengine.list_update('anna', '00000000-0000-7000-8000-000000000002', 1, quantity => 1 + :n % 5) \gset f_
SELECT offerengine.suspend_merchant('m2', 'late') \gset g_
SELECT offerengine.reinstate_merchant('m2') \gset h_
SQL
my @tables = split / /, $primary->safe_psql('postgres', q{SELECT string_agg(oid::regclass::text, ' ') FROM pg_class
	WHERE relnamespace = 'offerengine'::regnamespace AND relkind = 'r' AND relpersistence = 'p'});
append_to_file("$dir/vacuum.sql", join '', map { "VACUUM $_;\n" } @tables);
my %load;
for my $script (qw(write vacuum))
{
	my ($out, $err) = ('', '');
	$load{$script} = { err => \$err };
	$load{$script}{run} = IPC::Run::start([ 'pgbench', '-n', '-c', '1', '-T', '120',
			($script eq 'vacuum' ? ('-R', '2') : ()), '-f', "$dir/$script.sql", $primary->connstr('postgres') ],
		'>', \$out, '2>', \$err);
}

# Each question some times over within one snapshot, which recovery does not wait for at all, and once, for which it waits a while. Where an answer is played in a subtransaction,
# PostgreSQL ends the connection, not the statement: that is 40001, too.
my (%answered, %error);
my ($conflicts, $rounds, $sessions) = (0, 0, 0);
while ($rounds < 4 || ($rounds < 20 && ($conflicts < 10 || grep { !$answered{ $_->[0] } } @questions)))
{
	my $fast = $rounds % 2 ? 'off' : 'on';
	my $times = $rounds % 4 < 2 ? 4 : 1;
	$standby->append_conf('postgresql.conf', 'max_standby_streaming_delay = ' . ($rounds++ % 4 < 2 ? '0' : '3s'));
	$standby->reload;
	my @left = map { [ $_->[0], "DO \$\$ BEGIN FOR i IN 1 .. $times LOOP PERFORM * FROM $_->[1]; END LOOP; END \$\$;" ] } @questions;
	while (@left)
	{
		my $script = "\\set VERBOSITY sqlstate\nSET offerengine.fast_path = $fast;\nSET default_transaction_isolation = 'repeatable read';\n"
		  . join '', map { "$left[$_][1]\n\\echo #$_ :SQLSTATE\n" } 0 .. $#left;
		my ($status, $out, $err) = $standby->psql('postgres', $script, on_error_stop => 0);
		$sessions++;
		my @told = $out =~ /^#\d+ (\w+)$/mg;
		$told[$_] eq '00000' ? $answered{ $left[$_][0] }++ : $error{ $told[$_] }++ for 0 .. $#told;
		$conflicts += grep { $_ eq '40001' } @told;
		if (@told < @left)
		{
			like($err, qr/^(?:psql:.*)?FATAL:  (?:40001$|(?:canceling statement|terminating connection) due to conflict with recovery)/m, 'a connection ends by a conflict');
			$conflicts++;
		}
		splice @left, 0, @told + 1;
	}
}
$standby->append_conf('postgresql.conf', 'max_standby_streaming_delay = 0');
$standby->reload;
note("$rounds rounds in $sessions sessions, $conflicts conflicts");
is(join(' ', sort keys %error), '40001', 'only recovery comes in between');
cmp_ok($conflicts, '>=', 10, 'and it does');
is(join(' ', grep { !$answered{$_} } map { $_->[0] } @questions), '', 'every function has answered meanwhile');

$load{$_}{run}->signal('TERM') for keys %load;
$load{$_}{run}->finish for keys %load;
is(${ $load{$_}{err} } =~ s/^pgbench: terminat.*\n//mgr =~ /ERROR|FATAL/ ? ${ $load{$_}{err} } : '', '', "$_: the primary goes on") for sort keys %load;
ok($primary->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'pgbench'}), 'the load ends');

# A session that has heard of conflicts and lives goes on, with what it keeps. Rows go now and then only: the next conflict does not
# meet a session that is just hearing of one, which would end it.
append_to_file("$dir/pace.sql", "\\set n random(1, 100000)\nSELECT offerengine.set_price('DE', 'EUR', 8320, 9000 + :n, offer_reference => 'o1');\nVACUUM offerengine.price;\n");
my ($out, $err) = ('', '');
my $pace = IPC::Run::start([ 'pgbench', '-n', '-c', '1', '-R', '3', '-T', '120', '-f', "$dir/pace.sql", $primary->connstr('postgres') ], '>', \$out, '2>', \$err);
my ($reader, $again);
for (1 .. 20)
{
	$again = 0;
	eval {
		$reader = $standby->background_psql('postgres', on_error_stop => 0);
		$reader->query_safe(q{SET default_transaction_isolation = 'repeatable read'});
		while ($again < 2)
		{
			$reader->{stderr} = '';
			$reader->query(q{DO $$ BEGIN FOR i IN 1 .. 10000 LOOP PERFORM * FROM offerengine.list_offers('A1', 'DE', 'EUR', include_availability => true); END LOOP; END $$});
			$again++ if $reader->{stderr} =~ /conflict with recovery/;
		}
		$reader->{stderr} = '';
		$reader->query_safe('SELECT 1') } && last;
	$again = 0;
	eval { $reader->quit };
}
is($again, 2, 'one session meets conflicts, and goes on');
$pace->signal('TERM');
$pace->finish;
ok($primary->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'pgbench'}), 'all is quiet');
my $ask = q{SELECT amount FROM offerengine.resolve_price('o1', 'DE', 'EUR')};
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is($reader->query($ask), $primary->safe_psql('postgres', $ask), 'and is right afterwards');
$reader->quit;
is(compare('afterwards'), 'assert_operation', 'every function, after it all');
healthy($_, 'postgres', 'health_check() finds nothing') for ($primary, $standby);

$_->stop for ($standby, $primary);
done_testing();
