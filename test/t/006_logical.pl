# Tables of ours can be published and subscribed to: a subscriber with the extension holds the same catalogue and answers alike.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $publisher = start_installed('publisher');
my $subscriber = start_node('subscriber');
install($subscriber, 'postgres');

# The seeded rows are there already, on both sides.
my $tables = $publisher->safe_psql('postgres', q{SELECT string_agg(oid::regclass::text, ', ') FROM pg_class
	WHERE relnamespace = 'offerengine'::regnamespace AND relkind = 'r' AND relpersistence = 'p'
	AND relname NOT IN ('country', 'currency', 'import_turn', 'loyalty_idle', 'operation_policy', 'price_type', 'sales_rule_graph', 'schema_migration')});
fill($publisher, 'postgres');
$publisher->safe_psql('postgres', "CREATE PUBLICATION catalogue FOR TABLE $tables");
my $source = $publisher->connstr . ' dbname=postgres';
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION catalogue CONNECTION '$source' PUBLICATION catalogue");
$subscriber->wait_for_subscription_sync($publisher, 'catalogue');
same(content_of_tables($subscriber), content_of_tables($publisher), 'the first copy');

$publisher->safe_psql('postgres', q{
	SELECT offerengine.set_price('DE', 'EUR', 7563, 9000, offer_reference => 'o2');
	SELECT offerengine.approve_offer('o4');
	UPDATE offerengine.product SET is_active = false WHERE sku = 'A2';
	SELECT offerengine.import_subscription_change('bert', 'crm', '4711', ends_on => '2025-06-01');
	SELECT offerengine.purchase('anna', 'trial', 'DE', 'EUR', 'AT', starts_on => '2025-04-11')});
$publisher->wait_for_catchup('catalogue');
same(content_of_tables($subscriber), content_of_tables($publisher), 'changes follow');
my $ask = q{SELECT * FROM offerengine.list_offers('A1', 'DE', 'EUR')};
is($subscriber->safe_psql('postgres', $ask), $publisher->safe_psql('postgres', $ask), 'the subscriber answers alike');
$ask = q{SELECT * FROM offerengine.subscription_timeline('anna', '2025-05-01')};
is($subscriber->safe_psql('postgres', $ask), $publisher->safe_psql('postgres', $ask), 'about subscriptions, too');
healthy($subscriber, 'postgres', 'health_check() finds nothing');

sub content_of_tables
{
	my ($node) = @_;
	return content($node, 'postgres') =~ s/^offerengine\.(?:schema_migration|sales_rule_graph)\n.*?(?=^offerengine\.|\z)//msgr;
}

done_testing();
