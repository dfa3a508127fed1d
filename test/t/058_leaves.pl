# Leaves of indexes that are read while others split, empty and vacuum them; entries that nobody sees are passed by.
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
fill_catalogue($node, 'postgres');
my $connstr = $node->connstr('postgres');

# 600 offers of one product, whose entries fill many pages of each index.
$node->safe_psql('postgres', <<'SQL');
SELECT offerengine.put_offer('fixed-' || n, 'B2', 'm2', '{DE}', title => 'Offer ' || n) FROM generate_series(1, 600) n;
SELECT offerengine.set_price('DE', 'EUR', NULL, 1000 + n, offer_reference => 'fixed-' || n, min_quantity => q)
  FROM generate_series(1, 600) n, unnest('{1,5}'::integer[]) q;
SELECT offerengine.approve_offer('fixed-' || n, 'fine') FROM generate_series(1, 600) n;
VACUUM ANALYZE offerengine.price, offerengine.offer_store;
SQL

my $answer = q{SELECT count(*) || ' ' || md5(string_agg(o::text, ' ')) FROM offerengine.list_offers('B2', 'DE', 'EUR', quantity => 5) o};
sub answers_agree
{
	my ($when) = @_;
	my $ours = $node->safe_psql('postgres', "SET offerengine.fast_path = on; $answer");
	like($ours, qr/^600 /, "all offers are listed $when");
	is($ours, $node->safe_psql('postgres', "SET offerengine.fast_path = off; $answer"), "as the specification lists them $when");
	return;
}
answers_agree('over many pages');

# Entries of a price are replaced; one reader marks what nobody sees, and the next one does not meet it.
$node->safe_psql('postgres', 'UPDATE offerengine.price SET gross_amount = gross_amount + 1 WHERE store_code = \'DE\'') for 1 .. 3;
my @met = map { $node->safe_psql('postgres', <<"SQL") } 1 .. 2;
SET offerengine.fast_path = on;
BEGIN;
$answer \\g /dev/null
SELECT sum(pg_stat_get_xact_tuples_returned(oid)) FROM pg_class WHERE relname = 'price_product_key';
COMMIT;
SQL
cmp_ok($met[0], '>=', 2400, "the first reader meets what was replaced ($met[0] entries)");
cmp_ok($met[1], '<=', 1300, "the next one does not ($met[1] entries)");
answers_agree('after their prices were replaced');

# Others come and go between them, in one transaction each, and VACUUM takes what they leave: splits and deletions of the pages
# that are being read. A wrong answer divides by zero; pgbench stops at any error.
my $dir = PostgreSQL::Test::Utils::tempdir();
append_to_file("$dir/read.sql", <<'SQL');
SELECT 1 / (count(*) = 600 AND sum(amount) = 782100)::integer
  FROM offerengine.list_offers('B2', 'DE', 'EUR', quantity => 5) WHERE offer_reference LIKE 'fixed-%' AND offer_reference NOT LIKE '%.%';
SELECT 1 / (amount = 1303)::integer FROM offerengine.resolve_price('fixed-300', 'DE', 'EUR');
SELECT 1 / offerengine.offer_is_visible('fixed-600', 'DE')::integer;
SQL
my ($out, $err) = ('', '');
my $load = IPC::Run::start([ 'pgbench', '-n', '-c', '2', '-T', '12', '-f', "$dir/read.sql", $connstr ], '>', \$out, '2>', \$err);
my $until = time + 10;
for (my $round = 1; time < $until; $round++)
{
	$node->safe_psql('postgres', $_) for (
		"SELECT offerengine.put_offer('fixed-' || n || '.$round', 'B2', 'm2', '{DE}') FROM generate_series(1, 600, 7) n;
		 SELECT offerengine.approve_offer('fixed-' || n || '.$round', 'fine') FROM generate_series(1, 600, 7) n",
		"INSERT INTO offerengine.price (product_id, offer_id, store_code, currency_code, price_type, gross_amount, min_quantity)
		 SELECT product_id, offer_id, 'DE', 'EUR', 'DEFAULT', 1, 100 + n
		   FROM offerengine.offer, generate_series(1, 5) n WHERE offer_reference LIKE 'fixed-%' AND offer_reference NOT LIKE '%.%'",
		'DELETE FROM offerengine.price WHERE min_quantity > 100',
		'VACUUM offerengine.price',
		"DELETE FROM offerengine.offer_store USING offerengine.offer o
		  WHERE o.offer_id = offer_store.offer_id AND o.offer_reference LIKE '%.$round'",
		'VACUUM offerengine.offer_store');
}
$load->finish;
is($err, '', 'right answers while pages are split, emptied and vacuumed');
is($load->result(0), 0, 'to the end');
answers_agree('afterwards');

$node->stop;
done_testing();
