# What a reader of the README types next: its SQL runs as it stands there, and says what the text around it says.
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
like($answers[-2], qr/^merchant_approved\|f\|.*\noffer_approved\|f\|/, 'not visible yet, and why');
like($answers[-1], qr/^t$/m, 'visible after approval');
like($answers[-1], qr/^17990\|EUR\|offer\|DEFAULT\|5\|/m, 'six pieces cost the price from five on');
like($answers[-1], qr/^TENT-2P\|acme-1\|.*\|19990\|/m, 'one piece is listed with the base price');
like($answers[-1], qr/^acme-1\|waiting_for_approval\|approved\|/m, 'the approval stands in the history');

done_testing();
