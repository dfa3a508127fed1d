# What a reader of the README types next: its SQL runs as it stands there, and says what the text around it says. So does the
# example of a publisher.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

open(my $in, '<', 'README.md') or die "README.md: $!";
my $readme = do { local $/ = undef; <$in> };
my @blocks = $readme =~ /^```sql\n(.*?)^```/msg;
cmp_ok(scalar @blocks, '>=', 4, 'SQL is found');

my $node = start_node('main');
my @answers;
for my $block (@blocks)
{
	my ($status, $out, $error) = $node->psql('postgres', $block, on_error_stop => 1);
	is($status, 0, 'runs: ' . ($block =~ /^(.*)/)[0]) or diag($error);
	push @answers, $out;
}
my ($hidden, $shown, $sale, undef, $subscribed, $cart) = @answers[ -6 .. -1 ];
like($hidden, qr/^merchant_approved\|f\|.*\noffer_approved\|f\|/, 'not visible yet, and why');
like($shown, qr/^t$/m, 'visible after approval');
like($shown, qr/^17990\|EUR\|offer\|DEFAULT\|5\|/m, 'six pieces cost the price from five on');
like($shown, qr/^TENT-2P\|acme-1\|.*\|19990\|/m, 'one piece is listed with the base price');
like($shown, qr/^acme-1\|waiting_for_approval\|approved\|/m, 'the approval stands in the history');
like($sale, qr/^149\.90\|2031-01-06 23:00:00\+00\|2031-01-31 23:00:00\+00\|planned$/m, 'a sale has whole days of the store');
like($subscribed, qr/^paper\|3990\nreader\|screen\|490$/m, 'who has the paper gets the offer for readers');
like(
	$subscribed,
	qr/^paper\|ends\|.*\|3990\|\nreader\|ends\|(.*)\|490\|\nscreen\|starts\|\1\|490\|1990$/m,
	'the preview tells what follows');
like($subscribed, qr/^paper\|active\|[0-9-]+\|\|3990\nreader\|active\|[0-9-]+\|\|490$/m, 'and nothing was written');

like($cart, qr/^1\|not_available\|5 wanted, 4 left$/m, 'a cart with more than there is says so');
like($cart, qr/^39980\n4\|2\|2\nacme-1\|2\|39980\n.*\n2\|0\|2$/m, 'two are held, sold and shipped, and two are left');

$node->safe_psql('postgres', 'CREATE DATABASE publisher');
install($node, 'publisher');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', 'examples/publisher.sql', 'publisher' ],
	'the example of a publisher runs');
is($node->safe_psql('publisher', q{SELECT offer_reference FROM offerengine.redirect_offer('bram', 'digital')}),
	'digital-reader', 'a reader on trial is a reader');
is($node->safe_psql('publisher', q{SELECT string_agg(change, ' ') FROM offerengine.subscription_timeline('anna') t,
		offerengine.preview_cancellation('anna', t.subscription_id) WHERE t.offer_reference = 'paper'}),
	'ends ends starts', 'a cancellation of the paper turns the digital edition into the regular one');

done_testing();
