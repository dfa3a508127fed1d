# Backends that are killed in the middle of writing, and temporary files that find no room: what was committed is whole, what was not
# is gone, and everybody goes on.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_installed('main', 'restart_after_crash = on', 'fsync = off', 'autovacuum = off');
fill($node, 'postgres');

# Writers of every kind, each a transaction; customers and offers of their own, and an offer that all of them write.
my $dir = PostgreSQL::Test::Utils::tempdir();
append_to_file("$dir/write.sql", <<'SQL');
\set n random(1, 100000000)
BEGIN;
SELECT offerengine.put_offer('k' || :n || '-' || :client_id, 'A1', 'm1', '{DE}') \gset
SELECT offerengine.set_price('DE', 'EUR', 8403, 10000, offer_reference => 'k' || :n || '-' || :client_id) \gset p_
SELECT offerengine.set_price('DE', 'EUR', 8000, 9520, offer_reference => 'k' || :n || '-' || :client_id, min_quantity => 5) \gset q_
SELECT offerengine.approve_offer('k' || :n || '-' || :client_id) \gset a_
COMMIT;
SELECT offerengine.set_price('DE', 'EUR', 8320, 9900 + :n % 50, offer_reference => 'o1') \gset r_
SELECT offerengine.set_stock('o1', 'W', :n % 10, false) \gset s_
SELECT count(*) FROM offerengine.purchase('k' || :n, 'trial', 'DE', 'EUR', 'DE', starts_on => '2025-04-01') \gset t_
SQL
sub healthy_and_equal
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	healthy($node, 'postgres', "$name: health_check() finds nothing");
	my $listing = q{SELECT count(*), sum(amount), count(*) FILTER (WHERE is_default) FROM offerengine.list_offers('A1', 'DE', 'EUR')};
	is($node->safe_psql('postgres', $listing), $node->safe_psql('postgres', "SET offerengine.fast_path = off; $listing"),
		"$name: the listing is what the specification says");
	is($node->safe_psql('postgres', q{SELECT o.offer_reference FROM offerengine.offer o WHERE o.offer_reference LIKE 'k%'
		AND (o.approval_status <> 'approved' OR 2 <> (SELECT count(*) FROM offerengine.price p WHERE p.offer_id = o.offer_id)
		     OR NOT EXISTS (SELECT FROM offerengine.offer_approval a WHERE a.offer_id = o.offer_id AND a.to_status = 'approved'))}), '',
		"$name: no offer is half made");
	return;
}

for my $round (1 .. 3)
{
	my ($out, $err) = ('', '');
	my $made = $node->safe_psql('postgres', q{SELECT count(*) FROM offerengine.offer});
	my $load = IPC::Run::start([ 'pgbench', '-n', '-c', '3', '-T', '30', '-f', "$dir/write.sql",
			$node->connstr('postgres') . ' application_name=writer' ],
		'>', \$out, '2>', \$err);
	ok($node->poll_query_until('postgres', "SELECT count(*) > $made + 4 FROM offerengine.offer"), "round $round: offers are made");
	if ($round < 3)
	{
		kill 'KILL', $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE application_name = 'writer'
			ORDER BY state = 'idle', random() LIMIT 1});
	}
	else
	{
		$node->safe_psql('postgres', q{SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'writer'});
	}
	$load->finish;
	unlike($err, qr/ERROR(?!.*(terminat|crash))/, "round $round: writers meet no other error");
	ok($node->poll_query_until('postgres', 'SELECT true'), "round $round: the server is back");
	healthy_and_equal("round $round");
}

# No room for the rows that a statement's triggers are to see: all of it is taken back, and nothing is left behind in the session.
my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->query_safe(q{INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id)
	SELECT 'many' || g, p.product_id, m.merchant_id FROM generate_series(1, 3000) g, offerengine.product p, offerengine.merchant m
	 WHERE p.sku = 'A2' AND m.merchant_reference = 'm1'});
my $content = content($node, 'postgres');
$session->query(q{SET work_mem = '64kB'; SET temp_file_limit = '64kB'});
$session->query(q{UPDATE offerengine.offer SET title = repeat('x', 100) WHERE offer_reference LIKE 'many%'});
like($session->{stderr}, qr/temporary file size exceeds "?temp_file_limit"?/, 'no room for transition rows');
$session->{stderr} = '';
same(content($node, 'postgres'), $content, 'nothing was done');
$session->query_safe(q{RESET temp_file_limit; UPDATE offerengine.offer SET title = repeat('x', 100) WHERE offer_reference LIKE 'many%'});
is($node->safe_psql('postgres', q{SELECT count(*), min(version), max(version) FROM offerengine.offer WHERE title = repeat('x', 100)}),
	'3000|2|2', 'with room, the same session does it');
healthy_and_equal('with room');
$session->quit;

$node->stop;
done_testing();
