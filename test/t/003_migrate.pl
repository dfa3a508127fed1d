# migrate(): two calls at once, a failure half-way, and a schema that belongs to an ordinary role.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use IPC::Run qw(start finish);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('main');
my $quiet = 'SET client_min_messages = warning;';

# Two calls at once: one waits for the other, then finds nothing to do.
$node->safe_psql('postgres', "$quiet CREATE EXTENSION offerengine CASCADE");
my @calls;
for my $n (1 .. 4)
{
	my ($out, $err) = ('', '');
	push @calls, { out => \$out, err => \$err };
	$calls[-1]{run} = start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'),
			'-c', 'CALL offerengine.migrate()' ], '>', \$out, '2>', \$err);
}
ok(finish($_->{run}), "concurrent call: ${ $_->{err} }") for @calls;
is($node->safe_psql('postgres', 'SELECT count(*) - count(DISTINCT name) FROM offerengine.schema_migration'), 0,
	'each source once');
healthy($node, 'postgres', 'health_check() finds nothing');

# A table of the name of one of ours is in the way: nothing is left half-done, and with it gone the call succeeds.
$node->safe_psql('postgres', 'CREATE DATABASE half');
$node->safe_psql('half', "$quiet CREATE EXTENSION offerengine CASCADE; CREATE TABLE offerengine.actor (mine integer)");
my ($status, undef, $error) = $node->psql('half', 'CALL offerengine.migrate()');
isnt($status, 0, 'a table is in the way');
like($error, qr/relation "actor" already exists/, 'and the error names it');
is($node->safe_psql('half', q{SELECT string_agg(relname, ' ') FROM pg_class
	WHERE relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal')) AND relkind IN ('r', 'v', 'S', 'i')}), 'actor', 'nothing is left half-done');
$node->safe_psql('half', 'DROP TABLE offerengine.actor; CALL offerengine.migrate()');
same(schema_of($node, 'half'), schema_of($node, 'postgres'), 'the next call does all of it');

# A view is gone, a trigger is gone, a policy is gone: the next call brings exactly these back.
my $schema = schema_of($node, 'half');
$node->safe_psql('half', q{
	DO $$ DECLARE statement text; BEGIN
		FOR statement IN SELECT format('DROP POLICY %I ON %I.%I', policyname, schemaname, tablename) FROM pg_policies
		                 WHERE schemaname IN ('offerengine', 'offerengine_internal')
		    UNION ALL SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM pg_trigger
		               WHERE tgrelid = 'offerengine.offer'::regclass AND NOT tgisinternal
		    UNION ALL SELECT 'DROP VIEW offerengine.visible_offer CASCADE'
		LOOP EXECUTE statement; END LOOP; END $$;});
isnt(schema_of($node, 'half'), $schema, 'views, triggers and policies are dropped');
$node->safe_psql('half', 'CALL offerengine.migrate()');
same(schema_of($node, 'half'), $schema, 'migrate() brings them back');

# The schema belongs to a role without any privilege, to which it was given before CREATE EXTENSION, or after it: all objects
# become its own, and the engine works for it.
$node->safe_psql('postgres', 'CREATE ROLE owner LOGIN; CREATE ROLE stranger LOGIN');
$node->safe_psql('postgres', 'CREATE DATABASE given_before');
$node->safe_psql('given_before', "$quiet CREATE SCHEMA offerengine AUTHORIZATION owner; CREATE EXTENSION offerengine CASCADE;"
	  . 'GRANT USAGE ON SCHEMA offerengine TO stranger; GRANT EXECUTE ON ALL ROUTINES IN SCHEMA offerengine TO stranger');
(undef, undef, $error) = $node->psql('given_before', 'SET ROLE stranger; CALL offerengine.migrate()');
like($error, qr/only a member of role owner/, 'a stranger may not migrate');
is($node->safe_psql('given_before', q{SELECT count(*) FROM pg_class
	WHERE relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal')) AND relkind = 'r'}), 0, 'nor did it');
$node->safe_psql('given_before', 'SET ROLE owner; CALL offerengine.migrate()');

$node->safe_psql('postgres', 'CREATE DATABASE given_after');
$node->safe_psql('given_after', "$quiet CREATE EXTENSION offerengine CASCADE; ALTER SCHEMA offerengine OWNER TO owner;"
	  . 'CALL offerengine.migrate()');

for my $db ('given_before', 'given_after')
{
	is($node->safe_psql($db, q{SELECT DISTINCT relowner::regrole FROM pg_class
		WHERE relnamespace IN (to_regnamespace('offerengine'), to_regnamespace('offerengine_internal')) AND relkind IN ('r', 'v', 'S', 'i')}), 'owner',
		"$db: all belongs to the owner");
	fill($node, $db);
	is($node->safe_psql($db, q{SET ROLE owner; SELECT offer_reference, amount FROM offerengine.list_offers('A1', 'DE', 'EUR')}),
		"o2|9800\no1|9900", "$db: the owner asks");
	is($node->safe_psql($db, q{SET ROLE owner; SELECT offerengine.set_price('DE', 'EUR', 1, 1, offer_reference => 'o2') > 0;
		SELECT gross_amount FROM offerengine.price_history ORDER BY price_history_id DESC LIMIT 1}), "t\n9800", "$db: and writes");
	$node->safe_psql($db, q{SET ROLE owner; SELECT offerengine.grant_access('stranger', 'storefront')});
	is($node->safe_psql($db, q{SET ROLE stranger; SELECT offerengine.offer_is_visible('o1', 'DE')}), 't',
		"$db: and lets others ask");
	healthy($node, $db, "$db: health_check() finds nothing");
	my $before = $node->safe_psql($db, 'SELECT sum(xmin::text::bigint) FROM pg_proc');
	$node->safe_psql($db, 'CALL offerengine.migrate()');
	is($node->safe_psql($db, 'SELECT sum(xmin::text::bigint) FROM pg_proc'), $before, "$db: a second call changes nothing");
}

done_testing();
