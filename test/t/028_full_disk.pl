# A disk that takes no more: files of the server may not grow beyond a limit, which it meets as it meets a full disk. What does not
# fit is taken back whole, in plain statements, in an import and in migrate(), the session goes on, and with room again the same work
# is done.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $limit = 4 * 1024 * 1024;
my $node = PostgreSQL::Test::Cluster->new('main');
# Segments of the log must fit, too.
$node->init(extra => ['--wal-segsize=1']);
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off\n");
$node->start;
install($node, 'postgres');
fill($node, 'postgres');

# The limit of the postmaster is that of the sessions that begin from now on.
my ($postmaster) = split /\n/, slurp_file($node->data_dir . '/postmaster.pid');
sub allow
{
	my ($bytes) = @_;
	system('prlimit', "--pid=$postmaster", "--fsize=$bytes:") == 0 or die "prlimit failed";
	return;
}

my $offers = q{INSERT INTO offerengine.offer (offer_reference, product_id, merchant_id, title, approval_status)
	SELECT 'many' || g, p.product_id, m.merchant_id, repeat(md5(g::text), 7), 'approved'
	  FROM generate_series(1, 12000) g, offerengine.product p, offerengine.merchant m
	 WHERE p.sku = 'A2' AND m.merchant_reference = 'm1'};
my $import = q{BEGIN;
	SELECT offerengine.import_begin() \g /dev/null
	INSERT INTO offerengine.import_merchant_product_offer (product_offer_reference, concrete_sku, merchant_reference)
	SELECT 'sent' || g, 'A2', 'm1' FROM generate_series(1, 10000) g;
	INSERT INTO offerengine.import_price_product_offer (product_offer_reference, store, currency, value_net)
	SELECT 'sent' || g, 'DE', 'EUR', '100' FROM generate_series(1, 10000) g;
	SELECT offerengine.import_run() \g /dev/null
	SELECT offerengine.import_end() \g /dev/null
	COMMIT};

for my $work ([ 'a statement', $offers, '12000' ], [ 'an import', $import, '10000' ])
{
	my ($name, $sql, $made) = @$work;
	my $content = content($node, 'postgres');
	allow($limit);
	my ($status, $out, $error) = $node->psql('postgres', $sql, on_error_stop => 1);
	like($error, qr/could not (extend|write).*File too large/s, "$name meets the limit");
	allow('unlimited');
	same(content($node, 'postgres'), $content, "$name: nothing was done");
	healthy($node, 'postgres', "$name: health_check() finds nothing");
	my $count = q{SELECT count(*) FROM offerengine.offer};
	my $before = $node->safe_psql('postgres', $count);
	$node->safe_psql('postgres', $sql);
	is($node->safe_psql('postgres', $count) - $before, $made, "$name: with room again, all of it is done");
	healthy($node, 'postgres', "$name: with room, health_check() finds nothing");
}

# And migrate(), which makes all tables: the limit is what the largest file of the database has before.
$node->safe_psql('postgres', 'CREATE DATABASE other; CREATE DATABASE whole');
$node->safe_psql($_, 'SET client_min_messages = warning; CREATE EXTENSION offerengine CASCADE; CHECKPOINT') for qw(other whole);
my $migrate = 'CALL offerengine.migrate()';
$node->safe_psql('whole', $migrate);
my $schema = schema_of($node, 'other');
my $room = $node->safe_psql('other', q{SELECT max(pg_relation_size(c.oid)) FROM pg_class c});
allow($room);
my (undef, undef, $refused) = $node->psql('other', $migrate, on_error_stop => 1);
like($refused, qr/could not (extend|write).*File too large/s, 'migrate() meets the limit');
allow('unlimited');
same(schema_of($node, 'other'), $schema, 'migrate(): nothing was made');
$node->safe_psql('other', $migrate);
same(schema_of($node, 'other'), schema_of($node, 'whole'), 'migrate(): with room again, all of it is');
healthy($node, 'other', 'migrate(): with room, health_check() finds nothing');

$node->stop;
done_testing();
