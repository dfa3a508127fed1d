# Part of a catalogue by logical replication: a subscriber gets the prices and offers of one store only, by row filters, and not what
# merchants keep for themselves, by column lists. For that store it answers every question of the catalogue as the publisher does, goes
# on doing so while prices change and go, and sells by itself once it is cut off and its sequences are set.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Document;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $publisher = start_installed('publisher', 'fsync = off');
fill_catalogue($publisher, 'postgres');
my $subscriber = start_node('subscriber', 'fsync = off', 'max_sync_workers_per_subscription = 4', 'max_logical_replication_workers = 8');
install($subscriber, 'postgres');

# Tables with a store in their key are filtered by it; an offer's words for its merchant stay where they are.
my @tables = split /\n/, $publisher->safe_psql('postgres', q{SELECT c.relname, coalesce((SELECT string_agg(a.attname, ', ') FROM pg_attribute a WHERE a.attrelid = c.oid
		AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attname NOT IN ('merchant_sku')), ''),
	EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'store_code'),
	EXISTS (SELECT FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey::smallint[]) WHERE a.attrelid = c.oid AND a.attname = 'store_code')
	FROM pg_class c WHERE c.relnamespace = 'offerengine'::regnamespace AND c.relkind = 'r' AND c.relpersistence = 'p'
	AND c.relname NOT IN ('country', 'currency', 'import_turn', 'loyalty_idle', 'operation_policy', 'price_type', 'sales_rule_graph', 'schema_migration')
	AND c.relname !~ '^(billing|cart|customer|import|list|loyalty|order|sales_order|subscription)' ORDER BY 1});
my (@published, @filtered);
for my $table (@tables)
{
	my ($name, $columns, $has_store, $in_key) = split /\|/, $table;
	push @filtered, $name if $has_store eq 't';
	# What tells of a row that goes must have the column of the filter.
	$publisher->safe_psql('postgres', "ALTER TABLE offerengine.$name REPLICA IDENTITY FULL") if $has_store eq 't' && $in_key ne 't';
	push @published, "offerengine.$name" . ($name eq 'offer' ? " ($columns)" : '') . ($has_store eq 't' ? " WHERE (store_code = 'DE')" : '');
}
cmp_ok(scalar(@filtered), '>=', 4, "filtered by store: @filtered");
$publisher->safe_psql('postgres', 'CREATE PUBLICATION german FOR TABLE ' . join ', ', @published);
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION german CONNECTION '" . $publisher->connstr . " dbname=postgres' PUBLICATION german");
$subscriber->wait_for_subscription_sync($publisher, 'german');

my @asks = map { "SELECT * FROM offerengine.$_" } (
	q{list_offers('{A1,A2,B1,B2}'::text[], 'DE', 'EUR', include_availability => true)}, q{list_offers('A1', 'DE', 'EUR', buyer => 'club')},
	q{default_offer('A1', 'DE', 'EUR')}, q{resolve_price('o1', 'DE', 'EUR', quantity => 5)}, q{price_ladder('o1', 'DE', 'EUR')}, q{explain_price('o2', 'DE', 'EUR', at => '2100-01-01 00:00+00')},
	q{lowest_prior_price('o1', 'DE', 'EUR', at => '2100-01-01 00:00+00')}, q{search_offers('tent', 'DE', 'EUR')}, q{offer_details('o1', 'DE', 'EUR')},
	q{offer_availability('o1', 'DE')}, q{merchant_profile('m1')}, q{explain_visibility('o3', 'DE', '2100-01-01 00:00+00')}, q{rank_products('{A1,A2,B1}', 'DE', 'EUR')});
sub alike
{
	my ($name) = @_;
	$publisher->wait_for_catchup('german');
	for my $fast ('on', 'off')
	{
		my $sql = "SET offerengine.fast_path = $fast; " . join '; ', @asks;
		# In which stores else an offer is found nobody knows there.
		my $answer = $publisher->safe_psql('postgres', $sql) =~ s/\{DE,US\}/{DE}/gr;
		same($subscriber->safe_psql('postgres', $sql), $answer, "$name, fast_path $fast: the subscriber answers alike");
		like($answer, qr/o1/, 'and something');
	}
	return;
}
alike('the first copy');
is($subscriber->safe_psql('postgres', q{SELECT count(*) FROM offerengine.price WHERE store_code <> 'DE'}), '0', 'no price of another store');
isnt($publisher->safe_psql('postgres', q{SELECT count(*) FROM offerengine.price WHERE store_code <> 'DE'}), '0', 'of which there are some');
$publisher->safe_psql('postgres', q{SELECT offerengine.put_offer('o1', merchant_sku => 'secret')});
$publisher->safe_psql('postgres', q{
	SELECT offerengine.set_price('DE', 'EUR', 7563, 9000, offer_reference => 'o2'), offerengine.set_price('US', 'USD', 7563, 9000, offer_reference => 'o1');
	SELECT offerengine.end_price('DE', 'EUR', offer_reference => 'o1', min_quantity => 5);
	SELECT offerengine.set_stock('o1', 'W', 3, false), offerengine.set_offer_stores('o4', '{DE,US}'), offerengine.approve_offer('o4');
	SELECT offerengine.set_price('DE', 'EUR', 100, 119, offer_reference => 'o4');
	SELECT offerengine.suspend_merchant('m2', 'late')});
alike('changes follow');
$publisher->safe_psql('postgres', q{SELECT offerengine.reinstate_merchant('m2'); SELECT offerengine.set_offer_stores('o4', '{US}'); DELETE FROM offerengine.price WHERE store_code = 'DE' AND min_quantity > 1});
alike('rows that go follow');
is($subscriber->safe_psql('postgres', q{SELECT count(merchant_sku) FROM offerengine.offer}), '0', "what is a merchant's own stays");
is($publisher->safe_psql('postgres', q{SELECT count(merchant_sku) FROM offerengine.offer}), '1', 'where it is');
is($subscriber->safe_psql('postgres', q{SELECT h.* FROM offerengine.health_check() h WHERE NOT h.ok AND h.severity = 'error'}), '', 'health_check() finds no error');

# Cut off, with its sequences set as the guide says, it is a marketplace of its own.
$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION german');
my ($guide) = grep { $_->{heading} eq 'Replication' && $_->{language} eq 'sql' } blocks_of('doc/operations.md');
$subscriber->safe_psql('postgres', $guide->{text});
$subscriber->safe_psql('postgres', q{SELECT offerengine.put_offer('own', 'A1', 'm1', '{DE}'), offerengine.set_price('DE', 'EUR', 50, 60, offer_reference => 'own'), offerengine.approve_offer('own');
	SELECT offerengine.set_price('DE', 'EUR', 51, 61, offer_reference => 'own'); SELECT offerengine.set_stock('own', 'W', 2);
	SELECT offerengine.purchase('zoe', 'own', 'DE', 'EUR', 'DE')});
is($subscriber->safe_psql('postgres', q{SELECT offer_reference, amount FROM offerengine.default_offer('A1', 'DE', 'EUR')}), 'own|61', 'it sells by itself');
is($subscriber->safe_psql('postgres', q{SELECT h.* FROM offerengine.health_check() h WHERE NOT h.ok AND h.severity = 'error'}), '', 'and health_check() finds no error');

$_->stop for ($subscriber, $publisher);
done_testing();
