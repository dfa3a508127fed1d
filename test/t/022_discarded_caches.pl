# Decisions while caches are thrown away under them, at every chance that there is: on a server that can (built with assertions, as
# scripts/assert does) by debug_discard_caches, and on every server by sessions that invalidate our tables all the time. Each answer
# is the one that the specification gives in peace, and each call ends.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_installed('main', 'autovacuum = off');
fill($node, 'postgres');

my @questions = (
	q{offer_is_visible('o1', 'DE')},
	q{explain_visibility('o3', 'DE', '2025-01-01 00:00+00')},
	q{resolve_price('o1', 'DE', 'EUR', quantity => 5, buyer => 'club')},
	q{resolve_product_price('B1', 'US', 'USD', 'net')},
	q{resolve_price('paper', 'DE', 'EUR', country => 'AT')},
	q{price_ladder('o1', 'DE', 'EUR')},
	q{list_offers('{B1,A1}'::text[], 'DE', 'EUR', customer_reference => 'anna')},
	q{default_offer('A1', 'DE', 'EUR')},
	q{redirect_offer('anna', 'web-full', '2025-02-01 12:00+00')});
my $all = "SET statement_timeout = '30s';\n" . join '', map { "SELECT * FROM offerengine.$_;\n" } @questions;
my $expected = $node->safe_psql('postgres', "SET offerengine.fast_path = off;\n$all");

# Where debug_discard_caches can be set, once through is hundreds of thousands of discards.
my $most = $node->safe_psql('postgres', q{SELECT max_val FROM pg_settings WHERE name = 'debug_discard_caches'});
like($most, qr/^[05]$/, "debug_discard_caches goes to $most");
is($node->safe_psql('postgres', 'SET debug_discard_caches = ' . ($most > 0 ? 1 : 0) . ";\n$all"), $expected,
	'answers are right with what the server can discard');

# A specification that lies tells that indexes were probed nevertheless.
$node->safe_psql('postgres', q{CREATE DATABASE lying TEMPLATE postgres});
is($node->safe_psql('lying', q{CREATE OR REPLACE FUNCTION offerengine_internal.spec_offer_is_visible(offer_reference text, store text,
		at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false';
	SET debug_discard_caches = } . ($most > 0 ? 1 : 0) . q{; SELECT offerengine.offer_is_visible('o1', 'DE')}), 't', 'by probing');

# Every table that decisions read, its indexes and the schema's version are invalidated without an end, and nobody has to wait.
my $dir = PostgreSQL::Test::Utils::tempdir();
append_to_file("$dir/invalidate.sql", join '', map { "ALTER TABLE offerengine.$_ SET (fillfactor = 90);\n" }
	qw(store currency offer offer_store product price merchant price_sheet_price subscription sales_rule));
append_to_file("$dir/invalidate.sql", "SELECT offerengine_internal.announce_version();\n");
my ($out, $err) = ('', '');
my $invalidating = IPC::Run::start([ 'pgbench', '-n', '-c', '1', '-T', '5', '-f', "$dir/invalidate.sql", $node->connstr('postgres') ],
	'>', \$out, '2>', \$err);
my $session = $node->background_psql('postgres');
my ($rounds, $wrong) = (0, 0);
my $until = time + 4;
while (time < $until)
{
	$rounds++;
	$wrong++ if $session->query_safe($all) ne $expected;
}
$invalidating->finish;
$session->quit;
is($wrong, 0, 'answers are right in a session that hears of changes all the time');
cmp_ok($rounds, '>', 5, 'in many rounds');
is($err, '', 'and nobody stood in the way of the changes');

$node->stop;
done_testing();
