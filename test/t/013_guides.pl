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
	'scripts/check' => 'runs this test');
my %elsewhere = ('README.md' => '008_readme.pl', 'examples/application.md' => '012_drivers.pl');

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
		elsif (!$elsewhere{$guide})
		{
			like($block->{language}, qr/^(sql|sh)$/, "$where is of a language that is run here");
		}
	}
}
is_deeply([ sort keys %met ], [ sort keys %reason ], 'every reason is needed');

my $node = start_node('main');
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
like($stdout, qr/^ *30 ERROR: +OE064\n *20 sold$/m, 'twenty of fifty shoppers get a lantern');
unlike($stderr, qr/WARNING|ERROR/, 'the demo warns of nothing');

# Its files once more in another database of the cluster, whose roles are there already.
$node->safe_psql('postgres', 'CREATE DATABASE second');
install($node, 'second');
for my $file ('setup.sql', 'publisher.sql', 'orders.sql', 'cart.sql')
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

# Operations, in the marketplace of the demo, with the roles and the merchant of its text. The first steps of an installation are
# for a database that has nothing yet.
$node->safe_psql('marketplace', <<'SQL');
CREATE ROLE marketplace_owner;
CREATE ROLE acme_desk;
INSERT INTO offerengine.merchant (merchant_reference, name) VALUES ('acme', 'Acme');
SQL
my $fresh = 0;
for my $block (grep { $_->{language} ne 'console' } blocks_of('doc/operations.md'))
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
is($node->safe_psql('copy', 'SELECT count(*) > 100 FROM offerengine.price'), 't', 'the restored copy has the prices');
is($node->safe_psql('fresh2', q{SELECT tableowner FROM pg_tables WHERE schemaname = 'offerengine' AND tablename = 'offer'}),
	'marketplace_owner',
	'the tables belong to the role that owns the schema');

# The cheat sheet, each part by a role of its kind, after the first steps.
$node->safe_psql('postgres', 'CREATE DATABASE steps');
run_sql('the first steps', 'steps', code_of('README.md', 'sql'));
run_sql('access', 'steps', q{SELECT offerengine.grant_access('shop', 'storefront'), offerengine.grant_access('marketplace_team', 'operator')});
my ($storefront, $carts, $operator, $orders) = map { $_->{text} } grep { $_->{language} eq 'sql' } blocks_of('doc/cheatsheet.md');
for my $part ([ 'shop', $storefront, 30 ], [ 'shop', $carts, 20 ], [ 'marketplace_team', $operator, 20 ], [ 'marketplace_team', $orders, 12 ])
{
	my ($role, $text, $count) = @$part;
	my @calls = grep { /\S/ } split /(?:;|\\gset)(?=\s)/, $text =~ s/--.*//gr;
	is(scalar @calls, $count, "$count calls of $role");
	run_sql("the cheat sheet of $role", 'steps', $text, extra_params => [ '-U', $role ]);
}

# A guide's statement on the cheat sheet is nothing that only the cheat sheet knows: every function of it is in the reference.
my $reference = slurp_file('doc/reference.md');
my %named = map { $_ => 1 } ("$storefront$carts$operator$orders" =~ /offerengine\.(\w+)/g);
is_deeply([ grep { $reference !~ /^### \Q$_\E$/m } sort keys %named ], [], 'what the cheat sheet names is in the reference');

done_testing();
