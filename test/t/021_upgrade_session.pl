# Sessions that are open when the extension or its tables get another version: each asks again, and refuses what its library does not
# know. What they need not look up again they do not, and the memory of a call serves the next one.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_installed('main', 'autovacuum = off', 'max_prepared_transactions = 2');
fill_catalogue($node, 'postgres');

# What a question comes to: the price, or why it was refused.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION public.ask(at timestamptz DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (offerengine.resolve_price('o1', 'DE', 'EUR', at => at)).amount;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END $$;
SQL
my $session = $node->background_psql('postgres');
my $ask = 'SELECT public.ask()';
my $in_transaction = $node->background_psql('postgres');
$in_transaction->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM pg_class LIMIT 1');

sub answers
{
	my ($expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	like($session->query_safe($ask), $expected, $name);
	like($in_transaction->query_safe($ask), $expected, "$name, also within a transaction");
	return;
}
answers(qr/^9900$/, 'an answer before');

# The tables become newer than the library, by hand or by migrate() of a newer version.
$node->safe_psql('postgres', q{INSERT INTO offerengine.schema_migration (name, kind, checksum) VALUES ('9999_later', 'migration', '')});
answers(qr/^55000: the tables of offerengine are at migration 9999, version \S+ knows \d+ only/, 'newer tables');
$node->safe_psql('postgres', q{UPDATE offerengine.schema_migration SET kind = 'repeatable' WHERE name = '9999_later'});
answers(qr/^9900$/, 'not so new after all');
$node->safe_psql('postgres', q{BEGIN; DELETE FROM offerengine.schema_migration WHERE kind = 'migration'; ROLLBACK});
answers(qr/^9900$/, 'what was rolled back was not done');
$node->safe_psql('postgres', q{DELETE FROM offerengine.schema_migration WHERE name = '9999_later';
	CREATE TABLE public.migrations AS SELECT * FROM offerengine.schema_migration;
	DELETE FROM offerengine.schema_migration WHERE kind = 'migration'});
answers(qr/^55000: the tables of offerengine are not there yet/, 'no migration at all');
$node->safe_psql('postgres', q{INSERT INTO offerengine.schema_migration SELECT * FROM public.migrations WHERE kind = 'migration'});
answers(qr/^9900$/, 'all of them back');
$node->safe_psql('postgres', q{TRUNCATE offerengine.schema_migration});
answers(qr/^55000: the tables of offerengine are not there yet/, 'emptied');
$node->safe_psql('postgres', q{SET session_replication_role = replica;
	INSERT INTO offerengine.schema_migration SELECT * FROM public.migrations});
answers(qr/^9900$/, 'filled as replication does it');

# The extension becomes newer than the library that these sessions have loaded.
my ($sharedir) = run_command([ 'pg_config', '--sharedir' ]);
my $version = $node->safe_psql('postgres', 'SELECT offerengine.version()');
my $script = "$sharedir/extension/offerengine--$version--99.0.0.sql";
append_to_file($script, "SELECT offerengine_internal.announce_version();\n");
END { unlink $script if $script; }
$node->safe_psql('postgres', q{ALTER EXTENSION offerengine UPDATE TO '99.0.0'});
answers(qr/^55000: library version \S+ does not fit extension version 99\.0\.0/, 'a newer extension');
$node->safe_psql('postgres', "UPDATE pg_extension SET extversion = '$version' WHERE extname = 'offerengine';
	SELECT offerengine_internal.announce_version()");
answers(qr/^9900$/, 'the version of the library again');

# An upgrade that is prepared is nobody's yet, not even its own session's.
$node->safe_psql('postgres', q{DELETE FROM offerengine.schema_migration WHERE kind = 'migration'});
answers(qr/^55000: the tables of offerengine are not there yet/, 'no migrations again');
$session->query_safe(q{BEGIN; INSERT INTO offerengine.schema_migration SELECT * FROM public.migrations WHERE kind = 'migration'});
is($session->query_safe($ask), '9900', 'within the transaction they are there');
$session->query_safe(q{PREPARE TRANSACTION 'upgrade'});
answers(qr/^55000: the tables of offerengine are not there yet/, 'prepared');
$node->safe_psql('postgres', q{COMMIT PREPARED 'upgrade'});
answers(qr/^9900$/, 'and committed');

# The extension is dropped and made anew around the tables.
$in_transaction->query_safe('COMMIT');
$node->safe_psql('postgres', 'SET client_min_messages = warning; DROP EXTENSION offerengine CASCADE; CREATE EXTENSION offerengine');
like($session->query_safe($ask), qr/^55000: the triggers and views of offerengine are not there, only its tables/, 'made anew');
$node->safe_psql('postgres', 'CALL offerengine.migrate()');
is($session->query_safe($ask), '9900', 'and its triggers and views');

# An index that only younger snapshots may use: they need not look everything up for that. Citus' catalogue is read once for each table
# that is looked up, and so counts look-ups.
$node->safe_psql('postgres', <<'SQL');
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass);
GRANT SELECT ON pg_catalog.pg_dist_partition TO PUBLIC;
CREATE FUNCTION public.look_ups(calls integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
BEGIN
    PERFORM public.ask();
    before := pg_stat_get_xact_numscans('pg_catalog.pg_dist_partition'::regclass);
    FOR i IN 1 .. calls LOOP PERFORM public.ask(); END LOOP;
    RETURN pg_stat_get_xact_numscans('pg_catalog.pg_dist_partition'::regclass) - before;
END $$;
-- A specification that lies tells the paths apart.
CREATE OR REPLACE FUNCTION offerengine_internal.spec_offer_is_visible(offer_reference text, store text, at timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false';
SQL
my $path = q{SELECT CASE WHEN offerengine.offer_is_visible('o1', 'DE') THEN 'probes' ELSE 'sql' END};
my $old = $node->background_psql('postgres');
is($old->query_safe("BEGIN ISOLATION LEVEL REPEATABLE READ; $path"), 'probes', 'an old transaction probes');
$node->safe_psql('postgres', q{UPDATE pg_index SET indcheckxmin = true
	WHERE indexrelid IN ('offerengine.offer_store_reference'::regclass, 'offerengine.price_product_key'::regclass)});
is($old->query_safe($path), 'sql', 'it may miss rows in an index made after it, and steps aside');
is($session->query_safe($path), 'probes', 'younger ones do not');
$old->query_safe('COMMIT');
is($old->query_safe($path), 'probes', 'the next transaction of the session neither');
is($session->query_safe('SELECT public.look_ups(20)'), 0, 'and look nothing up for that');
is($session->query_safe($ask), '9900', 'a price by such an index');

# What calls have freed is there for the next: a session that mixes statements asks the kernel for no page again and again.
{
	my $faults = q{SELECT split_part(pg_read_file('/proc/self/stat'), ' ', 10)};
	my $mixed = join ";\n", (
		q{SELECT * FROM offerengine.list_offers(array_fill('A1'::text, '{1}') || ARRAY(SELECT 'x' || g FROM generate_series(1, 3000) g), 'DE', 'EUR')},
		q{SELECT count(r.amount) FROM generate_series(1, 50) g, offerengine.resolve_price('o1', 'DE', 'EUR', quantity => g) r},
		q{SELECT count(*) FROM (SELECT g FROM generate_series(1, 10000) g ORDER BY -g OFFSET 1) s},
		q{SELECT offerengine.offer_is_visible('o1', 'DE')});
	$session->query_safe($mixed) for 1 .. 5;
	my $before = $session->query_safe($faults);
	$session->query_safe($mixed) for 1 .. 25;
	cmp_ok($session->query_safe($faults) - $before, '<', 1000, 'page faults of a hundred statements');
}

$_->quit for ($session, $in_transaction, $old);
$node->stop;
done_testing();
