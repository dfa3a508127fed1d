# pg_upgrade takes a marketplace along: every table, every object of ours, and the answers.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Rows without what migrate() notes of roles: their OID, and the cluster in which it is theirs.
sub without_roles
{
	return join "\n", map { s{^(\(\d+,\w+),\d*,[\d/]*,}{$1,}r } split /\n/, $_[0];
}

my $old = start_node('old');
install($old, 'postgres');
$old->safe_psql('postgres', 'CREATE ROLE shop; CREATE ROLE clerk');
fill($old, 'postgres');
$old->safe_psql('postgres', q{SELECT offerengine.grant_access('shop', 'merchant', 'm1'), offerengine.grant_access('clerk', 'operator')});
my @questions = map { "SELECT * FROM offerengine.$_" } (
	q{list_offers('A1', 'DE', 'EUR', include_availability => true)},
	q{resolve_price('o1', 'DE', 'EUR', quantity => 5, buyer => 'club')},
	q{resolve_price('o1', 'DE', 'EUR', at => '2020-01-01 00:00+00')},
	q{redirect_offer('anna', 'web-full', '2025-02-01 12:00+00')},
	q{subscription_timeline('anna', '2025-04-01')},
	q{billing_schedule('2025-01-01', '2025-07-01')});
my ($content, $schema) = (content($old, 'postgres'), schema_of($old, 'postgres'));
my @answers = map { $old->safe_psql('postgres', $_) } @questions;
$old->stop;

my $new = PostgreSQL::Test::Cluster->new('new');
$new->init;
my ($bindir) = run_command([ 'pg_config', '--bindir' ]);
my $work = PostgreSQL::Test::Utils::tempdir();
chdir $work;
command_ok([ 'pg_upgrade', '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir, '-b', $bindir, '-B', $bindir,
		'-s', $new->host, '-p', $old->port, '-P', $new->port ], 'pg_upgrade');
$new->start;

same(schema_of($new, 'postgres'), $schema, 'every object is as it was');
same(content($new, 'postgres'), $content, 'and every row');
healthy($new, 'postgres', 'health_check() finds nothing');
for my $i (0 .. $#questions)
{
	is($new->safe_psql('postgres', $questions[$i]), $answers[$i], $questions[$i]);
	is($new->safe_psql('postgres', "SET offerengine.fast_path = off; $questions[$i]"), $answers[$i], 'and its specification');
}

# Nothing is left to migrate, and writers go on where they were: ids, versions, histories.
$new->safe_psql('postgres', 'CALL offerengine.migrate()');
is($new->safe_psql('postgres', q{SELECT count(*) FROM offerengine.actor a JOIN pg_roles r ON r.rolname = a.role_name
	WHERE a.role_oid = r.oid AND a.granted_in LIKE (SELECT system_identifier || '/%' FROM pg_control_system())}), 2,
	'migrate() notes who the roles are in this cluster');
same(without_roles(content($new, 'postgres')), without_roles($content), 'and finds nothing else to do');
is($new->safe_psql('postgres', q{SELECT offerengine.put_offer('o9', 'A1', 'm1', '{DE}');
	SELECT offerengine.set_price('DE', 'EUR', 1000, 1190, offer_reference => 'o9') > 0;
	SELECT offerengine.approve_offer('o9');
	SELECT offer_reference, amount FROM offerengine.default_offer('A1', 'DE', 'EUR')}) =~ s/^\d+\n//r, "t\n\no9|1190",
	'an offer is made, priced and approved');
($new->psql('postgres', q{SET ROLE shop; SELECT offerengine.put_offer('o10', 'A1', 'm2', '{DE}')}))[0] == 0
	? fail('a merchant is kept to its own') : pass('a merchant is kept to its own');
healthy($new, 'postgres', 'and health_check() finds nothing');

$new->stop;
done_testing();
