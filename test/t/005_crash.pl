# The server dies in the middle of writing: what was committed is whole, what was not is gone, and projections agree.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_installed('main', 'fsync = on', 'checkpoint_timeout = 1h');
fill($node, 'postgres');
$node->safe_psql('postgres', q{SELECT offerengine.suspend_merchant('m2', 'late deliveries')});
my $content = content($node, 'postgres');

my $session = $node->background_psql('postgres');
$session->query_safe(q{BEGIN;
	SELECT offerengine.reinstate_merchant('m2');
	SELECT offerengine.set_price('DE', 'EUR', 1, 1, offer_reference => 'o1');
	SELECT offerengine.put_offer('o5', 'A1', 'm1', '{DE}');
	SELECT offerengine.purchase('anna', 'trial', 'DE', 'EUR', starts_on => '2025-04-01');
	SELECT offerengine.import_subscription_change('bert', 'crm', '4711', ends_on => '2025-05-01');});
$node->stop('immediate');
eval { $session->quit };
$node->start;

same(content($node, 'postgres'), $content, 'what was committed, and nothing else');
healthy($node, 'postgres', 'health_check() finds nothing');
is($node->safe_psql('postgres', q{SELECT offer_reference, amount FROM offerengine.list_offers('A1', 'DE', 'EUR')}), 'o1|9900',
	'offers are listed as before');

done_testing();
