# What README and the guides tell their reader to type is typed here: every statement, every command of the shell. Blocks that
# cannot run in a test are of language "console" (or indented), and stand below with the reason.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Cwd;
use Document;
use Marketplace;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my %reason = (
	'make' => 'the extension is built already: its files are what is tested',
	'sudo make install' => 'installs into the system; scripts/check installs into a copy of the server',
	'make && sudo make install' => 'the same',
	'scripts/demo' => 'builds and starts a server of its own; all that it shows runs below, on the server of the test',
	'scripts/check' => 'runs this test',
	'sudo apt-get install prometheus-postgres-exporter' => 'a service of the system; 052_monitoring.pl runs its program',
	'sudo cp examples/monitoring/queries.yaml /etc/prometheus/offerengine-queries.yaml' => 'a file of the system',
	'db-schemas = "offerengine"' => 'a setting of PostgREST, which the text says is untested',
	'jwt-secret = "thirty-two characters or more"' => 'the same',
	'node examples/gateway/gateway.js' => 'a server that stays; 062_gateway.pl runs it',
	'READ_ONLY=1 node examples/mcp/server.js' => 'a server that stays; 063_mcp.pl runs it');
my %elsewhere = (
	'README.md' => '008_readme.pl',
	'examples/application.md' => '012_drivers.pl',
	'doc/tutorial.md' => '070_transcripts.pl',
	'doc/cookbook.md' => '070_transcripts.pl');

# Nothing that looks like something to type is passed over.
my @guides = ('README.md', glob 'doc/*.md examples/*.md');
my %met;
for my $guide (@guides)
{
	next if $guide eq 'doc/reference.md';    # signatures, written from the database
	for my $block (blocks_of($guide))
	{
		my $where = "$guide:$block->{line}";
		if ($block->{language} eq 'console')
		{
			for my $command (map { s/\s+#.*|\s+$//gr } split /\n/, $block->{text})
			{
				ok($reason{$command}, "$where: there is a reason not to run: $command");
				$met{$command} = 1;
			}
		}
		elsif (!$elsewhere{$guide} && $block->{language} ne 'mermaid')    # a picture
		{
			like($block->{language}, qr/^(sql|sh)$/, "$where is of a language that is run here");
		}
	}
}
is_deeply([ sort keys %met ], [ sort keys %reason ], 'every reason is needed');

# With what the guides tell to preload.
my $node = start_node('main', q{shared_preload_libraries = 'pg_stat_statements'});
local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGUSER => getpwuid($<), PGDATABASE => 'postgres');
my $source = getcwd();
my $directory = $node->basedir . '/typed';
mkdir $directory;
symlink "$source/$_", "$directory/$_" for qw(examples bench);

sub run_sql
{
	my ($where, $database, $text, @options) = @_;
	my ($status, $out, $error) = $node->psql($database, $text, on_error_stop => 1, @options);
	is($status, 0, "$where runs") or diag($error);
	return $out;
}

# The demo: its script as it stands, with a library that has the server of this test instead of starting one. It loads what the
# guides talk about.
mkdir "$directory/scripts";
symlink "$source/scripts/demo", "$directory/scripts/demo";
open(my $out, '>', "$directory/scripts/lib.sh") or die $!;
printf $out <<'SH', $node->config_data('--bindir');
set -euo pipefail
bindir=%s
say() { printf '\n== %%s\n' "$*"; }
set_up() { :; }
SH
close($out);
my ($stdout, $stderr);
ok(IPC::Run::run([ 'bash', '-c', "cd '$directory' && scripts/demo" ], '<', \'', '>', \$stdout, '2>', \$stderr), 'the demo runs')
  or diag($stdout, $stderr);
like($stdout, qr/digital-reader.*ends.*digital.*starts/s, 'the demo tells what a cancellation leads to');
like($stdout, qr/WEB-1001-C.*WEB-1001.*fjellhytta_desk.*WEB-1002.*guest-7/s, 'and what has become of an order');
like($stdout, qr/zeltundzunder.*green.*offer-121.*not_available.*ambiguous/s, 'and of a cart, a list and a quick order');
like($stdout, qr/offer-181 .*\| +4 \|.*\n.*offer-180 .*\| +20 \|.*one parcel.*offer-180 .*\| +24 \|/s, 'and what of a cart is best got from whom');
my @posted = sort $stdout =~ m{^POST /documents: (\w+ \S+)}mg;
is_deeply(\@posted, [ 'order WEB-2001', 'return TOWN-1-R', 'return WEB-2001-R' ], 'the worker delivers to a receiver');
like($stdout, qr/^ +141 \| +141 \| +0 \|.*WEB-2001-R +\| waiting.*^ +356 \| +220 \| +136 \|.*expiry_month.*\| EUR +\| +1 \|/ms,
	'and points are earned, redeemed, taken and given back');
like($stdout, qr/^ *30 ERROR: +OE064\n *20 sold$/m, 'twenty of fifty shoppers get a lantern');
unlike($stderr, qr/WARNING|ERROR/, 'the demo warns of nothing');

# Its files once more in another database of the cluster, whose roles are there already.
$node->safe_psql('postgres', 'CREATE DATABASE second');
install($node, 'second');
for my $file ('setup.sql', 'publisher.sql', 'orders.sql', 'cart.sql', 'loyalty.sql')
{
	$node->command_ok([ 'offerengine-load', '--quiet', '-d', 'second', 'examples/marketplace' ], 'the marketplace is loaded again')
	  if $file eq 'setup.sql';
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "examples/$file", 'second' ],
		"examples/$file runs in a second database");
}
is($node->safe_psql('second', q{SELECT string_agg(role_name, ' ' ORDER BY role_name) FROM offerengine.actor}),
	'controlling fjellhytta_desk marketplace_team shop',
	'the roles have their access there, too');
is($node->safe_psql('second', <<'SQL'), <<'ANSWER' =~ s/\n\z//r, 'an order from its beginning to its end');
SELECT d.order_reference, d.order_type, d.status, d.total_amount, d.cancelled_amount, d.returned_amount,
       string_agg(concat_ws('/', i.merchant_reference, i.quantity, i.quantity_shipped, i.quantity_cancelled, i.quantity_returned), ' ' ORDER BY i.line_no)
  FROM offerengine.orders('fenna') o, offerengine.order_documents('fenna', o.order_id) d, offerengine.order_items('fenna', d.order_id) i
 WHERE o.order_reference IN ('WEB-1001', 'WEB-1002')
 GROUP BY d.order_reference, d.order_type, d.status, d.total_amount, d.cancelled_amount, d.returned_amount ORDER BY 1
SQL
WEB-1001|1|2|99940|11940|58667|fjellhytta/3/2/0/2 zeltundzunder/1/0/1/0
WEB-1001-C|4||29400|0|0|fjellhytta/1/0/0/0
WEB-1001-R|3||29333|0|0|fjellhytta/1/0/0/0
WEB-1002|1||57780|0|0|fjellhytta/2/0/0/0
ANSWER

is($node->safe_psql('second', <<'SQL'), <<'ANSWER' =~ s/\n\z//r, 'a cart from its first line to what comes back, and the next one');
SELECT i.line_no, i.offer_reference, i.quantity, i.line_amount, i.quantity_shipped, i.quantity_cancelled, i.quantity_returned
  FROM offerengine.orders('gerrit') o, offerengine.order_items('gerrit', o.order_id) i WHERE o.order_reference = 'SCOUTS-1' ORDER BY 1;
SELECT i.line_no, i.offer_reference, i.quantity, i.line_amount, i.note, i.problems
  FROM offerengine.carts('gerrit') c, offerengine.cart_items('gerrit', c.cart_id) i ORDER BY 1;
SQL
1|tent-1|4|111560|4|0|1
2|tent-3|2|56980|1|1|0
1|offer-121|12|8460||{}
2|offer-095|2|5620|with a spare valve|{}
3|bag-1|2|34780||{}
4|offer-028|1|17390||{}
5|offer-132|3|2055||{}
6|tent-1|4|111560||{not_available}
7|tent-3|2|56980|green, if there is a choice|{}
ANSWER

is($node->safe_psql('second', <<'SQL'), <<'ANSWER' =~ s/\n\z//r, 'where a line costs least, over several merchants and in one parcel');
SELECT most, b.line_no, b.best_offer_reference, b.quantity, b.unit_amount, b.line_amount, b.is_exact
  FROM unnest(ARRAY[NULL, 1]) AS most, offerengine.carts('ida') c, offerengine.cart_best_offers('ida', c.cart_id, max_merchants => most) b
SQL
|1|offer-181|4|6050|24200|t
|1|offer-180|20|7410|148200|t
1|1|offer-180|24|7410|177840|t
ANSWER
$node->command_ok([ '/usr/bin/python3', 'examples/loyalty_receiver.py', 'offerengine-loyalty-worker', '--once', '-d', 'second' ],
	'the worker delivers to the receiver of the example');
is($node->safe_psql('second', <<'SQL'), <<'ANSWER' =~ s/\n\z//r, 'points from their first order to what is given back');
SELECT d.kind, s.order_reference, e.kind, sum(e.points), e.dated_at = l.dated_at
  FROM offerengine.loyalty_entry e JOIN offerengine.loyalty_document d USING (customer_reference, document_id)
  JOIN offerengine.loyalty_lot l USING (customer_reference, lot_id) JOIN offerengine.sales_order s USING (customer_reference, order_id)
 GROUP BY 1, 2, 3, 5 ORDER BY 2, 1, 3;
SELECT o.total_amount, o.points_redeemed, o.points_amount FROM offerengine.orders('hedda') o WHERE o.order_reference = 'WEB-2001';
SELECT a.balance, a.redeemable, a.locked, a.debt FROM offerengine.loyalty_account a;
SELECT l.currency_code, sum(l.points), sum(l.locked_points), sum(l.value_amount) FROM offerengine.loyalty_liability l GROUP BY 1;
SQL
order|TOWN-1|earned|431|t
order|TOWN-1|order_points|10|t
return|TOWN-1-R|earned|-21|f
order|WEB-2001|earned|189|t
order|WEB-2001|order_points|10|t
redemption|WEB-2001|redeemed|-300|f
return|WEB-2001-R|earned|-63|f
return|WEB-2001-R|redeemed|100|t
19485|300|600
356|220|136|0
EUR|356|136|712
ANSWER

# What clients are written from the catalog.
for my $block (grep { $_->{language} eq 'sh' } blocks_of('doc/clients.md'))
{
	ok(IPC::Run::run([ 'bash', '-euc', "cd '$directory'\n$block->{text}" ], '>', \$stdout, '2>', \$stderr), "doc/clients.md:$block->{line} runs")
	  or diag($stdout, $stderr);
}

# Operations, in the marketplace of the demo, with the roles and the merchant of its text. The first steps of an installation are
# for a database that has nothing yet.
$node->safe_psql('marketplace', <<'SQL');
CREATE ROLE marketplace_owner;
CREATE ROLE acme_desk;
INSERT INTO offerengine.merchant (merchant_reference, name) VALUES ('acme', 'Acme');
-- For the export by date range: who had enrolled by its day, and who has on the next; in its period, and a moment behind it.
SELECT offerengine.loyalty_enroll('finn', '2025-01-31'), offerengine.loyalty_enroll('gesa', '2025-02-01');
SELECT offerengine.put_order(customer, reference, order_type => 1, status => 7.1, currency => 'EUR', total_amount => 900, placed_at => placed_at::timestamptz)
  FROM (VALUES ('finn', 'F-first', '2025-01-01 00:00 Europe/Berlin'), ('finn', 'F-last', '2025-01-31 23:59:59.999999 Europe/Berlin'),
               ('finn', 'F-after', '2025-02-01 00:00 Europe/Berlin'), ('finn', 'F-before', '2024-12-31 23:59:59.999999 Europe/Berlin'),
               ('gesa', 'G-first', '2025-01-01 00:00 Europe/Berlin')) AS o (customer, reference, placed_at);
SQL
my $fresh = 0;
# What restarts and restores a server is typed by 057_point_in_time.pl.
for my $block (grep { $_->{language} ne 'console' && $_->{heading} ne 'Back to an instant' } blocks_of('doc/operations.md'))
{
	my $where = "doc/operations.md:$block->{line}";
	if ($block->{language} eq 'sh')
	{
		ok(IPC::Run::run([ 'bash', '-euc', "cd '$directory'\n$block->{text}" ], '>', \$stdout, '2>', \$stderr), "$where runs")
		  or diag($stdout, $stderr);
	}
	elsif ($block->{heading} eq 'Install')
	{
		$fresh++;
		$node->safe_psql('postgres', "CREATE DATABASE fresh$fresh");
		run_sql($where, "fresh$fresh", $block->{text});
	}
	else
	{
		run_sql($where, 'marketplace', $block->{text});
	}
}
is($node->safe_psql('marketplace', q{SELECT string_agg(o.payload ->> 'order_reference', ' ' ORDER BY o.id) FROM offerengine.loyalty_outbox o
		WHERE o.customer_reference IN ('finn', 'gesa')}),
	'F-first F-last', 'the export by date range has the orders of its period, of who had enrolled by its day');
is($node->safe_psql('copy', 'SELECT count(*) > 100 FROM offerengine.price'), 't', 'the restored copy has the prices');
is($node->safe_psql('fresh2', q{SELECT tableowner FROM pg_tables WHERE schemaname = 'offerengine' AND tablename = 'offer'}),
	'marketplace_owner',
	'the tables belong to the role that owns the schema');

# The cheat sheet, each part by a role of its kind, after the first steps.
$node->safe_psql('postgres', 'CREATE DATABASE steps');
run_sql('the first steps', 'steps', code_of('README.md', 'sql'));
run_sql('access', 'steps', q{SELECT offerengine.grant_access('shop', 'storefront'), offerengine.grant_access('marketplace_team', 'operator')});
my ($storefront, $carts, $operator, $orders, $points) = map { $_->{text} } grep { $_->{language} eq 'sql' } blocks_of('doc/cheatsheet.md');
for my $part ([ 'shop', $storefront, 30 ], [ 'shop', $carts, 20 ], [ 'marketplace_team', $operator, 20 ], [ 'marketplace_team', $orders, 12 ],
	[ 'marketplace_team', $points, 22 ])
{
	my ($role, $text, $count) = @$part;
	my @calls = grep { /\S/ } split /(?:;|\\gset)(?=\s)/, $text =~ s/--.*//gr;
	is(scalar @calls, $count, "$count calls of $role");
	run_sql("the cheat sheet of $role", 'steps', $text, extra_params => [ '-U', $role ]);
}

# A guide's statement on the cheat sheet is nothing that only the cheat sheet knows: every function of it is in the reference.
my $reference = slurp_file('doc/reference.md');
my %named = map { $_ => 1 } ("$storefront$carts$operator$orders$points" =~ /offerengine\.(\w+)/g);
is_deeply([ grep { $reference !~ /^### \Q$_\E$/m } sort keys %named ], [], 'what the cheat sheet names is in the reference');

done_testing();
