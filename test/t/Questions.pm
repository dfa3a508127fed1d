# Every function that reads, called with arguments of the marketplace (Marketplace::fill and fill_questions): generated from pg_proc,
# so that a function that comes is asked, or its new argument named here.
package Questions;

use strict;
use warnings;
use Exporter 'import';
use Marketplace;
use Test::More;

our @EXPORT = qw(fill_questions questions answers);

my $id = '00000000-0000-7000-8000-00000000000';

# Values by function and argument, or by argument; undef: left out in the call with all arguments, too.
my %value = (
	anchor => q{'2025-01-31'}, at => q{'2100-01-01 00:00+00'}, buyer => q{'club'}, cart => q{'{paper}'}, cart_id => qq{'${id}1'},
	channel => q{'self_service'}, check_name => q{'projection'}, code => q{'base'}, countries => q{'{AT,DE}'}, country => q{'DE'},
	currency => q{'EUR'}, customer_reference => q{'anna'}, days => 30, from_date => q{'2025-01-01'}, include_availability => 'true',
	k => 3, list_id => qq{'${id}2'}, max_merchants => 1, max_rows => 5, merchant_reference => q{'m1'}, merchant_references => q{'{m1,m2}'},
	mode => q{'regular'}, offer_reference => q{'o1'}, offer_references => q{'{o1,o2,web-full,paper}'}, on_date => q{'2025-03-01'},
	operation => q{'checkout'}, order_by => q{'price'}, order_id => qq{'${id}3'}, period => q{'1 month'}, price_mode => q{'gross'},
	price_sheet_code => q{'base'}, price_type => q{'DEFAULT'}, quantities => q{'{5,1,1,1}'}, quantity => 5, quick => 'true',
	selected_offer => q{'o2'}, shards => 4, skip => 0, sku => q{'A1'}, skus => q{'{B1,A1,B2}'}, status => q{'approved'}, store => q{'DE'},
	subscription_id => q{'SUBSCRIPTION'}, term => q{'tent'},
	to_date => q{'2025-07-01'}, within => q{'2 years'},
	'billing_schedule.offer_reference' => q{'paper'},
	'customer_export.customer_reference' => q{'lola'},
	'delivery_list.sku' => q{'B2'},
	'operation_allowed.channel' => q{'checkout'}, 'assert_operation.channel' => q{'checkout'},
	'preview_cancellation.customer_reference' => q{'carl'}, 'preview_cancellation.on_date' => undef, 'preview_cancellation.ends_on' => undef, 'preview_cancellation.reason' => q{'moves'},
	'preview_contract.title' => q{'Asked'}, 'preview_contract.term' => q{'1 month'},
	'preview_contract.accounting_period' => q{'1 month'}, 'preview_contract.cancellation_notice' => q{'1 day'},
	'preview_contract.duration' => q{'3 months'}, 'preview_contract.price_sheet' => q{'base'},
	'preview_price_sheet.prices' => q{'[{"currency": "EUR", "gross_amount": 4711}]'},
	'price_plan.offer_reference' => q{'trial'},
	'redirect_cart.offer_references' => q{'{web-full,paper}'}, 'redirect_cart.quantities' => q{'{1,1}'},
	'uncovered_countries.currency' => q{'USD'},
	'redirect_offer.offer_reference' => q{'web-full'});

# A customer with a cart, a list, an order that has shipped in part, and points.
sub fill_questions
{
	my ($node, $db) = @_;
	$node->safe_psql($db, qq{
		SELECT offerengine.put_offer(o, 'A1', m, '{DE}'), offerengine.set_price('DE', 'EUR', NULL, 100, offer_reference => o),
		       offerengine.approve_offer(o), offerengine.set_stock(o, 'W', 100000) FROM (VALUES ('q1', 'm1'), ('q2', 'm2')) AS v (o, m);
		SELECT offerengine.put_loyalty_program('EUR', 100, 10, expiry_days => 300, order_points => 3), offerengine.loyalty_enroll('anna', '2025-01-01'),
		       offerengine.loyalty_adjust('anna', 500, 'hello', 'w');
		SELECT offerengine.purchase('anna', 'q1', 'DE', 'EUR', 'DE', quantity => 4, order_id => '${id}3');
		SELECT offerengine.purchase('carl', 'paper', 'DE', 'EUR', 'DE');
		SELECT offerengine.ship_order('anna', '${id}3', '[{"line_no": 1, "quantity": 3}]', 'p1');
		SELECT offerengine.return_order('anna', '${id}3', '[{"line_no": 1, "quantity": 1}]', key => 'r1');
		SELECT offerengine.cart_create('anna', 'DE', 'EUR', 'gross', 'DE', 'club', '${id}1'),
		       offerengine.cart_add('anna', '${id}1', 'q1', 2), offerengine.cart_add('anna', '${id}1', 'o1', 50), offerengine.cart_add('anna', '${id}1', 'paper');
		SELECT offerengine.list_create('anna', 'wishlist', 'Wishes', 'DE', 'EUR', 'gross', 'DE', 'club', '${id}2'),
		       offerengine.list_add('anna', '${id}2', 'q2', quantity => 3)});
	return;
}

# [ function, question ]: with the arguments that must be given, and with all of them. Of a kind of role, or everybody's.
sub questions
{
	my ($node, $db, $kind) = @_;
	my @questions;
	my $subscription = $node->safe_psql($db, q{SELECT subscription_id FROM offerengine.subscription WHERE customer_reference = 'carl'});
	my $which = $kind ? "AND EXISTS (SELECT FROM offerengine_internal.access() a WHERE a.object = 'function' AND NOT a.internal
		AND a.name = p.proname AND a.kind = '$kind')" : '';
	for my $row (split /\n/, $node->safe_psql($db, qq{
		SELECT p.proname, p.pronargs - p.pronargdefaults, coalesce(array_to_string(p.proargnames[1:p.pronargs], ' '), '')
		  FROM pg_proc p WHERE p.pronamespace = 'offerengine'::regnamespace AND p.provolatile <> 'v' AND p.prokind = 'f' $which
		 ORDER BY p.proname COLLATE "C", p.oid::regprocedure::text COLLATE "C"}))
	{
		my ($function, $needed, $arguments) = split /\|/, $row, -1;
		my @arguments = split / /, $arguments;
		my %seen;
		for my $some ([ @arguments[ 0 .. $needed - 1 ] ], \@arguments)
		{
			my @given;
			for my $argument (@$some)
			{
				my ($key) = grep { exists $value{$_} } "$function.$argument", $argument;
				defined $key or die "what is $argument of $function()? test/t/Questions.pm does not say";
				push @given, "$argument => $value{$key}" if defined $value{$key};
			}
			my $question = "offerengine.$function(" . join(', ', @given) . ')';
			$question =~ s/SUBSCRIPTION/$subscription/;
			push @questions, [ $function, $question ] unless $seen{$question}++;
		}
	}
	return @questions;
}

# What a server answers to questions, in one session: question => answer. An answer that tells of the present instant tells of another
# one each time.
sub answers
{
	my ($node, $db, $before, @questions) = @_;
	my $script = "\\set VERBOSITY sqlstate\n$before;\n" . join '', map { "\\echo #$_\nSELECT * FROM $questions[$_][1];\n" } 0 .. $#questions;
	my ($status, $out, $error) = $node->psql($db, "$script\\echo #end", on_error_stop => 0);
	my %answer;
	while ($out =~ /^#(\d+)\n(.*?)(?=^#(?:\d+|end)$)/msg)
	{
		my ($number, $told) = ($1, $2);
		$told =~ s/(?<= at )\d\S+ \S+\d$|(?<=\|)\d{4}-\S+ \d\S+(?=\|f$)/now/mg;
		$answer{ $questions[$number][1] } = $told;
	}
	is($error, '', 'no question is refused');
	return \%answer;
}

1;
