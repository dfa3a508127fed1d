# A dump carries the marketplace with all that a database administrator added to it, whatever way it is taken and restored,
# and what is restored works: its triggers are there and hold the rules.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('main');
$node->safe_psql('postgres', 'CREATE DATABASE source');
install($node, 'source');
fill($node, 'source');
$node->safe_psql('source', <<'SQL');
CREATE ROLE dba_reader;
SELECT offerengine.grant_access('dba_reader', 'reporting');
CREATE INDEX dba_index ON offerengine.offer (pg_catalog.lower(title)) WHERE title IS NOT NULL;
ALTER TABLE offerengine.offer ADD COLUMN dba_note text NOT NULL DEFAULT 'none';
UPDATE offerengine.offer SET dba_note = 'mine' WHERE offer_reference = 'o1';
ALTER TABLE offerengine.price ADD CONSTRAINT dba_check CHECK (gross_amount < 1000000);
CREATE POLICY dba_policy ON offerengine.offer FOR SELECT TO dba_reader USING (dba_note <> 'secret');
CREATE PUBLICATION dba_publication FOR TABLE offerengine.offer, offerengine.price;
CREATE VIEW public.dba_view AS SELECT offer_reference, sku FROM offerengine.visible_offer;
SQL
my $content = content($node, 'source');
my $schema = schema_of($node, 'source');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';

sub whole
{
	my ($db, $how) = @_;
	same(content($node, $db), $content, "$how: the same rows");
	same(schema_of($node, $db), $schema, "$how: the same tables, indexes, triggers, views, policies, grants");
	is( $node->safe_psql($db, q{SELECT pubname, tablename FROM pg_publication_tables ORDER BY tablename}),
		"dba_publication|offer\ndba_publication|price", "$how: the publication");
	is($node->safe_psql($db, 'SELECT count(*) FROM public.dba_view'),
		$node->safe_psql('source', 'SELECT count(*) FROM public.dba_view'), "$how: the view on one of ours");
	healthy($node, $db, "$how: health_check() finds nothing");
	works($db, $how);
	return;
}

# Decisions are made, a rule is held, and a change leaves its trace.
sub works
{
	my ($db, $how) = @_;
	is($node->safe_psql($db, q{SELECT offer_reference, amount FROM offerengine.list_offers('A1', 'DE', 'EUR', buyer => 'club')}),
		"o1|9500\no2|9800", "$how: offers are listed");
	my (undef, undef, $errors) = $node->psql($db, q{UPDATE offerengine.offer SET offer_reference = 'x' WHERE offer_id = 1});
	like($errors, qr/ERROR/, "$how: a rule is held");
	is( $node->safe_psql($db, q{
		BEGIN;
		SELECT offerengine.set_price('DE', 'EUR', 8151, 9700, offer_reference => 'o2') IS NOT NULL;
		SELECT count(*) FROM offerengine.price_history h JOIN offerengine.offer o USING (offer_id)
		 WHERE o.offer_reference = 'o2' AND h.gross_amount = 9800;
		ROLLBACK;}), "t\n1", "$how: a change is recorded");
	is($node->safe_psql($db, q{BEGIN; UPDATE offerengine.offer SET is_active = false WHERE offer_reference = 'o2';
		SELECT offerengine.offer_is_visible('o2', 'DE'); ROLLBACK}), 'f', "$how: the projection follows");
	is( $node->safe_psql($db, q{SELECT offer_reference, status, starts_on FROM offerengine.subscription_timeline('anna', '2025-04-20')
			ORDER BY 3}),
		"paper|inactive|2025-01-10\nweb|inactive|2025-01-20\nweb-full|active|2025-04-20", "$how: the timeline is there");
	is( $node->safe_psql($db, q{
		BEGIN;
		SELECT offer_reference, change, effective_on
		  FROM offerengine.withdraw_cancellation('anna', (SELECT subscription_id FROM offerengine.subscription
		                                                   WHERE cancelled_on IS NOT NULL), '2025-03-20');
		ROLLBACK;}), "paper|moved|\nweb-full|ignored|2025-04-20\nweb|moved|", "$how: and changes with its facts");
	(undef, undef, $errors) = $node->psql($db, q{SELECT offerengine.tag_offer('web', 'reader')});
	like($errors, qr/OE015|target/, "$how: rules of rules are held");
	is( $node->safe_psql($db, 'CALL offerengine.migrate(); SELECT count(*) FROM offerengine.schema_migration WHERE applied_at > '
		  . q{(SELECT max(applied_at) FROM offerengine.schema_migration WHERE kind = 'migration') + interval '1 year'}),
		0, "$how: migrate() has nothing to do");
	return;
}

sub restored
{
	my ($db, $how, @commands) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->command_ok($_, "$how: $_->[0]") for @commands;
	whole($db, $how);
	return;
}

restored('custom', 'pg_dump -Fc',
	[ 'pg_dump', '-Fc', '-f', "$dump.custom", 'source' ],
	[ 'pg_restore', '--exit-on-error', '-d', 'custom', "$dump.custom" ]);

restored('parallel', 'pg_dump -Fd -j2',
	[ 'pg_dump', '-Fd', '-j2', '-f', "$dump.directory", 'source' ],
	[ 'pg_restore', '--exit-on-error', '-j2', '-d', 'parallel', "$dump.directory" ]);

restored('plain', 'plain text',
	[ 'pg_dump', '-f', "$dump.sql", 'source' ],
	[ 'psql', '-q', '-X', '-v', 'ON_ERROR_STOP=1', '-d', 'plain', '-f', "$dump.sql" ]);

restored('sections', 'section by section',
	map { [ 'pg_restore', '--exit-on-error', "--section=$_", '-d', 'sections', "$dump.custom" ] } qw(pre-data data post-data));

# Data alone, into tables that have their triggers: these must not touch what is loaded.
$node->safe_psql('postgres', 'CREATE DATABASE dataonly');
$node->command_ok([ 'pg_restore', '--exit-on-error', '--schema-only', '-d', 'dataonly', "$dump.custom" ], 'data only: schema');
{
	local $ENV{PGOPTIONS} = '-c session_replication_role=replica';
	$node->command_ok([ 'pg_restore', '--exit-on-error', '--data-only', '-d', 'dataonly', "$dump.custom" ], 'data only: data');
}
whole('dataonly', 'data only');

done_testing();
