# Nobody needs to be a superuser but who creates the extension: the schema's owner dumps and restores all of it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('main');
$node->safe_psql('postgres', 'CREATE ROLE keeper LOGIN; CREATE ROLE reader; CREATE ROLE shop');
for my $db (qw(source target))
{
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, 'SET client_min_messages = warning; CREATE SCHEMA offerengine AUTHORIZATION keeper;'
		  . 'CREATE EXTENSION offerengine CASCADE');
}
$node->safe_psql('source', 'SET SESSION AUTHORIZATION keeper; CALL offerengine.migrate()');
fill($node, 'source');
$node->safe_psql('source', q{SET SESSION AUTHORIZATION keeper;
	SELECT offerengine.grant_access('reader', 'reporting'), offerengine.grant_access('shop', 'storefront')});

# The extension and the schema are there already, made by a superuser; all that is left is the owner's.
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
$node->command_ok([ 'pg_dump', '-U', 'keeper', '-Fc', '-f', $dump, 'source' ], 'the owner dumps');
my ($list, $error) = run_command([ 'pg_restore', '-l', $dump ]);
is($error, '', 'what is in the dump');
my @left_out = grep { / EXTENSION | SCHEMA - offerengine / } split /\n/, $list;
open(my $out, '>', "$dump.list") or die $!;
print $out map { "$_\n" } grep { !/ EXTENSION | SCHEMA - offerengine / } split /\n/, $list;
close $out;
cmp_ok(scalar(@left_out), '<=', 6, 'only the extensions and the schema with their comments are left out');
$node->command_ok([ 'pg_restore', '-U', 'keeper', '--exit-on-error', '-L', "$dump.list", '-d', 'target', $dump ],
	'the owner restores');

same(content($node, 'target'), content($node, 'source'), 'the same rows');
same(schema_of($node, 'target'), schema_of($node, 'source'), 'the same tables, indexes, triggers, views, policies, grants');
my $functions = q{SELECT string_agg(p.oid::regprocedure || ' ' || pg_get_userbyid(p.proowner), chr(10) ORDER BY p.oid::regprocedure::text)
	FROM pg_proc p WHERE p.pronamespace::regnamespace::text LIKE 'offerengine%'};
is($node->safe_psql('target', $functions), $node->safe_psql('source', $functions), 'the same functions');
healthy($node, 'target', 'health_check() finds nothing');

my $search = q{SELECT offer_reference, round(similarity::numeric, 2)
	FROM offerengine.search_offers('Tent of the frst', 'DE', 'EUR') ORDER BY 1};
like($node->safe_psql('target', $search), qr/^o1\|/, 'offers are searched');
is($node->safe_psql('target', $search), $node->safe_psql('source', $search), 'as before');
is( $node->safe_psql('target', "SET pg_trgm.word_similarity_threshold = 0.99; $search; SHOW pg_trgm.word_similarity_threshold"),
	$node->safe_psql('source', $search) . "\n0.99", "whatever the session's threshold is, before the library is loaded");
is( $node->safe_psql('target', "SET ROLE shop; $search"), $node->safe_psql('source', $search), 'by a storefront');
is( $node->safe_psql('target', q{SET SESSION AUTHORIZATION keeper; CALL offerengine.migrate();
		SELECT count(*) FROM offerengine.schema_migration WHERE kind <> 'extension' AND applied_at > now()}), 0, 'migrate() has nothing to do');

# Who is who counts by name in another database, until migrate() has noted who that is here; from then on a new role of an old name
# is nobody.
my $tomorrow = q{SELECT offerengine.offer_is_visible('o1', 'DE', now() + interval '1 day')};
$node->safe_psql('postgres', 'CREATE DATABASE third');
$node->safe_psql('third', 'SET client_min_messages = warning; CREATE SCHEMA offerengine AUTHORIZATION keeper;'
	  . 'CREATE EXTENSION offerengine CASCADE');
$node->safe_psql('target', 'DROP DATABASE source');
$node->safe_psql('target', 'SET SESSION AUTHORIZATION keeper;'
	  . 'REVOKE ALL ON ALL ROUTINES IN SCHEMA offerengine, offerengine_internal FROM shop');
$node->safe_psql('target', 'DROP OWNED BY shop');
$node->safe_psql('postgres', 'DROP ROLE shop; CREATE ROLE shop');
$node->command_ok([ 'pg_restore', '-U', 'keeper', '--exit-on-error', '-L', "$dump.list", '-d', 'third', $dump ],
	'the owner restores where a role is a new one');
my (undef, undef, $refused) = $node->psql('third', "SET ROLE shop; $tomorrow");
like($refused, qr/may ask about the current instant only/, 'it is a storefront there, by name');
$node->safe_psql('target', 'GRANT USAGE ON SCHEMA offerengine TO shop; GRANT EXECUTE ON ALL ROUTINES IN SCHEMA offerengine TO shop');
is($node->safe_psql('target', "SET ROLE shop; $tomorrow"), 't', 'and nobody where the old one was meant');
is($node->safe_psql('target', q{SELECT detail FROM offerengine.health_check() WHERE check_name = 'actors'}),
	'1 found: shop (storefront)', 'which health_check() tells');
$node->safe_psql('third', 'CALL offerengine.migrate()');
is($node->safe_psql('third', q{SELECT count(*) FROM offerengine.actor WHERE role_oid = role_name::regrole}), 2, 'migrate() notes who is who');

# No function of ours sets a parameter of another library: who restores it may not have that loaded, nor be a superuser.
is( $node->safe_psql('target', q{SELECT p.oid::regprocedure, s FROM pg_proc p, unnest(p.proconfig) AS s
		WHERE p.pronamespace::regnamespace::text LIKE 'offerengine%' AND split_part(s, '=', 1) LIKE '%.%'}), '', 'none sets what another library defines');

done_testing();
