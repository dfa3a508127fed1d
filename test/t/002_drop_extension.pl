# DROP EXTENSION CASCADE in a database that was dumped and restored, and back; a user's view on ours goes with it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('main');
install($node, 'postgres');
fill($node, 'postgres');
$node->safe_psql('postgres', q{
	CREATE ROLE shop; CREATE ROLE desk;
	SELECT offerengine.grant_access('shop', 'storefront');
	SELECT offerengine.grant_access('desk', 'merchant', 'm1');
	CREATE VIEW public.mine AS SELECT * FROM offerengine.visible_offer;
	CREATE VIEW public.on_table AS SELECT offer_reference FROM offerengine.offer;
});
my $content = content($node, 'postgres');
my $schema = schema_of($node, 'postgres');

$node->safe_psql('postgres', 'SET client_min_messages = warning; DROP EXTENSION offerengine CASCADE');
same(content($node, 'postgres'), $content, 'every row stays');
is($node->safe_psql('postgres', q{SELECT to_regclass('public.on_table') IS NOT NULL}), 't', 'so does a view on a table');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_proc WHERE pronamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal'))
	AND probin IS NOT NULL}), 0, 'no C function is left');

# A dump of what is left can be restored, and completed there.
my $dump = PostgreSQL::Test::Utils::tempdir() . '/bare.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'postgres' ], 'dump of the bare tables');
$node->safe_psql('template1', 'CREATE DATABASE bare');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'bare', $dump ], 'restore of the bare tables');

# Code around tables without triggers: nothing is answered and nothing written before migrate().
for my $call (q{offer_is_visible('o1', 'DE')}, q{set_offer_active('o1', false)})
{
	my (undef, undef, $error) = $node->psql('bare', 'SET client_min_messages = warning;'
		  . " BEGIN; CREATE EXTENSION offerengine CASCADE; SELECT offerengine.$call");
	like($error, qr/the triggers and views of offerengine are not there, only its tables/, "$call is refused before migrate()");
}

for my $db ('postgres', 'bare')
{
	install($node, $db);
	same(schema_of($node, $db), $schema, "$db: everything is back, grants included");
	# But for what was applied when, and the database in which a role is the one that was meant.
	my ($then, $now) = map { s/^offerengine\.schema_migration\n.*?(?=^offerengine\.|\z)//msr =~ s{,\d+/\d+,}{,here,}gr } $content, content($node, $db);
	same($now, $then, "$db: and no row was touched");
	is($node->safe_psql($db, q{SELECT offer_reference FROM offerengine.list_offers('A1', 'DE', 'EUR')}), "o2\no1",
		"$db: offers are listed");
	healthy($node, $db, "$db: health_check() finds nothing");
}

# What is written while the extension is away is found, and mended as the operations guide says.
$node->safe_psql('bare', 'SET client_min_messages = warning; DROP EXTENSION offerengine CASCADE;'
	  . q{UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'o1'});
install($node, 'bare');
is($node->safe_psql('bare', q{SELECT h.check_name FROM offerengine.health_check() h WHERE NOT h.ok}), 'projection',
	'health_check() finds a projection that was left behind');
$node->safe_psql('bare', 'UPDATE offerengine.offer_store SET store_code = store_code');
healthy($node, 'bare', 'an update of offer_store mends it');
is($node->safe_psql('bare', q{SELECT offerengine.offer_is_visible('o1', 'DE')}), 'f', 'and the answer is right');

done_testing();
