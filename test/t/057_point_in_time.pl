# Back to an instant between two changes: the commands of doc/operations.md, typed as they stand there.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Document;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my @blocks = grep { $_->{heading} eq 'Back to an instant' && $_->{language} eq 'sh' } blocks_of('doc/operations.md');
is(scalar(@blocks), 3, 'the guide archives, copies and restores');

my $node = start_installed('main', 'autovacuum = off');
fill($node, 'postgres');
my $dir = PostgreSQL::Test::Utils::tempdir();
my $socket = PostgreSQL::Test::Utils::tempdir_short();
mkdir "$dir/archive";
local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'postgres', PGDATA => $node->data_dir,
	archive => "$dir/archive", copy => "$dir/copy", restored => "$dir/restored");
sub type
{
	my ($block) = @_;
	my $out = '';
	ok(IPC::Run::run([ 'bash', '-euc', $block->{text} ], '<', \undef, '>', "$dir/log", '2>', "$dir/log.err"), "doc/operations.md:$block->{line} runs")
	  or diag(slurp_file("$dir/log"), slurp_file("$dir/log.err"));
	return;
}
type($blocks[0]);
$node->_update_pid(1);
type($blocks[1]);

# What is done before the instant, and after it; an import is on its way in between.
$node->safe_psql('postgres', q{
	SELECT offerengine.set_price('DE', 'EUR', 8000, 9700, offer_reference => 'o1');
	SELECT offerengine.purchase('anna', 'o1', 'DE', 'EUR', 'DE', order_id => '00000000-0000-7000-8000-000000000001');
	SELECT offerengine.import_begin();
	INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference) VALUES ('i1', 'A2', 'm1')});
my $report = q{SELECT offer_reference, amount FROM offerengine.list_offers('A1', 'DE', 'EUR');
	SELECT available FROM offerengine.offer_availability('o1', 'DE');
	SELECT order_id FROM offerengine.orders('anna') ORDER BY 1;
	SELECT gross_amount FROM offerengine.price_history ORDER BY price_history_id};
my $then = $node->safe_psql('postgres', $report);
$ENV{instant} = $node->safe_psql('postgres', 'SELECT clock_timestamp()');
$node->safe_psql('postgres', q{
	SELECT offerengine.set_price('DE', 'EUR', 1, 1, offer_reference => 'o1');
	SELECT offerengine.purchase('anna', 'o1', 'DE', 'EUR', 'DE', quantity => 3, order_id => '00000000-0000-7000-8000-000000000002');
	SELECT offerengine.suspend_merchant('m2', 'by mistake')});
isnt($node->safe_psql('postgres', $report), $then, 'a mistake');
my $archived = $node->safe_psql('postgres', 'SELECT pg_walfile_name(pg_switch_wal())');
ok($node->poll_query_until('postgres', "SELECT last_archived_wal >= '$archived' FROM pg_stat_archiver"), 'the log is archived');
$node->stop('immediate');
$ENV{socket} = $socket;
type($blocks[2]);

my $connection = "host=$socket port=5432 dbname=postgres";
sub ask { my ($out, $err) = run_command([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $connection, '-c', "$_[0]" ]); is($err, '', 'is answered'); return $out }
is(ask('SELECT pg_is_in_recovery()'), 'f', 'the restored server writes');
is(ask($report), $then, 'all is as it was at the instant');
is(ask(q{SET offerengine.fast_path = off; } . $report), $then, 'by the specification, too');
is(ask('SELECT h.* FROM offerengine.health_check() h WHERE NOT h.ok'), '', 'health_check() finds nothing');
is(ask('SELECT count(*) FROM offerengine.import_merchant_product_offer'), '0', 'what was staged is not there');
is(ask(q{SELECT offerengine.set_price('DE', 'EUR', 8100, 9800, offer_reference => 'o1') > 0; SELECT offerengine.import_begin() > 0; SELECT count(*) FROM offerengine.import_run() WHERE false}), "t\nt\n0", 'work goes on');
is(ask(q{SELECT count(*) FROM offerengine.purchase('anna', 'o1', 'DE', 'EUR', 'DE', quantity => 3, order_id => '00000000-0000-7000-8000-000000000002')}), '1',
	'an order that is not there any more is made again under its id');
is(ask('SELECT h.* FROM offerengine.health_check() h WHERE NOT h.ok'), '', 'health_check() finds nothing');
$node->command_ok([ 'pg_ctl', '-D', "$dir/restored", '-w', '-m', 'fast', 'stop' ], 'stopped');
done_testing();
