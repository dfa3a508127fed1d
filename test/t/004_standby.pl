# A hot standby answers every read function as the primary does: none writes, locks rows or draws a sequence.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = start_installed('primary');
fill($primary, 'postgres');
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

my ($advantage, $order) = split /\|/, $primary->safe_psql('postgres', q{
	SELECT subscription_id, order_id FROM offerengine.subscription WHERE granted_tag_ids IS NOT NULL});
my @questions = (
	q{offer_is_visible('o1', 'DE')},
	q{explain_visibility('o3', 'DE', '2025-01-01 00:00+00')},
	q{resolve_price('o1', 'DE', 'EUR', quantity => 5)},
	q{resolve_price('o1', 'DE', 'EUR', at => '2020-01-01 00:00+00')},
	q{resolve_product_price('B1', 'US', 'USD', 'net')},
	q{price_ladder('o1', 'DE', 'EUR')},
	q{explain_price('o1', 'DE', 'EUR', buyer => 'club')},
	q{lowest_prior_price('o1', 'DE', 'EUR', 'gross')},
	q{lowest_prior_prices('{B1,A1}', 'DE', 'EUR')},
	q{list_offers('A1', 'DE', 'EUR', include_availability => true)},
	q{list_offers('{B1,A1}'::text[], 'DE', 'EUR')},
	q{default_offer('A1', 'DE', 'EUR')},
	q{offer_details('o1', 'DE', 'EUR')},
	q{merchant_profile('m1')},
	q{search_offers('tent', 'DE', 'EUR')},
	q{offer_availability('o1', 'DE')},
	q{approval_transitions('approved')},
	q{resolve_price('paper', 'DE', 'EUR', country => 'AT')},
	q{price_plan('trial', 'EUR', 'DE', '2025-01-31')},
	q{uncovered_countries('base', '{AT,DE}')},
	q{operation_allowed('paper-ext', 'checkout', 'checkout')},
	q{redirect_offer('anna', 'web-full', '2025-02-01 12:00+00')},
	q{redirect_cart('anna', 'DE', 'EUR', '{web-full,paper}', at => '2025-02-01 12:00+00')},
	q{list_offers('B2', 'DE', 'EUR', customer_reference => 'anna')},
	q{subscription_timeline('anna', '2025-04-01')},
	q{subscription_gantt('anna', '2025-01-01', '2026-01-01')},
	qq{preview_cancellation('anna', '$advantage', on_date => '2025-03-01')},
	q{billing_schedule('2025-01-01', '2025-07-01')},
	q{preview_price_sheet('base', '[{"currency": "EUR", "gross_amount": 4711}, {"currency": "EUR", "gross_amount": 4712,
		"valid_from": "2025-01-01", "valid_from_existing": "2025-01-01"}]')},
	q{preview_contract('standby-new', NULL, '1 month', '1 month', NULL, '3 months', 'base')},
	q{list_offers('B1', 'DE', 'EUR', at => '2025-02-01 12:00+00')},
	q{delivery_list('2025-03-01')},
	q{orders('anna')},
	qq{order_items('anna', '$order')},
	qq{order_shipments('anna', '$order')},
	q{subscription_overview}, q{rule_conversion}, q{billing_period}, q{billing_difference}, q{sales_rule_overview},
	q{monitor_version}, q{monitor_search_index},
	q{health_check()});

$primary->safe_psql('postgres', 'VACUUM offerengine.price');    # so that prices are read from their index alone
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
for my $question (@questions)
{
	for my $fast ('on', 'off')
	{
		my $sql = "SET offerengine.fast_path = $fast; SELECT * FROM offerengine.$question";
		is($standby->safe_psql('postgres', $sql), $primary->safe_psql('postgres', $sql), "fast_path $fast: $question");
	}
}

# Figures that go with the clock, or that a standby has none of, are there.
for my $view (qw(monitor_approval monitor_outbox monitor_import monitor_hold monitor_table))
{
	is($standby->safe_psql('postgres', "SELECT count(v::text) > 0 FROM offerengine.$view v"), 't', "$view on the standby");
}

# A commit on the primary is what the standby answers next, in a session that asked before, too.
my $session = $standby->background_psql('postgres');
my $ask = q{SELECT amount FROM offerengine.resolve_price('o2', 'DE', 'EUR')};
is($session->query_safe($ask), '9800', 'before');
$primary->safe_psql('postgres', q{SELECT offerengine.set_price('DE', 'EUR', 7563, 9000, offer_reference => 'o2')});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is($session->query_safe($ask), '9000', 'after');
$session->quit;

# Writers are refused there, as everything is, and nothing breaks.
my ($status, undef, $error) = $standby->psql('postgres', q{SELECT offerengine.approve_offer('o4')});
like($error, qr/read-only transaction|during recovery/, 'a standby does not approve');
($status, undef, $error) = $standby->psql('postgres', q{SELECT offerengine.purchase('anna', 'paper', 'DE', 'EUR')});
like($error, qr/read-only transaction|during recovery/, 'and sells nothing');

# After a promotion it does.
$standby->promote;
$standby->safe_psql('postgres', q{SELECT offerengine.approve_offer('o4')});
is($standby->safe_psql('postgres', q{SELECT to_status FROM offerengine.approval_history WHERE offer_reference = 'o4'}),
	'approved', 'promoted, it decides');

done_testing();
