# Two-phase commit: what our writers did is prepared, survives a crash, is nobody's until it is committed, and is then whole.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_installed('main', 'fsync = on', 'checkpoint_timeout = 1h', 'max_prepared_transactions = 4', 'lock_timeout = 500ms');
$node->safe_psql('postgres', 'CREATE ROLE clerk');
fill($node, 'postgres');
my $before = content($node, 'postgres');

# One of each kind of writer: catalogue, prices, approvals, stock, a sale, a cancellation, an order of another system, an import.
$node->safe_psql('postgres', q{BEGIN;
	SELECT offerengine.put_offer('o5', 'A1', 'm1', '{DE}', title => 'Third tent');
	SELECT offerengine.set_price('DE', 'EUR', 5000, 5950, offer_reference => 'o5');
	SELECT offerengine.set_price('DE', 'EUR', 4000, 4760, offer_reference => 'o5', min_quantity => 10);
	SELECT offerengine.set_stock('o5', 'W', 3, false);
	SELECT offerengine.approve_offer('o5', 'fine');
	SELECT offerengine.suspend_merchant('m2', 'late deliveries');
	SELECT offerengine.grant_access('clerk', 'operator');
	PREPARE TRANSACTION 'catalogue'});
$node->safe_psql('postgres', q{BEGIN;
	SELECT offerengine.purchase('carl', 'trial', 'DE', 'EUR', 'DE', starts_on => '2025-04-01');
	SELECT offerengine.import_subscription_change('bert', 'crm', '4711', ends_on => '2025-05-01');
	PREPARE TRANSACTION 'customers'});
$node->safe_psql('postgres', q{BEGIN;
	SELECT offerengine.set_price('DE', 'EUR', 1, 1, offer_reference => 'o1');
	PREPARE TRANSACTION 'mistake'});

my $listing = q{SELECT offer_reference, amount FROM offerengine.list_offers('A1', 'DE', 'EUR')};
same(content($node, 'postgres'), $before, 'prepared, nothing has changed for others');
is($node->safe_psql('postgres', $listing), "o2|9800\no1|9900", 'nor in what they are answered');
my ($status, undef, $error) = $node->psql('postgres', q{SELECT offerengine.set_price('DE', 'EUR', 2, 2, offer_reference => 'o1')});
like($error, qr/lock timeout/, 'who writes the same waits');

$node->stop('immediate');
$node->start;
is($node->safe_psql('postgres', q{SELECT string_agg(gid, ' ' ORDER BY gid) FROM pg_prepared_xacts}), 'catalogue customers mistake',
	'after a crash they are there');
same(content($node, 'postgres'), $before, 'and nothing else');
healthy($node, 'postgres', 'health_check() finds nothing');

$node->safe_psql('postgres', q{COMMIT PREPARED 'catalogue'});
is($node->safe_psql('postgres', $listing), "o5|5950\no1|9900", 'committed, it is listed');
is($node->safe_psql('postgres', q{SET offerengine.fast_path = off; } . $listing), "o5|5950\no1|9900", 'and so says the specification');
is($node->safe_psql('postgres', q{SELECT amount FROM offerengine.resolve_price('o5', 'DE', 'EUR', quantity => 10)}), '4760',
	'with its tier');
is($node->safe_psql('postgres', q{SELECT available FROM offerengine.offer_availability('o5', 'DE')}), '3', 'its stock');
is($node->safe_psql('postgres', q{SELECT from_status, to_status, reason FROM offerengine.approval_history WHERE offer_reference = 'o5'}),
	'waiting_for_approval|approved|fine', 'and the history of its approval');
$node->safe_psql('postgres', q{COMMIT PREPARED 'customers'});
is($node->safe_psql('postgres', q{SELECT offer_reference, starts_on FROM offerengine.subscription s JOIN offerengine.offer o USING (offer_id)
	WHERE customer_reference = 'carl' ORDER BY starts_on LIMIT 1}), 'trial|2025-04-01', 'the sale is there');
is($node->safe_psql('postgres', q{SELECT ends_on FROM offerengine.subscription WHERE customer_reference = 'bert'}), '2025-05-01',
	'as is what the other system said');
$node->safe_psql('postgres', q{ROLLBACK PREPARED 'mistake'});
is($node->safe_psql('postgres', q{SELECT amount FROM offerengine.resolve_price('o1', 'DE', 'EUR')}), '9900', 'and not the mistake');
is($node->safe_psql('postgres', q{SELECT offerengine.set_price('DE', 'EUR', 8000, 9520, offer_reference => 'o1') > 0}), 't',
	'whose price can be written again');
healthy($node, 'postgres', 'health_check() finds nothing');

# What a session saw in a transaction that it prepared is not remembered as true.
my $session = $node->background_psql('postgres');
$session->query_safe(q{SET client_min_messages = warning; CREATE ROLE shop; BEGIN; SELECT offerengine.grant_access('shop', 'merchant', 'm1');
	SET ROLE shop; SELECT offerengine_internal.acting_merchants(); RESET ROLE; PREPARE TRANSACTION 'access'});
is($session->query_safe(q{RESET ROLE; SELECT count(*) FROM offerengine.actor WHERE role_name = 'shop'}), '0', 'an access that is prepared is none yet');
is($session->query_safe(q{SELECT amount FROM offerengine.resolve_price('o1', 'DE', 'EUR')}), '9520', 'and questions are answered');
$session->query_safe(q{ROLLBACK PREPARED 'access'});
$session->quit;

# An order that is prepared holds no row of the store that it names; who deletes the store waits for it, also after a crash.
$node->safe_psql('postgres', q{INSERT INTO offerengine.store (store_code, name) VALUES ('NEW', 'New');
	SELECT offerengine.version();
	BEGIN;
	INSERT INTO offerengine.sales_order (customer_reference, order_id, store_code, currency_code)
	VALUES ('dora', offerengine.uuid_v7(), 'NEW', 'EUR');
	PREPARE TRANSACTION 'order'});
is($node->safe_psql('postgres', q{SELECT store_code FROM offerengine.store WHERE store_code = 'NEW' FOR UPDATE NOWAIT}), 'NEW', 'nobody holds the store');
my $delete = q{DELETE FROM offerengine.store WHERE store_code = 'NEW'};
for my $when ('before a crash', 'after it')
{
	($status, undef, $error) = $node->psql('postgres', $delete);
	like($error, qr/lock timeout/, "who deletes it waits, $when");
	$node->stop('immediate');
	$node->start;
}
$node->safe_psql('postgres', q{COMMIT PREPARED 'order'});
($status, undef, $error) = $node->psql('postgres', $delete);
like($error, qr/violates foreign key constraint "sales_order_store_code_fkey" on table "sales_order"/, 'and is refused when the order is there');
is($node->safe_psql('postgres', q{SELECT ok FROM offerengine.health_check('references')}), 't', 'nothing dangles');

$node->stop;
done_testing();
