# Indexes are rebuilt on the primary, which does not wait for a standby's locks: a standby goes on answering, whatever it opens late.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = start_installed('primary', 'autovacuum = off', 'fsync = off', 'hot_standby_feedback = on', 'max_standby_streaming_delay = -1');
fill_catalogue($primary, 'postgres');
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

# A page whose one product with a contract's price is found last: the index of contracts is opened long after the tables.
my $dir = PostgreSQL::Test::Utils::tempdir();
append_to_file("$dir/ask.sql", <<'SQL');
SELECT 1 / (string_agg(amount::text, ' ' ORDER BY amount) = '9500 9800')::integer
  FROM offerengine.list_offers(ARRAY(SELECT 'zz' || g FROM generate_series(1, 6000) g) || 'A1'::text, 'DE', 'EUR', buyer => 'club');
SQL
append_to_file("$dir/rebuild.sql", join '', map { "REINDEX INDEX CONCURRENTLY offerengine.$_;\n" }
	qw(price_product_key price_abstract_key merchant_pkey price_product_key));
my %load;
for my $what ([ $standby, 'ask', 4 ], [ $primary, 'rebuild', 4 ])
{
	my ($node, $script, $seconds) = @$what;
	my ($out, $err) = ('', '');
	$load{$script} = { out => \$out, err => \$err };
	# Not as fast as it goes: PostgreSQL hears of a table that it has open one message within the other, and where a thousand have
	# gathered while a question was not given the processor, its stack ends.
	my @so_many = $script eq 'ask' ? ('-c', 2) : ('-c', 1, '-R', 10);
	$load{$script}{run} = IPC::Run::start([ 'pgbench', '-n', @so_many, '-T', $seconds, '-f', "$dir/$script.sql",
			$node->connstr('postgres') ], '>', \$out, '2>', \$err);
}
$load{$_}{run}->finish for sort keys %load;
is(${ $load{ask}{err} }, '', 'the standby answers, and rightly, while indexes are replaced');
is(${ $load{rebuild}{err} }, '', 'and the primary replaces them');
my ($asked) = ${ $load{ask}{out} } =~ /actually processed: (\d+)/;
my ($rebuilt) = ${ $load{rebuild}{out} } =~ /actually processed: (\d+)/;
cmp_ok($asked, '>', 20, "$asked questions");
cmp_ok($rebuilt, '>', 2, "$rebuilt rounds of new indexes");

$_->stop for ($standby, $primary);
done_testing();
